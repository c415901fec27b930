/* The client's side of what servers offer beside tools, at the public functions: resources, prompts, completion,
   lists, log messages, subscriptions, roots, and what servers tell unasked. Servers are scripts of lines, in which '
   stands for ", and a server of our own in the same process. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"

/*---- A host: what it was told --------------------------------------------------------------------*/

static void (*react)(void);         /* what a callback does besides */

/* A value as JSON with ' for "; "-" for a missing one. */
static const char *text_of(mcp_json v)
{
    static char text[4][1000];
    static size_t next;
    char *to = text[next++ % 4];
    mcp_out out;
    mcp_str all;
    size_t i;
    mcp_out_fixed(&out, to, sizeof text[0]);
    if (!mcp_json_exists(v)) return "-";
    mcp_put_value(&out, v);
    if (mcp_out_done(&out, &all) != MCP_OK) return "(too long)";
    for (i = 0; i < all.len; i++) if (to[i] == '"') to[i] = '\'';
    return to;
}

static void on_log(void *user, mcp_client *c, int level, const char *logger, mcp_json data)
{
    CHECK(user == &host && c == host.client);
    test_hear("log %d '%s' %s; ", level, logger, text_of(data));
    if (react) react();
}

static void on_changed(void *user, mcp_client *c, int what, const char *uri)
{
    CHECK(user == &host && c == host.client);
    test_hear("changed %d %s; ", what, uri ? uri : "-");
    if (react) react();
}

static void on_notification(void *user, mcp_client *c, const char *method, mcp_json params)
{
    CHECK(user == &host && c == host.client);
    test_hear("%s %s; ", method, text_of(params));
    if (react) react();
}

static void on_input(void *user, mcp_input *input)
{
    CHECK(user == &host);
    if (mcp_input_kind(input) == MCP_INPUT_ROOTS) CHECK_STATUS(MCP_OK, mcp_answer(input, "{'roots': []}"));
    else CHECK_STATUS(MCP_OK, mcp_accept(input, "{'name': %s}", "Ann"));
}

/*---- A server: its lines, and those of the client ------------------------------------------------*/

#define LINE(members)    "{'jsonrpc':'2.0'," members "}\n"
#define NOTE_OF(method, params) LINE("'method':'notifications/" method "','params':" params)
#define META "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28',"                     \
             "'io.modelcontextprotocol/clientCapabilities':{},"                                     \
             "'io.modelcontextprotocol/clientInfo':{'name':'c','version':'1'}%s}"
#define ALL "{'tools':{},'resources':{'subscribe':true},'prompts':{},'completions':{},'logging':{}}"

enum { OLD = 4, MODERN = 4 };       /* how many are old; the number of the modern one */

/* The usual desc; a case changes what it is about before it calls connect. */
static void begin(void)
{
    host_begin();
    react = NULL;
    host.client_desc.on_log = on_log;
    host.client_desc.on_changed = on_changed;
    host.client_desc.on_notification = on_notification;
}

/* A server's answer to the handshake in that revision. */
static const char *hello(size_t revision, const char *capabilities)
{
    static char text[600];
    snprintf(text, sizeof text,
             revision == MODERN ? LINE("'id':1,'result':{'resultType':'complete','supportedVersions':['%s'],"
                                       "'capabilities':%s}")
                                : LINE("'id':1,'result':{'protocolVersion':'%s','capabilities':%s}"),
             revisions[revision], capabilities);
    return text;
}

/* A client that has made friends with a server of that revision. Its requests have the numbers from 2 on. */
static void connect_to(size_t revision, const char *capabilities)
{
    host.client_desc.revisions = 1u << revision;
    host_client();
    (void)client_output();
    client_feed(hello(revision, capabilities));
    CHECK_STR(revisions[revision], mcp_client_revision(host.client));
    (void)client_output();
}

/*---- Blocking calls on a script: whatever is sent is kept, and answered by a function -------------*/

static char sent[4096];             /* since the last look, with ' for " */
static const char *(*script)(const char *line);
static size_t asked;

/* The answer to the one request that the line is, with " for '. */
static const char *reply_to(const char *line, const char *result)
{
    static char text[3000];
    const char *id = strstr(line, "'id':");
    snprintf(text, sizeof text, LINE("'id':%d,%s"), id ? (int)strtol(id + 5, NULL, 10) : 0, result);
    return text;
}

static int by_script(mcp_client *client, int timeout_ms)
{
    const char *line = client_output();
    size_t n = strlen(sent), i;
    (void)timeout_ms;
    CHECK(client == host.client);
    if (!*line) return MCP_WAIT;
    asked++;
    for (i = 0; line[i] && n < sizeof sent - 1; i++, n++) sent[n] = line[i] == '"' ? '\'' : line[i];
    sent[n] = 0;
    client_feed(script(sent + n - i));
    return MCP_OK;
}

static const char *answer;          /* of obeys: a result or an error */

static const char *obeys(const char *line) { return reply_to(line, answer); }

static void play(size_t revision, const char *capabilities, const char *(*fn)(const char *line))
{
    begin();
    connect_to(revision, capabilities);
    host.client->pump = by_script;      /* looks inside: a server by hand has no other way to be pumped */
    script = fn;
    asked = 0;
    sent[0] = 0;
}

/* What was sent since the last look is that request, in the form of the revision. more: members of _meta. */
static void check_sent(size_t revision, int id, const char *method, const char *params, const char *more)
{
    char want[1000], meta[400] = "";
    const bool modern = revision == MODERN;
    if (modern) snprintf(meta, sizeof meta, META, more);
    if (modern || *params)
        snprintf(want, sizeof want, LINE("'id':%d,'method':'%s','params':{%s%s%s}"), id, method, params,
                 modern && *params ? "," : "", meta);
    else
        snprintf(want, sizeof want, LINE("'id':%d,'method':'%s'"), id, method);
    CHECK_STR(want, sent);
    sent[0] = 0;
}

/*---- What is sent, and what comes of it -----------------------------------------------------------*/

#define CONTENTS "'result':{'contents':[{'uri':'a://b','mimeType':'text/plain','text':'all of it'}]}"
#define MESSAGES "'result':{'description':'d','messages':[{'role':'user','content':{'type':'text','text':'Hi'}}]}"
#define VALUES "'result':{'completion':{'values':['ann','andy'],'total':7,'hasMore':true}}"

static void read_and_get(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const mcp_reply *r;
        NOTE("%s", revisions[i]);
        play(i, ALL, obeys);
        answer = CONTENTS;
        r = mcp_read_resource(host.client, "a://b/\"c\"");
        check_sent(i, 2, "resources/read", "'uri':'a://b/\\'c\\''", "");
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK_STR("all of it", mcp_reply_text(r));
        CHECK_UINT(1, mcp_json_count(mcp_reply_content(r)));
        CHECK(mcp_json_equals(mcp_json_first(mcp_reply_content(r)), "uri", "a://b"));
        answer = MESSAGES;
        r = mcp_get_prompt(host.client, "greet", NULL);
        check_sent(i, 3, "prompts/get", "'name':'greet'", "");
        CHECK_STR("Hi", mcp_reply_text(r));
        CHECK(mcp_json_equals(mcp_reply_result(r), "description", "d"));
        r = mcp_get_prompt(host.client, "greet", "{'who': %s, 'how': %s}", "Ann", "loud");
        check_sent(i, 4, "prompts/get", "'name':'greet','arguments':{'who':'Ann','how':'loud'}", "");
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        answer = "'error':{'code':-32602,'message':'no such thing','data':{'uri':'a://z'}}";
        r = mcp_read_resource(host.client, "a://z");
        check_sent(i, 5, "resources/read", "'uri':'a://z'", "");
        CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
        CHECK_INT(-32602, mcp_reply_code(r));
        CHECK_STR("no such thing", mcp_reply_text(r));
        CHECK(mcp_json_equals(mcp_reply_error_data(r), "uri", "a://z"));
        host_end();
    }
}

