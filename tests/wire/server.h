/* The server behind the transcripts that start with `@@ full`: tools of every kind, and limits so small that short
   lines reach them. `@@ legacy` and `@@ modern` are the same server with the revisions of one era only. Include
   mcp.h before. */

#ifndef WIRE_SERVER_H
#define WIRE_SERVER_H

#include <stdio.h>
#include <string.h>

/* A call that waits until `release` names it. */
typedef struct wire_slot {
    char name[8];
    mcp_ref ref;
    bool cancelled;
} wire_slot;

/* The user data of the server. */
typedef struct wire_state {
    mcp_server *server;
    wire_slot slots[4];
} wire_state;

/*---- Tools that answer at once ------------------------------------------------------------------*/

typedef struct wire_form {
    const char *name, *size;
    int8_t count;
    double ratio;
    float half;
    bool on;
} wire_form;

static const mcp_field wire_text[] = {
    MCP_NEED("text", MCP_STRING, "What to say back"),
    MCP_END
};
static const mcp_field wire_form_args[] = {
    MCP_BIND_FIELD(wire_form, name, MCP_STRING | MCP_REQUIRED, "Of the order", 0, 0, "1", "8"),
    MCP_BIND_FIELD(wire_form, size, MCP_STRING, "How big", "small|medium|large", "medium", 0, 0),
    MCP_BIND_FIELD(wire_form, count, MCP_INTEGER, "How many", 0, "3", "1", "10"),
    MCP_BIND_FIELD(wire_form, ratio, MCP_NUMBER, 0, 0, "0.25", "0", "1"),
    MCP_BIND(wire_form, half, MCP_NUMBER, 0),
    MCP_BIND_FIELD(wire_form, on, MCP_BOOLEAN, 0, 0, "true", 0, 0),
    MCP_END
};
static const mcp_field wire_form_result[] = {
    MCP_BIND(wire_form, name, MCP_STRING | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, size, MCP_STRING | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, count, MCP_INTEGER | MCP_REQUIRED, "How many there will be"),
    MCP_BIND(wire_form, ratio, MCP_NUMBER | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, half, MCP_NUMBER | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, on, MCP_BOOLEAN | MCP_REQUIRED, 0),
    MCP_END
};
static const mcp_field wire_lists_args[] = {
    MCP_FIELD("tags", MCP_STRING | MCP_LIST, "Each at most once", "red|green|blue", 0, 0, "3"),
    MCP_FIELD("numbers", MCP_INTEGER | MCP_LIST | MCP_REQUIRED, 0, 0, 0, "1", "4"),
    MCP_ARG("flags", MCP_BOOLEAN | MCP_LIST, 0),
    MCP_ARG("any", MCP_STRING | MCP_ALLOW_NUL, "May hold NULs"),
    MCP_END
};

static int wire_echo(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }

static int wire_order(mcp_call *c)
{
    const wire_form *form = (const wire_form *)mcp_args_struct(c);
    return form ? mcp_data_struct(c, form) : MCP_OK;
}

static int wire_lists(mcp_call *c)
{
    mcp_json e;
    long long sum = 0;
    mcp_str any = mcp_json_str(mcp_args(c), "any");
    for (e = mcp_json_first(mcp_json_get(mcp_args(c), "numbers")); mcp_json_exists(e); e = mcp_json_next(e))
        sum += mcp_json_int(e, NULL, 0);
    return mcp_textf(c, "%lu tags, the numbers add up to %lld, %lu flags, %lu bytes",
                     (unsigned long)mcp_json_count(mcp_json_get(mcp_args(c), "tags")), sum,
                     (unsigned long)mcp_json_count(mcp_json_get(mcp_args(c), "flags")), (unsigned long)any.len);
}

static int wire_media(mcp_call *c)
{
    (void)mcp_text(c, "all there is:");
    (void)mcp_image(c, "\x89PNG", 4, "image/png");
    (void)mcp_audio(c, "RIFF\0", 5, "audio/wav");
    (void)mcp_link(c, "file:///a", "A", "text/plain");
    (void)mcp_link(c, "file:///b", "B", NULL);
    (void)mcp_embed(c, "file:///c", "text/plain", "c\n", 2);
    (void)mcp_embed_bytes(c, "file:///d", NULL, "\0\xff", 2);
    return mcp_text(c, NULL);
}

/* The arguments come as they are: nothing is checked. */
static int wire_schema(mcp_call *c)
{
    (void)mcp_text(c, "first");
    return mcp_data(c, "{'members': %d, 'x': %s}", (int)mcp_json_count(mcp_args(c)),
                    mcp_json_cstr(mcp_args(c), "x", NULL));
}

static int wire_regrets(mcp_call *c)
{
    (void)mcp_text(c, "dropped");
    (void)mcp_data(c, "{'dropped': true}");
    return mcp_fail(c, "no %s today: \"%d\"", "luck", 7);
}

static int wire_breaks(mcp_call *c) { (void)c; return MCP_E_IO; }
static int wire_floods(mcp_call *c)
{
    int i;
    for (i = 0; i < 10; i++) (void)mcp_textf(c, "%500d", i);
    return MCP_OK;
}
static int wire_nothing(mcp_call *c) { (void)c; return MCP_OK; }

/*---- One that answers when another one lets it --------------------------------------------------*/

