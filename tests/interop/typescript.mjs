// Lets an official TypeScript client talk to tests/interop/server.c in one revision, and checks what it got.
//   usage: see typescript_client.mjs
import assert from 'node:assert/strict';
import {
    anything, bytes, check, connect, disconnect, end, has, major, modern, patience, plain, range, refused, revision,
    sdk, text,
} from './typescript_client.mjs';

// ---- What tools/list shall say ----------------------------------------------------------------------------

const addSchema = {
    type: 'object',
    properties: {
        a: { type: 'number', description: 'First term' },
        b: { type: 'integer', minimum: -1000, maximum: 1000, description: 'Second term' },
        scale: { type: 'number', minimum: 0, default: 1.5 },
        negate: { type: 'boolean', description: 'Whether to change the sign of the sum' },
        unit: { type: 'string', enum: ['m', 'kg', 's'], description: 'Unit of both', default: 'm' },
    },
    required: ['a', 'b'],
};
const sumSchema = {
    type: 'object',
    properties: {
        sum: { type: 'number', description: 'What came out' },
        b: { type: 'integer', description: 'The second term' },
        negated: { type: 'boolean' },
        unit: { type: 'string' },
        note: { type: 'string', description: 'Only if the sum is negative' },
    },
    required: ['sum', 'b', 'negated', 'unit'],
};
const pickySchema = {
    type: 'object',
    properties: {
        size: { type: 'string', enum: ['small', 'medium', 'large'], description: 'How much' },
        count: { type: 'integer', minimum: 1, maximum: 10, description: 'How often', default: 3 },
        ratio: { type: 'number', minimum: -0.5, maximum: 0.5 },
        label: { type: 'string', minLength: 2, maxLength: 5, description: 'Characters, not bytes' },
        loud: { type: 'boolean', description: 'Whether to shout', default: true },
        numbers: {
            type: 'array', items: { type: 'integer' }, maxItems: 3, description: 'At most three, to be added up',
        },
    },
    required: ['size'],
};
const counterSchema = {
    type: 'object',
    properties: { by: { type: 'integer', description: 'How far' } },
    additionalProperties: false,
};
const countSchema = {
    type: 'object',
    properties: {
        count: { type: 'integer' },
        steps: { type: 'array', items: { type: 'integer' }, minItems: 2 },
    },
    required: ['count', 'steps'],
};
const countOnly = {
    type: 'object',
    properties: { count: { type: 'integer', description: 'Is a string all the same' } },
    required: ['count'],
};
const allHints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const icons = [
    { src: 'https://example.com/a.png', mimeType: 'image/png', sizes: ['48x48', '96x96'], theme: 'dark' },
    { src: 'data:image/svg+xml,%3Csvg/%3E', sizes: ['any'] },
];

function tool(name, description, inputSchema, { title, outputSchema, annotations, icons } = {}) {
    return {
        name, description,
        inputSchema: inputSchema ?? { type: 'object', properties: {} },
        ...(title && has.titles && { title }),
        ...(outputSchema && has.structured && { outputSchema }),
        ...(annotations && has.hints && { annotations }),
        ...(icons && has.icons && { icons }),
    };
}

const tools = [
    tool('echo', 'Says it back.', {
        type: 'object',
        properties: { text: { type: 'string', description: 'What to say back' } },
        required: ['text'],
    }),
    tool('content', 'Answers with content of every kind.'),
    tool('add', 'Adds two numbers.', addSchema, {
        title: 'Adder', outputSchema: sumSchema, annotations: { readOnlyHint: true, openWorldHint: false },
    }),
    tool('mismatch', 'Breaks its promise.', undefined, { outputSchema: countOnly }),
    tool('broken', 'Fails.'),
    tool('picky', 'Takes arguments of every kind.', pickySchema),
    tool('counter', 'Counts.', counterSchema, {
        title: 'Zähler', outputSchema: countSchema, annotations: allHints, icons,
    }),
];

// In full where a client asks for it, short in every other modern result.
function serverInfo(full) {
    return {
        name: 'interop', version: '1.2.3',
        ...(has.titles && { title: 'Interop tests' }),
        ...(full && has.icons && {
            description: 'Has tools of every kind.', websiteUrl: 'https://example.com/', icons,
        }),
    };
}

