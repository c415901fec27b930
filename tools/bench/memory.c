/* Bytes and allocations a message, once a connection has seen one like it.

   mcp.h needs eight bytes for a string, number or literal and sixteen for an array or object;
   "needs" is that, "keeps" what its allocator was asked for: it grows in steps and is used again.
   The others are counted by their allocators at the peak, and give everything back. */

#include "bench.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one message costs. */
struct cost {
    size_t needs, keeps, calls;
};

static void *open_counting(const struct bench_lib *lib, size_t longest, struct bench_heap *heap)
{
    memset(heap, 0, sizeof *heap);
    return lib->open(lib->variant, longest, heap);
}

static void keep_text(const struct bench_lib *lib, void *self, struct bench_batch *batch)
{
    bench_refill(batch);
    if (lib->keep(self, batch->work, batch->len[0])) return;
    fprintf(stderr, "bench: %s cannot parse\n", lib->name);
    exit(1);
}

/* Parses the text twice and counts the second time. */
static struct cost cost_of_parse(const struct bench_lib *lib, struct bench_batch *batch)
{
    struct bench_heap heap;
    struct cost cost;
    void *self = open_counting(lib, batch->longest, &heap);
    keep_text(lib, self, batch);
    lib->drop(self);
    heap.calls = 0;
    heap.peak = heap.live;
    keep_text(lib, self, batch);
    cost.needs = lib->held ? lib->held(self) : heap.peak;
    cost.keeps = heap.peak;
    cost.calls = heap.calls;
    lib->drop(self);
    lib->close(self);
    if (heap.live != 0) fprintf(stderr, "bench: %s leaks %zu bytes\n", lib->name, heap.live);
    return cost;
}

/* Allocations of a second write of the same message, and of a second answer. */
static size_t calls_of_writing(const struct bench_lib *lib, struct bench_batch *batch)
{
    struct bench_heap heap;
    void *self = open_counting(lib, batch->longest, &heap);
    keep_text(lib, self, batch);
    lib->write(self);
    lib->build(self, 42, "done", 4);
    heap.calls = 0;
    lib->write(self);
    lib->build(self, 42, "done", 4);
    lib->drop(self);
    lib->close(self);
    return heap.calls;
}

/* How many nodes a text should take: one for each string, number and literal, two for each array
   and object. A simple count, independent of any parser; the text is known to be good. */
static size_t count_nodes(const char *text, size_t len)
{
    size_t i = 0, nodes = 0;
    while (i < len) {
        char c = text[i++];
        if (c == '[' || c == '{') {
            nodes += 2;
        } else if (c == '"') {
            for (; text[i] != '"'; i++) i += text[i] == '\\';
            i++;
            nodes++;
        } else if (!strchr(" \t\r\n]},:", c)) {
            while (i < len && !strchr(" \t\r\n]},:", text[i])) i++;
            nodes++;
        }
    }
    return nodes;
}

/*---- The messages. ----*/

/* What the gates look at. */
struct totals {
    double bytes_a_node;        /* the worst */
    size_t calls;               /* all, of parsing and writing */
    double needs[NUM_MESSAGES]; /* NAN if the file is missing */
};

static void print_cost(int lib, struct bench_batch *batch)
{
    struct cost cost;
    if (!bench_libs[lib]) return;
    cost = cost_of_parse(bench_libs[lib], batch);
    printf(" %zu in %zu |", cost.keeps, cost.calls);
}

static void print_row(const char *label, struct bench_batch *batch, struct cost ours)
{
    printf("| %s | %zu | %zu | %zu in %zu |", label, batch->longest, ours.needs, ours.keeps,
           ours.calls);
    print_cost(LIB_YYJSON, batch);
    print_cost(LIB_CJSON, batch);
    printf("\n");
}

static void print_head(void)
{
    printf("\nMemory of a parsed message beside its text, bytes in allocations:\n\n"
           "| | text | mcp.h needs | mcp.h keeps |");
    if (bench_libs[LIB_YYJSON]) printf(" yyjson |");
    if (bench_libs[LIB_CJSON]) printf(" cJSON |");
    printf("\n|---|---:|---:|---:|");
    if (bench_libs[LIB_YYJSON]) printf("---:|");
    if (bench_libs[LIB_CJSON]) printf("---:|");
    printf("\n");
}

