/* What a server asks of a client (on_input), at the public functions: requests of the legacy era, rounds of the
   modern one, forms, answers that come later or never, time, and memory. The server is a script of lines, in
   which ' stands for ". */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "host.h"

/*---- A host: what it does when it is asked -------------------------------------------------------*/

#define ALL_INPUTS (MCP_INPUT_FORM | MCP_INPUT_URL | MCP_INPUT_SAMPLING | MCP_INPUT_ROOTS)

static struct {
    void (*act)(mcp_input *input);
    mcp_ref later[16];          /* the inputs that are to be answered later, in order */
    size_t num_later;
    mcp_ref call;               /* the last that was begun */
} asked;

static const char *kind_name(const mcp_input *input)
{
    switch (mcp_input_kind(input)) {
    case MCP_INPUT_FORM: return "form";
    case MCP_INPUT_URL: return "url";
    case MCP_INPUT_SAMPLING: return "sampling";
    case MCP_INPUT_ROOTS: return "roots";
    default: return "?";
    }
}

static void on_input(void *user, mcp_input *input)
{
    CHECK(user == &host);
    test_hear("%s '%s'; ", kind_name(input), mcp_input_message(input));
    if (asked.act) asked.act(input);
}

/* What a host may do. */

static void accept_ann(mcp_input *input) { CHECK_STATUS(MCP_OK, mcp_accept(input, "{'name': %s}", "Ann")); }
static void agree(mcp_input *input) { CHECK_STATUS(MCP_OK, mcp_accept(input, NULL)); }
static void decline(mcp_input *input) { mcp_decline(input); }
static void dismiss(mcp_input *input) { mcp_dismiss(input); }
static void nothing(mcp_input *input) { (void)input; }

static void later(mcp_input *input)
{
    const mcp_ref ref = mcp_input_later(input);
    CHECK(ref != 0 && mcp_input_resume(host.client, ref) == input);
    if (asked.num_later < MCP_COUNT(asked.later)) asked.later[asked.num_later++] = ref;
}

static int answer_kind(mcp_input *input)
{
    switch (mcp_input_kind(input)) {
    case MCP_INPUT_FORM: return mcp_accept(input, "{'name': %s}", "Ann");
    case MCP_INPUT_URL: return mcp_accept(input, NULL);
    case MCP_INPUT_SAMPLING:
        return mcp_answer(input, "{'role': 'assistant', 'content': {'type': 'text', 'text': %s}, 'model': %s}",
                          "Hi", "m");
    default: return mcp_answer(input, "{'roots': [{'uri': %s, 'name': %s}]}", "file:///a", "a");
    }
}

static void answer_any(mcp_input *input) { CHECK_STATUS(MCP_OK, answer_kind(input)); }

/* Gives back a question that was put off. */
static mcp_input *resumed(size_t i)
{
    mcp_input *input = mcp_input_resume(host.client, asked.later[i]);
    CHECK(input != NULL);
    return input;
}

static bool is_gone(size_t i) { return mcp_input_resume(host.client, asked.later[i]) == NULL; }

/*---- A server: its lines, and those of the client ------------------------------------------------*/

#define LINE(members)    "{'jsonrpc':'2.0'," members "}\n"
#define RESULT(id, what) LINE("'id':" id ",'result':{" what "}")
#define ERROR(id, code, text) LINE("'id':" id ",'error':{'code':" code ",'message':'" text "'}")
#define ASK(id, method, params) LINE("'id':" id ",'method':'" method "','params':{" params "}")
#define ELICIT(id, params) ASK(id, "elicitation/create", params)
#define CANCEL(id) LINE("'method':'notifications/cancelled','params':{'requestId':" id "}")
#define TEXT(id, text) RESULT(id, "'content':[{'type':'text','text':'" text "'}]")
#define COMPLETE(id, text) RESULT(id, "'resultType':'complete','content':[{'type':'text','text':'" text "'}]")

#define FORM(properties, required)                                                                  \
    "'requestedSchema':{'type':'object','properties':{" properties "},'required':[" required "]}"
#define WHO  "'message':'Who?'," FORM("'name':{'type':'string'}", "'name'")
#define OPEN "'mode':'url','message':'Open','url':'https://x.example/a?b=c','elicitationId':'e'"
#define SAMPLE "'messages':[{'role':'user','content':{'type':'text','text':'Hello'}}],'maxTokens':10"

#define ALL "'elicitation':{'form':{},'url':{}},'sampling':{},'roots':{}"
#define META_OF(capabilities)                                                                       \
    "'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28',"                              \
    "'io.modelcontextprotocol/clientCapabilities':{" capabilities "},"                              \
    "'io.modelcontextprotocol/clientInfo':{'name':'c','version':'1'}}"
#define DISCOVER(capabilities) \
    LINE("'id':1,'method':'server/discover','params':{" META_OF(capabilities) "}")
#define DISCOVERED "'resultType':'complete','supportedVersions':['2026-07-28'],'capabilities':{}"
#define INITIALIZE(revision, capabilities)                                                          \
    LINE("'id':1,'method':'initialize','params':{'protocolVersion':'" revision "','capabilities':{" \
         capabilities "},'clientInfo':{'name':'c','version':'1'}}")
#define INITIALIZED LINE("'method':'notifications/initialized'")

/* A call as it is sent the first time in the legacy era, and each time in the modern one. */
#define LEGACY_CALL(id) LINE("'id':" id ",'method':'tools/call','params':{'name':'t','arguments':{'a':1}}")
#define CALL(id, more)                                                                              \
    LINE("'id':" id ",'method':'tools/call','params':{'name':'t','arguments':{'a':1}," more META_OF(ALL) "}")
#define ROUND(id, what) RESULT(id, "'resultType':'input_required'," what)
#define WANT(name, method, params) "'" name "':{'method':'" method "','params':{" params "}}"
#define WANT_WHO "'inputRequests':{" WANT("who", "elicitation/create", WHO) "}"
#define THREE "'requestState':'s','inputRequests':{" WANT("who", "elicitation/create", WHO) ","                \
              WANT("url", "elicitation/create", OPEN) ",'r':{'method':'roots/list'}}"
#define SAID_ANN "'inputResponses':{'who':{'action':'accept','content':{'name':'Ann'}}},"

/* The usual desc; a case changes what it is about before it calls connect. */
static void begin(void)
{
    host_begin();
    memset(&asked, 0, sizeof asked);
    asked.act = answer_any;
    host.client_desc.on_input = on_input;
    host.client_desc.inputs = ALL_INPUTS;
}

static void create(uint32_t revision)
{
    host.client_desc.revisions = revision;
    host_client();
}

static void connect_legacy(uint32_t revision, const char *name)
{
    char line[200];
    create(revision);
    (void)client_output();
    snprintf(line, sizeof line, RESULT("1", "'protocolVersion':'%s','capabilities':{}"), name);
    client_feed(line);
    CHECK_SENT(INITIALIZED);
}

static void connect_modern(void)
{
    create(MCP_2026_07_28);
    (void)client_output();
    client_feed(RESULT("1", DISCOVERED));
    CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
}

static void call(void)
{
    asked.call = mcp_call_begin(host.client, host_replied, &host, "t", "{'a': %d}", 1);
    CHECK(asked.call != 0);
}

/* A client of 2025-11-25 that waits for a tool; its request is 2. */
static void legacy(void)
{
    begin();
    connect_legacy(MCP_2025_11_25, "2025-11-25");
    call();
    CHECK_SENT(LEGACY_CALL("2"));
}

/* The same in 2026-07-28. */
static void modern(void)
{
    begin();
    connect_modern();
    call();
    CHECK_SENT(CALL("2", ""));
}

/*---- What is declared ----------------------------------------------------------------------------*/

/* What a client that gives those says first. */
static void check_declared(uint32_t revision, uint32_t inputs, const char *want)
{
    begin();
    host.client_desc.inputs = inputs;
    create(revision);
    CHECK_SENT(want);
    host_end();
}

