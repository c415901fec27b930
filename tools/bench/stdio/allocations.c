/* Counts what a program allocates and tells it at its end on standard error. The linker puts these functions in
   the place of the real ones: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc. */

#include <stddef.h>
#include <stdio.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static unsigned long calls;

void *__wrap_malloc(size_t size)
{
    calls++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    calls++;
    return __real_realloc(ptr, size);
}

__attribute__((destructor)) static void tell(void)
{
    fprintf(stderr, "allocations: %lu\n", calls);
}
