/* fuzz_roundtrip.c - what was read is written; what that reads as is written the same. And any bytes as a string,
   a key and a template's argument come back as they went.
   With libFuzzer: clang -fsanitize=fuzzer,address,undefined. With -DFUZZ_MAIN: a program that plays files. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

#define DEMAND(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); abort(); } } while (0)

/* Reads text, writes it to out. False if it was refused. */
static bool rewrite(mcp_doc *doc, mcp_out *out, const char *text, size_t len, mcp_str *made)
{
    if (mcp_json_parse(doc, text, len) != MCP_OK) return false;
    mcp_out_init(out, len * 6 + 16);
    mcp_put_value(out, mcp_json_root(doc));
    DEMAND(mcp_out_done(out, made) == MCP_OK);
    DEMAND(out->replaced == 0 && !memchr(made->ptr, '\n', made->len) && !memchr(made->ptr, '\r', made->len));
    return true;
}

/* Memory that just fits is as good, and less is an error. */
static void exact_fit(const mcp_doc *doc, mcp_str want, size_t less)
{
    char *mem = (char *)malloc(want.len + 1);
    mcp_out out;
    mcp_str text;
    if (!mem) abort();
    mcp_out_fixed(&out, mem, want.len + 1);
    mcp_put_value(&out, mcp_json_root(doc));
    DEMAND(mcp_out_done(&out, &text) == MCP_OK);
    DEMAND(text.len == want.len && memcmp(text.ptr, want.ptr, want.len) == 0);
    free(mem);
    less %= want.len + 1;
    mem = (char *)malloc(less ? less : 1);
    if (!mem) abort();
    mcp_out_fixed(&out, mem, less);
    mcp_put_value(&out, mcp_json_root(doc));
    DEMAND(mcp_out_done(&out, &text) == MCP_E_TOO_LONG);
    free(mem);
}

static void texts(const char *text, size_t len)
{
    mcp_doc first, second;
    mcp_out one, two;
    mcp_str a, b;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    if (rewrite(&first, &one, text, len, &a)) {
        DEMAND(rewrite(&second, &two, a.ptr, a.len, &b));
        DEMAND(a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0);
        DEMAND(first.num_nodes == second.num_nodes);
        exact_fit(&first, a, len * 31);
        mcp_out_free(&one);
        mcp_out_free(&two);
    }
    mcp_doc_free(&first);
    mcp_doc_free(&second);
}

static void check_back(mcp_str back, const char *bytes, size_t len, bool valid)
{
    DEMAND(back.ptr && mcp_utf8_valid(back.ptr, back.len));
    if (valid) DEMAND(back.len == len && (len == 0 || memcmp(back.ptr, bytes, len) == 0));
}

/* The bytes are copied to memory of their own size, so that reading past them is seen. */
static void strings(const char *data, size_t len)
{
    bool valid = mcp_utf8_valid(data, len);
    char *bytes = (char *)malloc(len ? len : 1);
    mcp_doc doc;
    mcp_out out;
    mcp_str text;
    mcp_json root;
    if (!bytes) abort();
    if (len) memcpy(bytes, data, len);
    memset(&doc, 0, sizeof doc);
    mcp_out_init(&out, len * 26 + 100);
    mcp_put_array(&out);
    mcp_put_strn(&out, bytes, len);
    mcp_put_object(&out);
    mcp_put_keyn(&out, bytes, len);
    mcp_put_null(&out);
    mcp_put_end(&out);
    mcp_put_f(&out, "{'it': %.*s, %.*s: 1}", (int)len, bytes, (int)len, bytes);
    mcp_put_end(&out);
    DEMAND(mcp_out_done(&out, &text) == MCP_OK);
    DEMAND((out.replaced == 0) == valid || memchr(bytes, 0, len));
    DEMAND(mcp_json_parse(&doc, text.ptr, text.len) == MCP_OK);
    root = mcp_json_root(&doc);
    DEMAND(mcp_json_count(root) == 3 && mcp_json_count(mcp_json_at(root, 1)) == 1 &&
        mcp_json_count(mcp_json_at(root, 2)) == 2);
    check_back(mcp_json_str(mcp_json_at(root, 0), NULL), bytes, len, valid);
    check_back(mcp_json_key(mcp_json_first(mcp_json_at(root, 1))), bytes, len, valid);
    mcp_out_free(&out);
    mcp_doc_free(&doc);
    free(bytes);
}

/* Eight bytes as a double and an integer. */
static void numbers(const uint8_t *data)
{
    mcp_doc doc;
    mcp_out out;
    mcp_str text;
    int64_t i;
    double d, back;
    memcpy(&i, data, 8);
    memcpy(&d, data, 8);
    if (d - d != 0) return;
    memset(&doc, 0, sizeof doc);
    mcp_out_init(&out, 200);
    mcp_put_f(&out, "[%g,%lld]", d, (long long)i);
    DEMAND(mcp_out_done(&out, &text) == MCP_OK);
    DEMAND(mcp_json_parse(&doc, text.ptr, text.len) == MCP_OK);
    back = mcp_json_num(mcp_json_at(mcp_json_root(&doc), 0), NULL, 0.5);
    DEMAND(memcmp(&back, &d, 8) == 0);
    DEMAND(mcp_json_int(mcp_json_at(mcp_json_root(&doc), 1), NULL, ~i) == i);
    mcp_out_free(&out);
    mcp_doc_free(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 20) return 0;
    texts((const char *)data, size);
    strings((const char *)data, size);
    if (size >= 8) numbers(data);
    return 0;
}

#include "fuzz_main.h"