/* The other arguments are known to servers from 2025-06-18 on. */
static void complete(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        char want[300];
        const mcp_reply *r;
        const char *known = i >= 2 ? ",'context':{'arguments':{'owner':'ann','n':'\\''}}" : "";
        NOTE("%s", revisions[i]);
        play(i, i ? ALL : "{}", obeys);     /* 2024-11-05 has no capability for it */
        answer = VALUES;
        r = mcp_complete(host.client, MCP_PROMPTS, "greet", "who", "an", NULL);
        check_sent(i, 2, "completion/complete",
                   "'ref':{'type':'ref/prompt','name':'greet'},'argument':{'name':'who','value':'an'}", "");
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK_STR("ann", mcp_reply_text(r));
        CHECK_UINT(2, mcp_json_count(mcp_reply_content(r)));
        CHECK_STR("andy", mcp_content_text(mcp_json_at(mcp_reply_content(r), 1)));
        CHECK_INT(7, mcp_json_int(mcp_json_find(mcp_reply_result(r), "/completion/total"), NULL, 0));
        r = mcp_complete(host.client, MCP_TEMPLATES, "r://{owner}/{name}", "name", "", "{'owner': %s, 'n': %s}", "ann",
                         "\"");
        snprintf(want, sizeof want, "'ref':{'type':'ref/resource','uri':'r://{owner}/{name}'},"
                 "'argument':{'name':'name','value':''}%s", known);
        check_sent(i, 3, "completion/complete", want, "");
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        answer = "'result':{'completion':{'values':[]}}";
        r = mcp_complete(host.client, MCP_PROMPTS, "greet", "who", "zz", NULL);
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK_STR("", mcp_reply_text(r));
        CHECK(mcp_json_exists(mcp_reply_content(r)) && !mcp_json_count(mcp_reply_content(r)));
        asked = 0;
        r = mcp_complete(host.client, MCP_RESOURCES, "a://b", "who", "", NULL);
        CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(r));
        CHECK_STR("the request was not begun: what is completed is of MCP_PROMPTS or MCP_TEMPLATES", mcp_reply_text(r));
        CHECK_STATUS(i < 2 ? MCP_OK : MCP_E_TEMPLATE,
                     mcp_reply_status(mcp_complete(host.client, MCP_PROMPTS, "greet", "who", "", "{")));
        CHECK_UINT(i < 2, asked);
        host_end();
    }
}

/* Legacy: a request of its own. Modern: said by every later request, and by those that had to wait. */
static void log_levels(void)
{
    static const char *const names[] = {
        "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"
    };
    size_t i;
    int level;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        play(i, ALL, obeys);
        answer = "'result':{}";
        for (level = MCP_LOG_EMERGENCY; level <= MCP_LOG_DEBUG; level++) {
            char text[100];
            const mcp_reply *r = mcp_set_log_level(host.client, level);
            NOTE("%s, level %d", revisions[i], level);
            CHECK_STATUS(MCP_OK, mcp_reply_status(r));
            CHECK_STR("", mcp_reply_text(r));
            snprintf(text, sizeof text, "'level':'%s'", names[level]);
            if (i < OLD) check_sent(i, 2 + level, "logging/setLevel", text, "");
            else CHECK_STR("", sent);
            if (i < OLD) continue;
            (void)mcp_request(host.client, "x", NULL);
            snprintf(text, sizeof text, ",'io.modelcontextprotocol/logLevel':'%s'", names[level]);
            check_sent(i, 2 + level, "x", "", text);
        }
        NOTE("%s", revisions[i]);
        asked = 0;
        CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_set_log_level(host.client, -1)));
        CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_set_log_level(host.client, 8)));
        CHECK_UINT(0, asked);
        host_end();
    }
}

/* The modern era's needs no host.server, and so no pump, and no memory: without it, it is said all the same. */
static void log_level_without_memory(void)
{
    size_t len, failed = 0;
    for (len = 1; len < 300; len++) {
        char title[301], want[300];
        memset(title, 't', len);
        title[len] = 0;
        NOTE("a title of %lu", (unsigned long)len);
        begin();
        host.client_desc.title = title;
        connect_to(MODERN, ALL);
        host.heap.fail_at = host.heap.calls + 1;
        host.heap.forever = true;
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_set_log_level(host.client, MCP_LOG_NOTICE)));
        failed += host.heap.calls >= host.heap.fail_at;
        host.heap.fail_at = 0;
        CHECK(mcp_request_begin(host.client, host_replied, &host, "x", NULL) == 2);
        snprintf(want, sizeof want, "%.100s\"},\"io.modelcontextprotocol/logLevel\":\"notice\"}}}\n",
                 len > 100 ? title + len - 100 : title);
        CHECK(strstr(client_output(), want) != NULL);
        host_end();
    }
    CHECK(failed > 10);
}

static void subscriptions(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const mcp_reply *r;
        NOTE("%s", revisions[i]);
        play(i, ALL, obeys);
        answer = "'result':{}";
        r = mcp_subscribe(host.client, "a://b");
        if (i < OLD) {
            CHECK_STATUS(MCP_OK, mcp_reply_status(r));
            check_sent(i, 2, "resources/subscribe", "'uri':'a://b'", "");
            CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://b")));
            check_sent(i, 3, "resources/unsubscribe", "'uri':'a://b'", "");
            answer = "'error':{'code':-32002,'message':'no'}";
            CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(mcp_subscribe(host.client, "a://c")));
        } else {
            CHECK_STATUS(MCP_E_PROTOCOL, mcp_reply_status(r));      /* no acknowledgement: see test_listen */
            CHECK_STR("subscriptions/listen: the server has ended it before it acknowledged it", mcp_reply_text(r));
            check_sent(i, 2, "subscriptions/listen", "'notifications':{'resourceSubscriptions':['a://b']}", "");
            CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(host.client, "a://b")));
        }
        host_end();
    }
}

static void pings(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        NOTE("%s", revisions[i]);
        play(i, "{}", obeys);
        answer = "'result':{}";
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_ping(host.client)));
        check_sent(i, 2, i < OLD ? "ping" : "server/discover", "", "");
        answer = "'error':{'code':-32603,'message':'ill'}";
        CHECK_STR("ill", mcp_reply_text(mcp_ping(host.client)));
        host_end();
    }
}

/* What a server has not declared is not asked for, in any revision; mcp_request does it. */
static void undeclared(void)
{
    static const char *const few[] = {
        "{}", "[]", "7", "{'resources':false,'prompts':null,'completions':7,'logging':'yes'}",
        "{'resources':[],'prompts':[],'completions':[],'logging':[]}"
    };
    size_t i, k;
    for (i = 0; i < MCP_COUNT(revisions); i++)
        for (k = 0; k < MCP_COUNT(few); k++) {
            mcp_client *c;
            NOTE("%s %s", revisions[i], few[k]);
            play(i, few[k], obeys);
            c = host.client;
            CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_read_resource(c, "a://b")));
            CHECK_STR("the request was not begun: the server has not declared capabilities/resources",
                      mcp_client_error(c));
            CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_get_prompt(c, "p", NULL)));
            if (i > 0) CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_complete(c, MCP_PROMPTS, "p", "a", "", NULL)));
            if (i < OLD) CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_set_log_level(c, MCP_LOG_INFO)));
            CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_subscribe(c, "a://b")));
            CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_unsubscribe(c, "a://b")));
            CHECK_STR("", sent);
            answer = CONTENTS;
            CHECK_STR("all of it", mcp_reply_text(mcp_request(c, "resources/read", "{'uri': %s}", "a://b")));
            CHECK_UINT(1, asked);
            host_end();
        }
    play(3, "{'resources':{'subscribe':false}}", obeys);
    CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_subscribe(host.client, "a://b")));
    CHECK_STR("the request was not begun: the server has not declared capabilities/resources/subscribe",
              mcp_client_error(host.client));
    CHECK_STR("", sent);
    host_end();
}

/* Each of them, so that what is the same for all is checked for all. */
static const mcp_reply *call_number(size_t i)
{
    mcp_client *c = host.client;
    switch (i) {
    case 0: return mcp_read_resource(c, "a://b");
    case 1: return mcp_get_prompt(c, "p", "{'a': %s}", "b");
    case 2: return mcp_complete(c, MCP_PROMPTS, "p", "a", "", "{'b': %s}", "c");
    case 3: return mcp_set_log_level(c, MCP_LOG_INFO);
    case 4: return mcp_subscribe(c, "a://b");
    case 5: return mcp_unsubscribe(c, "a://b");
    default: return mcp_ping(c);
    }
}
enum { NUM_CALLS = 7 };

