/* test_writer.c - the writer: structure, room, strings, parsed values, templates. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#define TEXT(literal) (literal), sizeof(literal) - 1

static mcp_out out;         /* of the case that runs */

static void fresh(void)
{
    mcp_out_free(&out);
    mcp_out_init(&out, 1 << 24);
}

/* Ends the value: its text, or the name of the error. */
static const char *done(void)
{
    mcp_str text;
    int status = mcp_out_done(&out, &text);
    if (status == MCP_OK) {
        if (strlen(text.ptr) != text.len) FAIL("the text is not NUL-terminated where it ends");
        return text.ptr;
    }
    if (text.ptr || text.len) FAIL("an error, and a text");
    return mcp_strerror(status);
}

/*---- Structure ----------------------------------------------------------------------------------*/

/* One call for each letter: { [ open, } closes, k and K are keys, all others are values. */
static void play(mcp_out *o, const char *calls)
{
    for (; *calls; calls++) {
        switch (*calls) {
        case '{': mcp_put_object(o); break;
        case '[': mcp_put_array(o); break;
        case '}': mcp_put_end(o); break;
        case 'k': mcp_put_key(o, "k"); break;
        case 'K': mcp_put_keyn(o, "a\0b", 3); break;
        case 's': mcp_put_str(o, "s"); break;
        case 'S': mcp_put_strn(o, "s\0t", 3); break;
        case 'z': mcp_put_str(o, NULL); break;
        case 'i': mcp_put_int(o, -1); break;
        case 'u': mcp_put_uint(o, 2); break;
        case 'd': mcp_put_num(o, 0.5); break;
        case 't': mcp_put_bool(o, true); break;
        case 'f': mcp_put_bool(o, false); break;
        case 'n': mcp_put_null(o); break;
        case 'r': mcp_put_raw(o, "[7]", 3); break;
        case '%': mcp_put_f(o, "{'x':%d}", 3); break;
        default: FAIL("no such call: %c", *calls);
        }
    }
}

static void writes_structures(void)
{
    static const struct { const char *calls, *text; } rows[] = {
        { "i", "-1" }, { "u", "2" }, { "d", "0.5" }, { "t", "true" }, { "f", "false" }, { "n", "null" },
        { "z", "null" },
        { "s", "\"s\"" }, { "S", "\"s\\u0000t\"" }, { "r", "[7]" }, { "%", "{\"x\":3}" }, { "{}", "{}" },
        { "[}", "[]" },
        { "{ki}", "{\"k\":-1}" }, { "{kikukd}", "{\"k\":-1,\"k\":2,\"k\":0.5}" },
        { "[iudtfnzsSr%}", "[-1,2,0.5,true,false,null,null,\"s\",\"s\\u0000t\",[7],{\"x\":3}]" },
        { "{KiKS}", "{\"a\\u0000b\":-1,\"a\\u0000b\":\"s\\u0000t\"}" }, { "[[}}", "[[]]" },
        { "[[}[}{}{}}", "[[],[],{},{}]" },
        { "{k{}k[}k{ks}}", "{\"k\":{},\"k\":[],\"k\":{\"k\":\"s\"}}" },
        { "[{kr}{k%}}", "[{\"k\":[7]},{\"k\":{\"x\":3}}]" },
        { "{ktkfknkzkskSkrk%}",
          "{\"k\":true,\"k\":false,\"k\":null,\"k\":null,\"k\":\"s\",\"k\":\"s\\u0000t\",\"k\":[7],\"k\":{\"x\":3}}" }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        const char *text;
        NOTE("%s", rows[i].calls);
        mcp_out_reset(&out);
        play(&out, rows[i].calls);
        text = done();
        CHECK_STR(rows[i].text, text);
        CHECK(done() == text);                      /* once more is no mistake */
        CHECK_UINT(0, out.replaced);
    }
}

/* One misuse is enough: what is right afterwards does not heal it, only a reset does. */
static void misuse_is_sticky(void)
{
    static const char *const values[] = { "i", "u", "d", "t", "f", "n", "z", "s", "S", "r", "{", "[" };
    static const char *const wrong[] = {
        "", "{", "[", "{k", "{k}", "{ki", "[i", "[[}", "{k[}", "}", "i}", "[}}", "{}}", "k", "K", "[k", "[ik", "{kk",
        "{kK", "ik", "{}k",
        "[}k", "{k{}k}", "[{k}}"
    };
    static const char *const before[] = { "{", "{ki", "i", "[}", "{}", "[{}}", "{k{}", "s", "r", "%" };
        /* no value may follow */
    size_t i, k;
    fresh();
    for (i = 0; i < MCP_COUNT(wrong); i++) {
        NOTE("%s", wrong[i]);
        mcp_out_reset(&out);
        play(&out, wrong[i]);
        CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
        play(&out, "}");
        CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
        mcp_out_reset(&out);
        play(&out, "[i}");
        CHECK_STR("[-1]", done());
    }
    for (i = 0; i < MCP_COUNT(before); i++) {
        for (k = 0; k < MCP_COUNT(values); k++) {
            NOTE("%s, then %s", before[i], values[k]);
            mcp_out_reset(&out);
            play(&out, before[i]);
            play(&out, values[k]);
            CHECK_STATUS(MCP_E_MISUSE, out.buf.error);
            play(&out, "}}}");
            CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
        }
    }
}

static void depth_is_64(void)
{
    int depth, i, kind;
    fresh();
    for (kind = 0; kind < 3; kind++) {
        for (depth = 62; depth <= 67; depth++) {
            NOTE("depth %d, kind %d", depth, kind);
            mcp_out_reset(&out);
            for (i = 0; i < depth; i++) play(&out, kind == 0 ? "[" : kind == 1 &&
                i ? "k{" : kind == 1 ? "{" : i ? "[" : "[");
            for (i = 0; i < depth; i++) play(&out, "}");
            if (depth <= 64) {
                mcp_str text;
                mcp_doc doc;
                memset(&doc, 0, sizeof doc);
                CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
                CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text.ptr, text.len));
                mcp_doc_free(&doc);
            } else CHECK_STR(mcp_strerror(MCP_E_DEPTH), done());
        }
    }
}

/* Objects and arrays in every order: each is closed by its own bracket. */
static void closes_what_was_opened(void)
{
    size_t round, rounds = test_rounds(5000);
    fresh();
    for (round = 0; round < rounds; round++) {
        uint64_t kinds = test_random();
        char want[600];
        size_t depth = 1 + test_below(64), i, n = 0;
        mcp_out_reset(&out);
        for (i = 0; i < depth; i++) {
            bool object = kinds >> i & 1;
            play(&out, object ? "{k" : "[");
            n += (size_t)snprintf(want + n, sizeof want - n, object ? "{\"k\":" : "[");
        }
        play(&out, "i");
        n += (size_t)snprintf(want + n, sizeof want - n, "-1");
        for (i = depth; i--;) {
            play(&out, "}");
            want[n++] = kinds >> i & 1 ? '}' : ']';
        }
        want[n] = 0;
        CHECK_STR(want, done());
    }
}

