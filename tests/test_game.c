/* examples/game.c at its door: it is started as a client starts it, asked to bake, and answered or left alone, in
   every revision that has forms.   usage: test_game [PROGRAM]    (build/game) */
#define MCP_IMPLEMENTATION
#include "../mcp.h"
#include "test.h"
#include "example.h"

static char script;             /* what the player does: y, n, d(eclines), nothing */
static int asked;               /* how often */
static double told;             /* the newest progress */
static int replies;             /* to what was begun */
static char text[200];          /* of the last one */

static void on_input(void *user, mcp_input *input)
{
    (void)user;
    asked++;
    CHECK_INT(MCP_INPUT_FORM, mcp_input_kind(input));
    CHECK_STR("Baking slows the game down.", mcp_input_message(input));
    if (script == 'y') CHECK_STATUS(MCP_OK, mcp_accept(input, "{'go': true}"));
    if (script == 'n') CHECK_STATUS(MCP_OK, mcp_accept(input, "{'go': false}"));
    if (script == 'd') mcp_decline(input);
}

/* It only grows, one after the other. */
static void on_progress(void *user, mcp_ref request, double progress, double total, const char *message)
{
    (void)user, (void)request, (void)total;
    CHECK(progress > told && progress <= total);
    CHECK_STR("lightmaps", message);
    told = progress;
}

static void on_reply(void *user, mcp_client *from, const mcp_reply *reply)
{
    CHECK(user == &replies && from == client);
    (void)snprintf(text, sizeof text, "%s", mcp_reply_text(reply));
    replies++;
}

static void run_in(uint32_t revisions, bool can_be_asked, void (*run)(void))
{
    mcp_client_desc d = example_desc();
    if (can_be_asked) d.on_input = on_input;
    d.on_progress = on_progress;
    in_revisions(revisions, &d, run);
}

static void in_all(void (*run)(void))
{
    run_in(MCP_2025_06_18 | MCP_2025_11_25 | MCP_2026_07_28, true, run);
}

/* Each case has a game of its own. */
static void start(void)
{
    asked = replies = 0;
    told = 0;
}

static const mcp_reply *bake(char player, int maps)
{
    script = player;
    return mcp_call_tool(client, "bake", "{'maps': %d}", maps);
}

/* How the game stands: a number of it. */
static int64_t look(const char *what)
{
    return mcp_json_int(mcp_json_get(mcp_reply_data(mcp_call_tool(client, "look", NULL)), what), NULL, -1);
}

static void baking(void)
{
    start();
    CHECK_REPLY(MCP_OK, "baked 3 lightmaps", bake('y', 3));
    CHECK_INT(3, (int64_t)told);
    CHECK_INT(1, asked);
    CHECK_INT(3, look("lightmaps"));
    CHECK(look("frames") > 3);
    told = 0;
    CHECK_REPLY(MCP_OK, "baked 1 lightmaps", bake('y', 1));
    CHECK_INT(1, (int64_t)told);
    CHECK_INT(4, look("lightmaps"));
}

static void leaving_alone(void)
{
    start();
    CHECK_REPLY(MCP_OK, "The player would rather not.", bake('n', 3));
    CHECK_REPLY(MCP_E_TOOL, "the user said no", bake('d', 3));
    CHECK_REPLY(MCP_E_TOOL, "the user has not decided", bake(0, 3));
    CHECK_INT(3, asked);
    CHECK_INT(0, look("lightmaps"));
    CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(bake('y', 0)));
    CHECK_INT(3, asked);
}

/* The game goes on meanwhile, does not bake twice, and stops when it is told to. */
static void cancelling(void)
{
    mcp_ref ref;
    int64_t baked;
    start();
    script = 'y';
    ref = mcp_call_begin(client, on_reply, &replies, "bake", "{'maps': 10000}");
    CHECK(ref != 0);
    while (told < 2 && mcp_client_pump(client, -1) >= 0) continue;
    CHECK_REPLY(MCP_E_TOOL, "already baking: wait for it", bake('y', 1));
    CHECK_INT(1, asked);
    CHECK(mcp_client_cancel(client, ref));
    baked = look("lightmaps");
    CHECK(baked >= 2);
    CHECK_INT(baked, look("lightmaps"));
    told = 0;
    CHECK_REPLY(MCP_OK, "baked 2 lightmaps", bake('y', 2));
    CHECK_INT(baked + 2, look("lightmaps"));
    CHECK_INT(0, replies);
}

/* Two calls at once: the answer to the first one starts the bake, and the other one finds it running. */
static void twice(void)
{
    mcp_ref first;
    start();
    script = 'y';
    first = mcp_call_begin(client, on_reply, &replies, "bake", "{'maps': 10000}");
    CHECK(first != 0);
    CHECK(mcp_call_begin(client, on_reply, &replies, "bake", "{'maps': 10000}") != 0);
    while (replies < 1 && mcp_client_pump(client, -1) >= 0) continue;
    CHECK_STR("already baking: wait for it", text);
    CHECK(mcp_client_cancel(client, first));
}

static void without_a_player(void)
{
    const mcp_reply *r;
    start();
    r = bake('y', 3);
    CHECK(strstr(mcp_reply_text(r), "the client has not declared that it can do this") != NULL);
    CHECK(!mcp_reply_ok(r));
    CHECK_INT(0, asked);
}

static void bakes(void) { in_all(baking); }
static void leaves_it_alone(void) { in_all(leaving_alone); }
static void stops(void) { in_all(cancelling); }
static void bakes_one_at_a_time(void) { in_all(twice); }
static void wants_a_player(void)
{
    run_in(MCP_2024_11_05 | MCP_2025_03_26, true, without_a_player);
    run_in(MCP_2025_11_25 | MCP_2026_07_28, false, without_a_player);
}

int main(int argc, char **argv)
{
    program = argc > 1 ? argv[1] : "build/game";
    TEST(bakes);
    TEST(leaves_it_alone);
    TEST(stops);
    TEST(bakes_one_at_a_time);
    TEST(wants_a_player);
    return test_end();
}