static void capabilities_legacy(void)
{
    static const struct {
        uint32_t revision, inputs;
        const char *want;
    } rows[] = {
        { MCP_2025_11_25, 0, INITIALIZE("2025-11-25", "'elicitation':{'form':{}}") },
        { MCP_2025_11_25, MCP_INPUT_FORM, INITIALIZE("2025-11-25", "'elicitation':{'form':{}}") },
        { MCP_2025_11_25, MCP_INPUT_URL, INITIALIZE("2025-11-25", "'elicitation':{'url':{}}") },
        { MCP_2025_11_25, MCP_INPUT_SAMPLING, INITIALIZE("2025-11-25", "'sampling':{}") },
        { MCP_2025_11_25, MCP_INPUT_ROOTS, INITIALIZE("2025-11-25", "'roots':{}") },
        { MCP_2025_11_25, ALL_INPUTS, INITIALIZE("2025-11-25", ALL) },
        { MCP_2025_06_18, MCP_INPUT_FORM, INITIALIZE("2025-06-18", "'elicitation':{}") },
        { MCP_2025_06_18, MCP_INPUT_URL, INITIALIZE("2025-06-18", "") },
        { MCP_2025_06_18, ALL_INPUTS, INITIALIZE("2025-06-18", "'elicitation':{},'sampling':{},'roots':{}") },
        { MCP_2025_03_26, MCP_INPUT_FORM, INITIALIZE("2025-03-26", "") },
        { MCP_2025_03_26, ALL_INPUTS, INITIALIZE("2025-03-26", "'sampling':{},'roots':{}") },
        { MCP_2024_11_05, MCP_INPUT_FORM, INITIALIZE("2024-11-05", "") },
        { MCP_2024_11_05, ALL_INPUTS, INITIALIZE("2024-11-05", "'sampling':{},'roots':{}") }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %d", (int)i);
        check_declared(rows[i].revision, rows[i].inputs, rows[i].want);
    }
}

static void capabilities_modern(void)
{
    static const struct {
        uint32_t inputs;
        const char *want;
    } rows[] = {
        { 0, DISCOVER("'elicitation':{'form':{}}") },
        { MCP_INPUT_URL, DISCOVER("'elicitation':{'url':{}}") },
        { MCP_INPUT_FORM | MCP_INPUT_ROOTS, DISCOVER("'elicitation':{'form':{}},'roots':{}") },
        { ALL_INPUTS, DISCOVER(ALL) }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %d", (int)i);
        check_declared(MCP_2026_07_28, rows[i].inputs, rows[i].want);
    }
}

/* Without on_input nothing is declared, whatever desc.inputs says, and nothing is given. */
static void no_hook(void)
{
    begin();
    host.client_desc.on_input = NULL;
    create(MCP_2025_11_25);
    CHECK_SENT(INITIALIZE("2025-11-25", ""));
    client_feed(RESULT("1", "'protocolVersion':'2025-11-25','capabilities':{}"));
    CHECK_SENT(INITIALIZED);
    client_feed(ELICIT("1", WHO) ASK("2", "sampling/createMessage", SAMPLE) ASK("3", "roots/list", ""));
    CHECK_SENT(ERROR("1", "-32601", "Method not found")
               ERROR("2", "-32601", "Method not found")
               ERROR("3", "-32601", "Method not found"));
    host_end();
    begin();
    host.client_desc.on_input = NULL;
    create(MCP_2026_07_28);
    CHECK_SENT(DISCOVER(""));
    client_feed(RESULT("1", DISCOVERED));
    call();
    (void)client_output();
    client_feed(ROUND("2", WANT_WHO));
    CHECK_SENT("");
    CHECK_HEARD("= -15 the server asks for input that this client does not give; ");
    host_end();
}

/*---- The legacy era: requests of the server ------------------------------------------------------*/

static void legacy_kinds(void)
{
    legacy();
    client_feed(ELICIT("7", WHO));
    CHECK_SENT(RESULT("7", "'action':'accept','content':{'name':'Ann'}"));
    client_feed(ELICIT("'a b\\u00e9\\n'", OPEN));
    CHECK_SENT(RESULT("'a b\xC3\xA9\\n'", "'action':'accept'"));
    client_feed(ASK("'8'", "sampling/createMessage", SAMPLE));
    CHECK_SENT(RESULT("'8'", "'role':'assistant','content':{'type':'text','text':'Hi'},'model':'m'"));
    client_feed(LINE("'id':0,'method':'roots/list'"));
    CHECK_SENT(RESULT("0", "'roots':[{'uri':'file:///a','name':'a'}]"));
    client_feed(TEXT("2", "done"));
    CHECK_HEARD("form 'Who?'; url 'Open'; sampling ''; roots ''; = 0 done; ");
    host_end();
}

/* What the host is shown beside the message. */
static void look(mcp_input *input)
{
    mcp_json params = mcp_input_params(input);
    test_hear("%s %s %d; ", mcp_json_cstr(params, "url", "-"), mcp_json_cstr(params, "elicitationId", "-"),
              (int)mcp_json_int(params, "maxTokens", 0));
    CHECK_STR("", mcp_input_error(input));
    answer_any(input);
}

static void params(void)
{
    legacy();
    asked.act = look;
    client_feed(ELICIT("7", OPEN) ASK("8", "sampling/createMessage", SAMPLE));
    CHECK_HEARD("url 'Open'; https://x.example/a?b=c e 0; sampling ''; - - 10; ");
    client_feed(LINE("'id':9,'method':'roots/list'") LINE("'id':10,'method':'roots/list','params':{}"));
    CHECK_HEARD("roots ''; - - 0; roots ''; - - 0; ");
    (void)client_output();
    client_feed(ELICIT("11", "") LINE("'id':12,'method':'elicitation/create'"));    /* no message, no form, no params */
    CHECK_HEARD("form ''; - - 0; form ''; - - 0; ");
    CHECK_SENT(RESULT("11", "'action':'accept','content':{}") RESULT("12", "'action':'accept','content':{}"));
    host_end();
}

static void legacy_refused(void)
{
    static const struct {
        void (*act)(mcp_input *input);
        const char *question, *answer;
    } rows[] = {
        { decline, ELICIT("7", WHO), RESULT("7", "'action':'decline'") },
        { dismiss, ELICIT("7", WHO), RESULT("7", "'action':'cancel'") },
        { nothing, ELICIT("7", WHO), RESULT("7", "'action':'cancel'") },
        { decline, ELICIT("7", OPEN), RESULT("7", "'action':'decline'") },
        { dismiss, ELICIT("7", OPEN), RESULT("7", "'action':'cancel'") },
        { nothing, ELICIT("7", OPEN), RESULT("7", "'action':'cancel'") },
        { decline, ASK("7", "sampling/createMessage", SAMPLE), ERROR("7", "-1", "the user has refused") },
        { dismiss, ASK("7", "sampling/createMessage", SAMPLE), ERROR("7", "-1", "the user has refused") },
        { nothing, ASK("'x'", "roots/list", ""), ERROR("'x'", "-1", "the user has refused") }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %d", (int)i);
        legacy();
        asked.act = rows[i].act;
        client_feed(rows[i].question);
        CHECK_SENT(rows[i].answer);
        client_feed(TEXT("2", "done"));
        CHECK(strstr(test_state.heard, "; = 0 done; ") != NULL);
        host_end();
    }
}

static void legacy_undeclared(void)
{
    begin();
    host.client_desc.inputs = MCP_INPUT_FORM;
    connect_legacy(MCP_2025_11_25, "2025-11-25");
    client_feed(ELICIT("7", OPEN));
    CHECK_SENT(ERROR("7", "-32602", "this client has not declared that"));
    client_feed(ASK("8", "sampling/createMessage", SAMPLE) ASK("9", "roots/list", "") ASK("10", "tools/list", ""));
    CHECK_SENT(ERROR("8", "-32601", "Method not found")
               ERROR("9", "-32601", "Method not found")
               ERROR("10", "-32601", "Method not found"));
    client_feed(LINE("'method':'elicitation/create','params':{" WHO "}"));    /* no request: it has no id */
    CHECK_SENT("");
    CHECK_HEARD("");
    host_end();
}

/* A modern server has no requests of its own. */
static void modern_asks_directly(void)
{
    modern();
    client_feed(ELICIT("7", WHO) ASK("8", "roots/list", ""));
    CHECK_SENT("");
    client_feed(COMPLETE("2", "done"));
    CHECK_HEARD("= 0 done; ");
    host_end();
}

/* Others are served while a question waits. */
static void legacy_beside(void)
{
    legacy();
    asked.act = later;
    client_feed(ELICIT("7", WHO) LINE("'id':8,'method':'ping'"));
    CHECK_SENT(RESULT("8", ""));
    call();
    CHECK_SENT(LEGACY_CALL("3"));
    client_feed(TEXT("3", "other") TEXT("2", "first"));
    CHECK_HEARD("form 'Who?'; = 0 other; = 0 first; ");
    accept_ann(resumed(0));         /* the server asked, so it hears */
    CHECK_SENT(RESULT("7", "'action':'accept','content':{'name':'Ann'}"));
    CHECK(is_gone(0));
    host_end();
}

