/* test_state.c - what a client carries for a call from round to round: sealed, bound to its request, and opened
   only as it was sealed. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A server that has what sealing needs -------------------------------------------------------*/

static struct host {
    mcp_server_desc desc;
    mcpi_peer peer;
    uint64_t wall, now;
    unsigned draws;                 /* calls of random */
    bool no_random;                 /* it fails */
    size_t blocks, allocations;     /* held now; made in all */
    size_t fail_at;                 /* the allocation that fails; 0: none */
} host;

static void *on_alloc(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    void *moved;
    (void)ctx;
    (void)old_size;
    if (!new_size) {
        if (ptr) host.blocks--;
        free(ptr);
        return NULL;
    }
    if (++host.allocations == host.fail_at) return NULL;
    moved = realloc(ptr, new_size);
    if (moved && !ptr) host.blocks++;
    return moved;
}

static uint64_t on_wall(void *user)
{
    (void)user;
    return host.wall;
}

static uint64_t on_now(void *user)
{
    (void)user;
    return host.now;
}

static bool on_random(void *user, void *out, size_t len)
{
    unsigned char *o = (unsigned char *)out;
    (void)user;
    host.draws++;
    if (host.no_random) return false;
    while (len) o[--len] = (unsigned char)test_random();
    return true;
}

/* As a server that has just started. */
static void restart(void)
{
    memset(&host.peer, 0, sizeof host.peer);
    host.peer.desc = &host.desc;
}

static void begin(void)
{
    memset(&host, 0, sizeof host);
    host.desc.name = "server";
    host.desc.alloc.fn = on_alloc;
    host.desc.wall_ms = on_wall;
    host.desc.now_ms = on_now;
    host.desc.random = on_random;
    host.desc.max_state = 1 << 20;
    host.wall = 1000000;
    host.now = 5000;
    restart();
}