/* Random calls: an error, or JSON. */
static void random_calls_make_json_or_errors(void)
{
    static const char calls[] = "{[}}}kkKsSziudtfnr%";
    size_t round, rounds = test_rounds(30000), right = 0;
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    fresh();
    for (round = 0; round < rounds; round++) {
        char script[20];
        size_t n = test_below(sizeof script - 1), i;
        mcp_str text;
        for (i = 0; i < n; i++) script[i] = calls[test_below(sizeof calls - 1)];
        script[n] = 0;
        mcp_out_reset(&out);
        play(&out, script);
        NOTE("%s", script);
        if (mcp_out_done(&out, &text) != MCP_OK) continue;
        right++;
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text.ptr, text.len));
    }
    CHECK(right > rounds / 100);
    mcp_doc_free(&doc);
}

/*---- Room ---------------------------------------------------------------------------------------*/

static mcp_doc escapes_doc, rich_doc;

static void make_structure(mcp_out *o) { play(o, "{k[iudtfnz}k{kskS}k[[[}}}k%kr}"); }
static void make_empty(mcp_out *o) { mcp_put_str(o, ""); }
static void make_plain(mcp_out *o) { mcp_put_str(o,
    "a plain string that is longer than two blocks of sixteen bytes, and then some more of it to pass 64"); }
static void make_controls(mcp_out *o) { mcp_put_strn(o,
    TEXT("\1\2\3\4\5\6\7\b\t\n\v\f\r\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37\"\\\1\1\1\1\1\1\1\1\1\1"
        "\1\1\1\1\1\1\1\1\1\1")); }
