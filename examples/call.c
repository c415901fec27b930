/* Starts a server, calls its tool echo, prints the answer:

       ./call ./echo "hello, world"            in whichever revision the server speaks
       ./call --modern ./echo "hello, world"   in 2026-07-28 or not at all */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const bool modern = argc > 1 && !strcmp(argv[1], "--modern");
    const char *server[] = { argc > 1 + modern ? argv[1 + modern] : "./echo", NULL };
    const char *text = argc > 2 + modern ? argv[2 + modern] : "hello, world";
    mcp_client_desc d = { 0 };
    mcp_client *client;
    const mcp_reply *reply;
    bool ok;

    d.name = "call"; d.version = "1.0";
    if (modern) d.revisions = MCP_2026_07_28;
    client = mcp_client_spawn(&d, server);
    if (!client) return perror(server[0]), 1;
    reply = mcp_call_tool(client, "echo", "{'text': %s}", text);
    ok = mcp_reply_ok(reply);
    (void)fprintf(ok ? stdout : stderr, "%s\n", mcp_reply_text(reply));
    mcp_client_close(client);
    return !ok;
}
