/* The server behind the transcripts that start with `@@ full`: tools of every kind, and limits so small that short
   lines reach them. `@@ legacy` and `@@ modern` are the same server with the revisions of one era only; `@@ hooks` is
   the same with methods, notifications and refusals of its own. `@@ rows` has resources, templates, prompts and
   completions, and the usual limits; `@@ events`, `@@ asks`, `@@ extras` and `@@ tasks` stand in files of their own.
   Include mcp.h before. */

#ifndef WIRE_SERVER_H
#define WIRE_SERVER_H

#include <stdio.h>
#include <string.h>

#include "extras.h"

/* A call that waits until `release` names it. */
typedef struct wire_slot {
    char name[8];
    mcp_ref ref;
    bool cancelled;
} wire_slot;

/* The user data of the server. */
typedef struct wire_state {
    mcp_server *server;
    wire_slot slots[4];
    mcp_ref parked;         /* the method that waits */
    int64_t noted;          /* by the last notification */
    unsigned drawn;         /* random bytes */
} wire_state;

/* Where the servers that are made from now on have their memory from. */
static mcp_alloc wire_alloc;

/*---- Tools that answer at once ------------------------------------------------------------------*/

typedef struct wire_form {
    const char *name, *size;
    int8_t count;
    double ratio;
    float half;
    bool on;
} wire_form;

static const mcp_field wire_text[] = {
    MCP_NEED("text", MCP_STRING, "What to say back"),
    MCP_END
};
static const mcp_field wire_form_args[] = {
    MCP_BIND_FIELD(wire_form, name, MCP_STRING | MCP_REQUIRED, "Of the order", 0, 0, "1", "8"),
    MCP_BIND_FIELD(wire_form, size, MCP_STRING, "How big", "small|medium|large", "medium", 0, 0),
    MCP_BIND_FIELD(wire_form, count, MCP_INTEGER, "How many", 0, "3", "1", "10"),
    MCP_BIND_FIELD(wire_form, ratio, MCP_NUMBER, 0, 0, "0.25", "0", "1"),
    MCP_BIND(wire_form, half, MCP_NUMBER, 0),
    MCP_BIND_FIELD(wire_form, on, MCP_BOOLEAN, 0, 0, "true", 0, 0),
    MCP_END
};
static const mcp_field wire_form_result[] = {
    MCP_BIND(wire_form, name, MCP_STRING | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, size, MCP_STRING | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, count, MCP_INTEGER | MCP_REQUIRED, "How many there will be"),
    MCP_BIND(wire_form, ratio, MCP_NUMBER | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, half, MCP_NUMBER | MCP_REQUIRED, 0),
    MCP_BIND(wire_form, on, MCP_BOOLEAN | MCP_REQUIRED, 0),
    MCP_END
};
static const mcp_field wire_lists_args[] = {
    MCP_FIELD("tags", MCP_STRING | MCP_LIST, "Each at most once", "red|green|blue", 0, 0, "3"),
    MCP_FIELD("numbers", MCP_INTEGER | MCP_LIST | MCP_REQUIRED, 0, 0, 0, "1", "4"),
    MCP_ARG("flags", MCP_BOOLEAN | MCP_LIST, 0),
    MCP_ARG("any", MCP_STRING | MCP_ALLOW_NUL, "May hold NULs"),
    MCP_END
};

static int wire_echo(mcp_call *c) { return mcp_text(c, mcp_arg_str(c, "text")); }

static int wire_order(mcp_call *c)
{
    const wire_form *form = (const wire_form *)mcp_args_struct(c);
    return form ? mcp_data_struct(c, form) : MCP_OK;
}

static int wire_lists(mcp_call *c)
{
    mcp_json e;
    long long sum = 0;
    mcp_str any = mcp_json_str(mcp_args(c), "any");
    for (e = mcp_json_first(mcp_json_get(mcp_args(c), "numbers")); mcp_json_exists(e); e = mcp_json_next(e))
        sum += mcp_json_int(e, NULL, 0);
    return mcp_textf(c, "%lu tags, the numbers add up to %lld, %lu flags, %lu bytes",
                     (unsigned long)mcp_json_count(mcp_json_get(mcp_args(c), "tags")), sum,
                     (unsigned long)mcp_json_count(mcp_json_get(mcp_args(c), "flags")), (unsigned long)any.len);
}

