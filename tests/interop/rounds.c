/* Our client calls tools of real servers that ask it before they answer, and answers.
     usage: rounds 2026-07-28|2025-11-25|everything SERVER [ARGUMENT ...]
   The first two are for rounds.mjs, the last is for @modelcontextprotocol/server-everything. */
#define MCP_IMPLEMENTATION
#include "../../mcp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *title;
static int bad;
static bool refusing;
static char asked[1000];

static void check(const char *name, bool ok, const mcp_reply *reply)
{
    printf("%s - rounds: %s: %s", ok ? "ok" : "FAIL", title, name);
    if (!ok) printf(": status %d \"%s\", asked %s", mcp_reply_status(reply), mcp_reply_text(reply), asked);
    printf("\n");
    if (!ok) bad = 1;
    asked[0] = 0;
}

/* Any form that the servers show: the names in it are different ones. */
static int fill(mcp_input *input)
{
    mcp_json fields = mcp_json_get(mcp_json_get(mcp_input_params(input), "requestedSchema"), "properties");
    if (mcp_json_exists(mcp_json_get(fields, "sure"))) return mcp_accept(input, "{'sure': true}");
    if (mcp_json_exists(mcp_json_get(fields, "nights"))) {
        if (mcp_accept(input, "{'name': %s, 'nights': %d}", "Ann", 15) != MCP_E_MISUSE) return MCP_E_PROTOCOL;
        return mcp_accept_json(input, "{\"name\": \"Ann\", \"room\": \"d\", \"extras\": [\"bath\", \"bread\"]}");
    }
    return mcp_accept(input, "{'name': %s, 'integer': %d, 'titledMultipleSelectEnum': ['fish-2', 'fish-3']}",
                      "Ann", 7);
}

static void on_input(void *user, mcp_input *input)
{
    static const char model[] = "{'role': 'assistant', 'content': {'type': 'text', 'text': %s}, 'model': %s}";
    int status = MCP_OK;
    (void)user;
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%d ", mcp_input_kind(input));
    if (refusing) {
        mcp_decline(input);
        return;
    }
    switch (mcp_input_kind(input)) {
    case MCP_INPUT_FORM: status = fill(input); break;
    case MCP_INPUT_URL: status = mcp_accept(input, NULL); break;
    case MCP_INPUT_SAMPLING: status = mcp_answer(input, model, "la", "m"); break;
    default: status = mcp_answer(input, "{'roots': [{'uri': %s, 'name': %s}]}", "file:///a", "a"); break;
    }
    if (status == MCP_OK) return;
    printf("FAIL - rounds: %s: an answer was not taken: status %d\n", title, status);
    bad = 1;
}

static bool said(const mcp_reply *reply, const char *text)
{
    return mcp_reply_ok(reply) && !strcmp(mcp_reply_text(reply), text);
}

/* Whether a piece stands in one of the texts of the content. */
static bool tells(const mcp_reply *reply, const char *piece)
{
    mcp_json block = mcp_json_first(mcp_reply_content(reply));
    for (; mcp_json_exists(block); block = mcp_json_next(block))
        if (strstr(mcp_json_cstr(block, "text", ""), piece)) return mcp_reply_ok(reply);
    return false;
}

