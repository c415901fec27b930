/* A file server: lists, reads and searches what is below one directory, and tells of files that change. It
   changes nothing itself, and cannot be led out of its directory.

       cc -O2 -I. examples/files.c -o files && ./files /home/me/project

   Paths come from a model, which may have read them in a file that somebody else wrote. So no path is ever
   checked as text and then opened: it is walked, name by name, each opened in the directory that was opened
   before, and never through a symbolic link. What is renamed or exchanged meanwhile makes no difference.
   Refused are:

       ..  and what starts with a slash        as text, before anything is opened
       symbolic links, wherever they lead      O_NOFOLLOW, at every name
       FIFOs, sockets, devices                 nothing is opened that is no file, and nothing waits
       files with a second name (hard links)   that may be a file outside, linked into the directory by
                                               somebody who may not read it; a copy of it can be served
       names that are not UTF-8                JSON cannot carry them

   Everything else below the directory is served, .git and .env too: choose it, and the user that the server
   runs as, accordingly. What is mounted below it belongs to it. POSIX only. */
#define _FILE_OFFSET_BITS 64
#define MCP_IMPLEMENTATION
#include "mcp.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPLATE "file:///{+path}"

enum {
    NAME_SIZE = 255 + 1,
    PATH_SIZE = 1024 + 1,
    MAX_BYTES = 1 << 20,        /* of a file, in one answer; in a search, of each file */
    PAGE = 200,                 /* names in one answer */
    MAX_DEPTH = 32,             /* directories in one another that a search enters */
    MAX_VISITS = 10000,         /* files and directories that it looks at */
    MAX_SEARCHED = 64 << 20,    /* bytes that it reads */
    MAX_HITS = 100,             /* lines and names that it finds */
    MAX_WATCHES = 32            /* files that a client may want to hear of */
};

/* Names of a directory, in order; those after `after` that there is a place for. */
struct page {
    char after[NAME_SIZE];
    char names[PAGE][NAME_SIZE];
    size_t count;
    bool more;                  /* others come after these */
};

/* A file that a client wants to hear of. */
struct watch {
    char uri[3 * PATH_SIZE + 8];        /* "": the place is free */
    char path[PATH_SIZE];
    struct stat seen;                   /* zeros: there was none that is served */
};

struct files {
    int root;                   /* the directory that is served */
    char bytes[MAX_BYTES + 1];  /* of the file that is read, and a NUL */
    struct page pages[MAX_DEPTH];
    struct watch watches[MAX_WATCHES];
    size_t num_watches;
};

/*---- The way from the root to a file -------------------------------------------------------------*/

struct item {
    int fd;
    struct stat st;
};

/* Why that is not served; NULL if it is. */
static const char *refusal(const struct stat *st)
{
    if (S_ISDIR(st->st_mode)) return NULL;
    if (S_ISLNK(st->st_mode)) return "is a symbolic link, which is not followed";
    if (!S_ISREG(st->st_mode)) return "is neither a file nor a directory";
    if (st->st_nlink > 1) return "has a second name (a hard link) and may belong elsewhere";
    return NULL;
}

static const char *cannot_open(void)
{
    if (errno == EACCES || errno == EPERM) return "may not be read by this server";
    if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) return "cannot be opened";
    return "is not there: list_directory and search tell what is";
}

/* Opens what has that name in a directory. It looks first, because to open a FIFO or a device is to act on
   it, and then at what it has opened, because that may be another one. NULL, or why it is not open. */
static const char *open_member(int directory, const char *name, struct item *item)
{
    const char *wrong;
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    item->fd = -1;
    if (fstatat(directory, name, &item->st, AT_SYMLINK_NOFOLLOW)) return cannot_open();
    wrong = refusal(&item->st);
    if (wrong) return wrong;
    item->fd = openat(directory, name, S_ISDIR(item->st.st_mode) ? flags | O_DIRECTORY : flags);
    if (item->fd < 0) return cannot_open();
    wrong = fstat(item->fd, &item->st) ? "cannot be examined" : refusal(&item->st);
    if (wrong) (void)close(item->fd);
    return wrong;
}

