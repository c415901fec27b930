# Compiles the stdio benchmark into build/bench/stdio. Read by run.sh and the other scripts here, which then stand
# in the repository's root and have $src and $out.
#
# Variables: CC, MUSL_CC (default: musl-gcc), MCP_TS, NODE, MCP_CMCP: see run.sh.

cd "$(dirname "$0")/../../.."
src=tools/bench/stdio
out=build/bench/stdio
if [ "$(uname)" != Linux ]; then
    echo "stdio: the load generator needs Linux, so nothing is measured."
    exit 0
fi
mkdir -p $out

: "${CC:=gcc}" "${MUSL_CC:=musl-gcc}"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes"
cflags="-std=c99 -O2 $warnings -D_POSIX_C_SOURCE=200809L"

have()
{
    command -v "$1" > /dev/null 2>&1
}

# tool NAME: the benchmark's own C file.
tool()
{
    $CC $cflags -c $src/$1.c -o $out/$1.o
}

# ours FILE NAME [FLAGS]: a server or client, compiled as its users do it.
ours()
{
    file=$1 name=$2
    shift 2
    $CC -O2 -Wall -Wextra -I. $file "$@" -o $out/$name
}

for name in messages child gate talk load start between requests null copy allocations; do tool $name; done
$CC $out/load.o $out/talk.o $out/child.o $out/messages.o $out/gate.o -lm -o $out/load
$CC $out/start.o $out/talk.o $out/child.o $out/messages.o $out/gate.o -lm -o $out/start
$CC $out/between.o $out/child.o $out/messages.o -o $out/between
$CC $out/requests.o $out/messages.o -o $out/requests
$CC $out/null.o -o $out/null
$CC $out/copy.o -o $out/copy

ours examples/echo.c echo
ours examples/echo.c echo_counted $out/allocations.o -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
ours $src/pump.c pump
ours $src/many.c many
ours $src/client.c client $out/child.o $out/messages.o

# small NAME FILE [FLAGS]: statically linked, and as small as it gets.
small()
{
    name=$1
    shift
    $MUSL_CC -Os -static -s -I. "$@" -o $out/${name}_musl
}

rm -f $out/*_musl
if have $MUSL_CC; then
    small echo examples/echo.c
    small echo_static examples/echo.c -DMCP_STATIC
    small call examples/call.c
    small call_static examples/call.c -DMCP_STATIC
    small hello $src/hello.c
    small twice $src/twice.c
fi
stdio_built=yes
