/* The load: writes requests, reads answers, and compares each with what it must be. */

#define _GNU_SOURCE             /* for memmem */

#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ = 256 * 1024 };     /* a pipe holds 64 KiB, so that one read takes all there is */

static char read_buffer[READ];

static bool holds(const char *text, size_t len, const char *part)
{
    return memmem(text, len, part, strlen(part)) != NULL;
}

/* Where the digits of the first id stand in its answer. */
static size_t find_id(const struct child *child, const char *answer, size_t len)
{
    char member[5 + ID_DIGITS + 1] = "\"id\":";
    const char *at;
    message_put_id(member + 5, FIRST_ID);
    at = memmem(answer, len, member, 5 + ID_DIGITS);
    if (!at) child_broken(child, "an answer does not have the id of its request");
    return (size_t)(at - answer) + 5;
}

/* The answer to the first request, looked at closely. The text needs no escapes. */
static void check_model(const struct child *child, const char *answer, size_t len, const char *text,
                        size_t text_len)
{
    const char *at = memmem(answer, len, text, text_len);
    if (!at || at == answer || at[-1] != '"' || at[text_len] != '"') {
        child_broken(child, "an answer does not echo the text");
    }
    if (!holds(answer, len, "\"result\":{") || holds(answer, len, "\"isError\":true")) {
        child_broken(child, "an answer is an error");
    }
}

static void make_answers(struct talk *t, const char *model, size_t id_at)
{
    size_t i;
    t->answers = message_alloc(t->ring * t->answer_size);
    for (i = 0; i < t->ring; i++) {
        char *answer = t->answers + i * t->answer_size;
        memcpy(answer, model, t->answer_size);
        message_put_id(answer + id_at, (unsigned)(FIRST_ID + i));
    }
}

void talk_open(struct talk *t, struct child *child, enum era era, const char *text, size_t text_len,
               size_t ring, size_t window)
{
    t->child = child;
    t->ring = ring;
    t->request_size = message_size(era, text_len);
    t->requests = message_ring(era, text, text_len, ring + window, ring);
    child_write(child, t->requests, t->request_size);
    t->answer_size = child_read_line(child, read_buffer, sizeof read_buffer);
    check_model(child, read_buffer, t->answer_size, text, text_len);
    make_answers(t, read_buffer, find_id(child, read_buffer, t->answer_size));
}

void talk_close(struct talk *t)
{
    free(t->requests);
    free(t->answers);
}

/* Compares what was read with the ring of answers, of which at bytes were seen. */
static void check(const struct talk *t, size_t at, const char *bytes, size_t len)
{
    const size_t size = t->ring * t->answer_size;
    while (len) {
        size_t from = at % size, part = size - from < len ? size - from : len;
        if (memcmp(t->answers + from, bytes, part) != 0) child_broken(t->child, "an answer is wrong");
        at += part;
        bytes += part;
        len -= part;
    }
}

void talk_once(const struct talk *t, size_t i)
{
    const size_t first = i % t->ring;
    size_t len = 0;
    child_write(t->child, t->requests + first * t->request_size, t->request_size);
    do len += child_read(t->child, read_buffer + len, sizeof read_buffer - len);
    while (len < t->answer_size);
    check(t, first * t->answer_size, read_buffer, len);
    if (len != t->answer_size) child_broken(t->child, "an answer is longer than the others");
}

/*---- Many at a time. ----*/

/* Bytes that went out and came in. */
struct flow {
    size_t sent, got;
};

static void set_blocking(const struct talk *t, bool blocking)
{
    if (fcntl(t->child->to, F_SETFL, blocking ? 0 : O_NONBLOCK) != 0) child_broken(t->child, strerror(errno));
}

/* Writes what the window and the pipe admit. Small pieces wait until half of the window is open. */
static void send_some(const struct talk *t, struct flow *f, size_t window, size_t count)
{
    const size_t size = t->request_size;
    size_t end = f->got / t->answer_size + window, at = f->sent % (t->ring * size);
    ssize_t n;
    if (end > count) end = count;
    if (end * size <= f->sent || (end < count && end * size - f->sent < window / 2 * size)) return;
    n = write(t->child->to, t->requests + at, end * size - f->sent);
    if (n > 0) f->sent += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR) child_broken(t->child, strerror(errno));
}

static void wait_for_room(const struct talk *t)
{
    struct pollfd p;
    p.fd = t->child->to;
    p.events = POLLOUT;
    p.revents = 0;
    (void)poll(&p, 1, -1);
}

static void receive_some(const struct talk *t, struct flow *f)
{
    size_t n = child_read(t->child, read_buffer, sizeof read_buffer);
    check(t, f->got, read_buffer, n);
    f->got += n;
}

size_t talk_many(const struct talk *t, size_t window, size_t count, double deadline_ns)
{
    struct flow f = { 0, 0 };
    set_blocking(t, false);
    while (f.got < count * t->answer_size) {
        send_some(t, &f, window, count);
        if (f.sent / t->request_size * t->answer_size > f.got) receive_some(t, &f);
        else wait_for_room(t);
        if (now_ns() > deadline_ns) {       /* what has begun is brought to an end */
            size_t begun = (f.sent + t->request_size - 1) / t->request_size;
            if (begun < count) count = begun;
        }
    }
    set_blocking(t, true);
    return count;
}