static int wire_media(mcp_call *c)
{
    (void)mcp_text(c, "all there is:");
    (void)mcp_image(c, "\x89PNG", 4, "image/png");
    (void)mcp_audio(c, "RIFF\0", 5, "audio/wav");
    (void)mcp_link(c, "file:///a", "A", "text/plain");
    (void)mcp_link(c, "file:///b", "B", NULL);
    (void)mcp_embed(c, "file:///c", "text/plain", "c\n", 2);
    (void)mcp_embed_bytes(c, "file:///d", NULL, "\0\xff", 2);
    return mcp_text(c, NULL);
}

/* The arguments come as they are: nothing is checked. */
static int wire_schema(mcp_call *c)
{
    (void)mcp_text(c, "first");
    return mcp_data(c, "{'members': %d, 'x': %s}", (int)mcp_json_count(mcp_args(c)),
                    mcp_json_cstr(mcp_args(c), "x", NULL));
}

static int wire_regrets(mcp_call *c)
{
    (void)mcp_text(c, "dropped");
    (void)mcp_data(c, "{'dropped': true}");
    return mcp_fail(c, "no %s today: \"%d\"", "luck", 7);
}

static int wire_breaks(mcp_call *c) { (void)c; return MCP_E_IO; }
static int wire_floods(mcp_call *c)
{
    int i;
    for (i = 0; i < 10; i++) (void)mcp_textf(c, "%500d", i);
    return MCP_OK;
}
static int wire_nothing(mcp_call *c) { (void)c; return MCP_OK; }

/*---- One that answers when another one lets it --------------------------------------------------*/

static const mcp_field wire_wait_args[] = {
    MCP_FIELD("as", MCP_STRING | MCP_REQUIRED, "What to call it", 0, 0, "1", "7"),
    MCP_END
};
static const mcp_field wire_release_args[] = {
    MCP_NEED("as", MCP_STRING, "What it was called"),
    MCP_DEFAULT("text", MCP_STRING, "released", "What it answers"),
    MCP_ARG("fail", MCP_BOOLEAN, "It could not do it"),
    MCP_END
};

/* The slot of that name, or the first free one for ""; NULL if there is none. */
static wire_slot *wire_slot_of(wire_state *state, const char *name)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(state->slots); i++)
        if (!strcmp(state->slots[i].name, name)) return &state->slots[i];
    return NULL;
}

static int wire_wait_as(mcp_call *c, const char *name)
{
    wire_state *state = (wire_state *)mcp_user(c);
    wire_slot *slot = wire_slot_of(state, name);
    mcp_ref ref;
    int status;
    if (!slot) slot = wire_slot_of(state, "");
    if (!slot) return mcp_fail(c, "too many names");
    status = mcp_defer(c, &ref);
    if (status != MCP_WAIT) return status;
    snprintf(slot->name, sizeof slot->name, "%s", name);
    slot->ref = ref;
    slot->cancelled = false;
    return status;
}

static int wire_wait(mcp_call *c) { return wire_wait_as(c, mcp_arg_str(c, "as")); }

/* What a tool, a resource and a prompt say; a completion suggests it. */
static int wire_say(mcp_call *c, const char *text)
{
    return *mcp_complete_name(c) ? mcp_suggest(c, text) : mcp_text(c, text);
}

static int wire_release(mcp_call *c)
{
    wire_state *state = (wire_state *)mcp_user(c);
    wire_slot *slot = wire_slot_of(state, mcp_arg_str(c, "as"));
    mcp_call *waits = slot ? mcp_resume(state->server, slot->ref) : NULL;
    const bool cancelled = slot && slot->cancelled;
    if (slot) memset(slot, 0, sizeof *slot);
    if (!waits) return mcp_text(c, cancelled ? "it was cancelled" : "nobody waits");
    if (mcp_arg_bool(c, "fail", false)) mcp_finish(waits, mcp_fail(waits, "%s", mcp_arg_str(c, "text")));
    else mcp_finish(waits, wire_say(waits, mcp_arg_str(c, "text")));
    return mcp_text(c, "done");
}

static void wire_on_cancel(void *user, mcp_ref ref)
{
    wire_state *state = (wire_state *)user;
    size_t i;
    for (i = 0; i < MCP_COUNT(state->slots); i++)
        if (state->slots[i].ref == ref) state->slots[i].cancelled = true;
}

/*---- Methods and hooks --------------------------------------------------------------------------*/

