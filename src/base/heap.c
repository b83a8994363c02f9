#include "base/heap.h"

#include <sys/mman.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* A statistic and a lever: relaxed, they publish nothing. */
static atomic_uint_fast64_t calls, fail_from, fail_count;

/* Count a call; true when the lever says that it fails. */
static bool call_fails(void)
{
    uint64_t number = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    uint64_t count = atomic_load_explicit(&fail_count, memory_order_relaxed);
    if (likely(count == 0)) return false;
    uint64_t from = atomic_load_explicit(&fail_from, memory_order_relaxed);
    return number >= from && number - from < count;
}

void heap_fail(uint64_t after, uint64_t count)
{
    uint64_t from = atomic_load_explicit(&calls, memory_order_relaxed) + after;
    atomic_store_explicit(&fail_from, from, memory_order_relaxed);
    atomic_store_explicit(&fail_count, count, memory_order_relaxed);
}

void *heap_alloc(size_t size)
{
    if (call_fails()) return NULL;
    return malloc(size == 0 ? 1 : size);
}

void *heap_alloc_zeroed(size_t count, size_t size)
{
    if (call_fails()) return NULL;
    if (size != 0 && count > SIZE_MAX / size)
        return NULL; /* calloc of a sanitizer would stop here */
    return calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
}

void *heap_realloc(void *memory, size_t size)
{
    if (call_fails()) return NULL;
    return realloc(memory, size == 0 ? 1 : size);
}

void *heap_alloc_aligned(size_t alignment, size_t size)
{
    if (call_fails()) return NULL;
    return aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
}

void *heap_reserve(size_t size)
{
    if (call_fails()) return NULL;
    void *memory = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void heap_prefer_huge(void *memory, size_t size)
{
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, size, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)size;
#endif
}

void heap_discard(void *memory, size_t size)
{
    if (size > 0) (void)madvise(memory, size, MADV_DONTNEED);
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
