#!/bin/sh
# Shows a server at work: sends it the messages of both eras, prints what went (->) and what came
# back (<-), and lets a client of ours talk to it. Fails if a reply is missing.   usage: tools/demo.sh SERVER CLIENT
exe=${1:?usage: tools/demo.sh SERVER CLIENT}
client=${2:?usage: tools/demo.sh SERVER CLIENT}
dir=build/demo
mkdir -p "$dir" || exit 1

info='{"name":"demo","version":"1.0"}'
key=io.modelcontextprotocol
meta='"_meta":{"'$key'/protocolVersion":"2026-07-28","'$key'/clientCapabilities":{},"'$key'/clientInfo":'$info'}'
cat >"$dir/requests" <<END
# Up to 2025-11-25 a conversation begins with a handshake.
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",\
"capabilities":{},"clientInfo":$info}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/list"}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo","arguments":{"text":"Hello from 2025"}}}
# From 2026-07-28 on every request stands for itself: _meta says what a handshake used to.
{"jsonrpc":"2.0","id":4,"method":"server/discover","params":{$meta}}
{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{$meta}}
{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"echo","arguments":{"text":"Hello from 2026"},$meta}}
END

grep -v '^#' "$dir/requests" | "$exe" >"$dir/replies"
status=$?

# Replies come in the order of the requests; a notification (no id) has none.
exec 3<"$dir/replies"
missing=0
while IFS= read -r line; do
    case $line in
    '#'*) printf '\n%s\n' "$line"; continue ;;
    esac
    printf -- '-> %s\n' "$line"
    id=$(printf '%s\n' "$line" | sed -n 's/^{"jsonrpc":"2.0",\("id":[0-9]*\),.*/\1/p')
    [ -n "$id" ] || continue
    IFS= read -r reply <&3 || reply=
    case $reply in
    *"$id"[,}]*'"result":'*|*'"result":'*"$id"[,}]*) printf '<- %s\n\n' "$reply" ;;
    *) printf '<- MISSING: a result with %s; got: %s\n\n' "$id" "${reply:-nothing}"; missing=$((missing + 1)) ;;
    esac
done <"$dir/requests"

if IFS= read -r reply <&3; then
    echo "<- NOT EXPECTED: $reply"
    missing=$((missing + 1))
fi
[ $status = 0 ] || echo "$exe: exit status $status"

# A client does all of that by itself.
says() {        # what it shall print, argument...
    want=$1
    shift
    echo "$ $client $*"
    said=$("$client" "$@") && [ "$said" = "$want" ] || missing=$((missing + 1))
    echo "$said"
}
says 'Hello from a client' "$exe" 'Hello from a client'
says 'Hello from 2026, by force' --modern "$exe" 'Hello from 2026, by force'
[ $status = 0 ] && [ $missing = 0 ]