/* Cuts the next name off a path. False at its end. A name that is too long stays so, for nothing has it. */
static bool next_name(const char **path, char name[NAME_SIZE + 1])
{
    size_t len;
    *path += strspn(*path, "/");
    len = strcspn(*path, "/");
    (void)snprintf(name, NAME_SIZE + 1, "%.*s", (int)len, *path);
    *path += len;
    return len > 0;
}

/* Opens what a path names, below the root. NULL, or why it is not open. */
static const char *open_path(const struct files *files, const char *path, struct item *item)
{
    char name[NAME_SIZE + 1];
    const char *wrong;
    if (*path == '/') return "starts with a slash: paths start at the root, as 'src/main.c'";
    if (strlen(path) >= PATH_SIZE) return "is too long";
    wrong = open_member(files->root, ".", item);
    while (!wrong && next_name(&path, name)) {
        const int parent = item->fd;
        if (!strcmp(name, ".")) continue;
        wrong = strcmp(name, "..") ? open_member(parent, name, item) : "has '..' in it: paths only lead down";
        (void)close(parent);
    }
    return wrong;
}

static const char *open_file(const struct files *files, const char *path, struct item *item)
{
    const char *wrong = open_path(files, path, item);
    if (wrong || !S_ISDIR(item->st.st_mode)) return wrong;
    (void)close(item->fd);
    return "is a directory: see list_directory";
}

static const char *open_directory(const struct files *files, const char *path, DIR **directory)
{
    struct item item;
    const char *wrong = open_path(files, path, &item);
    if (wrong) return wrong;
    *directory = S_ISDIR(item.st.st_mode) ? fdopendir(item.fd) : NULL;
    if (*directory) return NULL;
    (void)close(item.fd);
    return S_ISDIR(item.st.st_mode) ? "cannot be read" : "is a file: see read_file";
}

static int refuse(mcp_call *c, const char *path, const char *wrong)
{
    return mcp_fail(c, "'%s' %s", path, wrong);
}

/*---- Directories ---------------------------------------------------------------------------------*/

static void add_name(struct page *p, const char *name)
{
    size_t i = p->count;
    while (i && strcmp(name, p->names[i - 1]) < 0) i--;
    if (p->count == PAGE) p->more = true;
    if (i == PAGE) return;
    if (p->count < PAGE) p->count++;
    memmove(p->names[i + 1], p->names[i], (p->count - 1 - i) * NAME_SIZE);
    (void)snprintf(p->names[i], NAME_SIZE, "%s", name);
}

/* Reads the names with that prefix that come after p->after, which then is the last of them. However many
   there are, this takes no memory. False if they cannot be read. */
static bool read_page(DIR *directory, const char *prefix, struct page *p)
{
    const struct dirent *e;
    p->count = 0;
    p->more = false;
    rewinddir(directory);
    for (errno = 0; (e = readdir(directory)) != NULL; errno = 0) {
        const char *name = e->d_name;
        const size_t len = strlen(name);
        if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
        if (strncmp(name, prefix, strlen(prefix)) || strcmp(name, p->after) <= 0) continue;
        if (len < NAME_SIZE && mcp_utf8_valid(name, len)) add_name(p, name);
    }
    if (errno) {
        p->count = 0;
        p->more = false;
        return false;
    }
    if (p->count) memcpy(p->after, p->names[p->count - 1], NAME_SIZE);
    return true;
}

/* What there is of that name: a directory, a file with its size, or why it is neither. */
static void put_entry(mcp_out *out, DIR *directory, const char *name)
{
    struct stat st;
    const char *wrong;
    if (fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW)) return;     /* it has just gone */
    wrong = refusal(&st);
    if (wrong) mcp_put_f(out, "{'name': %s, 'refused': %s}", name, wrong);
    else if (S_ISDIR(st.st_mode)) mcp_put_f(out, "{'name': %s, 'type': 'directory'}", name);
    else mcp_put_f(out, "{'name': %s, 'type': 'file', 'size': %lld}", name, (long long)st.st_size);
}

static void put_page(mcp_out *out, DIR *directory, const struct page *p)
{
    size_t i;
    mcp_put_object(out);
    mcp_put_key(out, "entries");
    mcp_put_array(out);
    for (i = 0; i < p->count; i++) put_entry(out, directory, p->names[i]);
    mcp_put_end(out);
    if (p->more) {
        mcp_put_key(out, "more_after");
        mcp_put_str(out, p->after);
    }
    mcp_put_end(out);
}

