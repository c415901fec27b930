/* examples/files.c at its door: it is started on a directory with everything that may lead out of it, and asked
   for that in every way, in both eras. What happens between two of its system calls is tested inside of it.
   usage: test_files [PROGRAM]    (build/files) */
#define _XOPEN_SOURCE 700
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#include <unistd.h>
static int watched_openat(int directory, const char *name, int flags);
static ssize_t watched_pread(int fd, void *bytes, size_t size, off_t offset);
#define openat watched_openat
#define pread watched_pread
#define main files_main
#include "../examples/files.c"
#undef main
#undef pread
#undef openat
#include "test.h"
#include "child.h"
#include <sys/resource.h>

enum { MIB = 1 << 20, MAX_DESCRIPTORS = 64 };

static const char *program = "build/files";
static char base[200];          /* of this run: what is served is in base/root, what must not be beside it */
static mcp_client *client;
static char changed[2000];      /* URIs of resources that the server said have changed, each with a blank behind */

/*---- Files ---------------------------------------------------------------------------------------*/

/* A path in base/root; good until the eighth call after. */
static const char *in_root(const char *name)
{
    static char paths[8][1000];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/root/%s", base, name);
    return path;
}

static void must(const char *what, const char *name, int failed)
{
    if (!failed) return;
    fprintf(stderr, "%s %s: cannot be made (errno %d)\n", what, name, errno);
    exit(1);
}

static void make_directory(const char *name)
{
    must("directory", name, mkdir(in_root(name), 0777));
}

static void make_file(const char *name, const char *bytes, size_t len)
{
    FILE *f = fopen(in_root(name), "wb");
    must("file", name, !f || fwrite(bytes, 1, len, f) != len || fclose(f));
}

static void make_text(const char *name, const char *text)
{
    make_file(name, text, strlen(text));
}

/* len bytes that are all there, but take no place on the disk. */
static void make_hole(const char *name, size_t len)
{
    make_text(name, "");
    must("hole", name, truncate(in_root(name), (off_t)len));
}

static void make_link(const char *name, const char *target)
{
    must("symbolic link", name, symlink(target, in_root(name)));
}

static void make_all(void)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(base, sizeof base, "%s/mcp_files_XXXXXX", tmp && strlen(tmp) < 100 ? tmp : "/tmp");
    must("directory", base, !mkdtemp(base));
    make_directory("");
    make_directory("../outside");
    make_directory("../root_evil");
    make_text("../outside/secret.txt", "SECRET\n");
    make_text("../root_evil/secret.txt", "SECRET\n");
    make_text("../secret.txt", "SECRET\n");
    make_text("../linked.txt", "SECRET\n");
    make_text("hello.txt", "hello, world\n");
    make_text("empty", "");
    make_text("%2e%2e", "percent\n");
    make_text("...", "dots\n");
    make_directory("src");
    make_directory("src/deep");
    make_text("src/main.c", "int main(void)\n{\n    return hello();\n}\n");
    make_text("src/deep/notes.txt", "x\n");
    make_link("link.txt", "../outside/secret.txt");
    make_link("link_inside.txt", "hello.txt");
    make_link("link_dir", "../outside");
    make_link("link_root", "/");
    make_link("src/link_up", "..");
    make_link("link_loop", "link_loop");
    must("hard link", "hard.txt", link(in_root("../linked.txt"), in_root("hard.txt")));
    must("FIFO", "fifo", mkfifo(in_root("fifo"), 0666));
}

/* A file, or a directory with everything in it. */
static void remove_tree(const char *name)
{
    static char words[][4] = { "rm", "-rf" };
    char path[1000];
    char *argv[4];
    (void)snprintf(path, sizeof path, "%s", strcmp(name, "..") ? in_root(name) : base);
    argv[0] = words[0];
    argv[1] = words[1];
    argv[2] = path;
    argv[3] = NULL;
    CHECK_INT(0, child_end(child_start(argv, -1, 1)));
}

/*---- Requests ------------------------------------------------------------------------------------*/

static void on_changed(void *user, mcp_client *from, int what, const char *uri)
{
    const size_t len = strlen(changed);
    (void)user;
    CHECK(from == client && what == MCP_CONTENTS);
    (void)snprintf(changed + len, sizeof changed - len, "%s ", uri);
}

/* Starts a server on a directory. */
static bool begin(const char *directory, uint32_t revision)
{
    static const char *argv[3];
    static char path[1000];
    mcp_client_desc d;
    memset(&d, 0, sizeof d);
    d.name = "test"; d.version = "1.0";
    d.revisions = revision;
    d.max_message = 16 * MIB;
    d.on_changed = on_changed;
    (void)snprintf(path, sizeof path, "%s", directory);
    argv[0] = program;
    argv[1] = path;
    client = mcp_client_spawn(&d, argv);
    CHECK(client != NULL);
    return client != NULL;
}

static void in_era(uint32_t revision, void (*run)(void))
{
    if (begin(in_root(""), revision)) run();
    NOTE("%s", "");
    mcp_client_close(client);
}

static void in_both_eras(void (*run)(void))
{
    in_era(MCP_2025_11_25, run);
    in_era(MCP_2026_07_28, run);
}

static const mcp_reply *ask_file(const char *path)
{
    return mcp_call_tool(client, "read_file", "{'path': %s}", path);
}

static const mcp_reply *ask_part(const char *path, int64_t offset, int64_t length)
{
    return mcp_call_tool(client, "read_file", "{'path': %s, 'offset': %lld, 'length': %lld}", path, (long long)offset,
                         (long long)length);
}

static const mcp_reply *ask_list(const char *path)
{
    return mcp_call_tool(client, "list_directory", "{'path': %s}", path);
}

static const mcp_reply *ask_search(const char *path, const char *text)
{
    return mcp_call_tool(client, "search", "{'path': %s, 'text': %s}", path, text);
}

static const mcp_reply *complete(const char *value)
{
    return mcp_request(client, "completion/complete", "{'ref': {'type': 'ref/resource', 'uri': 'file:///{+path}'},"
                       "'argument': {'name': 'path', 'value': %s}}", value);
}

static mcp_json at(const mcp_reply *reply, const char *pointer)
{
    return mcp_json_find(mcp_reply_result(reply), pointer);
}

static const char *text_at(const mcp_reply *reply, const char *pointer)
{
    return mcp_json_cstr(at(reply, pointer), NULL, NULL);
}

