/* The ready-made log of mcp_serve_stdio, which the environment governs. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#include <sys/stat.h>
#include <sys/wait.h>

static uint64_t now = 1000;     /* it goes on in one tool only */
static uint64_t on_now(void *user_data) { (void)user_data; return now; }

static int slow(mcp_call *c) { (void)c; now += 30; return MCP_OK; }
static int refuses(mcp_call *c) { return mcp_refuse(c, 4001, "%s", "no"); }
static const mcp_tool tools[] = { MCP_TOOL("slow", slow, 0, 0), MCP_TOOL("refuses", refuses, 0, 0) };

#define HELLO "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"," \
              "\"params\":{\"protocolVersion\":\"2025-11-25\"}}\n"
#define CALL(name) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" name "\"}}\n"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n"

static char file[200];      /* the log file of a case */

static void read_file(int fd, char *text, size_t size)
{
    size_t n = 0;
    ssize_t k;
    while (n < size - 1 && (k = read(fd, text + n, size - 1 - n)) > 0) n += (size_t)k;
    text[n] = 0;
}

/* What the log file holds; it is gone then. */
static const char *filed(void)
{
    static char text[8192];
    const int fd = open(file, O_RDONLY);
    text[0] = 0;
    if (fd < 0) return "no file";
    read_file(fd, text, sizeof text);
    close(fd);
    (void)unlink(file);
    return text;
}

static void on_log(void *user, int level, const char *message)
{
    char text[300];
    const int n = snprintf(text, sizeof text, "own %d %s %s\n", level, (const char *)user, message);
    CHECK(write(2, text, (size_t)n) == n);
}

static void on_after(void *user, mcp_call *c, int status, uint64_t duration_ms)
{
    char text[300];
    const int n = snprintf(text, sizeof text, "after %s %s %d\n", (const char *)user, mcp_call_method(c), status);
    (void)duration_ms;
    CHECK(write(2, text, (size_t)n) == n);
}

static char user[] = "me";

/* The usual desc. */
static mcp_server_desc usual(void)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "s";
    d.version = "1";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.user = user;
    d.now_ms = on_now;
    return d;
}

