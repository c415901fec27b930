#!/bin/sh
# The benchmark of the JSON codec: times, memory, instructions, and the gates; then that of servers over standard
# input and output, see stdio/run.sh. Called by make bench.
#
# Missing anchors are left out and their gates skipped. A missed gate is shown and is no failure.
# Variables: CC, CXX, MCP_CORPUS (default: ../shared/corpus), NO_ANCHORS=1. See build.sh, yyjson.sh.

set -eu

# What is missing ends this part, and no more.
(
    . "$(dirname "$0")/build.sh"
    $out/time "$corpus"
    $out/memory "$corpus"
    echo
    . $src/instructions.sh
)
echo
sh "$(dirname "$0")/stdio/run.sh"
