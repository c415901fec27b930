/* Calls that are tasks, in both dialects: by lines, with a clock, a calendar and chance of our own. In the lines '
   stands for ". */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A host -------------------------------------------------------------------------------------*/

static struct {
    test_heap heap;
    uint64_t now;                   /* the calendar shows CALENDAR more */
    unsigned drawn;                 /* random bytes are 1, 2, 3 ... */
    mcp_server_desc desc;
    mcp_server *server;
    mcp_session *session;
    mcp_session *other;             /* of the same server */
    mcp_ref ref[8];                 /* as they were deferred */
    int deferred;
    char seen[4096];                /* by handlers and hooks, each with "; " behind it */
    bool silent;                    /* output is not taken */
} host;

#define CALENDAR 1763669735123u     /* 2025-11-20T20:15:35.123Z */

static void saw(const char *format, ...) MCP_PRINTF(1, 2);
static void saw(const char *format, ...)
{
    const size_t len = strlen(host.seen);
    va_list args;
    va_start(args, format);
    vsnprintf(host.seen + len, sizeof host.seen - len, format, args);
    va_end(args);
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return host.now;
}

static uint64_t wall_ms(void *user)
{
    (void)user;
    return CALENDAR + host.now;
}

static bool draw(void *user, void *out, size_t len)
{
    size_t i;
    (void)user;
    for (i = 0; i < len; i++) ((unsigned char *)out)[i] = (unsigned char)++host.drawn;
    return true;
}

static void on_cancel(void *user, mcp_ref ref)
{
    int i;
    (void)user;
    for (i = 0; i < host.deferred && host.ref[i] != ref; i++) continue;
    if (i < host.deferred) saw("cancelled %d; ", i);
    else saw("cancelled what is not known; ");
    CHECK(!mcp_resume(host.server, ref));
}

static const char *name_of(int status)
{
    static char text[4][40];
    static size_t next;
    char *to = text[next++ % 4];
    const char *name = mcp_strerror(status) + 4;
    const size_t len = strcspn(name, ":");
    memcpy(to, name, len);
    to[len] = 0;
    return to;
}

/*---- Handlers -----------------------------------------------------------------------------------*/

static int quick(mcp_call *c)
{
    saw("quick; ");
    return mcp_text(c, "done");
}

static int failing(mcp_call *c)
{
    return mcp_fail(c, "broken");
}

static int refusing(mcp_call *c)
{
    return mcp_refuse(c, 7, "not now");
}

static int slow(mcp_call *c)
{
    mcp_ref ref;
    const int status = mcp_defer(c, &ref);
    if (ref) host.ref[host.deferred++] = ref;
    else saw("slow=%s; ", name_of(status));
    return status;
}

static int last_step(mcp_call *c)
{
    mcp_progress(c, 2, 2, "two of two");
    return mcp_text(c, "all steps");
}

static int steps(mcp_call *c)
{
    mcp_progress(c, 1, 2, "one of two");
    mcp_log_text(c, MCP_LOG_INFO, NULL, "a step");
    return mcp_later(c, 1000, last_step);
}

static int tells(mcp_call *c)
{
    mcp_meta(c, "com.example/took", "%d", 3);
    return mcp_data(c, "{'n': %d}", 1);
}

static int becomes(mcp_call *c)
{
    int status;
    mcp_text(c, "said before");
    status = mcp_task(c);
    saw("task=%s; ", name_of(status));
    if (status == MCP_OK) status = mcp_task(c);
    CHECK_STATUS(status == MCP_OK ? MCP_OK : status, status);
    return mcp_text(c, "said after");
}

static int large(mcp_call *c)
{
    static char text[301];
    memset(text, 'x', 300);
    return mcp_text(c, text);
}

static const mcp_field yes_form[] = { MCP_NEED("yes", MCP_BOOLEAN, "Is it so?"), MCP_END };

/* Asks whether something is so: 1 or 0, or a status. */
static int ask_yes(mcp_call *c, const char *key)
{
    mcp_json answer;
    const int status = mcp_ask(c, key, key, yes_form, &answer);
    const bool yes = mcp_json_bool(answer, "yes", false);
    saw("%s=%s%s; ", key, name_of(status), status ? "" : yes ? " yes" : " no");
    return status ? status : yes;
}

static int asks(mcp_call *c)
{
    int a, b;
    const int status = mcp_task(c);
    if (status < 0 && status != MCP_E_UNSUPPORTED) return status;
    a = ask_yes(c, "a");
    b = ask_yes(c, "b~2");
    if (a == MCP_ASK || b == MCP_ASK) return MCP_ASK;
    if (a < 0 || b < 0) return mcp_fail(c, "%s %s", name_of(a < 0 ? a : 0), name_of(b < 0 ? b : 0));
    return mcp_textf(c, "a=%d b=%d", a, b);
}

/* One round of the request, then two of the task. */
static int both(mcp_call *c)
{
    int yes = ask_yes(c, "first");
    if (yes < 0 || yes == MCP_ASK) return yes;
    (void)mcp_task(c);
    yes = ask_yes(c, "second");
    if (yes < 0 || yes == MCP_ASK) return yes;
    yes = ask_yes(c, "third");
    return yes < 0 || yes == MCP_ASK ? yes : mcp_textf(c, "third=%d", yes);
}

static int inputs(mcp_call *c)
{
    mcp_json a, b;
    const int sampled = mcp_sample(c, "say", &a, "{'messages': [], 'maxTokens': 1}");
    const int rooted = mcp_roots(c, &b);
    const int opened = mcp_ask_url(c, "url", "There.", "https://example.com");
    if (sampled == MCP_ASK || rooted == MCP_ASK || opened == MCP_ASK) return MCP_ASK;
    mcp_url_done(c, "url");
    return mcp_textf(c, "%s %s %s", name_of(sampled), name_of(rooted), name_of(opened));
}

#define TASK_TOOL(name, fn, flags) MCP_TOOL_FULL(name, fn, 0, 0, 0, flags, 0, 0, 0, 0, 0)
static const mcp_tool tools[] = {
    TASK_TOOL("quick", quick, MCP_TASK), TASK_TOOL("failing", failing, MCP_TASK),
    TASK_TOOL("refusing", refusing, MCP_TASK), TASK_TOOL("slow", slow, MCP_TASK),
    TASK_TOOL("only", slow, MCP_TASK_ONLY | MCP_READ_ONLY), TASK_TOOL("plain", slow, 0),
    TASK_TOOL("steps", steps, MCP_TASK), TASK_TOOL("tells", tells, MCP_TASK),
    TASK_TOOL("becomes", becomes, MCP_TASK), TASK_TOOL("large", large, MCP_TASK), TASK_TOOL("asks", asks, MCP_TASK),
    TASK_TOOL("both", both, MCP_TASK), TASK_TOOL("inputs", inputs, MCP_TASK),
    MCP_TOOL_LIMITED("hasty", slow, 0, 0, MCP_TASK, 500, 0, 0)
};

/*---- Lines ---------------------------------------------------------------------------------------*/

/* The same text with " for '. */
static const char *quoted(const char *text)
{
    static char out[4][1 << 13];
    static size_t next;
    char *to = out[next++ % 4];
    size_t i;
    for (i = 0; text[i] && i < sizeof out[0] - 1; i++) to[i] = text[i] == '\'' ? '"' : text[i];
    to[i] = 0;
    return to;
}

/*-- What comes back, for tests/interop/schemas.sh: MCP_DUMP names a file for it. --*/

static struct {
    char revision[16], method[24];
} dumped[100];                      /* requests, by their id */

static FILE *dump_file(void)
{
    static FILE *file;
    const char *path = getenv("MCP_DUMP");
    if (path && !file) file = fopen(path, "a");
    return file;
}

static void dump_sent(const char *line)
{
    mcp_doc doc;
    mcp_json root, params, version;
    size_t id;
    memset(&doc, 0, sizeof doc);
    (void)mcp_json_parse(&doc, line, strlen(line));
    root = mcp_json_root(&doc);
    params = mcp_json_get(root, "params");
    version = mcp_json_get(mcp_json_get(params, "_meta"), "io.modelcontextprotocol/protocolVersion");
    id = (size_t)mcp_json_int(root, "id", 99);
    if (mcp_json_exists(mcp_json_get(root, "method"))) {
        snprintf(dumped[id].method, sizeof dumped[id].method, "%s", mcp_json_cstr(root, "method", ""));
        snprintf(dumped[id].revision, sizeof dumped[id].revision, "%s",
                 mcp_json_cstr(version, NULL, mcp_json_cstr(params, "protocolVersion", dumped[0].revision)));
    }
    mcp_doc_free(&doc);
}

static void dump_came(const char *line, size_t len)
{
    mcp_doc doc;
    mcp_json root, result;
    const char *method;
    size_t id;
    memset(&doc, 0, sizeof doc);
    (void)mcp_json_parse(&doc, line, len);
    root = mcp_json_root(&doc);
    result = mcp_json_get(root, "result");
    method = mcp_json_cstr(root, "method", NULL);
    id = (size_t)mcp_json_int(root, "id", 0);
    if (!mcp_json_exists(result) && !method && !mcp_json_exists(mcp_json_get(root, "error"))) return;
    fprintf(dump_file(), "%s\t%s\t%.*s\n", dumped[method ? 0 : id].revision, method ? method : dumped[id].method,
            (int)len, line);
    mcp_doc_free(&doc);
}

