/* Sessions and the message door, at the public functions: bytes in pieces, output that waits, calls that are
   answered later, cancelled or too late, what a callback may do, lists, the tap, and memory. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"
#include "messages.h"

#define MODERN(id, tool, text)                                                                      \
    REQUEST(id, "tools/call", "\"name\":\"" tool "\",\"arguments\":{\"text\":\"" text "\"}," META)
#define NO_ID_FAILURE(code, text) \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" code ",\"message\":\"" text "\"}}\n"
#define NO_BATCH                                                                                    \
    NO_ID_FAILURE("-32600", "an array is a batch, which only revision 2025-03-26 has: send one message at a time")
/*---- Bytes in and out ---------------------------------------------------------------------------*/

static const char talk[] =
    INITIALIZE("2025-06-18")
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
    "\n \t\r\n"
    PING("\"x\"")
    CALL("1", "echo", "caf\\u00e9")
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\r\n"
    CALL("4", "nothing", "")
    PING("5");

static const char told[] =
    INITIALIZED("2025-06-18")
    PONG("\"x\"")
    RESULT("1", BLOCK("caf\xC3\xA9"))
    FAILURE("null", "-32600", "\\\"id\\\" must be a string or an integer of at most 256 bytes")
    FAILURE("4", "-32602", "tools/call: unknown tool; see tools/list")
    PONG("5");

/* Takes at most most bytes of the output. */
static size_t drain(mcp_session *s, mcp_buf *got, size_t most)
{
    size_t len;
    const char *bytes = mcp_session_output(s, &len);
    CHECK((bytes == NULL) == (len == 0));
    if (len > most) len = most;
    mcp_buf_add(got, bytes, len);
    if (len) mcp_session_sent(s, len);
    return len;
}

typedef size_t (*feeder)(mcp_session *s, const char *bytes, size_t len);

static size_t by_feed(mcp_session *s, const char *bytes, size_t len) { return mcp_session_feed(s, bytes, len); }

static size_t by_room(mcp_session *s, const char *bytes, size_t len)
{
    size_t size;
    char *room = mcp_session_room(s, len, &size);
    CHECK(room && size >= 1);
    if (!room) return 0;
    if (size > len) size = len;
    memcpy(room, bytes, size);
    mcp_session_fed(s, size);
    return size;
}

/* The same comes back however the bytes are cut, in both directions. */
static void talk_in_pieces(feeder fn, size_t piece, size_t most)
{
    mcp_buf got;
    mcp_session *s = mcp_session_open(host.server);
    size_t at = 0;
    NOTE("pieces of %lu bytes in, %lu out", (unsigned long)piece, (unsigned long)most);
    mcp_buf_init(&got, host.desc.alloc, 1 << 16);
    while (at < sizeof talk - 1 && !test_state.failures) {
        const size_t n = sizeof talk - 1 - at < piece ? sizeof talk - 1 - at : piece;
        at += fn(s, talk + at, n);
        (void)drain(s, &got, most);
        CHECK_STATUS(MCP_OK, mcp_session_status(s));
    }
    CHECK(mcp_session_busy(s) == (got.len < sizeof told - 1));
    while (drain(s, &got, most)) {}
    CHECK(!mcp_session_busy(s));
    CHECK_BYTES(told, sizeof told - 1, got.ptr, got.len);
    mcp_buf_free(&got);
    mcp_session_close(s);
}

static void bytes_in_pieces(void)
{
    static const size_t pieces[] = { 1, 2, 3, 7, 64, 501, 100000 }, mosts[] = { 1, 3, 17, 100000 };
    size_t i, k;
    host_connected();
    for (i = 0; i < MCP_COUNT(pieces); i++)
        for (k = 0; k < MCP_COUNT(mosts); k++) {
            talk_in_pieces(by_feed, pieces[i], mosts[k]);
            talk_in_pieces(by_room, pieces[i], mosts[k]);
        }
    host_end();
}

/* At least one byte and some want; more than a message may have, never. */
static void room_has_a_limit(void)
{
    size_t size = 99;
    char *room;
    host_begin();
    host.desc.max_message = 300;
    host_connect();
    room = mcp_session_room(host.a, 1, &size);
    CHECK(room != NULL && size >= 1 && size <= 302);
    room = mcp_session_room(host.a, 1 << 30, &size);
    CHECK(room != NULL && size >= 300 && size <= 302);
    mcp_session_fed(host.a, 0);
    feed(host.a, PING("1"));
    CHECK_STR(PONG("1"), output(host.a));
    host_end();
}

/* A line that is too long is answered once, and the next one is served. */
static void long_lines(void)
{
    static char text[5000];
    size_t piece;
    host_begin();
    host.desc.max_message = 300;
    host_connect();
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - sizeof PING("1"), "\n" PING("1"), sizeof PING("1"));
    for (piece = 1; piece <= sizeof text; piece += piece < 400 ? 37 : 2300) {
        size_t at, n;
        NOTE("pieces of %lu bytes", (unsigned long)piece);
        for (at = 0; at < sizeof text; at += n) {
            n = sizeof text - at < piece ? sizeof text - at : piece;
            CHECK_UINT(n, mcp_session_feed(host.a, text + at, n));
        }
        CHECK_STR(NO_ID_FAILURE("-32700", "the message is longer than mcp_server_desc.max_message allows") PONG("1"),
                  output(host.a));
    }
    host_end();
}

static const struct {
    const char *ask, *told, *refused;
} greetings[] = {
    { INITIALIZE("2024-11-05"), INITIALIZED("2024-11-05"), "\"id\":null," },
    { INITIALIZE("2025-03-26"), INITIALIZED("2025-03-26"), "\"id\":null," },
    { INITIALIZE("2025-06-18"), INITIALIZED("2025-06-18"), "\"id\":null," },
    { INITIALIZE("2025-11-25"), INITIALIZED("2025-11-25"), "" },
    { MODERN("0", "echo", "-"), MODERN_RESULT("0", BLOCK("-")), "" }
};

/* Sessions share nothing but the server: here each gets a byte in turn. */
static void sessions_interleaved(void)
{
    static const char then[] = "{\"id\":true,\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\nnonsense\n";
    enum { COUNT = MCP_COUNT(greetings) };
    mcp_session *s[COUNT];
    char want[1000];
    size_t i, at;
    host_connected();
    for (i = 0; i < COUNT; i++) s[i] = mcp_session_open(host.server);
    for (at = 0; at < 600; at++)
        for (i = 0; i < COUNT; i++) {
            const size_t len = strlen(greetings[i].ask);
            if (at < len) CHECK_UINT(1, mcp_session_feed(s[i], greetings[i].ask + at, 1));
            else if (at - len < sizeof then - 1) CHECK_UINT(1, mcp_session_feed(s[i], &then[at - len], 1));
        }
    for (i = 0; i < COUNT; i++) {
        NOTE("%s", greetings[i].told);
        snprintf(want, sizeof want, "%s{\"jsonrpc\":\"2.0\",%s\"error\":{\"code\":-32600,\"message\":\"\\\"id\\\" must "
                 "be a string or an integer of at most 256 bytes\"}}\n{\"jsonrpc\":\"2.0\",%s\"error\":{"
                 "\"code\":-32700,\"message\":\"byte 0: expected ", greetings[i].told, greetings[i].refused,
                 greetings[i].refused);
        CHECK_BYTES(want, strlen(want), output(s[i]), strlen(want));
        mcp_session_close(s[i]);
    }
    host_end();
}

/*---- Output that waits --------------------------------------------------------------------------*/

/* Checks that the output goes on with the pongs from *next on, in order, and nothing else. */
static void check_pongs(mcp_session *s, size_t *next, size_t most)
{
    static char line[100];
    static size_t held;
    size_t len, i;
    const char *bytes = mcp_session_output(s, &len);
    if (len > most) len = most;
    if (!*next) held = 0;
    for (i = 0; i < len && held < sizeof line - 1; i++) {
        char want[100];
        line[held++] = bytes[i];
        if (bytes[i] != '\n') continue;
        snprintf(want, sizeof want, PONG("%lu"), (unsigned long)*next);
        CHECK_BYTES(want, strlen(want), line, held);
        held = 0;
        ++*next;
    }
    mcp_session_sent(s, len);
}

/* Many requests against a reader that is slower: what is taken stops at max_output, nothing is lost or doubled,
   and memory stays what it is. */
static void slow_reader(void)
{
    const size_t count = test_rounds(10000);
    char *text = (char *)malloc(count * 60), *at = text, *stop = text;
    size_t next = 0, waited = 0, i, len;
    host_begin();
    host.desc.max_output = 1000;
    host.desc.max_message = 3000;
    host_connect();
    for (i = 0; i < count; i++) stop += snprintf(stop, 60, PING("%lu"), (unsigned long)i);
    while ((at < stop || mcp_session_busy(host.a)) && !test_state.failures) {
        const size_t n = mcp_session_feed(host.a, at, (size_t)(stop - at));
        (void)mcp_session_output(host.a, &len);
        CHECK(len < 1000 + sizeof PONG("10000"));
        if (n < (size_t)(stop - at)) {
            size_t size = 7;
            waited++;
            CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
            CHECK(len >= 1000);
            CHECK(mcp_session_room(host.a, 1, &size) == NULL);
            CHECK_UINT(0, size);
            CHECK_UINT(0, mcp_session_feed(host.a, at, 1));
        }
        at += n;
        check_pongs(host.a, &next, 1 + i++ % 700);
    }
    CHECK_UINT(count, next);
    CHECK(waited > count / 100);
    if (host.heap.peak > 40000) FAIL("%lu bytes were held at once", (unsigned long)host.heap.peak);
    free(text);
    host_end();
}

