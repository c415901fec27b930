/* Children, pipes, CPUs and the clock. */

#define _GNU_SOURCE             /* for sched_setaffinity, pipe2 */

#include "child.h"
#include "messages.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MAX_WORDS = 32 };

void child_broken(const struct child *c, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", c->name, why);
    exit(1);
}

/*---- Starting and ending. ----*/

static void make_pipe(const struct child *c, int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) child_broken(c, strerror(errno));
}

/* We ignore SIGPIPE, to complain in our own words; the child shall not inherit that. */
static void init_attributes(posix_spawnattr_t *attributes)
{
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigdefault(attributes, &pipe_only);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
}

void child_start(struct child *c, const char *name, char *const argv[])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int in[2], out[2], error;

    signal(SIGPIPE, SIG_IGN);
    c->name = name;
    init_attributes(&attributes);
    make_pipe(c, in);
    make_pipe(c, out);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    error = posix_spawnp(&c->pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error) child_broken(c, strerror(error));
    close(in[0]);
    close(out[1]);
    c->to = in[1];
    c->from = out[0];
}

void child_start_command(struct child *c, const char *name, const char *command)
{
    char *words[MAX_WORDS + 1], *copy = message_alloc(strlen(command) + 1), *at = copy;
    int count = 0;

    memcpy(copy, command, strlen(command) + 1);
    for (;;) {
        at += strspn(at, " ");
        if (!*at || count == MAX_WORDS) break;
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at) *at++ = 0;
    }
    words[count] = NULL;
    c->name = name;
    if (!count) child_broken(c, "there is no command");
    child_start(c, name, words);
    free(copy);
}

void child_end(struct child *c)
{
    int status;
    close(c->to);
    if (waitpid(c->pid, &status, 0) != c->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        child_broken(c, "it ended with a failure");
    }
    close(c->from);
}

/*---- Talking. ----*/

void child_write(const struct child *c, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(c->to, bytes, len);
        if (n < 0 && errno != EINTR) child_broken(c, strerror(errno));
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

size_t child_read(const struct child *c, char *into, size_t size)
{
    ssize_t n;
    do n = read(c->from, into, size);
    while (n < 0 && errno == EINTR);
    if (n < 0) child_broken(c, strerror(errno));
    if (n == 0) child_broken(c, "it ended, or its answer is too long");
    return (size_t)n;
}

size_t child_read_line(const struct child *c, char *into, size_t size)
{
    size_t len = 0;
    do len += child_read(c, into + len, size - len);
    while (into[len - 1] != '\n');
    return len;
}

void child_initialize(const struct child *c)
{
    char answer[4096];
    size_t len;
    child_write(c, INITIALIZE, strlen(INITIALIZE));
    len = child_read_line(c, answer, sizeof answer);
    if (!memmem(answer, len, "\"protocolVersion\":\"2025-11-25\"", 30)) {
        child_broken(c, "initialize did not agree on 2025-11-25");
    }
    child_write(c, INITIALIZED, strlen(INITIALIZED));
}

/*---- The machine. ----*/

/* VmRSS of the file status is counted in batches that are larger than a small server. */
long child_rss(const struct child *c)
{
    char name[64], line[256];
    long kb = 0;
    FILE *file;
    snprintf(name, sizeof name, "/proc/%ld/smaps_rollup", (long)c->pid);
    file = fopen(name, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "Rss:", 4) == 0) kb = strtol(line + 4, NULL, 10);
    }
    fclose(file);
    return kb;
}

static cpu_set_t all_cpus, one_cpu;
static bool cpus_known;

static void learn_cpus(void)
{
    int cpu = sched_getcpu();
    if (cpus_known || sched_getaffinity(0, sizeof all_cpus, &all_cpus) != 0) return;
    CPU_ZERO(&one_cpu);
    CPU_SET(cpu < 0 ? 0 : (unsigned)cpu, &one_cpu);
    cpus_known = true;
}

static void run_on(const cpu_set_t *cpus)
{
    if (sched_setaffinity(0, sizeof *cpus, cpus) != 0) {
        fprintf(stderr, "bench: cannot choose the CPU: %s\n", strerror(errno));
        exit(1);
    }
}

void pin_to_one_cpu(void)
{
    learn_cpus();
    run_on(&one_cpu);
}

void unpin(void)
{
    learn_cpus();
    run_on(&all_cpus);
}

static void no_answer(int signal_number)
{
    static const char text[] = "bench: a server gives no answer\n";
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n, (void)signal_number;
    _exit(1);
}

void watchdog(unsigned seconds)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = no_answer;
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}

double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
