/* subscriptions/listen of 2026-07-28 where transcripts do not reach: who listens at the message door, slow readers,
   the end, lack of memory; and the client that asks, in every revision by mcp_pair and against a server by script. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A server, with two sessions or a client, and what was told ----------------------------------*/

static struct {
    test_heap heap, client_heap;
    mcp_server_desc desc;
    mcp_client_desc client_desc;
    mcp_server *server;
    mcp_session *a;
    mcp_client *client;
    uint64_t now;
    bool full;                  /* the message door takes nothing */
    void (*act)(void);          /* what on_changed does, once */
    char emitted[1 << 14];
    char heard[1 << 14];
} host;

static void add_to(char *text, size_t size, const char *more, size_t len)
{
    const size_t n = strlen(text);
    snprintf(text + n, size - n, "%.*s", (int)len, more);
}

static void hear(const char *what, const char *of)
{
    char text[300];
    const int len = snprintf(text, sizeof text, "%s %s;", what, of);
    add_to(host.heard, sizeof host.heard, text, (size_t)len);
}

/* What was told since it was last asked. */
static const char *taken(char *text)
{
    static char copy[1 << 14];
    memcpy(copy, text, sizeof copy);
    text[0] = 0;
    return copy;
}

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    char text[40];
    CHECK(user == &host && !code);
    if (host.full) return false;
    snprintf(text, sizeof text, "%d %d%s ", (int)stream, kind, last ? " last" : "");
    add_to(host.emitted, sizeof host.emitted, text, strlen(text));
    add_to(host.emitted, sizeof host.emitted, bytes, len);
    add_to(host.emitted, sizeof host.emitted, "\n", 1);
    return true;
}

static uint64_t on_now(void *user) { (void)user; return host.now; }

static void on_subscribe(void *user, const char *uri, bool wanted)
{
    CHECK(user == &host);
    hear(wanted ? "wants" : "leaves", uri);
}

static void on_changed(void *user, mcp_client *c, int what, const char *uri)
{
    void (*act)(void) = host.act;
    CHECK(user == &host && c == host.client);
    hear(what == MCP_TOOLS ? "tools" : what == MCP_PROMPTS ? "prompts" : "resources", uri ? uri : "");
    host.act = NULL;
    if (act) act();
}

static int echo(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }

/* Changes everything while it runs. */
static int stir(mcp_call *c)
{
    int i;
    for (i = 0; i < 1000; i++) {
        mcp_changed(mcp_call_server(c), 7);
        mcp_resource_changed(mcp_call_server(c), "a://1");
    }
    return mcp_text(c, "stirred");
}

static const mcp_field args[] = { MCP_ARG("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = { MCP_TOOL("echo", echo, 0, args), MCP_TOOL("stir", stir, 0, 0) };
static const mcp_resource resources[] = { MCP_RESOURCE("a://{n}", "a", echo, "text/plain", 0) };
static const mcp_prompt prompts[] = { MCP_PROMPT("p", echo, 0, 0) };

static void begin(void)
{
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
    host.desc.user = &host;
    host.desc.now_ms = on_now;
    host.desc.on_subscribe = on_subscribe;
    host.desc.changes = MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS | MCP_CONTENTS;
    host.client_desc.name = "c";
    host.client_desc.version = "1";
    host.client_desc.alloc = test_heap_init(&host.client_heap);
    host.client_desc.user = &host;
    host.client_desc.now_ms = on_now;
    host.client_desc.on_changed = on_changed;
}

static void serve(void)
{
    host.server = mcp_server_create(&host.desc);
    host.a = mcp_session_open(host.server);
    CHECK(host.server && host.a);
}

static void end(void)
{
    mcp_client_close(host.client);
    mcp_session_close(host.a);
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
    CHECK_HEAP(&host.client_heap);
}

/*---- Messages, with ' for " ----------------------------------------------------------------------*/

static const char *quoted(const char *text)
{
    static char out[1 << 14];
    size_t i;
    for (i = 0; text[i] && i < sizeof out - 1; i++) out[i] = text[i] == '\'' ? '"' : text[i];
    out[i] = 0;
    return out;
}

#define LINE(members) "{'jsonrpc':'2.0'," members "}\n"
#define META "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28'," \
             "'io.modelcontextprotocol/clientCapabilities':{}}"
#define LISTEN(id, filter) \
    LINE("'id':" id ",'method':'subscriptions/listen','params':{'notifications':" filter "," META "}")
#define CALL(id, name) LINE("'id':" id ",'method':'tools/call','params':{'name':'" name "'," META "}")
#define CANCEL(id) LINE("'method':'notifications/cancelled','params':{'requestId':" id "}")
#define ID(id) "'_meta':{'io.modelcontextprotocol/subscriptionId':" id "}"
#define ACK(id, filter) \
    LINE("'method':'notifications/subscriptions/acknowledged','params':{" ID(id) ",'notifications':" filter "}")
#define CHANGED(id, kind) LINE("'method':'notifications/" kind "/list_changed','params':{" ID(id) "}")
#define UPDATED(id, uri) LINE("'method':'notifications/resources/updated','params':{" ID(id) ",'uri':'" uri "'}")
#define LAST(id) LINE("'id':" id ",'result':{'resultType':'complete','_meta':{'io.modelcontextprotocol/serverInfo':{" \
                      "'name':'s','version':'1'},'io.modelcontextprotocol/subscriptionId':" id "}}")
#define GONE(id) LINE("'method':'notifications/cancelled','params':{" ID(id) ",'requestId':" id "}")
#define BUSY(id) LINE("'id':" id ",'error':{'code':-32603,'message':'mcp_server_desc.max_listens, max_all_listens " \
                      "or max_subscriptions are taken already'}")

