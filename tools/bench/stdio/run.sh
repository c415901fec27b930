#!/bin/sh
# The benchmark of servers and clients over standard input and output: requests a second beside a null server and
# others, system calls, instructions, allocations, start-up and size, and the gates. Called by tools/bench/run.sh.
#
#   sh tools/bench/stdio/run.sh
#
# What is not there is left out and its gates are skipped. A missed gate is shown and is no failure. Variables:
#   CC, MUSL_CC     the compilers (gcc, musl-gcc)
#   MCP_TS, NODE    where npm installed @modelcontextprotocol/server (build/bench/ts), and which node runs it (node)
#   MCP_CMCP        the command of an echo server made with cMCP; without it the gate S7 is skipped

set -eu
. "$(dirname "$0")/build.sh"

ts=${MCP_TS:-build/bench/ts}
node=${NODE:-node}
package=@modelcontextprotocol/server

# Cannot be had without npm, so a message says how to have it.
find_typescript()
{
    if [ ! -d "$ts/node_modules/$package" ]; then
        echo "TypeScript SDK: not in $ts, so it is left out:"
        echo "    npm install --prefix $ts $package@2.4.0"
    elif ! have "$node"; then
        echo "TypeScript SDK: there is no $node, so it is left out (set NODE)."
    else
        version=$(sed -n 's/^ *"version": "\(.*\)".*/\1/p' "$ts/node_modules/$package/package.json")
        echo "TypeScript SDK: $package $version, node $("$node" --version)."
        typescript="$node --no-warnings $src/echo.mjs $ts"
    fi
}

echo "$($CC --version | head -n 1), -O2; client and server on one CPU."
typescript=
find_typescript
set -- "null=$out/null" "null-poll=$out/null poll" "ours=$out/echo" "ours-poll=$out/pump" \
    "client=$out/client $out/echo"
[ -z "$typescript" ] || set -- "$@" "typescript=$typescript" "typescript-pinned=$typescript"
[ -z "${MCP_CMCP:-}" ] || set -- "$@" "cmcp=$MCP_CMCP"
$out/load "$@"

(. $src/syscalls.sh)
(. $src/instructions.sh)

if [ -x $out/echo_musl ]; then
    $out/start $out/echo_musl $out/echo_static_musl $out/hello_musl \
        $out/call_musl $out/call_static_musl $out/twice_musl $out/between
else
    echo "start: there is no $MUSL_CC, so start-up and size are not measured."
fi
