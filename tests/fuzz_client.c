/* fuzz_client.c - a hostile server. The input is what it says, and between it bytes that no JSON text begins with
   say what else happens: requests are begun and cancelled, answered with something that fits or nearly does, time goes
   by, output is taken, things are told, the roots change, questions are answered at once or later, or not, the server
   ends, the client is closed in a callback. Whatever comes: each request that was begun is answered once, unless it
   was cancelled, and never from within the call; nothing is asked that was not declared, and what is no answer is
   refused; each line that leaves is a legal message of its era; nothing follows the end. tests/fuzz.sh runs it, seeded
   with what servers say in tests/wire and tests/fuzz_client.txt. */

#define MCP_IMPLEMENTATION
#include "../mcp.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}
#define MUST(what) must(what, #what)

/*---- What was begun, and what was said ------------------------------------------------------------*/

#define MAX_CALLS 5
#define MAX_REQUEST (1 << 14)
#define IDS 65536

typedef struct request {
    mcp_ref ref;
    bool open;
} request;

static mcp_client *client;
static request requests[IDS];
static size_t num_requests, num_open;
static uint64_t clock_ms;
static uint8_t said[IDS];               /* of our ids: 1 asked, 2 cancelled, 3 of the handshake */
static size_t owed;                     /* answers to the server's requests, at most */
static uint64_t num_ids;                /* the newest of our ids */
static size_t produced, over_at;        /* bytes that left; how many there were at the end */
static bool beginning, over, legacy, modern, notified, closing, closed, roots_change;
static uint32_t kinds;                  /* of questions that were declared */
static unsigned mood;                   /* what the user does when asked */
static mcp_ref later[8];                /* questions that wait for their answers; the oldest are forgotten */
static size_t num_later;
static bool first_of_line, array;       /* of what the server says: what comes next, and whether that began so */

static bool is_open(mcp_ref ref)
{
    size_t i;
    for (i = 0; i < num_requests; i++) if (requests[i].ref == ref) return requests[i].open;
    return false;
}

/* A request with method: the handshake's first, then the user's in the form of the era. */
static void say_request(mcp_json root, const char *method)
{
    mcp_json params = mcp_json_get(root, "params"), meta = mcp_json_get(params, "_meta");
    const uint64_t id = mcp_json_uint(root, "id", 0);
    const bool is_modern = mcp_json_equals(meta, "io.modelcontextprotocol/protocolVersion", "2026-07-28") &&
                           mcp_json_type(mcp_json_get(meta, "io.modelcontextprotocol/clientCapabilities")) ==
                           MCP_JSON_OBJECT;
    MUST(id && id < IDS && !said[id]);
    said[id] = 1;
    if (id > num_ids) num_ids = id;
    if (!strcmp(method, "server/discover")) {
        MUST(is_modern && id == 1);
        said[id] = 3;
    } else if (!strcmp(method, "initialize")) {
        MUST(!mcp_json_exists(meta) && !legacy && !modern && mcp_json_exists(mcp_json_get(params, "capabilities")));
        legacy = true;
        said[id] = 3;
    } else if (notified) {
        MUST(!mcp_json_exists(mcp_json_get(meta, "io.modelcontextprotocol/protocolVersion")));
    } else {
        MUST(is_modern);
        modern = true;
        if (mcp_json_exists(mcp_json_get(params, "inputResponses")))
            MUST(mcp_json_count(mcp_json_get(params, "inputResponses")));
        if (mcp_json_exists(mcp_json_get(params, "requestState")))
            MUST(mcp_json_type(mcp_json_get(params, "requestState")) == MCP_JSON_STRING);
    }
}

static void say_notification(mcp_json root, const char *method)
{
    const uint64_t id = mcp_json_uint(mcp_json_get(root, "params"), "requestId", 0);
    if (!strcmp(method, "notifications/initialized")) {
        MUST(legacy && !notified && !modern);
        notified = true;
        return;
    }
    if (!strcmp(method, "notifications/roots/list_changed")) {
        MUST(roots_change && notified && !modern);
        return;
    }
    MUST(!strcmp(method, "notifications/cancelled") && id && id < IDS && said[id] == 1 && !is_open(id));
    said[id] = 2;
}

