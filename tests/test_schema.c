/* Rows: the schema that they become, what they refuse and how they say it, their defaults, and structs. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

struct order {
    const char *size, *note;
    int8_t count;
    int16_t shelf;
    int32_t weight;
    int64_t serial;
    double price;
    float discount;
    bool gift;
};

static const mcp_field order_args[] = {
    MCP_BIND_FIELD(struct order, size, MCP_STRING | MCP_REQUIRED, "Which one", "small|medium|large", 0, 0, 0),
    MCP_BIND_FIELD(struct order, note, MCP_STRING, "For the card", 0, "none", "2", "5"),
    MCP_BIND_FIELD(struct order, count, MCP_INTEGER, "How many", 0, "1", "1", "100"),
    MCP_BIND(struct order, shelf, MCP_INTEGER, 0),
    MCP_BIND(struct order, weight, MCP_INTEGER, 0),
    MCP_BIND(struct order, serial, MCP_INTEGER, 0),
    MCP_BIND_FIELD(struct order, price, MCP_NUMBER, 0, 0, "2.5", "0", "1e3"),
    MCP_BIND(struct order, discount, MCP_NUMBER, 0),
    MCP_BIND_FIELD(struct order, gift, MCP_BOOLEAN, 0, 0, "true", 0, 0),
    MCP_FIELD("tags", MCP_STRING | MCP_LIST, "Labels", "a|b|c", "[\"a\"]", "1", "3"),
    MCP_ARG("sizes", MCP_INTEGER | MCP_LIST, 0),
    MCP_ARG("blob", MCP_STRING | MCP_ALLOW_NUL, 0),
    MCP_END
};

static struct order seen;
static const struct order *filled;
static size_t calls, tags, blob_len;

static int order(mcp_call *c)
{
    calls++;
    filled = (const struct order *)mcp_args_struct(c);
    if (!filled) return MCP_OK;     /* what went wrong is remembered */
    seen = *filled;
    tags = mcp_json_count(mcp_json_get(mcp_args(c), "tags"));
    blob_len = mcp_json_str(mcp_args(c), "blob").len;
    CHECK_STR(seen.size, mcp_arg_str(c, "size"));
    CHECK_STR(seen.note, mcp_arg_str(c, "note"));
    CHECK_INT(seen.count, mcp_arg_int(c, "count", 77));
    CHECK_INT(seen.serial, mcp_arg_int(c, "serial", 0));
    CHECK(seen.price == mcp_arg_num(c, "price", 0));
    CHECK(seen.gift == mcp_arg_bool(c, "gift", false));
    CHECK_INT(77, mcp_arg_int(c, "no such row", 77));
    CHECK_INT(77, mcp_arg_int(c, "note", 77));      /* of another type: neither value nor default */
    CHECK_STR(NULL, mcp_arg_str(c, "count"));
    return mcp_text(c, "ok");
}

static const mcp_tool tools[] = { MCP_TOOL("order", order, 0, order_args) };

/*---- A server to talk to ------------------------------------------------------------------------*/

static mcp_server *server;
static char reply[8192], logged[300];

static bool keep_reply(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    (void)user, (void)stream, (void)kind, (void)code, (void)last;
    if (len >= sizeof reply) len = sizeof reply - 1;
    memcpy(reply, bytes, len);
    reply[len] = 0;
    return true;
}

static void keep_log(void *user, int level, const char *message)
{
    (void)user, (void)level;
    snprintf(logged, sizeof logged, "%s", message);
}

static mcp_server *make(const mcp_tool *table, size_t num, mcp_alloc alloc)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "shop";
    d.version = "1";
    d.tools = table;
    d.num_tools = num;
    d.alloc = alloc;
    d.log = keep_log;
    logged[0] = 0;
    return mcp_server_create(&d);
}

static mcp_alloc heap(void)
{
    mcp_alloc none;
    memset(&none, 0, sizeof none);
    return none;
}

static void send_message(const char *text)
{
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.emit = keep_reply;
    d.bytes = text;
    d.len = strlen(text);
    reply[0] = 0;
    (void)mcp_deliver(server, &d);
}

#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
             "\"io.modelcontextprotocol/clientCapabilities\":{}}"

/* The text of the answer to a call with these members of `arguments`. */
static const char *call_with(const char *arguments)
{
    static char text[4096];
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" META
             ",\"name\":\"order\",\"arguments\":{%s}}}", arguments);
    send_message(text);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, reply, strlen(reply)));
    snprintf(text, sizeof text, "%s",
             mcp_json_cstr(mcp_json_find(mcp_json_root(&doc), "/result/content/0/text"), NULL, reply));
    mcp_doc_free(&doc);
    return text;
}

