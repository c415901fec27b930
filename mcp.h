/* mcp.h - v0.1.0 - the Model Context Protocol in one C header - MIT or Unlicense

   Put this file beside your code. In exactly ONE C or C++ file:

       #define MCP_IMPLEMENTATION
       #include "mcp.h"

   Everywhere else just #include it. Nothing beyond libc is needed: no thread, no global variable,
   no build system. C99, and C++11 as it stands.

   A WHOLE SERVER (examples/echo.c)

       #define MCP_IMPLEMENTATION
       #include "mcp.h"

       static int say(mcp_call *c)
       {
           return mcp_text(c, mcp_arg_str(c, "text"));
       }

       static const mcp_field say_args[] = {
           MCP_NEED("text", MCP_STRING, "What to say back"),
           MCP_END
       };
       static const mcp_tool tools[] = {
           MCP_TOOL("echo", say, "Says it back.", say_args)
       };

       int main(void)
       {
           mcp_server_desc d = { 0 };
           d.name = "echo"; d.version = "1.0";
           d.tools = tools; d.num_tools = MCP_COUNT(tools);
           return mcp_serve_stdio(&d);
       }

   cc -O2 echo.c -o echo, and any MCP client can start ./echo, list its tool and call it.

   A CLIENT (examples/call.c)

       const char *argv[] = { "./echo", NULL };
       mcp_client_desc d = { 0 };
       d.name = "call"; d.version = "1.0";
       mcp_client *client = mcp_client_spawn(&d, argv);
       if (!client) return 1;
       const mcp_reply *reply = mcp_call_tool(client, "echo", "{'text': %s}", "hello, world");
       printf("%s\n", mcp_reply_text(reply));
       mcp_client_close(client);

   It finds out by itself which revision the server speaks. A call that fails says why in
   mcp_reply_text. Resources, prompts and completions come as tools' answers do (mcp_read_resource,
   mcp_get_prompt, mcp_complete); mcp_list_first walks every list, whatever its pages. What the server tells
   unasked goes to desc.on_log, on_changed and on_notification. Where it may ask for something while it
   works (elicitation, sampling, roots), desc.on_input answers, whatever form the question takes on the wire.
   mcp_pair puts a server and a client into one process: that is how to unit-test a server
   (examples/unit.c).

   JUST THE JSON CODEC (-DMCP_LAYERS=2)

       mcp_doc doc = { 0 };
       char why[MCP_DOC_ERROR_SIZE];
       if (mcp_json_parse(&doc, text, len) != MCP_OK)
           fprintf(stderr, "%s\n", mcp_doc_error(&doc, why, sizeof why));
       mcp_json root = mcp_json_root(&doc);
       int64_t n = mcp_json_int(root, "count", 1);
       mcp_json first = mcp_json_find(root, "/items/0/name");
       mcp_doc_free(&doc);

       mcp_out out;
       mcp_str json;
       mcp_out_init(&out, 1 << 20);
       mcp_put_f(&out, "{'name': %s, 'n': %d, 'on': true}", name, 7);
       if (mcp_out_done(&out, &json) == MCP_OK) fwrite(json.ptr, 1, json.len, stdout);
       mcp_out_free(&out);

   TABLE OF CONTENTS

   The implementation stands in layers. Each uses only those above it, which tools/layers.sh
   proves; grep for the name to get there.

        1 >>base    allocator, pool, arena, buffers, UTF-8, base64, SHA-256, numbers <-> text, status
        2 >>json    reader, writer, templates, JSON pointer, clone
        3 >>rpc     JSON-RPC 2.0 envelope, batches, error objects, line framing
        4 >>schema  field tables -> JSON Schema, validation
        5 >>proto   protocol revisions, _meta, log levels, trace context, URI templates
        6 >>peer    calls, deferred calls, batches, sessions, replies, sealed state, where it all goes
        7 >>task    calls that are tasks: one table, two dialects
        8 >>server  registry, dispatch, both eras
        9 >>client  the era a server speaks, requests, replies, a server in the same process
       10 >>stdio   standard input and output: the only layer that includes OS headers

   The declarations before them stand in the order a user reads: >>types, >>memory, >>json-api,
   >>uri-api, >>rows-api, >>server-api, >>call-api, >>client-api, >>transport-api, >>stdio-api.

   OPTIONS (all act only in the file that defines MCP_IMPLEMENTATION; none changes a declaration)

       MCP_LAYERS k    compile layers 1 to k only: 2 is the JSON codec, 8 has no operating system
       MCP_SMALL 1     byte loops instead of word and vector loops: half the speed on messages, a
                       tenth on long strings, two thirds of the code; and lists are written anew each
                       time, not kept. On by itself where the compiler optimises for size (-Os); define
                       it as 0 to have the fast loops there
       MCP_NO_SIMD     no SSE2 or NEON: plain C99 words
       MCP_NO_FLOAT    no floating-point numbers: mcp_json_num, mcp_put_num, mcp_arg_num and mcp_progress
                       are left out and %g in a template is an error. Saves 3 to 6 KB
       MCP_NO_RESOURCES, MCP_NO_PROMPTS, MCP_NO_COMPLETION, MCP_NO_LOGGING, MCP_NO_METHODS, MCP_NO_BATCH,
       MCP_NO_CHANGES, MCP_NO_TASKS
                       a server without these: smaller, see the README. Without changes, clients hear of none
                       (desc.changes must be 0)
       MCP_NO_MALLOC   no realloc and free: every mcp_alloc must then be given
   These two act wherever the header is included, and must be the same there:
       MCP_STATIC      every function is static. Where parts are left out, gcc then wants
                       -Wno-unused-function, for those that are declared and not defined
       MCP_API         your own linkage, for example __declspec(dllexport)

   MEMORY

   One allocator function with the old and the new size (mcp_alloc); {0} means realloc and free.
   mcp_pool_init makes one from a buffer of yours, and then nothing is ever taken from elsewhere.
   Objects keep their memory and use it again: in the steady state a message costs no allocation.
   What the library hands out says in its comment how long it lives. In a tool handler there is
   nothing to free: memory belongs to the call. A server holds the last message and its reply, the
   same again for each deferred call, and its lists as JSON for each revision that asked for them (without
   memory for that, and with MCP_SMALL, a list is written anew each time).

   MORE THAN TOOLS

   Resources are things to read: rows with a URI, a fixed text or bytes, or a function. A URI with variables
   in braces is a template, for as many of them as there are; the values are arguments. Prompts are messages
   for a model, made from arguments. What is typed for either can be completed. The same functions write all
   of it: mcp_text is a block of a tool's result, the contents of a resource, a message of a prompt.

       static int read_note(mcp_call *c)
       {
           const char *text = find_note(mcp_arg_str(c, "name"));
           return text ? mcp_text(c, text) : mcp_missing(c);
       }
       static const mcp_resource resources[] = {
           MCP_RESOURCE("note://{name}", "note", read_note, "text/plain", "A note.")
       };

   examples/notes.c is a whole server of that kind, examples/everything.c has one of everything. Rows come and
   go while the server runs (mcp_add_tool); who hears of changes is said by desc.changes. While it works, a
   handler tells how far it has got (mcp_progress) and logs (mcp_log), to clients that asked. Hooks around
   every request serve for limits, audits and metrics (desc.before, desc.after; examples/hooks.c).

   TOOLS THAT TAKE TIME

   A handler blocks the server. One that has to wait says `return mcp_defer(c, &ref)`; the server goes
   on, and when the answer is there, mcp_resume(server, ref) gives the call back, with arguments and all,
   and mcp_finish sends it. A deferred call that was cancelled, took longer than call_timeout_ms (or the
   timeout_ms of its tool) or lost its client is gone: mcp_resume gives NULL, on_cancel told of it. A
   worker thread gets copies, never pointers of the call; when it is done it calls mcp_stdio_wake, and
   the loop that pumps finishes the call.

   One that has to look again, or works in small pieces, says `return mcp_later(c, 50, next)`: 50 ms later
   the loop calls next(c), whose result counts like the handler's. mcp_call_memory keeps what the steps
   have to know of each other.

   Whoever takes minutes is better a task: the client is answered at once, and comes back for the result,
   over another connection if it has to. MCP_TASK in the flags of its row is enough, where the handler
   defers; or it says mcp_task(c). Clients that do not know tasks wait as ever, unless the row says
   MCP_TASK_ONLY.

       static const mcp_tool tools[] = {
           MCP_TOOL_LIMITED("render", render, "Renders a film.", render_args, MCP_TASK, 0, 2, 0)
       };

   Progress becomes the message of its status, and what it asks (mcp_ask) waits in it for the client. The two
   dialects, that of 2025-11-25 and the extension io.modelcontextprotocol/tasks, look alike from here. Tasks
   are in memory: they end with the server, and over stdio with the session. They want desc.random for their
   ids (stdio brings it).

   ASKING THE USER

       static const mcp_field sure[] = { MCP_NEED("sure", MCP_BOOLEAN, "It cannot be undone."), MCP_END };

       static int wipe(mcp_call *c)
       {
           mcp_json answer;
           int status = mcp_ask(c, "wipe", "Wipe the disk?", sure, &answer);
           if (status == MCP_ASK) return status;
           if (status != MCP_OK || !mcp_json_bool(answer, "sure", false)) return mcp_text(c, "Left alone.");
           return mcp_text(c, "Wiped.");
       }

   A handler may ask the client in the middle of its work, and never sees how the revision does that.
   MCP_ASK means: asked; return, and the handler runs again from its top when the answer is there. Until
   2025-11-25 the question is a request to the client and the call waits; since 2026-07-28 it is the result,
   and the client sends its request again with the answer and what we gave it to carry, sealed. So ASK FIRST,
   ACT AFTER: everything before the last mcp_ask happens more than once. mcp_sample asks the client's model,
   mcp_roots for directories, mcp_ask_url that the user opens an address.

   FROM A CALLBACK

   A handler or hook may call anything on its server but mcp_stdio_pump and mcp_stdio_ready; emit may
   call nothing. What is fed there is served, and what is closed or destroyed there goes, when the
   callback has returned.

   THREADS

   No globals. One object, one thread at a time; different objects are independent. Only
   mcp_stdio_wake may be called from another thread.

   ERRORS

   Functions return MCP_OK (0), something positive for "not finished", or a negative MCP_E_*;
   mcp_strerror names it. Writers are sticky: the first error stays, later calls do nothing, so
   check once at the end. Getters never fail: what is missing or of the wrong type gives the
   default you name, and a missing mcp_json may be asked again.

   LIMITS

   All finite, and but for a few in the descs. 0 means the default, which stands beside each member. What
   passes one waits, where its comment says so, or is refused in words that name the member. A tool may have
   limits of its own (mcp_tool.timeout_ms and what follows). Text that a model shall read costs it about
   a token for each four bytes, and many clients refuse results over 25,000 of them: see max_text. These are
   always the same:

       an id, a progress token     256 bytes
       variables of a template     16 (MCP_URI_VARS)
       suggested values            100 are sent, and how many there were
       time won by progress        up to ten times that of a call
       trace and baggage           8,192 bytes each; what is longer is ignored
       levels of a writer          64

   PROTOCOL REVISIONS

   2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25 (initialize) and 2026-07-28 (stateless,
   server/discover, _meta in every request), decided message by message: one server speaks them all.
   In 2025-03-26 messages may come in batches: an array of requests is answered by one array, when the last
   of them is done, in the order in which they were; initialize, and requests of the stateless revision, stand
   alone. A client reads an array message by message, answers each by itself, and sends none.

   LIMITATIONS

   This version is a codec, a server and a client, over stdio and over any stream of bytes. Arguments are flat
   (strings, integers, numbers, booleans and lists of them). Not there yet: tasks of the client, -32042 of
   2025-11-25, HTTP, authorization. Windows is not supported yet.

   Licence: MIT or Unlicense, as you like; the texts stand at the end of this file. */

#if defined(MCP_IMPLEMENTATION) && !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* before any libc header, or -std=c99 hides poll's neighbours */
#endif

#ifndef MCP_H
#define MCP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MCP_H_VERSION_MAJOR 0
#define MCP_H_VERSION_MINOR 1
#define MCP_H_VERSION_PATCH 0
#define MCP_H_VERSION_NUM   100 /* major * 10000 + minor * 100 + patch */
#define MCP_H_VERSION       "0.1.0"

#ifndef MCP_API
#if defined(MCP_STATIC) && (defined(__GNUC__) || defined(__clang__))
#define MCP_API static __attribute__((unused))
#elif defined(MCP_STATIC)
#define MCP_API static
#else
#define MCP_API extern
#endif
#endif

/* Lets the compiler check the arguments of a template or format against its conversions. */
#if defined(__clang__)
#define MCP_PRINTF(at, first) __attribute__((format(printf, at, first)))
#elif defined(__GNUC__)
#define MCP_PRINTF(at, first) __attribute__((format(gnu_printf, at, first)))
#else
#define MCP_PRINTF(at, first)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*---- >>types  What everything else is made of. --------------------------------------------------*/

/* Every status the library returns: name, value, what it means and what to do about it. */
#define MCP_STATUS_LIST(X)                                                                          \
    X(MCP_OK, 0, "done")                                                                            \
    X(MCP_WAIT, 1, "not finished yet: call again")                                                  \
    X(MCP_ASK, 2, "the client is asked: return this, and the handler runs again with the answer")   \
    X(MCP_E_NOMEM, -1, "out of memory: the allocator or the pool gave nothing more")                \
    X(MCP_E_SYNTAX, -2, "the text is not JSON")                                                     \
    X(MCP_E_UTF8, -3, "the text is not UTF-8")                                                      \
    X(MCP_E_DEPTH, -4, "nested too deeply: see max_depth")                                          \
    X(MCP_E_NODES, -5, "too many values in one text: see max_nodes")                                \
    X(MCP_E_TOO_LONG, -6, "longer than the limit or the buffer allows")                             \
    X(MCP_E_RANGE, -7, "a number that JSON cannot express (infinite or not a number)")              \
    X(MCP_E_MISUSE, -8, "the call does not fit here: see the function's comment")                   \
    X(MCP_E_TEMPLATE, -9, "the template is not JSON (a URI's: not RFC 6570), or uses what is not supported") \
    X(MCP_E_CLOSED, -10, "the other side closed the stream")                                        \
    X(MCP_E_IO, -11, "reading or writing failed: see errno")                                        \
    X(MCP_E_TOOL, -12, "the tool failed and said why (mcp_fail)")                                    \
    X(MCP_E_BUSY, -13, "too many calls wait for their answers: see max_calls (and max_tasks)")      \
    X(MCP_E_TIMEOUT, -14, "the answer did not come in time: see call_timeout_ms")                   \
    X(MCP_E_PROTOCOL, -15, "the other side does not keep to the protocol, or speaks another one")   \
    X(MCP_E_REMOTE, -16, "the other side answered with an error: see its code and message")         \
    X(MCP_E_DECLINED, -17, "the user said no")                                                      \
    X(MCP_E_DISMISSED, -18, "the user has not decided")                                             \
    X(MCP_E_UNSUPPORTED, -19, "the client has not declared that it can do this")

#define MCP_STATUS_ENUM(name, value, text) name = value,
enum { MCP_STATUS_LIST(MCP_STATUS_ENUM) MCP_STATUS_NONE = 32767 };
#undef MCP_STATUS_ENUM

/* The name and the meaning of a status, for logs: "MCP_E_NOMEM: out of memory...". Never NULL,
   static; an unknown number gives "unknown status". */
MCP_API const char *mcp_strerror(int status);

/* The version of the implementation that was linked, as MCP_H_VERSION_NUM. */
MCP_API int mcp_h_version(void);

/* Bytes with a length. What the library makes is NUL-terminated too, so that ptr is a C string when
   no NUL stands inside. A missing string has ptr NULL and len 0. */
typedef struct mcp_str {
    const char *ptr;
    size_t len;
} mcp_str;

/* A string literal as the initialiser of an mcp_str. */
#define MCP_LIT(text) { text, sizeof(text) - 1 }

/* The number of elements of an array, for the num_... members. */
#define MCP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*---- >>memory  Where memory comes from. ---------------------------------------------------------*/

/* One function allocates (ptr NULL, old_size 0), resizes and frees (new_size 0). It is always told
   the size that it gave before. It returns NULL when it cannot, and then the old block stays.
   Blocks are aligned as malloc's. {0} means realloc and free. */
typedef struct mcp_alloc {
    void *(*fn)(void *ctx, void *ptr, size_t old_size, size_t new_size);
    void *ctx;
} mcp_alloc;

/* A heap inside a buffer of yours: general (any order of resizing and freeing), one thread. */
typedef struct mcp_pool {
    /* private */
    void *free_list;
} mcp_pool;

/* Makes an allocator from mem. Both pool and mem must outlive everything that was given the
   allocator; nothing needs to be released. A block takes its size rounded up to two pointers. */
MCP_API mcp_alloc mcp_pool_init(mcp_pool *pool, void *mem, size_t size);

/* Memory that is released all at once. A resize of the newest block extends it in place. */
typedef struct mcp_arena {
    /* private */
    mcp_alloc alloc;
    struct mcpi_base_block *first, *current;
    unsigned char *last;
    size_t used, held, max;
} mcp_arena;

/* max: the most bytes that the arena may ever hold. Takes no memory yet. */
MCP_API void mcp_arena_init(mcp_arena *arena, mcp_alloc alloc, size_t max);
/* size bytes, aligned as malloc's, good until the next reset; NULL past the maximum or without
   memory. */
MCP_API void *mcp_arena_get(mcp_arena *arena, size_t size);
/* The arena as an allocator: what is freed comes back at the reset (the newest block at once). */
MCP_API mcp_alloc mcp_arena_alloc(mcp_arena *arena);
/* Takes everything back, in constant time, and keeps the memory for the next round. */
MCP_API void mcp_arena_reset(mcp_arena *arena);
/* Gives all memory back. The arena can be used again. */
MCP_API void mcp_arena_free(mcp_arena *arena);

/* Bytes that grow, up to a maximum that must be named. After the first error nothing is added. */
typedef struct mcp_buf {
    char *ptr;      /* NULL until something was added */
    size_t len;
    size_t cap;     /* bytes at ptr */
    size_t max;     /* len never passes it */
    mcp_alloc alloc;
    int error;      /* MCP_OK, MCP_E_NOMEM or MCP_E_TOO_LONG; sticky */
    bool fixed;     /* the memory is the caller's: never grown, never freed */
} mcp_buf;

/* An empty buffer that grows from alloc, to max bytes. Takes no memory yet. */
MCP_API void mcp_buf_init(mcp_buf *buf, mcp_alloc alloc, size_t max);
/* An empty buffer in mem, which must outlive it. */
MCP_API void mcp_buf_fixed(mcp_buf *buf, void *mem, size_t size);
/* Room for size more bytes at ptr + len. false sets the error. */
MCP_API bool mcp_buf_room(mcp_buf *buf, size_t size);
/* Appends a copy of the bytes. false sets the error and appends nothing. */
MCP_API bool mcp_buf_add(mcp_buf *buf, const void *bytes, size_t len);
/* Empties the buffer, forgets the error, keeps the memory. */
MCP_API void mcp_buf_reset(mcp_buf *buf);
/* Gives the memory back (not that of mcp_buf_fixed). The buffer can be used again. */
MCP_API void mcp_buf_free(mcp_buf *buf);

/* True if the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
   */
MCP_API bool mcp_utf8_valid(const char *text, size_t len);

/* Characters that len bytes take in base64, padding included, without the final NUL. */
#define MCP_BASE64_SIZE(len) (((size_t)(len) + 2) / 3 * 4)

/* Writes base64 with padding (RFC 4648, 4) and a final NUL. Returns the number of characters, or 0
   with out untouched if cap is less than MCP_BASE64_SIZE(len) + 1. */
MCP_API size_t mcp_base64_encode(char *out, size_t cap, const void *bytes, size_t len);

/* Decodes strictly: the standard alphabet, padding complete, unused bits zero, nothing else (RFC
   4648, 3.1 to 3.5). out may be text itself. Returns MCP_OK and the length, MCP_E_SYNTAX for
   anything that mcp_base64_encode would not have written, or MCP_E_TOO_LONG if cap is too small. */
MCP_API int mcp_base64_decode(void *out, size_t cap, size_t *out_len, const char *text, size_t len);

/* Characters that len bytes take in the base64 of URLs, without the final NUL. */
#define MCP_BASE64URL_SIZE(len) ((size_t)(len) / 3 * 4 + ((size_t)(len) % 3 * 4 + 2) / 3)

/* The same with the alphabet of URLs and file names, which has - and _ for + and /, and without padding
   (RFC 4648, 5). */
MCP_API size_t mcp_base64url_encode(char *out, size_t cap, const void *bytes, size_t len);
MCP_API int mcp_base64url_decode(void *out, size_t cap, size_t *out_len, const char *text, size_t len);

/* Bytes of a digest of SHA-256. */
#define MCP_SHA256_SIZE 32

/* Writes the SHA-256 digest of len bytes (FIPS 180-4). Cannot fail. */
MCP_API void mcp_sha256(const void *bytes, size_t len, unsigned char out[MCP_SHA256_SIZE]);
/* Writes HMAC-SHA256 of len bytes under a key of any length (RFC 2104). Cannot fail. Who compares the
   outcome with one that came from elsewhere does so without stopping at the first difference. */
MCP_API void mcp_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                             unsigned char out[MCP_SHA256_SIZE]);

/*---- >>json-api  JSON text to values and back. --------------------------------------------------*/

/* Bytes that a text parsed in place must be able to use after its end. */
#define MCP_JSON_PAD 64

/* The longest text, in bytes: 256 MiB - 1. */
#define MCP_JSON_MAX 0x0fffffff

/* Kinds of values. */
enum {
    MCP_JSON_MISSING = 0,
    MCP_JSON_NULL,
    MCP_JSON_BOOL,
    MCP_JSON_NUMBER,
    MCP_JSON_STRING,
    MCP_JSON_ARRAY,
    MCP_JSON_OBJECT
};

/* Eight bytes for a string, number or literal, sixteen for an array or object. Private. */
typedef struct mcp_node {
    uint32_t at;    /* offset in the text; second node of a container: index of its parent */
    uint32_t info;  /* length or skip << 4 | kind; second node of a container: count of members */
} mcp_node;

/* One parsed text. Start with {0}, set what you want to differ, parse as often as you like: memory
   is kept for the next text. Values of a text live until the next parse, clone or free of its doc.
   */
typedef struct mcp_doc {
    mcp_alloc alloc;        /* for the nodes and the copy of the text */
    uint32_t max_depth;     /* arrays and objects inside one another (default: 64) */
    uint32_t max_nodes;     /* 8-byte nodes (default: 524288) */
    int error;              /* status of the last parse */
    size_t error_at;        /* byte offset at which it stopped */
    /* private */
    const char *expected;
    int got;
    char *text;             /* what is being read; strings are decoded inside it */
    size_t len;
    mcp_node *nodes;
    uint32_t num_nodes, cap_nodes;
    char *copy;             /* owned text of mcp_json_parse and mcp_json_clone */
    size_t copy_size;
} mcp_doc;

/* A value, passed by value; {0} is the missing value, legal everywhere. */
typedef struct mcp_json {
    const mcp_doc *doc;
    uint32_t at;            /* index of its node */
    uint32_t up;            /* index of the container that it stands in; its own for a root */
} mcp_json;

/* Parses a copy of text, strictly (RFC 8259, UTF-8 checked, lone surrogates refused). Returns
   MCP_OK or what stands in doc->error; then mcp_doc_error tells more and the doc is empty. */
MCP_API int mcp_json_parse(mcp_doc *doc, const char *text, size_t len);

/* The same without a copy: the text is decoded where it stands and must live as long as the values.
   cap: bytes at buf, at least len + MCP_JSON_PAD (else MCP_E_MISUSE); those after len are
   overwritten. After a failure the text is partly decoded. */
MCP_API int mcp_json_parse_inplace(mcp_doc *doc, char *buf, size_t len, size_t cap);

/* The size of the longest text of mcp_doc_error. */
#define MCP_DOC_ERROR_SIZE 160

/* Why the last parse failed: "byte 17: expected ':' after a key, got 'x'". Written to buf, cut if
   cap is smaller than MCP_DOC_ERROR_SIZE. Returns buf. */
MCP_API const char *mcp_doc_error(const mcp_doc *doc, char *buf, size_t cap);

/* Gives the memory back. The doc can be used again. */
MCP_API void mcp_doc_free(mcp_doc *doc);

/* The outermost value; missing if the last parse failed. */
MCP_API mcp_json mcp_json_root(const mcp_doc *doc);

/* Copies v, with everything in it, to a doc of its own, whose root it becomes. Nothing is parsed
   again. A missing v gives an empty doc. Returns MCP_OK, MCP_E_NOMEM, MCP_E_NODES past
   doc->max_nodes, or MCP_E_MISUSE if v stands in doc itself. */
MCP_API int mcp_json_clone(mcp_doc *doc, mcp_json v);

/* MCP_JSON_MISSING ... MCP_JSON_OBJECT. */
MCP_API int mcp_json_type(mcp_json v);
/* False for the missing value only: null is there. */
MCP_API bool mcp_json_exists(mcp_json v);
/* Members of an object, elements of an array, 0 for anything else. */
MCP_API size_t mcp_json_count(mcp_json v);

/* The first member or element, and the one after v in the same container; missing at the end.
       for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e)) ... */
MCP_API mcp_json mcp_json_first(mcp_json v);
MCP_API mcp_json mcp_json_next(mcp_json v);
/* The key of a member; {0} for what is not a member of an object. */
MCP_API mcp_str mcp_json_key(mcp_json v);

/* The member of that name (the first, if the text has it twice), compared byte by byte; missing if
   v is no object or has none. mcp_json_member takes a key with a length, which may hold NULs. */
MCP_API mcp_json mcp_json_get(mcp_json v, const char *key);
MCP_API mcp_json mcp_json_member(mcp_json v, const char *key, size_t len);
/* The element of that index, from 0; missing if v is no array or is shorter. */
MCP_API mcp_json mcp_json_at(mcp_json v, size_t index);
/* The value that a JSON pointer names, as "/items/0/a~1b" (RFC 6901); "" is v itself; missing if
   there is none, or if the pointer is not one. */
MCP_API mcp_json mcp_json_find(mcp_json v, const char *pointer);

/* The getters. key names a member of the object v; NULL means v itself. If there is no such value,
   or it has another type or does not fit, they return def. Numbers are converted exactly or not at
   all: mcp_json_int(v, "n", -1) of 1.5 or 1e99 is -1, of 1e2 or 3.0 it is 100 and 3; mcp_json_num
   rounds correctly and refuses what overflows. */
MCP_API int64_t mcp_json_int(mcp_json v, const char *key, int64_t def);
MCP_API uint64_t mcp_json_uint(mcp_json v, const char *key, uint64_t def);
MCP_API double mcp_json_num(mcp_json v, const char *key, double def);
MCP_API bool mcp_json_bool(mcp_json v, const char *key, bool def);
/* The bytes of a string, NUL-terminated; {0} if there is none. */
MCP_API mcp_str mcp_json_str(mcp_json v, const char *key);
/* A string as a C string; def also if it holds a NUL, which would cut it short. */
MCP_API const char *mcp_json_cstr(mcp_json v, const char *key, const char *def);
/* The text of a number, exactly as it came and not NUL-terminated; {0} if there is none. */
MCP_API mcp_str mcp_json_number(mcp_json v, const char *key);
/* True if that value is a string that equals text. */
MCP_API bool mcp_json_equals(mcp_json v, const char *key, const char *text);

/* Writes one JSON value, compact, front to back. The functions place commas and colons; the first
   misuse or lack of room stays as error and makes all further calls do nothing. Output is always
   valid UTF-8 without a raw newline. */
typedef struct mcp_out {
    mcp_buf buf;            /* the text so far, and the sticky error */
    size_t replaced;        /* ill-formed UTF-8 sequences that became U+FFFD */
    /* private */
    uint64_t kinds;         /* a bit for each open container, the innermost lowest: 1 is an object */
    uint32_t depth;
    uint32_t state;         /* what may come next */
    uint32_t root;          /* the state after the outermost value */
} mcp_out;

/* Starts a writer whose text grows to at most max bytes, the final NUL included. Takes no memory
   yet: set out->buf.alloc now if it shall not come from malloc. */
MCP_API void mcp_out_init(mcp_out *out, size_t max);
/* Starts a writer into mem; size includes the final NUL. */
MCP_API void mcp_out_fixed(mcp_out *out, char *mem, size_t size);
/* Ends the value. Returns MCP_OK and the text, NUL-terminated, which lives until the next call on
   out; or the sticky error; or MCP_E_MISUSE if nothing was written or something is still open. */
MCP_API int mcp_out_done(mcp_out *out, mcp_str *text);
/* Starts the next value in the same memory. */
MCP_API void mcp_out_reset(mcp_out *out);
/* Gives the memory back. The writer can be used again. */
MCP_API void mcp_out_free(mcp_out *out);

/* Opens an object or array (at most 64 deep), closes the innermost one. */
MCP_API void mcp_put_object(mcp_out *out);
MCP_API void mcp_put_array(mcp_out *out);
MCP_API void mcp_put_end(mcp_out *out);
/* The key of the next member. Keys are not checked for repetition. */
MCP_API void mcp_put_key(mcp_out *out, const char *key);
MCP_API void mcp_put_keyn(mcp_out *out, const char *key, size_t len);
/* A string, escaped; NULL writes null. Each ill-formed UTF-8 sequence becomes U+FFFD and is
   counted. */
MCP_API void mcp_put_str(mcp_out *out, const char *text);
MCP_API void mcp_put_strn(mcp_out *out, const char *text, size_t len);
MCP_API void mcp_put_int(mcp_out *out, int64_t value);
MCP_API void mcp_put_uint(mcp_out *out, uint64_t value);
/* The fewest digits that read back as the same double, with an exponent where JavaScript writes
   one. MCP_E_RANGE for infinities and NaN. */
MCP_API void mcp_put_num(mcp_out *out, double value);
MCP_API void mcp_put_bool(mcp_out *out, bool value);
MCP_API void mcp_put_null(mcp_out *out);
/* A parsed value with everything in it: numbers byte by byte, strings with the same characters. A
   missing value is MCP_E_MISUSE. v must not stand in out's own memory. */
MCP_API void mcp_put_value(mcp_out *out, mcp_json v);
/* A string of base64 (RFC 4648, 4) from bytes. */
MCP_API void mcp_put_base64(mcp_out *out, const void *bytes, size_t len);
/* One JSON value as text that you vouch for: only control characters, as line breaks, become
   spaces. */
MCP_API void mcp_put_raw(mcp_out *out, const char *json, size_t len);
/* A piece of the text that you vouch for, in place of the functions above: the fastest way to write a fixed
   frame around values. Between pieces the writer places no commas. Only at the outermost level.
       mcp_put_piece(out, "{\"id\":"); mcp_put_int(out, id); mcp_put_piece(out, ",\"ok\":true}"); */
MCP_API void mcp_put_piece(mcp_out *out, const char *json);

/* A whole value from a template: JSON in which ' stands for " and a conversion for a value.
       mcp_put_f(out, "{'name': %s, 'size': [%d, %d]}", name, w, h);
   %s is a string, quoted and escaped (NULL: null), or a key; %.*s one with a length (int); %d %i %u
   with h, l, ll, j, z or t are integers; %g is a double, in its fewest digits; %c is a string of one
   character. They are printf's, so the compiler checks the arguments. Flags, widths and other
   conversions are MCP_E_TEMPLATE, as is a template that is not JSON; \\u0027 writes an apostrophe, other
   characters stand for themselves in UTF-8. */
MCP_API void mcp_put_f(mcp_out *out, const char *format, ...) MCP_PRINTF(2, 3);
MCP_API void mcp_put_fv(mcp_out *out, const char *format, va_list args) MCP_PRINTF(2, 0);

/*---- >>uri-api  URI templates. ------------------------------------------------------------------*/

/* RFC 6570, levels 1 to 3: note://{id}, file:///{+path}, and {#x} {.x} {/x} {;x} {?x} {&x}, with several
   variables as {?x,y}. Level 4 ({x:3}, {x*}, lists) is refused. Spec: server/resources (templates) */

/* The most variables of one template. */
#define MCP_URI_VARS 16

/* What is wrong with a template: what was expected, static; NULL if nothing is. */
MCP_API const char *mcp_uri_error(const char *uri_template);

/* Appends to out the URI that a template gives with the members of the object values, and a NUL that out->len
   does not count. Strings and numbers are values; what is null or missing is left out, as the RFC has it.
       mcp_uri_expand(&buf, "note://{id}{?rev}", mcp_json_root(&doc))       {"id":"a b"} -> note://a%20b
   Returns MCP_OK; or, with nothing appended, MCP_E_TEMPLATE (mcp_uri_error tells why), MCP_E_MISUSE for a
   value of another type, or the error of out. */
MCP_API int mcp_uri_expand(mcp_buf *out, const char *uri_template, mcp_json values);

/* A variable of a template, and its value in a URI. */
typedef struct mcp_uri_var {
    mcp_str name;           /* inside the template, not NUL-terminated */
    mcp_str value;          /* decoded, NUL-terminated, without a NUL inside; {0} if it is missing */
} mcp_uri_var;

/* Finds the values with which a template gives this URI. Returns 1, and in *vars the variables in the order
   of the template, behind the last one a name.ptr of NULL; they live until the arena's next reset. Returns 0
   if there are no such values, MCP_E_TEMPLATE (mcp_uri_error tells why) or MCP_E_NOMEM; *vars is NULL then.
       {x} {+x}            are there, with at least one character
       {.x} {/x} {#x}      are missing where their mark is, with it they may be ""; {/x,y}: y only after x
       {;x} {?x} {&x}      may be missing, in any order; no other names, and none twice with two values
   A value has the characters that its expression writes: letters, digits, - . _ ~ and escapes, in {+x} and
   {#x} reserved ones too; besides, as clients are, ! ' ( ) * and non-ASCII ones. It is the shortest with
   which the rest of the template matches: a-b-c is x=a, y=b-c for {x}-{y}; a/b/c is dir=a/b, name=c for
   {+dir}/{name}. An escape in literal text is what it stands for: %7e is ~, but %2F, reserved, is not /.
   Nothing matches if a value is not UTF-8, holds a NUL, is ".." or has it between slashes, or holds a slash
   (as %2F) in {x}, {.x} or {/x}. A {+x} may start with a slash, though.
   The time is in proportion to the length of the URI, whatever it holds. Of the arena it takes about the
   length of the URI, and while it runs up to five times that. */
MCP_API int mcp_uri_match(mcp_arena *arena, const char *uri_template, const char *uri, size_t len,
                          mcp_uri_var **vars);

/*---- >>rows-api  Tables that describe a server. -------------------------------------------------*/

typedef struct mcp_server mcp_server;
typedef struct mcp_session mcp_session;
typedef struct mcp_call mcp_call;
typedef struct mcp_stdio mcp_stdio;

/* Types of a field, and flags to go with them. */
enum {
    MCP_STRING = 1,
    MCP_INTEGER,            /* a number without a fraction that fits int64_t */
    MCP_NUMBER,
    MCP_BOOLEAN,
    MCP_TYPE_MASK = 0xff,
    MCP_REQUIRED = 0x100,
    MCP_LIST = 0x200,       /* an array of values of that type */
    MCP_ALLOW_NUL = 0x400,  /* strings may hold NUL characters; read them with mcp_json_str */
    /* Over HTTP, clients of 2026-07-28 send the argument as the header Mcp-Param-NAME too, by which gateways
       route. For a tool's strings, integers up to 2^53 - 1 and booleans; not for secrets. Spec: server/tools
       (x-mcp-header) */
    MCP_HEADER = 0x800
};

/* One named value: at once its JSON Schema, its validator, its default and its decoder. Write rows
   with the macros below; tables may be static const and end with MCP_END. Spec: server/tools
   (inputSchema) */
typedef struct mcp_field {
    const char *name;               /* NULL ends the table */
    uint32_t type;                  /* MCP_STRING ... with flags */
    const char *description;        /* for the model */
    const char *choices;            /* of a string: all that it may be, as "small|medium|large" */
    const char *def;                /* what it is if absent: a string's text, else JSON, as "10" or "true" */
    const char *min, *max;          /* a number's bounds, a string's in characters, a list's in elements */
    const struct mcp_field *fields; /* not used yet */
    size_t offset, size;            /* of the bound member of a struct; size 0: not bound */
} mcp_field;

/* A row in full; the others are short for it. NULL stands for none. */
#define MCP_FIELD(name, type, description, choices, def, min, max)                                  \
    { name, (type), description, choices, def, min, max, 0, 0, 0 }
#define MCP_NEED(name, type, description)                                                           \
    MCP_FIELD(name, (type) | MCP_REQUIRED, description, 0, 0, 0, 0)
#define MCP_ARG(name, type, description) MCP_FIELD(name, type, description, 0, 0, 0, 0)
#define MCP_DEFAULT(name, type, def, description) MCP_FIELD(name, type, description, 0, def, 0, 0)
#define MCP_RANGE(name, type, min, max, description) MCP_FIELD(name, type, description, 0, 0, min, max)
#define MCP_CHOICE(name, type, choices, description) MCP_FIELD(name, type, description, choices, 0, 0, 0)
/* A row whose value is also put into a member of the same name, for mcp_args_struct. Members:
   int8_t to int64_t (or int and the like) for integers, float or double for numbers, bool, const
   char *. Not lists. */
#define MCP_BIND(type_name, member, type, description)                                              \
    MCP_BIND_FIELD(type_name, member, type, description, 0, 0, 0, 0)
#define MCP_BIND_FIELD(type_name, member, type, description, choices, def, min, max)                \
    { #member, (type), description, choices, def, min, max, 0, offsetof(type_name, member),         \
      sizeof(((type_name *)0)->member) }
#define MCP_END                           { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What a tool, a resource, a prompt or a method does. It answers with mcp_text and the like, and returns
   their result: the verdict. Arguments were checked against the rows before. */
typedef int (*mcp_call_fn)(mcp_call *call);

/* What a tool promises, for clients that ask before they call. Hints only; sent from 2025-03-26 on.
   Spec: schema (ToolAnnotations) */
enum {
    MCP_READ_ONLY = 1,          /* changes nothing */
    MCP_ONLY_ADDS = 2,          /* changes, but destroys nothing */
    MCP_IDEMPOTENT = 4,         /* a second call with the same arguments changes nothing more */
    MCP_CLOSED_WORLD = 8,       /* meets nothing outside its own domain */
    MCP_CUT = 16,               /* no promise, and not sent: text past max_text is cut off, not an error */
    MCP_TASK = 32,              /* no promise: its calls may be tasks (mcp_task) */
    MCP_TASK_ONLY = 64          /* the same, and clients that do not know tasks cannot call it */
};

/* A picture for people, from 2025-11-25 on. A table of them ends with MCP_ICON_END.
   Spec: schema (Icon) */
typedef struct mcp_icon {
    const char *src;                /* starts with https: or data: */
    const char *mime;               /* its media type; may be NULL */
    const char *sizes;              /* as "48x48|96x96" or "any"; may be NULL */
    const char *theme;              /* "light" or "dark"; NULL: for both */
} mcp_icon;

#define MCP_ICON(src, mime, sizes, theme) { src, mime, sizes, theme }
#define MCP_ICON_END                      { 0, 0, 0, 0 }

/* A tool. Names: A-Z a-z 0-9 _ - . and at most 128 characters, unique in the server.
   Spec: server/tools (Tool) */
typedef struct mcp_tool {
    const char *name;
    mcp_call_fn fn;
    const char *description;        /* for the model; may be NULL */
    const mcp_field *args;          /* NULL: no arguments */
    const mcp_field *result;        /* what mcp_data gives back; NULL: not described */
    uint32_t flags;                 /* MCP_READ_ONLY ..., MCP_TASK */
    const char *title;              /* for people; may be NULL; sent from 2025-06-18 on */
    const char *input_schema;       /* JSON Schema in place of args (MCP_JSON); nothing is checked then */
    const char *output_schema;      /* the same in place of result; its root is an object */
    const mcp_icon *icons;          /* may be NULL */
    void *user;                     /* for mcp_user */
    uint32_t timeout_ms;            /* for a deferred call, in place of call_timeout_ms; MCP_NONE: no limit */
    uint32_t max_calls;             /* under way at a time; one more is told to wait (default: any number) */
    uint32_t max_text;              /* bytes of text in a result (default: the server's; MCP_NONE: any) */
    const char *meta;               /* _meta of its row, a JSON object; from 2025-06-18 on; may be NULL */
} mcp_tool;

/* A row in full but for its limits and meta, and one with the usual four. */
#define MCP_TOOL_FULL(name, fn, description, args, result, flags, title, input_schema, output_schema, icons, \
                      user)                                                                         \
    { name, fn, description, args, result, flags, title, input_schema, output_schema, icons, user, 0, 0, 0, \
      0 }
#define MCP_TOOL(name, fn, description, args)                                                       \
    MCP_TOOL_FULL(name, fn, description, args, 0, 0, 0, 0, 0, 0, 0)
/* One with limits of its own. */
#define MCP_TOOL_LIMITED(name, fn, description, args, flags, timeout_ms, max_calls, max_text)       \
    { name, fn, description, args, 0, flags, 0, 0, 0, 0, 0, timeout_ms, max_calls, max_text, 0 }

/* Whom content is for, and how important it is. Spec: server/resources (annotations) */
typedef struct mcp_annotations {
    const char *audience;           /* "user", "assistant" or "user|assistant"; NULL: not said */
    const char *priority;           /* from "0" to "1", as JSON; NULL: not said */
    const char *last_modified;      /* "2026-01-12T15:00:58Z"; sent from 2025-06-18 on; NULL: not said */
} mcp_annotations;

/* Something to read, under a URI; or, where the URI has variables in braces, many things (RFC 6570,
   levels 1 to 3, see mcp_uri_match; their values are arguments, for mcp_arg_str). Of two rows that fit,
   one without variables comes first, then the earlier one. Spec: server/resources (Resource, resource
   templates) */
typedef struct mcp_resource {
    const char *uri;                /* unique in the server; as "note://today" or "note://{id}" */
    const char *name;               /* for the model and for programs */
    mcp_call_fn fn;                 /* reads it; NULL: it is what stands in contents */
    const char *description;        /* for the model; may be NULL */
    const char *mime;               /* its media type; may be NULL */
    const void *contents;           /* of a resource without fn: UTF-8 text, or with MCP_BYTES any bytes */
    size_t size;                    /* of contents, in bytes; with fn: if it is known, else 0 */
    uint32_t flags;                 /* MCP_BYTES */
    const char *title;              /* for people; may be NULL; sent from 2025-06-18 on */
    mcp_call_fn complete;           /* suggests values of variables (mcp_suggest); may be NULL */
    const mcp_annotations *annotations;     /* may be NULL */
    const mcp_icon *icons;          /* may be NULL */
    const char *meta;               /* _meta of its row, a JSON object; from 2025-06-18 on; may be NULL */
    void *user;                     /* for mcp_user */
    uint32_t ttl_ms;                /* how long a client may keep what it read (default: not at all) */
} mcp_resource;

/* For mcp_resource.flags. */
enum {
    MCP_BYTES = 1,                  /* the contents are bytes, sent as base64 */
    MCP_PUBLIC = 2                  /* they are the same for everybody: see MCP_CACHE_PUBLIC */
};

/* A row in full but for ttl_ms, and those with the usual members: read by a function, a fixed text, fixed
   bytes. */
#define MCP_RESOURCE_FULL(uri, name, fn, description, mime, contents, size, flags, title, complete,  \
                          annotations, icons, meta, user)                                           \
    { uri, name, fn, description, mime, contents, size, flags, title, complete, annotations, icons, meta,   \
      user, 0 }
#define MCP_RESOURCE(uri, name, fn, mime, description)                                              \
    MCP_RESOURCE_FULL(uri, name, fn, description, mime, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define MCP_RESOURCE_TEXT(uri, name, text, mime, description)                                       \
    MCP_RESOURCE_FULL(uri, name, 0, description, mime, text, sizeof(text) - 1, 0, 0, 0, 0, 0, 0, 0)
#define MCP_RESOURCE_BYTES(uri, name, bytes, size, mime, description)                               \
    MCP_RESOURCE_FULL(uri, name, 0, description, mime, bytes, size, MCP_BYTES, 0, 0, 0, 0, 0, 0)

/* A prompt: messages for a model, made from arguments that are strings. Spec: server/prompts (Prompt) */
typedef struct mcp_prompt {
    const char *name;               /* unique in the server */
    mcp_call_fn fn;                 /* writes the messages: see mcp_role */
    const char *description;        /* for people and the model; may be NULL */
    const mcp_field *args;          /* strings; their choices are suggested to who types; may be NULL */
    const char *title;              /* for people; may be NULL; sent from 2025-06-18 on */
    mcp_call_fn complete;           /* suggests values of arguments, also of those with choices, which are not
                                       suggested then; may be NULL */
    const mcp_icon *icons;          /* may be NULL */
    const char *meta;               /* as of mcp_resource */
    void *user;                     /* for mcp_user */
} mcp_prompt;

#define MCP_PROMPT_FULL(name, fn, description, args, title, complete, icons, meta, user)              \
    { name, fn, description, args, title, complete, icons, meta, user }
#define MCP_PROMPT(name, fn, description, args)                                                     \
    MCP_PROMPT_FULL(name, fn, description, args, 0, 0, 0, 0, 0)

/* A request of your own, for clients that know it. Names: not those of the protocol, nor any below what
   it uses (tools/, resources/, prompts/, completion/, logging/, tasks/, server/ ...): take a prefix of
   yours, as "acme/stats". fn answers with mcp_data: an object that is the result itself (an empty one
   without it), or with mcp_fail or mcp_refuse, or later. Served once the client has shaken hands or, from
   2026-07-28 on, named its revision. Spec: basic (messages) */
typedef struct mcp_method {
    const char *name;               /* unique in the server */
    mcp_call_fn fn;
    const mcp_field *args;          /* what params must hold, for mcp_arg_str ...; NULL: nothing is checked */
    const mcp_field *result;        /* what mcp_data_struct gives back; may be NULL */
    uint32_t revisions;             /* those that have it, as MCP_2026_07_28 (default: all) */
    void *user;                     /* for mcp_user */
} mcp_method;

#define MCP_METHOD_FULL(name, fn, args, result, revisions, user) { name, fn, args, result, revisions, user }
#define MCP_METHOD(name, fn, args)  MCP_METHOD_FULL(name, fn, args, 0, 0, 0)

/* JSON in C source, as MCP_JSON({ "type": "object" }). No apostrophes outside of strings. */
#define MCP_JSON(...) #__VA_ARGS__

/*---- >>server-api  A server: its tools and limits, and no peer's state. -------------------------*/

/* Levels of a log message, as syslog's. Spec: server/utilities/logging (log levels) */
enum {
    MCP_LOG_EMERGENCY = 0,
    MCP_LOG_ALERT,
    MCP_LOG_CRITICAL,
    MCP_LOG_ERROR,
    MCP_LOG_WARNING,
    MCP_LOG_NOTICE,
    MCP_LOG_INFO,
    MCP_LOG_DEBUG
};

/* Protocol revisions, for mcp_server_desc.revisions. */
enum {
    MCP_2024_11_05 = 1,
    MCP_2025_03_26 = 2,
    MCP_2025_06_18 = 4,
    MCP_2025_11_25 = 8,
    MCP_2026_07_28 = 16,
    MCP_ALL_REVISIONS = 31
};

/* A deferred call, by number: it stays safe to use after the call is gone. 0 is none. */
typedef uint64_t mcp_ref;

/* Kinds of rows (MCP_TEMPLATES: resources whose URIs have variables), and what can change: a list of
   them, or what can be read. */
enum { MCP_TOOLS = 1, MCP_RESOURCES = 2, MCP_PROMPTS = 4, MCP_TEMPLATES = 8, MCP_CONTENTS = 16 };

/* To whom a cache between server and client may give what it keeps, from 2026-07-28 on: only to the same
   client (or user, where there are users), or to anybody. It does not replace a check of who may see what.
   Spec: server/utilities/caching */
enum { MCP_CACHE_PRIVATE = 0, MCP_CACHE_PUBLIC };

/* In place of a limit: there is none. */
#define MCP_NONE 0xffffffffu

/* Which way a message went, for the tap. */
enum { MCP_TAP_IN = 1, MCP_TAP_OUT };

typedef struct mcp_server_desc {
    const char *name, *version;     /* required */
    const char *title;              /* for people; sent from 2025-06-18 on */
    const char *description;        /* for people, as the next two; sent from 2025-11-25 on */
    const char *website_url;
    const mcp_icon *icons;
    const char *instructions;       /* how to use the server, for the model; may be NULL */
    /* What it offers. */
    const mcp_tool *tools;
    size_t num_tools;
    const mcp_resource *resources;
    size_t num_resources;
    const mcp_prompt *prompts;
    size_t num_prompts;
    const mcp_method *methods;      /* requests of your own */
    size_t num_methods;
    /* Capabilities beyond the protocol: objects whose members are objects; may be NULL. An extension's key
       has a prefix: MCP_JSON({ "com.example/maps": { "zoom": 9 } }). Spec: schema (ServerCapabilities) */
    const char *extensions, *experimental;
    bool logging;                   /* handlers send log messages (mcp_log) */
    uint32_t changes;               /* while it runs, as MCP_TOOLS | MCP_CONTENTS: what clients can hear of */
    uint32_t ttl_ms;                /* how long a client may keep lists and discover (default: not at all) */
    uint32_t cache;                 /* MCP_CACHE_PUBLIC if these are the same for everybody */
    uint32_t revisions;             /* those to speak, as MCP_2025_11_25 | ... (default: all) */
    /* What it lives of, and hooks. All may be NULL. */
    mcp_alloc alloc;
    void *user;                     /* for the hooks below, and for rows that have none of their own */
    void (*log)(void *user, int level, const char *message);    /* NULL: silent */
    void *log_user;                 /* for log in place of user; NULL: user */
    uint32_t slow_ms;               /* the log is warned of requests that took as long (default: none) */
    /* Milliseconds of a clock that never goes back. NULL: stdio brings one; without it, calls have
       all the time in the world. */
    uint64_t (*now_ms)(void *user);
    /* Milliseconds since 1970 began (UTC). NULL: stdio brings one. */
    uint64_t (*wall_ms)(void *user);
    /* Fills out with bytes that nobody can guess: from the operating system or true hardware, never rand().
       False if it cannot. NULL: stdio brings one. */
    bool (*random)(void *user, void *out, size_t len);
    /* What a client of 2026-07-28 carries for us from one round of questions to the next is signed, not
       secret. The first key signs, all of them are accepted, and those left empty are not used: servers
       that share keys serve each other's clients, and a new key is put before the old one. Each has 16
       random bytes or more. None: one is drawn when it is needed, and a restart makes it void. Without
       randomness nothing is carried. wall_ms tells when it expires, or without it now_ms, which processes
       do not share. */
    mcp_str state_keys[4];
    /* In place of the keys, authenticated encryption (as AES-GCM, with a fresh nonce each time): the first
       adds what it makes of the bytes to sealed (mcp_buf_add); the other undoes that, in memory of the call
       (max_scratch), and is false for whatever the first has not made. Both or neither. */
    bool (*seal_state)(void *user, const void *bytes, size_t len, mcp_buf *sealed);
    bool (*open_state)(void *user, const void *sealed, size_t len, mcp_buf *bytes);
    /* Whether this caller may see and use a row: a tool, prompt or resource (its uri, or template). NULL:
       all may use all. It may ask the call who it is from, and change nothing. */
    bool (*filter)(void *user, mcp_call *call, int kind, const char *name);
    /* Around every request, for rate limits, audits, metrics and spans (examples/hooks.c). before: its method
       is known, its row was found and the filter let it pass; its arguments were not checked yet. Anything
       but MCP_OK refuses it, and the hook says why: return mcp_fail(call, ...) or mcp_refuse(call, ...). It
       may not defer. */
    int (*before)(void *user, mcp_call *call);
    /* Once for each request, also for those that before did not see: the reply was handed over, or nobody
       waits for one. status: MCP_OK; MCP_E_TOOL: the handler or before failed and said why; MCP_E_PROTOCOL:
       the library refused it, as its method, name or arguments are wrong; MCP_E_BUSY: its tool has max_calls
       under way; MCP_E_TIMEOUT; MCP_E_CLOSED: it was cancelled or its client left; or what kept its reply
       from being written, as MCP_E_TOO_LONG. duration_ms wants now_ms. To read the call only: what is written
       goes nowhere. Of a reply that had to wait for its transport the row is not known any more: mcp_user is
       the server's, and a completion has no name. Messages that are no requests only the tap sees. */
    void (*after)(void *user, mcp_call *call, int status, uint64_t duration_ms);
    /* Nobody waits for a deferred call any more: it was cancelled, took too long, or its client
       left. mcp_resume gives NULL for it from now on. */
    void (*on_cancel)(void *user, mcp_ref ref);
    /* What a deferred task has asked (mcp_ask on what mcp_resume gave) was answered, or will not be: resume
       it, and the same mcp_ask says which. */
    void (*on_ready)(void *user, mcp_ref ref);
    /* A notification that the library has no use for itself, as notifications/initialized or one of your own.
       params: an object or missing, good until it returns. session: NULL if the delivery had none. */
    void (*on_notification)(void *user, mcp_session *session, const char *method, mcp_json params);
    /* Somebody, or nobody any more, wants to hear of changes of that resource (mcp_resource_changed). */
    void (*on_subscribe)(void *user, const char *uri, bool wanted);
    /* The last call of a row that was removed is over, so its memory may go. */
    void (*on_removed)(void *user, const void *row);
    /* Sees every message as it is on the wire, without its line break: what came in before it is served,
       what goes out when it was handed over; good until it sends or feeds something itself. session: NULL
       if the delivery had none. Sessions that it closes, and the server, are gone after the host's next
       call at the latest. */
    void (*tap)(void *user, mcp_session *session, int direction, const char *bytes, size_t len);
    /* Limits. */
    uint32_t max_message;           /* bytes of one message (default: 4 MiB) */
    uint32_t max_nodes;             /* nodes of one message (default: an eighth of max_message) */
    uint32_t max_depth;             /* of one message (default: 64) */
    uint32_t max_batch;             /* messages in a batch of revision 2025-03-26 (default: 64; most: 65,535;
                                       MCP_NONE: 0) */
    uint32_t max_reply;             /* bytes of one reply, or of those to a batch together (default: 4 MiB) */
    /* Bytes of all text blocks of a tool's result (default: what max_reply allows). A model reads them:
       four are about a token. More is an error that tells the model to ask for less; or, with MCP_CUT on
       the tool, it is cut off, and a note behind the text says how much. A structured result is not cut. */
    uint32_t max_text;
    uint32_t max_scratch;           /* bytes of a call's own memory (default: 64 KiB) */
    uint32_t max_state;             /* bytes that a client carries for a call (default: a quarter of
                                       max_message) */
    uint32_t max_output;            /* bytes of replies that wait; then reading stops (default: 1 MiB) */
    uint32_t page_size;             /* rows of one page of a list (default: 100; MCP_NONE: all) */
    uint32_t max_calls;             /* that are deferred at a time, and batches that wait for some (default:
                                       64; most: 65,534; MCP_NONE: 0) */
    uint32_t call_timeout_ms;       /* for a deferred call, unless its tool says other (default: 60,000;
                                       MCP_NONE: no limit) */
    uint32_t drain_ms;              /* for them after the end of the input (default: 2,000; MCP_NONE: 0) */
    uint32_t ask_timeout_ms;        /* for an answer of the client (default: 600,000; MCP_NONE: no limit) */
    uint32_t max_rounds;            /* of questions in one call (default: 8; MCP_NONE: any) */
    uint32_t max_tasks;             /* that are kept, those too that are over (default: 256; MCP_NONE: 0) */
    uint32_t task_ttl_ms;           /* how long, from their beginning; a client of 2025-11-25 may ask for less
                                       (default: 300,000; MCP_NONE: for ever) */
    uint32_t task_poll_ms;          /* between two looks at one, as clients are told (default: 1,000) */
    uint32_t max_task_result;       /* bytes of the result that is kept of one (default: 256 KiB) */
    uint32_t max_subscriptions;     /* resources that a session, or since 2026-07-28 one request of
                                       subscriptions/listen, may subscribe to (default: 32; MCP_NONE: 0) */
    uint32_t max_listens;           /* such requests that are open, of a session or of a principal with a
                                       name (default: 64; MCP_NONE: 0) */
    uint32_t max_all_listens;       /* the same of all together (default: 1,024) */
    uint32_t ping_ms;               /* between pings to a session that says nothing (default: none) */
    uint32_t max_pings;             /* that are not answered; then the session is over (default: 3) */
    uint32_t stall_ms;              /* that a client may take nothing of what waits for it; then stdio is over
                                       (default: none) */
} mcp_server_desc;

/* Makes a server. The desc is copied; the texts and tables that it points to must outlive the
   server. NULL if there is no memory or a row is wrong; desc->log is told which. */
MCP_API mcp_server *mcp_server_create(const mcp_server_desc *desc);
/* Ends it, its sessions and its deferred calls. NULL is allowed. In a callback it takes effect after
   that has returned. */
MCP_API void mcp_server_destroy(mcp_server *server);
/* Ends the deferred calls whose time is over, and goes on with those of mcp_later that are due (not in a
   callback). Returns in how many milliseconds it wants to be called again, or -1 for no need. stdio does
   this by itself; it matters where a transport of your own serves deferred calls, and wants desc.now_ms. */
MCP_API int mcp_server_tick(mcp_server *server);

/* Rows that come and go while the server runs; it needs desc.changes for clients to hear of that. The row
   and what it points to must live until the server ends, or until desc.on_removed was called with it: a
   row that is removed stays with the calls that use it. Not inside desc.filter. Return MCP_OK;
   MCP_E_MISUSE if the row is wrong, which desc.log is told; MCP_E_NOMEM. Spec: server/tools,
   server/resources, server/prompts (list changed notification) */
MCP_API int mcp_add_tool(mcp_server *server, const mcp_tool *row);
MCP_API int mcp_add_resource(mcp_server *server, const mcp_resource *row);
MCP_API int mcp_add_prompt(mcp_server *server, const mcp_prompt *row);
/* Takes a row away, or out of sight for a while; of a resource by its uri or template. False: there is
   none. */
MCP_API bool mcp_remove_tool(mcp_server *server, const char *name);
MCP_API bool mcp_remove_resource(mcp_server *server, const char *uri);
MCP_API bool mcp_remove_prompt(mcp_server *server, const char *name);
MCP_API bool mcp_enable_tool(mcp_server *server, const char *name, bool enabled);
MCP_API bool mcp_enable_resource(mcp_server *server, const char *uri, bool enabled);
MCP_API bool mcp_enable_prompt(mcp_server *server, const char *name, bool enabled);

/* Tells clients that lists have changed, as MCP_TOOLS | MCP_PROMPTS: those of desc.changes. The functions
   above do it by themselves; it is for what desc.filter lets through. However many changes there are
   before a client takes its output, it hears of them once. */
MCP_API void mcp_changed(mcp_server *server, uint32_t kinds);
/* Tells those who subscribed to it that a resource has changed, if desc.changes has MCP_CONTENTS, and
   desc.filter, which is asked again, still lets them see it. Spec: server/resources (subscriptions) */
MCP_API void mcp_resource_changed(mcp_server *server, const char *uri);
/* Ends all requests of subscriptions/listen: each is answered, behind what has changed, with the next output.
   For a server that is about to go; stdio does it at the end of the input and in mcp_stdio_close.
   Spec: basic/patterns/subscriptions */
MCP_API void mcp_end_subscriptions(mcp_server *server);
/* Log messages that were dropped: their client did not take them, or they could not be written, for want
   of memory, because they are longer than max_reply or their template is wrong. */
MCP_API uint64_t mcp_dropped(const mcp_server *server);

/*---- >>call-api  Inside a tool. -----------------------------------------------------------------*/

/* All pointers and values that these return live until the reply was handed over. */

/* The arguments as they came; missing if there were none. Of a method of your own they are the params. */
MCP_API mcp_json mcp_args(mcp_call *call);
/* The params of the request, whatever it is: an object, or missing. */
MCP_API mcp_json mcp_params(mcp_call *call);
/* An argument. A required one is there and has its type; an absent one is what its row says, or
   else NULL or def. */
MCP_API const char *mcp_arg_str(mcp_call *call, const char *name);
MCP_API int64_t mcp_arg_int(mcp_call *call, const char *name, int64_t def);
MCP_API double mcp_arg_num(mcp_call *call, const char *name, double def);
MCP_API bool mcp_arg_bool(mcp_call *call, const char *name, bool def);

/* The arguments in the struct whose members the rows were bound to (MCP_BIND): absent ones are what
   their rows say, or zero. NULL without memory, which becomes the reply, or if no row is bound. */
MCP_API const void *mcp_args_struct(mcp_call *call);

/* The row's user pointer, or else the server's. */
MCP_API void *mcp_user(mcp_call *call);
/* The server that the call came to. */
MCP_API mcp_server *mcp_call_server(const mcp_call *call);
/* For hooks around every request. Its method, as "tools/call"; what it is about: the name of a tool or prompt
   as the client gave it, the URI of a resource, the row that a completion is for; both never NULL, "" where
   there is none. The code of the error that it was answered with; 0 for none. */
MCP_API const char *mcp_call_method(const mcp_call *call);
MCP_API const char *mcp_call_name(const mcp_call *call);
MCP_API int mcp_call_code(const mcp_call *call);

/* Whom the call came from. The revision that is spoken, as "2025-11-25" (in a hook "", while there is none);
   what the client says of itself (clientInfo) and of what it can do (capabilities); the _meta of the request;
   missing where there is none. The principal is whom the transport knows it to be: "" where it does not.
   Spec: basic (_meta) */
MCP_API const char *mcp_revision(const mcp_call *call);
MCP_API mcp_json mcp_client_info(const mcp_call *call);
MCP_API mcp_json mcp_client_capabilities(const mcp_call *call);
MCP_API mcp_json mcp_request_meta(const mcp_call *call);
MCP_API const char *mcp_principal(const mcp_call *call);

/* Tells how far the call has got: done must grow; total is 0 where it is not known, text may be NULL. It
   gives a deferred call new time, up to ten times call_timeout_ms. Nothing is sent to a client that did
   not ask; to one that is slow to read, only the newest. Spec: basic/utilities/progress */
MCP_API void mcp_progress(mcp_call *call, double done, double total, const char *text);

/* Sends a log message to the client, if it wants to hear of that level; logger names the part of the
   program, and may be NULL. Wants desc.logging. Never log secrets. What a client does not take in time is
   dropped, and counted (mcp_dropped). mcp_log_text is without the vsnprintf of the C library;
   mcp_log_data sends JSON from a template (see mcp_put_f). Spec: server/utilities/logging */
MCP_API void mcp_log(mcp_call *call, int level, const char *logger, const char *format, ...) MCP_PRINTF(4, 5);
MCP_API void mcp_log_text(mcp_call *call, int level, const char *logger, const char *text);
MCP_API void mcp_log_data(mcp_call *call, int level, const char *logger, const char *format, ...)
    MCP_PRINTF(4, 5);

/* The trace that the request belongs to, as W3C Trace Context and Baggage write it: NULL where it said none,
   or what is not in their formats or longer than 8,192 bytes, which is ignored. To pass it on, where the
   server is itself a client:
       mcp_client_trace(client, mcp_call_trace(call));
   Spec: basic (_meta, trace context) */
typedef struct mcp_trace {
    const char *parent;             /* "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" */
    const char *state;              /* tracestate: "vendor=value,..."; only beside a parent */
    const char *baggage;            /* "key=value;property,..." */
} mcp_trace;
/* Of this request; its texts are good as long as the call. */
MCP_API mcp_trace mcp_call_trace(const mcp_call *call);

/* Adds a text block to the result; NULL is the empty text. May be called several times. Returns
   MCP_OK. Lack of memory or a result over max_reply is remembered and becomes the reply; so is, of a tool,
   text over max_text. */
MCP_API int mcp_text(mcp_call *call, const char *text);
MCP_API int mcp_textn(mcp_call *call, const char *text, size_t len);
MCP_API int mcp_textf(mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* Adds other content. mime: its media type, as "image/png". bytes are copied, as base64. A client
   whose revision does not know the kind (audio before 2025-03-26, links before 2025-06-18) gets a
   text that says what it misses. Return MCP_OK, as mcp_text. Spec: server/tools (tool result) */
MCP_API int mcp_image(mcp_call *call, const void *bytes, size_t len, const char *mime);
MCP_API int mcp_audio(mcp_call *call, const void *bytes, size_t len, const char *mime);
/* A resource that the client may read: its URI and a name for people; mime may be NULL. */
MCP_API int mcp_link(mcp_call *call, const char *uri, const char *name, const char *mime);
/* A resource with its contents, as text or as bytes; mime may be NULL. */
MCP_API int mcp_embed(mcp_call *call, const char *uri, const char *mime, const char *text, size_t len);
MCP_API int mcp_embed_bytes(mcp_call *call, const char *uri, const char *mime, const void *bytes, size_t len);

/* The contents of the resource that is read, as bytes; as text they are mcp_text. Those of another one,
   below it or beside, are mcp_embed and mcp_embed_bytes. Spec: server/resources (reading resources) */
MCP_API int mcp_blob(mcp_call *call, const void *bytes, size_t len);
/* The URI that is read; the values of a template's variables are arguments (mcp_arg_str). "" elsewhere. */
MCP_API const char *mcp_uri(mcp_call *call);
/* How long the client may keep what is read, and who else may be given it (MCP_CACHE_PRIVATE or _PUBLIC), in
   place of what the row says. Clients before 2026-07-28 are not told. Returns MCP_OK; outside of a resource
   MCP_E_MISUSE, which becomes the reply. Spec: server/utilities/caching */
MCP_API int mcp_cache(mcp_call *call, uint32_t ttl_ms, uint32_t cache);
/* There is no such resource: `return mcp_missing(call)`. So is one that nothing was written for. */
MCP_API int mcp_missing(mcp_call *call);

/* Who says something. Spec: schema (Role) */
enum { MCP_USER = 0, MCP_ASSISTANT };

/* Who says what comes next, in a prompt: each block of content is a message of its own. MCP_USER at the
   start. Spec: server/prompts (PromptMessage) */
MCP_API void mcp_role(mcp_call *call, int role);

/* Whom the next block of content is for, and how important it is; the annotations must live until then. */
MCP_API void mcp_annotate(mcp_call *call, const mcp_annotations *annotations);

/* In a function that completes: which argument or variable is typed, what there is of it, and one value
   that it may become, the likeliest first. Of the others mcp_arg_str tells those that are known. The
   first 100 values are sent, and how many there were. Spec: server/utilities/completion */
MCP_API const char *mcp_complete_name(mcp_call *call);
MCP_API const char *mcp_complete_value(mcp_call *call);
MCP_API int mcp_suggest(mcp_call *call, const char *value);
MCP_API int mcp_suggestn(mcp_call *call, const char *value, size_t len);

/* Part of a list that a tool gives page by page. */
typedef struct mcp_part {
    size_t first, end;              /* the items from first on, up to end without it */
    size_t count;                   /* of all items */
    const char *arg;                /* the argument that says where a page begins */
    const char *next;               /* what it has to be for the next page; NULL: this is the last one */
} mcp_part;

/* Finds the page that the call asks for, of a list of count items with page_size on a page (0: all). arg
   names the argument that says where it begins, a string or an integer; without it, it is the first page.
   Returns MCP_OK; or MCP_E_TOOL, for the tool to return, if it is no such index: the model was told.
       mcp_part part;
       int status = mcp_page(c, "cursor", count, 20, &part);
       if (status != MCP_OK) return status;
       for (i = part.first; i < part.end; i++) (void)mcp_text(c, items[i]);
       return mcp_page_note(c, &part);
   The list may change between two pages: part.next is the index of an item, as text. */
MCP_API int mcp_page(mcp_call *call, const char *arg, size_t count, size_t page_size, mcp_part *part);
/* Tells the model in a text block which items it got, and how to get the next ones; nothing if it got them
   all. A structured result has part.next as a member in place of that. Returns as mcp_text. */
MCP_API int mcp_page_note(mcp_call *call, const mcp_part *part);

/* The structured result, at most once: an object from a template (see mcp_put_f), or the struct that the
   tool's result rows are bound to. It is also added as text, which is all that clients before 2025-06-18
   see. Of a method it is the result itself: leave out resultType and _meta, which come with 2026-07-28 by
   themselves. Return MCP_OK; a bad template, or a row without bound result rows, is remembered and
   becomes the reply. Spec: server/tools (structured content) */
MCP_API int mcp_data(mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
MCP_API int mcp_data_struct(mcp_call *call, const void *result);

/* Adds a member to the _meta of the result, whatever that is of: a value from a template (see mcp_put_f). It
   is for programs; models do not see it. A key is [prefix/]name, as "com.example/took"; prefixes that the
   protocol keeps for itself are refused, as io.modelcontextprotocol/ and all others with "mcp" or
   "modelcontextprotocol" as their second label or before another one. mcp_fail drops it; an error
   that is no result has none. Returns MCP_OK; MCP_E_MISUSE for another key, or one that was given before, or
   the error of the template, which becomes the reply. Spec: basic (_meta) */
MCP_API int mcp_meta(mcp_call *call, const char *key, const char *format, ...) MCP_PRINTF(3, 4);

/* The tool could not do it: everything written before is dropped, and the model is told this text
   (isError). Returns MCP_E_TOOL, for `return mcp_fail(...)`. Spec: server/tools (error handling) */
MCP_API int mcp_fail(mcp_call *call, const char *format, ...) MCP_PRINTF(2, 3);
/* The same without a format, and without the vsnprintf of the C library. */
MCP_API int mcp_fail_text(mcp_call *call, const char *text);

/* The request itself is refused: everything written before is dropped, and the client gets a JSON-RPC
   error, of which a model often hears nothing. code: -32602 for params that are wrong, -32603 for a fault
   of ours, or one of your own outside of -32768 to -32000; never 0 (MCP_E_MISUSE). Returns MCP_E_TOOL,
   for `return mcp_refuse(...)`. Spec: basic (error responses) */
MCP_API int mcp_refuse(mcp_call *call, int code, const char *format, ...) MCP_PRINTF(3, 4);
/* The same with a text as it stands, and error.data from a template (see mcp_put_f), NULL for none. */
MCP_API int mcp_refuse_data(mcp_call *call, int code, const char *text, const char *format, ...)
    MCP_PRINTF(4, 5);

/* What a server may ask of a client while it serves one of its requests. */
enum {
    MCP_INPUT_FORM = 1,             /* values that the user fills in (elicitation) */
    MCP_INPUT_URL = 2,              /* that the user opens an address (elicitation, from 2025-11-25 on) */
    MCP_INPUT_SAMPLING = 4,         /* an answer of the client's model */
    MCP_INPUT_ROOTS = 8             /* directories that the server may work in */
};

/* Asks the client, in the middle of a tool, a prompt or the read of a resource:
       mcp_json answer;
       int status = mcp_ask(c, "sure", "Delete all of it?", sure_form, &answer);
       if (status == MCP_ASK) return status;
       if (status != MCP_OK || !mcp_json_bool(answer, "yes", false)) return mcp_text(c, "Left alone.");
   ASK FIRST, ACT AFTER: the handler that returns MCP_ASK is run again from its top when the answers are
   there, in whatever way the client's revision carries them, so nothing before the last ask may have an
   effect. Then the same mcp_ask, by its key, gives the answer; several asks before the return go out
   together; one that comes after an answered one is the next round. The key is at most 256 bytes, and each
   question of a call has its own. What was written before is dropped.
   Returns MCP_OK and the answer, good until the reply was handed over: it fits the rows of the form, with
   their defaults, else it was asked again. MCP_ASK: return it. Or why there is no answer: MCP_E_DECLINED;
   MCP_E_DISMISSED; MCP_E_TIMEOUT, after ask_timeout_ms; MCP_E_UNSUPPORTED, the client has not declared that
   it can be asked this; MCP_E_REMOTE, it answered with an error; MCP_E_CLOSED, it will say nothing more;
   MCP_E_TOO_LONG, it does not fit into one message, or max_state, or it was asked max_rounds times;
   MCP_E_PROTOCOL, what the client brought back is not what we gave it; MCP_E_MISUSE outside of a running
   handler, but for a deferred task: then the question leaves at once, and desc.on_ready tells when to ask
   again. A handler that returns one of these tells the model, or the client, so.
   An answer is what the client says, never proof: see mcp_question.flags. Never ask for secrets in a form.
   The form: rows of strings, numbers and booleans; from 2025-11-25 on also lists with choices; before,
   MCP_E_UNSUPPORTED. Spec: client/elicitation, basic/patterns/mrtr */
MCP_API int mcp_ask(mcp_call *call, const char *key, const char *message, const mcp_field *form,
                    mcp_json *answer);
/* Asks that the user opens an address, where secrets may be typed in. MCP_OK says that the user agreed,
   not that it is done; mcp_url_done tells the client when it is, which only 2025-11-25 has a notification
   for. Spec: client/elicitation (URL mode) */
MCP_API int mcp_ask_url(mcp_call *call, const char *key, const char *message, const char *url);
MCP_API void mcp_url_done(mcp_call *call, const char *key);
/* Asks the client's model: params from a template (see mcp_put_f), with messages and maxTokens at least. The
   answer has role, content and model. tools and toolChoice want the capability sampling.tools, includeContext
   wants sampling.context. Spec: client/sampling */
MCP_API int mcp_sample(mcp_call *call, const char *key, mcp_json *answer, const char *format, ...)
    MCP_PRINTF(4, 5);
/* Asks for the directories that the server may work in: an array of objects with uri and name.
   Spec: client/roots */
MCP_API int mcp_roots(mcp_call *call, mcp_json *roots);

/* For mcp_question.flags: since 2026-07-28 the answer comes with a request of the client's, and counts
   only if that carries what we sealed when we asked. Without it an answer may come unasked, as any
   argument. */
enum { MCP_SEALED = 1 };

/* A question in full: the functions above are short for it. */
typedef struct mcp_question {
    int kind;                       /* MCP_INPUT_... */
    const char *message;            /* for the user, of a form or an address */
    const mcp_field *form;
    const char *url;
    const char *params;             /* JSON, of sampling */
    uint32_t flags;                 /* MCP_SEALED */
    uint32_t timeout_ms;            /* to answer (default: ask_timeout_ms; MCP_NONE: no limit) */
} mcp_question;
/* Asks it. Returns as mcp_ask; answer may be NULL. */
MCP_API int mcp_ask_question(mcp_call *call, const char *key, const mcp_question *question, mcp_json *answer);

/* Bytes that the runs of a handler pass on to the next one, beside the answers: set before it returns
   MCP_ASK, copied. Since 2026-07-28 they travel with the client, who can read but not change them. Return
   MCP_OK, MCP_E_TOO_LONG for more than max_state, or MCP_E_NOMEM; ptr NULL if there are none. */
MCP_API int mcp_state_set(mcp_call *call, const void *bytes, size_t len);
MCP_API mcp_str mcp_state(mcp_call *call);
/* Drops an answer whose essence is in mcp_state: it is not carried on. */
MCP_API void mcp_forget(mcp_call *call, const char *key);
/* True once for a call, however often its handler is run again or, since 2026-07-28, its answers are sent
   again; false too where answers came without what we sealed. Ask first, then mcp_once, then act. Without
   desc.random it is true only for handlers that were not run before. Remembered until the question's time
   is over, for 1,024 calls; of more it is false. */
MCP_API bool mcp_once(mcp_call *call);

/* The tool will answer later: `return mcp_defer(call, &ref)`. The server goes on; arguments and
   everything else that the call gave stay as they are until the answer. Returns MCP_WAIT, or with
   *ref 0 MCP_E_BUSY when max_calls of them wait already, or MCP_E_CLOSED when nobody waits for this
   one any more. */
MCP_API int mcp_defer(mcp_call *call, mcp_ref *ref);
/* The tool goes on later: `return mcp_later(call, ms, next)`. The call is deferred, and after ms milliseconds
   the loop that pumps, or mcp_server_tick, calls next(call), which returns what a handler returns: a verdict,
   or mcp_later once more. What was written stays. The time that the call may take does not start anew; a
   call that was cancelled or took too long goes no further. Returns as mcp_defer, or MCP_E_MISUSE without a
   clock (desc.now_ms). */
MCP_API int mcp_later(mcp_call *call, uint32_t ms, mcp_call_fn next);
/* From here on the call is a task, if the client can take one and the row of the tool has MCP_TASK or
   MCP_TASK_ONLY: the client is answered at once, comes back for the result, and what is asked is asked by the
   task. mcp_defer and mcp_later do so by themselves. Clients of 2025-11-25 ask for it, and then the call is a
   task before its handler runs; those of 2026-07-28 declare that they can take one. A task has no
   call_timeout_ms: it lives for task_ttl_ms, or fails after its tool's timeout_ms. Progress is the message of
   its status. While it runs it is one of max_calls. Its client cancels it as any call (on_cancel).
   Returns MCP_OK, also if it is one already; MCP_E_UNSUPPORTED: go on as an ordinary call; MCP_E_BUSY:
   max_tasks are kept, and none of the same client is over, which then goes first, or max_calls wait;
   MCP_E_NOMEM, MCP_E_CLOSED; MCP_E_MISUSE outside of a running handler. Wants desc.random,
   without which there are no tasks; desc.wall_ms, by which clients see when it began; and desc.now_ms,
   without which it is kept for ever. Spec: 2025-11-25 basic/utilities/tasks, io.modelcontextprotocol/tasks */
MCP_API int mcp_task(mcp_call *call);
/* Memory of the call, size bytes: zero the first time, and then the same ones whenever it is asked again,
   until the reply was handed over. For what the steps of mcp_later keep. NULL past max_scratch or without
   memory, which becomes the reply, or for more bytes than the first time. */
MCP_API void *mcp_call_memory(mcp_call *call, size_t size);
/* The deferred call of that number, to write its answer; it is good until it is finished or the
   server gets its next message. NULL once it was answered, was cancelled or took too long: do
   nothing then. Like all else, from the server's thread only. */
MCP_API mcp_call *mcp_resume(mcp_server *server, mcp_ref ref);
/* The number of a deferred call, as mcp_defer gave it; 0 while it is not deferred. */
MCP_API mcp_ref mcp_call_ref(const mcp_call *call);
/* True when nobody waits for the answer any more: a handler that takes long may stop. */
MCP_API bool mcp_cancelled(const mcp_call *call);
/* Sends the answer of a deferred call. verdict is what a tool would have returned: MCP_OK or what
   mcp_fail gave. NULL is allowed, so that this will do:
       mcp_call *c = mcp_resume(server, ref);
       if (c) mcp_finish(c, mcp_text(c, "done")); */
MCP_API void mcp_finish(mcp_call *call, int verdict);

/*---- >>client-api  A client: one server, seen from the other side. ------------------------------*/

typedef struct mcp_client mcp_client;
typedef struct mcp_reply mcp_reply;
typedef struct mcp_input mcp_input;

typedef struct mcp_client_desc {
    const char *name, *version;     /* required */
    const char *title;              /* for people; may be NULL */
    mcp_alloc alloc;
    void *user;                     /* for the hooks below */
    void (*log)(void *user, int level, const char *message);    /* NULL: silent */
    /* Answers what the server asks for: calls one of the functions below that take an mcp_input, or
       mcp_input_later; otherwise it counts as mcp_dismiss. Until it is answered, the time of a request does
       not run (before 2026-07-28, of no request). NULL: the server is told not to ask. */
    void (*on_input)(void *user, mcp_input *input);
    /* How far the server has got with a request: progress only grows, total is 0 if it is not known, message
       is never NULL. It gives the request new time, up to ten times call_timeout_ms. NULL: it is not asked
       for. Spec: basic/utilities/progress */
    void (*on_progress)(void *user, mcp_ref request, double progress, double total, const char *message);
    uint32_t inputs;                /* what it answers, as MCP_INPUT_FORM | ... (default: MCP_INPUT_FORM) */
    uint32_t max_rounds;            /* of questions to one request (default: 8) */
    /* Milliseconds of a clock that never goes back. NULL: mcp_client_spawn brings one; without it, requests
       have all the time in the world. */
    uint64_t (*now_ms)(void *user);
    uint32_t revisions;             /* those to speak, as MCP_2026_07_28 alone (default: all) */
    uint32_t max_message;           /* bytes of one message of the server (default: 4 MiB) */
    uint32_t max_nodes;             /* nodes of one (default: an eighth of max_message) */
    uint32_t max_depth;             /* of one (default: 64) */
    uint32_t max_request;           /* bytes of one request (default: 4 MiB) */
    uint32_t max_output;            /* bytes written ahead of a slow server: requests wait then, and after as
                                       much of answers it is not read any more (default: 1 MiB) */
    uint32_t max_calls;             /* requests at a time, and as many of a legacy server's, or questions
                                       in one round of a request (default: 64) */
    uint32_t max_pages;             /* of one list (default: 1,000) */
    uint32_t call_timeout_ms;       /* for the answer to a request (default: 60,000; MCP_NONE: no limit) */
    uint32_t probe_timeout_ms;      /* for that to server/discover, before initialize (default: 5,000) */
    uint32_t close_timeout_ms;      /* for a server to end, and again after SIGTERM (default: 2,000) */
    int stderr_to;                  /* the standard error of a spawned server (default: MCP_STDERR_PASS) */
    const char *const *environment; /* names of the variables that it gets, NULL at the end (default: all) */
    /* What the server tells: good until the function returns or makes a blocking call. NULL: it is dropped.
       First a log message (see mcp_set_log_level): logger is "" if it has none, data is any JSON, and to be
       trusted no more than the server is. Spec: server/utilities/logging */
    void (*on_log)(void *user, mcp_client *client, int level, const char *logger, mcp_json data);
    /* The list of MCP_TOOLS, MCP_RESOURCES (and templates) or MCP_PROMPTS has changed, and uri is NULL; or
       the MCP_CONTENTS of the resource of that uri, which may be one below that of mcp_subscribe. It may be
       told twice. Since 2026-07-28 a server is asked to tell of the lists only if this is not NULL.
       Spec: server/resources (subscriptions) */
    void (*on_changed)(void *user, mcp_client *client, int what, const char *uri);
    /* A notification that none of these functions is for. params may be missing. */
    void (*on_notification)(void *user, mcp_client *client, const char *method, mcp_json params);
    bool roots_change;              /* the roots are not always the same: mcp_roots_changed will tell */
} mcp_client_desc;

/* For stderr_to: it goes where ours does, is kept, or goes nowhere. What is kept is the last of it, and
   its last line stands in mcp_client_error. */
enum { MCP_STDERR_PASS = 0, MCP_STDERR_KEEP, MCP_STDERR_DROP };

/* Makes a client over any stream of bytes with one message a line: send what mcp_client_output gives, feed
   what comes. It asks at once which revision the server speaks (server/discover, then initialize), and keeps
   requests until it knows. The desc is copied; the texts that it points to must outlive the client. NULL
   without memory, or if name or version is missing. Spec: basic/versioning, 2025-11-25 basic/lifecycle */
MCP_API mcp_client *mcp_client_create(const mcp_client_desc *desc);
/* Ends it: open requests are answered with MCP_E_CLOSED, a spawned server is made to end. NULL is allowed.
   In a callback it takes effect after that has returned. */
MCP_API void mcp_client_close(mcp_client *client);

/* Takes a copy of what the server sent. Returns how many bytes were taken: fewer than len after an error, or
   while a server that asks us must take max_output bytes of answers first (feed the rest after
   mcp_client_sent). */
MCP_API size_t mcp_client_feed(mcp_client *client, const void *bytes, size_t len);
/* The same without the copy, as mcp_session_room and mcp_session_fed. */
MCP_API char *mcp_client_room(mcp_client *client, size_t want, size_t *size);
MCP_API void mcp_client_fed(mcp_client *client, size_t len);
/* The server will send nothing more: open requests are answered with MCP_E_CLOSED. */
MCP_API void mcp_client_ended(mcp_client *client);
/* What is to be sent, *len bytes, good until the next call on the client; NULL for nothing. */
MCP_API const char *mcp_client_output(const mcp_client *client, size_t *len);
/* len of these bytes were sent. Lines that waited for this are read now. */
MCP_API void mcp_client_sent(mcp_client *client, size_t len);
/* Ends the requests whose time is over. Returns in how many milliseconds it wants to be called again, or -1.
   Wants desc.now_ms. */
MCP_API int mcp_client_tick(mcp_client *client);

/* MCP_OK: the server has said which revision it speaks; MCP_WAIT: not yet; negative: it is over, and
   mcp_client_error tells why (never NULL, good until the client is closed). */
MCP_API int mcp_client_status(const mcp_client *client);
MCP_API const char *mcp_client_error(const mcp_client *client);
/* The revision, as "2025-11-25"; NULL while it is not known. */
MCP_API const char *mcp_client_revision(const mcp_client *client);
/* What the server said of itself: its result of server/discover or initialize, with capabilities,
   instructions and so on; missing while it is not known. */
MCP_API mcp_json mcp_client_hello(const mcp_client *client);
/* How many responses came that no request of ours waited for: after its time or its cancellation, a second
   time, or with an id that was never sent. They are dropped, and desc.log is told of each at MCP_LOG_DEBUG.
   A few are in order, as messages cross; many tell of a server that is broken, or slower than
   call_timeout_ms. Spec: basic/patterns/cancellation */
MCP_API uint64_t mcp_client_late(const mcp_client *client);

/* For clients of mcp_client_spawn and mcp_pair: moves what can be moved, waits at most timeout_ms for that
   (0: not at all, -1: as long as it takes). Returns MCP_OK, MCP_WAIT if nothing happened, or the negative
   status. */
MCP_API int mcp_client_pump(mcp_client *client, int timeout_ms);

/* A server and a client in one process, without any input or output between them: for tests of a server,
   with the clock of your choice. Close the client before you destroy the server. NULL as
   mcp_client_create. */
MCP_API mcp_client *mcp_pair(mcp_server *server, const mcp_client_desc *desc);

/* Calls a tool and waits for its answer; arguments from a template (see mcp_put_f), NULL for none:
       const mcp_reply *r = mcp_call_tool(client, "echo", "{'text': %s}", text);
   Never NULL; the reply is good until the next blocking call. For clients of mcp_client_spawn and mcp_pair.
   Spec: server/tools (calling tools) */
MCP_API const mcp_reply *mcp_call_tool(mcp_client *client, const char *tool, const char *format, ...)
    MCP_PRINTF(3, 4);
/* The same with arguments as JSON (NULL for none), or from the members of a struct that rows are bound
   to. */
MCP_API const mcp_reply *mcp_call_tool_json(mcp_client *client, const char *tool, const char *json);
MCP_API const mcp_reply *mcp_call_tool_struct(mcp_client *client, const char *tool, const mcp_field *rows,
                                              const void *args);
/* Reads a resource: what comes are mcp_content_text and mcp_content_bytes. Makes a prompt; its arguments are
   strings, from a template or NULL. They return as mcp_call_tool; besides MCP_E_PROTOCOL if the result is
   not what the protocol wants, and, as all functions from here to mcp_unsubscribe, MCP_E_MISUSE if the server
   has not declared that it can do this (mcp_request asks it all the same).
       r = mcp_get_prompt(client, "review", "{'language': %s}", "C");
   Spec: server/resources (reading resources), server/prompts (getting a prompt) */
MCP_API const mcp_reply *mcp_read_resource(mcp_client *client, const char *uri);
MCP_API const mcp_reply *mcp_get_prompt(mcp_client *client, const char *name, const char *format, ...)
    MCP_PRINTF(3, 4);
/* What the value of an argument may become that the user has begun to type: of a prompt (MCP_PROMPTS and its
   name), or a variable of a template (MCP_TEMPLATES and its URI). The others that are known, as strings, come
   from a template, NULL for none; before 2025-06-18 they are not sent. The values are mcp_reply_content; what
   else the server says of them, total and hasMore, stands in mcp_reply_result.
       r = mcp_complete(client, MCP_TEMPLATES, "repo://{owner}/{name}", "name", "mc", "{'owner': %s}", "ann");
   Spec: server/utilities/completion */
MCP_API const mcp_reply *mcp_complete(mcp_client *client, int kind, const char *of, const char *argument,
                                      const char *value, const char *format, ...) MCP_PRINTF(6, 7);
/* From which level on the server sends log messages, MCP_LOG_DEBUG for all; before the first call a server of
   2026-07-28 sends none, and an older one what it likes. Where the revision has no request for it, since
   2026-07-28, the reply is MCP_OK at once and all later requests say it. Spec: server/utilities/logging */
MCP_API const mcp_reply *mcp_set_log_level(mcp_client *client, int level);
/* Wants to be told of changes of a resource (on_changed), or no longer. Since 2026-07-28 that is asked for by
   one request that stays open (subscriptions/listen), of lists and resources together. If the server ends it,
   it is made again, after 1, 2, 4 ... 64 seconds (with a clock, now_ms), and on_changed is called for
   everything that may have changed meanwhile. A resource that the server does not tell of is MCP_E_REMOTE.
   Spec: 2025-11-25 server/resources (subscriptions), basic/patterns/subscriptions */
MCP_API const mcp_reply *mcp_subscribe(mcp_client *client, const char *uri);
MCP_API const mcp_reply *mcp_unsubscribe(mcp_client *client, const char *uri);
/* Whether the server still answers: ping; since 2026-07-28, which has none, server/discover.
   Spec: 2025-11-25 basic/utilities/ping */
MCP_API const mcp_reply *mcp_ping(mcp_client *client);
/* Any request; params from a template, NULL for none, without _meta, which is added. */
MCP_API const mcp_reply *mcp_request(mcp_client *client, const char *method, const char *format, ...)
    MCP_PRINTF(3, 4);

/* The next request of the client's belongs to this trace, which is copied: that of a call, or one whose
   parent is a span of your own; {0} for none. MCP_OK; MCP_E_NOMEM; or MCP_E_MISUSE if a member is not in
   its format. After an error the next request has no trace. */
MCP_API int mcp_client_trace(mcp_client *client, mcp_trace trace);

/* What became of a request that was begun. The reply is good until the function returns or makes a blocking
   call. */
typedef void (*mcp_reply_fn)(void *user, mcp_client *client, const mcp_reply *reply);

/* The same without waiting: done is called once, whatever happens, but never from within this call. Return a
   number for mcp_client_cancel, or 0 with done not called: without memory, over max_calls or after the
   end; mcp_client_error tells. */
MCP_API mcp_ref mcp_call_begin(mcp_client *client, mcp_reply_fn done, void *user, const char *tool,
                               const char *format, ...) MCP_PRINTF(5, 6);
MCP_API mcp_ref mcp_request_begin(mcp_client *client, mcp_reply_fn done, void *user, const char *method,
                                  const char *format, ...) MCP_PRINTF(5, 6);
/* Nobody waits for that request any more: the server is told, done is not called. False: it was over.
   Spec: basic/patterns/cancellation */
MCP_API bool mcp_client_cancel(mcp_client *client, mcp_ref request);

/* What the server asks: one of MCP_INPUT_..., what to show to the user (never NULL; "" for roots), and its
   params, as requestedSchema, url or messages. Good until it is answered, or the client reads on: if you
   wait in between, take mcp_input_later first.
   Spec: client/elicitation, client/sampling, client/roots, basic/patterns/mrtr */
MCP_API int mcp_input_kind(const mcp_input *input);
MCP_API const char *mcp_input_message(const mcp_input *input);
MCP_API mcp_json mcp_input_params(const mcp_input *input);
/* The user agrees. For a form its values, from a template (see mcp_put_f); what is left out gets the form's
   default. For an address NULL. MCP_OK, and the input is gone; or MCP_E_MISUSE if they do not fit the form
   (mcp_input_error tells why), it has more than 1,000 fields or a list of more values, or this is no question
   for the user: nothing was sent, try again. */
MCP_API int mcp_accept(mcp_input *input, const char *format, ...) MCP_PRINTF(2, 3);
/* The same with the values as JSON, for forms that are only known when they come. */
MCP_API int mcp_accept_json(mcp_input *input, const char *json);
MCP_API const char *mcp_input_error(const mcp_input *input);
/* The user refuses; or has not decided. The model or the roots are not given, then. */
MCP_API void mcp_decline(mcp_input *input);
MCP_API void mcp_dismiss(mcp_input *input);
/* What the protocol wants for sampling (role, content, model) or roots (roots), from a template. Return as
   mcp_accept. */
MCP_API int mcp_answer(mcp_input *input, const char *format, ...) MCP_PRINTF(2, 3);
MCP_API int mcp_answer_json(mcp_input *input, const char *json);
/* The roots are others than those that were last given: the server is told, and will ask again. While it
   reads nothing, many changes become one. MCP_OK, also since 2026-07-28, where nothing is told, as it asks
   each time; MCP_E_MISUSE unless desc.roots_change is set; MCP_E_NOMEM, and it is told later; or why it is
   over.
   Spec: client/roots */
MCP_API int mcp_roots_changed(mcp_client *client);
/* It will be answered later: mcp_input_resume gives it back; NULL once nobody waits for the answer. */
MCP_API mcp_ref mcp_input_later(mcp_input *input);
MCP_API mcp_input *mcp_input_resume(mcp_client *client, mcp_ref ref);

/* MCP_OK; MCP_E_TOOL: the tool failed, and mcp_reply_text tells why; MCP_E_REMOTE: the server answered with
   an error; MCP_E_TIMEOUT, MCP_E_CLOSED, MCP_E_PROTOCOL ...: there is no answer. */
MCP_API int mcp_reply_status(const mcp_reply *reply);
MCP_API bool mcp_reply_ok(const mcp_reply *reply);
/* The first text: of a tool's content, a resource's contents or a prompt's messages, the first value of a
   completion; or what went wrong. Never NULL. What else there is stands in mcp_reply_content. */
MCP_API const char *mcp_reply_text(const mcp_reply *reply);
/* The code of the server's error, or 0; what it said besides (error.data), or missing. */
MCP_API int mcp_reply_code(const mcp_reply *reply);
MCP_API mcp_json mcp_reply_error_data(const mcp_reply *reply);
/* The result; what it consists of, as an array: a tool's blocks of content (type), a resource's contents
   (uri, mimeType), a prompt's messages (role, content), a completion's values; a tool's structured content.
   Missing where there is none.
       for (m = mcp_json_first(mcp_reply_content(reply)); mcp_json_exists(m); m = mcp_json_next(m))
           printf("%s: %s\n", mcp_json_cstr(m, "role", ""), mcp_content_text(m)); */
MCP_API mcp_json mcp_reply_result(const mcp_reply *reply);
MCP_API mcp_json mcp_reply_content(const mcp_reply *reply);
MCP_API mcp_json mcp_reply_data(const mcp_reply *reply);
/* The text of an element of mcp_reply_content, or of the resource that is embedded there; "" if it has none,
   or one with a NUL inside, which mcp_content_bytes gives. */
MCP_API const char *mcp_content_text(mcp_json item);
/* The bytes of an element, decoded: of a resource, image or audio, or else of its text. Returns MCP_OK and
   their number; MCP_E_TOO_LONG and how large cap has to be, at most; MCP_E_SYNTAX if they are not base64;
   MCP_E_MISUSE if it has none, as a link. */
MCP_API int mcp_content_bytes(mcp_json item, void *out, size_t cap, size_t *len);

/* What the server has of a kind, MCP_TOOLS, MCP_RESOURCES, MCP_PROMPTS or MCP_TEMPLATES, one after the other,
   however many pages it comes in:
       for (t = mcp_list_first(client, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(client, t)) ...
   Each is good until the next page of its kind is read; different kinds may be walked at the same time.
   Missing at the end, and after an error. mcp_list_status tells, of the list that was walked last: MCP_OK, or
   with the reason in mcp_client_error that the server did not answer, that its page is not one or its pages
   lead in a circle (MCP_E_PROTOCOL), or that there are more than max_pages (MCP_E_TOO_LONG).
   Spec: server/tools, server/resources, server/prompts (listing), server/utilities/pagination */
MCP_API mcp_json mcp_list_first(mcp_client *client, int kind);
MCP_API mcp_json mcp_list_next(mcp_client *client, mcp_json item);
MCP_API int mcp_list_status(const mcp_client *client);

/*---- >>transport-api  For transports of your own: bytes, or message by message. -----------------*/

/* A peer on a stream of bytes with one message a line, as a socket, a UART or a pair of pipes: feed what
   comes, send what comes out. A server has as many sessions at a time as you open.
   Spec: basic/transports (custom transports)

       mcp_session *s = mcp_session_open(server);
       ... mcp_session_feed(s, bytes, len);
       ... while ((out = mcp_session_output(s, &len)) != NULL && (n = write(fd, out, len)) > 0)
               mcp_session_sent(s, n);

   NULL without memory. */
MCP_API mcp_session *mcp_session_open(mcp_server *server);
/* Cancels its deferred calls and drops what was not sent. NULL is allowed. In a callback it takes
   effect after that has returned. */
MCP_API void mcp_session_close(mcp_session *session);

/* Takes a copy of bytes and serves every line that is complete; the rest waits for its end. Returns how
   many bytes were taken: fewer than len while replies must be sent first (feed the rest after
   mcp_session_sent), or when mcp_session_status tells of an error. In a callback the bytes are only
   kept and served after that has returned. */
MCP_API size_t mcp_session_feed(mcp_session *session, const void *bytes, size_t len);
/* The same without the copy: where to read up to *size bytes to, at least one and some want; then
   mcp_session_fed says how many they were. NULL and 0 while nothing is taken. */
MCP_API char *mcp_session_room(mcp_session *session, size_t want, size_t *size);
MCP_API void mcp_session_fed(mcp_session *session, size_t len);
/* What is to be sent, *len bytes, good until the next call on the session; NULL for nothing. */
MCP_API const char *mcp_session_output(mcp_session *session, size_t *len);
/* len of these bytes were sent. Lines that waited for this are served now. */
MCP_API void mcp_session_sent(mcp_session *session, size_t len);
/* MCP_OK; MCP_WAIT: nothing is taken until more was sent or a deferred call has ended. It is over, so
   close it: MCP_E_NOMEM, a message or reply was lost for want of memory; MCP_E_TIMEOUT, the client
   answers no ping. */
MCP_API int mcp_session_status(const mcp_session *session);
/* True while something is to be sent or a deferred call is not answered: after the end of the input,
   the time to wait before it is closed. */
MCP_API bool mcp_session_busy(const mcp_session *session);

/* The client will send nothing more: questions to it are over (MCP_E_CLOSED), and their handlers run once
   more; deferred calls may still answer. */
MCP_API void mcp_session_ended(mcp_session *session);

/* Whom the transport knows the client to be, for mcp_principal; the text must outlive the session. */
MCP_API void mcp_session_set_principal(mcp_session *session, const char *principal);

/* The other door takes whole messages, for transports that frame them otherwise. */

/* What leaves a server. */
enum { MCP_EMIT_RESULT = 1, MCP_EMIT_ERROR, MCP_EMIT_NOTIFICATION, MCP_EMIT_REQUEST };

/* Takes one outgoing message: JSON text without a line break, good until the function returns.
   stream is the delivery's; code is the JSON-RPC error code or 0; last means that the stream gets
   nothing more for this request. The replies to a batch are an array, and that is a result. False: it
   cannot be taken now; the reply then waits, with its call, until mcp_stream_ready, and so does the newest
   progress. Must not call the server back. */
typedef bool (*mcp_emit_fn)(void *user, uint64_t stream, int kind, int code,
                            const char *bytes, size_t len, bool last);

/* One incoming message. */
typedef struct mcp_delivery {
    mcp_session *session;           /* of a legacy peer; NULL where the transport has none. What belongs to no
                                       request, as list_changed and ping, is taken from mcp_session_output */
    uint64_t stream;                /* where replies go: a number of the transport's choice */
    mcp_emit_fn emit;
    void *user;                     /* for emit */
    const char *bytes;              /* copied; no padding needed */
    size_t len;
    const char *principal;          /* whom the transport knows the client to be; copied; NULL: nobody */
} mcp_delivery;

/* Serves one message. Returns MCP_OK if it was accepted: its reply, if it gets one, was emitted; MCP_WAIT
   if the reply leaves later; MCP_E_SYNTAX and the like if it was refused (an error was emitted all the
   same); MCP_E_BUSY if max_calls wait already and it was not looked at: deliver it again later;
   MCP_E_NOMEM if not even an error could be written. */
MCP_API int mcp_deliver(mcp_server *server, const mcp_delivery *delivery);
/* The stream of that user and number can take output again: what waits for it is emitted. */
MCP_API void mcp_stream_ready(mcp_server *server, void *user, uint64_t stream);
/* Its connection is gone: what waits for it is dropped, its deferred calls are cancelled. */
MCP_API void mcp_stream_lost(mcp_server *server, void *user, uint64_t stream);

/*---- >>stdio-api  Standard input and output. ----------------------------------------------------*/

/* Serves standard input and output until the input ends, nobody reads any more or mcp_stdio_stop was
   called, then returns 0, ready for main; 1 if the server could not be made, the input failed, or the
   client was given up (max_pings, stall_ms). desc->log is told why, at MCP_LOG_DEBUG for 0, else at
   MCP_LOG_ERROR. The real standard output is moved aside meanwhile, so that a stray printf ends on standard
   error and not among the messages.
   Without desc->log there is a ready-made log on standard error, and the environment says what it is like:
       MCP_LOG           the last level that is written: error, warning, info (the default), debug, which is a
                         line for each request, ...
       MCP_LOG_FILE      a file that it is appended to; what cannot be written goes to standard error
       MCP_LOG_FORMAT    json: a line of JSON for each message, with the time
       MCP_LOG_SLOW_MS   requests that took as long are warned of, unless desc->slow_ms says when
   Spec: basic/transports (stdio) */
MCP_API int mcp_serve_stdio(const mcp_server_desc *desc);
/* Ends it, for a handler or hook, as the end of the input does: nothing more is read, and what is under
   way may still be answered for drain_ms. So it ends an mcp_stdio of the server. */
MCP_API void mcp_stdio_stop(mcp_server *server);

/* Binds a server to standard input and output for a loop of your own. The server must outlive it. Output
   that is a pipe or socket does not block until mcp_stdio_close. A program that ignores SIGPIPE by then
   saves two system calls for each reply. NULL without memory or descriptors. */
MCP_API mcp_stdio *mcp_stdio_open(mcp_server *server);
/* Reads once what has come, serves it, writes what can be written. Waits at most timeout_ms for that or
   a wake-up (0: not at all, as in a frame loop; -1: as long as it takes). Returns MCP_OK; or, once it is
   over, always the same: MCP_E_CLOSED after the end of the input or mcp_stdio_stop, when everything was
   answered and sent or drain_ms have passed, or when nobody reads any more; MCP_E_TIMEOUT, the client was
   given up (max_pings, stall_ms); MCP_E_IO or MCP_E_NOMEM. */
MCP_API int mcp_stdio_pump(mcp_stdio *io, int timeout_ms);
/* Why it is over, for a log; "" while it goes on. Static. */
MCP_API const char *mcp_stdio_error(const mcp_stdio *io);

/* For a poll, epoll, kqueue or select of your own: what to wait for, and what came of it. */
enum { MCP_POLL_IN = 1, MCP_POLL_OUT = 2 };
typedef struct mcp_pollfd {
    intptr_t fd;
    short events, revents;          /* MCP_POLL_IN, MCP_POLL_OUT */
} mcp_pollfd;

/* Writes what to wait for to fds, at most max of them, and to *timeout_ms how long at most (-1: no
   limit). Returns how many there are: 3 at most. They change with every message: ask each time. */
MCP_API int mcp_stdio_fds(const mcp_stdio *io, mcp_pollfd *fds, int max, int *timeout_ms);
/* Does what the revents of fds ask for, and what is due, without waiting. Returns as
   mcp_stdio_pump. */
MCP_API int mcp_stdio_ready(mcp_stdio *io, const mcp_pollfd *fds, int count);
/* What mcp_stdio_open gives a server that has no desc.now_ms, wall_ms or random, and what a transport of your
   own can give it; user is not used. Random bytes come from /dev/urandom: false, with out cleared, where that
   cannot be opened or read, as in an empty chroot or without a descriptor to spare. */
MCP_API uint64_t mcp_now_ms(void *user);
MCP_API uint64_t mcp_wall_ms(void *user);
MCP_API bool mcp_random(void *user, void *out, size_t len);

/* Makes a waiting pump return, or the next one. The one function that may be called from another
   thread or a signal handler. */
MCP_API void mcp_stdio_wake(const mcp_stdio *io);
/* Gives standard output back and ends the session. NULL is allowed. In a callback of a pump, which then
   returns MCP_E_CLOSED, io is gone after that. */
MCP_API void mcp_stdio_close(mcp_stdio *io);

/* Starts a server as a child process, and makes a client that talks to it over its standard input and
   output. argv ends with NULL and must outlive the client; argv[0] is looked for in PATH, and no shell comes
   in between. Of our descriptors it inherits standard error and none above, marked FD_CLOEXEC or not: with
   glibc, from 2.34 on, the child closes them all. Elsewhere it closes those below 4,096 that were open just
   before; what another thread opens in that moment needs the mark, as all of ours have it.
   mcp_client_close closes its input, waits, and ends it and its children by signals if it does not go.
   NULL with errno set if it could not be started: EINVAL if argv or desc lacks something, which desc.log is
   told. Spec: basic/transports (stdio) */
MCP_API mcp_client *mcp_client_spawn(const mcp_client_desc *desc, const char *const *argv);
/* For a loop of your own, as mcp_stdio_fds and mcp_stdio_ready: at most 3 descriptors. */
MCP_API int mcp_client_fds(const mcp_client *client, mcp_pollfd *fds, int max, int *timeout_ms);
MCP_API int mcp_client_ready(mcp_client *client, const mcp_pollfd *fds, int count);
/* The last that a spawned server wrote to its standard error, at most 1,000 bytes; "" unless it is kept. */
MCP_API const char *mcp_client_stderr(const mcp_client *client);

#ifdef __cplusplus
} /* extern "C" */

/* In C++ a desc may be written where it is used: mcp_serve_stdio({ ... }). */
inline mcp_server *mcp_server_create(const mcp_server_desc &desc) { return mcp_server_create(&desc); }
inline int mcp_serve_stdio(const mcp_server_desc &desc) { return mcp_serve_stdio(&desc); }
inline mcp_client *mcp_client_create(const mcp_client_desc &desc) { return mcp_client_create(&desc); }
inline mcp_client *mcp_client_spawn(const mcp_client_desc &desc, const char *const *argv)
{
    return mcp_client_spawn(&desc, argv);
}
#endif

#endif /* MCP_H */

#ifdef MCP_IMPLEMENTATION
#ifndef MCPI_IMPLEMENTED
#define MCPI_IMPLEMENTED

#ifndef MCP_LAYERS
#define MCP_LAYERS 10
#endif

#include <string.h>
#ifndef MCP_NO_MALLOC
#include <stdlib.h>
#endif

/* Where something is left out, some helpers stay unused. */
#if MCP_LAYERS < 10 || defined(MCP_NO_RESOURCES) || defined(MCP_NO_PROMPTS) || defined(MCP_NO_METHODS) || \
    defined(MCP_NO_COMPLETION) || defined(MCP_NO_LOGGING) || defined(MCP_NO_BATCH) ||                    \
    defined(MCP_NO_CHANGES) || defined(MCP_NO_TASKS)
#define MCPI_LEAVES_OUT 1
#else
#define MCPI_LEAVES_OUT 0
#endif
#if MCPI_LEAVES_OUT && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

/*==== 1 >>base  Memory, bytes, text and numbers. ==================================================*/
#if MCP_LAYERS >= 1

#ifndef MCP_SMALL
#ifdef __OPTIMIZE_SIZE__
#define MCP_SMALL 1
#else
#define MCP_SMALL 0
#endif
#endif

#if defined(__GNUC__) || defined(__clang__)
#define MCPI_LIKELY(x)   __builtin_expect(!!(x), 1)
#define MCPI_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define MCPI_NOINLINE    static __attribute__((noinline))
#else
#define MCPI_LIKELY(x)   (x)
#define MCPI_UNLIKELY(x) (x)
#define MCPI_NOINLINE    static
#endif

/* Hot helpers are merged into their callers, except where size counts. */
#if (defined(__GNUC__) || defined(__clang__)) && !MCP_SMALL
#define MCPI_INLINE static inline __attribute__((always_inline))
#else
#define MCPI_INLINE static inline
#endif

/*-- Allocation --*/

static void *mcpi_base_resize(const mcp_alloc *alloc, void *ptr, size_t old_size, size_t new_size)
{
    if (alloc->fn) return alloc->fn(alloc->ctx, ptr, old_size, new_size);
#ifdef MCP_NO_MALLOC
    return NULL;
#else
    if (new_size) return realloc(ptr, new_size);
    free(ptr);
    return NULL;
#endif
}

static void mcpi_base_release(const mcp_alloc *alloc, void *ptr, size_t size)
{
    if (ptr) (void)mcpi_base_resize(alloc, ptr, size, 0);
}

/* Whether two texts are the same. */
static bool mcpi_base_same(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

/* Whether len bytes are the same, in a time that does not tell where they differ. */
static bool mcpi_base_same_secret(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile unsigned differ = 0;       /* or a compiler may leave the loop early */
    while (len--) differ = differ | (unsigned)(a[len] ^ b[len]);
    return !differ;
}

/* Every block starts and ends at a multiple of this, which suits any type. */
#define MCPI_ALIGN (2 * sizeof(void *))

/* size rounded up, and never 0; 0 if that does not fit a size_t. */
static size_t mcpi_base_round(size_t size)
{
    size_t rounded = (size + MCPI_ALIGN - 1) & ~(size_t)(MCPI_ALIGN - 1);
    return size ? rounded : MCPI_ALIGN;
}

/*-- Pool: free memory is a list in the order of addresses, neighbours are always merged. The caller
     tells the size of what it frees, so used blocks need no header. --*/

typedef struct mcpi_base_free {
    struct mcpi_base_free *next;
    size_t size;
} mcpi_base_free;

static unsigned char *mcpi_base_free_end(mcpi_base_free *block)
{
    return (unsigned char *)block + block->size;
}

/* Takes size bytes from the front of the free block that *link points to. */
static void *mcpi_base_pool_cut(mcpi_base_free **link, size_t size)
{
    mcpi_base_free *block = *link;
    if (block->size == size) {
        *link = block->next;
    } else {
        mcpi_base_free *rest = (mcpi_base_free *)(void *)((unsigned char *)block + size);
        rest->next = block->next;
        rest->size = block->size - size;
        *link = rest;
    }
    return block;
}

static void *mcpi_base_pool_take(mcpi_base_free **list, size_t size)
{
    mcpi_base_free **link = list;
    while (*link && (*link)->size < size) link = &(*link)->next;
    return *link ? mcpi_base_pool_cut(link, size) : NULL;
}

static void mcpi_base_pool_give(mcpi_base_free **list, unsigned char *ptr, size_t size)
{
    mcpi_base_free **link = list, *before = NULL, *block = (mcpi_base_free *)(void *)ptr;
    while (*link && (unsigned char *)*link < ptr) {
        before = *link;
        link = &before->next;
    }
    block->next = *link;
    block->size = size;
    if (block->next && (unsigned char *)block->next == ptr + size) {
        block->size += block->next->size;
        block->next = block->next->next;
    }
    *link = block;
    if (before && mcpi_base_free_end(before) == ptr) {
        before->size += block->size;
        before->next = block->next;
    }
}

/* Grows a block in place if the memory after it is free. */
static bool mcpi_base_pool_extend(mcpi_base_free **list, unsigned char *end, size_t more)
{
    mcpi_base_free **link = list;
    while (*link && (unsigned char *)*link < end) link = &(*link)->next;
    if (!*link || (unsigned char *)*link != end || (*link)->size < more) return false;
    (void)mcpi_base_pool_cut(link, more);
    return true;
}

static void *mcpi_base_pool_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    mcp_pool *pool = (mcp_pool *)ctx;
    mcpi_base_free *list = (mcpi_base_free *)pool->free_list;
    unsigned char *block = (unsigned char *)ptr;
    size_t had = ptr ? mcpi_base_round(old_size) : 0;
    size_t want = new_size ? mcpi_base_round(new_size) : 0;
    void *moved = NULL;

    if (new_size && !want) return NULL;
    if (!ptr) {
        if (want) moved = mcpi_base_pool_take(&list, want);
    } else if (want <= had) {
        if (want < had) mcpi_base_pool_give(&list, block + want, had - want);
        moved = want ? ptr : NULL;
    } else if (mcpi_base_pool_extend(&list, block + had, want - had)) {
        moved = ptr;
    } else {
        moved = mcpi_base_pool_take(&list, want);
        if (moved) {
            memcpy(moved, ptr, old_size);
            mcpi_base_pool_give(&list, block, had);
        }
    }
    pool->free_list = list;
    return moved;
}

MCP_API mcp_alloc mcp_pool_init(mcp_pool *pool, void *mem, size_t size)
{
    mcp_alloc alloc;
    size_t skip = (size_t)(0 - (uintptr_t)mem) & (MCPI_ALIGN - 1);

    pool->free_list = NULL;
    if (size >= skip + MCPI_ALIGN) {
        mcpi_base_free *all = (mcpi_base_free *)(void *)((unsigned char *)mem + skip);
        all->next = NULL;
        all->size = (size - skip) & ~(size_t)(MCPI_ALIGN - 1);
        pool->free_list = all;
    }
    alloc.fn = mcpi_base_pool_resize;
    alloc.ctx = pool;
    return alloc;
}

/*-- Arena: a chain of blocks, used in order, kept at a reset. --*/

typedef struct mcpi_base_block {
    struct mcpi_base_block *next;
    size_t size;    /* usable bytes after this header */
} mcpi_base_block;

static unsigned char *mcpi_base_block_bytes(mcpi_base_block *block)
{
    return (unsigned char *)(block + 1);
}

MCP_API void mcp_arena_init(mcp_arena *arena, mcp_alloc alloc, size_t max)
{
    memset(arena, 0, sizeof *arena);
    arena->alloc = alloc;
    arena->max = max;
}

static mcpi_base_block **mcpi_base_arena_unused(mcp_arena *arena)
{
    return arena->current ? &arena->current->next : &arena->first;
}

/* Gives back the blocks that are not used in this round. */
static void mcpi_base_arena_trim(mcp_arena *arena)
{
    mcpi_base_block **unused = mcpi_base_arena_unused(arena);
    while (*unused) {
        mcpi_base_block *block = *unused;
        *unused = block->next;
        arena->held -= sizeof *block + block->size;
        mcpi_base_release(&arena->alloc, block, sizeof *block + block->size);
    }
}

/* Whether a new block with so many usable bytes would pass the maximum. */
static bool mcpi_base_arena_is_full(const mcp_arena *arena, size_t size)
{
    const size_t left = arena->max - arena->held;
    return left < sizeof(mcpi_base_block) || size > left - sizeof(mcpi_base_block);
}

/* A new block behind the current one: twice as large as that, or what is asked for, or what is
   left. The blocks behind were kept from an earlier round and are too small; they would eat up the
   maximum. */
static bool mcpi_base_arena_grow(mcp_arena *arena, size_t size)
{
    mcpi_base_block *block;
    size_t left, want = arena->current ? 2 * arena->current->size : 1024;

    mcpi_base_arena_trim(arena);
    if (mcpi_base_arena_is_full(arena, size)) return false;
    left = arena->max - arena->held;
    if (want < size) want = size;
    if (want > left - sizeof *block) want = left - sizeof *block;
    block = (mcpi_base_block *)mcpi_base_resize(&arena->alloc, NULL, 0, sizeof *block + want);
    if (!block) return false;
    block->size = want;
    block->next = NULL;
    *mcpi_base_arena_unused(arena) = block;
    arena->held += sizeof *block + want;
    arena->current = block;
    arena->used = 0;
    return true;
}

MCP_API void *mcp_arena_get(mcp_arena *arena, size_t size)
{
    size_t want = mcpi_base_round(size);
    if (!want) return NULL;
    if (!arena->current || arena->current->size - arena->used < want) {
        mcpi_base_block *next = *mcpi_base_arena_unused(arena);
        if (next && next->size >= want) {
            arena->current = next;
            arena->used = 0;
        } else if (!mcpi_base_arena_grow(arena, want)) {
            return NULL;
        }
    }
    arena->last = mcpi_base_block_bytes(arena->current) + arena->used;
    arena->used += want;
    return arena->last;
}

static void *mcpi_base_arena_resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    mcp_arena *arena = (mcp_arena *)ctx;
    void *moved;

    if (ptr && ptr == arena->last) {
        size_t start = (size_t)(arena->last - mcpi_base_block_bytes(arena->current));
        size_t want = new_size ? mcpi_base_round(new_size) : 0;
        if (want <= arena->current->size - start && (want || !new_size)) {
            arena->used = start + want;
            return new_size ? ptr : NULL;
        }
    }
    if (!new_size) return NULL;
    if (ptr && new_size <= old_size) return ptr;
    moved = mcp_arena_get(arena, new_size);
    if (moved && ptr) memcpy(moved, ptr, old_size);
    return moved;
}

MCP_API mcp_alloc mcp_arena_alloc(mcp_arena *arena)
{
    mcp_alloc alloc;
    alloc.fn = mcpi_base_arena_resize;
    alloc.ctx = arena;
    return alloc;
}

MCP_API void mcp_arena_reset(mcp_arena *arena)
{
    arena->current = NULL;
    arena->last = NULL;
    arena->used = 0;
}

MCP_API void mcp_arena_free(mcp_arena *arena)
{
    mcp_arena_reset(arena);
    mcpi_base_arena_trim(arena);
}

/*-- Buffers --*/

MCP_API void mcp_buf_init(mcp_buf *buf, mcp_alloc alloc, size_t max)
{
    memset(buf, 0, sizeof *buf);
    buf->alloc = alloc;
    buf->max = max;
}

MCP_API void mcp_buf_fixed(mcp_buf *buf, void *mem, size_t size)
{
    memset(buf, 0, sizeof *buf);
    buf->ptr = (char *)mem;
    buf->cap = buf->max = size;
    buf->fixed = true;
}

MCP_API bool mcp_buf_room(mcp_buf *buf, size_t size)
{
    size_t cap;
    char *moved;

    if (buf->error) return false;
    if (size <= buf->cap - buf->len) return true;
    if (size > buf->max - buf->len) {
        buf->error = MCP_E_TOO_LONG;
        return false;
    }
    cap = buf->cap < buf->max / 2 ? 2 * buf->cap : buf->max;
    if (cap < 256 && buf->max >= 256) cap = 256;
    if (cap < buf->len + size) cap = buf->len + size;
    moved = (char *)mcpi_base_resize(&buf->alloc, buf->ptr, buf->cap, cap);
    if (!moved) {
        buf->error = MCP_E_NOMEM;
        return false;
    }
    buf->ptr = moved;
    buf->cap = cap;
    return true;
}

MCP_API bool mcp_buf_add(mcp_buf *buf, const void *bytes, size_t len)
{
    if (!mcp_buf_room(buf, len)) return false;
    if (len) memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    return true;
}

MCP_API void mcp_buf_reset(mcp_buf *buf)
{
    buf->len = 0;
    buf->error = MCP_OK;
}

MCP_API void mcp_buf_free(mcp_buf *buf)
{
    if (!buf->fixed) {
        mcpi_base_release(&buf->alloc, buf->ptr, buf->cap);
        buf->ptr = NULL;
        buf->cap = 0;
    }
    mcp_buf_reset(buf);
}

/*-- Words: several bytes at once, the first in memory always the lowest. --*/

#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MCPI_LITTLE_ENDIAN
#endif
#elif defined(__i386__) || defined(__x86_64__) || defined(_M_IX86) || defined(_M_X64)
#define MCPI_LITTLE_ENDIAN
#endif

MCPI_INLINE uint32_t mcpi_base_load32(const void *p)
{
#ifdef MCPI_LITTLE_ENDIAN
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
#else
    const uint8_t *b = (const uint8_t *)p;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
#endif
}

#if !MCP_SMALL
MCPI_INLINE uint64_t mcpi_base_load64(const void *p)
{
#ifdef MCPI_LITTLE_ENDIAN
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
#else
    return mcpi_base_load32(p) | (uint64_t)mcpi_base_load32((const uint8_t *)p + 4) << 32;
#endif
}

/* The index of the lowest 1 bit of a word that has one. */
MCPI_INLINE unsigned mcpi_base_lowest_bit(uint64_t word)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(word);
#else
    unsigned n = 0;
    while (!(word & 0xff)) word >>= 8, n += 8;
    while (!(word & 1)) word >>= 1, n++;
    return n;
#endif
}
#endif

/*-- Characters --*/

static bool mcpi_base_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool mcpi_base_is_alnum(char c)
{
    return mcpi_base_is_letter(c) || (c >= '0' && c <= '9');
}

static bool mcpi_base_is_one_of(char c, const char *set)
{
    return memchr(set, c, strlen(set)) != NULL;
}

/* Whether a text has letters, digits and these in it, and nothing else. */
static bool mcpi_base_is_made_of(mcp_str text, const char *others)
{
    size_t i;
    for (i = 0; i < text.len; i++)
        if (!mcpi_base_is_alnum(text.ptr[i]) && !mcpi_base_is_one_of(text.ptr[i], others)) return false;
    return true;
}

/*-- UTF-8 --*/

/* The length of the multi-byte sequence at the start of four bytes, or 0 if it is ill-formed. */
MCPI_INLINE size_t mcpi_base_utf8_length(uint32_t bytes)
{
    if ((bytes & 0xc0e0) == 0x80c0) return bytes & 0x1e ? 2 : 0;            /* C0 C1: overlong */
    if ((bytes & 0xc0c0f0) == 0x8080e0) {
        uint32_t top = bytes & 0x200f;                                      /* E0 80..9F: overlong */
        return top == 0 || top == 0x200d ? 0 : 3;                           /* ED A0..BF: surrogate */
    }
    if ((bytes & 0xc0c0c0f8) == 0x808080f0) {
        uint32_t top = bytes & 0x3007;                                      /* F0 80..8F: overlong */
        return top == 0 || ((top & 4) && (top & 0x3003)) ? 0 : 4;           /* above F4 8F: no such */
    }
    return 0;
}

/* The first four bytes of a text that may be shorter, zeros after it. */
static uint32_t mcpi_base_load_some(const uint8_t *p, size_t left)
{
    uint32_t word = 0;
    size_t i;
    if (left >= 4) return mcpi_base_load32(p);
    for (i = 0; i < left; i++) word |= (uint32_t)p[i] << (8 * i);
    return word;
}

/* How many bytes of an ill-formed sequence one U+FFFD stands for: the longest start of a
   well-formed one, or a single byte (Unicode 3.9, "maximal subpart"). */
static size_t mcpi_base_utf8_ill_length(const uint8_t *p, size_t left)
{
    size_t len = p[0] < 0xc2 || p[0] > 0xf4 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, n = 1;
    unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;

    while (n < len && n < left && p[n] >= low && p[n] <= high) {
        n++;
        low = 0x80;
        high = 0xbf;
    }
    return n;
}

MCP_API bool mcp_utf8_valid(const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text, *end = len ? p + len : p;
    while (p < end) {
        size_t n = 1;
#if !MCP_SMALL
        if (end - p >= 8 && !(mcpi_base_load64(p) & 0x8080808080808080u)) {
            p += 8;
            continue;
        }
#endif
        if (*p >= 0x80) n = mcpi_base_utf8_length(mcpi_base_load_some(p, (size_t)(end - p)));
        if (!n) return false;
        p += n;
    }
    return true;
}

/* Writes a code point; returns the end. */
MCPI_INLINE uint8_t *mcpi_base_utf8_put(uint8_t *o, uint32_t code)
{
    if (code >= 0x800) {
        if (code >= 0x10000) {
            *o++ = (uint8_t)(0xf0 | code >> 18);
            *o++ = (uint8_t)(0x80 | (code >> 12 & 63));
        } else {
            *o++ = (uint8_t)(0xe0 | code >> 12);
        }
        *o++ = (uint8_t)(0x80 | (code >> 6 & 63));
        *o++ = (uint8_t)(0x80 | (code & 63));
    } else if (code >= 0x80) {
        *o++ = (uint8_t)(0xc0 | code >> 6);
        *o++ = (uint8_t)(0x80 | (code & 63));
    } else {
        *o++ = (uint8_t)code;
    }
    return o;
}

/*-- Base64 --*/

static const char mcpi_base_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char mcpi_base_base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Writes it without padding and returns its end. out may hold the bytes too, if they stand at the end of the
   room for the text: what is written never overtakes what is read. */
static char *mcpi_base_base64_write(char *o, const uint8_t *p, size_t len, const char *alphabet)
{
    uint32_t word;
    for (; len >= 3; p += 3, len -= 3) {
        word = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        *o++ = alphabet[word >> 18];
        *o++ = alphabet[word >> 12 & 63];
        *o++ = alphabet[word >> 6 & 63];
        *o++ = alphabet[word & 63];
    }
    if (!len) return o;
    word = (uint32_t)p[0] << 16;
    if (len > 1) word |= (uint32_t)p[1] << 8;
    *o++ = alphabet[word >> 18];
    *o++ = alphabet[word >> 12 & 63];
    if (len > 1) *o++ = alphabet[word >> 6 & 63];
    return o;
}

/* Bytes whose base64, and a NUL behind it, fit a size_t. */
#define MCPI_BASE64_MOST (SIZE_MAX / 4 * 3 - 4)

MCP_API size_t mcp_base64_encode(char *out, size_t cap, const void *bytes, size_t len)
{
    char *o;
    if (len > MCPI_BASE64_MOST || cap <= MCP_BASE64_SIZE(len)) return 0;
    o = mcpi_base_base64_write(out, (const uint8_t *)bytes, len, mcpi_base_base64);
    while ((o - out) % 4) *o++ = '=';
    *o = 0;
    return (size_t)(o - out);
}

MCP_API size_t mcp_base64url_encode(char *out, size_t cap, const void *bytes, size_t len)
{
    char *o;
    if (len > MCPI_BASE64_MOST || cap <= MCP_BASE64URL_SIZE(len)) return 0;
    o = mcpi_base_base64_write(out, (const uint8_t *)bytes, len, mcpi_base_base64url);
    *o = 0;
    return (size_t)(o - out);
}

/* The six bits of a character, or 64 if it has none. */
static uint32_t mcpi_base_base64_bits(char c, const char *alphabet)
{
    if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
    return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : 64;
}

/* Decodes a text whose padding is off. */
static int mcpi_base_base64_read(void *out, size_t cap, size_t *out_len, mcp_str text, const char *alphabet)
{
    const size_t total = text.len / 4 * 3 + text.len % 4 * 3 / 4;
    uint8_t *o = (uint8_t *)out;
    size_t i, k;

    if (text.len % 4 == 1) return MCP_E_SYNTAX;
    if (cap < total) return MCP_E_TOO_LONG;
    for (i = 0; i < text.len; i += 4) {
        const size_t lost = text.len - i < 4 ? 4 - (text.len - i) : 0;
        uint32_t word = 0, bad = 0;
        for (k = 0; k < 4 - lost; k++) {
            uint32_t bits = mcpi_base_base64_bits(text.ptr[i + k], alphabet);
            bad |= bits;
            word |= bits << (18 - 6 * k);
        }
        if (bad > 63 || (word & ((1u << (8 * lost)) - 1))) return MCP_E_SYNTAX;
        *o++ = (uint8_t)(word >> 16);
        if (lost < 2) *o++ = (uint8_t)(word >> 8 & 0xff);
        if (lost < 1) *o++ = (uint8_t)(word & 0xff);
    }
    *out_len = total;
    return MCP_OK;
}

MCP_API int mcp_base64_decode(void *out, size_t cap, size_t *out_len, const char *text, size_t len)
{
    mcp_str bare;
    *out_len = 0;
    if (len % 4) return MCP_E_SYNTAX;
    bare.ptr = text;
    bare.len = len;
    if (len && text[len - 1] == '=') bare.len -= text[len - 2] == '=' ? 2 : 1;
    return mcpi_base_base64_read(out, cap, out_len, bare, mcpi_base_base64);
}

MCP_API int mcp_base64url_decode(void *out, size_t cap, size_t *out_len, const char *text, size_t len)
{
    mcp_str bare;
    *out_len = 0;
    bare.ptr = text;
    bare.len = len;
    return mcpi_base_base64_read(out, cap, out_len, bare, mcpi_base_base64url);
}

/*-- SHA-256 and HMAC --*/

typedef struct mcpi_base_sha256 {
    uint32_t hash[8];
    uint64_t len;
    uint8_t block[64];      /* the last bytes, which are no whole block yet */
} mcpi_base_sha256;

static uint32_t mcpi_base_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void mcpi_base_store_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16 & 0xff);
    p[2] = (uint8_t)(value >> 8 & 0xff);
    p[3] = (uint8_t)(value & 0xff);
}

static void mcpi_base_store_be64(uint8_t *p, uint64_t value)
{
    mcpi_base_store_be32(p, (uint32_t)(value >> 32));
    mcpi_base_store_be32(p + 4, (uint32_t)(value & 0xffffffff));
}

/* The words that the rounds take from a block, FIPS 180-4, 6.2.2: 16 of them, then each from those before it,
   which it replaces. */
MCPI_INLINE uint32_t mcpi_base_sha256_word(uint32_t *w, unsigned i)
{
    uint32_t early = w[(i + 1) & 15], late = w[(i + 14) & 15];
    w[i & 15] += ((early >> 7 | early << 25) ^ (early >> 18 | early << 14) ^ early >> 3) + w[(i + 9) & 15] +
                 ((late >> 17 | late << 15) ^ (late >> 19 | late << 13) ^ late >> 10);
    return w[i & 15];
}

static void mcpi_base_sha256_block(uint32_t *hash, const uint8_t *p)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
    };
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7], w[16];
    unsigned i;
    for (i = 0; i < 16; i++) w[i] = mcpi_base_load_be32(p + 4 * i);
    for (i = 0; i < 64; i++) {
        uint32_t word = i < 16 ? w[i] : mcpi_base_sha256_word(w, i);
        uint32_t more = h + k[i] + word + ((e & f) ^ (~e & g)) +
                        ((e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7));
        uint32_t most = ((a & b) ^ (a & c) ^ (b & c)) +
                        ((a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10));
        h = g, g = f, f = e, e = d + more;
        d = c, c = b, b = a, a = more + most;
    }
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d;
    hash[4] += e, hash[5] += f, hash[6] += g, hash[7] += h;
}

static uint64_t mcpi_base_load_be64(const uint8_t *p)
{
    return (uint64_t)mcpi_base_load_be32(p) << 32 | mcpi_base_load_be32(p + 4);
}

static void mcpi_base_sha256_begin(mcpi_base_sha256 *s)
{
    static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    memcpy(s->hash, start, sizeof start);
    s->len = 0;
}

static void mcpi_base_sha256_add(mcpi_base_sha256 *s, const void *bytes, size_t len)
{
    const uint8_t *p = (const uint8_t *)bytes;
    while (len) {
        const size_t have = (size_t)(s->len & 63);
        size_t n = 64 - have < len ? 64 - have : len;
        if (n == 64) {
            mcpi_base_sha256_block(s->hash, p);
        } else {
            memcpy(s->block + have, p, n);
            if (have + n == 64) mcpi_base_sha256_block(s->hash, s->block);
        }
        s->len += n;
        p += n;
        len -= n;
    }
}

static void mcpi_base_sha256_end(mcpi_base_sha256 *s, unsigned char *out)
{
    static const uint8_t pad[64] = { 0x80 };
    const size_t have = (size_t)(s->len & 63);
    uint8_t bits[8];
    unsigned i;
    mcpi_base_store_be64(bits, s->len * 8);
    mcpi_base_sha256_add(s, pad, have < 56 ? 56 - have : 120 - have);
    mcpi_base_sha256_add(s, bits, sizeof bits);
    for (i = 0; i < 8; i++) mcpi_base_store_be32(out + 4 * i, s->hash[i]);
}

MCP_API void mcp_sha256(const void *bytes, size_t len, unsigned char out[MCP_SHA256_SIZE])
{
    mcpi_base_sha256 s;
    mcpi_base_sha256_begin(&s);
    mcpi_base_sha256_add(&s, bytes, len);
    mcpi_base_sha256_end(&s, out);
}

/* HMAC, RFC 2104: hash((key ^ 5c...) hash((key ^ 36...) bytes)). */
typedef struct mcpi_base_hmac {
    mcpi_base_sha256 inner;
    uint8_t key[64];
} mcpi_base_hmac;

/* Begins a hash with the key, all of whose bytes are changed by flip. */
static void mcpi_base_hmac_key(mcpi_base_sha256 *s, const uint8_t *key, unsigned flip)
{
    uint8_t block[64];
    unsigned i;
    for (i = 0; i < sizeof block; i++) block[i] = (uint8_t)(key[i] ^ flip);
    mcpi_base_sha256_begin(s);
    mcpi_base_sha256_add(s, block, sizeof block);
}

/* What is added goes to mac->inner. */
static void mcpi_base_hmac_begin(mcpi_base_hmac *mac, const void *key, size_t len)
{
    memset(mac->key, 0, sizeof mac->key);
    if (len > sizeof mac->key) mcp_sha256(key, len, mac->key);
    else if (len) memcpy(mac->key, key, len);
    mcpi_base_hmac_key(&mac->inner, mac->key, 0x36);
}

static void mcpi_base_hmac_end(mcpi_base_hmac *mac, unsigned char *out)
{
    uint8_t inner[MCP_SHA256_SIZE];
    mcpi_base_sha256_end(&mac->inner, inner);
    mcpi_base_hmac_key(&mac->inner, mac->key, 0x5c);
    mcpi_base_sha256_add(&mac->inner, inner, sizeof inner);
    mcpi_base_sha256_end(&mac->inner, out);
}

MCP_API void mcp_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                             unsigned char out[MCP_SHA256_SIZE])
{
    mcpi_base_hmac mac;
    mcpi_base_hmac_begin(&mac, key, key_len);
    mcpi_base_sha256_add(&mac.inner, bytes, len);
    mcpi_base_hmac_end(&mac, out);
}

/*-- Integers <-> text --*/

#define MCPI_INT_SIZE 20 /* digits of UINT64_MAX */

#if !MCP_SMALL
static const char mcpi_base_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
#endif

/* value / 10, where size counts without the 64-bit division that small processors lack: 0.8 as a
   sum of powers of two, an eighth of it, and one more if that came out too small. */
static uint64_t mcpi_base_tenth(uint64_t value)
{
#if MCP_SMALL
    uint64_t tenth = (value >> 1) + (value >> 2);
    int shift;
    for (shift = 4; shift <= 32; shift *= 2) tenth += tenth >> shift;
    tenth >>= 3;
    return tenth + (value - tenth * 10 > 9);
#else
    return value / 10;
#endif
}

/* Writes the digits so that they end at end; returns where they start. */
static char *mcpi_base_write_uint(char *end, uint64_t value)
{
#if !MCP_SMALL
    while (value >= 100) {
        unsigned pair = (unsigned)(value % 100);
        value /= 100;
        end -= 2;
        memcpy(end, mcpi_base_pairs + 2 * pair, 2);
    }
#endif
    do {
        uint64_t tenth = mcpi_base_tenth(value);
        *--end = (char)('0' + (value - tenth * 10));
        value = tenth;
    } while (value);
    return end;
}

/* A number as text, in memory of MCPI_INT_SIZE bytes. */
static mcp_str mcpi_base_uint_text(char *memory, uint64_t value)
{
    mcp_str text;
    text.ptr = mcpi_base_write_uint(memory + MCPI_INT_SIZE, value);
    text.len = (size_t)(memory + MCPI_INT_SIZE - text.ptr);
    return text;
}

MCPI_INLINE bool mcpi_base_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

/* The digits of an exponent, with their sign; far out of every range it stays there. */
static int32_t mcpi_base_read_exponent(const char *p, const char *end)
{
    bool negative = *p == '-';
    int32_t value = 0;
    if (*p == '-' || *p == '+') p++;
    for (; p < end; p++) value = value < 100000000 ? value * 10 + (*p - '0') : 999999999;
    return negative ? -value : value;
}

static bool mcpi_base_scale10(uint64_t *value, int32_t power)
{
    for (; power > 0 && *value; power--) {
        if (*value > UINT64_MAX / 10) return false;
        *value *= 10;
    }
    return true;
}

/* The value of up to 18 digits; false for any other text. */
static bool mcpi_base_read_small(mcp_str text, uint64_t *value)
{
    size_t i;
    *value = 0;
    if (!text.len || text.len > 18) return false;
    for (i = 0; i < text.len && mcpi_base_is_digit((uint8_t)text.ptr[i]); i++)
        *value = *value * 10 + (uint32_t)(text.ptr[i] - '0');
    return i == text.len;
}

/* A number's text, as the reader has checked it: -?digits[.digits][e[+-]digits]. Exact or not at
   all: 3.0 and 1e2 are integers, 1.5 is none. Zeros are held back until another digit follows, so
   that none ends the value. */
static bool mcpi_base_read_integer(mcp_str text, uint64_t *magnitude, bool *negative)
{
    const char *p = text.ptr, *end = p + text.len;
    uint64_t value = 0;
    int32_t power = 0, zeros = 0, fraction = 0;

    *negative = *p == '-';
    if (mcpi_base_read_small(text, magnitude)) return true;
    *magnitude = 0;
    for (p += *negative; p < end && (*p | 0x20) != 'e'; p++) {
        uint32_t digit = (uint32_t)(*p - '0');
        if (*p == '.') {
            fraction = 1;
            continue;
        }
        power -= fraction;
        zeros++;
        if (!digit) continue;
        if (!mcpi_base_scale10(&value, zeros) || value > UINT64_MAX - digit) return false;
        value += digit;
        zeros = 0;
    }
    if (!value) return true;
    if (p < end) power += mcpi_base_read_exponent(p + 1, end);
    power += zeros;
    if (power < 0 || !mcpi_base_scale10(&value, power)) return false;
    *magnitude = value;
    return true;
}

#if !MCP_SMALL
/* The ordinary case: up to 18 digits and nothing else. */
MCPI_INLINE bool mcpi_base_read_short(mcp_str text, int64_t *value)
{
    const bool negative = *text.ptr == '-';
    const char *p = text.ptr + negative, *end = text.ptr + text.len;
    int64_t sum = 0;

    if (end - p > 18) return false;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (digit > 9) return false;
        sum = sum * 10 + (int64_t)digit;
    }
    *value = negative ? -sum : sum;
    return true;
}
#endif

static bool mcpi_base_read_int(mcp_str text, int64_t *value)
{
    uint64_t magnitude;
    bool negative;
#if !MCP_SMALL
    if (MCPI_LIKELY(mcpi_base_read_short(text, value))) return true;
#endif
    if (!mcpi_base_read_integer(text, &magnitude, &negative)) return false;
    if (magnitude > (uint64_t)INT64_MAX + negative) return false;
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

static bool mcpi_base_read_uint(mcp_str text, uint64_t *value)
{
    bool negative;
    return mcpi_base_read_integer(text, value, &negative) && !(negative && *value);
}

/*-- Doubles <-> text, by integer arithmetic alone: exact under any rounding mode and any locale.
     --*/

#ifndef MCP_NO_FLOAT

/* A number's text, taken apart. */
typedef struct mcpi_base_decimal {
    const char *first, *end;    /* the digits that count, without zeros at either end; may hold a point */
    int32_t digits;             /* how many there are; 0: the number is 0 */
    int32_t exponent;           /* value = digits as an integer * 10^exponent */
    bool negative;
} mcpi_base_decimal;

static mcpi_base_decimal mcpi_base_take_apart(mcp_str text)
{
    const char *p = text.ptr, *end = p + text.len, *point = NULL, *last = NULL;
    mcpi_base_decimal d;

    memset(&d, 0, sizeof d);
    d.negative = *p == '-';
    for (p += d.negative; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.') {
            point = p;
        } else if (*p != '0') {
            if (!d.first) d.first = p;
            last = p;
        }
    }
    if (!last) return d;
    if (!point) point = p;
    d.end = last + 1;
    d.digits = (int32_t)(d.end - d.first) - (d.first < point && point < d.end);
    d.exponent = (int32_t)((point > last ? point : point + 1) - d.end);
    if (p < end) d.exponent += mcpi_base_read_exponent(p + 1, end);
    return d;
}

/* All digits, of which there are at most 19, as an integer. */
static uint64_t mcpi_base_read_digits(const mcpi_base_decimal *d)
{
    const char *p;
    uint64_t value = 0;
    for (p = d->first; p < d->end; p++)
        if (*p != '.') value = value * 10 + (uint64_t)(*p - '0');
    return value;
}

#define MCPI_DOUBLE_SIZE 32     /* characters of the longest text, "-2.2250738585072014e-308", and room */
#define MCPI_HIDDEN      ((uint64_t)1 << 52)    /* the bit that a normal double does not store */

/* A natural number of up to 4096 bits, least significant word first: room for 800 digits over
   10^1130. */
typedef struct mcpi_base_big {
    int len;
    uint32_t word[128];
} mcpi_base_big;

static void mcpi_base_big_set(mcpi_base_big *a, uint64_t value)
{
    a->len = 0;
    for (; value; value >>= 32) a->word[a->len++] = (uint32_t)value;
}

/* a = a * factor + more */
static void mcpi_base_big_mul(mcpi_base_big *a, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    int i;
    for (i = 0; i < a->len; i++) {
        carry += (uint64_t)a->word[i] * factor;
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) a->word[a->len++] = (uint32_t)carry;
}

static void mcpi_base_big_mul_pow10(mcpi_base_big *a, int32_t power)
{
    for (; power >= 9; power -= 9) mcpi_base_big_mul(a, 1000000000, 0);
    for (; power > 0; power--) mcpi_base_big_mul(a, 10, 0);
}

static void mcpi_base_big_shift(mcpi_base_big *a, int bits)
{
    int words = bits / 32, i;
    if (!a->len) return;
    mcpi_base_big_mul(a, (uint32_t)1 << bits % 32, 0);
    for (i = a->len - 1; i >= 0; i--) a->word[i + words] = a->word[i];
    for (i = 0; i < words; i++) a->word[i] = 0;
    a->len += words;
}

static int mcpi_base_big_compare(const mcpi_base_big *a, const mcpi_base_big *b)
{
    int i;
    if (a->len != b->len) return a->len < b->len ? -1 : 1;
    for (i = a->len - 1; i >= 0; i--)
        if (a->word[i] != b->word[i]) return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

/* a -= b, which must not be greater. */
static void mcpi_base_big_sub(mcpi_base_big *a, const mcpi_base_big *b)
{
    uint64_t borrow = 0;
    int i;
    for (i = 0; i < a->len; i++) {
        borrow = (uint64_t)a->word[i] - (i < b->len ? b->word[i] : 0) - borrow;
        a->word[i] = (uint32_t)borrow;
        borrow = borrow >> 63;
    }
    while (a->len && !a->word[a->len - 1]) a->len--;
}

static void mcpi_base_big_add(mcpi_base_big *a, const mcpi_base_big *b)
{
    uint64_t carry = 0;
    int i;
    for (i = 0; i < a->len || i < b->len || carry; i++) {
        carry += (uint64_t)(i < a->len ? a->word[i] : 0) + (i < b->len ? b->word[i] : 0);
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (a->len < i) a->len = i;
}

/* How many bits it takes. */
static int mcpi_base_bits(uint64_t value)
{
    int n = 0;
    for (; value > 0xff; value >>= 8) n += 8;
    for (; value; value >>= 1) n++;
    return n;
}

static int mcpi_base_big_bits(const mcpi_base_big *a)
{
    return (a->len - 1) * 32 + mcpi_base_bits(a->word[a->len - 1]);
}

/* The double nearest to (mantissa + a bit more, if more) * 2^exponent, ties to even. False: too
   large. */
static bool mcpi_base_pack(uint64_t mantissa, int exponent, bool more, uint64_t *bits)
{
    int lead = 64 - mcpi_base_bits(mantissa), top = exponent - lead + 63, drop = 11;
    uint64_t kept, rest, field = (uint64_t)top + 1022;

    mantissa <<= lead;
    if (top > 1023) return false;
    if (top < -1022) {      /* subnormal: fewer bits, exponent field 0 */
        drop += -1022 - top;
        field = 0;
    }
    if (drop > 64) {
        *bits = 0;
        return true;
    }
    kept = drop < 64 ? mantissa >> drop : 0;
    rest = mantissa << (64 - drop);
    if (rest > (uint64_t)1 << 63 || (rest == (uint64_t)1 << 63 && (more || (kept & 1)))) kept++;
    *bits = (field << 52) + kept;   /* the hidden bit, or a carry, moves the exponent up by itself */
    return *bits < (uint64_t)0x7ff << 52;
}

static uint64_t mcpi_base_pow5(int power)
{
    uint64_t value = 1;
    while (power-- > 0) value *= 5;
    return value;
}

/* mantissa * 10^power for power 0 to 27: one exact 128-bit product. Returns the double's bits. */
static uint64_t mcpi_base_scale_up(uint64_t mantissa, int power)
{
    uint64_t factor = mcpi_base_pow5(power);
    uint64_t a = mantissa >> 32, b = mantissa & 0xffffffff, c = factor >> 32, d = factor & 0xffffffff;
    uint64_t middle = a * d + (b * d >> 32), other = b * c + (middle & 0xffffffff);
    uint64_t high = a * c + (middle >> 32) + (other >> 32), low = other << 32 | (b * d & 0xffffffff), bits;
    int shift;

    if (!high) {
        (void)mcpi_base_pack(low, power, false, &bits);
        return bits;
    }
    shift = 64 - mcpi_base_bits(high);
    if (shift) high = high << shift | low >> (64 - shift);
    (void)mcpi_base_pack(high, power + 64 - shift, low << shift != 0, &bits);
    return bits;
}

/* mantissa / 10^power for power 1 to 27: the first 64 bits of the quotient, and whether there are
   more. Returns the double's bits. */
static uint64_t mcpi_base_scale_down(uint64_t mantissa, int power)
{
    uint64_t divisor = mcpi_base_pow5(power), quotient = 0, rest, bits;
    int up = 64 - mcpi_base_bits(mantissa), down = 64 - mcpi_base_bits(divisor), i;

    mantissa <<= up;
    divisor <<= down;
    rest = mantissa >> 1;
    mantissa <<= 63;
    for (i = 0; i < 64; i++) {
        bool carry = rest >> 63;
        rest = rest << 1 | mantissa >> 63;
        mantissa <<= 1;
        quotient <<= 1;
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1;
        }
    }
    (void)mcpi_base_pack(quotient, down - up - 63 - power, rest != 0, &bits);
    return bits;
}

/* Any number: a fraction of two big integers, divided bit by bit. Digits after the 800th cannot
   change the result but for being there. */
static bool mcpi_base_scale_big(const mcpi_base_decimal *d, uint64_t *bits)
{
    mcpi_base_big above, below;
    int32_t exponent = d->exponent, left = d->digits;
    const char *p = d->first;
    uint64_t quotient = 0;
    int shift, i;

    if (d->digits + exponent > 310) return false;
    if (d->digits + exponent < -330) {
        *bits = 0;
        return true;
    }
    mcpi_base_big_set(&above, 0);
    mcpi_base_big_set(&below, 1);
    for (; left && d->digits - left < 800; p++) {
        if (*p == '.') continue;
        mcpi_base_big_mul(&above, 10, (uint32_t)(*p - '0'));
        left--;
    }
    exponent += left;
    mcpi_base_big_mul_pow10(&above, exponent);
    mcpi_base_big_mul_pow10(&below, -exponent);
    shift = mcpi_base_big_bits(&below) - mcpi_base_big_bits(&above);
    mcpi_base_big_shift(shift > 0 ? &above : &below, shift > 0 ? shift : -shift);
    if (mcpi_base_big_compare(&above, &below) < 0) {
        mcpi_base_big_shift(&above, 1);
        shift++;
    }
    for (i = 0; i < 64; i++) {
        quotient <<= 1;
        if (mcpi_base_big_compare(&above, &below) >= 0) {
            mcpi_base_big_sub(&above, &below);
            quotient |= 1;
        }
        mcpi_base_big_shift(&above, 1);
    }
    return mcpi_base_pack(quotient, -shift - 63, above.len || left, bits);
}

/* Correctly rounded. False if the number is too large for a double. */
static bool mcpi_base_read_double(mcp_str text, double *value)
{
    mcpi_base_decimal d = mcpi_base_take_apart(text);
    uint64_t bits = 0;

    if (d.digits > 19 || d.exponent > 27 || d.exponent < -27) {
        if (!mcpi_base_scale_big(&d, &bits)) return false;
    } else if (d.digits && d.exponent >= 0) {
        bits = mcpi_base_scale_up(mcpi_base_read_digits(&d), d.exponent);
    } else if (d.digits) {
        bits = mcpi_base_scale_down(mcpi_base_read_digits(&d), -d.exponent);
    }
    if (d.negative) bits |= (uint64_t)1 << 63;
    memcpy(value, &bits, 8);
    return true;
}

/* Returns the end. */
static char *mcpi_base_write_whole(char *o, uint64_t value)
{
    char text[MCPI_INT_SIZE], *end = text + sizeof text, *first = mcpi_base_write_uint(end, value);
    memcpy(o, first, (size_t)(end - first));
    return o + (end - first);
}

/* Shortest digits of a double that lies strictly between two integers and not under 1/64 (exponent
   -58 to -1 of the mantissa's last bit): the digits of the fraction come one by one from 64-bit
   integers. Everything is counted in quarters of the last bit, since half the way down from a power
   of two is a quarter. */
static char *mcpi_base_write_fraction(char *o, uint64_t mantissa, int exponent)
{
    int scale = 2 - exponent;
    uint64_t one = (uint64_t)1 << scale, rest = mantissa << 2 & (one - 1);
    uint64_t up = 2, down = mantissa == MCPI_HIDDEN ? 1 : 2;    /* half the way to the neighbours */
    bool even = !(mantissa & 1);

    o = mcpi_base_write_whole(o, mantissa >> -exponent);
    *o++ = '.';
    for (;;) {
        unsigned digit;
        bool low, high;
        rest *= 10, up *= 10, down *= 10;
        digit = (unsigned)(rest >> scale);
        rest &= one - 1;
        low = rest < down || (even && rest == down);
        high = rest + up > one || (even && rest + up == one);
        if (high && (!low || rest > one / 2 || (rest == one / 2 && (digit & 1)))) digit++;
        *o++ = (char)('0' + digit);
        if (low || high) return o;
    }
}

/* The same for every other double: value / unit is the number, up / unit and down / unit half the
   way to its neighbours (Steele and White; Burger and Dybvig). Returns the count of digits; the
   number is 0.digits * 10^*point. */
static int mcpi_base_shortest(char *digits, uint64_t mantissa, int exponent, int *point)
{
    mcpi_base_big value, unit, up, down, sum;
    bool even = !(mantissa & 1), narrow = mantissa == MCPI_HIDDEN && exponent > -1074;
    int above = exponent > 0 ? exponent : 0, n = 0, order;

    mcpi_base_big_set(&value, mantissa);
    mcpi_base_big_set(&unit, 1);
    mcpi_base_big_set(&up, 1);
    mcpi_base_big_set(&down, 1);
    mcpi_base_big_shift(&value, above + 2);
    mcpi_base_big_shift(&unit, above - exponent + 2);
    mcpi_base_big_shift(&up, above + 1);
    mcpi_base_big_shift(&down, above + (narrow ? 0 : 1));

    /* log10(2) is a bit over 1233 / 4096, so this is the power of ten, or a little less: mended
       below. */
    *point = (exponent + mcpi_base_bits(mantissa) - 1) * 1233 / 4096;
    if (exponent + mcpi_base_bits(mantissa) - 1 < 0) (*point)--;
    mcpi_base_big_mul_pow10(&unit, *point);
    mcpi_base_big_mul_pow10(&value, -*point);
    mcpi_base_big_mul_pow10(&up, -*point);
    mcpi_base_big_mul_pow10(&down, -*point);
    for (;;) {
        sum = value;
        mcpi_base_big_add(&sum, &up);
        order = mcpi_base_big_compare(&sum, &unit);
        if (order < 0 || (order == 0 && !even)) break;
        mcpi_base_big_mul(&unit, 10, 0);
        (*point)++;
    }
    for (;;) {
        unsigned digit = 0;
        bool low, high;
        mcpi_base_big_mul(&value, 10, 0);
        mcpi_base_big_mul(&up, 10, 0);
        mcpi_base_big_mul(&down, 10, 0);
        for (; mcpi_base_big_compare(&value, &unit) >= 0; digit++) mcpi_base_big_sub(&value, &unit);
        order = mcpi_base_big_compare(&value, &down);
        low = order < 0 || (even && order == 0);
        sum = value;
        mcpi_base_big_add(&sum, &up);
        order = mcpi_base_big_compare(&sum, &unit);
        high = order > 0 || (even && order == 0);
        if (high) {
            sum = value;
            mcpi_base_big_add(&sum, &value);
            order = mcpi_base_big_compare(&sum, &unit);
            if (!low || order > 0 || (order == 0 && (digit & 1))) digit++;
        }
        digits[n++] = (char)('0' + digit);
        if (low || high) return n;
    }
}

/* Digits and the place of the point as text: plain up to 21 places before it and 6 zeros after it,
   else with an exponent (as JavaScript writes numbers). */
static char *mcpi_base_write_digits(char *o, const char *digits, int n, int point)
{
    int i, power = point - 1;
    if (point > 0 && point <= 21) {
        for (i = 0; i < n || i < point; i++) {
            if (i == point) *o++ = '.';
            *o++ = i < n ? digits[i] : '0';
        }
        return o;
    }
    if (point <= 0 && point > -6) {
        *o++ = '0';
        *o++ = '.';
        for (i = point; i < 0; i++) *o++ = '0';
        memcpy(o, digits, (size_t)n);
        return o + n;
    }
    *o++ = digits[0];
    if (n > 1) *o++ = '.';
    for (i = 1; i < n; i++) *o++ = digits[i];
    *o++ = 'e';
    *o++ = power < 0 ? '-' : '+';
    if (power < 0) power = -power;
    if (power >= 100) *o++ = (char)('0' + power / 100);
    if (power >= 10) *o++ = (char)('0' + power / 10 % 10);
    *o++ = (char)('0' + power % 10);
    return o;
}

/* The shortest text that reads back as value, which must be finite. Returns its end. */
static char *mcpi_base_write_double(char *o, double value)
{
    uint64_t bits, mantissa;
    char digits[20];
    int exponent, point, n;

    memcpy(&bits, &value, 8);
    mantissa = bits & (MCPI_HIDDEN - 1);
    exponent = (int)(bits >> 52 & 0x7ff) - 1075;
    if (exponent == -1075) exponent++;
    else mantissa |= MCPI_HIDDEN;
    if (bits >> 63) *o++ = '-';
    if (!mantissa) {
        memcpy(o, "0.0", 3);
        return bits >> 63 ? o + 3 : o + 1;
    }
    if (exponent <= 0 && exponent >= -58) {
        uint64_t fraction = mantissa & (((uint64_t)1 << -exponent) - 1);
        if (!fraction) return mcpi_base_write_whole(o, mantissa >> -exponent);
        return mcpi_base_write_fraction(o, mantissa, exponent);
    }
    n = mcpi_base_shortest(digits, mantissa, exponent, &point);
    return mcpi_base_write_digits(o, digits, n, point);
}
#endif /* MCP_NO_FLOAT */

/* The most bytes, up to max, that do not end within a character. The text is longer. */
static size_t mcpi_base_utf8_cut(const char *text, size_t max)
{
    size_t len = max;
    while (len && max - len < 3 && (text[len] & 0xc0) == 0x80) len--;
    return (text[len] & 0xc0) == 0x80 ? max : len;      /* it is not UTF-8 */
}

/*-- Notes: text into a buffer that may be too small. What does not fit is cut, the end is always
     NUL. --*/

typedef struct mcpi_base_note {
    char *at;
    size_t left;    /* bytes at at, the NUL's included */
} mcpi_base_note;

static void mcpi_base_note_strn(mcpi_base_note *note, const char *text, size_t len)
{
    if (!note->left) return;
    if (len > note->left - 1) len = note->left - 1;
    memcpy(note->at, text, len);
    note->at += len;
    note->left -= len;
    *note->at = 0;
}

static void mcpi_base_note_str(mcpi_base_note *note, const char *text)
{
    mcpi_base_note_strn(note, text, strlen(text));
}

static mcpi_base_note mcpi_base_note_start(char *buf, size_t size)
{
    mcpi_base_note note;
    note.at = buf;
    note.left = size;
    mcpi_base_note_strn(&note, "", 0);
    return note;
}

/* What stands in buf by now; a text may have a NUL in it. */
static mcp_str mcpi_base_note_text(const char *buf, const mcpi_base_note *note)
{
    mcp_str text;
    text.ptr = buf;
    text.len = (size_t)(note->at - buf);
    return text;
}

static void mcpi_base_note_uint(mcpi_base_note *note, uint64_t value)
{
    char memory[MCPI_INT_SIZE];
    const mcp_str text = mcpi_base_uint_text(memory, value);
    mcpi_base_note_strn(note, text.ptr, text.len);
}

/* Notes a format: %s is a text, %llu a number. */
static void mcpi_base_note_list(mcpi_base_note *note, const char *format, va_list args)
{
    const char *at = format;
    for (;;) {
        const size_t len = strcspn(at, "%");
        mcpi_base_note_strn(note, at, len);
        at += len;
        if (!*at) return;
        if (at[1] == 's') mcpi_base_note_str(note, va_arg(args, const char *));
        else mcpi_base_note_uint(note, va_arg(args, unsigned long long));
        at += at[1] == 's' ? 2 : 4;
    }
}

MCP_PRINTF(2, 3) static void mcpi_base_note_add(mcpi_base_note *note, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mcpi_base_note_list(note, format, args);
    va_end(args);
}

/* Writes a format into a buffer, as far as it has room. */
MCP_PRINTF(3, 4) static mcp_str mcpi_base_format(char *buf, size_t size, const char *format, ...)
{
    mcpi_base_note note = mcpi_base_note_start(buf, size);
    va_list args;
    va_start(args, format);
    mcpi_base_note_list(&note, format, args);
    va_end(args);
    return mcpi_base_note_text(buf, &note);
}

/*-- Limits and status --*/

/* A limit as it holds: the default for 0, and never more than most. */
static void mcpi_base_set_limit(uint32_t *limit, uint32_t def, uint32_t most)
{
    if (!*limit) *limit = def;
    if (*limit > most) *limit = most;
}

#define MCPI_STATUS_CASE(name, value, text) case name: return #name ": " text;
MCP_API const char *mcp_strerror(int status)
{
    switch (status) { MCP_STATUS_LIST(MCPI_STATUS_CASE) }
    return "unknown status";
}
#undef MCPI_STATUS_CASE

MCP_API int mcp_h_version(void)
{
    return MCP_H_VERSION_NUM;
}

#endif /* MCP_LAYERS >= 1 */

/*==== 2 >>json  JSON text to values and back. ======================================================*/
#if MCP_LAYERS >= 2

/*-- Nodes. A text becomes an array of them in the order of the text: a string, number or literal is
     one node, an array or object two, followed by its elements or its keys and values. --*/

enum {
    MCPI_JSON_NULL,
    MCPI_JSON_FALSE,
    MCPI_JSON_TRUE,
    MCPI_JSON_INTEGER,
    MCPI_JSON_REAL,
    MCPI_JSON_PLAIN,        /* a string that is written as it stands */
    MCPI_JSON_ESCAPED,      /* a string that had escapes, decoded since */
    MCPI_JSON_ARRAY,
    MCPI_JSON_OBJECT
};

MCPI_INLINE uint32_t mcpi_json_kind(const mcp_node *node)
{
    return node->info & 15;
}

/* Bytes of a string or number; nodes of an array or object. */
MCPI_INLINE uint32_t mcpi_json_length(const mcp_node *node)
{
    return node->info >> 4;
}

MCPI_INLINE const mcp_node *mcpi_json_after(const mcp_node *node)
{
    return node + (mcpi_json_kind(node) >= MCPI_JSON_ARRAY ? mcpi_json_length(node) : 1);
}

/*-- Special bytes: '"', '\', control characters and everything that is not ASCII. All other bytes
     of a string stay as they are, so both the reader and the writer only look for these. --*/

#if MCP_SMALL

typedef struct mcpi_json_scan {
    uint8_t unused;
} mcpi_json_scan;

static void mcpi_json_scan_start(mcpi_json_scan *scan, const uint8_t *text, size_t len)
{
    (void)text, (void)len;
    scan->unused = 0;
}

static bool mcpi_json_is_special(uint8_t c)
{
    return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

static uint8_t *mcpi_json_special(mcpi_json_scan *scan, uint8_t *p)
{
    (void)scan;
    while (!mcpi_json_is_special(*p)) p++;
    return p;
}

#else

#if !defined(MCP_NO_SIMD) && (defined(__SSE2__) || defined(_M_X64))
#define MCPI_SSE2
#include <emmintrin.h>
#elif !defined(MCP_NO_SIMD) && defined(__aarch64__) && defined(__ARM_NEON) && defined(MCPI_LITTLE_ENDIAN)
#define MCPI_NEON
#include <arm_neon.h>
#endif

#define MCPI_REPEAT(byte) ((uint64_t)0x0101010101010101u * (byte))

/* The top bit of the first special byte of eight, the first in memory lowest. Carries may mark
   bytes behind it by mistake; 0 if there is none. */
MCPI_INLINE uint64_t mcpi_json_special8(uint64_t x)
{
    /* x ^ 2 maps '"' to a space, so that one subtraction finds it and the control characters */
    uint64_t quote = (x ^ MCPI_REPEAT(2)) - MCPI_REPEAT(0x21);
    uint64_t slash = (x ^ MCPI_REPEAT('\\')) - MCPI_REPEAT(1);
    return (quote | slash | x) & MCPI_REPEAT(0x80);
}

#if defined(MCPI_SSE2)

#define MCPI_JSON_BLOCK 16

/* The top bit of each byte tells; the others may be anything. */
MCPI_INLINE __m128i mcpi_json_compare16(__m128i bytes)
{
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i other = _mm_subs_epi8(bytes, _mm_set1_epi8(0x20));      /* negative: 00 to 1F, 80 to FF */
    return _mm_or_si128(_mm_or_si128(quote, slash), other);
}

MCPI_INLINE __m128i mcpi_json_load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* A bit for each of 16 bytes, the first lowest. */
MCPI_INLINE uint32_t mcpi_json_specials(const uint8_t *p)
{
    return (uint32_t)_mm_movemask_epi8(mcpi_json_compare16(mcpi_json_load16(p)));
}

MCPI_INLINE uint64_t mcpi_json_specials64(const uint8_t *p)
{
    return mcpi_json_specials(p) | (uint64_t)mcpi_json_specials(p + 16) << 16 |
           (uint64_t)mcpi_json_specials(p + 32) << 32 | (uint64_t)mcpi_json_specials(p + 48) << 48;
}

MCPI_INLINE bool mcpi_json_plain64(const uint8_t *p)
{
    __m128i a = mcpi_json_compare16(mcpi_json_load16(p));
    __m128i b = mcpi_json_compare16(mcpi_json_load16(p + 16));
    __m128i c = mcpi_json_compare16(mcpi_json_load16(p + 32));
    __m128i d = mcpi_json_compare16(mcpi_json_load16(p + 48));
    return !_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)));
}

#elif defined(MCPI_NEON)

#define MCPI_JSON_BLOCK 16

MCPI_INLINE uint8x16_t mcpi_json_compare16(const uint8_t *p)
{
    uint8x16_t bytes = vld1q_u8(p);
    uint8x16_t quote = vceqq_u8(bytes, vdupq_n_u8('"')), slash = vceqq_u8(bytes, vdupq_n_u8('\\'));
    uint8x16_t other = vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(0x20));  /* signed: 80 to FF too */
    return vorrq_u8(vorrq_u8(quote, slash), other);
}

/* Keeps one bit of each byte, its own in a group of eight, and adds neighbours until eight bytes
   are one. */
MCPI_INLINE uint64_t mcpi_json_narrow(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t bits[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t own = vld1q_u8(bits);
    uint8x16_t ab = vpaddq_u8(vandq_u8(a, own), vandq_u8(b, own));
    uint8x16_t cd = vpaddq_u8(vandq_u8(c, own), vandq_u8(d, own));
    uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

MCPI_INLINE uint64_t mcpi_json_specials64(const uint8_t *p)
{
    return mcpi_json_narrow(mcpi_json_compare16(p), mcpi_json_compare16(p + 16), mcpi_json_compare16(p + 32),
                            mcpi_json_compare16(p + 48));
}

/* A bit for each of 16 bytes, the first lowest. */
MCPI_INLINE uint32_t mcpi_json_specials(const uint8_t *p)
{
    uint8x16_t a = mcpi_json_compare16(p), none = vdupq_n_u8(0);
    return (uint32_t)mcpi_json_narrow(a, none, none, none);
}

MCPI_INLINE bool mcpi_json_plain64(const uint8_t *p)
{
    uint8x16_t ab = vorrq_u8(mcpi_json_compare16(p), mcpi_json_compare16(p + 16));
    uint8x16_t cd = vorrq_u8(mcpi_json_compare16(p + 32), mcpi_json_compare16(p + 48));
    return !vmaxvq_u8(vorrq_u8(ab, cd));
}

#else

#define MCPI_JSON_BLOCK 8

/* A bit for each of 8 bytes, the first lowest. No carry passes from one byte to the next, so all
   are right. */
MCPI_INLINE uint32_t mcpi_json_specials(const uint8_t *p)
{
    uint64_t x = mcpi_base_load64(p), low = x & MCPI_REPEAT(0x7f);
    uint64_t quote = (low ^ MCPI_REPEAT('"')) + MCPI_REPEAT(0x7f);
    uint64_t slash = (low ^ MCPI_REPEAT('\\')) + MCPI_REPEAT(0x7f);
    uint64_t printable = low + MCPI_REPEAT(0x60);
    uint64_t special = (~(quote & slash & printable) | x) & MCPI_REPEAT(0x80);
    return (uint32_t)((special >> 7) * 0x0102040810204080u >> 56);
}

#endif

#if MCPI_JSON_BLOCK == 16

/* A bitmap of 64 bytes, made once and used for all strings in them: finding the end of a string is
   a shift and a count, and does not wait for a load. */
typedef struct mcpi_json_scan {
    uint8_t *block;
    uint64_t bits;
} mcpi_json_scan;

/* Comes before the NUL is written: a load of bytes that were just stored would have to wait. */
MCPI_INLINE void mcpi_json_scan_start(mcpi_json_scan *scan, uint8_t *text, size_t len)
{
    scan->block = text;
    scan->bits = mcpi_json_specials64(text);
    if (len < 64) scan->bits = (scan->bits & (((uint64_t)1 << len) - 1)) | (uint64_t)1 << len;
}

/* Moves the bitmap to the first block from this one on that has a special byte. Returns that byte.
   */
MCPI_INLINE uint8_t *mcpi_json_scan_from(mcpi_json_scan *scan, uint8_t *block)
{
    uint64_t bits = mcpi_json_specials64(block);
    while (!bits) {
        block += 64;
        while (mcpi_json_plain64(block)) block += 64;
        bits = mcpi_json_specials64(block);
    }
    scan->block = block;
    scan->bits = bits;
    return block + mcpi_base_lowest_bit(bits);
}

MCPI_NOINLINE uint8_t *mcpi_json_scan_far(mcpi_json_scan *scan, uint8_t *p)
{
    return mcpi_json_scan_from(scan, p);
}

/* The first special byte at or after p, which is not in the bitmap's block. The next block is read
   without waiting for p to be known, hence the two functions: merged, its address would be chosen
   by p. */
MCPI_INLINE uint8_t *mcpi_json_scan_on(mcpi_json_scan *scan, uint8_t *p)
{
    if (MCPI_UNLIKELY(p >= scan->block + 64)) return mcpi_json_scan_far(scan, p);
    return mcpi_json_scan_from(scan, scan->block + 64);
}

/* The first special byte at or after p. There is one: the NUL after the text. */
MCPI_INLINE uint8_t *mcpi_json_special(mcpi_json_scan *scan, uint8_t *p)
{
    size_t offset = (size_t)(p - scan->block);
    if (MCPI_LIKELY(offset < 64)) {
        uint64_t bits = scan->bits >> offset;
        if (MCPI_LIKELY(bits != 0)) return p + mcpi_base_lowest_bit(bits);
    }
    return mcpi_json_scan_on(scan, p);
}

#else

typedef struct mcpi_json_scan {
    uint8_t unused;
} mcpi_json_scan;

MCPI_INLINE void mcpi_json_scan_start(mcpi_json_scan *scan, const uint8_t *text, size_t len)
{
    (void)text, (void)len;
    scan->unused = 0;
}

/* The first special byte at or after p. */
MCPI_INLINE uint8_t *mcpi_json_special(mcpi_json_scan *scan, uint8_t *p)
{
    (void)scan;
    for (;; p += 8) {
        uint64_t special = mcpi_json_special8(mcpi_base_load64(p));
        if (special) return p + (mcpi_base_lowest_bit(special) >> 3);
    }
}

#endif
#endif /* !MCP_SMALL */

/*-- Reading. The text ends with a NUL, which is legal nowhere, so that no loop needs to look for
     the end. --*/

/* Remembers why and where reading stopped. */
static int mcpi_json_refuse(mcp_doc *doc, int error, const uint8_t *p, const char *expected)
{
    doc->error = error;
    doc->error_at = (size_t)(p - (const uint8_t *)doc->text);
    doc->expected = expected;
    doc->got = doc->error_at < doc->len ? *p : -1;
    doc->num_nodes = 0;
    return error;
}

/* A run of multi-byte sequences. Returns its end, or NULL if one is ill-formed. */
MCPI_INLINE uint8_t *mcpi_json_utf8(uint8_t *p)
{
#if MCP_SMALL
    do {
        size_t len = mcpi_base_utf8_length(mcpi_base_load32(p));
        if (!len) return NULL;
        p += len;
    } while (*p >= 0x80);
    return p;
#else
    do {
        uint32_t x = mcpi_base_load32(p);
        if ((x & 0xc0c0f0) == 0x8080e0) {
#ifdef MCPI_SSE2
            /* Five at once, as in Chinese or Japanese text; those with E0 and ED need a closer look
               below. */
            const __m128i mask = _mm_setr_epi8(-16, -64, -64, -16, -64, -64, -16, -64, -64, -16, -64, -64,
                                               -16, -64, -64, 0);
            const __m128i want = _mm_setr_epi8(-32, -128, -128, -32, -128, -128, -32, -128, -128, -32, -128,
                                               -128, -32, -128, -128, 0);
            for (;;) {
                __m128i bytes = mcpi_json_load16(p);
                __m128i fits = _mm_cmpeq_epi8(_mm_and_si128(bytes, mask), want);
                __m128i hard = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(-32)),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8(-19)));
                if (_mm_movemask_epi8(fits) != 0xffff || (_mm_movemask_epi8(hard) & 0x7fff)) break;
                p += 15;
            }
            x = mcpi_base_load32(p);
#endif
            while ((x & 0xc0c0f0) == 0x8080e0) {
                uint32_t top = x & 0x200f;
                if (MCPI_UNLIKELY(top == 0 || top == 0x200d)) return NULL;
                p += 3;
                x = mcpi_base_load32(p);
            }
        }
        while ((x & 0xc0e0) == 0x80c0) {
            if (MCPI_UNLIKELY(!(x & 0x1e))) return NULL;
            p += 2;
            x = mcpi_base_load32(p);
        }
        if (*p >= 0x80 && (x & 0xc0c0f0) != 0x8080e0) {
            if ((x & 0xf8) != 0xf0 || !mcpi_base_utf8_length(x)) return NULL;
            p += 4;
        }
    } while (*p >= 0x80);
    return p;
#endif
}

/* Finds the ill-formed sequence in a run that mcpi_json_utf8 refused. */
MCPI_NOINLINE uint8_t *mcpi_json_refuse_utf8(mcp_doc *doc, const uint8_t *p)
{
    size_t len;
    while ((len = mcpi_base_utf8_length(mcpi_base_load32(p))) != 0) p += len;
    (void)mcpi_json_refuse(doc, MCP_E_UTF8, p, "well-formed UTF-8");
    return NULL;
}

MCPI_NOINLINE uint8_t *mcpi_json_refuse_in_string(mcp_doc *doc, const uint8_t *p, const char *expected)
{
    if ((size_t)(p - (const uint8_t *)doc->text) >= doc->len) expected = "'\"' to end the string";
    (void)mcpi_json_refuse(doc, MCP_E_SYNTAX, p, expected);
    return NULL;
}

/* The value of four hex digits, or something above 0xffff. */
MCPI_INLINE uint32_t mcpi_json_hex4(const uint8_t *p)
{
#if MCP_SMALL
    uint32_t value = 0;
    int i;
    for (i = 0; i < 4; i++) {
        uint32_t c = p[i], digit = c - '0';
        if (digit > 9) digit = (c | 32) - 'a' + 10;
        if (digit > 15 || (c > '9' && digit < 10)) return 0x10000;
        value = value << 4 | digit;
    }
    return value;
#else
    /* 128: not a digit */
    static const uint8_t hex[256] = {
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 128, 128, 128, 128, 128, 128,
        128, 10, 11, 12, 13, 14, 15, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 10, 11, 12, 13, 14, 15, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128
    };
    uint32_t a = hex[p[0]], b = hex[p[1]], c = hex[p[2]], d = hex[p[3]];
    return a << 12 | b << 8 | c << 4 | d | ((a | b | c | d) & 128) << 9;
#endif
}

/* Decodes the \u escape at p, a pair of them where it is a surrogate. Returns its end, or NULL. */
MCPI_INLINE uint8_t *mcpi_json_unescape_code(mcp_doc *doc, uint8_t *p, uint8_t **out)
{
    uint32_t code = mcpi_json_hex4(p + 2), low;
    if (MCPI_UNLIKELY(code > 0xffff)) return mcpi_json_refuse_in_string(doc, p, "four hex digits after \\u");
    p += 6;
    if (MCPI_UNLIKELY((code & 0xf800) == 0xd800)) {
        low = p[0] == '\\' && p[1] == 'u' ? mcpi_json_hex4(p + 2) : 0;
        if (code >= 0xdc00 || (low & ~0x3ffu) != 0xdc00)
            return mcpi_json_refuse_in_string(doc, p - 6, "both halves of a surrogate pair");
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        *out = mcpi_base_utf8_put(*out, code);
        return p + 6;
    }
    *out = mcpi_base_utf8_put(*out, code);
    return p;
}

#if MCP_SMALL
/* The characters after a backslash, and what they stand for. */
static const char mcpi_json_pairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
#endif

/* What a backslash and this character stand for; 0 for none. */
MCPI_INLINE uint8_t mcpi_json_unescape_char(uint8_t c)
{
#if MCP_SMALL
    const char *p = mcpi_json_pairs;
    while (*p && (uint8_t)*p != c) p += 2;
    return *p ? (uint8_t)p[1] : 0;
#else
    /* from '"' to 'u' */
    static const uint8_t meanings[84] = {
        34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 92, 0, 0, 0, 0,
        0, 8, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 13, 0, 9, 0
    };
    c = (uint8_t)(c - '"');
    return c < sizeof meanings ? meanings[c] : 0;
#endif
}

/* Decodes the escape at p, a backslash, to *out. Returns its end, or NULL. */
MCPI_INLINE uint8_t *mcpi_json_unescape(mcp_doc *doc, uint8_t *p, uint8_t **out)
{
    uint8_t c;
    if (p[1] == 'u') return mcpi_json_unescape_code(doc, p, out);
    c = mcpi_json_unescape_char(p[1]);
    if (MCPI_UNLIKELY(!c))
        return mcpi_json_refuse_in_string(doc, p + 1, "one of \"\\/bfnrtu after a backslash");
    *(*out)++ = c;
    return p + 2;
}

#if !MCP_SMALL
/* Copies size to 2 * size bytes as two pieces. All is loaded before anything is stored, so both
   places may overlap. */
MCPI_INLINE void mcpi_json_copy_pieces(uint8_t *to, const uint8_t *from, size_t len, size_t size)
{
    uint8_t first[16], last[16];
    memcpy(first, from, size);
    memcpy(last, from + len - size, size);
    memcpy(to, first, size);
    memcpy(to + len - size, last, size);
}

/* Copies up to 32 bytes; both places may overlap. */
MCPI_INLINE void mcpi_json_copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len >= 16) {
        mcpi_json_copy_pieces(to, from, len, 16);
    } else if (len >= 8) {
        mcpi_json_copy_pieces(to, from, len, 8);
    } else if (len >= 4) {
        mcpi_json_copy_pieces(to, from, len, 4);
    } else if (len) {
        uint8_t first = from[0], middle = from[len / 2], last = from[len - 1];
        to[0] = first;
        to[len / 2] = middle;
        to[len - 1] = last;
    }
}
#endif

/* Moves bytes down, as strings get shorter by decoding. May write up to 15 bytes after the target's
   end, but never past the source's. */
MCPI_INLINE void mcpi_json_move_down(uint8_t *to, const uint8_t *from, size_t len)
{
#if MCP_SMALL
    while (len--) *to++ = *from++;
#else
    size_t i;
    if (from - to >= 16) {
        for (i = 0; i < len; i += 16) memcpy(to + i, from + i, 16);
        return;
    }
    for (; len > 32; len -= 16, to += 16, from += 16) mcpi_json_copy_pieces(to, from, 16, 16);
    mcpi_json_copy_short(to, from, len);
#endif
}

/* Ends the string of a node: the closing quote, or what decoding left free, becomes its NUL. */
MCPI_INLINE void mcpi_json_end_string(mcp_node *node, const uint8_t *start, uint8_t *end, uint32_t kind)
{
    *end = 0;
    node->info = (uint32_t)(end - start) << 4 | kind;
}

/* Continues a string that is not plain at its first special byte p: checks UTF-8 and decodes
   escapes in place. Returns its closing quote, or NULL. */
MCPI_NOINLINE uint8_t *mcpi_json_string(mcp_doc *doc, mcpi_json_scan *scan, mcp_node *node, uint8_t *start,
                                        uint8_t *p)
{
    static const char expected[] = "no control character in a string (write it as an escape)";
    uint8_t *out;

    while (*p != '\\') {    /* until the first escape everything stays in its place */
        uint8_t *run = p;
        if (*p == '"') {
            mcpi_json_end_string(node, start, p, MCPI_JSON_PLAIN);
            return p;
        }
        if (*p < 0x80) return mcpi_json_refuse_in_string(doc, p, expected);
        p = mcpi_json_utf8(p);
        if (!p) return mcpi_json_refuse_utf8(doc, run);
        p = mcpi_json_special(scan, p);
    }
    out = p;
    for (;;) {
        uint8_t *from;
        do {
            p = mcpi_json_unescape(doc, p, &out);
            if (!p) return NULL;
        } while (*p == '\\');
        from = p;
        for (;;) {
            uint8_t *run;
            p = run = mcpi_json_special(scan, p);
            if (MCPI_LIKELY(*p < 0x80)) break;
            p = mcpi_json_utf8(p);
            if (!p) return mcpi_json_refuse_utf8(doc, run);
        }
        mcpi_json_move_down(out, from, (size_t)(p - from));
        out += p - from;
        if (*p == '"') {
            mcpi_json_end_string(node, start, out, MCPI_JSON_ESCAPED);
            return p;
        }
        if (*p != '\\') return mcpi_json_refuse_in_string(doc, p, expected);
    }
}

/* Reads the string that starts at p. Returns the byte after its closing quote, or NULL. */
MCPI_INLINE uint8_t *mcpi_json_read_string(mcp_doc *doc, mcpi_json_scan *scan, mcp_node *node, uint8_t *p)
{
    uint8_t *end = mcpi_json_special(scan, p);
    node->at = (uint32_t)(p - (uint8_t *)doc->text);
    if (MCPI_LIKELY(*end == '"')) {
        mcpi_json_end_string(node, p, end, MCPI_JSON_PLAIN);
        return end + 1;
    }
    end = mcpi_json_string(doc, scan, node, p, end);
    return end ? end + 1 : NULL;
}

MCPI_NOINLINE uint8_t *mcpi_json_space_run(uint8_t *p)
{
    for (;; p++) {
#if !MCP_SMALL
        if (*p == ' ') {
            uint64_t x;
            while (!(x = mcpi_base_load64(p) ^ MCPI_REPEAT(' '))) p += 8;
            p += mcpi_base_lowest_bit(x) >> 3;
        }
#endif
        if (*p != ' ' && *p != '\n' && *p != '\r' && *p != '\t') return p;
    }
}

MCPI_INLINE uint8_t *mcpi_json_space(uint8_t *p)
{
    if (MCPI_LIKELY(*p > ' ')) return p;
    if (*p == ' ' && p[1] > ' ') return p + 1;
    return mcpi_json_space_run(p);
}

MCPI_INLINE uint8_t *mcpi_json_digits(uint8_t *p)
{
    while (mcpi_base_is_digit(*p)) p++;
    return p;
}

/* The end of the number at p, which starts with a digit or '-'. *kind becomes MCPI_JSON_NULL if it
   is not one; then the end is where a digit was expected. */
MCPI_INLINE uint8_t *mcpi_json_number_end(uint8_t *p, uint32_t *kind)
{
    *kind = MCPI_JSON_INTEGER;
    if (*p == '-') p++;
    if (*p == '0') p++;
    else if (MCPI_LIKELY(mcpi_base_is_digit(*p))) p = mcpi_json_digits(p + 1);
    else goto no_digit;
    if (*p == '.') {
        *kind = MCPI_JSON_REAL;
        if (!mcpi_base_is_digit(*++p)) goto no_digit;
        p = mcpi_json_digits(p + 1);
    }
    if ((*p | 0x20) == 'e') {
        *kind = MCPI_JSON_REAL;
        p++;
        if (*p == '+' || *p == '-') p++;
        if (!mcpi_base_is_digit(*p)) goto no_digit;
        p = mcpi_json_digits(p + 1);
    }
    return p;
no_digit:
    *kind = MCPI_JSON_NULL;
    return p;
}

/* The length of the literal at p, or 0. */
MCPI_INLINE uint32_t mcpi_json_literal(const uint8_t *p, uint32_t *kind)
{
    uint32_t word = mcpi_base_load32(p);
    if (word == 0x65757274) return *kind = MCPI_JSON_TRUE, 4u;
    if (word == 0x736c6166 && p[4] == 'e') return *kind = MCPI_JSON_FALSE, 5u;
    if (word == 0x6c6c756e) return *kind = MCPI_JSON_NULL, 4u;
    return 0;
}

/* Free nodes that there must be before a key and a value are read. */
#define MCPI_JSON_SPARE 4

/* More room for nodes. Their contents stay, their place may change. */
MCPI_NOINLINE bool mcpi_json_grow(mcp_doc *doc, uint32_t max_nodes)
{
    uint32_t cap = doc->cap_nodes < 64 ? 64 : doc->cap_nodes * 2, most = max_nodes + MCPI_JSON_SPARE;
    mcp_node *moved;

    if (cap > most) cap = most;
    if (cap <= doc->cap_nodes) {
        doc->error = MCP_E_NODES;
        return false;
    }
    moved = (mcp_node *)mcpi_base_resize(&doc->alloc, doc->nodes, doc->cap_nodes * sizeof *moved,
                                         cap * sizeof *moved);
    if (!moved) {
        doc->error = MCP_E_NOMEM;
        return false;
    }
    doc->nodes = moved;
    doc->cap_nodes = cap;
    return true;
}

static uint32_t mcpi_json_max_nodes(const mcp_doc *doc)
{
    uint32_t max = doc->max_nodes ? doc->max_nodes : 524288;
    return max < MCP_JSON_MAX ? max : MCP_JSON_MAX;
}

/* Reads doc->text. While a container is open its first node keeps what the outer one needs
   afterwards, and its second one the way back: no stack, no recursion. */
static int mcpi_json_read(mcp_doc *doc)
{
    const uint32_t max_nodes = mcpi_json_max_nodes(doc), max_depth = doc->max_depth ? doc->max_depth : 64;
    uint8_t *const text = (uint8_t *)doc->text;
    uint8_t *p = text, *end;
    mcp_node *nodes, *node, *open, *full;
    uint32_t count = 0, depth = 0, kind, length;
    uint8_t closer = 0;         /* what ends the innermost container: '}', ']' */
    const char *expected;
    mcpi_json_scan scan;

    if (!doc->cap_nodes && !mcpi_json_grow(doc, max_nodes)) return doc->error;
    nodes = node = open = doc->nodes;
    full = nodes + doc->cap_nodes;
    mcpi_json_scan_start(&scan, text, doc->len);
    memset(text + doc->len, 0, MCP_JSON_PAD);
    p = mcpi_json_space(p);

item:   /* an element, or a key and its value */
    if (MCPI_UNLIKELY(full - node < MCPI_JSON_SPARE)) {
        size_t used = (size_t)(node - nodes), parent = (size_t)(open - nodes);
        if (!mcpi_json_grow(doc, max_nodes)) return mcpi_json_refuse(doc, doc->error, p, NULL);
        nodes = doc->nodes;
        node = nodes + used;
        open = nodes + parent;
        full = nodes + doc->cap_nodes;
    }
    count++;
    if (closer == '}') {
        expected = "a key in quotes";
        if (MCPI_UNLIKELY(*p != '"')) goto unexpected;
        p = mcpi_json_read_string(doc, &scan, node, p + 1);
        if (MCPI_UNLIKELY(!p)) return doc->error;
        node++;
        if (MCPI_UNLIKELY(*p != ':')) {
            p = mcpi_json_space(p);
            expected = "':' after the key";
            if (*p != ':') goto unexpected;
        }
        p = mcpi_json_space(p + 1);
    }
    if (*p == '"') {
        p = mcpi_json_read_string(doc, &scan, node, p + 1);
        if (MCPI_UNLIKELY(!p)) return doc->error;
        node++;
    } else if (*p == '{' || *p == '[') {
        if (MCPI_UNLIKELY(depth++ == max_depth)) return mcpi_json_refuse(doc, MCP_E_DEPTH, p, NULL);
        node[0].at = (uint32_t)(p - text);
        node[0].info = count << 4 | (closer == '}');
        node[1].at = (uint32_t)(open - nodes);
        open = node;
        node += 2;
        count = 0;
        closer = (uint8_t)(*p + 2);     /* in ASCII both closers follow their openers so */
        p = mcpi_json_space(p + 1);
        if (MCPI_UNLIKELY(*p == closer)) goto close;
        goto item;
    } else {
        if (MCPI_LIKELY(mcpi_base_is_digit(*p) || *p == '-')) {
            end = mcpi_json_number_end(p, &kind);
            length = (uint32_t)(end - p);
            if (MCPI_UNLIKELY(kind == MCPI_JSON_NULL)) {
                p = end;
                expected = "a digit";
                goto unexpected;
            }
        } else {
            length = mcpi_json_literal(p, &kind);
            expected = "a value";
            if (MCPI_UNLIKELY(!length)) goto unexpected;
        }
        node->at = (uint32_t)(p - text);
        node->info = length << 4 | kind;
        node++;
        p += length;
    }

after:  /* a value */
    if (MCPI_UNLIKELY(!depth)) goto done;
    p = mcpi_json_space(p);
    if (MCPI_LIKELY(*p == ',')) {
        p = mcpi_json_space(p + 1);
        goto item;
    }
    expected = closer == '}' ? "',' or '}'" : "',' or ']'";
    if (MCPI_UNLIKELY(*p != closer)) goto unexpected;

close:  /* the innermost container */
    kind = closer == '}' ? MCPI_JSON_OBJECT : MCPI_JSON_ARRAY;
    closer = open->info & 1 ? '}' : ']';
    length = open->info >> 4;
    open[0].info = (uint32_t)(node - open) << 4 | kind;
    open[1].info = count;
    count = length;
    open = nodes + open[1].at;
    depth--;
    p++;
    goto after;

done:
    if (*p) p = mcpi_json_space(p);
    expected = "the end of the text";
    if ((size_t)(p - text) != doc->len) goto unexpected;
    doc->num_nodes = (uint32_t)(node - nodes);
    if (doc->num_nodes > max_nodes) return mcpi_json_refuse(doc, MCP_E_NODES, p, NULL);
    return MCP_OK;

unexpected:
    return mcpi_json_refuse(doc, MCP_E_SYNTAX, p, expected);
}

/*-- Docs --*/

/* Starts over with a text of that length; the old values are gone. */
static int mcpi_json_restart(mcp_doc *doc, size_t len)
{
    doc->num_nodes = 0;
    doc->error = MCP_OK;
    doc->error_at = 0;
    doc->expected = NULL;
    doc->len = len;
    if (len > MCP_JSON_MAX) doc->error = MCP_E_TOO_LONG;
    return doc->error;
}

/* A text buffer of the doc's own, with room for len bytes and the padding. */
static int mcpi_json_own_text(mcp_doc *doc, size_t len)
{
    size_t size = len + MCP_JSON_PAD;
    if (doc->copy_size < size) {
        mcpi_base_release(&doc->alloc, doc->copy, doc->copy_size);
        doc->copy = (char *)mcpi_base_resize(&doc->alloc, NULL, 0, size);
        doc->copy_size = doc->copy ? size : 0;
        if (!doc->copy) return doc->error = MCP_E_NOMEM;
    }
    doc->text = doc->copy;
    return MCP_OK;
}

MCP_API int mcp_json_parse(mcp_doc *doc, const char *text, size_t len)
{
    if (mcpi_json_restart(doc, len) || mcpi_json_own_text(doc, len)) return doc->error;
    if (len) memcpy(doc->text, text, len);
    return mcpi_json_read(doc);
}

MCP_API int mcp_json_parse_inplace(mcp_doc *doc, char *buf, size_t len, size_t cap)
{
    if (mcpi_json_restart(doc, len)) return doc->error;
    if (cap < MCP_JSON_PAD || cap - MCP_JSON_PAD < len) return doc->error = MCP_E_MISUSE;
    doc->text = buf;
    return mcpi_json_read(doc);
}

MCP_API void mcp_doc_free(mcp_doc *doc)
{
    mcpi_base_release(&doc->alloc, doc->copy, doc->copy_size);
    mcpi_base_release(&doc->alloc, doc->nodes, doc->cap_nodes * sizeof *doc->nodes);
    doc->copy = NULL;
    doc->copy_size = 0;
    doc->nodes = NULL;
    doc->cap_nodes = 0;
    (void)mcpi_json_restart(doc, 0);
}

/* What stands where reading stopped: 'x', byte 0x07, or the end of the text. */
static void mcpi_json_note_got(mcpi_base_note *note, int got)
{
    static const char hex[] = "0123456789ABCDEF";
    char text[4] = "'?'";
    if (got < 0) {
        mcpi_base_note_str(note, "the end of the text");
    } else if (got >= 0x20 && got < 0x7f) {
        text[1] = (char)got;
        mcpi_base_note_str(note, text);
    } else {
        text[0] = hex[got >> 4];
        text[1] = hex[got & 15];
        text[2] = 0;
        mcpi_base_note_str(note, "byte 0x");
        mcpi_base_note_str(note, text);
    }
}

MCP_API const char *mcp_doc_error(const mcp_doc *doc, char *buf, size_t cap)
{
    mcpi_base_note note = mcpi_base_note_start(buf, cap);
    if (!doc->expected) {
        mcpi_base_note_str(&note, mcp_strerror(doc->error));
        if (doc->error == MCP_E_DEPTH || doc->error == MCP_E_NODES)
            mcpi_base_note_add(&note, ", at byte %llu", (unsigned long long)doc->error_at);
        return buf;
    }
    mcpi_base_note_add(&note, "byte %llu: expected %s, got ", (unsigned long long)doc->error_at,
                       doc->expected);
    mcpi_json_note_got(&note, doc->got);
    return buf;
}

/*-- Values --*/

static mcp_json mcpi_json_missing(void)
{
    mcp_json none;
    none.doc = NULL;
    none.at = none.up = 0;
    return none;
}

MCPI_INLINE mcp_json mcpi_json_value(const mcp_doc *doc, const mcp_node *node, uint32_t up)
{
    mcp_json v;
    v.doc = doc;
    v.at = (uint32_t)(node - doc->nodes);
    v.up = up;
    return v;
}

MCPI_INLINE const mcp_node *mcpi_json_node(mcp_json v)
{
    return v.doc->nodes + v.at;
}

static bool mcpi_json_is(mcp_json v, uint32_t kind)
{
    return v.doc && mcpi_json_kind(mcpi_json_node(v)) == kind;
}

MCP_API mcp_json mcp_json_root(const mcp_doc *doc)
{
    return doc->num_nodes ? mcpi_json_value(doc, doc->nodes, 0) : mcpi_json_missing();
}

MCP_API int mcp_json_type(mcp_json v)
{
    static const uint8_t types[] = { MCP_JSON_NULL,   MCP_JSON_BOOL,   MCP_JSON_BOOL,
                                     MCP_JSON_NUMBER, MCP_JSON_NUMBER, MCP_JSON_STRING,
                                     MCP_JSON_STRING, MCP_JSON_ARRAY,  MCP_JSON_OBJECT };
    return v.doc ? (int)types[mcpi_json_kind(mcpi_json_node(v))] : (int)MCP_JSON_MISSING;
}

MCP_API bool mcp_json_exists(mcp_json v)
{
    return v.doc != NULL;
}

MCP_API size_t mcp_json_count(mcp_json v)
{
    return v.doc && mcpi_json_kind(mcpi_json_node(v)) >= MCPI_JSON_ARRAY ? mcpi_json_node(v)[1].info : 0;
}

MCP_API mcp_json mcp_json_first(mcp_json v)
{
    uint32_t kind = v.doc ? mcpi_json_kind(mcpi_json_node(v)) : (uint32_t)MCPI_JSON_NULL;
    if (kind < MCPI_JSON_ARRAY || !mcpi_json_node(v)[1].info) return mcpi_json_missing();
    v.up = v.at;
    v.at += 2 + (kind - MCPI_JSON_ARRAY);   /* an object's value stands behind its key */
    return v;
}

MCP_API mcp_json mcp_json_next(mcp_json v)
{
    const mcp_node *up, *node;
    if (!v.doc || v.up == v.at) return mcpi_json_missing();
    up = v.doc->nodes + v.up;
    node = mcpi_json_node(v);
    v.at += mcpi_json_kind(node) >= MCPI_JSON_ARRAY ? mcpi_json_length(node) : 1;
    if (v.at == v.up + mcpi_json_length(up)) return mcpi_json_missing();
    v.at += mcpi_json_kind(up) - MCPI_JSON_ARRAY;
    return v;
}

MCP_API mcp_str mcp_json_key(mcp_json v)
{
    mcp_str key = { NULL, 0 };
    if (v.doc && v.up != v.at && mcpi_json_kind(v.doc->nodes + v.up) == MCPI_JSON_OBJECT) {
        const mcp_node *node = mcpi_json_node(v) - 1;
        key.ptr = v.doc->text + node->at;
        key.len = mcpi_json_length(node);
    }
    return key;
}

/* Whether two texts of the same length are the same. Without a call, as keys are short. */
MCPI_INLINE bool mcpi_json_same(const char *a, const char *b, size_t len)
{
#if MCP_SMALL
    return !memcmp(a, b, len);
#else
    if (len >= 8) {
        size_t i;
        for (i = 0; i + 8 < len; i += 8)
            if (mcpi_base_load64(a + i) != mcpi_base_load64(b + i)) return false;
        return mcpi_base_load64(a + len - 8) == mcpi_base_load64(b + len - 8);
    }
    if (len >= 4)
        return mcpi_base_load32(a) == mcpi_base_load32(b) &&
               mcpi_base_load32(a + len - 4) == mcpi_base_load32(b + len - 4);
    return !len || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
#endif
}

MCP_API mcp_json mcp_json_member(mcp_json v, const char *key, size_t len)
{
    const mcp_node *node, *end;
    if (!mcpi_json_is(v, MCPI_JSON_OBJECT)) return mcpi_json_missing();
    node = mcpi_json_node(v);
    for (end = mcpi_json_after(node), node += 2; node < end; node = mcpi_json_after(node + 1))
        if (mcpi_json_length(node) == len && mcpi_json_same(v.doc->text + node->at, key, len))
            return mcpi_json_value(v.doc, node + 1, v.at);
    return mcpi_json_missing();
}

MCP_API mcp_json mcp_json_get(mcp_json v, const char *key)
{
    return mcp_json_member(v, key, strlen(key));
}

/*-- Keys that stand there twice: every reader takes another of the two, so none may be believed. --*/

/* Orders keys by length, then by bytes. */
static int mcpi_json_compare_keys(const mcp_doc *doc, uint32_t a, uint32_t b)
{
    const mcp_node *x = doc->nodes + a, *y = doc->nodes + b;
    if (x->info >> 4 != y->info >> 4) return x->info >> 4 < y->info >> 4 ? -1 : 1;
    return memcmp(doc->text + x->at, doc->text + y->at, mcpi_json_length(x));
}

/* Restores the heap of count keys below at. */
static void mcpi_json_sift(const mcp_doc *doc, uint32_t *keys, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;
        uint32_t key = keys[at];
        if (child >= count) return;
        if (child + 1 < count && mcpi_json_compare_keys(doc, keys[child], keys[child + 1]) < 0) child++;
        if (mcpi_json_compare_keys(doc, key, keys[child]) >= 0) return;
        keys[at] = keys[child];
        keys[child] = key;
        at = child;
    }
}

/* Sorts by heap: no input takes longer than another. */
static void mcpi_json_sort_keys(const mcp_doc *doc, uint32_t *keys, size_t count)
{
    size_t i;
    for (i = count / 2; i; i--) mcpi_json_sift(doc, keys, i - 1, count);
    for (i = count; i > 1; i--) {
        uint32_t last = keys[i - 1];
        keys[i - 1] = keys[0];
        keys[0] = last;
        mcpi_json_sift(doc, keys, 0, i - 1);
    }
}

/* Finds a key that the object has twice: *at is its value then, else 0. MCP_E_NOMEM if the keys are too
   many to be sorted. */
static int mcpi_json_repeated(mcp_json object, uint32_t *at)
{
    enum { FEW = 16 };
    const size_t count = mcp_json_count(object), size = count * sizeof(uint32_t);
    uint32_t few[FEW], *keys = few;
    size_t i = 0;
    mcp_json v;

    *at = 0;
    if (count > FEW) keys = (uint32_t *)mcpi_base_resize(&object.doc->alloc, NULL, 0, size);
    if (!keys) return MCP_E_NOMEM;
    for (v = mcp_json_first(object); mcp_json_exists(v); v = mcp_json_next(v)) keys[i++] = v.at - 1;
    mcpi_json_sort_keys(object.doc, keys, count);
    for (i = 1; i < count && !*at; i++)
        if (!mcpi_json_compare_keys(object.doc, keys[i - 1], keys[i])) *at = keys[i] + 1;
    if (keys != few) mcpi_base_release(&object.doc->alloc, keys, size);
    return MCP_OK;
}

/* True for a key of that literal name. */
MCPI_INLINE bool mcpi_json_is_key(const char *key, size_t len, const char *name)
{
    return len == strlen(name) && !memcmp(key, name, strlen(name));
}

/* Tells which of the members that are looked for a key names, from 0, or how many there are if none. */
typedef size_t (*mcpi_json_which)(const char *key, size_t len);

/* Finds the members in one walk: where each one is, or 0. Returns which one stands there twice, or count, or
   more than that if it is another key. */
MCPI_INLINE size_t mcpi_json_members(mcp_json object, mcpi_json_which which, uint32_t *found, size_t count)
{
    const mcp_node *nodes, *node, *end;
    size_t i, twice = count, others = 0;
    uint32_t at = 0;

    for (i = 0; i < count; i++) found[i] = 0;
    if (!mcpi_json_is(object, MCPI_JSON_OBJECT)) return count;
    nodes = object.doc->nodes;
    node = nodes + object.at;
    for (end = mcpi_json_after(node), node += 2; node < end; node = mcpi_json_after(node + 1)) {
        i = which(object.doc->text + node->at, mcpi_json_length(node));
        if (i == count) others++;
        else if (found[i]) twice = i;
        else found[i] = (uint32_t)(node + 1 - nodes);
    }
    if (others > 1 && twice == count && (mcpi_json_repeated(object, &at) != MCP_OK || at)) return count + 1;
    return twice;
}

/* The member that mcpi_json_members found. */
MCPI_INLINE mcp_json mcpi_json_found(mcp_json object, uint32_t at)
{
    object.up = object.at;
    object.at = at;
    if (!at) object.doc = NULL;
    return object;
}

MCP_API mcp_json mcp_json_at(mcp_json v, size_t index)
{
    mcp_json element;
    if (!mcpi_json_is(v, MCPI_JSON_ARRAY) || index >= mcp_json_count(v)) return mcpi_json_missing();
    for (element = mcp_json_first(v); index; index--) element = mcp_json_next(element);
    return element;
}

/* The text of a value whose kind is low or the one after it. */
MCPI_INLINE mcp_str mcpi_json_text(mcp_json v, uint32_t low)
{
    mcp_str text = { NULL, 0 };
    if (v.doc && mcpi_json_kind(mcpi_json_node(v)) - low <= 1) {
        text.ptr = v.doc->text + mcpi_json_node(v)->at;
        text.len = mcpi_json_length(mcpi_json_node(v));
    }
    return text;
}

MCP_API mcp_str mcp_json_str(mcp_json v, const char *key)
{
    if (key) v = mcp_json_get(v, key);
    return mcpi_json_text(v, MCPI_JSON_PLAIN);
}

/* Whether a string holds a NUL, which can only come from an escape. */
MCPI_INLINE bool mcpi_json_has_nul(mcp_json v)
{
    const mcp_node *node = mcpi_json_node(v);
    return mcpi_json_kind(node) == MCPI_JSON_ESCAPED &&
           memchr(v.doc->text + node->at, 0, mcpi_json_length(node)) != NULL;
}

MCP_API const char *mcp_json_cstr(mcp_json v, const char *key, const char *def)
{
    mcp_str text;
    if (key) v = mcp_json_get(v, key);
    text = mcp_json_str(v, NULL);
    return text.ptr && !mcpi_json_has_nul(v) ? text.ptr : def;
}

MCP_API bool mcp_json_equals(mcp_json v, const char *key, const char *text)
{
    mcp_str have = mcp_json_str(v, key);
    return have.ptr && have.len == strlen(text) && !memcmp(have.ptr, text, have.len);
}

MCP_API mcp_str mcp_json_number(mcp_json v, const char *key)
{
    if (key) v = mcp_json_get(v, key);
    return mcpi_json_text(v, MCPI_JSON_INTEGER);
}

MCP_API int64_t mcp_json_int(mcp_json v, const char *key, int64_t def)
{
    mcp_str text = mcp_json_number(v, key);
    int64_t value;
    return text.ptr && mcpi_base_read_int(text, &value) ? value : def;
}

MCP_API uint64_t mcp_json_uint(mcp_json v, const char *key, uint64_t def)
{
    mcp_str text = mcp_json_number(v, key);
    uint64_t value;
    return text.ptr && mcpi_base_read_uint(text, &value) ? value : def;
}

#ifndef MCP_NO_FLOAT
MCP_API double mcp_json_num(mcp_json v, const char *key, double def)
{
    mcp_str text = mcp_json_number(v, key);
    double value;
    return text.ptr && mcpi_base_read_double(text, &value) ? value : def;
}
#endif

MCP_API bool mcp_json_bool(mcp_json v, const char *key, bool def)
{
    if (key) v = mcp_json_get(v, key);
    return mcpi_json_is(v, MCPI_JSON_TRUE) || (def && !mcpi_json_is(v, MCPI_JSON_FALSE));
}

/* One step of a JSON pointer into an object, from start (after the '/') to end: compares with ~0
   and ~1 decoded. */
static bool mcpi_json_token_equals(mcp_str key, const char *start, const char *end)
{
    size_t i;
    for (i = 0; start < end; i++, start++) {
        char c = *start;
        if (c == '~') c = *++start == '0' ? '~' : '/';
        if (i >= key.len || key.ptr[i] != c) return false;
    }
    return i == key.len;
}

static mcp_json mcpi_json_step_in_array(mcp_json v, const char *start, const char *end)
{
    size_t index = 0;
    if (start == end || (*start == '0' && end - start > 1)) return mcpi_json_missing();
    for (; start < end; start++) {
        if (!mcpi_base_is_digit((uint8_t)*start)) return mcpi_json_missing();
        if (index <= MCP_JSON_MAX) index = index * 10 + (size_t)(*start - '0');
    }
    return mcp_json_at(v, index);
}

static mcp_json mcpi_json_step(mcp_json v, const char *start, const char *end)
{
    if (mcpi_json_is(v, MCPI_JSON_ARRAY)) return mcpi_json_step_in_array(v, start, end);
    if (!mcpi_json_is(v, MCPI_JSON_OBJECT)) return mcpi_json_missing();
    for (v = mcp_json_first(v); mcp_json_exists(v); v = mcp_json_next(v))
        if (mcpi_json_token_equals(mcp_json_key(v), start, end)) break;
    return v;
}

MCP_API mcp_json mcp_json_find(mcp_json v, const char *pointer)
{
    while (*pointer && v.doc) {
        const char *end;
        if (*pointer++ != '/') return mcpi_json_missing();
        for (end = pointer; *end && *end != '/'; end++)
            if (*end == '~' && end[1] != '0' && end[1] != '1') return mcpi_json_missing();
        v = mcpi_json_step(v, pointer, end);
        pointer = end;
    }
    return v;
}

MCP_API int mcp_json_clone(mcp_doc *doc, mcp_json v)
{
    const mcp_node *from, *last, *node;
    size_t start, end = 0, i;
    uint32_t count;

    if (v.doc == doc) return MCP_E_MISUSE;
    (void)mcpi_json_restart(doc, 0);
    if (!v.doc) return MCP_OK;
    from = mcpi_json_node(v);
    last = mcpi_json_after(from);
    count = (uint32_t)(last - from);
    if (count > mcpi_json_max_nodes(doc)) return doc->error = MCP_E_NODES;
    while (doc->cap_nodes < count)
        if (!mcpi_json_grow(doc, mcpi_json_max_nodes(doc))) return doc->error;

    start = end = from->at;
    for (node = from; node < last; node++) {
        if (mcpi_json_kind(node) >= MCPI_JSON_ARRAY) node++;
        else end = node->at + mcpi_json_length(node);
    }
    if (mcpi_json_own_text(doc, end - start)) return doc->error;
    memcpy(doc->text, v.doc->text + start, end - start);
    memset(doc->text + (end - start), 0, MCP_JSON_PAD);
    doc->len = end - start;
    for (i = 0; i < count; i++) {
        doc->nodes[i] = from[i];
        doc->nodes[i].at -= (uint32_t)start;
        if (mcpi_json_kind(&from[i]) >= MCPI_JSON_ARRAY) {
            i++;
            doc->nodes[i] = from[i];
            doc->nodes[i].at = i == 1 ? 0 : from[i].at - v.at;
        }
    }
    doc->num_nodes = count;
    return MCP_OK;
}

/*-- Writing: structure. --*/

/* What may come next. An object's states follow an array's in the same order. */
enum {
    MCPI_JSON_ROOT,             /* the one value */
    MCPI_JSON_DONE,             /* nothing */
    MCPI_JSON_FIRST_ELEMENT,
    MCPI_JSON_NEXT_ELEMENT,     /* after a comma */
    MCPI_JSON_FIRST_KEY,
    MCPI_JSON_NEXT_KEY,         /* after a comma */
    MCPI_JSON_PIECES,           /* anything: the caller places the commas */
    MCPI_JSON_MEMBER,           /* the value of a key */
    MCPI_JSON_BROKEN            /* nothing: an error happened */
};

/* What comes after a value. */
static const uint8_t mcpi_json_after_value[] = {
    MCPI_JSON_DONE,   MCPI_JSON_BROKEN, MCPI_JSON_NEXT_ELEMENT, MCPI_JSON_NEXT_ELEMENT, MCPI_JSON_BROKEN,
    MCPI_JSON_BROKEN, MCPI_JSON_PIECES, MCPI_JSON_NEXT_KEY,     MCPI_JSON_BROKEN
};

/* Nothing more is written; the first reason stays. */
MCPI_NOINLINE void mcpi_json_break(mcp_out *out, int error)
{
    if (!out->buf.error) out->buf.error = error;
    out->state = MCPI_JSON_BROKEN;
}

MCPI_INLINE void mcpi_json_append(mcp_out *out, const char *bytes, size_t len)
{
    if (!len) return;
    if (MCPI_LIKELY(out->buf.cap - out->buf.len >= len)) {
        memcpy(out->buf.ptr + out->buf.len, bytes, len);
        out->buf.len += len;
    } else if (!mcp_buf_add(&out->buf, bytes, len)) {
        mcpi_json_break(out, out->buf.error);
    }
}

MCPI_INLINE void mcpi_json_append_char(mcp_out *out, char c)
{
    if (MCPI_LIKELY(out->buf.cap > out->buf.len)) out->buf.ptr[out->buf.len++] = c;
    else mcpi_json_append(out, &c, 1);
}

/* Before a value: places the comma. False if no value can stand here. */
MCPI_INLINE bool mcpi_json_begin(mcp_out *out)
{
    uint32_t before = out->state;
    out->state = mcpi_json_after_value[before];
    if (MCPI_UNLIKELY(out->state == MCPI_JSON_BROKEN)) {
        mcpi_json_break(out, MCP_E_MISUSE);
        return false;
    }
    if (before == MCPI_JSON_NEXT_ELEMENT) mcpi_json_append_char(out, ',');
    return out->state != MCPI_JSON_BROKEN;
}

static void mcpi_json_put_token(mcp_out *out, const char *text, size_t len)
{
    if (mcpi_json_begin(out)) mcpi_json_append(out, text, len);
}

static void mcpi_json_put_open(mcp_out *out, uint32_t is_object)
{
    if (!mcpi_json_begin(out)) return;
    if (MCPI_UNLIKELY(out->depth == 64)) {
        mcpi_json_break(out, MCP_E_DEPTH);
        return;
    }
    out->depth++;
    out->kinds = out->kinds << 1 | is_object;
    out->state = MCPI_JSON_FIRST_ELEMENT + 2 * is_object;
    mcpi_json_append_char(out, is_object ? '{' : '[');
}

MCP_API void mcp_put_object(mcp_out *out)
{
    mcpi_json_put_open(out, 1);
}

MCP_API void mcp_put_array(mcp_out *out)
{
    mcpi_json_put_open(out, 0);
}

MCP_API void mcp_put_end(mcp_out *out)
{
    char closer = out->kinds & 1 ? '}' : ']';
    if (MCPI_UNLIKELY(!out->depth || out->state >= MCPI_JSON_MEMBER)) {
        mcpi_json_break(out, MCP_E_MISUSE);
        return;
    }
    out->kinds >>= 1;
    out->depth--;
    out->state = out->depth ? (uint32_t)MCPI_JSON_NEXT_ELEMENT + 2 * (uint32_t)(out->kinds & 1) : out->root;
    mcpi_json_append_char(out, closer);
}

MCP_API void mcp_out_init(mcp_out *out, size_t max)
{
    memset(out, 0, sizeof *out);
    out->buf.max = max;
    out->root = MCPI_JSON_DONE;
}

MCP_API void mcp_out_fixed(mcp_out *out, char *mem, size_t size)
{
    memset(out, 0, sizeof *out);
    mcp_buf_fixed(&out->buf, mem, size);
    out->root = MCPI_JSON_DONE;
}

MCP_API int mcp_out_done(mcp_out *out, mcp_str *text)
{
    text->ptr = NULL;
    text->len = 0;
    if (!out->buf.len || out->state != out->root) mcpi_json_break(out, MCP_E_MISUSE);
    else if (out->buf.cap == out->buf.len && !mcp_buf_room(&out->buf, 1)) out->state = MCPI_JSON_BROKEN;
    if (out->buf.error) return out->buf.error;
    out->buf.ptr[out->buf.len] = 0;
    text->ptr = out->buf.ptr;
    text->len = out->buf.len;
    return MCP_OK;
}

MCP_API void mcp_out_reset(mcp_out *out)
{
    mcp_buf_reset(&out->buf);
    out->replaced = 0;
    out->kinds = 0;
    out->depth = 0;
    out->state = MCPI_JSON_ROOT;
    out->root = MCPI_JSON_DONE;
}

MCP_API void mcp_out_free(mcp_out *out)
{
    mcp_buf_free(&out->buf);
    mcp_out_reset(out);
}

/*-- Writing: strings. Where there is room to spare, a block is copied before it is looked at, and
     what follows an escape is copied again behind it. Near the end of a full buffer the exact loop
     takes over. --*/

#if !MCP_SMALL
/* Eight bytes for each escape: its text, and in the last its length. */
static const char mcpi_json_escapes[34][9] = {
    "\\u0000\0\6", "\\u0001\0\6", "\\u0002\0\6", "\\u0003\0\6", "\\u0004\0\6", "\\u0005\0\6", "\\u0006\0\6",
    "\\u0007\0\6", "\\b\0\0\0\0\0\2", "\\t\0\0\0\0\0\2", "\\n\0\0\0\0\0\2", "\\u000b\0\6", "\\f\0\0\0\0\0\2",
    "\\r\0\0\0\0\0\2", "\\u000e\0\6", "\\u000f\0\6", "\\u0010\0\6", "\\u0011\0\6", "\\u0012\0\6",
    "\\u0013\0\6", "\\u0014\0\6", "\\u0015\0\6", "\\u0016\0\6", "\\u0017\0\6", "\\u0018\0\6", "\\u0019\0\6",
    "\\u001a\0\6", "\\u001b\0\6", "\\u001c\0\6", "\\u001d\0\6", "\\u001e\0\6", "\\u001f\0\6",
    "\\\"\0\0\0\0\0\2", "\\\\\0\0\0\0\0\2"
};
#endif

/* Writes the escape of a control character, '"' or '\'; eight bytes are overwritten. Returns its
   length. */
MCPI_INLINE size_t mcpi_json_escape(char *to, uint8_t c)
{
#if MCP_SMALL
    static const char hex[] = "0123456789abcdef";
    const char *p = mcpi_json_pairs;
    while (*p && (uint8_t)p[1] != c) p += 2;
    memcpy(to, "\\u00", 4);
    if (*p) return to[1] = *p, 2u;
    to[4] = hex[c >> 4];
    to[5] = hex[c & 15];
    return 6;
#else
    const char *escape = mcpi_json_escapes[c < 0x20 ? c : 32 + (c >> 6)];
    memcpy(to, escape, 8);
    return (size_t)escape[7];
#endif
}

static const char mcpi_json_replacement[] = "\xef\xbf\xbd";

/* Appends text from s to end, exactly as many bytes as it takes: plain bytes as many as follow one
   another, any other character by itself. */
static void mcpi_json_append_exact(mcp_out *out, const uint8_t *s, const uint8_t *end)
{
    while (s < end && out->state != MCPI_JSON_BROKEN) {
        char escape[8];
        const char *piece = (const char *)s;
        size_t left = (size_t)(end - s), len = 0, taken;

        while (len < left && s[len] >= 0x20 && s[len] < 0x80 && s[len] != '"' && s[len] != '\\') len++;
        taken = len;
        if (!len && *s < 0x80) {
            piece = escape;
            len = mcpi_json_escape(escape, *s);
            taken = 1;
        } else if (!len) {
            len = taken = mcpi_base_utf8_length(mcpi_base_load_some(s, left));
        }
        if (!len) {
            piece = mcpi_json_replacement;
            len = 3;
            taken = mcpi_base_utf8_ill_length(s, left);
            out->replaced++;
        }
        mcpi_json_append(out, piece, len);
        s += taken;
    }
}

#if !MCP_SMALL

/* More room than this means that a block and all its escapes can be written without a look. */
#define MCPI_JSON_SLACK 128

MCPI_NOINLINE bool mcpi_json_make_slack(mcp_buf *buf, size_t more)
{
    return buf->max - buf->len >= more + MCPI_JSON_SLACK && mcp_buf_room(buf, more + MCPI_JSON_SLACK);
}

/* Room for more bytes and the slack, without an error if there is none. */
MCPI_INLINE bool mcpi_json_slack(mcp_buf *buf, size_t more)
{
    return MCPI_LIKELY(buf->cap - buf->len >= more + MCPI_JSON_SLACK) || mcpi_json_make_slack(buf, more);
}

/* Where the fast loop writes. */
typedef struct mcpi_json_cursor {
    uint8_t *at, *limit;    /* limit: the end of the memory */
} mcpi_json_cursor;

MCPI_INLINE mcpi_json_cursor mcpi_json_cursor_at(const mcp_buf *buf)
{
    mcpi_json_cursor o;
    o.at = (uint8_t *)buf->ptr + buf->len;
    o.limit = (uint8_t *)buf->ptr + buf->cap;
    return o;
}

/* Makes sure that left bytes and the slack fit after the cursor. */
MCPI_INLINE bool mcpi_json_cursor_room(mcp_out *out, mcpi_json_cursor *o, size_t left)
{
    if (MCPI_LIKELY((size_t)(o->limit - o->at) >= left + MCPI_JSON_SLACK)) return true;
    out->buf.len = (size_t)(o->at - (uint8_t *)out->buf.ptr);
    if (!mcpi_json_slack(&out->buf, left + left / 4)) return false;
    *o = mcpi_json_cursor_at(&out->buf);
    return true;
}

/* Copies a run of non-ASCII text up to what is ill-formed or stands in the last three bytes. */
MCPI_INLINE const uint8_t *mcpi_json_copy_well_formed(mcpi_json_cursor *o, const uint8_t *s,
                                                      const uint8_t *end)
{
    uint8_t *at = o->at;
    while (end - s >= 4 && *s >= 0x80) {
        size_t len = mcpi_base_utf8_length(mcpi_base_load32(s));
        if (MCPI_UNLIKELY(!len)) break;
        memcpy(at, s, 4);
        at += len;
        s += len;
    }
    o->at = at;
    return s;
}

/* Copies a run of non-ASCII text, replacing what is ill-formed. Returns its end, earlier without
   room. */
MCPI_NOINLINE const uint8_t *mcpi_json_copy_utf8(mcp_out *out, mcpi_json_cursor *o, const uint8_t *s,
                                                 const uint8_t *end)
{
    for (;;) {
        size_t left, len;
        s = mcpi_json_copy_well_formed(o, s, end);
        if (s == end || *s < 0x80) return s;
        left = (size_t)(end - s);
        len = mcpi_base_utf8_length(mcpi_base_load_some(s, left));
        if (len) {
            memcpy(o->at, s, len);
            o->at += len;
        } else {
            if (!mcpi_json_cursor_room(out, o, left)) return s;
            memcpy(o->at, mcpi_json_replacement, 3);
            o->at += 3;
            len = mcpi_base_utf8_ill_length(s, left);
            out->replaced++;
        }
        s += len;
    }
}

/* Writes the block at s, of which len bytes count and mask has the special ones; a whole block more
   must be readable after it. Returns where it stopped: behind the block, or at non-ASCII text. */
MCPI_INLINE const uint8_t *mcpi_json_copy_block(mcpi_json_cursor *o, const uint8_t *s, size_t len,
                                                uint32_t mask)
{
    uint8_t *at = o->at;
    size_t done = 0;

    memcpy(at, s, MCPI_JSON_BLOCK);
    while (mask) {
        size_t next = mcpi_base_lowest_bit(mask);
        at += next - done;
        if (s[next] >= 0x80) {
            o->at = at;
            return s + next;
        }
        at += mcpi_json_escape((char *)at, s[next]);
        done = next + 1;
        memcpy(at, s + done, MCPI_JSON_BLOCK);
        mask &= mask - 1;
    }
    o->at = at + (len - done);
    return s + len;
}

/* Writes all of a string but its last bytes, which are fewer than two blocks. Returns where it
   stopped. */
MCPI_INLINE const uint8_t *mcpi_json_copy_blocks(mcp_out *out, mcpi_json_cursor *o, const uint8_t *s,
                                                 const uint8_t *end)
{
    while (end - s >= 2 * MCPI_JSON_BLOCK) {
        uint32_t mask = mcpi_json_specials(s);
        if (!mask) {
            memcpy(o->at, s, MCPI_JSON_BLOCK);
            o->at += MCPI_JSON_BLOCK;
            s += MCPI_JSON_BLOCK;
#if MCPI_JSON_BLOCK == 16
            for (; end - s >= 64 && mcpi_json_plain64(s); s += 64, o->at += 64) memcpy(o->at, s, 64);
#endif
            continue;
        }
        if (MCPI_UNLIKELY(!mcpi_json_cursor_room(out, o, (size_t)(end - s)))) break;
        s = mcpi_json_copy_block(o, s, MCPI_JSON_BLOCK, mask);
        if (*s >= 0x80) s = mcpi_json_copy_utf8(out, o, s, end);
    }
    return s;
}

/* Writes a text of less than two blocks from a copy that blocks may be read from past its end.
   Returns where it stopped. */
MCPI_NOINLINE const uint8_t *mcpi_json_copy_tail(mcp_out *out, mcpi_json_cursor *o, const uint8_t *s,
                                                 const uint8_t *end)
{
    uint8_t tail[4 * MCPI_JSON_BLOCK];
    size_t len = (size_t)(end - s), done = 0;

    memset(tail, 0, sizeof tail);
    mcpi_json_copy_short(tail, s, len);
    while (done < len) {
        size_t count = len - done < MCPI_JSON_BLOCK ? len - done : MCPI_JSON_BLOCK;
        uint32_t mask = mcpi_json_specials(tail + done) & (((uint32_t)1 << count) - 1);
        if (!mcpi_json_cursor_room(out, o, len - done)) break;
        done = (size_t)(mcpi_json_copy_block(o, tail + done, count, mask) - tail);
        if (done < len && tail[done] >= 0x80)
            done = (size_t)(mcpi_json_copy_utf8(out, o, tail + done, tail + len) - tail);
    }
    return s + done;
}

/* Copies less than two blocks. Returns whether all of them are plain: looks at what was loaded,
   since reading back what was stored in pieces would have to wait. */
MCPI_INLINE bool mcpi_json_copy_plain(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t first = MCPI_REPEAT(' '), last = MCPI_REPEAT(' ');
#if MCPI_JSON_BLOCK == 16
    if (len >= 16) {
        mcpi_json_copy_pieces(to, from, len, 16);
        return !(mcpi_json_specials(from) | mcpi_json_specials(from + len - 16));
    }
#endif
    if (len >= 8) {
        first = mcpi_base_load64(from);
        last = mcpi_base_load64(from + len - 8);
    } else if (len >= 4) {
        first = mcpi_base_load32(from) | (uint64_t)mcpi_base_load32(from + len - 4) << 32;
    } else if (len) {
        first = MCPI_REPEAT(' ') << 24 | (uint64_t)from[len - 1] << 16 |
                (uint64_t)from[len / 2] << 8 | from[0];
    }
    mcpi_json_copy_short(to, from, len);
    return !(mcpi_json_special8(first) | mcpi_json_special8(last));
}

/* Writes a text where there is room to spare. Returns where it stopped, its end but for lack of
   room. */
MCPI_INLINE const uint8_t *mcpi_json_copy_text(mcp_out *out, mcpi_json_cursor *o, const uint8_t *s,
                                               const uint8_t *end)
{
    if (end - s >= 2 * MCPI_JSON_BLOCK) {
        s = mcpi_json_copy_blocks(out, o, s, end);
        if (end - s >= 2 * MCPI_JSON_BLOCK) return s;
    }
    if (!mcpi_json_copy_plain(o->at, s, (size_t)(end - s))) return mcpi_json_copy_tail(out, o, s, end);
    o->at += end - s;
    return end;
}
#endif /* !MCP_SMALL */

/* A string's text with escapes, without its quotes. */
static void mcpi_json_append_text(mcp_out *out, const char *text, size_t len)
{
    const uint8_t *s = (const uint8_t *)text, *end = s + len;
#if !MCP_SMALL
    if (MCPI_LIKELY(mcpi_json_slack(&out->buf, len))) {
        mcpi_json_cursor o = mcpi_json_cursor_at(&out->buf);
        s = mcpi_json_copy_text(out, &o, s, end);
        out->buf.len = (size_t)(o.at - (uint8_t *)out->buf.ptr);
    }
#endif
    if (s < end) mcpi_json_append_exact(out, s, end);
}

static void mcpi_json_append_string(mcp_out *out, const char *text, size_t len)
{
    mcpi_json_append_char(out, '"');
    if (len) mcpi_json_append_text(out, text, len);
    mcpi_json_append_char(out, '"');
}

/* The ordinary short text, with its comma before it and its colon behind it, all at once. False,
   with nothing written, for any other. */
MCPI_INLINE bool mcpi_json_put_short(mcp_out *out, bool comma, const char *text, size_t len, bool colon)
{
#if MCP_SMALL
    (void)out, (void)comma, (void)text, (void)len, (void)colon;
    return false;
#else
    uint8_t *at;
    if (len >= 2 * MCPI_JSON_BLOCK || out->buf.cap - out->buf.len < MCPI_JSON_SLACK) return false;
    at = (uint8_t *)out->buf.ptr + out->buf.len;
    *at = ',';
    at += comma;
    *at++ = '"';
    if (!mcpi_json_copy_plain(at, (const uint8_t *)text, len)) return false;
    at[len] = '"';
    at[len + 1] = ':';
    out->buf.len += len + 2 + comma + colon;
    return true;
#endif
}

MCPI_NOINLINE void mcpi_json_put_key(mcp_out *out, const char *key, size_t len)
{
    const bool comma = out->state == MCPI_JSON_NEXT_KEY;
    if (MCPI_UNLIKELY(!comma && out->state != MCPI_JSON_FIRST_KEY)) {
        mcpi_json_break(out, MCP_E_MISUSE);
        return;
    }
    out->state = MCPI_JSON_MEMBER;
    if (MCPI_LIKELY(mcpi_json_put_short(out, comma, key, len, true))) return;
    if (comma) mcpi_json_append_char(out, ',');
    mcpi_json_append_string(out, key, len);
    mcpi_json_append_char(out, ':');
}

MCPI_NOINLINE void mcpi_json_put_text(mcp_out *out, const char *text, size_t len)
{
    const bool comma = out->state == MCPI_JSON_NEXT_ELEMENT;
    const uint32_t next = mcpi_json_after_value[out->state];
    if (MCPI_LIKELY(next != MCPI_JSON_BROKEN && mcpi_json_put_short(out, comma, text, len, false)))
        out->state = next;
    else if (mcpi_json_begin(out))
        mcpi_json_append_string(out, text, len);
}

MCP_API void mcp_put_keyn(mcp_out *out, const char *key, size_t len)
{
    mcpi_json_put_key(out, key, len);
}

MCP_API void mcp_put_key(mcp_out *out, const char *key)
{
    mcpi_json_put_key(out, key, strlen(key));
}

MCP_API void mcp_put_strn(mcp_out *out, const char *text, size_t len)
{
    mcpi_json_put_text(out, text, len);
}

MCP_API void mcp_put_str(mcp_out *out, const char *text)
{
    if (text) mcpi_json_put_text(out, text, strlen(text));
    else mcp_put_null(out);
}

MCP_API void mcp_put_base64(mcp_out *out, const void *bytes, size_t len)
{
    const size_t size = MCP_BASE64_SIZE(len);
    if (!mcpi_json_begin(out)) return;
    mcpi_json_append_char(out, '"');
    if (len > MCP_JSON_MAX || !mcp_buf_room(&out->buf, size + 1)) {
        mcpi_json_break(out, out->buf.error ? out->buf.error : (int)MCP_E_TOO_LONG);
        return;
    }
    (void)mcp_base64_encode(out->buf.ptr + out->buf.len, size + 1, bytes, len);
    out->buf.len += size;
    mcpi_json_append_char(out, '"');
}

/* Whether the object that is being written, the outermost one, has that key: one without escapes. */
static bool mcpi_json_has_put(const mcp_out *out, const char *key)
{
    const size_t len = strlen(key);
    const char *p, *end;
    size_t depth = 0;
    if (out->buf.error) return false;       /* without memory there may be no text at all */
    end = out->buf.ptr + out->buf.len;
    for (p = out->buf.ptr; p < end; p++) {
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        if (*p != '"') continue;
        if (depth == 1 && (p[-1] == '{' || p[-1] == ',') && (size_t)(end - p) > len + 1 &&
            p[len + 1] == '"' && !memcmp(p + 1, key, len))
            return true;
        for (p++; *p != '"'; p++)
            if (*p == '\\') p++;
    }
    return false;
}

/*-- Writing: numbers and literals. --*/

static void mcpi_json_put_integer(mcp_out *out, uint64_t magnitude, bool negative)
{
    char text[MCPI_INT_SIZE + 1], *end = text + sizeof text, *start = mcpi_base_write_uint(end, magnitude);
    if (negative) *--start = '-';
    mcpi_json_put_token(out, start, (size_t)(end - start));
}

MCP_API void mcp_put_int(mcp_out *out, int64_t value)
{
    mcpi_json_put_integer(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

MCP_API void mcp_put_uint(mcp_out *out, uint64_t value)
{
    mcpi_json_put_integer(out, value, false);
}

#ifndef MCP_NO_FLOAT
MCP_API void mcp_put_num(mcp_out *out, double value)
{
    char text[MCPI_DOUBLE_SIZE];
    if (value - value != 0) mcpi_json_break(out, MCP_E_RANGE);      /* infinite, or not a number */
    else mcpi_json_put_token(out, text, (size_t)(mcpi_base_write_double(text, value) - text));
}
#endif

MCP_API void mcp_put_bool(mcp_out *out, bool value)
{
    mcpi_json_put_token(out, value ? "true" : "false", value ? 4 : 5);
}

MCP_API void mcp_put_null(mcp_out *out)
{
    mcpi_json_put_token(out, "null", 4);
}

static bool mcpi_json_has_control(const char *text, size_t len)
{
    const uint8_t *p = (const uint8_t *)text, *end = len ? p + len : p;
#if !MCP_SMALL
    if (len >= 8) {
        uint64_t found = 0, x;
        for (; end - p > 8; p += 8) {
            x = mcpi_base_load64(p);
            found |= (x - MCPI_REPEAT(0x20)) & ~x;
        }
        x = mcpi_base_load64(end - 8);
        return ((found | ((x - MCPI_REPEAT(0x20)) & ~x)) & MCPI_REPEAT(0x80)) != 0;
    }
#endif
    while (p < end && *p >= 0x20) p++;
    return p < end;
}

/* Appends text as it stands, but for control characters: nothing may break a line. */
static void mcpi_json_append_raw(mcp_out *out, const char *json, size_t len)
{
    size_t i;
    if (MCPI_LIKELY(!mcpi_json_has_control(json, len))) mcpi_json_append(out, json, len);
    else for (i = 0; i < len; i++) mcpi_json_append_char(out, (uint8_t)json[i] < 0x20 ? ' ' : json[i]);
}

MCP_API void mcp_put_raw(mcp_out *out, const char *json, size_t len)
{
    if (!len) mcpi_json_break(out, MCP_E_MISUSE);
    if (mcpi_json_begin(out)) mcpi_json_append_raw(out, json, len);
}

/* The same for what we wrote ourselves, which needs no look. */
MCPI_NOINLINE void mcpi_json_put_ours(mcp_out *out, const char *json, size_t len)
{
    if (out->state == MCPI_JSON_ROOT) out->state = out->root = MCPI_JSON_PIECES;
    if (out->state == MCPI_JSON_PIECES) mcpi_json_append(out, json, len);
    else mcpi_json_break(out, MCP_E_MISUSE);
}

/* The same for a literal: its length is known where this is compiled. */
MCPI_INLINE void mcpi_json_frame(mcp_out *out, const char *json)
{
#if MCP_SMALL
    mcpi_json_put_ours(out, json, strlen(json));
#else
    const size_t len = strlen(json);
    if (MCPI_LIKELY(out->state == MCPI_JSON_PIECES && out->buf.cap - out->buf.len >= len)) {
        memcpy(out->buf.ptr + out->buf.len, json, len);
        out->buf.len += len;
    } else {
        mcpi_json_put_ours(out, json, len);
    }
#endif
}

MCP_API void mcp_put_piece(mcp_out *out, const char *json)
{
    if (out->state == MCPI_JSON_ROOT) out->state = out->root = MCPI_JSON_PIECES;
    if (out->state == MCPI_JSON_PIECES) mcpi_json_append_raw(out, json, strlen(json));
    else mcpi_json_break(out, MCP_E_MISUSE);
}

/*-- Writing: parsed values. The same walk in two speeds: fast while there is room to spare, exact
     at the end of a full buffer. --*/

#if MCP_SMALL
typedef struct mcpi_json_cursor {
    uint8_t *at;
} mcpi_json_cursor;
#endif

/* A walk over a value; no stack is needed, since a container's second node knows its parent. */
typedef struct mcpi_json_walk {
    const mcp_doc *doc;
    const mcp_node *root, *node;        /* node: the next one to write */
    const mcp_node *open, *end;         /* the innermost open container and the node after it, or NULL */
    bool object;                        /* open is an object */
    bool key;                           /* node is a key */
    bool after;                         /* a value was just finished */
} mcpi_json_walk;

MCPI_INLINE void mcpi_json_walk_char(mcp_out *out, mcpi_json_cursor *o, bool fast, char c)
{
    if (fast) *o->at++ = (uint8_t)c;
    else mcpi_json_append_char(out, c);
}

MCPI_INLINE bool mcpi_json_walk_room(mcp_out *out, mcpi_json_cursor *o, bool fast, size_t len)
{
#if MCP_SMALL
    (void)out, (void)o, (void)len;
    return !fast;
#else
    return !fast || mcpi_json_cursor_room(out, o, len);
#endif
}

/* A string that needs its escapes back, with the colon behind a key. Returns where to go on; there
   may be no room to spare any more. By value, so that the cursor of the walk can stay in registers.
   */
MCPI_NOINLINE mcpi_json_cursor mcpi_json_walk_escaped(mcp_out *out, mcpi_json_cursor o, bool fast,
                                                      const char *text, size_t len, bool key)
{
    if (fast) out->buf.len = (size_t)(o.at - (uint8_t *)out->buf.ptr);
    mcpi_json_append_string(out, text, len);
    if (key) mcpi_json_append_char(out, ':');
#if !MCP_SMALL
    if (fast) {
        (void)mcpi_json_slack(&out->buf, 0);
        o = mcpi_json_cursor_at(&out->buf);
    }
#endif
    return o;
}

/* Bytes of a doc's text, which is padded: short pieces are copied in blocks. */
MCPI_INLINE void mcpi_json_walk_bytes(mcp_out *out, mcpi_json_cursor *o, bool fast, const char *text,
                                      size_t len)
{
    size_t i;
    if (!fast) {
        mcpi_json_append(out, text, len);
        return;
    }
    if (MCPI_LIKELY(len <= 64)) for (i = 0; i < len; i += 16) memcpy(o->at + i, text + i, 16);
    else memcpy(o->at, text, len);
    o->at += len;
}

/* One node that is no container, with the colon behind a key. */
MCPI_INLINE void mcpi_json_walk_scalar(mcp_out *out, mcpi_json_cursor *o, bool fast, const char *text,
                                       size_t len, uint32_t kind, bool key)
{
    if (kind == MCPI_JSON_PLAIN) {
        mcpi_json_walk_char(out, o, fast, '"');
        mcpi_json_walk_bytes(out, o, fast, text, len);
        mcpi_json_walk_char(out, o, fast, '"');
    } else if (kind == MCPI_JSON_ESCAPED) {
        *o = mcpi_json_walk_escaped(out, *o, fast, text, len, key);
        return;
    } else {
        mcpi_json_walk_bytes(out, o, fast, text, len);
    }
    if (key) mcpi_json_walk_char(out, o, fast, ':');
}

/* Writes on. False where only the exact way goes further. */
MCPI_INLINE bool mcpi_json_walk_on(mcp_out *out, mcpi_json_cursor *cursor, mcpi_json_walk *walk, bool fast)
{
    mcpi_json_cursor local = *cursor, *o = &local;
    mcpi_json_walk w = *walk;
    for (;;) {
        uint32_t kind, len;
        while (w.after) {
            if (!w.open) goto stop;
            if (w.node != w.end) {
                mcpi_json_walk_char(out, o, fast, ',');
                w.key = w.object;
                w.after = false;
                break;
            }
            if (!mcpi_json_walk_room(out, o, fast, 0)) goto stop;
            mcpi_json_walk_char(out, o, fast, w.object ? '}' : ']');
            w.open = w.open == w.root ? NULL : w.doc->nodes + w.open[1].at;
            if (!w.open) goto stop;
            w.end = mcpi_json_after(w.open);
            w.object = mcpi_json_kind(w.open) == MCPI_JSON_OBJECT;
        }
        kind = mcpi_json_kind(w.node);
        len = mcpi_json_length(w.node);
        if (kind < MCPI_JSON_ARRAY) {
            if (MCPI_UNLIKELY(!mcpi_json_walk_room(out, o, fast, len))) goto stop;
            mcpi_json_walk_scalar(out, o, fast, w.doc->text + w.node->at, len, kind, w.key);
            w.node++;
            w.after = !w.key;
            w.key = false;
            if (MCPI_UNLIKELY(kind == MCPI_JSON_ESCAPED && !mcpi_json_walk_room(out, o, fast, 0))) goto stop;
            continue;
        }
        if (MCPI_UNLIKELY(!mcpi_json_walk_room(out, o, fast, 0))) goto stop;
        mcpi_json_walk_char(out, o, fast, kind == MCPI_JSON_OBJECT ? '{' : '[');
        if (w.node[1].info) {
            w.open = w.node;
            w.end = w.node + len;
            w.object = w.key = kind == MCPI_JSON_OBJECT;
        } else {
            mcpi_json_walk_char(out, o, fast, kind == MCPI_JSON_OBJECT ? '}' : ']');
            w.after = true;
        }
        w.node += 2;
    }
stop:
    *cursor = local;
    *walk = w;
    return w.after && !w.open;
}

MCP_API void mcp_put_value(mcp_out *out, mcp_json v)
{
    mcpi_json_walk walk;
    mcpi_json_cursor o;

    if (!v.doc) mcpi_json_break(out, MCP_E_MISUSE);
    if (!mcpi_json_begin(out)) return;
    memset(&walk, 0, sizeof walk);
    walk.doc = v.doc;
    walk.root = walk.node = mcpi_json_node(v);
#if MCP_SMALL
    o.at = NULL;
#else
    if (mcpi_json_slack(&out->buf, 0)) {
        bool done;
        o = mcpi_json_cursor_at(&out->buf);
        done = mcpi_json_walk_on(out, &o, &walk, true);
        out->buf.len = (size_t)(o.at - (uint8_t *)out->buf.ptr);
        if (done) return;
    }
#endif
    (void)mcpi_json_walk_on(out, &o, &walk, false);
}

/*-- Templates --*/

typedef struct mcpi_json_template {
    mcp_out *out;
    const char *at;
    va_list args;
    uint32_t depth;     /* of the writer at the start */
    bool comma, colon;  /* one was read and its value has not come yet */
} mcpi_json_template;

static bool mcpi_json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void mcpi_json_template_bad(mcpi_json_template *t)
{
    mcpi_json_break(t->out, MCP_E_TEMPLATE);
}

/* Before a key or a value: the commas and colons of the template must be those that the writer will
   place. */
static void mcpi_json_template_item(mcpi_json_template *t)
{
    uint32_t state = t->out->state;
    bool inside = t->out->depth > t->depth;
    bool comma = inside && (state == MCPI_JSON_NEXT_ELEMENT || state == MCPI_JSON_NEXT_KEY);
    bool colon = inside && state == MCPI_JSON_MEMBER;
    if (t->comma != comma || t->colon != colon) mcpi_json_template_bad(t);
    t->comma = t->colon = false;
}

static bool mcpi_json_wants_key(const mcp_out *out)
{
    return out->state == MCPI_JSON_FIRST_KEY || out->state == MCPI_JSON_NEXT_KEY;
}

static void mcpi_json_template_string(mcpi_json_template *t, const char *text, size_t len)
{
    if (!mcpi_json_wants_key(t->out)) {
        if (text) mcp_put_strn(t->out, text, len);
        else mcp_put_null(t->out);
    } else if (text) {
        mcp_put_keyn(t->out, text, len);
    } else {
        mcpi_json_template_bad(t);
    }
}

/* An escape inside a quoted text of the template: its length, or 0. Surrogates are written in
   UTF-8. */
static size_t mcpi_json_template_escape(const char *at)
{
    uint32_t code = 0;
    int i;
    if (at[1] != 'u') return at[1] && mcpi_json_unescape_char((uint8_t)at[1]) ? 2 : 0;
    for (i = 2; i < 6; i++)
        if (!at[i]) return 0;
    code = mcpi_json_hex4((const uint8_t *)at + 2);
    return code > 0xffff || (code & 0xf800) == 0xd800 ? 0 : 6;
}

/* The plain characters at the start of a quoted text. */
static size_t mcpi_json_template_plain(const char *at, char quote)
{
    size_t len = 0;
    while (at[len] && at[len] != quote && at[len] != '\\' && at[len] != '%') len++;
    return len;
}

/* A quoted text of the template itself: escapes are kept, %% is a percent sign. */
static void mcpi_json_template_literal(mcpi_json_template *t)
{
    const char quote = *t->at++;
    const bool key = mcpi_json_wants_key(t->out);
    const size_t plain = mcpi_json_template_plain(t->at, quote);

    if (t->at[plain] == quote) {        /* as nearly all are */
        mcpi_json_template_string(t, t->at, plain);
        t->at += plain + 1;
        return;
    }
    if (key) {
        if (t->out->state == MCPI_JSON_NEXT_KEY) mcpi_json_append_char(t->out, ',');
    } else if (!mcpi_json_begin(t->out)) {
        return;
    }
    mcpi_json_append_char(t->out, '"');
    while (*t->at != quote) {
        const char *start = t->at;
        size_t len = *start == '\\' ? mcpi_json_template_escape(start) : 2;
        if (!*start || !len || (*start == '%' && start[1] != '%')) {
            mcpi_json_template_bad(t);
            return;
        }
        if (*start == '\\') {
            mcpi_json_append(t->out, start, len);
            t->at += len;
        } else if (*start == '%') {
            mcpi_json_append_char(t->out, '%');
            t->at += 2;
        } else {
            t->at += mcpi_json_template_plain(start, quote);
            mcpi_json_append_text(t->out, start, (size_t)(t->at - start));
        }
    }
    t->at++;
    mcpi_json_append_char(t->out, '"');
    if (!key) return;
    mcpi_json_append_char(t->out, ':');
    if (t->out->state != MCPI_JSON_BROKEN) t->out->state = MCPI_JSON_MEMBER;
}

/* A number or literal of the template itself. */
static void mcpi_json_template_token(mcpi_json_template *t)
{
    const char *start = t->at;
    char token[40] = "";        /* the reader looks at whole words, the template ends anywhere */
    uint32_t kind = MCPI_JSON_TRUE;
    size_t len = 0;

    while (len + 8 < sizeof token && start[len] && !strchr(" \t\r\n,:]}", start[len])) {
        token[len] = start[len];
        len++;
    }
    if (mcpi_base_is_digit((uint8_t)*token) || *token == '-') {
        if (mcpi_json_number_end((uint8_t *)token, &kind) != (uint8_t *)token + len) kind = MCPI_JSON_NULL;
        if (kind == MCPI_JSON_NULL) len = 0;
    } else if (mcpi_json_literal((const uint8_t *)token, &kind) != len) {
        len = 0;
    }
    if (!len) {
        mcpi_json_template_bad(t);
        return;
    }
    mcpi_json_put_token(t->out, start, len);
    t->at += len;
}

/* Sizes of integers, as printf's modifiers name them. */
enum {
    MCPI_JSON_HH,
    MCPI_JSON_H,
    MCPI_JSON_INT,
    MCPI_JSON_L,
    MCPI_JSON_LL,
    MCPI_JSON_J,
    MCPI_JSON_Z,
    MCPI_JSON_T
};

static int mcpi_json_template_size(mcpi_json_template *t)
{
    switch (*t->at) {
    case 'h':
        if (*++t->at != 'h') return MCPI_JSON_H;
        t->at++;
        return MCPI_JSON_HH;
    case 'l':
        if (*++t->at != 'l') return MCPI_JSON_L;
        t->at++;
        return MCPI_JSON_LL;
    case 'j': t->at++; return MCPI_JSON_J;
    case 'z': t->at++; return MCPI_JSON_Z;
    case 't': t->at++; return MCPI_JSON_T;
    default: return MCPI_JSON_INT;
    }
}

static int64_t mcpi_json_template_int(mcpi_json_template *t, int size)
{
    switch (size) {
    case MCPI_JSON_HH: return (signed char)va_arg(t->args, int);
    case MCPI_JSON_H: return (short)va_arg(t->args, int);
    case MCPI_JSON_L: return va_arg(t->args, long);
    case MCPI_JSON_LL: return va_arg(t->args, long long);
    case MCPI_JSON_J: return va_arg(t->args, intmax_t);
    case MCPI_JSON_Z: case MCPI_JSON_T: return va_arg(t->args, ptrdiff_t);
    default: return va_arg(t->args, int);
    }
}

static uint64_t mcpi_json_template_uint(mcpi_json_template *t, int size)
{
    switch (size) {
    case MCPI_JSON_HH: return (unsigned char)va_arg(t->args, unsigned);
    case MCPI_JSON_H: return (unsigned short)va_arg(t->args, unsigned);
    case MCPI_JSON_L: return va_arg(t->args, unsigned long);
    case MCPI_JSON_LL: return va_arg(t->args, unsigned long long);
    case MCPI_JSON_J: return va_arg(t->args, uintmax_t);
    case MCPI_JSON_Z: case MCPI_JSON_T: return va_arg(t->args, size_t);
    default: return va_arg(t->args, unsigned);
    }
}

static size_t mcpi_json_length_within(const char *text, int max)
{
    size_t len = 0;
    while (len < (size_t)max && text[len]) len++;
    return len;
}

/* %s, or %.*s with max its length; a negative one counts as none, as in printf. */
static void mcpi_json_template_text(mcpi_json_template *t, int max)
{
    const char *text = va_arg(t->args, const char *);
    size_t len = !text ? 0 : max < 0 ? strlen(text) : mcpi_json_length_within(text, max);
    mcpi_json_template_string(t, text, len);
}

static void mcpi_json_template_conversion(mcpi_json_template *t)
{
    int size;
    char letter;

    t->at++;
    if (t->at[0] == '.' && t->at[1] == '*' && t->at[2] == 's') {
        int max = va_arg(t->args, int);
        t->at += 3;
        mcpi_json_template_text(t, max);
        return;
    }
    size = mcpi_json_template_size(t);
    letter = *t->at;
    if (letter == 'd' || letter == 'i') {
        mcp_put_int(t->out, mcpi_json_template_int(t, size));
    } else if (letter == 'u') {
        mcp_put_uint(t->out, mcpi_json_template_uint(t, size));
    } else if (letter == 's' && size == MCPI_JSON_INT) {
        mcpi_json_template_text(t, -1);
    } else if (letter == 'c' && size == MCPI_JSON_INT) {
        char text = (char)va_arg(t->args, int);
        mcpi_json_template_string(t, &text, 1);
#ifndef MCP_NO_FLOAT
    } else if (letter == 'g' && size == MCPI_JSON_INT) {
        mcp_put_num(t->out, va_arg(t->args, double));
#endif
    } else {
        mcpi_json_template_bad(t);
        return;
    }
    t->at++;
}

static void mcpi_json_template_close(mcpi_json_template *t)
{
    char closer = t->out->kinds & 1 ? '}' : ']';
    if (t->out->depth <= t->depth || *t->at != closer || t->comma || t->colon) mcpi_json_template_bad(t);
    mcp_put_end(t->out);
    t->at++;
}

/* A comma or colon: one at a time, and only between. */
static void mcpi_json_template_separator(mcpi_json_template *t)
{
    bool *seen = *t->at++ == ',' ? &t->comma : &t->colon;
    if (t->comma || t->colon) mcpi_json_template_bad(t);
    *seen = true;
}

MCP_API void mcp_put_fv(mcp_out *out, const char *format, va_list args)
{
    mcpi_json_template t;
    bool started = false;

    if (mcpi_json_after_value[out->state] == MCPI_JSON_BROKEN) {
        mcpi_json_break(out, MCP_E_MISUSE);
        return;
    }
    memset(&t, 0, sizeof t);
    t.out = out;
    t.at = format;
    t.depth = out->depth;
    va_copy(t.args, args);
    for (;;) {
        while (mcpi_json_is_space(*t.at)) t.at++;
        if (!*t.at || out->state == MCPI_JSON_BROKEN) break;
        if (started && out->depth == t.depth) mcpi_json_template_bad(&t);     /* a second value */
        started = true;
        if (*t.at == ',' || *t.at == ':') {
            mcpi_json_template_separator(&t);
            continue;
        }
        if (*t.at == '}' || *t.at == ']') {
            mcpi_json_template_close(&t);
            continue;
        }
        mcpi_json_template_item(&t);
        switch (*t.at) {
        case '{': t.at++; mcp_put_object(out); break;
        case '[': t.at++; mcp_put_array(out); break;
        case '\'': case '"': mcpi_json_template_literal(&t); break;
        case '%': mcpi_json_template_conversion(&t); break;
        default: mcpi_json_template_token(&t);
        }
    }
    va_end(t.args);
    if (!started || t.comma || t.colon || out->depth != t.depth) mcpi_json_template_bad(&t);
    if (out->buf.error == MCP_E_MISUSE) out->buf.error = MCP_E_TEMPLATE;    /* of the template, that is */
}

MCP_API void mcp_put_f(mcp_out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mcp_put_fv(out, format, args);
    va_end(args);
}

#endif /* MCP_LAYERS >= 2 */

/*==== 3 >>rpc  JSON-RPC 2.0: envelopes, errors, lines. ============================================*/
#if MCP_LAYERS >= 3

enum {
    MCPI_RPC_PARSE_ERROR = -32700,
    MCPI_RPC_INVALID_REQUEST = -32600,
    MCPI_RPC_METHOD_NOT_FOUND = -32601,
    MCPI_RPC_INVALID_PARAMS = -32602,
    MCPI_RPC_INTERNAL_ERROR = -32603
};

/* Bytes of an id, a string's or a number's. */
#define MCPI_RPC_MAX_ID 256

enum { MCPI_RPC_REQUEST, MCPI_RPC_NOTIFICATION, MCPI_RPC_RESPONSE, MCPI_RPC_BATCH };

typedef struct mcpi_rpc_message {
    int kind;
    mcp_json id;            /* missing in a notification, and where it could not be read */
    mcp_str method;
    mcp_json params;        /* of any type, or missing */
    mcp_json result, error; /* of a response only */
} mcpi_rpc_message;

static bool mcpi_rpc_same(mcp_str a, mcp_str b)
{
    return a.len == b.len && mcpi_json_same(a.ptr, b.ptr, a.len);
}

/* The text of an id: a string, or a number as it came. */
static mcp_str mcpi_rpc_id_text(mcp_json id)
{
    mcp_str number = mcp_json_number(id, NULL);
    return number.ptr ? number : mcp_json_str(id, NULL);
}

/* Whether a number with a fraction or an exponent is an integer all the same, as 1e2 and 2.50e1. */
static bool mcpi_rpc_is_whole(mcp_str number)
{
    const char *p = number.ptr, *end = p + number.len;
    size_t fraction = 0, zeros = 0, exponent = 0;
    bool point = false, zero = true, negative;

    for (; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.') point = true;
        if (*p < '0') continue;         /* a sign, or the point */
        if (point) fraction++;
        zeros = *p == '0' ? zeros + 1 : 0;
        if (*p != '0') zero = false;
    }
    if (zero || p == end) return zero || zeros >= fraction;
    negative = *++p == '-';
    for (; p < end; p++)
        if (*p >= '0' && exponent <= 999) exponent = exponent * 10 + (size_t)(*p - '0');
    return negative ? zeros >= fraction + exponent : zeros + exponent >= fraction;
}

/* Ids are strings or integers, never null. An integer may be of any size, as it is only sent back.
   Spec: basic (requests) */
static bool mcpi_rpc_is_id(mcp_json v)
{
    mcp_str text = mcpi_rpc_id_text(v);
    if (!text.ptr || text.len > MCPI_RPC_MAX_ID) return false;
    return !mcpi_json_is(v, MCPI_JSON_REAL) || mcpi_rpc_is_whole(text);
}

/* Whether two ids are the same: of one type, and byte by byte. */
static bool mcpi_rpc_same_id(mcp_json a, mcp_json b)
{
    return mcp_json_type(a) == mcp_json_type(b) && mcpi_rpc_is_id(b) &&
           mcpi_rpc_same(mcpi_rpc_id_text(a), mcpi_rpc_id_text(b));
}

/* What is wrong with a message that asks for something, or NULL. */
static const char *mcpi_rpc_wrong(const mcpi_rpc_message *m, mcp_json version, bool has_id, bool has_method,
                                  bool twice, bool answers)
{
    const mcp_str number = mcp_json_str(version, NULL);
    if (twice) return "a key of the message stands there twice";
    if (!mcp_json_exists(version)) return "\"jsonrpc\" is missing: it must be \"2.0\"";
    if (!number.ptr || !mcpi_json_is_key(number.ptr, number.len, "2.0")) return "\"jsonrpc\" must be \"2.0\"";
    if (has_id && !mcp_json_exists(m->id))
        return "\"id\" must be a string or an integer of at most 256 bytes";
    if (!has_method) return "\"method\" is missing";
    if (!m->method.ptr) return "\"method\" must be a string";
    if (answers) return "a message is a request or a response, not both";
    return NULL;
}

enum { MCPI_RPC_VERSION, MCPI_RPC_ID, MCPI_RPC_METHOD, MCPI_RPC_PARAMS, MCPI_RPC_RESULT, MCPI_RPC_ERROR,
       MCPI_RPC_MEMBERS };

static size_t mcpi_rpc_which(const char *key, size_t len)
{
    if (mcpi_json_is_key(key, len, "jsonrpc")) return MCPI_RPC_VERSION;
    if (mcpi_json_is_key(key, len, "id")) return MCPI_RPC_ID;
    if (mcpi_json_is_key(key, len, "method")) return MCPI_RPC_METHOD;
    if (mcpi_json_is_key(key, len, "params")) return MCPI_RPC_PARAMS;
    if (mcpi_json_is_key(key, len, "result")) return MCPI_RPC_RESULT;
    return mcpi_json_is_key(key, len, "error") ? MCPI_RPC_ERROR : MCPI_RPC_MEMBERS;
}

/* A message that is no object: an array is a batch, whose members are messages. */
static const char *mcpi_rpc_read_batch(mcpi_rpc_message *m, mcp_json root)
{
    m->kind = MCPI_RPC_BATCH;
    return mcp_json_type(root) == MCP_JSON_ARRAY ? NULL : "a message must be an object";
}

/* Takes an envelope apart. Returns NULL, or what to answer: nothing ever to a response or a
   notification. m->id is set if it could be read. */
MCPI_INLINE const char *mcpi_rpc_read(mcpi_rpc_message *m, mcp_json root)
{
    uint32_t found[MCPI_RPC_MEMBERS];
    mcp_json id;
    size_t twice;
    bool answers;

    m->id = mcpi_json_missing();
    if (mcp_json_type(root) != MCP_JSON_OBJECT) return mcpi_rpc_read_batch(m, root);
    twice = mcpi_json_members(root, mcpi_rpc_which, found, MCPI_RPC_MEMBERS);
    id = mcpi_json_found(root, found[MCPI_RPC_ID]);
    if (twice != MCPI_RPC_ID && mcpi_rpc_is_id(id)) m->id = id;
    m->method = mcp_json_str(mcpi_json_found(root, found[MCPI_RPC_METHOD]), NULL);
    m->params = mcpi_json_found(root, found[MCPI_RPC_PARAMS]);
    answers = found[MCPI_RPC_RESULT] || found[MCPI_RPC_ERROR];
    m->kind = MCPI_RPC_REQUEST;
    if (answers && !found[MCPI_RPC_METHOD]) {
        m->kind = MCPI_RPC_RESPONSE;
        m->result = mcpi_json_found(root, found[MCPI_RPC_RESULT]);
        m->error = mcpi_json_found(root, found[MCPI_RPC_ERROR]);
    } else if (m->method.ptr && !found[MCPI_RPC_ID]) {
        m->kind = MCPI_RPC_NOTIFICATION;
    }
    if (m->kind != MCPI_RPC_REQUEST) return NULL;
    return mcpi_rpc_wrong(m, mcpi_json_found(root, found[MCPI_RPC_VERSION]), found[MCPI_RPC_ID] != 0,
                          found[MCPI_RPC_METHOD] != 0, twice != MCPI_RPC_MEMBERS, answers);
}

/* The same for a member of a batch, where nothing has to be fast. Another batch is none. */
MCPI_NOINLINE const char *mcpi_rpc_read_member(mcpi_rpc_message *m, mcp_json member)
{
    const char *wrong = mcpi_rpc_read(m, member);
    return !wrong && m->kind == MCPI_RPC_BATCH ? "a member of a batch must be an object" : wrong;
}

/*-- Members of a message that passes a limit, as far as it was read: well-formed up to there. --*/

/* The end of the string that starts at text[at], behind its quote. */
static size_t mcpi_rpc_string_end(const char *text, size_t at, size_t len)
{
    for (at++; at < len && text[at] != '"'; at++)
        if (text[at] == '\\') at++;
    return at < len ? at + 1 : len;
}

static size_t mcpi_rpc_skip_space(const char *text, size_t at, size_t len)
{
    while (at < len && memchr(" \t\r\n", text[at], 4)) at++;
    return at;
}

/* The end of the string or number that starts at text[at]. */
static size_t mcpi_rpc_scalar_end(const char *text, size_t at, size_t len)
{
    if (at < len && text[at] == '"') return mcpi_rpc_string_end(text, at, len);
    while (at < len && !memchr(" \t\r\n,]}", text[at], 7)) at++;
    return at;
}

/* The outermost member of that key: the text of a scalar, an empty one of anything else; {0} if there is
   none, or more than one. */
static mcp_str mcpi_rpc_early_member(const char *text, size_t len, const char *key)
{
    const mcp_str none = { NULL, 0 };
    const size_t key_len = strlen(key);
    mcp_str found = none;
    size_t at = 0, depth = 0, start, end;
    while (at < len) {
        const char c = text[at];
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        if (c != '"') {
            at++;
            continue;
        }
        end = mcpi_rpc_string_end(text, at, len);
        start = mcpi_rpc_skip_space(text, end, len);
        if (depth == 1 && end - at == key_len + 2 && !memcmp(text + at + 1, key, key_len) && start < len &&
            text[start] == ':') {
            if (found.ptr) return none;
            start = mcpi_rpc_skip_space(text, start + 1, len);
            end = start < len && memchr("{[", text[start], 2) ? start : mcpi_rpc_scalar_end(text, start, len);
            found.ptr = text + start;
            found.len = end - start;
        }
        at = end;
    }
    return found;
}

static bool mcpi_rpc_is_array(const char *text, size_t len)
{
    const size_t at = mcpi_rpc_skip_space(text, 0, len);
    return at < len && text[at] == '[';
}

static mcp_str mcpi_rpc_early_id(const char *text, size_t len)
{
    return mcpi_rpc_early_member(text, len, "id");
}

/* What we send is written in pieces: the frame is ours, and its commas too. */

static void mcpi_rpc_begin(mcp_out *out)
{
    mcp_out_reset(out);
    out->state = out->root = MCPI_JSON_PIECES;
}

/* Adds an id as it came; null for none. */
MCPI_INLINE void mcpi_rpc_add_id(mcp_out *out, mcp_json id)
{
    mcp_str text = mcpi_rpc_id_text(id);
    if (!text.ptr) mcpi_json_frame(out, "null");
    else if (mcp_json_type(id) == MCP_JSON_NUMBER) mcpi_json_put_ours(out, text.ptr, text.len);
    else mcp_put_strn(out, text.ptr, text.len);
}

/* Adds {"jsonrpc":"2.0","id":...; an unknown id is left out, or null where that is the custom. */
MCPI_INLINE void mcpi_rpc_add_envelope(mcp_out *out, mcp_json id, bool null_id)
{
    mcpi_json_frame(out, "{\"jsonrpc\":\"2.0\"");
    if (!mcp_json_exists(id) && !null_id) return;
    mcpi_json_frame(out, ",\"id\":");
    mcpi_rpc_add_id(out, id);
}

/* Starts a message with it. */
static void mcpi_rpc_put_envelope(mcp_out *out, mcp_json id, bool null_id)
{
    mcpi_rpc_begin(out);
    mcpi_rpc_add_envelope(out, id, null_id);
}

/* A member with a text; none without one. */
static void mcpi_rpc_put_text(mcp_out *out, const char *key, const char *text)
{
    if (!text) return;
    mcp_put_key(out, key);
    mcp_put_str(out, text);
}

/* Adds an error message, up to the "data" that may follow; mcpi_rpc_put_error_end ends it. */
static void mcpi_rpc_add_error(mcp_out *out, mcp_json id, bool null_id, int code, mcp_str text)
{
    mcpi_rpc_add_envelope(out, id, null_id);
    mcpi_json_frame(out, ",\"error\":{\"code\":");
    mcp_put_int(out, code);
    mcpi_json_frame(out, ",\"message\":");
    mcp_put_strn(out, text.ptr, text.len);
}

/* Starts with it. */
static void mcpi_rpc_put_error(mcp_out *out, mcp_json id, bool null_id, int code, mcp_str text)
{
    mcpi_rpc_begin(out);
    mcpi_rpc_add_error(out, id, null_id, code, text);
}

static void mcpi_rpc_put_error_end(mcp_out *out)
{
    mcpi_json_frame(out, "}}");
}

/*-- Lines: messages in a stream of bytes. A line that is too long is skipped to its end. --*/

typedef struct mcpi_rpc_lines {
    mcp_buf buf;
    size_t start;       /* of the line that is being read */
    size_t scanned;     /* no line feed before this */
    bool skipping;      /* the rest of a line that was too long */
} mcpi_rpc_lines;

static void mcpi_rpc_lines_init(mcpi_rpc_lines *lines, mcp_alloc alloc, size_t max_line)
{
    memset(lines, 0, sizeof *lines);
    mcp_buf_init(&lines->buf, alloc, max_line + 1);
}

/* Where the next bytes go, *room of them at most; NULL without memory. There is room for one at least
   whenever all complete lines were taken. */
static char *mcpi_rpc_lines_room(mcpi_rpc_lines *lines, size_t want, size_t *room)
{
    mcp_buf *buf = &lines->buf;
    size_t kept = buf->len - lines->start;

    if (lines->start) memmove(buf->ptr, buf->ptr + lines->start, kept);
    lines->scanned -= lines->start;
    lines->start = 0;
    buf->len = kept;
    if (want > buf->max - kept) want = buf->max - kept;
    if (!mcp_buf_room(buf, want)) {
        buf->error = MCP_OK;    /* memory may come back */
        return NULL;
    }
    *room = buf->cap - kept;
    return buf->ptr + kept;
}

static bool mcpi_rpc_lines_full(const mcpi_rpc_lines *lines)
{
    return lines->buf.len - lines->start >= lines->buf.max;
}

enum { MCPI_RPC_NO_LINE, MCPI_RPC_LINE, MCPI_RPC_LONG_LINE };

/* The next line, without its end, which may be \r\n; it stays until the next bytes are added. A line
   that is too long is reported once, when it is found to be. */
MCPI_INLINE int mcpi_rpc_next_line(mcpi_rpc_lines *lines, const char **line, size_t *len)
{
    mcp_buf *buf = &lines->buf;
    for (;;) {
        bool skipped = lines->skipping;
        char *end = NULL;
        if (buf->len > lines->scanned)
            end = (char *)memchr(buf->ptr + lines->scanned, '\n', buf->len - lines->scanned);
        lines->scanned = end ? (size_t)(end + 1 - buf->ptr) : buf->len;
        *len = lines->scanned - lines->start - (end != NULL);
        if (!end && !skipped && *len < buf->max) return MCPI_RPC_NO_LINE;
        *line = buf->ptr + lines->start;
        lines->start = lines->scanned;
        lines->skipping = !end;
        if (!end) return skipped ? MCPI_RPC_NO_LINE : MCPI_RPC_LONG_LINE;
        if (*len && (*line)[*len - 1] == '\r') --*len;
        if (!skipped) return MCPI_RPC_LINE;
    }
}

/* Gives the memory back, with all bytes that are in it. */
static void mcpi_rpc_lines_free(mcpi_rpc_lines *lines)
{
    mcp_buf_free(&lines->buf);
    lines->start = lines->scanned = 0;
}

static bool mcpi_rpc_is_blank(const char *line, size_t len)
{
    while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r')) len--;
    return !len;
}

/*-- Lines that wait to be sent --*/

typedef struct mcpi_rpc_queue {
    mcp_buf buf;
    size_t sent;        /* bytes of it */
} mcpi_rpc_queue;

static size_t mcpi_rpc_unsent(const mcpi_rpc_queue *queue)
{
    return queue->buf.len - queue->sent;
}

/* Appends a line. False without memory; nothing is lost then. */
MCPI_INLINE bool mcpi_rpc_queue_line(mcpi_rpc_queue *queue, const char *bytes, size_t len)
{
    mcp_buf *buf = &queue->buf;
    if (queue->sent && buf->cap - buf->len <= len) {
        buf->len -= queue->sent;
        memmove(buf->ptr, buf->ptr + queue->sent, buf->len);
        queue->sent = 0;
    }
    if (!mcp_buf_room(buf, len + 1)) {
        buf->error = MCP_OK;
        return false;
    }
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->ptr[buf->len + len] = '\n';
    buf->len += len + 1;
    return true;
}

/* What is to be sent; NULL if nothing is. */
static const char *mcpi_rpc_output(const mcpi_rpc_queue *queue, size_t *len)
{
    *len = mcpi_rpc_unsent(queue);
    return *len ? queue->buf.ptr + queue->sent : NULL;
}

static void mcpi_rpc_sent(mcpi_rpc_queue *queue, size_t len)
{
    queue->sent += len;
    if (queue->sent == queue->buf.len) queue->sent = queue->buf.len = 0;
}

#endif /* MCP_LAYERS >= 3 */

/*==== 4 >>schema  Field tables: JSON Schema and validation. =======================================*/
#if MCP_LAYERS >= 4

static const char *mcpi_schema_type_name(uint32_t type)
{
    switch (type & MCP_TYPE_MASK) {
    case MCP_STRING: return "string";
    case MCP_INTEGER: return "integer";
    case MCP_NUMBER: return "number";
    case MCP_BOOLEAN: return "boolean";
    default: return NULL;
    }
}

static uint32_t mcpi_schema_type(const mcp_field *f)
{
    return f->type & MCP_TYPE_MASK;
}

/*-- Choices: "small|medium|large" --*/

/* The length of the choice at text. */
static size_t mcpi_schema_choice(const char *text)
{
    return strcspn(text, "|");
}

/* The choice after the one at text, or NULL. */
static const char *mcpi_schema_next_choice(const char *text)
{
    text += mcpi_schema_choice(text);
    return *text ? text + 1 : NULL;
}

static bool mcpi_schema_is_choice(const char *choices, mcp_str text)
{
    const char *c;
    for (c = choices; c; c = mcpi_schema_next_choice(c))
        if (mcpi_schema_choice(c) == text.len && !memcmp(c, text.ptr, text.len)) return true;
    return false;
}

/*-- Rows -> JSON Schema: the subset that every model vendor accepts. One type each, items always,
     optional means not required. --*/

/* A default, bound or number as the row has it: text of a string, else JSON. */
static void mcpi_schema_put_literal(mcp_out *out, const char *key, const char *text, bool is_string)
{
    if (!text) return;
    mcp_put_key(out, key);
    if (is_string) mcp_put_str(out, text);
    else mcp_put_raw(out, text, strlen(text));
}

/* The bounds of a field: its own, or as a header an integer that every client can write. */
#define MCPI_SCHEMA_MOST "9007199254740991"

static const char *mcpi_schema_bound(const mcp_field *f, const char *own, const char *header)
{
    return own || (f->type & (MCP_TYPE_MASK | MCP_HEADER)) != (MCP_INTEGER | MCP_HEADER) ? own : header;
}

static const char *mcpi_schema_min(const mcp_field *f)
{
    return mcpi_schema_bound(f, f->min, "-" MCPI_SCHEMA_MOST);
}

static const char *mcpi_schema_max(const mcp_field *f)
{
    return mcpi_schema_bound(f, f->max, MCPI_SCHEMA_MOST);
}

static void mcpi_schema_put_bounds(mcp_out *out, const mcp_field *f, const char *min, const char *max)
{
    mcpi_schema_put_literal(out, min, mcpi_schema_min(f), false);
    mcpi_schema_put_literal(out, max, mcpi_schema_max(f), false);
}

/* Type, choices and bounds of a value, or of a list's elements, whose bounds are those of the list.
   */
static void mcpi_schema_put_type(mcp_out *out, const mcp_field *f)
{
    const char *c;
    mcpi_rpc_put_text(out, "type", mcpi_schema_type_name(f->type));
    if (f->choices) {
        mcp_put_key(out, "enum");
        mcp_put_array(out);
        for (c = f->choices; c; c = mcpi_schema_next_choice(c)) mcp_put_strn(out, c, mcpi_schema_choice(c));
        mcp_put_end(out);
    }
    if (f->type & MCP_LIST) return;
    if (mcpi_schema_type(f) == MCP_STRING) mcpi_schema_put_bounds(out, f, "minLength", "maxLength");
    else mcpi_schema_put_bounds(out, f, "minimum", "maximum");
}

/* What a schema says besides: which fields are headers, for the revisions that know; defaults other than
   those of booleans, which forms have from 2025-11-25 on. */
enum { MCPI_SCHEMA_HEADERS = 1, MCPI_SCHEMA_DEFAULTS = 2 };

static void mcpi_schema_put_field(mcp_out *out, const mcp_field *f, unsigned with)
{
    bool list = f->type & MCP_LIST;
    mcp_put_key(out, f->name);
    mcp_put_object(out);
    if (list) {
        mcpi_rpc_put_text(out, "type", "array");
        mcp_put_key(out, "items");
        mcp_put_object(out);
    }
    mcpi_schema_put_type(out, f);
    if (list) {
        mcp_put_end(out);
        mcpi_schema_put_bounds(out, f, "minItems", "maxItems");
    }
    mcpi_rpc_put_text(out, "description", f->description);
    if ((with & MCPI_SCHEMA_DEFAULTS) || mcpi_schema_type(f) == MCP_BOOLEAN)
        mcpi_schema_put_literal(out, "default", f->def, mcpi_schema_type(f) == MCP_STRING && !list);
    if ((with & MCPI_SCHEMA_HEADERS) && (f->type & MCP_HEADER))
        mcpi_rpc_put_text(out, "x-mcp-header", f->name);
    mcp_put_end(out);
}

static void mcpi_schema_put(mcp_out *out, const mcp_field *fields, unsigned with)
{
    const mcp_field *f;
    bool required = false;

    mcp_put_object(out);
    mcpi_rpc_put_text(out, "type", "object");
    mcp_put_key(out, "properties");
    mcp_put_object(out);
    for (f = fields; f && f->name; f++) {
        mcpi_schema_put_field(out, f, with);
        if (f->type & MCP_REQUIRED) required = true;
    }
    mcp_put_end(out);
    if (required) {
        mcp_put_key(out, "required");
        mcp_put_array(out);
        for (f = fields; f->name; f++)
            if (f->type & MCP_REQUIRED) mcp_put_str(out, f->name);
        mcp_put_end(out);
    }
    mcp_put_end(out);
}

/*-- Rows as the programmer wrote them --*/

static mcp_str mcpi_schema_str(const char *text)
{
    mcp_str str;
    str.ptr = text;
    str.len = strlen(text);
    return str;
}

/* A value that the programmer wrote as JSON text; missing if it is none. It lives as long as the doc. */
static mcp_json mcpi_schema_literal(mcp_doc *doc, const char *text)
{
    (void)mcp_json_parse(doc, text, strlen(text));
    return mcp_json_root(doc);
}

static bool mcpi_schema_is_bound(mcp_doc *doc, const char *text, bool fraction)
{
    int64_t integer;
    mcp_str number = mcp_json_number(mcpi_schema_literal(doc, text), NULL);
    return number.ptr && (fraction || mcpi_base_read_int(number, &integer));
}

static bool mcpi_schema_binds(const mcp_field *f)
{
    const size_t size = f->size;
    if (f->type & MCP_LIST) return false;
    switch (mcpi_schema_type(f)) {
    case MCP_STRING: return size == sizeof(const char *);
    case MCP_INTEGER: return size == 1 || size == 2 || size == 4 || size == 8;
    case MCP_NUMBER: return size == sizeof(float) || size == sizeof(double);
    default: return size == sizeof(bool);
    }
}

/* Whether a default is of its row's type: a string's text, or else JSON. */
static bool mcpi_schema_default_fits(mcp_doc *doc, const mcp_field *f)
{
    if (f->type & MCP_LIST) return mcp_json_type(mcpi_schema_literal(doc, f->def)) == MCP_JSON_ARRAY;
    switch (mcpi_schema_type(f)) {
    case MCP_STRING: return !f->choices || mcpi_schema_is_choice(f->choices, mcpi_schema_str(f->def));
    case MCP_BOOLEAN: return mcp_json_type(mcpi_schema_literal(doc, f->def)) == MCP_JSON_BOOL;
    default: return mcpi_schema_is_bound(doc, f->def, mcpi_schema_type(f) == MCP_NUMBER);
    }
}

static bool mcpi_schema_is_header(const mcp_field *f)
{
    return *f->name && mcpi_base_is_made_of(mcpi_schema_str(f->name), "!#$%&'*+-.^_`|~");
}

static char mcpi_schema_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Whether two names are the same header. */
static bool mcpi_schema_same_header(const char *a, const char *b)
{
    while (*a && mcpi_schema_lower(*a) == mcpi_schema_lower(*b)) a++, b++;
    return mcpi_schema_lower(*a) == mcpi_schema_lower(*b);
}

/* What is wrong with a row that is a header, or NULL. Spec: server/tools (x-mcp-header) */
static const char *mcpi_schema_wrong_header(const mcp_field *fields, const mcp_field *f)
{
    const int64_t most = 9007199254740991;
    int64_t bound = 0;
    if (!(f->type & MCP_HEADER)) return NULL;
    if (mcpi_schema_type(f) == MCP_NUMBER || (f->type & MCP_LIST))
        return "is MCP_HEADER, but no string, integer or boolean";
    if (!mcpi_schema_is_header(f)) return "is MCP_HEADER, but its name has what no header may have";
    if (mcpi_schema_type(f) == MCP_INTEGER &&
        ((f->min && mcpi_base_read_int(mcpi_schema_str(f->min), &bound) && bound < -most) ||
         (f->max && mcpi_base_read_int(mcpi_schema_str(f->max), &bound) && bound > most)))
        return "is MCP_HEADER, but may be beyond 9007199254740991";
    for (; fields != f; fields++)
        if ((fields->type & MCP_HEADER) && mcpi_schema_same_header(fields->name, f->name))
            return "is MCP_HEADER as another one, whose name differs by upper and lower case only";
    return NULL;
}

/* What is wrong with a row, or NULL. */
static const char *mcpi_schema_wrong(mcp_doc *doc, const mcp_field *f)
{
    bool fraction = mcpi_schema_type(f) == MCP_NUMBER && !(f->type & MCP_LIST);
    if (!mcpi_schema_type_name(f->type)) return "has a type that is none of MCP_STRING, MCP_INTEGER, ...";
    if (f->choices && mcpi_schema_type(f) != MCP_STRING) return "has choices, but is not a string";
    if (f->def && !mcpi_schema_default_fits(doc, f)) return "has a default that is not of its type";
    if (f->min && !mcpi_schema_is_bound(doc, f->min, fraction)) return "has a min that is not such a number";
    if (f->max && !mcpi_schema_is_bound(doc, f->max, fraction)) return "has a max that is not such a number";
    if (f->size && !mcpi_schema_binds(f)) return "is bound to a member of another type or size";
    return NULL;
}

/*-- Values against rows --*/

static const char *mcpi_schema_expected(const mcp_field *f)
{
    switch (mcpi_schema_type(f)) {
    case MCP_STRING: return "a string";
    case MCP_INTEGER: return "an integer of at most 64 bits";
    case MCP_NUMBER: return "a number";
    default: return "true or false";
    }
}

/* Whether a value is too long to be shown; its size is, then. */
static bool mcpi_schema_is_long(mcp_json v)
{
    return mcp_json_type(v) == MCP_JSON_ARRAY || mcp_json_str(v, NULL).len > 40;
}

/* Names a value for a model that has to mend it: short strings and numbers as they came. */
static void mcpi_schema_note_value(mcpi_base_note *note, mcp_json v)
{
    static const char *const names[] = { "nothing", "null", "a boolean", "a number",
                                         "a string", "an array", "an object" };
    mcp_str text = mcp_json_str(v, NULL), number = mcp_json_number(v, NULL);
    if (number.ptr && number.len <= 40) {
        mcpi_base_note_strn(note, number.ptr, number.len);
    } else if (text.ptr && text.len <= 40) {
        mcpi_base_note_str(note, "'");
        mcpi_base_note_strn(note, text.ptr, text.len);
        mcpi_base_note_str(note, "'");
    } else {
        mcpi_base_note_str(note, names[mcp_json_type(v)]);
    }
}

/* The name of an argument, or of an element of one: "argument 'n[2]': ". */
static void mcpi_schema_note_name(mcpi_base_note *note, const mcp_field *f, mcp_json v)
{
    mcp_json e;
    size_t index = 0;
    mcpi_base_note_add(note, "argument '%s", f->name);
    if (mcp_json_exists(v) && v.up != v.at && mcpi_json_kind(v.doc->nodes + v.up) == MCPI_JSON_ARRAY) {
        e = v;
        e.at = v.up;
        for (e = mcp_json_first(e); e.at != v.at; e = mcp_json_next(e)) index++;
        mcpi_base_note_add(note, "[%llu]", (unsigned long long)index);
    }
    mcpi_base_note_str(note, "': expected ");
}

/* "argument 'n': expected a number, got null"; more stands behind what was expected. False. */
static bool mcpi_schema_refuse(mcpi_base_note *note, const mcp_field *f, const char *expected,
                               const char *more, mcp_json v)
{
    mcpi_schema_note_name(note, f, v);
    mcpi_base_note_add(note, "%s%s, got ", expected, more);
    mcpi_schema_note_value(note, v);
    return false;
}

/* Compares a number with a bound: negative, 0 or positive. */
static int mcpi_schema_compare(mcp_str number, mcp_str bound)
{
    int64_t a, b;
#ifndef MCP_NO_FLOAT
    double x, y;
#endif
    if (mcpi_base_read_int(number, &a) && mcpi_base_read_int(bound, &b)) return a < b ? -1 : a > b;
#ifndef MCP_NO_FLOAT
    if (mcpi_base_read_double(number, &x) && mcpi_base_read_double(bound, &y)) return x < y ? -1 : x > y;
#endif
    return *number.ptr == '-' ? -1 : 1;     /* larger than any double */
}

/* Checks a number, or a count of elements or characters, against a row's bounds. */
static bool mcpi_schema_in_bounds(const mcp_field *f, mcp_str number, const char *unit, mcp_json v,
                                  mcpi_base_note *note)
{
    const char *min = mcpi_schema_min(f), *max = mcpi_schema_max(f);
    bool low = min && mcpi_schema_compare(number, mcpi_schema_str(min)) < 0;
    bool high = max && mcpi_schema_compare(number, mcpi_schema_str(max)) > 0;

    if (!low && !high) return true;
    mcpi_schema_note_name(note, f, v);
    mcpi_base_note_add(note, "at %s %s%s, got ", low ? "least" : "most", low ? min : max, unit);
    if (mcpi_schema_is_long(v)) mcpi_base_note_strn(note, number.ptr, number.len);
    else mcpi_schema_note_value(note, v);
    return false;
}

static bool mcpi_schema_count_in_bounds(const mcp_field *f, size_t count, const char *unit, mcp_json v,
                                        mcpi_base_note *note)
{
    char text[MCPI_INT_SIZE];
    return mcpi_schema_in_bounds(f, mcpi_base_uint_text(text, count), unit, v, note);
}

static size_t mcpi_schema_characters(mcp_str text)
{
    size_t i, count = 0;
    for (i = 0; i < text.len; i++) count += (text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static bool mcpi_schema_check_string(const mcp_field *f, mcp_json v, mcpi_base_note *note)
{
    mcp_str text = mcp_json_str(v, NULL);
    if (!text.ptr) return mcpi_schema_refuse(note, f, mcpi_schema_expected(f), "", v);
    if (!(f->type & MCP_ALLOW_NUL) && mcpi_json_has_nul(v))
        return mcpi_schema_refuse(note, f, "a string without NUL characters", "", v);
    if (f->choices && !mcpi_schema_is_choice(f->choices, text))
        return mcpi_schema_refuse(note, f, "one of ", f->choices, v);
    if ((f->type & MCP_LIST) || (!f->min && !f->max)) return true;
    return mcpi_schema_count_in_bounds(f, mcpi_schema_characters(text), " characters", v, note);
}

/* Whether an integer fits the member that it is bound to. */
static bool mcpi_schema_fits(const mcp_field *f, int64_t value)
{
    int64_t half;
    if (!f->size || f->size == 8) return true;
    half = (int64_t)1 << (8 * f->size - 1);
    return value >= -half && value < half;
}

#ifndef MCP_NO_FLOAT
static bool mcpi_schema_fits_float(mcp_str number)
{
    const double most = 3.4028234663852886e38;
    double value;
    return mcpi_base_read_double(number, &value) && value <= most && value >= -most;
}
#endif

static bool mcpi_schema_check_number(const mcp_field *f, mcp_json v, mcpi_base_note *note)
{
    mcp_str number = mcp_json_number(v, NULL);
    int64_t integer = 0;
    bool whole = mcpi_schema_type(f) == MCP_INTEGER;

    if (!number.ptr || (whole && !mcpi_base_read_int(number, &integer)))
        return mcpi_schema_refuse(note, f, mcpi_schema_expected(f), "", v);
    if (whole && !mcpi_schema_fits(f, integer))
        return mcpi_schema_refuse(note, f, "an integer of at most ",
                                  f->size == 1 ? "8 bits" : f->size == 2 ? "16 bits" : "32 bits", v);
#ifndef MCP_NO_FLOAT
    if (!whole && f->size == sizeof(float) && !mcpi_schema_fits_float(number))
        return mcpi_schema_refuse(note, f, "a number of at most 3.4e38", "", v);
#endif
    return (f->type & MCP_LIST) || mcpi_schema_in_bounds(f, number, "", v, note);
}

static bool mcpi_schema_check_value(const mcp_field *f, mcp_json v, mcpi_base_note *note)
{
    switch (mcpi_schema_type(f)) {
    case MCP_STRING: return mcpi_schema_check_string(f, v, note);
    case MCP_BOOLEAN:
        if (mcp_json_type(v) == MCP_JSON_BOOL) return true;
        return mcpi_schema_refuse(note, f, mcpi_schema_expected(f), "", v);
    default: return mcpi_schema_check_number(f, v, note);
    }
}

static bool mcpi_schema_check_list(const mcp_field *f, mcp_json v, mcpi_base_note *note)
{
    mcp_json e;
    if (mcp_json_type(v) != MCP_JSON_ARRAY)
        return mcpi_schema_refuse(note, f, "an array, each element ", mcpi_schema_expected(f), v);
    for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e))
        if (!mcpi_schema_check_value(f, e, note)) return false;
    return mcpi_schema_count_in_bounds(f, mcp_json_count(v), " elements", v, note);
}

/* Whether no argument stands there twice. */
static bool mcpi_schema_check_keys(mcp_json args, mcpi_base_note *note)
{
    uint32_t at = 0;
    mcp_str key;
    if (mcp_json_type(args) != MCP_JSON_OBJECT || mcp_json_count(args) < 2) return true;
    if (mcpi_json_repeated(args, &at) != MCP_OK) {
        mcpi_base_note_str(note, "too many arguments: there is no memory to look through them");
        return false;
    }
    if (!at) return true;
    key = mcp_json_key(mcpi_json_found(args, at));
    mcpi_base_note_str(note, "argument '");
    mcpi_base_note_strn(note, key.ptr, key.len);
    mcpi_base_note_str(note, "' stands there twice: send it once");
    return false;
}

/* Checks arguments against their rows. False: the note says what is wrong with the first bad one.
   */
static bool mcpi_schema_check(const mcp_field *fields, mcp_json args, mcpi_base_note *note)
{
    const mcp_field *f;
    if (!mcpi_schema_check_keys(args, note)) return false;
    for (f = fields; f && f->name; f++) {
        mcp_json v = mcp_json_get(args, f->name);
        if (!mcp_json_exists(v) && !(f->type & MCP_REQUIRED)) continue;
        if (f->type & MCP_LIST ? !mcpi_schema_check_list(f, v, note) : !mcpi_schema_check_value(f, v, note))
            return false;
    }
    return true;
}

/*-- Values into structs --*/

/* Bytes of the struct that the rows are bound to; 0 if none is. */
static size_t mcpi_schema_struct_size(const mcp_field *fields)
{
    const mcp_field *f;
    size_t size = 0;
    for (f = fields; f && f->name; f++)
        if (f->size && f->offset + f->size > size) size = f->offset + f->size;
    return size;
}

static void mcpi_schema_store_int(void *member, size_t size, int64_t value)
{
    int8_t i8 = (int8_t)value;
    int16_t i16 = (int16_t)value;
    int32_t i32 = (int32_t)value;
    if (size == 1) memcpy(member, &i8, 1);
    else if (size == 2) memcpy(member, &i16, 2);
    else if (size == 4) memcpy(member, &i32, 4);
    else memcpy(member, &value, 8);
}

#ifndef MCP_NO_FLOAT
static void mcpi_schema_store_number(void *member, size_t size, double value)
{
    float narrow = (float)value;
    if (size == sizeof narrow) memcpy(member, &narrow, sizeof narrow);
    else memcpy(member, &value, sizeof value);
}
#endif

/* Stores a value that has passed its row, or the row's default. */
static void mcpi_schema_store(const mcp_field *f, mcp_json v, void *member)
{
    const bool there = mcp_json_exists(v);
    mcp_str number = there ? mcp_json_number(v, NULL) : mcpi_schema_str(f->def ? f->def : "0");
    const char *text = there ? mcp_json_cstr(v, NULL, NULL) : f->def;
    bool on = there ? mcp_json_bool(v, NULL, false) : f->def && *f->def == 't';
    int64_t integer = 0;
#ifndef MCP_NO_FLOAT
    double value = 0;
#endif

    switch (mcpi_schema_type(f)) {
    case MCP_STRING: memcpy(member, &text, sizeof text); break;
    case MCP_BOOLEAN: memcpy(member, &on, sizeof on); break;
    case MCP_INTEGER:
        (void)mcpi_base_read_int(number, &integer);
        mcpi_schema_store_int(member, f->size, integer);
        break;
    default:
#ifndef MCP_NO_FLOAT
        (void)mcpi_base_read_double(number, &value);
        mcpi_schema_store_number(member, f->size, value);
#endif
        break;
    }
}

/* Fills the struct, which is all zeros. */
static void mcpi_schema_fill(const mcp_field *fields, mcp_json args, void *target)
{
    const mcp_field *f;
    for (f = fields; f->name; f++)
        if (f->size) mcpi_schema_store(f, mcp_json_get(args, f->name), (char *)target + f->offset);
}

static int64_t mcpi_schema_load_int(const void *member, size_t size)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    if (size == 1) return memcpy(&i8, member, 1), i8;
    if (size == 2) return memcpy(&i16, member, 2), i16;
    if (size == 4) return memcpy(&i32, member, 4), i32;
    return memcpy(&i64, member, 8), i64;
}

#ifndef MCP_NO_FLOAT
static double mcpi_schema_load_number(const void *member, size_t size)
{
    float narrow;
    double value;
    if (size == sizeof narrow) return memcpy(&narrow, member, sizeof narrow), (double)narrow;
    return memcpy(&value, member, sizeof value), value;
}
#endif

static void mcpi_schema_put_bound(mcp_out *out, const mcp_field *f, const void *member)
{
    const char *text;
    bool on;
    switch (mcpi_schema_type(f)) {
    case MCP_STRING:
        memcpy(&text, member, sizeof text);
        mcp_put_str(out, text);
        break;
    case MCP_BOOLEAN:
        memcpy(&on, member, sizeof on);
        mcp_put_bool(out, on);
        break;
    case MCP_INTEGER: mcp_put_int(out, mcpi_schema_load_int(member, f->size)); break;
    default:
#ifndef MCP_NO_FLOAT
        mcp_put_num(out, mcpi_schema_load_number(member, f->size));
#else
        mcp_put_null(out);
#endif
        break;
    }
}

/* The bound members of a struct as an object; a NULL string that is not required is left out. */
static void mcpi_schema_put_struct(mcp_out *out, const mcp_field *fields, const void *source)
{
    const mcp_field *f;
    mcp_put_object(out);
    for (f = fields; f && f->name; f++) {
        const char *member = (const char *)source + f->offset, *text = member;
        if (!f->size) continue;
        if (mcpi_schema_type(f) == MCP_STRING) memcpy(&text, member, sizeof text);
        if (!text && !(f->type & MCP_REQUIRED)) continue;
        mcp_put_key(out, f->name);
        mcpi_schema_put_bound(out, f, member);
    }
    mcp_put_end(out);
}

/* The default of the row of that name, or NULL. */
static const char *mcpi_schema_default(const mcp_field *fields, const char *name, uint32_t type)
{
    const mcp_field *f;
    for (f = fields; f && f->name; f++)
        if (mcpi_base_same(f->name, name))
            return (f->type & (MCP_TYPE_MASK | MCP_LIST)) == type ? f->def : NULL;
    return NULL;
}

/*-- Forms that a server shows: flat JSON Schemas. Spec: client/elicitation (requested schema) --*/

/* Fields of a form, names that it requires, values of one list: each is compared with others that the server
   made up. */
enum { MCPI_SCHEMA_MAX_FORM = 1000 };

/* Notes what is wrong with a value of a form. False. */
static bool mcpi_schema_refuse_value(mcpi_base_note *note, mcp_json schema, const char *expected, mcp_json v)
{
    const mcp_str name = mcp_json_key(schema);
    mcpi_base_note_str(note, "'");
    mcpi_base_note_strn(note, name.ptr, name.len);
    mcpi_base_note_str(note, "': expected ");
    mcpi_base_note_str(note, expected);
    mcpi_base_note_str(note, ", got ");
    mcpi_schema_note_value(note, v);
    return false;
}

static bool mcpi_schema_same_string(mcp_json a, mcp_json b)
{
    const mcp_str x = mcp_json_str(a, NULL), y = mcp_json_str(b, NULL);
    return x.ptr && y.ptr && mcpi_rpc_same(x, y);
}

/* Whether a string is among the choices of a schema: "enum", or "oneOf" or "anyOf" with "const". Without
   any of them it is. */
static bool mcpi_schema_is_offered(mcp_json schema, mcp_json v)
{
    mcp_json list = mcp_json_get(schema, "enum"), e;
    if (mcp_json_type(list) != MCP_JSON_ARRAY) list = mcp_json_get(schema, "oneOf");
    if (mcp_json_type(list) != MCP_JSON_ARRAY) list = mcp_json_get(schema, "anyOf");
    if (mcp_json_type(list) != MCP_JSON_ARRAY) return true;
    for (e = mcp_json_first(list); mcp_json_exists(e); e = mcp_json_next(e))
        if (mcpi_schema_same_string(mcp_json_type(e) == MCP_JSON_OBJECT ? mcp_json_get(e, "const") : e, v))
            return true;
    return false;
}

/* Whether a number, or a count, keeps to the bounds that the schema has under these names. */
static bool mcpi_schema_keeps_to(mcp_json schema, const char *min, const char *max, mcp_str number)
{
    const mcp_str low = mcp_json_number(schema, min), high = mcp_json_number(schema, max);
    if (low.ptr && mcpi_schema_compare(number, low) < 0) return false;
    return !high.ptr || mcpi_schema_compare(number, high) <= 0;
}

static bool mcpi_schema_count_keeps_to(mcp_json schema, const char *min, const char *max, size_t count)
{
    char text[MCPI_INT_SIZE];
    return mcpi_schema_keeps_to(schema, min, max, mcpi_base_uint_text(text, count));
}

static bool mcpi_schema_check_form_string(mcp_json schema, mcp_json v, mcpi_base_note *note)
{
    const mcp_str text = mcp_json_str(v, NULL);
    if (!text.ptr) return mcpi_schema_refuse_value(note, schema, "a string", v);
    if (!mcpi_schema_is_offered(schema, v))
        return mcpi_schema_refuse_value(note, schema, "one of its choices", v);
    if (mcpi_schema_count_keeps_to(schema, "minLength", "maxLength", mcpi_schema_characters(text)))
        return true;
    return mcpi_schema_refuse_value(note, schema, "a text of another length", v);
}

static bool mcpi_schema_check_form_list(mcp_json schema, mcp_json v, mcpi_base_note *note)
{
    mcp_json e;
    if (mcp_json_type(v) != MCP_JSON_ARRAY) return mcpi_schema_refuse_value(note, schema, "an array", v);
    if (mcp_json_count(v) > MCPI_SCHEMA_MAX_FORM)
        return mcpi_schema_refuse_value(note, schema, "at most 1000 choices", v);
    for (e = mcp_json_first(v); mcp_json_exists(e); e = mcp_json_next(e))
        if (!mcp_json_str(e, NULL).ptr || !mcpi_schema_is_offered(mcp_json_get(schema, "items"), e))
            return mcpi_schema_refuse_value(note, schema, "some of its choices", e);
    if (mcpi_schema_count_keeps_to(schema, "minItems", "maxItems", mcp_json_count(v))) return true;
    return mcpi_schema_refuse_value(note, schema, "another number of choices", v);
}

/* Checks one value of a form. */
static bool mcpi_schema_check_form_value(mcp_json schema, mcp_json v, mcpi_base_note *note)
{
    const mcp_str number = mcp_json_number(v, NULL);
    uint64_t magnitude;
    bool negative, whole = mcp_json_equals(schema, "type", "integer");
    if (mcp_json_equals(schema, "type", "string")) return mcpi_schema_check_form_string(schema, v, note);
    if (mcp_json_equals(schema, "type", "array")) return mcpi_schema_check_form_list(schema, v, note);
    if (mcp_json_equals(schema, "type", "boolean")) {
        if (mcp_json_type(v) == MCP_JSON_BOOL) return true;
        return mcpi_schema_refuse_value(note, schema, "true or false", v);
    }
    if (!whole && !mcp_json_equals(schema, "type", "number")) return true;      /* a kind we do not know */
    if (!number.ptr || (whole && !mcpi_base_read_integer(number, &magnitude, &negative)))
        return mcpi_schema_refuse_value(note, schema, whole ? "an integer" : "a number", v);
    if (mcpi_schema_keeps_to(schema, "minimum", "maximum", number)) return true;
    return mcpi_schema_refuse_value(note, schema, "a number within its bounds", v);
}

static bool mcpi_schema_requires(mcp_json form, mcp_json schema)
{
    const mcp_str name = mcp_json_key(schema);
    mcp_json e = mcp_json_first(mcp_json_get(form, "required"));
    for (; mcp_json_exists(e); e = mcp_json_next(e)) {
        const mcp_str required = mcp_json_str(e, NULL);
        if (required.ptr && mcpi_rpc_same(required, name)) return true;
    }
    return false;
}

/* Writes the values of a form as an object, with its defaults for those that are left out. False: the note
   says what is wrong with them. */
static bool mcpi_schema_fill_form(mcp_out *out, mcp_json form, mcp_json values, mcpi_base_note *note)
{
    mcp_json all = mcp_json_get(form, "properties"), schema = mcp_json_first(all);
    if (mcp_json_count(all) > MCPI_SCHEMA_MAX_FORM ||
        mcp_json_count(mcp_json_get(form, "required")) > MCPI_SCHEMA_MAX_FORM) {
        mcpi_base_note_str(note, "expected a form of at most 1000 fields");
        return false;
    }
    mcp_put_object(out);
    for (; mcp_json_exists(schema); schema = mcp_json_next(schema)) {
        const mcp_str name = mcp_json_key(schema);
        mcp_json v = mcp_json_member(values, name.ptr, name.len);
        if (!mcp_json_exists(v)) v = mcp_json_get(schema, "default");
        if (!mcp_json_exists(v) && !mcpi_schema_requires(form, schema)) continue;
        if (!mcp_json_exists(v)) return mcpi_schema_refuse_value(note, schema, "a value", v);
        if (!mcpi_schema_check_form_value(schema, v, note)) return false;
        mcp_put_keyn(out, name.ptr, name.len);
        mcp_put_value(out, v);
    }
    mcp_put_end(out);
    return true;
}

#endif /* MCP_LAYERS >= 4 */

/*==== 5 >>proto  Protocol revisions, _meta, URI templates. ========================================*/
#if MCP_LAYERS >= 5

/*-- Keys of _meta: [prefix/]name. Spec: basic (_meta) --*/

/* Whether a text has letters, digits and these in it, and one of the first two at both ends. */
static bool mcpi_proto_is_word(mcp_str text, const char *inside)
{
    return text.len && mcpi_base_is_alnum(text.ptr[0]) && mcpi_base_is_alnum(text.ptr[text.len - 1]) &&
           mcpi_base_is_made_of(text, inside);
}

static bool mcpi_proto_is_reserved(mcp_str label)
{
    static const mcp_str ours[] = { MCP_LIT("mcp"), MCP_LIT("modelcontextprotocol") };
    return mcpi_rpc_same(label, ours[0]) || mcpi_rpc_same(label, ours[1]);
}

/* What a prefix is. */
enum { MCPI_PROTO_WRONG, MCPI_PROTO_RESERVED, MCPI_PROTO_FREE };

/* Of labels with dots between them. Reserved is what any revision reserves: one of ours as second label, or
   before another one. */
static int mcpi_proto_prefix(const char *text, size_t len)
{
    const char *const end = text + len;
    int found = MCPI_PROTO_FREE, count = 0;
    bool more = true;
    while (more) {
        mcp_str label;
        label.ptr = text;
        while (text < end && *text != '.') text++;
        label.len = (size_t)(text - label.ptr);
        more = text < end;
        if (!mcpi_proto_is_word(label, "-") || !mcpi_base_is_letter(*label.ptr)) return MCPI_PROTO_WRONG;
        count++;
        if (mcpi_proto_is_reserved(label) && (count == 2 || more)) found = MCPI_PROTO_RESERVED;
        text += more;
    }
    return found;
}

/* What a key of _meta is, of which reserved ones have a reserved prefix; unprefixed ones are free. */
static int mcpi_proto_key(mcp_str key, bool prefixed)
{
    size_t len = key.len;
    int kind = MCPI_PROTO_FREE;
    mcp_str name;
    while (len && key.ptr[len - 1] != '/') len--;
    if (len) kind = mcpi_proto_prefix(key.ptr, len - 1);
    else if (prefixed) return MCPI_PROTO_WRONG;
    name.ptr = key.ptr + len;
    name.len = key.len - len;
    return (name.len || len) && (!name.len || mcpi_proto_is_word(name, "-_.")) ? kind : (int)MCPI_PROTO_WRONG;
}

/* What a revision has; features are asked for, never revisions. */
enum {
    MCPI_PROTO_MODERN = 1,      /* stateless: _meta in requests, resultType in results */
    MCPI_PROTO_TITLES = 2,      /* display names of tools and implementations */
    MCPI_PROTO_HINTS = 4,       /* annotations of tools; audio */
    MCPI_PROTO_STRUCTURED = 8,  /* structuredContent, outputSchema; resource_link */
    MCPI_PROTO_ICONS = 16,      /* icons; description and website of implementations */
    MCPI_PROTO_NULL_ID = 32,    /* an error whose request has no readable id says null */
    MCPI_PROTO_ELICIT = 64,     /* elicitation of forms */
    MCPI_PROTO_ELICIT_URL = 128, /* of addresses too; capabilities tell which */
    MCPI_PROTO_BATCHES = 256,   /* several messages in an array */
    MCPI_PROTO_TASKS = 512      /* tasks of its own; later they are an extension */
};

typedef struct mcpi_proto_revision {
    mcp_str name;
    unsigned bit;               /* MCP_2026_07_28 ... */
    unsigned features;
} mcpi_proto_revision;

/* The newest first. */
static const mcpi_proto_revision mcpi_proto_revisions[] = {
    { MCP_LIT("2026-07-28"), MCP_2026_07_28,
      MCPI_PROTO_MODERN | MCPI_PROTO_TITLES | MCPI_PROTO_HINTS | MCPI_PROTO_STRUCTURED | MCPI_PROTO_ICONS |
          MCPI_PROTO_ELICIT | MCPI_PROTO_ELICIT_URL },
    { MCP_LIT("2025-11-25"), MCP_2025_11_25,
      MCPI_PROTO_TITLES | MCPI_PROTO_HINTS | MCPI_PROTO_STRUCTURED | MCPI_PROTO_ICONS | MCPI_PROTO_ELICIT |
          MCPI_PROTO_ELICIT_URL | MCPI_PROTO_TASKS },
    { MCP_LIT("2025-06-18"), MCP_2025_06_18,
      MCPI_PROTO_TITLES | MCPI_PROTO_HINTS | MCPI_PROTO_STRUCTURED | MCPI_PROTO_NULL_ID | MCPI_PROTO_ELICIT },
    { MCP_LIT("2025-03-26"), MCP_2025_03_26,
      MCPI_PROTO_HINTS | MCPI_PROTO_NULL_ID | MCPI_PROTO_BATCHES },
    { MCP_LIT("2024-11-05"), MCP_2024_11_05, MCPI_PROTO_NULL_ID }
};

static bool mcpi_proto_is_modern(const mcpi_proto_revision *revision)
{
    return revision->features & MCPI_PROTO_MODERN;
}

/* The revision of that name, if it is of that era and among those that are spoken. */
static const mcpi_proto_revision *mcpi_proto_find(mcp_str name, bool modern, unsigned spoken)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_proto_revisions); i++) {
        const mcpi_proto_revision *r = &mcpi_proto_revisions[i];
        if (mcpi_proto_is_modern(r) == modern && (r->bit & spoken) && mcpi_rpc_same(r->name, name)) return r;
    }
    return NULL;
}

/* The revision that `initialize` agrees upon: the wanted one, or our newest that has a handshake;
   NULL if none has. Spec: 2025-11-25 basic/lifecycle (version negotiation) */
static const mcpi_proto_revision *mcpi_proto_negotiate(mcp_str wanted, unsigned spoken)
{
    const mcpi_proto_revision *agreed = mcpi_proto_find(wanted, false, spoken);
    size_t i;
    for (i = 0; !agreed && i < MCP_COUNT(mcpi_proto_revisions); i++) {
        const mcpi_proto_revision *r = &mcpi_proto_revisions[i];
        if (!mcpi_proto_is_modern(r) && (r->bit & spoken)) agreed = r;
    }
    return agreed;
}

static void mcpi_proto_put_versions(mcp_out *out, unsigned spoken)
{
    size_t i;
    mcp_put_array(out);
    for (i = 0; i < MCP_COUNT(mcpi_proto_revisions); i++)
        if (mcpi_proto_revisions[i].bit & spoken) mcp_put_str(out, mcpi_proto_revisions[i].name.ptr);
    mcp_put_end(out);
}

#define MCPI_PROTO_VERSION      "io.modelcontextprotocol/protocolVersion"
#define MCPI_PROTO_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define MCPI_PROTO_SERVER_INFO  "io.modelcontextprotocol/serverInfo"
#define MCPI_PROTO_CLIENT_INFO  "io.modelcontextprotocol/clientInfo"
#define MCPI_PROTO_LOG_LEVEL    "io.modelcontextprotocol/logLevel"
#define MCPI_PROTO_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
#define MCPI_PROTO_RELATED_TASK "io.modelcontextprotocol/related-task"
#define MCPI_PROTO_TASKS_KEY    "io.modelcontextprotocol/tasks"

#define MCPI_PROTO_NO_RESOURCE         (-32002)    /* before 2026-07-28 */
#define MCPI_PROTO_HEADER_MISMATCH     (-32020)
#define MCPI_PROTO_MISSING_CAPABILITY  (-32021)
#define MCPI_PROTO_UNSUPPORTED_VERSION (-32022)

/* The levels of log messages, as MCP_LOG_... count them. */
static const mcp_str mcpi_proto_levels[] = {
    MCP_LIT("emergency"), MCP_LIT("alert"),  MCP_LIT("critical"), MCP_LIT("error"),
    MCP_LIT("warning"),   MCP_LIT("notice"), MCP_LIT("info"),     MCP_LIT("debug")
};

/* The number of a level; -1: there is none of that name. */
static int mcpi_proto_find_level(mcp_str name)
{
    int level = MCP_LOG_DEBUG;
    while (level >= 0 && !(name.ptr && mcpi_rpc_same(mcpi_proto_levels[level], name))) level--;
    return level;
}

/*-- Trace context: W3C Trace Context (level 2) and W3C Baggage --*/

#define MCPI_PROTO_TRACE_PARENT "traceparent"
#define MCPI_PROTO_TRACE_STATE  "tracestate"
#define MCPI_PROTO_BAGGAGE      "baggage"

enum { MCPI_PROTO_MAX_PARENT = 256, MCPI_PROTO_MAX_STATES = 32, MCPI_PROTO_MAX_LIST = 8192 };

/* len hexadecimal digits in lower case; zeros alone may be illegal. */
static bool mcpi_proto_is_hex(const char *p, size_t len, bool or_zero)
{
    for (; len; p++, len--) {
        if (!mcpi_base_is_one_of(*p, "0123456789abcdef")) return false;
        if (*p != '0') or_zero = true;
    }
    return or_zero;
}

/* version-trace-parent-flags; versions to come may add more. */
static bool mcpi_proto_is_traceparent(mcp_str s)
{
    const char *p = s.ptr;
    size_t i;
    if (s.len < 55 || s.len > MCPI_PROTO_MAX_PARENT) return false;
    if (!mcpi_proto_is_hex(p, 2, true) || !memcmp(p, "ff", 2)) return false;
    if (p[2] != '-' || p[35] != '-' || p[52] != '-') return false;
    if (!mcpi_proto_is_hex(p + 3, 32, false) || !mcpi_proto_is_hex(p + 36, 16, false)) return false;
    if (!mcpi_proto_is_hex(p + 53, 2, true)) return false;
    if (s.len > 55 && (!memcmp(p, "00", 2) || p[55] != '-')) return false;
    for (i = 55; i < s.len; i++)
        if (p[i] <= ' ' || p[i] > '~') return false;
    return true;
}

static const char *mcpi_proto_skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    return p;
}

/* The end of the member of a list that starts at p, without the blanks before its comma. */
static const char *mcpi_proto_member_end(const char *p, const char *comma)
{
    while (comma > p && (comma[-1] == ' ' || comma[-1] == '\t')) comma--;
    return comma;
}

/* The length of the key of key=value, or 0 if this is none. */
static size_t mcpi_proto_state_key(const char *p, const char *end)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789", further[] = "_-*/@";
    const char *at = p, *value;
    while (at < end && (mcpi_base_is_one_of(*at, first) || (at > p && mcpi_base_is_one_of(*at, further))))
        at++;
    if (at == p || at - p > 256 || at == end || *at != '=') return 0;
    value = at + 1;
    if (value == end || end - value > 256) return 0;
    for (; value < end; value++)
        if (*value < ' ' || *value > '~' || *value == '=') return 0;
    return (size_t)(at - p);
}

/* key=value,... with at most 32 members, each key once; empty ones do not count. */
static bool mcpi_proto_is_tracestate(mcp_str s)
{
    mcp_str keys[MCPI_PROTO_MAX_STATES];
    const char *p = s.ptr, *end = p ? p + s.len : p;
    size_t count = 0, i;
    if (s.len > MCPI_PROTO_MAX_LIST) return false;
    while (p < end) {
        const char *comma = (const char *)memchr(p, ',', (size_t)(end - p));
        const char *next = comma ? comma + 1 : end;
        const char *stop;
        p = mcpi_proto_skip_blanks(p, end);
        stop = mcpi_proto_member_end(p, comma ? comma : end);
        if (stop > p) {
            mcp_str key;
            key.ptr = p;
            key.len = mcpi_proto_state_key(p, stop);
            if (!key.len || count == MCPI_PROTO_MAX_STATES) return false;
            for (i = 0; i < count; i++)
                if (mcpi_rpc_same(keys[i], key)) return false;
            keys[count++] = key;
        }
        p = next;
    }
    return count > 0;
}

/* Reads key=value, with blanks around both; where it is a property the value may be left out. */
static bool mcpi_proto_read_baggage(const char **at, const char *end, bool is_property)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *p = mcpi_proto_skip_blanks(*at, end), *start = p;
    while (p < end && mcpi_base_is_one_of(*p, token)) p++;
    if (p == start) return false;
    p = mcpi_proto_skip_blanks(p, end);
    if (p == end || *p != '=') {
        *at = p;
        return is_property;
    }
    p = mcpi_proto_skip_blanks(p + 1, end);
    while (p < end && *p > ' ' && *p <= '~' && !mcpi_base_is_one_of(*p, "\",;\\")) p++;
    *at = mcpi_proto_skip_blanks(p, end);
    return true;
}

/* key=value;property,... */
static bool mcpi_proto_is_baggage(mcp_str s)
{
    const char *p = s.ptr, *end = p ? p + s.len : p;
    if (!p || s.len > MCPI_PROTO_MAX_LIST) return false;
    for (;;) {
        if (!mcpi_proto_read_baggage(&p, end, false)) return false;
        while (p < end && *p == ';') {
            p++;
            if (!mcpi_proto_read_baggage(&p, end, true)) return false;
        }
        if (p == end) return true;
        if (*p++ != ',') return false;
    }
}

/*-- URI templates: RFC 6570, levels 1 to 3 --*/

/* What an expression writes before its first value and before each further one. Where the first has no mark
   (0), a value that is missing cannot be told from one that is empty, and none may be either. */
typedef struct mcpi_proto_uri_op {
    char sign, first, further;
    bool named;             /* values are pairs: name=value */
    bool reserved;          /* values may hold reserved characters */
} mcpi_proto_uri_op;

static const mcpi_proto_uri_op mcpi_proto_uri_ops[] = {
    { '+', 0, ',', false, true },    { '#', '#', ',', false, true }, { '.', '.', '.', false, false },
    { '/', '/', '/', false, false }, { ';', ';', ';', true, false }, { '?', '?', '&', true, false },
    { '&', '&', '&', true, false },  { 0, 0, ',', false, false }
};

/* A piece of literal text, or one variable of an expression. */
typedef struct mcpi_proto_uri_step {
    mcp_str text;                   /* the literal, or the name */
    const mcpi_proto_uri_op *op;    /* NULL: literal */
    char mark;                      /* what announces a value, or 0 */
    uint8_t first, after;           /* steps of the expression: the first, and that behind the last */
    uint8_t next;                   /* the step after a value: pairs are taken by the first step, for all */
    uint8_t var;                    /* the number of the variable */
} mcpi_proto_uri_step;

typedef struct mcpi_proto_uri {
    mcpi_proto_uri_step steps[2 * MCP_URI_VARS + 1];    /* each variable may have literals around it */
    size_t count, num_vars;
} mcpi_proto_uri;

#define MCPI_PROTO_URI_NONE ((size_t)-1)

/* Kinds of characters, each with more rights than those before it. */
enum {
    MCPI_PROTO_URI_ILLEGAL,
    MCPI_PROTO_URI_RESERVED,
    MCPI_PROTO_URI_TOLERATED,   /* reserved, but not escaped by encodeURIComponent, and so by clients */
    MCPI_PROTO_URI_PLAIN,       /* unreserved */
    MCPI_PROTO_URI_NAME         /* unreserved, and part of names */
};

static int mcpi_proto_uri_kind(char c)
{
    static const char kinds[] = "02011012222113314444444444110101"    /* from the space on */
                                "14444444444444444444444444410104"
                                "04444444444444444444444444400030";
    return (uint8_t)c < 32 || (uint8_t)c > 127 ? (int)MCPI_PROTO_URI_ILLEGAL : kinds[(uint8_t)c - 32] - '0';
}

/* Whether a character may stand for itself. */
static bool mcpi_proto_uri_is_plain(char c, bool reserved)
{
    return mcpi_proto_uri_kind(c) >= (reserved ? MCPI_PROTO_URI_RESERVED : MCPI_PROTO_URI_PLAIN);
}

/* The byte that "%XX" at p stands for, or -1 if that is not there. */
static int mcpi_proto_uri_escaped(const char *p, const char *end)
{
    uint8_t digits[4] = { '0', '0', 0, 0 };
    uint32_t byte;
    if (end - p < 3 || *p != '%') return -1;
    memcpy(digits + 2, p + 1, 2);
    byte = mcpi_json_hex4(digits);
    return byte > 0xff ? -1 : (int)byte;
}

/* The length of the character at p, escaped or not, if it may stand in a value or a literal; else 0. */
static size_t mcpi_proto_uri_char(const char *p, const char *end, bool reserved)
{
    if (p == end) return 0;
    if (*p == '%') return mcpi_proto_uri_escaped(p, end) < 0 ? 0 : 3;
    return (uint8_t)*p >= 0x80 ||
           mcpi_proto_uri_kind(*p) >= (reserved ? MCPI_PROTO_URI_RESERVED : MCPI_PROTO_URI_TOLERATED);
}

/* Reads one character, such that two are the same if and only if they mean the same: an escape is what it
   stands for, but for reserved characters. -1 at the end or if it is none. */
static int mcpi_proto_uri_read(const char **p, const char *end)
{
    int byte;
    if (*p == end) return -1;
    if (**p != '%') return (uint8_t)*(*p)++;
    byte = mcpi_proto_uri_escaped(*p, end);
    if (byte < 0) return byte;
    *p += 3;
    return byte >= 0x80 || mcpi_proto_uri_is_plain((char)byte, false) ? byte : byte + 256;
}

/*-- URI templates: parsing --*/

static mcpi_proto_uri_step *mcpi_proto_uri_add_step(mcpi_proto_uri *t, const char *text, size_t len)
{
    mcpi_proto_uri_step *step = &t->steps[t->count++];
    memset(step, 0, sizeof *step);
    step->text.ptr = text;
    step->text.len = len;
    return step;
}

static const char *mcpi_proto_uri_parse_literal(mcpi_proto_uri *t, const char **at, const char *end)
{
    const char *start = *at;
    size_t len;
    while ((len = mcpi_proto_uri_char(*at, end, true)) != 0) *at += len;
    if (*at < end && **at == '}') return "expected a { before this }";
    if (*at < end && **at != '{') return "expected only characters of a URI: write others as %XX";
    (void)mcpi_proto_uri_add_step(t, start, (size_t)(*at - start));
    return NULL;
}

/* The length of the variable's name at p. */
static size_t mcpi_proto_uri_name(const char *p, const char *end)
{
    const char *at = p, *c = p;
    for (;;) {
        if (c < end && mcpi_proto_uri_kind(*c) == MCPI_PROTO_URI_NAME) at = c + 1;
        else if (mcpi_proto_uri_escaped(c, end) >= 0) at = c + 3;
        else return (size_t)(at - p);
        c = at < end && *at == '.' ? at + 1 : at;
    }
}

static const char *mcpi_proto_uri_parse_expression(mcpi_proto_uri *t, const char **at, const char *end)
{
    const mcpi_proto_uri_op *op = mcpi_proto_uri_ops;
    size_t first = t->count, i, len;

    ++*at;
    while (op->sign && op->sign != **at) op++;
    if (op->sign) ++*at;
    do {
        mcpi_proto_uri_step *step;
        if (t->num_vars == MCP_URI_VARS) return "expected at most 16 variables";
        len = mcpi_proto_uri_name(*at, end);
        if (!len) return "expected a name of A-Z a-z 0-9 _ %XX . after { and one of + # . / ; ? & or none";
        step = mcpi_proto_uri_add_step(t, *at, len);
        step->op = op;
        step->mark = t->count - 1 == first ? op->first : op->further;
        step->first = (uint8_t)first;
        step->var = (uint8_t)t->num_vars++;
        *at += len + 1;
    } while ((*at)[-1] == ',');
    if ((*at)[-1] == ':' || (*at)[-1] == '*')
        return "expected no :n and no * after a name: level 4 is not supported";
    if ((*at)[-1] != '}') return "expected , or } after a name";
    for (i = first; i < t->count; i++) {
        t->steps[i].after = (uint8_t)t->count;
        t->steps[i].next = (uint8_t)(op->named ? t->count : i + 1);
    }
    return NULL;
}

/* NULL, or what is wrong with the template. */
static const char *mcpi_proto_uri_parse(mcpi_proto_uri *t, const char *text)
{
    const char *end = text + strlen(text), *wrong = NULL;
    t->count = t->num_vars = 0;
    if (!mcp_utf8_valid(text, (size_t)(end - text))) return "expected UTF-8";
    while (!wrong && text < end)
        wrong = *text == '{' ? mcpi_proto_uri_parse_expression(t, &text, end)
                             : mcpi_proto_uri_parse_literal(t, &text, end);
    return wrong;
}

MCP_API const char *mcp_uri_error(const char *uri_template)
{
    mcpi_proto_uri t;
    return mcpi_proto_uri_parse(&t, uri_template);
}

/* Whether a template, which was checked, has a variable of that name. */
static bool mcpi_proto_uri_has(const char *text, const char *name)
{
    const mcp_str wanted = mcpi_schema_str(name);
    mcpi_proto_uri t;
    size_t i;
    if (mcpi_proto_uri_parse(&t, text)) return false;
    for (i = 0; i < t.count; i++)
        if (t.steps[i].op && mcpi_rpc_same(t.steps[i].text, wanted)) return true;
    return false;
}

/*-- URI templates: expansion --*/

/* Writes a text with what may not stand for itself escaped. */
static void mcpi_proto_uri_put(mcp_buf *out, mcp_str text, bool reserved)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *p = text.ptr, *end = p + text.len;
    while (p < end) {
        char escape[3] = { '%', hex[(uint8_t)*p >> 4], hex[*p & 15] };
        bool escaped = reserved && mcpi_proto_uri_escaped(p, end) >= 0;
        if (escaped || mcpi_proto_uri_is_plain(*p, reserved)) (void)mcp_buf_add(out, p, escaped ? 3 : 1);
        else (void)mcp_buf_add(out, escape, 3);
        p += escaped ? 3 : 1;
    }
}

/* Writes a variable that has a value. started: it is not the first of its expression that has one. */
static void mcpi_proto_uri_put_variable(mcp_buf *out, const mcpi_proto_uri_step *step, mcp_str value,
                                        bool started)
{
    const mcpi_proto_uri_op *op = step->op;
    const char *mark = started ? &op->further : &op->first;
    if (*mark) (void)mcp_buf_add(out, mark, 1);
    if (op->named) {
        (void)mcp_buf_add(out, step->text.ptr, step->text.len);
        if (value.len || op->sign != ';') (void)mcp_buf_add(out, "=", 1);
    }
    mcpi_proto_uri_put(out, value, op->reserved);
}

/* Writes all steps. False if a value is of a type that it cannot be. */
static bool mcpi_proto_uri_put_steps(mcp_buf *out, const mcpi_proto_uri *t, mcp_json values)
{
    const mcpi_proto_uri_step *step;
    bool started = false;
    for (step = t->steps; step < t->steps + t->count; step++) {
        mcp_json v;
        mcp_str value;
        if (!step->op) {
            mcpi_proto_uri_put(out, step->text, true);
            continue;
        }
        v = mcp_json_member(values, step->text.ptr, step->text.len);
        value = mcp_json_str(v, NULL);
        if (!value.ptr) value = mcp_json_number(v, NULL);
        if (step == t->steps + step->first) started = false;
        if (value.ptr) {
            mcpi_proto_uri_put_variable(out, step, value, started);
            started = true;
        } else if (mcp_json_type(v) > MCP_JSON_NULL) {
            return false;
        }
    }
    return true;
}

MCP_API int mcp_uri_expand(mcp_buf *out, const char *uri_template, mcp_json values)
{
    mcpi_proto_uri t;
    const size_t start = out->len;
    if (mcpi_proto_uri_parse(&t, uri_template)) return MCP_E_TEMPLATE;
    if (!mcpi_proto_uri_put_steps(out, &t, values)) {
        out->len = start;
        return MCP_E_MISUSE;
    }
    if (mcp_buf_room(out, 1)) out->ptr[out->len] = 0;
    else out->len = start;
    return out->error;
}

/*-- URI templates: matching. First, from the end of the URI to its start, a bit is found for each variable
     and each place: that the template can match all that follows if the value goes on from there. With them
     the values are then read from the start, each as short as it can be, and nothing is tried twice. --*/

typedef struct mcpi_proto_uri_matcher {
    const mcpi_proto_uri *t;
    const char *uri;
    size_t len;
    uint8_t *bits;          /* row_size bytes for each step */
    size_t row_size;
    mcp_uri_var *vars;
    char *texts;            /* where the next value is decoded to */
} mcpi_proto_uri_matcher;

static uint8_t *mcpi_proto_uri_bits(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    return m->bits + s * m->row_size + at / 8;
}

/* Whether the value of step s can go on, or end, at that place. */
static bool mcpi_proto_uri_may(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    return *mcpi_proto_uri_bits(m, s, at) >> (at % 8) & 1;
}

/* The length of the next character of a value of step s; 0 if it cannot be one. */
static size_t mcpi_proto_uri_step_char(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    return mcpi_proto_uri_char(m->uri + at, m->uri + m->len, m->t->steps[s].op->reserved);
}

/* Where the URI goes on after a literal; NONE if it has something else. */
static size_t mcpi_proto_uri_literal(const mcpi_proto_uri_matcher *m, mcp_str literal, size_t at)
{
    const char *a = literal.ptr, *p = m->uri + at;
    while (a < literal.ptr + literal.len)
        if (mcpi_proto_uri_read(&a, literal.ptr + literal.len) != mcpi_proto_uri_read(&p, m->uri + m->len))
            return MCPI_PROTO_URI_NONE;
    return (size_t)(p - m->uri);
}

/* Where the value of the variable *s starts, if its mark stands at that place, or 0 is its mark; NONE if it
   does not. Where values have names, *s becomes the variable of that name in the expression. */
static size_t mcpi_proto_uri_start(const mcpi_proto_uri_matcher *m, size_t *s, size_t at, char mark)
{
    const mcpi_proto_uri_step *step = &m->t->steps[*s];
    const size_t after = step->after;
    const mcpi_proto_uri_op *op = step->op;

    if (mark && (at == m->len || m->uri[at++] != mark)) return MCPI_PROTO_URI_NONE;
    if (!op->named) return at;
    for (*s = step->first; *s < after; ++*s) {
        const mcp_str name = m->t->steps[*s].text;
        const size_t end = at + name.len;
        if (name.len > m->len - at || memcmp(name.ptr, m->uri + at, name.len)) continue;
        if (end < m->len && m->uri[end] == '=') return end + 1;
        if (op->sign == ';' && !mcpi_proto_uri_step_char(m, *s, end)) return end;
    }
    return MCPI_PROTO_URI_NONE;
}

/* Whether a value of step s follows here such that all after it matches too. */
static bool mcpi_proto_uri_follows(const mcpi_proto_uri_matcher *m, size_t s, size_t at, char mark)
{
    size_t found = s, start = mcpi_proto_uri_start(m, &found, at, mark), len = 0;
    if (start == MCPI_PROTO_URI_NONE) return false;
    if (!m->t->steps[s].op->first) {
        len = mcpi_proto_uri_step_char(m, s, start);
        if (!len) return false;
    }
    return mcpi_proto_uri_may(m, s, start + len);
}

/* Whether the steps from s on match all that follows. */
static bool mcpi_proto_uri_rest(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    while (s < m->t->count) {
        const mcpi_proto_uri_step *step = &m->t->steps[s];
        if (!step->op) {
            at = mcpi_proto_uri_literal(m, step->text, at);
            if (at == MCPI_PROTO_URI_NONE) return false;
            s++;
        } else {
            if (mcpi_proto_uri_follows(m, s, at, step->mark)) return true;
            if (!step->op->first) return false;
            s = step->after;
        }
    }
    return at == m->len;
}

/* Whether another pair of the same expression follows. */
static bool mcpi_proto_uri_another(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    const mcpi_proto_uri_op *op = m->t->steps[s].op;
    return op->named && mcpi_proto_uri_follows(m, s, at, op->further);
}

/* Whether a value of step s may end here, which is never inside a character of several bytes. */
static bool mcpi_proto_uri_ends(const mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    const char *p = m->uri + at;
    if ((mcpi_proto_uri_read(&p, m->uri + m->len) & 0xc0) == 0x80) return false;
    return mcpi_proto_uri_another(m, s, at) || mcpi_proto_uri_rest(m, m->t->steps[s].next, at);
}

/* Finds the bits of one variable, or of one expression whose values have names. */
static void mcpi_proto_uri_fill(const mcpi_proto_uri_matcher *m, size_t s)
{
    size_t at = m->len + 1;
    while (at--) {
        size_t len = mcpi_proto_uri_step_char(m, s, at);
        if ((len && mcpi_proto_uri_may(m, s, at + len)) || mcpi_proto_uri_ends(m, s, at))
            *mcpi_proto_uri_bits(m, s, at) |= (uint8_t)(1 << at % 8);
    }
}

/* Whether ".." stands between slashes of either kind, or at the ends. */
static bool mcpi_proto_uri_goes_up(mcp_str value)
{
    const char *p = value.ptr, *end = p + value.len, *c;
    for (; p <= end; p = c + 1) {
        for (c = p; c < end && *c != '/' && *c != '\\'; c++) continue;
        if (c - p == 2 && p[0] == '.' && p[1] == '.') return true;
    }
    return false;
}

/* Whether a value may be given to a handler, who may use it as a C string and as part of a path. */
static bool mcpi_proto_uri_is_fit(mcp_str value, const mcpi_proto_uri_op *op)
{
    if (!mcp_utf8_valid(value.ptr, value.len) || memchr(value.ptr, 0, value.len)) return false;
    if (!op->reserved && !op->named && memchr(value.ptr, '/', value.len)) return false;
    return !mcpi_proto_uri_goes_up(value);
}

/* Decodes a value and gives it to all variables of that name. False if it does not fit one. */
static bool mcpi_proto_uri_set(mcpi_proto_uri_matcher *m, size_t s, size_t at, size_t end)
{
    const mcpi_proto_uri_step *step = &m->t->steps[s];
    mcp_uri_var *var;
    mcp_str value;
    char *o = m->texts;

    value.ptr = o;
    while (at < end) {
        const int byte = mcpi_proto_uri_escaped(m->uri + at, m->uri + end);
        *o++ = byte < 0 ? m->uri[at] : (char)byte;
        at += byte < 0 ? 1 : 3;
    }
    value.len = (size_t)(o - m->texts);
    *o++ = 0;
    m->texts = o;
    if (!mcpi_proto_uri_is_fit(value, step->op)) return false;
    for (var = m->vars; var->name.ptr; var++) {
        if (!mcpi_rpc_same(var->name, step->text)) continue;
        if (var->value.ptr && !mcpi_rpc_same(var->value, value)) return false;
        var->value = value;
    }
    return true;
}

/* Reads the value of step s, or all pairs of its expression. Returns where they end; NONE if one does not
   fit. */
static size_t mcpi_proto_uri_take(mcpi_proto_uri_matcher *m, size_t s, size_t at)
{
    const mcpi_proto_uri_op *op = m->t->steps[s].op;
    char mark = m->t->steps[s].mark;
    do {
        size_t var = s, start = mcpi_proto_uri_start(m, &var, at, mark);
        at = start;
        if (!op->first) at += mcpi_proto_uri_step_char(m, s, at);
        while (!mcpi_proto_uri_ends(m, s, at)) at += mcpi_proto_uri_step_char(m, s, at);
        if (!mcpi_proto_uri_set(m, var, start, at)) return MCPI_PROTO_URI_NONE;
        mark = op->further;
    } while (mcpi_proto_uri_another(m, s, at));
    return at;
}

/* Reads all values from step s on. */
static bool mcpi_proto_uri_take_all(mcpi_proto_uri_matcher *m, size_t s)
{
    size_t at = 0;
    while (s < m->t->count && at != MCPI_PROTO_URI_NONE) {
        const mcpi_proto_uri_step *step = &m->t->steps[s];
        if (!step->op) {
            at = mcpi_proto_uri_literal(m, step->text, at);
            s++;
        } else if (mcpi_proto_uri_follows(m, s, at, step->mark)) {
            at = mcpi_proto_uri_take(m, s, at);
            s = step->next;
        } else {
            s = step->after;
        }
    }
    return at == m->len;
}

/* Finds the bits, then the values. */
static bool mcpi_proto_uri_solve(mcpi_proto_uri_matcher *m, size_t s)
{
    const mcpi_proto_uri_step *step;
    size_t i;
    for (step = m->t->steps; step < m->t->steps + m->t->count; step++)
        if (step->op) m->vars[step->var].name = step->text;
    for (i = m->t->count; i-- > s;) {
        step = &m->t->steps[i];
        if (step->op && (!step->op->named || step->first == i)) mcpi_proto_uri_fill(m, i);
    }
    return mcpi_proto_uri_rest(m, s, 0) && mcpi_proto_uri_take_all(m, s);
}

/* Matches the steps from s on, in one block of the arena: the variables, their values, and behind them the
   bits, which are given back. */
static int mcpi_proto_uri_match(mcpi_proto_uri_matcher *m, mcp_arena *arena, size_t s)
{
    const mcp_alloc alloc = mcp_arena_alloc(arena);
    const size_t kept = (m->t->num_vars + 1) * sizeof *m->vars + m->len + m->t->num_vars;
    size_t size;
    bool matches;

    m->row_size = m->len / 8 + 1;
    size = kept + m->t->count * m->row_size;
    m->vars = (mcp_uri_var *)mcp_arena_get(arena, size);
    if (!m->vars) return MCP_E_NOMEM;
    memset(m->vars, 0, size);
    m->texts = (char *)(m->vars + m->t->num_vars + 1);
    m->bits = (uint8_t *)m->vars + kept;
    matches = mcpi_proto_uri_solve(m, s);
    (void)mcpi_base_resize(&alloc, m->vars, size, matches ? kept : 0);
    return matches;
}

MCP_API int mcp_uri_match(mcp_arena *arena, const char *uri_template, const char *uri, size_t len,
                          mcp_uri_var **vars)
{
    mcpi_proto_uri t;
    mcpi_proto_uri_matcher m;
    size_t head = 0;
    bool has_head;
    int matches;

    *vars = NULL;
    if (mcpi_proto_uri_parse(&t, uri_template)) return MCP_E_TEMPLATE;
    if (len > MCP_JSON_MAX) return 0;
    memset(&m, 0, sizeof m);
    m.t = &t;
    m.uri = uri;
    m.len = len;
    has_head = t.count && !t.steps[0].op;
    if (has_head) head = mcpi_proto_uri_literal(&m, t.steps[0].text, 0);
    if (head == MCPI_PROTO_URI_NONE) return 0;
    m.uri += head;
    m.len -= head;
    matches = mcpi_proto_uri_match(&m, arena, has_head);
    if (matches > 0) *vars = m.vars;
    return matches;
}

#endif /* MCP_LAYERS >= 5 */

/*==== 6 >>peer  Calls and sessions: who waits for a reply, and where it goes. =====================*/
#if MCP_LAYERS >= 6

/* Where the replies to a request go. */
typedef struct mcpi_peer_route {
    mcp_session *session;
    uint64_t stream;
    mcp_emit_fn emit;
    void *user;
} mcpi_peer_route;

/* A tool, resource, prompt or method of the server. */
typedef struct mcpi_peer_row {
    struct mcpi_peer_row *next;
    const void *row;            /* the host's; its first member is its name */
    void *user;                 /* of the row */
    uint32_t id;                /* grows with each row of a kind, and is never used again */
    uint32_t calls;             /* that are under way: their reply is not written yet */
    uint32_t max_text;          /* bytes of text in the result of a tool */
    bool added;                 /* while the server runs */
    bool disabled;
} mcpi_peer_row;

/* Its name, uri or template. */
static const char *mcpi_peer_key(const mcpi_peer_row *row)
{
    return *(const char *const *)row->row;
}

/* All calls and sessions of a server. */
typedef struct mcpi_peer {
    mcp_server *server;
    const mcp_server_desc *desc;
    bool has_more;              /* progress or questions of some call, that wait to be taken */
    bool has_state_key;         /* one was drawn, as desc has none */
    bool swept;                 /* nothing waits for the end of the callbacks that we are in */
    bool starved;               /* a session waits for a call */
    bool short_of_memory;       /* so nothing is kept for later when the call is over */
    bool watches;               /* the host looks at requests */
    bool destroyed;             /* to go at the end of the callbacks */
    uint32_t depth;             /* callbacks that we are in */
    mcp_call **calls;           /* max_calls and two more, made when first needed: one for the message that is
                                   served, one for a member of it */
    uint32_t num_calls;         /* that were made */
    uint32_t num_waiting;       /* that are deferred, or whose reply was not taken yet */
    mcp_call *unused;           /* the one used last comes first: its memory is warm */
    mcp_call *replied, **replied_end;   /* replies that were not taken yet, in order */
    mcp_session *sessions;
    struct mcpi_peer_listener *listeners;
    uint32_t telling;           /* they are being told, and none may go */
    bool has_changes;           /* for one whose messages are no lines */
    mcp_out end;                /* what every modern result ends with */
    mcpi_peer_row *removed;     /* rows that calls still use */
    uint64_t dropped;           /* log messages */
    uint64_t num_refs;
    const struct mcpi_peer_asking *asking;      /* NULL: no handler has asked yet */
    /* What >>server does with a message, with a call whose time is over or has come, where memory is short,
       and when it may go itself. */
    int (*deliver)(struct mcpi_peer *peer, const mcp_delivery *delivery);
    void (*expire)(mcp_call *call);
    void (*go_on)(mcp_call *call);              /* with call->later */
    void (*forget)(struct mcpi_peer *peer);     /* gives back what can be made anew */
    void (*destroy)(struct mcpi_peer *peer);
    void (*over)(mcp_call *call);               /* that is a task, or waits for one */
    void (*leave)(struct mcpi_peer *peer, mcp_session *session);        /* which is over */
    mcp_out note;               /* the notification that is being written */
    mcp_buf acted;              /* ids of calls that have, and until when that matters (mcp_once) */
    uint8_t state_key[MCP_SHA256_SIZE];
} mcpi_peer;

enum { MCPI_PEER_ID = 16 };     /* bytes of the id of a call that asks */

/* A question to the client in the middle of a call. */
typedef struct mcpi_peer_question {
    struct mcpi_peer_question *next;
    size_t size;                /* of this, with its key behind it */
    mcp_str key;
    unsigned char digest[MCP_SHA256_SIZE];      /* of what was asked */
    bool digested;              /* there is one */
    bool asked;                 /* in this run of the handler */
    bool open;                  /* no answer of it counts: it goes out, or is out */
    bool sent;
    uint32_t times;             /* that a task has asked it */
    int status;                 /* MCP_OK, or why there will be no answer */
    uint32_t timeout_ms;
    uint64_t deadline_ms;       /* 0: none */
    uint64_t id;                /* of the request that asks it, before 2026-07-28 */
    mcp_out text;               /* its method and params; once it was answered, the answer */
    mcp_doc doc;                /* holds the answer, unless that came with the message */
    mcp_json answer;            /* as it came; missing: none */
} mcpi_peer_question;

/* A call that has acted, until it can come no more. */
typedef struct mcpi_peer_act {
    unsigned char id[MCPI_PEER_ID];
    uint64_t until_ms;          /* 0: for ever */
} mcpi_peer_act;

enum { MCPI_PEER_MAX_ACTED = 1024 };

/* What >>server does for calls that ask: a server whose handlers never do is linked without it. */
typedef struct mcpi_peer_asking {
    bool (*send)(mcp_call *call, mcp_call_fn fn);       /* what fn asked; false: nothing */
    void (*emit)(mcp_call *call);                       /* what is not out yet */
    mcp_call *(*answer)(mcp_call *message);             /* returns the call that has all its answers now */
    void (*run_again)(mcp_call *call);
    void (*expire)(mcp_call *call);
    void (*give_up)(mcp_call *call);                    /* there will be no more answers */
    void (*withdraw)(mcp_call *call);                   /* nobody waits for them any more */
    bool (*explain)(mcp_call *call, int status);        /* why there is no result */
    void (*end)(mcp_call *call);                        /* frees its dialog */
} mcpi_peer_asking;

/* What a call asks its client, through all runs of its handler. */
typedef struct mcpi_peer_dialog {
    mcpi_peer_question *first, **end;   /* in the order of their first time */
    mcp_call_fn fn;             /* that asked, and runs again */
    mcp_json answers;           /* that came with the request, by key */
    const char *refusal;        /* what was wrong with them; NULL: nothing */
    bool vouched;               /* with them came what we sealed */
    bool waits;                 /* the call is parked until the answers are there */
    bool late;                  /* it was deferred by the host, who goes on with it then */
    bool acted;                 /* mcp_once was true */
    unsigned char id[MCPI_PEER_ID];     /* all zero without chance */
    uint32_t rounds;            /* of questions */
    uint64_t expires_ms;        /* of what we sealed; 0: never */
    const char *missing;        /* the capability that the last question wanted */
    uint32_t unanswered;        /* why questions of this run have no answer: bit n for the status -n */
    mcp_buf state;              /* the handler's own */
} mcpi_peer_dialog;

/* What the handler of a call writes. */
enum { MCPI_PEER_TOOL, MCPI_PEER_RESOURCE, MCPI_PEER_PROMPT, MCPI_PEER_COMPLETION, MCPI_PEER_METHOD };

/* One request while it is served. Its memory is kept for the next one. */
struct mcp_call {
    /* What is used most stands first: small offsets make short instructions. */
    mcp_out out;                /* the reply */
    mcp_server *server;
    mcpi_peer *peer;
    mcp_call *next;             /* unused or replied */
    const mcpi_proto_revision *revision;    /* NULL: not known, and only ping and initialize are served */
    mcp_ref ref;                /* while it is deferred, else 0 */
    bool running;               /* in its handler */
    bool finished;              /* by mcp_finish before its handler returned */
    bool dropped;               /* nobody waits for its reply */
    bool has_progress;
    bool has_meta;
    bool has_data;
    bool has_block;             /* of content */
    bool has_much_text;         /* more than the max_text of its row */
    bool wants_task;            /* params has a task */
    bool ours;                  /* it was deferred by us, and the host does not know its number */
    bool is_error;              /* the tool's result says that it failed; known of tasks only */
    bool unsent;                /* the answer to the request that became a task could not be sent yet */
    mcpi_peer_row *row;         /* what it is about; NULL: nothing yet */
    int scene;
    int code;                   /* of an error reply, or 0 */
    int failed;                 /* MCP_OK, or what kept the handler from getting what it needed */
    const mcp_annotations *annotations;     /* of the next block of content; NULL: none */
    mcp_call *batch;            /* of a member (see mcpi_peer_is_member): collects its reply; of a task: the
                                   request that waits for its result, or NULL */
    const char *task;           /* the id of the task that it is; NULL: none */
    mcpi_peer_route route;
    mcpi_rpc_message message;
    mcp_json name, args, cursor, wanted;    /* of params: name, arguments, cursor, protocolVersion */
    mcp_json meta;              /* of params: _meta */
    mcp_doc doc;                /* the message */
    uint32_t index;             /* in peer->calls */
    int verdict;                /* what it was finished with */
    uint64_t deadline_ms;       /* of a deferred call; 0: none */
    mcp_call_fn later;          /* what a deferred call goes on with; NULL: the host does */
    uint64_t later_ms;          /* and when */
    void *memory;               /* that the handler asked for */
    size_t memory_size;
    const char *principal;      /* of the delivery; NULL: that of the session */
    mcp_out progress;           /* the newest, while it cannot be sent */
    double done;                /* by the last progress */
    uint32_t timeout_ms;        /* while deadline_ms is not 0 */
    uint64_t latest_ms;         /* that progress can move the deadline to */
    mcp_str uri;                /* of a resource */
    mcp_doc values;             /* of the variables in it */
    uint32_t ttl_ms, cache;     /* of what is read */
    const char *role;           /* of the next message of a prompt */
    uint32_t suggested;         /* values, by a completion */
    mcpi_peer_dialog *dialog;   /* NULL: nothing was asked */
    mcp_buf scratch;            /* formatted text */
    mcp_out data;               /* the structured result */
    mcp_out result_meta;        /* members for the result's _meta: an object that is still open */
    uint64_t text_size;         /* bytes of text in the result of a tool, those too that were left out */
    uint64_t text_kept;         /* of much text: bytes of it that were not */
    mcp_arena arena;            /* everything else that lives as long as the call */
    const char *misused;        /* with MCP_E_MISUSE: which function */
    bool watched;               /* the host hears how it ends, or the task: */
    int outcome;                /* MCP_OK, or why it was not served as it should be */
    uint64_t begun_ms;
    uint32_t members;           /* of a batch: that are under way, and 1 while more may come; else 0 */
    size_t reserve;             /* of a batch: bytes that are kept for what is not answered yet */
};

/* A resource whose changes a listener wants to hear of. */
typedef struct mcpi_peer_subscription {
    struct mcpi_peer_subscription *next;
    size_t size;                /* of this, with the URI behind it */
    bool changed;               /* and not told yet */
} mcpi_peer_subscription;

/* What a listener is to be told beside changes: that it is one, before them; that it is none any more, behind
   them; and where its messages are lines, that once more. */
enum { MCPI_PEER_ACKNOWLEDGE = 32, MCPI_PEER_END = 64, MCPI_PEER_CANCEL = 128 };

/* Who wants to hear of changes: a session of the legacy era, or a request of subscriptions/listen, which
   holds no call while it stays open. */
typedef struct mcpi_peer_listener {
    struct mcpi_peer_listener *next;
    mcpi_peer *peer;
    mcpi_peer_route route;
    uint32_t kinds;             /* of lists that it wants to hear of */
    uint32_t todo;              /* what has changed and is not told yet */
    mcpi_peer_subscription *subscriptions;
    mcp_doc id;                 /* of the request */
    size_t size;                /* of this, with the principal behind it; 0: it is a session's */
    bool dropped;               /* it hears nothing more, and goes when nobody is being told */
} mcpi_peer_listener;

/* One peer: what `initialize` agreed upon and, where its messages are lines in a stream of bytes, those
   that came in and those that are to go out. */
struct mcp_session {
    mcpi_peer *peer;
    mcp_session *next;
    bool closed;                /* in a callback, to go at its end */
    bool fed;                   /* in a callback, to be served at its end */
    int error;                  /* MCP_E_NOMEM; sticky */
    const mcpi_proto_revision *revision;    /* NULL before `initialize` */
    int log_level;              /* and more important ones are sent; -1: none */
    bool has_changes;           /* for it, or for a request whose messages are lines of it */
    mcpi_rpc_lines in;
    mcpi_rpc_queue out;
#ifndef MCP_NO_CHANGES
    mcpi_peer_listener listener;
#endif
    uint64_t ping_ms;           /* when the next ping is due; 0: not known yet */
    uint64_t num_requests;      /* of ours: pings and questions */
    uint32_t unanswered;        /* pings */
    const char *principal;
    mcp_doc hello;              /* its params */
};

/*-- Calls --*/

static bool mcpi_peer_is_task(const mcp_call *call)
{
#ifdef MCP_NO_TASKS
    (void)call;
    return false;
#else
    return call->task != NULL;
#endif
}

/* more: beyond the calls for messages, as a batch may take. */
static mcp_call *mcpi_peer_new_call(mcpi_peer *peer, uint32_t more)
{
    const mcp_server_desc *d = peer->desc;
    mcp_call *call = NULL;
    if (peer->num_calls <= d->max_calls + more)
        call = (mcp_call *)mcpi_base_resize(&d->alloc, NULL, 0, sizeof *call);
    if (!call) return NULL;
    memset(call, 0, sizeof *call);
    call->server = peer->server;
    call->peer = peer;
    call->index = peer->num_calls;
    call->doc.alloc = d->alloc;
    call->doc.max_depth = d->max_depth;
    call->doc.max_nodes = d->max_nodes;
    call->values.alloc = d->alloc;
    mcp_out_init(&call->out, d->max_reply);
    call->out.buf.alloc = d->alloc;
    mcp_buf_init(&call->scratch, d->alloc, d->max_reply);
    mcp_out_init(&call->data, d->max_reply);
    call->data.buf.alloc = d->alloc;
    mcp_out_init(&call->result_meta, d->max_reply);
    call->result_meta.buf.alloc = d->alloc;
    mcp_arena_init(&call->arena, d->alloc, d->max_scratch);
    mcp_out_init(&call->progress, d->max_reply);
    call->progress.buf.alloc = d->alloc;
    peer->calls[peer->num_calls++] = call;
    return call;
}

/* A call for a message; NULL if all of them wait, or without memory. */
static mcp_call *mcpi_peer_take_call(mcpi_peer *peer)
{
    mcp_call *call = peer->unused;
    if (!call) return mcpi_peer_new_call(peer, 0);
    peer->unused = call->next;
    return call;
}

/* Gives the memory of a call back. */
MCPI_NOINLINE void mcpi_peer_trim_call(mcp_call *call)
{
    mcp_doc_free(&call->doc);
    mcp_doc_free(&call->values);
    mcp_out_free(&call->out);
    mcp_buf_free(&call->scratch);
    mcp_out_free(&call->data);
    mcp_out_free(&call->progress);
    mcp_out_free(&call->result_meta);
    mcp_arena_free(&call->arena);
}

/* More than this is kept by the call that is used next only. */
#define MCPI_PEER_KEPT (16 * 1024)

static bool mcpi_peer_is_large(const mcp_call *call)
{
    return call->doc.copy_size + call->doc.cap_nodes * sizeof(mcp_node) + call->values.copy_size +
               call->out.buf.cap + call->scratch.cap + call->data.buf.cap + call->progress.buf.cap +
               call->result_meta.buf.cap +
               call->arena.held > MCPI_PEER_KEPT;
}

/* Gives back all memory that is kept for later. The session's, if it is given, was served just now, so the
   host holds no room of it. */
static void mcpi_peer_reclaim(mcpi_peer *peer, mcp_session *session)
{
    mcp_call *call;
    mcp_session *s;
    for (call = peer->unused; call; call = call->next) mcpi_peer_trim_call(call);
    for (s = peer->sessions; s; s = s->next)
        if (!mcpi_rpc_unsent(&s->out)) mcp_buf_free(&s->out.buf);
    if (session && session->in.start == session->in.buf.len) mcpi_rpc_lines_free(&session->in);
    mcp_out_free(&peer->note);
    peer->forget(peer);
    peer->short_of_memory = false;
}

static uint64_t mcpi_peer_now(const mcpi_peer *peer)
{
    return peer->desc->now_ms ? peer->desc->now_ms(peer->desc->user) : 0;
}

MCP_API const char *mcp_call_method(const mcp_call *call)
{
    const mcp_str method = call->message.method;
    return strlen(method.ptr) == method.len ? method.ptr : "";
}

MCP_API const char *mcp_call_name(const mcp_call *call)
{
    switch (call->scene) {
    case MCPI_PEER_TOOL:
    case MCPI_PEER_PROMPT: return mcp_json_cstr(call->name, NULL, "");
    case MCPI_PEER_RESOURCE: return call->uri.ptr ? call->uri.ptr : "";
    case MCPI_PEER_COMPLETION: return call->row ? mcpi_peer_key(call->row) : "";
    default: return "";
    }
}

MCP_API int mcp_call_code(const mcp_call *call)
{
    return call->code;
}

static const char *mcpi_peer_principal(const mcp_call *call)
{
    const mcp_session *session = call->route.session;
    if (call->principal) return call->principal;
    return session && session->principal ? session->principal : "";
}

/* A row that was removed goes with its last call. */
MCPI_NOINLINE void mcpi_peer_free_removed(mcpi_peer *peer, mcpi_peer_row *row)
{
    mcpi_peer_row **link = &peer->removed;
    while (*link && *link != row) link = &(*link)->next;
    if (!*link || row->calls) return;
    *link = row->next;
    if (peer->desc->on_removed) peer->desc->on_removed(peer->desc->user, row->row);
    if (row->added) mcpi_base_release(&peer->desc->alloc, row, sizeof *row);
}

static void mcpi_peer_use_row(mcp_call *call, mcpi_peer_row *row)
{
    call->row = row;
    row->calls++;
}

MCPI_INLINE void mcpi_peer_leave_row(mcp_call *call)
{
    mcpi_peer_row *row = call->row;
    call->row = NULL;
    if (row && --row->calls == 0 && call->peer->removed) mcpi_peer_free_removed(call->peer, row);
}

static void mcpi_peer_log(const mcp_server_desc *desc, int level, const char *text)
{
    if (desc->log) desc->log(desc->log_user ? desc->log_user : desc->user, level, text);
}

/* Tells the log of a request that took long. */
static void mcpi_peer_tell_slow(mcp_call *call, uint64_t took)
{
    char text[256];
    (void)mcpi_base_format(text, sizeof text, "slow: %llu ms for %s '%s' (mcp_server_desc.slow_ms)",
                           (unsigned long long)took, mcp_call_method(call), mcp_call_name(call));
    mcpi_peer_log(call->peer->desc, MCP_LOG_WARNING, text);
}

/* The request is over, and the call stands in no list: the host may do what it likes. */
MCPI_NOINLINE void mcpi_peer_tell_over(mcp_call *call)
{
    const mcp_server_desc *d = call->peer->desc;
    const uint64_t took = mcpi_peer_now(call->peer) - call->begun_ms;
    call->watched = false;
    if (mcpi_peer_is_task(call) || call->ours) call->peer->over(call);
    if (!call->outcome && call->code) call->outcome = MCP_E_PROTOCOL;
    if (d->slow_ms && took >= d->slow_ms) mcpi_peer_tell_slow(call, took);
    if (d->after) d->after(d->user, call, call->outcome, took);
}

static void mcpi_peer_release_call(mcp_call *call)
{
    mcpi_peer *peer = call->peer;
    if (call->watched) mcpi_peer_tell_over(call);
    if (MCPI_UNLIKELY(call->dialog)) peer->asking->end(call);
    mcpi_peer_leave_row(call);
    if (peer->unused && mcpi_peer_is_large(peer->unused)) mcpi_peer_trim_call(peer->unused);
    call->next = peer->unused;
    peer->unused = call;
    if (!peer->starved) return;
    peer->starved = false;
    peer->swept = false;
}

/* Whether a message could be served now. */
static bool mcpi_peer_has_call(const mcpi_peer *peer)
{
    return peer->unused || peer->num_calls <= peer->desc->max_calls;
}

/* What the tap does to sessions and the server waits: who sends is not done with them. */
static void mcpi_peer_tap(mcpi_peer *peer, mcp_session *session, int direction, const char *bytes, size_t len)
{
    if (!peer->desc->tap) return;
    peer->depth++;
    peer->desc->tap(peer->desc->user, session, direction, bytes, len);
    peer->depth--;
}

/* Remembers what becomes the reply in place of the handler's. The first reason stays. */
static void mcpi_peer_fail(mcp_call *call, int status)
{
    if (!call->failed) call->failed = status;
}

/* The same for what does not fit where it was called. */
static int mcpi_peer_misuse(mcp_call *call, const char *what)
{
    if (!call->failed) call->misused = what;
    mcpi_peer_fail(call, MCP_E_MISUSE);
    return MCP_E_MISUSE;
}

/* Notes that memory ran out, if that is what happened. */
static void mcpi_peer_note_status(mcp_call *call, int status)
{
    if (status == MCP_E_NOMEM) call->peer->short_of_memory = true;
}

/* Whether the session has agreed upon a revision with that feature. */
static bool mcpi_peer_agreed(const mcp_session *session, unsigned feature)
{
    return session && session->revision && (session->revision->features & feature);
}

/* Starts an error reply; everything written before is dropped. */
static void mcpi_peer_put_error(mcp_call *call, int code, mcp_str text)
{
    const bool null_id = mcpi_peer_agreed(call->route.session, MCPI_PROTO_NULL_ID);
    call->code = code;
    mcpi_rpc_put_error(&call->out, call->message.id, null_id, code, text);
}

static void mcpi_peer_error(mcp_call *call, int code, const char *text)
{
    mcpi_peer_put_error(call, code, mcpi_schema_str(text));
    mcpi_rpc_put_error_end(&call->out);
}

/*-- Batches. The call of the array collects the replies of its members, which are calls of their own: what
     they emit goes there, and nothing else tells them from others. What is not a reply takes the route of
     mcpi_peer_whole. --*/

static bool mcpi_peer_collect(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len,
                              bool last);
static int mcpi_peer_send(mcp_call *call);

static bool mcpi_peer_is_member(const mcp_call *call)
{
#ifdef MCP_NO_BATCH
    (void)call;
    return false;
#else
    return call->route.emit == mcpi_peer_collect;
#endif
}

/* The call whose stream takes what a call says: its own, but of a member or a task. */
static mcp_call *mcpi_peer_whole(mcp_call *call)
{
    return mcpi_peer_is_member(call) || (mcpi_peer_is_task(call) && call->batch) ? call->batch : call;
}

/* Room for an error that answers the member of that id, with its comma: so much is always kept, so that each
   member can be answered, whatever the others take. */
static size_t mcpi_peer_share(mcp_json id)
{
    return 192 + 6 * mcpi_rpc_id_text(id).len;
}

/* Makes the call, whose message is an array, one that collects. MCP_OK, or why there is no room for it. */
static int mcpi_peer_begin_batch(mcp_call *batch)
{
    mcp_json member = mcp_json_first(mcp_json_root(&batch->doc));
    mcpi_rpc_message m;
    batch->reserve = 2;         /* the end of the array, and of the text */
    for (; mcp_json_exists(member); member = mcp_json_next(member)) {
        (void)mcpi_rpc_read_member(&m, member);
        batch->reserve += mcpi_peer_share(m.id);
    }
    mcpi_rpc_begin(&batch->out);
    if (!mcp_buf_room(&batch->out.buf, batch->reserve + 1)) return batch->out.buf.error;
    mcpi_json_frame(&batch->out, "[");
    batch->code = 0;
    batch->members = 1;
    batch->peer->num_waiting++;
    return MCP_OK;
}

/* A call for a member: while a batch is served there is one more than for messages. NULL: none is free, or
   there is no memory. */
static mcp_call *mcpi_peer_take_member(mcpi_peer *peer)
{
    return peer->unused ? mcpi_peer_take_call(peer) : mcpi_peer_new_call(peer, 1);
}

/* Puts an error into the array, for which there is always room. */
static void mcpi_peer_refuse_member(mcp_call *batch, mcp_json id, const char *text)
{
    if (batch->out.buf.len > 1) mcpi_json_frame(&batch->out, ",");
    mcpi_rpc_add_error(&batch->out, id, true, MCPI_RPC_INTERNAL_ERROR, mcpi_schema_str(text));
    mcpi_rpc_put_error_end(&batch->out);
}

/* Puts the reply to the member of that id into the array, or why it cannot. */
static void mcpi_peer_add_reply(mcp_call *batch, mcp_json id, const char *bytes, size_t len)
{
    mcp_buf *buf = &batch->out.buf;
    if (mcp_buf_room(buf, len + 1 + batch->reserve)) {
        if (buf->len > 1) mcpi_json_frame(&batch->out, ",");
        mcpi_json_put_ours(&batch->out, bytes, len);
    } else {
        const int status = buf->error;
        buf->error = MCP_OK;
        mcpi_peer_note_status(batch, status);
        mcpi_peer_refuse_member(batch, id, status == MCP_E_NOMEM ? mcp_strerror(status)
                                : "the batch's replies are longer than mcp_server_desc.max_reply allows");
    }
}

/* One member less is under way, or no more will come. The last one sends the array, if anything is in it. */
static int mcpi_peer_leave_batch(mcp_call *batch)
{
    if (--batch->members) return MCP_WAIT;
    batch->peer->num_waiting--;
    if (batch->out.buf.len == 1) {
        mcpi_peer_release_call(batch);
        return MCP_OK;
    }
    mcpi_json_frame(&batch->out, "]");
    return mcpi_peer_send(batch);
}

/* Lets go of a call that is not answered. */
static void mcpi_peer_abandon(mcp_call *call)
{
    mcp_call *batch = mcpi_peer_is_member(call) ? call->batch : NULL;
    if (batch) batch->reserve -= mcpi_peer_share(call->message.id);
    mcpi_peer_release_call(call);
    if (batch) (void)mcpi_peer_leave_batch(batch);
}

/* The same for one that nobody waits for any more. */
static void mcpi_peer_drop_call(mcp_call *call)
{
    call->outcome = MCP_E_CLOSED;
    call->code = 0;
    mcpi_peer_abandon(call);
}

/* Takes the reply of a member. */
static bool mcpi_peer_collect(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len,
                              bool last)
{
    mcp_call *call = (mcp_call *)user, *batch = call->batch;
    (void)stream, (void)kind, (void)code, (void)last;
    batch->reserve -= mcpi_peer_share(call->message.id);
    mcpi_peer_add_reply(batch, call->message.id, bytes, len);
    (void)mcpi_peer_leave_batch(batch);
    return true;
}

/*-- Replies. One that is not taken waits in its call. --*/

static void mcpi_peer_begin_note(mcp_out *note, const char *method);

static bool mcpi_peer_emit(mcp_call *call, mcp_str text)
{
    const mcpi_peer_route *r = &call->route;
    const int kind = call->code ? MCP_EMIT_ERROR : MCP_EMIT_RESULT;
    return r->emit(r->user, r->stream, kind, call->code, text.ptr, text.len, true);
}

/* The reply was handed over: its call stands in no list any more, so the tap may do what it likes. */
MCPI_INLINE void mcpi_peer_emitted(mcp_call *call, mcp_str text)
{
    if (call->peer->desc->tap && !mcpi_peer_is_member(call) && !mcpi_peer_is_task(call))
        mcpi_peer_tap(call->peer, call->route.session, MCP_TAP_OUT, text.ptr, text.len);
    mcpi_peer_release_call(call);
}

/* Hands the finished reply over and lets go of the call. MCP_WAIT: it could not be taken yet. Anything else
   but MCP_OK: it could not be written, and the call is still there for another one. */
static int mcpi_peer_send(mcp_call *call)
{
    mcpi_peer *peer = call->peer;
    mcp_str text;
    int status = mcp_out_done(&call->out, &text);
    if (status != MCP_OK) return status;
    if (call->dropped || (call->route.session && call->route.session->closed)) {
        mcpi_peer_drop_call(call);
        return MCP_OK;
    }
    if (mcpi_peer_emit(call, text)) {
        mcpi_peer_emitted(call, text);
        return MCP_OK;
    }
    call->next = NULL;
    *peer->replied_end = call;
    peer->replied_end = &call->next;
    peer->num_waiting++;
    mcpi_peer_leave_row(call);      /* which has done its part, however slow the reader is */
    return MCP_WAIT;
}

static bool mcpi_peer_is_stream(mcp_call *call, const void *user, uint64_t stream)
{
    const mcpi_peer_route *route = &mcpi_peer_whole(call)->route;
    return route->user == user && route->stream == stream;
}

/* Takes a reply that waits from the list: the one that link leads to. */
static mcp_call *mcpi_peer_unlink(mcpi_peer *peer, mcp_call **link)
{
    mcp_call *call = *link;
    *link = call->next;
    if (peer->replied_end == &call->next) peer->replied_end = link;
    peer->num_waiting--;
    return call;
}

/* Hands over a notification, or another message that waits in no call. MCP_WAIT: it is not taken now;
   anything else but MCP_OK: it could not be written. */
static int mcpi_peer_emit_note(mcpi_peer *peer, const mcpi_peer_route *r, mcp_out *note, int kind)
{
    mcp_str text;
    const int status = mcp_out_done(note, &text);
    if (status == MCP_E_NOMEM) peer->short_of_memory = true;
    if (status != MCP_OK) return status;
    if (!r->emit(r->user, r->stream, kind, 0, text.ptr, text.len, kind == MCP_EMIT_RESULT)) return MCP_WAIT;
    mcpi_peer_tap(peer, r->session, MCP_TAP_OUT, text.ptr, text.len);
    return MCP_OK;
}

/* The same with a notification that belongs to a call. */
static int mcpi_peer_tell(mcp_call *call, mcp_out *note)
{
    return mcpi_peer_emit_note(call->peer, &mcpi_peer_whole(call)->route, note, MCP_EMIT_NOTIFICATION);
}

/* In 2025-11-25 all that a task says names it. */
static void mcpi_peer_put_related(mcp_out *out, const mcp_call *call)
{
    if (!mcpi_peer_is_task(call) || mcpi_proto_is_modern(call->revision)) return;
    mcpi_json_frame(out, ",\"_meta\":{\"" MCPI_PROTO_RELATED_TASK "\":{\"taskId\":");
    mcp_put_str(out, call->task);
    mcpi_json_frame(out, "}}");
}

/* Offers the newest progress of a call, and keeps it if it is not taken; that of a task can be looked up. */
static void mcpi_peer_emit_progress(mcp_call *call)
{
    call->has_progress = false;         /* the tap may make more */
    if (mcpi_peer_tell(call, &call->progress) == MCP_WAIT && !mcpi_peer_is_task(call))
        call->has_progress = call->peer->has_more = true;
}

/* A number for a call that waits. False: max_calls do already. */
static bool mcpi_peer_take_ref(mcp_call *call)
{
    mcpi_peer *peer = call->peer;
    if (peer->num_waiting >= peer->desc->max_calls) return false;
    peer->num_waiting++;
    call->ref = ++peer->num_refs << 16 | call->index;
    call->later = NULL;
    call->ours = false;
    return true;
}

/*-- Questions to the client. Before 2026-07-28 each is a request of ours, and the call waits for the answers;
     since then they are the result, and the client sends its request again with the answers. --*/

static mcpi_peer_dialog *mcpi_peer_begin_dialog(mcp_call *call)
{
    const mcp_server_desc *d = call->peer->desc;
    mcpi_peer_dialog *dialog = call->dialog;
    if (dialog) return dialog;
    dialog = (mcpi_peer_dialog *)mcpi_base_resize(&d->alloc, NULL, 0, sizeof *dialog);
    if (!dialog) return NULL;
    memset(dialog, 0, sizeof *dialog);
    dialog->end = &dialog->first;
    dialog->answers = mcpi_json_missing();
    mcp_buf_init(&dialog->state, d->alloc, d->max_state);
    call->dialog = dialog;
    return dialog;
}

static void mcpi_peer_end_dialog(mcp_call *call)
{
    const mcp_alloc *alloc = &call->peer->desc->alloc;
    mcpi_peer_dialog *dialog = call->dialog;
    call->dialog = NULL;
    while (dialog->first) {
        mcpi_peer_question *q = dialog->first;
        dialog->first = q->next;
        mcp_out_free(&q->text);
        mcp_doc_free(&q->doc);
        mcpi_base_release(alloc, q, q->size);
    }
    mcp_buf_free(&dialog->state);
    mcpi_base_release(alloc, dialog, sizeof *dialog);
}

static mcpi_peer_question *mcpi_peer_find_question(const mcpi_peer_dialog *dialog, mcp_str key)
{
    mcpi_peer_question *q = dialog->first;
    while (q && !mcpi_rpc_same(q->key, key)) q = q->next;
    return q;
}

/* A question that was not asked before. NULL without memory. */
static mcpi_peer_question *mcpi_peer_add_question(mcp_call *call, mcp_str key)
{
    const mcp_server_desc *d = call->peer->desc;
    const size_t size = sizeof(mcpi_peer_question) + key.len + 1;
    mcpi_peer_question *q = (mcpi_peer_question *)mcpi_base_resize(&d->alloc, NULL, 0, size);
    char *copy;
    if (!q) return NULL;
    memset(q, 0, size);
    copy = (char *)(q + 1);
    memcpy(copy, key.ptr, key.len);
    q->size = size;
    q->key.ptr = copy;
    q->key.len = key.len;
    q->answer = mcpi_json_missing();
    q->doc.alloc = d->alloc;
    q->doc.max_depth = d->max_depth;
    q->doc.max_nodes = d->max_nodes;
    mcp_out_init(&q->text, d->max_reply);
    q->text.buf.alloc = d->alloc;
    *call->dialog->end = q;
    call->dialog->end = &q->next;
    return q;
}

/* The next question that is open, from this one on. */
static mcpi_peer_question *mcpi_peer_open_question(mcpi_peer_question *q)
{
    while (q && !q->open) q = q->next;
    return q;
}

static bool mcpi_peer_has_open(const mcp_call *call)
{
    return call->dialog && mcpi_peer_open_question(call->dialog->first);
}

static bool mcpi_peer_waits(const mcp_call *call)
{
    return call->dialog && call->dialog->waits;
}

/* There will be no answer, for that reason. */
static void mcpi_peer_settle(mcpi_peer_question *q, int status)
{
    q->open = false;
    q->status = status;
}

/* Offers a question to the stream. False: it is not taken now. */
static bool mcpi_peer_emit_question(mcp_call *call, mcpi_peer_question *q)
{
    const mcpi_peer_route *r = &mcpi_peer_whole(call)->route;
    mcp_out *out = &call->peer->note;
    mcp_str text;
    int status;
    mcpi_rpc_begin(out);
    mcpi_json_frame(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    mcp_put_uint(out, q->id);
    mcpi_json_frame(out, ",");
    mcpi_json_put_ours(out, q->text.buf.ptr, q->text.buf.len);
    mcpi_json_frame(out, "}");
    status = mcp_out_done(out, &text);
    mcpi_peer_note_status(call, status);
    if (status != MCP_OK) return false;
    q->sent = r->emit(r->user, r->stream, MCP_EMIT_REQUEST, 0, text.ptr, text.len, false);
    if (q->sent) mcpi_peer_tap(call->peer, r->session, MCP_TAP_OUT, text.ptr, text.len);
    return q->sent;
}

/* Offers the questions that are not out yet. Those of a task wait until somebody waits for it. */
static void mcpi_peer_emit_questions(mcp_call *call)
{
    mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    if (mcpi_peer_is_task(call) && !call->batch) return;
    for (; q; q = mcpi_peer_open_question(q->next)) {
        if (q->sent || mcpi_peer_emit_question(call, q)) continue;
        call->peer->has_more = true;
        return;
    }
}

/* Tells the client that nobody waits for its answers any more. */
static void mcpi_peer_withdraw(mcp_call *call, mcpi_peer_question *q)
{
    mcp_out *note = &call->peer->note;
    if (!q->sent) return;
    q->sent = false;
    mcpi_peer_begin_note(note, "notifications/cancelled");
    mcpi_json_frame(note, ",\"params\":{\"requestId\":");
    mcp_put_uint(note, q->id);
    mcpi_peer_put_related(note, call);
    mcpi_json_frame(note, "}}");
    (void)mcpi_peer_tell(call, note);
}

static void mcpi_peer_withdraw_all(mcp_call *call)
{
    mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    if (mcpi_peer_whole(call)->dropped) return;     /* nobody is there to be told */
    for (; q; q = mcpi_peer_open_question(q->next)) mcpi_peer_withdraw(call, q);
}

/* The call goes on until the first of its questions has no time left. */
static void mcpi_peer_set_question_time(mcp_call *call)
{
    const mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    call->deadline_ms = 0;
    for (; q; q = mcpi_peer_open_question(q->next))
        if (q->deadline_ms && (!call->deadline_ms || q->deadline_ms < call->deadline_ms))
            call->deadline_ms = q->deadline_ms;
}

/* It is to go out, and its time runs. */
static void mcpi_peer_begin_question(mcp_call *call, mcpi_peer_question *q)
{
    const mcpi_peer *peer = call->peer;
    const bool timed = q->timeout_ms != MCP_NONE && peer->desc->now_ms;
    q->sent = false;
    q->times++;
    if (call->route.session) q->id = ++call->route.session->num_requests;
    q->deadline_ms = timed ? mcpi_peer_now(peer) + q->timeout_ms : 0;
}

/* The call waits for answers to its open questions. MCP_OK or MCP_E_BUSY. */
static int mcpi_peer_park(mcp_call *call)
{
    mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    if (!mcpi_peer_take_ref(call)) return MCP_E_BUSY;
    call->dialog->waits = true;
    for (; q; q = mcpi_peer_open_question(q->next)) mcpi_peer_begin_question(call, q);
    mcpi_peer_set_question_time(call);
    if (!mcpi_peer_is_task(call)) mcpi_peer_emit_questions(call);   /* a task first tells that it asks */
    return MCP_OK;
}

/* Takes its number back, and with it its place among those that wait. */
static void mcpi_peer_undefer(mcp_call *call)
{
    if (!call->ref) return;
    call->ref = 0;
    call->peer->num_waiting--;
    if (call->dialog) call->dialog->waits = call->dialog->late = false;
}

/* Ends the questions whose time is over. */
static void mcpi_peer_expire_questions(mcp_call *call, uint64_t now)
{
    mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    for (; q; q = mcpi_peer_open_question(q->next)) {
        if (!q->deadline_ms || q->deadline_ms > now) continue;
        mcpi_peer_withdraw(call, q);
        mcpi_peer_settle(q, MCP_E_TIMEOUT);
    }
    if (mcpi_peer_has_open(call)) mcpi_peer_set_question_time(call);
}

/* The question that the session was asked under that id, and its call; NULL if none waits for it. */
static mcpi_peer_question *mcpi_peer_find_asked(const mcpi_peer *peer, const mcp_session *session,
                                                mcp_json id, mcp_call **call)
{
    const mcp_str number = mcp_json_number(id, NULL);
    char text[MCPI_INT_SIZE];
    uint32_t i;
    for (i = 0; number.ptr && i < peer->num_calls; i++) {
        mcpi_peer_question *q;
        *call = peer->calls[i];
        if (!mcpi_peer_waits(*call) || (*call)->route.session != session) continue;
        q = mcpi_peer_open_question((*call)->dialog->first);
        for (; q; q = mcpi_peer_open_question(q->next))
            if (q->sent && mcpi_rpc_same(mcpi_base_uint_text(text, q->id), number)) return q;
    }
    return NULL;
}

/* Offers a stream the progress and the questions of its calls that wait. */
static void mcpi_peer_flush_more(mcpi_peer *peer, const void *user, uint64_t stream)
{
    uint32_t i;
    if (!peer->has_more) return;
    peer->has_more = false;
    for (i = 0; i < peer->num_calls; i++) {
        mcp_call *call = peer->calls[i];
        const bool asks = call->dialog && call->dialog->waits;
        const bool tells = call->has_progress && (call->ref || call->running);
        if (!asks && !tells) continue;
        if (!mcpi_peer_is_stream(call, user, stream)) {
            peer->has_more = true;
            continue;
        }
        if (tells) mcpi_peer_emit_progress(call);
        if (asks) peer->asking->emit(call);
    }
}

/* Offers a stream the replies that wait for it, in their order. */
static void mcpi_peer_flush(mcpi_peer *peer, const void *user, uint64_t stream)
{
    mcp_call **link = &peer->replied;
    while (*link) {
        mcp_call *call = *link;
        mcp_str text;
        if (!mcpi_peer_is_stream(call, user, stream)) {
            link = &call->next;
        } else {
            (void)mcp_out_done(&call->out, &text);
            if (!mcpi_peer_emit(call, text)) return;
            mcpi_peer_emitted(mcpi_peer_unlink(peer, link), text);
            link = &peer->replied;      /* the tap may have changed the list */
        }
    }
    mcpi_peer_flush_more(peer, user, stream);
}

/* Starts a notification, up to its params. */
static void mcpi_peer_begin_note(mcp_out *note, const char *method)
{
    mcp_out_reset(note);
    mcpi_json_frame(note, "{\"jsonrpc\":\"2.0\",\"method\":");
    mcp_put_str(note, method);
}

/*-- Listeners --*/

static bool mcpi_peer_emit_line(void *user, uint64_t stream, int kind, int code, const char *bytes,
                                size_t len, bool last);

#ifndef MCP_NO_CHANGES
static const char *mcpi_peer_uri(const mcpi_peer_subscription *subscription)
{
    return (const char *)(subscription + 1);
}

/* The link to the subscription to that resource, or to the end of them. */
static mcpi_peer_subscription **mcpi_peer_find_subscription(mcpi_peer_listener *listener, mcp_str uri)
{
    mcpi_peer_subscription **link = &listener->subscriptions;
    while (*link && !mcpi_rpc_same(mcpi_schema_str(mcpi_peer_uri(*link)), uri)) link = &(*link)->next;
    return link;
}

/* Whether anybody wants to hear of a resource. */
static bool mcpi_peer_is_watched(const mcpi_peer *peer, mcp_str uri)
{
    mcpi_peer_listener *l = peer->listeners;
    while (l && !*mcpi_peer_find_subscription(l, uri)) l = l->next;
    return l != NULL;
}

/* The number of subscriptions of a listener. */
static uint32_t mcpi_peer_count_subscriptions(const mcpi_peer_listener *listener)
{
    const mcpi_peer_subscription *subscription;
    uint32_t count = 0;
    for (subscription = listener->subscriptions; subscription; subscription = subscription->next) count++;
    return count;
}

/* Subscribes to what it has not subscribed to yet. False without memory. */
static bool mcpi_peer_subscribe(mcpi_peer_listener *listener, mcp_str uri)
{
    const mcp_server_desc *d = listener->peer->desc;
    const size_t size = sizeof(mcpi_peer_subscription) + uri.len + 1;
    const bool watched = mcpi_peer_is_watched(listener->peer, uri);
    mcpi_peer_subscription *subscription;
    subscription = (mcpi_peer_subscription *)mcpi_base_resize(&d->alloc, NULL, 0, size);
    if (!subscription) return false;
    memset(subscription, 0, sizeof *subscription);
    subscription->size = size;
    memcpy(subscription + 1, uri.ptr, uri.len + 1);
    *mcpi_peer_find_subscription(listener, uri) = subscription;
    if (!watched && d->on_subscribe) d->on_subscribe(d->user, mcpi_peer_uri(subscription), true);
    return true;
}

/* Ends the subscription that link leads to. */
static void mcpi_peer_unsubscribe(mcpi_peer_listener *listener, mcpi_peer_subscription **link)
{
    mcpi_peer *peer = listener->peer;
    const mcp_server_desc *d = peer->desc;
    mcpi_peer_subscription *subscription = *link;
    *link = subscription->next;
    if (d->on_subscribe && !mcpi_peer_is_watched(peer, mcpi_schema_str(mcpi_peer_uri(subscription))))
        d->on_subscribe(d->user, mcpi_peer_uri(subscription), false);
    mcpi_base_release(&d->alloc, subscription, subscription->size);
}

/* Puts a listener behind the others. */
static void mcpi_peer_append_listener(mcpi_peer *peer, mcpi_peer_listener *listener)
{
    mcpi_peer_listener **link = &peer->listeners;
    while (*link) link = &(*link)->next;
    *link = listener;
    listener->peer = peer;
}

/* Gives back the listeners that were dropped, unless somebody is being told. */
static void mcpi_peer_purge_listeners(mcpi_peer *peer)
{
    mcpi_peer_listener **link = &peer->listeners, *l;
    if (peer->telling) return;
    while ((l = *link) != NULL) {
        if (!l->dropped) {
            link = &l->next;
            continue;
        }
        *link = l->next;
        while (l->subscriptions) mcpi_peer_unsubscribe(l, &l->subscriptions);
        mcp_doc_free(&l->id);
        if (l->size) mcpi_base_release(&peer->desc->alloc, l, l->size);
        link = &peer->listeners;    /* the host may have changed the list */
    }
}

static void mcpi_peer_drop_listener(mcpi_peer_listener *l)
{
    l->dropped = true;
    mcpi_peer_purge_listeners(l->peer);
}

/* A listener for the request of a call; NULL without memory. */
static mcpi_peer_listener *mcpi_peer_listen(mcp_call *call)
{
    const char *principal = mcpi_peer_principal(call);
    const mcp_alloc *alloc = &call->peer->desc->alloc;
    const size_t len = strlen(principal) + 1;
    mcpi_peer_listener *l = (mcpi_peer_listener *)mcpi_base_resize(alloc, NULL, 0, sizeof *l + len);
    if (!l) return NULL;
    memset(l, 0, sizeof *l);
    memcpy(l + 1, principal, len);
    l->size = sizeof *l + len;
    l->route = call->route;
    l->id.alloc = *alloc;
    l->id.max_nodes = 1;
    mcpi_peer_append_listener(call->peer, l);
    if (mcp_json_clone(&l->id, call->message.id) == MCP_OK) return l;
    mcpi_peer_drop_listener(l);
    return NULL;
}

/* Whether the request of a call may become a listener: the server has fewer than it takes, and so has the
   session, or else the principal if it has a name. */
static bool mcpi_peer_may_listen(const mcp_call *call)
{
    const char *principal = mcpi_peer_principal(call);
    const mcp_session *session = call->route.session;
    const mcpi_peer_listener *l;
    uint32_t all = 0, own = 0;
    for (l = call->peer->listeners; l; l = l->next) {
        if (!l->size || l->dropped) continue;
        all++;
        if (session || l->route.session) own += session == l->route.session;
        else own += *principal && mcpi_base_same((const char *)(l + 1), principal);
    }
    return all < call->peer->desc->max_all_listens && own < call->peer->desc->max_listens;
}

/* Notes what a listener is to be told, unless it was told that this is the end. */
static void mcpi_peer_note_change(mcpi_peer_listener *l, uint32_t what)
{
    if (!what || (l->todo & (MCPI_PEER_END | MCPI_PEER_CANCEL))) return;
    l->todo |= what;
    if (l->route.emit == mcpi_peer_emit_line) l->route.session->has_changes = true;
    else l->peer->has_changes = true;
}

/* Ends the requests of that session, or of all if it is NULL, as soon as they were told what has changed.
   False: there are none. */
static bool mcpi_peer_end_listeners(mcpi_peer *peer, const mcp_session *session)
{
    mcpi_peer_listener *l;
    bool any = false;
    for (l = peer->listeners; l; l = l->next) {
        const bool lines = l->route.emit == mcpi_peer_emit_line;
        if (!l->size || l->dropped || (session && l->route.session != session)) continue;
        mcpi_peer_note_change(l, lines ? MCPI_PEER_END | MCPI_PEER_CANCEL : MCPI_PEER_END);
        any = true;
    }
    return any;
}

/* Drops those of a session or, if that is NULL, of a stream. */
static void mcpi_peer_drop_listeners(mcpi_peer *peer, const mcp_session *session, const void *user,
                                     uint64_t stream)
{
    mcpi_peer_listener *l;
    for (l = peer->listeners; l; l = l->next) {
        const mcpi_peer_route *r = &l->route;
        if (session ? r->session == session : r->user == user && r->stream == stream) l->dropped = true;
    }
    mcpi_peer_purge_listeners(peer);
}

static void mcpi_peer_drop_all_listeners(mcpi_peer *peer)
{
    mcpi_peer_listener *l;
    for (l = peer->listeners; l; l = l->next) l->dropped = l->size != 0;
    mcpi_peer_purge_listeners(peer);
}

/* The request of that id, or NULL; counts those that there are. */
static mcpi_peer_listener *mcpi_peer_find_listener(const mcpi_peer *peer, const mcp_session *session,
                                                   mcp_json id, uint32_t *count)
{
    mcpi_peer_listener *l, *found = NULL;
    for (l = peer->listeners; l; l = l->next) {
        if (l->dropped || l->route.session != session) continue;
        if (!mcpi_rpc_same_id(mcp_json_root(&l->id), id)) continue;
        found = l;
        ++*count;
    }
    return found;
}

/* What a session hears without asking, from the time that it has agreed upon a revision. */
static void mcpi_peer_reset_listener(mcp_session *session)
{
    mcpi_peer_listener *l = &session->listener;
    l->todo = 0;
    l->kinds = session->revision ? MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS : 0;
    while (l->subscriptions) mcpi_peer_unsubscribe(l, &l->subscriptions);
}

static void mcpi_peer_open_listener(mcp_session *session)
{
    session->listener.route.session = session;
    session->listener.route.emit = mcpi_peer_emit_line;
    session->listener.route.user = session;
    mcpi_peer_append_listener(session->peer, &session->listener);
}

/*-- What they are told. It is written when the output can take it: once, however often it has changed. --*/

/* In this order. */
static const struct {
    uint32_t what;
    const char *method, *key;
} mcpi_peer_notes[] = {
    { MCPI_PEER_ACKNOWLEDGE, "notifications/subscriptions/acknowledged", NULL },
    { MCP_TOOLS, "notifications/tools/list_changed", "toolsListChanged" },
    { MCP_RESOURCES, "notifications/resources/list_changed", "resourcesListChanged" },
    { MCP_PROMPTS, "notifications/prompts/list_changed", "promptsListChanged" },
    { MCP_CONTENTS, "notifications/resources/updated", NULL },
    { MCPI_PEER_END, NULL, NULL },
    { MCPI_PEER_CANCEL, "notifications/cancelled", NULL }
};

/* Adds the id of a request, under a key that is given with what stands around it. */
static void mcpi_peer_put_id(mcpi_peer_listener *l, const char *key)
{
    mcp_out *note = &l->peer->note;
    mcpi_json_put_ours(note, key, strlen(key));
    mcpi_rpc_add_id(note, mcp_json_root(&l->id));
}

/* Adds what a request hears of. */
static void mcpi_peer_put_granted(mcpi_peer_listener *l)
{
    mcp_out *note = &l->peer->note;
    mcpi_peer_subscription *subscription = l->subscriptions;
    size_t i;
    mcpi_json_frame(note, ",\"notifications\":");
    mcp_put_object(note);
    for (i = 0; i < MCP_COUNT(mcpi_peer_notes); i++) {
        if (!(l->kinds & mcpi_peer_notes[i].what)) continue;
        mcp_put_key(note, mcpi_peer_notes[i].key);
        mcp_put_bool(note, true);
    }
    if (subscription) {
        mcp_put_key(note, "resourceSubscriptions");
        mcp_put_array(note);
        for (; subscription; subscription = subscription->next)
            mcp_put_str(note, mcpi_peer_uri(subscription));
        mcp_put_end(note);
    }
    mcp_put_end(note);
}

/* Writes the result of a request, which says that it hears nothing more. */
static void mcpi_peer_put_last(mcpi_peer_listener *l)
{
    mcp_out *note = &l->peer->note;
    const mcp_buf *end = &l->peer->end.buf;
    mcpi_rpc_put_envelope(note, mcp_json_root(&l->id), false);
    mcpi_json_frame(note, ",\"result\":{");
    mcpi_json_put_ours(note, end->ptr + 1, end->len - 2);   /* its _meta is open again */
    mcpi_peer_put_id(l, ",\"" MCPI_PROTO_SUBSCRIPTION "\":");
    mcpi_json_frame(note, "}}}");
}

/* Writes one notification; of a request with its params, which name it. Spec: basic (_meta) */
static void mcpi_peer_put_note(mcpi_peer_listener *l, size_t i, const mcpi_peer_subscription *changed)
{
    mcp_out *note = &l->peer->note;
    const uint32_t what = mcpi_peer_notes[i].what;
    mcpi_peer_begin_note(note, mcpi_peer_notes[i].method);
    if (l->size) {
        mcpi_peer_put_id(l, ",\"params\":{\"_meta\":{\"" MCPI_PROTO_SUBSCRIPTION "\":");
        mcpi_json_frame(note, "}");
    } else if (changed) {
        mcpi_json_frame(note, ",\"params\":{");
    }
    if (what == MCPI_PEER_ACKNOWLEDGE) mcpi_peer_put_granted(l);
    if (what == MCPI_PEER_CANCEL) mcpi_peer_put_id(l, ",\"requestId\":");
    if (changed) {
        if (l->size) mcpi_json_frame(note, ",");
        mcpi_json_frame(note, "\"uri\":");
        mcp_put_str(note, mcpi_peer_uri(changed));
    }
    if (l->size || changed) mcpi_json_frame(note, "}");
    mcpi_json_frame(note, "}");
}

/* Hands over what was written. False: it is not taken now. What is longer than max_reply never is, and is
   lost. */
static bool mcpi_peer_hand_over(mcpi_peer_listener *l, int kind)
{
    const int status = mcpi_peer_emit_note(l->peer, &l->route, &l->peer->note, kind);
    return status != MCP_WAIT && status != MCP_E_NOMEM;
}

/* Tells all resources that have changed. False: some must wait. Spec: server/resources (subscriptions) */
static bool mcpi_peer_tell_updates(mcpi_peer_listener *l, size_t i)
{
    mcpi_peer_subscription *s;
    for (s = l->subscriptions; s && !l->dropped; s = s->next) {
        if (!s->changed) continue;
        mcpi_peer_put_note(l, i, s);
        if (!mcpi_peer_hand_over(l, MCP_EMIT_NOTIFICATION)) return false;
        s->changed = false;
    }
    return true;
}

/* Tells what is to be told, as far as it is taken. The end is told by a result; where messages are lines, by
   a cancellation too, as pages of the specification differ and clients wait for either.
   Spec: basic/patterns/subscriptions, basic/patterns/cancellation */
static void mcpi_peer_tell_listener(mcpi_peer_listener *l)
{
    bool taken = true;
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_peer_notes) && taken && !l->dropped; i++) {
        const uint32_t what = l->todo & mcpi_peer_notes[i].what;
        if (!what) continue;
        l->todo &= ~what;       /* the tap may make it change again */
        if (what == MCP_CONTENTS) {
            taken = mcpi_peer_tell_updates(l, i);
        } else {
            if (what == MCPI_PEER_END) mcpi_peer_put_last(l);
            else mcpi_peer_put_note(l, i, NULL);
            taken = mcpi_peer_hand_over(l, what == MCPI_PEER_END ? MCP_EMIT_RESULT : MCP_EMIT_NOTIFICATION);
        }
        if (!taken) l->todo |= what;
        else if (what >= MCPI_PEER_END && !l->todo) l->dropped = true;
    }
}

/* Tells those whose messages are lines of a session or, if that is NULL, no lines. True: some must wait. */
static bool mcpi_peer_tell_all(mcpi_peer *peer, const mcp_session *session)
{
    mcpi_peer_listener *l;
    bool waits = false;
    peer->telling++;
    peer->depth++;              /* as for the tap */
    for (l = peer->listeners; l; l = l->next) {
        const bool lines = l->route.emit == mcpi_peer_emit_line;
        if (!l->todo || l->dropped || (lines ? l->route.session != session : session != NULL)) continue;
        mcpi_peer_tell_listener(l);
        waits = waits || (l->todo && !l->dropped);
    }
    peer->telling--;
    mcpi_peer_purge_listeners(peer);
    peer->depth--;
    return waits;
}

/* The same for a session, where something was noted. */
static void mcpi_peer_tell_session(mcp_session *session)
{
    session->has_changes = false;
    if (mcpi_peer_tell_all(session->peer, session)) session->has_changes = true;
}

/* The same for all streams that are no session's. */
static void mcpi_peer_tell_streams(mcpi_peer *peer)
{
    if (!peer->has_changes) return;
    peer->has_changes = false;
    if (mcpi_peer_tell_all(peer, NULL)) peer->has_changes = true;
}

/* Starts to tell a listener that was made. MCP_OK, or why it cannot be. */
static int mcpi_peer_acknowledge(mcpi_peer_listener *l)
{
    mcp_str text;
    int status;
    mcpi_peer_put_note(l, 0, NULL);
    status = mcp_out_done(&l->peer->note, &text);
    if (status != MCP_OK) return status;
    mcpi_peer_note_change(l, MCPI_PEER_ACKNOWLEDGE);
    l->peer->telling++;
    mcpi_peer_tell_listener(l);
    l->peer->telling--;
    mcpi_peer_purge_listeners(l->peer);
    return MCP_OK;
}
#else
static void mcpi_peer_drop_listener(mcpi_peer_listener *l)
{
    (void)l;
}

static bool mcpi_peer_end_listeners(mcpi_peer *peer, const mcp_session *session)
{
    (void)peer, (void)session;
    return false;
}

static void mcpi_peer_drop_listeners(mcpi_peer *peer, const mcp_session *session, const void *user,
                                     uint64_t stream)
{
    (void)peer, (void)session, (void)user, (void)stream;
}

static void mcpi_peer_drop_all_listeners(mcpi_peer *peer)
{
    (void)peer;
}

static mcpi_peer_listener *mcpi_peer_find_listener(const mcpi_peer *peer, const mcp_session *session,
                                                   mcp_json id, uint32_t *count)
{
    (void)peer, (void)session, (void)id, (void)count;
    return NULL;
}

static void mcpi_peer_reset_listener(mcp_session *session)
{
    (void)session;
}

static void mcpi_peer_open_listener(mcp_session *session)
{
    (void)session;
}

static void mcpi_peer_tell_session(mcp_session *session)
{
    (void)session;
}

static void mcpi_peer_tell_streams(mcpi_peer *peer)
{
    (void)peer;
}
#endif

/*-- Deferred calls --*/

/* The call of that number, or NULL. */
static mcp_call *mcpi_peer_find(const mcpi_peer *peer, mcp_ref ref)
{
    const uint32_t index = (uint32_t)(ref & 0xffff);
    if (!ref || index >= peer->num_calls || peer->calls[index]->ref != ref) return NULL;
    return peer->calls[index];
}

/* timeout_ms: from now on; MCP_NONE: no limit. */
static void mcpi_peer_set_deadline(mcp_call *call, uint32_t timeout_ms)
{
    uint64_t now;
    call->deadline_ms = 0;
    if (timeout_ms == MCP_NONE || !call->peer->desc->now_ms) return;
    now = mcpi_peer_now(call->peer);
    call->timeout_ms = timeout_ms;
    call->deadline_ms = now + timeout_ms;
    call->latest_ms = now + (uint64_t)10 * timeout_ms;
}

/* timeout_ms: as above. */
static int mcpi_peer_defer(mcp_call *call, uint32_t timeout_ms)
{
    if (call->dropped) return MCP_E_CLOSED;
    if (call->ref) return MCP_WAIT;
    if (!call->running) return MCP_E_MISUSE;
    if (!mcpi_peer_take_ref(call)) return MCP_E_BUSY;
    mcpi_peer_set_deadline(call, timeout_ms);
    return MCP_WAIT;
}

#ifndef MCP_NO_FLOAT
/* A deferred call that makes progress gets new time, to a limit. */
static void mcpi_peer_extend(mcp_call *call)
{
    uint64_t later;
    if (!call->deadline_ms) return;
    later = mcpi_peer_now(call->peer) + call->timeout_ms;
    call->deadline_ms = later < call->latest_ms ? later : call->latest_ms;
}
#endif

/* Nobody waits for the call any more. While its handler runs, that ends first. */
static void mcpi_peer_cancel(mcp_call *call)
{
    const mcp_server_desc *d = call->peer->desc;
    const bool waits = mcpi_peer_waits(call);
    const bool known = !(waits && !call->dialog->late) && !call->ours;      /* to the host */
    const mcp_ref ref = known ? call->ref : 0;
    if (waits) call->peer->asking->withdraw(call);
    mcpi_peer_undefer(call);
    if (call->running) call->dropped = true;
    else mcpi_peer_drop_call(call);
    if (ref && d->on_cancel) d->on_cancel(d->user, ref);
}

/* Whether a call belongs to the session or, if that is NULL, to the stream, to which no task does. */
static bool mcpi_peer_belongs(mcp_call *call, const mcp_session *session, const void *user,
                              uint64_t stream)
{
    if (session) return call->route.session == session;
    return !mcpi_peer_is_task(call) && mcpi_peer_is_stream(call, user, stream);
}

/* Cancels the deferred and running calls of a session, or else of a stream. */
static void mcpi_peer_cancel_all(mcpi_peer *peer, const mcp_session *session, const void *user,
                                 uint64_t stream)
{
    uint32_t i;
    for (i = 0; i < peer->num_calls; i++) {
        mcp_call *call = peer->calls[i];
        if (!call->ref && !call->running && !call->members) continue;
        if (!mcpi_peer_belongs(call, session, user, stream)) continue;
        mcpi_peer_whole(call)->dropped = true;
        if (!call->members) mcpi_peer_cancel(call);     /* a batch ends with its last member */
    }
}

/* The same, and drops the replies that wait to be taken. */
static void mcpi_peer_drop(mcpi_peer *peer, const mcp_session *session, const void *user, uint64_t stream)
{
    mcp_call **link = &peer->replied;
    while (*link) {
        if (!mcpi_peer_belongs(*link, session, user, stream)) {
            link = &(*link)->next;
        } else {
            mcpi_peer_drop_call(mcpi_peer_unlink(peer, link));
            link = &peer->replied;      /* the host may have changed the list */
        }
    }
    mcpi_peer_cancel_all(peer, session, user, stream);
    mcpi_peer_drop_listeners(peer, session, user, stream);
}

/* Whether it has that id; a task was answered, and has none any more. */
static bool mcpi_peer_is_request(const mcp_call *call, const mcp_session *session, mcp_json id)
{
    if (mcpi_peer_is_task(call) || call->route.session != session) return false;
    return mcpi_rpc_same_id(call->message.id, id);
}

/* Cancels the request of that id, if the session has one and only one. A reply that could not be sent yet
   is dropped. Spec: basic/patterns/cancellation */
static void mcpi_peer_cancel_id(mcpi_peer *peer, const mcp_session *session, mcp_json id)
{
    mcp_call *found = NULL, **link, **waits = NULL;
    uint32_t i, count = 0;
    mcpi_peer_listener *listener = mcpi_peer_find_listener(peer, session, id, &count);
    for (i = 0; i < peer->num_calls; i++) {
        mcp_call *call = peer->calls[i];
        if ((!call->ref && !call->running) || !mcpi_peer_is_request(call, session, id)) continue;
        found = call;
        count++;
    }
    for (link = &peer->replied; *link; link = &(*link)->next) {
        if (!mcpi_peer_is_request(*link, session, id)) continue;
        waits = link;
        count++;
    }
    if (count != 1) return;
    if (listener) mcpi_peer_drop_listener(listener);
    else if (waits) mcpi_peer_drop_call(mcpi_peer_unlink(peer, waits));
    else mcpi_peer_cancel(found);
}

/* Ends the deferred calls whose time is over, and goes on with those whose next step is due. In a callback
   these wait: a step may do whatever a handler may. */
static void mcpi_peer_expire(mcpi_peer *peer)
{
    const uint64_t now = peer->num_waiting ? mcpi_peer_now(peer) : 0;
    uint32_t i;
    for (i = 0; peer->num_waiting && i < peer->num_calls; i++) {
        mcp_call *call = peer->calls[i];
        if (!call->ref || call->running) continue;
        if (call->deadline_ms && call->deadline_ms <= now) peer->expire(call);
        else if (call->later && call->later_ms <= now && peer->depth == 1) peer->go_on(call);
    }
}

/* Milliseconds from now to then; -1 for the end of time. */
static int mcpi_peer_ms_until(uint64_t then, uint64_t now)
{
    if (then == UINT64_MAX) return -1;
    if (then <= now) return 0;
    return then - now < 0x7fffffff ? (int)(then - now) : 0x7fffffff;
}

/* Milliseconds until the next call has to end or to go on, or -1. */
static int mcpi_peer_timeout(const mcpi_peer *peer)
{
    uint64_t next = UINT64_MAX;
    const mcp_session *s;
    uint32_t i;
    for (i = 0; peer->num_waiting && i < peer->num_calls; i++) {
        const mcp_call *call = peer->calls[i];
        if (!call->ref) continue;
        if (call->deadline_ms && call->deadline_ms < next) next = call->deadline_ms;
        if (call->later && call->later_ms < next) next = call->later_ms;
    }
    for (s = peer->desc->ping_ms ? peer->sessions : NULL; s; s = s->next)
        if (s->ping_ms && s->ping_ms < next) next = s->ping_ms;
    return mcpi_peer_ms_until(next, next == UINT64_MAX ? 0 : mcpi_peer_now(peer));
}

/*-- Requests of ours. A slot owns the text of its request until it is retired, which happens once. --*/

typedef struct mcpi_peer_request {
    struct mcpi_peer_request *next;     /* in flight, the oldest first, or unused */
    uint64_t ref;                       /* for its user */
    uint64_t id;                        /* on the wire; another in each round, and never used again */
    uint64_t deadline_ms;               /* 0: none */
    uint64_t latest_ms;                 /* that progress can move it to */
    double progress;                    /* the last that was told */
    bool sent;
    uint32_t rounds;                    /* of questions */
    uint32_t questions;                 /* that are not answered yet; until then it is not sent again */
    mcp_buf method;                     /* a C string */
    mcp_out params;                     /* an object */
    mcp_out answers;                    /* members of inputResponses */
    mcp_out state;                      /* requestState as it came, or empty */
    mcp_out trace;                      /* members of _meta, or empty */
    mcp_reply_fn done;
    void *user;
} mcpi_peer_request;

typedef struct mcpi_peer_requests {
    mcp_alloc alloc;
    size_t max_text;
    mcpi_peer_request *first, *last, *unused;
    uint32_t count, max;                /* in flight */
    uint64_t last_id;
} mcpi_peer_requests;

static mcpi_peer_request *mcpi_peer_new_request(mcpi_peer_requests *all)
{
    mcpi_peer_request *r = all->unused;
    if (r) {
        all->unused = r->next;
        return r;
    }
    r = (mcpi_peer_request *)mcpi_base_resize(&all->alloc, NULL, 0, sizeof *r);
    if (!r) return NULL;
    memset(r, 0, sizeof *r);
    mcp_buf_init(&r->method, all->alloc, all->max_text);
    mcp_out_init(&r->params, all->max_text);
    mcp_out_init(&r->answers, all->max_text);
    mcp_out_init(&r->state, all->max_text);
    mcp_out_init(&r->trace, all->max_text);
    r->params.buf.alloc = r->answers.buf.alloc = r->state.buf.alloc = r->trace.buf.alloc = all->alloc;
    return r;
}

/* A request that is not in flight yet, with empty params to write; NULL without memory or past the limit. */
static mcpi_peer_request *mcpi_peer_prepare(mcpi_peer_requests *all, const char *method)
{
    mcpi_peer_request *r = all->count < all->max ? mcpi_peer_new_request(all) : NULL;
    if (!r) return NULL;
    mcp_out_reset(&r->params);
    mcp_out_reset(&r->answers);
    mcp_out_reset(&r->state);
    if (r->trace.buf.len) mcp_out_reset(&r->trace);
    mcp_buf_reset(&r->method);
    r->sent = false;
    r->deadline_ms = 0;
    r->progress = -1;
    r->rounds = r->questions = 0;
    if (mcp_buf_add(&r->method, method, strlen(method) + 1)) return r;
    r->next = all->unused;
    all->unused = r;
    return NULL;
}

/* Puts it behind the others. */
static void mcpi_peer_launch(mcpi_peer_requests *all, mcpi_peer_request *r)
{
    r->next = NULL;
    r->ref = r->id = ++all->last_id;
    if (all->last) all->last->next = r;
    else all->first = r;
    all->last = r;
    all->count++;
}

/* Not launched after all, or taken from the list before. */
static void mcpi_peer_drop_request(mcpi_peer_requests *all, mcpi_peer_request *r)
{
    if (r->params.buf.cap > MCPI_PEER_KEPT) mcp_out_free(&r->params);
    if (r->answers.buf.cap > MCPI_PEER_KEPT) mcp_out_free(&r->answers);
    if (r->state.buf.cap > MCPI_PEER_KEPT) mcp_out_free(&r->state);
    if (r->trace.buf.cap > MCPI_PEER_KEPT) mcp_out_free(&r->trace);
    r->next = all->unused;
    all->unused = r;
}

static mcpi_peer_request *mcpi_peer_find_request(const mcpi_peer_requests *all, uint64_t id)
{
    mcpi_peer_request *r = all->first;
    while (r && r->id != id) r = r->next;
    return r;
}

static mcpi_peer_request *mcpi_peer_resume_request(const mcpi_peer_requests *all, mcp_ref ref)
{
    mcpi_peer_request *r = all->first;
    while (r && r->ref != ref) r = r->next;
    return r;
}

/* Takes it from the list: from now on an answer to it is a late one. */
static void mcpi_peer_retire(mcpi_peer_requests *all, mcpi_peer_request *r)
{
    mcpi_peer_request *before = NULL, *i;
    for (i = all->first; i != r; i = i->next) before = i;
    if (before) before->next = r->next;
    else all->first = r->next;
    if (all->last == r) all->last = before;
    all->count--;
}

/* The first whose time is over, or NULL. */
static mcpi_peer_request *mcpi_peer_overdue(const mcpi_peer_requests *all, uint64_t now)
{
    mcpi_peer_request *r = all->first;
    while (r && (!r->deadline_ms || r->deadline_ms > now)) r = r->next;
    return r;
}

/* Milliseconds until the next is, or -1. */
static int mcpi_peer_next_deadline(const mcpi_peer_requests *all, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    const mcpi_peer_request *r;
    for (r = all->first; r; r = r->next)
        if (r->deadline_ms && r->deadline_ms < next) next = r->deadline_ms;
    return mcpi_peer_ms_until(next, now);
}

static void mcpi_peer_free_requests(mcpi_peer_requests *all)
{
    while (all->unused) {
        mcpi_peer_request *r = all->unused;
        all->unused = r->next;
        mcp_buf_free(&r->method);
        mcp_out_free(&r->params);
        mcp_out_free(&r->answers);
        mcp_out_free(&r->state);
        mcp_out_free(&r->trace);
        mcpi_base_release(&all->alloc, r, sizeof *r);
    }
}

/*-- Sessions --*/

/* Whether calls of a session are in their handlers or deferred, or their replies wait. Tasks do not count. */
static bool mcpi_peer_is_at_work(const mcpi_peer *peer, const mcp_session *session)
{
    const mcp_call *call;
    uint32_t i;
    for (i = 0; i < peer->num_calls; i++) {
        call = peer->calls[i];
        if ((call->ref || call->running) && !mcpi_peer_is_task(call) && call->route.session == session)
            return true;
    }
    for (call = peer->replied; call; call = call->next)
        if (call->route.session == session) return true;
    return false;
}

/* Forgets what the client wanted to hear of. */
static void mcpi_peer_begin_anew(mcp_session *session)
{
    session->log_level = -1;
    mcpi_peer_reset_listener(session);
}

static mcp_session *mcpi_peer_open(mcpi_peer *peer)
{
    const mcp_server_desc *d = peer->desc;
    mcp_session *s = (mcp_session *)mcpi_base_resize(&d->alloc, NULL, 0, sizeof *s);
    if (!s) return NULL;
    memset(s, 0, sizeof *s);
    s->peer = peer;
    s->next = peer->sessions;
    peer->sessions = s;
    s->hello.alloc = d->alloc;
    s->hello.max_nodes = d->max_nodes;
    mcpi_peer_open_listener(s);
    mcpi_peer_begin_anew(s);
    mcpi_rpc_lines_init(&s->in, d->alloc, (size_t)d->max_message + 1);      /* it may end in \r\n */
    mcp_buf_init(&s->out.buf, d->alloc, (size_t)d->max_output + d->max_reply + 1);
    return s;
}

static void mcpi_peer_close(mcp_session *session)
{
    mcpi_peer *peer = session->peer;
    mcp_session **link = &peer->sessions;
    while (*link != session) link = &(*link)->next;
    *link = session->next;
    mcpi_peer_drop_listeners(peer, session, NULL, 0);
    mcp_doc_free(&session->hello);
    mcpi_rpc_lines_free(&session->in);
    mcp_buf_free(&session->out.buf);
    mcpi_base_release(&peer->desc->alloc, session, sizeof *session);
}

/* Lines are served while there is room for one more reply, whatever its size. */
static bool mcpi_peer_takes(const mcp_session *session)
{
    const mcpi_peer *peer = session->peer;
    return !session->error && !session->closed && !peer->destroyed &&
           mcpi_rpc_unsent(&session->out) < peer->desc->max_output;
}

/* Bytes are taken, unless lines that wait for a call fill the buffer. */
static bool mcpi_peer_reads(const mcp_session *session)
{
    return mcpi_peer_takes(session) && !mcpi_rpc_lines_full(&session->in);
}

/* A reply that could not be written would leave its client waiting for ever: the session is over. */
static int mcpi_peer_lose(mcp_session *session)
{
    if (session) session->error = MCP_E_NOMEM;
    return MCP_E_NOMEM;
}

/* Notifications leave half of what may wait to replies. */
static bool mcpi_peer_takes_notes(const mcp_session *session)
{
    return mcpi_peer_takes(session) && mcpi_rpc_unsent(&session->out) <= session->peer->desc->max_output / 2;
}

/* The replies and notifications of a session: one line each. */
static bool mcpi_peer_emit_line(void *user, uint64_t stream, int kind, int code, const char *bytes,
                                size_t len, bool last)
{
    mcp_session *s = (mcp_session *)user;
    (void)stream, (void)code, (void)last;
    if (kind == MCP_EMIT_NOTIFICATION ? !mcpi_peer_takes_notes(s) : !mcpi_peer_takes(s)) return false;
    if (mcpi_rpc_queue_line(&s->out, bytes, len)) return true;
    if (kind == MCP_EMIT_NOTIFICATION) return false;    /* the session goes on without it */
    mcpi_peer_reclaim(s->peer, NULL);
    if (mcpi_rpc_queue_line(&s->out, bytes, len)) return true;
    if (!mcpi_rpc_unsent(&s->out)) s->error = MCP_E_NOMEM;     /* else it waits until that was sent */
    return false;
}

/* The client has said something, be it a part of a long message. */
static void mcpi_peer_heard(mcp_session *session)
{
    session->unanswered = 0;
    session->ping_ms = 0;
}

static void mcpi_peer_serve_lines(mcp_session *session)
{
    mcpi_peer *peer = session->peer;
    mcp_delivery d;
    int found;

    memset(&d, 0, sizeof d);
    d.session = session;
    d.emit = mcpi_peer_emit_line;
    d.user = session;
    session->fed = false;
    while (mcpi_peer_takes(session)) {
        if (!mcpi_peer_has_call(peer)) {
            session->fed = peer->starved = true;
            break;
        }
        found = mcpi_rpc_next_line(&session->in, &d.bytes, &d.len);
        if (found == MCPI_RPC_NO_LINE) break;
        if (found == MCPI_RPC_LINE && mcpi_rpc_is_blank(d.bytes, d.len)) continue;
        (void)peer->deliver(peer, &d);
        if (peer->short_of_memory) mcpi_peer_reclaim(peer, session);
    }
}

/* Before and after what may call the host back: what the host does there to sessions and the server
   waits for the end. */
static void mcpi_peer_enter(mcpi_peer *peer)
{
    peer->depth++;
}

/* Does what waited. Only where the caller entered, and nobody before it. */
static void mcpi_peer_sweep(mcpi_peer *peer)
{
    mcp_session *s;
    while (!peer->swept) {      /* serving may leave more to do */
        peer->swept = true;
        for (s = peer->sessions; s; s = s->next) {
            if (s->closed) {
                mcpi_peer_close(s);
                peer->swept = false;
                break;
            }
            if (s->fed) mcpi_peer_serve_lines(s);
        }
    }
}

static void mcpi_peer_leave(mcpi_peer *peer)
{
    if (peer->depth == 1) mcpi_peer_sweep(peer);
    if (--peer->depth == 0 && peer->destroyed) peer->destroy(peer);
}

/* Serves what came, or leaves it to the end of the callback that we are in. The caller has entered. */
static void mcpi_peer_serve(mcp_session *session)
{
    if (session->peer->depth == 1) {
        mcpi_peer_serve_lines(session);
        return;
    }
    session->fed = true;
    session->peer->swept = false;
}

MCP_API void mcp_session_close(mcp_session *session)
{
    mcpi_peer *peer;
    if (!session || session->closed) return;
    peer = session->peer;
    session->closed = true;
    peer->swept = false;
    mcpi_peer_enter(peer);
    mcpi_peer_drop(peer, session, NULL, 0);
    peer->leave(peer, session);
    mcpi_peer_leave(peer);
}

MCP_API char *mcp_session_room(mcp_session *session, size_t want, size_t *size)
{
    char *room;
    *size = 0;
    if (!mcpi_peer_takes(session)) return NULL;
    room = mcpi_rpc_lines_room(&session->in, want, size);
    if (!room) session->error = MCP_E_NOMEM;
    return *size ? room : NULL;     /* none is left where much is fed in a callback */
}

MCP_API void mcp_session_fed(mcp_session *session, size_t len)
{
    mcpi_peer *peer = session->peer;
    mcpi_peer_enter(peer);
    if (len && session->ping_ms) mcpi_peer_heard(session);
    session->in.buf.len += len;
    mcpi_peer_serve(session);
    mcpi_peer_leave(peer);
}

MCP_API size_t mcp_session_feed(mcp_session *session, const void *bytes, size_t len)
{
    mcpi_peer *peer = session->peer;
    size_t taken = 0, size;
    mcpi_peer_enter(peer);      /* a handler that closes the session must not take it from us */
    while (taken < len) {
        char *room = mcp_session_room(session, len - taken, &size);
        if (!room) break;
        if (size > len - taken) size = len - taken;
        memcpy(room, (const char *)bytes + taken, size);
        taken += size;
        session->in.buf.len += size;
        mcpi_peer_serve(session);
    }
    if (taken && session->ping_ms) mcpi_peer_heard(session);
    mcpi_peer_leave(peer);
    return taken;
}

MCP_API const char *mcp_session_output(mcp_session *session, size_t *len)
{
    if (session->has_changes) mcpi_peer_tell_session(session);
    return mcpi_rpc_output(&session->out, len);
}

MCP_API void mcp_session_sent(mcp_session *session, size_t len)
{
    mcpi_peer *peer = session->peer;
    const bool took = mcpi_peer_takes(session);
    mcpi_rpc_sent(&session->out, len);
    if (took && peer->swept && !peer->replied && !peer->has_more) return;
    mcpi_peer_enter(peer);
    mcpi_peer_flush(peer, session, 0);
    if (mcpi_peer_takes(session)) mcpi_peer_serve(session);
    mcpi_peer_leave(peer);
}

MCP_API void mcp_session_set_principal(mcp_session *session, const char *principal)
{
    session->principal = principal;
}

MCP_API int mcp_session_status(const mcp_session *session)
{
    if (session->error) return session->error;
    return mcpi_peer_reads(session) ? MCP_OK : MCP_WAIT;
}

MCP_API bool mcp_session_busy(const mcp_session *session)
{
    return mcpi_rpc_unsent(&session->out) || session->has_changes || session->fed ||
           mcpi_peer_is_at_work(session->peer, session);
}

/*-- Pings, to sessions of the legacy era that are silent. Spec: 2025-11-25 basic/utilities/ping --*/

/* Asks a session whether it is still there, if it is time for that. */
static void mcpi_peer_ping(mcp_session *session, uint64_t now)
{
    mcpi_peer *peer = session->peer;
    const mcp_server_desc *d = peer->desc;
    const uint64_t due = session->ping_ms;
    mcp_str text;
    if (!session->revision || session->error || session->closed) return;
    if (!due || now >= due) session->ping_ms = now + d->ping_ms;
    if (!due || now < due) return;
    if (session->unanswered >= d->max_pings) {
        session->error = MCP_E_TIMEOUT;
        session->ping_ms = 0;
        return;
    }
    session->unanswered++;
    mcpi_peer_begin_note(&peer->note, "ping");
    mcpi_json_frame(&peer->note, ",\"id\":");
    mcp_put_uint(&peer->note, ++session->num_requests);
    mcpi_json_frame(&peer->note, "}");
    if (mcp_out_done(&peer->note, &text) != MCP_OK) return;
    if (!mcpi_rpc_queue_line(&session->out, text.ptr, text.len)) return;   /* but it counts as well */
    mcpi_peer_tap(peer, session, MCP_TAP_OUT, text.ptr, text.len);
}

static void mcpi_peer_ping_all(mcpi_peer *peer)
{
    const uint64_t now = peer->desc->ping_ms ? mcpi_peer_now(peer) : 0;
    mcp_session *s;
    for (s = peer->desc->ping_ms && peer->desc->now_ms ? peer->sessions : NULL; s; s = s->next)
        mcpi_peer_ping(s, now);
}

/*-- Carried state: what a call of 2026-07-28 remembers from round to round is carried by its client, in
     requestState. Base64url of a byte that tells the kind, and then
       1: the content, and HMAC-SHA256 of the kind, what the state is bound to, and the content
       2: what desc.seal_state makes of what it is bound to and the content
     The content is the time it expires (8 bytes, the highest first, as of all numbers), the round (4), the id
     (16), the user's bytes after their number (4); then for each question its digest (32), its key and its
     answer, each after the number of its bytes (4). --*/

enum { MCPI_PEER_SIGNED = 1, MCPI_PEER_ENCRYPTED = 2 };

/* A question of the call and, if it came, its answer. */
typedef struct mcpi_peer_asked {
    struct mcpi_peer_asked *next;
    mcp_str key;
    mcp_str answer;                             /* JSON, not NUL-terminated; ptr NULL: none yet */
    uint8_t question[MCP_SHA256_SIZE];          /* digest of it, as it was sent */
} mcpi_peer_asked;

typedef struct mcpi_peer_state {
    mcpi_peer_asked *asked;                     /* in order */
    mcp_str user;                               /* the handler's own bytes */
    uint8_t id[MCPI_PEER_ID];                   /* of the call, random */
    uint32_t round;
    uint64_t expires_ms;                        /* by mcpi_peer_state_now; 0: never */
} mcpi_peer_state;

/* Random bytes. False: there are none, so nothing can be sealed. */
static bool mcpi_peer_draw(const mcpi_peer *peer, void *out, size_t len)
{
    const mcp_server_desc *d = peer->desc;
    return d->random && d->random(d->user, out, len);
}

/* The clock of expires_ms; 0: there is none. */
static uint64_t mcpi_peer_state_now(const mcpi_peer *peer)
{
    const mcp_server_desc *d = peer->desc;
    return d->wall_ms ? d->wall_ms(d->user) : mcpi_peer_now(peer);
}

/* What comes next in a digest: its kind, and how much of it there is. */
static void mcpi_peer_bind_head(mcpi_base_sha256 *s, char kind, uint64_t count)
{
    uint8_t head[9];
    head[0] = (uint8_t)kind;
    mcpi_base_store_be64(head + 1, count);
    mcpi_base_sha256_add(s, head, sizeof head);
}

static void mcpi_peer_bind_text(mcpi_base_sha256 *s, char kind, const char *text, size_t len)
{
    mcpi_peer_bind_head(s, kind, len);
    mcpi_base_sha256_add(s, text, len);
}

/* A value as it was decoded, with everything in it, in its order: escapes and blanks make no difference. */
static void mcpi_peer_bind_value(mcpi_base_sha256 *s, mcp_json v)
{
    const mcp_node *node, *end;
    if (!v.doc) {
        mcpi_peer_bind_head(s, 'm', 0);
        return;
    }
    node = mcpi_json_node(v);
    for (end = mcpi_json_after(node); node < end; node++) {
        const uint32_t kind = mcpi_json_kind(node);
        if (kind >= MCPI_JSON_ARRAY) {
            node++;                             /* the second node of a container counts what is in it */
            mcpi_peer_bind_head(s, kind == MCPI_JSON_ARRAY ? 'a' : 'o', node->info);
        } else {
            const bool is_string = kind == MCPI_JSON_PLAIN || kind == MCPI_JSON_ESCAPED;
            mcpi_peer_bind_text(s, is_string ? 's' : 'l', v.doc->text + node->at, mcpi_json_length(node));
        }
    }
}

/* What the state of a call is good for: its method, name or URI and arguments, from whom, and this server.
   What changes from round to round, as _meta, is no part of it. */
static void mcpi_peer_bind_state(const mcp_call *call, uint8_t bound[MCP_SHA256_SIZE])
{
    static const char what[] = "mcp.h requestState";
    const char *principal = mcpi_peer_principal(call), *server = call->peer->desc->name;
    mcpi_base_sha256 s;
    mcpi_base_sha256_begin(&s);
    mcpi_base_sha256_add(&s, what, sizeof what);
    mcpi_peer_bind_text(&s, 's', server, strlen(server));
    mcpi_peer_bind_text(&s, 's', principal, strlen(principal));
    mcpi_peer_bind_text(&s, 's', call->message.method.ptr, call->message.method.len);
    if (call->scene == MCPI_PEER_RESOURCE) {    /* whose arguments are the variables in its URI */
        mcpi_peer_bind_text(&s, 'u', call->uri.ptr, call->uri.len);
    } else {
        mcpi_peer_bind_value(&s, call->name);
        mcpi_peer_bind_value(&s, call->args);
    }
    mcpi_base_sha256_end(&s, bound);
}

static void mcpi_peer_put_number(mcp_buf *buf, uint32_t value)
{
    uint8_t bytes[4];
    mcpi_base_store_be32(bytes, value);
    (void)mcp_buf_add(buf, bytes, sizeof bytes);
}

static void mcpi_peer_put_text(mcp_buf *buf, mcp_str text)
{
    mcpi_peer_put_number(buf, (uint32_t)text.len);      /* a text that is longer does not fit the buffer */
    (void)mcp_buf_add(buf, text.ptr, text.len);
}

static void mcpi_peer_put_content(mcp_buf *buf, const mcpi_peer_state *state)
{
    const mcpi_peer_asked *q;
    uint8_t expires[8];
    mcpi_base_store_be64(expires, state->expires_ms);
    (void)mcp_buf_add(buf, expires, sizeof expires);
    mcpi_peer_put_number(buf, state->round);
    (void)mcp_buf_add(buf, state->id, sizeof state->id);
    mcpi_peer_put_text(buf, state->user);
    for (q = state->asked; q; q = q->next) {
        (void)mcp_buf_add(buf, q->question, sizeof q->question);
        mcpi_peer_put_text(buf, q->key);
        mcpi_peer_put_text(buf, q->answer);
    }
}

/* The signature of a kind and the content behind it. */
static void mcpi_peer_sign(mcp_str key, const uint8_t *bound, const char *bytes, size_t len, uint8_t *out)
{
    mcpi_base_hmac mac;
    mcpi_base_hmac_begin(&mac, key.ptr, key.len);
    mcpi_base_sha256_add(&mac.inner, bytes, 1);
    mcpi_base_sha256_add(&mac.inner, bound, MCP_SHA256_SIZE);
    mcpi_base_sha256_add(&mac.inner, bytes + 1, len - 1);
    mcpi_base_hmac_end(&mac, out);
}

/* The key that signs; without bytes if there is none. */
static mcp_str mcpi_peer_state_key(mcpi_peer *peer)
{
    mcp_str key = { NULL, 0 };
    size_t i;
    for (i = 0; i < MCP_COUNT(peer->desc->state_keys); i++)
        if (peer->desc->state_keys[i].len) return peer->desc->state_keys[i];
    if (!peer->has_state_key)
        peer->has_state_key = mcpi_peer_draw(peer, peer->state_key, sizeof peer->state_key);
    if (!peer->has_state_key) return key;
    key.ptr = (const char *)peer->state_key;
    key.len = sizeof peer->state_key;
    return key;
}

static int mcpi_peer_seal_signed(mcpi_peer *peer, const uint8_t *bound, const mcpi_peer_state *state,
                                 mcp_buf *raw)
{
    const mcp_str key = mcpi_peer_state_key(peer);
    uint8_t mac[MCP_SHA256_SIZE];
    if (!key.len) return MCP_E_MISUSE;
    (void)mcp_buf_add(raw, "\1", 1);
    mcpi_peer_put_content(raw, state);
    if (raw->error) return raw->error;
    mcpi_peer_sign(key, bound, raw->ptr, raw->len, mac);
    (void)mcp_buf_add(raw, mac, sizeof mac);
    return raw->error;
}

/* What it is bound to is encrypted too, so that the host has nothing to do with it. */
static int mcpi_peer_seal_by_host(mcpi_peer *peer, const uint8_t *bound, const mcpi_peer_state *state,
                                  mcp_buf *raw)
{
    const mcp_server_desc *d = peer->desc;
    mcp_buf plain;
    int status;
    mcp_buf_init(&plain, d->alloc, d->max_state);
    (void)mcp_buf_add(&plain, bound, MCP_SHA256_SIZE);
    mcpi_peer_put_content(&plain, state);
    (void)mcp_buf_add(raw, "\2", 1);
    status = plain.error ? plain.error : raw->error;
    if (!status && !d->seal_state(d->user, plain.ptr, plain.len, raw)) status = MCP_E_MISUSE;
    mcp_buf_free(&plain);
    return raw->error ? raw->error : status;
}

/* Adds the text, with a NUL that does not count, to out. Returns MCP_OK; MCP_E_TOO_LONG past
   desc.max_state or the maximum of out; MCP_E_NOMEM; MCP_E_MISUSE: there is no key and no randomness, or
   the host failed. */
static int mcpi_peer_seal_state(mcpi_peer *peer, const uint8_t bound[MCP_SHA256_SIZE],
                                const mcpi_peer_state *state, mcp_buf *out)
{
    const mcp_server_desc *d = peer->desc;
    mcp_buf raw;
    size_t size;
    int status;
    mcp_buf_init(&raw, d->alloc, d->max_state);
    status = (d->seal_state ? mcpi_peer_seal_by_host : mcpi_peer_seal_signed)(peer, bound, state, &raw);
    size = MCP_BASE64URL_SIZE(raw.len);
    if (!status && size > d->max_state) status = MCP_E_TOO_LONG;
    if (!status && !mcp_buf_room(out, size + 1)) status = out->error;
    if (!status) out->len += mcp_base64url_encode(out->ptr + out->len, size + 1, raw.ptr, raw.len);
    mcp_buf_free(&raw);
    return status;
}

/* Takes len bytes off the front. Without so many all are taken, and ptr is NULL. */
static mcp_str mcpi_peer_take(mcp_str *bytes, size_t len)
{
    mcp_str taken = { NULL, 0 };
    if (len > bytes->len) {
        bytes->ptr = NULL;
        bytes->len = 0;
    } else if (bytes->ptr) {
        taken.ptr = bytes->ptr;
        taken.len = len;
        bytes->ptr += len;
        bytes->len -= len;
    }
    return taken;
}

static mcp_str mcpi_peer_take_text(mcp_str *bytes)
{
    const mcp_str len = mcpi_peer_take(bytes, 4);
    mcp_str text = mcpi_peer_take(bytes, len.ptr ? mcpi_base_load_be32((const uint8_t *)len.ptr) : 0);
    return text;
}

/* Reads the rest of a content, which is questions. */
static int mcpi_peer_read_asked(mcp_str bytes, mcp_arena *arena, mcpi_peer_asked **link)
{
    while (bytes.len) {
        const mcp_str question = mcpi_peer_take(&bytes, MCP_SHA256_SIZE);
        const mcp_str key = mcpi_peer_take_text(&bytes), answer = mcpi_peer_take_text(&bytes);
        mcpi_peer_asked *q;
        if (!bytes.ptr) return MCP_E_SYNTAX;
        q = (mcpi_peer_asked *)mcp_arena_get(arena, sizeof *q);
        if (!q) return MCP_E_NOMEM;
        memset(q, 0, sizeof *q);
        memcpy(q->question, question.ptr, sizeof q->question);
        q->key = key;
        if (answer.len) q->answer = answer;
        *link = q;
        link = &q->next;
    }
    return MCP_OK;
}

static int mcpi_peer_read_content(const mcpi_peer *peer, mcp_str bytes, mcp_arena *arena,
                                  mcpi_peer_state *state)
{
    const mcp_str head = mcpi_peer_take(&bytes, 12 + MCPI_PEER_ID), user = mcpi_peer_take_text(&bytes);
    if (!bytes.ptr) return MCP_E_SYNTAX;
    state->expires_ms = mcpi_base_load_be64((const uint8_t *)head.ptr);
    state->round = mcpi_base_load_be32((const uint8_t *)head.ptr + 8);
    memcpy(state->id, head.ptr + 12, sizeof state->id);
    if (user.len) state->user = user;
    if (state->expires_ms && mcpi_peer_state_now(peer) >= state->expires_ms) return MCP_E_TIMEOUT;
    return mcpi_peer_read_asked(bytes, arena, &state->asked);
}

/* Whether the signature that stands behind the text is of that key. */
static bool mcpi_peer_is_signed(mcp_str key, const uint8_t *bound, mcp_str text)
{
    uint8_t mac[MCP_SHA256_SIZE];
    if (!key.len) return false;
    mcpi_peer_sign(key, bound, text.ptr, text.len, mac);
    return mcpi_base_same_secret(mac, (const uint8_t *)text.ptr + text.len, sizeof mac);
}

/* Leaves the content. False if it is signed with none of our keys. */
static bool mcpi_peer_check_signed(mcpi_peer *peer, const uint8_t *bound, mcp_str *raw)
{
    const mcp_str *keys = peer->desc->state_keys;
    bool good;
    size_t i;
    if (raw->len < 1 + MCP_SHA256_SIZE || raw->ptr[0] != MCPI_PEER_SIGNED) return false;
    raw->len -= MCP_SHA256_SIZE;
    good = mcpi_peer_is_signed(mcpi_peer_state_key(peer), bound, *raw);
    for (i = 0; !good && i < MCP_COUNT(peer->desc->state_keys); i++)
        good = mcpi_peer_is_signed(keys[i], bound, *raw);
    (void)mcpi_peer_take(raw, 1);
    return good;
}

/* Decrypts into memory of the arena. */
static int mcpi_peer_open_by_host(const mcpi_peer *peer, const uint8_t *bound, mcp_str *raw, mcp_arena *arena)
{
    const mcp_server_desc *d = peer->desc;
    mcp_buf plain;
    mcp_str good;
    bool opened;
    if (!raw->len || raw->ptr[0] != MCPI_PEER_ENCRYPTED) return MCP_E_PROTOCOL;
    mcp_buf_init(&plain, mcp_arena_alloc(arena), d->max_state);
    opened = d->open_state(d->user, raw->ptr + 1, raw->len - 1, &plain);
    if (plain.error) return plain.error;
    raw->ptr = plain.ptr;
    raw->len = plain.len;
    good = mcpi_peer_take(raw, MCP_SHA256_SIZE);
    if (!opened || !good.ptr || !mcpi_base_same_secret((const uint8_t *)good.ptr, bound, MCP_SHA256_SIZE))
        return MCP_E_PROTOCOL;
    return MCP_OK;
}

static int mcpi_peer_unseal(mcpi_peer *peer, const uint8_t *bound, mcp_str raw, mcp_arena *arena,
                            mcpi_peer_state *state)
{
    int status = MCP_OK;
    if (peer->desc->open_state) status = mcpi_peer_open_by_host(peer, bound, &raw, arena);
    else if (!mcpi_peer_check_signed(peer, bound, &raw)) status = MCP_E_PROTOCOL;
    return status ? status : mcpi_peer_read_content(peer, raw, arena, state);
}

/* Opens the text in its own place, which is overwritten and where the state then stands, but for the list of
   questions and what the host has decrypted: these are in the arena. Returns MCP_OK, or with the state all
   zero MCP_E_TOO_LONG past desc.max_state; MCP_E_SYNTAX if it is no such text; MCP_E_PROTOCOL if it was not
   sealed by us, or for something else; MCP_E_TIMEOUT if it has expired; MCP_E_NOMEM. */
static int mcpi_peer_open_state(mcpi_peer *peer, const uint8_t bound[MCP_SHA256_SIZE], char *text, size_t len,
                                mcp_arena *arena, mcpi_peer_state *state)
{
    mcp_str raw;
    int status = len > peer->desc->max_state ? MCP_E_TOO_LONG : MCP_OK;
    memset(state, 0, sizeof *state);
    raw.ptr = text;
    if (!status) status = mcp_base64url_decode(text, len, &raw.len, text, len);
    if (!status) status = mcpi_peer_unseal(peer, bound, raw, arena, state);
    if (status) memset(state, 0, sizeof *state);
    return status;
}

/*-- All of it --*/

static size_t mcpi_peer_calls_size(const mcpi_peer *peer)
{
    return ((size_t)peer->desc->max_calls + 2) * sizeof *peer->calls;
}

/* Starts with all zeros. False without memory. */
static bool mcpi_peer_init(mcpi_peer *peer, mcp_server *server, const mcp_server_desc *desc)
{
    peer->server = server;
    peer->desc = desc;
    peer->replied_end = &peer->replied;
    peer->swept = true;
    mcp_out_init(&peer->note, desc->max_reply);
    peer->note.buf.alloc = desc->alloc;
    mcp_buf_init(&peer->acted, desc->alloc, MCPI_PEER_MAX_ACTED * sizeof(mcpi_peer_act));
    peer->calls = (mcp_call **)mcpi_base_resize(&desc->alloc, NULL, 0, mcpi_peer_calls_size(peer));
    return peer->calls != NULL;
}

/* Ends every session and call. */
static void mcpi_peer_free(mcpi_peer *peer)
{
    const mcp_alloc *alloc = &peer->desc->alloc;
    uint32_t i;
    peer->depth++;              /* whatever is closed in a callback is closed here */
    for (i = 0; i < peer->num_calls; i++) peer->calls[i]->dropped = true;
    for (i = 0; i < peer->num_calls; i++)
        if (peer->calls[i]->ref) mcpi_peer_cancel(peer->calls[i]);
    while (peer->replied) mcpi_peer_drop_call(mcpi_peer_unlink(peer, &peer->replied));
    mcpi_peer_drop_all_listeners(peer);
    while (peer->sessions) mcpi_peer_close(peer->sessions);
    for (i = 0; i < peer->num_calls; i++) {
        mcpi_peer_trim_call(peer->calls[i]);
        mcpi_base_release(alloc, peer->calls[i], sizeof *peer->calls[i]);
    }
    mcpi_base_release(alloc, peer->calls, mcpi_peer_calls_size(peer));
    mcp_out_free(&peer->note);
    mcp_buf_free(&peer->acted);
    mcp_out_free(&peer->end);
}

#endif /* MCP_LAYERS >= 6 */

/*==== 7 >>task  Calls that are tasks: one table, two dialects. ====================================*/
#if MCP_LAYERS >= 7
#ifndef MCP_NO_TASKS

/* A call that became a task stays as it is, but its route: its reply is kept here until the client asks for
   it. Two dialects: that of 2025-11-25, and since then the extension io.modelcontextprotocol/tasks. */

/* What a task does; the last three are final. */
enum { MCPI_TASK_WORKS, MCPI_TASK_ASKS, MCPI_TASK_COMPLETED, MCPI_TASK_FAILED, MCPI_TASK_CANCELLED };

/* Bytes: of an id before it is text, and then with a NUL; of a message. */
enum { MCPI_TASK_CHANCE = 16, MCPI_TASK_ID_SIZE = 2 * MCPI_TASK_CHANCE + 1, MCPI_TASK_MAX_MESSAGE = 256 };

typedef struct mcpi_task {
    struct mcpi_task *next;             /* the oldest first */
    struct mcpi_task_table *table;
    size_t size;                        /* of this, with the principal behind it */
    char id[MCPI_TASK_ID_SIZE];
    uint32_t number;                    /* grows with each task, for cursors */
    bool modern;                        /* its dialect */
    int status;
    mcp_session *session;               /* of its owner, as is the principal */
    uint64_t created_ms, updated_ms;    /* by the wall clock */
    uint64_t expires_ms;                /* by the other one; 0: never */
    uint32_t ttl_ms;                    /* MCP_NONE: for ever */
    mcp_call *call;                     /* that works for it, until it is over */
    mcp_buf message;                    /* of its status */
    mcp_buf outcome;                    /* the result, or with a code the error: an object */
    int code;
    const char *wrong;                  /* the message of the error, where that could not be kept */
} mcpi_task;

/* The tasks of a server. */
typedef struct mcpi_task_table {
    mcpi_peer *peer;
    mcpi_task *first;
    uint32_t count, next_number;
    void (*changed)(mcpi_task *task);   /* what >>server does when the status is another one */
} mcpi_task_table;

static bool mcpi_task_is_over(const mcpi_task *task)
{
    return task->status >= MCPI_TASK_COMPLETED;
}

/* Milliseconds since 1970 began, or by what clock there is. */
static uint64_t mcpi_task_wall(const mcpi_peer *peer)
{
    return peer->desc->wall_ms ? peer->desc->wall_ms(peer->desc->user) : mcpi_peer_now(peer);
}

/* Gives it a status. One that is over keeps what it has. */
static void mcpi_task_set(mcpi_task *task, int status)
{
    if (task->status == status || mcpi_task_is_over(task)) return;
    task->status = status;
    task->updated_ms = mcpi_task_wall(task->table->peer);
    if (mcpi_task_is_over(task)) mcp_buf_reset(&task->message);
    task->table->changed(task);
}

/* Ends it with an error of ours. */
static void mcpi_task_fail(mcpi_task *task, int status, const char *wrong)
{
    if (mcpi_task_is_over(task)) return;
    mcp_buf_free(&task->outcome);
    task->code = MCPI_RPC_INTERNAL_ERROR;
    task->wrong = wrong;
    mcpi_task_set(task, status);
}

#ifndef MCP_NO_FLOAT
/* What it is at, for people. */
static void mcpi_task_say(mcpi_task *task, const char *text)
{
    const size_t len = text ? strlen(text) : 0;
    const size_t kept = len > MCPI_TASK_MAX_MESSAGE ? mcpi_base_utf8_cut(text, MCPI_TASK_MAX_MESSAGE) : len;
    mcp_buf_reset(&task->message);
    (void)mcp_buf_add(&task->message, text, kept);
    task->updated_ms = mcpi_task_wall(task->table->peer);
}
#endif

/*-- What a call says that is a task --*/

/* Keeps the result or the error that stands in a reply. MCP_OK, or why it cannot. */
static int mcpi_task_keep(mcpi_task *task, int kind, const char *bytes, size_t len)
{
    const bool related = kind == MCP_EMIT_RESULT && !task->modern, has_meta = task->call->has_meta;
    const size_t member = kind == MCP_EMIT_RESULT ? sizeof ",\"result\":" - 1 : sizeof ",\"error\":" - 1;
    const size_t from = mcpi_rpc_scalar_end(bytes, sizeof "{\"jsonrpc\":\"2.0\",\"id\":" - 1, len) + member;
    const size_t open = related ? 1 + (size_t)has_meta : 0;     /* objects at its end that are left open */
    static const char meta[] = ",\"_meta\":{", key[] = "\"" MCPI_PROTO_RELATED_TASK "\":{\"taskId\":\"";
    mcp_buf *buf = &task->outcome;
    (void)mcp_buf_add(buf, bytes + from, len - 1 - open - from);
    if (related) {
        (void)mcp_buf_add(buf, meta, has_meta ? 1 : sizeof meta - 1);
        (void)mcp_buf_add(buf, key, sizeof key - 1);
        (void)mcp_buf_add(buf, task->id, sizeof task->id - 1);
        (void)mcp_buf_add(buf, "\"}}}", 4);
    }
    return buf->error;
}

/* In 2025-11-25 a task fails with its tool, later with the request only. */
static void mcpi_task_finish(mcpi_task *task, int kind, int code, const char *bytes, size_t len)
{
    const bool failed = kind == MCP_EMIT_ERROR || (!task->modern && task->call->is_error);
    const int status = mcpi_task_is_over(task) ? (int)MCP_OK : mcpi_task_keep(task, kind, bytes, len);
    mcpi_peer_note_status(task->call, status);
    if (status != MCP_OK) {
        mcpi_task_fail(task, MCPI_TASK_FAILED, status != MCP_E_TOO_LONG ? mcp_strerror(status)
                       : "the result is longer than mcp_server_desc.max_task_result allows");
        return;
    }
    task->code = code;
    mcpi_task_set(task, failed ? MCPI_TASK_FAILED : MCPI_TASK_COMPLETED);
}

/* Takes what a call emits that is a task. What is no reply goes to whoever waits for the result, or else to
   where a session's own messages go. */
static bool mcpi_task_collect(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len,
                              bool last)
{
    mcpi_task *task = (mcpi_task *)user;
    const mcpi_peer_route *reader = task && task->call->batch ? &task->call->batch->route : NULL;
    (void)stream;
    if (kind != MCP_EMIT_NOTIFICATION) {
        if (task) mcpi_task_finish(task, kind, code, bytes, len);       /* else it is forgotten */
        return true;
    }
    if (!task || task->modern || !task->session) return false;
    if (reader) return reader->emit(reader->user, reader->stream, kind, code, bytes, len, last);
    return mcpi_peer_emit_line(task->session, 0, kind, code, bytes, len, last);
}

/* The task that a call is, or NULL. */
static mcpi_task *mcpi_task_of(const mcp_call *call)
{
    return mcpi_peer_is_task(call) ? (mcpi_task *)call->route.user : NULL;
}

/*-- The table --*/

/* The link to a task, or to the end. */
static mcpi_task **mcpi_task_link(mcpi_task_table *table, const mcpi_task *task)
{
    mcpi_task **link = &table->first;
    while (*link && *link != task) link = &(*link)->next;
    return link;
}

/* Frees it. A call that still works for it does so for nobody. */
static void mcpi_task_free(mcpi_task *task)
{
    mcpi_task_table *table = task->table;
    mcpi_task **link = mcpi_task_link(table, task);
    *link = task->next;
    table->count--;
    if (task->call) {
        task->call->route.user = NULL;
        task->call->task = "";
    }
    mcp_buf_free(&task->message);
    mcp_buf_free(&task->outcome);
    mcpi_base_release(&table->peer->desc->alloc, task, task->size);
}

/* Whether a caller may know of it. */
static bool mcpi_task_is_of(const mcpi_task *task, const mcp_call *call)
{
    return task->modern == mcpi_proto_is_modern(call->revision) && task->session == call->route.session &&
           mcpi_base_same((const char *)(task + 1), mcpi_peer_principal(call));
}

/* The task of that id, if the caller may know of it; or NULL. */
static mcpi_task *mcpi_task_find(const mcpi_task_table *table, const mcp_call *call, mcp_str id)
{
    mcpi_task *task = table->first;
    if (id.len != MCPI_TASK_ID_SIZE - 1) return NULL;
    while (task && !(mcpi_base_same_secret((const uint8_t *)task->id, (const uint8_t *)id.ptr, id.len) &&
                     mcpi_task_is_of(task, call)))
        task = task->next;
    return task;
}

/* The next one that the caller may know of, from this one on. */
static mcpi_task *mcpi_task_next(mcpi_task *task, const mcp_call *call)
{
    while (task && !mcpi_task_is_of(task, call)) task = task->next;
    return task;
}

/* The first one whose time is over, or NULL. */
static mcpi_task *mcpi_task_overdue(const mcpi_task_table *table, uint64_t now)
{
    mcpi_task *task = table->first;
    while (task && (!task->expires_ms || task->expires_ms > now)) task = task->next;
    return task;
}

/* Ends and forgets those whose time is over. Whenever the host was told, the table may be another one. */
static void mcpi_task_expire(mcpi_task_table *table)
{
    const uint64_t now = table->first ? mcpi_peer_now(table->peer) : 0;
    mcpi_task *task;
    while ((task = mcpi_task_overdue(table, now)) != NULL) {
        mcp_call *const call = task->call;
        if (!mcpi_task_is_over(task))
            mcpi_task_fail(task, MCPI_TASK_FAILED, "its time is over (mcp_server_desc.task_ttl_ms)");
        else if (call && !call->dropped)
            mcpi_peer_cancel(call);
        else
            mcpi_task_free(task);
    }
}

/* Milliseconds until the next one's time is over, or -1. */
static int mcpi_task_timeout(const mcpi_task_table *table)
{
    uint64_t next = UINT64_MAX;
    const mcpi_task *task;
    for (task = table->first; task; task = task->next)
        if (task->expires_ms && task->expires_ms < next) next = task->expires_ms;
    return mcpi_peer_ms_until(next, next == UINT64_MAX ? 0 : mcpi_peer_now(table->peer));
}

/* Forgets all tasks of a session, or with NULL all there are. */
static void mcpi_task_leave(mcpi_task_table *table, const mcp_session *session)
{
    mcpi_task *task = table->first;
    while (task) {
        mcpi_task *const next = task->next;
        if (!session || task->session == session) mcpi_task_free(task);
        task = next;
    }
}

/* Room for one task more: of the caller's, the oldest goes that is over. */
static bool mcpi_task_has_room(mcpi_task_table *table, const mcp_call *call)
{
    mcpi_task *task;
    mcpi_task_expire(table);
    if (table->count < table->peer->desc->max_tasks) return true;
    task = mcpi_task_next(table->first, call);
    while (task && !mcpi_task_is_over(task)) task = mcpi_task_next(task->next, call);
    if (task) mcpi_task_free(task);
    return task != NULL;
}

/* An id that nobody can guess. False without chance. */
static bool mcpi_task_draw_id(const mcpi_peer *peer, char *id)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[MCPI_TASK_CHANCE];
    size_t i;
    if (!mcpi_peer_draw(peer, bytes, sizeof bytes)) return false;
    for (i = 0; i < sizeof bytes; i++) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
    id[2 * sizeof bytes] = 0;
    return true;
}

/* A new task of the caller's. NULL without memory. */
static mcpi_task *mcpi_task_add(mcpi_task_table *table, const mcp_call *call, const char *id, uint32_t ttl_ms)
{
    const mcpi_peer *peer = table->peer;
    const mcp_server_desc *d = peer->desc;
    const char *principal = mcpi_peer_principal(call);
    const size_t len = strlen(principal) + 1;
    mcpi_task *task = (mcpi_task *)mcpi_base_resize(&d->alloc, NULL, 0, sizeof *task + len);
    if (!task) return NULL;
    memset(task, 0, sizeof *task);
    memcpy(task + 1, principal, len);
    task->size = sizeof *task + len;
    task->table = table;
    task->modern = mcpi_proto_is_modern(call->revision);
    task->session = call->route.session;
    task->created_ms = task->updated_ms = mcpi_task_wall(peer);
    task->ttl_ms = d->now_ms ? ttl_ms : MCP_NONE;
    if (task->ttl_ms != MCP_NONE) task->expires_ms = mcpi_peer_now(peer) + ttl_ms;
    mcp_buf_init(&task->message, d->alloc, MCPI_TASK_MAX_MESSAGE);
    mcp_buf_init(&task->outcome, d->alloc, d->max_task_result);
    memcpy(task->id, id, sizeof task->id);
    task->number = table->next_number++;
    *mcpi_task_link(table, NULL) = task;
    table->count++;
    return task;
}

/* From here on the call works for the task. */
static void mcpi_task_take(mcpi_task *task, mcp_call *call)
{
    task->call = call;
    call->task = task->id;
    call->route.emit = mcpi_task_collect;
    call->route.user = task;
    call->batch = NULL;
    call->watched = true;
    call->outcome = MCP_OK;
    call->is_error = false;
}

/*-- As JSON --*/

static char *mcpi_task_put_digits(char *to, unsigned value, int count, char behind)
{
    int i;
    for (i = count; i-- > 0; value /= 10) to[i] = (char)('0' + value % 10);
    to[count] = behind;
    return to + count + 1;
}

/* A member with a time, as "2026-11-20T20:15:36.123Z". Days are counted from March on, so that what is odd
   about a year comes last. Spec: ISO 8601 */
static void mcpi_task_put_time(mcp_out *out, const char *key, uint64_t ms)
{
    const uint64_t last = 253402300799999u, at = ms < last ? ms : last;     /* of the year 9999 */
    const uint32_t seconds = (uint32_t)(at / 1000 % 86400), days = (uint32_t)(at / 86400000) + 719468;
    const uint32_t era = days / 146097, day_of_era = days % 146097;
    const uint32_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day = day_of_era - (365 * year + year / 4 - year / 100);
    const uint32_t month = (5 * day + 2) / 153;
    char text[25], *to = text;
    to = mcpi_task_put_digits(to, year + era * 400 + (month >= 10), 4, '-');
    to = mcpi_task_put_digits(to, month < 10 ? month + 3 : month - 9, 2, '-');
    to = mcpi_task_put_digits(to, day - (153 * month + 2) / 5 + 1, 2, 'T');
    to = mcpi_task_put_digits(to, seconds / 3600, 2, ':');
    to = mcpi_task_put_digits(to, seconds / 60 % 60, 2, ':');
    to = mcpi_task_put_digits(to, seconds % 60, 2, '.');
    to = mcpi_task_put_digits(to, (unsigned)(at % 1000), 3, 'Z');
    mcpi_json_put_ours(out, key, strlen(key));
    mcp_put_strn(out, text, (size_t)(to - text));
}

static void mcpi_task_put_number(mcp_out *out, const char *key, uint32_t value)
{
    mcpi_json_put_ours(out, key, strlen(key));
    if (value == MCP_NONE) mcpi_json_frame(out, "null");
    else mcp_put_uint(out, value);
}

/* Adds the members that every task has, without the braces. Spec: 2025-11-25 schema (Task), ext-tasks */
static void mcpi_task_put(mcp_out *out, const mcpi_task *task)
{
    static const char *const names[] = { "working", "input_required", "completed", "failed", "cancelled" };
    mcpi_json_frame(out, "\"taskId\":");
    mcp_put_str(out, task->id);
    mcpi_json_frame(out, ",\"status\":");
    mcp_put_str(out, names[task->status]);
    if (task->message.len) {
        mcpi_json_frame(out, ",\"statusMessage\":");
        mcp_put_strn(out, task->message.ptr, task->message.len);
    }
    mcpi_task_put_time(out, ",\"createdAt\":", task->created_ms);
    mcpi_task_put_time(out, ",\"lastUpdatedAt\":", task->updated_ms);
    mcpi_task_put_number(out, task->modern ? ",\"ttlMs\":" : ",\"ttl\":", task->ttl_ms);
    mcpi_task_put_number(out, task->modern ? ",\"pollIntervalMs\":" : ",\"pollInterval\":",
                         task->table->peer->desc->task_poll_ms);
}

/* Adds the result or error of a task that is over, under its key. */
static void mcpi_task_put_outcome(mcp_out *out, const mcpi_task *task)
{
    if (task->code) mcpi_json_frame(out, ",\"error\":");
    else mcpi_json_frame(out, ",\"result\":");
    if (!task->wrong) {
        mcpi_json_put_ours(out, task->outcome.ptr, task->outcome.len);
        return;
    }
    mcpi_json_frame(out, "{\"code\":");
    mcp_put_int(out, task->code);
    mcpi_json_frame(out, ",\"message\":");
    mcp_put_str(out, task->wrong);
    mcpi_json_frame(out, "}");
}

#endif
#endif /* MCP_LAYERS >= 7 */

/*==== 8 >>server  Registry and dispatch. ==========================================================*/
#if MCP_LAYERS >= 8

#include <stdio.h>

/* The rows of a kind as JSON, with commas between them, for one revision: any page is a piece of it. */
typedef struct mcpi_server_list {
    char *text;
    size_t size;        /* of its memory */
    size_t *ends;       /* of each row in the text; NULL: not made yet */
    size_t count;
} mcpi_server_list;

enum {
    MCPI_SERVER_TOOLS,
    MCPI_SERVER_RESOURCES,
    MCPI_SERVER_TEMPLATES,
    MCPI_SERVER_PROMPTS,
    MCPI_SERVER_METHODS,        /* of which there is no list */
    MCPI_SERVER_KINDS
};

/* The rows of a kind, in the order in which they came. */
typedef struct mcpi_server_rows {
    mcpi_peer_row *first, *last;
    uint32_t next_id;
#if !MCP_SMALL
    mcpi_server_list lists[MCP_COUNT(mcpi_proto_revisions)];
#endif
} mcpi_server_rows;

struct mcp_server {
    mcp_server_desc desc;
    mcpi_peer peer;
    mcpi_server_rows rows[MCPI_SERVER_KINDS];
    mcpi_peer_row *table;       /* those of the desc */
    size_t table_size;
    bool stopped;               /* mcp_stdio_stop was called */
#ifndef MCP_NO_TASKS
    mcpi_task_table tasks;
#endif
};

/*-- Making one --*/

static void mcpi_server_log(const mcp_server_desc *desc, int level, const char *text)
{
    mcpi_peer_log(desc, level, text);
}

/* Spec: server/tools (tool names) */
static bool mcpi_server_is_tool_name(const char *name)
{
    const mcp_str text = mcpi_schema_str(name ? name : "");
    return text.len && text.len <= 128 && mcpi_base_is_made_of(text, "_-.");
}

/* Whether a schema given as JSON is an object, which all of them are. */
static bool mcpi_server_is_schema(mcp_doc *doc, const char *json)
{
    return !json || mcp_json_type(mcpi_schema_literal(doc, json)) == MCP_JSON_OBJECT;
}

static bool mcpi_server_has_scheme(const char *uri, const char *scheme)
{
    const size_t len = strcspn(uri, ":");
    return uri[len] && len == strlen(scheme) && !memcmp(uri, scheme, len);
}

/* What is wrong with a table of icons, or NULL. Spec: basic (icons) */
static const char *mcpi_server_wrong_icons(const mcp_icon *icons)
{
    for (; icons && icons->src; icons++) {
        if (!mcpi_server_has_scheme(icons->src, "https") && !mcpi_server_has_scheme(icons->src, "data"))
            return "the src of an icon must start with https: or data:";
        if (icons->theme && !mcpi_base_same(icons->theme, "light") && !mcpi_base_same(icons->theme, "dark"))
            return "the theme of an icon must be \"light\", \"dark\" or NULL";
    }
    return NULL;
}

/*-- Rows: what is wrong with them --*/

MCPI_INLINE mcpi_peer_row *mcpi_server_find_key(const mcpi_server_rows *rows, const char *key)
{
    mcpi_peer_row *row = rows->first;
    while (row && !mcpi_base_same(mcpi_peer_key(row), key)) row = row->next;
    return row;
}

/* What is wrong with a tool's row, or NULL. */
static const char *mcpi_server_wrong_tool(mcp_doc *doc, const mcp_tool *tool)
{
    if (!mcpi_server_is_tool_name(tool->name)) return "name must be 1 to 128 of A-Z a-z 0-9 _ - .";
    if (!tool->fn) return "fn is NULL";
    if (!mcpi_server_is_schema(doc, tool->input_schema)) return "input_schema is not a JSON object";
    if (!mcpi_server_is_schema(doc, tool->output_schema)) return "output_schema is not a JSON object";
    if (!mcpi_server_is_schema(doc, tool->meta)) return "meta is not a JSON object";
#ifdef MCP_NO_TASKS
    if (tool->flags & MCP_TASK_ONLY) return "MCP_TASK_ONLY is left out of this build: MCP_NO_TASKS";
#endif
    return mcpi_server_wrong_icons(tool->icons);
}

static bool mcpi_server_is_template(const char *uri)
{
    return uri[strcspn(uri, "{")] != 0;
}

/* Whether it starts with a scheme, which a template may leave to a variable. Spec: RFC 3986, 3.1 */
static bool mcpi_server_is_uri(const char *uri)
{
    const char *c = uri;
    if (!uri || *uri == '{') return uri != NULL;
    while (mcpi_base_is_alnum(*c) || mcpi_base_is_one_of(*c, "+-.")) c++;
    return *c == ':' && (*uri | 32) >= 'a' && (*uri | 32) <= 'z';
}

/* Whether it is a number from 0 to 1, told without floating point. */
static bool mcpi_server_is_priority(mcp_doc *doc, const char *text)
{
    if (!mcp_json_number(mcpi_schema_literal(doc, text), NULL).ptr || text[strcspn(text, "eE")]) return false;
    return *text == '0' || mcpi_base_same(text, "1") || mcpi_base_same(text, "1.0");
}

/* What is wrong with annotations, or NULL. */
static const char *mcpi_server_wrong_annotations(mcp_doc *doc, const mcp_annotations *a)
{
    mcp_str role;
    if (!a) return NULL;
    for (role.ptr = a->audience; role.ptr; role.ptr = mcpi_schema_next_choice(role.ptr)) {
        role.len = mcpi_schema_choice(role.ptr);
        if (!mcpi_schema_is_choice("user|assistant", role))
            return "the audience of annotations must be of user|assistant";
    }
    if (a->priority && !mcpi_server_is_priority(doc, a->priority))
        return "the priority of annotations must be from 0 to 1";
    return NULL;
}

static const char *mcpi_server_wrong_resource(mcp_doc *doc, const mcp_resource *resource)
{
    const char *wrong;
    if (!mcpi_server_is_uri(resource->uri)) return "uri must start with a scheme";
    if (!resource->name) return "name is NULL";
    if (!mcpi_server_is_schema(doc, resource->meta)) return "meta is not a JSON object";
    wrong = mcp_uri_error(resource->uri);
    if (!wrong) wrong = mcpi_server_wrong_annotations(doc, resource->annotations);
    if (wrong) return wrong;
    if (mcpi_server_is_template(resource->uri) && !resource->fn) return "fn of a template is NULL";
    if (!resource->fn && !resource->contents) return "fn and contents are NULL";
    if (!resource->fn && !(resource->flags & MCP_BYTES) &&
        !mcp_utf8_valid((const char *)resource->contents, resource->size))
        return "contents are not UTF-8: set MCP_BYTES";
    return mcpi_server_wrong_icons(resource->icons);
}

static const char *mcpi_server_wrong_prompt(mcp_doc *doc, const mcp_prompt *prompt)
{
    const mcp_field *f;
    if (!prompt->name || !*prompt->name) return "name is empty";
    if (!mcp_utf8_valid(prompt->name, strlen(prompt->name))) return "name is not UTF-8";
    if (!prompt->fn) return "fn is NULL";
    if (!mcpi_server_is_schema(doc, prompt->meta)) return "meta is not a JSON object";
    for (f = prompt->args; f && f->name; f++)
        if (mcpi_schema_type(f) != MCP_STRING || (f->type & (MCP_LIST | MCP_HEADER)))
            return "arguments must be strings, and are no headers";
    return mcpi_server_wrong_icons(prompt->icons);
}

/* Whether a name is the protocol's, or JSON-RPC's, or may become theirs. */
static bool mcpi_server_is_reserved(const char *name)
{
    static const char *const prefixes[] = { "tools/", "resources/", "prompts/", "completion/", "logging/",
                                            "tasks/", "server/", "subscriptions/", "roots/", "sampling/",
                                            "elicitation/", "notifications/", "rpc." };
    size_t i;
    for (i = 0; i < MCP_COUNT(prefixes); i++) {
        const size_t len = strlen(prefixes[i]);
        if (strlen(name) >= len && !memcmp(name, prefixes[i], len)) return true;
    }
    return mcpi_base_same(name, "initialize") || mcpi_base_same(name, "ping");
}

static const char *mcpi_server_wrong_method(const mcp_method *method)
{
    if (!method->name || !*method->name) return "name is empty";
    if (mcpi_server_is_reserved(method->name)) return "name is the protocol's: take a prefix of your own";
    return method->fn ? NULL : "fn is NULL";
}

/* Tells what to mend in a row of the desc, or one that is added, as "mcp_tool 'say': fn is NULL"; field: the
   one of its fields that is wrong, or NULL. */
static bool mcpi_server_refuse_field(const mcp_server *s, const char *type, const char *key,
                                     const char *field, const char *wrong)
{
    char text[256];
    (void)mcpi_base_format(text, sizeof text, field ? "%s '%s': field '%s': %s" : "%s '%s'%s: %s", type,
                           key ? key : "", field ? field : "", wrong);
    mcpi_server_log(&s->desc, MCP_LOG_ERROR, text);
    return false;
}

static bool mcpi_server_refuse_row(const mcp_server *s, const char *type, const char *key, const char *wrong)
{
    return mcpi_server_refuse_field(s, type, key, NULL, wrong);
}

/* The field of that name; NULL if there is none. */
static const mcp_field *mcpi_server_field(const mcp_field *fields, const char *name)
{
    const mcp_field *f = fields;
    while (f && f->name && !mcpi_base_same(f->name, name)) f++;
    return f && f->name ? f : NULL;
}

/* Checks the fields of a row: arguments, or what a tool gives back, which may be the same. */
static bool mcpi_server_check_fields(mcp_server *s, mcp_doc *doc, const char *type, const char *key,
                                     const mcp_field *fields)
{
    const mcp_field *f;
    for (f = fields; f && f->name; f++) {
        const char *wrong = mcpi_schema_wrong(doc, f);
        if (!wrong && mcpi_server_field(fields, f->name) != f) wrong = "has the name of an earlier one";
        if (!wrong) wrong = mcpi_schema_wrong_header(fields, f);
        if (wrong) return mcpi_server_refuse_field(s, type, key, f->name, wrong);
    }
    return true;
}

static bool mcpi_server_check_tool(mcp_server *s, mcp_doc *doc, const mcp_tool *tool)
{
    const char *wrong = mcpi_server_wrong_tool(doc, tool);
    if (!wrong && mcpi_server_find_key(&s->rows[MCPI_SERVER_TOOLS], tool->name))
        wrong = "name is taken by an earlier row";
    if (wrong) return mcpi_server_refuse_row(s, "mcp_tool", tool->name, wrong);
    return mcpi_server_check_fields(s, doc, "mcp_tool", tool->name, tool->args) &&
           mcpi_server_check_fields(s, doc, "mcp_tool", tool->name, tool->result);
}

static int mcpi_server_uri_kind(const char *uri)
{
    return mcpi_server_is_template(uri) ? MCPI_SERVER_TEMPLATES : MCPI_SERVER_RESOURCES;
}

static bool mcpi_server_check_resource(mcp_server *s, mcp_doc *doc, const mcp_resource *resource)
{
#ifdef MCP_NO_RESOURCES
    (void)doc;
    return mcpi_server_refuse_row(s, "mcp_resource", resource->uri,
                                  "left out of this build: MCP_NO_RESOURCES");
#else
    const char *wrong = mcpi_server_wrong_resource(doc, resource);
    if (!wrong && mcpi_server_find_key(&s->rows[mcpi_server_uri_kind(resource->uri)], resource->uri))
        wrong = "uri is taken by an earlier row";
    return !wrong || mcpi_server_refuse_row(s, "mcp_resource", resource->uri, wrong);
#endif
}

static bool mcpi_server_check_prompt(mcp_server *s, mcp_doc *doc, const mcp_prompt *prompt)
{
#ifdef MCP_NO_PROMPTS
    (void)doc;
    return mcpi_server_refuse_row(s, "mcp_prompt", prompt->name, "left out of this build: MCP_NO_PROMPTS");
#else
    const char *wrong = mcpi_server_wrong_prompt(doc, prompt);
    if (!wrong && mcpi_server_find_key(&s->rows[MCPI_SERVER_PROMPTS], prompt->name))
        wrong = "name is taken by an earlier row";
    if (wrong) return mcpi_server_refuse_row(s, "mcp_prompt", prompt->name, wrong);
    return mcpi_server_check_fields(s, doc, "mcp_prompt", prompt->name, prompt->args);
#endif
}

static bool mcpi_server_check_method(mcp_server *s, mcp_doc *doc, const mcp_method *method)
{
#ifdef MCP_NO_METHODS
    (void)doc;
    return mcpi_server_refuse_row(s, "mcp_method", method->name, "left out of this build: MCP_NO_METHODS");
#else
    const char *wrong = mcpi_server_wrong_method(method);
    if (!wrong && mcpi_server_find_key(&s->rows[MCPI_SERVER_METHODS], method->name))
        wrong = "name is taken by an earlier row";
    if (wrong) return mcpi_server_refuse_row(s, "mcp_method", method->name, wrong);
    return mcpi_server_check_fields(s, doc, "mcp_method", method->name, method->args) &&
           mcpi_server_check_fields(s, doc, "mcp_method", method->name, method->result);
#endif
}

/*-- Rows: the registry --*/

/* What the results of a row may have of text. */
static uint32_t mcpi_server_max_text(const mcp_server *s, int kind, const void *row)
{
    const uint32_t own = kind == MCPI_SERVER_TOOLS ? ((const mcp_tool *)row)->max_text : (uint32_t)MCP_NONE;
    return own ? own : s->desc.max_text;
}

/* Puts a row behind the others of its kind. */
static void mcpi_server_append_row(mcp_server *s, int kind, mcpi_peer_row *entry, const void *row, void *user)
{
    mcpi_server_rows *rows = &s->rows[kind];
    entry->row = row;
    entry->user = user;
    entry->max_text = mcpi_server_max_text(s, kind, row);
    entry->id = rows->next_id++;
    if (rows->last) rows->last->next = entry;
    else rows->first = entry;
    rows->last = entry;
}

/* Checks the tables of the desc and takes their rows. */
static bool mcpi_server_take_tables(mcp_server *s, mcp_doc *doc)
{
    const mcp_server_desc *d = &s->desc;
    mcpi_peer_row *entry = s->table;
    size_t i;
    for (i = 0; i < d->num_tools; i++) {
        if (!mcpi_server_check_tool(s, doc, &d->tools[i])) return false;
        mcpi_server_append_row(s, MCPI_SERVER_TOOLS, entry++, &d->tools[i], d->tools[i].user);
    }
    for (i = 0; i < d->num_resources; i++) {
        if (!mcpi_server_check_resource(s, doc, &d->resources[i])) return false;
        mcpi_server_append_row(s, mcpi_server_uri_kind(d->resources[i].uri), entry++, &d->resources[i],
                               d->resources[i].user);
    }
    for (i = 0; i < d->num_prompts; i++) {
        if (!mcpi_server_check_prompt(s, doc, &d->prompts[i])) return false;
        mcpi_server_append_row(s, MCPI_SERVER_PROMPTS, entry++, &d->prompts[i], d->prompts[i].user);
    }
    for (i = 0; i < d->num_methods; i++) {
        if (!mcpi_server_check_method(s, doc, &d->methods[i])) return false;
        mcpi_server_append_row(s, MCPI_SERVER_METHODS, entry++, &d->methods[i], d->methods[i].user);
    }
    return true;
}

/* Whether a text, if there is one, is an object of objects, with the keys of extensions or any others. */
static bool mcpi_server_is_map(mcp_doc *doc, const char *json, bool extensions)
{
    const mcp_json map = json ? mcpi_schema_literal(doc, json) : mcpi_json_missing();
    mcp_json v;
    if (json && mcp_json_type(map) != MCP_JSON_OBJECT) return false;
    for (v = mcp_json_first(map); mcp_json_exists(v); v = mcp_json_next(v)) {
        if (mcp_json_type(v) != MCP_JSON_OBJECT) return false;
        if (extensions && mcpi_proto_key(mcp_json_key(v), true) == MCPI_PROTO_WRONG) return false;
    }
    return true;
}

/* What is wrong with what the desc has as JSON, or NULL. */
static const char *mcpi_server_wrong_maps(mcp_doc *doc, const mcp_server_desc *d)
{
    if (!mcpi_server_is_map(doc, d->experimental, false))
        return "mcp_server_desc: experimental must be a JSON object whose members are objects";
    if (!mcpi_server_is_map(doc, d->extensions, true))
        return "mcp_server_desc: extensions must be a JSON object whose members are objects, each under a "
               "key with a prefix, as \"com.example/maps\"";
#ifndef MCP_NO_TASKS
    if (d->extensions && mcp_json_exists(mcp_json_get(mcp_json_root(doc), MCPI_PROTO_TASKS_KEY)))
        return "mcp_server_desc: extensions: " MCPI_PROTO_TASKS_KEY " is told by itself: see MCP_TASK";
#endif
    return NULL;
}

/* Makes the registry, if the rest of the desc is right too. False, and the log told why. */
static bool mcpi_server_fill_rows(mcp_server *s)
{
    const mcp_server_desc *d = &s->desc;
    const char *wrong;
    mcp_doc doc;
    bool good;
    s->table_size = (d->num_tools + d->num_resources + d->num_prompts + d->num_methods) * sizeof *s->table;
    if (s->table_size) s->table = (mcpi_peer_row *)mcpi_base_resize(&d->alloc, NULL, 0, s->table_size);
    if (s->table_size && !s->table) {
        mcpi_server_log(d, MCP_LOG_ERROR, mcp_strerror(MCP_E_NOMEM));
        return false;
    }
    if (s->table) memset(s->table, 0, s->table_size);
    memset(&doc, 0, sizeof doc);
    doc.alloc = d->alloc;
    wrong = mcpi_server_wrong_maps(&doc, d);
    if (wrong) mcpi_server_log(d, MCP_LOG_ERROR, wrong);
    good = !wrong && mcpi_server_take_tables(s, &doc);
    if (doc.error == MCP_E_NOMEM) mcpi_server_log(d, MCP_LOG_ERROR, mcp_strerror(MCP_E_NOMEM));
    mcp_doc_free(&doc);
    return good;
}

static void mcpi_server_free_rows(mcp_server *s, mcpi_peer_row *row)
{
    while (row) {
        mcpi_peer_row *next = row->next;
        if (row->added) mcpi_base_release(&s->desc.alloc, row, sizeof *row);
        row = next;
    }
}

/* What is wrong with the desc but for its rows, or NULL. */
static const char *mcpi_server_wrong_desc(const mcp_server_desc *desc)
{
    size_t i;
    if (!desc->name || !desc->version) return "name and version are required";
#ifdef MCP_NO_CHANGES
    if (desc->changes) return "changes are left out of this build: MCP_NO_CHANGES";
#endif
    if (desc->cache == MCP_CACHE_PUBLIC && desc->filter)
        return "cache must be MCP_CACHE_PRIVATE where filter decides what each caller sees";
    if (!desc->seal_state != !desc->open_state) return "seal_state and open_state go together";
    for (i = 0; i < MCP_COUNT(desc->state_keys); i++)
        if (desc->state_keys[i].len && desc->state_keys[i].len < 16)
            return "state_keys need 16 random bytes or more each";
    return mcpi_server_wrong_icons(desc->icons);
}

/* Checks what the programmer wrote. */
static bool mcpi_server_check(const mcp_server_desc *desc)
{
    const char *wrong = mcpi_server_wrong_desc(desc);
    char text[160];
    if (!wrong) return true;
    (void)mcpi_base_format(text, sizeof text, "mcp_server_desc: %s", wrong);
    mcpi_server_log(desc, MCP_LOG_ERROR, text);
    return false;
}

static void mcpi_server_set_limits(mcp_server_desc *d)
{
    mcpi_base_set_limit(&d->revisions, MCP_ALL_REVISIONS, UINT32_MAX);
    mcpi_base_set_limit(&d->max_message, 4 << 20, MCP_JSON_MAX);
    mcpi_base_set_limit(&d->max_nodes, d->max_message / 8, UINT32_MAX);
    mcpi_base_set_limit(&d->max_depth, 64, UINT32_MAX);
    mcpi_base_set_limit(&d->max_reply, 4 << 20, MCP_JSON_MAX);
    mcpi_base_set_limit(&d->max_scratch, 64 << 10, UINT32_MAX);
    mcpi_base_set_limit(&d->max_state, d->max_message / 4, d->max_message);
    mcpi_base_set_limit(&d->max_output, 1 << 20, MCP_JSON_MAX);
    mcpi_base_set_limit(&d->page_size, 100, UINT32_MAX);
    mcpi_base_set_limit(&d->max_text, MCP_NONE, UINT32_MAX);
    mcpi_base_set_limit(&d->call_timeout_ms, 60000, UINT32_MAX);
    if (d->max_calls == MCP_NONE) d->max_calls = 0;
    else mcpi_base_set_limit(&d->max_calls, 64, 65534);
    if (d->max_subscriptions == MCP_NONE) d->max_subscriptions = 0;
    else mcpi_base_set_limit(&d->max_subscriptions, 32, UINT32_MAX);
    if (d->max_listens == MCP_NONE) d->max_listens = 0;
    else mcpi_base_set_limit(&d->max_listens, 64, UINT32_MAX);
    mcpi_base_set_limit(&d->max_all_listens, 1024, UINT32_MAX);
    mcpi_base_set_limit(&d->max_pings, 3, UINT32_MAX);
    mcpi_base_set_limit(&d->ask_timeout_ms, 10 * 60 * 1000, UINT32_MAX);
    mcpi_base_set_limit(&d->max_rounds, 8, UINT32_MAX);
    if (d->max_tasks == MCP_NONE) d->max_tasks = 0;
    else mcpi_base_set_limit(&d->max_tasks, 256, UINT32_MAX);
    mcpi_base_set_limit(&d->task_ttl_ms, 5 * 60 * 1000, UINT32_MAX);
    mcpi_base_set_limit(&d->task_poll_ms, 1000, UINT32_MAX - 1);
    mcpi_base_set_limit(&d->max_task_result, 256 << 10, MCP_JSON_MAX);
    if (d->ping_ms == MCP_NONE) d->ping_ms = 0;
    if (d->max_batch == MCP_NONE) d->max_batch = 0;
    else mcpi_base_set_limit(&d->max_batch, 64, 65535);
    if (d->drain_ms == MCP_NONE) d->drain_ms = 0;
    else mcpi_base_set_limit(&d->drain_ms, 2000, UINT32_MAX);
}

/* Nothing changes that this build leaves out. */
static void mcpi_server_limit_changes(mcp_server_desc *d)
{
#ifdef MCP_NO_RESOURCES
    d->changes &= ~(uint32_t)(MCP_RESOURCES | MCP_CONTENTS);
#endif
#ifdef MCP_NO_PROMPTS
    d->changes &= ~(uint32_t)MCP_PROMPTS;
#endif
    (void)d;
}

static int mcpi_server_deliver(mcpi_peer *peer, const mcp_delivery *delivery);
static void mcpi_server_expire(mcp_call *call);
static void mcpi_server_go_on(mcp_call *call);
static void mcpi_server_begin_tasks(mcp_server *s);
static void mcpi_server_leave_tasks(mcpi_peer *peer, mcp_session *session);
static void mcpi_server_expire_tasks(mcp_server *s, int *next);

#if MCP_SMALL

static void mcpi_server_drop_lists(mcp_server *s, int kind)
{
    (void)s, (void)kind;        /* none are kept */
}

#else

static void mcpi_server_drop_list(const mcp_alloc *alloc, mcpi_server_list *list)
{
    mcpi_base_release(alloc, list->text, list->size);
    mcpi_base_release(alloc, list->ends, list->count * sizeof *list->ends);
    memset(list, 0, sizeof *list);
}

/* The lists of a kind are made again when somebody asks for them. */
static void mcpi_server_drop_lists(mcp_server *s, int kind)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_proto_revisions); i++)
        mcpi_server_drop_list(&s->desc.alloc, &s->rows[kind].lists[i]);
}

#endif /* MCP_SMALL */

static void mcpi_server_forget(mcpi_peer *peer)
{
    int kind;
    for (kind = 0; kind < MCPI_SERVER_KINDS; kind++) mcpi_server_drop_lists(peer->server, kind);
}

static void mcpi_server_free(mcpi_peer *peer)
{
    mcp_server *s = peer->server;
    const mcp_alloc alloc = s->desc.alloc;
    int kind;
    mcpi_server_leave_tasks(peer, NULL);
    mcpi_peer_free(peer);
    mcpi_server_forget(peer);
    for (kind = 0; kind < MCPI_SERVER_KINDS; kind++) mcpi_server_free_rows(s, s->rows[kind].first);
    mcpi_base_release(&alloc, s->table, s->table_size);
    mcpi_base_release(&alloc, s, sizeof *s);
}

static void mcpi_server_put_modern_end(mcp_out *out, const mcp_server_desc *desc, bool full_info);

/* Writes once what every modern result ends with. */
static bool mcpi_server_make_end(mcp_server *s)
{
    mcp_str text;
    mcp_out *end = &s->peer.end;
    mcp_out_init(end, MCP_JSON_MAX);
    end->buf.alloc = s->desc.alloc;
    mcpi_server_put_modern_end(end, &s->desc, false);
    return mcp_out_done(end, &text) == MCP_OK;
}

MCP_API mcp_server *mcp_server_create(const mcp_server_desc *desc)
{
    mcp_server *s;
    bool memory;

    if (!mcpi_server_check(desc)) return NULL;
    s = (mcp_server *)mcpi_base_resize(&desc->alloc, NULL, 0, sizeof *s);
    memory = s != NULL;
    if (s) {
        memset(s, 0, sizeof *s);
        s->desc = *desc;
        mcpi_server_set_limits(&s->desc);
        mcpi_server_limit_changes(&s->desc);
        s->peer.deliver = mcpi_server_deliver;
        s->peer.expire = mcpi_server_expire;
        s->peer.go_on = mcpi_server_go_on;
        s->peer.forget = mcpi_server_forget;
        s->peer.destroy = mcpi_server_free;
        s->peer.leave = mcpi_server_leave_tasks;
        s->peer.watches = desc->filter || desc->before || desc->after || desc->slow_ms;
        mcpi_server_begin_tasks(s);
        memory = mcpi_peer_init(&s->peer, s, &s->desc) && mcpi_server_make_end(s);
        if (memory && mcpi_server_fill_rows(s)) return s;
        mcpi_server_free(&s->peer);
    }
    if (!memory) mcpi_server_log(desc, MCP_LOG_ERROR, mcp_strerror(MCP_E_NOMEM));
    return NULL;
}

MCP_API void mcp_server_destroy(mcp_server *server)
{
    if (!server) return;
    server->peer.destroyed = true;
    server->peer.swept = false;
    mcpi_peer_enter(&server->peer);
    mcpi_peer_leave(&server->peer);
}

MCP_API int mcp_server_tick(mcp_server *server)
{
    int next;
    mcpi_peer_enter(&server->peer);
    mcpi_peer_expire(&server->peer);
    mcpi_peer_ping_all(&server->peer);
    mcpi_peer_tell_streams(&server->peer);
    if (server->peer.depth == 1) mcpi_peer_sweep(&server->peer);    /* it may begin what has a deadline */
    next = mcpi_peer_timeout(&server->peer);
    mcpi_server_expire_tasks(server, &next);
    mcpi_peer_leave(&server->peer);
    return next;
}

MCP_API mcp_session *mcp_session_open(mcp_server *server)
{
    return mcpi_peer_open(&server->peer);
}

/*-- Rows that come and go, and what has changed --*/

MCP_API void mcp_changed(mcp_server *server, uint32_t kinds)
{
#ifndef MCP_NO_CHANGES
    mcpi_peer_listener *l;
    for (l = server->peer.listeners; l; l = l->next)
        mcpi_peer_note_change(l, kinds & server->desc.changes & l->kinds);
#else
    (void)server, (void)kinds;
#endif
}

MCP_API void mcp_end_subscriptions(mcp_server *server)
{
    (void)mcpi_peer_end_listeners(&server->peer, NULL);
}

/* The kinds of lists, as the host names them. */
static const uint32_t mcpi_server_changes[] = { MCP_TOOLS, MCP_RESOURCES, MCP_RESOURCES, MCP_PROMPTS };

static void mcpi_server_rows_changed(mcp_server *s, int kind)
{
    mcpi_server_drop_lists(s, kind);
    mcp_changed(s, mcpi_server_changes[kind]);
}

/* Puts a row behind the others while the server runs. */
static int mcpi_server_add_row(mcp_server *s, int kind, const void *row, void *user)
{
    mcpi_peer_row *entry = (mcpi_peer_row *)mcpi_base_resize(&s->desc.alloc, NULL, 0, sizeof *entry);
    if (!entry) return MCP_E_NOMEM;
    memset(entry, 0, sizeof *entry);
    entry->added = true;
    mcpi_server_append_row(s, kind, entry, row, user);
    mcpi_server_rows_changed(s, kind);
    return MCP_OK;
}

/* Before a row is checked. */
static void mcpi_server_begin_add(mcp_server *s, mcp_doc *doc)
{
    mcpi_peer_enter(&s->peer);      /* desc.log may be told */
    memset(doc, 0, sizeof *doc);
    doc->alloc = s->desc.alloc;
}

/* Adds a row that is good, or tells why not. */
static int mcpi_server_end_add(mcp_server *s, mcp_doc *doc, bool good, int kind, const void *row, void *user)
{
    int status = doc->error == MCP_E_NOMEM ? (int)MCP_E_NOMEM : (int)MCP_E_MISUSE;
    mcp_doc_free(doc);
    if (good) status = mcpi_server_add_row(s, kind, row, user);
    mcpi_peer_leave(&s->peer);
    return status;
}

MCP_API int mcp_add_tool(mcp_server *server, const mcp_tool *row)
{
    mcp_doc doc;
    bool good;
    mcpi_server_begin_add(server, &doc);
    good = mcpi_server_check_tool(server, &doc, row);
    return mcpi_server_end_add(server, &doc, good, MCPI_SERVER_TOOLS, row, row->user);
}

MCP_API int mcp_add_resource(mcp_server *server, const mcp_resource *row)
{
    mcp_doc doc;
    bool good;
    mcpi_server_begin_add(server, &doc);
    good = mcpi_server_check_resource(server, &doc, row);
    return mcpi_server_end_add(server, &doc, good, good ? mcpi_server_uri_kind(row->uri) : 0, row, row->user);
}

MCP_API int mcp_add_prompt(mcp_server *server, const mcp_prompt *row)
{
    mcp_doc doc;
    bool good;
    mcpi_server_begin_add(server, &doc);
    good = mcpi_server_check_prompt(server, &doc, row);
    return mcpi_server_end_add(server, &doc, good, MCPI_SERVER_PROMPTS, row, row->user);
}

static bool mcpi_server_remove_row(mcp_server *s, int kind, const char *key)
{
    mcpi_server_rows *rows = &s->rows[kind];
    mcpi_peer_row *row = mcpi_server_find_key(rows, key), *before = NULL, *i;
    if (!row) return false;
    for (i = rows->first; i != row; i = i->next) before = i;
    if (before) before->next = row->next;
    else rows->first = row->next;
    if (rows->last == row) rows->last = before;
    row->next = s->peer.removed;
    s->peer.removed = row;
    mcpi_peer_enter(&s->peer);
    mcpi_server_rows_changed(s, kind);
    mcpi_peer_free_removed(&s->peer, row);
    mcpi_peer_leave(&s->peer);
    return true;
}

static bool mcpi_server_enable_row(mcp_server *s, int kind, const char *key, bool enabled)
{
    mcpi_peer_row *row = mcpi_server_find_key(&s->rows[kind], key);
    if (!row) return false;
    if (row->disabled == enabled) mcpi_server_rows_changed(s, kind);
    row->disabled = !enabled;
    return true;
}

MCP_API bool mcp_remove_tool(mcp_server *server, const char *name)
{
    return mcpi_server_remove_row(server, MCPI_SERVER_TOOLS, name);
}

MCP_API bool mcp_remove_resource(mcp_server *server, const char *uri)
{
    return mcpi_server_remove_row(server, mcpi_server_uri_kind(uri), uri);
}

MCP_API bool mcp_remove_prompt(mcp_server *server, const char *name)
{
    return mcpi_server_remove_row(server, MCPI_SERVER_PROMPTS, name);
}

MCP_API bool mcp_enable_tool(mcp_server *server, const char *name, bool enabled)
{
    return mcpi_server_enable_row(server, MCPI_SERVER_TOOLS, name, enabled);
}

MCP_API bool mcp_enable_resource(mcp_server *server, const char *uri, bool enabled)
{
    return mcpi_server_enable_row(server, mcpi_server_uri_kind(uri), uri, enabled);
}

MCP_API bool mcp_enable_prompt(mcp_server *server, const char *name, bool enabled)
{
    return mcpi_server_enable_row(server, MCPI_SERVER_PROMPTS, name, enabled);
}

MCP_API void mcp_stream_ready(mcp_server *server, void *user, uint64_t stream)
{
    mcpi_peer_enter(&server->peer);
    mcpi_peer_flush(&server->peer, user, stream);
    mcpi_peer_tell_streams(&server->peer);
    mcpi_peer_leave(&server->peer);
}

MCP_API void mcp_stream_lost(mcp_server *server, void *user, uint64_t stream)
{
    mcpi_peer_enter(&server->peer);
    mcpi_peer_drop(&server->peer, NULL, user, stream);
    mcpi_peer_leave(&server->peer);
}

/*-- Results --*/

/* "48x48|96x96" as an array of strings, under a key. */
static void mcpi_server_put_choices(mcp_out *out, const char *key, const char *choices)
{
    if (!choices) return;
    mcp_put_key(out, key);
    mcp_put_array(out);
    for (; choices; choices = mcpi_schema_next_choice(choices))
        mcp_put_strn(out, choices, mcpi_schema_choice(choices));
    mcp_put_end(out);
}

static void mcpi_server_put_icons(mcp_out *out, const mcp_icon *icons)
{
    if (!icons) return;
    mcp_put_key(out, "icons");
    mcp_put_array(out);
    for (; icons->src; icons++) {
        mcp_put_object(out);
        mcpi_rpc_put_text(out, "src", icons->src);
        mcpi_rpc_put_text(out, "mimeType", icons->mime);
        mcpi_server_put_choices(out, "sizes", icons->sizes);
        mcpi_rpc_put_text(out, "theme", icons->theme);
        mcp_put_end(out);
    }
    mcp_put_end(out);
}

/* Who we are; in full where a client asks for it, and short in every other modern result.
   Spec: schema (Implementation) */
static void mcpi_server_put_info(mcp_out *out, const mcp_server_desc *d, unsigned features)
{
    mcp_put_object(out);
    mcpi_rpc_put_text(out, "name", d->name);
    mcpi_rpc_put_text(out, "version", d->version);
    if (features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "title", d->title);
    if (features & MCPI_PROTO_ICONS) {
        mcpi_rpc_put_text(out, "description", d->description);
        mcpi_rpc_put_text(out, "websiteUrl", d->website_url);
        mcpi_server_put_icons(out, d->icons);
    }
    mcp_put_end(out);
}

static bool mcpi_server_has(const mcp_server *s, int change, int kind)
{
    return s->rows[kind].first || (s->desc.changes & (uint32_t)change);
}

static bool mcpi_server_has_tools(const mcp_server *s)
{
    return mcpi_server_has(s, MCP_TOOLS, MCPI_SERVER_TOOLS);
}

static bool mcpi_server_has_resources(const mcp_server *s)
{
    return mcpi_server_has(s, MCP_RESOURCES, MCPI_SERVER_RESOURCES) || s->rows[MCPI_SERVER_TEMPLATES].first;
}

static bool mcpi_server_has_logging(const mcp_server *s)
{
#ifdef MCP_NO_LOGGING
    (void)s;
    return false;
#else
    return s->desc.logging;
#endif
}

static bool mcpi_server_has_changes(const mcp_server *s)
{
    return s->desc.changes != 0;
}

static bool mcpi_server_has_subscriptions(const mcp_server *s)
{
    return mcpi_server_has_resources(s) && (s->desc.changes & MCP_CONTENTS);
}

static bool mcpi_server_has_prompts(const mcp_server *s)
{
    return mcpi_server_has(s, MCP_PROMPTS, MCPI_SERVER_PROMPTS);
}

static bool mcpi_server_prompt_completes(const mcp_prompt *prompt)
{
    const mcp_field *f;
    if (prompt->complete) return true;
    for (f = prompt->args; f && f->name; f++)
        if (f->choices) return true;
    return false;
}

/* Whether any row has something to suggest. */
static bool mcpi_server_has_completions(const mcp_server *s)
{
#ifdef MCP_NO_COMPLETION
    (void)s;
    return false;
#else
    const mcpi_peer_row *row;
    for (row = s->rows[MCPI_SERVER_TEMPLATES].first; row; row = row->next)
        if (((const mcp_resource *)row->row)->complete) return true;
    for (row = s->rows[MCPI_SERVER_PROMPTS].first; row; row = row->next)
        if (mcpi_server_prompt_completes((const mcp_prompt *)row->row)) return true;
    return false;
#endif
}

/* Whether a call of the tool may be a task. */
static bool mcpi_server_is_task_row(const mcp_tool *tool)
{
    return tool->flags & (MCP_TASK | MCP_TASK_ONLY);
}

/* Whether any call may be a task. */
static bool mcpi_server_has_tasks(const mcp_server *s)
{
#ifdef MCP_NO_TASKS
    (void)s;
    return false;
#else
    const mcpi_peer_row *row = s->desc.random && s->desc.max_tasks ? s->rows[MCPI_SERVER_TOOLS].first : NULL;
    while (row && !mcpi_server_is_task_row((const mcp_tool *)row->row)) row = row->next;
    return row != NULL;
#endif
}

/* JSON that the host wrote, under a key. */
static void mcpi_server_put_json(mcp_out *out, const char *key, const char *json)
{
    if (!json) return;
    mcp_put_key(out, key);
    mcp_put_raw(out, json, strlen(json));
}

static void mcpi_server_put_true(mcp_out *out, const char *name, bool there)
{
    if (!there) return;
    mcp_put_key(out, name);
    mcp_put_bool(out, true);
}

/* One capability, if it is there, and what it has besides. */
static void mcpi_server_put_capability(mcp_out *out, const char *name, bool there, bool changes,
                                       bool subscribe)
{
    if (!there) return;
    mcp_put_key(out, name);
    mcp_put_object(out);
    mcpi_server_put_true(out, "subscribe", subscribe);
    mcpi_server_put_true(out, "listChanged", changes);
    mcp_put_end(out);
}

/* What the host has of extensions, and in the modern era ours. Spec: ext-tasks (capabilities) */
static void mcpi_server_put_extensions(mcp_call *call, bool tasks)
{
    const char *own = call->server->desc.extensions;
    const bool modern = mcpi_proto_is_modern(call->revision);
    mcp_out *out = &call->out;
    mcp_doc doc;
    mcp_json v;
    if (!tasks || !modern) {
        mcpi_server_put_json(out, "extensions", own);       /* others than 2026-07-28 take any key */
        return;
    }
    memset(&doc, 0, sizeof doc);
    doc.alloc = call->peer->desc->alloc;
    if (own && mcp_json_parse(&doc, own, strlen(own)) != MCP_OK) out->buf.error = doc.error;
    mcp_put_key(out, "extensions");
    mcp_put_object(out);
    for (v = mcp_json_first(mcp_json_root(&doc)); mcp_json_exists(v); v = mcp_json_next(v)) {
        mcp_put_keyn(out, mcp_json_key(v).ptr, mcp_json_key(v).len);
        mcp_put_value(out, v);
    }
    mcp_put_key(out, MCPI_PROTO_TASKS_KEY);
    mcp_put_object(out);
    mcp_put_end(out);
    mcp_put_end(out);
    mcp_doc_free(&doc);
}

/* Spec: 2025-11-25 basic/utilities/tasks (capabilities) */
static void mcpi_server_put_tasks(mcp_call *call, bool tasks)
{
    if (!tasks || !(call->revision->features & MCPI_PROTO_TASKS)) return;
    mcp_put_key(&call->out, "tasks");
    mcp_put_f(&call->out, "{'list': {}, 'cancel': {}, 'requests': {'tools': {'call': {}}}}");
}

/* Spec: schema (ServerCapabilities) */
static void mcpi_server_put_capabilities(mcp_call *call)
{
    const mcp_server *s = call->server;
    const uint32_t changes = s->desc.changes;
    const bool tasks = mcpi_server_has_tasks(s);
    mcp_out *out = &call->out;
    mcpi_json_frame(out, "\"capabilities\":");
    mcp_put_object(out);
    mcpi_server_put_capability(out, "logging", mcpi_server_has_logging(s), false, false);
    mcpi_server_put_capability(out, "tools", mcpi_server_has_tools(s), changes & MCP_TOOLS, false);
    mcpi_server_put_capability(out, "resources", mcpi_server_has_resources(s), changes & MCP_RESOURCES,
                               changes & MCP_CONTENTS);
    mcpi_server_put_capability(out, "prompts", mcpi_server_has_prompts(s), changes & MCP_PROMPTS, false);
    if (call->revision->features & MCPI_PROTO_HINTS)        /* from 2025-03-26 on, as those are */
        mcpi_server_put_capability(out, "completions", mcpi_server_has_completions(s), false, false);
    mcpi_server_put_tasks(call, tasks);
    mcpi_server_put_json(out, "experimental", s->desc.experimental);
    mcpi_server_put_extensions(call, tasks);
    mcp_put_end(out);
}

static void mcpi_server_put_instructions(mcp_call *call)
{
    const char *text = call->server->desc.instructions;
    if (!text) return;
    mcpi_json_frame(&call->out, ",\"instructions\":");
    mcp_put_str(&call->out, text);
}

static void mcpi_server_begin_result(mcp_call *call)
{
    call->code = 0;
    call->has_meta = false;
    mcpi_rpc_put_envelope(&call->out, call->message.id, false);
    mcpi_json_frame(&call->out, ",\"result\":{");
}

static bool mcpi_server_is_modern(const mcp_call *call)
{
    return call->revision && mcpi_proto_is_modern(call->revision);
}

/* What every modern result carries, up to its last brace. Spec: basic (resultType, _meta) */
static void mcpi_server_put_modern_end(mcp_out *out, const mcp_server_desc *desc, bool full_info)
{
    mcpi_json_frame(out, ",\"resultType\":\"complete\",\"_meta\":{\"" MCPI_PROTO_SERVER_INFO "\":");
    mcpi_server_put_info(out, desc, full_info ? MCPI_PROTO_TITLES | MCPI_PROTO_ICONS : MCPI_PROTO_TITLES);
    mcpi_json_frame(out, "}");
}

/* The end of a result whose handler added to its _meta. skip: as below. */
MCPI_NOINLINE void mcpi_server_put_meta(mcp_call *call, const mcp_buf *end, size_t skip)
{
    static const mcp_str own = MCP_LIT(",\"_meta\":{");
    const mcp_buf *meta = &call->result_meta.buf;
    if (mcpi_server_is_modern(call)) {
        mcpi_json_put_ours(&call->out, end->ptr + skip, end->len - 1 - skip);   /* _meta is open again */
        mcpi_json_frame(&call->out, ",");
    } else {
        mcpi_json_put_ours(&call->out, own.ptr + skip, own.len - skip);
    }
    mcpi_json_put_ours(&call->out, meta->ptr + 1, meta->len - 1);
    mcpi_json_frame(&call->out, "}");
}

/* Ends a result. skip: 1 if it has no member yet, so that what comes starts without a comma; else 0. */
MCPI_INLINE void mcpi_server_put_end(mcp_call *call, size_t skip)
{
    const mcp_buf *end = &call->server->peer.end.buf;
    if (MCPI_UNLIKELY(call->has_meta)) mcpi_server_put_meta(call, end, skip);
    else if (mcpi_server_is_modern(call)) mcpi_json_put_ours(&call->out, end->ptr + skip, end->len - skip);
    mcpi_json_frame(&call->out, "}}");
}

static void mcpi_server_end_result(mcp_call *call)
{
    mcpi_server_put_end(call, 0);
}

/* How long a result may be kept, and for whom. Spec: server/utilities/caching */
static void mcpi_server_put_caching(mcp_call *call, uint32_t ttl_ms, uint32_t cache)
{
    if (!mcpi_server_is_modern(call)) return;
    mcpi_json_frame(&call->out, ",\"ttlMs\":");
    mcp_put_uint(&call->out, ttl_ms);
    if (cache == MCP_CACHE_PUBLIC) mcpi_json_frame(&call->out, ",\"cacheScope\":\"public\"");
    else mcpi_json_frame(&call->out, ",\"cacheScope\":\"private\"");
}

/* The same for what the server tells of itself: every page of a list has the same scope. */
static void mcpi_server_put_own_caching(mcp_call *call)
{
    mcpi_server_put_caching(call, call->server->desc.ttl_ms, call->server->desc.cache);
}

/*-- Methods --*/

/* Refuses a request of a method that we know: "tools/call: params.name must be a string". */
static void mcpi_server_refuse(mcp_call *call, int code, const char *wrong)
{
    char text[160];
    (void)mcpi_base_format(text, sizeof text, "%s: %s", call->message.method.ptr, wrong);
    mcpi_peer_error(call, code, text);
}

/* The same for its params. */
static void mcpi_server_refuse_params(mcp_call *call, const char *wrong)
{
    mcpi_server_refuse(call, MCPI_RPC_INVALID_PARAMS, wrong);
}

/* Spec: basic/versioning (unsupported versions) */
static void mcpi_server_refuse_version(mcp_call *call, mcp_str wanted)
{
    static const mcp_str text = MCP_LIT("Unsupported protocol version");
    mcpi_peer_put_error(call, MCPI_PROTO_UNSUPPORTED_VERSION, text);
    mcpi_json_frame(&call->out, ",\"data\":{\"supported\":");
    mcpi_proto_put_versions(&call->out, call->server->desc.revisions);
    mcpi_json_frame(&call->out, ",\"requested\":");
    mcp_put_strn(&call->out, wanted.ptr, wanted.len);
    mcpi_json_frame(&call->out, "}");
    mcpi_rpc_put_error_end(&call->out);
}

static bool mcpi_server_has_running_task(const mcp_server *s, const mcp_session *session);

/* Spec: 2025-11-25 basic/lifecycle (initialization) */
static void mcpi_server_initialize(mcp_call *call)
{
    mcp_str wanted = mcp_json_str(call->wanted, NULL);
    mcp_session *session = call->route.session;
    if (!wanted.ptr) {
        mcpi_server_refuse_params(call, "params.protocolVersion must be a string");
        return;
    }
    if (!session) {
        mcpi_server_refuse(call, MCPI_RPC_INVALID_REQUEST, "this transport has no sessions");
        return;
    }
    call->revision = mcpi_proto_negotiate(wanted, call->server->desc.revisions);
    if (!call->revision) {
        mcpi_server_refuse_version(call, wanted);
        return;
    }
    if (mcpi_peer_is_at_work(call->peer, session)) {
        mcpi_server_refuse(call, MCPI_RPC_INVALID_REQUEST, "requests of this session are under way");
        return;
    }
    if (mcpi_server_has_running_task(call->server, session)) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_REQUEST, "initialize: tasks of this session are under way");
        return;
    }
    if (mcp_json_clone(&session->hello, call->message.params) != MCP_OK) {
        mcpi_peer_note_status(call, session->hello.error);
        mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, mcp_strerror(session->hello.error));
        return;
    }
    session->revision = call->revision;
    mcpi_peer_begin_anew(session);
    mcpi_server_leave_tasks(call->peer, session);
    mcpi_server_begin_result(call);
    mcpi_json_frame(&call->out, "\"protocolVersion\":");
    mcp_put_str(&call->out, session->revision->name.ptr);
    mcpi_json_frame(&call->out, ",");
    mcpi_server_put_capabilities(call);
    mcpi_json_frame(&call->out, ",\"serverInfo\":");
    mcpi_server_put_info(&call->out, &call->server->desc, call->revision->features);
    mcpi_server_put_instructions(call);
    mcpi_server_end_result(call);
}

/* Spec: server/discover */
static void mcpi_server_discover(mcp_call *call)
{
    mcpi_server_begin_result(call);
    mcpi_json_frame(&call->out, "\"supportedVersions\":");
    mcpi_proto_put_versions(&call->out, call->server->desc.revisions);
    mcpi_json_frame(&call->out, ",");
    mcpi_server_put_capabilities(call);
    mcpi_server_put_instructions(call);
    mcpi_server_put_own_caching(call);
    mcpi_server_put_modern_end(&call->out, &call->server->desc, true);
    mcpi_json_frame(&call->out, "}}");
}

/* A result that says nothing. */
static void mcpi_server_agree(mcp_call *call)
{
    const mcp_buf *end = &call->server->peer.end.buf;
    const size_t comma = 1;     /* it begins with */
    mcpi_server_begin_result(call);
    if (mcpi_server_is_modern(call))
        mcpi_json_put_ours(&call->out, end->ptr + comma, end->len - comma);
    mcpi_json_frame(&call->out, "}}");
}

/* Spec: 2025-11-25 basic/utilities/ping */
static void mcpi_server_ping(mcp_call *call)
{
    mcpi_server_agree(call);
}

/*-- Logging --*/

#define MCPI_SERVER_LEVELS "one of debug, info, notice, warning, error, critical, alert, emergency"

/* Spec: 2025-11-25 server/utilities/logging (setting log level) */
static void mcpi_server_set_level(mcp_call *call)
{
    const int level = mcpi_proto_find_level(mcp_json_str(call->message.params, "level"));
    if (level < 0) {
        mcpi_server_refuse_params(call, "params.level must be " MCPI_SERVER_LEVELS);
        return;
    }
    call->route.session->log_level = level;
    mcpi_server_agree(call);
}

/* Whether the answer is still to come, and somebody waits for it: behind it nothing more is said. */
static bool mcpi_server_is_heard(const mcp_call *call)
{
    return (call->running || call->ref) && !mcp_cancelled(call);
}

/* The least important level that the caller wants to hear of; -1: none. */
static int mcpi_server_wanted_level(const mcp_call *call)
{
    if (!mcpi_server_has_logging(call->server) || !mcpi_server_is_heard(call)) return -1;
    if (mcpi_server_is_modern(call) && mcpi_peer_is_task(call)) return -1;
    if (mcpi_server_is_modern(call))
        return mcpi_proto_find_level(mcp_json_str(call->meta, MCPI_PROTO_LOG_LEVEL));
    return call->route.session ? call->route.session->log_level : -1;
}

/* Starts a log message, up to its data. False: the caller does not want it. */
static bool mcpi_server_begin_log(mcp_call *call, int level, const char *logger)
{
    mcp_out *note = &call->peer->note;
    if (level < 0 || level > mcpi_server_wanted_level(call)) return false;
    mcpi_peer_begin_note(note, "notifications/message");
    mcpi_json_frame(note, ",\"params\":{\"level\":");
    mcp_put_str(note, mcpi_proto_levels[level].ptr);
    if (logger) {
        mcpi_json_frame(note, ",\"logger\":");
        mcp_put_str(note, logger);
    }
    mcpi_json_frame(note, ",\"data\":");
    return true;
}

static void mcpi_server_end_log(mcp_call *call)
{
    mcpi_peer_put_related(&call->peer->note, call);
    mcpi_json_frame(&call->peer->note, "}}");
    if (mcpi_peer_tell(call, &call->peer->note) != MCP_OK)
        call->peer->dropped++;
}

static void mcpi_server_put_schema(mcp_out *out, const char *key, const mcp_field *rows, const char *json,
                                   unsigned with)
{
    mcp_put_key(out, key);
    if (json) mcp_put_raw(out, json, strlen(json));
    else mcpi_schema_put(out, rows, with | MCPI_SCHEMA_DEFAULTS);
}

/* Only what differs from the protocol's defaults. */
static void mcpi_server_put_hints(mcp_out *out, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *key;
        bool value;
    } hints[] = { { MCP_READ_ONLY, "readOnlyHint", true },
                  { MCP_ONLY_ADDS, "destructiveHint", false },
                  { MCP_IDEMPOTENT, "idempotentHint", true },
                  { MCP_CLOSED_WORLD, "openWorldHint", false } };
    size_t i;
    mcp_put_key(out, "annotations");
    mcp_put_object(out);
    for (i = 0; i < MCP_COUNT(hints); i++) {
        if (!(flags & hints[i].flag)) continue;
        mcp_put_key(out, hints[i].key);
        mcp_put_bool(out, hints[i].value);
    }
    mcp_put_end(out);
}

enum { MCPI_SERVER_HINTS = MCP_READ_ONLY | MCP_ONLY_ADDS | MCP_IDEMPOTENT | MCP_CLOSED_WORLD };

/* Spec: 2025-11-25 schema (ToolExecution) */
static void mcpi_server_put_task_support(mcp_out *out, uint32_t flags)
{
    mcp_put_key(out, "execution");
    mcp_put_object(out);
    mcpi_rpc_put_text(out, "taskSupport", flags & MCP_TASK_ONLY ? "required" : "optional");
    mcp_put_end(out);
}

static void mcpi_server_put_tool(mcp_out *out, unsigned features, const void *row)
{
    const mcp_tool *tool = (const mcp_tool *)row;
    mcp_put_object(out);
    mcpi_rpc_put_text(out, "name", tool->name);
    if (features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "title", tool->title);
    mcpi_rpc_put_text(out, "description", tool->description);
    if (features & MCPI_PROTO_ICONS) mcpi_server_put_icons(out, tool->icons);
    mcpi_server_put_schema(out, "inputSchema", tool->args, tool->input_schema,
                           features & MCPI_PROTO_MODERN ? MCPI_SCHEMA_HEADERS : 0);
    if ((tool->result || tool->output_schema) && (features & MCPI_PROTO_STRUCTURED))
        mcpi_server_put_schema(out, "outputSchema", tool->result, tool->output_schema, 0);
    if ((tool->flags & MCPI_SERVER_HINTS) && (features & MCPI_PROTO_HINTS))
        mcpi_server_put_hints(out, tool->flags);
    if (mcpi_server_is_task_row(tool) && (features & MCPI_PROTO_TASKS))
        mcpi_server_put_task_support(out, tool->flags);
    if (features & MCPI_PROTO_TITLES) mcpi_server_put_json(out, "_meta", tool->meta);
    mcp_put_end(out);
}

static void mcpi_server_put_annotations(mcp_out *out, unsigned features, const mcp_annotations *a)
{
    mcp_put_object(out);
    mcpi_server_put_choices(out, "audience", a->audience);
    mcpi_server_put_json(out, "priority", a->priority);
    if (features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "lastModified", a->last_modified);
    mcp_put_end(out);
}

/* What rows of all kinds end with. */
static void mcpi_server_put_extras(mcp_out *out, unsigned features, const mcp_icon *icons, const char *meta)
{
    if (features & MCPI_PROTO_ICONS) mcpi_server_put_icons(out, icons);
    if (features & MCPI_PROTO_TITLES) mcpi_server_put_json(out, "_meta", meta);
    mcp_put_end(out);
}

/* A resource, or a template of some. */
static void mcpi_server_put_resource(mcp_out *out, unsigned features, const void *row)
{
    const mcp_resource *r = (const mcp_resource *)row;
    const bool template_of = mcpi_server_is_template(r->uri);
    mcp_put_object(out);
    mcpi_rpc_put_text(out, template_of ? "uriTemplate" : "uri", r->uri);
    mcpi_rpc_put_text(out, "name", r->name);
    if (features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "title", r->title);
    mcpi_rpc_put_text(out, "description", r->description);
    mcpi_rpc_put_text(out, "mimeType", r->mime);
    if (!template_of && (r->size || !r->fn)) {
        mcp_put_key(out, "size");
        mcp_put_uint(out, r->size);
    }
    if (r->annotations) {
        mcp_put_key(out, "annotations");
        mcpi_server_put_annotations(out, features, r->annotations);
    }
    mcpi_server_put_extras(out, features, r->icons, r->meta);
}

static void mcpi_server_put_prompt(mcp_out *out, unsigned features, const void *row)
{
    const mcp_prompt *prompt = (const mcp_prompt *)row;
    const mcp_field *f = prompt->args;
    mcp_put_object(out);
    mcpi_rpc_put_text(out, "name", prompt->name);
    if (features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "title", prompt->title);
    mcpi_rpc_put_text(out, "description", prompt->description);
    if (f) {
        mcp_put_key(out, "arguments");
        mcp_put_array(out);
        for (; f->name; f++) {
            mcp_put_object(out);
            mcpi_rpc_put_text(out, "name", f->name);
            mcpi_rpc_put_text(out, "description", f->description);
            if (f->type & MCP_REQUIRED) {
                mcp_put_key(out, "required");
                mcp_put_bool(out, true);
            }
            mcp_put_end(out);
        }
        mcp_put_end(out);
    }
    mcpi_server_put_extras(out, features, prompt->icons, prompt->meta);
}

/*-- Lists --*/

static const struct {
    const char *key;            /* in the result */
    void (*put)(mcp_out *out, unsigned features, const void *row);
} mcpi_server_kinds[] = {
    { "\"tools\":[", mcpi_server_put_tool },
#ifdef MCP_NO_RESOURCES
    { NULL, NULL }, { NULL, NULL },
#else
    { "\"resources\":[", mcpi_server_put_resource },
    { "\"resourceTemplates\":[", mcpi_server_put_resource },
#endif
#ifdef MCP_NO_PROMPTS
    { NULL, NULL }
#else
    { "\"prompts\":[", mcpi_server_put_prompt }
#endif
};

/* The row that is not disabled, from this one on. */
static mcpi_peer_row *mcpi_server_enabled(mcpi_peer_row *row)
{
    while (row && row->disabled) row = row->next;
    return row;
}

#if MCP_SMALL

/* Where size counts no list is kept. */
static const mcpi_server_list *mcpi_server_list_of(mcp_call *call, int kind)
{
    (void)call, (void)kind;
    return NULL;
}

#else

static size_t mcpi_server_count_rows(const mcpi_server_rows *rows)
{
    mcpi_peer_row *row;
    size_t count = 0;
    for (row = mcpi_server_enabled(rows->first); row; row = mcpi_server_enabled(row->next)) count++;
    return count;
}

/* Writes the rows with commas between them, and notes where each one ends. */
static void mcpi_server_write_rows(mcp_out *out, mcp_call *call, int kind, size_t *ends)
{
    mcpi_peer_row *row = mcpi_server_enabled(call->server->rows[kind].first);
    while (row) {
        mcpi_server_kinds[kind].put(out, call->revision->features, row->row);
        *ends++ = out->buf.len;
        row = mcpi_server_enabled(row->next);
        if (row) mcpi_json_frame(out, ",");
    }
}

/* Makes the list of the call's revision. False without memory; it is tried again next time. */
static bool mcpi_server_fill_list(mcp_call *call, int kind, mcpi_server_list *list)
{
    const mcp_alloc *alloc = &call->server->desc.alloc;
    mcp_out out;
    mcp_str text;

    list->count = mcpi_server_count_rows(&call->server->rows[kind]);
    if (!list->count) return false;
    list->ends = (size_t *)mcpi_base_resize(alloc, NULL, 0, list->count * sizeof *list->ends);
    mcp_out_init(&out, MCP_JSON_MAX);
    out.buf.alloc = *alloc;
    mcpi_json_frame(&out, "");
    if (list->ends) mcpi_server_write_rows(&out, call, kind, list->ends);
    if (list->ends && mcp_out_done(&out, &text) == MCP_OK) {
        list->text = out.buf.ptr;
        list->size = out.buf.cap;
        return true;
    }
    mcp_out_free(&out);
    mcpi_server_drop_list(alloc, list);
    return false;
}

/* The list for the call's revision; NULL if it is empty, or without memory. */
static const mcpi_server_list *mcpi_server_list_of(mcp_call *call, int kind)
{
    mcpi_server_list *list = &call->server->rows[kind].lists[call->revision - mcpi_proto_revisions];
    return list->ends || mcpi_server_fill_list(call, kind, list) ? list : NULL;
}

#endif /* MCP_SMALL */

/* Whether the caller may see and use a row. */
MCPI_INLINE bool mcpi_server_allows(mcp_call *call, int kind, const mcpi_peer_row *row)
{
    const mcp_server_desc *d = &call->server->desc;
    return !d->filter || d->filter(d->user, call, (int)mcpi_server_changes[kind], mcpi_peer_key(row));
}

/* The number of the row that a page starts with. False: the cursor is not one that we gave out.
   Spec: server/utilities/pagination */
static bool mcpi_server_read_cursor(const mcp_call *call, uint32_t next_id, uint32_t *start)
{
    mcp_str text = mcp_json_str(call->cursor, NULL);
    int64_t value = 0;

    *start = 0;
    if (mcp_json_type(call->cursor) <= MCP_JSON_NULL) return true;
    if (!text.len || text.len > 9 || *text.ptr == '0') return false;
    if (strspn(text.ptr, "0123456789") != text.len) return false;
    (void)mcpi_base_read_int(text, &value);
    *start = (uint32_t)value;
    return *start < next_id;
}

/* The cursor of the next page: the number of what comes first there. */
static void mcpi_server_put_cursor(mcp_call *call, uint32_t next)
{
    char text[MCPI_INT_SIZE];
    const mcp_str cursor = mcpi_base_uint_text(text, next);
    mcpi_json_frame(&call->out, ",\"nextCursor\":");
    mcp_put_strn(&call->out, cursor.ptr, cursor.len);
}

/* Rows that follow one another in a list, from start up to end, and are not written yet. */
typedef struct mcpi_server_run {
    const mcpi_server_list *list;
    size_t start, end;
    bool any;               /* were written before */
} mcpi_server_run;

static void mcpi_server_flush_run(mcp_call *call, mcpi_server_run *run)
{
    size_t from;
    if (run->start == run->end) return;
    if (run->any) mcpi_json_frame(&call->out, ",");
    from = run->start ? run->list->ends[run->start - 1] + 1 : 0;    /* behind a comma */
    mcpi_json_put_ours(&call->out, run->list->text + from, run->list->ends[run->end - 1] - from);
    run->any = true;
}

/* Adds a row to the page: from the list, or written anew where there is no memory for it. */
MCPI_INLINE void mcpi_server_put_row(mcp_call *call, int kind, const mcpi_peer_row *row, size_t at,
                                mcpi_server_run *run)
{
    if (!run->list) {
        if (run->any) mcpi_json_frame(&call->out, ",");
        mcpi_server_kinds[kind].put(&call->out, call->revision->features, row->row);
        run->any = true;
    } else if (run->end == at && at) {
        run->end++;
    } else {
        mcpi_server_flush_run(call, run);
        run->start = at;
        run->end = at + 1;
    }
}

/* Writes the rows of a page. Returns the first of the next one. */
static const mcpi_peer_row *mcpi_server_put_page(mcp_call *call, int kind, uint32_t start)
{
    const uint32_t page = call->server->desc.page_size;
    mcpi_peer_row *row = mcpi_server_enabled(call->server->rows[kind].first);
    mcpi_server_run run;
    uint32_t count = 0;
    size_t at;
    memset(&run, 0, sizeof run);
    run.list = mcpi_server_list_of(call, kind);
    if (run.list && !start && run.list->count <= page && !call->server->desc.filter) {
        run.end = run.list->count;      /* all of it */
        row = NULL;
    }
    for (at = 0; row; row = mcpi_server_enabled(row->next), at++) {
        if (row->id < start || !mcpi_server_allows(call, kind, row)) continue;
        if (count++ == page) break;
        mcpi_server_put_row(call, kind, row, at, &run);
    }
    mcpi_server_flush_run(call, &run);
    return row;
}

static void mcpi_server_put_list(mcp_call *call, int kind)
{
    const mcpi_peer_row *next;
    uint32_t start;
    if (!mcpi_server_read_cursor(call, call->server->rows[kind].next_id, &start)) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, "unknown cursor: start again without one");
        return;
    }
    mcpi_server_begin_result(call);
    mcpi_json_put_ours(&call->out, mcpi_server_kinds[kind].key, strlen(mcpi_server_kinds[kind].key));
    next = mcpi_server_put_page(call, kind, start);
    mcpi_json_frame(&call->out, "]");
    if (next) mcpi_server_put_cursor(call, next->id);
    mcpi_server_put_own_caching(call);
    mcpi_server_end_result(call);
}

/* Spec: server/tools (listing tools) */
static void mcpi_server_list_tools(mcp_call *call)
{
    mcpi_server_put_list(call, MCPI_SERVER_TOOLS);
}

/* Spec: server/resources (listing resources) */
static void mcpi_server_list_resources(mcp_call *call)
{
    mcpi_server_put_list(call, MCPI_SERVER_RESOURCES);
}

/* Spec: server/resources (resource templates) */
static void mcpi_server_list_templates(mcp_call *call)
{
    mcpi_server_put_list(call, MCPI_SERVER_TEMPLATES);
}

/* Spec: server/prompts (listing prompts) */
static void mcpi_server_list_prompts(mcp_call *call)
{
    mcpi_server_put_list(call, MCPI_SERVER_PROMPTS);
}

/*-- Content: of a tool, a resource or a prompt --*/

enum { MCPI_SERVER_SUGGESTIONS = 100 };     /* that a completion may have */

static const mcp_tool *mcpi_server_tool(const mcp_call *call)
{
    return (const mcp_tool *)call->row->row;
}

static const mcp_resource *mcpi_server_resource(const mcp_call *call)
{
    return (const mcp_resource *)call->row->row;
}

static const mcp_prompt *mcpi_server_prompt(const mcp_call *call)
{
    return (const mcp_prompt *)call->row->row;
}

static const mcp_method *mcpi_server_method_of(const mcp_call *call)
{
    return (const mcp_method *)call->row->row;
}

/* Starts the result that the handler fills. */
static void mcpi_server_begin_content(mcp_call *call)
{
    mcp_out *out = &call->out;
    mcpi_rpc_put_envelope(out, call->message.id, false);
    switch (call->scene) {
    case MCPI_PEER_TOOL: mcpi_json_frame(out, ",\"result\":{\"content\":["); break;
#ifndef MCP_NO_RESOURCES
    case MCPI_PEER_RESOURCE: mcpi_json_frame(out, ",\"result\":{\"contents\":["); break;
#endif
#ifndef MCP_NO_PROMPTS
    case MCPI_PEER_PROMPT: mcpi_json_frame(out, ",\"result\":{\"messages\":["); break;
#endif
#ifndef MCP_NO_COMPLETION
    case MCPI_PEER_COMPLETION: mcpi_json_frame(out, ",\"result\":{\"completion\":{\"values\":["); break;
#endif
    default: mcpi_json_frame(out, ",\"result\":{");
    }
    mcp_out_reset(&call->data);
    call->code = 0;
    call->has_meta = call->has_data = call->has_block = call->has_much_text = false;
    call->annotations = NULL;
    call->text_size = 0;
}

/* Of the revision that the client speaks, if that is known. */
static unsigned mcpi_server_features(const mcp_call *call)
{
    return call->revision ? call->revision->features : 0;
}

/* A member with a text, in pieces; none without one. key: with its comma and colon. */
static void mcpi_server_put_member(mcp_call *call, const char *key, const char *text)
{
    if (!text) return;
    mcpi_json_put_ours(&call->out, key, strlen(key));
    mcp_put_str(&call->out, text);
}

MCPI_INLINE void mcpi_server_put_comma(mcp_call *call)
{
    if (call->code) (void)mcpi_peer_misuse(call, "content after a failure");
    if (call->has_block) mcpi_json_frame(&call->out, ",");
    call->has_block = true;
}

/* Before a block of content: in a prompt each is a message. */
MCPI_INLINE void mcpi_server_begin_block(mcp_call *call)
{
    mcpi_server_put_comma(call);
    if (call->scene == MCPI_PEER_TOOL) return;
    if (call->scene != MCPI_PEER_PROMPT) (void)mcpi_peer_misuse(call, "content where there is none");
#ifndef MCP_NO_PROMPTS
    mcpi_json_frame(&call->out, "{\"role\":");
    mcp_put_str(&call->out, call->role);
    mcpi_json_frame(&call->out, ",\"content\":");
#endif
}

/* Behind a block of content. */
MCPI_INLINE int mcpi_server_end_block(mcp_call *call)
{
    if (call->annotations) {
        mcpi_json_frame(&call->out, ",\"annotations\":");
        mcpi_server_put_annotations(&call->out, mcpi_server_features(call), call->annotations);
        call->annotations = NULL;
    }
    mcpi_json_frame(&call->out, "}");
#ifndef MCP_NO_PROMPTS
    if (call->scene == MCPI_PEER_PROMPT) mcpi_json_frame(&call->out, "}");
#endif
    return MCP_OK;
}

/* The result of a method: an object that the handler gave, and what results end with. */
static void mcpi_server_put_result(mcp_call *call)
{
    mcp_str json = { NULL, 0 };
    if (call->has_data) (void)mcp_out_done(&call->data, &json);
    if (json.len > 2) mcpi_json_put_ours(&call->out, json.ptr + 1, json.len - 2);
    mcpi_server_put_end(call, json.len <= 2);
}

/* The structured result that the handler gave, where the client knows such a thing. */
static void mcpi_server_put_data(mcp_call *call)
{
    mcp_str json;
    if (!call->has_data || !(call->revision->features & MCPI_PROTO_STRUCTURED)) return;
    if (mcp_out_done(&call->data, &json) != MCP_OK) return;
    mcpi_json_frame(&call->out, ",\"structuredContent\":");
    mcpi_json_put_ours(&call->out, json.ptr, json.len);
}

/* A block of text that max_text does not count. */
MCPI_INLINE int mcpi_server_put_text(mcp_call *call, const char *text, size_t len)
{
    mcpi_server_begin_block(call);
    mcpi_json_frame(&call->out, "{\"type\":\"text\",\"text\":");
    mcp_put_strn(&call->out, text, len);
    return mcpi_server_end_block(call);
}

/* Writes what of a text still fits into max_text, up to the end of a character. */
MCPI_NOINLINE int mcpi_server_cut_text(mcp_call *call, const char *text, size_t len)
{
    const uint64_t before = call->text_size - len;
    size_t left = 0;
    if (!call->has_much_text) {
        left = mcpi_base_utf8_cut(text, (size_t)(call->row->max_text - before));
        call->text_kept = before + left;
        call->has_much_text = true;
    }
    if (left) return mcpi_server_put_text(call, text, left);
    call->annotations = NULL;       /* of what is left out, as it is */
    return MCP_OK;
}

/* Notes "N bytes, about M tokens". */
static void mcpi_server_note_text(mcpi_base_note *note, const char *what, uint64_t size)
{
    mcpi_base_note_add(note, "%s%llu bytes, about %llu tokens", what, (unsigned long long)size,
                       (unsigned long long)(size / 4 + (size % 4 != 0)));
}

/* The text was cut: a note behind it says so, and what it says of an error still counts. */
static void mcpi_server_note_cut(mcp_call *call)
{
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcpi_server_note_text(&note, "[cut: the last ", call->text_size - call->text_kept);
    mcpi_base_note_add(&note, ", of %llu bytes are left out; ask for a smaller part]",
                       (unsigned long long)call->text_size);
    (void)mcpi_server_put_text(call, text, (size_t)(note.at - text));
}

/* The text is too much: an error takes the place of the result. */
static void mcpi_server_refuse_text_size(mcp_call *call)
{
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcpi_server_note_text(&note, "the result is too long: its text has ", call->text_size);
    mcpi_base_note_add(&note, "; the limit is %llu bytes (%s.max_text): ask for less, or for a part",
                       (unsigned long long)call->row->max_text,
                       mcpi_server_tool(call)->max_text ? "mcp_tool" : "mcp_server_desc");
    mcpi_server_begin_content(call);
    (void)mcpi_server_put_text(call, text, (size_t)(note.at - text));
    call->outcome = MCP_E_TOO_LONG;
}

/* A result with more text than it may have. Returns whether it is an error. */
static bool mcpi_server_end_text(mcp_call *call, bool is_error)
{
    const bool cuts = is_error || ((mcpi_server_tool(call)->flags & MCP_CUT) && !call->has_data);
    if (cuts) mcpi_server_note_cut(call);
    else mcpi_server_refuse_text_size(call);
    return is_error || !cuts;
}

MCPI_INLINE void mcpi_server_end_content(mcp_call *call, bool is_error)
{
    if (MCPI_UNLIKELY(call->has_much_text)) is_error = mcpi_server_end_text(call, is_error);
    switch (call->scene) {
    case MCPI_PEER_TOOL:
        mcpi_json_frame(&call->out, "]");
        mcpi_server_put_data(call);
        if (is_error) {
            mcpi_json_frame(&call->out, ",\"isError\":true");
            call->is_error = true;
        }
        break;
#ifndef MCP_NO_RESOURCES
    case MCPI_PEER_RESOURCE:
        mcpi_json_frame(&call->out, "]");
        mcpi_server_put_caching(call, call->ttl_ms, call->cache);
        break;
#endif
#ifndef MCP_NO_PROMPTS
    case MCPI_PEER_PROMPT:
        mcpi_json_frame(&call->out, "]");
        mcpi_server_put_member(call, ",\"description\":", mcpi_server_prompt(call)->description);
        break;
#endif
#ifndef MCP_NO_METHODS
    case MCPI_PEER_METHOD: mcpi_server_put_result(call); return;
#endif
#ifndef MCP_NO_COMPLETION
    case MCPI_PEER_COMPLETION:
        mcpi_json_frame(&call->out, "],\"total\":");
        mcp_put_uint(&call->out, call->suggested);
        mcpi_json_frame(&call->out, ",\"hasMore\":");
        mcp_put_bool(&call->out, call->suggested > MCPI_SERVER_SUGGESTIONS);
        mcpi_json_frame(&call->out, "}");
#endif
    }
    mcpi_server_end_result(call);
}

/* Everything written before is dropped; the model is told what went wrong, or where a result cannot say that,
   the client. */
static void mcpi_server_say_why(mcp_call *call, mcp_str text)
{
    if (call->scene == MCPI_PEER_TOOL) {
        mcpi_server_begin_content(call);
        (void)mcp_textn(call, text.ptr, text.len);
    } else {
        mcpi_peer_put_error(call, MCPI_RPC_INTERNAL_ERROR, text);
        mcpi_rpc_put_error_end(&call->out);
    }
}

/* The resource that the client asked for is not there. */
static void mcpi_server_put_missing(mcp_call *call)
{
    static const mcp_str text = MCP_LIT("Resource not found");
    const int code = mcpi_server_is_modern(call) ? MCPI_RPC_INVALID_PARAMS : MCPI_PROTO_NO_RESOURCE;
    mcpi_peer_put_error(call, code, text);
    mcpi_json_frame(&call->out, ",\"data\":{\"uri\":");
    mcp_put_strn(&call->out, call->uri.ptr, call->uri.len);
    mcpi_json_frame(&call->out, "}");
    mcpi_rpc_put_error_end(&call->out);
}

/* What a status means to whoever reads a reply. */
static const char *mcpi_server_strerror(int status)
{
    if (status == MCP_E_TOO_LONG) return "the reply is longer than mcp_server_desc.max_reply allows";
    return mcp_strerror(status);
}

/* The handler broke, or gave up. */
static void mcpi_server_put_failure(mcp_call *call, int status)
{
    char text[160];
    const char *where = call->failed == MCP_E_MISUSE && call->misused ? call->misused : "";
    if (call->dialog && call->peer->asking->explain(call, status)) return;
    (void)mcpi_base_format(text, sizeof text, "%s%s%s", where, *where ? ": " : "",
                           mcpi_server_strerror(status));
    mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, text);
}

/* Where there is no result: only a tool's can say that it failed, and what can be read has contents. */
static bool mcpi_server_end_without(mcp_call *call, int verdict)
{
    if (verdict != MCP_OK)
        mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, "the handler failed without a reason: see mcp_fail");
#ifndef MCP_NO_RESOURCES
    else if (call->scene == MCPI_PEER_RESOURCE && !call->has_block)
        mcpi_server_put_missing(call);
#endif
    else
        return false;
    return true;
}

/* Ends the reply with what the handler returned. */
MCPI_INLINE void mcpi_server_end_call(mcp_call *call, int verdict)
{
    if (call->failed) verdict = call->failed;
    mcpi_peer_note_status(call, verdict);
    if (verdict > 0) verdict = MCP_E_MISUSE;    /* MCP_WAIT without mcp_defer */
    if (verdict != MCP_OK) call->outcome = verdict;
    if (verdict != MCP_OK && verdict != MCP_E_TOOL)
        mcpi_server_put_failure(call, verdict);
    else if (!call->code && call->scene != MCPI_PEER_TOOL && mcpi_server_end_without(call, verdict))
        return;
    else if (!call->code)
        mcpi_server_end_content(call, verdict == MCP_E_TOOL);
}

static int mcpi_server_reply(mcp_call *call);
static void mcpi_server_task_asks(mcp_call *call, bool asks);

/* What content begins with, in each run. */
static void mcpi_server_begin_scene(mcp_call *call)
{
    call->role = "user";
    if (call->scene != MCPI_PEER_RESOURCE) return;
    call->ttl_ms = mcpi_server_resource(call)->ttl_ms;
    call->cache = mcpi_server_resource(call)->flags & MCP_PUBLIC ? MCP_CACHE_PUBLIC : MCP_CACHE_PRIVATE;
}

/* Calls the handler, or the next step of it. Afterwards the reply is written, or the call is deferred. */
MCPI_INLINE void mcpi_server_run_step(mcp_call *call, mcp_call_fn fn)
{
    int verdict;
    call->finished = false;
    call->running = true;
    verdict = fn(call);
    call->running = false;
    if (call->finished) verdict = call->verdict;
    else if (verdict == MCP_WAIT && call->ref) return;
    mcpi_peer_undefer(call);
    if (MCPI_UNLIKELY(verdict == MCP_ASK) && call->dialog && call->peer->asking->send(call, fn)) return;
    mcpi_server_end_call(call, verdict);
}

MCPI_INLINE void mcpi_server_run_handler(mcp_call *call, mcp_call_fn fn)
{
    mcpi_server_begin_content(call);
    call->failed = MCP_OK;
    mcpi_server_run_step(call, fn);
}

/* Whether a value is an object without a key that stands there twice; or, where it may be, missing. */
static bool mcpi_server_is_object(mcp_json v, bool may_be_missing)
{
    uint32_t at;
    if (!mcp_json_exists(v)) return may_be_missing;
    return mcp_json_type(v) == MCP_JSON_OBJECT && mcpi_json_repeated(v, &at) == MCP_OK && !at;
}

/*-- Asking the client. Spec: basic/patterns/mrtr, client/elicitation, client/sampling, client/roots --*/

/* Whether questions may stand in an answer to this request. */
static bool mcpi_server_may_ask(const mcp_call *call)
{
    return call->scene == MCPI_PEER_TOOL || call->scene == MCPI_PEER_PROMPT ||
           call->scene == MCPI_PEER_RESOURCE;
}

/* Whether what is asked can be sealed, and so carried by the client. */
static bool mcpi_server_can_seal(const mcp_call *call)
{
    const mcp_server_desc *d = call->peer->desc;
    return d->random || d->seal_state || mcpi_peer_state_key(call->peer).len;
}

/* Why the requestState of a request is not taken. */
static const char *mcpi_server_wrong_state(int status)
{
    switch (status) {
    case MCP_E_TIMEOUT: return "params.requestState has expired: send the request without it";
    case MCP_E_TOO_LONG: return "params.requestState is longer than mcp_server_desc.max_state allows";
    default: return "params.requestState was not given out for this request: send the request without it";
    }
}

/* The questions and answers of earlier rounds, as they were sealed. */
static int mcpi_server_restore(mcp_call *call, const mcpi_peer_state *state)
{
    mcpi_peer_dialog *dialog = call->dialog;
    const mcpi_peer_asked *a;
    for (a = state->asked; a; a = a->next) {
        mcpi_peer_question *q = mcpi_peer_add_question(call, a->key);
        if (!q) return MCP_E_NOMEM;
        memcpy(q->digest, a->question, sizeof q->digest);
        q->digested = true;
        if (!a->answer.ptr) continue;
        if (mcp_json_parse(&q->doc, a->answer.ptr, a->answer.len) != MCP_OK) return q->doc.error;
        q->answer = mcp_json_root(&q->doc);
    }
    dialog->vouched = true;
    dialog->rounds = state->round;
    dialog->expires_ms = state->expires_ms;
    memcpy(dialog->id, state->id, sizeof dialog->id);
    return mcp_buf_add(&dialog->state, state->user.ptr, state->user.len) ? MCP_OK : MCP_E_NOMEM;
}

/* Opens what we sealed. */
static int mcpi_server_open_state(mcp_call *call, mcp_str text)
{
    unsigned char bound[MCP_SHA256_SIZE];
    mcpi_peer_state state;
    char *own = call->doc.copy + (text.ptr - call->doc.copy);
    int status;
    mcpi_peer_bind_state(call, bound);
    status = mcpi_peer_open_state(call->peer, bound, own, text.len, &call->arena, &state);
    return status == MCP_OK ? mcpi_server_restore(call, &state) : status;
}

/* What is wrong with the members of a request that is sent again, or NULL. */
static const char *mcpi_server_wrong_answers(mcp_json params, mcp_json answers, mcp_json state)
{
    if (!mcpi_server_is_object(params, true)) return "a key of \"params\" stands there twice";
    if (!mcpi_server_is_object(answers, true))
        return "params.inputResponses must be an object, each key once";
    if (mcp_json_exists(state) && mcp_json_type(state) != MCP_JSON_STRING)
        return "params.requestState must be a string";
    return NULL;
}

/* Takes the answers that came with the request. MCP_OK, or what the reply will be. */
static int mcpi_server_take_answers(mcp_call *call)
{
    const mcp_json params = call->message.params;
    const mcp_json state = mcp_json_get(params, "requestState");
    mcp_json answers = mcp_json_get(params, "inputResponses");
    mcpi_peer_dialog *dialog = call->dialog;
    int status;
    if (!mcpi_server_is_modern(call)) return MCP_OK;
    if (mcp_json_type(answers) == MCP_JSON_NULL) answers = mcpi_json_missing();     /* some write it so */
    dialog->refusal = mcpi_server_wrong_answers(params, answers, state);
    if (dialog->refusal) return MCP_E_PROTOCOL;
    dialog->answers = answers;
    if (!mcp_json_exists(state)) return MCP_OK;
    status = mcpi_server_open_state(call, mcp_json_str(state, NULL));
    if (status != MCP_OK && status != MCP_E_NOMEM) dialog->refusal = mcpi_server_wrong_state(status);
    return status;
}

/* Notes that a call has acted, until then. False: too many have, or there is no memory. */
static bool mcpi_server_note_act(mcp_call *call, uint64_t until_ms)
{
    mcp_buf *acted = &call->peer->acted;
    const uint64_t now = mcpi_peer_state_now(call->peer);
    mcpi_peer_act act;
    size_t from, to = 0;
    for (from = 0; from < acted->len; from += sizeof act) {
        memcpy(&act, acted->ptr + from, sizeof act);
        if (act.until_ms && act.until_ms < now) continue;
        memmove(acted->ptr + to, &act, sizeof act);
        to += sizeof act;
    }
    acted->len = to;
    memset(&act, 0, sizeof act);
    memcpy(act.id, call->dialog->id, sizeof act.id);
    act.until_ms = until_ms;
    if (mcp_buf_add(acted, &act, sizeof act)) return true;
    acted->error = MCP_OK;
    return false;
}

static bool mcpi_server_has_acted(const mcp_call *call)
{
    const mcp_buf *acted = &call->peer->acted;
    size_t at = 0;
    while (at < acted->len && memcmp(acted->ptr + at, call->dialog->id, MCPI_PEER_ID) != 0)
        at += sizeof(mcpi_peer_act);
    return at < acted->len;
}

/* The client did not answer what the handler cannot do without. Spec: basic (error codes) */
static void mcpi_server_put_unanswered(mcp_call *call, int status)
{
    const char *text = strchr(mcp_strerror(status), ' ') + 1;       /* behind its name */
    const char *missing = call->dialog->missing;
    if (status == MCP_E_TOO_LONG)
        text = "what is to be asked is longer than mcp_server_desc.max_reply or max_state allows, or "
               "max_rounds of questions are over";
    if (status == MCP_E_TIMEOUT)
        text = "what was asked was not answered in time: see mcp_server_desc.ask_timeout_ms";
    if (status == MCP_E_UNSUPPORTED && missing && mcpi_server_is_modern(call)) {
        mcpi_peer_put_error(call, MCPI_PROTO_MISSING_CAPABILITY, mcpi_schema_str(text));
        mcpi_json_frame(&call->out, ",\"data\":{\"requiredCapabilities\":");
        mcpi_json_put_ours(&call->out, missing, strlen(missing));
        mcpi_json_frame(&call->out, "}");
        mcpi_rpc_put_error_end(&call->out);
        return;
    }
    mcpi_server_say_why(call, mcpi_schema_str(text));
    if (!call->code) mcpi_server_end_content(call, true);
}

/* Writes why there is no result. False: for no reason that has to do with asking. */
static bool mcpi_server_explain(mcp_call *call, int status)
{
    const char *refusal = call->dialog->refusal;
    const bool unanswered = !call->failed && status > -32 && call->dialog->unanswered >> -status & 1;
    if (refusal) mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, refusal);
    else if (unanswered) mcpi_server_put_unanswered(call, status);
    return refusal || unanswered;
}

/* What was answered, of those that were asked in this run: a list for the seal. NULL without memory, or where
   there is nothing. */
static mcpi_peer_asked *mcpi_server_list_asked(mcp_call *call)
{
    mcpi_peer_asked *first = NULL, **end = &first;
    mcpi_peer_question *q;
    for (q = call->dialog->first; q; q = q->next) {
        if (!q->open && (!q->asked || !mcp_json_exists(q->answer))) continue;
        *end = (mcpi_peer_asked *)mcp_arena_get(&call->arena, sizeof **end);
        if (!*end) return NULL;
        memset(*end, 0, sizeof **end);
        (*end)->key = q->key;
        memcpy((*end)->question, q->digest, sizeof q->digest);
        if (!q->open) {
            mcp_out_reset(&q->text);
            mcp_put_value(&q->text, q->answer);
            if (mcp_out_done(&q->text, &(*end)->answer) != MCP_OK) return NULL;
        }
        end = &(*end)->next;
    }
    return first;
}

/* Until when the questions may be answered, by the clock of the seal; 0: for ever. */
static uint64_t mcpi_server_expiry(const mcp_call *call)
{
    const uint64_t now = mcpi_peer_state_now(call->peer);
    const mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    uint32_t longest = 0;
    for (; q; q = mcpi_peer_open_question(q->next))
        if (q->timeout_ms > longest) longest = q->timeout_ms;
    return now && longest != MCP_NONE ? now + longest : 0;
}

/* Writes what the client is to bring back. MCP_OK, also where nothing can be sealed; or why not. */
static int mcpi_server_put_state(mcp_call *call)
{
    const mcpi_peer_dialog *dialog = call->dialog;
    unsigned char bound[MCP_SHA256_SIZE];
    mcpi_peer_state state;
    mcp_buf sealed;
    int status;
    if (!mcpi_server_can_seal(call)) return MCP_OK;
    memset(&state, 0, sizeof state);
    state.asked = mcpi_server_list_asked(call);
    if (!state.asked) return MCP_E_NOMEM;
    state.user.ptr = dialog->state.ptr;
    state.user.len = dialog->state.len;
    memcpy(state.id, dialog->id, sizeof state.id);
    state.round = dialog->rounds;
    state.expires_ms = mcpi_server_expiry(call);
    if (dialog->acted && !mcpi_server_note_act(call, state.expires_ms)) return MCP_E_BUSY;
    mcpi_peer_bind_state(call, bound);
    mcp_buf_init(&sealed, call->peer->desc->alloc, call->peer->desc->max_reply);
    status = mcpi_peer_seal_state(call->peer, bound, &state, &sealed);
    if (status == MCP_OK) {
        mcpi_json_frame(&call->out, ",\"requestState\":");
        mcp_put_strn(&call->out, sealed.ptr, sealed.len);
    }
    mcp_buf_free(&sealed);
    return status;
}

/* The result that asks the client to send its request again, with answers. */
static void mcpi_server_put_questions(mcp_call *call)
{
    static const char complete[] = ",\"resultType\":\"complete\"";
    const mcp_buf *end = &call->server->peer.end.buf;
    const mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    const char *comma = "";
    int status;
    mcpi_server_begin_result(call);
    mcpi_json_frame(&call->out, "\"resultType\":\"input_required\",\"inputRequests\":{");
    for (; q; q = mcpi_peer_open_question(q->next)) {
        mcpi_json_put_ours(&call->out, comma, strlen(comma));
        mcp_put_strn(&call->out, q->key.ptr, q->key.len);
        mcpi_json_frame(&call->out, ":{");
        mcpi_json_put_ours(&call->out, q->text.buf.ptr, q->text.buf.len);
        mcpi_json_frame(&call->out, "}");
        comma = ",";
    }
    mcpi_json_frame(&call->out, "}");
    status = mcpi_server_put_state(call);
    mcpi_json_put_ours(&call->out, end->ptr + sizeof complete - 1, end->len - (sizeof complete - 1));
    mcpi_json_frame(&call->out, "}}");
    if (status == MCP_OK) return;
    mcpi_peer_fail(call, status);
    mcpi_server_end_call(call, status);
}

/* Asks what the handler wants to know before it goes on. False: nothing that can be asked. */
static bool mcpi_server_ask_client(mcp_call *call, mcp_call_fn fn)
{
    int status;
    if (call->failed || call->dropped || !mcpi_peer_has_open(call)) return false;
    call->dialog->fn = fn;
    call->dialog->rounds++;
    if (mcpi_server_is_modern(call) && !mcpi_peer_is_task(call)) {
        call->outcome = MCP_ASK;
        mcpi_server_put_questions(call);
        return true;
    }
    status = mcpi_peer_park(call);
    if (status != MCP_OK) mcpi_peer_fail(call, status);
    else if (mcpi_peer_is_task(call)) mcpi_server_task_asks(call, true);
    return status == MCP_OK;
}

/* What the tool of a call says of its time; 0: nothing, as everything else that has a handler, and where no
   tool is known. */
static uint32_t mcpi_server_own_timeout(const mcp_call *call)
{
    return call->row && call->scene == MCPI_PEER_TOOL ? mcpi_server_tool(call)->timeout_ms : 0;
}

/* The answers to a deferred task are there: the host goes on. */
static void mcpi_server_tell_ready(mcp_call *call)
{
    const mcp_server_desc *d = call->peer->desc;
    const mcp_ref ref = call->ref;
    const uint32_t own = mcpi_server_own_timeout(call);
    call->dialog->waits = call->dialog->late = false;
    mcpi_peer_set_deadline(call, own ? own : MCP_NONE);
    mcpi_server_task_asks(call, false);
    if (d->on_ready) d->on_ready(d->user, ref);
}

/* The answers are there: the handler runs again, from its top. */
static void mcpi_server_run_again(mcp_call *call)
{
    mcpi_peer_question *q;
    if (mcpi_peer_is_task(call) && call->dialog->late) {
        mcpi_server_tell_ready(call);
        return;
    }
    mcpi_peer_undefer(call);
    if (mcpi_peer_is_task(call)) mcpi_server_task_asks(call, false);
    for (q = call->dialog->first; q; q = q->next) q->asked = false;
    call->dialog->unanswered = 0;
    mcpi_server_begin_content(call);
    call->failed = MCP_OK;
    call->memory = NULL;        /* as a request that is sent again has none */
    mcpi_server_begin_scene(call);
    mcpi_server_run_step(call, call->dialog->fn);
    if (!call->ref) (void)mcpi_server_reply(call);
}

/* Ends the questions that have no time left, and goes on if that were all. In a callback this waits: a
   handler may do what it likes. */
static void mcpi_server_expire_questions(mcp_call *call)
{
    if (call->peer->depth != 1) return;
    mcpi_peer_expire_questions(call, mcpi_peer_now(call->peer));
    if (!mcpi_peer_has_open(call)) mcpi_server_run_again(call);
}

/* Keeps an answer. */
static void mcpi_server_take_answer(mcp_call *message, mcpi_peer_question *q, mcp_json answer)
{
    const int status = mcp_json_clone(&q->doc, answer);
    if (status == MCP_OK) q->answer = mcp_json_root(&q->doc);
    mcpi_peer_settle(q, status);
    mcpi_peer_note_status(message, status);
}

/* Keeps what the client answered. Returns the call that has all its answers now, or NULL. */
static mcp_call *mcpi_server_take_response(mcp_call *message)
{
    const mcp_json error = message->message.error;
    mcp_call *call;
    mcpi_peer_question *q = mcpi_peer_find_asked(message->peer, message->route.session, message->message.id,
                                                 &call);
    if (!q) return NULL;
    q->sent = false;
    if (mcp_json_exists(error)) {
        mcpi_peer_settle(q, mcp_json_int(error, "code", 0) == -1 ? MCP_E_DECLINED : MCP_E_REMOTE);
    } else {
        mcpi_server_take_answer(message, q, message->message.result);
    }
    if (!mcpi_peer_has_open(call)) return call;
    mcpi_peer_set_question_time(call);
    return NULL;
}

static void mcpi_server_give_up(mcp_call *call)
{
    mcpi_peer_question *q = mcpi_peer_open_question(call->dialog->first);
    for (; q; q = mcpi_peer_open_question(q->next)) mcpi_peer_settle(q, MCP_E_CLOSED);
    mcpi_server_run_again(call);
}

MCP_API void mcp_session_ended(mcp_session *session)
{
    mcpi_peer *peer = session->peer;
    uint32_t i;
    mcpi_peer_enter(peer);
    for (i = 0; i < peer->num_calls; i++)
        if (mcpi_peer_waits(peer->calls[i]) && peer->calls[i]->route.session == session)
            peer->asking->give_up(peer->calls[i]);
    mcpi_peer_leave(peer);
}


/* Whether the client has declared a capability, and within it another one, if that is not NULL. */
static bool mcpi_server_declared(mcp_call *call, const char *name, const char *within)
{
    mcp_json v = mcp_json_get(mcp_client_capabilities(call), name);
    if (within) v = mcp_json_get(v, within);
    return mcp_json_type(v) == MCP_JSON_OBJECT;
}

/* The capability that a sampling wants and the client lacks, as JSON; or NULL. */
static const char *mcpi_server_lacks_sampling(mcp_call *call, mcp_json params)
{
    const bool tools = mcp_json_exists(mcp_json_get(params, "tools")) ||
                       mcp_json_exists(mcp_json_get(params, "toolChoice"));
    const mcp_str context = mcp_json_str(params, "includeContext");
    const bool fine = mcpi_server_features(call) & MCPI_PROTO_ELICIT_URL;   /* others do not tell */
    if (!mcpi_server_declared(call, "sampling", NULL)) return "{\"sampling\":{}}";
    if (tools && !(fine && mcpi_server_declared(call, "sampling", "tools")))
        return "{\"sampling\":{\"tools\":{}}}";
    if (fine && context.ptr && !mcpi_json_is_key(context.ptr, context.len, "none") &&
        !mcpi_server_declared(call, "sampling", "context"))
        return "{\"sampling\":{\"context\":{}}}";
    return NULL;
}

/* Whether the form has a list, which the revision may not know. */
static bool mcpi_server_has_list(const mcp_field *form)
{
    while (form && form->name && !(form->type & MCP_LIST)) form++;
    return form && form->name;
}

/* The capability that a question wants and the client lacks, as JSON; or NULL. params: of a sampling. */
static const char *mcpi_server_lacks(mcp_call *call, const mcp_question *question, mcp_json params)
{
    const unsigned features = mcpi_server_features(call);
    const bool url = features & MCPI_PROTO_ELICIT_URL && mcpi_server_declared(call, "elicitation", "url");
    switch (question->kind) {
    case MCP_INPUT_URL: return url ? NULL : "{\"elicitation\":{\"url\":{}}}";
    case MCP_INPUT_SAMPLING: return mcpi_server_lacks_sampling(call, params);
    case MCP_INPUT_ROOTS: return mcpi_server_declared(call, "roots", NULL) ? NULL : "{\"roots\":{}}";
    default: break;
    }
    if (!(features & MCPI_PROTO_ELICIT_URL) && mcpi_server_has_list(question->form))
        return "{\"elicitation\":{}}";
    if (features & MCPI_PROTO_ELICIT && mcpi_server_declared(call, "elicitation", NULL) &&
        (!url || mcpi_server_declared(call, "elicitation", "form")))
        return NULL;
    return "{\"elicitation\":{}}";
}

/* Whether a row can stand in a form. */
static bool mcpi_server_is_of_form(const mcp_field *f)
{
    if (f->type & MCP_LIST) return mcpi_schema_type(f) == MCP_STRING && f->choices;
    return mcpi_schema_type_name(f->type) != NULL;
}

/* What is wrong with a question as the programmer wrote it, or NULL. */
static const char *mcpi_server_wrong_question(const mcp_question *question, mcp_json params)
{
    const mcp_field *f;
    switch (question->kind) {
    case MCP_INPUT_FORM:
        for (f = question->form; f && f->name; f++)
            if (!mcpi_server_is_of_form(f)) return "mcp_ask with a row that no form can have";
        return question->message && question->form ? NULL : "mcp_ask without message or form";
    case MCP_INPUT_URL:
        return question->message && question->url ? NULL : "mcp_ask_url without message or url";
    case MCP_INPUT_SAMPLING:
        if (mcp_json_type(mcp_json_get(params, "messages")) == MCP_JSON_ARRAY &&
            mcp_json_type(mcp_json_get(params, "maxTokens")) == MCP_JSON_NUMBER)
            return NULL;
        return "mcp_sample without messages or maxTokens";
    default: return question->kind == MCP_INPUT_ROOTS ? NULL : "mcp_ask_question of no kind";
    }
}

/* The id of an address that is to be opened: as hard to guess as that of the call. */
static void mcpi_server_put_elicitation_id(mcp_call *call, mcp_out *out, mcp_str key)
{
    static const char digits[] = "0123456789abcdef";
    const mcpi_peer_dialog *dialog = call->dialog;
    size_t i;
    mcpi_json_frame(out, "\"elicitationId\":\"");
    for (i = 0; i < sizeof dialog->id; i++) {
        mcpi_json_put_ours(out, digits + (dialog->id[i] >> 4), 1);
        mcpi_json_put_ours(out, digits + (dialog->id[i] & 15), 1);
    }
    for (i = 0; i < key.len; i++) {     /* a key may have any characters */
        mcpi_json_put_ours(out, digits + ((unsigned char)key.ptr[i] >> 4), 1);
        mcpi_json_put_ours(out, digits + ((unsigned char)key.ptr[i] & 15), 1);
    }
    mcpi_json_frame(out, "\"");
}

/* The params of a sampling, in a task with its name. */
static void mcpi_server_put_sampling(mcp_call *call, mcp_out *out, mcp_json params)
{
    mcp_put_value(out, params);
    if (!mcpi_peer_is_task(call) || mcp_json_exists(mcp_json_get(params, "_meta")) || out->buf.error) return;
    out->buf.len--;         /* its last brace */
    mcpi_peer_put_related(out, call);
    mcpi_json_frame(out, "}");
}

/* Those of roots/list, which has some in a task only. */
static void mcpi_server_put_roots_params(mcp_call *call, mcp_out *out)
{
    if (!mcpi_peer_is_task(call) || mcpi_server_is_modern(call)) return;
    mcpi_json_frame(out, ",\"params\":{\"_meta\":{\"" MCPI_PROTO_RELATED_TASK "\":{\"taskId\":");
    mcp_put_str(out, call->task);
    mcpi_json_frame(out, "}}}");
}

/* Writes method and params of a question, as its client's revision wants them. */
static void mcpi_server_put_question(mcp_call *call, mcp_out *out, mcp_str key, const mcp_question *question,
                                     mcp_json params)
{
    const bool fine = mcpi_server_features(call) & MCPI_PROTO_ELICIT_URL;
    mcpi_rpc_begin(out);
    switch (question->kind) {
    case MCP_INPUT_SAMPLING:
        mcpi_json_frame(out, "\"method\":\"sampling/createMessage\",\"params\":");
        mcpi_server_put_sampling(call, out, params);
        return;
    case MCP_INPUT_ROOTS:
        mcpi_json_frame(out, "\"method\":\"roots/list\"");
        mcpi_server_put_roots_params(call, out);
        return;
    default: break;
    }
    mcpi_json_frame(out, "\"method\":\"elicitation/create\",\"params\":{\"message\":");
    mcp_put_str(out, question->message);
    if (question->kind == MCP_INPUT_FORM) {
        mcpi_json_frame(out, ",\"requestedSchema\":");
        mcpi_schema_put(out, question->form, fine ? MCPI_SCHEMA_DEFAULTS : 0);
    } else {
        mcpi_json_frame(out, ",\"mode\":\"url\",\"url\":");
        mcp_put_str(out, question->url);
        if (!mcpi_server_is_modern(call)) {
            mcpi_json_frame(out, ",");
            mcpi_server_put_elicitation_id(call, out, key);
        }
    }
    mcpi_peer_put_related(out, call);
    mcpi_json_frame(out, "}");
}

/* What an answer says: MCP_OK, why there is none, or MCP_E_SYNTAX if it is no answer to the question. */
static int mcpi_server_read_answer(const mcp_question *question, mcp_json result, mcp_json *answer)
{
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcp_json content;
    if (mcp_json_type(result) != MCP_JSON_OBJECT) return MCP_E_SYNTAX;
    if (question->kind == MCP_INPUT_ROOTS) {
        *answer = mcp_json_get(result, "roots");
        return mcp_json_type(*answer) == MCP_JSON_ARRAY ? MCP_OK : MCP_E_SYNTAX;
    }
    if (question->kind == MCP_INPUT_SAMPLING) {
        *answer = result;
        return mcp_json_str(result, "role").ptr && mcp_json_str(result, "model").ptr &&
               mcp_json_type(mcp_json_get(result, "content")) >= MCP_JSON_ARRAY ? MCP_OK : MCP_E_SYNTAX;
    }
    if (mcp_json_equals(result, "action", "decline")) return MCP_E_DECLINED;
    if (mcp_json_equals(result, "action", "cancel")) return MCP_E_DISMISSED;
    if (!mcp_json_equals(result, "action", "accept")) return MCP_E_SYNTAX;
    if (question->kind == MCP_INPUT_URL) return MCP_OK;
    content = mcp_json_get(result, "content");
    if (mcp_json_exists(content) && mcp_json_type(content) != MCP_JSON_OBJECT) return MCP_E_SYNTAX;
    *answer = content;
    return mcpi_schema_check(question->form, content, &note) ? MCP_OK : MCP_E_SYNTAX;
}

/* Whether the user left something out that has a default. */
static bool mcpi_server_lacks_default(const mcp_field *f, mcp_json content)
{
    while (f->name && (!f->def || mcp_json_exists(mcp_json_get(content, f->name)))) f++;
    return f->name != NULL;
}

/* Puts the defaults of what was left out into an accepted form: not every client knows them, or fills
   them in. */
static int mcpi_server_fill_form(mcpi_peer_question *q, const mcp_field *form, mcp_json *content)
{
    mcp_out *out = &q->text;
    const mcp_field *f;
    mcp_json v;
    mcp_str text;
    int status;
    if (!mcpi_server_lacks_default(form, *content)) return MCP_OK;
    mcpi_rpc_begin(out);
    mcpi_json_frame(out, "{\"action\":\"accept\",\"content\":");
    mcp_put_object(out);
    for (v = mcp_json_first(*content); mcp_json_exists(v); v = mcp_json_next(v)) {
        mcp_put_keyn(out, mcp_json_key(v).ptr, mcp_json_key(v).len);
        mcp_put_value(out, v);
    }
    for (f = form; f->name; f++)
        if (!mcp_json_exists(mcp_json_get(*content, f->name)))
            mcpi_schema_put_literal(out, f->name, f->def,
                                    (f->type & (MCP_TYPE_MASK | MCP_LIST)) == MCP_STRING);
    mcp_put_end(out);
    mcpi_json_frame(out, "}");
    status = mcp_out_done(out, &text);
    if (status == MCP_OK) status = mcp_json_parse(&q->doc, text.ptr, text.len);
    q->answer = mcp_json_root(&q->doc);
    *content = mcp_json_get(q->answer, "content");
    return status;
}

/* Bytes of all that was asked and answered so far: what a seal has to carry, or a parked call keeps. */
static size_t mcpi_server_carried(const mcp_call *call)
{
    const mcpi_peer_question *q;
    size_t size = call->dialog->state.len;
    for (q = call->dialog->first; q; q = q->next)
        if (q->asked || q->open) size += q->key.len + sizeof q->digest + q->doc.copy_size;
    return size;
}

/* Whether an earlier question of this run was answered. */
static bool mcpi_server_has_answer(const mcp_call *call)
{
    const mcpi_peer_question *q = call->dialog->first;
    while (q && !(q->asked && mcp_json_exists(q->answer))) q = q->next;
    return q != NULL;
}

/* Whether one question more can be sent. MCP_OK, or why not. */
static int mcpi_server_check_room(mcp_call *call, const mcpi_peer_question *q)
{
    const mcp_server_desc *d = call->peer->desc;
    size_t size = 512 + mcpi_server_carried(call) / 3 * 4;
    const mcpi_peer_question *other = mcpi_peer_open_question(call->dialog->first);
    if (call->dialog->rounds >= d->max_rounds) return MCP_E_TOO_LONG;
    if (size > d->max_state) return MCP_E_TOO_LONG;
    for (; other; other = mcpi_peer_open_question(other->next))
        size += other->text.buf.len + 6 * other->key.len;
    return size + q->text.buf.len + 6 * q->key.len < d->max_reply ? MCP_OK : MCP_E_TOO_LONG;
}

/* The question will go out when the handler returns MCP_ASK; or why not. */
static int mcpi_server_open_question(mcp_call *call, mcpi_peer_question *q, const mcp_question *question)
{
    const mcp_server_desc *d = call->peer->desc;
    int status = mcpi_server_check_room(call, q);
    if (status != MCP_OK) return status;
    if (mcpi_server_is_modern(call) && !mcpi_peer_is_task(call) && !mcpi_server_can_seal(call) &&
        (call->dialog->state.len || mcpi_server_has_answer(call) || (question->flags & MCP_SEALED)))
        return mcpi_peer_misuse(call, "mcp_ask that needs a seal, without desc.random or desc.state_keys");
    q->answer = mcpi_json_missing();
    q->open = true;
    q->timeout_ms = question->timeout_ms ? question->timeout_ms : d->ask_timeout_ms;
    return MCP_ASK;
}

/* What the call asks, with an id of its own if there is chance, and with the answers that came. NULL without
   memory, or where these are refused: that becomes the reply. */
static mcpi_peer_dialog *mcpi_server_begin_dialog(mcp_call *call)
{
    static const mcpi_peer_asking asking = {
        mcpi_server_ask_client, mcpi_peer_emit_questions, mcpi_server_take_response, mcpi_server_run_again,
        mcpi_server_expire_questions, mcpi_server_give_up, mcpi_peer_withdraw_all, mcpi_server_explain,
        mcpi_peer_end_dialog
    };
    mcpi_peer_dialog *dialog = call->dialog;
    int status = MCP_OK;
    if (!dialog) {
        dialog = mcpi_peer_begin_dialog(call);
        if (dialog) (void)mcpi_peer_draw(call->peer, dialog->id, sizeof dialog->id);
        call->peer->asking = &asking;
        status = dialog ? mcpi_server_take_answers(call) : (int)MCP_E_NOMEM;
        if (status != MCP_OK) mcpi_peer_fail(call, status);
    }
    return status == MCP_OK && !dialog->refusal ? dialog : NULL;
}

/* Writes a question, and finds what was answered to it before. MCP_OK, or why it cannot be asked. */
static int mcpi_server_take_question(mcp_call *call, mcp_str key, const mcp_question *question,
                                     mcp_json params, mcpi_peer_question **found)
{
    const mcpi_peer_dialog *dialog = call->dialog;
    mcpi_peer_question *q = mcpi_peer_find_question(dialog, key);
    unsigned char digest[MCP_SHA256_SIZE];
    mcp_str text;
    bool same, counts;
    int status;
    if (!q) q = mcpi_peer_add_question(call, key);
    if (!q) return MCP_E_NOMEM;
    mcpi_server_put_question(call, &q->text, key, question, params);
    status = mcp_out_done(&q->text, &text);
    if (status != MCP_OK) return status;
    mcp_sha256(text.ptr, text.len, digest);
    same = q->digested && !memcmp(digest, q->digest, sizeof digest);
    if (q->asked && !same) return mcpi_peer_misuse(call, "mcp_ask with the key of another question");
    if (!same) {        /* an answer counts only for what was asked */
        q->answer = mcpi_json_missing();
        q->status = MCP_OK;
    }
    counts = dialog->vouched ? same : !(question->flags & MCP_SEALED);
    if (!mcp_json_exists(q->answer) && counts) q->answer = mcp_json_get(dialog->answers, key.ptr);
    memcpy(q->digest, digest, sizeof digest);
    q->digested = q->asked = true;
    *found = q;
    return MCP_OK;
}

static int mcpi_server_ask(mcp_call *call, mcp_str key, const mcp_question *question, mcp_json params,
                           mcp_json *answer)
{
    const char *wrong = mcpi_server_wrong_question(question, params);
    mcpi_peer_question *q = NULL;
    int status;
    if (wrong) return mcpi_peer_misuse(call, wrong);
    if (!mcpi_server_begin_dialog(call)) return call->failed;
    status = mcpi_server_take_question(call, key, question, params, &q);
    if (status != MCP_OK) return status;
    if (q->status != MCP_OK) return q->status;
    status = MCP_E_SYNTAX;
    if (mcp_json_exists(q->answer)) status = mcpi_server_read_answer(question, q->answer, answer);
    if (status == MCP_OK && question->kind == MCP_INPUT_FORM)
        return mcpi_server_fill_form(q, question->form, answer);
    if (status != MCP_E_SYNTAX) return status;
    *answer = mcpi_json_missing();
    call->dialog->missing = mcpi_server_lacks(call, question, params);
    return call->dialog->missing ? (int)MCP_E_UNSUPPORTED : mcpi_server_open_question(call, q, question);
}

/* Whether a call that does not run may ask: as a task that the host has deferred. */
static bool mcpi_server_is_driven(const mcp_call *call)
{
    return mcpi_peer_is_task(call) && call->ref && (!mcpi_peer_waits(call) || call->dialog->late);
}

/* Sends what a deferred task asks. */
static void mcpi_server_ask_late(mcp_call *call, mcp_str key)
{
    mcpi_peer_dialog *dialog = call->dialog;
    mcpi_peer_begin_question(call, mcpi_peer_find_question(dialog, key));
    mcpi_peer_set_question_time(call);
    dialog->rounds++;
    dialog->waits = dialog->late = true;
    mcpi_server_task_asks(call, true);
}

MCP_API int mcp_ask_question(mcp_call *call, const char *key, const mcp_question *question, mcp_json *answer)
{
    const mcp_str name = mcpi_schema_str(key);
    const mcpi_peer_question *q = call->dialog ? mcpi_peer_find_question(call->dialog, name) : NULL;
    const bool open = q && q->open;
    mcp_json unused;
    mcp_doc params;
    int status;
    if (!answer) answer = &unused;
    *answer = mcpi_json_missing();
    if (!call->running && !mcpi_server_is_driven(call)) return MCP_E_MISUSE;
    if (call->dropped) return MCP_E_CLOSED;
    if (!mcpi_server_may_ask(call) || !call->row) return MCP_E_UNSUPPORTED;
    if (!name.len || name.len > MCPI_RPC_MAX_ID)
        return mcpi_peer_misuse(call, "mcp_ask with a key of 0 or more than 256 bytes");
    memset(&params, 0, sizeof params);
    params.alloc = call->peer->desc->alloc;
    if (question->params) (void)mcp_json_parse(&params, question->params, strlen(question->params));
    status = params.error;
    if (status == MCP_OK) status = mcpi_server_ask(call, name, question, mcp_json_root(&params), answer);
    mcp_doc_free(&params);
    if (status == MCP_E_NOMEM) mcpi_peer_fail(call, status);
    if (status == MCP_ASK && !call->running && !open) mcpi_server_ask_late(call, name);
    if (status < 0 && call->dialog) call->dialog->unanswered |= (uint32_t)1 << -status;
    return status;
}

MCP_API int mcp_ask(mcp_call *call, const char *key, const char *message, const mcp_field *form,
                    mcp_json *answer)
{
    mcp_question question;
    memset(&question, 0, sizeof question);
    question.kind = MCP_INPUT_FORM;
    question.message = message;
    question.form = form;
    return mcp_ask_question(call, key, &question, answer);
}

MCP_API int mcp_ask_url(mcp_call *call, const char *key, const char *message, const char *url)
{
    mcp_question question;
    memset(&question, 0, sizeof question);
    question.kind = MCP_INPUT_URL;
    question.message = message;
    question.url = url;
    return mcp_ask_question(call, key, &question, NULL);
}

MCP_API int mcp_sample(mcp_call *call, const char *key, mcp_json *answer, const char *format, ...)
{
    mcp_question question;
    mcp_out out;
    mcp_str params;
    va_list args;
    int status;
    memset(&question, 0, sizeof question);
    *answer = mcpi_json_missing();
    mcp_out_init(&out, call->peer->desc->max_reply);
    out.buf.alloc = call->peer->desc->alloc;
    va_start(args, format);
    mcp_put_fv(&out, format, args);
    va_end(args);
    status = mcp_out_done(&out, &params);
    question.kind = MCP_INPUT_SAMPLING;
    question.params = params.ptr;
    if (status == MCP_OK) status = mcp_ask_question(call, key, &question, answer);
    else mcpi_peer_fail(call, status);
    mcp_out_free(&out);
    return status;
}

MCP_API int mcp_roots(mcp_call *call, mcp_json *roots)
{
    mcp_question question;
    memset(&question, 0, sizeof question);
    question.kind = MCP_INPUT_ROOTS;
    return mcp_ask_question(call, "roots", &question, roots);
}

/* Spec: 2025-11-25 client/elicitation (completion notifications) */
MCP_API void mcp_url_done(mcp_call *call, const char *key)
{
    mcp_out *note = &call->peer->note;
    const mcp_str name = mcpi_schema_str(key);
    if (!call->dialog || mcpi_server_is_modern(call) || !mcpi_peer_find_question(call->dialog, name)) return;
    mcpi_peer_begin_note(note, "notifications/elicitation/complete");
    mcpi_json_frame(note, ",\"params\":{");
    mcpi_server_put_elicitation_id(call, note, name);
    mcpi_peer_put_related(note, call);
    mcpi_json_frame(note, "}}");
    (void)mcpi_peer_tell(call, note);
}

MCP_API int mcp_state_set(mcp_call *call, const void *bytes, size_t len)
{
    mcpi_peer_dialog *dialog = mcpi_server_begin_dialog(call);
    if (!dialog) return call->failed;
    mcp_buf_reset(&dialog->state);
    if (mcp_buf_add(&dialog->state, bytes, len)) return MCP_OK;
    return dialog->state.error;
}

MCP_API mcp_str mcp_state(mcp_call *call)
{
    const mcpi_peer_dialog *dialog = mcpi_server_begin_dialog(call);
    mcp_str state = { NULL, 0 };
    if (!dialog || !dialog->state.len) return state;
    state.ptr = dialog->state.ptr;
    state.len = dialog->state.len;
    return state;
}

MCP_API void mcp_forget(mcp_call *call, const char *key)
{
    mcpi_peer_question *q = call->dialog ? mcpi_peer_find_question(call->dialog, mcpi_schema_str(key)) : NULL;
    if (!q) return;
    q->answer = mcpi_json_missing();
    q->asked = q->digested = false;
}

MCP_API bool mcp_once(mcp_call *call)
{
    mcpi_peer_dialog *dialog = mcpi_server_begin_dialog(call);
    const bool first = dialog && !dialog->acted;
    if (!first) return false;
    dialog->acted = true;
    if (dialog->vouched)
        return call->peer->desc->random && !mcpi_server_has_acted(call) &&
               mcpi_server_note_act(call, dialog->expires_ms);
    return !mcp_json_exists(dialog->answers);
}

/*-- Tasks: calls that are answered at once, and whose result the client comes back for.
     Spec: 2025-11-25 basic/utilities/tasks, the extension io.modelcontextprotocol/tasks --*/

#ifdef MCP_NO_TASKS
static void mcpi_server_begin_tasks(mcp_server *s) { (void)s; }
static void mcpi_server_leave_tasks(mcpi_peer *peer, mcp_session *session) { (void)peer, (void)session; }
static void mcpi_server_expire_tasks(mcp_server *s, int *next) { (void)s, (void)next; }
static void mcpi_server_task_asks(mcp_call *call, bool asks) { (void)call, (void)asks; }
#ifndef MCP_NO_FLOAT
static bool mcpi_server_task_progress(mcp_call *call, const char *text)
{
    (void)call, (void)text;
    return false;
}
#endif
static bool mcpi_server_take_task(mcp_call *call) { (void)call; return true; }
static bool mcpi_server_has_running_task(const mcp_server *s, const mcp_session *session)
{
    (void)s, (void)session;
    return false;
}
MCP_API int mcp_task(mcp_call *call) { (void)call; return MCP_E_UNSUPPORTED; }
#else

#define MCPI_SERVER_UNKNOWN_TASK "unknown task: there is none, or it has expired"

static mcp_str mcpi_server_task_id(const mcp_call *call)
{
    return mcp_json_str(call->message.params, "taskId");
}

/* The place where listeners of 2026-07-28 will hear of it; sessions of 2025-11-25 do here. */
static void mcpi_server_tell_task(const mcpi_task *task)
{
    mcpi_peer *peer = task->table->peer;
    mcp_out *note = &peer->note;
    mcp_str text;
    if (task->modern || !task->session || task->session->closed) return;
    mcpi_peer_begin_note(note, "notifications/tasks/status");
    mcpi_json_frame(note, ",\"params\":{");
    mcpi_task_put(note, task);
    mcpi_json_frame(note, "}}");
    if (mcp_out_done(note, &text) != MCP_OK) return;
    if (!mcpi_peer_emit_line(task->session, 0, MCP_EMIT_NOTIFICATION, 0, text.ptr, text.len, false)) return;
    mcpi_peer_tap(peer, task->session, MCP_TAP_OUT, text.ptr, text.len);
}

/* Answers tasks/result with what came of the task. */
static void mcpi_server_put_outcome(mcp_call *call, const mcpi_task *task)
{
    mcpi_rpc_put_envelope(&call->out, call->message.id, false);
    call->code = task->code;
    mcpi_task_put_outcome(&call->out, task);
    mcpi_json_frame(&call->out, "}");
}

static bool mcpi_server_waits_for(const mcp_call *call, mcp_str id)
{
    return call->ref && call->ours && mcpi_rpc_same(mcpi_server_task_id(call), id);
}

/* Answers those who wait for the result of a task that is over. Whenever one was, the host may have done what
   it likes: the task is looked for anew. */
static void mcpi_server_answer_waiting(mcpi_peer *peer, const char *task_id)
{
    char copy[MCPI_TASK_ID_SIZE];
    mcp_str id;
    uint32_t i;
    memcpy(copy, task_id, sizeof copy);
    id.ptr = copy;
    id.len = sizeof copy - 1;
    for (i = 0; i < peer->num_calls; i++) {
        mcp_call *call = peer->calls[i];
        const mcpi_task *task;
        if (!mcpi_server_waits_for(call, id)) continue;
        task = mcpi_task_find(&peer->server->tasks, call, id);
        mcpi_peer_undefer(call);
        if (task) mcpi_server_put_outcome(call, task);
        else mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, MCPI_SERVER_UNKNOWN_TASK);
        (void)mcpi_server_reply(call);
    }
}

/* Somebody who waits for the result gets to see the questions. One who is new gets those too that another one
   saw, as new requests. */
static void mcpi_server_show_questions(mcpi_task *task)
{
    mcpi_peer *peer = task->table->peer;
    mcp_call *call = task->call;
    mcpi_peer_question *q;
    const mcp_str id = mcpi_schema_str(task->id);
    uint32_t i;
    if (!call || !mcpi_peer_waits(call)) return;
    for (i = 0; !call->batch && i < peer->num_calls; i++) {
        if (!mcpi_server_waits_for(peer->calls[i], id)) continue;
        call->batch = peer->calls[i];
        for (q = mcpi_peer_open_question(call->dialog->first); q; q = mcpi_peer_open_question(q->next)) {
            if (q->sent) q->id = ++task->session->num_requests;
            q->sent = false;
        }
    }
    mcpi_peer_emit_questions(call);
}

/* The status of a task is another one. */
static void mcpi_server_task_changed(mcpi_task *task)
{
    mcpi_peer *peer = task->table->peer;
    char id[MCPI_TASK_ID_SIZE];
    const bool over = mcpi_task_is_over(task);
    memcpy(id, task->id, sizeof id);
    mcpi_server_tell_task(task);    /* the tap may end the session */
    if (over) mcpi_server_answer_waiting(peer, id);
}

/* A call that is a task has asked something, or has all its answers. */
static void mcpi_server_task_asks(mcp_call *call, bool asks)
{
    mcpi_task *task = mcpi_task_of(call);
    if (!task) return;
    mcpi_task_set(task, asks ? MCPI_TASK_ASKS : MCPI_TASK_WORKS);
    task = mcpi_task_of(call);
    if (task) mcpi_server_show_questions(task);
}

#ifndef MCP_NO_FLOAT
/* Notes how far a task is. True: the client hears of it in no other way. */
static bool mcpi_server_task_progress(mcp_call *call, const char *text)
{
    mcpi_task *task = mcpi_task_of(call);
    if (task && text) mcpi_task_say(task, text);
    return !task || task->modern;
}
#endif

/* A call is over that is a task, or waits for one. */
static void mcpi_server_task_over(mcp_call *call)
{
    mcpi_task *task = mcpi_task_of(call);
    if (task) task->call = NULL;
    if (task && !mcpi_task_is_over(task)) {     /* for want of a client, or of memory for an answer */
        if (call->outcome == MCP_E_CLOSED) mcpi_task_free(task);
        else mcpi_task_fail(task, MCPI_TASK_FAILED, mcp_strerror(MCP_E_NOMEM));
    }
    call->task = NULL;
    if (!call->ours) return;
    call->ours = false;
    for (task = call->server->tasks.first; task; task = task->next) {
        if (!task->call || task->call->batch != call) continue;
        task->call->batch = NULL;
        mcpi_server_show_questions(task);
        return;
    }
}

static void mcpi_server_begin_tasks(mcp_server *s)
{
    s->tasks.peer = &s->peer;
    s->tasks.changed = mcpi_server_task_changed;
    s->peer.over = mcpi_server_task_over;
}

/* The tasks of a session, or with NULL all there are, are forgotten. */
static void mcpi_server_leave_tasks(mcpi_peer *peer, mcp_session *session)
{
    mcpi_task_leave(&peer->server->tasks, session);
}

/* next: milliseconds until something is to be done, or -1. */
static void mcpi_server_expire_tasks(mcp_server *s, int *next)
{
    int until;
    if (!s->tasks.first) return;
    mcpi_task_expire(&s->tasks);
    until = mcpi_task_timeout(&s->tasks);
    if (until >= 0 && (*next < 0 || until < *next)) *next = until;
}

static bool mcpi_server_has_running_task(const mcp_server *s, const mcp_session *session)
{
    const mcpi_task *task = s->tasks.first;
    while (task && !(task->call && task->session == session)) task = task->next;
    return task != NULL;
}

/*-- Tasks: making one --*/

/* The answer to a request that became a task. */
static void mcpi_server_put_created(mcp_call *reply, const mcp_call *call, const mcpi_task *task)
{
    static const char complete[] = ",\"resultType\":\"complete\"";
    const mcp_buf *end = &call->server->peer.end.buf;
    mcp_out *out = &reply->out;
    mcpi_rpc_put_envelope(out, call->message.id, false);
    mcpi_json_frame(out, ",\"result\":{");
    if (task->modern) {
        mcpi_json_frame(out, "\"resultType\":\"task\",");
        mcpi_task_put(out, task);
        mcpi_json_put_ours(out, end->ptr + sizeof complete - 1, end->len - (sizeof complete - 1));
    } else {
        mcpi_json_frame(out, "\"task\":{");
        mcpi_task_put(out, task);
        mcpi_json_frame(out, "}");
        mcpi_peer_put_related(out, call);
    }
    mcpi_json_frame(out, "}}");
}

/* A call more, to answer a request whose own call goes on. NULL: none is free, or no memory is left. */
static mcp_call *mcpi_server_take_reply(const mcp_call *call)
{
    mcp_call *reply = mcpi_peer_take_member(call->peer);
    if (!reply) return NULL;
    memset(&reply->message, 0, sizeof reply->message);
    reply->message.id = mcpi_json_missing();
    reply->route = call->route;
    reply->revision = call->revision;
    reply->dropped = reply->has_progress = false;
    reply->code = 0;
    return reply;
}

/* Makes the call a task, and answers its request. MCP_OK, or why it stays what it is. */
static int mcpi_server_make_task(mcp_call *call, uint32_t ttl_ms)
{
    mcpi_peer *peer = call->peer;
    mcpi_task_table *table = &call->server->tasks;
    const mcpi_peer_route route = call->route;
    char id[MCPI_TASK_ID_SIZE];
    mcp_call *reply;
    mcpi_task *task;
    int status;
    if (!mcpi_task_has_room(table, call) || peer->num_waiting >= peer->desc->max_calls) return MCP_E_BUSY;
    if (!mcpi_task_draw_id(peer, id)) return MCP_E_UNSUPPORTED;
    reply = mcpi_server_take_reply(call);
    if (!reply) return peer->num_calls > peer->desc->max_calls + 1 ? MCP_E_BUSY : MCP_E_NOMEM;
    task = mcpi_task_add(table, call, id, ttl_ms);
    status = task ? MCP_OK : MCP_E_NOMEM;
    if (task) {
        mcpi_task_take(task, call);
        mcpi_server_put_created(reply, call, task);
        status = mcpi_peer_send(reply);
        call->unsent = status == MCP_WAIT;
        if (status >= 0) return MCP_OK;
        mcpi_task_free(task);
        call->route = route;
        call->task = NULL;
        call->watched = peer->watches;
    }
    mcpi_peer_note_status(call, status);
    mcpi_peer_release_call(reply);
    return status;
}

/* Whether the client of 2026-07-28 has declared in this request that it takes tasks. */
static bool mcpi_server_takes_tasks(mcp_call *call)
{
    const mcp_json extensions = mcp_json_get(mcp_client_capabilities(call), "extensions");
    return mcp_json_type(mcp_json_get(extensions, MCPI_PROTO_TASKS_KEY)) == MCP_JSON_OBJECT;
}

static void mcpi_server_refuse_without_tasks(mcp_call *call)
{
    static const mcp_str text = MCP_LIT("the client has not declared that it takes tasks");
    mcpi_peer_put_error(call, MCPI_PROTO_MISSING_CAPABILITY, text);
    mcpi_json_frame(&call->out, ",\"data\":{\"requiredCapabilities\":{\"extensions\":{\"" MCPI_PROTO_TASKS_KEY
                                "\":{}}}}");
    mcpi_rpc_put_error_end(&call->out);
}

MCP_API int mcp_task(mcp_call *call)
{
    const mcp_server *s = call->server;
    if (mcpi_peer_is_task(call)) return MCP_OK;
    if (call->dropped) return MCP_E_CLOSED;
    if (!call->running) return MCP_E_MISUSE;
    if (call->scene != MCPI_PEER_TOOL || !call->row || !mcpi_server_is_task_row(mcpi_server_tool(call)))
        return MCP_E_UNSUPPORTED;
    if (!mcpi_server_is_modern(call) || !mcpi_server_has_tasks(s) || !mcpi_server_takes_tasks(call))
        return MCP_E_UNSUPPORTED;
    return mcpi_server_make_task(call, s->desc.task_ttl_ms);
}

/* What is wrong with params.task, or NULL; and how long it is to be kept. */
static const char *mcpi_server_wrong_ttl(const mcp_call *call, mcp_json wanted, uint32_t *ttl_ms)
{
    const uint32_t most = call->server->desc.task_ttl_ms;
    const mcp_json ttl = mcp_json_get(wanted, "ttl");
    const int64_t ms = mcp_json_int(ttl, NULL, -1);
    *ttl_ms = most;
    if (mcp_json_type(wanted) != MCP_JSON_OBJECT) return "tools/call: params.task must be an object";
    if (!mcp_json_exists(ttl)) return NULL;
    if (ms < 0) return "tools/call: params.task.ttl must be a number of milliseconds";
    if ((uint64_t)ms < most) *ttl_ms = (uint32_t)ms;
    return NULL;
}

/* Makes a call of 2025-11-25 a task, as it wants. False: its reply is written. */
static bool mcpi_server_make_wanted(mcp_call *call, mcp_json wanted)
{
    uint32_t ttl_ms;
    const char *wrong = mcpi_server_wrong_ttl(call, wanted, &ttl_ms);
    int status;
    if (wrong) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, wrong);
        return false;
    }
    status = mcpi_server_make_task(call, ttl_ms);
    if (status == MCP_OK) return true;
    wrong = mcp_strerror(status);
    if (status == MCP_E_BUSY)
        wrong = "mcp_server_desc.max_tasks tasks are kept, or max_calls wait: try again later";
    if (status == MCP_E_UNSUPPORTED) wrong = "there are no tasks while mcp_server_desc.random fails";
    mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, wrong);
    return false;
}

/* Whether a tool may be called so: as a task, or not. Where it is one from the beginning, it is made. False:
   its reply is written. Spec: 2025-11-25 basic/utilities/tasks (tool-level negotiation) */
MCPI_NOINLINE bool mcpi_server_take_task(mcp_call *call)
{
    const mcp_tool *tool = mcpi_server_tool(call);
    const bool only = tool->flags & MCP_TASK_ONLY, has = mcpi_server_has_tasks(call->server);
    const mcp_json wanted = mcp_json_get(call->message.params, "task");
    if (only && !has) {
        mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR,
                        "the tool is called as a task only, and there are none: see mcp_server_desc.random");
        return false;
    }
    if (mcpi_server_is_modern(call)) {
        if (only && !mcpi_server_takes_tasks(call)) mcpi_server_refuse_without_tasks(call);
        return !call->code;
    }
    if (!(mcpi_server_features(call) & MCPI_PROTO_TASKS) || !has || !mcp_json_exists(wanted)) {
        if (only)
            mcpi_peer_error(call, MCPI_RPC_METHOD_NOT_FOUND, "tools/call: the tool is called as a task only");
        return !only;
    }
    if (mcpi_server_is_task_row(tool)) return mcpi_server_make_wanted(call, wanted);
    mcpi_peer_error(call, MCPI_RPC_METHOD_NOT_FOUND, "tools/call: the tool is not called as a task");
    return false;
}

/*-- Tasks: what clients ask about them --*/

/* Whether a client may ask about tasks at all. Otherwise its reply is written. */
static bool mcpi_server_may_use_tasks(mcp_call *call)
{
    if (mcpi_server_is_modern(call)) {
        if (mcpi_server_takes_tasks(call)) return true;
        mcpi_server_refuse_without_tasks(call);
        return false;
    }
    if (mcpi_server_features(call) & MCPI_PROTO_TASKS) return true;
    mcpi_peer_error(call, MCPI_RPC_METHOD_NOT_FOUND, "Method not found");
    return false;
}

/* The task of params.taskId, if the caller may know of it. NULL: the reply is written. */
static mcpi_task *mcpi_server_find_task(mcp_call *call)
{
    const mcp_str id = mcpi_server_task_id(call);
    const char *wrong = MCPI_SERVER_UNKNOWN_TASK;
    mcpi_task *task;
    if (!mcpi_server_may_use_tasks(call)) return NULL;
    mcpi_task_expire(&call->server->tasks);
    task = mcpi_task_find(&call->server->tasks, call, id);
    if (!id.ptr) wrong = "params.taskId must be a string";
    if (!task) mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, wrong);
    return task;
}

/* The key of a question of a task, as no other one of it has or had: "key", then "key~2". One that has a ~ of
   its own is never without a number. */
static mcp_str mcpi_server_task_key(mcp_call *call, const mcpi_peer_question *q)
{
    mcp_buf *buf = &call->scratch;
    char number[MCPI_INT_SIZE];
    const mcp_str times = mcpi_base_uint_text(number, q->times);
    mcp_str key;
    mcp_buf_reset(buf);
    (void)mcp_buf_add(buf, q->key.ptr, q->key.len);
    if (q->times > 1 || memchr(q->key.ptr, '~', q->key.len)) {
        (void)mcp_buf_add(buf, "~", 1);
        (void)mcp_buf_add(buf, times.ptr, times.len);
    }
    key.ptr = buf->error ? NULL : buf->ptr;
    key.len = buf->len;
    return key;
}

/* What a task of 2026-07-28 asks at the time. */
static void mcpi_server_put_task_questions(mcp_call *call, const mcpi_task *task)
{
    const mcpi_peer_question *q = task->call ? mcpi_peer_open_question(task->call->dialog->first) : NULL;
    const char *comma = "";
    mcpi_json_frame(&call->out, ",\"inputRequests\":{");
    for (; q; q = mcpi_peer_open_question(q->next)) {
        const mcp_str key = mcpi_server_task_key(call, q);
        if (!key.ptr) call->out.buf.error = MCP_E_NOMEM;
        mcpi_json_put_ours(&call->out, comma, strlen(comma));
        mcp_put_strn(&call->out, key.ptr, key.len);
        mcpi_json_frame(&call->out, ":{");
        mcpi_json_put_ours(&call->out, q->text.buf.ptr, q->text.buf.len);
        mcpi_json_frame(&call->out, "}");
        comma = ",";
    }
    mcpi_json_frame(&call->out, "}");
}

/* Answers with the task as it is. */
static void mcpi_server_put_task(mcp_call *call, const mcpi_task *task)
{
    mcpi_server_begin_result(call);
    mcpi_task_put(&call->out, task);
    if (task->modern && task->status == MCPI_TASK_ASKS) mcpi_server_put_task_questions(call, task);
    if (task->modern && mcpi_task_is_over(task) && task->status != MCPI_TASK_CANCELLED)
        mcpi_task_put_outcome(&call->out, task);
    mcpi_server_end_result(call);
}

/* Spec: 2025-11-25 basic/utilities/tasks (getting tasks), ext-tasks (tasks/get) */
static void mcpi_server_get_task(mcp_call *call)
{
    const mcpi_task *task = mcpi_server_find_task(call);
    if (task) mcpi_server_put_task(call, task);
}

/* Spec: 2025-11-25 basic/utilities/tasks (retrieving task results) */
static void mcpi_server_task_result(mcp_call *call)
{
    mcpi_task *task = mcpi_server_find_task(call);
    if (!task) return;
    if (mcpi_task_is_over(task)) {
        mcpi_server_put_outcome(call, task);
    } else if (!mcpi_peer_take_ref(call)) {
        mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, mcp_strerror(MCP_E_BUSY));
    } else {
        call->ours = call->watched = true;
        call->deadline_ms = 0;
        mcpi_server_show_questions(task);
    }
}

/* Spec: 2025-11-25 basic/utilities/tasks (listing tasks) */
static void mcpi_server_list_tasks(mcp_call *call)
{
    mcpi_task_table *table = &call->server->tasks;
    uint32_t start, left = call->server->desc.page_size;
    mcpi_task *task;
    bool any = false;
    if (!mcpi_server_may_use_tasks(call)) return;
    mcpi_task_expire(table);
    if (!mcpi_server_read_cursor(call, table->next_number, &start)) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, "unknown cursor: start again without one");
        return;
    }
    mcpi_server_begin_result(call);
    mcpi_json_frame(&call->out, "\"tasks\":[");
    task = mcpi_task_next(table->first, call);
    for (; task && (task->number < start || left); task = mcpi_task_next(task->next, call)) {
        if (task->number < start) continue;
        if (any) mcpi_json_frame(&call->out, ",{");
        else mcpi_json_frame(&call->out, "{");
        mcpi_task_put(&call->out, task);
        mcpi_json_frame(&call->out, "}");
        any = true;
        left--;
    }
    mcpi_json_frame(&call->out, "]");
    if (task) mcpi_server_put_cursor(call, task->number);
    mcpi_server_end_result(call);
}

/* Spec: 2025-11-25 basic/utilities/tasks (cancelling tasks), ext-tasks (tasks/cancel) */
static void mcpi_server_cancel_task(mcp_call *call)
{
    mcpi_task *task = mcpi_server_find_task(call);
    if (!task) return;
    if (mcpi_task_is_over(task) && !task->modern) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, "tasks/cancel: the task is over");
        return;
    }
    mcpi_task_fail(task, MCPI_TASK_CANCELLED, "the task was cancelled");
    task = mcpi_server_find_task(call);     /* the host was told */
    if (!task) return;
    if (task->modern) mcpi_server_agree(call);
    else mcpi_server_put_task(call, task);
    if (task->call) mcpi_peer_cancel(task->call);
}

/* The open question of that key on the wire, or NULL. */
static mcpi_peer_question *mcpi_server_find_asked(mcp_call *call, const mcpi_task *task, mcp_str key)
{
    mcpi_peer_question *q = mcpi_peer_open_question(task->call->dialog->first);
    for (; q; q = mcpi_peer_open_question(q->next)) {
        const mcp_str own = mcpi_server_task_key(call, q);
        if (own.ptr && mcpi_rpc_same(own, key)) return q;
    }
    return NULL;
}

/* Spec: ext-tasks (tasks/update) */
static void mcpi_server_update_task(mcp_call *call)
{
    const mcp_json answers = mcp_json_get(call->message.params, "inputResponses");
    mcpi_task *task = mcpi_server_find_task(call);
    mcp_json v = mcp_json_first(answers);
    if (!task) return;
    if (!mcpi_server_is_object(answers, false)) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS,
                        "params.inputResponses must be an object, each key once");
        return;
    }
    for (; task->call && mcpi_peer_waits(task->call) && mcp_json_exists(v); v = mcp_json_next(v)) {
        mcpi_peer_question *q = mcpi_server_find_asked(call, task, mcp_json_key(v));
        if (q) mcpi_server_take_answer(call, q, v);
    }
    if (task->call && mcpi_peer_waits(task->call)) {
        if (!mcpi_peer_has_open(task->call)) mcpi_server_run_again(task->call);
        else mcpi_peer_set_question_time(task->call);
    }
    mcpi_server_agree(call);
}
#endif

/*-- Running a request --*/

/* Asks the host. */
MCPI_NOINLINE bool mcpi_server_ask_host(mcp_call *call)
{
    const mcp_server_desc *d = &call->server->desc;
    int verdict;
    if (!d->before) return true;
    mcpi_server_begin_content(call);
    call->failed = MCP_OK;
    call->running = true;
    verdict = d->before(d->user, call);
    call->running = false;
    mcpi_peer_undefer(call);
    if (call->dropped) verdict = MCP_E_CLOSED;
    if (!verdict && !call->failed && !call->code) return true;
    mcpi_server_end_call(call, verdict);
    return false;
}

/* Whether the host lets a request pass. Otherwise its reply is written. */
MCPI_INLINE bool mcpi_server_passes(mcp_call *call)
{
    return MCPI_LIKELY(!call->watched) || mcpi_server_ask_host(call);
}

/* Runs the handler if the host lets it pass, and the arguments fit their fields. */
static void mcpi_server_check_and_run(mcp_call *call, const mcp_field *fields, mcp_call_fn fn)
{
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    if (!mcpi_server_passes(call)) return;
    if (mcpi_schema_check(fields, call->args, &note)) {
        mcpi_server_run_handler(call, fn);
    } else if (call->scene == MCPI_PEER_TOOL) {
        mcpi_server_say_why(call, mcpi_base_note_text(text, &note));
        mcpi_server_end_content(call, true);
        call->outcome = MCP_E_PROTOCOL;
    } else {
        mcpi_peer_put_error(call, MCPI_RPC_INVALID_PARAMS, mcpi_base_note_text(text, &note));
        mcpi_rpc_put_error_end(&call->out);
    }
}

/* The row of that name, if the caller may use it; none has a NUL in it. */
MCPI_INLINE mcpi_peer_row *mcpi_server_find_row(mcp_call *call, int kind, mcp_str name)
{
    mcpi_peer_row *row;
    if (!name.ptr || strlen(name.ptr) != name.len) return NULL;
    row = mcpi_server_find_key(&call->server->rows[kind], name.ptr);
    return row && !row->disabled && mcpi_server_allows(call, kind, row) ? row : NULL;
}

/* Finds the row that params.name names, and looks at the arguments. False: it was refused. */
MCPI_INLINE bool mcpi_server_take_named(mcp_call *call, int kind, const char *unknown)
{
    mcp_str name = mcp_json_str(call->name, NULL);
    int type = mcp_json_type(call->args);
    mcpi_peer_row *row = mcpi_server_find_row(call, kind, name);
    if (row && (type == MCP_JSON_MISSING || type == MCP_JSON_OBJECT)) {
        mcpi_peer_use_row(call, row);
        return true;
    }
    mcpi_server_refuse_params(call, !name.ptr ? "params.name must be a string"
                                    : !row    ? unknown
                                              : "params.arguments must be an object");
    return false;
}

/* The tool has as many calls under way as it takes, and this one. */
MCPI_NOINLINE void mcpi_server_refuse_busy(mcp_call *call)
{
    char text[256];
    const unsigned long long calls = mcpi_server_tool(call)->max_calls;
    const mcp_str why =
        mcpi_base_format(text, sizeof text, "'%s' is busy: %llu of its calls are under way, the most that "
                         "may be (mcp_tool.max_calls); try again", mcpi_peer_key(call->row), calls);
    mcpi_server_say_why(call, why);
    mcpi_server_end_content(call, true);
    call->outcome = MCP_E_BUSY;
}

/* Spec: server/tools (calling tools) */
static void mcpi_server_call_tool(mcp_call *call)
{
    const mcp_tool *tool;
    call->scene = MCPI_PEER_TOOL;
    if (!mcpi_server_take_named(call, MCPI_SERVER_TOOLS, "unknown tool; see tools/list")) return;
    tool = mcpi_server_tool(call);
    call->scene = MCPI_PEER_TOOL;
    if (MCPI_UNLIKELY(call->wants_task || mcpi_server_is_task_row(tool)) && !mcpi_server_take_task(call))
        return;
    if (MCPI_UNLIKELY(tool->max_calls) && call->row->calls > tool->max_calls) mcpi_server_refuse_busy(call);
    else mcpi_server_check_and_run(call, tool->input_schema ? NULL : tool->args, tool->fn);
}

/* Spec: server/prompts (getting a prompt) */
static void mcpi_server_get_prompt(mcp_call *call)
{
    call->scene = MCPI_PEER_PROMPT;
    if (!mcpi_server_take_named(call, MCPI_SERVER_PROMPTS, "unknown prompt; see prompts/list")) return;
    mcpi_server_begin_scene(call);
    mcpi_server_check_and_run(call, mcpi_server_prompt(call)->args, mcpi_server_prompt(call)->fn);
}

/*-- Resources --*/

/* Whether an earlier variable of the template has that name too. */
static bool mcpi_server_is_repeated(const mcp_uri_var *vars, const mcp_uri_var *var)
{
    while (vars != var && !mcpi_rpc_same(vars->name, var->name)) vars++;
    return vars != var;
}

/* The values of a template's variables become the arguments. Returns MCP_OK, or why they cannot. */
static int mcpi_server_take_values(mcp_call *call, const mcp_uri_var *first)
{
    const mcp_uri_var *vars;
    mcp_str json;
    int status;
    mcp_out_reset(&call->data);
    mcp_put_object(&call->data);
    for (vars = first; vars->name.ptr; vars++) {
        if (!vars->value.ptr || mcpi_server_is_repeated(first, vars)) continue;
        mcp_put_keyn(&call->data, vars->name.ptr, vars->name.len);
        mcp_put_strn(&call->data, vars->value.ptr, vars->value.len);
    }
    mcp_put_end(&call->data);
    status = mcp_out_done(&call->data, &json);
    if (status == MCP_OK) status = mcp_json_parse(&call->values, json.ptr, json.len);
    if (status == MCP_OK) call->args = mcp_json_root(&call->values);
    return status;
}

/* The most that a template needs of the arena is this often the length of the URI. */
enum { MCPI_SERVER_MATCHING = 6 };

/* Finds the first template that gives the URI, NULL if none does. Returns MCP_OK, or why that is not known:
   MCP_E_TOO_LONG, or another status. */
static int mcpi_server_match(mcp_call *call, mcpi_peer_row **row)
{
    const mcp_str uri = call->uri;
    const bool is_long = uri.len > call->server->desc.max_scratch / MCPI_SERVER_MATCHING;
    *row = mcpi_server_enabled(call->server->rows[MCPI_SERVER_TEMPLATES].first);
    for (; *row; *row = mcpi_server_enabled((*row)->next)) {
        mcp_uri_var *vars;
        const int found = mcp_uri_match(&call->arena, mcpi_peer_key(*row), uri.ptr, uri.len, &vars);
        if (found < 0) return is_long ? (int)MCP_E_TOO_LONG : found;
        if (found && mcpi_server_allows(call, MCPI_SERVER_TEMPLATES, *row))
            return mcpi_server_take_values(call, vars);
    }
    return MCP_OK;
}

/* Reads params.uri. False: it was refused. */
static bool mcpi_server_take_uri(mcp_call *call)
{
    call->uri = mcp_json_str(call->message.params, "uri");
    if (!call->uri.ptr) mcpi_server_refuse_params(call, "params.uri must be a string");
    return call->uri.ptr != NULL;
}

/* Finds the resource of call->uri, fixed or of a template. Returns as mcpi_server_match. */
static int mcpi_server_look_up(mcp_call *call, mcpi_peer_row **row)
{
    *row = mcpi_server_find_row(call, MCPI_SERVER_RESOURCES, call->uri);
    return *row ? (int)MCP_OK : mcpi_server_match(call, row);
}

/* The same; NULL: there is none that can be told, and the reply is written. */
static mcpi_peer_row *mcpi_server_find_resource(mcp_call *call)
{
    mcpi_peer_row *row;
    const int status = mcpi_server_look_up(call, &row);
    call->failed = MCP_OK;
    if (status == MCP_E_TOO_LONG)
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS,
                        "params.uri is longer than mcp_server_desc.max_scratch or max_reply allows");
    else if (status != MCP_OK)
        mcpi_server_end_call(call, status);
    else if (!row)
        mcpi_server_put_missing(call);
    return status == MCP_OK ? row : NULL;
}

/* What stands in the row itself. */
static int mcpi_server_read_contents(mcp_call *call)
{
    const mcp_resource *r = mcpi_server_resource(call);
    if (r->flags & MCP_BYTES) return mcp_blob(call, r->contents, r->size);
    return mcp_textn(call, (const char *)r->contents, r->size);
}

/* Spec: server/resources (reading resources) */
static void mcpi_server_read_resource(mcp_call *call)
{
    mcpi_peer_row *row;
    mcp_call_fn fn;
    if (!mcpi_server_take_uri(call)) return;
    call->scene = MCPI_PEER_RESOURCE;
    call->args = mcpi_json_missing();
    row = mcpi_server_find_resource(call);
    if (!row) return;
    mcpi_peer_use_row(call, row);
    fn = mcpi_server_resource(call)->fn;
    mcpi_server_begin_scene(call);
    if (mcpi_server_passes(call)) mcpi_server_run_handler(call, fn ? fn : mcpi_server_read_contents);
}

/*-- Subscriptions --*/

#ifndef MCP_NO_CHANGES
#ifndef MCP_NO_RESOURCES
/* Subscribes a listener to a resource that is there. MCP_OK, MCP_E_BUSY or MCP_E_NOMEM. */
static int mcpi_server_add_subscription(mcp_call *call, mcpi_peer_listener *l)
{
    if (mcpi_peer_count_subscriptions(l) >= call->server->desc.max_subscriptions) return MCP_E_BUSY;
    return mcpi_peer_subscribe(l, call->uri) ? (int)MCP_OK : (int)MCP_E_NOMEM;
}

/* Spec: 2025-11-25 server/resources (subscriptions) */
static void mcpi_server_subscribe(mcp_call *call)
{
    mcpi_peer_listener *listener = &call->route.session->listener;
    int status = MCP_OK;
    if (!mcpi_server_take_uri(call)) return;
    if (!*mcpi_peer_find_subscription(listener, call->uri)) {
        if (!mcpi_server_find_resource(call)) return;
        status = mcpi_server_add_subscription(call, listener);
    }
    if (status == MCP_OK)
        mcpi_server_agree(call);
    else if (status == MCP_E_BUSY)
        mcpi_server_refuse(call, MCPI_RPC_INTERNAL_ERROR,
                           "mcp_server_desc.max_subscriptions are taken already");
    else
        mcpi_server_end_call(call, status);
}

/* Spec: 2025-11-25 server/resources (subscriptions) */
static void mcpi_server_unsubscribe(mcp_call *call)
{
    mcpi_peer_listener *listener = &call->route.session->listener;
    mcpi_peer_subscription **link;
    if (!mcpi_server_take_uri(call)) return;
    link = mcpi_peer_find_subscription(listener, call->uri);
    if (*link) mcpi_peer_unsubscribe(listener, link);
    mcpi_server_agree(call);
}

/* Subscribes a listener to those of the resources that the caller may read; it hears which. Returns as
   below. */
static int mcpi_server_grant_resources(mcp_call *call, mcpi_peer_listener *l, mcp_json uris)
{
    mcp_json v;
    for (v = mcp_json_first(uris); mcp_json_exists(v); v = mcp_json_next(v)) {
        mcpi_peer_row *row = NULL;
        int status;
        call->uri = mcp_json_str(v, NULL);
        if (!call->uri.ptr) return MCP_E_SYNTAX;
        if (*mcpi_peer_find_subscription(l, call->uri)) continue;
        status = mcpi_server_look_up(call, &row);
        if (status == MCP_OK && row) status = mcpi_server_add_subscription(call, l);
        if (status != MCP_OK && status != MCP_E_TOO_LONG) return status;
    }
    return MCP_OK;
}
#endif

/* Grants what is asked for of what there is; unknown members mean nothing to us. MCP_OK; MCP_E_SYNTAX, if it
   is no such filter; MCP_E_BUSY, for more than there may be; MCP_E_NOMEM.
   Spec: schema (SubscriptionFilter) */
static int mcpi_server_grant(mcp_call *call, mcpi_peer_listener *l, mcp_json filter)
{
    mcp_json v = mcp_json_get(filter, "resourceSubscriptions");
    size_t i;
    if (mcp_json_exists(v) && mcp_json_type(v) != MCP_JSON_ARRAY) return MCP_E_SYNTAX;
#ifndef MCP_NO_RESOURCES
    if (mcpi_server_has_subscriptions(call->server)) {
        const int status = mcpi_server_grant_resources(call, l, v);
        if (status != MCP_OK) return status;
    }
#endif
    for (i = 0; i < MCP_COUNT(mcpi_peer_notes); i++) {
        if (!mcpi_peer_notes[i].key) continue;
        v = mcp_json_get(filter, mcpi_peer_notes[i].key);
        if (mcp_json_exists(v) && mcp_json_type(v) != MCP_JSON_BOOL) return MCP_E_SYNTAX;
        if (mcp_json_bool(v, NULL, false)) l->kinds |= mcpi_peer_notes[i].what & call->server->desc.changes;
    }
    return MCP_OK;
}

/* In place of the number of a deferred call: the call is done, and what it began answers for it later. */
#define MCPI_SERVER_LISTENS ((mcp_ref)1)

/* Makes a listener of the request, and lets go of its call. Task notifications, for which a filter has
   taskIds, come with tasks. Spec: basic/patterns/subscriptions */
static void mcpi_server_listen(mcp_call *call)
{
    mcp_json filter = mcp_json_get(call->message.params, "notifications");
    mcpi_peer_listener *l = NULL;
    int status = mcp_json_type(filter) == MCP_JSON_OBJECT ? MCP_E_BUSY : MCP_E_SYNTAX;
    if (status == MCP_E_BUSY && mcpi_peer_may_listen(call)) {
        l = mcpi_peer_listen(call);
        status = l ? mcpi_server_grant(call, l, filter) : (int)MCP_E_NOMEM;
        if (status == MCP_OK) status = mcpi_peer_acknowledge(l);
        if (status == MCP_OK) {
            call->ref = MCPI_SERVER_LISTENS;
            return;
        }
        if (l) mcpi_peer_drop_listener(l);
    }
    if (status == MCP_E_SYNTAX)
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, "params.notifications must be an object of booleans, "
                                                       "with strings in resourceSubscriptions");
    else if (status == MCP_E_BUSY)
        mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, "mcp_server_desc.max_listens, max_all_listens or "
                                                       "max_subscriptions are taken already");
    else
        mcpi_server_end_call(call, status);
}
#endif

/*-- Completion --*/

static int mcpi_server_suggest_none(mcp_call *call)
{
    (void)call;
    return MCP_OK;
}

/* Suggests what starts as the value does, of the argument's choices. */
static int mcpi_server_suggest_choices(mcp_call *call)
{
    const mcp_str value = mcp_json_str(call->wanted, NULL);
    const char *c = mcpi_server_field(mcpi_server_prompt(call)->args, mcp_complete_name(call))->choices;
    for (; c; c = mcpi_schema_next_choice(c)) {
        const size_t len = mcpi_schema_choice(c);
        if (len >= value.len && !memcmp(c, value.ptr, value.len)) (void)mcp_suggestn(call, c, len);
    }
    return MCP_OK;
}

/* Whether the row of a completion has an argument, or a variable, of that name. */
static bool mcpi_server_has_argument(const mcp_call *call, int kind, const char *name)
{
    if (kind == MCPI_SERVER_TEMPLATES) return mcpi_proto_uri_has(mcpi_peer_key(call->row), name);
    return mcpi_server_field(mcpi_server_prompt(call)->args, name) != NULL;
}

/* The arguments that are known already have strings as values. */
static bool mcpi_server_are_strings(mcp_json values)
{
    mcp_json v = mcp_json_first(values);
    while (mcp_json_exists(v) && mcp_json_type(v) == MCP_JSON_STRING) v = mcp_json_next(v);
    return !mcp_json_exists(v);
}

/* What is wrong with the params of a completion, whatever its row, or NULL. */
static const char *mcpi_server_wrong_completion(const mcp_call *call)
{
    const mcp_json params = call->message.params, context = mcp_json_get(params, "context");
    if (!mcpi_server_is_object(mcp_json_get(params, "ref"), false) ||
        !mcpi_server_is_object(mcp_json_get(params, "argument"), false))
        return "params.ref and argument must be objects, each key once";
    if (!mcpi_server_is_object(context, true) || !mcpi_server_is_object(call->args, true) ||
        !mcpi_server_are_strings(call->args))
        return "params.context.arguments must be strings, each key once";
    return NULL;
}

/* The row that params.ref names. NULL: none. */
static mcpi_peer_row *mcpi_server_find_ref(mcp_call *call, int *kind)
{
    mcp_json ref = mcp_json_get(call->message.params, "ref");
    *kind = mcp_json_equals(ref, "type", "ref/prompt") ? MCPI_SERVER_PROMPTS : MCPI_SERVER_TEMPLATES;
    if (*kind == MCPI_SERVER_PROMPTS) return mcpi_server_find_row(call, *kind, mcp_json_str(ref, "name"));
    if (!mcp_json_equals(ref, "type", "ref/resource")) return NULL;
    return mcpi_server_find_row(call, *kind, mcp_json_str(ref, "uri"));
}

/* Spec: server/utilities/completion */
static void mcpi_server_complete(mcp_call *call)
{
    mcp_json argument = mcp_json_get(call->message.params, "argument");
    const char *name = mcp_json_cstr(argument, "name", NULL), *wrong;
    mcpi_peer_row *row;
    mcp_call_fn fn;
    bool of_prompt;
    int kind;
    call->wanted = mcp_json_get(argument, "value");
    call->args = mcp_json_get(mcp_json_get(call->message.params, "context"), "arguments");
    call->scene = MCPI_PEER_COMPLETION;
    call->suggested = 0;
    wrong = mcpi_server_wrong_completion(call);
    row = wrong ? NULL : mcpi_server_find_ref(call, &kind);
    if (!row) {
        if (!wrong) wrong = "params.ref names no prompt and no resource template";
        mcpi_server_refuse_params(call, wrong);
        return;
    }
    mcpi_peer_use_row(call, row);
    if (!name || !mcp_json_cstr(call->wanted, NULL, NULL) || !mcpi_server_has_argument(call, kind, name)) {
        mcpi_server_refuse_params(call, "params.argument must have a known name, and as value a string "
                                        "without NUL characters");
        return;
    }
    call->name = mcp_json_get(argument, "name");
    of_prompt = kind == MCPI_SERVER_PROMPTS;
    fn = of_prompt ? mcpi_server_prompt(call)->complete : mcpi_server_resource(call)->complete;
    if (!fn) fn = of_prompt ? mcpi_server_suggest_choices : mcpi_server_suggest_none;
    if (mcpi_server_passes(call)) mcpi_server_run_handler(call, fn);
}

/*-- Dispatch --*/

/* The method of the host that has that name, and is for the revision; NULL: none. */
static mcpi_peer_row *mcpi_server_find_own(const mcp_call *call)
{
#ifdef MCP_NO_METHODS
    (void)call;
    return NULL;
#else
    const mcp_str name = call->message.method;
    mcpi_peer_row *row = NULL;
    uint32_t revisions;
    if (strlen(name.ptr) == name.len)
        row = mcpi_server_find_key(&call->server->rows[MCPI_SERVER_METHODS], name.ptr);
    revisions = row ? ((const mcp_method *)row->row)->revisions : 0;
    return !revisions || (revisions & call->revision->bit) ? row : NULL;
#endif
}

/* A request that only the host knows, or nobody. */
static void mcpi_server_call_method(mcp_call *call)
{
    mcpi_peer_row *row = mcpi_server_find_own(call);
    if (!row) {
        mcpi_peer_error(call, MCPI_RPC_METHOD_NOT_FOUND, "Method not found");
        return;
    }
    mcpi_peer_use_row(call, row);
    call->scene = MCPI_PEER_METHOD;
    call->args = call->message.params;
    mcpi_server_check_and_run(call, mcpi_server_method_of(call)->args, mcpi_server_method_of(call)->fn);
}

enum {
    MCPI_SERVER_LEGACY = 1,
    MCPI_SERVER_MODERN = 2,
    MCPI_SERVER_BOTH = 3,
    MCPI_SERVER_BEFORE = 4,     /* before `initialize` too */
    MCPI_SERVER_ROW = 8         /* the host is asked when its row is found */
};

typedef struct mcpi_server_method {
    mcp_str name;
    unsigned when;
    bool (*has)(const mcp_server *server);      /* what it is for; NULL: always */
    void (*serve)(mcp_call *call);
} mcpi_server_method;

static const mcpi_server_method mcpi_server_methods[] = {
    { MCP_LIT("tools/call"), MCPI_SERVER_BOTH | MCPI_SERVER_ROW, mcpi_server_has_tools,
      mcpi_server_call_tool },
    { MCP_LIT("tools/list"), MCPI_SERVER_BOTH, mcpi_server_has_tools, mcpi_server_list_tools },
#ifndef MCP_NO_RESOURCES
    { MCP_LIT("resources/read"), MCPI_SERVER_BOTH | MCPI_SERVER_ROW, mcpi_server_has_resources,
      mcpi_server_read_resource },
    { MCP_LIT("resources/list"), MCPI_SERVER_BOTH, mcpi_server_has_resources, mcpi_server_list_resources },
    { MCP_LIT("resources/templates/list"), MCPI_SERVER_BOTH, mcpi_server_has_resources,
      mcpi_server_list_templates },
#ifndef MCP_NO_CHANGES
    { MCP_LIT("resources/subscribe"), MCPI_SERVER_LEGACY, mcpi_server_has_subscriptions,
      mcpi_server_subscribe },
    { MCP_LIT("resources/unsubscribe"), MCPI_SERVER_LEGACY, mcpi_server_has_subscriptions,
      mcpi_server_unsubscribe },
#endif
#endif
#ifndef MCP_NO_PROMPTS
    { MCP_LIT("prompts/get"), MCPI_SERVER_BOTH | MCPI_SERVER_ROW, mcpi_server_has_prompts,
      mcpi_server_get_prompt },
    { MCP_LIT("prompts/list"), MCPI_SERVER_BOTH, mcpi_server_has_prompts, mcpi_server_list_prompts },
#endif
#ifndef MCP_NO_COMPLETION
    { MCP_LIT("completion/complete"), MCPI_SERVER_BOTH | MCPI_SERVER_ROW, mcpi_server_has_completions,
      mcpi_server_complete },
#endif
#ifndef MCP_NO_LOGGING
    { MCP_LIT("logging/setLevel"), MCPI_SERVER_LEGACY, mcpi_server_has_logging, mcpi_server_set_level },
#endif
#ifndef MCP_NO_CHANGES
    { MCP_LIT("subscriptions/listen"), MCPI_SERVER_MODERN, mcpi_server_has_changes, mcpi_server_listen },
#endif
#ifndef MCP_NO_TASKS
    { MCP_LIT("tasks/get"), MCPI_SERVER_BOTH, mcpi_server_has_tasks, mcpi_server_get_task },
    { MCP_LIT("tasks/result"), MCPI_SERVER_LEGACY, mcpi_server_has_tasks, mcpi_server_task_result },
    { MCP_LIT("tasks/list"), MCPI_SERVER_LEGACY, mcpi_server_has_tasks, mcpi_server_list_tasks },
    { MCP_LIT("tasks/cancel"), MCPI_SERVER_BOTH, mcpi_server_has_tasks, mcpi_server_cancel_task },
    { MCP_LIT("tasks/update"), MCPI_SERVER_MODERN, mcpi_server_has_tasks, mcpi_server_update_task },
#endif
    { MCP_LIT("server/discover"), MCPI_SERVER_MODERN, NULL, mcpi_server_discover },
    { MCP_LIT("ping"), MCPI_SERVER_LEGACY | MCPI_SERVER_BEFORE, NULL, mcpi_server_ping },
    { MCP_LIT("initialize"), MCPI_SERVER_LEGACY | MCPI_SERVER_BEFORE, NULL, mcpi_server_initialize }
};

MCPI_INLINE const mcpi_server_method *mcpi_server_find_method(const mcp_call *call)
{
    const unsigned era = mcpi_server_is_modern(call) ? MCPI_SERVER_MODERN : MCPI_SERVER_LEGACY;
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_server_methods); i++) {
        const mcpi_server_method *m = &mcpi_server_methods[i];
        if (!mcpi_rpc_same(m->name, call->message.method)) continue;
        if (!(m->when & era)) return NULL;
        return m->has && !m->has(call->server) ? NULL : m;
    }
    return NULL;
}

/* Refuses a request for what its _meta has. False. */
MCPI_NOINLINE bool mcpi_server_refuse_meta(mcp_call *call, const char *key, const char *wanted)
{
    char text[160];
    (void)mcpi_base_format(text, sizeof text, "_meta: %s must be %s", key, wanted);
    mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, text);
    return false;
}

/* A request that names its revision itself. False: it was refused. Spec: basic/versioning */
MCPI_INLINE bool mcpi_server_read_meta(mcp_call *call, mcp_json version, mcp_json capabilities)
{
    mcp_str wanted = mcp_json_str(version, NULL);
    if (!wanted.ptr) return mcpi_server_refuse_meta(call, MCPI_PROTO_VERSION, "a string");
    if (mcp_json_type(capabilities) != MCP_JSON_OBJECT)
        return mcpi_server_refuse_meta(call, MCPI_PROTO_CAPABILITIES, "an object");
    call->revision = mcpi_proto_find(wanted, true, call->server->desc.revisions);
    if (!call->revision) mcpi_server_refuse_version(call, wanted);
    return call->revision != NULL;
}

/* Looks at the log level that a request names, where anything is logged. False: it was refused.
   Spec: server/utilities/logging */
static bool mcpi_server_check_level(mcp_call *call, mcp_json log_level)
{
#ifdef MCP_NO_LOGGING
    (void)call, (void)log_level;
    return true;
#else
    if (mcpi_proto_find_level(mcp_json_str(log_level, NULL)) >= 0) return true;
    return mcpi_server_refuse_meta(call, MCPI_PROTO_LOG_LEVEL, MCPI_SERVER_LEVELS);
#endif
}

static bool mcpi_server_refuse_twice(mcp_call *call)
{
    mcpi_peer_error(call, MCPI_RPC_INVALID_REQUEST, "a key of \"params\" or \"_meta\" stands there twice");
    return false;
}

enum { MCPI_SERVER_NAME, MCPI_SERVER_ARGUMENTS, MCPI_SERVER_META, MCPI_SERVER_CURSOR, MCPI_SERVER_WANTED,
       MCPI_SERVER_TASK, MCPI_SERVER_PARAMS };

MCPI_INLINE size_t mcpi_server_which_param(const char *key, size_t len)
{
    if (mcpi_json_is_key(key, len, "name")) return MCPI_SERVER_NAME;
    if (mcpi_json_is_key(key, len, "arguments")) return MCPI_SERVER_ARGUMENTS;
    if (mcpi_json_is_key(key, len, "_meta")) return MCPI_SERVER_META;
    if (mcpi_json_is_key(key, len, "cursor")) return MCPI_SERVER_CURSOR;
    if (mcpi_json_is_key(key, len, "protocolVersion")) return MCPI_SERVER_WANTED;
    return mcpi_json_is_key(key, len, "task") ? MCPI_SERVER_TASK : MCPI_SERVER_PARAMS;
}

enum { MCPI_SERVER_VERSION, MCPI_SERVER_CAPABILITIES, MCPI_SERVER_TOKEN, MCPI_SERVER_LOG_LEVEL,
       MCPI_SERVER_METAS };

MCPI_INLINE size_t mcpi_server_which_meta(const char *key, size_t len)
{
    if (mcpi_json_is_key(key, len, MCPI_PROTO_VERSION)) return MCPI_SERVER_VERSION;
    if (mcpi_json_is_key(key, len, MCPI_PROTO_CAPABILITIES)) return MCPI_SERVER_CAPABILITIES;
    if (mcpi_json_is_key(key, len, "progressToken")) return MCPI_SERVER_TOKEN;
    return mcpi_json_is_key(key, len, MCPI_PROTO_LOG_LEVEL) ? MCPI_SERVER_LOG_LEVEL : MCPI_SERVER_METAS;
}

/* Finds what a request is about. False: it was refused. The era is decided for each message by
   itself: _meta names the revision, or else the session does. */
MCPI_INLINE bool mcpi_server_read_params(mcp_call *call)
{
    mcp_json params = call->message.params, meta;
    uint32_t found[MCPI_SERVER_PARAMS], found_meta[MCPI_SERVER_METAS];

    if (mcp_json_exists(params) && mcp_json_type(params) != MCP_JSON_OBJECT) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, "\"params\" must be an object");
        return false;
    }
    if (mcpi_json_members(params, mcpi_server_which_param, found, MCPI_SERVER_PARAMS) != MCPI_SERVER_PARAMS)
        return mcpi_server_refuse_twice(call);
    meta = mcpi_json_found(params, found[MCPI_SERVER_META]);
    if (mcpi_json_members(meta, mcpi_server_which_meta, found_meta, MCPI_SERVER_METAS) != MCPI_SERVER_METAS)
        return mcpi_server_refuse_twice(call);
    call->meta = meta;
    call->name = mcpi_json_found(params, found[MCPI_SERVER_NAME]);
    call->args = mcpi_json_found(params, found[MCPI_SERVER_ARGUMENTS]);
    call->cursor = mcpi_json_found(params, found[MCPI_SERVER_CURSOR]);
    call->wanted = mcpi_json_found(params, found[MCPI_SERVER_WANTED]);
    call->wants_task = found[MCPI_SERVER_TASK] != 0;
    if (found_meta[MCPI_SERVER_TOKEN] &&
        !mcpi_rpc_is_id(mcpi_json_found(meta, found_meta[MCPI_SERVER_TOKEN])))
        return mcpi_server_refuse_meta(call, "progressToken", "a string or an integer of at most 256 bytes");
    if (found_meta[MCPI_SERVER_VERSION])
        return mcpi_server_read_meta(call, mcpi_json_found(meta, found_meta[MCPI_SERVER_VERSION]),
                                     mcpi_json_found(meta, found_meta[MCPI_SERVER_CAPABILITIES])) &&
               (!found_meta[MCPI_SERVER_LOG_LEVEL] ||
                mcpi_server_check_level(call, mcpi_json_found(meta, found_meta[MCPI_SERVER_LOG_LEVEL])));
    if (call->route.session) call->revision = call->route.session->revision;
    return true;
}

/* How to tell us which revision to speak. */
static const char *mcpi_server_ask_revision(const mcp_server *s)
{
    const uint32_t spoken = s->desc.revisions & MCP_ALL_REVISIONS;
    if (!(spoken & MCP_2026_07_28)) return "send initialize first";
    if (spoken == MCP_2026_07_28) return "name the revision in params._meta: " MCPI_PROTO_VERSION;
    return "send initialize first, or name the revision in params._meta: " MCPI_PROTO_VERSION;
}

/* The host may ask what the request is about, and not hear of an earlier one in its call. What becomes of it
   is told when it is over. */
MCPI_NOINLINE void mcpi_server_watch(mcp_call *call)
{
    const mcp_str none = { NULL, 0 };
    call->watched = true;
    call->outcome = MCP_OK;
    call->begun_ms = mcpi_peer_now(call->peer);
    call->code = 0;
    call->scene = MCPI_PEER_METHOD;
    call->name = call->args = call->meta = mcpi_json_missing();
    call->uri = none;
}

/* Serves a request whose method is ours. */
MCPI_INLINE void mcpi_server_serve(mcp_call *call, const mcpi_server_method *method)
{
    if (MCPI_LIKELY(!call->watched) || (method->when & MCPI_SERVER_ROW) || mcpi_server_ask_host(call))
        method->serve(call);
}

MCPI_INLINE void mcpi_server_dispatch(mcp_call *call)
{
    const mcpi_server_method *method;
    if (call->peer->watches) mcpi_server_watch(call);
    if (!mcpi_server_read_params(call)) return;
    method = mcpi_server_find_method(call);
    if (!call->revision && !(method && (method->when & MCPI_SERVER_BEFORE))) {
        mcpi_peer_error(call, MCPI_RPC_INVALID_PARAMS, mcpi_server_ask_revision(call->server));
    } else if (method) {
        mcpi_server_serve(call, method);
    } else {
        mcpi_server_call_method(call);
    }
}

/* Sends what was written, or what kept it from being written. */
static int mcpi_server_reply(mcp_call *call)
{
    int status = mcpi_peer_send(call);
    const char *text = mcpi_server_strerror(status);
    if (status >= 0) return status;
    call->outcome = status;
    mcpi_peer_note_status(call, status);
    mcpi_server_log(&call->server->desc, MCP_LOG_ERROR, text);
    mcpi_peer_error(call, MCPI_RPC_INTERNAL_ERROR, text);
    status = mcpi_peer_send(call);
    if (status >= 0) return status;
    if (!mcpi_peer_is_task(call)) status = mcpi_peer_lose(call->route.session);
    mcpi_peer_abandon(call);
    return status;
}

/* Finds the id in a text that could not be read, up to len. False: there is one, and no memory for it. */
static bool mcpi_server_read_early_id(mcp_call *call, const char *bytes, size_t len)
{
    mcp_str id = mcpi_rpc_early_id(bytes, len);
    mcp_json v;
    if (!id.ptr) return true;
    if (mcp_json_parse(&call->doc, id.ptr, id.len) == MCP_E_NOMEM) return false;
    v = mcp_json_root(&call->doc);
    if (mcpi_rpc_is_id(v)) call->message.id = v;
    return true;
}

/* Not JSON, or too much of it, or no memory for it. In these two cases the id may be told; without
   memory, what has none and is no batch counts as a notification. */
static void mcpi_server_refuse_text(mcp_call *call, int status, const char *bytes, size_t len)
{
    char why[MCP_DOC_ERROR_SIZE];
    int code = MCPI_RPC_PARSE_ERROR;

    mcpi_peer_note_status(call, status);
    (void)mcp_doc_error(&call->doc, why, sizeof why);
    if (status == MCP_E_DEPTH || status == MCP_E_NODES) {
        code = MCPI_RPC_INVALID_REQUEST;
        (void)mcpi_server_read_early_id(call, bytes, call->doc.error_at);
    } else if (status == MCP_E_NOMEM) {
        code = MCPI_RPC_INTERNAL_ERROR;
        if (!mcpi_server_read_early_id(call, bytes, len)) (void)mcpi_peer_lose(call->route.session);
        call->dropped = !mcp_json_exists(call->message.id) && !mcpi_rpc_is_array(bytes, len);
    }
    mcpi_peer_error(call, code, why);
}

/* Reads the message; a refusal is written as reply. */
static int mcpi_server_read(mcp_call *call, const char *bytes, size_t len)
{
    const char *wrong;
    int status;

    call->message.id = mcpi_json_missing();
    if (len > call->server->desc.max_message) {
        mcpi_peer_error(call, MCPI_RPC_PARSE_ERROR,
                        "the message is longer than mcp_server_desc.max_message allows");
        return MCP_E_TOO_LONG;
    }
    if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) bytes += 3, len -= 3;  /* a byte order mark */
    status = mcp_json_parse(&call->doc, bytes, len);
    if (status != MCP_OK) {
        mcpi_server_refuse_text(call, status, bytes, len);
        return status;
    }
    wrong = mcpi_rpc_read(&call->message, mcp_json_root(&call->doc));
    if (!wrong) return MCP_OK;
    mcpi_peer_error(call, MCPI_RPC_INVALID_REQUEST, wrong);
    return MCP_E_SYNTAX;
}

static size_t mcpi_server_which_cancelled(const char *key, size_t len)
{
    return mcpi_json_is_key(key, len, "requestId") ? 0 : 1;
}

/* The host may know what we do not. */
static void mcpi_server_pass_on(mcp_call *call)
{
    const mcp_server_desc *d = &call->server->desc;
    const mcpi_rpc_message *m = &call->message;
    if (!d->on_notification || strlen(m->method.ptr) != m->method.len) return;
    if (mcp_json_exists(m->params) && mcp_json_type(m->params) != MCP_JSON_OBJECT) return;
    d->on_notification(d->user, call->route.session, m->method.ptr, m->params);
}

/* Notifications are never answered. */
static void mcpi_server_notice(mcp_call *call)
{
    static const mcp_str cancelled = MCP_LIT("notifications/cancelled");
    uint32_t found[1];
    if (!mcpi_rpc_same(call->message.method, cancelled)) {
        mcpi_server_pass_on(call);
        return;
    }
    if (!call->route.session) return;
    if (mcpi_json_members(call->message.params, mcpi_server_which_cancelled, found, 1) != 1) return;
    mcpi_peer_cancel_id(call->peer, call->route.session, mcpi_json_found(call->message.params, found[0]));
}

/* Without memory it is nobody, who may do the least. */
static void mcpi_server_keep_principal(mcp_call *call, const char *principal)
{
    const size_t size = strlen(principal) + 1;
    char *copy = (char *)mcp_arena_get(&call->arena, size);
    if (copy) memcpy(copy, principal, size);
    call->principal = copy ? copy : "";
}

/* Makes the call one for this delivery. */
static void mcpi_server_begin_call(mcp_call *call, const mcp_delivery *d)
{
    call->route.session = d->session;
    call->route.stream = d->stream;
    call->route.emit = d->emit;
    call->route.user = d->user;
    call->revision = NULL;
    call->row = NULL;
    call->memory = NULL;
    call->dropped = call->has_progress = false;
    call->done = -1;
    call->principal = NULL;
    call->code = 0;
    mcp_arena_reset(&call->arena);
    if (d->principal) mcpi_server_keep_principal(call, d->principal);
}

/* What asks for no answer. */
static int mcpi_server_take_notice(mcp_call *call)
{
    const mcpi_peer_asking *asking = call->peer->asking;
    mcp_call *answered = NULL;
    if (call->message.kind == MCPI_RPC_NOTIFICATION) mcpi_server_notice(call);
    else if (asking) answered = asking->answer(call);
    mcpi_peer_abandon(call);
    if (answered) asking->run_again(answered);
    return MCP_OK;
}

/* Leaves a call that is answered later. */
static int mcpi_server_leave(mcp_call *call)
{
#ifndef MCP_NO_CHANGES
    if (call->ref == MCPI_SERVER_LISTENS) {
        call->ref = 0;
        mcpi_peer_release_call(call);
    }
#else
    (void)call;
#endif
    return MCP_WAIT;
}

/* The request of a task was answered when it became one; the reply is the task's. */
MCPI_NOINLINE int mcpi_server_answer_task(mcp_call *call)
{
    const bool unsent = call->unsent;
    if (!call->ref) (void)mcpi_server_reply(call);
    return unsent ? MCP_WAIT : MCP_OK;
}

/* Answers a request, or sends what its refusal says: status is what came of reading it. */
MCPI_INLINE int mcpi_server_answer(mcp_call *call, int status)
{
    int sent;
    if (status == MCP_OK) mcpi_server_dispatch(call);
    if (MCPI_UNLIKELY(mcpi_peer_is_task(call))) return mcpi_server_answer_task(call);
    if (call->ref) return mcpi_server_leave(call);
    sent = mcpi_server_reply(call);
    return sent == MCP_OK ? status : sent;
}

/*-- Batches. Spec: 2025-03-26 basic (batching) --*/

/* Why an array is no batch that is served, or NULL. */
static const char *mcpi_server_wrong_batch(const mcp_call *call)
{
    const size_t count = mcp_json_count(mcp_json_root(&call->doc));
    if (!mcpi_peer_agreed(call->route.session, MCPI_PROTO_BATCHES))
        return "an array is a batch, which only revision 2025-03-26 has: send one message at a time";
    if (!count) return "a batch must have a message in it";
    if (count > call->server->desc.max_batch)
        return "the batch has more messages than mcp_server_desc.max_batch allows";
    return NULL;
}

/* What is wrong with a request that may stand alone, but not in a batch; or NULL. */
static const char *mcpi_server_wrong_member(const mcpi_rpc_message *m)
{
    static const mcp_str initialize = MCP_LIT("initialize");
    if (m->kind != MCPI_RPC_REQUEST) return NULL;
    if (mcpi_rpc_same(m->method, initialize)) return "initialize must not stand in a batch";
    if (mcp_json_exists(mcp_json_get(mcp_json_get(m->params, "_meta"), MCPI_PROTO_VERSION)))
        return "a request that names its revision in _meta must not stand in a batch";
    return NULL;
}

/* Answers a member that no call, or no memory, was left for, if it asks for an answer. */
static void mcpi_server_refuse_member(mcp_call *batch, mcp_json member, int status)
{
    mcpi_rpc_message m;
    const char *wrong = mcpi_rpc_read_member(&m, member);
    mcpi_peer_note_status(batch, status);
    batch->reserve -= mcpi_peer_share(m.id);
    if (wrong || m.kind == MCPI_RPC_REQUEST) mcpi_peer_refuse_member(batch, m.id, mcp_strerror(status));
}

/* The member is the call's message already. */
static void mcpi_server_serve_member(mcp_call *call)
{
    const char *wrong = mcpi_rpc_read_member(&call->message, mcp_json_root(&call->doc));
    if (!wrong) wrong = mcpi_server_wrong_member(&call->message);
    if (wrong) mcpi_peer_error(call, MCPI_RPC_INVALID_REQUEST, wrong);
    if (!wrong && call->message.kind != MCPI_RPC_REQUEST) (void)mcpi_server_take_notice(call);
    else (void)mcpi_server_answer(call, wrong ? MCP_E_SYNTAX : MCP_OK);
}

/* Gives a member a call of its own. MCP_OK, or why there is none. */
static int mcpi_server_begin_member(mcp_call *batch, const mcp_delivery *d, mcp_json member)
{
    mcp_call *call = mcpi_peer_take_member(batch->peer);
    mcp_delivery own = *d;
    if (!call) return batch->peer->num_calls > batch->server->desc.max_calls + 1 ? MCP_E_BUSY : MCP_E_NOMEM;
    if (mcp_json_clone(&call->doc, member) != MCP_OK) {
        mcpi_peer_release_call(call);
        return MCP_E_NOMEM;
    }
    own.emit = mcpi_peer_collect;
    own.user = call;
    mcpi_server_begin_call(call, &own);
    call->batch = batch;
    batch->members++;
    mcpi_server_serve_member(call);
    return MCP_OK;
}

static bool mcpi_server_is_over(const mcp_call *call)
{
    return call->dropped || call->route.session->closed || call->peer->destroyed;
}

/* MCP_OK, or what came of it: then a refusal is written. */
static int mcpi_server_begin_batch(mcp_call *batch)
{
    const char *wrong = mcpi_server_wrong_batch(batch);
    const int status = wrong ? (int)MCP_E_SYNTAX : mcpi_peer_begin_batch(batch);
    if (status == MCP_E_TOO_LONG)
        wrong = "mcp_server_desc.max_reply has no room for the replies to so many messages";
    mcpi_peer_note_status(batch, status);
    if (wrong) mcpi_peer_error(batch, MCPI_RPC_INVALID_REQUEST, wrong);
    else if (status != MCP_OK) mcpi_peer_error(batch, MCPI_RPC_INTERNAL_ERROR, mcp_strerror(status));
    return status;
}

/* Serves the members of an array one after the other. Their replies leave together, when the last is
   there. */
static int mcpi_server_serve_batch(mcp_call *batch, const mcp_delivery *d)
{
    mcp_json member = mcp_json_first(mcp_json_root(&batch->doc));
    for (; mcp_json_exists(member) && !mcpi_server_is_over(batch); member = mcp_json_next(member)) {
        const int status = mcpi_server_begin_member(batch, d, member);
        if (status != MCP_OK) mcpi_server_refuse_member(batch, member, status);
    }
    return mcpi_peer_leave_batch(batch);
}

static int mcpi_server_deliver(mcpi_peer *peer, const mcp_delivery *d)
{
    mcp_call *call;
    int status;

    if (!mcpi_peer_has_call(peer)) return MCP_E_BUSY;
    call = mcpi_peer_take_call(peer);
    if (!call) return mcpi_peer_lose(d->session);
    mcpi_server_begin_call(call, d);
    status = mcpi_server_read(call, d->bytes, d->len);
    mcpi_peer_tap(peer, d->session, MCP_TAP_IN, d->bytes, d->len);      /* it was copied: the tap may feed */
    if (status == MCP_OK && call->message.kind != MCPI_RPC_REQUEST) {
        if (call->message.kind != MCPI_RPC_BATCH) return mcpi_server_take_notice(call);
#ifdef MCP_NO_BATCH
        mcpi_peer_error(call, MCPI_RPC_INVALID_REQUEST, "batches are left out of this build: MCP_NO_BATCH");
        status = MCP_E_SYNTAX;
#else
        status = mcpi_server_begin_batch(call);
        if (status == MCP_OK) return mcpi_server_serve_batch(call, d);
#endif
    }
    return mcpi_server_answer(call, status);
}

MCP_API int mcp_deliver(mcp_server *server, const mcp_delivery *delivery)
{
    int status;
    mcpi_peer_enter(&server->peer);
    if (delivery->session && delivery->session->ping_ms) mcpi_peer_heard(delivery->session);
    status = mcpi_server_deliver(&server->peer, delivery);
    mcpi_peer_tell_streams(&server->peer);
    if (server->peer.short_of_memory) mcpi_peer_reclaim(&server->peer, NULL);
    mcpi_peer_leave(&server->peer);
    return status;
}

/*-- What those who subscribed to a resource hear of it --*/

#ifndef MCP_NO_CHANGES

/* Makes the call ask for a listener what its subscription asked. */
static void mcpi_server_ask_again(mcp_call *call, const mcpi_peer_listener *l, mcp_str uri)
{
    static const mcp_str methods[] = { MCP_LIT("resources/subscribe"), MCP_LIT("subscriptions/listen") };
    const bool is_modern = l->size != 0;
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.session = l->route.session;
    if (is_modern) d.principal = (const char *)(l + 1);
    mcpi_server_begin_call(call, &d);
    mcpi_server_watch(call);
    call->watched = false;      /* it is no request, and nobody hears how it ends */
    memset(&call->message, 0, sizeof call->message);
    call->message.method = methods[is_modern];
    call->revision = is_modern ? &mcpi_proto_revisions[0] : d.session->revision;
    call->uri = uri;
}

/* Whether a listener may still hear of a resource that it subscribed to: the filter may think otherwise by
   now. */
static bool mcpi_server_shows(const mcpi_peer_listener *l, mcp_str uri)
{
    mcpi_peer_row *row = NULL;
    mcp_call *call;
    int status;
    if (!l->peer->desc->filter) return true;
    call = mcpi_peer_take_member(l->peer);
    if (!call) return false;
    mcpi_server_ask_again(call, l, uri);
    status = mcpi_server_look_up(call, &row);
    mcpi_peer_release_call(call);
    return row && status == MCP_OK;
}

#endif /* MCP_NO_CHANGES */

MCP_API void mcp_resource_changed(mcp_server *server, const char *uri)
{
#ifndef MCP_NO_CHANGES
    mcpi_peer_listener *l;
    for (l = server->peer.listeners; l; l = l->next) {
        mcpi_peer_subscription *subscription = *mcpi_peer_find_subscription(l, mcpi_schema_str(uri));
        if (!subscription || !mcpi_server_shows(l, mcpi_schema_str(uri))) continue;
        subscription->changed = true;
        mcpi_peer_note_change(l, MCP_CONTENTS);
    }
#else
    (void)server, (void)uri;
#endif
}

/*-- Deferred calls --*/

/* The time of a deferred call is over: the model is told, and the host. */
static void mcpi_server_expire(mcp_call *call)
{
    const mcp_server_desc *d = &call->server->desc;
    const mcp_ref ref = call->ref;
    const uint32_t own = mcpi_server_own_timeout(call);
    const bool is_longest = call->deadline_ms == call->latest_ms;
    char text[256];
    mcp_str why;

    if (mcpi_peer_waits(call)) {
        call->peer->asking->expire(call);
        return;
    }
    why = mcpi_base_format(text, sizeof text, "there was no answer within %llu ms (%s%s%s)",
                           (unsigned long long)(is_longest ? 10 : 1) * (own ? own : d->call_timeout_ms),
                           is_longest ? "10 * " : "",
                           own ? "mcp_tool.timeout_ms of " : "mcp_server_desc.call_timeout_ms",
                           own ? mcpi_peer_key(call->row) : "");
    mcpi_peer_undefer(call);
    mcpi_server_say_why(call, why);
    mcpi_server_end_call(call, MCP_E_TOOL);
    call->outcome = MCP_E_TIMEOUT;
    (void)mcpi_server_reply(call);
    if (d->on_cancel) d->on_cancel(d->user, ref);
}

/* Defers a call, which is a task by that if it can be one. */
static int mcpi_server_defer(mcp_call *call)
{
    const uint32_t own = mcpi_server_own_timeout(call);
    const int status = call->running && !call->ref ? mcp_task(call) : (int)MCP_OK;
    uint32_t timeout_ms = own ? own : call->server->desc.call_timeout_ms;
    if (status < 0 && status != MCP_E_UNSUPPORTED) return status;
    if (mcpi_peer_is_task(call) && !own) timeout_ms = MCP_NONE;     /* it has its own time */
    return mcpi_peer_defer(call, timeout_ms);
}

MCP_API int mcp_defer(mcp_call *call, mcp_ref *ref)
{
    const int status = mcpi_server_defer(call);
    *ref = call->ref;
    return status;
}

/* The next step of a call is due. */
static void mcpi_server_go_on(mcp_call *call)
{
    const mcp_call_fn next = call->later;
    call->later = NULL;
    mcpi_server_run_step(call, next);
    if (!call->ref) (void)mcpi_server_reply(call);
}

MCP_API int mcp_later(mcp_call *call, uint32_t ms, mcp_call_fn next)
{
    int status;
    if (!next || !call->server->desc.now_ms) return MCP_E_MISUSE;
    status = mcpi_server_defer(call);
    if (status != MCP_WAIT) return status;
    call->later = next;
    call->later_ms = mcpi_peer_now(call->peer) + ms;
    return MCP_WAIT;
}

MCP_API mcp_call *mcp_resume(mcp_server *server, mcp_ref ref)
{
    return mcpi_peer_find(&server->peer, ref);
}

MCP_API void mcp_finish(mcp_call *call, int verdict)
{
    mcpi_peer *peer;
    if (!call || !call->ref) return;
    if (mcpi_peer_waits(call)) mcpi_peer_withdraw_all(call);
    mcpi_peer_undefer(call);
    if (call->running) {        /* it is sent when its handler has returned */
        call->finished = true;
        call->verdict = verdict;
        return;
    }
    peer = call->peer;
    mcpi_peer_enter(peer);
    mcpi_server_end_call(call, verdict);
    (void)mcpi_server_reply(call);
    mcpi_peer_leave(peer);
}

/*-- Inside a tool --*/

MCP_API mcp_json mcp_args(mcp_call *call)
{
    return call->args;
}

MCP_API mcp_json mcp_params(mcp_call *call)
{
    return call->message.params;
}

/* The rows of the arguments; none in a filter. */
static const mcp_field *mcpi_server_fields(const mcp_call *call)
{
    if (!call->row) return NULL;        /* in desc.filter */
    if (call->scene == MCPI_PEER_TOOL) return mcpi_server_tool(call)->args;
    if (call->scene == MCPI_PEER_METHOD) return mcpi_server_method_of(call)->args;
    return call->scene == MCPI_PEER_PROMPT ? mcpi_server_prompt(call)->args : NULL;
}

/* An argument, or where it is absent the default of its row as text, or NULL. */
static const char *mcpi_server_arg(mcp_call *call, const char *name, uint32_t type, mcp_json *v)
{
    *v = mcp_json_get(call->args, name);
    return mcp_json_exists(*v) ? NULL : mcpi_schema_default(mcpi_server_fields(call), name, type);
}

MCP_API const char *mcp_arg_str(mcp_call *call, const char *name)
{
    mcp_json v;
    const char *text = mcpi_server_arg(call, name, MCP_STRING, &v);
    return mcp_json_cstr(v, NULL, text);
}

MCP_API int64_t mcp_arg_int(mcp_call *call, const char *name, int64_t def)
{
    mcp_json v;
    const char *text = mcpi_server_arg(call, name, MCP_INTEGER, &v);
    if (text) (void)mcpi_base_read_int(mcpi_schema_str(text), &def);
    return mcp_json_int(v, NULL, def);
}

#ifndef MCP_NO_FLOAT
MCP_API double mcp_arg_num(mcp_call *call, const char *name, double def)
{
    mcp_json v;
    const char *text = mcpi_server_arg(call, name, MCP_NUMBER, &v);
    if (text) (void)mcpi_base_read_double(mcpi_schema_str(text), &def);
    return mcp_json_num(v, NULL, def);
}
#endif

MCP_API bool mcp_arg_bool(mcp_call *call, const char *name, bool def)
{
    mcp_json v;
    const char *text = mcpi_server_arg(call, name, MCP_BOOLEAN, &v);
    return mcp_json_bool(v, NULL, text ? *text == 't' : def);
}

/* Memory of the call; that there is none becomes the reply, which says whether the limit is why. */
static void *mcpi_server_get_scratch(mcp_call *call, size_t size)
{
    void *memory = mcp_arena_get(&call->arena, size);
    if (memory) return memory;
    if (!mcpi_base_arena_is_full(&call->arena, mcpi_base_round(size))) mcpi_peer_fail(call, MCP_E_NOMEM);
    else (void)mcpi_peer_misuse(call, "mcp_server_desc.max_scratch is used up");
    return NULL;
}

MCP_API const void *mcp_args_struct(mcp_call *call)
{
    size_t size = mcpi_schema_struct_size(mcpi_server_fields(call));
    void *target = size ? mcpi_server_get_scratch(call, size) : NULL;
    if (!target) return NULL;
    memset(target, 0, size);
    mcpi_schema_fill(mcpi_server_fields(call), call->args, target);
    return target;
}

MCP_API void *mcp_call_memory(mcp_call *call, size_t size)
{
    if (call->memory) {
        if (size <= call->memory_size) return call->memory;
        (void)mcpi_peer_misuse(call, "mcp_call_memory with more than before");
        return NULL;
    }
    call->memory = mcpi_server_get_scratch(call, size);
    call->memory_size = size;
    if (call->memory) memset(call->memory, 0, size);
    return call->memory;
}

MCP_API mcp_trace mcp_call_trace(const mcp_call *call)
{
    const mcp_json meta = mcp_json_get(call->message.params, "_meta");
    const mcp_str parent = mcp_json_str(meta, MCPI_PROTO_TRACE_PARENT);
    const mcp_str state = mcp_json_str(meta, MCPI_PROTO_TRACE_STATE);
    const mcp_str baggage = mcp_json_str(meta, MCPI_PROTO_BAGGAGE);
    mcp_trace trace = { NULL, NULL, NULL };
    if (mcpi_proto_is_traceparent(parent)) trace.parent = parent.ptr;
    if (trace.parent && mcpi_proto_is_tracestate(state)) trace.state = state.ptr;
    if (mcpi_proto_is_baggage(baggage)) trace.baggage = baggage.ptr;
    return trace;
}

MCP_API void *mcp_user(mcp_call *call)
{
    return call->row && call->row->user ? call->row->user : call->server->desc.user;
}

MCP_API mcp_server *mcp_call_server(const mcp_call *call)
{
    return call->server;
}

MCP_API const char *mcp_revision(const mcp_call *call)
{
    return call->revision ? call->revision->name.ptr : "";
}

MCP_API mcp_json mcp_request_meta(const mcp_call *call)
{
    return call->meta;
}

/* What the caller says of itself: in each request, or at the start of its session. */
static mcp_json mcpi_server_says(const mcp_call *call, const char *modern, const char *legacy)
{
    if (mcpi_server_is_modern(call)) return mcp_json_get(call->meta, modern);
    if (!call->route.session) return mcpi_json_missing();
    return mcp_json_get(mcp_json_root(&call->route.session->hello), legacy);
}

MCP_API mcp_json mcp_client_info(const mcp_call *call)
{
    return mcpi_server_says(call, MCPI_PROTO_CLIENT_INFO, "clientInfo");
}

MCP_API mcp_json mcp_client_capabilities(const mcp_call *call)
{
    return mcpi_server_says(call, MCPI_PROTO_CAPABILITIES, "capabilities");
}

MCP_API const char *mcp_principal(const mcp_call *call)
{
    return mcpi_peer_principal(call);
}

MCP_API bool mcp_cancelled(const mcp_call *call)
{
    return call->dropped || (call->route.session && call->route.session->closed);
}

MCP_API mcp_ref mcp_call_ref(const mcp_call *call)
{
    return call->ref;
}

/* Whether the revision of the call has that. */
static bool mcpi_server_knows(const mcp_call *call, unsigned feature)
{
    return (mcpi_server_features(call) & feature) != 0;
}

/*-- What a call says before its answer --*/

#ifndef MCP_NO_FLOAT
MCP_API void mcp_progress(mcp_call *call, double done, double total, const char *text)
{
    mcp_json token = mcp_json_get(call->meta, "progressToken");
    mcp_out *note = &call->progress;
    if (!(done > call->done)) return;
    call->done = done;
    mcpi_peer_extend(call);
    if (mcpi_peer_is_task(call) && mcpi_server_task_progress(call, text)) return;
    if (!mcp_json_exists(token) || !mcpi_server_is_heard(call)) return;
    mcpi_peer_begin_note(note, "notifications/progress");
    mcpi_json_frame(note, ",\"params\":{\"progressToken\":");
    mcp_put_value(note, token);
    mcpi_json_frame(note, ",\"progress\":");
    mcp_put_num(note, done);
    if (total > 0) {
        mcpi_json_frame(note, ",\"total\":");
        mcp_put_num(note, total);
    }
    if (text && mcpi_server_knows(call, MCPI_PROTO_HINTS)) {    /* as those from 2025-03-26 on */
        mcpi_json_frame(note, ",\"message\":");
        mcp_put_str(note, text);
    }
    mcpi_peer_put_related(note, call);
    mcpi_json_frame(note, "}}");
    mcpi_peer_emit_progress(call);
}
#endif

MCP_API void mcp_log_text(mcp_call *call, int level, const char *logger, const char *text)
{
    if (!mcpi_server_begin_log(call, level, logger)) return;
    mcp_put_str(&call->peer->note, text);
    mcpi_server_end_log(call);
}

MCP_API void mcp_log_data(mcp_call *call, int level, const char *logger, const char *format, ...)
{
    va_list args;
    if (!mcpi_server_begin_log(call, level, logger)) return;
    va_start(args, format);
    mcp_put_fv(&call->peer->note, format, args);
    va_end(args);
    mcpi_server_end_log(call);
}

MCP_API uint64_t mcp_dropped(const mcp_server *server)
{
    return server->peer.dropped;
}

/* Opens the contents of a resource; the value, in the form of kind, comes next. */
static void mcpi_server_begin_contents(mcp_call *call, const char *kind, mcp_str uri, const char *mime)
{
    mcpi_json_frame(&call->out, "{\"uri\":");
    mcp_put_strn(&call->out, uri.ptr, uri.len);
    mcpi_server_put_member(call, ",\"mimeType\":", mime);
    mcpi_json_put_ours(&call->out, kind, strlen(kind));
}

/* The same for the resource that is being read. */
static void mcpi_server_begin_own(mcp_call *call, const char *kind)
{
    mcpi_server_put_comma(call);
    mcpi_server_begin_contents(call, kind, call->uri, call->row ? mcpi_server_resource(call)->mime : NULL);
}

#define MCPI_SERVER_TEXT ",\"text\":"
#define MCPI_SERVER_BLOB ",\"blob\":"

MCP_API int mcp_textn(mcp_call *call, const char *text, size_t len)
{
    if (call->scene == MCPI_PEER_RESOURCE) {
        mcpi_server_begin_own(call, MCPI_SERVER_TEXT);
        mcp_put_strn(&call->out, text, len);
        mcpi_json_frame(&call->out, "}");
        return MCP_OK;
    }
    call->text_size += len;
    if (MCPI_UNLIKELY(call->scene == MCPI_PEER_TOOL && call->row && call->text_size > call->row->max_text))
        return mcpi_server_cut_text(call, text, len);
    return mcpi_server_put_text(call, text, len);
}

MCP_API int mcp_text(mcp_call *call, const char *text)
{
    return mcp_textn(call, text ? text : "", text ? strlen(text) : 0);
}

MCP_API int mcp_blob(mcp_call *call, const void *bytes, size_t len)
{
    if (call->scene != MCPI_PEER_RESOURCE) return mcpi_peer_misuse(call, "mcp_blob");
    mcpi_server_begin_own(call, MCPI_SERVER_BLOB);
    mcp_put_base64(&call->out, bytes, len);
    mcpi_json_frame(&call->out, "}");
    return MCP_OK;
}

/* A block of bytes: {"type":...,"data":...,"mimeType":...}; of a resource they are its contents. */
static int mcpi_server_put_bytes(mcp_call *call, const char *type, const void *bytes, size_t len,
                                 const char *mime)
{
    if (!mime) return mcpi_peer_misuse(call, "content without mime");
    if (call->scene == MCPI_PEER_RESOURCE) return mcp_embed_bytes(call, call->uri.ptr, mime, bytes, len);
    mcpi_server_begin_block(call);
    mcpi_json_frame(&call->out, "{\"type\":");
    mcp_put_str(&call->out, type);
    mcpi_json_frame(&call->out, ",\"data\":");
    mcp_put_base64(&call->out, bytes, len);
    mcpi_server_put_member(call, ",\"mimeType\":", mime);
    return mcpi_server_end_block(call);
}

MCP_API int mcp_image(mcp_call *call, const void *bytes, size_t len, const char *mime)
{
    return mcpi_server_put_bytes(call, "image", bytes, len, mime);
}

MCP_API int mcp_audio(mcp_call *call, const void *bytes, size_t len, const char *mime)
{
    if (!mime || call->scene == MCPI_PEER_RESOURCE || mcpi_server_knows(call, MCPI_PROTO_HINTS))
        return mcpi_server_put_bytes(call, "audio", bytes, len, mime);
    return mcp_textf(call, "[%s: %lu bytes of audio, which this client cannot receive]", mime,
                     (unsigned long)len);
}

MCP_API int mcp_link(mcp_call *call, const char *uri, const char *name, const char *mime)
{
    if (!uri || !name || call->scene == MCPI_PEER_RESOURCE) return mcpi_peer_misuse(call, "mcp_link");
    if (!mcpi_server_knows(call, MCPI_PROTO_STRUCTURED)) return mcp_textf(call, "%s: %s", name, uri);
    mcpi_server_begin_block(call);
    mcpi_json_frame(&call->out, "{\"type\":\"resource_link\"");
    mcpi_server_put_member(call, ",\"uri\":", uri);
    mcpi_server_put_member(call, ",\"name\":", name);
    mcpi_server_put_member(call, ",\"mimeType\":", mime);
    return mcpi_server_end_block(call);
}

/* Opens an embedded resource, or one more that is read; the value with its contents comes next. */
static void mcpi_server_begin_embed(mcp_call *call, const char *uri, const char *mime, const char *kind)
{
    if (call->scene == MCPI_PEER_RESOURCE) {
        mcpi_server_put_comma(call);
    } else {
        mcpi_server_begin_block(call);
        mcpi_json_frame(&call->out, "{\"type\":\"resource\",\"resource\":");
    }
    mcpi_server_begin_contents(call, kind, mcpi_schema_str(uri), mime);
}

static int mcpi_server_end_embed(mcp_call *call)
{
    mcpi_json_frame(&call->out, "}");
    return call->scene == MCPI_PEER_RESOURCE ? (int)MCP_OK : mcpi_server_end_block(call);
}

MCP_API int mcp_embed(mcp_call *call, const char *uri, const char *mime, const char *text, size_t len)
{
    if (!uri) return mcpi_peer_misuse(call, "mcp_embed");
    mcpi_server_begin_embed(call, uri, mime, MCPI_SERVER_TEXT);
    mcp_put_strn(&call->out, text, len);
    return mcpi_server_end_embed(call);
}

MCP_API int mcp_embed_bytes(mcp_call *call, const char *uri, const char *mime, const void *bytes, size_t len)
{
    if (!uri) return mcpi_peer_misuse(call, "mcp_embed_bytes");
    mcpi_server_begin_embed(call, uri, mime, MCPI_SERVER_BLOB);
    mcp_put_base64(&call->out, bytes, len);
    return mcpi_server_end_embed(call);
}

MCP_API void mcp_annotate(mcp_call *call, const mcp_annotations *annotations)
{
    call->annotations = annotations;
}

MCP_API void mcp_role(mcp_call *call, int role)
{
    call->role = role == MCP_ASSISTANT ? "assistant" : "user";
}

MCP_API const char *mcp_uri(mcp_call *call)
{
    return call->scene == MCPI_PEER_RESOURCE ? call->uri.ptr : "";
}

MCP_API int mcp_cache(mcp_call *call, uint32_t ttl_ms, uint32_t cache)
{
    if (call->scene != MCPI_PEER_RESOURCE) return mcpi_peer_misuse(call, "mcp_cache");
    call->ttl_ms = ttl_ms;
    call->cache = cache;
    return MCP_OK;
}

MCP_API int mcp_missing(mcp_call *call)
{
    if (call->scene == MCPI_PEER_RESOURCE) mcpi_server_put_missing(call);
    else (void)mcpi_peer_misuse(call, "mcp_missing");
    return MCP_E_TOOL;
}

MCP_API const char *mcp_complete_name(mcp_call *call)
{
    return call->scene == MCPI_PEER_COMPLETION ? mcp_json_cstr(call->name, NULL, "") : "";
}

MCP_API const char *mcp_complete_value(mcp_call *call)
{
    return call->scene == MCPI_PEER_COMPLETION ? mcp_json_cstr(call->wanted, NULL, "") : "";
}

MCP_API int mcp_suggestn(mcp_call *call, const char *value, size_t len)
{
    if (call->scene != MCPI_PEER_COMPLETION) return mcpi_peer_misuse(call, "mcp_suggest");
    if (call->suggested++ >= MCPI_SERVER_SUGGESTIONS) return MCP_OK;
    mcpi_server_put_comma(call);
    mcp_put_strn(&call->out, value, len);
    return MCP_OK;
}

MCP_API int mcp_suggest(mcp_call *call, const char *value)
{
    return value ? mcp_suggestn(call, value, strlen(value)) : mcpi_peer_misuse(call, "mcp_suggest");
}

/* Takes what was just written as the structured result, and adds it as text where there is content. */
static int mcpi_server_take_data(mcp_call *call)
{
    mcp_str json;
    int status = mcp_out_done(&call->data, &json);
    if (status == MCP_OK && *json.ptr != '{') return mcpi_peer_misuse(call, "mcp_data without an object");
    if (status == MCP_E_MISUSE) return mcpi_peer_misuse(call, "mcp_data twice");
    if (status != MCP_OK) {
        mcpi_peer_fail(call, status);
        return status;
    }
    call->has_data = true;
    return call->scene == MCPI_PEER_METHOD ? (int)MCP_OK : mcp_textn(call, json.ptr, json.len);
}

MCP_API int mcp_data(mcp_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mcp_put_fv(&call->data, format, args);
    va_end(args);
    return mcpi_server_take_data(call);
}

/* The rows of the result. */
static const mcp_field *mcpi_server_result_fields(const mcp_call *call)
{
    if (!call->row) return NULL;
    if (call->scene == MCPI_PEER_METHOD) return mcpi_server_method_of(call)->result;
    return call->scene == MCPI_PEER_TOOL ? mcpi_server_tool(call)->result : NULL;
}

/* Whether a handler may use a key of the result's _meta. */
static bool mcpi_server_is_meta_key(const char *key)
{
    return mcpi_proto_key(mcpi_schema_str(key), false) == MCPI_PROTO_FREE &&
           !mcpi_base_same(key, "progressToken");
}

MCP_API int mcp_meta(mcp_call *call, const char *key, const char *format, ...)
{
    va_list args;
    int status;
    if (!mcpi_server_is_meta_key(key))
        return mcpi_peer_misuse(call, "mcp_meta with a key that it may not have");
    if (!call->has_meta) {
        mcp_out_reset(&call->result_meta);
        mcp_put_object(&call->result_meta);
    } else if (mcpi_json_has_put(&call->result_meta, key)) {
        return mcpi_peer_misuse(call, "mcp_meta with a key that was given before");
    }
    mcp_put_key(&call->result_meta, key);
    va_start(args, format);
    mcp_put_fv(&call->result_meta, format, args);
    va_end(args);
    call->has_meta = true;
    status = call->result_meta.buf.error;
    if (status != MCP_OK) mcpi_peer_fail(call, status);
    return status;
}

MCP_API int mcp_data_struct(mcp_call *call, const void *result)
{
    const mcp_field *fields = mcpi_server_result_fields(call);
    if (!mcpi_schema_struct_size(fields)) return mcpi_peer_misuse(call, "mcp_data_struct");
    mcpi_schema_put_struct(&call->data, fields, result);
    return mcpi_server_take_data(call);
}

/* Formats into the call's scratch. NULL without memory or for a format that is wrong, which is
   remembered. */
static const char *mcpi_server_format(mcp_call *call, const char *format, va_list args, size_t *len)
{
    va_list again;
    int need;

    mcp_buf_reset(&call->scratch);
    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (need < 0 || !mcp_buf_room(&call->scratch, (size_t)need + 1)) {
        if (need < 0) (void)mcpi_peer_misuse(call, "the format");
        else mcpi_peer_fail(call, call->scratch.error);
        return NULL;
    }
    (void)vsnprintf(call->scratch.ptr, (size_t)need + 1, format, args);
    *len = (size_t)need;
    return call->scratch.ptr;
}

MCP_API int mcp_textf(mcp_call *call, const char *format, ...)
{
    const char *text;
    size_t len = 0;
    va_list args;

    va_start(args, format);
    text = mcpi_server_format(call, format, args, &len);
    va_end(args);
    return text ? mcp_textn(call, text, len) : call->failed;
}

MCP_API void mcp_log(mcp_call *call, int level, const char *logger, const char *format, ...)
{
    const int failed = call->failed;
    const char *text;
    size_t len = 0;
    va_list args;

    if (level < 0 || level > mcpi_server_wanted_level(call)) return;
    va_start(args, format);
    text = mcpi_server_format(call, format, args, &len);
    va_end(args);
    if (text) mcp_log_text(call, level, logger, text);
    else call->peer->dropped++;
    call->failed = failed;      /* what is not logged fails nothing */
}

MCP_API int mcp_fail_text(mcp_call *call, const char *text)
{
    mcpi_server_say_why(call, mcpi_schema_str(text));
    return MCP_E_TOOL;
}

MCP_API int mcp_fail(mcp_call *call, const char *format, ...)
{
    mcp_str text;
    va_list args;

    va_start(args, format);
    text.ptr = mcpi_server_format(call, format, args, &text.len);
    va_end(args);
    if (!text.ptr) return call->failed;
    mcpi_server_say_why(call, text);
    return MCP_E_TOOL;
}

/* An error without a code would be a result. */
static bool mcpi_server_is_code(mcp_call *call, int code)
{
    if (!code) (void)mcpi_peer_misuse(call, "mcp_refuse without a code");
    return code != 0;
}

MCP_API int mcp_refuse(mcp_call *call, int code, const char *format, ...)
{
    const char *text;
    size_t len = 0;
    va_list args;

    if (!mcpi_server_is_code(call, code)) return MCP_E_MISUSE;
    va_start(args, format);
    text = mcpi_server_format(call, format, args, &len);
    va_end(args);
    if (!text) return call->failed;
    mcpi_peer_error(call, code, text);
    return MCP_E_TOOL;
}

MCP_API int mcp_refuse_data(mcp_call *call, int code, const char *text, const char *format, ...)
{
    va_list args;
    if (!mcpi_server_is_code(call, code)) return MCP_E_MISUSE;
    mcpi_peer_put_error(call, code, mcpi_schema_str(text));
    if (format) {
        mcpi_json_frame(&call->out, ",\"data\":");
        va_start(args, format);
        mcp_put_fv(&call->out, format, args);
        va_end(args);
    }
    mcpi_rpc_put_error_end(&call->out);
    return MCP_E_TOOL;
}

/*-- Pages of a tool's own lists --*/

/* The index that an argument holds, as a number or as text; negative: it holds none. */
static int64_t mcpi_server_index(mcp_json v)
{
    const mcp_str text = mcp_json_str(v, NULL);
    int64_t index = -1;
    if (!text.ptr) return mcp_json_int(v, NULL, -1);
    if (text.len && text.len <= 18 && strspn(text.ptr, "0123456789") == text.len)
        (void)mcpi_base_read_int(text, &index);
    return index;
}

static int mcpi_server_refuse_part(mcp_call *call, const mcp_part *part, mcp_json v)
{
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcpi_base_note_add(&note, "argument '%s': expected what the page before said, below %llu, got ",
                       part->arg, (unsigned long long)part->count);
    mcpi_schema_note_value(&note, v);
    mcpi_base_note_str(&note, "; start again without it");
    return mcp_fail_text(call, text);
}

MCP_API int mcp_page(mcp_call *call, const char *arg, size_t count, size_t page_size, mcp_part *part)
{
    const mcp_json v = mcp_json_get(call->args, arg);
    char *next = (char *)mcpi_server_get_scratch(call, MCPI_INT_SIZE + 1);
    int64_t first = 0;
    memset(part, 0, sizeof *part);
    part->count = count;
    part->arg = arg;
    if (!next) return call->failed;
    if (mcp_json_type(v) > MCP_JSON_NULL) first = mcpi_server_index(v);
    if (first < 0 || (first && (uint64_t)first >= count)) return mcpi_server_refuse_part(call, part, v);
    part->first = part->end = (size_t)first;
    part->end += page_size && page_size < count - part->first ? page_size : count - part->first;
    if (part->end < count) {
        char memory[MCPI_INT_SIZE];
        const mcp_str text = mcpi_base_uint_text(memory, part->end);
        memcpy(next, text.ptr, text.len);
        next[text.len] = 0;
        part->next = next;
    }
    return MCP_OK;
}

/* How the model has to write the index: with quotes, unless the argument is an integer. */
static const char *mcpi_server_quote(const mcp_call *call, const char *arg)
{
    const mcp_field *f = mcpi_server_field(mcpi_server_fields(call), arg);
    return f && mcpi_schema_type(f) == MCP_INTEGER ? "" : "\"";
}

MCP_API int mcp_page_note(mcp_call *call, const mcp_part *part)
{
    const char *quote = mcpi_server_quote(call, part->arg);
    char text[256];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    if (part->end - part->first == part->count) return MCP_OK;
    mcpi_base_note_add(&note, "[%llu to %llu of %llu", (unsigned long long)part->first + 1,
                       (unsigned long long)part->end, (unsigned long long)part->count);
    if (part->next)
        mcpi_base_note_add(&note, "; for the next ones call again with %s = %s%s%s]", part->arg, quote,
                           part->next, quote);
    else
        mcpi_base_note_str(&note, "; these are the last ones]");
    return mcp_textn(call, text, (size_t)(note.at - text));
}

#endif /* MCP_LAYERS >= 8 */

/*==== 9 >>client  Which era, requests, replies. ===================================================*/
#if MCP_LAYERS >= 9

struct mcp_reply {
    int status;
    mcp_doc doc;
    mcp_json result, error;
    char why[200];              /* of a reply that the server did not send */
};

/* Something that the server asks for: in a request of its own, or to go on with one of ours. */
struct mcp_input {
    mcp_input *next;
    mcp_client *client;
    mcp_ref ref;
    int kind;
    bool offered, later;
    mcp_doc doc;                /* its params */
    mcp_ref request;            /* of ours; 0: it is one of the server's */
    mcp_out name;               /* as JSON: its key in inputRequests, or its id */
    mcp_out answer;
    char why[160];
};

enum { MCPI_CLIENT_LISTS = 4 };      /* MCP_TOOLS, MCP_RESOURCES, MCP_PROMPTS, MCP_TEMPLATES */

/* A list that is walked. */
typedef struct mcpi_client_list {
    mcp_doc page;
    int status;
    uint32_t num_pages;         /* up to now */
    mcp_buf mark;               /* a cursor among them */
} mcpi_client_list;

/* A resource whose changes the host wants to hear of, by subscriptions/listen. */
typedef struct mcpi_client_want {
    struct mcpi_client_want *next;
    size_t size;                /* of this, with the URI behind it */
    bool granted;               /* the server tells of it */
    bool missed;                /* it may have changed while nobody listened */
} mcpi_client_want;

/* The requests of subscriptions/listen: one that is acknowledged, and one that will take its place. */
typedef struct mcpi_client_ear {
    mcpi_client_want *wants;
    mcp_ref open, next;         /* 0: none */
    mcp_ref last;               /* before open: what it was told may still come */
    uint32_t granted, missed;   /* kinds of lists */
    uint64_t open_ms;           /* since when */
    uint64_t again_ms;          /* when to try again; 0: not at all */
    uint32_t wait_ms;           /* how long that took the last time */
    int status;                 /* of the last that was not acknowledged, */
    char why[160];              /* and why it was not */
} mcpi_client_ear;

enum { MCPI_CLIENT_PROBING, MCPI_CLIENT_INITIALIZING, MCPI_CLIENT_READY, MCPI_CLIENT_OVER };

struct mcp_client {
    mcp_client_desc desc;
    int state;
    int status;                 /* why it is over */
    char why[200];              /* the same in words, or why the last request was not begun */
    int refused;                /* the status of that */
    const mcpi_proto_revision *revision;    /* that is spoken, or tried */
    mcp_doc hello;
    uint64_t probe_id;
    bool late_hello;            /* the answer to the probe came after its time */
    uint64_t num_late;          /* responses that nobody waited for */
    mcpi_rpc_lines in;
    mcp_doc batch;              /* the array that came last */
    mcp_json member;            /* of it, to be read before the next line; missing: all were read */
    mcpi_rpc_queue out;
    size_t answered;            /* bytes of answers behind the last request in it, at most */
    bool held;                  /* lines wait until these are sent */
    mcpi_peer_requests requests;
    mcp_out line;               /* what is being written */
    mcp_out meta;               /* what it says of us, in the modern era */
    const char *log_level;      /* among it; NULL: none */
    bool tell_roots;            /* that they have changed, when there is room */
    mcp_out trace;              /* of the next request, or empty */
    mcpi_client_ear ear;
    mcp_reply got;              /* what is being read */
    mcp_reply reply;            /* of the last blocking call */
    mcpi_client_list lists[MCPI_CLIENT_LISTS];
    int list_status;            /* of the last that was walked */
    uint32_t paused;            /* by questions of a legacy server, or a restart: no request's time runs */
    mcp_input *inputs;          /* that are not answered yet */
    uint64_t num_inputs;
    uint32_t depth;             /* callbacks that we are in */
    bool closing;               /* at their end */
    bool moving;                /* what is to be sent, in a pair */
    /* Where the bytes go: moves some, tells the last words of the server, starts it anew, ends. */
    int (*pump)(mcp_client *client, int timeout_ms);
    const char *(*last_words)(mcp_client *client);
    bool (*restart)(mcp_client *client);
    void (*close)(mcp_client *client);
    void *io;
};

/*-- Replies --*/

MCP_API int mcp_reply_status(const mcp_reply *reply)
{
    return reply->status;
}

MCP_API bool mcp_reply_ok(const mcp_reply *reply)
{
    return reply->status == MCP_OK;
}

MCP_API mcp_json mcp_reply_result(const mcp_reply *reply)
{
    return reply->result;
}

MCP_API mcp_json mcp_reply_content(const mcp_reply *reply)
{
    static const char *const others[] = { "/contents", "/messages", "/completion/values" };
    mcp_json content = mcp_json_get(reply->result, "content");
    size_t i;
    for (i = 0; i < MCP_COUNT(others) && mcp_json_type(content) != MCP_JSON_ARRAY; i++)
        content = mcp_json_find(reply->result, others[i]);
    return mcp_json_type(content) == MCP_JSON_ARRAY ? content : mcpi_json_missing();
}

/* What stands in an item under that name, if it is an object: the content of a message, an embedded resource.
   Else the item itself. */
static mcp_json mcpi_client_inner(mcp_json item, const char *name)
{
    mcp_json inner = mcp_json_get(item, name);
    return mcp_json_type(inner) == MCP_JSON_OBJECT ? inner : item;
}

/* The text of an element itself, not of what is embedded in it. */
static mcp_json mcpi_client_own_text(mcp_json item)
{
    mcp_json type = mcp_json_get(item, "type");
    if (mcp_json_type(item) == MCP_JSON_STRING) return item;
    if (!mcp_json_exists(type)) {       /* not a block of content, but perhaps around one */
        item = mcpi_client_inner(item, "content");
        type = mcp_json_get(item, "type");
    }
    if (mcp_json_exists(type) && !mcp_json_equals(type, NULL, "text")) return mcpi_json_missing();
    return mcp_json_get(item, "text");
}

/* The text of an element, or of the resource that is embedded in it. */
static mcp_json mcpi_client_any_text(mcp_json item)
{
    mcp_json text = mcpi_client_own_text(item);
    if (mcp_json_exists(text)) return text;
    return mcp_json_get(mcp_json_get(mcpi_client_inner(item, "content"), "resource"), "text");
}

MCP_API const char *mcp_content_text(mcp_json item)
{
    return mcp_json_cstr(mcpi_client_any_text(item), NULL, "");
}

/* The bytes of a text. */
static int mcpi_client_copy_text(void *out, size_t cap, size_t *len, mcp_json v)
{
    const mcp_str text = mcp_json_str(v, NULL);
    *len = text.len;
    if (!text.ptr) return MCP_E_MISUSE;
    if (text.len > cap) return MCP_E_TOO_LONG;
    if (text.len) memcpy(out, text.ptr, text.len);
    return MCP_OK;
}

MCP_API int mcp_content_bytes(mcp_json item, void *out, size_t cap, size_t *len)
{
    mcp_json block = mcpi_client_inner(mcpi_client_inner(item, "content"), "resource");
    mcp_str text = mcp_json_str(block, "blob");
    int status;
    if (!text.ptr) text = mcp_json_str(block, "data");
    if (!text.ptr) return mcpi_client_copy_text(out, cap, len, mcpi_client_any_text(item));
    status = mcp_base64_decode(out, cap, len, text.ptr, text.len);
    if (status == MCP_E_TOO_LONG) *len = text.len / 4 * 3;
    return status;
}

MCP_API mcp_json mcp_reply_data(const mcp_reply *reply)
{
    return mcp_json_get(reply->result, "structuredContent");
}

MCP_API int mcp_reply_code(const mcp_reply *reply)
{
    int64_t code = mcp_json_int(reply->error, "code", 0);
    return code >= -0x7fffffff && code <= 0x7fffffff ? (int)code : 0;
}

MCP_API mcp_json mcp_reply_error_data(const mcp_reply *reply)
{
    return mcp_json_get(reply->error, "data");
}

MCP_API const char *mcp_reply_text(const mcp_reply *reply)
{
    mcp_json item, text = mcpi_json_missing();
    if (*reply->why) return reply->why;
    if (mcp_json_exists(reply->error)) return mcp_json_cstr(reply->error, "message", "");
    for (item = mcp_json_first(mcp_reply_content(reply)); mcp_json_exists(item); item = mcp_json_next(item))
        if (mcp_json_exists(text = mcpi_client_own_text(item))) break;
    return mcp_json_cstr(text, NULL, "");
}

static void mcpi_client_init_reply(mcp_client *c, mcp_reply *reply)
{
    reply->doc.alloc = c->desc.alloc;
    reply->doc.max_depth = c->desc.max_depth;
    reply->doc.max_nodes = c->desc.max_nodes;
}

/* A reply that the server did not send. */
static void mcpi_client_put_why(mcp_reply *reply, int status, const char *why)
{
    mcpi_base_note note = mcpi_base_note_start(reply->why, sizeof reply->why);
    mcpi_base_note_str(&note, why);
    reply->status = status;
    reply->result = reply->error = mcpi_json_missing();
}

static void mcpi_client_add_why(mcp_reply *reply, const char *more)
{
    const size_t len = strlen(reply->why);
    mcpi_base_note note = mcpi_base_note_start(reply->why + len, sizeof reply->why - len);
    mcpi_base_note_str(&note, more);
}

/*-- Callbacks, and what they may do --*/

static uint64_t mcpi_client_now(const mcp_client *c)
{
    return c->desc.now_ms ? c->desc.now_ms(c->desc.user) : 0;
}

static void mcpi_client_set_deadline(const mcp_client *c, mcpi_peer_request *r, uint32_t timeout_ms)
{
    const uint64_t now = mcpi_client_now(c);
    r->deadline_ms = timeout_ms != MCP_NONE && c->desc.now_ms ? now + timeout_ms : 0;
    r->latest_ms = now + (uint64_t)10 * timeout_ms;
}

/* Time runs again: for each request from the start, as nobody knows which one the server asked for. */
static void mcpi_client_resume_time(mcp_client *c)
{
    mcpi_peer_request *r;
    for (r = c->requests.first; r; r = r->next)
        if (r->deadline_ms) mcpi_client_set_deadline(c, r, c->desc.call_timeout_ms);
}

static void mcpi_client_free_input(mcp_input *input)
{
    if (!input->request && --input->client->paused == 0) mcpi_client_resume_time(input->client);
    mcp_doc_free(&input->doc);
    mcp_out_free(&input->name);
    mcp_out_free(&input->answer);
    mcpi_base_release(&input->client->desc.alloc, input, sizeof *input);
}

/* Takes back the questions to a request of ours, or the server's own if that is 0. */
static void mcpi_client_drop_inputs(mcp_client *c, mcp_ref request)
{
    mcp_input **link = &c->inputs;
    while (*link) {
        mcp_input *input = *link;
        if (input->request != request) {
            link = &input->next;
        } else {
            *link = input->next;
            mcpi_client_free_input(input);
        }
    }
}

/* Wants no longer to hear of the resource that link leads to. */
static void mcpi_client_forget_want(mcp_client *c, mcpi_client_want **link)
{
    mcpi_client_want *want = *link;
    *link = want->next;
    mcpi_base_release(&c->desc.alloc, want, want->size);
}

static void mcpi_client_free(mcp_client *c)
{
    const mcp_alloc alloc = c->desc.alloc;
    size_t i;
    if (c->close) c->close(c);
    while (c->inputs) mcpi_client_drop_inputs(c, c->inputs->request);
    while (c->ear.wants) mcpi_client_forget_want(c, &c->ear.wants);
    mcpi_peer_free_requests(&c->requests);
    mcpi_rpc_lines_free(&c->in);
    mcp_doc_free(&c->batch);
    mcp_buf_free(&c->out.buf);
    mcp_out_free(&c->line);
    mcp_out_free(&c->meta);
    mcp_out_free(&c->trace);
    mcp_doc_free(&c->hello);
    mcp_doc_free(&c->got.doc);
    mcp_doc_free(&c->reply.doc);
    for (i = 0; i < MCPI_CLIENT_LISTS; i++) {
        mcp_doc_free(&c->lists[i].page);
        mcp_buf_free(&c->lists[i].mark);
    }
    mcpi_base_release(&alloc, c, sizeof *c);
}

static void mcpi_client_enter(mcp_client *c)
{
    c->depth++;
}

static void mcpi_client_leave(mcp_client *c)
{
    if (!--c->depth && c->closing) mcpi_client_free(c);
}

/* Takes back a request that was launched, without an answer. */
static void mcpi_client_withdraw(mcp_client *c, mcpi_peer_request *r)
{
    mcpi_client_drop_inputs(c, r->ref);
    mcpi_peer_retire(&c->requests, r);
    mcpi_peer_drop_request(&c->requests, r);
}

/* Answers a request of ours, once. */
static void mcpi_client_complete(mcp_client *c, mcpi_peer_request *r, const mcp_reply *reply)
{
    const mcp_reply_fn done = r->done;
    void *user = r->user;
    mcpi_client_withdraw(c, r);
    done(user, c, reply);
}

static void mcpi_client_complete_why(mcp_client *c, mcpi_peer_request *r, int status, const char *why)
{
    mcp_reply reply;
    memset(&reply, 0, sizeof reply);
    mcpi_client_put_why(&reply, status, why);
    mcpi_client_complete(c, r, &reply);
}

/* What a status means where something is written. */
static const char *mcpi_client_strerror(int status)
{
    if (status == MCP_E_TOO_LONG) return "it is longer than mcp_client_desc.max_request allows";
    return mcp_strerror(status);
}

/* Why a request is not begun. */
static void mcpi_client_note_refused(mcp_client *c, int status, const char *more)
{
    mcpi_base_note note = mcpi_base_note_start(c->why, sizeof c->why);
    mcpi_base_note_str(&note, "the request was not begun: ");
    mcpi_base_note_str(&note, more ? more : mcp_strerror(status));
    c->refused = status;
}

static void mcpi_client_note_why(mcp_client *c, const char *text, const char *more)
{
    mcpi_base_note note = mcpi_base_note_start(c->why, sizeof c->why);
    mcpi_base_note_str(&note, text);
    mcpi_base_note_str(&note, more);
}

static void mcpi_client_log(mcp_client *c, int level, const char *text)
{
    if (c->desc.log) c->desc.log(c->desc.user, level, text);
}

/* It is over, for the first reason that is given. */
static void mcpi_client_fail(mcp_client *c, int status, const char *text, const char *more)
{
    if (c->state == MCPI_CLIENT_OVER) return;
    c->state = MCPI_CLIENT_OVER;
    c->status = status;
    mcpi_client_note_why(c, text, more);
    if (!c->closing) mcpi_client_log(c, MCP_LOG_ERROR, c->why);
    mcpi_client_drop_inputs(c, 0);
    while (c->requests.first) mcpi_client_complete_why(c, c->requests.first, status, c->why);
}

/*-- Writing --*/

static bool mcpi_client_speaks_modern(const mcp_client *c)
{
    return mcpi_proto_is_modern(c->revision);
}

static void mcpi_client_put_info(const mcp_client *c, mcp_out *out)
{
    mcp_put_object(out);
    mcpi_rpc_put_text(out, "name", c->desc.name);
    mcpi_rpc_put_text(out, "version", c->desc.version);
    if (c->revision->features & MCPI_PROTO_TITLES) mcpi_rpc_put_text(out, "title", c->desc.title);
    mcp_put_end(out);
}

static bool mcpi_client_gives(const mcp_client *c, uint32_t kinds)
{
    return c->desc.on_input && (c->desc.inputs & kinds);
}

/* One capability, if it is there, and that it has this (NULL: nothing). */
static void mcpi_client_put_capability(mcp_out *out, const char *name, bool there, const char *with)
{
    if (!there) return;
    mcp_put_key(out, name);
    mcp_put_object(out);
    if (with) {
        mcp_put_key(out, with);
        mcp_put_bool(out, true);
    }
    mcp_put_end(out);
}

/* What we can be asked for, in the words of the revision. Spec: schema (ClientCapabilities) */
static void mcpi_client_put_capabilities(const mcp_client *c, mcp_out *out)
{
    const unsigned features = c->revision->features;
    const bool form = mcpi_client_gives(c, MCP_INPUT_FORM) && (features & MCPI_PROTO_ELICIT);
    const bool url = mcpi_client_gives(c, MCP_INPUT_URL) && (features & MCPI_PROTO_ELICIT_URL);
    const char *tells = c->desc.roots_change && !mcpi_client_speaks_modern(c) ? "listChanged" : NULL;
    mcp_put_object(out);
    if (form || url) {
        mcp_put_key(out, "elicitation");
        mcp_put_object(out);
        mcpi_client_put_capability(out, "form", form && (features & MCPI_PROTO_ELICIT_URL), NULL);
        mcpi_client_put_capability(out, "url", url, NULL);
        mcp_put_end(out);
    }
    mcpi_client_put_capability(out, "sampling", mcpi_client_gives(c, MCP_INPUT_SAMPLING), NULL);
    mcpi_client_put_capability(out, "roots", mcpi_client_gives(c, MCP_INPUT_ROOTS), tells);
    mcp_put_end(out);
}

/* The members of a modern _meta. */
static void mcpi_client_put_ourselves(const mcp_client *c, mcp_out *out)
{
    mcpi_json_frame(out, "\"" MCPI_PROTO_VERSION "\":");
    mcp_put_str(out, c->revision->name.ptr);
    mcpi_json_frame(out, ",\"" MCPI_PROTO_CAPABILITIES "\":");
    mcpi_client_put_capabilities(c, out);
    mcpi_json_frame(out, ",\"" MCPI_PROTO_CLIENT_INFO "\":");
    mcpi_client_put_info(c, out);
    if (!c->log_level) return;
    mcpi_json_frame(out, ",\"" MCPI_PROTO_LOG_LEVEL "\":");
    mcp_put_str(out, c->log_level);
}

/* Not for the handshake. */
static bool mcpi_client_wants_progress(const mcp_client *c)
{
    return c->desc.on_progress && c->state == MCPI_CLIENT_READY;
}

/* Everything that a modern request says of us; in the legacy era only its trace and the token for progress.
   Spec: basic (_meta), basic/utilities/progress */
static void mcpi_client_put_meta(mcp_client *c, const mcpi_peer_request *r)
{
    const bool progress = mcpi_client_wants_progress(c), modern = mcpi_client_speaks_modern(c);
    mcpi_json_frame(&c->line, "\"_meta\":{");
    if (r->trace.buf.len) {
        mcpi_json_put_ours(&c->line, r->trace.buf.ptr, r->trace.buf.len);
        if (progress || modern) mcpi_json_frame(&c->line, ",");
    }
    if (progress) {
        mcpi_json_frame(&c->line, "\"progressToken\":");
        mcp_put_uint(&c->line, r->id);
        if (modern) mcpi_json_frame(&c->line, ",");
    }
    if (modern && c->meta.buf.len) mcpi_json_put_ours(&c->line, c->meta.buf.ptr, c->meta.buf.len);
    else if (modern) mcpi_client_put_ourselves(c, &c->line);
    mcpi_json_frame(&c->line, "}");
}

/* What every modern request says of us is written once. */
static int mcpi_client_make_meta(mcp_client *c)
{
    mcp_str text;
    mcp_out_reset(&c->meta);
    mcpi_client_put_ourselves(c, &c->meta);
    return mcp_out_done(&c->meta, &text);
}

/* Puts what was written behind what is to be sent. Returns MCP_OK, or why not. */
static int mcpi_client_queue(mcp_client *c)
{
    mcp_str text;
    const int status = mcp_out_done(&c->line, &text);
    if (status != MCP_OK) return status;
    return mcpi_rpc_queue_line(&c->out, text.ptr, text.len) ? (int)MCP_OK : (int)MCP_E_NOMEM;
}

/* Whether a server that asks us has left too many answers untaken: nothing more of it is read then, as it
   could ask without end. Requests of ours before them are no reason: it may have to write before it reads
   them. */
static bool mcpi_client_is_full(const mcp_client *c)
{
    const size_t unsent = mcpi_rpc_unsent(&c->out);
    return (unsent < c->answered ? unsent : c->answered) >= c->desc.max_output;
}

/* For messages without which nothing goes on. */
static void mcpi_client_must(mcp_client *c, int status)
{
    if (status == MCP_OK) return;
    mcpi_client_fail(c, status, "a message was not sent: ", mcpi_client_strerror(status));
}

/* What a request is sent again with. Spec: basic/patterns/mrtr */
static void mcpi_client_put_answers(mcp_client *c, const mcpi_peer_request *r)
{
    const mcp_buf *answers = &r->answers.buf, *state = &r->state.buf;
    if (answers->len) {
        mcpi_json_frame(&c->line, "\"inputResponses\":{");
        mcpi_json_put_ours(&c->line, answers->ptr, answers->len);
        mcpi_json_frame(&c->line, "},");
    }
    if (state->len) {
        mcpi_json_frame(&c->line, "\"requestState\":");
        mcpi_json_put_ours(&c->line, state->ptr, state->len);
        mcpi_json_frame(&c->line, ",");
    }
}

/* Writes a request in the form of the revision that is spoken. Its params are an object as text, braces
   included. Returns MCP_OK, or why not. */
static int mcpi_client_send(mcp_client *c, mcpi_peer_request *r)
{
    const mcp_buf *params = &r->params.buf;
    int status;
    mcp_out_reset(&c->line);
    mcpi_json_frame(&c->line, "{\"jsonrpc\":\"2.0\",\"id\":");
    mcp_put_uint(&c->line, r->id);
    mcpi_json_frame(&c->line, ",\"method\":");
    mcp_put_str(&c->line, r->method.ptr);
    if (mcpi_client_speaks_modern(c) || mcpi_client_wants_progress(c) || r->trace.buf.len) {
        mcpi_json_frame(&c->line, ",\"params\":{");
        if (params->len > 2) mcpi_json_put_ours(&c->line, params->ptr + 1, params->len - 2);
        if (params->len > 2) mcpi_json_frame(&c->line, ",");
        mcpi_client_put_answers(c, r);
        mcpi_client_put_meta(c, r);
        mcpi_json_frame(&c->line, "}");
    } else if (params->len > 2) {
        mcpi_json_frame(&c->line, ",\"params\":");
        mcpi_json_put_ours(&c->line, params->ptr, params->len);
    }
    mcpi_json_frame(&c->line, "}");
    status = r->answers.buf.error ? r->answers.buf.error : mcpi_client_queue(c);
    r->sent = status == MCP_OK;
    if (r->sent) c->answered = 0;
    return status;
}

static mcpi_peer_request *mcpi_client_first_unsent(const mcp_client *c)
{
    mcpi_peer_request *r = c->requests.first;
    while (r && (r->sent || r->questions)) r = r->next;
    return r;
}

/* A notification without params, or with the text of some. Returns MCP_OK, or why it was not sent. */
static int mcpi_client_tell(mcp_client *c, const char *method, const char *params)
{
    mcp_out_reset(&c->line);
    mcpi_json_frame(&c->line, "{\"jsonrpc\":\"2.0\",\"method\":");
    mcp_put_str(&c->line, method);
    if (params) {
        mcpi_json_frame(&c->line, ",\"params\":");
        mcpi_json_put_ours(&c->line, params, strlen(params));
    }
    mcpi_json_frame(&c->line, "}");
    return mcpi_client_queue(c);
}

/* The same for one without which nothing goes on. */
static void mcpi_client_notify(mcp_client *c, const char *method, const char *params)
{
    mcpi_client_must(c, mcpi_client_tell(c, method, params));
}

/* Whether a message that can wait may be written. */
static bool mcpi_client_has_room(const mcp_client *c)
{
    return c->state == MCPI_CLIENT_READY && mcpi_rpc_unsent(&c->out) < c->desc.max_output;
}

/* Tells that the roots have changed, if that is to be told. Returns MCP_OK, or why it was not sent. */
static int mcpi_client_tell_roots(mcp_client *c)
{
    int status = MCP_OK;
    if (!c->tell_roots || !mcpi_client_has_room(c)) return MCP_OK;
    if (!mcpi_client_speaks_modern(c)) status = mcpi_client_tell(c, "notifications/roots/list_changed", NULL);
    c->tell_roots = status != MCP_OK;
    return status;
}

/* Sends what waits for the revision, or for room. What cannot be written is answered, and the rest goes
   on. */
static void mcpi_client_send_waiting(mcp_client *c)
{
    mcpi_peer_request *r;
    (void)mcpi_client_tell_roots(c);    /* without memory it waits for the next time */
    while (mcpi_client_has_room(c) && (r = mcpi_client_first_unsent(c)) != NULL) {
        const int status = mcpi_client_send(c, r);
        if (status != MCP_OK) mcpi_client_complete_why(c, r, status, mcpi_client_strerror(status));
    }
}

/* Sends the answer that was written to a request of the server's. */
static void mcpi_client_send_answer(mcp_client *c)
{
    const size_t before = mcpi_rpc_unsent(&c->out);
    mcpi_client_must(c, mcpi_client_queue(c));
    c->answered += mcpi_rpc_unsent(&c->out) - before;
}

/* Tells the server that nobody waits for a request any more. Spec: basic/patterns/cancellation */
static void mcpi_client_notify_cancel(mcp_client *c, uint64_t id)
{
    char params[64];
    mcpi_base_note note = mcpi_base_note_start(params, sizeof params);
    mcpi_base_note_str(&note, "{\"requestId\":");
    mcpi_base_note_uint(&note, id);
    mcpi_base_note_str(&note, "}");
    mcpi_client_notify(c, "notifications/cancelled", params);
}

/*-- Beginning a request --*/

/* Gives a prepared request its number, its time and its way. 0: its params could not be written. */
static mcp_ref mcpi_client_launch(mcp_client *c, mcpi_peer_request *r, mcp_reply_fn done, void *user,
                                  uint32_t timeout_ms)
{
    mcp_str params;
    const int status = r->params.buf.len || r->params.buf.error ? mcp_out_done(&r->params, &params) : MCP_OK;
    if (status != MCP_OK || (r->params.buf.len && *r->params.buf.ptr != '{')) {
        mcpi_client_note_why(c, "the params of the request: ",
                             status != MCP_OK ? mcpi_client_strerror(status) : "must be an object");
        c->refused = status != MCP_OK ? status : (int)MCP_E_TEMPLATE;
        mcpi_peer_drop_request(&c->requests, r);
        return 0;
    }
    r->done = done;
    r->user = user;
    mcpi_client_set_deadline(c, r, timeout_ms);
    mcpi_peer_launch(&c->requests, r);
    return r->ref;
}

static mcpi_peer_request *mcpi_client_prepare(mcp_client *c, const char *method)
{
    mcpi_peer_request *r = NULL;
    if (c->state == MCPI_CLIENT_OVER || c->closing) return NULL;
    r = mcpi_peer_prepare(&c->requests, method);
    if (r) return r;
    if (c->requests.count < c->requests.max) mcpi_client_note_refused(c, MCP_E_NOMEM, NULL);
    else mcpi_client_note_refused(c, MCP_E_BUSY, "mcp_client_desc.max_calls are under way");
    return NULL;
}

/* Gives the request the trace that waits for it, without a copy. */
MCPI_NOINLINE void mcpi_client_take_trace(mcp_client *c, mcpi_peer_request *r)
{
    const mcp_out empty = r->trace;
    r->trace = c->trace;
    c->trace = empty;
}

static mcp_str mcpi_client_text(const char *text)
{
    const mcp_str none = { NULL, 0 };
    return text ? mcpi_schema_str(text) : none;
}

/* Adds a member, if there is one. */
static void mcpi_client_put_trace(mcp_client *c, const char *key, mcp_str value)
{
    if (!value.ptr) return;
    if (c->trace.buf.len) mcp_put_piece(&c->trace, ",");
    mcp_put_piece(&c->trace, key);
    mcp_put_strn(&c->trace, value.ptr, value.len);
}

MCP_API int mcp_client_trace(mcp_client *client, mcp_trace trace)
{
    const mcp_str parent = mcpi_client_text(trace.parent), state = mcpi_client_text(trace.state);
    const mcp_str baggage = mcpi_client_text(trace.baggage);
    int status;
    mcp_out_reset(&client->trace);
    if (parent.ptr && !mcpi_proto_is_traceparent(parent)) return MCP_E_MISUSE;
    if (state.ptr && !(parent.ptr && mcpi_proto_is_tracestate(state))) return MCP_E_MISUSE;
    if (baggage.ptr && !mcpi_proto_is_baggage(baggage)) return MCP_E_MISUSE;
    mcpi_client_put_trace(client, "\"" MCPI_PROTO_TRACE_PARENT "\":", parent);
    mcpi_client_put_trace(client, "\"" MCPI_PROTO_TRACE_STATE "\":", state);
    mcpi_client_put_trace(client, "\"" MCPI_PROTO_BAGGAGE "\":", baggage);
    status = client->trace.buf.error;
    if (status != MCP_OK) mcp_out_reset(&client->trace);
    return status;
}

/* Begins a request of the user's. It is sent at once if nothing is before it. */
static mcp_ref mcpi_client_begin(mcp_client *c, mcpi_peer_request *r, mcp_reply_fn done, void *user)
{
    const mcpi_peer_request *last = c->requests.last;
    const bool turn = mcpi_client_has_room(c) && (!last || last->sent || last->questions);
    mcp_ref ref;
    int status;
    if (c->trace.buf.len) mcpi_client_take_trace(c, r);
    ref = mcpi_client_launch(c, r, done, user, c->desc.call_timeout_ms);
    status = ref && turn ? mcpi_client_send(c, r) : (int)MCP_OK;
    if (status == MCP_OK) return ref;
    mcpi_client_note_refused(c, status, NULL);
    mcpi_client_withdraw(c, r);
    return 0;
}

/* Whether one of the texts is that one. */
static bool mcpi_client_is_among(mcp_json texts, const char *text)
{
    mcp_json v = mcp_json_first(texts);
    while (mcp_json_exists(v) && !mcp_json_equals(v, NULL, text)) v = mcp_json_next(v);
    return mcp_json_exists(v);
}

/*-- Changes, since 2026-07-28: one request stays open that asks for all that is wanted. When that changes,
     another takes its place; when it ends, it is made again. Spec: basic/patterns/subscriptions --*/

static const char *mcpi_client_uri(const mcpi_client_want *want)
{
    return (const char *)(want + 1);
}

/* The link to what is wanted of that URI, or to the end of all. */
static mcpi_client_want **mcpi_client_find_want(mcp_client *c, const char *uri)
{
    mcpi_client_want **link = &c->ear.wants;
    while (*link && !mcpi_base_same(mcpi_client_uri(*link), uri)) link = &(*link)->next;
    return link;
}

/* False without memory. */
static bool mcpi_client_add_want(mcp_client *c, const char *uri)
{
    const size_t size = sizeof(mcpi_client_want) + strlen(uri) + 1;
    mcpi_client_want *want = (mcpi_client_want *)mcpi_base_resize(&c->desc.alloc, NULL, 0, size);
    if (!want) return false;
    memset(want, 0, sizeof *want);
    want->size = size;
    memcpy(want + 1, uri, size - sizeof *want);
    *mcpi_client_find_want(c, uri) = want;
    return true;
}

/* Forgets what is wanted and not granted. */
static void mcpi_client_forget_refused(mcp_client *c)
{
    mcpi_client_want **link = &c->ear.wants;
    while (*link) {
        if ((*link)->granted) link = &(*link)->next;
        else mcpi_client_forget_want(c, link);
    }
}

static const struct {
    int kind;
    const char *capability, *key;
} mcpi_client_told_lists[] = { { MCP_TOOLS, "/tools/listChanged", "toolsListChanged" },
                          { MCP_PROMPTS, "/prompts/listChanged", "promptsListChanged" },
                          { MCP_RESOURCES, "/resources/listChanged", "resourcesListChanged" } };

/* Adds the lists that the server can tell of, where the host wants to hear of any. False: there are none. */
static bool mcpi_client_put_lists(const mcp_client *c, mcp_out *out)
{
    mcp_json all = mcp_json_get(mcp_json_root(&c->hello), "capabilities");
    bool any = false;
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_client_told_lists) && c->desc.on_changed; i++) {
        if (!mcp_json_bool(mcp_json_find(all, mcpi_client_told_lists[i].capability), NULL, false)) continue;
        mcp_put_key(out, mcpi_client_told_lists[i].key);
        mcp_put_bool(out, true);
        any = true;
    }
    return any;
}

/* Writes the params. False: nothing is wanted. */
static bool mcpi_client_put_filter(const mcp_client *c, mcp_out *out)
{
    const mcpi_client_want *want = c->ear.wants;
    bool any;
    mcpi_json_frame(out, "{\"notifications\":");
    mcp_put_object(out);
    any = mcpi_client_put_lists(c, out) || want;
    if (want) {
        mcp_put_key(out, "resourceSubscriptions");
        mcp_put_array(out);
        for (; want; want = want->next) mcp_put_str(out, mcpi_client_uri(want));
        mcp_put_end(out);
    }
    mcp_put_end(out);
    mcpi_json_frame(out, "}");
    return any;
}

/* Ends one of the requests, if it is there. */
static void mcpi_client_stop_listening(mcp_client *c, mcp_ref *ref)
{
    mcpi_peer_request *r = *ref ? mcpi_peer_resume_request(&c->requests, *ref) : NULL;
    const bool sent = r && r->sent;
    const uint64_t id = *ref;       /* there are no rounds of these */
    *ref = 0;
    if (!r) return;
    c->requests.max--;
    mcpi_client_withdraw(c, r);
    if (sent) mcpi_client_notify_cancel(c, id);
}

/* Tries again after a while, which doubles from a second to a minute, and starts anew once it was heard for
   longer than that. */
static void mcpi_client_listen_later(mcp_client *c)
{
    mcpi_client_ear *ear = &c->ear;
    const uint64_t now = mcpi_client_now(c);
    const bool anew = ear->open_ms && now - ear->open_ms > 64000;
    if (!c->desc.now_ms) return;
    ear->wait_ms = anew || !ear->wait_ms ? 1000 : ear->wait_ms < 64000 ? ear->wait_ms * 2 : 64000;
    ear->again_ms = now + ear->wait_ms;
}

/* It was not acknowledged, for want of memory or because the server refused it. What it should have replaced
   is still open. */
static void mcpi_client_not_heard(mcp_client *c, int status, const char *why)
{
    mcpi_client_ear *ear = &c->ear;
    mcpi_base_note note = mcpi_base_note_start(ear->why, sizeof ear->why);
    mcpi_base_note_str(&note, "subscriptions/listen: ");
    mcpi_base_note_str(&note, *why ? why : "the server has ended it before it acknowledged it");
    ear->next = 0;
    ear->status = status == MCP_OK ? (int)MCP_E_PROTOCOL : status;
    mcpi_client_forget_refused(c);
    mcpi_client_log(c, MCP_LOG_WARNING, ear->why);
    if (!ear->open && status != MCP_E_REMOTE) mcpi_client_listen_later(c);
}

/* The server, or the time for its acknowledgement, has ended the request. */
static void mcpi_client_on_listened(void *user, mcp_client *c, const mcp_reply *reply)
{
    mcpi_client_ear *ear = &c->ear;
    mcpi_client_want *want;
    (void)user;
    c->requests.max--;
    if (c->state != MCPI_CLIENT_READY) {
        ear->open = ear->next = 0;
    } else if (ear->next && !mcpi_peer_resume_request(&c->requests, ear->next)) {
        mcpi_client_not_heard(c, reply->status, mcp_reply_text(reply));
    } else {
        ear->open = 0;
        ear->missed = ear->granted;
        for (want = ear->wants; want; want = want->next) want->missed = want->granted;
        mcpi_client_log(c, MCP_LOG_INFO, "the server has ended subscriptions/listen");
        if (!ear->next) mcpi_client_listen_later(c);
    }
}

/* Asks for all that is wanted now, before all else that waits. */
static void mcpi_client_listen(mcp_client *c)
{
    mcpi_client_ear *ear = &c->ear;
    mcpi_peer_request *r;
    int status = MCP_E_NOMEM;
    mcpi_client_stop_listening(c, &ear->next);
    ear->again_ms = 0;
    ear->status = MCP_OK;
    if (c->state != MCPI_CLIENT_READY) return;
    c->requests.max++;          /* it takes none from the host */
    r = mcpi_peer_prepare(&c->requests, "subscriptions/listen");
    if (r && mcpi_client_put_filter(c, &r->params)) {
        ear->next = mcpi_client_launch(c, r, mcpi_client_on_listened, NULL, c->desc.call_timeout_ms);
    } else if (r) {
        mcpi_peer_drop_request(&c->requests, r);
        c->requests.max--;
        mcpi_client_stop_listening(c, &ear->open);
        return;
    }
    if (ear->next) status = mcpi_client_has_room(c) ? mcpi_client_send(c, r) : (int)MCP_OK;
    if (status == MCP_OK) return;
    if (ear->next) mcpi_client_withdraw(c, r);
    c->requests.max--;
    mcpi_client_not_heard(c, status, mcp_strerror(status));
}

/* Tells the host of everything that may have changed while nobody listened. */
static void mcpi_client_tell_missed(mcp_client *c)
{
    mcpi_client_ear *ear = &c->ear;
    mcpi_client_want *want;
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_client_told_lists) && c->desc.on_changed && !c->closing; i++) {
        const int kind = mcpi_client_told_lists[i].kind;
        if (!(ear->missed & (uint32_t)kind)) continue;
        ear->missed &= ~(uint32_t)kind;
        c->desc.on_changed(c->desc.user, c, kind, NULL);
    }
    want = ear->wants;
    while (want && c->desc.on_changed && !c->closing) {
        if (!want->missed) {
            want = want->next;
            continue;
        }
        want->missed = false;
        c->desc.on_changed(c->desc.user, c, MCP_RESOURCES, mcpi_client_uri(want));
        want = c->ear.wants;    /* the host may have changed them */
    }
}

/* The id of the request that a notification belongs to; 0 for another, or none. */
static mcp_ref mcpi_client_subscription(mcp_json params)
{
    return mcp_json_uint(mcp_json_get(mcp_json_get(params, "_meta"), MCPI_PROTO_SUBSCRIPTION), NULL, 0);
}

/* The server hears us, and says what it will tell. */
static void mcpi_client_on_acknowledged(mcp_client *c, mcp_json params)
{
    mcpi_client_ear *ear = &c->ear;
    mcp_json filter = mcp_json_get(params, "notifications");
    mcp_json uris = mcp_json_get(filter, "resourceSubscriptions");
    mcpi_peer_request *r = mcpi_peer_resume_request(&c->requests, ear->next);
    mcpi_client_want *want;
    size_t i;
    if (!r || mcpi_client_subscription(params) != ear->next) return;
    r->deadline_ms = 0;
    ear->granted = 0;
    for (i = 0; i < MCP_COUNT(mcpi_client_told_lists); i++)
        if (mcp_json_bool(filter, mcpi_client_told_lists[i].key, false))
            ear->granted |= (uint32_t)mcpi_client_told_lists[i].kind;
    for (want = ear->wants; want; want = want->next)
        want->granted = mcpi_client_is_among(uris, mcpi_client_uri(want));
    mcpi_client_forget_refused(c);
    ear->last = ear->open;
    mcpi_client_stop_listening(c, &ear->open);
    ear->open = ear->next;
    ear->next = 0;
    ear->open_ms = mcpi_client_now(c);
    mcpi_client_tell_missed(c);
}

/* Whether a change belongs to one of our requests, or does not say to which. */
static bool mcpi_client_hears(const mcp_client *c, mcp_json params)
{
    mcp_json id = mcp_json_get(mcp_json_get(params, "_meta"), MCPI_PROTO_SUBSCRIPTION);
    const mcp_ref ref = mcpi_client_subscription(params);
    if (!mcp_json_exists(id)) return true;
    return ref && (ref == c->ear.open || ref == c->ear.next || ref == c->ear.last);
}

/* The server has ended the request of that id, if it is one of these. */
static void mcpi_client_on_deaf(mcp_client *c, mcp_json id)
{
    const mcp_ref ref = mcp_json_uint(id, NULL, 0);
    mcpi_peer_request *r = ref ? mcpi_peer_resume_request(&c->requests, ref) : NULL;
    if (r && r->done == mcpi_client_on_listened)
        mcpi_client_complete_why(c, r, MCP_E_CLOSED, "the server has cancelled it");
}

/*-- Which era the server speaks. Spec: basic/versioning, 2025-11-25 basic/lifecycle --*/

static void mcpi_client_on_initialize(void *user, mcp_client *c, const mcp_reply *reply);
static void mcpi_client_on_probe(void *user, mcp_client *c, const mcp_reply *reply);

/* The newest revision with a handshake that we speak, and the server does too if it says which; NULL if there
   is none. */
static const mcpi_proto_revision *mcpi_client_choose(const mcp_client *c, mcp_json supported)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(mcpi_proto_revisions); i++) {
        const mcpi_proto_revision *r = &mcpi_proto_revisions[i];
        if (mcpi_proto_is_modern(r) || !(r->bit & c->desc.revisions)) continue;
        if (mcp_json_type(supported) != MCP_JSON_ARRAY) return r;
        if (mcpi_client_is_among(supported, r->name.ptr)) return r;
    }
    return NULL;
}

static void mcpi_client_initialize(mcp_client *c, const mcpi_proto_revision *revision)
{
    mcpi_peer_request *r;
    if (!revision) {
        mcpi_client_fail(c, MCP_E_PROTOCOL,
                         "the server speaks no revision that is in mcp_client_desc.revisions", "");
        return;
    }
    r = mcpi_client_prepare(c, "initialize");
    if (!r) {
        mcpi_client_fail(c, MCP_E_NOMEM, "initialize: ", mcp_strerror(MCP_E_NOMEM));
        return;
    }
    c->state = MCPI_CLIENT_INITIALIZING;
    c->revision = revision;
    mcp_put_object(&r->params);
    mcpi_rpc_put_text(&r->params, "protocolVersion", revision->name.ptr);
    mcp_put_key(&r->params, "capabilities");
    mcpi_client_put_capabilities(c, &r->params);
    mcp_put_key(&r->params, "clientInfo");
    mcpi_client_put_info(c, &r->params);
    mcp_put_end(&r->params);
    if (!mcpi_client_launch(c, r, mcpi_client_on_initialize, NULL, c->desc.call_timeout_ms))
        mcpi_client_fail(c, MCP_E_NOMEM, "initialize: ", mcp_strerror(MCP_E_NOMEM));
    else
        mcpi_client_must(c, mcpi_client_send(c, r));
}

static void mcpi_client_probe(mcp_client *c)
{
    mcpi_peer_request *r = mcpi_client_prepare(c, "server/discover");
    const bool alone = !mcpi_client_choose(c, mcpi_json_missing());
    c->state = MCPI_CLIENT_PROBING;
    c->revision = &mcpi_proto_revisions[0];
    if (r) c->probe_id = mcpi_client_launch(c, r, mcpi_client_on_probe, NULL,
                                            alone ? c->desc.call_timeout_ms : c->desc.probe_timeout_ms);
    if (r && c->probe_id) mcpi_client_must(c, mcpi_client_send(c, r));
    else mcpi_client_fail(c, MCP_E_NOMEM, "server/discover: ", mcp_strerror(MCP_E_NOMEM));
}

static void mcpi_client_start(mcp_client *c)
{
    if (c->desc.revisions & MCP_2026_07_28) mcpi_client_probe(c);
    else mcpi_client_initialize(c, mcpi_client_choose(c, mcpi_json_missing()));
}

/* From now on requests are sent. */
static void mcpi_client_be_ready(mcp_client *c, mcp_json hello)
{
    if (mcp_json_exists(hello) && mcp_json_clone(&c->hello, hello) != MCP_OK) {
        mcpi_client_fail(c, MCP_E_NOMEM, mcp_strerror(MCP_E_NOMEM), "");
        return;
    }
    if (mcpi_client_speaks_modern(c) && mcpi_client_make_meta(c) != MCP_OK) {
        mcpi_client_fail(c, MCP_E_NOMEM, mcp_strerror(MCP_E_NOMEM), "");
        return;
    }
    c->state = MCPI_CLIENT_READY;
    c->requests.max = c->desc.max_calls;
    if (!mcpi_client_speaks_modern(c)) mcpi_client_notify(c, "notifications/initialized", NULL);
    else if (c->desc.on_changed) mcpi_client_listen(c);
    mcpi_client_send_waiting(c);
}

/* Errors of a modern server that speaks our revision; with any other it may be an old one. */
static bool mcpi_client_is_modern_error(int code)
{
    return code == MCPI_PROTO_HEADER_MISMATCH || code == MCPI_PROTO_MISSING_CAPABILITY;
}

static void mcpi_client_on_probe(void *user, mcp_client *c, const mcp_reply *reply)
{
    mcp_json versions = mcp_json_get(reply->result, "supportedVersions");
    const int code = mcp_reply_code(reply);
    (void)user;
    if (c->state != MCPI_CLIENT_PROBING) return;
    if (mcpi_client_is_among(versions, c->revision->name.ptr)) {
        mcpi_client_be_ready(c, reply->result);
        return;
    }
    if (code == MCPI_PROTO_UNSUPPORTED_VERSION)
        versions = mcp_json_get(mcp_reply_error_data(reply), "supported");
    if (mcpi_client_choose(c, versions) && !mcpi_client_is_modern_error(code))
        mcpi_client_initialize(c, mcpi_client_choose(c, versions));
    else if (mcp_json_exists(reply->result) || code == MCPI_PROTO_UNSUPPORTED_VERSION)
        mcpi_client_initialize(c, NULL);
    else
        mcpi_client_fail(c, reply->status, "the server refused server/discover: ", mcp_reply_text(reply));
}

static void mcpi_client_on_initialize(void *user, mcp_client *c, const mcp_reply *reply)
{
    mcp_str version = mcp_json_str(mcp_json_get(reply->result, "protocolVersion"), NULL);
    const mcpi_proto_revision *agreed = mcpi_proto_find(version, false, c->desc.revisions);
    (void)user;
    if (c->state != MCPI_CLIENT_INITIALIZING) return;
    if (agreed) {
        c->revision = agreed;
        mcpi_client_be_ready(c, reply->result);
    } else if (c->late_hello) {     /* it was slow, and not old: it asks for nothing by itself */
        mcpi_client_drop_inputs(c, 0);
        c->revision = &mcpi_proto_revisions[0];
        mcpi_client_be_ready(c, mcpi_json_missing());
    } else if (mcp_json_exists(reply->result)) {
        mcpi_client_fail(c, MCP_E_PROTOCOL, "the server wants a revision that this client does not speak: ",
                         mcp_json_cstr(reply->result, "protocolVersion", "(none)"));
    } else {
        mcpi_client_fail(c, reply->status, "the server refused initialize: ", mcp_reply_text(reply));
    }
}

/*-- Reading --*/

/* What the result of a method must hold: an array of objects with a text of that name each, or of texts. */
typedef struct mcpi_client_shape {
    mcp_str method;
    const char *items, *name;
    bool (*holds)(mcp_json item);       /* what else must be so; NULL: nothing */
} mcpi_client_shape;

/* Spec: schema (TextResourceContents, BlobResourceContents) */
static bool mcpi_client_is_contents(mcp_json v)
{
    if (!mcp_json_str(v, "uri").ptr) return false;
    return mcp_json_str(v, "text").ptr || mcp_json_str(v, "blob").ptr;
}

/* A block of content. Kinds that we do not know may hold anything. Spec: schema (ContentBlock) */
static bool mcpi_client_is_block(mcp_json v)
{
    static const struct {
        const char *kind, *holds;
    } kinds[] = { { "text", "text" }, { "image", "data" }, { "audio", "data" }, { "resource_link", "uri" } };
    size_t i;
    for (i = 0; i < MCP_COUNT(kinds); i++)
        if (mcp_json_equals(v, "type", kinds[i].kind)) return mcp_json_str(v, kinds[i].holds).ptr != NULL;
    if (mcp_json_equals(v, "type", "resource")) return mcpi_client_is_contents(mcp_json_get(v, "resource"));
    return mcp_json_str(v, "type").ptr != NULL;
}

/* Spec: schema (PromptMessage) */
static bool mcpi_client_is_message(mcp_json v)
{
    if (!mcp_json_equals(v, "role", "user") && !mcp_json_equals(v, "role", "assistant")) return false;
    return mcpi_client_is_block(mcp_json_get(v, "content"));
}

/* Lists come first, in the order of their kinds. */
static const mcpi_client_shape mcpi_client_shapes[] = {
    { MCP_LIT("tools/list"), "/tools", "name", NULL },
    { MCP_LIT("resources/list"), "/resources", "uri", NULL },
    { MCP_LIT("prompts/list"), "/prompts", "name", NULL },
    { MCP_LIT("resources/templates/list"), "/resourceTemplates", "uriTemplate", NULL },
    { MCP_LIT("resources/read"), "/contents", "uri", mcpi_client_is_contents },
    { MCP_LIT("prompts/get"), "/messages", "role", mcpi_client_is_message },
    { MCP_LIT("completion/complete"), "/completion/values", NULL, NULL }
};

static bool mcpi_client_has_shape(const mcpi_client_shape *shape, mcp_json result)
{
    mcp_json items = mcp_json_find(result, shape->items), v;
    for (v = mcp_json_first(items); mcp_json_exists(v); v = mcp_json_next(v)) {
        if (!mcp_json_str(v, shape->name).ptr) return false;
        if (shape->holds && !shape->holds(v)) return false;
    }
    return mcp_json_type(items) == MCP_JSON_ARRAY;
}

/* Checks what a result holds, for the methods of which we know it. Others may hold anything; so may calls of
   tools, which are most of them. */
static void mcpi_client_check_shape(mcp_reply *reply, mcp_str method)
{
    static const mcp_str call = MCP_LIT("tools/call");
    size_t i;
    if (mcpi_rpc_same(method, call)) return;
    for (i = 0; i < MCP_COUNT(mcpi_client_shapes); i++) {
        const mcpi_client_shape *shape = &mcpi_client_shapes[i];
        if (!mcpi_rpc_same(method, shape->method) || mcpi_client_has_shape(shape, reply->result)) continue;
        mcpi_client_put_why(reply, MCP_E_PROTOCOL, "the server's result is not what the protocol wants at ");
        mcpi_client_add_why(reply, shape->items);
    }
}

static mcp_str mcpi_client_method(const mcpi_peer_request *r)
{
    mcp_str method;
    method.ptr = r->method.ptr;
    method.len = r->method.len - 1;
    return method;
}

/* The result of a request: what kind of end it is. type: its resultType, if there is such a thing. */
static void mcpi_client_judge(mcp_reply *reply, mcp_json type, mcp_str method)
{
    if (mcp_json_exists(reply->error)) {
        reply->status = MCP_E_REMOTE;
    } else if (mcp_json_type(reply->result) != MCP_JSON_OBJECT) {
        mcpi_client_put_why(reply, MCP_E_PROTOCOL, "the server's result is not an object");
    } else if (mcp_json_exists(type) && !mcp_json_equals(type, NULL, "complete")) {
        mcpi_client_put_why(reply, MCP_E_PROTOCOL, "the server's result is of an unknown resultType");
    } else {
        reply->status = mcp_json_bool(reply->result, "isError", false) ? MCP_E_TOOL : MCP_OK;
        mcpi_client_check_shape(reply, method);
    }
}

/*-- Questions of the server --*/

enum { MCPI_CLIENT_NO_MODE = 1 << 16 };     /* an elicitation in a mode that we do not know */

/* What a method asks for; 0 for anything else. */
static int mcpi_client_kind(mcp_str method, mcp_json params)
{
    static const mcp_str elicit = MCP_LIT("elicitation/create"), sample = MCP_LIT("sampling/createMessage"),
                         roots = MCP_LIT("roots/list");
    mcp_json mode = mcp_json_get(params, "mode");
    if (mcpi_rpc_same(method, sample)) return MCP_INPUT_SAMPLING;
    if (mcpi_rpc_same(method, roots)) return MCP_INPUT_ROOTS;
    if (!mcpi_rpc_same(method, elicit)) return 0;
    if (!mcp_json_exists(mode) || mcp_json_equals(mode, NULL, "form")) return MCP_INPUT_FORM;
    if (mcp_json_equals(mode, NULL, "url")) return MCP_INPUT_URL;
    return MCPI_CLIENT_NO_MODE;
}

/* Whether we have declared that we can be asked for that. A model with tools is not among it. */
static bool mcpi_client_declared(const mcp_client *c, int kind, mcp_json params)
{
    const unsigned features = c->revision->features;
    if (kind <= 0 || !mcpi_client_gives(c, (uint32_t)kind)) return false;
    if (kind == MCP_INPUT_FORM) return (features & MCPI_PROTO_ELICIT) != 0;
    if (kind == MCP_INPUT_URL) return (features & MCPI_PROTO_ELICIT_URL) != 0;
    if (kind == MCP_INPUT_ROOTS) return true;
    return !mcp_json_exists(mcp_json_get(params, "tools")) &&
           !mcp_json_exists(mcp_json_get(params, "toolChoice"));
}

/* The code for a question that was not declared: the method may be known all the same. */
static int mcpi_client_undeclared(const mcp_client *c, int kind)
{
    const bool elicits = mcpi_client_declared(c, MCP_INPUT_FORM, mcpi_json_missing()) ||
                         mcpi_client_declared(c, MCP_INPUT_URL, mcpi_json_missing());
    if (kind == MCP_INPUT_SAMPLING && mcpi_client_gives(c, MCP_INPUT_SAMPLING))
        return MCPI_RPC_INVALID_PARAMS;
    if ((kind == MCP_INPUT_FORM || kind == MCP_INPUT_URL || kind == MCPI_CLIENT_NO_MODE) && elicits)
        return MCPI_RPC_INVALID_PARAMS;
    return MCPI_RPC_METHOD_NOT_FOUND;
}

/* A question that is not put yet. name: its id, or its key. NULL without memory. */
static mcp_input *mcpi_client_new_input(mcp_client *c, int kind, mcp_json params, mcp_json name,
                                        mcp_ref request)
{
    mcp_input *input = (mcp_input *)mcpi_base_resize(&c->desc.alloc, NULL, 0, sizeof *input);
    const mcp_str key = mcp_json_key(name);
    mcp_str text;
    if (!input) return NULL;
    memset(input, 0, sizeof *input);
    input->client = c;
    input->kind = kind;
    input->request = request;
    if (!request) c->paused++;
    input->doc.alloc = c->desc.alloc;
    input->doc.max_nodes = c->desc.max_nodes;
    mcp_out_init(&input->name, c->desc.max_message);
    mcp_out_init(&input->answer, c->desc.max_request);
    input->name.buf.alloc = input->answer.buf.alloc = c->desc.alloc;
    if (request) mcp_put_strn(&input->name, key.ptr, key.len);
    else mcp_put_value(&input->name, name);
    if (mcp_out_done(&input->name, &text) != MCP_OK || mcp_json_clone(&input->doc, params) != MCP_OK) {
        mcpi_client_free_input(input);
        return NULL;
    }
    input->ref = ++c->num_inputs;
    input->next = c->inputs;
    c->inputs = input;
    return input;
}

/* Puts a question to the host. */
static void mcpi_client_offer(mcp_input *input)
{
    mcp_client *c = input->client;
    const mcp_ref ref = input->ref;
    input->offered = true;
    c->desc.on_input(c->desc.user, input);
    input = mcp_input_resume(c, ref);
    if (input && !input->later) mcp_dismiss(input);
}

/* Sends a request again, now that everything was answered. */
static void mcpi_client_send_again(mcp_client *c, mcpi_peer_request *r)
{
    r->id = ++c->requests.last_id;
    r->sent = false;
    mcpi_client_set_deadline(c, r, c->desc.call_timeout_ms);
    mcpi_client_send_waiting(c);
}

/* Makes a question of each input request. MCP_E_PROTOCOL if one was not declared, or MCP_E_NOMEM. */
static int mcpi_client_read_questions(mcp_client *c, mcpi_peer_request *r, mcp_json requests)
{
    mcp_json v;
    for (v = mcp_json_first(requests); mcp_json_exists(v); v = mcp_json_next(v)) {
        const mcp_str method = mcp_json_str(v, "method");
        const int kind = method.ptr ? mcpi_client_kind(method, mcp_json_get(v, "params")) : 0;
        if (!mcpi_client_declared(c, kind, mcp_json_get(v, "params"))) return MCP_E_PROTOCOL;
        if (!mcpi_client_new_input(c, kind, mcp_json_get(v, "params"), v, r->ref)) return MCP_E_NOMEM;
        r->questions++;
    }
    return MCP_OK;
}

/* Keeps the state for the next round. MCP_OK, or why it could not be kept. */
static int mcpi_client_keep_state(mcpi_peer_request *r, mcp_json state)
{
    mcp_str text;
    if (!mcp_json_exists(state)) return MCP_OK;
    mcp_put_value(&r->state, state);
    return mcp_out_done(&r->state, &text);
}

/* The oldest question to a request that was not put to the host yet. */
static mcp_input *mcpi_client_next_question(const mcp_client *c, mcp_ref request)
{
    mcp_input *next = NULL, *i;
    for (i = c->inputs; i; i = i->next)
        if (i->request == request && !i->offered && (!next || i->ref < next->ref)) next = i;
    return next;
}

/* Puts the questions of a request one after the other. Any answer may end the request, and start another
   round of it. */
static void mcpi_client_offer_all(mcp_client *c, mcp_ref request)
{
    mcp_input *next;
    while ((next = mcpi_client_next_question(c, request)) != NULL) mcpi_client_offer(next);
}

/* What is wrong with a result that asks, or NULL. */
static const char *mcpi_client_wrong_ask(const mcp_client *c, const mcpi_peer_request *r, mcp_json requests,
                                         mcp_json state)
{
    const char *method = r->method.ptr;
    if (!mcpi_base_same(method, "tools/call") && !mcpi_base_same(method, "prompts/get") &&
        !mcpi_base_same(method, "resources/read"))
        return "the server asks for input where it may not";
    if (mcp_json_exists(requests) && mcp_json_type(requests) != MCP_JSON_OBJECT)
        return "the server's inputRequests are not an object";
    if (mcp_json_exists(state) && mcp_json_type(state) != MCP_JSON_STRING)
        return "the server's requestState is not a string";
    if (!mcp_json_exists(state) && !mcp_json_count(requests))
        return "the server asks for input, but for none";
    if (mcp_json_count(requests) > c->desc.max_calls)
        return "the server asks for too much at a time: see mcp_client_desc.max_calls";
    if (r->rounds >= c->desc.max_rounds)
        return "the server asks again and again: see mcp_client_desc.max_rounds";
    return NULL;
}

/* The server wants to know more before it goes on with a request. Spec: basic/patterns/mrtr */
static void mcpi_client_ask(mcp_client *c, mcpi_peer_request *r, mcp_json result)
{
    mcp_json requests = mcp_json_get(result, "inputRequests"), state = mcp_json_get(result, "requestState");
    const char *wrong = mcpi_client_wrong_ask(c, r, requests, state);
    const mcp_ref ref = r->ref;
    int status = MCP_E_PROTOCOL;
    mcp_out_reset(&r->answers);
    mcp_out_reset(&r->state);
    r->rounds++;
    r->sent = false;            /* what comes for that id now is late */
    r->deadline_ms = 0;         /* the user has all the time in the world */
    if (!wrong) {
        status = mcpi_client_keep_state(r, state);
        if (status == MCP_OK) status = mcpi_client_read_questions(c, r, requests);
        wrong = status == MCP_E_PROTOCOL ? "the server asks for input that this client does not give"
                                         : mcpi_client_strerror(status);
    }
    if (status != MCP_OK) mcpi_client_complete_why(c, r, status, wrong);
    else if (!r->questions) mcpi_client_send_again(c, r);
    else mcpi_client_offer_all(c, ref);
}

/* Takes an input that is settled from the list. */
static void mcpi_client_forget_input(mcp_client *c, mcp_input *input)
{
    mcp_input **link = &c->inputs;
    while (*link && *link != input) link = &(*link)->next;
    if (!*link) return;         /* it is gone already, with all of the client's */
    *link = input->next;
    mcpi_client_free_input(input);
}

/* Starts the answer to a request of the server's. */
static void mcpi_client_begin_response(const mcp_input *input)
{
    mcp_out *line = &input->client->line;
    mcp_out_reset(line);
    mcpi_json_frame(line, "{\"jsonrpc\":\"2.0\",\"id\":");
    mcpi_json_put_ours(line, input->name.buf.ptr, input->name.buf.len);
}

/* Sends the answer in an input, an object or what stands for one, and forgets the input. */
static void mcpi_client_settle(mcp_input *input)
{
    mcp_client *c = input->client;
    mcpi_peer_request *r = input->request ? mcpi_peer_resume_request(&c->requests, input->request) : NULL;
    const mcp_buf *name = &input->name.buf, *answer = &input->answer.buf;
    mcp_str text;
    const int status = mcp_out_done(&input->answer, &text);
    mcpi_client_enter(c);
    if (status != MCP_OK && r) {
        mcpi_client_complete_why(c, r, status, mcpi_client_strerror(status));   /* and the input is gone */
        mcpi_client_leave(c);
        return;
    }
    mcpi_client_must(c, status);
    if (r) {
        if (r->answers.buf.len) mcpi_json_frame(&r->answers, ",");
        mcpi_json_put_ours(&r->answers, name->ptr, name->len);
        mcpi_json_frame(&r->answers, ":");
        mcpi_json_put_ours(&r->answers, answer->ptr, answer->len);
    } else if (status == MCP_OK) {
        mcpi_client_begin_response(input);
        mcpi_json_frame(&c->line, ",\"result\":");
        mcpi_json_put_ours(&c->line, answer->ptr, answer->len);
        mcpi_json_frame(&c->line, "}");
        mcpi_client_send_answer(c);
    }
    mcpi_client_forget_input(c, input);
    if (r && --r->questions == 0) mcpi_client_send_again(c, r);
    mcpi_client_leave(c);
}

MCP_API int mcp_input_kind(const mcp_input *input)
{
    return input->kind;
}

MCP_API mcp_json mcp_input_params(const mcp_input *input)
{
    return mcp_json_root(&input->doc);
}

MCP_API const char *mcp_input_message(const mcp_input *input)
{
    return mcp_json_cstr(mcp_json_root(&input->doc), "message", "");
}

MCP_API const char *mcp_input_error(const mcp_input *input)
{
    return input->why;
}

static int mcpi_client_refuse_answer(mcp_input *input, const char *why)
{
    mcpi_base_note note = mcpi_base_note_start(input->why, sizeof input->why);
    mcpi_base_note_str(&note, why);
    return MCP_E_MISUSE;
}

/* Reads what the host wrote into doc, and makes room for the answer itself. */
static int mcpi_client_read_answer(mcp_input *input, mcp_doc *doc)
{
    mcp_str text;
    int status = mcp_out_done(&input->answer, &text);
    doc->alloc = input->client->desc.alloc;
    if (status == MCP_OK) status = mcp_json_parse(doc, text.ptr, text.len);
    if (status != MCP_OK) return mcpi_client_refuse_answer(input, mcpi_client_strerror(status));
    if (mcp_json_type(mcp_json_root(doc)) != MCP_JSON_OBJECT)
        return mcpi_client_refuse_answer(input, "an answer must be an object");
    mcp_out_reset(&input->answer);
    return MCP_OK;
}

/* {"action":"accept","content":...}, with the form's defaults. */
static int mcpi_client_put_content(mcp_input *input)
{
    mcpi_base_note note = mcpi_base_note_start(input->why, sizeof input->why);
    mcp_json form = mcp_json_get(mcp_json_root(&input->doc), "requestedSchema");
    mcp_doc doc;
    mcp_str text;
    int status;
    memset(&doc, 0, sizeof doc);
    status = mcpi_client_read_answer(input, &doc);
    if (status == MCP_OK) {
        mcp_put_object(&input->answer);
        mcpi_rpc_put_text(&input->answer, "action", "accept");
        mcp_put_key(&input->answer, "content");
        if (!mcpi_schema_fill_form(&input->answer, form, mcp_json_root(&doc), &note)) status = MCP_E_MISUSE;
        else mcp_put_end(&input->answer);
    }
    mcp_doc_free(&doc);
    if (status == MCP_OK && mcp_out_done(&input->answer, &text) != MCP_OK)
        status = mcpi_client_refuse_answer(input, mcpi_client_strerror(input->answer.buf.error));
    return status;
}

/* What was written into the answer are the values of a form; an address has none. */
static int mcpi_client_accept(mcp_input *input)
{
    int status = MCP_OK;
    if (input->kind == MCP_INPUT_FORM) status = mcpi_client_put_content(input);
    if (status == MCP_OK) mcpi_client_settle(input);
    return status;
}

/* Before the answer is written. */
static int mcpi_client_begin_answer(mcp_input *input, bool of_user)
{
    mcp_out_reset(&input->answer);
    if ((input->kind <= MCP_INPUT_URL) == of_user) return MCP_OK;
    return mcpi_client_refuse_answer(input, of_user ? "mcp_answer is for this kind of input"
                                                    : "mcp_accept is for this kind of input");
}

MCP_API int mcp_accept(mcp_input *input, const char *format, ...)
{
    va_list args;
    const int status = mcpi_client_begin_answer(input, true);
    if (status != MCP_OK) return status;
    va_start(args, format);
    if (input->kind == MCP_INPUT_URL) mcp_put_raw(&input->answer, "{\"action\":\"accept\"}", 19);
    else if (format) mcp_put_fv(&input->answer, format, args);
    else mcp_put_raw(&input->answer, "{}", 2);
    va_end(args);
    return mcpi_client_accept(input);
}

MCP_API int mcp_accept_json(mcp_input *input, const char *json)
{
    const int status = mcpi_client_begin_answer(input, true);
    if (status != MCP_OK) return status;
    if (input->kind == MCP_INPUT_URL) json = "{\"action\":\"accept\"}";
    mcp_put_raw(&input->answer, json, strlen(json));
    return mcpi_client_accept(input);
}

/* Checks that the answer is an object, and sends it. */
static int mcpi_client_give_answer(mcp_input *input)
{
    mcp_doc doc;
    mcp_str text;
    int status = mcp_out_done(&input->answer, &text);
    memset(&doc, 0, sizeof doc);
    doc.alloc = input->client->desc.alloc;
    if (status == MCP_OK) status = mcp_json_parse(&doc, text.ptr, text.len);
    if (status == MCP_OK && mcp_json_type(mcp_json_root(&doc)) != MCP_JSON_OBJECT) status = MCP_E_TEMPLATE;
    mcp_doc_free(&doc);
    if (status != MCP_OK) return mcpi_client_refuse_answer(input, "an answer must be a JSON object");
    mcpi_client_settle(input);
    return MCP_OK;
}

MCP_API int mcp_answer(mcp_input *input, const char *format, ...)
{
    va_list args;
    const int status = mcpi_client_begin_answer(input, false);
    if (status != MCP_OK) return status;
    va_start(args, format);
    mcp_put_fv(&input->answer, format, args);
    va_end(args);
    return mcpi_client_give_answer(input);
}

MCP_API int mcp_answer_json(mcp_input *input, const char *json)
{
    const int status = mcpi_client_begin_answer(input, false);
    if (status != MCP_OK) return status;
    mcp_put_raw(&input->answer, json, strlen(json));
    return mcpi_client_give_answer(input);
}

/* The model or the roots are not given: the protocol has an error for that in the legacy era, and nothing in
   the modern one, where the request ends here. */
static void mcpi_client_withhold(mcp_input *input)
{
    mcp_client *c = input->client;
    mcpi_peer_request *r = input->request ? mcpi_peer_resume_request(&c->requests, input->request) : NULL;
    mcpi_client_enter(c);
    if (r) {
        mcpi_client_complete_why(c, r, MCP_E_PROTOCOL, "the server asked for input that was not given");
    } else {
        mcpi_client_begin_response(input);
        mcpi_json_frame(&c->line, ",\"error\":{\"code\":-1,\"message\":\"the user has refused\"}}");
        mcpi_client_send_answer(c);
        mcpi_client_forget_input(c, input);
    }
    mcpi_client_leave(c);
}

static void mcpi_client_act(mcp_input *input, const char *answer)
{
    if (input->kind > MCP_INPUT_URL) {
        mcpi_client_withhold(input);
        return;
    }
    mcp_out_reset(&input->answer);
    mcp_put_raw(&input->answer, answer, strlen(answer));
    mcpi_client_settle(input);
}

MCP_API void mcp_decline(mcp_input *input)
{
    mcpi_client_act(input, "{\"action\":\"decline\"}");
}

MCP_API void mcp_dismiss(mcp_input *input)
{
    mcpi_client_act(input, "{\"action\":\"cancel\"}");
}

MCP_API mcp_ref mcp_input_later(mcp_input *input)
{
    input->later = true;
    return input->ref;
}

MCP_API mcp_input *mcp_input_resume(mcp_client *client, mcp_ref ref)
{
    mcp_input *input = client->inputs;
    while (input && input->ref != ref) input = input->next;
    return input;
}

/* A probe that was given up is answered after all: remembered, should initialize fail. */
static void mcpi_client_on_late(mcp_client *c, const mcpi_rpc_message *m)
{
    const char *modern = mcpi_proto_revisions[0].name.ptr;
    if (mcp_json_uint(m->id, NULL, 0) != c->probe_id || c->state != MCPI_CLIENT_INITIALIZING) return;
    if (!mcpi_client_is_among(mcp_json_get(m->result, "supportedVersions"), modern)) return;
    c->late_hello = mcp_json_clone(&c->hello, m->result) == MCP_OK;
}

/* The request that waits for a response with that id. Without one, it is late: see mcpi_client_tell_late. */
static mcpi_peer_request *mcpi_client_answered(mcp_client *c, mcp_json id)
{
    const mcp_str number = mcp_json_number(id, NULL);
    mcpi_peer_request *r = NULL;
    uint64_t n;
    if (number.ptr && mcpi_base_read_uint(number, &n)) r = mcpi_peer_find_request(&c->requests, n);
    if (r && r->sent) return r;
    c->num_late++;
    return NULL;
}

/* Once the response is needed no more: a host may read on in its log. */
static void mcpi_client_tell_late(mcp_client *c)
{
    mcpi_client_log(c, MCP_LOG_DEBUG, "the server answered what was not asked, or late");
}

static void mcpi_client_on_response(mcp_client *c, const mcpi_rpc_message *m)
{
    mcp_reply *reply = &c->got;
    mcpi_peer_request *r = mcpi_client_answered(c, m->id);
    mcp_json type = mcpi_json_missing();
    if (!r) {
        mcpi_client_on_late(c, m);
        mcpi_client_tell_late(c);
        return;
    }
    if (mcpi_client_speaks_modern(c)) type = mcp_json_get(m->result, "resultType");
    if (c->state == MCPI_CLIENT_READY && !mcp_json_exists(m->error) &&
        mcp_json_equals(type, NULL, "input_required")) {
        mcpi_client_ask(c, r, m->result);
        return;
    }
    reply->result = m->result;
    reply->error = m->error;
    *reply->why = 0;
    if (mcp_json_exists(m->result) && mcp_json_exists(m->error))
        mcpi_client_put_why(reply, MCP_E_PROTOCOL, "the server answered with a result and an error");
    else
        mcpi_client_judge(reply, type, mcpi_client_method(r));
    mcpi_client_complete(c, r, reply);
}

/* Whether requests of the server are answered: the modern era has none. Who asks before it has said what it
   speaks is of the legacy era, then, if that is one of ours. */
static bool mcpi_client_hears_requests(const mcp_client *c)
{
    if (c->state != MCPI_CLIENT_PROBING) return !mcpi_client_speaks_modern(c);
    return mcpi_client_choose(c, mcpi_json_missing()) != NULL;
}

static void mcpi_client_refuse_request(mcp_client *c, mcp_json id, int code, const char *text)
{
    mcpi_rpc_put_error(&c->line, id, false, code, mcpi_schema_str(text));
    mcpi_rpc_put_error_end(&c->line);
    mcpi_client_send_answer(c);
}

static void mcpi_client_on_ping(mcp_client *c, mcp_json id)
{
    mcpi_rpc_put_envelope(&c->line, id, false);
    mcpi_json_frame(&c->line, ",\"result\":{}}");
    mcpi_client_send_answer(c);
}

/* A question of the server's own, or a request that we do not know. Spec: 2025-11-25 basic/lifecycle */
static void mcpi_client_on_question(mcp_client *c, const mcpi_rpc_message *m)
{
    const int kind = mcpi_client_kind(m->method, m->params);
    const int code = mcpi_client_undeclared(c, kind);
    mcp_input *input;
    if (kind && c->state == MCPI_CLIENT_PROBING)
        mcpi_client_refuse_request(c, m->id, MCPI_RPC_METHOD_NOT_FOUND,
                                   "this client has declared nothing yet: wait for initialize");
    else if (!mcpi_client_declared(c, kind, m->params))
        mcpi_client_refuse_request(c, m->id, code, code == MCPI_RPC_METHOD_NOT_FOUND
                                       ? "Method not found" : "this client has not declared that");
    else if (c->paused >= c->desc.max_calls)
        mcpi_client_refuse_request(c, m->id, MCPI_RPC_INTERNAL_ERROR,
                                   "too many questions at a time: see mcp_client_desc.max_calls");
    else if ((input = mcpi_client_new_input(c, kind, m->params, m->id, 0)) != NULL)
        mcpi_client_offer(input);
    else
        mcpi_client_refuse_request(c, m->id, MCPI_RPC_INTERNAL_ERROR, mcp_strerror(MCP_E_NOMEM));
}

/* A server of the legacy era may ask us, too. */
static void mcpi_client_on_request(mcp_client *c, const mcpi_rpc_message *m)
{
    static const mcp_str ping = MCP_LIT("ping");
    if (!mcpi_client_hears_requests(c) || !mcp_json_exists(m->id)) return;
    if (mcpi_rpc_same(m->method, ping)) mcpi_client_on_ping(c, m->id);
    else mcpi_client_on_question(c, m);
}

/* A message that is too deep or has too many values: as far as it was read, a response ends its request, and
   a request is refused. */
static void mcpi_client_end_at_limit(mcp_client *c, int status, const char *line)
{
    const size_t len = c->got.doc.error_at;
    const mcp_str id = mcpi_rpc_early_id(line, len);
    const bool asks = mcpi_rpc_early_member(line, len, "method").ptr != NULL;
    const bool answers = !asks && (mcpi_rpc_early_member(line, len, "result").ptr ||
                                   mcpi_rpc_early_member(line, len, "error").ptr);
    mcp_reply *reply = &c->got;
    mcpi_peer_request *r;
    if (!id.len || !(asks || answers) || mcp_json_parse(&reply->doc, id.ptr, id.len) != MCP_OK) return;
    if (asks) {
        if (mcpi_client_hears_requests(c) && mcpi_rpc_is_id(mcp_json_root(&reply->doc)))
            mcpi_client_refuse_request(c, mcp_json_root(&reply->doc), MCPI_RPC_INVALID_REQUEST,
                                       mcp_strerror(status));
    } else if ((r = mcpi_client_answered(c, mcp_json_root(&reply->doc))) != NULL) {
        mcpi_client_complete_why(c, r, status, mcp_strerror(status));
    } else {
        mcpi_client_tell_late(c);
    }
}

/* The log comes last, as it may read on. */
static void mcpi_client_on_limit(mcp_client *c, int status, const char *line)
{
    mcpi_client_end_at_limit(c, status, line);
    mcpi_client_log(c, MCP_LOG_WARNING, mcp_strerror(status));
}

#ifndef MCP_NO_FLOAT
/* What comes late, out of order or for nothing is dropped. */
static void mcpi_client_on_progress(mcp_client *c, mcp_json params)
{
    const mcp_str number = mcp_json_number(params, "progressToken");
    const double progress = mcp_json_num(params, "progress", -1);
    mcpi_peer_request *r = NULL;
    uint64_t id;
    if (!mcpi_client_wants_progress(c) || !number.ptr) return;
    if (mcpi_base_read_uint(number, &id)) r = mcpi_peer_find_request(&c->requests, id);
    if (!r || !r->sent || !(progress > r->progress)) return;
    r->progress = progress;
    if (r->deadline_ms) {
        const uint64_t later = mcpi_client_now(c) + c->desc.call_timeout_ms;
        r->deadline_ms = later < r->latest_ms ? later : r->latest_ms;
    }
    c->desc.on_progress(c->desc.user, r->ref, progress, mcp_json_num(params, "total", 0),
                        mcp_json_cstr(params, "message", ""));
}
#else
static void mcpi_client_on_progress(mcp_client *c, mcp_json params)
{
    (void)c, (void)params;      /* it is told in numbers that are not there */
}
#endif

/* The server takes a question back; or since 2026-07-28, tells no more of changes. */
static void mcpi_client_on_cancelled(mcp_client *c, mcp_json params)
{
    mcp_json id = mcp_json_get(params, "requestId");
    mcp_input *input;
    mcp_out name;
    mcp_str text;
    char memory[MCPI_RPC_MAX_ID * 6 + 3];
    if (!mcpi_rpc_is_id(id)) return;
    if (mcpi_client_speaks_modern(c)) {
        mcpi_client_on_deaf(c, id);
        return;
    }
    mcp_out_fixed(&name, memory, sizeof memory);
    mcp_put_value(&name, id);
    if (mcp_out_done(&name, &text) != MCP_OK) return;
    for (input = c->inputs; input; input = input->next) {
        const mcp_buf *own = &input->name.buf;
        if (input->request || own->len != text.len || memcmp(own->ptr, text.ptr, text.len)) continue;
        mcpi_client_forget_input(c, input);
        return;
    }
}

/* Spec: server/utilities/logging */
static void mcpi_client_on_log(mcp_client *c, mcp_json params)
{
    const int level = mcpi_proto_find_level(mcp_json_str(params, "level"));
    mcp_json data = mcp_json_get(params, "data");
    if (!c->desc.on_log || level < 0 || !mcp_json_exists(data)) return;
    c->desc.on_log(c->desc.user, c, level, mcp_json_cstr(params, "logger", ""), data);
}

/* Tells the host of a change. False: the notification is not about one. */
static bool mcpi_client_heard_change(mcp_client *c, const mcpi_rpc_message *m)
{
    static const struct {
        mcp_str method;
        int what;
    } changes[] = {
        { MCP_LIT("notifications/tools/list_changed"), MCP_TOOLS },
        { MCP_LIT("notifications/prompts/list_changed"), MCP_PROMPTS },
        { MCP_LIT("notifications/resources/list_changed"), MCP_RESOURCES },
        { MCP_LIT("notifications/resources/updated"), MCP_CONTENTS }    /* of one, by its URI */
    };
    const size_t last = MCP_COUNT(changes) - 1;
    const char *uri = NULL;
    size_t i = 0;
    while (i <= last && !mcpi_rpc_same(m->method, changes[i].method)) i++;
    if (i > last) return false;
    if (!mcpi_client_hears(c, m->params)) return true;
    if (i == last) uri = mcp_json_cstr(m->params, "uri", NULL);
    if (c->desc.on_changed && (i < last || uri)) c->desc.on_changed(c->desc.user, c, changes[i].what, uri);
    return true;
}

/* What we do not know goes to the host. */
static void mcpi_client_on_notification(mcp_client *c, const mcpi_rpc_message *m)
{
    static const mcp_str cancelled = MCP_LIT("notifications/cancelled"),
                         progress = MCP_LIT("notifications/progress"), log = MCP_LIT("notifications/message"),
                         acknowledged = MCP_LIT("notifications/subscriptions/acknowledged");
    if (mcpi_rpc_same(m->method, cancelled)) mcpi_client_on_cancelled(c, m->params);
    else if (mcpi_rpc_same(m->method, acknowledged)) mcpi_client_on_acknowledged(c, m->params);
    else if (mcpi_rpc_same(m->method, progress)) mcpi_client_on_progress(c, m->params);
    else if (mcpi_rpc_same(m->method, log)) mcpi_client_on_log(c, m->params);
    else if (mcpi_client_heard_change(c, m) || memchr(m->method.ptr, 0, m->method.len)) return;
    else if (c->desc.on_notification) c->desc.on_notification(c->desc.user, c, m->method.ptr, m->params);
}

/* A line that is not a message is the server's stray output more often than its end: it is skipped, and the
   log told. */
static void mcpi_client_skip(mcp_client *c)
{
    mcpi_client_log(c, MCP_LOG_WARNING, "a line of the server is not a message");
}

/* An array is a batch where the revision has them: its members are read in place of lines, each as if it
   stood alone, and answered alone. Spec: 2025-03-26 basic (batching) */
static void mcpi_client_on_batch(mcp_client *c)
{
    const mcp_doc batch = c->got.doc;
    if (c->state != MCPI_CLIENT_READY || !(c->revision->features & MCPI_PROTO_BATCHES) ||
        !mcp_json_count(mcp_json_root(&c->got.doc))) {
        mcpi_client_skip(c);
        return;
    }
    c->got.doc = c->batch;
    c->batch = batch;
    c->member = mcp_json_first(mcp_json_root(&c->batch));
}

/* Takes the next member of a batch as if it had been a line. */
static int mcpi_client_take_member(mcp_client *c)
{
    const int status = mcp_json_clone(&c->got.doc, c->member);
    c->member = mcp_json_next(c->member);
    return status;
}

/* Reads the next member of a batch, if there is one, or else the line. What that makes the host do may read
   on. */
static void mcpi_client_read(mcp_client *c, const char *line, size_t len)
{
    mcpi_rpc_message m;
    const bool is_member = mcp_json_exists(c->member);
    const int status = is_member ? mcpi_client_take_member(c) : mcp_json_parse(&c->got.doc, line, len);
    if (status == MCP_E_NOMEM) mcpi_client_fail(c, status, mcp_strerror(status), "");
    else if (status == MCP_E_DEPTH || status == MCP_E_NODES) mcpi_client_on_limit(c, status, line);
    else if (status != MCP_OK || mcpi_rpc_read(&m, mcp_json_root(&c->got.doc))) mcpi_client_skip(c);
    else if (m.kind == MCPI_RPC_RESPONSE) mcpi_client_on_response(c, &m);
    else if (m.kind == MCPI_RPC_REQUEST) mcpi_client_on_request(c, &m);
    else if (m.kind == MCPI_RPC_NOTIFICATION) mcpi_client_on_notification(c, &m);
    else if (is_member) mcpi_client_skip(c);
    else mcpi_client_on_batch(c);
}

/* Reads a member of a batch, or a line. False: there is none. */
static bool mcpi_client_read_next(mcp_client *c)
{
    const char *line = "";
    size_t len = 0;
    int found = MCPI_RPC_LINE;
    const bool is_member = mcp_json_exists(c->member);
    if (!is_member) found = mcpi_rpc_next_line(&c->in, &line, &len);
    if (found == MCPI_RPC_LONG_LINE)
        mcpi_client_fail(c, MCP_E_TOO_LONG,
                         "a message of the server is longer than mcp_client_desc.max_message", "");
    else if (found == MCPI_RPC_LINE && (is_member || !mcpi_rpc_is_blank(line, len)))
        mcpi_client_read(c, line, len);
    return found != MCPI_RPC_NO_LINE;
}

static void mcpi_client_read_lines(mcp_client *c)
{
    while (c->state != MCPI_CLIENT_OVER && !c->closing && !(c->held = mcpi_client_is_full(c)) &&
           mcpi_client_read_next(c)) {}
}

MCP_API char *mcp_client_room(mcp_client *client, size_t want, size_t *size)
{
    char *room = NULL;
    *size = 0;
    if (client->state == MCPI_CLIENT_OVER || client->closing) return NULL;
    room = mcpi_rpc_lines_room(&client->in, want, size);
    if (room) return *size ? room : NULL;
    mcpi_client_enter(client);
    mcpi_client_fail(client, MCP_E_NOMEM, mcp_strerror(MCP_E_NOMEM), "");
    mcpi_client_leave(client);
    return NULL;
}

MCP_API void mcp_client_fed(mcp_client *client, size_t len)
{
    mcpi_client_enter(client);
    client->in.buf.len += len;
    mcpi_client_read_lines(client);
    mcpi_client_leave(client);
}

MCP_API size_t mcp_client_feed(mcp_client *client, const void *bytes, size_t len)
{
    size_t taken = 0, size;
    mcpi_client_enter(client);
    while (taken < len) {
        char *room = mcp_client_room(client, len - taken, &size);
        if (!room) break;
        if (size > len - taken) size = len - taken;
        memcpy(room, (const char *)bytes + taken, size);
        taken += size;
        mcp_client_fed(client, size);
    }
    mcpi_client_leave(client);
    return taken;
}

/* Starts a server again that may only have ended because it did not like to be asked what it speaks; once.
   False: that is not so, or it does not start. */
static bool mcpi_client_try_again(mcp_client *c)
{
    bool (*restart)(mcp_client *client) = c->restart;
    mcpi_peer_request *r;
    if (!restart || !c->probe_id || c->state > MCPI_CLIENT_INITIALIZING) return false;
    if (!mcpi_client_choose(c, mcpi_json_missing())) return false;      /* it will be asked nothing else */
    c->restart = NULL;
    if (!restart(c)) return false;
    mcpi_client_drop_inputs(c, 0);
    mcpi_rpc_lines_free(&c->in);
    mcp_buf_reset(&c->out.buf);
    c->out.sent = c->answered = 0;
    c->held = false;
    r = c->requests.first;
    while (r && !r->sent) r = r->next;          /* the probe, or initialize */
    if (r && c->state == MCPI_CLIENT_PROBING)
        mcpi_client_complete_why(c, r, MCP_E_CLOSED, "the server ended");
    else if (r)
        mcpi_client_must(c, mcpi_client_send(c, r));
    return true;
}

MCP_API void mcp_client_ended(mcp_client *client)
{
    mcpi_client_enter(client);
    if (!mcpi_client_try_again(client)) {
        const char *words = client->last_words ? client->last_words(client) : "";
        mcpi_client_fail(client, MCP_E_CLOSED, *words ? "the server has ended: " : "the server has ended",
                         words);
    }
    mcpi_client_leave(client);
}

MCP_API const char *mcp_client_output(const mcp_client *client, size_t *len)
{
    return mcpi_rpc_output(&client->out, len);
}

MCP_API void mcp_client_sent(mcp_client *client, size_t len)
{
    mcpi_client_enter(client);
    mcpi_rpc_sent(&client->out, len);
    if (client->held) mcpi_client_read_lines(client);
    mcpi_client_send_waiting(client);
    mcpi_client_leave(client);
}

static int mcpi_client_next_deadline(const mcp_client *c)
{
    const uint64_t now = mcpi_client_now(c);
    const int next = mcpi_peer_next_deadline(&c->requests, now);
    const int again = c->ear.again_ms ? mcpi_peer_ms_until(c->ear.again_ms, now) : -1;
    if (c->paused) return -1;
    return next < 0 || (again >= 0 && again < next) ? again : next;
}

MCP_API int mcp_client_tick(mcp_client *client)
{
    const uint64_t now = mcpi_client_now(client);
    mcpi_peer_request *r;
    int next;
    mcpi_client_enter(client);
    while (!client->paused && (r = mcpi_peer_overdue(&client->requests, now)) != NULL) {
        if (r->sent && client->state == MCPI_CLIENT_READY) mcpi_client_notify_cancel(client, r->id);
        if (client->state == MCPI_CLIENT_OVER) break;
        mcpi_client_complete_why(client, r, MCP_E_TIMEOUT,
                                 "the server has not answered in time (mcp_client_desc.call_timeout_ms)");
    }
    if (client->ear.again_ms && client->ear.again_ms <= now) mcpi_client_listen(client);
    next = mcpi_client_next_deadline(client);
    mcpi_client_leave(client);
    return next;
}

/*-- Making and ending one --*/

static void mcpi_client_set_limits(mcp_client_desc *d)
{
    mcpi_base_set_limit(&d->revisions, MCP_ALL_REVISIONS, UINT32_MAX);
    mcpi_base_set_limit(&d->max_message, 4 << 20, MCP_JSON_MAX);
    mcpi_base_set_limit(&d->max_nodes, d->max_message / 8, UINT32_MAX);
    mcpi_base_set_limit(&d->max_depth, 64, UINT32_MAX);
    mcpi_base_set_limit(&d->max_request, 4 << 20, MCP_JSON_MAX / 2);
    mcpi_base_set_limit(&d->max_output, 1 << 20, MCP_JSON_MAX);
    mcpi_base_set_limit(&d->max_calls, 64, UINT32_MAX - 1);
    mcpi_base_set_limit(&d->max_pages, 1000, UINT32_MAX);
    mcpi_base_set_limit(&d->call_timeout_ms, 60000, UINT32_MAX);
    mcpi_base_set_limit(&d->inputs, MCP_INPUT_FORM, UINT32_MAX);
    mcpi_base_set_limit(&d->max_rounds, 8, UINT32_MAX);
    mcpi_base_set_limit(&d->probe_timeout_ms, 5000, UINT32_MAX);
    mcpi_base_set_limit(&d->close_timeout_ms, 2000, 0x7fffffff);
}

MCP_API mcp_client *mcp_client_create(const mcp_client_desc *desc)
{
    mcp_client *c = NULL;
    mcp_client_desc *d;
    size_t i;
    if (desc->name && desc->version) c = (mcp_client *)mcpi_base_resize(&desc->alloc, NULL, 0, sizeof *c);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    c->desc = *desc;
    d = &c->desc;
    mcpi_client_set_limits(d);
    mcpi_rpc_lines_init(&c->in, d->alloc, (size_t)d->max_message + 1);
    mcp_buf_init(&c->out.buf, d->alloc, ((size_t)d->max_output + d->max_request + (64 << 10)) * 2);
    mcp_out_init(&c->line, (size_t)d->max_request + (64 << 10));     /* what we say of ourselves beside */
    c->line.buf.alloc = d->alloc;
    mcp_out_init(&c->meta, d->max_request);
    c->meta.buf.alloc = d->alloc;
    for (i = 0; i < MCPI_CLIENT_LISTS; i++) {
        mcp_buf_init(&c->lists[i].mark, d->alloc, d->max_message);
        c->lists[i].page.alloc = d->alloc;
        c->lists[i].page.max_nodes = d->max_nodes;
    }
    mcp_out_init(&c->trace, d->max_request);
    c->trace.buf.alloc = d->alloc;
    c->requests.alloc = d->alloc;
    c->requests.max_text = d->max_request;
    c->requests.max = d->max_calls + 1;         /* one for asking what is spoken */
    c->hello.alloc = d->alloc;
    c->hello.max_nodes = d->max_nodes;
    mcpi_client_init_reply(c, &c->got);
    c->batch = c->got.doc;
    mcpi_client_init_reply(c, &c->reply);
    mcpi_client_start(c);
    if (c->state != MCPI_CLIENT_OVER) return c;
    mcpi_client_free(c);
    return NULL;
}

MCP_API void mcp_client_close(mcp_client *client)
{
    if (!client || client->closing) return;
    mcpi_client_enter(client);
    client->closing = true;
    mcpi_client_fail(client, MCP_E_CLOSED, "the client was closed", "");
    mcpi_client_leave(client);
}

MCP_API int mcp_client_status(const mcp_client *client)
{
    if (client->state == MCPI_CLIENT_OVER) return client->status;
    return client->state == MCPI_CLIENT_READY ? MCP_OK : MCP_WAIT;
}

MCP_API const char *mcp_client_error(const mcp_client *client)
{
    return client->why;
}

MCP_API const char *mcp_client_revision(const mcp_client *client)
{
    return client->state == MCPI_CLIENT_READY ? client->revision->name.ptr : NULL;
}

MCP_API mcp_json mcp_client_hello(const mcp_client *client)
{
    return client->state == MCPI_CLIENT_READY ? mcp_json_root(&client->hello) : mcpi_json_missing();
}

MCP_API uint64_t mcp_client_late(const mcp_client *client)
{
    return client->num_late;
}

/*-- Requests of the user's --*/

/* The params of tools/call or prompts/get up to the arguments, which come next. */
static mcpi_peer_request *mcpi_client_prepare_call(mcp_client *c, const char *method, const char *name)
{
    mcpi_peer_request *r = mcpi_client_prepare(c, method);
    if (!r) return NULL;
    mcpi_json_frame(&r->params, "{\"name\":");
    mcp_put_str(&r->params, name);
    return r;
}

static mcpi_peer_request *mcpi_client_prepare_call_fv(mcp_client *c, const char *method, const char *name,
                                                      const char *format, va_list args)
{
    mcpi_peer_request *r = mcpi_client_prepare_call(c, method, name);
    if (!r) return NULL;
    if (format) {
        mcpi_json_frame(&r->params, ",\"arguments\":");
        mcp_put_fv(&r->params, format, args);
    }
    mcpi_json_frame(&r->params, "}");
    return r;
}

static mcpi_peer_request *mcpi_client_prepare_fv(mcp_client *c, const char *method, const char *format,
                                                 va_list args)
{
    mcpi_peer_request *r = mcpi_client_prepare(c, method);
    if (r && format) mcp_put_fv(&r->params, format, args);
    return r;
}

MCP_API mcp_ref mcp_call_begin(mcp_client *client, mcp_reply_fn done, void *user, const char *tool,
                               const char *format, ...)
{
    mcpi_peer_request *r;
    va_list args;
    va_start(args, format);
    r = mcpi_client_prepare_call_fv(client, "tools/call", tool, format, args);
    va_end(args);
    return r ? mcpi_client_begin(client, r, done, user) : 0;
}

MCP_API mcp_ref mcp_request_begin(mcp_client *client, mcp_reply_fn done, void *user, const char *method,
                                  const char *format, ...)
{
    mcpi_peer_request *r;
    va_list args;
    va_start(args, format);
    r = mcpi_client_prepare_fv(client, method, format, args);
    va_end(args);
    return r ? mcpi_client_begin(client, r, done, user) : 0;
}

MCP_API bool mcp_client_cancel(mcp_client *client, mcp_ref request)
{
    mcpi_peer_request *r = mcpi_peer_resume_request(&client->requests, request);
    uint64_t id;
    bool sent;
    if (!r || r->done == mcpi_client_on_probe || r->done == mcpi_client_on_initialize ||
        r->done == mcpi_client_on_listened)
        return false;
    sent = r->sent;
    id = r->id;
    mcpi_client_withdraw(client, r);
    mcpi_client_enter(client);
    if (sent) mcpi_client_notify_cancel(client, id);
    mcpi_client_leave(client);
    return true;
}

/*-- Blocking requests: the same, pumped until they are answered --*/

MCP_API int mcp_client_pump(mcp_client *client, int timeout_ms)
{
    int status;
    if (client->state == MCPI_CLIENT_OVER) return client->status;
    if (!client->pump) return MCP_E_MISUSE;
    mcpi_client_enter(client);
    status = client->pump(client, timeout_ms);
    if (client->state == MCPI_CLIENT_OVER) status = client->status;
    mcpi_client_leave(client);
    return status;
}

/* Somebody who waits. A callback may wait while another one does, so each has a place for its reply. */
typedef struct mcpi_client_waiter {
    bool done;
    mcp_reply reply;
} mcpi_client_waiter;

/* Moves a reply; what stood in the other place comes back, with its memory. */
static void mcpi_client_swap(mcp_reply *a, mcp_reply *b)
{
    const mcp_reply kept = *a;
    *a = *b;
    *b = kept;
    if (mcp_json_exists(a->result)) a->result.doc = &a->doc;
    if (mcp_json_exists(a->error)) a->error.doc = &a->doc;
    b->result = b->error = mcpi_json_missing();
}

static void mcpi_client_keep(void *user, mcp_client *c, const mcp_reply *reply)
{
    mcpi_client_waiter *waiter = (mcpi_client_waiter *)user;
    waiter->done = true;
    if (reply == &c->got) mcpi_client_swap(&waiter->reply, &c->got);
    else mcpi_client_put_why(&waiter->reply, reply->status, reply->why);
}

static const mcp_reply *mcpi_client_refuse(mcp_client *c, int status, const char *why)
{
    mcpi_client_put_why(&c->reply, status, why);
    return &c->reply;
}

static const char mcpi_client_cannot_wait[] = "only a client of mcp_client_spawn or mcp_pair can wait";
static const char mcpi_client_never[] = "the answer waits for something that only happens after this call";

/* Pumps until the request is answered, or can never be. */
static void mcpi_client_wait_for(mcp_client *c, mcp_ref ref, mcpi_client_waiter *waiter)
{
    int status = MCP_OK;
    while (!waiter->done && status == MCP_OK) status = mcp_client_pump(c, -1);
    if (waiter->done) return;
    (void)mcp_client_cancel(c, ref);
    mcpi_client_put_why(&waiter->reply, MCP_E_TIMEOUT, mcpi_client_never);
}

/* The answer where a callback has closed the client, and no memory is left to keep one in. */
static const mcp_reply mcpi_client_gone = { MCP_E_CLOSED, { { 0, 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
                                            { 0, 0, 0 }, { 0, 0, 0 }, "the client was closed" };

/* Begins a request and waits for its answer. */
static const mcp_reply *mcpi_client_wait(mcp_client *c, mcpi_peer_request *r)
{
    mcpi_client_waiter waiter;
    mcp_ref ref;
    bool last;
    if (!r) return mcpi_client_refuse(c, c->state == MCPI_CLIENT_OVER ? c->status : c->refused, c->why);
    if (!c->pump) {
        mcpi_peer_drop_request(&c->requests, r);
        return mcpi_client_refuse(c, MCP_E_MISUSE, mcpi_client_cannot_wait);
    }
    memset(&waiter, 0, sizeof waiter);
    mcpi_client_init_reply(c, &waiter.reply);
    ref = mcpi_client_begin(c, r, mcpi_client_keep, &waiter);
    if (!ref) return mcpi_client_refuse(c, c->refused, c->why);
    mcpi_client_enter(c);
    mcpi_client_wait_for(c, ref, &waiter);
    mcpi_client_swap(&c->reply, &waiter.reply);
    if (c->depth == 1) mcpi_client_swap(&c->got, &waiter.reply);    /* its memory is used again */
    mcp_doc_free(&waiter.reply.doc);
    last = c->depth == 1 && c->closing;
    mcpi_client_leave(c);
    return last ? &mcpi_client_gone : &c->reply;
}

MCP_API const mcp_reply *mcp_call_tool(mcp_client *client, const char *tool, const char *format, ...)
{
    mcpi_peer_request *r;
    va_list args;
    va_start(args, format);
    r = mcpi_client_prepare_call_fv(client, "tools/call", tool, format, args);
    va_end(args);
    return mcpi_client_wait(client, r);
}

MCP_API const mcp_reply *mcp_call_tool_json(mcp_client *client, const char *tool, const char *json)
{
    mcpi_peer_request *r = mcpi_client_prepare_call(client, "tools/call", tool);
    if (r) {
        mcpi_json_frame(&r->params, ",\"arguments\":");
        mcp_put_raw(&r->params, json ? json : "{}", json ? strlen(json) : 2);
        mcpi_json_frame(&r->params, "}");
    }
    return mcpi_client_wait(client, r);
}

MCP_API const mcp_reply *mcp_call_tool_struct(mcp_client *client, const char *tool, const mcp_field *rows,
                                              const void *args)
{
    mcpi_peer_request *r = mcpi_client_prepare_call(client, "tools/call", tool);
    if (r) {
        mcpi_json_frame(&r->params, ",\"arguments\":");
        mcpi_schema_put_struct(&r->params, rows, args);
        mcpi_json_frame(&r->params, "}");
    }
    return mcpi_client_wait(client, r);
}

MCP_API const mcp_reply *mcp_request(mcp_client *client, const char *method, const char *format, ...)
{
    mcpi_peer_request *r;
    va_list args;
    va_start(args, format);
    r = mcpi_client_prepare_fv(client, method, format, args);
    va_end(args);
    return mcpi_client_wait(client, r);
}

/*-- What else servers offer --*/

/* A request that is not made, as the server cannot or must not get it. */
static const mcp_reply *mcpi_client_misused(mcp_client *c, const char *why, const char *more)
{
    char text[120];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcpi_base_note_str(&note, why);
    mcpi_base_note_str(&note, more);
    mcpi_client_note_refused(c, MCP_E_MISUSE, text);
    return mcpi_client_refuse(c, c->refused, c->why);
}

/* Waits until it is known what the server speaks, for a request whose form depends on it. NULL, or why it is
   not known. */
static const mcp_reply *mcpi_client_meet(mcp_client *c)
{
    int status = MCP_OK;
    bool last;
    mcpi_client_enter(c);
    while (c->state < MCPI_CLIENT_READY && status == MCP_OK) status = mcp_client_pump(c, -1);
    last = c->depth == 1 && c->closing;
    mcpi_client_leave(c);
    if (last) return &mcpi_client_gone;
    if (c->state == MCPI_CLIENT_OVER) return mcpi_client_refuse(c, c->status, c->why);
    if (c->state == MCPI_CLIENT_READY) return NULL;
    if (c->pump) return mcpi_client_refuse(c, MCP_E_TIMEOUT, mcpi_client_never);
    return mcpi_client_misused(c, mcpi_client_cannot_wait, "");
}

/* The same for what a server must have declared: a pointer into its capabilities. */
static const mcp_reply *mcpi_client_need(mcp_client *c, const char *capability)
{
    const mcp_reply *no = mcpi_client_meet(c);
    mcp_json all = no ? mcpi_json_missing() : mcp_json_get(mcp_client_hello(c), "capabilities");
    mcp_json declared = mcp_json_find(all, capability);
    if (no) return no;
    if (mcp_json_type(declared) == MCP_JSON_OBJECT || mcp_json_bool(declared, NULL, false)) return NULL;
    return mcpi_client_misused(c, "the server has not declared capabilities", capability);
}

/* From now on, every request says which log messages it wants. */
static const mcp_reply *mcpi_client_say_level(mcp_client *c, const char *name)
{
    c->log_level = name;
    if (mcpi_client_make_meta(c) != MCP_OK) mcp_out_reset(&c->meta);    /* then it is written each time */
    return mcpi_client_refuse(c, MCP_OK, "");
}

MCP_API const mcp_reply *mcp_set_log_level(mcp_client *client, int level)
{
    const mcp_reply *no = mcpi_client_meet(client);
    const bool is_level = level >= MCP_LOG_EMERGENCY && level <= MCP_LOG_DEBUG;
    const char *name = is_level ? mcpi_proto_levels[level].ptr : NULL;
    if (no) return no;
    if (!name) return mcpi_client_misused(client, "a level is of MCP_LOG_EMERGENCY to MCP_LOG_DEBUG", "");
    if (mcpi_client_speaks_modern(client)) return mcpi_client_say_level(client, name);
    no = mcpi_client_need(client, "/logging");
    return no ? no : mcp_request(client, "logging/setLevel", "{'level': %s}", name);
}

MCP_API const mcp_reply *mcp_ping(mcp_client *client)
{
    const mcp_reply *no = mcpi_client_meet(client);
    if (no) return no;
    return mcp_request(client, mcpi_client_speaks_modern(client) ? "server/discover" : "ping", NULL);
}

MCP_API int mcp_roots_changed(mcp_client *client)
{
    if (client->state == MCPI_CLIENT_OVER) return client->status;
    if (!client->desc.roots_change || !mcpi_client_gives(client, MCP_INPUT_ROOTS)) return MCP_E_MISUSE;
    client->tell_roots = true;
    return mcpi_client_tell_roots(client);
}

/* A request whose params are a URI. */
static const mcp_reply *mcpi_client_wait_uri(mcp_client *c, const char *method, const char *uri)
{
    mcpi_peer_request *r = mcpi_client_prepare(c, method);
    if (r) {
        mcpi_json_frame(&r->params, "{\"uri\":");
        mcp_put_str(&r->params, uri);
        mcpi_json_frame(&r->params, "}");
    }
    return mcpi_client_wait(c, r);
}

MCP_API const mcp_reply *mcp_read_resource(mcp_client *client, const char *uri)
{
    const mcp_reply *no = mcpi_client_need(client, "/resources");
    return no ? no : mcpi_client_wait_uri(client, "resources/read", uri);
}

/* NULL, or why no changes of resources are told. */
static const mcp_reply *mcpi_client_cannot_subscribe(mcp_client *c)
{
    const mcp_reply *no = mcpi_client_need(c, "/resources/subscribe");
    if (no || c->pump) return no;
    return mcpi_client_misused(c, mcpi_client_cannot_wait, "");
}

/* Waits until it is known what the server tells of. NULL, or why it is not known. */
static const mcp_reply *mcpi_client_wait_heard(mcp_client *c)
{
    int status = MCP_OK;
    bool last;
    mcpi_client_enter(c);
    if (!c->ear.next) (void)mcp_client_pump(c, 0);      /* what was asked for last is to be cancelled */
    while (c->ear.next && status == MCP_OK) status = mcp_client_pump(c, -1);
    last = c->depth == 1 && c->closing;
    mcpi_client_leave(c);
    if (last) return &mcpi_client_gone;
    if (c->state == MCPI_CLIENT_OVER) return mcpi_client_refuse(c, c->status, c->why);
    if (c->ear.next) return mcpi_client_refuse(c, MCP_E_TIMEOUT, mcpi_client_never);
    return c->ear.status == MCP_OK ? NULL : mcpi_client_refuse(c, c->ear.status, c->ear.why);
}

/* Wants to hear of a resource, by subscriptions/listen. */
static const mcp_reply *mcpi_client_wait_want(mcp_client *c, const char *uri)
{
    mcpi_client_want *want = *mcpi_client_find_want(c, uri);
    const mcp_reply *no = NULL;
    if (!want && !mcpi_client_add_want(c, uri))
        return mcpi_client_refuse(c, MCP_E_NOMEM, mcp_strerror(MCP_E_NOMEM));
    if (!want) mcpi_client_listen(c);
    if (!want || !want->granted) no = mcpi_client_wait_heard(c);
    if (no == &mcpi_client_gone || c->state == MCPI_CLIENT_OVER) return no;
    want = *mcpi_client_find_want(c, uri);
    if (want && want->granted) return mcpi_client_refuse(c, MCP_OK, "");
    mcpi_client_forget_refused(c);
    if (no) return no;
    return mcpi_client_refuse(c, MCP_E_REMOTE, "the server does not tell of changes of that resource");
}

/* And no longer. */
static const mcp_reply *mcpi_client_wait_unwant(mcp_client *c, const char *uri)
{
    mcpi_client_want **link = mcpi_client_find_want(c, uri);
    const mcp_reply *no = NULL;
    if (*link) {
        mcpi_client_forget_want(c, link);
        mcpi_client_listen(c);
        no = mcpi_client_wait_heard(c);
    }
    return no ? no : mcpi_client_refuse(c, MCP_OK, "");
}

MCP_API const mcp_reply *mcp_subscribe(mcp_client *client, const char *uri)
{
    const mcp_reply *no = mcpi_client_cannot_subscribe(client);
    if (no) return no;
    if (mcpi_client_speaks_modern(client)) return mcpi_client_wait_want(client, uri);
    return mcpi_client_wait_uri(client, "resources/subscribe", uri);
}

MCP_API const mcp_reply *mcp_unsubscribe(mcp_client *client, const char *uri)
{
    const mcp_reply *no = mcpi_client_cannot_subscribe(client);
    if (no) return no;
    if (mcpi_client_speaks_modern(client)) return mcpi_client_wait_unwant(client, uri);
    return mcpi_client_wait_uri(client, "resources/unsubscribe", uri);
}

MCP_API const mcp_reply *mcp_get_prompt(mcp_client *client, const char *name, const char *format, ...)
{
    const mcp_reply *no = mcpi_client_need(client, "/prompts");
    mcpi_peer_request *r;
    va_list args;
    if (no) return no;
    va_start(args, format);
    r = mcpi_client_prepare_call_fv(client, "prompts/get", name, format, args);
    va_end(args);
    return mcpi_client_wait(client, r);
}

/* The params of completion/complete up to what else is known, which comes next.
   Spec: server/utilities/completion */
static mcpi_peer_request *mcpi_client_prepare_completion(mcp_client *c, int kind, const char *of,
                                                         const char *argument, const char *value)
{
    mcpi_peer_request *r = mcpi_client_prepare(c, "completion/complete");
    if (!r) return NULL;
    mcpi_json_frame(&r->params, "{\"ref\":{\"type\":");
    mcp_put_str(&r->params, kind == MCP_PROMPTS ? "ref/prompt" : "ref/resource");
    mcpi_json_frame(&r->params, kind == MCP_PROMPTS ? ",\"name\":" : ",\"uri\":");
    mcp_put_str(&r->params, of);
    mcpi_json_frame(&r->params, "},\"argument\":{\"name\":");
    mcp_put_str(&r->params, argument);
    mcpi_json_frame(&r->params, ",\"value\":");
    mcp_put_str(&r->params, value);
    mcpi_json_frame(&r->params, "}");
    return r;
}

/* NULL, or why nothing can be completed. In 2024-11-05 there is no capability for it. */
static const mcp_reply *mcpi_client_cannot_complete(mcp_client *c, int kind)
{
    const mcp_reply *no = mcpi_client_meet(c);
    if (no) return no;
    if (kind != MCP_PROMPTS && kind != MCP_TEMPLATES)
        return mcpi_client_misused(c, "what is completed is of MCP_PROMPTS or MCP_TEMPLATES", "");
    return c->revision->features & MCPI_PROTO_HINTS ? mcpi_client_need(c, "/completions") : NULL;
}

MCP_API const mcp_reply *mcp_complete(mcp_client *client, int kind, const char *of, const char *argument,
                                      const char *value, const char *format, ...)
{
    const mcp_reply *no = mcpi_client_cannot_complete(client, kind);
    mcpi_peer_request *r = no ? NULL : mcpi_client_prepare_completion(client, kind, of, argument, value);
    va_list args;
    if (no) return no;
    va_start(args, format);
    if (r && format && (client->revision->features & MCPI_PROTO_TITLES)) {  /* from 2025-06-18 on, too */
        mcpi_json_frame(&r->params, ",\"context\":{\"arguments\":");
        mcp_put_fv(&r->params, format, args);
        mcpi_json_frame(&r->params, "}");
    }
    va_end(args);
    if (r) mcpi_json_frame(&r->params, "}");
    return mcpi_client_wait(client, r);
}

/*-- Lists, page by page --*/

static const mcpi_client_shape *mcpi_client_list_shape(const mcp_client *c, const mcpi_client_list *list)
{
    return &mcpi_client_shapes[list - c->lists];
}

/* Why there is no page. What ended the client, if it is over, stays its error. */
static int mcpi_client_refuse_page(mcp_client *c, const mcpi_client_list *list, int status, const char *why)
{
    mcpi_base_note note;
    if (c->state == MCPI_CLIENT_OVER) return status;
    note = mcpi_base_note_start(c->why, sizeof c->why);
    mcpi_base_note_str(&note, mcpi_client_list_shape(c, list)->method.ptr);
    mcpi_base_note_str(&note, ": ");
    mcpi_base_note_str(&note, why);
    return status;
}

/* Whether the next page is to be asked for. The mark moves to pages 1, 2, 4, 8 and so on, so that a circle of
   any length comes to it before long. Spec: server/utilities/pagination */
static int mcpi_client_check_cursor(mcp_client *c, mcpi_client_list *list, mcp_str next)
{
    const mcp_buf *mark = &list->mark;      /* NULL if it is empty */
    const bool same = next.len == mark->len && (!next.len || !memcmp(next.ptr, mark->ptr, next.len));
    if (list->num_pages > 1 && same)
        return mcpi_client_refuse_page(c, list, MCP_E_PROTOCOL, "the server's pages lead in a circle");
    if (list->num_pages >= c->desc.max_pages)
        return mcpi_client_refuse_page(c, list, MCP_E_TOO_LONG,
                                       "it has more pages than mcp_client_desc.max_pages");
    if (list->num_pages & (list->num_pages - 1)) return MCP_OK;
    mcp_buf_reset(&list->mark);
    if (mcp_buf_add(&list->mark, next.ptr, next.len)) return MCP_OK;
    return mcpi_client_refuse_page(c, list, MCP_E_NOMEM, mcp_strerror(MCP_E_NOMEM));
}

/* Keeps a page. A cursor is a string; null is none. */
static int mcpi_client_keep_page(mcp_client *c, mcpi_client_list *list, mcp_json result)
{
    const int cursor = mcp_json_type(mcp_json_get(result, "nextCursor"));
    const int status = mcp_json_clone(&list->page, result);
    if (status != MCP_OK) return mcpi_client_refuse_page(c, list, status, mcp_strerror(status));
    if (cursor == MCP_JSON_MISSING || cursor == MCP_JSON_NULL || cursor == MCP_JSON_STRING) return MCP_OK;
    return mcpi_client_refuse_page(c, list, MCP_E_PROTOCOL, "the server's nextCursor is not a string");
}

/* Reads the page of that cursor; the first without one. A callback may have closed the client meanwhile,
   which is MCP_E_CLOSED. */
static int mcpi_client_read_page(mcp_client *c, mcpi_client_list *list, mcp_str cursor)
{
    const mcp_reply *reply;
    mcpi_peer_request *r = mcpi_client_prepare(c, mcpi_client_list_shape(c, list)->method.ptr);
    if (r && cursor.ptr) {
        mcp_put_object(&r->params);
        mcp_put_key(&r->params, "cursor");
        mcp_put_strn(&r->params, cursor.ptr, cursor.len);
        mcp_put_end(&r->params);
    }
    reply = mcpi_client_wait(c, r);
    if (reply == &mcpi_client_gone) return reply->status;
    list->num_pages++;
    if (reply->status == MCP_OK) list->status = mcpi_client_keep_page(c, list, reply->result);
    else list->status = mcpi_client_refuse_page(c, list, reply->status, mcp_reply_text(reply));
    c->list_status = list->status;
    return list->status;
}

static mcp_json mcpi_client_first_of_page(const mcp_client *c, const mcpi_client_list *list)
{
    const char *items = mcpi_client_list_shape(c, list)->items;
    return mcp_json_first(mcp_json_find(mcp_json_root(&list->page), items));
}

/* The item, or if it is missing the first of the next page that has any. */
static mcp_json mcpi_client_find_item(mcp_client *c, mcpi_client_list *list, mcp_json item)
{
    int status = c->list_status = list->status;
    while (!mcp_json_exists(item) && status == MCP_OK) {
        const mcp_str cursor = mcp_json_str(mcp_json_root(&list->page), "nextCursor");
        if (!cursor.ptr) break;
        status = c->list_status = list->status = mcpi_client_check_cursor(c, list, cursor);
        if (status == MCP_OK) status = mcpi_client_read_page(c, list, cursor);
        if (status == MCP_OK) item = mcpi_client_first_of_page(c, list);
    }
    return item;
}

MCP_API mcp_json mcp_list_first(mcp_client *client, int kind)
{
    const mcp_str none = { NULL, 0 };
    mcpi_client_list *list = client->lists;
    while (list < client->lists + MCPI_CLIENT_LISTS && kind != 1 << (list - client->lists)) list++;
    if (list == client->lists + MCPI_CLIENT_LISTS) {
        mcpi_client_note_refused(client, MCP_E_MISUSE, "a list is of MCP_TOOLS, MCP_RESOURCES, MCP_PROMPTS "
                                                       "or MCP_TEMPLATES");
        client->list_status = MCP_E_MISUSE;
        return mcpi_json_missing();
    }
    list->num_pages = 0;
    if (mcpi_client_read_page(client, list, none) != MCP_OK) return mcpi_json_missing();
    return mcpi_client_find_item(client, list, mcpi_client_first_of_page(client, list));
}

MCP_API mcp_json mcp_list_next(mcp_client *client, mcp_json item)
{
    size_t i;
    for (i = 0; i < MCPI_CLIENT_LISTS; i++)
        if (item.doc == &client->lists[i].page)
            return mcpi_client_find_item(client, &client->lists[i], mcp_json_next(item));
    return mcpi_json_missing();
}

MCP_API int mcp_list_status(const mcp_client *client)
{
    return client->list_status;
}

/*-- A server in the same process --*/

/* Gives the session a piece of what the client has to say; not while it is at it, in a handler that waits
   for us. */
static size_t mcpi_client_move_to(mcp_client *c, mcp_session *session)
{
    char piece[1024];
    size_t len, taken;
    const char *bytes = c->moving ? NULL : mcp_client_output(c, &len);
    if (!bytes) return 0;
    if (len > sizeof piece) len = sizeof piece;
    memcpy(piece, bytes, len);
    c->moving = true;
    taken = mcp_session_feed(session, piece, len);
    c->moving = false;
    mcp_client_sent(c, taken);
    return taken;
}

/* Gives the client a piece of what the session has to say. It lies in place before it counts as sent, and is
   read after that: either may come back here, for the next piece. */
static size_t mcpi_client_move_from(mcp_client *c, mcp_session *session)
{
    size_t len, room = 0;
    const char *bytes = mcpi_client_is_full(c) ? NULL : mcp_session_output(session, &len);
    char *to = bytes ? mcp_client_room(c, len < 1024 ? len : 1024, &room) : NULL;
    if (!to) return 0;
    if (len > room) len = room;
    memcpy(to, bytes, len);
    c->in.buf.len += len;
    mcp_session_sent(session, len);
    mcp_client_fed(c, 0);
    return len;
}

/* Moves what both have to say, until they have said it. */
static int mcpi_client_pump_pair(mcp_client *c, int timeout_ms)
{
    mcp_session *session = (mcp_session *)c->io;
    int status = MCP_WAIT;
    (void)timeout_ms;
    (void)mcp_client_tick(c);
    if (mcp_server_tick(session->peer->server) == 0) status = MCP_OK;  /* a call went on, and will */
    while (c->state != MCPI_CLIENT_OVER) {
        const size_t moved = mcpi_client_move_to(c, session) + mcpi_client_move_from(c, session);
        if (!moved) break;
        status = MCP_OK;
    }
    if (mcp_session_status(session) < 0) mcp_client_ended(c);
    return status;
}

static void mcpi_client_close_pair(mcp_client *c)
{
    mcp_session_close((mcp_session *)c->io);
}

MCP_API mcp_client *mcp_pair(mcp_server *server, const mcp_client_desc *desc)
{
    mcp_client *c = mcp_client_create(desc);
    if (!c) return NULL;
    c->io = mcp_session_open(server);
    if (!c->io) {
        mcp_client_close(c);
        return NULL;
    }
    c->pump = mcpi_client_pump_pair;
    c->close = mcpi_client_close_pair;
    return c;
}

#endif /* MCP_LAYERS >= 9 */

/*==== 10 >>stdio  Standard input and output. ======================================================*/
#if MCP_LAYERS >= 10

#ifdef _WIN32
#error "mcp.h: standard input and output on Windows are not there yet; build with -DMCP_LAYERS=8"
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif
extern char **environ;
#ifdef __cplusplus
}
#endif

/* The child can close all that it does not need; the declaration may be hidden. */
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
#define MCPI_STDIO_CLOSEFROM
#ifndef __USE_GNU
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#endif
#endif

#if defined(__GLIBC__) && !defined(__USE_POSIX199309)
#error "mcp.h: in this file include mcp.h before any other header, or build with -D_POSIX_C_SOURCE=200809L"
#endif

/* Bytes of one read; a pipe holds 64 KiB, and smaller reads let client and server work side by
   side. */
#define MCPI_STDIO_READ (16 * 1024)

/* How often to look whether a child has ended, which nothing tells. */
enum { MCPI_STDIO_LOOK_MS = 2 };

struct mcp_stdio {
    mcp_alloc alloc;
    mcp_server *server;
    mcp_session *session;
    int fd;             /* the real standard output */
    int fd_flags;       /* to give back to it; -1: they were left alone */
    int wake[2];        /* a pipe, -1 where nobody can call mcp_stdio_wake */
    int status;         /* sticky: MCP_E_CLOSED, MCP_E_TIMEOUT, MCP_E_IO, MCP_E_NOMEM */
    const char *why;    /* it is over */
    bool quiet_pipe;    /* SIGPIPE is ignored or blocked already */
    bool ended;         /* the input: what is under way is finished */
    const char *end;    /* and why */
    bool moved;         /* something was written since mcpi_stdio_watch */
    bool closed;        /* in a callback: session and server may be gone */
    uint32_t depth;     /* pumps that we are in; closed, it goes at their end */
    uint64_t drained_ms;    /* when that is over for deferred calls */
    uint64_t stalled_ms;    /* when what is unsent has waited too long; 0: nothing waits */
};

static void mcpi_stdio_end(mcp_stdio *io, int status, const char *why)
{
    io->status = status;
    io->why = why;
}

MCP_API const char *mcp_stdio_error(const mcp_stdio *io)
{
    return io->why ? io->why : "";
}

MCP_API void mcp_stdio_stop(mcp_server *server)
{
    server->stopped = true;
}

/*-- Writing. A reader that went away is an ordinary end, so the signal for it is held back, for
     this thread: sigprocmask does what pthread_sigmask does on every system there is, and needs no
     library. --*/

typedef struct mcpi_stdio_guard {
    sigset_t before;
    bool pending;       /* somebody else's SIGPIPE was waiting: leave it */
} mcpi_stdio_guard;

static bool mcpi_stdio_sigpipe_waits(void)
{
    sigset_t waiting;
    sigemptyset(&waiting);
    sigpending(&waiting);
    return sigismember(&waiting, SIGPIPE) == 1;
}

static mcpi_stdio_guard mcpi_stdio_hold_sigpipe(void)
{
    mcpi_stdio_guard guard;
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigprocmask(SIG_BLOCK, &pipe_only, &guard.before);
    guard.pending = sigismember(&guard.before, SIGPIPE) == 1 && mcpi_stdio_sigpipe_waits();
    return guard;
}

/* Restores the mask. raised: our writing may have raised one, which is taken away. */
static void mcpi_stdio_release_sigpipe(const mcpi_stdio_guard *guard, bool raised)
{
    sigset_t pipe_only;
    int ignored;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    if (raised && !guard->pending && mcpi_stdio_sigpipe_waits()) (void)sigwait(&pipe_only, &ignored);
    sigprocmask(SIG_SETMASK, &guard->before, NULL);
}

/* True if the program ignores the signal anyway. */
static bool mcpi_stdio_ignores_sigpipe(void)
{
    struct sigaction now;
    return sigaction(SIGPIPE, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

static bool mcpi_stdio_would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Writes some. Returns how much: 0 where nothing fits now, or it failed, which *status tells. */
static size_t mcpi_stdio_put(int fd, const char *bytes, size_t len, int *status)
{
    ssize_t n;
    do n = write(fd, bytes, len);
    while (n < 0 && errno == EINTR);
    if (n >= 0) return (size_t)n;
    if (!mcpi_stdio_would_block()) *status = errno == EPIPE || errno == ECONNRESET ? MCP_E_CLOSED : MCP_E_IO;
    return 0;
}

/* What is to be sent. If the tap has closed io, nothing, and what waited for the tap's end goes. */
static const char *mcpi_stdio_output(const mcp_stdio *io, size_t *len)
{
    mcpi_peer *peer = io->session->peer;
    const char *bytes = mcp_session_output(io->session, len);
    if (!io->closed) return bytes;
    mcpi_peer_enter(peer);
    mcpi_peer_leave(peer);
    *len = 0;
    return NULL;
}

/* Writes what the pipe takes; sending makes the session serve what had to wait. */
static int mcpi_stdio_write(mcp_stdio *io)
{
    const char *bytes;
    size_t len, n = 1;
    int status = MCP_OK;
    while (n && !io->closed && (bytes = mcpi_stdio_output(io, &len)) != NULL) {
        n = mcpi_stdio_put(io->fd, bytes, len, &status);
        if (n) io->moved = true;
        mcp_session_sent(io->session, n);
    }
    return io->closed ? (int)MCP_E_CLOSED : status;
}

static void mcpi_stdio_flush(mcp_stdio *io)
{
    size_t len;
    int status;
    (void)mcpi_stdio_output(io, &len);
    if (!len) return;
    if (io->quiet_pipe) {
        status = mcpi_stdio_write(io);
    } else {
        const mcpi_stdio_guard guard = mcpi_stdio_hold_sigpipe();
        status = mcpi_stdio_write(io);
        mcpi_stdio_release_sigpipe(&guard, status == MCP_E_CLOSED);
    }
    if (io->closed) return;
    if (status == MCP_E_CLOSED) mcpi_stdio_end(io, status, "nobody reads the output any more");
    else if (status != MCP_OK) mcpi_stdio_end(io, status, "the output cannot be written: see errno");
}

/* Gives up a client that takes nothing, if that is wanted. */
static void mcpi_stdio_watch(mcp_stdio *io)
{
    const mcpi_peer *peer = io->session->peer;
    size_t len;
    uint64_t now;
    if (!peer->desc->stall_ms) return;
    (void)mcpi_stdio_output(io, &len);
    if (io->closed) return;
    now = mcpi_peer_now(peer);
    if (!len) io->stalled_ms = 0;
    else if (io->moved || !io->stalled_ms) io->stalled_ms = now + peer->desc->stall_ms;
    else if (now >= io->stalled_ms)
        mcpi_stdio_end(io, MCP_E_TIMEOUT, "the client takes nothing: see mcp_server_desc.stall_ms");
    io->moved = false;
}

/*-- Reading --*/

/* What follows the last line break was no message. Deferred calls may still answer, for a while. */
static void mcpi_stdio_end_input(mcp_stdio *io, const char *why)
{
    const mcpi_peer *peer = io->session->peer;
    io->ended = true;
    io->end = why;
    (void)mcpi_peer_end_listeners(io->session->peer, io->session);
    io->drained_ms = mcpi_peer_now(peer) + peer->desc->drain_ms;
    mcp_session_ended(io->session);
}

/* Reads once, and serves every line that is complete. */
static int mcpi_stdio_read(mcp_stdio *io)
{
    size_t room;
    char *into = mcp_session_room(io->session, MCPI_STDIO_READ, &room);
    ssize_t n;

    if (!into) return MCP_OK;
    n = read(STDIN_FILENO, into, room < MCPI_STDIO_READ ? room : MCPI_STDIO_READ);
    if (n > 0) mcp_session_fed(io->session, (size_t)n);
    else if (n == 0 || errno == ECONNRESET) mcpi_stdio_end_input(io, "the input has ended");
    else if (mcpi_stdio_would_block()) return MCP_WAIT;
    else if (errno != EINTR) mcpi_stdio_end(io, MCP_E_IO, "the input cannot be read: see errno");
    return MCP_OK;
}

/* After the end of the input: gives up the calls that were not answered in time. */
static void mcpi_stdio_drain(mcp_stdio *io)
{
    mcpi_peer *peer = io->session->peer;
    const uint32_t waiting = peer->num_waiting;
    if (!waiting || mcpi_peer_now(peer) < io->drained_ms) return;
    mcpi_peer_enter(peer);
    mcpi_peer_cancel_all(peer, io->session, NULL, 0);
    if (peer->num_waiting < waiting) io->end = "calls were given up after mcp_server_desc.drain_ms";
    mcpi_peer_leave(peer);
}

/* Whether nothing is left to be told. A change that there is no memory to tell of does not count. */
static bool mcpi_stdio_is_done(mcp_stdio *io)
{
    size_t len;
    const char *bytes = mcpi_stdio_output(io, &len);
    if (!io->closed && !bytes) io->session->has_changes = false;
    return io->closed || !mcp_session_busy(io->session);
}

/* Whether the session is over for a reason of its own. */
static void mcpi_stdio_note_error(mcp_stdio *io)
{
    const int error = io->session->error;
    if (error == MCP_E_TIMEOUT)
        mcpi_stdio_end(io, error, "the client answers no ping: see mcp_server_desc.max_pings");
    else if (error)
        mcpi_stdio_end(io, error, mcp_strerror(error));
}

/* Sends what there is, and finds out whether this is the end. Any step may be it: the host may close io. */
static int mcpi_stdio_settle(mcp_stdio *io)
{
    if (!io->status) mcpi_stdio_flush(io);
    if (!io->status) mcpi_stdio_note_error(io);
    if (!io->status) mcpi_stdio_watch(io);
    if (!io->status && io->server->stopped && !io->ended)
        mcpi_stdio_end_input(io, "mcp_stdio_stop was called");
    if (!io->status && io->ended) mcpi_stdio_drain(io);
    if (!io->status && io->ended && mcpi_stdio_is_done(io)) mcpi_stdio_end(io, MCP_E_CLOSED, io->end);
    return io->status;
}

/*-- Waiting --*/

/* The shorter of two waits; negative: for ever. */
static int mcpi_stdio_sooner(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* How long until then, which may be past. */
static int mcpi_stdio_until(const mcp_stdio *io, uint64_t then_ms)
{
    const uint64_t now = mcpi_peer_now(io->session->peer);
    const uint64_t left = now < then_ms ? then_ms - now : 0;
    return left < 0x7fffffff ? (int)left : 0x7fffffff;
}

/* How long until something is due, or -1. */
static int mcpi_stdio_timeout(const mcp_stdio *io)
{
    const mcpi_peer *peer = io->session->peer;
    int due = mcpi_peer_timeout(peer), left;
    if (io->server->stopped && !io->ended) return 0;
    if (io->stalled_ms) due = mcpi_stdio_sooner(due, mcpi_stdio_until(io, io->stalled_ms));
    if (!io->ended || !peer->num_waiting) return due;
    left = mcpi_stdio_until(io, io->drained_ms);
    return left ? mcpi_stdio_sooner(due, left) : due;   /* what waits still, waits for its reader */
}

/* Lists two descriptors to read from and one to write to; -1: not now. Returns how many there are. */
static int mcpi_stdio_list(const int *from, mcp_pollfd *fds, int max)
{
    int i, count = 0;
    for (i = 0; i < 3; i++) {
        if (from[i] < 0) continue;
        if (count < max) {
            fds[count].fd = from[i];
            fds[count].events = i < 2 ? MCP_POLL_IN : MCP_POLL_OUT;
            fds[count].revents = 0;
        }
        count++;
    }
    return count;
}

/* Waits for at most three of them, and notes what came. Returns as poll. */
static int mcpi_stdio_poll(mcp_pollfd *fds, int count, int timeout_ms)
{
    struct pollfd p[3];
    int i, ready;
    for (i = 0; i < count; i++) {
        p[i].fd = (int)fds[i].fd;
        p[i].events = fds[i].events == MCP_POLL_IN ? POLLIN : POLLOUT;
        p[i].revents = 0;
    }
    ready = poll(p, (nfds_t)count, timeout_ms);
    for (i = 0; i < count; i++) fds[i].revents = ready > 0 && p[i].revents ? fds[i].events : 0;
    return ready;
}

MCP_API int mcp_stdio_fds(const mcp_stdio *io, mcp_pollfd *fds, int max, int *timeout_ms)
{
    const int fd = io->fd;
    int from[3];
    size_t len;
    from[0] = !io->ended && mcpi_peer_reads(io->session) ? STDIN_FILENO : -1;
    from[1] = io->wake[0];
    *timeout_ms = mcpi_stdio_timeout(io);
    from[2] = mcp_session_output(io->session, &len) ? fd : -1;      /* the tap may close io */
    return mcpi_stdio_list(from, fds, max);
}

static void mcpi_stdio_enter(mcp_stdio *io)
{
    io->depth++;
}

/* Returns the status of what may be gone after that. */
static int mcpi_stdio_leave(mcp_stdio *io)
{
    const mcp_alloc alloc = io->alloc;
    const int status = io->status;
    if (!--io->depth && io->closed) mcpi_base_release(&alloc, io, sizeof *io);
    return status;
}

MCP_API int mcp_stdio_ready(mcp_stdio *io, const mcp_pollfd *fds, int count)
{
    char drained[64];
    int i;
    mcpi_stdio_enter(io);
    for (i = 0; i < count && !io->status; i++) {
        if (!fds[i].revents) continue;
        if (fds[i].fd == io->wake[0]) while (read(io->wake[0], drained, sizeof drained) > 0) {}
        else if (fds[i].fd == STDIN_FILENO) (void)mcpi_stdio_read(io);
    }
    if (!io->closed) (void)mcp_server_tick(io->server);
    (void)mcpi_stdio_settle(io);
    return mcpi_stdio_leave(io);
}

MCP_API void mcp_stdio_wake(const mcp_stdio *io)
{
    int before = errno;     /* a signal handler must leave it alone */
    ssize_t n = write(io->wake[1], "", 1);
    (void)n;                /* a full pipe wakes as well */
    errno = before;
}

/* Waits until something can be done, and does it. */
static int mcpi_stdio_wait(mcp_stdio *io, int timeout_ms)
{
    mcp_pollfd fds[3];
    size_t len;
    int due, count;
    (void)mcpi_stdio_output(io, &len);      /* the tap sees it here, and not where nothing may go */
    if (io->closed) return io->status;
    count = mcp_stdio_fds(io, fds, 3, &due);
    if (mcpi_stdio_poll(fds, count, mcpi_stdio_sooner(timeout_ms, due)) >= 0)
        return mcp_stdio_ready(io, fds, count);
    if (errno != EINTR) mcpi_stdio_end(io, MCP_E_IO, "poll failed: see errno");
    return io->status;
}

/* True where nothing but input can happen. */
static bool mcpi_stdio_only_reads(const mcp_stdio *io)
{
    const mcp_session *s = io->session;
    return io->wake[0] < 0 && !io->ended && !s->peer->num_waiting && !s->peer->desc->ping_ms &&
           !s->has_changes && !mcpi_rpc_unsent(&s->out);
}

MCP_API int mcp_stdio_pump(mcp_stdio *io, int timeout_ms)
{
    if (io->status) return io->status;
    mcpi_stdio_enter(io);
    if (timeout_ms < 0 && mcpi_stdio_only_reads(io) && mcpi_stdio_read(io) == MCP_OK)
        (void)mcpi_stdio_settle(io);        /* the read itself did the waiting */
    else
        (void)mcpi_stdio_wait(io, timeout_ms);
    return mcpi_stdio_leave(io);
}

/*-- Opening and closing --*/

/* Linux has a clock of a few milliseconds' resolution for a fifth of the price, and each request looks. */
#ifdef CLOCK_MONOTONIC_COARSE
#define MCPI_STDIO_CLOCK CLOCK_MONOTONIC_COARSE
#else
#define MCPI_STDIO_CLOCK CLOCK_MONOTONIC
#endif

static uint64_t mcpi_stdio_clock(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

MCP_API uint64_t mcp_now_ms(void *user)
{
    (void)user;
    return mcpi_stdio_clock(MCPI_STDIO_CLOCK);
}

MCP_API uint64_t mcp_wall_ms(void *user)
{
    (void)user;
    return mcpi_stdio_clock(CLOCK_REALTIME);
}

/* Reads all of it. */
static bool mcpi_stdio_read_whole(int fd, char *out, size_t len)
{
    while (len) {
        ssize_t n = read(fd, out, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        out += n;
        len -= (size_t)n;
    }
    return true;
}

MCP_API bool mcp_random(void *user, void *out, size_t len)
{
    struct stat what;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool drawn;
    (void)user;
    memset(out, 0, len);
    if (fd < 0) return false;
    /* whatever else stands there, as a file in a careless chroot, is no source */
    drawn = fstat(fd, &what) == 0 && S_ISCHR(what.st_mode) && mcpi_stdio_read_whole(fd, (char *)out, len);
    (void)close(fd);
    if (!drawn) memset(out, 0, len);
    return drawn;
}

/* Moves the real standard output to a descriptor of our own; descriptor 1 leads to standard error
   from then on. A pipe or socket must not block us, or two that write to each other wait for ever; other
   things may have more users than us, and are left alone. */
static void mcpi_stdio_take_stdout(mcp_stdio *io)
{
    struct stat kind;
    int flags;
    io->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (io->fd < 0) return;
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    if (fstat(io->fd, &kind) != 0 || !(S_ISFIFO(kind.st_mode) || S_ISSOCK(kind.st_mode))) return;
    flags = fcntl(io->fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) || fcntl(io->fd, F_SETFL, flags | O_NONBLOCK) != 0) return;
    io->fd_flags = flags;
}

static void mcpi_stdio_give_stdout_back(mcp_stdio *io)
{
    if (io->fd < 0) return;
    if (io->fd_flags >= 0) (void)fcntl(io->fd, F_SETFL, io->fd_flags);
    (void)dup2(io->fd, STDOUT_FILENO);
    (void)close(io->fd);
}

/* Both ends neither block nor outlive an exec. */
static bool mcpi_stdio_make_pipe(int *ends)
{
    int i;
    if (pipe(ends) != 0) {
        ends[0] = ends[1] = -1;
        return false;
    }
    for (i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static mcp_stdio *mcpi_stdio_open(mcp_server *server, bool wakeable)
{
    mcp_stdio *io = (mcp_stdio *)mcpi_base_resize(&server->desc.alloc, NULL, 0, sizeof *io);
    if (!io) return NULL;
    memset(io, 0, sizeof *io);
    io->alloc = server->desc.alloc;
    io->server = server;
    io->fd = io->fd_flags = io->wake[0] = io->wake[1] = -1;
    io->session = mcp_session_open(server);
    if (io->session && (!wakeable || mcpi_stdio_make_pipe(io->wake))) mcpi_stdio_take_stdout(io);
    if (io->fd < 0) {
        mcp_stdio_close(io);
        return NULL;
    }
    io->quiet_pipe = mcpi_stdio_ignores_sigpipe();
    server->stopped = false;
    if (!server->desc.now_ms) server->desc.now_ms = mcp_now_ms;
    if (!server->desc.wall_ms) server->desc.wall_ms = mcp_wall_ms;
    if (!server->desc.random) server->desc.random = mcp_random;
    return io;
}

MCP_API mcp_stdio *mcp_stdio_open(mcp_server *server)
{
    return mcpi_stdio_open(server, true);
}

MCP_API void mcp_stdio_close(mcp_stdio *io)
{
    int i;
    if (!io || io->closed) return;
    if (!io->server->peer.depth && mcpi_peer_end_listeners(&io->server->peer, io->session))
        mcpi_stdio_flush(io);
    mcpi_stdio_give_stdout_back(io);
    for (i = 0; i < 2; i++)
        if (io->wake[i] >= 0) (void)close(io->wake[i]);
    mcp_session_close(io->session);
    io->closed = true;
    io->status = MCP_E_CLOSED;
    mcpi_stdio_enter(io);
    (void)mcpi_stdio_leave(io);
}

/*-- A server as a child process. It has a process group of its own, so that all of it can be ended. --*/

typedef struct mcpi_stdio_child {
    const char *const *argv;
    pid_t pid;
    uint64_t until_ms;  /* that it has to end, before it is told more clearly */
    int signals;        /* that it got */
    bool again;         /* it is started anew once it has ended */
    int to, from;       /* its standard input and output; -1: closed */
    char **environment; /* NULL: ours */
    size_t environment_size;
    int err;            /* its standard error, if that is kept */
    int stderr_to;
    bool quiet_pipe;
    char words[1001];   /* the last of its standard error, a C string */
    size_t num_words;
} mcpi_stdio_child;

static void mcpi_stdio_close_fd(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}

/* Moves a descriptor above the standard ones, which a child gets anew, and out of sight of other children.
   -1 if there is none. */
static int mcpi_stdio_raise(int fd)
{
    const int raised = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0) (void)close(fd);
    return raised;
}

/* A pipe with both ends there. */
static bool mcpi_stdio_make_child_pipe(int *ends)
{
    int i, low[2];
    ends[0] = ends[1] = -1;
    if (pipe(low) != 0) return false;
    for (i = 0; i < 2; i++) ends[i] = mcpi_stdio_raise(low[i]);
    return ends[0] >= 0 && ends[1] >= 0;
}

/* Makes the child close everything but its standard descriptors. Returns as errno. */
#ifdef MCPI_STDIO_CLOSEFROM
static int mcpi_stdio_close_others(posix_spawn_file_actions_t *actions)
{
    return posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}
#else
/* Those among count descriptors from first on that are open and not marked. poll tells which ones are
   open, many at a time. */
static int mcpi_stdio_close_some(posix_spawn_file_actions_t *actions, int first, int count)
{
    struct pollfd fds[256];
    int i, error = 0;
    memset(fds, 0, sizeof fds);
    for (i = 0; i < count; i++) fds[i].fd = first + i;
    (void)poll(fds, (nfds_t)count, 0);      /* without an answer all of them are looked at */
    for (i = 0; i < count && !error; i++) {
        const int flags = fds[i].revents & POLLNVAL ? -1 : fcntl(first + i, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC))
            error = posix_spawn_file_actions_addclose(actions, first + i);
    }
    return error;
}

static int mcpi_stdio_close_others(posix_spawn_file_actions_t *actions)
{
    enum { MOST = 1 << 12, SOME = 256 };
    const long limit = sysconf(_SC_OPEN_MAX);
    const int end = limit < 0 || limit > MOST ? (int)MOST : (int)limit;
    int fd, error = 0;
    for (fd = STDERR_FILENO + 1; fd < end && !error; fd += SOME)
        error = mcpi_stdio_close_some(actions, fd, end - fd < SOME ? end - fd : (int)SOME);
    return error;
}
#endif

/* Starts argv with these as standard input, output and error (-1: ours), and with SIGPIPE as every program
   expects it. */
static int mcpi_stdio_start(mcpi_stdio_child *child, int in, int out, int err)
{
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    char *const *argv = (char *const *)(uintptr_t)child->argv;      /* which it does not change */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t mask, defaults;
    int error;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigdelset(&mask, SIGPIPE);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    if ((error = posix_spawn_file_actions_init(&actions)) != 0) return error;
    if ((error = posix_spawnattr_init(&attributes)) == 0) {
        (void)posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        if (err >= 0) (void)posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
        (void)posix_spawnattr_setflags(&attributes, flags);
        (void)posix_spawnattr_setpgroup(&attributes, 0);
        (void)posix_spawnattr_setsigmask(&attributes, &mask);
        (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
        error = mcpi_stdio_close_others(&actions);
        if (!error) error = posix_spawnp(&child->pid, argv[0], &actions, &attributes, argv,
                                         child->environment ? child->environment : environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Where the child's standard error goes: -1 for ours. False with errno set. */
static bool mcpi_stdio_open_stderr(const mcpi_stdio_child *child, int *ends)
{
    ends[0] = ends[1] = -1;
    if (child->stderr_to == MCP_STDERR_KEEP) return mcpi_stdio_make_child_pipe(ends);
    if (child->stderr_to == MCP_STDERR_DROP)
        ends[1] = mcpi_stdio_raise(open("/dev/null", O_WRONLY | O_CLOEXEC));
    return child->stderr_to != MCP_STDERR_DROP || ends[1] >= 0;
}

/* Starts the child and opens the pipes to it. False with errno set. */
static bool mcpi_stdio_spawn(mcpi_stdio_child *child)
{
    int in[2], out[2] = { -1, -1 }, err[2] = { -1, -1 }, error = 0;
    child->pid = 0;
    if (!mcpi_stdio_make_child_pipe(in) || !mcpi_stdio_make_child_pipe(out) ||
        !mcpi_stdio_open_stderr(child, err))
        error = errno;
    else
        error = mcpi_stdio_start(child, in[0], out[1], err[1]);
    mcpi_stdio_close_fd(&in[0]);
    mcpi_stdio_close_fd(&out[1]);
    mcpi_stdio_close_fd(&err[1]);
    child->to = in[1];
    child->from = out[0];
    child->err = err[0];
    if (!error) {
        (void)fcntl(child->to, F_SETFL, O_NONBLOCK);
        (void)fcntl(child->from, F_SETFL, O_NONBLOCK);
        if (child->err >= 0) (void)fcntl(child->err, F_SETFL, O_NONBLOCK);
        return true;
    }
    mcpi_stdio_close_fd(&child->to);
    mcpi_stdio_close_fd(&child->from);
    mcpi_stdio_close_fd(&child->err);
    child->pid = 0;
    errno = error;
    return false;
}

/* Keeps the end of what the child says on its standard error. */
static void mcpi_stdio_keep_words(mcpi_stdio_child *child, const char *bytes, size_t len)
{
    const size_t most = sizeof child->words - 1, kept = len < most ? most - len : 0;
    if (len > most) bytes += len - most, len = most;
    if (child->num_words > kept) {
        memmove(child->words, child->words + child->num_words - kept, kept);
        child->num_words = kept;
    }
    memcpy(child->words + child->num_words, bytes, len);
    child->num_words += len;
    child->words[child->num_words] = 0;
}

/* Reads it, once, so that a server that complains without end does not keep us from listening. */
static void mcpi_stdio_read_words(mcpi_stdio_child *child)
{
    char bytes[4096];
    const ssize_t n = child->err >= 0 ? read(child->err, bytes, sizeof bytes) : -1;
    if (n > 0) mcpi_stdio_keep_words(child, bytes, (size_t)n);
    else if (n == 0) mcpi_stdio_close_fd(&child->err);
}

/* The last line of it. */
static const char *mcpi_stdio_last_words(mcp_client *c)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)c->io;
    size_t end;
    int i;
    for (i = 0; i < 32; i++) mcpi_stdio_read_words(child);      /* a pipe holds no more */
    end = child->num_words;
    while (end && (child->words[end - 1] == '\n' || child->words[end - 1] == '\r')) child->words[--end] = 0;
    child->num_words = end;
    while (end && child->words[end - 1] != '\n') end--;
    return child->words + end;
}

MCP_API const char *mcp_client_stderr(const mcp_client *client)
{
    const mcpi_stdio_child *child = (const mcpi_stdio_child *)client->io;
    return client->last_words == mcpi_stdio_last_words ? child->words : "";
}

/* Writes what the pipe takes. MCP_OK, or why it takes nothing more. */
static int mcpi_stdio_write_pipe(mcp_client *c)
{
    const mcpi_stdio_child *child = (const mcpi_stdio_child *)c->io;
    mcpi_stdio_guard guard;
    const char *bytes;
    size_t len, n = 1;
    int status = MCP_OK;
    if (!child->quiet_pipe) guard = mcpi_stdio_hold_sigpipe();
    while (n && (bytes = mcp_client_output(c, &len)) != NULL) {
        n = mcpi_stdio_put(child->to, bytes, len, &status);
        mcp_client_sent(c, n);
    }
    if (!child->quiet_pipe) mcpi_stdio_release_sigpipe(&guard, status == MCP_E_CLOSED);
    return status;
}

/* Writes what there is. A server that reads no more may still have something to say, so that this is not its
   end; what it does not read is dropped. */
static void mcpi_stdio_write_child(mcp_client *c)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)c->io;
    size_t len;
    if (child->to >= 0 && mcp_client_output(c, &len) && mcpi_stdio_write_pipe(c) != MCP_OK)
        mcpi_stdio_close_fd(&child->to);
    while (child->to < 0 && !child->again && mcp_client_output(c, &len)) mcp_client_sent(c, len);
}

static void mcpi_stdio_read_child(mcp_client *c)
{
    const mcpi_stdio_child *child = (const mcpi_stdio_child *)c->io;
    size_t room;
    char *into = mcp_client_room(c, MCPI_STDIO_READ, &room);
    ssize_t n;
    if (!into) return;
    n = read(child->from, into, room < MCPI_STDIO_READ ? room : MCPI_STDIO_READ);
    if (n > 0) mcp_client_fed(c, (size_t)n);
    else if (n == 0 || (!mcpi_stdio_would_block() && errno != EINTR)) mcp_client_ended(c);
}

/*-- The end of a child: its input is closed, then it gets SIGTERM, then SIGKILL, with some time for each --*/

static void mcpi_stdio_begin_end(mcpi_stdio_child *child, uint32_t timeout_ms)
{
    mcpi_stdio_close_fd(&child->to);
    child->signals = 0;
    child->until_ms = mcp_now_ms(NULL) + timeout_ms;
}

/* Whether it has ended; what it still says is thrown away. */
static bool mcpi_stdio_has_ended(mcpi_stdio_child *child)
{
    char waste[512];
    int reads, status;
    pid_t ended;
    for (reads = 0; reads < 128 && child->from >= 0; reads++)
        if (read(child->from, waste, sizeof waste) <= 0) break;
    mcpi_stdio_read_words(child);
    ended = waitpid(child->pid, &status, WNOHANG);
    return ended == child->pid || (ended < 0 && errno == ECHILD);
}

/* Looks once, and tells it more clearly if its time is over. True: it has ended, and all of it is gone. One
   that has to be told does not look after its own children either. */
static bool mcpi_stdio_go_on_ending(mcpi_stdio_child *child, uint32_t timeout_ms)
{
    if (!mcpi_stdio_has_ended(child)) {
        const uint64_t now = mcp_now_ms(NULL);
        if (now < child->until_ms) return false;
        (void)kill(-child->pid, child->signals++ ? SIGKILL : SIGTERM);
        child->until_ms = now + timeout_ms;
        return false;
    }
    if (child->signals) (void)kill(-child->pid, SIGKILL);
    mcpi_stdio_close_fd(&child->from);
    mcpi_stdio_close_fd(&child->err);
    child->pid = 0;
    return true;
}

/* The same, waiting for it. */
static void mcpi_stdio_end_child(mcpi_stdio_child *child, uint32_t timeout_ms)
{
    int turn;
    if (!child->pid) return;
    mcpi_stdio_begin_end(child, timeout_ms);
    for (turn = 0; !mcpi_stdio_go_on_ending(child, timeout_ms); turn++) {
        if (turn < 100) (void)sched_yield();    /* it mostly takes no longer than that */
        else (void)poll(NULL, 0, turn < 200 ? 1 : 10);
    }
}

/* Starts a child again once it has ended, without waiting for that: no request's time runs meanwhile. */
static bool mcpi_stdio_restart_child(mcp_client *c)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)c->io;
    mcpi_stdio_begin_end(child, c->desc.close_timeout_ms);
    child->again = true;
    c->paused++;
    return true;
}

static void mcpi_stdio_go_on_restarting(mcp_client *c)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)c->io;
    if (!mcpi_stdio_go_on_ending(child, c->desc.close_timeout_ms)) return;
    child->again = false;
    if (!--c->paused) mcpi_client_resume_time(c);
    if (!mcpi_stdio_spawn(child)) mcp_client_ended(c);
}

MCP_API int mcp_client_fds(const mcp_client *client, mcp_pollfd *fds, int max, int *timeout_ms)
{
    const mcpi_stdio_child *child = (const mcpi_stdio_child *)client->io;
    int from[3] = { -1, -1, -1 };
    size_t len;
    *timeout_ms = mcpi_client_next_deadline(client);
    if (client->last_words == mcpi_stdio_last_words && client->state != MCPI_CLIENT_OVER) {
        from[0] = child->again || mcpi_client_is_full(client) ? -1 : child->from;
        from[1] = child->err;
        from[2] = mcp_client_output(client, &len) ? child->to : -1;
        if (child->again) *timeout_ms = mcpi_stdio_sooner(*timeout_ms, MCPI_STDIO_LOOK_MS);
    }
    return mcpi_stdio_list(from, fds, max);
}

MCP_API int mcp_client_ready(mcp_client *client, const mcp_pollfd *fds, int count)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)client->io;
    int i;
    if (client->last_words != mcpi_stdio_last_words) return MCP_E_MISUSE;
    mcpi_client_enter(client);
    for (i = 0; i < count && client->state != MCPI_CLIENT_OVER; i++) {
        if (!fds[i].revents) continue;
        if (fds[i].fd == child->from) mcpi_stdio_read_child(client);
        else if (fds[i].fd == child->err) mcpi_stdio_read_words(child);
    }
    (void)mcp_client_tick(client);
    if (child->again && client->state != MCPI_CLIENT_OVER) mcpi_stdio_go_on_restarting(client);
    mcpi_stdio_write_child(client);
    i = client->state == MCPI_CLIENT_OVER ? client->status : (int)MCP_OK;
    mcpi_client_leave(client);
    return i;
}

static int mcpi_stdio_pump_child(mcp_client *c, int timeout_ms)
{
    mcp_pollfd fds[3];
    int count, due, ready, status;

    mcpi_stdio_write_child(c);
    if (c->state == MCPI_CLIENT_OVER) return c->status;
    count = mcp_client_fds(c, fds, 3, &due);
    ready = mcpi_stdio_poll(fds, count, mcpi_stdio_sooner(timeout_ms, due));
    status = mcp_client_ready(c, fds, count);
    if (status != MCP_OK) return status;
    return ready > 0 || timeout_ms < 0 ? MCP_OK : MCP_WAIT;
}

/* Whether "NAME=value" is a variable of one of these names. */
static bool mcpi_stdio_is_allowed(const char *variable, const char *const *names)
{
    const size_t len = strcspn(variable, "=");
    for (; *names; names++)
        if (strlen(*names) == len && !memcmp(*names, variable, len)) return true;
    return false;
}

/* Chooses the variables of those names. False without memory. */
static bool mcpi_stdio_choose_environment(mcpi_stdio_child *child, const mcp_alloc *alloc,
                                          const char *const *names)
{
    size_t i, count = 0;
    if (!names) return true;
    while (environ[count]) count++;
    child->environment_size = (count + 1) * sizeof *child->environment;
    child->environment = (char **)mcpi_base_resize(alloc, NULL, 0, child->environment_size);
    if (!child->environment) return false;
    for (count = 0, i = 0; environ[i]; i++)
        if (mcpi_stdio_is_allowed(environ[i], names)) child->environment[count++] = environ[i];
    child->environment[count] = NULL;
    return true;
}

static void mcpi_stdio_free_child(const mcp_alloc *alloc, mcpi_stdio_child *child)
{
    mcpi_base_release(alloc, child->environment, child->environment_size);
    mcpi_base_release(alloc, child, sizeof *child);
}

static void mcpi_stdio_close_child(mcp_client *c)
{
    mcpi_stdio_child *child = (mcpi_stdio_child *)c->io;
    mcpi_stdio_end_child(child, c->desc.close_timeout_ms);
    mcpi_stdio_free_child(&c->desc.alloc, child);
}

/* What keeps a server from being started at all, or NULL. */
static const char *mcpi_stdio_wrong_spawn(const mcp_client_desc *d, const char *const *argv)
{
    if (!argv || !argv[0]) return "mcp_client_spawn: argv[0] must name a program";
    return d->name && d->version ? NULL : "mcp_client_spawn: mcp_client_desc must have a name and a version";
}

MCP_API mcp_client *mcp_client_spawn(const mcp_client_desc *desc, const char *const *argv)
{
    mcp_client_desc d = *desc;
    const char *wrong = mcpi_stdio_wrong_spawn(desc, argv);
    mcpi_stdio_child *child;
    mcp_client *c;
    int error = ENOMEM;
    if (wrong) {
        if (d.log) d.log(d.user, MCP_LOG_ERROR, wrong);
        return errno = EINVAL, (mcp_client *)NULL;
    }
    child = (mcpi_stdio_child *)mcpi_base_resize(&d.alloc, NULL, 0, sizeof *child);
    if (!child) return errno = ENOMEM, (mcp_client *)NULL;
    memset(child, 0, sizeof *child);
    child->argv = argv;
    child->stderr_to = d.stderr_to;
    child->quiet_pipe = mcpi_stdio_ignores_sigpipe();
    if (!d.now_ms) d.now_ms = mcp_now_ms;
    c = mcpi_stdio_choose_environment(child, &d.alloc, d.environment) ? mcp_client_create(&d) : NULL;
    if (c && mcpi_stdio_spawn(child)) {
        c->io = child;
        c->pump = mcpi_stdio_pump_child;
        c->last_words = mcpi_stdio_last_words;
        c->restart = mcpi_stdio_restart_child;
        c->close = mcpi_stdio_close_child;
        return c;
    }
    if (c) error = errno;
    mcp_client_close(c);
    mcpi_stdio_free_child(&d.alloc, child);
    errno = error;
    return NULL;
}

/*-- The ready-made log --*/

static const char *const mcpi_stdio_levels[] = {
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"
};

/* Where it goes, and what. */
typedef struct mcpi_stdio_journal {
    int fd;
    int level;                  /* the last that is written */
    bool json;
    void (*after)(void *user, mcp_call *call, int status, uint64_t duration_ms);    /* the host's */
} mcpi_stdio_journal;

/* What a line tells of a request. */
typedef struct mcpi_stdio_entry {
    const char *method, *name, *status;
    int code;
    uint64_t duration_ms;
} mcpi_stdio_entry;

/* A text of the line, cut to its place. */
static void mcpi_stdio_put_text(mcp_out *out, const char *key, const char *text)
{
    const size_t len = strlen(text);
    mcp_put_key(out, key);
    mcp_put_strn(out, text, len < 200 ? len : 200);
}

static void mcpi_stdio_put_number(mcp_out *out, const char *key, int64_t value)
{
    mcp_put_key(out, key);
    mcp_put_int(out, value);
}

/* A line of JSON. It has room for five texts in which every character is escaped. */
static size_t mcpi_stdio_write_json(char *line, size_t size, int level, const char *message,
                                    const mcpi_stdio_entry *entry)
{
    mcp_out out;
    mcp_str text = { NULL, 0 };
    mcp_out_fixed(&out, line, size);
    mcp_put_object(&out);
    mcpi_stdio_put_number(&out, "time_ms", (int64_t)mcp_wall_ms(NULL));
    mcpi_stdio_put_text(&out, "level", mcpi_stdio_levels[level & 7]);
    mcpi_stdio_put_text(&out, "message", message);
    if (entry) {
        mcpi_stdio_put_text(&out, "method", entry->method);
        mcpi_stdio_put_text(&out, "name", entry->name);
        mcpi_stdio_put_text(&out, "status", entry->status);
        mcpi_stdio_put_number(&out, "code", entry->code);
        mcpi_stdio_put_number(&out, "duration_ms", (int64_t)entry->duration_ms);
    }
    mcp_put_end(&out);
    (void)mcp_out_done(&out, &text);
    return text.len;
}

/* A line of text. What a client sent must not begin a line of its own, or move a cursor. */
static size_t mcpi_stdio_write_text(char *line, size_t size, int level, const char *message,
                                    const mcpi_stdio_entry *entry)
{
    mcpi_base_note note = mcpi_base_note_start(line, size);
    char *p;
    mcpi_base_note_str(&note, "mcp: ");
    mcpi_base_note_str(&note, mcpi_stdio_levels[level & 7]);
    mcpi_base_note_str(&note, ": ");
    mcpi_base_note_str(&note, entry ? entry->method : message);
    if (entry) {
        mcpi_base_note_str(&note, " '");
        mcpi_base_note_str(&note, entry->name);
        mcpi_base_note_str(&note, "': ");
        mcpi_base_note_uint(&note, entry->duration_ms);
        mcpi_base_note_str(&note, " ms, ");
        mcpi_base_note_str(&note, entry->status);
        if (entry->code) {
            mcpi_base_note_str(&note, entry->code < 0 ? ", code -" : ", code ");
            mcpi_base_note_uint(&note, (uint64_t)(entry->code < 0 ? -(int64_t)entry->code : entry->code));
        }
    }
    for (p = line; p < note.at; p++)
        if ((uint8_t)*p < ' ' || *p == 127) *p = '?';
    return (size_t)(note.at - line);
}

static void mcpi_stdio_log_entry(mcpi_stdio_journal *j, int level, const char *message,
                                 const mcpi_stdio_entry *entry)
{
    char line[5 * 200 * 6 + 400];
    size_t len;
    if (level > j->level) return;
    if (j->json) len = mcpi_stdio_write_json(line, sizeof line - 1, level, message, entry);
    else len = mcpi_stdio_write_text(line, 800, level, message, entry);
    line[len++] = '\n';
    if (write(j->fd, line, len) >= 0 || j->fd == STDERR_FILENO) return;
    (void)close(j->fd);         /* it is full, say, and this is said once */
    j->fd = STDERR_FILENO;
    mcpi_stdio_log_entry(j, MCP_LOG_ERROR, "MCP_LOG_FILE cannot be written any more: standard error is used",
                         NULL);
    if (write(j->fd, line, len) < 0) return;    /* nobody to tell */
}

static void mcpi_stdio_log(void *user, int level, const char *message)
{
    mcpi_stdio_log_entry((mcpi_stdio_journal *)user, level, message, NULL);
}

/* A line for each request, and then the host's own hook. */
static void mcpi_stdio_log_request(void *user, mcp_call *call, int status, uint64_t duration_ms)
{
    mcpi_stdio_journal *j = (mcpi_stdio_journal *)mcp_call_server(call)->desc.log_user;
    mcpi_stdio_entry entry;
    entry.method = mcp_call_method(call);
    entry.name = mcp_call_name(call);
    entry.status = mcp_strerror(status);
    entry.code = mcp_call_code(call);
    entry.duration_ms = duration_ms;
    mcpi_stdio_log_entry(j, MCP_LOG_DEBUG, "request", &entry);
    if (j->after) j->after(user, call, status, duration_ms);
}

/* The value of a variable; NULL if it is not set, or empty. */
static const char *mcpi_stdio_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Says what a variable should have been. */
static void mcpi_stdio_blame(mcpi_stdio_journal *j, const char *name, const char *expected, const char *value)
{
    char text[300];
    mcpi_base_note note = mcpi_base_note_start(text, sizeof text);
    mcpi_base_note_str(&note, name);
    mcpi_base_note_str(&note, ": ");
    mcpi_base_note_str(&note, expected);
    mcpi_base_note_str(&note, ", got '");
    mcpi_base_note_str(&note, value);
    mcpi_base_note_str(&note, "'");
    mcpi_stdio_log(j, MCP_LOG_ERROR, text);
}

static void mcpi_stdio_choose_level(mcpi_stdio_journal *j)
{
    const char *value = mcpi_stdio_variable("MCP_LOG");
    int level = 0;
    if (!value) return;
    while (level < 8 && !mcpi_base_same(mcpi_stdio_levels[level], value)) level++;
    if (level < 8) j->level = level;
    else mcpi_stdio_blame(j, "MCP_LOG", "expected debug, info, notice, warning, error ...", value);
}

static void mcpi_stdio_choose_format(mcpi_stdio_journal *j)
{
    const char *value = mcpi_stdio_variable("MCP_LOG_FORMAT");
    if (!value) return;
    j->json = mcpi_base_same(value, "json");
    if (!j->json && !mcpi_base_same(value, "text"))
        mcpi_stdio_blame(j, "MCP_LOG_FORMAT", "expected json or text", value);
}

static void mcpi_stdio_choose_file(mcpi_stdio_journal *j)
{
    const char *value = mcpi_stdio_variable("MCP_LOG_FILE");
    int fd;
    if (!value) return;
    /* A pipe that nobody reads must not keep us waiting. */
    fd = open(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd >= 0) j->fd = fd;
    else mcpi_stdio_blame(j, "MCP_LOG_FILE", "standard error is used: expected a file to write to", value);
}

static void mcpi_stdio_choose_slow(mcpi_stdio_journal *j, mcp_server_desc *d)
{
    const char *value = mcpi_stdio_variable("MCP_LOG_SLOW_MS");
    int64_t ms = 0;
    if (!value || d->slow_ms) return;
    if (value[strspn(value, "0123456789")] == 0) (void)mcpi_base_read_int(mcpi_schema_str(value), &ms);
    if (ms > 0 && ms <= 0x7fffffff) d->slow_ms = (uint32_t)ms;
    else mcpi_stdio_blame(j, "MCP_LOG_SLOW_MS", "expected a number of milliseconds", value);
}

/* Gives a server that has no log this one. */
static void mcpi_stdio_open_journal(mcpi_stdio_journal *j, mcp_server_desc *d)
{
    j->fd = STDERR_FILENO;
    j->level = MCP_LOG_INFO;
    j->json = false;
    j->after = d->after;
    if (d->log) return;
    mcpi_stdio_choose_format(j);
    mcpi_stdio_choose_level(j);
    mcpi_stdio_choose_file(j);
    mcpi_stdio_choose_slow(j, d);
    d->log = mcpi_stdio_log;
    d->log_user = j;
    if (j->level >= MCP_LOG_DEBUG) d->after = mcpi_stdio_log_request;
}

static void mcpi_stdio_close_journal(mcpi_stdio_journal *j)
{
    if (j->fd != STDERR_FILENO) (void)close(j->fd);
}

/* Pumps to the end. */
static int mcpi_stdio_run(mcp_stdio *io)
{
    const mcpi_stdio_guard guard = mcpi_stdio_hold_sigpipe();
    int status;
    io->quiet_pipe = true;
    do status = mcp_stdio_pump(io, -1);
    while (status == MCP_OK);
    mcpi_stdio_release_sigpipe(&guard, status == MCP_E_CLOSED);
    return status;
}

/* Makes a server and serves to the end. */
static int mcpi_stdio_serve(const mcp_server_desc *d)
{
    mcp_server *server = mcp_server_create(d);
    mcp_stdio *io;
    int status = MCP_E_NOMEM;

    if (!server) return MCP_E_MISUSE;
    io = mcpi_stdio_open(server, false);
    if (io) status = mcpi_stdio_run(io);
    mcpi_peer_log(d, status == MCP_E_CLOSED ? MCP_LOG_DEBUG : MCP_LOG_ERROR,
                  io ? mcp_stdio_error(io) : mcp_strerror(status));
    mcp_stdio_close(io);
    mcp_server_destroy(server);
    return status;
}

MCP_API int mcp_serve_stdio(const mcp_server_desc *desc)
{
    mcp_server_desc d = *desc;
    mcpi_stdio_journal journal;
    int status;

    mcpi_stdio_open_journal(&journal, &d);
    status = mcpi_stdio_serve(&d);
    mcpi_stdio_close_journal(&journal);
    return status == MCP_E_CLOSED ? 0 : 1;
}

#endif /* MCP_LAYERS >= 10 */

#if MCPI_LEAVES_OUT && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic pop
#endif

#endif /* MCPI_IMPLEMENTED */
#endif /* MCP_IMPLEMENTATION */

/* REVISION HISTORY

   0.1.0   The JSON codec; a tools server over standard input and output, in every revision.

   LICENCE

   mcp.h is available under two licences. Choose the one you prefer.

   ------------------------------------------------------------------------------
   ALTERNATIVE A - MIT License

   Copyright (c) 2026 the mcp.h authors

   Permission is hereby granted, free of charge, to any person obtaining a copy of
   this software and associated documentation files (the "Software"), to deal in
   the Software without restriction, including without limitation the rights to
   use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
   of the Software, and to permit persons to whom the Software is furnished to do
   so, subject to the following conditions:

   The above copyright notice and this permission notice shall be included in all
   copies or substantial portions of the Software.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
   LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
   OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
   SOFTWARE.

   ------------------------------------------------------------------------------
   ALTERNATIVE B - Public Domain (www.unlicense.org)

   This is free and unencumbered software released into the public domain.

   Anyone is free to copy, modify, publish, use, compile, sell, or distribute this
   software, either in source code form or as a compiled binary, for any purpose,
   commercial or non-commercial, and by any means.

   In jurisdictions that recognize copyright laws, the author or authors of this
   software dedicate any and all copyright interest in the software to the public
   domain. We make this dedication for the benefit of the public at large and to
   the detriment of our heirs and successors. We intend this dedication to be an
   overt act of relinquishment in perpetuity of all present and future rights to
   this software under copyright law.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
   ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
   WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */
