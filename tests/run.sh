#!/bin/sh
# Runs every test.   usage: tests/run.sh [FILTER]    FILTER: part of "NAME VARIANT", as in `test_json asan`
#
# Needs a C compiler and make; what else a test would like and does not find is skipped, and said so.
#   CC, CXX          the compilers (cc, c++)
#   STRICT=1         a skipped test is a failure
#   FUZZ_SECONDS=n   fuzz each target for n seconds; otherwise the seeds are run once
#   MCP_CORPUS       directory with test data; test programs skip what they do not find
#   MCP_TEST_N       how often test programs repeat their random cases
#   TEST_TIMEOUT=n   seconds that one program may take (600)
#   MCP_INSPECTOR    directory whose node_modules holds @modelcontextprotocol/inspector
#   MCP_TYPESCRIPT   directory whose node_modules holds @modelcontextprotocol/sdk, client, server ...
#   MCP_PYTHON       directory with an old SDK of Python, mcp 1.0.0
#
# A test is a program that prints a line `ok - NAME: CASE`, `FAIL - NAME: CASE: WHY` or
# `skip - NAME: CASE: WHY` for each case. The last line of this script is `N passed, N failed`.
cd "$(dirname "$0")/.." || exit 1
export CC="${CC:-cc}" CXX="${CXX:-c++}"
out=build/tests
mkdir -p "$out" || exit 1

# The example that program $1 starts; fails if it starts none. Those programs run where the example can: it is
# built in the same variant.
example_of() {
    [ -f "examples/${1#test_}.c" ] && echo "examples/${1#test_}.c"
}

list_jobs() {   # one "name variant" a line, the slow ones first
    echo 'coverage lines'
    ls tests/fuzz_*.c 2>/dev/null | sed 's,^tests/\(.*\)\.c$,\1 fuzz,'
    [ -n "$(ls tests/fuzz_*.c 2>/dev/null)" ] || echo 'fuzz fuzz'
    echo 'inspector interop'
    echo 'typescript clients'
    echo 'servers others'
    echo 'rounds answered'
    echo 'tasks taken'
    echo 'schemas official'
    echo 'test_uart qemu'
    for variant in valgrind s390x aarch64 asan clang default nosimd small cxx i686; do
        for source in tests/test_*.c; do
            name=$(basename "$source" .c)
            example_of "$name" >/dev/null && ! echo 'asan clang default' | grep -qw $variant && continue
            # An emulator runs programs of its own kind only at the command line, so they cannot start each other.
            [ "$name" = test_spawn ] && echo 's390x aarch64' | grep -qw $variant && continue
            echo "$name $variant"
        done
    done
    echo 'wire pipe'
    echo 'musts proved'
    echo 'features proved'
    echo 'limits proved'
    echo 'demo run'
    echo 'unit example'
    echo 'snippets compile'
}

have() { command -v "$1" >/dev/null 2>&1; }

cannot=77

# Sets $compiler to the command that compiles in variant $1, and $runner to what runs its programs. Fails with
# $cannot, and the reason in $why, if this machine cannot do it. $2: a name for files.
choose() {
    runner=
    why=
    case $1 in
    default) compiler="$CC -O2" ;;
    nosimd) compiler="$CC -O2 -DMCP_NO_SIMD" ;;
    small) compiler="$CC -O2 -DMCP_SMALL=1" ;;
    asan | clang)   # each of the two compilers has sanitizers that find what the other overlooks
        [ "$1" = asan ] && compiler=$CC || compiler=clang
        echo 'int main(void) { return 0; }' >"$2.probe.c"
        $compiler -fsanitize=address,undefined "$2.probe.c" -o "$2.probe" 2>/dev/null ||
            { why="no sanitizers in $compiler (apt-get install gcc clang libclang-rt-14-dev)"; return $cannot; }
        compiler="$compiler -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" ;;
    cxx)
        have "$CXX" || { why="no $CXX: install a C++ compiler (apt-get install g++)"; return $cannot; }
        compiler="$CXX -x c++ -std=c++11 -O2" ;;
    i686)
        have i686-linux-gnu-gcc ||
            { why='apt-get install gcc-i686-linux-gnu libc6-dev-i386-cross'; return $cannot; }
        runner=$(i686_runner "$2") || { why='apt-get install qemu-user'; return $cannot; }
        compiler='i686-linux-gnu-gcc -O2 -static' ;;
    aarch64 | s390x)
        have "$1-linux-gnu-gcc" && have "qemu-$1" ||
            { why="apt-get install gcc-$1-linux-gnu qemu-user, and its libc6-dev-...-cross"; return $cannot; }
        compiler="$1-linux-gnu-gcc -O2 -static"
        runner=qemu-$1 ;;
    valgrind)
        have valgrind || { why='apt-get install valgrind'; return $cannot; }
        compiler="$CC -O2 -g"
        for fn in malloc realloc; do    # tests ask for absurd sizes on purpose
            printf '{\nabsurd sizes\nMemcheck:FishyValue\n%s(size)\nfun:%s\n}\n' $fn $fn
        done >"$2.supp"
        runner="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=all
                --suppressions=$2.supp" ;;
    esac
}