static void dump_output(const char *bytes, size_t len)
{
    while (len) {
        const size_t line = (size_t)((const char *)memchr(bytes, '\n', len) - bytes);
        dump_came(bytes, line);
        bytes += line + 1;
        len -= line + 1;
    }
}

static void feed_to(mcp_session *session, const char *line)
{
    const char *text = quoted(line);
    if (dump_file() && !host.heap.fail_at) dump_sent(text);
    (void)mcp_session_feed(session, text, strlen(text));
    (void)mcp_session_feed(session, "\n", 1);
}

static void feedf(const char *format, ...) MCP_PRINTF(1, 2);
static void feedf(const char *format, ...)
{
    static char line[1 << 13];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    feed_to(host.session, line);
}

/* Everything that a session has to send, with ' for "; it counts as sent. */
static const char *output_of(mcp_session *session)
{
    static char text[1 << 16];
    size_t n = 0, len, i;
    const char *bytes;
    while (bytes = mcp_session_output(session, &len), len && n + len < sizeof text) {
        memcpy(text + n, bytes, len);
        n += len;
        if (dump_file() && !host.heap.fail_at) dump_output(bytes, len);
        mcp_session_sent(session, len);
    }
    text[n] = 0;
    for (i = 0; i < n; i++) if (text[i] == '"') text[i] = '\'';
    return text;
}

static const char *output(void)
{
    return output_of(host.session);
}

#define CHECK_OUT(want) CHECK_STR(want, output())
#define CHECK_SEEN(want) (CHECK_STR(want, host.seen), host.seen[0] = 0)

static void begin(void)
{
    memset(&host, 0, sizeof host);
    host.now = 1000;
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.now_ms = now_ms;
    host.desc.wall_ms = wall_ms;
    host.desc.random = draw;
    host.desc.on_cancel = on_cancel;
}

static void greet(mcp_session *session, const char *revision)
{
    char line[400];
    snprintf(line, sizeof line, "{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'%s',"
             "'capabilities':{'elicitation':{'form':{},'url':{}},'sampling':{},'roots':{}},"
             "'clientInfo':{'name':'c','version':'1'}}}", revision);
    feed_to(session, line);
    (void)output_of(session);
}

static void start(const char *revision)
{
    host.server = mcp_server_create(&host.desc);
    host.session = mcp_session_open(host.server);
    if (*revision) greet(host.session, revision);
}

static void stop(void)
{
    mcp_session_close(host.session);
    mcp_session_close(host.other);
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
}

/* The id of the nth task, where nothing else was drawn before: from 0 on. */
static const char *task_id(int n)
{
    static char text[4][33];
    static size_t next;
    char *to = text[next++ % 4];
    int i;
    for (i = 0; i < 16; i++) snprintf(to + 2 * i, 3, "%02x", 16 * n + i + 1);
    return to;
}

/*---- 2025-11-25 ----------------------------------------------------------------------------------*/

#define TIME(second) "2025-11-20T20:15:" second ".123Z"

/* The members of a task that began at :36. */
static const char *task(int n, const char *status, const char *updated)
{
    static char text[4][400];
    static size_t next;
    char *to = text[next++ % 4];
    snprintf(to, sizeof text[0], "'taskId':'%s','status':'%s','createdAt':'" TIME("36") "','lastUpdatedAt':'"
             TIME("%s") "','ttl':300000,'pollInterval':1000", task_id(n), status, updated);
    return to;
}

#define RELATED "'_meta':{'io.modelcontextprotocol/related-task':{'taskId':'%s'}}"

static const char *format(const char *text, ...) MCP_PRINTF(1, 2);
static const char *format(const char *text, ...)
{
    static char out[8][2048];
    static size_t next;
    char *to = out[next++ % 8];
    va_list args;
    va_start(args, text);
    vsnprintf(to, sizeof out[0], text, args);
    va_end(args);
    return to;
}

static const char *join(const char *a, const char *b)
{
    return format("%s%s", a, b);
}

static const char *created(int id, int n)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{'task':{%s}," RELATED "}}\n", id, task(n, "working", "36"),
                  task_id(n));
}

static const char *told(int n, const char *status, const char *updated)
{
    return format("{'jsonrpc':'2.0','method':'notifications/tasks/status','params':{%s}}\n", task(n, status, updated));
}

static const char *got(int id, int n, const char *status, const char *updated)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{%s}}\n", id, task(n, status, updated));
}

static const char *result(int id, int n, const char *members)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{%s," RELATED "}}\n", id, members, task_id(n));
}

static const char *error(int id, int code, const char *text)
{
    return format("{'jsonrpc':'2.0','id':%d,'error':{'code':%d,'message':'%s'}}\n", id, code, text);
}

/* Calls a tool as a task; more: members of params, with a comma before them. */
static void call_task(int id, const char *tool, const char *more)
{
    feedf("{'jsonrpc':'2.0','id':%d,'method':'tools/call','params':{'name':'%s','task':{}%s}}", id, tool, more);
}

static void about(int id, const char *method, int n)
{
    feedf("{'jsonrpc':'2.0','id':%d,'method':'tasks/%s','params':{'taskId':'%s'}}", id, method, task_id(n));
}

#define TEXT(text) "'content':[{'type':'text','text':'" text "'}]"
#define UNKNOWN "unknown task: there is none, or it has expired"

static void finish(int n, const char *text)
{
    mcp_call *c = mcp_resume(host.server, host.ref[n]);
    CHECK(c != NULL);
    if (c) mcp_finish(c, mcp_text(c, text));
}

static void is_over_at_once(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK_OUT(join(created(1, 0), told(0, "completed", "36")));
    CHECK_SEEN("quick; ");
    about(2, "get", 0);
    CHECK_OUT(got(2, 0, "completed", "36"));
    about(3, "result", 0);
    CHECK_OUT(result(3, 0, TEXT("done")));
    about(4, "result", 0);
    CHECK_OUT(result(4, 0, TEXT("done")));
    stop();
}

static void is_over_later(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    CHECK_OUT(created(1, 0));
    about(2, "get", 0);
    CHECK_OUT(got(2, 0, "working", "36"));
    about(3, "result", 0);
    CHECK_OUT("");
    CHECK(mcp_session_busy(host.session));
    host.now += 2000;
    finish(0, "late");
    CHECK_OUT(join(told(0, "completed", "38"), result(3, 0, TEXT("late"))));
    CHECK(!mcp_session_busy(host.session));
    CHECK(!mcp_resume(host.server, host.ref[0]));
    about(4, "get", 0);
    CHECK_OUT(got(4, 0, "completed", "38"));
    stop();
}

static void fails(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "failing", "");
    CHECK_OUT(join(created(1, 0), told(0, "failed", "36")));
    about(2, "result", 0);
    CHECK_OUT(result(2, 0, TEXT("broken") ",'isError':true"));
    call_task(3, "refusing", "");
    CHECK_OUT(join(created(3, 1), told(1, "failed", "36")));
    about(4, "result", 1);
    CHECK_OUT(error(4, 7, "not now"));
    call_task(5, "quick", ",'arguments':{'x':1}");      /* which it does not know, and ignores */
    CHECK_OUT(join(created(5, 2), told(2, "completed", "36")));
    stop();
}

static void has_meta_of_its_own(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "tells", "");
    (void)output();
    about(2, "result", 0);
    CHECK_OUT(format("{'jsonrpc':'2.0','id':2,'result':{'content':[{'type':'text','text':'{\\'n\\':1}'}],"
                     "'structuredContent':{'n':1},'_meta':{'com.example/took':3,"
                     "'io.modelcontextprotocol/related-task':{'taskId':'%s'}}}}\n", task_id(0)));
    stop();
}

static void is_wanted_where_it_may_be(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "plain", "");
    CHECK_OUT(error(1, -32601, "tools/call: the tool is not called as a task"));
    feedf("{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'only'}}");
    CHECK_OUT(error(2, -32601, "tools/call: the tool is called as a task only"));
    feedf("{'jsonrpc':'2.0','id':3,'method':'tools/call','params':{'name':'quick'}}");
    CHECK_OUT("{'jsonrpc':'2.0','id':3,'result':{" TEXT("done") "}}\n");
    feedf("{'jsonrpc':'2.0','id':4,'method':'tools/call','params':{'name':'becomes'}}");
    CHECK_OUT("{'jsonrpc':'2.0','id':4,'result':{'content':[{'type':'text','text':'said before'},"
              "{'type':'text','text':'said after'}]}}\n");
    CHECK_SEEN("quick; task=E_UNSUPPORTED; ");
    feedf("{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'quick','task':7}}");
    CHECK_OUT(error(5, -32602, "tools/call: params.task must be an object"));
    feedf("{'jsonrpc':'2.0','id':6,'method':'tools/call','params':{'name':'quick','task':{'ttl':-1}}}");
    feedf("{'jsonrpc':'2.0','id':6,'method':'tools/call','params':{'name':'quick','task':{'ttl':'1'}}}");
    CHECK_OUT(join(error(6, -32602, "tools/call: params.task.ttl must be a number of milliseconds"),
                   error(6, -32602, "tools/call: params.task.ttl must be a number of milliseconds")));
    feedf("{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'nothing','task':{}}}");
    CHECK_OUT(error(7, -32602, "tools/call: unknown tool; see tools/list"));
    call_task(8, "only", "");
    CHECK_OUT(created(8, 0));
    call_task(9, "becomes", "");
    CHECK_OUT(join(created(9, 1), told(1, "completed", "36")));
    CHECK_SEEN("task=OK; ");
    feedf("{'jsonrpc':'2.0','id':10,'method':'tasks/update','params':{'taskId':'%s','inputResponses':{}}}", task_id(0));
    CHECK_OUT(error(10, -32601, "Method not found"));
    stop();
}