static void make_quotes(mcp_out *o) { mcp_put_array(o); mcp_put_str(o,
    "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""); mcp_put_str(o, "\\"); mcp_put_end(o); }
static void make_utf8(mcp_out *o) { mcp_put_str(o,
    "caf\xC3\xA9 \xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC \xF0\x9F\x98\x80\xF0\x9F\x98\x80 and so on, \xE6\xBC\xA2\xE5"
    "\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97 end"); }
static void make_ill(mcp_out *o) { mcp_put_strn(o,
    TEXT("\xFF\xFE\x80\x80\x80\x80\xC0\x80 ok \xED\xA0\x80\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5\xF5"
        "\xF5\xE2\x82")); }
static void make_numbers(mcp_out *o) { mcp_put_array(o); mcp_put_int(o, INT64_MIN); mcp_put_uint(o, UINT64_MAX);
    mcp_put_num(o, 2.2250738585072014e-308); mcp_put_num(o, -1e22); mcp_put_end(o); }
static void make_key(mcp_out *o) { mcp_put_object(o); mcp_put_keyn(o, TEXT("\0\0\0\0\0\0\0\0\0\0")); mcp_put_null(o);
    mcp_put_key(o, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\xFF"); mcp_put_null(o); mcp_put_end(o); }
static void make_raw(mcp_out *o) { mcp_put_raw(o, TEXT("{\n\r\n\"a\":\r[1,\n2]}\n\n")); }
static void make_pieces(mcp_out *o)
{
    mcp_put_piece(o, "{\"jsonrpc\":\"2.0\",\"id\":");
    mcp_put_int(o, 12345);
    mcp_put_piece(o, ",\n\"result\":");
    mcp_put_str(o, "a text\n");
    mcp_put_piece(o, "}");
}
static void make_escapes(mcp_out *o) { mcp_put_value(o, mcp_json_root(&escapes_doc)); }
static void make_rich(mcp_out *o) { mcp_put_value(o, mcp_json_root(&rich_doc)); }
static void make_rich_inside(mcp_out *o) { mcp_put_object(o); mcp_put_key(o, "in");
    mcp_put_value(o, mcp_json_root(&rich_doc)); mcp_put_key(o, "x"); mcp_put_value(o, mcp_json_root(&escapes_doc));
    mcp_put_end(o); }
static void make_template(mcp_out *o) { mcp_put_f(o,
    "{'a': %s, %s: [%d, %g, true], 'p': '100%% \\u0041', 'q': \"it's\"}", "text\n", "key\1", 12345, 1e-7); }

typedef void (*make_fn)(mcp_out *o);

static const make_fn makers[] = {
    make_structure, make_empty, make_plain, make_controls, make_quotes, make_utf8, make_ill, make_numbers, make_key,
        make_raw,
    make_pieces,
    make_escapes, make_rich, make_rich_inside, make_template
};

#define ONES5 "\\u0001\\u0001\\u0001\\u0001\\u0001"
#define ONES  ONES5 ONES5 ONES5 ONES5 ONES5 ONES5 ONES5 ONES5

static void makers_begin(void)
{
    static const char escapes[] =
        "[\"" ONES "\","
        "{\"" ONES "\":1,"
        "\"\\n\":\"" ONES "\"},"
        "[[[[\"" ONES "\"]]]]]";
    static const char rich[] =
        "{\"a\":[1,2.50,-0,1e400,[[[]]],{\"deep\":{\"er\":[true,false,null]}}],\"s\":\"caf\\u00e9 \\ud83d\\ude00 "
        "\\u0000 end\",\"\":\"\","
        "\"k\\u0000y\":{\"x\":1,\"x\":2},\"long\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaa\","
        "\"e\":[],\"o\":{},\"esc\":\"\\n\\t\\\"\\\\\\/\",\"last\":123456789012345678901234567890}";
    mcp_json_parse(&escapes_doc, escapes, sizeof escapes - 1);
    mcp_json_parse(&rich_doc, rich, sizeof rich - 1);
}

static void makers_end(void)
{
    mcp_doc_free(&escapes_doc);
    mcp_doc_free(&rich_doc);
}

/* The text that a maker makes with all the room in the world. */
static size_t made_with_room(make_fn make, char *want, size_t cap)
{
    mcp_str text = { NULL, 0 };
    fresh();
    make(&out);
    CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
    if (text.len >= cap) {
        FAIL("%lu bytes", (unsigned long)text.len);
        return 0;
    }
    memcpy(want, text.ptr, text.len + 1);
    return text.len;
}

/* Every size of memory from none to plenty: exactly enough is enough, and nothing is written past the end. */
static void fixed_memory_of_every_size(void)
{
    static char want[4096];
    char *end = test_guarded(8192);
    size_t i, size;
    makers_begin();
    for (i = 0; i < MCP_COUNT(makers); i++) {
        size_t len = made_with_room(makers[i], want, sizeof want);
        for (size = 0; size <= len + 300; size += size > len + 2 ? 37 : 1) {
            mcp_out o;
            mcp_str text;
            int status;
            NOTE("maker %lu, %lu bytes for %lu", (unsigned long)i, (unsigned long)size, (unsigned long)len);
            memset(end - size, '#', size);
            mcp_out_fixed(&o, end - size, size);
            makers[i](&o);
            status = mcp_out_done(&o, &text);
            CHECK_STATUS(size > len ? MCP_OK : MCP_E_TOO_LONG, status);
            if (status == MCP_OK) {
                CHECK_BYTES(want, len + 1, text.ptr, text.len + 1);
                CHECK(text.ptr == end - size);
            }
            mcp_out_reset(&o);
            play(&o, "[}");
            CHECK_STATUS(size >= 3 ? MCP_OK : MCP_E_TOO_LONG, mcp_out_done(&o, &text));
            mcp_out_free(&o);
            if (test_state.failures > 10) break;
        }
    }
    makers_end();
}

/* The same with memory that grows: never past the maximum, and right or MCP_E_TOO_LONG. */
static void growing_memory_of_every_maximum(void)
{
    static char want[4096];
    size_t i, max;
    makers_begin();
    for (i = 0; i < MCP_COUNT(makers); i++) {
        size_t len = made_with_room(makers[i], want, sizeof want);
        for (max = 0; max <= len + 300; max += max > len + 2 ? 37 : 1) {
            mcp_out o;
            mcp_str text;
            test_heap heap;
            int status;
            NOTE("maker %lu, at most %lu bytes for %lu", (unsigned long)i, (unsigned long)max, (unsigned long)len);
            mcp_out_init(&o, max);
            o.buf.alloc = test_heap_init(&heap);
            makers[i](&o);
            status = mcp_out_done(&o, &text);
            CHECK_STATUS(max > len ? MCP_OK : MCP_E_TOO_LONG, status);      /* the final NUL counts */
            if (status == MCP_OK) CHECK_BYTES(want, len + 1, text.ptr, text.len + 1);
            CHECK(heap.bytes <= max);
            mcp_out_free(&o);
            CHECK_HEAP(&heap);
            if (test_state.failures > 10) break;
        }
    }
    makers_end();
}

/* After a first lack of room shorter things are not squeezed in. */
static void lack_of_room_is_sticky(void)
{
    char mem[16];
    mcp_out o;
    mcp_str text;
    mcp_out_fixed(&o, mem, sizeof mem);
    mcp_put_array(&o);
    mcp_put_str(&o, "far too long for these few bytes");
    CHECK_STATUS(MCP_E_TOO_LONG, o.buf.error);
    mcp_put_int(&o, 1);
    mcp_put_end(&o);
    mcp_put_end(&o);                                /* a misuse, but the first error stays */
    CHECK_STATUS(MCP_E_TOO_LONG, mcp_out_done(&o, &text));
    CHECK(text.ptr == NULL && text.len == 0);
    CHECK_STATUS(MCP_E_TOO_LONG, mcp_out_done(&o, &text));
    mcp_out_reset(&o);
    mcp_put_int(&o, 1);
    CHECK_STATUS(MCP_OK, mcp_out_done(&o, &text));
    CHECK_STR("1", text.ptr);
}

/*---- Strings ------------------------------------------------------------------------------------*/

/* The sequence at s: its length if it is well-formed, else minus the bytes that one U+FFFD stands for
   (a start of a well-formed one, or one byte), after the table of Unicode 3.9. */
static int sequence(const unsigned char *s, size_t len)
{
    static const unsigned char rows[][5] = {        /* first byte from, to; second from, to; length */
        { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
        { 0xED, 0xED, 0x80, 0x9F, 3 },
        { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 },
        { 0xF4, 0xF4, 0x80, 0x8F, 4 }
    };
    size_t i, k;
    if (s[0] < 0x80) return 1;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        if (s[0] < rows[i][0] || s[0] > rows[i][1]) continue;
        if (len < 2 || s[1] < rows[i][2] || s[1] > rows[i][3]) return -1;
        for (k = 2; k < rows[i][4]; k++)
            if (k >= len || (s[k] & 0xC0) != 0x80) return -(int)k;
        return rows[i][4];
    }
    return -1;
}

/* JSON of a string, written byte by byte. */
static size_t plain_string(char *o, const unsigned char *s, size_t len, size_t *replaced)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t n = 0, i = 0, k;
    *replaced = 0;
    o[n++] = '"';
    while (i < len) {
        int take = sequence(s + i, len - i);
        if (take < 0) {
            memcpy(o + n, "\xEF\xBF\xBD", 3);
            n += 3;
            take = -take;
            ++*replaced;
        } else if (s[i] < 0x20 || s[i] == '"' || s[i] == '\\') {
            for (k = 0; k < 14 && (unsigned char)names[k] != s[i]; k += 2) continue;
            o[n++] = '\\';
            if (k < 14) o[n++] = names[k + 1];
            else n += (size_t)snprintf(o + n, 6, "u%04x", s[i]);
        } else {
            memcpy(o + n, s + i, (size_t)take);
            n += (size_t)take;
        }
        i += (size_t)take;
    }
    o[n++] = '"';
    o[n] = 0;
    return n;
}

/* Writes bytes in three situations: memory that grows, memory with room to spare, memory that just fits. */
static void compare_string(const char *s, size_t len)
{
    static char want[8000], mem[8200];
    size_t replaced, n = plain_string(want, (const unsigned char *)s, len, &replaced);
    int way;
    for (way = 0; way < 3; way++) {
        mcp_str text;
        mcp_out o;
        if (way == 0) mcp_out_init(&o, sizeof mem);
        else mcp_out_fixed(&o, mem, way == 1 ? sizeof mem : n + 1);
        mcp_put_strn(&o, s, len);
        CHECK_STATUS(MCP_OK, mcp_out_done(&o, &text));
        CHECK_BYTES(want, n, text.ptr, text.len);
        CHECK_UINT(replaced, o.replaced);
        mcp_out_free(&o);
    }
}

static void every_code_point_there_and_back(void)
{
    uint32_t c, step = (uint32_t)test_step(61);
    mcp_doc doc;
    fresh();
    memset(&doc, 0, sizeof doc);
    for (c = 0; c <= 0x10FFFF; c += c < 0x900 ? 1 : step) {
        unsigned char s[5];
        char want[40];
        size_t len, replaced, n;
        mcp_str text, back;
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        if (c < 0x80) { s[0] = (unsigned char)c; len = 1; }
        else if (c < 0x800) { s[0] = (unsigned char)(0xC0 | c >> 6); len = 2; }
        else if (c < 0x10000) { s[0] = (unsigned char)(0xE0 | c >> 12); s[1] = (unsigned char)(0x80 | (c >> 6 & 63));
            len = 3; }
        else { s[0] = (unsigned char)(0xF0 | c >> 18); s[1] = (unsigned char)(0x80 | (c >> 12 & 63));
            s[2] = (unsigned char)(0x80 | (c >> 6 & 63)); len = 4; }
        if (len > 1) s[len - 1] = (unsigned char)(0x80 | (c & 63));
        s[len] = 0;
        NOTE("U+%04X", (unsigned)c);
        mcp_out_reset(&out);
        if (c) mcp_put_str(&out, (const char *)s);
        else mcp_put_strn(&out, "", 1);
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
        n = plain_string(want, s, len, &replaced);
        CHECK_BYTES(want, n, text.ptr, text.len);
        CHECK_UINT(0, out.replaced);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text.ptr, text.len));
        back = mcp_json_str(mcp_json_root(&doc), NULL);
        CHECK_BYTES((const char *)s, len, back.ptr, back.len);
        if (test_state.failures > 10) break;
    }
    mcp_doc_free(&doc);
}

static const struct { const char *bytes; size_t len; } specials[] = {
    { TEXT("") }, { TEXT("\"") }, { TEXT("\\") }, { TEXT("\n") }, { TEXT("\0") }, { TEXT("\x1f") }, { TEXT("\x7f") },
    { TEXT("/") }, { TEXT("\"\\\"\\") },
    { TEXT("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22") }, { TEXT("\xC3\xA9") }, { TEXT("\xE2\x82\xAC") },
    { TEXT("\xF0\x9F\x98\x80") },
    { TEXT("\xE2\x80\xA8") }, { TEXT("\xEF\xBF\xBF") }, { TEXT("\xC3\xA9\"\xC3\xA9") },
    { TEXT("\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97") },
    { TEXT("\x80") }, { TEXT("\xBF\xBF") }, { TEXT("\xC0\x80") }, { TEXT("\xC1\xBF") }, { TEXT("\xC2") },
    { TEXT("\xE0\x80\x80") }, { TEXT("\xE0\xA0") },
    { TEXT("\xE2\x82") }, { TEXT("\xE2") }, { TEXT("\xED\xA0\x80") }, { TEXT("\xED\xBF\xBF") },
    { TEXT("\xF0\x80\x80\x80") }, { TEXT("\xF0\x9F\x98") },
    { TEXT("\xF0\x9F") }, { TEXT("\xF0") }, { TEXT("\xF4\x90\x80\x80") }, { TEXT("\xF5\x80\x80\x80") },
    { TEXT("\xF8\x88\x80\x80\x80") }, { TEXT("\xFE") },
    { TEXT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") }, { TEXT("\xE2\x82\x41") },
    { TEXT("\xF0\x9F\x98\xC3\xA9") }, { TEXT("\xC3\"") }
};

/* Every special at every place of strings of every length that end at a page: nothing is read past them. */
static void strings_of_every_length(void)
{
    char *end = test_guarded(1024);
    size_t i, len, at, turn = 0, step = test_step(13);
    for (i = 0; i < MCP_COUNT(specials); i++) {
        for (len = specials[i].len; len <= 200; len++) {
            size_t stride = len < 80 ? step : step * 11;
            for (at = turn++ % stride; at + specials[i].len <= len; at += stride) {
                char *s = end - len;
                memset(s, 'a', len);
                memcpy(s + at, specials[i].bytes, specials[i].len);
                NOTE("special %lu at %lu of %lu", (unsigned long)i, (unsigned long)at, (unsigned long)len);
                compare_string(s, len);
                if (test_state.failures > 10) return;
            }
        }
    }
}

/* And with other alignments: the string ends before the page. */
static void strings_at_every_alignment(void)
{
    char *end = test_guarded(1024);
    size_t i, len, shift, step = test_step(13);
    for (i = 0; i < MCP_COUNT(specials); i++) {
        for (shift = i % step; shift < 64; shift += step) {
            for (len = specials[i].len; len <= 140; len += 9) {
                char *s = end - len - shift;
                memset(s, 'b', len);
                memset(s + len, '"', shift);
                memcpy(s + len - specials[i].len, specials[i].bytes, specials[i].len);
                NOTE("special %lu at the end of %lu, %lu bytes before the page", (unsigned long)i, (unsigned long)len,
                    (unsigned long)shift);
                compare_string(s, len);
                if (test_state.failures > 10) return;
            }
        }
    }
}

/* Bytes at random, few to many of them odd. */
static void strings_at_random(void)
{
    char *end = test_guarded(2048);
    size_t round, rounds = test_rounds(20000);
    for (round = 0; round < rounds; round++) {
        size_t len = test_below(test_below(10) ? 200 : 1200), odd = 1 + test_below(20), i, n = 0;
        char *s = end - len;
        while (n < len) {
            const char *bytes = "x";
            size_t count = 1;
            if (test_below(odd) == 0) {
                i = test_below(MCP_COUNT(specials));
                bytes = specials[i].bytes;
                count = specials[i].len;
            }
            for (i = 0; i < count && n < len; i++) s[n++] = bytes[i];
        }
        NOTE("round %lu", (unsigned long)round);
        compare_string(s, len);
        if (test_state.failures > 10) return;
    }
}

static void ill_formed_keys_are_replaced(void)
{
    fresh();
    mcp_put_object(&out);
    mcp_put_key(&out, "a\xFF");
    mcp_put_str(&out, "\xC3");
    mcp_put_keyn(&out, "\xE2\x82", 2);
    mcp_put_f(&out, "[%s,%c]", "\x80\x80", 0x80);
    mcp_put_end(&out);
    CHECK_STR("{\"a\xEF\xBF\xBD\":\"\xEF\xBF\xBD\",\"\xEF\xBF\xBD\":[\"\xEF\xBF\xBD\xEF\xBF\xBD\",\"\xEF\xBF\xBD\"]}",
        done());
    CHECK_UINT(6, out.replaced);
    mcp_out_reset(&out);
    CHECK_UINT(0, out.replaced);
}

static void long_strings_grow_once_or_twice(void)
{
    test_heap heap;
    size_t len = 1000000 / test_step(10), i;
    char *s = (char *)malloc(len);
    mcp_out o;
    mcp_str text;
    for (i = 0; i < 3; i++) {
        memset(s, i == 0 ? 'a' : i == 1 ? '\n' : '\xFF', len);
        mcp_out_init(&o, len * 7);
        o.buf.alloc = test_heap_init(&heap);
        mcp_put_strn(&o, s, len);
        CHECK_STATUS(MCP_OK, mcp_out_done(&o, &text));
        CHECK_UINT(len * (i + 1) + 2, text.len);
        if (heap.calls > 30) FAIL("%lu allocations", (unsigned long)heap.calls);
        mcp_out_free(&o);
        CHECK_HEAP(&heap);
    }
    free(s);
}

/*---- Raw text, pieces and parsed values ---------------------------------------------------------*/

static void raw_without_line_breaks(void)
{
    static const struct { const char *raw, *text; } rows[] = {
        { "1", "1" }, { "[1,2]", "[1,2]" }, { "[1,\n2]", "[1, 2]" }, { "\n1", " 1" }, { "1\r\n", "1  " },
        { "[\n\n\n]", "[   ]" },
        { "{\r\"a\"\r:\r1\r}", "{ \"a\" : 1 }" }, { "[1,\t\x01\x1f\x7f 2]", "[1,   \x7f 2]" },
        { "[\"\xC3\xA9\"]", "[\"\xC3\xA9\"]" }
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        const char *text;
        mcp_out_reset(&out);
        mcp_put_raw(&out, rows[i].raw, strlen(rows[i].raw));
        text = done();
        CHECK_STR(rows[i].text, text);
        CHECK(!strchr(text, '\n') && !strchr(text, '\r'));
    }
    mcp_out_reset(&out);
    mcp_put_raw(&out, "", 0);                       /* nothing is no value */
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
}

/* Bytes as base64, in memory of every size: what fits is right, what does not is told and overruns nothing. */
static void base64_of_every_length(void)
{
    static const char bytes[] = "\x00\xff\x10\x80 any bytes";
    char *mem_end = test_guarded(256);
    size_t len, size;
    for (len = 0; len < sizeof bytes; len++) {
        char want[64];
        const size_t written = 2 + mcp_base64_encode(want + 1, sizeof want - 2, bytes, len);
        want[0] = '"';
        want[written - 1] = '"';
        for (size = 0; size < written + 3; size++) {
            mcp_out o;
            mcp_str text;
            mcp_out_fixed(&o, mem_end - size, size);
            mcp_put_base64(&o, bytes, len);
            if (size <= written) CHECK_STATUS(MCP_E_TOO_LONG, mcp_out_done(&o, &text));
            else CHECK_STATUS(MCP_OK, mcp_out_done(&o, &text));
            if (size > written) CHECK_BYTES(want, written, text.ptr, text.len);
        }
    }
    mcp_out_reset(&out);
    mcp_put_object(&out);
    mcp_put_base64(&out, bytes, 1);                 /* without a key */
    mcp_put_end(&out);
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_out_reset(&out);
    mcp_put_base64(&out, bytes, (size_t)MCP_JSON_MAX + 1);
    CHECK_STR(mcp_strerror(MCP_E_TOO_LONG), done());
}

/* A line break at every place of raw text of every length, in memory that just fits, between two pages. */
static void raw_of_every_length(void)
{
    char *end = test_guarded(256), *mem_end = test_guarded(256);
    size_t len, at, step = test_step(3);
    for (len = 1; len < 100; len++) {
        for (at = len % step; at < len; at += step) {
            mcp_out o;
            mcp_str text;
            char want[120];
            memset(end - len, 'a', len);
            *(end - len + at) = at & 1 ? '\n' : '\r';
            memset(want, 'a', len);
            want[at] = ' ';
            mcp_out_fixed(&o, mem_end - len - 1, len + 1);
            mcp_put_raw(&o, end - len, len);
            CHECK_STATUS(MCP_OK, mcp_out_done(&o, &text));
            CHECK_BYTES(want, len, text.ptr, text.len);
        }
    }
}

/* Pieces frame values at the outermost level, where the caller sees to the commas. */
static void pieces_around_values(void)
{
    mcp_doc doc;
    fresh();
    mcp_put_piece(&out, "{\"id\":");
    mcp_put_int(&out, 7);
    mcp_put_piece(&out, ",\"ok\":true}");
    CHECK_STR("{\"id\":7,\"ok\":true}", done());
    mcp_out_reset(&out);
    mcp_put_piece(&out, "[");
    play(&out, "{ki}");
    mcp_put_piece(&out, ",\n\r\n");
    play(&out, "[siu}");
    mcp_put_piece(&out, ",");
    mcp_put_f(&out, "{'a': %s}", "b");
    mcp_put_piece(&out, "");
    mcp_put_piece(&out, ",");
    mcp_put_str(&out, "\n\xFF");
    mcp_put_piece(&out, "]");
    CHECK_STR("[{\"k\":-1},   [\"s\",-1,2],{\"a\":\"b\"},\"\\n\xEF\xBF\xBD\"]", done());
    CHECK_UINT(1, out.replaced);
    memset(&doc, 0, sizeof doc);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, out.buf.ptr, out.buf.len));
    mcp_doc_free(&doc);
    mcp_out_reset(&out);
    mcp_put_piece(&out, "null");                    /* a piece can be all */
    CHECK_STR("null", done());
    mcp_out_reset(&out);
    play(&out, "i");                                /* and the next text starts as ever */
    CHECK_STR("-1", done());
}

