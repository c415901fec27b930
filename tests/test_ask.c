/* Asking the client in the middle of a call: one handler, one conversation, all revisions, over a server and a
   client of ours in one process. What the handler saw and what the caller got must be the same in each. Lines by
   hand, where a client of ours would not do wrong, are in the second half; in them ' stands for ". */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

/*---- A host -------------------------------------------------------------------------------------*/

static struct {
    test_heap heap;
    uint64_t now;
    unsigned drawn;                 /* random bytes are 1, 2, 3 ... */
    mcp_server_desc desc;
    mcp_client_desc client_desc;
    mcp_server *server;
    mcp_client *client;
    mcp_session *session;
    const char *script;             /* what the user does: a letter for each question */
    mcp_ref held[4];                /* questions, */
    size_t num_held;
    mcp_ref ref;
    char seen[16384];               /* by handlers and the user, each with "; " behind it */
} host;

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

static bool draw(void *user, void *out, size_t len)
{
    size_t i;
    (void)user;
    for (i = 0; i < len; i++) ((unsigned char *)out)[i] = (unsigned char)++host.drawn;
    return true;
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

static const mcp_field yes_form[] = { MCP_NEED("yes", MCP_BOOLEAN, "Is it so?"), MCP_END };
static const mcp_field name_form[] = {
    MCP_FIELD("name", MCP_STRING | MCP_REQUIRED, "Of whom", 0, 0, "1", "10"),
    MCP_DEFAULT("age", MCP_INTEGER, "30", "In years"),
    MCP_CHOICE("size", MCP_STRING, "small|large", "Of the shirt"),
    MCP_END
};
static const mcp_field list_form[] = {
    MCP_CHOICE("days", MCP_STRING | MCP_LIST, "mo|tu|we", "When"), MCP_END
};

/* Asks whether something is so: 1 or 0, or a status. */
static int ask_yes(mcp_call *c, const char *key)
{
    mcp_json answer;
    const int status = mcp_ask(c, key, key, yes_form, &answer);
    const bool yes = mcp_json_bool(answer, "yes", false);
    saw("%s=%s%s; ", key, name_of(status), status ? "" : yes ? " yes" : " no");
    return status ? status : yes;
}

static int none(mcp_call *c)
{
    return mcp_text(c, "nothing to ask");
}

static int one(mcp_call *c)
{
    const int yes = ask_yes(c, "one");
    return yes < 0 || yes == MCP_ASK ? yes : mcp_textf(c, "yes=%d", yes);
}

static int several(mcp_call *c)
{
    const int a = ask_yes(c, "a"), b = ask_yes(c, "b");
    if (a == MCP_ASK || b == MCP_ASK) return MCP_ASK;
    if (a < 0 || b < 0) return mcp_fail(c, "%s %s", name_of(a < 0 ? a : 0), name_of(b < 0 ? b : 0));
    return mcp_textf(c, "a=%d b=%d", a, b);
}

static int sequential(mcp_call *c)
{
    static const char *const keys[] = { "first", "second", "third" };
    int sum = 0;
    size_t i;
    for (i = 0; i < MCP_COUNT(keys); i++) {
        const int yes = ask_yes(c, keys[i]);
        if (yes < 0 || yes == MCP_ASK) return yes;
        sum = 10 * sum + yes;
    }
    return mcp_textf(c, "%03d", sum);
}

static int conditional(mcp_call *c)
{
    int yes = ask_yes(c, "really");
    if (yes == 1) yes = ask_yes(c, "truly");
    if (yes == MCP_ASK) return yes;
    return mcp_textf(c, "%s", yes == 1 ? "done" : "left alone");
}

static int typed(mcp_call *c)
{
    mcp_json a;
    const int status = mcp_ask(c, "who", "Who?", name_form, &a);
    if (status) return status;
    return mcp_textf(c, "%s %d %s", mcp_json_cstr(a, "name", "?"), (int)mcp_json_int(a, "age", 0),
                     mcp_json_cstr(a, "size", "?"));
}

static int listed(mcp_call *c)
{
    mcp_json a;
    const int status = mcp_ask(c, "days", "Which days?", list_form, &a);
    saw("days=%s; ", name_of(status));
    return status ? status : mcp_textf(c, "%d days", (int)mcp_json_count(mcp_json_get(a, "days")));
}

static int address(mcp_call *c)
{
    const int status = mcp_ask_url(c, "login", "Log in there.", "https://example.com/login");
    saw("login=%s; ", name_of(status));
    if (status) return status;
    mcp_url_done(c, "login");
    return mcp_text(c, "agreed");
}

static int sampled(mcp_call *c)
{
    mcp_json a;
    const int status = mcp_sample(c, "say", &a, "{'messages': [{'role': 'user', 'content': {'type': 'text', "
                                  "'text': %s}}], 'maxTokens': 20}", "Hi\n\"you\"");
    saw("say=%s; ", name_of(status));
    return status ? status : mcp_textf(c, "%s: %s", mcp_json_cstr(a, "model", ""),
                                       mcp_json_cstr(mcp_json_get(a, "content"), "text", ""));
}

static int rooted(mcp_call *c)
{
    mcp_json roots;
    const int status = mcp_roots(c, &roots);
    saw("roots=%s; ", name_of(status));
    return status ? status : mcp_textf(c, "%d: %s", (int)mcp_json_count(roots),
                                       mcp_json_cstr(mcp_json_first(roots), "uri", ""));
}

/* Does something that must happen once, and keeps what it found out in the first run. */
static int acting(mcp_call *c)
{
    const mcp_str state = mcp_state(c);
    int yes;
    saw("state '%.*s'; ", (int)state.len, state.ptr ? state.ptr : "");
    CHECK_STATUS(MCP_OK, mcp_state_set(c, "found", 5));
    yes = ask_yes(c, "act");
    if (yes < 0 || yes == MCP_ASK) return yes;
    yes = mcp_once(c);
    return mcp_textf(c, "once %d, again %d", yes, mcp_once(c));
}

static int forgetful(mcp_call *c)
{
    int yes;
    if (!mcp_state(c).len) {
        yes = ask_yes(c, "big");
        if (yes < 0 || yes == MCP_ASK) return yes;
        (void)mcp_state_set(c, yes ? "Y" : "N", 1);
        mcp_forget(c, "big");
    }
    yes = ask_yes(c, "small");
    if (yes < 0 || yes == MCP_ASK) return yes;
    return mcp_textf(c, "%.1s %d", mcp_state(c).ptr, yes);
}

/* Asks something else the second time. */
static int fickle(mcp_call *c)
{
    mcp_json a;
    static int runs;
    const int status = mcp_ask(c, "key", runs++ % 2 ? "Or that?" : "This?", yes_form, &a);
    saw("%s; ", name_of(status));
    return status ? status : mcp_text(c, "answered");
}

static int later_step(mcp_call *c)
{
    const int yes = ask_yes(c, "late");
    return yes < 0 || yes == MCP_ASK ? yes : mcp_textf(c, "late=%d", yes);
}

static int later(mcp_call *c)
{
    return mcp_later(c, 10, later_step);
}

/* Fails for a reason of its own, or for that of its question. */
static int breaks(mcp_call *c)
{
    const int yes = ask_yes(c, "break");
    return yes == 1 ? (int)MCP_E_IO : yes == 0 ? (int)MCP_E_DECLINED : yes;
}

static int defers(mcp_call *c)
{
    const int yes = ask_yes(c, "go");
    return yes == 1 ? mcp_defer(c, &host.ref) : yes < 0 || yes == MCP_ASK ? yes : mcp_text(c, "not gone");
}

static const mcp_tool tools[] = {
    MCP_TOOL("none", none, 0, 0), MCP_TOOL("one", one, 0, 0), MCP_TOOL("several", several, 0, 0),
    MCP_TOOL("sequential", sequential, 0, 0), MCP_TOOL("conditional", conditional, 0, 0),
    MCP_TOOL("typed", typed, 0, 0), MCP_TOOL("listed", listed, 0, 0), MCP_TOOL("address", address, 0, 0),
    MCP_TOOL("sampled", sampled, 0, 0), MCP_TOOL("rooted", rooted, 0, 0), MCP_TOOL("acting", acting, 0, 0),
    MCP_TOOL("forgetful", forgetful, 0, 0), MCP_TOOL("fickle", fickle, 0, 0), MCP_TOOL("later", later, 0, 0),
    MCP_TOOL("defers", defers, 0, 0), MCP_TOOL("breaks", breaks, 0, 0)
};
static const mcp_prompt prompts[] = { MCP_PROMPT("ask", several, "Asks", NULL) };
static const mcp_resource resources[] = { MCP_RESOURCE("ask://it", "it", one, "text/plain", "Asks") };

/*---- The other side ------------------------------------------------------------------------------*/

/* y, n: says so; d: declines; c: dismisses; h: holds it; others: fills in the rest. */
static void on_input(void *user, mcp_input *input)
{
    const char what = *host.script ? *host.script++ : '?';
    (void)user;
    saw("asked %s %c; ", mcp_input_message(input), what);
    switch (what) {
    case 'y': CHECK_STATUS(MCP_OK, mcp_accept(input, "{'yes': true}")); break;
    case 'n': CHECK_STATUS(MCP_OK, mcp_accept(input, "{'yes': false}")); break;
    case 'd': mcp_decline(input); break;
    case 'c': mcp_dismiss(input); break;
    case 'h': host.held[host.num_held++ % MCP_COUNT(host.held)] = mcp_input_later(input); break;
    case 't': CHECK_STATUS(MCP_OK, mcp_accept(input, "{'name': 'Ann', 'size': 'large'}")); break;
    case 'l': CHECK_STATUS(MCP_OK, mcp_accept(input, "{'days': ['mo', 'we']}")); break;
    case 'u': CHECK_STATUS(MCP_OK, mcp_accept(input, NULL)); break;
    case 's':
        CHECK_STATUS(MCP_OK, mcp_answer(input, "{'role': 'assistant', 'model': 'm', 'content': "
                                        "{'type': 'text', 'text': 'Hello'}}"));
        break;
    case 'r': CHECK_STATUS(MCP_OK, mcp_answer(input, "{'roots': [{'uri': 'file:///a'}]}")); break;
    default: FAIL("asked beyond the script: %s", mcp_input_message(input)); mcp_dismiss(input);
    }
}

static void begin(void)
{
    memset(&host, 0, sizeof host);
    host.now = 1000;
    host.desc.name = "s";
    host.desc.version = "1";
    host.desc.tools = tools;
    host.desc.num_tools = MCP_COUNT(tools);
    host.desc.prompts = prompts;
    host.desc.num_prompts = MCP_COUNT(prompts);
    host.desc.resources = resources;
    host.desc.num_resources = MCP_COUNT(resources);
    host.desc.alloc = test_heap_init(&host.heap);
    host.desc.now_ms = now_ms;
    host.desc.random = draw;
    host.client_desc.name = "c";
    host.client_desc.version = "1";
    host.client_desc.alloc = host.desc.alloc;
    host.client_desc.on_input = on_input;
    host.client_desc.inputs = MCP_INPUT_FORM | MCP_INPUT_URL | MCP_INPUT_SAMPLING | MCP_INPUT_ROOTS;
    host.client_desc.now_ms = now_ms;
}

static void start_pair(uint32_t revision)
{
    host.client_desc.revisions = revision;
    host.server = mcp_server_create(&host.desc);
    host.client = host.server ? mcp_pair(host.server, &host.client_desc) : NULL;
    CHECK(host.client != NULL);
}

static void stop(void)
{
    mcp_client_close(host.client);
    mcp_session_close(host.session);
    mcp_server_destroy(host.server);
    CHECK_HEAP(&host.heap);
}

/*---- One conversation, all revisions -------------------------------------------------------------*/

enum { FORMS = MCP_2025_06_18 | MCP_2025_11_25 | MCP_2026_07_28, URLS = MCP_2025_11_25 | MCP_2026_07_28 };

/* A conversation: what is asked for, what the user does, what was seen, what came of it. In revisions that do not
   know such a question, the handler sees "UNSUPPORTED" and the caller gets that. */
typedef struct scenario {
    const char *tool, *script, *seen, *result;
    uint32_t revisions;
    const char *unseen;
} scenario;

static const scenario scenarios[] = {
    { "none", "", "", "nothing to ask", MCP_ALL_REVISIONS, "" },
    { "one", "y", "one=ASK; asked one y; one=OK yes; ", "yes=1", FORMS, "one=E_UNSUPPORTED; " },
    { "one", "d", "one=ASK; asked one d; one=E_DECLINED; ", "the user said no", FORMS, NULL },
    { "one", "c", "one=ASK; asked one c; one=E_DISMISSED; ", "the user has not decided", FORMS, NULL },
    { "several", "yn", "a=ASK; b=ASK; asked a y; asked b n; a=OK yes; b=OK no; ", "a=1 b=0", FORMS, NULL },
    { "several", "dc", "a=ASK; b=ASK; asked a d; asked b c; a=E_DECLINED; b=E_DISMISSED; ",
      "E_DECLINED E_DISMISSED", FORMS, NULL },
    { "sequential", "yny", "first=ASK; asked first y; first=OK yes; second=ASK; asked second n; first=OK yes; "
      "second=OK no; third=ASK; asked third y; first=OK yes; second=OK no; third=OK yes; ", "101", FORMS, NULL },
    { "conditional", "yy", "really=ASK; asked really y; really=OK yes; truly=ASK; asked truly y; really=OK yes; "
      "truly=OK yes; ", "done", FORMS, NULL },
    { "conditional", "n", "really=ASK; asked really n; really=OK no; ", "left alone", FORMS, NULL },
    { "typed", "t", "asked Who? t; ", "Ann 30 large", FORMS, NULL },
    { "listed", "l", "days=ASK; asked Which days? l; days=OK; ", "2 days", URLS, "days=E_UNSUPPORTED; " },
    { "address", "u", "login=ASK; asked Log in there. u; login=OK; ", "agreed", URLS, "login=E_UNSUPPORTED; " },
    { "address", "d", "login=ASK; asked Log in there. d; login=E_DECLINED; ", "the user said no", URLS, NULL },
    { "rooted", "r", "roots=ASK; asked  r; roots=OK; ", "1: file:///a", MCP_ALL_REVISIONS, NULL },
    { "sampled", "s", "say=ASK; asked  s; say=OK; ", "m: Hello", MCP_ALL_REVISIONS, NULL },
    { "acting", "y", "state ''; act=ASK; asked act y; state 'found'; act=OK yes; ", "once 1, again 0", FORMS, NULL },
    { "forgetful", "yn", "big=ASK; asked big y; big=OK yes; small=ASK; asked small n; small=OK no; ", "Y 0", FORMS,
      NULL },
    { "breaks", "d", "break=ASK; asked break d; break=E_DECLINED; ", "the user said no", FORMS, NULL },
    { "breaks", "y", "break=ASK; asked break y; break=OK yes; ",
      "MCP_E_IO: reading or writing failed: see errno", FORMS, NULL },
    { "breaks", "n", "break=ASK; asked break n; break=OK no; ", "MCP_E_DECLINED: the user said no", FORMS, NULL },
    { "fickle", "yyyyyyyy", NULL, NULL, FORMS, NULL }
};

static void check_scenario(const scenario *s, uint32_t revision)
{
    const bool known = s->revisions & revision;
    const mcp_reply *reply;
    host.script = s->script;
    host.seen[0] = 0;
    reply = mcp_call_tool(host.client, s->tool, NULL);
    if (!s->seen) return;
    if (known) {
        CHECK_STR(s->seen, host.seen);
        CHECK_STR(s->result, mcp_reply_text(reply));
        CHECK_STR("", host.script);
    } else if (s->unseen) {
        CHECK_STR(s->unseen, host.seen);
        CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(reply));
    }
}

