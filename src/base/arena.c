#include "base/arena.h"

#include "base/heap.h"

#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;    /* of data */
    uint8_t data[]; /* as malloc aligns it; every allocation brings its own alignment */
};

void arena_init(struct arena *arena, size_t chunk_size_min, size_t bytes_max)
{
    *arena = (struct arena){.chunk_size_min = chunk_size_min, .bytes_max = bytes_max};
}

void arena_set_keeper(struct arena *arena, struct arena_keeper *keeper)
{
    ASSERT(arena->first == NULL);
    arena->keeper = keeper;
}

void arena_fini(struct arena *arena)
{
    if (arena->keeper != NULL && arena->bytes_held > 0)
        arena->keeper->give(arena->keeper, arena->bytes_held);
    for (struct arena_chunk *chunk = arena->first; chunk != NULL;) {
        struct arena_chunk *next = chunk->next;
        heap_free(chunk);
        chunk = next;
    }
    *arena = (struct arena){.chunk_size_min = arena->chunk_size_min,
                            .bytes_max = arena->bytes_max,
                            .keeper = arena->keeper};
}

static void arena_enter(struct arena *arena, struct arena_chunk *chunk)
{
    arena->current = chunk;
    arena->next = chunk == NULL ? NULL : chunk->data;
    arena->end = chunk == NULL ? NULL : chunk->data + chunk->size;
}

void arena_reset(struct arena *arena)
{
    arena_enter(arena, arena->first);
}

bool arena_warm(struct arena *arena)
{
    bool is_there = arena->first != NULL || arena_alloc(arena, 1) != NULL;
    arena_reset(arena);
    return is_there;
}

size_t arena_used(const struct arena *arena)
{
    size_t used = 0;
    for (const struct arena_chunk *chunk = arena->first; chunk != NULL && chunk != arena->current;
         chunk = chunk->next)
        used += chunk->size;
    if (arena->current != NULL) used += (size_t)(arena->next - arena->current->data);
    return used;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->current, arena->next};
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
    if (mark.chunk == NULL) {
        arena_reset(arena);
        return;
    }
    arena_enter(arena, mark.chunk);
    arena->next = mark.next;
}

static bool may_take(const struct arena *arena, size_t size)
{
    if (arena->bytes_max != 0 &&
        (size > arena->bytes_max || arena->bytes_held > arena->bytes_max - size))
        return false;
    return arena->keeper == NULL || arena->keeper->take(arena->keeper, size);
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t need)
{
    size_t size = need > arena->chunk_size_min ? need : arena->chunk_size_min;
    if (need > SIZE_MAX - sizeof(struct arena_chunk) - 64) return NULL;
    if (!may_take(arena, size)) {
        if (size == need || !may_take(arena, need)) return NULL;
        size = need; /* a small one is better than none */
    }
    struct arena_chunk *chunk = heap_alloc(sizeof *chunk + size);
    if (chunk == NULL && arena->keeper != NULL) arena->keeper->give(arena->keeper, size);
    if (chunk == NULL) return NULL;
    chunk->next = NULL;
    chunk->size = size;
    arena->bytes_held += size;
    return chunk;
}

void *arena_alloc_slow(struct arena *arena, size_t size, size_t alignment)
{
    if (size > SIZE_MAX - alignment) return NULL;
    size_t need = size + alignment;
    /* Walk on to a kept chunk with room; ends at the last chunk. */
    while (arena->current != NULL && arena->current->next != NULL) {
        arena_enter(arena, arena->current->next);
        if (arena->current->size >= need) return arena_alloc_aligned(arena, size, alignment);
    }
    struct arena_chunk *chunk = chunk_new(arena, need);
    if (chunk == NULL) return NULL;
    if (arena->current == NULL)
        arena->first = chunk;
    else
        arena->current->next = chunk;
    arena_enter(arena, chunk);
    return arena_alloc_aligned(arena, size, alignment);
}

void *arena_alloc_zeroed(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *memory = arena_alloc(arena, count * size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

bool arena_copy(struct arena *arena, struct bytes *out, struct bytes bytes)
{
    *out = BYTES_EMPTY;
    if (bytes.size == 0) return true;
    uint8_t *copy = arena_alloc_aligned(arena, bytes.size, 1);
    if (copy == NULL) return false;
    memcpy(copy, bytes.data, bytes.size);
    *out = bytes_of(copy, bytes.size);
    return true;
}
