/* Clients with servers in processes of their own: real ones, old ones, hostile ones, and what each leaves behind.
   The servers are this very program, started anew as `test_spawn --server=NAME FIFO [ARGUMENT]`. Each of them holds
   the FIFO open for as long as it or a child of it lives, and writes down there that it was started, "+", and what
   it was asked first. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { PATIENCE_S = 60, A_MOMENT_MS = 60, MAX_FDS = 1024 };

#if defined(__SANITIZE_ADDRESS__)
#define SLOW_START 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW_START 1
#endif
#endif
#ifndef SLOW_START
#define SLOW_START 0
#endif

/*==== Servers =====================================================================================*/

static const char *argument = "";       /* of this server */
static int notes = -1;                  /* where it writes things down */
static char started[400];               /* how it was started */

static void put(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) _exit(0);
        if (n < 0) continue;
        bytes += n;
        len -= (size_t)n;
    }
}

static void jot(const char *text)
{
    put(notes, text, strlen(text));
    put(notes, "\n", 1);
}

/*---- By hand: lines in, lines out ----------------------------------------------------------------*/

static char heard[1 << 16];

static const char *heard_method(void)
{
    static char method[80];
    const char *at = strstr(heard, "\"method\":\"");
    (void)snprintf(method, sizeof method, "%s", at ? at + 10 : "");
    method[strcspn(method, "\"")] = 0;
    return method;
}

/* The next line; the end of the input ends the server. */
static void hear(void)
{
    static bool again;
    size_t n = 0;
    for (;;) {
        ssize_t got = read(0, heard + n, 1);
        if (got == 0) _exit(0);
        if (got < 0) continue;
        if (heard[n] == '\n') break;
        if (n + 1 < sizeof heard) n++;
    }
    heard[n] = 0;
    if (!again) jot(heard_method());
    again = true;
}

/* The next line that is a request. */
static void hear_request(void)
{
    do hear();
    while (!strstr(heard, "\"id\":"));
}

static unsigned long heard_id(void)
{
    const char *at = strstr(heard, "\"id\":");
    return at ? strtoul(at + 5, NULL, 10) : 0;
}

static void say(const char *format, ...) MCP_PRINTF(1, 2);
static void say(const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(1, text, strlen(text));
}

#define ID    "{\"jsonrpc\":\"2.0\",\"id\":%lu,"
#define INFO  "\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"odd\",\"version\":\"1\"}"
#define OLD   "\"result\":{\"protocolVersion\":\"2025-11-25\"," INFO "}}\n"
#define NEW   "\"result\":{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"ttlMs\":0," \
              "\"cacheScope\":\"private\"," INFO "}}\n"
#define TEXT(text) "\"result\":{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}}\n"
#define ERROR(code, text) "\"error\":{\"code\":" code ",\"message\":\"" text "\"}}\n"

/* Says that it is modern, and gets the first call. */
static void greet(void)
{
    hear_request();
    say(ID NEW, heard_id());
    hear_request();
}

/* The same in the old way. */
static void greet_old(void)
{
    hear_request();
    say(ID ERROR("-32601", "Method not found"), heard_id());
    hear_request();
    say(ID OLD, heard_id());
    hear_request();
}

/* Serves as an old server from the line on that was heard. */
static void serve_old(void)
{
    for (;; hear_request()) {
        if (!strcmp(heard_method(), "initialize")) say(ID OLD, heard_id());
        else if (!strcmp(heard_method(), "tools/call")) say(ID TEXT("old"), heard_id());
        else say(ID ERROR("-32601", "Method not found"), heard_id());
    }
}

static void live_on(void)
{
    for (;;) (void)pause();
}

/*---- How they greet ------------------------------------------------------------------------------*/

static void exits(void) {}

static void exits_on_probe(void)
{
    hear_request();
    if (strcmp(heard_method(), "initialize")) _exit(1);
    serve_old();
}

/* The argument is the code. */
static void refuses_probe(void)
{
    hear_request();
    say(ID "\"error\":{\"code\":%s,\"message\":\"what?\"}}\n", heard_id(), argument);
    hear_request();
    serve_old();
}

static void ignores_probe(void)
{
    do hear_request();
    while (strcmp(heard_method(), "initialize"));
    serve_old();
}

/* Is modern, but answers when it is no longer waited for. */
static void answers_probe_late(void)
{
    unsigned long probe;
    hear_request();
    probe = heard_id();
    hear_request();
    say(ID NEW, probe);
    say(ID ERROR("-32601", "Method not found"), heard_id());
    for (;;) {
        hear_request();
        say(ID TEXT("late"), heard_id());
    }
}

/* Says no more for the probe, and does not go for the end of its input. */
static void mute_on_probe(void)
{
    hear_request();
    if (!strcmp(heard_method(), "initialize")) serve_old();
    (void)close(1);
    live_on();
}

/* The same, and SIGTERM is nothing to it. */
static void stays_on_probe(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    mute_on_probe();
}

/* Takes its time to start, and only then ends for the probe. */
static void exits_on_probe_late(void)
{
    hear_request();
    if (strcmp(heard_method(), "initialize")) {
        hear_request();
        _exit(1);
    }
    serve_old();
}

/* The same, and asks something first. */
static void asks_and_exits(void)
{
    hear_request();
    if (!strcmp(heard_method(), "initialize")) serve_old();
    hear_request();
    say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}\n");
}

/* The argument is how many bytes it says before it ends. */
static void says_and_ends(const char *text)
{
    static size_t said;
    size_t len = strlen(text), left = (size_t)strtoul(argument, NULL, 10) - said;
    put(1, text, len < left ? len : left);
    said += len;
    if (len >= left) _exit(0);
}

static void ends_at(bool old)
{
    char text[1024];
    for (;;) {
        const char *method;
        hear_request();
        method = heard_method();
        if (!strcmp(method, "tools/call")) (void)snprintf(text, sizeof text, ID TEXT("all"), heard_id());
        else if (!old && !strcmp(method, "server/discover")) (void)snprintf(text, sizeof text, ID NEW, heard_id());
        else if (old && !strcmp(method, "initialize")) (void)snprintf(text, sizeof text, ID OLD, heard_id());
        else (void)snprintf(text, sizeof text, ID ERROR("-32601", "no"), heard_id());
        says_and_ends(text);
    }
}

static void new_ends_at(void) { ends_at(false); }
static void old_ends_at(void) { ends_at(true); }

/*---- How they answer -----------------------------------------------------------------------------*/

/* Never ends what it says. Whoever closes the pipe ends it. */
static void repeat(const char *text)
{
    static char block[1 << 16];
    size_t len = strlen(text), n = sizeof block / len * len, i;
    for (i = 0; i < n; i += len) memcpy(block + i, text, len);
    for (;;) put(1, block, n);
}