/* A reply that does not fit any more waits with its call; what waits leaves in order. */
static void replies_wait_for_output(void)
{
    size_t i;
    host_begin();
    host.desc.max_output = 1;
    host_connect();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") CALL("3", "later", "c") PING("4"));
    CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
    for (i = 3; i-- > 0;) finish(i, "x");
    CHECK(mcp_session_busy(host.a));
    CHECK_STR(PONG("4") RESULT("3", BLOCK("c") "," BLOCK("x")) RESULT("2", BLOCK("b") "," BLOCK("x"))
              RESULT("1", BLOCK("a") "," BLOCK("x")), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    host_end();
}

/*---- Calls that are answered later --------------------------------------------------------------*/

static void text_before_and_after(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "before"));
    CHECK_STR("", output(host.a));
    CHECK(mcp_session_busy(host.a));
    CHECK(!mcp_session_busy(host.b));
    finish(0, "after");
    CHECK_STR(RESULT("1", BLOCK("before") "," BLOCK("after")), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    CHECK_UINT(0, host.num_cancelled);
    host_end();
}

static const char *kept_text;
static mcp_json kept_args;
static const void *kept_scratch;

static int keep(mcp_call *c)
{
    mcp_ref ref;
    kept_text = mcp_arg_str(c, "text");
    kept_args = mcp_args(c);
    (void)mcp_textf(c, "%s!", kept_text);
    kept_scratch = mcp_args_struct(c);      /* no row is bound */
    (void)mcp_defer(c, &ref);
    host.refs[host.num_refs++] = ref;
    CHECK(mcp_resume(host.server, ref) == c);
    CHECK_INT(MCP_WAIT, mcp_defer(c, &ref));
    CHECK_UINT(host.refs[0], ref);          /* once is enough */
    return MCP_WAIT;
}

/* What the handler was given stays where it is while the server does other things. */
static void arguments_stay(void)
{
    size_t i, rounds = test_rounds(1000);
    mcp_call *c;
    host_connected();
    host.act = keep;
    feed(host.a, CALL("1", "act", "caf\\u00e9"));
    for (i = 0; i < rounds; i++) {
        feed(i % 2 ? host.a : host.b, i % 3 ? CALL("2", "echo", "other") : PING("2"));
        CHECK_STR(i % 3 ? RESULT("2", BLOCK("other")) : PONG("2"), output(i % 2 ? host.a : host.b));
    }
    c = mcp_resume(host.server, host.refs[0]);
    CHECK(c != NULL && kept_scratch == NULL);
    CHECK(mcp_arg_str(c, "text") == kept_text);
    CHECK_STR("caf\xC3\xA9", kept_text);
    CHECK(mcp_args(c).doc == kept_args.doc && mcp_args(c).at == kept_args.at);
    CHECK_UINT(1, mcp_json_count(kept_args));
    CHECK(mcp_user(c) == &host);
    finish(0, kept_text);
    CHECK_STR(RESULT("1", BLOCK("caf\xC3\xA9!") "," BLOCK("caf\xC3\xA9")), output(host.a));
    host_end();
}

/* Many wait at once, all of the same id, and are answered in another order, each once. */
static void many_at_once(void)
{
    enum { COUNT = 64 };
    size_t i, k;
    char text[200], want[200];
    host_connected();
    for (i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, CALL("1", "later", "%lu"), (unsigned long)i);
        feed(i % 2 ? host.a : host.b, text);
    }
    CHECK_UINT(COUNT, host.num_refs);
    for (i = 0; i < COUNT; i++) {
        k = i * 29 % COUNT;
        finish(k, "done");
        snprintf(want, sizeof want, RESULT("1", BLOCK("%lu") "," BLOCK("done")), (unsigned long)k);
        CHECK_STR(want, output(k % 2 ? host.a : host.b));
        CHECK_STR("", output(k % 2 ? host.b : host.a));
    }
    CHECK(!mcp_session_busy(host.a) && !mcp_session_busy(host.b));
    host_end();
}

#define TOO_MANY(id) \
    FAILURE(id, "-32603", "MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)")

/* More than max_calls: refused with a name to look up; everything else goes on. */
static void too_many_calls(void)
{
    host_begin();
    host.desc.max_calls = 3;
    host_connect();
    feed(host.a, CALL("1", "later", "") CALL("2", "later", "") CALL("3", "later", ""));
    feed(host.b, CALL("4", "later", "") CALL("5", "echo", "x") PING("6"));
    CHECK_STR(TOO_MANY("4") RESULT("5", BLOCK("x")) PONG("6"), output(host.b));
    CHECK_STR("", output(host.a));
    finish(1, "y");
    feed(host.b, CALL("7", "later", "7") CALL("8", "later", "8"));
    CHECK_STR(TOO_MANY("8"), output(host.b));
    CHECK_STR(RESULT("2", BLOCK("") "," BLOCK("y")), output(host.a));
    finish(3, "z");
    CHECK_STR(RESULT("7", BLOCK("7") "," BLOCK("z")), output(host.b));
    CHECK_UINT(4, host.num_refs);
    host_end();
    CHECK_UINT(2, host.num_cancelled);
}

static void no_calls_at_all(void)
{
    host_begin();
    host.desc.max_calls = MCP_NONE;
    host_connect();
    feed(host.a, CALL("1", "later", "") CALL("2", "echo", "x") CALL("3", "later", ""));
    CHECK_STR(TOO_MANY("1") RESULT("2", BLOCK("x")) TOO_MANY("3"), output(host.a));
    CHECK_UINT(0, host.num_refs);
    host_end();
}

static int finishes_at_once(mcp_call *c)
{
    mcp_ref ref;
    (void)mcp_defer(c, &ref);
    mcp_finish(c, mcp_text(c, "at once"));
    CHECK(mcp_resume(host.server, ref) == NULL);
    mcp_finish(c, mcp_text(c, "and more"));     /* it is finished already, but has not left yet */
    return MCP_WAIT;
}

static int regrets_at_once(mcp_call *c)
{
    mcp_ref ref;
    (void)mcp_defer(c, &ref);
    mcp_finish(c, mcp_fail(c, "no"));
    return MCP_WAIT;
}

static int defers_and_answers(mcp_call *c)
{
    (void)mcp_defer(c, &host.refs[0]);
    return mcp_text(c, "after all");
}

static int defers_and_fails(mcp_call *c)
{
    (void)mcp_defer(c, &host.refs[0]);
    return mcp_fail(c, "after %s", "all");
}

static int only_waits(mcp_call *c) { (void)mcp_text(c, "x"); return MCP_WAIT; }
static int odd_verdict(mcp_call *c) { (void)mcp_text(c, "x"); return 17; }

#define MISUSED(id) FAILURE(id, "-32603", "MCP_E_MISUSE: the call does not fit here: see the function's comment")

static const struct {
    int (*act)(mcp_call *c);
    const char *want;
} verdicts[] = {
    { finishes_at_once, RESULT("1", BLOCK("at once") "," BLOCK("and more")) },
    { regrets_at_once, REGRET("1", "no") },
    { defers_and_answers, RESULT("1", BLOCK("after all")) },
    { defers_and_fails, REGRET("1", "after all") },
    { only_waits, MISUSED("1") },
    { odd_verdict, MISUSED("1") }
};

/* What a handler returns besides an honest MCP_WAIT. Afterwards nothing waits. */
static void verdicts_of_handlers(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(verdicts); i++) {
        NOTE("verdict %lu", (unsigned long)i);
        host_begin();
        host.desc.max_calls = 1;
        host_connect();
        host.act = verdicts[i].act;
        feed(host.a, CALL("1", "act", ""));
        CHECK_STR(verdicts[i].want, output(host.a));
        CHECK(mcp_resume(host.server, host.refs[0]) == NULL);
        CHECK(!mcp_session_busy(host.a));
        host.num_refs = 0;
        feed(host.a, CALL("2", "later", ""));       /* there is a place for it */
        CHECK_UINT(1, host.num_refs);
        finish(0, "y");
        CHECK_STR(RESULT("2", BLOCK("") "," BLOCK("y")), output(host.a));
        CHECK_UINT(0, host.num_cancelled);
        host_end();
    }
}

/* No number leads to a call but that of one that waits, and none is given twice. */
static void refs(void)
{
    size_t i, k, rounds = test_rounds(1000);
    if (rounds > MAX_REFS) rounds = MAX_REFS;
    host_connected();
    CHECK(mcp_resume(host.server, 0) == NULL);
    for (i = 0; i < rounds; i++) {
        feed(host.a, CALL("1", "later", ""));
        CHECK_UINT(i + 1, host.num_refs);
        CHECK(mcp_resume(host.server, host.refs[i]) != NULL);
        CHECK(mcp_resume(host.server, host.refs[i] + 1) == NULL);
        CHECK(mcp_resume(host.server, host.refs[i] + 0x10000) == NULL);
        CHECK(mcp_resume(host.server, ~host.refs[i]) == NULL);
        CHECK(mcp_resume(host.server, host.refs[i] & 0xffff) == NULL);
        for (k = 0; k < i; k++)
            if (host.refs[k] == host.refs[i]) FAIL("%lu and %lu are the same", (unsigned long)k, (unsigned long)i);
        finish(i, "");
        (void)output(host.a);
        for (k = i < 20 ? 0 : i - 20; k <= i; k++) CHECK(mcp_resume(host.server, host.refs[k]) == NULL);
        CHECK(mcp_resume(host.server, test_random()) == NULL);
        if (test_state.failures) break;
    }
    mcp_finish(NULL, MCP_OK);
    host_end();
}

