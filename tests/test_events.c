/* What a server says without being asked, and what its handlers know of the caller: log messages, progress, changes
   of lists and resources, pings; rows that come and go while calls run. At the public functions: sessions by bytes,
   the message door, and mcp_pair. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"
#include "messages.h"

#include <math.h>

/*---- A host: rows of every kind, and callbacks that act ------------------------------------------*/

static struct {
    void (*then)(void);             /* what on_removed, on_subscribe and on_log do, once */
    void (*on_tap)(mcp_session *s, int direction, const char *bytes);
    bool frees;                     /* rows that were removed */
} hooks;

static const mcp_resource resources[] = {
    MCP_RESOURCE_TEXT("mem://a", "a", "A", "text/plain", 0),
    MCP_RESOURCE_TEXT("mem://b", "b", "B", "text/plain", 0),
    MCP_RESOURCE("mem://act", "act", host_act, "text/plain", 0),
    MCP_RESOURCE("mem://user/{id}", "user", host_act, "text/plain", 0)
};
static const mcp_prompt prompts[] = { MCP_PROMPT("act", host_act, 0, host_args) };

static void hear_cancel(mcp_ref ref)
{
    size_t i;
    for (i = 0; i < host.num_refs && host.refs[i] != ref; i++) {}
    test_hear("cancel %lu;", (unsigned long)i);
}

static void go_on(void)
{
    void (*then)(void) = hooks.then;
    hooks.then = NULL;
    if (then) then();
}

static void on_removed(void *user, const void *row)
{
    CHECK(user == &host);
    test_hear("removed %s;", *(const char *const *)row);
    if (hooks.frees) free((void *)(uintptr_t)row);
    go_on();
}

static void on_subscribe(void *user, const char *uri, bool wanted)
{
    CHECK(user == &host);
    test_hear("%s %s;", wanted ? "wants" : "leaves", uri);
    go_on();
}

static void on_log(void *user, int level, const char *message)
{
    host_log(user, level, message);
    go_on();
}

static void on_tap(void *user, mcp_session *s, int direction, const char *bytes, size_t len)
{
    (void)user, (void)len;
    if (hooks.on_tap) hooks.on_tap(s, direction, bytes);
}

/* The usual desc; a case changes what it is about before it calls connect. */
static void begin(void)
{
    host_begin();
    memset(&hooks, 0, sizeof hooks);
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.on_cancel = hear_cancel;
    host.desc.on_removed = on_removed;
    host.desc.on_subscribe = on_subscribe;
    host.desc.log = on_log;
    host.desc.logging = true;
    host.desc.changes = MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS | MCP_CONTENTS;
    host.can = NULL;
}

static void connected(void)
{
    begin();
    host_connect();
}

/* How often that stands in a text. */
static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (text = strstr(text, what); text; text = strstr(text + 1, what)) n++;
    return n;
}

#define CALL_META(id, tool, meta) REQUEST(id, "tools/call", "\"name\":\"" tool "\",\"_meta\":{" meta "}")
#define WANTS(level) "\"io.modelcontextprotocol/logLevel\":" level
#define TOKEN(token) "\"progressToken\":" token
#define SET_LEVEL(id, level) REQUEST(id, "logging/setLevel", "\"level\":" level)
#define SUBSCRIBE(id, uri) REQUEST(id, "resources/subscribe", "\"uri\":\"" uri "\"")
#define UNSUBSCRIBE(id, uri) REQUEST(id, "resources/unsubscribe", "\"uri\":\"" uri "\"")
#define CHANGED(kind) MESSAGE("\"method\":\"notifications/" kind "/list_changed\"")
#define UPDATED(uri) TOLD("resources/updated", "\"uri\":\"" uri "\"")
#define LOGGED(level, data) TOLD("message", "\"level\":\"" level "\",\"data\":" data)
#define PROGRESS(token, more) TOLD("progress", "\"progressToken\":" token ",\"progress\":" more)

#define PROGRESS_OF_2 "\"progressToken\":2,"

#define LEVELS "debug, info, notice, warning, error, critical, alert, emergency"
#define NO_LEVEL(id) FAILURE(id, "-32602", "logging/setLevel: params.level must be one of " LEVELS)

/*-- What a request looks like in a revision --*/

/* A request of that revision; params end in a comma or are empty. */
static const char *request(const char *revision, const char *method, const char *params, const char *meta)
{
    static char text[1000];
    const bool modern = !strcmp(revision, "2026-07-28");
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":{%s\"_meta\":{%s%s%s}}}\n", method, params,
             modern ? IN_2026 : "", modern && *meta ? "," : "", meta);
    return text;
}

/* A session of that revision; of the modern one it says nothing before its first request. */
static mcp_session *open_in(const char *revision)
{
    return strcmp(revision, "2026-07-28") ? host_session(revision) : mcp_session_open(host.server);
}

/* Of an output, what is no answer: its lines that begin with a method. */
static const char *notes_in(const char *text)
{
    static char notes[1 << 16];
    static const char mark[] = "{\"jsonrpc\":\"2.0\",\"method\"";
    size_t n = 0;
    while (*text) {
        const size_t len = strcspn(text, "\n") + 1;
        if (!strncmp(text, mark, sizeof mark - 1) && n + len < sizeof notes) {
            memcpy(notes + n, text, len);
            n += len;
        }
        text += len;
    }
    notes[n] = 0;
    return notes;
}

/*---- Log messages --------------------------------------------------------------------------------*/

static const char *const levels[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug" };

/* Logs one message of each level, and of two that are none. */
static int logs_all(mcp_call *c)
{
    int level;
    for (level = -1; level <= 8; level++) mcp_log_text(c, level, NULL, "x");
    return mcp_text(c, "");
}

/* The messages of those levels that reach a client who wants to hear of `least` and what is more important. */
static const char *logged_to(int least)
{
    static char text[2000];
    int level;
    size_t n = 0;
    text[0] = 0;
    for (level = 0; level <= least; level++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\","
                              "\"params\":{\"level\":\"%s\",\"data\":\"x\"}}\n", levels[level]);
    return text;
}

/* Only who asked hears of it; what is below the level, nobody does. */
static void levels_of_a_session(void)
{
    char text[300];
    int level;
    connected();
    host.act = logs_all;
    feed(host.a, CALL("1", "act", ""));
    CHECK_STR(RESULT("1", BLOCK("")), output(host.a));
    for (level = 7; level >= 0; level--) {
        NOTE("%s", levels[level]);
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"logging/setLevel\","
                 "\"params\":{\"level\":\"%s\"}}\n", levels[level]);
        feed(host.a, text);
        CHECK_STR(DONE("1"), output(host.a));
        feed(host.a, CALL("2", "act", ""));
        CHECK_STR(logged_to(level), notes_in(output(host.a)));
    }
    feed(host.b, CALL("1", "act", ""));
    CHECK_STR(RESULT("1", BLOCK("")), output(host.b));
    CHECK_UINT(0, mcp_dropped(host.server));
    host_end();
}

/* A wrong level is refused, and the right one before it stays. */
static void wrong_levels(void)
{
    static const char *const wrong[] = { SET_LEVEL("1", "\"loud\""), SET_LEVEL("1", "\"\""),
        SET_LEVEL("1", "\"DEBUG\""), SET_LEVEL("1", "\"debug\\u0000\""), SET_LEVEL("1", "7"), SET_LEVEL("1", "null"),
        REQUEST("1", "logging/setLevel", ""), MESSAGE("\"id\":1,\"method\":\"logging/setLevel\"") };
    size_t i;
    connected();
    host.act = logs_all;
    feed(host.a, SET_LEVEL("0", "\"alert\""));
    (void)output(host.a);
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        feed(host.a, wrong[i]);
        CHECK_STR(NO_LEVEL("1"), output(host.a));
    }
    feed(host.a, CALL("2", "act", ""));
    CHECK_STR(logged_to(1), notes_in(output(host.a)));
    feed(host.a, CALL_META("2", "act", WANTS("\"loud\"")));       /* means nothing before 2026-07-28 */
    CHECK_STR(logged_to(1), notes_in(output(host.a)));
    feed(host.a, CALL_META("2", "act", IN_2026 "," WANTS("\"loud\"")));
    CHECK_STR(FAILURE("2", "-32602", "_meta: io.modelcontextprotocol/logLevel must be one of " LEVELS),
              output(host.a));
    host_end();
}

/* What its text may be: C strings, formats, and JSON of any kind. */
static int logs_forms(mcp_call *c)
{
    mcp_log(c, MCP_LOG_INFO, "db", "%d of \"%s\"\n", 3, "x");
    mcp_log(c, MCP_LOG_ERROR, NULL, "%s", "");
    mcp_log_text(c, MCP_LOG_DEBUG, "l\"", "50% caf\xC3\xA9 \xFF");
    mcp_log_data(c, MCP_LOG_NOTICE, "db", "{'n': %d, 's': %s}", 1, "'");
    mcp_log_data(c, MCP_LOG_NOTICE, NULL, "[%d]", 2);
    return mcp_textf(c, "%s", "done");
}

static void forms_of_log_messages(void)
{
    connected();
    host.act = logs_forms;
    feed(host.a, SET_LEVEL("1", "\"debug\"") CALL("2", "act", ""));
    CHECK_STR(DONE("1")
              TOLD("message", "\"level\":\"info\",\"logger\":\"db\",\"data\":\"3 of \\\"x\\\"\\n\"")
              LOGGED("error", "\"\"")
              TOLD("message", "\"level\":\"debug\",\"logger\":\"l\\\"\",\"data\":\"50% caf\xC3\xA9 \xEF\xBF\xBD\"")
              TOLD("message", "\"level\":\"notice\",\"logger\":\"db\",\"data\":{\"n\":1,\"s\":\"'\"}")
              LOGGED("notice", "[2]")
              RESULT("2", BLOCK("done")), output(host.a));
    host_end();
}

/* A modern request says itself what it wants to hear; what its session said does not count. */
static void levels_of_modern_requests(void)
{
    connected();
    host.act = logs_all;
    feed(host.a, SET_LEVEL("1", "\"debug\""));
    (void)output(host.a);
    feed(host.a, CALL_META("2", "act", IN_2026));
    CHECK_STR(MODERN_RESULT("2", BLOCK("")), output(host.a));
    feed(host.a, CALL_META("3", "act", IN_2026 "," WANTS("\"alert\"")));
    CHECK_STR(LOGGED("emergency", "\"x\"") LOGGED("alert", "\"x\"") MODERN_RESULT("3", BLOCK("")), output(host.a));
    CHECK_STR("", output(host.b));
    CHECK_STATUS(MCP_OK, deliver(NULL, 5, CALL_META("4", "act", IN_2026 "," WANTS("\"emergency\""))));
    CHECK_STR("5 3 0 " LOGGED("emergency", "\"x\"") "5 1 0 " MODERN_RESULT("4", BLOCK("")), emitted());
    CHECK_STATUS(MCP_OK, deliver(NULL, 5, CALL_META("5", "act", IN_2026)));
    CHECK_STR("5 1 0 " MODERN_RESULT("5", BLOCK("")), emitted());
    CHECK_STATUS(MCP_OK, deliver(NULL, 5, REQUEST("6", "logging/setLevel",
                                                  "\"level\":\"info\",\"_meta\":{" IN_2026 "}")));
    CHECK_STR("5 2 -32601 " FAILURE("6", "-32601", "Method not found"), emitted());
    host_end();
}

/* Each message goes where the answer of its own request goes, and nowhere else. */
static void logs_go_with_their_request(void)
{
    connected();
    (void)deliver(NULL, 1, CALL_META("1", "later", IN_2026 "," WANTS("\"info\"")));
    (void)deliver(NULL, 2, CALL_META("1", "later", IN_2026 "," WANTS("\"info\"")));
    feed(host.a, SET_LEVEL("1", "\"info\"") CALL("2", "later", "x"));
    feed(host.b, SET_LEVEL("1", "\"info\""));
    (void)output(host.a), (void)output(host.b), (void)emitted();
    mcp_log_text(deferred(1), MCP_LOG_INFO, NULL, "second");
    CHECK_STR("2 3 0 " LOGGED("info", "\"second\""), emitted());
    mcp_log_text(deferred(2), MCP_LOG_INFO, NULL, "third");
    CHECK_STR("", emitted());
    CHECK_STR(LOGGED("info", "\"third\""), output(host.a));
    CHECK_STR("", output(host.b));
    mcp_log_text(deferred(0), MCP_LOG_INFO, NULL, "first");
    CHECK_STR("1 3 0 " LOGGED("info", "\"first\""), emitted());
    host_end();
}

/* A server that sends no log messages says so, and sends none. */
static void without_logging(void)
{
    mcp_session *s;
    begin();
    host.desc.logging = false;
    host.server = mcp_server_create(&host.desc);
    host.act = logs_forms;
    s = mcp_session_open(host.server);
    feed(s, INITIALIZE("2025-11-25"));
    CHECK(!strstr(output(s), "logging"));
    feed(s, SET_LEVEL("1", "\"debug\"") CALL_META("2", "act", IN_2026 "," WANTS("\"debug\"")));
    CHECK_STR(FAILURE("1", "-32601", "Method not found") MODERN_RESULT("2", BLOCK("done")), output(s));
    CHECK_UINT(0, mcp_dropped(host.server));
    host_end();
}

/* The library itself tells nothing: not why something failed, nor what was said. */
static int breaks(mcp_call *c) { (void)c; return MCP_E_IO; }

static void only_handlers_log(void)
{
    connected();
    host.act = breaks;
    feed(host.a, SET_LEVEL("1", "\"debug\"") CALL("2", "act", "secret") CALL("3", "none", "secret") "no JSON\n"
         CALL("4", "later", "secret") CANCEL("4"));
    CHECK_UINT(4, times(output(host.a), "\n"));
    CHECK_HEARD("cancel 0;");
    feed(host.a, CALL("5", "later", "secret"));
    host.now += 60000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK(strstr(output(host.a), "there was no answer within 60000 ms"));
    CHECK_UINT(0, mcp_dropped(host.server));
    host_end();
}

