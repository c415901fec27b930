/* everything.c - one of everything that a server can offer: what the official conformance suite asks of the
   server under test, and a place to look up how a thing is written. Serves standard input and output.

   cc -O2 everything.c -o everything

   The names and texts are the suite's. What it asks of tasks, forms with titled choices and HTTP is not there
   yet. */
#define MCP_IMPLEMENTATION
#include "mcp.h"

/*---- Tools: content of every kind ---------------------------------------------------------------*/

/* A red dot. */
static const unsigned char png[] = {
    0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a,
    0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde,
    0, 0, 0, 12, 'I', 'D', 'A', 'T', 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0,
    0xc9, 0xfe, 0x92, 0xef,
    0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82
};

/* Two samples of silence. */
static const unsigned char wav[] = {
    'R', 'I', 'F', 'F', 40, 0, 0, 0, 'W', 'A', 'V', 'E',
    'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0,
    'd', 'a', 't', 'a', 4, 0, 0, 0, 0, 0, 0, 0
};

static int simple_text(mcp_call *c)
{
    return mcp_text(c, "This is a simple text response for testing.");
}

static int image_content(mcp_call *c)
{
    return mcp_image(c, png, sizeof png, "image/png");
}

static int audio_content(mcp_call *c)
{
    return mcp_audio(c, wav, sizeof wav, "audio/wav");
}

static int embed_text(mcp_call *c, const char *uri, const char *mime, const char *text)
{
    return mcp_embed(c, uri, mime, text, strlen(text));
}

static int embedded_resource(mcp_call *c)
{
    return embed_text(c, "test://embedded-resource", "text/plain", "This is an embedded resource content.");
}

static int multiple_content_types(mcp_call *c)
{
    mcp_text(c, "Multiple content types test:");
    mcp_image(c, png, sizeof png, "image/png");
    return embed_text(c, "test://mixed-content-resource", "application/json",
                      "{\"test\":\"data\",\"value\":123}");
}

/* What the client may read, or leave alone; and who should see what comes with it. */
static int resource_link(mcp_call *c)
{
    static const mcp_annotations for_people = { "user", "1", NULL };
    mcp_annotate(c, &for_people);
    mcp_text(c, "There is more to read:");
    return mcp_link(c, "test://static-text", "static-text", "text/plain");
}

static int error_handling(mcp_call *c)
{
    return mcp_fail(c, "This tool intentionally returns an error for testing");
}

/*---- Tools: what they say while they work -------------------------------------------------------*/

static int with_logging(mcp_call *c)
{
    mcp_log(c, MCP_LOG_INFO, NULL, "Tool execution started");
    mcp_log(c, MCP_LOG_INFO, NULL, "Tool processing data");
    mcp_log(c, MCP_LOG_INFO, NULL, "Tool execution completed");
    return mcp_text(c, "Three messages were logged, for clients that asked for them.");
}

/* Works in steps, and the server does other things between them. How far it has got is kept with the call. */
static int with_progress(mcp_call *c)
{
    int *percent = (int *)mcp_call_memory(c, sizeof *percent);
    if (!percent) return MCP_E_NOMEM;
    if (*percent > 100) return mcp_text(c, "Progress was told, to a client that gave a token.");
    mcp_progress(c, *percent, 100, *percent < 100 ? "There is more to do" : "That is all");
    *percent += 50;
    return mcp_later(c, 50, with_progress);
}

/* A new tool, or its end: every client hears that the list has changed. */
static int trigger_tool_change(mcp_call *c)
{
    static const mcp_tool extra = MCP_TOOL("test_extra_tool", simple_text, "Comes and goes.", 0);
    mcp_server *server = mcp_call_server(c);
    if (!mcp_remove_tool(server, extra.name) && mcp_add_tool(server, &extra) != MCP_OK)
        return mcp_fail(c, "there is no memory for another tool");
    return mcp_text(c, "The list of tools has changed.");
}

/* The same with a resource. */
static int trigger_resource_list_change(mcp_call *c)
{
    static const mcp_resource extra =
        MCP_RESOURCE_TEXT("test://extra-resource", "extra-resource", "For a while.", "text/plain",
                          "Comes and goes.");
    mcp_server *server = mcp_call_server(c);
    if (!mcp_remove_resource(server, extra.uri) && mcp_add_resource(server, &extra) != MCP_OK)
        return mcp_fail(c, "there is no memory for another resource");
    return mcp_text(c, "The list of resources has changed.");
}

