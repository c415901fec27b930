/* examples/everything.c at its door: every fixture of it, in both eras, as a client of ours sees it.
   usage: test_everything [PROGRAM]    (build/everything) */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "example.h"

static bool modern;

/*---- What the server tells -----------------------------------------------------------------------*/

static void on_log(void *user, mcp_client *c, int level, const char *logger, mcp_json data)
{
    CHECK(user == &client && c == client);
    test_hear("%d%s %s; ", level, logger, mcp_json_cstr(data, NULL, "?"));
}

static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    CHECK(user == &client && request != 0);
    test_hear("%g of %g %s; ", progress, total, message);
}

static void on_notification(void *user, mcp_client *c, const char *method, mcp_json params)
{
    (void)user, (void)c, (void)params;
    test_hear("%s; ", method);
}

/* Says what it is asked and answers: as `answer` says in a form. */
static const char *answer;
static uint32_t inputs;         /* what the client can be asked */

static void on_input(void *user, mcp_input *input)
{
    const mcp_json params = mcp_input_params(input);
    const int kind = mcp_input_kind(input);
    (void)user;
    test_hear("asked %d %s; ", kind, mcp_input_message(input));
    if (kind == MCP_INPUT_FORM && !answer) mcp_decline(input);
    else if (kind == MCP_INPUT_FORM) CHECK_STATUS(MCP_OK, mcp_accept_json(input, answer));
    else if (kind == MCP_INPUT_ROOTS) CHECK_STATUS(MCP_OK, mcp_answer(input, "{'roots': [{'uri': 'file:///a'}]}"));
    else {
        CHECK_INT(100, mcp_json_int(params, "maxTokens", 0));
        test_hear("'%s'; ", mcp_json_cstr(mcp_json_find(params, "/messages/0/content"), "text", "?"));
        CHECK_STATUS(MCP_OK, mcp_answer(input, "{'role': 'assistant', 'model': 'm', 'content': {'type': 'text', "
                                        "'text': 'Paris'}}"));
    }
}

/* What was told since the last time. The server told it before it answers this. */
static const char *heard(void)
{
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_ping(client)));
    return test_heard();
}

static void in_era(uint32_t revision, void (*run)(void))
{
    mcp_client_desc d = example_desc();
    d.on_log = on_log;
    d.on_progress = on_progress;
    d.on_notification = on_notification;
    if (inputs) d.on_input = on_input;
    d.inputs = inputs;
    modern = revision == MCP_2026_07_28;
    in_revisions(revision, &d, run);
}

static void in_both_eras(void (*run)(void))
{
    in_era(MCP_2025_11_25, run);
    in_era(MCP_2026_07_28, run);
}

/*---- Content -------------------------------------------------------------------------------------*/

static const char png[] = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x8\2\0\0\0\x90wS\xDE\0\0\0\xCIDAT\x78\x9C\x63"
                          "\xF8\xCF\xC0\0\0\3\1\1\0\xC9\xFE\x92\xEF\0\0\0\0IEND\xAE\x42\x60\x82";
static const char wav[] = "RIFF(\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xAC\0\0\x88\x58\1\0\2\0\x10\0data\4\0\0\0\0\0\0";

static const mcp_reply *call(const char *tool)
{
    return mcp_call_tool(client, tool, NULL);
}

static mcp_json content(const mcp_reply *r, size_t i)
{
    return mcp_json_at(mcp_reply_content(r), i);
}

static void check_count(const char *file, int line, int64_t want, mcp_json list)
{
    test_int(file, line, "how many", want, (int64_t)mcp_json_count(list));
}
#define CHECK_COUNT(want, list) check_count(__FILE__, __LINE__, want, list)

/* Bytes and their media type: of a block of content, or of what was read. */
static void check_binary(const char *file, int line, const char *mime, const char *want, size_t len, mcp_json item)
{
    char got[200];
    size_t got_len = 0;
    test_status(file, line, "bytes", MCP_OK, mcp_content_bytes(item, got, sizeof got, &got_len));
    test_bytes(file, line, mime, want, len, got, got_len);
    test_str(file, line, "mimeType", mime, at(item, "/mimeType"));
}
#define CHECK_PNG(item) check_binary(__FILE__, __LINE__, "image/png", png, sizeof png - 1, item)