static void endless_line(void) { greet(); repeat("x"); }
static void endless_first_line(void) { repeat("x"); }
static void flood(void) { greet(); repeat("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n"); }
static void first_flood(void) { repeat("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n"); }
static void blank_flood(void) { greet(); repeat("\n"); }
#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n"
static void pings(void) { greet_old(); repeat(PING); }

/* Somebody else ends it in the middle of that. */
static void pings_and_ends(void)
{
    pid_t parent = getpid();
    greet_old();
    if (fork() == 0) {
        (void)close(0);
        (void)close(1);
        (void)poll(NULL, 0, A_MOMENT_MS);
        (void)kill(parent, SIGKILL);
        _exit(0);
    }
    repeat(PING);
}

/* Its input is closed, so that no answer can be written. */
static void pings_unheard(void)
{
    greet_old();
    (void)close(0);
    repeat(PING);
}

/* More than either pipe and the limit hold, and only then it reads the answers. */
static void pings_then_reads(void)
{
    enum { COUNT = 10000 };
    unsigned long id;
    int i;
    greet_old();
    id = heard_id();
    if (fork() == 0) {
        for (i = 0; i < COUNT; i++) say(PING);
        say(ID TEXT("after the pings"), id);
        _exit(0);
    }
    for (i = 0; i < COUNT; i++) {
        if (i == 0) (void)poll(NULL, 0, A_MOMENT_MS);
        hear();
    }
    hear();
}

static void unknown_ids(void)
{
    greet();
    say(ID TEXT("wrong"), heard_id() + 1);
    say(ID TEXT("wrong"), heard_id() - 1);
    say("{\"jsonrpc\":\"2.0\",\"id\":\"%lu\"," TEXT("wrong"), heard_id());
    say("{\"jsonrpc\":\"2.0\",\"id\":%lu.5," TEXT("wrong"), heard_id());
    say("{\"jsonrpc\":\"2.0\",\"id\":null," TEXT("wrong"));
    say("{\"jsonrpc\":\"2.0\",\"id\":-%lu," TEXT("wrong"), heard_id());
    say("{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615%lu," TEXT("wrong"), heard_id());
    say("{\"jsonrpc\":\"2.0\"," TEXT("wrong"));
    say(ID TEXT("right"), heard_id());
    hear();
}

/* Says everything twice, and everything from before once more. */
static void duplicates(void)
{
    unsigned long first;
    greet();
    for (first = heard_id();; hear_request()) {
        unsigned long id;
        for (id = first; id <= heard_id(); id++) say(ID TEXT("answer %lu"), id, id - first);
        say(ID TEXT("again"), heard_id());
    }
}

/* The argument is the result. */
static void wrong_result(void)
{
    greet();
    say(ID "%s}\n", heard_id(), argument);
    live_on();
}

static void noisy(void)
{
    static char noise[1 << 16];
    int i;
    greet();
    memset(noise, 'n', sizeof noise);
    for (i = 0; i < 64; i++) put(2, noise, sizeof noise);
    say(ID TEXT("after the noise"), heard_id());
    hear();
}

static void stray_lines(void)
{
    greet();
    say("starting...\n\n\xff\xfe\n{\"jsonrpc\":\n[1,2]\n7\n\r\n");
    say(ID TEXT("after the junk"), heard_id());
    hear();
}

static void slow_bytes(void)
{
    char text[512];
    size_t i;
    greet();
    (void)snprintf(text, sizeof text, ID TEXT("bit by bit"), heard_id());
    for (i = 0; text[i]; i++) {
        put(1, text + i, 1);
        (void)poll(NULL, 0, i % 32 ? 0 : 1);
    }
    hear();
}

static void deaf(void) { greet(); live_on(); }
static void deaf_at_once(void) { jot("up"); live_on(); }
static void exits_on_call(void) { greet(); }

static void mute(void)
{
    greet();
    (void)close(1);
    for (;;) hear();
}

static void mute_at_once(void)
{
    (void)close(1);
    for (;;) hear();
}

/*---- How they end --------------------------------------------------------------------------------*/

static void on_term(int number)
{
    (void)number;
    jot("term");
    _exit(0);
}

/* The end of the input is none of its business. */
static void stubborn(void)
{
    (void)signal(SIGTERM, on_term);
    greet();
    say(ID TEXT("up"), heard_id());
    live_on();
}

/* Children of the server; they would end by themselves only after the test has failed. */
static void have_children(bool mortal)
{
    int i;
    if (!mortal) (void)signal(SIGTERM, SIG_IGN);
    for (i = 0; i < 3; i++)
        if (fork() == 0) {
            (void)alarm(PATIENCE_S + 20);
            live_on();
        }
}

static void immortal(void)
{
    have_children(false);
    greet();
    say(ID TEXT("up"), heard_id());
    live_on();
}

/* Ends for SIGTERM, but its children do not. */
static void wrapper(void)
{
    have_children(false);
    (void)signal(SIGTERM, SIG_DFL);
    greet();
    say(ID TEXT("up"), heard_id());
    live_on();
}

/*---- A real one ----------------------------------------------------------------------------------*/

static int echo(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }
static int how_started(mcp_call *c) { return mcp_text(c, started); }

static int slow(mcp_call *c)
{
    (void)poll(NULL, 0, A_MOMENT_MS);
    return mcp_text(c, "at last");
}

static int exits_in_call(mcp_call *c)
{
    (void)c;
    _exit(3);
    return 0;
}

static const mcp_field args[] = { MCP_NEED("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = {
    MCP_TOOL("echo", echo, 0, args), MCP_TOOL("started", how_started, 0, 0), MCP_TOOL("slow", slow, 0, 0),
    MCP_TOOL("exit", exits_in_call, 0, 0)
};

/* The argument is its revisions. */
static void real(void)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "real";
    d.version = "1";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.revisions = (uint32_t)strtoul(argument, NULL, 10);
    d.page_size = 3;
    exit(mcp_serve_stdio(&d));
}

/*---- Which of them -------------------------------------------------------------------------------*/

