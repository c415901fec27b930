/* host.h - a program around the library, for tests that hold the other end themselves: a clock that stands still, an
   allocator that counts, a server with sessions and the message door, a client, and the two in one process. All of
   it is in `host` and `door`. A case calls host_begin, changes what it is about, goes on with host_connect or a part
   of it, and ends with host_end. Needs test.h before it. */
#ifndef HOST_H
#define HOST_H

enum { MAX_REFS = 4096 };

static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };

static struct test_host {
    test_heap heap;                 /* of both */
    uint64_t now;                   /* of both, in ms */
    char log[512];                  /* the last line that the server logged */
    int log_level;                  /* that all lines are expected to have */

    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *a, *b;
    const char *can;                /* the capabilities that are expected of the server; NULL: any */
    int (*act)(mcp_call *c);        /* what host_act does */
    size_t echoed;                  /* calls of host_echo */
    mcp_ref refs[MAX_REFS];         /* of the calls that were deferred, in order */
    size_t num_refs;
    mcp_ref cancelled[MAX_REFS];    /* that on_cancel told of, in order */
    size_t num_cancelled;
    void (*on_cancel)(mcp_ref ref); /* what it does besides */

    mcp_client_desc client_desc;
    mcp_client *client;
    size_t answered;                /* requests, at host_replied */
} host;

/* Where the answers to what is delivered go. */
static struct test_door {
    char got[1 << 16];              /* what was taken, as "STREAM KIND CODE TEXT\n" */
    size_t len;
    size_t refused;
    uint64_t full;                  /* a bit for each stream that takes nothing */
} door;

#define EVERY_STREAM UINT64_MAX     /* is full */

/*---- Handlers and callbacks ----------------------------------------------------------------------*/

static inline int host_echo(mcp_call *c)
{
    host.echoed++;
    return mcp_text(c, mcp_arg_str(c, "text"));
}

static inline int host_act(mcp_call *c)
{
    return host.act ? host.act(c) : mcp_text(c, "acted");
}

/* Leaves it all to mcp_finish. */
static inline int host_defer(mcp_call *c)
{
    mcp_ref ref = 99;
    const int status = mcp_defer(c, &ref);
    CHECK((status == MCP_WAIT) == (ref != 0));
    if (ref && host.num_refs < MAX_REFS) host.refs[host.num_refs++] = ref;
    return status;
}

/* Writes its text, and leaves the rest to mcp_finish. */
static inline int host_later(mcp_call *c)
{
    const int status = host_defer(c);
    (void)mcp_text(c, mcp_arg_str(c, "text"));
    return status;
}

static const mcp_field host_args[] = { MCP_ARG("text", MCP_STRING, 0), MCP_END };
static const mcp_tool host_tools[] = {
    MCP_TOOL("echo", host_echo, 0, host_args), MCP_TOOL("later", host_later, 0, host_args),
    MCP_TOOL("act", host_act, 0, host_args)
};

static inline uint64_t host_now(void *user)
{
    CHECK(user == &host);
    return host.now;
}

static inline void host_on_cancel(void *user, mcp_ref ref)
{
    CHECK(user == &host);
    if (host.server) CHECK(mcp_resume(host.server, ref) == NULL);
    if (host.num_cancelled < MAX_REFS) host.cancelled[host.num_cancelled++] = ref;
    if (host.on_cancel) host.on_cancel(ref);
}

static inline void host_log(void *user, int level, const char *message)
{
    CHECK(user == &host);
    CHECK_INT(host.log_level, level);
    snprintf(host.log, sizeof host.log, "%s", message);
}

static inline void host_replied(void *user, mcp_client *client, const mcp_reply *reply)
{
    CHECK(user == &host && client == host.client);
    host.answered++;
    test_hear("= %d %s; ", mcp_reply_status(reply), mcp_reply_text(reply));
}

/*---- From the begin to the end -------------------------------------------------------------------*/

/* The usual descs, of a server with tools alone and of a client. */
static inline void host_begin(void)
{
    memset(&host, 0, sizeof host);
    memset(&door, 0, sizeof door);
    (void)test_heard();
    host.now = 1000;
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = host_tools;
    host.desc.num_tools = MCP_COUNT(host_tools);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.user = &host;
    host.desc.now_ms = host_now;
    host.desc.on_cancel = host_on_cancel;
    host.desc.log = host_log;
    host.log_level = MCP_LOG_ERROR;
    host.can = "{\"tools\":{}}";
    host.client_desc.name = "c";
    host.client_desc.version = "1";
    host.client_desc.alloc = host.desc.alloc;
    host.client_desc.user = &host;
    host.client_desc.now_ms = host_now;
}