static mcp_str str(const char *text)
{
    mcp_str s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static const mcp_str first_key = MCP_LIT("the first key, of 24 byt"), second_key = MCP_LIT("another, shorter");
static const uint8_t bound[MCP_SHA256_SIZE] = { 1, 2, 3, 250, 251, 252 };

/*---- States -------------------------------------------------------------------------------------*/

enum { MAX_ASKED = 4 };
static mcpi_peer_asked asked[MAX_ASKED];

static const mcpi_peer_state *sample(void)
{
    static mcpi_peer_state s;
    static const mcp_str odd = MCP_LIT("a key\0with NUL"), user = MCP_LIT("bytes\0of the \xFFhandler");
    size_t i;
    memset(&s, 0, sizeof s);
    memset(asked, 0, sizeof asked);
    for (i = 0; i < 32; i++) {
        asked[0].question[i] = (uint8_t)i;
        asked[1].question[i] = (uint8_t)(i + 100);
        asked[2].question[i] = (uint8_t)(i + 200);
    }
    asked[0].key = str("name");
    asked[0].answer = str("{\"action\":\"accept\",\"content\":{\"name\":\"Z\xC3\xBC\"}}");
    asked[0].next = &asked[1];
    asked[1].key = odd;
    asked[1].next = &asked[2];
    asked[2].answer = str("1");
    s.asked = asked;
    s.user = user;
    for (i = 0; i < 16; i++) s.id[i] = (uint8_t)(0xF0 + i);
    s.round = 0x01020304;
    s.expires_ms = 0x0102030405060708;
    return &s;
}

static bool same(mcp_str a, mcp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void check_state(const mcpi_peer_state *want, const mcpi_peer_state *got)
{
    const mcpi_peer_asked *a = want->asked, *b = got->asked;
    CHECK(same(want->user, got->user));
    CHECK(memcmp(want->id, got->id, sizeof got->id) == 0);
    CHECK_UINT(want->round, got->round);
    CHECK_UINT(want->expires_ms, got->expires_ms);
    for (; a && b; a = a->next, b = b->next) {
        CHECK(same(a->key, b->key) && same(a->answer, b->answer));
        CHECK(!a->answer.len == !b->answer.ptr);
        CHECK(memcmp(a->question, b->question, sizeof a->question) == 0);
    }
    CHECK(!a && !b);
}

static char sealed[1 << 16], opened[1 << 16];

/* Seals to sealed. */
static size_t seal(const uint8_t *to, const mcpi_peer_state *s)
{
    mcp_buf out;
    mcp_buf_fixed(&out, sealed, sizeof sealed);
    CHECK_STATUS(MCP_OK, mcpi_peer_seal_state(&host.peer, to, s, &out));
    CHECK_UINT(0, host.blocks);
    CHECK(sealed[out.len] == 0);
    return out.len;
}

/* Opens a copy that ends where memory does, checks what came of it against want (if that is not NULL). */
static int open_copy(const uint8_t *to, const char *text, size_t len, const mcpi_peer_state *want)
{
    static const mcpi_peer_state zero = { 0, { 0, 0 }, { 0 }, 0, 0 };
    static char *end;
    mcpi_peer_state got;
    mcp_arena arena;
    int status;
    if (!end) end = test_guarded(sizeof opened);
    memcpy(end - len, text, len);
    mcp_arena_init(&arena, host.desc.alloc, 1 << 16);
    memset(&got, 'u', sizeof got);
    status = mcpi_peer_open_state(&host.peer, to, end - len, len, &arena, &got);
    if (status == MCP_OK && want) check_state(want, &got);
    if (status) CHECK(memcmp(&got, &zero, sizeof got) == 0);
    mcp_arena_free(&arena);
    CHECK_UINT(0, host.blocks);
    return status;
}

/*---- Sealed and opened --------------------------------------------------------------------------*/

/* Held against what Python makes of the description in mcp.h: a server may be of any kind and byte order. */
static void has_a_format(void)
{
    static const char want[] =
        "AQECAwQFBgcIAQIDBPDx8vP09fb3-Pn6-_z9_v8AAAAVYnl0ZXMAb2YgdGhlIP9oYW5kbGVyAAECAwQFBgcICQoLDA0ODxAR"
        "EhMUFRYXGBkaGxwdHh8AAAAEbmFtZQAAACx7ImFjdGlvbiI6ImFjY2VwdCIsImNvbnRlbnQiOnsibmFtZSI6IlrDvCJ9fWRl"
        "ZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn-AgYKDAAAADmEga2V5AHdpdGggTlVMAAAAAMjJysvMzc7P0NHS09TV1tfY2drb"
        "3N3e3-Dh4uPk5ebnAAAAAAAAAAExq9nlR2JPs08D4LZZy-vag8gGXukZouUN0tX0mNhhufc";
    size_t len;
    begin();
    host.desc.state_keys[0] = first_key;
    len = seal(bound, sample());
    CHECK_BYTES(want, sizeof want - 1, sealed, len);
    CHECK_STATUS(MCP_OK, open_copy(bound, want, sizeof want - 1, sample()));
}

static mcp_str random_text(char *memory, size_t most)
{
    mcp_str s;
    size_t i;
    s.ptr = memory;
    s.len = test_below(3) ? test_below(most) : 0;
    for (i = 0; i < s.len; i++) memory[i] = (char)test_random();
    return s;
}

static void any_state_comes_back(void)
{
    static char memory[2 * MAX_ASKED + 1][300];
    size_t round, i, count;
    begin();
    for (round = test_rounds(2000); round; round--) {
        mcpi_peer_state s;
        mcpi_peer_asked *q = asked;
        memset(&s, 0, sizeof s);
        memset(asked, 0, sizeof asked);
        s.user = random_text(memory[0], 300);
        s.round = (uint32_t)test_random();
        s.expires_ms = test_below(2) ? host.wall + 1 + test_below(1000) : 0;
        (void)random_text((char *)s.id, sizeof s.id);
        count = test_below(MAX_ASKED + 1);
        for (i = 0; i < count; i++, q++) {
            q->key = random_text(memory[2 * i + 1], 300);
            q->answer = random_text(memory[2 * i + 2], 300);
            (void)random_text((char *)q->question, sizeof q->question);
            if (i) q[-1].next = q;
        }
        if (count) s.asked = asked;
        i = seal(bound, &s);
        CHECK_UINT(i, strspn(sealed, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"));
        CHECK_STATUS(MCP_OK, open_copy(bound, sealed, i, &s));
        if (test_state.failures) return;
    }
    CHECK_UINT(1, host.draws);
}

static void changed_anywhere(void)
{
    size_t len, i;
    int bit;
    begin();
    len = seal(bound, sample());
    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            int status;
            sealed[i] = (char)(sealed[i] ^ (1 << bit));
            NOTE("bit %d of character %lu: '%c'", bit, (unsigned long)i, sealed[i]);
            status = open_copy(bound, sealed, len, NULL);
            if (status != MCP_E_SYNTAX && status != MCP_E_PROTOCOL) FAIL("status %d", status);
            sealed[i] = (char)(sealed[i] ^ (1 << bit));
        }
    }
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
}

static void cut_or_longer(void)
{
    static char more[sizeof sealed];
    size_t len, n;
    begin();
    len = seal(bound, sample());
    for (n = 0; n < len; n++) {
        const int status = open_copy(bound, sealed, n, NULL);
        NOTE("%lu of %lu characters", (unsigned long)n, (unsigned long)len);
        if (n % 4 == 0) CHECK_STATUS(MCP_E_PROTOCOL, status);
        else if (n % 4 == 1 || status != MCP_E_PROTOCOL) CHECK_STATUS(MCP_E_SYNTAX, status);
    }
    memcpy(more, sealed, len);
    for (n = 1; n < 100; n++) {
        int status;
        memset(more + len, 'A', n);
        NOTE("%lu characters more", (unsigned long)n);
        status = open_copy(bound, more, len + n, NULL);
        if (status != MCP_E_SYNTAX && status != MCP_E_PROTOCOL) FAIL("status %d", status);
    }
}

static void other_spellings(void)
{
    static const char *const ends[] = { "=", "==", "\n", " ", "+", "/" };
    mcpi_peer_state s;
    size_t i, len, n;
    begin();
    memset(&s, 0, sizeof s);
    for (n = 0; n < 3; n++) {       /* the text ends with each number of unused bits */
        s.user.ptr = "xx";
        s.user.len = n;
        len = seal(bound, &s);
        for (i = 0; i < MCP_COUNT(ends); i++) {
            NOTE("%lu user bytes, then '%s'", (unsigned long)n, ends[i]);
            memcpy(sealed + len, ends[i], strlen(ends[i]));
            CHECK_STATUS(MCP_E_SYNTAX, open_copy(bound, sealed, len + strlen(ends[i]), NULL));
        }
        if (len % 4) {              /* the next letter differs in its last bit, which is unused */
            static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            const char *last = strchr(letters, sealed[len - 1]);
            if (last) sealed[len - 1] = last[1];
            CHECK_STATUS(MCP_E_SYNTAX, open_copy(bound, sealed, len, NULL));
        }
    }
}

/*---- Time ---------------------------------------------------------------------------------------*/

static void expires(void)
{
    mcpi_peer_state s = *sample();
    size_t len;
    begin();
    s.expires_ms = host.wall + 600000;
    len = seal(bound, &s);
    NOTE("the last millisecond");
    host.wall += 599999;
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, &s));
    NOTE("the first too late");
    host.wall++;
    CHECK_STATUS(MCP_E_TIMEOUT, open_copy(bound, sealed, len, NULL));
    NOTE("much later");
    host.wall = UINT64_MAX;
    CHECK_STATUS(MCP_E_TIMEOUT, open_copy(bound, sealed, len, NULL));
    NOTE("late, but forged: that comes first");
    sealed[len / 2] = sealed[len / 2] == 'A' ? 'B' : 'A';
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    NOTE("never");
    s.expires_ms = 0;
    len = seal(bound, &s);
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, &s));
}

