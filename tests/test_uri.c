/* URI templates: what they expand to, what they find in a URI, and what they refuse. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static mcp_doc doc;
static mcp_buf buf;
static mcp_arena arena;

static void fresh(void)
{
    mcp_alloc heap = { NULL, NULL };
    mcp_doc_free(&doc);
    mcp_buf_free(&buf);
    mcp_arena_free(&arena);
    mcp_buf_init(&buf, heap, 1 << 20);
    mcp_arena_init(&arena, heap, 1 << 24);
}

static mcp_json values_of(const char *json)
{
    if (mcp_json_parse(&doc, json, strlen(json)) != MCP_OK) FAIL("not JSON: %s", json);
    return mcp_json_root(&doc);
}

/* What a template expands to, or the name of the error. It lives until the next call. */
static const char *expanded(const char *uri_template, mcp_json values)
{
    int status;
    mcp_buf_reset(&buf);
    status = mcp_uri_expand(&buf, uri_template, values);
    if (status != MCP_OK) {
        if (buf.len) FAIL("an error, and a text");
        return mcp_strerror(status);
    }
    if (strlen(buf.ptr) != buf.len) FAIL("the text is not NUL-terminated where it ends");
    return buf.ptr;
}

/* What a template finds in a URI, as "x=1 y=2 z", where z is missing; NULL if nothing. */
static const char *found_n(const char *uri_template, const char *uri, size_t len)
{
    static char text[1000];
    mcp_uri_var *vars;
    size_t n = 0;
    int status;

    mcp_arena_reset(&arena);
    status = mcp_uri_match(&arena, uri_template, uri, len, &vars);
    if ((status == 1) != (vars != NULL)) FAIL("variables without a match, or a match without them");
    if (status != 1) return status ? mcp_strerror(status) : NULL;
    text[0] = 0;
    for (; vars->name.ptr; vars++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", n ? " " : "", (int)vars->name.len, vars->name.ptr);
        if (!vars->value.ptr) continue;
        if (strlen(vars->value.ptr) != vars->value.len) FAIL("a value that is no C string");
        n += (size_t)snprintf(text + n, sizeof text - n, "=%s", vars->value.ptr);
    }
    return text;
}

static const char *found(const char *uri_template, const char *uri)
{
    return found_n(uri_template, uri, strlen(uri));
}

/*---- Expansion ----------------------------------------------------------------------------------*/

/* The variables of RFC 6570, 3.2. */
static const char rfc_values[] =
    "{\"dub\":\"me/too\",\"hello\":\"Hello World!\",\"half\":\"50%\",\"var\":\"value\",\"who\":\"fred\","
    "\"base\":\"http://example.com/home/\",\"path\":\"/foo/bar\",\"v\":\"6\",\"x\":\"1024\",\"y\":768,"
    "\"empty\":\"\",\"undef\":null,\"list\":[\"red\"],\"keys\":{\"semi\":\";\"},\"no\":[],\"yes\":true,"
    "\"caf\\u00e9\":\"\\u20ac5 \\ud83d\\ude00\",\"nul\":\"a\\u0000b\",\"ok\":\"a%20b%2\",\"a.b\":\"dots\","
    "\"%41\":\"escaped\",\"sub\":\"!'()*~\",\"n\":-1.5e+3}";

static void expands_the_examples(void)
{
    static const struct { const char *uri_template, *uri; } rows[] = {
        /* RFC 6570, 1.2, levels 1 to 3 */
        { "{var}", "value" }, { "{hello}", "Hello%20World%21" }, { "{+var}", "value" },
        { "{+hello}", "Hello%20World!" }, { "{+path}/here", "/foo/bar/here" },
        { "here?ref={+path}", "here?ref=/foo/bar" }, { "X{#var}", "X#value" }, { "X{#hello}", "X#Hello%20World!" },
        { "map?{x,y}", "map?1024,768" }, { "{x,hello,y}", "1024,Hello%20World%21,768" },
        { "{+x,hello,y}", "1024,Hello%20World!,768" }, { "{+path,x}/here", "/foo/bar,1024/here" },
        { "{#x,hello,y}", "#1024,Hello%20World!,768" }, { "{#path,x}/here", "#/foo/bar,1024/here" },
        { "X{.var}", "X.value" }, { "X{.x,y}", "X.1024.768" }, { "{/var}", "/value" },
        { "{/var,x}/here", "/value/1024/here" }, { "{;x,y}", ";x=1024;y=768" },
        { "{;x,y,empty}", ";x=1024;y=768;empty" }, { "{?x,y}", "?x=1024&y=768" },
        { "{?x,y,empty}", "?x=1024&y=768&empty=" }, { "?fixed=yes{&x}", "?fixed=yes&x=1024" },
        { "{&x,y,empty}", "&x=1024&y=768&empty=" },
        /* 3.2.2 */
        { "{half}", "50%25" }, { "O{empty}X", "OX" }, { "O{undef}X", "OX" }, { "{x,y}", "1024,768" },
        { "?{x,empty}", "?1024," }, { "?{x,undef}", "?1024" }, { "?{undef,y}", "?768" },
        /* 3.2.3 */
        { "{+half}", "50%25" }, { "{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex" },
        { "{+base}index", "http://example.com/home/index" }, { "O{+empty}X", "OX" }, { "O{+undef}X", "OX" },
        { "up{+path}{var}/here", "up/foo/barvalue/here" },
        /* 3.2.4 */
        { "{#half}", "#50%25" }, { "foo{#empty}", "foo#" }, { "foo{#undef}", "foo" },
        /* 3.2.5 */
        { "{.who}", ".fred" }, { "{.who,who}", ".fred.fred" }, { "{.half,who}", ".50%25.fred" },
        { "X{.empty}", "X." }, { "X{.undef}", "X" },
        /* 3.2.6 */
        { "{/who}", "/fred" }, { "{/who,who}", "/fred/fred" }, { "{/half,who}", "/50%25/fred" },
        { "{/who,dub}", "/fred/me%2Ftoo" }, { "{/var,empty}", "/value/" }, { "{/var,undef}", "/value" },
        /* 3.2.7 */
        { "{;who}", ";who=fred" }, { "{;half}", ";half=50%25" }, { "{;empty}", ";empty" },
        { "{;v,empty,who}", ";v=6;empty;who=fred" }, { "{;v,bar,who}", ";v=6;who=fred" },
        { "{;x,y,undef}", ";x=1024;y=768" },
        /* 3.2.8, 3.2.9 */
        { "{?who}", "?who=fred" }, { "{?half}", "?half=50%25" }, { "{?x,y,undef}", "?x=1024&y=768" },
        { "{&who}", "&who=fred" }, { "{&half}", "&half=50%25" }, { "{&x,y,undef}", "&x=1024&y=768" }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].uri_template);
        CHECK_STR(rows[i].uri, expanded(rows[i].uri_template, values_of(rows[i].uri ? rfc_values : "")));
    }
}

