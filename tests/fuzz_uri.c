/* fuzz_uri.c - any bytes as a URI template and a URI: one line and the rest, or without a line break a URI for one
   of the templates below. Nothing is read past its end, and what a handler may get is fit for it.
   With libFuzzer: clang -fsanitize=fuzzer,address,undefined. With -DFUZZ_MAIN: a program that plays files. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

#define DEMAND(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); abort(); } } while (0)

static const char *const templates[] = {
    "{+a}", "{a}{b}{+c}", "{+a}/{b}{.c}", "{+a,b,c}{#d,e}", "{a}{/b,c}{;d,e}{?f,g}{&h}", "{a}-{b}{/c}{+d}{?e,f}", "{{"
};

/* size bytes in memory of their own, and a NUL if there is to be one. */
static char *copy_of(const char *bytes, size_t size, size_t nul)
{
    char *copy = (char *)malloc(size + nul ? size + nul : 1);
    if (!copy) abort();
    if (size) memcpy(copy, bytes, size);
    if (nul) copy[size] = 0;
    return copy;
}

static void check_value(mcp_str value)
{
    if (!value.ptr) return;
    DEMAND(value.ptr[value.len] == 0 && strlen(value.ptr) == value.len && mcp_utf8_valid(value.ptr, value.len));
    DEMAND(strcmp(value.ptr, "..") && strncmp(value.ptr, "../", 3) && !strstr(value.ptr, "/../"));
}

/* What was found expands to a URI that is no longer than it has to be. */
static void expand(const char *uri_template, const mcp_uri_var *vars, size_t len)
{
    mcp_out out;
    mcp_str json;
    mcp_doc doc;
    mcp_buf uri;
    mcp_alloc heap = { NULL, NULL };
    memset(&doc, 0, sizeof doc);
    mcp_out_init(&out, 1 << 26);
    mcp_put_object(&out);
    for (; vars->name.ptr; vars++) {
        check_value(vars->value);
        if (!vars->value.ptr) continue;
        mcp_put_keyn(&out, vars->name.ptr, vars->name.len);
        mcp_put_strn(&out, vars->value.ptr, vars->value.len);
    }
    mcp_put_end(&out);
    DEMAND(mcp_out_done(&out, &json) == MCP_OK && out.replaced == 0);
    DEMAND(mcp_json_parse(&doc, json.ptr, json.len) == MCP_OK);
    mcp_buf_init(&uri, heap, (3 * len + strlen(uri_template) + 1) * 17);
    DEMAND(mcp_uri_expand(&uri, uri_template, mcp_json_root(&doc)) == MCP_OK);
    DEMAND(strlen(uri.ptr) == uri.len);
    mcp_buf_free(&uri);
    mcp_doc_free(&doc);
    mcp_out_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = size ? (const char *)memchr(text, '\n', size) : NULL;
    const char *known = templates[size % MCP_COUNT(templates)];
    const size_t head = end ? (size_t)(end - text) : strlen(known), skip = end ? head + 1 : 0;
    char *uri_template = copy_of(end ? text : known, head, 1), *uri = copy_of(text + skip, size - skip, 0);
    mcp_alloc heap = { NULL, NULL };
    mcp_arena arena;
    mcp_uri_var *vars;
    int status;

    mcp_arena_init(&arena, heap, 6 * size + 4000);
    status = mcp_uri_match(&arena, uri_template, uri, size - skip, &vars);
    DEMAND((status == 1) == (vars != NULL));
    DEMAND(status == (mcp_uri_error(uri_template) ? (int)MCP_E_TEMPLATE : vars != NULL));
    if (vars) expand(uri_template, vars, size);
    mcp_arena_free(&arena);
    free(uri_template);
    free(uri);
    return 0;
}

#include "fuzz_main.h"