static void expires_by_the_clock_that_is_there(void)
{
    mcpi_peer_state s = *sample();
    size_t len;
    begin();
    CHECK_UINT(host.wall, mcpi_peer_state_now(&host.peer));
    host.desc.wall_ms = NULL;
    CHECK_UINT(host.now, mcpi_peer_state_now(&host.peer));
    s.expires_ms = host.now + 10;
    len = seal(bound, &s);
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, &s));
    host.now += 10;
    CHECK_STATUS(MCP_E_TIMEOUT, open_copy(bound, sealed, len, NULL));
    host.desc.now_ms = NULL;
    CHECK_UINT(0, mcpi_peer_state_now(&host.peer));
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, &s));
}

/*---- Keys ---------------------------------------------------------------------------------------*/

static void keys_are_replaced(void)
{
    size_t len;
    begin();
    host.desc.state_keys[0] = first_key;
    len = seal(bound, sample());
    NOTE("a new key before it");
    host.desc.state_keys[0] = second_key;
    host.desc.state_keys[1] = first_key;
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    NOTE("the last of four, after a gap");
    host.desc.state_keys[1] = str("");
    host.desc.state_keys[3] = first_key;
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    NOTE("gone");
    host.desc.state_keys[3] = str("");
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    NOTE("the first that is not empty seals");
    host.desc.state_keys[0] = str("");
    host.desc.state_keys[2] = second_key;
    host.desc.state_keys[3] = first_key;
    len = seal(bound, sample());
    host.desc.state_keys[3] = str("");
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    NOTE("a key that is as another one begins");
    host.desc.state_keys[2].len--;
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    CHECK_UINT(0, host.draws);
}

