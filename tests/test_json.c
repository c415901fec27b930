/* test_json.c - the reader: what is accepted, what is refused and how that is told, values, pointers, clones. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static mcp_doc doc;         /* of the case that runs; what it had is freed by fresh() */

static void fresh(void)
{
    mcp_doc_free(&doc);
    memset(&doc, 0, sizeof doc);
}

static int parse(const char *text)
{
    return mcp_json_parse(&doc, text, strlen(text));
}

static mcp_json root_of(const char *text)
{
    if (parse(text) != MCP_OK) FAIL("%s was refused", text);
    return mcp_json_root(&doc);
}

static void is_missing(const char *file, int line, const char *what, mcp_json v)
{
    if (mcp_json_exists(v) || mcp_json_type(v) != MCP_JSON_MISSING)
        test_fail(file, line, "%s: expected the missing value, got type %d", what, mcp_json_type(v));
}
#define CHECK_MISSING(v) is_missing(__FILE__, __LINE__, #v, (v))

/*---- Accepted and refused -----------------------------------------------------------------------*/

/* Parses by both doors: they must agree. The text ends at a page, and so does the padding of the copy. */
static int parse_both(const char *text, size_t len)
{
    static char *end, *pad_end;
    enum { ROOM = 1 << 16 };
    char a[MCP_DOC_ERROR_SIZE], b[MCP_DOC_ERROR_SIZE];
    mcp_doc inside;
    memset(&inside, 0, sizeof inside);
    inside.max_depth = doc.max_depth;
    inside.max_nodes = doc.max_nodes;
    if (!end) {
        end = test_guarded(ROOM);
        pad_end = test_guarded(ROOM);
    }
    if (len) memcpy(end - len, text, len);
    mcp_json_parse(&doc, end - len, len);
    if (len && memcmp(end - len, text, len)) FAIL("mcp_json_parse changed its text");
    if (len) memcpy(pad_end - MCP_JSON_PAD - len, text, len);
    memset(pad_end - MCP_JSON_PAD, '"', MCP_JSON_PAD);
    mcp_json_parse_inplace(&inside, pad_end - MCP_JSON_PAD - len, len, len + MCP_JSON_PAD);
    CHECK_STATUS(doc.error, inside.error);
    CHECK_UINT(doc.error_at, inside.error_at);
    CHECK_UINT(doc.num_nodes, inside.num_nodes);
    CHECK(mcp_json_exists(mcp_json_root(&doc)) == (doc.error == MCP_OK));
    CHECK(mcp_json_exists(mcp_json_root(&inside)) == (inside.error == MCP_OK));
    if (doc.error != MCP_OK)
        CHECK_STR(mcp_doc_error(&doc, a, sizeof a), mcp_doc_error(&inside, b, sizeof b));
    mcp_doc_free(&inside);
    return doc.error;
}