static void expands_the_rest(void)
{
    static const struct { const char *uri_template, *uri; } rows[] = {
        { "", "" }, { "note://all", "note://all" }, { "{/undef,x,undef,y}", "/1024/768" },
        { "{?undef,x}", "?x=1024" }, { "{undef,x}", "1024" }, { "{#undef,x}", "#1024" }, { "{n}", "-1.5e%2B3" },
        { "{+n}", "-1.5e+3" }, { "{sub}", "%21%27%28%29%2A~" }, { "{+sub}", "!'()*~" }, { "{nul}", "a%00b" },
        /* what is escaped stays as it is where reserved characters do, and only there */
        { "{+ok}", "a%20b%252" }, { "{#ok}", "#a%20b%252" }, { "{ok}", "a%2520b%252" },
        { "{?ok}", "?ok=a%2520b%252" }, { "%7e%C3{x}", "%7e%C31024" },
        { "caf\xc3\xa9?q{+path}", "caf%C3%A9?q/foo/bar" }, { "{a.b}{%41}", "dotsescaped" },
        { "{?a.b,%41}", "?a.b=dots&%41=escaped" }, { "it's(*)", "it's(*)" }, { "{nobody}", "" },
        { "{?nobody,nothing}", "" }
    };
    static const char *const refused[] = { "{list}", "{+list}", "a{?x,list}", "{keys}", "{?keys}", "{no}", "{yes}" };
    mcp_json none;
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].uri_template);
        CHECK_STR(rows[i].uri, expanded(rows[i].uri_template, values_of(rfc_values)));
    }
    for (i = 0; i < MCP_COUNT(refused); i++) {
        NOTE("%s", refused[i]);
        CHECK_STR(mcp_strerror(MCP_E_MISUSE), expanded(refused[i], values_of(rfc_values)));
    }
    NOTE("all kinds of bytes");
    CHECK_STR("%E2%82%AC5%20%F0%9F%98%80", expanded("{x}", values_of("{\"x\":\"\\u20ac5 \\ud83d\\ude00\"}")));
    CHECK_STR("%01%7F%22%3C%5C%5E%60%7B%7C%7D-._~",
              expanded("{+x}", values_of("{\"x\":\"\\u0001\\u007f\\\"<\\\\^`{|}-._~\"}")));
    NOTE("no object");
    memset(&none, 0, sizeof none);
    CHECK_STR("a", expanded("a{x}", none));
    CHECK_STR("a", expanded("a{x}", values_of("[1]")));
}

static void appends_or_says_why_not(void)
{
    static const char uri_template[] = "n://{x}{?y}", whole[] = "to n://a%20b?y=7";
    mcp_json values;
    mcp_alloc alloc;
    test_heap heap;
    size_t size, i;
    char mem[40];

    fresh();
    values = values_of("{\"x\":\"a b\",\"y\":7,\"z\":[]}");
    for (size = 3; size <= sizeof whole; size++) {      /* with sizeof whole there is room for all */
        mcp_buf_fixed(&buf, mem, size);
        NOTE("%lu bytes", (unsigned long)size);
        CHECK(mcp_buf_add(&buf, "to ", 3));
        CHECK_STATUS(size < sizeof whole ? MCP_E_TOO_LONG : MCP_OK, mcp_uri_expand(&buf, uri_template, values));
        CHECK_STR(size < sizeof whole ? "to " : whole, (buf.ptr[buf.len] = 0, buf.ptr));
    }
    NOTE("again");
    mcp_buf_fixed(&buf, mem, sizeof mem);
    CHECK(mcp_buf_add(&buf, whole, sizeof whole - 1));
    CHECK_STATUS(MCP_E_MISUSE, mcp_uri_expand(&buf, "{x}{z}", values));
    CHECK_UINT(sizeof whole - 1, buf.len);
    CHECK_STATUS(MCP_E_TEMPLATE, mcp_uri_expand(&buf, "{x}{z", values));
    CHECK_UINT(sizeof whole - 1, buf.len);
    CHECK_STATUS(MCP_OK, buf.error);

    alloc = test_heap_init(&heap);
    mcp_buf_init(&buf, alloc, 1000);
    for (i = 1; i < 3; i++) {
        NOTE("call %lu fails", (unsigned long)i);
        heap.fail_at = heap.calls + 1;
        CHECK_STATUS(MCP_E_NOMEM, mcp_uri_expand(&buf, uri_template, values));
        CHECK_UINT(0, buf.len);
        mcp_buf_reset(&buf);
    }
    CHECK_STATUS(MCP_OK, mcp_uri_expand(&buf, uri_template, values));
    CHECK_STR(whole + 3, buf.ptr);
    mcp_buf_free(&buf);
    CHECK_HEAP(&heap);
}