static const struct { const char *name; void (*run)(void); } servers[] = {
    { "real", real }, { "exits", exits }, { "exits_on_probe", exits_on_probe }, { "refuses_probe", refuses_probe },
    { "ignores_probe", ignores_probe }, { "answers_probe_late", answers_probe_late },
    { "exits_on_probe_late", exits_on_probe_late }, { "mute_on_probe", mute_on_probe },
    { "stays_on_probe", stays_on_probe }, { "asks_and_exits", asks_and_exits }, { "new_ends_at", new_ends_at },
    { "old_ends_at", old_ends_at },
    { "endless_line", endless_line }, { "endless_first_line", endless_first_line }, { "flood", flood },
    { "first_flood", first_flood }, { "blank_flood", blank_flood }, { "pings", pings },
    { "pings_and_ends", pings_and_ends }, { "pings_unheard", pings_unheard }, { "pings_then_reads", pings_then_reads },
    { "unknown_ids", unknown_ids }, { "duplicates", duplicates }, { "wrong_result", wrong_result },
    { "noisy", noisy }, { "stray_lines", stray_lines }, { "slow_bytes", slow_bytes }, { "deaf", deaf },
    { "deaf_at_once", deaf_at_once }, { "exits_on_call", exits_on_call }, { "mute", mute },
    { "mute_at_once", mute_at_once }, { "stubborn", stubborn }, { "immortal", immortal }, { "wrapper", wrapper }
};

/* Before anything else changes it. */
static void note_start(void)
{
    struct sigaction now;
    sigset_t mask;
    size_t n = 0;
    int fd;
    for (fd = 0; fd < MAX_FDS; fd++)
        if (fcntl(fd, F_GETFD) >= 0) n += (size_t)snprintf(started + n, sizeof started - n, "%d ", fd);
    (void)sigprocmask(SIG_SETMASK, NULL, &mask);
    (void)sigaction(SIGPIPE, NULL, &now);
    (void)snprintf(started + n, sizeof started - n, "%s %s %s %s",
                   getpgrp() == getpid() ? "own group" : "our group",
                   now.sa_handler == SIG_DFL ? "default" : "not default",
                   sigismember(&mask, SIGPIPE) ? "blocked" : "open",
                   sigismember(&mask, SIGUSR1) ? "blocked" : "open");
}

static int serve(int argc, char **argv)
{
    const char *name = strchr(argv[1], '=') + 1;
    size_t i;
    note_start();
    (void)alarm(PATIENCE_S * 5);
    notes = open(argv[2], O_WRONLY);
    put(notes, "+", 1);
    if (argc > 3) argument = argv[3];
    for (i = 0; i < MCP_COUNT(servers); i++)
        if (!strcmp(servers[i].name, name)) {
            servers[i].run();
            return 0;
        }
    return 2;
}

/*==== Clients =====================================================================================*/

static const char *self;
static char fifo[100];
static int reader = -1;                 /* of the FIFO */
static test_heap heap;
static char noted[1 << 16];             /* what servers wrote down, up to the end of the last of them */
static bool posix_spawn_tells;          /* that a program could not be started; not where vfork is a fork */

static mcp_client_desc usual(void)
{
    mcp_client_desc d;
    memset(&d, 0, sizeof d);
    d.name = "test";
    d.version = "1";
    d.alloc = test_heap_init(&heap);
    d.probe_timeout_ms = d.close_timeout_ms = PATIENCE_S * 1000;
    return d;
}

static int count_fds(void)
{
    int fd, count = 0;
    for (fd = 0; fd < MAX_FDS; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int fds_before;

/* Starts a server of ours, as many as four at a time. */
static mcp_client *start(const mcp_client_desc *d, const char *server, const char *arg)
{
    static struct { char name[60]; const char *argv[5]; } all[4];
    static size_t turn;
    const size_t i = turn++ % MCP_COUNT(all);
    mcp_client *c;
    (void)snprintf(all[i].name, sizeof all[i].name, "--server=%s", server);
    all[i].argv[0] = self;
    all[i].argv[1] = all[i].name;
    all[i].argv[2] = fifo;
    all[i].argv[3] = arg;
    all[i].argv[4] = NULL;
    fds_before = count_fds();
    c = mcp_client_spawn(d, all[i].argv);
    if (!c) FAIL("%s was not started: %s", server, strerror(errno));
    return c;
}

/* Reads what the servers wrote down until none of them, and none of their children, lives any more. */
static void wait_for_the_last(void)
{
    size_t n = 0;
    struct pollfd p;
    p.fd = reader;
    p.events = POLLIN;
    for (;;) {
        ssize_t got = read(reader, noted + n, sizeof noted - 1 - n);
        if (got == 0) break;
        if (got > 0) n += (size_t)got;
        else if (errno == EAGAIN && poll(&p, 1, SLOW_START ? 20000 : 10000) == 0) {
            FAIL("a process was left behind");
            break;
        }
    }
    noted[n] = 0;
}

/* Closes the client: nothing of its server is left. */
static void finish(mcp_client *c)
{
    int status;
    mcp_client_close(c);
    CHECK_HEAP(&heap);
    CHECK_INT(fds_before, count_fds());
    errno = 0;
    CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
    wait_for_the_last();
}

static bool says(const mcp_reply *r, const char *text)
{
    if (mcp_reply_ok(r) && !strcmp(mcp_reply_text(r), text)) return true;
    FAIL("expected \"%s\", got %s: %s", text, mcp_strerror(mcp_reply_status(r)), mcp_reply_text(r));
    return false;
}

static const mcp_reply *call_echo(mcp_client *c, const char *text)
{
    return mcp_call_tool(c, "echo", "{'text': %s}", text);
}

/* What takes longer than this hangs. */
static void on_alarm(int number)
{
    (void)number;
    FAIL("it hangs");
    _exit(1);
}

static void watch(void)
{
    (void)signal(SIGALRM, on_alarm);
    (void)alarm(PATIENCE_S);
}

/* As many as named, or fewer where each takes long. */
static size_t rounds(size_t n)
{
    const size_t few = test_rounds(n);
    if (SLOW_START) n /= 10;
    return few < n ? few : n;
}

/*---- Real servers --------------------------------------------------------------------------------*/

static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };

/* Everything that a server is asked, however narrow either side is. */
static void check_talk(uint32_t ours, uint32_t theirs, const char *revision)
{
    static const char *const names[] = { "echo", "started", "slow", "exit" };
    mcp_client_desc d = usual();
    char arg[12];
    mcp_client *c;
    mcp_json t;
    size_t n = 0;
    NOTE("we %u, they %u", (unsigned)ours, (unsigned)theirs);
    (void)snprintf(arg, sizeof arg, "%u", (unsigned)theirs);
    d.revisions = ours;
    c = start(&d, "real", arg);
    if (!c) return;
    (void)says(call_echo(c, "Gr\xc3\xbc\xc3\x9f" "e\n\"\\"), "Gr\xc3\xbc\xc3\x9f" "e\n\"\\");
    CHECK_STR(revision, mcp_client_revision(c));
    CHECK_STATUS(MCP_OK, mcp_client_status(c));
    for (t = mcp_list_first(c, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(c, t), n++)
        CHECK_STR(n < MCP_COUNT(names) ? names[n] : NULL, mcp_json_cstr(t, "name", NULL));
    CHECK_UINT(MCP_COUNT(names), n);
    CHECK_STATUS(MCP_OK, mcp_list_status(c));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(mcp_call_tool(c, "echo", NULL)));
    CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(mcp_request(c, "no/such", NULL)));
    CHECK_INT(-32601, mcp_reply_code(mcp_request(c, "no/such", NULL)));
    finish(c);
}