/* A list may also count as changed for a reason of its own. */
static int trigger_prompt_change(mcp_call *c)
{
    mcp_changed(mcp_call_server(c), MCP_PROMPTS);
    return mcp_text(c, "The list of prompts counts as changed.");
}

static int trigger_resource_change(mcp_call *c)
{
    mcp_resource_changed(mcp_call_server(c), "test://watched-resource");
    return mcp_text(c, "The watched resource counts as changed.");
}

/*---- Tools: what they ask the client ------------------------------------------------------------*/

/* Each is run again from its top when there is an answer, and then the same question gives it. Where there is
   none, what the question returned is returned: the library says why. */

static const mcp_field user_form[] = {
    MCP_NEED("username", MCP_STRING, "Your name"),
    MCP_NEED("email", MCP_STRING, "Your address"),
    MCP_END
};
static const mcp_field defaults_form[] = {
    MCP_DEFAULT("name", MCP_STRING, "John Doe", "Your name"),
    MCP_DEFAULT("age", MCP_INTEGER, "30", "In years"),
    MCP_DEFAULT("score", MCP_NUMBER, "95.5", "In percent"),
    MCP_FIELD("status", MCP_STRING, "As of today", "active|inactive|pending", "active", 0, 0),
    MCP_DEFAULT("verified", MCP_BOOLEAN, "true", "Whether somebody has looked"),
    MCP_END
};
static const mcp_field name_form[] = { MCP_NEED("name", MCP_STRING, "What to call you"), MCP_END };
static const mcp_field ok_form[] = { MCP_NEED("ok", MCP_BOOLEAN, "Is that so?"), MCP_END };
static const mcp_field context_form[] = { MCP_NEED("context", MCP_STRING, "What it is about"), MCP_END };
static const mcp_field message_args[] = { MCP_NEED("message", MCP_STRING, "What to ask"), MCP_END };
static const mcp_field prompt_args[] = { MCP_NEED("prompt", MCP_STRING, "What to ask"), MCP_END };

/* Answers with an answer, as JSON behind a text. */
static int say_answer(mcp_call *c, const char *text, mcp_json answer)
{
    mcp_out out;
    mcp_str json;
    int status;
    mcp_out_init(&out, 1 << 16);
    mcp_put_value(&out, answer);
    status = mcp_out_done(&out, &json);
    if (status == MCP_OK) status = mcp_textf(c, "%s: %s", text, json.ptr);
    mcp_out_free(&out);
    return status;
}

static int elicitation(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "user", mcp_arg_str(c, "message"), user_form, &answer);
    return status == MCP_OK ? say_answer(c, "User response", answer) : status;
}

static int elicitation_defaults(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "defaults", "Is this right?", defaults_form, &answer);
    return status == MCP_OK ? say_answer(c, "User response", answer) : status;
}

/* Asks the client's model a question, which is a text of the user. */
static int ask_model(mcp_call *c, const char *key, const char *question, mcp_json *answer)
{
    return mcp_sample(c, key, answer,
                      "{'messages': [{'role': 'user', 'content': {'type': 'text', 'text': %s}}], "
                      "'maxTokens': 100}", question);
}

/* What a model said, if that is a text. */
static const char *model_text(mcp_json answer)
{
    return mcp_json_cstr(mcp_json_get(answer, "content"), "text", "no text");
}

static int sampling(mcp_call *c)
{
    mcp_json answer;
    const int status = ask_model(c, "prompt", mcp_arg_str(c, "prompt"), &answer);
    return status == MCP_OK ? mcp_textf(c, "LLM response: %s", model_text(answer)) : status;
}

/* A client that has no model gets an error, which says what it lacks. */
static int missing_capability(mcp_call *c)
{
    mcp_json answer;
    const int status = ask_model(c, "question", "Are you there?", &answer);
    return status == MCP_OK ? mcp_text(c, "The client has a model.") : status;
}

static int ask_name(mcp_call *c, mcp_json *answer)
{
    return mcp_ask(c, "user_name", "What is your name?", name_form, answer);
}

static int input_elicitation(mcp_call *c)
{
    mcp_json answer;
    const int status = ask_name(c, &answer);
    return status == MCP_OK ? mcp_textf(c, "Hello, %s!", mcp_json_cstr(answer, "name", "")) : status;
}

static int input_sampling(mcp_call *c)
{
    mcp_json answer;
    const int status = ask_model(c, "capital_question", "What is the capital of France?", &answer);
    return status == MCP_OK ? mcp_textf(c, "The model said: %s", model_text(answer)) : status;
}