/* One line that leaves. */
static void say(const char *bytes, size_t len)
{
    mcp_doc doc = { 0 };
    mcp_json root;
    const char *method;
    MUST(len && !memchr(bytes, '\n', len) && mcp_json_parse(&doc, bytes, len) == MCP_OK);
    root = mcp_json_root(&doc);
    method = mcp_json_cstr(root, "method", "");
    MUST(mcp_json_type(root) == MCP_JSON_OBJECT && mcp_json_equals(root, "jsonrpc", "2.0"));
    if (*method && mcp_json_exists(mcp_json_get(root, "id"))) {
        say_request(root, method);
    } else if (*method) {
        say_notification(root, method);
    } else {        /* an answer, while the server is not known to be modern */
        MUST(!modern && owed && mcp_json_exists(mcp_json_get(root, "id")));
        MUST(mcp_json_exists(mcp_json_get(root, "result")) != mcp_json_exists(mcp_json_get(root, "error")));
        owed--;
    }
    mcp_doc_free(&doc);
}

static char taken[1 << 22];             /* of a line that is not complete */
static size_t num_taken;

/* Takes at most most bytes of the output. */
static void drain(size_t most)
{
    size_t len, i;
    const char *bytes = mcp_client_output(client, &len);
    MUST((bytes != NULL) == (len != 0));
    if (len > most) len = most;
    for (i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            say(taken, num_taken);
            num_taken = 0;
        } else {
            MUST(num_taken < sizeof taken);
            taken[num_taken++] = bytes[i];
        }
    }
    produced += len;
    if (len) mcp_client_sent(client, len);
    if (closed) return;
    (void)mcp_client_output(client, &len);
    MUST(len < 3 * MAX_REQUEST);    /* one request, and answers, beyond max_output */
}

/* Bytes that left or are to leave. */
static size_t total(void)
{
    size_t len;
    (void)mcp_client_output(client, &len);
    return produced + len;
}

/* The end comes once, and nothing is written after it. */
static void watch(void)
{
    if (closed || mcp_client_status(client) >= 0) {
        MUST(closed || !over);
        return;
    }
    if (!over) over_at = total();
    over = true;
    MUST(total() == over_at && !num_open && *mcp_client_error(client));
}

/*---- The user -------------------------------------------------------------------------------------*/

static void begin(unsigned n);

static void on_done(void *user, mcp_client *c, const mcp_reply *reply)
{
    request *r = (request *)user;
    mcp_json item;
    const size_t at = (size_t)(r - requests);
    MUST(c == client && r->open && r->ref && !beginning);
    r->open = false;
    num_open--;
    MUST(mcp_reply_ok(reply) == (mcp_reply_status(reply) == MCP_OK) && mcp_reply_text(reply));
    MUST(mcp_reply_status(reply) <= 0 && mcp_reply_status(reply) >= MCP_E_REMOTE);
    MUST(mcp_reply_status(reply) == MCP_E_REMOTE || !mcp_reply_code(reply));
    for (item = mcp_json_first(mcp_reply_content(reply)); mcp_json_exists(item); item = mcp_json_next(item)) {
        char bytes[20];
        size_t len;
        MUST(mcp_content_text(item));
        MUST(mcp_content_bytes(item, bytes, sizeof bytes, &len) != MCP_OK || len <= sizeof bytes);
    }
    (void)mcp_reply_data(reply);
    (void)mcp_reply_error_data(reply);
    MUST(!mcp_client_cancel(client, r->ref));
    if (at % 4 == 1 && !closing) begin((unsigned)at);
    if (closing) {
        closed = true;
        mcp_client_close(client);
    }
}

static void begin(unsigned n)
{
    request *r = &requests[num_requests];
    if (num_requests + 2 >= IDS) return;
    memset(r, 0, sizeof *r);
    num_requests++;
    beginning = true;
    switch (n % 6) {
    case 0: r->ref = mcp_call_begin(client, on_done, r, "echo", "{'text': %s}", "x"); break;
    case 1: r->ref = mcp_request_begin(client, on_done, r, "tools/list", NULL); break;
    case 2: r->ref = mcp_request_begin(client, on_done, r, "any", "{'n': [%u]}", n); break;
    case 3: r->ref = mcp_request_begin(client, on_done, r, "resources/read", "{'uri': %s}", "a:b"); break;
    case 4: r->ref = mcp_request_begin(client, on_done, r, "prompts/get", "{'name': %s}", "p"); break;
    default: r->ref = mcp_request_begin(client, on_done, r, "completion/complete", NULL); break;
    }
    beginning = false;
    MUST(!over || !r->ref);
    r->open = r->ref != 0;
    num_open += r->open;
    MUST(num_open <= MAX_CALLS + 1);
}