/* Whatever a handler could have written, a host can write later. */
static void results_of_all_kinds_later(void)
{
    mcp_call *c;
    host_connected();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") CALL("3", "later", "c") CALL("4", "later", "d")
         CALL("5", "later", "e"));
    c = mcp_resume(host.server, host.refs[0]);
    mcp_finish(c, mcp_data(c, "{'n': %d}", 7));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[" BLOCK("a") "," BLOCK("{\\\"n\\\":7}")
              "],\"structuredContent\":{\"n\":7}}}\n", output(host.a));
    c = mcp_resume(host.server, host.refs[1]);
    (void)mcp_data(c, "{'n': %d}", 7);
    mcp_finish(c, mcp_fail(c, "no %s", "luck"));
    CHECK_STR(REGRET("2", "no luck"), output(host.a));
    c = mcp_resume(host.server, host.refs[2]);
    mcp_finish(c, MCP_E_IO);
    CHECK_STR(FAILURE("3", "-32603", "MCP_E_IO: reading or writing failed: see errno"), output(host.a));
    c = mcp_resume(host.server, host.refs[3]);
    mcp_finish(c, MCP_WAIT);
    CHECK_STR(MISUSED("4"), output(host.a));
    c = mcp_resume(host.server, host.refs[4]);
    (void)mcp_data(c, "{'n': %d", 7);
    mcp_finish(c, MCP_OK);
    CHECK_STR(FAILURE("5", "-32603", "MCP_E_TEMPLATE: the template is not JSON (a URI's: not RFC 6570), or uses what "
              "is not supported"), output(host.a));
    host_end();
}

static int finishes_the_other(mcp_call *c)
{
    finish(0, "by the other");
    return mcp_text(c, "mine");
}

static void finish_in_another_handler(void)
{
    host_connected();
    host.act = finishes_the_other;
    feed(host.a, CALL("1", "later", "a"));
    feed(host.b, CALL("2", "act", "") PING("3"));
    CHECK_STR(RESULT("1", BLOCK("a") "," BLOCK("by the other")), output(host.a));
    CHECK_STR(RESULT("2", BLOCK("mine")) PONG("3"), output(host.b));
    feed(host.a, CALL("4", "later", "b"));
    host.refs[0] = host.refs[1];
    feed(host.a, CALL("5", "act", ""));
    CHECK_STR(RESULT("4", BLOCK("b") "," BLOCK("by the other")) RESULT("5", BLOCK("mine")), output(host.a));
    host_end();
}

/*---- Time ---------------------------------------------------------------------------------------*/

#define LATE(id, ms) \
    REGRET(id, "there was no answer within " ms " ms (mcp_server_desc.call_timeout_ms)")

static void calls_time_out(void)
{
    host_begin();
    host.desc.call_timeout_ms = 500;
    host_connect();
    CHECK_INT(-1, mcp_server_tick(host.server));
    feed(host.a, CALL("1", "later", "a"));
    CHECK_INT(500, mcp_server_tick(host.server));
    host.now = 1200;
    feed(host.b, CALL("2", "later", "b"));
    CHECK_INT(300, mcp_server_tick(host.server));
    host.now = 1499;
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_STR("", output(host.a));
    host.now = 1500;
    CHECK_INT(200, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "500"), output(host.a));
    CHECK_STR("", output(host.b));
    CHECK_UINT(1, host.num_cancelled);
    CHECK_UINT(host.refs[0], host.cancelled[0]);
    CHECK(mcp_resume(host.server, host.refs[0]) == NULL);
    CHECK(mcp_resume(host.server, host.refs[1]) != NULL);
    host.now = 5000000000u;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("2", "500"), output(host.b));
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(2, host.num_cancelled);
    CHECK_STR("", output(host.a));
    feed(host.a, CALL("3", "later", "c"));
    finish(2, "in time");
    CHECK_INT(-1, mcp_server_tick(host.server));
    host.now += 1000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("3", BLOCK("c") "," BLOCK("in time")), output(host.a));
    CHECK_UINT(2, host.num_cancelled);
    host_end();
}

/* The default is a minute; MCP_NONE, or no clock, is for ever. */
static void limits_of_time(void)
{
    size_t i;
    for (i = 0; i < 3; i++) {
        NOTE("case %lu", (unsigned long)i);
        host_begin();
        if (i == 1) host.desc.call_timeout_ms = MCP_NONE;
        if (i == 2) host.desc.now_ms = NULL;
        host_connect();
        feed(host.a, CALL("1", "later", "a"));
        CHECK_INT(i == 0 ? 60000 : -1, mcp_server_tick(host.server));
        host.now += 59999;
        CHECK_INT(i == 0 ? 1 : -1, mcp_server_tick(host.server));
        host.now += i ? (uint64_t)1 << 40 : 1;
        CHECK_INT(-1, mcp_server_tick(host.server));
        CHECK_STR(i == 0 ? LATE("1", "60000") : "", output(host.a));
        CHECK_UINT(i == 0, host.num_cancelled);
        if (i) finish(0, "b");
        CHECK_STR(i ? RESULT("1", BLOCK("a") "," BLOCK("b")) : "", output(host.a));
        host_end();
    }
}

static void feeds_another(mcp_ref ref)
{
    (void)ref;
    host.on_cancel = NULL;
    feed(host.b, CALL("9", "later", "next"));
}

/* The time that tick tells counts what is deferred in the course of it. */
static void tick_counts_what_it_began(void)
{
    host_begin();
    host.desc.call_timeout_ms = 500;
    host_connect();
    feed(host.a, CALL("1", "later", "a"));
    host.on_cancel = feeds_another;
    host.now += 500;
    CHECK_INT(500, mcp_server_tick(host.server));
    CHECK_UINT(2, host.num_refs);
    CHECK_STR(LATE("1", "500"), output(host.a));
    host.now += 500;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("9", "500"), output(host.b));
    host_end();
}

/* A call whose text was too long already is told the reason that came last. */
static void late_with_much_text(void)
{
    static char big[3000];
    mcp_call *c;
    host_begin();
    host.desc.max_reply = 1000;
    host_connect();
    feed(host.a, CALL("1", "later", "a"));
    c = mcp_resume(host.server, host.refs[0]);
    memset(big, 'x', sizeof big);
    (void)mcp_textn(c, big, sizeof big);
    host.now += 60000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "60000"), output(host.a));
    host_end();
}

/*---- Cancellation -------------------------------------------------------------------------------*/

static void was_cancelled(size_t count, mcp_ref last)
{
    CHECK_UINT(count, host.num_cancelled);
    if (count) CHECK_UINT(last, host.cancelled[count - 1]);
    if (count) CHECK(mcp_resume(host.server, last) == NULL);
}

/* 1 and "1" are two requests; what is cancelled is never answered. */
static void cancelled_by_id(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "a") CALL("\"1\"", "later", "b") CALL("18446744073709551616", "later", "c")
         MODERN("\"m\"", "later", "d"));
    feed(host.a, CANCEL("\"1\""));
    was_cancelled(1, host.refs[1]);
    feed(host.a, CANCEL("1"));
    was_cancelled(2, host.refs[0]);
    feed(host.a, CANCEL("18446744073709551616"));
    was_cancelled(3, host.refs[2]);
    feed(host.a, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"reason\":\"why not\","
         "\"requestId\":\"\\u006d\"," META "}}\n");
    was_cancelled(4, host.refs[3]);
    feed(host.a, CANCEL("1") CANCEL("\"m\"") PING("2"));
    was_cancelled(4, host.refs[3]);
    host.now += 1 << 20;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(PONG("2"), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    host_end();
    CHECK_UINT(4, host.num_cancelled);
}

/* What was cancelled makes room for others, for ever. */
static void cancelled_again_and_again(void)
{
    size_t i;
    host_begin();
    host.desc.max_calls = 2;
    host_connect();
    for (i = 0; i < 100; i++) {
        host.num_refs = 0;
        feed(host.a, CALL("1", "later", "") CALL("2", "later", "") CANCEL("1") PING("3") CANCEL("2"));
        CHECK_UINT(2, host.num_refs);
        CHECK_STR(PONG("3"), output(host.a));
        CHECK_UINT(2 * i + 2, host.num_cancelled);
    }
    host_end();
}

static const char *const no_cancels[] = {
    CANCEL("2"), CANCEL("\"1\""), CANCEL("null"), CANCEL("1.0"), CANCEL("[1]"), CANCEL("{}"), CANCEL("true"),
    CANCEL("\"\""), CANCEL("1,\"requestId\":1"), CANCEL("2,\"requestId\":1"),
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{}}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":[1]}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":1}\n",
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancel\",\"params\":{\"requestId\":1}}\n"
};

static void cancels_nothing(void)
{
    size_t i;
    host_connected();
    feed(host.a, CALL("1", "later", "a"));
    for (i = 0; i < MCP_COUNT(no_cancels); i++) {
        NOTE("%s", no_cancels[i]);
        feed(host.a, no_cancels[i]);
        feed(host.b, CANCEL("1"));                      /* of another session */
        CHECK_STR("", output(host.a));
        was_cancelled(0, 0);
    }
    finish(0, "b");
    CHECK_STR(RESULT("1", BLOCK("a") "," BLOCK("b")), output(host.a));
    host_end();
}

