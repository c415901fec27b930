/* What a tool may take: its clock, how many of its calls are under way, how much text it gives; calls that go on
   later; and lists in pages. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"
#include "messages.h"

/*---- A host: tools that do what a case says, and a session ---------------------------------------*/

/* What a case changes of it, begin sets back. */
static mcp_tool tools[2];

static void begin(void)
{
    static const mcp_tool first[] = {
        MCP_TOOL("slow", host_act, 0, host_args), MCP_TOOL("other", host_act, 0, host_args)
    };
    memcpy(tools, first, sizeof tools);
    host_begin();
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
}

static void connect_host(void)
{
    host_server();
    host.a = host_session("2025-11-25");
}

static int says(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }

/*---- The clock of a tool -------------------------------------------------------------------------*/

#define LATE(id, ms, member) REGRET(id, "there was no answer within " ms " ms (" member ")")

static void a_clock_of_its_own(void)
{
    begin();
    host.act = host_defer;
    host.desc.call_timeout_ms = 500;
    tools[0].timeout_ms = 200;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CALL("2", "other", ""));
    CHECK_INT(200, mcp_server_tick(host.server));
    host.now += 199;
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_STR("", output(host.a));
    host.now += 1;
    CHECK_INT(300, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "200", "mcp_tool.timeout_ms of slow"), output(host.a));
    CHECK_UINT(1, host.num_cancelled);
    CHECK_UINT(host.refs[0], host.cancelled[0]);
    host.now += 300;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("2", "500", "mcp_server_desc.call_timeout_ms"), output(host.a));
    host_end();
}

/* A tool may also have more time than others, or all of it. */
static void a_longer_clock(void)
{
    begin();
    host.act = host_defer;
    host.desc.call_timeout_ms = 500;
    tools[0].timeout_ms = 2000;
    tools[1].timeout_ms = MCP_NONE;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CALL("2", "other", ""));
    CHECK_INT(2000, mcp_server_tick(host.server));
    host.now += 2000;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "2000", "mcp_tool.timeout_ms of slow"), output(host.a));
    host.now += 1u << 31;
    CHECK_INT(-1, mcp_server_tick(host.server));
    finish(1, "at last");
    CHECK_STR(RESULT("2", BLOCK("at last")), output(host.a));
    host_end();
    begin();
    host.act = host_defer;
    host.desc.call_timeout_ms = MCP_NONE;
    tools[0].timeout_ms = 10;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CALL("2", "other", ""));
    host.now += 1u << 31;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "10", "mcp_tool.timeout_ms of slow"), output(host.a));
    host_end();
}

/*---- How many calls of a tool are under way ------------------------------------------------------*/

#define BUSY(id, tool, calls) \
    REGRET(id, "'" tool "' is busy: " calls " of its calls are under way, the most that may be " \
               "(mcp_tool.max_calls); try again")

static void a_cap_of_its_own(void)
{
    begin();
    host.act = host_defer;
    tools[0].max_calls = 2;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CALL("2", "slow", "") CALL("3", "slow", ""));
    CHECK_STR(BUSY("3", "slow", "2"), output(host.a));
    feed(host.a, CALL("4", "other", "") CALL("5", "other", "") CALL("6", "other", ""));
    CHECK_STR("", output(host.a));                      /* others have no such limit */
    finish(0, "a");
    CHECK_STR(RESULT("1", BLOCK("a")), output(host.a));
    feed(host.a, CALL("7", "slow", "") CALL("8", "slow", ""));
    CHECK_STR(BUSY("8", "slow", "2"), output(host.a));
    finish(2, "b");
    CHECK_STR(RESULT("4", BLOCK("b")), output(host.a));
    feed(host.a, CALL("9", "slow", ""));
    CHECK_STR(BUSY("9", "slow", "2"), output(host.a));
    host_end();
}