static inline void host_end(void)
{
    mcp_client_close(host.client);
    mcp_server_destroy(host.server);
    host.client = NULL;
    host.server = NULL;
    CHECK_HEAP(&host.heap);
}

/*---- A server: sessions by bytes -----------------------------------------------------------------*/

static inline void feed(mcp_session *s, const char *text)
{
    CHECK_UINT(strlen(text), mcp_session_feed(s, text, strlen(text)));
}

/* Everything that a session has to send; it counts as sent. */
static inline const char *output(mcp_session *s)
{
    static char text[1 << 18];
    size_t n = 0, len;
    const char *bytes;
    while (bytes = mcp_session_output(s, &len), len && n < sizeof text - 1) {
        if (len > sizeof text - 1 - n) len = sizeof text - 1 - n;
        memcpy(text + n, bytes, len);
        n += len;
        mcp_session_sent(s, len);
    }
    text[n] = 0;
    return text;
}

/* A session that has shaken hands. */
static inline mcp_session *host_session(const char *revision)
{
    mcp_session *s = mcp_session_open(host.server);
    char text[400];
    const char *hello;
    size_t len;
    CHECK(s != NULL);
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"%s\"}}\n", revision);
    feed(s, text);
    len = (size_t)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{"
                           "\"protocolVersion\":\"%s\",\"capabilities\":", revision);
    hello = output(s);
    CHECK(!strncmp(hello, text, len));
    if (!host.can) return s;
    snprintf(text + len, sizeof text - len, "%s,\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}\n", host.can);
    CHECK_STR(text, hello);
    return s;
}

/* Without a server no case makes sense. */
static inline void host_server(void)
{
    host.server = mcp_server_create(&host.desc);
    CHECK(host.server != NULL);
    if (!host.server) exit(1);
}

/* A server, and two sessions of 2025-11-25. */
static inline void host_connect(void)
{
    host_server();
    host.a = host_session("2025-11-25");
    host.b = host_session("2025-11-25");
}

static inline void host_connected(void)
{
    host_begin();
    host_connect();
}

/* The i-th call that was deferred; NULL if it is no more. */
static inline mcp_call *deferred(size_t i)
{
    return mcp_resume(host.server, host.refs[i]);
}

/* Finishes it, with one more block of text. */
static inline void finish(size_t i, const char *text)
{
    mcp_call *c = deferred(i);
    CHECK(c != NULL);
    if (c) mcp_finish(c, mcp_text(c, text));
    CHECK(deferred(i) == NULL);
}

/* Finishes all that wait: with text, and with data. */
static inline void finish_all(void)
{
    size_t i;
    for (i = 0; i < host.num_refs; i++) {
        mcp_call *c = deferred(i);
        if (c) mcp_finish(c, i % 2 ? mcp_data(c, "{'a': %s}", "b") : mcp_textf(c, "%300d", 1));
    }
}

/*---- A server: the message door ------------------------------------------------------------------*/

static inline bool door_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    const bool room = sizeof door.got - door.len > len + 100;
    CHECK(user == &door && len && !memchr(bytes, '\n', len));
    CHECK(last == (kind != MCP_EMIT_NOTIFICATION));
    if (stream < 64 && door.full >> stream & 1) {
        door.refused++;
        return false;
    }
    CHECK(room);
    if (!room) return false;
    door.len += (size_t)snprintf(door.got + door.len, 100, "%d %d %d ", (int)stream, kind, code);
    memcpy(door.got + door.len, bytes, len);
    door.len += len;
    memcpy(door.got + door.len++, "\n", 2);
    return true;
}

/* Delivers a message, which may end in a line break. */
static inline int deliver_as(mcp_session *s, uint64_t stream, const char *principal, const char *message)
{
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.session = s;
    d.stream = stream;
    d.emit = door_emit;
    d.user = &door;
    d.bytes = message;
    d.len = strlen(message);
    if (d.len && message[d.len - 1] == '\n') d.len--;
    d.principal = principal;
    return mcp_deliver(host.server, &d);
}