static void legacy_cancelled(void)
{
    legacy();
    asked.act = later;
    client_feed(ELICIT("7", WHO) ELICIT("'7'", WHO) ELICIT("8", WHO) ELICIT("'\\u0041\\n'", WHO));
    client_feed(CANCEL("'8'") CANCEL("9") CANCEL("null") CANCEL("[7]") LINE("'method':'notifications/cancelled'"));
    CHECK(!is_gone(0) && !is_gone(1) && !is_gone(2) && !is_gone(3));
    client_feed(CANCEL("7"));
    CHECK(is_gone(0) && !is_gone(1) && !is_gone(2));
    client_feed(CANCEL("7") CANCEL("'A\\u000a'"));
    CHECK(!is_gone(1) && !is_gone(2) && is_gone(3));
    CHECK_SENT("");
    accept_ann(resumed(2));
    decline(resumed(1));
    CHECK_SENT(RESULT("8", "'action':'accept','content':{'name':'Ann'}") RESULT("'7'", "'action':'decline'"));
    host_end();
}

/* So many questions wait for their answers, and no more; one that is settled makes room. */
static void legacy_too_many(void)
{
    begin();
    host.client_desc.max_calls = 3;
    asked.act = later;
    connect_legacy(MCP_2025_11_25, "2025-11-25");
    client_feed(ELICIT("1", WHO) ELICIT("2", WHO) ASK("3", "roots/list", "") ELICIT("4", WHO)
                LINE("'id':5,'method':'ping'"));
    CHECK_UINT(3, asked.num_later);
    CHECK_SENT(ERROR("4", "-32603", "too many questions at a time: see mcp_client_desc.max_calls") RESULT("5", ""));
    decline(resumed(1));
    CHECK_SENT(RESULT("2", "'action':'decline'"));
    client_feed(ELICIT("6", WHO));
    CHECK_UINT(4, asked.num_later);
    CHECK_SENT("");
    call();                         /* ours are others */
    CHECK_SENT(LEGACY_CALL("2"));
    host_end();
}

/* A question outlives the call that it was about, and no client. */
static void legacy_late(void)
{
    legacy();
    asked.act = later;
    client_feed(ELICIT("7", WHO));
    CHECK(mcp_client_cancel(host.client, asked.call));
    CHECK_SENT(CANCEL("2"));
    accept_ann(resumed(0));
    CHECK_SENT(RESULT("7", "'action':'accept','content':{'name':'Ann'}"));
    client_feed(ELICIT("8", WHO));
    mcp_client_ended(host.client);
    CHECK(is_gone(1));
    CHECK_SENT("");
    host_end();
}

/*---- The modern era: rounds ----------------------------------------------------------------------*/

static void several_at_once(void)
{
    modern();
    client_feed(ROUND("2", "'requestState':'s','inputRequests':{"
                      WANT("who", "elicitation/create", WHO) ","
                      WANT("a \\u0022b\\u0022", "elicitation/create", OPEN) ","
                      WANT("", "sampling/createMessage", SAMPLE) ",'r':{'method':'roots/list'}}"));
    CHECK_SENT(CALL("3", "'inputResponses':{"
                    "'who':{'action':'accept','content':{'name':'Ann'}},"
                    "'a \\'b\\'':{'action':'accept'},"
                    "'':{'role':'assistant','content':{'type':'text','text':'Hi'},'model':'m'},"
                    "'r':{'roots':[{'uri':'file:///a','name':'a'}]}},'requestState':'s',"));
    CHECK_HEARD("form 'Who?'; url 'Open'; sampling ''; roots ''; ");
    client_feed(COMPLETE("2", "old"));    /* nobody waits for that number any more */
    CHECK_HEARD("");
    client_feed(COMPLETE("3", "done"));
    CHECK_HEARD("= 0 done; ");
    host_end();
}

/* The state and the answers of a round are those of that round only. */
static void rounds(void)
{
    modern();
    client_feed(ROUND("2", "'requestState':'1'"));
    CHECK_SENT(CALL("3", "'requestState':'1',"));
    client_feed(ROUND("3", WANT_WHO));
    CHECK_SENT(CALL("4", SAID_ANN));
    client_feed(ROUND("4", "'requestState':'','inputRequests':{}"));
    CHECK_SENT(CALL("5", "'requestState':'',"));
    call();
    CHECK_SENT(CALL("6", ""));
    client_feed(ROUND("6", "'requestState':'other'"));
    CHECK_SENT(CALL("7", "'requestState':'other',"));
    client_feed(ROUND("5", "'requestState':'5'," WANT_WHO));
    CHECK_SENT(CALL("8", SAID_ANN "'requestState':'5',"));
    client_feed(COMPLETE("7", "b") COMPLETE("8", "a"));
    CHECK_HEARD("form 'Who?'; form 'Who?'; = 0 b; = 0 a; ");
    host_end();
}

/* The state comes back with the same characters. */
static void state_is_echoed(void)
{
    static const struct {
        const char *state, *echo;
    } rows[] = {
        { "a b", "a b" },
        { "\\u0041\\/\\u00e9\\u20AC\\ud83d\\uDE00", "A/\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" },
        { "\\u0022\\\\\\b\\f\\n\\r\\t", "\\'\\\\\\b\\f\\n\\r\\t" },
        { "a\\u0000b\\u001f\\u007f", "a\\u0000b\\u001f\x7F" },
        { "{\\u0022a\\u0022: [1, 2]}", "{\\'a\\': [1, 2]}" },
        { "\\u2028\\u2029\\ufeff", "\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF" }
    };
    char line[400], want[800];
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("%s", rows[i].state);
        modern();
        snprintf(line, sizeof line, ROUND("2", "'requestState':'%s'"), rows[i].state);
        snprintf(want, sizeof want, CALL("3", "'requestState':'%s',"), rows[i].echo);
        client_feed(line);
        CHECK_SENT(want);
        host_end();
    }
}

static void no_params(void)
{
    begin();
    connect_modern();
    CHECK(mcp_request_begin(host.client, host_replied, &host, "prompts/get", NULL) != 0);
    CHECK_SENT(LINE("'id':2,'method':'prompts/get','params':{" META_OF(ALL) "}"));
    client_feed(ROUND("2", "'requestState':'s'," WANT_WHO));
    CHECK_SENT(LINE("'id':3,'method':'prompts/get','params':{" SAID_ANN "'requestState':'s'," META_OF(ALL) "}"));
    client_feed(RESULT("3", "'resultType':'complete','messages':[]"));
    CHECK_HEARD("form 'Who?'; = 0 ; ");
    host_end();
}

static void modern_refused(void)
{
    modern();
    asked.act = decline;
    client_feed(ROUND("2", WANT_WHO));
    CHECK_SENT(CALL("3", "'inputResponses':{'who':{'action':'decline'}},"));
    asked.act = dismiss;
    client_feed(ROUND("3", "'inputRequests':{" WANT("u", "elicitation/create", OPEN) "}"));
    CHECK_SENT(CALL("4", "'inputResponses':{'u':{'action':'cancel'}},"));
    asked.act = nothing;
    client_feed(ROUND("4", WANT_WHO));
    CHECK_SENT(CALL("5", "'inputResponses':{'who':{'action':'cancel'}},"));
    CHECK_HEARD("form 'Who?'; url 'Open'; form 'Who?'; ");
    client_feed(ROUND("5", "'inputRequests':{" WANT("m", "sampling/createMessage", SAMPLE)
                      ",'r':{'method':'roots/list'},"
                      WANT("who", "elicitation/create", WHO) "}"));
    CHECK_SENT("");                     /* there is no way to say no: the call ends, the others are not asked */
    CHECK_HEARD("sampling ''; = -15 the server asked for input that was not given; ");
    host_end();
}