/*---- Cases --------------------------------------------------------------------------------------*/

static void schema_of_every_kind_of_row(void)
{
    mcp_doc doc;
    mcp_out out;
    mcp_str text = { 0, 0 };
    memset(&doc, 0, sizeof doc);
    mcp_out_init(&out, 1 << 16);
    send_message("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}");
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, reply, strlen(reply)));
    mcp_put_value(&out, mcp_json_find(mcp_json_root(&doc), "/result/tools/0/inputSchema"));
    CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
    CHECK_STR("{\"type\":\"object\",\"properties\":{"
              "\"size\":{\"type\":\"string\",\"enum\":[\"small\",\"medium\",\"large\"],\"description\":\"Which one\"},"
              "\"note\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":5,\"description\":\"For the card\","
              "\"default\":\"none\"},"
              "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"description\":\"How many\","
              "\"default\":1},"
              "\"shelf\":{\"type\":\"integer\"},\"weight\":{\"type\":\"integer\"},\"serial\":{\"type\":\"integer\"},"
              "\"price\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1e3,\"default\":2.5},"
              "\"discount\":{\"type\":\"number\"},\"gift\":{\"type\":\"boolean\",\"default\":true},"
              "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"a\",\"b\",\"c\"]},"
              "\"minItems\":1,\"maxItems\":3,\"description\":\"Labels\",\"default\":[\"a\"]},"
              "\"sizes\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},\"blob\":{\"type\":\"string\"}},"
              "\"required\":[\"size\"]}", text.ptr);
    mcp_out_free(&out);
    mcp_doc_free(&doc);
}

static void what_is_absent_has_its_default(void)
{
    CHECK_STR("ok", call_with("\"size\":\"small\""));
    CHECK_STR("none", seen.note);
    CHECK_INT(1, seen.count);
    CHECK_INT(0, seen.shelf);
    CHECK_INT(0, seen.weight);
    CHECK_INT(0, seen.serial);
    CHECK(seen.price == 2.5 && seen.discount == 0 && seen.gift);
}

static void what_is_there_is_stored(void)
{
    CHECK_STR("ok", call_with("\"gift\":false,\"size\":\"large\",\"note\":\"\\u00e9\\ud83d\\ude00abc\",\"count\":1e2,"
                              "\"shelf\":-32768,\"weight\":2147483647,\"serial\":-9223372036854775808,\"price\":1e3,"
                              "\"discount\":0.5,\"tags\":[\"c\",\"a\",\"a\"],\"sizes\":[],"
                              "\"blob\":\"a\\u0000b\",\"more\":{}"));
    CHECK_STR("\xc3\xa9\xf0\x9f\x98\x80" "abc", seen.note);     /* five characters */
    CHECK_STR("large", seen.size);
    CHECK_INT(100, seen.count);
    CHECK_INT(-32768, seen.shelf);
    CHECK_INT(2147483647, seen.weight);
    CHECK_INT(INT64_MIN, seen.serial);
    CHECK(seen.price == 1000 && seen.discount == 0.5f && !seen.gift);
    CHECK_UINT(3, tags);
    CHECK_UINT(3, blob_len);
}