static void every_revision(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        const uint32_t one = (uint32_t)1 << i;
        check_talk(MCP_ALL_REVISIONS, one, revisions[i]);
        check_talk(one, MCP_ALL_REVISIONS, revisions[i]);
        check_talk(one, one, revisions[i]);
        check_talk(MCP_ALL_REVISIONS & ~MCP_2026_07_28, one == MCP_2026_07_28 ? MCP_ALL_REVISIONS : one,
                   revisions[i == 4 ? 3 : i]);
    }
}

static void no_revision_in_common(void)
{
    static const struct { uint32_t ours, theirs; } rows[] = {
        { MCP_2026_07_28, MCP_2025_11_25 }, { MCP_2025_11_25, MCP_2026_07_28 }, { MCP_2025_03_26, MCP_2025_06_18 },
        { MCP_2026_07_28, MCP_ALL_REVISIONS & ~MCP_2026_07_28 }, { MCP_ALL_REVISIONS & ~MCP_2026_07_28, MCP_2026_07_28 }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        char arg[12];
        mcp_client *c;
        NOTE("we %u, they %u", (unsigned)rows[i].ours, (unsigned)rows[i].theirs);
        (void)snprintf(arg, sizeof arg, "%u", (unsigned)rows[i].theirs);
        d.revisions = rows[i].ours;
        c = start(&d, "real", arg);
        if (!c) return;
        CHECK(mcp_reply_status(call_echo(c, "x")) < 0);
        CHECK(mcp_client_status(c) < 0);
        CHECK_STR(mcp_client_error(c), mcp_reply_text(call_echo(c, "x")));
        CHECK(*mcp_client_error(c) != 0);
        CHECK_STR(NULL, mcp_client_revision(c));
        finish(c);
    }
}

static struct { char text[8][20]; int count; } answers;

static void on_reply(void *user, mcp_client *c, const mcp_reply *reply)
{
    (void)c;
    (void)snprintf(answers.text[answers.count++ % 8], sizeof answers.text[0], "%s%s", (const char *)user,
                   mcp_reply_text(reply));
}

static char first_name[] = "1: ", second_name[] = "2: ", third_name[] = "3: ";

/* A frame loop: nothing waits, callbacks come one after the other. */
static void callbacks_without_waiting(void)
{
    mcp_client_desc d = usual();
    mcp_client *c = start(&d, "real", "0");
    int status;
    if (!c) return;
    memset(&answers, 0, sizeof answers);
    CHECK(mcp_call_begin(c, on_reply, first_name, "slow", NULL) != 0);
    CHECK(mcp_call_begin(c, on_reply, second_name, "echo", "{'text': %s}", "b") != 0);
    CHECK(mcp_request_begin(c, on_reply, third_name, "no/such", NULL) != 0);
    CHECK_INT(0, answers.count);
    do {
        status = mcp_client_pump(c, 0);
        if (status == MCP_WAIT) (void)poll(NULL, 0, 1);
    } while (status >= 0 && answers.count < 3);
    CHECK_INT(3, answers.count);
    CHECK_STR("1: at last", answers.text[0]);
    CHECK_STR("2: b", answers.text[1]);
    CHECK_STR("3: Method not found", answers.text[2]);
    CHECK_STATUS(MCP_WAIT, mcp_client_pump(c, 0));
    CHECK_STATUS(MCP_WAIT, mcp_client_pump(c, 1));
    finish(c);
    CHECK_INT(3, answers.count);
}

/* A blocking call behind others: they are answered meanwhile. What is open at the end is answered by it. */
static void blocking_behind_others(void)
{
    mcp_client_desc d = usual();
    mcp_client *c = start(&d, "real", "0");
    if (!c) return;
    memset(&answers, 0, sizeof answers);
    CHECK(mcp_call_begin(c, on_reply, first_name, "slow", NULL) != 0);
    CHECK(mcp_call_begin(c, on_reply, second_name, "echo", "{'text': %s}", "b") != 0);
    (void)says(mcp_call_tool(c, "slow", NULL), "at last");
    CHECK_INT(2, answers.count);
    CHECK_STR("1: at last", answers.text[0]);
    CHECK_STR("2: b", answers.text[1]);
    CHECK(mcp_call_begin(c, on_reply, third_name, "slow", NULL) != 0);
    CHECK_INT(2, answers.count);
    finish(c);
    CHECK_INT(3, answers.count);
    CHECK_STR("3: the client was c", answers.text[2]);
}

/* More than both pipes hold, both ways at once. */
static void large_messages(void)
{
    enum { SIZE = 1000000 };
    mcp_client_desc d = usual();
    mcp_client *c = start(&d, "real", "0");
    char *text = (char *)malloc(SIZE + 1);
    if (!c || !text) return;
    memset(text, 'x', SIZE);
    text[SIZE] = 0;
    memset(&answers, 0, sizeof answers);
    CHECK(mcp_call_begin(c, on_reply, first_name, "echo", "{'text': %s}", text) != 0);
    CHECK(mcp_call_begin(c, on_reply, second_name, "echo", "{'text': %s}", text) != 0);
    (void)says(call_echo(c, text), text);
    CHECK_INT(2, answers.count);
    free(text);
    finish(c);
}

