/* Resources, templates, prompts and completion: alike in all revisions, with many rows, a filter, rows that are wrong,
   handlers that are, large contents, answers that come later, and no memory. What they look like on the wire stands
   in tests/wire/resources.txt and beside it. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
             "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define MISUSE ": MCP_E_MISUSE: the call does not fit here: see the function's comment"

/*---- A host: rows of every kind, whose handlers do what a case says --------------------------------*/

static struct {
    test_heap heap;
    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *session;           /* of 2025-11-25 */
    int (*act)(mcp_call *c);        /* what all handlers do */
    uint64_t now;
    mcp_ref ref;                    /* of the call that was deferred last */
    mcp_ref cancelled;              /* that on_cancel told of last */
    mcp_buf replies;                /* that were emitted, a line each */
    int status;                     /* of the last delivery */
    char log[512];
} host;

static int act(mcp_call *c) { return host.act(c); }

static const mcp_field args[] = {
    MCP_ARG("a", MCP_STRING, 0), MCP_FIELD("b", MCP_STRING, 0, "one|two", "two", 0, 0), MCP_END
};
static const mcp_tool tools[] = { MCP_TOOL("tool", act, 0, args) };
static const mcp_resource resources[] = {
    MCP_RESOURCE("res:static", "static", act, "text/x", 0),
    MCP_RESOURCE_FULL("res:{+a}", "template", act, 0, 0, 0, 0, 0, 0, act, 0, 0, 0, 0)
};
static const mcp_prompt prompts[] = {
    MCP_PROMPT_FULL("prompt", act, 0, args, 0, act, 0, 0, 0),
    MCP_PROMPT("chooses", act, 0, args)
};

static uint64_t on_now(void *user) { (void)user; return host.now; }
static void on_cancel(void *user, mcp_ref ref) { (void)user; host.cancelled = ref; }
static void on_log(void *user, int level, const char *message)
{
    (void)user;
    CHECK_INT(MCP_LOG_ERROR, level);
    snprintf(host.log, sizeof host.log, "%s", message);
}

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)user, (void)stream, (void)kind, (void)code, (void)last;
    (void)mcp_buf_add(&host.replies, bytes, len);
    return mcp_buf_add(&host.replies, "\n", 1);
}

/* The usual desc; a case changes what it is about before it calls start. */
static void begin(void)
{
    mcp_alloc libc = { 0, 0 };
    memset(&host, 0, sizeof host);
    host.now = 1000;
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.now_ms = on_now;
    host.desc.on_cancel = on_cancel;
    host.desc.log = on_log;
    mcp_buf_init(&host.replies, libc, 64 << 20);
}

static void end(void)
{
    mcp_server_destroy(host.server);
    mcp_buf_free(&host.replies);
    CHECK_HEAP(&host.heap);
}

static int deliver(const char *bytes, size_t len)
{
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.session = host.session;
    d.emit = on_emit;
    d.bytes = bytes;
    d.len = len;
    return mcp_deliver(host.server, &d);
}

/* What came back since the last time, "" for nothing. Good until the next message. */
static const char *replies(void)
{
    (void)mcp_buf_add(&host.replies, "", 1);
    host.replies.len = 0;
    return host.replies.ptr;
}

static const char *send_message(const char *text)
{
    (void)replies();
    host.status = deliver(text, strlen(text));
    return replies();
}

/* A request of 2026-07-28. */
#define MODERN(method, members) \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" members META "}}"
#define LEGACY(method, members) \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" members "}}"
#define INITIALIZE LEGACY("initialize", "\"protocolVersion\":\"2025-11-25\"")
#define PING LEGACY("ping", "")
#define PONG "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"

static void start(void)
{
    host.server = mcp_server_create(&host.desc);
    if (!host.server) {
        FAIL("no server: %s", host.log);
        exit(test_end());
    }
    host.session = mcp_session_open(host.server);
    (void)send_message(INITIALIZE);
}

static void started(void)
{
    begin();
    start();
}

/* The JSON text at that pointer of a message, or "nothing". */
static const char *part_of(const char *message, const char *pointer)
{
    static char text[1 << 16];
    mcp_doc doc;
    mcp_out out;
    mcp_str json;
    memset(&doc, 0, sizeof doc);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, message, strcspn(message, "\n")));
    mcp_out_fixed(&out, text, sizeof text);
    mcp_put_value(&out, mcp_json_find(mcp_json_root(&doc), pointer));
    if (mcp_out_done(&out, &json) != MCP_OK) snprintf(text, sizeof text, "nothing");
    mcp_doc_free(&doc);
    return text;
}

/*---- The scenes: where a handler may be called from ------------------------------------------------*/

/* The tool is one of them: what holds for it holds for the others, but where they differ. */
enum { TOOL, STATIC, TEMPLATE, PROMPT, OF_PROMPT, OF_TEMPLATE, SCENES };

static const struct {
    const char *name, *modern, *legacy;
    const char *where;          /* the list that is written */
} scenes[SCENES] = {
#define SCENE(name, method, members, where) { name, MODERN(method, members ","), LEGACY(method, members), where }
    SCENE("tool", "tools/call", "\"name\":\"tool\",\"arguments\":{\"a\":\"x\"}", "/result/content"),
    SCENE("static", "resources/read", "\"uri\":\"res:static\"", "/result/contents"),
    SCENE("template", "resources/read", "\"uri\":\"res:x\"", "/result/contents"),
    SCENE("prompt", "prompts/get", "\"name\":\"prompt\",\"arguments\":{\"a\":\"x\"}", "/result/messages"),
    SCENE("completion of a prompt", "completion/complete",
          "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"prompt\"},\"argument\":{\"name\":\"b\",\"value\":\"v\"},"
          "\"context\":{\"arguments\":{\"a\":\"x\"}}", "/result/completion/values"),
    SCENE("completion of a template", "completion/complete",
          "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"res:{+a}\"},\"argument\":{\"name\":\"a\",\"value\":\"v\"}",
          "/result/completion/values")
#undef SCENE
};

static bool reads(size_t scene) { return scene == STATIC || scene == TEMPLATE; }
static bool completes(size_t scene) { return scene == OF_PROMPT || scene == OF_TEMPLATE; }

/* Calls what stands in the scene, in one of the eras. */
static const char *play(size_t scene, bool modern, int (*fn)(mcp_call *c))
{
    NOTE("%s, %s", scenes[scene].name, modern ? "modern" : "legacy");
    host.act = fn;
    return send_message(modern ? scenes[scene].modern : scenes[scene].legacy);
}

#define ANY_SCENE(scene, modern) for (scene = 0; scene < SCENES; scene++) for (modern = 0; modern < 2; modern++)

static void check_error(int code, const char *message, const char *reply)
{
    char want[20];
    snprintf(want, sizeof want, "%d", code);
    CHECK_STR(want, part_of(reply, "/error/code"));
    CHECK_STR(message, part_of(reply, "/error/message"));
}

/*---- What handlers get ---------------------------------------------------------------------------*/

/* Writes a text wherever it is; in a completion it is a value. */
static int say(mcp_call *c, const char *text)
{
    return *mcp_complete_name(c) ? mcp_suggest(c, text) : mcp_text(c, text);
}

static int tell(mcp_call *c)
{
    char text[200];
    const char *a = mcp_arg_str(c, "a"), *b = mcp_arg_str(c, "b"), *none = mcp_arg_str(c, "none");
    snprintf(text, sizeof text, "a=%s b=%s none=%s uri=%s name=%s value=%s", a ? a : "-", b ? b : "-",
             none ? none : "-", mcp_uri(c), mcp_complete_name(c), mcp_complete_value(c));
    CHECK(mcp_user(c) == host.desc.user);
    CHECK(mcp_call_server(c) == host.server);
    return say(c, text);
}

static void what_a_handler_gets(void)
{
    static const char *const want[SCENES] = {
        "a=x b=two none=- uri= name= value=",
        "a=- b=- none=- uri=res:static name= value=",
        "a=x b=- none=- uri=res:x name= value=",
        "a=x b=two none=- uri= name= value=",
        "a=x b=- none=- uri= name=b value=v",
        "a=- b=- none=- uri= name=a value=v"
    };
    char json[300];
    size_t scene, modern;
    started();
    ANY_SCENE(scene, modern) {
        const char *reply = play(scene, modern, tell);
        const char *of = reads(scene) ? "/result/contents/0/text" : scene == PROMPT ? "/result/messages/0/content/text"
                         : scene == TOOL ? "/result/content/0/text" : "/result/completion/values/0";
        snprintf(json, sizeof json, "\"%s\"", want[scene]);
        CHECK_STR(json, part_of(reply, of));
    }
    NOTE("arguments that belong to no resource");
    CHECK_STR("\"a=- b=- none=- uri=res:static name= value=\"",
              part_of(send_message(MODERN("resources/read", "\"uri\":\"res:static\",\"arguments\":{\"a\":\"y\"},")),
                      "/result/contents/0/text"));
    end();
}

