/* Calls a tool of a server, and answers at the terminal what the server asks meanwhile:

       ./ask TOOL ARGUMENTS SERVER [ARGUMENT ...]
       ./ask book '{"when": "today"}' ./hotel

   A form is asked field by field: an empty line takes the default or leaves the field out, several choices
   are separated by commas, - declines, the end of the input dismisses. Addresses are shown, not opened. The
   server may work in the current directory. */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool ask_line(char *line, size_t size)
{
    fputs("> ", stdout);
    (void)fflush(stdout);
    if (!fgets(line, (int)size, stdin)) return false;
    line[strcspn(line, "\r\n")] = 0;
    return true;
}

static void show_choices(mcp_json list)
{
    mcp_json v;
    for (v = mcp_json_first(list); mcp_json_exists(v); v = mcp_json_next(v)) {
        if (mcp_json_type(v) == MCP_JSON_OBJECT)
            printf("    %s: %s\n", mcp_json_cstr(v, "const", ""), mcp_json_cstr(v, "title", ""));
        else
            printf("    %s\n", mcp_json_cstr(v, NULL, ""));
    }
}

static void show_field(mcp_json field)
{
    static const char *const lists[] = { "enum", "oneOf", "anyOf" };
    mcp_json from = mcp_json_get(field, "items"), def = mcp_json_get(field, "default");
    mcp_out out;
    mcp_str text;
    size_t i;
    if (!mcp_json_exists(from)) from = field;
    printf("  %s (%s): %s\n", mcp_json_key(field).ptr, mcp_json_cstr(field, "type", "text"),
           mcp_json_cstr(field, "description", mcp_json_cstr(field, "title", "")));
    for (i = 0; i < MCP_COUNT(lists); i++) show_choices(mcp_json_get(from, lists[i]));
    if (!mcp_json_exists(def)) return;
    mcp_out_init(&out, 4096);
    mcp_put_value(&out, def);
    if (mcp_out_done(&out, &text) == MCP_OK) printf("    default: %s\n", text.ptr);
    mcp_out_free(&out);
}

/* Writes what was typed as the kind of value that the field wants; mcp_accept will say if it is none. */
static void put_field(mcp_out *out, mcp_json field, const char *line)
{
    const mcp_str key = mcp_json_key(field);
    size_t len;
    mcp_put_keyn(out, key.ptr, key.len);
    if (mcp_json_equals(field, "type", "array")) {
        mcp_put_array(out);
        for (; *line; line += len + (line[len] == ',')) {
            line += strspn(line, " ");
            len = strcspn(line, ",");
            mcp_put_strn(out, line, len);
        }
        mcp_put_end(out);
    } else if (mcp_json_equals(field, "type", "string")) {
        mcp_put_str(out, line);
    } else {
        mcp_put_raw(out, line, strlen(line));
    }
}

enum { FILLED, DECLINED, DISMISSED };

static int ask_fields(mcp_out *out, mcp_json form)
{
    char line[1000];
    mcp_json field;
    mcp_put_object(out);
    for (field = mcp_json_first(mcp_json_get(form, "properties")); mcp_json_exists(field);
         field = mcp_json_next(field)) {
        show_field(field);
        if (!ask_line(line, sizeof line)) return DISMISSED;
        if (!strcmp(line, "-")) return DECLINED;
        if (*line) put_field(out, field, line);
    }
    mcp_put_end(out);
    return FILLED;
}

/* Asks until the values fit the form. */
static void answer_form(mcp_input *input)
{
    mcp_json form = mcp_json_get(mcp_input_params(input), "requestedSchema");
    mcp_out out;
    mcp_str json = { "", 0 };
    int how;
    mcp_out_init(&out, 1 << 20);
    while ((how = ask_fields(&out, form)) == FILLED) {
        (void)mcp_out_done(&out, &json);
        if (mcp_accept_json(input, json.ptr) == MCP_OK) break;
        printf("That does not fit: %s\n", mcp_input_error(input));
        mcp_out_reset(&out);
    }
    mcp_out_free(&out);
    if (how == DECLINED) mcp_decline(input);
    if (how == DISMISSED) mcp_dismiss(input);
}

static void answer_url(mcp_input *input)
{
    char line[100];
    printf("  %s\nOpen this address in a browser? (yes, or - to decline)\n",
           mcp_json_cstr(mcp_input_params(input), "url", ""));
    if (!ask_line(line, sizeof line)) mcp_dismiss(input);
    else if (line[0] == 'y') (void)mcp_accept(input, NULL);
    else mcp_decline(input);
}

static void answer_roots(mcp_input *input)
{
    char here[4000], uri[3 * sizeof here + 8] = "file://";
    size_t i, n = strlen(uri);
    if (!getcwd(here, sizeof here)) return;
    for (i = 0; here[i]; i++)
        n += (size_t)snprintf(uri + n, 4, strchr(" %?#[]\"<>", here[i]) ? "%%%02X" : "%c",
                              (unsigned char)here[i]);
    (void)mcp_answer(input, "{'roots': [{'uri': %s}]}", uri);
}

static void on_input(void *user, mcp_input *input)
{
    (void)user;
    if (*mcp_input_message(input)) printf("The server asks: %s\n", mcp_input_message(input));
    if (mcp_input_kind(input) == MCP_INPUT_FORM) answer_form(input);
    else if (mcp_input_kind(input) == MCP_INPUT_URL) answer_url(input);
    else answer_roots(input);
}

int main(int argc, char **argv)
{
    mcp_client_desc d = { 0 };
    mcp_client *client;
    const mcp_reply *reply;
    bool ok;

    if (argc < 4) return fprintf(stderr, "usage: %s TOOL ARGUMENTS SERVER [ARGUMENT ...]\n", argv[0]), 2;
    d.name = "ask"; d.version = "1.0";
    d.on_input = on_input;
    d.inputs = MCP_INPUT_FORM | MCP_INPUT_URL | MCP_INPUT_ROOTS;
    d.call_timeout_ms = MCP_NONE;       /* a tool that waits for a person takes its time */
    client = mcp_client_spawn(&d, (const char *const *)(argv + 3));
    if (!client) return perror(argv[3]), 1;
    reply = mcp_call_tool_json(client, argv[1], argv[2]);
    ok = mcp_reply_ok(reply);
    (void)fprintf(ok ? stdout : stderr, "%s\n", mcp_reply_text(reply));
    mcp_client_close(client);
    return !ok;
}
