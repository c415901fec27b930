/* Standard input and output in a loop of the host's: pump, descriptors, wake-ups, readers that are slow or go
   away, the end of the input; and whole servers in processes of their own. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int chatty(mcp_call *c)
{
    printf("a stray line\n");       /* must not end up among the messages */
    fflush(stdout);
    return mcp_text(c, mcp_arg_str(c, "text"));
}

static char big_text[300000];

/* More than a pipe holds. */
static int big(mcp_call *c)
{
    memset(big_text, 'x', sizeof big_text);
    return mcp_textn(c, big_text, sizeof big_text);
}

static mcp_ref waiting[8];
static size_t num_waiting, num_cancelled;

static int later(mcp_call *c)
{
    return mcp_defer(c, &waiting[num_waiting++ % MCP_COUNT(waiting)]);
}

static const mcp_field args[] = { MCP_NEED("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = {
    MCP_TOOL("say", chatty, 0, args), MCP_TOOL("big", big, 0, 0), MCP_TOOL("later", later, 0, 0)
};

static uint64_t clock_ms;
static uint64_t on_now(void *user) { (void)user; return clock_ms; }
static void on_cancel(void *user, mcp_ref ref) { (void)user, (void)ref; num_cancelled++; }

/* A server whose standard input and output are two pipes, and the test at their other ends. */
static struct {
    mcp_server *server;
    mcp_stdio *io;
    int saved[3], to, from, err;
} peer;

static void move(int from, int to)
{
    (void)dup2(from, to);
    (void)close(from);
}

static mcp_server_desc usual(void)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "s";
    d.version = "1";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.on_cancel = on_cancel;
    num_waiting = num_cancelled = 0;
    clock_ms = 1000;
    return d;
}

static void begin_with(mcp_server_desc d)
{
    int in[2], out[2], err[2], i;
    fflush(stdout);
    if (pipe(in) || pipe(out) || pipe(err)) abort();
    for (i = 0; i < 3; i++) peer.saved[i] = dup(i);
    move(in[0], 0);
    move(out[1], 1);
    move(err[1], 2);
    peer.to = in[1];
    peer.from = out[0];
    peer.err = err[0];
    peer.server = mcp_server_create(&d);
    peer.io = mcp_stdio_open(peer.server);
}

static void begin(void) { begin_with(usual()); }

static const char *received(int fd);

static void end(void)
{
    int i;
    mcp_stdio_close(peer.io);
    mcp_server_destroy(peer.server);
    for (i = 0; i < 3; i++) move(peer.saved[i], i);
    if (peer.to >= 0) (void)close(peer.to);
    if (peer.from >= 0) (void)close(peer.from);
    if (test_state.failures) printf("%s", received(peer.err));      /* what checks printed meanwhile */
    (void)close(peer.err);
}

static void send_text(const char *text)
{
    CHECK_INT((int64_t)strlen(text), write(peer.to, text, strlen(text)));
}

/* What has been written to the pipe, without waiting. */
static const char *received(int fd)
{
    static char text[4096];
    ssize_t n;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return text;
}

#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n"
#define PONG "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"
#define CALL(id, tool)                                                                              \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"" tool "\","        \
    "\"arguments\":{\"text\":\"x\"},\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","    \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}\n"
#define RESULT(id, text)                                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}],"  \
    "\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\","            \
    "\"version\":\"1\"}}}}\n"
#define SAY CALL("2", "say")
#define NUMBERED_PING "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"method\":\"ping\"}\n"
#define NUMBERED_PONG "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"result\":{}}\n"

/* Frames: nothing there, half a message, its other half, several at once. */
static void pump_never_waits_with_0(void)
{
    begin();
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    send_text("{\"jsonrpc\":\"2.0\",\"id\":1,");
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("", received(peer.from));
    send_text("\"method\":\"ping\"}\n\n\r\n" PING);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR(PONG PONG, received(peer.from));
    end();
}

static void stray_output_goes_to_standard_error(void)
{
    begin();
    send_text(SAY);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK(strstr(received(peer.from), "\"content\":[{\"type\":\"text\",\"text\":\"x\"}]") != NULL);
    CHECK_STR("a stray line\n", received(peer.err));
    end();
}