static void measure(int message, const char *corpus, struct totals *totals)
{
    const struct bench_message *m = &bench_messages[message];
    struct bench_batch batch;
    struct cost ours;
    double bytes_a_node;
    totals->needs[message] = NAN;
    if (m->lines || !bench_load(&batch, corpus, m, 0)) return;
    ours = cost_of_parse(bench_libs[LIB_MCP], &batch);
    bytes_a_node = (double)ours.needs / (double)count_nodes(batch.golden, batch.longest);
    if (bytes_a_node > totals->bytes_a_node) totals->bytes_a_node = bytes_a_node;
    totals->calls += ours.calls + calls_of_writing(bench_libs[LIB_MCP], &batch);
    totals->needs[message] = (double)ours.needs;
    print_row(m->label, &batch, ours);
    bench_unload(&batch);
}

/*---- The worst that a text can do. ----*/

/* [unit,unit,...] of about 100 KB: prints its row, returns the bytes needed for a byte of text. */
static double measure_repeated(const char *label, const char *unit)
{
    enum { ABOUT = 100000 };
    size_t unit_len = strlen(unit), len = 0;
    char *text = bench_alloc(ABOUT + 2 * unit_len + 2);
    struct bench_batch batch;
    struct cost ours;
    while (len < ABOUT) {
        text[len] = len == 0 ? '[' : ',';
        len++;
        memcpy(text + len, unit, unit_len);
        len += unit_len;
    }
    text[len++] = ']';
    bench_load_text(&batch, text, len);
    ours = cost_of_parse(bench_libs[LIB_MCP], &batch);
    print_row(label, &batch, ours);
    bench_unload(&batch);
    free(text);
    return (double)ours.needs / (double)len;
}

/* Arrays in one another, as deep as is allowed: two bytes of text for each, and no comma. */
static double measure_nested(void)
{
    enum { DEEP = 63 };
    char unit[2 * DEEP + 1];
    memset(unit, '[', DEEP);
    memset(unit + DEEP, ']', DEEP);
    unit[2 * DEEP] = 0;
    return measure_repeated("`[[[...]]],` 63 deep", unit);
}

static void print_gates(const struct totals *totals, double worst)
{
    report_gate_head();
    report_gate("J14", "bytes a value (an array or object is two)", AT_MOST, 8,
                totals->bytes_a_node, 0);
    report_gate("J14", "allocations, all messages, parse and write", AT_MOST, 0,
                (double)totals->calls, 0);
    report_gate("J15", "bytes, call", AT_MOST, 192, totals->needs[MSG_CALL], 0);
    report_gate("J15", "bytes, call-2026", AT_MOST, 480, totals->needs[MSG_CALL_2026], 0);
    report_gate("J15", "bytes, tools/list", AT_MOST, 34000, totals->needs[MSG_TOOLS], 0);
    report_gate("J15", "bytes, base64 1 MB", AT_MOST, 256, totals->needs[MSG_BLOB], 0);
    report_gate("J16", "bytes a byte of text, `[],[],` and `1,1,`", AT_MOST, 5.4, worst, 0);
}

int main(int argc, char **argv)
{
    struct totals totals = { 0, 0, { 0 } };
    double arrays, numbers, nested;
    int message;
    if (argc != 2) {
        fprintf(stderr, "usage: memory CORPUS\n");
        return 1;
    }
    print_head();
    for (message = 0; message < NUM_MESSAGES; message++) measure(message, argv[1], &totals);
    arrays = measure_repeated("`[],[],`", "[]");
    numbers = measure_repeated("`1,1,`", "1");
    nested = measure_nested();
    print_gates(&totals, arrays > numbers ? arrays : numbers);
    printf("\nNested arrays come to %.2f bytes a byte of text.\n", nested);
    return 0;
}
