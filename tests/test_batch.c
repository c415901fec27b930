/* Batches of 2025-03-26 at the public functions: members that are answered later, in any order, cancelled or too
   late, output that waits, peers that leave, limits, what a callback may do, memory; and a client that gets them. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"
#define MESSAGE_END ""          /* messages are members of batches; LINE makes a line */
#include "messages.h"

/*---- A host: what it was told, and messages ------------------------------------------------------*/

static struct {
    char text[1 << 14];             /* as "I MESSAGE\n", "O MESSAGE\n" */
    size_t len;
} taps;

/* These have no text of their own. */
static const mcp_tool tools[] = {
    MCP_TOOL("echo", host_echo, 0, host_args), MCP_TOOL("later", host_defer, 0, host_args),
    MCP_TOOL("act", host_act, 0, host_args)
};

static void on_tap(void *user, mcp_session *session, int direction, const char *bytes, size_t len)
{
    (void)user, (void)session;
    taps.len += (size_t)snprintf(taps.text + taps.len, sizeof taps.text - taps.len, "%c %.*s\n",
                                 direction == MCP_TAP_IN ? 'I' : 'O', (int)len, bytes);
}

static const char *tapped(void)
{
    taps.text[taps.len] = 0;
    taps.len = 0;
    return taps.text;
}

/* The usual desc; a case changes what it is about before it calls connect_host. */
static void begin(void)
{
    host_begin();
    memset(&taps, 0, sizeof taps);
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
}

/* Messages and batches as lines. */
#define LINE(message) message "\n"
#define NOTICE MESSAGE("\"method\":\"any\"")
#define TEXT(id, text) RESULT(id, BLOCK(text))
#define BUSY(id) \
    FAILURE(id, "-32603", "MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)")
#define TOO_MANY FAILURE("null", "-32600", "the batch has more messages than mcp_server_desc.max_batch allows")

/* A server, and a session that knows batches. */
static void connect_host(void)
{
    host_server();
    host.a = host_session("2025-03-26");
}

static void connected(void)
{
    begin();
    connect_host();
}

/*---- Members that are answered later --------------------------------------------------------------*/

#define FOUR "[" CALL("0", "later", "") "," PING("\"p\"") "," CALL("1", "later", "") "," CALL("2", "later", "") "," \
             CALL("3", "later", "") "]"

/* Adds the reply of member i to the array that is expected. */
static void expect(char *array, size_t size, size_t i)
{
    const size_t n = strlen(array);
    snprintf(array + n, size - n, "," TEXT("%u", "t%u"), (unsigned)i, (unsigned)i);
}

/* The four members of FOUR end in the order of the digits of code, to base four; those with a bit in cancelled, by
   being cancelled. The array leaves with the last, and has all the others in that order. */
static void end_in_order(unsigned code, unsigned cancelled)
{
    char want[1000] = "[" PONG("\"p\""), text[100];
    size_t i;
    const size_t first = host.num_refs;
    feed(host.a, LINE(FOUR));
    for (i = 0; i < 4; i++, code /= 4) {
        const unsigned which = code % 4;
        CHECK_STR("", output(host.a));
        CHECK(mcp_session_busy(host.a));
        if (cancelled >> which & 1) {
            snprintf(text, sizeof text, LINE(CANCEL("%u")), which);
            feed(host.a, text);
            CHECK(deferred(first + which) == NULL);
        } else {
            expect(want, sizeof want, which);
            snprintf(text, sizeof text, "t%u", which);
            finish(first + which, text);
        }
    }
    strcat(want, "]\n");
    CHECK_STR(want, output(host.a));
    CHECK(!mcp_session_busy(host.a));
    host.num_refs = 0;
}

static bool is_permutation(unsigned code)
{
    unsigned seen = 0, i;
    for (i = 0; i < 4; i++, code /= 4) seen |= 1u << code % 4;
    return seen == 15;
}

static void members_in_any_order(void)
{
    unsigned code, cancelled, count = 0;
    connected();
    for (code = 0; code < 256; code++) {
        if (!is_permutation(code)) continue;
        for (cancelled = 0; cancelled < 16; cancelled++) {
            NOTE("order %u, cancelled %u", code, cancelled);
            end_in_order(code, cancelled);
            count++;
        }
    }
    CHECK_UINT(24 * 16, count);
    CHECK_UINT(24 * 32, host.num_cancelled);
    host_end();
}

static void members_of_batches_among_others(void)
{
    connected();
    feed(host.a, LINE("[" CALL("1", "later", "") "," CALL("2", "later", "") "]") LINE(CALL("3", "later", ""))
         LINE("[" CALL("4", "later", "") "]") LINE("[" PING("5") "]"));
    CHECK_STR(LINE("[" PONG("5") "]"), output(host.a));
    finish(1, "b");
    finish(2, "c");
    CHECK_STR(LINE(TEXT("3", "c")), output(host.a));
    finish(3, "d");
    CHECK_STR(LINE("[" TEXT("4", "d") "]"), output(host.a));
    finish(0, "a");
    CHECK_STR(LINE("[" TEXT("2", "b") "," TEXT("1", "a") "]"), output(host.a));
    host_end();
}

