#!/bin/sh
# Compiles every piece of C that the documentation shows: the ```c blocks of README.md and the programs in
# the manual at the top of mcp.h. A piece with a main, or with functions, is compiled as it stands; statements
# are put into a function that has the variables which they take from their surroundings. The pieces of the
# tutorial in README.md are one program, examples/notes.c.
cd "$(dirname "$0")/.." || exit 1
cc=${CC:-cc}
dir=build/snippets
rm -rf "$dir"
mkdir -p "$dir" || exit 1

from_readme() {
    [ -f README.md ] || return 0
    awk -v dir="$dir" '
        /^## / { tutorial = /A tutorial/ }
        /^```/ && on { on = 0; close(file); next }
        /^```c$/ { on = 1; file = dir "/" (tutorial ? "tutorial" : "readme_" ++n) ".txt"; next }
        on { print >> file }' README.md
}

from_manual() { # a heading, then the program or a part of one, indented by seven columns
    awk -v dir="$dir" '
        /^#/ { exit }
        /^   [^ ]/ {
            on = /A WHOLE SERVER/ ? "server" : /A CLIENT/ ? "client" : /JUST THE JSON CODEC/ ? "codec" : ""
            if (/ASKING THE USER/) on = "ask"
        }
        on && /^       / { print substr($0, 8) > (dir "/manual_" on ".txt") }' mcp.h
}

# Variables that a statement in the documentation may use without declaring them.
surroundings='
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mcp.h"
int mcp_snippet(const char *text, size_t len, const char *name, mcp_call *c, mcp_server *server);
int mcp_snippet(const char *text, size_t len, const char *name, mcp_call *c, mcp_server *server)
{
(void)text; (void)len; (void)name; (void)c; (void)server;'

wrap() {        # file: a whole C file from it
    if grep -q '^#define MCP_IMPLEMENTATION' "$1"; then
        cat "$1"
    elif grep -qE '^(static|typedef|struct|int|void|const|extern|#include) ' "$1" && grep -q '^}' "$1"; then
        printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include "mcp.h"\n'
        cat "$1"
    else
        echo "$surroundings"
        cat "$1"
        echo 'return 0; }'
    fi
}

same_program() {        # two files, the second from its first directive on, but for blank lines
    awk NF "$1" >"$1.one"
    awk '/^#/ { on = 1 } on && NF' "$2" >"$1.other"
    diff "$1.one" "$1.other"
}

from_readme
from_manual
bad=0
for name in manual_server manual_client manual_codec manual_ask tutorial; do
    [ -f "$dir/$name.txt" ] && continue
    echo "FAIL - snippets: $name: not found; see from_readme and from_manual in tests/snippets.sh"
    bad=1
done
if same_program "$dir/tutorial.txt" examples/notes.c; then
    echo 'ok - snippets: the tutorial is the example'
else
    echo 'FAIL - snippets: the tutorial in README.md (<) and examples/notes.c (>) differ, see above'
    bad=1
fi
for file in "$dir"/*.txt; do
    name=$(basename "$file" .txt)
    wrap "$file" >"$dir/$name.c"
    if $cc -std=gnu99 -Wall -Wextra -Wno-unused -Werror -I. -fsyntax-only "$dir/$name.c" >"$dir/$name.log" 2>&1
    then
        echo "ok - snippets: $name"
    else
        cat "$dir/$name.log"
        echo "FAIL - snippets: $name: does not compile without a warning, see above ($dir/$name.c)"
        bad=1
    fi
done
exit $bad