static void is_told_of(void)
{
    const char *out;
    begin();
    start("");
    feedf("{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'2025-11-25','capabilities':{},"
          "'clientInfo':{'name':'c','version':'1'}}}");
    CHECK_OUT("{'jsonrpc':'2.0','id':0,'result':{'protocolVersion':'2025-11-25','capabilities':{'tools':{},"
              "'tasks':{'list':{},'cancel':{},'requests':{'tools':{'call':{}}}}},'serverInfo':{'name':'s',"
              "'version':'1'}}}\n");
    feedf("{'jsonrpc':'2.0','id':1,'method':'tools/list'}");
    out = output();
    CHECK(strstr(out, "{'name':'quick','inputSchema':{'type':'object','properties':{}},"
                      "'execution':{'taskSupport':'optional'}}"));
    CHECK(strstr(out, "{'name':'only','inputSchema':{'type':'object','properties':{}},"
                      "'annotations':{'readOnlyHint':true},'execution':{'taskSupport':'required'}}"));
    CHECK(strstr(out, "{'name':'plain','inputSchema':{'type':'object','properties':{}}}"));
    stop();
}

static void older_revisions_have_none(void)
{
    static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18" };
    size_t i;
    for (i = 0; i < MCP_COUNT(revisions); i++) {
        NOTE("%s", revisions[i]);
        begin();
        start(revisions[i]);
        call_task(1, "quick", "");
        CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{" TEXT("done") "}}\n");
        call_task(2, "plain", "");
        about(3, "get", 0);
        about(4, "list", 0);
        CHECK_OUT(join(error(3, -32601, "Method not found"), error(4, -32601, "Method not found")));
        call_task(5, "only", "");
        CHECK_OUT(error(5, -32601, "tools/call: the tool is called as a task only"));
        feedf("{'jsonrpc':'2.0','id':6,'method':'tools/list'}");
        CHECK(!strstr(output(), "taskSupport"));
        stop();
    }
}

static void without_chance_there_are_none(void)
{
    begin();
    host.desc.random = NULL;
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{" TEXT("done") "}}\n");
    about(2, "get", 0);
    CHECK_OUT(error(2, -32601, "Method not found"));
    call_task(3, "only", "");
    CHECK_OUT(error(3, -32603, "the tool is called as a task only, and there are none: see mcp_server_desc.random"));
    stop();
}

static void x_call(int id, const char *tool);

static bool draw_none(void *user, void *out, size_t len)
{
    (void)user;
    memset(out, 0, len);
    return false;
}

static void while_chance_fails_there_are_none(void)
{
    begin();
    host.desc.random = draw_none;
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK_OUT(error(1, -32603, "there are no tasks while mcp_server_desc.random fails"));
    x_call(2, "becomes");
    CHECK(strstr(output(), "'said after'"));
    CHECK_SEEN("task=E_UNSUPPORTED; ");
    stop();
}

static void unknown_tasks(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "quick", "");
    (void)output();
    about(2, "get", 1);
    about(3, "result", 1);
    about(4, "cancel", 1);
    CHECK_OUT(join(join(error(2, -32602, UNKNOWN), error(3, -32602, UNKNOWN)), error(4, -32602, UNKNOWN)));
    feedf("{'jsonrpc':'2.0','id':5,'method':'tasks/get','params':{'taskId':'%.31s'}}", task_id(0));
    feedf("{'jsonrpc':'2.0','id':6,'method':'tasks/get','params':{'taskId':7}}");
    feedf("{'jsonrpc':'2.0','id':7,'method':'tasks/get'}");
    CHECK_OUT(join(join(error(5, -32602, UNKNOWN), error(6, -32602, "params.taskId must be a string")),
                   error(7, -32602, "params.taskId must be a string")));
    stop();
}

static void is_cancelled(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    about(2, "result", 0);
    (void)output();
    about(3, "cancel", 0);
    CHECK_SEEN("cancelled 0; ");
    CHECK_OUT(join(join(told(0, "cancelled", "36"), error(2, -32603, "the task was cancelled")),
                   got(3, 0, "cancelled", "36")));
    about(4, "cancel", 0);
    CHECK_OUT(error(4, -32602, "tasks/cancel: the task is over"));
    about(5, "get", 0);
    about(6, "result", 0);
    CHECK_OUT(join(got(5, 0, "cancelled", "36"), error(6, -32603, "the task was cancelled")));
    call_task(7, "quick", "");
    (void)output();
    about(8, "cancel", 1);
    CHECK_OUT(error(8, -32602, "tasks/cancel: the task is over"));
    stop();
}

/* The other door: what comes out is kept, unless nothing is taken. */
static char emitted[1 << 14];
static bool emit(void *user, uint64_t stream, int kind, int code, const char *bytes, size_t len, bool last)
{
    const size_t at = strlen(emitted);
    size_t i;
    (void)user, (void)kind, (void)code, (void)last;
    if (host.silent) return false;
    snprintf(emitted + at, sizeof emitted - at, "%d: %.*s\n", (int)stream, (int)len, bytes);
    for (i = at; emitted[i]; i++) if (emitted[i] == '"') emitted[i] = '\'';
    return true;
}

static int deliver(mcp_session *session, int stream, const char *principal, const char *line)
{
    const char *text = quoted(line);
    mcp_delivery d;
    memset(&d, 0, sizeof d);
    d.session = session;
    d.stream = (uint64_t)stream;
    d.emit = emit;
    d.principal = principal;
    d.bytes = text;
    d.len = strlen(text);
    return mcp_deliver(host.server, &d);
}

#define CHECK_EMITTED(want) (CHECK_STR(want, emitted), emitted[0] = 0)

/* A handler that cancels its own task, and goes on. */
static int suicidal(mcp_call *c)
{
    mcp_ref ref;
    CHECK_STATUS(MCP_OK, deliver(host.session, 1, NULL, format("{'jsonrpc':'2.0','id':9,'method':'tasks/cancel',"
                                                               "'params':{'taskId':'%s'}}", task_id(0))));
    CHECK(mcp_cancelled(c));
    saw("%s %s; ", name_of(mcp_defer(c, &ref)), name_of(ask_yes(c, "now")));
    return mcp_text(c, "too late");
}

static void is_cancelled_while_it_runs(void)
{
    static const mcp_tool tool[] = { TASK_TOOL("suicidal", suicidal, MCP_TASK) };
    begin();
    host.desc.tools = tool;
    host.desc.num_tools = 1;
    start("2025-11-25");
    call_task(1, "suicidal", "");
    CHECK_SEEN("now=E_CLOSED; E_CLOSED E_CLOSED; ");
    CHECK_OUT(join(created(1, 0), told(0, "cancelled", "36")));
    CHECK_EMITTED(join("1: ", got(9, 0, "cancelled", "36")));
    about(2, "get", 0);
    CHECK_OUT(got(2, 0, "cancelled", "36"));
    stop();
}

static void its_request_is_not_cancelled(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    about(2, "result", 0);
    about(3, "result", 0);
    feedf("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}");
    feedf("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':2}}");
    CHECK_OUT(created(1, 0));
    CHECK_SEEN("");
    finish(0, "late");
    CHECK_OUT(join(told(0, "completed", "36"), result(3, 0, TEXT("late"))));
    stop();
}

static void progress_is_its_message(void)
{
    begin();
    host.desc.logging = true;
    start("2025-11-25");
    feedf("{'jsonrpc':'2.0','id':8,'method':'logging/setLevel','params':{'level':'debug'}}");
    (void)output();
    call_task(1, "steps", ",'_meta':{'progressToken':'p'}");
    CHECK_OUT(format("%s{'jsonrpc':'2.0','method':'notifications/progress','params':{'progressToken':'p','progress':1,"
                     "'total':2,'message':'one of two'," RELATED "}}\n"
                     "{'jsonrpc':'2.0','method':'notifications/message','params':{'level':'info','data':'a step',"
                     RELATED "}}\n", created(1, 0), task_id(0), task_id(0)));
    about(2, "get", 0);
    CHECK_OUT(format("{'jsonrpc':'2.0','id':2,'result':{'taskId':'%s','status':'working','statusMessage':'one of two',"
                     "'createdAt':'" TIME("36") "','lastUpdatedAt':'" TIME("36") "','ttl':300000,"
                     "'pollInterval':1000}}\n", task_id(0)));
    host.now += 1000;
    (void)mcp_server_tick(host.server);
    CHECK_OUT(format("{'jsonrpc':'2.0','method':'notifications/progress','params':{'progressToken':'p','progress':2,"
                     "'total':2,'message':'two of two'," RELATED "}}\n%s", task_id(0), told(0, "completed", "37")));
    stop();
}

