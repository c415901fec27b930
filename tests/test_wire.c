/* Plays tests/wire/NAME.txt to a server: once by mcp_deliver, message by message; once as a stream of bytes, byte
   by byte and cut in two at every offset; once through mcp_stdio, byte by byte and in one piece with a line
   after it that does not end; and once for each allocation, which fails.

       # a comment
       @@ full           the server of tests/wire/server.h, for the cases below; else the one of examples/echo.c
       == name of a case: a conversation of its own
       -> what is sent, one line; any bytes may stand there
       <- what must come back, byte by byte, before the next -> line; none: nothing may come. What belongs to no
          request, as list_changed, comes with the next output: let it be the last of its case
       <. what must come at the end of the input, where that is told: from stdio and from mcp_end_subscriptions,
          which cancels nothing

   MCP_TEST_N is the most cuts that are tried for a case. MCP_DUMP names a file for what comes back, for
   tests/interop/schemas.sh. tests/wire/pipe.sh plays the same files to the real programs. */

int echo_main(void);
#define main echo_main
#include "../examples/echo.c"
#undef main
#include "test.h"
#include "wire/server.h"

#include <dirent.h>
#include <errno.h>

/*---- The transcript -----------------------------------------------------------------------------*/

static struct {
    const char *name;
    char *text;
    size_t len;
    char server[20];    /* which one */
} script;

/* The case that is played: the lines from its header to the next one. */
static struct {
    char name[200];
    const char *begin, *end;
} scene;

typedef struct line {
    char kind;          /* '>' sent, '<' expected, '.' at the end, '=' header, '@' server, 0 end, ' ' anything else */
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
    else if (!memcmp(l.ptr, "<. ", 3)) l.kind = '.';
    else if (!memcmp(l.ptr, "== ", 3)) l.kind = '=';
    else if (!memcmp(l.ptr, "@@ ", 3)) l.kind = '@';
    else return l;
    if (l.kind != ' ') { l.ptr += 3; l.len -= 3; }
    return l;
}

/* Adds what the lines of one kind in the scene say, each ended by a newline. */
static void collect(mcp_buf *buf, char kind)
{
    const char *at = scene.begin;
    line l;
    while ((l = next_line(&at, scene.end)).kind)
        if (l.kind == kind) { mcp_buf_add(buf, l.ptr, l.len); mcp_buf_add(buf, "\n", 1); }
}

/*---- The server ---------------------------------------------------------------------------------*/

static mcp_server *new_server(void)
{
    static wire_state state;
    mcp_server_desc d;
    if (strcmp(script.server, "echo")) return wire_server(&state, script.server);
    memset(&d, 0, sizeof d);
    d.name = "echo"; d.version = "1.0";
    d.alloc = wire_alloc;
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    return mcp_server_create(&d);
}

/*---- Message by message -------------------------------------------------------------------------*/

static mcp_buf replies;
static size_t num_errors;

/*-- What came back, for the schemas: of which revision it is, and what it answers. --*/

typedef struct dump_request {
    char id[300], method[60], revision[16];
} dump_request;

static struct {
    char session[16];       /* the revision that was agreed upon */
    dump_request current;   /* what was delivered last */
    dump_request waiting[100];
    size_t num_waiting;
} dump;

static FILE *dump_file(void)
{
    static FILE *file;
    const char *path = wire_alloc.fn ? NULL : getenv("MCP_DUMP");
    if (path && !file) file = fopen(path, "a");
    return path ? file : NULL;
}

/* The JSON text of a value, cut to size; "" if it is missing. */
static void json_text(mcp_json v, char *text, size_t size)
{
    mcp_out out;
    mcp_str json;
    mcp_out_fixed(&out, text, size);
    mcp_put_value(&out, v);
    if (mcp_out_done(&out, &json) != MCP_OK) text[0] = 0;
}

