/* Requests a second of several servers over pipes, side by side.

   usage: load ROLE=COMMAND...
          load send ROLE=COMMAND legacy|modern WINDOW COUNT

   The first form measures: the servers take turns, in an order that rotates, so that a neighbour on the machine
   disturbs them alike; the best of ROUNDS turns counts. Client and server share one CPU, for between two CPUs one
   measures how long the other one takes to wake up. The second form sends COUNT requests, for strace.

   What we do to a null server is also the cheapest client there is: it writes requests that are written already,
   and compares bytes. A client that starts a server of its own, see client.c, is measured beside it. */

#include "gate.h"
#include "talk.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDLESS (SIZE_MAX / 4096)   /* requests, so many that their bytes can still be counted */

enum {
    ROUNDS = 9,
    TURN_NS = 80000000,         /* a turn takes about so long */
    MAX_SAMPLES = 1 << 16,      /* of a turn with one request in flight */
    RING = 128,
    WINDOW = 64,
    FLOOD = 10000,              /* requests that are written at once */
    LONG_TEXT = 64 * 1024,
    LONG_RING = 4,
    PATIENCE_S = 60             /* the longest that a turn may take */
};

/*---- Servers. ----*/

enum { NULL_SERVER, NULL_POLL, OURS, OURS_POLL, OUR_CLIENT, TYPESCRIPT, TYPESCRIPT_PINNED, CMCP, NUM_ROLES };

struct role {
    const char *key, *name;
    bool plain;                 /* answers without a handshake */
    bool anywhere;              /* not pinned, for it has threads of its own */
    bool modern;                /* speaks 2026-07-28 */
    bool calls;                 /* a client: its command gets the era as last word, its input the turns */
};

static const struct role roles[NUM_ROLES] = {
    { "null",              "null server",             true,  false, true,  false },
    { "null-poll",         "null server, polling",    true,  false, true,  false },
    { "ours",              "mcp.h",                   false, false, true,  false },
    { "ours-poll",         "mcp.h, polling",          false, false, true,  false },
    { "client",            "mcp.h, both sides",       true,  false, true,  true  },
    { "typescript",        "TypeScript SDK",          false, true,  true,  false },
    { "typescript-pinned", "TypeScript SDK, one CPU", false, false, true,  false },
    { "cmcp",              "cMCP",                    false, false, false, false }
};

enum { ONE_IN_FLIGHT, WINDOW_64, ALL_AT_ONCE, LONG_ONE, NUM_LOADS };

static const char *const load_names[NUM_LOADS] = {
    "1 in flight, req/s", "window 64, req/s", "10,000 at once, req/s", "64 kB, req/s"
};

/* The best of the turns; 0 where nothing was measured. */
struct result {
    double rate[NUM_LOADS];
    double p50, p99;            /* microseconds, one in flight */
};

struct server {
    const char *command;        /* NULL: not there */
    struct child child[NUM_ERAS];
    struct result result[NUM_ERAS];
};

static struct server servers[NUM_ROLES];

static const char *const era_words[NUM_ERAS] = { "legacy", "modern" };

static bool is_there(int role, enum era era)
{
    return servers[role].command && (era == LEGACY || roles[role].modern);
}

static void start(int role, enum era era)
{
    struct server *s = &servers[role];
    char command[4096];
    snprintf(command, sizeof command, "%s %s", s->command, roles[role].calls ? era_words[era] : "");
    watchdog(PATIENCE_S);
    if (roles[role].anywhere) unpin();
    else pin_to_one_cpu();
    child_start_command(&s->child[era], roles[role].name, command);
    pin_to_one_cpu();
    if (era == LEGACY && !roles[role].plain) child_initialize(&s->child[era]);
}

/*---- Turns. ----*/

static double samples[MAX_SAMPLES];

