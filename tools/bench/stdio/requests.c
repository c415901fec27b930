/* Writes requests to standard output, for a server that is to be counted and not timed.

   usage: requests legacy|modern|list COUNT */

#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int put_calls(enum era era, size_t count)
{
    char *all = message_ring(era, MESSAGE_TEXT, strlen(MESSAGE_TEXT), count, count);
    if (era == LEGACY) fputs(INITIALIZE INITIALIZED, stdout);
    fwrite(all, message_size(era, strlen(MESSAGE_TEXT)), count, stdout);
    free(all);
    return 0;
}

static int put_lists(size_t count)
{
    size_t i;
    fputs(INITIALIZE INITIALIZED, stdout);
    for (i = 0; i < count; i++) printf(REQUEST_HEAD "%u,\"method\":\"tools/list\"}\n", (unsigned)(FIRST_ID + i));
    return 0;
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? (size_t)strtoul(argv[2], NULL, 10) : 0;
    if (count && strcmp(argv[1], "legacy") == 0) return put_calls(LEGACY, count);
    if (count && strcmp(argv[1], "modern") == 0) return put_calls(MODERN, count);
    if (count && strcmp(argv[1], "list") == 0) return put_lists(count);
    fprintf(stderr, "usage: requests legacy|modern|list COUNT\n");
    return 1;
}
