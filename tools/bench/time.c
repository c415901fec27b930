/* Nanoseconds a message: every library, every message, every operation, in one process.

   The libraries take turns, in an order that rotates, so that a neighbour on the machine disturbs
   them alike; the best of ROUNDS rounds counts. One message over and over teaches the branch
   predictor its text. The two mixes of 1500 different messages do not, as long as a library reads
   them only once in its turn (after fifteen times they are learnt, and take two thirds of the
   time): so these are the honest ones. */

#include "bench.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS = 9,
    WORKING_SET = 256 * 1024,   /* bytes of copies of a single message */
    TURN_NS = 4000000          /* a turn repeats its passes for at least so long */
};

/* A library at work on a batch of texts. */
struct bench {
    const struct bench_lib *lib;
    void *self;
    struct bench_batch *batch;
    const struct bench_message *message;
};

static struct bench open_bench(int lib, struct bench_batch *batch,
                               const struct bench_message *message)
{
    struct bench b;
    b.lib = bench_libs[lib];
    b.self = b.lib->open(b.lib->variant, batch->longest, NULL);
    b.batch = batch;
    b.message = message;
    return b;
}

static void close_bench(struct bench *b)
{
    b->lib->close(b->self);
}

/* The result of what is timed goes here, so that it is not optimised away. */
static volatile size_t sink;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void keep_best(double *best, double ns)
{
    if (*best == 0 || ns < *best) *best = ns;
}

/*---- Passes: each returns the nanoseconds for all texts of the batch. ----*/

typedef double (*pass_fn)(const struct bench *b);

static double pass_parse(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    size_t i, good = 0;
    double start;
    bench_refill(batch);
    start = now_ns();
    for (i = 0; i < batch->count; i++) {
        good += b->lib->parse(b->self, batch->work + batch->at[i], batch->len[i]);
    }
    sink += good;
    return now_ns() - start;
}

static double pass_dispatch(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    struct bench_call call;
    size_t i, seen = 0;
    double start;
    memset(&call, 0, sizeof call);
    bench_refill(batch);
    start = now_ns();
    for (i = 0; i < batch->count; i++) {
        b->lib->dispatch(b->self, batch->work + batch->at[i], batch->len[i], b->message->arg,
                         &call);
        seen += call.method.len + call.tool.len + call.arg.len;
    }
    sink += seen;
    return now_ns() - start;
}

/* The messages of a mix are written one by one, each just after it was parsed: the clock is read
   around each, which adds some 25 ns for every library. */
static double pass_write_mix(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    double start, total = 0;
    size_t i;
    bench_refill(batch);
    for (i = 0; i < batch->count; i++) {
        b->lib->keep(b->self, batch->work + batch->at[i], batch->len[i]);
        start = now_ns();
        sink += b->lib->write(b->self).len;
        total += now_ns() - start;
        b->lib->drop(b->self);
    }
    return total;
}

/* A single message stays parsed and is written over and over. */
static double pass_write_kept(const struct bench *b)
{
    size_t i, written = 0;
    double start = now_ns();
    for (i = 0; i < b->batch->count; i++) written += b->lib->write(b->self).len;
    sink += written;
    return now_ns() - start;
}

/* What it costs merely to copy the bytes. */
static double pass_copy(const struct bench *b)
{
    double start = now_ns();
    bench_refill(b->batch);
    return now_ns() - start;
}

/* Repeats a pass for TURN_NS and keeps the best time of a text. */
static void time_passes(pass_fn pass, const struct bench *b, double *best)
{
    double ns, total = 0;
    do {
        ns = pass(b);
        total += ns;
        keep_best(best, ns / (double)b->batch->count);
    } while (total < TURN_NS);
}

static void time_write(const struct bench *b, double *best)
{
    if (!b->lib->write) return;
    if (b->message->lines) {
        time_passes(pass_write_mix, b, best);
        return;
    }
    bench_refill(b->batch);
    b->lib->keep(b->self, b->batch->work, b->batch->len[0]);
    time_passes(pass_write_kept, b, best);
    b->lib->drop(b->self);
}