static void belongs_to_its_session(void)
{
    begin();
    start("2025-11-25");
    host.other = mcp_session_open(host.server);
    greet(host.other, "2025-11-25");
    call_task(1, "slow", "");
    CHECK_OUT(created(1, 0));
    feed_to(host.other, format("{'jsonrpc':'2.0','id':1,'method':'tasks/get','params':{'taskId':'%s'}}", task_id(0)));
    feed_to(host.other, format("{'jsonrpc':'2.0','id':2,'method':'tasks/cancel','params':{'taskId':'%s'}}",
                               task_id(0)));
    feed_to(host.other, "{'jsonrpc':'2.0','id':3,'method':'tasks/list'}");
    CHECK_STR(format("%s%s{'jsonrpc':'2.0','id':3,'result':{'tasks':[]}}\n", error(1, -32602, UNKNOWN),
                     error(2, -32602, UNKNOWN)), output_of(host.other));
    mcp_session_set_principal(host.session, "eve");
    about(2, "get", 0);
    CHECK_OUT(error(2, -32602, UNKNOWN));
    mcp_session_set_principal(host.session, NULL);
    about(3, "get", 0);
    CHECK_OUT(got(3, 0, "working", "36"));
    call_task(4, "slow", "");
    about(5, "result", 1);
    (void)output();
    mcp_session_set_principal(host.session, "eve");     /* while somebody else waits */
    finish(1, "secret");
    CHECK_OUT(join(told(1, "completed", "36"), error(5, -32602, UNKNOWN)));
    mcp_session_set_principal(host.session, NULL);
    mcp_session_close(host.session);
    CHECK_SEEN("cancelled 0; ");
    host.session = mcp_session_open(host.server);       /* often in the same place of memory */
    greet(host.session, "2025-11-25");
    about(4, "get", 0);
    CHECK_OUT(error(4, -32602, UNKNOWN));
    stop();
}

static void a_new_handshake_forgets_them(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    call_task(2, "quick", "");
    (void)output();
    feedf("{'jsonrpc':'2.0','id':3,'method':'initialize','params':{'protocolVersion':'2025-11-25','capabilities':{},"
          "'clientInfo':{'name':'c','version':'1'}}}");
    CHECK_OUT(error(3, -32600, "initialize: tasks of this session are under way"));
    finish(0, "late");
    (void)output();
    greet(host.session, "2025-11-25");
    about(4, "get", 0);
    about(5, "get", 1);
    CHECK_OUT(join(error(4, -32602, UNKNOWN), error(5, -32602, UNKNOWN)));
    stop();
}

static void end_of_input_waits_for_none(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    (void)output();
    CHECK(!mcp_session_busy(host.session));     /* nobody will ask for it */
    about(2, "result", 0);
    CHECK(mcp_session_busy(host.session));      /* but somebody has */
    stop();
}

static void are_listed_in_pages(void)
{
    int i;
    begin();
    host.desc.page_size = 2;
    start("2025-11-25");
    for (i = 0; i < 5; i++) call_task(i + 1, "slow", "");
    (void)output();
    feedf("{'jsonrpc':'2.0','id':6,'method':'tasks/list'}");
    CHECK_OUT(format("{'jsonrpc':'2.0','id':6,'result':{'tasks':[{%s},{%s}],'nextCursor':'2'}}\n",
                     task(0, "working", "36"), task(1, "working", "36")));
    about(7, "cancel", 2);
    (void)output();
    feedf("{'jsonrpc':'2.0','id':8,'method':'tasks/list','params':{'cursor':'2'}}");
    CHECK_OUT(format("{'jsonrpc':'2.0','id':8,'result':{'tasks':[{%s},{%s}],'nextCursor':'4'}}\n",
                     task(2, "cancelled", "36"), task(3, "working", "36")));
    feedf("{'jsonrpc':'2.0','id':9,'method':'tasks/list','params':{'cursor':'4'}}");
    CHECK_OUT(format("{'jsonrpc':'2.0','id':9,'result':{'tasks':[{%s}]}}\n", task(4, "working", "36")));
    feedf("{'jsonrpc':'2.0','id':10,'method':'tasks/list','params':{'cursor':'5'}}");
    CHECK_OUT(error(10, -32602, "unknown cursor: start again without one"));
    stop();
}

static void its_time_is_over(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    call_task(2, "quick", "");
    feedf("{'jsonrpc':'2.0','id':3,'method':'tools/call','params':{'name':'slow','task':{'ttl':5000}}}");
    feedf("{'jsonrpc':'2.0','id':4,'method':'tools/call','params':{'name':'slow','task':{'ttl':300001}}}");
    CHECK_STR("'ttl':300000,'pollInterval':1000}," , strstr(strstr(output(), "'id':4"), "'ttl'") ? "'ttl':300000,"
              "'pollInterval':1000}," : NULL);
    about(5, "result", 2);
    CHECK_INT(5000, mcp_server_tick(host.server));
    host.now += 4999;
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_OUT("");
    host.now += 1;
    CHECK_INT(295000, mcp_server_tick(host.server));
    CHECK_SEEN("quick; cancelled 1; ");
    CHECK(strstr(output(), error(5, -32603, "its time is over (mcp_server_desc.task_ttl_ms)")));
    about(6, "get", 2);
    CHECK_OUT(error(6, -32602, UNKNOWN));
    host.now += 294999;
    about(7, "get", 1);
    CHECK(strstr(output(), "'status':'completed'"));
    host.now += 1;
    about(8, "get", 1);     /* without a tick */
    CHECK_OUT(format("{'jsonrpc':'2.0','method':'notifications/tasks/status','params':{'taskId':'%s','status':'failed',"
                     "'createdAt':'" TIME("36") "','lastUpdatedAt':'2025-11-20T20:20:36.123Z','ttl':300000,"
                     "'pollInterval':1000}}\n{'jsonrpc':'2.0','method':'notifications/tasks/status','params':"
                     "{'taskId':'%s','status':'failed','createdAt':'" TIME("36") "','lastUpdatedAt':"
                     "'2025-11-20T20:20:36.123Z','ttl':300000,'pollInterval':1000}}\n%s", task_id(0), task_id(3),
                     error(8, -32602, UNKNOWN)));
    CHECK_SEEN("cancelled 0; cancelled 2; ");
    CHECK_INT(-1, mcp_server_tick(host.server));
    stop();
}

static void a_tool_has_its_own_time(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "hasty", "");
    CHECK_INT(500, mcp_server_tick(host.server));
    host.now += 500;
    (void)mcp_server_tick(host.server);
    CHECK_SEEN("cancelled 0; ");
    CHECK(strstr(output(), "'status':'failed'"));
    about(2, "result", 0);
    CHECK_OUT(result(2, 0, TEXT("there was no answer within 500 ms (mcp_tool.timeout_ms of hasty)")
                     ",'isError':true"));
    call_task(3, "slow", "");       /* and call_timeout_ms is nothing to a task */
    host.now += 299999;
    (void)mcp_server_tick(host.server);
    (void)output();
    CHECK(mcp_resume(host.server, host.ref[1]) != NULL);
    stop();
}

static void without_limits_or_clocks(void)
{
    begin();
    host.desc.now_ms = NULL;
    host.desc.wall_ms = NULL;
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK(strstr(output(), "'createdAt':'1970-01-01T00:00:00.000Z','lastUpdatedAt':'1970-01-01T00:00:00.000Z',"
                           "'ttl':null,"));
    CHECK_INT(-1, mcp_server_tick(host.server));
    stop();
    begin();
    host.desc.task_ttl_ms = MCP_NONE;
    host.desc.task_poll_ms = 50;
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK(strstr(output(), "'ttl':null,'pollInterval':50"));
    CHECK_INT(-1, mcp_server_tick(host.server));
    stop();
    begin();
    host.desc.max_tasks = MCP_NONE;
    start("2025-11-25");
    call_task(1, "quick", "");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{" TEXT("done") "}}\n");
    stop();
}

static void there_is_a_limit_to_them(void)
{
    begin();
    host.desc.max_tasks = 2;
    start("2025-11-25");
    call_task(1, "slow", "");
    call_task(2, "slow", "");
    (void)output();
    call_task(3, "slow", "");
    CHECK_OUT(error(3, -32603, "mcp_server_desc.max_tasks tasks are kept, or max_calls wait: try again later"));
    finish(1, "late");
    (void)output();
    call_task(4, "slow", "");       /* in place of the one that is over */
    CHECK(strstr(output(), task_id(2)));
    about(5, "get", 1);
    about(6, "get", 0);
    CHECK_OUT(join(error(5, -32602, UNKNOWN), got(6, 0, "working", "36")));
    host.other = mcp_session_open(host.server);
    greet(host.other, "2025-11-25");
    finish(0, "late");
    feed_to(host.other, "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'slow','task':{}}}");
    CHECK_STR(error(1, -32603, "mcp_server_desc.max_tasks tasks are kept, or max_calls wait: try again later"),
              output_of(host.other));       /* what others may still ask for stays */
    stop();
    begin();
    host.desc.max_calls = 1;
    start("2025-11-25");
    call_task(1, "slow", "");
    call_task(2, "slow", "");
    CHECK_OUT(join(created(1, 0), error(2, -32603, "mcp_server_desc.max_tasks tasks are kept, or max_calls wait: "
                                                   "try again later")));
    about(3, "result", 0);
    CHECK_OUT(error(3, -32603, "MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)"));
    stop();
}