static void a_key_is_drawn(void)
{
    size_t len;
    begin();
    len = seal(bound, sample());
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    (void)seal(bound, sample());
    CHECK_UINT(1, host.draws);
    NOTE("with keys, it does not count");
    host.desc.state_keys[0] = first_key;
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    NOTE("after a restart it is another one");
    memset(&host.desc.state_keys[0], 0, sizeof host.desc.state_keys[0]);
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    restart();
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
}

static void no_randomness(void)
{
    mcp_buf out;
    char memory[64];
    uint8_t id[MCPI_PEER_ID];
    int i;
    begin();
    for (i = 0; i < 2; i++) {
        NOTE("%s", i ? "it fails" : "none");
        host.desc.random = i ? on_random : NULL;
        host.no_random = true;
        mcp_buf_fixed(&out, memory, sizeof memory);
        CHECK_STATUS(MCP_E_MISUSE, mcpi_peer_seal_state(&host.peer, bound, sample(), &out));
        CHECK_UINT(0, out.len);
        CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, 200, NULL));
        CHECK(!mcpi_peer_draw(&host.peer, id, sizeof id));
    }
    NOTE("it works again");
    host.no_random = false;
    CHECK(mcpi_peer_draw(&host.peer, id, sizeof id));
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, seal(bound, sample()), sample()));
}

/*---- What it is bound to ------------------------------------------------------------------------*/

typedef struct request {
    const char *method, *principal, *session, *server;
    const char *params;             /* name, uri and arguments */
} request;

static void bind(const request *r, uint8_t *out)
{
    mcp_doc doc;
    mcp_call call;
    mcp_session session;
    memset(&doc, 0, sizeof doc);
    memset(&call, 0, sizeof call);
    memset(&session, 0, sizeof session);
    CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, r->params, strlen(r->params)));
    host.desc.name = r->server ? r->server : "server";
    session.principal = r->session;
    call.peer = &host.peer;
    call.route.session = r->session ? &session : NULL;
    call.principal = r->principal;
    call.message.method = str(r->method ? r->method : "tools/call");
    call.name = mcp_json_get(mcp_json_root(&doc), "name");
    call.args = mcp_json_get(mcp_json_root(&doc), "arguments");
    call.uri = mcp_json_str(mcp_json_root(&doc), "uri");
    call.scene = call.uri.ptr ? MCPI_PEER_RESOURCE : MCPI_PEER_TOOL;
    mcpi_peer_bind_state(&call, out);
    mcp_doc_free(&doc);
}

#define USUAL "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true,null],\"b\":{}}}"

