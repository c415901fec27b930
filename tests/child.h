/* child.h - programs that a test starts, and lines to and from them. Nothing here waits for a time to pass: what
   does not come within PATIENCE is a failure, and everything after it fails at once. Needs test.h before it. */
#ifndef CHILD_H
#define CHILD_H

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { PATIENCE = 60 * 1000, CHILD_LINE = 1 << 16 };

/*---- Lines over a descriptor ---------------------------------------------------------------------*/

typedef struct test_line {
    int fd;
    bool dead;                  /* it failed once */
    size_t start, len;          /* what was received and not taken yet */
    char bytes[CHILD_LINE];
} test_line;

static inline void line_init(test_line *l, int fd)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static inline void line_die(test_line *l, const char *why)
{
    if (!l->dead) FAIL("%s", why);
    l->dead = true;
}

/* Waits for events; false is a failure. */
static inline bool line_poll(test_line *l, short events)
{
    struct pollfd p;
    int n;
    p.fd = l->fd;
    p.events = events;
    do n = l->dead ? 0 : poll(&p, 1, PATIENCE);
    while (n < 0 && errno == EINTR);
    if (n < 1) line_die(l, events & POLLIN ? "no answer came" : "nothing is taken any more");
    return n > 0;
}

/* Takes what has come, without waiting. False at the end of the stream, or if there is no place for more. */
static inline bool line_receive(test_line *l)
{
    ssize_t n;
    if (l->start) memmove(l->bytes, l->bytes + l->start, l->len -= l->start);
    l->start = 0;
    n = read(l->fd, l->bytes + l->len, sizeof l->bytes - l->len);
    if (n > 0) l->len += (size_t)n;
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Sends as much as is taken at once. */
static inline size_t line_try(test_line *l, const char *bytes, size_t len)
{
    ssize_t n = l->dead ? 0 : write(l->fd, bytes, len);
    if (n < 0 && errno != EAGAIN && errno != EINTR) line_die(l, "cannot be written to");
    return n > 0 ? (size_t)n : 0;
}

/* Sends all of it, and takes meanwhile what comes, as far as there is a place for it. */
static inline void line_send_bytes(test_line *l, const char *bytes, size_t len)
{
    while (len && !l->dead) {
        size_t n = line_try(l, bytes, len);
        bytes += n;
        len -= n;
        if (!len || !line_poll(l, l->len - l->start < sizeof l->bytes ? POLLIN | POLLOUT : POLLOUT)) return;
        if (l->len - l->start < sizeof l->bytes && !line_receive(l)) line_die(l, "it was closed");
    }
}

static inline void line_send(test_line *l, const char *text)
{
    line_send_bytes(l, text, strlen(text));
}

/* A complete line that has come already, good until the next call; NULL if there is none. */
static inline char *line_take(test_line *l)
{
    char *line = l->bytes + l->start;
    char *end = l->len > l->start ? (char *)memchr(line, '\n', l->len - l->start) : NULL;
    if (!end) return NULL;
    *end = 0;
    l->start = (size_t)(end + 1 - l->bytes);
    return line;
}

/* The next line; NULL at the end of the stream, or after a failure. */
static inline char *line_next(test_line *l)
{
    for (;;) {
        char *line = line_take(l);
        if (line) return line;
        if (!line_poll(l, POLLIN) || !line_receive(l)) return NULL;
    }
}

/* The next line must hold that text. */
static inline void line_check(const char *file, int line, test_line *l, const char *want)
{
    const char *got = line_next(l);
    if (!got || !strstr(got, want))
        test_fail(file, line, "expected %s, got %.300s", want, got ? got : "nothing");
}
#define CHECK_LINE(l, want) line_check(__FILE__, __LINE__, l, want)

/* The stream must be at its end. */
static inline void line_check_end(const char *file, int line, test_line *l)
{
    const char *got = line_next(l);
    if (got || l->dead) test_fail(file, line, "expected the end, got %.300s", got ? got : "nothing");
}
#define CHECK_END(l) line_check_end(__FILE__, __LINE__, l)

/*---- Programs ------------------------------------------------------------------------------------*/

/* Starts a program with that standard input and output. It dies by itself should we be killed. */
static inline pid_t child_start(char *const argv[], int in, int out)
{
    pid_t pid;
    fflush(stdout);
    pid = fork();
    if (pid) return pid;
    if (in >= 0) (void)dup2(in, 0);
    (void)dup2(out, 1);
    if (in > 2) (void)close(in);
    if (out > 2 && out != in) (void)close(out);
    (void)alarm(600);
    (void)execvp(argv[0], argv);
    fprintf(stderr, "%s: cannot be started\n", argv[0]);
    _exit(127);
}

/* Waits for its end. Returns its exit status, or minus the signal that ended it. */
static inline int child_end(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Starts a program whose standard output is a pipe, which *out then reads. */
static inline pid_t child_start_piped(char *const argv[], test_line *out)
{
    int fds[2] = { -1, -1 };
    pid_t pid;
    if (pipe(fds)) abort();
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    pid = child_start(argv, -1, fds[1]);
    (void)close(fds[1]);
    line_init(out, fds[0]);
    return pid;
}

#endif /* CHILD_H */
