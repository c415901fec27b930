/* examples/notes.c at its door: it is started as a client starts it, and used in both eras.
   usage: test_notes [PROGRAM]    (build/notes) */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "example.h"

/* In the first revision, the last legacy one and the modern one. */
static void in_both_eras(void (*run)(void))
{
    const mcp_client_desc d = example_desc();
    in_revisions(MCP_2024_11_05 | MCP_2025_11_25 | MCP_2026_07_28, &d, run);
}

/*---- Requests ------------------------------------------------------------------------------------*/

static const mcp_reply *add(const char *name, const char *text)
{
    return mcp_call_tool(client, "add_note", "{'name': %s, 'text': %s}", name, text);
}

/* What is suggested for an argument of a prompt, or a variable of a template, as "one two (of 2)". */
static const char *completed(const char *type, const char *key, const char *ref, const char *argument,
                             const char *value)
{
    static char text[4000];
    const mcp_reply *r = mcp_request(client, "completion/complete",
                                     "{'ref': {'type': %s, %s: %s}, 'argument': {'name': %s, 'value': %s}}", type,
                                     key, ref, argument, value);
    mcp_json completion = mcp_json_get(mcp_reply_result(r), "completion"), v;
    size_t n = 0;
    if (!mcp_reply_ok(r)) return mcp_reply_text(r);
    for (v = mcp_json_first(mcp_json_get(completion, "values")); mcp_json_exists(v); v = mcp_json_next(v))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", mcp_json_cstr(v, NULL, "?"));
    (void)snprintf(text + n, sizeof text - n, "(of %d%s)", (int)mcp_json_int(completion, "total", -1),
                   mcp_json_bool(completion, "hasMore", true) ? ", and more" : "");
    return text;
}

static const char *completed_name(const char *value)
{
    return completed("ref/resource", "uri", "note://{name}", "name", value);
}

static const char *completed_style(const char *value)
{
    return completed("ref/prompt", "name", "summarize", "style", value);
}

/*---- Cases ---------------------------------------------------------------------------------------*/

static void write_and_read(void)
{
    const mcp_reply *r;
    CHECK_REPLY(MCP_OK, "added as note://shopping-list", add("shopping-list", "milk, \xC3\xA9" "clairs\n\"eggs\""));
    CHECK_REPLY(MCP_OK, "added as note://todo", add("todo", "nothing"));
    r = mcp_read_resource(client, "note://shopping-list");
    CHECK_STR("milk, \xC3\xA9" "clairs\n\"eggs\"", text_at(r, "/contents/0/text"));
    CHECK_STR("text/plain", text_at(r, "/contents/0/mimeType"));
    CHECK_STR("note://shopping-list", text_at(r, "/contents/0/uri"));
    r = mcp_read_resource(client, "note://shopping%2Dlist");     /* the same name */
    CHECK_STR("milk, \xC3\xA9" "clairs\n\"eggs\"", text_at(r, "/contents/0/text"));
    CHECK_STR("note://shopping%2Dlist", text_at(r, "/contents/0/uri"));
    r = mcp_read_resource(client, "note://index");
    CHECK_STR("[\"shopping-list\",\"todo\"]", text_at(r, "/contents/0/text"));
    CHECK_STR("application/json", text_at(r, "/contents/0/mimeType"));
    CHECK_REPLY(MCP_OK, "deleted 'shopping-list'",
                mcp_call_tool(client, "delete_note", "{'name': %s}", "shopping-list"));
    CHECK_MISSING("note://shopping-list");
    CHECK_STR("nothing", text_at(mcp_read_resource(client, "note://todo"), "/contents/0/text"));
    CHECK_STR("[\"todo\"]", text_at(mcp_read_resource(client, "note://index"), "/contents/0/text"));
    CHECK_REPLY(MCP_OK, "added as note://shopping-list", add("shopping-list", "cake"));
    CHECK_STR("cake", text_at(mcp_read_resource(client, "note://shopping-list"), "/contents/0/text"));
}

