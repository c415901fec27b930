/* test.h - what every tests/test_NAME.c shares. One program is one file, one case is one function:

       #define MCP_IMPLEMENTATION
       #include "../mcp.h"
       #include "test.h"

       static void adds(void) { CHECK_INT(4, 2 + 2); }
       int main(void) { TEST(adds); return test_end(); }

   prints "ok - NAME: adds", or "FAIL - NAME: adds: file:line: what was expected, what came" with further
   failures of the case indented below it, or "skip - NAME: adds: why" after SKIP(why). NOTE(...) says which
   row of a table the checks after it are about. test_hear(...) in callbacks writes down what they were told, for
   CHECK_HEARD. MCP_TEST_SEED changes the random numbers. */

#ifndef MCP_H
#error "include ../mcp.h before test.h, so that it can choose what libc shows"
#endif
#ifndef TEST_H
#define TEST_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <fcntl.h>
#include <unistd.h>

static struct test_state {
    const char *name;           /* of the case */
    const char *skip;           /* why it is skipped */
    int name_len, failures, failed;
    char note[200];
    char heard[1 << 14];        /* what callbacks were told, since it was asked */
    uint64_t seed;
} test_state;

static inline void test_fail(const char *file, int line, const char *format, ...) MCP_PRINTF(3, 4);
static inline void test_note(const char *format, ...) MCP_PRINTF(1, 2);
static inline void test_hear(const char *format, ...) MCP_PRINTF(1, 2);

#define TEST(fn)       test_run(__FILE__, #fn, fn)
#define NOTE(...)      test_note(__VA_ARGS__)
#define FAIL(...)      test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(why)      do { test_state.skip = (why); return; } while (0)
#define CHECK(what)    do { if (!(what)) FAIL("expected %s", #what); } while (0)
#define CHECK_INT(want, got)    test_int(__FILE__, __LINE__, #got, (want), (got))
#define CHECK_UINT(want, got)   test_uint(__FILE__, __LINE__, #got, (want), (got))
#define CHECK_STATUS(want, got) test_status(__FILE__, __LINE__, #got, (want), (got))
/* C strings, and bytes with a length. NULL is a value of its own. */
#define CHECK_STR(want, got)    test_str(__FILE__, __LINE__, #got, (want), (got))
#define CHECK_BYTES(want, want_len, got, got_len) \
    test_bytes(__FILE__, __LINE__, #got, (want), (want_len), (got), (got_len))
/* All that was heard since the last time. */
#define CHECK_HEARD(want)       CHECK_STR(want, test_heard())

/*---- Cases --------------------------------------------------------------------------------------*/

static inline void test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    if (++test_state.failures > 20) return;
    if (test_state.failures == 1) printf("FAIL - %s: ", test_state.name);
    else printf("       ");
    printf("%s:%d: ", file, line);
    if (test_state.note[0]) printf("[%s] ", test_state.note);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
}

static inline void test_note(const char *format, ...)
{
    size_t i;
    va_list args;
    va_start(args, format);
    vsnprintf(test_state.note, sizeof test_state.note, format, args);
    va_end(args);
    for (i = 0; test_state.note[i]; i++)
        if ((unsigned char)test_state.note[i] < 32) test_state.note[i] = '.';
}

/* A crash says in which case; the sanitizers say it better. */
static inline void test_crash(int number)
{
    FAIL("crashed with signal %d", number);
    _exit(1);
}

static inline void test_run(const char *file, const char *fn, void (*run)(void))
{
    static char name[200];
    const char *base = strrchr(file, '/');
    const char *stem = base ? base + 1 : file;
    if (strncmp(stem, "test_", 5) == 0) stem += 5;
    snprintf(name, sizeof name, "%.*s: %s", (int)strcspn(stem, "."), stem, fn);
    test_state.name = name;
    test_state.note[0] = test_state.heard[0] = 0;
    test_state.failures = 0;
    test_state.skip = NULL;
    test_state.seed = getenv("MCP_TEST_SEED") ? strtoull(getenv("MCP_TEST_SEED"), NULL, 0) : 20261120;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
    signal(SIGSEGV, test_crash);
    signal(SIGBUS, test_crash);
    signal(SIGFPE, test_crash);
    signal(SIGILL, test_crash);
#endif
    run();
    if (test_state.failures) test_state.failed = 1;
    else if (test_state.skip) printf("skip - %s: %s\n", name, test_state.skip);
    else printf("ok - %s\n", name);
    fflush(stdout);
}

