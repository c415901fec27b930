/* cJSON. It works on a copy of everything, and has one allocator for the whole program. */

#include "bench.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct reader_writer {
    cJSON *kept;
    char *out;
    size_t out_size;
};

static struct bench_heap *the_heap;

static void *heap_alloc(size_t size)
{
    return bench_heap_resize(the_heap, NULL, size);
}

static void heap_free(void *ptr)
{
    bench_heap_resize(the_heap, ptr, 0);
}

static void *open_cjson(int variant, size_t longest, struct bench_heap *heap)
{
    struct reader_writer *self = bench_alloc(sizeof *self);
    cJSON_Hooks hooks = { heap_alloc, heap_free };
    (void)variant;
    memset(self, 0, sizeof *self);
    self->out_size = 8 * longest + 4096;    /* numbers grow: 1.0 of canada takes 17 digits */
    self->out = bench_alloc(self->out_size);
    the_heap = heap;
    cJSON_InitHooks(heap ? &hooks : NULL);
    return self;
}

static void close_cjson(void *lib)
{
    struct reader_writer *self = lib;
    cJSON_InitHooks(NULL);
    free(self->out);
    free(self);
}

static bool parse(void *lib, char *text, size_t len)
{
    cJSON *root = cJSON_ParseWithLength(text, len);
    (void)lib;
    cJSON_Delete(root);
    return root != NULL;
}

static struct bench_text text_of(const cJSON *v)
{
    struct bench_text text = { NULL, 0 };
    if (cJSON_IsString(v)) {
        text.ptr = v->valuestring;
        text.len = strlen(v->valuestring);
    }
    return text;
}

static int64_t id_of(const cJSON *v)
{
    if (cJSON_IsString(v)) return (int64_t)strlen(v->valuestring);
    return (int64_t)v->valuedouble;
}

static bool dispatch(void *lib, char *text, size_t len, const char *arg, struct bench_call *call)
{
    cJSON *root = cJSON_ParseWithLength(text, len), *member, *params = NULL;
    bool found;
    (void)lib;
    if (!root) return false;
    cJSON_ArrayForEach(member, root) {
        if (strcmp(member->string, "jsonrpc") == 0) {
            struct bench_text version = text_of(member);
            call->version_ok = BENCH_IS(version.ptr, version.len, "2.0");
        } else if (strcmp(member->string, "id") == 0) {
            call->id = id_of(member);
        } else if (strcmp(member->string, "method") == 0) {
            call->method = text_of(member);
        } else if (strcmp(member->string, "params") == 0) {
            params = member;
        }
    }
    call->tool = text_of(cJSON_GetObjectItemCaseSensitive(params, "name"));
    params = cJSON_GetObjectItemCaseSensitive(params, "arguments");
    call->arg = text_of(cJSON_GetObjectItemCaseSensitive(params, arg));
    bench_seen(call);
    found = call->version_ok && call->method.ptr && call->tool.ptr && call->arg.ptr;
    cJSON_Delete(root);
    return found;
}

static bool keep(void *lib, char *text, size_t len)
{
    struct reader_writer *self = lib;
    self->kept = cJSON_ParseWithLength(text, len);
    return self->kept != NULL;
}

static struct bench_text print(struct reader_writer *self, cJSON *root)
{
    struct bench_text json = { NULL, 0 };
    if (!cJSON_PrintPreallocated(root, self->out, (int)self->out_size, 0)) return json;
    json.ptr = self->out;
    json.len = strlen(self->out);
    return json;
}

static struct bench_text write_kept(void *lib)
{
    struct reader_writer *self = lib;
    return print(self, self->kept);
}

static void drop(void *lib)
{
    struct reader_writer *self = lib;
    cJSON_Delete(self->kept);
    self->kept = NULL;
}

/* The text is NUL-terminated, as cJSON wants it. */
static struct bench_text build(void *lib, int id, const char *text, size_t len)
{
    cJSON *root = cJSON_CreateObject(), *result, *content, *item;
    struct bench_text json;
    (void)len;
    cJSON_AddStringToObject(root, "jsonrpc", "2.0");
    cJSON_AddNumberToObject(root, "id", id);
    result = cJSON_AddObjectToObject(root, "result");
    content = cJSON_AddArrayToObject(result, "content");
    item = cJSON_CreateObject();
    cJSON_AddItemToArray(content, item);
    cJSON_AddStringToObject(item, "type", "text");
    cJSON_AddStringToObject(item, "text", text);
    cJSON_AddFalseToObject(result, "isError");
    json = print(lib, root);
    cJSON_Delete(root);
    return json;
}

extern const struct bench_lib lib_cjson;
const char *lib_cjson_version(void);

const char *lib_cjson_version(void)
{
    return cJSON_Version();
}

const struct bench_lib lib_cjson = {
    "cJSON", 0, open_cjson, close_cjson, parse, dispatch, keep, write_kept, drop, NULL, build
};