/* Two at a time know nothing of each other's descriptors, and nothing of ours, marked FD_CLOEXEC or not. */
static void how_a_child_starts(void)
{
    static const char *const want = "0 1 2 own group default open %s";
    void (*const before[])(int) = { SIG_DFL, SIG_IGN };
    int ours[4];
    size_t i;
    ours[0] = open("/dev/null", O_RDONLY);
    ours[1] = fcntl(ours[0], F_DUPFD, 20);
    ours[2] = fcntl(ours[0], F_DUPFD, 900);
    ours[3] = fcntl(ours[0], F_DUPFD_CLOEXEC, 30);
    CHECK(ours[0] > 2 && ours[1] >= 20 && ours[2] >= 900 && ours[3] >= 30);
    for (i = 0; i < 4; i++) {
        mcp_client_desc d = usual();
        mcp_client *one, *two;
        sigset_t set, saved, after;
        struct sigaction now;
        char text[100];
        int fds;
        NOTE("SIGPIPE %s and %s", i & 1 ? "ignored" : "default", i & 2 ? "blocked" : "open");
        (void)signal(SIGPIPE, before[i & 1]);
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGUSR1);
        if (i & 2) (void)sigaddset(&set, SIGPIPE);
        (void)sigprocmask(SIG_BLOCK, &set, &saved);
        one = start(&d, "real", "0");
        fds = fds_before;
        two = start(&d, "real", "0");
        fds_before = fds;
        if (!one || !two) return;
        (void)snprintf(text, sizeof text, want, "blocked");
        (void)says(mcp_call_tool(one, "started", NULL), text);
        (void)says(mcp_call_tool(two, "started", NULL), text);
        CHECK(mcp_reply_status(mcp_call_tool(one, "exit", NULL)) == MCP_E_CLOSED);
        mcp_client_close(one);
        finish(two);
        (void)sigprocmask(SIG_SETMASK, &saved, &after);
        CHECK_INT(1, sigismember(&after, SIGUSR1));
        CHECK_INT(i & 2 ? 1 : 0, sigismember(&after, SIGPIPE));
        CHECK_INT(0, sigismember(&after, SIGTERM));
        (void)sigaction(SIGPIPE, NULL, &now);
        CHECK(now.sa_handler == before[i & 1]);
        (void)signal(SIGPIPE, SIG_DFL);
    }
    for (i = 0; i < MCP_COUNT(ours); i++) {
        CHECK(fcntl(ours[i], F_GETFD) == (i == 3 ? FD_CLOEXEC : 0));
        (void)close(ours[i]);
    }
}

/*---- Old servers ---------------------------------------------------------------------------------*/

static void old_servers(void)
{
    static const struct { const char *server, *arg; uint32_t probe_ms; const char *text, *revision, *notes; } rows[] = {
        { "exits_on_probe", NULL, 0, "old", "2025-11-25", "+server/discover\n+initialize\n" },
        { "refuses_probe", "-32601", 0, "old", "2025-11-25", "+server/discover\n" },
        { "refuses_probe", "-32602", 0, "old", "2025-11-25", "+server/discover\n" },
        { "refuses_probe", "-32600", 0, "old", "2025-11-25", "+server/discover\n" },
        { "refuses_probe", "-32000", 0, "old", "2025-11-25", "+server/discover\n" },
        { "refuses_probe", "0", 0, "old", "2025-11-25", "+server/discover\n" },
        { "refuses_probe", "123456789012", 0, "old", "2025-11-25", "+server/discover\n" },
        { "ignores_probe", NULL, A_MOMENT_MS, "old", "2025-11-25", "+server/discover\n" },
        { "answers_probe_late", NULL, A_MOMENT_MS, "late", "2026-07-28", "+server/discover\n" },
        { "exits_on_probe_late", NULL, A_MOMENT_MS, "old", "2025-11-25", "+server/discover\n+initialize\n" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        NOTE("%s %s", rows[i].server, rows[i].arg ? rows[i].arg : "");
        if (rows[i].probe_ms) d.probe_timeout_ms = rows[i].probe_ms;
        c = start(&d, rows[i].server, rows[i].arg);
        if (!c) return;
        (void)says(mcp_call_tool(c, "any", NULL), rows[i].text);
        (void)says(mcp_call_tool(c, "any", NULL), rows[i].text);
        CHECK_STR(rows[i].revision, mcp_client_revision(c));
        finish(c);
        CHECK_STR(rows[i].notes, noted);
    }
}

/* A server that ends anyway is started twice, and no more; once for a client that knows no other way to ask. */
static void servers_that_only_end(void)
{
    static const struct { uint32_t ours; const char *server, *notes; } rows[] = {
        { MCP_ALL_REVISIONS, "exits", "++" },
        { MCP_2025_11_25, "exits", "+" },
        { MCP_ALL_REVISIONS, "new_ends_at", "+server/discover\n+initialize\n" },
        { MCP_2025_11_25, "new_ends_at", "+initialize\n" },
        { MCP_2026_07_28, "new_ends_at", "+server/discover\n" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        NOTE("%s, we %u", rows[i].server, (unsigned)rows[i].ours);
        d.revisions = rows[i].ours;
        c = start(&d, rows[i].server, "0");
        if (!c) return;
        CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(call_echo(c, "x")));
        CHECK(*mcp_client_error(c) != 0);
        CHECK_INT(0, (int)mcp_call_begin(c, on_reply, first_name, "x", NULL));
        CHECK_STATUS(MCP_E_CLOSED, mcp_client_pump(c, -1));
        finish(c);
        CHECK_STR(rows[i].notes, noted);
    }
}

/* Whatever a server said by then, the call fails and says so, or has its answer. */
static void end_at_every_byte(void)
{
    static const char *const kinds[] = { "new_ends_at", "old_ends_at" };
    size_t which, at, step = SLOW_START ? 29 : test_step(29);
    for (which = 0; which < 2; which++) {
        bool done = false;
        for (at = 0; !done && at < 2000; at += step) {
            mcp_client_desc d = usual();
            const mcp_reply *r;
            char arg[12];
            mcp_client *c;
            NOTE("%s %u", kinds[which], (unsigned)at);
            (void)snprintf(arg, sizeof arg, "%u", (unsigned)at);
            watch();
            c = start(&d, kinds[which], arg);
            if (!c) return;
            r = mcp_call_tool(c, "any", NULL);
            done = mcp_reply_ok(r);
            if (done) (void)says(r, "all");
            else if (mcp_reply_status(r) != MCP_E_REMOTE) CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(r));
            CHECK(*mcp_reply_text(r) != 0);
            finish(c);
        }
        CHECK(done && at > 200);
    }
}

/*---- Hostile servers -----------------------------------------------------------------------------*/

/* stderr leads to nowhere, because some of it is megabytes. */
static int hide_stderr(void)
{
    int nowhere = open("/dev/null", O_WRONLY), saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
    (void)dup2(nowhere, 2);
    (void)close(nowhere);
    return saved;
}

static void show_stderr(int saved)
{
    (void)dup2(saved, 2);
    (void)close(saved);
}

