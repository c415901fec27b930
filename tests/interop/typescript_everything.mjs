// Lets an official TypeScript client use all that examples/everything.c has, in one revision.
//   usage: see typescript_client.mjs
import assert from 'node:assert/strict';
import {
    anything, bytes, check, connect, disconnect, end, has, major, modern, patience, plain, refused, revision, sdk, text,
} from './typescript_client.mjs';

const dot = bytes(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC');
const silence = bytes('UklGRigAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQQAAAAAAAAA');

// What the server has told since the last time: it does so before it answers this.
async function heard({ client, seen }) {
    if (modern) await client.discover(patience);
    else await client.ping(patience);
    return seen.told.splice(0);
}

// ---- Tools ------------------------------------------------------------------------------------------------

function declared({ client }) {
    const { completions, ...others } = client.getServerCapabilities();
    const changes = { listChanged: true };
    assert.deepEqual(others, {
        logging: {}, tools: changes, resources: { subscribe: true, ...changes }, prompts: changes,
    });
    assert.deepEqual(completions, revision >= '2025-03-26' ? {} : undefined);
}

async function contents({ client }) {
    const content = async (name) => (await sdk.call(client, name, undefined)).content;
    const [image] = await content('test_image_content');
    assert.deepEqual({ ...image, data: bytes(image.data) }, { type: 'image', data: dot, mimeType: 'image/png' });
    const [audio] = await content('test_audio_content');
    if (has.audio) {
        assert.deepEqual({ ...audio, data: bytes(audio.data) },
            { type: 'audio', data: silence, mimeType: 'audio/wav' });
    } else assert.equal(audio.type, 'text');
    const mixed = await content('test_multiple_content_types');
    assert.deepEqual(mixed.map(({ type }) => type), ['text', 'image', 'resource']);
    assert.deepEqual(mixed[2].resource, {
        uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}',
    });
    const link = { type: 'resource_link', uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' };
    assert.deepEqual(await content('test_resource_link'), [
        { type: 'text', text: 'There is more to read:', annotations: { audience: ['user'], priority: 1 } },
        has.links ? link : text('static-text: test://static-text')[0],
    ]);
}

async function progress({ client }) {
    const steps = [];
    const onprogress = (step) => steps.push(step);
    const result = await sdk.call(client, 'test_tool_with_progress', {}, { onprogress });
    assert.deepEqual(plain(result), { content: text('Progress was told, to a client that gave a token.') });
    const more = revision >= '2025-03-26' ? { message: 'There is more to do' } : {};
    const done = revision >= '2025-03-26' ? { message: 'That is all' } : {};
    assert.deepEqual(steps, [
        { progress: 0, total: 100, ...more }, { progress: 50, total: 100, ...more },
        { progress: 100, total: 100, ...done },
    ]);
}

async function logging(connection) {
    const { client } = connection;
    const logged = ['Tool execution started', 'Tool processing data', 'Tool execution completed'].map((data) =>
        ['message', { level: 'info', data }]);
    // In the legacy era the client says it once, since then with each request.
    const says = async (level, wanted) => {
        const params = { name: 'test_tool_with_logging' };
        if (modern) params._meta = { 'io.modelcontextprotocol/logLevel': level };
        else assert.deepEqual(await client.setLoggingLevel(level, patience), {});
        await client.request({ method: 'tools/call', params }, anything, patience);
        assert.deepEqual(await heard(connection), wanted);
    };
    await says('debug', logged);
    await says('info', logged);
    await says('warning', []);
    if (modern) {
        await sdk.call(client, 'test_logging_tool', {});
        assert.deepEqual(await heard(connection), []);
        const _meta = { 'io.modelcontextprotocol/logLevel': 'loud' };
        const params = { name: 'test_logging_tool', _meta };
        await refused(client.request({ method: 'tools/call', params }, anything, patience), -32602, /logLevel/);
    } else {
        const params = { level: 'loud' };
        await refused(client.request({ method: 'logging/setLevel', params }, anything, patience), -32602, /level/);
    }
}

// ---- What changes -------------------------------------------------------------------------------------------

// Unasked in the legacy era; since then only those hear of it who have asked.
async function listChanges(connection) {
    const { client } = connection;
    const names = async () => (await sdk.all(client, 'Tools', 'tools')).map(({ name }) => name);
    const uris = async () => (await sdk.all(client, 'Resources', 'resources')).map(({ uri }) => uri);
    const change = async (tool, what) => {
        await sdk.call(client, tool, {});
        assert.deepEqual((await heard(connection)).map(([method]) => method), [`${what}/list_changed`]);
    };
    const filter = { toolsListChanged: true, resourcesListChanged: true, promptsListChanged: true };
    const listening = modern && await client.listen(filter, patience);
    if (listening) assert.deepEqual(listening.honoredFilter, filter);
    assert.ok(!(await names()).includes('test_extra_tool'));
    await change('test_trigger_tool_change', 'tools');
    assert.ok((await names()).includes('test_extra_tool'));
    await change('test_trigger_tool_change', 'tools');
    assert.ok(!(await names()).includes('test_extra_tool'));
    await change('test_trigger_resource_list_change', 'resources');
    assert.ok((await uris()).includes('test://extra-resource'));
    await change('test_trigger_resource_list_change', 'resources');
    assert.ok(!(await uris()).includes('test://extra-resource'));
    await change('test_trigger_prompt_change', 'prompts');
    if (!listening) return;
    await listening.close();
    await sdk.call(client, 'test_trigger_prompt_change', {});
    assert.deepEqual(await heard(connection), []);
}

async function subscriptions(connection) {
    const { client } = connection;
    const uri = 'test://watched-resource';
    const change = async (wanted) => {
        await sdk.call(client, 'test_trigger_resource_change', {});
        assert.deepEqual((await heard(connection)).map(([method, { uri }]) => [method, uri]), wanted);
    };
    await change([]);
    const listening = modern && await client.listen({ resourceSubscriptions: [uri, 'test://nothing'] }, patience);
    if (modern) assert.deepEqual(listening.honoredFilter, { resourceSubscriptions: [uri] });
    else assert.deepEqual(await client.subscribeResource({ uri }, patience), {});
    await change([['resources/updated', uri]]);
    if (modern) await listening.close();
    else assert.deepEqual(await client.unsubscribeResource({ uri }, patience), {});
    await change([]);
}

// ---- What it asks -------------------------------------------------------------------------------------------

// Answers all questions, and keeps them: [method, params].
function answerAll({ client }, content) {
    const asked = [];
    const hear = ({ method, params }) => asked.push([method, params]);
    sdk.answer(client, 'elicitation/create', (request) => {
        hear(request);
        return content ? { action: 'accept', content } : { action: 'decline' };
    });
    sdk.answer(client, 'sampling/createMessage', (request) => {
        hear(request);
        return { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } };
    });
    sdk.answer(client, 'roots/list', (request) => {
        hear(request);
        return { roots: [{ uri: 'file:///a' }] };
    });
    return asked;
}