/* It is not known which of them is meant. */
static void cancelled_id_that_is_there_twice(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "a") CALL("1", "later", "b") CANCEL("1"));
    was_cancelled(0, 0);
    finish(1, "x");
    feed(host.a, CANCEL("1"));
    was_cancelled(1, host.refs[0]);
    CHECK_STR(RESULT("1", BLOCK("b") "," BLOCK("x")), output(host.a));
    host_end();
}

/* A reply that waits for output is dropped too, and its call can be used again. */
static void cancelled_reply_that_waits(void)
{
    host_begin();
    host.desc.max_output = 1;
    host.desc.max_calls = 3;
    host_connect();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") CALL("3", "later", "c"));
    finish(0, "x");
    finish(1, "x");
    finish(2, "x");                     /* the first is output, the others wait */
    CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("2")));      /* the other door is not full */
    CHECK_STR(RESULT("1", BLOCK("a") "," BLOCK("x")) RESULT("3", BLOCK("c") "," BLOCK("x")), output(host.a));
    CHECK(!mcp_session_busy(host.a));
    feed(host.a, CALL("4", "later", "a") CALL("5", "later", "b") CALL("6", "later", "c"));
    CHECK_UINT(6, host.num_refs);
    CHECK_UINT(0, host.num_cancelled);          /* they were answered already */
    host_end();
}

/* An id stands for one request or for none: here an answer that waits has it too, or two of them. */
static void cancelled_id_of_replies_that_wait(void)
{
    host_begin();
    host.desc.max_output = 1;
    host_connect();
    feed(host.a, CALL("1", "later", "a") CALL("1", "later", "b") CALL("1", "later", "c") PING("2"));
    finish(0, "x");
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("1")));
    was_cancelled(0, 0);
    finish(1, "x");
    finish(2, "x");
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("1")));
    CHECK_STR(PONG("2") RESULT("1", BLOCK("a") "," BLOCK("x")) RESULT("1", BLOCK("b") "," BLOCK("x"))
              RESULT("1", BLOCK("c") "," BLOCK("x")), output(host.a));
    host_end();
}

/*---- What may happen in a callback --------------------------------------------------------------*/

static void close_with_deferred_calls(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") CALL("3", "later", "c"));
    feed(host.b, CALL("1", "later", "d"));
    finish(1, "x");
    mcp_session_close(host.a);
    CHECK_UINT(2, host.num_cancelled);
    CHECK(mcp_resume(host.server, host.refs[0]) == NULL && mcp_resume(host.server, host.refs[2]) == NULL);
    finish(3, "y");
    CHECK_STR(RESULT("1", BLOCK("d") "," BLOCK("y")), output(host.b));
    mcp_session_close(NULL);
    mcp_session_close(host.b);
    CHECK_UINT(2, host.num_cancelled);
    host_end();
    host_begin();
    host_connect();
    feed(host.a, CALL("1", "later", "a"));
    feed(host.b, CALL("2", "later", "a"));
    host_end();                         /* the sessions go with the server */
    CHECK_UINT(2, host.num_cancelled);
}

/* Replies that wait for the output of a session that is closed go with it. */
static void close_with_replies_that_wait(void)
{
    host_begin();
    host.desc.max_output = 1;
    host.desc.max_calls = 2;
    host_connect();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") PING("3"));
    finish(0, "x");
    finish(1, "x");
    mcp_session_close(host.a);
    feed(host.b, CALL("1", "later", "a") CALL("2", "later", "b") CALL("3", "later", "c"));
    CHECK_STR(TOO_MANY("3"), output(host.b));
    host_end();
    CHECK_UINT(2, host.num_cancelled);
}

static mcp_session *closing;

static int closes_session(mcp_call *c)
{
    mcp_session_close(closing);
    CHECK_UINT(0, mcp_session_feed(closing, PING("1"), 5));
    mcp_session_close(closing);             /* once is enough */
    return mcp_text(c, mcp_arg_str(c, "text"));     /* what it was given is still there */
}

/* What stands behind it in the input is not served any more, and no answer leaves. */
static void close_in_a_handler(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "a"));
    host.act = closes_session;
    closing = host.a;
    feed(host.a, CALL("2", "act", "x") CALL("3", "echo", "x"));
    CHECK_UINT(1, host.num_cancelled);
    CHECK_UINT(0, host.echoed);
    host.a = host_session("2025-11-25");
    closing = host.a;
    feed(host.a, CALL("1", "later", "a"));
    feed(host.b, CALL("2", "act", "x") CALL("3", "echo", "y"));
    CHECK_STR(RESULT("2", BLOCK("x")) RESULT("3", BLOCK("y")), output(host.b));
    CHECK_UINT(2, host.num_cancelled);
    host_end();
}

/* The rest of what is being fed is not taken, though there is no room for all of it at once. */
static void close_in_a_handler_in_mid_feed(void)
{
    static char text[4000];
    size_t n = 0;
    host_begin();
    host.desc.max_message = 400;
    host_connect();
    host.act = closes_session;
    closing = host.a;
    n = (size_t)snprintf(text, sizeof text, "%s", CALL("2", "act", "x"));
    while (n + sizeof PING("3") < sizeof text) n += (size_t)snprintf(text + n, sizeof text - n, "%s", PING("3"));
    CHECK(mcp_session_feed(host.a, text, n) < n);
    feed(host.b, PING("4"));
    CHECK_STR(PONG("4"), output(host.b));
    host_end();
}

static int destroys_server(mcp_call *c)
{
    mcp_server_destroy(host.server);
    mcp_server_destroy(host.server);
    return mcp_text(c, mcp_arg_str(c, "text"));
}

/* Everything goes when the handler has returned; no further one is called. */
static void destroy_in_a_handler(void)
{
    host_connected();
    feed(host.a, CALL("1", "later", "a"));
    feed(host.b, CALL("1", "later", "b"));
    host.act = destroys_server;
    (void)mcp_session_feed(host.a, CALL("2", "act", "x") CALL("3", "echo", "x"),
                           sizeof CALL("2", "act", "x") CALL("3", "echo", "x") - 1);
    CHECK_UINT(2, host.num_cancelled);
    CHECK_UINT(0, host.echoed);
    CHECK_HEAP(&host.heap);
}

static int feeds_itself(mcp_call *c)
{
    size_t len;
    feed(host.a, CALL("7", "echo", "of itself") "{\"jsonrpc\":");
    feed(host.b, CALL("8", "echo", "of another"));
    CHECK_UINT(0, host.echoed);
    CHECK(mcp_session_output(host.b, &len) == NULL);
    return mcp_text(c, mcp_arg_str(c, "text"));
}

/* What is fed in a handler is served after it, in its turn. */
static void feed_in_a_handler(void)
{
    host_connected();
    host.act = feeds_itself;
    feed(host.a, CALL("1", "act", "x") PING("2"));
    feed(host.a, "\"2.0\",\"id\":9,\"method\":\"ping\"}\n");
    CHECK_STR(RESULT("1", BLOCK("x")) PONG("2") RESULT("7", BLOCK("of itself")) PONG("9"), output(host.a));
    CHECK_STR(RESULT("8", BLOCK("of another")), output(host.b));
    host_end();
}

static void finishes_next(mcp_ref ref)
{
    mcp_call *c = NULL;
    size_t i;
    for (i = 0; i < host.num_refs && !c; i++) c = mcp_resume(host.server, host.refs[i]);
    CHECK(!ref || c != NULL);
    host.on_cancel = NULL;
    if (c) mcp_finish(c, mcp_text(c, "instead"));
}

static void closes_that(mcp_ref ref)
{
    (void)ref;
    mcp_session_close(closing);
    host.on_cancel = NULL;
}

static void destroys_all(mcp_ref ref) { (void)ref; mcp_server_destroy(host.server); }

/* Of a, two calls wait, and one of b. */
static void three_wait(void (*then)(mcp_ref ref))
{
    host_connected();
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b"));
    feed(host.b, CALL("3", "later", "c"));
    host.on_cancel = then;
    closing = host.b;
}

static void acts_in_on_cancel(void)
{
    three_wait(finishes_next);
    feed(host.a, CANCEL("1") PING("4"));
    CHECK_STR(RESULT("2", BLOCK("b") "," BLOCK("instead")) PONG("4"), output(host.a));
    CHECK_UINT(1, host.num_cancelled);
    host_end();

    three_wait(closes_that);
    feed(host.a, CANCEL("1") PING("4"));
    CHECK_STR(PONG("4"), output(host.a));
    CHECK_UINT(2, host.num_cancelled);
    host_end();
    CHECK_UINT(3, host.num_cancelled);

    three_wait(closes_that);
    closing = host.a;
    (void)mcp_session_feed(host.a, CANCEL("1") PING("4"), sizeof CANCEL("1") PING("4") - 1);
    CHECK_UINT(2, host.num_cancelled);
    host_end();

    three_wait(destroys_all);
    (void)mcp_session_feed(host.a, CANCEL("1") PING("4"), sizeof CANCEL("1") PING("4") - 1);
    CHECK_UINT(3, host.num_cancelled);
    CHECK_HEAP(&host.heap);

    three_wait(destroys_all);
    mcp_session_close(host.a);
    CHECK_UINT(3, host.num_cancelled);
    CHECK_HEAP(&host.heap);

    three_wait(destroys_all);
    host.now += 60000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(3, host.num_cancelled);
    CHECK_HEAP(&host.heap);

    three_wait(finishes_next);
    host_end();                         /* in the end of the server */
    CHECK_UINT(2, host.num_cancelled);
}

