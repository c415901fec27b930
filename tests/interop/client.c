/* Our client against somebody else's server, as its child.
   usage: client NAME ERA KIND REVISION PROGRAM [ARGUMENT...]
   ERA: auto, legacy or modern; KIND: what to expect, everything, small, rich, ours, or
   crude: small, but not to be asked what it does not know; REVISION: what both must agree
   on. Prints a line for each case, as every test. */
#define MCP_IMPLEMENTATION
#include "../../mcp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name;
static int failed;

static void report(const char *what, bool ok, const char *got)
{
    if (ok) printf("ok - servers: %s: %s\n", name, what);
    else printf("FAIL - servers: %s: %s: got %.300s\n", name, what, got);
    failed |= !ok;
}

static void check_str(const char *what, const char *want, const char *got)
{
    report(what, got && !strcmp(want, got), got ? got : "nothing");
}

static void check_reply(const char *what, int status, const char *want, const mcp_reply *r)
{
    const bool ok = mcp_reply_status(r) == status && strstr(mcp_reply_text(r), want);
    report(what, ok, mcp_reply_text(r));
    if (!ok) printf("    with status %s\n", mcp_strerror(mcp_reply_status(r)));
}

/*---- What every server here can do ---------------------------------------------------------------*/

static const char said[] = "Gr\xc3\xbc\xc3\x9f" "e \"an\" \\ \xe4\xb8\x96\xe7\x95\x8c\n\xf0\x9f\x99\x82";

/* The names of all that a server has of a kind, each with a comma behind it. */
static const char *list(mcp_client *c, int kind, const char *key)
{
    static char names[4000];
    size_t n = 0;
    mcp_json v;
    for (v = mcp_list_first(c, kind); mcp_json_exists(v) && n < 3800; v = mcp_list_next(c, v))
        n += (size_t)snprintf(names + n, sizeof names - n, "%.100s,", mcp_json_cstr(v, key, "?"));
    names[n] = 0;
    return mcp_list_status(c) == MCP_OK ? names : mcp_strerror(mcp_list_status(c));
}

/* What the server told. */
static char logged[2000], changed[200];
static int times_asked;

static void on_server_log(void *user, mcp_client *c, int level, const char *logger, mcp_json data)
{
    const size_t n = strlen(logged);
    (void)user, (void)c;
    (void)snprintf(logged + n, sizeof logged - n, "%d %.50s %.200s;", level, logger,
                   mcp_json_cstr(data, NULL, mcp_json_cstr(data, "said", "?")));
}

static void on_changed(void *user, mcp_client *c, int what, const char *uri)
{
    (void)user, (void)c;
    (void)snprintf(changed, sizeof changed, "%d %.100s", what, uri ? uri : "-");
}

static void on_input(void *user, mcp_input *input)
{
    (void)user;
    times_asked++;
    (void)mcp_answer(input, "{'roots': [{'uri': %s, 'name': %s}]}", times_asked > 1 ? "file:///b" : "file:///a", "dir");
}

/* Waits for what comes unasked; not for ever. */
static bool comes(mcp_client *c, const char *in, const char *what)
{
    while (!strstr(in, what)) if (mcp_client_pump(c, 10000) != MCP_OK) return false;
    return true;
}

static void check_bytes(const char *what, const char *want, size_t want_len, mcp_json item)
{
    char bytes[300];
    size_t len = 0;
    const int status = mcp_content_bytes(item, bytes, sizeof bytes, &len);
    report(what, status == MCP_OK && len >= want_len && !memcmp(bytes, want, want_len), mcp_strerror(status));
}

static void check_unknown(mcp_client *c)
{
    const mcp_reply *r = mcp_request(c, "no/such", NULL);
    report("an unknown method", mcp_reply_status(r) == MCP_E_REMOTE && mcp_reply_code(r) == -32601, mcp_reply_text(r));
}

static mcp_ref numbers[20];
static int answered, in_order;

