#!/bin/sh
# Plays the transcripts to real servers over a pipe, in one piece and byte by byte, and compares what comes back,
# byte for byte.   usage: tests/wire/pipe.sh ECHO SERVER [FILE...]     The format: tests/test_wire.c
# ECHO: the program of examples/echo.c, SERVER: that of tests/wire/server.c, for files with a line `@@ NAME`
echo=${1:?usage: tests/wire/pipe.sh ECHO SERVER [FILE...]}
server=${2:?usage: tests/wire/pipe.sh ECHO SERVER [FILE...]}
shift 2
cd "$(dirname "$0")/../.." || exit 1
[ $# -gt 0 ] || set -- tests/wire/*.txt
export LC_ALL=C
dir=build/wire
rm -rf "$dir"
mkdir -p "$dir" || exit 1

split_cases() { # file: NAME.in, NAME.want and the list of names; each case is a conversation of its own
    awk -v dir="$dir" '
        /^== / {
            name = substr($0, 4)
            file = dir "/" ++n
            printf "" > (file ".in"); printf "" > (file ".want")
            print n "\t" name > (dir "/cases")
        }
        /^-> / { print substr($0, 4) > (file ".in") }
        /^<[-.] / { print substr($0, 4) > (file ".want") }' "$1"
}

play() {        # number name how: standard input is what is sent
    $exe >"$dir/$1.got" 2>"$dir/$1.err"
    status=$?
    if [ $status = 0 ] && cmp -s "$dir/$1.want" "$dir/$1.got"; then
        echo "ok - wire: $base: $2 ($3)"
        return
    fi
    diff "$dir/$1.want" "$dir/$1.got"
    cat "$dir/$1.err"
    echo "FAIL - wire: $base: $2 ($3): exit status $status; wanted (<) and got (>) differ, see above"
    return 1
}

bad=0
tab=$(printf '\t')
for file; do
    base=$(basename "$file")
    name=$(sed -n 's/^@@ //p' "$file")
    exe=${name:+$server $name}
    exe=${exe:-$echo}
    split_cases "$file"
    while IFS=$tab read -r n name; do
        cat "$dir/$n.in" | play "$n" "$name" 'one piece' || bad=1
        { cat "$dir/$n.in"; printf '{"jsonrpc":"2.0","id":"cut off","method":"ping"}'; } |
            play "$n" "$name" 'and a line that does not end' || bad=1
        dd bs=1 if="$dir/$n.in" 2>/dev/null | play "$n" "$name" 'byte by byte' || bad=1
    done <"$dir/cases"
done
exit $bad