static const mcp_field wire_twice_args[] = {
    MCP_NEED("n", MCP_INTEGER, 0), MCP_DEFAULT("by", MCP_INTEGER, "2", 0), MCP_END
};

static int wire_twice(mcp_call *c)
{
    return mcp_data(c, "{'n': %lld}", (long long)(mcp_arg_int(c, "n", 0) * mcp_arg_int(c, "by", 0)));
}

static int wire_refuse(mcp_call *c)
{
    const int code = (int)mcp_json_int(mcp_params(c), "code", 0);
    if (mcp_json_bool(mcp_params(c), "data", false)) return mcp_refuse_data(c, code, "with data", "{'code': %d}", code);
    return mcp_refuse(c, code, "the code is \"%d\"", code);
}

static int wire_traced(mcp_call *c)
{
    const mcp_trace t = mcp_call_trace(c);
    return mcp_data(c, "{'parent': %s, 'state': %s, 'baggage': %s}", t.parent, t.state, t.baggage);
}

static int wire_park(mcp_call *c) { return mcp_defer(c, &((wire_state *)mcp_user(c))->parked); }

/* Answers the parked method, and then itself. */
static int wire_unpark(mcp_call *c)
{
    const wire_state *state = (const wire_state *)mcp_user(c);
    mcp_call *parked = mcp_resume(state->server, state->parked);
    if (!parked) return mcp_fail(c, "%s", "none is parked");
    mcp_finish(parked, mcp_data(parked, "{'as': %s}", mcp_json_cstr(mcp_params(parked), "as", NULL)));
    return mcp_data(c, "{}");
}

static int wire_noted(mcp_call *c)
{
    return mcp_data(c, "{'x': %lld}", (long long)((wire_state *)mcp_user(c))->noted);
}

static const mcp_method wire_methods[] = {
    MCP_METHOD("wire/twice", wire_twice, wire_twice_args),
    MCP_METHOD("wire/refuse", wire_refuse, 0),
    MCP_METHOD("wire/traced", wire_traced, 0),
    MCP_METHOD("wire/park", wire_park, 0),
    MCP_METHOD("wire/unpark", wire_unpark, 0),
    MCP_METHOD("wire/noted", wire_noted, 0),
    MCP_METHOD_FULL("wire/old", wire_noted, 0, 0, MCP_2024_11_05 | MCP_2025_03_26, 0),
    MCP_METHOD_FULL("wire/new", wire_noted, 0, 0, MCP_2026_07_28, 0)
};

static void wire_on_notification(void *user, mcp_session *session, const char *method, mcp_json params)
{
    (void)session;
    if (!strcmp(method, "wire/note")) ((wire_state *)user)->noted = mcp_json_int(params, "x", -1);
}

/* Two tools and a method of the protocol are never let pass. */
static int wire_before(void *user, mcp_call *c)
{
    (void)user;
    if (!strcmp(mcp_call_name(c), "media")) return mcp_fail(c, "%s: wait %d s", mcp_call_method(c), 5);
    if (!strcmp(mcp_call_name(c), "lists")) return mcp_refuse_data(c, 4290, "too many", "{'wait_s': %d}", 5);
    return strcmp(mcp_call_method(c), "tools/list") ? (int)MCP_OK : mcp_refuse(c, 4030, "%s", "not for you");
}

/*---- Resources ----------------------------------------------------------------------------------*/

/* What it was asked for: the URI, and the values of its variables. */
static int wire_show(mcp_call *c)
{
    char text[400];
    size_t n = (size_t)snprintf(text, sizeof text, "%.200s", mcp_uri(c));
    mcp_json v;
    for (v = mcp_json_first(mcp_args(c)); mcp_json_exists(v) && n < sizeof text; v = mcp_json_next(v))
        n += (size_t)snprintf(text + n, sizeof text - n, " %s='%s'", mcp_json_key(v).ptr, mcp_json_cstr(v, NULL, "?"));
    return mcp_text(c, text);
}

/* All that can be written for a resource. */
static int wire_several(mcp_call *c)
{
    (void)mcp_textf(c, "%s, line %d\n", "a text", 1);
    (void)mcp_textn(c, "\0\xff", 2);
    (void)mcp_blob(c, "\0\xff", 2);
    (void)mcp_blob(c, "", 0);
    (void)mcp_image(c, "\x89PNG", 4, "image/png");
    (void)mcp_audio(c, "RIFF\0", 5, "audio/wav");
    (void)mcp_data(c, "{'n': %d}", 1);
    (void)mcp_embed(c, "made:several/c", "text/x-c", "int x;\n", 7);
    return mcp_embed_bytes(c, "made:several/d", NULL, "\xff\0\xff", 3);
}