/*---- Checks --------------------------------------------------------------------------------------*/

/* The tool says no, and why. */
static void check_refused(const char *file, int line, const char *why, const mcp_reply *reply)
{
    const mcp_str text = mcp_json_str(mcp_json_find(mcp_reply_result(reply), "/content/0/text"), NULL);
    test_status(file, line, "status", MCP_E_TOOL, mcp_reply_status(reply));
    if (!text.ptr || !strstr(text.ptr, why))
        test_fail(file, line, "expected %s, got %.300s", why, text.ptr ? text.ptr : "nothing");
}
#define CHECK_REFUSED(why, reply) check_refused(__FILE__, __LINE__, why, reply)

static void check_text(const char *file, int line, const char *want, const mcp_reply *reply)
{
    test_status(file, line, "status", MCP_OK, mcp_reply_status(reply));
    test_str(file, line, "text", want, mcp_reply_text(reply));
}
#define CHECK_TEXT(want, reply) check_text(__FILE__, __LINE__, want, reply)

static void check_missing(const char *file, int line, const mcp_reply *reply)
{
    const char *revision = mcp_client_revision(client);
    const bool modern = revision && !strcmp(revision, "2026-07-28");
    test_status(file, line, mcp_reply_text(reply), MCP_E_REMOTE, mcp_reply_status(reply));
    test_int(file, line, "its code", modern ? -32602 : -32002, mcp_reply_code(reply));
}
#define CHECK_MISSING(reply) check_missing(__FILE__, __LINE__, reply)

static void check_blob(const char *file, int line, const char *want, size_t len, const char *blob)
{
    static char bytes[2 * MIB];
    size_t got = 0;
    if (!blob) test_fail(file, line, "there is no blob");
    else test_status(file, line, "base64", MCP_OK, mcp_base64_decode(bytes, sizeof bytes, &got, blob, strlen(blob)));
    test_bytes(file, line, "blob", want, len, bytes, got);
}
#define CHECK_BLOB(want, len, blob) check_blob(__FILE__, __LINE__, want, len, blob)

/* Suggestions, each with a blank behind it. */
static const char *completed(const char *value)
{
    static char text[20000];
    const mcp_reply *r = complete(value);
    mcp_json v;
    size_t n = 0;
    if (!mcp_reply_ok(r)) return mcp_reply_text(r);
    text[0] = 0;
    for (v = mcp_json_first(at(r, "/completion/values")); mcp_json_exists(v); v = mcp_json_next(v))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", mcp_json_cstr(v, NULL, "?"));
    return text;
}

/*---- Ways out ------------------------------------------------------------------------------------*/

static const char not_there[] = "is not there";
static const char leads_up[] = "has '..' in it";
static const char slash[] = "starts with a slash";
static const char symbolic[] = "is a symbolic link";
static char long_path[5001], long_name[301], long_in_bytes[1201];

/* Paths that must not be opened, and why. */
static const struct {
    const char *path, *why;
} escapes[] = {
    { "..", leads_up },
    { "../secret.txt", leads_up },
    { "../root/hello.txt", leads_up },
    { "../root_evil/secret.txt", leads_up },
    { "src/../../secret.txt", leads_up },
    { "src/../hello.txt", leads_up },
    { "src/..", leads_up },
    { "./../secret.txt", leads_up },
    { ".//..//secret.txt", leads_up },
    { "/", slash },
    { "/etc/passwd", slash },
    { "//etc/passwd", slash },
    { "link.txt", symbolic },
    { "./link.txt", symbolic },
    { "link.txt/", symbolic },
    { "link.txt/.", symbolic },
    { "link_inside.txt", symbolic },
    { "link_dir", symbolic },
    { "link_dir/", symbolic },
    { "link_dir/secret.txt", symbolic },
    { "link_root/etc/passwd", symbolic },
    { "src/link_up", symbolic },
    { "src/link_up/hello.txt", symbolic },
    { "src/link_up/../secret.txt", symbolic },
    { "link_loop", symbolic },
    { "link_loop/x", symbolic },
    { "hard.txt", "has a second name" },
    { "fifo", "is neither a file nor a directory" },
    { "fifo/x", "is neither a file nor a directory" },
    { "%2e%2e/secret.txt", not_there },
    { "%2E%2E%2Fsecret.txt", not_there },
    { "..%2fsecret.txt", not_there },
    { "%2fetc%2fpasswd", not_there },
    { "..\\secret.txt", not_there },
    { "\\etc\\passwd", not_there },
    { "C:\\secret.txt", not_there },
    { "file:///etc/passwd", not_there },
    { "~/secret.txt", not_there },
    { "hello.txt/x", not_there },
    { "hello.txt/../../secret.txt", leads_up },
    { "\xC0\xAE\xC0\xAE/secret.txt", not_there },       /* an overlong .. arrives as something else */
    { "nothing", not_there },
    { " ..", not_there },
    { ".. /secret.txt", not_there },
    { "SRC/main.c", not_there },
    { long_in_bytes, "is too long" },
    { long_name, not_there },
    { long_path, "argument 'path': expected at most 1024" }
};

static void make_long_paths(void)
{
    size_t i;
    memset(long_path, 'p', sizeof long_path - 1);
    memset(long_name, 'n', sizeof long_name - 1);
    for (i = 0; i < 400; i++) memcpy(long_in_bytes + 3 * i, "\xC3\xA9/", 3);
}

static void by_the_tools(void)
{
    size_t i;
    for (i = 0; i < MCP_COUNT(escapes); i++) {
        NOTE("%.80s", escapes[i].path);
        CHECK_REFUSED(escapes[i].why, ask_file(escapes[i].path));
        CHECK_REFUSED(escapes[i].why, ask_list(escapes[i].path));
        CHECK_REFUSED(escapes[i].why, ask_search(escapes[i].path, "SECRET"));
    }
    NOTE("NUL");
    CHECK_REFUSED("argument 'path'", mcp_call_tool_json(client, "read_file", "{\"path\":\"hello.txt\\u0000/..\"}"));
    CHECK_REFUSED("argument 'path'", mcp_call_tool_json(client, "list_directory", "{\"path\":\"\\u0000\"}"));
    CHECK_REFUSED("argument 'path'", mcp_call_tool_json(client, "search", "{\"path\":\"src\\u0000\",\"text\":\"x\"}"));
    NOTE("what is no file, what is no directory");
    CHECK_REFUSED("is a directory", ask_file("src"));
    CHECK_REFUSED("is a directory", ask_file("src/"));
    CHECK_REFUSED("is a directory", ask_file("."));
    CHECK_REFUSED("is a file", ask_list("hello.txt"));
    CHECK_REFUSED("is a file", ask_search("hello.txt", "x"));
}