static void descriptors_for_another_loop(void)
{
    mcp_pollfd fds[3];
    int timeout = 5;
    begin();
    CHECK_INT(2, mcp_stdio_fds(peer.io, fds, 0, &timeout));
    CHECK_INT(-1, timeout);
    CHECK_INT(2, mcp_stdio_fds(peer.io, fds, 3, &timeout));
    CHECK_INT(0, fds[0].fd);
    CHECK_INT(MCP_POLL_IN, fds[0].events);
    CHECK_INT(MCP_POLL_IN, fds[1].events);
    CHECK_STATUS(MCP_OK, mcp_stdio_ready(peer.io, fds, 2));     /* nothing came */
    send_text(PING);
    CHECK_STATUS(MCP_OK, mcp_stdio_ready(peer.io, fds, 2));     /* it did, but we were not told */
    CHECK_STR("", received(peer.from));
    fds[0].revents = MCP_POLL_IN;
    CHECK_STATUS(MCP_OK, mcp_stdio_ready(peer.io, fds, 2));
    CHECK_STR(PONG, received(peer.from));
    end();
}

static int step(mcp_call *c) { return mcp_text(c, "a step"); }
static int steps(mcp_call *c) { return mcp_later(c, 50, step); }
static const mcp_tool stepping[] = { MCP_TOOL("steps", steps, 0, 0) };

/* The pump waits no longer than until the next step of a call, and does it. */
static void steps_are_due(void)
{
    mcp_server_desc d = usual();
    mcp_pollfd fds[3];
    int timeout = 5;
    d.tools = stepping;
    d.num_tools = 1;
    d.now_ms = on_now;
    begin_with(d);
    send_text(CALL("1", "steps"));
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    (void)mcp_stdio_fds(peer.io, fds, 3, &timeout);
    CHECK_INT(50, timeout);
    clock_ms += 49;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("", received(peer.from));
    (void)mcp_stdio_fds(peer.io, fds, 3, &timeout);
    CHECK_INT(1, timeout);
    clock_ms += 1;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
    CHECK_STR(RESULT("1", "a step"), received(peer.from));
    (void)mcp_stdio_fds(peer.io, fds, 3, &timeout);
    CHECK_INT(-1, timeout);
    end();
}

static void woken(int number)
{
    (void)number;
    mcp_stdio_wake(peer.io);
}

/* A pump that may wait for ever returns when it is woken, from a signal handler too, once for many. */
static void wake_up(void)
{
    size_t i;
    begin();
    mcp_stdio_wake(peer.io);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
    (void)signal(SIGUSR1, woken);
    (void)raise(SIGUSR1);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
    (void)signal(SIGUSR1, SIG_DFL);
    for (i = 0; i < 100000; i++) mcp_stdio_wake(peer.io);       /* more than the pipe holds */
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
    send_text(PING);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
    CHECK_STR(PONG, received(peer.from));
    end();
}

/* The end of the input, in mid-line: no answer, and closed from then on. */
static void input_ends(void)
{
    begin();
    send_text(PING "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}");
    (void)close(peer.to);
    peer.to = -1;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("", mcp_stdio_error(peer.io));
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, -1));
    CHECK_STR("the input has ended", mcp_stdio_error(peer.io));
    CHECK_STR(PONG, received(peer.from));
    end();
}

/* A change that there is no memory to tell of keeps no server alive. */
static void input_ends_without_memory(void)
{
    test_heap heap;
    mcp_server_desc d = usual();
    int i, status = MCP_OK;
    d.alloc = test_heap_init(&heap);
    d.changes = MCP_TOOLS;
    begin_with(d);
    send_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
              "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}\n");
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK(strstr(received(peer.from), "\"id\":1") != NULL);
    heap.fail_at = heap.calls + 1;
    heap.forever = true;
    mcp_changed(peer.server, MCP_TOOLS);
    (void)close(peer.to);
    peer.to = -1;
    for (i = 0; i < 5 && status >= 0; i++) status = mcp_stdio_pump(peer.io, 0);
    CHECK_STATUS(MCP_E_CLOSED, status);
    CHECK_STR("", received(peer.from));
    end();
    CHECK_HEAP(&heap);
}

/* Nobody reads any more: closed, and no signal kills us. */
static void reader_goes_away(void)
{
    begin();
    (void)close(peer.from);
    peer.from = -1;
    send_text(PING);
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("nobody reads the output any more", mcp_stdio_error(peer.io));
    end();
}

/* What a callback does at the place that is looked at: the whole server goes. */
enum { NOWHERE, IN_A_TOOL, IN_THE_TAP, AT_THE_NOTE, IN_ON_CANCEL, IN_A_STEP };
static int closes_at;

static void close_all(int here)
{
    if (closes_at != here) return;
    closes_at = NOWHERE;
    mcp_stdio_close(peer.io);
    mcp_server_destroy(peer.server);
    peer.io = NULL;
    peer.server = NULL;
}

static int quits(mcp_call *c)
{
    close_all(IN_A_TOOL);
    return mcp_text(c, "bye");
}

static int quits_in_a_step(mcp_call *c)
{
    close_all(IN_A_STEP);
    return mcp_text(c, "bye");
}