static void cancel(size_t i)
{
    request *r = num_requests ? &requests[num_requests - 1 - i % num_requests] : NULL;
    const bool was = r && r->open;
    if (!r) return;
    if (was) num_open--;
    r->open = false;
    MUST(mcp_client_cancel(client, r->ref) == was);
}

static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    (void)user, (void)total;
    MUST(is_open(request) && progress >= 0 && message);
}

/*---- What the user is asked -----------------------------------------------------------------------*/

static void cancel(size_t i);

/* What an answer may be; most do not fit most questions. */
static int reply(mcp_input *input, unsigned how)
{
    static const char *const values[] = {
        "{}", "{\"name\":\"x\"}", "{\"name\":7,\"n\":1e300,\"on\":true}", "[]", "{", "{\"name\":[\"a\",\"b\"]}"
    };
    switch (how % 4) {
    case 0: return mcp_accept(input, NULL);
    case 1: return mcp_accept_json(input, values[how / 4 % 6]);
    case 2: return mcp_answer_json(input, values[how / 4 % 6]);
    default: return mcp_answer(input, "{'roots': [], 'role': %s}", "assistant");
    }
}

/* Settles it, unless the user puts it off. What does not fit is refused, and nothing is lost by it. */
static void decide(mcp_input *input)
{
    mcp_ref ref;
    switch (mood % 8) {
    case 0: return;
    case 1: mcp_decline(input); return;
    case 2: mcp_dismiss(input); return;
    case 3:
        ref = mcp_input_later(input);
        MUST(ref && mcp_input_resume(client, ref) == input);
        later[num_later++ % 8] = ref;
        return;
    case 4:
        if (mood & 64) begin(mood >> 3);
        if (mood & 128) closing = true;
        cancel(mood >> 3);      /* which may take the question with it */
        return;
    default:
        if (reply(input, mood >> 3) == MCP_OK) return;
        MUST(*mcp_input_error(input));
        mcp_decline(input);
    }
}

static void on_input(void *user, mcp_input *input)
{
    mcp_json v;
    (void)user;
    MUST(!over && !closed);
    MUST((uint32_t)mcp_input_kind(input) & kinds);
    MUST(mcp_input_message(input) && mcp_input_error(input));
    for (v = mcp_json_first(mcp_input_params(input)); mcp_json_exists(v); v = mcp_json_next(v)) {}
    decide(input);
}

/* The user comes back to a question that was put off, or to one that is gone. */
static void resume(unsigned n)
{
    mcp_input *input = mcp_input_resume(client, later[n % 8]);
    if (!input) return;
    MUST(!over);
    mood = n >> 3;
    decide(input);
}

/*---- The server -----------------------------------------------------------------------------------*/

/* Each line could ask for something, and each member of a batch. */
static void owe(char byte)
{
    if (first_of_line && byte != ' ' && byte != '\t') {
        array = byte == '[';
        first_of_line = false;
    }
    if (byte == '\n') first_of_line = true;
    owed += byte == '\n' || (array && byte == '{');
}

static void hear(const char *bytes, size_t len)
{
    size_t i, size = 0;
    for (i = 0; i < len; i++) owe(bytes[i]);
    while (len && !closed) {
        char *room = len % 2 ? NULL : mcp_client_room(client, len, &size);
        if (room) {
            if (size > len) size = len;
            memcpy(room, bytes, size);
            mcp_client_fed(client, size);
        } else {
            size = mcp_client_feed(client, bytes, len);
            if (closed) return;
            if (size < len && mcp_client_status(client) < 0) return;
            if (size < len) {   /* it waits until its answers are taken */
                MUST(total() - produced >= 300);
                drain(100000);
            }
        }
        bytes += size;
        len -= size;
    }
}

#define QUESTION "{\"message\":\"?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{" \
                 "\"name\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\",\"default\":3}},\"required\":[\"name\"]}}"
#define FORM "\"f\":{\"method\":\"elicitation/create\",\"params\":" QUESTION "}"
#define ROOTS_OPEN "\"method\":\"roots/list\""
#define ROOTS "{" ROOTS_OPEN "}"
#define SAMPLING "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[],\"maxTokens\":1}}"

