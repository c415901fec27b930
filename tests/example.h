/* example.h - an example that is started as a client starts it, and used in the revisions that a test names. What it
   tells unasked is heard (test_hear). The test is called with the path of the program, or build/NAME is it. Needs
   test.h before it. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

static const char *program;
static mcp_client *client;

static inline void example_changed(void *user, mcp_client *from, int what, const char *uri)
{
    CHECK(user == &client && from == client);
    test_hear("%d %s; ", what, uri ? uri : "list");
}

/* The usual desc; its callbacks get &client as their user. */
static inline mcp_client_desc example_desc(void)
{
    mcp_client_desc d;
    memset(&d, 0, sizeof d);
    d.name = "test";
    d.version = "1.0";
    d.user = &client;
    d.on_changed = example_changed;
    return d;
}

static inline bool speaks(const char *revision)
{
    const char *spoken = mcp_client_revision(client);
    return spoken && !strcmp(spoken, revision);
}

/* Runs a case against a program of its own in each of these revisions. What the case leaves unheard is a failure. */
static inline void in_revisions(uint32_t all, const mcp_client_desc *usual, void (*run)(void))
{
    static const char *const names[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };
    size_t i;
    for (i = 0; i < MCP_COUNT(names); i++) {
        const char *argv[2] = { NULL, NULL };
        mcp_client_desc d = *usual;
        if (!(all >> i & 1)) continue;
        argv[0] = program;
        d.revisions = 1u << i;
        (void)test_heard();
        client = mcp_client_spawn(&d, argv);
        CHECK(client != NULL);
        if (!client) return;
        run();
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_ping(client)));   /* before that it tells all that it has to */
        CHECK_HEARD("");
        CHECK(speaks(names[i]));
        mcp_client_close(client);
    }
}

/* One string below a value; NULL if there is none. */
static inline const char *at(mcp_json v, const char *pointer)
{
    return mcp_json_cstr(mcp_json_find(v, pointer), NULL, NULL);
}

/* The same in the result of a reply. */
static inline const char *text_at(const mcp_reply *reply, const char *pointer)
{
    return at(mcp_reply_result(reply), pointer);
}

static inline void check_reply(const char *file, int line, int status, const char *text, const mcp_reply *reply)
{
    test_status(file, line, mcp_reply_text(reply), status, mcp_reply_status(reply));
    test_str(file, line, "text", text, mcp_reply_text(reply));
}
#define CHECK_REPLY(status, text, reply) check_reply(__FILE__, __LINE__, status, text, reply)

/* There is no such resource. */
static inline void check_missing(const char *file, int line, const char *uri)
{
    const mcp_reply *r = mcp_read_resource(client, uri);
    NOTE("%.60s", uri);
    test_status(file, line, "resources/read", MCP_E_REMOTE, mcp_reply_status(r));
    test_int(file, line, "its code", speaks("2026-07-28") ? -32602 : -32002, mcp_reply_code(r));
    test_str(file, line, "its uri", uri, mcp_json_cstr(mcp_reply_error_data(r), "uri", NULL));
    NOTE("%s", "");
}
#define CHECK_MISSING(uri) check_missing(__FILE__, __LINE__, uri)

#endif /* EXAMPLE_H */