static void same_conversation_in_every_revision(void)
{
    uint32_t revision;
    size_t i;
    for (revision = 1; revision <= MCP_2026_07_28; revision *= 2) {
        begin();
        start_pair(revision);
        for (i = 0; i < MCP_COUNT(scenarios); i++) {
            NOTE("%s %s in %s", scenarios[i].tool, scenarios[i].script, mcp_client_revision(host.client));
            check_scenario(&scenarios[i], revision);
        }
        stop();
    }
}

/*---- Questions that are held ---------------------------------------------------------------------*/

static void on_reply(void *user, mcp_client *client, const mcp_reply *reply)
{
    CHECK(user == &host && client == host.client);
    saw("reply %s: %s; ", name_of(mcp_reply_status(reply)), mcp_reply_text(reply));
}

/* Begins a call whose question the user holds. Returns its number. */
static mcp_ref begin_held(const char *tool)
{
    const size_t held = host.num_held;
    const mcp_ref ref = mcp_call_begin(host.client, on_reply, &host, tool, NULL);
    CHECK(ref != 0);
    host.script = "h";
    while (host.num_held == held && mcp_client_pump(host.client, 0) == MCP_OK) continue;
    CHECK_UINT(held + 1, host.num_held);
    return ref;
}

/* Lets everything happen that can. Returns what was seen meanwhile. */
static const char *settle(void)
{
    static char text[sizeof host.seen];
    while (mcp_client_pump(host.client, 0) == MCP_OK) continue;
    memcpy(text, host.seen, sizeof text);
    host.seen[0] = 0;
    return text;
}

