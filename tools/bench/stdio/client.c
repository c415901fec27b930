/* A client of mcp.h that calls an echo server, with up to WINDOW calls open, and compares every answer.

   usage: client SERVER legacy|modern           a turn for each line of the input, which says how many nanoseconds
                                                it takes; answers with a line of calls a second
          client SERVER legacy|modern COUNT     COUNT calls, and the end */

#include "child.h"
#include "messages.h"

#define MCP_IMPLEMENTATION
#include "mcp.h"

#include <math.h>
#include <stdio.h>

enum { WINDOW = 64 };           /* what mcp_client_desc.max_calls is if nobody says otherwise */

struct calls {
    char texts[WINDOW][sizeof MESSAGE_TEXT];    /* one differs from the next */
    size_t begun, ended;
};

static void fail(const char *why, const char *more)
{
    fprintf(stderr, "client: %s%s\n", why, more);
    exit(1);
}

static void fill_texts(struct calls *calls)
{
    int i;
    for (i = 0; i < WINDOW; i++) {
        memcpy(calls->texts[i], MESSAGE_TEXT, sizeof MESSAGE_TEXT);
        calls->texts[i][0] = (char)('A' + i / 8);
        calls->texts[i][1] = (char)('a' + i % 8);
    }
}

/* An answer: the next in turn, for the server answers one after the other. */
static void said(void *user, mcp_client *client, const mcp_reply *reply)
{
    struct calls *calls = user;
    const char *text = calls->texts[calls->ended++ % WINDOW];
    (void)client;
    if (!mcp_reply_ok(reply)) fail("a call failed: ", mcp_reply_text(reply));
    if (strcmp(mcp_reply_text(reply), text) != 0) fail("a call was answered with ", mcp_reply_text(reply));
}

static void begin(struct calls *calls, mcp_client *client)
{
    const char *text = calls->texts[calls->begun++ % WINDOW];
    if (!mcp_call_begin(client, said, calls, "echo", "{'text': %s}", text)) fail(mcp_client_error(client), "");
}

/* Calls until there were count of them or the clock says that it is deadline_ns; waits for the answers. */
static void call_many(struct calls *calls, mcp_client *client, size_t count, double deadline_ns)
{
    bool goes_on = true;
    calls->begun = calls->ended = 0;
    while (goes_on || calls->ended < calls->begun) {
        while (goes_on && calls->begun < count && calls->begun - calls->ended < WINDOW) begin(calls, client);
        if (mcp_client_pump(client, -1) != MCP_OK) fail(mcp_client_error(client), "");
        goes_on = calls->begun < count && now_ns() < deadline_ns;
    }
}

static void take_turns(struct calls *calls, mcp_client *client)
{
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        const double begin_ns = now_ns();
        call_many(calls, client, SIZE_MAX, begin_ns + strtod(line, NULL));
        printf("%.0f\n", (double)calls->ended * 1e9 / (now_ns() - begin_ns));
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    const char *server[] = { argc > 1 ? argv[1] : NULL, NULL };
    const bool modern = argc > 2 && strcmp(argv[2], "modern") == 0;
    static struct calls calls;
    mcp_client_desc d = { 0 };
    mcp_client *client;
    if (argc < 3 || argc > 4) fail("usage: client SERVER legacy|modern [COUNT]", "");
    d.name = "bench"; d.version = "1";
    d.revisions = modern ? MCP_2026_07_28 : MCP_2025_11_25;
    pin_to_one_cpu();
    fill_texts(&calls);
    client = mcp_client_spawn(&d, server);
    if (!client) fail("cannot start ", server[0]);
    if (argc == 4) call_many(&calls, client, (size_t)strtoul(argv[3], NULL, 10), HUGE_VAL);
    else take_turns(&calls, client);
    mcp_client_close(client);
    return 0;
}
