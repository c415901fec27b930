/* Copies a block of memory over and over: what the bytes of a long answer cost at the least.

   usage: copy BYTES TIMES */

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    size_t bytes = argc == 3 ? (size_t)strtoul(argv[1], NULL, 10) : 0, i;
    unsigned long times = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    char *volatile from = calloc(1, bytes + 1), *volatile to = calloc(1, bytes + 1);
    if (!bytes || !from || !to) return 1;
    for (i = 0; i < times; i++) memcpy(to, from, bytes);
    free(from);
    free(to);
    return 0;
}
