/* A unit test of a server: it and its client in one process, without input, output or waiting.

       cc -I. examples/unit.c -o unit && ./unit */
#undef NDEBUG
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/*---- The server under test -----------------------------------------------------------------------*/

static int withdraw(mcp_call *c)
{
    int64_t *balance = (int64_t *)mcp_user(c), amount = mcp_arg_int(c, "amount", 0);
    if (amount > *balance) return mcp_fail(c, "there are only %lld left", (long long)*balance);
    *balance -= amount;
    return mcp_data(c, "{'balance': %lld}", (long long)*balance);
}

static const mcp_field withdraw_args[] = {
    MCP_FIELD("amount", MCP_INTEGER | MCP_REQUIRED, "How much", 0, 0, "1", 0),
    MCP_END
};
static const mcp_tool tools[] = {
    MCP_TOOL("withdraw", withdraw, "Takes money from the account.", withdraw_args)
};

/*---- The test ------------------------------------------------------------------------------------*/

/* In one revision: what a tool answers must not depend on it. */
static void test_in(uint32_t revision, const char *name)
{
    int64_t balance = 100;
    mcp_server_desc s = { 0 };
    mcp_client_desc d = { 0 };
    mcp_server *server;
    mcp_client *client;
    const mcp_reply *r;

    s.name = "bank"; s.version = "1.0";
    s.tools = tools; s.num_tools = MCP_COUNT(tools);
    s.user = &balance;
    s.revisions = revision;
    d.name = "test"; d.version = "1.0";
    server = mcp_server_create(&s);
    client = mcp_pair(server, &d);
    assert(client);

    r = mcp_call_tool(client, "withdraw", "{'amount': %d}", 30);
    assert(mcp_reply_ok(r) && balance == 70);
    assert(!strcmp(mcp_reply_text(r), "{\"balance\":70}"));
    assert(!strcmp(mcp_client_revision(client), name));

    r = mcp_call_tool(client, "withdraw", "{'amount': %d}", 71);
    assert(mcp_reply_status(r) == MCP_E_TOOL && balance == 70);
    assert(!strcmp(mcp_reply_text(r), "there are only 70 left"));

    r = mcp_call_tool(client, "withdraw", "{'amount': %d}", 0);
    assert(!strcmp(mcp_reply_text(r), "argument 'amount': expected at least 1, got 0"));

    r = mcp_call_tool(client, "deposit", NULL);
    assert(mcp_reply_status(r) == MCP_E_REMOTE && mcp_reply_code(r) == -32602);

    mcp_client_close(client);
    mcp_server_destroy(server);
    (void)printf("%s: passed\n", name);
}

int main(void)
{
    test_in(MCP_2024_11_05, "2024-11-05");
    test_in(MCP_2025_03_26, "2025-03-26");
    test_in(MCP_2025_06_18, "2025-06-18");
    test_in(MCP_2025_11_25, "2025-11-25");
    test_in(MCP_2026_07_28, "2026-07-28");
    return 0;
}