static int input_roots(mcp_call *c)
{
    mcp_json roots;
    const int status = mcp_roots(c, &roots);
    return status == MCP_OK ? mcp_textf(c, "%d roots", (int)mcp_json_count(roots)) : status;
}

/* What one run finds out, the next one knows. */
static int input_state(mcp_call *c)
{
    static const char found[] = "found before";
    const mcp_str state = mcp_state(c);
    const bool known = state.len == sizeof found && !memcmp(state.ptr, found, sizeof found);
    mcp_json answer;
    int status = mcp_state_set(c, found, sizeof found);
    if (status == MCP_OK) status = mcp_ask(c, "confirm", "Go on?", ok_form, &answer);
    return status == MCP_OK ? mcp_text(c, known ? "state-ok" : "there was no state") : status;
}

/* Several questions before the return go out together. */
static int input_several(mcp_call *c)
{
    mcp_json name, greeting, roots;
    const int asked = ask_name(c, &name);
    const int sampled = ask_model(c, "greeting", "Generate a greeting.", &greeting);
    const int listed = mcp_roots(c, &roots);
    if (asked == MCP_ASK || sampled == MCP_ASK || listed == MCP_ASK) return MCP_ASK;
    if (asked != MCP_OK) return asked;
    if (sampled != MCP_OK) return sampled;
    if (listed != MCP_OK) return listed;
    return mcp_textf(c, "%s, %s! %d roots", model_text(greeting), mcp_json_cstr(name, "name", ""),
                     (int)mcp_json_count(roots));
}

/* One after the other: the answer to the first is there again when the second one is. */
static int input_rounds(mcp_call *c)
{
    mcp_json first, second;
    int status = mcp_ask(c, "step1", "Step 1: What is your name?", name_form, &first);
    if (status == MCP_OK) status = mcp_ask(c, "step2", "Step 2: Is that all?", ok_form, &second);
    if (status != MCP_OK) return status;
    return mcp_textf(c, "%s: %s", mcp_json_cstr(first, "name", ""),
                     mcp_json_bool(second, "ok", false) ? "that is all" : "there is more");
}

static int input_tampered(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "confirm", "Go on?", ok_form, &answer);
    return status == MCP_OK ? mcp_text(c, "What came back was sealed by this server.") : status;
}

/* Asks whom it can: the user, or else the model. */
static int input_capabilities(mcp_call *c)
{
    mcp_json answer;
    int status = ask_name(c, &answer);
    if (status == MCP_OK) return mcp_text(c, "The user has answered.");
    if (status != MCP_E_UNSUPPORTED) return status;
    status = ask_model(c, "name_question", "What is the user's name?", &answer);
    return status == MCP_OK ? mcp_text(c, "The model has answered.") : status;
}

/*---- Tools: schemas of their own ----------------------------------------------------------------*/

/* What the rows cannot say is written as JSON, and reaches the client as it stands. */
static const char address_schema[] = MCP_JSON({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
        }
    },
    "properties": {
        "name": { "type": "string" },
        "address": { "$ref": "#/$defs/address" },
        "contactMethod": { "type": "string", "enum": [ "phone", "email" ] },
        "phone": { "type": "string" },
        "email": { "type": "string" }
    },
    "allOf": [ { "anyOf": [ { "required": [ "phone" ] }, { "required": [ "email" ] } ] } ],
    "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": [ "contactMethod" ] },
    "then": { "required": [ "phone" ] },
    "else": { "required": [ "email" ] },
    "additionalProperties": false
});

static int take_address(mcp_call *c)
{
    return mcp_textf(c, "%lu members came", (unsigned long)mcp_json_count(mcp_args(c)));
}

static const mcp_field sum_args[] = {
    MCP_NEED("a", MCP_NUMBER, "The first addend"),
    MCP_NEED("b", MCP_NUMBER, "The second addend"),
    MCP_END
};
static const mcp_field sum_result[] = { MCP_NEED("sum", MCP_NUMBER, "Of both"), MCP_END };

static int add(mcp_call *c)
{
    return mcp_data(c, "{'sum': %g}", mcp_arg_num(c, "a", 0) + mcp_arg_num(c, "b", 0));
}