/* What a message asks. A request that names its revision is judged by the newest one. */
static dump_request dump_request_of(mcp_json message)
{
    dump_request r;
    mcp_json meta = mcp_json_get(mcp_json_get(message, "params"), "_meta");
    json_text(mcp_json_get(message, "id"), r.id, sizeof r.id);
    snprintf(r.method, sizeof r.method, "%s", mcp_json_cstr(message, "method", "?"));
    snprintf(r.revision, sizeof r.revision, "%s",
             mcp_json_exists(mcp_json_get(meta, "io.modelcontextprotocol/protocolVersion")) ? "2026-07-28" : "");
    return r;
}

static void dump_wait(dump_request r)
{
    if (dump.num_waiting < MCP_COUNT(dump.waiting)) dump.waiting[dump.num_waiting++] = r;
}

/* Remembers what is asked. The members of a batch all wait. */
static void dump_sent(const char *bytes, size_t len)
{
    mcp_doc doc;
    mcp_json root, member;
    memset(&doc, 0, sizeof doc);
    if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) bytes += 3, len -= 3;
    (void)mcp_json_parse(&doc, bytes, len);
    root = mcp_json_root(&doc);
    dump.current = dump_request_of(root);
    if (mcp_json_type(root) == MCP_JSON_ARRAY)
        for (member = mcp_json_first(root); mcp_json_exists(member); member = mcp_json_next(member))
            dump_wait(dump_request_of(member));
    mcp_doc_free(&doc);
}

/* Takes the request of that id that waits longest. */
static dump_request dump_waiting(const char *id)
{
    dump_request r;
    size_t i;
    memset(&r, 0, sizeof r);
    for (i = 0; i < dump.num_waiting && strcmp(dump.waiting[i].id, id); i++) {}
    if (i == dump.num_waiting) return r;
    r = dump.waiting[i];
    dump.num_waiting--;
    memmove(&dump.waiting[i], &dump.waiting[i + 1], (dump.num_waiting - i) * sizeof r);
    return r;
}

/* Before there is a session, the newest revision that has them shall do. */
static const char *dump_session(void)
{
    return *dump.session ? dump.session : "2025-11-25";
}

/* One line, with what each reply is to. */
static void dump_batch(mcp_json replies_of_it, const char *bytes, size_t len)
{
    char id[300];
    mcp_json reply;
    fprintf(dump_file(), "%s\t", dump_session());
    for (reply = mcp_json_first(replies_of_it); mcp_json_exists(reply); reply = mcp_json_next(reply)) {
        json_text(mcp_json_get(reply, "id"), id, sizeof id);
        fprintf(dump_file(), "%s ", dump_waiting(id).method);
    }
    fprintf(dump_file(), "\t%.*s\n", (int)len, bytes);
}

/* A notification stands under its own name. It is judged by the revision of what was asked last. An error without an
   id belongs to the session. Before there is one, the newest that has sessions shall do. */
static void dump_reply(const char *bytes, size_t len, bool own)
{
    dump_request r = dump.current;
    char id[300];
    mcp_doc doc;
    mcp_json root, result;
    memset(&doc, 0, sizeof doc);
    (void)mcp_json_parse(&doc, bytes, len);
    root = mcp_json_root(&doc);
    if (mcp_json_type(root) == MCP_JSON_ARRAY) {
        dump_batch(root, bytes, len);
        mcp_doc_free(&doc);
        return;
    }
    result = mcp_json_get(root, "result");
    json_text(mcp_json_get(root, "id"), id, sizeof id);
    if (mcp_json_exists(mcp_json_get(root, "method"))) {
        snprintf(r.method, sizeof r.method, "%s", mcp_json_cstr(root, "method", "?"));
    } else {
        if (!own && (strcmp(id, r.id) || !strcmp(r.method, "?"))) r = dump_waiting(id);
        if (mcp_json_type(mcp_json_get(root, "id")) <= MCP_JSON_NULL) memset(&r, 0, sizeof r);
    }
    if (!strcmp(r.method, "initialize") && mcp_json_exists(result))
        snprintf(dump.session, sizeof dump.session, "%s", mcp_json_cstr(result, "protocolVersion", ""));
    if (!*r.revision) memcpy(r.revision, dump_session(), 11);
    fprintf(dump_file(), "%s\t%s\t%.*s\n", r.revision, *r.method ? r.method : "?", (int)len, bytes);
    mcp_doc_free(&doc);
}