static void feed(const char *lines)
{
    const char *text = quoted(lines);
    CHECK_UINT(strlen(text), mcp_session_feed(host.a, text, strlen(text)));
}

static const char *output(void)
{
    static char text[1 << 16];
    size_t n = 0, len;
    const char *bytes;
    while (bytes = mcp_session_output(host.a, &len), len && n + len < sizeof text) {
        memcpy(text + n, bytes, len);
        n += len;
        mcp_session_sent(host.a, len);
    }
    text[n] = 0;
    return text;
}

#define CHECK_OUT(want) CHECK_STR(quoted(want), output())
#define CHECK_EMITTED(want) CHECK_STR(quoted(want), taken(host.emitted))
#define CHECK_TOLD(want) CHECK_STR(want, taken(host.heard))

/* By the message door, as a transport without sessions. */
static int deliver(uint64_t stream, const char *principal, const char *line)
{
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.stream = stream;
    d.emit = on_emit;
    d.user = &host;
    d.bytes = quoted(line);
    d.len = strlen(d.bytes) - 1;
    d.principal = principal;
    return mcp_deliver(host.server, &d);
}

/*---- The server ----------------------------------------------------------------------------------*/

/* Each request has a stream of its own, which stays open and is told at the next tick. */
static void at_the_message_door(void)
{
    begin();
    serve();
    CHECK_STATUS(MCP_WAIT, deliver(1, NULL, LISTEN("7", "{'toolsListChanged':true}")));
    CHECK_EMITTED("1 3 " ACK("7", "{'toolsListChanged':true}"));
    CHECK_STATUS(MCP_WAIT, deliver(2, NULL, LISTEN("7", "{'resourceSubscriptions':['a://1']}")));
    CHECK_EMITTED("2 3 " ACK("7", "{'resourceSubscriptions':['a://1']}"));
    mcp_changed(host.server, 7);
    mcp_resource_changed(host.server, "a://1");
    mcp_resource_changed(host.server, "a://1");
    CHECK_EMITTED("");
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_EMITTED("1 3 " CHANGED("7", "tools") "2 3 " UPDATED("7", "a://1"));
    (void)mcp_server_tick(host.server);
    CHECK_EMITTED("");
    host.full = true;
    mcp_changed(host.server, MCP_TOOLS);
    (void)mcp_server_tick(host.server);
    host.full = false;
    mcp_stream_ready(host.server, &host, 1);
    CHECK_EMITTED("1 3 " CHANGED("7", "tools"));
    CHECK_TOLD("wants a://1;");
    mcp_stream_lost(host.server, &host, 2);
    CHECK_TOLD("leaves a://1;");
    mcp_changed(host.server, 7);
    mcp_end_subscriptions(host.server);
    mcp_changed(host.server, 7);        /* nobody hears of that any more */
    (void)mcp_server_tick(host.server);
    CHECK_EMITTED("1 3 " CHANGED("7", "tools") "1 1 last " LAST("7"));
    mcp_changed(host.server, 7);
    (void)mcp_server_tick(host.server);
    CHECK_EMITTED("");
    end();
}