static void max_rounds(void)
{
    static const uint32_t limits[] = { 0, 1, 3 };
    char line[200], id[20];
    size_t i;
    for (i = 0; i < MCP_COUNT(limits); i++) {
        const uint32_t limit = limits[i] ? limits[i] : 8;
        uint32_t n;
        begin();
        host.client_desc.max_rounds = limits[i];
        connect_modern();
        call();
        (void)client_output();
        for (n = 0; n < limit + 5 && !host.answered; n++) {
            snprintf(id, sizeof id, "%d", (int)n + 2);
            snprintf(line, sizeof line, ROUND("%s", "'requestState':'x'"), id);
            client_feed(line);
            CHECK((*client_output() == 0) == (n == limit));
        }
        CHECK_UINT(limit + 1, n);
        CHECK_HEARD("= -15 the server asks again and again: see mcp_client_desc.max_rounds; ");
        CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
        host_end();
    }
}

/* Rounds that are none: the call ends, nothing is sent, the client goes on. */
static const char undeclared[] = "= -15 the server asks for input that this client does not give; ";

typedef struct wrong_round {
    const char *round, *heard;
} wrong_round;

/* Each ends its call, asks nobody, and leaves the client as it was. */
static void check_wrong_rounds(const wrong_round *rows, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        NOTE("row %d", (int)i);
        modern();
        client_feed(rows[i].round);
        CHECK_SENT("");
        CHECK_HEARD(rows[i].heard);
        call();
        client_feed(COMPLETE("3", "next"));
        CHECK_HEARD("= 0 next; ");
        host_end();
    }
}

static void malformed(void)
{
    static const char none[] = "= -15 the server asks for input, but for none; ";
    static const char no_object[] = "= -15 the server's inputRequests are not an object; ";
    static const wrong_round rows[] = {
        { RESULT("2", "'resultType':'input_required'"), none },
        { ROUND("2", "'inputRequests':{}"), none },
        { ROUND("2", "'inputRequests':'who'"), no_object },
        { ROUND("2", "'inputRequests':[]"), no_object },
        { ROUND("2", "'inputRequests':null"), no_object },
        { ROUND("2", "'inputRequests':{'a':1}"), undeclared },
        { ROUND("2", "'inputRequests':{'a':'elicitation/create'}"), undeclared },
        { ROUND("2", "'inputRequests':{'a':null}"), undeclared },
        { ROUND("2", "'inputRequests':{'a':{}}"), undeclared },
        { ROUND("2", "'inputRequests':{'a':[]}"), undeclared },
        { ROUND("2", "'inputRequests':{'a':{'method':7}}"), undeclared },
        { ROUND("2", "'inputRequests':{" WANT("a", "tools/call", "") "}"), undeclared },
        { ROUND("2", "'inputRequests':{" WANT("a", "elicitation/create", WHO) "," WANT("b", "ping", "") "}"),
          undeclared }
    };
    check_wrong_rounds(rows, MCP_COUNT(rows));
}

#define ROOTS(name) "'" name "':{'method':'roots/list'}"

/* As many questions in one round as requests at a time, and no more: each takes memory, and a look at the others. */
static void too_many_in_a_round(void)
{
    uint32_t limit;
    for (limit = 3; limit <= 4; limit++) {
        begin();
        host.client_desc.max_calls = limit;
        asked.act = later;
        connect_modern();
        call();
        (void)client_output();
        client_feed(ROUND("2", "'inputRequests':{" ROOTS("a") "," ROOTS("b") "," ROOTS("c") "," ROOTS("d") "}"));
        if (limit == 4) CHECK_HEARD("roots ''; roots ''; roots ''; roots ''; ");
        else CHECK_HEARD("= -15 the server asks for too much at a time: see mcp_client_desc.max_calls; ");
        CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
        host_end();
    }
}

static void modern_undeclared(void)
{
    static const char *const rounds_of[] = {
        ROUND("2", "'inputRequests':{" WANT("a", "elicitation/create", OPEN) "}"),
        ROUND("2", "'inputRequests':{" WANT("a", "sampling/createMessage", SAMPLE) "}"),
        ROUND("2", "'inputRequests':{'a':{'method':'roots/list'}}")
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rounds_of); i++) {
        begin();
        host.client_desc.inputs = MCP_INPUT_FORM;
        connect_modern();
        call();
        (void)client_output();
        client_feed(rounds_of[i]);
        CHECK_SENT("");
        CHECK_HEARD(undeclared);
        host_end();
    }
}

/* Questions without params, or with odd ones, are put all the same. */
static void odd_params(void)
{
    static const char *const odd[] = { "null", "[]", "'x'", "7", "{'message':7}", "{'requestedSchema':[1]}",
        "{'requestedSchema':{'properties':'x','required':'x'}}" };
    char line[300];
    size_t i;
    modern();
    client_feed(ROUND("2", "'inputRequests':{'a':{'method':'elicitation/create'}}"));
    CHECK_SENT(CALL("3", "'inputResponses':{'a':{'action':'accept','content':{}}},"));
    CHECK_HEARD("form ''; ");
    host_end();
    for (i = 0; i < MCP_COUNT(odd); i++) {
        NOTE("%s", odd[i]);
        modern();
        snprintf(line, sizeof line,
                 ROUND("2", "'inputRequests':{'a':{'method':'elicitation/create','params':%s}}"), odd[i]);
        client_feed(line);
        CHECK_SENT(CALL("3", "'inputResponses':{'a':{'action':'accept','content':{}}},"));
        CHECK_HEARD("form ''; ");
        host_end();
    }
}

/*---- Forms ---------------------------------------------------------------------------------------*/

typedef struct form_row {
    const char *properties, *values;    /* values as a template; required are those called "must" */
    const char *content;                /* what is sent; NULL: it does not fit */
    const char *why;
} form_row;

#define STRING(more)  "'v':{'type':'string'" more "}"
#define NUMBER(more)  "'v':{'type':'number'" more "}"
#define INTEGER(more) "'v':{'type':'integer'" more "}"
#define CHOICES       ",'enum':['red','green']"
#define TITLED        "[{'const':'red','title':'Red'},{'const':'green','title':'Green'}]"
#define LIST(more)    "'v':{'type':'array','items':{'type':'string'" CHOICES "}" more "}"
#define TITLED_LIST   "'v':{'type':'array','items':{'anyOf':" TITLED "},'minItems':1,'maxItems':2}"

