#!/bin/sh
# What one more request costs a server, or a client: instructions in user space, counted by callgrind and so exact for
# a given compiler, and allocations of a server. Each is the difference between a run with few requests and one with
# many.
#
#   sh tools/bench/stdio/instructions.sh            the gates S1, S4, C2 and those that have no number
#   GATE=1 sh tools/bench/stdio/instructions.sh     and failure if a gate is missed by more than 3 %
#
# The requests come from a file, so a read brings 16 KiB of them. A client calls the echo server, which is not
# counted, with 64 calls open; on one CPU they take turns. The limits hold for gcc 12 -O2 on x86-64.

set -eu
[ "${stdio_built:-}" = yes ] || . "$(dirname "$0")/build.sh"

dumps=$out/callgrind
rm -rf $dumps
mkdir $dumps

# input KIND N: the requests, in $dumps/in. The null server knows no handshake.
input()
{
    case $1 in
    null) $out/requests legacy $2 | tail -n +3 > $dumps/in ;;
    *) $out/requests $1 $2 > $dumps/in ;;
    esac
}

# run N COMMAND...: feeds it the input; each request must get an answer.
run()
{
    requests=$1
    shift
    if ! "$@" < $dumps/in > $dumps/out 2> $dumps/log || [ "$(grep -c '"result":' $dumps/out)" -lt $requests ]; then
        tail -n 20 $dumps/log >&2
        echo "instructions: $* did not answer every request" >&2
        exit 1
    fi
}

# callgrind FILE COMMAND...: counts it, and not its children.
callgrind()
{
    file=$dumps/$1
    shift
    valgrind --tool=callgrind --trace-children=no --compress-strings=no --compress-pos=no \
        --callgrind-out-file=$file "$@"
}

# Each of the next two prints the instructions of a whole run, and those of memcpy and memmove among them.

# serve KIND PROGRAM N
serve()
{
    input $1 $3
    run $3 callgrind $1.$3 $2
    awk -f $src/instructions.awk $dumps/$1.$3
}

# call ERA N: the client, which ends with a failure unless each call is answered.
call()
{
    if ! callgrind call_$1.$2 $out/client $out/echo $1 $2 2> $dumps/log; then
        tail -n 20 $dumps/log >&2
        exit 1
    fi
    awk -f $src/instructions.awk $dumps/call_$1.$2
}

# slope FEW MANY COUNTED...: a request's instructions, and without copying, of what is counted.
slope()
{
    few=$1 many=$2 n=$(($2 - $1))
    shift 2
    few=$("$@" $few)
    many=$("$@" $many)
    echo "$few $many" | awk -v n=$n '{ printf "%.0f %.0f\n", ($3 - $1) / n, ($3 - $1 - $4 + $2) / n }'
}

# allocations KIND N
allocations()
{
    input $1 $2
    run $2 $out/echo_counted
    sed -n 's/^allocations: //p' $dumps/log
}

count_allocations()
{
    for kind in legacy modern; do
        echo "$(allocations $kind 1000) $(allocations $kind 3000)"
    done | awk '{ sum += $2 - $1 } END { print "allocations|" sum }'
}

count_instructions()
{
    legacy=$(slope 1000 3000 serve legacy $out/echo)
    modern=$(slope 1000 3000 serve modern $out/echo)
    null=$(slope 1000 3000 serve null $out/null)
    list=$(slope 100 300 serve list $out/many)
    bytes=$(tail -n 1 $dumps/out | wc -c)
    echo "legacy|${legacy% *}"
    echo "modern|${modern% *}"
    echo "beyond null|$((${legacy% *} - ${null% *}))|which has ${null% *}"
    # What memcpy takes depends on the CPU: some copy long blocks by one instruction, which callgrind counts once
    # for each byte. So all copying is left out, and the copies are counted.
    copies=$(awk -v all=${list% *} -v rest=${list#* } -v one=$(plain_copy $bytes) \
        'BEGIN { printf "%.1f", (all - rest) / one }')
    echo "list|${list#* }|$bytes B, copied $copies times"
    for era in legacy modern; do
        calls=$(slope 1280 3840 call $era)
        echo "call $era|${calls% *}"
    done
}

# plain_copy BYTES: the instructions of one memcpy.
plain_copy()
{
    for times in 100 300; do
        callgrind copy.$times $out/copy $1 $times > $dumps/log 2>&1
        awk -f $src/instructions.awk $dumps/copy.$times
    done | awk '{ copied[NR] = $2 } END { print (copied[2] - copied[1]) / 200 }'
}

count_allocations > $dumps/counts
if have valgrind; then
    count_instructions >> $dumps/counts
else
    echo "instructions: valgrind is not there, so only allocations are counted."
fi
awk -v gate="${GATE:-0}" -f $src/instructions_gates.awk $dumps/counts
