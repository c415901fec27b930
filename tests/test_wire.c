/* Plays tests/wire/NAME.txt to the echo server of examples/echo.c, once by mcp_deliver, message by message, and
   once through mcp_stdio with the input in one piece, byte by byte, and cut in two at every offset.

       # a comment
       == name of a case: a conversation of its own
       -> what is sent, one message
       <- what must come back, byte by byte, before the next -> line; none: nothing may come

   MCP_TEST_N is the most cuts that are tried for a case. tests/wire/pipe.sh plays the same files to the real
   program. */

int echo_main(void);
#define main echo_main
#include "../examples/echo.c"
#undef main
#include "test.h"

#include <dirent.h>
#include <errno.h>

/*---- The transcript -----------------------------------------------------------------------------*/

static struct {
    const char *name;
    char *text;
    size_t len;
} script;

/* The case that is played: the lines from its header to the next one. */
static struct {
    char name[200];
    const char *begin, *end;
} scene;

typedef struct line {
    char kind;          /* '>' sent, '<' expected, '=' header, 0 end, ' ' anything else */
    const char *ptr;    /* what stands after the mark */
    size_t len;
} line;

/* Takes the line at *at. A line that is none of the known is a mistake, which the caller reports. */
static line next_line(const char **at, const char *end)
{
    line l = { 0, NULL, 0 };
    const char *stop;
    if (*at == end) return l;
    l.ptr = *at;
    stop = (const char *)memchr(l.ptr, '\n', (size_t)(end - l.ptr));
    l.len = (size_t)((stop ? stop : end) - l.ptr);
    *at = stop ? stop + 1 : end;
    l.kind = '?';
    if (l.len == 0 || l.ptr[0] == '#') l.kind = ' ';
    else if (l.len < 3) return l;
    else if (!memcmp(l.ptr, "-> ", 3)) l.kind = '>';
    else if (!memcmp(l.ptr, "<- ", 3)) l.kind = '<';
    else if (!memcmp(l.ptr, "== ", 3)) l.kind = '=';
    else return l;
    if (l.kind != ' ') { l.ptr += 3; l.len -= 3; }
    return l;
}

/* What the lines of one kind in the scene say, each ended by a newline. */
static void collect(mcp_buf *buf, char kind)
{
    const char *at = scene.begin;
    line l;
    mcp_buf_reset(buf);
    while ((l = next_line(&at, scene.end)).kind)
        if (l.kind == kind) { mcp_buf_add(buf, l.ptr, l.len); mcp_buf_add(buf, "\n", 1); }
}

/*---- Message by message -------------------------------------------------------------------------*/

static mcp_buf replies;
static size_t num_replies, num_errors;

/* Whatever is emitted must be one legal message, and what the transport is told must be true. */
static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    mcp_doc doc;
    mcp_json root, error;
    memset(&doc, 0, sizeof doc);
    CHECK(user == &replies);
    CHECK_UINT(77, stream);
    CHECK(last);
    CHECK(!memchr(bytes, '\n', len));
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, bytes, len));
    root = mcp_json_root(&doc);
    error = mcp_json_get(root, "error");
    CHECK(mcp_json_equals(root, "jsonrpc", "2.0"));
    CHECK(mcp_json_exists(error) != mcp_json_exists(mcp_json_get(root, "result")));
    CHECK_INT(mcp_json_exists(error) ? MCP_EMIT_ERROR : MCP_EMIT_RESULT, kind);
    CHECK_INT(mcp_json_int(error, "code", 0), code);
    CHECK(!mcp_json_exists(error) || mcp_json_str(error, "message").len > 0);
    mcp_doc_free(&doc);
    num_replies++;
    if (kind == MCP_EMIT_ERROR) num_errors++;
    mcp_buf_add(&replies, bytes, len);
    mcp_buf_add(&replies, "\n", 1);
    return true;
}

static mcp_server *new_server(void)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "echo"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    return mcp_server_create(&d);
}

