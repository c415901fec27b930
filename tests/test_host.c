/* What a host hangs into a server: refusals with codes of its own, methods and notifications of its own, hooks
   around every request, and the trace that requests belong to. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"

/*---- A host, and a client of some revision ------------------------------------------------------*/

static struct {
    const char *revision;           /* of the client */
    char reply[20000];              /* the last */
    int code;                       /* that the transport was told with it */
    size_t num_requests, num_replies;
    bool full;                      /* emit takes nothing */
    int (*before)(mcp_call *c);     /* what the hooks do besides */
    void (*after)(mcp_call *c);
    mcp_ref ref;                    /* of the call that was deferred last */
} peer;

static const mcp_tool tools[] = { MCP_TOOL("act", host_act, 0, host_args) };
static const mcp_resource resources[] = {
    MCP_RESOURCE("act://fixed", "fixed", host_act, 0, 0),
    MCP_RESOURCE_FULL("act://of/{text}", "of", host_act, 0, 0, 0, 0, 0, 0, host_act, 0, 0, 0, 0)
};
static const mcp_field number_arg[] = {
    MCP_NEED("n", MCP_INTEGER, 0), MCP_DEFAULT("by", MCP_INTEGER, "2", 0), MCP_END
};

struct sum {
    int64_t sum;
    const char *text;
};
static const mcp_field sum_result[] = {
    MCP_BIND(struct sum, sum, MCP_INTEGER | MCP_REQUIRED, 0), MCP_BIND(struct sum, text, MCP_STRING, 0), MCP_END
};

static int twice(mcp_call *c)
{
    return mcp_data(c, "{'n': %lld, 'user': %s, 'members': %d}",
                    (long long)(mcp_arg_int(c, "n", 0) * mcp_arg_int(c, "by", 0)), (const char *)mcp_user(c),
                    mcp_json_type(mcp_params(c)) == MCP_JSON_OBJECT);
}
static int sum(mcp_call *c)
{
    struct sum s = { 0, "" };
    s.sum = mcp_json_int(mcp_args(c), "a", 0) + mcp_json_int(mcp_args(c), "b", 0);
    return mcp_data_struct(c, &s);
}
static char twice_user[] = "mine";
static const mcp_method methods[] = {
    MCP_METHOD("act", host_act, 0),
    MCP_METHOD_FULL("acme/twice", twice, number_arg, 0, 0, twice_user),
    MCP_METHOD_FULL("acme/sum", sum, 0, sum_result, 0, 0),
    MCP_METHOD_FULL("acme/modern", host_act, 0, 0, MCP_2026_07_28, 0),
    MCP_METHOD_FULL("acme/some", host_act, 0, 0, MCP_2024_11_05 | MCP_2025_06_18, 0)
};
static const mcp_prompt prompts[] = { MCP_PROMPT_FULL("act", host_act, 0, host_args, 0, host_act, 0, 0, 0) };

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    if (peer.full) return false;
    CHECK(user == &host);
    CHECK_UINT(7, stream);
    CHECK(last);
    CHECK_INT(code ? MCP_EMIT_ERROR : MCP_EMIT_RESULT, kind);
    if (len >= sizeof peer.reply) len = sizeof peer.reply - 1;
    memcpy(peer.reply, bytes, len);
    peer.reply[len] = 0;
    peer.code = code;
    peer.num_replies++;
    return true;
}

/* The usual desc; a case changes what it is about before it calls connect. */
static void begin(void)
{
    host_begin();
    memset(&peer, 0, sizeof peer);
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.desc.methods = methods;
    host.desc.num_methods = MCP_COUNT(methods);
}

static void end(void)
{
    mcp_session_close(host.a);
    host_end();
}

/* Delivers one message. Returns the reply; "" if none came. */
static const char *deliver_text(const char *text, int *status)
{
    mcp_delivery d;
    int got;
    memset(&d, 0, sizeof d);
    d.session = host.a;
    d.stream = 7;
    d.emit = on_emit;
    d.user = &host;
    d.bytes = text;
    d.len = strlen(text);
    peer.reply[0] = 0;
    got = mcp_deliver(host.server, &d);
    if (status) *status = got;
    return peer.reply;
}

static bool is_modern(void) { return !strcmp(peer.revision, "2026-07-28"); }

/* A request with these members of params, and _meta where the revision wants it. */
static const char *request(int id, const char *method, const char *members, int *status)
{
    char text[2048];
    peer.num_requests++;
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s%s%s}}", id, method,
             members, is_modern() && *members ? "," : "",
             is_modern() ? "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                           "\"io.modelcontextprotocol/clientCapabilities\":{}}" : "");
    return deliver_text(text, status);
}

/* The handshake, up to 2025-11-25. */
static void shake_hands(void)
{
    char members[100];
    if (is_modern()) return;
    snprintf(members, sizeof members, "\"protocolVersion\":\"%s\"", peer.revision);
    (void)request(0, "initialize", members, NULL);
}

/* A server and a session, which may lack memory. */
static bool open_session(const char *revision)
{
    peer.revision = revision;
    host.server = mcp_server_create(&host.desc);
    host.a = host.server ? mcp_session_open(host.server) : NULL;
    return host.a != NULL;
}

static void connect(const char *revision)
{
    const bool opened = open_session(revision);
    CHECK(opened);
    if (opened) shake_hands();
}

/* Whatever reaches a function that the host wrote. */
static const struct {
    const char *method, *members;
} reached[] = {
    { "tools/call", "\"name\":\"act\",\"arguments\":{\"text\":\"t\"}" },
    { "resources/read", "\"uri\":\"act://fixed\"" },
    { "resources/read", "\"uri\":\"act://of/t\"" },
    { "prompts/get", "\"name\":\"act\",\"arguments\":{\"text\":\"t\"}" },
    { "completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"act\"},"
                             "\"argument\":{\"name\":\"text\",\"value\":\"\"}" },
    { "act", "\"any\":1" }
};

#define TOOL_CALL "tools/call", "\"name\":\"act\""

/* What the reply to request 1 must be, if it is an error. */
static void check_refused(const char *error)
{
    char want[1024];
    snprintf(want, sizeof want, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":%s}", error);
    CHECK_STR(want, peer.reply);
}

/* what: in front of the status, or NULL. */
static void check_internal(const char *what, int status)
{
    char want[300];
    snprintf(want, sizeof want, "{\"code\":-32603,\"message\":\"%s%s%s\"}", what ? what : "", what ? ": " : "",
             mcp_strerror(status));
    check_refused(want);
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
            CHECK_INT(4001, peer.code);
            host.act = refuse_plainly;
            (void)request(1, reached[k].method, reached[k].members, NULL);
            check_refused("{\"code\":-32602,\"message\":\"100%\"}");
            host.act = refuse_with_data;
            (void)request(1, reached[k].method, reached[k].members, NULL);
            check_refused("{\"code\":-1,\"message\":\"later\",\"data\":{\"after_ms\":250,\"why\":[\"a\\\"b\",null]}}");
            CHECK_INT(-1, peer.code);
        }
        host_end();
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
    host.act = refuse_then_write;
    (void)request(1, TOOL_CALL, NULL);
    check_internal("content after a failure", MCP_E_MISUSE);
    host.act = refuse_without_code;
    (void)request(1, TOOL_CALL, NULL);
    check_internal("mcp_refuse without a code", MCP_E_MISUSE);
    host.act = refuse_without_code_but_data;
    (void)request(1, TOOL_CALL, NULL);
    check_internal("mcp_refuse without a code", MCP_E_MISUSE);
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
    host_end();
}