static int wire_gone(mcp_call *c) { (void)mcp_text(c, "dropped"); return mcp_missing(c); }
static int wire_links(mcp_call *c) { return mcp_link(c, "file:///a", "A", NULL); }
static int wire_gives_up(mcp_call *c) { (void)wire_say(c, "dropped"); return MCP_E_TOOL; }
static int wire_fails(mcp_call *c)
{
    (void)wire_say(c, "dropped");
    return mcp_fail(c, "no %s today: \"%d\"", "luck", 7);
}

/* Suggests those of the texts that start with what was typed; for `part`, those of the note that is known. */
static int wire_suggest_notes(mcp_call *c)
{
    static const char *const ids[] = { "alpha", "beta", "al gore", "alph\xc3\xa9", NULL };
    static const char *const parts[] = { "head", "body", NULL };
    const char *id = mcp_arg_str(c, "id"), *typed = mcp_complete_value(c);
    const bool wants_part = !strcmp(mcp_complete_name(c), "part");
    const char *const *s = wants_part ? parts : ids;
    if (wants_part && (!id || strcmp(id, "alpha"))) return MCP_OK;
    for (; *s; s++)
        if (!strncmp(*s, typed, strlen(typed))) (void)mcp_suggest(c, *s);
    return MCP_OK;
}

static const mcp_icon wire_icons[] = {
    MCP_ICON("https://example.com/i.png", "image/png", "48x48|96x96", "dark"),
    MCP_ICON("data:image/svg+xml;base64,PHN2Zy8+", 0, 0, 0),
    MCP_ICON_END
};

static const mcp_annotations wire_urgent = { "user|assistant", "1", "2026-01-12T15:00:58Z" };
static const mcp_annotations wire_idle = { "user", "0.25", NULL };
static const char wire_today[] = "Today: caf\xc3\xa9, \"quotes\",\ttabs\r\nand a NUL: \0.";

#define WIRE_TEMPLATE(uri, name) MCP_RESOURCE(uri, name, wire_show, 0, 0)

static const mcp_resource wire_resources[] = {
    MCP_RESOURCE_FULL("note://today", "today", 0, "What is on today.", "text/plain", wire_today,
                      sizeof wire_today - 1, 0, "Today", 0, &wire_urgent, wire_icons,
                      MCP_JSON({ "x.com/a": [ 1 ] }), 0),
    MCP_RESOURCE_BYTES("bytes://logo", "logo", "\x89PNG\0", 5, "image/png", "A picture."),
    MCP_RESOURCE_TEXT("text:empty", "empty", "", 0, 0),
    MCP_RESOURCE_FULL("made:several", "several", wire_several, 0, "text/plain", 0, 4321, 0, 0, 0, &wire_idle, 0, 0, 0),
    MCP_RESOURCE("made:gone", "gone", wire_gone, 0, 0),
    MCP_RESOURCE("made:nothing", "nothing", wire_nothing, 0, 0),
    MCP_RESOURCE("made:fails", "fails", wire_fails, 0, 0),
    MCP_RESOURCE("made:gives-up", "gives-up", wire_gives_up, 0, 0),
    MCP_RESOURCE("made:breaks", "breaks", wire_breaks, 0, 0),
    MCP_RESOURCE("made:links", "links", wire_links, 0, 0),
    MCP_RESOURCE("file:///a%20b", "escaped", wire_show, 0, 0),
    MCP_RESOURCE_FULL("note://{id}", "note", wire_show, "One of the notes.", "text/plain", 0, 0, 0, "Note",
                      wire_suggest_notes, &wire_urgent, wire_icons, MCP_JSON({ "x.com/b": null }), 0),
    MCP_RESOURCE_FULL("note://{id}/{part}", "part", wire_show, 0, 0, 0, 0, 0, 0, wire_suggest_notes, 0, 0, 0, 0),
    WIRE_TEMPLATE("file:///{+path}", "file"),
    WIRE_TEMPLATE("page:{book}{#anchor}", "page"),
    WIRE_TEMPLATE("label:{name}{.ext}", "label"),
    WIRE_TEMPLATE("dir:{/a,b}", "dir"),
    WIRE_TEMPLATE("matrix:m{;k,v}", "matrix"),
    WIRE_TEMPLATE("find:{?q,lang}", "find"),
    WIRE_TEMPLATE("fixed:x?y=1{&z}", "continued"),
    WIRE_TEMPLATE("over:{short}", "over"),
    WIRE_TEMPLATE("over:{+long}", "over all"),
    WIRE_TEMPLATE("twin:{x}-{x}", "twin"),
    MCP_RESOURCE("wait:{as}", "wait", wire_wait, 0, 0)
};

