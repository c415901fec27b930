/* What a tool can answer with, in every revision; the structured result; what a server tells of its tools; and
   desc.revisions. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

struct point {
    int32_t x;
    const char *name, *note;
    bool on;
    float half;
};

static const mcp_field point_rows[] = {
    MCP_BIND(struct point, x, MCP_INTEGER | MCP_REQUIRED, 0),
    MCP_BIND(struct point, name, MCP_STRING | MCP_REQUIRED, 0),
    MCP_BIND(struct point, note, MCP_STRING, 0),
    MCP_BIND(struct point, on, MCP_BOOLEAN, 0),
    MCP_BIND(struct point, half, MCP_NUMBER, 0),
    MCP_END
};

static int media(mcp_call *c)
{
    (void)mcp_image(c, "\x89PNG", 4, "image/png");
    (void)mcp_audio(c, "RIFF\0", 5, "audio/wav");
    (void)mcp_link(c, "file:///a", "A", NULL);
    (void)mcp_embed(c, "file:///b", "text/plain", "b\n", 2);
    return mcp_embed_bytes(c, "file:///c", NULL, "", 0);
}

static int pointed(mcp_call *c)
{
    struct point p;
    memset(&p, 0, sizeof p);
    p.x = -7;
    p.name = "here";
    p.on = true;
    p.half = 0.5f;
    return mcp_data_struct(c, &p);
}

static int templated(mcp_call *c) { return mcp_data(c, "{'n': %d, 's': %s}", 1, "a\"b"); }
static int not_object(mcp_call *c) { return mcp_data(c, "[%d]", 1); }
static int bad_template(mcp_call *c) { return mcp_data(c, "{'n': %d", 1); }
static int twice(mcp_call *c) { (void)mcp_data(c, "{}"); (void)mcp_data(c, "{}"); return MCP_OK; }
static int regrets(mcp_call *c) { (void)mcp_data(c, "{}"); return mcp_fail(c, "no %s", "luck"); }
static int undescribed(mcp_call *c) { return mcp_data_struct(c, ""); }
static int nothing(mcp_call *c) { (void)c; return MCP_OK; }
static int breaks(mcp_call *c) { (void)c; return MCP_E_IO; }
/* More than a reply may hold, formatted and plain; the handlers do not look at what came of it. */
static int floods(mcp_call *c) { (void)mcp_textf(c, "%5000000d", 1); return MCP_OK; }
static int pours(mcp_call *c)
{
    int i;
    for (i = 0; i < 50; i++) (void)mcp_textf(c, "%100000d", i);
    return MCP_OK;
}

static const mcp_tool tools[] = {
    MCP_TOOL("media", media, 0, 0),
    MCP_TOOL_FULL("point", pointed, 0, 0, point_rows,
                  MCP_READ_ONLY | MCP_ONLY_ADDS | MCP_IDEMPOTENT | MCP_CLOSED_WORLD, "Point", 0, 0, 0, 0),
    MCP_TOOL_FULL("template", templated, 0, 0, 0, 0, 0, MCP_JSON({ "type": "object", "minProperties": 0 }),
                  MCP_JSON({ "type": "object" }), 0, 0),
    MCP_TOOL("not_object", not_object, 0, 0),
    MCP_TOOL("bad_template", bad_template, 0, 0),
    MCP_TOOL("twice", twice, 0, 0),
    MCP_TOOL("undescribed", undescribed, 0, 0),
    MCP_TOOL("regrets", regrets, 0, 0),
    MCP_TOOL("nothing", nothing, 0, 0),
    MCP_TOOL("breaks", breaks, 0, 0),
    MCP_TOOL("floods", floods, 0, 0),
    MCP_TOOL("pours", pours, 0, 0)
};

/*---- A server, and a client of some revision ----------------------------------------------------*/

static mcp_server *server;
static mcp_session *session;
static char reply[16384];
static const char *revision, *asked;
static uint32_t page_size;

/* With MCP_DUMP every message goes to that file too, for tests/interop/schemas.sh. */
static void dump(void)
{
    const char *path = getenv("MCP_DUMP");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (!f) return;
    fprintf(f, "%s\t%s\t%s\n", revision, asked, reply);
    fclose(f);
}

static bool keep_reply(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)user, (void)stream, (void)kind, (void)code, (void)last;
    if (len >= sizeof reply) len = sizeof reply - 1;
    memcpy(reply, bytes, len);
    reply[len] = 0;
    dump();
    return true;
}

static void send_message(const char *text)
{
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.session = session;
    d.emit = keep_reply;
    d.bytes = text;
    d.len = strlen(text);
    reply[0] = 0;
    (void)mcp_deliver(server, &d);
}

static bool is_modern(void)
{
    return !strcmp(revision, "2026-07-28");
}

