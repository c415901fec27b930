/* A hello-world that starts another one: two pipes, a child that writes its line into one of them, and its end. The
   least that a client can do which starts its server.

   usage: twice HELLO */

#define _GNU_SOURCE             /* for pipe2 */

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;
    char line[256];
    int in[2], out[2], status;
    ssize_t n;
    pid_t pid;
    if (argc != 2 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return 1;
    if (posix_spawn_file_actions_init(&actions) != 0) return 1;
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    if (posix_spawn(&pid, argv[1], &actions, NULL, argv + 1, environ) != 0) return 1;
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    n = read(out[0], line, sizeof line);
    close(in[1]);
    if (waitpid(pid, &status, 0) != pid || status != 0) return 1;
    close(out[0]);
    return n > 0 && write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : 1;
}