/* The acknowledgement comes first, however late it is taken. */
static void acknowledged_before_all(void)
{
    begin();
    serve();
    host.full = true;
    CHECK_STATUS(MCP_WAIT, deliver(1, NULL,
                                   LISTEN("'x'", "{'toolsListChanged':true,'resourceSubscriptions':['a://1']}")));
    mcp_changed(host.server, 7);
    mcp_resource_changed(host.server, "a://1");
    mcp_end_subscriptions(host.server);
    (void)mcp_server_tick(host.server);
    CHECK_EMITTED("");
    host.full = false;
    mcp_stream_ready(host.server, &host, 1);
    CHECK_EMITTED("1 3 " ACK("'x'", "{'toolsListChanged':true,'resourceSubscriptions':['a://1']}")
                  "1 3 " CHANGED("'x'", "tools") "1 3 " UPDATED("'x'", "a://1") "1 1 last " LAST("'x'"));
    end();
}

/* So many may a principal with a name have, a session, and a server. */
static void limits(void)
{
    begin();
    host.desc.max_listens = 2;
    host.desc.max_all_listens = 7;
    serve();
    CHECK_STATUS(MCP_WAIT, deliver(1, "ann", LISTEN("1", "{}")));
    CHECK_STATUS(MCP_WAIT, deliver(2, "ann", LISTEN("2", "{}")));
    CHECK_STATUS(MCP_WAIT, deliver(3, "bob", LISTEN("3", "{}")));
    CHECK_STATUS(MCP_WAIT, deliver(4, NULL, LISTEN("4", "{}")));
    CHECK_STATUS(MCP_WAIT, deliver(5, NULL, LISTEN("5", "{}")));
    CHECK_STATUS(MCP_WAIT, deliver(6, NULL, LISTEN("6", "{}")));
    feed(LISTEN("7", "{}") LISTEN("8", "{}") CANCEL("7") LISTEN("9", "{}"));
    CHECK_OUT(ACK("7", "{}") BUSY("8") ACK("9", "{}"));
    mcp_stream_lost(host.server, &host, 5);
    feed(LISTEN("10", "{}") LISTEN("11", "{}"));
    CHECK_OUT(ACK("10", "{}") BUSY("11"));
    mcp_stream_lost(host.server, &host, 6);
    feed(LISTEN("12", "{}"));           /* of the session, there are two */
    CHECK_OUT(BUSY("12"));
    end();

    begin();
    host.desc.max_listens = MCP_NONE;
    serve();
    feed(LISTEN("1", "{}"));
    CHECK_OUT(BUSY("1"));
    end();
}

/* They hold no calls: a server that takes one deferred call serves while hundreds listen. */
static void no_calls_are_held(void)
{
    char text[600];
    int i;
    begin();
    host.desc.max_calls = 1;
    host.desc.max_listens = host.desc.max_all_listens = 500;
    serve();
    for (i = 0; i < 500; i++) {
        snprintf(text, sizeof text, LISTEN("%d", "{'promptsListChanged':true}"), i);
        feed(text);
        CHECK(strstr(output(), "acknowledged"));
    }
    feed(CALL("'c'", "stir"));
    CHECK(strstr(output(), "stirred"));
    CHECK(!mcp_session_busy(host.a));
    mcp_session_close(host.a);
    host.a = NULL;
    mcp_changed(host.server, 7);
    end();
}

