/* What a server that people depend on has around its tools, all of it in two hooks: a rate limit for each
   tool, an audit of every request, and metrics, which a tool tells. It starts even if it is set up wrongly:
   its tools then say what to mend.

       WORDS=/usr/share/dict/words RATE=60 ./hooks

   WORDS  a file with one word a line, for the tool `lookup`
   RATE   calls a minute of each tool (60)
   The log is the one of mcp_serve_stdio: MCP_LOG, MCP_LOG_FILE, MCP_LOG_FORMAT, MCP_LOG_SLOW_MS. */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*---- What the server knows -----------------------------------------------------------------------*/

enum { LOOKUP, COUNT, INFO, NUM_TOOLS, NUM_SPANS = 5, MAX_PROBLEMS = 4 };

static const uint64_t spans_ms[NUM_SPANS] = { 1, 10, 100, 1000, UINT64_MAX };

/* Each call takes a token; they come back with time, up to a minute's worth. */
typedef struct bucket {
    double tokens;
    uint64_t filled_ms;
} bucket;

typedef struct app {
    const char *words;                      /* a file; NULL: none that can be read */
    int64_t rate;                           /* calls a minute */
    char problems[MAX_PROBLEMS][200];       /* of the configuration */
    int num_problems;
    bucket buckets[NUM_TOOLS];
    unsigned long requests, failures, refusals, lost;
    unsigned long spans[NUM_SPANS];         /* requests that took at most so long */
} app;

