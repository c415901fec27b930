#!/bin/sh
# The static gates: what can be told without running the library.   usage: tools/check.sh [FILTER]
# FILTER: part of a gate's name, as in `warn:clang`. Compilers that are not there are skipped, and named at the
# end. Each gate is a function below; its output is shown only if it fails.
cd "$(dirname "$0")/.." || exit 1
export CC="${CC:-cc}"
dir=build/check
mkdir -p "$dir" || exit 1

warnings='-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wcast-qual
          -Wdouble-promotion -Werror'
c_warnings="$warnings -Wstrict-prototypes -Wmissing-prototypes"

# What the implementation may call, by layer, and nothing else: it shall link against anything. Compilers make
# malloc of realloc(NULL, ...) and bcmp of memcmp.
needs_core='bcmp free malloc memchr memcmp memcpy memmove memset realloc strchr strcspn strlen strspn'
needs_server='vsnprintf'
needs_stdio='__errno_location clock_gettime close dup2 environ fcntl fstat getenv kill open pipe poll
             posix_spawn_file_actions_addclosefrom_np posix_spawn_file_actions_adddup2
             posix_spawn_file_actions_destroy posix_spawn_file_actions_init
             posix_spawnattr_destroy posix_spawnattr_init posix_spawnattr_setflags posix_spawnattr_setpgroup
             posix_spawnattr_setsigdefault posix_spawnattr_setsigmask posix_spawnp read sched_yield sigaction
             sigaddset sigdelset sigemptyset sigismember sigpending sigprocmask sigwait waitpid write'

list_gates() {
    echo 'sections units manual snippets toplevel banned style documented'
    echo 'object:gcc:O2 object:gcc:Os object:clang:Os arm symbols layers static codec_size server_size tools_size'
    for cc in gcc clang; do
        echo "header:$cc examples:$cc"
        for std in c99 c11 c17 c2x c++11 c++17 c++20; do
            for options in default nosimd small nofloat nomalloc; do echo "warn:$cc:$std:$options"; done
        done
    done
    echo 'plain:tcc plain:musl-gcc plain:i686-linux-gnu-gcc plain:s390x-linux-gnu-gcc plain:aarch64-linux-gnu-gcc'
}

have() { command -v "$1" >/dev/null 2>&1; }

need() { have "$1" || { echo "SKIP $1"; return 1; }; }

flags_of() {    # a set of options
    case $1 in
    default) ;;
    nosimd) echo -DMCP_NO_SIMD ;;
    small) echo -DMCP_SMALL=1 ;;
    nofloat) echo -DMCP_NO_FLOAT ;;
    nomalloc) echo -DMCP_NO_MALLOC ;;
    esac
}

language_of() { # a standard: how to compile a .h file as that language
    case $1 in
    c++*) echo "-x c++ -std=$1 $warnings" ;;
    *) echo "-x c -std=$1 $c_warnings" ;;
    esac
}

#---- Compilers ------------------------------------------------------------------------------------

warn() {        # compiler standard options: no warning in the implementation
    need "$1" || return 0
    $1 $(language_of "$2") -fsyntax-only $(flags_of "$3") -DMCP_IMPLEMENTATION mcp.h
}

object() {      # compiler optimisation: some warnings come only from the optimiser
    need "$1" || return 0
    $1 $(language_of c99) "-$2" -DMCP_IMPLEMENTATION -c mcp.h -o "$dir/$1.$2.o"
}

header() {      # compiler: the declarations alone, twice, in either language, with nothing before them
    need "$1" || return 0
    printf '#include "mcp.h"\n#include "mcp.h"\ntypedef mcp_server_desc used;\n' >"$dir/header.$1.h"
    $1 $(language_of c99) -I. -fsyntax-only "$dir/header.$1.h" &&
        $1 $(language_of c++11) -I. -fsyntax-only "$dir/header.$1.h"
}

