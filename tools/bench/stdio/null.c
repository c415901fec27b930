/* The null server: what the pipes and the system calls cost when nobody reads the messages. It takes the id and
   the text from where they must stand, and writes one batch of answers for each read.

   usage: null [poll]       with poll it waits for its input first, as a server does that can be woken */

#include "messages.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MIDDLE ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\""
#define ANSWER_TAIL_LEGACY "\"}]}}\n"
#define ANSWER_TAIL_MODERN                                              \
    "\"}],\"resultType\":\"complete\",\"_meta\":{" \
    "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"echo\",\"version\":\"1.0\"}}}}\n"

#define LENGTH(literal) (sizeof(literal) - 1)

enum { READ = 16 * 1024 };

struct buffer {
    char *ptr;
    size_t len, size;
};

static void reserve(struct buffer *b, size_t more)
{
    if (b->size - b->len >= more) return;
    b->size = 2 * b->len + more;
    b->ptr = realloc(b->ptr, b->size);
    if (!b->ptr) exit(1);
}

static void add(struct buffer *b, const char *bytes, size_t len)
{
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

#define ADD(b, literal) add(b, literal, LENGTH(literal))

/* A line that is longer than one read is read in steps that grow with it. */
static bool read_some(struct buffer *in)
{
    size_t want = in->len > READ ? in->len : READ;
    ssize_t n;
    reserve(in, want);
    do n = read(STDIN_FILENO, in->ptr + in->len, want);
    while (n < 0 && errno == EINTR);
    if (n <= 0) return false;
    in->len += (size_t)n;
    return true;
}

static bool write_all(struct buffer *out)
{
    size_t done = 0;
    while (done < out->len) {
        ssize_t n = write(STDOUT_FILENO, out->ptr + done, out->len - done);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) done += (size_t)n;
    }
    out->len = 0;
    return true;
}

/* One character tells the eras apart. len includes the line break. */
static void answer(struct buffer *out, const char *line, size_t len)
{
    const size_t params = LENGTH(REQUEST_HEAD) + ID_DIGITS + LENGTH(REQUEST_MIDDLE);
    bool modern = len > params + 1 && line[params + 1] == '_';
    size_t at = LENGTH(REQUEST_HEAD) + ID_DIGITS +
                (modern ? LENGTH(REQUEST_MIDDLE_MODERN) : LENGTH(REQUEST_MIDDLE_LEGACY));
    if (len < at + LENGTH(REQUEST_TAIL)) exit(1);
    reserve(out, len + LENGTH(REQUEST_HEAD ANSWER_MIDDLE ANSWER_TAIL_MODERN));
    ADD(out, REQUEST_HEAD);
    add(out, line + LENGTH(REQUEST_HEAD), ID_DIGITS);
    ADD(out, ANSWER_MIDDLE);
    add(out, line + at, len - at - LENGTH(REQUEST_TAIL));
    if (modern) ADD(out, ANSWER_TAIL_MODERN);
    else ADD(out, ANSWER_TAIL_LEGACY);
}

/* scanned: how much of the input is known to hold no line break. */
static void answer_lines(struct buffer *in, struct buffer *out, size_t scanned)
{
    char *line = in->ptr, *end = in->ptr + in->len, *found = in->ptr + scanned;
    while ((found = memchr(found, '\n', (size_t)(end - found)))) {
        found++;
        answer(out, line, (size_t)(found - line));
        line = found;
    }
    in->len = (size_t)(end - line);
    memmove(in->ptr, line, in->len);
}

static void wait_for_input(void)
{
    struct pollfd p;
    p.fd = STDIN_FILENO;
    p.events = POLLIN;
    p.revents = 0;
    (void)poll(&p, 1, -1);
}

int main(int argc, char **argv)
{
    struct buffer in = { NULL, 0, 0 }, out = { NULL, 0, 0 };
    bool polls = argc > 1 && strcmp(argv[1], "poll") == 0;
    for (;;) {
        size_t scanned = in.len;
        if (polls) wait_for_input();
        if (!read_some(&in)) return 0;
        answer_lines(&in, &out, scanned);
        if (!write_all(&out)) return 1;
    }
}
