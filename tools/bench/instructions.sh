#!/bin/sh
# Instructions a message, counted by callgrind: exact for a given compiler, so fit for a gate.
#
#   sh tools/bench/instructions.sh            the table and the gates J11 to J13
#   GATE=1 sh tools/bench/instructions.sh     and failure if a gate is missed by more than 3 %
#
# The limits hold for gcc 12 -O2 on x86-64. Variables as in build.sh; NO_ANCHORS=1 is quicker.

set -eu
[ "${built:-}" = yes ] || . "$(dirname "$0")/build.sh"

if [ ! -x $out/instructions ] || ! command -v valgrind > /dev/null; then
    echo "instructions: valgrind and its callgrind.h are not there, so nothing is counted."
    exit 0
fi

# Count n is in the file dump.n; the file dump, of the end of the program, is empty.
dumps=$out/callgrind
rm -rf $dumps
mkdir $dumps
if ! valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file=$dumps/dump \
    $out/instructions "$corpus" > $dumps/log 2>&1; then
    tail -n 20 $dumps/log >&2
    exit 1
fi
ls $dumps | sed -n "s|^dump\.\([0-9]*\)$|\1 $dumps/&|p" | sort -n | cut -d ' ' -f 2 |
    xargs cat | awk -v gate="${GATE:-0}" -f $src/instructions.awk