/*---- The message door ---------------------------------------------------------------------------*/

static void begin_door(uint32_t max_calls)
{
    host_begin();
    host.desc.max_calls = max_calls;
    host_connect();
}

static void statuses_of_deliveries(void)
{
    begin_door(0);
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, PING("1")));
    CHECK_STR("1 1 0 " PONG("1"), emitted());
    CHECK_STATUS(MCP_E_SYNTAX, deliver(host.a, 2, "[]\n"));
    CHECK_STR("2 2 -32600 " NO_BATCH, emitted());
    CHECK_STATUS(MCP_OK, deliver(NULL, 3, PING("1")));
    CHECK_STR("3 1 0 " PONG("1"), emitted());
    CHECK_STATUS(MCP_OK, deliver(NULL, 3, CALL("1", "echo", "x")));
    CHECK(strstr(emitted(), "3 2 -32602 {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":") != NULL);
    CHECK_STATUS(MCP_OK, deliver(NULL, 3, MODERN("1", "echo", "x")));
    CHECK_STR("3 1 0 " MODERN_RESULT("1", BLOCK("x")), emitted());
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 3, MODERN("2", "later", "x")));
    CHECK_STATUS(MCP_OK, deliver(NULL, 3, CANCEL("2")));        /* whose? there is no session */
    CHECK_STATUS(MCP_OK, deliver(host.a, 3, CANCEL("2")));      /* not of this one */
    CHECK_STR("", emitted());
    finish(0, "y");
    CHECK_STR("3 1 0 " MODERN_RESULT("2", BLOCK("x") "," BLOCK("y")), emitted());
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 4, CALL("2", "later", "x")));
    CHECK(mcp_session_busy(host.a));
    CHECK_STATUS(MCP_OK, deliver(host.a, 5, CANCEL("2")));
    was_cancelled(1, host.refs[1]);
    CHECK_STR("", emitted());
    host_end();
}

/* What a stream refuses waits in order until it is ready again; others do not wait for it. */
static void refused_by_emit(void)
{
    begin_door(8);
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, PING("1")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("2", "echo", "x")));
    CHECK_STATUS(MCP_OK, deliver(host.a, 2, PING("3")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, "nonsense\n"));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("5", "later", "x")));
    finish(0, "y");
    CHECK_UINT(4, door.refused);
    CHECK_STR("2 1 0 " PONG("3"), emitted());
    CHECK(mcp_session_busy(host.a));
    mcp_stream_ready(host.server, &door, 1);            /* it is not */
    CHECK_UINT(5, door.refused);
    mcp_stream_ready(host.server, &door, 2);            /* nothing waits there */
    mcp_stream_ready(host.server, &host, 1);            /* another one's */
    CHECK_STR("", emitted());
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    {
        const char *got = emitted(), *third = strstr(got, "1 2 -32700 {\"jsonrpc\":\"2.0\",\"error\":");
        CHECK_BYTES("1 1 0 " PONG("1") "1 1 0 " RESULT("2", BLOCK("x")),
                    sizeof "1 1 0 " PONG("1") "1 1 0 " RESULT("2", BLOCK("x")) - 1, got,
                    third ? (size_t)(third - got) : 0);
        CHECK_STR("1 1 0 " RESULT("5", BLOCK("x") "," BLOCK("y")), third ? strchr(third, '\n') + 1 : NULL);
    }
    CHECK(!mcp_session_busy(host.a));
    host_end();
}

/* One of them is ready for one message at a time. */
static void ready_a_little(void)
{
    size_t i;
    begin_door(8);
    door.full = 6;
    for (i = 0; i < 3; i++) {
        CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("1", "echo", "x")));
        CHECK_STATUS(MCP_WAIT, deliver(host.a, 2, CALL("2", "echo", "y")));
    }
    door.full = 2;
    mcp_stream_ready(host.server, &door, 2);
    CHECK_STR("2 1 0 " RESULT("2", BLOCK("y")) "2 1 0 " RESULT("2", BLOCK("y")) "2 1 0 " RESULT("2", BLOCK("y")),
              emitted());
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, PING("3")));
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 1 0 " RESULT("1", BLOCK("x")) "1 1 0 " RESULT("1", BLOCK("x")) "1 1 0 " RESULT("1", BLOCK("x"))
              "1 1 0 " PONG("3"), emitted());
    host_end();
}

static void stream_that_is_lost(void)
{
    begin_door(4);
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, PING("1")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("2", "later", "x")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 2, CALL("3", "later", "y")));
    mcp_stream_lost(host.server, &door, 1);
    was_cancelled(1, host.refs[0]);
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("", emitted());
    finish(1, "z");
    CHECK_STR("2 1 0 " RESULT("3", BLOCK("y") "," BLOCK("z")), emitted());
    CHECK(!mcp_session_busy(host.a));
    mcp_stream_lost(host.server, &door, 7);
    host_end();
    CHECK_UINT(1, host.num_cancelled);
}

/* All wait: a message is not looked at, and can be delivered again. */
static void busy_server(void)
{
    begin_door(2);
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("1", "later", "x")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("2", "echo", "y")));
    CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("3", "echo", "y")));
    CHECK_UINT(2, host.echoed);
    CHECK_STATUS(MCP_E_BUSY, deliver(host.a, 2, CALL("4", "echo", "z")));
    CHECK_STATUS(MCP_E_BUSY, deliver(host.a, 2, "nonsense\n"));
    CHECK_STATUS(MCP_E_BUSY, deliver(host.a, 2, CANCEL("1")));
    CHECK_UINT(2, host.echoed);
    CHECK_UINT(0, host.num_cancelled);
    door.full = 0;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STATUS(MCP_OK, deliver(host.a, 2, CANCEL("1")));
    CHECK_STATUS(MCP_OK, deliver(host.a, 2, CALL("4", "echo", "z")));
    CHECK_STR("1 1 0 " RESULT("2", BLOCK("y")) "1 1 0 " RESULT("3", BLOCK("y")) "2 1 0 " RESULT("4", BLOCK("z")),
              emitted());
    CHECK_UINT(1, host.num_cancelled);
    host_end();
}

/* Uses all calls up: a reply that a stream refuses, and one that is deferred. */
static void use_all_calls(void)
{
    begin_door(1);
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, MODERN("1", "later", "x")));
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, MODERN("2", "echo", "y")));
    feed(host.a, PING("3") CALL("4", "echo", "z"));
    CHECK_STR("", output(host.a));
    CHECK_UINT(1, host.echoed);
}

/* A session that found no call goes on when there is one, whatever brought it. */
static void stuck_sessions_go_on(void)
{
    size_t way;
    for (way = 0; way < 5; way++) {
        NOTE("way %lu", (unsigned long)way);
        use_all_calls();
        CHECK(mcp_session_busy(host.a));        /* not to be closed yet */
        if (way == 0) mcp_stream_lost(host.server, &door, 1);
        if (way == 1 || way == 2) door.full = 0;
        if (way == 1) mcp_stream_ready(host.server, &door, 1);
        if (way == 2) finish(0, "x");
        if (way == 3) host.now += 60000;
        if (way == 3) (void)mcp_server_tick(host.server);
        if (way == 4) mcp_stream_lost(host.server, &door, 1);
        if (way == 3) mcp_stream_lost(host.server, &door, 1);       /* its answer was refused too */
        CHECK_STR(PONG("3") RESULT("4", BLOCK("z")), output(host.a));
        CHECK(!mcp_session_busy(host.a));
        host_end();
    }
}

/* The call that comes free was that of a reply to another session, which is full again at once. */
static void stuck_session_after_sent(void)
{
    size_t len;
    host_begin();
    host.desc.max_calls = 2;
    host.desc.max_output = 1;
    host_connect();
    door.full = 2;
    feed(host.a, CALL("1", "later", "a") CALL("2", "later", "b") PING("3"));
    finish(0, "x");
    finish(1, "x");
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, PING("4")));
    feed(host.b, PING("5"));
    CHECK_STR("", output(host.b));
    (void)mcp_session_output(host.a, &len);
    mcp_session_sent(host.a, len);
    CHECK_STR(PONG("5"), output(host.b));
    host_end();
}

/* Taken and not served: the limit holds, and the status says why. */
static void stuck_session_is_full(void)
{
    static const char ping[] = PING("1");
    size_t i, taken = 0, n;
    begin_door(1);
    mcp_server_destroy(host.server);
    host.desc.max_message = 300;
    host_connect();
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, MODERN("1", "later", "x")));
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, MODERN("2", "echo", "y")));
    for (i = 0; i < 100; i++) {
        n = mcp_session_feed(host.a, ping, sizeof ping - 1);
        taken += n;
        if (n < sizeof ping - 1) break;
    }
    CHECK(taken >= 300 && taken <= 302);
    CHECK_STATUS(MCP_WAIT, mcp_session_status(host.a));
    mcp_stream_lost(host.server, &door, 1);
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    CHECK_UINT(taken / (sizeof ping - 1) * (sizeof PONG("1") - 1), strlen(output(host.a)));
    host_end();
}

