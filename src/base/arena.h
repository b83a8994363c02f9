/* arena.h - memory that is freed all at once.
 *
 * A bump allocator over a chain of chunks. arena_reset keeps the chunks, so a block that needs no more
 * than the one before takes nothing from the heap. One owner, no threads.
 *
 * Words: mark = a place in the arena to come back to (arena_mark, arena_release), as on a stack.
 */
#pragma once

#include "base/assert.h"
#include "base/bytes.h"
#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/* Whom several arenas ask before they take a chunk, and tell when they give it back (sync/budget.h). */
struct arena_keeper {
    bool (*take)(struct arena_keeper *keeper, size_t bytes); /* false: there must be no more */
    void (*give)(struct arena_keeper *keeper, size_t bytes);
};

struct arena {
    struct arena_chunk *first, *current;
    uint8_t *next, *end;         /* the free part of the current chunk */
    size_t chunk_size_min;       /* size of a new chunk, unless one allocation needs more */
    size_t bytes_held;           /* all chunks */
    size_t bytes_max;            /* 0 = no limit; beyond it allocations fail */
    struct arena_keeper *keeper; /* may be NULL */
};

struct arena_mark {
    struct arena_chunk *chunk;
    uint8_t *next;
};

/* `chunk_size_min` in bytes; no memory is taken before the first allocation. */
void arena_init(struct arena *arena, size_t chunk_size_min, size_t bytes_max);
void arena_fini(struct arena *arena); /* as after arena_init, and with the same keeper */

/* Before the first allocation. */
void arena_set_keeper(struct arena *arena, struct arena_keeper *keeper);

/* Forget all allocations, keep the chunks. */
void arena_reset(struct arena *arena);
/* The same, and have the first chunk now if there was none. False: the heap or the limit says no. */
bool arena_warm(struct arena *arena) MUST_CHECK;

/* Bytes handed out since the last reset (chunk tails that were skipped count, too). */
size_t arena_used(const struct arena *arena);

struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

void *arena_alloc_slow(struct arena *arena, size_t size, size_t alignment) MUST_CHECK;

/* `size` bytes, uninitialised, aligned to `alignment` (a power of two, at most 64), or NULL when the heap
 * or the limit says no. */
MUST_CHECK ALWAYS_INLINE void *arena_alloc_aligned(struct arena *arena,
                                                   size_t size,
                                                   size_t alignment)
{
    uintptr_t start = ((uintptr_t)arena->next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (likely(start <= (uintptr_t)arena->end && size <= (uintptr_t)arena->end - start &&
               arena->next != NULL)) {
        uint8_t *memory = arena->next + (start - (uintptr_t)arena->next);
        arena->next = memory + size;
        return memory;
    }
    return arena_alloc_slow(arena, size, alignment);
}

MUST_CHECK ALWAYS_INLINE void *arena_alloc(struct arena *arena, size_t size)
{
    return arena_alloc_aligned(arena, size, 16);
}

/* `count` zeroed objects, or NULL. */
void *arena_alloc_zeroed(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* A copy of `bytes` in the arena; false when there is no memory. An empty string needs none. */
bool arena_copy(struct arena *arena, struct bytes *out, struct bytes bytes) MUST_CHECK;