static void by_the_uri(void)
{
    static const char *const uris[] = {
        "../secret.txt", "%2e%2e/secret.txt", "%2E%2E%2Fsecret.txt", "..%2fsecret.txt", ".%2e/secret.txt",
        "src/../../secret.txt", "src/%2e%2e/%2e%2e/secret.txt", "src%2f..%2f..%2fsecret.txt", "%252e%252e/secret.txt",
        "..%5csecret.txt", "..\\secret.txt", "%c0%ae%c0%ae/secret.txt", "..%00/secret.txt", "hello.txt%00",
        "hello.txt%00/../../secret.txt", "/etc/passwd", "//etc/passwd", "%2fetc/passwd", "%2Fetc%2Fpasswd",
        "link.txt", "link%2etxt", "link_dir", "link_dir/secret.txt", "link_root/etc/passwd", "src/link_up/hello.txt",
        "link_loop", "hard.txt", "fifo", "src", "src/", "", ".", "..", "hello.txt/x", "nothing", "hello.txt?x",
        "hello.txt#x", long_path, long_name, "%ff", "%"
    };
    static char uri[6000];
    size_t i;
    for (i = 0; i < MCP_COUNT(uris); i++) {
        (void)snprintf(uri, sizeof uri, "file:///%s", uris[i]);
        NOTE("%.80s", uri);
        CHECK_MISSING(mcp_read_resource(client, uri));
    }
    NOTE("other URIs");
    CHECK_MISSING(mcp_read_resource(client, "file://hello.txt"));
    CHECK_MISSING(mcp_read_resource(client, "file://localhost/hello.txt"));
    CHECK_MISSING(mcp_read_resource(client, "file:/hello.txt"));
    CHECK_MISSING(mcp_read_resource(client, "http:///hello.txt"));
}

/* Nothing is told of what is not below the root. */
static void by_completion(void)
{
    static const char *const values[] = {
        "..", "../", "../s", "/", "/e", "//", "src/../", "src/../../", "link_dir/", "link_dir/s", "link_root/", "link",
        "src/link_up/", "hard", "fifo", "fifo/", "hello.txt/", "nothing/", "%2e%2e/", long_path, long_name,
        long_in_bytes
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(values); i++) {
        NOTE("%.80s", values[i]);
        CHECK_STR(strcmp(values[i], "..") ? "" : "... ", completed(values[i]));
    }
}

/* Devices are not even opened. */
static void devices(void)
{
    if (begin("/dev", MCP_ALL_REVISIONS)) {
        CHECK_REFUSED("is neither a file nor a directory", ask_file("null"));
        CHECK_REFUSED("is neither a file nor a directory", ask_file("zero"));
        CHECK_REFUSED("is neither a file nor a directory", ask_list("tty"));
        CHECK_MISSING(mcp_read_resource(client, "file:///null"));
    }
    mcp_client_close(client);
}

/* The way is exchanged for another between two requests. */
static void exchanged_between(void)
{
    make_directory("flip");
    make_text("flip/secret.txt", "inside\n");
    CHECK_TEXT("inside\n", ask_file("flip/secret.txt"));
    must("rename", "flip", rename(in_root("flip"), in_root("flip_kept")));
    make_link("flip", "../outside");
    CHECK_REFUSED(symbolic, ask_file("flip/secret.txt"));
    CHECK_REFUSED(symbolic, ask_list("flip"));
    CHECK_MISSING(mcp_read_resource(client, "file:///flip/secret.txt"));
    must("unlink", "flip", unlink(in_root("flip")));
    must("rename", "flip", rename(in_root("flip_kept"), in_root("flip")));
    CHECK_TEXT("inside\n", ask_file("flip/secret.txt"));
    must("unlink", "flip", unlink(in_root("flip/secret.txt")));
    make_link("flip/secret.txt", "../../outside/secret.txt");
    CHECK_REFUSED(symbolic, ask_file("flip/secret.txt"));
    must("unlink", "flip", unlink(in_root("flip/secret.txt")));
    must("rmdir", "flip", rmdir(in_root("flip")));
}

/* It is exchanged all the time, a directory for a link out, a file for a link, a hard link and a FIFO: what is read
   is what is inside, or nothing. */
static void exchange_for_ever(void)
{
    for (;;) {
        (void)rename(in_root("race/dir"), in_root("race/kept"));
        (void)symlink("../../outside", in_root("race/dir"));
        (void)unlink(in_root("race/dir"));
        (void)rename(in_root("race/kept"), in_root("race/dir"));
        make_text("race/other", "inside\n");
        (void)rename(in_root("race/other"), in_root("race/file"));
        (void)symlink("../../outside/secret.txt", in_root("race/other"));
        (void)rename(in_root("race/other"), in_root("race/file"));
        make_text("race/other", "inside\n");
        (void)rename(in_root("race/other"), in_root("race/file"));
        (void)link(in_root("../linked.txt"), in_root("race/other"));
        (void)rename(in_root("race/other"), in_root("race/file"));
        make_text("race/other", "inside\n");
        (void)rename(in_root("race/other"), in_root("race/file"));
        (void)mkfifo(in_root("race/other"), 0666);
        (void)rename(in_root("race/other"), in_root("race/file"));
    }
}

static void exchanged_meanwhile(void)
{
    const size_t rounds = test_rounds(300);
    size_t i;
    pid_t pid;
    make_directory("race");
    make_directory("race/dir");
    make_text("race/dir/secret.txt", "inside\n");
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        (void)alarm(600);
        exchange_for_ever();
    }
    for (i = 0; i < rounds && !test_state.failures; i++) {
        const mcp_reply *r = ask_file(i % 2 ? "race/dir/secret.txt" : "race/file");
        if (mcp_reply_ok(r)) CHECK(!strcmp(mcp_reply_text(r), "inside\n") || !*mcp_reply_text(r));
        else CHECK_STATUS(MCP_E_TOOL, mcp_reply_status(r));
        r = ask_search("race", "SECRET");
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK(!strstr(mcp_reply_text(r), "line"));
    }
    (void)kill(pid, SIGKILL);
    CHECK_INT(-SIGKILL, child_end(pid));
    CHECK_TEXT("hello, world\n", ask_file("hello.txt"));
    remove_tree("race");
}

