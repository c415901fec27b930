/* The least that a program can do: it writes one line. What starting one costs. */

#include <unistd.h>

int main(void)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n";
    return write(STDOUT_FILENO, line, sizeof line - 1) == (ssize_t)sizeof line - 1 ? 0 : 1;
}