static inline int test_end(void)
{
    return test_state.failed;
}

/*---- Checks -------------------------------------------------------------------------------------*/

static inline void test_int(const char *file, int line, const char *what, int64_t want, int64_t got)
{
    if (want != got)
        test_fail(file, line, "%s: expected %lld, got %lld", what, (long long)want, (long long)got);
}

static inline void test_uint(const char *file, int line, const char *what, uint64_t want, uint64_t got)
{
    if (want != got)
        test_fail(file, line, "%s: expected %llu, got %llu", what, (unsigned long long)want,
                  (unsigned long long)got);
}

static inline void test_status(const char *file, int line, const char *what, int want, int got)
{
    if (want != got)
        test_fail(file, line, "%s: expected %d \"%s\", got %d \"%s\"", what, want, mcp_strerror(want), got,
                  mcp_strerror(got));
}

/* Bytes as they can be printed on one line, cut. */
static inline const char *test_quote(char *out, size_t cap, const char *ptr, size_t len)
{
    size_t i, n = 0;
    if (!ptr) return "NULL";
    out[n++] = '"';
    for (i = 0; i < len && n + 12 < cap; i++) {
        unsigned char c = (unsigned char)ptr[i];
        if (c >= 32 && c < 127) out[n++] = (char)c;
        else n += (size_t)snprintf(out + n, cap - n, "<%02X>", c);
    }
    snprintf(out + n, cap - n, i < len ? "\"..." : "\"");
    return out;
}

static inline void test_bytes(const char *file, int line, const char *what, const char *want,
                              size_t want_len, const char *got, size_t got_len)
{
    char a[160], b[160];
    size_t i = 0;
    if (want_len == got_len && !want == !got && (want_len == 0 || !memcmp(want, got, want_len))) return;
    while (want && got && i < want_len && i < got_len && want[i] == got[i]) i++;
    i = i < 20 ? 0 : i - 10;
    test_fail(file, line, "%s: expected %s (%lu bytes), got %s (%lu bytes), shown from %lu", what,
              test_quote(a, sizeof a, want ? want + i : want, want_len - i), (unsigned long)want_len,
              test_quote(b, sizeof b, got ? got + i : got, got_len - i), (unsigned long)got_len,
              (unsigned long)i);
}

static inline void test_str(const char *file, int line, const char *what, const char *want, const char *got)
{
    test_bytes(file, line, what, want, want ? strlen(want) : 0, got, got ? strlen(got) : 0);
}

/*---- What callbacks were told -------------------------------------------------------------------*/

/* Adds to what was heard; what has no place is cut, and the case fails. */
static inline void test_hear(const char *format, ...)
{
    const size_t len = strlen(test_state.heard), left = sizeof test_state.heard - len;
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(test_state.heard + len, left, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= left) FAIL("more was heard than there is a place for");
}

/* What was heard since the last time; good until the next. */
static inline const char *test_heard(void)
{
    static char text[sizeof test_state.heard];
    memcpy(text, test_state.heard, strlen(test_state.heard) + 1);
    test_state.heard[0] = 0;
    return text;
}

/*---- Tools --------------------------------------------------------------------------------------*/

/* Random numbers (xorshift64*), the same in every run. */
static inline uint64_t test_random(void)
{
    uint64_t x = test_state.seed ? test_state.seed : 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    test_state.seed = x;
    return x * 2685821657736338717u;
}

/* A random number below limit. */
static inline size_t test_below(size_t limit)
{
    return (size_t)((test_random() >> 16) % limit);
}

/* How often a random test tries: MCP_TEST_N, or as named. */
static inline size_t test_rounds(size_t rounds)
{
    const char *n = getenv("MCP_TEST_N");
    return n ? (size_t)strtoull(n, NULL, 0) : rounds;
}