static void on_answer(void *user, mcp_client *c, const mcp_reply *r)
{
    char want[20];
    (void)c;
    (void)snprintf(want, sizeof want, "call %d", (int)((mcp_ref *)user - numbers));
    in_order += mcp_reply_ok(r) && strstr(mcp_reply_text(r), want) != NULL;
    answered++;
}

/* Many at once, each with an answer of its own. Servers have either of the two arguments. */
static void check_many(mcp_client *c)
{
    char text[20];
    int i;
    for (i = 0; i < (int)MCP_COUNT(numbers); i++) {
        (void)snprintf(text, sizeof text, "call %d", i);
        numbers[i] = mcp_call_begin(c, on_answer, &numbers[i], "echo", "{'message': %s, 'text': %s}", text, text);
    }
    while (answered < (int)MCP_COUNT(numbers) && mcp_client_pump(c, -1) >= 0) {}
    report("calls side by side", in_order == (int)MCP_COUNT(numbers), mcp_client_error(c));
}

static char progress[200];              /* what was told of it */
static mcp_ref progress_of;             /* which request; 0: of several */
static int complaints;                  /* of the client, about the server */

static void on_progress(void *user, mcp_ref request, double done, double total, const char *message)
{
    const size_t n = strlen(progress);
    (void)user;
    progress_of = !n || progress_of == request ? request : 0;
    (void)snprintf(progress + n, sizeof progress - n, "%g/%g%s;", done, total, message);
}

static void on_log(void *user, int level, const char *message)
{
    (void)user;
    fprintf(stderr, "log %d: %s\n", level, message);
    complaints += level <= MCP_LOG_WARNING;
}

static void on_end(void *user, mcp_client *c, const mcp_reply *r)
{
    (void)c;
    *(int *)user = mcp_reply_ok(r) ? 1 : -1;
}

/* Each step, in order and before the end; of the request that it belongs to. */
static void check_progress(mcp_client *c)
{
    int end = 0;
    const mcp_ref ref = mcp_call_begin(c, on_end, &end, "trigger-long-running-operation",
                                       "{'duration': %g, 'steps': %d}", 0.05, 5);
    *progress = 0;
    while (!end && mcp_client_pump(c, -1) >= 0) {}
    report("a tool that takes time", end == 1, mcp_client_error(c));
    check_str("its progress", "1/5;2/5;3/5;4/5;5/5;", progress);
    report("the request that progresses", ref && progress_of == ref, "another");
    *progress = 0;
    check_reply("the same, waiting", MCP_OK, "completed",
                mcp_call_tool(c, "trigger-long-running-operation", "{'duration': %g, 'steps': %d}", 0.02, 2));
    check_str("its progress, waiting", "1/2;2/2;", progress);
}

/* Messages for a log come before the reply to the first and the third call; they are none of this client's. */
static void check_logging(mcp_client *c)
{
    int turn;
    check_reply("the level of its log", MCP_OK, "", mcp_request(c, "logging/setLevel", "{'level': %s}", "debug"));
    for (turn = 0; turn < 4; turn++)
        check_reply("its log", MCP_OK, turn % 2 ? "Stopped" : "Started",
                    mcp_call_tool(c, "toggle-simulated-logging", NULL));
    report("nothing to complain of", !complaints && !mcp_client_late(c), "warnings or late answers");
}

/*---- By kinds ------------------------------------------------------------------------------------*/

#define DYNAMIC "demo://resource/dynamic/"

static void check_resources(mcp_client *c)
{
    const char *names = list(c, MCP_RESOURCES, "uri");
    report("its resources", strstr(names, "demo://resource/static/document/") != NULL, names);
    names = list(c, MCP_TEMPLATES, "uriTemplate");
    report("its templates", strstr(names, DYNAMIC "text/{resourceId},") != NULL, names);
    check_reply("a text", MCP_OK, "Resource 7: This is a plaintext", mcp_read_resource(c, DYNAMIC "text/7"));
    check_bytes("bytes", "Resource 8: This is a base64 blob", 33,
                mcp_json_first(mcp_reply_content(mcp_read_resource(c, DYNAMIC "blob/8"))));
    check_reply("a resource that is not there", MCP_E_REMOTE, "not found", mcp_read_resource(c, "demo://no"));
    check_str("values of a variable", "12", mcp_reply_text(mcp_complete(c, MCP_TEMPLATES,
                  DYNAMIC "text/{resourceId}", "resourceId", "12", NULL)));
}