/* Ends what was written, and hands it out. */
static int finish_json(mcp_call *c, mcp_out *out)
{
    mcp_str json;
    const int status = mcp_out_done(out, &json);
    if (status == MCP_OK) (void)mcp_textn(c, json.ptr, json.len);
    mcp_out_free(out);
    return status;
}

static int list_directory(mcp_call *c)
{
    struct files *files = (struct files *)mcp_user(c);
    struct page *p = &files->pages[0];
    const char *path = mcp_arg_str(c, "path"), *wrong;
    DIR *directory;
    mcp_out out;
    wrong = open_directory(files, path, &directory);
    if (wrong) return refuse(c, path, wrong);
    (void)snprintf(p->after, NAME_SIZE, "%s", mcp_arg_str(c, "after"));
    if (!read_page(directory, "", p)) wrong = "cannot be read";
    mcp_out_init(&out, 1 << 20);
    put_page(&out, directory, p);
    (void)closedir(directory);
    if (!wrong) return finish_json(c, &out);
    mcp_out_free(&out);
    return refuse(c, path, wrong);
}

/* What a path that is being typed may become: the names in its last directory, with a slash behind those
   where it goes on. */
static int complete_path(mcp_call *c)
{
    struct files *files = (struct files *)mcp_user(c);
    struct page *p = &files->pages[0];
    const char *typed = mcp_complete_value(c), *slash = strrchr(typed, '/');
    const size_t len = slash ? (size_t)(slash + 1 - typed) : 0;
    char path[PATH_SIZE + NAME_SIZE];
    DIR *directory;
    size_t i;
    (void)snprintf(path, sizeof path, "%.*s", (int)len, typed);
    if (strlen(typed) >= PATH_SIZE || open_directory(files, path, &directory)) return MCP_OK;
    p->after[0] = 0;
    (void)read_page(directory, typed + len, p);
    for (i = 0; i < p->count; i++) {
        struct stat st;
        if (fstatat(dirfd(directory), p->names[i], &st, AT_SYMLINK_NOFOLLOW) || refusal(&st)) continue;
        (void)snprintf(path + len, sizeof path - len, S_ISDIR(st.st_mode) ? "%s/" : "%s", p->names[i]);
        (void)mcp_suggest(c, path);
    }
    (void)closedir(directory);
    return MCP_OK;
}

/*---- Files ---------------------------------------------------------------------------------------*/

/* Reads from offset on, at most len bytes, and ends them with a NUL. How many there are; -1 if it fails. */
static ssize_t read_range(struct files *files, const struct item *item, int64_t offset, size_t len)
{
    size_t got = 0;
    while (got < len) {
        const ssize_t n = pread(item->fd, files->bytes + got, len - got, (off_t)offset + (off_t)got);
        if (n == 0) break;
        if (n > 0) got += (size_t)n;
        else if (errno != EINTR) return -1;
    }
    files->bytes[got] = 0;
    return (ssize_t)got;
}

/* Whether a model can read it as it is; else it is sent as base64. */
static bool is_text(const char *bytes, size_t len)
{
    return mcp_utf8_valid(bytes, len) && !memchr(bytes, 0, len);
}

/* How many bytes at the end are the start of a character. */
static size_t cut_character(const char *bytes, size_t len)
{
    size_t i;
    for (i = 1; i <= 3 && i <= len; i++) {
        const unsigned char b = (unsigned char)bytes[len - i];
        const size_t size = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
        if (b < 0x80 || b >= 0xC0) return size > i ? i : 0;
    }
    return 0;
}

/* The URI under which that path is a resource. */
static void put_uri(char uri[3 * PATH_SIZE + 8], const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    size_t n = (size_t)snprintf(uri, 9, "file:///");
    for (; *path; path++)
        n += (size_t)snprintf(uri + n, 4, strchr(plain, *path) ? "%c" : "%%%02X", (unsigned char)*path);
}