/* Resources and prompts log as tools do; each revision says it in its way. */
static int logs_once(mcp_call *c)
{
    mcp_log_text(c, MCP_LOG_WARNING, "log\xC3\xA9", "w");
    mcp_log_text(c, MCP_LOG_INFO, NULL, "i");
    return mcp_text(c, "t");
}

static void logs_in_every_revision(void)
{
    static const char *const what[][2] = { { "tools/call", "\"name\":\"act\"," },
        { "resources/read", "\"uri\":\"mem://act\"," }, { "resources/read", "\"uri\":\"mem://user/7\"," },
        { "prompts/get", "\"name\":\"act\"," } };
    size_t i, k;
    connected();
    host.act = logs_once;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const bool modern = !strcmp(revisions[i], "2026-07-28");
        mcp_session *s = open_in(revisions[i]);
        NOTE("%s", revisions[i]);
        if (!modern) feed(s, SET_LEVEL("1", "\"notice\""));
        (void)output(s);
        for (k = 0; k < MCP_COUNT(what); k++) {
            feed(s, request(revisions[i], what[k][0], what[k][1], modern ? WANTS("\"notice\"") : ""));
            CHECK_STR(TOLD("message", "\"level\":\"warning\",\"logger\":\"log\xC3\xA9\",\"data\":\"w\""),
                      notes_in(output(s)));
        }
        mcp_session_close(s);
    }
    host_end();
}

/*---- Progress ------------------------------------------------------------------------------------*/

static int tells_progress(mcp_call *c)
{
    mcp_progress(c, 0, 0, NULL);
    mcp_progress(c, 0.5, 2, "half of \"one\"");
    mcp_progress(c, 0.5, 2, "again");           /* these do not grow */
    mcp_progress(c, 0.25, 2, "back");
    mcp_progress(c, -1, 2, "back");
    mcp_progress(c, NAN, 2, "nowhere");
    mcp_progress(c, 2, 2, NULL);
    mcp_progress(c, 3, -1, "more");
    return mcp_text(c, "t");
}

/* The token comes back as it was; nothing does where there is none. */
static void tokens_of_progress(void)
{
    static const char *const tokens[] = { "1", "0", "-7", "9007199254740993", "123456789012345678901234567890",
                                          "\"t\"", "\"\"", "\"caf\xC3\xA9 \\\"\"" };
    static const char *const wrong[] = { "null", "true", "1.5", "[]", "{}" };
    char text[600];
    size_t i;
    connected();
    host.act = tells_progress;
    for (i = 0; i < MCP_COUNT(tokens); i++) {
        NOTE("%s", tokens[i]);
        snprintf(text, sizeof text, "\"progressToken\":%s", tokens[i]);
        feed(host.a, request("2025-11-25", "tools/call", "\"name\":\"act\",", text));
        snprintf(text, sizeof text, "\"params\":{\"progressToken\":%s,\"progress\":", tokens[i]);
        CHECK_UINT(4, times(output(host.a), text));
    }
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        NOTE("%s", wrong[i]);
        snprintf(text, sizeof text, "\"progressToken\":%s", wrong[i]);
        feed(host.a, request("2025-11-25", "tools/call", "\"name\":\"act\",", text));
        CHECK_STR(FAILURE("7", "-32602", "_meta: progressToken must be a string or an integer of at most 256 bytes"),
                  output(host.a));
    }
    feed(host.a, CALL("1", "act", "") CALL_META("2", "act", "\"other\":1"));
    CHECK_STR(RESULT("1", BLOCK("t")) RESULT("2", BLOCK("t")), output(host.a));
    host_end();
}

/* It only grows; its message is told from 2025-03-26 on. */
static void progress_in_every_revision(void)
{
    size_t i;
    connected();
    host.act = tells_progress;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        mcp_session *s = open_in(revisions[i]);
        NOTE("%s", revisions[i]);
        feed(s, request(revisions[i], "tools/call", "\"name\":\"act\",", TOKEN("\"t\"")));
        CHECK_STR(i == 0 ? PROGRESS("\"t\"", "0") PROGRESS("\"t\"", "0.5,\"total\":2")
                           PROGRESS("\"t\"", "2,\"total\":2") PROGRESS("\"t\"", "3")
                         : PROGRESS("\"t\"", "0")
                           PROGRESS("\"t\"", "0.5,\"total\":2,\"message\":\"half of \\\"one\\\"\"")
                           PROGRESS("\"t\"", "2,\"total\":2") PROGRESS("\"t\"", "3,\"message\":\"more\""),
                  notes_in(output(s)));
        feed(s, request(revisions[i], "resources/read", "\"uri\":\"mem://act\",", TOKEN("5")));
        CHECK_UINT(4, times(output(s), TOKEN("5")));
        feed(s, request(revisions[i], "prompts/get", "\"name\":\"act\",", TOKEN("6")));
        CHECK_UINT(4, times(output(s), TOKEN("6")));
        mcp_session_close(s);
    }
    host_end();
}

/* It comes before the answer, never after it; two requests with one token are told apart by their stream. */
static void progress_stops_at_the_answer(void)
{
    connected();
    feed(host.a, CALL_META("1", "later", TOKEN("1")));
    (void)deliver(NULL, 3, CALL_META("1", "later", IN_2026 "," TOKEN("1")));
    mcp_progress(deferred(1), 1, 0, NULL);
    CHECK_STR("3 3 0 " PROGRESS("1", "1"), emitted());
    mcp_progress(deferred(0), 5, 0, NULL);
    CHECK_STR(PROGRESS("1", "5"), output(host.a));
    finish(0, "x");
    CHECK(deferred(0) == NULL);
    mcp_progress(deferred(1), 6, 0, NULL);
    CHECK_STR(RESULT("1", BLOCK("") "," BLOCK("x")), output(host.a));
    finish(1, "y");
    CHECK_STR("3 3 0 " PROGRESS("1", "6") "3 1 0 " MODERN_RESULT("1", BLOCK("") "," BLOCK("y")), emitted());
    host_end();
}

/* A client that does not read gets the newest only, and not after the answer. */
static void progress_while_output_is_full(void)
{
    int i;
    begin();
    host.desc.max_output = 300;
    host_connect();
    feed(host.a, CALL_META("1", "later", TOKEN("1")) CALL_META("2", "later", TOKEN("2")) PING("3") PING("4") PING("5")
         PING("6") PING("7"));
    for (i = 1; i <= 1000; i++) {
        mcp_progress(deferred(0), i, 1000, "no");
        mcp_progress(deferred(1), 2 * i, 0, NULL);
    }
    CHECK_STR(DONE("3") DONE("4") DONE("5") DONE("6") DONE("7") PROGRESS("1", "1000,\"total\":1000,\"message\":\"no\"")
              PROGRESS("2", "2000"), output(host.a));
    feed(host.a, PING("3") PING("4") PING("5") PING("6") PING("7"));
    mcp_progress(deferred(0), 1001, 0, NULL);
    mcp_progress(deferred(1), 2001, 0, NULL);
    finish(0, "x");
    CHECK_STR(DONE("3") DONE("4") DONE("5") DONE("6") DONE("7") RESULT("1", BLOCK("") "," BLOCK("x"))
              PROGRESS("2", "2001"), output(host.a));
    CHECK_STR("", output(host.a));
    finish(1, "y");
    CHECK_STR(RESULT("2", BLOCK("") "," BLOCK("y")), output(host.a));
    CHECK_UINT(0, mcp_dropped(host.server));
    host_end();
}

/* The same where the transport refuses. */
static void progress_that_is_refused(void)
{
    connected();
    (void)deliver(NULL, 1, CALL_META("1", "later", IN_2026 "," TOKEN("1")));
    (void)deliver(NULL, 2, CALL_META("2", "later", IN_2026 "," TOKEN("2")));
    door.full = EVERY_STREAM;
    mcp_progress(deferred(0), 1, 0, NULL);
    mcp_progress(deferred(0), 2, 0, NULL);
    mcp_progress(deferred(1), 1, 0, NULL);
    mcp_log_text(deferred(0), MCP_LOG_ALERT, NULL, "nobody asked");
    CHECK_UINT(3, door.refused);
    mcp_stream_ready(host.server, &door, 1);
    CHECK_UINT(4, door.refused);
    door.full = 0;
    CHECK_STR("", emitted());
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 3 0 " PROGRESS("1", "2"), emitted());
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("", emitted());
    mcp_progress(deferred(0), 3, 0, NULL);
    CHECK_STR("1 3 0 " PROGRESS("1", "3"), emitted());
    mcp_stream_lost(host.server, &door, 2);
    CHECK_HEARD("cancel 1;");
    mcp_stream_ready(host.server, &door, 2);
    CHECK_STR("", emitted());
    host_end();
}

static int refused_then_later(mcp_call *c)
{
    door.full = EVERY_STREAM;
    mcp_progress(c, 1, 0, NULL);
    mcp_stream_ready(host.server, &door, 1);    /* it is not */
    door.full = 0;
    return host_later(c);
}

/* What was told before the call was deferred is not lost. */
static void progress_before_it_is_deferred(void)
{
    connected();
    host.act = refused_then_later;
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, CALL_META("1", "act", IN_2026 "," TOKEN("1"))));
    CHECK_STR("", emitted());
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 3 0 " PROGRESS("1", "1"), emitted());
    host_end();
}

static void tap_makes_progress(mcp_session *s, int direction, const char *bytes)
{
    (void)s, (void)direction;
    if (!strstr(bytes, PROGRESS_OF_2)) return;
    door.full = EVERY_STREAM;
    mcp_progress(deferred(0), 2, 0, NULL);
}

/* What the tap tells while waiting progress is handed over, waits in its turn. */
static void progress_made_by_the_tap(void)
{
    begin();
    host.desc.tap = on_tap;
    host_connect();
    (void)deliver(NULL, 1, CALL_META("1", "later", IN_2026 "," TOKEN("1")));
    (void)deliver(NULL, 1, CALL_META("2", "later", IN_2026 "," TOKEN("2")));
    door.full = EVERY_STREAM;
    mcp_progress(deferred(0), 1, 0, NULL);
    mcp_progress(deferred(1), 1, 0, NULL);
    door.full = 0;
    hooks.on_tap = tap_makes_progress;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 3 0 " PROGRESS("1", "1") "1 3 0 " PROGRESS("2", "1"), emitted());
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 3 0 " PROGRESS("1", "2"), emitted());
    host_end();
}

/* What one call had to say at length is not kept for each of them. */
static void long_progress_does_not_pile_up(void)
{
    static char text[20001];
    size_t i, before;
    begin();
    host.desc.max_output = 200;
    host_connect();
    memset(text, 'x', sizeof text - 1);
    for (i = 0; i < 60; i++) feed(host.a, CALL("1", "later", ""));
    for (i = 0; i < 60; i++) finish(i, "x");
    (void)output(host.a);
    before = host.heap.bytes;
    feed(host.a, PING("1") PING("2") PING("3"));        /* so that it has to wait */
    for (i = 0; i < 60; i++) {
        feed(host.a, CALL_META("1", "later", TOKEN("1")));
        mcp_progress(deferred(60 + i), 1, 0, text);
    }
    for (i = 0; i < 60; i++) finish(60 + i, "x");
    (void)output(host.a);
    CHECK(host.heap.bytes < before + 5 * sizeof text);
    host_end();
}

/* Progress gives a call new time, ten times what it had and no more. Standing still gives none. */
static void progress_gives_time(void)
{
    int i;
    begin();
    host.desc.call_timeout_ms = 1000;
    host_connect();
    feed(host.a, CALL("1", "later", "x"));          /* no token: the clock is ours */
    CHECK_INT(1000, mcp_server_tick(host.server));
    host.now += 900;
    CHECK_INT(100, mcp_server_tick(host.server));
    mcp_progress(deferred(0), 1, 0, NULL);
    CHECK_INT(1000, mcp_server_tick(host.server));
    host.now += 900;
    mcp_progress(deferred(0), 1, 0, NULL);
    CHECK_INT(100, mcp_server_tick(host.server));
    for (i = 2; i <= 9; i++) {
        mcp_progress(deferred(0), i, 0, NULL);
        CHECK_INT(1000, mcp_server_tick(host.server));
        host.now += 900;
    }
    CHECK_UINT(1000 + 9000, host.now);
    mcp_progress(deferred(0), 10, 0, NULL);
    CHECK_INT(1000, mcp_server_tick(host.server));
    host.now += 500;
    mcp_progress(deferred(0), 11, 0, NULL);
    CHECK_INT(500, mcp_server_tick(host.server));
    host.now += 499;
    mcp_progress(deferred(0), 12, 0, NULL);
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_HEARD("");
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_HEARD("cancel 0;");
    CHECK_STR(REGRET("1", "there was no answer within 10000 ms (10 * mcp_server_desc.call_timeout_ms)"),
              output(host.a));
    host_end();

    begin();
    host.desc.call_timeout_ms = MCP_NONE;
    host_connect();
    feed(host.a, CALL("1", "later", "x"));
    mcp_progress(deferred(0), 1, 0, NULL);
    CHECK_INT(-1, mcp_server_tick(host.server));
    host_end();
}

/*---- A client that does not read -----------------------------------------------------------------*/

static int floods(mcp_call *c)
{
    int i;
    for (i = 1; i <= 1000; i++) {
        mcp_log(c, MCP_LOG_INFO, "flood", "message number %d of a thousand", i);
        mcp_progress(c, i, 1000, "a text that takes some bytes");
    }
    return mcp_text(c, "t");
}

