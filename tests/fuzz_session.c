/* fuzz_session.c - a whole session. The input is what a peer sends, and between it bytes that no JSON text begins
   with say what else happens: pieces are cut, output is drained, deferred calls are finished or cancelled, time
   goes by, sessions close. Whatever comes: the output is what the tap saw, line for line; each line is a legal message;
   no id is answered more often than it was asked, nothing that is no request is answered; and in the end nothing
   is left over. tests/fuzz.sh runs it, seeded with tests/wire. */

#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/asks.h"

static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}
#define MUST(what) must(what, #what)

/*---- A peer, and what may still be said to it ----------------------------------------------------*/

#define PEERS 3
#define MAX_CALLS 5
#define ASKED 4096              /* a power of two */
#define QUESTIONS 256
#define STREAMS 6               /* of the other door: the last two are those of a session */

typedef struct peer {
    mcp_session *session;
    mcp_buf said;               /* by the tap, not drained yet */
    size_t drained;             /* of it */
    size_t unread;              /* messages that may be answered, if without an id */
    size_t broken;              /* those that are not JSON: what the id of one is, the server may have found out */
    bool has_batches;           /* the revision that was agreed upon */
    size_t batches;             /* arrays that may be answered with one */
    unsigned declared;          /* MCP_INPUT_..., by any initialize */
    uint8_t questions[QUESTIONS];       /* by id: 1 asked, 2 taken back; those of larger ones are not told apart */
    int64_t question;           /* the id of the newest */
    char sealed[3000];          /* the newest requestState, */
    char key[40];               /* of that question */
    struct { uint64_t id; size_t count; } asked[ASKED];     /* by hash; count: answers that are due */
} peer;

static peer peers[PEERS];
static peer *now;               /* the one that the input is about */
static mcp_server *server;
static mcp_ref refs[64];        /* the newest that were deferred */
static size_t num_refs, num_calls, num_open;
static uint64_t clock_ms, outside;      /* replies that a refusing stream got */
static bool refusing, acting;
static bool went_outside;       /* what the tap is told next */

/* A number for an id: of its kind, and byte by byte. */
static uint64_t id_hash(mcp_json id)
{
    const mcp_str s = mcp_json_type(id) == MCP_JSON_STRING ? mcp_json_str(id, NULL) : mcp_json_number(id, NULL);
    uint64_t h = 14695981039346656037u + (uint64_t)mcp_json_type(id);
    size_t i;
    for (i = 0; i < s.len; i++) h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    return h ? h : 1;
}

/* The count of an id; NULL once there are too many of them. */
static size_t *asked(peer *p, mcp_json id)
{
    const uint64_t hash = id_hash(id);
    size_t i, at = (size_t)hash % ASKED;
    for (i = 0; i < ASKED; i++, at = (at + 1) % ASKED) {
        if (!p->asked[at].id) p->asked[at].id = hash;
        if (p->asked[at].id == hash) return &p->asked[at].count;
    }
    return NULL;
}

static bool is_id(mcp_json v)
{
    return mcp_json_type(v) == MCP_JSON_STRING || mcp_json_type(v) == MCP_JSON_NUMBER;
}

/* What a client says that it can be asked. */
static unsigned declared(mcp_json capabilities)
{
    const mcp_json sampling = mcp_json_get(capabilities, "sampling"), roots = mcp_json_get(capabilities, "roots");
    return (mcp_json_exists(mcp_json_get(capabilities, "elicitation")) ? MCP_INPUT_FORM | MCP_INPUT_URL : 0u) |
           (mcp_json_exists(sampling) ? MCP_INPUT_SAMPLING : 0u) | (mcp_json_exists(roots) ? MCP_INPUT_ROOTS : 0u);
}

/* A message: what may it be answered with? Notifications and responses, with nothing. */
static void hear_message(peer *p, mcp_json root)
{
    mcp_json id, v;
    bool method = false, answers = false;
    for (v = mcp_json_first(root); mcp_json_exists(v) && mcp_json_type(root) == MCP_JSON_OBJECT;
         v = mcp_json_next(v)) {
        const mcp_str key = mcp_json_key(v);
        if (key.len == 6 && !memcmp(key.ptr, "method", 6)) method = true;
        if (key.len == 6 && !memcmp(key.ptr, "result", 6)) answers = true;
        if (key.len == 5 && !memcmp(key.ptr, "error", 5)) answers = true;
    }
    p->declared |= declared(mcp_json_find(root, "/params/capabilities"));
    id = mcp_json_get(root, "id");
    if (is_id(id) && (method || !answers)) {
        size_t *count = asked(p, id);
        if (count) ++*count;
    }
    if (!(answers && !method) && !(mcp_json_str(root, "method").ptr && !mcp_json_exists(id))) p->unread++;
}

