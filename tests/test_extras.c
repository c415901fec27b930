/* What rows, results and the server say besides the usual, where it is not on the wire (tests/wire/extras.txt): what is
   refused, and what becomes of a handler that asks for what there is not. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static struct {
    test_heap heap;
    mcp_server_desc desc;
    mcp_call_fn act;                /* what tool, resource and prompt do */
    char log[512];
    char reply[4000];
} host;

static int act(mcp_call *c) { return host.act(c); }

static mcp_tool tools[1];
static mcp_resource resources[1];
static mcp_prompt prompts[1];

static void on_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    snprintf(host.log, sizeof host.log, "%s", message);
}

/* The usual desc, with a row of each kind; a case changes what it is about. */
static void begin(void)
{
    static const mcp_tool tool = MCP_TOOL("t", act, 0, 0);
    static const mcp_resource resource = MCP_RESOURCE("r:r", "r", act, 0, 0);
    static const mcp_prompt prompt = MCP_PROMPT("p", act, 0, 0);
    tools[0] = tool;
    resources[0] = resource;
    prompts[0] = prompt;
    memset(&host, 0, sizeof host);
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = 1;
    host.desc.resources = resources;
    host.desc.num_resources = 1;
    host.desc.prompts = prompts;
    host.desc.num_prompts = 1;
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.log = on_log;
}

/* The desc is refused, for this reason. */
static void refused(const char *why)
{
    CHECK(mcp_server_create(&host.desc) == NULL);
    CHECK_STR(why, host.log);
    CHECK_HEAP(&host.heap);
}

static bool keep_reply(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)user, (void)stream, (void)kind, (void)code, (void)last;
    if (len >= sizeof host.reply) len = sizeof host.reply - 1;
    memcpy(host.reply, bytes, len);
    host.reply[len] = 0;
    return true;
}

/* Sends a request of 2026-07-28 with these params to a server, if there is one. */
static void ask(mcp_server *server, const char *method, const char *members)
{
    char text[1000];
    mcp_delivery d;
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s\"_meta\":{"
             "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
             "\"io.modelcontextprotocol/clientCapabilities\":{}}}}", method, members, *members ? "," : "");
    memset(&d, 0, sizeof d);
    d.emit = keep_reply;
    d.bytes = text;
    d.len = strlen(text);
    host.reply[0] = 0;
    if (server) (void)mcp_deliver(server, &d);
}

/* What a new server answers to it. */
static const char *answer(const char *method, const char *members)
{
    mcp_server *server = mcp_server_create(&host.desc);
    CHECK(server != NULL);
    ask(server, method, members);
    mcp_server_destroy(server);
    CHECK_HEAP(&host.heap);
    return host.reply;
}

#define MISUSED(what) "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"" what \
                      ": MCP_E_MISUSE: the call does not fit here: see the function's comment\"}}"

/*---- Caching -------------------------------------------------------------------------------------*/

static bool allows(void *user, mcp_call *call, int kind, const char *name)
{
    (void)user, (void)call, (void)kind, (void)name;
    return true;
}

/* What differs from caller to caller is for nobody else. */
static void public_lists_have_no_filter(void)
{
    begin();
    host.desc.cache = MCP_CACHE_PUBLIC;
    host.desc.filter = allows;
    refused("mcp_server_desc: cache must be MCP_CACHE_PRIVATE where filter decides what each caller sees");
    begin();
    host.desc.filter = allows;
    CHECK(strstr(answer("tools/list", ""), "\"ttlMs\":0,\"cacheScope\":\"private\"") != NULL);
}

static int keeps(mcp_call *c)
{
    (void)mcp_cache(c, 5, MCP_CACHE_PRIVATE);
    return mcp_text(c, "x");
}