static int defer(mcp_call *c) { return mcp_defer(c, &peer.ref); }

static void refused_later(void)
{
    int status;
    mcp_call *c;
    begin();
    connect("2026-07-28");
    host.act = defer;
    CHECK_STR("", request(1, TOOL_CALL, &status));
    CHECK_STATUS(MCP_WAIT, status);
    c = mcp_resume(host.server, peer.ref);
    CHECK(c != NULL);
    if (c) mcp_finish(c, refuse(c));
    check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
    host_end();
}

/*---- Methods of its own -------------------------------------------------------------------------*/

/* What the reply to request 1 must be, if it is a result of these members. */
static void check_result(const char *members)
{
    char want[1024];
    snprintf(want, sizeof want, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{%s%s%s}}", members,
             is_modern() && *members ? "," : "",
             is_modern() ? "\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
                           "{\"name\":\"s\",\"version\":\"1\"}}" : "");
    CHECK_STR(want, peer.reply);
    CHECK_INT(0, peer.code);
}

static int nothing(mcp_call *c) { (void)c; return MCP_OK; }
static int long_text(mcp_call *c) { return mcp_textf(c, "%300d", 1); }
static int long_failure(mcp_call *c) { return mcp_fail(c, "%300d", 1); }
static int empty_object(mcp_call *c) { return mcp_data(c, "{}"); }
static int an_object(mcp_call *c) { return mcp_data(c, "{'a': %s, 'b': [%d, {}]}", "x\"y", 1); }
static int not_an_object(mcp_call *c) { return mcp_data(c, "[%d]", 1); }
static int two_objects(mcp_call *c) { (void)mcp_data(c, "{}"); return mcp_data(c, "{}"); }
static int some_text(mcp_call *c) { return mcp_text(c, "t"); }
static int a_blob(mcp_call *c) { return mcp_blob(c, "b", 1); }
static int an_image(mcp_call *c) { return mcp_image(c, "b", 1, "image/png"); }
static int a_suggestion(mcp_call *c) { return mcp_suggest(c, "v"); }
static int a_failure(mcp_call *c) { (void)mcp_data(c, "{}"); return mcp_fail(c, "no %s", "luck"); }
static int a_failure_without_reason(mcp_call *c) { (void)c; return MCP_E_TOOL; }
static int a_status(mcp_call *c) { (void)c; return MCP_E_IO; }
static int unbound_struct(mcp_call *c) { return mcp_data_struct(c, ""); }

static int only_meta(mcp_call *c) { return mcp_meta(c, "com.example/took", "{'ms': %d}", 7); }
static int meta_and_members(mcp_call *c) { (void)only_meta(c); return mcp_data(c, "{'a': %d}", 1); }

/* mcp_meta adds to the result of a method as to any other. */
static void meta_of_methods(void)
{
    static const char own[] = "\"com.example/took\":{\"ms\":7}";
    static const char modern[] = "\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
                                 "{\"name\":\"s\",\"version\":\"1\"},";
    char want[400];
    size_t i, k;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        connect(revisions[i]);
        NOTE("%s", revisions[i]);
        for (k = 0; k < 2; k++) {
            host.act = k ? meta_and_members : only_meta;
            (void)request(1, "act", "", NULL);
            snprintf(want, sizeof want, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{%s%s%s}}}", k ? "\"a\":1," : "",
                     is_modern() ? modern : "\"_meta\":{", own);
            CHECK_STR(want, peer.reply);
        }
        host_end();
    }
}

static void results_of_methods(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        connect(revisions[i]);
        NOTE("%s", revisions[i]);
        host.act = nothing;
        (void)request(1, "act", "", NULL);
        check_result("");
        host.act = empty_object;
        (void)request(1, "act", "", NULL);
        check_result("");
        host.act = an_object;
        (void)request(1, "act", "\"x\":{}", NULL);
        check_result("\"a\":\"x\\\"y\",\"b\":[1,{}]");
        (void)request(1, "acme/twice", "\"n\":21", NULL);
        check_result("\"n\":42,\"user\":\"mine\",\"members\":1");
        (void)request(1, "acme/twice", "\"n\":7,\"by\":-1", NULL);
        check_result("\"n\":-7,\"user\":\"mine\",\"members\":1");
        (void)request(1, "acme/sum", "\"a\":40,\"b\":2", NULL);
        check_result("\"sum\":42,\"text\":\"\"");
        host_end();
    }
}

/* What fits no method becomes an error, and says so. */
static void failures_of_methods(void)
{
    static const struct {
        int (*act)(mcp_call *c);
        const char *what;
    } misuses[] = {
        { not_an_object, "mcp_data without an object" }, { two_objects, "mcp_data twice" },
        { some_text, "content where there is none" }, { a_blob, "mcp_blob" },
        { an_image, "content where there is none" }, { a_suggestion, "mcp_suggest" },
        { unbound_struct, "mcp_data_struct" }
    };
    size_t i;
    begin();
    connect("2026-07-28");
    for (i = 0; i < MCP_COUNT(misuses); i++) {
        NOTE("%lu", (unsigned long)i);
        host.act = misuses[i].act;
        (void)request(1, "act", "", NULL);
        check_internal(misuses[i].what, MCP_E_MISUSE);
    }
    host.act = a_status;
    (void)request(1, "act", "", NULL);
    check_internal(NULL, MCP_E_IO);
    host.act = a_failure_without_reason;
    (void)request(1, "act", "", NULL);
    check_refused("{\"code\":-32603,\"message\":\"the handler failed without a reason: see mcp_fail\"}");
    host.act = a_failure;
    (void)request(1, "act", "", NULL);
    check_refused("{\"code\":-32603,\"message\":\"no luck\"}");
    (void)request(1, "acme/twice", "\"n\":\"x\"", NULL);
    check_refused("{\"code\":-32602,\"message\":\"argument 'n': expected an integer of at most 64 bits, got 'x'\"}");
    (void)request(1, "acme/twice", "", NULL);
    check_refused("{\"code\":-32602,\"message\":\"argument 'n': expected an integer of at most 64 bits, "
                  "got nothing\"}");
    (void)request(1, "acme/sum2", "", NULL);
    check_refused("{\"code\":-32601,\"message\":\"Method not found\"}");
    (void)request(1, "act\\u0000", "", NULL);
    check_refused("{\"code\":-32601,\"message\":\"Method not found\"}");
    host_end();
}

/* Each in its revisions, and none before the handshake. */
static void revisions_of_methods(void)
{
    static const char missing[] = "{\"code\":-32601,\"message\":\"Method not found\"}";
    size_t i;
    begin();
    host.act = nothing;
    CHECK(open_session("2025-11-25"));
    (void)request(1, "act", "", NULL);
    check_refused("{\"code\":-32602,\"message\":\"send initialize first, or name the revision in params._meta: "
                  "io.modelcontextprotocol/protocolVersion\"}");
    host_end();
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        connect(revisions[i]);
        NOTE("%s", revisions[i]);
        host.act = nothing;
        (void)request(1, "acme/modern", "", NULL);
        if (i == 4) check_result("");
        else check_refused(missing);
        (void)request(1, "acme/some", "", NULL);
        if (i == 0 || i == 2) check_result("");
        else check_refused(missing);
        host_end();
    }
}

