/* fuzz_wire.c - hostile bytes as the input of a server: lines, as on standard input, each delivered as a message.
   Whatever comes, at most one reply leaves for each, it is JSON, and the next message is served. tests/fuzz.sh
   runs it, seeded with tests/wire. */

#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/server.h"

static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}
#define MUST(what) must(what, #what)

/*---- The echo tool of the seeds, with fields of every kind; its resources and prompts are those of the seeds ----*/

struct form {
    const char *text, *size;
    int8_t count;
    int64_t n;
    double price;
    float half;
    bool on;
};

static const mcp_field form_rows[] = {
    MCP_BIND(struct form, text, MCP_STRING | MCP_REQUIRED, "What to say back"),
    MCP_BIND_FIELD(struct form, size, MCP_STRING, 0, "small|large", "small", 0, 0),
    MCP_BIND_FIELD(struct form, count, MCP_INTEGER, 0, 0, "1", "-5", "100"),
    MCP_BIND(struct form, n, MCP_INTEGER, 0),
    MCP_BIND_FIELD(struct form, price, MCP_NUMBER, 0, 0, "2.5", "0", "1e300"),
    MCP_BIND(struct form, half, MCP_NUMBER, 0),
    MCP_BIND_FIELD(struct form, on, MCP_BOOLEAN, 0, 0, "true", 0, 0),
    MCP_FIELD("tags", MCP_STRING | MCP_LIST, 0, "a|b", 0, "1", "3"),
    MCP_FIELD("other", MCP_STRING | MCP_ALLOW_NUL, 0, 0, 0, 0, "9"),
    MCP_END
};

static int fill(mcp_call *c)
{
    const struct form *in = (const struct form *)mcp_args_struct(c);
    MUST(in && in->text && in->size && in->count >= -5 && in->count <= 100 && in->price >= 0);
    MUST(!strcmp(in->size, "small") || !strcmp(in->size, "large"));
    MUST(mcp_json_count(mcp_json_get(mcp_args(c), "tags")) <= 3);
    (void)mcp_image(c, in->text, strlen(in->text), "image/png");
    (void)mcp_link(c, in->text, "a", in->size);
    (void)mcp_audio(c, in, sizeof in->count, in->size);
    return in->on ? mcp_data_struct(c, in) : mcp_data(c, "{'text': %s, 'n': %g}", in->text, in->price);
}

static const mcp_tool tools[] = {
    MCP_TOOL_FULL("echo", fill, 0, form_rows, form_rows, MCP_READ_ONLY, "Echo", 0, 0, 0, 0)
};

/*---- A server that must survive ----*/

static int replies;

static void check_response(mcp_json response, int kind, int code)
{
    MUST((kind == MCP_EMIT_ERROR) == mcp_json_exists(mcp_json_get(response, "error")));
    MUST((kind == MCP_EMIT_RESULT) == mcp_json_exists(mcp_json_get(response, "result")));
    MUST(mcp_json_int(mcp_json_get(response, "error"), "code", 0) == code);
}

/* The replies to a batch: results and errors, and that together is a result. */
static void check_batch(mcp_json batch, int kind, int code)
{
    mcp_json v;
    MUST(kind == MCP_EMIT_RESULT && code == 0 && mcp_json_count(batch));
    for (v = mcp_json_first(batch); mcp_json_exists(v); v = mcp_json_next(v)) {
        const bool failed = mcp_json_exists(mcp_json_get(v, "error"));
        check_response(v, failed ? MCP_EMIT_ERROR : MCP_EMIT_RESULT,
                       (int)mcp_json_int(mcp_json_get(v, "error"), "code", 0));
    }
}

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    mcp_doc doc = { 0 };
    (void)user, (void)stream;
    replies++;
    MUST(last && !memchr(bytes, '\n', len));
    MUST(mcp_json_parse(&doc, bytes, len) == MCP_OK);
    if (*bytes == '[') check_batch(mcp_json_root(&doc), kind, code);
    else check_response(mcp_json_root(&doc), kind, code);
    mcp_doc_free(&doc);
    return true;
}

/* Delivers a message from memory that ends with it. */
static void deliver(mcp_server *server, mcp_session *session, const char *bytes, size_t len)
{
    mcp_delivery d = { 0 };
    char *exact = (char *)malloc(len ? len : 1);
    memcpy(exact, bytes, len);
    d.session = session;
    d.emit = on_emit;
    d.bytes = exact;
    d.len = len;
    replies = 0;
    MUST(mcp_deliver(server, &d) != MCP_E_NOMEM);
    MUST(replies <= 1);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    const char *at = (const char *)data, *end = at + size;
    static wire_state state;
    mcp_server_desc d = { 0 };
    mcp_server *server;
    mcp_session *session;

    memset(&state, 0, sizeof state);
    d.user = &state;
    d.name = "echo"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.resources = wire_resources; d.num_resources = MCP_COUNT(wire_resources);
    d.prompts = wire_prompts; d.num_prompts = MCP_COUNT(wire_prompts);
    d.max_reply = 1 << 16;
    server = mcp_server_create(&d);
    session = mcp_session_open(server);
    while (at < end) {
        const char *stop = (const char *)memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        deliver(server, session, at, (size_t)(stop - at));
        at = stop < end ? stop + 1 : end;
    }
    deliver(server, session, ping, sizeof ping - 1);
    MUST(replies == 1);
    mcp_session_close(session);
    mcp_server_destroy(server);
    return 0;
}

#include "fuzz_main.h"