/* What comes in: a message, or a batch, which may be refused as a whole. */
static void hear(peer *p, const char *bytes, size_t len)
{
    mcp_doc doc = { 0 };
    mcp_json root, v;
    const size_t mark = len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    if (mcp_json_parse(&doc, bytes + mark, len - mark) != MCP_OK) p->broken++;
    root = mcp_json_root(&doc);
    hear_message(p, root);
    if (mcp_json_type(root) == MCP_JSON_ARRAY && p->has_batches) {
        p->batches++;
        for (v = mcp_json_first(root); mcp_json_exists(v); v = mcp_json_next(v)) hear_message(p, v);
    }
    mcp_doc_free(&doc);
}

/* A question that goes out: one that may be asked, and for the first time. */
static void say_question(peer *p, mcp_json root)
{
    const int64_t id = mcp_json_int(root, "id", 0);
    const bool form = mcp_json_equals(root, "method", "elicitation/create");
    const bool sampling = mcp_json_equals(root, "method", "sampling/createMessage");
    const unsigned kind = form ? MCP_INPUT_FORM : sampling ? MCP_INPUT_SAMPLING : MCP_INPUT_ROOTS;
    MUST(form || sampling || mcp_json_equals(root, "method", "roots/list"));
    MUST(p->declared & kind);
    MUST(id > 0);
    MUST(!mcp_json_exists(mcp_json_get(root, "result")) && !mcp_json_exists(mcp_json_get(root, "error")));
    p->question = id;
    if (id >= QUESTIONS) return;
    MUST(!p->questions[id]);
    p->questions[id] = 1;
}

/* A notification that goes out: a question is taken back once. */
static void say_note(peer *p, mcp_json root)
{
    const int64_t id = mcp_json_int(mcp_json_get(root, "params"), "requestId", 0);
    if (mcp_json_equals(root, "method", "notifications/elicitation/complete")) return;
    MUST(mcp_json_equals(root, "method", "notifications/cancelled"));
    MUST(id > 0);
    if (id >= QUESTIONS) return;
    MUST(p->questions[id] == 1);
    p->questions[id] = 2;
}

/* A result that asks: what the client would bring back is kept. */
static void say_sealed(peer *p, mcp_json result)
{
    const char *sealed = mcp_json_cstr(result, "requestState", "");
    const mcp_str key = mcp_json_key(mcp_json_first(mcp_json_get(result, "inputRequests")));
    MUST(mcp_json_count(mcp_json_get(result, "inputRequests")) && *sealed);
    MUST((size_t)snprintf(p->sealed, sizeof p->sealed, "%s", sealed) < sizeof p->sealed);
    (void)snprintf(p->key, sizeof p->key, "%s", key.ptr);
}

/* A message that goes out: a legal one, for which there is a reason. */
static void say_message(peer *p, mcp_json root)
{
    mcp_json id, error;
    id = mcp_json_get(root, "id");
    error = mcp_json_get(root, "error");
    MUST(mcp_json_type(root) == MCP_JSON_OBJECT && mcp_json_equals(root, "jsonrpc", "2.0"));
    if (mcp_json_exists(mcp_json_get(root, "method"))) {
        if (mcp_json_exists(id)) say_question(p, root);
        else say_note(p, root);
        return;
    }
    if (mcp_json_equals(mcp_json_get(root, "result"), "resultType", "input_required"))
        say_sealed(p, mcp_json_get(root, "result"));
    MUST(mcp_json_exists(error) != mcp_json_exists(mcp_json_get(root, "result")));
    MUST(!mcp_json_exists(error) || (mcp_json_int(error, "code", 0) < 0 && mcp_json_str(error, "message").len));
    if (is_id(id)) {
        size_t *count = asked(p, id);
        MUST(!count || *count || p->broken);
        if (count && *count) --*count;
        else if (p->broken) p->broken--;
    } else {
        MUST(mcp_json_type(id) <= MCP_JSON_NULL && mcp_json_exists(error));
    }
    MUST(p->unread);
    p->unread--;
    if (mcp_json_exists(mcp_json_find(root, "/result/serverInfo")))
        p->has_batches = mcp_json_equals(mcp_json_get(root, "result"), "protocolVersion", "2025-03-26");
}

