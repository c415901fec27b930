/* An allocator that counts. Every block carries its size in front. */

#include "bench.h"

#include <stdlib.h>

enum { HEADER = 16 };           /* keeps the alignment of malloc */

size_t bench_heap_size(const void *ptr)
{
    return ptr ? *(const size_t *)(const void *)((const char *)ptr - HEADER) : 0;
}

void *bench_heap_resize(struct bench_heap *heap, void *ptr, size_t size)
{
    char *old = ptr ? (char *)ptr - HEADER : NULL, *block;
    size_t old_size = bench_heap_size(ptr);
    if (size == 0) {
        free(old);
        heap->live -= old_size;
        return NULL;
    }
    block = realloc(old, size + HEADER);
    if (!block) return NULL;
    *(size_t *)(void *)block = size;
    heap->calls++;
    heap->live += size - old_size;
    if (heap->live > heap->peak) heap->peak = heap->live;
    return block + HEADER;
}
