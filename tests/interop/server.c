/* A server with tools of every kind, for the official clients.   usage: server [REVISION]
   REVISION: the only one that it speaks, as 2025-06-18, because not every client lets one choose. */
#define MCP_IMPLEMENTATION
#include "../../mcp.h"
#include <stdio.h>
#include <string.h>

/*---- Text ---------------------------------------------------------------------------------------*/

static const mcp_field echo_args[] = {
    MCP_NEED("text", MCP_STRING, "What to say back"),
    MCP_END
};

static int echo(mcp_call *c)
{
    return mcp_text(c, mcp_arg_str(c, "text"));
}

/*---- Every kind of content ----------------------------------------------------------------------*/

/* Every byte there is, so that base64 uses every character; the lengths leave every kind of padding. */
static int content(mcp_call *c)
{
    unsigned char bytes[256];
    size_t i;
    for (i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)i;
    (void)mcp_text(c, "one of each");
    (void)mcp_image(c, bytes, 256, "image/png");
    (void)mcp_audio(c, bytes, 255, "audio/wav");
    (void)mcp_link(c, "file:///notes.txt", "Notes", "text/plain");
    (void)mcp_embed(c, "test://text", "text/plain", "Gr\xc3\xbc\xc3\x9f" "e\n\"\\", 10);
    return mcp_embed_bytes(c, "test://bytes", NULL, bytes + 2, 254);
}

/*---- Structs as arguments and as the result -----------------------------------------------------*/

struct terms {
    double a;
    int32_t b;
    float scale;
    bool negate;
    const char *unit;
};

struct sum {
    double sum;
    int64_t b;
    bool negated;
    const char *unit, *note;
};

static const mcp_field add_args[] = {
    MCP_BIND(struct terms, a, MCP_NUMBER | MCP_REQUIRED, "First term"),
    MCP_BIND_FIELD(struct terms, b, MCP_INTEGER | MCP_REQUIRED, "Second term", 0, 0, "-1000", "1000"),
    MCP_BIND_FIELD(struct terms, scale, MCP_NUMBER, NULL, 0, "1.5", "0", 0),
    MCP_BIND(struct terms, negate, MCP_BOOLEAN, "Whether to change the sign of the sum"),
    MCP_BIND_FIELD(struct terms, unit, MCP_STRING, "Unit of both", "m|kg|s", "m", 0, 0),
    MCP_END
};

static const mcp_field add_result[] = {
    MCP_BIND(struct sum, sum, MCP_NUMBER | MCP_REQUIRED, "What came out"),
    MCP_BIND(struct sum, b, MCP_INTEGER | MCP_REQUIRED, "The second term"),
    MCP_BIND(struct sum, negated, MCP_BOOLEAN | MCP_REQUIRED, NULL),
    MCP_BIND(struct sum, unit, MCP_STRING | MCP_REQUIRED, NULL),
    MCP_BIND(struct sum, note, MCP_STRING, "Only if the sum is negative"),
    MCP_END
};

static int add(mcp_call *c)
{
    const struct terms *in = (const struct terms *)mcp_args_struct(c);
    struct sum out;
    if (!in) return MCP_E_NOMEM;
    memset(&out, 0, sizeof out);
    out.sum = (in->a + in->b) * (double)in->scale;
    if (in->negate) out.sum = -out.sum;
    out.b = in->b;
    out.negated = in->negate;
    out.unit = in->unit;
    out.note = out.sum < 0 ? "below zero" : NULL;
    return mcp_data_struct(c, &out);
}

/* Breaks its promise, which shows that the client checks results against their schemas. */
static const mcp_field mismatch_result[] = {
    MCP_NEED("count", MCP_INTEGER, "Is a string all the same"),
    MCP_END
};

static int mismatch(mcp_call *c)
{
    return mcp_data(c, "{'count': %s}", "many");
}

/*---- Failures -----------------------------------------------------------------------------------*/

static int broken(mcp_call *c)
{
    (void)mcp_text(c, "dropped");
    return mcp_fail(c, "out of order: \"code\" %d", 42);
}