async function forms(connection) {
    const says = async (content, name, args, wanted) => {
        const asked = answerAll(connection, content);
        const { content: got, isError } = await sdk.call(connection.client, name, args);
        if (!has.forms) assert.equal(isError, true);
        else assert.deepEqual([got, isError ?? false], [text(wanted), !content]);
        assert.deepEqual(asked.map(([method]) => method), has.forms ? ['elicitation/create'] : []);
        return asked[0]?.[1];
    };
    const user = { username: 'ann', email: 'a@b.c' };
    const said = (value) => `User response: ${JSON.stringify(value)}`;
    const params = await says(user, 'test_elicitation', { message: 'Grüße?' }, said(user));
    if (has.forms) {
        assert.equal(params.message, 'Grüße?');
        assert.deepEqual(params.requestedSchema, {
            type: 'object', required: ['username', 'email'], properties: {
                username: { type: 'string', description: 'Your name' },
                email: { type: 'string', description: 'Your address' },
            },
        });
    }
    const defaults = { name: 'John Doe', age: 30, score: 95.5, status: 'active', verified: true };
    const form = await says({}, 'test_elicitation_sep1034_defaults', {}, said(defaults));
    if (revision >= '2025-11-25')
        for (const [name, value] of Object.entries(defaults))
            assert.equal(form.requestedSchema.properties[name].default, value);
    await says(undefined, 'test_streaming_elicitation', {}, 'the user said no');
    await says({ name: 'Bea' }, 'test_input_required_result_elicitation', {}, 'Hello, Bea!');
    if (!has.forms) return;
    const asked = answerAll(connection, { context: 'cake' });
    const { messages } = await connection.client.getPrompt({ name: 'test_input_required_result_prompt' }, patience);
    assert.deepEqual(messages, [{ role: 'user', content: text('Let us talk about cake.')[0] }]);
    assert.equal(asked.length, 1);
}