static void what_is_not_there(void)
{
    static const char *const uris[] = {
        "note://nobody", "note://", "note://a/b", "note://a%2Fb", "note://..", "note://%2e%2e", "note://a%00",
        "note://index/", "note:index", "file:///etc/passwd", ""
    };
    size_t i;
    (void)add("a", "text");
    for (i = 0; i < MCP_COUNT(uris); i++) CHECK_MISSING(uris[i]);
    CHECK_REPLY(MCP_E_TOOL, "there is no note 'nobody': note://index lists them",
                mcp_call_tool(client, "delete_note", "{'name': 'nobody'}"));
    CHECK_STR("[\"a\"]", text_at(mcp_read_resource(client, "note://index"), "/contents/0/text"));
}

static void names_that_are_none(void)
{
    char name[42], text[2002];
    memset(name, 'n', sizeof name);
    name[41] = 0;
    memset(text, 't', sizeof text);
    text[2001] = 0;
    CHECK_REPLY(MCP_E_TOOL, "'Shopping list' is no name: use small letters, digits and -, as in 'shopping-list'",
                add("Shopping list", "x"));
    CHECK_REPLY(MCP_E_TOOL, "there is a note 'index' already: use another name, or delete it first",
                add("index", "x"));
    CHECK_REPLY(MCP_OK, "added as note://once", add("once", "x"));
    CHECK_REPLY(MCP_E_TOOL, "there is a note 'once' already: use another name, or delete it first", add("once", "y"));
    CHECK_STR("x", text_at(mcp_read_resource(client, "note://once"), "/contents/0/text"));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(add("", "x")));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(add(name, "x")));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(add("long", text)));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(add("empty", "")));
    name[40] = text[2000] = 0;
    CHECK_STATUS(MCP_OK, mcp_reply_status(add(name, text)));
    CHECK_REPLY(MCP_OK, "deleted 'once'", mcp_call_tool(client, "delete_note", "{'name': 'once'}"));
    CHECK_STR(text, text_at(mcp_read_resource(client, "note://nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"),
                            "/contents/0/text"));
}

/* The longest notes, of the longest characters, as many as there is room for. */
static void a_full_store(void)
{
    static char text[4 * 2000 + 1];
    const mcp_reply *r;
    char name[10];
    int i;
    for (i = 0; i < 2000; i++) memcpy(text + 4 * i, "\xF0\x9F\x8D\xB0", 4);
    for (i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "n%02d", i);
        CHECK_STATUS(MCP_OK, mcp_reply_status(add(name, text)));
    }
    CHECK_REPLY(MCP_E_TOOL, "there are 100 notes, and no room for more: delete one first", add("more", "x"));
    CHECK_STR(text, text_at(mcp_read_resource(client, "note://n99"), "/contents/0/text"));
    r = mcp_request(client, "prompts/get", "{'name': 'summarize'}");
    CHECK_INT(101, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "messages")));
    CHECK_STR(text, text_at(r, "/messages/100/content/resource/text"));
    CHECK_REPLY(MCP_OK, "deleted 'n00'", mcp_call_tool(client, "delete_note", "{'name': 'n00'}"));
    CHECK_REPLY(MCP_OK, "deleted 'n99'", mcp_call_tool(client, "delete_note", "{'name': 'n99'}"));
    CHECK(!strncmp("n01 n02 n03 ", completed_name("n"), 12));
    CHECK(strstr(completed_name(""), " n97 n98 (of 98)") != NULL);
    CHECK_REPLY(MCP_OK, "added as note://more", add("more", "x"));
}

static void find_by_text(void)
{
    const mcp_reply *r;
    (void)add("one", "apples and pears");
    (void)add("two", "pears");
    (void)add("three", "plums");
    r = mcp_call_tool(client, "search", "{'text': 'pears'}");
    CHECK_INT(2, (int64_t)mcp_json_count(mcp_reply_content(r)));
    if (speaks("2024-11-05")) {   /* which has no links */
        CHECK_STR("one: note://one", text_at(r, "/content/0/text"));
    } else {
        CHECK_STR("resource_link", text_at(r, "/content/0/type"));
        CHECK_STR("note://one", text_at(r, "/content/0/uri"));
        CHECK_STR("two", text_at(r, "/content/1/name"));
    }
    CHECK_REPLY(MCP_OK, "no note has 'grapes' in it", mcp_call_tool(client, "search", "{'text': 'grapes'}"));
}

