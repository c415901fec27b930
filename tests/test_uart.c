/* examples/uart.c at its door: the program on a pseudo terminal, or the firmware in QEMU, and a line on which
   bytes are lost, added and changed.   usage: test_uart [PROGRAM]    (build/uart; NAME.elf is run in QEMU) */
#define _XOPEN_SOURCE 700
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "child.h"

static char program[200] = "build/uart";
static test_line line;
static int next_id;

/*---- The program, and the line to it -------------------------------------------------------------*/

/* The standard input and output of the emulator are the board's line. */
static pid_t start_qemu(void)
{
    static char words[][20] = { "qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none",
                                "-serial", "stdio", "-kernel" };
    char *argv[MCP_COUNT(words) + 2];
    int fds[2] = { -1, -1 };
    size_t i;
    pid_t pid;
    for (i = 0; i < MCP_COUNT(words); i++) argv[i] = words[i];
    argv[i++] = program;
    argv[i] = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) abort();
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    pid = child_start(argv, fds[1], fds[1]);
    (void)close(fds[1]);
    line_init(&line, fds[0]);
    return pid;
}

/* The program says which terminal is the other end of its line. */
static pid_t start_host(void)
{
    static test_line output;
    char *argv[2];
    const char *path;
    pid_t pid;
    argv[0] = program;
    argv[1] = NULL;
    pid = child_start_piped(argv, &output);
    path = line_next(&output);
    if (!path) FAIL("no path was printed");
    line_init(&line, path ? open(path, O_RDWR | O_NOCTTY) : -1);
    if (path && line.fd < 0) line_die(&line, "the terminal that it named cannot be opened");
    (void)close(output.fd);
    return pid;
}

static pid_t begin(void)
{
    const size_t len = strlen(program);
    return len > 4 && !strcmp(program + len - 4, ".elf") ? start_qemu() : start_host();
}

/* It runs for ever: had it ended before, that is seen here. */
static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    CHECK_INT(-SIGKILL, child_end(pid));
    (void)close(line.fd);
}

/*---- Requests ------------------------------------------------------------------------------------*/

static const char *request(const char *method, const char *params)
{
    static char text[4096];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}\n", ++next_id,
                   method, params);
    return text;
}

static const char *call(const char *tool, const char *args)
{
    static char params[1024];
    (void)snprintf(params, sizeof params, "{\"name\":\"%s\",\"arguments\":%s}", tool, args);
    return request("tools/call", params);
}

/* The answer to the last request, whatever else comes before it; the empty text if there is none. */
static const char *answer(void)
{
    char id[40];
    (void)snprintf(id, sizeof id, "\"id\":%d,", next_id);
    for (;;) {
        const char *got = line_next(&line);
        if (!got || strstr(got, id)) return got ? got : "";
    }
}

static void expect(const char *text, const char *want)
{
    const char *got;
    line_send(&line, text);
    got = answer();
    if (!strstr(got, want)) FAIL("%.60s...: expected %s, got %.300s", text, want, got);
}

/* The server is as it was. */
static void works(void)
{
    expect(call("read_temperature", "{\"number\":2}"), "{\\\"millicelsius\\\":22000}");
}

static void initialize(const char *revision)
{
    char params[100];
    (void)snprintf(params, sizeof params, "{\"protocolVersion\":\"%s\"}", revision);
    expect(request("initialize", params), "\"name\":\"board\"");
}

/*---- Cases ---------------------------------------------------------------------------------------*/

static void send_slowly(const char *text)
{
    for (; *text; text++) line_send_bytes(&line, text, 1);
}

/* A whole conversation, byte by byte, with noise and a line that is too long in between. */
static void byte_by_byte(void)
{
    static char noise[5000];
    pid_t pid = begin();
    send_slowly(request("initialize", "{\"protocolVersion\":\"2025-11-25\"}"));
    CHECK(strstr(answer(), "\"protocolVersion\":\"2025-11-25\"") != NULL);
    send_slowly("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\r\n");
    send_slowly("\r\n \n\xff\xfe{[garbage\n");
    send_slowly(request("tools/list", "{}"));
    CHECK(strstr(answer(), "\"name\":\"read_temperature\"") != NULL);
    memset(noise, 'x', sizeof noise - 2);
    noise[sizeof noise - 2] = '\n';
    send_slowly(noise);
    CHECK_LINE(&line, "max_message");
    send_slowly(call("led", "{\"number\":1,\"on\":true}"));
    CHECK(strstr(answer(), "It is on.") != NULL);
    send_slowly(call("read_temperature", "{}"));
    CHECK(strstr(answer(), "\"structuredContent\":{\"millicelsius\":21500}") != NULL);
    end(pid);
}

/* Each revision, with its own list of tools, and then all of them again: memory is enough. */
static void every_revision(void)
{
    static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25" };
    pid_t pid = begin();
    size_t i;
    for (i = 0; i < 12; i++) {
        initialize(revisions[i % 4]);
        expect(request("tools/list", "{}"), "\"name\":\"led\"");
        works();
        expect(request("tools/list", "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                                     "\"io.modelcontextprotocol/clientCapabilities\":{}}}"), "\"name\":\"led\"");
    }
    end(pid);
}