static void same_request(void)
{
    static const request rows[] = {
        { 0, 0, 0, 0, USUAL },
        { 0, "", 0, 0, USUAL },
        { 0, 0, "", 0, USUAL },
        { 0, 0, 0, 0, "{ \"arguments\" : { \"a\" : [ 1 , \"x\" , true , null ] , \"b\" : { } }, \"name\" : \"add\" }" },
        { 0, 0, 0, 0, "{\"name\":\"\\u0061dd\",\"arguments\":{\"\\u0061\":[1,\"\\u0078\",true,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"_meta\":{\"x\":1},\"inputResponses\":{},\"requestState\":\"s\",\"name\":\"add\","
                      "\"arguments\":{\"a\":[1,\"x\",true,null],\"b\":{}}}" }
    };
    uint8_t first[MCP_SHA256_SIZE], got[MCP_SHA256_SIZE];
    size_t i;
    begin();
    bind(&rows[0], first);
    for (i = 1; i < MCP_COUNT(rows); i++) {
        NOTE("row %lu", (unsigned long)i);
        bind(&rows[i], got);
        CHECK(memcmp(first, got, sizeof got) == 0);
    }
    NOTE("whoever it is from, from the delivery or the session");
    {
        const request a = { 0, "me", 0, 0, USUAL }, b = { 0, 0, "me", 0, USUAL }, c = { 0, "me", "other", 0, USUAL };
        bind(&a, first);
        bind(&b, got);
        CHECK(memcmp(first, got, sizeof got) == 0);
        bind(&c, got);
        CHECK(memcmp(first, got, sizeof got) == 0);
    }
    NOTE("the variables of a URI are part of it");
    {
        const request a = { 0, 0, 0, 0, "{\"uri\":\"note://1\"}" };
        const request b = { 0, 0, 0, 0, "{\"uri\":\"note:\\/\\/1\",\"arguments\":{\"id\":\"1\"}}" };
        bind(&a, first);
        bind(&b, got);
        CHECK(memcmp(first, got, sizeof got) == 0);
    }
}

static void other_requests(void)
{
    static const request rows[] = {
        { 0, 0, 0, 0, USUAL },
        { "prompts/get", 0, 0, 0, USUAL },
        { 0, "me", 0, 0, USUAL },
        { 0, 0, "you", 0, USUAL },
        { 0, 0, 0, "other", USUAL },
        { 0, "server", 0, "", USUAL },
        { 0, "", 0, "serverserver", USUAL },
        { 0, 0, 0, 0, "{\"name\":\"ad\",\"arguments\":{\"a\":[1,\"x\",true,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\"}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":null}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":[]}" },
        { 0, 0, 0, 0, "{\"arguments\":{}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[\"1\",\"x\",true,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"y\",true,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",\"true\",null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",false,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true,null,{}],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true,null],\"b\":[]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true,null],\"c\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[1,\"x\",true,null,\"b\",{}]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[[1,\"x\"],true,null],\"b\":{}}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[\"ab\",\"\"]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[\"a\",\"b\"]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[\"\",\"ab\"]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[[],[]]}}" },
        { 0, 0, 0, 0, "{\"name\":\"add\",\"arguments\":{\"a\":[[[]]]}}" },
        { 0, 0, 0, 0, "{\"uri\":\"add\"}" },
        { 0, 0, 0, 0, "{\"uri\":\"ad\"}" },
        { 0, 0, 0, 0, "{}" }
    };
    static uint8_t digests[MCP_COUNT(rows)][MCP_SHA256_SIZE];
    size_t i, k, len;
    begin();
    for (i = 0; i < MCP_COUNT(rows); i++) bind(&rows[i], digests[i]);
    for (i = 0; i < MCP_COUNT(rows); i++) {
        len = seal(digests[i], sample());
        for (k = 0; k < MCP_COUNT(rows); k++) {
            NOTE("sealed for row %lu, opened for %lu", (unsigned long)i, (unsigned long)k);
            CHECK_STATUS(i == k ? MCP_OK : MCP_E_PROTOCOL, open_copy(digests[k], sealed, len, NULL));
        }
    }
}

/*---- Sizes and memory ---------------------------------------------------------------------------*/