async function modelAndRoots(connection) {
    const asked = answerAll(connection);
    const says = async (name, args, wanted) =>
        assert.deepEqual(plain(await sdk.call(connection.client, name, args)), { content: text(wanted) });
    await says('test_sampling', { prompt: 'Where?' }, 'LLM response: Paris');
    assert.deepEqual([asked[0][1].messages[0].content, asked[0][1].maxTokens], [text('Where?')[0], 100]);
    await says('test_missing_capability', {}, 'The client has a model.');
    await says('test_input_required_result_sampling', {}, 'The model said: Paris');
    await says('test_input_required_result_list_roots', {}, '1 roots');
    assert.deepEqual(asked.map(([method]) => method), [...Array(3).fill('sampling/createMessage'), 'roots/list']);
}

async function rounds(connection) {
    if (!has.forms) return;
    const says = async (content, name, wanted, count) => {
        const asked = answerAll(connection, content);
        const got = await sdk.call(connection.client, `test_input_required_result_${name}`, {});
        assert.deepEqual([plain(got), asked.length], [{ content: text(wanted) }, count]);
    };
    await says({ ok: true }, 'request_state', 'state-ok', 1);
    await says({ ok: true }, 'tampered_state', 'What came back was sealed by this server.', 1);
    await says({ name: 'Bea' }, 'multiple_inputs', 'Paris, Bea! 1 roots', 3);
    await says({ name: 'Bea', ok: true }, 'multi_round', 'Bea: that is all', 2);
    await says({ name: 'Bea' }, 'capabilities', 'The user has answered.', 1);
}

// ---- Resources ----------------------------------------------------------------------------------------------

async function resourceLists({ client }) {
    const found = await sdk.all(client, 'Resources', 'resources');
    assert.deepEqual(found.map(({ uri, name, mimeType }) => [uri, name, mimeType]), [
        ['test://static-text', 'static-text', 'text/plain'],
        ['test://static-binary', 'static-binary', 'image/png'],
        ['test://watched-resource', 'watched-resource', 'text/plain'],
    ]);
    assert.ok(found.every(({ description }) => description));
    const lastModified = '2026-07-28T00:00:00Z';
    assert.deepEqual(await sdk.all(client, 'ResourceTemplates', 'resourceTemplates'), [{
        uriTemplate: 'test://template/{id}/data', name: 'data', ...(has.titles && { title: 'Data' }),
        description: 'Data of an id.', mimeType: 'application/json',
        annotations: { audience: ['user', 'assistant'], priority: 0.5, ...(has.titles && { lastModified }) },
    }]);
}

async function reading({ client }) {
    const read = async (uri) => (await client.readResource({ uri }, patience)).contents;
    assert.deepEqual(await read('test://static-text'), [{
        uri: 'test://static-text', mimeType: 'text/plain', text: 'This is the content of the static text resource.',
    }]);
    const [binary, ...none] = await read('test://static-binary');
    assert.deepEqual({ ...binary, blob: bytes(binary.blob) },
        { uri: 'test://static-binary', mimeType: 'image/png', blob: dot });
    assert.deepEqual(none, []);
    assert.deepEqual(await read('test://template/123/data'), [{
        uri: 'test://template/123/data', mimeType: 'application/json', text: '{"id":"123","templateTest":true}',
    }]);
    const uri = 'test://template/%E4%B8%96%22/data';
    assert.deepEqual(await read(uri),
        [{ uri, mimeType: 'application/json', text: '{"id":"世\\"","templateTest":true}' }]);
}

async function missingResources({ client, seen }) {
    for (const uri of ['test://nobody', 'test://template/1/2/data', 'nonsense']) {
        await assert.rejects(client.readResource({ uri }, patience), /not found/i);
        // As it came: client 2 tells the code of 2026-07-28 in all revisions.
        const { code, data } = seen.replies.at(-1).error;
        assert.deepEqual([code, data], [modern ? -32602 : -32002, { uri }]);
    }
}

// ---- Prompts and completion -----------------------------------------------------------------------------------

