#!/bin/sh
# Lets the official TypeScript client 1.x call a tool of the server of tests/wire/tasks.h as a task, which asks.
# Looks for node_modules as typescript.sh does.
cd "$(dirname "$0")/../.." || exit 1
where=${MCP_TYPESCRIPT:-build/typescript}
case $where in
/*) ;;
*) where=$PWD/$where ;;
esac
[ -d "$where/node_modules/@modelcontextprotocol/sdk" ] || {
    echo 'skip - tasks: @modelcontextprotocol/sdk is not installed: see tests/interop/typescript.sh'
    exit 0
}

. tests/interop/node.sh

find_node || { echo 'skip - tasks: no node 20 or newer: see tests/interop/typescript.sh'; exit 0; }

mkdir -p build/interop || exit 1
${CC:-cc} -O2 -I. tests/wire/server.c -o build/interop/tasks -lm ||
    { echo 'FAIL - tasks: tests/wire/server.c does not compile'; exit 1; }
"$node" tests/interop/tasks.mjs "$where/node_modules/@modelcontextprotocol/sdk/dist/esm" build/interop/tasks