/* The same inside, where it is certain: after the server has looked at a file or directory, and before it opens
   it. */
static const char *watched_name;
static void (*in_between)(void);

static int watched_openat(int directory, const char *name, int flags)
{
    if (watched_name && !strcmp(name, watched_name)) {
        watched_name = NULL;
        in_between();
    }
    return openat(directory, name, flags);
}

static void becomes_link(void) { make_link("moment", "../secret.txt"); }
static void becomes_directory_link(void) { make_link("moment", "../outside"); }
static void becomes_inner_link(void) { make_link("moment", "hello.txt"); }
static void becomes_hard_link(void) { must("hard link", "moment", link(in_root("../linked.txt"), in_root("moment"))); }
static void becomes_fifo(void) { must("FIFO", "moment", mkfifo(in_root("moment"), 0666)); }
static void becomes_file(void) { make_text("moment", "other\n"); }
static void becomes_nothing(void) {}

static void (*becomes)(void);

static void exchange_moment(void)
{
    remove_tree("moment");
    becomes();
}

static int open_descriptors(void)
{
    int fd, n = 0;
    for (fd = 0; fd < MAX_DESCRIPTORS; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void exchanged_in_between(void)
{
    static const struct {
        void (*becomes)(void);
        bool was_directory;
        const char *path, *why;
    } moments[] = {
        { becomes_link, false, "moment", "cannot be opened" },
        { becomes_inner_link, false, "moment", "cannot be opened" },
        { becomes_hard_link, false, "moment", "has a second name (a hard link) and may belong elsewhere" },
        { becomes_fifo, false, "moment", "is neither a file nor a directory" },
        { becomes_nothing, false, "moment", "is not there: list_directory and search tell what is" },
        { becomes_file, false, "moment", NULL },        /* another one, but no worse */
        { becomes_directory_link, true, "moment/secret.txt", "is not there: list_directory and search tell what is" },
        { becomes_file, true, "moment/secret.txt", "is not there: list_directory and search tell what is" }
    };
    static struct files files;
    size_t i;
    files.root = open(in_root(""), O_RDONLY | O_DIRECTORY);
    for (i = 0; i < MCP_COUNT(moments); i++) {
        const int descriptors = open_descriptors();
        struct item item;
        const char *wrong;
        NOTE("moment %d", (int)i);
        if (moments[i].was_directory) make_directory("moment");
        else make_text("moment", "inside\n");
        watched_name = "moment";
        becomes = moments[i].becomes;
        in_between = exchange_moment;
        wrong = open_path(&files, moments[i].path, &item);
        CHECK(watched_name == NULL);
        CHECK_STR(moments[i].why, wrong);
        if (!wrong) (void)close(item.fd);
        CHECK_INT(descriptors, open_descriptors());
        remove_tree("moment");
    }
    NOTE("%s", "");
    (void)close(files.root);
}

/* What the user that the server runs as may not read. Root may read everything, so it becomes another one. */
static void check_permissions(const struct files *files)
{
    static const char *const paths[] = { "closed.txt", "closed", "closed/x" };
    const bool is_root = geteuid() == 0;
    size_t i;
    must("effective user", "nobody", is_root && seteuid(65534));
    for (i = 0; i < MCP_COUNT(paths); i++) {
        struct item item;
        CHECK_STR("may not be read by this server", open_path(files, paths[i], &item));
    }
    must("effective user", "root", is_root && seteuid(0));
}

static void permissions(void)
{
    static struct files files;
    make_text("closed.txt", "x");
    make_directory("closed");
    must("chmod", "closed", chmod(in_root("closed.txt"), 0) || chmod(in_root("closed"), 0));
    must("chmod", "root", chmod(in_root(""), 0755));
    files.root = open(in_root(""), O_RDONLY | O_DIRECTORY);
    check_permissions(&files);
    (void)close(files.root);
    must("chmod", "closed", chmod(in_root("closed"), 0700));
    remove_tree("closed.txt");
    remove_tree("closed");
}

/*---- Reading -------------------------------------------------------------------------------------*/

static void whole_files(void)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        { "hello.txt", "hello, world\n" },
        { "./hello.txt", "hello, world\n" },
        { "src//main.c", "int main(void)\n{\n    return hello();\n}\n" },
        { "src/./deep/notes.txt", "x\n" },
        { "%2e%2e", "percent\n" },
        { "...", "dots\n" },
        { "empty", "" }
    };
    size_t i;
    for (i = 0; i < MCP_COUNT(files); i++) {
        const mcp_reply *r = ask_file(files[i].path);
        NOTE("%s", files[i].path);
        CHECK_TEXT(files[i].text, r);
        CHECK_INT(1, (int64_t)mcp_json_count(mcp_reply_content(r)));
    }
    NOTE("%s", "");
    CHECK_STR("hello, world\n", text_at(mcp_read_resource(client, "file:///hello.txt"), "/contents/0/text"));
    CHECK_STR("hello, world\n", text_at(mcp_read_resource(client, "file:///%68ello.txt"), "/contents/0/text"));
    CHECK_STR("x\n", text_at(mcp_read_resource(client, "file:///src/deep/notes.txt"), "/contents/0/text"));
    CHECK_STR("x\n", text_at(mcp_read_resource(client, "file:///src%2Fdeep%2fnotes.txt"), "/contents/0/text"));
    CHECK_STR("percent\n", text_at(mcp_read_resource(client, "file:///%252e%252e"), "/contents/0/text"));
    CHECK_STR("", text_at(mcp_read_resource(client, "file:///empty"), "/contents/0/text"));
}