/* The question of that number, counted from 0; NULL if nobody waits for its answer. */
static mcp_input *held(size_t number)
{
    return mcp_input_resume(host.client, host.held[number]);
}

static void check_goes_on(void)
{
    host.script = "y";
    CHECK_STR("yes=1", mcp_reply_text(mcp_call_tool(host.client, "one", NULL)));
    CHECK_STR("one=ASK; asked one y; one=OK yes; ", settle());
}

static void in_all_with_forms(void (*run)(bool modern))
{
    uint32_t revision;
    for (revision = 1; revision <= MCP_2026_07_28; revision *= 2) {
        if (!(revision & FORMS)) continue;
        begin();
        start_pair(revision);
        NOTE("revision bit %u", (unsigned)revision);
        run(revision == MCP_2026_07_28);
        check_goes_on();
        stop();
    }
}

/* The caller has enough while the user thinks: nobody waits for the answer, and the handler is not run again. */
static void cancel_held(bool modern)
{
    const mcp_ref ref = begin_held("one");
    (void)modern;
    CHECK(held(0) != NULL);
    CHECK(mcp_client_cancel(host.client, ref));
    CHECK_STR("one=ASK; asked one h; ", settle());
    CHECK(!held(0));
    CHECK(!mcp_client_cancel(host.client, ref));
}

/* The same, but the answer leaves before the client has heard of the end of the question. */
static void cancel_and_answer(bool modern)
{
    const mcp_ref ref = begin_held("one");
    CHECK(mcp_client_cancel(host.client, ref));
    CHECK(!held(0) == modern);      /* there the question went with its request */
    if (held(0)) CHECK_STATUS(MCP_OK, mcp_accept(held(0), "{'yes': true}"));
    CHECK_STR("one=ASK; asked one h; ", settle());
    CHECK(!held(0));
}

#define TIMED_OUT "one=ASK; asked one h; one=E_TIMEOUT; reply E_TOOL: what was asked was not answered in time: see " \
    "mcp_server_desc.ask_timeout_ms; "
#define EXPIRED "one=ASK; asked one h; one=E_TIMEOUT; reply E_REMOTE: params.requestState has expired: send the " \
    "request without it; "

