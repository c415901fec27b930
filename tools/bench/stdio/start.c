/* How long a small server takes from its start to its first answer, and a client that calls it once from its start
   to the end of both; and how large they are.

   usage: start SERVER SMALLER HELLO CLIENT SMALLER_CLIENT TWICE BETWEEN
   All but the last are statically linked. SMALLER and SMALLER_CLIENT are built with MCP_STATIC, so that what they do
   not call is left out. HELLO only writes a line; a server is given its first request and answers it. A client
   starts its server, as TWICE does HELLO, and BETWEEN where its memory is to be seen. */

#include "between.h"
#include "gate.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STARTS = 400,               /* of each, in turns */
    WARM_REQUESTS = 1000,
    PATIENCE_S = 60
};

enum { SERVER, SMALLER, HELLO, CLIENT, SMALLER_CLIENT, TWICE, NUM_PROGRAMS };

/* KB in RAM: of a server after the first answer and after many, of a client and its server. */
struct footprint {
    long first, warm;
    long client, server;
};

struct program {
    const char *name;
    char *argv[3];
    bool is_server;
    bool is_pair;               /* starts argv[1]; what counts is the end of both */
    double ns[STARTS];
    double best, p50;
    struct footprint ram;
};

/* One start: from before it until its first line is there, or until it has ended. */
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
    return p->is_pair ? now_ns() - begin : ns;
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
    struct footprint size = { 0, 0, 0, 0 };
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

/* Of a client and its server, when the client is done and both are still there. */
static struct footprint measure_pair(struct program *p, char *between)
{
    struct footprint size = { 0, 0, 0, 0 };
    char *argv[3] = { p->argv[0], between, NULL };
    struct child c;
    char line[4096], report[64] = "";
    int ends[2];
    if (pipe(ends) == 0) snprintf(line, sizeof line, "/proc/%ld/fd/%d", (long)getpid(), ends[1]);
    else line[0] = 0;
    if (!line[0] || setenv(BETWEEN_REPORT, line, 1) != 0 || setenv(BETWEEN_SERVER, p->argv[1], 1) != 0) {
        perror("start");
        exit(1);
    }
    child_start(&c, p->name, argv);
    (void)child_read_line(&c, line, sizeof line);
    child_end(&c);
    close(ends[1]);
    if (read(ends[0], report, sizeof report - 1) > 0) (void)sscanf(report, "%ld %ld", &size.client, &size.server);
    close(ends[0]);
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
    else if (p->ram.client) printf(" %ld + %ld |\n", p->ram.client, p->ram.server);
    else printf(" |\n");
}

static void gates_client(const struct program *p, const struct program *twice)
{
    const long both = p->ram.client && p->ram.server ? p->ram.client + p->ram.server : 0;
    char what[80];
    snprintf(what, sizeof what, "%s: start to end of both / two hellos, p50", p->name);
    gate("C3", what, AT_MOST, 2, p->p50 / twice->p50, 0.07);
    snprintf(what, sizeof what, "%s: KB in RAM, both together", p->name);
    gate("C4", what, AT_MOST, 512, gate_ratio((double)both, 1), 0);
}

static void gates_server(const struct program *p, const struct program *hello)
{
    char what[80];
    snprintf(what, sizeof what, "%s: first answer / line of hello, p50", p->name);
    gate("Z1", what, AT_MOST, 1.5, p->p50 / hello->p50, 0.07);
    snprintf(what, sizeof what, "%s: KB in RAM after the first answer", p->name);
    gate("Z2", what, AT_MOST, 128, gate_ratio((double)p->ram.first, 1), 0);
    snprintf(what, sizeof what, "%s: file, KB", p->name);
    gate("Z2", what, AT_MOST, 64, file_size(p) / 1024, 0);
}

static void init(struct program *p, const char *name, char **files, int which)
{
    static const int starts[NUM_PROGRAMS] = { -1, -1, -1, SERVER, SMALLER, HELLO };
    p->name = name;
    p->argv[0] = files[which];
    p->is_server = which < HELLO;
    p->is_pair = starts[which] >= 0;
    if (p->is_pair) p->argv[1] = files[starts[which]];
}

static void print_table(const struct program *programs)
{
    int i;
    printf("\n| musl, -Os -static -s | file, KB | start to first line, of two to their end, best / p50, ms |"
           " KB in RAM after the first answer / %d, of two |\n|---|---:|---:|---:|\n", WARM_REQUESTS);
    for (i = 0; i < NUM_PROGRAMS; i++) print_row(&programs[i]);
}

int main(int argc, char **argv)
{
    static const char *const names[NUM_PROGRAMS] = {
        "echo server", "echo server, MCP_STATIC", "hello",
        "client and echo server", "client and echo server, MCP_STATIC", "hello that starts hello"
    };
    static struct program programs[NUM_PROGRAMS];
    int i;
    if (argc != 2 + NUM_PROGRAMS) {
        fprintf(stderr, "usage: start SERVER SMALLER HELLO CLIENT SMALLER_CLIENT TWICE BETWEEN\n");
        return 1;
    }
    for (i = 0; i < NUM_PROGRAMS; i++) init(&programs[i], names[i], argv + 1, i);
    pin_to_one_cpu();
    watchdog(PATIENCE_S);
    measure(programs);
    for (i = SERVER; i < HELLO; i++) programs[i].ram = measure_footprint(&programs[i]);
    for (i = CLIENT; i < TWICE; i++) programs[i].ram = measure_pair(&programs[i], argv[1 + NUM_PROGRAMS]);

    print_table(programs);
    gate_head();
    for (i = SERVER; i < HELLO; i++) gates_server(&programs[i], &programs[HELLO]);
    for (i = CLIENT; i < TWICE; i++) gates_client(&programs[i], &programs[TWICE]);
    return 0;
}
