// The echo server with the TypeScript SDK, in both eras: the first request decides which.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

// The packages stand in the directory of the first argument, not beside this file.
const from = createRequire(path.resolve(process.argv[2], 'package.json'));
const load = async (name) => import(pathToFileURL(from.resolve(name)).href);

const { McpServer } = await load('@modelcontextprotocol/server');
const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
const { z } = await load('zod');

serveStdio(() => {
    const server = new McpServer({ name: 'echo', version: '1.0' }, { capabilities: { tools: {} } });
    server.registerTool(
        'echo',
        { description: 'Says it back.', inputSchema: z.object({ text: z.string().describe('What to say back') }) },
        async ({ text }) => ({ content: [{ type: 'text', text }] })
    );
    return server;
});