/* What waits is bounded; log messages that are dropped are counted, answers still arrive. */
static void slow_reader_in_a_flood(void)
{
    const char *text;
    size_t len, i, told;
    begin();
    host.desc.max_output = 4096;
    host_connect();
    host.act = floods;
    feed(host.a, SET_LEVEL("0", "\"debug\""));
    (void)output(host.a);
    feed(host.a, CALL_META("1", "act", TOKEN("\"f\"")) CALL_META("2", "later", TOKEN("\"d\"")) PING("3"));
    for (i = 1; i <= 1000; i++) {
        mcp_progress(deferred(0), (double)i, 0, NULL);
        mcp_log_text(deferred(0), MCP_LOG_INFO, NULL, "deferred");
    }
    (void)mcp_session_output(host.a, &len);
    CHECK(len > 1024 && len < 4096);
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    text = output(host.a);
    told = times(text, "notifications/message");
    CHECK(told > 0 && told < 100);
    CHECK_UINT(2000 - told, mcp_dropped(host.server));
    CHECK_UINT(1, times(text, RESULT("1", BLOCK("t"))));
    CHECK_UINT(1, times(text, DONE("3")));
    CHECK_UINT(1, times(text, "\"progressToken\":\"d\""));
    CHECK(strstr(text, PROGRESS("\"d\"", "1000")));
    mcp_log_text(deferred(0), MCP_LOG_INFO, NULL, "read again");
    CHECK_STR(LOGGED("info", "\"read again\""), output(host.a));
    feed(host.b, PING("1"));
    CHECK_STR(DONE("1"), output(host.b));
    host_end();
}

/* 64 calls at once, finished out of order, each with its progress and log messages. */
static void many_calls_out_of_order(void)
{
    char text[300], want[1000];
    size_t i, k;
    connected();
    feed(host.a, SET_LEVEL("0", "\"info\""));
    for (i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":\"c%lu\",\"method\":\"tools/call\",\"params\":{"
                 "\"name\":\"later\",\"_meta\":{\"progressToken\":%lu}}}\n", (unsigned long)i, (unsigned long)i);
        feed(host.a, text);
    }
    CHECK_UINT(64, host.num_refs);
    CHECK_STR(DONE("0"), output(host.a));
    for (k = 0; k < 64; k++) {
        i = k * 37 % 64;
        NOTE("call %lu", (unsigned long)i);
        mcp_progress(deferred(i), (double)k + 1, 0, NULL);
        mcp_log(deferred(i), MCP_LOG_INFO, NULL, "%lu", (unsigned long)k);
        finish(i, "x");
        snprintf(want, sizeof want,
                 "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%lu,"
                 "\"progress\":%lu}}\n"
                 "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\","
                 "\"data\":\"%lu\"}}\n"
                 "{\"jsonrpc\":\"2.0\",\"id\":\"c%lu\",\"result\":{\"content\":[" BLOCK("") "," BLOCK("x") "]}}\n",
                 (unsigned long)i, (unsigned long)k + 1, (unsigned long)k, (unsigned long)i);
        CHECK_STR(want, output(host.a));
    }
    CHECK(!mcp_session_busy(host.a));
    host_end();
}

static int logs_what_cannot_be(mcp_call *c)
{
    static char text[600];
    memset(text, 'x', sizeof text - 1);
    mcp_log_text(c, MCP_LOG_INFO, NULL, text);          /* longer than max_reply */
    mcp_log(c, MCP_LOG_INFO, NULL, "%s", text);
    mcp_log(c, MCP_LOG_INFO, NULL, "%600d", 1);
    mcp_log_data(c, MCP_LOG_INFO, NULL, "{'x': %s", text);
    mcp_log_data(c, MCP_LOG_INFO, NULL, "{'not whole': ");
    mcp_log_data(c, MCP_LOG_DEBUG, NULL, "{'not wanted': ");
    mcp_log_text(c, MCP_LOG_INFO, NULL, "good");
    return mcp_text(c, "t");
}

/* A log message that cannot be written is counted too, and fails nothing. */
static void logs_that_cannot_be_written(void)
{
    begin();
    host.desc.max_reply = 400;
    host_connect();
    host.act = logs_what_cannot_be;
    feed(host.a, SET_LEVEL("1", "\"info\"") CALL("2", "act", ""));
    CHECK_STR(DONE("1") LOGGED("info", "\"good\"") RESULT("2", BLOCK("t")), output(host.a));
    CHECK_UINT(5, mcp_dropped(host.server));
    host.act = logs_once;
    host.heap.fail_at = host.heap.calls + 1;
    host.heap.forever = true;
    feed(host.a, CALL("2", "act", ""));
    host.heap.fail_at = 0;
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    (void)output(host.a);
    host_end();
}

/*---- Cancellation --------------------------------------------------------------------------------*/

static int cancelled_inside(mcp_call *c)
{
    CHECK(!mcp_cancelled(c));
    (void)deliver(host.a, 1, CANCEL("7"));
    CHECK(mcp_cancelled(c));
    mcp_progress(c, 1, 0, NULL);
    mcp_log_text(c, MCP_LOG_EMERGENCY, NULL, "too late");
    return mcp_text(c, "nobody hears");
}

/* Before the request, while it is served, while it waits, and after its answer: the server survives each, and says
   nothing of a request once it was cancelled. */
static void cancelled_at_any_time(void)
{
    size_t i;
    for (i = 0; i < 4; i++) {
        mcp_call *c;
        connected();
        NOTE("%s", revisions[i]);
        mcp_session_close(host.a);
        host.a = open_in(revisions[i]);
        feed(host.a, SET_LEVEL("1", "\"debug\"") CANCEL("7") CALL("7", "echo", "before"));
        CHECK_STR(DONE("1") RESULT("7", BLOCK("before")), output(host.a));
        host.act = cancelled_inside;
        CHECK_STATUS(MCP_OK, deliver(host.a, 1, CALL_META("7", "act", TOKEN("1"))));
        CHECK_STR("", emitted());
        feed(host.a, CALL_META("7", "later", TOKEN("1")));
        c = deferred(0);
        CHECK(c && !mcp_cancelled(c));
        feed(host.a, CANCEL("7") CANCEL("7"));
        CHECK_HEARD("cancel 0;");
        CHECK(deferred(0) == NULL);
        mcp_finish(deferred(0), MCP_OK);
        feed(host.a, CALL_META("7", "later", TOKEN("1")));
        finish(1, "x");
        feed(host.a, CANCEL("7") TOLD("cancelled", "\"reason\":\"no id\"") TOLD("cancelled", "\"requestId\":null")
             MESSAGE("\"method\":\"notifications/cancelled\""));
        CHECK_STR(RESULT("7", BLOCK("") "," BLOCK("x")), output(host.a));
        CHECK_HEARD("");
        feed(host.a, CALL("7", "echo", "after"));
        CHECK_STR(RESULT("7", BLOCK("after")), output(host.a));
        host_end();
    }
}

static int closed_inside(mcp_call *c)
{
    CHECK(!mcp_cancelled(c));
    mcp_session_close(host.a);
    CHECK(mcp_cancelled(c));
    mcp_log_text(c, MCP_LOG_EMERGENCY, NULL, "gone");
    mcp_progress(c, 1, 0, NULL);
    return mcp_text(c, "gone");
}

static int refs_inside(mcp_call *c)
{
    mcp_ref ref;
    CHECK_UINT(0, mcp_call_ref(c));
    CHECK_STATUS(MCP_WAIT, mcp_defer(c, &ref));
    CHECK(ref && ref == mcp_call_ref(c));
    mcp_finish(c, mcp_text(c, "x"));
    CHECK_UINT(0, mcp_call_ref(c));
    return MCP_WAIT;
}

static void tap_closes(mcp_session *s, int direction, const char *bytes)
{
    if (direction == MCP_TAP_IN && strstr(bytes, "tools/call")) mcp_session_close(s);
}

static int cancelled_already(mcp_call *c)
{
    CHECK(mcp_cancelled(c));
    test_hear("cancelled already;");
    return mcp_text(c, "gone");
}

/* The session may go before the handler begins. */
static void cancelled_before_it_began(void)
{
    begin();
    host.desc.tap = on_tap;
    host_connect();
    hooks.on_tap = tap_closes;
    host.act = cancelled_already;
    feed(host.a, CALL("1", "act", ""));
    CHECK_HEARD("cancelled already;");
    host_end();
}

static void cancelled_by_its_session(void)
{
    connected();
    host.act = refs_inside;
    feed(host.a, CALL("1", "act", "") CALL("2", "later", ""));
    CHECK_STR(RESULT("1", BLOCK("x")), output(host.a));
    CHECK_UINT(host.refs[0], mcp_call_ref(deferred(0)));
    host.act = closed_inside;
    feed(host.a, SET_LEVEL("3", "\"debug\""));
    (void)mcp_session_feed(host.a, CALL_META("4", "act", TOKEN("1")) PING("5"),
                           sizeof CALL_META("4", "act", TOKEN("1")) PING("5") - 1);
    CHECK_HEARD("cancel 0;");
    feed(host.b, PING("1"));
    CHECK_STR(DONE("1"), output(host.b));
    host_end();
}

/*---- Changes -------------------------------------------------------------------------------------*/

/* A thousand changes between two outputs are told once. */
static void a_thousand_changes(void)
{
    static const mcp_tool extra = MCP_TOOL("extra", host_act, 0, 0);
    mcp_session *early;
    int i;
    connected();
    early = mcp_session_open(host.server);
    for (i = 0; i < 1000; i++) {
        mcp_changed(host.server, MCP_TOOLS);
        mcp_changed(host.server, MCP_PROMPTS | MCP_RESOURCES);
        CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &extra));
        CHECK(mcp_remove_tool(host.server, "extra"));
        mcp_resource_changed(host.server, "mem://a");
    }
    CHECK_UINT(1000, times(test_heard(), "removed extra;"));
    CHECK(mcp_session_busy(host.a));
    CHECK_STR(CHANGED("tools") CHANGED("resources") CHANGED("prompts"), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    CHECK_STR("", output(host.a));
    mcp_changed(host.server, MCP_TOOLS);
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR(CHANGED("tools") CHANGED("resources") CHANGED("prompts"), output(host.b));
    CHECK_STR("", output(early));           /* nobody is there yet */
    host_end();
}

/* Clients hear of what the desc names, and of nothing else; nothing was promised either. */
static void only_changes_of_the_desc(void)
{
    static const uint32_t kinds[] = { MCP_TOOLS, MCP_RESOURCES, MCP_PROMPTS, MCP_CONTENTS, 0 };
    static const char *const told[] = { CHANGED("tools"), CHANGED("resources"), CHANGED("prompts"), "", "" };
    static const char *const promised[] = {
        "\"capabilities\":{\"logging\":{},\"tools\":{\"listChanged\":true},\"resources\":{},\"prompts\":{}}",
        "\"capabilities\":{\"logging\":{},\"tools\":{},\"resources\":{\"listChanged\":true},\"prompts\":{}}",
        "\"capabilities\":{\"logging\":{},\"tools\":{},\"resources\":{},\"prompts\":{\"listChanged\":true}}",
        "\"capabilities\":{\"logging\":{},\"tools\":{},\"resources\":{\"subscribe\":true},\"prompts\":{}}",
        "\"capabilities\":{\"logging\":{},\"tools\":{},\"resources\":{},\"prompts\":{}}"
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(kinds); i++) {
        begin();
        NOTE("%s", promised[i]);
        host.desc.changes = kinds[i];
        host.server = mcp_server_create(&host.desc);
        host.a = mcp_session_open(host.server);
        feed(host.a, INITIALIZE("2025-11-25"));
        CHECK(strstr(output(host.a), promised[i]));
        mcp_changed(host.server, 0xffffffffu);
        CHECK_STR(told[i], output(host.a));
        CHECK(mcp_enable_tool(host.server, "echo", false));
        CHECK(mcp_enable_resource(host.server, "mem://a", false));
        CHECK(mcp_enable_prompt(host.server, "act", false));
        CHECK_STR(told[i], output(host.a));
        feed(host.a, SUBSCRIBE("1", "mem://b"));
        CHECK_STR(kinds[i] == MCP_CONTENTS ? DONE("1") : FAILURE("1", "-32601", "Method not found"), output(host.a));
        mcp_resource_changed(host.server, "mem://b");
        CHECK_STR(kinds[i] == MCP_CONTENTS ? UPDATED("mem://b") : "", output(host.a));
        CHECK(!mcp_session_busy(host.a));
        host_end();
    }
}

static void changes_in_every_revision(void)
{
    size_t i;
    for (i = 0; i < 4; i++) {
        connected();
        NOTE("%s", revisions[i]);
        mcp_session_close(host.a);
        host.a = open_in(revisions[i]);
        feed(host.a, SUBSCRIBE("1", "mem://user/7"));
        CHECK_STR(DONE("1"), output(host.a));
        mcp_changed(host.server, MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS);
        mcp_resource_changed(host.server, "mem://user/7");
        CHECK_STR(CHANGED("tools") CHANGED("resources") CHANGED("prompts") UPDATED("mem://user/7"), output(host.a));
        host_end();
    }
}

/* 2026-07-28 has no sessions: nobody is told who does not listen, and subscribing is another method. */
static void no_changes_unasked_in_2026(void)
{
    connected();
    mcp_session_close(host.a);
    host.a = open_in("2026-07-28");
    feed(host.a, request("2026-07-28", "tools/call", "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"},", ""));
    CHECK_STR(MODERN_RESULT("7", BLOCK("x")), output(host.a));
    feed(host.a, request("2026-07-28", "server/discover", "", ""));
    CHECK(strstr(output(host.a), "\"capabilities\":{\"logging\":{},\"tools\":{\"listChanged\":true},\"resources\":{"
                 "\"subscribe\":true,\"listChanged\":true},\"prompts\":{\"listChanged\":true}}"));
    feed(host.a, request("2026-07-28", "resources/subscribe", "\"uri\":\"mem://a\",", ""));
    CHECK_STR(FAILURE("7", "-32601", "Method not found"), output(host.a));
    feed(host.a, request("2026-07-28", "resources/unsubscribe", "\"uri\":\"mem://a\",", ""));
    CHECK_STR(FAILURE("7", "-32601", "Method not found"), output(host.a));
    mcp_changed(host.server, 7);
    mcp_resource_changed(host.server, "mem://a");
    CHECK_STR("", output(host.a));
    CHECK_HEARD("");
    host_end();
}

/*-- Subscriptions --*/

#define MISSING(id, uri) MESSAGE("\"id\":" id ",\"error\":{\"code\":-32002,\"message\":\"Resource not found\"," \
                                 "\"data\":{\"uri\":\"" uri "\"}}")