/* Those that take too long say so; the others wait for them. */
static void members_time_out(void)
{
    connected();
    feed(host.a, LINE("[" CALL("1", "later", "") "," PING("2") "]"));
    host.now += 59999;
    CHECK_INT(1, mcp_server_tick(host.server));
    feed(host.a, LINE("[" CALL("3", "later", "") "]"));
    CHECK_STR("", output(host.a));
    host.now += 1;
    CHECK_INT(59999, mcp_server_tick(host.server));
    CHECK_STR(LINE("[" PONG("2") ","
                   REGRET("1", "there was no answer within 60000 ms (mcp_server_desc.call_timeout_ms)") "]"),
              output(host.a));
    CHECK_UINT(1, host.num_cancelled);
    finish(1, "x");
    CHECK_STR(LINE("[" TEXT("3", "x") "]"), output(host.a));
    CHECK_INT(-1, mcp_server_tick(host.server));
    host_end();
}

/*---- Output ---------------------------------------------------------------------------------------*/

/* An array waits for output as any reply does, and what it is cancelled by then comes too late. */
static void arrays_wait_for_output(void)
{
    begin();
    host.desc.max_output = 1;
    host.desc.tap = on_tap;
    connect_host();
    (void)tapped();
    feed(host.a, LINE("[" PING("1") "," CALL("2", "later", "") "]") LINE(PING("3")));
    CHECK_STR("I [" PING("1") "," CALL("2", "later", "") "]\nI " PING("3") "\nO " PONG("3") "\n", tapped());
    CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
    finish(0, "x");
    CHECK_STR("", tapped());                    /* it was not handed over yet */
    CHECK(mcp_session_busy(host.a));
    mcp_session_sent(host.a, sizeof LINE(PONG("3")) - 1);
    CHECK_STR("O [" PONG("1") "," TEXT("2", "x") "]\n", tapped());
    CHECK_STR(LINE("[" PONG("1") "," TEXT("2", "x") "]"), output(host.a));
    CHECK(!mcp_session_busy(host.a));

    feed(host.a, LINE("[" PING("4") "," CALL("5", "later", "") "]") LINE(PING("6")));
    finish(1, "x");
    mcp_session_close(host.a);                  /* with it in the queue */
    host_end();
}

static void statuses_of_deliveries(void)
{
    connected();
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, "[" PING("1") "," PING("null") "]"));
    CHECK_STR("1 1 0 [" PONG("1") ","
              FAILURE("null", "-32600", "\\\"id\\\" must be a string or an integer of at most 256 bytes") "]\n",
              emitted());
    CHECK_STATUS(MCP_OK, deliver(host.a, 2, "[" NOTICE "]"));
    CHECK_STATUS(MCP_E_SYNTAX, deliver(host.a, 3, "[]"));
    CHECK_STR("3 2 -32600 " FAILURE("null", "-32600", "a batch must have a message in it") "\n", emitted());
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 4, "[" PING("1") "," CALL("2", "later", "") "]"));
    CHECK_STATUS(MCP_OK, deliver(host.a, 5, "[" CANCEL("2") "," PING("3") "]"));
    CHECK_STR("4 1 0 [" PONG("1") "]\n5 1 0 [" PONG("3") "]\n", emitted());
    door.full = EVERY_STREAM;
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 6, "[" PING("1") "]"));
    mcp_stream_ready(host.server, &door, 6);
    CHECK_UINT(2, door.refused);
    door.full = 0;
    mcp_stream_ready(host.server, &door, 7);
    CHECK_STR("", emitted());
    mcp_stream_ready(host.server, &door, 6);
    CHECK_STR("6 1 0 [" PONG("1") "]\n", emitted());
    host_end();
}

/* Without a session nothing was agreed upon. */
static void batches_without_a_session(void)
{
    connected();
    mcp_session_close(host.a);
    host.a = NULL;
    CHECK_STATUS(MCP_E_SYNTAX, deliver(host.a, 1, "[" PING("1") "]"));
    CHECK_STR("1 2 -32600 {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":\"an array is a batch, which "
              "only revision 2025-03-26 has: send one message at a time\"}}\n", emitted());
    host_end();
}

/*---- The peer leaves ------------------------------------------------------------------------------*/

enum { CLOSED, DESTROYED, LOST, NUM_ENDS };

static void leave(int how)
{
    if (how == CLOSED) mcp_session_close(host.a);
    if (how == DESTROYED) {
        mcp_server_destroy(host.server);
        host.server = NULL;
    }
    if (how == LOST) {
        mcp_stream_lost(host.server, &door, 1);
        mcp_stream_lost(host.server, host.a, 0);
    }
}

/* One step of a conversation after the other; at the end both doors have a batch that waits for its stream. */
static void step(size_t n)
{
    static const char batch[] = "[" PING("1") "," CALL("2", "later", "") "," CALL("3", "later", "") "]";
    switch (n) {
    case 0: CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, batch)); break;
    case 1: feed(host.a, LINE("[" PING("4") "," CALL("5", "later", "") "," CALL("6", "later", "") "]")); break;
    case 2: finish(0, "a"); break;
    case 3: CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("6"))); break;
    case 4: feed(host.a, LINE(PING("7"))); break;
    case 5: door.full = EVERY_STREAM; break;
    case 6: finish(1, "b"); break;
    default: finish(2, "c"); break;
    }
}