/* The tools of rounds.mjs. */
static void call_rounds(mcp_client *c, bool modern)
{
    const mcp_reply *r = mcp_call_tool(c, "book", "{'hotel': %s}", "H");
    check("two forms, with defaults and a state between them",
          said(r, "{\"hotel\":\"H\",\"name\":\"Ann\",\"nights\":2,\"room\":\"d\",\"extras\":[\"bath\",\"bread\"],"
                  "\"quiet\":true,\"sure\":true}") && !strcmp(asked, "1 1 "), r);
    r = mcp_call_tool(c, "ask", NULL);
    check("a model and directories, in one round",
          said(r, "{\"said\":{\"type\":\"text\",\"text\":\"la\"},\"by\":\"m\","
                  "\"where\":[{\"uri\":\"file:///a\",\"name\":\"a\"}]}") && strlen(asked) == 4, r);
    r = mcp_call_tool(c, "open", NULL);
    check("an address", said(r, "accept") && !strcmp(asked, "2 "), r);
    r = mcp_call_tool(c, "wait", NULL);
    check("a state alone, three times", said(r, "xxx") && !*asked, r);
    r = mcp_call_tool(c, "endless", NULL);
    check("a tool that asks without end", !mcp_reply_ok(r), r);
    refusing = true;
    r = mcp_call_tool(c, "book", "{'hotel': %s}", "H");
    check("a form that is declined", said(r, "decline") && !strcmp(asked, "1 "), r);
    r = mcp_call_tool(c, "ask", NULL);
    check("a model that is refused", !mcp_reply_ok(r) && *asked, r);
    if (modern) check("its reason", mcp_reply_status(r) == MCP_E_PROTOCOL, r);
    refusing = false;
    r = mcp_call_tool(c, "wait", NULL);
    check("the next call", said(r, "xxx"), r);
}

/* Waits until server-everything has asked for our roots, which it does at a time of its own. */
static void settle(mcp_client *c)
{
    int tries = 0;
    while (!strstr(asked, "8 ") && tries++ < 50) (void)mcp_client_pump(c, 100);
    asked[0] = 0;
}

static void call_everything(mcp_client *c)
{
    const mcp_reply *r = mcp_call_tool(c, "echo", "{'message': %s}", "x");
    check("echo", said(r, "Echo: x"), r);
    settle(c);
    r = mcp_call_tool(c, "trigger-elicitation-request", "{}");
    check("a form of every kind of field",
          tells(r, "- Favorite Integer: 7") && tells(r, "\"firstLine\": \"It was a dark and stormy night.\"") &&
          tells(r, "\"fish-2\"") && tells(r, "\"number\": 3.14") && !strcmp(asked, "1 "), r);
    r = mcp_call_tool(c, "trigger-url-elicitation", "{'url': %s}", "https://x.example/");
    check("an address", tells(r, "https://x.example/") && !strcmp(asked, "2 "), r);
    r = mcp_call_tool(c, "trigger-sampling-request", "{'prompt': %s, 'maxTokens': %d}", "Sing!", 5);
    check("a model", tells(r, "\"text\": \"la\"") && !strcmp(asked, "4 "), r);
    r = mcp_call_tool(c, "get-roots-list", "{}");
    check("directories", tells(r, "URI: file:///a"), r);
    refusing = true;
    asked[0] = 0;
    r = mcp_call_tool(c, "trigger-elicitation-request", "{}");
    check("a form that is declined", tells(r, "\"action\": \"decline\""), r);
    r = mcp_call_tool(c, "trigger-sampling-request", "{'prompt': %s}", "Sing!");
    check("a model that is refused", !mcp_reply_ok(r) && !strcmp(asked, "4 "), r);
}

int main(int argc, char **argv)
{
    mcp_client_desc d;
    mcp_client *c;
    bool modern, everything;
    if (argc < 3) return 2;
    memset(&d, 0, sizeof d);
    title = argv[1];
    modern = !strcmp(title, "2026-07-28");
    everything = !strcmp(title, "everything");
    d.name = "rounds"; d.version = "1.0";
    d.on_input = on_input;
    d.inputs = MCP_INPUT_FORM | MCP_INPUT_URL | MCP_INPUT_SAMPLING | MCP_INPUT_ROOTS;
    d.call_timeout_ms = 20000;
    d.stderr_to = MCP_STDERR_DROP;
    if (!everything) d.revisions = modern ? MCP_2026_07_28 : MCP_2025_11_25;
    c = mcp_client_spawn(&d, (const char *const *)(argv + 2));
    if (!c) return perror(argv[2]), 1;
    if (everything) call_everything(c);
    else call_rounds(c, modern);
    mcp_client_close(c);
    return bad;
}