static void subscriptions(void)
{
    connected();
    feed(host.a, SUBSCRIBE("1", "mem://a") SUBSCRIBE("2", "mem://a") SUBSCRIBE("3", "mem://user/7")
         SUBSCRIBE("4", "mem://none") SUBSCRIBE("5", "mem://user/") SUBSCRIBE("6", "mem://act"));
    CHECK_STR(DONE("1") DONE("2") DONE("3") MISSING("4", "mem://none") MISSING("5", "mem://user/") DONE("6"),
              output(host.a));
    CHECK_HEARD("wants mem://a;wants mem://user/7;wants mem://act;");
    feed(host.b, SUBSCRIBE("1", "mem://a"));
    CHECK_STR(DONE("1"), output(host.b));
    CHECK_HEARD("");                            /* somebody wants it already */
    mcp_resource_changed(host.server, "mem://a");
    mcp_resource_changed(host.server, "mem://a");
    mcp_resource_changed(host.server, "mem://b");
    mcp_resource_changed(host.server, "mem://user/8");
    mcp_resource_changed(host.server, "mem://user/{id}");
    CHECK_STR(UPDATED("mem://a"), output(host.a));
    CHECK_STR(UPDATED("mem://a"), output(host.b));
    mcp_resource_changed(host.server, "mem://user/7");
    CHECK_STR("", output(host.b));
    CHECK_STR(UPDATED("mem://user/7"), output(host.a));
    feed(host.a, UNSUBSCRIBE("7", "mem://a") UNSUBSCRIBE("8", "mem://a") UNSUBSCRIBE("9", "mem://none"));
    CHECK_STR(DONE("7") DONE("8") DONE("9"), output(host.a));
    CHECK_HEARD("");
    mcp_resource_changed(host.server, "mem://a");
    CHECK_STR("", output(host.a));
    CHECK_STR(UPDATED("mem://a"), output(host.b));
    feed(host.b, UNSUBSCRIBE("2", "mem://a"));
    CHECK_STR(DONE("2"), output(host.b));
    CHECK_HEARD("leaves mem://a;");
    mcp_session_close(host.a);
    CHECK_HEARD("leaves mem://user/7;leaves mem://act;");
    mcp_resource_changed(host.server, "mem://user/7");
    feed(host.b, SUBSCRIBE("3", "mem://b"));
    (void)test_heard();
    host_end();
    CHECK_HEARD("leaves mem://b;");
}

static void hears_after(void *user, mcp_call *c, int status, uint64_t ms);

/* Only "root" sees what is not public. */
static bool hides(void *user, mcp_call *c, int kind, const char *name)
{
    (void)user, (void)kind;
    if (!strcmp(mcp_call_method(c), "resources/subscribe")) {
        CHECK_STR("2025-11-25", mcp_revision(c));
        CHECK_INT(MCP_RESOURCES, kind);
        CHECK_STR("", mcp_call_name(c));
    }
    return !strcmp(mcp_principal(c), "root") || !strcmp(name, "mem://a");
}

/* What the filter hides from a client meanwhile, it hears nothing of, until it may see it again. */
static void subscriptions_out_of_sight(void)
{
    size_t calls;
    begin();
    host.desc.filter = hides;
    host.desc.after = hears_after;
    host_connect();
    mcp_session_set_principal(host.a, "root");
    feed(host.a, SUBSCRIBE("1", "mem://a") SUBSCRIBE("2", "mem://b") SUBSCRIBE("3", "mem://user/7"));
    CHECK_STR(DONE("1") DONE("2") DONE("3"), output(host.a));
    (void)test_heard();
    mcp_session_set_principal(host.a, "guest");
    mcp_resource_changed(host.server, "mem://a");
    mcp_resource_changed(host.server, "mem://b");
    mcp_resource_changed(host.server, "mem://user/7");
    CHECK_STR(UPDATED("mem://a"), output(host.a));
    mcp_session_set_principal(host.a, "root");
    mcp_resource_changed(host.server, "mem://user/7");
    mcp_resource_changed(host.server, "mem://b");
    CHECK_STR(UPDATED("mem://b") UPDATED("mem://user/7"), output(host.a));
    calls = host.heap.calls;
    mcp_resource_changed(host.server, "mem://b");
    CHECK_UINT(calls, host.heap.calls);
    CHECK_STR(UPDATED("mem://b"), output(host.a));
    CHECK_HEARD("");                     /* it is no request */
    host_end();
}

/* The same while as many calls wait as may, and in the handler of one. */
static int changes_now(mcp_call *c)
{
    mcp_resource_changed(host.server, "mem://b");
    return mcp_text(c, "x");
}

static void subscriptions_and_busy_calls(void)
{
    begin();
    host.desc.filter = hides;
    host.desc.max_calls = 1;
    host_connect();
    mcp_session_set_principal(host.a, "root");
    feed(host.a, SUBSCRIBE("1", "mem://b") CALL("2", "later", "x"));
    (void)output(host.a);
    host.act = changes_now;
    feed(host.a, CALL("3", "act", "x"));
    CHECK(strstr(output(host.a), UPDATED("mem://b")) != NULL);
    mcp_resource_changed(host.server, "mem://b");
    CHECK_STR(UPDATED("mem://b"), output(host.a));
    host_end();
}

static void wrong_subscriptions(void)
{
    static const char *const wrong[] = { "", "\"uri\":null", "\"uri\":7", "\"uri\":[\"mem://a\"]" };
    char text[200];
    size_t i;
    connected();
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        NOTE("%s", wrong[i]);
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/%s\",\"params\":{%s}}\n",
                 i % 2 ? "subscribe" : "unsubscribe", wrong[i]);
        feed(host.a, text);
        snprintf(text, sizeof text, FAILURE("1", "-32602", "resources/%s: params.uri must be a string"),
                 i % 2 ? "subscribe" : "unsubscribe");
        CHECK_STR(text, output(host.a));
    }
    feed(host.a, SUBSCRIBE("2", "mem://a\\u0000") UNSUBSCRIBE("3", "mem://a\\u0000"));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32002,\"message\":\"Resource not found\","
              "\"data\":{\"uri\":\"mem://a\\u0000\"}}}\n" DONE("3"), output(host.a));
    CHECK_HEARD("");
    host_end();
}

#define TOO_MANY(id) FAILURE(id, "-32603", "resources/subscribe: mcp_server_desc.max_subscriptions are taken already")

static void too_many_subscriptions(void)
{
    char text[200];
    int i;
    connected();
    for (i = 0; i < 32; i++) {
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/subscribe\",\"params\":{"
                 "\"uri\":\"mem://user/%d\"}}\n", i);
        feed(host.a, text);
        CHECK_STR(DONE("1"), output(host.a));
    }
    feed(host.a, SUBSCRIBE("1", "mem://a") SUBSCRIBE("2", "mem://user/5") UNSUBSCRIBE("3", "mem://user/5")
         SUBSCRIBE("4", "mem://a") SUBSCRIBE("5", "mem://user/5"));
    CHECK_STR(TOO_MANY("1") DONE("2") DONE("3") DONE("4") TOO_MANY("5"), output(host.a));
    feed(host.b, SUBSCRIBE("1", "mem://a"));
    CHECK_STR(DONE("1"), output(host.b));
    host_end();

    begin();
    host.desc.max_subscriptions = MCP_NONE;
    host_connect();
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    CHECK_STR(TOO_MANY("1"), output(host.a));
    host_end();
}

/* Each is told of what changed when it takes its output, however little that is at a time. */
static void changes_wait_for_the_reader(void)
{
    const char *bytes;
    size_t len;
    begin();
    host.desc.max_output = 400;
    host_connect();
    feed(host.a, SUBSCRIBE("1", "mem://a") SUBSCRIBE("1", "mem://b") SUBSCRIBE("1", "mem://user/1")
         SUBSCRIBE("1", "mem://user/2"));
    (void)output(host.a);
    feed(host.a, PING("1") PING("2") PING("3") PING("4") PING("5") PING("6"));
    mcp_changed(host.server, 7);
    mcp_resource_changed(host.server, "mem://a");
    mcp_resource_changed(host.server, "mem://b");
    mcp_resource_changed(host.server, "mem://user/1");
    mcp_resource_changed(host.server, "mem://user/2");
    bytes = mcp_session_output(host.a, &len);
    CHECK_BYTES(DONE("1") DONE("2") DONE("3") DONE("4") DONE("5") DONE("6"), 6 * (sizeof DONE("1") - 1), bytes, len);
    CHECK_STR(DONE("1") DONE("2") DONE("3") DONE("4") DONE("5") DONE("6") CHANGED("tools") CHANGED("resources")
              CHANGED("prompts") UPDATED("mem://a") UPDATED("mem://b") UPDATED("mem://user/1") UPDATED("mem://user/2"),
              output(host.a));
    CHECK(!mcp_session_busy(host.a));
    host_end();
}

/* However little may wait, an empty output takes a change. */
static void changes_and_the_least_output(void)
{
    begin();
    host.desc.max_output = 1;
    host_connect();
    feed(host.a, SET_LEVEL("1", "\"info\""));
    (void)output(host.a);
    feed(host.a, CALL_META("2", "later", TOKEN("2")));
    mcp_changed(host.server, MCP_TOOLS);
    CHECK_STR(CHANGED("tools"), output(host.a));
    mcp_progress(deferred(0), 1, 0, NULL);
    CHECK_STR(PROGRESS("2", "1"), output(host.a));
    mcp_log_text(deferred(0), MCP_LOG_INFO, NULL, "x");
    CHECK_STR(LOGGED("info", "\"x\""), output(host.a));
    host_end();
}

/* A URI whose change does not fit into max_reply is not told, and keeps nobody waiting. */
static void changes_too_long_to_tell(void)
{
    char text[500];
    begin();
    host.desc.max_reply = 300;
    host_connect();
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/subscribe\",\"params\":{"
             "\"uri\":\"mem://user/%0250d\"}}\n", 7);
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    feed(host.a, text);
    CHECK_STR(DONE("1") DONE("1"), output(host.a));
    snprintf(text, sizeof text, "mem://user/%0250d", 7);
    mcp_resource_changed(host.server, text);
    mcp_resource_changed(host.server, "mem://a");
    CHECK_STR(UPDATED("mem://a"), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    host_end();
}

/*---- Rows that come and go -----------------------------------------------------------------------*/

/* The names or URIs of a list, and behind | the cursor of its next page. */
static const char *listed(mcp_session *s, const char *method, const char *key, const char *cursor)
{
    static char text[2000];
    const char *answer;
    char params[100];
    mcp_doc doc;
    mcp_json result, row;
    size_t n = 0;
    memset(&doc, 0, sizeof doc);
    params[0] = text[0] = 0;
    if (cursor) snprintf(params, sizeof params, "\"cursor\":\"%s\",", cursor);
    feed(s, request("2025-11-25", method, params, ""));
    answer = output(s);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, answer, strlen(answer)));
    result = mcp_json_get(mcp_json_root(&doc), "result");
    if (!mcp_json_exists(result)) n += (size_t)snprintf(text, sizeof text, "error ");
    for (row = mcp_json_first(mcp_json_get(result, key)); mcp_json_exists(row); row = mcp_json_next(row))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", mcp_json_cstr(mcp_json_first(row), NULL, "?"));
    snprintf(text + n, sizeof text - n, "|%s", mcp_json_cstr(result, "nextCursor", ""));
    mcp_doc_free(&doc);
    return text;
}

static const char *listed_tools(const char *cursor) { return listed(host.a, "tools/list", "tools", cursor); }

static const mcp_tool new_tool = MCP_TOOL("new", host_act, "A new one.", host_args);
static const mcp_resource new_resource = MCP_RESOURCE_TEXT("mem://new", "new", "N", "text/plain", 0);
static const mcp_resource new_template = MCP_RESOURCE("mem://new/{x}", "new", host_act, "text/plain", 0);
static const mcp_prompt new_prompt = MCP_PROMPT("new", host_act, 0, host_args);