/*---- Templates ----------------------------------------------------------------------------------*/

#define NAME    "expected a name of A-Z a-z 0-9 _ %XX . after { and one of + # . / ; ? & or none"
#define COMMA   "expected , or } after a name"
#define LEVEL_4 "expected no :n and no * after a name: level 4 is not supported"
#define CHARS   "expected only characters of a URI: write others as %XX"
#define OPEN    "expected a { before this }"

static void refuses_templates(void)
{
    static const struct { const char *uri_template, *wrong; } rows[] = {
        { "{", NAME }, { "{}", NAME }, { "{+}", NAME }, { "{x,}", NAME }, { "{x,,y}", NAME }, { "{,x}", NAME },
        { "{ x}", NAME }, { "{x, y}", NAME }, { "{.}", NAME }, { "{..x}", NAME }, { "{-x}", NAME }, { "{%4}", NAME },
        { "{%zz}", NAME }, { "{caf\xc3\xa9}", "expected , or } after a name" }, { "{\xc3\xa9}", NAME },
        { "{/?id}", NAME }, { "{??hello}", NAME }, { "{!hello}", NAME }, { "{=path}", NAME }, { "{$var}", NAME },
        { "{|var*}", NAME }, { "{*keys?}", NAME }, { "{@x}", NAME }, { "{~thing}", NAME }, { "{x{y}}", COMMA },
        { "{x", COMMA }, { "{x,y", COMMA }, { "{x.", COMMA }, { "{x.}", COMMA }, { "{x..y}", COMMA }, { "{x }", COMMA },
        { "{x-y}", COMMA }, { "{x%4}", COMMA }, { "{hello+}", COMMA }, { "{?empty=default,var}", COMMA },
        { "{?query){&x}", COMMA }, { "a{x", COMMA }, { "a{x/b", COMMA },
        { "{x:3}", LEVEL_4 }, { "{x*}", LEVEL_4 }, { "{var:prefix}", LEVEL_4 }, { "{/id*", LEVEL_4 },
        { "{?a,b*}", LEVEL_4 }, { "{+x:", LEVEL_4 }, { "{hello:2*}", LEVEL_4 },
        { "}", OPEN }, { "/id*}", OPEN }, { "{x}}", OPEN }, { "a}{x}", OPEN },
        { "a b", CHARS }, { "a\"b", CHARS }, { "<a>", CHARS }, { "a\\b", CHARS }, { "a^", CHARS }, { "`", CHARS },
        { "a|b", CHARS }, { "a\nb", CHARS }, { "\x7f", CHARS }, { "\x01", CHARS }, { "50%", CHARS }, { "%4", CHARS },
        { "%zz", CHARS }, { "%4g{x}", CHARS }, { "{x}%", CHARS }, { "{x} ", CHARS },
        { "caf\xe9", "expected UTF-8" }, { "{x}\xc3", "expected UTF-8" }
    };
    static const char *const fine[] = {
        "", "a", "{x}", "{X_9}", "{a.b.c}", "{%41}", "{%41.%7a}", "{_}", "{9}", "caf\xc3\xa9://{x}", "a%2fb",
        "!#$&'()*+,/:;=?@[]-._~", "{x}{y}{+z}", "{?a,b,c}{&d}", "{#a,b}"
    };
    mcp_uri_var *vars;
    mcp_json none;
    size_t i;
    fresh();
    memset(&none, 0, sizeof none);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].uri_template);
        CHECK_STR(rows[i].wrong, mcp_uri_error(rows[i].uri_template));
        CHECK_STATUS(MCP_E_TEMPLATE, mcp_uri_expand(&buf, rows[i].uri_template, none));
        CHECK_STATUS(MCP_E_TEMPLATE, mcp_uri_match(&arena, rows[i].uri_template, "a", 1, &vars));
        CHECK(!vars);
    }
    for (i = 0; i < MCP_COUNT(fine); i++) {
        NOTE("%s", fine[i]);
        CHECK_STR(NULL, mcp_uri_error(fine[i]));
    }
}

static void counts_variables(void)
{
    static const char *const pieces[] = { "{x}", "/{x}", "{?x}", "x" };
    char text[200], many[100] = "{x";
    size_t i, n;
    fresh();
    for (i = 0; i < 3; i++) {
        text[0] = 0;
        for (n = 0; n < MCP_URI_VARS; n++) strcat(text, pieces[i]);
        strcat(text, "/tail");
        NOTE("%s", text);
        CHECK_STR(NULL, mcp_uri_error(text));
        CHECK(found(text, i == 2 ? "/tail" : i ? "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/tail" : "aaaaaaaaaaaaaaaa/tail"));
        CHECK_STR(NULL, found(text, i == 2 ? "/tai" : "a/a/tail"));
        strcat(text, pieces[i]);
        CHECK_STR("expected at most 16 variables", mcp_uri_error(text));
    }
    for (n = 1; n < MCP_URI_VARS; n++) strcat(many, ",x");
    strcat(many, "}");
    CHECK_STR(NULL, mcp_uri_error(many));
    many[strlen(many) - 1] = 0;
    strcat(many, ",x}");
    CHECK_STR("expected at most 16 variables", mcp_uri_error(many));
}

/*---- Matching -----------------------------------------------------------------------------------*/