static void deferred_methods(void)
{
    size_t i;
    for (i = 3; i < MCP_COUNT(revisions); i++) {
        mcp_call *c;
        int status;
        begin();
        connect(revisions[i]);
        host.act = defer;
        CHECK_STR("", request(1, "act", "\"x\":5", &status));
        CHECK_STATUS(MCP_WAIT, status);
        host.act = nothing;
        (void)request(2, "act", "", NULL);
        c = mcp_resume(host.server, peer.ref);
        CHECK(c != NULL);
        if (c) mcp_finish(c, mcp_data(c, "{'x': %d}", (int)mcp_json_int(mcp_params(c), "x", 0)));
        check_result("\"x\":5");
        host_end();
    }
}

/* A table of these is refused, with a reason. */
static void check_wrong_methods(const mcp_method *rows, size_t count, const char *why)
{
    begin();
    host.desc.methods = rows;
    host.desc.num_methods = count;
    host.server = mcp_server_create(&host.desc);
    CHECK(!host.server);
    CHECK_STR(why, host.log);
    host_end();
}

static void methods_that_are_wrong(void)
{
    static const char *const reserved[] = {
        "initialize", "ping", "tools/call", "tools/mine", "resources/subscribe", "prompts/x",
        "completion/complete", "logging/setLevel", "tasks/get", "server/discover", "subscriptions/listen", "roots/list",
        "sampling/createMessage", "elicitation/create", "notifications/initialized", "rpc.x"
    };
    static const mcp_method no_name[] = { MCP_METHOD(0, host_act, 0) }, empty_name[] = { MCP_METHOD("", host_act, 0) };
    static const mcp_method no_fn[] = { MCP_METHOD("a", 0, 0) };
    static const mcp_method twice_there[] = { MCP_METHOD("a", host_act, 0), MCP_METHOD("a", host_act, 0) };
    static const char bad_type[] =
        "mcp_method 'a': field 'x': has a type that is none of MCP_STRING, MCP_INTEGER, ...";
    static const mcp_field bad_field[] = { MCP_ARG("x", 99, 0), MCP_END };
    static const mcp_method bad_args[] = { MCP_METHOD("a", host_act, bad_field) };
    static const mcp_method bad_result[] = { MCP_METHOD_FULL("a", host_act, 0, bad_field, 0, 0) };
    static const mcp_method close_names[] = { MCP_METHOD("pings", host_act, 0), MCP_METHOD("tools", host_act, 0),
                                              MCP_METHOD("rpc", host_act, 0) };
    size_t i;
    for (i = 0; i < MCP_COUNT(reserved); i++) {
        char why[200];
        mcp_method row;
        memset(&row, 0, sizeof row);
        row.name = reserved[i];
        row.fn = host_act;
        snprintf(why, sizeof why, "mcp_method '%s': name is the protocol's: take a prefix of your own",
                 reserved[i]);
        check_wrong_methods(&row, 1, why);
    }
    check_wrong_methods(no_name, 1, "mcp_method '': name is empty");
    check_wrong_methods(empty_name, 1, "mcp_method '': name is empty");
    check_wrong_methods(no_fn, 1, "mcp_method 'a': fn is NULL");
    check_wrong_methods(twice_there, 2, "mcp_method 'a': name is taken by an earlier row");
    check_wrong_methods(bad_args, 1, bad_type);
    check_wrong_methods(bad_result, 1, bad_type);
    begin();
    host.desc.methods = close_names;
    host.desc.num_methods = MCP_COUNT(close_names);
    connect("2026-07-28");
    host.act = nothing;
    (void)request(1, "tools", "", NULL);
    check_result("");
    host_end();
}

/*---- Notifications of its own -------------------------------------------------------------------*/

/* "METHOD(x) " for each, where x is a member of params. */
static void on_notification(void *user, mcp_session *session, const char *method, mcp_json params)
{
    CHECK(user == &host);
    CHECK(session == host.a);
    test_hear("%s(%d) ", method, mcp_json_exists(params) ? (int)mcp_json_int(params, "x", 0) : -1);
}

static void close_session(void *user, mcp_session *session, const char *method, mcp_json params)
{
    (void)user, (void)params;
    host.a = NULL;
    mcp_session_close(session);
    test_hear("%s", method);
}

#define NOTIFY(method, more) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\"" more "}"

static void notifications(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        host.desc.on_notification = on_notification;
        connect(revisions[i]);
        NOTE("%s", revisions[i]);
        peer.num_replies = 0;
        (void)deliver_text(NOTIFY("notifications/initialized", ""), NULL);
        (void)deliver_text(NOTIFY("acme/tick", ",\"params\":{\"x\":7}"), NULL);
        (void)deliver_text(NOTIFY("", ",\"params\":{}"), NULL);
        CHECK_HEARD("notifications/initialized(-1) acme/tick(7) (0) ");
        /* What is ours, what has params of no use, and what is no C string, stays here. */
        (void)test_heard();
        (void)deliver_text(NOTIFY("notifications/cancelled", ",\"params\":{\"requestId\":1}"), NULL);
        (void)deliver_text(NOTIFY("acme/tick", ",\"params\":[7]"), NULL);
        (void)deliver_text(NOTIFY("acme/tick", ",\"params\":null"), NULL);
        (void)deliver_text(NOTIFY("acme/tick\\u0000", ""), NULL);
        CHECK_HEARD("");
        CHECK_UINT(0, peer.num_replies);
        host_end();
    }
}

/* A transport without sessions, and a session that ends with its notification. */
static void notifications_and_sessions(void)
{
    begin();
    host.desc.on_notification = on_notification;
    host.server = mcp_server_create(&host.desc);
    (void)deliver_text(NOTIFY("acme/tick", ""), NULL);
    CHECK_HEARD("acme/tick(-1) ");
    host_end();
    begin();
    host.desc.on_notification = close_session;
    connect("2025-11-25");
    CHECK(mcp_session_feed(host.a, NOTIFY("acme/tick", "") "\n", strlen(NOTIFY("acme/tick", "")) + 1) > 0);
    CHECK_HEARD("acme/tick");
    host_end();
}

/*---- Hooks around every request -----------------------------------------------------------------*/

/* "METHOD NAME?" */
static int on_before(void *user, mcp_call *c)
{
    CHECK(user == &host);
    CHECK_INT(0, mcp_call_code(c));
    CHECK(mcp_call_server(c) == host.server);
    test_hear("%s %s? ", mcp_call_method(c), mcp_call_name(c));
    return peer.before ? peer.before(c) : (int)MCP_OK;
}

/* "METHOD NAME=STATUS/CODE@MILLISECONDS" */
static void on_after(void *user, mcp_call *c, int status, uint64_t duration_ms)
{
    CHECK(user == &host);
    test_hear("%s %s=%d/%d@%lu ", mcp_call_method(c), mcp_call_name(c), status, mcp_call_code(c),
              (unsigned long)duration_ms);
    if (peer.after) peer.after(c);
}

static void begin_hooked(void)
{
    begin();
    host.desc.before = on_before;
    host.desc.after = on_after;
}

static int five_ms(mcp_call *c) { (void)c; host.now += 5; return MCP_OK; }
static int text_after_ms(mcp_call *c) { host.now += 3; return mcp_text(c, "t"); }