static void only_reads_are_kept(void)
{
    begin();
    host.act = keeps;
    resources[0].flags = MCP_PUBLIC;
    resources[0].ttl_ms = 7;
    CHECK(strstr(answer("resources/read", "\"uri\":\"r:r\""), "\"ttlMs\":5,\"cacheScope\":\"private\"") != NULL);
    CHECK_STR(MISUSED("mcp_cache"), answer("tools/call", "\"name\":\"t\""));
    CHECK_STR(MISUSED("mcp_cache"), answer("prompts/get", "\"name\":\"p\""));
}

/*---- _meta ---------------------------------------------------------------------------------------*/

static const char *meta_key;

static int marks(mcp_call *c)
{
    (void)mcp_meta(c, meta_key, "[%d, {'a': %s}]", 1, "x");
    return mcp_text(c, "x");
}

static const char *const good_keys[] = {
    "a", "7", "a-b_c.d", "com.example/a", "com.example/", "x/y", "com.example.mcp/a", "mcp/a", "modelcontextprotocol/a",
    "com.mcp-tools/a", "c0-m.e/1", "traceparent"
};
static const char *const bad_keys[] = {
    "", "-a", "a-", "a b", "_a", "a/b/c", "/a", "com..example/a", ".com/a", "com./a", "1com/a", "com-/a", "-com/a",
    "com.ex_ample/a", "com.example/-", "caf\xC3\xA9", "a'b", "progressToken", "io.modelcontextprotocol/a",
    "dev.mcp/a", "com.mcp.tools/a", "tools.mcp.com/a", "modelcontextprotocol.io/a", "mcp.dev/a", "io.mcp/",
    "com.example.mcp.more/a"
};

static void keys_of_meta(void)
{
    size_t i;
    char want[200];
    for (i = 0; i < MCP_COUNT(good_keys); i++) {
        NOTE("key '%s'", good_keys[i]);
        begin();
        host.act = marks;
        meta_key = good_keys[i];
        snprintf(want, sizeof want, "Info\":{\"name\":\"s\",\"version\":\"1\"},\"%s\":[1,{\"a\":\"x\"}]}}}", meta_key);
        CHECK(strstr(answer("tools/call", "\"name\":\"t\""), want) != NULL);
    }
    for (i = 0; i < MCP_COUNT(bad_keys); i++) {
        NOTE("key '%s'", bad_keys[i]);
        begin();
        host.act = marks;
        meta_key = bad_keys[i];
        snprintf(want, sizeof want, "\"message\":\"mcp_meta with a key that it may not have: %s\"",
                 mcp_strerror(MCP_E_MISUSE));
        CHECK(strstr(answer("tools/call", "\"name\":\"t\""), want) != NULL);
    }
}

static const char *second_key;
static int second_status;

static int marks_twice(mcp_call *c)
{
    (void)mcp_meta(c, "a.b/c", "{'first': {'first': 1, 'd': [{'first': 2}]}, 'e': %s}", "\\\"},\"first\":\"{");
    (void)mcp_meta(c, "text", "%s", "first");
    (void)mcp_meta(c, "x", "%s", ",");
    second_status = mcp_meta(c, second_key, "%d", 7);
    return mcp_text(c, "x");
}

/* A key counts as one that was given before where it is a key of _meta itself. */
static void keys_given_before(void)
{
    static const char *const twice[] = { "a.b/c", "text", "x" };
    static const char *const once[] = { "first", "a.b", "tex", "text2", "d" };
    char want[200];
    size_t i;
    for (i = 0; i < MCP_COUNT(twice); i++) {
        NOTE("key '%s'", twice[i]);
        begin();
        host.act = marks_twice;
        second_key = twice[i];
        snprintf(want, sizeof want, "\"message\":\"mcp_meta with a key that was given before: %s\"",
                 mcp_strerror(MCP_E_MISUSE));
        CHECK(strstr(answer("tools/call", "\"name\":\"t\""), want) != NULL);
        CHECK_STATUS(MCP_E_MISUSE, second_status);
    }
    for (i = 0; i < MCP_COUNT(once); i++) {
        NOTE("key '%s'", once[i]);
        begin();
        host.act = marks_twice;
        second_key = once[i];
        snprintf(want, sizeof want, ",\"x\":\",\",\"%s\":7}", second_key);
        CHECK(strstr(answer("tools/call", "\"name\":\"t\""), want) != NULL);
        CHECK_STATUS(MCP_OK, second_status);
    }
}

