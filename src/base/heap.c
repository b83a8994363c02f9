#include "base/heap.h"

#include <sys/mman.h>

#include <stdatomic.h>
#include <stdlib.h>

static atomic_uint_fast64_t calls; /* a statistic: relaxed, publishes nothing */

static void count_call(void)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

void *heap_alloc(size_t size)
{
    count_call();
    return malloc(size == 0 ? 1 : size);
}

void *heap_alloc_zeroed(size_t count, size_t size)
{
    count_call();
    if (size != 0 && count > SIZE_MAX / size)
        return NULL; /* calloc of a sanitizer would stop here */
    return calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
}

void *heap_realloc(void *memory, size_t size)
{
    count_call();
    return realloc(memory, size == 0 ? 1 : size);
}

void *heap_alloc_aligned(size_t alignment, size_t size)
{
    count_call();
    return aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
}

void *heap_reserve(size_t size)
{
    count_call();
    void *memory = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void heap_unreserve(void *memory, size_t size)
{
    if (memory != NULL) (void)munmap(memory, size);
}

void heap_free(void *memory)
{
    free(memory);
}

uint64_t heap_calls(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}