/* A slow reader gets each change once; what does not fit now comes later, in order. */
static void slow_reader(void)
{
    const char *bytes;
    size_t len;
    int i;
    begin();
    host.desc.max_output = 300;
    serve();
    feed(LISTEN("1", "{'toolsListChanged':true,'promptsListChanged':true,'resourceSubscriptions':['a://1','a://2']}"));
    (void)output();
    for (i = 0; i < 1000; i++) {
        mcp_changed(host.server, 7);
        mcp_resource_changed(host.server, "a://2");
        mcp_resource_changed(host.server, "a://1");
        bytes = mcp_session_output(host.a, &len);
        CHECK(bytes && len < 300);
    }
    mcp_end_subscriptions(host.server);
    CHECK(mcp_session_busy(host.a));
    CHECK_OUT(CHANGED("1", "tools") CHANGED("1", "prompts") CHANGED("1", "tools") CHANGED("1", "prompts")
              UPDATED("1", "a://1") UPDATED("1", "a://2") LAST("1") GONE("1"));
    CHECK(!mcp_session_busy(host.a));
    end();
}

/* An acknowledgement that cannot be written is an error; a change that is too long for any message is lost. */
static void too_long(void)
{
    char text[900], uri[300];
    memset(uri, 'u', sizeof uri);
    uri[sizeof uri - 1] = 0;
    memcpy(uri, "a://", 4);
    begin();
    host.desc.max_reply = 400;
    serve();
    snprintf(text, sizeof text, LISTEN("1", "{'resourceSubscriptions':['%s']}"), uri);
    feed(text);
    CHECK(strstr(output(), "max_reply"));
    CHECK(strstr(taken(host.heard), "leaves a://uuu"));
    mcp_resource_changed(host.server, uri);
    CHECK_OUT("");
    feed(LISTEN("1", "{}"));
    CHECK_OUT(ACK("1", "{}"));
    end();
}

static void closes(mcp_session *s)
{
    if (s == host.a) mcp_session_close(s);
}

static void on_tap(void *user, mcp_session *s, int direction, const char *bytes, size_t len)
{
    (void)user, (void)len;
    if (direction == MCP_TAP_OUT && strstr(bytes, "list_changed")) closes(s);
    if (direction == MCP_TAP_OUT && strstr(bytes, "\"a://2\"")) mcp_stream_lost(host.server, &host, 3);
}

/* The peer goes while it is being told. */
static void gone_while_told(void)
{
    size_t len;
    begin();
    host.desc.tap = on_tap;
    serve();
    feed(LISTEN("1", "{'toolsListChanged':true,'promptsListChanged':true}") LISTEN("2", "{'toolsListChanged':true}"));
    (void)output();
    mcp_changed(host.server, 7);
    (void)mcp_session_output(host.a, &len);
    host.a = NULL;
    (void)deliver(3, NULL, LISTEN("1", "{'resourceSubscriptions':['a://1','a://3']}"));
    (void)deliver(3, NULL, LISTEN("1", "{'resourceSubscriptions':['a://4','a://2']}"));
    (void)taken(host.emitted);
    CHECK_TOLD("wants a://1;wants a://3;wants a://4;wants a://2;leaves a://1;leaves a://3;leaves a://4;leaves a://2;");
    mcp_resource_changed(host.server, "a://1");
    (void)mcp_server_tick(host.server);
    CHECK_EMITTED("");
    end();
}

/* Whatever allocation fails: it is acknowledged or refused, never half, and what has changed is told later. */
static void memory(void)
{
    size_t n, failed = 0;
    int for_ever;
    for (for_ever = 0; for_ever < 2; for_ever++)
        for (n = 1; n < 60; n++) {
            const char *text;
            bool heard;
            NOTE("%s %lu", for_ever ? "from" : "only", (unsigned long)n);
            begin();
            serve();
            feed(CALL("0", "none"));    /* there is room to read to */
            (void)output();
            host.heap.fail_at = host.heap.calls + n;
            host.heap.forever = for_ever;
            text = quoted(LISTEN("1", "{'toolsListChanged':true,'resourceSubscriptions':['a://1','a://2']}"));
            (void)mcp_session_feed(host.a, text, strlen(text));
            mcp_changed(host.server, 7);
            mcp_resource_changed(host.server, "a://2");
            text = output();
            failed += host.heap.calls >= host.heap.fail_at;
            host.heap.fail_at = 0;
            if (mcp_session_status(host.a) == MCP_OK) {
                char all[1 << 13];
                snprintf(all, sizeof all, "%s", text);
                snprintf(all + strlen(all), sizeof all - strlen(all), "%s", output());
                heard = strstr(all, "acknowledged") != NULL;
                CHECK(heard != (strstr(all, "error") != NULL));
                CHECK_STR(heard ? quoted(ACK("1", "{'toolsListChanged':true,'resourceSubscriptions':['a://1','a://2']}")
                                         CHANGED("1", "tools") UPDATED("1", "a://2")) : all, all);
                mcp_end_subscriptions(host.server);
                CHECK_STR(heard ? quoted(LAST("1") GONE("1")) : "", output());
            }
            end();
        }
    CHECK(failed > 10);
    printf("note - listen: %lu allocations failed on purpose\n", (unsigned long)failed);
}