/* Who cannot wait is told so, before and after the revision is known; nothing is sent. */
static void without_a_pump(void)
{
    size_t i, ready;
    for (ready = 0; ready < 2; ready++)
        for (i = 0; i < NUM_CALLS; i++) {
            NOTE("%s %d", ready ? "ready" : "not ready", (int)i);
            begin();
            host.client_desc.revisions = MCP_2025_11_25;
            host.client = mcp_client_create(&host.client_desc);
            (void)client_output();
            if (ready) client_feed(hello(3, ALL)), (void)client_output();
            CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(call_number(i)));
            CHECK(strstr(mcp_reply_text(call_number(i)), "only a client of mcp_client_spawn or mcp_pair can wait"));
            CHECK_STR("", client_output());
            host_end();
        }
}

static size_t handshake;
static const char *greets(const char *line)
{
    if (asked == 1) return handshake ? hello(handshake - 1, ALL) : LINE("'method':'notifications/none'");
    return reply_to(line, answer);
}

/* Without a handshake yet: it comes first. A server that never finishes it lets nobody wait for ever. */
static void before_the_era_is_known(void)
{
    size_t i;
    for (handshake = 0; handshake < 6; handshake++)
        for (i = 0; i < NUM_CALLS; i++) {
            const mcp_reply *r;
            NOTE("%d, call %d", (int)handshake, (int)i);
            begin();
            host.client_desc.revisions = 1u << (handshake ? handshake - 1 : 0);
            host.client = mcp_client_create(&host.client_desc);
            host.client->pump = by_script;
            script = greets;
            asked = 0;
            sent[0] = 0;
            answer = i == 0 ? CONTENTS : i == 1 ? MESSAGES : i == 2 ? VALUES : "'result':{}";
            r = call_number(i);
            if (!handshake) CHECK_STATUS(MCP_E_TIMEOUT, mcp_reply_status(r));
            else if (handshake == 5 && i == 4) CHECK_STATUS(MCP_E_PROTOCOL, mcp_reply_status(r));
            else CHECK_STATUS(MCP_OK, mcp_reply_status(r));
            host_end();
        }
}

/* After the end they say why it is over. */
static void after_the_end(void)
{
    size_t i;
    for (i = 0; i < NUM_CALLS; i++) {
        play(3, ALL, obeys);
        mcp_client_ended(host.client);
        CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(call_number(i)));
        CHECK_STR("the server has ended", mcp_reply_text(call_number(i)));
        CHECK_STATUS(MCP_E_CLOSED, mcp_roots_changed(host.client));
        CHECK(!mcp_json_exists(mcp_list_first(host.client, MCP_PROMPTS)));
        CHECK_STATUS(MCP_E_CLOSED, mcp_list_status(host.client));
        CHECK_UINT(0, asked);
        host_end();
    }
}

/*---- What there is to read ------------------------------------------------------------------------*/

/* The bytes of an element, in a buffer of exactly that size, and what a smaller one gets. */
static void check_bytes(const char *want, size_t want_len, mcp_json item)
{
    char bytes[100];
    size_t len, need;
    CHECK_STATUS(want_len ? MCP_E_TOO_LONG : MCP_OK, mcp_content_bytes(item, NULL, 0, &need));
    CHECK(need >= want_len && need <= want_len + 2);
    CHECK_STATUS(MCP_OK, mcp_content_bytes(item, bytes, want_len, &len));
    CHECK_BYTES(want, want_len, bytes, len);
    if (want_len) CHECK_STATUS(MCP_E_TOO_LONG, mcp_content_bytes(item, bytes, want_len - 1, &len));
}

static void contents_of_a_resource(void)
{
    const mcp_reply *r;
    mcp_json v;
    size_t len;
    char bytes[10];
    play(3, ALL, obeys);
    answer = "'result':{'contents':[{'uri':'a:1','blob':'AAH/'},{'uri':'a:2','mimeType':'t','text':'one'},"
             "{'uri':'a:3','text':'x\\u0000y'},{'uri':'a:4','blob':''},{'uri':'a:5','blob':'AAH'},"
             "{'uri':'a:6','blob':'AAE=','text':''}]}";
    r = mcp_read_resource(host.client, "a:1");
    CHECK_STATUS(MCP_OK, mcp_reply_status(r));
    CHECK_STR("one", mcp_reply_text(r));
    CHECK_UINT(6, mcp_json_count(mcp_reply_content(r)));
    v = mcp_json_first(mcp_reply_content(r));
    CHECK(mcp_json_equals(v, "uri", "a:1"));
    CHECK_STR("", mcp_content_text(v));
    check_bytes("\0\1\377", 3, v);
    v = mcp_json_next(v);
    CHECK(mcp_json_equals(v, "mimeType", "t"));
    CHECK_STR("one", mcp_content_text(v));
    check_bytes("one", 3, v);
    v = mcp_json_next(v);
    CHECK_STR("", mcp_content_text(v));
    check_bytes("x\0y", 3, v);
    v = mcp_json_next(v);
    check_bytes("", 0, v);
    v = mcp_json_next(v);
    CHECK_STATUS(MCP_E_SYNTAX, mcp_content_bytes(v, bytes, sizeof bytes, &len));
    v = mcp_json_next(v);
    check_bytes("\0\1", 2, v);
    v = mcp_json_next(v);
    CHECK(!mcp_json_exists(v));
    CHECK_STATUS(MCP_E_MISUSE, mcp_content_bytes(v, bytes, sizeof bytes, &len));
    CHECK_UINT(0, len);
    CHECK_STR("", mcp_content_text(v));
    host_end();
}

static void messages_of_a_prompt(void)
{
    static const char *const roles[] = { "assistant", "user", "user", "assistant", "user" };
    static const char *const texts[] = { "inside", "", "hello", "", "" };
    const mcp_reply *r;
    mcp_json m;
    size_t i = 0, len;
    char bytes[10];
    play(4, ALL, obeys);
    answer = "'result':{'messages':["
             "{'role':'assistant','content':{'type':'resource','resource':{'uri':'a:1','text':'inside'}}},"
             "{'role':'user','content':{'type':'image','data':'AQI=','mimeType':'image/png','text':'no'}},"
             "{'role':'user','content':{'type':'text','text':'hello'}},"
             "{'role':'assistant','content':{'type':'resource_link','uri':'a:1','name':'a'}},"
             "{'role':'user','content':{'type':'resource','resource':{'uri':'a:1','blob':'AQID'}}}]}";
    r = mcp_get_prompt(host.client, "p", NULL);
    CHECK_STATUS(MCP_OK, mcp_reply_status(r));
    CHECK_STR("hello", mcp_reply_text(r));
    for (m = mcp_json_first(mcp_reply_content(r)); mcp_json_exists(m); m = mcp_json_next(m), i++) {
        NOTE("message %d", (int)i);
        CHECK(i < 5 && mcp_json_equals(m, "role", roles[i]));
        if (i < 5) CHECK_STR(texts[i], mcp_content_text(m));
        if (i == 0) check_bytes("inside", 6, m);
        if (i == 1) check_bytes("\1\2", 2, m);
        if (i == 2) check_bytes("hello", 5, m);
        if (i == 3) CHECK_STATUS(MCP_E_MISUSE, mcp_content_bytes(m, bytes, sizeof bytes, &len));
        if (i == 4) check_bytes("\1\2\3", 3, m);
    }
    CHECK_UINT(5, i);
    host_end();
}

/* The same readers for a tool: an embedded resource is not its text. */
static void content_of_a_tool(void)
{
    const mcp_reply *r;
    mcp_json v;
    play(3, ALL, obeys);
    answer = "'result':{'content':[{'type':'resource','resource':{'uri':'a:1','text':'inside'}},"
             "{'type':'audio','data':'AQI=','mimeType':'a/b'},{'type':'text','text':'said'}]}";
    r = mcp_call_tool(host.client, "t", NULL);
    CHECK_STR("said", mcp_reply_text(r));
    v = mcp_json_first(mcp_reply_content(r));
    CHECK_STR("inside", mcp_content_text(v));
    check_bytes("\1\2", 2, mcp_json_next(v));
    check_bytes("said", 4, mcp_json_next(mcp_json_next(v)));
    host_end();
}

/*---- What servers say that is not so --------------------------------------------------------------*/