static uint64_t now_ms(void *user)
{
    struct timespec now;
    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*---- The tools -----------------------------------------------------------------------------------*/

static int lookup(mcp_call *c)
{
    const app *a = (const app *)mcp_user(c);
    const char *word = mcp_arg_str(c, "word");
    char line[100];
    bool found = false;
    FILE *f = a->words ? fopen(a->words, "r") : NULL;
    if (!f) return mcp_fail(c, "no words: start the server with WORDS=<a file with one word a line>");
    while (!found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        found = !strcmp(line, word);
    }
    fclose(f);
    return mcp_textf(c, "\"%s\" is %s", word, found ? "a word" : "not in the list");
}

static int count(mcp_call *c)
{
    const char *p = mcp_arg_str(c, "text");
    unsigned long words = 0;
    for (p += strspn(p, " \t\n"); *p; p += strspn(p, " \t\n"), words++) p += strcspn(p, " \t\n");
    return mcp_textf(c, "%lu", words);
}

static int info(mcp_call *c)
{
    const app *a = (const app *)mcp_user(c);
    const unsigned long *n = a->spans;
    int i;
    (void)mcp_textf(c, "hooks 1.0 with mcp.h %s: lookup is %s, count is ready; %lld calls a minute of each",
                    MCP_H_VERSION, a->words ? "ready" : "not ready", (long long)a->rate);
    for (i = 0; i < a->num_problems; i++) (void)mcp_textf(c, "problem: %s", a->problems[i]);
    return mcp_data(c, "{'requests': %lu, 'failures': %lu, 'refusals': %lu, 'lost': %lu, 'took_ms':"
                       " {'to 1': %lu, 'to 10': %lu, 'to 100': %lu, 'to 1000': %lu, 'longer': %lu}}",
                    a->requests, a->failures, a->refusals, a->lost, n[0], n[1], n[2], n[3], n[4]);
}

static const mcp_field lookup_args[] = { MCP_NEED("word", MCP_STRING, "The word"), MCP_END };
static const mcp_field count_args[] = { MCP_NEED("text", MCP_STRING, "Whose words to count"), MCP_END };

static const mcp_tool tools[NUM_TOOLS] = {
    MCP_TOOL("lookup", lookup, "Tells whether something is a word.", lookup_args),
    MCP_TOOL("count", count, "Counts words.", count_args),
    MCP_TOOL("info", info, "Tells how the server is: versions, limits, problems, metrics.", 0)
};

/*---- The hooks -----------------------------------------------------------------------------------*/

/* The bucket of the tool that is called. NULL: it is none, or has no limit. */
static bucket *bucket_of(app *a, const mcp_call *c)
{
    int i;
    if (strcmp(mcp_call_method(c), "tools/call")) return NULL;
    for (i = 0; i < INFO; i++)
        if (!strcmp(tools[i].name, mcp_call_name(c))) return &a->buckets[i];
    return NULL;
}

/* The rate limit. A model reads what mcp_fail says, and waits. */
static int before(void *user, mcp_call *c)
{
    app *a = (app *)user;
    bucket *b = bucket_of(a, c);
    const uint64_t now = now_ms(NULL);
    const double per_ms = (double)a->rate / 60000;
    if (!b) return MCP_OK;
    b->tokens += (double)(now - b->filled_ms) * per_ms;
    b->filled_ms = now;
    if (b->tokens > (double)a->rate) b->tokens = (double)a->rate;
    if (b->tokens < 1) {
        a->refusals++;
        return mcp_fail(c, "too many calls of %s: try again in %.0f seconds", mcp_call_name(c),
                        (1 - b->tokens) / per_ms / 1000 + 1);
    }
    b->tokens--;
    return MCP_OK;
}

/* A line of JSON on standard error for each request: what was asked, and what became of it. */
static void audit(mcp_call *c, int status, uint64_t duration_ms)
{
    mcp_out out;
    mcp_str json;
    mcp_out_init(&out, 1 << 20);
    mcp_put_f(&out, "{'time': %lld, 'method': %s, 'name': %s, 'status': %s, 'code': %d, 'ms': %lu,"
                    " 'trace': %s}",
              (long long)time(NULL), mcp_call_method(c), mcp_call_name(c), mcp_strerror(status),
              mcp_call_code(c), (unsigned long)duration_ms, mcp_call_trace(c).parent);
    if (mcp_out_done(&out, &json) == MCP_OK) fprintf(stderr, "%s\n", json.ptr);
    mcp_out_free(&out);
}

static void after(void *user, mcp_call *c, int status, uint64_t duration_ms)
{
    app *a = (app *)user;
    int i = 0;
    while (duration_ms > spans_ms[i]) i++;
    a->spans[i]++;
    a->requests++;
    if (status == MCP_E_CLOSED) a->lost++;
    else if (status != MCP_OK) a->failures++;
    audit(c, status, duration_ms);
}

/*---- Setting it up -------------------------------------------------------------------------------*/

static void note_problem(app *a, const char *what, const char *value)
{
    if (a->num_problems == MAX_PROBLEMS) return;
    snprintf(a->problems[a->num_problems], sizeof a->problems[0], "%s, got '%s'", what,
             value ? value : "nothing");
    fprintf(stderr, "%s\n", a->problems[a->num_problems++]);
}

static void set_words(app *a)
{
    const char *value = getenv("WORDS");
    FILE *f = value ? fopen(value, "r") : NULL;
    if (f) a->words = value;
    if (f) fclose(f);
    else note_problem(a, "WORDS: expected a file that can be read", value);
}

static void set_rate(app *a)
{
    const char *value = getenv("RATE");
    char *end = NULL;
    int i;
    a->rate = value ? strtol(value, &end, 10) : 60;
    if (a->rate < 1 || a->rate > 1000000 || (end && *end)) {
        note_problem(a, "RATE: expected calls a minute, from 1 to 1000000; 60 is used", value);
        a->rate = 60;
    }
    for (i = 0; i < NUM_TOOLS; i++) {
        a->buckets[i].tokens = (double)a->rate;
        a->buckets[i].filled_ms = now_ms(NULL);
    }
}

int main(void)
{
    app a;
    mcp_server_desc d = { 0 };
    memset(&a, 0, sizeof a);
    set_words(&a);
    set_rate(&a);
    d.name = "hooks"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.user = &a;
    d.now_ms = now_ms;
    d.before = before;
    d.after = after;
    d.slow_ms = 1000;
    return mcp_serve_stdio(&d);
}