static void there_is_a_limit_to_a_result(void)
{
    begin();
    host.desc.max_task_result = 300;
    start("2025-11-25");
    call_task(1, "large", "");
    CHECK_OUT(join(created(1, 0), told(0, "failed", "36")));
    about(2, "result", 0);
    CHECK_OUT(error(2, -32603, "the result is longer than mcp_server_desc.max_task_result allows"));
    stop();
}

static void a_slow_reader(void)
{
    begin();
    start("2025-11-25");
    host.silent = true;
    CHECK_STATUS(MCP_WAIT, deliver(host.session, 1, NULL, "{'jsonrpc':'2.0','id':1,'method':'tools/call',"
                                   "'params':{'name':'quick','task':{}}}"));
    CHECK_STATUS(MCP_WAIT, deliver(host.session, 2, NULL, "{'jsonrpc':'2.0','id':2,'method':'tools/call',"
                                   "'params':{'name':'slow','task':{}}}"));
    finish(0, "late");
    host.silent = false;
    mcp_stream_ready(host.server, NULL, 2);
    CHECK_EMITTED(join("2: ", created(2, 1)));
    mcp_stream_lost(host.server, NULL, 1);      /* its id was not told */
    mcp_stream_ready(host.server, NULL, 1);
    CHECK_EMITTED("");
    CHECK_OUT(join(told(0, "completed", "36"), told(1, "completed", "36")));
    about(3, "result", 1);
    CHECK_OUT(result(3, 1, TEXT("late")));
    stop();
}

/*---- 2025-11-25: what a task asks ----------------------------------------------------------------*/

static const char *asked(int id, int n, const char *key)
{
    return format("{'jsonrpc':'2.0','id':%d,'method':'elicitation/create','params':{'message':'%s',"
                  "'requestedSchema':{'type':'object','properties':{'yes':{'type':'boolean','description':"
                  "'Is it so?'}},'required':['yes']}," RELATED "}}\n", id, key, task_id(n));
}

static void answer(int id, const char *yes)
{
    feedf("{'jsonrpc':'2.0','id':%d,'result':{'action':'accept','content':{'yes':%s}}}", id, yes);
}

static void asks_who_waits_for_it(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    CHECK_OUT(join(created(1, 0), told(0, "input_required", "36")));
    CHECK_SEEN("a=ASK; b~2=ASK; ");
    about(2, "get", 0);
    CHECK_OUT(got(2, 0, "input_required", "36"));
    host.now += 1000;
    about(3, "result", 0);
    CHECK_OUT(join(asked(1, 0, "a"), asked(2, 0, "b~2")));
    answer(2, "true");
    CHECK_OUT("");
    about(4, "result", 0);
    CHECK_OUT("");
    answer(1, "false");
    CHECK_SEEN("a=OK no; b~2=OK yes; ");
    CHECK_OUT(join(join(told(0, "working", "37"), told(0, "completed", "37")),
                   join(result(3, 0, TEXT("a=0 b=1")), result(4, 0, TEXT("a=0 b=1")))));
    stop();
}

static void asks_the_next_one_who_waits(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    about(2, "result", 0);
    about(3, "result", 0);
    CHECK_OUT(format("%s%s%s%s", created(1, 0), told(0, "input_required", "36"), asked(1, 0, "a"),
                     asked(2, 0, "b~2")));
    answer(2, "true");
    feedf("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':2}}");
    CHECK_OUT(asked(3, 0, "a"));
    answer(1, "true");      /* of the one that is gone */
    CHECK_OUT("");
    feedf("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':3}}");
    CHECK_OUT("");
    answer(3, "true");      /* nobody waits, but the answer is welcome */
    CHECK_OUT(join(told(0, "working", "36"), told(0, "completed", "36")));
    about(4, "result", 0);
    CHECK_OUT(result(4, 0, TEXT("a=1 b=1")));
    stop();
}

/* The stream of who waits for a task is lost, and with it what was asked there. */
static void survives_who_waits_for_it(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    CHECK_STATUS(MCP_WAIT, deliver(host.session, 5, NULL, format("{'jsonrpc':'2.0','id':2,'method':'tasks/result',"
                                                                 "'params':{'taskId':'%s'}}", task_id(0))));
    CHECK_EMITTED(format("5: %s5: %s", asked(1, 0, "a"), asked(2, 0, "b~2")));
    mcp_stream_lost(host.server, NULL, 5);
    (void)output();
    about(3, "result", 0);
    CHECK_OUT(join(asked(3, 0, "a"), asked(4, 0, "b~2")));
    answer(3, "true");
    answer(4, "true");
    CHECK_OUT(join(join(told(0, "working", "36"), told(0, "completed", "36")), result(3, 0, TEXT("a=1 b=1"))));
    stop();
}

static void asks_again_what_does_not_fit(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    about(2, "result", 0);
    (void)output();
    answer(1, "7");
    answer(2, "true");
    CHECK_OUT(join(join(told(0, "working", "36"), told(0, "input_required", "36")), asked(3, 0, "a")));
    answer(3, "true");
    CHECK_OUT(join(join(told(0, "working", "36"), told(0, "completed", "36")), result(2, 0, TEXT("a=1 b=1"))));
    stop();
}

static void is_cancelled_while_it_asks(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    about(2, "result", 0);
    (void)output();
    answer(2, "true");
    about(3, "cancel", 0);
    CHECK_OUT(format("%s%s{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1,"
                     RELATED "}}\n%s",
                     told(0, "cancelled", "36"), error(2, -32603, "the task was cancelled"), task_id(0),
                     got(3, 0, "cancelled", "36")));
    answer(1, "true");
    CHECK_OUT("");
    CHECK_SEEN("a=ASK; b~2=ASK; ");     /* the host knows of no number, so it hears of no end */
    stop();
}

static void its_questions_have_a_time(void)
{
    begin();
    host.desc.task_ttl_ms = 3600000;
    start("2025-11-25");
    call_task(1, "asks", "");
    (void)output();
    host.now += 600000;
    (void)mcp_server_tick(host.server);
    CHECK_SEEN("a=ASK; b~2=ASK; a=E_TIMEOUT; b~2=E_TIMEOUT; ");
    about(2, "result", 0);
    CHECK(strstr(output(), result(2, 0, TEXT("E_TIMEOUT E_TIMEOUT") ",'isError':true")));
    stop();
}

static void its_time_is_over_while_it_asks(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    about(2, "result", 0);
    (void)output();
    host.now += 300000;
    (void)mcp_server_tick(host.server);
    CHECK(strstr(output(), error(2, -32603, "its time is over (mcp_server_desc.task_ttl_ms)")));
    answer(1, "true");
    answer(2, "true");
    CHECK_OUT("");
    CHECK_SEEN("a=ASK; b~2=ASK; ");
    stop();
}

static void asks_for_everything(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "inputs", "");
    about(2, "result", 0);
    (void)output();
    feedf("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':2}}");
    about(3, "result", 0);
    CHECK_OUT(format("{'jsonrpc':'2.0','id':4,'method':'sampling/createMessage','params':{'messages':[],'maxTokens':1,"
                     RELATED "}}\n{'jsonrpc':'2.0','id':5,'method':'roots/list','params':{" RELATED "}}\n"
                     "{'jsonrpc':'2.0','id':6,'method':'elicitation/create','params':{'message':'There.','mode':'url',"
                     "'url':'https://example.com','elicitationId':'1112131415161718191a1b1c1d1e1f20" "75726c',"
                     RELATED "}}\n", task_id(0), task_id(0), task_id(0)));
    feedf("{'jsonrpc':'2.0','id':4,'error':{'code':-1,'message':'no'}}");
    feedf("{'jsonrpc':'2.0','id':5,'result':{'roots':[]}}");
    feedf("{'jsonrpc':'2.0','id':6,'result':{'action':'accept'}}");
    CHECK_OUT(format("%s{'jsonrpc':'2.0','method':'notifications/elicitation/complete','params':{'elicitationId':"
                     "'1112131415161718191a1b1c1d1e1f2075726c'," RELATED "}}\n%s%s", told(0, "working", "36"),
                     task_id(0), told(0, "completed", "36"), result(3, 0, TEXT("E_DECLINED OK OK"))));
    stop();
}

static void says_nothing_more(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "asks", "");
    about(2, "result", 0);
    (void)output();
    mcp_session_ended(host.session);
    CHECK(strstr(output(), result(2, 0, TEXT("E_CLOSED E_CLOSED") ",'isError':true")));
    stop();
}

/*---- 2026-07-28 ----------------------------------------------------------------------------------*/

