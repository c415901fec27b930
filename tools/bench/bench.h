/* What the parts of the benchmark share: the messages, and what a JSON library has to do with them.

   time.c, memory.c and instructions.c each are a main program. All three see a library only through
   struct bench_lib, which an adapter (lib_*.c, lib_*.cpp) fills in; libs.c lists the adapters. */

#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero bytes behind every message. simdjson reads 64 bytes past the end, mcp.h may write 64, and
   yyjson wants zeros there. */
#define BENCH_PAD 128

/*---- Memory: an allocator that counts (heap.c). ----*/

struct bench_heap {
    size_t calls;               /* allocations and resizes */
    size_t live, peak;          /* bytes asked for: now, and at most */
};

/* realloc and, with size 0, free. */
void *bench_heap_resize(struct bench_heap *heap, void *ptr, size_t size);
/* How many bytes were asked for at ptr. */
size_t bench_heap_size(const void *ptr);

/*---- Libraries. ----*/

struct bench_text {
    const char *ptr;
    size_t len;
};

/* What a server wants to know of a tools/call. */
struct bench_call {
    bool version_ok;            /* "jsonrpc" is "2.0" */
    int64_t id;                 /* the number, or the length of a string */
    struct bench_text method, tool, arg;
    uint64_t digest;            /* of all these, where asked for: see bench_seen */
    bool want_digest;           /* false while the clock runs */
};

/* Adapters call this at the end of a dispatch, while the strings still live. The digest proves
   that every library found the same. */
void bench_digest(struct bench_call *call);
static inline void bench_seen(struct bench_call *call)
{
    if (call->want_digest) bench_digest(call);
}

/* True if the text is that literal. The length is known to the compiler, so no call remains. */
#define BENCH_IS(text, length, literal) \
    ((length) == sizeof(literal) - 1 && memcmp(text, literal, sizeof(literal) - 1) == 0)

struct bench_lib {
    const char *name;
    int variant;                /* for adapters that serve two rows; handed to open */
    /* Keeps what a connection would keep. No text is longer than longest. With a heap, memory comes
       from there; without, from where the library is fastest. */
    void *(*open)(int variant, size_t longest, struct bench_heap *heap);
    void (*close)(void *self);
    /* Parses, checks and frees one text; parsers that work in place may do so. BENCH_PAD bytes
       stand behind it. */
    bool (*parse)(void *self, char *text, size_t len);
    /* Parses a tools/call and finds what struct bench_call names; arg is a key of the arguments. */
    bool (*dispatch)(void *self, char *text, size_t len, const char *arg, struct bench_call *call);
    /* Parses and keeps the document; writes what is kept; forgets it. NULL where a library has no
       writer. json lives until the next call. */
    bool (*keep)(void *self, char *text, size_t len);
    struct bench_text (*write)(void *self);
    void (*drop)(void *self);
    /* Bytes of what is kept, beside the text. Only where the library tells; may be NULL. */
    size_t (*held)(void *self);
    /* The answer of a tool, from scratch: {"jsonrpc":"2.0","id":ID,
       "result":{"content":[{"type":"text","text":TEXT}],"isError":false}} */
    struct bench_text (*build)(void *self, int id, const char *text, size_t len);
};

enum {
    LIB_MCP,
    LIB_MCP_C99,                /* the same without intrinsics */
    LIB_YYJSON,                 /* in place, with a pool */
    LIB_YYJSON_RAW,             /* and numbers left as text, as mcp.h does it */
    LIB_CJSON,
    LIB_SIMDJSON_DOM,
    LIB_SIMDJSON_ONDEMAND,
    NUM_LIBS
};

/* NULL where a library was not there when the benchmark was built. */
extern const struct bench_lib *const bench_libs[NUM_LIBS];
/* The versions of those that are there, in one line. */
void bench_print_versions(void);

/*---- Messages (corpus.c). ----*/

/* In the order of the table in corpus.c. */
enum {
    MSG_PING, MSG_PROGRESS, MSG_CALL, MSG_CALL_2026, MSG_RESULT, MSG_INITIALIZE,
    MSG_MIX_CALLS, MSG_MIX_RESULTS,
    MSG_CODE, MSG_PROSE, MSG_UTF8, MSG_ESCAPED,
    MSG_NUMBERS, MSG_TOOLS, MSG_BLOB, MSG_IMAGES,
    MSG_TWITTER, MSG_CITM, MSG_CANADA,
    NUM_MESSAGES
};
/* The first six are single small messages; with the two mixes they are the eight small ones. */
enum { NUM_SMALL_SINGLE = 6, NUM_SMALL = 8 };

struct bench_message {
    const char *label;
    const char *file;           /* below the corpus directory */
    const char *arg;            /* the argument that a dispatch reads; NULL: no tools/call */
    bool lines;                 /* a message in each line, all different */
};

extern const struct bench_message bench_messages[NUM_MESSAGES];

/* Texts to work on. Parsers destroy them, so they are copied afresh, outside the timed part. */
struct bench_batch {
    size_t count;
    size_t *at, *len;           /* where each stands in work, and its length */
    char *golden, *work;
    size_t size;                /* bytes at golden and at work */
    size_t mean, longest;       /* length of a text */
};

/* Loads a message: the lines of a stream, or copies of a single one that fill working_set bytes (0:
   one copy). Returns false if there is no such file. */
bool bench_load(struct bench_batch *batch, const char *corpus, const struct bench_message *message,
                size_t working_set);
/* A batch of one text. */
void bench_load_text(struct bench_batch *batch, const char *text, size_t len);
void bench_refill(struct bench_batch *batch);
void bench_unload(struct bench_batch *batch);

/* The texts of built results: plain prose, or code with an escape every 6.4 bytes. */
void bench_fill_text(char *text, size_t len, bool escapes);

/* malloc that ends the program where there is no memory. */
void *bench_alloc(size_t size);

#ifdef __cplusplus
}
#endif

#endif