/* A resource inside a block of content. */
static void check_embedded(const char *file, int line, const char *uri, const char *mime, const char *text,
                           mcp_json block)
{
    test_str(file, line, "type", "resource", at(block, "/type"));
    test_str(file, line, "uri", uri, at(block, "/resource/uri"));
    test_str(file, line, "mimeType", mime, at(block, "/resource/mimeType"));
    test_str(file, line, "text", text, mcp_content_text(block));
}
#define CHECK_EMBEDDED(uri, mime, text, block) check_embedded(__FILE__, __LINE__, uri, mime, text, block)

/* What a list holds, as "one two ", and that each has a description. */
static const char *listed(int kind, const char *key)
{
    static char text[2000];
    size_t n = 0;
    mcp_json item;
    for (item = mcp_list_first(client, kind); mcp_json_exists(item); item = mcp_list_next(client, item)) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", mcp_json_cstr(item, key, "?"));
        if (mcp_json_cstr(item, "description", "")[0] == 0) FAIL("no description: %s", text);
    }
    text[n] = 0;
    CHECK_STATUS(MCP_OK, mcp_list_status(client));
    return text;
}

/*---- Tools ---------------------------------------------------------------------------------------*/

#define TOOLS                                                                                                     \
    "test_simple_text test_image_content test_audio_content test_embedded_resource test_multiple_content_types "  \
    "test_resource_link test_error_handling test_tool_with_logging test_logging_tool test_tool_with_progress "    \
    "test_trigger_tool_change test_trigger_resource_list_change test_trigger_prompt_change "                      \
    "test_trigger_resource_change test_elicitation test_elicitation_sep1034_defaults test_sampling "                \
    "test_missing_capability test_streaming_elicitation test_input_required_result_elicitation "                    \
    "test_input_required_result_sampling test_input_required_result_list_roots "                                    \
    "test_input_required_result_request_state test_input_required_result_multiple_inputs "                          \
    "test_input_required_result_multi_round test_input_required_result_tampered_state "                             \
    "test_input_required_result_capabilities json_schema_2020_12_tool add "

static mcp_json tool(const char *name)
{
    mcp_json t;
    for (t = mcp_list_first(client, MCP_TOOLS); mcp_json_exists(t); t = mcp_list_next(client, t))
        if (!strcmp(name, mcp_json_cstr(t, "name", ""))) break;
    return t;
}

static void hello(void)
{
    const char *info = modern ? "/_meta/io.modelcontextprotocol~1serverInfo/name" : "/serverInfo/name";
    mcp_json h, can;
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_ping(client)));
    h = mcp_client_hello(client);
    can = mcp_json_get(h, "capabilities");
    CHECK_STR("everything", at(h, info));
    CHECK_STR("A server for tests: call what you like.", at(h, "/instructions"));
    CHECK(mcp_json_bool(mcp_json_get(can, "tools"), "listChanged", false));
    CHECK(mcp_json_bool(mcp_json_get(can, "resources"), "listChanged", false));
    CHECK(mcp_json_bool(mcp_json_get(can, "resources"), "subscribe", false));
    CHECK(mcp_json_bool(mcp_json_get(can, "prompts"), "listChanged", false));
    CHECK(mcp_json_exists(mcp_json_get(can, "logging")));
    CHECK(mcp_json_exists(mcp_json_get(can, "completions")));
}

static void tool_list(void)
{
    CHECK_STR(TOOLS, listed(MCP_TOOLS, "name"));
    CHECK_STR(TOOLS, listed(MCP_TOOLS, "name"));        /* always in this order */
}