/* Each request: when it is known what it is about, and when it is over. */
static void hooks_of_each_request(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin_hooked();
        connect(revisions[i]);
        NOTE("%s", revisions[i]);
        if (!is_modern()) CHECK_HEARD("initialize ? initialize =0/0@0 ");
        host.act = text_after_ms;
        peer.before = five_ms;
        (void)request(1, TOOL_CALL, NULL);
        CHECK_HEARD("tools/call act? tools/call act=0/0@8 ");
        (void)request(1, "resources/read", "\"uri\":\"act://fixed\"", NULL);
        CHECK_HEARD("resources/read act://fixed? resources/read act://fixed=0/0@8 ");
        (void)request(1, "resources/read", "\"uri\":\"act://of/x\"", NULL);
        CHECK_HEARD("resources/read act://of/x? resources/read act://of/x=0/0@8 ");
        (void)request(1, "prompts/get", "\"name\":\"act\"", NULL);
        CHECK_HEARD("prompts/get act? prompts/get act=0/0@8 ");
        host.act = nothing;
        if (i > 0) {
            (void)request(1, reached[4].method, reached[4].members, NULL);
            CHECK_HEARD("completion/complete act? completion/complete act=0/0@5 ");
        }
        (void)request(1, "act", "\"name\":\"not told\"", NULL);
        CHECK_HEARD("act ? act =0/0@5 ");
        (void)request(1, "tools/list", "", NULL);
        CHECK_HEARD("tools/list ? tools/list =0/0@5 ");
        (void)request(1, "resources/list", "", NULL);
        CHECK_HEARD("resources/list ? resources/list =0/0@5 ");
        if (is_modern()) {
            (void)request(1, "server/discover", "", NULL);
            CHECK_HEARD("server/discover ? server/discover =0/0@5 ");
        } else {
            (void)request(1, "ping", "", NULL);
            CHECK_HEARD("ping ? ping =0/0@5 ");
        }
        host_end();
        CHECK_HEARD("");
    }
}

static int fails(mcp_call *c) { return mcp_fail(c, "%s", "no"); }

/* How it ended, also where before was never asked. */
static void hooks_of_failures(void)
{
    char text[400];
    begin_hooked();
    connect("2025-11-25");
    CHECK_HEARD("initialize ? initialize =0/0@0 ");
    host.act = fails;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-12/0@0 ");
    (void)request(1, "act", "", NULL);
    CHECK_HEARD("act ? act =-12/-32603@0 ");
    host.act = refuse;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-12/4001@0 ");
    host.act = a_status;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-11/-32603@0 ");
    host.act = refuse_at_length;        /* longer than max_reply */
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-6/-32603@0 ");
    (void)request(1, "tools/call", "\"name\":\"act\",\"arguments\":{\"text\":1}", NULL);
    CHECK_HEARD("tools/call act? tools/call act=-15/0@0 ");
    (void)request(1, "prompts/get", "\"name\":\"act\",\"arguments\":{\"text\":1}", NULL);
    CHECK_HEARD("prompts/get act? prompts/get act=-15/-32602@0 ");
    (void)request(1, "tools/call", "\"name\":\"other\"", NULL);
    CHECK_HEARD("tools/call other=-15/-32602@0 ");
    (void)request(1, "tools/call", "\"name\":7", NULL);
    CHECK_HEARD("tools/call =-15/-32602@0 ");
    (void)request(1, "resources/read", "\"uri\":\"none://\"", NULL);
    CHECK_HEARD("resources/read none://=-15/-32002@0 ");
    (void)request(1, "completion/complete", "", NULL);
    CHECK_HEARD("completion/complete =-15/-32602@0 ");
    (void)request(1, "no/such", "\"name\":\"act\"", NULL);
    CHECK_HEARD("no/such =-15/-32601@0 ");
    (void)request(1, "tools/list\\u0000", "", NULL);
    CHECK_HEARD(" =-15/-32601@0 ");
    (void)request(1, "tools/list", "\"cursor\":1", NULL);
    CHECK_HEARD("tools/list ? tools/list =-15/-32602@0 ");
    /* Nothing of the request before it is told again. */
    (void)request(1, TOOL_CALL, NULL);
    (void)test_heard();
    (void)deliver_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":[]}", NULL);
    CHECK_HEARD("tools/call =-15/-32602@0 ");
    /* No request. */
    (void)deliver_text("{", NULL);
    (void)deliver_text("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", NULL);
    (void)deliver_text("{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\"}", NULL);
    (void)deliver_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL);
    CHECK_HEARD("");
    snprintf(text, sizeof text, "%s", request(1, "ping", "", NULL));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", text);
    host_end();
}

/* What a limit of its tool kept from being served, or sent, is no success. */
static void hooks_of_limits(void)
{
    static const mcp_tool limited[] = { MCP_TOOL_LIMITED("act", host_act, 0, 0, 0, 0, 1, 200),
                                        MCP_TOOL_LIMITED("cut", host_act, 0, 0, MCP_CUT, 0, 0, 200) };
    begin_hooked();
    host.desc.tools = limited;
    host.desc.num_tools = MCP_COUNT(limited);
    connect("2026-07-28");
    host.act = defer;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? ");
    CHECK(strstr(request(2, TOOL_CALL, NULL), "is busy") != NULL);
    CHECK_HEARD("tools/call act=-13/0@0 ");
    mcp_finish(mcp_resume(host.server, peer.ref), MCP_OK);
    CHECK_HEARD("tools/call act=0/0@0 ");
    host.act = long_text;
    CHECK(strstr(request(1, TOOL_CALL, NULL), "too long") != NULL);
    CHECK_HEARD("tools/call act? tools/call act=-6/0@0 ");
    CHECK(strstr(request(1, "tools/call", "\"name\":\"cut\"", NULL), "[cut: ") != NULL);
    CHECK_HEARD("tools/call cut? tools/call cut=0/0@0 ");
    host.act = long_failure;
    CHECK(strstr(request(1, TOOL_CALL, NULL), "[cut: ") != NULL);
    CHECK_HEARD("tools/call act? tools/call act=-12/0@0 ");
    host_end();
}

static int refuse_7(mcp_call *c) { return mcp_refuse(c, 7, "%s", "not you"); }
static int fail_busy(mcp_call *c) { return mcp_fail(c, "wait %d s", 5); }
static int busy(mcp_call *c) { (void)c; return MCP_E_BUSY; }
static int only_says_no(mcp_call *c) { (void)c; return MCP_E_TOOL; }
static int refuse_but_ok(mcp_call *c) { (void)mcp_refuse(c, 7, "%s", "not you"); return MCP_OK; }
static int defers(mcp_call *c) { return mcp_defer(c, &peer.ref); }
static int defers_but_ok(mcp_call *c) { (void)mcp_defer(c, &peer.ref); return MCP_OK; }
static int writes(mcp_call *c) { (void)mcp_text(c, "dropped"); return MCP_OK; }
static int never(mcp_call *c) { (void)c; FAIL("the handler ran"); return MCP_OK; }

