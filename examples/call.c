/* Starts a server, calls one of its tools, prints the answer:  ./call ./echo "hello, world" */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *server[] = { argc > 1 ? argv[1] : "./echo", NULL };
    mcp_client_desc d = { 0 };
    mcp_client *client;
    const mcp_reply *reply;
    bool ok;

    d.name = "call"; d.version = "1.0";
    client = mcp_client_spawn(&d, server);
    if (!client) return perror(server[0]), 1;
    reply = mcp_call_tool(client, "echo", "{'text': %s}", argc > 2 ? argv[2] : "hello, world");
    ok = mcp_reply_ok(reply);
    (void)fprintf(ok ? stdout : stderr, "%s\n", mcp_reply_text(reply));
    mcp_client_close(client);
    return !ok;
}