static void tool_content(void)
{
    const mcp_reply *r = call("test_simple_text");
    CHECK_REPLY(MCP_OK, "This is a simple text response for testing.", r);
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_STR("text", at(content(r, 0), "/type"));

    r = call("test_image_content");
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_STR("image", at(content(r, 0), "/type"));
    CHECK_PNG(content(r, 0));

    r = call("test_audio_content");
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_STR("audio", at(content(r, 0), "/type"));
    check_binary(__FILE__, __LINE__, "audio/wav", wav, sizeof wav, content(r, 0));

    r = call("test_embedded_resource");
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_EMBEDDED("test://embedded-resource", "text/plain", "This is an embedded resource content.", content(r, 0));

    r = call("test_multiple_content_types");
    CHECK_COUNT(3, mcp_reply_content(r));
    CHECK_REPLY(MCP_OK, "Multiple content types test:", r);
    CHECK_PNG(content(r, 1));
    CHECK_EMBEDDED("test://mixed-content-resource", "application/json", "{\"test\":\"data\",\"value\":123}",
                   content(r, 2));

    r = call("test_resource_link");
    CHECK_COUNT(2, mcp_reply_content(r));
    CHECK_STR("There is more to read:", mcp_content_text(content(r, 0)));
    CHECK_STR("user", at(content(r, 0), "/annotations/audience/0"));
    CHECK_INT(1, mcp_json_int(mcp_json_get(content(r, 0), "annotations"), "priority", 0));
    CHECK_STR("resource_link", at(content(r, 1), "/type"));
    CHECK_STR("test://static-text", at(content(r, 1), "/uri"));
    CHECK_STR("static-text", at(content(r, 1), "/name"));
    CHECK_STR("text/plain", at(content(r, 1), "/mimeType"));

    r = call("test_error_handling");
    CHECK_REPLY(MCP_E_TOOL, "This tool intentionally returns an error for testing", r);
    CHECK_STR("text", at(content(r, 0), "/type"));
    r = mcp_call_tool(client, "add", "{'a': 0.5, 'b': 2}");
    CHECK_REPLY(MCP_OK, "{\"sum\":2.5}", r);
    CHECK(mcp_json_num(mcp_reply_data(r), "sum", 0) == 2.5);
    CHECK_INT(-32602, mcp_reply_code(call("test_nothing")));
}

/* All that the suite looks at came through as it was written. */
static void full_schema(void)
{
    mcp_json t = tool("json_schema_2020_12_tool"), s = mcp_json_get(t, "inputSchema");
    CHECK_COUNT(9, s);
    CHECK_STR("https://json-schema.org/draft/2020-12/schema", at(s, "/$schema"));
    CHECK_STR("object", at(s, "/type"));
    CHECK_STR("addressDef", at(s, "/$defs/address/$anchor"));
    CHECK_STR("string", at(s, "/$defs/address/properties/street/type"));
    CHECK_STR("string", at(s, "/$defs/address/properties/city/type"));
    CHECK_COUNT(5, mcp_json_get(s, "properties"));
    CHECK_STR("#/$defs/address", at(s, "/properties/address/$ref"));
    CHECK_STR("email", at(s, "/properties/contactMethod/enum/1"));
    CHECK_STR("phone", at(s, "/allOf/0/anyOf/0/required/0"));
    CHECK_STR("email", at(s, "/allOf/0/anyOf/1/required/0"));
    CHECK_STR("phone", at(s, "/if/properties/contactMethod/const"));
    CHECK_STR("phone", at(s, "/then/required/0"));
    CHECK_STR("email", at(s, "/else/required/0"));
    CHECK(mcp_json_exists(mcp_json_get(s, "additionalProperties")));
    CHECK(!mcp_json_bool(s, "additionalProperties", true));
    CHECK_REPLY(MCP_OK, "2 members came",
                mcp_call_tool(client, "json_schema_2020_12_tool", "{'name': 'n', 'phone': '1'}"));
}

static void progress_of_a_tool(void)
{
    CHECK_REPLY(MCP_OK, "Progress was told, to a client that gave a token.", call("test_tool_with_progress"));
    CHECK_STR("0 of 100 There is more to do; 50 of 100 There is more to do; 100 of 100 That is all; ", heard());
}

#define LOGGED "6 Tool execution started; 6 Tool processing data; 6 Tool execution completed; "

static void check_logging(const char *want)
{
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_tool_with_logging")));
    CHECK_STR(want, heard());
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_logging_tool")));
    CHECK_STR(want, heard());
}

static void log_messages(void)
{
    CHECK_INT(6, MCP_LOG_INFO);
    if (modern) check_logging("");      /* nobody has asked; an older server may send what it likes */
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_set_log_level(client, MCP_LOG_DEBUG)));
    check_logging(LOGGED);
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_set_log_level(client, MCP_LOG_INFO)));
    check_logging(LOGGED);
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_set_log_level(client, MCP_LOG_NOTICE)));
    check_logging("");
}

/*---- What changes --------------------------------------------------------------------------------*/

#define CHECK_TOLD(want) CHECK_STR(want, heard())