/* Serves the input in a process of its own, with NAME=VALUE variables. Returns what it wrote to standard error. */
static const char *serve(const mcp_server_desc *d, const char *const *variables, const char *input, int want_exit)
{
    static char text[16384];
    int in[2], err[2], status = 0;
    pid_t child;
    CHECK(pipe(in) == 0 && pipe(err) == 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        const int null = open("/dev/null", O_WRONLY);
        dup2(in[0], 0);
        dup2(null, 1);
        dup2(err[1], 2);
        close(in[1]);
        close(err[0]);
        for (; *variables; variables++) {
            char name[50];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(*variables, "="), *variables);
            setenv(name, strchr(*variables, '=') + 1, 1);
        }
        _exit(mcp_serve_stdio(d));
    }
    close(in[0]);
    close(err[1]);
    CHECK(write(in[1], input, strlen(input)) == (ssize_t)strlen(input));
    close(in[1]);
    read_file(err[0], text, sizeof text);
    close(err[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(want_exit, WEXITSTATUS(status));
    return text;
}

static const char *serve_usual(const char *a, const char *b, const char *c, const char *input)
{
    const char *variables[4] = { NULL, NULL, NULL, NULL };
    const mcp_server_desc d = usual();
    variables[0] = a;
    if (a) variables[1] = b;
    if (b) variables[2] = c;
    return serve(&d, variables, input, 0);
}

#define ENDED "mcp: debug: the input has ended\n"       /* the last line of every server at that level */

/*---- Cases --------------------------------------------------------------------------------------*/

static void silent_by_default(void)
{
    CHECK_STR("", serve_usual(NULL, NULL, NULL, HELLO CALL("slow") CALL("none") PING));
    CHECK_STR("", serve_usual("MCP_LOG=", "MCP_LOG_FILE=", "MCP_LOG_FORMAT=", HELLO PING));
}

static void errors_are_always_told(void)
{
    static const char *const none[] = { NULL }, *const quiet[] = { "MCP_LOG=alert", NULL };
    mcp_server_desc d = usual();
    d.name = NULL;
    CHECK_STR("mcp: error: mcp_server_desc: name and version are required\n", serve(&d, none, "", 1));
    CHECK_STR("", serve(&d, quiet, "", 1));
}

/* The digits of times become N. */
static const char *without_times(const char *text)
{
    static char out[16384];
    char *o = out;
    for (; *text; text++) {
        *o++ = *text;
        if ((*text == ':' || *text == ' ') && text[1] >= '0' && text[1] <= '9') {
            const char *p = text + 1;
            while (*p >= '0' && *p <= '9') p++;
            if (strncmp(p, " ms", 3) && strncmp(p, ",\"level\"", 8) && strncmp(p, "}\n", 2)) continue;
            *o++ = 'N';
            text = p - 1;
        }
    }
    *o = 0;
    return out;
}

static void requests_at_debug(void)
{
    CHECK_STR("mcp: debug: initialize '': N ms, MCP_OK: done\n"
              "mcp: debug: tools/call 'slow': N ms, MCP_OK: done\n"
              "mcp: debug: tools/call 'refuses': N ms, MCP_E_TOOL: the tool failed and said why (mcp_fail), code 4001\n"
              "mcp: debug: tools/call 'no?mcp: error: such': N ms, MCP_E_PROTOCOL: the other side does not keep to "
              "the protocol, or speaks another one, code -32602\n"
              "mcp: debug: ping '': N ms, MCP_OK: done\n" ENDED,
              without_times(serve_usual("MCP_LOG=debug", NULL, NULL, HELLO CALL("slow") CALL("refuses")
                                        CALL("no\\nmcp: error: such") PING)));
    CHECK_STR("", serve_usual("MCP_LOG=info", NULL, NULL, HELLO PING));
}

static void slow_requests_are_warned_of(void)
{
    static const char *const none[] = { NULL }, *const late[] = { "MCP_LOG_SLOW_MS=100000", NULL };
    const char *text = serve_usual("MCP_LOG_SLOW_MS=10", NULL, NULL, HELLO CALL("slow"));
    mcp_server_desc d = usual();
    CHECK_STR("mcp: warning: slow: N ms for tools/call 'slow' (mcp_server_desc.slow_ms)\n", without_times(text));
    d.slow_ms = 10;
    text = serve(&d, none, HELLO CALL("slow"), 0);
    CHECK_STR("mcp: warning: slow: N ms for tools/call 'slow' (mcp_server_desc.slow_ms)\n", without_times(text));
    text = serve(&d, late, HELLO CALL("slow"), 0);      /* the host knows better */
    CHECK_STR("mcp: warning: slow: N ms for tools/call 'slow' (mcp_server_desc.slow_ms)\n", without_times(text));
    CHECK_STR("", serve_usual("MCP_LOG_SLOW_MS=10", "MCP_LOG=error", NULL, HELLO CALL("slow")));
    CHECK_STR("", serve_usual("MCP_LOG_SLOW_MS=31", NULL, NULL, HELLO CALL("slow")));
    CHECK_STR("mcp: warning: slow: 30 ms for tools/call 'slow' (mcp_server_desc.slow_ms)\n",
              serve_usual("MCP_LOG_SLOW_MS=30", NULL, NULL, HELLO CALL("slow")));
}

static void lines_of_json(void)
{
    static char many[3000];
    char *text, *end;
    mcp_doc doc;
    size_t lines = 0;
    CHECK_STR("{\"time_ms\":N,\"level\":\"debug\",\"message\":\"request\",\"method\":\"initialize\",\"name\":\"\","
              "\"status\":\"MCP_OK: done\",\"code\":0,\"duration_ms\":N}\n"
              "{\"time_ms\":N,\"level\":\"debug\",\"message\":\"request\",\"method\":\"tools/call\","
              "\"name\":\"a\\n\\\"b\",\"status\":\"MCP_E_PROTOCOL: the other side does not keep to the protocol, "
              "or speaks another one\","
              "\"code\":-32602,\"duration_ms\":N}\n"
              "{\"time_ms\":N,\"level\":\"debug\",\"message\":\"the input has ended\"}\n",
              without_times(serve_usual("MCP_LOG=debug", "MCP_LOG_FORMAT=json", NULL, HELLO CALL("a\\n\\\"b"))));
    /* However long a name is, and whatever is in it, the line is JSON. */
    strcpy(many, HELLO "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"");
    while (strlen(many) < 2500) strcat(many, "\\u0001");
    strcat(many, "\"}}\n");
    memset(&doc, 0, sizeof doc);
    text = (char *)(uintptr_t)serve_usual("MCP_LOG=debug", "MCP_LOG_FORMAT=json", NULL, many);
    for (; (end = strchr(text, '\n')) != NULL; text = end + 1, lines++) {
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, (size_t)(end - text)));
        CHECK(mcp_json_int(mcp_json_root(&doc), "time_ms", 0) > 1700000000000);
        if (lines == 1) CHECK_UINT(200, mcp_json_str(mcp_json_root(&doc), "name").len);
    }
    CHECK_UINT(3, lines);
    mcp_doc_free(&doc);
}

