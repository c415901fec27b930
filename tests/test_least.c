/* A server of which all is left out that can be: tools work, and of the rest it says that it is not there. */
#define MCP_NO_RESOURCES
#define MCP_NO_PROMPTS
#define MCP_NO_COMPLETION
#define MCP_NO_LOGGING
#define MCP_NO_METHODS
#define MCP_NO_BATCH
#define MCP_NO_TASKS
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static struct {
    test_heap heap;
    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *session;
    char reply[4096];           /* the last one, or what was sent of itself */
    char log[256];
} host;

static mcp_ref ref;             /* of the call that was deferred last */

static int say(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }
static int later(mcp_call *c) { return mcp_defer(c, &ref); }
static int unused(mcp_call *c) { (void)c; return MCP_OK; }

static const mcp_field args[] = { MCP_NEED("text", MCP_STRING, 0), MCP_END };
static const mcp_tool tools[] = { MCP_TOOL("say", say, 0, args), MCP_TOOL("later", later, 0, 0) };
static const mcp_resource resources[] = { MCP_RESOURCE("res:a", "a", unused, 0, 0) };
static const mcp_prompt prompts[] = { MCP_PROMPT("p", unused, 0, 0) };
static const mcp_method methods[] = { MCP_METHOD("own/m", unused, 0) };

static void on_log(void *user, int level, const char *message)
{
    (void)user;
    CHECK_INT(MCP_LOG_ERROR, level);
    snprintf(host.log, sizeof host.log, "%s", message);
}

static void begin(void)
{
    memset(&host, 0, sizeof host);
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.changes = MCP_TOOLS | MCP_RESOURCES | MCP_CONTENTS | MCP_PROMPTS;
    host.desc.logging = true;
    host.desc.log = on_log;
    host.desc.alloc = test_heap_init(&host.heap);
}

static const char *output(void)
{
    size_t len;
    const char *text = mcp_session_output(host.session, &len);
    CHECK(len < sizeof host.reply);
    if (len) memcpy(host.reply, text, len);
    host.reply[len] = 0;
    mcp_session_sent(host.session, len);
    return host.reply;
}

static const char *send_line(const char *line)
{
    CHECK_UINT(strlen(line), mcp_session_feed(host.session, line, strlen(line)));
    return output();
}

#define LEGACY(method, members) \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" members "}}\n"
#define INITIALIZE(revision) LEGACY("initialize", "\"protocolVersion\":\"" revision "\"")
#define RESULT(members) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" members "}}\n"
#define FAILURE(code, text) "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" code ",\"message\":\"" text "\"}}\n"

static void start(const char *hello)
{
    begin();
    host.server = mcp_server_create(&host.desc);
    CHECK(host.server);
    host.session = mcp_session_open(host.server);
    (void)send_line(hello);
}

static void end(void)
{
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
}

static void tools_are_offered_alone(void)
{
    start(INITIALIZE("2025-11-25"));
    CHECK_STR(RESULT("\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true}},"
                     "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}"),
              host.reply);
    CHECK_STR(RESULT("\"tools\":[{\"name\":\"say\",\"inputSchema\":{\"type\":\"object\",\"properties\":"
                     "{\"text\":{\"type\":\"string\"}},\"required\":[\"text\"]}},"
                     "{\"name\":\"later\",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}]"),
              send_line(LEGACY("tools/list", "")));
    end();
}

