/* Our client against somebody else's server, as its child.
   usage: client NAME ERA KIND REVISION PROGRAM [ARGUMENT...]
   ERA: auto, legacy or modern; KIND: which tools to expect, everything, small, ours, or
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

/* The names of all tools, each with a comma behind it. */
static const char *list_tools(mcp_client *c)
{
    static char names[2000];
    size_t n = 0;
    mcp_json t;
    for (t = mcp_list_first(c, MCP_TOOLS); mcp_json_exists(t) && n < 1800; t = mcp_list_next(c, t))
        n += (size_t)snprintf(names + n, sizeof names - n, "%.100s,", mcp_json_cstr(t, "name", "?"));
    names[n] = 0;
    return mcp_list_status(c) == MCP_OK ? names : mcp_strerror(mcp_list_status(c));
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
        check_reply("its log", MCP_OK, turn % 2 ? "Stopped" : "Started", mcp_call_tool(c, "toggle-simulated-logging", NULL));
    report("nothing to complain of", !complaints && !mcp_client_late(c), "warnings or late answers");
}

/*---- By kinds ------------------------------------------------------------------------------------*/

static void check_everything(mcp_client *c)
{
    const char *names = list_tools(c);
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
    check_many(c);
    check_progress(c);
    check_logging(c);
}

static void check_small(mcp_client *c)
{
    check_str("its tools", "echo,fail,", list_tools(c));
    check_reply("echo", MCP_OK, said, mcp_call_tool(c, "echo", "{'text': %s}", said));
    check_reply("a tool that fails", MCP_E_TOOL, "out of order", mcp_call_tool(c, "fail", NULL));
    check_many(c);
}

static void check_ours(mcp_client *c)
{
    const mcp_reply *r;
    const bool structured = strcmp(mcp_client_revision(c) ? mcp_client_revision(c) : "", "2025-06-18") >= 0;
    check_str("its tools, by pages", "echo,content,add,mismatch,broken,picky,counter,", list_tools(c));
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
    if (!strcmp(argv[3], "everything")) d.on_progress = on_progress;
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
        else check_small(c);
        check_str("the revision", argv[4], mcp_client_revision(c));
        if (strcmp(argv[3], "crude")) check_unknown(c);
    }
    mcp_client_close(c);
    return failed ? 2 : 0;
}