#define STEPS 8

/* Nothing is left over, nothing more leaves, and whoever deferred a call hears of it. */
static void gone_after(size_t steps, int how)
{
    static const unsigned told[STEPS + 1] = { 0, 2, 4, 3, 3, 3, 3, 2, 1 };     /* or answered it */
    size_t i, len;
    begin();
    host.desc.max_output = 1;
    connect_host();
    for (i = 0; i < steps; i++) step(i);
    door.len = 0;
    leave(how);
    door.full = 0;
    CHECK_UINT(0, door.len);
    CHECK_UINT(told[steps], host.num_cancelled);
    if (how == LOST) {
        mcp_stream_ready(host.server, &door, 1);
        (void)mcp_session_output(host.a, &len);
        CHECK_UINT(steps > 4 ? sizeof LINE(PONG("7")) - 1 : 0, len);
        (void)output(host.a);
        feed(host.a, LINE("[" PING("8") "]"));
        CHECK_STR(LINE("[" PONG("8") "]"), output(host.a));
        CHECK_UINT(0, door.len);
    }
    host_end();
}

static void the_peer_leaves_at_any_time(void)
{
    size_t steps;
    int how;
    for (how = 0; how < NUM_ENDS; how++)
        for (steps = 0; steps <= STEPS; steps++) {
            NOTE("end %d after %lu steps", how, (unsigned long)steps);
            gone_after(steps, how);
        }
}

/* A stream is lost by itself: a batch of another one goes on. */
static void only_one_stream_is_lost(void)
{
    connected();
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, "[" CALL("1", "later", "") "," PING("2") "]"));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 2, "[" CALL("3", "later", "") "," PING("4") "]"));
    mcp_stream_lost(host.server, &door, 1);
    CHECK_UINT(1, host.num_cancelled);
    CHECK(deferred(0) == NULL);
    finish(1, "x");
    CHECK_STR("2 1 0 [" PONG("4") "," TEXT("3", "x") "]\n", emitted());
    host_end();
}

/*---- What a handler may do ------------------------------------------------------------------------*/

static int how_to_leave;

static int leaves(mcp_call *c)
{
    const int status = mcp_text(c, "gone");
    if (how_to_leave == LOST) mcp_stream_lost(host.server, &door, 1);
    if (how_to_leave == CLOSED) mcp_session_close(host.a);
    if (how_to_leave == DESTROYED) mcp_server_destroy(host.server);
    return status;
}

static int leaves_and_defers(mcp_call *c)
{
    mcp_ref ref;
    int status = mcp_defer(c, &ref);
    (void)leaves(c);
    return status;
}

/* What comes after the member whose handler ended it all is not served. */
static void a_member_ends_it(void)
{
    static int (*const acts[])(mcp_call *) = { leaves, leaves_and_defers };
    size_t i;
    for (i = 0; i < MCP_COUNT(acts); i++)
        for (how_to_leave = 0; how_to_leave < NUM_ENDS; how_to_leave++) {
            NOTE("end %d, act %lu", how_to_leave, (unsigned long)i);
            connected();
            host.act = acts[i];
            (void)deliver(host.a, 1, "[" PING("1") "," CALL("2", "later", "") "," CALL("3", "act", "") ","
                          CALL("4", "echo", "x") "]");
            CHECK_UINT(0, host.echoed);
            CHECK_STR("", emitted());
            if (how_to_leave == DESTROYED) host.server = NULL;
            CHECK_UINT(1 + i, host.num_cancelled);
            if (how_to_leave != LOST) host.a = NULL;
            host_end();
        }
}

static void loses_stream(mcp_ref ref) { (void)ref; mcp_stream_lost(host.server, &door, 1); }

/* Nor is what comes after one that made the host end it, with no handler running. */
static void a_callback_ends_it(void)
{
    connected();
    host.on_cancel = loses_stream;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, "[" CALL("1", "later", "") "," PING("2") "," CANCEL("1") ","
                                 CALL("3", "echo", "") "]"));
    CHECK_UINT(1, host.num_cancelled);
    CHECK_UINT(0, host.echoed);
    CHECK_STR("", emitted());
    host.on_cancel = NULL;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, "[" PING("4") "]"));
    CHECK_STR("1 1 0 [" PONG("4") "]\n", emitted());
    host_end();
}

static int feeds(mcp_call *c)
{
    host.act = host_echo;
    feed(host.a, LINE("[" PING("\"fed\"") "," CALL("\"too\"", "act", "y") "]"));
    return mcp_text(c, "has fed");
}

static int delivers(mcp_call *c)
{
    host.act = host_echo;
    CHECK_STATUS(MCP_OK, deliver(host.a, 9, "[" PING("\"in\"") "," CALL("\"it\"", "act", "y") "]"));
    return mcp_text(c, "has delivered");
}

static int finishes(mcp_call *c)
{
    finish(host.num_refs - 1, "let go");
    return mcp_text(c, "has finished");
}

