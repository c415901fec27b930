/* What a tool may take: its clock, how many of its calls are under way, and calls that go on later. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A host: a clock, and tools that do what a case says -----------------------------------------*/

static struct {
    test_heap heap;
    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *session;           /* of 2025-11-25 */
    uint64_t now;
    int (*act)(mcp_call *c);        /* what both tools do */
    mcp_ref refs[100], cancelled[100];
    size_t num_refs, num_cancelled;
    char log[512];
} host;

static int act(mcp_call *c) { return host.act(c); }

static const mcp_field rows[] = { MCP_ARG("text", MCP_STRING, 0), MCP_END };

/* What a case changes of it, begin sets back. */
static mcp_tool tools[2];

static uint64_t on_now(void *user) { (void)user; return host.now; }

static void on_cancel(void *user, mcp_ref ref)
{
    (void)user;
    if (host.num_cancelled < MCP_COUNT(host.cancelled)) host.cancelled[host.num_cancelled++] = ref;
}

static void on_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    snprintf(host.log, sizeof host.log, "%s", message);
}

static void begin(void)
{
    static const mcp_tool first[] = { MCP_TOOL("slow", act, 0, rows), MCP_TOOL("other", act, 0, rows) };
    memcpy(tools, first, sizeof tools);
    memset(&host, 0, sizeof host);
    host.now = 1000;
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.now_ms = on_now;
    host.desc.on_cancel = on_cancel;
    host.desc.log = on_log;
}

#define REQUEST(id, method, params) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}\n"
#define CALL(id, tool, text) \
    REQUEST(id, "tools/call", "\"name\":\"" tool "\",\"arguments\":{\"text\":\"" text "\"}")
#define CANCEL(id) \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" id "}}\n"
#define BLOCK(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define RESULT(id, blocks) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{\"content\":[" blocks "]}}\n"
#define REGRET(id, text) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{\"content\":[" BLOCK(text) "],\"isError\":true}}\n"
#define FAILURE(id, code, text) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" text "\"}}\n"

static void feed(const char *text)
{
    CHECK_UINT(strlen(text), mcp_session_feed(host.session, text, strlen(text)));
}

/* Everything that the session has to send, as a string; it counts as sent. */
static const char *output(void)
{
    static char text[1 << 16];
    size_t n = 0, len;
    const char *bytes;
    while (bytes = mcp_session_output(host.session, &len), len && n < sizeof text - 1) {
        if (len > sizeof text - 1 - n) len = sizeof text - 1 - n;
        memcpy(text + n, bytes, len);
        n += len;
        mcp_session_sent(host.session, len);
    }
    text[n] = 0;
    return text;
}

static void connect_host(void)
{
    host.server = mcp_server_create(&host.desc);
    CHECK(host.server != NULL);
    host.session = mcp_session_open(host.server);
    feed(REQUEST("0", "initialize", "\"protocolVersion\":\"2025-11-25\""));
    (void)output();
}

static void end(void)
{
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
}

static int says(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }

static int waits(mcp_call *c)
{
    mcp_ref ref;
    int status = mcp_defer(c, &ref);
    if (ref && host.num_refs < MCP_COUNT(host.refs)) host.refs[host.num_refs++] = ref;
    return status;
}

static void finish(size_t i, const char *text)
{
    mcp_call *c = mcp_resume(host.server, host.refs[i]);
    CHECK(c != NULL);
    if (c) mcp_finish(c, mcp_text(c, text));
}

/*---- The clock of a tool -------------------------------------------------------------------------*/

#define LATE(id, ms, member) REGRET(id, "there was no answer within " ms " ms (" member ")")

static void a_clock_of_its_own(void)
{
    begin();
    host.act = waits;
    host.desc.call_timeout_ms = 500;
    tools[0].timeout_ms = 200;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "other", ""));
    CHECK_INT(200, mcp_server_tick(host.server));
    host.now += 199;
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_STR("", output());
    host.now += 1;
    CHECK_INT(300, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "200", "mcp_tool.timeout_ms of slow"), output());
    CHECK_UINT(1, host.num_cancelled);
    CHECK_UINT(host.refs[0], host.cancelled[0]);
    host.now += 300;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("2", "500", "mcp_server_desc.call_timeout_ms"), output());
    end();
}