static const mcp_tool tools[] = {
    MCP_TOOL("test_simple_text", simple_text, "Answers with a text.", 0),
    MCP_TOOL("test_image_content", image_content, "Answers with an image.", 0),
    MCP_TOOL("test_audio_content", audio_content, "Answers with a sound.", 0),
    MCP_TOOL("test_embedded_resource", embedded_resource, "Answers with a resource.", 0),
    MCP_TOOL("test_multiple_content_types", multiple_content_types, "Answers with several kinds.", 0),
    MCP_TOOL("test_resource_link", resource_link, "Answers with a link.", 0),
    MCP_TOOL("test_error_handling", error_handling, "Fails, and says why.", 0),
    MCP_TOOL("test_tool_with_logging", with_logging, "Logs while it works.", 0),
    MCP_TOOL("test_logging_tool", with_logging, "Logs while it works.", 0),
    MCP_TOOL("test_tool_with_progress", with_progress, "Tells how far it has got.", 0),
    MCP_TOOL("test_trigger_tool_change", trigger_tool_change, "Adds a tool, or takes it away.", 0),
    MCP_TOOL("test_trigger_resource_list_change", trigger_resource_list_change,
             "Adds a resource, or takes it away.", 0),
    MCP_TOOL("test_trigger_prompt_change", trigger_prompt_change, "Says that the prompts have changed.", 0),
    MCP_TOOL("test_trigger_resource_change", trigger_resource_change, "Says that a resource has changed.", 0),
    MCP_TOOL("test_elicitation", elicitation, "Asks the user.", message_args),
    MCP_TOOL("test_elicitation_sep1034_defaults", elicitation_defaults, "Asks with defaults.", 0),
    MCP_TOOL("test_sampling", sampling, "Asks the client's model.", prompt_args),
    MCP_TOOL("test_missing_capability", missing_capability, "Wants a client with a model.", 0),
    MCP_TOOL("test_streaming_elicitation", input_elicitation, "Asks the user.", 0),
    MCP_TOOL("test_input_required_result_elicitation", input_elicitation, "Asks the user.", 0),
    MCP_TOOL("test_input_required_result_sampling", input_sampling, "Asks the client's model.", 0),
    MCP_TOOL("test_input_required_result_list_roots", input_roots, "Asks for the client's directories.", 0),
    MCP_TOOL("test_input_required_result_request_state", input_state, "Carries bytes between its runs.", 0),
    MCP_TOOL("test_input_required_result_multiple_inputs", input_several, "Asks three things at once.", 0),
    MCP_TOOL("test_input_required_result_multi_round", input_rounds, "Asks twice.", 0),
    MCP_TOOL("test_input_required_result_tampered_state", input_tampered, "Takes back what it sealed.", 0),
    MCP_TOOL("test_input_required_result_capabilities", input_capabilities, "Asks whom it can.", 0),
    MCP_TOOL_FULL("json_schema_2020_12_tool", take_address, "Takes what its schema describes.", 0, 0, 0, 0,
                  address_schema, 0, 0, 0),
    MCP_TOOL_FULL("add", add, "Adds two numbers.", sum_args, sum_result, MCP_READ_ONLY | MCP_CLOSED_WORLD,
                  "Addition", 0, 0, 0, 0)
};

/*---- Resources ----------------------------------------------------------------------------------*/

static int read_watched(mcp_call *c)
{
    return mcp_text(c, "Subscribe to this one, and call test_trigger_resource_change.");
}

/* The variables of a template are arguments. */
static int read_data(mcp_call *c)
{
    const char *id = mcp_arg_str(c, "id");
    mcp_out out;
    mcp_str json;
    char memory[512];
    mcp_out_fixed(&out, memory, sizeof memory);
    mcp_put_f(&out, "{'id': %s, 'templateTest': true}", id);
    if (mcp_out_done(&out, &json) != MCP_OK) return mcp_missing(c);     /* so long an id there is not */
    return mcp_textn(c, json.ptr, json.len);
}

/* Suggests a value if it goes on as what is typed begins. */
static int suggest_if_it_fits(mcp_call *c, const char *value)
{
    const char *typed = mcp_complete_value(c);
    return strncmp(value, typed, strlen(typed)) ? MCP_OK : mcp_suggest(c, value);
}

static int complete_id(mcp_call *c)
{
    suggest_if_it_fits(c, "123");
    suggest_if_it_fits(c, "124");
    return suggest_if_it_fits(c, "200");
}

static const mcp_annotations for_both = { "user|assistant", "0.5", "2026-07-28T00:00:00Z" };

