/* Notes: tools to write them, resources to read them, a prompt to work with them. They live as long as the
   program does. README.md walks through this file under "A tutorial". */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <stdio.h>
#include <string.h>

struct note {
    char name[40 + 1];              /* small letters, digits and - */
    char uri[sizeof "note://" + 40];
    char text[4 * 2000 + 1];        /* a character of UTF-8 has up to four bytes */
};

struct store {
    struct note notes[100];
    size_t count;
};

static struct note *find(struct store *s, const char *name)
{
    size_t i = 0;
    while (i < s->count && strcmp(s->notes[i].name, name)) i++;
    return i < s->count ? &s->notes[i] : NULL;
}

static int add_note(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const char *name = mcp_arg_str(c, "name"), *text = mcp_arg_str(c, "text");
    struct note *n = &s->notes[s->count];
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return mcp_fail(c, "'%s' is no name: use small letters, digits and -, as in 'shopping-list'", name);
    if (!strcmp(name, "index") || find(s, name))
        return mcp_fail(c, "there is a note '%s' already: use another name, or delete it first", name);
    if (s->count == MCP_COUNT(s->notes))
        return mcp_fail(c, "there are %d notes, and no room for more: delete one first", (int)s->count);
    (void)snprintf(n->name, sizeof n->name, "%s", name);
    (void)snprintf(n->uri, sizeof n->uri, "note://%s", name);
    (void)snprintf(n->text, sizeof n->text, "%s", text);
    s->count++;
    mcp_resource_changed(mcp_call_server(c), "note://index");
    return mcp_textf(c, "added as %s", n->uri);
}

static int delete_note(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const char *name = mcp_arg_str(c, "name");
    struct note *n = find(s, name);
    if (!n) return mcp_fail(c, "there is no note '%s': note://index lists them", name);
    mcp_resource_changed(mcp_call_server(c), "note://index");
    mcp_resource_changed(mcp_call_server(c), n->uri);
    s->count--;
    memmove(n, n + 1, (size_t)(s->notes + s->count - n) * sizeof *n);
    return mcp_textf(c, "deleted '%s'", name);
}

static int search(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const char *text = mcp_arg_str(c, "text");
    const struct note *n;
    bool found = false;
    for (n = s->notes; n < s->notes + s->count; n++) {
        if (!strstr(n->text, text)) continue;
        (void)mcp_link(c, n->uri, n->name, "text/plain");
        found = true;
    }
    if (!found) (void)mcp_textf(c, "no note has '%s' in it", text);
    return MCP_OK;
}

static const mcp_field add_args[] = {
    MCP_FIELD("name", MCP_STRING | MCP_REQUIRED, "What to call it, as 'shopping-list'", 0, 0, "1", "40"),
    MCP_FIELD("text", MCP_STRING | MCP_REQUIRED, "What to remember", 0, 0, "1", "2000"),
    MCP_END
};
static const mcp_field delete_args[] = {
    MCP_NEED("name", MCP_STRING, "Which note"),
    MCP_END
};
static const mcp_field search_args[] = {
    MCP_NEED("text", MCP_STRING, "What the notes must have in them, exactly so"),
    MCP_END
};
static const mcp_tool tools[] = {
    MCP_TOOL("add_note", add_note, "Adds a note.", add_args),
    MCP_TOOL("delete_note", delete_note, "Deletes a note for good.", delete_args),
    MCP_TOOL("search", search, "Finds notes by their text.", search_args)
};

static int read_index(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const struct note *n;
    mcp_out out;
    mcp_str json;
    int status;
    mcp_out_init(&out, 1 << 16);
    mcp_put_array(&out);
    for (n = s->notes; n < s->notes + s->count; n++) mcp_put_str(&out, n->name);
    mcp_put_end(&out);
    status = mcp_out_done(&out, &json);
    if (status == MCP_OK) (void)mcp_textn(c, json.ptr, json.len);
    mcp_out_free(&out);
    return status;
}

static int read_note(mcp_call *c)
{
    const struct note *n = find((struct store *)mcp_user(c), mcp_arg_str(c, "name"));
    return n ? mcp_text(c, n->text) : mcp_missing(c);
}

static int complete_name(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const char *typed = mcp_complete_value(c);
    const struct note *n;
    for (n = s->notes; n < s->notes + s->count; n++)
        if (!strncmp(n->name, typed, strlen(typed))) (void)mcp_suggest(c, n->name);
    return MCP_OK;
}

static const mcp_resource resources[] = {
    MCP_RESOURCE("note://index", "index", read_index, "application/json", "The names of all notes."),
    MCP_RESOURCE_FULL("note://{name}", "note", read_note, "A note, by its name.", "text/plain", 0, 0, 0, 0,
                      complete_name, 0, 0, 0, 0)
};

static int summarize(mcp_call *c)
{
    struct store *s = (struct store *)mcp_user(c);
    const struct note *n;
    (void)mcp_textf(c, "Summarize my notes in one %s.", mcp_arg_str(c, "style"));
    for (n = s->notes; n < s->notes + s->count; n++)
        (void)mcp_embed(c, n->uri, "text/plain", n->text, strlen(n->text));
    return MCP_OK;
}

static const mcp_field summarize_args[] = {
    MCP_FIELD("style", MCP_STRING, "How long", "sentence|paragraph|page", "paragraph", 0, 0),
    MCP_END
};
static const mcp_prompt prompts[] = {
    MCP_PROMPT("summarize", summarize, "Summarizes all notes.", summarize_args)
};

int main(void)
{
    static struct store store;
    mcp_server_desc d = { 0 };

    d.name = "notes"; d.version = "1.0";
    d.instructions = "Keeps notes. note://index has the names of all.";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.resources = resources; d.num_resources = MCP_COUNT(resources);
    d.prompts = prompts; d.num_prompts = MCP_COUNT(prompts);
    d.changes = MCP_CONTENTS;
    d.user = &store;
    return mcp_serve_stdio(&d);
}
