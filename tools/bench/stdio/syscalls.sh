#!/bin/sh
# System calls that one more request costs the server, counted by strace: gate S3.
#
#   sh tools/bench/stdio/syscalls.sh

set -eu
[ "${stdio_built:-}" = yes ] || . "$(dirname "$0")/build.sh"

trace=$out/strace
if ! have strace || ! strace -f -c -o $trace $out/requests legacy 1 > /dev/null 2>&1; then
    echo "syscalls: strace is not there or not permitted, so nothing is counted."
    return 0 2> /dev/null || exit 0
fi

# traced ROLE PROGRAM WINDOW N: lines of name and number.
traced()
{
    $out/load send "$1=strace -f -c -o $trace $out/$2" legacy $3 $4
    awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $NF, $4 }' $trace
}

# syscalls ROLE PROGRAM WINDOW FEW MANY: "all|each by name".
syscalls()
{
    { traced $1 $2 $3 $4 | sed 's/^/few /'; traced $1 $2 $3 $5 | sed 's/^/many /'; } |
        awk -v n=$(($5 - $4)) '
            { count[$2] += $1 == "many" ? $3 : -$3 }
            END {
                for (name in count) {
                    if (count[name] / n < 0.001) continue
                    all += count[name] / n
                    list = list sprintf("%s%s %.3f", list == "" ? "" : ", ", name, count[name] / n)
                }
                printf "%.3f|%s\n", all, list
            }'
}

# row WHAT LIMIT COUNTED: one start more or less of a batch is no miss.
row()
{
    echo "$1|$2|$3" | awk -F '|' '{
        printf "| S3 | %s: %s | <= %s | %.2f | %s |\n", $1, $4, $2, $3, $3 <= $2 * 1.01 ? "ok" : "MISSED"
    }'
}

printf '\n| # | system calls a request | gate | measured | |\n|---|---|---:|---:|---|\n'
row "1 in flight" 2.0 "$(syscalls ours echo 1 1000 3000)"
row "1 in flight, polling" 3.0 "$(syscalls ours-poll pump 1 1000 3000)"
row "window 64" 0.06 "$(syscalls ours echo 64 6400 19200)"
