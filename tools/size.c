/* What the library costs a microcontroller. With CODEC a program that reads, looks up, and writes JSON, with
   SERVER a tools server on a stream of bytes, with ASKS one whose tool asks its client, with TOOLS the first with all
   else left out, in memory of their own; else an empty program with the same libc functions. tools/check.sh and
   tools/sizes.sh link and compare. */

#ifdef TOOLS
#define SERVER
#define MCP_NO_RESOURCES
#define MCP_NO_PROMPTS
#define MCP_NO_COMPLETION
#define MCP_NO_LOGGING
#define MCP_NO_METHODS
#define MCP_NO_BATCH
#define MCP_NO_CHANGES
#define MCP_NO_TASKS
#endif
#ifdef ASKS
#define SERVER
#endif
#if defined(CODEC) || defined(SERVER)
#define MCP_IMPLEMENTATION
#ifdef CODEC
#define MCP_LAYERS 2
#else
#define MCP_LAYERS 8
#endif
#define MCP_NO_FLOAT
#define MCP_NO_MALLOC
#include "../mcp.h"
#else
#include <string.h>
#endif

int main(void);

static char text[600], memory[1024], reply[256];
static int volatile sink;

#if defined(SERVER)
struct motor {
    const char *name;
    int speed;
    bool back;
};

static const mcp_field motor_args[] = {
    MCP_BIND(struct motor, name, MCP_STRING | MCP_REQUIRED, "Which one"),
    MCP_BIND_FIELD(struct motor, speed, MCP_INTEGER, "Percent", 0, "0", "0", "100"),
    MCP_BIND(struct motor, back, MCP_BOOLEAN, "Backwards"),
    MCP_END
};

static int turn(mcp_call *c)
{
    const struct motor *in = (const struct motor *)mcp_args_struct(c);
    if (!in) return MCP_E_NOMEM;
#ifdef ASKS
    if (mcp_ask(c, "sure", "Turn it?", motor_args, NULL) == MCP_ASK) return MCP_ASK;
#endif
    sink = in->back ? -in->speed : in->speed;
    return mcp_text(c, in->name);
}

static const mcp_tool tools[] = { MCP_TOOL("turn", turn, "Turns a motor.", motor_args) };

int main(void)
{
    mcp_server_desc d = { 0 };
    mcp_session *session;
    mcp_pool pool;
    const char *out;
    size_t len;

    d.name = "motor";
    d.version = "1";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.alloc = mcp_pool_init(&pool, memory, sizeof memory);
    session = mcp_session_open(mcp_server_create(&d));
    for (;;) {
        text[0] = (char)sink;
        (void)mcp_session_feed(session, text, 1);
        for (out = mcp_session_output(session, &len); len; out = mcp_session_output(session, &len)) {
            reply[0] = *out;
            mcp_session_sent(session, 1);
        }
    }
}
#elif defined(CODEC)
int main(void)
{
    mcp_pool pool;
    mcp_doc doc;
    mcp_json root, item;
    mcp_out out;
    mcp_str json;

    memset(&doc, 0, sizeof doc);
    doc.alloc = mcp_pool_init(&pool, memory, sizeof memory);
    if (mcp_json_parse_inplace(&doc, text, sizeof text - MCP_JSON_PAD, sizeof text) != MCP_OK) return 1;
    root = mcp_json_root(&doc);
    sink = (int)mcp_json_int(root, "id", 0) + mcp_json_bool(root, "on", false);
    for (item = mcp_json_first(mcp_json_get(root, "list")); mcp_json_exists(item); item = mcp_json_next(item))
        sink += (int)mcp_json_count(item);
    mcp_out_fixed(&out, reply, sizeof reply);
    mcp_put_object(&out);
    mcp_put_key(&out, "name");
    mcp_put_str(&out, mcp_json_cstr(root, "name", "nobody"));
    mcp_put_key(&out, "sum");
    mcp_put_int(&out, sink);
    mcp_put_key(&out, "copy");
    mcp_put_value(&out, root);
    mcp_put_key(&out, "ok");
    mcp_put_bool(&out, true);
    mcp_put_end(&out);
    return mcp_out_done(&out, &json);
}
#else
int main(void)
{
    sink = (int)strlen(text) + memcmp(text, reply, (size_t)sink) + (memchr(text, 0, (size_t)sink) != NULL);
    memset(text, sink, sizeof text);
    memcpy(reply, memory, (size_t)sink);
    return 0;
}
#endif