static void finds_values(void)
{
    static const struct { const char *uri_template, *uri, *want; } rows[] = {
        { "", "", "" }, { "", "a", NULL }, { "a://b", "a://b", "" }, { "a://b", "a://bc", NULL },
        { "a://b", "a://", NULL }, { "a://b", "", NULL },
        { "test://template/{id}/data", "test://template/123/data", "id=123" },
        { "test://template/{id}/data", "test://template/1/23/data", NULL },
        { "test://template/{id}/data", "test://template//data", NULL },
        { "test://template/{id}/data", "test://template/123/dat", NULL },
        { "test://template/{id}/data", "test://template/123/data/", NULL },
        { "test://template/{id}/data", "TEST://template/123/data", NULL },
        { "file:///{+path}", "file:///a/b.c", "path=a/b.c" }, { "file:///{+path}", "file:////a", "path=/a" },
        { "file:///{+path}", "file:///", NULL }, { "file:///{+path}", "file:///a%20b?c#d", "path=a b?c#d" },
        { "file:///{+path}", "file:///a b", NULL }, { "file:///{+path}", "file:///a%2fb", "path=a/b" },
        { "note://{id}{?rev}", "note://7", "id=7 rev" }, { "note://{id}{?rev}", "note://7?rev=2", "id=7 rev=2" },
        { "note://{id}{?rev}", "note://7?rev=", "id=7 rev=" }, { "note://{id}{?rev}", "note://7?rev", NULL },
        { "note://{id}{?rev}", "note://7?", NULL }, { "note://{id}{?rev}", "note://?rev=2", NULL },
        { "note://{id}{?rev}", "note://7?rev=2&x=3", NULL }, { "note://{id}{?rev}", "note://7?revs=2", NULL },
        { "note://{id}{?rev}", "note://7?rev=2&rev=3", NULL },
        { "note://{id}{?rev}", "note://7?rev=2&rev=%32", "id=7 rev=2" },
        { "note://{id}{?rev}", "note://7&rev=2", NULL }, { "note://{id}{?rev}", "note://7?rev=2?rev=2", NULL },
        /* operators */
        { "{x,y}", "1,2", "x=1 y=2" }, { "{x,y}", "1", NULL }, { "{x,y}", "1,", NULL }, { "{x,y}", ",2", NULL },
        { "{x,y}", "1,2,3", NULL }, { "{+x,y}", "1,2,3", "x=1 y=2,3" }, { "{+x,y}", ",2,3", "x=,2 y=3" },
        { "a{#x}", "a", "x" }, { "a{#x}", "a#", "x=" }, { "a{#x}", "a#/b?c#d", "x=/b?c#d" }, { "a{#x}", "ab", NULL },
        { "a{#x,y}", "a#1,2", "x=1 y=2" }, { "a{#x,y}", "a#1", "x=1 y" }, { "a{#x,y}", "a#,", "x= y=" },
        { "a{.x}", "a", "x" }, { "a{.x}", "a.", "x=" }, { "a{.x}", "a.b.c", "x=b.c" },
        { "a{.x,y}", "a.b.c", "x=b y=c" }, { "a{.x,y}", "a.b", "x=b y" }, { "a{.x}", "a.b/c", NULL },
        { "a{/x}", "a", "x" }, { "a{/x}", "a/", "x=" }, { "a{/x}", "a/b", "x=b" }, { "a{/x}", "a/b/c", NULL },
        { "a{/x,y}", "a/b/c", "x=b y=c" }, { "a{/x,y}", "a/b", "x=b y" }, { "a{/x,y}", "a//c", "x= y=c" },
        { "a{/x,y}/z", "a/z", "x y" }, { "a{/x,y}/z", "a/b/z", "x=b y" }, { "a{/x,y}/z", "a/z/z", "x=z y" },
        { "a{;x,y}", "a", "x y" }, { "a{;x,y}", "a;x=1;y=2", "x=1 y=2" }, { "a{;x,y}", "a;y=2;x=1", "x=1 y=2" },
        { "a{;x,y}", "a;y", "x y=" }, { "a{;x,y}", "a;y;x", "x= y=" }, { "a{;x,y}", "a;x=;y=2", "x= y=2" },
        { "a{;x,y}", "a;z=1", NULL }, { "a{;x,y}", "a;", NULL }, { "a{;x,y}", "a;x;x=1", NULL },
        { "a{;x,xy}", "a;xy", "x xy=" }, { "a{;x,xy}", "a;xy;x", "x= xy=" }, { "a{;x}b", "a;xb", NULL },
        { "a{;x}/b", "a;x/b", "x=" }, { "a{?x,y}", "a?y=2&x=1", "x=1 y=2" }, { "a{?x,y}", "a?y=2", "x y=2" },
        { "a{?x,y}", "a?x=1;y=2", NULL }, { "a{?x,xy}", "a?xy=1", "x xy=1" }, { "a{?xy,x}", "a?x=1", "xy x=1" },
        { "a{?a.b}", "a?a.b=1", "a.b=1" }, { "a{?%41}", "a?%41=1", "%41=1" }, { "a{?x}", "a?x=1=2", NULL },
        { "a{?x}", "a?x=1/2", NULL }, { "a?k=1{&x,y}", "a?k=1", "x y" }, { "a?k=1{&x,y}", "a?k=1&y=2&x=", "x= y=2" },
        { "a?k=1{&x,y}", "a?k=1?x=2", NULL }, { "a{?x,y}{&z}", "a?x=1&y=2&z=3", "x=1 y=2 z=3" },
        { "a{?x,y}{&z}", "a&z=3", "x y z=3" }, { "a{?x}{&x}", "a?x=1&x=1", "x=1 x=1" },
        { "a{?x}{#f}", "a?x=1#2", "x=1 f=2" }, { "a{?x}{#f}", "a#2", "x f=2" },
        /* the shortest with which all matches */
        { "{x}-{y}", "a-b-c", "x=a y=b-c" }, { "{x}-{y}-z", "a-b-c-z", "x=a y=b-c" },
        { "{x}.txt", "a.txt.txt", "x=a.txt" }, { "{+dir}/{name}", "a/b/c", "dir=a/b name=c" },
        { "{+dir}/{name}", "c", NULL }, { "{+dir}/{name}", "/c", NULL },
        { "{+repo}/blob/{ref}/{+path}", "o/n/blob/main/src/blob/x/y", "repo=o/n ref=main path=src/blob/x/y" },
        { "{name}{.ext}", "archive.tar.gz", "name=archive ext=tar.gz" },
        { "{name}{.ext}", "archive", "name=archive ext" }, { "{+path}{?q}", "a/b?q=1", "path=a/b q=1" },
        { "{+path}{?q}", "a/b?r=1", "path=a/b?r=1 q" },
        { "up{+path}{var}/here", "up/foo/barvalue/here", "path=/foo/ var=barvalue" }, { "{x}{y}", "abc", "x=a y=bc" },
        { "{x}{y}", "a", NULL }, { "{x}a{y}", "aaa", "x=a y=a" }, { "{x}ab{y}", "aabab", "x=a y=ab" },
        { "{x}{/y}{/z}", "1/2/3", "x=1 y=2 z=3" }, { "{x}{/y}{z}", "1/23", "x=1 y= z=23" },
        { "{+x}/a{/y}", "b/a/a", "x=b y=a" }, { "{x}!{y}", "a!b!c", "x=a y=b!c" },
        /* the same twice */
        { "{x}/{x}", "a/a", "x=a x=a" }, { "{x}/{x}", "a/b", NULL }, { "{x}{?x}", "a", "x=a x=a" },
        { "{?x}{#x}", "#a", "x=a x=a" },
        /* characters */
        { "{x}", "-._~aZ09", "x=-._~aZ09" }, { "{x}", "!'()*", "x=!'()*" }, { "{x}", "a:b", NULL },
        { "{x}", "a@b", NULL }, { "{x}", "a%3Ab", "x=a:b" },
        { "{x}", "%C3%A9\xc3\xa9%c3%A9", "x=\xc3\xa9\xc3\xa9\xc3\xa9" }, { "{x}", "a+b", NULL },
        { "{x}", "a+b", NULL }, { "{x}", "%61%2525", "x=a%25" },
        { "{+x}", ":/?#[]@!$&'()*+,;=", "x=:/?#[]@!$&'()*+,;=" }, { "{+x}", "a{b}", NULL }, { "{+x}", "\"", NULL },
        { "{+x}", "a\\b", NULL }, { "{+x}", "a|b", NULL }, { "{+x}", "a\x7f", NULL }, { "{x}", "%", NULL },
        { "{x}", "%4", NULL }, { "{x}", "%4g", NULL }, { "{x}", "a%", NULL }, { "{+x}", "a%%41", NULL },
        { "{x}1", "%41", NULL }, { "{x}41", "%41", NULL }, { "{x}A{y}", "%41%2A", NULL },
        { "{x}", "\xe2\x82\xac\xf0\x9f\x98\x80", "x=\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "{x}{y}", "%C3%A9\xe2\x82\xac", "x=\xc3\xa9 y=\xe2\x82\xac" },
        /* not for handlers */
        { "{x}", "%FF", NULL }, { "{x}", "%C3", NULL }, { "{x}", "\xc3", NULL }, { "{x}", "%C0%80", NULL },
        { "{x}", "%ED%A0%80", NULL }, { "{x}", "%00", NULL }, { "{x}", "a%00b", NULL }, { "{+x}", "a%00", NULL },
        { "{?x}", "?x=%00", NULL }, { "d/{x}", "d/..", NULL }, { "d/{x}", "d/%2e%2E", NULL },
        { "d/{x}", "d/...", "x=..." }, { "d/{x}", "d/.", "x=." }, { "d/{x}", "d/..a", "x=..a" },
        { "d/{x}", "d/a..", "x=a.." }, { "d/{x}", "d/a%2Fb", NULL }, { "d{/x}", "d/a%2Fb", NULL },
        { "d{.x}", "d.a%2Fb", NULL }, { "d/{x}", "d/..%5Cb", NULL }, { "d/{x}", "d/a%5Cb", "x=a\\b" },
        { "d/{+x}", "d/../b", NULL }, { "d/{+x}", "d/b/..", NULL }, { "d/{+x}", "d/b/../c", NULL },
        { "d/{+x}", "d/b/%2E./c", NULL }, { "d/{+x}", "d/b%2F..%2fc", NULL },
        { "d/{+x}", "d/a..b/..c/d..", "x=a..b/..c/d.." }, { "d{?x}", "d?x=..%2Fb", NULL },
        { "d{?x}", "d?x=a%2Fb", "x=a/b" }, { "d{#x}", "d#../b", NULL },
        /* literal text */
        { "a%7eb", "a~b", "" }, { "a~b", "a%7Eb", "" }, { "a%2Fb", "a/b", NULL }, { "a/b", "a%2Fb", NULL },
        { "a%2Fb", "a%2fb", "" }, { "caf\xc3\xa9/{x}", "caf%C3%a9/1", "x=1" },
        { "caf\xc3\xa9/{x}", "caf\xc3\xa9/1", "x=1" }, { "%C3%A9{x}", "\xc3\xa9y", "x=y" }, { "a%20b", "a%20b", "" },
        { "a%20b", "a b", NULL }, { "aAb", "aab", NULL }, { "a%zb", "a%zb", "?" }, { "a", "%", NULL },
        { "a{x}%41", "a%41A", "x=A" }, { "a{x}A", "a%41A", "x=A" }, { "a{x}A", "aa%41", "x=a" }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        const char *want = rows[i].want;
        if (want && *want == '?') want = mcp_strerror(MCP_E_TEMPLATE);
        NOTE("%s %s", rows[i].uri_template, rows[i].uri);
        CHECK_STR(want, found(rows[i].uri_template, rows[i].uri));
    }
}

static void a_uri_ends_where_it_ends(void)
{
    static const char *const templates[] = {
        "a{x}", "a{+x}", "a{?x}", "a{;xy}", "a{x}/b", "ab%41c", "{x}{/y}.tail", "a{#x,y}"
    };
    static const char *const uris[] = {
        "a%41", "a?x=%41", "a;xy", "a;x", "a/b", "ab%41", "ab%4", "a/b.tail", "a#b,c", "a%"
    };
    char *end = test_guarded(100);
    size_t i, k, len;
    fresh();
    CHECK_STR(NULL, found_n("a{x}", "a\0b", 3));
    CHECK_STR(NULL, found_n("a", "a\0", 2));
    CHECK_STR("x=b", found_n("a{x}", "abc", 2));
    CHECK_STR("", found_n("", end, 0));
    for (i = 0; i < MCP_COUNT(templates); i++) {
        for (k = 0; k < MCP_COUNT(uris); k++) {
            for (len = 0; len <= strlen(uris[k]); len++) {
                char *copy = end - len, want[100], rest[20];
                const char *got;
                memcpy(copy, uris[k], len);
                got = found_n(templates[i], copy, len);
                snprintf(want, sizeof want, "%s", got ? got : "none");
                snprintf(rest, sizeof rest, "%.*s", (int)len, uris[k]);     /* the same with a NUL after it */
                NOTE("%s %s", templates[i], rest);
                got = found(templates[i], rest);
                CHECK_STR(want, got ? got : "none");
            }
        }
    }
}

/*---- Memory and time ----------------------------------------------------------------------------*/

/* The values are theirs alone, as many as there can be. */
static void keeps_the_values(void)
{
    static const char uri_template[] = "{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}{l}{m}{n}{o}{p}";
    mcp_uri_var *vars;
    size_t i;
    fresh();
    CHECK_INT(1, mcp_uri_match(&arena, uri_template, "abcdefghijklmnop", 16, &vars));
    memset(mcp_arena_get(&arena, 100), 0xff, 100);
    for (i = 0; vars && i < MCP_URI_VARS; i++) {
        char want[2] = { (char)('a' + i), 0 };
        CHECK_STR(want, vars[i].value.ptr);
        CHECK_BYTES(want, 1, vars[i].name.ptr, vars[i].name.len);
    }
    CHECK(vars && !vars[MCP_URI_VARS].name.ptr);
}

static void takes_little_memory(void)
{
    mcp_uri_var *vars;
    mcp_alloc alloc;
    test_heap heap;
    size_t i;

    fresh();
    alloc = test_heap_init(&heap);
    mcp_arena_init(&arena, alloc, 1 << 20);
    heap.fail_at = 1;
    CHECK_STATUS(MCP_E_NOMEM, mcp_uri_match(&arena, "a{x}", "ab", 2, &vars));
    CHECK(!vars);
    CHECK_INT(0, mcp_uri_match(&arena, "a{x}", "b", 1, &vars));        /* that takes none */
    CHECK_INT(1, mcp_uri_match(&arena, "a{x}", "ab", 2, &vars));
    CHECK_STR("b", vars[0].value.ptr);
    for (i = 0; i < 10000; i++) {       /* what does not match takes nothing, however often */
        mcp_uri_var *none;
        if (mcp_uri_match(&arena, "a{x}", "ab/", 3, &none) != 0) FAIL("round %lu matches", (unsigned long)i);
    }
    CHECK_STR("b", vars[0].value.ptr);
    CHECK_UINT(2, heap.calls);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

/* Templates and URIs on which a matcher that goes back would spend ages. */
static void takes_little_time(void)
{
    static const struct { const char *uri_template, *repeated, *tail; int matches; } rows[] = {
        { "{/id}", ",a", "", 0 }, { "{+a,b,c,d,e,f}", ",a", "", 1 }, { "{+a,b,c,d,e,f}", ",a", " ", 0 },
        { "{a}{b}{c}{d}{e}{f}{g}{h}", "a", "", 1 }, { "{a}{b}{c}{d}{e}{f}{g}{h}", "a", "/", 0 },
        { "{a}a{b}a{c}a{d}a{e}a", "a", "", 1 }, { "{a}a{b}a{c}a{d}a{e}ab", "a", "", 0 },
        { "{+a}/{+b}/{+c}/{+d}x", "/", "", 0 }, { "{+a}{?b,c}{&d,e}{#f}", "?b=1&c=2", "", 1 },
        { "{.a}{.b}{.c}{.d}{.e}{.f}{.g}", ".a", "", 1 }, { "{.a}{.b}{.c}{.d}{.e}{.f}{.g}", ".a", "/", 0 },
        { "{+a}%41%42{b}", "%41", "", 0 }, { "{;a,b,c,d,e,f,g}", ";a;b", "", 1 },
        { "{;a,b,c,d,e,f,g}", ";a;b", "=", 1 },
        { "{;a,b,c,d,e,f,g}", ";a;b", ";h", 0 }, { "{+a}aaaaaaaaaaaaaaab", "a", "", 0 }
    };
    size_t i, size = test_rounds(10000) < 10000 ? 5000 : 1 << 20;
    char *uri = (char *)malloc(size + 20);
    fresh();
    for (i = 0; uri && i < MCP_COUNT(rows); i++) {
        mcp_uri_var *vars;
        size_t len = 0, step = strlen(rows[i].repeated), tail = strlen(rows[i].tail);
        for (; len + step <= size; len += step) memcpy(uri + len, rows[i].repeated, step);
        memcpy(uri + len, rows[i].tail, tail);
        NOTE("%s %s", rows[i].uri_template, rows[i].repeated);
        mcp_arena_reset(&arena);
        CHECK_INT(rows[i].matches, mcp_uri_match(&arena, rows[i].uri_template, uri, len + tail, &vars));
        CHECK(arena.held <= 8 * (len + tail) + 10000);
    }
    free(uri);
}

/*---- There and back -----------------------------------------------------------------------------*/

/* Where values start and end, in the order of the template; NULL where one is missing. */
typedef struct tried {
    const char *from[MCP_URI_VARS], *to[MCP_URI_VARS];
    bool contradicts;           /* one has two values */
} tried;

static bool is_value_char(char c, char op)
{
    return (c >= 'a' && c <= 'z') || c == '.' || c == '-' || ((op == '+' || op == '#') && c && strchr("/?&=;,#+", c));
}

/* Tries to match in the simplest way, by going back: the template from t on, the URI from u on. */
static bool try_all(const char *t, const char *u, size_t var, tried *out);

/* The expression after op, from its variable t on. more: a value of it was found before. */
static bool try_expression(char op, const char *t, const char *u, size_t var, bool more, tried *out)
{
    const char *close = strchr(t, '}') + 1, *c;
    const char mark = strchr(more ? "./;&" : "./;?&#", op) ? op : op == '?' ? '&' : ',';
    size_t left = 1;
    for (c = t; *c != '}'; c++) left += *c == ',';

    if (op == ';' || op == '?' || op == '&') {      /* names of one letter, in any order */
        for (c = t; *u == mark && c < close; c += 2) {
            const size_t v = var + (size_t)(c - t) / 2;
            const char *start = u + 2, *end;
            if (u[1] != *c) continue;
            if (*start == '=') start++;
            else if (op != ';' || is_value_char(*start, op)) continue;
            for (end = start; ; end++) {
                tried before = *out;
                if (out->from[v] && (out->to[v] - out->from[v] != end - start ||
                                     memcmp(out->from[v], start, (size_t)(end - start))))
                    out->contradicts = true;
                out->from[v] = start;
                out->to[v] = end;
                if (try_expression(op, t, end, var, true, out)) return true;
                *out = before;
                if (start == u + 2 || !is_value_char(*end, op)) break;
            }
        }
        return try_all(close, u, var + left, out);
    }
    if ((more || strchr("./#", op)) ? *u == mark : true) {
        const char *start = u + (more || strchr("./#", op)), *end = start;
        for (;; end++) {
            out->from[var] = start;
            out->to[var] = end;
            if ((end > start || strchr("./#", op)) &&
                (t[1] == ',' ? try_expression(op, t + 2, end, var + 1, true, out) : try_all(close, end, var + 1, out)))
                return true;
            if (!is_value_char(*end, op)) break;
        }
        out->from[var] = NULL;
    }
    return strchr("./#", op) && try_all(close, u, var + left, out);
}

static bool try_all(const char *t, const char *u, size_t var, tried *out)
{
    while (*t && *t != '{') if (*t++ != *u++) return false;
    if (!*t) return !*u;
    t++;
    return strchr("+#./;?&", *t) ? try_expression(*t, t + 1, u, var, false, out)
                                 : try_expression('!', t, u, var, false, out);
}

static void add(char *to, char c)
{
    size_t n = strlen(to);
    to[n] = c;
    to[n + 1] = 0;
}

static void pick(char *to, const char *from, size_t len)
{
    size_t n = strlen(to), count = strlen(from);
    while (len--) to[n++] = from[test_below(count)];
    to[n] = 0;
}

/* A random template of few letters, with names a, b, ... in order. */
static void random_template(char *to)
{
    char name = 'a';
    size_t parts = 1 + test_below(4);
    *to = 0;
    while (parts--) {
        size_t names = 1 + test_below(3);
        pick(to, "xy./-", test_below(3));
        strcat(to, "{");
        pick(to, "+#./;?&", test_below(5) > 0);
        for (; names; names--) {
            char text[3] = { name++, names > 1 ? ',' : '}', 0 };
            strcat(to, text);
        }
    }
    pick(to, "xy./-", test_below(3));
}

/* A random URI that is much like a template. */
static void random_uri(char *to, const char *text)
{
    for (*to = 0; *text; text++) {
        const char *op = text[1] && strchr("+#./;?&", text[1]) ? text + 1 : "";
        bool started = false;
        if (*text != '{') {
            add(to, *text);
            continue;
        }
        for (text += 1 + !!*op; *text != '}'; text++) {
            if (*text == ',' || (test_below(4) == 0 && *op && *op != '+')) continue;
            if (!*op || *op == '+' || (*op == '#' && started)) pick(to, ",", started);
            else add(to, *op == '?' && started ? '&' : *op);
            if (*op && strchr(";?&", *op)) {
                add(to, *text);
                pick(to, "=", *op != ';' || test_below(2));
            }
            pick(to, *op == '+' || *op == '#' ? "xy./?,&" : "xy.", test_below(3) + (!*op || *op == '+'));
            started = true;
        }
    }
    if (*to && test_below(4) == 0) to[test_below(strlen(to))] = "xyab./-?&;=,#"[test_below(13)];
}

/* What is found is what trying finds: the same variables with the same values, or nothing. */
static void finds_what_trying_finds(void)
{
    size_t round, matched = 0, i;
    fresh();
    for (round = test_rounds(100000); round; round--) {
        char text[200], uri[200], want[600] = "";
        const char *got, *c;
        size_t n = 0;
        tried values;
        memset(&values, 0, sizeof values);
        random_template(text);
        random_uri(uri, text);
        NOTE("%s %s", text, uri);
        if (strstr(uri, "..")) continue;
        got = found(text, uri);
        if (!try_all(text, uri, 0, &values) || values.contradicts) {
            CHECK_STR(NULL, got);
            continue;
        }
        for (c = text, i = 0; *c; c++) {
            if (*c != '{') continue;
            for (c += !!strchr("+#./;?&", c[1]) + 1;; c += 2, i++) {
                n += (size_t)snprintf(want + n, sizeof want - n, "%s%c", n ? " " : "", *c);
                if (values.from[i])
                    n += (size_t)snprintf(want + n, sizeof want - n, "=%.*s", (int)(values.to[i] - values.from[i]),
                                          values.from[i]);
                if (c[1] == '}') break;
            }
            i++;
            c++;
        }
        CHECK_STR(want, got);
        matched++;
    }
    CHECK(matched > test_rounds(100000) / 5);
}

/* Values for a template: some are missing or empty where that can be told. */
static mcp_json random_values(const char *text)
{
    static const char *const pieces[] = { "x", "7", " ", "!", "\xc3\xa9", "~", "q%-", "&=", ";,", "?#", ":@" };
    mcp_out out;
    mcp_str json;
    char op = 0;
    mcp_out_init(&out, 10000);
    mcp_put_object(&out);
    for (; *text; text++) {
        char name[2] = { *text, 0 };
        char value[40] = "";
        size_t n = test_below(4);
        if (text[0] == '{') op = strchr("+#./;?&", text[1]) ? text[1] : 0;
        if (*text < 'a' || *text > 'w') continue;
        if (!op || op == '+') n++;
        else if (test_below(4) == 0) continue;
        while (n--) strcat(value, pieces[test_below(op == '+' || op == '#' ? 6 : MCP_COUNT(pieces))]);
        mcp_put_key(&out, name);
        mcp_put_str(&out, value);
    }
    mcp_put_end(&out);
    CHECK_STATUS(MCP_OK, mcp_out_done(&out, &json));
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, json.ptr, json.len));
    mcp_out_free(&out);
    return mcp_json_root(&doc);
}

