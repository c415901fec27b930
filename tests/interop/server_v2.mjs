// A small server with the TypeScript SDK 2.x, in both eras: the first request decides which.
//   usage: node server_v2.mjs DIRECTORY    (whose node_modules holds the packages)

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const from = createRequire(path.resolve(process.argv[2], 'package.json'));
const load = async (name) => import(pathToFileURL(from.resolve(name)).href);

const { McpServer } = await load('@modelcontextprotocol/server');
const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
const { z } = await load('zod');

serveStdio(() => {
    const server = new McpServer({ name: 'small', version: '2.0' }, { capabilities: { tools: {} } });
    server.registerTool(
        'echo',
        { description: 'Says it back.', inputSchema: z.object({ text: z.string() }) },
        async ({ text }) => ({ content: [{ type: 'text', text }] })
    );
    server.registerTool('fail', { description: 'Fails.' }, async () => ({
        content: [{ type: 'text', text: 'out of order' }],
        isError: true
    }));
    return server;
});