static int compare_samples(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void keep_most(double *best, double value)
{
    if (value > *best) *best = value;
}

static void keep_least(double *best, double value)
{
    if (*best == 0 || value < *best) *best = value;
}

/* One request in flight. result may be NULL, for a turn that only warms up. */
static double turn_one(const struct talk *t, double turn_ns, struct result *result)
{
    double begin = now_ns(), before = begin, now = begin;
    size_t count = 0;
    while (count < MAX_SAMPLES && now - begin < turn_ns) {
        talk_once(t, count);
        now = now_ns();
        samples[count++] = now - before;
        before = now;
    }
    if (result) {
        qsort(samples, count, sizeof samples[0], compare_samples);
        keep_least(&result->p50, samples[count / 2] / 1000);
        keep_least(&result->p99, samples[count * 99 / 100] / 1000);
    }
    return (double)count * 1e9 / (now - begin);
}

static double turn_window(const struct talk *t, double turn_ns)
{
    double begin = now_ns();
    size_t count = talk_many(t, WINDOW, ENDLESS, begin + turn_ns);
    return (double)count * 1e9 / (now_ns() - begin);
}

static double turn_flood(const struct talk *t, double turn_ns)
{
    double begin = now_ns(), best = 0, at;
    do {
        at = now_ns();
        (void)talk_many(t, FLOOD, FLOOD, INFINITY);
        keep_most(&best, FLOOD * 1e9 / (now_ns() - at));
    } while (now_ns() - begin < turn_ns);
    return best;
}

/* A client measures itself. */
static double turn_client(const struct child *client, double turn_ns)
{
    char line[64];
    const int len = snprintf(line, sizeof line, "%.0f\n", turn_ns);
    child_write(client, line, (size_t)len);
    line[child_read_line(client, line, sizeof line) - 1] = 0;
    return strtod(line, NULL);
}

static void client_turns(int role, enum era era)
{
    const struct child *client = &servers[role].child[era];
    (void)turn_client(client, TURN_NS / 10);
    keep_most(&servers[role].result[era].rate[WINDOW_64], turn_client(client, TURN_NS));
}

static void short_turns(int role, enum era era)
{
    struct result *result = &servers[role].result[era];
    struct talk t;
    talk_open(&t, &servers[role].child[era], era, MESSAGE_TEXT, strlen(MESSAGE_TEXT), RING, WINDOW);
    (void)turn_one(&t, TURN_NS / 10, NULL);
    keep_most(&result->rate[ONE_IN_FLIGHT], turn_one(&t, TURN_NS, result));
    (void)turn_window(&t, TURN_NS / 10);
    keep_most(&result->rate[WINDOW_64], turn_window(&t, TURN_NS));
    talk_close(&t);
    talk_open(&t, &servers[role].child[era], era, MESSAGE_TEXT, strlen(MESSAGE_TEXT), FLOOD, 0);
    keep_most(&result->rate[ALL_AT_ONCE], turn_flood(&t, TURN_NS));
    talk_close(&t);
}

static void long_turn(int role, enum era era, const char *text)
{
    struct talk t;
    talk_open(&t, &servers[role].child[era], era, text, LONG_TEXT, LONG_RING, 0);
    (void)turn_one(&t, TURN_NS / 10, NULL);
    keep_most(&servers[role].result[era].rate[LONG_ONE], turn_one(&t, TURN_NS, NULL));
    talk_close(&t);
}

/* The short text, over and over. */
static void fill_long_text(char *text)
{
    size_t i;
    for (i = 0; i < LONG_TEXT; i++) text[i] = MESSAGE_TEXT[i % strlen(MESSAGE_TEXT)];
}

static void measure(void)
{
    char *text = message_alloc(LONG_TEXT);
    int turn, role, era;
    fill_long_text(text);
    for (turn = 0; turn < ROUNDS * NUM_ROLES; turn++) {
        role = (turn + turn / NUM_ROLES) % NUM_ROLES;
        for (era = 0; era < NUM_ERAS; era++) {
            if (!is_there(role, (enum era)era)) continue;
            watchdog(PATIENCE_S);
            if (roles[role].calls) {
                client_turns(role, (enum era)era);
            } else {
                short_turns(role, (enum era)era);
                long_turn(role, (enum era)era, text);
            }
        }
    }
    free(text);
}

/*---- The report. ----*/

static void print_rate(double rate, double base)
{
    if (rate == 0) {
        printf(" - |");
        return;
    }
    if (rate >= 1e6) printf(" %.2f M", rate / 1e6);
    else printf(" %.1f k", rate / 1e3);
    printf(" (%.2f) |", rate / base);
}

static void print_row(int role, enum era era)
{
    const struct result *r = &servers[role].result[era], *base = &servers[NULL_SERVER].result[era];
    int load;
    printf("| %s |", roles[role].name);
    for (load = 0; load < NUM_LOADS; load++) {
        print_rate(r->rate[load], base->rate[load]);
        if (load == ONE_IN_FLIGHT && r->rate[load] != 0) printf(" %.2f / %.2f |", r->p50, r->p99);
        else if (load == ONE_IN_FLIGHT) printf(" - |");
    }
    printf("\n");
}

static void print_table(enum era era)
{
    static const char *const names[NUM_ERAS] = { "2025-11-25", "2026-07-28" };
    int load, role;
    printf("\nEcho, %s, requests of %zu B; in brackets the ratio to the null server:\n\n| |", names[era],
           message_size(era, strlen(MESSAGE_TEXT)));
    for (load = 0; load < NUM_LOADS; load++) {
        printf(" %s |%s", load_names[load], load == ONE_IN_FLIGHT ? " p50 / p99, us |" : "");
    }
    printf("\n|---|---:|---:|---:|---:|---:|\n");
    for (role = 0; role < NUM_ROLES; role++) {
        if (is_there(role, era)) print_row(role, era);
    }
}

static double rate_ratio(int role, int base, enum era era, int load)
{
    return gate_ratio(servers[role].result[era].rate[load], servers[base].result[era].rate[load]);
}

static double p50_ratio(int role, int base, enum era era)
{
    return gate_ratio(servers[role].result[era].p50, servers[base].result[era].p50);
}

static const double ratio_band = 0.07;      /* ratios drift by so much from run to run */

static void gates_null(enum era era, const char *size)
{
    char what[80];
    snprintf(what, sizeof what, "round trip, %s: mcp.h / null", size);
    gate("S2", what, AT_MOST, 1.08, p50_ratio(OURS, NULL_SERVER, era), ratio_band);
    snprintf(what, sizeof what, "round trip, %s: mcp.h polling / null polling", size);
    gate("S2", what, AT_MOST, 1.06, p50_ratio(OURS_POLL, NULL_POLL, era), ratio_band);
    if (era == MODERN) return;              /* what follows was set for the shorter request */
    gate("S5", "window 64: mcp.h / null", AT_LEAST, 0.50, rate_ratio(OURS, NULL_SERVER, era, WINDOW_64), ratio_band);
    gate("-", "64 kB: mcp.h / null", AT_LEAST, 0.28, rate_ratio(OURS, NULL_SERVER, era, LONG_ONE), ratio_band);
}

static void gates_client(enum era era, const char *size)
{
    char what[80];
    snprintf(what, sizeof what, "window 64, %s: mcp.h on both sides / null on both", size);
    gate("C1", what, AT_LEAST, 0.25, rate_ratio(OUR_CLIENT, NULL_SERVER, era, WINDOW_64), ratio_band);
}

/* Where the scheduler puts a server that is not pinned varies from run to run: the faster of the two counts. */
static double typescript_ratio(enum era era, int load)
{
    double free_one = servers[TYPESCRIPT].result[era].rate[load];
    double pinned = servers[TYPESCRIPT_PINNED].result[era].rate[load];
    return gate_ratio(servers[OURS].result[era].rate[load], free_one > pinned ? free_one : pinned);
}

static void gates_peers(enum era era, const char *size)
{
    char what[80];
    snprintf(what, sizeof what, "1 in flight, %s: mcp.h / TypeScript", size);
    gate("S6", what, AT_LEAST, 15, typescript_ratio(era, ONE_IN_FLIGHT), ratio_band);
    snprintf(what, sizeof what, "window 64, %s: mcp.h / TypeScript", size);
    gate("S6", what, AT_LEAST, 100, typescript_ratio(era, WINDOW_64), ratio_band);
    if (era == MODERN) return;              /* cMCP speaks only the older one */
    gate("S7", "1 in flight: mcp.h / cMCP", AT_LEAST, 3.5, rate_ratio(OURS, CMCP, era, ONE_IN_FLIGHT), ratio_band);
    gate("S7", "window 64: mcp.h / cMCP", AT_LEAST, 20, rate_ratio(OURS, CMCP, era, WINDOW_64), ratio_band);
}

static void report(void)
{
    print_table(LEGACY);
    print_table(MODERN);
    gate_head();
    gates_null(LEGACY, "148 B");
    gates_null(MODERN, "329 B");
    gates_client(LEGACY, "148 B");
    gates_client(MODERN, "329 B");
    gates_peers(LEGACY, "148 B");
    gates_peers(MODERN, "329 B");
}

/*---- The command line. ----*/

static int usage(void)
{
    fprintf(stderr, "usage: load ROLE=COMMAND...\n"
                    "       load send ROLE=COMMAND legacy|modern WINDOW COUNT\n");
    return 1;
}

/* Returns the role, or -1. */
static int take_server(const char *arg)
{
    int role;
    for (role = 0; role < NUM_ROLES; role++) {
        size_t len = strlen(roles[role].key);
        if (strncmp(arg, roles[role].key, len) != 0 || arg[len] != '=') continue;
        servers[role].command = arg + len + 1;
        return role;
    }
    return -1;
}

static int send_only(int role, enum era era, size_t window, size_t count)
{
    struct talk t;
    size_t i;
    start(role, era);
    talk_open(&t, &servers[role].child[era], era, MESSAGE_TEXT, strlen(MESSAGE_TEXT), RING, window);
    if (window > 1) (void)talk_many(&t, window, count, INFINITY);
    else for (i = 0; i < count; i++) talk_once(&t, i);
    talk_close(&t);
    child_end(&servers[role].child[era]);
    return 0;
}

static void for_all(void (*does)(int role, enum era era))
{
    int role, era;
    for (role = 0; role < NUM_ROLES; role++) {
        for (era = 0; era < NUM_ERAS; era++) {
            if (is_there(role, (enum era)era)) does(role, (enum era)era);
        }
    }
}

static void end(int role, enum era era)
{
    watchdog(PATIENCE_S);
    child_end(&servers[role].child[era]);
}

int main(int argc, char **argv)
{
    int i, role;
    if (argc == 6 && strcmp(argv[1], "send") == 0) {
        role = take_server(argv[2]);
        if (role < 0) return usage();
        return send_only(role, strcmp(argv[3], era_words[MODERN]) == 0 ? MODERN : LEGACY,
                         (size_t)strtoul(argv[4], NULL, 10), (size_t)strtoul(argv[5], NULL, 10));
    }
    for (i = 1; i < argc; i++) {
        if (take_server(argv[i]) < 0) return usage();
    }
    if (!servers[NULL_SERVER].command || !servers[OURS].command) return usage();
    for_all(start);
    measure();
    for_all(end);
    report();
    return 0;
}
