/* How long a small server takes from its start to its first answer, and how large it is.

   usage: start SERVER SMALLER HELLO
   All are statically linked. SMALLER is the server built with MCP_STATIC, so that what it does not call is left
   out. HELLO only writes a line; a server is given its first request and answers it. */

#include "gate.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    STARTS = 400,               /* of each, in turns */
    WARM_REQUESTS = 1000,
    PATIENCE_S = 60
};

enum { SERVER, SMALLER, HELLO, NUM_PROGRAMS };

/* KB in RAM after the first answer and after many. */
struct footprint {
    long first, warm;
};

struct program {
    const char *name;
    char *argv[2];
    bool is_server;
    double ns[STARTS];
    double best, p50;
    struct footprint ram;
};

/* One start: from before it until its first line is there. */
static double start_once(struct program *p)
{
    struct child c;
    char line[4096];
    double begin = now_ns(), ns;
    child_start(&c, p->argv[0], p->argv);
    if (p->is_server) child_write(&c, INITIALIZE, strlen(INITIALIZE));
    (void)child_read_line(&c, line, sizeof line);
    ns = now_ns() - begin;
    child_end(&c);
    return ns;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct program *programs)
{
    int i, which;
    for (i = 0; i < STARTS; i++) {
        for (which = 0; which < NUM_PROGRAMS; which++) programs[which].ns[i] = start_once(&programs[which]);
    }
    for (which = 0; which < NUM_PROGRAMS; which++) {
        qsort(programs[which].ns, STARTS, sizeof programs[which].ns[0], compare_times);
        programs[which].best = programs[which].ns[0];
        programs[which].p50 = programs[which].ns[STARTS / 2];
    }
}

static struct footprint measure_footprint(struct program *p)
{
    struct footprint size;
    struct child c;
    struct talk t;
    size_t i;
    child_start(&c, p->argv[0], p->argv);
    child_initialize(&c);
    size.first = child_rss(&c);
    talk_open(&t, &c, LEGACY, MESSAGE_TEXT, strlen(MESSAGE_TEXT), WARM_REQUESTS, 0);
    for (i = 0; i < WARM_REQUESTS; i++) talk_once(&t, i);
    size.warm = child_rss(&c);
    talk_close(&t);
    child_end(&c);
    return size;
}

static double file_size(const struct program *p)
{
    struct stat s;
    return stat(p->argv[0], &s) == 0 ? (double)s.st_size : 0;
}

static void print_row(const struct program *p)
{
    printf("| %s | %.1f | %.3f / %.3f |", p->name, file_size(p) / 1024, p->best / 1e6, p->p50 / 1e6);
    if (p->is_server) printf(" %ld / %ld |\n", p->ram.first, p->ram.warm);
    else printf(" |\n");
}

static void gates(const struct program *p, const struct program *hello)
{
    char what[80];
    snprintf(what, sizeof what, "%s: first answer / line of hello, p50", p->name);
    gate("Z1", what, AT_MOST, 1.5, p->p50 / hello->p50, 0.07);
    snprintf(what, sizeof what, "%s: KB in RAM after the first answer", p->name);
    gate("Z2", what, AT_MOST, 128, gate_ratio((double)p->ram.first, 1), 0);
    snprintf(what, sizeof what, "%s: file, KB", p->name);
    gate("Z2", what, AT_MOST, 64, file_size(p) / 1024, 0);
}

int main(int argc, char **argv)
{
    static const char *const names[NUM_PROGRAMS] = { "echo server", "echo server, MCP_STATIC", "hello" };
    static struct program programs[NUM_PROGRAMS];
    int i;
    if (argc != 1 + NUM_PROGRAMS) {
        fprintf(stderr, "usage: start SERVER SMALLER HELLO\n");
        return 1;
    }
    for (i = 0; i < NUM_PROGRAMS; i++) {
        programs[i].name = names[i];
        programs[i].argv[0] = argv[1 + i];
        programs[i].is_server = i != HELLO;
    }
    pin_to_one_cpu();
    watchdog(PATIENCE_S);
    measure(programs);
    for (i = 0; i < HELLO; i++) programs[i].ram = measure_footprint(&programs[i]);

    printf("\n| musl, -Os -static -s | file, KB | start to first line, best / p50, ms |"
           " KB in RAM after the first answer / %d |\n|---|---:|---:|---:|\n", WARM_REQUESTS);
    for (i = 0; i < NUM_PROGRAMS; i++) print_row(&programs[i]);
    gate_head();
    for (i = 0; i < HELLO; i++) gates(&programs[i], &programs[HELLO]);
    return 0;
}
