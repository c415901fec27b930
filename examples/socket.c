/* A notebook that many clients share: one server on a Unix socket, one poll loop, no thread. Each connection
   is a session of its own, fed with the bytes that come; what it has to say is sent when the socket takes it.

       cc -O2 -I. examples/socket.c -o socket && ./socket /tmp/notes.sock

   Try it from two shells, one JSON-RPC message a line:

       nc -U /tmp/notes.sock          or          socat - UNIX-CONNECT:/tmp/notes.sock
       {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}
       {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wait_for_note"}}

   and in the other one, after the same first line, to see the first one answered:

       {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"hi"}}}

   An MCP client that starts its servers takes either as the command: {"command": "nc", "args": ["-U",
   "/tmp/notes.sock"]}. Whoever may write to the socket's file may connect: that is its owner. POSIX only. */
#define MCP_IMPLEMENTATION
#include "mcp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 64, MAX_WAITS = 64, MAX_NOTES = 100, NOTE_SIZE = 4 * 200 + 1 };

/*---- The notebook: what the clients share --------------------------------------------------------*/

struct notebook {
    mcp_server *server;
    char notes[MAX_NOTES][NOTE_SIZE];   /* note n is at n % MAX_NOTES until a newer one is */
    int64_t count;
    mcp_ref waits[MAX_WAITS];           /* calls of wait_for_note that are not answered yet */
    size_t num_waits;
};

static const char *note(struct notebook *book, int64_t number)
{
    return book->notes[number % MAX_NOTES];
}

static int put_note(mcp_call *c, struct notebook *book, int64_t number)
{
    return mcp_textf(c, "#%lld %s", (long long)number, note(book, number));
}

/* The notes after that number that are still there. */
static int put_notes(mcp_call *c, struct notebook *book, int64_t after)
{
    int64_t n = after;
    if (n < book->count - MAX_NOTES) n = book->count - MAX_NOTES;
    while (n < book->count) (void)put_note(c, book, ++n);       /* what goes wrong is remembered */
    return MCP_OK;
}

static int add_note(mcp_call *c)
{
    struct notebook *book = (struct notebook *)mcp_user(c);
    size_t i, waits = book->num_waits;
    (void)snprintf(book->notes[++book->count % MAX_NOTES], NOTE_SIZE, "%s", mcp_arg_str(c, "text"));
    book->num_waits = 0;
    for (i = 0; i < waits; i++) {
        mcp_call *waiting = mcp_resume(book->server, book->waits[i]);
        if (waiting) mcp_finish(waiting, put_note(waiting, book, book->count));
    }
    return mcp_textf(c, "added as #%lld", (long long)book->count);
}

static int list_notes(mcp_call *c)
{
    return put_notes(c, (struct notebook *)mcp_user(c), mcp_arg_int(c, "after", 0));
}

/* Answers later, unless the caller has missed something since it last looked. */
static int wait_for_note(mcp_call *c)
{
    struct notebook *book = (struct notebook *)mcp_user(c);
    int64_t after = mcp_arg_int(c, "after", book->count);
    mcp_ref ref;
    int verdict;
    if (after < book->count) return put_notes(c, book, after);
    verdict = mcp_defer(c, &ref);
    if (verdict == MCP_E_BUSY) return mcp_fail(c, "too many wait already: try list_notes later");
    if (verdict == MCP_WAIT) book->waits[book->num_waits++] = ref;
    return verdict;
}

/* Nobody waits for that note any more: the call was cancelled, its time was over, or its client has left. */
static void forget_wait(void *user, mcp_ref ref)
{
    struct notebook *book = (struct notebook *)user;
    size_t i = 0;
    while (i < book->num_waits && book->waits[i] != ref) i++;
    if (i < book->num_waits) book->waits[i] = book->waits[--book->num_waits];
}

