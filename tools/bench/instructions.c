/* Instructions a message, for callgrind: see instructions.sh. Each operation runs once before it is
   counted, so that memory is there and the dynamic linker has done its work.

   Every count becomes a dump whose name is "operation|message|library". */

#include "bench.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/callgrind.h>

static const int counted_libs[] = { LIB_MCP, LIB_MCP_C99, LIB_YYJSON, LIB_CJSON };

/* A macro, so that nothing is counted but the call. */
#define COUNT(call)               \
    do {                          \
        CALLGRIND_ZERO_STATS;     \
        CALLGRIND_TOGGLE_COLLECT; \
        call;                     \
        CALLGRIND_TOGGLE_COLLECT; \
    } while (0)

static void dump(const char *operation, const char *label, const struct bench_lib *lib)
{
    char name[160];
    snprintf(name, sizeof name, "%s|%s|%s", operation, label, lib->name);
    CALLGRIND_DUMP_STATS_AT(name);
}

static void count_parse(const struct bench_lib *lib, void *self, struct bench_batch *batch,
                        const char *label)
{
    bench_refill(batch);
    lib->parse(self, batch->work, batch->len[0]);
    bench_refill(batch);
    COUNT(lib->parse(self, batch->work, batch->len[0]));
    dump("parse", label, lib);
}

static void count_dispatch(const struct bench_lib *lib, void *self, struct bench_batch *batch,
                           const struct bench_message *message)
{
    struct bench_call call;
    memset(&call, 0, sizeof call);
    bench_refill(batch);
    lib->dispatch(self, batch->work, batch->len[0], message->arg, &call);
    bench_refill(batch);
    COUNT(lib->dispatch(self, batch->work, batch->len[0], message->arg, &call));
    dump("dispatch", message->label, lib);
}

static void count_write(const struct bench_lib *lib, void *self, struct bench_batch *batch,
                        const char *label)
{
    bench_refill(batch);
    lib->keep(self, batch->work, batch->len[0]);
    lib->write(self);
    COUNT(lib->write(self));
    dump("write", label, lib);
    lib->drop(self);
}

static void count_message(const struct bench_lib *lib, const char *corpus,
                          const struct bench_message *message)
{
    struct bench_batch batch;
    void *self;
    if (message->lines || !bench_load(&batch, corpus, message, 0)) return;
    self = lib->open(lib->variant, batch.longest, NULL);
    count_parse(lib, self, &batch, message->label);
    if (message->arg) count_dispatch(lib, self, &batch, message);
    count_write(lib, self, &batch, message->label);
    lib->close(self);
    bench_unload(&batch);
}

static void count_build(const struct bench_lib *lib, const struct report_build *build)
{
    static char text[4001];
    void *self = lib->open(lib->variant, build->len, NULL);
    bench_fill_text(text, build->len, build->escapes);
    text[build->len] = 0;
    lib->build(self, 42, text, build->len);
    COUNT(lib->build(self, 42, text, build->len));
    dump("build", build->label, lib);
    lib->close(self);
}

static void count_lib(const struct bench_lib *lib, const char *corpus)
{
    static const int builds[] = { BUILD_60, BUILD_4K, BUILD_60_ESCAPES, BUILD_4K_ESCAPES };
    size_t i;
    int message;
    for (message = 0; message < MSG_TWITTER; message++) {
        count_message(lib, corpus, &bench_messages[message]);
    }
    for (i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        count_build(lib, &report_builds[builds[i]]);
    }
}

int main(int argc, char **argv)
{
    size_t i;
    if (argc != 2) {
        fprintf(stderr, "usage: instructions CORPUS\n");
        return 1;
    }
    for (i = 0; i < sizeof counted_libs / sizeof counted_libs[0]; i++) {
        if (bench_libs[counted_libs[i]]) count_lib(bench_libs[counted_libs[i]], argv[1]);
    }
    return 0;
}