/* Whatever the hook does, the handler runs only if it returns MCP_OK and refuses nothing. */
static void before_refuses(void)
{
    static const char *const rowless[] = { "tools/list", "ping", "act" };
    size_t i, k;
    for (i = 0; i < 4; i++) {
        begin_hooked();
        connect(revisions[i]);
        host.act = never;
        for (k = 0; k < MCP_COUNT(reached) + MCP_COUNT(rowless); k++) {
            const bool is_row = k < MCP_COUNT(reached);
            const char *method = is_row ? reached[k].method : rowless[k - MCP_COUNT(reached)];
            const char *members = is_row ? reached[k].members : "";
            if (i == 0 && k == 4) continue;
            NOTE("%s %s", revisions[i], method);
            peer.before = refuse_7;
            (void)request(1, method, members, NULL);
            check_refused("{\"code\":7,\"message\":\"not you\"}");
            peer.before = refuse_but_ok;
            (void)request(1, method, members, NULL);
            check_refused("{\"code\":7,\"message\":\"not you\"}");
            peer.before = busy;
            (void)request(1, method, members, NULL);
            check_internal(NULL, MCP_E_BUSY);
            peer.before = defers;
            (void)request(1, method, members, NULL);
            check_internal(NULL, MCP_E_MISUSE);
            CHECK(peer.ref && !mcp_resume(host.server, peer.ref));
            peer.before = fail_busy;
            (void)request(1, method, members, NULL);
            if (k) check_refused("{\"code\":-32603,\"message\":\"wait 5 s\"}");
            else CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
                           "\"text\":\"wait 5 s\"}],\"isError\":true}}", peer.reply);
            peer.before = only_says_no;
            (void)request(1, method, members, NULL);
            if (k) check_refused("{\"code\":-32603,\"message\":\"the handler failed without a reason: see mcp_fail\"}");
        }
        (void)test_heard();
        peer.before = refuse_7;
        (void)request(1, TOOL_CALL, NULL);
        CHECK_HEARD("tools/call act? tools/call act=-12/7@0 ");
        peer.before = busy;
        (void)request(1, TOOL_CALL, NULL);
        CHECK_HEARD("tools/call act? tools/call act=-13/-32603@0 ");
        host_end();
    }
    begin_hooked();
    peer.before = refuse_7;
    connect("2025-11-25");      /* and initialize leaves no session behind */
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":7,\"message\":\"not you\"}}", peer.reply);
    peer.before = NULL;
    (void)request(1, "tools/list", "", NULL);
    CHECK_INT(-32602, peer.code);
    host_end();
}

static void before_lets_pass(void)
{
    begin_hooked();
    connect("2025-11-25");
    host.act = some_text;
    peer.before = writes;
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"t\"}]}}",
              request(1, TOOL_CALL, NULL));
    peer.before = defers_but_ok;
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"t\"}]}}",
              request(1, TOOL_CALL, NULL));
    CHECK(!mcp_resume(host.server, peer.ref));
    host_end();
}

static int closes_session(mcp_call *c)
{
    (void)c;
    mcp_session_close(host.a);
    host.a = NULL;
    return MCP_OK;
}

static int destroys(mcp_call *c) { (void)c; mcp_server_destroy(host.server); return MCP_OK; }

/* The client is gone while the host was asked: the handler does not run. */
static void before_loses_the_client(void)
{
    begin_hooked();
    connect("2025-11-25");
    (void)test_heard();
    host.act = never;
    peer.before = closes_session;
    CHECK_STR("", request(1, TOOL_CALL, NULL));
    CHECK_HEARD("tools/call act? tools/call act=-10/0@0 ");
    host_end();
    begin_hooked();
    connect("2026-07-28");
    host.act = nothing;
    peer.before = destroys;
    (void)request(1, TOOL_CALL, NULL);
    host.server = NULL;
    host.a = NULL;
    CHECK_HEAP(&host.heap);
}

#define CANCEL_1 "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}"

static int cancels_itself(mcp_call *c)
{
    (void)deliver_text(CANCEL_1, NULL);
    return mcp_text(c, "t");
}

static int loses_stream(mcp_call *c)
{
    mcp_stream_lost(host.server, &host, 7);
    return mcp_text(c, "t");
}

static void defer_one(void)
{
    host.act = defer;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? ");
    host.now += 40;
}

/* However a request ends that is not answered at once, it is told once. */
static void after_is_told_once(void)
{
    static const char closed[] = "tools/call act=-10/0@40 ";
    mcp_call *c;
    begin_hooked();
    connect("2025-11-25");
    (void)test_heard();
    defer_one();
    c = mcp_resume(host.server, peer.ref);
    CHECK(c != NULL);
    mcp_finish(c, mcp_text(c, "late"));
    CHECK_HEARD("tools/call act=0/0@40 ");
    defer_one();
    c = mcp_resume(host.server, peer.ref);
    mcp_finish(c, refuse(c));
    CHECK_HEARD("tools/call act=-12/4001@40 ");
    defer_one();                        /* cancelled by its client */
    (void)deliver_text(CANCEL_1, NULL);
    CHECK_HEARD(closed);
    defer_one();                        /* its stream is lost */
    mcp_stream_lost(host.server, &host, 7);
    CHECK_HEARD(closed);
    defer_one();                        /* too slow */
    host.now += 100000;
    (void)mcp_server_tick(host.server);
    CHECK_HEARD("tools/call act=-14/0@100040 ");
    host.act = cancels_itself;          /* while its handler runs */
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-10/0@0 ");
    host.act = loses_stream;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=-10/0@0 ");
    defer_one();                        /* its session is closed */
    mcp_session_close(host.a);
    host.a = NULL;
    CHECK_HEARD(closed);
    host_end();
    CHECK_HEARD("");
    begin_hooked();
    connect("2026-07-28");
    defer_one();                        /* the server ends */
    host_end();
    CHECK_HEARD(closed);
}

/* A reply that waits for its transport is over when that has taken it, or never will. */
static void after_waits_for_the_transport(void)
{
    int round;
    for (round = 0; round < 4; round++) {
        begin_hooked();
        connect("2025-11-25");
        (void)test_heard();
        host.act = some_text;
        peer.full = true;
        (void)request(1, TOOL_CALL, NULL);
        (void)request(2, TOOL_CALL, NULL);
        CHECK_HEARD("tools/call act? tools/call act? ");
        peer.full = false;
        host.now += 9;
        NOTE("round %d", round);
        switch (round) {
        case 0:
            mcp_stream_ready(host.server, &host, 7);
            CHECK_HEARD("tools/call act=0/0@9 tools/call act=0/0@9 ");
            break;
        case 1:
            mcp_stream_lost(host.server, &host, 7);
            CHECK_HEARD("tools/call act=-10/0@9 tools/call act=-10/0@9 ");
            break;
        case 2:
            (void)deliver_text(CANCEL_1, NULL);
            CHECK_HEARD("tools/call act=-10/0@9 ");
            mcp_stream_ready(host.server, &host, 7);
            CHECK_HEARD("tools/call act=0/0@9 ");
            break;
        default:;
        }
        host_end();
        CHECK_HEARD(round == 3 ? "tools/call act=-10/0@9 tools/call act=-10/0@9 " : "");
    }
}

static void close_after(mcp_call *c)
{
    (void)c;
    peer.after = NULL;
    mcp_session_close(host.a);
    host.a = NULL;
}

static void destroy_after(mcp_call *c) { (void)c; peer.after = NULL; mcp_server_destroy(host.server); }

static void call_after(mcp_call *c)
{
    peer.after = NULL;
    CHECK_STATUS(MCP_E_MISUSE, mcp_defer(c, &peer.ref));
    CHECK_UINT(0, peer.ref);
    (void)mcp_text(c, "goes nowhere");
    (void)mcp_refuse(c, 9, "%s", "goes nowhere");
    (void)request(2, "tools/list", "", NULL);
}

static void lose_after(mcp_call *c)
{
    (void)c;
    peer.after = NULL;
    mcp_stream_lost(host.server, &host, 7);
}

/* The hook may do to the server what other callbacks may. */
static void after_calls_back(void)
{
    begin_hooked();
    connect("2025-11-25");
    (void)test_heard();
    host.act = some_text;
    peer.after = call_after;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=0/0@0 tools/list ? tools/list =0/0@0 ");
    peer.after = close_after;
    (void)request(1, TOOL_CALL, NULL);
    CHECK_HEARD("tools/call act? tools/call act=0/0@0 ");
    host_end();
    begin_hooked();
    connect("2026-07-28");
    host.act = some_text;
    peer.after = destroy_after;
    (void)request(1, TOOL_CALL, NULL);
    host.server = NULL;
    host.a = NULL;
    CHECK_HEAP(&host.heap);
    begin_hooked();                     /* one dropped reply drops the others */
    connect("2026-07-28");
    host.act = some_text;
    peer.full = true;
    (void)request(1, TOOL_CALL, NULL);
    (void)request(2, TOOL_CALL, NULL);
    (void)request(3, TOOL_CALL, NULL);
    (void)test_heard();
    peer.after = lose_after;
    mcp_stream_lost(host.server, &host, 7);
    CHECK_HEARD("tools/call act=-10/0@0 tools/call act=-10/0@0 tools/call act=-10/0@0 ");
    host_end();
}