i686_runner() { # most kernels of x86-64 run 32-bit programs themselves
    echo 'int main(void) { return 0; }' >"$1.probe.c"
    i686-linux-gnu-gcc -static "$1.probe.c" -o "$1.probe" || return 1
    "$1.probe" 2>/dev/null && return
    have qemu-i386 && echo qemu-i386
}

# The implementation in variant $1, which most programs are linked with: compiled once, as it takes the longest.
library() {
    printf '#define MCP_IMPLEMENTATION\n#include "mcp.h"\n' >"$out/mcp.$1.c"
    choose "$1" "$out/mcp.$1" && $compiler -I. -c "$out/mcp.$1.c" -o "$out/mcp.$1.o"
}

# Whether a program needs an implementation of its own: it looks inside, which it says, or chooses options.
has_own() {
    grep -qE 'mcpi_|MCPI_|looks inside|^#define MCP_([A-HJ-Z]|I[A-LN-Z])' "$1"
}

# Compiles the source $1 in variant $2 to $3, and sets $runner. Fails as choose does. With MCP_LAYERS=0 a program
# that asks for the implementation gets the declarations alone.
compile() {
    choose "$2" "$3" || return
    if has_own "$1"; then $compiler -I. "$1" -o "$3" -lm
    else $compiler -DMCP_LAYERS=0 -I. "$1" -x none "$out/mcp.$2.o" -o "$3" -lm; fi
}

build() {       # name variant program: compiles tests/NAME.c, and the example that it starts
    compile "tests/$1.c" "$2" "$3" || return
    example=$(example_of "$1") || return 0
    compile "$example" "$2" "$3.example"
}

program() {     # name variant: builds and runs tests/NAME.c
    exe=$out/$1.$2
    build "$1" "$2" "$exe"
    case $? in
    0) ;;
    $cannot) echo "skip - $1: $2: $why"; return 0 ;;
    *) echo "FAIL - $1: does not compile"; return 1 ;;
    esac
    case $2 in
    asan | clang)       # a size that malloc refuses is for the program to deal with
        export ASAN_OPTIONS="allocator_may_return_null=1:${ASAN_OPTIONS:-}" ;;
    valgrind) export MCP_TEST_N="${MCP_TEST_N:-200}" ;;
    s390x | aarch64) export MCP_TEST_N="${MCP_TEST_N:-2000}" ;;
    esac
    $runner "$exe" ${example:+"$exe.example"}
}

emulated() {    # name: the firmware itself, on the board that QEMU plays
    have arm-none-eabi-gcc && have qemu-system-arm ||
        { echo "skip - $1: qemu: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"; return; }
    make -s "build/${1#test_}.elf" && compile "tests/$1.c" default "$out/$1.qemu" &&
        MCP_TEST_N="${MCP_TEST_N:-30}" "$out/$1.qemu" "build/${1#test_}.elf"
}