/* The variables as an object. */
static void put_vars(mcp_out *out, const mcp_uri_var *vars)
{
    mcp_put_object(out);
    for (; vars->name.ptr; vars++) {
        if (!vars->value.ptr) continue;
        mcp_put_keyn(out, vars->name.ptr, vars->name.len);
        mcp_put_strn(out, vars->value.ptr, vars->value.len);
    }
    mcp_put_end(out);
}

/* Decodes all escapes in place. */
static const char *decoded(char *text)
{
    char *o = text, *p = text;
    for (; *p; p++) {
        unsigned byte = (unsigned char)*p;
        if (*p == '%' && sscanf(p + 1, "%2X", &byte) == 1) p += 2;
        *o++ = (char)byte;
    }
    *o = 0;
    return text;
}

/* What was expanded matches, and what was found expands to the same again, but for what is escaped. */
static void comes_back(void)
{
    size_t round, same = 0;
    fresh();
    for (round = test_rounds(50000); round; round--) {
        char text[200], uri[2000], back[2000];
        mcp_json values;
        mcp_uri_var *vars, *var;
        mcp_out out;
        mcp_str json;
        mcp_doc again;

        random_template(text);
        if (strstr(text, "{;")) continue;       /* ;a and a letter after it is ;ab */
        values = random_values(text);
        snprintf(uri, sizeof uri, "%s", expanded(text, values));
        NOTE("%s %s", text, uri);
        mcp_arena_reset(&arena);
        if (strstr(uri, "..")) continue;
        CHECK_INT(1, mcp_uri_match(&arena, text, uri, strlen(uri), &vars));
        if (!vars) continue;
        mcp_out_init(&out, 10000);
        put_vars(&out, vars);
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &json));
        for (var = vars; var->name.ptr; var++) {
            mcp_str value = mcp_json_str(mcp_json_member(values, var->name.ptr, var->name.len), NULL);
            if (value.len != var->value.len || !value.ptr != !var->value.ptr ||
                (value.len && memcmp(value.ptr, var->value.ptr, value.len))) break;
        }
        same += !var->name.ptr;
        memset(&again, 0, sizeof again);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&again, json.ptr, json.len));
        snprintf(back, sizeof back, "%s", expanded(text, mcp_json_root(&again)));
        CHECK_STR(decoded(uri), decoded(back));
        mcp_doc_free(&again);
        mcp_out_free(&out);
    }
    CHECK(same > test_rounds(50000) / 10);
}