static void hostile_servers(void)
{
    static const char *const late = "the server has not answered in time (mcp_client_desc.call_timeout_ms)",
        *const ended = "the server has ended";
    static const char *const long_line = "a message of the server is longer than mcp_client_desc.max_message";
    static const char *const odd = "the server's result is not an object";
    const struct { const char *server, *arg; uint32_t call_ms; int status; const char *text; uint64_t late; } rows[] = {
        { "endless_line", NULL, 0, MCP_E_TOO_LONG, long_line, 0 },
        { "endless_first_line", NULL, 0, MCP_E_TOO_LONG, long_line, 0 },
        { "flood", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "first_flood", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "blank_flood", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "pings", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "pings_and_ends", NULL, 0, MCP_E_CLOSED, ended, 0 },
        { "pings_unheard", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "pings_then_reads", NULL, 0, MCP_OK, "after the pings", 0 },
        { "unknown_ids", NULL, 0, MCP_OK, "right", 8 },
        { "wrong_result", "\"result\":7", 0, MCP_E_PROTOCOL, odd, 0 },
        { "wrong_result", "\"result\":\"text\"", 0, MCP_E_PROTOCOL, odd, 0 },
        { "wrong_result", "\"result\":[]", 0, MCP_E_PROTOCOL, odd, 0 },
        { "wrong_result", "\"result\":null", 0, MCP_E_PROTOCOL, odd, 0 },
        { "wrong_result", "\"result\":{\"resultType\":\"odd\"}", 0, MCP_E_PROTOCOL, "unknown resultType", 0 },
        { "wrong_result", "\"result\":{},\"error\":{\"code\":1,\"message\":\"m\"}", 0, MCP_E_PROTOCOL,
          "a result and an error", 0 },
        { "wrong_result", "\"error\":{\"code\":-5,\"message\":\"why\"}", 0, MCP_E_REMOTE, "why", 0 },
        { "noisy", NULL, 0, MCP_OK, "after the noise", 0 },
        { "stray_lines", NULL, 0, MCP_OK, "after the junk", 0 },
        { "slow_bytes", NULL, 0, MCP_OK, "bit by bit", 0 },
        { "deaf", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "deaf_at_once", NULL, A_MOMENT_MS, MCP_E_TIMEOUT, late, 0 },
        { "mute", NULL, 0, MCP_E_CLOSED, ended, 0 },
        { "mute_at_once", NULL, 0, MCP_E_CLOSED, ended, 0 },
        { "exits_on_call", NULL, 0, MCP_E_CLOSED, ended, 0 }
    };
    const int saved = hide_stderr();
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        const mcp_reply *r;
        mcp_client *c;
        watch();
        NOTE("%s %s", rows[i].server, rows[i].arg ? rows[i].arg : "");
        d.max_message = d.max_request = d.max_output = 1 << 16;
        d.call_timeout_ms = rows[i].call_ms;
        d.close_timeout_ms = A_MOMENT_MS;
        c = start(&d, rows[i].server, rows[i].arg);
        if (!c) return;
        r = mcp_call_tool(c, "any", NULL);
        CHECK_STATUS(rows[i].status, mcp_reply_status(r));
        if (!strstr(mcp_reply_text(r), rows[i].text)) CHECK_STR(rows[i].text, mcp_reply_text(r));
        CHECK_UINT(rows[i].late, mcp_client_late(c));
        finish(c);
        CHECK(heap.peak < 1 << 20);
    }
    show_stderr(saved);
}

/* So many responses nobody waits for; some may be on their way. */
static void wait_for_late(mcp_client *c, uint64_t count)
{
    while (mcp_client_late(c) < count && mcp_client_pump(c, -1) >= 0) {}
    CHECK_UINT(count, mcp_client_late(c));
}

static void answers_more_than_once(void)
{
    mcp_client_desc d = usual();
    mcp_client *c = start(&d, "duplicates", NULL);
    uint64_t late = 0;
    int i;
    for (i = 0; c && i < 20; i++) {
        char text[20];
        (void)snprintf(text, sizeof text, "answer %d", i);
        (void)says(mcp_call_tool(c, "any", NULL), text);
        late += (uint64_t)i + 1;    /* all those from before once more, and this one again */
        wait_for_late(c, late);
    }
    if (c) finish(c);
}

/* Much is sent to one that never reads: it is bounded, and each request ends in time. */
static void never_reads(void)
{
    static char text[30000];
    mcp_client_desc d = usual();
    mcp_client *c;
    int i;
    memset(text, 'x', sizeof text - 1);
    d.call_timeout_ms = d.close_timeout_ms = A_MOMENT_MS;
    d.max_output = d.max_request = 1 << 16;
    c = start(&d, "deaf", NULL);
    for (i = 0; c && i < 20; i++) {
        CHECK_STATUS(MCP_E_TIMEOUT, mcp_reply_status(call_echo(c, text)));
        CHECK_STATUS(MCP_OK, mcp_client_status(c));
    }
    if (c) finish(c);
    CHECK(heap.peak < 1 << 20);
}

/* A server that ends while much is sent to it, and nothing ignores SIGPIPE. */
static void ends_while_written_to(void)
{
    static char text[300000];
    sigset_t waiting;
    int i;
    memset(text, 'x', sizeof text - 1);
    for (i = 0; i < 20; i++) {
        mcp_client_desc d = usual();
        mcp_client *c = start(&d, "exits_on_call", NULL);
        if (!c) return;
        CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(call_echo(c, text)));
        CHECK_STR("the server has ended", mcp_client_error(c));
        finish(c);
        (void)sigpending(&waiting);
        CHECK_INT(0, sigismember(&waiting, SIGPIPE));
    }
}

/*---- Servers that do not go ----------------------------------------------------------------------*/

static void unwilling_to_end(void)
{
    static const struct { const char *server, *notes; } rows[] = {
        { "stubborn", "+server/discover\nterm\n" },
        { "immortal", "+server/discover\n" },
        { "wrapper", "+server/discover\n" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        NOTE("%s", rows[i].server);
        watch();
        d.close_timeout_ms = A_MOMENT_MS;
        c = start(&d, rows[i].server, NULL);
        if (!c) return;
        (void)says(mcp_call_tool(c, "any", NULL), "up");
        finish(c);
        CHECK_STR(rows[i].notes, noted);
    }
}

static void on_tick(int number) { (void)number; }

/* Signals of the program's own come all the time, and interrupt what can be interrupted. */
static void signals_come_in_between(void)
{
    static const char *const kinds[] = { "immortal", "stubborn" };
    struct itimerval every, never;
    struct sigaction action;
    size_t i;
    memset(&action, 0, sizeof action);
    memset(&every, 0, sizeof every);
    memset(&never, 0, sizeof never);
    action.sa_handler = on_tick;
    every.it_interval.tv_usec = every.it_value.tv_usec = 500;
    for (i = 0; i < 10; i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        d.close_timeout_ms = A_MOMENT_MS;
        (void)sigaction(SIGALRM, &action, NULL);
        (void)setitimer(ITIMER_REAL, &every, NULL);
        c = start(&d, kinds[i % 2], NULL);
        if (c) (void)says(mcp_call_tool(c, "any", NULL), "up");
        mcp_client_close(c);
        (void)setitimer(ITIMER_REAL, &never, NULL);
        (void)poll(NULL, 0, 2);         /* the last of them may be on its way */
        watch();
        CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
        wait_for_the_last();
    }
}

/*---- What cannot be started ----------------------------------------------------------------------*/

static bool write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) (void)close(fd);
    return ok;
}