/* The time of the question is over, and the client knows. Since 2026-07-28 it cannot know before it answers. */
static void time_out_held(bool modern)
{
    (void)begin_held("one");
    host.now += 600000;
    if (!modern) CHECK_STR(TIMED_OUT, settle());
    CHECK(!held(0) == !modern);
    if (held(0)) CHECK_STATUS(MCP_OK, mcp_accept(held(0), "{'yes': true}"));
    CHECK_STR(modern ? EXPIRED : "", settle());
    CHECK(!held(0));
}

/* The same, but the answer leaves before the client has heard of it: it does not count. */
static void time_out_and_answer(bool modern)
{
    (void)begin_held("one");
    host.now += 600000;
    (void)mcp_server_tick(host.server);
    CHECK_STATUS(MCP_OK, mcp_accept(held(0), "{'yes': true}"));
    CHECK_STR(modern ? EXPIRED : TIMED_OUT, settle());
}

/* Each answer goes to the call that has asked, in whatever order. */
static void answer_in_reverse(bool modern)
{
    (void)modern;
    (void)begin_held("one");
    (void)begin_held("conditional");
    (void)begin_held("sequential");
    (void)settle();
    CHECK_STATUS(MCP_OK, mcp_accept(held(1), "{'yes': false}"));
    CHECK_STR("really=OK no; reply OK: left alone; ", settle());
    host.script = "nn";
    CHECK_STATUS(MCP_OK, mcp_accept(held(2), "{'yes': true}"));
    CHECK_STR("first=OK yes; second=ASK; asked second n; first=OK yes; second=OK no; third=ASK; asked third n; "
              "first=OK yes; second=OK no; third=OK no; reply OK: 100; ", settle());
    CHECK_STATUS(MCP_OK, mcp_accept(held(0), "{'yes': true}"));
    CHECK_STR("one=OK yes; reply OK: yes=1; ", settle());
}

static void cancelled_while_the_user_thinks(void) { in_all_with_forms(cancel_held); }
static void answered_when_it_was_cancelled(void) { in_all_with_forms(cancel_and_answer); }
static void out_of_time_while_the_user_thinks(void) { in_all_with_forms(time_out_held); }
static void answered_when_time_was_over(void) { in_all_with_forms(time_out_and_answer); }
static void answered_in_reverse_order(void) { in_all_with_forms(answer_in_reverse); }

/*---- Lines by hand -------------------------------------------------------------------------------*/

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

static void feed(const char *line)
{
    const char *text = quoted(line);
    CHECK_UINT(strlen(text), mcp_session_feed(host.session, text, strlen(text)));
    CHECK_UINT(1, mcp_session_feed(host.session, "\n", 1));
}

static void feedf(const char *format, ...) MCP_PRINTF(1, 2);
static void feedf(const char *format, ...)
{
    static char line[1 << 13];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    feed(line);
}

/* Everything that the session has to send, with ' for "; it counts as sent. */
static const char *output(void)
{
    static char text[1 << 16];
    size_t n = 0, len, i;
    const char *bytes;
    while (bytes = mcp_session_output(host.session, &len), len && n + len < sizeof text) {
        memcpy(text + n, bytes, len);
        n += len;
        mcp_session_sent(host.session, len);
    }
    text[n] = 0;
    for (i = 0; i < n; i++) if (text[i] == '"') text[i] = '\'';
    return text;
}

#define CHECK_OUT(want) CHECK_STR(want, output())
#define CHECK_SEEN(want) (CHECK_STR(want, host.seen), host.seen[0] = 0)

static void on_cancel(void *user, mcp_ref ref)
{
    (void)user;
    saw("cancelled %d; ", ref == host.ref);
}

static void open_session(const char *revision, const char *capabilities)
{
    host.desc.on_cancel = on_cancel;
    host.server = mcp_server_create(&host.desc);
    host.session = mcp_session_open(host.server);
    feedf("{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'%s','capabilities':%s,"
          "'clientInfo':{'name':'c','version':'1'}}}", revision, capabilities);
    (void)output();
}

#define CALL(id, tool) "{'jsonrpc':'2.0','id':" #id ",'method':'tools/call','params':{'name':'" tool "'}}"
#define ASKED(id, key) "{'jsonrpc':'2.0','id':" #id ",'method':'elicitation/create','params':{'message':'" key "'," \
    "'requestedSchema':{'type':'object','properties':{'yes':{'type':'boolean','description':'Is it so?'}}," \
    "'required':['yes']}}}\n"
#define ACCEPT(id, content) "{'jsonrpc':'2.0','id':" #id ",'result':{'action':'accept','content':" content "}}"
#define TEXT(id, text) "{'jsonrpc':'2.0','id':" #id ",'result':{'content':[{'type':'text','text':'" text "'}]}}\n"
#define FAILED(id, text) \
    "{'jsonrpc':'2.0','id':" #id ",'result':{'content':[{'type':'text','text':'" text "'}],'isError':true}}\n"

static void asks_again_what_does_not_fit(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "one"));
    CHECK_OUT(ASKED(1, "one"));
    feed(ACCEPT(1, "{'yes':'maybe'}"));
    CHECK_OUT(ASKED(2, "one"));
    feed(ACCEPT(2, "{}"));
    CHECK_OUT(ASKED(3, "one"));
    feed("{'jsonrpc':'2.0','id':3,'result':{'action':'accept'}}");
    CHECK_OUT(ASKED(4, "one"));
    feed("{'jsonrpc':'2.0','id':4,'result':{'action':'perhaps','content':{'yes':true}}}");
    CHECK_OUT(ASKED(5, "one"));
    feed("{'jsonrpc':'2.0','id':5,'result':[]}");
    CHECK_OUT(ASKED(6, "one"));
    feed(ACCEPT(6, "{'yes':true,'yes':false}"));
    CHECK_OUT(ASKED(7, "one"));
    feed(ACCEPT(7, "{'yes':true,'more':[{}]}"));
    CHECK_OUT(TEXT(1, "yes=1"));
    stop();
}

static void asks_a_limited_number_of_times(void)
{
    int i;
    begin();
    host.desc.max_rounds = 3;
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "one"));
    for (i = 1; i <= 3; i++) feedf("{'jsonrpc':'2.0','id':%d,'result':{}}", i);
    host.seen[0] = 0;
    CHECK_OUT(ASKED(1, "one") ASKED(2, "one") ASKED(3, "one")
              FAILED(1, "what is to be asked is longer than mcp_server_desc.max_reply or max_state allows, or "
                        "max_rounds of questions are over"));
    stop();
}

static void takes_an_error_for_an_answer(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "one"));
    feed("{'jsonrpc':'2.0','id':1,'error':{'code':-1,'message':'no'}}");
    CHECK_OUT(ASKED(1, "one") FAILED(1, "the user said no"));
    feed(CALL(2, "one"));
    feed("{'jsonrpc':'2.0','id':2,'error':{'code':-32603,'message':'broken'}}");
    CHECK_OUT(ASKED(2, "one") FAILED(2, "the other side answered with an error: see its code and message"));
    stop();
}