/* Rows of every kind: seen, used, out of sight, gone. Each time the clients are told. */
static void rows_come_and_go(void)
{
    connected();
    CHECK_STR("echo later act |", listed_tools(NULL));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &new_tool));
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("echo later act new |", listed_tools(NULL));
    feed(host.a, CALL("1", "new", "x"));
    CHECK_STR(RESULT("1", BLOCK("acted")), output(host.a));
    CHECK(mcp_enable_tool(host.server, "echo", false));
    CHECK(mcp_enable_tool(host.server, "echo", false));
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("later act new |", listed_tools(NULL));
    feed(host.a, CALL("1", "echo", "x"));
    CHECK_STR(FAILURE("1", "-32602", "tools/call: unknown tool; see tools/list"), output(host.a));
    CHECK(mcp_enable_tool(host.server, "echo", false));
    CHECK_STR("", output(host.a));              /* that was no change */
    CHECK(mcp_enable_tool(host.server, "echo", true));
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("echo later act new |", listed_tools(NULL));
    CHECK(mcp_enable_tool(host.server, "echo", true));
    CHECK_STR("", output(host.a));
    CHECK(mcp_remove_tool(host.server, "later") && !mcp_remove_tool(host.server, "later"));
    CHECK(!mcp_enable_tool(host.server, "later", true));
    CHECK_HEARD("removed later;");
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("echo act new |", listed_tools(NULL));
    CHECK(mcp_remove_tool(host.server, "new"));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &host_tools[1]));
    CHECK(mcp_remove_tool(host.server, "echo"));
    (void)output(host.a), (void)test_heard();
    CHECK_STR("act later |", listed_tools(NULL));

    CHECK_STATUS(MCP_OK, mcp_add_resource(host.server, &new_resource));
    CHECK_STATUS(MCP_OK, mcp_add_resource(host.server, &new_template));
    CHECK(mcp_enable_resource(host.server, "mem://a", false));
    CHECK(mcp_remove_resource(host.server, "mem://user/{id}") && mcp_remove_resource(host.server, "mem://b"));
    CHECK(!mcp_remove_resource(host.server, "mem://user/7") && !mcp_remove_resource(host.server, "mem://new/"));
    CHECK_STR(CHANGED("resources"), output(host.a));
    CHECK_HEARD("removed mem://user/{id};removed mem://b;");
    CHECK_STR("mem://act mem://new |", listed(host.a, "resources/list", "resources", NULL));
    CHECK_STR("mem://new/{x} |", listed(host.a, "resources/templates/list", "resourceTemplates", NULL));
    feed(host.a, REQUEST("1", "resources/read", "\"uri\":\"mem://a\"") REQUEST("2", "resources/read",
         "\"uri\":\"mem://new\""));
    CHECK_STR(MISSING("1", "mem://a") MESSAGE("\"id\":2,\"result\":{\"contents\":[{\"uri\":\"mem://new\","
              "\"mimeType\":\"text/plain\",\"text\":\"N\"}]}"), output(host.a));
    CHECK(mcp_enable_resource(host.server, "mem://new/{x}", false));
    CHECK_STR(CHANGED("resources"), output(host.a));
    feed(host.a, REQUEST("1", "resources/read", "\"uri\":\"mem://new/1\""));
    CHECK_STR(MISSING("1", "mem://new/1"), output(host.a));

    CHECK_STATUS(MCP_OK, mcp_add_prompt(host.server, &new_prompt));
    CHECK(mcp_enable_prompt(host.server, "act", false));
    CHECK_STR(CHANGED("prompts"), output(host.a));
    CHECK_STR("new |", listed(host.a, "prompts/list", "prompts", NULL));
    CHECK(mcp_remove_prompt(host.server, "act") && mcp_remove_prompt(host.server, "new"));
    CHECK(!mcp_remove_prompt(host.server, "act") && !mcp_enable_prompt(host.server, "new", true));
    CHECK_HEARD("removed act;removed new;");
    CHECK_STR(CHANGED("prompts"), output(host.a));
    CHECK_STR("|", listed(host.a, "prompts/list", "prompts", NULL));
    host_end();
    CHECK_HEARD("");                            /* those that were there to the end were not removed */
}

/* Without desc.changes clients are not told, and what there is nothing of is no method; its first row makes it one. */
static void capabilities_appear(void)
{
    begin();
    host.desc.num_tools = host.desc.num_resources = host.desc.num_prompts = 0;
    host.desc.changes = 0;
    host_connect();
    feed(host.a, CALL("1", "new", "x") REQUEST("2", "resources/templates/list", "") REQUEST("3", "prompts/list", ""));
    CHECK_STR(FAILURE("1", "-32601", "Method not found") FAILURE("2", "-32601", "Method not found")
              FAILURE("3", "-32601", "Method not found"), output(host.a));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &new_tool));
    CHECK_STATUS(MCP_OK, mcp_add_resource(host.server, &new_template));
    CHECK_STATUS(MCP_OK, mcp_add_prompt(host.server, &new_prompt));
    CHECK_STR("", output(host.a));
    CHECK_STR("new |", listed_tools(NULL));
    CHECK_STR("new |", listed(host.a, "prompts/list", "prompts", NULL));
    CHECK_STR("|", listed(host.a, "resources/list", "resources", NULL));
    CHECK_STR("mem://new/{x} |", listed(host.a, "resources/templates/list", "resourceTemplates", NULL));
    mcp_session_close(host.b);
    host.b = mcp_session_open(host.server);
    feed(host.b, INITIALIZE("2025-06-18"));
    CHECK(strstr(output(host.b), "\"capabilities\":{\"logging\":{},\"tools\":{},\"resources\":{},\"prompts\":{}}"));
    host_end();
}

/* desc.log is told what to mend. */
static void wrong_rows(void)
{
    static const mcp_field bad_fields[] = { MCP_ARG("n", MCP_INTEGER, 0), MCP_END };
    static const mcp_field bad_default[] = { MCP_DEFAULT("n", MCP_INTEGER, "x", 0), MCP_END };
    static const mcp_tool no_fn = MCP_TOOL("a", 0, 0, 0), no_name = MCP_TOOL("", host_act, 0, 0),
        taken = MCP_TOOL("echo", host_act, 0, 0), field = MCP_TOOL("f", host_act, 0, bad_default),
        schema = MCP_TOOL_FULL("g", host_act, 0, 0, 0, 0, 0, "[]", 0, 0, 0);
    static const mcp_resource no_scheme = MCP_RESOURCE("a/b", "n", host_act, 0, 0),
        twice = MCP_RESOURCE("mem://a", "n", host_act, 0, 0),
        twice_too = MCP_RESOURCE("mem://user/{id}", "n", host_act, 0, 0),
        nothing = MCP_RESOURCE("mem://n", "n", 0, 0, 0), open_brace = MCP_RESOURCE("mem://{n", "n", host_act, 0, 0),
        no_handler = MCP_RESOURCE_TEXT("mem://{n}", "n", "x", 0, 0);
    static const mcp_prompt integer = MCP_PROMPT("i", host_act, 0, bad_fields),
        same = MCP_PROMPT("act", host_act, 0, 0), nobody = MCP_PROMPT("n", 0, 0, 0);
    static const struct { int kind; const void *row; const char *why; } wrong[] = {
        { MCP_TOOLS, &no_fn, "mcp_tool 'a': fn is NULL" },
        { MCP_TOOLS, &no_name, "mcp_tool '': name must be 1 to 128 of A-Z a-z 0-9 _ - ." },
        { MCP_TOOLS, &taken, "mcp_tool 'echo': name is taken by an earlier row" },
        { MCP_TOOLS, &field, "mcp_tool 'f': field 'n': has a default that is not of its type" },
        { MCP_TOOLS, &schema, "mcp_tool 'g': input_schema is not a JSON object" },
        { MCP_RESOURCES, &no_scheme, "mcp_resource 'a/b': uri must start with a scheme" },
        { MCP_RESOURCES, &twice, "mcp_resource 'mem://a': uri is taken by an earlier row" },
        { MCP_RESOURCES, &twice_too, "mcp_resource 'mem://user/{id}': uri is taken by an earlier row" },
        { MCP_RESOURCES, &nothing, "mcp_resource 'mem://n': fn and contents are NULL" },
        { MCP_RESOURCES, &open_brace, "mcp_resource 'mem://{n': " },
        { MCP_RESOURCES, &no_handler, "mcp_resource 'mem://{n}': fn of a template is NULL" },
        { MCP_PROMPTS, &integer, "mcp_prompt 'i': arguments must be strings, and are no headers" },
        { MCP_PROMPTS, &same, "mcp_prompt 'act': name is taken by an earlier row" },
        { MCP_PROMPTS, &nobody, "mcp_prompt 'n': fn is NULL" }
    };
    size_t i;
    connected();
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        int status;
        NOTE("%s", wrong[i].why);
        host.log[0] = 0;
        if (wrong[i].kind == MCP_TOOLS) status = mcp_add_tool(host.server, (const mcp_tool *)wrong[i].row);
        else if (wrong[i].kind == MCP_PROMPTS) status = mcp_add_prompt(host.server, (const mcp_prompt *)wrong[i].row);
        else status = mcp_add_resource(host.server, (const mcp_resource *)wrong[i].row);
        CHECK_STATUS(MCP_E_MISUSE, status);
        if (wrong[i].row == &open_brace) host.log[strlen(wrong[i].why)] = 0;    /* test_uri knows the rest */
        CHECK_STR(wrong[i].why, host.log);
    }
    CHECK_STR("", output(host.a));
    CHECK_STR("echo later act |", listed_tools(NULL));
    CHECK(mcp_enable_tool(host.server, "echo", false));
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_tool(host.server, &taken));      /* out of sight, but there */
    host_end();
}

/* A cursor leads to what follows, whatever came and went since. */
static void cursors_stay(void)
{
    static mcp_tool many[12];
    static char names[12][4];
    size_t i;
    begin();
    host.desc.num_tools = 0;
    host.desc.page_size = 3;
    host_connect();
    for (i = 0; i < MCP_COUNT(many); i++) {
        snprintf(names[i], sizeof names[i], "t%lu", (unsigned long)i);
        many[i] = new_tool;
        many[i].name = names[i];
        if (i < 10) CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &many[i]));
    }
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("t0 t1 t2 |3", listed_tools(NULL));
    CHECK_STR("t3 t4 t5 |6", listed_tools("3"));
    CHECK(mcp_remove_tool(host.server, "t0") && mcp_remove_tool(host.server, "t3"));
    (void)output(host.a);
    CHECK_STR("t4 t5 t6 |7", listed_tools("3"));
    CHECK(mcp_enable_tool(host.server, "t7", false));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &many[10]));
    (void)output(host.a);
    CHECK_STR("t8 t9 t10 |", listed_tools("7"));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &many[0]));          /* again: behind the others */
    (void)output(host.a);
    CHECK_STR("t8 t9 t10 |11", listed_tools("7"));
    CHECK_STR("t0 |", listed_tools("11"));
    CHECK(mcp_enable_tool(host.server, "t7", true));
    CHECK(mcp_remove_tool(host.server, "t0"));
    (void)output(host.a);
    CHECK_STR("|", listed_tools("11"));
    CHECK_STR("t7 t8 t9 |10", listed_tools("7"));
    CHECK_STR("t1 t2 t4 |5", listed_tools(NULL));
    feed(host.a, REQUEST("1", "tools/list", "\"cursor\":\"12\"") REQUEST("2", "tools/list", "\"cursor\":\"t7\""));
    CHECK_STR(FAILURE("1", "-32602", "unknown cursor: start again without one")
              FAILURE("2", "-32602", "unknown cursor: start again without one"), output(host.a));
    host_end();
}

/*-- Rows removed while their calls run --*/

/* A tool in memory of its own, which goes when on_removed says that it may. */
static void add_heap_tool(mcp_call_fn fn)
{
    mcp_tool *row = (mcp_tool *)malloc(sizeof *row);
    CHECK(row != NULL);
    if (!row) exit(1);
    *row = new_tool;
    row->fn = fn;
    hooks.frees = true;
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, row));
    (void)output(host.a), (void)output(host.b);
}

static int removes_itself(mcp_call *c)
{
    CHECK(mcp_remove_tool(mcp_call_server(c), "new"));
    CHECK_HEARD("");
    return mcp_text(c, mcp_arg_str(c, "text"));
}

/* Its calls go on; on_removed comes once, when the last one is answered. */
static void rows_removed_under_their_calls(void)
{
    connected();
    add_heap_tool(removes_itself);
    feed(host.a, CALL("1", "new", "x"));
    CHECK_HEARD("removed new;");
    CHECK_STR(RESULT("1", BLOCK("x")) CHANGED("tools"), output(host.a));
    (void)output(host.b);

    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "a") CALL("2", "new", "b"));
    feed(host.b, CALL("3", "new", "c"));
    CHECK(mcp_remove_tool(host.server, "new") && !mcp_remove_tool(host.server, "new"));
    feed(host.a, CALL("4", "new", "d"));
    CHECK_STR(FAILURE("4", "-32602", "tools/call: unknown tool; see tools/list") CHANGED("tools"), output(host.a));
    finish(1, "y");
    finish(0, "x");
    CHECK_HEARD("");
    CHECK_STR(RESULT("2", BLOCK("b") "," BLOCK("y")) RESULT("1", BLOCK("a") "," BLOCK("x")), output(host.a));
    finish(2, "z");
    CHECK_HEARD("removed new;");
    CHECK_STR(RESULT("3", BLOCK("c") "," BLOCK("z")) CHANGED("tools"), output(host.b));
    host_end();
}

/* The same name may be taken again while calls of the old row still run. */
static void row_replaced_under_its_calls(void)
{
    connected();
    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "old"));
    CHECK(mcp_remove_tool(host.server, "new"));
    add_heap_tool(host_act);
    feed(host.a, CALL("2", "new", ""));
    CHECK_STR(RESULT("2", BLOCK("acted")), output(host.a));
    CHECK(mcp_remove_tool(host.server, "new"));
    CHECK_HEARD("removed new;");
    finish(0, "x");
    CHECK_HEARD("removed new;");
    CHECK_STR(RESULT("1", BLOCK("old") "," BLOCK("x")) CHANGED("tools"), output(host.a));
    host_end();
}

/* However the last call ends: cancelled, timed out, with its session, with its answer that had to wait. */
static void removed_rows_end_with_their_calls(void)
{
    begin();
    host.desc.max_output = 1;
    host_connect();
    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "x"));
    CHECK(mcp_remove_tool(host.server, "new"));
    feed(host.a, CANCEL("1"));
    CHECK_HEARD("removed new;cancel 0;");

    add_heap_tool(host_later);
    feed(host.a, CALL("2", "new", "x"));
    CHECK(mcp_remove_tool(host.server, "new"));
    host.now += 60000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_HEARD("removed new;cancel 1;");
    (void)output(host.a);

    add_heap_tool(host_later);
    feed(host.a, CALL("3", "new", "x") PING("4"));
    CHECK(mcp_remove_tool(host.server, "new"));
    finish(2, "y");
    CHECK_HEARD("removed new;");                /* the answer waits behind the other, and needs no row */
    CHECK(strstr(output(host.a), DONE("4") RESULT("3", BLOCK("x") "," BLOCK("y"))));
    CHECK_HEARD("");

    add_heap_tool(host_later);
    feed(host.a, CALL("5", "new", "x"));
    CHECK(mcp_remove_tool(host.server, "new"));
    mcp_session_close(host.a);
    CHECK_HEARD("removed new;cancel 3;");
    (void)output(host.b);

    host.a = host_session("2025-11-25");
    add_heap_tool(host_later);
    feed(host.a, CALL("6", "new", "x"));
    CHECK(mcp_remove_tool(host.server, "new"));
    host_end();
    CHECK_HEARD("removed new;cancel 4;");

    begin();
    host.desc.max_output = 1;
    host_connect();
    add_heap_tool(host_later);
    feed(host.a, CALL("7", "new", "x") PING("8"));
    CHECK(mcp_remove_tool(host.server, "new"));
    finish(0, "y");                             /* its answer waits, to the end */
    host_end();
    CHECK_HEARD("removed new;");
}