#define META(capabilities) "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28'," \
    "'io.modelcontextprotocol/clientInfo':{'name':'c','version':'1'}," \
    "'io.modelcontextprotocol/clientCapabilities':{" capabilities "}}"
#define TAKES META("'elicitation':{},'extensions':{'io.modelcontextprotocol/tasks':{}}")
#define INFO "'_meta':{'io.modelcontextprotocol/serverInfo':{'name':'s','version':'1'}}"
#define COMPLETE "'resultType':'complete'," INFO
#define LACKING "{'requiredCapabilities':{'extensions':{'io.modelcontextprotocol/tasks':{}}}}"

/* The members of a task of the extension; more: those behind them, each with a comma before it. */
static const char *x_task(int n, const char *status, const char *updated, const char *more)
{
    return format("'taskId':'%s','status':'%s','createdAt':'" TIME("36") "','lastUpdatedAt':'" TIME("%s") "','ttlMs':"
                  "300000,'pollIntervalMs':1000%s", task_id(n), status, updated, more);
}

static const char *x_created(int id, int n)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{'resultType':'task',%s," INFO "}}\n", id,
                  x_task(n, "working", "36", ""));
}

static const char *x_got(int id, int n, const char *status, const char *updated, const char *more)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{%s," COMPLETE "}}\n", id, x_task(n, status, updated, more));
}

static const char *agreed(int id)
{
    return format("{'jsonrpc':'2.0','id':%d,'result':{" COMPLETE "}}\n", id);
}

static const char *lacks(int id)
{
    return format("{'jsonrpc':'2.0','id':%d,'error':{'code':-32021,'message':'the client has not declared that it "
                  "takes tasks','data':" LACKING "}}\n", id);
}

static void x_call(int id, const char *tool)
{
    feedf("{'jsonrpc':'2.0','id':%d,'method':'tools/call','params':{'name':'%s'," TAKES "}}", id, tool);
}

static void x_about(int id, const char *method, int n, const char *more)
{
    feedf("{'jsonrpc':'2.0','id':%d,'method':'tasks/%s','params':{'taskId':'%s'%s," TAKES "}}", id, method, task_id(n),
          more);
}

#define RESULT(text) ",'result':{" TEXT(text) "," COMPLETE "}"
#define ANSWER(key, yes) ",'inputResponses':{'" key "':{'action':'accept','content':{'yes':" yes "}}}"

static void x_is_over_later(void)
{
    begin();
    start("");
    x_call(1, "slow");
    CHECK_OUT(x_created(1, 0));
    x_about(2, "get", 0, "");
    CHECK_OUT(x_got(2, 0, "working", "36", ""));
    host.now += 2000;
    finish(0, "late");
    CHECK_OUT("");
    x_about(3, "get", 0, "");
    CHECK_OUT(x_got(3, 0, "completed", "38", RESULT("late")));
    stop();
}

static void x_only_what_takes_time_is_one(void)
{
    begin();
    start("");
    x_call(1, "quick");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{" TEXT("done") "," COMPLETE "}}\n");
    x_call(2, "becomes");
    CHECK_OUT(x_created(2, 0));
    CHECK_SEEN("quick; task=OK; ");
    x_about(3, "get", 0, "");
    CHECK_OUT(x_got(3, 0, "completed", "36", ",'result':{'content':[{'type':'text','text':'said before'},"
                    "{'type':'text','text':'said after'}]," COMPLETE "}"));
    feedf("{'jsonrpc':'2.0','id':4,'method':'tools/call','params':{'name':'quick','task':{'ttl':1}," TAKES "}}");
    CHECK_OUT("{'jsonrpc':'2.0','id':4,'result':{" TEXT("done") "," COMPLETE "}}\n");
    x_call(5, "plain");
    CHECK_OUT("");
    finish(0, "late");
    CHECK_OUT("{'jsonrpc':'2.0','id':5,'result':{" TEXT("late") "," COMPLETE "}}\n");
    x_call(6, "steps");
    CHECK_OUT(x_created(6, 1));
    x_about(7, "get", 1, "");
    CHECK_OUT(x_got(7, 1, "working", "36", ""));    /* what it said before was not the task's */
    host.now += 1000;
    (void)mcp_server_tick(host.server);
    x_about(8, "get", 1, "");
    CHECK_OUT(x_got(8, 1, "completed", "37", RESULT("all steps")));
    stop();
}

static void x_fails_with_its_request_only(void)
{
    mcp_call *c;
    begin();
    start("");
    x_call(1, "slow");
    x_call(2, "slow");
    (void)output();
    c = mcp_resume(host.server, host.ref[0]);
    mcp_finish(c, mcp_fail(c, "broken"));
    c = mcp_resume(host.server, host.ref[1]);
    mcp_finish(c, mcp_refuse_data(c, 7, "not now", "{'n': 1}"));
    x_about(3, "get", 0, "");
    x_about(4, "get", 1, "");
    CHECK_OUT(join(x_got(3, 0, "completed", "36", ",'result':{" TEXT("broken") ",'isError':true," COMPLETE "}"),
                   x_got(4, 1, "failed", "36", ",'error':{'code':7,'message':'not now','data':{'n':1}}")));
    stop();
}

static void x_for_clients_that_take_them(void)
{
    begin();
    start("");
    feedf("{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'slow'," META("") "}}");
    CHECK_OUT("");
    finish(0, "late");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{" TEXT("late") "," COMPLETE "}}\n");
    feedf("{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'only'," META("") "}}");
    feedf("{'jsonrpc':'2.0','id':3,'method':'tasks/get','params':{'taskId':'none'," META("'tasks':{}") "}}");
    feedf("{'jsonrpc':'2.0','id':4,'method':'tasks/cancel','params':{" META("'extensions':{}") "}}");
    feedf("{'jsonrpc':'2.0','id':5,'method':'tasks/update','params':{'taskId':'none',"
          META("'extensions':{'io.modelcontextprotocol/tasks':true}") "}}");
    CHECK_OUT(format("%s%s%s%s", lacks(2), lacks(3), lacks(4), lacks(5)));
    feedf("{'jsonrpc':'2.0','id':6,'method':'tasks/result','params':{'taskId':'none'," TAKES "}}");
    feedf("{'jsonrpc':'2.0','id':7,'method':'tasks/list','params':{" TAKES "}}");
    CHECK_OUT(join(error(6, -32601, "Method not found"), error(7, -32601, "Method not found")));
    x_call(8, "only");
    CHECK_OUT(x_created(8, 0));
    stop();
}

static void x_is_told_of(void)
{
    const char *out;
    begin();
    host.desc.extensions = MCP_JSON({ "com.example/maps": { "zoom": 9 } });
    start("");
    feedf("{'jsonrpc':'2.0','id':1,'method':'server/discover','params':{" META("") "}}");
    out = output();
    CHECK(strstr(out, "'capabilities':{'tools':{},'extensions':{'com.example/maps':{'zoom':9},"
                      "'io.modelcontextprotocol/tasks':{}}}"));
    feedf("{'jsonrpc':'2.0','id':2,'method':'tools/list','params':{" META("") "}}");
    CHECK(!strstr(output(), "execution"));
    stop();
    begin();
    start("2025-11-25");        /* where it is no extension, even if a client says so */
    feedf("{'jsonrpc':'2.0','id':1,'method':'initialize','params':{'protocolVersion':'2025-11-25','capabilities':"
          "{'extensions':{'io.modelcontextprotocol/tasks':{}}},'clientInfo':{'name':'c','version':'1'}}}");
    CHECK(!strstr(output(), "extensions"));
    feedf("{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'slow'}}");
    CHECK_OUT("");
    stop();
}

static void x_is_cancelled(void)
{
    begin();
    start("");
    x_call(1, "slow");
    (void)output();
    x_about(2, "cancel", 0, "");
    CHECK_OUT(agreed(2));
    CHECK_SEEN("cancelled 0; ");
    x_about(3, "get", 0, "");
    CHECK_OUT(x_got(3, 0, "cancelled", "36", ""));
    x_about(4, "cancel", 0, "");
    x_about(5, "update", 0, ANSWER("a", "true"));
    x_about(6, "cancel", 1, "");
    CHECK_OUT(format("%s%s%s", agreed(4), agreed(5), error(6, -32602, UNKNOWN)));
    x_call(7, "becomes");
    (void)output();
    x_about(8, "cancel", 1, "");
    CHECK_OUT(agreed(8));
    x_about(9, "get", 1, "");
    CHECK(strstr(output(), "'status':'completed'"));
    stop();
}

#define QUESTION(key, message) "'" key "':{'method':'elicitation/create','params':{'message':'" message \
    "','requestedSchema':{'type':'object','properties':{'yes':{'type':'boolean','description':'Is it so?'}}," \
    "'required':['yes']}}}"

