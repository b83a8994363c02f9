#include "store/bough_cache.h"

#include "base/hash.h"
#include "base/heap.h"

#define CHUNK_SIZE ((size_t)1 << 18)
#define CELLS_MIN  1024
#define ROOM_STEP  64 /* boughs grow and shrink by leaves: room for the next one spares a copy */

struct bough_entry {
    struct bough_place place;
    uint64_t hash;
    uint8_t *bytes;
    uint32_t size, room;
    bool is_known, is_wanted;
};

STATIC_ASSERT(sizeof(struct bough_place) == 56, "seven words to hash, nothing between the fields");

struct bough_place bough_place(const address *who, struct nibbles path)
{
    struct bough_place place = {.is_storage = who != NULL, .count = path.count};
    if (who != NULL) place.who = *who;
    for (unsigned i = 0; i < path.count; i++)
        place.path[i / 2] |= (uint8_t)(nibbles_at(path, i) << (i % 2 == 0 ? 4 : 0));
    return place;
}

struct nibbles bough_place_path(const struct bough_place *place)
{
    return (struct nibbles){place->path, 0, place->count};
}

static uint64_t hash_of(const struct bough_place *place)
{
    uint8_t bytes[sizeof *place];
    memcpy(bytes, place, sizeof bytes);
    uint64_t hash = hash_seed();
    for (size_t i = 0; i < sizeof bytes; i += 8)
        hash = hash_mix(hash ^ load_le64(bytes + i), UINT64_C(0x9e3779b97f4a7c15) + i);
    return HASH_RESULT(hash);
}

static struct bough_entry **cell_of(const struct bough_generation *generation,
                                    const struct bough_place *place,
                                    uint64_t hash)
{
    size_t mask = generation->cell_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) { /* ends: half of the cells are free */
        struct bough_entry *entry = generation->cells[i];
        if (entry == NULL) return &generation->cells[i];
        if (entry->hash == hash && memcmp(&entry->place, place, sizeof *place) == 0)
            return &generation->cells[i];
    }
}

static struct bough_entry *find_in(const struct bough_generation *generation,
                                   const struct bough_place *place,
                                   uint64_t hash)
{
    return generation->cell_count == 0 ? NULL : *cell_of(generation, place, hash);
}

static bool grow(struct bough_generation *generation)
{
    size_t count = generation->cell_count == 0 ? CELLS_MIN : 2 * generation->cell_count;
    struct bough_entry **cells = heap_alloc_zeroed(count, sizeof(struct bough_entry *)),
                       **before = generation->cells;
    if (cells == NULL) return false;
    size_t before_count = generation->cell_count;
    generation->cells = cells;
    generation->cell_count = count;
    for (size_t i = 0; i < before_count; i++)
        if (before[i] != NULL) *cell_of(generation, &before[i]->place, before[i]->hash) = before[i];
    heap_free(before);
    return true;
}

/* The entry of a place in the young generation, made if there is none; NULL: no memory. */
static struct bough_entry *entry_in_young(struct bough_cache *cache,
                                          const struct bough_place *place,
                                          uint64_t hash)
{
    struct bough_generation *young = &cache->young;
    struct bough_entry *entry = find_in(young, place, hash);
    if (entry != NULL) return entry;
    if (2 * young->count >= young->cell_count && !grow(young)) return NULL;
    entry = arena_alloc_zeroed(&young->arena, 1, sizeof *entry);
    if (entry == NULL) return NULL;
    entry->place = *place;
    entry->hash = hash;
    *cell_of(young, place, hash) = entry;
    young->count++;
    return entry;
}

static bool set(struct bough_cache *cache, struct bough_entry *entry, struct bytes bough)
{
    if (entry->room < bough.size) {
        size_t room = (bough.size + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
        uint8_t *bytes = arena_alloc_aligned(&cache->young.arena, room, 8);
        if (bytes == NULL || room > UINT32_MAX) return false;
        entry->bytes = bytes;
        entry->room = (uint32_t)room;
    }
    if (bough.size > 0) memmove(entry->bytes, bough.data, bough.size);
    entry->size = (uint32_t)bough.size;
    entry->is_known = true;
    entry->is_wanted = false;
    return true;
}

bool bough_cache_find(struct bough_cache *cache, const struct bough_place *place, struct bytes *out)
{
    uint64_t hash = hash_of(place);
    const struct bough_entry *entry = find_in(&cache->young, place, hash);
    if (entry == NULL || !entry->is_known) {
        entry = find_in(&cache->old, place, hash);
        if (entry != NULL && entry->is_known) {
            struct bough_entry *young = entry_in_young(cache, place, hash);
            if (young != NULL && set(cache, young, bytes_of(entry->bytes, entry->size)))
                entry = young;
        }
    }
    bool is_known = entry != NULL && entry->is_known;
    if (is_known) *out = bytes_of(entry->bytes, entry->size);
    return is_known;
}

bool bough_cache_put(struct bough_cache *cache, const struct bough_place *place, struct bytes bough)
{
    uint64_t hash = hash_of(place);
    struct bough_entry *entry = entry_in_young(cache, place, hash);
    if (entry != NULL && set(cache, entry, bough)) return true;
    bough_cache_clear(cache); /* what was there before must not be found */
    return false;
}

bool bough_cache_want(struct bough_cache *cache, const struct bough_place *place, bool *is_first)
{
    uint64_t hash = hash_of(place);
    struct bough_entry *entry = entry_in_young(cache, place, hash);
    if (entry == NULL) return false;
    *is_first = !entry->is_wanted;
    entry->is_wanted = true;
    return true;
}

/* ---- life ---- */

static void forget(struct bough_generation *generation)
{
    arena_reset(&generation->arena);
    if (generation->cell_count > 0)
        memset(generation->cells, 0, generation->cell_count * sizeof(struct bough_entry *));
    generation->count = 0;
}

static size_t bytes_in(const struct bough_generation *generation)
{
    return arena_used(&generation->arena) + generation->cell_count * sizeof(struct bough_entry *);
}

void bough_cache_init(struct bough_cache *cache, size_t bytes_max)
{
    *cache = (struct bough_cache){.bytes_max = bytes_max};
    arena_init(&cache->young.arena, CHUNK_SIZE, 0);
    arena_init(&cache->old.arena, CHUNK_SIZE, 0);
}

void bough_cache_fini(struct bough_cache *cache)
{
    arena_fini(&cache->young.arena);
    arena_fini(&cache->old.arena);
    heap_free(cache->young.cells);
    heap_free(cache->old.cells);
    *cache = (struct bough_cache){0};
}

void bough_cache_trim(struct bough_cache *cache)
{
    if (bytes_in(&cache->young) <= cache->bytes_max / 2) return;
    struct bough_generation spare = cache->old;
    cache->old = cache->young;
    cache->young = spare;
    forget(&cache->young);
}

void bough_cache_clear(struct bough_cache *cache)
{
    forget(&cache->young);
    forget(&cache->old);
}

size_t bough_cache_count(const struct bough_cache *cache)
{
    return cache->young.count + cache->old.count;
}

size_t bough_cache_bytes(const struct bough_cache *cache)
{
    return bytes_in(&cache->young) + bytes_in(&cache->old);
}
