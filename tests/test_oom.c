/* test_oom.c - every allocation of every scenario fails, once and for ever: the result is right or MCP_E_NOMEM,
   nothing leaks, and the next round works. In the steady state nothing is allocated at all. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/* The objects of a scenario. They live through failures, as those of a server do. */
typedef struct bench {
    mcp_alloc alloc;
    mcp_doc doc, copy;
    mcp_out out;
    mcp_buf buf;
    mcp_arena arena;
} bench;

static void bench_open(bench *b, mcp_alloc alloc)
{
    memset(b, 0, sizeof *b);
    b->alloc = b->doc.alloc = b->copy.alloc = alloc;
    mcp_out_init(&b->out, 1 << 20);
    b->out.buf.alloc = alloc;
    mcp_buf_init(&b->buf, alloc, 1 << 20);
    mcp_arena_init(&b->arena, alloc, 1 << 20);
}

static void bench_close(bench *b)
{
    mcp_doc_free(&b->doc);
    mcp_doc_free(&b->copy);
    mcp_out_free(&b->out);
    mcp_buf_free(&b->buf);
    mcp_arena_free(&b->arena);
}

/* A text with many nodes and strings of all sorts, long enough that everything has to grow. */
static char *big_text(size_t *len)
{
    static char text[40000];
    static size_t made;
    size_t i;
    if (!made) {
        made += (size_t)snprintf(text, 100, "{\"list\":[");
        for (i = 0; i < 400; i++)
            made += (size_t)snprintf(text + made, 100,
                "%s{\"id\":%u,\"name\":\"caf\\u00e9 %u\\n\",\"on\":[true,null,-1.5]}",
                                     i ? "," : "", (unsigned)i, (unsigned)i);
        made += (size_t)snprintf(text + made, 100, "]}");
    }
    *len = made;
    return text;
}

/*---- Scenarios: MCP_OK if all went well, and then the result was checked --------------------------*/

static int parse_scenario(bench *b)
{
    size_t len;
    const char *text = big_text(&len);
    int status = mcp_json_parse(&b->doc, text, len);
    mcp_json root = mcp_json_root(&b->doc);
    if (status != b->doc.error) FAIL("the doc says something else");
    if (status != MCP_OK) {
        if (mcp_json_exists(root)) FAIL("an error, and a value");
        return status;
    }
    if (mcp_json_count(mcp_json_get(root, "list")) != 400) FAIL("the list is not whole");
    if (mcp_json_int(mcp_json_find(root, "/list/399/id"), NULL, -1) != 399) FAIL("the last one is not right");
    if (!mcp_json_equals(mcp_json_find(root, "/list/399/name"), NULL,
        "caf\xC3\xA9 399\n")) FAIL("its name is not right");
    return MCP_OK;
}

static int inplace_scenario(bench *b)
{
    static char buf[50000];
    size_t len;
    const char *text = big_text(&len);
    int status;
    memcpy(buf, text, len);
    status = mcp_json_parse_inplace(&b->doc, buf, len, sizeof buf);
    if (status == MCP_OK && mcp_json_int(mcp_json_find(mcp_json_root(&b->doc), "/list/250/id"), NULL,
        -1) != 250) FAIL("not right");
    return status;
}

static int clone_scenario(bench *b)
{
    int status = parse_scenario(b);
    if (status != MCP_OK) return status;
    status = mcp_json_clone(&b->copy, mcp_json_get(mcp_json_root(&b->doc), "list"));
    if (status != MCP_OK) {
        if (mcp_json_exists(mcp_json_root(&b->copy))) FAIL("an error, and a value");
        return status;
    }
    mcp_doc_free(&b->doc);
    if (mcp_json_count(mcp_json_root(&b->copy)) != 400) FAIL("the clone is not whole");
    if (!mcp_json_equals(mcp_json_find(mcp_json_root(&b->copy), "/7/name"), NULL,
        "caf\xC3\xA9 7\n")) FAIL("its name is not right");
    return MCP_OK;
}

static int put_value_scenario(bench *b)
{
    static char first[60000];
    mcp_str text;
    int status = parse_scenario(b);
    if (status != MCP_OK) return status;
    mcp_out_reset(&b->out);
    mcp_put_value(&b->out, mcp_json_root(&b->doc));
    status = mcp_out_done(&b->out, &text);
    if (status != MCP_OK) return status;
    if (!first[0]) memcpy(first, text.ptr, text.len + 1);
    if (strcmp(first, text.ptr)) FAIL("written differently");
    return MCP_OK;
}

static int write_scenario(bench *b)
{
    mcp_str text;
    int i, status;
    mcp_out_reset(&b->out);
    mcp_put_array(&b->out);
    for (i = 0; i < 300; i++) {
        mcp_put_object(&b->out);
        mcp_put_key(&b->out, "key\n");
        mcp_put_str(&b->out, "a string of some length with \xC3\xA9 and \xFF and \"quotes\", so that all ways of wri"
            "ting it are gone");
        mcp_put_key(&b->out, "n");
        mcp_put_int(&b->out, i);
        mcp_put_key(&b->out, "d");
        mcp_put_num(&b->out, i / 8.0);
        mcp_put_key(&b->out, "raw");
        mcp_put_raw(&b->out, "[1,\n2]", 6);
        mcp_put_end(&b->out);
    }
    mcp_put_end(&b->out);
    status = mcp_out_done(&b->out, &text);
    if (status == MCP_OK && (text.len < 300 * 100 || b->out.replaced != 300)) FAIL("not whole");
    return status;
}