static void to_a_file(void)
{
    char variable[300];
    struct stat st;
    (void)unlink(file);
    snprintf(variable, sizeof variable, "MCP_LOG_FILE=%s", file);
    CHECK_STR("", serve_usual("MCP_LOG=debug", variable, NULL, PING));
    CHECK_STR("", serve_usual("MCP_LOG=debug", variable, NULL, PING));
    CHECK(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK_STR("mcp: debug: ping '': N ms, MCP_OK: done\n" ENDED "mcp: debug: ping '': N ms, MCP_OK: done\n" ENDED,
              without_times(filed()));
}

/* What cannot be written goes to standard error, and that is said once. */
static void to_a_file_that_is_none(void)
{
    static const char none[] = "/nowhere/at/all";
    char variable[300];
    CHECK_STR("mcp: error: MCP_LOG_FILE: standard error is used: expected a file to write to, got '/nowhere/at/all'\n"
              "mcp: debug: ping '': N ms, MCP_OK: done\nmcp: debug: ping '': N ms, MCP_OK: done\n" ENDED,
              without_times(serve_usual("MCP_LOG=debug", "MCP_LOG_FILE=/nowhere/at/all", NULL, PING PING)));
    CHECK(access(none, F_OK) != 0);
    if (access("/dev/full", W_OK) == 0)
        CHECK_STR("mcp: error: MCP_LOG_FILE cannot be written any more: standard error is used\n"
                  "mcp: debug: ping '': N ms, MCP_OK: done\nmcp: debug: ping '': N ms, MCP_OK: done\n" ENDED,
                  without_times(serve_usual("MCP_LOG=debug", "MCP_LOG_FILE=/dev/full", NULL, PING PING)));
    (void)unlink(file);
    CHECK(mkfifo(file, 0600) == 0);     /* a pipe that nobody reads */
    snprintf(variable, sizeof variable, "MCP_LOG_FILE=%s", file);
    CHECK(strstr(serve_usual("MCP_LOG=debug", variable, NULL, PING), "standard error is used") != NULL);
    (void)unlink(file);
}

static void variables_that_are_wrong(void)
{
    CHECK_STR("mcp: error: MCP_LOG: expected debug, info, notice, warning, error ..., got 'loud'\n",
              serve_usual("MCP_LOG=loud", NULL, NULL, PING));
    CHECK_STR("mcp: error: MCP_LOG_FORMAT: expected json or text, got 'xml'\n",
              serve_usual("MCP_LOG_FORMAT=xml", NULL, NULL, PING));
    CHECK_STR("", serve_usual("MCP_LOG_FORMAT=text", NULL, NULL, PING));
    CHECK_STR("mcp: error: MCP_LOG_SLOW_MS: expected a number of milliseconds, got '1s'\n",
              serve_usual("MCP_LOG_SLOW_MS=1s", NULL, NULL, PING));
    CHECK_STR("mcp: error: MCP_LOG_SLOW_MS: expected a number of milliseconds, got '0'\n",
              serve_usual("MCP_LOG_SLOW_MS=0", NULL, NULL, PING));
}

/* A host that has a log of its own gets it, and no environment counts; its other hooks stay what they are. */
static void hosts_own(void)
{
    static const char *const variables[] = { "MCP_LOG=debug", "MCP_LOG_SLOW_MS=1", "MCP_LOG_FILE=/nowhere", NULL };
    static const char *const debug[] = { "MCP_LOG=debug", NULL };
    static char log_user[] = "log";
    mcp_server_desc d = usual();
    d.log = on_log;
    CHECK_STR("own 7 me the input has ended\n", serve(&d, variables, PING, 0));
    d.slow_ms = 10;
    CHECK(strstr(serve(&d, variables, HELLO CALL("slow"), 0), "own 4 me slow: ") != NULL);
    d.log_user = log_user;
    CHECK(strstr(serve(&d, variables, HELLO CALL("slow"), 0), "own 4 log slow: ") != NULL);
    d = usual();
    d.after = on_after;
    CHECK_STR("mcp: debug: ping '': N ms, MCP_OK: done\nafter me ping 0\n" ENDED,
              without_times(serve(&d, debug, PING, 0)));
    CHECK_STR("after me ping 0\n", serve(&d, debug + 1, PING, 0));
}

int main(void)
{
    snprintf(file, sizeof file, "/tmp/test_log.%ld", (long)getpid());
    unsetenv("MCP_LOG");
    unsetenv("MCP_LOG_FILE");
    unsetenv("MCP_LOG_FORMAT");
    unsetenv("MCP_LOG_SLOW_MS");
    TEST(silent_by_default);
    TEST(errors_are_always_told);
    TEST(requests_at_debug);
    TEST(slow_requests_are_warned_of);
    TEST(lines_of_json);
    TEST(to_a_file);
    TEST(to_a_file_that_is_none);
    TEST(variables_that_are_wrong);
    TEST(hosts_own);
    return test_end();
}