static void too_long(void)
{
    mcp_buf out;
    size_t len;
    begin();
    len = seal(bound, sample());
    NOTE("just right");
    host.desc.max_state = (uint32_t)len;
    CHECK_UINT(len, seal(bound, sample()));
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    for (host.desc.max_state = 0; host.desc.max_state < len; host.desc.max_state++) {
        NOTE("max_state %lu", (unsigned long)host.desc.max_state);
        mcp_buf_fixed(&out, opened, sizeof opened);
        CHECK_STATUS(MCP_E_TOO_LONG, mcpi_peer_seal_state(&host.peer, bound, sample(), &out));
        CHECK_UINT(0, out.len);
        CHECK_STATUS(MCP_E_TOO_LONG, open_copy(bound, sealed, len, NULL));
    }
    NOTE("no room for the NUL");
    host.desc.max_state = 1 << 20;
    mcp_buf_fixed(&out, opened, len);
    CHECK_STATUS(MCP_E_TOO_LONG, mcpi_peer_seal_state(&host.peer, bound, sample(), &out));
    NOTE("behind what is there");
    mcp_buf_fixed(&out, opened, len + 5);
    CHECK(mcp_buf_add(&out, "text", 4));
    CHECK_STATUS(MCP_OK, mcpi_peer_seal_state(&host.peer, bound, sample(), &out));
    CHECK_UINT(len + 4, out.len);
    CHECK(memcmp(opened, "text", 4) == 0 && memcmp(opened + 4, sealed, len + 1) == 0);
}

static bool plain_seal(void *user, const void *bytes, size_t len, mcp_buf *out)
{
    (void)user;
    return mcp_buf_add(out, bytes, len);
}

static void every_allocation_fails(void)
{
    mcp_alloc heap = { on_alloc, NULL };
    size_t n, len = 0, encrypted;
    for (encrypted = 0; encrypted < 2; encrypted++) {
        bool done = false;
        begin();
        if (encrypted) host.desc.seal_state = host.desc.open_state = plain_seal;
        for (n = 1; !done && n < 50; n++) {
            mcp_buf out;
            mcp_buf_init(&out, heap, sizeof sealed);
            host.allocations = 0;
            host.fail_at = n;
            done = mcpi_peer_seal_state(&host.peer, bound, sample(), &out) == MCP_OK;
            NOTE("%lu: sealing, allocation %lu", (unsigned long)encrypted, (unsigned long)n);
            if (done) memcpy(sealed, out.ptr, len = out.len);
            else CHECK_UINT(0, out.len);
            CHECK(done == (host.allocations < n));
            mcp_buf_free(&out);
            CHECK_UINT(0, host.blocks);
        }
        CHECK(n > 3);
        for (n = 1, done = false; !done && n < 50; n++) {
            int status;
            host.allocations = 0;
            host.fail_at = n;
            NOTE("%lu: opening, allocation %lu", (unsigned long)encrypted, (unsigned long)n);
            status = open_copy(bound, sealed, len, sample());
            CHECK_STATUS(host.allocations < n ? MCP_OK : MCP_E_NOMEM, status);
            done = status == MCP_OK;
        }
        CHECK(n > 2);
    }
}

/*---- Encryption by the host ---------------------------------------------------------------------*/

/* Of a stream cipher that is none, and a signature behind it. */
static bool host_seal(void *user, const void *bytes, size_t len, mcp_buf *out)
{
    const char *p = (const char *)bytes;
    unsigned char mac[MCP_SHA256_SIZE];
    size_t i;
    (void)user;
    for (i = 0; i < len; i++) {
        const char c = (char)(p[i] ^ (char)(i * 31 + 7));
        if (!mcp_buf_add(out, &c, 1)) return false;
    }
    mcp_hmac_sha256("key", 3, out->ptr + out->len - len, len, mac);
    return mcp_buf_add(out, mac, sizeof mac);
}