static void check_prompts(mcp_client *c)
{
    const mcp_reply *r;
    mcp_json m;
    const char *names = list(c, MCP_PROMPTS, "name");
    report("its prompts", strstr(names, "simple-prompt,") && strstr(names, "args-prompt,"), names);
    check_reply("a prompt", MCP_OK, "a simple prompt", mcp_get_prompt(c, "simple-prompt", NULL));
    check_reply("a prompt with arguments", MCP_OK, "weather in \"Rome\", Lazio?",
                mcp_get_prompt(c, "args-prompt", "{'city': %s, 'state': %s}", "\"Rome\"", "Lazio"));
    r = mcp_get_prompt(c, "resource-prompt", "{'resourceType': %s, 'resourceId': %s}", "Text", "3");
    m = mcp_json_next(mcp_json_first(mcp_reply_content(r)));
    report("a resource in a prompt", strstr(mcp_content_text(m), "Resource 3:") && mcp_json_equals(m, "role", "user"),
           mcp_content_text(m));
    check_reply("a prompt without its argument", MCP_E_REMOTE, "city", mcp_get_prompt(c, "args-prompt", "{}"));
    r = mcp_complete(c, MCP_PROMPTS, "completable-prompt", "department", "S", NULL);
    check_str("values of an argument", "Sales", mcp_reply_text(r));
    report("all of them", mcp_json_count(mcp_reply_content(r)) == 2, mcp_reply_text(r));
    check_str("values that depend on another", "Eve", mcp_reply_text(mcp_complete(c, MCP_PROMPTS,
                  "completable-prompt", "name", "E", "{'department': %s}", "Sales")));
}

static void check_told(mcp_client *c)
{
    int before;
    check_reply("ping", MCP_OK, "", mcp_ping(c));
    check_reply("a log level", MCP_OK, "", mcp_set_log_level(c, MCP_LOG_DEBUG));
    check_reply("a subscription", MCP_OK, "", mcp_subscribe(c, DYNAMIC "text/7"));
    report("a log message", comes(c, logged, "6  Received Subscribe Resource request for URI: " DYNAMIC), logged);
    check_reply("changes begin", MCP_OK, "Started", mcp_call_tool(c, "toggle-subscriber-updates", NULL));
    report("a change", comes(c, changed, "16 " DYNAMIC "text/7"), changed);
    check_reply("no subscription any more", MCP_OK, "", mcp_unsubscribe(c, DYNAMIC "text/7"));
    check_reply("roots", MCP_OK, "file:///", mcp_call_tool(c, "get-roots-list", NULL));
    before = times_asked;
    logged[0] = 0;
    report("roots that change", mcp_roots_changed(c) == MCP_OK && comes(c, logged, "Roots updated: 1 root(s)") &&
           times_asked == before + 1, logged);
    check_reply("the new roots", MCP_OK, "file:///b", mcp_call_tool(c, "get-roots-list", NULL));
}