/* Rows of the desc are removed as those that were added; resources and prompts as tools. */
static int defers(mcp_call *c) { return host_later(c); }

static void every_kind_removed_under_its_call(void)
{
    connected();
    host.act = defers;
    feed(host.a, CALL("1", "act", "") REQUEST("2", "resources/read", "\"uri\":\"mem://act\"")
         REQUEST("3", "resources/read", "\"uri\":\"mem://user/7\"") REQUEST("4", "prompts/get", "\"name\":\"act\""));
    CHECK_UINT(4, host.num_refs);
    CHECK(mcp_remove_tool(host.server, "act") && mcp_remove_resource(host.server, "mem://act") &&
          mcp_remove_resource(host.server, "mem://user/{id}") && mcp_remove_prompt(host.server, "act"));
    CHECK_HEARD("");
    finish(3, "p");
    finish(2, "t");
    CHECK_HEARD("removed act;removed mem://user/{id};");
    finish(1, "r");
    finish(0, "x");
    CHECK_HEARD("removed mem://act;removed act;");
    CHECK_UINT(4, times(output(host.a), "\"result\":{"));
    host_end();
}

/*---- What a handler knows of its caller ----------------------------------------------------------*/

static char known[1000];

/* The JSON text of a value; "-" if there is none. */
static const char *json_of(mcp_json v, char *text, size_t size)
{
    mcp_out out;
    mcp_str json;
    mcp_out_fixed(&out, text, size);
    mcp_put_value(&out, v);
    return mcp_json_exists(v) && mcp_out_done(&out, &json) == MCP_OK ? json.ptr : "-";
}

static void ask(mcp_call *c)
{
    char info[300], can[300], meta[300];
    snprintf(known, sizeof known, "%s %s %s %s '%s'", mcp_revision(c),
             json_of(mcp_client_info(c), info, sizeof info),
             json_of(mcp_client_capabilities(c), can, sizeof can),
             json_of(mcp_request_meta(c), meta, sizeof meta), mcp_principal(c));
}

static int knows(mcp_call *c)
{
    ask(c);
    return mcp_text(c, "");
}

#define SAYS "\"clientInfo\":{\"name\":\"c\",\"version\":\"2\"},\"capabilities\":{\"roots\":{},\"x\":[1,\"\\u00e9\"]}"
#define SAID "{\"name\":\"c\",\"version\":\"2\"} {\"roots\":{},\"x\":[1,\"\xC3\xA9\"]}"

static void what_a_call_knows(void)
{
    static const char modern[] =
        "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"m\"},"
        "\"io.modelcontextprotocol/clientCapabilities\":{\"roots\":{}}";
    char text[700], want[700];
    size_t i;
    connected();
    host.act = knows;
    for (i = 0; i < 4; i++) {
        mcp_session *s = mcp_session_open(host.server);
        NOTE("%s", revisions[i]);
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                 "\"protocolVersion\":\"%s\"," SAYS "}}\n", revisions[i]);
        feed(s, text);
        feed(s, CALL("1", "act", ""));
        snprintf(want, sizeof want, "%s " SAID " - ''", revisions[i]);
        CHECK_STR(want, known);
        feed(s, CALL_META("2", "act", TOKEN("5") ",\"k\":{}"));
        snprintf(want, sizeof want, "%s " SAID " {\"progressToken\":5,\"k\":{}} ''", revisions[i]);
        CHECK_STR(want, known);
        mcp_session_set_principal(s, "ann");
        feed(s, REQUEST("3", "prompts/get", "\"name\":\"act\""));
        snprintf(want, sizeof want, "%s " SAID " - 'ann'", revisions[i]);
        CHECK_STR(want, known);
        (void)deliver_as(s, 1, "bob", REQUEST("4", "resources/read", "\"uri\":\"mem://act\""));
        snprintf(want, sizeof want, "%s " SAID " - 'bob'", revisions[i]);
        CHECK_STR(want, known);
        (void)output(s);
        /* a modern request in its session says all of it anew */
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                 "\"name\":\"act\",\"_meta\":{%s}}}\n", modern);
        feed(s, text);
        snprintf(want, sizeof want, "2026-07-28 {\"name\":\"m\"} {\"roots\":{}} {%s} 'ann'", modern);
        CHECK_STR(want, known);
        mcp_session_close(s);
    }
    feed(host.a, CALL("1", "act", ""));
    CHECK_STR("2025-11-25 - - - ''", known);
    (void)deliver_as(NULL, 1, "", text);
    snprintf(want, sizeof want, "2026-07-28 {\"name\":\"m\"} {\"roots\":{}} {%s} ''", modern);
    CHECK_STR(want, known);
    (void)deliver_as(NULL, 1, "carl", text);
    CHECK(strstr(known, " 'carl'"));
    host_end();
}

static int knows_later(mcp_call *c)
{
    ask(c);
    return host_later(c);
}

/* What a deferred call knows, it knows to its end: the principal is copied. */
static void a_deferred_call_knows(void)
{
    char who[10] = "dora", before[sizeof known];
    connected();
    host.act = knows_later;
    (void)deliver_as(NULL, 1, who, CALL_META("1", "act", IN_2026 "," WANTS("\"info\"")));
    snprintf(before, sizeof before, "%s", known);
    memset(who, 'x', 4);
    feed(host.a, CALL("1", "act", "") CALL("2", "echo", ""));
    ask(deferred(0));
    CHECK_STR(before, known);
    CHECK(strstr(known, " 'dora'"));
    host_end();
}

static char asked[2000];

static int asks_before(void *user, mcp_call *c)
{
    (void)user;
    ask(c);
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "before %s %s: %s\n", mcp_call_method(c),
             mcp_call_name(c), known);
    mcp_log(c, MCP_LOG_EMERGENCY, NULL, "%s", "before");
    mcp_progress(c, 1, 2, "before");
    return MCP_OK;
}

static void asks_after(void *user, mcp_call *c, int status, uint64_t ms)
{
    (void)user, (void)status, (void)ms;
    ask(c);
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "after %s %s: %s\n", mcp_call_method(c),
             mcp_call_name(c), known);
}

/* The hooks may ask as well, of requests of every sort: where nothing is known, there is nothing, and nothing of the
   request before. */
static void hooks_ask_too(void)
{
    mcp_session *s;
    begin();
    host.desc.before = asks_before;
    host.desc.after = asks_after;
    host.server = mcp_server_create(&host.desc);
    s = mcp_session_open(host.server);
    asked[0] = 0;
    feed(s, REQUEST("1", "ping", "\"_meta\":{" TOKEN("5") ",\"list\":[1,2,3,4,5,6,7,8,9,10]}"));
    feed(s, MESSAGE("\"id\":2,\"method\":\"ping\",\"params\":[]"));
    feed(s, MESSAGE("\"id\":3,\"method\":\"ping\",\"params\":{\"name\":\"a\",\"name\":\"b\"}"));
    feed(s, INITIALIZE("2025-06-18"));
    feed(s, CALL("4", "echo", "x"));
    feed(s, MESSAGE("\"id\":5,\"method\":\"tools/call\",\"params\":7"));
    CHECK_STR("before ping :  - - {\"progressToken\":5,\"list\":[1,2,3,4,5,6,7,8,9,10]} ''\n"
              "after ping :  - - {\"progressToken\":5,\"list\":[1,2,3,4,5,6,7,8,9,10]} ''\n"
              "after ping :  - - - ''\n"
              "after ping :  - - - ''\n"
              "before initialize :  - - - ''\n"
              "after initialize : 2025-06-18 - - - ''\n"
              "before tools/call echo: 2025-06-18 - - - ''\n"
              "after tools/call echo: 2025-06-18 - - - ''\n"
              "after tools/call :  - - - ''\n", asked);
    (void)output(s);
    host_end();
}

static void hears_after(void *user, mcp_call *c, int status, uint64_t ms)
{
    (void)user, (void)ms;
    test_hear("%s %s;", mcp_call_name(c), mcp_strerror(status));
}

/* An answer that is never taken, as the server ends, was not handed over. */
static void after_an_answer_that_waits(void)
{
    char want[100];
    begin();
    host.desc.max_output = 1;
    host.desc.after = hears_after;
    host_connect();
    feed(host.a, CALL("1", "later", "x") PING("2"));
    finish(0, "y");
    (void)test_heard();
    host_end();
    snprintf(want, sizeof want, "later %s;", mcp_strerror(MCP_E_CLOSED));
    CHECK_HEARD(want);
}

/* A filter sees the caller, and with it decides what there is. */
static bool filters(void *user, mcp_call *c, int kind, const char *name)
{
    CHECK(user == &host);
    CHECK(kind == (strstr(name, "mem://") ? MCP_RESOURCES : !strcmp(name, "act") ? kind : MCP_TOOLS));
    ask(c);
    CHECK(!strncmp(known, "2025-11-25 - - ", 15));
    CHECK(mcp_user(c) == &host && mcp_call_server(c) == host.server);
    CHECK_INT(7, mcp_arg_int(c, "none", 7));
    return !strcmp(mcp_principal(c), "root") || strcmp(name, "echo") != 0;
}

static void filter_by_principal(void)
{
    begin();
    host.desc.filter = filters;
    host_connect();
    CHECK_STR("later act |", listed_tools(NULL));
    feed(host.a, CALL("1", "echo", "x"));
    CHECK_STR(FAILURE("1", "-32602", "tools/call: unknown tool; see tools/list"), output(host.a));
    mcp_session_set_principal(host.a, "root");
    CHECK_STR("echo later act |", listed_tools(NULL));
    feed(host.a, CALL("1", "echo", "x"));
    CHECK_STR(RESULT("1", BLOCK("x")), output(host.a));
    mcp_session_set_principal(host.a, NULL);
    mcp_changed(host.server, MCP_TOOLS);        /* the filter lets other ones through */
    CHECK_STR(CHANGED("tools"), output(host.a));
    CHECK_STR("later act |", listed_tools(NULL));
    host_end();
}

/*---- Pings of silent sessions --------------------------------------------------------------------*/

#define ASK(id) MESSAGE("\"method\":\"ping\",\"id\":" id)

static void begin_pings(uint32_t max_pings)
{
    begin();
    host.desc.ping_ms = 100;
    host.desc.max_pings = max_pings;
    host_connect();
}

/* tick says when it wants to be called again, and does what is due by then. */
static void tick_at(uint64_t now, int next)
{
    host.now = now;
    CHECK_INT(next, mcp_server_tick(host.server));
}

static void pings_that_are_answered(void)
{
    int i;
    begin_pings(2);
    tick_at(1000, 100);
    CHECK_STR("", output(host.a));
    tick_at(1099, 1);
    CHECK_STR("", output(host.a));
    tick_at(1100, 100);
    CHECK_STR(ASK("1"), output(host.a));
    CHECK_STR(ASK("1"), output(host.b));
    tick_at(1200, 100);
    CHECK_STR(ASK("2"), output(host.a));
    for (i = 0; i < 10; i++) {          /* any message tells that somebody is there */
        feed(host.a, i % 2 ? DONE("2") : PING("1"));
        feed(host.b, i % 3 ? TOLD("initialized", "") : "no JSON\n");
        (void)output(host.a), (void)output(host.b);
        tick_at(2000 + (uint64_t)i * 1000, 100);
        tick_at(2090 + (uint64_t)i * 1000, 10);
        tick_at(2100 + (uint64_t)i * 1000, 100);
        CHECK(strstr(output(host.a), "\"method\":\"ping\""));
        tick_at(2200 + (uint64_t)i * 1000, 100);
        CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    }
    host_end();
}

/* Any byte tells of life, as any message does at the other door: who sends a long one cannot answer meanwhile. */
static void pings_while_something_comes(void)
{
    size_t i, size;
    char *room;
    begin_pings(2);
    for (i = 0; i < sizeof PING("1") - 1; i++) {
        host.now += 90;
        CHECK(mcp_server_tick(host.server) > 0);
        CHECK_UINT(1, mcp_session_feed(host.a, &PING("1")[i], 1));
        room = mcp_session_room(host.b, 1, &size);
        if (room) *room = PING("1")[i];
        mcp_session_fed(host.b, 1);
    }
    CHECK_STR(DONE("1"), output(host.a));
    CHECK_STR(DONE("1"), output(host.b));
    for (i = 0; i < 10; i++) {
        host.now += 90;
        (void)mcp_server_tick(host.server);
        CHECK_STATUS(MCP_OK, deliver(host.a, 1, TOLD("initialized", "")));
        mcp_session_fed(host.b, 0);             /* nothing came */
    }
    CHECK_STR("", output(host.a));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_session_status(host.b));
    host_end();
}

/* Who does not answer is gone, and nobody else is. */
static void pings_that_are_not_answered(void)
{
    mcp_session *early;
    begin_pings(2);
    early = mcp_session_open(host.server);
    feed(host.a, CALL("1", "later", "x"));
    tick_at(1000, 100);
    tick_at(1100, 100);
    tick_at(1200, 100);
    CHECK_STR(ASK("1") ASK("2"), output(host.a));
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    feed(host.b, DONE("2"));
    (void)output(host.b);
    tick_at(1300, 100);
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_session_status(host.a));
    CHECK_STATUS(MCP_OK, mcp_session_status(host.b));
    CHECK_UINT(0, mcp_session_feed(host.a, DONE("2"), 5));
    CHECK_STR("", output(host.a));
    CHECK_HEARD("");
    mcp_session_close(host.a);
    CHECK_HEARD("cancel 0;");
    CHECK_STR("", output(early));               /* it has not said hello yet */
    CHECK_STATUS(MCP_OK, mcp_session_status(early));
    mcp_session_close(early);
    tick_at(1400, 100);
    mcp_session_close(host.b);
    tick_at(1500, -1);
    host_end();
}

