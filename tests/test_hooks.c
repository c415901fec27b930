/* What a host hangs into a server: refusals with codes of its own. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A host, and a client of some revision ------------------------------------------------------*/

static struct {
    test_heap heap;
    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *session;
    const char *revision;
    int (*act)(mcp_call *c);        /* what tool, resource, prompt and completion of the name "act" do */
    char reply[8192];
    size_t num_replies;
    int code;                       /* that the transport was told */
    mcp_ref ref;                    /* of the call that was deferred last */
    char log[512];
} host;

static int act(mcp_call *c) { return host.act(c); }

static const mcp_field text_arg[] = { MCP_ARG("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = { MCP_TOOL("act", act, 0, text_arg) };
static const mcp_resource resources[] = {
    MCP_RESOURCE("act://fixed", "fixed", act, 0, 0),
    MCP_RESOURCE_FULL("act://of/{text}", "of", act, 0, 0, 0, 0, 0, 0, act, 0, 0, 0, 0)
};
static const mcp_prompt prompts[] = { MCP_PROMPT_FULL("act", act, 0, text_arg, 0, act, 0, 0, 0) };

static void on_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    snprintf(host.log, sizeof host.log, "%s", message);
}

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    CHECK(user == &host);
    CHECK_UINT(7, stream);
    CHECK(last);
    CHECK_INT(code ? MCP_EMIT_ERROR : MCP_EMIT_RESULT, kind);
    if (len >= sizeof host.reply) len = sizeof host.reply - 1;
    memcpy(host.reply, bytes, len);
    host.reply[len] = 0;
    host.code = code;
    host.num_replies++;
    return true;
}

/* The usual desc; a case changes what it is about before it calls connect. */
static void begin(void)
{
    memset(&host, 0, sizeof host);
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.user = &host;
    host.desc.log = on_log;
}

static void end(void)
{
    mcp_session_close(host.session);
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
}

/* Delivers one message. Returns the reply; "" if none came. */
static const char *deliver(const char *text, int *status)
{
    mcp_delivery d;
    int got;
    memset(&d, 0, sizeof d);
    d.session = host.session;
    d.stream = 7;
    d.emit = on_emit;
    d.user = &host;
    d.bytes = text;
    d.len = strlen(text);
    host.reply[0] = 0;
    got = mcp_deliver(host.server, &d);
    if (status) *status = got;
    return host.reply;
}

static bool is_modern(void) { return !strcmp(host.revision, "2026-07-28"); }

/* A request with these members of params, and _meta where the revision wants it. */
static const char *request(int id, const char *method, const char *members, int *status)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s%s%s}}", id, method,
             members, is_modern() && *members ? "," : "",
             is_modern() ? "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                           "\"io.modelcontextprotocol/clientCapabilities\":{}}" : "");
    return deliver(text, status);
}

/* The handshake, up to 2025-11-25. */
static void shake_hands(void)
{
    char members[100];
    if (is_modern()) return;
    snprintf(members, sizeof members, "\"protocolVersion\":\"%s\"", host.revision);
    (void)request(0, "initialize", members, NULL);
}

/* A server and a session, which may lack memory. */
static bool open_session(const char *revision)
{
    host.revision = revision;
    host.server = mcp_server_create(&host.desc);
    host.session = host.server ? mcp_session_open(host.server) : NULL;
    return host.session != NULL;
}

static void connect(const char *revision)
{
    const bool opened = open_session(revision);
    CHECK(opened);
    if (opened) shake_hands();
}

static const char *const revisions[] = {
    "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"
};

/* Whatever reaches a function that the host wrote. */
static const struct {
    const char *method, *members;
} reached[] = {
    { "tools/call", "\"name\":\"act\",\"arguments\":{\"text\":\"t\"}" },
    { "resources/read", "\"uri\":\"act://fixed\"" },
    { "resources/read", "\"uri\":\"act://of/t\"" },
    { "prompts/get", "\"name\":\"act\",\"arguments\":{\"text\":\"t\"}" },
    { "completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"act\"},"
                             "\"argument\":{\"name\":\"text\",\"value\":\"\"}" }
};

#define TOOL_CALL "tools/call", "\"name\":\"act\""

/* What the reply to request 1 must be, if it is an error. */
static void check_refused(const char *error)
{
    char want[1024];
    snprintf(want, sizeof want, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":%s}", error);
    CHECK_STR(want, host.reply);
}

/*---- Refusals -----------------------------------------------------------------------------------*/

static int refuse(mcp_call *c) { return mcp_refuse(c, 4001, "no %s for \"%d\"", "room", 7); }
static int refuse_plainly(mcp_call *c) { return mcp_refuse_data(c, -32602, "100%", NULL); }

static int refuse_with_data(mcp_call *c)
{
    return mcp_refuse_data(c, -1, "later", "{'after_ms': %d, 'why': [%s, null]}", 250, "a\"b");
}

/* In each scene and revision; what was written before is gone. */
static void refusals(void)
{
    size_t i, k;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        connect(revisions[i]);
        for (k = 0; k < MCP_COUNT(reached); k++) {
            NOTE("%s %s", revisions[i], reached[k].method);
            if (i == 0 && k == 4) continue;     /* no completion yet */
            host.act = refuse;
            (void)request(1, reached[k].method, reached[k].members, NULL);
            check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
            CHECK_INT(4001, host.code);
            host.act = refuse_plainly;
            (void)request(1, reached[k].method, reached[k].members, NULL);
            check_refused("{\"code\":-32602,\"message\":\"100%\"}");
            host.act = refuse_with_data;
            (void)request(1, reached[k].method, reached[k].members, NULL);
            check_refused("{\"code\":-1,\"message\":\"later\",\"data\":{\"after_ms\":250,\"why\":[\"a\\\"b\",null]}}");
            CHECK_INT(-1, host.code);
        }
        end();
    }
}

