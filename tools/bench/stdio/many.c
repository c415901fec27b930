/* A server with a hundred tools of three arguments: what listing them costs. */

#define MCP_IMPLEMENTATION
#include "mcp.h"

static int done(mcp_call *c)
{
    return mcp_text(c, "done");
}

static const mcp_field args[] = {
    MCP_NEED("path", MCP_STRING, "The file, below the root of the project"),
    MCP_RANGE("line", MCP_INTEGER, "1", 0, "The first line; 1 is the top of the file"),
    MCP_DEFAULT("exact", MCP_BOOLEAN, "false", "Whether upper and lower case differ"),
    MCP_END
};

#define TOOL(name) MCP_TOOL(name, done, "Does one of the hundred things that this server can do to a file.", args)
#define TEN(tens)                                                                               \
    TOOL("tool_" tens "0"), TOOL("tool_" tens "1"), TOOL("tool_" tens "2"), TOOL("tool_" tens "3"), \
    TOOL("tool_" tens "4"), TOOL("tool_" tens "5"), TOOL("tool_" tens "6"), TOOL("tool_" tens "7"), \
    TOOL("tool_" tens "8"), TOOL("tool_" tens "9")

static const mcp_tool tools[] = {
    TEN("0"), TEN("1"), TEN("2"), TEN("3"), TEN("4"), TEN("5"), TEN("6"), TEN("7"), TEN("8"), TEN("9")
};

int main(void)
{
    mcp_server_desc d = { 0 };
    d.name = "many"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.page_size = MCP_COUNT(tools);
    return mcp_serve_stdio(&d);
}
