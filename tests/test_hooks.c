/* examples/hooks.c at its door: a client starts the program and reads what it audits.
   usage: test_hooks [PROGRAM]    (build/hooks) */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"

static const char *program = "build/hooks";
static char words[100];         /* a file */

static mcp_client *start(const char *words_file, const char *rate)
{
    const char *argv[2] = { NULL, NULL };
    mcp_client_desc d;
    mcp_client *client;
    memset(&d, 0, sizeof d);
    d.name = "test";
    d.version = "1";
    d.stderr_to = MCP_STDERR_KEEP;
    argv[0] = program;
    if (words_file) setenv("WORDS", words_file, 1);
    else unsetenv("WORDS");
    if (rate) setenv("RATE", rate, 1);
    else unsetenv("RATE");
    client = mcp_client_spawn(&d, argv);
    CHECK(client != NULL);
    return client;
}

/* The text of an answer, which must have this status. */
static const char *text_of(const mcp_reply *reply, int status)
{
    CHECK_STATUS(status, mcp_reply_status(reply));
    return mcp_reply_text(reply);
}

static const char *lookup(mcp_client *client, const char *word, int status)
{
    return text_of(mcp_call_tool(client, "lookup", "{'word': %s}", word), status);
}

static void works(void)
{
    mcp_client *client = start(words, NULL);
    CHECK_STR("\"two words\" is a word", lookup(client, "two words", MCP_OK));
    CHECK_STR("\"on\" is not in the list", lookup(client, "on", MCP_OK));
    CHECK_STR("\"\" is not in the list", lookup(client, "", MCP_OK));
    CHECK_STR("3", text_of(mcp_call_tool(client, "count", "{'text': %s}", " a bc\n d "), MCP_OK));
    CHECK_STR("0", text_of(mcp_call_tool(client, "count", "{'text': %s}", ""), MCP_OK));
    mcp_client_close(client);
}

static void rate_limit(void)
{
    mcp_client *client = start(words, "1");
    (void)lookup(client, "one", MCP_OK);
    CHECK(strstr(lookup(client, "one", MCP_E_TOOL), "too many calls of lookup: try again in ") != NULL);
    (void)text_of(mcp_call_tool(client, "count", "{'text': %s}", "x"), MCP_OK);     /* each has its own */
    (void)text_of(mcp_call_tool(client, "count", "{'text': %s}", "x"), MCP_E_TOOL);
    CHECK_INT(2, mcp_json_int(mcp_reply_data(mcp_call_tool(client, "info", NULL)), "refusals", 0));
    (void)text_of(mcp_call_tool(client, "info", NULL), MCP_OK);
    mcp_client_close(client);
}

static void metrics(void)
{
    mcp_client *client = start(words, NULL);
    const mcp_reply *reply;
    mcp_json data, took, v;
    int64_t before, sum = 0;
    before = mcp_json_int(mcp_reply_data(mcp_call_tool(client, "info", NULL)), "requests", -1);
    CHECK(before >= 1);         /* of the handshake */
    (void)lookup(client, "one", MCP_OK);
    (void)mcp_call_tool(client, "lookup", NULL);
    (void)mcp_call_tool(client, "none", NULL);
    (void)mcp_request(client, "no/such", NULL);
    reply = mcp_call_tool(client, "info", NULL);
    data = mcp_reply_data(reply);
    took = mcp_json_get(data, "took_ms");
    CHECK_INT(before + 5, mcp_json_int(data, "requests", 0));
    CHECK_INT(3, mcp_json_int(data, "failures", 0));
    CHECK_INT(0, mcp_json_int(data, "refusals", 1));
    CHECK_INT(0, mcp_json_int(data, "lost", 1));
    CHECK_UINT(5, mcp_json_count(took));
    for (v = mcp_json_first(took); mcp_json_exists(v); v = mcp_json_next(v)) sum += mcp_json_int(v, NULL, 0);
    CHECK_INT(before + 5, sum);
    CHECK(!strstr(mcp_reply_text(reply), "problem"));
    mcp_client_close(client);
}

/* Of the last request, the line of the audit; it may come after the answer. */
static void audits(void)
{
    mcp_client *client = start(words, NULL);
    const mcp_trace trace = { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL, NULL };
    int i;
    CHECK_STATUS(MCP_OK, mcp_client_trace(client, trace));
    (void)mcp_call_tool(client, "bad\n\"name\"", NULL);
    for (i = 0; i < 1000 && !strstr(mcp_client_stderr(client), "bad"); i++) (void)mcp_client_pump(client, 10);
    CHECK(strstr(mcp_client_stderr(client), "\"method\":\"tools/call\",\"name\":\"bad\\n\\\"name\\\"\",") != NULL);
    CHECK(strstr(mcp_client_stderr(client), "\"status\":\"MCP_E_PROTOCOL: ") != NULL);
    CHECK(strstr(mcp_client_stderr(client), "\"code\":-32602,\"ms\":") != NULL);
    CHECK(strstr(mcp_client_stderr(client), "\"trace\":\"00-0af7651916cd43dd8448eb211c80319c-") != NULL);
    mcp_client_close(client);
}

/* It starts all the same, and says what to mend. */
static void set_up_wrongly(void)
{
    mcp_client *client = start("/nowhere/at/all", "often");
    const mcp_reply *reply;
    mcp_json content;
    CHECK_STR("no words: start the server with WORDS=<a file with one word a line>", lookup(client, "a", MCP_E_TOOL));
    CHECK_STR("1", text_of(mcp_call_tool(client, "count", "{'text': %s}", "x"), MCP_OK));
    reply = mcp_call_tool(client, "info", NULL);
    content = mcp_reply_content(reply);
    CHECK(strstr(mcp_reply_text(reply), "lookup is not ready, count is ready; 60 calls a minute of each") != NULL);
    CHECK_STR("problem: WORDS: expected a file that can be read, got '/nowhere/at/all'",
              mcp_json_cstr(mcp_json_at(content, 1), "text", ""));
    CHECK_STR("problem: RATE: expected calls a minute, from 1 to 1000000; 60 is used, got 'often'",
              mcp_json_cstr(mcp_json_at(content, 2), "text", ""));
    mcp_client_close(client);
    client = start(NULL, "0");
    CHECK_STR("problem: WORDS: expected a file that can be read, got 'nothing'",
              mcp_json_cstr(mcp_json_at(mcp_reply_content(mcp_call_tool(client, "info", NULL)), 1), "text", ""));
    mcp_client_close(client);
}

int main(int argc, char **argv)
{
    FILE *f;
    if (argc > 1) program = argv[1];
    snprintf(words, sizeof words, "/tmp/test_hooks.%ld", (long)getpid());
    f = fopen(words, "w");
    if (!f) return 1;
    fprintf(f, "one\r\ntwo words\nthree");
    fclose(f);
    TEST(works);
    TEST(rate_limit);
    TEST(metrics);
    TEST(audits);
    TEST(set_up_wrongly);
    (void)unlink(words);
    return test_end();
}