static bool host_open(void *user, const void *bytes, size_t len, mcp_buf *out)
{
    const char *p = (const char *)bytes;
    unsigned char mac[MCP_SHA256_SIZE];
    size_t i;
    (void)user;
    if (len < sizeof mac) return false;
    len -= sizeof mac;
    mcp_hmac_sha256("key", 3, p, len, mac);
    if (memcmp(mac, p + len, sizeof mac) != 0) return false;
    for (i = 0; i < len; i++) {
        const char c = (char)(p[i] ^ (char)(i * 31 + 7));
        if (!mcp_buf_add(out, &c, 1)) return false;
    }
    return true;
}

static bool seal_fails(void *user, const void *bytes, size_t len, mcp_buf *out)
{
    (void)user;
    (void)mcp_buf_add(out, bytes, len);
    return false;
}

static void encrypted_by_the_host(void)
{
    static const uint8_t other[MCP_SHA256_SIZE] = { 1, 2, 3, 250, 251, 253 };
    static char raw[sizeof sealed];
    size_t len, n, i;
    mcp_buf out;
    begin();
    host.desc.seal_state = host_seal;
    host.desc.open_state = host_open;
    host.desc.random = NULL;
    len = seal(bound, sample());
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, len, sample()));
    CHECK_STATUS(MCP_OK, mcp_base64url_decode(raw, sizeof raw, &n, sealed, len));
    for (i = 0; i + 7 <= n; i++) CHECK(memcmp(raw + i, "handler", 7) != 0);
    NOTE("bound to something else");
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(other, sealed, len, NULL));
    for (i = 0; i < len; i++) {
        const char was = sealed[i];
        int status;
        NOTE("character %lu changed", (unsigned long)i);
        sealed[i] = was == 'Q' ? 'g' : 'Q';
        status = open_copy(bound, sealed, len, NULL);
        if (status != MCP_E_PROTOCOL && (status != MCP_E_SYNTAX || i + 1 < len)) FAIL("status %d", status);
        sealed[i] = was;
    }
    NOTE("no encryption any more");
    host.desc.random = on_random;
    host.desc.open_state = NULL;
    host.desc.seal_state = NULL;
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    NOTE("a signed one where they are encrypted");
    len = seal(bound, sample());
    host.desc.open_state = host_open;
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
    NOTE("as the host says it cannot");
    host.desc.seal_state = seal_fails;
    mcp_buf_fixed(&out, raw, sizeof raw);
    CHECK_STATUS(MCP_E_MISUSE, mcpi_peer_seal_state(&host.peer, bound, sample(), &out));
    CHECK_UINT(0, out.len);
    NOTE("as the host says it cannot open");
    host.desc.seal_state = plain_seal;
    len = seal(bound, sample());
    host.desc.open_state = seal_fails;
    CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, len, NULL));
}

/*---- Contents that nobody wrote -----------------------------------------------------------------*/

/* Seals any content with the right key, to sealed. */
static size_t sign_content(unsigned char kind, const char *content, size_t len)
{
    static unsigned char raw[sizeof sealed], mac_input[sizeof sealed];
    raw[0] = kind;
    memcpy(raw + 1, content, len);
    mac_input[0] = kind;
    memcpy(mac_input + 1, bound, sizeof bound);
    memcpy(mac_input + 1 + sizeof bound, content, len);
    mcp_hmac_sha256(first_key.ptr, first_key.len, mac_input, 1 + sizeof bound + len, raw + 1 + len);
    return mcp_base64url_encode(sealed, sizeof sealed, raw, 1 + len + MCP_SHA256_SIZE);
}

static size_t content_of_sample(char *content)
{
    size_t len = seal(bound, sample()), n;
    CHECK_STATUS(MCP_OK, mcp_base64url_decode(content, sizeof sealed, &n, sealed, len));
    memmove(content, content + 1, n - 1);
    return n - 1 - MCP_SHA256_SIZE;
}

