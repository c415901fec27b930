/* test_corpus.c - the public test data of $MCP_CORPUS: JSONTestSuite, naughty strings, MCP messages. What passes
   through reader and writer is compared, value by value, by somebody else's parser (python3's). */
#define _FILE_OFFSET_BITS 64
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

#include <dirent.h>

/*---- Files --------------------------------------------------------------------------------------*/

enum { MAX_NAMES = 1000 };

/* The paths of a folder's files, and of those in its folders, in order. */
typedef struct names {
    char *path[MAX_NAMES];
    size_t count;
} names;

static const char *corpus(void)
{
    const char *dir = getenv("MCP_CORPUS");
    return dir && dir[0] ? dir : NULL;
}

#define NEED_CORPUS() do { if (!corpus()) SKIP("MCP_CORPUS is not set"); } while (0)

static char *joined(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = (char *)malloc(size);
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect(names *n, const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL) {
        char *path;
        DIR *sub;
        if (e->d_name[0] == '.') continue;
        path = joined(dir, e->d_name);
        sub = opendir(path);
        if (sub) {
            closedir(sub);
            collect(n, path);
            free(path);
        } else if (n->count < MAX_NAMES) n->path[n->count++] = path;
    }
    if (d) closedir(d);
}

static void list(names *n, const char *folder)
{
    char *dir = joined(corpus(), folder);
    n->count = 0;
    collect(n, dir);
    qsort(n->path, n->count, sizeof n->path[0], by_name);
    free(dir);
}