static int steps_on(mcp_call *c) { return mcp_later(c, 0, quits_in_a_step); }

static void quits_in_the_tap(void *user, mcp_session *s, int direction, const char *bytes, size_t len)
{
    (void)user, (void)s, (void)len;
    if (direction == MCP_TAP_OUT) close_all(strstr(bytes, "list_changed") ? AT_THE_NOTE : IN_THE_TAP);
}

static void quits_when_cancelled(void *user, mcp_ref ref)
{
    (void)user, (void)ref;
    close_all(IN_ON_CANCEL);
}

/* Whatever a callback closes is gone after the pump, which says so; nothing is left, and nothing used that is gone. */
static void closed_in_a_callback(void)
{
    static const mcp_tool quitting[] = {
        MCP_TOOL("quit", quits, 0, 0), MCP_TOOL("later", later, 0, 0), MCP_TOOL("step", steps_on, 0, 0)
    };
    static const char *const calls[] = { "none", "quit", "quit", "quit", "later", "step" };
    int here;
    for (here = IN_A_TOOL; here <= IN_A_STEP; here++) {
        test_heap heap;
        mcp_server_desc d = usual();
        char line[300];
        int i, status = MCP_OK;
        NOTE("%s, place %d", calls[here], here);
        closes_at = NOWHERE;
        d.alloc = test_heap_init(&heap);
        d.tools = quitting;
        d.num_tools = MCP_COUNT(quitting);
        d.changes = MCP_TOOLS;
        d.now_ms = on_now;
        d.tap = quits_in_the_tap;
        d.on_cancel = quits_when_cancelled;
        d.drain_ms = MCP_NONE;
        begin_with(d);
        send_text("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
                  "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}\n");
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        closes_at = here;
        if (here == AT_THE_NOTE) mcp_changed(peer.server, MCP_TOOLS);
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
                 "{\"name\":\"%s\"}}\n", calls[here]);
        send_text(line);
        if (here == IN_ON_CANCEL) {
            CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
            (void)close(peer.to);
            peer.to = -1;
        }
        for (i = 0; i < 5 && peer.io; i++) status = mcp_stdio_pump(peer.io, here == IN_A_TOOL ? -1 : 0);
        CHECK_STATUS(MCP_E_CLOSED, status);
        CHECK_INT(NOWHERE, closes_at);
        end();
        CHECK_HEAP(&heap);
    }
}

/* Opening and closing again leaves every descriptor where it was. */
static void closes_what_it_opened(void)
{
    int before, after;
    size_t i;
    begin();
    end();
    before = dup(0);
    (void)close(before);
    for (i = 0; i < 50; i++) {
        begin();
        send_text(PING);
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        end();
    }
    after = dup(0);
    (void)close(after);
    CHECK_INT(before, after);
}

/*---- Pieces, and readers that are slow or gone ---------------------------------------------------*/

static void many_lines_in_one_write(void)
{
    char text[64 * 60], want[64 * 60];
    size_t i, n = 0, k = 0;
    begin();
    for (i = 0; i < 64; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, NUMBERED_PING, (unsigned long)i);
        k += (size_t)snprintf(want + k, sizeof want - k, NUMBERED_PONG, (unsigned long)i);
    }
    send_text(text);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR(want, received(peer.from));
    end();
}

static void a_byte_a_write(void)
{
    static const char text[] = PING "\n" CALL("3", "say") PING;
    char byte[2] = "x";
    size_t i;
    begin();
    for (i = 0; i < sizeof text - 1; i++) {
        byte[0] = text[i];
        send_text(byte);
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    }
    CHECK_STR(PONG RESULT("3", "x") PONG, received(peer.from));
    end();
}

/* A part of a reply is read, and then nobody is there. */
static void reader_goes_away_in_mid_reply(void)
{
    begin();
    send_text(CALL("1", "big"));
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_UINT(4095, strlen(received(peer.from)));
    (void)close(peer.from);
    peer.from = -1;
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    end();
}

/* Pings that were sent and pongs that came, each of them numbered. */
typedef struct counter {
    int to, from;
    size_t sent, came;
    char out[60], in[60];       /* a line that was written, or came, in part */
    size_t out_len, in_len;
} counter;

static void counter_begin(counter *c, int to, int from)
{
    memset(c, 0, sizeof *c);
    c->to = to;
    c->from = from;
    (void)fcntl(to, F_SETFL, O_NONBLOCK);
    (void)fcntl(from, F_SETFL, O_NONBLOCK);
}

/* Writes pings until there are count of them or the pipe is full. */
static void send_pings(counter *c, size_t count)
{
    while (c->out_len || c->sent < count) {
        ssize_t n;
        if (!c->out_len)
            c->out_len = (size_t)snprintf(c->out, sizeof c->out, NUMBERED_PING, (unsigned long)c->sent++);
        n = write(c->to, c->out, c->out_len);
        if (n <= 0) return;
        c->out_len -= (size_t)n;
        memmove(c->out, c->out + n, c->out_len);
    }
}