static void what_does_not_fit_is_named(void)
{
    static const char *const rows[][2] = {
        { "", "argument 'size': expected a string, got nothing" },
        { "\"size\":null", "argument 'size': expected a string, got null" },
        { "\"size\":{}", "argument 'size': expected a string, got an object" },
        { "\"size\":\"huge\"", "argument 'size': expected one of small|medium|large, got 'huge'" },
        { "\"size\":\"smal\"", "argument 'size': expected one of small|medium|large, got 'smal'" },
        { "\"size\":\"\"", "argument 'size': expected one of small|medium|large, got ''" },
        { "\"size\":\"small|medium\"", "argument 'size': expected one of small|medium|large, got 'small|medium'" },
        { "\"size\":\"small\",\"size\":\"small\"", "argument 'size' stands there twice: send it once" },
        { "\"note\":\"a\"", "argument 'note': expected at least 2 characters, got 'a'" },
        { "\"note\":\"\\u00e9\"", "argument 'note': expected at least 2 characters, got '\xc3\xa9'" },
        { "\"note\":\"abcdef\"", "argument 'note': expected at most 5 characters, got 'abcdef'" },
        { "\"count\":0", "argument 'count': expected at least 1, got 0" },
        { "\"count\":101", "argument 'count': expected at most 100, got 101" },
        { "\"count\":128", "argument 'count': expected an integer of at most 8 bits, got 128" },
        { "\"count\":1.5", "argument 'count': expected an integer of at most 64 bits, got 1.5" },
        { "\"count\":\"1\"", "argument 'count': expected an integer of at most 64 bits, got '1'" },
        { "\"shelf\":32768", "argument 'shelf': expected an integer of at most 16 bits, got 32768" },
        { "\"shelf\":-32769", "argument 'shelf': expected an integer of at most 16 bits, got -32769" },
        { "\"weight\":2147483648", "argument 'weight': expected an integer of at most 32 bits, got 2147483648" },
        { "\"serial\":9223372036854775808",
          "argument 'serial': expected an integer of at most 64 bits, got 9223372036854775808" },
        { "\"price\":-0.5", "argument 'price': expected at least 0, got -0.5" },
        { "\"price\":1000.5", "argument 'price': expected at most 1e3, got 1000.5" },
        { "\"price\":1e999", "argument 'price': expected at most 1e3, got 1e999" },
        { "\"price\":-1e999", "argument 'price': expected at least 0, got -1e999" },
        { "\"price\":[]", "argument 'price': expected a number, got an array" },
        { "\"discount\":1e39", "argument 'discount': expected a number of at most 3.4e38, got 1e39" },
        { "\"gift\":1", "argument 'gift': expected true or false, got 1" },
        { "\"tags\":\"a\"", "argument 'tags': expected an array, each element a string, got 'a'" },
        { "\"tags\":[]", "argument 'tags': expected at least 1 elements, got 0" },
        { "\"tags\":[\"a\",\"a\",\"a\",\"a\"]", "argument 'tags': expected at most 3 elements, got 4" },
        { "\"tags\":[\"a\",\"d\"]", "argument 'tags[1]': expected one of a|b|c, got 'd'" },
        { "\"tags\":[\"a\",1]", "argument 'tags[1]': expected a string, got 1" },
        { "\"sizes\":[1,2.5]", "argument 'sizes[1]': expected an integer of at most 64 bits, got 2.5" }
    };
    char arguments[300];
    size_t i, before = calls;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        bool other = i > 7;
        NOTE("%s", rows[i][0]);
        snprintf(arguments, sizeof arguments, "%s%s", other ? "\"size\":\"small\"," : "", rows[i][0]);
        CHECK_STR(rows[i][1], call_with(arguments));
        CHECK(strstr(reply, "\"isError\":true") != NULL);
    }
    (void)call_with("\"size\":\"small\",\"note\":\"a\\u0000b\"");
    CHECK(strstr(reply, "argument 'note': expected a string without NUL characters, got 'a\\u0000b'") != NULL);
    CHECK_UINT(before, calls);      /* the tool never saw any of them */
}