/*---- One source, five revisions --------------------------------------------------------------------*/

static const uint32_t revisions[] = { MCP_2024_11_05, MCP_2025_03_26, MCP_2025_06_18, MCP_2025_11_25, MCP_2026_07_28 };
static const char *const revision_names[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };

/* Content that every revision knows, and content that some get as text. */
static int write_content(mcp_call *c)
{
    static const mcp_annotations annotations = { "assistant", "0.5", NULL };
    const char *what = mcp_arg_str(c, "a");
    if (*mcp_complete_name(c)) return mcp_suggestn(c, "v", 1), mcp_suggest(c, mcp_complete_value(c));
    if (what && !strcmp(what, "missing")) return mcp_missing(c);
    if (what && !strcmp(what, "fails")) return mcp_fail(c, "no %s", "luck");
    if (what && !strcmp(what, "audio")) return mcp_audio(c, "a", 1, "audio/wav");
    if (what && !strcmp(what, "link")) return mcp_link(c, "file:///a", "A", NULL);
    (void)mcp_textf(c, "%s!", what ? what : "none");
    mcp_role(c, MCP_ASSISTANT);
    mcp_annotate(c, &annotations);
    (void)mcp_embed(c, "file:///b", "text/plain", "b", 1);
    return mcp_embed_bytes(c, "file:///c", NULL, "\xff", 1);
}

#define EMBED_B "{\"uri\":\"file:///b\",\"mimeType\":\"text/plain\",\"text\":\"b\"}"
#define EMBED_C "{\"uri\":\"file:///c\",\"blob\":\"/w==\"}"
#define COMPLETE(ref, name, value) "{'ref':{" ref "},'argument':{'name':'" name "','value':'" value "'}}"
#define LINK(text) "[{\"role\":\"user\",\"content\":" text "}]"
#define NO_AUDIO "{\"type\":\"text\",\"text\":\"[audio/wav: 1 bytes of audio, which this client cannot receive]\"}"
#define AUDIO "{\"type\":\"audio\",\"data\":\"YQ==\",\"mimeType\":\"audio/wav\"}"
#define NO_LINK "{\"type\":\"text\",\"text\":\"A: file:///a\"}"
#define A_LINK "{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"A\"}"

/* What a caller asks, and what it gets: where, and the value. From the second form on in later revisions, where the
   first stands in those before `since`. */
static const struct {
    const char *method, *params, *where, *want;
    uint32_t since;
    const char *then;
} exchanges[] = {
    { "resources/list", "{}", "/resources", "[{\"uri\":\"res:static\",\"name\":\"static\",\"mimeType\":\"text/x\"}]",
      0, 0 },
    { "resources/templates/list", "{}", "/resourceTemplates",
      "[{\"uriTemplate\":\"res:{+a}\",\"name\":\"template\"}]", 0, 0 },
    { "prompts/list", "{}", "/prompts", "[{\"name\":\"prompt\",\"arguments\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
      "{\"name\":\"chooses\",\"arguments\":[{\"name\":\"a\"},{\"name\":\"b\"}]}]", 0, 0 },
    { "resources/read", "{'uri':'res:static'}", "/contents",
      "[{\"uri\":\"res:static\",\"mimeType\":\"text/x\",\"text\":\"none!\"}," EMBED_B "," EMBED_C "]", 0, 0 },
    { "resources/read", "{'uri':'res:x/%%20y'}", "/contents",
      "[{\"uri\":\"res:x/%20y\",\"text\":\"x/ y!\"}," EMBED_B "," EMBED_C "]", 0, 0 },
    { "resources/read", "{'uri':'res:audio'}", "/contents",
      "[{\"uri\":\"res:audio\",\"mimeType\":\"audio/wav\",\"blob\":\"YQ==\"}]", 0, 0 },
    { "prompts/get", "{'name':'prompt','arguments':{'a':'x'}}", "/messages",
      "[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"x!\"}},"
      "{\"role\":\"assistant\",\"content\":{\"type\":\"resource\",\"resource\":" EMBED_B ","
      "\"annotations\":{\"audience\":[\"assistant\"],\"priority\":0.5}}},"
      "{\"role\":\"assistant\",\"content\":{\"type\":\"resource\",\"resource\":" EMBED_C "}}]", 0, 0 },
    { "prompts/get", "{'name':'prompt','arguments':{'a':'audio'}}", "/messages",
      LINK(NO_AUDIO), MCP_2025_03_26, LINK(AUDIO) },
    { "prompts/get", "{'name':'prompt','arguments':{'a':'link'}}", "/messages",
      LINK(NO_LINK), MCP_2025_06_18, LINK(A_LINK) },
    { "completion/complete", COMPLETE("'type':'ref/prompt','name':'prompt'", "a", "w"), "/completion",
      "{\"values\":[\"v\",\"w\"],\"total\":2,\"hasMore\":false}", 0, 0 },
    { "completion/complete", COMPLETE("'type':'ref/prompt','name':'chooses'", "b", "o"), "/completion",
      "{\"values\":[\"one\"],\"total\":1,\"hasMore\":false}", 0, 0 },
    { "completion/complete", COMPLETE("'type':'ref/resource','uri':'res:{+a}'", "a", ""), "/completion",
      "{\"values\":[\"v\",\"\"],\"total\":2,\"hasMore\":false}", 0, 0 }
};

static const struct {
    const char *method, *params;
    int code;
    const char *text, *data;
    int since_2026;             /* another code; 0: the same */
} refusals[] = {
    { "resources/read", "{'uri':'res:missing'}", -32002, "Resource not found", "{\"uri\":\"res:missing\"}", -32602 },
    { "resources/read", "{'uri':'file:///'}", -32002, "Resource not found", "{\"uri\":\"file:///\"}", -32602 },
    { "resources/read", "{'uri':'res:fails'}", -32603, "no luck", "nothing", 0 },
    { "resources/read", "{'uri':'res:link'}", -32603, "mcp_link" MISUSE, "nothing", 0 },
    { "resources/read", "{'uri':1}", -32602, "resources/read: params.uri must be a string", "nothing", 0 },
    { "prompts/get", "{'name':'x'}", -32602, "prompts/get: unknown prompt; see prompts/list", "nothing", 0 },
    { "prompts/get", "{'name':'prompt','arguments':{'a':1}}", -32602, "argument 'a': expected a string, got 1",
      "nothing", 0 },
    { "prompts/get", "{'name':'prompt','arguments':{'a':'missing'}}", -32603, "mcp_missing" MISUSE, "nothing", 0 },
    { "prompts/get", "{'name':'prompt','arguments':{'a':'fails'}}", -32603, "no luck", "nothing", 0 },
    { "completion/complete", COMPLETE("'type':'ref/prompt','name':'x'", "a", "w"), -32602,
      "completion/complete: params.ref names no prompt and no resource template", "nothing", 0 },
    { "prompts/list", "{'cursor':'2'}", -32602, "unknown cursor: start again without one", "nothing", 0 }
};

/* The JSON text of a value at a pointer, or "nothing". */
static const char *value_text(mcp_json v, const char *pointer)
{
    static char text[4096];
    mcp_out out;
    mcp_str json;
    mcp_out_fixed(&out, text, sizeof text);
    mcp_put_value(&out, mcp_json_find(v, pointer));
    return mcp_out_done(&out, &json) == MCP_OK ? text : "nothing";
}

static void converse(mcp_client *client, uint32_t revision)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(exchanges); i++) {
        const bool then = exchanges[i].since && revision >= exchanges[i].since;
        const mcp_reply *r = mcp_request(client, exchanges[i].method, exchanges[i].params, "");
        NOTE("%s: %s %s", mcp_client_revision(client), exchanges[i].method, exchanges[i].params);
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK_STR(then ? exchanges[i].then : exchanges[i].want, value_text(mcp_reply_result(r), exchanges[i].where));
    }
    for (i = 0; i < MCP_COUNT(refusals); i++) {
        const bool other = refusals[i].since_2026 && revision == MCP_2026_07_28;
        const mcp_reply *r = mcp_request(client, refusals[i].method, refusals[i].params, "");
        NOTE("%s: %s %s", mcp_client_revision(client), refusals[i].method, refusals[i].params);
        CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
        CHECK_INT(other ? refusals[i].since_2026 : refusals[i].code, mcp_reply_code(r));
        CHECK_STR(refusals[i].text, mcp_reply_text(r));
        CHECK_STR(refusals[i].data, value_text(mcp_reply_error_data(r), ""));
    }
}