/* Reads what is there, at most most bytes, and checks that each pong is the next one. False at the end. */
static bool take_pongs(counter *c, size_t most)
{
    static char bytes[10000];
    char want[60];
    ssize_t n = read(c->from, bytes, most < sizeof bytes ? most : sizeof bytes), i;
    for (i = 0; i < n && c->in_len < sizeof c->in && !test_state.failures; i++) {
        c->in[c->in_len++] = bytes[i];
        if (bytes[i] != '\n') continue;
        snprintf(want, sizeof want, NUMBERED_PONG, (unsigned long)c->came++);
        CHECK_BYTES(want, strlen(want), c->in, c->in_len);
        c->in_len = 0;
    }
    return n != 0;
}

static int events_of(int fd)
{
    mcp_pollfd fds[3];
    int timeout, i, count = mcp_stdio_fds(peer.io, fds, 3, &timeout), events = 0;
    for (i = 0; i < count; i++)
        if (fd == 0 ? fds[i].fd == 0 : fds[i].events == MCP_POLL_OUT) events |= fds[i].events;
    return events;
}

/* With the pipe full, requests are read until max_output of replies wait; then only the reader counts. Afterwards
   everything arrives. */
static void slow_reader(void)
{
    mcp_server_desc d = usual();
    counter c;
    size_t i, stopped, behind;
    d.max_output = 20000;
    begin_with(d);
    counter_begin(&c, peer.to, peer.from);
    CHECK_INT(MCP_POLL_IN, events_of(0));
    CHECK_INT(0, events_of(1));
    for (i = 0; i < 10000 && events_of(0) && !test_state.failures; i++) {
        send_pings(&c, c.sent + 100);
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    }
    CHECK_INT(0, events_of(0));
    CHECK_INT(MCP_POLL_OUT, events_of(1));
    stopped = c.sent;
    behind = stopped * (sizeof PONG - 1);       /* at least */
    CHECK(behind > 20000);
    for (i = 0; i < 100; i++) {                 /* the rest waits outside */
        send_pings(&c, c.sent + 100);
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        CHECK_INT(0, events_of(0));
    }
    for (i = 0; i < 100000 && c.came < c.sent - (c.out_len > 0) && !test_state.failures; i++) {
        CHECK(take_pongs(&c, 1 + i % 4000));
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        if (i % 2) send_pings(&c, 0);
    }
    CHECK(c.came >= stopped + 100);
    CHECK_INT(MCP_POLL_IN, events_of(0));
    CHECK_INT(0, events_of(1));
    end();
}

/* What comes out of the pipe while the server pumps, until nothing more does. */
static size_t take_all(int *status)
{
    size_t total = 0, n;
    do {
        n = strlen(received(peer.from));
        total += n;
        *status = mcp_stdio_pump(peer.io, 0);
    } while (n);
    return total;
}

/*---- The end of the input -----------------------------------------------------------------------*/

static void end_input(void)
{
    (void)close(peer.to);
    peer.to = -1;
}

static void finish(size_t i, const char *text)
{
    mcp_call *c = mcp_resume(peer.server, waiting[i]);
    CHECK(c != NULL);
    if (c) mcp_finish(c, mcp_text(c, text));
}

static int timeout_of(void)
{
    mcp_pollfd fds[3];
    int timeout;
    (void)mcp_stdio_fds(peer.io, fds, 3, &timeout);
    return timeout;
}

/* Two calls wait when the input ends. */
static void begin_drain(uint32_t drain_ms, uint32_t call_timeout_ms)
{
    mcp_server_desc d = usual();
    d.now_ms = on_now;
    d.drain_ms = drain_ms;
    d.call_timeout_ms = call_timeout_ms;
    d.max_output = 1;
    begin_with(d);
    send_text(CALL("1", "later") CALL("2", "later"));
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(call_timeout_ms == MCP_NONE ? -1 : call_timeout_ms ? (int)call_timeout_ms : 60000, timeout_of());
    end_input();
}

/* Deferred calls may be answered for a while, and then it is over. */
static void answers_after_the_input(void)
{
    begin_drain(0, 0);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(0, events_of(0));
    CHECK_INT(2000, timeout_of());
    clock_ms += 1500;
    CHECK_INT(500, timeout_of());
    finish(0, "one");
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR(RESULT("1", "one"), received(peer.from));
    clock_ms += 499;
    CHECK_INT(1, timeout_of());
    finish(1, "two");
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_STR(RESULT("2", "two"), received(peer.from));
    CHECK_UINT(0, num_cancelled);
    end();
}