/* The last one answers what was delivered, unless that waits, or is an answer itself. */
static void dump_replies(int status)
{
    const char *at = replies.len ? replies.ptr : "", *end = at + replies.len, *stop;
    const bool waits = status == MCP_WAIT, asked = strcmp(dump.current.method, "?") || status != MCP_OK;
    if (!dump_file()) return;
    for (; at < end; at = stop + 1) {
        stop = (const char *)memchr(at, '\n', (size_t)(end - at));
        dump_reply(at, (size_t)(stop - at), stop + 1 == end && asked && !waits);
    }
    if (waits && asked) dump_wait(dump.current);
}

/*-- --*/

/* The codes that the specification defines, as far as we mean them, and those of the host. That of a resource which
   is not there was another one before 2026-07-28. */
static bool is_known_code(int code)
{
    if (code == -32002) return !*dump.current.revision;
    if (code == -32021) return *dump.current.revision != 0;
    if (code > 0) return true;
    return code == 0 || code == -32700 || (code <= -32600 && code >= -32603) || code == -32021 || code == -32022;
}

/* What a notification must be. */
static void check_note(mcp_json root, int code, bool last)
{
    CHECK(!strncmp(mcp_json_cstr(root, "method", ""), "notifications/", 14));
    CHECK(!mcp_json_exists(mcp_json_get(root, "id")));
    CHECK(!mcp_json_exists(mcp_json_get(root, "result")) && !mcp_json_exists(mcp_json_get(root, "error")));
    CHECK_INT(0, code);
    CHECK(!last);
}

/* What a question to the client must be. */
static void check_question(mcp_json root, int code, bool last)
{
    const char *method = mcp_json_cstr(root, "method", "");
    CHECK(!strcmp(method, "elicitation/create") || !strcmp(method, "sampling/createMessage") ||
          !strcmp(method, "roots/list"));
    CHECK(mcp_json_int(root, "id", 0) > 0);
    CHECK(!mcp_json_exists(mcp_json_get(root, "result")) && !mcp_json_exists(mcp_json_get(root, "error")));
    CHECK(!*dump.current.revision);     /* which asks by results */
    CHECK_INT(0, code);
    CHECK(!last);
}

/* Whether a message is a response as the specification has it; *code is that of its error, or 0. */
static void check_response(mcp_json message, int *code)
{
    mcp_json error = mcp_json_get(message, "error");
    *code = (int)mcp_json_int(error, "code", 0);
    CHECK(mcp_json_equals(message, "jsonrpc", "2.0"));
    CHECK(mcp_json_exists(error) != mcp_json_exists(mcp_json_get(message, "result")));
    CHECK(!mcp_json_exists(error) || (*code && mcp_json_str(error, "message").len > 0));
    CHECK(is_known_code(*code));
}

/* Whatever is emitted must be one legal message, or an array of responses, and what the transport is told must be
   true. */
static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    mcp_doc doc;
    mcp_json root, member;
    int found = 0;
    memset(&doc, 0, sizeof doc);
    CHECK(user == &replies);
    CHECK_UINT(77, stream);
    CHECK(!memchr(bytes, '\n', len));
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, bytes, len));
    root = mcp_json_root(&doc);
    if (kind == MCP_EMIT_NOTIFICATION) {
        CHECK(mcp_json_equals(root, "jsonrpc", "2.0"));
        check_note(root, code, last);
    } else if (kind == MCP_EMIT_REQUEST) {
        CHECK(mcp_json_equals(root, "jsonrpc", "2.0"));
        check_question(root, code, last);
    } else {
        if (mcp_json_type(root) == MCP_JSON_ARRAY) {
            CHECK(mcp_json_count(root) > 0);
            for (member = mcp_json_first(root); mcp_json_exists(member); member = mcp_json_next(member))
                check_response(member, &found);
            found = 0;
        } else {
            check_response(root, &found);
        }
        CHECK(last);
        CHECK_INT(found ? MCP_EMIT_ERROR : MCP_EMIT_RESULT, kind);
        CHECK_INT(found, code);
    }
    mcp_doc_free(&doc);
    if (kind == MCP_EMIT_ERROR) num_errors++;
    mcp_buf_add(&replies, bytes, len);
    mcp_buf_add(&replies, "\n", 1);
    return true;
}