/* A tool may also have more time than others, or all of it. */
static void a_longer_clock(void)
{
    begin();
    host.act = waits;
    host.desc.call_timeout_ms = 500;
    tools[0].timeout_ms = 2000;
    tools[1].timeout_ms = MCP_NONE;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "other", ""));
    CHECK_INT(2000, mcp_server_tick(host.server));
    host.now += 2000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "2000", "mcp_tool.timeout_ms of slow"), output());
    host.now += 1u << 31;
    CHECK_INT(-1, mcp_server_tick(host.server));
    finish(1, "at last");
    CHECK_STR(RESULT("2", BLOCK("at last")), output());
    end();
    begin();
    host.act = waits;
    host.desc.call_timeout_ms = MCP_NONE;
    tools[0].timeout_ms = 10;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "other", ""));
    host.now += 1u << 31;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "10", "mcp_tool.timeout_ms of slow"), output());
    end();
}

/*---- How many calls of a tool are under way ------------------------------------------------------*/

#define BUSY(id, tool, calls) \
    REGRET(id, "'" tool "' is busy: " calls " of its calls are under way, as many as may be (mcp_tool.max_calls); " \
               "try again")

static void a_cap_of_its_own(void)
{
    begin();
    host.act = waits;
    tools[0].max_calls = 2;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "slow", "") CALL("3", "slow", ""));
    CHECK_STR(BUSY("3", "slow", "2"), output());
    feed(CALL("4", "other", "") CALL("5", "other", "") CALL("6", "other", ""));
    CHECK_STR("", output());                            /* others have no such limit */
    finish(0, "a");
    CHECK_STR(RESULT("1", BLOCK("a")), output());
    feed(CALL("7", "slow", "") CALL("8", "slow", ""));
    CHECK_STR(BUSY("8", "slow", "2"), output());
    finish(2, "b");
    CHECK_STR(RESULT("4", BLOCK("b")), output());
    feed(CALL("9", "slow", ""));
    CHECK_STR(BUSY("9", "slow", "2"), output());
    end();
}

/* Whatever ends a call makes room for another one. */
static void a_cap_after_every_end(void)
{
    begin();
    host.act = waits;
    tools[0].max_calls = 1;
    tools[0].timeout_ms = 100;
    connect_host();
    feed(CALL("1", "slow", "") CANCEL("1") CALL("2", "slow", ""));
    CHECK_STR("", output());
    host.now += 100;
    (void)mcp_server_tick(host.server);
    CHECK_STR(LATE("2", "100", "mcp_tool.timeout_ms of slow"), output());
    feed(REQUEST("3", "tools/call", "\"name\":\"slow\",\"arguments\":{\"text\":1}"));
    CHECK_STR(REGRET("3", "argument 'text': expected a string, got 1"), output());
    host.act = says;
    feed(CALL("4", "slow", "a") CALL("5", "slow", "b"));
    CHECK_STR(RESULT("4", BLOCK("a")) RESULT("5", BLOCK("b")), output());
    host.act = waits;
    feed(CALL("6", "slow", ""));
    mcp_session_close(host.session);
    host.session = mcp_session_open(host.server);
    feed(REQUEST("0", "initialize", "\"protocolVersion\":\"2025-11-25\""));
    (void)output();
    feed(CALL("7", "slow", "") CALL("8", "slow", ""));
    CHECK_STR(BUSY("8", "slow", "1"), output());
    end();
}

/* A reply that nobody takes holds its call, but its tool is free. */
static bool refuses(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)stream, (void)kind, (void)code, (void)last;
    if (!*(bool *)user) return false;
    CHECK(len < sizeof host.log);
    memcpy(host.log, bytes, len);
    host.log[len] = 0;
    return true;
}

static void a_cap_and_replies_that_wait(void)
{
    bool takes = false;
    mcp_delivery d;
    size_t i;
    begin();
    host.act = says;
    tools[0].max_calls = 1;
    connect_host();
    memset(&d, 0, sizeof d);
    d.session = host.session;
    d.emit = refuses;
    d.user = &takes;
    d.bytes = CALL("1", "slow", "a");
    d.len = sizeof CALL("1", "slow", "a") - 1;
    for (i = 0; i < 3; i++) CHECK_STATUS(MCP_WAIT, mcp_deliver(host.server, &d));
    takes = true;
    CHECK_STATUS(MCP_OK, mcp_deliver(host.server, &d));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[" BLOCK("a") "]}}", host.log);
    mcp_stream_ready(host.server, &takes, 0);
    end();
}

/*---- Calls that go on later ----------------------------------------------------------------------*/

typedef struct steps {
    int done, all;
    uint32_t ms;
} steps;

static int step(mcp_call *c)
{
    steps *s = (steps *)mcp_call_memory(c, sizeof *s);
    (void)mcp_textf(c, "%d", ++s->done);
    return s->done < s->all ? mcp_later(c, s->ms, step) : (int)MCP_OK;
}