/* What goes out: a message, or an array of them. */
static void say(peer *p, const char *bytes, size_t len)
{
    mcp_doc doc = { 0 };
    mcp_json root, v;
    MUST(len && !memchr(bytes, '\n', len));
    MUST(mcp_json_parse(&doc, bytes, len) == MCP_OK);
    root = mcp_json_root(&doc);
    if (mcp_json_type(root) == MCP_JSON_ARRAY) {
        MUST(p->batches && mcp_json_count(root));
        p->batches--;
        for (v = mcp_json_first(root); mcp_json_exists(v); v = mcp_json_next(v)) say_message(p, v);
    } else {
        say_message(p, root);
    }
    mcp_doc_free(&doc);
    if (went_outside) return;
    mcp_buf_add(&p->said, bytes, len);
    mcp_buf_add(&p->said, "\n", 1);
    MUST(!p->said.error);
}

static void on_tap(void *user, mcp_session *session, int direction, const char *bytes, size_t len)
{
    size_t i;
    (void)user;
    for (i = 0; i < PEERS && peers[i].session != session; i++) {}
    if (!session || i == PEERS) return;         /* by the other door */
    if (direction == MCP_TAP_IN) hear(&peers[i], bytes, len);
    else say(&peers[i], bytes, len);
    if (direction != MCP_TAP_IN) went_outside = false;
}

static void open_peer(peer *p)
{
    mcp_alloc none = { 0, 0 };
    memset(p, 0, sizeof *p);
    mcp_buf_init(&p->said, none, 1 << 26);
    p->session = mcp_session_open(server);
    MUST(p->session);
}

static void close_peer(peer *p)
{
    mcp_session_close(p->session);
    mcp_buf_free(&p->said);
}

/* Takes at most most bytes of output, which must be those that the tap saw. */
static void drain(peer *p, size_t most)
{
    size_t len;
    const char *bytes = mcp_session_output(p->session, &len);
    MUST(len == p->said.len - p->drained);
    if (len > most) len = most;
    if (!len) return;
    MUST(!memcmp(bytes, p->said.ptr + p->drained, len));
    p->drained += len;
    if (p->drained == p->said.len) {
        p->drained = 0;
        mcp_buf_reset(&p->said);
    }
    mcp_session_sent(p->session, len);
}

static void send_bytes(peer *p, const char *bytes, size_t len)
{
    while (len) {
        const size_t n = mcp_session_feed(p->session, bytes, len);
        MUST(n <= len && mcp_session_status(p->session) >= 0);
        MUST(n == len || mcp_session_status(p->session) == MCP_WAIT || refusing);
        bytes += n;
        len -= n;
        if (n || !len) continue;
        drain(p, 100000);
        if (mcp_session_status(p->session) == MCP_WAIT) return;     /* stuck for want of a call: not sent */
    }
}

/*---- The tool of the seeds ------------------------------------------------------------------------*/

/* Every second call is answered later, some at once, and some do things that they need not. */
static int echo(mcp_call *c)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":\"own\",\"method\":\"ping\"}\n";
    const char *text = mcp_arg_str(c, "text");
    mcp_ref ref;
    MUST(text);
    if (num_calls++ % 2 == 0) return mcp_text(c, text);
    if (acting && num_calls % 8 == 0) (void)mcp_session_feed(peers[0].session, ping, sizeof ping - 1);
    if (mcp_defer(c, &ref) != MCP_WAIT) return mcp_fail(c, "cannot");
    refs[num_refs++ % 64] = ref;
    num_open++;
    MUST(mcp_resume(server, ref) == c);
    if (acting && num_calls % 16 == 4) {
        num_open--;
        mcp_finish(c, mcp_data(c, "{'text': %s}", text));
    }
    return mcp_text(c, "before");
}

/* The verdict of a handler that deferred its call; a second one says the same in another way. */
static int late(mcp_call *c)
{
    const int verdict = echo(c);
    return verdict == MCP_OK && num_calls % 2 == 0 ? (int)MCP_WAIT : verdict;
}