static void pieces_in_the_wrong_place(void)
{
    static const char *const before[] = { "[", "{", "{k", "[i", "{ki", "i", "[}", "[[}" };
    static const char *const after[] = { "[", "{", "{k", "[[}", "}", "k", "[}}" };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(before); i++) {
        NOTE("a piece after %s", before[i]);
        mcp_out_reset(&out);
        play(&out, before[i]);
        mcp_put_piece(&out, ",");
        CHECK_STATUS(MCP_E_MISUSE, out.buf.error);
        play(&out, "}}");
        CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    }
    for (i = 0; i < MCP_COUNT(after); i++) {
        NOTE("%s after a piece", after[i]);
        mcp_out_reset(&out);
        mcp_put_piece(&out, "[");
        play(&out, after[i]);
        CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    }
    mcp_out_reset(&out);
    mcp_put_piece(&out, "[");
    play(&out, "[");
    mcp_put_piece(&out, "]");                       /* it is not the outermost level */
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    NOTE("an empty piece");
    mcp_out_reset(&out);
    mcp_put_piece(&out, "");                        /* nothing is no value */
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
}

static void put_value_of_everything(void)
{
    static const struct { const char *text, *want; } rows[] = {
        { "null", "null" }, { "true", "true" }, { "false", "false" }, { " 1.50e+3 ", "1.50e+3" }, { "-0", "-0" },
        { "1e400", "1e400" },
        { "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "12345678901234567890123456789012345678901234567890123456789012345678901234567890" },
        { "\"\"", "\"\"" }, { "\"a\"", "\"a\"" }, { "\"\\u0061\\/\\u00e9\"", "\"a/\xC3\xA9\"" },
        { "\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"" },
        { "\"\\u0000\\u001f\\u007f\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\u0000\\u001f\x7f\\\"\\\\\\b\\f\\n\\r\\t\"" },
        { "[]", "[]" }, { "{}", "{}" }, { " [ ] ", "[]" }, { "[[],{},[[]]]", "[[],{},[[]]]" },
        { " { \"a\" : [ 1 , { \"b\" : null } ] , \"c\" : { } } ", "{\"a\":[1,{\"b\":null}],\"c\":{}}" },
        { "{\"a\\n\":{\"\\u0000\":[]}}", "{\"a\\n\":{\"\\u0000\":[]}}" },
        { "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}" }, { "[\"\\u2028\",\"\xE2\x80\xA8\"]",
          "[\"\xE2\x80\xA8\",\"\xE2\x80\xA8\"]" }
    };
    mcp_doc doc;
    size_t i;
    fresh();
    memset(&doc, 0, sizeof doc);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].text);
        mcp_out_reset(&out);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, rows[i].text, strlen(rows[i].text)));
        mcp_put_value(&out, mcp_json_root(&doc));
        CHECK_STR(rows[i].want, done());
    }
    mcp_doc_free(&doc);
}