static void x_asks(void)
{
    begin();
    start("");
    x_call(1, "asks");
    CHECK_OUT(x_created(1, 0));
    CHECK_SEEN("a=ASK; b~2=ASK; ");
    x_about(2, "get", 0, "");
    CHECK_OUT(x_got(2, 0, "input_required", "36", ",'inputRequests':{" QUESTION("a", "a") ","
                    QUESTION("b~2~1", "b~2") "}"));
    host.now += 1000;
    x_about(3, "update", 0, ANSWER("b~2~1", "true"));
    x_about(4, "update", 0, ",'inputResponses':{'b~2':{'action':'accept'},'c':7,'b~2~1':{'action':'decline'}}");
    x_about(5, "get", 0, "");
    CHECK_OUT(format("%s%s%s", agreed(3), agreed(4), x_got(5, 0, "input_required", "36", ",'inputRequests':{"
                     QUESTION("a", "a") "}")));
    x_about(6, "update", 0, ANSWER("a", "7"));      /* which does not fit: it is asked again */
    CHECK_SEEN("a=ASK; b~2=OK yes; ");
    x_about(7, "get", 0, "");
    CHECK_OUT(join(agreed(6), x_got(7, 0, "input_required", "37", ",'inputRequests':{" QUESTION("a~2", "a") "}")));
    x_about(8, "update", 0, ANSWER("a", "true"));   /* which is over */
    CHECK_SEEN("");
    x_about(9, "update", 0, ANSWER("a~2", "true"));
    CHECK_SEEN("a=OK yes; b~2=OK yes; ");
    x_about(10, "get", 0, "");
    CHECK_OUT(format("%s%s%s", agreed(8), agreed(9), x_got(10, 0, "completed", "37", RESULT("a=1 b=1"))));
    stop();
}

static void x_wants_answers_that_are_some(void)
{
    begin();
    start("");
    x_call(1, "asks");
    (void)output();
    x_about(2, "update", 0, "");
    x_about(3, "update", 0, ",'inputResponses':[]");
    x_about(4, "update", 0, ",'inputResponses':{'a':{},'a':{}}");
    x_about(5, "update", 1, ANSWER("a", "true"));
    CHECK_OUT(format("%s%s%s%s", error(2, -32602, "params.inputResponses must be an object, each key once"),
                     error(3, -32602, "params.inputResponses must be an object, each key once"),
                     error(4, -32602, "params.inputResponses must be an object, each key once"),
                     error(5, -32602, UNKNOWN)));
    stop();
}

static void x_rounds_come_first(void)
{
    const char *out, *state;
    char copy[2000];
    begin();
    start("");
    x_call(1, "both");
    out = output();
    CHECK(strstr(out, "'resultType':'input_required','inputRequests':{'first':"));
    CHECK(!strstr(out, "taskId"));
    state = strstr(out, ",'requestState':'");
    snprintf(copy, sizeof copy, "%.*s", state ? (int)strcspn(state + 17, "'") + 18 : 0, state ? state : "");
    feedf("{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'both'," TAKES ANSWER("first", "true")
          "%s}}", copy);
    out = output();
    CHECK(strstr(out, "'id':2,'result':{'resultType':'task'"));
    CHECK(!strstr(out, "requestState"));
    state = strstr(out, "'taskId':'");
    snprintf(copy, sizeof copy, "%.32s", state ? state + 10 : "");
    feedf("{'jsonrpc':'2.0','id':3,'method':'tasks/get','params':{'taskId':'%s'," TAKES "}}", copy);
    CHECK(strstr(output(), "'inputRequests':{" QUESTION("second", "second") "}"));
    feedf("{'jsonrpc':'2.0','id':4,'method':'tasks/update','params':{'taskId':'%s'" ANSWER("second", "true") "," TAKES
          "}}", copy);
    (void)output();
    host.seen[0] = 0;
    feedf("{'jsonrpc':'2.0','id':5,'method':'tasks/update','params':{'taskId':'%s'" ANSWER("third", "true") "," TAKES
          "}}", copy);
    CHECK_SEEN("first=OK yes; second=OK yes; third=OK yes; ");
    CHECK_OUT(agreed(5));
    feedf("{'jsonrpc':'2.0','id':6,'method':'tasks/get','params':{'taskId':'%s'," TAKES "}}", copy);
    CHECK(strstr(output(), RESULT("third=1")));
    stop();
}

static void x_asks_only_what_was_declared(void)
{
    begin();
    start("");
    feedf("{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'asks',"
          META("'extensions':{'io.modelcontextprotocol/tasks':{}}") "}}");
    CHECK_OUT(x_created(1, 0));
    CHECK_SEEN("a=E_UNSUPPORTED; b~2=E_UNSUPPORTED; ");
    x_about(2, "get", 0, "");
    CHECK(strstr(output(), "'text':'E_UNSUPPORTED E_UNSUPPORTED'"));
    stop();
}

static void x_time_runs_out(void)
{
    begin();
    host.desc.task_ttl_ms = 600001;
    start("");
    x_call(1, "asks");
    (void)output();
    host.now += 600000;
    (void)mcp_server_tick(host.server);
    CHECK_SEEN("a=ASK; b~2=ASK; a=E_TIMEOUT; b~2=E_TIMEOUT; ");
    x_about(2, "get", 0, "");
    CHECK(strstr(output(), "'status':'completed'"));
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    x_about(3, "get", 0, "");
    CHECK_OUT(error(3, -32602, UNKNOWN));
    stop();
}

static void x_survives_its_stream(void)
{
    const char *call = "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'%s'," TAKES "}}";
    begin();
    start("");
    CHECK_STATUS(MCP_OK, deliver(NULL, 1, "ann", format(call, "slow")));
    CHECK_STATUS(MCP_OK, deliver(NULL, 2, "ann", format(call, "asks")));
    CHECK_STATUS(MCP_WAIT, deliver(NULL, 3, "ann", format(call, "plain")));
    CHECK_EMITTED(format("1: %s2: %s", x_created(1, 0), x_created(1, 1)));
    mcp_stream_lost(host.server, NULL, 1);
    mcp_stream_lost(host.server, NULL, 2);
    CHECK_SEEN("a=ASK; b~2=ASK; ");
    mcp_stream_lost(host.server, NULL, 3);
    CHECK_SEEN("cancelled 1; ");
    finish(0, "late");
    call = "{'jsonrpc':'2.0','id':2,'method':'tasks/get','params':{'taskId':'%s'," TAKES "}}";
    CHECK_STATUS(MCP_OK, deliver(NULL, 4, "ann", format(call, task_id(0))));
    CHECK_EMITTED(join("4: ", x_got(2, 0, "completed", "36", RESULT("late"))));
    CHECK_STATUS(MCP_OK, deliver(NULL, 5, "eve", format(call, task_id(0))));
    CHECK_STATUS(MCP_OK, deliver(NULL, 6, NULL, format(call, task_id(1))));
    CHECK_STATUS(MCP_OK, deliver(host.session, 7, "ann", format(call, task_id(1))));
    CHECK_EMITTED(format("5: %s6: %s7: %s", error(2, -32602, UNKNOWN), error(2, -32602, UNKNOWN),
                         error(2, -32602, UNKNOWN)));
    stop();
}

static void one_dialect_knows_nothing_of_the_other(void)
{
    begin();
    start("2025-11-25");
    call_task(1, "slow", "");
    x_call(2, "slow");
    (void)output();
    x_about(3, "get", 0, "");
    about(4, "get", 1);
    feedf("{'jsonrpc':'2.0','id':5,'method':'tasks/list'}");
    CHECK_OUT(format("%s%s{'jsonrpc':'2.0','id':5,'result':{'tasks':[{%s}]}}\n", error(3, -32602, UNKNOWN),
                     error(4, -32602, UNKNOWN), task(0, "working", "36")));
    stop();
}

static void x_there_is_a_limit_to_them(void)
{
    begin();
    host.desc.max_tasks = 1;
    start("");
    x_call(1, "slow");
    (void)output();
    x_call(2, "slow");
    CHECK_SEEN("slow=E_BUSY; ");
    CHECK_OUT(error(2, -32603, "MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)"));
    x_call(3, "becomes");
    CHECK_SEEN("task=E_BUSY; ");
    CHECK(strstr(output(), "'said after'"));
    stop();
}

static void tasks_of_a_stranger_end_with_the_server(void)
{
    begin();
    start("");
    (void)deliver(NULL, 1, "ann", "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'slow'," TAKES "}}");
    (void)deliver(NULL, 1, "ann", "{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'asks'," TAKES "}}");
    emitted[0] = 0;
    stop();
    CHECK_SEEN("a=ASK; b~2=ASK; cancelled 0; ");
}

/*---- Asking late ---------------------------------------------------------------------------------*/

static void on_ready(void *user, mcp_ref ref)
{
    mcp_call *c = mcp_resume(host.server, ref);
    int a, b;
    (void)user;
    CHECK(c != NULL);
    saw("ready; ");
    a = ask_yes(c, "a");
    if (a == MCP_ASK) return;
    b = ask_yes(c, "b");
    if (b != MCP_ASK) mcp_finish(c, a < 0 || b < 0 ? mcp_fail(c, "%s", name_of(a < 0 ? a : b)) : mcp_text(c, "both"));
}

