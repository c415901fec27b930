/* A server that leaves out what can be left out: it offers none of that, whatever its desc says, and refuses rows
   for it. */
#define MCP_NO_RESOURCES
#define MCP_NO_PROMPTS
#define MCP_NO_COMPLETION
#define MCP_NO_LOGGING
#define MCP_NO_METHODS
#define MCP_NO_BATCH
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static char logged[300];

static void on_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    snprintf(logged, sizeof logged, "%s", message);
}

static int act(mcp_call *c)
{
    mcp_log(c, MCP_LOG_EMERGENCY, NULL, "%s", "goes nowhere");
    mcp_changed(mcp_call_server(c), MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS);
    mcp_resource_changed(mcp_call_server(c), "a:b");
    return mcp_text(c, "t");
}

static const mcp_tool tools[] = { MCP_TOOL("act", act, 0, 0) };
static const mcp_resource resources[] = { MCP_RESOURCE("a:b", "b", act, 0, 0) };
static const mcp_prompt prompts[] = { MCP_PROMPT("act", act, 0, 0) };
static const mcp_method methods[] = { MCP_METHOD("act", act, 0) };

/* The usual desc, which wants everything but rows of the kinds that are left out. */
static void begin(mcp_server_desc *d)
{
    memset(d, 0, sizeof *d);
    d->name = "s"; d->version = "1";
    d->tools = tools; d->num_tools = MCP_COUNT(tools);
    d->changes = MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS | MCP_CONTENTS;
    d->logging = true;
    d->log = on_log;
}

/* What a session says to a line. */
static const char *answer(mcp_session *s, const char *line)
{
    static char text[2000];
    const char *out;
    size_t len;
    CHECK_UINT(strlen(line), mcp_session_feed(s, line, strlen(line)));
    out = mcp_session_output(s, &len);
    snprintf(text, sizeof text, "%.*s", (int)len, out ? out : "");
    mcp_session_sent(s, len);
    return text;
}

#define REQUEST(method, params) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}\n"
#define ERROR(code, text) "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" code ",\"message\":\"" text "\"}}\n"
#define SHAKE_HANDS(revision) REQUEST("initialize", "\"protocolVersion\":\"" revision "\"")

static void offers_only_tools(void)
{
    static const char *const left_out[] = {
        REQUEST("resources/list", ""), REQUEST("resources/templates/list", ""),
        REQUEST("resources/read", "\"uri\":\"a:b\""), REQUEST("resources/subscribe", "\"uri\":\"a:b\""),
        REQUEST("prompts/list", ""), REQUEST("prompts/get", "\"name\":\"act\""),
        REQUEST("completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"act\"}"),
        REQUEST("logging/setLevel", "\"level\":\"debug\""), REQUEST("act", "")
    };
    mcp_server_desc d;
    mcp_server *server;
    mcp_session *s;
    size_t i;
    begin(&d);
    server = mcp_server_create(&d);
    s = mcp_session_open(server);
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":"
              "{\"tools\":{\"listChanged\":true}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}\n",
              answer(s, SHAKE_HANDS("2025-11-25")));
    for (i = 0; i < MCP_COUNT(left_out); i++) CHECK_STR(ERROR("-32601", "Method not found"), answer(s, left_out[i]));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"t\"}]}}\n"
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n",
              answer(s, REQUEST("tools/call", "\"name\":\"act\"")));
    mcp_session_close(s);
    mcp_server_destroy(server);
}

static void has_no_batches(void)
{
    mcp_server_desc d;
    mcp_server *server;
    mcp_session *s;
    begin(&d);
    server = mcp_server_create(&d);
    s = mcp_session_open(server);
    (void)answer(s, SHAKE_HANDS("2025-03-26"));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":"
              "\"batches are left out of this build: MCP_NO_BATCH\"}}\n",
              answer(s, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]\n"));
    mcp_session_close(s);
    mcp_server_destroy(server);
}

static void refuses_rows(void)
{
    mcp_server_desc d;
    mcp_server *server;
    begin(&d);
    d.resources = resources; d.num_resources = 1;
    CHECK(!mcp_server_create(&d));
    CHECK_STR("mcp_resource 'a:b': left out of this build: MCP_NO_RESOURCES", logged);
    begin(&d);
    d.prompts = prompts; d.num_prompts = 1;
    CHECK(!mcp_server_create(&d));
    CHECK_STR("mcp_prompt 'act': left out of this build: MCP_NO_PROMPTS", logged);
    begin(&d);
    d.methods = methods; d.num_methods = 1;
    CHECK(!mcp_server_create(&d));
    CHECK_STR("mcp_method 'act': left out of this build: MCP_NO_METHODS", logged);
    begin(&d);
    server = mcp_server_create(&d);
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_resource(server, resources));
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_prompt(server, prompts));
    CHECK(!mcp_remove_resource(server, "a:b") && !mcp_enable_prompt(server, "act", true));
    mcp_server_destroy(server);
}

int main(void)
{
    TEST(offers_only_tools);
    TEST(has_no_batches);
    TEST(refuses_rows);
    return test_end();
}