static void alike_in_every_revision(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        mcp_client_desc d;
        mcp_client *client;
        begin();
        host.act = write_content;
        host.desc.revisions = revisions[i];
        host.server = mcp_server_create(&host.desc);
        memset(&d, 0, sizeof d);
        d.name = "test";
        d.version = "1";
        client = mcp_pair(host.server, &d);
        CHECK(client != NULL);
        if (client) converse(client, revisions[i]);
        if (client) CHECK_STR(revision_names[i], mcp_client_revision(client));
        mcp_client_close(client);
        end();
    }
}

/*---- What is offered -----------------------------------------------------------------------------*/

static const mcp_field no_choices[] = { MCP_ARG("a", MCP_STRING, 0), MCP_END };
static const mcp_resource fixed[] = { MCP_RESOURCE("a:b", "r", act, 0, 0) };
static const mcp_resource variable[] = { MCP_RESOURCE("a:{b}", "r", act, 0, 0) };
static const mcp_resource completed[] = { MCP_RESOURCE_FULL("a:{b}", "r", act, 0, 0, 0, 0, 0, 0, act, 0, 0, 0, 0) };
static const mcp_prompt plain[] = { MCP_PROMPT("p", act, 0, no_choices), MCP_PROMPT("q", act, 0, 0) };
static const mcp_prompt choosing[] = { MCP_PROMPT("p", act, 0, 0), MCP_PROMPT("q", act, 0, args) };
static const mcp_prompt completing[] = { MCP_PROMPT_FULL("p", act, 0, no_choices, 0, act, 0, 0, 0) };

/* The capabilities that follow from rows, and which of the methods are there then. */
static const struct {
    size_t num_tools;
    const mcp_resource *resources;
    const mcp_prompt *prompts;
    size_t num_prompts;
    const char *want;
    bool has_tools, has_resources, has_prompts, has_completion;
} offers[] = {
    { 0, NULL, NULL, 0, "{}", false, false, false, false },
    { 1, NULL, NULL, 0, "{\"tools\":{}}", true, false, false, false },
    { 0, fixed, NULL, 0, "{\"resources\":{}}", false, true, false, false },
    { 0, variable, NULL, 0, "{\"resources\":{}}", false, true, false, false },
    { 0, completed, NULL, 0, "{\"resources\":{},\"completions\":{}}", false, true, false, true },
    { 0, NULL, plain, 2, "{\"prompts\":{}}", false, false, true, false },
    { 0, NULL, choosing, 2, "{\"prompts\":{},\"completions\":{}}", false, false, true, true },
    { 0, NULL, completing, 1, "{\"prompts\":{},\"completions\":{}}", false, false, true, true },
    { 1, completed, choosing, 2, "{\"tools\":{},\"resources\":{},\"prompts\":{},\"completions\":{}}",
      true, true, true, true }
};

static void check_method(bool there, const char *request)
{
    const char *code = part_of(send_message(request), "/error/code");
    NOTE("%s", request);
    CHECK((strcmp(code, "-32601") != 0) == there);
}

static void what_is_offered(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(offers); i++) {
        begin();
        host.act = tell;
        host.desc.num_tools = offers[i].num_tools;
        host.desc.resources = offers[i].resources;
        host.desc.num_resources = offers[i].resources != NULL;
        host.desc.prompts = offers[i].prompts;
        host.desc.num_prompts = offers[i].num_prompts;
        start();
        NOTE("offer %lu", (unsigned long)i);
        CHECK_STR(offers[i].want, part_of(send_message(MODERN("server/discover", "")), "/result/capabilities"));
        CHECK_STR(offers[i].want, part_of(send_message(INITIALIZE), "/result/capabilities"));
        check_method(offers[i].has_tools, MODERN("tools/list", ""));
        check_method(offers[i].has_tools, LEGACY("tools/call", "\"name\":\"tool\""));
        check_method(offers[i].has_resources, MODERN("resources/list", ""));
        check_method(offers[i].has_resources, LEGACY("resources/templates/list", ""));
        check_method(offers[i].has_resources, MODERN("resources/read", "\"uri\":\"a:b\","));
        check_method(offers[i].has_prompts, LEGACY("prompts/list", ""));
        check_method(offers[i].has_prompts, MODERN("prompts/get", "\"name\":\"p\","));
        check_method(offers[i].has_completion, LEGACY("completion/complete", "\"ref\":{},\"argument\":{}"));
        end();
    }
}

/*---- Suggestions ---------------------------------------------------------------------------------*/

static size_t num_suggestions;

static int suggest_many(mcp_call *c)
{
    char text[30];
    size_t i;
    for (i = 0; i < num_suggestions; i++) {
        snprintf(text, sizeof text, "s%lu", (unsigned long)i);
        CHECK_STATUS(MCP_OK, i % 2 ? mcp_suggest(c, text) : mcp_suggestn(c, text, strlen(text)));
    }
    return MCP_OK;
}

/* That many are suggested: the first hundred of them are sent, and it is told how many there were. */
static void check_suggestions(const char *reply, size_t count, bool from_function)
{
    const size_t sent = count < 100 ? count : 100;
    char want[40], pointer[60];
    snprintf(want, sizeof want, "%lu", (unsigned long)count);
    CHECK_STR(want, part_of(reply, "/result/completion/total"));
    CHECK_STR(count > 100 ? "true" : "false", part_of(reply, "/result/completion/hasMore"));
    snprintf(pointer, sizeof pointer, "/result/completion/values/%lu", (unsigned long)sent);
    CHECK_STR("nothing", part_of(reply, pointer));
    snprintf(pointer, sizeof pointer, "/result/completion/values/%lu", (unsigned long)sent - 1);
    snprintf(want, sizeof want, from_function ? "\"s%lu\"" : "\"choice%lu\"", (unsigned long)sent - 1);
    CHECK_STR(sent ? want : "nothing", part_of(reply, sent ? pointer : "/result/completion/values/0"));
}

static void more_than_a_hundred_suggestions(void)
{
    static const size_t counts[] = { 0, 1, 99, 100, 101, 200, 100000 };
    size_t i, modern;
    started();
    for (i = 0; i < MCP_COUNT(counts); i++)
        for (modern = 0; modern < 2; modern++) {
            const char *reply;
            num_suggestions = counts[i];
            reply = play(i % 2 ? OF_PROMPT : OF_TEMPLATE, modern, suggest_many);
            NOTE("%lu suggestions", (unsigned long)counts[i]);
            check_suggestions(reply, counts[i], true);
        }
    end();
}

static int suggest_by_name(mcp_call *c)
{
    return strcmp(mcp_complete_name(c), "c") ? MCP_OK : mcp_suggest(c, "green");
}

/* A prompt that completes decides about all of its arguments; those with choices are no others. */
static void functions_rather_than_choices(void)
{
    static const mcp_field rows[] = { MCP_CHOICE("c", MCP_STRING, "red|green|grey", 0),
                                      MCP_CHOICE("d", MCP_STRING, "red|green|grey", 0), MCP_END };
    static const mcp_prompt prompt[] = { MCP_PROMPT_FULL("p", act, 0, rows, 0, act, 0, 0, 0) };
    begin();
    host.desc.prompts = prompt;
    host.desc.num_prompts = 1;
    start();
    host.act = suggest_by_name;
#define ASK(name) MODERN("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"},"            \
                         "\"argument\":{\"name\":\"" name "\",\"value\":\"g\"},")
    CHECK_STR("[\"green\"]", part_of(send_message(ASK("c")), "/result/completion/values"));
    CHECK_STR("[]", part_of(send_message(ASK("d")), "/result/completion/values"));
#undef ASK
    end();
}

static void more_than_a_hundred_choices(void)
{
    static char choices[130 * 12];
    mcp_field rows[2] = { MCP_CHOICE("c", MCP_STRING, choices, 0), MCP_END };
    mcp_prompt prompt = MCP_PROMPT("p", act, 0, 0);
    size_t i, n = 0;
    for (i = 0; i < 120; i++)
        n += (size_t)snprintf(choices + n, sizeof choices - n, "%schoice%lu", i ? "|" : "", (unsigned long)i);
    begin();
    prompt.args = rows;
    host.desc.prompts = &prompt;
    host.desc.num_prompts = 1;
    start();
#define ASK(value) MODERN("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"},"            \
                          "\"argument\":{\"name\":\"c\",\"value\":\"" value "\"},")
    check_suggestions(send_message(ASK("")), 120, false);
    check_suggestions(send_message(ASK("choice")), 120, false);
    CHECK_STR("{\"values\":[\"choice11\",\"choice110\",\"choice111\",\"choice112\",\"choice113\",\"choice114\","
              "\"choice115\",\"choice116\",\"choice117\",\"choice118\",\"choice119\"],\"total\":11,\"hasMore\":false}",
              part_of(send_message(ASK("choice11")), "/result/completion"));