static const mcp_field rows[] = { MCP_NEED("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = { MCP_TOOL("echo", late, 0, rows), MCP_TOOL("other", late, 0, rows) };

static uint64_t on_now(void *user) { (void)user; return clock_ms; }

static void on_cancel(void *user, mcp_ref ref)
{
    (void)user;
    MUST(ref && num_open && !mcp_resume(server, ref));
    num_open--;
}

static void finish(size_t i)
{
    const mcp_ref ref = refs[i % 64];
    mcp_call *c = mcp_resume(server, ref);
    if (!c) return;
    MUST(num_open);
    num_open--;
    if (i % 3 == 0) mcp_finish(c, mcp_text(c, mcp_arg_str(c, "text")));
    else if (i % 3 == 1) mcp_finish(c, mcp_fail(c, "later"));
    else mcp_finish(c, mcp_data(c, "{'i': %d}", 1));
    MUST(!mcp_resume(server, ref));
}

/*---- The other door, which may refuse --------------------------------------------------------------*/

static bool on_emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)user, (void)code;
    MUST(len && bytes[0] == '{' && last == (kind == MCP_EMIT_RESULT || kind == MCP_EMIT_ERROR));
    if (refusing) return false;
    if (last) outside++;
    went_outside = stream >= 4;     /* those of a session */
    return true;
}

static int deliver(unsigned n)
{
    static const char ask[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"other\","
        "\"arguments\":{\"text\":\"x\"},\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
    mcp_delivery d = { 0 };
    const uint64_t before = outside;
    int status;
    d.stream = n % 4;
    d.emit = on_emit;
    d.bytes = ask;
    d.len = sizeof ask - 1;
    status = mcp_deliver(server, &d);
    MUST(status == MCP_OK || status == MCP_WAIT || status == MCP_E_BUSY);
    MUST(outside - before == (status == MCP_OK));
    return status;
}

/* Lets a session call a tool that asks, by the other door. */
static void deliver_asking(unsigned n)
{
    static const char *const names[] = { "both", "steps", "sure", "dirs" };
    mcp_delivery d = { 0 };
    char line[200];
    int status;
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":\"d%u\",\"method\":\"tools/call\","
             "\"params\":{\"name\":\"%s\"}}", n, names[n / 2 % 4]);
    d.session = now->session;
    d.stream = 4 + n % 2;
    d.emit = on_emit;
    d.bytes = line;
    d.len = strlen(line);
    status = mcp_deliver(server, &d);
    MUST(status == MCP_OK || status == MCP_WAIT || status == MCP_E_BUSY || status == MCP_E_PROTOCOL);
}

/*---- Answers to questions ---------------------------------------------------------------------------*/

/* What a client may say to a question, also of another kind. */
static const char *answer_of(unsigned n)
{
    static const char *const answers[] = {
        "{\"action\":\"accept\",\"content\":{\"yes\":true}}", "{\"action\":\"decline\"}", "{\"action\":\"cancel\"}",
        "{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}", "{\"roots\":[{\"uri\":\"file:///a\"}]}",
        "{\"role\":\"assistant\",\"model\":\"m\",\"content\":[]}", "7",
        "{\"action\":\"accept\",\"content\":{\"yes\":false}}"
    };
    return answers[n % MCP_COUNT(answers)];
}

/* Answers the newest question of the peer, or one that is older. */
static void answer(unsigned n)
{
    static const char refusal[] = "{\"code\":-1,\"message\":\"no\"}";
    const bool refused = n % 16 == 15;
    char line[300];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"%s\":%s}\n", (long long)now->question - n / 16,
             refused ? "error" : "result", refused ? refusal : answer_of(n));
    send_bytes(now, line, strlen(line));
}

/* Sends a request again that was answered with questions, or another one in its place. */
static void send_again(unsigned n)
{
    static const char *const names[] = { "sure", "form", "days", "both", "steps", "model", "dirs", "once" };
    static char line[5000];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":\"a%u\",\"method\":\"tools/call\","
             "\"params\":{\"name\":\"%s\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
             "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{},\"sampling\":{},\"roots\":{}}},"
             "\"requestState\":\"%s\",\"inputResponses\":{\"%s\":%s}}}\n", n, names[n / 8 % 8], now->sealed,
             strchr(now->key, '"') ? "\\\"b\\\"" : now->key, answer_of(n));
    send_bytes(now, line, strlen(line));
}

/*---- The input --------------------------------------------------------------------------------------*/