// ---- The cases of a connection in this revision -------------------------------------------------------------

function handshake({ client }) {
    assert.deepEqual(client.getServerVersion(), serverInfo(true));
    assert.deepEqual(client.getServerCapabilities(), { tools: {} });
    assert.equal(client.getInstructions(), 'Call echo first.\nThen „add“.');
}

function negotiated({ client, seen }, wanted = revision) {
    if (major === '2') {
        assert.equal(client.getNegotiatedProtocolVersion(), wanted);
        assert.equal(client.getProtocolEra(), wanted >= '2026' ? 'modern' : 'legacy');
        return;
    }
    assert.equal(seen.requests[0].method, 'initialize');
    assert.equal(seen.replies[0].result.protocolVersion, wanted);
}

async function listing({ client }) {
    const pages = [];
    let cursor;
    do {
        const params = cursor === undefined ? {} : { cursor };
        const page = await client.request({ method: 'tools/list', params }, anything, patience);
        pages.push(page.tools);
        cursor = page.nextCursor;
    } while (cursor !== undefined && pages.length < 10);
    assert.deepEqual(pages.map((page) => page.length), [2, 2, 2, 1]);
    assert.deepEqual(pages.flat(), tools);
    if (major === '2') assert.deepEqual((await client.listTools(undefined, patience)).tools, tools);
    else assert.deepEqual((await client.listTools(undefined, patience)).tools, tools.slice(0, 2));
}

async function echoes({ client }) {
    const texts = [
        'Grüße "an" \\ 世界 🙂', '', 'x'.repeat(65536), '🙂é\\"\n'.repeat(6000),
        '\u2028\u2029\u0001\u007f\r\n\t', '{"jsonrpc":"2.0"}', '\ufeff', '\ud7ff\ue000\uffff\u{10ffff}',
    ];
    for (const said of texts) {
        assert.deepEqual(plain(await sdk.call(client, 'echo', { text: said })), { content: text(said) });
    }
}

async function contents({ client }) {
    const { content } = await sdk.call(client, 'content', {});
    const [said, image, audio, link, embedded, blob] = content;
    assert.equal(content.length, 6);
    assert.deepEqual([said], text('one of each'));
    assert.deepEqual({ ...image, data: bytes(image.data) },
        { type: 'image', data: range(0, 256), mimeType: 'image/png' });
    if (has.audio) {
        assert.deepEqual({ ...audio, data: bytes(audio.data) },
            { type: 'audio', data: range(0, 255), mimeType: 'audio/wav' });
    } else {
        assert.deepEqual([audio], text('[audio/wav: 255 bytes of audio, which this client cannot receive]'));
    }
    assert.deepEqual(link, has.links
        ? { type: 'resource_link', uri: 'file:///notes.txt', name: 'Notes', mimeType: 'text/plain' }
        : text('Notes: file:///notes.txt')[0]);
    assert.deepEqual(embedded, {
        type: 'resource', resource: { uri: 'test://text', mimeType: 'text/plain', text: 'Grüße\n"\\' },
    });
    assert.deepEqual({ ...blob.resource, blob: bytes(blob.resource.blob) },
        { uri: 'test://bytes', blob: range(2, 256) });
}

// The structured result where the revision knows it, and the same as text in all of them.
function structured(result, value) {
    assert.deepEqual(Object.keys(plain(result)).sort(), ['content', ...(has.structured ? ['structuredContent'] : [])]);
    if (has.structured) assert.deepEqual(result.structuredContent, value);
    assert.deepEqual([result.content.length, result.content[0].type], [1, 'text']);
    assert.deepEqual(JSON.parse(result.content[0].text), value);
}

async function structs({ client }) {
    await sdk.learn(client, 'add');
    structured(await sdk.call(client, 'add', { a: 1 / 3, b: 7 }),
        { sum: (1 / 3 + 7) * 1.5, b: 7, negated: false, unit: 'm' });
    structured(await sdk.call(client, 'add', { a: 1e-7, b: 1000, scale: 1, negate: true, unit: 'kg' }),
        { sum: -(1e-7 + 1000), b: 1000, negated: true, unit: 'kg', note: 'below zero' });
    await sdk.learn(client, 'counter');
    structured(await sdk.call(client, 'counter', { by: -3 }), { count: 97, steps: [100, -3] });
    structured(await sdk.call(client, 'counter', {}), { count: 101, steps: [100, 1] });
}

