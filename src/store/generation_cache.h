/* generation_cache.h - a table that forgets what was not used for long: two generations, each at most half of it.
 *
 * What is found in the old generation moves to the young one. When the young one is full it becomes the old one, and what the old
 * one still had is dropped: nothing that was used since the last turn but one is lost, and nothing has to be linked or counted.
 *
 * Keys and values are of fixed sizes and copied. One owner at a time (store_view.h has one for each of its shards).
 */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generation {
    uint8_t *entries; /* hash, key, value, one behind the other */
    uint32_t *cells;  /* index + 1 of an entry, 0 free; a power of two, at least twice the room */
    size_t count, room, cell_count;
};

struct generation_cache {
    struct generation young, old;
    size_t key_size, value_size, entry_size;
    size_t entries_max; /* of both together, at least 2 */
    bool
        turns_by_itself; /* else only generation_cache_turn, and entries_max may be passed until then */
    void (*drop)(void *value); /* told what is forgotten; NULL: nobody */
    uint64_t turns;
};

void generation_cache_init(struct generation_cache *cache,
                           size_t key_size,
                           size_t value_size,
                           size_t entries_max);
void generation_cache_fini(struct generation_cache *cache);

/* The value of `key`, to be read or changed until the next call; NULL: it is not known. */
void *generation_cache_find(struct generation_cache *cache, const void *key, uint64_t hash);

/* Set the value of `key`. Without memory it is not kept, which only costs time; false then. */
bool generation_cache_put(struct generation_cache *cache,
                          const void *key,
                          uint64_t hash,
                          const void *value);

/* Drop the old generation; the young one becomes old. */
void generation_cache_turn(struct generation_cache *cache);

void generation_cache_clear(struct generation_cache *cache);

/* Every entry, whatever its generation. */
void generation_cache_each(struct generation_cache *cache,
                           void (*visit)(void *context, const void *key, void *value),
                           void *context);

size_t generation_cache_count(const struct generation_cache *cache);
size_t generation_cache_bytes(const struct generation_cache *cache); /* of memory */