static inline int deliver(mcp_session *s, uint64_t stream, const char *message)
{
    return deliver_as(s, stream, NULL, message);
}

/* What was taken since the last time. */
static inline const char *emitted(void)
{
    static char text[sizeof door.got];
    memcpy(text, door.got, door.len);
    text[door.len] = 0;
    door.len = 0;
    return text;
}

/*---- A client by hand ----------------------------------------------------------------------------*/

/* The same text with " for '. */
static inline const char *quoted(const char *text)
{
    static char out[1 << 16];
    size_t i;
    for (i = 0; text[i] && i < sizeof out - 1; i++) out[i] = text[i] == '\'' ? '"' : text[i];
    out[i] = 0;
    return out;
}

/* The server says that, with ' for ". */
static inline void client_feed(const char *lines)
{
    char text[1 << 14];
    const size_t len = strlen(lines);
    CHECK(len < sizeof text);
    if (len >= sizeof text) return;
    memcpy(text, quoted(lines), len + 1);
    CHECK_UINT(len, mcp_client_feed(host.client, text, len));
}

/* Everything that the client has to send; it counts as sent. */
static inline const char *client_output(void)
{
    static char text[1 << 16];
    size_t n = 0, len;
    const char *bytes;
    while (bytes = mcp_client_output(host.client, &len), len && n + len < sizeof text) {
        memcpy(text + n, bytes, len);
        n += len;
        mcp_client_sent(host.client, len);
    }
    text[n] = 0;
    return text;
}

/* That, with ' for ", is all that the client has to send. */
#define CHECK_SENT(want) CHECK_STR(quoted(want), client_output())

static inline void host_client(void)
{
    host.client = mcp_client_create(&host.client_desc);
    CHECK(host.client != NULL);
}

/*---- Both in one process -------------------------------------------------------------------------*/

static inline void host_pair(void)
{
    host_server();
    host.client = mcp_pair(host.server, &host.client_desc);
    CHECK(host.client != NULL);
}

/* Moves all that can be moved. */
static inline void pump(void)
{
    while (mcp_client_pump(host.client, 0) == MCP_OK) {}
}

/*---- Without memory ------------------------------------------------------------------------------*/

/* Each line must be a message, or an array of messages; fn may look at each of them. */
static inline void check_lines(const char *text, void (*fn)(mcp_json message))
{
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    while (*text) {
        const size_t len = strcspn(text, "\n");
        mcp_json root, v;
        CHECK(text[len] == '\n');
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, len));
        root = mcp_json_root(&doc);
        for (v = *text == '[' ? mcp_json_first(root) : root; mcp_json_exists(v); v = mcp_json_next(v)) {
            CHECK(mcp_json_equals(v, "jsonrpc", "2.0"));
            if (fn) fn(v);
        }
        text += len + (text[len] != 0);
    }
    mcp_doc_free(&doc);
}

/* Fails allocation n, n = 1, 2, ... until there are fewer: of the server and of what hard does with it. After that
   there is memory again, for what better does. */
static inline size_t fail_each(bool forever, void (*begin)(void), void (*hard)(void), void (*better)(void))
{
    size_t n, calls;
    for (n = 1; n < 2000 && !test_state.failures; n++) {
        NOTE("allocation %lu fails%s", (unsigned long)n, forever ? " and all after it" : "");
        begin();
        host.heap.fail_at = n;
        host.heap.forever = forever;
        host.server = mcp_server_create(&host.desc);
        if (host.server) hard();
        else CHECK_STR(mcp_strerror(MCP_E_NOMEM), host.log);
        calls = host.heap.calls;
        host.heap.fail_at = 0;
        if (host.server) better();
        host_end();
        if (calls < n) break;
    }
    return n - 1;
}

/* Each allocation fails once, and with all after it; there are more than so many. */
static inline void check_allocations(size_t least, void (*begin)(void), void (*hard)(void), void (*better)(void))
{
    const size_t once = fail_each(false, begin, hard, better), for_ever = fail_each(true, begin, hard, better);
    CHECK(once > least && for_ever > least);
    printf("note - %s: %lu allocations failed on purpose\n", test_state.name, (unsigned long)(once + for_ever));
}

#endif /* HOST_H */