static void lists_change(void)
{
    CHECK_REPLY(MCP_OK, "The list of tools has changed.", call("test_trigger_tool_change"));
    CHECK_TOLD("1 list; ");
    CHECK_STR(TOOLS "test_extra_tool ", listed(MCP_TOOLS, "name"));
    CHECK_REPLY(MCP_OK, "This is a simple text response for testing.", call("test_extra_tool"));
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_trigger_tool_change")));
    CHECK_TOLD("1 list; ");
    CHECK_STR(TOOLS, listed(MCP_TOOLS, "name"));
    CHECK_INT(-32602, mcp_reply_code(call("test_extra_tool")));

    CHECK_REPLY(MCP_OK, "The list of resources has changed.", call("test_trigger_resource_list_change"));
    CHECK_TOLD("2 list; ");
    CHECK_REPLY(MCP_OK, "For a while.", mcp_read_resource(client, "test://extra-resource"));
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_trigger_resource_list_change")));
    CHECK_TOLD("2 list; ");
    CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(mcp_read_resource(client, "test://extra-resource")));

    CHECK_REPLY(MCP_OK, "The list of prompts counts as changed.", call("test_trigger_prompt_change"));
    CHECK_TOLD("4 list; ");
}

static void subscriptions(void)
{
    CHECK_REPLY(MCP_OK, "The watched resource counts as changed.", call("test_trigger_resource_change"));
    CHECK_STR("", heard());             /* nobody has subscribed */
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, "test://watched-resource")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_trigger_resource_change")));
    CHECK_TOLD("16 test://watched-resource; ");
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(client, "test://watched-resource")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(call("test_trigger_resource_change")));
    CHECK_STR("", heard());
    if (modern) CHECK_INT(-32601, mcp_reply_code(mcp_request(client, "resources/subscribe", "{'uri': 'test://x'}")));
}

/*---- Questions -----------------------------------------------------------------------------------*/

enum { ALL_INPUTS = MCP_INPUT_FORM | MCP_INPUT_SAMPLING | MCP_INPUT_ROOTS };

static const mcp_reply *call_answering(const char *tool, const char *json)
{
    answer = json;
    return call(tool);
}

static void forms(void)
{
    answer = "{\"username\": \"ann\", \"email\": \"a@b.c\"}";
    CHECK_REPLY(MCP_OK, "User response: {\"username\":\"ann\",\"email\":\"a@b.c\"}",
                mcp_call_tool(client, "test_elicitation", "{'message': 'Who is there?'}"));
    CHECK_STR("asked 1 Who is there?; ", heard());
    CHECK_REPLY(MCP_OK, "User response: {\"name\":\"John Doe\",\"age\":30,\"score\":95.5,\"status\":\"active\","
                "\"verified\":true}", call_answering("test_elicitation_sep1034_defaults", "{}"));
    CHECK_REPLY(MCP_OK, "User response: {\"name\":\"John Doe\",\"age\":7,\"score\":95.5,\"status\":\"active\","
                "\"verified\":true}", call_answering("test_elicitation_sep1034_defaults", "{\"age\": 7}"));
    (void)heard();
    CHECK_REPLY(MCP_OK, "Hello, Bea!", call_answering("test_streaming_elicitation", "{\"name\": \"Bea\"}"));
    CHECK_REPLY(MCP_OK, "Hello, Bea!",
                call_answering("test_input_required_result_elicitation", "{\"name\": \"Bea\"}"));
    CHECK_STR("asked 1 What is your name?; asked 1 What is your name?; ", heard());
    CHECK_REPLY(MCP_E_TOOL, "the user said no", call_answering("test_input_required_result_elicitation", NULL));
    CHECK_REPLY(MCP_OK, "The user has answered.",
                call_answering("test_input_required_result_capabilities", "{\"name\": \"Bea\"}"));
    answer = "{\"context\": \"cake\"}";
    CHECK_REPLY(MCP_OK, "Let us talk about cake.", mcp_get_prompt(client, "test_input_required_result_prompt", NULL));
    (void)heard();
}

static void questions_of_other_kinds(void)
{
    CHECK_REPLY(MCP_OK, "LLM response: Paris", mcp_call_tool(client, "test_sampling", "{'prompt': 'Where?'}"));
    CHECK_STR("asked 4 ; 'Where?'; ", heard());
    CHECK_REPLY(MCP_OK, "The client has a model.", call("test_missing_capability"));
    CHECK_REPLY(MCP_OK, "The model said: Paris", call("test_input_required_result_sampling"));
    CHECK_REPLY(MCP_OK, "1 roots", call("test_input_required_result_list_roots"));
    (void)heard();
}

