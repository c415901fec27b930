// A small server with the TypeScript SDK 2.x, in both eras: the first request decides which.
//   usage: node server_v2.mjs DIRECTORY    (whose node_modules holds the packages)

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const from = createRequire(path.resolve(process.argv[2], 'package.json'));
const load = async (name) => import(pathToFileURL(from.resolve(name)).href);

const { McpServer, ResourceTemplate, completable } = await load('@modelcontextprotocol/server');
const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
const { z } = await load('zod');

serveStdio(() => {
    const server = new McpServer({ name: 'small', version: '2.0' }, {
        capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} }
    });
    server.registerTool(
        'echo',
        { description: 'Says it back.', inputSchema: z.object({ text: z.string() }) },
        async ({ text }) => ({ content: [{ type: 'text', text }] })
    );
    server.registerTool('fail', { description: 'Fails.' }, async () => ({
        content: [{ type: 'text', text: 'out of order' }],
        isError: true
    }));
    server.registerTool('speak', { description: 'Logs.' }, async (ctx) => {
        await ctx.mcpReq.log('info', { said: 'a word' }, 'small');
        await ctx.mcpReq.log('debug', 'too much', 'small');
        return { content: [{ type: 'text', text: 'spoken' }] };
    });
    server.registerTool('change', { description: 'Says what has changed.' }, async () => {
        server.sendToolListChanged();
        await server.server.sendResourceUpdated({ uri: 'small://bytes' });
        return { content: [{ type: 'text', text: 'changed' }] };
    });
    server.registerResource('bytes', 'small://bytes', { mimeType: 'image/png' }, async (uri) => ({
        contents: [{ uri: uri.href, mimeType: 'image/png', blob: 'AAH/' }]
    }));
    server.registerResource(
        'note',
        new ResourceTemplate('small://{owner}/{id}', {
            list: undefined,
            complete: { id: (value, context) => [value + '1', context?.arguments?.owner ?? 'nobody'] }
        }),
        {},
        async (uri, { owner, id }) => ({ contents: [{ uri: uri.href, text: `note ${id} of ${owner}` }] })
    );
    server.registerPrompt(
        'greet',
        {
            description: 'Greets.',
            argsSchema: z.object({ who: completable(z.string(), (value) => [value + 'n', value + 'dy']) })
        },
        async ({ who }) => ({
            messages: [
                { role: 'assistant', content: { type: 'image', data: 'AQI=', mimeType: 'image/png' } },
                { role: 'user', content: { type: 'text', text: `Greet ${who}.` } }
            ]
        })
    );
    return server;
});