/* Asks a and b for a deferred task; what more is asked goes out when the answers are there. */
static void ask_late(int n)
{
    mcp_call *c = mcp_resume(host.server, host.ref[n]);
    CHECK(c != NULL);
    CHECK_INT(MCP_ASK, ask_yes(c, "a"));
    CHECK_INT(MCP_ASK, ask_yes(c, "a"));    /* which changes nothing */
    CHECK_INT(MCP_ASK, ask_yes(c, "b"));
    CHECK_SEEN("a=ASK; a=ASK; b=ASK; ");
}

static void asks_late(void)
{
    begin();
    host.desc.on_ready = on_ready;
    start("2025-11-25");
    call_task(1, "slow", "");
    about(2, "result", 0);
    (void)output();
    ask_late(0);
    CHECK_OUT(join(told(0, "input_required", "36"), join(asked(1, 0, "a"), asked(2, 0, "b"))));
    answer(1, "true");
    CHECK_SEEN("");
    answer(2, "7");
    CHECK_SEEN("ready; a=OK yes; b=ASK; ");
    CHECK_OUT(join(join(told(0, "working", "36"), told(0, "input_required", "36")), asked(3, 0, "b")));
    answer(3, "true");
    CHECK_SEEN("ready; a=OK yes; b=OK yes; ");
    CHECK_OUT(join(join(told(0, "working", "36"), told(0, "completed", "36")), result(2, 0, TEXT("both"))));
    stop();
    begin();
    start("2025-11-25");
    feedf("{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'slow'}}");
    CHECK_STATUS(MCP_E_MISUSE, mcp_ask(mcp_resume(host.server, host.ref[0]), "a", "a", yes_form, NULL));
    stop();
}

static void ends_while_it_asks_late(void)
{
    begin();
    host.desc.on_ready = on_ready;
    start("2025-11-25");
    call_task(1, "slow", "");
    about(2, "result", 0);
    ask_late(0);
    (void)output();
    finish(0, "without them");
    CHECK_OUT(format("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1," RELATED "}}\n"
                     "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':2," RELATED "}}\n%s%s",
                     task_id(0), task_id(0), told(0, "completed", "36"), result(2, 0, TEXT("without them"))));
    answer(1, "true");
    answer(2, "true");
    CHECK_SEEN("");
    stop();
    begin();
    host.desc.on_ready = on_ready;
    start("2025-11-25");
    call_task(1, "slow", "");
    ask_late(0);
    about(2, "cancel", 0);
    CHECK_SEEN("cancelled 0; ");
    stop();
}

static void x_asks_late(void)
{
    begin();
    host.desc.on_ready = on_ready;
    host.desc.task_ttl_ms = 3600000;
    start("");
    x_call(1, "slow");
    (void)output();
    ask_late(0);
    x_about(2, "get", 0, "");
    CHECK(strstr(output(), ",'inputRequests':{" QUESTION("a", "a") "," QUESTION("b", "b") "}"));
    x_about(3, "update", 0, ANSWER("a", "true"));
    CHECK_SEEN("");
    CHECK_INT(600000, mcp_server_tick(host.server));
    host.now += 600000;
    (void)mcp_server_tick(host.server);
    CHECK_SEEN("ready; a=OK yes; b=E_TIMEOUT; ");
    (void)output();
    x_about(4, "get", 0, "");
    CHECK(strstr(output(), "'result':{" TEXT("E_TIMEOUT") ",'isError':true"));
    stop();
}

/*---- Hooks ---------------------------------------------------------------------------------------*/

static void after(void *user, mcp_call *call, int status, uint64_t took)
{
    (void)user;
    saw("%s after %d: %s; ", mcp_call_method(call), (int)took, name_of(status));
}

static void hooks_hear_of_it_once(void)
{
    begin();
    host.desc.after = after;
    start("2025-11-25");
    host.seen[0] = 0;
    call_task(1, "slow", "");
    about(2, "result", 0);
    CHECK_SEEN("");
    host.now += 2000;
    finish(0, "late");
    CHECK_SEEN("tasks/result after 2000: OK; tools/call after 2000: OK; ");
    call_task(3, "failing", "");
    CHECK_SEEN("tools/call after 0: E_TOOL; ");
    call_task(4, "slow", "");
    about(5, "cancel", 2);
    CHECK_SEEN("tools/call after 0: E_CLOSED; cancelled 1; tasks/cancel after 0: OK; ");
    stop();
}

/*---- Without memory ------------------------------------------------------------------------------*/

/* Plays a client that waits for a task that asks. Returns the last that came. */
static const char *converse(bool modern)
{
    static char id[33];
    const char *out, *at;
    int i;
    if (modern) x_call(1, "asks");
    else call_task(1, "asks", "");
    out = output();
    at = strstr(out, "'taskId':'");
    if (!at) return out;
    snprintf(id, sizeof id, "%s", at + 10);
    for (i = 0; i < 3; i++) {
        if (!modern) break;
        feedf("{'jsonrpc':'2.0','id':2,'method':'tasks/update','params':{'taskId':'%s','inputResponses':{"
              "'a':{'action':'accept','content':{'yes':true}},'b~2~1':{'action':'accept','content':{'yes':true}}},"
              TAKES "}}", id);
        feedf("{'jsonrpc':'2.0','id':3,'method':'tasks/get','params':{'taskId':'%s'," TAKES "}}", id);
        out = output();
    }
    if (modern) return out;
    feedf("{'jsonrpc':'2.0','id':2,'method':'tasks/result','params':{'taskId':'%s'}}", id);
    for (i = 0; i < 3; i++) {
        out = output();
        for (at = out; (at = strstr(at, "'method':'elicitation/create'")) != NULL; at++) {
            const char *number = at;
            while (number[-1] != ':') number--;
            answer(atoi(number), "true");
            if (strstr(at + 1, "'method':'elicitation")) answer(atoi(number) + 1, "true");
            break;
        }
        if (!at) break;
    }
    feedf("{'jsonrpc':'2.0','id':4,'method':'tasks/list'}");
    return out;
}

/* Lets the allocation of that number fail, and all after it or not. Returns whether there was one. */
static bool fail_at(size_t number, bool forever, bool modern)
{
    const char *revision = modern ? "" : "2025-11-25";
    bool failed;
    begin();
    start(revision);
    host.heap.calls = 0;
    host.heap.fail_at = number;
    host.heap.forever = forever;
    NOTE("allocation %d, %s, %s", (int)number, forever ? "for ever" : "once", modern ? "modern" : "legacy");
    (void)converse(modern);
    failed = host.heap.calls >= number;
    host.heap.fail_at = 0;
    (void)output();
    if (mcp_session_status(host.session) < 0) {
        mcp_session_close(host.session);
        host.session = mcp_session_open(host.server);
        if (!modern) greet(host.session, revision);
    }
    CHECK(strstr(converse(modern), "'text':'a=1 b=1'"));
    stop();
    return failed;
}

static void every_allocation_fails(void)
{
    int kind;
    size_t number;
    for (kind = 0; kind < 4; kind++) {
        for (number = 1; fail_at(number, kind & 1, kind & 2); number++) continue;
        CHECK(number > 10);
    }
}

int main(void)
{
    TEST(is_over_at_once);
    TEST(is_over_later);
    TEST(fails);
    TEST(has_meta_of_its_own);
    TEST(is_wanted_where_it_may_be);
    TEST(is_told_of);
    TEST(older_revisions_have_none);
    TEST(without_chance_there_are_none);
    TEST(while_chance_fails_there_are_none);
    TEST(unknown_tasks);
    TEST(is_cancelled);
    TEST(is_cancelled_while_it_runs);
    TEST(its_request_is_not_cancelled);
    TEST(progress_is_its_message);
    TEST(belongs_to_its_session);
    TEST(a_new_handshake_forgets_them);
    TEST(end_of_input_waits_for_none);
    TEST(are_listed_in_pages);
    TEST(its_time_is_over);
    TEST(a_tool_has_its_own_time);
    TEST(without_limits_or_clocks);
    TEST(there_is_a_limit_to_them);
    TEST(there_is_a_limit_to_a_result);
    TEST(a_slow_reader);
    TEST(asks_who_waits_for_it);
    TEST(asks_the_next_one_who_waits);
    TEST(survives_who_waits_for_it);
    TEST(asks_again_what_does_not_fit);
    TEST(is_cancelled_while_it_asks);
    TEST(its_questions_have_a_time);
    TEST(its_time_is_over_while_it_asks);
    TEST(asks_for_everything);
    TEST(says_nothing_more);
    TEST(x_is_over_later);
    TEST(x_only_what_takes_time_is_one);
    TEST(x_fails_with_its_request_only);
    TEST(x_for_clients_that_take_them);
    TEST(x_is_told_of);
    TEST(x_is_cancelled);
    TEST(x_asks);
    TEST(x_wants_answers_that_are_some);
    TEST(x_rounds_come_first);
    TEST(x_asks_only_what_was_declared);
    TEST(x_time_runs_out);
    TEST(x_survives_its_stream);
    TEST(one_dialect_knows_nothing_of_the_other);
    TEST(x_there_is_a_limit_to_them);
    TEST(tasks_of_a_stranger_end_with_the_server);
    TEST(asks_late);
    TEST(ends_while_it_asks_late);
    TEST(x_asks_late);
    TEST(hooks_hear_of_it_once);
    TEST(every_allocation_fails);
    return test_end();
}