static void ignores_answers_that_nobody_waits_for(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(ACCEPT(1, "{'yes':true}"));
    feed(CALL(1, "one"));
    CHECK_OUT(ASKED(1, "one"));
    feed(ACCEPT(2, "{'yes':true}"));
    feed(ACCEPT('1', "{'yes':true}"));
    feed(ACCEPT(1.0, "{'yes':true}"));
    feed(ACCEPT(null, "{'yes':true}"));
    feed("{'jsonrpc':'2.0','result':{'action':'accept','content':{'yes':true}}}");
    CHECK_OUT("");
    feed(ACCEPT(1, "{'yes':false}"));
    feed(ACCEPT(1, "{'yes':true}"));
    CHECK_OUT(TEXT(1, "yes=0"));
    stop();
}

static void several_calls_ask_at_once(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "several"));
    feed(CALL(2, "one"));
    CHECK_OUT(ASKED(1, "a") ASKED(2, "b") ASKED(3, "one"));
    feed(ACCEPT(3, "{'yes':true}"));
    CHECK_OUT(TEXT(2, "yes=1"));
    feed(ACCEPT(2, "{'yes':true}"));
    CHECK_OUT("");
    feed(CALL(3, "none"));
    CHECK_OUT(TEXT(3, "nothing to ask"));
    feed(ACCEPT(1, "{'yes':false}"));
    CHECK_OUT(TEXT(1, "a=0 b=1"));
    stop();
}

static void tells_that_an_address_is_done(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{'url':{}}}");
    feed(CALL(1, "address"));
    (void)output();
    feed("{'jsonrpc':'2.0','id':1,'result':{'action':'accept'}}");
    CHECK_OUT("{'jsonrpc':'2.0','method':'notifications/elicitation/complete','params':{"
              "'elicitationId':'0102030405060708090a0b0c0d0e0f106c6f67696e'}}\n" TEXT(1, "agreed"));
    stop();
}

static int suggests(mcp_call *c)
{
    mcp_json answer;
    CHECK_STATUS(MCP_E_UNSUPPORTED, mcp_ask(c, "key", "What?", yes_form, &answer));
    return mcp_suggest(c, "none");
}

static int custom(mcp_call *c)
{
    mcp_json answer;
    return mcp_ask(c, "key", "What?", yes_form, &answer);
}

static void asks_where_it_may_only(void)
{
    static const mcp_field args[] = { MCP_ARG("what", MCP_STRING, "What"), MCP_END };
    static mcp_prompt own = MCP_PROMPT("own", several, "Asks", args);
    static const mcp_method methods[] = { MCP_METHOD("com.example/ask", custom, NULL) };
    begin();
    own.complete = suggests;
    host.desc.prompts = &own;
    host.desc.num_prompts = 1;
    host.desc.methods = methods;
    host.desc.num_methods = 1;
    open_session("2025-11-25", "{'elicitation':{}}");
    feed("{'jsonrpc':'2.0','id':1,'method':'completion/complete','params':{'ref':{'type':'ref/prompt','name':'own'},"
         "'argument':{'name':'what','value':''}}}");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'result':{'completion':{'values':['none'],'total':1,'hasMore':false}}}\n");
    feed("{'jsonrpc':'2.0','id':2,'method':'com.example/ask'}");
    CHECK_OUT("{'jsonrpc':'2.0','id':2,'error':{'code':-32603,'message':"
              "'MCP_E_UNSUPPORTED: the client has not declared that it can do this'}}\n");
    feed("{'jsonrpc':'2.0','id':3,'method':'prompts/get','params':{'name':'own'}}");
    CHECK_OUT(ASKED(1, "a") ASKED(2, "b"));
    feed(ACCEPT(1, "{'yes':true}"));
    feed(ACCEPT(2, "{'yes':true}"));
    CHECK_OUT("{'jsonrpc':'2.0','id':3,'result':{'messages':[{'role':'user','content':{'type':'text','text':"
              "'a=1 b=1'}}],'description':'Asks'}}\n");
    feed("{'jsonrpc':'2.0','id':4,'method':'resources/read','params':{'uri':'ask://it'}}");
    CHECK_OUT(ASKED(3, "one"));
    feed(ACCEPT(3, "{'yes':true}"));
    CHECK_OUT("{'jsonrpc':'2.0','id':4,'result':{'contents':[{'uri':'ask://it','mimeType':'text/plain','text':"
              "'yes=1'}]}}\n");
    stop();
}

static void time_of_a_question_runs_out(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "several"));
    CHECK_OUT(ASKED(1, "a") ASKED(2, "b"));
    host.now += 100;
    feed(ACCEPT(2, "{'yes':true}"));
    CHECK_INT(599900, mcp_server_tick(host.server));
    host.now += 599899;
    CHECK_INT(1, mcp_server_tick(host.server));
    CHECK_OUT("");
    host.now += 1;
    CHECK_INT(-1, mcp_server_tick(host.server));
    CHECK_OUT("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}\n"
              FAILED(1, "E_TIMEOUT OK"));
    CHECK_SEEN("a=ASK; b=ASK; a=E_TIMEOUT; b=OK yes; ");
    feed(ACCEPT(1, "{'yes':true}"));
    CHECK_OUT("");
    stop();
}

static void cancelled_while_it_asks(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "several"));
    feed(ACCEPT(2, "{'yes':true}"));
    (void)output();
    feed("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}");
    CHECK_OUT("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}\n");
    feed(ACCEPT(1, "{'yes':true}"));
    CHECK_OUT("");
    CHECK_SEEN("a=ASK; b=ASK; ");       /* and on_cancel was not called: the host knows of no number */
    CHECK(!mcp_session_busy(host.session));
    feed(CALL(1, "none"));
    CHECK_OUT(TEXT(1, "nothing to ask"));
    stop();
}

static void client_says_nothing_more(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "several"));
    (void)output();
    mcp_session_ended(host.session);
    CHECK_OUT(FAILED(1, "E_CLOSED E_CLOSED"));
    CHECK_SEEN("a=ASK; b=ASK; a=E_CLOSED; b=E_CLOSED; ");
    CHECK(!mcp_session_busy(host.session));
    feed(CALL(2, "one"));
    (void)output();
    mcp_session_close(host.session);
    host.session = NULL;
    CHECK_SEEN("one=ASK; ");
    stop();
}

