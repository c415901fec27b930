// Validates what a server emitted against the official JSON Schema of its revision.
//   usage: node schemas.js SCHEMA_DIR FILE    FILE: lines of REVISION <tab> METHOD <tab> MESSAGE
// ajv's two builds: draft-07 for the three older revisions, 2020-12 for the others.
const fs = require('fs');
const path = require('path');
const [schemas, file] = process.argv.slice(2);

const results = {
    'tools/list': 'ListToolsResult',
    'tools/call': 'CallToolResult',
    'initialize': 'InitializeResult',
    'server/discover': 'DiscoverResult',
};

const loaded = {};
function load(revision) {
    if (loaded[revision]) return loaded[revision];
    const schema = JSON.parse(fs.readFileSync(path.join(schemas, revision, 'schema.json'), 'utf8'));
    const old = 'definitions' in schema;
    const Ajv = old ? require('ajv') : require('ajv/dist/2020');
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema(schema, 'mcp');
    return loaded[revision] = { ajv, root: old ? 'definitions' : '$defs', names: schema[old ? 'definitions' : '$defs'] };
}

function check(revision, name, value) {
    const { ajv, root } = load(revision);
    const validate = ajv.getSchema(`mcp#/${root}/${name}`);
    return validate(value) ? null : `${name}: ${ajv.errorsText(validate.errors)}`;
}

const counts = {};
let bad = false;
for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (!line) continue;
    const [revision, method, text] = line.split('\t');
    const message = JSON.parse(text);
    const { names } = load(revision);
    let problem;
    if ('error' in message) {
        problem = check(revision, 'JSONRPCErrorResponse' in names ? 'JSONRPCErrorResponse' : 'JSONRPCError', message);
    } else {
        problem = check(revision, 'JSONRPCResultResponse' in names ? 'JSONRPCResultResponse' : 'JSONRPCResponse', message)
            || check(revision, results[method] || 'EmptyResult', message.result);
    }
    counts[revision] = (counts[revision] || 0) + 1;
    if (problem) {
        bad = true;
        console.log(`FAIL - schemas: ${revision} ${method}: ${problem}\n       ${text}`);
    }
}
for (const revision of Object.keys(counts).sort()) {
    console.log(`${bad ? 'note' : 'ok'} - schemas: ${revision}: ${counts[revision]} messages are valid`);
}
process.exit(bad ? 1 : 0);