/* Messages at the limits: the longest one, the most values, the deepest, the longest answer. */
static void messages_at_the_limits(void)
{
    static char text[4096];
    pid_t pid = begin();
    size_t round, i;
    initialize("2025-11-25");
    for (round = 0; round < 3; round++) {
        for (i = 1900; i < 2100; i += 7) {              /* around max_message */
            const char *ping = request("ping", "{}");
            const size_t len = strlen(ping) - 2;
            memcpy(text, ping, len);
            memset(text + len, ' ', i - len);
            memcpy(text + i, "}\n", 3);
            NOTE("%lu bytes", (unsigned long)i + 1);
            if (i < 2048) {
                expect(text, "\"result\":{}");
            } else {
                line_send(&line, text);
                CHECK_LINE(&line, "max_message");
            }
        }
        for (i = 100; i < 900; i += 50) {               /* around max_nodes */
            size_t k, len = (size_t)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\","
                                             "\"params\":{\"a\":[1");
            NOTE("%lu values", (unsigned long)i);
            for (k = 1; k < i; k++) len += (size_t)snprintf(text + len, sizeof text - len, ",1");
            (void)snprintf(text + len, sizeof text - len, "]}}\n");
            line_send(&line, text);
            CHECK_LINE(&line, i < 200 ? "\"result\":{}" : i > 260 ? "\"error\"" : "{");
        }
        for (i = 1; i < 1000; i *= 3) {                 /* around max_depth */
            memset(text, '[', i);
            text[i] = '\n';
            text[i + 1] = 0;
            line_send(&line, text);
            CHECK_LINE(&line, "\"error\"");
        }
        memset(text, 'm', 1800);
        text[1800] = 0;
        NOTE("an error that repeats a long name");
        expect(request(text, "{}"), "\"error\"");
        works();
    }
    NOTE("%s", "");
    end(pid);
}

/* The line is cut after every byte of a request, and every byte of one is lost once. */
static void lost_bytes(void)
{
    char broken[300];
    size_t at;
    const char *whole;
    size_t len;
    pid_t pid = begin();
    initialize("2025-11-25");
    len = strlen(call("led", "{\"on\":true}"));
    for (at = 0; at < 2 * len; at += test_step(7)) {
        whole = call("led", "{\"on\":true}");
        len = strlen(whole);
        NOTE("byte %lu", (unsigned long)at);
        if (at < len) (void)snprintf(broken, sizeof broken, "%.*s%s", (int)at, whole, whole + at + 1);
        else (void)snprintf(broken, sizeof broken, "%.*s\n", (int)(at - len), whole);
        line_send(&line, broken);
        if (at == len - 1) line_send(&line, "\n");      /* the line feed was lost, and noise brings one */
        works();
        if (test_state.failures) break;
    }
    NOTE("%s", "");
    end(pid);
}

/* Noise of all kinds: any bytes, any lengths, with and without line feeds. A line feed ends it. */
static void noise(void)
{
    static char bytes[6000];
    const size_t rounds = test_rounds(300);
    size_t round, i;
    pid_t pid = begin();
    initialize("2025-11-25");
    for (round = 0; round < rounds && !line.dead; round++) {
        const size_t len = test_below(round % 10 ? 300 : sizeof bytes);
        const size_t kinds = 1 + test_below(256);
        NOTE("round %lu, seed %llu", (unsigned long)round, (unsigned long long)test_state.seed);
        for (i = 0; i < len; i++) {
            static const char json[] = "{}[]\",:\\0123truefalsn.e+- \t\r\n";
            bytes[i] = round % 2 ? (char)test_below(kinds) : json[test_below(sizeof json - 1)];
            if (bytes[i] == '\n' && round % 3) bytes[i] = ' ';
        }
        line_send_bytes(&line, bytes, len);
        line_send(&line, "\n");
        works();
    }
    NOTE("%s", "");
    end(pid);
}

/* Many at once, faster than they can be answered: the line holds them back. */
static void in_a_hurry(void)
{
    enum { MANY = 300 };
    pid_t pid = begin();
    static char all[MANY * 200];
    size_t len = 0;
    int i, first;
    initialize("2025-11-25");
    first = next_id + 1;
    for (i = 0; i < MANY; i++) {
        const char *one = call("led", i % 2 ? "{\"on\":true}" : "{\"on\":false}");
        memcpy(all + len, one, strlen(one));
        len += strlen(one);
    }
    line_send_bytes(&line, all, len);
    for (i = 0; i < MANY; i++) {
        char id[40];
        (void)snprintf(id, sizeof id, "\"id\":%d,\"result\"", first + i);
        CHECK_LINE(&line, id);
    }
    works();
    end(pid);
}

int main(int argc, char **argv)
{
    if (argc > 1) (void)snprintf(program, sizeof program, "%s", argv[1]);
    (void)signal(SIGPIPE, SIG_IGN);
    TEST(byte_by_byte);
    TEST(every_revision);
    TEST(messages_at_the_limits);
    TEST(lost_bytes);
    TEST(noise);
    TEST(in_a_hurry);
    return test_end();
}