examples() {    # compiler: they are read before they are run, so no warning there either
    need "$1" || return 0
    for file in examples/*.c; do
        $1 $c_warnings -std=c99 -I. -fsyntax-only "$file" || return 1
    done
}

plain() {       # compiler: another one, with the usual warnings; the header first as a user includes it
    need "$1" || return 0
    printf '#define MCP_IMPLEMENTATION\n#include "mcp.h"\n#include "mcp.h"\n' >"$dir/plain.$1.c"
    $1 -Wall -Werror -I. -c "$dir/plain.$1.c" -o "$dir/plain.$1.o" || return 1
    printf '#include <stdio.h>\n#define MCP_IMPLEMENTATION\n#include "mcp.h"\n' >"$dir/late.$1.c"
    for source in DEFAULT GNU; do       # libc shows what it shows, whatever stands before the header
        $1 -Wall -Werror -D_${source}_SOURCE -I. -fsyntax-only -c "$dir/late.$1.c" -o "$dir/late.$1.o" || return 1
    done
}

arm() {         # no operating system: everything but the last layer, and firmware that has no heap
    need arm-none-eabi-gcc || return 0
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -std=c99 -Wall -Wextra -Werror -DMCP_IMPLEMENTATION \
        -DMCP_LAYERS=8 -x c -c mcp.h -o "$dir/arm.o" &&
        only_needs "$dir/arm.o" "$needs_core $needs_server" arm-none-eabi-nm &&
        ! arm-none-eabi-nm "$dir/arm.o" | grep ' [BbCDd] ' || return 1      # all RAM is the caller's
    arm-none-eabi-gcc $c_warnings -std=c99 -mcpu=cortex-m4 -mthumb -Os -I. -fsyntax-only examples/uart.c &&
        make -s build/uart.elf || return 1
    ! arm-none-eabi-nm build/uart.elf | grep -E ' _?(malloc|realloc|calloc|free|sbrk)(_r)?$'
}

linked_size() { # file flag...: a linked program without start-up code, as `text data bss`
    elf=$1
    shift
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os -std=c99 -Wall -Wextra -Werror -ffunction-sections \
        -fdata-sections -nostartfiles --specs=nano.specs --specs=nosys.specs -Wl,--gc-sections,-e,main \
        "$@" tools/size.c -o "$elf" 2>"$elf.txt" || { cat "$elf.txt"; return 1; }
    arm-none-eabi-size "$elf" | awk 'NR == 2 { print $1, $2, $3 }'
}

# What a program grows by when the library is linked into it: text and constants at most limit bytes.
grows_within() { # what flag limit
    need arm-none-eabi-gcc || return 0
    base=$(linked_size "$dir/base_$1.elf") && with=$(linked_size "$dir/size_$1.elf" "$2") || return 1
    grown=$((${with%% *} - ${base%% *}))
    echo "$1 on cortex-m4: linked $grown bytes ($3 allowed)"
    [ $grown -gt 0 ] && [ $grown -le "$3" ]
}

codec_size() {  # the JSON codec in firmware
    grows_within codec -DCODEC 6144
}

server_size() { # a server of everything in firmware; held where it is, 28,672 is the goal
    grows_within server -DSERVER 58880
}

tools_size() {  # the same with tools alone; held where it is, 16,384 is the goal
    grows_within tools -DTOOLS 33408
}

#---- The object file ------------------------------------------------------------------------------

build_object() { # file flag...: position dependent and unhardened, so that only our own symbols are in it
    object_file=$1
    shift
    $CC -std=c99 -O1 -fno-pic -fno-stack-protector -U_FORTIFY_SOURCE -DMCP_IMPLEMENTATION "$@" -x c -c mcp.h \
        -o "$object_file"
}

only_needs() {  # object names [nm]: nothing undefined but these and the compiler's own helpers
    ${3:-nm} -u "$1" | awk -v names="$2" -v object="$1" '
        BEGIN { n = split(names, w, /[ \n]+/); for (i = 1; i <= n; i++) known[w[i]] = 1 }
        !($NF in known) && $NF !~ /^(__aeabi_|__gcov_)/ {
            print object ": calls " $NF ", which is not in the list of what it may need"
            bad = 1
        }
        END { exit bad }'
}

only_defines() { # object: every global name begins with mcp_
    nm -g --defined-only "$1" | awk -v object="$1" '
        NF == 3 && $3 !~ /^_?mcp_/ { print object ": defines " $3 ", which does not begin with mcp_"; bad = 1 }
        NF == 3 { n++ }
        END { exit bad || !n }'
}

symbols() {
    build_object "$dir/s2.o" -DMCP_LAYERS=2 && only_needs "$dir/s2.o" "$needs_core" || return 1
    build_object "$dir/s8.o" -O0 -DMCP_LAYERS=8 && only_needs "$dir/s8.o" "$needs_core $needs_server" || return 1
    build_object "$dir/s10.o" && only_needs "$dir/s10.o" "$needs_core $needs_server $needs_stdio" || return 1
    build_object "$dir/s0.o" -O0 -DMCP_LAYERS=8 -DMCP_NO_MALLOC &&
        only_needs "$dir/s0.o" "$(echo "$needs_core $needs_server" | sed 's/\(free\|malloc\|realloc\) //g')" || return 1
    only_defines "$dir/s10.o"
}

sections() {    # no writable data at all
    build_object "$dir/sections.o" -O0 || return 1
    size -A "$dir/sections.o" | awk '
        $1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
            print "mcp.h has " $2 " bytes of writable data in " $1 ": make it const, or part of an object"
            bad = 1
        }
        END { exit bad }' || return 1
    ! nm "$dir/sections.o" | grep ' [CcBbDd] ' | grep -v 'rel.ro'
}

units() {       # two files that use it and one that holds it, in C, and again with one of them in C++
    echo '#include "mcp.h"
int mcp_check_a(void); int mcp_check_a(void) { return mcp_h_version(); }' >"$dir/unit_a.c"
    echo '#include "mcp.h"
#ifdef __cplusplus
extern "C"
#endif
int mcp_check_a(void);
int main() { return mcp_check_a() == mcp_h_version() && mcp_strerror(0) ? 0 : 1; }' >"$dir/unit_b.c"
    echo '#define MCP_IMPLEMENTATION
#include "mcp.h"' >"$dir/unit_c.c"
    for unit in a b c; do
        $CC -Wall -Wextra -Werror -I. -c "$dir/unit_$unit.c" -o "$dir/unit_$unit.o" || return 1
    done
    $CC "$dir/unit_a.o" "$dir/unit_b.o" "$dir/unit_c.o" -o "$dir/units" && "$dir/units" || return 1
    cxx=${CXX:-c++}
    have "$cxx" || return 0
    $cxx -x c++ -std=c++11 -I. -c "$dir/unit_b.c" -o "$dir/unit_b.o" &&
        $cxx "$dir/unit_a.o" "$dir/unit_b.o" "$dir/unit_c.o" -o "$dir/units_cxx" && "$dir/units_cxx"
}

static() {      # MCP_STATIC: each file has its own copy
    echo '#define MCP_STATIC
#define MCP_IMPLEMENTATION
#include "mcp.h"
int mcp_check_a(void);' >"$dir/static.h"
    echo '#include "static.h"
int mcp_check_a(void) { return mcp_h_version(); }' >"$dir/static_a.c"
    echo '#include "static.h"
int main(void) { return mcp_check_a() == mcp_h_version() ? 0 : 1; }' >"$dir/static_b.c"
    $CC -std=c99 -Wall -Wextra -Werror -I. "$dir/static_a.c" "$dir/static_b.c" -o "$dir/static" &&
        "$dir/static"
}

#---- The text -------------------------------------------------------------------------------------

layers() { sh tools/layers.sh; }
snippets() { sh tests/snippets.sh; }

manual() {      # the server in the manual is the example
    awk '/A WHOLE SERVER/ { on = 1; next } on && /^   [^ ]/ { exit } on { sub(/^       /, ""); print }' mcp.h |
        awk 'NF { for (; blank; blank--) print ""; print; seen = 1; next } seen { blank++ }' >"$dir/manual.c"
    diff "$dir/manual.c" examples/echo.c && return
    echo 'the server in the manual of mcp.h (<) and examples/echo.c (>) differ'
    return 1
}

toplevel() {    # what the top level of the project may hold
    allowed='mcp\.h|mcp_http\.h|examples|tests|tools|LICENSE|README\.md|Makefile|\.ci|build'
    allowed="$allowed|\.git|\.gitignore|\.gitattributes|\.editorconfig|\.clang-format"
    ls -A | grep -vxE "$allowed" || return 0
    echo 'the files above have no place at the top level: move them to tests, tools or examples'
    return 1
}

banned() {      # functions that overflow, keep state, or depend on a locale
    for file in mcp.h mcp_http.h examples/*.c; do
        [ -f "$file" ] || continue
        awk -f tools/strip.awk "$file" | awk -v file="$file" '
            BEGIN {
                n = split("strcpy strcat sprintf vsprintf gets strtok atoi atol scanf sscanf fscanf alloca " \
                          "setlocale signal rand srand gmtime localtime strerror strdup", w, " ")
                for (i = 1; i <= n; i++) banned[w[i]] = 1
            }
            /^[ \t]*#[ \t]*include/ { next }
            {
                n = split($0, word, /[^A-Za-z0-9_]+/)
                for (i = 1; i <= n; i++)
                    if (word[i] in banned) { print file ":" NR ": " word[i] " is not used here"; bad = 1 }
            }
            END { exit bad }' || return 1
    done
}

style() {       # what an editor can be told
    for file in mcp.h mcp_http.h examples/* tests/*.[ch] tests/*.sh tests/*/*.sh tools/*.* .ci/run Makefile; do
        [ -f "$file" ] || continue
        case $file in
        mcp*.h | examples/*) columns=110 ;;
        *) columns=120 ;;
        esac
        LC_ALL=C awk -v file="$file" -v columns=$columns -v tabs="$([ "$file" = Makefile ] && echo 1)" '
            function wrong(why) { print file ":" FNR ": " why; bad = 1 }
            length($0) > columns { wrong("longer than " columns " columns") }
            /[ \t\r]$/ { wrong("blank at the end of the line") }
            /\t/ && !tabs { wrong("a tab: use spaces") }
            END { exit bad }' "$file" || bad=1
    done
    [ -z "${bad:-}" ]
}

documented() {  # every declaration of a function stands under a comment, alone or in a group
    awk '
        /^MCP_API / && !ok { print "mcp.h:" FNR ": no comment above this declaration, or above its group"; bad = 1 }
        /^#ifdef MCP_IMPLEMENTATION/ { exit bad }
        {
            inside = /^MCP_API / || inside && !done
            done = /;[ \t]*(\/\*.*\*\/)?$/
            ok = /\*\/[ \t]*$/ && !/^\/\*----/ || inside
        }
        END { exit bad }' mcp.h
}

#---- All of them ----------------------------------------------------------------------------------

gate() {        # name:argument:...
    IFS=:
    set -- $1
    unset IFS
    "$@"
}

if [ "${1:-}" = --gate ]; then
    log=$dir/$2.log
    gate "$2" >"$log" 2>&1
    status=$?
    if [ $status != 0 ]; then
        # the same complaint of many compilers is printed once
        if mkdir "$dir/seen.$(cksum <"$log" | tr ' ' .)" 2>/dev/null
        then printf 'FAIL - %s\n%s\n' "$2" "$(sed 's/^/    /' "$log" | head -n 30)"
        else echo "FAIL - $2: as another one above"; fi
    fi
    grep -q '^SKIP ' "$log" && [ $status = 0 ] && mv "$log" "$dir/$2.skip"
    exit $status
fi

begin=$(date +%s)
rm -rf "$dir"/*.log "$dir"/*.skip "$dir"/seen.*
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
list_gates | tr -s ' ' '\n' | grep -e "${1:-}" | xargs -n 1 -P "$cores" sh tools/check.sh --gate
status=$?
skipped=$(cat "$dir"/*.skip 2>/dev/null | awk '/^SKIP/ && !seen[$2]++ { printf " %s", $2 }')
[ -z "$skipped" ] || echo "skipped, because these are not installed:$skipped"
seconds=$(($(date +%s) - begin))
if [ $status = 0 ]; then echo "check: passed ($(ls "$dir"/*.log | awk 'END { print NR }') gates, $seconds s)"
else echo "check: FAILED, see above ($seconds s)"; fi
exit $status