/* Whatever ends a call makes room for another one. */
static void a_cap_after_every_end(void)
{
    begin();
    host.act = host_defer;
    tools[0].max_calls = 1;
    tools[0].timeout_ms = 100;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CANCEL("1") CALL("2", "slow", ""));
    CHECK_STR("", output(host.a));
    host.now += 100;
    (void)mcp_server_tick(host.server);
    CHECK_STR(LATE("2", "100", "mcp_tool.timeout_ms of slow"), output(host.a));
    feed(host.a, REQUEST("3", "tools/call", "\"name\":\"slow\",\"arguments\":{\"text\":1}"));
    CHECK_STR(REGRET("3", "argument 'text': expected a string, got 1"), output(host.a));
    host.act = says;
    feed(host.a, CALL("4", "slow", "a") CALL("5", "slow", "b"));
    CHECK_STR(RESULT("4", BLOCK("a")) RESULT("5", BLOCK("b")), output(host.a));
    host.act = host_defer;
    feed(host.a, CALL("6", "slow", ""));
    mcp_session_close(host.a);
    host.a = host_session("2025-11-25");
    feed(host.a, CALL("7", "slow", "") CALL("8", "slow", ""));
    CHECK_STR(BUSY("8", "slow", "1"), output(host.a));
    host_end();
}

/* A reply that nobody takes holds its call, but its tool is free. */
static void a_cap_and_replies_that_wait(void)
{
    size_t i;
    begin();
    host.act = says;
    tools[0].max_calls = 1;
    connect_host();
    door.full = EVERY_STREAM;
    for (i = 0; i < 3; i++) CHECK_STATUS(MCP_WAIT, deliver(host.a, 1, CALL("1", "slow", "a")));
    door.full = 0;
    CHECK_STATUS(MCP_OK, deliver(host.a, 1, CALL("1", "slow", "a")));
    CHECK_STR("1 1 0 " RESULT("1", BLOCK("a")), emitted());
    mcp_stream_ready(host.server, &door, 1);
    CHECK_STR("1 1 0 " RESULT("1", BLOCK("a")) "1 1 0 " RESULT("1", BLOCK("a")) "1 1 0 " RESULT("1", BLOCK("a")),
              emitted());
    host_end();
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
    feed(host.a, CALL("1", "slow", "3"));
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 30;
    feed(host.a, CALL("2", "other", "1"));              /* another one meanwhile */
    CHECK_INT(20, mcp_server_tick(host.server));
    host.now += 20;
    CHECK_INT(30, mcp_server_tick(host.server));        /* the second is due before the next step of the first */
    CHECK_STR("", output(host.a));
    host.now += 30;
    CHECK_INT(20, mcp_server_tick(host.server));
    CHECK_STR(RESULT("2", BLOCK("begun") "," BLOCK("1")), output(host.a));
    host.now += 20;
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 500;                                    /* late, and once only */
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("1", BLOCK("begun") "," BLOCK("1") "," BLOCK("2") "," BLOCK("3")), output(host.a));
    CHECK_UINT(0, host.num_cancelled);
    feed(host.a, CALL("3", "slow", "1"));               /* its memory is zero again */
    host.now += 50;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("3", BLOCK("begun") "," BLOCK("1")), output(host.a));
    host_end();
}

/* With 0 ms a step a tick, so that others are served in between. */
static void steps_without_a_wait(void)
{
    begin();
    host.act = in_steps;
    connect_host();
    feed(host.a, CALL("1", "slow", "2."));
    CHECK_INT(0, mcp_server_tick(host.server));
    CHECK_STR("", output(host.a));
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(RESULT("1", BLOCK("begun") "," BLOCK("1") "," BLOCK("2")), output(host.a));
    host_end();
}

