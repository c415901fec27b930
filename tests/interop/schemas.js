// Validates what a server emitted against the official JSON Schema of its revision.
//   usage: node schemas.js SCHEMA_DIR FILE    FILE: lines of REVISION <tab> METHOD <tab> MESSAGE
// A batch has one METHOD for each of its messages, with spaces between them.
// ajv's two builds: draft-07 for the three older revisions, 2020-12 for the others.
const fs = require('fs');
const path = require('path');
const [schemas, file] = process.argv.slice(2);

const results = {
    'tools/list': 'ListToolsResult',
    'tools/call': 'CallToolResult',
    'resources/list': 'ListResourcesResult',
    'resources/templates/list': 'ListResourceTemplatesResult',
    'resources/read': 'ReadResourceResult',
    'prompts/list': 'ListPromptsResult',
    'prompts/get': 'GetPromptResult',
    'completion/complete': 'CompleteResult',
    'initialize': 'InitializeResult',
    'ping': 'EmptyResult',
    'server/discover': 'DiscoverResult',
    'logging/setLevel': 'EmptyResult',
    'resources/subscribe': 'EmptyResult',
    'resources/unsubscribe': 'EmptyResult',
    'subscriptions/listen': 'SubscriptionsListenResult',
    'tools/call as task': 'CreateTaskResult',
    'tasks/get': 'GetTaskResult',
    'tasks/result': 'CallToolResult',
    'tasks/list': 'ListTasksResult',
    'tasks/cancel': 'CancelTaskResult',
};
// Since 2026-07-28 tasks are an extension, with a schema of its own.
const of_extension = {
    'tools/call as task': 'CreateTaskResult',
    'tasks/get': 'GetTaskResult',
    'tasks/update': 'UpdateTaskResult',
    'tasks/cancel': 'CancelTaskResult',
};
const notifications = {
    'notifications/message': 'LoggingMessageNotification',
    'notifications/progress': 'ProgressNotification',
    'notifications/tools/list_changed': 'ToolListChangedNotification',
    'notifications/resources/list_changed': 'ResourceListChangedNotification',
    'notifications/prompts/list_changed': 'PromptListChangedNotification',
    'notifications/resources/updated': 'ResourceUpdatedNotification',
    'notifications/tasks/status': 'TaskStatusNotification',
    'notifications/subscriptions/acknowledged': 'SubscriptionsAcknowledgedNotification',
    'notifications/cancelled': 'CancelledNotification',
    'notifications/elicitation/complete': 'ElicitationCompleteNotification',
};

const questions = {
    'elicitation/create': 'ElicitRequest',
    'sampling/createMessage': 'CreateMessageRequest',
    'roots/list': 'ListRootsRequest',
};

const loaded = {};
function load(revision) {
    if (loaded[revision]) return loaded[revision];
    const file = revision === 'tasks' ? '../ext-tasks.schema.json' : `${revision}/schema.json`;
    const schema = JSON.parse(fs.readFileSync(path.join(schemas, file), 'utf8'));
    const old = 'definitions' in schema, root = old ? 'definitions' : '$defs';
    const Ajv = old ? require('ajv') : require('ajv/dist/2020');
    const ajv = new Ajv({ strict: false, validateFormats: false });
    if (revision === 'tasks') ajv.addSchema(schema);
    else ajv.addSchema(schema, 'mcp');
    ajv.tasks = schema.$id;
    return loaded[revision] = { ajv, root, names: schema[root] };
}

function check(revision, name, value) {
    const { ajv, root } = load(revision);
    const validate = ajv.getSchema(`${revision === 'tasks' ? ajv.tasks : 'mcp'}#/${root}/${name}`);
    return validate(value) ? null : `${name}: ${ajv.errorsText(validate.errors)}`;
}

// The one exception: JSON-RPC wants an error whose id could not be read to say null. These revisions have no form for
// it, and forbid to leave the id out; the later ones let it be left out.
const says_null = ['2024-11-05', '2025-03-26', '2025-06-18'];
const exceptions = {};
function without_exception(revision, message) {
    if (message.id !== null || !('error' in message) || !says_null.includes(revision)) return message;
    exceptions[revision] = (exceptions[revision] || 0) + 1;
    return { ...message, id: 0 };
}