/* As many steps as "text" says, 50 ms each, or with a fraction that many. */
static int in_steps(mcp_call *c)
{
    steps *s = (steps *)mcp_call_memory(c, sizeof *s);
    CHECK_INT(0, s->done + s->all + (int)s->ms);
    CHECK(mcp_call_memory(c, 1) == s);
    s->all = mcp_arg_str(c, "text")[0] - '0';
    s->ms = mcp_arg_str(c, "text")[1] ? 0 : 50;
    (void)mcp_text(c, "begun");
    return mcp_later(c, s->ms, step);
}

static void steps_to_the_end(void)
{
    begin();
    host.act = in_steps;
    connect_host();
    CHECK_INT(-1, mcp_server_tick(host.server));
    feed(CALL("1", "slow", "3"));
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 30;
    feed(CALL("2", "other", "1"));                      /* another one meanwhile */
    CHECK_INT(20, mcp_server_tick(host.server));
    host.now += 20;
    CHECK_INT(30, mcp_server_tick(host.server));        /* the second is due before the next step of the first */
    CHECK_STR("", output());
    host.now += 30;
    CHECK_INT(20, mcp_server_tick(host.server));
    CHECK_STR(RESULT("2", BLOCK("begun") "," BLOCK("1")), output());
    host.now += 20;
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 500;                                    /* late, and once only */
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("1", BLOCK("begun") "," BLOCK("1") "," BLOCK("2") "," BLOCK("3")), output());
    CHECK_UINT(0, host.num_cancelled);
    feed(CALL("3", "slow", "1"));                       /* its memory is zero again */
    host.now += 50;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("3", BLOCK("begun") "," BLOCK("1")), output());
    end();
}

/* With 0 ms a step a tick, so that others are served in between. */
static void steps_without_a_wait(void)
{
    begin();
    host.act = in_steps;
    connect_host();
    feed(CALL("1", "slow", "2."));
    CHECK_INT(0, mcp_server_tick(host.server));
    CHECK_STR("", output());
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("1", BLOCK("begun") "," BLOCK("1") "," BLOCK("2")), output());
    end();
}

/* The clock of the call goes on while it waits. */
static void steps_take_too_long(void)
{
    begin();
    host.act = in_steps;
    tools[0].timeout_ms = 120;
    connect_host();
    feed(CALL("1", "slow", "9"));
    host.now += 50;
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 50;
    CHECK_INT(20, mcp_server_tick(host.server));
    host.now += 50;                                     /* the next step and the end are due: the end it is */
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "120", "mcp_tool.timeout_ms of slow"), output());
    CHECK_UINT(1, host.num_cancelled);
    end();
}

static size_t num_steps;
static int counted_step(mcp_call *c) { num_steps++; return mcp_text(c, "never"); }
static int parks(mcp_call *c) { return mcp_later(c, 10, counted_step); }

static void steps_that_are_cancelled(void)
{
    begin();
    num_steps = 0;
    host.act = parks;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "slow", "") CANCEL("1"));
    CHECK_UINT(1, host.num_cancelled);
    mcp_session_close(host.session);
    CHECK_UINT(2, host.num_cancelled);
    host.now += 10;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(0, num_steps);
    end();
    begin();
    host.act = parks;
    connect_host();
    feed(CALL("1", "slow", ""));
    end();                                              /* nor at the end of the server */
    CHECK_UINT(0, num_steps);
}

static int fails_now(mcp_call *c) { return mcp_fail(c, "no"); }
static int breaks_now(mcp_call *c) { (void)c; return MCP_E_IO; }
static int waits_now(mcp_call *c) { return waits(c); }
static int next_of_fn(mcp_call *c) { return mcp_later(c, 1, (mcp_call_fn)NULL); }
static int memory_grows(mcp_call *c)
{
    CHECK(mcp_call_memory(c, 8) != NULL);
    CHECK(mcp_call_memory(c, 9) == NULL);
    return MCP_OK;
}
static int memory_is_huge(mcp_call *c)
{
    CHECK(mcp_call_memory(c, 100000) == NULL);
    return mcp_text(c, "not told");
}

static const struct {
    mcp_call_fn fn;
    const char *want;
} verdicts[] = {
    { says, RESULT("1", BLOCK("x")) },
    { fails_now, REGRET("1", "no") },
    { breaks_now, FAILURE("1", "-32603", "MCP_E_IO: reading or writing failed: see errno") },
    { next_of_fn, FAILURE("1", "-32603", "MCP_E_MISUSE: the call does not fit here: see the function's comment") },
    { memory_grows, FAILURE("1", "-32603", "mcp_call_memory with more than before: MCP_E_MISUSE: the call does "
                                    "not fit here: see the function's comment") },
    { memory_is_huge,
      FAILURE("1", "-32603", "MCP_E_NOMEM: out of memory: the allocator or the pool gave nothing more") },
    { waits_now, "" }
};