/* What belongs to no request waits in the session. */
static void take_changes(mcp_session *session)
{
    size_t len;
    const char *bytes = mcp_session_output(session, &len);
    mcp_buf_reset(&replies);
    if (!len) return;
    mcp_buf_add(&replies, bytes, len);
    mcp_session_sent(session, len);
    dump_replies(MCP_OK);
}

static bool is_blank(line l)
{
    size_t i;
    for (i = 0; i < l.len && strchr(" \t\r", l.ptr[i]) && l.ptr[i]; i++) {}
    return i == l.len;
}

/* Delivers one message from memory that ends with it, so that the sanitizers see a read behind it. A line is
   a message with a line end, which may be \r\n; a blank one is none. */
static void deliver(mcp_server *server, mcp_session *session, line l)
{
    mcp_delivery d;
    char *exact;
    int status;
    if (l.len && l.ptr[l.len - 1] == '\r') l.len--;
    if (is_blank(l)) return;
    exact = (char *)malloc(l.len);
    memcpy(exact, l.ptr, l.len);
    memset(&d, 0, sizeof d);
    d.session = session;
    d.stream = 77;
    d.emit = on_emit;
    d.user = &replies;
    d.bytes = exact;
    d.len = l.len;
    num_errors = 0;
    dump_sent(exact, l.len);
    status = mcp_deliver(server, &d);
    dump_replies(status);
    if (status < 0 && !(wire_alloc.fn && status == MCP_E_NOMEM)) CHECK(num_errors == 1);
    free(exact);
}

/* Ends what is still open. What is said by lines only stands in the dump all the same. */
static void end_subscriptions(mcp_server *server, mcp_buf *want)
{
    const char *at = scene.begin;
    bool cancels;
    line l;
    mcp_buf_reset(want);
    mcp_buf_reset(&replies);
    while ((l = next_line(&at, scene.end)).kind) {
        if (l.kind != '.') continue;
        cancels = l.len > 25 && !memcmp(l.ptr, "{\"jsonrpc\":\"2.0\",\"method\"", 25);
        if (dump_file())
            fprintf(dump_file(), "2026-07-28\t%s\t%.*s\n", cancels ? "notifications/cancelled" : "subscriptions/listen",
                    (int)l.len, l.ptr);
        if (cancels) continue;
        mcp_buf_add(want, l.ptr, l.len);
        mcp_buf_add(want, "\n", 1);
    }
    NOTE("the end");
    mcp_end_subscriptions(server);
    (void)mcp_server_tick(server);
    CHECK_BYTES(want->len ? want->ptr : "", want->len, replies.len ? replies.ptr : "", replies.len);
}

static void by_message(void)
{
    mcp_server *server = new_server();
    mcp_session *session = server ? mcp_session_open(server) : NULL;
    const char *at = scene.begin;
    mcp_buf want, got;
    line l;
    mcp_alloc a = { 0, 0 };
    mcp_buf_init(&replies, a, 1 << 20);
    mcp_buf_init(&want, a, 1 << 20);
    mcp_buf_init(&got, a, 1 << 20);
    memset(&dump, 0, sizeof dump);
    CHECK(server && session);
    if (server && session)
        for (l = next_line(&at, scene.end); l.kind;) {
            line sent = l;
            if (l.kind == '?' || l.kind == '@') FAIL("not a line of a case: %.*s", (int)l.len, l.ptr);
            if (l.kind == '<') FAIL("expected before anything was sent: %.*s", (int)l.len, l.ptr);
            l = next_line(&at, scene.end);
            if (sent.kind != '>') continue;
            NOTE("%.*s", (int)sent.len, sent.ptr);
            mcp_buf_reset(&want);
            for (; l.kind == '<' || l.kind == ' '; l = next_line(&at, scene.end))
                if (l.kind == '<') { mcp_buf_add(&want, l.ptr, l.len); mcp_buf_add(&want, "\n", 1); }
            mcp_buf_reset(&replies);
            mcp_buf_reset(&got);
            deliver(server, session, sent);
            mcp_buf_add(&got, replies.ptr, replies.len);
            take_changes(session);
            mcp_buf_add(&got, replies.ptr, replies.len);
            CHECK_BYTES(want.len ? want.ptr : "", want.len, got.len ? got.ptr : "", got.len);
        }
    if (server) end_subscriptions(server, &want);
    mcp_buf_free(&want);
    mcp_buf_free(&got);
    mcp_buf_free(&replies);
    mcp_session_close(session);
    mcp_server_destroy(server);
}