#undef ASK
    end();
}

/*---- A filter ------------------------------------------------------------------------------------*/

enum { ROWS = 300 };

static struct {
    char names[4][ROWS][24];
    mcp_tool tools[ROWS];
    mcp_resource resources[2 * ROWS];
    mcp_prompt prompts[ROWS];
    size_t every;               /* which rows are seen: those whose number this divides; 0: none */
    size_t asked;               /* how often */
} crowd;

static bool on_filter(void *user, mcp_call *call, int kind, const char *name)
{
    const char *digits = name + strcspn(name, "0123456789");
    CHECK(user == host.desc.user);
    CHECK(mcp_call_server(call) == host.server);
    CHECK(mcp_user(call) == host.desc.user);
    CHECK(mcp_arg_str(call, "none") == NULL);
    CHECK(kind == (*name == 't' ? MCP_TOOLS : *name == 'p' ? MCP_PROMPTS : MCP_RESOURCES));
    crowd.asked++;
    return crowd.every && strtoul(digits, NULL, 10) % crowd.every == 0;
}

static void make_crowd(void)
{
    static const char *const formats[] = { "tool%lu", "res:%lu", "res:%lu/{x}", "prompt%lu" };
    size_t i, k;
    memset(&crowd, 0, sizeof crowd);
    for (i = 0; i < ROWS; i++) {
        for (k = 0; k < 4; k++)
            snprintf(crowd.names[k][i], sizeof crowd.names[k][i], formats[k], (unsigned long)i);
        crowd.tools[i].name = crowd.names[0][i];
        crowd.tools[i].fn = act;
        for (k = 0; k < 2; k++) {
            crowd.resources[2 * i + k].uri = crowd.resources[2 * i + k].name = crowd.names[1 + k][i];
            crowd.resources[2 * i + k].fn = crowd.resources[2 * i + k].complete = act;
        }
        crowd.prompts[i].name = crowd.names[3][i];
        crowd.prompts[i].fn = crowd.prompts[i].complete = act;
        crowd.prompts[i].args = args;
    }
    host.desc.tools = crowd.tools;
    host.desc.num_tools = ROWS;
    host.desc.resources = crowd.resources;
    host.desc.num_resources = 2 * ROWS;
    host.desc.prompts = crowd.prompts;
    host.desc.num_prompts = ROWS;
    host.desc.filter = on_filter;
}

static const struct {
    const char *method, *key, *id;
} lists[] = {
    { "tools/list", "tools", "name" },
    { "resources/list", "resources", "uri" },
    { "resources/templates/list", "resourceTemplates", "uriTemplate" },
    { "prompts/list", "prompts", "name" }
};

/* Reads one page. Returns how many rows it had; *next is the cursor of the next one, or "". They must be the rows
   that are seen from *row on. */
static size_t check_page(size_t list, char *next, size_t size, size_t *row)
{
    char text[400];
    mcp_doc doc;
    mcp_json result, r;
    const char *reply;
    size_t count = 0;
    memset(&doc, 0, sizeof doc);
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s%s" META "}}",
             lists[list].method, *next ? "\"cursor\":\"" : "", next, *next ? "\"," : "");
    reply = send_message(text);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, reply, strlen(reply)));
    result = mcp_json_get(mcp_json_root(&doc), "result");
    CHECK_INT(MCP_JSON_ARRAY, mcp_json_type(mcp_json_get(result, lists[list].key)));
    r = mcp_json_first(mcp_json_get(result, lists[list].key));
    for (; mcp_json_exists(r); r = mcp_json_next(r), count++, *row += crowd.every)
        CHECK_STR(*row < ROWS ? crowd.names[list][*row] : NULL, mcp_json_cstr(r, lists[list].id, NULL));
    snprintf(next, size, "%s", mcp_json_cstr(result, "nextCursor", ""));
    mcp_doc_free(&doc);
    return count;
}

static void filtered_lists(void)
{
    static const uint32_t sizes[] = { 1, 7, 99, 100, 101, 299, 300, MCP_NONE };
    size_t i, list;
    for (i = 0; i < MCP_COUNT(sizes); i++) {
        begin();
        make_crowd();
        host.desc.page_size = sizes[i];
        start();
        for (list = 0; list < MCP_COUNT(lists); list++)
            for (crowd.every = 0; crowd.every < 6; crowd.every++) {
                const size_t seen = crowd.every ? (ROWS - 1) / crowd.every + 1 : 0;
                const size_t want_pages = seen ? (seen - 1) / sizes[i] + 1 : 1;
                size_t pages = 0, row = 0, left = seen;
                char next[20] = "";
                NOTE("%s: every row of %lu, in pages of %lu", lists[list].method, (unsigned long)crowd.every,
                     (unsigned long)sizes[i]);
                do {
                    const size_t count = check_page(list, next, sizeof next, &row);
                    CHECK_UINT(left < sizes[i] ? left : sizes[i], count);
                    left -= count < left ? count : left;
                    pages++;
                } while (*next && pages <= ROWS);
                CHECK_UINT(want_pages, pages);
                CHECK_UINT(seen * crowd.every, row);
            }
        end();
    }
}

/* What is hidden does not exist for the caller. */
static void hidden_rows_are_not_there(void)
{
    static const struct {
        const char *format, *code, *message;
    } asks[] = {
        { MODERN("tools/call", "\"name\":\"tool%d\","), "-32602", "tools/call: unknown tool; see tools/list" },
        { MODERN("resources/read", "\"uri\":\"res:%d\","), "-32602", "Resource not found" },
        { MODERN("resources/read", "\"uri\":\"res:%d/y\","), "-32602", "Resource not found" },
        { LEGACY("resources/read", "\"uri\":\"res:%d\""), "-32002", "Resource not found" },
        { MODERN("prompts/get", "\"name\":\"prompt%d\","), "-32602", "prompts/get: unknown prompt; see prompts/list" },
        { MODERN("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"prompt%d\"},"
                 "\"argument\":{\"name\":\"a\",\"value\":\"\"},"), "-32602",
          "completion/complete: params.ref names no prompt and no resource template" },
        { MODERN("completion/complete", "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"res:%d/{x}\"},"
                 "\"argument\":{\"name\":\"x\",\"value\":\"\"},"), "-32602",
          "completion/complete: params.ref names no prompt and no resource template" }
    };
    char text[400], want[200];
    size_t i;
    int n;
    begin();
    make_crowd();
    start();
    host.act = tell;
    crowd.every = 3;
    for (i = 0; i < MCP_COUNT(asks); i++)
        for (n = 0; n < 7; n++) {
            const char *reply;
            snprintf(text, sizeof text, asks[i].format, n);
            NOTE("%s", text);
            reply = send_message(text);
            if (n % 3 == 0) {
                CHECK_STR("nothing", part_of(reply, "/error"));
                CHECK(strstr(reply, "a=") != NULL);
            } else {
                CHECK_STR(asks[i].code, part_of(reply, "/error/code"));
                snprintf(want, sizeof want, "\"%s\"", asks[i].message);
                CHECK_STR(want, part_of(reply, "/error/message"));
            }
        }
    end();
}

/* Of several rows that fit, the first that may be seen: without variables, then in the order of the table. */
static int show_row(mcp_call *c) { return mcp_text(c, (const char *)mcp_user(c)); }

static const char *hidden[2];

static bool on_hide(void *user, mcp_call *call, int kind, const char *name)
{
    (void)user, (void)call, (void)kind;
    return strcmp(name, hidden[0]) && strcmp(name, hidden[1]);
}

#define OVERLAP(uri, user) MCP_RESOURCE_FULL(uri, uri, show_row, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, user)
static char overlap_names[][9] = { "first", "second", "third", "static", "fourth" };