static void nobody_answers_after_the_input(void)
{
    begin_drain(300, 0);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    clock_ms += 299;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_UINT(0, num_cancelled);
    clock_ms += 1;
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_UINT(2, num_cancelled);
    CHECK_STR("calls were given up after mcp_server_desc.drain_ms", mcp_stdio_error(peer.io));
    CHECK_STR("", received(peer.from));
    CHECK(mcp_resume(peer.server, waiting[0]) == NULL);
    end();
    begin_drain(MCP_NONE, 0);           /* not even a moment */
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_UINT(2, num_cancelled);
    CHECK_STR("", received(peer.from));
    end();
    begin_drain(5000, 100);             /* a call's own time is over sooner */
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(100, timeout_of());
    clock_ms += 100;
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_UINT(2, num_cancelled);
    CHECK_STR("the input has ended", mcp_stdio_error(peer.io));
    CHECK(strstr(received(peer.from), "call_timeout_ms") != NULL);
    end();
}

/* An answer that was given in time but waits for its reader is still sent, and nothing spins meanwhile. */
static void answers_that_wait_after_the_input(void)
{
    int status;
    begin_drain(300, MCP_NONE);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    big_text[sizeof big_text - 1] = 0;
    memset(big_text, 'x', sizeof big_text - 1);
    finish(0, big_text);
    finish(1, "two");
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(300, timeout_of());
    clock_ms += 10000;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(MCP_POLL_OUT, events_of(1));
    CHECK_INT(-1, timeout_of());
    CHECK_UINT(sizeof RESULT("1", "") - 1 + sizeof big_text - 1 + sizeof RESULT("2", "two") - 1, take_all(&status));
    CHECK_STATUS(MCP_E_CLOSED, status);
    CHECK_STR("the input has ended", mcp_stdio_error(peer.io));
    CHECK_UINT(0, num_cancelled);
    end();
}

/* A long drain is a long wait, not none at all. */
static void drain_of_a_month(void)
{
    begin_drain(3000000000u, MCP_NONE);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(0x7fffffff, timeout_of());
    finish(0, "one");
    finish(1, "two");
    end();
}

/*---- Other ends ---------------------------------------------------------------------------------*/

#define HELLO                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","        \
    "\"capabilities\":{},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}\n"

static void pings_unanswered(void)
{
    mcp_server_desc d = usual();
    int i;
    d.now_ms = on_now;
    d.ping_ms = 100;
    d.max_pings = 2;
    begin_with(d);
    send_text(HELLO);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    for (i = 0; i < 2; i++) {
        clock_ms += 100;
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        CHECK(strstr(received(peer.from), "\"method\":\"ping\"") != NULL);
    }
    CHECK_STR("", mcp_stdio_error(peer.io));
    clock_ms += 100;
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_stdio_pump(peer.io, 0));
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_stdio_pump(peer.io, -1));
    CHECK_STR("the client answers no ping: see mcp_server_desc.max_pings", mcp_stdio_error(peer.io));
    end();
}

/* Each byte that is taken starts the time anew; when all was taken it does not run. */
static void output_stalls(void)
{
    mcp_server_desc d = usual();
    int i, status;
    d.now_ms = on_now;
    d.stall_ms = 100;
    begin_with(d);
    send_text(CALL("1", "big"));
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_INT(100, timeout_of());
    for (i = 0; i < 5; i++) {
        clock_ms += 99;
        CHECK_INT(1, timeout_of());
        CHECK_UINT(4095, strlen(received(peer.from)));
        CHECK(*received(peer.from) == 'x');                 /* more than a page, so that the pipe has room again */
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        CHECK_INT(100, timeout_of());
    }
    (void)take_all(&status);
    CHECK_STATUS(MCP_OK, status);
    CHECK_INT(-1, timeout_of());
    clock_ms += 1000;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    send_text(CALL("2", "big"));
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    clock_ms += 99;
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    clock_ms += 1;
    CHECK_STATUS(MCP_E_TIMEOUT, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("the client takes nothing: see mcp_server_desc.stall_ms", mcp_stdio_error(peer.io));
    end();
}

static int stops(mcp_call *c)
{
    mcp_stdio_stop(mcp_call_server(c));
    return mcp_text(c, "bye");
}

static const mcp_tool stopping[] = { MCP_TOOL("stop", stops, 0, 0), MCP_TOOL("later", later, 0, 0) };

/* A tool ends it, or the host between two pumps: calls have their time to answer. */
static void host_stops(void)
{
    mcp_server_desc d = usual();
    int i;
    for (i = 0; i < 2; i++) {
        d.now_ms = on_now;
        d.tools = stopping;
        d.num_tools = 2;
        begin_with(d);
        send_text(CALL("1", "later"));
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        if (i) mcp_stdio_stop(peer.server);
        else send_text(CALL("2", "stop"));
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, -1));
        CHECK_STR(i ? "" : RESULT("2", "bye"), received(peer.from));
        send_text(PING);
        CHECK_INT(0, events_of(0));
        CHECK_INT(2000, timeout_of());
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        finish(0, "one");
        CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, -1));
        CHECK_STR("mcp_stdio_stop was called", mcp_stdio_error(peer.io));
        CHECK_STR(RESULT("1", "one"), received(peer.from));
        mcp_stdio_close(peer.io);
        peer.io = mcp_stdio_open(peer.server);              /* and on again */
        CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
        CHECK_STR(PONG, received(peer.from));
        end();
    }
}