/* Text, up to the end of its last whole character if the file goes on; or bytes. Returns how many. */
static size_t put_range(mcp_call *c, const char *path, const char *bytes, size_t len, bool more)
{
    const size_t text = more ? len - cut_character(bytes, len) : len;
    char uri[3 * PATH_SIZE + 8];
    if (is_text(bytes, text) && (text || !len)) {
        (void)mcp_textn(c, bytes, text);
        return text;
    }
    put_uri(uri, path);
    (void)mcp_embed_bytes(c, uri, "application/octet-stream", bytes, len);
    return len;
}

static int read_file(mcp_call *c)
{
    struct files *files = (struct files *)mcp_user(c);
    const char *path = mcp_arg_str(c, "path"), *wrong;
    const int64_t offset = mcp_arg_int(c, "offset", 0), length = mcp_arg_int(c, "length", MAX_BYTES);
    struct item item;
    int64_t size, end;
    ssize_t got;
    wrong = open_file(files, path, &item);
    if (wrong) return refuse(c, path, wrong);
    size = item.st.st_size;
    got = offset > size ? 0 : read_range(files, &item, offset, (size_t)length);
    (void)close(item.fd);
    if (offset > size)
        return mcp_fail(c, "'%s' has only %lld bytes: use a smaller offset", path, (long long)size);
    if (got < 0) return refuse(c, path, "cannot be read");
    end = offset + (int64_t)put_range(c, path, files->bytes, (size_t)got, offset + got < size);
    if (end < size)
        (void)mcp_textf(c, "There is more: the file has %lld bytes. Go on with offset %lld.", (long long)size,
                        (long long)end);
    return MCP_OK;
}

static int read_resource(mcp_call *c)
{
    struct files *files = (struct files *)mcp_user(c);
    struct item item;
    ssize_t got;
    if (open_file(files, mcp_arg_str(c, "path"), &item)) return mcp_missing(c);
    got = item.st.st_size > MAX_BYTES ? 0 : read_range(files, &item, 0, MAX_BYTES);
    (void)close(item.fd);
    if (item.st.st_size > MAX_BYTES)
        return mcp_fail(c, "the file has %lld bytes: read it in parts, with the tool read_file",
                        (long long)item.st.st_size);
    if (got < 0) return mcp_fail(c, "the file cannot be read");
    if (is_text(files->bytes, (size_t)got)) return mcp_textn(c, files->bytes, (size_t)got);
    return mcp_blob(c, files->bytes, (size_t)got);
}

/*---- Search --------------------------------------------------------------------------------------*/

struct search {
    struct files *files;
    const char *text;
    mcp_out out;
    char path[PATH_SIZE];       /* where it is */
    size_t hits, visits, bytes;
    bool cut;                   /* there was more than it may look at */
};

/* Whether a limit is reached. Then there may be more. */
static bool stops(struct search *s, bool reached)
{
    if (reached) s->cut = true;
    return reached;
}

static bool stops_reading(struct search *s)
{
    return stops(s, s->hits == MAX_HITS || s->visits == MAX_VISITS || s->bytes >= MAX_SEARCHED);
}

/* Puts 200 bytes of a line, from a little before the place where the text is. */
static void put_line(struct search *s, long number, const char *line, const char *hit, const char *end)
{
    size_t len;
    if (hit - line > 60) line = hit - 60;
    while (line < hit && ((unsigned char)*line & 0xC0) == 0x80) line++;     /* not within a character */
    len = (size_t)(end - line);
    if (len > 200) len = 200 - cut_character(line, 200);
    mcp_put_f(&s->out, "{'path': %s, 'line': %ld, 'text': %.*s}", s->path, number, (int)len, line);
    s->hits++;
}

static void search_lines(struct search *s, const char *bytes, size_t len)
{
    const char *line = bytes, *hit;
    long number = 1;
    while ((hit = strstr(line, s->text)) != NULL && !stops(s, s->hits == MAX_HITS)) {
        const char *end;
        for (; (end = strchr(line, '\n')) != NULL && end < hit; number++) line = end + 1;
        put_line(s, number, line, hit, end ? end : bytes + len);
        if (!end) return;
        line = end + 1;
        number++;
    }
}