/* A part of a text is written as a part, and goes where a value may go. */
static void put_value_of_parts(void)
{
    static const char text[] = "{\"a\":[1,[2,3],{\"k\":\"v\"}],\"b\":{\"c\":{}},\"d\":\"e\\n\"}";
    mcp_json root, none = { 0, 0, 0 };
    mcp_doc doc;
    fresh();
    memset(&doc, 0, sizeof doc);
    mcp_json_parse(&doc, text, sizeof text - 1);
    root = mcp_json_root(&doc);
    mcp_put_object(&out);
    mcp_put_key(&out, "x");
    mcp_put_value(&out, mcp_json_find(root, "/a/1"));
    mcp_put_key(&out, "y");
    mcp_put_value(&out, mcp_json_find(root, "/a/2"));
    mcp_put_key(&out, "z");
    mcp_put_array(&out);
    mcp_put_value(&out, mcp_json_get(root, "b"));
    mcp_put_value(&out, mcp_json_get(root, "d"));
    mcp_put_value(&out, mcp_json_find(root, "/a/0"));
    mcp_put_value(&out, root);
    mcp_put_end(&out);
    mcp_put_end(&out);
    CHECK_STR("{\"x\":[2,3],\"y\":{\"k\":\"v\"},\"z\":[{\"c\":{}},\"e\\n\",1,{\"a\":[1,[2,3],{\"k\":\"v\"}],\"b\":{"
        "\"c\":{}},\"d\":\"e\\n\"}]}", done());
    mcp_out_reset(&out);
    mcp_put_value(&out, none);
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_out_reset(&out);
    mcp_put_object(&out);
    mcp_put_value(&out, root);                      /* no key */
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_out_reset(&out);
    mcp_put_value(&out, mcp_json_get(root, "nothing"));
    mcp_put_int(&out, 1);
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_doc_free(&doc);
}

