/* test_base.c - the pool, arenas, buffers, UTF-8, base64, statuses. */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- The pool -----------------------------------------------------------------------------------*/

enum { UNIT = 2 * sizeof(void *), POOL = 16384, SLOTS = 200 };

static void *take(mcp_alloc a, size_t size)
{
    return a.fn(a.ctx, NULL, 0, size);
}

static void *resize(mcp_alloc a, void *ptr, size_t old_size, size_t new_size)
{
    return a.fn(a.ctx, ptr, old_size, new_size);
}

static void give(mcp_alloc a, void *ptr, size_t size)
{
    void *none = a.fn(a.ctx, ptr, size, 0);
    CHECK(none == NULL);
}

/* Memory whose start is aligned as malloc's. */
static unsigned char *pool_memory(void)
{
    static uint64_t mem[POOL / 8 + 8];
    unsigned char *p = (unsigned char *)mem;
    while ((uintptr_t)p % 16) p++;
    return p;
}

typedef struct slot {
    unsigned char *ptr;
    size_t size;
    unsigned char fill;
} slot;

static void slot_fill(slot *s, unsigned char *ptr, size_t size)
{
    static unsigned char next = 1;
    s->ptr = ptr;
    s->size = size;
    s->fill = ++next;
    memset(ptr, s->fill, size);
}

static bool slot_intact(const slot *s, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++)
        if (s->ptr[i] != s->fill) return false;
    return true;
}

/* The longest run of units that no slot uses. Blocks have no heads, so the slots tell it all. */
static size_t largest_gap(const slot *slots, const unsigned char *mem)
{
    static char used[POOL / UNIT];
    size_t i, run = 0, most = 0;
    memset(used, 0, sizeof used);
    for (i = 0; i < SLOTS; i++) {
        if (!slots[i].ptr) continue;
        memset(used + (size_t)(slots[i].ptr - mem) / UNIT, 1, (slots[i].size + UNIT - 1) / UNIT);
    }
    for (i = 0; i < POOL / UNIT; i++) {
        run = used[i] ? 0 : run + 1;
        if (run > most) most = run;
    }
    return most * UNIT;
}

static size_t random_size(void)
{
    size_t kind = test_below(8);
    if (kind < 5) return 1 + test_below(100);
    return kind < 7 ? 1 + test_below(1000) : 1 + test_below(6000);
}

static void model_take(slot *s, const slot *slots, mcp_alloc a, const unsigned char *mem)
{
    size_t size = random_size();
    unsigned char *p = (unsigned char *)take(a, size);
    if (!p) {
        if (largest_gap(slots, mem) >= (size + UNIT - 1) / UNIT * UNIT)
            FAIL("%lu bytes refused, though %lu are free in one piece", (unsigned long)size,
                 (unsigned long)largest_gap(slots, mem));
        return;
    }
    if ((uintptr_t)p % UNIT) FAIL("not aligned");
    if (p < mem || p + size > mem + POOL) FAIL("outside of the memory");
    slot_fill(s, p, size);
}

static void model_resize(slot *s, mcp_alloc a)
{
    size_t size = random_size(), kept = size < s->size ? size : s->size;
    unsigned char *p = (unsigned char *)resize(a, s->ptr, s->size, size);
    if (!p && size <= s->size) FAIL("could not shrink");
    if (p) s->ptr = p;
    if (!slot_intact(s, p ? kept : s->size)) FAIL("a resize changed the bytes");
    if (p) slot_fill(s, p, size);
}

static void pool_model(void)
{
    static slot slots[SLOTS];
    mcp_pool pool;
    unsigned char *mem = pool_memory();
    mcp_alloc a = mcp_pool_init(&pool, mem, POOL);
    size_t round, rounds = test_rounds(100000), i;
    for (round = 0; round < rounds; round++) {
        slot *s = &slots[test_below(SLOTS)];
        if (!s->ptr) model_take(s, slots, a, mem);
        else if (test_below(2)) model_resize(s, a);
        else {
            if (!slot_intact(s, s->size)) FAIL("bytes changed while somebody else's block was used");
            give(a, s->ptr, s->size);
            s->ptr = NULL;
        }
        if (test_state.failures) return;
        if (round % 5000 < SLOTS && slots[round % 5000].ptr && round % 20000 < 5000) {
            give(a, slots[round % 5000].ptr, slots[round % 5000].size);     /* empty it now and then */
            slots[round % 5000].ptr = NULL;
        }
    }
    for (i = 0; i < SLOTS; i++)
        if (slots[i].ptr) give(a, slots[i].ptr, slots[i].size);
    CHECK(take(a, POOL) == mem);
}

static void pool_exhaustion(void)
{
    static unsigned char *blocks[POOL / UNIT];
    static const size_t strides[] = { 1, 7, 255, 3 };
    mcp_pool pool;
    unsigned char *mem = pool_memory();
    mcp_alloc a = mcp_pool_init(&pool, mem, POOL);
    size_t i, k, count = POOL / UNIT;
    for (k = 0; k < MCP_COUNT(strides); k++) {
        for (i = 0; i < count; i++) {
            blocks[i] = (unsigned char *)take(a, i % UNIT + 1);
            if (!blocks[i]) FAIL("block %lu of %lu refused", (unsigned long)i, (unsigned long)count);
        }
        CHECK(take(a, 1) == NULL);
        for (i = 0; i < count; i++) give(a, blocks[i * strides[k] % count], i * strides[k] % count % UNIT + 1);
        CHECK(take(a, POOL + 1) == NULL);
        CHECK(take(a, POOL) == mem);
        give(a, mem, POOL);
    }
}