// Shows that the client does check results, so that the case above means something.
async function promises({ client }) {
    await sdk.learn(client, 'mismatch');
    const call = sdk.call(client, 'mismatch', {});
    if (has.structured) await refused(call, -32602, /does not match the tool's output schema/);
    else assert.deepEqual(plain(await call), { content: text('{"count":"many"}') });
}

async function argumentRows({ client }) {
    const says = async (args, said) =>
        assert.deepEqual(plain(await sdk.call(client, 'picky', args)), { content: text(said) });
    await says({ size: 'small' }, 'small 3 0.25 none loud 0');
    await says({ size: 'large', count: 10, ratio: -0.5, label: '🙂世界é!', loud: false, numbers: [1, -2, 30] },
        'large 10 -0.50 🙂世界é! soft 29');
    await says({ size: 'medium', count: 1.0, numbers: [], unknown: { deep: [null] } }, 'medium 1 0.25 none loud 0');
}

async function toolErrors({ client }) {
    await sdk.learn(client, 'add');
    const rows = [
        ['broken', undefined, 'out of order: "code" 42'],
        ['echo', undefined, "argument 'text': expected a string, got nothing"],
        ['echo', { text: 5 }, "argument 'text': expected a string, got 5"],
        ['picky', { size: 'huge' }, "argument 'size': expected one of small|medium|large, got 'huge'"],
        ['picky', { size: 'small', count: 11 }, "argument 'count': expected at most 10, got 11"],
        ['picky', { size: 'small', count: 1.5 },
            "argument 'count': expected an integer of at most 64 bits, got 1.5"],
        ['picky', { size: 'small', label: '🙂' }, "argument 'label': expected at least 2 characters, got '🙂'"],
        ['picky', { size: 'small', numbers: [1, 2, 3, 4] },
            "argument 'numbers': expected at most 3 elements, got 4"],
        // A failure needs no structured content, even where an outputSchema promises it.
        ['add', { a: 1 }, "argument 'b': expected an integer of at most 64 bits, got nothing"],
        ['add', { a: 1, b: -1001 }, "argument 'b': expected at least -1000, got -1001"],
    ];
    for (const [name, args, why] of rows) {
        assert.deepEqual(plain(await sdk.call(client, name, args)), { content: text(why), isError: true });
    }
}

async function protocolErrors({ client }) {
    const request = (method, params) => client.request({ method, params }, anything, patience);
    await refused(sdk.call(client, 'nobody', {}), -32602, /unknown tool/);
    await refused(request('tools/list', { cursor: 'nobody' }), -32602, /unknown cursor/);
    await refused(request('tools/call', { name: 'echo', arguments: [] }), -32602, /arguments must be an object/);
    await refused(request('nobody/knows', {}), -32601, /Method not found/);
    await refused(request('nobody/knows', undefined), -32601, /Method not found/);
}

async function pings({ client }) {
    for (let i = 0; i < 3; i++) assert.deepEqual(await client.ping(patience), {});
}

async function discovery({ client }) {
    const found = await client.discover(patience);
    assert.deepEqual(found.supportedVersions, [revision]);
    assert.deepEqual(found.capabilities, { tools: {} });
}

// Two hundred at once, of three kinds; each shall get its own answer.
async function parallel({ client }) {
    await sdk.learn(client, 'add');
    await Promise.all(range(0, 200).map(async (i) => {
        const said = `${i} ${'é'.repeat(i * 7)}`;
        if (i % 3 === 0) structured(await sdk.call(client, 'add', { a: i, b: i }),
            { sum: 3 * i, b: i, negated: false, unit: 'm' });
        else if (i % 3 === 1) assert.deepEqual((await sdk.call(client, 'echo', { text: said })).content, text(said));
        else await refused(sdk.call(client, `nobody${i}`, {}), -32602, /unknown tool/);
    }));
}

// A token for progress and an entry of _meta that the server does not know; it has no progress to tell.
async function meta({ client }) {
    const params = { name: 'echo', arguments: { text: 'hi' }, _meta: { 'example.com/trace': [1, { a: null }] } };
    const options = { ...patience, onprogress: () => assert.fail('progress out of nowhere') };
    const result = await client.request({ method: 'tools/call', params }, anything, options);
    assert.deepEqual(plain(result), { content: text('hi') });
}

// The client tells that it waits no more; whatever the server does with that, it goes on serving.
async function givingUp({ client, seen }) {
    const before = seen.errors.length;
    const control = new AbortController();
    const call = sdk.call(client, 'echo', { text: 'late' }, { signal: control.signal });
    setImmediate(() => control.abort('enough'));
    await call.catch(() => {});
    assert.deepEqual((await sdk.call(client, 'echo', { text: 'next' })).content, text('next'));
    seen.errors.length = before;        // the client may call the late answer an error
}

// As the messages came, before the client took out what is meant for itself.
function everyResult({ seen }) {
    assert.ok(seen.replies.length > 200);
    const ids = seen.replies.map((message) => message.id);
    assert.equal(new Set(ids).size, ids.length, 'two replies with one id');
    for (const { jsonrpc, result } of seen.replies) {
        assert.equal(jsonrpc, '2.0');
        if (!result) continue;
        assert.equal(result.resultType, modern ? 'complete' : undefined);
        const discovered = 'supportedVersions' in result;
        assert.deepEqual(result._meta, modern
            ? { 'io.modelcontextprotocol/serverInfo': serverInfo(discovered) }
            : undefined);
        if (!('tools' in result) && !discovered) continue;
        assert.deepEqual([result.ttlMs, result.cacheScope], modern ? [0, 'private'] : [undefined, undefined]);
    }
}

async function closing(connection) {
    const { seen } = connection;
    assert.deepEqual(await disconnect(connection), { code: 0, signal: null });
    assert.deepEqual(seen.errors.map(String), []);
    assert.equal(seen.stderr, '');
    assert.deepEqual(seen.told, []);
}

// ---- Who chooses the revision -------------------------------------------------------------------------------

// Connects only to see what is agreed upon.
async function agrees(wanted, args, agreed) {
    const connection = await connect(wanted, args);
    negotiated(connection, agreed);
    assert.deepEqual((await sdk.call(connection.client, 'echo', { text: 'hi' })).content, text('hi'));
    assert.deepEqual(await disconnect(connection), { code: 0, signal: null });
}

// The server says that it does not speak what the client asks for, and what it does speak.
async function disagrees(wanted, requested) {
    const error = await connect(wanted, [revision]).then(() => assert.fail('was accepted'), (e) => e);
    assert.match(error.message, /Unsupported protocol version/);
    assert.equal(error.code, -32022);
    assert.deepEqual(error.data, { supported: [revision], requested });
}

async function choices() {
    if (major === '1') {
        await check('asked of a server of all revisions', () => agrees('legacy', [], '2025-11-25'));
        return;
    }
    await check('chosen by the client from all revisions', () => agrees(revision, [], revision));
    await check('found by probing', () => agrees('auto', [revision], revision));
    if (modern) {
        await check('found by probing a server of all revisions', () => agrees('auto', [], revision));
        await check('refused to a client that only has the handshake', () => disagrees('legacy', '2025-11-25'));
    } else {
        await check('refused to a client that only has 2026-07-28', () => disagrees('2026-07-28', '2026-07-28'));
    }
}

async function main() {
    // Client 1 has no more than the handshake; what a modern server tells it is all that there is to see.
    if (major === '1' && modern) {
        await check('refused to a client that only has the handshake', () => disagrees('legacy', '2025-11-25'));
        return;
    }
    let connection;
    await check('connect', async () => { connection = await connect(revision, [revision]); });
    if (!connection) return;
    const cases = [
        ['revision', negotiated],
        ['server info, capabilities, instructions', handshake],
        ['tools/list in pages', listing],
        ['echo', echoes],
        ['content of every kind', contents],
        ['structured results', structs],
        ['structured results that break the promise', promises],
        ['arguments and defaults', argumentRows],
        ['isError', toolErrors],
        ['protocol errors', protocolErrors],
        modern ? ['server/discover', discovery] : ['ping', pings],
        ['200 calls in parallel', parallel],
        ['_meta of the client', meta],
        ['a call given up', givingUp],
        ['what every result carries', everyResult],
        ['close', closing],
    ];
    for (const [name, run] of cases) {
        if (!await check(name, () => run(connection))) return;
    }
    await choices();
}

await main();
end();
