/* yyjson in its fastest mode: in place, with memory from a pool that is used again. */

#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

struct reader_writer {
    yyjson_read_flag flags;
    yyjson_alc read_alc, write_alc;
    void *read_mem, *write_mem;     /* of the pools */
    size_t write_size;
    yyjson_doc *kept;
    char *out;
};

static void *heap_malloc(void *ctx, size_t size)
{
    return bench_heap_resize(ctx, NULL, size);
}

static void *heap_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
    (void)old_size;
    return bench_heap_resize(ctx, ptr, size);
}

static void heap_free(void *ctx, void *ptr)
{
    bench_heap_resize(ctx, ptr, 0);
}

static void use_heap(yyjson_alc *alc, struct bench_heap *heap)
{
    alc->malloc = heap_malloc;
    alc->realloc = heap_realloc;
    alc->free = heap_free;
    alc->ctx = heap;
}

static void *open_yyjson(int variant, size_t longest, struct bench_heap *heap)
{
    struct reader_writer *self = bench_alloc(sizeof *self);
    size_t read_size;
    memset(self, 0, sizeof *self);
    self->flags = YYJSON_READ_INSITU | (variant ? YYJSON_READ_NUMBER_AS_RAW : 0);
    if (heap) {
        use_heap(&self->read_alc, heap);
        use_heap(&self->write_alc, heap);
        return self;
    }
    read_size = yyjson_read_max_memory_usage(longest, self->flags);
    self->read_mem = bench_alloc(read_size);
    yyjson_alc_pool_init(&self->read_alc, self->read_mem, read_size);
    self->write_size = 16 * longest + 65536;
    self->write_mem = bench_alloc(self->write_size);
    yyjson_alc_pool_init(&self->write_alc, self->write_mem, self->write_size);
    return self;
}

static void close_yyjson(void *lib)
{
    struct reader_writer *self = lib;
    if (self->out) self->write_alc.free(self->write_alc.ctx, self->out);
    free(self->read_mem);
    free(self->write_mem);
    free(self);
}

static yyjson_doc *read_doc(struct reader_writer *self, char *text, size_t len)
{
    return yyjson_read_opts(text, len, self->flags, &self->read_alc, NULL);
}

static bool parse(void *lib, char *text, size_t len)
{
    yyjson_doc *doc = read_doc(lib, text, len);
    yyjson_doc_free(doc);
    return doc != NULL;
}

static struct bench_text text_of(yyjson_val *v)
{
    struct bench_text text;
    text.ptr = yyjson_get_str(v);
    text.len = yyjson_get_len(v);
    return text;
}

static int64_t id_of(yyjson_val *v)
{
    if (yyjson_is_str(v)) return (int64_t)yyjson_get_len(v);
    if (yyjson_is_raw(v)) return strtoll(yyjson_get_raw(v), NULL, 10);
    return yyjson_get_sint(v);
}

static bool find(yyjson_val *root, const char *arg, struct bench_call *call)
{
    yyjson_val *key, *member, *params = NULL;
    size_t i, count;
    yyjson_obj_foreach(root, i, count, key, member) {
        const char *name = unsafe_yyjson_get_str(key);
        size_t len = unsafe_yyjson_get_len(key);
        if (BENCH_IS(name, len, "jsonrpc")) {
            struct bench_text version = text_of(member);
            call->version_ok = BENCH_IS(version.ptr, version.len, "2.0");
        } else if (BENCH_IS(name, len, "id")) {
            call->id = id_of(member);
        } else if (BENCH_IS(name, len, "method")) {
            call->method = text_of(member);
        } else if (BENCH_IS(name, len, "params")) {
            params = member;
        }
    }
    call->tool = text_of(yyjson_obj_get(params, "name"));
    call->arg = text_of(yyjson_obj_get(yyjson_obj_get(params, "arguments"), arg));
    bench_seen(call);
    return call->version_ok && call->method.ptr && call->tool.ptr && call->arg.ptr;
}

static bool dispatch(void *lib, char *text, size_t len, const char *arg, struct bench_call *call)
{
    yyjson_doc *doc = read_doc(lib, text, len);
    bool found = doc && find(yyjson_doc_get_root(doc), arg, call);
    yyjson_doc_free(doc);
    return found;
}

static bool keep(void *lib, char *text, size_t len)
{
    struct reader_writer *self = lib;
    self->kept = read_doc(self, text, len);
    return self->kept != NULL;
}

/* The text of the last write lives until here. */
static void free_out(struct reader_writer *self)
{
    if (self->out) self->write_alc.free(self->write_alc.ctx, self->out);
    self->out = NULL;
}

static struct bench_text write_kept(void *lib)
{
    struct reader_writer *self = lib;
    struct bench_text json = { NULL, 0 };
    free_out(self);
    self->out = yyjson_write_opts(self->kept, 0, &self->write_alc, &json.len, NULL);
    json.ptr = self->out;
    return json;
}

static void drop(void *lib)
{
    struct reader_writer *self = lib;
    yyjson_doc_free(self->kept);
    self->kept = NULL;
}

static struct bench_text build(void *lib, int id, const char *text, size_t len)
{
    struct reader_writer *self = lib;
    struct bench_text json = { NULL, 0 };
    yyjson_mut_doc *doc;
    yyjson_mut_val *root, *result, *content, *item;
    free_out(self);
    doc = yyjson_mut_doc_new(&self->write_alc);
    root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "jsonrpc", "2.0");
    yyjson_mut_obj_add_int(doc, root, "id", id);
    result = yyjson_mut_obj_add_obj(doc, root, "result");
    content = yyjson_mut_obj_add_arr(doc, result, "content");
    item = yyjson_mut_arr_add_obj(doc, content);
    yyjson_mut_obj_add_str(doc, item, "type", "text");
    yyjson_mut_obj_add_strn(doc, item, "text", text, len);
    yyjson_mut_obj_add_bool(doc, result, "isError", false);
    self->out = yyjson_mut_write_opts(doc, 0, &self->write_alc, &json.len, NULL);
    json.ptr = self->out;
    yyjson_mut_doc_free(doc);
    return json;
}

extern const struct bench_lib lib_yyjson, lib_yyjson_raw;
const char *lib_yyjson_version(void);

const char *lib_yyjson_version(void)
{
    return YYJSON_VERSION_STRING;
}

const struct bench_lib lib_yyjson = {
    "yyjson", 0, open_yyjson, close_yyjson, parse, dispatch, keep, write_kept, drop, NULL, build
};
const struct bench_lib lib_yyjson_raw = {
    "yyjson raw", 1, open_yyjson, close_yyjson, parse, dispatch, keep, write_kept, drop, NULL, build
};