/* Deeper than the writer opens things itself: values are not limited, nor is the stack used up. */
static void put_value_of_deep_texts(void)
{
    size_t depth = 100000, i;
    char *text = (char *)malloc(depth * 12 + 10), *p = text;
    mcp_doc doc;
    fresh();
    memset(&doc, 0, sizeof doc);
    doc.max_depth = UINT32_MAX;
    doc.max_nodes = UINT32_MAX;
    for (i = 0; i < depth; i++) p += snprintf(p, 10, i % 3 ? "[" : "{\"k\":");
    *p++ = '1';
    for (i = depth; i--;) *p++ = i % 3 ? ']' : '}';
    *p = 0;
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, (size_t)(p - text)));
    mcp_put_value(&out, mcp_json_root(&doc));
    CHECK_STR(text, done());
    free(text);
    mcp_doc_free(&doc);
}

/* A string in a parsed text, of every length, before what has to follow it; memory of every size near the end. */
static void put_value_near_the_end(void)
{
    static char text[1000], want[5000];
    char *end = test_guarded(8192);
    size_t len, size, kind, step = test_step(7);
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    for (kind = 0; kind < 6; kind++) {
        static const char *const before[] = { "[\"", "{\"", "[\"", "{\"", "[1,\"", "{\"k\":\"" };
        static const char *const after[] = { "\"]", "\":1}", "\",2]", "\":{}}", "\",[],{}]", "\",\"x\":\"\\n\"}" };
        static const char *const pieces[] = { "a", "\\n", "\\u0001", "\\u00e9", "\\\"a", "\\ud83d\\ude00" };
        for (len = kind % step; len < 60; len += step) {
            size_t n = (size_t)snprintf(text, sizeof text, "%s", before[kind]), i, made;
            mcp_str whole;
            for (i = 0; i < len; i++) n += (size_t)snprintf(text + n, sizeof text - n, "%s", pieces[(len + kind) % 6]);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", after[kind]);
            CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, n));
            fresh();
            mcp_put_value(&out, mcp_json_root(&doc));
            CHECK_STATUS(MCP_OK, mcp_out_done(&out, &whole));
            made = whole.len;
            memcpy(want, whole.ptr, made + 1);
            for (size = made > 12 ? made - 12 : 0; size < made + 3; size++) {
                mcp_out o;
                mcp_str got;
                NOTE("%s in %lu bytes", want, (unsigned long)size);
                mcp_out_fixed(&o, end - size, size);
                mcp_put_value(&o, mcp_json_root(&doc));
                CHECK_STATUS(size > made ? MCP_OK : MCP_E_TOO_LONG, mcp_out_done(&o, &got));
                if (size > made) CHECK_BYTES(want, made, got.ptr, got.len);
            }
        }
    }
    mcp_doc_free(&doc);
}

/*---- Templates ----------------------------------------------------------------------------------*/

/* A template without the compiler's check, for those that are wrong. */
static const char *from(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mcp_out_reset(&out);
    mcp_put_fv(&out, format, args);
    va_end(args);
    return done();
}

static void template_conversions(void)
{
    const char *null_string = NULL;
    fresh();
    mcp_put_f(&out, "[%d,%d,%d,%i]", 0, INT32_MAX, INT32_MIN, -7);
    CHECK_STR("[0,2147483647,-2147483648,-7]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%u,%u,%hu,%hhu]", 0u, UINT32_MAX, (unsigned short)65535, (unsigned char)255);
    CHECK_STR("[0,4294967295,65535,255]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%hd,%hi,%hhd,%hhi]", (short)-32768, (short)32767, (signed char)-128, (signed char)127);
    CHECK_STR("[-32768,32767,-128,127]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%ld,%li,%lu]", -1L, 2147483647L, 4294967295UL);
    CHECK_STR("[-1,2147483647,4294967295]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%lld,%lli,%llu]", (long long)INT64_MIN, (long long)INT64_MAX, (unsigned long long)UINT64_MAX);
    CHECK_STR("[-9223372036854775808,9223372036854775807,18446744073709551615]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%jd,%ji,%ju]", (intmax_t)INT64_MIN, (intmax_t)-3, (uintmax_t)UINT64_MAX);
    CHECK_STR("[-9223372036854775808,-3,18446744073709551615]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%zd,%zi,%zu,%td,%ti]", (ssize_t)-5, (ssize_t)6, (size_t)7, (ptrdiff_t)-8, (ptrdiff_t)9);
    CHECK_STR("[-5,6,7,-8,9]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%g,%g,%g,%g]", 0.1, -2.0, 1.0 / 3, 5e-324);
    CHECK_STR("[0.1,-2,0.3333333333333333,5e-324]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%s,%s,%s]", "text", "", null_string);
    CHECK_STR("[\"text\",\"\",null]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%.*s,%.*s,%.*s,%.*s,%.*s]", 3, "abcdef", 0, "abc", 10, "abc", -1, "abc", 2, null_string);
    CHECK_STR("[\"abc\",\"\",\"abc\",\"abc\",null]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[%c,%c,%c,%c]", 'a', '"', '\n', 0);
    CHECK_STR("[\"a\",\"\\\"\",\"\\n\",\"\\u0000\"]", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "{'a%%': '100%%', '%%': '%%%%d'}");
    CHECK_STR("{\"a%\":\"100%\",\"%\":\"%%d\"}", done());
    CHECK_STR("[7,44,44]", from("[%tu,%hhu,%hhd]", (size_t)7, 300, 300));      /* as printf cuts them */
}

