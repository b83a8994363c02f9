/* bough_cache.h - boughs by place, those that were used lately; that there is none at a place is known, too.
 *
 * Two generations, each with an arena: what is found in the old one is copied to the young one; a full young one becomes the old
 * one, and what was the old one is forgotten. Bytes that were given out stay until the next turn, clear, or put of that place.
 *
 * Words
 *   wanted   asked for by bough_cache_want, and not known yet
 *
 * One owner.
 */
#pragma once

#include "base/arena.h"
#include "trie/nibbles.h"

/* Where a bough lies. All bytes count: those that are not used are zero. */
struct bough_place {
    address who; /* of a storage */
    uint8_t is_storage, count;
    uint8_t unused[2];
    uint8_t path[32]; /* `count` nibbles */
};

/* `who` NULL: in the trie of accounts. */
struct bough_place bough_place(const address *who, struct nibbles path);

/* Borrows from the place. */
struct nibbles bough_place_path(const struct bough_place *place);

struct bough_entry;

struct bough_generation {
    struct arena arena; /* entries and their bytes */
    struct bough_entry **cells;
    size_t cell_count, count; /* a power of two, or 0 */
};

struct bough_cache {
    struct bough_generation young, old;
    size_t bytes_max; /* of both, about */
};

void bough_cache_init(struct bough_cache *cache, size_t bytes_max);
void bough_cache_fini(struct bough_cache *cache);

/* Is it known what is there? `out`: empty for none. */
bool bough_cache_find(struct bough_cache *cache,
                      const struct bough_place *place,
                      struct bytes *out) MUST_CHECK;

/* Set what is there (copied). False: no memory; what is there is not known then. */
bool bough_cache_put(struct bough_cache *cache,
                     const struct bough_place *place,
                     struct bytes bough) MUST_CHECK;

/* Mark what is not known as wanted. *is_first: it was not marked. False: no memory. */
bool bough_cache_want(struct bough_cache *cache,
                      const struct bough_place *place,
                      bool *is_first) MUST_CHECK;

/* A generation is over, if the young one is full. */
void bough_cache_trim(struct bough_cache *cache);

void bough_cache_clear(struct bough_cache *cache);

size_t bough_cache_count(const struct bough_cache *cache); /* entries */
size_t bough_cache_bytes(const struct bough_cache *cache); /* of memory that is in use */