#define BLOCK(content) "{'messages':[{'role':'user','content':" content "}]}"

static const struct {
    size_t call;                /* see call_number */
    const char *result;
    bool ok;
} results[] = {
    { 0, "{}", false }, { 0, "{'contents':7}", false }, { 0, "{'contents':{}}", false },
    { 0, "{'contents':null}", false }, { 0, "{'contents':[7]}", false }, { 0, "{'contents':[null]}", false },
    { 0, "{'contents':['text']}", false }, { 0, "{'contents':[{}]}", false }, { 0, "{'contents':[[]]}", false },
    { 0, "{'contents':[{'uri':'a:1'}]}", false }, { 0, "{'contents':[{'text':'a'}]}", false },
    { 0, "{'contents':[{'uri':7,'text':'a'}]}", false }, { 0, "{'contents':[{'uri':'a:1','text':7}]}", false },
    { 0, "{'contents':[{'uri':'a:1','blob':null}]}", false },
    { 0, "{'contents':[{'uri':'a:1','text':'a'},{'uri':'a:2'}]}", false },
    { 0, "{'contents':[]}", true }, { 0, "{'contents':[{'uri':'a:1','text':''}],'more':[]}", true },
    { 0, "{'content':[{'type':'text','text':'a'}]}", false }, { 0, "[]", false }, { 0, "null", false },
    { 1, "{}", false }, { 1, "{'messages':{}}", false }, { 1, "{'messages':'a'}", false },
    { 1, "{'messages':[{}]}", false }, { 1, "{'messages':[null]}", false }, { 1, "{'messages':[]}", true },
    { 1, "{'messages':[{'role':'user'}]}", false },
    { 1, "{'messages':[{'role':'system','content':{'type':'text','text':'a'}}]}", false },
    { 1, "{'messages':[{'role':7,'content':{'type':'text','text':'a'}}]}", false },
    { 1, "{'messages':[{'content':{'type':'text','text':'a'}}]}", false },
    { 1, BLOCK("'a'"), false }, { 1, BLOCK("[]"), false }, { 1, BLOCK("null"), false }, { 1, BLOCK("{}"), false },
    { 1, BLOCK("[{'type':'text','text':'a'}]"), false }, { 1, BLOCK("{'type':7}"), false },
    { 1, BLOCK("{'type':'text'}"), false }, { 1, BLOCK("{'type':'text','text':7}"), false },
    { 1, BLOCK("{'type':'image','mimeType':'a/b'}"), false }, { 1, BLOCK("{'type':'image','data':[]}"), false },
    { 1, BLOCK("{'type':'audio','data':1}"), false }, { 1, BLOCK("{'type':'audio','data':''}"), true },
    { 1, BLOCK("{'type':'resource'}"), false }, { 1, BLOCK("{'type':'resource','resource':'a:1'}"), false },
    { 1, BLOCK("{'type':'resource','resource':{'uri':'a:1'}}"), false },
    { 1, BLOCK("{'type':'resource','resource':{'text':'a'}}"), false },
    { 1, BLOCK("{'type':'resource','resource':{'uri':'a:1','blob':''}}"), true },
    { 1, BLOCK("{'type':'resource_link','name':'a'}"), false },
    { 1, BLOCK("{'type':'of the future','any':7}"), true },
    { 2, "{}", false }, { 2, "{'completion':7}", false }, { 2, "{'completion':{}}", false },
    { 2, "{'completion':{'values':'a'}}", false }, { 2, "{'completion':{'values':[1]}}", false },
    { 2, "{'completion':{'values':['a',null]}}", false }, { 2, "{'completion':[{'values':[]}]}", false },
    { 2, "{'completion':{'values':[],'total':'many','hasMore':7}}", true }, { 2, "{'values':['a']}", false },
    { 6, "[]", false }, { 6, "7", false }, { 6, "{'anything':[7]}", true }
};

/* Every reader on a reply, whatever it is. */
static void read_all(const mcp_reply *r)
{
    char bytes[16];
    size_t len;
    mcp_json v;
    CHECK(mcp_reply_text(r) != NULL);
    for (v = mcp_json_first(mcp_reply_content(r)); mcp_json_exists(v); v = mcp_json_next(v)) {
        CHECK(mcp_content_text(v) != NULL);
        CHECK(mcp_content_bytes(v, bytes, sizeof bytes, &len) != MCP_OK || len <= sizeof bytes);
    }
    (void)mcp_reply_data(r);
    (void)mcp_reply_error_data(r);
    CHECK(mcp_reply_ok(r) == (mcp_reply_status(r) == MCP_OK));
}

static void results_of_a_wrong_shape(void)
{
    char text[400];
    size_t i, k;
    for (i = 0; i < MCP_COUNT(results); i++)
        for (k = 3; k < 5; k++) {
            const mcp_reply *r;
            NOTE("%s %d %s", revisions[k], (int)results[i].call, results[i].result);
            play(k, ALL, obeys);
            snprintf(text, sizeof text, "'result':%s", results[i].result);
            answer = text;
            r = call_number(results[i].call);
            CHECK_STATUS(results[i].ok ? MCP_OK : MCP_E_PROTOCOL, mcp_reply_status(r));
            CHECK(results[i].ok || *mcp_reply_text(r));
            CHECK(mcp_json_exists(mcp_reply_result(r)) == results[i].ok);
            CHECK_INT(0, mcp_reply_code(r));
            read_all(r);
            CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
            host_end();
        }
    play(3, ALL, obeys);
    answer = "'result':{'messages':7}";
    CHECK_STR("the server's result is not what the protocol wants at /messages", mcp_reply_text(call_number(1)));
    host_end();
}

/* Writes v with another value in place of the how-manieth of its values. */
static void put_changed(mcp_out *out, mcp_json v, size_t *countdown, const char *in_place)
{
    mcp_json e;
    const int type = mcp_json_type(v);
    if ((*countdown)-- == 0) {
        mcp_put_raw(out, in_place, strlen(in_place));
        return;
    }
    if (type != MCP_JSON_ARRAY && type != MCP_JSON_OBJECT) {
        mcp_put_value(out, v);
        return;
    }
    if (type == MCP_JSON_ARRAY) mcp_put_array(out);
    else mcp_put_object(out);
    for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e)) {
        const mcp_str key = mcp_json_key(e);
        if (key.ptr) mcp_put_keyn(out, key.ptr, key.len);
        put_changed(out, e, countdown, in_place);
    }
    mcp_put_end(out);
}

#define RIGHT_MESSAGES                                                                              \
    "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"image\",\"data\":\"AA==\"}},"            \
    "{\"role\":\"assistant\",\"content\":{\"type\":\"resource\",\"resource\":{\"uri\":\"a\",\"text\":\"b\"}}}]," \
    "\"description\":\"d\"}"

/* Every value of a right result in turn is replaced by one of every type. It is read, or MCP_E_PROTOCOL. */
static void any_value_of_any_type(void)
{
    static const char *const right[] = {
        "{\"contents\":[{\"uri\":\"a\",\"blob\":\"AA==\"},{\"uri\":\"a\",\"text\":\"b\"}],\"ttlMs\":1}",
        RIGHT_MESSAGES,
        "{\"completion\":{\"values\":[\"a\",\"b\"],\"total\":2,\"hasMore\":false}}"
    };
    static const char *const types[] = { "null", "true", "-7", "1e99", "\"\"", "\"text\"", "[]", "[[]]", "{}",
                                         "{\"a\":{}}" };
    size_t i, k, n, protocol = 0;
    for (i = 0; i < MCP_COUNT(right); i++)
        for (k = 0; k < MCP_COUNT(types); k++)
            for (n = 0;; n++) {
                size_t countdown = n;
                char text[600] = "'result':";
                mcp_doc doc = { { 0, 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
                mcp_out out;
                mcp_str all;
                const mcp_reply *r;
                mcp_out_fixed(&out, text + 9, sizeof text - 9);
                CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, right[i], strlen(right[i])));
                put_changed(&out, mcp_json_root(&doc), &countdown, types[k]);
                CHECK_STATUS(MCP_OK, mcp_out_done(&out, &all));
                mcp_doc_free(&doc);
                if (countdown < 1000) break;        /* there are no more */
                NOTE("%s", text);
                play(4, ALL, obeys);
                answer = text;
                r = call_number(i);
                CHECK(mcp_reply_ok(r) || mcp_reply_status(r) == MCP_E_PROTOCOL);
                protocol += !mcp_reply_ok(r);
                read_all(r);
                host_end();
            }
    CHECK(protocol > 100);
}