static void pool_refuses_huge_sizes(void)
{
    mcp_pool pool;
    mcp_alloc a = mcp_pool_init(&pool, pool_memory(), POOL);
    unsigned char *p = (unsigned char *)take(a, 10);
    size_t i;
    memset(p, 7, 10);
    for (i = 0; i < 40; i++) {
        CHECK(take(a, SIZE_MAX - i) == NULL);
        CHECK(resize(a, p, 10, SIZE_MAX - i) == NULL);
        CHECK(take(a, SIZE_MAX / 2 - 20 + i) == NULL);
    }
    CHECK(p[0] == 7 && p[9] == 7);
    CHECK(resize(a, NULL, 0, 0) == NULL);
    give(a, p, 10);
    CHECK(take(a, POOL) != NULL);
}

static void pool_in_odd_memory(void)
{
    unsigned char *mem = pool_memory();
    size_t offset, size;
    for (offset = 0; offset < UNIT; offset++) {
        for (size = 0; size < 5 * UNIT; size++) {
            mcp_pool pool;
            mcp_alloc a = mcp_pool_init(&pool, mem + offset, size);
            size_t lost = (UNIT - offset) % UNIT, n = 0, want = size < lost ? 0 : (size - lost) / UNIT;
            unsigned char *p;
            mem[offset + size] = 0xEE;
            while ((p = (unsigned char *)take(a, UNIT)) != NULL && n < 100) {
                CHECK((uintptr_t)p % UNIT == 0 && p >= mem + offset && p + UNIT <= mem + offset + size);
                memset(p, 1, UNIT);
                n++;
            }
            NOTE("offset %lu, size %lu", (unsigned long)offset, (unsigned long)size);
            CHECK_UINT(want, n);
            CHECK(mem[offset + size] == 0xEE);
        }
    }
    {
        mcp_pool pool;
        mcp_alloc a = mcp_pool_init(&pool, NULL, 0);
        CHECK(take(a, 1) == NULL);
    }
}

/* A doc and a writer on nothing but a pool, again and again. */
static void pool_carries_the_codec(void)
{
    mcp_pool pool;
    mcp_alloc a = mcp_pool_init(&pool, pool_memory(), POOL);
    int round;
    for (round = 0; round < 50; round++) {
        mcp_doc doc;
        mcp_out out;
        mcp_str text;
        memset(&doc, 0, sizeof doc);
        doc.alloc = a;
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, "{\"a\":[1,2,3]}", 13));
        mcp_out_init(&out, 4096);
        out.buf.alloc = a;
        mcp_put_value(&out, mcp_json_root(&doc));
        CHECK_STATUS(MCP_OK, mcp_out_done(&out, &text));
        CHECK_STR("{\"a\":[1,2,3]}", text.ptr);
        if (round % 2) mcp_out_free(&out);
        mcp_doc_free(&doc);
        if (round % 2 == 0) mcp_out_free(&out);
    }
    CHECK(take(a, POOL) != NULL);
}

/*---- The arena ----------------------------------------------------------------------------------*/

