/* mcp.h itself. Compiled twice: the second time with MCP_NO_SIMD and BENCH_C99. */

/* gcc complains of static functions that are declared and, in the layers left out, not defined. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

#define MCP_IMPLEMENTATION
#define MCP_STATIC
#define MCP_LAYERS 2
#include "../../mcp.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader_writer {
    mcp_doc doc;
    mcp_out out;
};

/* mcp.h promises to tell the size that it gave before; here is the place to see whether it does. */
static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    if (old_size != bench_heap_size(ptr)) {
        fprintf(stderr, "bench: mcp.h says that a block has %zu bytes, but it has %zu\n", old_size,
                bench_heap_size(ptr));
        exit(1);
    }
    return bench_heap_resize(ctx, ptr, new_size);
}

static void *open_mcp(int variant, size_t longest, struct bench_heap *heap)
{
    struct reader_writer *self = bench_alloc(sizeof *self);
    (void)variant;
    (void)longest;
    memset(self, 0, sizeof *self);
    mcp_out_init(&self->out, MCP_JSON_MAX);
    if (heap) {
        self->doc.alloc.fn = self->out.buf.alloc.fn = resize;
        self->doc.alloc.ctx = self->out.buf.alloc.ctx = heap;
    }
    return self;
}

static void close_mcp(void *lib)
{
    struct reader_writer *self = lib;
    mcp_doc_free(&self->doc);
    mcp_out_free(&self->out);
    free(self);
}

static bool parse(void *lib, char *text, size_t len)
{
    struct reader_writer *self = lib;
    return mcp_json_parse_inplace(&self->doc, text, len, len + BENCH_PAD) == MCP_OK;
}

static struct bench_text text_of(mcp_str str)
{
    struct bench_text text;
    text.ptr = str.ptr;
    text.len = str.len;
    return text;
}

static int64_t id_of(mcp_json v)
{
    if (mcp_json_type(v) == MCP_JSON_STRING) return (int64_t)mcp_json_str(v, NULL).len;
    return mcp_json_int(v, NULL, -1);
}

static bool dispatch(void *lib, char *text, size_t len, const char *arg, struct bench_call *call)
{
    struct reader_writer *self = lib;
    mcp_json member, params = { 0 };
    if (!parse(lib, text, len)) return false;
    for (member = mcp_json_first(mcp_json_root(&self->doc)); mcp_json_exists(member);
         member = mcp_json_next(member)) {
        mcp_str key = mcp_json_key(member);
        if (BENCH_IS(key.ptr, key.len, "jsonrpc")) {
            mcp_str version = mcp_json_str(member, NULL);
            call->version_ok = BENCH_IS(version.ptr, version.len, "2.0");
        } else if (BENCH_IS(key.ptr, key.len, "id")) {
            call->id = id_of(member);
        } else if (BENCH_IS(key.ptr, key.len, "method")) {
            call->method = text_of(mcp_json_str(member, NULL));
        } else if (BENCH_IS(key.ptr, key.len, "params")) {
            params = member;
        }
    }
    call->tool = text_of(mcp_json_str(mcp_json_member(params, "name", 4), NULL));
    call->arg = text_of(mcp_json_str(mcp_json_member(params, "arguments", 9), arg));
    bench_seen(call);
    return call->version_ok && call->method.ptr && call->tool.ptr && call->arg.ptr;
}

static struct bench_text finished(mcp_out *out)
{
    mcp_str json = { 0 };
    if (mcp_out_done(out, &json) != MCP_OK) json.len = 0;
    return text_of(json);
}

static struct bench_text write_kept(void *lib)
{
    struct reader_writer *self = lib;
    mcp_out_reset(&self->out);
    mcp_put_value(&self->out, mcp_json_root(&self->doc));
    return finished(&self->out);
}

/* The doc keeps its memory for the next text, so there is nothing to drop. */
static void drop(void *lib)
{
    (void)lib;
}

static size_t held(void *lib)
{
    const struct reader_writer *self = lib;
    return self->doc.num_nodes * sizeof(mcp_node);
}

/* The frame never changes, so it goes in as pieces, as the server itself does it. */
static struct bench_text build(void *lib, int id, const char *text, size_t len)
{
    mcp_out *out = &((struct reader_writer *)lib)->out;
    mcp_out_reset(out);
    mcp_put_piece(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    mcp_put_int(out, id);
    mcp_put_piece(out, ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":");
    mcp_put_strn(out, text, len);
    mcp_put_piece(out, "}],\"isError\":false}}");
    return finished(out);
}

#ifdef BENCH_C99
extern const struct bench_lib lib_mcp_c99;
const struct bench_lib lib_mcp_c99 = {
    "mcp.h, no intrinsics", 0,
#else
extern const struct bench_lib lib_mcp;
extern const char lib_mcp_version[];
const char lib_mcp_version[] = MCP_H_VERSION;
const struct bench_lib lib_mcp = {
    "mcp.h", 0,
#endif
    open_mcp, close_mcp, parse, dispatch, parse, write_kept, drop, held, build
};