/* It goes at every byte. */
static void gone_at_every_byte(void)
{
    static const char lines[] = LISTEN("1", "{'resourceSubscriptions':['a://1']}") LISTEN("2", "{}") CANCEL("1");
    size_t n;
    for (n = 0; n <= sizeof lines - 1; n++) {
        begin();
        serve();
        CHECK_UINT(n, mcp_session_feed(host.a, quoted(lines), n));
        mcp_resource_changed(host.server, "a://1");
        mcp_session_close(host.a);
        host.a = NULL;
        mcp_resource_changed(host.server, "a://1");
        (void)mcp_server_tick(host.server);
        end();
    }
}

/*---- The client, with a server in the same process ----------------------------------------------*/

static void pump(void)
{
    while (mcp_client_pump(host.client, 0) == MCP_OK) {}
}

static void pair_up(uint32_t revisions)
{
    begin();
    host.client_desc.revisions = revisions;
    host.server = mcp_server_create(&host.desc);
    host.client = mcp_pair(host.server, &host.client_desc);
    CHECK(host.client != NULL);
    pump();
}

/* One host, whatever the revision. */
static void in_every_revision(void)
{
    uint32_t revision;
    for (revision = MCP_2024_11_05; revision <= MCP_2026_07_28; revision *= 2) {
        NOTE("%u", (unsigned)revision);
        pair_up(revision);
        mcp_changed(host.server, 7);
        pump();
        CHECK_TOLD("tools ;resources ;prompts ;");
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://1")));
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://2")));
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://1")));
        CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(mcp_subscribe(host.client, "b://1")));
        pump();
        CHECK_TOLD("wants a://1;wants a://2;");
        mcp_resource_changed(host.server, "a://1");
        mcp_resource_changed(host.server, "a://2");
        mcp_resource_changed(host.server, "b://1");
        mcp_changed(host.server, MCP_TOOLS);
        pump();
        CHECK_TOLD("tools ;resources a://1;resources a://2;");
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://1")));
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://1")));
        pump();
        CHECK_TOLD("leaves a://1;");
        mcp_resource_changed(host.server, "a://1");
        mcp_resource_changed(host.server, "a://2");
        pump();
        CHECK_TOLD("resources a://2;");
        CHECK_STR("stirred", mcp_reply_text(mcp_call_tool(host.client, "stir", NULL)));
        pump();
        CHECK_TOLD("tools ;resources ;prompts ;");
        CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
        end();
        CHECK_TOLD("leaves a://2;");
    }
}

/* Without on_changed nobody listens to lists; what is wanted is asked for, and what is wanted no longer cancelled. */
static void only_resources(void)
{
    begin();
    host.client_desc.on_changed = NULL;
    host.server = mcp_server_create(&host.desc);
    host.client = mcp_pair(host.server, &host.client_desc);
    pump();
    CHECK(!host.server->peer.listeners->next);          /* looks inside: what is asked for, not what comes of it */
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://1")));
    CHECK(host.server->peer.listeners->next && !host.server->peer.listeners->next->next);
    CHECK_UINT(0, host.server->peer.listeners->next->kinds);
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://1")));
    CHECK(!host.server->peer.listeners->next);
    end();
}

