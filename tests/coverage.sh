#!/bin/sh
# Demands that the tests run every line of some layers of mcp.h, and prints how many branches they take.
#   usage: tests/coverage.sh LAYER...    neighbouring layers, as in `base json`
# A line counts as run if any test program ran it in any of the variants below. There is no way to exclude one.
cd "$(dirname "$0")/.." || exit 1
dir=build/coverage
gcc=${COVERAGE_CC:-gcc}
command -v "$gcc" >/dev/null && command -v gcov >/dev/null || {
    echo 'skip - coverage: needs gcc and gcov (apt-get install gcc)'
    exit 0
}

# A program that does not compile, or fails, is a failure of its own in tests/run.sh; here it only counts less.
# Programs that use the public functions share one object; those that look inside have their own.
measure() {     # variant flag: leaves gcov's listing of mcp.h
    work=$dir/$1
    mkdir -p "$work"
    printf '#define MCP_IMPLEMENTATION\n#include "mcp.h"\n' >"$work/mcp.c"
    $gcc -O0 --coverage -I. "$2" -c "$work/mcp.c" -o "$work/mcp.o" || return
    for file in tests/test_*.c; do
        name=$(basename "$file" .c)
        if grep -q 'mcpi_\|MCPI_\|looks inside' "$file"; then
            $gcc -O0 --coverage -I. "$2" "$file" -o "$work/$name" -lm
        else
            $gcc -O0 -DMCP_LAYERS=0 -I. "$2" -c "$file" -o "$work/$name.o" &&
                $gcc --coverage "$work/$name.o" "$work/mcp.o" -o "$work/$name" -lm
        fi && "$work/$name"
    done
    for data in "$work"/*.gcda; do
        gcov -b -c -t "$data" | awk '/^ *-: *0:Source:/ { on = /mcp\.h$/ } on' >"$data.gcov"
    done
}

if [ "${1:-}" = --measure ]; then
    measure "$2" "$3" >"$dir/$2.log" 2>&1
    exit 0
fi

mkdir -p "$dir"
rm -rf "${dir:?}"/*
printf '%s\n' 'default -g0' 'nosimd -DMCP_NO_SIMD' 'small -DMCP_SMALL=1' |
    MCP_TEST_N="${MCP_TEST_N:-2000}" xargs -n 2 -P 2 sh tests/coverage.sh --measure

awk -v layers="$*" -v list="$dir/missed.txt" '
    BEGIN {
        count = split(layers, name, " ")
        while ((getline line < "mcp.h") > 0) {
            at++
            if (line !~ /^\/\*==== *[0-9]+ >>/) continue
            split(line, w, " ")
            if (w[3] == ">>" name[1]) from = at
            if (after && !to) to = at
            after = w[3] == ">>" name[count]
        }
        if (after) to = at + 1
        if (!from || !to) { print "FAIL - coverage: mcp.h has no banners for: " layers; exit bad = 1 }
    }
    /^ *[^ ]+: *[0-9]+:/ {
        split($0, part, ":")
        line = part[2] + 0
        inside = line >= from && line < to
        if (!inside || part[1] ~ /-/) next
        text[line] = substr($0, index($0, part[2] ":") + length(part[2]) + 1)
        if (part[1] !~ /[#=]/) ran[line] = 1
        next
    }
    inside && /^branch / {
        branch[line "," $2] = 1
        if ($3 == "taken" && $4 > 0) taken[line "," $2] = 1
    }
    END {
        if (bad) exit 1
        for (line = from; line < to; line++) {
            if (!(line in text)) continue
            lines++
            if (line in ran) {
                if (first) ranges = ranges " " first (last > first ? "-" last : "")
                first = 0
                continue
            }
            missed++
            last = line
            if (!first) first = line
            print "mcp.h:" line ":" text[line] >list
        }
        if (first) ranges = ranges " " first "-" last
        if (missed) {
            print "FAIL - coverage: " missed " of " lines " lines of " layers " are not run by any test; see " list
            print "      " ranges
        } else print "ok - coverage: " layers ": all " lines + 0 " lines run"
        for (b in branch) { branches++; if (b in taken) reached++ }
        if (branches) printf "note - coverage: %d of %d branches of %s are taken (%.1f %%)\n",
            reached, branches, layers, 100 * reached / branches
        exit missed > 0 || !lines
    }' "$dir"/*/*.gcov