/*---- As a stream of bytes -----------------------------------------------------------------------*/

typedef struct conversation {
    mcp_server *server;
    mcp_buf input, want, got;
} conversation;

static void conversation_begin(conversation *c)
{
    mcp_alloc a = { 0, 0 };
    c->server = new_server();
    mcp_buf_init(&c->input, a, 1 << 20);
    mcp_buf_init(&c->want, a, 60000);       /* a pipe holds as much */
    mcp_buf_init(&c->got, a, 1 << 20);
    collect(&c->input, '>');
    collect(&c->want, '<');
    CHECK(c->server != NULL);
    CHECK_STATUS(MCP_OK, c->want.error);
}

/* Another server: what was said to the last one may have changed it. */
static void conversation_restart(conversation *c)
{
    mcp_server_destroy(c->server);
    c->server = new_server();
}

static void conversation_check(const conversation *c)
{
    CHECK_BYTES(c->want.len ? c->want.ptr : "", c->want.len, c->got.len ? c->got.ptr : "", c->got.len);
}

static void conversation_end(conversation *c)
{
    mcp_buf_free(&c->input);
    mcp_buf_free(&c->want);
    mcp_buf_free(&c->got);
    mcp_server_destroy(c->server);
}

/* Feeds the input to a new server, in pieces, the first of `first` bytes and the others of `then`, and takes what
   comes out. */
static void feed(conversation *c, size_t first, size_t then)
{
    mcp_session *session;
    size_t at = 0, piece = first;
    conversation_restart(c);
    session = mcp_session_open(c->server);
    mcp_buf_reset(&c->got);
    while (session && at < c->input.len) {
        const char *out;
        size_t len;
        if (piece > c->input.len - at) piece = c->input.len - at;
        CHECK_UINT(piece, mcp_session_feed(session, c->input.ptr + at, piece));
        at += piece;
        piece = then;
        out = mcp_session_output(session, &len);
        mcp_buf_add(&c->got, out, len);
        mcp_session_sent(session, len);
        CHECK_STATUS(MCP_OK, mcp_session_status(session));
    }
    mcp_session_close(session);
}