static void search_file(struct search *s, const struct item *item)
{
    char *bytes = s->files->bytes;
    const ssize_t got = read_range(s->files, item, 0, MAX_BYTES);
    size_t len = (size_t)got;
    if (got < 0) return;        /* what it has is not known; bytes are those of another file */
    s->bytes += len;
    if (item->st.st_size > MAX_BYTES) {
        s->cut = true;
        bytes[len -= cut_character(bytes, len)] = 0;
    }
    if (is_text(bytes, len)) search_lines(s, bytes, len);
}

static void search_directory(struct search *s, DIR *directory, size_t depth);

static void search_member(struct search *s, DIR *directory, const char *name, size_t depth)
{
    const size_t len = strlen(s->path);
    struct item item;
    DIR *inner = NULL;
    s->visits++;
    if (len + 1 + strlen(name) >= sizeof s->path) s->cut = true;
    if (len + 1 + strlen(name) >= sizeof s->path || open_member(dirfd(directory), name, &item)) return;
    (void)snprintf(s->path + len, sizeof s->path - len, len ? "/%s" : "%s", name);
    if (strstr(name, s->text)) {
        mcp_put_f(&s->out, "{'path': %s}", s->path);
        s->hits++;
    }
    if (!S_ISDIR(item.st.st_mode)) search_file(s, &item);
    else if (depth < MAX_DEPTH) inner = fdopendir(item.fd);
    if (inner) search_directory(s, inner, depth);
    else if (S_ISDIR(item.st.st_mode)) s->cut = true;
    if (inner) (void)closedir(inner);
    else (void)close(item.fd);
    s->path[len] = 0;
}

static void search_directory(struct search *s, DIR *directory, size_t depth)
{
    struct page *p = &s->files->pages[depth];
    size_t i;
    p->after[0] = 0;
    do {
        if (!read_page(directory, "", p)) s->cut = true;
        for (i = 0; i < p->count && !stops_reading(s); i++)
            search_member(s, directory, p->names[i], depth + 1);
    } while (p->more && !stops_reading(s));
}

static int search(mcp_call *c)
{
    struct search s;
    DIR *directory;
    const char *path = mcp_arg_str(c, "path"), *wrong;
    memset(&s, 0, sizeof s);
    s.files = (struct files *)mcp_user(c);
    s.text = mcp_arg_str(c, "text");
    wrong = open_directory(s.files, path, &directory);
    if (wrong) return refuse(c, path, wrong);
    (void)snprintf(s.path, sizeof s.path, "%s", path);
    while (*path && s.path[strlen(s.path) - 1] == '/') s.path[strlen(s.path) - 1] = 0;
    mcp_out_init(&s.out, 1 << 20);
    mcp_put_object(&s.out);
    mcp_put_key(&s.out, "found");
    mcp_put_array(&s.out);
    search_directory(&s, directory, 0);
    (void)closedir(directory);
    mcp_put_end(&s.out);
    if (s.cut) {
        mcp_put_key(&s.out, "incomplete");
        mcp_put_str(&s.out, "there is more than one search looks at: name a directory, or a longer text");
    }
    mcp_put_end(&s.out);
    return finish_json(c, &s.out);
}

/*---- Changes -------------------------------------------------------------------------------------*/

