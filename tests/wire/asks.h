/* What asks the client: tools, a prompt and a resource, for the transcripts that start with `@@ asks` and for
   fuzz_session. The clocks stand still, and what is drawn is 1, 2, 3 ..., so that what is sealed is the same each
   time. */

#ifndef WIRE_ASKS_H
#define WIRE_ASKS_H

static const mcp_field asks_yes_form[] = { MCP_NEED("yes", MCP_BOOLEAN, "Is it so?"), MCP_END };
static const mcp_field asks_fields[] = {
    MCP_FIELD("name", MCP_STRING | MCP_REQUIRED, "Of \"whom\"", 0, 0, "1", "5"),
    MCP_FIELD("age", MCP_INTEGER, "In years", 0, "30", "0", "150"),
    MCP_RANGE("ratio", MCP_NUMBER, "0", "1", 0),
    MCP_FIELD("size", MCP_STRING, 0, "small|large", "small", 0, 0),
    MCP_DEFAULT("on", MCP_BOOLEAN, "true", 0),
    MCP_END
};
static const mcp_field asks_list_form[] = {
    MCP_FIELD("days", MCP_STRING | MCP_LIST | MCP_REQUIRED, "When", "mo|tu|we", 0, "1", "2"), MCP_END
};

/* What came of a question, for the one who called: the answer, or why there is none. */
static int asks_say(mcp_call *c, int status, mcp_json answer)
{
    char memory[300];
    mcp_out out;
    mcp_str text;
    if (status == MCP_ASK) return status;
    if (status != MCP_OK) return mcp_text(c, mcp_strerror(status));
    mcp_out_fixed(&out, memory, sizeof memory);
    mcp_put_value(&out, answer);
    status = mcp_out_done(&out, &text);
    return status == MCP_OK ? mcp_text(c, text.ptr) : status;
}

/* Asks whether something is so: 1, 0 or a status. */
static int asks_whether(mcp_call *c, const char *key)
{
    mcp_json answer;
    const int status = mcp_ask(c, key, key, asks_yes_form, &answer);
    return status ? status : mcp_json_bool(answer, "yes", false);
}

/* Leaves it to the library to say why there is no answer. */
static int asks_sure(mcp_call *c)
{
    const int yes = asks_whether(c, "sure");
    return yes < 0 || yes == MCP_ASK ? yes : mcp_text(c, yes ? "done" : "left alone");
}

static int asks_form(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "who", "Who \"are\" you?\n", asks_fields, &answer);
    return asks_say(c, status, answer);
}

static int asks_days(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "days", "Which days?", asks_list_form, &answer);
    return asks_say(c, status, answer);
}

static int asks_both(mcp_call *c)
{
    const int a = asks_whether(c, "a"), b = asks_whether(c, "\"b\"");
    return a == MCP_ASK || b == MCP_ASK ? (int)MCP_ASK : mcp_textf(c, "%d %d", a, b);
}

static int asks_steps(mcp_call *c)
{
    int one, two = 0;
    (void)mcp_text(c, "dropped");
    one = asks_whether(c, "one");
    if (one == 1) two = asks_whether(c, "two");
    return one == MCP_ASK || two == MCP_ASK ? (int)MCP_ASK : mcp_textf(c, "%d %d", one, two);
}

static int asks_login(mcp_call *c)
{
    const int status = mcp_ask_url(c, "login", "Log in there.", "https://example.com/login?a=1&b=%22");
    if (status != MCP_OK) return status;
    mcp_url_done(c, "login");
    return mcp_text(c, "agreed");
}

static int asks_model(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_sample(c, "think", &answer,
                                  "{'messages': [{'role': 'user', 'content': {'type': 'text', 'text': %s}}], "
                                  "'maxTokens': %d}", "What?\n", 20);
    return asks_say(c, status, answer);
}

static int asks_model_with_tools(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_sample(c, "think", &answer,
                                  "{'messages': [], 'maxTokens': 1, 'tools': [{'name': 't', 'inputSchema': "
                                  "{'type': 'object'}}], 'toolChoice': {'mode': 'auto'}}");
    return asks_say(c, status, answer);
}

static int asks_dirs(mcp_call *c)
{
    mcp_json roots;
    const int status = mcp_roots(c, &roots);
    return asks_say(c, status, roots);
}

/* Leaves bytes for its next run, and acts once. */
static int asks_once(mcp_call *c)
{
    const unsigned long found = (unsigned long)mcp_state(c).len;
    int yes;
    (void)mcp_state_set(c, "\0found\xFF", 7);
    yes = asks_whether(c, "sure");
    return yes < 0 || yes == MCP_ASK ? yes : mcp_textf(c, "%lu bytes, once %d", found, mcp_once(c));
}

/* Takes no answer that it has not asked for. */
static int asks_sealed(mcp_call *c)
{
    mcp_question q;
    mcp_json answer;
    int status;
    memset(&q, 0, sizeof q);
    q.kind = MCP_INPUT_FORM;
    q.message = "Sealed?";
    q.form = asks_yes_form;
    q.flags = MCP_SEALED;
    status = mcp_ask_question(c, "sure", &q, &answer);
    return asks_say(c, status, answer);
}

static int asks_nothing(mcp_call *c) { return mcp_text(c, "nothing to ask"); }

static const mcp_tool asks_tools[] = {
    MCP_TOOL("sure", asks_sure, 0, 0), MCP_TOOL("form", asks_form, 0, 0), MCP_TOOL("days", asks_days, 0, 0),
    MCP_TOOL("both", asks_both, 0, 0), MCP_TOOL("steps", asks_steps, 0, 0), MCP_TOOL("login", asks_login, 0, 0),
    MCP_TOOL("model", asks_model, 0, 0), MCP_TOOL("tools", asks_model_with_tools, 0, 0),
    MCP_TOOL("dirs", asks_dirs, 0, 0), MCP_TOOL("once", asks_once, 0, 0), MCP_TOOL("sealed", asks_sealed, 0, 0),
    MCP_TOOL("nothing", asks_nothing, 0, 0)
};
static const mcp_prompt asks_prompts[] = { MCP_PROMPT("sure", asks_sure, "Asks.", 0) };
static const mcp_resource asks_resources[] = { MCP_RESOURCE("ask:{name}", "ask", asks_sure, "text/plain", 0) };

static uint64_t asks_now(void *user) { (void)user; return 1785196800000u; }

static unsigned asks_drawn;     /* random bytes */

static bool asks_draw(void *user, void *out, size_t len)
{
    size_t i;
    (void)user;
    for (i = 0; i < len; i++) ((unsigned char *)out)[i] = (unsigned char)++asks_drawn;
    return true;
}

/* Describes a server that asks, and draws from 1 on. */
static void asks_describe(mcp_server_desc *d)
{
    memset(d, 0, sizeof *d);
    asks_drawn = 0;
    d->name = "asks"; d->version = "1";
    d->tools = asks_tools; d->num_tools = MCP_COUNT(asks_tools);
    d->prompts = asks_prompts; d->num_prompts = MCP_COUNT(asks_prompts);
    d->resources = asks_resources; d->num_resources = MCP_COUNT(asks_resources);
    d->now_ms = d->wall_ms = asks_now;
    d->random = asks_draw;
    d->max_rounds = 3;
}

#endif /* WIRE_ASKS_H */