static mcp_call_fn second;
static int first_of_two(mcp_call *c) { return mcp_later(c, 1, second); }

/* What a step returns counts as if the handler had. */
static void verdicts_of_steps(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(verdicts); i++) {
        NOTE("verdict %lu", (unsigned long)i);
        begin();
        host.act = first_of_two;
        second = verdicts[i].fn;
        connect_host();
        feed(CALL("1", "slow", "x"));
        host.now += 1;
        (void)mcp_server_tick(host.server);
        CHECK_STR(verdicts[i].want, output());
        CHECK_UINT(second == waits_now, host.num_refs);
        if (host.num_refs) {                            /* from here on the host drives it */
            finish(0, "by the host");
            CHECK_STR(RESULT("1", BLOCK("by the host")), output());
        }
        CHECK_INT(-1, mcp_server_tick(host.server));
        end();
    }
}

static int waits_and_looks(mcp_call *c)
{
    (void)waits(c);
    return mcp_later(c, 10, step);
}

/* The host may finish, before it is due, a call whose number it has. */
static void finished_before_it_is_due(void)
{
    begin();
    host.act = waits_and_looks;
    connect_host();
    feed(CALL("1", "slow", ""));
    finish(0, "early");
    CHECK_STR(RESULT("1", BLOCK("early")), output());
    host.now += 10;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR("", output());
    end();
}

static int ticks(mcp_call *c)
{
    const int due = mcp_server_tick(host.server);
    host.now += 100;
    (void)mcp_textf(c, "%d %d", due, mcp_server_tick(host.server));
    return MCP_OK;
}

static int cancels(mcp_call *c)
{
    feed(CANCEL("9"));                                  /* served when this has returned */
    (void)c;
    return mcp_later(c, 10, step);
}

static int closes(mcp_call *c)
{
    mcp_session_close(host.session);
    CHECK_STATUS(MCP_E_CLOSED, mcp_later(c, 10, step));
    return MCP_OK;
}

/* No step begins in a callback; what the host does in a step, it could do in a handler. */
static void steps_and_callbacks(void)
{
    begin();
    host.act = parks;
    num_steps = 0;
    connect_host();
    feed(CALL("1", "slow", ""));
    host.act = ticks;
    feed(CALL("2", "other", ""));
    CHECK_STR(RESULT("2", BLOCK("10 0")), output());
    CHECK_UINT(0, num_steps);
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(1, num_steps);
    CHECK_STR(RESULT("1", BLOCK("never")), output());
    host.act = first_of_two;
    second = cancels;
    feed(CALL("9", "slow", ""));
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR("", output());
    CHECK_UINT(1, host.num_cancelled);
    second = closes;
    feed(CALL("10", "slow", ""));
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    end();
}

static void no_steps_without(void)
{
    begin();
    host.act = parks;
    host.desc.now_ms = NULL;
    connect_host();
    feed(CALL("1", "slow", ""));
    CHECK_STR(FAILURE("1", "-32603", "MCP_E_MISUSE: the call does not fit here: see the function's comment"),
              output());
    end();
    begin();
    host.act = parks;
    host.desc.max_calls = 1;
    connect_host();
    feed(CALL("1", "slow", "") CALL("2", "slow", ""));
    CHECK_STR(FAILURE("2", "-32603", "MCP_E_BUSY: too many calls wait for their answers: see max_calls"), output());
    end();
}

/* In a pair, what needs no time needs no clock that goes. */
static void steps_in_a_pair(void)
{
    mcp_client_desc d;
    mcp_client *client;
    const mcp_reply *reply;
    begin();
    host.act = in_steps;
    host.server = mcp_server_create(&host.desc);
    memset(&d, 0, sizeof d);
    d.name = "c";
    d.version = "1";
    client = mcp_pair(host.server, &d);
    reply = mcp_call_tool(client, "slow", "{'text': %s}", "3.");
    CHECK_UINT(4, mcp_json_count(mcp_reply_content(reply)));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_reply_status(mcp_call_tool(client, "slow", "{'text': %s}", "3")));
    mcp_client_close(client);
    end();
}

int main(void)
{
    TEST(a_clock_of_its_own);
    TEST(a_longer_clock);
    TEST(a_cap_of_its_own);
    TEST(a_cap_after_every_end);
    TEST(a_cap_and_replies_that_wait);
    TEST(steps_to_the_end);
    TEST(steps_without_a_wait);
    TEST(steps_take_too_long);
    TEST(steps_that_are_cancelled);
    TEST(verdicts_of_steps);
    TEST(finished_before_it_is_due);
    TEST(steps_and_callbacks);
    TEST(no_steps_without);
    TEST(steps_in_a_pair);
    return test_end();
}