static void rounds(void)
{
    CHECK_REPLY(MCP_OK, "state-ok", call_answering("test_input_required_result_request_state", "{\"ok\": true}"));
    CHECK_REPLY(MCP_OK, "What came back was sealed by this server.",
                call_answering("test_input_required_result_tampered_state", "{\"ok\": true}"));
    CHECK_STR("asked 1 Go on?; asked 1 Go on?; ", heard());
    CHECK_REPLY(MCP_OK, "Paris, Bea! 1 roots",
                call_answering("test_input_required_result_multiple_inputs", "{\"name\": \"Bea\"}"));
    CHECK_STR("asked 1 What is your name?; asked 4 ; 'Generate a greeting.'; asked 8 ; ", heard());
    CHECK_REPLY(MCP_OK, "Bea: that is all",
                call_answering("test_input_required_result_multi_round", "{\"name\": \"Bea\", \"ok\": true}"));
    CHECK_STR("asked 1 Step 1: What is your name?; asked 1 Step 2: Is that all?; ", heard());
}

static void nobody_is_there(void)
{
    static const char lacks[] = "the client has not declared that it can do this";
    const mcp_reply *r = call("test_missing_capability");
    CHECK_REPLY(modern ? MCP_E_REMOTE : MCP_E_TOOL, lacks, r);
    CHECK_INT(modern ? -32021 : 0, mcp_reply_code(r));
    if (modern) CHECK(mcp_json_exists(mcp_json_find(mcp_reply_error_data(r), "/requiredCapabilities/sampling")));
    CHECK_REPLY(modern ? MCP_E_REMOTE : MCP_E_TOOL, lacks, call("test_input_required_result_capabilities"));
}

/* It is not asked what it has not declared. */
static void a_model_alone(void)
{
    CHECK_REPLY(MCP_OK, "The model has answered.", call("test_input_required_result_capabilities"));
    CHECK_STR("asked 4 ; 'What is the user's name?'; ", heard());
}

static void in_both_eras_asking(uint32_t kinds, void (*run)(void))
{
    inputs = kinds;
    in_both_eras(run);
    inputs = 0;
}

/*---- Resources -----------------------------------------------------------------------------------*/

static void resource_list(void)
{
    mcp_json t;
    CHECK_STR("test://static-text test://static-binary test://watched-resource ", listed(MCP_RESOURCES, "uri"));
    CHECK_STR("static-text static-binary watched-resource ", listed(MCP_RESOURCES, "name"));
    t = mcp_list_first(client, MCP_RESOURCES);
    CHECK_STR("text/plain", at(t, "/mimeType"));
    CHECK_INT(48, mcp_json_int(t, "size", -1));
    t = mcp_list_next(client, t);
    CHECK_STR("image/png", at(t, "/mimeType"));
    CHECK_INT(69, mcp_json_int(t, "size", -1));

    CHECK_STR("test://template/{id}/data ", listed(MCP_TEMPLATES, "uriTemplate"));
    t = mcp_list_first(client, MCP_TEMPLATES);
    CHECK_STR("data", at(t, "/name"));
    CHECK_STR("Data", at(t, "/title"));
    CHECK_STR("application/json", at(t, "/mimeType"));
    CHECK_STR("user", at(t, "/annotations/audience/0"));
    CHECK_STR("assistant", at(t, "/annotations/audience/1"));
    CHECK_STR("2026-07-28T00:00:00Z", at(t, "/annotations/lastModified"));
}

static void check_read(const char *file, int line, const char *uri, const char *mime, const char *text)
{
    const mcp_reply *r = mcp_read_resource(client, uri);
    check_reply(file, line, MCP_OK, text, r);
    check_count(file, line, 1, mcp_reply_content(r));
    test_str(file, line, "uri", uri, at(content(r, 0), "/uri"));
    test_str(file, line, "mimeType", mime, at(content(r, 0), "/mimeType"));
}
#define CHECK_READ(uri, mime, text) check_read(__FILE__, __LINE__, uri, mime, text)

static void reading(void)
{
    const mcp_reply *r;
    CHECK_READ("test://static-text", "text/plain", "This is the content of the static text resource.");
    CHECK_READ("test://watched-resource", "text/plain",
               "Subscribe to this one, and call test_trigger_resource_change.");
    CHECK_READ("test://template/123/data", "application/json", "{\"id\":\"123\",\"templateTest\":true}");
    CHECK_READ("test://template/%22a%C3%A9/data", "application/json",
               "{\"id\":\"\\\"a\xC3\xA9\",\"templateTest\":true}");
    r = mcp_read_resource(client, "test://static-binary");
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_STR("test://static-binary", at(content(r, 0), "/uri"));
    CHECK(mcp_json_exists(mcp_json_get(content(r, 0), "blob")));
    CHECK_PNG(content(r, 0));
}