/* Rows that cannot be meant; the log says which one, and what to mend. */
static void wrong_rows_are_refused(void)
{
    static const struct {
        mcp_field row;
        const char *wrong;
    } rows[] = {
        { MCP_FIELD("f", 0, 0, 0, 0, 0, 0), "has a type that is none of MCP_STRING, MCP_INTEGER, ..." },
        { MCP_FIELD("f", MCP_INTEGER, 0, "1|2", 0, 0, 0), "has choices, but is not a string" },
        { MCP_FIELD("f", MCP_STRING, 0, "a|b", "c", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_INTEGER, 0, 0, "1.5", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_INTEGER, 0, 0, "", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_NUMBER, 0, 0, "one", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_BOOLEAN, 0, 0, "1", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_STRING | MCP_LIST, 0, 0, "a", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_INTEGER, 0, 0, "01", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_NUMBER, 0, 0, "1.2.3", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_STRING | MCP_LIST, 0, 0, "[\"a\"", 0, 0), "has a default that is not of its type" },
        { MCP_FIELD("f", MCP_INTEGER, 0, 0, 0, "1.5", 0), "has a min that is not such a number" },
        { MCP_FIELD("f", MCP_NUMBER, 0, 0, 0, "1.", 0), "has a min that is not such a number" },
        { MCP_FIELD("f", MCP_STRING, 0, 0, 0, 0, "many"), "has a max that is not such a number" },
        { MCP_BIND(struct order, count, MCP_STRING, 0), "is bound to a member of another type or size" },
        { MCP_BIND(struct order, gift, MCP_NUMBER, 0), "is bound to a member of another type or size" },
        { MCP_BIND(struct order, count, MCP_INTEGER | MCP_LIST, 0), "is bound to a member of another type or size" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_field table[2];
        mcp_tool tool;
        char want[200];
        memset(table, 0, sizeof table);
        table[0] = rows[i].row;
        memset(&tool, 0, sizeof tool);
        tool.name = "t";
        tool.fn = order;
        tool.args = table;
        snprintf(want, sizeof want, "mcp_tool 't': field '%s': %s", table[0].name, rows[i].wrong);
        CHECK(make(&tool, 1, heap()) == NULL);
        CHECK_STR(want, logged);
    }
}

static void wrong_tools_are_refused(void)
{
    static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567890123"
                                    "0123456789012345678901234567890123456789012345678901234567890123x";
    static const char *const bad_names[] = { NULL, "", "a b", "a/b", "caf\xC3\xA9", long_name };
    mcp_server *shop;
    mcp_tool rows[2];
    char want[300];
    size_t i;
    memset(rows, 0, sizeof rows);
    rows[0].fn = rows[1].fn = order;
    for (i = 0; i < MCP_COUNT(bad_names); i++) {
        NOTE("%s", bad_names[i] ? bad_names[i] : "NULL");
        rows[0].name = bad_names[i];
        CHECK(make(rows, 1, heap()) == NULL);
        snprintf(want, sizeof want, "mcp_tool '%s': name must be 1 to 128 of A-Z a-z 0-9 _ - .",
                 bad_names[i] ? bad_names[i] : "");
        CHECK_STR(want, logged);
    }
    NOTE("a name of 128 characters");
    rows[0].name = long_name + 1;
    rows[0].fn = NULL;
    CHECK(make(rows, 1, heap()) == NULL);
    snprintf(want, sizeof want, "mcp_tool '%s': fn is NULL", rows[0].name);
    CHECK_STR(want, logged);
    rows[0].fn = order;
    rows[1].name = rows[0].name;
    CHECK(make(rows, 2, heap()) == NULL);
    snprintf(want, sizeof want, "mcp_tool '%s': name is taken by an earlier row", rows[0].name);
    CHECK_STR(want, logged);
    rows[1].name = "A-z_0.9";
    shop = make(rows, 2, heap());
    CHECK(shop != NULL);
    mcp_server_destroy(shop);
}

static void wrong_schemas_are_refused(void)
{
    mcp_tool tool;
    memset(&tool, 0, sizeof tool);
    tool.name = "t";
    tool.fn = order;
    tool.input_schema = "{\"type\":\"object\"";
    CHECK(make(&tool, 1, heap()) == NULL);
    CHECK_STR("mcp_tool 't': input_schema is not a JSON object", logged);
    tool.input_schema = NULL;
    tool.output_schema = "true";
    CHECK(make(&tool, 1, heap()) == NULL);
    CHECK_STR("mcp_tool 't': output_schema is not a JSON object", logged);
}

/* A struct for which there is no memory becomes an error reply, and the next call is served. */
static void no_memory_for_the_struct(void)
{
    test_heap h;
    mcp_server *other, *usual = server;
    size_t n;
    for (n = 1; n < 30; n++) {
        mcp_alloc alloc = test_heap_init(&h);
        other = make(tools, 1, alloc);
        if (!other) { FAIL("no server"); return; }
        server = other;
        h.fail_at = h.calls + n;
        send_message("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" META
                     ",\"name\":\"order\",\"arguments\":{\"size\":\"small\"}}}");
        if (!strstr(reply, "\"ok\"")) CHECK(!reply[0] || strstr(reply, "-32603") || strstr(reply, "-32700"));
        h.fail_at = 0;
        CHECK_STR("ok", call_with("\"size\":\"small\""));
        mcp_server_destroy(other);
        CHECK_HEAP(&h);
    }
    server = usual;
}

int main(void)
{
    server = make(tools, 1, heap());
    TEST(schema_of_every_kind_of_row);
    TEST(what_is_absent_has_its_default);
    TEST(what_is_there_is_stored);
    TEST(what_does_not_fit_is_named);
    TEST(wrong_rows_are_refused);
    TEST(wrong_tools_are_refused);
    TEST(wrong_schemas_are_refused);
    TEST(no_memory_for_the_struct);
    mcp_server_destroy(server);
    return test_end();
}
