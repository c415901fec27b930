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

for name in messages child gate talk load start requests null copy allocations; do tool $name; done
$CC $out/load.o $out/talk.o $out/child.o $out/messages.o $out/gate.o -lm -o $out/load
$CC $out/start.o $out/talk.o $out/child.o $out/messages.o $out/gate.o -lm -o $out/start
$CC $out/requests.o $out/messages.o -o $out/requests
$CC $out/null.o -o $out/null
$CC $out/copy.o -o $out/copy

ours examples/echo.c echo
ours examples/echo.c echo_counted $out/allocations.o -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
ours $src/pump.c pump
ours $src/many.c many
ours $src/client.c client $out/child.o $out/messages.o

rm -f $out/echo_musl $out/echo_static_musl $out/hello_musl
if have $MUSL_CC; then
    $MUSL_CC -Os -static -s -I. examples/echo.c -o $out/echo_musl
    $MUSL_CC -Os -static -s -DMCP_STATIC -I. examples/echo.c -o $out/echo_static_musl
    $MUSL_CC -Os -static -s $src/hello.c -o $out/hello_musl
fi
stdio_built=yes
