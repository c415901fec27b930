/* Standard input and output in a loop of the host's: pump, descriptors, wake-ups, a reader that goes away. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static int chatty(mcp_call *c)
{
    printf("a stray line\n");       /* must not end up among the messages */
    fflush(stdout);
    return mcp_text(c, mcp_arg_str(c, "text"));
}

static const mcp_field args[] = { MCP_NEED("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = { MCP_TOOL("say", chatty, 0, args) };

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

static void begin(void)
{
    mcp_server_desc d;
    int in[2], out[2], err[2], i;
    memset(&d, 0, sizeof d);
    d.name = "s";
    d.version = "1";
    d.tools = tools;
    d.num_tools = 1;
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

static void end(void)
{
    int i;
    mcp_stdio_close(peer.io);
    mcp_server_destroy(peer.server);
    for (i = 0; i < 3; i++) move(peer.saved[i], i);
    if (peer.to >= 0) (void)close(peer.to);
    if (peer.from >= 0) (void)close(peer.from);
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
#define SAY "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"say\"," \
            "\"arguments\":{\"text\":\"x\"}," \
            "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                               \
            "\"io.modelcontextprotocol/clientCapabilities\":{}}}}\n"

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
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, -1));
    CHECK_STR(PONG, received(peer.from));
    end();
}

/* Nobody reads any more: closed, and no signal kills us. */
static void reader_goes_away(void)
{
    begin();
    (void)close(peer.from);
    peer.from = -1;
    send_text(PING);
    CHECK_STATUS(MCP_E_CLOSED, mcp_stdio_pump(peer.io, 0));
    end();
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

int main(void)
{
    TEST(pump_never_waits_with_0);
    TEST(stray_output_goes_to_standard_error);
    TEST(descriptors_for_another_loop);
    TEST(wake_up);
    TEST(input_ends);
    TEST(reader_goes_away);
    TEST(closes_what_it_opened);
    return test_end();
}
