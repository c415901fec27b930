/* The client at the public functions: which era a server speaks, requests and what becomes of them, limits, what
   a callback may do, blocking calls on a server in the same process, and memory. Servers are lines fed by hand. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A user: a clock, a log, and what its requests were answered with ----------------------------*/

typedef struct got {
    size_t times;                   /* that it was answered */
    size_t at;                      /* the how-manieth answer it was */
    int status, code;
    char text[300], result[400], data[200];
    void (*act)(const mcp_reply *reply);    /* what the callback does besides */
} got;

static struct {
    test_heap heap;
    mcp_client_desc desc;
    mcp_client *client;
    uint64_t now;
    size_t answers;
    bool beginning;                 /* in a call that must not answer */
    size_t num_logs;
    char log[300];                  /* the last line */
    int log_level;
    got a, b, c, d;
} side;

static uint64_t on_now(void *user) { CHECK(user == &side); return side.now; }

static void on_log(void *user, int level, const char *message)
{
    CHECK(user == &side);
    side.num_logs++;
    side.log_level = level;
    snprintf(side.log, sizeof side.log, "%s", message);
}

/* A value as JSON text; "" for a missing one. */
static void write_value(char *to, size_t size, mcp_json v)
{
    mcp_out out;
    mcp_str text;
    mcp_out_fixed(&out, to, size);
    if (mcp_json_exists(v)) mcp_put_value(&out, v);
    if (mcp_out_done(&out, &text) != MCP_OK) *to = 0;
}

static void on_done(void *user, mcp_client *client, const mcp_reply *reply)
{
    got *g = (got *)user;
    CHECK(client == side.client || !side.client);
    CHECK(!side.beginning);
    g->times++;
    g->at = ++side.answers;
    g->status = mcp_reply_status(reply);
    g->code = mcp_reply_code(reply);
    CHECK(mcp_reply_ok(reply) == (g->status == MCP_OK));
    snprintf(g->text, sizeof g->text, "%s", mcp_reply_text(reply));
    write_value(g->result, sizeof g->result, mcp_reply_result(reply));
    write_value(g->data, sizeof g->data,
                mcp_json_exists(mcp_reply_data(reply)) ? mcp_reply_data(reply) : mcp_reply_error_data(reply));
    if (g->act) g->act(reply);
}

/* The usual desc; a case changes what it is about before it calls create. */
static void begin(void)
{
    memset(&side, 0, sizeof side);
    side.now = 1000;
    side.desc.name = "c";
    side.desc.version = "1";
    side.desc.alloc = test_heap_init(&side.heap);
    side.desc.user = &side;
    side.desc.now_ms = on_now;
    side.desc.log = on_log;
}

static void create(void)
{
    side.client = mcp_client_create(&side.desc);
    CHECK(side.client != NULL);
}

static void end(void)
{
    mcp_client_close(side.client);
    CHECK_HEAP(&side.heap);
}

/* Everything that the client has to send, as a string; it counts as sent. */
static const char *output(void)
{
    static char text[1 << 16];
    size_t n = 0, len;
    const char *bytes;
    while (bytes = mcp_client_output(side.client, &len), len && n < sizeof text - 1) {
        if (len > sizeof text - 1 - n) len = sizeof text - 1 - n;
        memcpy(text + n, bytes, len);
        n += len;
        mcp_client_sent(side.client, len);
    }
    CHECK(bytes == NULL);
    text[n] = 0;
    return text;
}

static void feed(const char *text)
{
    CHECK_UINT(strlen(text), mcp_client_feed(side.client, text, strlen(text)));
}

static mcp_ref begin_call(got *g, const char *text)
{
    mcp_ref ref;
    side.beginning = true;
    ref = mcp_call_begin(side.client, on_done, g, "echo", "{'text': %s}", text);
    side.beginning = false;
    return ref;
}

#define LINE(text) "{\"jsonrpc\":\"2.0\"," text "}\n"
#define INFO "{\"name\":\"c\",\"version\":\"1\"}"
#define META                                                                                        \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                        \
    "\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/clientInfo\":" INFO "}"
#define PROBE LINE("\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}")
#define INITIALIZE(id, revision)                                                                    \
    LINE("\"id\":" id ",\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"" revision "\","      \
         "\"capabilities\":{},\"clientInfo\":" INFO "}")
#define NOTIFIED LINE("\"method\":\"notifications/initialized\"")
#define CANCELLED(id) LINE("\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" id "}")
#define ECHO_ "\"name\":\"echo\",\"arguments\":{\"text\":"
#define CALL(id, text) LINE("\"id\":" id ",\"method\":\"tools/call\",\"params\":{" ECHO_ "\"" text "\"}}")
#define MODERN(id, text) \
    LINE("\"id\":" id ",\"method\":\"tools/call\",\"params\":{" ECHO_ "\"" text "\"}," META "}")

/* What servers say. */
#define RESULT(id, result) LINE("\"id\":" id ",\"result\":" result)
#define FAILURE(id, code, more) LINE("\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"no\"" more "}")
#define UNSUPPORTED(list) FAILURE("1", "-32022", ",\"data\":{\"supported\":" list ",\"requested\":\"2026-07-28\"}")
#define HELLO "{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"resultType\":\"complete\"}"
#define DISCOVERED(id) RESULT(id, HELLO)
#define AGREED(revision) "{\"protocolVersion\":\"" revision "\",\"capabilities\":{\"tools\":{}}}"
#define INITIALIZED(id, revision) RESULT(id, AGREED(revision))
#define TEXT(id, text) RESULT(id, "{\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}")

static void ready_modern(void)
{
    begin();
    create();
    CHECK_STR(PROBE, output());
    feed(DISCOVERED("1"));
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK_STR("", output());
}

/* After begin. Requests have the numbers from 2 on, in both eras. */
static void connect_legacy(void)
{
    side.desc.revisions = MCP_ALL_REVISIONS & ~MCP_2026_07_28;
    create();
    CHECK_STR(INITIALIZE("1", "2025-11-25"), output());
    feed(INITIALIZED("1", "2025-11-25"));
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK_STR(NOTIFIED, output());
}

static void ready_legacy(void)
{
    begin();
    connect_legacy();
}

static void ready(bool legacy)
{
    if (legacy) ready_legacy();
    else ready_modern();
}

/*---- Which era the server speaks ------------------------------------------------------------------*/

enum { OLD = MCP_2024_11_05 | MCP_2025_03_26 | MCP_2025_06_18 | MCP_2025_11_25, NEW = MCP_2026_07_28 };