static void tools_work(void)
{
    mcp_call *call;
    start(INITIALIZE("2025-11-25"));
    CHECK_STR(RESULT("\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]"),
              send_line(LEGACY("tools/call", "\"name\":\"say\",\"arguments\":{\"text\":\"hi\"}")));
    CHECK_STR(RESULT("\"content\":[{\"type\":\"text\",\"text\":\"argument 'text': expected a string, got nothing\"}],"
                     "\"isError\":true"),
              send_line(LEGACY("tools/call", "\"name\":\"say\"")));
    CHECK_STR("", send_line(LEGACY("tools/call", "\"name\":\"later\"")));
    call = mcp_resume(host.server, ref);
    CHECK(call);
    mcp_finish(call, mcp_text(call, "done"));
    CHECK_STR(RESULT("\"content\":[{\"type\":\"text\",\"text\":\"done\"}]"), output());
    CHECK_STR("", send_line(LEGACY("tools/call", "\"name\":\"later\"")));
    CHECK_STR("", send_line("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                            "\"params\":{\"requestId\":1}}\n"));
    CHECK(!mcp_resume(host.server, ref));
    end();
}

static void the_rest_is_not_there(void)
{
    static const char *const requests[] = {
        LEGACY("resources/list", ""), LEGACY("resources/templates/list", ""),
        LEGACY("resources/read", "\"uri\":\"res:a\""), LEGACY("resources/subscribe", "\"uri\":\"res:a\""),
        LEGACY("prompts/list", ""), LEGACY("prompts/get", "\"name\":\"p\""), LEGACY("completion/complete", ""),
        LEGACY("logging/setLevel", "\"level\":\"info\""), LEGACY("own/m", ""),
        LEGACY("tasks/get", "\"taskId\":\"a\"")
    };
    size_t i;
    start(INITIALIZE("2025-11-25"));
    for (i = 0; i < MCP_COUNT(requests); i++)
        CHECK_STR(FAILURE("-32601", "Method not found"), send_line(requests[i]));
    end();
    start(INITIALIZE("2025-03-26"));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":"
              "\"batches are left out of this build: MCP_NO_BATCH\"}}\n",
              send_line("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]\n"));
    end();
}

static void only_tools_change(void)
{
    start(INITIALIZE("2025-11-25"));
    mcp_changed(host.server, MCP_RESOURCES | MCP_PROMPTS);
    mcp_resource_changed(host.server, "res:a");
    CHECK(!mcp_session_busy(host.session));
    CHECK_STR("", output());
    mcp_changed(host.server, MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS);
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n", output());
    CHECK(!mcp_session_busy(host.session));
    end();
}

/* A level is not looked at where nothing is ever logged. */
static void levels_of_requests(void)
{
    start("");
    CHECK(strstr(send_line(LEGACY("tools/call", "\"name\":\"say\",\"arguments\":{\"text\":\"hi\"},\"_meta\":{"
                                  "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                                  "\"io.modelcontextprotocol/clientCapabilities\":{},"
                                  "\"io.modelcontextprotocol/logLevel\":\"loud\"}")),
                 "\"text\":\"hi\""));
    end();
}

static void refused(const char *why)
{
    CHECK(!mcp_server_create(&host.desc));
    CHECK_STR(why, host.log);
    CHECK_HEAP(&host.heap);
}

static void rows_are_refused(void)
{
    begin();
    host.desc.resources = resources;
    host.desc.num_resources = 1;
    refused("mcp_resource 'res:a': left out of this build: MCP_NO_RESOURCES");
    begin();
    host.desc.prompts = prompts;
    host.desc.num_prompts = 1;
    refused("mcp_prompt 'p': left out of this build: MCP_NO_PROMPTS");
    begin();
    host.desc.methods = methods;
    host.desc.num_methods = 1;
    refused("mcp_method 'own/m': left out of this build: MCP_NO_METHODS");
    start(INITIALIZE("2025-11-25"));
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_resource(host.server, resources));
    CHECK_STATUS(MCP_E_MISUSE, mcp_add_prompt(host.server, prompts));
    CHECK(!mcp_remove_resource(host.server, "res:a") && !mcp_enable_prompt(host.server, "p", true));
    end();
}

int main(void)
{
    TEST(tools_are_offered_alone);
    TEST(tools_work);
    TEST(the_rest_is_not_there);
    TEST(only_tools_change);
    TEST(levels_of_requests);
    TEST(rows_are_refused);
    return test_end();
}