static const mcp_field add_args[] = {
    MCP_FIELD("text", MCP_STRING | MCP_REQUIRED, "What to remember", 0, 0, "1", "200"),
    MCP_END
};
static const mcp_field list_args[] = {
    MCP_RANGE("after", MCP_INTEGER, "0", 0, "Only the notes after that number"),
    MCP_END
};
static const mcp_field wait_args[] = {
    MCP_RANGE("after", MCP_INTEGER, "0", 0, "The last note you know; if left out, the last there is"),
    MCP_END
};
static const mcp_tool tools[] = {
    MCP_TOOL("add_note", add_note, "Adds a note that everybody can read.", add_args),
    MCP_TOOL("list_notes", list_notes, "The notes, oldest first.", list_args),
    MCP_TOOL("wait_for_note", wait_for_note, "Waits until somebody adds a note, and returns it.", wait_args)
};

/*---- A client: a socket and its session ----------------------------------------------------------*/

struct client {
    mcp_session *session;       /* NULL: the place is free */
    int fd;
    bool ended;                 /* it will say nothing more, but may still listen */
    bool lost;                  /* it does not listen any more */
};

/* What to wait for. Whoever does not read what we say is not listened to either: what it sends waits in the
   socket, and then in the client itself, not in our memory. */
static short wanted(const struct client *c)
{
    size_t len;
    short events = 0;
    if (!c->ended && mcp_session_status(c->session) != MCP_WAIT) events |= POLLIN;
    if (mcp_session_output(c->session, &len)) events |= POLLOUT;
    return events;
}

/* Reads once, so that a client that never stops talking cannot keep the others waiting. */
static void receive(struct client *c)
{
    size_t size;
    char *room = mcp_session_room(c->session, 4096, &size);
    ssize_t n = room ? read(c->fd, room, size) : -1;
    if (n > 0) mcp_session_fed(c->session, (size_t)n);
    else if (n == 0) c->ended = true;
    else if (room && errno != EAGAIN && errno != EINTR) c->lost = true;
}

/* Sends what the socket takes. Sending makes room for replies, so there may be more than at first. */
static void transmit(struct client *c)
{
    const char *out;
    size_t len;
    while (!c->lost && (out = mcp_session_output(c->session, &len)) != NULL) {
        ssize_t n = write(c->fd, out, len);
        if (n >= 0) mcp_session_sent(c->session, (size_t)n);
        else if (errno == EAGAIN || errno == EINTR) return;
        else c->lost = true;
    }
}

/* A hang-up says that nobody listens, but what was said before it still counts. A client that has only ended
   its own part (as `nc -N` does) gets all its answers first. */
static bool is_over(const struct client *c, short revents)
{
    const int status = mcp_session_status(c->session);
    if (c->lost || status < 0) return true;
    if (revents & POLLHUP) return c->ended || status == MCP_WAIT;
    return c->ended && !mcp_session_busy(c->session);
}

/*---- All of them ---------------------------------------------------------------------------------*/

struct hub {
    mcp_server *server;
    int listener;
    struct client clients[MAX_CLIENTS];
    int num_clients;
};