static int cancelled_while_running(mcp_call *c)
{
    mcp_ref ref = 99;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("7")));
    CHECK_STATUS(MCP_E_CLOSED, mcp_defer(c, &ref));
    CHECK_UINT(0, ref);
    return mcp_text(c, mcp_arg_str(c, "text"));
}

static int cancelled_after_defer(mcp_call *c)
{
    mcp_ref ref = 0;
    CHECK_STATUS(MCP_WAIT, mcp_defer(c, &ref));
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CANCEL("7")));
    was_cancelled(1, ref);
    return MCP_WAIT;
}

/* A message that is delivered in a handler is served at once. A cancelled handler runs to its end, unheard. */
static void cancelled_in_its_handler(void)
{
    begin_door(0);
    host.act = cancelled_while_running;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CALL("7", "act", "x")));
    CHECK_UINT(0, host.num_cancelled);          /* nothing was deferred */
    feed(host.a, CALL("7", "act", "x") PING("8"));
    CHECK_STR(PONG("8"), output(host.a));
    host.act = cancelled_after_defer;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CALL("7", "act", "x")));
    CHECK_UINT(1, host.num_cancelled);
    CHECK_STR("", emitted());
    CHECK(!mcp_session_busy(host.a));
    host_end();
}

/*---- The tap ------------------------------------------------------------------------------------*/

static struct {
    char text[1 << 14];         /* as "aI MESSAGE\n" or "-O MESSAGE\n" */
    size_t len;
    int then;                   /* what it does next: 1 to 3 when something goes out, 4 and 5 when it comes in */
} tap;

static void on_tap(void *user, mcp_session *session, int direction, const char *bytes, size_t len)
{
    int then;
    CHECK(user == &host);
    CHECK(direction == MCP_TAP_IN || direction == MCP_TAP_OUT);
    tap.len += (size_t)snprintf(tap.text + tap.len, sizeof tap.text - tap.len, "%c%c %.*s\n",
                                !session ? '-' : session == host.b ? 'b' : 'a',
                                direction == MCP_TAP_IN ? 'I' : 'O', (int)len, bytes);
    if (direction != (tap.then < 4 ? MCP_TAP_OUT : MCP_TAP_IN)) return;
    then = tap.then;
    tap.then = 0;
    if (then == 1 || then == 5) mcp_session_close(session);
    if (then == 2) mcp_server_destroy(host.server);
    if (then == 3) mcp_stream_lost(host.server, &door, 1);
    if (then == 4) feed(session, PING("\"tapped\""));
}

static const char *tapped(void)
{
    tap.text[tap.len] = 0;
    tap.len = 0;
    return tap.text;
}

static void begin_tap(uint32_t max_output)
{
    host_begin();
    memset(&tap, 0, sizeof tap);
    host.desc.tap = on_tap;
    host.desc.max_output = max_output;
    host_connect();
    (void)tapped();
}

/* Byte by byte what went over the wire, in its order, refused and malformed messages too. */
static void tap_sees_the_wire(void)
{
    begin_tap(1);
    feed(host.a, "\n" CALL("1", "later", "x") "  {\"jsonrpc\" : \"2.0\", \"id\":2,\"method\":\"ping\"}\n");
    feed(host.b, CANCEL("1") "[]\n");
    CHECK_STR("aI " CALL("1", "later", "x") "aI   {\"jsonrpc\" : \"2.0\", \"id\":2,\"method\":\"ping\"}\n"
              "aO " PONG("2") "bI " CANCEL("1") "bI []\n"
              "bO " NO_BATCH, tapped());
    finish(0, "y");                                     /* it waits: nothing was handed over */
    CHECK_STR("", tapped());
    CHECK_STR(PONG("2") RESULT("1", BLOCK("x") "," BLOCK("y")), output(host.a));
    CHECK_STR("aO " RESULT("1", BLOCK("x") "," BLOCK("y")), tapped());
    CHECK_STATUS(MCP_OK, deliver(NULL, 1, PING("3")));
    CHECK_STR("-I " PING("3") "-O " PONG("3"), tapped());
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, PING("4")));
    CHECK_STR("-I " PING("4"), tapped());
    mcp_stream_lost(host.server, &door, 1);
    CHECK_STR("", tapped());
    host_end();
}

/* The tap is a callback as others are: what it closes goes afterwards. */
static void tap_that_acts(void)
{
    begin_tap(1);
    tap.then = 1;
    (void)mcp_session_feed(host.a, PING("1") PING("2"), sizeof PING("1") PING("2") - 1);
    CHECK_STR("aI " PING("1") "aO " PONG("1"), tapped());
    host_end();

    begin_tap(1);
    feed(host.a, CALL("1", "later", "x") PING("2"));
    finish(0, "y");
    tap.then = 1;
    mcp_session_sent(host.a, sizeof PONG("2") - 1);     /* the reply that waited is handed over in it */
    feed(host.b, PING("3"));
    CHECK_STR(PONG("3"), output(host.b));
    host_end();

    begin_tap(1);
    door.full = 2;
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, PING("1")));
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 1, PING("2")));
    door.full = 0;
    tap.then = 3;
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 1 0 " PONG("1"), emitted());
    CHECK_STATUS(MCP_OK, deliver(NULL, 1, PING("3")));
    CHECK_STR("1 1 0 " PONG("3"), emitted());
    host_end();

    begin_tap(1 << 16);
    tap.then = 4;
    feed(host.a, CALL("1", "echo", "x") PING("2"));
    CHECK_STR(RESULT("1", BLOCK("x")) PONG("2") PONG("\"tapped\""), output(host.a));
    host_end();

    begin_tap(1 << 16);
    tap.then = 5;
    (void)mcp_session_feed(host.a, PING("1") PING("2"), sizeof PING("1") PING("2") - 1);
    CHECK_STR("aI " PING("1"), tapped());
    host_end();

    begin_tap(1);
    tap.then = 2;
    (void)mcp_session_feed(host.a, PING("1") PING("2"), sizeof PING("1") PING("2") - 1);
    CHECK_HEAP(&host.heap);
}

/*---- Lists, icons, and what people read ----------------------------------------------------------*/

#define LISTED(id, tools, cursor) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{\"tools\":[" tools "]" cursor "}}\n"
#define LISTED_TOOL(name) \
    "{\"name\":\"" name "\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}}}}"
#define NEXT(n) ",\"nextCursor\":\"" n "\""

/* Pages from the cache are the list in pieces, however often they are asked for. */
static void lists_in_pages(void)
{
    size_t i;
    host_begin();
    host.desc.page_size = 2;
    host_connect();
    for (i = 0; i < 3; i++) {
        feed(host.a, REQUEST("1", "tools/list", "") REQUEST("2", "tools/list", "\"cursor\":\"2\""));
        CHECK_STR(LISTED("1", LISTED_TOOL("echo") "," LISTED_TOOL("later"), NEXT("2"))
                  LISTED("2", LISTED_TOOL("act"), ""), output(host.a));
        feed(host.a, REQUEST("3", "tools/list", "\"cursor\":\"3\"") REQUEST("4", "tools/list", "\"cursor\":\"4\""));
        CHECK_STR(FAILURE("3", "-32602", "unknown cursor: start again without one")
                  FAILURE("4", "-32602", "unknown cursor: start again without one"), output(host.a));
    }
    host_end();
    for (i = 0; i < 2; i++) {
        host_begin();
        host.desc.page_size = i ? (uint32_t)MCP_NONE : 3;
        host_connect();
        feed(host.b, REQUEST("1", "tools/list", ""));
        CHECK_STR(LISTED("1", LISTED_TOOL("echo") "," LISTED_TOOL("later") "," LISTED_TOOL("act"), ""),
                  output(host.b));
        host_end();
    }
}

static char many_names[300][20];
static mcp_tool many_tools[300];

/* The rows of all pages together, as "NAME NAME ...". */
static void collect_pages(mcp_buf *names, uint32_t page_size, const char *revision)
{
    mcp_doc doc;
    char cursor[100] = "", text[400];
    size_t pages = 0;
    host_begin();
    host.desc.tools = many_tools;
    host.desc.num_tools = MCP_COUNT(many_tools);
    host.desc.page_size = page_size;
    host_connect();
    memset(&doc, 0, sizeof doc);
    mcp_buf_reset(names);
    do {
        mcp_json row, result;
        const char *got;
        snprintf(text, sizeof text, REQUEST("1", "tools/list", "%s%s%s"), cursor, *cursor && *revision ? "," : "",
                 revision);
        feed(host.a, text);
        got = output(host.a);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, got, strlen(got)));
        result = mcp_json_get(mcp_json_root(&doc), "result");
        for (row = mcp_json_first(mcp_json_get(result, "tools")); mcp_json_exists(row); row = mcp_json_next(row)) {
            mcp_str name = mcp_json_str(row, "name");
            mcp_buf_add(names, name.ptr, name.len);
            mcp_buf_add(names, mcp_json_exists(mcp_json_get(row, "inputSchema")) ? " " : "?", 1);
        }
        snprintf(cursor, sizeof cursor, "\"cursor\":\"%s\"", mcp_json_cstr(result, "nextCursor", ""));
        if (!mcp_json_exists(mcp_json_get(result, "nextCursor"))) cursor[0] = 0;
        pages++;
    } while (*cursor && pages < 400);
    CHECK_UINT((300 + page_size - 1) / page_size, pages);
    mcp_doc_free(&doc);
    host_end();
}