/* The step of a loop over all there is: 1, or n where MCP_TEST_N asks for haste (valgrind, emulators). */
static inline size_t test_step(size_t n)
{
    return test_rounds(10000) < 10000 ? n : 1;
}

/* size bytes, rounded up to pages, between two pages that must not be touched. Returns the end: use
   end - len for what must not be read past. NULL without memory. */
static inline char *test_guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size + page - 1) / page * page;
    int zero = open("/dev/zero", O_RDWR);
    void *mem = mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE, zero, 0);
    close(zero);
    if (mem == MAP_FAILED || mprotect((char *)mem + page, bytes, PROT_READ | PROT_WRITE)) return NULL;
    return (char *)mem + page + bytes;
}

/* The bytes of a file, with a NUL after them, for free; NULL if it cannot be read. */
static inline char *test_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;
    *len = 0;
    if (!f) return NULL;
    for (;;) {
        size_t n;
        char *more = (char *)realloc(bytes, *len + 65536 + 1);
        if (!more) break;
        bytes = more;
        n = fread(bytes + *len, 1, 65536, f);
        *len += n;
        bytes[*len] = 0;
        if (n == 0) break;
    }
    fclose(f);
    return bytes;
}

/* An allocator that counts, fails when told to, always moves, fills what is fresh or released with junk,
   and checks what it is told. */
typedef struct test_heap {
    size_t blocks, bytes;       /* out now */
    size_t peak;                /* the most bytes that were out at once */
    size_t calls;               /* that wanted memory */
    size_t fail_at;             /* the call that fails, from 1; 0: none */
    bool forever;               /* and all after it */
    const char *wrong;          /* what was wrong with a call; NULL: nothing */
} test_heap;

static inline void *test_heap_fn(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    enum { HEAD = 32 };         /* size and magic; keeps malloc's alignment */
    static const uint64_t magic = 0x6d63702e68656170u;
    test_heap *h = (test_heap *)ctx;
    unsigned char *fresh = NULL, *old = ptr ? (unsigned char *)ptr - HEAD : NULL;
    size_t known = 0;
    if (!ptr && old_size) h->wrong = "an old size without a block";
    if (old) {
        uint64_t mark;
        memcpy(&known, old, sizeof known);
        memcpy(&mark, old + 16, sizeof mark);
        if (mark != magic) h->wrong = "a block that was not given, or twice";
        else if (known != old_size) h->wrong = "an old size that is not the block's";
        if (h->wrong) return NULL;
    }
    if (new_size) {
        h->calls++;
        if (h->fail_at && (h->calls == h->fail_at || (h->forever && h->calls > h->fail_at))) return NULL;
        if (new_size > 0x40000000) return NULL;     /* more than any test means */
        fresh = (unsigned char *)malloc(new_size + HEAD);
        if (!fresh) return NULL;
        memcpy(fresh, &new_size, sizeof new_size);
        memcpy(fresh + 16, &magic, sizeof magic);
        memset(fresh + HEAD, 0xA5, new_size);
        if (old) memcpy(fresh + HEAD, ptr, known < new_size ? known : new_size);
        h->blocks++;
        h->bytes += new_size;
    }
    if (old) {
        memset(old, 0xDD, known + HEAD);
        free(old);
        h->blocks--;
        h->bytes -= known;
    }
    if (h->bytes > h->peak) h->peak = h->bytes;
    return fresh ? fresh + HEAD : NULL;
}

static inline mcp_alloc test_heap_init(test_heap *h)
{
    mcp_alloc a;
    memset(h, 0, sizeof *h);
    a.fn = test_heap_fn;
    a.ctx = h;
    return a;
}

/* Everything came back, and every call was right. */
static inline void test_heap_done(const char *file, int line, const test_heap *h)
{
    if (h->blocks) test_fail(file, line, "%lu blocks were not given back", (unsigned long)h->blocks);
    if (h->wrong) test_fail(file, line, "the allocator was told %s", h->wrong);
}
#define CHECK_HEAP(heap) test_heap_done(__FILE__, __LINE__, heap)

#endif /* TEST_H */
