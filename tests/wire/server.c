/* The server of server.h as a program, for pipe.sh.   usage: server full | legacy | modern | rows | events ... */
#define MCP_IMPLEMENTATION
#include "../../mcp.h"
#include "server.h"

int main(int argc, char **argv)
{
    static wire_state state;
    mcp_server *server = wire_server(&state, argc == 2 ? argv[1] : "full");
    mcp_stdio *io = server ? mcp_stdio_open(server) : NULL;
    int status = MCP_E_NOMEM;
    if (io)
        do status = mcp_stdio_pump(io, -1);
        while (status == MCP_OK);
    mcp_stdio_close(io);
    mcp_server_destroy(server);
    return status == MCP_E_CLOSED ? 0 : 1;
}
