#!/bin/sh
# Fuzzes tests/fuzz_*.c with libFuzzer.   usage: tests/fuzz.sh [NAME...]
#   FUZZ_SECONDS=n   n seconds for each of them; 0: only runs the seeds once.
#                    Without it, ten minutes are shared out among them.
# Seeds are what the transcripts in tests/wire send, or for the client what they answer, those in
# tests/NAME.txt, and the files of $MCP_CORPUS. What a run finds stays
# in build/fuzz/NAME/corpus for the next one; an input that fails, in build/fuzz/NAME/.
cd "$(dirname "$0")/.." || exit 1
clang=${FUZZ_CC:-clang}

make_seeds() {  # name directory: a file for all of a transcript, one for each case in it and one for each message
    from='-> '
    [ "$1" = fuzz_client ] && from='<- '
    mkdir -p "$2"
    for file in tests/wire/*.txt "tests/$1.txt"; do
        [ -f "$file" ] || continue
        LC_ALL=C awk -v out="$2/$(basename "$file" .txt)" -v from="$from" '
            /^== / { close(out ".case" cases); cases++ }
            index($0, from) == 1 {
                line = substr($0, 4)
                print line > (out ".all")
                print line > (out ".case" cases)
                one = out "." ++n
                printf "%s", line > one
                close(one)
            }' "$file"
    done
    for file in "${MCP_CORPUS:-/nowhere}"/JSONTestSuite/test_parsing/*.json "${MCP_CORPUS:-/nowhere}"/messages/0*; do
        [ -f "$file" ] && cp "$file" "$2/"
    done
    chmod -R u+w "$2"
}

build() {       # name
    $clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
        "tests/$1.c" -o "build/fuzz/$1/run"
}

fuzz() {        # name seconds: prints libFuzzer's output only if something failed
    dir=build/fuzz/$1
    mkdir -p "$dir/corpus"
    rm -rf "$dir/seeds"
    make_seeds "$1" "$dir/seeds"
    build "$1" >"$dir/log" 2>&1 || { echo "FAIL - $1: does not compile"; cat "$dir/log"; return 1; }
    if [ "$2" -gt 0 ]; then
        "$dir/run" -max_total_time="$2" -dict=tests/json.dict -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$dir/" "$dir/corpus" "$dir/seeds" >"$dir/log" 2>&1
    else
        "$dir/run" -timeout=10 -artifact_prefix="$dir/" "$dir"/seeds/* >"$dir/log" 2>&1
    fi || {
        grep -v '^INFO\|^#[0-9]\|^Running' "$dir/log"
        echo "FAIL - $1: the input is the newest file in $dir; run it again with $dir/run FILE"
        return 1
    }
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log")
    echo "ok - $1: ${runs:-$(ls "$dir/seeds" | awk 'END { print NR }')} inputs${runs:+ in $2 s}"
}

command -v "$clang" >/dev/null || {
    echo "skip - fuzz: needs clang with libFuzzer (apt-get install clang libclang-rt-14-dev)"
    exit 0
}
if [ $# = 0 ]; then
    for file in tests/fuzz_*.c; do
        [ -f "$file" ] && set -- "$@" "$(basename "$file" .c)"
    done
    [ $# -gt 0 ] || { echo "skip - fuzz: there is no tests/fuzz_*.c"; exit 0; }
fi
seconds=${FUZZ_SECONDS:-$((600 / $#))}
jobs=
for name; do
    fuzz "$name" "$seconds" &
    jobs="$jobs $!"
done
bad=0
for job in $jobs; do wait "$job" || bad=1; done
exit $bad