/*---- What standard output is --------------------------------------------------------------------*/

/* A pipe is as blocking afterwards as it was before. */
static void blocking_is_given_back(void)
{
    int before, during, after, copy;
    mcp_server *server;
    mcp_stdio *io;
    size_t i;
    for (i = 0; i < 2; i++) {
        begin();
        mcp_stdio_close(peer.io);
        peer.io = NULL;
        if (i) (void)fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
        copy = dup(1);
        before = fcntl(copy, F_GETFL);
        server = peer.server;
        io = mcp_stdio_open(server);
        during = fcntl(copy, F_GETFL);
        mcp_stdio_close(io);
        after = fcntl(1, F_GETFL);
        (void)close(copy);
        end();
        CHECK_INT(i ? O_NONBLOCK : 0, before & O_NONBLOCK);
        CHECK_INT(O_NONBLOCK, during & O_NONBLOCK);
        CHECK_INT(before, after);
    }
}

/* A file is written to as it is. */
static void output_to_a_file(void)
{
    FILE *file = tmpfile();
    char got[2000] = "";
    int flags, during;
    if (!file) SKIP("no temporary file");
    flags = fcntl(fileno(file), F_GETFL);
    begin();
    mcp_stdio_close(peer.io);
    (void)dup2(fileno(file), 1);
    peer.io = mcp_stdio_open(peer.server);
    during = fcntl(fileno(file), F_GETFL);
    send_text(PING SAY PING);
    CHECK_STATUS(MCP_OK, mcp_stdio_pump(peer.io, 0));
    CHECK_STR("a stray line\n", received(peer.err));
    end();
    CHECK_INT(flags, during);
    rewind(file);
    (void)fread(got, 1, sizeof got - 1, file);
    fclose(file);
    CHECK_STR(PONG RESULT("2", "x") PONG, got);
}

/*---- Servers in processes of their own ------------------------------------------------------------*/

static pid_t child;

/* Starts one; its ends of the pipes are to and from. */
static void start(mcp_server_desc d, int *to, int *from)
{
    int in[2], out[2];
    fflush(stdout);
    if (pipe(in) || pipe(out)) abort();
    child = fork();
    if (child < 0) abort();
    if (child == 0) {
        move(in[0], 0);
        move(out[1], 1);
        (void)close(in[1]);
        (void)close(out[0]);
        _exit(mcp_serve_stdio(&d));
    }
    (void)close(in[0]);
    (void)close(out[1]);
    *to = in[1];
    *from = out[0];
}

/* Its exit status, or 1000 and more for a signal. */
static int exit_status(void)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* All that comes until the end, in a static buffer. */
static const char *read_to_end(int fd)
{
    static char text[5000];
    size_t n = 0;
    ssize_t k;
    while (n < sizeof text - 1 && (k = read(fd, text + n, sizeof text - 1 - n)) > 0) n += (size_t)k;
    text[n] = 0;
    return text;
}

static void process_ends_with_its_input(void)
{
    mcp_server_desc d = usual();
    int to, from;
    start(d, &to, &from);
    CHECK(write(to, PING "{\"jsonrpc\":", sizeof PING - 1 + 11) > 0);
    (void)close(to);
    CHECK_STR(PONG, read_to_end(from));
    (void)close(from);
    CHECK_INT(0, exit_status());
    d.drain_ms = MCP_NONE;              /* with a call that nobody will answer */
    start(d, &to, &from);
    CHECK(write(to, CALL("1", "later") PING, sizeof CALL("1", "later") PING - 1) > 0);
    (void)close(to);
    CHECK_STR(PONG, read_to_end(from));
    (void)close(from);
    CHECK_INT(0, exit_status());
}

/* What its own log is told, in a file that outlives it. */
static struct { int fd; } told;

static void tell(void *user, int level, const char *message)
{
    char line[200];
    const int n = snprintf(line, sizeof line, "%d %s;", level, message);
    (void)user;
    if (write(told.fd, line, (size_t)n) != n) abort();
}