static void arena_gives_aligned_memory(void)
{
    test_heap heap;
    mcp_arena arena;
    unsigned char *before = NULL;
    size_t size, before_size = 0, i;
    mcp_arena_init(&arena, test_heap_init(&heap), 1 << 20);
    CHECK_UINT(0, heap.calls);
    for (size = 1; size < 600; size++) {
        unsigned char *p = (unsigned char *)mcp_arena_get(&arena, size);
        if (!p) { FAIL("no memory"); break; }
        CHECK((uintptr_t)p % UNIT == 0);
        for (i = 0; i < before_size; i++) CHECK(before[i] == (unsigned char)before_size);
        memset(p, (int)(size & 0xff), size);
        before = p;
        before_size = size;
    }
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

static void arena_reuses_after_reset(void)
{
    test_heap heap;
    mcp_arena arena;
    size_t round, i, calls = 0;
    mcp_arena_init(&arena, test_heap_init(&heap), 1 << 20);
    for (round = 0; round < 20; round++) {
        test_state.seed = 5;
        for (i = 0; i < 300; i++) {
            size_t size = 1 + test_below(i % 50 == 49 ? 20000 : 300);
            void *p = mcp_arena_get(&arena, size);
            if (!p) { FAIL("no memory in round %lu", (unsigned long)round); break; }
            memset(p, 1, size);
        }
        if (round == 0) calls = heap.calls;
        CHECK_UINT(calls, heap.calls);
        mcp_arena_reset(&arena);
    }
    CHECK(heap.blocks > 0);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
    CHECK(mcp_arena_get(&arena, 10) != NULL);       /* can be used again */
    mcp_arena_free(&arena);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

/* Sizes that differ from round to round must not make it grow for ever. */
static void arena_stays_small(void)
{
    test_heap heap;
    mcp_arena arena;
    size_t round, i;
    mcp_arena_init(&arena, test_heap_init(&heap), SIZE_MAX);
    for (round = 0; round < 300; round++) {
        size_t left = 30000;
        for (i = 0; left; i++) {
            size_t size = 1 + test_below(4000);
            if (size > left) size = left;
            CHECK(mcp_arena_get(&arena, size) != NULL);
            left -= size;
        }
        mcp_arena_reset(&arena);
    }
    if (heap.peak > 30000 * 20) FAIL("30000 bytes a round hold %lu", (unsigned long)heap.peak);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

/* What a new arena has room for, an old one has too, whatever its rounds before were like. */
static void arena_does_not_wear_out(void)
{
    enum { MAX = 65536 };
    test_heap heap;
    mcp_arena arena;
    size_t round, rounds = test_rounds(2000), i;
    mcp_arena_init(&arena, test_heap_init(&heap), MAX);
    for (round = 0; round < rounds && !test_state.failures; round++) {
        size_t left = MAX / 4, most = 1 + test_below(6000);
        NOTE("round %lu, up to %lu bytes at once", (unsigned long)round, (unsigned long)most);
        while (left && !test_state.failures) {
            size_t size = (1 + test_below(most) + UNIT - 1) / UNIT * UNIT;
            if (size > left) size = left;
            CHECK(mcp_arena_get(&arena, size) != NULL);
            left -= size;
        }
        mcp_arena_reset(&arena);
    }
    for (i = 0; i < 300; i++) CHECK(mcp_arena_get(&arena, 100) != NULL);
    mcp_arena_reset(&arena);
    NOTE("one large piece after many small ones");
    CHECK(mcp_arena_get(&arena, MAX / 3 * 2) != NULL);
    CHECK(heap.peak <= MAX);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

static void arena_honours_the_maximum(void)
{
    static const size_t maxima[] = { 0, 1, 16, 100, 255, 1000, 4096, 5000, 65536, 100000 };
    size_t i, size;
    for (i = 0; i < MCP_COUNT(maxima); i++) {
        for (size = 1; size <= 1000; size *= 10) {
            test_heap heap;
            mcp_arena arena;
            size_t got = 0;
            NOTE("maximum %lu, pieces of %lu", (unsigned long)maxima[i], (unsigned long)size);
            mcp_arena_init(&arena, test_heap_init(&heap), maxima[i]);
            CHECK(mcp_arena_get(&arena, maxima[i] + 1) == NULL);
            while (mcp_arena_get(&arena, size)) got += size;
            if (heap.peak > maxima[i]) FAIL("held %lu bytes", (unsigned long)heap.peak);
            if (got > maxima[i]) FAIL("gave %lu bytes", (unsigned long)got);
            if (maxima[i] >= 4096 && size >= 100 && got < maxima[i] / 2)
                FAIL("gave only %lu bytes", (unsigned long)got);
            mcp_arena_reset(&arena);
            while (got && got >= size) {
                if (!mcp_arena_get(&arena, size)) { FAIL("less after the reset"); break; }
                got -= size;
            }
            mcp_arena_free(&arena);
            CHECK_HEAP(&heap);
        }
    }
}

static void arena_refuses_huge_sizes(void)
{
    test_heap heap;
    mcp_arena arena;
    size_t i;
    mcp_alloc a;
    void *p;
    mcp_arena_init(&arena, test_heap_init(&heap), SIZE_MAX);
    a = mcp_arena_alloc(&arena);
    p = mcp_arena_get(&arena, 10);
    for (i = 0; i < 100; i++) {
        CHECK(mcp_arena_get(&arena, SIZE_MAX - i) == NULL);
        CHECK(mcp_arena_get(&arena, SIZE_MAX / 2 + i) == NULL);
        CHECK(resize(a, p, 10, SIZE_MAX - i) == NULL);
    }
    CHECK(mcp_arena_get(&arena, 10) != NULL);
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

static void arena_as_an_allocator(void)
{
    test_heap heap;
    mcp_arena arena;
    mcp_alloc a;
    char *p, *q, *r;
    mcp_arena_init(&arena, test_heap_init(&heap), 1 << 20);
    a = mcp_arena_alloc(&arena);
    p = (char *)take(a, 8);
    memcpy(p, "12345678", 8);
    CHECK(resize(a, p, 8, 100) == p);               /* the newest grows in place */
    CHECK(memcmp(p, "12345678", 8) == 0);
    q = (char *)take(a, 8);
    CHECK(q >= p + 100);
    memcpy(q, "abcdefgh", 8);
    r = (char *)resize(a, p, 100, 200);             /* an older one moves */
    CHECK(r != NULL && r != p && memcmp(r, "12345678", 8) == 0);
    CHECK(memcmp(q, "abcdefgh", 8) == 0);
    CHECK(resize(a, r, 200, 4) == r);               /* shrinking the newest gives the rest back */
    p = (char *)take(a, 8);
    CHECK(p > r && p < r + 200);
    give(a, p, 8);                                  /* the newest comes back at once */
    CHECK(take(a, 8) == p);
    give(a, q, 8);                                  /* an older one does not */
    CHECK(take(a, 8) != q);
    p = (char *)resize(a, q, 8, 4);                 /* shrinking an older one */
    CHECK(p != NULL && memcmp(p, "abcd", 4) == 0);
    p = (char *)resize(a, NULL, 0, 50000);          /* growing past a block keeps the bytes */
    memset(p, 'x', 50000);
    p = (char *)resize(a, p, 50000, 150000);
    CHECK(p != NULL && p[0] == 'x' && p[49999] == 'x');
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

/* Random use as an allocator against known contents. */
static void arena_model(void)
{
    test_heap heap;
    mcp_arena arena;
    mcp_alloc a;
    static slot slots[20];
    size_t round, rounds = test_rounds(20000), i;
    mcp_arena_init(&arena, test_heap_init(&heap), 1 << 20);
    a = mcp_arena_alloc(&arena);
    memset(slots, 0, sizeof slots);
    for (round = 0; round < rounds; round++) {
        slot *s = &slots[test_below(MCP_COUNT(slots))];
        size_t size = 1 + test_below(500), kept = s->size < size ? s->size : size;
        unsigned char *p = (unsigned char *)resize(a, s->ptr, s->ptr ? s->size : 0, size);
        if (!p) FAIL("no memory");
        else {
            if (s->ptr) {
                s->ptr = p;
                if (!slot_intact(s, kept)) FAIL("a resize changed the bytes");
            }
            slot_fill(s, p, size);
        }
        for (i = 0; i < MCP_COUNT(slots); i++)
            if (slots[i].ptr && !slot_intact(&slots[i], slots[i].size)) FAIL("blocks overlap");
        if (round % 100 == 99) {
            memset(slots, 0, sizeof slots);
            mcp_arena_reset(&arena);
        }
        if (test_state.failures) break;
    }
    mcp_arena_free(&arena);
    CHECK_HEAP(&heap);
}

/*---- Buffers ------------------------------------------------------------------------------------*/

static void buf_grows_to_its_maximum(void)
{
    size_t max, i;
    for (max = 0; max < 300; max++) {
        test_heap heap;
        mcp_buf b;
        NOTE("maximum %lu", (unsigned long)max);
        mcp_buf_init(&b, test_heap_init(&heap), max);
        CHECK(heap.calls == 0 && b.ptr == NULL && b.len == 0);
        for (i = 0; i < max; i++) {
            char c = (char)i;
            CHECK(mcp_buf_add(&b, &c, 1));
        }
        CHECK_STATUS(MCP_OK, b.error);
        CHECK(!mcp_buf_add(&b, "x", 1));
        CHECK_STATUS(MCP_E_TOO_LONG, b.error);
        CHECK_UINT(max, b.len);
        for (i = 0; i < max; i++) CHECK(b.ptr[i] == (char)i);
        mcp_buf_free(&b);
        CHECK_HEAP(&heap);
    }
}

static void buf_error_is_sticky(void)
{
    test_heap heap;
    mcp_buf b;
    size_t calls;
    mcp_buf_init(&b, test_heap_init(&heap), 10);
    CHECK(mcp_buf_add(&b, "12345", 5));
    CHECK(!mcp_buf_add(&b, "123456", 6));
    CHECK_STATUS(MCP_E_TOO_LONG, b.error);
    CHECK(!mcp_buf_add(&b, "1", 1));                /* would fit, but nothing is added any more */
    CHECK(!mcp_buf_room(&b, 1));
    CHECK_BYTES("12345", 5, b.ptr, b.len);
    mcp_buf_reset(&b);
    CHECK_STATUS(MCP_OK, b.error);
    CHECK_UINT(0, b.len);
    calls = heap.calls;
    CHECK(mcp_buf_add(&b, "abcde", 5));
    CHECK_UINT(calls, heap.calls);                  /* the memory was kept */
    CHECK_BYTES("abcde", 5, b.ptr, b.len);
    mcp_buf_free(&b);
    CHECK_HEAP(&heap);
    CHECK(mcp_buf_add(&b, "again", 5));
    CHECK_BYTES("again", 5, b.ptr, b.len);
    heap.fail_at = heap.calls + 1;
    heap.forever = true;
    mcp_buf_free(&b);
    CHECK(!mcp_buf_add(&b, "x", 1));
    CHECK_STATUS(MCP_E_NOMEM, b.error);
    heap.fail_at = 0;
    CHECK(!mcp_buf_add(&b, "x", 1));
    CHECK_STATUS(MCP_E_NOMEM, b.error);
    mcp_buf_free(&b);
    CHECK_HEAP(&heap);
}

static void buf_refuses_huge_sizes(void)
{
    size_t i;
    for (i = 0; i < 70; i++) {
        test_heap heap;
        mcp_buf b;
        mcp_buf_init(&b, test_heap_init(&heap), 1000);
        CHECK(mcp_buf_add(&b, "12345", 5));
        CHECK(!mcp_buf_room(&b, SIZE_MAX - i));
        CHECK_STATUS(MCP_E_TOO_LONG, b.error);
        mcp_buf_free(&b);
        mcp_buf_init(&b, b.alloc, SIZE_MAX);
        CHECK(mcp_buf_add(&b, "12345", 5));
        CHECK(!mcp_buf_room(&b, SIZE_MAX - i));
        CHECK(b.error == MCP_E_TOO_LONG || b.error == MCP_E_NOMEM);
        CHECK_BYTES("12345", 5, b.ptr, b.len);
        mcp_buf_reset(&b);
        CHECK(!mcp_buf_room(&b, SIZE_MAX / 2 + i));
        CHECK_STATUS(MCP_E_NOMEM, b.error);
        mcp_buf_free(&b);
        CHECK_HEAP(&heap);
    }
}

static void buf_room_is_writable(void)
{
    test_heap heap;
    mcp_buf b;
    size_t size;
    mcp_buf_init(&b, test_heap_init(&heap), 100000);
    for (size = 0; size < 400; size++) {
        CHECK(mcp_buf_room(&b, size));
        CHECK(b.cap - b.len >= size && (b.ptr || !size));
        if (size) memset(b.ptr + b.len, 'x', size);
        b.len += size;
    }
    mcp_buf_free(&b);
    CHECK_HEAP(&heap);
    /* growth is by a factor, not by a step */
    mcp_buf_init(&b, test_heap_init(&heap), 1 << 20);
    for (size = 0; size < 1 << 20; size++) CHECK(mcp_buf_add(&b, "x", 1));
    if (heap.calls > 60) FAIL("%lu allocations for a megabyte", (unsigned long)heap.calls);
    mcp_buf_free(&b);
    CHECK_HEAP(&heap);
}

static void buf_fixed_stays_inside(void)
{
    char *end = test_guarded(300);
    size_t size, i;
    for (size = 0; size <= 300; size++) {
        mcp_buf b;
        mcp_buf_fixed(&b, end - size, size);
        for (i = 0; i < size; i++) CHECK(mcp_buf_add(&b, "y", 1));
        CHECK(!mcp_buf_add(&b, "z", 1));
        CHECK_STATUS(MCP_E_TOO_LONG, b.error);
        CHECK(b.ptr == end - size || size == 0);
        CHECK_UINT(size, b.len);
        mcp_buf_reset(&b);
        CHECK(!mcp_buf_room(&b, size + 1));
        mcp_buf_reset(&b);
        CHECK(mcp_buf_room(&b, size));
        mcp_buf_free(&b);                           /* and the memory is not given to free */
        if (size) CHECK(end[-1] == 'y');
    }
}

static void buf_adds_nothing(void)
{
    mcp_alloc none = { 0, 0 };
    mcp_buf b;
    mcp_buf_init(&b, none, 10);
    CHECK(mcp_buf_add(&b, NULL, 0));
    CHECK(mcp_buf_room(&b, 0));
    CHECK(mcp_buf_add(&b, "a", 1));
    CHECK(mcp_buf_add(&b, NULL, 0));
    CHECK_BYTES("a", 1, b.ptr, b.len);
    mcp_buf_free(&b);
}

/*---- UTF-8 --------------------------------------------------------------------------------------*/

/* The plainest decoder there is (RFC 3629, 3): bytes of the character at s, 0 if there is none. */
static size_t character(const unsigned char *s, size_t len)
{
    uint32_t c;
    size_t n, i;
    if (s[0] < 0x80) return 1;
    if (s[0] >= 0xC0 && s[0] <= 0xDF) { n = 2; c = s[0] & 0x1Fu; }
    else if (s[0] >= 0xE0 && s[0] <= 0xEF) { n = 3; c = s[0] & 0x0Fu; }
    else if (s[0] >= 0xF0 && s[0] <= 0xF7) { n = 4; c = s[0] & 0x07u; }
    else return 0;
    if (len < n) return 0;
    for (i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    if (n == 2) return c >= 0x80 ? n : 0;
    if (n == 3) return c >= 0x800 && (c < 0xD800 || c > 0xDFFF) ? n : 0;
    return c >= 0x10000 && c <= 0x10FFFF ? n : 0;
}

static bool plain_valid(const unsigned char *s, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t n = character(s + at, len - at);
        if (!n) return false;
        at += n;
    }
    return true;
}

static size_t encode(unsigned char *s, uint32_t c)
{
    if (c < 0x80) { s[0] = (unsigned char)c; return 1; }
    if (c < 0x800) {
        s[0] = (unsigned char)(0xC0 | c >> 6);
        s[1] = (unsigned char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        s[0] = (unsigned char)(0xE0 | c >> 12);
        s[1] = (unsigned char)(0x80 | (c >> 6 & 63));
        s[2] = (unsigned char)(0x80 | (c & 63));
        return 3;
    }
    s[0] = (unsigned char)(0xF0 | c >> 18);
    s[1] = (unsigned char)(0x80 | (c >> 12 & 63));
    s[2] = (unsigned char)(0x80 | (c >> 6 & 63));
    s[3] = (unsigned char)(0x80 | (c & 63));
    return 4;
}

static void compare_utf8(const unsigned char *s, size_t len)
{
    bool want = plain_valid(s, len);
    char quoted[200];
    if (mcp_utf8_valid((const char *)s, len) != want)
        FAIL("%s taken for %s", test_quote(quoted, sizeof quoted, (const char *)s, len),
             want ? "ill-formed" : "well-formed");
}

static void utf8_every_code_point(void)
{
    unsigned char s[8];
    uint32_t c;
    for (c = 0; c <= 0x1FFFFF; c++) {
        size_t n = encode(s, c);
        bool want = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (mcp_utf8_valid((const char *)s, n) != want) FAIL("U+%04X", (unsigned)c);
    }
    CHECK(mcp_utf8_valid("", 0));
    CHECK(mcp_utf8_valid(NULL, 0));
    CHECK(mcp_utf8_valid("a\0b", 3));
}

static void utf8_short_sequences(void)
{
    static const unsigned char tails[] = { 0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE1,
                                           0xF1, 0xFF };
    unsigned char s[4];
    unsigned a, b;
    size_t c, d, count = MCP_COUNT(tails);
    for (a = 0; a < 256; a++) {
        s[0] = (unsigned char)a;
        compare_utf8(s, 1);
        for (b = 0; b < 256; b++) {
            s[1] = (unsigned char)b;
            compare_utf8(s, 2);
            for (c = 0; c < count; c++) {
                s[2] = tails[c];
                compare_utf8(s, 3);
                if (a < 0xC0 && b < 0xC0) continue;
                for (d = 0; d < count; d++) {
                    s[3] = tails[d];
                    compare_utf8(s, 4);
                }
            }
        }
    }
}

static const char *const odd[] = {
    "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
    "\xF4\x8F\xBF\xBF", "\xF1\x80\x80\x80", "\xE2\x82\xAC",
    "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
    "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xC2", "\xE2\x82",
    "\xF0\x90\x80", "\xC2\x41", "\xE2\x28\xA1", "\xE2\x82\x28", "\xF0\x28\x8C\xBC", "\xF0\x90\x28\xBC"
};

/* Everything odd at every place of a text that ends at a page, so at every place of every block. */
static void utf8_at_every_place(void)
{
    char *end = test_guarded(512);
    size_t i, len, at;
    for (i = 0; i < MCP_COUNT(odd); i++) {
        size_t n = strlen(odd[i]);
        for (len = n; len <= 150; len++) {
            char *s = end - len;
            memset(s, 'a', len);
            for (at = 0; at + n <= len; at++) {
                memcpy(s + at, odd[i], n);
                compare_utf8((const unsigned char *)s, len);
                memset(s + at, 'a', n);
            }
        }
    }
}

static void utf8_every_truncation(void)
{
    char *end = test_guarded(512);
    size_t i, cut, before;
    for (i = 0; i < MCP_COUNT(odd); i++) {
        size_t n = strlen(odd[i]);
        for (cut = 1; cut <= n; cut++) {
            for (before = 0; before < 140; before++) {
                char *s = end - before - cut;
                memset(s, before % 2 ? 'z' : ' ', before);
                memcpy(s + before, odd[i], cut);
                compare_utf8((const unsigned char *)s, before + cut);
            }
        }
    }
}

/* Text of many kinds, damaged in one byte. */
static void utf8_random(void)
{
    static unsigned char s[600];
    size_t round, rounds = test_rounds(30000);
    for (round = 0; round < rounds; round++) {
        size_t len = 0, want = test_below(400);
        while (len < want) {
            uint32_t c = (uint32_t)test_below((size_t)1 << (7 + test_below(15)));
            if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 'x';
            len += encode(s + len, c);
        }
        if (len && test_below(2)) s[test_below(len)] = (unsigned char)test_below(256);
        compare_utf8(s, len);
    }
}

/*---- base64 -------------------------------------------------------------------------------------*/

static void base64_rfc_vectors(void)
{
    static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
    static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
    size_t i, len;
    char out[16];
    for (i = 0; i < MCP_COUNT(plain); i++) {
        size_t n = strlen(plain[i]);
        NOTE("%s", plain[i]);
        CHECK_UINT(strlen(coded[i]), MCP_BASE64_SIZE(n));
        CHECK_UINT(strlen(coded[i]), mcp_base64_encode(out, sizeof out, plain[i], n));
        CHECK_STR(coded[i], out);
        CHECK_STATUS(MCP_OK, mcp_base64_decode(out, sizeof out, &len, coded[i], strlen(coded[i])));
        CHECK_BYTES(plain[i], n, out, len);
    }
}

/* An encoder written from the RFC's words: 24 bits, four times six. */
static size_t plain_base64(char *out, const unsigned char *s, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i, n = 0;
    for (i = 0; i < len; i += 3) {
        unsigned long bits = (unsigned long)s[i] << 16;
        if (i + 1 < len) bits |= (unsigned long)s[i + 1] << 8;
        if (i + 2 < len) bits |= s[i + 2];
        out[n++] = alphabet[bits >> 18 & 63];
        out[n++] = alphabet[bits >> 12 & 63];
        out[n++] = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        out[n++] = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    out[n] = 0;
    return n;
}

static void base64_every_length(void)
{
    static unsigned char bytes[301];
    static char want[405], back[405];
    char *in_end = test_guarded(512), *out_end = test_guarded(512);
    size_t n, i, len;
    for (n = 0; n <= 300; n++) {
        size_t chars = MCP_BASE64_SIZE(n);
        char *out = out_end - chars - 1;
        NOTE("%lu bytes", (unsigned long)n);
        for (i = 0; i < n; i++) bytes[i] = (unsigned char)test_random();
        memcpy(in_end - n, bytes, n);
        CHECK_UINT(chars, plain_base64(want, bytes, n));
        CHECK_UINT(chars, mcp_base64_encode(out, chars + 1, in_end - n, n));
        CHECK_BYTES(want, chars + 1, out, chars + 1);
        memset(back, 'u', sizeof back);
        CHECK_UINT(0, mcp_base64_encode(back, chars, in_end - n, n));           /* one too small */
        CHECK(back[0] == 'u');
        memcpy(in_end - chars, want, chars);                                    /* ends at a page */
        CHECK_STATUS(MCP_OK, mcp_base64_decode(out_end - n, n, &len, in_end - chars, chars));
        CHECK_BYTES((const char *)bytes, n, out_end - n, len);
        if (n) CHECK_STATUS(MCP_E_TOO_LONG, mcp_base64_decode(back, n - 1, &len, want, chars));
        CHECK_STATUS(MCP_OK, mcp_base64_decode(want, chars, &len, want, chars));    /* in place */
        CHECK_BYTES((const char *)bytes, n, want, len);
    }
}

static void base64_is_strict(void)
{
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "Zg====", "Zm8", "Zm8==", "=", "==", "===", "====", "Z===", "Zm9vZ", "Zm9vZg",
        "Zm9v=", "Zm9v====", "=Zg=", "Z=g=", "Zm=v", "Z==v", "Zg==Zg==", "Zm8=Zm9v", "Zg==Zm9v",
        "Zh==", "Zi==", "Zj==", "Zn==", "Zo==", "Zw==x", "Zm9=", "Zm+=", "Zm/=", "Zm8=\n", "\nZm8=", " Zm8=",
        "Zm8= ", "Zm 8", "Zm\n8=", "Zm8\r", "-w==", "_w==", "ab-_", "ab+-", "Zm9*", "Zm\x80v", "Zm\xFFv", "....",
        "Zm9vYg==\n", "Zm9v\nYg=="
    };
    static const char *const good[] = { "+w==", "/w==", "ab+/", "AAAA", "AA==", "AAA=" };
    char out[32];
    size_t i, len;
    for (i = 0; i < MCP_COUNT(bad); i++) {
        NOTE("%s", bad[i]);
        CHECK_STATUS(MCP_E_SYNTAX, mcp_base64_decode(out, sizeof out, &len, bad[i], strlen(bad[i])));
    }
    for (i = 0; i < MCP_COUNT(good); i++) {
        NOTE("%s", good[i]);
        CHECK_STATUS(MCP_OK, mcp_base64_decode(out, sizeof out, &len, good[i], strlen(good[i])));
    }
    CHECK_STATUS(MCP_E_SYNTAX, mcp_base64_decode(out, sizeof out, &len, "AA\0A", 4));
}

/* Of all texts of four characters over a telling alphabet, those are right that the encoder writes. */
static void base64_decodes_what_is_encoded(void)
{
    static const char telling[] = "AQgwBZaz05+/=-_ \n.\x80";
    char s[5], out[8], again[8];
    size_t a, b, c, d, len, n = sizeof telling - 1;
    for (a = 0; a < n; a++) for (b = 0; b < n; b++) for (c = 0; c < n; c++) for (d = 0; d < n; d++) {
        int status;
        s[0] = telling[a]; s[1] = telling[b]; s[2] = telling[c]; s[3] = telling[d]; s[4] = 0;
        status = mcp_base64_decode(out, sizeof out, &len, s, 4);
        if (status == MCP_OK) {
            plain_base64(again, (const unsigned char *)out, len);
            CHECK_STR(s, again);
        } else {
            bool letters = strspn(s, "AQgwBZaz05+/") == 4;
            CHECK_STATUS(MCP_E_SYNTAX, status);
            if (letters) FAIL("%s refused", s);
        }
    }
}

static void base64_every_character(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned c;
    for (c = 0; c < 256; c++) {
        char s[4] = { 'A', 'A', 'A', 'A' }, out[3];
        const char *at = (const char *)memchr(alphabet, (int)c, 64);
        size_t len = 0;
        int status;
        s[3] = (char)c;
        status = mcp_base64_decode(out, 3, &len, s, 4);
        NOTE("character %02X", c);
        if (c == '=') {
            CHECK_STATUS(MCP_OK, status);
            CHECK_UINT(2, len);
        } else if (!at) CHECK_STATUS(MCP_E_SYNTAX, status);
        else {
            CHECK_STATUS(MCP_OK, status);
            CHECK_UINT(3, len);
            CHECK_INT(at - alphabet, out[2]);
        }
    }
}

static void base64_huge_sizes(void)
{
    char out[8] = "same";
    size_t i;
    for (i = 0; i < 8; i++) {
        CHECK_UINT(0, mcp_base64_encode(out, sizeof out, "x", SIZE_MAX / 2 + i));
        CHECK_UINT(0, mcp_base64_encode(out, sizeof out, "x", SIZE_MAX - i));
    }
    CHECK_STR("same", out);
    CHECK_UINT(0, mcp_base64_encode(out, 0, "", 0));
    CHECK_STR("same", out);
}

/*---- base64url: the same but for two characters and the padding, so it is held against base64. ---*/

static size_t plain_base64url(char *out, const unsigned char *s, size_t len)
{
    size_t i, n = plain_base64(out, s, len);
    while (n && out[n - 1] == '=') n--;
    out[n] = 0;
    for (i = 0; i < n; i++) {
        if (out[i] == '+') out[i] = '-';
        if (out[i] == '/') out[i] = '_';
    }
    return n;
}

static void base64url_every_length(void)
{
    static unsigned char bytes[301];
    static char want[405], back[405];
    char *in_end = test_guarded(512), *out_end = test_guarded(512);
    size_t n, i, len;
    for (n = 0; n <= 300; n++) {
        size_t chars = MCP_BASE64URL_SIZE(n);
        char *out = out_end - chars - 1;
        NOTE("%lu bytes", (unsigned long)n);
        for (i = 0; i < n; i++) bytes[i] = (unsigned char)test_random();
        memcpy(in_end - n, bytes, n);
        CHECK_UINT(chars, plain_base64url(want, bytes, n));
        CHECK_UINT(chars, mcp_base64url_encode(out, chars + 1, in_end - n, n));
        CHECK_BYTES(want, chars + 1, out, chars + 1);
        memset(back, 'u', sizeof back);
        CHECK_UINT(0, mcp_base64url_encode(back, chars, in_end - n, n));        /* one too small */
        CHECK(back[0] == 'u');
        memcpy(in_end - chars, want, chars);                                    /* ends at a page */
        CHECK_STATUS(MCP_OK, mcp_base64url_decode(out_end - n, n, &len, in_end - chars, chars));
        CHECK_BYTES((const char *)bytes, n, out_end - n, len);
        if (n) CHECK_STATUS(MCP_E_TOO_LONG, mcp_base64url_decode(back, n - 1, &len, want, chars));
        CHECK_STATUS(MCP_OK, mcp_base64url_decode(want, chars, &len, want, chars));    /* in place */
        CHECK_BYTES((const char *)bytes, n, want, len);
    }
}

/* Of all texts of up to four characters over a telling alphabet, those are right that the encoder writes. */
static void base64url_decodes_what_is_encoded(void)
{
    static const char telling[] = "AQgwBZaz05+/=-_ \n.\x80";
    const size_t n = sizeof telling - 1;
    char s[5], out[8], again[8];
    size_t i, k, at, len, right = 0;
    for (k = 0; k <= 4; k++) {
        size_t all = k == 0 ? 1 : k == 1 ? n : k == 2 ? n * n : k == 3 ? n * n * n : n * n * n * n;
        for (i = 0; i < all; i++) {
            for (at = i, len = 0; len < k; len++, at /= n) s[len] = telling[at % n];
            s[k] = 0;
            if (mcp_base64url_decode(out, sizeof out, &len, s, k) != MCP_OK) {
                CHECK_UINT(0, len);
                continue;
            }
            right++;
            plain_base64url(again, (const unsigned char *)out, len);
            CHECK_BYTES(again, strlen(again), s, k);
        }
    }
    /* letters of telling: 12 of any bits (AQgwBZaz05-_), 4 with the low four bits 0, 5 with the low two */
    CHECK_UINT(1 + 12 * 4 + 12 * 12 * 5 + 12 * 12 * 12 * 12, right);
    CHECK_STATUS(MCP_E_SYNTAX, mcp_base64url_decode(out, sizeof out, &len, "AA\0A", 4));
}

static void base64url_huge_sizes(void)
{
    char out[8] = "same";
    size_t i;
    for (i = 0; i < 8; i++) {
        CHECK_UINT(0, mcp_base64url_encode(out, sizeof out, "x", SIZE_MAX / 2 + i));
        CHECK_UINT(0, mcp_base64url_encode(out, sizeof out, "x", SIZE_MAX - i));
    }
    CHECK_STR("same", out);
    CHECK_UINT(0, mcp_base64url_encode(out, 0, "", 0));
    CHECK_STR("same", out);
}

/*---- Statuses, version, allocators --------------------------------------------------------------*/

static void strerror_names_all(void)
{
#define ROW(name, value, text) { name, value, #name ": " text },
    static const struct { int status, value; const char *text; } rows[] = { MCP_STATUS_LIST(ROW) };
#undef ROW
    static const int unknown[] = { 3, 4, -20, -21, -100, 100, 32767, -32768, INT32_MAX, INT32_MIN };
    size_t i;
    CHECK_UINT(22, MCP_COUNT(rows));
    for (i = 0; i < MCP_COUNT(rows); i++) {
        CHECK_INT(rows[i].value, rows[i].status);
        CHECK_STR(rows[i].text, mcp_strerror(rows[i].status));
    }
    for (i = 0; i < MCP_COUNT(unknown); i++) CHECK_STR("unknown status", mcp_strerror(unknown[i]));
}

static void version_is_the_headers(void)
{
    char text[40];
    CHECK_INT(MCP_H_VERSION_NUM, mcp_h_version());
    CHECK_INT(MCP_H_VERSION_MAJOR * 10000 + MCP_H_VERSION_MINOR * 100 + MCP_H_VERSION_PATCH, MCP_H_VERSION_NUM);
    snprintf(text, sizeof text, "%d.%d.%d", MCP_H_VERSION_MAJOR, MCP_H_VERSION_MINOR, MCP_H_VERSION_PATCH);
    CHECK_STR(text, MCP_H_VERSION);
}

/* {0} is realloc and free. */
static void default_allocator(void)
{
    mcp_alloc none = { 0, 0 };
    mcp_arena arena;
    mcp_buf b;
    char *p;
    mcp_arena_init(&arena, none, 100000);
    p = (char *)mcp_arena_get(&arena, 5000);
    CHECK(p != NULL);
    if (p) memset(p, 1, 5000);
    mcp_arena_free(&arena);
    mcp_buf_init(&b, none, 1000);
    CHECK(mcp_buf_add(&b, "abc", 3));
    CHECK_BYTES("abc", 3, b.ptr, b.len);
    mcp_buf_free(&b);
}

int main(void)
{
    TEST(pool_model);
    TEST(pool_exhaustion);
    TEST(pool_refuses_huge_sizes);
    TEST(pool_in_odd_memory);
    TEST(pool_carries_the_codec);
    TEST(arena_gives_aligned_memory);
    TEST(arena_reuses_after_reset);
    TEST(arena_stays_small);
    TEST(arena_does_not_wear_out);
    TEST(arena_honours_the_maximum);
    TEST(arena_refuses_huge_sizes);
    TEST(arena_as_an_allocator);
    TEST(arena_model);
    TEST(buf_grows_to_its_maximum);
    TEST(buf_error_is_sticky);
    TEST(buf_refuses_huge_sizes);
    TEST(buf_room_is_writable);
    TEST(buf_fixed_stays_inside);
    TEST(buf_adds_nothing);
    TEST(utf8_every_code_point);
    TEST(utf8_short_sequences);
    TEST(utf8_at_every_place);
    TEST(utf8_every_truncation);
    TEST(utf8_random);
    TEST(base64_rfc_vectors);
    TEST(base64_every_length);
    TEST(base64_is_strict);
    TEST(base64_decodes_what_is_encoded);
    TEST(base64_every_character);
    TEST(base64_huge_sizes);
    TEST(base64url_every_length);
    TEST(base64url_decodes_what_is_encoded);
    TEST(base64url_huge_sizes);
    TEST(strerror_names_all);
    TEST(version_is_the_headers);
    TEST(default_allocator);
    return test_end();
}
