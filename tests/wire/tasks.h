/* The server behind the transcripts that start with `@@ tasks`: tools whose calls may be tasks, in a world where time
   stands still and chance is 1, 2, 3 ... */

#ifndef WIRE_TASKS_H
#define WIRE_TASKS_H

static uint64_t tasks_now_ms(void *user)
{
    (void)user;
    return 1000;
}

static uint64_t tasks_wall_ms(void *user)
{
    (void)user;
    return 1785240000000u;          /* 2026-07-28T12:00:00Z */
}

static bool tasks_random(void *user, void *out, size_t len)
{
    wire_state *state = (wire_state *)user;
    size_t i;
    for (i = 0; i < len; i++) ((unsigned char *)out)[i] = (unsigned char)++state->drawn;
    return true;
}

static const mcp_field tasks_form[] = { MCP_NEED("name", MCP_STRING, "Whose"), MCP_END };

static int tasks_greet(mcp_call *c)
{
    mcp_json answer;
    int status = mcp_task(c);
    if (status != MCP_OK) return mcp_text(c, "Hello, whoever you are.");
    status = mcp_ask(c, "name", "What is your name?", tasks_form, &answer);
    return status ? status : mcp_textf(c, "Hello, %s.", mcp_json_cstr(answer, "name", ""));
}

#define TASKS_TOOL(name, fn, args, flags) MCP_TOOL_FULL(name, fn, 0, args, 0, flags, 0, 0, 0, 0, 0)
static const mcp_tool tasks_tools[] = {
    TASKS_TOOL("wait", wire_wait, wire_wait_args, MCP_TASK),
    TASKS_TOOL("only", wire_wait, wire_wait_args, MCP_TASK_ONLY),
    TASKS_TOOL("release", wire_release, wire_release_args, 0),
    TASKS_TOOL("greet", tasks_greet, 0, MCP_TASK)
};

static mcp_server *tasks_server(wire_state *state, mcp_server_desc *d)
{
    d->name = "tasks";
    d->tools = tasks_tools; d->num_tools = MCP_COUNT(tasks_tools);
    d->user = state;
    d->now_ms = tasks_now_ms;
    d->wall_ms = tasks_wall_ms;
    d->random = tasks_random;
    d->max_tasks = 2;
    d->drain_ms = MCP_NONE;
    return mcp_server_create(d);
}

#endif