/* The clock of the call goes on while it waits. */
static void steps_take_too_long(void)
{
    begin();
    host.act = in_steps;
    tools[0].timeout_ms = 120;
    connect_host();
    feed(host.a, CALL("1", "slow", "9"));
    host.now += 50;
    CHECK_INT(50, mcp_server_tick(host.server));
    host.now += 50;
    CHECK_INT(20, mcp_server_tick(host.server));
    host.now += 50;                                     /* the next step and the end are due: the end it is */
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR(LATE("1", "120", "mcp_tool.timeout_ms of slow"), output(host.a));
    CHECK_UINT(1, host.num_cancelled);
    host_end();
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
    feed(host.a, CALL("1", "slow", "") CALL("2", "slow", "") CANCEL("1"));
    CHECK_UINT(1, host.num_cancelled);
    mcp_session_close(host.a);
    CHECK_UINT(2, host.num_cancelled);
    host.now += 10;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(0, num_steps);
    host_end();
    begin();
    host.act = parks;
    connect_host();
    feed(host.a, CALL("1", "slow", ""));
    host_end();                                         /* nor at the end of the server */
    CHECK_UINT(0, num_steps);
}

static int fails_now(mcp_call *c) { return mcp_fail(c, "no"); }
static int breaks_now(mcp_call *c) { (void)c; return MCP_E_IO; }
static int waits_now(mcp_call *c) { return host_defer(c); }
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
static int memory_is_used_up(mcp_call *c)
{
    mcp_part part;
    CHECK(mcp_call_memory(c, 65000) != NULL);
    CHECK_STATUS(MCP_OK, mcp_page(c, "next", 1, 1, &part));
    while (mcp_page(c, "next", 1, 1, &part) == MCP_OK) {}
    return MCP_OK;
}
static int memory_is_out(mcp_call *c)
{
    host.heap.fail_at = host.heap.calls + 1;
    CHECK(mcp_call_memory(c, 2000) == NULL);
    host.heap.fail_at = 0;
    return MCP_OK;
}

#define PAST_SCRATCH "mcp_server_desc.max_scratch is used up: MCP_E_MISUSE: the call does not " \
                     "fit here: see the function's comment"

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
    { memory_is_huge, FAILURE("1", "-32603", PAST_SCRATCH) },
    { memory_is_used_up, FAILURE("1", "-32603", PAST_SCRATCH) },
    { memory_is_out,
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
        feed(host.a, CALL("1", "slow", "x"));
        host.now += 1;
        (void)mcp_server_tick(host.server);
        CHECK_STR(verdicts[i].want, output(host.a));
        CHECK_UINT(second == waits_now, host.num_refs);
        if (host.num_refs) {                            /* from here on the host drives it */
            finish(0, "by the host");
            CHECK_STR(RESULT("1", BLOCK("by the host")), output(host.a));
        }
        CHECK_INT(-1, mcp_server_tick(host.server));
        host_end();
    }
}

static int waits_and_looks(mcp_call *c)
{
    (void)host_defer(c);
    return mcp_later(c, 10, step);
}

/* The host may finish, before it is due, a call whose number it has. */
static void finished_before_it_is_due(void)
{
    begin();
    host.act = waits_and_looks;
    connect_host();
    feed(host.a, CALL("1", "slow", ""));
    finish(0, "early");
    CHECK_STR(RESULT("1", BLOCK("early")), output(host.a));
    host.now += 10;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR("", output(host.a));
    host_end();
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
    feed(host.a, CANCEL("9"));                          /* served when this has returned */
    (void)c;
    return mcp_later(c, 10, step);
}

static int closes(mcp_call *c)
{
    mcp_session_close(host.a);
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
    feed(host.a, CALL("1", "slow", ""));
    host.act = ticks;
    feed(host.a, CALL("2", "other", ""));
    CHECK_STR(RESULT("2", BLOCK("10 0")), output(host.a));
    CHECK_UINT(0, num_steps);
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_UINT(1, num_steps);
    CHECK_STR(RESULT("1", BLOCK("never")), output(host.a));
    host.act = first_of_two;
    second = cancels;
    feed(host.a, CALL("9", "slow", ""));
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_STR("", output(host.a));
    CHECK_UINT(1, host.num_cancelled);
    second = closes;
    feed(host.a, CALL("10", "slow", ""));
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    host_end();
}