/*---- Do the libraries do the same? ----*/

static void fail(const char *name, const char *what, const char *label)
{
    fprintf(stderr, "bench: %s %s: %s\n", name, what, label);
    exit(1);
}

/* A digest of what a dispatch finds in all texts. */
static uint64_t dispatch_digest(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    uint64_t digest = 0;
    size_t i;
    bench_refill(batch);
    for (i = 0; i < batch->count; i++) {
        struct bench_call call;
        memset(&call, 0, sizeof call);
        call.want_digest = true;
        call.digest = digest;
        if (!b->lib->dispatch(b->self, batch->work + batch->at[i], batch->len[i], b->message->arg,
                              &call)) {
            fail(b->lib->name, "cannot dispatch", b->message->label);
        }
        digest = call.digest;
    }
    return digest;
}

/* Writes what was kept, and parses what was written. Returns its length. */
static size_t check_written(const struct bench *b)
{
    struct bench_batch again;
    struct bench_text json = b->lib->write(b->self);
    if (json.len == 0) fail(b->lib->name, "cannot write", b->message->label);
    bench_load_text(&again, json.ptr, json.len);
    b->lib->drop(b->self);
    if (!b->lib->parse(b->self, again.work, json.len)) {
        fail(b->lib->name, "cannot read what it wrote", b->message->label);
    }
    bench_unload(&again);
    return json.len;
}

/* Every text can be parsed and written. Returns the bytes written. */
static size_t check_texts(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    size_t i, written = 0;
    bench_refill(batch);
    for (i = 0; i < batch->count; i++) {
        char *text = batch->work + batch->at[i];
        if (!(b->lib->write ? b->lib->keep : b->lib->parse)(b->self, text, batch->len[i])) {
            fail(b->lib->name, "cannot parse", b->message->label);
        }
        if (b->lib->write) written += check_written(b);
    }
    return written;
}

/* All libraries must find the same in a call; and those that leave numbers as they are must write
   the same number of bytes. */
static void check_all(struct bench_batch *batch, const struct bench_message *message)
{
    size_t written[NUM_LIBS] = { 0 };
    uint64_t digest = 0;
    int lib;
    for (lib = 0; lib < NUM_LIBS; lib++) {
        struct bench b;
        if (!bench_libs[lib]) continue;
        b = open_bench(lib, batch, message);
        written[lib] = check_texts(&b);
        if (message->arg && lib == LIB_MCP) {
            digest = dispatch_digest(&b);
        } else if (message->arg && dispatch_digest(&b) != digest) {
            fail(b.lib->name, "finds something else", message->label);
        }
        close_bench(&b);
    }
    if (written[LIB_MCP_C99] != written[LIB_MCP]) {
        fail(bench_libs[LIB_MCP_C99]->name, "writes something else", message->label);
    }
    if (bench_libs[LIB_YYJSON_RAW] && written[LIB_YYJSON_RAW] != written[LIB_MCP]) {
        fail(bench_libs[LIB_YYJSON_RAW]->name, "writes something else", message->label);
    }
}

/*---- Messages. ----*/

/* Lets a library take the memory that it will need, with the longest text. */
static void warm_up(const struct bench *b)
{
    struct bench_batch *batch = b->batch;
    size_t i;
    bench_refill(batch);
    for (i = 0; batch->len[i] != batch->longest; i++) continue;
    if (!b->lib->write) {
        b->lib->parse(b->self, batch->work + batch->at[i], batch->len[i]);
        return;
    }
    b->lib->keep(b->self, batch->work + batch->at[i], batch->len[i]);
    b->lib->write(b->self);
    b->lib->drop(b->self);
}