/* The server ends it: it is asked again after 1, 2, 4 ... 64 seconds, and all may have changed. */
static void asked_again(void)
{
    static const uint64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 64000, 64000 };
    size_t i;
    pair_up(MCP_ALL_REVISIONS);
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://1")));
    (void)taken(host.heard);
    for (i = 0; i < MCP_COUNT(waits); i++) {
        NOTE("%d", (int)i);
        mcp_end_subscriptions(host.server);
        pump();
        CHECK_TOLD("leaves a://1;");
        CHECK_INT((int)waits[i], mcp_client_tick(host.client));
        host.now += waits[i] - 1;
        pump();
        mcp_changed(host.server, 7);
        pump();
        CHECK_TOLD("");
        host.now++;
        pump();
        CHECK_TOLD("wants a://1;tools ;prompts ;resources ;resources a://1;");
        CHECK_INT(-1, mcp_client_tick(host.client));
        mcp_resource_changed(host.server, "a://1");
        pump();
        CHECK_TOLD("resources a://1;");
    }
    host.now += 64001;
    mcp_end_subscriptions(host.server);
    pump();
    CHECK_INT(1000, mcp_client_tick(host.client));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://2")));    /* at once, as it is asked for */
    CHECK_TOLD("leaves a://1;wants a://1;wants a://2;tools ;prompts ;resources ;resources a://1;");
    end();
}

static void subscribe_more(void)
{
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://3")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://1")));
}

static void close_it(void)
{
    mcp_client_close(host.client);
}

/* What on_changed does. */
static void from_the_callback(void)
{
    pair_up(MCP_ALL_REVISIONS);
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(host.client, "a://1")));
    mcp_end_subscriptions(host.server);
    pump();
    (void)taken(host.heard);
    host.now += 1000;
    host.act = subscribe_more;
    pump();
    CHECK(strstr(host.heard, "wants a://3;"));
    CHECK(strstr(host.heard, "leaves a://1;"));
    (void)taken(host.heard);
    mcp_resource_changed(host.server, "a://1");
    mcp_resource_changed(host.server, "a://3");
    pump();
    CHECK_TOLD("resources a://3;");
    host.act = close_it;
    mcp_changed(host.server, 7);
    (void)mcp_client_pump(host.client, 0);
    host.client = NULL;
    CHECK_TOLD("tools ;leaves a://3;");
    end();
}

/* Whatever allocation of the client's fails, it says so or hears. */
static void client_memory(void)
{
    size_t n, failed = 0;
    for (n = 1; n < 80; n++) {
        int status;
        NOTE("%lu", (unsigned long)n);
        pair_up(MCP_2026_07_28);
        host.client_heap.fail_at = host.client_heap.calls + n;
        status = mcp_reply_status(mcp_subscribe(host.client, "a://1"));
        failed += host.client_heap.calls >= host.client_heap.fail_at;
        host.client_heap.fail_at = 0;
        CHECK(status == MCP_OK || status == MCP_E_NOMEM);
        (void)taken(host.heard);
        host.now += 2000;
        pump();
        (void)taken(host.heard);
        mcp_resource_changed(host.server, "a://1");
        mcp_changed(host.server, MCP_TOOLS);
        pump();
        if (mcp_client_status(host.client) == MCP_OK)
            CHECK_STR(status == MCP_OK ? "tools ;resources a://1;" : "tools ;", taken(host.heard));
        end();
    }
    CHECK(failed > 3);
}

/*---- The client, and a server by script ---------------------------------------------------------*/

#define HELLO LINE("'id':1,'result':{'supportedVersions':['2026-07-28'],'capabilities':{'tools':{'listChanged':true}," \
                   "'resources':{'subscribe':true}},'resultType':'complete','ttlMs':0,'cacheScope':'private'}")
#define CLIENT_META "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28','io.modelcontextprotocol/" \
                    "clientCapabilities':{},'io.modelcontextprotocol/clientInfo':{'name':'c','version':'1'}}"
#define ASKS(id, filter) \
    LINE("'id':" id ",'method':'subscriptions/listen','params':{'notifications':" filter "," CLIENT_META "}")

static void says(const char *lines)
{
    const char *text = quoted(lines);
    CHECK_UINT(strlen(text), mcp_client_feed(host.client, text, strlen(text)));
}

static const char *sent(void)
{
    static char text[1 << 13];
    size_t len;
    const char *bytes = mcp_client_output(host.client, &len);
    text[0] = 0;
    add_to(text, sizeof text, bytes ? bytes : "", len);
    mcp_client_sent(host.client, len);
    return text;
}

#define CHECK_SENT(want) CHECK_STR(quoted(want), sent())