static int cancels(mcp_call *c)
{
    CHECK_STATUS(MCP_OK, deliver(host.a, 9, CANCEL("1")));
    CHECK_STATUS(MCP_OK, deliver(host.a, 9, CANCEL("2")));    /* itself */
    return mcp_text(c, "nobody sees this");
}

static void handlers_that_act(void)
{
    connected();
    host.act = feeds;
    feed(host.a, LINE("[" CALL("1", "act", "x") "," CALL("2", "echo", "z") "]"));
    CHECK_STR(LINE("[" TEXT("1", "has fed") "," TEXT("2", "z") "]")
              LINE("[" PONG("\"fed\"") "," TEXT("\"too\"", "y") "]"), output(host.a));
    host.act = delivers;
    feed(host.a, LINE("[" PING("1") "," CALL("2", "act", "x") "," CALL("3", "echo", "z") "]"));
    CHECK_STR("9 1 0 [" PONG("\"in\"") "," TEXT("\"it\"", "y") "]\n", emitted());
    CHECK_STR(LINE("[" PONG("1") "," TEXT("2", "has delivered") "," TEXT("3", "z") "]"), output(host.a));
    host.act = finishes;
    feed(host.a, LINE("[" CALL("1", "later", "") "," CALL("2", "act", "") "]"));
    CHECK_STR(LINE("[" TEXT("1", "let go") "," TEXT("2", "has finished") "]"), output(host.a));
    host.act = cancels;
    feed(host.a, LINE("[" CALL("1", "later", "") "," CALL("2", "act", "") "," PING("3") "]"));
    CHECK_STR(LINE("[" PONG("3") "]"), output(host.a));
    feed(host.a, LINE("[" CALL("1", "later", "") "," CALL("2", "act", "") "]") LINE(PING("4")));
    CHECK_STR(LINE(PONG("4")), output(host.a));
    host_end();
}

static void the_tap_sees_arrays(void)
{
    begin();
    host.desc.tap = on_tap;
    connect_host();
    (void)tapped();
    feed(host.a, LINE(" [" PING("1") ", " CALL("2", "later", "") "," NOTICE "]"));
    CHECK_STR("I  [" PING("1") ", " CALL("2", "later", "") "," NOTICE "]\n", tapped());
    finish(0, "x");
    CHECK_STR("O [" PONG("1") "," TEXT("2", "x") "]\n", tapped());
    feed(host.a, LINE("[" NOTICE "]") LINE("[]"));
    CHECK_STR("I [" NOTICE "]\nI []\nO " FAILURE("null", "-32600", "a batch must have a message in it") "\n",
              tapped());
    host_end();
}

static int reports(mcp_call *c)
{
    mcp_progress(c, 1, 2, "half");
    mcp_log(c, MCP_LOG_ERROR, NULL, "look");
    return host_defer(c);
}

#define TOKEN(id) REQUEST(id, "tools/call", "\"name\":\"act\",\"_meta\":{\"progressToken\":\"t\"}")
#define PROGRESS(done, text)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"t\"," \
    "\"progress\":" done ",\"total\":2,\"message\":\"" text "\"}}"
#define LOGGED                                                                                      \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"data\":\"look\"}}"

/* What a member says before its reply leaves at once, by itself, the way that the array will take. */
static void notifications_of_members(void)
{
    mcp_call *c;
    begin();
    host.desc.logging = true;
    host.can = "{\"logging\":{},\"tools\":{}}";
    host.desc.tap = on_tap;
    connect_host();
    host.act = reports;
    feed(host.a, LINE(REQUEST("1", "logging/setLevel", "\"level\":\"info\"")));
    (void)output(host.a);
    (void)tapped();
    feed(host.a, LINE("[" PING("1") "," TOKEN("2") "]"));
    CHECK_STR(LINE(PROGRESS("1", "half")) LINE(LOGGED), output(host.a));
    CHECK_STR("I [" PING("1") "," TOKEN("2") "]\nO " PROGRESS("1", "half") "\nO " LOGGED "\n", tapped());
    finish(0, "x");
    CHECK_STR(LINE("[" PONG("1") "," TEXT("2", "x") "]"), output(host.a));

    CHECK_STATUS(MCP_WAIT, deliver(host.a, 3, "[" TOKEN("2") "," PING("1") "]"));
    CHECK_STR("3 3 0 " PROGRESS("1", "half") "\n3 3 0 " LOGGED "\n", emitted());
    door.full = (uint64_t)1 << 3;
    c = mcp_resume(host.server, host.refs[1]);
    CHECK(c != NULL);
    if (c) mcp_progress(c, 2, 2, "whole");
    door.full = 0;
    mcp_stream_ready(host.server, &door, 4);
    CHECK_STR("", emitted());
    mcp_stream_ready(host.server, &door, 3);
    CHECK_STR("3 3 0 " PROGRESS("2", "whole") "\n", emitted());
    finish(1, "y");
    CHECK_STR("3 1 0 [" PONG("1") "," TEXT("2", "y") "]\n", emitted());
    host_end();
}

static struct { char text[1000]; size_t len; } over;