/* Three are the default; a ping that does not fit counts as one that was sent. */
static void pings_and_full_output(void)
{
    uint64_t i;
    begin();
    host.desc.ping_ms = 100;
    host.desc.max_output = 60;
    host.desc.max_reply = 4096;
    host_connect();
    feed(host.a, CALL("1", "echo", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    for (i = 0; i <= 3; i++) {
        tick_at(1000 + i * 100, 100);
        CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
    }
    CHECK_STR(ASK("1") ASK("2") ASK("3"), output(host.b));
    feed(host.b, DONE("1"));
    tick_at(1400, 100);
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_session_status(host.a));
    host_end();

    begin();
    host_connect();                             /* none is the default */
    tick_at(1000000, -1);
    CHECK_STR("", output(host.a));
    host_end();
    begin();
    host.desc.ping_ms = 100;
    host.desc.now_ms = NULL;
    host_connect();
    tick_at(5000, -1);
    tick_at(6000, -1);
    CHECK_STR("", output(host.a));
    host_end();
    begin();
    host.desc.ping_ms = MCP_NONE;
    host_connect();
    tick_at(5000, -1);
    host_end();
}

/* The shorter of two waits counts. */
static void pings_and_deadlines(void)
{
    begin();
    host.desc.ping_ms = 100;
    host.desc.call_timeout_ms = 150;
    host_connect();
    feed(host.a, CALL("1", "later", "x"));
    tick_at(1000, 100);
    tick_at(1100, 50);
    tick_at(1150, 50);
    CHECK_HEARD("cancel 0;");
    host_end();
}

/*---- initialize, a second time -------------------------------------------------------------------*/

#define BUSY(id) FAILURE(id, "-32600", "initialize: requests of this session are under way")

/* Not while requests are under way; then all that was agreed upon is agreed upon anew. */
static void initialize_again(void)
{
    connected();
    host.act = logs_all;
    feed(host.a, SET_LEVEL("1", "\"debug\"") CALL("2", "later", "x"));
    CHECK_STR(DONE("1"), output(host.a));
    feed(host.a, INITIALIZE("2024-11-05"));
    CHECK_STR(BUSY("0"), output(host.a));
    host.act = knows;
    feed(host.a, CALL("3", "act", ""));
    CHECK(strstr(known, "2025-11-25 "));
    finish(0, "y");
    (void)output(host.a);
    feed(host.a, REQUEST("4", "initialize", "\"protocolVersion\":\"2024-11-05\"," SAYS));
    CHECK(strstr(output(host.a), "\"protocolVersion\":\"2024-11-05\""));
    feed(host.a, CALL("5", "act", ""));
    CHECK_STR("2024-11-05 " SAID " - ''", known);
    (void)output(host.a);
    host.act = logs_all;
    feed(host.a, CALL("6", "act", ""));
    CHECK_STR(RESULT("6", BLOCK("")), output(host.a));
    feed(host.b, INITIALIZE("2025-06-18"));
    CHECK(strstr(output(host.b), "\"protocolVersion\":\"2025-06-18\""));
    feed(host.b, REQUEST("7", "initialize", "\"protocolVersion\":7"));
    host.act = knows;
    feed(host.b, CALL("8", "act", ""));
    CHECK_STR("2025-06-18 - - - ''", known);    /* what was refused changed nothing */
    host_end();
}

/* Who begins anew has subscribed to nothing yet. */
static void initialize_ends_subscriptions(void)
{
    connected();
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    (void)output(host.a), (void)test_heard();
    mcp_changed(host.server, MCP_TOOLS);
    mcp_resource_changed(host.server, "mem://a");
    feed(host.a, INITIALIZE("2025-06-18"));
    CHECK_HEARD("leaves mem://a;");
    CHECK_STR("", notes_in(output(host.a)));
    mcp_resource_changed(host.server, "mem://a");
    CHECK_STR("", output(host.a));
    host_end();
}

static int initializes(mcp_call *c)
{
    (void)deliver(host.a, 1, INITIALIZE("2024-11-05"));
    return knows(c);
}

/* A handler goes on with the client that it began with. */
static void initialize_in_a_handler(void)
{
    connected();
    host.act = initializes;
    feed(host.a, CALL("1", "act", ""));
    CHECK_STR("1 2 -32600 " BUSY("0"), emitted());
    CHECK_STR("2025-11-25 - - - ''", known);
    CHECK_STR(RESULT("1", BLOCK("")), output(host.a));
    host_end();
}

/* A reply that waits is under way as well. */
static void initialize_while_a_reply_waits(void)
{
    connected();
    (void)deliver(host.a, 1, CALL("1", "later", "x"));
    door.full = EVERY_STREAM;
    finish(0, "y");
    CHECK(deferred(0) == NULL);
    feed(host.a, INITIALIZE("2024-11-05"));
    CHECK_STR(BUSY("0"), output(host.a));
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 1 0 " RESULT("1", BLOCK("x") "," BLOCK("y")), emitted());
    feed(host.a, INITIALIZE("2024-11-05"));
    CHECK(strstr(output(host.a), "2024-11-05"));
    host_end();
}

/*---- What callbacks may do -----------------------------------------------------------------------*/

enum { LOG_INSIDE, PROGRESS_INSIDE, LOG_LATER, PROGRESS_LATER, LIST_CHANGE, UPDATE, A_PING, OCCASIONS };
enum { CLOSE_OWN, CLOSE_OTHER, DESTROY, FEED, REMOVE, FINISH, SAY_MORE, CANCEL_IT, ASK_OTHERWISE, CHANGE, DEEDS };

static struct {
    const char *at;     /* what goes out when the tap does it */
    int deed;
    bool done;
} plot;

static int says_more(mcp_call *c)
{
    mcp_log_text(c, MCP_LOG_INFO, NULL, "log inside");
    mcp_progress(c, 1, 0, "progress inside");
    return mcp_text(c, "acted");
}

static void tap_acts(mcp_session *s, int direction, const char *bytes)
{
    (void)s;
    if (plot.done || direction != MCP_TAP_OUT || !strstr(bytes, plot.at)) return;
    plot.done = true;
    switch (plot.deed) {
    case CLOSE_OWN: mcp_session_close(host.a); break;
    case CLOSE_OTHER: mcp_session_close(host.b); break;
    case DESTROY: mcp_server_destroy(host.server); break;
    case FEED: feed(host.a, PING("\"fed\"") SET_LEVEL("\"set\"", "\"error\"")); break;
    case REMOVE: CHECK(mcp_remove_tool(host.server, "act") && mcp_remove_resource(host.server, "mem://a")); break;
    case FINISH: mcp_finish(deferred(0), MCP_OK); break;
    case SAY_MORE:
        mcp_progress(deferred(0), 5, 0, "a text that is longer than the one before, so that its memory moves");
        mcp_log_text(deferred(0), MCP_LOG_ERROR, NULL, "and another one, so that this memory moves as well ......");
        break;
    case CANCEL_IT: feed(host.a, CANCEL("1")); break;
    case ASK_OTHERWISE: CHECK_STATUS(MCP_OK, deliver(host.b, 1, PING("\"door\""))); break;
    default: mcp_changed(host.server, 7); mcp_resource_changed(host.server, "mem://a");
    }
}

/* Takes output once: afterwards the session may be gone. */
static void take_once(void)
{
    size_t len;
    CHECK(mcp_session_output(host.a, &len) != NULL);
    mcp_session_sent(host.a, len);
}

/* Makes that go out, which the tap waits for. */
static void make_occasion(int occasion)
{
    static const char *const at[] = { "log inside", "progress inside", "log later", "progress later", "list_changed",
                                      "resources/updated", "\"ping\"" };
    mcp_call *c = deferred(0);
    plot.at = at[occasion];
    plot.done = false;
    switch (occasion) {
    case LOG_INSIDE:
    case PROGRESS_INSIDE:
        (void)mcp_session_feed(host.a, CALL_META("2", "act", TOKEN("2")) PING("3"),
                               sizeof CALL_META("2", "act", TOKEN("2")) PING("3") - 1);
        break;
    case LOG_LATER: mcp_log_text(c, MCP_LOG_INFO, NULL, "log later"); break;
    case PROGRESS_LATER: mcp_progress(c, 1, 0, "progress later"); break;
    case LIST_CHANGE: mcp_changed(host.server, MCP_TOOLS); take_once(); break;
    case UPDATE: mcp_resource_changed(host.server, "mem://a"); take_once(); break;
    default: host.now += 100; (void)mcp_server_tick(host.server);
    }
    CHECK(plot.done);
}

static void tap_that_acts(void)
{
    int occasion;
    for (occasion = 0; occasion < OCCASIONS; occasion++)
        for (plot.deed = 0; plot.deed < DEEDS; plot.deed++) {
            size_t len;
            NOTE("occasion %d, deed %d", occasion, plot.deed);
            plot.done = true;
            begin();
            host.desc.tap = on_tap;
            host.desc.ping_ms = 100;
            host_connect();
            hooks.on_tap = tap_acts;
            host.act = says_more;
            feed(host.a, SET_LEVEL("0", "\"info\"") SUBSCRIBE("0", "mem://a") CALL_META("1", "later", TOKEN("1")));
            (void)output(host.a), (void)test_heard();
            (void)mcp_server_tick(host.server);
            make_occasion(occasion);
            /* What it does waits for the end of what the host called, or for its next call. */
            if (plot.deed == DESTROY) {
                if (occasion == LOG_LATER || occasion == PROGRESS_LATER) (void)mcp_server_tick(host.server);
                CHECK_HEAP(&host.heap);
                continue;
            }
            if (plot.deed == FEED && occasion != LOG_LATER && occasion != PROGRESS_LATER)
                CHECK(strstr(output(host.a), DONE("\"fed\"") DONE("\"set\"")));
            if (plot.deed != CLOSE_OWN) {
                (void)mcp_session_output(host.a, &len);
                CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
                feed(host.a, PING("\"last\""));
                CHECK(strstr(output(host.a), DONE("\"last\"")));
                if (plot.deed == FINISH) CHECK(deferred(0) == NULL);
                CHECK_UINT(plot.deed == REMOVE, times(test_state.heard, "removed act;"));
                CHECK_UINT(plot.deed == REMOVE, times(test_state.heard, "removed mem://a;"));
                CHECK_UINT(plot.deed == CANCEL_IT, times(test_state.heard, "cancel 0;"));
            }
            if (plot.deed != CLOSE_OTHER) {
                feed(host.b, PING("\"last\""));
                CHECK(strstr(output(host.b), DONE("\"last\"")));
            }
            if (plot.deed == ASK_OTHERWISE) CHECK_STR("1 1 0 " DONE("\"door\""), emitted());
            host_end();
        }
}

static void close_a(void) { mcp_session_close(host.a); }
static void destroy_it(void) { mcp_server_destroy(host.server); }
static void change_a(void) { mcp_resource_changed(host.server, "mem://a"); }
static void feed_a(void) { feed(host.a, UNSUBSCRIBE("9", "mem://a") PING("8")); }
static void remove_a(void) { CHECK(mcp_remove_resource(host.server, "mem://a")); }
static void add_new(void) { CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &new_tool)); }

/* on_subscribe may close the session, end the server, change what was subscribed to ... */
static void subscribe_that_acts(void)
{
    connected();
    hooks.then = close_a;
    (void)mcp_session_feed(host.a, SUBSCRIBE("1", "mem://a") PING("2"), sizeof SUBSCRIBE("1", "mem://a") PING("2") - 1);
    CHECK_HEARD("wants mem://a;leaves mem://a;");
    feed(host.b, PING("1"));
    CHECK_STR(DONE("1"), output(host.b));
    host_end();

    connected();
    hooks.then = change_a;
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    CHECK_STR(DONE("1") UPDATED("mem://a"), output(host.a));
    hooks.then = feed_a;
    feed(host.a, SUBSCRIBE("2", "mem://b"));
    CHECK_STR(DONE("2") DONE("9") DONE("8"), output(host.a));
    CHECK_HEARD("wants mem://a;wants mem://b;leaves mem://a;");
    hooks.then = remove_a;
    feed(host.a, SUBSCRIBE("3", "mem://a"));
    CHECK_STR(DONE("3") CHANGED("resources"), output(host.a));
    hooks.then = change_a;
    feed(host.a, UNSUBSCRIBE("4", "mem://a"));
    CHECK_STR(DONE("4"), output(host.a));
    hooks.then = close_a;
    feed(host.a, UNSUBSCRIBE("5", "mem://b"));
    feed(host.b, SUBSCRIBE("6", "mem://b"));
    (void)test_heard();
    hooks.then = close_a;                       /* which is not there any more */
    host.a = host.b;
    mcp_session_close(host.b);
    CHECK_HEARD("leaves mem://b;");
    host_end();

    connected();
    hooks.then = destroy_it;
    (void)mcp_session_feed(host.a, SUBSCRIBE("1", "mem://a") PING("2"), sizeof SUBSCRIBE("1", "mem://a") PING("2") - 1);
    CHECK_HEAP(&host.heap);

    connected();
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    hooks.then = destroy_it;
    mcp_session_close(host.a);
    CHECK_HEAP(&host.heap);

    connected();
    feed(host.a, SUBSCRIBE("1", "mem://a"));
    hooks.then = destroy_it;                    /* while it is being destroyed */
    host_end();
}

