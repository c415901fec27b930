// A server with the TypeScript SDK whose tools ask the client before they answer: as rounds in the modern era, as
// requests of its own in the legacy one. The first request decides which.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

// The packages stand in the directory of the first argument, not beside this file.
const from = createRequire(path.resolve(process.argv[2], 'package.json'));
const load = async (name) => import(pathToFileURL(from.resolve(name)).href);

const { McpServer, inputRequired, inputResponse } = await load('@modelcontextprotocol/server');
const { serveStdio } = await load('@modelcontextprotocol/server/stdio');
const { z } = await load('zod');

const text = (value) => ({
    content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }]
});

const rooms = [{ const: 's', title: 'Single' }, { const: 'd', title: 'Double' }];
const booking = {
    type: 'object',
    properties: {
        name: { type: 'string', minLength: 2 },
        nights: { type: 'integer', minimum: 1, maximum: 14, default: 2 },
        room: { type: 'string', oneOf: rooms, default: 's' },
        extras: { type: 'array', items: { type: 'string', enum: ['bath', 'bread'] }, maxItems: 2 },
        quiet: { type: 'boolean', default: true }
    },
    required: ['name']
};
const consent = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };

// What a state may hold that JSON, and whoever echoes it, has to escape.
const odd = 'Grüße "an" \\ 世界 🙂 \u0000\u001f\u2028 / </a>\n';

// Two rounds: the second knows the first by its state alone.
async function book({ hotel }, ctx) {
    const { inputResponses, requestState } = ctx.mcpReq;
    const who = inputResponse(inputResponses, 'who'), sure = inputResponse(inputResponses, 'sure');
    if (sure.kind === 'elicit') {
        const state = JSON.parse(requestState());
        if (state.odd !== odd) return text('the state has changed');
        return text({ hotel, ...state.booked, sure: sure.action === 'accept' ? sure.content.sure : sure.action });
    }
    if (who.kind !== 'elicit') {
        const form = inputRequired.elicit({ message: 'Who?', requestedSchema: booking });
        return inputRequired({ inputRequests: { who: form } });
    }
    if (who.action !== 'accept') return text(who.action);
    return inputRequired({
        inputRequests: { sure: inputRequired.elicit({ message: 'Sure?', requestedSchema: consent }) },
        requestState: JSON.stringify({ odd, booked: who.content })
    });
}

// A model and directories, in one round.
async function ask(_, ctx) {
    const { inputResponses } = ctx.mcpReq;
    const model = inputResponse(inputResponses, 'the "model"'), where = inputResponse(inputResponses, 'where');
    if (model.kind !== 'sampling' || where.kind !== 'roots') {
        const messages = [{ role: 'user', content: { type: 'text', text: 'Sing!' } }];
        return inputRequired({
            inputRequests: {
                'the "model"': inputRequired.createMessage({ messages, maxTokens: 5 }),
                where: inputRequired.listRoots()
            }
        });
    }
    return text({ said: model.result.content, by: model.result.model, where: where.roots });
}

async function open(_, ctx) {
    const page = inputResponse(ctx.mcpReq.inputResponses, 'page');
    if (page.kind === 'elicit') return text(page.action);
    const url = 'https://x.example/a?b=%20';
    return inputRequired({ inputRequests: { page: inputRequired.elicitUrl({ message: 'Open', url }) } });
}

// Nothing is asked: the client comes back with the state.
async function wait(_, ctx) {
    const state = ctx.mcpReq.requestState();
    return state === 'xxx' ? text(state) : inputRequired({ requestState: (state ?? '') + 'x' });
}

async function endless() {
    return inputRequired({ requestState: 'again' });
}

serveStdio(() => {
    const server = new McpServer({ name: 'rounds', version: '1.0' }, { capabilities: { tools: {} } });
    const tool = (name, fn, inputSchema = z.object({})) => server.registerTool(name, { inputSchema }, fn);
    tool('book', book, z.object({ hotel: z.string() }));
    tool('ask', ask);
    tool('open', open);
    tool('wait', wait);
    tool('endless', endless);
    return server;
});