/* Why a server of mcp_serve_stdio ended: its status and its log say so. */
static void process_says_why_it_ends(void)
{
    mcp_server_desc d = usual();
    char got[500] = "", name[] = "/tmp/mcp_told_XXXXXX";
    int to, from;
    told.fd = mkstemp(name);
    CHECK(told.fd >= 0);
    (void)unlink(name);
    d.log = tell;
    start(d, &to, &from);
    (void)close(to);
    CHECK_INT(0, exit_status());
    (void)close(from);
    d.drain_ms = MCP_NONE;
    start(d, &to, &from);
    CHECK(write(to, CALL("1", "later"), sizeof CALL("1", "later") - 1) > 0);
    (void)close(to);
    CHECK_INT(0, exit_status());
    (void)close(from);
    start(d, &to, &from);
    (void)close(from);
    CHECK(write(to, PING, sizeof PING - 1) > 0);
    CHECK_INT(0, exit_status());
    (void)close(to);
    d.tools = stopping;
    d.num_tools = 2;
    start(d, &to, &from);
    CHECK(write(to, CALL("1", "stop"), sizeof CALL("1", "stop") - 1) > 0);
    CHECK_STR(RESULT("1", "bye"), read_to_end(from));
    CHECK_INT(0, exit_status());
    (void)close(to);
    (void)close(from);
    d.stall_ms = 1;
    d.tools = tools;
    start(d, &to, &from);
    CHECK(write(to, CALL("1", "big"), sizeof CALL("1", "big") - 1) > 0);
    CHECK_INT(1, exit_status());
    (void)close(to);
    (void)close(from);
    (void)lseek(told.fd, 0, SEEK_SET);
    CHECK(read(told.fd, got, sizeof got - 1) > 0);
    (void)close(told.fd);
    CHECK_STR("7 the input has ended;7 calls were given up after mcp_server_desc.drain_ms;"
              "7 nobody reads the output any more;7 mcp_stdio_stop was called;"
              "3 the client takes nothing: see mcp_server_desc.stall_ms;", got);
}

static void process_ends_with_its_reader(void)
{
    char some[1000];
    int to, from;
    start(usual(), &to, &from);
    CHECK(write(to, CALL("1", "big"), sizeof CALL("1", "big") - 1) > 0);
    CHECK(read(from, some, sizeof some) > 0);
    (void)close(from);
    CHECK_INT(0, exit_status());
    (void)close(to);
}

/* Waits for what is asked for. The time is only there to fail in place of hanging. */
static bool wait_for(const counter *c, bool to_write, bool to_read)
{
    struct pollfd p[2];
    p[0].fd = to_write ? c->to : -1;
    p[0].events = POLLOUT;
    p[1].fd = to_read ? c->from : -1;
    p[1].events = POLLIN;
    if (poll(p, 2, 300000) > 0) return true;
    FAIL("the server is stuck after %lu requests and %lu replies", (unsigned long)c->sent, (unsigned long)c->came);
    (void)kill(child, SIGKILL);
    return false;
}

/* A client that writes all its requests before it reads; where replies may pile up less than that, it reads once
   it cannot write. */
static void client_that_writes_first(void)
{
    const size_t count = test_rounds(10000);
    int round;
    for (round = 0; round < 2; round++) {
        mcp_server_desc d = usual();
        counter c;
        int to, from;
        bool more = true;
        NOTE("%s", round ? "little output" : "all output");
        if (round) d.max_output = 5000;
        start(d, &to, &from);
        counter_begin(&c, to, from);
        while ((c.sent < count || c.out_len) && !test_state.failures) {
            send_pings(&c, count);
            if (c.sent == count && !c.out_len) break;
            if (!wait_for(&c, true, round)) break;
            if (round) (void)take_pongs(&c, 3000);
        }
        (void)close(to);
        while (more && !test_state.failures) more = wait_for(&c, false, true) && take_pongs(&c, 10000);
        CHECK_UINT(count, c.came);
        CHECK_UINT(0, c.in_len);
        (void)close(from);
        CHECK_INT(0, exit_status());
    }
}

/*---- Clocks and randomness ----------------------------------------------------------------------*/

static void clocks(void)
{
    const uint64_t monotonic = mcp_now_ms(NULL), before = (uint64_t)time(NULL) * 1000, wall = mcp_wall_ms(NULL);
    const uint64_t after = (uint64_t)time(NULL) * 1000 + 1000;
    if (wall + 1000 < before || wall > after + 1000)    /* time() may be a tick behind */
        FAIL("%llu is not between %llu and %llu", (unsigned long long)wall, (unsigned long long)before,
             (unsigned long long)after);
    CHECK(mcp_now_ms(NULL) >= monotonic);
}