job() {         # name variant
    case $2 in
    lines) sh tests/coverage.sh base json ;;
    fuzz) FUZZ_SECONDS="${FUZZ_SECONDS:-0}" sh tests/fuzz.sh $(echo "$1" | grep '^fuzz_') ;;
    interop) make -s build/echo && sh tests/interop/inspector.sh build/echo ;;
    clients) sh tests/interop/typescript.sh ;;
    others) sh tests/interop/servers.sh ;;
    answered) sh tests/interop/rounds.sh ;;
    taken) sh tests/interop/tasks.sh ;;
    official) sh tests/interop/schemas.sh ;;
    pipe) make -s build/echo && $CC -O2 tests/wire/server.c -o build/wire_server &&
        sh tests/wire/pipe.sh build/echo build/wire_server ;;
    proved) sh tests/proofs.sh "$1" ;;
    run)
        if make -s run >"$out/demo.txt" 2>&1; then echo "ok - demo: make run shows both eras"
        else cat "$out/demo.txt"; echo "FAIL - demo: make run: a reply is missing, see above"; false; fi ;;
    example)
        make -s build/unit && build/unit >"$out/unit.txt" && [ "$(grep -c passed "$out/unit.txt")" = 5 ] &&
            echo 'ok - unit: a server is tested in five revisions' ;;
    compile) sh tests/snippets.sh ;;
    qemu) emulated "$1" ;;
    *) program "$1" "$2" ;;
    esac
}

# Runs one job and prints a short line for it, and what failed or was skipped. Whatever a program does not say
# in a line of its own (a crash, no case at all) is one failure.
run_job() {     # name variant
    log=$out/$1.$2.log
    begin=$(date +%s)
    if have timeout; then timeout "${TEST_TIMEOUT:-600}" sh tests/run.sh --inner "$1" "$2"
    else job "$1" "$2"; fi >"$log" 2>&1 </dev/null
    status=$?
    LC_ALL=C awk -v name="$1" -v variant="$2" -v status=$status -v seconds=$(($(date +%s) - begin)) \
        -v strict="${STRICT:-0}" -v counts="$out/$1.$2.count" '
        /^ / && in_failure { if (in_failure++ < 6) report = report "\n" $0; next }
        { in_failure = /^FAIL - / }
        /^ok - / { passed++; other = "\n    | " $0; lines = 1 }
        length($0) > 500 { $0 = substr($0, 1, 500) "..." }
        /^FAIL - / { failed++; report = report "\n" $0 " [" variant "]" }
        /^skip - / {
            if (strict == 1) { failed++; sub(/^skip/, "FAIL"); $0 = $0 " (skipped, which STRICT=1 forbids)" }
            else skipped++
            report = report "\n" $0 " [" variant "]"
        }
        /^note - / { report = report "\n" substr($0, 8) }
        !/^(ok|FAIL|skip|note) - / && /./ { if (++lines < 20) other = other "\n    | " $0 }
        END {
            if (status != 0 && !failed) {
                failed++
                why = status == 124 ? "took too long (TEST_TIMEOUT)" : "exit status " status
                report = report "\nFAIL - " name ": " why ", after: [" variant "]" other
            } else if (failed && !passed) report = report other
            if (!passed && !failed && !skipped) {
                failed++
                report = report "\nFAIL - " name ": printed no case [" variant "]" other
            }
            print passed + 0, failed + 0, skipped + 0 > counts
            printf "%-16s %-9s %5d ok", name, variant, passed
            if (failed) printf ", %d FAILED", failed
            if (skipped) printf ", %d skipped", skipped
            print (seconds > 9 ? ", " seconds " s" : "") report
        }' "$log" >"$out/$1.$2.report"
    cat "$out/$1.$2.report"
}

case ${1:-} in
--inner) job "$2" "$3"; exit ;;
--job) run_job "$2" "$3"; exit ;;
--library) library "$2" >"$out/mcp.$2.log" 2>&1 || cat "$out/mcp.$2.log"; exit 0 ;;   # its programs will not link
esac

rm -f "$out"/*.count
list_jobs | grep -e "${1:-}" >"$out/jobs" || { echo "no test matches '$1'"; echo '0 passed, 1 failed'; exit 1; }
# built once, before the jobs that use it run side by side
make -s build/echo >"$out/echo.log" 2>&1
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
awk '/^test_/ { variant = $2 == "qemu" ? "default" : $2; if (!seen[variant]++) print variant }' "$out/jobs" |
    xargs -r -n 1 -P "$cores" sh tests/run.sh --library
xargs -n 2 -P "$cores" sh tests/run.sh --job <"$out/jobs"

awk '{ p += $1; f += $2; s += $3 }
     END { print p " passed, " f " failed" (s ? ", " s " skipped" : ""); exit f > 0 }' "$out"/*.count