static int gives_a_blob(mcp_call *c) { return mcp_blob(c, "b", 1); }

/* What is told of one call is not told of the next. */
static void each_misuse_is_told_by_name(void)
{
    mcp_server *server;
    begin();
    server = mcp_server_create(&host.desc);
    host.act = gives_a_blob;
    ask(server, "tools/call", "\"name\":\"t\"");
    CHECK_STR(MISUSED("mcp_blob"), host.reply);
    host.act = keeps;
    ask(server, "tools/call", "\"name\":\"t\"");
    CHECK_STR(MISUSED("mcp_cache"), host.reply);
    host.act = marks;
    meta_key = "a b";
    ask(server, "tools/call", "\"name\":\"t\"");
    CHECK_STR(MISUSED("mcp_meta with a key that it may not have"), host.reply);
    mcp_server_destroy(server);
    CHECK_HEAP(&host.heap);
}

static int marks_badly(mcp_call *c)
{
    CHECK_STATUS(MCP_OK, mcp_meta(c, "a", "%d", 1));
    CHECK_STATUS(MCP_E_TEMPLATE, mcp_meta(c, "b", "{'x': %d", 2));
    return mcp_text(c, "x");
}

static int marks_then_fails(mcp_call *c)
{
    (void)mcp_meta(c, "dropped", "%d", 1);
    (void)mcp_fail_text(c, "no");
    (void)mcp_meta(c, "kept", "%d", 2);
    return MCP_E_TOOL;
}

static void meta_of_errors(void)
{
    begin();
    host.act = marks_badly;
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"MCP_E_TEMPLATE: the template is "
              "not JSON (a URI's: not RFC 6570), or uses what is not supported\"}}",
              answer("tools/call", "\"name\":\"t\""));
    host.act = marks_then_fails;
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"no\"}],"
              "\"isError\":true,\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
              "{\"name\":\"s\",\"version\":\"1\"},\"kept\":2}}}", answer("tools/call", "\"name\":\"t\""));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"no\"}}",
              answer("prompts/get", "\"name\":\"p\""));
}

static void meta_of_rows(void)
{
    begin();
    tools[0].meta = "[]";
    refused("mcp_tool 't': meta is not a JSON object");
}

/*---- Headers -------------------------------------------------------------------------------------*/

#define FIELD(text) "mcp_tool 't': field '" text