async function prompts({ client }) {
    const found = await sdk.all(client, 'Prompts', 'prompts');
    assert.deepEqual(found.map(({ name, arguments: rows }) => [name, ...(rows ?? []).map((row) => row.name)]), [
        ['test_simple_prompt'],
        ['test_prompt_with_arguments', 'arg1', 'arg2'],
        ['test_prompt_with_choices', 'place'],
        ['test_prompt_with_embedded_resource', 'resourceUri'],
        ['test_prompt_with_image'],
        ['test_input_required_result_prompt'],
    ]);
    const get = async (name, args) => (await client.getPrompt({ name, arguments: args }, patience)).messages;
    const says = (said, role = 'user') => ({ role, content: text(said)[0] });
    assert.deepEqual(await get('test_simple_prompt'), [says('This is a simple prompt for testing.')]);
    assert.deepEqual(await get('test_prompt_with_arguments', { arg1: 'Grüße', arg2: '"世界"' }),
        [says("Prompt with arguments: arg1='Grüße', arg2='\"世界\"'")]);
    assert.deepEqual(await get('test_prompt_with_choices', { place: 'park' }), [says('Let us go to the park.')]);
    assert.deepEqual(await get('test_prompt_with_embedded_resource', { resourceUri: 'test://x' }), [{
        role: 'user', content: {
            type: 'resource',
            resource: { uri: 'test://x', mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
        },
    }, says('Please process the embedded resource above.')]);
    const [image, ...others] = await get('test_prompt_with_image');
    assert.deepEqual({ ...image, content: { ...image.content, data: bytes(image.content.data) } },
        { role: 'user', content: { type: 'image', data: dot, mimeType: 'image/png' } });
    assert.deepEqual(others, [says('Please analyze the image above.'), says('It is a red dot.', 'assistant')]);
}

async function wrongPrompts({ client }) {
    const get = (name, args) => client.getPrompt({ name, arguments: args }, patience);
    await refused(get('test_prompt_with_arguments', { arg1: 'x' }), -32602, /'arg2'.*got nothing/);
    await refused(get('test_prompt_with_arguments'), -32602, /'arg1'.*got nothing/);
    await refused(get('test_prompt_with_choices', { place: 'pub' }), -32602, /paris\|park\|party.*'pub'/);
    await refused(get('test_nobody'), -32602, /test_nobody|unknown prompt/);
}

async function completion({ client }) {
    const completes = async (ref, name, value, wanted, context) => {
        const params = { ref, argument: { name, value }, ...(context && { context: { arguments: context } }) };
        const found = (await client.complete(params, patience)).completion;
        assert.deepEqual(found, { values: wanted, total: wanted.length, hasMore: false });
    };
    const prompt = (name) => ({ type: 'ref/prompt', name: `test_prompt_with_${name}` });
    await completes(prompt('arguments'), 'arg1', 'test', ['testing', 'tested']);
    await completes(prompt('arguments'), 'arg1', 'x', []);
    await completes(prompt('arguments'), 'arg2', '', []);
    if (revision >= '2025-06-18') {
        await completes(prompt('arguments'), 'arg2', '', ['yesterday'], { arg1: 'tested' });
        await completes(prompt('arguments'), 'arg2', 'in', ['in the morning'], { arg1: 'other' });
    }
    await completes(prompt('choices'), 'place', 'par', ['paris', 'park', 'party']);
    await completes(prompt('choices'), 'place', 'part', ['party']);
    const template = { type: 'ref/resource', uri: 'test://template/{id}/data' };
    await completes(template, 'id', '', ['123', '124', '200']);
    await completes(template, 'id', '12', ['123', '124']);
    const unknown = { ref: prompt('nobody'), argument: { name: 'a', value: '' } };
    await refused(client.complete(unknown, patience), -32602, /names no prompt/);
}

// Nothing came that the client had no use for: it would have called that an error.
async function closing(connection) {
    const { seen } = connection;
    assert.deepEqual(await heard(connection), []);
    assert.deepEqual(await disconnect(connection), { code: 0, signal: null });
    assert.deepEqual(seen.errors.map(String), []);
    assert.equal(seen.stderr, '');
}

async function main() {
    if (major === '1' && modern) return;            // which it does not speak
    let connection;
    await check('everything: connect', async () => {
        connection = await connect(revision, [], major === '1' ? revision : undefined);
        if (major === '1') assert.equal(connection.seen.replies[0].result.protocolVersion, revision);
        else assert.equal(connection.client.getNegotiatedProtocolVersion(), revision);
    });
    if (!connection) return;
    const cases = [
        ['capabilities', declared],
        ['content of tools', contents],
        ['progress', progress],
        ['log messages', logging],
        ['lists that change', listChanges],
        ['subscriptions', subscriptions],
        ['forms', forms],
        ['a model and roots', modelAndRoots],
        ['questions in rounds', rounds],
        ['lists of resources', resourceLists],
        ['reading resources', reading],
        ['missing resources', missingResources],
        ['prompts', prompts],
        ['wrong arguments of prompts', wrongPrompts],
        ['completion', completion],
        ['close', closing],
    ];
    for (const [name, run] of cases) {
        if (!await check(`everything: ${name}`, () => run(connection))) return;
    }
}

await main();
end();