static int template_scenario(bench *b)
{
    mcp_str text;
    int i, status;
    mcp_out_reset(&b->out);
    mcp_put_array(&b->out);
    for (i = 0; i < 200; i++) mcp_put_f(&b->out, "{'name': %s, %s: [%d, %g, 'text', %c]}", "a \"name\"", "key", i,
        i * 0.5, 'x');
    mcp_put_end(&b->out);
    status = mcp_out_done(&b->out, &text);
    if (status == MCP_OK && !strstr(text.ptr,
        "{\"name\":\"a \\\"name\\\"\",\"key\":[199,99.5,\"text\",\"x\"]}]")) FAIL("not whole");
    return status;
}

static int buf_scenario(bench *b)
{
    size_t i;
    mcp_buf_reset(&b->buf);
    for (i = 0; i < 2000; i++) {
        size_t before = b->buf.len;
        if (!mcp_buf_add(&b->buf, "0123456789", 10) && b->buf.len != before) FAIL("an error, and bytes");
    }
    if (b->buf.error) return b->buf.error;
    if (b->buf.len != 20000) FAIL("not whole");
    for (i = 0; i < 20000; i++) if (b->buf.ptr[i] != (char)('0' + i % 10)) FAIL("byte %lu", (unsigned long)i);
    return MCP_OK;
}

static int arena_scenario(bench *b)
{
    mcp_alloc a = mcp_arena_alloc(&b->arena);
    unsigned char *p = NULL;
    size_t i, size = 0;
    mcp_arena_reset(&b->arena);
    for (i = 0; i < 60; i++) {
        unsigned char *more, *other;
        more = (unsigned char *)a.fn(a.ctx, p, size, size + 100);
        if (!more) {
            if (size && (p[0] != 0 || p[size - 1] != (unsigned char)(size / 100 - 1))) FAIL("the old block changed");
            return MCP_E_NOMEM;
        }
        p = more;
        memset(p + size, (int)i, 100);
        size += 100;
        other = (unsigned char *)mcp_arena_get(&b->arena, 300);
        if (!other) return MCP_E_NOMEM;
        memset(other, 0xEE, 300);
    }
    for (i = 0; i < size; i++) if (p[i] != i / 100) FAIL("byte %lu", (unsigned long)i);
    return MCP_OK;
}

/* Parse, take apart, answer: all in an arena, as a call does. */
static int call_scenario(bench *b)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"params\":{\"text\":\"caf\\u00e9 and a lot more text,"
        " so that something has to grow\"}}";
    mcp_doc doc;
    mcp_out out;
    mcp_str reply;
    int status;
    mcp_arena_reset(&b->arena);
    memset(&doc, 0, sizeof doc);
    doc.alloc = mcp_arena_alloc(&b->arena);
    status = mcp_json_parse(&doc, text, sizeof text - 1);
    if (status != MCP_OK) return status;
    mcp_out_init(&out, 1 << 16);
    out.buf.alloc = doc.alloc;
    mcp_put_f(&out, "{'jsonrpc':'2.0','id':%lld,'result':{'content':[{'type':'text','text':%s}]}}",
              (long long)mcp_json_int(mcp_json_root(&doc), "id", 0),
              mcp_json_cstr(mcp_json_find(mcp_json_root(&doc), "/params/text"), NULL, ""));
    status = mcp_out_done(&out, &reply);
    if (status == MCP_OK && !strstr(reply.ptr, "\"text\":\"caf\xC3\xA9 and a lot")) FAIL("not right");
    return status;
}

typedef int (*scenario)(bench *b);

/*---- The loops ----------------------------------------------------------------------------------*/

static size_t injected;     /* failures, all in all */

/* Fails the n-th allocation for n = 1, 2, ... until a round needs fewer. After each failure the same objects must
   serve a round without one. */
static size_t sweep(scenario run, bool forever)
{
    test_heap heap;
    bench b;
    size_t n;
    bench_open(&b, test_heap_init(&heap));
    for (n = 1; n < 10000 && !test_state.failures; n++) {
        int status;
        heap.calls = 0;
        heap.fail_at = n;
        heap.forever = forever;
        status = run(&b);
        heap.fail_at = 0;
        NOTE("allocation %lu of the scenario fails%s", (unsigned long)n, forever ? " and all after it" : "");
        if (status != MCP_OK) CHECK_STATUS(MCP_E_NOMEM, status);
        if (heap.calls < n) break;
        CHECK_STATUS(MCP_OK, run(&b));
        bench_close(&b);
        CHECK_HEAP(&heap);
        bench_open(&b, b.alloc);
    }
    bench_close(&b);
    CHECK_HEAP(&heap);
    return n - 1;
}