static void no_steps_without(void)
{
    begin();
    host.act = parks;
    host.desc.now_ms = NULL;
    connect_host();
    feed(host.a, CALL("1", "slow", ""));
    CHECK_STR(FAILURE("1", "-32603", "MCP_E_MISUSE: the call does not fit here: see the function's comment"),
              output(host.a));
    host_end();
    begin();
    host.act = parks;
    host.desc.max_calls = 1;
    connect_host();
    feed(host.a, CALL("1", "slow", "") CALL("2", "slow", ""));
    CHECK_STR(FAILURE("2", "-32603",
                      "MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)"),
              output(host.a));
    host_end();
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
    host_end();
}

/*---- Text for a model ----------------------------------------------------------------------------*/

#define TOO_LONG(id, size, tokens, max, member)                                                     \
    REGRET(id, "the result is too long: its text has " size " bytes, about " tokens \
               " tokens; the limit is " max " bytes (" member "): ask for less, or for a part")
#define CUT(left_out, tokens, size) \
    BLOCK("[cut: the last " left_out " bytes, about " tokens " tokens, of " size \
          " bytes are left out; ask for a smaller part]")

/* What a call of "slow" gives with a limit of 10 bytes of its own, or of the server's. */
static const char *with_text(int (*fn)(mcp_call *c), uint32_t flags, bool own)
{
    const char *got;
    begin();
    host.act = fn;
    tools[0].flags = flags;
    if (own) tools[0].max_text = 10;
    else host.desc.max_text = 10;
    connect_host();
    feed(host.a, CALL("1", "slow", "x"));
    got = output(host.a);
    host_end();
    return got;
}

static int says_10(mcp_call *c) { return mcp_text(c, "0123456789"); }
static int says_11(mcp_call *c) { return mcp_text(c, "0123456789a"); }
static int says_in_pieces(mcp_call *c)
{
    (void)mcp_text(c, "0123");
    (void)mcp_image(c, "PNG", 3, "image/png");
    (void)mcp_embed(c, "file:///a", NULL, "as long as it likes", 19);
    (void)mcp_text(c, "45678");
    (void)mcp_text(c, NULL);
    (void)mcp_text(c, "9ab");
    (void)mcp_text(c, NULL);
    return mcp_textn(c, "cdefghijkl", 10);
}
static int fails_at_length(mcp_call *c)
{
    (void)mcp_text(c, "this is dropped, and so not counted");
    return mcp_fail_text(c, "0123456789 and so on");
}
static int gives_data(mcp_call *c) { return mcp_data(c, "{'a': %s}", "much too long"); }
static int gives_little(mcp_call *c) { return mcp_data(c, "{'a': %d}", 1234); }
static int marks_its_text(mcp_call *c)
{
    static const mcp_annotations important = { "user", "1", 0 };
    mcp_annotate(c, &important);
    (void)mcp_text(c, "0123456789abc");
    mcp_annotate(c, &important);
    (void)mcp_text(c, "dropped");
    return mcp_image(c, "PNG", 3, "image/png");
}

#define PIECES BLOCK("0123") ",{\"type\":\"image\",\"data\":\"UE5H\",\"mimeType\":\"image/png\"},"       \
               "{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///a\",\"text\":\"as long as it likes\"}}," \
               BLOCK("45678") "," BLOCK("") "," BLOCK("9")

static void text_within_its_limit(void)
{
    size_t i;
    for (i = 0; i < 4; i++) {
        NOTE("%s, %s", i % 2 ? "MCP_CUT" : "error", i / 2 ? "its own" : "the server's");
        CHECK_STR(RESULT("1", BLOCK("0123456789")), with_text(says_10, i % 2 ? MCP_CUT : 0, i / 2));
    }
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[" BLOCK("{\\\"a\\\":1234}")
              "],\"structuredContent\":{\"a\":1234}}}\n", with_text(gives_little, MCP_CUT, false));
}