static const form_row form_rows[] = {
    { STRING(""), "{'v': 'x'}", "'v':'x'", NULL },
    { STRING(""), "{'v': ''}", "'v':''", NULL },
    { STRING(""), "{'v': 7}", NULL, "'v': expected a string, got 7" },
    { STRING(""), "{'v': null}", NULL, "'v': expected a string, got null" },
    { STRING(",'minLength':2,'maxLength':3"), "{'v': 'a'}", NULL, "'v': expected a text of another length, got 'a'" },
    { STRING(",'minLength':2,'maxLength':3"), "{'v': 'ab'}", "'v':'ab'", NULL },
    { STRING(",'minLength':2,'maxLength':3"), "{'v': '\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9'}",
      "'v':'\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9'", NULL },     /* characters count, not bytes */
    { STRING(",'minLength':2,'maxLength':3"), "{'v': 'abcd'}", NULL,
      "'v': expected a text of another length, got 'abcd'" },
    { STRING(",'format':'email'"), "{'v': 'no address'}", "'v':'no address'", NULL },   /* not our business */
    { STRING(CHOICES), "{'v': 'green'}", "'v':'green'", NULL },
    { STRING(CHOICES), "{'v': 'blue'}", NULL, "'v': expected one of its choices, got 'blue'" },
    { STRING(CHOICES ",'enumNames':['Red','Green']"), "{'v': 'Red'}", NULL,
      "'v': expected one of its choices, got 'Red'" },
    { STRING(",'oneOf':" TITLED), "{'v': 'red'}", "'v':'red'", NULL },
    { STRING(",'oneOf':" TITLED), "{'v': 'Red'}", NULL, "'v': expected one of its choices, got 'Red'" },
    { INTEGER(",'minimum':1,'maximum':9"), "{'v': 1}", "'v':1", NULL },
    { INTEGER(",'minimum':1,'maximum':9"), "{'v': 9}", "'v':9", NULL },
    { INTEGER(",'minimum':1,'maximum':9"), "{'v': 0}", NULL, "'v': expected a number within its bounds, got 0" },
    { INTEGER(",'minimum':1,'maximum':9"), "{'v': 10}", NULL, "'v': expected a number within its bounds, got 10" },
    { INTEGER(""), "{'v': 1.5}", NULL, "'v': expected an integer, got 1.5" },
    { INTEGER(""), "{'v': '1'}", NULL, "'v': expected an integer, got '1'" },
    { INTEGER(""), "{'v': true}", NULL, "'v': expected an integer, got a boolean" },
    { INTEGER(""), "{'v': -9223372036854775808}", "'v':-9223372036854775808", NULL },
    { NUMBER(",'minimum':-0.5,'maximum':1e2"), "{'v': -0.5}", "'v':-0.5", NULL },
    { NUMBER(",'minimum':-0.5,'maximum':1e2"), "{'v': 100}", "'v':100", NULL },
    { NUMBER(",'minimum':-0.5,'maximum':1e2"), "{'v': -0.51}", NULL,
      "'v': expected a number within its bounds, got -0.51" },
    { NUMBER(",'minimum':-0.5,'maximum':1e2"), "{'v': 100.001}", NULL,
      "'v': expected a number within its bounds, got 100.001" },
    { NUMBER(""), "{'v': []}", NULL, "'v': expected a number, got an array" },
    { "'v':{'type':'boolean'}", "{'v': false}", "'v':false", NULL },
    { "'v':{'type':'boolean'}", "{'v': 'false'}", NULL, "'v': expected true or false, got 'false'" },
    { LIST(""), "{'v': []}", "'v':[]", NULL },
    { LIST(""), "{'v': ['red', 'green', 'red']}", "'v':['red','green','red']", NULL },
    { LIST(""), "{'v': 'red'}", NULL, "'v': expected an array, got 'red'" },
    { LIST(""), "{'v': ['red', 'blue']}", NULL, "'v': expected some of its choices, got 'blue'" },
    { LIST(""), "{'v': [1]}", NULL, "'v': expected some of its choices, got 1" },
    { TITLED_LIST, "{'v': ['green']}", "'v':['green']", NULL },
    { TITLED_LIST, "{'v': ['Green']}", NULL, "'v': expected some of its choices, got 'Green'" },
    { TITLED_LIST, "{'v': []}", NULL, "'v': expected another number of choices, got an array" },
    { TITLED_LIST, "{'v': ['red', 'green', 'red']}", NULL,
      "'v': expected another number of choices, got an array" },
    /* What is left out. */
    { STRING(",'default':'d'"), "{}", "'v':'d'", NULL },
    { STRING(",'default':'d'"), "{'v': 'x'}", "'v':'x'", NULL },
    { INTEGER(",'default':-3") "," "'w':{'type':'number','default':2.50}", "{}", "'v':-3,'w':2.50", NULL },
    { "'v':{'type':'boolean','default':false}", "{}", "'v':false", NULL },
    { LIST(",'default':['green']"), "{}", "'v':['green']", NULL },
    { STRING(""), "{}", "", NULL },
    { "'must':{'type':'string'}," STRING(""), "{'v': 'x'}", NULL, "'must': expected a value, got nothing" },
    { "'must':{'type':'string','default':'d'}," STRING(""), "{'v': 'x'}", "'must':'d','v':'x'", NULL },
    { "'must':{'type':'string'}", "{'must': 'x'}", "'must':'x'", NULL },
    /* A default must fit, too: it is the server's fault, and the user may still give a value. */
    { INTEGER(",'minimum':1,'default':0"), "{}", NULL, "'v': expected a number within its bounds, got 0" },
    /* What the form does not have is dropped, and its order kept. */
    { STRING("") ",'w':{'type':'boolean'}", "{'x': 1, 'w': true, 'v': 'x'}", "'v':'x','w':true", NULL },
    /* Of a kind that we do not know: the server will judge. */
    { "'v':{'type':'object'},'w':{},'x':7", "{'v': {'a': 1}, 'w': null, 'x': 'y'}",
      "'v':{'a':1},'w':null,'x':'y'", NULL }
};

static const form_row *form;
static int form_try;

/* Gives what the row says; if that does not fit it says why, and the next answer works. */
static void fill_form(mcp_input *input)
{
    const int status = mcp_accept(input, form->values, 0);
    form_try = status;
    if (status == MCP_OK) return;
    CHECK_STR(form->why, mcp_input_error(input));
    CHECK_SENT("");
    mcp_decline(input);
}

static void forms(void)
{
    char line[1000], want[1000];
    size_t i;
    for (i = 0; i < MCP_COUNT(form_rows); i++) {
        form = &form_rows[i];
        NOTE("row %d, %s", (int)i, form->values);
        legacy();
        asked.act = fill_form;
        snprintf(line, sizeof line, ELICIT("7", "'message':'M'," FORM("%s", "'must'")), form->properties);
        client_feed(line);
        CHECK_STATUS(form->content ? MCP_OK : MCP_E_MISUSE, form_try);
        if (form->content)
            snprintf(want, sizeof want, RESULT("7", "'action':'accept','content':{%s}"), form->content);
        else
            snprintf(want, sizeof want, RESULT("7", "'action':'decline'"));
        CHECK_SENT(want);
        host_end();
    }
}

/* A form with so many fields, names that it requires, and texts in the default of one of them. */
static void feed_large_form(int fields, int required, int chosen)
{
    char *text = (char *)malloc(1 << 17), *p = text;
    int i;
    p += sprintf(p, "%s", quoted("{'jsonrpc':'2.0','id':7,'method':'elicitation/create','params':{'message':'M',"
                                 "'requestedSchema':{'type':'object','properties':{'list':{'type':'array',"
                                 "'items':{'enum':['x']},'default':["));
    for (i = 0; i < chosen; i++) p += sprintf(p, "%s\"x\"", i ? "," : "");
    p += sprintf(p, "]}");
    for (i = 1; i < fields; i++) p += sprintf(p, ",\"f%d\":{}", i);
    p += sprintf(p, "},\"required\":[");
    for (i = 0; i < required; i++) p += sprintf(p, "%s\"r%d\"", i ? "," : "", i);
    p += sprintf(p, "]}}}\n");
    CHECK_UINT((size_t)(p - text), mcp_client_feed(host.client, text, (size_t)(p - text)));
    free(text);
}

static void accept_defaults(mcp_input *input)
{
    form_try = mcp_accept(input, NULL);
    if (form_try != MCP_OK) test_hear("%s", mcp_input_error(input));
}

/* They are compared each with each, so there is a limit. */
static void large_forms(void)
{
    static const struct { int fields, required, chosen; const char *why; } rows[] = {
        { 1000, 1000, 1000, "" },
        { 1001, 0, 1, "expected a form of at most 1000 fields" },
        { 1, 1001, 1, "expected a form of at most 1000 fields" },
        { 1, 0, 1001, "'list': expected at most 1000 choices, got an array" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %d", (int)i);
        legacy();
        asked.act = accept_defaults;
        feed_large_form(rows[i].fields, rows[i].required, rows[i].chosen);
        CHECK_STATUS(*rows[i].why ? MCP_E_MISUSE : MCP_OK, form_try);
        CHECK(strncmp(test_state.heard, "form 'M'; ", 10) == 0);
        CHECK_STR(rows[i].why, test_state.heard + 10);
        host_end();
    }
}

/* Answers that are none, each followed by a good one. */
static void try_again(mcp_input *input)
{
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(input, "{'name': %d}", 7));
    CHECK_STR("'name': expected a string, got 7", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(input, "[%s]", "Ann"));
    CHECK_STR("an answer must be an object", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(input, "{'name': %s", "Ann"));
    CHECK(*mcp_input_error(input) != 0);
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(input, NULL));
    CHECK_STR("'name': expected a value, got nothing", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer(input, "{'name': %s}", "Ann"));
    CHECK_STR("mcp_accept is for this kind of input", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept_json(input, "{\"name\": 7}"));
    CHECK_STR("'name': expected a string, got 7", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept_json(input, "{'name': 'Ann'}"));      /* no template */
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept_json(input, ""));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept_json(input, "{\"name\": \"a\"} {\"name\": \"b\"}"));
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer_json(input, "{}"));
    CHECK_SENT("");
    CHECK_STATUS(MCP_OK, mcp_accept(input, "{'name': %s, 'other': %d}", "Ann \"'%s", 7));
}

static void try_sampling_again(mcp_input *input)
{
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(input, "{'roots': []}"));
    CHECK_STR("mcp_answer is for this kind of input", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer(input, "[%d]", 7));
    CHECK_STR("an answer must be a JSON object", mcp_input_error(input));
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer(input, "{'roots': %d", 7));
    CHECK(*mcp_input_error(input) != 0);
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer_json(input, "{\"roots\": []} x"));
    CHECK_STATUS(MCP_E_MISUSE, mcp_answer_json(input, "[]"));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept_json(input, "{}"));
    CHECK_SENT("");
    answer_any(input);
}