static void waiting_calls_leave_room_for_answers(void)
{
    begin();
    host.desc.max_calls = 2;
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "one"));
    feed(CALL(2, "one"));
    CHECK_OUT(ASKED(1, "one") ASKED(2, "one"));
    feed(CALL(3, "one"));
    CHECK_OUT("{'jsonrpc':'2.0','id':3,'error':{'code':-32603,'message':"
              "'MCP_E_BUSY: too many calls wait for their answers: see max_calls (and max_tasks)'}}\n");
    feed(CALL(4, "none"));
    CHECK_OUT(TEXT(4, "nothing to ask"));
    feed(ACCEPT(2, "{'yes':true}"));
    feed(ACCEPT(1, "{'yes':true}"));
    CHECK_OUT(TEXT(2, "yes=1") TEXT(1, "yes=1"));
    stop();
}

static void questions_wait_for_a_slow_reader(void)
{
    size_t len;
    begin();
    host.desc.max_output = 100;
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "several"));
    (void)mcp_session_output(host.session, &len);
    CHECK_UINT(strlen(ASKED(1, "a")), len);     /* the other one is not taken yet */
    CHECK_OUT(ASKED(1, "a") ASKED(2, "b"));
    feed(ACCEPT(1, "{'yes':true}"));
    feed(ACCEPT(2, "{'yes':true}"));
    CHECK_OUT(TEXT(1, "a=1 b=1"));
    stop();
}

static void asks_in_the_middle_of_a_batch(void)
{
    begin();
    open_session("2025-03-26", "{'roots':{}}");
    feed("[" CALL(1, "rooted") "," CALL(2, "none") "]");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'method':'roots/list'}\n");
    feed("[{'jsonrpc':'2.0','id':1,'result':{'roots':[{'uri':'file:///b'}]}}]");
    CHECK_OUT("[{'jsonrpc':'2.0','id':2,'result':{'content':[{'type':'text','text':'nothing to ask'}]}},"
              "{'jsonrpc':'2.0','id':1,'result':{'content':[{'type':'text','text':'1: file:///b'}]}}]\n");
    stop();
}

static void goes_on_after_an_answer_as_it_likes(void)
{
    mcp_call *c;
    begin();
    open_session("2025-11-25", "{'elicitation':{}}");
    feed(CALL(1, "later"));
    host.now += 10;
    (void)mcp_server_tick(host.server);
    CHECK_OUT(ASKED(1, "late"));
    feed(ACCEPT(1, "{'yes':true}"));
    CHECK_OUT(TEXT(1, "late=1"));
    feed(CALL(2, "defers"));
    feed(ACCEPT(2, "{'yes':true}"));
    CHECK_OUT(ASKED(2, "go"));
    c = mcp_resume(host.server, host.ref);
    CHECK(c != NULL);
    CHECK_STATUS(MCP_E_MISUSE, mcp_ask(c, "late", "Late?", yes_form, NULL));
    mcp_finish(c, mcp_text(c, "went"));
    CHECK_OUT(TEXT(2, "went"));
    stop();
}

static void only_what_the_client_declared(void)
{
    begin();
    open_session("2025-11-25", "{'elicitation':{'url':{}}}");
    feed(CALL(1, "one"));
    feed("{'jsonrpc':'2.0','id':2,'method':'resources/read','params':{'uri':'ask://it'}}");
    feed(CALL(3, "rooted"));
    CHECK_OUT(FAILED(1, "the client has not declared that it can do this")
              "{'jsonrpc':'2.0','id':2,'error':{'code':-32603,'message':"
              "'the client has not declared that it can do this'}}\n"
              FAILED(3, "the client has not declared that it can do this"));
    feed(CALL(4, "address"));
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'method':'elicitation/create','params':{'message':'Log in there.',"
              "'mode':'url','url':'https://example.com/login',"
              "'elicitationId':'3132333435363738393a3b3c3d3e3f40" "6c6f67696e'}}\n");
    stop();
}

/*---- 2026-07-28: the client brings back what we sealed -------------------------------------------*/

#define META "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28'," \
    "'io.modelcontextprotocol/clientInfo':{'name':'c','version':'1'}," \
    "'io.modelcontextprotocol/clientCapabilities':{'elicitation':{}}}"
#define END "'resultType':'complete','_meta':{'io.modelcontextprotocol/serverInfo':{'name':'s','version':'1'}}}}\n"
#define ASKS(id, key) "{'jsonrpc':'2.0','id':" #id ",'result':{'resultType':'input_required','inputRequests':{'" key \
    "':{'method':'elicitation/create','params':{'message':'" key "','requestedSchema':{'type':'object'," \
    "'properties':{'yes':{'type':'boolean','description':'Is it so?'}},'required':['yes']}}}}"

/* Calls a tool as a modern client does; more: members of params, with a comma before them. */
static void call_tool(int id, const char *tool, const char *more)
{
    feedf("{'jsonrpc':'2.0','id':%d,'method':'tools/call','params':{'name':'%s'," META "%s}}", id, tool, more);
}

/* The member requestState of what was answered, ready to be sent back; "" if there is none. */
static const char *state_of(const char *answer)
{
    static char text[4][4096];
    static size_t next;
    char *to = text[next++ % 4];
    const char *at = strstr(answer, ",'requestState':'");
    const size_t len = at ? strcspn(at + 17, "'") + 18 : 0;
    memcpy(to, at ? at : "", len);
    to[len] = 0;
    return to;
}

#define YES(key) ",'inputResponses':{'" key "':{'action':'accept','content':{'yes':true}}}"

/* The same, with a state, as one text. */
static const char *with(const char *answers, const char *state)
{
    static char text[4][8192];
    static size_t next;
    char *to = text[next++ % 4];
    snprintf(to, sizeof text[0], "%s%s", answers, state);
    return to;
}

static const char *begin_asking(const char *tool)
{
    const char *answer;
    call_tool(1, tool, "");
    answer = output();
    CHECK(strstr(answer, "'resultType':'input_required'"));
    return state_of(answer);
}

static void start_modern(void)
{
    host.server = mcp_server_create(&host.desc);
    host.session = mcp_session_open(host.server);
}

#define SAID(id, text) "{'jsonrpc':'2.0','id':" #id ",'result':{'content':[{'type':'text','text':'" text "'}]," END
#define REFUSED(id, text) "{'jsonrpc':'2.0','id':" #id ",'error':{'code':-32602,'message':'" text "'}}\n"
#define FORGED "params.requestState was not given out for this request: send the request without it"

static void takes_answers_with_its_seal(void)
{
    const char *state, *next;
    begin();
    start_modern();
    state = begin_asking("sequential");
    call_tool(2, "sequential", with(YES("first"), state));
    next = output();
    CHECK_BYTES(ASKS(2, "second"), strlen(ASKS(2, "second")), next, strlen(ASKS(2, "second")));
    state = state_of(next);
    call_tool(3, "sequential", with(YES("second"), state));
    state = state_of(output());
    call_tool(4, "sequential", with(YES("third"), state));
    CHECK_OUT(SAID(4, "111"));
    stop();
}