static void text_over_its_limit(void)
{
    CHECK_STR(TOO_LONG("1", "11", "3", "10", "mcp_server_desc.max_text"), with_text(says_11, 0, false));
    CHECK_STR(TOO_LONG("1", "11", "3", "10", "mcp_tool.max_text"), with_text(says_11, MCP_READ_ONLY, true));
    CHECK_STR(TOO_LONG("1", "22", "6", "10", "mcp_tool.max_text"), with_text(says_in_pieces, 0, true));
    CHECK_STR(TOO_LONG("1", "21", "6", "10", "mcp_tool.max_text"), with_text(gives_data, 0, true));
}

static void text_that_is_cut(void)
{
    CHECK_STR(RESULT("1", BLOCK("0123456789") "," CUT("1", "1", "11")), with_text(says_11, MCP_CUT, false));
    CHECK_STR(RESULT("1", PIECES "," CUT("12", "3", "22")), with_text(says_in_pieces, MCP_CUT, true));
    CHECK_STR(RESULT("1", "{\"type\":\"text\",\"text\":\"0123456789\",\"annotations\":{\"audience\":[\"user\"],"
                     "\"priority\":1}},{\"type\":\"image\",\"data\":\"UE5H\",\"mimeType\":\"image/png\"},"
                     CUT("10", "3", "20")), with_text(marks_its_text, MCP_CUT, true));
    /* JSON that is cut is none */
    CHECK_STR(TOO_LONG("1", "21", "6", "10", "mcp_tool.max_text"), with_text(gives_data, MCP_CUT, true));
}

/* An error stays the error that it is. */
static void errors_are_cut(void)
{
    size_t i;
    for (i = 0; i < 2; i++)
        CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[" BLOCK("0123456789") ","
                  CUT("10", "3", "20") "],\"isError\":true}}\n", with_text(fails_at_length, i ? MCP_CUT : 0, i));
}

static const char *cut_me;
static int says_characters(mcp_call *c) { return mcp_text(c, cut_me); }

/* Never within a character; bytes that are none are cut anywhere. */
static void cut_between_characters(void)
{
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t ends[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };
    size_t max;
    char want[300];
    for (max = 1; max <= 11; max++) {
        const size_t len = max < 11 ? ends[max] : 11;
        NOTE("%lu bytes", (unsigned long)max);
        begin();
        host.act = says_characters;
        cut_me = text;
        tools[0].flags = MCP_CUT;
        tools[0].max_text = (uint32_t)max;
        connect_host();
        feed(host.a, CALL("1", "slow", "x"));
        snprintf(want, sizeof want, "[" BLOCK("%.*s") "%s", (int)len, text, len < 11 ? ",{" : "]");
        CHECK(strstr(output(host.a), want) != NULL);
        host_end();
    }
    begin();
    host.act = says_characters;
    cut_me = "\x80\x80\x80\x80\x80\x80";
    tools[0].flags = MCP_CUT;
    tools[0].max_text = 5;
    connect_host();
    feed(host.a, CALL("1", "slow", "x"));
    CHECK(strstr(output(host.a), "[cut: the last 1 bytes") != NULL);
    host_end();
}

static int reads_at_length(mcp_call *c) { return mcp_text(c, "a text of a resource, or of a prompt"); }
static const mcp_resource resources[] = { MCP_RESOURCE("a:b", "b", reads_at_length, 0, 0) };
static const mcp_prompt prompts[] = { MCP_PROMPT("p", reads_at_length, 0, 0) };