/* Delivers one message from memory that ends with it, so that the sanitizers see a read behind it. */
static void deliver(mcp_server *server, mcp_session *session, line l)
{
    mcp_delivery d;
    char *exact = (char *)malloc(l.len ? l.len : 1);
    int status;
    memcpy(exact, l.ptr, l.len);
    memset(&d, 0, sizeof d);
    d.session = session;
    d.stream = 77;
    d.emit = on_emit;
    d.user = &replies;
    d.bytes = exact;
    d.len = l.len;
    mcp_buf_reset(&replies);
    num_replies = num_errors = 0;
    status = mcp_deliver(server, &d);
    if (status != MCP_OK) CHECK(num_errors == 1);
    CHECK(num_replies <= 1);
    free(exact);
}

static void by_message(void)
{
    mcp_server *server = new_server();
    mcp_session *session = mcp_session_open(server);
    const char *at = scene.begin;
    mcp_buf want;
    line l;
    mcp_alloc a = { 0, 0 };
    mcp_buf_init(&replies, a, 1 << 20);
    mcp_buf_init(&want, a, 1 << 20);
    CHECK(server && session);
    if (server && session)
        for (l = next_line(&at, scene.end); l.kind;) {
            line sent = l;
            if (l.kind == '?') FAIL("not a line of a transcript: %.*s", (int)l.len, l.ptr);
            if (l.kind == '<') FAIL("expected before anything was sent: %.*s", (int)l.len, l.ptr);
            l = next_line(&at, scene.end);
            if (sent.kind != '>') continue;
            NOTE("%.*s", (int)sent.len, sent.ptr);
            mcp_buf_reset(&want);
            for (; l.kind == '<' || l.kind == ' '; l = next_line(&at, scene.end))
                if (l.kind == '<') { mcp_buf_add(&want, l.ptr, l.len); mcp_buf_add(&want, "\n", 1); }
            deliver(server, session, sent);
            CHECK_BYTES(want.len ? want.ptr : "", want.len, replies.len ? replies.ptr : "", replies.len);
        }
    mcp_buf_free(&want);
    mcp_buf_free(&replies);
    mcp_session_close(session);
    mcp_server_destroy(server);
}

/*---- Through pipes in place of standard input and output ----------------------------------------*/

static struct {
    int in[2], out[2], real_in, real_out;
} pipes;

static bool pipes_open(void)
{
    fflush(stdout);
    if (pipe(pipes.in) || pipe(pipes.out)) return false;
    pipes.real_in = dup(0);
    pipes.real_out = dup(1);
    return dup2(pipes.in[0], 0) == 0 && dup2(pipes.out[1], 1) == 1;
}

/* Puts the real ones back, and takes what was written meanwhile. */
static void pipes_close(mcp_buf *got)
{
    char chunk[4096];
    ssize_t n;
    dup2(pipes.real_in, 0);
    dup2(pipes.real_out, 1);
    close(pipes.real_in);
    close(pipes.real_out);
    close(pipes.in[0]);
    close(pipes.out[1]);
    while ((n = read(pipes.out[0], chunk, sizeof chunk)) > 0) mcp_buf_add(got, chunk, (size_t)n);
    close(pipes.out[0]);
}

/* Sends the input in pieces: the first of `first` bytes, the others of `then`; pumps after each. What comes
   back must fit into a pipe. Returns the status of the last pump. */
static int play(mcp_server *server, const mcp_buf *input, size_t first, size_t then, mcp_buf *got)
{
    mcp_stdio *io;
    size_t at = 0, piece = first;
    int status = MCP_OK, rounds = 0;
    mcp_buf_reset(got);
    if (!pipes_open()) return MCP_E_IO;
    io = mcp_stdio_open(server);
    if (!io) status = MCP_E_NOMEM;
    while (status == MCP_OK && at < input->len) {
        ssize_t n;
        if (piece > input->len - at) piece = input->len - at;
        n = write(pipes.in[1], input->ptr + at, piece);
        if (n < 0) { status = MCP_E_IO; break; }
        at += (size_t)n;
        piece = then;
        status = mcp_stdio_pump(io, 0);
    }
    close(pipes.in[1]);
    while (status == MCP_OK && rounds++ < 1000) status = mcp_stdio_pump(io, 0);
    if (io) mcp_stdio_close(io);
    pipes_close(got);
    return status;
}

