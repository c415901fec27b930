/* The server behind the transcripts that start with `@@ events`: it logs, tells progress and changes. */

#ifndef WIRE_EVENTS_H
#define WIRE_EVENTS_H

static int events_level(mcp_call *c)
{
    static const char *const names[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info",
                                         "debug" };
    int level = MCP_LOG_DEBUG;
    while (level && strcmp(mcp_arg_str(c, "level"), names[level])) level--;
    return level;
}

static int events_say(mcp_call *c)
{
    mcp_log(c, events_level(c), mcp_arg_str(c, "logger"), "%s", mcp_arg_str(c, "text"));
    return mcp_text(c, "said");
}

/* Logs JSON of every kind. */
static int events_data(mcp_call *c)
{
    mcp_log_data(c, MCP_LOG_WARNING, "db", "{'host': %s, 'tries': %d}", "a\"b", 3);
    mcp_log_data(c, MCP_LOG_WARNING, NULL, "[1, null, %s]", "x");
    mcp_log_data(c, MCP_LOG_WARNING, NULL, "null");
    mcp_log_text(c, MCP_LOG_WARNING, NULL, "caf\xC3\xA9 \xFF");
    return mcp_text(c, "logged");
}

static int events_count(mcp_call *c)
{
    const double to = mcp_arg_num(c, "to", 0), total = mcp_arg_bool(c, "total", false) ? to : 0;
    double i;
    for (i = 0; i < to; i += 0.5) mcp_progress(c, i, total, mcp_arg_str(c, "text"));
    mcp_progress(c, to - 1, total, "back");     /* it only grows */
    return mcp_text(c, "counted");
}

/* Tells progress and logs, of a call that waits. */
static int events_nudge(mcp_call *c)
{
    wire_state *state = (wire_state *)mcp_user(c);
    wire_slot *slot = wire_slot_of(state, mcp_arg_str(c, "as"));
    mcp_call *waits = slot ? mcp_resume(state->server, slot->ref) : NULL;
    if (!waits) return mcp_text(c, "nobody waits");
    mcp_progress(waits, mcp_arg_num(c, "done", 0), 10, "nudged");
    mcp_log_text(waits, MCP_LOG_INFO, "nudge", "nudged");
    return mcp_text(c, "nudged");
}

static const mcp_tool events_new_tool = MCP_TOOL("new", wire_nothing, 0, 0);
static const mcp_resource events_new_resource = MCP_RESOURCE_TEXT("mem://new", "new", "n", "text/plain", 0);
static const mcp_prompt events_new_prompt = MCP_PROMPT("new", wire_nothing, 0, 0);

static bool events_is(mcp_call *c, const char *kind) { return !strcmp(mcp_arg_str(c, "kind"), kind); }

static int events_add(mcp_call *c)
{
    mcp_server *s = mcp_call_server(c);
    if (events_is(c, "tool")) return mcp_text(c, mcp_add_tool(s, &events_new_tool) ? "refused" : "added");
    if (events_is(c, "prompt")) return mcp_text(c, mcp_add_prompt(s, &events_new_prompt) ? "refused" : "added");
    return mcp_text(c, mcp_add_resource(s, &events_new_resource) ? "refused" : "added");
}

/* Takes itself away, or something else; for good or for a while. */
static int events_remove(mcp_call *c)
{
    mcp_server *s = mcp_call_server(c);
    const char *name = mcp_arg_str(c, "name");
    const bool for_good = mcp_arg_bool(c, "for_good", false);
    bool was;
    if (events_is(c, "tool")) was = for_good ? mcp_remove_tool(s, name) : mcp_enable_tool(s, name, false);
    else if (events_is(c, "prompt")) was = for_good ? mcp_remove_prompt(s, name) : mcp_enable_prompt(s, name, false);
    else was = for_good ? mcp_remove_resource(s, name) : mcp_enable_resource(s, name, false);
    return mcp_text(c, was ? "gone" : "was not there");
}

static int events_touch(mcp_call *c)
{
    int64_t i;
    for (i = mcp_arg_int(c, "times", 1); i > 0; i--) mcp_resource_changed(mcp_call_server(c), mcp_arg_str(c, "uri"));
    return mcp_text(c, "touched");
}

/* Changes everything, a thousand times. */
static int events_stir(mcp_call *c)
{
    int i;
    for (i = 0; i < 1000; i++) {
        mcp_changed(mcp_call_server(c), MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS);
        mcp_resource_changed(mcp_call_server(c), "mem://a");
        mcp_resource_changed(mcp_call_server(c), "mem://user/7");
    }
    return mcp_text(c, "stirred");
}