static const mcp_field wire_wait_args[] = {
    MCP_FIELD("as", MCP_STRING | MCP_REQUIRED, "What to call it", 0, 0, "1", "7"),
    MCP_END
};
static const mcp_field wire_release_args[] = {
    MCP_NEED("as", MCP_STRING, "What it was called"),
    MCP_DEFAULT("text", MCP_STRING, "released", "What it answers"),
    MCP_ARG("fail", MCP_BOOLEAN, "It could not do it"),
    MCP_END
};

/* The slot of that name, or the first free one for ""; NULL if there is none. */
static wire_slot *wire_slot_of(wire_state *state, const char *name)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(state->slots); i++)
        if (!strcmp(state->slots[i].name, name)) return &state->slots[i];
    return NULL;
}

static int wire_wait(mcp_call *c)
{
    wire_state *state = (wire_state *)mcp_user(c);
    const char *name = mcp_arg_str(c, "as");
    wire_slot *slot = wire_slot_of(state, name);
    mcp_ref ref;
    int status;
    if (!slot) slot = wire_slot_of(state, "");
    if (!slot) return mcp_fail(c, "too many names");
    status = mcp_defer(c, &ref);
    if (status != MCP_WAIT) return status;
    snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->ref = ref;
    slot->cancelled = false;
    return status;
}

static int wire_release(mcp_call *c)
{
    wire_state *state = (wire_state *)mcp_user(c);
    wire_slot *slot = wire_slot_of(state, mcp_arg_str(c, "as"));
    mcp_call *waits = slot ? mcp_resume(state->server, slot->ref) : NULL;
    const bool cancelled = slot && slot->cancelled;
    if (slot) memset(slot, 0, sizeof *slot);
    if (!waits) return mcp_text(c, cancelled ? "it was cancelled" : "nobody waits");
    if (mcp_arg_bool(c, "fail", false)) mcp_finish(waits, mcp_fail(waits, "%s", mcp_arg_str(c, "text")));
    else mcp_finish(waits, mcp_text(waits, mcp_arg_str(c, "text")));
    return mcp_text(c, "done");
}

static void wire_on_cancel(void *user, mcp_ref ref)
{
    wire_state *state = (wire_state *)user;
    size_t i;
    for (i = 0; i < MCP_COUNT(state->slots); i++)
        if (state->slots[i].ref == ref) state->slots[i].cancelled = true;
}

/*---- The server ---------------------------------------------------------------------------------*/

static const mcp_icon wire_icons[] = {
    MCP_ICON("https://example.com/i.png", "image/png", "48x48|96x96", "dark"),
    MCP_ICON("data:image/svg+xml;base64,PHN2Zy8+", 0, 0, 0),
    MCP_ICON_END
};

static const mcp_tool wire_tools[] = {
    MCP_TOOL("echo", wire_echo, "Says it back.", wire_text),
    MCP_TOOL_FULL("order", wire_order, "Takes an order.", wire_form_args, wire_form_result,
                  MCP_ONLY_ADDS | MCP_IDEMPOTENT, "Order", 0, 0, wire_icons, 0),
    MCP_TOOL("lists", wire_lists, 0, wire_lists_args),
    MCP_TOOL_FULL("media", wire_media, 0, 0, 0, MCP_READ_ONLY | MCP_CLOSED_WORLD, "Every \"kind\"", 0, 0, 0, 0),
    MCP_TOOL_FULL("schema", wire_schema, 0, 0, 0, 0, 0,
                  MCP_JSON({ "type": "object", "properties": { "x": { "type": [ "string", "null" ] } },
                             "additionalProperties": true }),
                  MCP_JSON({ "type": "object", "required": [ "members" ] }), 0, 0),
    MCP_TOOL("regrets", wire_regrets, 0, 0),
    MCP_TOOL("breaks", wire_breaks, 0, 0),
    MCP_TOOL("floods", wire_floods, 0, 0),
    MCP_TOOL("wait", wire_wait, "Waits until it is released.", wire_wait_args),
    MCP_TOOL("release", wire_release, 0, wire_release_args),
    MCP_TOOL("no-args_1.0", wire_nothing, 0, 0)
};

/* Makes the server of that name; NULL if there is none such. */
static mcp_server *wire_server(wire_state *state, const char *name)
{
    mcp_server_desc d;
    memset(state, 0, sizeof *state);
    memset(&d, 0, sizeof d);
    d.name = "full"; d.version = "1.2.3";
    d.title = "Everything";
    d.description = "For tests.";
    d.website_url = "https://example.com/";
    d.icons = wire_icons;
    d.instructions = "Call a tool.";
    d.tools = wire_tools; d.num_tools = MCP_COUNT(wire_tools);
    d.user = state;
    d.on_cancel = wire_on_cancel;
    d.max_message = 1024;
    d.max_depth = 8;
    d.max_nodes = 96;
    d.max_reply = 4096;
    d.max_calls = 3;
    d.drain_ms = MCP_NONE;      /* no case shall take seconds */
    d.page_size = 2;
    if (!strcmp(name, "legacy")) d.revisions = MCP_ALL_REVISIONS & ~(uint32_t)MCP_2026_07_28;
    else if (!strcmp(name, "modern")) d.revisions = MCP_2026_07_28;
    else if (strcmp(name, "full")) return NULL;
    return state->server = mcp_server_create(&d);
}

#endif /* WIRE_SERVER_H */