// What is wrong with a result of the extension, or null.
function check_of_extension(revision, method, result) {
    return check('tasks', of_extension[method], result)
        || (result.result ? check(revision, 'CallToolResult', result.result) : null);
}

const asked = {};      // by revision and method
function check_question(revision, { method, ...question }) {
    if (!(method in questions)) return 'not among questions, above';
    asked[`${revision} ${method}`] = (asked[`${revision} ${method}`] || 0) + 1;
    return check(revision, questions[method], { method, ...question });
}

// A result that asks, as tools, prompts and resources may. The schema has no names for what stands in it.
function check_questions(revision, method, result) {
    if (!['tools/call', 'prompts/get', 'resources/read'].includes(method)) return `${method} must not ask`;
    const problems = Object.values(result.inputRequests || {}).map(q => check_question(revision, q));
    return check(revision, 'InputRequiredResult', result)
        || ('inputRequests' in result || 'requestState' in result ? null : 'asks nothing')
        || problems.find(problem => problem) || null;
}

function check_result(revision, method, result) {
    if (method.startsWith('wire/')) return check(revision, 'Result', result);       // the host's own
    if (result.resultType === 'input_required') return check_questions(revision, method, result);
    if (revision === '2026-07-28' && method in of_extension) return check_of_extension(revision, method, result);
    return method in results ? check(revision, results[method], result) : 'not among results, above';
}

// What is wrong with a message, or null.
function check_message(revision, method, message) {
    const { names } = load(revision);
    if ('method' in message && 'id' in message)
        return check(revision, 'JSONRPCRequest', message) || check_question(revision, message);
    if ('method' in message)
        return check(revision, 'JSONRPCNotification', message)
            || (method in notifications ? check(revision, notifications[method], message)
                : 'not among notifications, above');
    if ('error' in message)
        return check(revision, 'JSONRPCErrorResponse' in names ? 'JSONRPCErrorResponse' : 'JSONRPCError',
            without_exception(revision, message));
    return check(revision, 'JSONRPCResultResponse' in names ? 'JSONRPCResultResponse' : 'JSONRPCResponse', message)
        || check_result(revision, method, message.result);
}

function check_batch(revision, methods, messages) {
    for (const [i, message] of messages.entries()) {
        const problem = check_message(revision, methods.split(' ')[i], message);
        if (problem) return problem;
    }
    return check(revision, 'JSONRPCBatchResponse', messages.map(m => m.id === null ? { ...m, id: 0 } : m));
}

const counts = {};
let bad = false, batches = 0;
for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (!line) continue;
    const [revision, method, text] = line.split('\t');
    const message = JSON.parse(text);
    const check_this = Array.isArray(message) ? check_batch : check_message;
    const is_task = message.result && (message.result.task || message.result.resultType === 'task');
    const problem = check_this(revision, is_task ? `${method} as task` : method, message);
    counts[revision] = (counts[revision] || 0) + 1;
    if (check_this === check_batch) batches++;
    if (problem) {
        bad = true;
        console.log(`FAIL - schemas: ${revision} ${method}: ${problem}\n       ${text}`);
    }
}
if (!batches) {
    bad = true;
    console.log('FAIL - schemas: no batch was emitted');
}
const kinds = { '2024-11-05': 2, '2025-03-26': 2, '2025-06-18': 3, '2025-11-25': 3, '2026-07-28': 3 };
for (const [revision, count] of Object.entries(kinds))
    if (Object.keys(asked).filter(key => key.startsWith(revision)).length !== count) {
        bad = true;
        console.log(`FAIL - schemas: ${revision}: ${count} kinds of questions are not all asked: ${JSON.stringify(asked)}`);
    }
for (const revision of Object.keys(counts).sort()) {
    console.log(`${bad ? 'note' : 'ok'} - schemas: ${revision}: ${counts[revision]} messages are valid`
        + (exceptions[revision] ? `, ${exceptions[revision]} errors of them but for "id":null` : ''));
}
process.exit(bad ? 1 : 0);
