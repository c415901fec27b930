/* The messages of the benchmark, and their copies to work on. */

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct bench_message bench_messages[NUM_MESSAGES] = {
    { "ping 41 B",         "messages/01_ping.json",           NULL,       false },
    { "progress 149 B",    "messages/02_progress.json",       NULL,       false },
    { "call 141 B",        "messages/03_call_small.json",     "location", false },
    { "call-2026 409 B",   "messages/04_call_2026.json",      "location", false },
    { "result 273 B",      "messages/05_result_small.json",   NULL,       false },
    { "initialize 452 B",  "messages/06_initialize.json",     NULL,       false },
    { "mix of calls",      "messages/15_mix_calls.ndjson",    "q",        true  },
    { "mix of results",    "messages/16_mix_results.ndjson",  NULL,       true  },
    { "4 KB code",         "messages/07_call_4k_code.json",   "text",     false },
    { "4 KB prose",        "messages/08_call_4k_plain.json",  "text",     false },
    { "4 KB UTF-8",        "messages/09_call_4k_utf8.json",   "text",     false },
    { "4 KB \\u",          "messages/10_call_4k_uesc.json",   "text",     false },
    { "numbers 11 KB",     "messages/14_structured_10k.json", NULL,       false },
    { "tools/list 37 KB",  "messages/11_tools_list.json",     NULL,       false },
    { "base64 1 MB",       "messages/12_resource_1M.json",    NULL,       false },
    { "images 240 KB",     "messages/13_sampling_img.json",   NULL,       false },
    { "twitter 632 KB",    "public/20_twitter.json",          NULL,       false },
    { "citm 1.7 MB",       "public/21_citm_catalog.json",     NULL,       false },
    { "canada 2.3 MB",     "public/22_canada.json",           NULL,       false }
};

/* So many copies of a tiny message at most: more would measure the cache and not the parser. */
enum { MAX_COPIES = 256 };

void *bench_alloc(size_t size)
{
    void *ptr = malloc(size);
    if (!ptr) {
        fprintf(stderr, "bench: out of memory\n");
        exit(1);
    }
    return ptr;
}

static size_t file_size(FILE *file)
{
    long size;
    if (fseek(file, 0, SEEK_END) != 0) return 0;
    size = ftell(file);
    rewind(file);
    return size > 0 ? (size_t)size : 0;
}

/* The bytes of a file, to be freed; NULL if it cannot be read or is empty. */
static char *read_file(const char *dir, const char *name, size_t *len)
{
    char path[1024];
    FILE *file;
    char *text = NULL;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "rb");
    if (!file) return NULL;
    *len = file_size(file);
    if (*len > 0) text = bench_alloc(*len);
    if (text && fread(text, 1, *len, file) != *len) {
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

/* Bytes that a text takes in a batch: padded, and starting on a cache line. */
static size_t room_of(size_t len)
{
    return (len + BENCH_PAD + 63) & ~(size_t)63;
}

/* Lays out count texts, whose lengths stand in batch->len. */
static void lay_out(struct bench_batch *batch)
{
    size_t i, total = 0;
    batch->at = bench_alloc(batch->count * sizeof *batch->at);
    batch->size = batch->longest = 0;
    for (i = 0; i < batch->count; i++) {
        batch->at[i] = batch->size;
        batch->size += room_of(batch->len[i]);
        total += batch->len[i];
        if (batch->len[i] > batch->longest) batch->longest = batch->len[i];
    }
    batch->mean = total / batch->count;
    batch->golden = bench_alloc(batch->size);
    batch->work = bench_alloc(batch->size);
    memset(batch->golden, 0, batch->size);
}

static void load_lines(struct bench_batch *batch, const char *text, size_t size)
{
    const char *end = text + size, *line, *stop;
    size_t i = 0;
    batch->count = 0;
    for (line = text; (stop = memchr(line, '\n', (size_t)(end - line))) != NULL; line = stop + 1) {
        batch->count++;
    }
    batch->len = bench_alloc(batch->count * sizeof *batch->len);
    for (line = text; i < batch->count; line += batch->len[i++] + 1) {
        stop = memchr(line, '\n', (size_t)(end - line));
        batch->len[i] = (size_t)(stop - line);
    }
    lay_out(batch);
    for (i = 0, line = text; i < batch->count; line += batch->len[i++] + 1) {
        memcpy(batch->golden + batch->at[i], line, batch->len[i]);
    }
}

static void load_copies(struct bench_batch *batch, const char *text, size_t len, size_t count)
{
    size_t i;
    batch->count = count;
    batch->len = bench_alloc(count * sizeof *batch->len);
    for (i = 0; i < count; i++) batch->len[i] = len;
    lay_out(batch);
    for (i = 0; i < count; i++) memcpy(batch->golden + batch->at[i], text, len);
}

bool bench_load(struct bench_batch *batch, const char *corpus, const struct bench_message *message,
                size_t working_set)
{
    size_t size, copies;
    char *text = read_file(corpus, message->file, &size);
    if (!text) return false;
    if (message->lines) {
        load_lines(batch, text, size);
    } else {
        copies = working_set / room_of(size);
        if (copies < 1) copies = 1;
        if (copies > MAX_COPIES) copies = MAX_COPIES;
        load_copies(batch, text, size, copies);
    }
    free(text);
    bench_refill(batch);
    return true;
}

void bench_load_text(struct bench_batch *batch, const char *text, size_t len)
{
    load_copies(batch, text, len, 1);
    bench_refill(batch);
}

void bench_refill(struct bench_batch *batch)
{
    memcpy(batch->work, batch->golden, batch->size);
}

void bench_unload(struct bench_batch *batch)
{
    free(batch->at);
    free(batch->len);
    free(batch->golden);
    free(batch->work);
}

void bench_fill_text(char *text, size_t len, bool escapes)
{
    const char *pattern = escapes ? "line one of code;\n\tprintf(\"x\");\n"
                                  : "The quick brown fox jumps over the lazy dog. ";
    size_t i, period = strlen(pattern);
    for (i = 0; i < len; i++) text[i] = pattern[i % period];
}

/* FNV-1a, with the length in front so that parts cannot run into one another. */
static uint64_t digest_text(uint64_t hash, struct bench_text text)
{
    size_t i;
    hash = (hash ^ text.len) * 0x100000001b3u;
    for (i = 0; i < text.len; i++) hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
    return hash;
}

void bench_digest(struct bench_call *call)
{
    uint64_t hash = call->digest ^ 0xcbf29ce484222325u;
    hash = (hash ^ (uint64_t)call->id) * 0x100000001b3u;
    hash = (hash ^ (call->version_ok ? 1u : 0u)) * 0x100000001b3u;
    hash = digest_text(hash, call->method);
    hash = digest_text(hash, call->tool);
    call->digest = digest_text(hash, call->arg);
}