static void several_at_once_in_one_result(void)
{
    const char *answer;
    begin();
    start_modern();
    call_tool(1, "several", "");
    answer = output();
    CHECK(strstr(answer, "'inputRequests':{'a':{'method':'elicitation/create',"));
    CHECK(strstr(answer, "},'b':{'method':'elicitation/create',"));
    answer = state_of(answer);
    call_tool(2, "several", with(YES("b"), answer));        /* one is missing: it is asked again, alone */
    answer = output();
    CHECK(strstr(answer, "'inputRequests':{'a':{"));
    CHECK(!strstr(answer, "'b':{"));
    answer = state_of(answer);
    call_tool(3, "several", with(YES("a"), answer));
    CHECK_OUT(SAID(3, "a=1 b=1"));
    stop();
}

static void takes_answers_without_one(void)
{
    begin();
    start_modern();
    call_tool(1, "one", YES("one"));
    CHECK_OUT(SAID(1, "yes=1"));
    call_tool(2, "several", ",'inputResponses':{'a':{'action':'accept','content':{'yes':true}},"
                            "'b':{'action':'decline'},'c':7}");
    CHECK_OUT("{'jsonrpc':'2.0','id':2,'result':{'content':[{'type':'text','text':'OK E_DECLINED'}],'isError':true,"
              END);
    call_tool(3, "one", ",'inputResponses':{'one':'yes'}");
    CHECK(strstr(output(), "'resultType':'input_required'"));
    call_tool(4, "acting", YES("act"));
    CHECK_OUT(SAID(4, "once 0, again 0"));
    stop();
}

static void refuses_what_is_no_answer(void)
{
    begin();
    start_modern();
    call_tool(1, "one", ",'inputResponses':[]");
    call_tool(2, "one", ",'requestState':7");
    call_tool(3, "one", ",'inputResponses':{'one':{},'one':{}}");
    call_tool(4, "one", ",'requestState':''");
    call_tool(5, "one", ",'requestState':'AAAA'");
    CHECK_OUT(REFUSED(1, "params.inputResponses must be an object, each key once")
              REFUSED(2, "params.requestState must be a string")
              REFUSED(3, "params.inputResponses must be an object, each key once")
              REFUSED(4, FORGED) REFUSED(5, FORGED));
    call_tool(6, "one", ",'inputResponses':null");      /* is none at all */
    CHECK(strstr(output(), ASKS(6, "one")));
    call_tool(6, "acting", ",'inputResponses':null");
    CHECK(strstr(output(), ASKS(6, "act")));
    call_tool(6, "one", ",'requestState':'a','requestState':'b'");
    CHECK_OUT("{'jsonrpc':'2.0','id':6,'error':{'code':-32600,'message':"
              "'a key of \\'params\\' or \\'_meta\\' stands there twice'}}\n");
    feed("{'jsonrpc':'2.0','id':7,'method':'tools/list','params':{'requestState':'x','inputResponses':7," META "}}");
    CHECK(strstr(output(), "'tools':["));       /* which has no use for them */
    stop();
}

static void refuses_every_changed_bit(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char changed[4096];
    const char *state;
    size_t at, bit, len;
    begin();
    start_modern();
    state = begin_asking("one");
    len = strlen(state) - 1;
    CHECK(len > 60);
    for (at = 17; at < len; at++) {
        for (bit = 0; bit < 6; bit++) {
            const size_t digit = (size_t)(strchr(alphabet, state[at]) - alphabet);
            NOTE("bit %d of character %d", (int)bit, (int)at);
            memcpy(changed, state, len + 2);
            changed[at] = alphabet[digit ^ ((size_t)1 << bit)];
            call_tool(2, "one", with(YES("one"), changed));
            CHECK_OUT(REFUSED(2, FORGED));
        }
        NOTE("up to character %d", (int)at);
        memcpy(changed, state, at);
        memcpy(changed + at, "'", 2);
        call_tool(2, "one", with(YES("one"), changed));
        CHECK_OUT(REFUSED(2, FORGED));
    }
    NOTE("all of it");
    call_tool(3, "one", with(YES("one"), state));
    CHECK_OUT(SAID(3, "yes=1"));
    stop();
}

static void refuses_another_request(void)
{
    const char *state;
    begin();
    start_modern();
    state = begin_asking("one");
    call_tool(2, "several", with(YES("one"), state));
    CHECK_OUT(REFUSED(2, FORGED));
    call_tool(3, "one", with(with(YES("one"), state), ",'arguments':{'x':1}"));
    CHECK_OUT(REFUSED(3, FORGED));
    feedf("{'jsonrpc':'2.0','id':4,'method':'resources/read','params':{'uri':'ask://it'," META "%s}}", state);
    CHECK_OUT(REFUSED(4, FORGED));
    mcp_session_set_principal(host.session, "eve");
    call_tool(5, "one", with(YES("one"), state));
    CHECK_OUT(REFUSED(5, FORGED));
    mcp_session_set_principal(host.session, NULL);
    host.now += 599999;
    call_tool(6, "one", with(YES("one"), state));
    CHECK_OUT(SAID(6, "yes=1"));
    host.now += 1;
    call_tool(7, "one", with(YES("one"), state));
    CHECK_OUT(REFUSED(7, "params.requestState has expired: send the request without it"));
    stop();
}

static void keys_are_rotated(void)
{
    static const mcp_str a = MCP_LIT("the first key, of 32 random byte");
    static const mcp_str b = MCP_LIT("the other key, of 32 random byte");
    const char *state;
    begin();
    host.desc.state_keys[0] = a;
    start_modern();
    state = begin_asking("one");
    mcp_session_close(host.session);
    mcp_server_destroy(host.server);
    host.desc.state_keys[0] = b;
    host.desc.state_keys[1] = a;
    start_modern();
    call_tool(2, "one", with(YES("one"), state));
    CHECK_OUT(SAID(2, "yes=1"));
    mcp_session_close(host.session);
    mcp_server_destroy(host.server);
    host.desc.state_keys[1].ptr = NULL;
    host.desc.state_keys[1].len = 0;
    start_modern();
    call_tool(3, "one", with(YES("one"), state));
    CHECK_OUT(REFUSED(3, FORGED));
    mcp_session_close(host.session);
    mcp_server_destroy(host.server);
    host.desc.name = "t";
    host.desc.state_keys[0] = a;
    start_modern();
    call_tool(4, "one", with(YES("one"), state));
    CHECK_OUT(REFUSED(4, FORGED));
    stop();
}