static void lists(void)
{
    const mcp_reply *r = mcp_request(client, "resources/list", NULL);
    CHECK_INT(1, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "resources")));
    CHECK_STR("note://index", text_at(r, "/resources/0/uri"));
    r = mcp_request(client, "resources/templates/list", NULL);
    CHECK_INT(1, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "resourceTemplates")));
    CHECK_STR("note://{name}", text_at(r, "/resourceTemplates/0/uriTemplate"));
    r = mcp_request(client, "prompts/list", NULL);
    CHECK_INT(1, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "prompts")));
    CHECK_STR("summarize", text_at(r, "/prompts/0/name"));
    CHECK_STR("style", text_at(r, "/prompts/0/arguments/0/name"));
    CHECK_STR("add_note", mcp_json_cstr(mcp_list_first(client, MCP_TOOLS), "name", NULL));
}

static void names_are_completed(void)
{
    CHECK_STR("(of 0)", completed_name(""));
    (void)add("alpha", "x");
    (void)add("beta", "x");
    (void)add("alps", "x");
    CHECK_STR("alpha beta alps (of 3)", completed_name(""));
    CHECK_STR("alpha alps (of 2)", completed_name("al"));
    CHECK_STR("alpha (of 1)", completed_name("alpha"));
    CHECK_STR("(of 0)", completed_name("alphabet"));
    CHECK_STR("sentence paragraph page (of 3)", completed_style(""));
    CHECK_STR("paragraph page (of 2)", completed_style("pa"));
    CHECK_STR("(of 0)", completed_style("x"));
}

static void the_prompt(void)
{
    const mcp_reply *r = mcp_request(client, "prompts/get", "{'name': 'summarize'}");
    CHECK_INT(1, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "messages")));
    CHECK_STR("Summarize my notes in one paragraph.", text_at(r, "/messages/0/content/text"));
    (void)add("one", "text");
    r = mcp_request(client, "prompts/get", "{'name': 'summarize', 'arguments': {'style': 'page'}}");
    CHECK_INT(2, (int64_t)mcp_json_count(mcp_json_get(mcp_reply_result(r), "messages")));
    CHECK_STR("Summarize my notes in one page.", text_at(r, "/messages/0/content/text"));
    CHECK_STR("user", text_at(r, "/messages/1/role"));
    CHECK_STR("note://one", text_at(r, "/messages/1/content/resource/uri"));
    CHECK_STR("text", text_at(r, "/messages/1/content/resource/text"));
    r = mcp_request(client, "prompts/get", "{'name': 'summarize', 'arguments': {'style': 'haiku'}}");
    CHECK_INT(-32602, mcp_reply_code(r));
}

/* What is told of comes before the answer to the next request. */
static void subscribers_hear(void)
{
    static const char index[] = "note://index", note[] = "note://a";
    const char *heard;
    (void)add("b", "text");
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, index)));
    (void)add("a", "text");
    (void)add("a", "again");
    (void)add("a", "and again");
    CHECK_HEARD("16 note://index; ");
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, note)));
    (void)mcp_call_tool(client, "delete_note", "{'name': 'a'}");
    (void)mcp_call_tool(client, "delete_note", "{'name': 'a'}");
    heard = test_heard();
    CHECK(!strcmp(heard, "16 note://index; 16 note://a; ") || !strcmp(heard, "16 note://a; 16 note://index; "));
}

static void notes_are_kept(void) { in_both_eras(write_and_read); }
static void missing_notes(void) { in_both_eras(what_is_not_there); }
static void wrong_names(void) { in_both_eras(names_that_are_none); }
static void no_more_room(void) { in_both_eras(a_full_store); }
static void search(void) { in_both_eras(find_by_text); }
static void what_it_lists(void) { in_both_eras(lists); }
static void completion(void) { in_both_eras(names_are_completed); }
static void changes(void) { in_both_eras(subscribers_hear); }
static void prompt(void) { in_both_eras(the_prompt); }

int main(int argc, char **argv)
{
    program = argc > 1 ? argv[1] : "build/notes";
    TEST(notes_are_kept);
    TEST(missing_notes);
    TEST(wrong_names);
    TEST(no_more_room);
    TEST(search);
    TEST(what_it_lists);
    TEST(completion);
    TEST(prompt);
    TEST(changes);
    return test_end();
}