static void what_is_not_there(void)
{
    char longest[700] = "test://template/";
    memset(longest + strlen(longest), 'x', 600);
    memcpy(longest + 616, "/data", 6);
    CHECK_MISSING("test://nonexistent-resource-for-conformance-testing");
    CHECK_MISSING("test://template/1/2/data");
    CHECK_MISSING("test://extra-resource");
    CHECK_MISSING(longest);
}

/*---- Prompts and completion ----------------------------------------------------------------------*/

static const char *role(const mcp_reply *r, size_t i)
{
    return at(content(r, i), "/role");
}

static void prompt_list(void)
{
    mcp_json p;
    CHECK_STR("test_simple_prompt test_prompt_with_arguments test_prompt_with_choices "
              "test_prompt_with_embedded_resource test_prompt_with_image test_input_required_result_prompt ",
              listed(MCP_PROMPTS, "name"));
    p = mcp_list_next(client, mcp_list_first(client, MCP_PROMPTS));
    CHECK_COUNT(2, mcp_json_get(p, "arguments"));
    CHECK_STR("arg1", at(p, "/arguments/0/name"));
    CHECK_STR("arg2", at(p, "/arguments/1/name"));
    CHECK(mcp_json_bool(mcp_json_find(p, "/arguments/1"), "required", false));
}

static void prompt_messages(void)
{
    const mcp_reply *r = mcp_get_prompt(client, "test_simple_prompt", NULL);
    CHECK_REPLY(MCP_OK, "This is a simple prompt for testing.", r);
    CHECK_COUNT(1, mcp_reply_content(r));
    CHECK_STR("user", role(r, 0));

    r = mcp_get_prompt(client, "test_prompt_with_arguments", "{'arg1': 'hello', 'arg2': %s}", "w\xC3\xB6rld");
    CHECK_REPLY(MCP_OK, "Prompt with arguments: arg1='hello', arg2='w\xC3\xB6rld'", r);
    CHECK_REPLY(MCP_OK, "Let us go to the park.",
                mcp_get_prompt(client, "test_prompt_with_choices", "{'place': 'park'}"));

    r = mcp_get_prompt(client, "test_prompt_with_embedded_resource", "{'resourceUri': 'test://example'}");
    CHECK_COUNT(2, mcp_reply_content(r));
    CHECK_EMBEDDED("test://example", "text/plain", "Embedded resource content for testing.",
                   mcp_json_get(content(r, 0), "content"));
    CHECK_STR("Please process the embedded resource above.", mcp_content_text(content(r, 1)));
    CHECK_STR("user", role(r, 1));

    r = mcp_get_prompt(client, "test_prompt_with_image", NULL);
    CHECK_COUNT(3, mcp_reply_content(r));
    CHECK_STR("image", at(content(r, 0), "/content/type"));
    CHECK_PNG(mcp_json_get(content(r, 0), "content"));
    CHECK_STR("Please analyze the image above.", mcp_content_text(content(r, 1)));
    CHECK_STR("user", role(r, 1));
    CHECK_STR("It is a red dot.", mcp_content_text(content(r, 2)));
    CHECK_STR("assistant", role(r, 2));
}

static void wrong_prompts(void)
{
    CHECK_REPLY(MCP_E_REMOTE, "argument 'arg2': expected a string, got nothing",
                mcp_get_prompt(client, "test_prompt_with_arguments", "{'arg1': 'x'}"));
    CHECK_INT(-32602, mcp_reply_code(mcp_get_prompt(client, "test_prompt_with_embedded_resource", NULL)));
    CHECK_INT(-32602, mcp_reply_code(mcp_get_prompt(client, "test_prompt_with_choices", "{'place': 'pub'}")));
    CHECK_INT(-32602, mcp_reply_code(mcp_get_prompt(client, "test_prompt", NULL)));
}