/*---- Lists ----------------------------------------------------------------------------------------*/

static const struct {
    int kind;
    const char *method, *items, *name;
} kinds[] = {
    { MCP_TOOLS, "tools/list", "tools", "name" }, { MCP_RESOURCES, "resources/list", "resources", "uri" },
    { MCP_PROMPTS, "prompts/list", "prompts", "name" },
    { MCP_TEMPLATES, "resources/templates/list", "resourceTemplates", "uriTemplate" }
};

/* Two items a page; three pages, the second with the cursor "". What is asked for stands in the request. */
static const char *three_pages(const char *line)
{
    char text[400];
    size_t i = 0;
    const char *cursor = strstr(line, "'cursor':'");
    const int page = !cursor ? 0 : cursor[10] == '\'' ? 1 : 2;
    while (i < 3 && !strstr(line, kinds[i].method)) i++;
    snprintf(text, sizeof text, "'result':{'%s':[{'%s':'%c%d'},{'%s':'%c%d'}]%s}", kinds[i].items, kinds[i].name,
             "trpm"[i], page * 2, kinds[i].name, "trpm"[i], page * 2 + 1,
             page == 0 ? ",'nextCursor':''" : page == 1 ? ",'nextCursor':'\\u00fc'" : "");
    return reply_to(line, text);
}

static void check_item(size_t kind, int number, mcp_json item)
{
    char want[10];
    snprintf(want, sizeof want, "%c%d", "trpm"[kind], number);
    CHECK_STR(want, mcp_json_cstr(item, kinds[kind].name, ""));
}

static void lists_of_every_kind(void)
{
    size_t i, k;
    for (i = 0; i < MCP_COUNT(revisions); i++)
        for (k = 0; k < MCP_COUNT(kinds); k++) {
            int n = 0;
            mcp_json v;
            mcp_client *c;
            NOTE("%s %s", revisions[i], kinds[k].method);
            play(i, "{}", three_pages);
            c = host.client;
            for (v = mcp_list_first(c, kinds[k].kind); mcp_json_exists(v); v = mcp_list_next(c, v)) {
                if (n == 0) check_sent(i, 2, kinds[k].method, "", "");
                if (n == 2) check_sent(i, 3, kinds[k].method, "'cursor':''", "");
                if (n == 4) check_sent(i, 4, kinds[k].method, "'cursor':'\xC3\xBC'", "");
                check_item(k, n++, v);
                CHECK_STATUS(MCP_OK, mcp_list_status(host.client));
            }
            CHECK_INT(6, n);
            CHECK_STATUS(MCP_OK, mcp_list_status(host.client));
            CHECK(!mcp_json_exists(mcp_list_next(host.client, v)));
            CHECK_UINT(3, asked);
            host_end();
        }
}

/* Every kind inside another, each on its own page. */
static void lists_inside_lists(void)
{
    mcp_json v[4];
    int n[4] = { 0, 0, 0, 0 };
    mcp_client *c;
    play(3, "{}", three_pages);
    c = host.client;
    for (v[0] = mcp_list_first(c, MCP_TOOLS); mcp_json_exists(v[0]); v[0] = mcp_list_next(c, v[0])) {
        n[1] = 0;
        for (v[1] = mcp_list_first(c, MCP_RESOURCES); mcp_json_exists(v[1]); v[1] = mcp_list_next(c, v[1])) {
            check_item(1, n[1]++, v[1]);
            check_item(0, n[0], v[0]);
        }
        CHECK_INT(6, n[1]);
        n[0]++;
    }
    CHECK_INT(6, n[0]);
    CHECK_UINT(3 + 6 * 3, asked);
    /* side by side */
    v[2] = mcp_list_first(c, MCP_PROMPTS);
    v[3] = mcp_list_first(c, MCP_TEMPLATES);
    while (mcp_json_exists(v[2]) && mcp_json_exists(v[3])) {
        check_item(2, n[2]++, v[2]);
        check_item(3, n[3]++, v[3]);
        v[2] = mcp_list_next(c, v[2]);
        v[3] = mcp_list_next(c, v[3]);
    }
    CHECK_INT(6, n[2]);
    CHECK_INT(6, n[3]);
    /* what went wrong in another list is not this one's */
    v[0] = mcp_list_first(c, MCP_TOOLS);
    CHECK(!mcp_json_exists(mcp_list_first(c, 3)));
    CHECK_STATUS(MCP_E_MISUSE, mcp_list_status(c));
    check_item(0, 1, mcp_list_next(c, v[0]));
    CHECK_STATUS(MCP_OK, mcp_list_status(c));
    host_end();
}

static void lists_that_are_none(void)
{
    static const struct {
        const char *result;
        int status;
    } pages[] = {
        { "'result':{}", MCP_E_PROTOCOL }, { "'result':{'%s':{}}", MCP_E_PROTOCOL },
        { "'result':{'%s':null}", MCP_E_PROTOCOL }, { "'result':{'%s':[7]}", MCP_E_PROTOCOL },
        { "'result':{'%s':[{}]}", MCP_E_PROTOCOL }, { "'result':{'%s':['x']}", MCP_E_PROTOCOL },
        { "'result':{'%s':[],'nextCursor':7}", MCP_E_PROTOCOL },
        { "'result':{'%s':[],'nextCursor':{}}", MCP_E_PROTOCOL }, { "'result':[]", MCP_E_PROTOCOL },
        { "'error':{'code':-32601,'message':'none'}", MCP_E_REMOTE },
        { "'result':{'%s':[]}", MCP_OK }, { "'result':{'%s':[],'nextCursor':null}", MCP_OK }
    };
    char text[200], want[200];
    size_t i, k;
    for (k = 0; k < MCP_COUNT(kinds); k++)
        for (i = 0; i < MCP_COUNT(pages); i++) {
            NOTE("%s %s", kinds[k].method, pages[i].result);
            play(4, "{}", obeys);
            snprintf(text, sizeof text, pages[i].result, kinds[k].items);
            answer = text;
            CHECK(!mcp_json_exists(mcp_list_first(host.client, kinds[k].kind)));
            CHECK_STATUS(pages[i].status, mcp_list_status(host.client));
            snprintf(want, sizeof want, "%s: ", kinds[k].method);
            if (pages[i].status < 0) CHECK(!strncmp(mcp_client_error(host.client), want, strlen(want)));
            CHECK_UINT(1, asked);
            host_end();
        }
    play(4, "{}", three_pages);
    for (i = 0; i < 20; i++) {
        if (i == 1 || i == 2 || i == 4 || i == 8) continue;
        CHECK(!mcp_json_exists(mcp_list_first(host.client, (int)i)));
        CHECK_STATUS(MCP_E_MISUSE, mcp_list_status(host.client));
    }
    CHECK_UINT(0, asked);
    CHECK(!mcp_json_exists(mcp_list_next(host.client, mcp_client_hello(host.client))));     /* of no list */
    host_end();
}

/*---- What servers tell ----------------------------------------------------------------------------*/