static void on_after(void *user, mcp_call *call, int status, uint64_t duration_ms)
{
    (void)user, (void)duration_ms;
    over.len += (size_t)snprintf(over.text + over.len, sizeof over.text - over.len, "%s %d;", mcp_call_method(call),
                                 status);
}

/* The hook sees members as it sees other requests, each once, and nothing of the batch. */
static void the_hook_sees_members(void)
{
    memset(&over, 0, sizeof over);
    begin();
    host.desc.after = on_after;
    connect_host();
    feed(host.a, LINE("[" PING("1") "," CALL("2", "later", "") "," CALL("3", "later", "") "," CALL("4", "none", "") ","
              CALL("5", "later", "") "," CANCEL("3") "," NOTICE "]"));
    finish(0, "x");
    mcp_session_close(host.a);
    CHECK_STR("initialize 0;ping 0;tools/call -15;tools/call -10;tools/call 0;tools/call -10;", over.text);
    host_end();
}

/*---- Limits ---------------------------------------------------------------------------------------*/

/* A batch of so many messages. */
static const char *batch_of(size_t count, const char *message)
{
    static char text[1 << 16];
    size_t n = 0, i;
    for (i = 0; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%c%s", i ? ',' : '[', message);
    snprintf(text + n, sizeof text - n, "]\n");
    return text;
}

static void limit_of_messages(void)
{
    static const struct { uint32_t desc; size_t limit; } rows[] = {
        { 0, 64 }, { 1, 1 }, { 3, 3 }, { 100, 100 }, { MCP_NONE, 0 }, { 0xfffffffe, 65535 }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        const size_t limit = rows[i].limit;
        NOTE("max_batch %lu", (unsigned long)rows[i].desc);
        begin();
        host.desc.max_batch = rows[i].desc;
        connect_host();
        if (limit && limit <= 100) {
            feed(host.a, batch_of(limit, NOTICE));
            CHECK_STR("", output(host.a));
            feed(host.a, batch_of(limit, PING("1")));
            CHECK(!strncmp("[" PONG("1"), output(host.a), sizeof PONG("1") - 1));
        }
        feed(host.a, batch_of(limit <= 100 ? limit + 1 : 1000, NOTICE));
        CHECK_STR(limit <= 100 ? LINE(TOO_MANY) : "", output(host.a));
        feed(host.a, LINE(PING("2")));
        CHECK_STR(LINE(PONG("2")), output(host.a));
        host_end();
    }
}

/* A batch under way counts as one call of max_calls. What may not wait is refused, what need not is served. */
static void limit_of_calls(void)
{
    begin();
    host.desc.max_calls = MCP_NONE;
    connect_host();
    feed(host.a, LINE("[" PING("1") "," CALL("2", "later", "") "," CALL("3", "echo", "x") "]"));
    CHECK_STR(LINE("[" PONG("1") "," BUSY("2") "," TEXT("3", "x") "]"), output(host.a));
    host_end();

    begin();
    host.desc.max_calls = 2;
    connect_host();
    feed(host.a, LINE("[" CALL("1", "later", "") "," CALL("2", "later", "") "," CALL("3", "echo", "x") "]"));
    CHECK_STR("", output(host.a));
    feed(host.a, LINE("[" CALL("4", "later", "") "," PING("5") "]") LINE(PING("6")));
    CHECK_STR(LINE("[" BUSY("4") "," PONG("5") "]") LINE(PONG("6")), output(host.a));
    finish(0, "y");
    CHECK_STR(LINE("[" BUSY("2") "," TEXT("3", "x") "," TEXT("1", "y") "]"), output(host.a));
    host_end();
}

static int delivers_without_calls(mcp_call *c)
{
    CHECK_STATUS(MCP_OK, deliver(host.a, 9, "[" PING("1") "," NOTICE "," PING("\"\\u0001\"") ",7]"));
    return mcp_text(c, "x");
}

/* All calls are in use: the members that want an answer are told so. */
static void members_without_a_call(void)
{
    begin();
    host.desc.max_calls = 1;
    connect_host();
    feed(host.a, LINE(CALL("1", "later", "")) LINE("[" PING("1") "]"));    /* now all three are made */
    finish(0, "x");
    (void)output(host.a);
    host.act = delivers_without_calls;
    feed(host.a, LINE(CALL("2", "later", "")) LINE(CALL("3", "act", "")));
    CHECK_STR("9 1 0 [" BUSY("1") "," BUSY("\"\\u0001\"") "," BUSY("null") "]\n", emitted());
    CHECK_STR(LINE(TEXT("3", "x")), output(host.a));
    finish(1, "y");
    CHECK_STR(LINE(TEXT("2", "y")), output(host.a));
    host_end();
}

#define TOO_LONG(id) \
    FAILURE(id, "-32603", "the batch's replies are longer than mcp_server_desc.max_reply allows")

/* The array is as long as a reply may be, and not longer. What would make it longer is told so, and there is always
   room for that. */
static void limit_of_the_array(void)
{
    static char text[2000], line[5000];
    size_t n, whole = 0, cut = 0;
    begin();
    host.desc.max_reply = 1000;
    connect_host();
    for (n = 1; n < 900; n += 1) {
        const char *got;
        memset(text, 'x', n);
        text[n] = 0;
        snprintf(line, sizeof line, "[" CALL("1", "echo", "%s") "," PING("2") "," CALL("\"\\u0000\"", "echo", "y") "]",
                 text);
        CHECK_STATUS(MCP_OK, deliver(host.a, 1, line));
        got = emitted() + 6;
        CHECK(strlen(got) <= 1000);
        snprintf(line, sizeof line, "[" TEXT("1", "%s") "," PONG("2") "," TEXT("\"\\u0000\"", "y") "]\n", text);
        whole += !strcmp(line, got);
        cut += !strcmp("[" TOO_LONG("1") "," PONG("2") "," TEXT("\"\\u0000\"", "y") "]\n", got);
    }
    CHECK_UINT(899, whole + cut);
    CHECK(whole > 300 && cut > 100);
    CHECK_STATUS(MCP_E_TOO_LONG, deliver(host.a, 1, batch_of(20, PING("1"))));
    CHECK_STR("1 2 -32600 " FAILURE("null", "-32600",
              "mcp_server_desc.max_reply has no room for the replies to so many messages") "\n", emitted());
    host_end();
}

/* What is not answered leaves its room to the others. */
static void room_of_the_unanswered(void)
{
    static char text[601], line[5000], want[2000];
    memset(text, 'x', 600);
    begin();
    host.desc.max_reply = 1100;
    connect_host();
    snprintf(line, sizeof line, "[" NOTICE "," CALL("1", "later", "") "," CALL("2", "later", "") "," CANCEL("1") ","
             CANCEL("2") "," CALL("3", "echo", "%s") "]", text);
    snprintf(want, sizeof want, "1 1 0 [" TEXT("3", "%s") "]\n", text);
    CHECK_STATUS(MCP_E_TOO_LONG, deliver(host.a, 1, line));
    (void)emitted();
    snprintf(line, sizeof line, "[" NOTICE "," CALL("1", "later", "") "," CANCEL("1") "," CALL("3", "echo", "%s") "]",
             text);
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, line));
    CHECK_STR(want, emitted());
    host_end();
}