/* Other tools, resources and prompts have no such limit; nor has what takes MCP_NONE. */
static void text_of_others(void)
{
    begin();
    host.act = says_11;
    tools[0].max_text = 10;
    connect_host();
    feed(host.a, CALL("1", "other", "x"));
    CHECK_STR(RESULT("1", BLOCK("0123456789a")), output(host.a));
    host_end();
    begin();
    host.act = says_11;
    tools[0].max_text = MCP_NONE;
    host.desc.max_text = 10;
    host.desc.resources = resources;
    host.desc.num_resources = 1;
    host.desc.prompts = prompts;
    host.desc.num_prompts = 1;
    host.can = "{\"tools\":{},\"resources\":{},\"prompts\":{}}";
    connect_host();
    feed(host.a, CALL("1", "slow", "x") CALL("2", "other", "x"));
    CHECK_STR(RESULT("1", BLOCK("0123456789a")) TOO_LONG("2", "11", "3", "10", "mcp_server_desc.max_text"),
              output(host.a));
    feed(host.a, REQUEST("3", "resources/read", "\"uri\":\"a:b\""));
    CHECK(strstr(output(host.a), "\"text\":\"a text of a resource, or of a prompt\"}]") != NULL);
    feed(host.a, REQUEST("4", "prompts/get", "\"name\":\"p\""));
    CHECK(strstr(output(host.a), "\"text\":\"a text of a resource, or of a prompt\"}}]") != NULL);
    host_end();
}

/* Each call is counted by itself, and all steps of a call together. */
static void text_of_many_steps(void)
{
    size_t i;
    begin();
    host.act = in_steps;
    tools[0].max_text = 8;
    tools[0].flags = MCP_CUT;
    connect_host();
    for (i = 0; i < 2; i++) {
        feed(host.a, CALL("1", "slow", "5."));
        while (mcp_server_tick(host.server) == 0) {}
        CHECK_STR(RESULT("1", BLOCK("begun") "," BLOCK("1") "," BLOCK("2") "," BLOCK("3") "," CUT("2", "1", "10")),
                  output(host.a));
    }
    host_end();
}

/* MCP_CUT is between the server and its author. */
static void cutting_is_not_told(void)
{
    begin();
    tools[0].flags = MCP_CUT;
    tools[1].flags = MCP_CUT | MCP_READ_ONLY;
    connect_host();
    feed(host.a, REQUEST("1", "tools/list", ""));
#define SCHEMA "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}}}"
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"slow\"," SCHEMA "},"
              "{\"name\":\"other\"," SCHEMA ",\"annotations\":{\"readOnlyHint\":true}}]}}\n", output(host.a));
    host_end();
}

/*---- Lists in pages ------------------------------------------------------------------------------*/

static struct { size_t count, size; } list;

static int lists(mcp_call *c)
{
    mcp_part part;
    size_t i;
    int status = mcp_page(c, "text", list.count, list.size, &part);
    if (status != MCP_OK) return status;
    for (i = part.first; i < part.end; i++) (void)mcp_textf(c, "%lu", (unsigned long)i);
    return mcp_page_note(c, &part);
}

static int lists_data(mcp_call *c)
{
    mcp_part part;
    int status = mcp_page(c, "text", list.count, list.size, &part);
    if (status != MCP_OK) return status;
    return mcp_data(c, "{'from': %lu, 'next': %s}", (unsigned long)part.first, part.next);
}

static const mcp_field index_rows[] = { MCP_ARG("text", MCP_INTEGER, 0), MCP_END };
static const mcp_field null_rows[] = { MCP_ARG("other", MCP_INTEGER, 0), MCP_END };

#define LISTED(id, text) REQUEST(id, "tools/call", "\"name\":\"slow\",\"arguments\":{\"text\":" text "}")
#define NO_PAGE(count, got)                                                                         \
    REGRET("1", "argument 'text': expected what the page before said, below " count ", got " got    \
                "; start again without it")