static void list_free(names *n)
{
    while (n->count) free(n->path[--n->count]);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The value of a text as the writer writes it: NULL if it is refused. For free. */
static char *rewritten(mcp_doc *doc, const char *text, size_t len)
{
    mcp_out out;
    mcp_str s;
    char *copy = NULL;
    if (mcp_json_parse(doc, text, len) != MCP_OK) return NULL;
    mcp_out_init(&out, len * 6 + 100);
    mcp_put_value(&out, mcp_json_root(doc));
    CHECK_STATUS(MCP_OK, mcp_out_done(&out, &s));
    if (s.ptr) {
        copy = (char *)malloc(s.len + 1);
        memcpy(copy, s.ptr, s.len + 1);
    }
    mcp_out_free(&out);
    return copy;
}

/*---- Another parser -----------------------------------------------------------------------------*/

/* Reads pairs of texts, each as its length in a line and its bytes, then a line "end COUNT". Numbers count as what
   stands there, objects as lists of pairs. */
static const char script[] =
    "import sys, json\n"
    "read, count = sys.stdin.buffer, 0\n"
    "def text():\n"
    "    line = read.readline().split()\n"
    "    if line[0] == b\"end\":\n"
    "        sys.exit(0 if count == int(line[1]) else 3)\n"
    "    return read.read(int(line[0])).decode(\"utf-8\")\n"
    "def value(t):\n"
    "    return json.loads(t, parse_float=lambda s: (\"number\", s), parse_int=lambda s: (\"number\", s),\n"
    "                      parse_constant=lambda s: 1 / 0, object_pairs_hook=lambda p: (\"object\", p))\n"
    "while True:\n"
    "    a = text()\n"
    "    b = text()\n"
    "    count += 1\n"
    "    if value(a) != value(b):\n"
    "        print(\"       pair\", count, \"differs:\", a[:100], b[:100])\n"
    "        sys.exit(2)\n"
    "    if \"\\n\" in b or \"\\r\" in b:\n"
    "        print(\"       pair\", count, \"has a line break:\", b[:100])\n"
    "        sys.exit(2)\n";

typedef struct judge {
    FILE *pipe;
    unsigned count;
} judge;

static bool judge_open(judge *j)
{
    static char command[sizeof script + 40];
    j->count = 0;
    if (system("python3 -c 'import json' >/dev/null 2>&1") != 0) return false;
    snprintf(command, sizeof command, "python3 -c '%s'", script);
    signal(SIGPIPE, SIG_IGN);
    fflush(stdout);
    j->pipe = popen(command, "w");
    return j->pipe != NULL;
}

static void judge_text(judge *j, const char *text, size_t len)
{
    fprintf(j->pipe, "%lu\n", (unsigned long)len);
    fwrite(text, 1, len, j->pipe);
}

/* Both texts must have the same value. */
static void judge_pair(judge *j, const char *a, size_t a_len, const char *b, size_t b_len)
{
    judge_text(j, a, a_len);
    judge_text(j, b, b_len);
    j->count++;
}

static void judge_close(judge *j)
{
    fprintf(j->pipe, "end %u\n", j->count);
    if (pclose(j->pipe) != 0) FAIL("the other parser does not agree, see its line");
}

#define NEED_JUDGE(j) do { if (!judge_open(j)) SKIP("no python3 (apt-get install python3)"); } while (0)

/*---- JSONTestSuite ------------------------------------------------------------------------------*/

static void suite_accepts_y_and_refuses_n(void)
{
    static names n;
    mcp_doc doc;
    size_t i, good = 0, bad = 0;
    NEED_CORPUS();
    memset(&doc, 0, sizeof doc);
    list(&n, "JSONTestSuite/test_parsing");
    for (i = 0; i < n.count; i++) {
        const char *name = base_name(n.path[i]);
        size_t len;
        char *text = test_file(n.path[i], &len);
        int status;
        NOTE("%s", name);
        CHECK(text != NULL);
        status = mcp_json_parse(&doc, text, len);
        if (name[0] == 'y') {
            good++;
            CHECK_STATUS(MCP_OK, status);
        } else if (name[0] == 'n') {
            bad++;
            CHECK(status == MCP_E_SYNTAX || status == MCP_E_UTF8 || status == MCP_E_DEPTH);
        }
        free(text);
    }
    NOTE("the whole suite");
    CHECK_UINT(95, good);
    CHECK_UINT(188, bad);
    CHECK_UINT(318, n.count);
    list_free(&n);
    mcp_doc_free(&doc);
}

/* What the standard leaves open: numbers of any size are accepted, as they stay text; everything that is not
   Unicode is refused, and so is what is deeper than the limit. */
static void suite_pins_i(void)
{
    static const struct { const char *name; int status; } pins[] = {
        { "i_number_double_huge_neg_exp.json", MCP_OK },
        { "i_number_huge_exp.json", MCP_OK },
        { "i_number_neg_int_huge_exp.json", MCP_OK },
        { "i_number_pos_double_huge_exp.json", MCP_OK },
        { "i_number_real_neg_overflow.json", MCP_OK },
        { "i_number_real_pos_overflow.json", MCP_OK },
        { "i_number_real_underflow.json", MCP_OK },
        { "i_number_too_big_neg_int.json", MCP_OK },
        { "i_number_too_big_pos_int.json", MCP_OK },
        { "i_number_very_big_negative_int.json", MCP_OK },
        { "i_object_key_lone_2nd_surrogate.json", MCP_E_SYNTAX },
        { "i_string_1st_surrogate_but_2nd_missing.json", MCP_E_SYNTAX },
        { "i_string_1st_valid_surrogate_2nd_invalid.json", MCP_E_SYNTAX },
        { "i_string_UTF-16LE_with_BOM.json", MCP_E_SYNTAX },
        { "i_string_UTF-8_invalid_sequence.json", MCP_E_UTF8 },
        { "i_string_UTF8_surrogate_U+D800.json", MCP_E_UTF8 },
        { "i_string_incomplete_surrogate_and_escape_valid.json", MCP_E_SYNTAX },
        { "i_string_incomplete_surrogate_pair.json", MCP_E_SYNTAX },
        { "i_string_incomplete_surrogates_escape_valid.json", MCP_E_SYNTAX },
        { "i_string_invalid_lonely_surrogate.json", MCP_E_SYNTAX },
        { "i_string_invalid_surrogate.json", MCP_E_SYNTAX },
        { "i_string_invalid_utf-8.json", MCP_E_UTF8 },
        { "i_string_inverted_surrogates_U+1D11E.json", MCP_E_SYNTAX },
        { "i_string_iso_latin_1.json", MCP_E_UTF8 },
        { "i_string_lone_second_surrogate.json", MCP_E_SYNTAX },
        { "i_string_lone_utf8_continuation_byte.json", MCP_E_UTF8 },
        { "i_string_not_in_unicode_range.json", MCP_E_UTF8 },
        { "i_string_overlong_sequence_2_bytes.json", MCP_E_UTF8 },
        { "i_string_overlong_sequence_6_bytes.json", MCP_E_UTF8 },
        { "i_string_overlong_sequence_6_bytes_null.json", MCP_E_UTF8 },
        { "i_string_truncated-utf-8.json", MCP_E_UTF8 },
        { "i_string_utf16BE_no_BOM.json", MCP_E_SYNTAX },
        { "i_string_utf16LE_no_BOM.json", MCP_E_SYNTAX },
        { "i_structure_500_nested_arrays.json", MCP_E_DEPTH },
        { "i_structure_UTF-8_BOM_empty_object.json", MCP_E_SYNTAX }
    };
    static names n;
    mcp_doc doc;
    size_t i, k, found = 0;
    NEED_CORPUS();
    memset(&doc, 0, sizeof doc);
    list(&n, "JSONTestSuite/test_parsing");
    for (i = 0; i < n.count; i++) {
        size_t len;
        char *text;
        if (base_name(n.path[i])[0] != 'i') continue;
        found++;
        NOTE("%s", base_name(n.path[i]));
        for (k = 0; k < MCP_COUNT(pins) && strcmp(pins[k].name, base_name(n.path[i])); k++) continue;
        CHECK(k < MCP_COUNT(pins));
        text = test_file(n.path[i], &len);
        if (k < MCP_COUNT(pins)) CHECK_STATUS(pins[k].status, mcp_json_parse(&doc, text, len));
        free(text);
    }
    NOTE("all i_ cases");
    CHECK_UINT(35, found);
    CHECK_UINT(35, MCP_COUNT(pins));
    list_free(&n);
    mcp_doc_free(&doc);
}

/* What the transform cases become; NULL: refused. */
static void suite_pins_transforms(void)
{
    static const struct { const char *name, *text; } pins[] = {
        { "number_-9223372036854775808.json", "[-9223372036854775808]" },
        { "number_-9223372036854775809.json", "[-9223372036854775809]" },
        { "number_1.0.json", "[1.0]" }, { "number_1.000000000000000005.json", "[1.000000000000000005]" },
        { "number_1000000000000000.json", "[1000000000000000]" },
        { "number_10000000000000000999.json", "[10000000000000000999]" }, { "number_1e-999.json", "[1E-999]" },
        { "number_1e6.json", "[1E6]" },
        { "number_9223372036854775807.json", "[9223372036854775807]" },
        { "number_9223372036854775808.json", "[9223372036854775808]" },
        { "object_key_nfc_nfd.json", "{\"\xC3\xA9\":\"NFC\",\"e\xCC\x81\":\"NFD\"}" },
        { "object_key_nfd_nfc.json", "{\"e\xCC\x81\":\"NFD\",\"\xC3\xA9\":\"NFC\"}" },
        { "object_same_key_different_values.json", "{\"a\":1,\"a\":2}" },
        { "object_same_key_same_value.json", "{\"a\":1,\"a\":1}" },
        { "object_same_key_unclear_values.json", "{\"a\":0,\"a\":-0}" },
        { "string_1_escaped_invalid_codepoint.json", NULL }, { "string_1_invalid_codepoint.json", NULL },
        { "string_2_escaped_invalid_codepoints.json", NULL }, { "string_2_invalid_codepoints.json", NULL },
        { "string_3_escaped_invalid_codepoints.json", NULL },
        { "string_3_invalid_codepoints.json", NULL }, { "string_with_escaped_NULL.json", "[\"A\\u0000B\"]" }
    };
    static names n;
    mcp_doc doc;
    size_t i, k;
    NEED_CORPUS();
    memset(&doc, 0, sizeof doc);
    list(&n, "JSONTestSuite/test_transform");
    CHECK_UINT(22, n.count);
    CHECK_UINT(22, MCP_COUNT(pins));
    for (i = 0; i < n.count; i++) {
        size_t len;
        char *text = test_file(n.path[i], &len), *again = rewritten(&doc, text, len);
        NOTE("%s", base_name(n.path[i]));
        for (k = 0; k < MCP_COUNT(pins) && strcmp(pins[k].name, base_name(n.path[i])); k++) continue;
        if (k < MCP_COUNT(pins)) CHECK_STR(pins[k].text, again);
        else FAIL("not in the table");
        free(text);
        free(again);
    }
    list_free(&n);
    mcp_doc_free(&doc);
}

/*---- Naughty strings ----------------------------------------------------------------------------*/

/* Each one out and back, as a value, as a key, and through a template. */
static void naughty_strings(void)
{
    mcp_doc list_doc, doc;
    mcp_json e;
    size_t len, count = 0;
    char *path, *text;
    NEED_CORPUS();
    path = joined(corpus(), "blns.json");
    text = test_file(path, &len);
    free(path);
    memset(&list_doc, 0, sizeof list_doc);
    memset(&doc, 0, sizeof doc);
    CHECK(text != NULL);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&list_doc, text, len));
    for (e = mcp_json_first(mcp_json_root(&list_doc)); mcp_json_exists(e); e = mcp_json_next(e), count++) {
        mcp_str s = mcp_json_str(e, NULL), made;
        mcp_out out;
        mcp_json root;
        NOTE("string %lu", (unsigned long)count);
        CHECK(s.ptr != NULL && mcp_utf8_valid(s.ptr, s.len));
        mcp_out_init(&out, 1 << 20);
        mcp_put_array(&out);
        mcp_put_strn(&out, s.ptr, s.len);
        mcp_put_f(&out, "{%.*s:%.*s}", (int)s.len, s.ptr, (int)s.len, s.ptr);
        mcp_put_value(&out, e);
        mcp_put_end(&out);
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &made));
        CHECK_UINT(0, out.replaced);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, made.ptr, made.len));
        root = mcp_json_root(&doc);
        CHECK_BYTES(s.ptr, s.len, mcp_json_str(mcp_json_at(root, 0), NULL).ptr,
            mcp_json_str(mcp_json_at(root, 0), NULL).len);
        CHECK_BYTES(s.ptr, s.len, mcp_json_str(mcp_json_at(root, 2), NULL).ptr,
            mcp_json_str(mcp_json_at(root, 2), NULL).len);
        CHECK_BYTES(s.ptr, s.len, mcp_json_key(mcp_json_first(mcp_json_at(root, 1))).ptr,
            mcp_json_key(mcp_json_first(mcp_json_at(root, 1))).len);
        CHECK(mcp_json_equals(mcp_json_member(mcp_json_at(root, 1), s.ptr, s.len), NULL, s.ptr));
        mcp_out_free(&out);
    }
    NOTE("all of them");
    CHECK_UINT(515, count);
    mcp_doc_free(&list_doc);
    mcp_doc_free(&doc);
    free(text);
}

