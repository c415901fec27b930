/* Writes the messages of the benchmark. */

#include "messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const middles[NUM_ERAS] = { REQUEST_MIDDLE_LEGACY, REQUEST_MIDDLE_MODERN };

void *message_alloc(size_t size)
{
    void *mem = malloc(size);
    if (!mem) {
        fprintf(stderr, "bench: out of memory\n");
        exit(1);
    }
    return mem;
}

void message_put_id(char *digits, unsigned id)
{
    int i;
    for (i = ID_DIGITS - 1; i >= 0; i--) {
        digits[i] = (char)('0' + id % 10);
        id /= 10;
    }
}

size_t message_size(enum era era, size_t text_len)
{
    return strlen(REQUEST_HEAD) + ID_DIGITS + strlen(middles[era]) + text_len + strlen(REQUEST_TAIL);
}

static char *put(char *end, const char *text, size_t len)
{
    memcpy(end, text, len);
    return end + len;
}

static char *put_request(char *end, enum era era, unsigned id, const char *text, size_t text_len)
{
    end = put(end, REQUEST_HEAD, strlen(REQUEST_HEAD));
    message_put_id(end, id);
    end = put(end + ID_DIGITS, middles[era], strlen(middles[era]));
    end = put(end, text, text_len);
    return put(end, REQUEST_TAIL, strlen(REQUEST_TAIL));
}

char *message_ring(enum era era, const char *text, size_t text_len, size_t count, size_t ring)
{
    char *all = message_alloc(count * message_size(era, text_len)), *end = all;
    size_t i;
    for (i = 0; i < count; i++) end = put_request(end, era, (unsigned)(FIRST_ID + i % ring), text, text_len);
    return all;
}