/* What the answer to the probe leads to. */
static const struct {
    uint32_t revisions;         /* that the client speaks; 0: all */
    const char *answer;
    int status;
    const char *sent;           /* after it */
    const char *why;            /* the end, if it is one */
} probes[] = {
    { 0, DISCOVERED("1"), MCP_OK, "", "" },
    { NEW, DISCOVERED("1"), MCP_OK, "", "" },
    { 0, RESULT("1", "{\"supportedVersions\":[\"2027-01-01\",\"2026-07-28\",\"2025-11-25\"]}"), MCP_OK, "", "" },
    /* A result without anything modern in it */
    { 0, RESULT("1", "{\"supportedVersions\":[\"2027-01-01\",\"2025-06-18\",\"2024-11-05\"]}"), MCP_WAIT,
      INITIALIZE("2", "2025-06-18"), "" },
    { 0, RESULT("1", "{\"supportedVersions\":[\"2027-01-01\"]}"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { 0, RESULT("1", "{\"supportedVersions\":[]}"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { 0, RESULT("1", "{}"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, RESULT("1", "{\"supportedVersions\":\"2026-07-28\"}"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, RESULT("1", "{\"supportedVersions\":[7]}"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { 0, RESULT("1", "null"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, RESULT("1", "[]"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { NEW, RESULT("1", "{}"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { NEW, RESULT("1", "{\"supportedVersions\":[\"2025-11-25\"]}"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { NEW | MCP_2024_11_05, RESULT("1", "{\"supportedVersions\":[\"2025-11-25\",\"2024-11-05\"]}"), MCP_WAIT,
      INITIALIZE("2", "2024-11-05"), "" },
    /* -32022 names what the server speaks */
    { 0, UNSUPPORTED("[\"2027-01-01\",\"2025-11-25\",\"2025-06-18\"]"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, UNSUPPORTED("[\"2024-11-05\",\"2025-03-26\"]"), MCP_WAIT, INITIALIZE("2", "2025-03-26"), "" },
    { 0, UNSUPPORTED("[\"2027-01-01\"]"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    { 0, UNSUPPORTED("[]"), MCP_E_PROTOCOL, "", "the server speaks no revision that is in mcp_client_desc.revisions" },
    { NEW, UNSUPPORTED("[\"2025-11-25\"]"), MCP_E_PROTOCOL, "",
      "the server speaks no revision that is in mcp_client_desc.revisions" },
    /* Errors that only modern servers know */
    { 0, FAILURE("1", "-32020", ""), MCP_E_REMOTE, "", "the server refused server/discover: no" },
    { 0, FAILURE("1", "-32021", ",\"data\":{\"requiredCapabilities\":{\"sampling\":{}}}"), MCP_E_REMOTE, "",
      "the server refused server/discover: no" },
    { NEW, FAILURE("1", "-32020", ""), MCP_E_REMOTE, "", "the server refused server/discover: no" },
    /* All others */
    { 0, FAILURE("1", "-32601", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32602", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32600", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32603", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32700", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32000", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32002", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-32023", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "0", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "400", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "-1e400", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, FAILURE("1", "\"-32022\"", ""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, LINE("\"id\":1,\"error\":{}"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, LINE("\"id\":1,\"error\":\"odd\""), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { 0, LINE("\"id\":1,\"error\":null"), MCP_WAIT, INITIALIZE("2", "2025-11-25"), "" },
    { NEW | MCP_2025_03_26, FAILURE("1", "-32601", ""), MCP_WAIT, INITIALIZE("2", "2025-03-26"), "" },
    { NEW, FAILURE("1", "-32601", ""), MCP_E_REMOTE, "", "the server refused server/discover: no" },
    /* Neither an answer nor the end */
    { 0, FAILURE("null", "-32700", ""), MCP_WAIT, "", "" },
    { 0, LINE("\"error\":{\"code\":-32700,\"message\":\"no\"}"), MCP_WAIT, "", "" },
    { 0, DISCOVERED("\"1\""), MCP_WAIT, "", "" },
    { 0, DISCOVERED("2"), MCP_WAIT, "", "" },
    { 0, LINE("\"method\":\"notifications/message\",\"params\":{}"), MCP_WAIT, "", "" },
    { 0, "Server listening on stdio\n\n \r\n", MCP_WAIT, "", "" }
};

static void answers_to_the_probe(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(probes); i++) {
        NOTE("%d %s", (int)probes[i].revisions, probes[i].answer);
        begin();
        side.desc.revisions = probes[i].revisions;
        create();
        CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
        CHECK_STR(PROBE, output());
        CHECK_STR(NULL, mcp_client_revision(side.client));
        CHECK(!mcp_json_exists(mcp_client_hello(side.client)));
        feed(probes[i].answer);
        CHECK_STATUS(probes[i].status, mcp_client_status(side.client));
        CHECK_STR(probes[i].sent, output());
        CHECK_STR(probes[i].why, mcp_client_error(side.client));
        if (*probes[i].why) CHECK_STR(probes[i].why, side.log);
        CHECK_STR(probes[i].status == MCP_OK ? "2026-07-28" : NULL, mcp_client_revision(side.client));
        CHECK(mcp_json_exists(mcp_client_hello(side.client)) == (probes[i].status == MCP_OK));
        end();
    }
}

/* What the answer to initialize leads to; with each of the revisions that may be spoken. */
static const struct {
    uint32_t revisions;
    const char *asked, *answer;
    int status;
    const char *revision, *why;
} handshakes[] = {
    { OLD, "2025-11-25", INITIALIZED("1", "2025-11-25"), MCP_OK, "2025-11-25", "" },
    { OLD, "2025-11-25", INITIALIZED("1", "2025-06-18"), MCP_OK, "2025-06-18", "" },
    { OLD, "2025-11-25", INITIALIZED("1", "2025-03-26"), MCP_OK, "2025-03-26", "" },
    { OLD, "2025-11-25", INITIALIZED("1", "2024-11-05"), MCP_OK, "2024-11-05", "" },
    { MCP_2025_11_25, "2025-11-25", INITIALIZED("1", "2025-11-25"), MCP_OK, "2025-11-25", "" },
    { MCP_2025_06_18, "2025-06-18", INITIALIZED("1", "2025-06-18"), MCP_OK, "2025-06-18", "" },
    { MCP_2025_03_26, "2025-03-26", INITIALIZED("1", "2025-03-26"), MCP_OK, "2025-03-26", "" },
    { MCP_2024_11_05, "2024-11-05", INITIALIZED("1", "2024-11-05"), MCP_OK, "2024-11-05", "" },
    { MCP_2025_06_18 | MCP_2024_11_05, "2025-06-18", INITIALIZED("1", "2025-03-26"), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: 2025-03-26" },
    { OLD, "2025-11-25", INITIALIZED("1", "2026-07-28"), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: 2026-07-28" },
    { OLD, "2025-11-25", INITIALIZED("1", "1.0"), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: 1.0" },
    { OLD, "2025-11-25", INITIALIZED("1", "2025-11-25 "), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: 2025-11-25 " },
    { OLD, "2025-11-25", RESULT("1", "{}"), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: (none)" },
    { OLD, "2025-11-25", RESULT("1", "{\"protocolVersion\":20251125}"), MCP_E_PROTOCOL, NULL,
      "the server wants a revision that this client does not speak: (none)" },
    { OLD, "2025-11-25", RESULT("1", "7"), MCP_E_PROTOCOL, NULL,
      "the server refused initialize: the server's result is not an object" },
    { OLD, "2025-11-25", FAILURE("1", "-32602", ",\"data\":{\"supported\":[\"1\"]}"), MCP_E_REMOTE, NULL,
      "the server refused initialize: no" },
    { OLD, "2025-11-25", FAILURE("1", "-32022", ""), MCP_E_REMOTE, NULL, "the server refused initialize: no" }
};

static void answers_to_initialize(void)
{
    size_t i;
    char want[400];
    for (i = 0; i < MCP_COUNT(handshakes); i++) {
        const bool ok = handshakes[i].status == MCP_OK;
        NOTE("%d %s", (int)handshakes[i].revisions, handshakes[i].answer);
        begin();
        side.desc.revisions = handshakes[i].revisions;
        create();
        snprintf(want, sizeof want, INITIALIZE("1", "%s"), handshakes[i].asked);
        CHECK_STR(want, output());
        feed(handshakes[i].answer);
        CHECK_STATUS(handshakes[i].status, mcp_client_status(side.client));
        CHECK_STR(ok ? NOTIFIED : "", output());
        CHECK_STR(handshakes[i].revision, mcp_client_revision(side.client));
        CHECK_STR(handshakes[i].why, mcp_client_error(side.client));
        if (ok) CHECK(mcp_json_equals(mcp_client_hello(side.client), "protocolVersion", handshakes[i].revision));
        else CHECK_UINT(0, mcp_client_feed(side.client, "\n", 1));
        end();
    }
}

/* The probe's time is over: initialize follows on the same stream, and nothing is cancelled. A late answer
   counts for nothing if initialize is answered. */
static void the_probe_is_not_answered(void)
{
    size_t late;
    for (late = 0; late < 3; late++) {
        NOTE("a late answer: %lu", (unsigned long)late);
        begin();
        create();
        (void)output();
        CHECK_INT(5000, mcp_client_tick(side.client));
        side.now += 4999;
        CHECK_INT(1, mcp_client_tick(side.client));
        CHECK_STR("", output());
        side.now += 1;
        CHECK_INT(60000, mcp_client_tick(side.client));
        CHECK_STR(INITIALIZE("2", "2025-11-25"), output());
        CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
        if (late == 1) feed(FAILURE("1", "-32601", ""));
        if (late == 2) feed(DISCOVERED("1"));
        CHECK_STR("", output());
        CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
        feed(INITIALIZED("2", "2025-06-18"));
        CHECK_STR(NOTIFIED, output());
        CHECK_STR("2025-06-18", mcp_client_revision(side.client));
        CHECK(mcp_json_equals(mcp_client_hello(side.client), "protocolVersion", "2025-06-18"));
        feed(DISCOVERED("1"));
        CHECK_UINT(late ? 2 : 1, mcp_client_late(side.client));
        CHECK_STR("2025-06-18", mcp_client_revision(side.client));
        CHECK_INT(-1, mcp_client_tick(side.client));
        end();
    }
}

/* A server that was slow, and not old: it does not know initialize, whatever it says to it. */
static void a_late_answer_is_used(void)
{
    static const char *const refusals[] = {
        FAILURE("3", "-32601", ""), FAILURE("3", "-32022", ""), RESULT("3", "{}"), INITIALIZED("3", "2026-07-28"), NULL
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(refusals); i++) {
        NOTE("%s", refusals[i] ? refusals[i] : "no answer");
        begin();
        create();
        CHECK(begin_call(&side.a, "x") == 2);
        side.now += 5000;
        (void)mcp_client_tick(side.client);
        CHECK_STR(PROBE INITIALIZE("3", "2025-11-25"), output());
        feed(DISCOVERED("1"));
        CHECK_STR("", output());
        if (refusals[i]) feed(refusals[i]);
        side.now += refusals[i] ? 0 : 60000;
        (void)mcp_client_tick(side.client);
        CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
        CHECK_STR("2026-07-28", mcp_client_revision(side.client));
        CHECK_STR("2026-07-28", mcp_json_cstr(mcp_json_find(mcp_client_hello(side.client), "/supportedVersions/0"),
                                              NULL, ""));
        if (refusals[i]) {
            CHECK_STR(MODERN("2", "x"), output());
            feed(TEXT("2", "y"));
            CHECK_STR("y", side.a.text);
        } else {
            CHECK_STATUS(MCP_E_TIMEOUT, side.a.status);     /* it had waited as long */
        }
        CHECK_UINT(1, side.a.times);
        end();
    }
}

#define LATE "the server has not answered in time (mcp_client_desc.call_timeout_ms)"

/* Initialize has the time of a call, and is never cancelled. */
static void initialize_is_not_answered(void)
{
    begin();
    side.desc.revisions = OLD;
    side.desc.call_timeout_ms = 70;
    create();
    (void)output();
    CHECK_INT(70, mcp_client_tick(side.client));
    side.now += 70;
    CHECK_INT(-1, mcp_client_tick(side.client));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_client_status(side.client));
    CHECK_STR("the server refused initialize: " LATE, mcp_client_error(side.client));
    CHECK_STR("", output());
    end();
}

/* Without another era to fall back to, the probe has the time of a call. */
static void a_modern_client_waits_longer(void)
{
    begin();
    side.desc.revisions = NEW;
    side.desc.probe_timeout_ms = 10;
    side.desc.call_timeout_ms = 70;
    create();
    (void)output();
    CHECK_INT(70, mcp_client_tick(side.client));
    side.now += 70;
    CHECK_INT(-1, mcp_client_tick(side.client));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_client_status(side.client));
    CHECK_STR("the server refused server/discover: " LATE, mcp_client_error(side.client));
    CHECK_STR("", output());
    end();
}

/* Without a clock, nothing ever times out. */
static void without_a_clock(void)
{
    begin();
    side.desc.now_ms = NULL;
    create();
    side.now += 1000000;
    CHECK_INT(-1, mcp_client_tick(side.client));
    CHECK_STR(PROBE, output());
    feed(DISCOVERED("1"));
    CHECK(begin_call(&side.a, "x") != 0);
    CHECK_INT(-1, mcp_client_tick(side.client));
    feed(TEXT("2", "y"));
    CHECK_STR("y", side.a.text);
    end();
}

static void limits_of_time(void)
{
    begin();
    side.desc.probe_timeout_ms = MCP_NONE;
    side.desc.call_timeout_ms = MCP_NONE;
    create();
    CHECK_INT(-1, mcp_client_tick(side.client));
    feed(DISCOVERED("1"));
    CHECK(begin_call(&side.a, "x") != 0);
    CHECK_INT(-1, mcp_client_tick(side.client));
    end();
    CHECK_STATUS(MCP_E_CLOSED, side.a.status);
}

/* What is begun before the era is known is sent afterwards, in order and in its form. */
static void requests_wait_for_the_era(void)
{
    size_t legacy;
    for (legacy = 0; legacy < 2; legacy++) {
        NOTE("legacy: %lu", (unsigned long)legacy);
        begin();
        create();
        CHECK(begin_call(&side.a, "1") == 2);
        CHECK(mcp_request_begin(side.client, on_done, &side.b, "tools/list", NULL) == 3);
        CHECK(begin_call(&side.c, "cancelled") == 4);
        CHECK(mcp_request_begin(side.client, on_done, &side.d, "x/y", "{'n': %d}", 5) == 5);
        CHECK(mcp_client_cancel(side.client, 4));
        CHECK_STR(PROBE, output());
        feed(TEXT("2", "too early"));
        feed(legacy ? FAILURE("1", "-32601", "") : DISCOVERED("1"));
        if (legacy) {
            CHECK_STR(INITIALIZE("6", "2025-11-25"), output());
            feed(TEXT("2", "too early"));
            feed(INITIALIZED("6", "2024-11-05"));
            CHECK_STR(NOTIFIED CALL("2", "1") LINE("\"id\":3,\"method\":\"tools/list\"")
                      LINE("\"id\":5,\"method\":\"x/y\",\"params\":{\"n\":5}"), output());
        } else {
            CHECK_STR(MODERN("2", "1") LINE("\"id\":3,\"method\":\"tools/list\",\"params\":{" META "}")
                      LINE("\"id\":5,\"method\":\"x/y\",\"params\":{\"n\":5," META "}"), output());
        }
        CHECK_UINT(0, side.answers);
        feed(RESULT("5", "{}") RESULT("3", "{}") RESULT("4", "{}") TEXT("2", "x"));
        CHECK_UINT(3, side.a.at);
        CHECK_UINT(2, side.b.at);
        CHECK_UINT(0, side.c.times);
        CHECK_UINT(1, side.d.at);
        end();
        CHECK_UINT(3, side.answers);
    }
}

/* Requests that wait have their time, too; those that were never sent are not cancelled. */
static void requests_time_out_before_the_era_is_known(void)
{
    begin();
    side.desc.call_timeout_ms = 100;
    create();
    (void)output();
    CHECK(begin_call(&side.a, "x") != 0);
    side.now += 100;
    CHECK_INT(4900, mcp_client_tick(side.client));
    CHECK_UINT(1, side.a.times);
    CHECK_STATUS(MCP_E_TIMEOUT, side.a.status);
    CHECK_STR("", output());
    feed(DISCOVERED("1"));
    CHECK_STR("", output());
    end();
}

/* The end of the handshake is the end of what waits for it. */
static void a_refused_handshake_ends_requests(void)
{
    begin();
    create();
    CHECK(begin_call(&side.a, "x") && begin_call(&side.b, "y"));
    feed(FAILURE("1", "-32020", ""));
    CHECK_UINT(1, side.a.at);
    CHECK_UINT(2, side.b.at);
    CHECK_STATUS(MCP_E_REMOTE, side.b.status);
    CHECK_STR("the server refused server/discover: no", side.a.text);
    CHECK(begin_call(&side.c, "z") == 0);
    CHECK_STR("the server refused server/discover: no", mcp_client_error(side.client));
    end();
    CHECK_UINT(2, side.answers);
}

static void who_we_are(void)
{
    begin();
    side.desc.title = "T\"";
    side.desc.name = "caf\xC3\xA9";
    side.desc.version = "\xFF";
    create();
    CHECK(strstr(output(), "/clientInfo\":{\"name\":\"caf\xC3\xA9\",\"version\":\"\xEF\xBF\xBD\",\"title\":\"T\\\"\"}}")
          != NULL);
    end();
    begin();
    side.desc.name = NULL;
    CHECK(mcp_client_create(&side.desc) == NULL);
    side.desc.name = "c";
    side.desc.version = NULL;
    CHECK(mcp_client_create(&side.desc) == NULL);
    side.desc.version = "1";
    side.desc.revisions = 1 << 20;
    CHECK(mcp_client_create(&side.desc) == NULL);
    CHECK_STR("the server speaks no revision that is in mcp_client_desc.revisions", side.log);
    mcp_client_close(NULL);
    CHECK_HEAP(&side.heap);
}

/*---- Requests and replies -------------------------------------------------------------------------*/

/* A reply to the request 2, and what the callback sees of it. -: as in the modern era. */
static const struct {
    const char *reply;
    int modern, legacy;         /* status */
    int code;
    const char *text, *legacy_text, *data;
} replies[] = {
    { TEXT("2", "caf\\u00e9"), MCP_OK, MCP_OK, 0, "caf\xC3\xA9", "-", "" },
    { RESULT("2", "{\"resultType\":\"complete\",\"content\":[{\"type\":\"image\"},{\"type\":\"text\","
                  "\"text\":\"t\"}]}"), MCP_OK, MCP_OK, 0, "t", "-", "" },
    { RESULT("2", "{\"content\":[],\"structuredContent\":{\"n\":[1,2.50]}}"), MCP_OK, MCP_OK, 0, "", "-",
      "{\"n\":[1,2.50]}" },
    { RESULT("2", "{}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { RESULT("2", "{\"_meta\":{\"io.modelcontextprotocol/serverInfo\":[7],\"traceparent\":{}}}"), MCP_OK, MCP_OK, 0, "",
      "-", "" },
    { RESULT("2", "{\"_meta\":7}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { RESULT("2", "{\"content\":{\"type\":\"text\",\"text\":\"t\"}}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { RESULT("2", "{\"content\":[\"x\",null,{\"type\":\"text\",\"text\":7}]}"), MCP_OK, MCP_OK, 0, "x", "-", "" },
    { RESULT("2", "{\"content\":[{\"type\":\"text\",\"text\":\"a\\u0000b\"}]}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { RESULT("2", "{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"bad\"}]}"), MCP_E_TOOL, MCP_E_TOOL, 0,
      "bad", "-", "" },
    { RESULT("2", "{\"isError\":true}"), MCP_E_TOOL, MCP_E_TOOL, 0, "", "-", "" },
    { RESULT("2", "{\"isError\":\"true\"}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { RESULT("2", "{\"isError\":false,\"resultType\":\"complete\"}"), MCP_OK, MCP_OK, 0, "", "-", "" },
    { FAILURE("2", "-32602", ",\"data\":{\"x\":[null]}"), MCP_E_REMOTE, MCP_E_REMOTE, -32602, "no", "-",
      "{\"x\":[null]}" },
    { FAILURE("2", "7", ""), MCP_E_REMOTE, MCP_E_REMOTE, 7, "no", "-", "" },
    { FAILURE("2", "1.5", ""), MCP_E_REMOTE, MCP_E_REMOTE, 0, "no", "-", "" },
    { FAILURE("2", "99999999999", ",\"data\":0"), MCP_E_REMOTE, MCP_E_REMOTE, 0, "no", "-", "0" },
    { LINE("\"id\":2,\"error\":{\"code\":-1}"), MCP_E_REMOTE, MCP_E_REMOTE, -1, "", "-", "" },
    { LINE("\"id\":2,\"error\":{\"code\":-1,\"message\":{}}"), MCP_E_REMOTE, MCP_E_REMOTE, -1, "", "-", "" },
    { RESULT("2", "null"), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0, "the server's result is not an object", "-", "" },
    { RESULT("2", "[{\"type\":\"text\"}]"), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0, "the server's result is not an object",
      "-", "" },
    { RESULT("2", "\"done\""), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0, "the server's result is not an object", "-", "" },
    { RESULT("2", "true"), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0, "the server's result is not an object", "-", "" },
    { LINE("\"id\":2,\"result\":{},\"error\":{\"code\":-1,\"message\":\"no\"}"), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0,
      "the server answered with a result and an error", "-", "" },
    { LINE("\"error\":null,\"result\":{},\"id\":2"), MCP_E_PROTOCOL, MCP_E_PROTOCOL, 0,
      "the server answered with a result and an error", "-", "" },
    { RESULT("2", "{\"resultType\":\"input_required\",\"inputRequests\":{}}"), MCP_E_PROTOCOL, MCP_OK, 0,
      "the server asks for input, but for none", "", "" },
    { RESULT("2", "{\"resultType\":\"task\"}"), MCP_E_PROTOCOL, MCP_OK, 0,
      "the server's result is of an unknown resultType", "", "" },
    { RESULT("2", "{\"resultType\":\"Complete\"}"), MCP_E_PROTOCOL, MCP_OK, 0,
      "the server's result is of an unknown resultType", "", "" },
    { RESULT("2", "{\"resultType\":null}"), MCP_E_PROTOCOL, MCP_OK, 0,
      "the server's result is of an unknown resultType", "", "" }
};

static void replies_of_every_kind(void)
{
    size_t i, legacy;
    for (i = 0; i < MCP_COUNT(replies); i++)
        for (legacy = 0; legacy < 2; legacy++) {
            const bool same = !legacy || !strcmp(replies[i].legacy_text, "-");
            NOTE("%s %s", legacy ? "legacy" : "modern", replies[i].reply);
            ready(legacy != 0);
            CHECK(begin_call(&side.a, "x") == 2);
            CHECK_STR(legacy ? CALL("2", "x") : MODERN("2", "x"), output());
            feed(replies[i].reply);
            CHECK_UINT(1, side.a.times);
            CHECK_STATUS(legacy ? replies[i].legacy : replies[i].modern, side.a.status);
            CHECK_INT(replies[i].code, side.a.code);
            CHECK_STR(same ? replies[i].text : replies[i].legacy_text, side.a.text);
            CHECK_STR(replies[i].data, side.a.data);
            if (side.a.status == MCP_E_PROTOCOL) CHECK_STR("", side.a.result);
            feed(replies[i].reply);     /* once more: too late */
            CHECK_UINT(1, side.a.times);
            CHECK_STR("", output());
            CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
            end();
        }
}

/* The content is an array or nothing; the result is there as it came. */
static void check_content(const mcp_reply *reply)
{
    mcp_json block = mcp_json_first(mcp_reply_content(reply));
    CHECK_UINT(3, mcp_json_count(mcp_reply_content(reply)));
    CHECK(mcp_json_equals(block, "text", "one"));
    block = mcp_json_next(block);
    CHECK(mcp_json_equals(block, "mimeType", "image/png"));
    CHECK(mcp_json_equals(mcp_json_next(block), "text", "two"));
    CHECK_INT(3, mcp_json_int(mcp_reply_data(reply), "n", 0));
    CHECK(!mcp_json_exists(mcp_reply_error_data(reply)));
    CHECK_INT(9, mcp_json_int(mcp_reply_result(reply), "more", 0));
}

static void content_block_by_block(void)
{
    ready_modern();
    side.a.act = check_content;
    CHECK(begin_call(&side.a, "x") == 2);
    feed(RESULT("2", "{\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"image\","
                "\"mimeType\":\"image/png\",\"data\":\"\"},{\"type\":\"text\",\"text\":\"two\"}],"
                "\"structuredContent\":{\"n\":3},\"more\":9}"));
    CHECK_UINT(1, side.a.times);
    CHECK_STR("one", side.a.text);
    end();
}

/* Lines that answer nothing: they are dropped, and the request goes on waiting. late: how many of them are responses,
   to what was answered already or never asked; those are counted. */
static const struct {
    const char *line;
    size_t logs, late;
} strays[] = {
    { TEXT("7", "x"), 1, 1 }, { TEXT("1", "x"), 1, 1 }, { TEXT("0", "x"), 1, 1 },
    { TEXT("18446744073709551618", "x"), 1, 1 }, { TEXT("\"2\"", "x"), 1, 1 }, { TEXT("null", "x"), 1, 1 },
    { TEXT("-2", "x"), 1, 1 }, { TEXT("2.5", "x"), 1, 1 }, { TEXT("true", "x"), 1, 1 }, { TEXT("[2]", "x"), 1, 1 },
    { LINE("\"result\":{}"), 1, 1 }, { TEXT("7", "x") TEXT("7", "x") TEXT("1", "x"), 3, 3 },
    { LINE("\"error\":{\"code\":-32700,\"message\":\"no\"}"), 1, 1 }, { FAILURE("null", "-32600", ""), 1, 1 },
    { LINE("\"id\":2,\"id\":2,\"result\":{}"), 1, 1 }, { LINE("\"id\":2"), 1, 0 }, { LINE("\"method\":7"), 1, 0 },
    { "[" "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}]\n", 1, 0 }, { "[]\n", 1, 0 }, { "{}\n", 1, 0 },
    { "42\n", 1, 0 }, { "null\n", 1, 0 }, { "garbage\n", 1, 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}\n", 1, 0 },
    { "{\n}\n", 2, 0 }, { "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"\xFF\":0}}\n", 1, 0 },
    { "\xEF\xBB\xBF\n", 1, 0 }, { "{\"id\":2,\"result\":\"\xC0\xAF\"}\n", 1, 0 },
    { "{\"id\":2,\"result\":\"\\ud800\"}\n", 1, 0 }, { "\n \t \r\n\r\n", 0, 0 },
    { LINE("\"method\":\"notifications/progress\",\"params\":{\"progressToken\":2}"), 0, 0 },
    { LINE("\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":2}"), 0, 0 },
    { LINE("\"method\":\"notifications/tools/list_changed\""), 0, 0 }
};

static void lines_that_answer_nothing(void)
{
    size_t i, legacy;
    for (i = 0; i < MCP_COUNT(strays); i++)
        for (legacy = 0; legacy < 2; legacy++) {
            NOTE("%s %s", legacy ? "legacy" : "modern", strays[i].line);
            ready(legacy != 0);
            CHECK(begin_call(&side.a, "x") == 2);
            (void)output();
            side.num_logs = 0;
            feed(strays[i].line);
            CHECK_UINT(strays[i].logs, side.num_logs);
            CHECK_UINT(strays[i].late, mcp_client_late(side.client));
            if (side.num_logs) CHECK(side.log_level == MCP_LOG_WARNING || side.log_level == MCP_LOG_DEBUG);
            CHECK_UINT(0, side.answers);
            CHECK_STR("", output());
            CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
            feed("{\"result\":{\"content\":[]},\"more\":[],\"id\":2}\r\n");
            CHECK_UINT(1, side.a.times);
            CHECK_STATUS(MCP_OK, side.a.status);
            CHECK_UINT(strays[i].late, mcp_client_late(side.client));
            end();
        }
}

/* Where it asks us, a server of the legacy era is answered; in the modern one there is nothing to answer. */
static void requests_of_the_server(void)
{
    static const char ask[] =
        LINE("\"id\":1,\"method\":\"ping\"") LINE("\"id\":\"a\\\"\",\"method\":\"ping\",\"params\":{}")
        LINE("\"id\":-7,\"method\":\"roots/list\"") LINE("\"id\":2,\"method\":\"sampling/createMessage\",\"params\":{}")
        LINE("\"id\":99999999999999999999,\"method\":\"elicitation/create\"") LINE("\"method\":\"ping\"")
        LINE("\"id\":null,\"method\":\"ping\"");
    static const char told[] =
        RESULT("1", "{}") RESULT("\"a\\\"\"", "{}")
        LINE("\"id\":-7,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}")
        LINE("\"id\":2,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}")
        LINE("\"id\":99999999999999999999,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}");
    ready_legacy();
    CHECK(begin_call(&side.a, "x") == 2);
    (void)output();
    feed(ask);
    CHECK_STR(told, output());
    CHECK(begin_call(&side.b, "y") == 3);
    CHECK_STR(CALL("3", "y"), output());
    end();
    ready_modern();
    feed(ask);
    CHECK_STR("", output());
    end();
}

/* Who asks while we ask what it speaks is a legacy server: a ping is answered at once, and a question refused, as
   nothing was declared yet. With a modern revision alone, no server is answered. */
static void requests_before_the_era_is_known(void)
{
#define EARLY(id) LINE("\"id\":" id ",\"error\":{\"code\":-32601," \
                       "\"message\":\"this client has declared nothing yet: wait for initialize\"}")
    static const char ask[] =
        LINE("\"id\":1,\"method\":\"ping\"") LINE("\"id\":\"a\",\"method\":\"roots/list\"")
        LINE("\"id\":2,\"method\":\"sampling/createMessage\"") LINE("\"id\":3,\"method\":\"elicitation/create\"")
        LINE("\"id\":4,\"method\":\"x/y\"") LINE("\"method\":\"ping\"") LINE("\"id\":null,\"method\":\"ping\"");
    size_t alone;
    for (alone = 0; alone < 2; alone++) {
        NOTE("%s", alone ? "modern alone" : "any revision");
        begin();
        side.desc.revisions = alone ? NEW : 0;
        create();
        CHECK(begin_call(&side.a, "x") == 2);
        CHECK_STR(PROBE, output());
        feed(ask);
        CHECK_STR(alone ? "" : RESULT("1", "{}") EARLY("\"a\"") EARLY("2") EARLY("3")
                  LINE("\"id\":4,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}"), output());
        CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
        CHECK_UINT(0, side.answers + mcp_client_late(side.client));
        if (!alone) {
            feed(FAILURE("1", "-32601", ""));
            CHECK_STR(INITIALIZE("3", "2025-11-25"), output());
            feed(LINE("\"id\":1,\"method\":\"ping\""));
            CHECK_STR(RESULT("1", "{}"), output());
            feed(INITIALIZED("3", "2025-11-25"));
            CHECK_STR(NOTIFIED CALL("2", "x"), output());
        }
        end();
    }
#undef EARLY
}

/* Many notifications and stray replies neither cost memory nor keep a reply from coming. */
static void floods(void)
{
    const size_t count = test_rounds(20000);
    size_t i, bytes = 0, calls = 0;
    ready_legacy();
    CHECK(begin_call(&side.a, "x") == 2);
    (void)output();
    for (i = 0; i < count; i++) {
        if (i == 10) bytes = side.heap.bytes, calls = side.heap.calls;
        feed(LINE("\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"0123456789\"}")
             TEXT("77", "x") "noise\n");
    }
    CHECK_UINT(bytes, side.heap.bytes);
    CHECK_UINT(calls, side.heap.calls);
    CHECK_UINT(2 * count, side.num_logs);
    CHECK_UINT(count, mcp_client_late(side.client));
    feed(TEXT("2", "y"));
    CHECK_STR("y", side.a.text);
    end();
}

/*---- Limits ---------------------------------------------------------------------------------------*/

/* A line that never ends is the end of the client, in one piece and in many; what fits is read. */
static void endless_line(void)
{
    static const size_t pieces[] = { 1, 7, 300, 5000 };
    static char text[5000];
    size_t i, at;
    memset(text, 'x', sizeof text);
    for (i = 0; i < MCP_COUNT(pieces); i++) {
        NOTE("pieces of %lu bytes", (unsigned long)pieces[i]);
        begin();
        side.desc.max_message = 1000;
        create();
        feed(DISCOVERED("1"));
        CHECK(begin_call(&side.a, "x") == 2);
        for (at = 0; at < sizeof text; at += pieces[i])
            if (mcp_client_feed(side.client, text, pieces[i]) < pieces[i]) break;
        CHECK(at <= 1002);      /* with a line's end */
        CHECK_STATUS(MCP_E_TOO_LONG, mcp_client_status(side.client));
        CHECK_STATUS(MCP_E_TOO_LONG, side.a.status);
        CHECK_UINT(1, side.a.times);
        CHECK_STR("a message of the server is longer than mcp_client_desc.max_message", side.a.text);
        CHECK(side.heap.peak < 20000);
        end();
    }
}

/* Exactly max_message bytes, with either end of a line. */
static void the_longest_line(void)
{
    static const char reply[] = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}";
    char text[700];
    size_t over;
    for (over = 0; over < 3; over++) {      /* with \r\n, with \n, and what is too long */
        NOTE("%lu", (unsigned long)over);
        begin();
        side.desc.max_message = 600;
        create();
        feed(DISCOVERED("1"));
        CHECK(begin_call(&side.a, "x") == 2);
        memset(text, ' ', sizeof text);
        memcpy(text, reply, sizeof reply - 1);
        memcpy(text + (over == 2 ? 602 : 600), over ? "\n" : "\r\n", over ? 2 : 3);
        (void)mcp_client_feed(side.client, text, strlen(text));
        CHECK_UINT(1, side.a.times);
        CHECK_STATUS(over == 2 ? MCP_E_TOO_LONG : MCP_OK, side.a.status);
        end();
    }
}

/* Where a request is as long as a message may be, another waits until it was sent. */
static void slow_server(void)
{
    static got g[10];
    char want[2000];
    size_t i, len, n = 0;
    begin();
    side.desc.max_output = 1;
    side.desc.revisions = OLD;
    create();
    feed(INITIALIZED("1", "2025-11-25"));
    memset(g, 0, sizeof g);
    for (i = 0; i < MCP_COUNT(g); i++) CHECK(begin_call(&g[i], "x") == i + 2);
    (void)mcp_client_output(side.client, &len);
    CHECK_UINT(strlen(INITIALIZE("1", "2025-11-25") NOTIFIED), len);
    mcp_client_sent(side.client, len - 1);
    (void)mcp_client_output(side.client, &len);
    CHECK_UINT(1, len);
    CHECK(mcp_client_cancel(side.client, 3));       /* not sent: nobody is told */
    feed(TEXT("2", "too early"));
    CHECK_UINT(0, side.answers);
    mcp_client_sent(side.client, 1);
    for (i = 0; i < MCP_COUNT(g); i++) {
        const char *bytes = mcp_client_output(side.client, &len);
        if (i == 1) continue;
        n = (size_t)snprintf(want, sizeof want, CALL("%d", "x"), (int)i + 2);
        CHECK_BYTES(want, n, bytes, len);
        mcp_client_sent(side.client, len / 2);
        (void)mcp_client_output(side.client, &len);
        CHECK_UINT(n - n / 2, len);
        mcp_client_sent(side.client, len);
    }
    CHECK_STR("", output());
    end();
    for (i = 0; i < MCP_COUNT(g); i++) CHECK_UINT(i != 1, g[i].times);
}

/* A server that asks on and on, and takes no answers, costs no more memory than max_output allows: it is not read
   any more. Once it takes them, each question has its answer, and what came behind them is read. */
static void questions_without_end(void)
{
    static const char *const asks[] = { LINE("\"id\":7,\"method\":\"ping\""),
                                        LINE("\"id\":7,\"method\":\"roots/list\"") };
    static const char *const told[] = { RESULT("7", "{}"),
                                        LINE("\"id\":7,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}") };
    size_t i, n, len, taken = 0, given = 0;
    for (i = 0; i < MCP_COUNT(asks); i++, given = 0) {
        const char *bytes;
        begin();
        side.desc.max_output = 3000;
        side.desc.max_message = 5000;
        side.desc.max_request = 100000;
        side.desc.revisions = OLD;
        create();
        feed(INITIALIZED("1", "2025-11-25"));
        (void)output();
        CHECK(begin_call(&side.a, "x") == 2);
        for (n = 0; n < 20000; n++) {
            taken = mcp_client_feed(side.client, asks[i], strlen(asks[i]));
            if (taken < strlen(asks[i])) break;
        }
        CHECK(n < 300 && side.heap.peak < 40000);
        CHECK_UINT(0, mcp_client_feed(side.client, asks[i], 1));
        CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
        bytes = mcp_client_output(side.client, &len);
        CHECK(len > 3000 && len < 3500 && !strncmp(bytes, CALL("2", "x"), strlen(CALL("2", "x"))));
        mcp_client_sent(side.client, strlen(CALL("2", "x")));
        while ((bytes = mcp_client_output(side.client, &len)) != NULL) {
            CHECK_BYTES(told[i], strlen(told[i]), bytes, strlen(told[i]));
            mcp_client_sent(side.client, strlen(told[i]));
            if (++given > n) break;
        }
        CHECK_UINT(n, given);
        feed(asks[i] + taken);
        feed(TEXT("2", "y"));
        CHECK_STR("y", side.a.text);
        CHECK_STR(told[i], output());
        end();
    }
}

/* As much as requests of ours wait, a server may ask: it may have to before it reads them. */
static void questions_behind_requests(void)
{
    static char much[9000];
    char line[100];
    size_t i;
    memset(much, 'x', sizeof much - 1);
    begin();
    side.desc.max_output = 3000;
    side.desc.revisions = OLD;
    create();
    feed(INITIALIZED("1", "2025-11-25"));
    (void)output();
    CHECK(begin_call(&side.a, much) == 2);
    for (i = 0; i < 50; i++) {
        snprintf(line, sizeof line, LINE("\"id\":%d,\"method\":\"ping\""), (int)i);
        feed(line);
    }
    feed(TEXT("2", "y"));
    CHECK_STR("y", side.a.text);
    snprintf(line, sizeof line, RESULT("%d", "{}"), 49);
    CHECK(strstr(output(), line) != NULL);
    end();
}

/*---- Begun requests -------------------------------------------------------------------------------*/

static void answers_in_any_order(void)
{
    ready_modern();
    CHECK(begin_call(&side.a, "1") == 2 && begin_call(&side.b, "2") == 3 && begin_call(&side.c, "3") == 4);
    CHECK_STR(MODERN("2", "1") MODERN("3", "2") MODERN("4", "3"), output());
    feed(TEXT("4", "3") TEXT("2", "1"));
    CHECK_UINT(1, side.c.at);
    CHECK_UINT(2, side.a.at);
    CHECK_UINT(0, side.b.times);
    feed(TEXT("4", "again") TEXT("3", "2"));
    CHECK_UINT(3, side.b.at);
    CHECK_UINT(1, side.c.times);
    CHECK_STR("3", side.c.text);
    CHECK_INT(MCP_LOG_DEBUG, side.log_level);
    end();
    CHECK_UINT(3, side.answers);
}

static void cancelled_requests(void)
{
    mcp_ref a, b;
    ready_legacy();
    a = begin_call(&side.a, "1");
    b = begin_call(&side.b, "2");
    CHECK_STR(CALL("2", "1") CALL("3", "2"), output());
    CHECK(!mcp_client_cancel(side.client, 0));
    CHECK(!mcp_client_cancel(side.client, 1));      /* initialize */
    CHECK(!mcp_client_cancel(side.client, 99));
    CHECK(mcp_client_cancel(side.client, a));
    CHECK(!mcp_client_cancel(side.client, a));
    CHECK_STR(CANCELLED("2"), output());
    feed(TEXT("2", "late"));
    CHECK_UINT(0, side.answers);
    CHECK_UINT(1, mcp_client_late(side.client));
    feed(TEXT("3", "x"));
    CHECK_UINT(1, side.b.times);
    CHECK(!mcp_client_cancel(side.client, b));
    CHECK_STR("", output());
    end();
    CHECK_UINT(1, side.answers);
}

/* Neither the probe nor initialize can be cancelled, though their numbers are known. */
static void the_handshake_is_not_cancelled(void)
{
    begin();
    create();
    CHECK(!mcp_client_cancel(side.client, 1));
    (void)output();
    feed(FAILURE("1", "-32601", ""));
    CHECK(!mcp_client_cancel(side.client, 2));
    CHECK_STR(INITIALIZE("2", "2025-11-25"), output());
    end();
}

static void requests_time_out(void)
{
    ready_modern();
    CHECK(begin_call(&side.a, "1") == 2);
    side.now += 1000;
    CHECK(begin_call(&side.b, "2") == 3);
    (void)output();
    CHECK_INT(59000, mcp_client_tick(side.client));
    side.now += 58999;
    CHECK_INT(1, mcp_client_tick(side.client));
    CHECK_UINT(0, side.answers);
    side.now += 1;
    CHECK_INT(1000, mcp_client_tick(side.client));
    CHECK_STATUS(MCP_E_TIMEOUT, side.a.status);
    CHECK_STR(LATE, side.a.text);
    CHECK_STR(CANCELLED("2"), output());
    CHECK_UINT(0, mcp_client_late(side.client));
    feed(TEXT("2", "late"));
    CHECK_UINT(1, mcp_client_late(side.client));
    CHECK_UINT(1, side.a.times);
    CHECK_UINT(0, side.b.times);
    side.now += 500000;
    CHECK_INT(-1, mcp_client_tick(side.client));
    CHECK_STATUS(MCP_E_TIMEOUT, side.b.status);
    CHECK_STR(CANCELLED("3"), output());
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    end();
    CHECK_UINT(2, side.answers);
}

/* Numbers are given once, whatever became of those before. */
static void numbers_are_never_used_again(void)
{
    mcp_ref last = 1, ref;
    size_t i;
    ready_modern();
    for (i = 0; i < 300; i++) {
        char line[200];
        ref = begin_call(&side.a, "x");
        CHECK_UINT(last + 1, ref);
        last = ref;
        snprintf(line, sizeof line, TEXT("%d", "y"), (int)ref);
        if (i % 3 == 0) feed(line);
        else if (i % 3 == 1) CHECK(mcp_client_cancel(side.client, ref));
        else side.now += 60000, (void)mcp_client_tick(side.client);
        (void)output();
    }
    CHECK_UINT(200, side.a.times);
    end();
}

static void too_many_requests(void)
{
    static got g[80];
    size_t i, count = 0;
    memset(g, 0, sizeof g);
    begin();
    side.desc.max_calls = 3;
    create();
    for (i = 0; i < 6; i++) if (begin_call(&g[i], "x")) count++;
    CHECK_UINT(3, count);
    CHECK_STR("the request was not begun: mcp_client_desc.max_calls are under way", mcp_client_error(side.client));
    CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
    feed(FAILURE("1", "-32601", "") INITIALIZED("5", "2025-11-25") TEXT("2", "x"));
    CHECK_UINT(1, side.answers);
    CHECK(begin_call(&g[6], "x") != 0);
    end();
    CHECK_UINT(4, side.answers);
}

/* What cannot be written is no request, and harms no other. */
static void bad_params(void)
{
    ready_modern();
    CHECK(mcp_call_begin(side.client, on_done, &side.a, "echo", "{'text': %s", "x") == 0);
    CHECK(strncmp("the params of the request: MCP_E_TEMPLATE", mcp_client_error(side.client), 41) == 0);
    CHECK(mcp_request_begin(side.client, on_done, &side.a, "x", "[1]") == 0);
    CHECK_STR("the params of the request: must be an object", mcp_client_error(side.client));
    CHECK(mcp_request_begin(side.client, on_done, &side.a, "x", "'text'") == 0);
    CHECK(mcp_request_begin(side.client, on_done, &side.a, "x", "{} {}") == 0);
    CHECK(mcp_request_begin(side.client, on_done, &side.a, "x", "{'x': %5d}", 1) == 0);
    CHECK_STR("", output());
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK(mcp_request_begin(side.client, on_done, &side.a, "x\"", "{}") == 2);
    CHECK_STR(LINE("\"id\":2,\"method\":\"x\\\"\",\"params\":{" META "}"), output());
    end();
    CHECK_UINT(1, side.answers);
}

/* Params of which nothing but a template is too long leave the client as it was. */
static void long_params(void)
{
    static char much[3000];
    memset(much, 'x', sizeof much - 1);
    begin();
    side.desc.max_request = 1000;
    create();
    feed(DISCOVERED("1"));
    (void)output();
    CHECK(begin_call(&side.a, much) == 0);
    CHECK_STR("the params of the request: it is longer than mcp_client_desc.max_request allows",
              mcp_client_error(side.client));
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK(begin_call(&side.b, "x") == 2);
    CHECK_STR(MODERN("2", "x"), output());
    end();
    CHECK_UINT(1, side.answers);
}

/*---- The end --------------------------------------------------------------------------------------*/

static void close_with_open_requests(void)
{
    ready_modern();
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    end();
    CHECK_UINT(1, side.a.at);
    CHECK_UINT(2, side.b.at);
    CHECK_STATUS(MCP_E_CLOSED, side.a.status);
    CHECK_STR("the client was closed", side.b.text);
}

static void the_server_ends(void)
{
    size_t when;
    for (when = 0; when < 3; when++) {
        NOTE("after %lu answers", (unsigned long)when);
        begin();
        create();
        CHECK(begin_call(&side.a, "1") != 0);
        (void)output();
        if (when >= 1) feed(FAILURE("1", "-32601", ""));
        if (when >= 2) feed(INITIALIZED("3", "2025-11-25"));
        (void)output();
        mcp_client_ended(side.client);
        CHECK_STATUS(MCP_E_CLOSED, mcp_client_status(side.client));
        CHECK_STR("the server has ended", mcp_client_error(side.client));
        CHECK_STATUS(MCP_E_CLOSED, side.a.status);
        CHECK_STR("the server has ended", side.a.text);
        mcp_client_ended(side.client);
        CHECK_UINT(0, mcp_client_feed(side.client, TEXT("2", "x"), 5));
        CHECK(begin_call(&side.b, "2") == 0);
        CHECK_INT(-1, mcp_client_tick(side.client));
        CHECK_STATUS(MCP_E_CLOSED, mcp_client_pump(side.client, 0));
        CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(mcp_call_tool(side.client, "echo", NULL)));
        CHECK_STR("", output());
        end();
        CHECK_UINT(1, side.answers);
    }
}

/*---- What a callback does -------------------------------------------------------------------------*/

static void closes(const mcp_reply *reply)
{
    (void)reply;
    mcp_client_close(side.client);
    mcp_client_close(side.client);
    CHECK(begin_call(&side.d, "none") == 0);
    CHECK(mcp_client_status(side.client) < 0);
}

/* It takes effect at the end; the others are answered, and nothing more is read. */
static void close_in_a_callback(void)
{
    ready_modern();
    side.a.act = closes;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    (void)mcp_client_feed(side.client, TEXT("2", "x") TEXT("3", "y"), strlen(TEXT("2", "x") TEXT("3", "y")));
    CHECK_UINT(1, side.a.at);
    CHECK_STR("x", side.a.text);
    CHECK_UINT(2, side.b.at);
    CHECK_STATUS(MCP_E_CLOSED, side.b.status);
    CHECK_HEAP(&side.heap);
    ready_modern();     /* because its time is over */
    side.a.act = closes;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    side.now += 60000;
    (void)mcp_client_tick(side.client);
    CHECK_STATUS(MCP_E_TIMEOUT, side.a.status);
    CHECK_STATUS(MCP_E_CLOSED, side.b.status);
    CHECK_HEAP(&side.heap);
    ready_modern();     /* because the server has ended */
    side.a.act = side.b.act = closes;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    mcp_client_ended(side.client);
    CHECK_UINT(2, side.answers);
    CHECK_STATUS(MCP_E_CLOSED, side.b.status);
    CHECK_HEAP(&side.heap);
    ready_modern();     /* because it is closed */
    side.a.act = closes;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    end();
    CHECK_UINT(2, side.answers);
}

static void begins_another(const mcp_reply *reply)
{
    (void)reply;
    CHECK(begin_call(&side.b, "2") == 3);
    CHECK(begin_call(&side.c, "3") == 4);
    CHECK(mcp_client_cancel(side.client, 4));
    CHECK(!mcp_client_cancel(side.client, 2));
    CHECK_STR("x", mcp_reply_text(reply));
}

static void begin_in_a_callback(void)
{
    ready_modern();
    side.a.act = begins_another;
    CHECK(begin_call(&side.a, "1") == 2);
    (void)output();
    feed(TEXT("2", "x") TEXT("3", "y") TEXT("4", "z"));
    CHECK_STR(MODERN("3", "2") MODERN("4", "3") CANCELLED("4"), output());
    CHECK_STR("y", side.b.text);
    CHECK_UINT(2, side.answers);
    end();
    CHECK_UINT(2, side.answers);
}

static void cancels_the_next(const mcp_reply *reply)
{
    (void)reply;
    CHECK(mcp_client_cancel(side.client, 3) == (side.c.times == 0));
}

/* While many are answered for the same reason, too. */
static void cancel_in_a_callback(void)
{
    ready_modern();
    side.a.act = cancels_the_next;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2") && begin_call(&side.c, "3"));
    side.now += 60000;
    (void)mcp_client_tick(side.client);
    CHECK_UINT(2, side.answers);
    CHECK_UINT(0, side.b.times);
    CHECK_STR(MODERN("2", "1") MODERN("3", "2") MODERN("4", "3") CANCELLED("2") CANCELLED("3") CANCELLED("4"),
              output());
    end();
    ready_modern();
    side.a.act = cancels_the_next;
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2") && begin_call(&side.c, "3"));
    mcp_client_ended(side.client);
    CHECK_UINT(2, side.answers);
    CHECK_UINT(0, side.b.times);
    end();
}

/*---- A server in the same process -----------------------------------------------------------------*/

static struct {
    mcp_server_desc desc;
    mcp_server *server;
    mcp_ref ref;                    /* of the newest call that was deferred */
    size_t cancelled;
} far;

static int echo(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }
static int fails(mcp_call *c) { return mcp_fail(c, "no %s today", mcp_arg_str(c, "text")); }
static int data(mcp_call *c) { return mcp_data(c, "{'n': %d}", (int)mcp_arg_int(c, "n", 0)); }
static int later(mcp_call *c) { return mcp_defer(c, &far.ref); }

typedef struct numbers {
    int32_t n;
    double x;
    bool b;
    const char *s;
} numbers;

static const mcp_field number_rows[] = {
    MCP_BIND(numbers, n, MCP_INTEGER, 0), MCP_BIND(numbers, x, MCP_NUMBER, 0), MCP_BIND(numbers, b, MCP_BOOLEAN, 0),
    MCP_BIND(numbers, s, MCP_STRING, 0), MCP_END
};

static int adds(mcp_call *c)
{
    const numbers *v = (const numbers *)mcp_args_struct(c);
    return mcp_textf(c, "%d %.1f %d %s", (int)v->n, v->x, (int)v->b, v->s);
}

static const mcp_field text_rows[] = { MCP_ARG("text", MCP_STRING, 0), MCP_END };
static const mcp_field n_rows[] = { MCP_ARG("n", MCP_INTEGER, 0), MCP_END };
static const mcp_tool tools[] = {
    MCP_TOOL("echo", echo, 0, text_rows), MCP_TOOL("fails", fails, 0, text_rows), MCP_TOOL("data", data, 0, n_rows),
    MCP_TOOL("later", later, 0, text_rows), MCP_TOOL("adds", adds, 0, number_rows)
};

static void on_far_cancel(void *user, mcp_ref ref)
{
    CHECK(user == &side && ref && !mcp_resume(far.server, ref));
    far.cancelled++;
}

static void begin_pair(void)
{
    begin();
    memset(&far, 0, sizeof far);
    far.desc.name = "s";
    far.desc.version = "2";
    far.desc.tools = tools;
    far.desc.num_tools = MCP_COUNT(tools);
    far.desc.alloc = side.desc.alloc;
    far.desc.user = &side;
    far.desc.now_ms = on_now;
    far.desc.on_cancel = on_far_cancel;
}

static void pair(void)
{
    far.server = mcp_server_create(&far.desc);
    CHECK(far.server != NULL);
    side.client = mcp_pair(far.server, &side.desc);
    CHECK(side.client != NULL);
}

static void end_pair(void)
{
    mcp_client_close(side.client);
    mcp_server_destroy(far.server);
    CHECK_HEAP(&side.heap);
}

static const char *const names[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };

/* The newest of some revisions, as a number from 1 on. */
static size_t newest_of(uint32_t revisions)
{
    size_t n = 5;
    while (n && !(revisions >> (n - 1) & 1)) n--;
    return n;
}

/* What they agree upon, by the rules: the modern revision, or what the handshake comes to; 0 for nothing. */
static size_t agreement(uint32_t mine, uint32_t its)
{
    size_t offer;
    if (mine & NEW) return newest_of(mine & its);       /* the server has said what it speaks */
    offer = newest_of(mine & OLD);
    if (offer && !(its >> (offer - 1) & 1)) offer = newest_of(its & OLD);
    return offer && (mine >> (offer - 1) & 1) ? offer : 0;
}

/* Each client that speaks some revisions, and each server that does. */
static void every_revision(void)
{
    uint32_t mine, its;
    for (mine = 1; mine <= MCP_ALL_REVISIONS; mine++)
        for (its = 1; its <= MCP_ALL_REVISIONS; its++) {
            const size_t newest = agreement(mine, its);
            mcp_json hello;
            if (test_step(7) > 1 && mine != its && (mine * 5 + its) % 7) continue;
            NOTE("client %d, server %d", (int)mine, (int)its);
            begin_pair();
            side.desc.revisions = mine;
            far.desc.revisions = its;
            pair();
            CHECK_STATUS(MCP_WAIT, mcp_client_status(side.client));
            (void)mcp_client_pump(side.client, 0);
            hello = mcp_client_hello(side.client);
            if (newest) {
                CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
                CHECK_STR(names[newest - 1], mcp_client_revision(side.client));
                if (newest == 5)
                    CHECK_STR(names[4], mcp_json_cstr(mcp_json_find(hello, "/supportedVersions/0"), NULL, ""));
                else
                    CHECK_STR(names[newest - 1], mcp_json_cstr(hello, "protocolVersion", ""));
                CHECK(mcp_json_exists(mcp_json_find(hello, "/capabilities/tools")));
                CHECK_STR("x", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
            } else {
                CHECK(mcp_client_status(side.client) == MCP_E_PROTOCOL ||
                      mcp_client_status(side.client) == MCP_E_REMOTE);
                CHECK(*mcp_client_error(side.client) != 0);
                CHECK_STR(NULL, mcp_client_revision(side.client));
                CHECK(!mcp_json_exists(hello));
                CHECK_STATUS(mcp_client_status(side.client),
                             mcp_reply_status(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
            }
            end_pair();
        }
}

/* In either era. */
static void each_era(void (*run)(void))
{
    size_t legacy;
    for (legacy = 0; legacy < 2; legacy++) {
        NOTE(legacy ? "legacy" : "modern");
        begin_pair();
        far.desc.revisions = legacy ? OLD : MCP_ALL_REVISIONS;
        pair();
        run();
        end_pair();
    }
}

static void call_all(void)
{
    static const numbers some = { -7, 2.5, true, "s" };
    mcp_client *c = side.client;
    const mcp_reply *r = mcp_call_tool(c, "echo", "{'text': %s}", "a \"b\"");
    CHECK(mcp_reply_ok(r));
    CHECK_STR("a \"b\"", mcp_reply_text(r));
    CHECK_UINT(1, mcp_json_count(mcp_reply_content(r)));
    CHECK_STR("", mcp_reply_text(mcp_call_tool(c, "echo", NULL)));
    r = mcp_call_tool(c, "fails", "{'text': %s}", "cake");
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(r));
    CHECK_STR("no cake today", mcp_reply_text(r));
    r = mcp_call_tool(c, "nothing", NULL);
    CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
    CHECK_INT(-32602, mcp_reply_code(r));
    CHECK_STR("tools/call: unknown tool; see tools/list", mcp_reply_text(r));
    r = mcp_call_tool_json(c, "data", "{\n \"n\":\t12 }");
    CHECK_INT(12, mcp_json_int(mcp_reply_data(r), "n", 0));
    CHECK_STR("{\"n\":12}", mcp_reply_text(r));
    r = mcp_call_tool_struct(c, "adds", number_rows, &some);
    CHECK_STR("-7 2.5 1 s", mcp_reply_text(r));
    r = mcp_request(c, "tools/list", NULL);
    CHECK_UINT(MCP_COUNT(tools), mcp_json_count(mcp_json_get(mcp_reply_result(r), "tools")));
    r = mcp_request(c, "tools/call", "{'name': %s, 'arguments': {'text': %s}}", "echo", "y");
    CHECK_STR("y", mcp_reply_text(r));
    r = mcp_request(c, "tools/list", "{'cursor': %s}", "bad");
    CHECK_INT(-32602, mcp_reply_code(r));
    r = mcp_request(c, "nothing/at/all", "{'a': [%d, %g]}", 1, 2.5);
    CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
    CHECK_INT(-32601, mcp_reply_code(r));
    CHECK_STATUS(MCP_WAIT, mcp_client_pump(c, 0));
}

static void blocking_calls(void) { each_era(call_all); }

static void bad_calls(void)
{
    mcp_client *c = side.client;
    CHECK_STATUS(MCP_E_TEMPLATE, mcp_reply_status(mcp_call_tool(c, "echo", "{'text': %s", "x")));
    CHECK_STATUS(MCP_E_TEMPLATE, mcp_reply_status(mcp_call_tool(c, "echo", "{'text': %3s}", "x")));
    CHECK_STATUS(MCP_E_TEMPLATE, mcp_reply_status(mcp_request(c, "tools/list", "[]")));
    CHECK_STR("the params of the request: must be an object", mcp_reply_text(mcp_request(c, "tools/list", "[]")));
    CHECK(!mcp_json_exists(mcp_reply_result(mcp_request(c, "tools/list", "7"))));
    CHECK_INT(0, mcp_reply_code(mcp_request(c, "tools/list", "7")));
    CHECK_STR("x", mcp_reply_text(mcp_call_tool(c, "echo", "{'text': %s}", "x")));
}

static void blocking_calls_that_cannot_be_written(void) { each_era(bad_calls); }

/* It is good until the next blocking call, whatever else happens. */
static void keep_a_reply(void)
{
    mcp_client *c = side.client;
    const mcp_reply *r = mcp_call_tool(c, "echo", "{'text': %s}", "kept");
    const char *text = mcp_reply_text(r);
    mcp_json result = mcp_reply_result(r);
    size_t i;
    for (i = 0; i < 20; i++) CHECK(begin_call(&side.a, "something else that is longer") != 0);
    while (mcp_client_pump(c, 0) == MCP_OK) {}
    CHECK_UINT(20, side.a.times);
    CHECK_STR("kept", text);
    CHECK_STR("kept", mcp_reply_text(r));
    CHECK_STR("kept", mcp_json_cstr(mcp_json_find(result, "/content/0/text"), NULL, ""));
    CHECK_STR("next", mcp_reply_text(mcp_call_tool(c, "echo", "{'text': %s}", "next")));
}

static void replies_stay(void) { each_era(keep_a_reply); }

/* Who cannot be pumped cannot wait. */
static void waiting_without_a_pump(void)
{
    ready_modern();
    CHECK_STATUS(MCP_E_MISUSE, mcp_client_pump(side.client, 0));
    CHECK_STATUS(MCP_E_MISUSE, mcp_reply_status(mcp_call_tool(side.client, "echo", NULL)));
    CHECK_STR("only a client of mcp_client_spawn or mcp_pair can wait",
              mcp_reply_text(mcp_request(side.client, "x", NULL)));
    CHECK(!mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    CHECK_STATUS(MCP_E_MISUSE, mcp_list_status(side.client));
    CHECK_STR("", output());
    CHECK(begin_call(&side.a, "x") == 2);
    end();
}

/* A tool that answers later: the blocking call says so, the begun one is answered then. */
static void deferring(void)
{
    mcp_client *c = side.client;
    const mcp_reply *r = mcp_call_tool(c, "later", NULL);
    mcp_call *call;
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_reply_status(r));
    CHECK_STR("the answer waits for something that only happens after this call", mcp_reply_text(r));
    CHECK(far.ref != 0);
    CHECK_STATUS(MCP_OK, mcp_client_pump(c, 0));
    CHECK_UINT(1, far.cancelled);
    CHECK(mcp_resume(far.server, far.ref) == NULL);
    CHECK(mcp_call_begin(c, on_done, &side.a, "later", NULL) != 0);
    CHECK_STATUS(MCP_OK, mcp_client_pump(c, 0));
    CHECK_STATUS(MCP_WAIT, mcp_client_pump(c, 0));
    CHECK_UINT(0, side.answers);
    call = mcp_resume(far.server, far.ref);
    mcp_finish(call, mcp_text(call, "at last"));
    CHECK_STATUS(MCP_OK, mcp_client_pump(c, 0));
    CHECK_STR("at last", side.a.text);
    CHECK(mcp_call_begin(c, on_done, &side.b, "later", NULL) != 0);
    (void)mcp_client_pump(c, 0);
    side.now += 60000;
    (void)mcp_client_pump(c, 0);
    CHECK_STATUS(MCP_E_TIMEOUT, side.b.status);
    CHECK_UINT(2, far.cancelled);
    (void)mcp_client_pump(c, 0);
    CHECK_UINT(1, side.b.times);
    CHECK_STR("x", mcp_reply_text(mcp_call_tool(c, "echo", "{'text': %s}", "x")));
}

static void tools_that_answer_later(void) { each_era(deferring); }

static void check_pages(void)
{
    mcp_json t;
    size_t n = 0;
    for (t = mcp_list_first(side.client, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(side.client, t)) {
        CHECK(n < MCP_COUNT(tools) && mcp_json_equals(t, "name", tools[n].name));
        CHECK_STR("z", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "z")));
        CHECK(mcp_json_equals(t, "name", tools[n].name));
        CHECK_STATUS(MCP_OK, mcp_list_status(side.client));
        if (++n > MCP_COUNT(tools)) break;
    }
    CHECK_UINT(MCP_COUNT(tools), n);
    CHECK_STATUS(MCP_OK, mcp_list_status(side.client));
}

static void tools_page_by_page(void)
{
    static const uint32_t sizes[] = { 1, 2, 4, 5, 100, MCP_NONE };
    size_t i;
    for (i = 0; i < MCP_COUNT(sizes); i++) {
        NOTE("pages of %lu", (unsigned long)sizes[i]);
        begin_pair();
        far.desc.page_size = sizes[i];
        far.desc.revisions = i % 2 ? OLD : MCP_ALL_REVISIONS;
        pair();
        check_pages();
        check_pages();
        end_pair();
    }
    begin_pair();
    far.desc.num_tools = 0;
    pair();
    CHECK(!mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    CHECK(!mcp_json_exists(mcp_list_next(side.client, mcp_list_first(side.client, MCP_TOOLS))));
    end_pair();
}

/* A server by hand for blocking calls: the pump answers each request with what script says, if anything. */
static const char *(*script)(const char *line);
static size_t asked;

static int by_script(mcp_client *client, int timeout_ms)
{
    const char *line = output(), *answer;
    (void)timeout_ms;
    CHECK(client == side.client);
    if (!*line) return MCP_WAIT;
    asked++;
    answer = script(line);
    if (*answer) feed(answer);
    return MCP_OK;
}

static void play_to(const char *(*fn)(const char *line))
{
    connect_legacy();
    side.client->pump = by_script;      /* looks inside: a server by hand has no other way to be pumped */
    script = fn;
    asked = 0;
}

static void play(const char *(*fn)(const char *line))
{
    begin();
    play_to(fn);
}

/* The reply to the one request that the line is. */
static const char *reply_to(const char *line, const char *result)
{
    static char text[1000];
    const char *id = strstr(line, "\"id\":");
    snprintf(text, sizeof text, LINE("\"id\":%d,%s"), id ? (int)strtol(id + 5, NULL, 10) : 0, result);
    return text;
}

#define TOOL(name) "{\"name\":\"" name "\"}"

static const char *fails_later(const char *line)
{
    if (strstr(line, "\"cursor\":\"c1\"")) return reply_to(line, "\"error\":{\"code\":-32603,\"message\":\"oh\"}");
    return reply_to(line, "\"result\":{\"tools\":[" TOOL("a") "," TOOL("b") "],\"nextCursor\":\"c1\"}");
}

/* A page with a tool or without one, whose next one has that number. */
static const char *numbered_page(const char *line, bool tool, size_t next)
{
    char result[100];
    snprintf(result, sizeof result, "\"result\":{\"tools\":[%s],\"nextCursor\":\"%lu\"}", tool ? TOOL("a") : "",
             (unsigned long)next);
    return reply_to(line, result);
}

static const char *only_empty_pages(const char *line) { return numbered_page(line, false, asked); }
static const char *ever_new_pages(const char *line) { return numbered_page(line, true, asked); }
static const char *first_empty(const char *line) { return numbered_page(line, asked > 2, asked); }

/* How many pages the circle has, behind ten others. */
static size_t circle;

static const char *pages_in_a_circle(const char *line)
{
    return numbered_page(line, true, asked <= 10 ? asked : 11 + (asked - 11) % circle);
}

static const char *some_empty_pages(const char *line)
{
    if (asked == 1) CHECK_STR(LINE("\"id\":2,\"method\":\"tools/list\""), line);
    if (asked == 2)
        CHECK_STR(LINE("\"id\":3,\"method\":\"tools/list\",\"params\":{\"cursor\":\"a\\u0000\\\"\"}"), line);
    if (asked == 4) return reply_to(line, "\"result\":{\"tools\":[" TOOL("b") "]}");
    if (asked == 1) return reply_to(line, "\"result\":{\"tools\":[" TOOL("a") "],\"nextCursor\":\"a\\u0000\\\"\"}");
    return reply_to(line, asked == 2 ? "\"result\":{\"nextCursor\":\"\",\"tools\":[]}" :
                    "\"result\":{\"nextCursor\":\"x\",\"tools\":[]}");
}

static const char *is_silent(const char *line)
{
    (void)line;
    return "";
}

static const char *refuses(const char *line) { return reply_to(line, "\"error\":{\"code\":-1,\"message\":\"no\"}"); }

static const char *has_no_tools(const char *line)
{
    return reply_to(line, asked == 1 ? "\"result\":{\"tools\":[]}" : "\"result\":{\"tools\":[],\"nextCursor\":null}");
}

static void pages_that_fail(void)
{
    mcp_json t;
    size_t n = 0, i;
    play(fails_later);
    for (t = mcp_list_first(side.client, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(side.client, t)) n++;
    CHECK_UINT(2, n);
    CHECK_STATUS(MCP_E_REMOTE, mcp_list_status(side.client));
    CHECK_STR("tools/list: oh", mcp_client_error(side.client));
    CHECK(!mcp_json_exists(mcp_list_next(side.client, t)));
    CHECK_UINT(2, asked);
    end();
    play(refuses);
    CHECK(!mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    CHECK_STATUS(MCP_E_REMOTE, mcp_list_status(side.client));
    end();
    play(is_silent);
    CHECK(!mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_list_status(side.client));
    end();
    play(has_no_tools);
    for (i = 0; i < 2; i++) {
        t = mcp_list_first(side.client, MCP_TOOLS);
        CHECK(!mcp_json_exists(t));
        CHECK(!mcp_json_exists(mcp_list_next(side.client, t)));
        CHECK_STATUS(MCP_OK, mcp_list_status(side.client));
    }
    CHECK_UINT(2, asked);
    end();
}

static void empty_pages(void)
{
    mcp_json t;
    play(some_empty_pages);
    t = mcp_list_first(side.client, MCP_TOOLS);
    CHECK(mcp_json_equals(t, "name", "a"));
    t = mcp_list_next(side.client, t);
    CHECK(mcp_json_equals(t, "name", "b"));
    CHECK(!mcp_json_exists(mcp_list_next(side.client, t)));
    CHECK_STATUS(MCP_OK, mcp_list_status(side.client));
    CHECK_UINT(4, asked);
    end();
    play(first_empty);
    CHECK(mcp_json_equals(mcp_list_first(side.client, MCP_TOOLS), "name", "a"));
    CHECK_UINT(3, asked);
    end();
}

/*---- Bytes in every cut ---------------------------------------------------------------------------*/

static const char modern_talk[] =
    "hello\n" DISCOVERED("1") TEXT("3", "caf\\u00e9") "\r\n" LINE("\"method\":\"notifications/message\"")
    FAILURE("2", "-32602", ",\"data\":[1]") "{\n" TEXT("2", "late") LINE("\"id\":9,\"method\":\"ping\"")
    RESULT("4", "{\"resultType\":\"task\"}");
static const char legacy_talk[] =
    FAILURE("1", "-32601", "") LINE("\"id\":\"p\",\"method\":\"ping\"") INITIALIZED("6", "2025-03-26")
    TEXT("3", "caf\\u00e9") "\r\n" LINE("\"id\":9,\"method\":\"roots/list\"") FAILURE("2", "-32602", ",\"data\":[1]")
    "\xC3\n" TEXT("2", "late") RESULT("4", "{\"resultType\":\"task\"}");

/* Feeds the talk in pieces; what came of it, as text. */
static const char *converse(const char *talk, size_t len, size_t first, size_t piece)
{
    static char told[6000];
    static got g[4];
    size_t i, at = 0, n = 0;
    memset(g, 0, sizeof g);
    begin();
    create();
    for (i = 0; i < 4; i++) CHECK(begin_call(&g[i], "x") == i + 2);
    while (at < len) {
        const size_t want = at < first ? first - at : len - at < piece ? len - at : piece;
        if (at % 2) {
            CHECK_UINT(want, mcp_client_feed(side.client, talk + at, want));
        } else {
            size_t size;
            char *room = mcp_client_room(side.client, want, &size);
            CHECK(room && size >= want);
            if (!room) break;
            memcpy(room, talk + at, want);
            mcp_client_fed(side.client, want);
        }
        at += want;
        n += (size_t)snprintf(told + n, sizeof told - n, "%s", output());
    }
    end();
    for (i = 0; i < 4; i++)
        n += (size_t)snprintf(told + n, sizeof told - n, "%d %d %d %d %s %s %s\n", (int)g[i].times, (int)g[i].at,
                              g[i].status, g[i].code, g[i].text, g[i].result, g[i].data);
    snprintf(told + n, sizeof told - n, "%d logs\n", (int)side.num_logs);
    return told;
}

static void talk_in_every_cut(const char *talk, size_t len)
{
    static char want[6000];
    size_t i;
    snprintf(want, sizeof want, "%s", converse(talk, len, 0, len));
    CHECK(strstr(want, "caf\xC3\xA9") && strstr(want, "1 1 0 0 ") && strstr(want, "-32602"));
    for (i = 1; i < len && !test_state.failures; i += test_step(31)) {
        NOTE("cut at %lu", (unsigned long)i);
        CHECK_STR(want, converse(talk, len, i, len));
    }
    for (i = 1; i < 40 && !test_state.failures; i += test_step(6)) {
        NOTE("pieces of %lu", (unsigned long)i);
        CHECK_STR(want, converse(talk, len, 0, i));
    }
}

static void bytes_in_every_cut(void)
{
    talk_in_every_cut(modern_talk, sizeof modern_talk - 1);
    talk_in_every_cut(legacy_talk, sizeof legacy_talk - 1);
}

/*---- Memory ---------------------------------------------------------------------------------------*/

/* Whatever is said again needs no more memory. */
static void say_again(void)
{
    const size_t count = test_rounds(1000) < 1000 ? test_rounds(1000) : 1000;
    size_t i, calls = 0, bytes = 0;
    for (i = 0; i < count + 200; i++) {     /* from then on, numbers have as many digits */
        if (i == 200) calls = side.heap.calls, bytes = side.heap.bytes;
        CHECK(mcp_call_begin(side.client, on_done, &side.a, "echo", "{'text': %s}", "begun") != 0);
        CHECK(mcp_client_cancel(side.client, begin_call(&side.b, "cancelled")));
        CHECK_STR("x", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
        CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(mcp_call_tool(side.client, "fails", NULL)));
        CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(mcp_call_tool(side.client, "none", NULL)));
        CHECK(mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    }
    CHECK_UINT(count + 200, side.a.times);
    CHECK_UINT(0, side.b.times);
    CHECK_UINT(calls, side.heap.calls);
    CHECK_UINT(bytes, side.heap.bytes);
}

static void steady_state(void) { each_era(say_again); }

/* What one long request or reply needed is not all kept for every request after it. */
static void large_requests_do_not_pile_up(void)
{
    static char much[30000];
    static got g[60];
    size_t i, len;
    memset(much, 'y', sizeof much - 1);
    memset(g, 0, sizeof g);
    begin();
    side.desc.max_output = 1;
    create();
    for (i = 0; i < MCP_COUNT(g); i++) CHECK(begin_call(&g[i], much) != 0);
    CHECK(side.heap.bytes > MCP_COUNT(g) * sizeof much);
    (void)output();
    feed(DISCOVERED("1"));
    while (mcp_client_output(side.client, &len)) mcp_client_sent(side.client, len);
    for (i = 0; i < MCP_COUNT(g); i++) {
        char line[100];
        snprintf(line, sizeof line, RESULT("%d", "{}"), (int)i + 2);
        feed(line);
    }
    for (i = 0; i < MCP_COUNT(g); i++) CHECK_UINT(1, g[i].times);
    if (side.heap.bytes > 200000) FAIL("%lu bytes are kept", (unsigned long)side.heap.bytes);
    end();
}

static got hard[6];
static mcp_ref hard_refs[6];

/* A conversation by hand; what has no memory is left out. Checks that each request is answered once. */
static void hard_times(void)
{
    const size_t which = side.desc.revisions == 0;
    const char *talk = which ? modern_talk : legacy_talk;
    const size_t len = which ? sizeof modern_talk - 1 : sizeof legacy_talk - 1;
    size_t i, at, n = 0;
    memset(hard, 0, sizeof hard);
    side.desc.revisions = 0;
    side.client = mcp_client_create(&side.desc);
    if (!side.client) return;
    for (i = 0; i < 6; i++)
        hard_refs[i] = mcp_call_begin(side.client, on_done, &hard[i], "echo", "{'text': %s, 'n': [%d]}", "x", 7);
    if (hard_refs[5] && mcp_client_cancel(side.client, hard_refs[5])) hard_refs[5] = 0;
    for (at = 0; at < len; at += n) {
        n = mcp_client_feed(side.client, talk + at, len - at < 100 ? len - at : 100);
        if (!n) break;
        (void)output();
    }
    if (hard_refs[4] && mcp_client_cancel(side.client, hard_refs[4])) hard_refs[4] = 0;
    side.now += 70000;
    (void)mcp_client_tick(side.client);
    (void)output();
    if (mcp_client_status(side.client) < 0) CHECK(*mcp_client_error(side.client) != 0);
    mcp_client_close(side.client);
    for (i = 0; i < 6; i++) CHECK_UINT(hard_refs[i] != 0, hard[i].times);
}

/* The same with blocking calls. A reply that could not be had says why. */
static void hard_pair(void)
{
    mcp_json t;
    const mcp_reply *r;
    size_t i;
    memset(hard, 0, sizeof hard);
    far.server = mcp_server_create(&far.desc);
    if (!far.server) return;
    side.client = mcp_pair(far.server, &side.desc);
    if (side.client) {
        hard_refs[0] = mcp_call_begin(side.client, on_done, &hard[0], "echo", "{'text': %s}", "x");
        r = mcp_call_tool(side.client, "echo", "{'text': %s}", "x");
        CHECK(mcp_reply_status(r) < 0 || !strcmp(mcp_reply_text(r), "x"));
        CHECK(mcp_reply_status(r) >= 0 || *mcp_reply_text(r));
        for (t = mcp_list_first(side.client, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(side.client, t)) {}
        hard_refs[1] = mcp_call_begin(side.client, on_done, &hard[1], "later", NULL);
        r = mcp_call_tool(side.client, "later", NULL);
        CHECK(mcp_reply_status(r) < 0 && *mcp_reply_text(r));
        mcp_client_close(side.client);
        for (i = 0; i < 2; i++) CHECK_UINT(hard_refs[i] != 0, hard[i].times);
    }
    mcp_server_destroy(far.server);
}

/* Fails allocation n, n = 1, 2, ... until there are fewer. what: 0 legacy and 1 modern by hand, 2 and 3 pairs. */
static size_t fail_each(size_t what, bool forever)
{
    size_t n, calls;
    for (n = 1; n < 2000 && !test_state.failures; n++) {
        NOTE("%lu: allocation %lu fails%s", (unsigned long)what, (unsigned long)n, forever ? " and all after it" : "");
        begin_pair();
        side.heap.fail_at = n;
        side.heap.forever = forever;
        side.desc.revisions = what == 1 ? 0 : what == 0 ? MCP_ALL_REVISIONS : 0;
        if (what == 2) far.desc.revisions = OLD;
        far.desc.page_size = 2;
        if (what < 2) hard_times();
        else hard_pair();
        calls = side.heap.calls;
        CHECK_HEAP(&side.heap);
        if (calls < n) break;
    }
    return n - 1;
}

static void every_allocation_fails(void)
{
    size_t what, total = 0;
    for (what = 0; what < 4; what++) {
        const size_t once = fail_each(what, false), for_ever = fail_each(what, true);
        CHECK(once > 15 && for_ever > 15);
        total += once + for_ever;
    }
    printf("note - client: %lu allocations failed on purpose\n", (unsigned long)total);
}

/*---- Blocking calls where others are under way -----------------------------------------------------*/

static void calls_and_waits(const mcp_reply *reply)
{
    CHECK_STR("outer", mcp_reply_text(reply));
    CHECK_STR("inner", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "inner")));
    CHECK_STR("again", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "again")));
    CHECK(begin_call(&side.c, "last") != 0);
}

static void wait_in_a_callback(void)
{
    side.a.act = calls_and_waits;
    side.answers = side.a.times = side.b.times = side.c.times = 0;
    CHECK(begin_call(&side.a, "outer") && begin_call(&side.b, "next"));
    while (mcp_client_pump(side.client, 0) == MCP_OK) {}
    CHECK_UINT(1, side.a.times);
    CHECK_UINT(1, side.b.times);
    CHECK_STR("next", side.b.text);
    CHECK_UINT(1, side.c.times);
    CHECK_UINT(3, side.answers);
    CHECK_STR("x", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
}

static void blocking_call_in_a_callback(void) { each_era(wait_in_a_callback); }

/* The outer call's reply comes while the inner one waits for its own: each gets its own. */
static void wait_twice(void)
{
    side.a.act = calls_and_waits;
    side.answers = side.a.times = 0;
    CHECK(begin_call(&side.a, "outer") != 0);
    CHECK_STR("mine", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "mine")));
    CHECK_UINT(1, side.a.times);
    CHECK_STR("x", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
}

static void blocking_calls_inside_one_another(void) { each_era(wait_twice); }

static int says_much(mcp_call *c)
{
    static const char much[3001] = { 0 };
    return mcp_embed_bytes(c, "x:y", NULL, much, sizeof much);
}

static int waits_for_us(mcp_call *c)
{
    const mcp_reply *r = mcp_call_tool(side.client, "echo", "{'text': %s}", "never");
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_reply_status(r));
    return mcp_text(c, "waited");
}

/* Such a handler may run when a part of what the server said before was taken: the parts keep their order. */
static void wait_in_a_handler_behind_replies(void)
{
    static const mcp_tool both[] = { MCP_TOOL("echo", says_much, 0, text_rows), MCP_TOOL("waits", waits_for_us, 0, 0) };
    begin_pair();
    far.desc.tools = both;
    far.desc.num_tools = MCP_COUNT(both);
    far.desc.max_output = 1000;
    far.desc.revisions = OLD;
    pair();
    while (mcp_client_pump(side.client, 0) == MCP_OK) {}
    CHECK(begin_call(&side.a, "x") && begin_call(&side.b, "x"));
    CHECK(mcp_call_begin(side.client, on_done, &side.d, "waits", NULL) != 0);
    while (mcp_client_pump(side.client, 0) == MCP_OK) {}
    CHECK_STATUS(MCP_OK, side.a.status);
    CHECK_STATUS(MCP_OK, side.b.status);
    CHECK_STR("waited", side.d.text);
    CHECK_UINT(3, side.answers);
    CHECK_UINT(1, mcp_client_late(side.client));        /* what was not waited for */
    end_pair();
}

/* The reply must not lie in a client that is gone. */
static void close_in_a_callback_of_a_blocking_call(void)
{
    const mcp_reply *r;
    begin_pair();
    pair();
    side.a.act = closes;
    CHECK(begin_call(&side.a, "x") != 0);
    r = mcp_call_tool(side.client, "echo", "{'text': %s}", "y");
    CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(r));
    CHECK_STR("the client was closed", mcp_reply_text(r));
    CHECK(!mcp_json_exists(mcp_reply_content(r)));
    mcp_server_destroy(far.server);
    CHECK_HEAP(&side.heap);
}

/*---- Requests that cannot be sent -----------------------------------------------------------------*/

/* Without memory a request is not begun, or it is and is answered later, once. */
static void begin_without_memory(void)
{
    size_t n;
    for (n = 1; n < 12; n++) {
        mcp_ref ref;
        size_t k;
        NOTE("allocation %lu fails", (unsigned long)n);
        ready_modern();
        side.heap.fail_at = side.heap.calls + n;
        ref = begin_call(&side.a, "a text that is longer than what the buffers have room for: "
                         "0123456789012345678901234567890123456789012345678901234567890123456789"
                         "0123456789012345678901234567890123456789012345678901234567890123456789");
        k = side.a.times;
        CHECK_UINT(0, k);
        side.heap.fail_at = 0;
        if (ref) CHECK(strlen(output()) > 100);
        else CHECK(*mcp_client_error(side.client) != 0);
        end();
        CHECK_UINT(ref != 0, side.a.times);
    }
}

/* With what goes around the params a request may be longer than they are; one that is too long ends nothing
   else, however long it is. */
static void requests_that_are_a_little_too_long(void)
{
    static char much[1400];
    size_t len, begun = 0;
    for (len = 300; len < 1100; len += 10) {
        mcp_ref ref;
        NOTE("%lu bytes", (unsigned long)len);
        begin();
        side.desc.max_request = 1000;
        create();
        feed(DISCOVERED("1"));
        memset(much, 'x', len);
        much[len] = 0;
        CHECK(begin_call(&side.b, "short") == 2);
        ref = begin_call(&side.a, much);
        begun += ref != 0;
        CHECK_UINT(0, side.answers);
        CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
        feed(TEXT("2", "x"));
        CHECK_STR("x", side.b.text);
        end();
    }
    CHECK(begun > 10);
}

static void room_without_memory(void)
{
    size_t size;
    ready_modern();
    side.a.act = closes;
    CHECK(begin_call(&side.a, "x") != 0);
    side.heap.fail_at = side.heap.calls + 1;
    side.heap.forever = true;
    CHECK(mcp_client_room(side.client, 1 << 20, &size) == NULL);
    CHECK_UINT(1, side.a.times);
    CHECK_STATUS(MCP_E_NOMEM, side.a.status);
    CHECK_HEAP(&side.heap);
}

static void exactly_max_calls(void)
{
    static got g[8];
    size_t i, legacy, count;
    for (legacy = 0; legacy < 2; legacy++) {
        begin();
        memset(g, 0, sizeof g);
        side.desc.max_calls = 3;
        create();
        feed(legacy ? FAILURE("1", "-32601", "") INITIALIZED("2", "2025-11-25") : DISCOVERED("1"));
        for (i = count = 0; i < 8; i++) if (begin_call(&g[i], "x")) count++;
        CHECK_UINT(3, count);
        end();
    }
}

/* A reply that passes a limit is one all the same: its request ends, and says why. */
static void replies_past_a_limit(void)
{
    static const struct { const char *reply; int status; } past[] = {
        { RESULT("2", "{\"x\":[[[[[[[[[[0]]]]]]]]]]}"), MCP_E_DEPTH },
        { RESULT("2", "{\"x\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}"), MCP_E_NODES }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(past); i++) {
        NOTE("%s", past[i].reply);
        begin();
        side.desc.max_depth = 8;
        side.desc.max_nodes = 30;
        create();
        feed(DISCOVERED("1"));
        CHECK(begin_call(&side.a, "x") == 2);
        feed(past[i].reply);
        CHECK_UINT(1, side.a.times);
        CHECK_STATUS(past[i].status, side.a.status);
        CHECK(strstr(side.a.text, past[i].status == MCP_E_DEPTH ? ": see max_depth" : ": see max_nodes") != NULL);
        CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
        end();
        CHECK_UINT(1, side.a.times);
    }
}

#define DEEP "[[[[[[[[[[0]]]]]]]]]]"
#define REFUSED(id) LINE("\"id\":" id ",\"error\":{\"code\":-32600," \
                         "\"message\":\"MCP_E_DEPTH: nested too deeply: see max_depth\"}")

/* Past a limit, what is no answer to a request of ours ends none, and counts as a late one if it is a response. A
   request of the server is refused, whether or not it has the id of one of ours; its id must have come before. */
static const struct {
    const char *line;
    size_t late;
    const char *sent;
} strays_past[] = {
    { "{\"id\":2,\"id\":2,\"result\":" DEEP "}\n", 0, "" }, { "{\"id\":\"2\",\"result\":" DEEP "}\n", 1, "" },
    { "{\"result\":" DEEP ",\"id\":2}\n", 0, "" }, { "{\"id\":null,\"result\":" DEEP "}\n", 1, "" },
    { "{\"id\":3,\"result\":" DEEP "}\n", 1, "" }, { DEEP "\n", 0, "" },
    { "{\"id\":99999999999999999999,\"result\":" DEEP "}\n", 1, "" },
    { "{\"id\":{\"id\":2},\"result\":" DEEP "}\n", 0, "" }, { "{\"id\":2,\"params\":" DEEP "}\n", 0, "" },
    { "{\"id\":2,\"params\":{\"result\":" DEEP "}}\n", 0, "" }, { "{\"x\":{\"id\":2},\"result\":" DEEP "}\n", 0, "" },
    { "{\"method\":\"m\",\"params\":" DEEP "}\n", 0, "" },
    { "{\"id\":2,\"method\":\"ping\",\"params\":" DEEP "}\n", 0, REFUSED("2") },
    { "{\"method\": \"roots/list\", \"id\" : \"2\\n\", \"params\": " DEEP "}\n", 0, REFUSED("\"2\\n\"") },
    { "{\"id\":2,\"method\":\"m\",\"result\":" DEEP "}\n", 0, REFUSED("2") },
    { "{\"id\":2.5,\"method\":\"m\",\"params\":" DEEP "}\n", 0, "" },
    { "{\"id\":null,\"method\":\"m\",\"params\":" DEEP "}\n", 0, "" }
};

static void strays_past_a_limit(void)
{
    size_t i, legacy;
    for (i = 0; i < MCP_COUNT(strays_past); i++)
        for (legacy = 0; legacy < 2; legacy++) {
            NOTE("%s %s", legacy ? "legacy" : "modern", strays_past[i].line);
            begin();
            side.desc.max_depth = 8;
            side.desc.revisions = legacy ? OLD : NEW;
            create();
            feed(legacy ? INITIALIZED("1", "2025-11-25") : DISCOVERED("1"));
            CHECK(begin_call(&side.a, "x") == 2);
            (void)output();
            feed(strays_past[i].line);
            CHECK_UINT(0, side.answers);
            CHECK_UINT(strays_past[i].late, mcp_client_late(side.client));
            CHECK_STR(legacy ? strays_past[i].sent : "", output());
            CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
            feed(TEXT("2", "y"));
            CHECK_STR("y", side.a.text);
            end();
        }
}

/* Why a blocking call was not made. */
static void blocking_calls_without_memory_or_room(void)
{
    static char much[3000];
    memset(much, 'x', sizeof much - 1);
    begin_pair();
    side.desc.max_request = 1000;
    side.desc.max_calls = 2;
    pair();
    CHECK_STATUS(MCP_E_TOO_LONG, mcp_reply_status(mcp_call_tool(side.client, "echo", "{'text': %s}", much)));
    side.heap.fail_at = side.heap.calls + 1;
    CHECK_STATUS(MCP_E_NOMEM, mcp_reply_status(mcp_call_tool(side.client, "echo", "{'text': %s}", much + 2500)));
    CHECK_STR("x", mcp_reply_text(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
    CHECK(begin_call(&side.a, "1") && begin_call(&side.b, "2"));
    CHECK_STATUS(MCP_E_BUSY, mcp_reply_status(mcp_call_tool(side.client, "echo", "{'text': %s}", "x")));
    end_pair();
}

/* The tools of a server that may never come to an end; how many there were. */
static size_t count_tools(void)
{
    mcp_json t;
    size_t n = 0;
    for (t = mcp_list_first(side.client, MCP_TOOLS); mcp_json_exists(t) && n < 10000; n++)
        t = mcp_list_next(side.client, t);
    CHECK(!mcp_json_exists(mcp_list_next(side.client, t)));
    return n;
}

/* A list of pages without end ends at max_pages, in every list anew; empty ones count, too. */
static void pages_without_end(void)
{
    static const struct { const char *(*script)(const char *line); uint32_t max; size_t asked, tools; } rows[] = {
        { ever_new_pages, 0, 1000, 1000 }, { ever_new_pages, 1, 1, 1 }, { ever_new_pages, 30, 30, 30 },
        { only_empty_pages, 30, 30, 0 }, { only_empty_pages, 0, 1000, 0 }
    };
    size_t i, turn;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %lu", (unsigned long)i);
        begin();
        side.desc.max_pages = rows[i].max;
        play_to(rows[i].script);
        for (turn = 0; turn < 2; turn++) {
            asked = 0;
            CHECK_UINT(rows[i].tools, count_tools());
            CHECK_UINT(rows[i].asked, asked);
            CHECK_STATUS(MCP_E_TOO_LONG, mcp_list_status(side.client));
            CHECK_STR("tools/list: it has more pages than mcp_client_desc.max_pages", mcp_client_error(side.client));
            CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
        }
        end();
    }
}

static const char *the_empty_cursor(const char *line)
{
    return reply_to(line, "\"result\":{\"tools\":[" TOOL("a") "],\"nextCursor\":\"\"}");
}

/* A cursor may be any text, the empty one too; twice the same is a circle. */
static void empty_cursors(void)
{
    play(the_empty_cursor);
    CHECK_UINT(2, count_tools());
    CHECK_STATUS(MCP_E_PROTOCOL, mcp_list_status(side.client));
    end();
}

/* Pages that lead back to an earlier one are noticed, however many there are in the circle. */
static void cursors_that_are_repeated(void)
{
    for (circle = 1; circle < 60; circle++) {
        NOTE("a circle of %lu", (unsigned long)circle);
        play(pages_in_a_circle);
        CHECK(count_tools() < 200);
        CHECK_STATUS(MCP_E_PROTOCOL, mcp_list_status(side.client));
        CHECK_STR("tools/list: the server's pages lead in a circle", mcp_client_error(side.client));
        end();
    }
}

/* Then there is no tool, and no client. */
static void close_in_a_callback_of_a_list(void)
{
    begin_pair();
    pair();
    side.a.act = closes;
    CHECK(begin_call(&side.a, "x") != 0);
    CHECK(!mcp_json_exists(mcp_list_first(side.client, MCP_TOOLS)));
    mcp_server_destroy(far.server);
    CHECK_HEAP(&side.heap);
}

static void what_is_no_message_is_logged(void)
{
    static const char *const lines[] = { "42\n", "[]\n", "{}\n", "\"x\"\n", "[{\"id\":2,\"result\":{}}]\n",
                                         "{\"id\":\"2\",\"result\":{}}\n", "{\"result\":{}}\n", "{\"method\":7}\n" };
    size_t i;
    for (i = 0; i < MCP_COUNT(lines); i++) {
        NOTE("%s", lines[i]);
        ready_legacy();
        side.num_logs = 0;
        feed(lines[i]);
        CHECK_UINT(1, side.num_logs);
        end();
    }
}

/* A log that runs the host's loop, which reads on, once. */
static void reads_on(void *user, int level, const char *message)
{
    static char line[5000];
    on_log(user, level, message);
    if (side.num_logs > 1) return;
    memset(line, ' ', sizeof line - 1);
    memcpy(line, "[[[[0]]]]", 9);
    line[sizeof line - 2] = '\n';
    feed(line);
}

/* What the log is told of was seen to before. */
static void the_log_reads_on(void)
{
    begin();
    side.desc.log = reads_on;
    create();
    side.now += 5000;
    (void)mcp_client_tick(side.client);
    feed(DISCOVERED("1"));
    feed(FAILURE("2", "-32601", ""));
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK_STR("2026-07-28", mcp_client_revision(side.client));
    CHECK_UINT(2, side.num_logs);
    end();
    begin();
    side.desc.log = reads_on;
    side.desc.max_depth = 8;
    create();
    feed(DISCOVERED("1"));
    CHECK(begin_call(&side.a, "x") == 2);
    feed("{\"id\":2,\"result\":" DEEP "}\n");
    CHECK_STATUS(MCP_E_DEPTH, side.a.status);
    CHECK_UINT(2, side.num_logs);
    end();
}

/* What may be received may be kept. */
static void hello_with_many_nodes(void)
{
    const size_t zeros = 530000;
    static const char start[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"x\":[0";
    begin();
    side.desc.revisions = OLD;
    side.desc.max_nodes = 1 << 20;
    create();
    {
        char *text = (char *)malloc(zeros * 2 + 200);
        size_t i, n = sizeof start - 1;
        memcpy(text, start, n);
        for (i = 0; i < zeros; i++) text[n++] = ',', text[n++] = '0';
        memcpy(text + n, "]}}\n", 5);
        feed(text);
        free(text);
    }
    CHECK_STATUS(MCP_OK, mcp_client_status(side.client));
    CHECK_UINT(zeros + 1, mcp_json_count(mcp_json_get(mcp_client_hello(side.client), "x")));
    end();
}

static void our_title_in_initialize(void)
{
    begin();
    side.desc.title = "T";
    side.desc.revisions = OLD;
    create();
    CHECK(strstr(output(), "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\",\"title\":\"T\"}") != NULL);
    end();
    begin();
    side.desc.title = "T";
    side.desc.revisions = MCP_2025_03_26;
    create();
    CHECK_STR(INITIALIZE("1", "2025-03-26"), output());
    end();
}

/*---- Progress -----------------------------------------------------------------------------------*/

static char told[400];

static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    const size_t n = strlen(told);
    CHECK(user == &side);
    snprintf(told + n, sizeof told - n, "%u: %g of %g %s;", (unsigned)request, progress, total, message);
}

#define PROGRESS(token, more) \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":" token "," more "}}\n"

static void begin_with_progress(uint32_t revisions, const char *hello)
{
    begin();
    *told = 0;
    side.desc.on_progress = on_progress;
    side.desc.revisions = revisions;
    create();
    CHECK(!strstr(output(), "progressToken"));      /* nobody waits for the handshake's */
    feed(hello);
    (void)output();
}

#define IN_2026 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\"," \
                   "\"supportedVersions\":[\"2026-07-28\"]}}\n"
#define IN_2025 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}}\n"

/* Progress only grows, and only that of a request under way counts. */
static void progress_is_told(void)
{
    begin_with_progress(MCP_2026_07_28, IN_2026);
    CHECK_UINT(2, mcp_call_begin(side.client, on_done, &side.a, "t", NULL));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"_meta\":{"
              "\"progressToken\":2,\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
              "\"io.modelcontextprotocol/clientCapabilities\":{},"
              "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}}\n", output());
    feed(PROGRESS("2", "\"progress\":0.5,\"total\":2,\"message\":\"half \\\"way\\\"\"")
         PROGRESS("2", "\"progress\":0.5") PROGRESS("2", "\"progress\":0.25") PROGRESS("2", "\"progress\":\"1\"")
         PROGRESS("3", "\"progress\":1") PROGRESS("\"2\"", "\"progress\":1") PROGRESS("null", "\"progress\":1")
         PROGRESS("2", "\"progress\":1e3"));
    CHECK_STR("2: 0.5 of 2 half \"way\";2: 1000 of 0 ;", told);
    feed("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}\n" PROGRESS("2", "\"progress\":2000"));
    CHECK_UINT(1, side.a.times);
    CHECK_STR("2: 0.5 of 2 half \"way\";2: 1000 of 0 ;", told);
    end();
}

static void progress_is_asked_for_before_2026(void)
{
    begin_with_progress(MCP_2025_11_25, IN_2025);
    CHECK_UINT(2, mcp_call_begin(side.client, on_done, &side.a, "t", "{'a': 1}"));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
              "\"arguments\":{\"a\":1},\"_meta\":{\"progressToken\":2}}}\n", output());
    CHECK_UINT(3, mcp_request_begin(side.client, on_done, &side.b, "tools/list", NULL));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
              "\"progressToken\":3}}}\n", output());
    feed(PROGRESS("3", "\"progress\":7") PROGRESS("2", "\"progress\":0"));
    CHECK_STR("3: 7 of 0 ;2: 0 of 0 ;", told);
    end();
}

/* What a server tells of the handshake is of no request that the user has begun, and gives it no time. */
static void progress_of_the_handshake(void)
{
    begin();
    *told = 0;
    side.desc.on_progress = on_progress;
    create();
    side.now += 4000;
    feed(PROGRESS("1", "\"progress\":1"));
    CHECK_INT(1000, mcp_client_tick(side.client));
    feed(FAILURE("1", "-32601", "") PROGRESS("2", "\"progress\":1"));
    CHECK_STR("", told);
    end();
}

/* It gives a request new time, but not for ever. */
static void progress_gives_time(void)
{
    char line[200];
    int i;
    begin_with_progress(MCP_2026_07_28, IN_2026);
    CHECK_UINT(2, mcp_call_begin(side.client, on_done, &side.a, "t", NULL));
    for (i = 1; i <= 11; i++) {
        side.now += 50000;
        snprintf(line, sizeof line, PROGRESS("2", "\"progress\":%d"), i);
        feed(line);
        CHECK_INT(i < 11 ? 60000 : 50000, mcp_client_tick(side.client));
    }
    CHECK_UINT(0, side.a.times);
    side.now += 50000;
    feed(PROGRESS("2", "\"progress\":99"));
    (void)mcp_client_tick(side.client);
    CHECK_UINT(1, side.a.times);
    CHECK_STATUS(MCP_E_TIMEOUT, side.a.status);
    end();
}

int main(void)
{
    TEST(answers_to_the_probe);
    TEST(answers_to_initialize);
    TEST(the_probe_is_not_answered);
    TEST(a_late_answer_is_used);
    TEST(initialize_is_not_answered);
    TEST(a_modern_client_waits_longer);
    TEST(without_a_clock);
    TEST(limits_of_time);
    TEST(requests_wait_for_the_era);
    TEST(requests_time_out_before_the_era_is_known);
    TEST(a_refused_handshake_ends_requests);
    TEST(who_we_are);
    TEST(replies_of_every_kind);
    TEST(content_block_by_block);
    TEST(lines_that_answer_nothing);
    TEST(requests_of_the_server);
    TEST(requests_before_the_era_is_known);
    TEST(floods);
    TEST(endless_line);
    TEST(the_longest_line);
    TEST(slow_server);
    TEST(questions_without_end);
    TEST(questions_behind_requests);
    TEST(answers_in_any_order);
    TEST(cancelled_requests);
    TEST(the_handshake_is_not_cancelled);
    TEST(requests_time_out);
    TEST(numbers_are_never_used_again);
    TEST(too_many_requests);
    TEST(bad_params);
    TEST(long_params);
    TEST(close_with_open_requests);
    TEST(the_server_ends);
    TEST(close_in_a_callback);
    TEST(begin_in_a_callback);
    TEST(cancel_in_a_callback);
    TEST(every_revision);
    TEST(blocking_calls);
    TEST(blocking_calls_that_cannot_be_written);
    TEST(replies_stay);
    TEST(waiting_without_a_pump);
    TEST(tools_that_answer_later);
    TEST(tools_page_by_page);
    TEST(pages_that_fail);
    TEST(empty_pages);
    TEST(bytes_in_every_cut);
    TEST(steady_state);
    TEST(large_requests_do_not_pile_up);
    TEST(every_allocation_fails);
    TEST(blocking_call_in_a_callback);
    TEST(blocking_calls_inside_one_another);
    TEST(wait_in_a_handler_behind_replies);
    TEST(close_in_a_callback_of_a_blocking_call);
    TEST(begin_without_memory);
    TEST(requests_that_are_a_little_too_long);
    TEST(room_without_memory);
    TEST(exactly_max_calls);
    TEST(replies_past_a_limit);
    TEST(strays_past_a_limit);
    TEST(blocking_calls_without_memory_or_room);
    TEST(pages_without_end);
    TEST(empty_cursors);
    TEST(cursors_that_are_repeated);
    TEST(close_in_a_callback_of_a_list);
    TEST(what_is_no_message_is_logged);
    TEST(the_log_reads_on);
    TEST(hello_with_many_nodes);
    TEST(our_title_in_initialize);
    TEST(progress_is_told);
    TEST(progress_is_asked_for_before_2026);
    TEST(progress_of_the_handshake);
    TEST(progress_gives_time);
    return test_end();
}