static void check_everything(mcp_client *c)
{
    const char *names = list(c, MCP_TOOLS, "name");
    const mcp_reply *r;
    mcp_json block;
    report("its tools", strstr(names, "echo,") && strstr(names, "get-structured-content,"), names);
    check_reply("echo", MCP_OK, said, mcp_call_tool(c, "echo", "{'message': %s}", said));
    check_reply("numbers", MCP_OK, "The sum of 2.5 and -4 is -1.5.",
                mcp_call_tool(c, "get-sum", "{'a': %g, 'b': %d}", 2.5, -4));
    r = mcp_call_tool(c, "get-structured-content", "{'location': 'Chicago'}");
    report("structured content: a number", mcp_json_int(mcp_reply_data(r), "temperature", 0) == 36, mcp_reply_text(r));
    check_str("structured content: a text", "Light rain / drizzle",
              mcp_json_cstr(mcp_reply_data(r), "conditions", NULL));
    block = mcp_json_first(mcp_reply_content(mcp_call_tool(c, "get-tiny-image", NULL)));
    while (mcp_json_exists(block) && !mcp_json_equals(block, "type", "image")) block = mcp_json_next(block);
    check_str("an image: its type", "image/png", mcp_json_cstr(block, "mimeType", NULL));
    report("an image: its bytes", !strncmp(mcp_json_cstr(block, "data", ""), "iVBORw0KGgo", 11), "other bytes");
    check_reply("a wrong argument", MCP_E_TOOL, "location",
                mcp_call_tool(c, "get-structured-content", "{'location': 'Nowhere'}"));
    check_reply("a tool that is not there", MCP_E_TOOL, "not found", mcp_call_tool(c, "nobody", NULL));
    r = mcp_request(c, "resources/list", NULL);
    report("another request", mcp_json_exists(mcp_json_first(mcp_json_get(mcp_reply_result(r), "resources"))),
           mcp_reply_text(r));
    check_resources(c);
    check_prompts(c);
    check_told(c);
    check_many(c);
    check_progress(c);
    check_logging(c);
}

static void check_small(mcp_client *c)
{
    check_str("its tools", "echo,fail,", list(c, MCP_TOOLS, "name"));
    check_reply("echo", MCP_OK, said, mcp_call_tool(c, "echo", "{'text': %s}", said));
    check_reply("a tool that fails", MCP_E_TOOL, "out of order", mcp_call_tool(c, "fail", NULL));
    check_many(c);
}

/* What there is beside tools, in both eras. */
/* Of the lists we were told all the time, and of the resource while we wanted it. */
static void check_listening(mcp_client *c)
{
    changed[0] = 0;
    check_reply("a resource is wanted", MCP_OK, "", mcp_subscribe(c, "small://bytes"));
    check_reply("a change of it", MCP_OK, "changed", mcp_call_tool(c, "change", NULL));
    report("it is told", comes(c, changed, "16 small://bytes"), changed);
    check_reply("it is wanted no more", MCP_OK, "", mcp_unsubscribe(c, "small://bytes"));
    changed[0] = 0;
    check_reply("another change", MCP_OK, "changed", mcp_call_tool(c, "change", NULL));
    report("the list is told", comes(c, changed, "1 -"), changed);
}

static void check_rich(mcp_client *c)
{
    const mcp_reply *r;
    mcp_json m;
    check_str("its tools", "echo,fail,speak,change,", list(c, MCP_TOOLS, "name"));
    check_reply("echo", MCP_OK, said, mcp_call_tool(c, "echo", "{'text': %s}", said));
    check_reply("a tool that fails", MCP_E_TOOL, "out of order", mcp_call_tool(c, "fail", NULL));
    check_str("its resources", "small://bytes,", list(c, MCP_RESOURCES, "uri"));
    check_str("its templates", "small://{owner}/{id},", list(c, MCP_TEMPLATES, "uriTemplate"));
    check_str("its prompts", "greet,", list(c, MCP_PROMPTS, "name"));
    check_bytes("bytes", "\0\1\377", 3, mcp_json_first(mcp_reply_content(mcp_read_resource(c, "small://bytes"))));
    check_str("a text", "note 7 of ann", mcp_reply_text(mcp_read_resource(c, "small://ann/7")));
    r = mcp_read_resource(c, "other://no");
    report("a resource that is not there", mcp_reply_code(r) == -32602 || mcp_reply_code(r) == -32002,
           mcp_reply_text(r));
    r = mcp_complete(c, MCP_TEMPLATES, "small://{owner}/{id}", "id", "2", "{'owner': %s}", "ann");
    check_str("values of a variable", "21", mcp_reply_text(r));
    check_str("values that depend on another", "ann", mcp_content_text(mcp_json_at(mcp_reply_content(r), 1)));
    r = mcp_get_prompt(c, "greet", "{'who': %s}", "Ann");
    check_str("a prompt with arguments", "Greet Ann.", mcp_reply_text(r));
    m = mcp_json_first(mcp_reply_content(r));
    report("the role of a message", mcp_json_equals(m, "role", "assistant"), mcp_json_cstr(m, "role", "?"));
    check_bytes("an image in a prompt", "\1\2", 2, m);
    check_reply("a prompt without its argument", MCP_E_REMOTE, "", mcp_get_prompt(c, "greet", "{}"));
    check_str("values of an argument", "An", mcp_reply_text(mcp_complete(c, MCP_PROMPTS, "greet", "who", "A", NULL)));
    check_reply("ping", MCP_OK, "", mcp_ping(c));
    check_reply("a log level", MCP_OK, "", mcp_set_log_level(c, MCP_LOG_INFO));
    check_reply("a tool that logs", MCP_OK, "spoken", mcp_call_tool(c, "speak", NULL));
    check_str("a log message", "6 small a word;", logged);
    if (mcp_client_revision(c) && !strcmp(mcp_client_revision(c), "2026-07-28")) check_listening(c);
    check_many(c);
}