static int refuse_late(mcp_call *c)
{
    (void)mcp_text(c, "dropped");
    (void)mcp_data(c, "{'dropped': true}");
    (void)mcp_refuse(c, 5, "%s", "first");
    return mcp_refuse(c, 6, "%s", "second");
}
static int refuse_then_fail(mcp_call *c)
{
    (void)mcp_refuse(c, 5, "%s", "first");
    return mcp_fail(c, "%s", "after all");
}
static int fail_then_refuse(mcp_call *c)
{
    (void)mcp_fail(c, "%s", "first");
    return mcp_refuse(c, 6, "%s", "after all");
}
static int refuse_and_return_ok(mcp_call *c) { (void)mcp_refuse(c, 5, "%s", "no"); return MCP_OK; }
static int refuse_then_write(mcp_call *c) { (void)mcp_refuse(c, 5, "%s", "no"); return mcp_text(c, "yes"); }
static int refuse_without_code(mcp_call *c) { return mcp_refuse(c, 0, "%s", "no"); }
static int refuse_without_code_but_data(mcp_call *c) { return mcp_refuse_data(c, 0, "no", "{}"); }
static int refuse_with_bad_template(mcp_call *c) { return mcp_refuse_data(c, 5, "no", "{'n': %d", 1); }
static int refuse_at_length(mcp_call *c) { return mcp_refuse(c, 5, "%5000000d", 1); }

/* The last word counts; what is misused becomes an internal error that says so. */
static void refusals_among_other_verdicts(void)
{
    static const char internal[] = "{\"code\":-32603,\"message\":\"%s\"}";
    char want[200];
    begin();
    connect("2025-11-25");
    host.act = refuse_late;
    (void)request(1, TOOL_CALL, NULL);
    check_refused("{\"code\":6,\"message\":\"second\"}");
    host.act = fail_then_refuse;
    (void)request(1, TOOL_CALL, NULL);
    check_refused("{\"code\":6,\"message\":\"after all\"}");
    host.act = refuse_and_return_ok;
    (void)request(1, TOOL_CALL, NULL);
    check_refused("{\"code\":5,\"message\":\"no\"}");
    host.act = refuse_then_fail;
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"after all\"}],"
              "\"isError\":true}}", request(1, TOOL_CALL, NULL));
    snprintf(want, sizeof want, internal, mcp_strerror(MCP_E_MISUSE));
    host.act = refuse_then_write;
    (void)request(1, TOOL_CALL, NULL);
    check_refused(want);
    host.act = refuse_without_code;
    (void)request(1, TOOL_CALL, NULL);
    check_refused(want);
    host.act = refuse_without_code_but_data;
    (void)request(1, TOOL_CALL, NULL);
    check_refused(want);
    snprintf(want, sizeof want, internal, mcp_strerror(MCP_E_TEMPLATE));
    host.act = refuse_with_bad_template;
    (void)request(1, TOOL_CALL, NULL);
    check_refused(want);
    host.act = refuse_at_length;
    (void)request(1, TOOL_CALL, NULL);
    check_refused("{\"code\":-32603,\"message\":\"the reply is longer than mcp_server_desc.max_reply allows\"}");
    host.act = refuse;
    (void)request(1, TOOL_CALL, NULL);
    check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
    end();
}

static int defer(mcp_call *c) { return mcp_defer(c, &host.ref); }

static void refused_later(void)
{
    int status;
    mcp_call *c;
    begin();
    connect("2026-07-28");
    host.act = defer;
    CHECK_STR("", request(1, TOOL_CALL, &status));
    CHECK_STATUS(MCP_WAIT, status);
    c = mcp_resume(host.server, host.ref);
    CHECK(c != NULL);
    if (c) mcp_finish(c, refuse(c));
    check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
    end();
}

/*---- Memory -------------------------------------------------------------------------------------*/

/* All of it with each allocation failing, once and for ever: right, or an error, and the next round works. */
static void fail_allocations(const char *revision, void (*play)(void), bool forever)
{
    size_t n;
    for (n = 1; n < 1000; n++) {
        size_t calls;
        begin();
        host.heap.fail_at = n;
        host.heap.forever = forever;
        if (open_session(revision)) {
            shake_hands();
            play();
        }
        calls = host.heap.calls;
        host.heap.fail_at = 0;
        NOTE("allocation %lu%s", (unsigned long)n, forever ? " and all after it" : "");
        if (host.session) {
            shake_hands();
            host.act = refuse;
            (void)request(1, TOOL_CALL, NULL);
            check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
        }
        end();
        if (calls < n || test_state.failures) break;
    }
    CHECK(n > 3 && n < 1000);
}

static void play_refusals(void)
{
    host.act = refuse;
    (void)request(1, TOOL_CALL, NULL);
    host.act = refuse_with_data;
    (void)request(1, TOOL_CALL, NULL);
}

static void every_allocation_fails(void)
{
    fail_allocations("2026-07-28", play_refusals, false);
    fail_allocations("2026-07-28", play_refusals, true);
    fail_allocations("2025-11-25", play_refusals, false);
}

int main(void)
{
    TEST(refusals);
    TEST(refusals_among_other_verdicts);
    TEST(refused_later);
    TEST(every_allocation_fails);
    return test_end();
}