/* What a byte that is no text asks for, with the byte after it. */
static void command(unsigned what, unsigned n)
{
    char text[100];
    switch (what) {
    case 1: drain(now, n * 8); break;
    case 2: finish(n); break;
    case 3:
        snprintf(text, sizeof text, "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%u}}\n", n);
        send_bytes(now, text, strlen(text));
        break;
    case 4:
        clock_ms += n * 10;
        MUST(mcp_server_tick(server) >= -1);
        break;
    case 5:
        close_peer(now);
        open_peer(now);
        break;
    case 6: now = &peers[n % PEERS]; break;
    case 7: (void)deliver(n); break;
    case 8:
        refusing = n & 1;
        if (n & 2) mcp_stream_lost(server, NULL, (n >> 2) % STREAMS);
        else if (!refusing) mcp_stream_ready(server, NULL, (n >> 2) % STREAMS);
        break;
    case 14: answer(n); break;
    case 15: send_again(n); break;
    case 16: deliver_asking(n); break;
    case 17: mcp_session_ended(now->session); break;
    default: acting = n & 1; break;
    }
}

/* Everything is answered, and every stream takes everything. */
static void settle(void)
{
    size_t i, round;
    refusing = false;
    for (round = 0; round < 100000; round++) {
        bool more = false;
        for (i = 0; i < STREAMS; i++) mcp_stream_ready(server, NULL, i);
        for (i = 0; i < 64; i++) finish(i);
        clock_ms += 1000000;
        MUST(mcp_server_tick(server) >= -1);
        for (i = 0; i < PEERS; i++) {
            drain(&peers[i], 5000);
            if (mcp_session_busy(peers[i].session)) more = true;
        }
        if (!more && !num_open) return;
    }
    MUST(!"the server comes to rest");
}

/* No call was lost: there are max_calls and one more to be had, and another one where there was a batch. */
static void count_calls(void)
{
    unsigned count = 0, i;
    refusing = true;
    acting = false;
    while (deliver(count) == MCP_WAIT) count++;
    MUST(count == (server->peer.num_calls > MAX_CALLS + 1 ? MAX_CALLS + 2 : MAX_CALLS + 1));
    for (i = 0; i < STREAMS; i++) mcp_stream_lost(server, NULL, i);
    refusing = false;
    MUST(!num_open);
}

static void start(void)
{
    mcp_server_desc d;
    size_t i;
    asks_describe(&d);
    d.tap = on_tap;
    d.now_ms = on_now;
    d.on_cancel = on_cancel;
    d.max_message = 1 << 14;
    d.max_reply = 1 << 12;
    d.max_output = 300;
    d.max_calls = MAX_CALLS;
    d.call_timeout_ms = 1000;
    d.page_size = 1;
    clock_ms = num_refs = num_calls = num_open = 0;
    memset(refs, 0, sizeof refs);
    refusing = acting = false;
    went_outside = false;
    server = mcp_server_create(&d);
    MUST(server);
    for (i = 0; i < MCP_COUNT(tools); i++) MUST(mcp_add_tool(server, &tools[i]) == MCP_OK);
    for (i = 0; i < PEERS; i++) open_peer(&peers[i]);
    now = &peers[0];
}

/* How many bytes are text that can be fed at once: to the end of a line, or to a command. */
static size_t text_size(const uint8_t *data, size_t size)
{
    size_t n = 0;
    while (n < size && !(data[n] >= 1 && data[n] <= 8) && !(data[n] >= 14 && data[n] <= 17) && data[n] != 0x7f)
        if (data[n++] == '\n') break;
    return n;
}

/* Seeds have no commands, so something happens after their lines too. */
static void after_line(size_t at)
{
    static const uint8_t commands[] = { 0, 1, 2, 0, 3, 4, 1, 7, 0, 14, 15, 0, 14, 15, 16, 0 };
    const unsigned n = (unsigned)(at * 2654435761u >> 7);
    if (commands[n % 16]) command(commands[n % 16], n >> 4 & 63);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char ping[] = "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    size_t at = 0, i;
    start();
    while (at < size) {
        const size_t n = text_size(data + at, size - at);
        if (n) send_bytes(now, (const char *)data + at, n);
        if (n && data[at + n - 1] == '\n') after_line(at + n);
        else if (at + n + 1 < size) command(data[at + n], data[at + n + 1]);
        at += n && data[at + n - 1] == '\n' ? n : n + 2;
    }
    settle();
    count_calls();
    for (i = 0; i < PEERS; i++) {
        send_bytes(&peers[i], ping, sizeof ping - 1);
        settle();
        MUST(mcp_session_status(peers[i].session) == MCP_OK);
    }
    for (i = 0; i < PEERS; i++) close_peer(&peers[i]);
    mcp_server_destroy(server);
    MUST(!num_open);
    return 0;
}

#include "fuzz_main.h"