/* A library's turn in a round. It starts with fresh memory: nobody keeps an unlucky place. */
static void time_turn(int lib, struct bench_batch *batch, const struct bench_message *message,
                      struct results *results)
{
    struct bench b = open_bench(lib, batch, message);
    ptrdiff_t row = message - bench_messages;
    keep_best(&results->copy[row], pass_copy(&b) / (double)batch->count);
    warm_up(&b);
    time_passes(pass_parse, &b, &results->ns[OP_PARSE][row][lib]);
    if (message->arg) time_passes(pass_dispatch, &b, &results->ns[OP_DISPATCH][row][lib]);
    time_write(&b, &results->ns[OP_WRITE][row][lib]);
    close_bench(&b);
}

static void time_message(const char *corpus, const struct bench_message *message,
                         struct results *results)
{
    struct bench_batch batch;
    int lib, round, turn;
    if (!bench_load(&batch, corpus, message, WORKING_SET)) {
        printf("%s is not in the corpus: skipped.\n", message->file);
        return;
    }
    check_all(&batch, message);
    for (round = 0; round < ROUNDS; round++) {
        for (turn = 0; turn < NUM_LIBS; turn++) {
            lib = (turn + round) % NUM_LIBS;
            if (bench_libs[lib]) time_turn(lib, &batch, message, results);
        }
    }
    bench_unload(&batch);
}

/*---- Answers. ----*/

static void time_build_turn(const struct bench_lib *lib, void *self, const char *text, size_t len,
                            double *best)
{
    int i, times = len < 1000 ? 1000 : len < 100000 ? 100 : 1;
    double start, ns, total = 0;
    while (total < TURN_NS) {
        start = now_ns();
        for (i = 0; i < times; i++) sink += lib->build(self, 42, text, len).len;
        ns = now_ns() - start;
        total += ns;
        keep_best(best, ns / times);
    }
}

static void *open_builder(int lib, size_t len)
{
    const struct bench_lib *l = bench_libs[lib];
    return l && l->build ? l->open(l->variant, len, NULL) : NULL;
}

/* All libraries must build the same bytes as mcp.h. */
static void check_build(const struct report_build *build, const char *text)
{
    void *ours = open_builder(LIB_MCP, build->len), *self;
    struct bench_text want = bench_libs[LIB_MCP]->build(ours, 42, text, build->len), json;
    int lib;
    if (want.len == 0) fail(bench_libs[LIB_MCP]->name, "cannot build", build->label);
    for (lib = 0; lib < NUM_LIBS; lib++) {
        self = open_builder(lib, build->len);
        if (!self) continue;
        json = bench_libs[lib]->build(self, 42, text, build->len);
        if (json.len != want.len || memcmp(json.ptr, want.ptr, json.len) != 0) {
            fail(bench_libs[lib]->name, "builds something else", build->label);
        }
        bench_libs[lib]->close(self);
    }
    bench_libs[LIB_MCP]->close(ours);
}

static void time_build(const struct report_build *build, double best[NUM_LIBS])
{
    char *text = bench_alloc(build->len + 1);
    int lib, round, turn;
    bench_fill_text(text, build->len, build->escapes);
    text[build->len] = 0;
    check_build(build, text);
    for (round = 0; round < ROUNDS; round++) {
        for (turn = 0; turn < NUM_LIBS; turn++) {
            void *self;
            lib = (turn + round) % NUM_LIBS;
            self = open_builder(lib, build->len);
            if (!self) continue;
            time_build_turn(bench_libs[lib], self, text, build->len, &best[lib]);
            bench_libs[lib]->close(self);
        }
    }
    free(text);
}

int main(int argc, char **argv)
{
    static struct results results;
    int i;
    if (argc != 2) {
        fprintf(stderr, "usage: time CORPUS\n");
        return 1;
    }
    bench_print_versions();
    for (i = 0; i < NUM_MESSAGES; i++) time_message(argv[1], &bench_messages[i], &results);
    for (i = 0; i < NUM_BUILDS; i++) time_build(&report_builds[i], results.build[i]);
    report_tables(&results);
    report_ratios(&results);
    return 0;
}
