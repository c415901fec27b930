// simdjson: its tree (DOM), and its On-Demand front end, which does not check what it skips. Both
// find the structure of a text with the best kernel of the processor; On-Demand reads strings and
// numbers with the one that this file is compiled for. The version line names the two.

#include "bench.h"

#include <cstring>
#include <simdjson.h>
#include <string>

using namespace simdjson;

namespace {

bench_text text_of(std::string_view view)
{
    bench_text text = { view.data(), view.size() };
    return text;
}

// ---- The tree.

struct tree {
    dom::parser parser;
    dom::element kept;
    std::string out;
};

void *open_tree(int, size_t longest, bench_heap *)
{
    tree *self = new tree;
    if (self->parser.allocate(longest)) return nullptr;
    return self;
}

void close_tree(void *lib)
{
    delete static_cast<tree *>(lib);
}

// false: no copy, the text has its padding.
bool parse_tree(void *lib, char *text, size_t len)
{
    return static_cast<tree *>(lib)->parser.parse(text, len, false).error() == SUCCESS;
}

int64_t id_of(dom::element v)
{
    std::string_view text;
    if (v.get(text) == SUCCESS) return static_cast<int64_t>(text.size());
    int64_t number = -1;
    if (v.get(number) != SUCCESS) number = -1;
    return number;
}

bool find_in_tree(dom::object root, const char *arg, bench_call *call)
{
    dom::element params;
    for (dom::key_value_pair member : root) {
        const char *name = member.key.data();
        size_t len = member.key.size();
        if (BENCH_IS(name, len, "jsonrpc")) {
            bench_text version = text_of(member.value);
            call->version_ok = BENCH_IS(version.ptr, version.len, "2.0");
        } else if (BENCH_IS(name, len, "id")) {
            call->id = id_of(member.value);
        } else if (BENCH_IS(name, len, "method")) {
            call->method = text_of(member.value);
        } else if (BENCH_IS(name, len, "params")) {
            params = member.value;
        }
    }
    call->tool = text_of(params["name"]);
    call->arg = text_of(params["arguments"][arg]);
    bench_seen(call);
    return call->version_ok;
}

bool dispatch_tree(void *lib, char *text, size_t len, const char *arg, bench_call *call)
{
    try {
        dom::object root = static_cast<tree *>(lib)->parser.parse(text, len, false);
        return find_in_tree(root, arg, call);
    } catch (const simdjson_error &) {
        return false;
    }
}

bool keep_tree(void *lib, char *text, size_t len)
{
    tree *self = static_cast<tree *>(lib);
    return self->parser.parse(text, len, false).get(self->kept) == SUCCESS;
}

bench_text write_tree(void *lib)
{
    tree *self = static_cast<tree *>(lib);
    self->out = minify(self->kept);
    return text_of(self->out);
}

void drop_tree(void *)
{
}

// ---- On-Demand.

struct stream {
    ondemand::parser parser;
    uint64_t seen;              // keeps the compiler from leaving out what is read
};

void *open_stream(int, size_t longest, bench_heap *)
{
    stream *self = new stream;
    self->seen = 0;
    if (self->parser.allocate(longest)) return nullptr;
    return self;
}

void close_stream(void *lib)
{
    delete static_cast<stream *>(lib);
}

uint64_t read_value(ondemand::value v);

uint64_t read_array(ondemand::array array)
{
    uint64_t seen = 0;
    for (ondemand::value element : array) seen += read_value(element);
    return seen;
}

uint64_t read_object(ondemand::object object)
{
    uint64_t seen = 0;
    for (ondemand::field member : object) {
        std::string_view key = member.unescaped_key();
        seen += key.size() + read_value(member.value());
    }
    return seen;
}

uint64_t read_number(ondemand::value v)
{
    ondemand::number number = v.get_number();
    if (number.is_double()) return number.get_double() > 0;
    return number.is_int64() ? static_cast<uint64_t>(number.get_int64()) : number.get_uint64();
}

uint64_t read_value(ondemand::value v)
{
    switch (v.type()) {
    case ondemand::json_type::array:
        return read_array(v);
    case ondemand::json_type::object:
        return read_object(v);
    case ondemand::json_type::string:
        return std::string_view(v.get_string()).size();
    case ondemand::json_type::number:
        return read_number(v);
    case ondemand::json_type::boolean:
        return bool(v.get_bool());
    case ondemand::json_type::null:
    default:
        return v.is_null();
    }
}

bool parse_stream(void *lib, char *text, size_t len)
{
    stream *self = static_cast<stream *>(lib);
    try {
        ondemand::document root = self->parser.iterate(text, len, len + BENCH_PAD);
        self->seen += read_object(root.get_object());
        return true;
    } catch (const simdjson_error &) {
        return false;
    }
}

int64_t id_of(ondemand::value v)
{
    if (v.type() == ondemand::json_type::string) {
        return static_cast<int64_t>(std::string_view(v.get_string()).size());
    }
    return v.get_int64();
}

bool find_in_stream(ondemand::document &root, const char *arg, bench_call *call)
{
    std::string_view version = root["jsonrpc"];
    call->version_ok = BENCH_IS(version.data(), version.size(), "2.0");
    call->id = id_of(root["id"]);
    call->method = text_of(root["method"]);
    ondemand::object params = root["params"];
    call->tool = text_of(params["name"]);
    call->arg = text_of(params["arguments"][arg]);
    bench_seen(call);
    return call->version_ok;
}

bool dispatch_stream(void *lib, char *text, size_t len, const char *arg, bench_call *call)
{
    try {
        ondemand::parser &parser = static_cast<stream *>(lib)->parser;
        ondemand::document root = parser.iterate(text, len, len + BENCH_PAD);
        return find_in_stream(root, arg, call);
    } catch (const simdjson_error &) {
        return false;
    }
}

}

extern "C" {

extern const bench_lib lib_simdjson_dom, lib_simdjson_ondemand;
const char *lib_simdjson_version();

const char *lib_simdjson_version()
{
    static const std::string text = std::string(SIMDJSON_STRINGIFY(SIMDJSON_VERSION)) + " (" +
        get_active_implementation()->name() + "; On-Demand " +
        SIMDJSON_STRINGIFY(SIMDJSON_BUILTIN_IMPLEMENTATION) + ")";
    return text.c_str();
}

const bench_lib lib_simdjson_dom = {
    "simdjson DOM", 0, open_tree, close_tree, parse_tree, dispatch_tree,
    keep_tree, write_tree, drop_tree, nullptr, nullptr
};
const bench_lib lib_simdjson_ondemand = {
    "simdjson On-Demand", 0, open_stream, close_stream, parse_stream, dispatch_stream,
    nullptr, nullptr, nullptr, nullptr, nullptr
};

}