static void rows_that_overlap(void)
{
    static const mcp_resource rows[] = {
        OVERLAP("x:{a}", overlap_names[0]), OVERLAP("x:{+b}", overlap_names[1]), OVERLAP("x:{c}d", overlap_names[2]),
        OVERLAP("x:yd", overlap_names[3]), OVERLAP("{scheme}:{+d}", overlap_names[4])
    };
    static const struct {
        const char *hide[2], *want[3];          /* for x:yd, x:d, x:y/z */
    } cases[] = {
        { { "", "" }, { "static", "first", "second" } },
        { { "x:yd", "" }, { "first", "first", "second" } },
        { { "x:yd", "x:{a}" }, { "second", "second", "second" } },
        { { "x:{a}", "x:{+b}" }, { "static", "fourth", "fourth" } },
        { { "x:{+b}", "{scheme}:{+d}" }, { "static", "first", NULL } }
    };
    static const char *const asks[] = { MODERN("resources/read", "\"uri\":\"x:yd\","),
                                        MODERN("resources/read", "\"uri\":\"x:d\","),
                                        MODERN("resources/read", "\"uri\":\"x:y/z\",") };
    char want[20];
    size_t i, k;
    begin();
    host.desc.resources = rows;
    host.desc.num_resources = MCP_COUNT(rows);
    host.desc.filter = on_hide;
    start();
    for (i = 0; i < MCP_COUNT(cases); i++)
        for (k = 0; k < 3; k++) {
            const char *reply;
            memcpy(hidden, cases[i].hide, sizeof hidden);
            NOTE("without '%s' and '%s': %s", hidden[0], hidden[1], asks[k]);
            reply = send_message(asks[k]);
            snprintf(want, sizeof want, "\"%s\"", cases[i].want[k] ? cases[i].want[k] : "");
            CHECK_STR(cases[i].want[k] ? want : "nothing", part_of(reply, "/result/contents/0/text"));
        }
    end();
}

/*---- Rows that are wrong -------------------------------------------------------------------------*/

static const mcp_icon bad_icon[] = { MCP_ICON("ftp://a", 0, 0, 0), MCP_ICON_END };
static const mcp_annotations bad_role = { "user|robot", 0, 0 }, no_role = { "", 0, 0 };
static const mcp_annotations bad_separator = { "user,assistant", 0, 0 };
static const mcp_annotations too_high = { 0, "1.5", 0 }, below = { 0, "-0", 0 }, high = { 0, "high", 0 };
static const mcp_annotations empty = { 0, "", 0 }, no_json = { 0, "0.", 0 }, huge = { 0, "0.1e9", 0 };
static const mcp_field a_number[] = { MCP_ARG("n", MCP_INTEGER, 0), MCP_END };
static const mcp_field a_list[] = { MCP_ARG("l", MCP_STRING | MCP_LIST, 0), MCP_END };
static const mcp_field bad_field[] = { MCP_FIELD("f", MCP_STRING, 0, "a|b", "c", 0, 0), MCP_END };
static const mcp_field twice[] = { MCP_ARG("a", MCP_STRING, 0), MCP_ARG("b", MCP_STRING, 0),
                                   MCP_ARG("a", MCP_STRING, 0), MCP_END };

#define ROW(uri, fn, contents, size, flags, annotations, icons, meta) \
    MCP_RESOURCE_FULL(uri, "r", fn, 0, 0, contents, size, flags, 0, 0, annotations, icons, meta, 0)
#define SCHEME "uri must start with a scheme"
#define AUDIENCE "the audience of annotations must be of user|assistant"
#define PRIORITY "the priority of annotations must be from 0 to 1"
#define LETTERS "expected only characters of a URI: write others as %XX"
#define WHICH_ICON "the src of an icon must start with https: or data:"