/* Something that fits the newest request, or the one before, and so on; or nearly does. */
static void answer(unsigned n)
{
    static const char *const forms[] = {
        "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}", "\"result\":{\"isError\":true}",
        "\"error\":{\"code\":-32601,\"message\":\"no\"}", "\"result\":{\"protocolVersion\":\"2025-06-18\"}",
        "\"result\":{\"supportedVersions\":[\"2026-07-28\"]}", "\"result\":{\"resultType\":\"input_required\"}",
        "\"error\":{\"code\":-32022,\"message\":\"\",\"data\":{\"supported\":[\"2024-11-05\"]}}", "\"result\":7",
        "\"result\":{\"contents\":[{\"uri\":\"a\",\"blob\":\"AAE=\"},{\"uri\":\"a\",\"text\":\"b\"}]}",
        "\"result\":{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"x\"}}]}",
        "\"result\":{\"completion\":{\"values\":[\"x\"]}}", "\"result\":{\"tools\":[{\"name\":\"x\"}]}",
        "\"result\":{\"contents\":{}}", "\"result\":{\"messages\":[{\"content\":\"x\"}]}", "\"result\":{}",
        "\"result\":{\"resultType\":\"input_required\",\"requestState\":\"s\"}",
        "\"result\":{\"resultType\":\"input_required\",\"requestState\":\"s\",\"inputRequests\":{" FORM
            ",\"r\":" ROOTS "}}",
        "\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{" FORM ",\"s\":" SAMPLING "}}",
        "\"method\":\"elicitation/create\",\"params\":" QUESTION, "\"method\":\"ping\"", ROOTS_OPEN,
        "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}",
        "\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"x:y\",\"message\":\"\"}"
    };
    char line[500];
    const uint64_t newest = num_ids ? num_ids : 2;
    const uint64_t id = newest > n / 24 ? newest - n / 24 : 1;
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%u,%s}\n", (unsigned)id, forms[n % MCP_COUNT(forms)]);
    hear(line, strlen(line));
}

/* Something that the server says unasked. */
static void tell(unsigned n)
{
    static const char *const forms[] = {
        "message\",\"params\":{\"level\":\"info\",\"data\":[1]}", "tools/list_changed\"",
        "resources/updated\",\"params\":{\"uri\":\"a:b\"}", "own\",\"params\":[]"
    };
    char line[200];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/%s}\n", forms[n % 4]);
    hear(line, strlen(line));
}

/* The answer that each step of the handshake hopes for. */
static void welcome(unsigned n)
{
    char line[200];
    unsigned id;
    for (id = 1; id < 9 && !closed && mcp_client_status(client) == MCP_WAIT; id++) {
        const char *modern_answer = "\"result\":{\"supportedVersions\":[\"2026-07-28\"]}";
        const char *old_answer = "\"result\":{\"protocolVersion\":\"2025-03-26\"}";
        drain(100000);
        if (closed) return;
        snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%u,%s}\n", id,
                 legacy ? old_answer : n % 2 ? modern_answer : "\"error\":{\"code\":-32601,\"message\":\"no\"}");
        hear(line, strlen(line));
    }
}

static uint64_t on_now(void *user) { (void)user; return clock_ms; }

static void on_log(void *user, int level, const char *message)
{
    (void)user;
    MUST(level >= MCP_LOG_ERROR && level <= MCP_LOG_DEBUG && *message);
}

/* What a host may do when it is told something. */
static void act(void)
{
    MUST(!beginning && !closed);
    if (closing) {
        closed = true;
        mcp_client_close(client);
    } else if (num_requests % 2) {
        begin((unsigned)num_requests);
    } else if (num_requests % 8 == 0) {
        (void)mcp_roots_changed(client);
    }
}

static void on_message(void *user, mcp_client *c, int level, const char *logger, mcp_json data)
{
    (void)user;
    MUST(c == client && level >= 0 && level <= MCP_LOG_DEBUG && logger && mcp_json_exists(data));
    act();
}

static void on_changed(void *user, mcp_client *c, int what, const char *uri)
{
    (void)user;
    MUST(c == client && (uri != NULL) == (what == MCP_CONTENTS));
    MUST(uri || what == MCP_TOOLS || what == MCP_RESOURCES || what == MCP_PROMPTS);
    act();
}

static void on_notification(void *user, mcp_client *c, const char *method, mcp_json params)
{
    (void)user;
    (void)mcp_json_count(params);
    MUST(c == client && strcmp(method, "notifications/message") && strcmp(method, "notifications/progress"));
    act();
}