static void ranges_of_ten_bytes(void)
{
    static const struct {
        int64_t offset, length;
        const char *text;
        int64_t next;           /* 0: that was the end */
    } parts[] = {
        { 0, 10, "0123456789", 0 }, { 0, 11, "0123456789", 0 }, { 0, MIB, "0123456789", 0 }, { 0, 9, "012345678", 9 },
        { 0, 1, "0", 1 }, { 9, 1, "9", 0 }, { 9, 100, "9", 0 }, { 8, 1, "8", 9 }, { 10, 1, "", 0 }
    };
    char next[100];
    size_t i;
    make_text("ten", "0123456789");
    for (i = 0; i < MCP_COUNT(parts); i++) {
        const mcp_reply *r = ask_part("ten", parts[i].offset, parts[i].length);
        NOTE("%d bytes from %d on", (int)parts[i].length, (int)parts[i].offset);
        CHECK_TEXT(parts[i].text, r);
        (void)snprintf(next, sizeof next, "There is more: the file has 10 bytes. Go on with offset %d.",
                       (int)parts[i].next);
        CHECK_STR(parts[i].next ? next : NULL, text_at(r, "/content/1/text"));
    }
    NOTE("%s", "");
    CHECK_REFUSED("'ten' has only 10 bytes", ask_part("ten", 11, 1));
    CHECK_REFUSED("'ten' has only 10 bytes", ask_part("ten", INT64_MAX, MIB));
    CHECK_REFUSED("argument 'offset': expected at least 0", ask_part("ten", -1, 1));
    CHECK_REFUSED("argument 'offset': expected at least 0", ask_part("ten", INT64_MIN, 1));
    CHECK_REFUSED("argument 'length': expected at least 1", ask_part("ten", 0, 0));
    CHECK_REFUSED("argument 'length': expected at most 1048576", ask_part("ten", 0, MIB + 1));
    remove_tree("ten");
}

/* Reads a file in parts of that length, as the answers say, and puts them together again. */
static size_t read_in_parts(const char *path, int64_t length, char *bytes, size_t size)
{
    size_t len = 0, n = 1;
    const char *more = "";
    while (more && len < size && n) {
        const mcp_reply *r = ask_part(path, (int64_t)len, length);
        const char *text = text_at(r, "/content/0/text"), *blob = text_at(r, "/content/0/resource/blob");
        char next[100];
        CHECK_STATUS(MCP_OK, mcp_reply_status(r));
        CHECK(!text != !blob);
        n = text ? strlen(text) : 0;
        if (n > size - len) n = 0;
        if (text) memcpy(bytes + len, text, n);
        else if (!blob || mcp_base64_decode(bytes + len, size - len, &n, blob, strlen(blob)) != MCP_OK) n = 0;
        CHECK(n > 0 && n <= (size_t)length);
        len += n;
        more = text_at(r, "/content/1/text");
        (void)snprintf(next, sizeof next, " Go on with offset %lu.", (unsigned long)len);
        CHECK(!more || strstr(more, next));
    }
    return len;
}

/* Characters of one to four bytes are not cut in two, unless the part is too short for one. */
static void parts_of_characters(void)
{
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA9";
    char bytes[100];
    int64_t length;
    make_text("characters", text);
    for (length = 1; length <= (int64_t)sizeof text; length++) {
        const size_t len = read_in_parts("characters", length, bytes, sizeof bytes);
        NOTE("parts of %d bytes", (int)length);
        CHECK_BYTES(text, sizeof text - 1, bytes, len);
    }
    NOTE("%s", "");
    CHECK_TEXT("a\xC3\xA9", ask_part("characters", 0, 3));
    CHECK_TEXT("a\xC3\xA9", ask_part("characters", 0, 5));
    CHECK_TEXT("a\xC3\xA9\xE2\x82\xAC", ask_part("characters", 0, 6));
    CHECK_TEXT("a\xC3\xA9\xE2\x82\xAC", ask_part("characters", 0, 9));
    CHECK_BLOB("\xF0\x9F\x98", 3, text_at(ask_part("characters", 6, 3), "/content/0/resource/blob"));
    CHECK_BLOB("\xA9\xE2\x82\xAC", 4, text_at(ask_part("characters", 2, 4), "/content/0/resource/blob"));
    remove_tree("characters");
}

static void what_is_no_text(void)
{
    static const char nul[] = "a\0b";
    char all[256];
    size_t i;
    const mcp_reply *r;
    for (i = 0; i < sizeof all; i++) all[i] = (char)i;
    make_file("all 100%.bin", all, sizeof all);
    make_file("nul", nul, 3);
    make_text("cut", "\xC3\xA9\xC3");      /* ends within a character */
    r = ask_file("all 100%.bin");
    CHECK_BLOB(all, sizeof all, text_at(r, "/content/0/resource/blob"));
    CHECK_STR("file:///all%20100%25.bin", text_at(r, "/content/0/resource/uri"));
    CHECK_STR("application/octet-stream", text_at(r, "/content/0/resource/mimeType"));
    r = mcp_read_resource(client, "file:///all%20100%25.bin");       /* the URI that it told */
    CHECK_BLOB(all, sizeof all, text_at(r, "/contents/0/blob"));
    CHECK(text_at(r, "/contents/0/text") == NULL);
    CHECK_BLOB("a\0b", 3, text_at(ask_file("nul"), "/content/0/resource/blob"));
    CHECK_BLOB("a\0b", 3, text_at(mcp_read_resource(client, "file:///nul"), "/contents/0/blob"));
    CHECK_BLOB("\xC3\xA9\xC3", 3, text_at(ask_file("cut"), "/content/0/resource/blob"));
    CHECK_BLOB("\xC3\xA9\xC3", 3, text_at(mcp_read_resource(client, "file:///cut"), "/contents/0/blob"));
    CHECK_STR("{\"found\":[]}", mcp_reply_text(ask_search("", "\x01\x02")));      /* bytes are not searched */
    remove_tree("all 100%.bin");
    remove_tree("nul");
    remove_tree("cut");
}

/* 3.5 MiB of characters of three bytes, so that a MiB ends within one. */
static void a_big_file(void)
{
    enum { SIZE = 3 * (7 * MIB / 6) };
    static char bytes[SIZE + 1], again[SIZE + 100];
    const mcp_reply *r;
    size_t i, len;
    for (i = 0; i < SIZE; i += 3) memcpy(bytes + i, i % 7 ? "\xE2\x82\xAC" : "abc", 3);
    make_file("big", bytes, SIZE);
    r = ask_file("big");
    CHECK_STATUS(MCP_OK, mcp_reply_status(r));
    CHECK_UINT(MIB - 1, strlen(mcp_reply_text(r)));
    len = read_in_parts("big", MIB, again, sizeof again);
    CHECK_UINT(SIZE, len);
    CHECK(!memcmp(bytes, again, SIZE));
    r = mcp_read_resource(client, "file:///big");
    CHECK_STATUS(MCP_E_REMOTE, mcp_reply_status(r));
    CHECK_STR("the file has 3670014 bytes: read it in parts, with the tool read_file", mcp_reply_text(r));
    CHECK_TEXT("hello, world\n", ask_file("hello.txt"));
    remove_tree("big");
}

