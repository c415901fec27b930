/* game.c - a server inside a program that has a loop of its own: a game that draws frames, and lets a
   model bake its lightmaps meanwhile. Serves standard input and output, and has no window, so that it
   runs anywhere.

   cc -O2 game.c -o game

   The server never blocks the game: it gets a turn in each frame, and work that takes long is done in
   slices. The player is asked before the bake. */
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <time.h>

/*---- The game -----------------------------------------------------------------------------------*/

static struct {
    int64_t frames;
    double height, speed;           /* of a ball that bounces */
    int64_t lightmaps;              /* that are baked */
} game = { 0, 1, 0, 0 };

/* Moves what moves, and waits until it is time for the next frame. */
static void game_frame(void)
{
    static const struct timespec rest = { 0, 4 * 1000 * 1000 };
    game.frames++;
    game.speed -= 0.01;
    game.height += game.speed;
    if (game.height < 0) game.speed = 0.2;
    (void)nanosleep(&rest, NULL);
}

/* One slice of work, short enough for a frame. */
static void game_bake(void)
{
    game.lightmaps++;
}

/*---- What a model can do to it ------------------------------------------------------------------*/

/* What is being baked, for the call that waits for it. */
static struct { mcp_ref ref; int64_t done, maps; } job;

static const mcp_field bake_args[] = {
    MCP_FIELD("maps", MCP_INTEGER, "How many lightmaps", 0, "64", "1", "10000"),
    MCP_END
};
static const mcp_field sure_form[] = {
    MCP_NEED("go", MCP_BOOLEAN, "Start now?"),
    MCP_END
};

static int bake(mcp_call *c)
{
    mcp_json answer;
    int status;

    if (mcp_resume(mcp_call_server(c), job.ref))
        return mcp_fail(c, "already baking: wait for it");

    status = mcp_ask(c, "sure", "Baking slows the game down.", sure_form, &answer);
    if (status != MCP_OK) return status;    /* sent, and this is called again; or there is no answer */
    if (!mcp_json_bool(answer, "go", false)) return mcp_text(c, "The player would rather not.");

    job.done = 0;
    job.maps = mcp_arg_int(c, "maps", 64);
    return mcp_defer(c, &job.ref);
}

/* Goes on with the bake, if somebody still waits for it: the call may be cancelled, and the client leave. */
static void bake_on(mcp_server *server)
{
    mcp_call *c = mcp_resume(server, job.ref);
    if (!c) return;
    game_bake();
    mcp_progress(c, (double)++job.done, (double)job.maps, "lightmaps");
    if (job.done < job.maps) return;
    mcp_finish(c, mcp_textf(c, "baked %lld lightmaps", (long long)job.maps));
}

static int look(mcp_call *c)
{
    return mcp_data(c, "{'frames': %lld, 'height': %g, 'lightmaps': %lld}", (long long)game.frames,
                    game.height, (long long)game.lightmaps);
}

static const mcp_tool tools[] = {
    MCP_TOOL("bake", bake, "Bakes lightmaps, if the player agrees.", bake_args),
    MCP_TOOL("look", look, "Tells how the game stands.", 0)
};

int main(void)
{
    mcp_server_desc d = { 0 };
    mcp_server *server;
    mcp_stdio *io;

    d.name = "game"; d.version = "1.0";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    server = mcp_server_create(&d);
    io = server ? mcp_stdio_open(server) : NULL;
    if (!io) return 1;

    /* A game with a window would go on without its client; here there is nobody else to play for. */
    while (mcp_stdio_pump(io, 0) >= 0) {
        game_frame();
        bake_on(server);
    }

    mcp_stdio_close(io);
    mcp_server_destroy(server);
    return 0;
}