/* What may be typed, as "one two ", and that there is no more of it. */
static const char *values(const mcp_reply *r)
{
    static char text[200];
    mcp_json v, completion = mcp_json_get(mcp_reply_result(r), "completion");
    size_t n = 0;
    if (!mcp_reply_ok(r)) return mcp_reply_text(r);
    text[0] = 0;
    for (v = mcp_json_first(mcp_reply_content(r)); mcp_json_exists(v); v = mcp_json_next(v))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s, ", mcp_json_cstr(v, NULL, "?"));
    CHECK_INT((int64_t)mcp_json_count(mcp_reply_content(r)), mcp_json_int(completion, "total", -1));
    CHECK(!mcp_json_bool(completion, "hasMore", true));
    return text;
}

static const char *completed(const char *prompt, const char *argument, const char *typed)
{
    return values(mcp_complete(client, MCP_PROMPTS, prompt, argument, typed, NULL));
}

static const char *completed_second(const char *typed, const char *first)
{
    return values(mcp_complete(client, MCP_PROMPTS, "test_prompt_with_arguments", "arg2", typed, "{'arg1': %s}",
                               first));
}

static const char *completed_id(const char *typed)
{
    return values(mcp_complete(client, MCP_TEMPLATES, "test://template/{id}/data", "id", typed, NULL));
}

static void completion(void)
{
    CHECK_STR("testing, tested, ", completed("test_prompt_with_arguments", "arg1", "test"));
    CHECK_STR("tested, ", completed("test_prompt_with_arguments", "arg1", "teste"));
    CHECK_STR("", completed("test_prompt_with_arguments", "arg1", "x"));
    CHECK_STR("", completed("test_prompt_with_arguments", "arg2", ""));
    CHECK_STR("yesterday, ", completed_second("", "tested"));
    CHECK_STR("in the morning, ", completed_second("in", "testing"));
    CHECK_STR("", completed_second("in", "tested"));
    CHECK_STR("paris, park, party, ", completed("test_prompt_with_choices", "place", "par"));
    CHECK_STR("park, ", completed("test_prompt_with_choices", "place", "park"));
    CHECK_STR("123, 124, 200, ", completed_id(""));
    CHECK_STR("123, 124, ", completed_id("12"));
    CHECK_STR("", completed_id("3"));
}

static void says_what_it_can(void) { in_both_eras(hello); }
static void lists_its_tools(void) { in_both_eras(tool_list); }
static void tools_answer(void) { in_both_eras(tool_content); }
static void schemas_come_through(void) { in_both_eras(full_schema); }
static void tells_progress(void) { in_both_eras(progress_of_a_tool); }
static void logs(void) { in_both_eras(log_messages); }
static void tells_of_lists(void) { in_both_eras(lists_change); }
static void tells_of_resources(void) { in_both_eras(subscriptions); }
static void fills_in_forms(void) { in_both_eras_asking(ALL_INPUTS, forms); }
static void asks_model_and_roots(void) { in_both_eras_asking(ALL_INPUTS, questions_of_other_kinds); }
static void asks_in_rounds(void) { in_both_eras_asking(ALL_INPUTS, rounds); }
static void asks_nobody(void) { in_both_eras(nobody_is_there); }
static void asks_whom_it_can(void) { in_both_eras_asking(MCP_INPUT_SAMPLING, a_model_alone); }
static void lists_its_resources(void) { in_both_eras(resource_list); }
static void resources_are_read(void) { in_both_eras(reading); }
static void missing_resources(void) { in_both_eras(what_is_not_there); }
static void lists_its_prompts(void) { in_both_eras(prompt_list); }
static void prompts_are_made(void) { in_both_eras(prompt_messages); }
static void prompts_are_refused(void) { in_both_eras(wrong_prompts); }
static void completes(void) { in_both_eras(completion); }

int main(int argc, char **argv)
{
    program = argc > 1 ? argv[1] : "build/everything";
    TEST(says_what_it_can);
    TEST(lists_its_tools);
    TEST(tools_answer);
    TEST(schemas_come_through);
    TEST(tells_progress);
    TEST(logs);
    TEST(tells_of_lists);
    TEST(tells_of_resources);
    TEST(fills_in_forms);
    TEST(asks_model_and_roots);
    TEST(asks_in_rounds);
    TEST(asks_nobody);
    TEST(asks_whom_it_can);
    TEST(lists_its_resources);
    TEST(resources_are_read);
    TEST(missing_resources);
    TEST(lists_its_prompts);
    TEST(prompts_are_made);
    TEST(prompts_are_refused);
    TEST(completes);
    return test_end();
}