static void pages_of_every_size(void)
{
    mcp_alloc none = { 0, 0 };
    mcp_buf names, want;
    uint32_t size;
    size_t i;
    mcp_buf_init(&names, none, 1 << 16);
    mcp_buf_init(&want, none, 1 << 16);
    for (i = 0; i < MCP_COUNT(many_tools); i++) {
        snprintf(many_names[i], sizeof many_names[i], "tool_%lu", (unsigned long)i * i);
        memset(&many_tools[i], 0, sizeof many_tools[i]);
        many_tools[i].name = many_names[i];
        many_tools[i].fn = host_echo;
        mcp_buf_add(&want, many_names[i], strlen(many_names[i]));
        mcp_buf_add(&want, " ", 1);
    }
    for (size = 1; size <= 300; size += size < 4 ? 1 : 37 * (uint32_t)test_step(3)) {
        NOTE("pages of %lu rows", (unsigned long)size);
        collect_pages(&names, size, size % 2 ? META : "");
        CHECK_BYTES(want.ptr, want.len, names.ptr, names.len);
    }
    mcp_buf_free(&names);
    mcp_buf_free(&want);
}

static const mcp_icon icons[] = {
    MCP_ICON("https://example.com/a.png", "image/png", "48x48|96x96", "light"),
    MCP_ICON("data:image/png;base64,AA==", 0, 0, 0),
    MCP_ICON_END
};
static const mcp_tool pictured[] = { MCP_TOOL_FULL("p", host_echo, 0, 0, 0, 0, 0, 0, 0, icons, 0) };

#define ICONS "\"icons\":[{\"src\":\"https://example.com/a.png\",\"mimeType\":\"image/png\","           \
              "\"sizes\":[\"48x48\",\"96x96\"],\"theme\":\"light\"},"                                   \
              "{\"src\":\"data:image/png;base64,AA==\"}]"
#define FULL_INFO(title) "{\"name\":\"s\",\"version\":\"1\"" title ",\"description\":\"d\"," \
                         "\"websiteUrl\":\"https://example.com\"," ICONS "}"
#define PLAIN_TOOL "{\"name\":\"p\",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}"
#define ICON_TOOL  "{\"name\":\"p\"," ICONS ",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}"
#define BRIEF(info, revision)                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"" revision "\","               \
    "\"capabilities\":{\"tools\":{}},\"serverInfo\":" info "}}\n"
#define TITLE ",\"title\":\"S\""

static const struct {
    const char *ask, *want;
} infos[] = {
    { INITIALIZE("2024-11-05"), BRIEF("{\"name\":\"s\",\"version\":\"1\"}", "2024-11-05") },
    { INITIALIZE("2025-03-26"), BRIEF("{\"name\":\"s\",\"version\":\"1\"}", "2025-03-26") },
    { INITIALIZE("2025-06-18"), BRIEF("{\"name\":\"s\",\"version\":\"1\"" TITLE "}", "2025-06-18") },
    { INITIALIZE("2025-11-25"), BRIEF(FULL_INFO(TITLE), "2025-11-25") }
};

static void icons_by_revision(void)
{
    size_t i;
    const char *got;
    host_begin();
    host.desc.title = "S";
    host.desc.description = "d";
    host.desc.website_url = "https://example.com";
    host.desc.icons = icons;
    host.desc.tools = pictured;
    host.desc.num_tools = 1;
    host.server = mcp_server_create(&host.desc);
    for (i = 0; i < MCP_COUNT(infos); i++) {
        mcp_session *s = mcp_session_open(host.server);
        NOTE("revision %lu", (unsigned long)i);
        feed(s, infos[i].ask);
        CHECK_STR(infos[i].want, output(s));
        feed(s, REQUEST("1", "tools/list", ""));
        CHECK_STR(i < 3 ? LISTED("1", PLAIN_TOOL, "") : LISTED("1", ICON_TOOL, ""), output(s));
        feed(s, REQUEST("1", "tools/list", META));
        CHECK(strstr(output(s), "\"tools\":[" ICON_TOOL "]") != NULL);
    }
    host.a = mcp_session_open(host.server);
    feed(host.a, REQUEST("1", "server/discover", META));
    got = output(host.a);
    CHECK(strstr(got, "{\"io.modelcontextprotocol/serverInfo\":" FULL_INFO(TITLE) "}") != NULL);
    feed(host.a, MODERN("1", "p", ""));             /* elsewhere it is kept short */
    CHECK(strstr(output(host.a), "description") == NULL);
    host_end();
}

#define WRONG_SRC "the src of an icon must start with https: or data:"
#define WRONG_THEME "the theme of an icon must be \"light\", \"dark\" or NULL"