static const struct {
    const char *line, *seen;
} told[] = {
    { NOTE_OF("message", "{'level':'debug','data':'x'}"), "log 7 '' 'x'; " },
    { NOTE_OF("message", "{'level':'info','logger':'db','data':{'n':[1,2.50]}}"), "log 6 'db' {'n':[1,2.50]}; " },
    { NOTE_OF("message", "{'level':'notice','data':null}"), "log 5 '' null; " },
    { NOTE_OF("message", "{'level':'warning','logger':'','data':''}"), "log 4 '' ''; " },
    { NOTE_OF("message", "{'level':'error','logger':7,'data':7}"), "log 3 '' 7; " },
    { NOTE_OF("message", "{'level':'critical','data':false}"), "log 2 '' false; " },
    { NOTE_OF("message", "{'level':'alert','data':[]}"), "log 1 '' []; " },
    { NOTE_OF("message", "{'level':'emergency','data':0,'more':1,'_meta':{}}"), "log 0 '' 0; " },
    { NOTE_OF("message", "{'level':'info'}"), "" }, { NOTE_OF("message", "{'data':1}"), "" },
    { NOTE_OF("message", "{'level':'Info','data':1}"), "" }, { NOTE_OF("message", "{'level':'','data':1}"), "" },
    { NOTE_OF("message", "{'level':6,'data':1}"), "" }, { NOTE_OF("message", "{'level':null,'data':1}"), "" },
    { NOTE_OF("message", "{'level':'info\\u0000','data':1}"), "" }, { NOTE_OF("message", "{}"), "" },
    { NOTE_OF("message", "{'level':'info','logger':'a\\u0000b','data':1}"), "log 6 '' 1; " },
    { LINE("'method':'notifications/message'"), "" },
    { NOTE_OF("tools/list_changed", "{}"), "changed 1 -; " },
    { LINE("'method':'notifications/resources/list_changed'"), "changed 2 -; " },
    { NOTE_OF("prompts/list_changed", "{'uri':'a:1'}"), "changed 4 -; " },
    { NOTE_OF("resources/updated", "{'uri':'a://b/c','title':'t'}"), "changed 16 a://b/c; " },
    { NOTE_OF("resources/updated", "{}"), "" }, { NOTE_OF("resources/updated", "{'uri':7}"), "" },
    { NOTE_OF("resources/updated", "{'uri':'a\\u0000b'}"), "" },
    { LINE("'method':'notifications/resources/updated'"), "" },
    { NOTE_OF("elicitation/complete", "{'elicitationId':'e'}"),
      "notifications/elicitation/complete {'elicitationId':'e'}; " },
    { LINE("'method':'own/thing'"), "own/thing -; " }, { LINE("'method':''"), " -; " },
    { LINE("'method':'own/thing','params':{'a':[]}"), "own/thing {'a':[]}; " },
    { LINE("'method':'own\\u0000thing'"), "" },
    { LINE("'method':'notifications/messages'"), "notifications/messages -; " },
    { NOTE_OF("progress", "{'progressToken':9,'progress':1}"), "" }, { NOTE_OF("cancelled", "{'requestId':9}"), "" }
};

/* In every revision, and before it is known; the client goes on. Nobody need listen. */
static void what_servers_tell(void)
{
    size_t i, k, deaf;
    for (k = 0; k <= MCP_COUNT(revisions); k++)
        for (deaf = 0; deaf < 2; deaf++)
            for (i = 0; i < MCP_COUNT(told); i++) {
                NOTE("%s: %s", k < MCP_COUNT(revisions) ? revisions[k] : "not known", told[i].line);
                begin();
                if (deaf) host.client_desc.on_log = NULL, host.client_desc.on_changed = NULL;
                if (deaf) host.client_desc.on_notification = NULL;
                if (k < MCP_COUNT(revisions)) {
                    connect_to(k, "{}");
                } else {
                    host.client = mcp_client_create(&host.client_desc);
                    (void)client_output();
                }
                client_feed(told[i].line);
                CHECK_HEARD(deaf ? "" : told[i].seen);
                CHECK_STR("", client_output());
                CHECK_STATUS(k < MCP_COUNT(revisions) ? MCP_OK : MCP_WAIT, mcp_client_status(host.client));
                CHECK_UINT(0, mcp_client_late(host.client));
                host_end();
            }
}

static void closes(void) { mcp_client_close(host.client); }

/* A callback may close the client; what comes after is not heard. */
static void close_in_a_callback(void)
{
    static const char *const lines[] = {
        NOTE_OF("message", "{'level':'info','data':1}"), NOTE_OF("tools/list_changed", "{}"), LINE("'method':'x'")
    };
    static const char *const seen[] = { "log 6 '' 1; ", "changed 1 -; ", "x -; " };
    size_t i;
    for (i = 0; i < MCP_COUNT(lines); i++) {
        char twice[400];
        NOTE("%s", lines[i]);
        begin();
        connect_to(3, ALL);
        CHECK(mcp_request_begin(host.client, host_replied, &host, "x", NULL) != 0);
        react = closes;
        snprintf(twice, sizeof twice, "%s%s", lines[i], lines[i]);
        (void)mcp_client_feed(host.client, quoted(twice), strlen(twice));
        CHECK(!strncmp(seen[i], test_state.heard, strlen(seen[i])));
        CHECK_STR("= -10 the client was closed; ", test_state.heard + strlen(seen[i]));
        CHECK_HEAP(&host.heap);
    }
}

static const char *tells_then_answers(const char *line)
{
    static char text[4000];
    if (strstr(line, "'inner'")) return reply_to(line, CONTENTS);
    snprintf(text, sizeof text, "%s%s%s", NOTE_OF("message", "{'level':'info','data':'before'}"),
             NOTE_OF("resources/updated", "{'uri':'a:1'}"), reply_to(line, MESSAGES));
    return text;
}

static void reads_again(void)
{
    const mcp_reply *r;
    react = NULL;
    r = mcp_read_resource(host.client, "inner");
    test_hear("= %s; ", mcp_reply_text(r));
    react = reads_again;
}

/* Something is read in a callback, while another call waits: each gets its own answer, and what else is told
   meanwhile is heard. */
static void read_in_a_callback(void)
{
    size_t i;
    for (i = 3; i < 5; i++) {
        NOTE("%s", revisions[i]);
        play(i, ALL, tells_then_answers);
        react = reads_again;
        CHECK_STR("Hi", mcp_reply_text(mcp_get_prompt(host.client, "p", NULL)));
        CHECK_HEARD("log 6 '' 'before'; changed 16 a:1; = all of it; ");
        CHECK_UINT(2, asked);
        host_end();
    }
}

/* Closed by what comes during the handshake that a call waits for, and during the call itself. */
static const char *only_tells(const char *line)
{
    (void)line;
    return NOTE_OF("message", "{'level':'info','data':1}");
}

static void close_while_a_call_waits(void)
{
    size_t i, ready;
    for (ready = 0; ready < 2; ready++)
        for (i = 0; i < NUM_CALLS; i++) {
            const mcp_reply *r;
            NOTE("%s %d", ready ? "ready" : "not ready", (int)i);
            begin();
            if (ready) {
                connect_to(3, ALL);
            } else {
                host.client_desc.revisions = MCP_2025_11_25;
                host.client = mcp_client_create(&host.client_desc);
            }
            host.client->pump = by_script;
            script = only_tells;
            sent[0] = 0;
            react = closes;
            r = call_number(i);
            CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(r));
            CHECK_STR("the client was closed", mcp_reply_text(r));
            CHECK_HEAP(&host.heap);
        }
}

/*---- Roots ----------------------------------------------------------------------------------------*/

#define ROOTS_CHANGED LINE("'method':'notifications/roots/list_changed'")

static void begin_with_roots(void)
{
    begin();
    host.client_desc.on_input = on_input;
    host.client_desc.inputs = MCP_INPUT_ROOTS;
    host.client_desc.roots_change = true;
}

/* What is declared, and what is told of changes. */
static void roots_that_change(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const char *first;
        NOTE("%s", revisions[i]);
        begin_with_roots();
        host.client_desc.revisions = 1u << i;
        host.client = mcp_client_create(&host.client_desc);
        first = client_output();
        CHECK((strstr(first, "\"roots\":{\"listChanged\":true}") != NULL) == (i < OLD));
        CHECK((strstr(first, "\"roots\":{}") != NULL) == (i == MODERN));
        client_feed(hello(i, "{}"));
        (void)client_output();
        CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
        CHECK_SENT(i < OLD ? ROOTS_CHANGED : "");
        if (i < OLD) client_feed(LINE("'id':'q','method':'roots/list'"));
        if (i < OLD) CHECK_SENT(LINE("'id':'q','result':{'roots':[]}"));
        CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
        CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
        CHECK_SENT(i < OLD ? ROOTS_CHANGED ROOTS_CHANGED : "");
        host_end();
    }
    /* Said before anybody could hear it */
    begin_with_roots();
    host.client_desc.revisions = MCP_2025_06_18;
    host.client = mcp_client_create(&host.client_desc);
    CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
    CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
    (void)client_output();
    client_feed(hello(2, "{}"));
    CHECK_SENT(LINE("'method':'notifications/initialized'") ROOTS_CHANGED);
    host_end();
}

