/* What the JSON codec costs a microcontroller: a program that reads, looks up, and writes, in memory of its
   own. Without CODEC it is an empty program with the same libc functions. tools/check.sh links and compares. */

#ifdef CODEC
#define MCP_IMPLEMENTATION
#define MCP_LAYERS 2
#define MCP_NO_FLOAT
#define MCP_NO_MALLOC
#include "../mcp.h"
#else
#include <string.h>
#endif

int main(void);

static char text[600], memory[1024], reply[256];
static int volatile sink;

#ifdef CODEC
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