static void check_ours(mcp_client *c)
{
    const mcp_reply *r;
    const bool structured = strcmp(mcp_client_revision(c) ? mcp_client_revision(c) : "", "2025-06-18") >= 0;
    check_str("its tools, by pages", "echo,content,add,mismatch,broken,picky,counter,", list(c, MCP_TOOLS, "name"));
    check_reply("echo", MCP_OK, said, mcp_call_tool(c, "echo", "{'text': %s}", said));
    r = mcp_call_tool_json(c, "add", "{\"a\":2,\"b\":-3,\"negate\":true}");
    check_reply("a result", MCP_OK, "\"sum\":1.5", r);
    if (structured) report("structured content", mcp_json_num(mcp_reply_data(r), "sum", 0) == 1.5, mcp_reply_text(r));
    check_reply("a tool that fails", MCP_E_TOOL, "out of order: \"code\" 42", mcp_call_tool(c, "broken", NULL));
    check_reply("a wrong argument", MCP_E_TOOL, "argument 'size'", mcp_call_tool(c, "picky", "{'size': 'huge'}"));
}

int main(int argc, char **argv)
{
    mcp_client_desc d;
    mcp_client *c;
    if (argc < 6) return 2;
    name = argv[1];
    memset(&d, 0, sizeof d);
    d.name = "interop";
    d.version = "1.0";
    d.log = on_log;
    d.on_log = on_server_log;
    d.on_changed = on_changed;
    if (!strcmp(argv[3], "everything")) {
        d.on_progress = on_progress;
        d.on_input = on_input;
        d.inputs = MCP_INPUT_ROOTS;
        d.roots_change = true;
    }
    if (!strcmp(argv[2], "legacy")) d.revisions = MCP_ALL_REVISIONS & ~MCP_2026_07_28;
    if (!strcmp(argv[2], "modern")) d.revisions = MCP_2026_07_28;
    c = mcp_client_spawn(&d, (const char *const *)argv + 5);
    if (!c) {
        report("starts", false, argv[5]);
        return 2;
    }
    if (!strcmp(argv[4], "none")) {
        const mcp_reply *r = mcp_call_tool(c, "echo", NULL);
        report("nothing in common is an error", mcp_reply_status(r) < 0 && *mcp_client_error(c), mcp_reply_text(r));
    } else {
        if (!strcmp(argv[3], "everything")) check_everything(c);
        else if (!strcmp(argv[3], "ours")) check_ours(c);
        else if (!strcmp(argv[3], "rich")) check_rich(c);
        else check_small(c);
        check_str("the revision", argv[4], mcp_client_revision(c));
        if (strcmp(argv[3], "crude")) check_unknown(c);
    }
    mcp_client_close(c);
    return failed ? 2 : 0;
}