/* Reads all that there is, of requests of every kind, where a hook sees them first and last. */
static void read_all(mcp_call *c)
{
    (void)mcp_args(c);
    (void)mcp_params(c);
    (void)mcp_arg_str(c, "text");
    (void)mcp_arg_int(c, "n", 0);
    (void)mcp_args_struct(c);
    (void)mcp_uri(c);
    (void)mcp_complete_name(c);
    CHECK(mcp_user(c) != NULL);
    (void)mcp_audio(c, "b", 1, "audio/wav");
    (void)mcp_link(c, "a:b", "n", NULL);
    (void)mcp_data_struct(c, "");
}
static int read_all_before(mcp_call *c) { read_all(c); return MCP_OK; }

static void hooks_read_everything(void)
{
    size_t i, k;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin_hooked();
        peer.after = read_all;
        connect(revisions[i]);
        host.act = nothing;
        peer.before = read_all_before;
        for (k = 0; k < MCP_COUNT(reached); k++) (void)request(1, reached[k].method, reached[k].members, NULL);
        (void)request(1, "tools/call", "\"name\":\"none\"", NULL);
        (void)request(1, "prompts/get", "\"name\":\"none\"", NULL);
        (void)request(1, "resources/read", "\"uri\":\"none:\"", NULL);
        (void)request(1, "resources/read", "", NULL);
        (void)request(1, "none", "", NULL);
        (void)request(1, "ping", "", NULL);
        host_end();
    }
}

static const void *user_after;
static char name_after[20];

static void note_row(mcp_call *c)
{
    user_after = mcp_user(c);
    snprintf(name_after, sizeof name_after, "%s", mcp_call_name(c));
}

/* A reply that waits holds no row any more, which may be gone by then. */
static void rows_of_answers_that_wait(void)
{
    int waits;
    begin_hooked();
    peer.after = note_row;
    connect("2026-07-28");
    host.act = nothing;
    for (waits = 0; waits < 2; waits++) {
        NOTE("waits: %d", waits);
        peer.full = waits;
        (void)request(1, "acme/twice", "\"n\":1", NULL);
        peer.full = false;
        mcp_stream_ready(host.server, &host, 7);
        CHECK(user_after == (waits ? (void *)&host : (void *)twice_user));
        peer.full = waits;
        (void)request(1, reached[4].method, reached[4].members, NULL);
        peer.full = false;
        mcp_stream_ready(host.server, &host, 7);
        CHECK_STR(waits ? "" : "act", name_after);
    }
    host_end();
}

static void speak(mcp_call *c)
{
    mcp_ref ref = 1;
    mcp_progress(c, 1e9, 0, "goes nowhere");
    mcp_log(c, MCP_LOG_EMERGENCY, NULL, "%s", "goes nowhere");
    mcp_log_data(c, MCP_LOG_EMERGENCY, NULL, "{'goes': %s}", "nowhere");
    CHECK_STATUS(MCP_E_MISUSE, mcp_defer(c, &ref));
    CHECK_UINT(0, ref);
    CHECK_STATUS(MCP_E_MISUSE, mcp_later(c, 0, host_act));
}

/* Behind the answer nothing is said any more: the transport is done with the request, and so is its client. A stream
   that cannot take the answer yet is not told either. */
static void nothing_is_said_after_the_answer(void)
{
    static const char *const wanted[] = { "tools/call\",\"params\":{\"name\":\"act\",", "no/such\",\"params\":{",
                                          "tools/call\",\"params\":{\"name\":\"none\"," };
    char text[600];
    size_t i;
    begin_hooked();
    host.desc.logging = true;
    peer.after = speak;
    connect("2026-07-28");
    host.act = some_text;
    for (i = 0; i < 2 * MCP_COUNT(wanted); i++) {
        const char *method = wanted[i / 2];
        NOTE("%s", method);
        peer.full = i % 2;
        peer.num_replies = 0;
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"_meta\":{\"progressToken\":1,"
                 "\"io.modelcontextprotocol/logLevel\":\"debug\",\"io.modelcontextprotocol/protocolVersion\":"
                 "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}", method);
        (void)deliver_text(text, NULL);
        peer.full = false;
        mcp_stream_ready(host.server, &host, 7);
        CHECK_UINT(1, peer.num_replies);
        CHECK(strstr(peer.reply, "goes nowhere") == NULL);
    }
    host_end();
    begin_hooked();
    host.desc.logging = true;
    peer.after = speak;
    connect("2025-03-26");
    host.act = some_text;
    (void)request(1, "logging/setLevel", "\"level\":\"debug\"", NULL);
    peer.num_replies = 0;
    (void)deliver_text("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"act\","
                  "\"_meta\":{\"progressToken\":1}}}]", NULL);
    CHECK_UINT(1, peer.num_replies);
    CHECK_UINT(0, mcp_dropped(host.server));
    host_end();
}

/* Slow requests are told to the log; those that were fast are not. */
static void slow_requests(void)
{
    begin();
    host.desc.slow_ms = 5;
    host.log_level = MCP_LOG_WARNING;
    connect("2025-11-25");
    host.act = defer;
    (void)request(1, TOOL_CALL, NULL);
    host.now += 4;
    mcp_finish(mcp_resume(host.server, peer.ref), MCP_OK);
    CHECK_STR("", host.log);
    (void)request(1, TOOL_CALL, NULL);
    host.now += 5;
    mcp_finish(mcp_resume(host.server, peer.ref), MCP_OK);
    CHECK_STR("slow: 5 ms for tools/call 'act' (mcp_server_desc.slow_ms)", host.log);
    host_end();
}

/*---- The trace of a request ---------------------------------------------------------------------*/

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/* Tells the trace that it sees. */
static int tell_trace(mcp_call *c)
{
    const mcp_trace t = mcp_call_trace(c);
    return mcp_textf(c, "%s %s %s", t.parent ? t.parent : "-", t.state ? t.state : "-", t.baggage ? t.baggage : "-");
}

/* Calls the tool with these members of _meta. Returns the text of its answer. */
static const char *traced(const char *meta)
{
    static char text[20000];
    static char message[22000];
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    snprintf(message, sizeof message,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"act\",\"_meta\":{%s%s}}}",
             meta, is_modern() ? ",\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                           "\"io.modelcontextprotocol/clientCapabilities\":{}" : "");
    (void)deliver_text(message, NULL);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, peer.reply, strlen(peer.reply)));
    snprintf(text, sizeof text, "%s",
             mcp_json_cstr(mcp_json_find(mcp_json_root(&doc), "/result/content/0/text"), NULL, peer.reply));
    mcp_doc_free(&doc);
    return text;
}