static const mcp_field picky_args[] = {
    MCP_CHOICE("size", MCP_STRING | MCP_REQUIRED, "small|medium|large", "How much"),
    MCP_FIELD("count", MCP_INTEGER, "How often", NULL, "3", "1", "10"),
    MCP_RANGE("ratio", MCP_NUMBER, "-0.5", "0.5", NULL),
    MCP_RANGE("label", MCP_STRING, "2", "5", "Characters, not bytes"),
    MCP_DEFAULT("loud", MCP_BOOLEAN, "true", "Whether to shout"),
    MCP_RANGE("numbers", MCP_INTEGER | MCP_LIST, NULL, "3", "At most three, to be added up"),
    MCP_END
};

static int picky(mcp_call *c)
{
    mcp_json e;
    long long sum = 0;
    const char *label = mcp_arg_str(c, "label");
    for (e = mcp_json_first(mcp_json_get(mcp_args(c), "numbers")); mcp_json_exists(e); e = mcp_json_next(e))
        sum += mcp_json_int(e, NULL, 0);
    return mcp_textf(c, "%s %lld %.2f %s %s %lld", mcp_arg_str(c, "size"), (long long)mcp_arg_int(c, "count", 0),
                     mcp_arg_num(c, "ratio", 0.25), label ? label : "none",
                     mcp_arg_bool(c, "loud", false) ? "loud" : "soft", sum);
}

/*---- A title, hints, icons, schemas of its own and a user pointer -------------------------------*/

static const mcp_icon icons[] = {
    MCP_ICON("https://example.com/a.png", "image/png", "48x48|96x96", "dark"),
    MCP_ICON("data:image/svg+xml,%3Csvg/%3E", NULL, "any", NULL),
    MCP_ICON_END
};

static int counter(mcp_call *c)
{
    const int *start = (const int *)mcp_user(c);
    int64_t by = mcp_json_int(mcp_args(c), "by", 1);
    return mcp_data(c, "{'count': %lld, 'steps': [%d, %lld]}", (long long)(*start + by), *start, (long long)by);
}

static int counter_start = 100;

/* By names of members: rows may get more of them. */
static const mcp_tool tools[] = {
    { .name = "echo", .fn = echo, .description = "Says it back.", .args = echo_args },
    { .name = "content", .fn = content, .description = "Answers with content of every kind." },
    { .name = "add", .fn = add, .description = "Adds two numbers.", .args = add_args, .result = add_result,
      .flags = MCP_READ_ONLY | MCP_CLOSED_WORLD, .title = "Adder" },
    { .name = "mismatch", .fn = mismatch, .description = "Breaks its promise.", .result = mismatch_result },
    { .name = "broken", .fn = broken, .description = "Fails." },
    { .name = "picky", .fn = picky, .description = "Takes arguments of every kind.", .args = picky_args },
    { .name = "counter", .fn = counter, .description = "Counts.", .title = "Z\xc3\xa4hler", .user = &counter_start,
      .icons = icons,
      .flags = MCP_READ_ONLY | MCP_ONLY_ADDS | MCP_IDEMPOTENT | MCP_CLOSED_WORLD,
      .input_schema = MCP_JSON({
          "type": "object",
          "properties": { "by": { "type": "integer", "description": "How far" } },
          "additionalProperties": false
      }),
      .output_schema = MCP_JSON({
          "type": "object",
          "properties": {
              "count": { "type": "integer" },
              "steps": { "type": "array", "items": { "type": "integer" }, "minItems": 2 }
          },
          "required": ["count", "steps"]
      }) }
};

/*---- Main ---------------------------------------------------------------------------------------*/

/* The flag of the revision of that name; 0 if there is none. */
static uint32_t revision_flag(const char *name)
{
    static const char *const names[] = { "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28" };
    size_t i;
    for (i = 0; i < MCP_COUNT(names); i++)
        if (!strcmp(name, names[i])) return (uint32_t)1 << i;
    return 0;
}

int main(int argc, char **argv)
{
    mcp_server_desc d = { 0 };
    d.name = "interop";
    d.version = "1.2.3";
    d.title = "Interop tests";
    d.description = "Has tools of every kind.";
    d.website_url = "https://example.com/";
    d.icons = icons;
    d.instructions = "Call echo first.\nThen \xe2\x80\x9e" "add\xe2\x80\x9c.";
    d.tools = tools;
    d.num_tools = MCP_COUNT(tools);
    d.page_size = 2;
    if (argc > 1) {
        d.revisions = revision_flag(argv[1]);
        if (!d.revisions) {
            fprintf(stderr, "usage: %s [REVISION]    there is no revision %s\n", argv[0], argv[1]);
            return 2;
        }
    }
    return mcp_serve_stdio(&d);
}
