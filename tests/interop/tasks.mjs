// An official TypeScript client calls a tool as a task: it sees how far that is, answers what it asks, and gets the
// result.   usage: node tasks.mjs DIRECTORY_OF_THE_SDK SERVER
import assert from 'node:assert/strict';

const [sdk, server] = process.argv.slice(2);
const { Client } = await import(`${sdk}/client/index.js`);
const { StdioClientTransport } = await import(`${sdk}/client/stdio.js`);
const { CallToolResultSchema, ElicitRequestSchema } = await import(`${sdk}/types.js`);

let failed = false;
async function check(name, run) {
    try {
        await run();
        console.log(`ok - tasks: ${name}`);
    } catch (error) {
        failed = true;
        console.log(`FAIL - tasks: ${name}: ${error.message}`);
    }
}

const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { form: {} } } });
const asked = [];
client.setRequestHandler(ElicitRequestSchema, async request => {
    asked.push(request.params.message);
    return { action: 'accept', content: { name: 'Ann' } };
});
await client.connect(new StdioClientTransport({ command: server, args: ['tasks'] }));
await client.listTools();
const tasks = client.experimental.tasks;

await check('a task that asks', async () => {
    const seen = [];
    let result;
    const stream = tasks.callToolStream({ name: 'greet', arguments: {} }, CallToolResultSchema, { task: {} });
    for await (const message of stream) {
        seen.push(message.type);
        assert.notEqual(message.type, 'error', message.error?.message);
        if (message.type === 'result') result = message.result;
    }
    assert.deepEqual(asked, ['What is your name?']);
    assert.equal(seen[0], 'taskCreated');
    assert.equal(result.content[0].text, 'Hello, Ann.');
});

await check('a task that is cancelled', async () => {
    const stream = tasks.callToolStream({ name: 'wait', arguments: { as: 'a' } }, CallToolResultSchema, { task: {} });
    const { task } = (await stream.next()).value;
    assert.equal((await tasks.getTask(task.taskId)).status, 'working');
    assert.equal((await tasks.cancelTask(task.taskId)).status, 'cancelled');
    assert.equal((await tasks.listTasks()).tasks.find(t => t.taskId === task.taskId).status, 'cancelled');
    await assert.rejects(tasks.cancelTask(task.taskId), { code: -32602 });
});

await client.close();
process.exit(failed ? 1 : 0);