static const struct {
    size_t count, size;
    const mcp_field *rows;
    const char *ask, *want;
} lists_of[] = {
    { 5, 2, host_args, REQUEST("1", "tools/call", "\"name\":\"slow\""),
      RESULT("1", BLOCK("0") "," BLOCK("1") ","
             BLOCK("[1 to 2 of 5; for the next ones call again with text = \\\"2\\\"]")) },
    { 5, 2, host_args, LISTED("1", "\"2\""),
      RESULT("1", BLOCK("2") "," BLOCK("3") ","
             BLOCK("[3 to 4 of 5; for the next ones call again with text = \\\"4\\\"]")) },
    { 5, 2, host_args, LISTED("1", "\"4\""),
      RESULT("1", BLOCK("4") "," BLOCK("[5 to 5 of 5; these are the last ones]")) },
    { 5, 2, index_rows, LISTED("1", "1"),
      RESULT("1", BLOCK("1") "," BLOCK("2") "," BLOCK("[2 to 3 of 5; for the next ones call again with text = 3]")) },
    { 5, 2, index_rows, LISTED("1", "3"),
      RESULT("1", BLOCK("3") "," BLOCK("4") "," BLOCK("[4 to 5 of 5; these are the last ones]")) },
    { 2, 2, host_args, LISTED("1", "\"0\""), RESULT("1", BLOCK("0") "," BLOCK("1")) },
    { 2, 3, null_rows, LISTED("1", "null"), RESULT("1", BLOCK("0") "," BLOCK("1")) },
    { 2, 0, host_args, LISTED("1", "\"1\""),
      RESULT("1", BLOCK("1") "," BLOCK("[2 to 2 of 2; these are the last ones]")) },
    { 0, 2, host_args, LISTED("1", "\"0\""), RESULT("1", "") },
    { 5, 2, host_args, LISTED("1", "\"5\""), NO_PAGE("5", "'5'") },
    { 5, 2, host_args, LISTED("1", "\"\""), NO_PAGE("5", "''") },
    { 5, 2, host_args, LISTED("1", "\"-1\""), NO_PAGE("5", "'-1'") },
    { 5, 2, host_args, LISTED("1", "\"1.0\""), NO_PAGE("5", "'1.0'") },
    { 5, 2, host_args, LISTED("1", "\"2 \""), NO_PAGE("5", "'2 '") },
    { 5, 2, host_args, LISTED("1", "\"18446744073709551617\""), NO_PAGE("5", "'18446744073709551617'") },
    { 5, 2, index_rows, LISTED("1", "-1"), NO_PAGE("5", "-1") },
    { 5, 2, index_rows, LISTED("1", "9223372036854775807"), NO_PAGE("5", "9223372036854775807") },
    { 5, 2, null_rows, LISTED("1", "[]"), NO_PAGE("5", "an array") },
    { 5, 2, null_rows, LISTED("1", "1.5"), NO_PAGE("5", "1.5") },
    { 0, 2, host_args, LISTED("1", "\"1\""), NO_PAGE("0", "'1'") }
};

static void lists_in_pages(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(lists_of); i++) {
        NOTE("%lu: %s", (unsigned long)i, lists_of[i].ask);
        begin();
        host.act = lists;
        tools[0].args = lists_of[i].rows;
        list.count = lists_of[i].count;
        list.size = lists_of[i].size;
        connect_host();
        feed(host.a, lists_of[i].ask);
        CHECK_STR(lists_of[i].want, output(host.a));
        host_end();
    }
}

static void pages_of_data(void)
{
    begin();
    host.act = lists_data;
    list.count = 3;
    list.size = 2;
    connect_host();
    feed(host.a, LISTED("1", "\"0\"") LISTED("2", "\"2\""));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":["
              BLOCK("{\\\"from\\\":0,\\\"next\\\":\\\"2\\\"}") "],\"structuredContent\":{\"from\":0,\"next\":\"2\"}}}\n"
              "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":["
              BLOCK("{\\\"from\\\":2,\\\"next\\\":null}") "],\"structuredContent\":{\"from\":2,\"next\":null}}}\n",
              output(host.a));
    host_end();
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
    TEST(text_within_its_limit);
    TEST(text_over_its_limit);
    TEST(text_that_is_cut);
    TEST(errors_are_cut);
    TEST(cut_between_characters);
    TEST(text_of_others);
    TEST(text_of_many_steps);
    TEST(cutting_is_not_told);
    TEST(lists_in_pages);
    TEST(pages_of_data);
    return test_end();
}