static void by_pipe(void)
{
    mcp_server *server = new_server();
    mcp_buf input, want, got;
    mcp_alloc a = { 0, 0 };
    size_t cut, step;
    mcp_buf_init(&input, a, 1 << 20);
    mcp_buf_init(&want, a, 60000);
    mcp_buf_init(&got, a, 1 << 20);
    CHECK(server);
    collect(&input, '>');
    collect(&want, '<');
    CHECK_STATUS(MCP_OK, want.error);
    step = 1 + input.len / (test_rounds(2000) + 1);
    for (cut = 0; server && cut <= input.len && !test_state.failures; cut += step) {
        size_t first = cut ? cut : 1, then = cut ? input.len : 1;
        if (cut) NOTE("cut after %lu bytes", (unsigned long)cut);
        else NOTE("byte by byte");
        CHECK_STATUS(MCP_E_CLOSED, play(server, &input, first, then, &got));
        CHECK_BYTES(want.len ? want.ptr : "", want.len, got.len ? got.ptr : "", got.len);
    }
    mcp_buf_free(&input);
    mcp_buf_free(&want);
    mcp_buf_free(&got);
    mcp_server_destroy(server);
}

/*---- All of them --------------------------------------------------------------------------------*/

static void run_scene(void)
{
    char name[300];
    snprintf(name, sizeof name, "%s: %s", script.name, scene.name);
    test_run(__FILE__, name, by_message);
    snprintf(name, sizeof name, "%s: %s (cut anywhere)", script.name, scene.name);
    test_run(__FILE__, name, by_pipe);
}

static void run_script(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *at, *end;
    line l;
    script.name = slash ? slash + 1 : path;
    script.text = test_file(path, &script.len);
    if (!script.text) {
        printf("FAIL - wire: %s: cannot be read: %s\n", path, strerror(errno));
        test_state.failed = 1;
        return;
    }
    at = script.text;
    end = at + script.len;
    scene.begin = NULL;
    do {
        const char *here = at;
        l = next_line(&at, end);
        if (l.kind != '=' && l.kind != 0) continue;
        scene.end = here;
        if (scene.begin) run_scene();
        snprintf(scene.name, sizeof scene.name, "%.*s", (int)l.len, l.kind ? l.ptr : "");
        scene.begin = at;
    } while (l.kind);
    free(script.text);
}

/* The directory of this file, and "wire". */
static const char *script_dir(void)
{
    static char dir[1000];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(dir, sizeof dir, "%.*swire", slash ? (int)(slash + 1 - __FILE__) : 0, __FILE__);
    return dir;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((const char *)a, (const char *)b);
}

static void run_all(void)
{
    static char paths[100][1200];
    size_t n = 0, i;
    struct dirent *entry;
    DIR *dir = opendir(script_dir());
    while (dir && n < MCP_COUNT(paths) && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && !strcmp(entry->d_name + len - 4, ".txt"))
            snprintf(paths[n++], sizeof paths[0], "%s/%s", script_dir(), entry->d_name);
    }
    if (dir) closedir(dir);
    qsort(paths, n, sizeof paths[0], by_name);
    for (i = 0; i < n; i++) run_script(paths[i]);
}

/* Plays the files that are named, or all that there are. */
int main(int argc, char **argv)
{
    int i;
    for (i = 1; i < argc; i++) run_script(argv[i]);
    if (argc < 2) run_all();
    return test_end();
}