/* Each member has room for an error with its id, however long that is. */
static void long_ids(void)
{
    static char id[6 * 256 + 1], message[2000], want[5000];
    size_t i;
    for (i = 0; i < 256; i++) memcpy(id + 6 * i, "\\u0001", 6);
    snprintf(message, sizeof message, CALL("\"%s\"", "echo", "x"), id);
    begin();
    host.desc.max_reply = 192 * 2 + 6 * 512 + 4;        /* room for errors, and for nothing else */
    connect_host();
    snprintf(want, sizeof want, "[" TEXT("\"%s\"", "x") "," TEXT("\"%s\"", "x") "]\n", id, id);
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, batch_of(2, message)));
    CHECK_STR(want, emitted() + 6);
    host_end();
}

/*---- Memory ---------------------------------------------------------------------------------------*/

static void a_round(void)
{
    feed(host.a, LINE("[" PING("1") "," CALL("2", "echo", "caf\\u00e9") "," CALL("3", "later", "") "," CANCEL("9") ","
              REQUEST("4", "tools/list", "") ",{}]"));
    finish(host.num_refs - 1, "x");
    CHECK(strlen(output(host.a)) > 300);
    host.num_refs = 0;
}

/* Memory is kept: batches like those before allocate nothing. */
static void steady_state(void)
{
    size_t i, calls;
    connected();
    for (i = 0; i < 3; i++) a_round();
    calls = host.heap.calls;
    for (i = 0; i < 100; i++) a_round();
    CHECK_UINT(calls, host.heap.calls);
    host_end();
}

static struct {
    unsigned answered[10];      /* ids */
    unsigned refused;           /* messages without an id */
    bool fed;
} times;

static void count_reply(mcp_json reply)
{
    const int64_t id = mcp_json_int(reply, "id", -1);
    CHECK(mcp_json_exists(mcp_json_get(reply, "result")) != mcp_json_exists(mcp_json_get(reply, "error")));
    if (id >= 0 && id < 10) times.answered[id]++;
    else times.refused++;
}

/* Only whole messages ever leave. */
static void check_output(mcp_session *s) { check_lines(output(s), count_reply); }

/* Something of everything; what does not work for want of memory is left out. Of the ids, 5 is cancelled. */
static void hard_times(void)
{
    static const char text[] = LINE(INITIALIZE("2025-03-26"))
        LINE("[" PING("1") "," CALL("2", "echo", "caf\\u00e9") "," CALL("3", "later", "") "," NOTICE ","
             REQUEST("4", "tools/list", "") "," CALL("5", "later", "") "," CALL("6", "later", "") "]")
        LINE(PING("7")) LINE("[" PING("8") "," PING("9") "]");
    memset(&times, 0, sizeof times);
    host.a = mcp_session_open(host.server);
    if (!host.a) return;
    times.fed = mcp_session_feed(host.a, text, sizeof text - 1) == sizeof text - 1;
    check_output(host.a);
    if (times.fed) times.fed = mcp_session_feed(host.a, LINE(CANCEL("5")), sizeof CANCEL("5")) == sizeof CANCEL("5");
    finish_all();
    check_output(host.a);
}

