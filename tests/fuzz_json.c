/* fuzz_json.c - any bytes: both doors of the parser agree, and everything that came out can be asked everything.
   With libFuzzer: clang -fsanitize=fuzzer,address,undefined. With -DFUZZ_MAIN: a program that plays files. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

#define DEMAND(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); abort(); } } while (0)

/* The parts of every value fit its kind, and every getter answers. */
static void ask(mcp_json v)
{
    int type = mcp_json_type(v);
    mcp_str s = mcp_json_str(v, NULL), n = mcp_json_number(v, NULL);
    int64_t i = mcp_json_int(v, NULL, 1);
    double d = mcp_json_num(v, NULL, 1);
    DEMAND(type > MCP_JSON_MISSING && type <= MCP_JSON_OBJECT && mcp_json_exists(v));
    DEMAND((s.ptr != NULL) == (type == MCP_JSON_STRING));
    DEMAND((n.ptr != NULL) == (type == MCP_JSON_NUMBER));
    if (s.ptr) DEMAND(s.ptr[s.len] == 0 && mcp_utf8_valid(s.ptr, s.len));
    if (n.ptr) DEMAND(n.len > 0 && (n.ptr[0] == '-' || (n.ptr[0] >= '0' && n.ptr[0] <= '9')));
    DEMAND(d - d == 0);
    DEMAND(i == mcp_json_int(v, NULL, 2) || (i == 1 && mcp_json_int(v, NULL, 2) == 2));
    if (i >= 0 && n.ptr && i == mcp_json_int(v, NULL, 2)) DEMAND(mcp_json_uint(v, NULL, ~(uint64_t)i) == (uint64_t)i);
    DEMAND(mcp_json_bool(v, NULL, true) == mcp_json_bool(v, NULL, false) || type != MCP_JSON_BOOL);
    DEMAND(!mcp_json_equals(v, NULL, "x") || (s.len == 1 && s.ptr[0] == 'x'));
    DEMAND(mcp_json_cstr(v, NULL, NULL) == NULL || strlen(s.ptr) == s.len);
    DEMAND(mcp_json_count(v) == 0 || type >= MCP_JSON_ARRAY);
}

/* A member's name as one step of a pointer; false if that is long or holds a NUL. */
static bool step_of(char *pointer, size_t cap, mcp_str key)
{
    size_t i, n = 0;
    pointer[n++] = '/';
    for (i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (n + 3 > cap || !c) return false;
        if (c == '~' || c == '/') {
            pointer[n++] = '~';
            c = c == '~' ? '0' : '1';
        }
        pointer[n++] = c;
    }
    pointer[n] = 0;
    return true;
}

/* Asks v and all in it; returns how many nodes that takes. */
static size_t walk(mcp_json v, int depth)
{
    size_t count = 0, nodes = mcp_json_type(v) >= MCP_JSON_ARRAY ? 2 : 1;
    mcp_json e;
    DEMAND(depth <= 64);
    ask(v);
    for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e), count++) {
        mcp_str key = mcp_json_key(e);
        char pointer[100];
        DEMAND((key.ptr != NULL) == (mcp_json_type(v) == MCP_JSON_OBJECT));
        if (key.ptr) {
            mcp_json first = mcp_json_member(v, key.ptr, key.len);
            nodes++;
            DEMAND(key.ptr[key.len] == 0 && mcp_utf8_valid(key.ptr, key.len));
            if (count < 20) DEMAND(mcp_json_exists(first) && first.at <= e.at);
            if (count < 20 && step_of(pointer, sizeof pointer, key)) DEMAND(mcp_json_find(v, pointer).at == first.at);
        } else if (count < 20) {
            snprintf(pointer, sizeof pointer, "/%u", (unsigned)count);
            DEMAND(mcp_json_at(v, count).at == e.at && mcp_json_find(v, pointer).at == e.at);
        }
        nodes += walk(e, depth + 1);
    }
    DEMAND(count == mcp_json_count(v));
    DEMAND(!mcp_json_exists(mcp_json_at(v, count)));
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mcp_doc copied, inside, clone;
    char a[MCP_DOC_ERROR_SIZE], b[MCP_DOC_ERROR_SIZE];
    char *exact = (char *)malloc(size ? size : 1), *padded = (char *)malloc(size + MCP_JSON_PAD);
    memset(&copied, 0, sizeof copied);
    memset(&inside, 0, sizeof inside);
    memset(&clone, 0, sizeof clone);
    if (!exact || !padded) abort();
    if (size) {
        memcpy(exact, data, size);
        memcpy(padded, data, size);
    }
    mcp_json_parse(&copied, exact, size);
    mcp_json_parse_inplace(&inside, padded, size, size + MCP_JSON_PAD);
    DEMAND(!size || memcmp(exact, data, size) == 0);
    DEMAND(copied.error == inside.error && copied.error_at == inside.error_at && copied.error_at <= size);
    DEMAND(strcmp(mcp_doc_error(&copied, a, sizeof a), mcp_doc_error(&inside, b, sizeof b)) == 0);
    DEMAND(copied.num_nodes == inside.num_nodes);
    DEMAND((copied.error == MCP_OK) == mcp_json_exists(mcp_json_root(&copied)));
    if (copied.error == MCP_OK) {
        DEMAND(walk(mcp_json_root(&copied), 0) == copied.num_nodes);
        DEMAND(walk(mcp_json_root(&inside), 0) == inside.num_nodes);
        DEMAND(mcp_json_clone(&clone, mcp_json_root(&copied)) == MCP_OK);
        mcp_doc_free(&copied);
        DEMAND(walk(mcp_json_root(&clone), 0) == inside.num_nodes);
    }
    if (size && size < 100) {                       /* the same bytes as a pointer */
        char pointer[100];
        memcpy(pointer, data, size);
        pointer[size] = 0;
        DEMAND(mcp_json_parse(&copied, "{\"a\":[0,{\"b\":1}],\"\":2,\"~\":3,\"/\":4}", 34) == MCP_OK);
        mcp_json_find(mcp_json_root(&copied), pointer);
    }
    mcp_doc_free(&copied);
    mcp_doc_free(&inside);
    mcp_doc_free(&clone);
    free(exact);
    free(padded);
    return 0;
}

#include "fuzz_main.h"
