#!/bin/sh
# Proves that mcp.h is built in layers.   usage: tools/layers.sh   (CC names the compiler)
#   1 the table of contents in the manual is the list of the banners: same numbers, names, order
#   2 a layer names only itself and the layers above it in the file: mcpi_<layer>_..., MCPI_<LAYER>_...
#   3 every prefix of the file (MCP_LAYERS=k) compiles, and needs no function that stands below it
cd "$(dirname "$0")/.." || exit 1
cc=${CC:-cc}
dir=build/layers
mkdir -p "$dir" || exit 1

names() {   # "number name" of each layer, from the table of contents or from the banners
    case $1 in
    toc) awk '/TABLE OF CONTENTS/ { on = 1 } on && /^ *[0-9]+ >>[a-z]+ / { print $1, substr($2, 3) }
              /\*\// { exit }' mcp.h ;;
    banners) awk '/^\/\*==== *[0-9]+ >>[a-z]+ .*====\*\/$/ { print $2, substr($3, 3) }' mcp.h ;;
    esac
}

same_names() {
    names toc >"$dir/toc"
    names banners >"$dir/banners"
    awk '$1 != NR { print "mcp.h: layer number " $1 " where " NR " should stand (" $2 ")"; bad = 1 }
         END { exit bad }' "$dir/toc" || return 1
    cmp -s "$dir/toc" "$dir/banners" && [ -s "$dir/toc" ] && return
    echo "mcp.h: the table of contents (<) and the banners '/*==== 1 >>name  text ====*/' (>) differ:"
    diff "$dir/toc" "$dir/banners"
    return 1
}

# Section 0 is everything before the first banner: the declarations, which may name any layer.
names_only_above() {
    awk -f tools/strip.awk mcp.h >"$dir/code"
    awk -v layers="$dir/toc" '
        BEGIN { while ((getline line < layers) > 0) { split(line, w, " "); rank[w[2]] = w[1] } }
        FNR == NR { if ($0 ~ /^\/\*==== *[0-9]+ >>/) start[FNR] = $2 + 0; next }
        FNR in start { here = start[FNR] }
        {
            line = $0
            while (match(line, /(mcpi|MCPI)_[A-Za-z0-9]+/)) {
                word = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                layer = tolower(substr(word, 6))
                if (!(layer in rank)) {
                    if (word ~ /^mcpi/) {
                        print "mcp.h:" FNR ": " word ": private names begin with mcpi_ and the name of their layer"
                        bad = 1
                    }
                } else if (here && rank[layer] > here) {
                    print "mcp.h:" FNR ": layer " here " uses " word "_..., which stands below it in layer " rank[layer]
                    bad = 1
                }
            }
        }
        END { exit bad }' mcp.h "$dir/code"
}

# Functions that nothing calls yet must stay in the object, or what they call is not seen.
keep=
echo 'int x;' >"$dir/probe.c"
$cc -fkeep-static-functions -c "$dir/probe.c" -o "$dir/probe.o" 2>/dev/null && keep=-fkeep-static-functions

prefix() {  # layer number
    $cc -std=c99 -Wall -Werror -Wno-unused $keep -DMCP_IMPLEMENTATION -DMCP_LAYERS="$1" \
        -x c -c mcp.h -o "$dir/$1.o" || return 1
    undefined=$(nm -u "$dir/$1.o" | awk '$NF ~ /^_?mcpi?_/ { print $NF }' | tr '\n' ' ')
    [ -z "$undefined" ] && return
    echo "MCP_LAYERS=$1 leaves undefined: $undefined"
    return 1
}

bad=0
same_names || bad=1
names_only_above || bad=1
jobs=
for k in $(awk '{ print $1 }' "$dir/toc"); do
    prefix "$k" >"$dir/$k.log" 2>&1 &
    jobs="$jobs $!"
done
for job in $jobs; do wait "$job" || bad=1; done
cat "$dir"/*.log
[ $bad = 0 ] && echo "layers: ok ($(awk 'END { print NR }' "$dir/toc"))"
exit $bad
