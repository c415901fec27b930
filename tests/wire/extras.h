/* The server behind the transcripts that start with `@@ extras`: what rows, results and the server itself say besides
   the usual. */

#ifndef WIRE_EXTRAS_H
#define WIRE_EXTRAS_H

static int extras_page(mcp_call *c)
{
    static const char *const items[] = { "one", "two", "three", "four", "five" };
    mcp_part part;
    size_t i;
    int status = mcp_page(c, "cursor", MCP_COUNT(items), 2, &part);
    if (status != MCP_OK) return status;
    for (i = part.first; i < part.end; i++) (void)mcp_text(c, items[i]);
    return mcp_page_note(c, &part);
}

static int extras_repeats(mcp_call *c)
{
    int64_t i;
    for (i = mcp_arg_int(c, "times", 1); i > 0; i--) (void)mcp_text(c, "caf\xC3\xA9");
    return MCP_OK;
}

/* Adds to _meta, in whatever it is a handler of. */
static int extras_marks(mcp_call *c)
{
    (void)mcp_meta(c, "example.com/took", "{'ms': %d, 'by': %s}", 7, "us");
    (void)mcp_meta(c, "traceparent", "%s", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    return *mcp_complete_name(c) ? mcp_suggest(c, "x") : mcp_text(c, "x");
}

static const mcp_field extras_page_args[] = {
    MCP_ARG("cursor", MCP_STRING, "Where to go on"),
    MCP_END
};
static const mcp_field extras_repeats_args[] = {
    MCP_RANGE("times", MCP_INTEGER, "0", "1000", 0),
    MCP_END
};
static const mcp_field extras_headers_args[] = {
    MCP_NEED("Region", MCP_STRING | MCP_HEADER, "Where"),
    MCP_DEFAULT("shard", MCP_INTEGER | MCP_HEADER, "1", 0),
    MCP_ARG("dry", MCP_BOOLEAN | MCP_HEADER, 0),
    MCP_ARG("plain", MCP_STRING, 0),
    MCP_END
};
static const mcp_tool extras_tools[] = {
    MCP_TOOL_LIMITED("page", extras_page, 0, extras_page_args, MCP_READ_ONLY, 0, 0, 0),
    MCP_TOOL_LIMITED("cuts", extras_repeats, 0, extras_repeats_args, MCP_CUT, 0, 0, 14),
    MCP_TOOL_LIMITED("refuses", extras_repeats, 0, extras_repeats_args, 0, 0, 0, 14),
    { "marks", extras_marks, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      MCP_JSON({ "ui": { "resourceUri": "ui://marks" }, "example.com/n": 1 }) },
    MCP_TOOL("headers", extras_marks, 0, extras_headers_args)
};

static const mcp_field extras_prompt_args[] = { MCP_ARG("a", MCP_STRING, 0), MCP_END };
static const mcp_prompt extras_prompts[] = {
    MCP_PROMPT_FULL("marks", extras_marks, 0, extras_prompt_args, 0, extras_marks, 0, 0, 0)
};

/* As fresh as the query says: news://MS, for everybody where it is 10. */
static int extras_news(mcp_call *c)
{
    const int64_t ms = mcp_arg_str(c, "ms")[0] == '1' ? 10 : 0;
    (void)mcp_cache(c, (uint32_t)ms, ms ? MCP_CACHE_PUBLIC : MCP_CACHE_PRIVATE);
    return mcp_text(c, "new");
}

static int extras_plain(mcp_call *c) { return mcp_text(c, "plain"); }

/* Makes it. The desc has what all servers of transcripts have. */
static mcp_server *extras_server(mcp_server_desc *d)
{
    static mcp_resource resources[4];
    memset(resources, 0, sizeof resources);
    resources[0].uri = "a:fixed"; resources[0].name = "fixed"; resources[0].contents = "for all"; resources[0].size = 7;
    resources[0].flags = MCP_PUBLIC; resources[0].ttl_ms = 3600000;
    resources[1].uri = "a:plain"; resources[1].name = "plain"; resources[1].fn = extras_plain;
    resources[2].uri = "news://{ms}"; resources[2].name = "news"; resources[2].fn = extras_news;
    resources[2].flags = MCP_PUBLIC; resources[2].ttl_ms = 1000;
    resources[3].uri = "a:marks"; resources[3].name = "marks"; resources[3].fn = extras_marks;
    d->name = "extras";
    d->prompts = extras_prompts; d->num_prompts = MCP_COUNT(extras_prompts);
    d->tools = extras_tools; d->num_tools = MCP_COUNT(extras_tools);
    d->resources = resources; d->num_resources = MCP_COUNT(resources);
    d->extensions = MCP_JSON({ "io.modelcontextprotocol/ui": { "mimeTypes": [ "text/html;profile=mcp-app" ] },
                               "com.example/maps": {} });
    d->experimental = MCP_JSON({ "dance": { "steps": 3 } });
    d->page_size = 4;
    d->ttl_ms = 60000;
    d->cache = MCP_CACHE_PUBLIC;
    return mcp_server_create(d);
}

#endif /* WIRE_EXTRAS_H */