static void traces_are_handed_over(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin();
        connect(revisions[i]);
        host.act = tell_trace;
        CHECK_STR("- - -", traced("\"x\":1"));
        CHECK_STR(PARENT " - -", traced("\"traceparent\":\"" PARENT "\""));
        CHECK_STR(PARENT " a=1,b@c=2 k=v;p;q=1",
                  traced("\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1,b@c=2\",\"baggage\":\"k=v;p;q=1\""));
        CHECK_STR("- - k=v", traced("\"tracestate\":\"a=1\",\"baggage\":\"k=v\""));
        CHECK_STR("- - -", traced("\"traceparent\":7,\"tracestate\":null,\"baggage\":{}"));
        host_end();
    }
}

/* What is in the W3C's formats, and what is not. */
static void formats_of_traces(void)
{
    static const struct {
        const char *text;
        bool good;
    } parents[] = {
        { PARENT, true },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true },
        { "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", true },
        { "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-what the future brings", false },
        { "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-future.will.be", true },
        { "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-", true },
        { "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff.future", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false },
        { "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
        { "00-00000000000000000000000000000000-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false },
        { "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333x-01", false },
        { "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0G", false },
        { "00.0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c.b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331.01", false },
        { " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
        { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\\u0000\\u0000", false },
        { "", false }
    };
    static const struct {
        const char *text;
        bool good;
    } states[] = {
        { "a=1", true }, { "a=1,b=2", true }, { " a=1 ,\\tb=2 ", true }, { ",a=1,,", true }, { "a=b c", true },
        { "t1@sys=x", true }, { "9a_-*/=!~", true }, { "a=1;b", true },
        { "", false }, { ",", false }, { "a", false }, { "a=", false }, { "=1", false }, { "A=1", false },
        { "a=1=2", false }, { "_a=1", false }, { "a=1,a=2", false }, { "a=\\u00e9", false }, { "a=\\u0001", false },
        { "a=1\\u0000", false }, { "a =1", false }, { "b=1,a\\tc=1", false }
    };
    static const struct {
        const char *text;
        bool good;
    } baggages[] = {
        { "k=v", true }, { "k=", true }, { "k=v,l=w", true }, { "k=v;p", true }, { "k=v;p=1;q , l = w ;x", true },
        { "!#$%&'*+-.^_`|~09azAZ=%20/:=?@[]", true }, { "k=v=w", true }, { "k=a,k=b", true },
        { "", false }, { "k", false }, { "k=v,", false }, { ",k=v", false }, { "k=v;", false }, { "k=v;=1", false },
        { "k=a b", false }, { "k=\\\"", false }, { "k=a\\\\", false }, { "k=\\u00e9", false }, { "k(=1", false },
        { "k=v\\u0000", false }, { "k=\\u007f", false }
    };
    char meta[1024], want[1024];
    size_t i;
    begin();
    connect("2026-07-28");
    host.act = tell_trace;
    for (i = 0; i < MCP_COUNT(parents); i++) {
        NOTE("traceparent %s", parents[i].text);
        snprintf(meta, sizeof meta, "\"traceparent\":\"%s\",\"tracestate\":\"a=1\"", parents[i].text);
        snprintf(want, sizeof want, "%s a=1 -", parents[i].text);
        CHECK_STR(parents[i].good ? want : "- - -", traced(meta));
    }
    for (i = 0; i < MCP_COUNT(states); i++) {
        NOTE("tracestate %s", states[i].text);
        snprintf(meta, sizeof meta, "\"traceparent\":\"" PARENT "\",\"tracestate\":\"%s\"", states[i].text);
        CHECK_INT(states[i].good, strcmp(traced(meta), PARENT " - -") != 0);
    }
    for (i = 0; i < MCP_COUNT(baggages); i++) {
        NOTE("baggage %s", baggages[i].text);
        snprintf(meta, sizeof meta, "\"baggage\":\"%s\"", baggages[i].text);
        CHECK_INT(baggages[i].good, strcmp(traced(meta), "- - -") != 0);
    }
    host_end();
}

/* So many members of a list, each of so many characters behind its key. */
static const char *list(size_t members, int width)
{
    static char text[20000];
    size_t i, n = 0;
    for (i = 0; i < members && n < sizeof text - 600; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sk%lu=%0*d", i ? "," : "", (unsigned long)i, width, 0);
    return text;
}

static void limits_of_traces(void)
{
    static const struct {
        const char *key;
        size_t members;
        int width;
        bool good;
    } rows[] = {
        { "tracestate", 32, 1, true }, { "tracestate", 33, 1, false }, { "tracestate", 1, 256, true },
        { "tracestate", 1, 257, false }, { "tracestate", 32, 250, true }, { "tracestate", 32, 256, false },
        { "baggage", 200, 1, true }, { "baggage", 1, 8189, true }, { "baggage", 1, 8190, false }
    };
    static char meta[21000];
    size_t i;
    begin();
    connect("2025-11-25");
    host.act = tell_trace;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s %lu %d", rows[i].key, (unsigned long)rows[i].members, rows[i].width);
        snprintf(meta, sizeof meta, "\"traceparent\":\"" PARENT "\",\"%s\":\"%s\"", rows[i].key,
                 list(rows[i].members, rows[i].width));
        CHECK_INT(rows[i].good, strcmp(traced(meta), PARENT " - -") != 0);
    }
    host_end();
}

/* What a client says next, taken as sent. */
static const char *said(mcp_client *client)
{
    static char text[4096];
    size_t len;
    const char *bytes = mcp_client_output(client, &len);
    snprintf(text, sizeof text, "%.*s", (int)len, bytes ? bytes : "");
    mcp_client_sent(client, len);
    return text;
}

static void ignore_reply(void *user, mcp_client *client, const mcp_reply *reply)
{
    (void)user, (void)client, (void)reply;
}

static void ignore_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    (void)user, (void)request, (void)progress, (void)total, (void)message;
}

static mcp_client *new_client(uint32_t spoken, bool progress, test_heap *heap)
{
    mcp_client_desc d;
    mcp_client *client;
    memset(&d, 0, sizeof d);
    d.name = "c";
    d.version = "1";
    d.revisions = spoken;
    d.alloc = test_heap_init(heap);
    if (progress) d.on_progress = ignore_progress;
    client = mcp_client_create(&d);
    CHECK(client != NULL);
    return client;
}

static void answer_hello(mcp_client *client, bool modern)
{
    const char *hello = modern
        ? "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{},"
          "\"resultType\":\"complete\"}}\n"
        : "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
          "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}\n";
    (void)said(client);
    (void)mcp_client_feed(client, hello, strlen(hello));
    CHECK_STATUS(MCP_OK, mcp_client_status(client));
    (void)said(client);
}

/* On the wire, in both eras, for one request. */
static void traces_are_passed_on(void)
{
    static const mcp_trace trace = { PARENT, "a=1,b=2", "k=v" }, parent = { PARENT, NULL, NULL }, none = { 0, 0, 0 };
    static const mcp_trace bad[] = {
        { "00", NULL, NULL }, { PARENT, "A", NULL }, { NULL, "a=1", NULL }, { PARENT, NULL, "k" }
    };
    int round;
    size_t i;
    for (round = 0; round < 4; round++) {
        const bool modern = round & 1, progress = (round & 2) != 0;
        test_heap heap;
        mcp_client *client = new_client(modern ? MCP_2026_07_28 : MCP_2025_11_25, progress, &heap);
        NOTE("modern %d progress %d", modern, progress);
        answer_hello(client, modern);
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
        CHECK(mcp_request_begin(client, ignore_reply, NULL, "acme/x", "{'y': %d}", 1) != 0);
        if (round == 0)
            CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"acme/x\",\"params\":{\"y\":1,\"_meta\":{"
                      "\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1,b=2\",\"baggage\":\"k=v\"}}}\n",
                      said(client));
        else if (round == 2)
            CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"acme/x\",\"params\":{\"y\":1,\"_meta\":{"
                      "\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1,b=2\",\"baggage\":\"k=v\","
                      "\"progressToken\":2}}}\n", said(client));
        else
            CHECK(strstr(said(client), "\"_meta\":{\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1,b=2\","
                                       "\"baggage\":\"k=v\",\""));
        (void)mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL);
        CHECK(!strstr(said(client), "trace"));
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, parent));
        (void)mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL);
        CHECK(strstr(said(client), "\"_meta\":{\"traceparent\":\"" PARENT "\""));
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, none));
        (void)mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL);
        CHECK(!strstr(said(client), "trace"));
        for (i = 0; i < MCP_COUNT(bad); i++) {
            CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
            CHECK_STATUS(MCP_E_MISUSE, mcp_client_trace(client, bad[i]));
            (void)mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL);
            CHECK(!strstr(said(client), "trace"));
        }
        mcp_client_close(client);
        CHECK_HEAP(&heap);
    }
}