/*---- Prompts ------------------------------------------------------------------------------------*/

static int wire_hello(mcp_call *c)
{
    return mcp_textf(c, "Say %s to %s.", mcp_arg_str(c, "tone"), mcp_arg_str(c, "name"));
}

/* Content of every kind, by both of them. */
static int wire_dialogue(mcp_call *c)
{
    (void)mcp_text(c, "a question");
    mcp_role(c, MCP_ASSISTANT);
    mcp_annotate(c, &wire_urgent);
    (void)mcp_text(c, "an answer");
    (void)mcp_image(c, "\x89PNG", 4, "image/png");
    mcp_annotate(c, &wire_idle);
    (void)mcp_audio(c, "RIFF\0", 5, "audio/wav");
    mcp_role(c, MCP_USER);
    (void)mcp_link(c, "file:///a", "A", "text/plain");
    mcp_annotate(c, &wire_idle);
    (void)mcp_embed(c, "file:///c", "text/plain", "c\n", 2);
    mcp_role(c, MCP_ASSISTANT);
    return mcp_embed_bytes(c, "file:///d", "image/png", "\0\xff", 2);
}

static int wire_suggests(mcp_call *c) { return mcp_suggest(c, "a value"); }

/* 120 values for `many`; for the others one, of what else is known. */
static int wire_suggest_words(mcp_call *c)
{
    char text[100];
    int i;
    const char *typed = mcp_complete_value(c), *first = mcp_arg_str(c, "first");
    if (!strcmp(typed, "fail")) return wire_fails(c);
    if (!strcmp(typed, "give up")) return wire_gives_up(c);
    if (!strcmp(typed, "break")) return MCP_E_IO;
    if (!strcmp(typed, "text")) return mcp_text(c, "not a value");
    if (!strncmp(typed, "wait", 4)) return wire_wait_as(c, typed);
    if (!strcmp(mcp_complete_name(c), "many")) {
        for (i = 0; i < 120; i++) {
            snprintf(text, sizeof text, "%s%d", typed, i);
            (void)mcp_suggest(c, text);
        }
        return MCP_OK;
    }
    snprintf(text, sizeof text, "%s:%s after %s", mcp_complete_name(c), typed, first ? first : "nothing");
    (void)mcp_suggestn(c, "\xff\0", 2);
    return mcp_suggest(c, text);
}

static const mcp_field wire_hello_args[] = {
    MCP_FIELD("name", MCP_STRING | MCP_REQUIRED, "Whom to greet", 0, 0, "1", "8"),
    MCP_FIELD("tone", MCP_STRING, 0, "hello|hi|good day", "hello", 0, 0),
    MCP_END
};
static const mcp_field wire_words_args[] = {
    MCP_ARG("first", MCP_STRING, 0), MCP_ARG("second", MCP_STRING, 0), MCP_ARG("many", MCP_STRING, 0), MCP_END
};
static const mcp_field wire_none[] = { MCP_END };

static const mcp_prompt wire_prompts[] = {
    MCP_PROMPT_FULL("hello", wire_hello, "Greets \"somebody\".", wire_hello_args, "Hello", 0, wire_icons,
                    MCP_JSON({ "x.com/c": "d" }), 0),
    MCP_PROMPT("dialogue", wire_dialogue, 0, wire_none),
    MCP_PROMPT_FULL("words", wire_nothing, 0, wire_words_args, 0, wire_suggest_words, 0, 0, 0),
    MCP_PROMPT("fails", wire_fails, 0, 0),
    MCP_PROMPT("gives up", wire_gives_up, 0, 0),
    MCP_PROMPT("breaks", wire_breaks, 0, 0),
    MCP_PROMPT("suggests", wire_suggests, 0, 0),
    MCP_PROMPT("caf\xc3\xa9", wire_gone, 0, 0),
    MCP_PROMPT("wait", wire_wait, "Waits until it is released.", wire_wait_args)
};

/*---- The server ---------------------------------------------------------------------------------*/