static void answers_that_are_none(void)
{
    legacy();
    asked.act = try_again;
    client_feed(ELICIT("7", WHO));
    CHECK_STR("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"action\":\"accept\","
              "\"content\":{\"name\":\"Ann \\\"'%s\"}}}\n", client_output());
    host_end();
}

/* Values as JSON: those of a form that is only known when it comes. */
static void accept_json(mcp_input *input)
{
    switch (mcp_input_kind(input)) {
    case MCP_INPUT_FORM:
        CHECK_STATUS(MCP_OK, mcp_accept_json(input, "{\"name\": \"50% of 'it'\", \"more\": [1]}"));
        break;
    case MCP_INPUT_URL: CHECK_STATUS(MCP_OK, mcp_accept_json(input, NULL)); break;
    default: CHECK_STATUS(MCP_OK, mcp_answer_json(input, "{\"roots\": []}")); break;
    }
}

static void answers_as_json(void)
{
    modern();
    asked.act = accept_json;
    client_feed(ROUND("2", THREE));
    CHECK(strstr(client_output(), "\"inputResponses\":{\"who\":{\"action\":\"accept\",\"content\":{\"name\":"
                           "\"50% of 'it'\"}},\"url\":{\"action\":\"accept\"},\"r\":{\"roots\": []}},") != NULL);
    host_end();
}

static void answers_of_another_kind(void)
{
    legacy();
    asked.act = try_sampling_again;
    client_feed(ASK("7", "roots/list", ""));
    CHECK_SENT(RESULT("7", "'roots':[{'uri':'file:///a','name':'a'}]"));
    host_end();
}

/*---- Later ---------------------------------------------------------------------------------------*/

/* In another order; each is gone once it was answered. */
static void later_in_another_order(void)
{
    modern();
    asked.act = later;
    client_feed(ROUND("2", THREE));
    CHECK_HEARD("form 'Who?'; url 'Open'; roots ''; ");
    CHECK_UINT(3, asked.num_later);
    answer_any(resumed(2));
    CHECK(is_gone(2) && !is_gone(0) && !is_gone(1));
    CHECK_STATUS(MCP_E_MISUSE, mcp_accept(resumed(0), "{'name': %d}", 7));
    CHECK_STR("'name': expected a string, got 7", mcp_input_error(resumed(0)));
    answer_any(resumed(0));
    CHECK_SENT("");
    agree(resumed(1));
    CHECK(is_gone(0) && is_gone(1) && is_gone(2));
    CHECK_SENT(CALL("3", "'inputResponses':{'r':{'roots':[{'uri':'file:///a','name':'a'}]},"
                    "'who':{'action':'accept','content':{'name':'Ann'}},'url':{'action':'accept'}},"
                    "'requestState':'s',"));
    client_feed(COMPLETE("3", "done"));
    CHECK_HEARD("= 0 done; ");
    host_end();
}

/* Nobody waits any more: the references give nothing. */
static void later_than_the_request(void)
{
    modern();
    asked.act = later;
    client_feed(ROUND("2", THREE));
    CHECK(mcp_client_cancel(host.client, asked.call));
    CHECK(is_gone(0) && is_gone(1) && is_gone(2));
    CHECK(!mcp_client_cancel(host.client, asked.call));
    call();
    (void)client_output();
    client_feed(ROUND("3", WANT_WHO));
    mcp_client_ended(host.client);
    CHECK(is_gone(3));
    CHECK_HEARD("form 'Who?'; url 'Open'; roots ''; form 'Who?'; = -10 the server has ended; ");
    CHECK_SENT("");
    host_end();
    modern();
    asked.act = later;
    client_feed(ROUND("2", THREE));
    nothing(resumed(1));
    host_end();                         /* closed with questions open */
    CHECK_HEARD("form 'Who?'; url 'Open'; roots ''; = -10 the client was closed; ");
}

/* One refusal of a model's answer ends the request, and the other questions with it. */
static void later_withheld(void)
{
    modern();
    asked.act = later;
    client_feed(ROUND("2", THREE));
    accept_ann(resumed(0));
    decline(resumed(2));
    CHECK(is_gone(0) && is_gone(1) && is_gone(2));
    CHECK_HEARD("form 'Who?'; url 'Open'; roots ''; = -15 the server asked for input that was not given; ");
    CHECK_SENT("");
    host_end();
}

/* Questions of two requests do not mix. */
static void later_of_two(void)
{
    modern();
    asked.act = later;
    call();
    (void)client_output();
    client_feed(ROUND("3", "'requestState':'b'," WANT_WHO) ROUND("2", "'requestState':'a'," WANT_WHO));
    accept_ann(resumed(1));
    CHECK_SENT(CALL("4", SAID_ANN "'requestState':'a',"));
    client_feed(COMPLETE("4", "a"));
    CHECK(!is_gone(0));
    decline(resumed(0));
    CHECK_SENT(CALL("5", "'inputResponses':{'who':{'action':'decline'}},'requestState':'b',"));
    client_feed(COMPLETE("5", "b"));
    CHECK_HEARD("form 'Who?'; form 'Who?'; = 0 a; = 0 b; ");
    host_end();
}

/*---- What may be called inside -------------------------------------------------------------------*/

static void begin_another(mcp_input *input)
{
    CHECK(mcp_call_begin(host.client, host_replied, &host, "t", "{'a': %d}", 1) != 0);
    accept_ann(input);
}

static void cancel_it(mcp_input *input)
{
    (void)input;
    CHECK(mcp_client_cancel(host.client, asked.call));
}

static void close_it(mcp_input *input)
{
    (void)input;
    mcp_client_close(host.client);
}

static void answer_and_close(mcp_input *input)
{
    accept_ann(input);
    mcp_client_close(host.client);
}

static void end_it(mcp_input *input)
{
    (void)input;
    mcp_client_ended(host.client);
}

static void calls_inside(void)
{
    modern();
    asked.act = begin_another;
    client_feed(ROUND("2", WANT_WHO));
    CHECK_SENT(CALL("3", "") CALL("4", SAID_ANN));
    asked.act = cancel_it;
    client_feed(ROUND("4", THREE));     /* the other two are not put */
    CHECK_HEARD("form 'Who?'; form 'Who?'; ");
    (void)client_output();
    client_feed(COMPLETE("3", "other"));
    CHECK_HEARD("= 0 other; ");
    asked.act = end_it;
    call();
    client_feed(ROUND("5", THREE));
    CHECK_HEARD("form 'Who?'; = -10 the server has ended; ");
    host_end();
    legacy();
    asked.act = begin_another;
    client_feed(ELICIT("7", WHO));
    CHECK_SENT(LEGACY_CALL("3") RESULT("7", "'action':'accept','content':{'name':'Ann'}"));
    asked.act = cancel_it;
    client_feed(ELICIT("8", WHO));
    CHECK_SENT(CANCEL("2") RESULT("8", "'action':'cancel'"));
    host_end();
}

static void closed_inside(void)
{
    static void (*const acts[])(mcp_input *input) = { close_it, answer_and_close };
    size_t i, len;
    const char *lines[2] = { ROUND("2", THREE), ELICIT("7", WHO) ELICIT("8", WHO) };
    for (i = 0; i < 4; i++) {
        NOTE("%d", (int)i);
        if (i & 1) legacy();
        else modern();
        asked.act = acts[i / 2];
        len = strlen(quoted(lines[i & 1]));
        (void)mcp_client_feed(host.client, quoted(lines[i & 1]), len);
        CHECK_HEARD("form 'Who?'; = -10 the client was closed; ");
        CHECK_HEAP(&host.heap);         /* it is gone */
    }
}

/*---- Time ----------------------------------------------------------------------------------------*/

static void time_stands_still(void)
{
    begin();
    host.client_desc.call_timeout_ms = 100;
    asked.act = later;
    connect_modern();
    call();
    (void)client_output();
    CHECK_INT(100, mcp_client_tick(host.client));
    host.now += 60;
    client_feed(ROUND("2", WANT_WHO));
    host.now += 1000000;
    CHECK_INT(-1, mcp_client_tick(host.client));
    CHECK_HEARD("form 'Who?'; ");
    accept_ann(resumed(0));
    CHECK_SENT(CALL("3", SAID_ANN));
    CHECK_INT(100, mcp_client_tick(host.client));
    host.now += 99;
    CHECK_INT(1, mcp_client_tick(host.client));
    host.now += 1;
    CHECK_INT(-1, mcp_client_tick(host.client));
    CHECK_HEARD("= -14 the server has not answered in time (mcp_client_desc.call_timeout_ms); ");
    CHECK_SENT(CANCEL("3"));
    client_feed(ROUND("3", WANT_WHO));    /* too late to ask */
    CHECK_SENT("");
    CHECK_HEARD("");
    host_end();
}