static void acts_once(void)
{
    const char *state;
    begin();
    start_modern();
    state = begin_asking("acting");
    call_tool(2, "acting", with(YES("act"), state));
    CHECK_OUT(SAID(2, "once 1, again 0"));
    call_tool(3, "acting", with(YES("act"), state));
    CHECK_OUT(SAID(3, "once 0, again 0"));
    call_tool(4, "acting", YES("act"));
    CHECK_OUT(SAID(4, "once 0, again 0"));
    state = begin_asking("acting");
    call_tool(5, "acting", with(YES("act"), state));
    CHECK_OUT(SAID(5, "once 1, again 0"));
    stop();
}

static void asks_anew_what_was_not_asked_so(void)
{
    const char *state;
    begin();
    start_modern();
    state = begin_asking("fickle");         /* This? */
    host.seen[0] = 0;
    call_tool(2, "fickle", with(YES("key"), state));        /* Or that? */
    CHECK_SEEN("ASK; ");
    state = state_of(output());
    call_tool(3, "fickle", with(YES("key"), state));        /* This? again */
    CHECK_SEEN("ASK; ");
    (void)output();
    state = begin_asking("conditional");
    call_tool(4, "conditional", with(YES("truly"), state));     /* which was not asked */
    CHECK(strstr(output(), "'inputRequests':{'really':"));
    stop();
}

static void says_what_the_client_lacks(void)
{
    begin();
    start_modern();
    call_tool(1, "rooted", "");
    CHECK_OUT("{'jsonrpc':'2.0','id':1,'error':{'code':-32021,'message':"
              "'the client has not declared that it can do this','data':{'requiredCapabilities':{'roots':{}}}}}\n");
    call_tool(2, "address", "");
    CHECK_OUT("{'jsonrpc':'2.0','id':2,'error':{'code':-32021,'message':'the client has not declared that it can do "
              "this','data':{'requiredCapabilities':{'elicitation':{'url':{}}}}}}\n");
    stop();
}

static void without_chance_there_is_one_round(void)
{
    begin();
    host.desc.random = NULL;
    start_modern();
    call_tool(1, "one", "");
    CHECK_OUT(ASKS(1, "one") ",'_meta':{'io.modelcontextprotocol/serverInfo':{'name':'s','version':'1'}}}}\n");
    call_tool(2, "one", YES("one"));
    CHECK_OUT(SAID(2, "yes=1"));
    call_tool(3, "sequential", YES("first"));
    CHECK_OUT("{'jsonrpc':'2.0','id':3,'error':{'code':-32603,'message':'mcp_ask that needs a seal, without "
              "desc.random or desc.state_keys: MCP_E_MISUSE: the call does not fit here: see the function's "
              "comment'}}\n");
    stop();
}

/*---- Without memory ------------------------------------------------------------------------------*/

static void try_feed(const char *line)
{
    const char *text = quoted(line);
    (void)mcp_session_feed(host.session, text, strlen(text));
    (void)mcp_session_feed(host.session, "\n", 1);
}

/* Plays a client that says yes to all, until there is an answer. Returns it. */
static const char *converse(bool modern, const char *tool)
{
    static char line[1 << 14];
    const char *answer, *at, *key;
    int rounds;
    snprintf(line, sizeof line, modern ? "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'%s'," META
                                         "}}" : "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'%s'}}",
             tool);
    for (rounds = 0; rounds < 10; rounds++) {
        try_feed(line);
        answer = output();
        at = strstr(answer, modern ? "'inputRequests':{'" : "'method':'elicitation/create'");
        if (!at) break;
        if (modern) {
            key = at + 18;
            snprintf(line, sizeof line, "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'%s'," META
                     ",'inputResponses':{'%.*s':{'action':'accept','content':{'yes':true}}}%s}}", tool,
                     (int)strcspn(key, "'"), key, state_of(answer));
        } else {
            snprintf(line, sizeof line, ACCEPT(%d, "{'yes':true}"), atoi(strstr(answer, "'id':") + 5));
        }
    }
    return answer;
}

static void greet(void)
{
    try_feed("{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'2025-11-25',"
             "'capabilities':{'elicitation':{}},'clientInfo':{'name':'c','version':'1'}}}");
    (void)output();
}

/* Lets the allocation of that number fail, and all after it or not. Returns whether there was one. */
static bool fail_at(size_t number, bool forever, bool modern)
{
    bool failed;
    begin();
    start_modern();
    if (!modern) greet();
    host.heap.calls = 0;
    host.heap.fail_at = number;
    host.heap.forever = forever;
    NOTE("allocation %d, %s, %s", (int)number, forever ? "for ever" : "once", modern ? "modern" : "legacy");
    (void)converse(modern, "sequential");
    failed = host.heap.calls >= number;
    host.heap.fail_at = 0;
    if (mcp_session_status(host.session) < 0) {
        mcp_session_close(host.session);
        host.session = mcp_session_open(host.server);
        if (!modern) greet();
    }
    host.seen[0] = 0;
    CHECK(strstr(converse(modern, "sequential"), "'text':'111'"));
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
    TEST(same_conversation_in_every_revision);
    TEST(cancelled_while_the_user_thinks);
    TEST(answered_when_it_was_cancelled);
    TEST(out_of_time_while_the_user_thinks);
    TEST(answered_when_time_was_over);
    TEST(answered_in_reverse_order);
    TEST(asks_again_what_does_not_fit);
    TEST(asks_a_limited_number_of_times);
    TEST(takes_an_error_for_an_answer);
    TEST(ignores_answers_that_nobody_waits_for);
    TEST(several_calls_ask_at_once);
    TEST(tells_that_an_address_is_done);
    TEST(asks_where_it_may_only);
    TEST(time_of_a_question_runs_out);
    TEST(cancelled_while_it_asks);
    TEST(client_says_nothing_more);
    TEST(waiting_calls_leave_room_for_answers);
    TEST(questions_wait_for_a_slow_reader);
    TEST(asks_in_the_middle_of_a_batch);
    TEST(goes_on_after_an_answer_as_it_likes);
    TEST(only_what_the_client_declared);
    TEST(takes_answers_with_its_seal);
    TEST(several_at_once_in_one_result);
    TEST(takes_answers_without_one);
    TEST(refuses_what_is_no_answer);
    TEST(refuses_every_changed_bit);
    TEST(refuses_another_request);
    TEST(keys_are_rotated);
    TEST(acts_once);
    TEST(asks_anew_what_was_not_asked_so);
    TEST(says_what_the_client_lacks);
    TEST(without_chance_there_is_one_round);
    TEST(every_allocation_fails);
    return test_end();
}