static const char *events_json(mcp_json v, char *text, size_t size)
{
    mcp_out out;
    mcp_str json;
    mcp_out_fixed(&out, text, size);
    mcp_put_value(&out, v);
    return mcp_json_exists(v) && mcp_out_done(&out, &json) == MCP_OK ? json.ptr : "nothing";
}

static int events_who(mcp_call *c)
{
    char info[200], can[200];
    return mcp_textf(c, "%s, %s, can %s", mcp_revision(c), events_json(mcp_client_info(c), info, sizeof info),
                     events_json(mcp_client_capabilities(c), can, sizeof can));
}

static int events_read(mcp_call *c)
{
    mcp_log_text(c, MCP_LOG_ERROR, "read", "reading");
    mcp_progress(c, 1, 1, NULL);
    return mcp_text(c, "r");
}

static const mcp_field events_say_args[] = {
    MCP_FIELD("level", MCP_STRING | MCP_REQUIRED, 0, "emergency|alert|critical|error|warning|notice|info|debug", 0, 0,
              0),
    MCP_NEED("text", MCP_STRING, 0), MCP_ARG("logger", MCP_STRING, 0), MCP_END
};
static const mcp_field events_count_args[] = {
    MCP_NEED("to", MCP_NUMBER, 0), MCP_ARG("total", MCP_BOOLEAN, 0), MCP_ARG("text", MCP_STRING, 0), MCP_END
};
static const mcp_field events_nudge_args[] = {
    MCP_NEED("as", MCP_STRING, 0), MCP_NEED("done", MCP_NUMBER, 0), MCP_END
};
static const mcp_field events_row_args[] = {
    MCP_FIELD("kind", MCP_STRING | MCP_REQUIRED, 0, "tool|resource|prompt", 0, 0, 0), MCP_ARG("name", MCP_STRING, 0),
    MCP_ARG("for_good", MCP_BOOLEAN, 0), MCP_END
};
static const mcp_field events_touch_args[] = {
    MCP_NEED("uri", MCP_STRING, 0), MCP_ARG("times", MCP_INTEGER, 0), MCP_END
};

static const mcp_tool events_tools[] = {
    MCP_TOOL("say", events_say, 0, events_say_args), MCP_TOOL("data", events_data, 0, 0),
    MCP_TOOL("count", events_count, 0, events_count_args), MCP_TOOL("wait", wire_wait, 0, wire_wait_args),
    MCP_TOOL("release", wire_release, 0, wire_release_args), MCP_TOOL("nudge", events_nudge, 0, events_nudge_args),
    MCP_TOOL("add", events_add, 0, events_row_args), MCP_TOOL("remove", events_remove, 0, events_row_args),
    MCP_TOOL("touch", events_touch, 0, events_touch_args), MCP_TOOL("stir", events_stir, 0, 0),
    MCP_TOOL("who", events_who, 0, 0)
};
/* One resource is for nobody. */
static bool events_filter(void *user, mcp_call *call, int kind, const char *name)
{
    (void)user, (void)call, (void)kind;
    return strcmp(name, "mem://hidden");
}

static const mcp_resource events_resources[] = {
    MCP_RESOURCE("mem://a", "a", events_read, "text/plain", 0),
    MCP_RESOURCE("mem://b", "b", events_read, "text/plain", 0),
    MCP_RESOURCE("mem://hidden", "hidden", events_read, "text/plain", 0),
    MCP_RESOURCE("mem://user/{id}", "user", events_read, "text/plain", 0)
};
static const mcp_prompt events_prompts[] = { MCP_PROMPT("read", events_read, 0, 0) };

static mcp_server *events_server(wire_state *state)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "events"; d.version = "1";
    d.alloc = wire_alloc;
    d.tools = events_tools; d.num_tools = MCP_COUNT(events_tools);
    d.resources = events_resources; d.num_resources = MCP_COUNT(events_resources);
    d.prompts = events_prompts; d.num_prompts = MCP_COUNT(events_prompts);
    d.user = state;
    d.on_cancel = wire_on_cancel;
    d.filter = events_filter;
    d.drain_ms = MCP_NONE;
    d.logging = true;
    d.changes = MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS | MCP_CONTENTS;
    d.max_subscriptions = 2;
    d.max_listens = 3;
    return mcp_server_create(&d);
}

#endif /* WIRE_EVENTS_H */
