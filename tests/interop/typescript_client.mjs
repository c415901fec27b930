// What the programs share that let an official TypeScript client talk to a server in one revision.
//   usage of each: node PROGRAM.mjs MAJOR SERVER REVISION
// MAJOR: 1 (@modelcontextprotocol/sdk) or 2 (.../client), from $NODE_PATH. One line for each case; exit status 2 if
// one failed.
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';

const require = createRequire(import.meta.url);
export const [major, server, revision] = process.argv.slice(2);

// How long to wait for an answer: longer than a slow machine needs, short enough for a broken server.
export const patience = { timeout: 10000 };

// ---- What a revision has ----------------------------------------------------------------------------------

export const modern = revision === '2026-07-28';
export const has = {
    hints: revision >= '2025-03-26',
    audio: revision >= '2025-03-26',
    titles: revision >= '2025-06-18',
    links: revision >= '2025-06-18',
    structured: revision >= '2025-06-18',
    icons: revision >= '2025-11-25',
    forms: revision >= '2025-06-18',
};

// ---- The two clients --------------------------------------------------------------------------------------

const me = { name: 'typescript.mjs', version: '0.1', title: 'Prüfer' };
const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: {} };

// What a server may tell by itself.
const toldOf = ['message', 'tools/list_changed', 'resources/list_changed', 'prompts/list_changed', 'resources/updated'];

// Accepts every result as it is, where a client wants a schema.
export const anything = require('zod').z.any();

const sdks = {
    1: {
        load: () => ({
            ...require('@modelcontextprotocol/sdk/client/index.js'),
            ...require('@modelcontextprotocol/sdk/client/stdio.js'),
        }),
        options: () => ({ capabilities }),
        hear: (client, method, handler) => {
            const schema = Object.values(require('@modelcontextprotocol/sdk/types.js'))
                .find((value) => value?.shape?.method?.value === `notifications/${method}`);
            client.setNotificationHandler(schema, handler);
        },
        answer: (client, method, handler) => {
            const schema = Object.values(require('@modelcontextprotocol/sdk/types.js'))
                .find((value) => value?.shape?.method?.value === method);
            client.setRequestHandler(schema, handler);
        },
        call: (client, name, args, options) =>
            client.callTool({ name, arguments: args }, undefined, { ...patience, ...options }),
        all: async (client, kind, key) => (await client[`list${kind}`](undefined, patience))[key],
        // It forgets the schemas of earlier pages, so that the page of the tool has to come last.
        learn: async (client, name) => {
            let page = await client.listTools(undefined, patience);
            while (!page.tools.some((tool) => tool.name === name)) {
                assert.ok(page.nextCursor, `no page of tools/list has ${name}`);
                page = await client.listTools({ cursor: page.nextCursor }, patience);
            }
        },
    },
    2: {
        load: () => ({
            ...require('@modelcontextprotocol/client'),
            ...require('@modelcontextprotocol/client/stdio'),
        }),
        options: (wanted) => ({
            capabilities,
            ...(wanted === 'auto' ? { versionNegotiation: { mode: 'auto' } }
                : wanted === 'legacy' ? {}
                : wanted >= '2026' ? { versionNegotiation: { mode: { pin: wanted } } }
                : { supportedProtocolVersions: [wanted] }),
        }),
        hear: (client, method, handler) => client.setNotificationHandler(`notifications/${method}`, handler),
        answer: (client, method, handler) => client.setRequestHandler(method, handler),
        call: (client, name, args, options) => client.callTool({ name, arguments: args }, { ...patience, ...options }),
        all: async (client, kind, key) =>
            (await client[`list${kind}`](undefined, { ...patience, cacheMode: 'refresh' }))[key],
        learn: (client) => client.listTools(undefined, { ...patience, cacheMode: 'refresh' }),
    },
};
export const sdk = sdks[major];
const { Client, StdioClientTransport } = sdk.load();

// A connection, with what was seen of it: replies as they came, what the server told by itself, as [method, params],
// errors that no request got, standard error.
// offer: the revision that client 1 asks for in place of its newest.
export async function connect(wanted, args, offer) {
    const client = new Client(me, sdk.options(wanted));
    const transport = new StdioClientTransport({ command: server, args, stderr: 'pipe' });
    const seen = { replies: [], requests: [], told: [], errors: [], stderr: '' };
    const send = transport.send;
    transport.send = (message, ...rest) => {
        if (offer && message.method === 'initialize') message.params.protocolVersion = offer;
        seen.requests.push(message);
        return send.call(transport, message, ...rest);
    };
    transport.onmessage = (message) => seen.replies.push(message);
    transport.stderr.on('data', (chunk) => { seen.stderr += chunk; });
    for (const method of toldOf) sdk.hear(client, method, ({ params }) => { seen.told.push([method, params]); });
    client.onerror = (error) => seen.errors.push(error);
    last = seen;
    await client.connect(transport, patience);
    // Private, but the only way to the exit status.
    const child = transport._process;
    child.stdin.setMaxListeners(0);     // two hundred calls that wait for room in the pipe are no leak
    return { client, seen, child };
}

// Closes as hosts do, by ending the server's input, and waits for the exit.
export async function disconnect({ client, child }) {
    const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    await client.close();
    return exited;
}

// ---- Cases ------------------------------------------------------------------------------------------------

let failed = false;
let last = { requests: [], replies: [] };       // what the newest connection saw

export const cut = (value) => String(JSON.stringify(value)).slice(0, 400);

// Runs one case. False: there was no answer in time, and waiting for further ones would only take longer.
export async function check(name, run) {
    const title = `typescript ${major}: ${revision}: ${name}`;
    try {
        await run();
        console.log(`ok - ${title}`);
    } catch (error) {
        failed = true;
        console.log(`FAIL - ${title}: ${String(error.message).trim().replace(/\n+/g, '\n    ')}`);
        console.log(`    last request: ${cut(last.requests.at(-1))}\n    last reply:   ${cut(last.replies.at(-1))}`);
        return !/timed? ?out/i.test(error.message);
    }
    return true;
}

// The error that a promise ends with; code and text are those of the server's reply.
export async function refused(promise, code, why) {
    const error = await promise.then((value) => assert.fail(`was accepted: ${cut(value)}`), (e) => e);
    assert.match(error.message, why);
    assert.equal(error.code, code, error.message);
}

export const text = (value) => [{ type: 'text', text: value }];
export const bytes = (base64) => [...Buffer.from(base64, 'base64')];
export const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

// A result without what only says how it may be treated; the case "what every result carries" looks at that.
export const plain = ({ _meta, resultType, ttlMs, cacheScope, ...rest }) => rest;

// Node itself says 1 of what nobody caught.
export const end = () => process.exit(failed ? 2 : 0);