static const mcp_resource resources[] = {
    MCP_RESOURCE_TEXT("test://static-text", "static-text", "This is the content of the static text resource.",
                      "text/plain", "A text that never changes."),
    MCP_RESOURCE_BYTES("test://static-binary", "static-binary", png, sizeof png, "image/png", "A red dot."),
    MCP_RESOURCE("test://watched-resource", "watched-resource", read_watched, "text/plain",
                 "Can be watched."),
    MCP_RESOURCE_FULL("test://template/{id}/data", "data", read_data, "Data of an id.", "application/json",
                      0, 0, 0, "Data", complete_id, &for_both, 0, 0, 0)
};

/*---- Prompts ------------------------------------------------------------------------------------*/

static const mcp_field two_args[] = {
    MCP_NEED("arg1", MCP_STRING, "The first"),
    MCP_NEED("arg2", MCP_STRING, "The second"),
    MCP_END
};
/* What else there is than the choices is refused, and they complete themselves. */
static const mcp_field choice_args[] = {
    MCP_FIELD("place", MCP_STRING | MCP_REQUIRED, "Where to go", "paris|park|party", 0, 0, 0),
    MCP_END
};
static const mcp_field uri_args[] = { MCP_NEED("resourceUri", MCP_STRING, "What to embed"), MCP_END };

static int simple_prompt(mcp_call *c)
{
    return mcp_text(c, "This is a simple prompt for testing.");
}

static int prompt_with_arguments(mcp_call *c)
{
    return mcp_textf(c, "Prompt with arguments: arg1='%s', arg2='%s'", mcp_arg_str(c, "arg1"),
                     mcp_arg_str(c, "arg2"));
}

static int prompt_with_choices(mcp_call *c)
{
    return mcp_textf(c, "Let us go to the %s.", mcp_arg_str(c, "place"));
}

static int prompt_with_resource(mcp_call *c)
{
    embed_text(c, mcp_arg_str(c, "resourceUri"), "text/plain", "Embedded resource content for testing.");
    return mcp_text(c, "Please process the embedded resource above.");
}

static int prompt_with_image(mcp_call *c)
{
    mcp_image(c, png, sizeof png, "image/png");
    mcp_text(c, "Please analyze the image above.");
    mcp_role(c, MCP_ASSISTANT);
    return mcp_text(c, "It is a red dot.");
}

/* Prompts can ask too, and resources. */
static int prompt_that_asks(mcp_call *c)
{
    mcp_json answer;
    const int status = mcp_ask(c, "user_context", "What is it about?", context_form, &answer);
    if (status != MCP_OK) return status;
    return mcp_textf(c, "Let us talk about %s.", mcp_json_cstr(answer, "context", ""));
}

/* What arg2 may be depends on arg1, if the client tells what that is. */
static int complete_arguments(mcp_call *c)
{
    const char *first = mcp_arg_str(c, "arg1");
    if (!strcmp(mcp_complete_name(c), "arg1")) {
        suggest_if_it_fits(c, "testing");
        return suggest_if_it_fits(c, "tested");
    }
    if (!first) return MCP_OK;
    return suggest_if_it_fits(c, strcmp(first, "tested") ? "in the morning" : "yesterday");
}

static const mcp_prompt prompts[] = {
    MCP_PROMPT("test_simple_prompt", simple_prompt, "Without arguments.", 0),
    MCP_PROMPT_FULL("test_prompt_with_arguments", prompt_with_arguments, "With two arguments.", two_args, 0,
                    complete_arguments, 0, 0, 0),
    MCP_PROMPT("test_prompt_with_choices", prompt_with_choices, "Completes what it knows.", choice_args),
    MCP_PROMPT("test_prompt_with_embedded_resource", prompt_with_resource, "With a resource.", uri_args),
    MCP_PROMPT("test_prompt_with_image", prompt_with_image, "With an image.", 0),
    MCP_PROMPT("test_input_required_result_prompt", prompt_that_asks, "Asks the user.", 0)
};

int main(void)
{
    mcp_server_desc d = { 0 };
    d.name = "everything"; d.version = MCP_H_VERSION;
    d.title = "Everything";
    d.instructions = "A server for tests: call what you like.";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.resources = resources; d.num_resources = MCP_COUNT(resources);
    d.prompts = prompts; d.num_prompts = MCP_COUNT(prompts);
    d.changes = MCP_TOOLS | MCP_RESOURCES | MCP_PROMPTS | MCP_CONTENTS;
    d.logging = true;
    return mcp_serve_stdio(&d);
}