static void signed_but_malformed(void)
{
    static char content[sizeof sealed];
    size_t len, n, end[4];
    begin();
    host.desc.state_keys[0] = first_key;
    len = content_of_sample(content);
    CHECK_STATUS(MCP_OK, open_copy(bound, sealed, sign_content(1, content, len), sample()));
    NOTE("of a kind that is not ours");
    for (n = 0; n < 256; n++)
        if (n != 1)
            CHECK_STATUS(MCP_E_PROTOCOL, open_copy(bound, sealed, sign_content((unsigned char)n, content, len), NULL));
    /* it may end before each question, and nowhere else */
    end[0] = 32 + sample()->user.len;
    for (n = 0; n < 3; n++) end[n + 1] = end[n] + 40 + asked[n].key.len + asked[n].answer.len;
    CHECK_UINT(end[3], len);
    for (n = 0; n < len; n++) {
        const bool whole = n == end[0] || n == end[1] || n == end[2];
        NOTE("%lu of %lu bytes", (unsigned long)n, (unsigned long)len);
        CHECK_STATUS(whole ? MCP_OK : MCP_E_SYNTAX, open_copy(bound, sealed, sign_content(1, content, n), NULL));
    }
    for (n = 1; n < 40; n++) {
        NOTE("%lu bytes more", (unsigned long)n);
        memset(content + len, 0, n);
        CHECK_STATUS(MCP_E_SYNTAX, open_copy(bound, sealed, sign_content(1, content, len + n), NULL));
    }
    NOTE("a length of 4 GiB");
    memset(content + 28, 0xFF, 4);
    CHECK_STATUS(MCP_E_SYNTAX, open_copy(bound, sealed, sign_content(1, content, len), NULL));
}

/* Any bytes, and any that are signed: nothing is read past the end, and what is opened lies inside. */
static void anything_at_all(void)
{
    static char content[sizeof sealed];
    size_t round, i, len, opens = 0;
    begin();
    host.desc.state_keys[0] = first_key;
    for (round = test_rounds(20000); round && !test_state.failures; round--) {
        len = test_below(2) ? content_of_sample(content) : test_below(300);
        for (i = 0; i < len; i++)
            if (!test_below(len < 100 ? 3 : 100)) content[i] = (char)(test_below(2) ? test_random() : test_below(4));
        len = test_below(4) ? sign_content(1, content, len)
                            : mcp_base64url_encode(sealed, sizeof sealed, content, len);
        opens += open_copy(bound, sealed, len, NULL) == MCP_OK;
    }
    CHECK(opens > test_rounds(20000) / 100);
}

/*---- What the server refuses --------------------------------------------------------------------*/

static char logged[400];

static void on_log(void *user, int level, const char *message)
{
    (void)user;
    (void)level;
    snprintf(logged, sizeof logged, "%s", message);
}

static void check_refused(const mcp_server_desc *d, const char *want)
{
    mcp_server *server;
    logged[0] = 0;
    server = mcp_server_create(d);
    CHECK((server == NULL) == (*want != 0));
    CHECK_STR(want, logged);
    mcp_server_destroy(server);
}

static void wrong_descs(void)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = d.version = "1";
    d.log = on_log;
    d.state_keys[2].ptr = "16 bytes of text";
    d.state_keys[2].len = 16;
    check_refused(&d, "");
    d.state_keys[2].len = 15;
    check_refused(&d, "mcp_server_desc: state_keys need 16 random bytes or more each");
    d.state_keys[2].len = 0;
    d.seal_state = plain_seal;
    check_refused(&d, "mcp_server_desc: seal_state and open_state go together");
    d.open_state = plain_seal;
    check_refused(&d, "");
    d.seal_state = NULL;
    check_refused(&d, "mcp_server_desc: seal_state and open_state go together");
}

int main(void)
{
    TEST(has_a_format);
    TEST(any_state_comes_back);
    TEST(changed_anywhere);
    TEST(cut_or_longer);
    TEST(other_spellings);
    TEST(expires);
    TEST(expires_by_the_clock_that_is_there);
    TEST(keys_are_replaced);
    TEST(a_key_is_drawn);
    TEST(no_randomness);
    TEST(same_request);
    TEST(other_requests);
    TEST(too_long);
    TEST(every_allocation_fails);
    TEST(encrypted_by_the_host);
    TEST(signed_but_malformed);
    TEST(anything_at_all);
    TEST(wrong_descs);
    return test_end();
}