static void accepts(void)
{
    static const struct { const char *text; size_t len; int type; } rows[] = {
        { TEXT("null"), MCP_JSON_NULL }, { TEXT("true"), MCP_JSON_BOOL }, { TEXT("false"), MCP_JSON_BOOL },
        { TEXT("0"), MCP_JSON_NUMBER }, { TEXT("-0"), MCP_JSON_NUMBER }, { TEXT("-1"), MCP_JSON_NUMBER },
        { TEXT("9"), MCP_JSON_NUMBER }, { TEXT("10"), MCP_JSON_NUMBER }, { TEXT("0.0"), MCP_JSON_NUMBER },
        { TEXT("1.5"), MCP_JSON_NUMBER }, { TEXT("1e1"), MCP_JSON_NUMBER }, { TEXT("1E1"), MCP_JSON_NUMBER },
        { TEXT("1e+1"), MCP_JSON_NUMBER }, { TEXT("1e-1"), MCP_JSON_NUMBER }, { TEXT("0e0"), MCP_JSON_NUMBER },
        { TEXT("0e+00"), MCP_JSON_NUMBER }, { TEXT("-0.0e-0"), MCP_JSON_NUMBER },
        { TEXT("123456789012345678901234567890.123456789e400"), MCP_JSON_NUMBER },
        { TEXT("\"\""), MCP_JSON_STRING }, { TEXT("\"a\""), MCP_JSON_STRING },
        { TEXT("\"\x7f\""), MCP_JSON_STRING }, { TEXT("\"\\u0000\""), MCP_JSON_STRING },
        { TEXT("[]"), MCP_JSON_ARRAY }, { TEXT("{}"), MCP_JSON_OBJECT }, { TEXT("[[]]"), MCP_JSON_ARRAY },
        { TEXT("[{}]"), MCP_JSON_ARRAY }, { TEXT("{\"\":{}}"), MCP_JSON_OBJECT },
        { TEXT("[1,2]"), MCP_JSON_ARRAY }, { TEXT("[ ]"), MCP_JSON_ARRAY }, { TEXT("{ }"), MCP_JSON_OBJECT },
        { TEXT(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"), MCP_JSON_ARRAY },
        { TEXT(" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n2 \t\r\n} \t\r\n"), MCP_JSON_OBJECT },
        { TEXT(" \t\r\n\"a\" \t\r\n"), MCP_JSON_STRING }, { TEXT(" null "), MCP_JSON_NULL },
        { TEXT("[true,false,null,1,\"\",[],{}]"), MCP_JSON_ARRAY },
        { TEXT("{\"a\":1,\"a\":2}"), MCP_JSON_OBJECT },
        { TEXT("\"\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""), MCP_JSON_STRING },
        { TEXT("\"\xEF\xBB\xBF\""), MCP_JSON_STRING }, { TEXT("\"\xE2\x80\xA8\""), MCP_JSON_STRING },
        { TEXT("\"\xEF\xBF\xBF\""), MCP_JSON_STRING }, { TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), MCP_JSON_STRING },
        { TEXT("\"\\ud800\\udc00\""), MCP_JSON_STRING }, { TEXT("\"\\uDBFF\\uDFFF\""), MCP_JSON_STRING },
        { TEXT("\"\\uffff\\uFFFE\\uFdd0\""), MCP_JSON_STRING }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].text);
        CHECK_STATUS(MCP_OK, parse_both(rows[i].text, rows[i].len));
        CHECK_INT(rows[i].type, mcp_json_type(mcp_json_root(&doc)));
    }
}

static void refuses(void)
{
    static const struct { const char *text; size_t len; int status; size_t at; const char *why; } rows[] = {
        { TEXT(""), MCP_E_SYNTAX, 0, "byte 0: expected a value, got the end of the text" },
        { TEXT(" "), MCP_E_SYNTAX, 1, "byte 1: expected a value, got the end of the text" },
        { TEXT("\n\t "), MCP_E_SYNTAX, 3, "byte 3: expected a value, got the end of the text" },
        { TEXT("x"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'x'" },
        { TEXT("\x00"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0x00" },
        { TEXT("1\x00"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got byte 0x00" },
        { TEXT("[1]\x00"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got byte 0x00" },
        { TEXT("[1,\x00]"), MCP_E_SYNTAX, 3, "byte 3: expected a value, got byte 0x00" },
        { TEXT("\xEF\xBB\xBF{}"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0xEF" },
        { TEXT("\xFF\xFE["), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0xFF" },
        { TEXT("'a'"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got '''" },
        { TEXT("a"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'a'" },
        { TEXT("tru"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 't'" },
        { TEXT("truE"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 't'" },
        { TEXT("True"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'T'" },
        { TEXT("TRUE"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'T'" },
        { TEXT("nul"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'n'" },
        { TEXT("NULL"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'N'" },
        { TEXT("nulll"), MCP_E_SYNTAX, 4, "byte 4: expected the end of the text, got 'l'" },
        { TEXT("truefalse"), MCP_E_SYNTAX, 4, "byte 4: expected the end of the text, got 'f'" },
        { TEXT("fals"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'f'" },
        { TEXT("falsee"), MCP_E_SYNTAX, 5, "byte 5: expected the end of the text, got 'e'" },
        { TEXT("undefined"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'u'" },
        { TEXT("NaN"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'N'" },
        { TEXT("Infinity"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got 'I'" },
        { TEXT("-Infinity"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got 'I'" },
        { TEXT("+1"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got '+'" },
        { TEXT("-"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got the end of the text" },
        { TEXT("--1"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got '-'" },
        { TEXT("- 1"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got ' '" },
        { TEXT("-~"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got '~'" },
        { TEXT("-\x7F"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got byte 0x7F" },
        { TEXT("-a"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got 'a'" },
        { TEXT("01"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got '1'" },
        { TEXT("-01"), MCP_E_SYNTAX, 2, "byte 2: expected the end of the text, got '1'" },
        { TEXT("00"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got '0'" },
        { TEXT("1."), MCP_E_SYNTAX, 2, "byte 2: expected a digit, got the end of the text" },
        { TEXT(".5"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got '.'" },
        { TEXT("-.5"), MCP_E_SYNTAX, 1, "byte 1: expected a digit, got '.'" },
        { TEXT("1.e1"), MCP_E_SYNTAX, 2, "byte 2: expected a digit, got 'e'" },
        { TEXT("1e"), MCP_E_SYNTAX, 2, "byte 2: expected a digit, got the end of the text" },
        { TEXT("1e+"), MCP_E_SYNTAX, 3, "byte 3: expected a digit, got the end of the text" },
        { TEXT("1e-"), MCP_E_SYNTAX, 3, "byte 3: expected a digit, got the end of the text" },
        { TEXT("1E+x"), MCP_E_SYNTAX, 3, "byte 3: expected a digit, got 'x'" },
        { TEXT("1.5.5"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got '.'" },
        { TEXT("1e5.5"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got '.'" },
        { TEXT("1e5e5"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got 'e'" },
        { TEXT("0x10"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got 'x'" },
        { TEXT("1_000"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got '_'" },
        { TEXT("1,2"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got ','" },
        { TEXT("1 2"), MCP_E_SYNTAX, 2, "byte 2: expected the end of the text, got '2'" },
        { TEXT("2.e3"), MCP_E_SYNTAX, 2, "byte 2: expected a digit, got 'e'" },
        { TEXT("1.a"), MCP_E_SYNTAX, 2, "byte 2: expected a digit, got 'a'" },
        { TEXT("-0-"), MCP_E_SYNTAX, 2, "byte 2: expected the end of the text, got '-'" },
        { TEXT("\""), MCP_E_SYNTAX, 1, "byte 1: expected '\"' to end the string, got the end of the text" },
        { TEXT("\"a"), MCP_E_SYNTAX, 2, "byte 2: expected '\"' to end the string, got the end of the text" },
        { TEXT("\"a\\"), MCP_E_SYNTAX, 3, "byte 3: expected '\"' to end the string, got the end of the text" },
        { TEXT("\"a\\\""), MCP_E_SYNTAX, 4, "byte 4: expected '\"' to end the string, got the end of the text" },
        { TEXT("\"\\a\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got 'a'" },
        { TEXT("\"\\u\""), MCP_E_SYNTAX, 1, "byte 1: expected four hex digits after \\u, got '\\'" },
        { TEXT("\"\\u00\""), MCP_E_SYNTAX, 1, "byte 1: expected four hex digits after \\u, got '\\'" },
        { TEXT("\"\\u00G0\""), MCP_E_SYNTAX, 1, "byte 1: expected four hex digits after \\u, got '\\'" },
        { TEXT("\"\\u 041\""), MCP_E_SYNTAX, 1, "byte 1: expected four hex digits after \\u, got '\\'" },
        { TEXT("\"\\x41\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got 'x'" },
        { TEXT("\"\\U0041\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got 'U'" },
        { TEXT("\"\\'\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got '''" },
        { TEXT("\"\\\x00\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got byte 0x00" },
        { TEXT("\"\\\n\""), MCP_E_SYNTAX, 2, "byte 2: expected one of \"\\/bfnrtu after a backslash, got byte 0x0A" },
        { TEXT("\"\\ud800\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\udc00\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\uDC00\\uD800\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83d\\u0041\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83d\\ud83d\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83d\\\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83dde00\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83d\\ude0\""), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\\ud83d\\ude"), MCP_E_SYNTAX, 1, "byte 1: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("{\"\\ud800\":1}"), MCP_E_SYNTAX, 2, "byte 2: expected both halves of a surrogate pair, got '\\'" },
        { TEXT("\"\x01\""), MCP_E_SYNTAX, 1,
          "byte 1: expected no control character in a string (write it as an escape), got byte 0x01" },
        { TEXT("\"a\nb\""), MCP_E_SYNTAX, 2,
          "byte 2: expected no control character in a string (write it as an escape), got byte 0x0A" },
        { TEXT("\"a\tb\""), MCP_E_SYNTAX, 2,
          "byte 2: expected no control character in a string (write it as an escape), got byte 0x09" },
        { TEXT("\"a\x00" "b\""), MCP_E_SYNTAX, 2,
          "byte 2: expected no control character in a string (write it as an escape), got byte 0x00" },
        { TEXT("\"\x1F\""), MCP_E_SYNTAX, 1,
          "byte 1: expected no control character in a string (write it as an escape), got byte 0x1F" },
        { TEXT("{\"a\nb\":1}"), MCP_E_SYNTAX, 3,
          "byte 3: expected no control character in a string (write it as an escape), got byte 0x0A" },
        { TEXT("\"\x80\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0x80" },
        { TEXT("\"\xC0\xAF\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xC0" },
        { TEXT("\"\xC3\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xC3" },
        { TEXT("\"\xC3"), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xC3" },
        { TEXT("{\"a\":\"\xC2"), MCP_E_UTF8, 6, "byte 6: expected well-formed UTF-8, got byte 0xC2" },
        { TEXT("\"\xE2\x82\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xE2" },
        { TEXT("\"\xED\xA0\x80\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xED" },
        { TEXT("\"\xF4\x90\x80\x80\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xF4" },
        { TEXT("\"\xF0\x9F\x98\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xF0" },
        { TEXT("\"\xFF\""), MCP_E_UTF8, 1, "byte 1: expected well-formed UTF-8, got byte 0xFF" },
        { TEXT("\"ok \xE2\x82\xAC \xC3(\""), MCP_E_UTF8, 8, "byte 8: expected well-formed UTF-8, got byte 0xC3" },
        { TEXT("\xC3\xA9"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0xC3" },
        { TEXT("[\xC3\xA9]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got byte 0xC3" },
        { TEXT("{\xC3\xA9:1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got byte 0xC3" },
        { TEXT("["), MCP_E_SYNTAX, 1, "byte 1: expected a value, got the end of the text" },
        { TEXT("[1"), MCP_E_SYNTAX, 2, "byte 2: expected ',' or ']', got the end of the text" },
        { TEXT("[1,"), MCP_E_SYNTAX, 3, "byte 3: expected a value, got the end of the text" },
        { TEXT("[,1]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got ','" },
        { TEXT("[1,]"), MCP_E_SYNTAX, 3, "byte 3: expected a value, got ']'" },
        { TEXT("[1,,2]"), MCP_E_SYNTAX, 3, "byte 3: expected a value, got ','" },
        { TEXT("[1 2]"), MCP_E_SYNTAX, 3, "byte 3: expected ',' or ']', got '2'" },
        { TEXT("[1}"), MCP_E_SYNTAX, 2, "byte 2: expected ',' or ']', got '}'" },
        { TEXT("[1:2]"), MCP_E_SYNTAX, 2, "byte 2: expected ',' or ']', got ':'" },
        { TEXT("[\"a\":1]"), MCP_E_SYNTAX, 4, "byte 4: expected ',' or ']', got ':'" },
        { TEXT("[}"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got '}'" },
        { TEXT("]"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got ']'" },
        { TEXT("[]]"), MCP_E_SYNTAX, 2, "byte 2: expected the end of the text, got ']'" },
        { TEXT("[1]x"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got 'x'" },
        { TEXT("[1],"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got ','" },
        { TEXT("[] []"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got '['" },
        { TEXT("[;]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got ';'" },
        { TEXT("[1;]"), MCP_E_SYNTAX, 2, "byte 2: expected ',' or ']', got ';'" },
        { TEXT("[//x\n1]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got '/'" },
        { TEXT("/**/1"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got '/'" },
        { TEXT("[#]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got '#'" },
        { TEXT("{"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got the end of the text" },
        { TEXT("{\"a\""), MCP_E_SYNTAX, 4, "byte 4: expected ':' after the key, got the end of the text" },
        { TEXT("{\"a\":"), MCP_E_SYNTAX, 5, "byte 5: expected a value, got the end of the text" },
        { TEXT("{\"a\":1"), MCP_E_SYNTAX, 6, "byte 6: expected ',' or '}', got the end of the text" },
        { TEXT("{\"a\":1,"), MCP_E_SYNTAX, 7, "byte 7: expected a key in quotes, got the end of the text" },
        { TEXT("{\"a\" x}"), MCP_E_SYNTAX, 5, "byte 5: expected ':' after the key, got 'x'" },
        { TEXT("{\"a\" 1}"), MCP_E_SYNTAX, 5, "byte 5: expected ':' after the key, got '1'" },
        { TEXT("{\"a\"}"), MCP_E_SYNTAX, 4, "byte 4: expected ':' after the key, got '}'" },
        { TEXT("{\"a\":}"), MCP_E_SYNTAX, 5, "byte 5: expected a value, got '}'" },
        { TEXT("{\"a\":1,}"), MCP_E_SYNTAX, 7, "byte 7: expected a key in quotes, got '}'" },
        { TEXT("{,}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got ','" },
        { TEXT("{,\"a\":1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got ','" },
        { TEXT("{\"a\":1,,\"b\":2}"), MCP_E_SYNTAX, 7, "byte 7: expected a key in quotes, got ','" },
        { TEXT("{\"a\":1 \"b\":2}"), MCP_E_SYNTAX, 7, "byte 7: expected ',' or '}', got '\"'" },
        { TEXT("{\"a\":1]"), MCP_E_SYNTAX, 6, "byte 6: expected ',' or '}', got ']'" },
        { TEXT("{\"a\":1}}"), MCP_E_SYNTAX, 7, "byte 7: expected the end of the text, got '}'" },
        { TEXT("{1:1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got '1'" },
        { TEXT("{a:1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got 'a'" },
        { TEXT("{'a':1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got '''" },
        { TEXT("{null:1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got 'n'" },
        { TEXT("{[]:1}"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got '['" },
        { TEXT("{\"a\"::1}"), MCP_E_SYNTAX, 5, "byte 5: expected a value, got ':'" },
        { TEXT("{\"a\",1}"), MCP_E_SYNTAX, 4, "byte 4: expected ':' after the key, got ','" },
        { TEXT("{\"a\":1:2}"), MCP_E_SYNTAX, 6, "byte 6: expected ',' or '}', got ':'" },
        { TEXT("{]"), MCP_E_SYNTAX, 1, "byte 1: expected a key in quotes, got ']'" },
        { TEXT("}"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got '}'" },
        { TEXT("{\"a\":1,\"b\"}"), MCP_E_SYNTAX, 10, "byte 10: expected ':' after the key, got '}'" },
        { TEXT("{\"a\":tru}"), MCP_E_SYNTAX, 5, "byte 5: expected a value, got 't'" },
        { TEXT("{\"a\":[}"), MCP_E_SYNTAX, 6, "byte 6: expected a value, got '}'" },
        { TEXT("{\"a\":01}"), MCP_E_SYNTAX, 6, "byte 6: expected ',' or '}', got '1'" },
        { TEXT("{} x"), MCP_E_SYNTAX, 3, "byte 3: expected the end of the text, got 'x'" },
        { TEXT("\x0C" "1"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0x0C" },
        { TEXT("1\x0B"), MCP_E_SYNTAX, 1, "byte 1: expected the end of the text, got byte 0x0B" },
        { TEXT("\xC2\xA0[]"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0xC2" },
        { TEXT("[\xE2\x81\xA0]"), MCP_E_SYNTAX, 1, "byte 1: expected a value, got byte 0xE2" },
        { TEXT("\x7F"), MCP_E_SYNTAX, 0, "byte 0: expected a value, got byte 0x7F" },
        { TEXT("\"\x7F"), MCP_E_SYNTAX, 2, "byte 2: expected '\"' to end the string, got the end of the text" }
    };
    char why[MCP_DOC_ERROR_SIZE];
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].text);
        CHECK_STATUS(rows[i].status, parse_both(rows[i].text, rows[i].len));
        CHECK_UINT(rows[i].at, doc.error_at);
        CHECK_STR(rows[i].why, mcp_doc_error(&doc, why, sizeof why));
        CHECK_MISSING(mcp_json_root(&doc));
        CHECK_STATUS(MCP_OK, parse("[1]"));         /* and the doc is as good as before */
        CHECK_INT(1, mcp_json_int(mcp_json_at(mcp_json_root(&doc), 0), NULL, 0));
    }
}

/* What remains of a good text that was cut is never good. Reading stops at the end, or where that begins which
   the cut went through: a literal, an escape, a character. */
static void refuses_every_truncation(void)
{
    static const char text[] = "{\"key\\u20ac\": [1.5e+10, true, false, null, \"\xF0\x90\x80\x80\\ud83d\\ude00\\n\", "
                               "{\"a\": {\"b\": []}}, -0], \"\xE2\x82\xAC\": \"end\"}";
    static const struct { const char *what; size_t len; } pieces[] = {
        { "\\u20ac", 6 }, { "true", 4 }, { "false", 5 }, { "null", 4 }, { "\xF0\x90\x80\x80", 4 },
        { "\\ud83d\\ude00", 12 },
        { "\xE2\x82\xAC", 3 }
    };
    size_t len, i;
    fresh();
    for (len = 0; len < sizeof text - 1; len++) {
        size_t at = len;
        int status = MCP_E_SYNTAX;
        for (i = 0; i < MCP_COUNT(pieces); i++) {
            size_t begin = (size_t)(strstr(text, pieces[i].what) - text);
            if (len <= begin || len >= begin + pieces[i].len) continue;
            at = begin;
            if (pieces[i].what[0] == '\\' && len == begin + 1) at = len;       /* nothing is known of the escape */
            if ((unsigned char)pieces[i].what[0] >= 0x80) status = MCP_E_UTF8;
        }
        NOTE("the first %lu bytes", (unsigned long)len);
        CHECK_STATUS(status, parse_both(text, len));
        CHECK_UINT(at, doc.error_at);
    }
    CHECK_STATUS(MCP_OK, parse_both(text, len));
}

/* The wrong byte is named legibly, whatever it is. */
static void tells_every_wrong_byte(void)
{
    unsigned c;
    fresh();
    for (c = 0; c < 256; c++) {
        char text[4] = { '[', '0', '0', ']' }, why[MCP_DOC_ERROR_SIZE];
        size_t i;
        text[2] = (char)c;
        NOTE("[0 and byte %02X", c);
        if (strchr("0123456789", (int)c) && c) continue;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
        if (c == '.' || c == 'e' || c == 'E' || c == ',' || c == ']') continue;
        parse_both(text, 4);
        CHECK(doc.error == MCP_E_SYNTAX || doc.error == MCP_E_UTF8);
        CHECK_UINT(2, doc.error_at);
        CHECK(mcp_doc_error(&doc, why, sizeof why) == why);
        CHECK(strncmp(why, "byte 2: ", 8) == 0);
        CHECK(strstr(why, ", got ") != NULL);
        for (i = 0; why[i]; i++) CHECK(why[i] >= 32 && why[i] < 127);
        if (c > 32 && c < 127) CHECK(strchr(strstr(why, ", got "), (int)c) != NULL);
    }
}

/* What is no matter of syntax is told by its status, with the place where it happened if there is one. */
static void tells_about_limits(void)
{
    char why[MCP_DOC_ERROR_SIZE], buf[80] = "[]";
    fresh();
    doc.max_depth = 2;
    CHECK_STATUS(MCP_E_DEPTH, parse("[1,[[]]]"));
    CHECK_STR("MCP_E_DEPTH: nested too deeply: see max_depth, at byte 4", mcp_doc_error(&doc, why, sizeof why));
    doc.max_nodes = 3;
    CHECK_STATUS(MCP_E_NODES, parse("[1,2,3]"));
    CHECK(strstr(mcp_doc_error(&doc, why, sizeof why), "MCP_E_NODES: too many values in one text: see max_nodes, at "
                 "byte ") == why);
    CHECK(doc.error_at >= 4 && doc.error_at <= 7);
    CHECK_STATUS(MCP_E_TOO_LONG, mcp_json_parse(&doc, buf, SIZE_MAX));
    CHECK_STR(mcp_strerror(MCP_E_TOO_LONG), mcp_doc_error(&doc, why, sizeof why));
    CHECK_STATUS(MCP_E_MISUSE, mcp_json_parse_inplace(&doc, buf, 2, 10));
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), mcp_doc_error(&doc, why, sizeof why));
    CHECK_STATUS(MCP_OK, parse("[]"));
    CHECK_STR("MCP_OK: done", mcp_doc_error(&doc, why, sizeof why));
}

static void error_text_is_cut(void)
{
    char whole[MCP_DOC_ERROR_SIZE], *end = test_guarded(512);
    size_t cap;
    fresh();
    CHECK_STATUS(MCP_E_SYNTAX, parse("{\"a\" 1}"));
    mcp_doc_error(&doc, whole, sizeof whole);
    CHECK(strlen(whole) > 20);
    for (cap = 1; cap <= sizeof whole; cap++) {
        char *buf = end - cap;
        size_t n = strlen(whole) < cap ? strlen(whole) : cap - 1;
        memset(buf, 'x', cap);
        CHECK(mcp_doc_error(&doc, buf, cap) == buf);
        CHECK_BYTES(whole, n, buf, strlen(buf));
    }
    mcp_doc_error(&doc, end, 0);
}

/* A parser written from RFC 8259's grammar, as plainly as can be. */
typedef struct plain {
    const unsigned char *at, *end;
    int depth;
} plain;

static void plain_space(plain *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) p->at++;
}

static bool plain_char(plain *p, int c)
{
    if (p->at == p->end || *p->at != c) return false;
    p->at++;
    return true;
}

static bool plain_digits(plain *p)
{
    const unsigned char *begin = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
    return p->at > begin;
}

static bool plain_number(plain *p)
{
    plain_char(p, '-');
    if (!plain_char(p, '0') && !plain_digits(p)) return false;
    if (plain_char(p, '.') && !plain_digits(p)) return false;
    if (plain_char(p, 'e') || plain_char(p, 'E')) {
        if (!plain_char(p, '+')) plain_char(p, '-');
        return plain_digits(p);
    }
    return true;
}

static bool plain_word(plain *p, const char *word)
{
    for (; *word; word++)
        if (!plain_char(p, *word)) return false;
    return true;
}

static bool plain_hex(plain *p, unsigned *value)
{
    int i;
    *value = 0;
    for (i = 0; i < 4; i++, p->at++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *d = p->at < p->end && *p->at ? strchr(digits, *p->at) : NULL;
        if (!d) return false;
        *value = *value << 4 | (unsigned)((d - digits) % 16);
    }
    return true;
}

static bool plain_escape(plain *p)
{
    unsigned a, b;
    if (p->at == p->end) return false;
    if (*p->at && strchr("\"\\/bfnrt", *p->at)) { p->at++; return true; }
    if (!plain_char(p, 'u') || !plain_hex(p, &a)) return false;
    if (a >= 0xDC00 && a <= 0xDFFF) return false;
    if (a < 0xD800 || a > 0xDBFF) return true;
    return plain_char(p, '\\') && plain_char(p, 'u') && plain_hex(p, &b) && b >= 0xDC00 && b <= 0xDFFF;
}

static bool plain_string(plain *p)
{
    if (!plain_char(p, '"')) return false;
    while (p->at < p->end) {
        unsigned c = *p->at++;
        if (c == '"') return true;
        if (c < 0x20) return false;
        if (c == '\\' && !plain_escape(p)) return false;
        if (c >= 0x80) {
            size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
            p->at--;
            if (n > (size_t)(p->end - p->at) || !mcp_utf8_valid((const char *)p->at, n)) return false;
            p->at += n;
        }
    }
    return false;
}

static bool plain_value(plain *p);

static bool plain_list(plain *p, int close, bool keys)
{
    if (++p->depth > 64) return false;
    plain_space(p);
    if (plain_char(p, close)) { p->depth--; return true; }
    do {
        plain_space(p);
        if (keys) {
            if (!plain_string(p)) return false;
            plain_space(p);
            if (!plain_char(p, ':')) return false;
        }
        if (!plain_value(p)) return false;
    } while (plain_char(p, ','));
    p->depth--;
    return plain_char(p, close);
}

static bool plain_value(plain *p)
{
    bool ok;
    plain_space(p);
    if (p->at == p->end) return false;
    switch (*p->at) {
    case '{': p->at++; ok = plain_list(p, '}', true); break;
    case '[': p->at++; ok = plain_list(p, ']', false); break;
    case '"': ok = plain_string(p); break;
    case 't': ok = plain_word(p, "true"); break;
    case 'f': ok = plain_word(p, "false"); break;
    case 'n': ok = plain_word(p, "null"); break;
    default: ok = plain_number(p);
    }
    plain_space(p);
    return ok;
}

static bool plain_accepts(const char *text, size_t len)
{
    plain p;
    p.at = (const unsigned char *)text;
    p.end = p.at + len;
    p.depth = 0;
    return plain_value(&p) && p.at == p.end;
}

static void compare_with_plain(const char *text, size_t len)
{
    char quoted[200];
    bool want = plain_accepts(text, len);
    int status = parse_both(text, len);
    if ((status == MCP_OK) != want)
        FAIL("%s: the plain parser %s it, this one says %s", test_quote(quoted, sizeof quoted, text, len),
             want ? "accepts" : "refuses", mcp_strerror(status));
    if (status != MCP_OK && doc.error_at > len) FAIL("error_at is past the end");
}

/* All texts of up to five bytes from the alphabet of JSON's structure, then longer ones at random. */
static void agrees_with_a_plain_parser(void)
{
    static const char alphabet[] = "[]{},:\"1 0-e.\\t";
    static const char *const parts[] = {
        "[", "]", "{", "}", ",", ":", "\"", "\"a\"", "\"\\n\"", "\\", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", "\\u12",
        "0",
        "1", "-", "12", ".5", "e3", "E+", "true", "false", "null", "nul", " ", "\n", "\t", "\xC3\xA9",
        "\xF0\x9F\x98\x80",
        "\xC3", "\x80", "\x01", "{}", "[]", "[1,2]", "{\"a\":1}", "\"k\":", ",\"k\":[",
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "                                  ", "123456789012345678901234567890"
    };
    static char text[4096];
    size_t n = sizeof alphabet - 1, round, rounds = test_rounds(60000), len, i, all, k, step = test_step(17);
    fresh();
    for (len = 0, all = 1; len <= 5; len++, all *= n) {
        for (k = 0; k < all; k += len < 5 ? step : step * 3) {
            for (i = 0, round = k; i < len; i++, round /= n) text[i] = alphabet[round % n];
            compare_with_plain(text, len);
        }
    }
    for (round = 0; round < rounds; round++) {
        size_t count = test_below(test_below(8) ? 8 : 60);
        for (len = 0, i = 0; i < count; i++) {
            const char *part = parts[test_below(MCP_COUNT(parts))];
            memcpy(text + len, part, strlen(part));
            len += strlen(part);
        }
        compare_with_plain(text, len);
    }
}

/* One byte of a good text changed, removed or doubled. */
static void agrees_about_damaged_texts(void)
{
    static const char good[] =
        "{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"tools/call\",\"params\":{\"name\":\"say\",\"arguments\":"
        "{\"text\":\"caf\xC3\xA9 \\u20ac \\ud83d\\ude00 \xF0\x9F\x98\x80 \\\\ \\\" \\n\",\"n\":[1,-2.5e-3,0,1E+9],\""
        "t\":true,\"f\":false,"
        "\"z\":null,\"e\":{},\"a\":[]}, \"_meta\" : { \"progressToken\" : \"abcdefghijklmnopqrstuvwxyz0123456789abcd"
        "efghijklmnopqrstuvwxyz\" } }}";
    static char text[sizeof good + 4];
    size_t at, c, len = sizeof good - 1, step = test_step(19);
    fresh();
    compare_with_plain(good, len);
    CHECK_STATUS(MCP_OK, doc.error);
    for (at = 0; at < len; at++) {
        for (c = at % step; c < 256; c += step) {
            memcpy(text, good, len);
            text[at] = (char)c;
            compare_with_plain(text, len);
            if (c % 8) continue;
            memcpy(text, good, at);
            text[at] = (char)c;
            memcpy(text + at + 1, good + at, len - at);
            compare_with_plain(text, len + 1);
        }
        memcpy(text, good, at);
        memcpy(text + at, good + at + 1, len - at - 1);
        compare_with_plain(text, len - 1);
    }
}

/*---- Limits -------------------------------------------------------------------------------------*/

static char *nested(size_t depth, const char *open, const char *inner, const char *close)
{
    size_t i, no = strlen(open), nc = strlen(close), ni = strlen(inner);
    char *text = (char *)malloc(depth * (no + nc) + ni + 1), *p = text;
    for (i = 0; i < depth; i++, p += no) memcpy(p, open, no);
    memcpy(p, inner, ni);
    p += ni;
    for (i = 0; i < depth; i++, p += nc) memcpy(p, close, nc);
    *p = 0;
    return text;
}

static void depth_case(uint32_t max, size_t depth, const char *open, const char *close, size_t at)
{
    char *text = nested(depth, open, "1", close);
    size_t limit = max ? max : 64;
    NOTE("max_depth %lu, depth %lu of %s", (unsigned long)max, (unsigned long)depth, open);
    doc.max_depth = max;
    parse(text);
    if (depth <= limit) CHECK_STATUS(MCP_OK, doc.error);
    else {
        CHECK_STATUS(MCP_E_DEPTH, doc.error);
        CHECK_UINT(limit * strlen(open) + at, doc.error_at);
    }
    free(text);
}

static void depth_limit(void)
{
    static const uint32_t limits[] = { 0, 1, 2, 3, 63, 64, 65, 1000 };
    size_t i, depth;
    fresh();
    for (i = 0; i < MCP_COUNT(limits); i++) {
        size_t limit = limits[i] ? limits[i] : 64;
        for (depth = limit > 3 ? limit - 2 : 1; depth <= limit + 3; depth++) {
            depth_case(limits[i], depth, "[", "]", 0);
            depth_case(limits[i], depth, "{\"a\":", "}", 0);
            if (test_state.failures) return;
        }
    }
}

static void depth_is_no_recursion(void)
{
    char *text = nested(100000, "[", "", "");
    fresh();
    CHECK_STATUS(MCP_E_DEPTH, parse(text));
    CHECK_UINT(64, doc.error_at);
    doc.max_depth = 99999;
    CHECK_STATUS(MCP_E_DEPTH, parse(text));
    CHECK_UINT(99999, doc.error_at);
    doc.max_depth = UINT32_MAX;
    CHECK_STATUS(MCP_E_SYNTAX, parse(text));
    CHECK_UINT(100000, doc.error_at);
    free(text);
    text = nested(100000, "[", "7", "]");
    CHECK_STATUS(MCP_OK, parse(text));
    {
        mcp_json v = mcp_json_root(&doc);
        size_t depth = 0;
        while (mcp_json_type(v) == MCP_JSON_ARRAY) { v = mcp_json_first(v); depth++; }
        CHECK_UINT(100000, depth);
        CHECK_INT(7, mcp_json_int(v, NULL, 0));
    }
    free(text);
    text = nested(100000, "{\"a\":", "7", "}");
    CHECK_STATUS(MCP_OK, parse(text));
    free(text);
    text = nested(100000, "{\"a\":[", "7", "]}");
    CHECK_STATUS(MCP_OK, parse(text));
    free(text);
}

static void node_limit(void)
{
    static const struct { const char *text; uint32_t nodes; } rows[] = {
        { "1", 1 }, { "\"a\"", 1 }, { "[]", 2 }, { "{}", 2 }, { "[1]", 3 }, { "[1,2,3]", 5 }, { "{\"a\":1}", 4 },
        { "{\"a\":[]}", 5 }, { "[[],[],{}]", 8 }, { "{\"a\":1,\"b\":{\"c\":null}}", 9 }, { "[true,false,null]", 5 }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        uint32_t max;
        for (max = 1; max < rows[i].nodes + 3; max++) {
            NOTE("%s with %lu nodes", rows[i].text, (unsigned long)max);
            fresh();
            doc.max_nodes = max;
            CHECK_STATUS(max < rows[i].nodes ? MCP_E_NODES : MCP_OK, parse_both(rows[i].text, strlen(rows[i].text)));
            CHECK_STATUS(MCP_OK, parse("0"));
        }
        CHECK_STATUS(MCP_OK, parse(rows[i].text));
        CHECK_UINT(rows[i].nodes, doc.num_nodes);
    }
}

/* n numbers, or n members, or n empty arrays, and the value of each is checked. */
static void grown(size_t n, int kind, uint32_t max)
{
    static char text[200000];
    size_t len = 0, i;
    mcp_json v;
    text[len++] = kind == 1 ? '{' : '[';
    for (i = 0; i < n; i++) {
        if (i) text[len++] = ',';
        if (kind == 0) len += (size_t)snprintf(text + len, 40, "%u", (unsigned)i);
        if (kind == 1) len += (size_t)snprintf(text + len, 40, "\"%u\":%u", (unsigned)i, (unsigned)i);
        if (kind == 2) len += (size_t)snprintf(text + len, 40, "[]");
    }
    text[len++] = kind == 1 ? '}' : ']';
    doc.max_nodes = max;
    if (mcp_json_parse(&doc, text, len) != MCP_OK) {
        FAIL("kind %d of %lu: %s", kind, (unsigned long)n, mcp_strerror(doc.error));
        return;
    }
    v = mcp_json_root(&doc);
    CHECK_UINT(n, mcp_json_count(v));
    for (i = 0, v = mcp_json_first(v); mcp_json_exists(v); v = mcp_json_next(v), i++) {
        if (kind < 2) CHECK_INT((int64_t)i, mcp_json_int(v, NULL, -1));
        else CHECK_INT(MCP_JSON_ARRAY, mcp_json_type(v));
    }
    CHECK_UINT(n, i);
}

static void grows_in_the_middle(void)
{
    size_t n, step = test_step(13);
    for (n = 0; n < 2000; n += (n < 300 ? 1 : 7) * step) {
        int kind;
        for (kind = 0; kind < 3; kind++) {
            NOTE("%lu of kind %d", (unsigned long)n, kind);
            fresh();
            grown(n, kind, 0);
            fresh();
            grown(n, kind, (uint32_t)(kind == 0 ? n + 2 : n * 2 + 2));      /* exactly enough */
            if (test_state.failures) return;
        }
    }
    fresh();
    for (n = 0; n < 5000; n += 50) grown(n, 0, 0);                          /* in one doc that grows */
}

/* What is too long is not looked at. */
static void length_limit(void)
{
    char *gone = test_guarded(1);
    test_heap heap;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
    fresh();
    doc.alloc = test_heap_init(&heap);
    for (i = 1; i < 4; i++) {
        CHECK_STATUS(MCP_E_TOO_LONG, mcp_json_parse(&doc, gone, MCP_JSON_MAX + i));
        CHECK_STATUS(MCP_E_TOO_LONG, mcp_json_parse(&doc, gone, SIZE_MAX - i + 1));
        CHECK_STATUS(MCP_E_TOO_LONG, mcp_json_parse_inplace(&doc, gone, MCP_JSON_MAX + i, MCP_JSON_MAX + page));
        CHECK(mcp_json_parse_inplace(&doc, gone, SIZE_MAX - i + 1, SIZE_MAX) < 0);
        CHECK_MISSING(mcp_json_root(&doc));
    }
    CHECK_UINT(0, heap.calls);
    heap.fail_at = 1;                               /* the longest one that is allowed asks for memory */
    heap.forever = true;
    CHECK_STATUS(MCP_E_NOMEM, mcp_json_parse(&doc, gone, MCP_JSON_MAX));
    fresh();
    CHECK_HEAP(&heap);
}

static void padding_is_demanded(void)
{
    static char buf[200];
    size_t cap, len;
    fresh();
    for (len = 0; len < 5; len++) {
        for (cap = 0; cap < len + MCP_JSON_PAD + 3; cap++) {
            memcpy(buf, "[10]     ", 9);
            if (cap < len + MCP_JSON_PAD) {
                CHECK_STATUS(MCP_E_MISUSE, mcp_json_parse_inplace(&doc, buf, len, cap));
                CHECK_STATUS(MCP_E_MISUSE, doc.error);
                CHECK_MISSING(mcp_json_root(&doc));
            } else CHECK_STATUS(len < 4 ? MCP_E_SYNTAX : MCP_OK, mcp_json_parse_inplace(&doc, buf, len, cap));
        }
    }
}

/* Bytes past the capacity stay as they were, whatever stands in the padding. */
static void nothing_past_the_padding(void)
{
    static const char *const texts[] = { "[\"abc\",1]", "\"abc", "[1", "123", "\"\\", "\"\\u12", "tru", "{\"a\":\"",
        "\"\xF0\x9F" };
    static char buf[300];
    size_t i, fill;
    for (i = 0; i < MCP_COUNT(texts); i++) {
        for (fill = 0; fill < 256; fill++) {
            size_t len = strlen(texts[i]);
            mcp_doc one;
            int status, n;
            fresh();
            status = parse(texts[i]);
            memset(&one, 0, sizeof one);
            memset(buf, (int)fill, sizeof buf);
            memcpy(buf + 50, texts[i], len);
            NOTE("%s before bytes %02X", texts[i], (unsigned)fill);
            CHECK_STATUS(status, mcp_json_parse_inplace(&one, buf + 50, len, len + MCP_JSON_PAD));
            CHECK_UINT(doc.error_at, one.error_at);
            for (n = 0; n < 50; n++) CHECK(buf[n] == (char)fill);
            for (n = 50 + (int)len + MCP_JSON_PAD; n < 300; n++) CHECK(buf[n] == (char)fill);
            mcp_doc_free(&one);
        }
    }
}

/*---- Strings ------------------------------------------------------------------------------------*/

/* Something that stands in a string: how it is written, what it becomes, or what is wrong with it. */
typedef struct special {
    const char *json;
    size_t json_len;
    const char *text;
    size_t text_len;
    int status;
    size_t error_at;        /* from the special on */
} special;

#define GOOD(json, text) { TEXT(json), TEXT(text), MCP_OK, 0 }
#define BAD(json, status, at) { TEXT(json), NULL, 0, status, at }

static const special specials[] = {
    GOOD("", ""), GOOD("\\\"", "\""), GOOD("\\\\", "\\"), GOOD("\\/", "/"), GOOD("\\b", "\b"), GOOD("\\f", "\f"),
    GOOD("\\n", "\n"), GOOD("\\r", "\r"), GOOD("\\t", "\t"), GOOD("\\u0041", "A"), GOOD("\\u0000", "\0"),
    GOOD("\\u00e9", "\xC3\xA9"), GOOD("\\u20AC", "\xE2\x82\xAC"), GOOD("\\uD83D\\uDE00", "\xF0\x9F\x98\x80"),
    GOOD("\\\\\\\\", "\\\\"), GOOD("\\n\\u0009\\\"", "\n\t\""), GOOD("\x7f", "\x7f"), GOOD("/", "/"), GOOD("'", "'"),
    GOOD("\xC3\xA9", "\xC3\xA9"), GOOD("\xE2\x82\xAC", "\xE2\x82\xAC"), GOOD("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"),
    GOOD("\xC3\xA9\\n\xC3\xA9", "\xC3\xA9\n\xC3\xA9"), GOOD("\xE2\x82\xAC\xE2\x82\xAC", "\xE2\x82\xAC\xE2\x82\xAC"),
    BAD("\n", MCP_E_SYNTAX, 0), BAD("\x1f", MCP_E_SYNTAX, 0), BAD("\0", MCP_E_SYNTAX, 0), BAD("\t", MCP_E_SYNTAX, 0),
    BAD("\x80", MCP_E_UTF8, 0), BAD("\xFF", MCP_E_UTF8, 0), BAD("\xC3", MCP_E_UTF8, 0), BAD("\xE2\x82", MCP_E_UTF8, 0),
    BAD("\xF0\x9F\x98", MCP_E_UTF8, 0), BAD("\xC0\x80", MCP_E_UTF8, 0), BAD("\xED\xA0\x80", MCP_E_UTF8, 0),
    BAD("\xF4\x90\x80\x80", MCP_E_UTF8, 0), BAD("\xF5\x80\x80\x80", MCP_E_UTF8, 0), BAD("\xC3\xA9\x80", MCP_E_UTF8, 2),
    BAD("\\x", MCP_E_SYNTAX, 1), BAD("\\U0041", MCP_E_SYNTAX, 1), BAD("\\u12G4", MCP_E_SYNTAX, 0),
    BAD("\\u!", MCP_E_SYNTAX, 0),
    BAD("\\ud800", MCP_E_SYNTAX, 0), BAD("\\udc00", MCP_E_SYNTAX, 0), BAD("\\ud800\\u0041", MCP_E_SYNTAX, 0),
    BAD("\\ud83dx", MCP_E_SYNTAX, 0), BAD("\\ud83d\\n", MCP_E_SYNTAX, 0), BAD("\\ude00\\ud83d", MCP_E_SYNTAX, 0)
};

/* Puts before fillers, the special and after fillers in quotes, after lead spaces and in "[...,7]" or as a key
   in "{...:7}", and checks what comes of it. */
static void string_case(size_t lead, size_t before, const special *s, size_t after, bool key)
{
    static char text[1200], want[1200];
    size_t n = lead, m = before + s->text_len + after, error_at;
    mcp_json v;
    mcp_str got;
    memset(text, ' ', lead);
    text[n++] = key ? '{' : '[';
    text[n++] = '"';
    memset(text + n, 'a', before);
    n += before;
    error_at = n + s->error_at;
    memcpy(text + n, s->json, s->json_len);
    n += s->json_len;
    memset(text + n, 'b', after);
    n += after;
    memcpy(text + n, key ? "\":7}" : "\",7]", 4);
    n += 4;
    if (parse_both(text, n) != s->status) {
        CHECK_STATUS(s->status, doc.error);
        return;
    }
    if (s->status != MCP_OK) {
        CHECK_UINT(error_at, doc.error_at);
        return;
    }
    v = mcp_json_first(mcp_json_root(&doc));
    got = key ? mcp_json_key(v) : mcp_json_str(v, NULL);
    memset(want, 'a', before);
    if (s->text_len) memcpy(want + before, s->text, s->text_len);
    memset(want + before + s->text_len, 'b', after);
    CHECK_BYTES(want, m, got.ptr, got.len);
    CHECK(got.ptr && got.ptr[got.len] == 0);
    CHECK_INT(7, mcp_json_int(key ? v : mcp_json_next(v), NULL, 0));
    if (key) CHECK(mcp_json_exists(mcp_json_member(mcp_json_root(&doc), want, m)));
}

static void strings_of_every_length(void)
{
    size_t len, at, i, step = test_step(11), turn = 0;
    fresh();
    for (i = 0; i < MCP_COUNT(specials); i++) {
        for (len = 0; len <= 300; len++) {
            for (at = turn % (len < 140 ? step : 7 * step); at <= len; at += len < 140 ? step : 7 * step) {
                NOTE("%lu times a, %s, %lu times b", (unsigned long)at, specials[i].json, (unsigned long)(len - at));
                string_case(turn % 5, at, &specials[i], len - at, turn & 1);
                turn++;
                if (test_state.failures) return;
            }
        }
    }
}

static void strings_at_every_alignment(void)
{
    static const size_t lengths[] = { 0, 1, 2, 7, 8, 9, 14, 15, 16, 17, 31, 32, 33, 48, 61, 62, 63, 64, 65, 66, 126,
                                      127, 128, 129, 191, 192, 193 };
    size_t i, k, lead, step = test_step(11);
    fresh();
    for (i = 0; i < MCP_COUNT(specials); i++) {
        for (lead = i % step; lead < 64; lead += step) {
            for (k = 0; k < MCP_COUNT(lengths); k++) {
                size_t len = lengths[k];
                NOTE("%lu spaces, %s, %lu letters", (unsigned long)lead, specials[i].json, (unsigned long)len);
                string_case(lead, 0, &specials[i], len, lead & 1);
                string_case(lead, len, &specials[i], 0, !(lead & 1));
                string_case(lead, len / 2, &specials[i], len - len / 2, lead & 1);
                if (test_state.failures) return;
            }
        }
    }
}

/* Runs of one kind of characters, as Chinese or Cyrillic text has them, with something else at every place. */
static void runs_of_characters(void)
{
    static const char *const runs[] = { "\xE6\xBC\xA2", "\xC3\xA9", "\xF0\x9F\x98\x80", "\xE0\xA4\x85",
        "\xED\x95\x9C" };
    static const struct { const char *bytes; bool good; } odd[] = {
        { "\xE0\xA0\x80", 1 }, { "\xED\x9F\xBF", 1 }, { "\xEF\xBF\xBF", 1 }, { "a", 1 }, { "\xC2\x80", 1 },
        { "\xF4\x8F\xBF\xBF", 1 },
        { "\xE0\x9F\xBF", 0 }, { "\xED\xA0\x80", 0 }, { "\xED\xBF\xBF", 0 }, { "\xE0\x80\x80", 0 }, { "\xE6\xBC", 0 },
        { "\xE6", 0 }, { "\xBC", 0 },
        { "\xC1\xBF", 0 }, { "\xF0\x8F\xBF\xBF", 0 }, { "\xF4\x90\x80\x80", 0 }, { "\xF8", 0 }, { "\xE6\x28\xA1", 0 },
        { "\xE6\xBC\x28", 0 }
    };
    size_t i, k, at, n, step = test_step(5), turn = 0;
    fresh();
    for (i = 0; i < MCP_COUNT(runs); i++) {
        for (k = 0; k < MCP_COUNT(odd); k++) {
            for (at = turn++ % step; at < 30; at += step) {
                char text[200];
                size_t len = 0, wrong = 0;
                mcp_str s;
                text[len++] = '"';
                for (n = 0; n < 30; n++) {
                    const char *bytes = n == at ? odd[k].bytes : runs[i];
                    if (n == at) wrong = len;
                    memcpy(text + len, bytes, strlen(bytes));
                    len += strlen(bytes);
                }
                text[len++] = '"';
                NOTE("run %lu with %lu at %lu", (unsigned long)i, (unsigned long)k, (unsigned long)at);
                CHECK_STATUS(odd[k].good ? MCP_OK : MCP_E_UTF8, parse_both(text, len));
                if (!odd[k].good) CHECK_UINT(wrong, doc.error_at);
                s = mcp_json_str(mcp_json_root(&doc), NULL);
                if (odd[k].good) CHECK_BYTES(text + 1, len - 2, s.ptr, s.len);
            }
        }
    }
}

/* \uXXXX of all 65536, in both cases of letters; halves of pairs are refused. */
static void every_escape(void)
{
    unsigned c, step = (unsigned)test_step(7);
    fresh();
    for (c = 0; c < 0x10000; c += step) {
        static const char *const forms[] = { "\"\\u%04x\"", "\"\\u%04X\"" };
        char text[40];
        mcp_str s;
        snprintf(text, sizeof text, forms[c & 1], c);
        if (c >= 0xD800 && c <= 0xDFFF) {
            CHECK_STATUS(MCP_E_SYNTAX, parse(text));
            continue;
        }
        CHECK_STATUS(MCP_OK, parse(text));
        s = mcp_json_str(mcp_json_root(&doc), NULL);
        if (c < 0x80) CHECK(s.len == 1 && (unsigned char)s.ptr[0] == c);
        else if (c < 0x800) CHECK(s.len == 2 && (((unsigned)s.ptr[0] & 0x1F) << 6 | ((unsigned)s.ptr[1] & 0x3F)) == c);
        else CHECK(s.len == 3 && (((unsigned)s.ptr[0] & 0x0F) << 12 | ((unsigned)s.ptr[1] & 0x3F) << 6 |
                                  ((unsigned)s.ptr[2] & 0x3F)) == c);
        CHECK(mcp_utf8_valid(s.ptr, s.len) && s.ptr[s.len] == 0);
    }
}

static void every_pair_of_surrogates(void)
{
    unsigned c, step = (unsigned)test_step(97) * 5;
    fresh();
    for (c = 0x10000; c <= 0x10FFFF; c += c < 0x10800 || c > 0x10F800 ? 1 : step) {
        char text[40], want[5];
        mcp_str s;
        snprintf(text, sizeof text, "\"\\u%04x\\u%04X\"", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + (c & 0x3FF));
        CHECK_STATUS(MCP_OK, parse(text));
        s = mcp_json_str(mcp_json_root(&doc), NULL);
        want[0] = (char)(0xF0 | c >> 18);
        want[1] = (char)(0x80 | (c >> 12 & 63));
        want[2] = (char)(0x80 | (c >> 6 & 63));
        want[3] = (char)(0x80 | (c & 63));
        CHECK_BYTES(want, 4, s.ptr, s.len);
    }
}

/* After \u four hexadecimal digits and nothing else, in each place. */
static void hex_digits_are_checked(void)
{
    unsigned c;
    int place;
    fresh();
    for (place = 0; place < 4; place++) {
        for (c = 0; c < 256; c++) {
            char text[] = "\"\\u0041\"";
            bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            if (place == 0 && (c == 'd' || c == 'D')) continue;
            text[3 + place] = (char)c;
            NOTE("\\u0041 with byte %02X in place %d", c, place);
            if (hex) CHECK_STATUS(MCP_OK, parse_both(text, 8));
            else CHECK(parse_both(text, 8) < 0);
        }
    }
    for (c = 0; c < 256; c++) {
        char text[] = "\"\\n\"";
        text[2] = (char)c;
        NOTE("backslash and byte %02X", c);
        if (c && strchr("\"\\/bfnrt", (int)c)) {
            if (c == '"') CHECK_STATUS(MCP_OK, parse_both("\"\\\"\"", 4));
            else CHECK_STATUS(MCP_OK, parse_both(text, 4));
        } else CHECK(parse_both(text, 4) < 0);
    }
}

/* The C trap: a NUL in a key or string ends nothing. */
static void embedded_nuls(void)
{
    mcp_json v;
    mcp_str s;
    fresh();
    v = root_of("{\"method\\u0000x\":\"echo\\u0000evil\",\"\\u0000\":2,\"a\":\"\\u0000\",\"b\":\"plain\"}");
    CHECK_MISSING(mcp_json_get(v, "method"));
    CHECK_MISSING(mcp_json_get(v, ""));
    CHECK_INT(2, mcp_json_int(mcp_json_member(v, "\0", 1), NULL, -1));
    s = mcp_json_str(mcp_json_member(v, "method\0x", 8), NULL);
    CHECK_BYTES("echo\0evil", 9, s.ptr, s.len);
    CHECK(s.ptr[9] == 0);
    CHECK_MISSING(mcp_json_member(v, "method\0y", 8));
    CHECK_MISSING(mcp_json_member(v, "method\0x", 7));
    s = mcp_json_key(mcp_json_first(v));
    CHECK_BYTES("method\0x", 8, s.ptr, s.len);
    CHECK(s.ptr[8] == 0);
    CHECK_STR("none", mcp_json_cstr(mcp_json_first(v), NULL, "none"));
    CHECK_STR("none", mcp_json_cstr(v, "a", "none"));
    CHECK(!mcp_json_equals(mcp_json_first(v), NULL, "echo"));
    CHECK(!mcp_json_equals(v, "a", ""));
    CHECK(mcp_json_equals(v, "b", "plain"));
}

/* Keys are compared byte by byte: no case, no folding, no prefix. */
static void keys_are_exact(void)
{
    mcp_json v;
    fresh();
    v = root_of("{\"Method\":1,\"METHOD\":2,\"methods\":3,\"metho\":4,\"param\xC5\xBF\":5,\"\\u00e9\":6,\"e\xCC\x81"
        "\":7}");
    CHECK_MISSING(mcp_json_get(v, "method"));
    CHECK_INT(1, mcp_json_int(v, "Method", 0));
    CHECK_INT(2, mcp_json_int(v, "METHOD", 0));
    CHECK_MISSING(mcp_json_get(v, "params"));
    CHECK_MISSING(mcp_json_get(v, "meth"));
    CHECK_INT(6, mcp_json_int(v, "\xC3\xA9", 0));
    CHECK_INT(7, mcp_json_int(v, "e\xCC\x81", 0));
}

static void first_of_two_keys_wins(void)
{
    mcp_json v, m;
    fresh();
    v = root_of("{\"a\":1,\"b\":{\"x\":1},\"a\":2,\"\\u0061\":3}");
    CHECK_UINT(4, mcp_json_count(v));
    CHECK_INT(1, mcp_json_int(v, "a", 0));
    CHECK_INT(1, mcp_json_int(mcp_json_find(v, "/a"), NULL, 0));
    m = mcp_json_next(mcp_json_get(v, "b"));
    CHECK_STR("a", mcp_json_key(m).ptr);
    CHECK_INT(2, mcp_json_int(m, NULL, 0));
    CHECK_INT(3, mcp_json_int(mcp_json_next(m), NULL, 0));
}

/*---- Walking ------------------------------------------------------------------------------------*/

static void walks_containers(void)
{
    static const char *const keys[] = { "a", "b", "c", "d", "e", "f" };
    static const int types[] = { MCP_JSON_ARRAY, MCP_JSON_OBJECT, MCP_JSON_NUMBER, MCP_JSON_OBJECT, MCP_JSON_STRING,
                                 MCP_JSON_NULL };
    mcp_json v, e;
    size_t i = 0;
    fresh();
    v = root_of("{\"a\":[1,[2,[3]],{}],\"b\":{\"x\":{\"y\":{\"z\":[]}}},\"c\":1,\"d\":{},\"e\":\"s\",\"f\":null}");
    CHECK_UINT(6, mcp_json_count(v));
    for (e = mcp_json_first(v); mcp_json_exists(e) && i < 6; e = mcp_json_next(e), i++) {
        mcp_str key = mcp_json_key(e);
        CHECK_BYTES(keys[i], 1, key.ptr, key.len);
        CHECK_INT(types[i], mcp_json_type(e));
        CHECK_INT(types[i], mcp_json_type(mcp_json_get(v, keys[i])));
    }
    CHECK_UINT(6, i);
    CHECK_MISSING(e);
    CHECK_MISSING(mcp_json_next(e));
    /* a value that was looked up goes on where it stands */
    CHECK_STR("b", mcp_json_key(mcp_json_next(mcp_json_get(v, "a"))).ptr);
    CHECK_STR("d", mcp_json_key(mcp_json_next(mcp_json_find(v, "/c"))).ptr);
    CHECK_MISSING(mcp_json_next(mcp_json_get(v, "f")));
    CHECK_STR("y", mcp_json_key(mcp_json_find(v, "/b/x/y")).ptr);
    e = mcp_json_at(mcp_json_get(v, "a"), 1);
    CHECK_INT(MCP_JSON_ARRAY, mcp_json_type(e));
    CHECK_INT(MCP_JSON_OBJECT, mcp_json_type(mcp_json_next(e)));
    CHECK_MISSING(mcp_json_next(mcp_json_next(e)));
    CHECK_MISSING(mcp_json_next(mcp_json_find(v, "/a/1/1/0")));
    CHECK(mcp_json_key(e).ptr == NULL && mcp_json_key(e).len == 0);
    CHECK(mcp_json_key(v).ptr == NULL);
    CHECK_MISSING(mcp_json_next(v));
    CHECK_MISSING(mcp_json_first(mcp_json_get(v, "d")));
    CHECK_MISSING(mcp_json_first(mcp_json_get(v, "c")));
    CHECK_MISSING(mcp_json_first(mcp_json_get(v, "e")));
}

static void scalar_roots_stand_alone(void)
{
    static const char *const texts[] = { "1", "\"a\"", "null", "true", "[]", "{}", " 1 " };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(texts); i++) {
        mcp_json v = root_of(texts[i]);
        NOTE("%s", texts[i]);
        CHECK(mcp_json_exists(v));
        CHECK_MISSING(mcp_json_next(v));
        CHECK_MISSING(mcp_json_first(v));
        CHECK_UINT(0, mcp_json_count(v));
        CHECK(mcp_json_key(v).ptr == NULL);
        CHECK_MISSING(mcp_json_at(v, 0));
        CHECK_MISSING(mcp_json_get(v, "a"));
    }
}

static void indexes(void)
{
    static char text[40000];
    size_t n = 1000, i, len = 0;
    mcp_json v;
    fresh();
    text[len++] = '[';
    for (i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, 60, i % 3 ? "%s%u" : "%s[[\"x\",{\"k\":[]}],%u]", i ? "," : "",
            (unsigned)i);
    text[len++] = ']';
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, len));
    v = mcp_json_root(&doc);
    CHECK_UINT(n, mcp_json_count(v));
    for (i = 0; i < n; i++) {
        mcp_json e = mcp_json_at(v, i);
        if (i % 3 == 0) e = mcp_json_at(e, 1);
        CHECK_INT((int64_t)i, mcp_json_int(e, NULL, -1));
    }
    CHECK_MISSING(mcp_json_at(v, n));
    CHECK_MISSING(mcp_json_at(v, (size_t)UINT32_MAX));
    CHECK_MISSING(mcp_json_at(v, SIZE_MAX));
    CHECK_MISSING(mcp_json_at(v, SIZE_MAX / 2 + 1));
    CHECK_MISSING(mcp_json_at(root_of("{\"a\":1}"), 0));
}

static void large_objects(void)
{
    size_t n = 100000 / test_step(20), i, len = 0;
    char *text = (char *)malloc(n * 30 + 10), key[30];
    mcp_json v, e;
    fresh();
    text[len++] = '{';
    for (i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, 60, "%s\"key%u\":%u", i ? "," : "", (unsigned)i, (unsigned)i);
    text[len++] = '}';
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, len));
    v = mcp_json_root(&doc);
    CHECK_UINT(n, mcp_json_count(v));
    for (i = 0, e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e), i++) {
        snprintf(key, sizeof key, "key%u", (unsigned)i);
        CHECK_STR(key, mcp_json_key(e).ptr);
        CHECK_INT((int64_t)i, mcp_json_int(e, NULL, -1));
    }
    CHECK_UINT(n, i);
    for (i = 0; i < n; i += 1 + n / 50) {
        snprintf(key, sizeof key, "key%u", (unsigned)i);
        CHECK_INT((int64_t)i, mcp_json_int(v, key, -1));
    }
    CHECK_MISSING(mcp_json_get(v, "key"));
    free(text);
}

/* The missing value may be asked everything. */
static void missing_is_legal_everywhere(void)
{
    mcp_json none = { 0, 0, 0 }, found, values[4];
    size_t i;
    fresh();
    values[0] = none;
    values[1] = mcp_json_get(root_of("{\"a\":1}"), "b");
    values[2] = mcp_json_next(mcp_json_get(mcp_json_root(&doc), "a"));
    found = mcp_json_find(mcp_json_root(&doc), "no pointer");
    values[3] = found;
    for (i = 0; i < 4; i++) {
        mcp_json v = values[i];
        NOTE("missing value %lu", (unsigned long)i);
        CHECK_MISSING(v);
        CHECK_UINT(0, mcp_json_count(v));
        CHECK_MISSING(mcp_json_first(v));
        CHECK_MISSING(mcp_json_next(v));
        CHECK(mcp_json_key(v).ptr == NULL && mcp_json_key(v).len == 0);
        CHECK_MISSING(mcp_json_get(v, "a"));
        CHECK_MISSING(mcp_json_member(v, "a", 1));
        CHECK_MISSING(mcp_json_at(v, 0));
        CHECK_MISSING(mcp_json_find(v, ""));
        CHECK_MISSING(mcp_json_find(v, "/a"));
        CHECK_INT(-5, mcp_json_int(v, NULL, -5));
        CHECK_INT(-5, mcp_json_int(v, "a", -5));
        CHECK_UINT(5, mcp_json_uint(v, NULL, 5));
        CHECK_UINT(5, mcp_json_uint(v, "a", 5));
        CHECK(mcp_json_num(v, NULL, 2.5) == 2.5 && mcp_json_num(v, "a", 2.5) == 2.5);
        CHECK(mcp_json_bool(v, NULL, true) && !mcp_json_bool(v, "a", false));
        CHECK(mcp_json_str(v, NULL).ptr == NULL && mcp_json_str(v, "a").len == 0);
        CHECK_STR("d", mcp_json_cstr(v, NULL, "d"));
        CHECK_STR(NULL, mcp_json_cstr(v, "a", NULL));
        CHECK(mcp_json_number(v, NULL).ptr == NULL && mcp_json_number(v, "a").ptr == NULL);
        CHECK(!mcp_json_equals(v, NULL, "") && !mcp_json_equals(v, "a", ""));
    }
    {
        mcp_doc empty;
        memset(&empty, 0, sizeof empty);
        CHECK_MISSING(mcp_json_root(&empty));
        mcp_doc_free(&empty);
        mcp_doc_free(&empty);
        CHECK_MISSING(mcp_json_root(&empty));
    }
}

/*---- Getters ------------------------------------------------------------------------------------*/

static void getters_and_defaults(void)
{
    static const char text[] =
        "{\"seven\":7,\"minus\":-7,\"frac\":1.5,\"exp\":1e2,\"huge\":1e400,\"true\":true,\"false\":false,\"null\":null,"
        "\"str\":\"text\",\"empty\":\"\",\"digits\":\"7\",\"arr\":[1],\"obj\":{\"seven\":8}}";
    static const struct {
        const char *key;
        int64_t i; uint64_t u; double d; bool by_true, by_false;
        const char *str, *number;
    } rows[] = {
        { "seven", 7, 7, 7, true, false, NULL, "7" },
        { "minus", -7, 99, -7, true, false, NULL, "-7" },
        { "frac", -99, 99, 1.5, true, false, NULL, "1.5" },
        { "exp", 100, 100, 100, true, false, NULL, "1e2" },
        { "huge", -99, 99, 9.5, true, false, NULL, "1e400" },
        { "true", -99, 99, 9.5, true, true, NULL, NULL },
        { "false", -99, 99, 9.5, false, false, NULL, NULL },
        { "null", -99, 99, 9.5, true, false, NULL, NULL },
        { "str", -99, 99, 9.5, true, false, "text", NULL },
        { "empty", -99, 99, 9.5, true, false, "", NULL },
        { "digits", -99, 99, 9.5, true, false, "7", NULL },
        { "arr", -99, 99, 9.5, true, false, NULL, NULL },
        { "obj", -99, 99, 9.5, true, false, NULL, NULL },
        { "absent", -99, 99, 9.5, true, false, NULL, NULL },
        { "", -99, 99, 9.5, true, false, NULL, NULL }
    };
    size_t i;
    mcp_json root;
    fresh();
    root = root_of(text);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        int way;
        for (way = 0; way < 2; way++) {         /* by the key, and on the value itself */
            mcp_json v = way ? mcp_json_get(root, rows[i].key) : root;
            const char *key = way ? NULL : rows[i].key;
            mcp_str number;
            NOTE("%s, way %d", rows[i].key, way);
            CHECK_INT(rows[i].i, mcp_json_int(v, key, -99));
            CHECK_UINT(rows[i].u, mcp_json_uint(v, key, 99));
            CHECK(mcp_json_num(v, key, 9.5) == rows[i].d);
            CHECK(mcp_json_bool(v, key, true) == rows[i].by_true);
            CHECK(mcp_json_bool(v, key, false) == rows[i].by_false);
            CHECK_STR(rows[i].str, mcp_json_str(v, key).ptr);
            CHECK_UINT(rows[i].str ? strlen(rows[i].str) : 0, mcp_json_str(v, key).len);
            CHECK_STR(rows[i].str ? rows[i].str : "def", mcp_json_cstr(v, key, "def"));
            CHECK_STR(rows[i].str, mcp_json_cstr(v, key, NULL));
            number = mcp_json_number(v, key);
            CHECK_BYTES(rows[i].number, rows[i].number ? strlen(rows[i].number) : 0, number.ptr, number.len);
            CHECK(mcp_json_equals(v, key, "text") == (i == 8));
            CHECK(mcp_json_equals(v, key, "") == (i == 9));
            CHECK(!mcp_json_equals(v, key, "tex") && !mcp_json_equals(v, key, "texts"));
        }
    }
    CHECK_INT(-1, mcp_json_int(mcp_json_get(root, "arr"), "seven", -1));     /* a key of what is no object */
    CHECK_INT(8, mcp_json_int(mcp_json_get(root, "obj"), "seven", -1));
    CHECK_INT(-1, mcp_json_int(mcp_json_get(root, "str"), "t", -1));
}

#define ZEROS20 "00000000000000000000"
#define ZEROS100 ZEROS20 ZEROS20 ZEROS20 ZEROS20 ZEROS20

static void integers(void)
{
    static const struct { const char *text; bool fits; int64_t i; bool ufits; uint64_t u; } rows[] = {
        { "0", 1, 0, 1, 0 }, { "-0", 1, 0, 1, 0 }, { "1", 1, 1, 1, 1 }, { "-1", 1, -1, 0, 0 },
        { "9007199254740991", 1, 9007199254740991, 1, 9007199254740991 },
        { "9007199254740992", 1, 9007199254740992, 1, 9007199254740992 },
        { "9007199254740993", 1, 9007199254740993, 1, 9007199254740993 },
        { "-9007199254740993", 1, -9007199254740993, 0, 0 },
        { "9223372036854775806", 1, INT64_MAX - 1, 1, 9223372036854775806u },
        { "9223372036854775807", 1, INT64_MAX, 1, 9223372036854775807u },
        { "9223372036854775808", 0, 0, 1, 9223372036854775808u },
        { "-9223372036854775807", 1, -INT64_MAX, 0, 0 }, { "-9223372036854775808", 1, INT64_MIN, 0, 0 },
        { "-9223372036854775809", 0, 0, 0, 0 }, { "9223372036854775809", 0, 0, 1, 9223372036854775809u },
        { "18446744073709551614", 0, 0, 1, UINT64_MAX - 1 }, { "18446744073709551615", 0, 0, 1, UINT64_MAX },
        { "18446744073709551616", 0, 0, 0, 0 }, { "18446744073709551625", 0, 0, 0, 0 },
        { "18446744073709551617", 0, 0, 0, 0 }, { "-18446744073709551615", 0, 0, 0, 0 },
        { "-18446744073709551616", 0, 0, 0, 0 }, { "36893488147419103233", 0, 0, 0, 0 },
        { "99999999999999999999", 0, 0, 0, 0 }, { "100000000000000000000000", 0, 0, 0, 0 },
        { "340282366920938463463374607431768211457", 0, 0, 0, 0 },
        { "1e0", 1, 1, 1, 1 }, { "1e2", 1, 100, 1, 100 }, { "1E+2", 1, 100, 1, 100 }, { "100e-2", 1, 1, 1, 1 },
        { "3.0", 1, 3, 1, 3 }, { "-3.0", 1, -3, 0, 0 }, { "3.000000000000000000000000000000", 1, 3, 1, 3 },
        { "1.5", 0, 0, 0, 0 }, { "0.5", 0, 0, 0, 0 }, { "-0.5", 0, 0, 0, 0 }, { "1e-1", 0, 0, 0, 0 },
        { "3.00000000000000000000000000000000000000001", 0, 0, 0, 0 }, { "0.1e1", 1, 1, 1, 1 },
        { "15e-1", 0, 0, 0, 0 }, { "150e-1", 1, 15, 1, 15 }, { "1.5e1", 1, 15, 1, 15 }, { "1.25e1", 0, 0, 0, 0 },
        { "1.25e2", 1, 125, 1, 125 }, { "12.50e1", 1, 125, 1, 125 }, { "-1e0", 1, -1, 0, 0 }, { "0.10e1", 1, 1, 1, 1 },
        { "1e18", 1, 1000000000000000000, 1, 1000000000000000000 }, { "1e19", 0, 0, 1, 10000000000000000000u },
        { "1e20", 0, 0, 0, 0 }, { "1e99", 0, 0, 0, 0 }, { "-1e18", 1, -1000000000000000000, 0, 0 },
        { "-1e19", 0, 0, 0, 0 }, { "9e18", 1, 9000000000000000000, 1, 9000000000000000000 }, { "2e19", 0, 0, 0, 0 },
        { "0e99999999999999999999", 1, 0, 1, 0 }, { "0.0e5", 1, 0, 1, 0 }, { "-0.0", 1, 0, 1, 0 },
        { "-0e1", 1, 0, 1, 0 },
        { "0e-99999999999999999999", 1, 0, 1, 0 }, { "0.000", 1, 0, 1, 0 }, { "0.000e-4294967296", 1, 0, 1, 0 },
        { "1e99999999999999999999", 0, 0, 0, 0 }, { "1e-99999999999999999999", 0, 0, 0, 0 },
        { "1e4294967296", 0, 0, 0, 0 }, { "10e4294967295", 0, 0, 0, 0 }, { "1e-4294967296", 0, 0, 0, 0 },
        { "1e2147483648", 0, 0, 0, 0 }, { "1e18446744073709551616", 0, 0, 0, 0 },
        { "1e18446744073709551618", 0, 0, 0, 0 },
        { "0.1e4294967297", 0, 0, 0, 0 }, { "10e-4294967295", 0, 0, 0, 0 }, { "1e-18446744073709551616", 0, 0, 0, 0 },
        { "1e00000000000000000000000000002", 1, 100, 1, 100 }, { "100e-00000000000000000000000002", 1, 1, 1, 1 },
        { "9223372036854775807.0", 1, INT64_MAX, 1, 9223372036854775807u },
        { "9223372036854775807.5", 0, 0, 0, 0 }, { "-9223372036854775808.00", 1, INT64_MIN, 0, 0 },
        { "92233720368547758070e-1", 1, INT64_MAX, 1, 9223372036854775807u },
        { "92233720368547758080e-1", 0, 0, 1, 9223372036854775808u },
        { "9.223372036854775807e18", 1, INT64_MAX, 1, 9223372036854775807u },
        { "9.223372036854775808e18", 0, 0, 1, 9223372036854775808u },
        { "-9.223372036854775808e18", 1, INT64_MIN, 0, 0 },
        { "1844674407370955161.5e1", 0, 0, 1, UINT64_MAX }, { "1844674407370955161.6e1", 0, 0, 0, 0 },
        { "1844674407370955162e1", 0, 0, 0, 0 }, { "18446744073709551615000e-3", 0, 0, 1, UINT64_MAX },
        { "18446744073709551615001e-3", 0, 0, 0, 0 },
        { "1" ZEROS100 "e-100", 1, 1, 1, 1 }, { "1" ZEROS100 "e-99", 1, 10, 1, 10 },
        { "1" ZEROS100 "e-101", 0, 0, 0, 0 },
        { "0." ZEROS100 "1e101", 1, 1, 1, 1 }, { "0." ZEROS100 "12e102", 1, 12, 1, 12 },
        { "0." ZEROS100 "12e101", 0, 0, 0, 0 },
        { "1" ZEROS100, 0, 0, 0, 0 }, { "7." ZEROS100, 1, 7, 1, 7 }, { "7." ZEROS100 "1", 0, 0, 0, 0 },
        { "-7." ZEROS100 "e0", 1, -7, 0, 0 }, { "0." ZEROS100, 1, 0, 1, 0 }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_json v = root_of(rows[i].text);
        int64_t def;
        NOTE("%s", rows[i].text);
        for (def = -12345; def < 20000; def += 20000) {        /* two defaults: no value can pass for one */
            CHECK_INT(rows[i].fits ? rows[i].i : def, mcp_json_int(v, NULL, def));
            CHECK_UINT(rows[i].ufits ? rows[i].u : (uint64_t)def, mcp_json_uint(v, NULL, (uint64_t)def));
        }
        CHECK_BYTES(rows[i].text, strlen(rows[i].text), mcp_json_number(v, NULL).ptr, mcp_json_number(v, NULL).len);
    }
}

/* Numbers of 1 to 10^6 digits stay what they were. */
static void long_numbers(void)
{
    size_t n, most = 1000000 / test_step(10);
    char *text = (char *)malloc(most + 10);
    fresh();
    for (n = 1; n <= most; n = n < 100 ? n + 1 : n * 3) {
        int form;
        for (form = 0; form < 4; form++) {
            mcp_str s;
            memset(text, '0' + (int)(n % 9) + 1, n);
            if (form == 1 && n > 2) text[1] = '.';
            if (form == 2 && n > 2) text[n / 2] = n / 2 == 0 ? '1' : 'e';
            if (form == 3 && n > 1) text[0] = '-';
            NOTE("%lu digits, form %d", (unsigned long)n, form);
            CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, n));
            s = mcp_json_number(mcp_json_root(&doc), NULL);
            CHECK_BYTES(text, n, s.ptr, s.len);
            mcp_json_int(mcp_json_root(&doc), NULL, 0);
            if (n > 40) CHECK_UINT(3, form == 0 ? mcp_json_uint(mcp_json_root(&doc), NULL, 3) : 3);
        }
    }
    free(text);
}

/*---- JSON pointer -------------------------------------------------------------------------------*/

static void pointer_examples(void)
{
    static const char text[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\""
        ":5,\"k\\\"l\":6,"
                               "\" \":7,\"m~n\":8}";
    static const struct { const char *pointer; int64_t value; } rows[] = {
        { "/", 0 }, { "/a~1b", 1 }, { "/c%d", 2 }, { "/e^f", 3 }, { "/g|h", 4 }, { "/i\\j", 5 }, { "/k\"l", 6 },
        { "/ ", 7 },
        { "/m~0n", 8 }
    };
    mcp_json root;
    size_t i;
    fresh();
    root = root_of(text);
    CHECK_UINT(10, mcp_json_count(mcp_json_find(root, "")));
    CHECK_UINT(2, mcp_json_count(mcp_json_find(root, "/foo")));
    CHECK_STR("bar", mcp_json_str(mcp_json_find(root, "/foo/0"), NULL).ptr);
    CHECK_STR("baz", mcp_json_str(mcp_json_find(root, "/foo/1"), NULL).ptr);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].pointer);
        CHECK_INT(rows[i].value, mcp_json_int(mcp_json_find(root, rows[i].pointer), NULL, -1));
    }
}

static void pointers(void)
{
    static const char text[] = "{\"a\":[10,[20,21],{\"k\":30}],\"~\":1,\"/\":2,\"~1\":3,\"~01\":4,\"~2\":5,\"\":{\""
        "\":6},\"x\":\"s\",\"0\":7,"
                               "\"m~\":8,\"-\":9,\"01\":11,\"n\":null,\"\xC3\xA9\":12}";
    static const struct { const char *pointer; int64_t value; } rows[] = {
        { "/a/0", 10 }, { "/a/1/1", 21 }, { "/a/2/k", 30 }, { "/~0", 1 }, { "/~1", 2 }, { "/~01", 3 }, { "/~001", 4 },
        { "/~02", 5 }, { "//", 6 }, { "/0", 7 }, { "/m~0", 8 }, { "/-", 9 }, { "/01", 11 }, { "/\xC3\xA9", 12 },
        { "a", -1 }, { "a/0", -1 }, { " /a/0", -1 }, { "#/a/0", -1 }, { "/a/00", -1 }, { "/a/01", -1 },
        { "/a/-", -1 }, { "/a/-1", -1 },
        { "/a/+0", -1 }, { "/a/1a", -1 }, { "/a/0x0", -1 }, { "/a/ 0", -1 }, { "/a/0 ", -1 }, { "/a/", -1 },
        { "/a/3", -1 }, { "/a/0.0", -1 },
        { "/a/0/", -1 }, { "/a/0/0", -1 }, { "/a/1/1/", -1 }, { "/a/18446744073709551616", -1 },
        { "/a/18446744073709551617", -1 },
        { "/a/4294967296", -1 }, { "/a/4294967297", -1 }, { "/a/340282366920938463463374607431768211456", -1 },
        { "/a/9223372036854775808", -1 }, { "/~", -1 }, { "/~2", -1 }, { "/m~", -1 }, { "/~~", -1 }, { "/a~", -1 },
        { "/~x", -1 }, { "///", -1 },
        { "/A/0", -1 }, { "/x/0", -1 }, { "/x/", -1 }, { "/n/a", -1 }, { "/a/1e0", -1 }, { "/a/k", -1 },
        { "/a/~00", -1 }, { "/a/2/k/", -1 },
        { "/a/\xEF\xBC\x90", -1 }, { "/%61/0", -1 }
    };
    mcp_json root;
    size_t i;
    fresh();
    root = root_of(text);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        mcp_json v = mcp_json_find(root, rows[i].pointer);
        NOTE("%s", rows[i].pointer);
        CHECK_INT(rows[i].value, mcp_json_int(v, NULL, -1));
        if (rows[i].value == -1) CHECK_MISSING(v);
    }
    CHECK_INT(MCP_JSON_NULL, mcp_json_type(mcp_json_find(root, "/n")));
    CHECK_INT(30, mcp_json_int(mcp_json_find(mcp_json_find(root, "/a"), "/2/k"), NULL, -1));      /* from inside */
    CHECK_INT(10, mcp_json_int(mcp_json_find(mcp_json_find(root, "/a/0"), ""), NULL, -1));
    CHECK_INT(5, mcp_json_int(root_of("5"), NULL, 0));
    CHECK_INT(5, mcp_json_int(mcp_json_find(mcp_json_root(&doc), ""), NULL, 0));
    CHECK_MISSING(mcp_json_find(mcp_json_root(&doc), "/"));
    CHECK_MISSING(mcp_json_find(mcp_json_root(&doc), "/0"));
}

/* A key that pointers could confuse is found under its escaped name, and under no other. */
static void pointer_with_a_nul_in_the_key(void)
{
    mcp_json root;
    fresh();
    root = root_of("{\"a\\u0000b\":1,\"a\":2}");
    CHECK_INT(2, mcp_json_int(mcp_json_find(root, "/a"), NULL, -1));
}

/*---- Clones -------------------------------------------------------------------------------------*/

/* Two values are the same, down to the bytes of keys, strings and numbers. */
static bool same(mcp_json a, mcp_json b)
{
    mcp_str s = mcp_json_str(a, NULL), t = mcp_json_str(b, NULL);
    if (mcp_json_type(a) != mcp_json_type(b) || mcp_json_count(a) != mcp_json_count(b)) return false;
    if (mcp_json_type(a) == MCP_JSON_NUMBER) {
        s = mcp_json_number(a, NULL);
        t = mcp_json_number(b, NULL);
    }
    if (s.len != t.len || (s.len && memcmp(s.ptr, t.ptr, s.len))) return false;
    if (mcp_json_type(a) == MCP_JSON_BOOL) return mcp_json_bool(a, NULL, false) == mcp_json_bool(b, NULL, false);
    a = mcp_json_first(a);
    b = mcp_json_first(b);
    while (mcp_json_exists(a) && mcp_json_exists(b)) {
        s = mcp_json_key(a);
        t = mcp_json_key(b);
        if (!s.ptr != !t.ptr || s.len != t.len || (s.len && memcmp(s.ptr, t.ptr, s.len))) return false;
        if (!same(a, b)) return false;
        a = mcp_json_next(a);
        b = mcp_json_next(b);
    }
    return !mcp_json_exists(a) && !mcp_json_exists(b);
}

static const char rich[] =
    "{\"a\":[1,2.50,-0,1e400,[[[]]],{\"deep\":{\"er\":[true,false,null]}}],\"s\":\"caf\\u00e9 \\ud83d\\ude00 \\u0000"
    " end\",\"\":\"\","
    "\"k\\u0000y\":{\"x\":1,\"x\":2},\"long\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaa\","
    "\"e\":[],\"o\":{},\"esc\":\"\\n\\t\\\"\\\\\\/\",\"last\":123456789012345678901234567890}";

/* Every value of a text, cloned after the text was parsed anew elsewhere, equals itself. */
static void clone_every(mcp_doc *copy, mcp_json v)
{
    mcp_json e;
    CHECK_STATUS(MCP_OK, mcp_json_clone(copy, v));
    CHECK(same(v, mcp_json_root(copy)));
    CHECK(mcp_json_key(mcp_json_root(copy)).ptr == NULL);
    CHECK_MISSING(mcp_json_next(mcp_json_root(copy)));
    for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e)) clone_every(copy, e);
}

static void clones_are_deep(void)
{
    test_heap heap;
    mcp_doc copy, reference;
    mcp_json v, w;
    fresh();
    memset(&copy, 0, sizeof copy);
    memset(&reference, 0, sizeof reference);
    copy.alloc = test_heap_init(&heap);
    doc.alloc = copy.alloc;
    clone_every(&copy, root_of(rich));
    /* and it stands on its own feet */
    CHECK_STATUS(MCP_OK, mcp_json_clone(&copy, mcp_json_root(&doc)));
    fresh();
    CHECK_STATUS(MCP_OK, mcp_json_parse(&reference, rich, sizeof rich - 1));
    CHECK(same(mcp_json_root(&reference), mcp_json_root(&copy)));
    v = mcp_json_get(mcp_json_root(&copy), "s");
    CHECK(mcp_json_str(v, NULL).ptr[mcp_json_str(v, NULL).len] == 0);
    CHECK_STR("long", mcp_json_key(mcp_json_get(mcp_json_root(&copy), "long")).ptr);
    v = mcp_json_find(mcp_json_root(&copy), "/a/5/deep/er");
    w = mcp_json_find(mcp_json_root(&reference), "/a/5/deep/er");
    CHECK(mcp_json_exists(v) && same(v, w));
    CHECK_MISSING(mcp_json_next(v));
    mcp_doc_free(&reference);
    mcp_doc_free(&copy);
    CHECK_HEAP(&heap);
}

/* Clones of clones, of sub-values, into docs that were used before. */
static void clones_of_clones(void)
{
    test_heap heap;
    mcp_doc docs[3];
    mcp_json v;
    int i;
    memset(docs, 0, sizeof docs);
    for (i = 0; i < 3; i++) docs[i].alloc = i ? docs[0].alloc : test_heap_init(&heap);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&docs[0], rich, sizeof rich - 1));
    CHECK_STATUS(MCP_OK, mcp_json_clone(&docs[1], mcp_json_get(mcp_json_root(&docs[0]), "a")));
    CHECK_STATUS(MCP_OK, mcp_json_parse(&docs[0], "[0]", 3));
    CHECK_STATUS(MCP_OK, mcp_json_clone(&docs[2], mcp_json_at(mcp_json_root(&docs[1]), 5)));
    mcp_doc_free(&docs[1]);
    CHECK_STATUS(MCP_OK, mcp_json_clone(&docs[0], mcp_json_get(mcp_json_root(&docs[2]), "deep")));
    mcp_doc_free(&docs[2]);
    v = mcp_json_root(&docs[0]);
    CHECK_UINT(1, mcp_json_count(v));
    CHECK_UINT(3, mcp_json_count(mcp_json_get(v, "er")));
    CHECK(mcp_json_bool(mcp_json_find(v, "/er/0"), NULL, false));
    CHECK_INT(MCP_JSON_NULL, mcp_json_type(mcp_json_find(v, "/er/2")));
    CHECK_MISSING(mcp_json_find(v, "/er/3"));
    CHECK_STR("er", mcp_json_key(mcp_json_first(v)).ptr);
    mcp_doc_free(&docs[0]);
    CHECK_HEAP(&heap);
}

static void clone_of_nothing(void)
{
    mcp_json none = { 0, 0, 0 };
    mcp_doc copy;
    fresh();
    memset(&copy, 0, sizeof copy);
    CHECK_STATUS(MCP_OK, mcp_json_clone(&copy, none));
    CHECK_MISSING(mcp_json_root(&copy));
    CHECK_STATUS(MCP_OK, mcp_json_parse(&copy, "[1]", 3));
    CHECK_STATUS(MCP_OK, mcp_json_clone(&copy, mcp_json_get(root_of("{\"a\":1}"), "b")));
    CHECK_MISSING(mcp_json_root(&copy));
    mcp_doc_free(&copy);
}

/* A doc cannot be narrowed to a part of itself: that is refused, and changes nothing. */
static void clone_into_its_own_doc(void)
{
    mcp_json v;
    fresh();
    v = mcp_json_get(root_of("{\"a\":[1,2,3]}"), "a");
    CHECK_STATUS(MCP_E_MISUSE, mcp_json_clone(&doc, v));
    CHECK_INT(3, mcp_json_int(mcp_json_at(v, 2), NULL, 0));
    CHECK_UINT(1, mcp_json_count(mcp_json_root(&doc)));
}

static void clone_honours_the_node_limit(void)
{
    uint32_t max, nodes;
    mcp_doc copy;
    mcp_json v;
    fresh();
    v = mcp_json_get(root_of("{\"z\":[1,2,3],\"a\":{\"b\":[1,{}],\"c\":\"d\"}}"), "a");
    nodes = 2 + 1 + 2 + 1 + 2 + 1 + 1;
    for (max = 1; max < nodes + 3; max++) {
        memset(&copy, 0, sizeof copy);
        copy.max_nodes = max;
        NOTE("%lu nodes", (unsigned long)max);
        CHECK_STATUS(max < nodes ? MCP_E_NODES : MCP_OK, mcp_json_clone(&copy, v));
        CHECK(mcp_json_exists(mcp_json_root(&copy)) == (max >= nodes));
        CHECK_STATUS(MCP_OK, mcp_json_clone(&copy, mcp_json_find(v, "/c")));
        CHECK_STR("d", mcp_json_str(mcp_json_root(&copy), NULL).ptr);
        mcp_doc_free(&copy);
    }
}

/* A clone holds what it needs, not the text that it was cut from. */
static void clone_takes_only_its_part(void)
{
    test_heap heap;
    mcp_doc copy;
    size_t len = 1000000 / test_step(10);
    char *text = (char *)malloc(len + 100);
    fresh();
    memset(text, 'a', len + 100);
    memcpy(text, "{\"id\":42,\"big\":\"", 16);
    memcpy(text + len, "\"}", 2);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, len + 2));
    memset(&copy, 0, sizeof copy);
    copy.alloc = test_heap_init(&heap);
    CHECK_STATUS(MCP_OK, mcp_json_clone(&copy, mcp_json_get(mcp_json_root(&doc), "id")));
    CHECK_INT(42, mcp_json_int(mcp_json_root(&copy), NULL, 0));
    if (heap.bytes > 4096) FAIL("a number holds %lu bytes", (unsigned long)heap.bytes);
    mcp_doc_free(&copy);
    CHECK_HEAP(&heap);
    free(text);
}

/*---- Whole texts at random ----------------------------------------------------------------------*/

/* A text that is made together with what must come out of it. */
static char made[200000];
static size_t made_len;
static struct event { int type; size_t key_at, key_len, at, len, count; } events[5000];
static size_t num_events;
static char bytes_made[100000];
static size_t num_bytes;

static void made_add(const char *s)
{
    memcpy(made + made_len, s, strlen(s));
    made_len += strlen(s);
}

static void made_space(void)
{
    static const char *const spaces[] = { "", "", "", "", " ", "\n", "\t", "\r\n", "    ", "\n            ",
        "                                   " };
    made_add(spaces[test_below(MCP_COUNT(spaces))]);
}

/* A string in quotes, of ordinary letters and specials; its bytes stay in bytes_made. */
static void made_string(size_t *at, size_t *len)
{
    size_t n = test_below(4) ? test_below(12) : test_below(150), i;
    *at = num_bytes;
    made_add("\"");
    for (i = 0; i < n; i++) {
        if (test_below(8)) {
            char c[2] = { 0, 0 };
            c[0] = (char)('a' + test_below(26));
            made_add(c);
            bytes_made[num_bytes++] = c[0];
        } else {
            const special *s = &specials[test_below(24)];       /* the good ones */
            memcpy(made + made_len, s->json, s->json_len);
            made_len += s->json_len;
            memcpy(bytes_made + num_bytes, s->text, s->text_len);
            num_bytes += s->text_len;
        }
    }
    made_add("\"");
    *len = num_bytes - *at;
}

static void made_value(size_t depth, size_t key_at, size_t key_len)
{
    static const char *const numbers[] = { "0", "-0", "1", "-1.5", "1e9", "123456789012345678901234567890",
        "0.0001E-10", "42" };
    struct event *e = &events[num_events++];
    size_t kind = depth > 10 || num_events > 4000 ? test_below(4) : test_below(8), i;
    e->key_at = key_at;
    e->key_len = key_len;
    e->count = 0;
    made_space();
    if (kind == 0) { e->type = MCP_JSON_NULL; made_add("null"); }
    else if (kind == 1) { e->type = MCP_JSON_BOOL; e->len = test_below(2); made_add(e->len ? "true" : "false"); }
    else if (kind == 2) {
        const char *s = numbers[test_below(MCP_COUNT(numbers))];
        e->type = MCP_JSON_NUMBER;
        e->at = num_bytes;
        e->len = strlen(s);
        memcpy(bytes_made + num_bytes, s, e->len);
        num_bytes += e->len;
        made_add(s);
    } else if (kind <= 4) {
        e->type = MCP_JSON_STRING;
        made_string(&e->at, &e->len);
    } else {
        bool object = kind == 5;
        e->type = object ? MCP_JSON_OBJECT : MCP_JSON_ARRAY;
        e->count = test_below(6);
        made_add(object ? "{" : "[");
        for (i = 0; i < e->count; i++) {
            size_t at = 0, len = 0;
            if (i) made_add(",");
            if (object) {
                made_space();
                made_string(&at, &len);
                made_space();
                made_add(":");
            }
            made_value(depth + 1, at, object ? len : SIZE_MAX);
        }
        made_space();
        made_add(object ? "}" : "]");
    }
    made_space();
}

static void compare_made(mcp_json v, size_t *at)
{
    const struct event *e = &events[(*at)++];
    mcp_str key = mcp_json_key(v), s;
    mcp_json child;
    size_t n = 0;
    CHECK_INT(e->type, mcp_json_type(v));
    if (e->key_len == SIZE_MAX) CHECK(key.ptr == NULL);
    else CHECK_BYTES(bytes_made + e->key_at, e->key_len, key.ptr, key.len);
    if (e->type == MCP_JSON_BOOL) CHECK(mcp_json_bool(v, NULL, !e->len) == (e->len == 1));
    if (e->type == MCP_JSON_STRING || e->type == MCP_JSON_NUMBER) {
        s = e->type == MCP_JSON_STRING ? mcp_json_str(v, NULL) : mcp_json_number(v, NULL);
        CHECK_BYTES(bytes_made + e->at, e->len, s.ptr, s.len);
        if (e->type == MCP_JSON_STRING) CHECK(s.ptr && s.ptr[s.len] == 0);
    }
    CHECK_UINT(e->count, mcp_json_count(v));
    for (child = mcp_json_first(v); mcp_json_exists(child); child = mcp_json_next(child), n++) compare_made(child, at);
    CHECK_UINT(e->count, n);
}

static void texts_at_random(void)
{
    size_t round, rounds = test_rounds(20000) / 2;
    fresh();
    for (round = 0; round < rounds && !test_state.failures; round++) {
        size_t at = 0;
        made_len = num_events = num_bytes = 0;
        NOTE("round %lu", (unsigned long)round);
        made_value(0, 0, SIZE_MAX);
        if (made_len > 60000) continue;
        CHECK_STATUS(MCP_OK, parse_both(made, made_len));
        if (!test_state.failures) compare_made(mcp_json_root(&doc), &at);
        if (!test_state.failures) CHECK_UINT(num_events, at);
    }
}

/* The padding holds all that is read beyond the end: any content, any length. */
static void parse_ends_at_the_page(void)
{
    char *end = test_guarded(1024);
    size_t len;
    fresh();
    for (len = 2; len < 500; len++) {
        char *s = end - len;
        memset(s, 'a', len);
        s[0] = s[len - 1] = '"';
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, s, len));
        CHECK_UINT(len - 2, mcp_json_str(mcp_json_root(&doc), NULL).len);
        s[len - 1] = '\\';
        CHECK_STATUS(MCP_E_SYNTAX, mcp_json_parse(&doc, s, len));
        memset(s, '1', len);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, s, len));
        CHECK_UINT(len, mcp_json_number(mcp_json_root(&doc), NULL).len);
        memset(s, ' ', len);
        CHECK_STATUS(MCP_E_SYNTAX, mcp_json_parse(&doc, s, len));
        CHECK_UINT(len, doc.error_at);
    }
    CHECK(mcp_json_parse(&doc, NULL, 0) == MCP_E_SYNTAX);
    CHECK(mcp_json_parse(&doc, end, 0) == MCP_E_SYNTAX);
    CHECK_UINT(0, doc.error_at);
}

/* Values keep their place: in place means inside of the caller's buffer. */
static void inplace_points_into_the_buffer(void)
{
    static char buf[300];
    static const char text[] = "{\"key\":\"a\\u00e9b\",\"n\":12}";
    mcp_str s;
    test_heap heap;
    fresh();
    doc.alloc = test_heap_init(&heap);
    memcpy(buf, text, sizeof text - 1);
    CHECK_STATUS(MCP_OK, mcp_json_parse_inplace(&doc, buf, sizeof text - 1, sizeof buf));
    s = mcp_json_str(mcp_json_root(&doc), "key");
    CHECK_BYTES("a\xC3\xA9" "b", 4, s.ptr, s.len);
    CHECK(s.ptr >= buf && s.ptr < buf + sizeof buf);
    CHECK_UINT(1, heap.calls);                      /* the nodes, and no copy of the text */
    fresh();
    CHECK_HEAP(&heap);
}

int main(void)
{
    TEST(accepts);
    TEST(refuses);
    TEST(refuses_every_truncation);
    TEST(tells_every_wrong_byte);
    TEST(tells_about_limits);
    TEST(error_text_is_cut);
    TEST(agrees_with_a_plain_parser);
    TEST(agrees_about_damaged_texts);
    TEST(depth_limit);
    TEST(depth_is_no_recursion);
    TEST(node_limit);
    TEST(grows_in_the_middle);
    TEST(length_limit);
    TEST(padding_is_demanded);
    TEST(nothing_past_the_padding);
    TEST(strings_of_every_length);
    TEST(strings_at_every_alignment);
    TEST(runs_of_characters);
    TEST(every_escape);
    TEST(every_pair_of_surrogates);
    TEST(hex_digits_are_checked);
    TEST(embedded_nuls);
    TEST(keys_are_exact);
    TEST(first_of_two_keys_wins);
    TEST(walks_containers);
    TEST(scalar_roots_stand_alone);
    TEST(indexes);
    TEST(large_objects);
    TEST(missing_is_legal_everywhere);
    TEST(getters_and_defaults);
    TEST(integers);
    TEST(long_numbers);
    TEST(pointer_examples);
    TEST(pointers);
    TEST(pointer_with_a_nul_in_the_key);
    TEST(clones_are_deep);
    TEST(clones_of_clones);
    TEST(clone_of_nothing);
    TEST(clone_into_its_own_doc);
    TEST(clone_honours_the_node_limit);
    TEST(clone_takes_only_its_part);
    TEST(texts_at_random);
    TEST(parse_ends_at_the_page);
    TEST(inplace_points_into_the_buffer);
    fresh();
    return test_end();
}