static const mcp_tool wire_tools[] = {
    MCP_TOOL("echo", wire_echo, "Says it back.", wire_text),
    MCP_TOOL_FULL("order", wire_order, "Takes an order.", wire_form_args, wire_form_result,
                  MCP_ONLY_ADDS | MCP_IDEMPOTENT, "Order", 0, 0, wire_icons, 0),
    MCP_TOOL("lists", wire_lists, 0, wire_lists_args),
    MCP_TOOL_FULL("media", wire_media, 0, 0, 0, MCP_READ_ONLY | MCP_CLOSED_WORLD, "Every \"kind\"", 0, 0, 0, 0),
    MCP_TOOL_FULL("schema", wire_schema, 0, 0, 0, 0, 0,
                  MCP_JSON({ "type": "object", "properties": { "x": { "type": [ "string", "null" ] } },
                             "additionalProperties": true }),
                  MCP_JSON({ "type": "object", "required": [ "members" ] }), 0, 0),
    MCP_TOOL("regrets", wire_regrets, 0, 0),
    MCP_TOOL("breaks", wire_breaks, 0, 0),
    MCP_TOOL("floods", wire_floods, 0, 0),
    MCP_TOOL("wait", wire_wait, "Waits until it is released.", wire_wait_args),
    MCP_TOOL("release", wire_release, 0, wire_release_args),
    MCP_TOOL("no-args_1.0", wire_nothing, 0, 0)
};
static const mcp_tool wire_few_tools[] = {
    MCP_TOOL("release", wire_release, 0, wire_release_args),
    MCP_TOOL("suggests", wire_suggests, 0, 0),
    MCP_TOOL("gone", wire_gone, 0, 0)
};

/* A server of rows of all kinds. */
static mcp_server *wire_rows(wire_state *state)
{
    mcp_server_desc d;
    memset(&d, 0, sizeof d);
    d.name = "rows"; d.version = "1";
    d.alloc = wire_alloc;
    d.tools = wire_few_tools; d.num_tools = MCP_COUNT(wire_few_tools);
    d.resources = wire_resources; d.num_resources = MCP_COUNT(wire_resources);
    d.prompts = wire_prompts; d.num_prompts = MCP_COUNT(wire_prompts);
    d.user = state;
    d.on_cancel = wire_on_cancel;
    d.drain_ms = MCP_NONE;
    d.page_size = 2;
    return mcp_server_create(&d);
}

#include "events.h"
#include "asks.h"
#include "tasks.h"

/* Makes the server of that name; NULL if there is none such. */
static mcp_server *wire_server(wire_state *state, const char *name)
{
    mcp_server_desc d;
    memset(state, 0, sizeof *state);
    if (!strcmp(name, "rows")) return state->server = wire_rows(state);
    if (!strcmp(name, "events")) return state->server = events_server(state);
    if (!strcmp(name, "asks")) asks_describe(&d);
    else memset(&d, 0, sizeof d);
    d.alloc = wire_alloc;
    if (!strcmp(name, "asks")) return state->server = mcp_server_create(&d);
    d.version = "1.2.3";
    if (!strcmp(name, "extras")) return state->server = extras_server(&d);
    if (!strcmp(name, "tasks")) return state->server = tasks_server(state, &d);
    d.name = "full";
    d.title = "Everything";
    d.description = "For tests.";
    d.website_url = "https://example.com/";
    d.icons = wire_icons;
    d.instructions = "Call a tool.";
    d.tools = wire_tools; d.num_tools = MCP_COUNT(wire_tools);
    d.user = state;
    d.on_cancel = wire_on_cancel;
    d.max_message = 1024;
    d.max_depth = 8;
    d.max_nodes = 96;
    d.max_reply = 4096;
    d.max_calls = 3;
    d.drain_ms = MCP_NONE;      /* no case shall take seconds */
    d.page_size = 2;
    if (!strcmp(name, "legacy")) d.revisions = MCP_ALL_REVISIONS & ~(uint32_t)MCP_2026_07_28;
    else if (!strcmp(name, "modern")) d.revisions = MCP_2026_07_28;
    else if (!strcmp(name, "hooks")) {
        d.methods = wire_methods; d.num_methods = MCP_COUNT(wire_methods);
        d.on_notification = wire_on_notification;
        d.before = wire_before;
    }
    else if (strcmp(name, "full")) return NULL;
    return state->server = mcp_server_create(&d);
}

#endif /* WIRE_SERVER_H */