static void cannot_be_started(void)
{
    static char plain[110], text[110];
    const struct { const char *path; int error; } rows[] = {
        { "/no/such/server", ENOENT }, { "no-such-server-anywhere", ENOENT }, { "", ENOENT }, { "/", EACCES },
        { "/dev/null/server", ENOTDIR }, { plain, EACCES }, { text, ENOEXEC }
    };
    size_t i;
    (void)snprintf(plain, sizeof plain, "%s.plain", fifo);
    (void)snprintf(text, sizeof text, "%s.text", fifo);
    CHECK(write_file(plain, "#!/bin/sh\n", 0600) && write_file(text, "no program\n", 0700));
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        const char *argv[2];
        mcp_client *c;
        NOTE("%s", rows[i].path);
        argv[0] = rows[i].path;
        argv[1] = NULL;
        fds_before = count_fds();
        errno = 0;
        c = mcp_client_spawn(&d, argv);
        if (posix_spawn_tells) {
            CHECK_INT(rows[i].error, errno);
            CHECK(c == NULL);
        } else if (c) {
            CHECK_STATUS(MCP_E_CLOSED, mcp_reply_status(call_echo(c, "x")));
        }
        finish(c);
    }
    (void)unlink(plain);
    (void)unlink(text);
}

static char logged[200];

static void on_log(void *user, int level, const char *message)
{
    CHECK(user == NULL && level == MCP_LOG_ERROR);
    (void)snprintf(logged, sizeof logged, "%s", message);
}

/* Without a program or what a client needs, the log says what is missing. */
static void nothing_to_start(void)
{
    static const char *const none[] = { NULL }, *const some[] = { "true", NULL };
    static const char no_program[] = "mcp_client_spawn: argv[0] must name a program";
    static const char no_name[] = "mcp_client_spawn: mcp_client_desc must have a name and a version";
    const struct { const char *const *argv; const char *name, *version, *why; } rows[] = {
        { NULL, "c", "1", no_program }, { none, "c", "1", no_program }, { some, NULL, "1", no_name },
        { some, "c", NULL, no_name }
    };
    size_t i;
    for (i = 0; i < 2 * MCP_COUNT(rows); i++) {
        mcp_client_desc d = usual();
        NOTE("row %u", (unsigned)i / 2);
        d.name = rows[i / 2].name;
        d.version = rows[i / 2].version;
        if (i % 2) d.log = on_log;
        *logged = 0;
        errno = 0;
        CHECK(mcp_client_spawn(&d, rows[i / 2].argv) == NULL);
        CHECK_INT(EINVAL, errno);
        CHECK_STR(i % 2 ? rows[i / 2].why : "", logged);
        CHECK_HEAP(&heap);
    }
}

static bool learn_whether_posix_spawn_tells(void)
{
    char path[] = "/no/such/program";
    char *argv[2];
    pid_t pid;
    argv[0] = path;
    argv[1] = NULL;
    if (posix_spawn(&pid, path, NULL, NULL, argv, environ) != 0) return true;
    (void)waitpid(pid, NULL, 0);
    return false;
}

/* Without memory it is NULL with ENOMEM, at whatever moment; or the client says so later. */
static void without_memory(void)
{
    size_t at;
    bool whole = false;
    for (at = 1; !whole && at < 200; at++) {
        mcp_client_desc d = usual();
        const char *argv[5] = { self, "--server=real", fifo, "0", NULL };
        const mcp_reply *r = NULL;
        mcp_client *c;
        NOTE("allocation %u", (unsigned)at);
        heap.fail_at = at;
        fds_before = count_fds();
        errno = 0;
        c = mcp_client_spawn(&d, argv);
        if (!c) CHECK_INT(ENOMEM, errno);
        if (c) r = call_echo(c, "x");
        whole = c && mcp_reply_ok(r) && heap.calls < at;
        if (r && !mcp_reply_ok(r)) CHECK(*mcp_reply_text(r) != 0);
        finish(c);
    }
    CHECK(whole);
}

/*---- Few descriptors -----------------------------------------------------------------------------*/

/* With the standard descriptors that are set in the mask closed. 0 if all is well. */
static int talk_without(int closed, const char *server, int stderr_to)
{
    mcp_client_desc d = usual();
    mcp_client *c;
    int fd, before;
    d.stderr_to = stderr_to;
    for (fd = 0; fd < 3; fd++)
        if (closed >> fd & 1) (void)close(fd);
    before = count_fds();
    c = start(&d, server, "0");
    if (!c) return 1;
    if (!mcp_reply_ok(call_echo(c, "x"))) return 2;
    mcp_client_close(c);
    if (count_fds() != before || heap.blocks) return 3;
    for (fd = 0; fd < 3; fd++)
        if (closed >> fd & 1 && fcntl(fd, F_GETFD) >= 0) return 4;
    return 0;
}

static void standard_descriptors_closed(void)
{
    static const struct { const char *server; int stderr_to; } rows[] = {
        { "real", MCP_STDERR_PASS }, { "noisy", MCP_STDERR_DROP }, { "noisy", MCP_STDERR_KEEP }
    };
    int closed, status;
    size_t i;
    for (i = 0; i < 7 * MCP_COUNT(rows); i++) {
        const char *server = rows[i / 7].server;
        pid_t pid;
        closed = (int)(i % 7) + 1;
        NOTE("mask %d, %s, %d", closed, server, rows[i / 7].stderr_to);
        (void)fflush(stdout);
        pid = fork();
        if (pid == 0) _exit(talk_without(closed, server, rows[i / 7].stderr_to));
        (void)waitpid(pid, &status, 0);
        CHECK(WIFEXITED(status));
        CHECK_INT(0, WEXITSTATUS(status));
        wait_for_the_last();
    }
}

/*---- Started anew ---------------------------------------------------------------------------------*/

static const mcpi_stdio_child *child_of(const mcp_client *c)
{
    return (const mcpi_stdio_child *)c->io;
}

/* Pumps without waiting until it waits for the first server to end; the time of a blocking pump would end the
   test. */
static void pump_to_restart(mcp_client *c)
{
    int i;
    watch();
    while (!child_of(c)->again && mcp_client_pump(c, 0) >= 0) {}
    CHECK(child_of(c)->again);
    for (i = 0; i < 20; i++) CHECK_STATUS(MCP_WAIT, mcp_client_pump(c, 0));
    CHECK_STATUS(MCP_WAIT, mcp_client_status(c));
    CHECK_INT(-1, mcp_client_tick(c));
}

