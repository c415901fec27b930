/* Stands between a client and the server that it thinks it has started, and passes on what they say. When the client
   closes, both have done all they had to and are still there: that is when it looks how many KB of each are in RAM,
   and writes "client server" to the report: a file, as a client leaves its server no descriptors.

   usage: BENCH_SERVER=SERVER BENCH_REPORT=FILE between */

#include "between.h"
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char bytes[64 * 1024];

/* Returns false at the end of the client's input to us. */
static bool pass_on(const struct child *client, const struct child *server)
{
    struct pollfd p[2] = { { 0, POLLIN, 0 }, { 0, POLLIN, 0 } };
    p[0].fd = client->from;
    p[1].fd = server->from;
    (void)poll(p, 2, -1);
    if (p[1].revents) child_write(client, bytes, child_read(server, bytes, sizeof bytes));
    if (p[0].revents) {
        const ssize_t n = read(client->from, bytes, sizeof bytes);
        if (n <= 0) return false;
        child_write(server, bytes, (size_t)n);
    }
    return true;
}

int main(void)
{
    const char *command = getenv(BETWEEN_SERVER), *report = getenv(BETWEEN_REPORT);
    struct child server, client;
    char line[64];
    int len, fd;
    client.name = "client";
    client.pid = getppid();
    client.from = STDIN_FILENO;
    client.to = STDOUT_FILENO;
    if (!command || !report) child_broken(&client, BETWEEN_SERVER " or " BETWEEN_REPORT " is not set");
    child_start_command(&server, "server", command);
    while (pass_on(&client, &server)) {}
    len = snprintf(line, sizeof line, "%ld %ld\n", child_rss(&client), child_rss(&server));
    child_end(&server);
    fd = open(report, O_WRONLY);
    return fd >= 0 && write(fd, line, (size_t)len) == len ? 0 : 1;
}
