/* The echo server in a loop of its own: it can be woken, so it waits with poll before it reads. It ignores
   SIGPIPE, as programs with a loop of their own mostly do. */

#define MCP_IMPLEMENTATION
#include "mcp.h"

#include <signal.h>

static int say(mcp_call *c)
{
    return mcp_text(c, mcp_arg_str(c, "text"));
}

static const mcp_field say_args[] = {
    MCP_NEED("text", MCP_STRING, "What to say back"),
    MCP_END
};
static const mcp_tool tools[] = {
    MCP_TOOL("echo", say, "Says it back.", say_args)
};

int main(void)
{
    mcp_server_desc d = { 0 };
    mcp_server *server;
    mcp_stdio *io;
    int status;
    d.name = "echo"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    (void)signal(SIGPIPE, SIG_IGN);
    server = mcp_server_create(&d);
    io = server ? mcp_stdio_open(server) : NULL;
    if (!io) return 1;
    do status = mcp_stdio_pump(io, -1);
    while (status == MCP_OK);
    mcp_stdio_close(io);
    mcp_server_destroy(server);
    return status == MCP_E_CLOSED ? 0 : 1;
}