/* Without memory the request goes without it, and the next one has it. */
static void traces_without_memory(void)
{
    static const mcp_trace trace = { PARENT, "a=1,b=2", "k=v" };
    size_t n;
    for (n = 1; n < 20; n++) {
        test_heap heap;
        mcp_client *client = new_client(MCP_2025_11_25, false, &heap);
        int status;
        answer_hello(client, false);
        heap.calls = 0;
        heap.fail_at = n;
        status = mcp_client_trace(client, trace);
        if (status != MCP_OK) CHECK_STATUS(MCP_E_NOMEM, status);
        if (mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL))
            CHECK((strstr(said(client), PARENT) != NULL) == (status == MCP_OK));
        heap.fail_at = 0;
        CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
        CHECK(mcp_request_begin(client, ignore_reply, NULL, "acme/x", NULL) != 0);
        CHECK(strstr(said(client), PARENT) != NULL);
        mcp_client_close(client);
        CHECK_HEAP(&heap);
        if (heap.calls < n) break;
    }
    CHECK(n > 1);
}

static mcp_client *upstream;
static const char *upstream_revision;

static int pass_on(mcp_call *c)
{
    const mcp_reply *reply;
    CHECK_STATUS(MCP_OK, mcp_client_trace(upstream, mcp_call_trace(c)));
    reply = mcp_call_tool(upstream, "tell", NULL);
    CHECK_STR(upstream_revision, mcp_client_revision(upstream));
    return mcp_text(c, mcp_reply_text(reply));
}

/* From a client through one server to the next. */
static void traces_through_two_servers(void)
{
    static const mcp_tool tell[] = { MCP_TOOL("tell", tell_trace, 0, 0) };
    static const struct {
        uint32_t spoken;
        const char *name;
    } rows[] = {
        { MCP_2024_11_05, "2024-11-05" }, { MCP_2025_11_25, "2025-11-25" }, { MCP_2026_07_28, "2026-07-28" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        test_heap heap;
        mcp_server_desc d;
        mcp_client_desc cd;
        mcp_server *other;
        begin();
        memset(&d, 0, sizeof d);
        memset(&cd, 0, sizeof cd);
        d.name = cd.name = "o";
        d.version = cd.version = "1";
        d.tools = tell;
        d.num_tools = 1;
        d.revisions = rows[i].spoken;
        d.alloc = cd.alloc = test_heap_init(&heap);
        other = mcp_server_create(&d);
        upstream = mcp_pair(other, &cd);
        upstream_revision = rows[i].name;
        connect("2026-07-28");
        host.act = pass_on;
        CHECK_STR(PARENT " a=1 k=v",
                  traced("\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=1\",\"baggage\":\"k=v\""));
        CHECK_STR("- - -", traced("\"x\":1"));
        host_end();
        mcp_client_close(upstream);
        mcp_server_destroy(other);
        CHECK_HEAP(&heap);
    }
}

/*---- Memory -------------------------------------------------------------------------------------*/

static void count_hooks(const char *what, size_t *begun, size_t *ended)
{
    *begun = *ended = 0;
    for (; *what; what++) {
        if (*what == '?') ++*begun;
        if (*what == '=') ++*ended;
    }
}

/* All of it with each allocation failing, once and for ever: right, or an error, and the next round works. */
static void fail_allocations(const char *revision, void (*play)(void), bool forever)
{
    size_t n;
    for (n = 1; n < 1000; n++) {
        size_t calls, begun, ended;
        begin_hooked();
        host.heap.fail_at = n;
        host.heap.forever = forever;
        if (open_session(revision)) {
            shake_hands();
            play();
        }
        calls = host.heap.calls;
        host.heap.fail_at = 0;
        NOTE("allocation %lu%s", (unsigned long)n, forever ? " and all after it" : "");
        if (host.a) {
            shake_hands();
            host.act = refuse;
            (void)request(1, TOOL_CALL, NULL);
            check_refused("{\"code\":4001,\"message\":\"no room for \\\"7\\\"\"}");
        }
        host_end();
        count_hooks(test_heard(), &begun, &ended);
        CHECK(begun <= ended && ended <= peer.num_requests);   /* some fail before they are begun */
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

static void play_methods(void)
{
    host.act = an_object;
    (void)request(1, "act", "", NULL);
    (void)request(1, "acme/twice", "\"n\":21", NULL);
    (void)request(1, "acme/sum", "\"a\":40,\"b\":2", NULL);
    host.act = defer;
    (void)request(1, "act", "", NULL);
}

static void play_hooks(void)
{
    host.act = some_text;
    (void)request(1, TOOL_CALL, NULL);
    peer.before = refuse_7;
    (void)request(1, TOOL_CALL, NULL);
    peer.before = fail_busy;
    (void)request(1, TOOL_CALL, NULL);
    peer.before = NULL;
    (void)request(1, "tools/list", "", NULL);
    host.act = defer;
    (void)request(1, TOOL_CALL, NULL);
}

static void every_allocation_fails(void)
{
    fail_allocations("2026-07-28", play_refusals, false);
    fail_allocations("2026-07-28", play_refusals, true);
    fail_allocations("2025-11-25", play_refusals, false);
    fail_allocations("2026-07-28", play_methods, false);
    fail_allocations("2025-11-25", play_methods, true);
    fail_allocations("2026-07-28", play_hooks, false);
    fail_allocations("2025-11-25", play_hooks, true);
}

int main(void)
{
    TEST(refusals);
    TEST(refusals_among_other_verdicts);
    TEST(refused_later);
    TEST(results_of_methods);
    TEST(meta_of_methods);
    TEST(failures_of_methods);
    TEST(revisions_of_methods);
    TEST(deferred_methods);
    TEST(methods_that_are_wrong);
    TEST(notifications);
    TEST(notifications_and_sessions);
    TEST(hooks_of_each_request);
    TEST(hooks_of_failures);
    TEST(hooks_of_limits);
    TEST(before_refuses);
    TEST(before_lets_pass);
    TEST(before_loses_the_client);
    TEST(after_is_told_once);
    TEST(after_waits_for_the_transport);
    TEST(after_calls_back);
    TEST(hooks_read_everything);
    TEST(rows_of_answers_that_wait);
    TEST(nothing_is_said_after_the_answer);
    TEST(slow_requests);
    TEST(traces_are_handed_over);
    TEST(formats_of_traces);
    TEST(limits_of_traces);
    TEST(traces_are_passed_on);
    TEST(traces_without_memory);
    TEST(traces_through_two_servers);
    TEST(every_allocation_fails);
    return test_end();
}
