#include "store/generation_cache.h"

#include "base/assert.h"
#include "base/heap.h"

#include <string.h>

#define ROOM_MIN 64

void generation_cache_init(struct generation_cache *cache,
                           size_t key_size,
                           size_t value_size,
                           size_t entries_max)
{
    size_t size = sizeof(uint64_t) + key_size + value_size;
    *cache = (struct generation_cache){.key_size = key_size,
                                       .value_size = value_size,
                                       .entry_size = (size + 7) & ~(size_t)7,
                                       .entries_max = entries_max < 2 ? 2 : entries_max,
                                       .turns_by_itself = true};
}

static uint8_t *entry_at(const struct generation_cache *cache,
                         const struct generation *generation,
                         size_t index)
{
    return generation->entries + index * cache->entry_size;
}

static uint64_t hash_at(const uint8_t *entry)
{
    uint64_t hash;
    memcpy(&hash, entry, sizeof hash);
    return hash;
}

static uint8_t *key_of(uint8_t *entry)
{
    return entry + sizeof(uint64_t);
}

/* Values begin at a multiple of 8 if keys have such sizes; whoever reads one copies it. */
static uint8_t *value_of(const struct generation_cache *cache, uint8_t *entry)
{
    return key_of(entry) + cache->key_size;
}

static void forget(struct generation_cache *cache, struct generation *generation)
{
    for (size_t i = 0; i < generation->count && cache->drop != NULL; i++)
        cache->drop(value_of(cache, entry_at(cache, generation, i)));
    if (generation->count > 0)
        memset(generation->cells, 0, generation->cell_count * sizeof *generation->cells);
    generation->count = 0;
}

static void release(struct generation_cache *cache, struct generation *generation)
{
    forget(cache, generation);
    heap_free(generation->entries);
    heap_free(generation->cells);
    *generation = (struct generation){.count = 0};
}

void generation_cache_fini(struct generation_cache *cache)
{
    release(cache, &cache->young);
    release(cache, &cache->old);
}

void generation_cache_clear(struct generation_cache *cache)
{
    forget(cache, &cache->young);
    forget(cache, &cache->old);
}

static uint8_t *find_in(const struct generation_cache *cache,
                        const struct generation *generation,
                        const void *key,
                        uint64_t hash)
{
    if (generation->count == 0) return NULL;
    size_t mask = generation->cell_count - 1;
    for (size_t at = (size_t)hash & mask; generation->cells[at] != 0;
         at = (at + 1) & mask) { /* ends: half are free */
        uint8_t *entry = entry_at(cache, generation, generation->cells[at] - 1);
        if (hash_at(entry) == hash && memcmp(key_of(entry), key, cache->key_size) == 0)
            return entry;
    }
    return NULL;
}

static void put_cell(struct generation *generation, uint64_t hash, size_t index)
{
    size_t mask = generation->cell_count - 1, at = (size_t)hash & mask;
    while (generation->cells[at] != 0)
        at = (at + 1) & mask; /* ends: half are free */
    generation->cells[at] = (uint32_t)index + 1;
}

/* Room for one more in the young generation. */
static bool reserve(struct generation_cache *cache)
{
    struct generation *young = &cache->young;
    if (young->count < young->room) return true;
    size_t room = young->room == 0 ? ROOM_MIN : 2 * young->room;
    if (room > UINT32_MAX / 4) return false;
    uint8_t *entries = heap_realloc(young->entries, room * cache->entry_size);
    if (entries == NULL) return false;
    young->entries = entries;
    uint32_t *cells = heap_alloc_zeroed(2 * room, sizeof *cells);
    if (cells == NULL) return false;
    heap_free(young->cells);
    young->cells = cells;
    young->cell_count = 2 * room;
    young->room = room;
    for (size_t i = 0; i < young->count; i++)
        put_cell(young, hash_at(entry_at(cache, young, i)), i);
    return true;
}

void generation_cache_turn(struct generation_cache *cache)
{
    struct generation old = cache->old;
    forget(cache, &old);
    cache->old = cache->young;
    cache->young = old;
    cache->turns++;
}

/* A new entry in the young generation, or NULL. */
static uint8_t *append(struct generation_cache *cache,
                       const void *key,
                       uint64_t hash,
                       const void *value)
{
    if (cache->turns_by_itself && cache->young.count >= cache->entries_max / 2)
        generation_cache_turn(cache);
    if (!reserve(cache)) return NULL;
    uint8_t *entry = entry_at(cache, &cache->young, cache->young.count);
    memcpy(entry, &hash, sizeof hash);
    memcpy(key_of(entry), key, cache->key_size);
    memcpy(value_of(cache, entry), value, cache->value_size);
    put_cell(&cache->young, hash, cache->young.count++);
    return entry;
}

void *generation_cache_find(struct generation_cache *cache, const void *key, uint64_t hash)
{
    uint8_t *entry = find_in(cache, &cache->young, key, hash);
    if (entry != NULL) return value_of(cache, entry);
    entry = find_in(cache, &cache->old, key, hash);
    if (entry == NULL) return NULL;
    /* It moves; where it was nothing is left to drop. The turn may drop all that is old: the value is copied first. */
    uint8_t value[128];
    ASSERT(cache->value_size <= sizeof value);
    memcpy(value, value_of(cache, entry), cache->value_size);
    memset(value_of(cache, entry), 0, cache->value_size);
    uint8_t *moved = append(cache, key, hash, value);
    if (moved != NULL) return value_of(cache, moved);
    memcpy(value_of(cache, entry), value, cache->value_size);
    return value_of(cache, entry);
}

bool generation_cache_put(struct generation_cache *cache,
                          const void *key,
                          uint64_t hash,
                          const void *value)
{
    void *known = generation_cache_find(cache, key, hash);
    if (known == NULL) return append(cache, key, hash, value) != NULL;
    if (cache->drop != NULL) cache->drop(known);
    memcpy(known, value, cache->value_size);
    return true;
}

void generation_cache_each(struct generation_cache *cache,
                           void (*visit)(void *context, const void *key, void *value),
                           void *context)
{
    struct generation *const generations[] = {&cache->old, &cache->young};
    for (size_t g = 0; g < COUNT_OF(generations); g++) {
        for (size_t i = 0; i < generations[g]->count; i++) {
            uint8_t *entry = entry_at(cache, generations[g], i);
            visit(context, key_of(entry), value_of(cache, entry));
        }
    }
}

size_t generation_cache_count(const struct generation_cache *cache)
{
    return cache->young.count + cache->old.count;
}

size_t generation_cache_bytes(const struct generation_cache *cache)
{
    size_t room = cache->young.room + cache->old.room;
    return room * cache->entry_size + 2 * room * sizeof(uint32_t);
}