static void roots_that_do_not(void)
{
    begin();
    connect_to(3, "{}");
    CHECK_STATUS(MCP_E_MISUSE, mcp_roots_changed(host.client));
    CHECK_SENT("");
    host_end();
    begin();
    host.client_desc.on_input = on_input;
    host.client_desc.inputs = MCP_INPUT_FORM;
    host.client_desc.roots_change = true;
    connect_to(3, "{}");
    CHECK_STATUS(MCP_E_MISUSE, mcp_roots_changed(host.client));
    host_end();
}

/* A server that reads nothing gets one line when it goes on, after what was written ahead. */
static void roots_told_to_a_slow_server(void)
{
    size_t i, len, lines = 0;
    const char *text;
    begin_with_roots();
    host.client_desc.max_output = 200;
    connect_to(3, "{}");
    for (i = 0; i < 10000; i++) CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
    (void)mcp_client_output(host.client, &len);
    CHECK(len >= 200 && len < 300);
    CHECK(mcp_request_begin(host.client, host_replied, &host, "x", NULL) != 0);
    for (text = client_output(); (text = strstr(text, "roots/list_changed")) != NULL; text++) lines++;
    CHECK_UINT((len + sizeof ROOTS_CHANGED - 2) / (sizeof ROOTS_CHANGED - 1) + 1, lines);
    CHECK_SENT("");
    host_end();
}

/* Without memory the change is told later, and the client goes on. */
static void roots_without_memory(void)
{
    begin_with_roots();
    connect_to(3, "{}");
    mcp_buf_free(&host.client->out.buf);
    host.heap.fail_at = host.heap.calls + 1;
    CHECK_STATUS(MCP_E_NOMEM, mcp_roots_changed(host.client));
    CHECK_SENT("");
    CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
    CHECK(mcp_request_begin(host.client, host_replied, &host, "x", NULL) == 2);
    CHECK_SENT(LINE("'id':2,'method':'x'") ROOTS_CHANGED);
    host_end();
}

/*---- Questions on the way -------------------------------------------------------------------------*/

static const char *asks_first(const char *line)
{
    static const char *const ask =
        "'result':{'resultType':'input_required','requestState':'s','inputRequests':{'who':{'method':"
        "'elicitation/create','params':{'message':'Who?','requestedSchema':{'type':'object','properties':"
        "{'name':{'type':'string'}}}}}}}";
    if (asked == 1) return reply_to(line, ask);
    CHECK(strstr(line, "'inputResponses':{'who':{'action':'accept','content':{'name':'Ann'}}},'requestState':'s',"));
    return reply_to(line, answer);
}

/* A modern server may ask before it gives a prompt or a resource, and may not before a completion. */
static void questions_on_the_way(void)
{
    size_t i;
    for (i = 0; i < 3; i++) {
        const mcp_reply *r;
        NOTE("call %d", (int)i);
        begin();
        host.client_desc.on_input = on_input;
        connect_to(MODERN, ALL);
        host.client->pump = by_script;
        script = asks_first;
        asked = 0;
        sent[0] = 0;
        answer = i == 0 ? CONTENTS : i == 1 ? MESSAGES : VALUES;
        r = call_number(i);
        CHECK_STATUS(i < 2 ? MCP_OK : MCP_E_PROTOCOL, mcp_reply_status(r));
        if (i < 2) CHECK_STR(i ? "Hi" : "all of it", mcp_reply_text(r));
        CHECK_UINT(i < 2 ? 2 : 1, asked);
        host_end();
    }
}

/*---- Begun requests, in every cut -----------------------------------------------------------------*/

static const char talk[] =
    NOTE_OF("message", "{'level':'info','logger':'a','data':{'caf\\u00e9':[1]}}")
    LINE("'id':3," MESSAGES) NOTE_OF("resources/updated", "{'uri':'a://b/\\u00fc'}") LINE("'id':4,'result':{}")
    LINE("'method':'own','params':{'a':1}") NOTE_OF("prompts/list_changed", "{}") LINE("'id':2," CONTENTS)
    LINE("'id':5,'error':{'code':-32602,'message':'no'}");

static void converse(size_t revision, size_t first, size_t piece)
{
    static const char *const methods[] = { "resources/read", "prompts/get", "completion/complete", "prompts/get" };
    const char *text = quoted(talk);
    const size_t len = strlen(text);
    size_t i, at;
    static char bytes[sizeof talk];
    memcpy(bytes, text, len + 1);
    begin();
    connect_to(revision, ALL);
    for (i = 0; i < MCP_COUNT(methods); i++)
        CHECK(mcp_request_begin(host.client, host_replied, &host, methods[i], NULL) == i + 2);
    for (at = 0; at < len;) {
        const size_t want = at < first ? first - at : len - at < piece ? len - at : piece;
        CHECK_UINT(want, mcp_client_feed(host.client, bytes + at, want));
        at += want;
    }
    CHECK_HEARD("log 6 'a' {'caf\xC3\xA9':[1]}; = 0 Hi; changed 16 a://b/\xC3\xBC; = -15 the server's result is not "
                "what the protocol wants at /completion/values; own {'a':1}; changed 4 -; = 0 all of it; = -16 no; ");
    CHECK_UINT(4, host.answered);
    host_end();
}

static void bytes_in_every_cut(void)
{
    size_t i, k;
    for (k = 3; k < 5; k++) {
        for (i = 0; i < sizeof talk - 1 && !test_state.failures; i += test_step(31)) {
            NOTE("%s cut at %lu", revisions[k], (unsigned long)i);
            converse(k, i, sizeof talk);
        }
        for (i = 1; i < 40 && !test_state.failures; i += test_step(6)) {
            NOTE("%s pieces of %lu", revisions[k], (unsigned long)i);
            converse(k, 0, i);
        }
    }
}

/*---- A server of our own in the same process ------------------------------------------------------*/

static const unsigned char picture[] = { 0, 1, 2, 254, 255 };

static int read_note(mcp_call *c)
{
    if (strcmp(mcp_arg_str(c, "id"), "7")) return mcp_missing(c);
    return mcp_textf(c, "note %s of %s", mcp_arg_str(c, "id"), mcp_uri(c));
}

static int suggest_ids(mcp_call *c)
{
    const char *owner = mcp_arg_str(c, "owner");
    (void)mcp_suggest(c, "7");
    return mcp_suggest(c, owner ? owner : "70");
}

static int greet(mcp_call *c)
{
    mcp_role(c, MCP_ASSISTANT);
    (void)mcp_text(c, "How may I help?");
    mcp_role(c, MCP_USER);
    (void)mcp_textf(c, "Greet %s %s", mcp_arg_str(c, "who"), mcp_arg_str(c, "how"));
    return mcp_image(c, picture, sizeof picture, "image/png");
}

static const mcp_field greet_args[] = {
    MCP_NEED("who", MCP_STRING, "Whom"), MCP_CHOICE("how", MCP_STRING, "kindly|briefly", "How"), MCP_END
};
static const mcp_resource resources[] = {
    MCP_RESOURCE_TEXT("note://first", "first", "the first note", "text/plain", 0),
    MCP_RESOURCE_BYTES("note://picture", "picture", picture, sizeof picture, "image/png", 0),
    MCP_RESOURCE_FULL("note://{owner}/{id}", "notes", read_note, 0, 0, 0, 0, 0, 0, suggest_ids, 0, 0, 0, 0)
};
static const mcp_prompt prompts[] = {
    MCP_PROMPT("greet", greet, "Greets", greet_args), MCP_PROMPT("other", greet, 0, greet_args)
};

static void begin_pair(size_t revision)
{
    begin();
    host.desc.tools = NULL;
    host.desc.num_tools = 0;
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.desc.page_size = 1;
    host.client_desc.revisions = 1u << revision;
}

/* The names of a list. */
static void see_list(int kind, const char *name)
{
    mcp_json v;
    for (v = mcp_list_first(host.client, kind); mcp_json_exists(v); v = mcp_list_next(host.client, v))
        test_hear("%s; ", mcp_json_cstr(v, name, "?"));
    CHECK_STATUS(MCP_OK, mcp_list_status(host.client));
}