/* Whoever was not answered by name was refused with the whole batch, or lost the session. */
static void check_times(void)
{
    size_t i, missing = 0;
    for (i = 0; i < 10; i++) {
        CHECK(times.answered[i] <= 1);
        if (i != 5) missing += !times.answered[i];
    }
    if (!times.fed || mcp_session_status(host.a) != MCP_OK) return;
    if (times.answered[0] && times.answered[7]) CHECK(!missing || times.refused);
}

static void better_times(void)
{
    if (host.a) {
        (void)mcp_session_feed(host.a, "\n", 1);
        check_output(host.a);
        check_times();
    }
    mcp_session_close(host.a);
    host.a = mcp_session_open(host.server);
    host.num_refs = 0;
    feed(host.a, LINE(INITIALIZE("2025-03-26")) LINE("[" PING("1") "," CALL("2", "later", "") "]"));
    CHECK_STR(LINE(INITIALIZED("2025-03-26")), output(host.a));
    finish(0, "y");
    CHECK_STR(LINE("[" PONG("1") "," TEXT("2", "y") "]"), output(host.a));
    CHECK(!mcp_session_busy(host.a));
}

static void every_allocation_fails(void) { check_allocations(20, begin, hard_times, better_times); }

/*---- A client that gets them ----------------------------------------------------------------------*/

static struct {
    void (*act)(void);              /* what a callback does, once */
    mcp_ref asked;
} side;

static void act_once(void)
{
    void (*const then)(void) = side.act;
    side.act = NULL;
    if (then) then();
}

static void on_client_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    test_hear("%s;", message);
}

static void on_done(void *user, mcp_client *client, const mcp_reply *reply)
{
    (void)user, (void)client;
    test_hear("%s;", mcp_reply_text(reply));
    act_once();
    test_hear("%s;", mcp_reply_status(reply) == MCP_OK ? "ok" : "not ok");
}

static void on_input(void *user, mcp_input *input)
{
    (void)user;
    test_hear("asks;");
    side.asked = mcp_input_later(input);
    act_once();
}

static void begin_client(void)
{
    host_begin();
    memset(&side, 0, sizeof side);
    host.client_desc.log = on_client_log;
    host.client_desc.on_input = on_input;
    host.client_desc.inputs = MCP_INPUT_ROOTS;
    host.client_desc.revisions = MCP_ALL_REVISIONS & ~MCP_2026_07_28;
}

#define WELCOME(revision) \
    LINE("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"" revision "\",\"capabilities\":{}}}")
#define NO_MESSAGE "a line of the server is not a message;"
#define ROOTS(id) REQUEST(id, "roots/list", "")

static void connect_client(const char *welcome)
{
    host_client();
    (void)client_output();
    client_feed(welcome);
    CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
    (void)client_output();
}

static void connected_client(void)
{
    begin_client();
    connect_client(WELCOME("2025-03-26"));
}

/* Requests of ours; the first has the number 2. */
static void ask(unsigned count)
{
    while (count--) CHECK(mcp_call_begin(host.client, on_done, NULL, "echo", NULL) != 0);
    (void)client_output();
}

/* Each member is as if it stood alone, and what it asks for is answered alone. */
static void the_client_reads_batches(void)
{
    mcp_input *input;
    connected_client();
    ask(3);
    client_feed(LINE("[" TEXT("3", "b") "," NOTICE "," PING("\"p\"") "," TEXT("2", "a") "," ROOTS("7") ","
                     FAILURE("4", "-1", "no") "," REQUEST("8", "no/such/method", "") "]"));
    CHECK_HEARD("b;ok;a;ok;asks;no;not ok;");
    CHECK_STR(LINE(PONG("\"p\"")) LINE(FAILURE("8", "-32601", "Method not found")), client_output());
    input = mcp_input_resume(host.client, side.asked);
    CHECK(input != NULL);
    if (input) CHECK_STATUS(MCP_OK, mcp_answer(input, "{'roots': []}"));
    CHECK_STR(LINE("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"roots\":[]}}"), client_output());
    client_feed(LINE("[" ROOTS("9") "," CANCEL("9") "," TEXT("2", "again") "]") LINE(PING("10")));
    CHECK(mcp_input_resume(host.client, side.asked) == NULL);
    CHECK_UINT(1, mcp_client_late(host.client));
    CHECK_STR(LINE(PONG("10")), client_output());
    host_end();
}

static void what_is_no_batch_for_the_client(void)
{
    static const char *const others[] = { "2024-11-05", "2025-06-18", "2025-11-25" };
    size_t i;
    for (i = 0; i < MCP_COUNT(others); i++) {
        char welcome[200];
        NOTE("%s", others[i]);
        begin_client();
        snprintf(welcome, sizeof welcome, WELCOME("%s"), others[i]);
        connect_client(welcome);
        ask(1);
        client_feed(LINE("[" TEXT("2", "a") "," PING("1") "]") LINE("[]") LINE(TEXT("2", "alone")));
        CHECK_HEARD(NO_MESSAGE NO_MESSAGE "alone;ok;");
        CHECK_STR("", client_output());
        host_end();
    }
    NOTE("2025-03-26");
    begin_client();
    host.client_desc.revisions = MCP_2025_03_26;
    host_client();
    (void)client_output();
    client_feed(LINE("[" PING("1") "]"));               /* nothing is agreed upon yet */
    CHECK_HEARD(NO_MESSAGE);
    CHECK_STR("", client_output());
    host_end();
    connected_client();
    ask(1);
    client_feed(LINE("[]") LINE("[7,[" TEXT("2", "nested") "],null," TEXT("2", "a") ",{}]") LINE("[" PING("1")));
    CHECK_HEARD(NO_MESSAGE NO_MESSAGE NO_MESSAGE NO_MESSAGE "a;ok;" NO_MESSAGE NO_MESSAGE);
    CHECK_STR("", client_output());
    host_end();
}

