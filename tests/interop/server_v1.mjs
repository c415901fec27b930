// A small server with the TypeScript SDK 0.x or 1.x, one tool a page.
//   usage: node server_v1.mjs DIRECTORY PACKAGE [MANNER]
// PACKAGE: what the SDK is called in DIRECTORY's node_modules. MANNER: what it does when it gets a request that it
// does not know, in place of an error: silent, or exit.

import { pathToFileURL } from 'node:url';
import fs from 'node:fs';
import path from 'node:path';

const [where, name, manner] = process.argv.slice(2);
const root = path.resolve(where, 'node_modules', name, 'dist');
const dist = fs.existsSync(path.join(root, 'esm')) ? path.join(root, 'esm') : root;
const load = async (file) => import(pathToFileURL(path.join(dist, file)).href);

const { Server } = await load('server/index.js');
const { StdioServerTransport } = await load('server/stdio.js');
const { CallToolRequestSchema, ListToolsRequestSchema } = await load('types.js');

const text = (text) => [{ type: 'text', text }];
const server = new Server({ name: 'small', version: '1.0' }, { capabilities: { tools: {} } });

server.setRequestHandler(ListToolsRequestSchema, async ({ params }) =>
    params?.cursor === 'second'
        ? { tools: [{ name: 'fail', inputSchema: { type: 'object' } }] }
        : { tools: [{ name: 'echo', inputSchema: { type: 'object' } }], nextCursor: 'second' });
server.setRequestHandler(CallToolRequestSchema, async ({ params }) =>
    params.name === 'fail'
        ? { content: text('out of order'), isError: true }
        : { content: text(params.arguments.text) });
if (manner) {
    server.fallbackRequestHandler = async ({ method }) => {
        if (method !== 'server/discover') throw Object.assign(new Error('Method not found'), { code: -32601 });
        if (manner === 'exit') process.exit(1);
        return new Promise(() => {});
    };
}
await server.connect(new StdioServerTransport());
