/* Which libraries take part. */

#include "bench.h"

#include <stdio.h>

extern const struct bench_lib lib_mcp, lib_mcp_c99;
extern const char lib_mcp_version[];
#ifdef BENCH_YYJSON
extern const struct bench_lib lib_yyjson, lib_yyjson_raw;
const char *lib_yyjson_version(void);
#endif
#ifdef BENCH_CJSON
extern const struct bench_lib lib_cjson;
const char *lib_cjson_version(void);
#endif
#ifdef BENCH_SIMDJSON
extern const struct bench_lib lib_simdjson_dom, lib_simdjson_ondemand;
const char *lib_simdjson_version(void);
#endif

const struct bench_lib *const bench_libs[NUM_LIBS] = {
    &lib_mcp,
    &lib_mcp_c99,
#ifdef BENCH_YYJSON
    &lib_yyjson,
    &lib_yyjson_raw,
#else
    NULL, NULL,
#endif
#ifdef BENCH_CJSON
    &lib_cjson,
#else
    NULL,
#endif
#ifdef BENCH_SIMDJSON
    &lib_simdjson_dom,
    &lib_simdjson_ondemand
#else
    NULL, NULL
#endif
};

void bench_print_versions(void)
{
    printf("mcp.h %s", lib_mcp_version);
#ifdef BENCH_YYJSON
    printf(", yyjson %s", lib_yyjson_version());
#endif
#ifdef BENCH_CJSON
    printf(", cJSON %s", lib_cjson_version());
#endif
#ifdef BENCH_SIMDJSON
    printf(", simdjson %s", lib_simdjson_version());
#endif
    printf("\n");
}