/* Two draws of 64 KiB: every byte value is there about 512 times (sigma is 23), and the draws differ. */
static void randomness(void)
{
    static unsigned char a[65536], b[65536];
    size_t seen[256] = { 0 }, i, same = 0;
    CHECK(mcp_random(NULL, a, sizeof a) && mcp_random(NULL, b, sizeof b));
    for (i = 0; i < sizeof a; i++) {
        seen[a[i]]++;
        seen[b[i]]++;
        same += a[i] == b[i];
    }
    for (i = 0; i < 256; i++)
        if (seen[i] < 512 - 230 || seen[i] > 512 + 230)
            FAIL("%lu of 131072 bytes are %02X", (unsigned long)seen[i], (unsigned)i);
    CHECK(same < 512);
    NOTE("only what was asked for");
    memset(a, 'u', 40);
    CHECK(mcp_random(NULL, a, 20));
    for (i = 20; i < 40; i++) CHECK(a[i] == 'u');
    CHECK(mcp_random(NULL, a + 20, 0));
    CHECK(a[20] == 'u');
}

/* Without descriptors there are no random bytes, and none that are old. */
static void randomness_without_descriptors(void)
{
    static const unsigned char zeros[16] = { 0 };
    unsigned char bytes[16];
    int fds[1024], n = 0, before = dup(0);
    struct rlimit limit, few;
    CHECK(before >= 0);
    (void)close(before);
    CHECK_INT(0, getrlimit(RLIMIT_NOFILE, &limit));
    few = limit;
    if (few.rlim_cur > (rlim_t)before + 4) few.rlim_cur = (rlim_t)before + 4;
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &few));
    while (n < 1024 && (fds[n] = dup(0)) >= 0) n++;
    memset(bytes, 'u', sizeof bytes);
    CHECK(!mcp_random(NULL, bytes, sizeof bytes));
    CHECK_BYTES((const char *)zeros, sizeof zeros, (const char *)bytes, sizeof bytes);
    while (n) (void)close(fds[--n]);
    CHECK_INT(0, setrlimit(RLIMIT_NOFILE, &limit));
    CHECK(mcp_random(NULL, bytes, sizeof bytes));
    CHECK(memcmp(bytes, zeros, sizeof zeros) != 0);
    n = dup(0);
    CHECK_INT(before, n);       /* all were closed */
    (void)close(n);
}

static uint64_t own_clock(void *user)
{
    (void)user;
    return 7;
}

static bool own_random(void *user, void *out, size_t len)
{
    (void)user;
    memset(out, 7, len);
    return true;
}

/* What the host did not set, and nothing else. */
static void hooks_are_filled_in(void)
{
    int i;
    for (i = 0; i < 2; i++) {
        mcp_server_desc d = usual();
        mcp_server *server;
        mcp_stdio *io;
        d.now_ms = d.wall_ms = i ? own_clock : NULL;
        d.random = i ? own_random : NULL;
        server = mcp_server_create(&d);
        io = mcp_stdio_open(server);
        if (!server || !io) FAIL("could not be opened");
        else {
            CHECK((server->desc.now_ms == mcp_now_ms) == !i);           /* looks inside: all they leave is there */
            CHECK((server->desc.wall_ms == mcp_wall_ms) == !i);
            CHECK((server->desc.random == mcp_random) == !i);
        }
        mcp_stdio_close(io);
        mcp_server_destroy(server);
    }
}

int main(void)
{
    TEST(clocks);
    TEST(randomness);
    TEST(randomness_without_descriptors);
    TEST(hooks_are_filled_in);
    TEST(pump_never_waits_with_0);
    TEST(stray_output_goes_to_standard_error);
    TEST(descriptors_for_another_loop);
    TEST(steps_are_due);
    TEST(wake_up);
    TEST(input_ends);
    TEST(input_ends_without_memory);
    TEST(reader_goes_away);
    TEST(closed_in_a_callback);
    TEST(closes_what_it_opened);
    TEST(many_lines_in_one_write);
    TEST(a_byte_a_write);
    TEST(reader_goes_away_in_mid_reply);
    TEST(slow_reader);
    TEST(answers_after_the_input);
    TEST(nobody_answers_after_the_input);
    TEST(answers_that_wait_after_the_input);
    TEST(drain_of_a_month);
    TEST(pings_unanswered);
    TEST(output_stalls);
    TEST(host_stops);
    TEST(blocking_is_given_back);
    TEST(output_to_a_file);
    TEST(process_ends_with_its_input);
    TEST(process_says_why_it_ends);
    TEST(process_ends_with_its_reader);
    TEST(client_that_writes_first);
    return test_end();
}