static void look_at(const struct files *files, const char *path, struct stat *seen)
{
    struct item item;
    memset(seen, 0, sizeof *seen);
    if (open_file(files, path, &item)) return;
    *seen = item.st;
    (void)close(item.fd);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void start_watching(struct files *files, const char *uri)
{
    struct watch *w = &files->watches[files->num_watches];
    mcp_alloc from_malloc = { 0, 0 };
    mcp_arena arena;
    mcp_uri_var *vars;
    mcp_arena_init(&arena, from_malloc, 1 << 20);
    if (files->num_watches < MAX_WATCHES && strlen(uri) < sizeof w->uri &&
        mcp_uri_match(&arena, TEMPLATE, uri, strlen(uri), &vars) == 1 && vars->value.len < sizeof w->path) {
        (void)snprintf(w->uri, sizeof w->uri, "%s", uri);
        (void)snprintf(w->path, sizeof w->path, "%s", vars->value.ptr);
        look_at(files, w->path, &w->seen);
        files->num_watches++;
    }
    mcp_arena_free(&arena);
}

static void stop_watching(struct files *files, const char *uri)
{
    size_t i = 0;
    while (i < files->num_watches && strcmp(files->watches[i].uri, uri)) i++;
    if (i < files->num_watches) files->watches[i] = files->watches[--files->num_watches];
}

static void on_subscribe(void *user, const char *uri, bool wanted)
{
    if (wanted) start_watching((struct files *)user, uri);
    else stop_watching((struct files *)user, uri);
}

/* Tells of the files that are not as they were. */
static void look_around(struct files *files, mcp_server *server)
{
    size_t i;
    for (i = 0; i < files->num_watches; i++) {
        struct watch *w = &files->watches[i];
        struct stat now;
        look_at(files, w->path, &now);
        if (is_same(&now, &w->seen)) continue;
        w->seen = now;
        mcp_resource_changed(server, w->uri);
    }
}

/* Serves until the input ends, and meanwhile looks around once a second while anybody wants that. */
static int serve(struct files *files, const mcp_server_desc *desc)
{
    mcp_server *server = mcp_server_create(desc);
    mcp_stdio *io = server ? mcp_stdio_open(server) : NULL;
    int status = io ? (int)MCP_OK : (int)MCP_E_NOMEM;
    while (status >= 0) {
        status = mcp_stdio_pump(io, files->num_watches ? 1000 : -1);
        look_around(files, server);
    }
    mcp_stdio_close(io);
    mcp_server_destroy(server);
    return status != MCP_E_CLOSED;
}

/*---- The server ----------------------------------------------------------------------------------*/

static const mcp_field list_args[] = {
    MCP_FIELD("path", MCP_STRING, "Which directory; left out: the root", 0, "", 0, "1024"),
    MCP_FIELD("after", MCP_STRING, "To go on: the more_after of the last answer", 0, "", 0, "255"),
    MCP_END
};
static const mcp_field read_args[] = {
    MCP_FIELD("path", MCP_STRING | MCP_REQUIRED, "Which file, as src/main.c", 0, 0, "1", "1024"),
    MCP_FIELD("offset", MCP_INTEGER, "The first byte", 0, "0", "0", 0),
    MCP_FIELD("length", MCP_INTEGER, "How many bytes", 0, "1048576", "1", "1048576"),
    MCP_END
};
static const mcp_field search_args[] = {
    MCP_FIELD("text", MCP_STRING | MCP_REQUIRED, "What to look for, exactly so", 0, 0, "1", "200"),
    MCP_FIELD("path", MCP_STRING, "In which directory; left out: everywhere", 0, "", 0, "1024"),
    MCP_END
};

#define READS MCP_READ_ONLY | MCP_CLOSED_WORLD

static const mcp_tool tools[] = {
    MCP_TOOL_FULL("list_directory", list_directory, "The files and directories in a directory, in order.",
                  list_args, 0, READS, 0, 0, 0, 0, 0),
    MCP_TOOL_FULL("read_file", read_file, "A file, or some bytes of it.", read_args, 0, READS, 0, 0, 0, 0, 0),
    MCP_TOOL_FULL("search", search, "Files with a text in their names, and lines of text files that have it.",
                  search_args, 0, READS, 0, 0, 0, 0, 0)
};

static const mcp_resource resources[] = {
    MCP_RESOURCE_FULL(TEMPLATE, "file", read_resource, "A file, by its path from the root.", 0, 0, 0,
                      0, 0, complete_path, 0, 0, 0, 0)
};

int main(int argc, char **argv)
{
    static struct files files;
    mcp_server_desc d = { 0 };

    if (argc != 2) return fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]), 2;
    files.root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files.root < 0) return perror(argv[1]), 1;
    d.name = "files"; d.version = "1.0";
    d.instructions = "Paths start at the root, without a slash: src/main.c. Nothing can be changed.";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.resources = resources; d.num_resources = MCP_COUNT(resources);
    d.user = &files;
    d.on_subscribe = on_subscribe;
    d.changes = MCP_CONTENTS;
    d.max_subscriptions = MAX_WATCHES;
    d.max_reply = 8 * MAX_BYTES;        /* the longest escape has six bytes */
    return serve(&files, &d);
}