static void meet(void)
{
    begin();
    host.client_desc.revisions = MCP_2026_07_28;
    host.client = mcp_client_create(&host.client_desc);
    (void)sent();
    says(HELLO);
    CHECK_SENT(ASKS("2", "{'toolsListChanged':true}"));
}

/* What another subscription is told is not for us. */
static void told_apart(void)
{
    meet();
    says(ACK("3", "{'toolsListChanged':true}") CHANGED("3", "tools") CHANGED("'2'", "tools"));
    CHECK_TOLD("");
    says(ACK("2", "{'toolsListChanged':true}") CHANGED("2", "tools"));
    CHECK_TOLD("tools ;");
    CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_subscribe(host.client, "a://1")));     /* nobody pumps */
    host.now += 1000000;
    CHECK_INT(-1, mcp_client_tick(host.client));    /* it has no time */
    CHECK_SENT("");
    CHECK(!mcp_client_cancel(host.client, 2));      /* nor is it the host's */
    end();
}

/* A result, a cancellation, both: the server has ended it. */
static void ended(void)
{
    static const char *const ends[] = { LAST("2"), GONE("2"), LAST("2") GONE("2"), CANCEL("2"), GONE("2") LAST("2") };
    size_t i;
    for (i = 0; i < MCP_COUNT(ends); i++) {
        NOTE("%s", ends[i]);
        meet();
        says(ACK("2", "{'toolsListChanged':true}"));
        says(ends[i]);
        CHECK_INT(1000, mcp_client_tick(host.client));
        host.now += 1000;
        CHECK_INT(60000, mcp_client_tick(host.client));
        CHECK_SENT(ASKS("3", "{'toolsListChanged':true}"));
        says(ACK("3", "{'toolsListChanged':true}"));
        CHECK_TOLD("tools ;");
        end();
    }
}

/* A server that refuses is not asked again; one that says nothing is, after the time for an answer. */
static void refused(void)
{
    meet();
    says(LINE("'id':2,'error':{'code':-32601,'message':'Method not found'}"));
    CHECK_INT(-1, mcp_client_tick(host.client));
    CHECK_SENT("");
    end();

    meet();
    CHECK_INT(60000, mcp_client_tick(host.client));
    host.now += 60000;
    CHECK_INT(1000, mcp_client_tick(host.client));
    CHECK_SENT(CANCEL("2"));
    host.now += 1000;
    (void)mcp_client_tick(host.client);
    CHECK_SENT(ASKS("3", "{'toolsListChanged':true}"));
    end();
}

/* It takes none of the calls that the host may have, and goes with the client. */
static void on_done(void *user, mcp_client *c, const mcp_reply *reply)
{
    (void)user, (void)c;
    hear("done", mcp_strerror(mcp_reply_status(reply)));
}

static void beside_calls(void)
{
    begin();
    host.client_desc.revisions = MCP_2026_07_28;
    host.client_desc.max_calls = 1;
    host.client = mcp_client_create(&host.client_desc);
    says(HELLO ACK("2", "{}"));
    CHECK(mcp_request_begin(host.client, on_done, &host, "x", NULL) == 3);
    CHECK(mcp_request_begin(host.client, on_done, &host, "x", NULL) == 0);
    says(LAST("2") LINE("'id':3,'result':{}"));
    CHECK_TOLD("done MCP_OK: done;");
    host.now += 1000;
    (void)mcp_client_tick(host.client);
    CHECK(mcp_request_begin(host.client, on_done, &host, "x", NULL) == 5);
    CHECK(mcp_request_begin(host.client, on_done, &host, "x", NULL) == 0);
    mcp_client_ended(host.client);
    CHECK(strstr(taken(host.heard), "done MCP_E_CLOSED"));
    end();
}

int main(void)
{
    TEST(at_the_message_door);
    TEST(acknowledged_before_all);
    TEST(limits);
    TEST(no_calls_are_held);
    TEST(slow_reader);
    TEST(too_long);
    TEST(gone_while_told);
    TEST(memory);
    TEST(gone_at_every_byte);
    TEST(in_every_revision);
    TEST(only_resources);
    TEST(asked_again);
    TEST(from_the_callback);
    TEST(client_memory);
    TEST(told_apart);
    TEST(ended);
    TEST(refused);
    TEST(beside_calls);
    return test_end();
}