/* Templates that leave no choice give back what went in. */
static void gives_back(void)
{
    static const char *const templates[] = {
        "n://{a}/{b}{/c}{?d,e}{#f}", "n://{a}{;d,e}{/b,c}{#f}", "n://{a},{b}{?c,d,e}{&f}", "n:{+a}",
        "n{.a}/{b}{?c}", "n{/a,b,c}", "n{?a,b,c,d,e,f}", "n{#a}", "n://{a,b,c}{?d}"
    };
    size_t round;
    fresh();
    for (round = test_rounds(20000); round; round--) {
        const char *text = templates[test_below(MCP_COUNT(templates))];
        mcp_uri_var *vars, *var;
        bool gap = false;
        mcp_json values = random_values(text + 1);
        const char *uri = expanded(text, values);
        NOTE("%s %s", text, uri);
        mcp_arena_reset(&arena);
        CHECK_INT(1, mcp_uri_match(&arena, text, uri, buf.len, &vars));
        if (!vars) continue;
        for (var = vars; var->name.ptr; var++) {
            mcp_json v = mcp_json_member(values, var->name.ptr, var->name.len);
            mcp_str value = mcp_json_str(v, NULL);
            const char *slash = strstr(text, "{/");
            bool in_path = slash && var->name.ptr > slash && var->name.ptr < strchr(slash, '}');
            if (in_path && !mcp_json_exists(v)) gap = true;     /* what follows moves up */
            if (in_path && gap) continue;
            if (value.ptr) CHECK_BYTES(value.ptr, value.len, var->value.ptr, var->value.len);
            else CHECK(!var->value.ptr);
        }
    }
}

int main(void)
{
    TEST(expands_the_examples);
    TEST(expands_the_rest);
    TEST(appends_or_says_why_not);
    TEST(refuses_templates);
    TEST(counts_variables);
    TEST(finds_values);
    TEST(a_uri_ends_where_it_ends);
    TEST(keeps_the_values);
    TEST(takes_little_memory);
    TEST(takes_little_time);
    TEST(finds_what_trying_finds);
    TEST(comes_back);
    TEST(gives_back);
    fresh();
    return test_end();
}