static void open_client(unsigned n)
{
    mcp_client_desc d = { 0 };
    d.name = "c"; d.version = "1";
    d.log = on_log;
    d.now_ms = on_now;
    d.on_log = on_message;
    d.on_changed = on_changed;
    d.on_notification = on_notification;
    d.max_message = 1 << 13;
    d.max_nodes = 500;
    d.max_depth = 20;
    d.max_output = 300;
    d.max_request = MAX_REQUEST;
    d.max_rounds = 4;
    d.on_progress = on_progress;
    d.on_input = n % 5 == 4 ? NULL : on_input;
    kinds = MCP_INPUT_FORM | (n & 4 ? 0 : MCP_INPUT_URL | MCP_INPUT_SAMPLING | MCP_INPUT_ROOTS);
    d.inputs = kinds;
    d.roots_change = roots_change = d.on_input && (kinds & MCP_INPUT_ROOTS) && (n & 16);
    d.max_calls = MAX_CALLS;
    d.call_timeout_ms = 1000;
    d.probe_timeout_ms = 300;
    if (n % 4 == 3) d.revisions = n & 4 ? MCP_2026_07_28 : MCP_ALL_REVISIONS & ~MCP_2026_07_28;
    num_requests = num_open = owed = produced = num_taken = num_later = 0;
    num_ids = 0;
    mood = n;
    memset(later, 0, sizeof later);
    memset(said, 0, sizeof said);
    over = legacy = modern = notified = closing = closed = array = false;
    first_of_line = true;
    client = mcp_client_create(&d);
    MUST(client);
}

static void close_client(void)
{
    if (!closed) {
        watch();
        drain(1 << 30);
    }
    if (!closed) {
        closed = true;
        mcp_client_close(client);
    }
    MUST(!num_open);
}

/*---- The input ------------------------------------------------------------------------------------*/

/* After everything that may have ended the client. */
static void settle(unsigned n)
{
    if (closed) {       /* and the next one comes */
        close_client();
        open_client(n);
    }
    watch();
}

/* What a byte that is no text asks for, with the byte after it. */
static void command(unsigned what, unsigned n)
{
    switch (what) {
    case 1: drain(n * 8); break;
    case 2: begin(n); break;
    case 3: cancel(n); break;
    case 4:
        clock_ms += n * 10;
        MUST(mcp_client_tick(client) >= -1);
        break;
    case 5: answer(n); break;
    case 6: welcome(n); break;
    case 7:
        if (n % 8 == 0) mcp_client_ended(client);
        else if (n % 8 == 1) closing = true;
        else if (n % 8 == 2) close_client();
        else if (n % 8 == 3) MUST(mcp_reply_status(mcp_set_log_level(client, (int)(n / 8) % 8)) <= 0);
        else if (n % 8 == 4) MUST(roots_change || over || mcp_roots_changed(client) == MCP_E_MISUSE);
        else if (n % 8 == 5) MUST(mcp_roots_changed(client) <= 0);
        else tell(n / 8);
        break;
    case 11: mood = n; break;
    case 12: resume(n); break;
    default: begin(n); answer(n >> 3); break;
    }
    settle(n);
}

static bool is_command(uint8_t byte) { return (byte >= 1 && byte <= 8) || byte == 11 || byte == 12; }

/* How many bytes are text that can be fed at once: to the end of a line, or to a command. */
static size_t text_size(const uint8_t *data, size_t size)
{
    size_t n = 0;
    while (n < size && !is_command(data[n])) if (data[n++] == '\n') break;
    return n;
}

/* Seeds have no commands, so something happens after their lines too. */
static void after_line(size_t at)
{
    static const uint8_t commands[] = { 6, 2, 1, 2, 5, 4, 3, 2, 5, 7, 12, 12 };
    const unsigned n = (unsigned)(at * 2654435761u >> 7);
    mood = n >> 11;
    command(commands[n % 12], n >> 4 & 63);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    clock_ms = 0;
    open_client(size ? data[0] : 0);
    while (at < size) {
        const size_t n = text_size(data + at, size - at);
        if (n) hear((const char *)data + at, n);
        settle(0);
        if (n && data[at + n - 1] == '\n') after_line(at + n);
        else if (at + n + 1 < size) command(data[at + n], data[at + n + 1]);
        at += n && data[at + n - 1] == '\n' ? n : n + 2;
    }
    close_client();
    return 0;
}

#include "fuzz_main.h"