static void sweep_both(scenario run)
{
    size_t failures = sweep(run, false) + sweep(run, true);
    if (failures < 2) FAIL("only %lu allocations failed", (unsigned long)failures);
    injected += failures;
}

static void parsing(void) { sweep_both(parse_scenario); }
static void parsing_inplace(void) { sweep_both(inplace_scenario); }
static void cloning(void) { sweep_both(clone_scenario); }
static void writing_values(void) { sweep_both(put_value_scenario); }
static void writing_calls(void) { sweep_both(write_scenario); }
static void writing_templates(void) { sweep_both(template_scenario); }
static void buffers(void) { sweep_both(buf_scenario); }
static void arenas(void) { sweep_both(arena_scenario); }
static void calls_in_an_arena(void) { sweep_both(call_scenario); }

/* A pool that is too small by any amount: right, or MCP_E_NOMEM, and all of the pool comes back. */
static void pools_of_every_size(void)
{
    static const scenario runs[] = { call_scenario, write_scenario, parse_scenario, clone_scenario };
    static uint64_t mem[40002];
    char *start = (char *)mem + (16 - (uintptr_t)mem % 16) % 16;
    size_t i, size, step = test_step(5);
    for (i = 0; i < MCP_COUNT(runs); i++) {
        size_t right = 0;
        for (size = 64; size <= 320000; size += (size < 4000 ? 64 : 7000) * step) {
            mcp_pool pool;
            bench b;
            int status, again;
            bench_open(&b, mcp_pool_init(&pool, start, size));
            status = runs[i](&b);
            again = runs[i](&b);
            NOTE("scenario %lu in %lu bytes", (unsigned long)i, (unsigned long)size);
            CHECK(status == MCP_OK || status == MCP_E_NOMEM);
            CHECK(again == MCP_OK || again == MCP_E_NOMEM);
            if (status == MCP_OK) right++;
            bench_close(&b);
            CHECK(b.alloc.fn(b.alloc.ctx, NULL, 0, size / 16 * 16) != NULL);
        }
        if (!right) FAIL("never enough");
    }
}

/* Memory is kept: after the first rounds, parsing and writing the same kind of message allocates nothing. */
static void steady_state_allocates_nothing(void)
{
    static const scenario runs[] = { parse_scenario, inplace_scenario, put_value_scenario, write_scenario,
        template_scenario, buf_scenario,
                                     arena_scenario, call_scenario };
    size_t i, round;
    for (i = 0; i < MCP_COUNT(runs); i++) {
        test_heap heap;
        bench b;
        size_t calls;
        NOTE("scenario %lu", (unsigned long)i);
        bench_open(&b, test_heap_init(&heap));
        CHECK_STATUS(MCP_OK, runs[i](&b));
        CHECK_STATUS(MCP_OK, runs[i](&b));
        calls = heap.calls;
        for (round = 0; round < 20; round++) CHECK_STATUS(MCP_OK, runs[i](&b));
        CHECK_UINT(calls, heap.calls);
        bench_close(&b);
        CHECK_HEAP(&heap);
    }
}

/* Also with messages that differ: once the longest was there, nothing more is needed. */
static void steady_state_of_mixed_messages(void)
{
    static char texts[50][2000];
    test_heap heap;
    bench b;
    size_t i, round, calls = 0;
    for (i = 0; i < 50; i++) {
        size_t n = 0, count = (i * 37) % 50, k;
        n += (size_t)snprintf(texts[i] + n, 100, "[");
        for (k = 0; k < count; k++) n += (size_t)snprintf(texts[i] + n, 100, "{\"k%u\":\"caf\\u00e9\"},", (unsigned)k);
        snprintf(texts[i] + n, 100, "%u]", (unsigned)i);
    }
    bench_open(&b, test_heap_init(&heap));
    for (round = 0; round < 10; round++) {
        for (i = 0; i < 50; i++) {
            mcp_str text;
            CHECK_STATUS(MCP_OK, mcp_json_parse(&b.doc, texts[i], strlen(texts[i])));
            CHECK_STATUS(MCP_OK, mcp_json_clone(&b.copy, mcp_json_at(mcp_json_root(&b.doc), 0)));
            mcp_out_reset(&b.out);
            mcp_put_value(&b.out, mcp_json_root(&b.doc));
            CHECK_STATUS(MCP_OK, mcp_out_done(&b.out, &text));
        }
        if (round == 0) calls = heap.calls;
    }
    CHECK_UINT(calls, heap.calls);
    bench_close(&b);
    CHECK_HEAP(&heap);
}

int main(void)
{
    TEST(parsing);
    TEST(parsing_inplace);
    TEST(cloning);
    TEST(writing_values);
    TEST(writing_calls);
    TEST(writing_templates);
    TEST(buffers);
    TEST(arenas);
    TEST(calls_in_an_arena);
    TEST(pools_of_every_size);
    TEST(steady_state_allocates_nothing);
    TEST(steady_state_of_mixed_messages);
    printf("note - oom: %lu allocations failed on purpose\n", (unsigned long)injected);
    return test_end();
}