static const struct {
    mcp_resource row;
    const char *why;
} wrong_resources[] = {
    { ROW(0, act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("note", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW(":note", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("/a:b", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("a/b:c", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("1a:b", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("-a:b", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("a b:c", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("\xc3\xa9:c", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { ROW("a_b:{c}", act, 0, 0, 0, 0, 0, 0), SCHEME },
    { MCP_RESOURCE("a:b", 0, act, 0, 0), "name is NULL" },
    { ROW("a:b", act, 0, 0, 0, 0, 0, "{"), "meta is not a JSON object" },
    { ROW("a:b", act, 0, 0, 0, 0, 0, "[]"), "meta is not a JSON object" },
    { ROW("a:b", act, 0, 0, 0, 0, 0, ""), "meta is not a JSON object" },
    { ROW("a:b c", act, 0, 0, 0, 0, 0, 0), LETTERS },
    { ROW("a:%zz", act, 0, 0, 0, 0, 0, 0), LETTERS },
    { ROW("a:\xff", act, 0, 0, 0, 0, 0, 0), "expected UTF-8" },
    { ROW("a:b}", act, 0, 0, 0, 0, 0, 0), "expected a { before this }" },
    { ROW("a:{b", act, 0, 0, 0, 0, 0, 0), "expected , or } after a name" },
    { ROW("a:{b*}", act, 0, 0, 0, 0, 0, 0), "expected no :n and no * after a name: level 4 is not supported" },
    { ROW("a:b", act, 0, 0, 0, &bad_role, 0, 0), AUDIENCE },
    { ROW("a:b", act, 0, 0, 0, &no_role, 0, 0), AUDIENCE },
    { ROW("a:b", act, 0, 0, 0, &bad_separator, 0, 0), AUDIENCE },
    { ROW("a:b", act, 0, 0, 0, &too_high, 0, 0), PRIORITY },
    { ROW("a:b", act, 0, 0, 0, &below, 0, 0), PRIORITY },
    { ROW("a:b", act, 0, 0, 0, &high, 0, 0), PRIORITY },
    { ROW("a:b", act, 0, 0, 0, &empty, 0, 0), PRIORITY },
    { ROW("a:b", act, 0, 0, 0, &no_json, 0, 0), PRIORITY },
    { ROW("a:b", act, 0, 0, 0, &huge, 0, 0), PRIORITY },
    { ROW("a:{b}", 0, "x", 1, 0, 0, 0, 0), "fn of a template is NULL" },
    { ROW("a:b", 0, 0, 0, 0, 0, 0, 0), "fn and contents are NULL" },
    { ROW("a:b", 0, 0, 5, MCP_BYTES, 0, 0, 0), "fn and contents are NULL" },
    { ROW("a:b", 0, "a\xff", 2, 0, 0, 0, 0), "contents are not UTF-8: set MCP_BYTES" },
    { ROW("a:b", 0, "a\xc3\xa9", 2, 0, 0, 0, 0), "contents are not UTF-8: set MCP_BYTES" },
    { ROW("a:b", act, 0, 0, 0, 0, bad_icon, 0), WHICH_ICON },
    { ROW("res:static", act, 0, 0, 0, 0, 0, 0), "uri is taken by an earlier row" },
    { ROW("res:{+a}", act, 0, 0, 0, 0, 0, 0), "uri is taken by an earlier row" }
};

static const struct {
    mcp_prompt row;
    const char *why;
} wrong_prompts[] = {
    { MCP_PROMPT(0, act, 0, 0), "name is empty" },
    { MCP_PROMPT("", act, 0, 0), "name is empty" },
    { MCP_PROMPT("p\xff", act, 0, 0), "name is not UTF-8" },
    { MCP_PROMPT("p", 0, 0, 0), "fn is NULL" },
    { MCP_PROMPT_FULL("p", act, 0, 0, 0, 0, 0, "null", 0), "meta is not a JSON object" },
    { MCP_PROMPT("p", act, 0, a_number), "arguments must be strings, and are no headers" },
    { MCP_PROMPT("p", act, 0, a_list), "arguments must be strings, and are no headers" },
    { MCP_PROMPT_FULL("p", act, 0, 0, 0, 0, bad_icon, 0, 0), WHICH_ICON },
    { MCP_PROMPT("p", act, 0, bad_field), "field 'f': has a default that is not of its type" },
    { MCP_PROMPT("p", act, 0, twice), "field 'a': has the name of an earlier one" },
    { MCP_PROMPT("prompt", act, 0, 0), "name is taken by an earlier row" }
};

/* The desc, whose last row is wrong. */
static void check_refused(const char *row, const char *key, const char *why)
{
    char want[300];
    snprintf(want, sizeof want, "mcp_%s '%s': %s", row, key ? key : "", why);
    host.server = mcp_server_create(&host.desc);
    CHECK(host.server == NULL);
    CHECK_STR(want, host.log);
    end();
}

static void wrong_rows(void)
{
    mcp_resource some[3] = { resources[0], resources[1], resources[0] };
    mcp_prompt others[2] = { prompts[0], prompts[0] };
    mcp_tool tool = MCP_TOOL("t", act, 0, twice);
    size_t i;
    for (i = 0; i < MCP_COUNT(wrong_resources); i++) {
        NOTE("resource %lu", (unsigned long)i);
        begin();
        some[2] = wrong_resources[i].row;
        host.desc.resources = some;
        host.desc.num_resources = 3;
        check_refused("resource", some[2].uri, wrong_resources[i].why);
    }
    for (i = 0; i < MCP_COUNT(wrong_prompts); i++) {
        NOTE("prompt %lu", (unsigned long)i);
        begin();
        others[1] = wrong_prompts[i].row;
        host.desc.prompts = others;
        host.desc.num_prompts = 2;
        check_refused("prompt", others[1].name, wrong_prompts[i].why);
    }
    begin();
    host.desc.tools = &tool;
    check_refused("tool", "t", "field 'a': has the name of an earlier one");
}

static const mcp_annotations lowest = { "assistant|user", "0", "" }, highest = { "user", "1.0", 0 };
static const mcp_annotations middle = { "assistant", "0.125", 0 }, no_annotations = { 0, 0, 0 };

/* At the edge of what is refused. */
static void unusual_rows(void)
{
    static const mcp_resource rows[] = {
        ROW("A+.-9:", act, 0, 0, 0, &lowest, 0, "{}"), ROW("{+url}", act, 0, 0, 0, &highest, 0, 0),
        ROW("x:\xc3\xa9", 0, "", 0, 0, &middle, 0, 0),
        ROW("a:b?c=d&e#f", 0, "\xff", 1, MCP_BYTES, &no_annotations, 0, 0),
        ROW("a:{b}", act, 0, 0, 0, 0, 0, 0), ROW("a:{c}", act, 0, 0, 0, 0, 0, 0)
    };
    static const mcp_prompt names[] = { MCP_PROMPT("a b/c", act, 0, 0), MCP_PROMPT("\xc3\xa9", act, 0, 0),
                                        MCP_PROMPT("a b/C", act, 0, 0) };
    begin();
    host.desc.resources = rows;
    host.desc.num_resources = MCP_COUNT(rows);
    host.desc.prompts = names;
    host.desc.num_prompts = MCP_COUNT(names);
    start();
    CHECK_STR("[{\"uri\":\"A+.-9:\",\"name\":\"r\",\"annotations\":{\"audience\":[\"assistant\",\"user\"],"
              "\"priority\":0,\"lastModified\":\"\"},\"_meta\":{}},"
              "{\"uri\":\"x:\xc3\xa9\",\"name\":\"r\",\"size\":0,\"annotations\":{\"audience\":[\"assistant\"],"
              "\"priority\":0.125}},"
              "{\"uri\":\"a:b?c=d&e#f\",\"name\":\"r\",\"size\":1,\"annotations\":{}}]",
              part_of(send_message(MODERN("resources/list", "")), "/result/resources"));
    CHECK_STR("[{\"uri\":\"x:\xc3\xa9\",\"text\":\"\"}]",
              part_of(send_message(MODERN("resources/read", "\"uri\":\"x:\xc3\xa9\",")), "/result/contents"));
    CHECK_STR("[{\"uri\":\"a:b?c=d&e#f\",\"blob\":\"/w==\"}]",
              part_of(send_message(MODERN("resources/read", "\"uri\":\"a:b?c=d&e#f\",")), "/result/contents"));
    host.act = tell;
    CHECK(strstr(send_message(MODERN("prompts/get", "\"name\":\"\\u00e9\",")), "a=-") != NULL);
    end();
}

/*---- Handlers that fail --------------------------------------------------------------------------*/

static int nothing(mcp_call *c) { (void)c; return MCP_OK; }
static int fails(mcp_call *c) { (void)say(c, "dropped"); return mcp_fail(c, "%s: \"%d\"", "why", 7); }
static int fails_twice(mcp_call *c) { (void)mcp_fail(c, "first"); return mcp_fail_text(c, "second"); }
static int fails_with_nul(mcp_call *c) { return mcp_fail(c, "a%cb\xff", 0); }
static int fails_and_is_fine(mcp_call *c) { (void)mcp_fail(c, "why"); return MCP_OK; }
static int gives_up(mcp_call *c) { (void)c; return MCP_E_TOOL; }
static int breaks(mcp_call *c) { (void)say(c, "dropped"); return MCP_E_IO; }
static int needs_memory(mcp_call *c) { (void)c; return MCP_E_NOMEM; }
static int waits(mcp_call *c) { (void)c; return MCP_WAIT; }
static int invents(mcp_call *c) { (void)c; return 77; }

static void failures_in_every_scene(void)
{
    size_t scene, modern;
    started();
    ANY_SCENE(scene, modern) {
        const int no_resource = modern ? -32602 : -32002;
        const char *reply = play(scene, modern, nothing);
        if (reads(scene)) check_error(no_resource, "\"Resource not found\"", reply);
        else CHECK_STR("[]", part_of(reply, scenes[scene].where));
        check_error(-32603, "\"MCP_E_IO: reading or writing failed: see errno\"", play(scene, modern, breaks));
        check_error(-32603, "\"MCP_E_NOMEM: out of memory: the allocator or the pool gave nothing more\"",
                    play(scene, modern, needs_memory));
        check_error(-32603, "\"MCP_E_MISUSE: the call does not fit here: see the function's comment\"",
                    play(scene, modern, waits));
        check_error(-32603, "\"MCP_E_MISUSE: the call does not fit here: see the function's comment\"",
                    play(scene, modern, invents));
        if (scene == TOOL) continue;            /* a tool says it in its result: test_session, verdicts_of_handlers */
        check_error(-32603, "\"why: \\\"7\\\"\"", play(scene, modern, fails));
        check_error(-32603, "\"second\"", play(scene, modern, fails_twice));
        check_error(-32603, "\"a\\u0000b\xef\xbf\xbd\"", play(scene, modern, fails_with_nul));
        check_error(-32603, "\"why\"", play(scene, modern, fails_and_is_fine));
        check_error(-32603, "\"the handler failed without a reason: see mcp_fail\"", play(scene, modern, gives_up));
    }
    end();
}

static int says_after_fail(mcp_call *c) { (void)mcp_fail(c, "why"); (void)say(c, "x"); return MCP_OK; }
static int is_missing(mcp_call *c) { (void)say(c, "dropped"); return mcp_missing(c); }
static int says_after_missing(mcp_call *c) { (void)mcp_missing(c); return say(c, "x"); }
static int fails_after_missing(mcp_call *c) { (void)mcp_missing(c); return mcp_fail_text(c, "why"); }
static int blobs(mcp_call *c) { return mcp_blob(c, "x", 1); }
static int texts(mcp_call *c) { return mcp_text(c, NULL); }
static int images(mcp_call *c) { return mcp_image(c, "x", 1, "image/png"); }
static int plays(mcp_call *c) { return mcp_audio(c, "x", 1, "audio/wav"); }
static int links(mcp_call *c) { return mcp_link(c, "a:b", "n", NULL); }
static int embeds(mcp_call *c) { return mcp_embed(c, "a:b", NULL, "x", 1); }
static int embeds_bytes(mcp_call *c) { return mcp_embed_bytes(c, "a:b", NULL, "x", 1); }
static int suggests(mcp_call *c) { return mcp_suggest(c, "x"); }
static int suggests_nothing(mcp_call *c) { return mcp_suggest(c, NULL); }
static int gives_data(mcp_call *c) { return mcp_data(c, "{}"); }
static int gives_struct(mcp_call *c) { return mcp_data_struct(c, ""); }
static int gives_a_list(mcp_call *c) { return mcp_data(c, "[]"); }
static int gives_twice(mcp_call *c) { (void)mcp_data(c, "{}"); return mcp_data(c, "{}"); }
static int images_of_nothing(mcp_call *c) { return mcp_image(c, "x", 1, NULL); }
static int plays_nothing(mcp_call *c) { return mcp_audio(c, "x", 1, NULL); }
static int links_nowhere(mcp_call *c) { return mcp_link(c, NULL, "n", NULL); }
static int links_without_name(mcp_call *c) { return mcp_link(c, "a:b", NULL, NULL); }
static int embeds_nothing(mcp_call *c) { return mcp_embed(c, NULL, NULL, "x", 1); }
static int embeds_no_bytes(mcp_call *c) { return mcp_embed_bytes(c, NULL, NULL, "x", 1); }

enum { IN_TOOL = 1, IN_RESOURCE = 2, IN_PROMPT = 4, IN_COMPLETION = 8, IN_CONTENT = 7, IN_ALL = 15 };

/* What may be called where; elsewhere it is an error that names it. */
static const struct {
    int (*fn)(mcp_call *c);
    int fits;
    const char *elsewhere;
} writers[] = {
    { texts, IN_CONTENT, "content where there is none" MISUSE },
    { images, IN_CONTENT, "content where there is none" MISUSE },
    { plays, IN_CONTENT, "content where there is none" MISUSE },
    { embeds, IN_CONTENT, "content where there is none" MISUSE },
    { embeds_bytes, IN_CONTENT, "content where there is none" MISUSE },
    { gives_data, IN_CONTENT, "content where there is none" MISUSE },
    { blobs, IN_RESOURCE, "mcp_blob" MISUSE },
    { suggests, IN_COMPLETION, "mcp_suggest" MISUSE },
    { suggests_nothing, 0, "mcp_suggest" MISUSE },
    { gives_struct, 0, "mcp_data_struct" MISUSE },
    { gives_a_list, 0, "mcp_data without an object" MISUSE },
    { images_of_nothing, 0, "content without mime" MISUSE },
    { plays_nothing, 0, "content without mime" MISUSE },
    { links_nowhere, 0, "mcp_link" MISUSE },
    { links_without_name, 0, "mcp_link" MISUSE },
    { embeds_nothing, 0, "mcp_embed" MISUSE },
    { embeds_no_bytes, 0, "mcp_embed_bytes" MISUSE }
};

static int place_of(size_t scene)
{
    return scene == TOOL ? IN_TOOL : reads(scene) ? IN_RESOURCE : scene == PROMPT ? IN_PROMPT : IN_COMPLETION;
}

static void writers_in_every_scene(void)
{
    char want[200];
    size_t scene, modern, i;
    started();
    ANY_SCENE(scene, modern) for (i = 0; i < MCP_COUNT(writers); i++) {
        const char *reply = play(scene, modern, writers[i].fn);
        snprintf(want, sizeof want, "\"%s\"", writers[i].elsewhere);
        NOTE("writer %lu, %s, %lu", (unsigned long)i, scenes[scene].name, (unsigned long)modern);
        if (writers[i].fits & place_of(scene)) CHECK(part_of(reply, scenes[scene].where)[0] == '[');
        else check_error(-32603, want, reply);
    }
    ANY_SCENE(scene, modern) {
        const int no_resource = modern ? -32602 : -32002;
        const char *reply = play(scene, modern, links);
        if (reads(scene)) check_error(-32603, "\"mcp_link" MISUSE "\"", reply);
        else if (completes(scene)) check_error(-32603, "\"content where there is none" MISUSE "\"", reply);
        else CHECK(part_of(reply, scenes[scene].where)[0] == '[');
        reply = play(scene, modern, is_missing);
        if (reads(scene)) check_error(no_resource, "\"Resource not found\"", reply);
        else check_error(-32603, "\"mcp_missing" MISUSE "\"", reply);
        if (scene == TOOL) continue;
        check_error(-32603, "\"content after a failure" MISUSE "\"",
                    play(scene, modern, says_after_fail));
        if (!reads(scene)) continue;
        check_error(-32603, "\"content after a failure" MISUSE "\"",
                    play(scene, modern, says_after_missing));
        check_error(-32603, "\"why\"", play(scene, modern, fails_after_missing));
    }
    check_error(-32603, "\"mcp_data twice" MISUSE "\"", play(TOOL, true, gives_twice));
    end();
}

/*---- Sizes ---------------------------------------------------------------------------------------*/

enum { LARGE = 2000000 };

/* A string of the last reply, by its pointer, is these bytes. */
static void check_string(const char *pointer, const char *want, size_t len)
{
    mcp_doc doc;
    mcp_str got;
    memset(&doc, 0, sizeof doc);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, host.replies.ptr, strlen(host.replies.ptr)));
    got = mcp_json_str(mcp_json_find(mcp_json_root(&doc), pointer), NULL);
    CHECK_BYTES(want, len, got.ptr, got.len);
    mcp_doc_free(&doc);
}

static void large_contents(void)
{
    char *text = (char *)malloc(LARGE), *base64 = (char *)malloc(MCP_BASE64_SIZE(LARGE) + 1);
    mcp_resource rows[2] = { MCP_RESOURCE_TEXT("large:text", "t", "", 0, 0),
                             MCP_RESOURCE_BYTES("large:bytes", "b", 0, LARGE, 0, 0) };
    size_t i, len;
    if (!text || !base64) {
        free(text);
        free(base64);
        SKIP("no memory");
    }
    for (i = 0; i < LARGE; i++) text[i] = (char)(i % 127 ? i % 127 : 'a');
    len = mcp_base64_encode(base64, MCP_BASE64_SIZE(LARGE) + 1, text, LARGE);
    rows[0].contents = rows[1].contents = text;
    rows[0].size = LARGE;
    begin();
    host.desc.resources = rows;
    host.desc.num_resources = 2;
    start();
    (void)send_message(MODERN("resources/read", "\"uri\":\"large:text\","));
    check_string("/result/contents/0/text", text, LARGE);
    (void)send_message(MODERN("resources/read", "\"uri\":\"large:bytes\","));
    check_string("/result/contents/0/blob", base64, len);
    end();
    begin();
    host.desc.resources = rows;
    host.desc.num_resources = 2;
    host.desc.max_reply = LARGE;
    start();
    check_error(-32603, "\"the reply is longer than mcp_server_desc.max_reply allows\"",
                send_message(MODERN("resources/read", "\"uri\":\"large:text\",")));
    check_error(-32603, "\"the reply is longer than mcp_server_desc.max_reply allows\"",
                send_message(LEGACY("resources/read", "\"uri\":\"large:bytes\"")));
    CHECK_STR(PONG, send_message(PING));
    end();
    free(text);
    free(base64);
}

/* Reads a URI of that length. */
static const char *read_long(const char *scheme, size_t len)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"";
    static char text[(1 << 20) + 500];
    size_t n = (size_t)snprintf(text, sizeof text, "%s%s", head, scheme);
    memset(text + n, 'a', len - strlen(scheme));
    snprintf(text + n + len - strlen(scheme), 300, "\"," META "}}");
    return send_message(text);
}

static int count_argument(mcp_call *c) { return mcp_textf(c, "%lu", (unsigned long)strlen(mcp_arg_str(c, "a"))); }

#define TOO_LONG "\"params.uri is longer than mcp_server_desc.max_scratch or max_reply allows\""

/* Too long is no lack of memory: nothing that is kept for later is given back, and the log has nothing to tell. */
static void long_uris(void)
{
    size_t calls;
    started();
    host.act = count_argument;
    CHECK_STR("\"9996\"", part_of(read_long("res:", 10000), "/result/contents/0/text"));
    check_error(-32602, TOO_LONG, read_long("res:", 1 << 20));
    (void)send_message(MODERN("resources/list", ""));
    calls = host.heap.calls;
    check_error(-32602, TOO_LONG, read_long("res:", 1 << 20));
    (void)send_message(MODERN("resources/list", ""));
    CHECK_UINT(calls, host.heap.calls);
    check_error(-32602, "\"Resource not found\"", read_long("other:", 1 << 20));
    check_string("/error/data/uri", strstr(host.replies.ptr, "other:"), 1 << 20);
    CHECK_STR("\"9996\"", part_of(read_long("res:", 10000), "/result/contents/0/text"));
    CHECK_STR("", host.log);
    end();
    begin();
    host.desc.max_reply = 4096;
    start();
    host.act = count_argument;
    CHECK_STR("\"2996\"", part_of(read_long("res:", 3000), "/result/contents/0/text"));
    check_error(-32602, TOO_LONG, read_long("res:", 5000));
    end();
}

static int floods(mcp_call *c)
{
    int i;
    for (i = 0; i < 100; i++) (void)say(c, "0123456789012345678901234567890123456789012345678901234567890123456789");
    return MCP_OK;
}

static void replies_that_are_too_long(void)
{
    size_t scene, modern;
    begin();
    host.desc.max_reply = 2048;
    start();
    ANY_SCENE(scene, modern) {
        check_error(-32603, "\"the reply is longer than mcp_server_desc.max_reply allows\"",
                    play(scene, modern, floods));
        CHECK_STR("nothing", part_of(play(scene, modern, tell), "/error"));
    }
    end();
}

/*---- Later ---------------------------------------------------------------------------------------*/

static int defers(mcp_call *c)
{
    (void)say(c, "before");
    return mcp_defer(c, &host.ref);
}

/* What is written before and after, with the arguments in between as they were. */
static void answers_that_come_later(void)
{
    static const char *const want[SCENES] = {
        "[{\"type\":\"text\",\"text\":\"before\"},{\"type\":\"text\",\"text\":\"a=x b=two none=- uri= name= value=\"}]",
        "[{\"uri\":\"res:static\",\"mimeType\":\"text/x\",\"text\":\"before\"},{\"uri\":\"res:static\","
        "\"mimeType\":\"text/x\",\"text\":\"a=- b=- none=- uri=res:static name= value=\"}]",
        "[{\"uri\":\"res:x\",\"text\":\"before\"},"
        "{\"uri\":\"res:x\",\"text\":\"a=x b=- none=- uri=res:x name= value=\"}]",
        "[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"before\"}},"
        "{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"a=x b=two none=- uri= name= value=\"}}]",
        "[\"before\",\"a=x b=- none=- uri= name=b value=v\"]",
        "[\"before\",\"a=- b=- none=- uri= name=a value=v\"]"
    };
    size_t scene, modern, other;
    started();
    ANY_SCENE(scene, modern) {
        mcp_call *c;
        mcp_ref ref;
        CHECK_STR("", play(scene, modern, defers));
        ref = host.ref;
        for (other = 0; other < SCENES; other++) CHECK(*play(other, !modern, tell));
        NOTE("%s, %lu", scenes[scene].name, (unsigned long)modern);
        c = mcp_resume(host.server, ref);
        CHECK(c != NULL);
        if (!c) continue;
        mcp_finish(c, tell(c));
        CHECK_STR(want[scene], part_of(replies(), scenes[scene].where));
        CHECK(mcp_resume(host.server, ref) == NULL);
    }
    end();
}

static int defers_only(mcp_call *c) { return mcp_defer(c, &host.ref); }

static void failures_that_come_later(void)
{
    size_t scene, modern;
    started();
    ANY_SCENE(scene, modern) {
        mcp_call *c;
        CHECK_STR("", play(scene, modern, defers));
        c = mcp_resume(host.server, host.ref);
        mcp_finish(c, MCP_E_IO);
        check_error(-32603, "\"MCP_E_IO: reading or writing failed: see errno\"", replies());
        if (scene == TOOL) continue;
        CHECK_STR("", play(scene, modern, defers));
        c = mcp_resume(host.server, host.ref);
        mcp_finish(c, mcp_fail(c, "why"));
        check_error(-32603, "\"why\"", replies());
        CHECK_STR("", play(scene, modern, defers));
        mcp_finish(mcp_resume(host.server, host.ref), MCP_E_TOOL);
        check_error(-32603, "\"the handler failed without a reason: see mcp_fail\"", replies());
        CHECK_STR("", play(scene, modern, defers_only));
        mcp_finish(mcp_resume(host.server, host.ref), MCP_OK);
        if (reads(scene)) check_error(modern ? -32602 : -32002, "\"Resource not found\"", replies());
        else CHECK_STR("[]", part_of(replies(), scenes[scene].where));
        if (!reads(scene)) continue;
        CHECK_STR("", play(scene, modern, defers));
        c = mcp_resume(host.server, host.ref);
        mcp_finish(c, mcp_missing(c));
        check_error(modern ? -32602 : -32002, "\"Resource not found\"", replies());
    }
    end();
}

#define NO_ANSWER "there was no answer within 60000 ms (mcp_server_desc.call_timeout_ms)"

static void answers_that_come_too_late(void)
{
    size_t scene, modern;
    started();
    ANY_SCENE(scene, modern) {
        CHECK_STR("", play(scene, modern, defers));
        host.now += 59999;
        CHECK_INT(1, mcp_server_tick(host.server));
        CHECK_STR("", replies());
        CHECK_UINT(0, host.cancelled);
        host.now++;
        CHECK_INT(-1, mcp_server_tick(host.server));
        if (scene == TOOL) CHECK_STR("[{\"type\":\"text\",\"text\":\"" NO_ANSWER "\"}]",
                                     part_of(replies(), scenes[scene].where));
        else check_error(-32603, "\"" NO_ANSWER "\"", replies());
        CHECK_UINT(host.ref, host.cancelled);
        CHECK(mcp_resume(host.server, host.ref) == NULL);
        host.cancelled = 0;
    }
    end();
}

static void answers_that_nobody_wants(void)
{
    static const char cancel[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                                 "\"params\":{\"requestId\":1}}";
    size_t scene, modern;
    started();
    ANY_SCENE(scene, modern) {
        CHECK_STR("", play(scene, modern, defers));
        CHECK_STR("", send_message(cancel));
        CHECK_UINT(host.ref, host.cancelled);
        CHECK(mcp_resume(host.server, host.ref) == NULL);
        CHECK_STR("nothing", part_of(play(scene, modern, tell), "/error"));
    }
    ANY_SCENE(scene, modern) CHECK_STR("", play(scene, modern, defers));        /* the server is destroyed meanwhile */
    end();
    CHECK(host.cancelled != 0);
}

/*---- Memory --------------------------------------------------------------------------------------*/

static const char *const all_lists[] = {
    MODERN("resources/list", ""), MODERN("resources/templates/list", ""), MODERN("prompts/list", ""),
    LEGACY("resources/list", ""), LEGACY("resources/templates/list", ""), LEGACY("prompts/list", "")
};

/* Each thing once: in every scene, at once and later, and every list. Returns how many were answered. */
static size_t a_round(void)
{
    size_t scene, modern, i, answered = 0;
    ANY_SCENE(scene, modern) {
        answered += *play(scene, modern, tell) != 0;
        (void)play(scene, modern, fails);
        host.ref = 0;
        (void)play(scene, modern, defers);
        if (host.ref) mcp_finish(mcp_resume(host.server, host.ref), MCP_OK);
        answered += *replies() != 0;
    }
    for (i = 0; i < MCP_COUNT(all_lists); i++) answered += *send_message(all_lists[i]) != 0;
    return answered;
}

enum { ANSWERS = 4 * SCENES + 6 };

static void steady_state(void)
{
    size_t i, calls;
    started();
    for (i = 0; i < 3; i++) CHECK_UINT(ANSWERS, a_round());
    calls = host.heap.calls;
    for (i = 0; i < 20; i++) CHECK_UINT(ANSWERS, a_round());
    CHECK_UINT(calls, host.heap.calls);
    end();
}

/* What was answered without memory is what would have been answered with it, or says so; where there is no memory for
   that either, the transport was told. */
static void check_answer(int status, const char *got, const char *want)
{
    if (!*got) CHECK_STATUS(MCP_E_NOMEM, status);
    else if (!strstr(got, "\"code\":-32603,\"message\":\"MCP_E_NOMEM")) CHECK_STR(want, got);
}

/* Fails allocation n of each request, on a server that has not served any; then all must be well again. */
static size_t fail_in(const char *request, bool forever)
{
    static char got[8192];
    size_t n, calls;
    for (n = 1; n < 200 && !test_state.failures; n++) {
        int status;
        begin();
        host.server = mcp_server_create(&host.desc);
        host.session = mcp_session_open(host.server);
        host.act = tell;
        if (!strstr(request, "_meta")) (void)send_message(INITIALIZE);
        host.heap.calls = 0;
        host.heap.fail_at = n;
        host.heap.forever = forever;
        snprintf(got, sizeof got, "%s", send_message(request));
        status = host.status;
        calls = host.heap.calls;
        host.heap.fail_at = 0;
        (void)send_message(INITIALIZE);
        CHECK_UINT(ANSWERS, a_round());
        host.act = tell;
        check_answer(status, got, send_message(request));
        CHECK(strstr(host.replies.ptr, "\"result\":{") != NULL);
        end();
        if (calls < n) break;
    }
    return n - 1;
}

static void every_allocation_fails(void)
{
    size_t scene, i, forever, count = 0;
    for (forever = 0; forever < 2; forever++) {
        for (scene = 0; scene < SCENES; scene++) {
            NOTE("%s", scenes[scene].name);
            count += fail_in(scenes[scene].modern, forever) + fail_in(scenes[scene].legacy, forever);
        }
        for (i = 0; i < MCP_COUNT(all_lists); i++) {
            NOTE("list %lu", (unsigned long)i);
            count += fail_in(all_lists[i], forever);
        }
    }
    CHECK(count > 60);
    printf("note - rows: %lu allocations failed on purpose\n", (unsigned long)count);
}

static void creating_without_memory(void)
{
    size_t n;
    for (n = 1; n < 100; n++) {
        NOTE("allocation %lu", (unsigned long)n);
        begin();
        host.heap.fail_at = n;
        host.server = mcp_server_create(&host.desc);
        if (!host.server) CHECK_STR(mcp_strerror(MCP_E_NOMEM), host.log);
        end();
        if (host.heap.calls < n) break;
    }
    CHECK(n > 3 && n < 100);
}

int main(void)
{
    TEST(what_a_handler_gets);
    TEST(alike_in_every_revision);
    TEST(what_is_offered);
    TEST(more_than_a_hundred_suggestions);
    TEST(functions_rather_than_choices);
    TEST(more_than_a_hundred_choices);
    TEST(filtered_lists);
    TEST(hidden_rows_are_not_there);
    TEST(rows_that_overlap);
    TEST(wrong_rows);
    TEST(unusual_rows);
    TEST(failures_in_every_scene);
    TEST(writers_in_every_scene);
    TEST(large_contents);
    TEST(long_uris);
    TEST(replies_that_are_too_long);
    TEST(answers_that_come_later);
    TEST(failures_that_come_later);
    TEST(answers_that_come_too_late);
    TEST(answers_that_nobody_wants);
    TEST(steady_state);
    TEST(every_allocation_fails);
    TEST(creating_without_memory);
    return test_end();
}