static const struct {
    mcp_icon icons[2];
    const char *why;            /* NULL: nothing is wrong */
} icon_rows[] = {
    { { MCP_ICON("http://example.com/a.png", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("javascript:alert(1)", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("file:///a.png", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("https", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("httpsx://a", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON(":", 0, 0, 0), MCP_ICON_END }, WRONG_SRC },
    { { MCP_ICON("https://a/b", 0, 0, "red"), MCP_ICON_END }, WRONG_THEME },
    { { MCP_ICON("https://a/b", 0, 0, ""), MCP_ICON_END }, WRONG_THEME },
    { { MCP_ICON("https://a/b", 0, "any", "dark"), MCP_ICON_END }, NULL },
    { { MCP_ICON("data:,", 0, 0, 0), MCP_ICON_END }, NULL },
    { { MCP_ICON_END, MCP_ICON_END }, NULL }
};

/* Icons are the server's or a tool's, and the same is wrong with both. */
static void wrong_icons(void)
{
    char want[300];
    size_t i, of_tool;
    for (i = 0; i < MCP_COUNT(icon_rows); i++)
        for (of_tool = 0; of_tool < 2; of_tool++) {
            mcp_tool rows[2] = { MCP_TOOL("a", host_echo, 0, 0), MCP_TOOL("b", host_echo, 0, 0) };
            const char *why = icon_rows[i].why;
            NOTE("icon '%s'", icon_rows[i].icons[0].src ? icon_rows[i].icons[0].src : "none");
            host_begin();
            host.desc.tools = rows;
            host.desc.num_tools = 2;
            if (of_tool) rows[1].icons = icon_rows[i].icons;
            else host.desc.icons = icon_rows[i].icons;
            host.server = mcp_server_create(&host.desc);
            CHECK((host.server == NULL) == (why != NULL));
            snprintf(want, sizeof want, "%s%s", of_tool ? "mcp_tool 'b': " : "mcp_server_desc: ", why ? why : "");
            CHECK_STR(why ? want : "", host.log);
            host_end();
        }
}

/*---- Memory -------------------------------------------------------------------------------------*/

/* Whatever a server does all day. */
static void a_round(void)
{
    feed(host.a, PING("1") CALL("2", "echo", "x") REQUEST("3", "tools/list", "") CALL("4", "later", "y")
         MODERN("5", "echo", "z"));
    feed(host.b, CALL("6", "later", "y") REQUEST("7", "tools/list", META) "nonsense\n" CALL("8", "later", ""));
    (void)output(host.a);
    finish(0, "b");
    feed(host.b, CANCEL("8"));
    finish(1, "c");
    host.num_refs = 0;
    CHECK(!strncmp(RESULT("4", BLOCK("y") "," BLOCK("b")), output(host.a), 20));
    CHECK(strlen(output(host.b)) > 100);
    CHECK_INT(-1, mcp_server_tick(host.server));
}

static void steady_state(void)
{
    size_t i, calls, rounds = test_rounds(1000);
    host_connected();
    for (i = 0; i < 4; i++) a_round();
    calls = host.heap.calls;
    for (i = 0; i < rounds && !test_state.failures; i++) {
        host.num_cancelled = 0;
        a_round();
    }
    CHECK_UINT(calls, host.heap.calls);
    host_end();
}

static char big_call[30100];

/* Large messages too, after more than one call was in use. */
static void steady_state_of_large_messages(void)
{
    size_t i, calls = 0, n;
    host_connected();
    a_round();
    n = (size_t)snprintf(big_call, 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                         "\"name\":\"echo\",\"arguments\":{\"text\":\"");
    memset(big_call + n, 'x', 29000);
    snprintf(big_call + n + 29000, 100, "\"}}}\n");
    for (i = 0; i < 20; i++) {
        if (i == 4) calls = host.heap.calls;
        feed(host.a, big_call);
        CHECK(strlen(output(host.a)) > 29000);
        feed(host.a, PING("2"));
        CHECK_STR(PONG("2"), output(host.a));
    }
    CHECK_UINT(calls, host.heap.calls);
    host_end();
}

/* Calls that were large once do not all keep what they had: one of them may. */
static void large_calls_do_not_pile_up(void)
{
    static char much[30000];
    size_t i;
    host_connected();
    memset(much, 'y', sizeof much);
    for (i = 0; i < 60; i++) {
        feed(host.a, CALL("1", "later", ""));
        (void)mcp_textn(mcp_resume(host.server, host.refs[i]), much, sizeof much);
    }
    CHECK(host.heap.bytes > 60 * sizeof much);
    for (i = 0; i < 60; i++) {
        finish(i, "");
        CHECK(strlen(output(host.a)) > sizeof much);
    }
    if (host.heap.bytes > 400000) FAIL("%lu bytes are kept", (unsigned long)host.heap.bytes);
    host_end();
}

/*---- Allocations that fail ----------------------------------------------------------------------*/

/* Of hard_times, so far: answers to its requests but the one that is cancelled, and whether all could be sent. */
static size_t answers;
static bool all_was_fed;

static void count_answer(mcp_json message)
{
    if (mcp_json_int(message, "id", 6) != 6) answers++;
}

/* Only whole messages ever leave. */
static void check_output(mcp_session *s) { check_lines(output(s), count_answer); }

/* Something of everything; what does not work for want of memory is left out. */
static void hard_times(void)
{
    static const char text[] = INITIALIZE("2025-11-25") PING("1") CALL("2", "echo", "x")
        CALL("3", "later", "y") REQUEST("4", "tools/list", "") CALL("5", "later", "z") CALL("6", "later", "c")
        "nonsense\n" MODERN("7", "later", "m") MODERN("8", "echo", "m") REQUEST("9", "tools/list", META);
    const char *at = text, *stop = text + sizeof text - 1;
    answers = 0;
    all_was_fed = false;
    host.a = mcp_session_open(host.server);
    while (host.a && at < stop) {
        size_t n = mcp_session_feed(host.a, at, (size_t)(stop - at) < 200 ? (size_t)(stop - at) : 200);
        if (!n) break;
        at += n;
        check_output(host.a);
    }
    if (host.a && mcp_session_feed(host.a, CANCEL("6"), sizeof CANCEL("6") - 1) == sizeof CANCEL("6") - 1)
        all_was_fed = true;
    finish_all();
    if (host.a) check_output(host.a);
    host.b = mcp_session_open(host.server);
    if (host.b) (void)mcp_session_feed(host.b, MODERN("1", "later", "y"), sizeof MODERN("1", "later", "y") - 1);
    host.now += 60000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    mcp_session_close(host.b);
    (void)deliver(host.a, 1, MODERN("1", "echo", "y"));
    (void)deliver(NULL, 1, MODERN("1", "later", "y"));
}

/* Memory is back: a session goes on unless it said that it cannot. */
static void better_times(void)
{
    int status;
    if (!host.a) host.a = mcp_session_open(host.server);
    status = mcp_session_status(host.a);
    if (status == MCP_E_NOMEM) {
        CHECK_UINT(0, mcp_session_feed(host.a, "x", 1));
        mcp_session_close(host.a);
        host.a = mcp_session_open(host.server);
    } else {
        CHECK_STATUS(MCP_OK, status);
    }
    finish_all();
    (void)mcp_session_feed(host.a, "\n", 1);
    check_output(host.a);
    if (all_was_fed && status == MCP_OK) CHECK_UINT(9, answers);
    CHECK_STATUS(MCP_OK, mcp_session_status(host.a));
    feed(host.a, PING("1") MODERN("2", "later", "x"));
    CHECK_STR(PONG("1"), output(host.a));
    finish(host.num_refs - 1, "y");
    CHECK_STR(MODERN_RESULT("2", BLOCK("x") "," BLOCK("y")), output(host.a));
    CHECK(!mcp_session_busy(host.a));
}

static void every_allocation_fails(void) { check_allocations(30, host_begin, hard_times, better_times); }

static const mcp_field wordy_args[] = {
    MCP_ARG("text", MCP_STRING, "A description that is long enough for the list to need memory, and then some."),
    MCP_END
};
static const mcp_tool wordy[] = {
    MCP_TOOL("a", host_echo, 0, wordy_args), MCP_TOOL("b", host_echo, 0, wordy_args),
    MCP_TOOL("c", host_echo, 0, wordy_args), MCP_TOOL("d", host_echo, 0, wordy_args),
    MCP_TOOL("e", host_echo, 0, wordy_args), MCP_TOOL("f", host_echo, 0, wordy_args)
};

/* What a large message leaves behind is given back when another request has no memory for its reply; that one
   fails, the next one works. */
static void kept_memory_is_given_back(void)
{
    static union { unsigned char bytes[64 * 1024]; void *aligned; } memory;
    static char big[2100];
    size_t size, mended = 0;
    memset(big, 'm', sizeof big);
    memcpy(big, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"", 34);
    memcpy(big + 2000, "\"}\n", 4);
    for (size = 4000; size < sizeof memory.bytes && !test_state.failures; size += 96) {
        mcp_pool pool;
        bool listed, again;
        NOTE("a pool of %lu bytes", (unsigned long)size);
        host_begin();
        host.desc.alloc = mcp_pool_init(&pool, memory.bytes, size);
        host.desc.max_message = host.desc.max_reply = 2048;
        host.desc.max_output = 1;
        host.desc.max_calls = MCP_NONE;
        host.desc.tools = wordy;
        host.desc.num_tools = MCP_COUNT(wordy);
        host.server = mcp_server_create(&host.desc);
        host.a = host.server ? mcp_session_open(host.server) : NULL;
        if (!host.a) {
            mcp_server_destroy(host.server);
            continue;
        }
        (void)mcp_session_feed(host.a, INITIALIZE("2025-11-25"), strlen(INITIALIZE("2025-11-25")));
        (void)output(host.a);
        (void)mcp_session_feed(host.a, big, strlen(big));
        (void)output(host.a);
        if (mcp_session_status(host.a) == MCP_OK) {
            feed(host.a, REQUEST("2", "tools/list", ""));
            listed = strstr(output(host.a), "\"tools\":[") != NULL;
            if (mcp_session_status(host.a) == MCP_OK) {
                feed(host.a, REQUEST("3", "tools/list", ""));
                again = strstr(output(host.a), "\"tools\":[") != NULL;
                if (!listed && again) mended++;
                CHECK(again || size < 12000);
            }
        }
        mcp_server_destroy(host.server);
    }
    CHECK(mended > 0);
}

/* More arguments than fit without memory are looked through for one that stands there twice. */
static void many_arguments_without_memory(void)
{
    char call[1000];
    size_t i, n;
    host_connected();
    n = (size_t)snprintf(call, 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                         "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"");
    for (i = 0; i < 30; i++) n += (size_t)snprintf(call + n, 40, ",\"k%lu\":0", (unsigned long)i);
    snprintf(call + n, 20, "}}}\n");
    feed(host.a, call);
    CHECK_STR(RESULT("1", BLOCK("x")), output(host.a));
    host.heap.fail_at = host.heap.calls + 1;
    feed(host.a, call);
    CHECK_STR(REGRET("1", "too many arguments: there is no memory to look through them"), output(host.a));
    feed(host.a, call);
    CHECK_STR(RESULT("1", BLOCK("x")), output(host.a));
    call[n - 4] = '8';          /* "k29" becomes a second "k28" */
    feed(host.a, call);
    CHECK_STR(REGRET("1", "argument 'k28' stands there twice: send it once"), output(host.a));
    CHECK_UINT(2, host.echoed);
    host_end();
}

static int whose(mcp_call *c)
{
    CHECK(mcp_call_server(c) == host.server);
    return mcp_fail_text(c, "100% no");
}

static void a_handler_knows_its_server(void)
{
    host_connected();
    host.act = whose;
    feed(host.a, CALL("1", "act", ""));
    CHECK_STR(REGRET("1", "100% no"), output(host.a));
    host_end();
}

static void initialize_without_a_session(void)
{
    host_connected();
    CHECK_STATUS(MCP_OK, deliver(NULL, 1, INITIALIZE("2025-11-25")));
    CHECK(strstr(door.got, "initialize: this transport has no sessions") != NULL);
    host_end();
}

int main(void)
{
    TEST(bytes_in_pieces);
    TEST(room_has_a_limit);
    TEST(long_lines);
    TEST(sessions_interleaved);
    TEST(slow_reader);
    TEST(replies_wait_for_output);
    TEST(text_before_and_after);
    TEST(arguments_stay);
    TEST(many_at_once);
    TEST(too_many_calls);
    TEST(no_calls_at_all);
    TEST(verdicts_of_handlers);
    TEST(refs);
    TEST(results_of_all_kinds_later);
    TEST(finish_in_another_handler);
    TEST(calls_time_out);
    TEST(limits_of_time);
    TEST(tick_counts_what_it_began);
    TEST(late_with_much_text);
    TEST(cancelled_by_id);
    TEST(cancelled_again_and_again);
    TEST(cancels_nothing);
    TEST(cancelled_id_that_is_there_twice);
    TEST(cancelled_reply_that_waits);
    TEST(cancelled_id_of_replies_that_wait);
    TEST(close_with_deferred_calls);
    TEST(close_with_replies_that_wait);
    TEST(close_in_a_handler);
    TEST(close_in_a_handler_in_mid_feed);
    TEST(destroy_in_a_handler);
    TEST(feed_in_a_handler);
    TEST(acts_in_on_cancel);
    TEST(statuses_of_deliveries);
    TEST(refused_by_emit);
    TEST(ready_a_little);
    TEST(stream_that_is_lost);
    TEST(busy_server);
    TEST(stuck_sessions_go_on);
    TEST(stuck_session_after_sent);
    TEST(stuck_session_is_full);
    TEST(cancelled_in_its_handler);
    TEST(tap_sees_the_wire);
    TEST(tap_that_acts);
    TEST(lists_in_pages);
    TEST(pages_of_every_size);
    TEST(icons_by_revision);
    TEST(wrong_icons);
    TEST(steady_state);
    TEST(steady_state_of_large_messages);
    TEST(large_calls_do_not_pile_up);
    TEST(every_allocation_fails);
    TEST(kept_memory_is_given_back);
    TEST(many_arguments_without_memory);
    TEST(a_handler_knows_its_server);
    TEST(initialize_without_a_session);
    return test_end();
}