static const struct {
    mcp_field fields[3];
    const char *wrong;
} headers[] = {
    { { MCP_ARG("a", MCP_NUMBER | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("a': is MCP_HEADER, but no string, integer or boolean") },
    { { MCP_ARG("a", MCP_STRING | MCP_LIST | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("a': is MCP_HEADER, but no string, integer or boolean") },
    { { MCP_ARG("a b", MCP_STRING | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("a b': is MCP_HEADER, but its name has what no header may have") },
    { { MCP_ARG("a:", MCP_STRING | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("a:': is MCP_HEADER, but its name has what no header may have") },
    { { MCP_ARG("\xC3\xA9", MCP_STRING | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("\xC3\xA9': is MCP_HEADER, but its name has what no header may have") },
    { { MCP_ARG("", MCP_STRING | MCP_HEADER, 0), MCP_END, MCP_END },
      FIELD("': is MCP_HEADER, but its name has what no header may have") },
    { { MCP_ARG("Region", MCP_STRING | MCP_HEADER, 0), MCP_ARG("rEGION", MCP_BOOLEAN | MCP_HEADER, 0), MCP_END },
      FIELD("rEGION': is MCP_HEADER as another one, whose name differs by upper and lower case only") },
    { { MCP_RANGE("a", MCP_INTEGER | MCP_HEADER, "0", "9007199254740992", 0), MCP_END, MCP_END },
      FIELD("a': is MCP_HEADER, but may be beyond 9007199254740991") },
    { { MCP_RANGE("a", MCP_INTEGER | MCP_HEADER, "-9007199254740992", "0", 0), MCP_END, MCP_END },
      FIELD("a': is MCP_HEADER, but may be beyond 9007199254740991") },
    { { MCP_ARG("Region", MCP_STRING | MCP_HEADER, 0), MCP_ARG("rEGION", MCP_BOOLEAN, 0), MCP_END }, NULL },
    { { MCP_RANGE("a", MCP_INTEGER | MCP_HEADER, "-9007199254740991", "9007199254740991", 0),
        MCP_RANGE("ab", MCP_STRING | MCP_HEADER, "1", "9007199254740992", 0), MCP_END }, NULL },
    { { MCP_ARG("!#$%&'*+-.^_`|~09azAZ", MCP_STRING | MCP_HEADER, 0), MCP_END, MCP_END }, NULL }
};

static int says(mcp_call *c) { return mcp_textf(c, "%lld", (long long)mcp_arg_int(c, "n", -1)); }

static void headers_that_are_none(void)
{
    static const mcp_field rows[] = { MCP_ARG("a", MCP_STRING | MCP_HEADER, 0), MCP_END };
    size_t i;
    for (i = 0; i < MCP_COUNT(headers); i++) {
        NOTE("fields %lu", (unsigned long)i);
        begin();
        tools[0].args = headers[i].fields;
        if (headers[i].wrong) refused(headers[i].wrong);
        else CHECK(strstr(answer("tools/list", ""), "\"x-mcp-header\":") != NULL);
    }
    begin();
    prompts[0].args = rows;
    refused("mcp_prompt 'p': arguments must be strings, and are no headers");
}

/* Every client can write such an integer, and so no other is taken; what a tool gives back is no header. */
static void integers_in_headers(void)
{
    static const mcp_field rows[] = { MCP_ARG("n", MCP_INTEGER | MCP_HEADER, 0), MCP_END };
    begin();
    host.act = says;
    tools[0].args = tools[0].result = rows;
    CHECK(strstr(answer("tools/list", ""), "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
                 "\"integer\",\"minimum\":-9007199254740991,\"maximum\":9007199254740991,\"x-mcp-header\":\"n\"}}},"
                 "\"outputSchema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":"
                 "-9007199254740991,\"maximum\":9007199254740991}}}") != NULL);
    CHECK(strstr(answer("tools/call", "\"name\":\"t\",\"arguments\":{\"n\":9007199254740991}"),
                 "\"text\":\"9007199254740991\"") != NULL);
    CHECK(strstr(answer("tools/call", "\"name\":\"t\",\"arguments\":{\"n\":9007199254740992}"),
                 "argument 'n': expected at most 9007199254740991, got 9007199254740992") != NULL);
    CHECK(strstr(answer("tools/call", "\"name\":\"t\",\"arguments\":{\"n\":-9007199254740992}"),
                 "argument 'n': expected at least -9007199254740991, got -9007199254740992") != NULL);
}

/*---- Capabilities --------------------------------------------------------------------------------*/

static const char *const bad_extensions[] = {
    "", "[]", "\"x\"", "{", "{\"com.example/a\":true}",
    "{\"com.example/a\":{},\"b\":{}}", "{\"/a\":{}}", "{\"a b/c\":{}}",
    "{\"com.example/a\":{},\"com.example/-\":{}}"
};
static const char *const good_extensions[] = {
    "{}", "{\"com.example/a\":{}}", "{\"io.modelcontextprotocol/ui\":{\"mimeTypes\":[]},\"x/y\":{}}"
};
static const char *const bad_experimental[] = { "", "[]", "null", "{\"a\":1}", "{\"a\":{},\"b\":null}" };

static void capabilities_of_ones_own(void)
{
    size_t i;
    char want[200];
    for (i = 0; i < MCP_COUNT(bad_extensions); i++) {
        NOTE("extensions '%s'", bad_extensions[i]);
        begin();
        host.desc.extensions = bad_extensions[i];
        refused("mcp_server_desc: extensions must be a JSON object whose members are objects, each under a key "
                "with a prefix, as \"com.example/maps\"");
    }
    begin();
    host.desc.extensions = "{\"com.example/a\":{},\"io.modelcontextprotocol/tasks\":{}}";
    refused("mcp_server_desc: extensions: io.modelcontextprotocol/tasks is told by itself: see MCP_TASK");
    for (i = 0; i < MCP_COUNT(bad_experimental); i++) {
        NOTE("experimental '%s'", bad_experimental[i]);
        begin();
        host.desc.experimental = bad_experimental[i];
        refused("mcp_server_desc: experimental must be a JSON object whose members are objects");
    }
    for (i = 0; i < MCP_COUNT(good_extensions); i++) {
        NOTE("extensions '%s'", good_extensions[i]);
        begin();
        host.desc.extensions = good_extensions[i];
        snprintf(want, sizeof want, ",\"extensions\":%s},\"ttlMs\"", good_extensions[i]);
        CHECK(strstr(answer("server/discover", ""), want) != NULL);
    }
}

/* With all of it in use, every allocation fails in turn: a server, or none, and in the end all memory is back. */
static int uses_all(mcp_call *c)
{
    char *memory = (char *)mcp_call_memory(c, 3000);
    mcp_part part;
    if (memory) memory[2999] = 1;
    if (mcp_page(c, "cursor", 5, 2, &part) != MCP_OK) return MCP_E_TOOL;
    (void)mcp_meta(c, "com.example/a", "{'a': [%d, %s]}", 1, "a value that takes some room");
    (void)mcp_text(c, "a text that is so long that it has to be cut");
    return mcp_page_note(c, &part);
}

static void every_allocation_fails(void)
{
    char good[4000];
    size_t at, forever;
    begin();
    host.act = uses_all;
    tools[0].flags = MCP_CUT;
    tools[0].max_text = 20;
    tools[0].meta = "{\"a\":1}";
    host.desc.extensions = "{\"a/b\":{}}";
    host.desc.experimental = "{\"a\":{}}";
    snprintf(good, sizeof good, "%s", answer("tools/call", "\"name\":\"t\""));
    CHECK(strstr(good, "\"com.example/a\":{\"a\":[1,\"a value that takes some room\"]}}}}") != NULL);
    for (forever = 0; forever < 2; forever++) {
        for (at = 1; at < 100; at++) {
            mcp_server *server;
            NOTE("allocation %lu fails%s", (unsigned long)at, forever ? " for ever" : "");
            (void)test_heap_init(&host.heap);
            host.heap.fail_at = at;
            host.heap.forever = forever;
            server = mcp_server_create(&host.desc);
            if (!server) CHECK_STR(mcp_strerror(MCP_E_NOMEM), host.log);
            host.reply[0] = 0;
            ask(server, "tools/call", "\"name\":\"t\"");
            if (strcmp(host.reply, good)) {
                CHECK(!host.reply[0] || strstr(host.reply, "\"error\":{\"code\":-32603,\"message\":\"MCP_E_NOMEM") ||
                      strstr(host.reply, "memory"));
                host.heap.fail_at = 0;
                ask(server, "tools/call", "\"name\":\"t\"");
                if (server) CHECK_STR(good, host.reply);
            }
            mcp_server_destroy(server);
            CHECK_HEAP(&host.heap);
        }
    }
}

int main(void)
{
    TEST(public_lists_have_no_filter);
    TEST(only_reads_are_kept);
    TEST(keys_of_meta);
    TEST(each_misuse_is_told_by_name);
    TEST(keys_given_before);
    TEST(meta_of_errors);
    TEST(meta_of_rows);
    TEST(headers_that_are_none);
    TEST(integers_in_headers);
    TEST(capabilities_of_ones_own);
    TEST(every_allocation_fails);
    return test_end();
}