/*---- Messages -----------------------------------------------------------------------------------*/

/* A text, or each line of one, through reader and writer to the judge; the second time nothing changes. */
static void pass_through(judge *j, mcp_doc *doc, const char *text, size_t len)
{
    char *once = rewritten(doc, text, len), *twice;
    if (!once) {
        FAIL("refused: %s", mcp_strerror(doc->error));
        return;
    }
    judge_pair(j, text, len, once, strlen(once));
    twice = rewritten(doc, once, strlen(once));
    CHECK_STR(once, twice);
    free(once);
    free(twice);
}

static size_t pass_lines(judge *j, mcp_doc *doc, const char *text, size_t len)
{
    const char *at = text, *end = text + len, *stop;
    size_t lines = 0;
    for (; at < end; at = stop + 1) {
        stop = (const char *)memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if (stop > at) {
            pass_through(j, doc, at, (size_t)(stop - at));
            lines++;
        }
    }
    return lines;
}

/* Passes a folder's files through, those whose names begin so; returns how many texts that were. */
static size_t pass_folder(judge *j, const char *folder, const char *begin)
{
    static names n;
    mcp_doc doc;
    size_t i, texts = 0;
    memset(&doc, 0, sizeof doc);
    list(&n, folder);
    for (i = 0; i < n.count; i++) {
        const char *name = base_name(n.path[i]);
        size_t len;
        char *text;
        if (!strstr(name, "json") || strncmp(name, begin, strlen(begin))) continue;
        NOTE("%s", name);
        text = test_file(n.path[i], &len);
        if (strstr(name, ".ndjson")) texts += pass_lines(j, &doc, text, len);
        else {
            pass_through(j, &doc, text, len);
            texts++;
        }
        free(text);
    }
    test_state.note[0] = 0;
    list_free(&n);
    mcp_doc_free(&doc);
    return texts;
}