static void feeds_another(void) { client_feed(LINE("[" TEXT("5", "d") "]")); }
static void closes_it(void) { mcp_client_close(host.client); }
static void says_it_ended(void) { mcp_client_ended(host.client); }

/* In a callback the members that are left come before any new line. */
static void callbacks_amid_a_batch(void)
{
    static const char text[] = LINE("[" TEXT("2", "a") "," TEXT("3", "b") "," PING("1") "," TEXT("4", "c") "]");
    connected_client();
    ask(4);
    side.act = feeds_another;
    client_feed(text);
    CHECK_HEARD("a;b;ok;c;ok;d;ok;ok;");
    CHECK_STR(LINE(PONG("1")), client_output());
    host_end();

    connected_client();
    ask(4);
    side.act = says_it_ended;
    (void)mcp_client_feed(host.client, text, sizeof text - 1);
    CHECK_HEARD("a;the server has ended;the server has ended;not ok;the server has ended;not ok;the server has ended;"
              "not ok;ok;");
    host_end();

    connected_client();
    ask(4);
    side.act = closes_it;
    (void)mcp_client_feed(host.client, text, sizeof text - 1);
    CHECK_HEARD("a;the client was closed;not ok;the client was closed;not ok;the client was closed;not ok;ok;");
    CHECK_HEAP(&host.heap);
}

/* A server that asks without reading is not read, amid a batch as elsewhere; nothing is lost. */
static void a_batch_waits_for_output(void)
{
    size_t len, rounds = 0, sent = 0;
    begin_client();
    host.client_desc.max_output = 100;
    connect_client(WELCOME("2025-03-26"));
    ask(1);
    client_feed(batch_of(50, PING("1")));
    (void)mcp_client_output(host.client, &len);
    CHECK(len >= 100 && len < 150);
    (void)mcp_client_feed(host.client, LINE(TEXT("2", "last")), sizeof LINE(TEXT("2", "last")) - 1);
    while (mcp_client_output(host.client, &len), len && rounds++ < 100) {
        CHECK(len < 150);
        if (sent < 40 * sizeof PONG("1")) CHECK_HEARD("");
        mcp_client_sent(host.client, len);
        sent += len;
    }
    CHECK_UINT(50 * sizeof PONG("1"), sent);
    CHECK_HEARD("last;ok;");
    host_end();
}

/* Without memory it is over, or all members are read. */
static void every_allocation_of_a_client_fails(void)
{
    static const char text[] = LINE("[" TEXT("2", "caf\\u00e9") "," PING("1") "," TEXT("3", "b") "," NOTICE "]");
    size_t n, calls;
    for (n = 1; n < 1000 && !test_state.failures; n++) {
        int status;
        NOTE("allocation %lu fails", (unsigned long)n);
        connected_client();
        ask(2);
        host.heap.calls = 0;
        host.heap.fail_at = n;
        (void)mcp_client_feed(host.client, text, sizeof text - 1);
        calls = host.heap.calls;
        host.heap.fail_at = 0;
        status = mcp_client_status(host.client);
        if (status == MCP_OK) CHECK_HEARD("caf\xC3\xA9;ok;b;ok;");
        else CHECK_STATUS(MCP_E_NOMEM, status);
        host_end();
        if (calls < n) break;
    }
    CHECK(n > 3);
}

int main(void)
{
    TEST(members_in_any_order);
    TEST(members_of_batches_among_others);
    TEST(members_time_out);
    TEST(arrays_wait_for_output);
    TEST(statuses_of_deliveries);
    TEST(batches_without_a_session);
    TEST(the_peer_leaves_at_any_time);
    TEST(only_one_stream_is_lost);
    TEST(a_member_ends_it);
    TEST(a_callback_ends_it);
    TEST(handlers_that_act);
    TEST(the_tap_sees_arrays);
    TEST(notifications_of_members);
    TEST(the_hook_sees_members);
    TEST(limit_of_messages);
    TEST(limit_of_calls);
    TEST(members_without_a_call);
    TEST(limit_of_the_array);
    TEST(room_of_the_unanswered);
    TEST(long_ids);
    TEST(steady_state);
    TEST(every_allocation_fails);
    TEST(the_client_reads_batches);
    TEST(what_is_no_batch_for_the_client);
    TEST(callbacks_amid_a_batch);
    TEST(a_batch_waits_for_output);
    TEST(every_allocation_of_a_client_fails);
    return test_end();
}
