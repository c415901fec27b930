# Compiles the benchmark into build/bench. Read by run.sh and instructions.sh, which then stand in
# the repository's root and have $src, $out and $corpus.
#
# Variables: CC, CXX, MCP_CORPUS; NO_ANCHORS=1 leaves the other libraries out.

cd "$(dirname "$0")/../.."
src=tools/bench
out=build/bench
mkdir -p $out

corpus=${MCP_CORPUS:-../shared/corpus}
if [ ! -d "$corpus/messages" ]; then
    echo "bench: no messages in $corpus (set MCP_CORPUS): nothing is measured."
    exit 0
fi

: "${CC:=gcc}" "${CXX:=g++}" "${NO_ANCHORS:=}"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow"
cflags="-std=c99 -O2 $warnings -Wstrict-prototypes -Wmissing-prototypes -D_POSIX_C_SOURCE=200809L"
# Else a loop that straddles a cache line in one build, and not in the next, makes 25 % on canada.
cflags="$cflags -falign-functions=64"
cxxflags="-std=c++17 -O2 $warnings"

# compile NAME [FLAGS]: one C file; compile_as OBJECT NAME [FLAGS]: under another name.
compile_as()
{
    object=$1 name=$2
    shift 2
    $CC $cflags "$@" -c $src/$name.c -o $out/$object.o
}
compile()
{
    compile_as "$1" "$@"
}

# Is there a header? has_header HEADER COMPILER...
has_header()
{
    header=$1
    shift
    echo "#include <$header>" | "$@" -E - > /dev/null 2>&1
}

# The anchors: what is missing is left out. plain: those that need no C++.
anchors= plain= anchor_objects= plain_objects= anchor_libs= plain_libs=

use_yyjson()
{
    [ -f $out/yyjson/version ] || sh $src/yyjson.sh $out/yyjson || return 0
    header=$(find $out/yyjson -name yyjson.h)
    library=$(find $out/yyjson -name libyyjson.a)
    [ -n "$library" ] || library=$(find $out/yyjson -name libyyjson.so)
    compile lib_yyjson -isystem "$(dirname "$header")"
    plain="$plain -DBENCH_YYJSON"
    plain_objects="$plain_objects $out/lib_yyjson.o"
    plain_libs="$plain_libs $library -Wl,-rpath,$PWD/$(dirname "$library")"
    echo "yyjson: Debian's package $(cat $out/yyjson/version), $(basename "$library")."
}

use_cjson()
{
    if ! has_header cjson/cJSON.h $CC; then
        echo "cJSON: no cjson/cJSON.h (libcjson-dev), so it is left out."
        return 0
    fi
    compile lib_cjson
    plain="$plain -DBENCH_CJSON"
    plain_objects="$plain_objects $out/lib_cjson.o"
    plain_libs="$plain_libs -lcjson"
}

use_simdjson()
{
    anchors=$plain anchor_objects=$plain_objects anchor_libs=$plain_libs
    if ! has_header simdjson.h $CXX -std=c++17 -x c++; then
        echo "simdjson: no simdjson.h (libsimdjson-dev), so it is left out."
        return 0
    fi
    $CXX $cxxflags -c $src/lib_simdjson.cpp -o $out/lib_simdjson.o
    anchors="$plain -DBENCH_SIMDJSON"
    anchor_objects="$plain_objects $out/lib_simdjson.o"
    anchor_libs="$plain_libs -lsimdjson -lstdc++"
}

echo "$($CC --version | head -n 1), -O2."
if [ -z "$NO_ANCHORS" ]; then
    use_yyjson
    use_cjson
    use_simdjson
fi

compile lib_mcp
compile_as lib_mcp_c99 lib_mcp -DMCP_NO_SIMD -DBENCH_C99
for name in corpus heap report time memory; do compile $name; done
compile libs $anchors
compile_as libs_plain libs $plain
shared="$out/lib_mcp.o $out/lib_mcp_c99.o $out/corpus.o $out/heap.o $out/report.o"

$CC $out/time.o $out/libs.o $shared $anchor_objects $anchor_libs -lm -o $out/time
$CC $out/memory.o $out/libs_plain.o $shared $plain_objects $plain_libs -lm -o $out/memory
rm -f $out/instructions
if has_header valgrind/callgrind.h $CC; then
    compile instructions
    $CC $out/instructions.o $out/libs_plain.o $shared $plain_objects $plain_libs -lm \
        -o $out/instructions
fi
built=yes