/* A resource of the most bytes, and of one more; the longest answer that there is. */
static void at_the_limit(void)
{
    static char bytes[MIB + 1];
    const char *got;
    memset(bytes, 1, MIB);
    make_file("limit", bytes, MIB);
    make_hole("over", MIB + 1);
    got = text_at(mcp_read_resource(client, "file:///limit"), "/contents/0/text");
    CHECK_STR(bytes, got);
    CHECK_STR(bytes, mcp_reply_text(ask_file("limit")));
    CHECK_STR("the file has 1048577 bytes: read it in parts, with the tool read_file",
              mcp_reply_text(mcp_read_resource(client, "file:///over")));
    remove_tree("limit");
    remove_tree("over");
}

/* A file of 5 GiB, nearly all of which is a hole: offsets are 64 bits wide. */
static void a_huge_file(void)
{
    const int64_t size = (int64_t)5 << 30;
    const mcp_reply *r;
    make_text("huge", "");
    must("hole", "huge", truncate(in_root("huge"), (off_t)size));
    r = ask_part("huge", size - 2, 100);
    CHECK_BLOB("\0\0", 2, text_at(r, "/content/0/resource/blob"));
    CHECK(text_at(r, "/content/1/text") == NULL);
    r = ask_part("huge", size - 2, 1);
    CHECK_STR("There is more: the file has 5368709120 bytes. Go on with offset 5368709119.",
              text_at(r, "/content/1/text"));
    remove_tree("huge");
}

/*---- Directories ---------------------------------------------------------------------------------*/

static void the_root(void)
{
    static const char *const same[] = { "", ".", "./", "./." };
    static const char want[] =
        "{\"entries\":[{\"name\":\"%2e%2e\",\"type\":\"file\",\"size\":8},"
        "{\"name\":\"...\",\"type\":\"file\",\"size\":5},{\"name\":\"empty\",\"type\":\"file\",\"size\":0},"
        "{\"name\":\"fifo\",\"refused\":\"is neither a file nor a directory\"},"
        "{\"name\":\"hard.txt\",\"refused\":\"has a second name (a hard link) and may belong elsewhere\"},"
        "{\"name\":\"hello.txt\",\"type\":\"file\",\"size\":13},"
        "{\"name\":\"link.txt\",\"refused\":\"is a symbolic link, which is not followed\"},"
        "{\"name\":\"link_dir\",\"refused\":\"is a symbolic link, which is not followed\"},"
        "{\"name\":\"link_inside.txt\",\"refused\":\"is a symbolic link, which is not followed\"},"
        "{\"name\":\"link_loop\",\"refused\":\"is a symbolic link, which is not followed\"},"
        "{\"name\":\"link_root\",\"refused\":\"is a symbolic link, which is not followed\"},"
        "{\"name\":\"src\",\"type\":\"directory\"}]}";
    size_t i;
    CHECK_TEXT(want, mcp_call_tool(client, "list_directory", NULL));
    for (i = 0; i < MCP_COUNT(same); i++) CHECK_TEXT(want, ask_list(same[i]));
    CHECK_TEXT("{\"entries\":[{\"name\":\"notes.txt\",\"type\":\"file\",\"size\":2}]}", ask_list("src//deep/"));
}

/* Names that JSON cannot carry are left out, others come as they are. */
static void strange_names(void)
{
    make_directory("names");
    make_text("names/\xFF\xFE", "x");
    make_text("names/\xC3\xA9", "x");
    make_text("names/a\nb\"c", "strange\n");
    make_text("names/back\\slash", "x");
    CHECK_TEXT("{\"entries\":[{\"name\":\"a\\nb\\\"c\",\"type\":\"file\",\"size\":8},"
               "{\"name\":\"back\\\\slash\",\"type\":\"file\",\"size\":1},"
               "{\"name\":\"\xC3\xA9\",\"type\":\"file\",\"size\":1}]}", ask_list("names"));
    CHECK_TEXT("strange\n", ask_file("names/a\nb\"c"));
    CHECK_STR("names/a\nb\"c names/back\\slash names/\xC3\xA9 ", completed("names/"));
    remove_tree("names");
}

/* 450 names come in order, in three pages; what is typed is completed with the first 100 of those that fit. */
static void pages(void)
{
    char name[20], after[20] = "";
    int i, page, at_all = 0;
    const mcp_reply *r;
    mcp_doc doc;
    mcp_json e;
    memset(&doc, 0, sizeof doc);
    make_directory("many");
    for (i = 0; i < 450; i++) {
        (void)snprintf(name, sizeof name, "many/n%03d", 7 * i % 450);
        make_text(name, "x");
    }
    for (page = 0; page < 3; page++) {
        NOTE("page %d", page);
        r = mcp_call_tool(client, "list_directory", "{'path': 'many', 'after': %s}", after);
        CHECK_STATUS(MCP_OK, mcp_json_parse(&doc, mcp_reply_text(r), strlen(mcp_reply_text(r))));
        for (e = mcp_json_first(mcp_json_get(mcp_json_root(&doc), "entries")); mcp_json_exists(e);
             e = mcp_json_next(e)) {
            (void)snprintf(name, sizeof name, "n%03d", at_all++);
            CHECK_STR(name, mcp_json_cstr(e, "name", NULL));
        }
        (void)snprintf(after, sizeof after, "%s", mcp_json_cstr(mcp_json_root(&doc), "more_after", ""));
        CHECK_STR(page == 0 ? "n199" : page == 1 ? "n399" : "", after);
    }
    NOTE("%s", "");
    mcp_doc_free(&doc);
    CHECK_INT(450, at_all);
    CHECK_TEXT("{\"entries\":[]}", mcp_call_tool(client, "list_directory", "{'path': 'many', 'after': 'n449'}"));
    r = complete("many/n");
    CHECK_INT(100, (int64_t)mcp_json_count(at(r, "/completion/values")));
    CHECK_STR("many/n099", text_at(r, "/completion/values/99"));
    CHECK(mcp_json_bool(at(r, "/completion/hasMore"), NULL, false));
    CHECK_STR("many/n440 many/n441 many/n442 many/n443 many/n444 many/n445 many/n446 many/n447 many/n448 many/n449 ",
              completed("many/n44"));
    remove_tree("many");
}