/* A legacy server's question is of no request in particular: all of them wait, and start again. */
static void time_stands_still_legacy(void)
{
    begin();
    host.client_desc.call_timeout_ms = 100;
    asked.act = later;
    connect_legacy(MCP_2025_11_25, "2025-11-25");
    call();
    (void)client_output();
    host.now += 60;
    client_feed(ELICIT("7", WHO) ELICIT("8", WHO));
    host.now += 1000000;
    CHECK_INT(-1, mcp_client_tick(host.client));
    accept_ann(resumed(1));
    host.now += 1000;
    CHECK_INT(-1, mcp_client_tick(host.client));
    client_feed(CANCEL("7"));
    CHECK_INT(100, mcp_client_tick(host.client));
    CHECK_HEARD("form 'Who?'; form 'Who?'; ");
    host.now += 100;
    CHECK_INT(-1, mcp_client_tick(host.client));
    CHECK_HEARD("= -14 the server has not answered in time (mcp_client_desc.call_timeout_ms); ");
    host_end();
}

static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    CHECK(user == &host && request == asked.call);
    test_hear("%g of %g %s; ", progress, total, message);
}

/* Nor do the ten times call_timeout_ms that progress can give run while the host is asked. */
static void progress_after_a_long_question(void)
{
    begin();
    host.client_desc.call_timeout_ms = 100;
    host.client_desc.on_progress = on_progress;
    asked.act = later;
    connect_legacy(MCP_2025_11_25, "2025-11-25");
    call();
    (void)client_output();
    client_feed(ELICIT("7", WHO));
    host.now += 1000000;
    accept_ann(resumed(0));
    CHECK_INT(100, mcp_client_tick(host.client));
    host.now += 60;
    client_feed(LINE("'method':'notifications/progress','params':{'progressToken':2,'progress':1}"));
    CHECK_INT(100, mcp_client_tick(host.client));
    CHECK_HEARD("form 'Who?'; 1 of 0 ; ");
    host.now += 100;
    CHECK_INT(-1, mcp_client_tick(host.client));
    CHECK_HEARD("= -14 the server has not answered in time (mcp_client_desc.call_timeout_ms); ");
    host_end();
}

/* The next round comes while the host is still in the question of this one: each is put once. */
static void answer_and_read_on(mcp_input *input)
{
    accept_ann(input);
    asked.act = later;
    client_feed(ROUND("3", WANT_WHO));
}

static void rounds_within_rounds(void)
{
    modern();
    asked.act = answer_and_read_on;
    client_feed(ROUND("2", WANT_WHO));
    CHECK_HEARD("form 'Who?'; form 'Who?'; ");
    CHECK_UINT(1, asked.num_later);
    accept_ann(resumed(0));
    CHECK_SENT(CALL("3", SAID_ANN) CALL("4", SAID_ANN));
    host_end();
}

/*---- What a server must not get away with --------------------------------------------------------*/

/* A revision has no kind that it does not know, whatever desc.inputs says. */
static void revisions_without(void)
{
    static const struct {
        uint32_t revision, inputs;
        const char *name, *question, *answer;
    } rows[] = {
        { MCP_2024_11_05, ALL_INPUTS, "2024-11-05", ELICIT("7", WHO), "-32601" },
        { MCP_2025_03_26, ALL_INPUTS, "2025-03-26", ELICIT("7", WHO), "-32601" },
        { MCP_2025_03_26, ALL_INPUTS, "2025-03-26", ELICIT("7", OPEN), "-32601" },
        { MCP_2025_06_18, ALL_INPUTS, "2025-06-18", ELICIT("7", OPEN), "-32602" },
        { MCP_2025_06_18, MCP_INPUT_URL, "2025-06-18", ELICIT("7", OPEN), "-32601" },
        { MCP_2025_11_25, MCP_INPUT_URL, "2025-11-25", ELICIT("7", WHO), "-32602" },
        { MCP_2025_11_25, ALL_INPUTS, "2025-11-25", ELICIT("7", "'mode':'voice'," WHO), "-32602" },
        { MCP_2025_11_25, ALL_INPUTS, "2025-11-25", ELICIT("7", "'mode':7," WHO), "-32602" },
        { MCP_2025_11_25, ALL_INPUTS, "2025-11-25",
          ASK("7", "sampling/createMessage", SAMPLE ",'tools':[]"), "-32602" },
        { MCP_2025_11_25, ALL_INPUTS, "2025-11-25",
          ASK("7", "sampling/createMessage", SAMPLE ",'toolChoice':{'mode':'auto'}"), "-32602" }
    };
    char want[200];
    size_t i;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        NOTE("row %d", (int)i);
        begin();
        host.client_desc.inputs = rows[i].inputs;
        connect_legacy(rows[i].revision, rows[i].name);
        client_feed(rows[i].question);
        snprintf(want, sizeof want, ERROR("7", "%s", "%s"), rows[i].answer,
                 strcmp(rows[i].answer, "-32601") ? "this client has not declared that" : "Method not found");
        CHECK_SENT(want);
        CHECK_HEARD("");
        host_end();
    }
}

static void rounds_that_are_none(void)
{
    static const char none[] = "= -15 the server's requestState is not a string; ";
    static const wrong_round rows[] = {
        { ROUND("2", "'requestState':7"), none },
        { ROUND("2", "'requestState':null"), none },
        { ROUND("2", "'requestState':{'a':1},'inputRequests':{}"), none },
        { ROUND("2", "'inputRequests':[{'method':'roots/list'}]"),
          "= -15 the server's inputRequests are not an object; " },
        { ROUND("2", "'inputRequests':{" WANT("a", "elicitation/create", "'mode':'voice'," WHO) "}"), undeclared },
        { ROUND("2", "'inputRequests':{" WANT("a", "sampling/createMessage", SAMPLE ",'tools':[]") "}"),
          undeclared }
    };
    check_wrong_rounds(rows, MCP_COUNT(rows));
}

/* Only some requests may be answered with a question. */
static void asked_where_not_allowed(void)
{
    begin();
    connect_modern();
    CHECK(mcp_request_begin(host.client, host_replied, &host, "tools/list", NULL) != 0);
    (void)client_output();
    client_feed(ROUND("2", WANT_WHO));
    CHECK_SENT("");
    CHECK_HEARD("= -15 the server asks for input where it may not; ");
    host_end();
}

/* While the user thinks, nothing is under way: another reply is late, and a cancellation is not told. */
static void nothing_under_way(void)
{
    modern();
    asked.act = later;
    client_feed(ROUND("2", WANT_WHO) ROUND("2", THREE) COMPLETE("2", "twice"));
    CHECK_HEARD("form 'Who?'; ");
    if (!is_gone(0)) accept_ann(resumed(0));
    CHECK_SENT(CALL("3", SAID_ANN));
    client_feed(ROUND("3", WANT_WHO));
    CHECK(mcp_client_cancel(host.client, asked.call));
    CHECK_SENT("");
    host_end();
}

/* Nothing is asked before the revision is known. */
static void asked_before(void)
{
    begin();
    create(MCP_2026_07_28 | MCP_2025_11_25);
    call();
    (void)client_output();
    client_feed(ROUND("1", WANT_WHO));
    CHECK_HEARD("");
    CHECK_SENT(LINE("'id':3,'method':'initialize','params':{'protocolVersion':'2025-11-25','capabilities':{" ALL
                    "},'clientInfo':{'name':'c','version':'1'}}"));
    host_end();
}

/* A question before the revision is known is not put to the host; while initialize is under way it is, as our
   capabilities were sent. */
static void legacy_before_initialize(void)
{
    begin();
    create(MCP_2026_07_28 | MCP_2025_11_25);
    (void)client_output();
    client_feed(ELICIT("7", WHO));
    CHECK_HEARD("");
    CHECK_SENT(ERROR("7", "-32601", "this client has declared nothing yet: wait for initialize"));
    client_feed(ERROR("1", "-32601", "no"));
    (void)client_output();
    client_feed(ELICIT("8", WHO));
    CHECK_HEARD("form 'Who?'; ");
    CHECK_SENT(RESULT("8", "'action':'accept','content':{'name':'Ann'}"));
    host_end();
}

