/* A server as a child process, at both ends of two pipes. */

#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    const char *name;           /* for complaints */
    pid_t pid;
    int to, from;               /* its standard input and output */
};

/* Ends the program with a sentence about the child. */
void child_broken(const struct child *c, const char *why);

/* Starts argv; a name without a slash is looked for in PATH. It runs on the CPUs on which we run. */
void child_start(struct child *c, const char *name, char *const argv[]);
/* Starts a command whose words stand between blanks. */
void child_start_command(struct child *c, const char *name, const char *command);
/* Ends its input and waits for it; a child that fails ends the program. */
void child_end(struct child *c);

/* Writes all of it; the pipe must be blocking. */
void child_write(const struct child *c, const char *bytes, size_t len);
/* Reads something. */
size_t child_read(const struct child *c, char *into, size_t size);
/* Reads until a line is complete and nothing stands behind it. Returns its length. */
size_t child_read_line(const struct child *c, char *into, size_t size);
/* The handshake of the legacy era. */
void child_initialize(const struct child *c);

/* Memory of the child that is in RAM, in KB; 0 where the system does not tell. */
long child_rss(const struct child *c);

/* Moves this program, and the children that it starts from now on, to one CPU, or back to all. */
void pin_to_one_cpu(void);
void unpin(void);

/* Ends the program if the next seconds pass without another call: a server that gives no answer. */
void watchdog(unsigned seconds);

double now_ns(void);

#endif