/* Params with these members, and _meta where the revision wants it. */
static void request(const char *method, const char *members)
{
    char text[1024];
    asked = method;
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s%s%s%s}}", method,
             members,
             is_modern() && *members ? "," : "",
             is_modern() ? "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" : "",
             is_modern() ? revision : "",
             is_modern() ? "\",\"io.modelcontextprotocol/clientCapabilities\":{}}" : "");
    send_message(text);
}

static void begin(const char *name, uint32_t revisions)
{
    mcp_server_desc d;
    char members[100];
    memset(&d, 0, sizeof d);
    d.name = "s";
    d.version = "1";
    d.title = "S";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.revisions = revisions;
    d.page_size = page_size;
    revision = name;
    server = mcp_server_create(&d);
    session = mcp_session_open(server);
    if (is_modern()) return;
    snprintf(members, sizeof members, "\"protocolVersion\":\"%s\"", name);
    request("initialize", members);
}

static void end(void)
{
    mcp_session_close(session);
    mcp_server_destroy(server);
}

/* The JSON text of a part of the last reply, or the whole reply if there is none. */
static const char *part(const char *pointer)
{
    static char text[16384];
    mcp_doc doc;
    mcp_out out;
    mcp_str json;
    memset(&doc, 0, sizeof doc);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, reply, strlen(reply)));
    mcp_out_fixed(&out, text, sizeof text);
    mcp_put_value(&out, mcp_json_find(mcp_json_root(&doc), pointer));
    if (mcp_out_done(&out, &json) != MCP_OK) snprintf(text, sizeof text, "%s", reply);
    mcp_doc_free(&doc);
    return text;
}

static void call(const char *tool)
{
    char members[100];
    snprintf(members, sizeof members, "\"name\":\"%s\"", tool);
    request("tools/call", members);
}

/*---- Cases --------------------------------------------------------------------------------------*/

#define IMAGE "{\"type\":\"image\",\"data\":\"iVBORw==\",\"mimeType\":\"image/png\"}"
#define AUDIO "{\"type\":\"audio\",\"data\":\"UklGRgA=\",\"mimeType\":\"audio/wav\"}"
#define NO_AUDIO \
    "{\"type\":\"text\",\"text\":\"[audio/wav: 5 bytes of audio, which this client cannot receive]\"}"
#define LINK "{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"A\"}"
#define NO_LINK "{\"type\":\"text\",\"text\":\"A: file:///a\"}"
#define EMBEDS "{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///b\",\"mimeType\":\"text/plain\"," \
               "\"text\":\"b\\n\"}},{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///c\",\"blob\":\"\"}}"
#define POINT "{\"x\":-7,\"name\":\"here\",\"on\":true,\"half\":0.5}"
#define POINT_TEXT "[{\"type\":\"text\",\"text\":\"{\\\"x\\\":-7,\\\"name\\\":\\\"here\\\",\\\"on\\\":true," \
                   "\\\"half\\\":0.5}\"}]"

static const struct {
    const char *name, *content;
    bool hints, titles, structured;
} revisions[] = {
    { "2024-11-05", "[" IMAGE "," NO_AUDIO "," NO_LINK "," EMBEDS "]", false, false, false },
    { "2025-03-26", "[" IMAGE "," AUDIO "," NO_LINK "," EMBEDS "]", true, false, false },
    { "2025-06-18", "[" IMAGE "," AUDIO "," LINK "," EMBEDS "]", true, true, true },
    { "2025-11-25", "[" IMAGE "," AUDIO "," LINK "," EMBEDS "]", true, true, true },
    { "2026-07-28", "[" IMAGE "," AUDIO "," LINK "," EMBEDS "]", true, true, true }
};

static void content_of_every_kind(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin(revisions[i].name, 0);
        NOTE("%s", revision);
        call("media");
        CHECK_STR(revisions[i].content, part("/result/content"));
        CHECK(!strstr(reply, "isError"));
        call("nothing");
        CHECK_STR("[]", part("/result/content"));
        end();
    }
}

static void structured_results(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin(revisions[i].name, 0);
        NOTE("%s", revision);
        call("point");
        CHECK_STR(POINT_TEXT, part("/result/content"));
        CHECK_STR(revisions[i].structured ? POINT : reply, part("/result/structuredContent"));
        call("template");
        CHECK_STR(revisions[i].structured ? "{\"n\":1,\"s\":\"a\\\"b\"}" : reply, part("/result/structuredContent"));
        call("regrets");
        CHECK_STR("[{\"type\":\"text\",\"text\":\"no luck\"}]", part("/result/content"));
        CHECK_STR("true", part("/result/isError"));
        CHECK(!strstr(reply, "structuredContent"));
        end();
    }
}