/* A server that does not go for the probe keeps nobody waiting who does not want to, and the time of requests does
   not run. It is started anew when it has gone: by itself, or by the second signal. */
static void restart_without_waiting(void)
{
    static const char *const kinds[] = { "mute_on_probe", "stays_on_probe" };
    size_t i;
    for (i = 0; i < 3; i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        NOTE("%u", (unsigned)i);
        memset(&answers, 0, sizeof answers);
        d.close_timeout_ms = i == 1 ? A_MOMENT_MS : PATIENCE_S * 2000;
        c = start(&d, kinds[i == 1], NULL);
        if (!c) return;
        CHECK(mcp_call_begin(c, on_reply, first_name, "any", NULL) != 0);
        if (i != 1) {
            pump_to_restart(c);
            (void)kill(child_of(c)->pid, SIGKILL);
        }
        if (i == 2) {
            finish(c);              /* in the middle */
            CHECK_STR("+server/discover\n", noted);
            continue;
        }
        while (answers.count == 0 && mcp_client_pump(c, i ? -1 : 0) >= 0) {}
        CHECK_STR("1: old", answers.text[0]);
        finish(c);
        CHECK_STR("+server/discover\n+initialize\n", noted);
    }
}

static mcp_ref put_off;

static void on_input(void *user, mcp_input *input)
{
    (void)user;
    put_off = mcp_input_later(input);
}

/* What the first server has asked is not answered to the second. */
static void restart_forgets_questions(void)
{
    mcp_client_desc d = usual();
    mcp_client *c;
    d.on_input = on_input;
    d.inputs = MCP_INPUT_ROOTS;
    d.probe_timeout_ms = A_MOMENT_MS;
    put_off = 0;
    c = start(&d, "asks_and_exits", NULL);
    if (!c) return;
    (void)says(mcp_call_tool(c, "any", NULL), "old");
    CHECK(put_off != 0 && mcp_input_resume(c, put_off) == NULL);
    finish(c);
}

/*---- Over and over -------------------------------------------------------------------------------*/

/* Kills the server at some point of a call, or not at all. True if the call was answered. */
static bool kill_at_random(mcp_client *c)
{
    const size_t moment = test_below(6);
    size_t pumps = test_below(12), i;
    int status = MCP_OK;
    answers.count = 0;
    if (moment == 0) (void)kill(child_of(c)->pid, SIGKILL);
    for (i = 0; moment == 1 && i < pumps; i++) status = mcp_client_pump(c, (int)test_below(2));
    if (moment == 1) (void)kill(child_of(c)->pid, SIGKILL);
    if (moment == 5) return mcp_reply_ok(call_echo(c, "x"));    /* and is let live */
    (void)mcp_call_begin(c, on_reply, first_name, "echo", "{'text': %s}", "x");
    for (i = 0; i < pumps && status >= 0 && moment > 1; i++) status = mcp_client_pump(c, (int)test_below(2));
    if (moment == 2) (void)kill(child_of(c)->pid, SIGKILL);
    if (moment == 3) return answers.count > 0;                  /* closed in the middle */
    while (status >= 0 && !answers.count) status = mcp_client_pump(c, -1);
    if (moment == 4) (void)kill(child_of(c)->pid, SIGKILL);
    return answers.count > 0;
}

static void over_and_over(void)
{
    const size_t n = rounds(1000);
    size_t i, answered = 0;
    for (i = 0; i < n && test_state.failures < 3; i++) {
        mcp_client_desc d = usual();
        mcp_client *c;
        NOTE("cycle %u", (unsigned)i);
        watch();
        c = start(&d, "real", i % 3 ? "0" : "8");
        if (!c) return;
        if (kill_at_random(c)) answered++;
        finish(c);
    }
    CHECK(answered > n / 6);
}

/*---- The environment and the last words -----------------------------------------------------------*/

/* Only the variables that are named reach the server; what it says in the end stands in the error. */
static void some_of_the_environment(void)
{
    static const char *const names[] = { "MCP_TEST_A", "PATH", "MCP_TEST_NONE", NULL };
    static const char *const argv[] = { "sh", "-c", "echo begins >&2; echo \"$MCP_TEST_A-$MCP_TEST_AB\" >&2", NULL };
    mcp_client_desc d = usual();
    mcp_client *c;
    int some;
    (void)setenv("MCP_TEST_A", "1", 1);
    (void)setenv("MCP_TEST_AB", "2", 1);
    for (some = 0; some < 2; some++) {
        d = usual();
        d.revisions = MCP_2026_07_28;
        d.stderr_to = MCP_STDERR_KEEP;
        d.environment = some ? names : NULL;
        c = mcp_client_spawn(&d, argv);
        CHECK(c != NULL);
        if (!c) return;
        CHECK_STR(some ? "the server has ended: 1-" : "the server has ended: 1-2", mcp_reply_text(call_echo(c, "x")));
        CHECK(strstr(mcp_client_stderr(c), "begins\n1-") == mcp_client_stderr(c));
        mcp_client_close(c);
        CHECK_HEAP(&heap);
    }
}

int main(int argc, char **argv)
{
    int fd;
    if (argc > 2 && !strncmp(argv[1], "--server=", 9)) return serve(argc, argv);
    self = argv[0];
    for (fd = 3; fd < MAX_FDS; fd++) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)snprintf(fifo, sizeof fifo, "/tmp/mcp_test_spawn.%ld", (long)getpid());
    if (mkfifo(fifo, 0600) || (reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
        printf("FAIL - spawn: %s cannot be made\n", fifo);
        return 1;
    }
    posix_spawn_tells = learn_whether_posix_spawn_tells();
    watch();

    TEST(some_of_the_environment);
    TEST(every_revision);
    TEST(no_revision_in_common);
    TEST(callbacks_without_waiting);
    TEST(blocking_behind_others);
    TEST(large_messages);
    TEST(how_a_child_starts);
    TEST(old_servers);
    TEST(servers_that_only_end);
    TEST(end_at_every_byte);
    TEST(hostile_servers);
    TEST(answers_more_than_once);
    TEST(never_reads);
    TEST(ends_while_written_to);
    TEST(unwilling_to_end);
    TEST(signals_come_in_between);
    TEST(cannot_be_started);
    TEST(nothing_to_start);
    TEST(without_memory);
    TEST(standard_descriptors_closed);
    TEST(restart_without_waiting);
    TEST(restart_forgets_questions);
    TEST(over_and_over);
    (void)unlink(fifo);
    return test_end();
}