static void template_takes_the_right_arguments(void)
{
    fresh();                                        /* each conversion takes its own, in order, of any size */
    mcp_put_f(&out, "{%s:%d,'b':[%lld,%hhd,%g,%c,%zu],%.*s:%s,'c':{'d':%jd,'e':%g},'f':%u,'g':%s}", "a", 1,
        (long long)1 << 40, (signed char)2,
              3.5, 'x', (size_t)4, 2, "key", "v", (intmax_t)5, 6.25, 7u, "end");
    CHECK_STR("{\"a\":1,\"b\":[1099511627776,2,3.5,\"x\",4],\"ke\":\"v\",\"c\":{\"d\":5,\"e\":6.25},\"f\":7,\"g\":\""
        "end\"}", done());
}

static void template_texts(void)
{
    static const struct { const char *format, *text; } rows[] = {
        { "1", "1" }, { "-1.5e+10", "-1.5e+10" }, { "true", "true" }, { "false", "false" }, { "null", "null" },
        { "''", "\"\"" }, { "'a'", "\"a\"" },
        { "\"a\"", "\"a\"" }, { "[]", "[]" }, { "{}", "{}" }, { " [ ] ", "[]" }, { " { } ", "{}" },
        { "\t[\n1\r,\t2 ]\n", "[1,2]" },
        { "{ 'a' : [ 1 , { 'b' : null } ] , 'c' : { } }", "{\"a\":[1,{\"b\":null}],\"c\":{}}" },
        { "' a  b '", "\" a  b \"" },
        { "'\\u0027'", "\"\\u0027\"" }, { "'\\n\\t\\\\\\/\\b\\f\\r\\\"'", "\"\\n\\t\\\\\\/\\b\\f\\r\\\"\"" },
        { "'\xC3\xA9'", "\"\xC3\xA9\"" },
        { "{'\\u0041':1}", "{\"\\u0041\":1}" }, { "[0,-0,0.0,0e0,1E9]", "[0,-0,0.0,0e0,1E9]" },
        { "[[[]],[{}]]", "[[[]],[{}]]" }
    };
    size_t i;
    mcp_doc doc;
    fresh();
    memset(&doc, 0, sizeof doc);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        const char *text;
        NOTE("%s", rows[i].format);
        text = from(rows[i].format);
        CHECK_STR(rows[i].text, text);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text, strlen(text)));
    }
    mcp_doc_free(&doc);
}

static void template_refuses(void)
{
    static const char *const rows[] = {
        "", " ", "[", "{", "]", "}", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]",
        "[:1]", "[1:]", "{'a'}", "{'a' 1}", "{'a':}", "{'a':1,}",
        "{'a':1 'b':2}", "{,'a':1}", "{:1}", "{'a'::1}", "{'a',1}", "{'a':1:2}", "{1:2}", "{true:1}", "{[]:1}",
        "{{}:1}", "1 2", "1,2", "[] []", "[]]", "{}}", "[],", ",", ":", "1,", ",1", ":1",
        "'a", "'a\"", "\"a'", "'", "\"", "'\\'", "'\\x'", "'\\u12'", "'\\u12G4'", "'\\", "'\\u", "01", "1.", ".5",
        "+1", "-", "1e", "1e+", "0x1", "1a", "tru", "True", "nul", "nulll", "truefalse", "NaN",
        "Infinity", "a", "#", "[a]", "{a:1}", "[1;2]", "/**/1", "\x01", "\xC3\xA9", "[\xFF]", "tru e", "1 .5", "- 1",
        "'a''b'", "['a''b']", "['a'1]", "[1'a']", "[1[]]", "[[]1]", "[{}{}]",
        "%", "%%", "[%%]", "% d", "%5d", "%-d", "%+d", "%05d", "%.3d", "%.3s", "%5s", "%*d", "%*s", "%.*d", "%.*g",
        "%.3g", "%x", "%X", "%o", "%p", "%n", "%f", "%e", "%G", "%E", "%a", "%ls", "%lc", "%Lg", "%lg", "%hs", "%zs",
        "%lf", "%llld", "%hhhd", "%jjd", "%ld%", "%m", "%1$d", "%'d", "%#x", "%q", "%", "%.", "%.*", "%l", "%ll",
        "%z", "%h", "%.s", "%b", "%S", "%C", "'%d'", "'a%sb'", "'%'", "'% '", "'%%%'", "{'%s':1}", "%dx", "[%d %d]",
        "%d%d", "{%d:1}",
        "[%s", "{%s}", "{%s:}", "[%s,]", "x%d", "1%d", "%d1", "'a'%d", "[%d'a']", "{%s:1 %s:2}"
    };
    size_t i;
    fresh();
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i]);
        CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from(rows[i], "", "", "", ""));
        CHECK_STR("[1]", from("[1]"));
    }
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from("{%g:1}", 0.5));
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from("{%s:1}", (const char *)NULL));     /* a key that is not there */
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from("'\\ud800'"));      /* half of a pair, which the reader would refuse */
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from("'\\udc00'"));
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), from("[%g %g]", 0.5, 0.5));
}

/* A template is one value, and goes where a value may go. */
static void template_in_its_place(void)
{
    fresh();
    mcp_put_object(&out);
    mcp_put_key(&out, "a");
    mcp_put_f(&out, "[%d,{'b':%s}]", 1, "x");
    mcp_put_key(&out, "c");
    mcp_put_f(&out, "%s", "y");
    mcp_put_key(&out, "d");
    mcp_put_array(&out);
    mcp_put_f(&out, "%d", 1);
    mcp_put_f(&out, "{}");
    mcp_put_f(&out, "'z'");
    mcp_put_end(&out);
    mcp_put_end(&out);
    CHECK_STR("{\"a\":[1,{\"b\":\"x\"}],\"c\":\"y\",\"d\":[1,{},\"z\"]}", done());
    mcp_out_reset(&out);
    mcp_put_f(&out, "[1]");
    mcp_put_f(&out, "[2]");
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_out_reset(&out);
    mcp_put_object(&out);
    mcp_put_f(&out, "[1]");
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
    mcp_out_reset(&out);
    mcp_put_object(&out);
    mcp_put_f(&out, "%s", "a");                     /* a string alone is no key */
    CHECK(out.buf.error < 0);
    mcp_put_f(&out, "1");
    mcp_put_end(&out);
    CHECK(strstr(done(), "MCP_E_") != NULL);
    mcp_out_reset(&out);
    mcp_put_object(&out);
    mcp_put_f(&out, "'a'");
    CHECK(out.buf.error < 0);
    mcp_out_reset(&out);
    mcp_put_array(&out);
    mcp_put_f(&out, "1]");                          /* it may not close what it did not open */
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), done());
    mcp_out_reset(&out);
    mcp_put_array(&out);
    mcp_put_f(&out, "1");
    mcp_put_f(&out, ",1");
    CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), done());
    mcp_out_reset(&out);
    mcp_put_int(&out, 1);
    mcp_put_int(&out, 1);
    mcp_put_f(&out, "[");                           /* the first error stays */
    CHECK_STR(mcp_strerror(MCP_E_MISUSE), done());
}

