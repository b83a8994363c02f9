/* store_view_private.h - the caches of a view. */
#pragma once

#include "store/generation_cache.h"
#include "store/keyspace.h"
#include "store/store_view.h"
#include "store/value.h"

#include <pthread.h>

#define SHARDS       16 /* accounts and slots are spread over so many, each with a lock of its own */
#define BLOCK_HASHES 512

/* What is known of an account. */
struct account_entry {
    struct stored_account value;
    bool exists;
};

/* Bytes on the heap; data NULL: it moved. */
struct code_entry {
    uint8_t *data;
    size_t size;
};

struct shard {
    pthread_mutex_t mutex;
    struct generation_cache accounts, slots;
    struct cache_counts account_counts, slot_counts; /* hits and misses */
} ALIGNED(CACHE_LINE);

struct store_view {
    struct shard shards[SHARDS];
    struct store *store;
    bool lower;
    uint64_t seed;

    pthread_mutex_t mutex; /* of all below */
    struct generation_cache codes;
    size_t code_bytes_max, codes_max;
    struct cache_counts code_counts;
    struct error fault;
    struct {
        uint64_t number;
        hash32 hash;
        bool is_known;
    } block_hashes[BLOCK_HASHES];
};

/* ---- the caches: find copies out, put copies in ---- */

bool view_find_account(struct store_view *view, const address *who, struct account_entry *out);
void view_put_account(struct store_view *view,
                      const address *who,
                      const struct account_entry *entry);
bool view_find_slot(struct store_view *view, const address *who, const u256 *slot, u256 *out);
void view_put_slot(struct store_view *view,
                   const address *who,
                   const u256 *slot,
                   const u256 *value);

/* Lends until the next store_view_begin. */
bool view_find_code(struct store_view *view, const hash32 *hash, struct bytes *out);
/* Takes `data`, which is freed at once if it cannot be kept: false then. *out: the code that is kept. */
bool view_put_code(
    struct store_view *view, const hash32 *hash, uint8_t *data, size_t size, struct bytes *out);

void view_caches_limit(struct store_view *view, const struct store_view_limits *limits);
bool view_caches_init(struct store_view *view, const struct store_view_limits *limits);
void view_caches_fini(struct store_view *view);
/* All slots of an account are zero now. */
void view_clear_slots(struct store_view *view, const address *who);