static void example_messages(void)
{
    judge j;
    NEED_CORPUS();
    NEED_JUDGE(&j);
    CHECK_UINT(129, pass_folder(&j, "mcp-schema/schema/2026-07-28/examples", ""));
    judge_close(&j);
}

static void messages_of_every_size(void)
{
    judge j;
    NEED_CORPUS();
    NEED_JUDGE(&j);
    CHECK_UINT(14 + 2 * 1500, pass_folder(&j, "messages", ""));
    judge_close(&j);
}

static void public_files(void)
{
    judge j;
    NEED_CORPUS();
    NEED_JUDGE(&j);
    CHECK_UINT(3, pass_folder(&j, "public", ""));
    judge_close(&j);
}

static void suite_values(void)
{
    judge j;
    NEED_CORPUS();
    NEED_JUDGE(&j);
    CHECK_UINT(95, pass_folder(&j, "JSONTestSuite/test_parsing", "y_"));
    judge_close(&j);
}

int main(void)
{
    TEST(suite_accepts_y_and_refuses_n);
    TEST(suite_pins_i);
    TEST(suite_pins_transforms);
    TEST(naughty_strings);
    TEST(example_messages);
    TEST(messages_of_every_size);
    TEST(public_files);
    TEST(suite_values);
    return test_end();
}