/* on_removed as well, where a call is over and where there was none. */
static void removed_that_acts(void)
{
    connected();
    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "x") PING("2"));
    CHECK(mcp_remove_tool(host.server, "new"));
    hooks.then = close_a;
    finish(0, "y");
    CHECK_HEARD("removed new;");
    feed(host.b, PING("1"));
    (void)output(host.b);
    host_end();

    connected();
    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "x") PING("2"));
    CHECK(mcp_remove_tool(host.server, "new"));
    hooks.then = add_new;
    feed(host.a, CANCEL("1"));
    CHECK_HEARD("removed new;cancel 0;");
    CHECK_STR(DONE("2") CHANGED("tools"), output(host.a));
    CHECK_STR("echo later act new |", listed_tools(NULL));
    host_end();

    connected();
    add_heap_tool(host_later);
    feed(host.a, CALL("1", "new", "x") PING("2"));
    CHECK(mcp_remove_tool(host.server, "new"));
    hooks.then = destroy_it;
    mcp_finish(deferred(0), MCP_OK);            /* not finish, which looks at the server after that */
    CHECK_HEAP(&host.heap);

    connected();
    add_heap_tool(host_later);
    hooks.then = destroy_it;
    CHECK(mcp_remove_tool(host.server, "new"));
    CHECK_HEAP(&host.heap);

    connected();                                /* so does desc.log */
    hooks.then = destroy_it;
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_tool(host.server, &host_tools[0]));
    CHECK_HEAP(&host.heap);
}

/*---- The peer is gone at every byte --------------------------------------------------------------*/

static const char talk[] =
    REQUEST("0", "initialize", "\"protocolVersion\":\"2025-11-25\"," SAYS)
    TOLD("initialized", "")
    SET_LEVEL("1", "\"info\"")
    SUBSCRIBE("2", "mem://a") SUBSCRIBE("3", "mem://user/7")
    CALL_META("4", "act", TOKEN("\"act\""))
    CALL_META("5", "later", TOKEN("5"))
    CALL_META("6", "later", IN_2026 "," TOKEN("6") "," WANTS("\"debug\""))
    UNSUBSCRIBE("7", "mem://a") CANCEL("5")
    REQUEST("8", "initialize", "\"protocolVersion\":\"2025-06-18\"");

/* What the host does meanwhile. */
static void stir(void)
{
    size_t i;
    mcp_changed(host.server, MCP_TOOLS);
    mcp_resource_changed(host.server, "mem://a");
    mcp_resource_changed(host.server, "mem://user/7");
    for (i = 0; i < host.num_refs; i++) {
        mcp_call *c = deferred(i);
        if (!c) continue;
        mcp_progress(c, 1, 2, "on the way");
        mcp_log_text(c, MCP_LOG_WARNING, NULL, "on the way");
    }
    host.now += 100;
    (void)mcp_server_tick(host.server);
}

/* The client says len bytes, takes at most most bytes, and is gone. */
static void gone_after(size_t len, size_t most)
{
    size_t i, size, open = 0, cancelled;
    begin();
    host.desc.ping_ms = 100;
    host.desc.max_output = 700;
    host.act = logs_once;
    host.server = mcp_server_create(&host.desc);
    host.a = mcp_session_open(host.server);
    (void)mcp_session_feed(host.a, talk, len);
    stir();
    (void)mcp_session_output(host.a, &size);
    if (size > most) size = most;
    if (size) mcp_session_sent(host.a, size);
    stir();
    for (i = 0; i < host.num_refs; i++) open += deferred(i) != NULL;
    cancelled = times(test_heard(), "cancel ");
    CHECK_UINT(host.num_refs, open + cancelled);
    mcp_session_close(host.a);
    CHECK_UINT(open, times(test_state.heard, "cancel "));
    for (i = 0; i < host.num_refs; i++) CHECK(deferred(i) == NULL);
    CHECK_INT(-1, mcp_server_tick(host.server));
    mcp_changed(host.server, 7);
    mcp_resource_changed(host.server, "mem://a");
    host.b = host_session("2025-11-25");
    CHECK_STR("", output(host.b));
    host_end();
}

static void gone_at_every_byte(void)
{
    size_t n;
    for (n = 0; n < sizeof talk && !test_state.failures; n += test_step(7)) {
        NOTE("gone after %lu bytes", (unsigned long)n);
        gone_after(n, n % 3 ? 100000 : 0);
    }
    for (n = 0; n <= 1500 && !test_state.failures; n += test_step(7)) {
        NOTE("gone after it took %lu bytes", (unsigned long)n);
        gone_after(sizeof talk - 1, n);
    }
}

/*---- Memory --------------------------------------------------------------------------------------*/

static bool is_ok_or_no_memory(int status) { return status == MCP_OK || status == MCP_E_NOMEM; }

/* Everything that is in this file, once. */
static void hard_times(void)
{
    bool added;
    host.a = mcp_session_open(host.server);
    if (!host.a) return;
    (void)mcp_session_feed(host.a, talk, sizeof talk - 1);
    stir();
    check_lines(output(host.a), NULL);
    added = mcp_add_tool(host.server, &new_tool) == MCP_OK;
    (void)mcp_session_feed(host.a, CALL("1", "new", "x") REQUEST("2", "tools/list", ""),
                           sizeof CALL("1", "new", "x") REQUEST("2", "tools/list", "") - 1);
    CHECK(added == mcp_remove_tool(host.server, "new"));
    CHECK(is_ok_or_no_memory(mcp_add_resource(host.server, &new_template)));
    CHECK(is_ok_or_no_memory(mcp_add_prompt(host.server, &new_prompt)));
    (void)deliver_as(NULL, 1, "someone", CALL_META("1", "later", IN_2026 "," TOKEN("1")));
    stir();
    check_lines(output(host.a), NULL);
    host.now += 60000;
    (void)mcp_server_tick(host.server);
    check_lines(output(host.a), NULL);
}

/* Memory is back: the session goes on, or says that it cannot. */
static void better_times(void)
{
    const int status = host.a ? mcp_session_status(host.a) : MCP_E_NOMEM;
    if (status != MCP_OK) {
        CHECK_STATUS(MCP_E_NOMEM, status);
        mcp_session_close(host.a);
        host.a = mcp_session_open(host.server);
    }
    feed(host.a, "\n");
    (void)output(host.a);
    mcp_stream_ready(host.server, &door, 1);
    feed(host.a, INITIALIZE("2025-11-25"));
    CHECK(strstr(output(host.a), "\"protocolVersion\":\"2025-11-25\""));
    feed(host.a, SET_LEVEL("1", "\"info\"") SUBSCRIBE("2", "mem://b") CALL_META("3", "later", TOKEN("3")));
    CHECK_STR(DONE("1") DONE("2"), output(host.a));
    mcp_progress(deferred(host.num_refs - 1), 1, 0, NULL);
    mcp_log(deferred(host.num_refs - 1), MCP_LOG_INFO, NULL, "%d", 1);
    finish(host.num_refs - 1, "x");
    CHECK_STR(PROGRESS("3", "1") LOGGED("info", "\"1\"") RESULT("3", BLOCK("") "," BLOCK("x")), output(host.a));
    CHECK_STATUS(MCP_OK, mcp_add_tool(host.server, &new_tool));
    mcp_resource_changed(host.server, "mem://b");
    CHECK_STR(CHANGED("tools") UPDATED("mem://b"), output(host.a));
    CHECK_STR("echo later act new |", listed_tools(NULL));
    CHECK(!mcp_session_busy(host.a));
}

static void begin_hard(void)
{
    begin();
    host.act = logs_once;
}

static void every_allocation_fails(void) { check_allocations(40, begin_hard, hard_times, better_times); }

/* Once everything was said, saying it again needs no memory. */
static void steady_state(void)
{
    size_t i, calls = 0;
    connected();
    host.act = logs_once;
    feed(host.a, SET_LEVEL("0", "\"debug\"") SUBSCRIBE("0", "mem://a"));
    for (i = 0; i < 100; i++) {
        if (i == 3) calls = host.heap.calls;
        feed(host.a, CALL_META("1", "act", TOKEN("1")) CALL_META("2", "later", TOKEN("2")));
        mcp_progress(deferred(i), 1, 2, "text");
        mcp_log(deferred(i), MCP_LOG_INFO, "l", "%lu", (unsigned long)i);
        finish(i, "x");
        mcp_changed(host.server, 7);
        mcp_resource_changed(host.server, "mem://a");
        CHECK_UINT(i ? 10 : 12, times(output(host.a), "\n"));
    }
    CHECK_UINT(calls, host.heap.calls);
    host_end();
}

/*---- Both sides in one process -------------------------------------------------------------------*/

static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    (void)request;
    CHECK(user == &host);
    test_hear("%g of %g '%s'; ", progress, total, message ? message : "");
}

static mcp_client *pair_in(size_t revision, uint32_t ping_ms)
{
    begin();
    host.desc.revisions = 1u << revision;
    host.desc.ping_ms = ping_ms;
    host.client_desc.on_progress = on_progress;
    host_pair();
    return host.client;
}

static void progress_through_a_pair(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        mcp_client *client = pair_in(i, 0);
        mcp_ref ref;
        NOTE("%s", revisions[i]);
        host.act = tells_progress;
        CHECK_STR("t", mcp_reply_text(mcp_call_tool(client, "act", NULL)));
        CHECK_STR(revisions[i], mcp_client_revision(client));
        CHECK_HEARD(i == 0 ? "0 of 0 ''; 0.5 of 2 ''; 2 of 2 ''; 3 of 0 ''; "
                           : "0 of 0 ''; 0.5 of 2 'half of \"one\"'; 2 of 2 ''; 3 of 0 'more'; ");
        CHECK(mcp_call_begin(client, host_replied, &host, "later", "{'text': %s}", "x") != 0);
        ref = mcp_call_begin(client, host_replied, &host, "later", "{'text': %s}", "y");
        pump();
        mcp_progress(deferred(1), 1, 0, NULL);
        mcp_progress(deferred(0), 2, 3, NULL);
        pump();
        CHECK_HEARD("1 of 0 ''; 2 of 3 ''; ");
        CHECK(mcp_client_cancel(client, ref));
        pump();
        CHECK_HEARD("cancel 1;");
        finish(0, "z");
        pump();
        CHECK_HEARD("= 0 x; ");
        host_end();
    }
}

/* What the client does not wait for, it reads and goes on. */
static void changes_through_a_pair(void)
{
    size_t i;
    for (i = 0; i < 4; i++) {
        mcp_client *client = pair_in(i, 100);
        int k;
        NOTE("%s", revisions[i]);
        host.act = says_more;
        CHECK(mcp_reply_ok(mcp_request(client, "logging/setLevel", "{'level': %s}", "debug")));
        CHECK(mcp_reply_ok(mcp_request(client, "resources/subscribe", "{'uri': %s}", "mem://a")));
        CHECK_HEARD("wants mem://a;");
        for (k = 0; k < 10; k++) {
            host.now += 100;                    /* it answers pings */
            mcp_changed(host.server, 7);
            mcp_resource_changed(host.server, "mem://a");
            pump();
            CHECK_STATUS(MCP_OK, mcp_client_status(client));
        }
        CHECK_STR("acted", mcp_reply_text(mcp_call_tool(client, "act", NULL)));
        CHECK(mcp_reply_ok(mcp_request(client, "resources/unsubscribe", "{'uri': %s}", "mem://a")));
        CHECK(strstr(test_heard(), "leaves mem://a;"));
        CHECK_UINT(0, mcp_client_late(client));
        host_end();
    }
}

int main(void)
{
    TEST(levels_of_a_session);
    TEST(wrong_levels);
    TEST(forms_of_log_messages);
    TEST(levels_of_modern_requests);
    TEST(logs_go_with_their_request);
    TEST(without_logging);
    TEST(only_handlers_log);
    TEST(logs_in_every_revision);
    TEST(tokens_of_progress);
    TEST(progress_in_every_revision);
    TEST(progress_stops_at_the_answer);
    TEST(progress_while_output_is_full);
    TEST(progress_that_is_refused);
    TEST(progress_before_it_is_deferred);
    TEST(progress_made_by_the_tap);
    TEST(long_progress_does_not_pile_up);
    TEST(progress_gives_time);
    TEST(slow_reader_in_a_flood);
    TEST(many_calls_out_of_order);
    TEST(logs_that_cannot_be_written);
    TEST(cancelled_at_any_time);
    TEST(cancelled_before_it_began);
    TEST(cancelled_by_its_session);
    TEST(a_thousand_changes);
    TEST(only_changes_of_the_desc);
    TEST(changes_in_every_revision);
    TEST(no_changes_unasked_in_2026);
    TEST(subscriptions);
    TEST(subscriptions_out_of_sight);
    TEST(subscriptions_and_busy_calls);
    TEST(wrong_subscriptions);
    TEST(too_many_subscriptions);
    TEST(changes_wait_for_the_reader);
    TEST(changes_and_the_least_output);
    TEST(changes_too_long_to_tell);
    TEST(rows_come_and_go);
    TEST(capabilities_appear);
    TEST(wrong_rows);
    TEST(cursors_stay);
    TEST(rows_removed_under_their_calls);
    TEST(row_replaced_under_its_calls);
    TEST(removed_rows_end_with_their_calls);
    TEST(every_kind_removed_under_its_call);
    TEST(what_a_call_knows);
    TEST(a_deferred_call_knows);
    TEST(hooks_ask_too);
    TEST(after_an_answer_that_waits);
    TEST(filter_by_principal);
    TEST(pings_that_are_answered);
    TEST(pings_while_something_comes);
    TEST(pings_that_are_not_answered);
    TEST(pings_and_full_output);
    TEST(pings_and_deadlines);
    TEST(initialize_again);
    TEST(initialize_ends_subscriptions);
    TEST(initialize_in_a_handler);
    TEST(initialize_while_a_reply_waits);
    TEST(tap_that_acts);
    TEST(subscribe_that_acts);
    TEST(removed_that_acts);
    TEST(gone_at_every_byte);
    TEST(every_allocation_fails);
    TEST(steady_state);
    TEST(progress_through_a_pair);
    TEST(changes_through_a_pair);
    return test_end();
}