static void paths_are_completed(void)
{
    CHECK_STR("%2e%2e ... empty hello.txt src/ ", completed(""));
    CHECK_STR("src/ ", completed("s"));
    CHECK_STR("src/deep/ src/main.c ", completed("src/"));
    CHECK_STR("src/main.c ", completed("src/m"));
    CHECK_STR("src/deep/notes.txt ", completed("src/deep/notes.txt"));
    CHECK_STR("", completed("src/x"));
    CHECK_STR("", completed("H"));
    CHECK_STR("./hello.txt ", completed("./he"));
}

/*---- Search --------------------------------------------------------------------------------------*/

#define FOUND(what) "{\"found\":[" what "]}"
#define INCOMPLETE "there is more than one search looks at: name a directory, or a longer text"

static void names_and_lines(void)
{
    CHECK_TEXT(FOUND("{\"path\":\"hello.txt\"},{\"path\":\"hello.txt\",\"line\":1,\"text\":\"hello, world\"},"
                     "{\"path\":\"src/main.c\",\"line\":3,\"text\":\"    return hello();\"}"), ask_search("", "hello"));
    CHECK_TEXT(FOUND("{\"path\":\"src/main.c\",\"line\":3,\"text\":\"    return hello();\"}"),
               ask_search("src/", "hello"));
    CHECK_TEXT(FOUND("{\"path\":\"src/main.c\",\"line\":1,\"text\":\"int main(void)\"}"), ask_search("src", ")\n{"));
    CHECK_TEXT(FOUND("{\"path\":\"src/deep\"}"), ask_search("", "deep"));
    CHECK_TEXT(FOUND("{\"path\":\"src/main.c\",\"line\":4,\"text\":\"}\"}"), ask_search("", "}"));
    CHECK_TEXT(FOUND(""), ask_search("", "SECRET"));
    CHECK_TEXT(FOUND(""), ask_search("", "hard"));
    CHECK_TEXT(FOUND(""), ask_search("", "fifo"));
    CHECK_TEXT(FOUND(""), ask_search("", "link"));
    CHECK_REFUSED("argument 'text'", ask_search("", ""));
}

/* Of a long line comes what stands around the text, in whole characters. */
static void long_lines(void)
{
    char line[1400], want[400];
    size_t i;
    make_directory("lines");
    for (i = 0; i < 300; i++) memcpy(line + 2 * i, "\xC3\xA9", 2);
    memcpy(line + 600, ".needle", 7);
    for (i = 0; i < 300; i++) memcpy(line + 607 + 2 * i, "\xC3\xA9", 2);
    make_file("lines/long", line, 1207);
    (void)snprintf(want, sizeof want, FOUND("{\"path\":\"lines/long\",\"line\":1,\"text\":\"%.*s\"}"), 199, line + 542);
    CHECK_TEXT(want, ask_search("lines", "needle"));
    remove_tree("lines");
}

static void count_found(const char *file, int line, int64_t want, bool incomplete, const mcp_reply *reply)
{
    mcp_doc doc;
    memset(&doc, 0, sizeof doc);
    test_status(file, line, "JSON", MCP_OK, mcp_json_parse(&doc, mcp_reply_text(reply), strlen(mcp_reply_text(reply))));
    test_int(file, line, "found", want, (int64_t)mcp_json_count(mcp_json_get(mcp_json_root(&doc), "found")));
    test_int(file, line, "incomplete", incomplete, mcp_json_exists(mcp_json_get(mcp_json_root(&doc), "incomplete")));
    mcp_doc_free(&doc);
}
#define CHECK_FOUND(count, incomplete, reply) count_found(__FILE__, __LINE__, count, incomplete, reply)

static void many_hits(void)
{
    char text[600] = "";
    int i;
    make_directory("hits");
    for (i = 0; i < 100; i++) memcpy(text + 4 * i, "hit\n", 5);
    make_text("hits/a", text);
    CHECK_FOUND(100, false, ask_search("hits", "hit"));
    make_text("hits/b", "hit");
    CHECK_FOUND(100, true, ask_search("hits", "hit"));
    make_text("hits/a", text + 4);
    CHECK_FOUND(100, false, ask_search("hits", "hit"));
    remove_tree("hits");
}

/* 40 directories in one another, of which 32 are entered, counting the first. */
static void deep_trees(void)
{
    char path[200] = "tree", file[300];
    int i;
    for (i = 1; i <= 40; i++) {
        make_directory(path);
        (void)snprintf(file, sizeof file, "%s/leaf", path);
        make_text(file, "x");
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/d");
    }
    CHECK_FOUND(32, true, ask_search("tree", "leaf"));
    CHECK_FOUND(31, true, ask_search("", "leaf"));
    CHECK_FOUND(32, false, ask_search("tree/d/d/d/d/d/d/d/d", "leaf"));
    CHECK_TEXT("x", ask_file(file));       /* there is no such limit for who knows the way */
    remove_tree("tree");
}

/* Of a file the first MiB is searched, and 64 MiB in all. */
static void much_to_read(void)
{
    static char bytes[MIB + 100];
    char name[20];
    int i;
    make_directory("much");
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + MIB - 5, "first", 5);
    memcpy(bytes + MIB + 5, "second", 6);
    make_file("much/big", bytes, sizeof bytes);
    CHECK_FOUND(1, true, ask_search("much", "first"));
    CHECK_TEXT("{\"found\":[],\"incomplete\":\"" INCOMPLETE "\"}", ask_search("much", "second"));
    make_file("much/big", bytes, MIB);
    CHECK_FOUND(1, false, ask_search("much", "first"));
    make_text("much/last", "first");
    for (i = 0; i < 62; i++) {
        (void)snprintf(name, sizeof name, "much/hole%d", i);
        make_hole(name, MIB);
    }
    CHECK_FOUND(2, false, ask_search("much", "first"));
    make_hole("much/hole", MIB);
    CHECK_FOUND(1, true, ask_search("much", "first"));
    remove_tree("much");
}

/* A disk that breaks, inside of the server: every read that asks for so many bytes fails. */
static size_t failing_size;

static ssize_t watched_pread(int fd, void *bytes, size_t size, off_t offset)
{
    if (size != failing_size) return pread(fd, bytes, size, offset);
    errno = EIO;
    return -1;
}