static void by_stream(void)
{
    conversation c;
    size_t cut, step;
    conversation_begin(&c);
    step = 1 + c.input.len / (test_rounds(2000) + 1);
    for (cut = 0; c.server && cut <= c.input.len && !test_state.failures; cut += step) {
        if (cut) NOTE("cut after %lu bytes", (unsigned long)cut);
        else NOTE("byte by byte");
        feed(&c, cut ? cut : 1, cut ? c.input.len : 1);
        conversation_check(&c);
    }
    conversation_end(&c);
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

/* Sends the input to a new server in pieces and pumps after each. What comes back must fit into a pipe. Returns the
   status of the last pump. */
static int play(conversation *c, size_t piece)
{
    mcp_stdio *io;
    size_t at = 0;
    int status = MCP_OK, rounds = 0;
    conversation_restart(c);
    mcp_buf_reset(&c->got);
    if (!pipes_open()) return MCP_E_IO;
    io = mcp_stdio_open(c->server);
    if (!io) status = MCP_E_NOMEM;
    while (status == MCP_OK && at < c->input.len) {
        ssize_t n;
        if (piece > c->input.len - at) piece = c->input.len - at;
        n = write(pipes.in[1], c->input.ptr + at, piece);
        if (n < 0) { status = MCP_E_IO; break; }
        at += (size_t)n;
        status = mcp_stdio_pump(io, 0);
    }
    close(pipes.in[1]);
    while (status == MCP_OK && rounds++ < 1000) status = mcp_stdio_pump(io, 0);
    if (io) mcp_stdio_close(io);
    pipes_close(&c->got);
    return status;
}

static void by_pipe(void)
{
    static const char cut_off[] = "{\"jsonrpc\":\"2.0\",\"id\":\"cut off\",\"method\":\"ping\"}";
    conversation c;
    conversation_begin(&c);
    if (c.server) {
        NOTE("byte by byte");
        collect(&c.want, '.');
        CHECK_STATUS(MCP_E_CLOSED, play(&c, 1));
        conversation_check(&c);
        NOTE("in one piece, and a line that does not end");
        mcp_buf_add(&c.input, cut_off, sizeof cut_off - 1);
        CHECK_STATUS(MCP_E_CLOSED, play(&c, c.input.len));
        conversation_check(&c);
    }
    conversation_end(&c);
}

/*---- Without memory -----------------------------------------------------------------------------*/

/* Delivers the scene, as far as there is memory for it. Whatever comes back is looked at by on_emit. */
static void deliver_all(mcp_server *server, mcp_session *session)
{
    const char *at = scene.begin;
    line l;
    while ((l = next_line(&at, scene.end)).kind) {
        mcp_buf_reset(&replies);
        if (l.kind == '>') deliver(server, session, l);
        take_changes(session);
    }
}

/* The server goes on, with another client. */
static void check_alive(mcp_server *server)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    mcp_session *session = mcp_session_open(server);
    const line l = { '>', ping, sizeof ping - 1 };
    CHECK(session != NULL);
    mcp_buf_reset(&replies);
    if (session) deliver(server, session, l);
    CHECK(replies.len != 0);
    mcp_session_close(session);
}

/* Lets the allocation of that number fail. Returns how many there were. */
static size_t fail_at(size_t number)
{
    test_heap heap;
    mcp_server *server;
    mcp_session *session;
    wire_alloc = test_heap_init(&heap);
    heap.fail_at = number;
    NOTE("allocation %lu", (unsigned long)number);
    server = new_server();
    session = server ? mcp_session_open(server) : NULL;
    if (session) deliver_all(server, session);
    mcp_session_close(session);
    heap.fail_at = 0;
    if (server) check_alive(server);
    mcp_server_destroy(server);
    CHECK_HEAP(&heap);
    memset(&wire_alloc, 0, sizeof wire_alloc);
    return heap.calls;
}

static void without_memory(void)
{
    mcp_alloc a = { 0, 0 };
    size_t number, step, calls;
    mcp_buf_init(&replies, a, 1 << 20);
    calls = fail_at(0);
    step = 1 + calls / (test_rounds(2000) + 1);
    for (number = 1; number <= calls && !test_state.failures; number += step) (void)fail_at(number);
    mcp_buf_free(&replies);
}

/*---- All of them --------------------------------------------------------------------------------*/

static void run_scene(void)
{
    char name[300];
    snprintf(name, sizeof name, "%s: %s", script.name, scene.name);
    test_run(__FILE__, name, by_message);
    snprintf(name, sizeof name, "%s: %s (cut anywhere)", script.name, scene.name);
    test_run(__FILE__, name, by_stream);
    snprintf(name, sizeof name, "%s: %s (stdio)", script.name, scene.name);
    test_run(__FILE__, name, by_pipe);
    snprintf(name, sizeof name, "%s: %s (without memory)", script.name, scene.name);
    test_run(__FILE__, name, without_memory);
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
    snprintf(script.server, sizeof script.server, "echo");
    do {
        const char *here = at;
        l = next_line(&at, end);
        if (l.kind == '@') snprintf(script.server, sizeof script.server, "%.*s", (int)l.len, l.ptr);
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