static bool never_block(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static void join(struct hub *hub)
{
    struct client *c = hub->clients;
    int fd = accept(hub->listener, NULL, NULL);
    if (fd < 0) return;                         /* it has thought better of it */
    while (c->session) c++;                     /* we listen only while there is a place */
    c->session = never_block(fd) ? mcp_session_open(hub->server) : NULL;
    c->fd = fd;
    c->ended = c->lost = false;
    if (c->session) hub->num_clients++;
    else (void)close(fd);
}

static void leave(struct hub *hub, struct client *c)
{
    mcp_session_close(c->session);
    c->session = NULL;
    (void)close(c->fd);
    hub->num_clients--;
}

/* Serves everybody until something comes from stop. A place without a client has the descriptor -1, which
   poll skips; so has the listener while all places are taken: who comes then waits in its queue. */
static void serve(struct hub *hub, int stop)
{
    struct pollfd fds[2 + MAX_CLIENTS];
    struct client *c;
    int i;
    for (;;) {
        fds[0].fd = stop;
        fds[1].fd = hub->num_clients < MAX_CLIENTS ? hub->listener : -1;
        fds[0].events = fds[1].events = POLLIN;
        for (i = 0, c = hub->clients; i < MAX_CLIENTS; i++, c++) {
            fds[2 + i].fd = c->session ? c->fd : -1;
            fds[2 + i].events = c->session ? wanted(c) : 0;
        }
        if (poll(fds, MCP_COUNT(fds), mcp_server_tick(hub->server)) < 0) continue;      /* a signal */
        if (fds[0].revents) return;
        for (i = 0, c = hub->clients; i < MAX_CLIENTS; i++, c++)
            if (c->session && !c->ended && fds[2 + i].revents & ~POLLOUT) receive(c);
        /* What one has said may have answered others, so only now is it known what there is to send. */
        for (i = 0, c = hub->clients; i < MAX_CLIENTS; i++, c++) {
            if (!c->session) continue;
            transmit(c);
            if (is_over(c, fds[2 + i].revents)) leave(hub, c);
        }
        if (fds[1].revents) join(hub);
    }
}

/*---- The socket's file, signals, the clock -------------------------------------------------------*/

/* True if path is a socket that nobody answers on: a server that was killed has left it. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat st;
    bool refused;
    int fd;
    if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode)) return false;
    if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0) return false;
    refused = connect(fd, (const struct sockaddr *)address, sizeof *address) && errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

/* A listening socket, or -1 with errno. Its file is for its owner only. */
static int listen_at(const char *path)
{
    struct sockaddr_un address;
    int fd, failed;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
    memcpy(address.sun_path, path, strlen(path));
    if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0) return -1;
    (void)umask(077);
    failed = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (failed && errno == EADDRINUSE) {
        bool stale = is_stale(&address);
        if (stale) failed = unlink(path) || bind(fd, (struct sockaddr *)&address, sizeof address);
        else errno = EADDRINUSE;
    }
    if (!failed && listen(fd, SOMAXCONN) == 0 && never_block(fd)) return fd;
    (void)close(fd);
    return -1;
}

static int stop_pipe[2];

/* A handler can do little; but the loop wakes up when this byte comes, whatever it was about to do. */
static void stop(int number)
{
    int saved = errno;
    ssize_t ignored = write(stop_pipe[1], "", 1);
    (void)number, (void)ignored;
    errno = saved;
}

static bool catch_signals(void)
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    if (pipe(stop_pipe) || !never_block(stop_pipe[1])) return false;
    act.sa_handler = stop;
    if (sigaction(SIGINT, &act, NULL) || sigaction(SIGTERM, &act, NULL)) return false;
    act.sa_handler = SIG_IGN;           /* write says EPIPE when a client is gone, which is enough */
    return sigaction(SIGPIPE, &act, NULL) == 0;
}

/* With a clock, a call that waits for longer than call_timeout_ms is told so. */
static uint64_t now_ms(void *user)
{
    struct timespec t;
    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    static struct notebook book;
    static struct hub hub;
    mcp_server_desc d = { 0 };

    if (argc != 2 || argv[1][0] == '-') {
        (void)fprintf(stderr, "usage: %s SOCKET    a notebook for many MCP clients, at that path\n", argv[0]);
        return 2;
    }
    d.name = "notes"; d.version = "1.0";
    d.instructions = "A notebook that all clients share. Notes are numbered from 1.";
    d.tools = tools; d.num_tools = MCP_COUNT(tools);
    d.user = &book;
    d.now_ms = now_ms;
    d.on_cancel = forget_wait;
    d.max_message = 64 << 10;
    d.max_output = 64 << 10;
    d.max_calls = MAX_WAITS;
    hub.server = book.server = mcp_server_create(&d);
    if (!hub.server || !catch_signals() || (hub.listener = listen_at(argv[1])) < 0) {
        perror(argv[1]);
        return 1;
    }
    (void)printf("listening on %s\n", argv[1]);
    (void)fflush(stdout);
    serve(&hub, stop_pipe[0]);
    (void)unlink(argv[1]);
    mcp_server_destroy(hub.server);
    return 0;                           /* which closes what is open */
}