/* Of a file that cannot be read nothing is told, and not what the one before it had. */
static void search_of_what_breaks(void)
{
    static struct files files;
    mcp_server *server;
    mcp_server_desc d;
    mcp_client_desc cd;
    memset(&d, 0, sizeof d);
    memset(&cd, 0, sizeof cd);
    d.name = cd.name = "test"; d.version = cd.version = "1";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.user = &files;
    files.root = open(in_root(""), O_RDONLY | O_DIRECTORY);
    server = mcp_server_create(&d);
    client = mcp_pair(server, &cd);
    make_directory("breaks");
    make_text("breaks/a", "needle\n");
    CHECK_FOUND(1, false, ask_search("breaks", "needle"));
    failing_size = MAX_BYTES;
    CHECK_TEXT(FOUND(""), ask_search("breaks", "needle"));
    CHECK_REFUSED("cannot be read", ask_file("breaks/a"));
    failing_size = 0;
    CHECK_FOUND(1, false, ask_search("breaks", "needle"));
    mcp_client_close(client);
    mcp_server_destroy(server);
    (void)close(files.root);
    remove_tree("breaks");
}

static void many_files(void)
{
    char name[20];
    int i;
    make_directory("crowd");
    make_text("crowd/n0000", "");
    for (i = 1; i < 9999; i++) {        /* one file of many names is made faster than many files */
        (void)snprintf(name, sizeof name, "crowd/n%04d", i);
        must("hard link", name, link(in_root("crowd/n0000"), in_root(name)));
    }
    make_text("crowd/z", "here");
    CHECK_FOUND(1, false, ask_search("crowd", "here"));
    make_text("crowd/a", "");
    CHECK_FOUND(0, true, ask_search("crowd", "here"));
    remove_tree("crowd");
}

/*---- Changes -------------------------------------------------------------------------------------*/

/* Waits for what the server tells, and forgets it. */
static void check_told(const char *file, int line, const char *want)
{
    while (!*changed && mcp_client_pump(client, PATIENCE) == MCP_OK) {}
    test_str(file, line, "changed", want, changed);
    changed[0] = 0;
}
#define CHECK_TOLD(want) check_told(__FILE__, __LINE__, want)

/* Of all that happens only what is asked for is told; the last change is one that is. */
static void files_that_change(void)
{
    char uri[40];
    int i;
    make_text("watched", "1");
    make_text("other", "1");
    for (i = 0; i < 40; i++) {          /* more than it can watch at a time */
        (void)snprintf(uri, sizeof uri, "file:///file%d", i);
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, uri)));
        CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(client, uri)));
    }
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, "file:///watched")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, "file:///src%2Fcomes")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, "file:///link.txt")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_subscribe(client, "file:///other")));
    CHECK_STATUS(MCP_OK, mcp_reply_status(mcp_unsubscribe(client, "file:///other")));
    CHECK_MISSING(mcp_subscribe(client, "file:///../secret.txt"));
    make_text("other", "123");
    make_text("../outside/secret.txt", "SECRET SECRET\n");
    make_text("watched", "12");
    CHECK_TOLD("file:///watched ");
    make_text("src/comes", "1");
    CHECK_TOLD("file:///src%2Fcomes ");
    remove_tree("watched");
    CHECK_TOLD("file:///watched ");
    make_link("watched", "../outside/secret.txt");      /* as if there was none */
    remove_tree("src/comes");
    CHECK_TOLD("file:///src%2Fcomes ");
    must("unlink", "watched", unlink(in_root("watched")));
    make_text("../outside/secret.txt", "SECRET\n");
    remove_tree("other");
}

/*---- Both eras -----------------------------------------------------------------------------------*/

static void tools_refuse(void) { in_both_eras(by_the_tools); }
static void resources_refuse(void) { in_both_eras(by_the_uri); }
static void completion_refuses(void) { in_both_eras(by_completion); }
static void exchanged(void) { in_both_eras(exchanged_between); }
static void exchanged_all_the_time(void) { in_era(MCP_2026_07_28, exchanged_meanwhile); }
static void files_are_read(void) { in_both_eras(whole_files); }
static void ranges(void) { in_both_eras(ranges_of_ten_bytes); }
static void ranges_of_text(void) { in_both_eras(parts_of_characters); }
static void bytes(void) { in_both_eras(what_is_no_text); }
static void big_files(void) { in_both_eras(a_big_file); }
static void files_at_the_limit(void) { in_both_eras(at_the_limit); }
static void huge_files(void) { in_era(MCP_2026_07_28, a_huge_file); }
static void lists(void) { in_both_eras(the_root); }
static void names(void) { in_both_eras(strange_names); }
static void lists_in_pages(void) { in_both_eras(pages); }
static void completion(void) { in_both_eras(paths_are_completed); }
static void searches(void) { in_both_eras(names_and_lines); }
static void searches_long_lines(void) { in_both_eras(long_lines); }
static void search_limit_hits(void) { in_era(MCP_2026_07_28, many_hits); }
static void search_limit_depth(void) { in_era(MCP_2026_07_28, deep_trees); }
static void search_limit_bytes(void) { in_era(MCP_2026_07_28, much_to_read); }
static void changes(void) { in_era(MCP_2025_11_25, files_that_change); }
static void search_limit_files(void) { in_era(MCP_2026_07_28, many_files); }

/* A server that keeps a descriptor open for each question, or for some, cannot answer the last of them. */
static void limit_descriptors(void)
{
    struct rlimit limit;
    must("limit", "of descriptors", getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = MAX_DESCRIPTORS;
    must("limit", "of descriptors", setrlimit(RLIMIT_NOFILE, &limit));
}

int main(int argc, char **argv)
{
    if (argc > 1) program = argv[1];
    limit_descriptors();
    make_long_paths();
    make_all();
    TEST(tools_refuse);
    TEST(resources_refuse);
    TEST(completion_refuses);
    TEST(devices);
    TEST(exchanged);
    TEST(exchanged_in_between);
    TEST(exchanged_all_the_time);
    TEST(permissions);
    TEST(files_are_read);
    TEST(ranges);
    TEST(ranges_of_text);
    TEST(bytes);
    TEST(big_files);
    TEST(files_at_the_limit);
    TEST(huge_files);
    TEST(lists);
    TEST(names);
    TEST(lists_in_pages);
    TEST(completion);
    TEST(searches);
    TEST(searches_long_lines);
    TEST(search_limit_hits);
    TEST(search_limit_depth);
    TEST(search_of_what_breaks);
    TEST(search_limit_bytes);
    TEST(search_limit_files);
    TEST(changes);
    remove_tree("..");
    return test_end();
}