static void template_depth(void)
{
    char format[200];
    int depth;
    fresh();
    for (depth = 60; depth < 70; depth++) {
        memset(format, '[', (size_t)depth);
        memset(format + depth, ']', (size_t)depth);
        format[2 * depth] = 0;
        CHECK_STR(depth <= 64 ? format : mcp_strerror(MCP_E_DEPTH), from(format));
    }
}

/* Whatever a string holds, it stays one string. */
static void nothing_breaks_out(void)
{
    static const char *const evil[] = {
        "\"", "'", "\\", "\\\"", "\", \"admin\": true, \"x\": \"", "', 'admin': true, 'x': '", "%s%s%n%d", "%", "}",
        "]}", "{'a':", "\n", "\r\n{\"jsonrpc\":\"2.0\"}\n", "\\u0022", "\x01\x1f",
        "\xE2\x80\xA8", "\xFF\"", "\xC3\"", "\xE2\x82\",\"x\":\"", "\xF0\x9F\x98\",\"x\":1,\"", "</script>", "null",
        "\\", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\",\"x\":1"
    };
    mcp_doc doc;
    size_t i;
    fresh();
    memset(&doc, 0, sizeof doc);
    for (i = 0; i < MCP_COUNT(evil); i++) {
        mcp_str text, back;
        mcp_json root;
        bool clean = mcp_utf8_valid(evil[i], strlen(evil[i]));
        NOTE("%s", evil[i]);
        mcp_out_reset(&out);
        mcp_put_f(&out, "{'first': %s, %s: 1, 'part': %.*s, 'last': true}", evil[i], evil[i], (int)strlen(evil[i]),
            evil[i]);
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
        CHECK(!memchr(text.ptr, '\n', text.len));
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, text.ptr, text.len));
        root = mcp_json_root(&doc);
        CHECK_UINT(4, mcp_json_count(root));
        CHECK(mcp_json_bool(root, "last", false));
        CHECK(!mcp_json_exists(mcp_json_get(root, "admin")) && !mcp_json_exists(mcp_json_get(root, "x")));
        back = mcp_json_str(root, "first");
        if (clean) CHECK_STR(evil[i], back.ptr);
        else CHECK(mcp_utf8_valid(back.ptr, back.len) && out.replaced == 3);
        if (clean) CHECK_INT(1, mcp_json_int(root, evil[i], 0));
        CHECK_STR(back.ptr, mcp_json_str(root, "part").ptr);
    }
    mcp_doc_free(&doc);
}

/* %.*s reads no further than it is told: the text ends at a page, without a NUL. */
static void template_reads_no_further(void)
{
    char *end = test_guarded(256);
    size_t len;
    fresh();
    for (len = 0; len < 200; len++) {
        mcp_str text;
        memset(end - len, 'q', len);
        mcp_out_reset(&out);
        mcp_put_f(&out, "%.*s", (int)len, end - len);
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
        CHECK_UINT(len + 2, text.len);
    }
}

/* Random templates without conversions are good exactly if the reader says that they are JSON, and mean the same. */
static void templates_are_json(void)
{
    static const char *const parts[] = { "[", "]", "{", "}", ",", ":", "'a'", "'b'", "''", "1", "-1.5e3", "0", "true",
        "false", "null", " ", "'\\n'", "'\\u0041'", "[]", "{}", "'a':",
                                         ",'k':", "[1,2]", "{'x':1}", "'", "tru", "01", "\n",
                                         "'\\u20ac \xE2\x82\xAC'", "1.", "'\\x'" };
    mcp_doc a, b;
    size_t round, rounds = test_rounds(60000), good = 0;
    fresh();
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    for (round = 0; round < rounds && test_state.failures < 10; round++) {
        char format[200], json[200];
        size_t count = 1 + test_below(9), len = 0, i;
        const char *text;
        for (i = 0; i < count; i++) {
            const char *part = parts[test_below(MCP_COUNT(parts))];
            memcpy(format + len, part, strlen(part));
            len += strlen(part);
        }
        format[len] = json[len] = 0;
        for (i = 0; i < len; i++) json[i] = format[i];
        for (i = 0; i < len; i++) if (json[i] == '\'') json[i] = '"';
        NOTE("%s", format);
        if (strchr(format, '\n') && strchr(format, '\'')) continue;         /* a raw line break may stand in quotes */
        text = from(format);
        if (mcp_json_parse(&a, json, len) != MCP_OK) {
            CHECK_STR(mcp_strerror(MCP_E_TEMPLATE), text);
            continue;
        }
        good++;
        CHECK_STATUS(MCP_OK, mcp_json_parse(&b, text, strlen(text)));
        {
            mcp_str x, y;
            mcp_out o, p;
            mcp_out_init(&o, 4096);
            mcp_out_init(&p, 4096);
            mcp_put_value(&o, mcp_json_root(&a));
            mcp_put_value(&p, mcp_json_root(&b));
            CHECK(mcp_out_done(&o, &x) == MCP_OK && mcp_out_done(&p, &y) == MCP_OK);
            CHECK_STR(x.ptr, y.ptr);
            mcp_out_free(&o);
            mcp_out_free(&p);
        }
    }
    CHECK(good > rounds / 100);
    mcp_doc_free(&a);
    mcp_doc_free(&b);
}

int main(void)
{
    TEST(writes_structures);
    TEST(misuse_is_sticky);
    TEST(depth_is_64);
    TEST(closes_what_was_opened);
    TEST(random_calls_make_json_or_errors);
    TEST(fixed_memory_of_every_size);
    TEST(growing_memory_of_every_maximum);
    TEST(lack_of_room_is_sticky);
    TEST(every_code_point_there_and_back);
    TEST(strings_of_every_length);
    TEST(strings_at_every_alignment);
    TEST(strings_at_random);
    TEST(ill_formed_keys_are_replaced);
    TEST(long_strings_grow_once_or_twice);
    TEST(raw_without_line_breaks);
    TEST(base64_of_every_length);
    TEST(raw_of_every_length);
    TEST(pieces_around_values);
    TEST(pieces_in_the_wrong_place);
    TEST(put_value_of_everything);
    TEST(put_value_of_parts);
    TEST(put_value_of_deep_texts);
    TEST(put_value_near_the_end);
    TEST(template_conversions);
    TEST(template_takes_the_right_arguments);
    TEST(template_texts);
    TEST(template_refuses);
    TEST(template_in_its_place);
    TEST(template_depth);
    TEST(nothing_breaks_out);
    TEST(template_reads_no_further);
    TEST(templates_are_json);
    mcp_out_free(&out);
    return test_end();
}