static void mistakes_of_the_tool(void)
{
    static const char *const rows[][2] = {
        { "not_object", "MCP_E_MISUSE" }, { "bad_template", "MCP_E_TEMPLATE" }, { "twice", "MCP_E_MISUSE" },
        { "undescribed", "MCP_E_MISUSE" },
        { "breaks", "MCP_E_IO" }, { "floods", "max_reply" }, { "pours", "max_reply" }
    };
    size_t i;
    begin("2025-11-25", 0);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i][0]);
        call(rows[i][0]);
        CHECK_STR("-32603", part("/error/code"));
        CHECK(strstr(reply, rows[i][1]) != NULL);
        call("point");
        CHECK_STR(POINT, part("/result/structuredContent"));
    }
    end();
}

static void what_is_told_of_tools(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        begin(revisions[i].name, 0);
        NOTE("%s", revision);
        request("tools/list", "");
        CHECK_STR("{\"name\":\"media\",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}",
                  part("/result/tools/0"));
        CHECK_STR(revisions[i].titles ? "\"Point\"" : reply, part("/result/tools/1/title"));
        CHECK_STR(revisions[i].hints ? "{\"readOnlyHint\":true,\"destructiveHint\":false,\"idempotentHint\":true,"
                                       "\"openWorldHint\":false}" : reply, part("/result/tools/1/annotations"));
        CHECK_STR(revisions[i].structured
                      ? "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"},"
                        "\"name\":{\"type\":\"string\"},\"note\":{\"type\":\"string\"},\"on\":{\"type\":\"boolean\"},"
                        "\"half\":{\"type\":\"number\"}},"
                        "\"required\":[\"x\",\"name\"]}" : reply, part("/result/tools/1/outputSchema"));
        CHECK_STR("{\"type\":\"object\",\"minProperties\":0}", part("/result/tools/2/inputSchema"));
        CHECK_STR(revisions[i].structured ? "{\"type\":\"object\"}" : reply, part("/result/tools/2/outputSchema"));
        end();
    }
}

/* Twelve tools in pages of four; every cursor but those given out is refused. */
static void pages(void)
{
    static const char *const wrong[] = { "\"\"", "\"0\"", "\"13\"", "\"04\"", "\"4 \"", "\"-4\"", "\"12\"", "\"4.0\"",
                                         "\"4\\u0000\"", "\"4000000000\"", "\"99999999999999999999\"", "4", "{}" };
    char members[100];
    size_t i;
    page_size = 4;
    begin("2025-11-25", 0);
    request("tools/list", "");
    CHECK_STR("\"media\"", part("/result/tools/0/name"));
    CHECK_STR("\"not_object\"", part("/result/tools/3/name"));
    CHECK_STR(reply, part("/result/tools/4"));
    CHECK_STR("\"4\"", part("/result/nextCursor"));
    request("tools/list", "\"cursor\":\"4\"");
    CHECK_STR("\"bad_template\"", part("/result/tools/0/name"));
    CHECK_STR("\"8\"", part("/result/nextCursor"));
    request("tools/list", "\"cursor\":\"8\"");
    CHECK_STR("\"nothing\"", part("/result/tools/0/name"));
    CHECK_STR("\"pours\"", part("/result/tools/3/name"));
    CHECK_STR(reply, part("/result/nextCursor"));
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        NOTE("%s", wrong[i]);
        snprintf(members, sizeof members, "\"cursor\":%s", wrong[i]);
        request("tools/list", members);
        CHECK_STR("-32602", part("/error/code"));
    }
    end();
    page_size = 12;                     /* the last page is full: no cursor after it */
    begin("2026-07-28", 0);
    request("tools/list", "");
    CHECK_STR("\"pours\"", part("/result/tools/11/name"));
    CHECK_STR(reply, part("/result/nextCursor"));
    end();
    page_size = 0;
}

/* desc.revisions: what is not among them is refused, with the list of those that are. */
static void a_server_of_some_revisions(void)
{
    begin("2025-11-25", MCP_2024_11_05 | MCP_2025_03_26);       /* no newer handshake: its newest */
    CHECK_STR("\"2025-03-26\"", part("/result/protocolVersion"));
    revision = "2026-07-28";
    request("server/discover", "");
    CHECK_STR("-32022", part("/error/code"));
    CHECK_STR("{\"supported\":[\"2025-03-26\",\"2024-11-05\"],\"requested\":\"2026-07-28\"}", part("/error/data"));
    end();

    begin("2024-11-05", MCP_2026_07_28);
    CHECK_STR("-32022", part("/error/code"));
    CHECK_STR("{\"supported\":[\"2026-07-28\"],\"requested\":\"2024-11-05\"}", part("/error/data"));
    request("tools/list", "");
    CHECK_STR("-32602", part("/error/code"));
    revision = "2026-07-28";
    request("server/discover", "");
    CHECK_STR("[\"2026-07-28\"]", part("/result/supportedVersions"));
    end();
}

int main(void)
{
    TEST(content_of_every_kind);
    TEST(structured_results);
    TEST(mistakes_of_the_tool);
    TEST(what_is_told_of_tools);
    TEST(pages);
    TEST(a_server_of_some_revisions);
    return test_end();
}