static void with_our_server(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const mcp_reply *r;
        mcp_json v;
        mcp_client *c;
        NOTE("%s", revisions[i]);
        begin_pair(i);
        host_pair();
        c = host.client;
        CHECK_STR("the first note", mcp_reply_text(mcp_read_resource(c, "note://first")));
        r = mcp_read_resource(c, "note://picture");
        check_bytes((const char *)picture, sizeof picture, mcp_json_first(mcp_reply_content(r)));
        CHECK_STR("note 7 of note://ann/7", mcp_reply_text(mcp_read_resource(c, "note://ann/7")));
        r = mcp_read_resource(c, "note://ann/8");
        CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
        CHECK_INT(i < OLD ? -32002 : -32602, mcp_reply_code(r));
        CHECK(mcp_json_equals(mcp_reply_error_data(r), "uri", "note://ann/8"));
        r = mcp_get_prompt(c, "greet", "{'who': %s, 'how': %s}", "Bob", "kindly");
        CHECK_STR("How may I help?", mcp_reply_text(r));
        CHECK_UINT(3, mcp_json_count(mcp_reply_content(r)));
        v = mcp_json_first(mcp_reply_content(r));
        CHECK(mcp_json_equals(v, "role", "assistant"));
        v = mcp_json_next(v);
        CHECK(mcp_json_equals(v, "role", "user"));
        CHECK_STR("Greet Bob kindly", mcp_content_text(v));
        check_bytes((const char *)picture, sizeof picture, mcp_json_next(v));
        CHECK_INT(-32602, mcp_reply_code(mcp_get_prompt(c, "greet", NULL)));
        r = mcp_complete(c, MCP_PROMPTS, "greet", "how", "b", NULL);
        CHECK_STR("briefly", mcp_reply_text(r));
        CHECK_UINT(1, mcp_json_count(mcp_reply_content(r)));
        r = mcp_complete(c, MCP_TEMPLATES, "note://{owner}/{id}", "id", "", "{'owner': %s}", "ann");
        CHECK_STR("7", mcp_reply_text(r));
        CHECK_STR(i >= 2 ? "ann" : "70", mcp_content_text(mcp_json_at(mcp_reply_content(r), 1)));
        CHECK_INT(-32602, mcp_reply_code(mcp_complete(c, MCP_PROMPTS, "none", "how", "b", NULL)));
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_ping(c)));
        see_list(MCP_RESOURCES, "uri");
        CHECK_HEARD("note://first; note://picture; ");
        see_list(MCP_TEMPLATES, "uriTemplate");
        CHECK_HEARD("note://{owner}/{id}; ");
        see_list(MCP_PROMPTS, "name");
        CHECK_HEARD("greet; other; ");
        host_end();
    }
}

/*---- Memory ---------------------------------------------------------------------------------------*/

/* Whatever is said again needs no more memory. */
static void steady_state(void)
{
    const size_t count = test_rounds(300) < 300 ? test_rounds(300) : 300;
    size_t i, k, calls = 0, bytes = 0;
    for (k = 3; k < 5; k++) {
        NOTE("%s", revisions[k]);
        begin_pair(k);
        host_pair();
        for (i = 0; i < count + 200; i++) {
            if (i == 200) calls = host.heap.calls, bytes = host.heap.bytes;
            CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_read_resource(host.client, "note://ann/7")));
            CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_get_prompt(host.client, "greet", "{'who': %s}", "B")));
            CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_complete(host.client, MCP_PROMPTS, "greet", "how", "", NULL)));
            see_list(MCP_RESOURCES, "uri");
            see_list(MCP_PROMPTS, "name");
            test_state.heard[0] = 0;
        }
        CHECK_UINT(calls, host.heap.calls);
        CHECK_UINT(bytes, host.heap.bytes);
        host_end();
    }
}

/* All that can be asked for, by a client and a server for which one allocation fails. Each reply is right, or says
   what went wrong. */
static void hard_pair(size_t revision)
{
    size_t i;
    host.server = mcp_server_create(&host.desc);
    if (!host.server) return;
    host.client = mcp_pair(host.server, &host.client_desc);
    if (host.client) {
        for (i = 0; i < NUM_CALLS; i++) {
            const mcp_reply *r = call_number(i);
            CHECK(mcp_reply_status(r) == MCP_OK || *mcp_reply_text(r));
            read_all(r);
        }
        for (i = 0; i < MCP_COUNT(kinds); i++) {
            mcp_json v = mcp_list_first(host.client, kinds[i].kind);
            while (mcp_json_exists(v)) v = mcp_list_next(host.client, v);
            CHECK(mcp_list_status(host.client) == MCP_OK || *mcp_client_error(host.client));
        }
        (void)mcp_roots_changed(host.client);
        (void)mcp_client_pump(host.client, 0);
        if (!host.heap.forever && mcp_client_status(host.client) == MCP_OK) {  /* and it goes on */
            CHECK_STR("the first note", mcp_reply_text(mcp_read_resource(host.client, "note://first")));
            if (revision < OLD) CHECK_STATUS(MCP_OK, mcp_roots_changed(host.client));
        }
        mcp_client_close(host.client);
    }
    mcp_server_destroy(host.server);
}

static void every_allocation_fails(void)
{
    size_t n, revision, forever, total = 0;
    for (revision = 3; revision < 5; revision++)
        for (forever = 0; forever < 2; forever++)
            for (n = 1; n < 3000 && !test_state.failures; n++) {
                size_t calls;
                NOTE("%s: allocation %lu fails%s", revisions[revision], (unsigned long)n,
                     forever ? " and all after it" : "");
                begin_pair(revision);
                host.client_desc.on_input = on_input;
                host.client_desc.inputs = MCP_INPUT_ROOTS;
                host.client_desc.roots_change = true;
                host.heap.fail_at = n;
                host.heap.forever = forever != 0;
                hard_pair(revision);
                calls = host.heap.calls;
                CHECK_HEAP(&host.heap);
                if (calls < n) break;
                total++;
            }
    CHECK(total > 60);
    printf("note - plain: %lu allocations failed on purpose\n", (unsigned long)total);
}

/* What servers tell, where memory fails: it is told or not, and nothing is lost. */
static void told_without_memory(void)
{
    size_t n;
    for (n = 1; n < 200 && !test_state.failures; n++) {
        size_t at = 0, len, calls;
        char bytes[sizeof talk];
        NOTE("allocation %lu fails", (unsigned long)n);
        begin();
        host.client_desc.revisions = MCP_2025_11_25;
        host.heap.fail_at = n;
        host.client = mcp_client_create(&host.client_desc);
        memcpy(bytes, quoted(talk), sizeof talk);
        if (host.client) {
            const char *first = quoted(hello(3, ALL));
            (void)mcp_client_feed(host.client, first, strlen(first));
            (void)client_output();
            while (at < sizeof talk - 1 && (len = mcp_client_feed(host.client, bytes + at, sizeof talk - 1 - at)) > 0)
                at += len;
            if (mcp_client_status(host.client) < 0) CHECK(*mcp_client_error(host.client) != 0);
            else CHECK(strstr(test_state.heard, "log 6") && strstr(test_state.heard, "own {'a':1}"));
        }
        calls = host.heap.calls;
        host_end();
        if (calls < n) break;
    }
    CHECK(n > 5 && n < 200);
}

int main(void)
{
    TEST(read_and_get);
    TEST(complete);
    TEST(log_levels);
    TEST(log_level_without_memory);
    TEST(subscriptions);
    TEST(pings);
    TEST(undeclared);
    TEST(without_a_pump);
    TEST(before_the_era_is_known);
    TEST(after_the_end);
    TEST(contents_of_a_resource);
    TEST(messages_of_a_prompt);
    TEST(content_of_a_tool);
    TEST(results_of_a_wrong_shape);
    TEST(any_value_of_any_type);
    TEST(lists_of_every_kind);
    TEST(lists_inside_lists);
    TEST(lists_that_are_none);
    TEST(what_servers_tell);
    TEST(close_in_a_callback);
    TEST(read_in_a_callback);
    TEST(close_while_a_call_waits);
    TEST(roots_that_change);
    TEST(roots_that_do_not);
    TEST(roots_told_to_a_slow_server);
    TEST(roots_without_memory);
    TEST(questions_on_the_way);
    TEST(bytes_in_every_cut);
    TEST(with_our_server);
    TEST(steady_state);
    TEST(every_allocation_fails);
    TEST(told_without_memory);
    return test_end();
}