/* A question of a server that turns out to be modern is not answered: that era has no responses of clients. */
static void asked_by_a_modern_server(void)
{
    begin();
    asked.act = later;
    create(MCP_2026_07_28 | MCP_2025_11_25);
    (void)client_output();
    host.now += 5000;
    (void)mcp_client_tick(host.client);
    (void)client_output();
    client_feed(ELICIT("7", WHO) RESULT("1", DISCOVERED));
    CHECK(!is_gone(0));
    client_feed(ERROR("2", "-32601", "no"));
    CHECK_STATUS(MCP_OK, mcp_client_status(host.client));
    CHECK_STR("2026-07-28", mcp_client_revision(host.client));
    CHECK(is_gone(0));
    CHECK_SENT("");
    host_end();
}

/* Answers that are too long together end the call; each of them would have gone. */
static void answers_too_long(void)
{
    char text[700];
    begin();
    host.client_desc.max_request = 1000;
    asked.act = later;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    connect_modern();
    call();
    (void)client_output();
    client_feed(ROUND("2", "'inputRequests':{" WANT("a", "elicitation/create", WHO) ","
                      WANT("b", "elicitation/create", WHO) "}"));
    CHECK_STATUS(MCP_OK, mcp_accept(resumed(0), "{'name': %s}", text));
    CHECK_STATUS(MCP_OK, mcp_accept(resumed(1), "{'name': %s}", text));
    CHECK_SENT("");
    CHECK_UINT(1, host.answered);
    CHECK(strstr(test_state.heard, "; = -6 it is longer than mcp_client_desc.max_request allows") != NULL);
    host_end();
}

/* A state that does not go into a request ends the call, and says why. */
static void state_too_long(void)
{
    char round[1200], text[900];
    begin();
    host.client_desc.max_request = 500;
    connect_modern();
    call();
    (void)client_output();
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    snprintf(round, sizeof round, ROUND("2", "'requestState':'%s'"), text);
    client_feed(round);
    CHECK_SENT("");
    CHECK_HEARD("= -6 it is longer than mcp_client_desc.max_request allows; ");
    host_end();
}

/*---- Bytes and memory ----------------------------------------------------------------------------*/

static const char legacy_talk[] =
    RESULT("1", "'protocolVersion':'2025-11-25','capabilities':{}")
    ELICIT("'\xC3\xA9'", WHO) LINE("'id':5,'method':'ping'") ELICIT("6", OPEN)
    ASK("7", "sampling/createMessage", SAMPLE) ASK("8", "roots/list", "") CANCEL("8") ASK("9", "none", "");

static const char modern_talk[] =
    RESULT("1", DISCOVERED) ROUND("2", THREE) ROUND("3", "'requestState':'\\u0000'")
    ROUND("4", WANT_WHO) COMPLETE("5", "done");

/* Feeds a talk in two pieces, and returns what was sent in all. */
static const char *talk_in_pieces(uint32_t revision, const char *talk, size_t cut)
{
    static char bytes[1 << 14];
    const size_t len = strlen(talk);
    size_t first;
    memcpy(bytes, quoted(talk), len + 1);
    begin();
    create(revision);
    call();
    first = mcp_client_feed(host.client, bytes, cut);
    CHECK_UINT(len, first + mcp_client_feed(host.client, bytes + cut, len - cut));
    return client_output();
}

static void cut_at_every_byte(void)
{
    static char want[1 << 14], seen[sizeof test_state.heard];
    static const struct {
        uint32_t revision;
        const char *talk;
    } rows[] = { { MCP_2025_11_25, legacy_talk }, { MCP_2026_07_28, modern_talk } };
    size_t i, cut;
    for (i = 0; i < MCP_COUNT(rows); i++) {
        snprintf(want, sizeof want, "%s", talk_in_pieces(rows[i].revision, rows[i].talk, 0));
        snprintf(seen, sizeof seen, "%s", test_state.heard);
        CHECK(strstr(seen, "roots ''; ") != NULL);
        host_end();
        for (cut = 1; cut < strlen(rows[i].talk); cut += test_step(11)) {
            NOTE("%s at %d", i ? "modern" : "legacy", (int)cut);
            CHECK_STR(want, talk_in_pieces(rows[i].revision, rows[i].talk, cut));
            CHECK_STR(seen, test_state.heard);
            host_end();
        }
    }
}

static size_t begun;

static void answer_or_not(mcp_input *input) { if (answer_kind(input) != MCP_OK) mcp_dismiss(input); }

/* A talk with an allocator that may fail. Every line that is sent is whole: JSON, with what belongs to it. */
static void talk_without_memory(uint32_t revision, const char *talk, size_t fail_at, bool forever)
{
    const size_t len = strlen(talk);
    const char *text, *end_of_line;
    mcp_doc doc;
    begin();
    begun = 0;
    asked.act = answer_or_not;
    host.heap.fail_at = fail_at;
    host.heap.forever = forever;
    host.client_desc.revisions = revision;
    host.client = mcp_client_create(&host.client_desc);
    if (!host.client) return;
    begun = mcp_call_begin(host.client, host_replied, &host, "t", "{'a': %d}", 1) != 0;
    (void)mcp_client_feed(host.client, quoted(talk), len);
    memset(&doc, 0, sizeof doc);
    for (text = client_output(); *text; text = end_of_line + 1) {
        end_of_line = strchr(text, '\n');
        CHECK(end_of_line != NULL);
        if (!end_of_line) break;
        if (mcp_json_parse(&doc, text, (size_t)(end_of_line - text)) != MCP_OK)
            FAIL("sent what is not JSON: %.*s", (int)(end_of_line - text), text);
    }
    mcp_doc_free(&doc);
}

static void memory_fails(uint32_t revision, const char *talk)
{
    size_t n;
    int forever, done;
    for (forever = 0; forever < 2; forever++) {
        for (n = 1, done = 0; !done && n < 1000; n++) {
            NOTE("%d forever %d", (int)n, forever);
            talk_without_memory(revision, talk, n, forever);
            done = host.heap.calls < n;
            host_end();
            CHECK_UINT(begun, host.answered);
            if (done && revision == MCP_2026_07_28) CHECK(strstr(test_state.heard, "= 0 done; ") != NULL);
        }
        CHECK(done && n > 20);
    }
}

static void memory_fails_legacy(void) { memory_fails(MCP_2025_11_25, legacy_talk); }
static void memory_fails_modern(void) { memory_fails(MCP_2026_07_28, modern_talk); }

int main(void)
{
    TEST(capabilities_legacy);
    TEST(capabilities_modern);
    TEST(no_hook);
    TEST(legacy_kinds);
    TEST(params);
    TEST(legacy_refused);
    TEST(legacy_undeclared);
    TEST(modern_asks_directly);
    TEST(legacy_beside);
    TEST(legacy_cancelled);
    TEST(legacy_too_many);
    TEST(legacy_late);
    TEST(several_at_once);
    TEST(rounds);
    TEST(state_is_echoed);
    TEST(no_params);
    TEST(modern_refused);
    TEST(max_rounds);
    TEST(malformed);
    TEST(too_many_in_a_round);
    TEST(modern_undeclared);
    TEST(odd_params);
    TEST(forms);
    TEST(large_forms);
    TEST(answers_that_are_none);
    TEST(answers_of_another_kind);
    TEST(answers_as_json);
    TEST(later_in_another_order);
    TEST(later_than_the_request);
    TEST(later_withheld);
    TEST(later_of_two);
    TEST(calls_inside);
    TEST(closed_inside);
    TEST(time_stands_still);
    TEST(time_stands_still_legacy);
    TEST(progress_after_a_long_question);
    TEST(rounds_within_rounds);
    TEST(revisions_without);
    TEST(rounds_that_are_none);
    TEST(asked_where_not_allowed);
    TEST(nothing_under_way);
    TEST(asked_before);
    TEST(legacy_before_initialize);
    TEST(asked_by_a_modern_server);
    TEST(answers_too_long);
    TEST(state_too_long);
    TEST(cut_at_every_byte);
    TEST(memory_fails_legacy);
    TEST(memory_fails_modern);
    return test_end();
}
