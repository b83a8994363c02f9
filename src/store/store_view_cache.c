/* The caches of a view. */
#include "base/hash.h"
#include "base/heap.h"
#include "store/store_view_private.h"

/* Of bytes_max: accounts a quarter, slots a half, codes a quarter. */
#define PARTS 4

struct slot_key {
    address who;
    uint8_t slot[32];
};

static struct slot_key slot_key_of(const address *who, const u256 *slot)
{
    struct slot_key key = {.who = *who};
    u256_to_be(key.slot, *slot);
    return key;
}

static uint64_t account_hash(const struct store_view *view, const address *who)
{
    return hash_address(who, view->seed);
}

static uint64_t slot_hash(const struct store_view *view, const address *who, const u256 *slot)
{
    return hash_u256(slot, hash_address(who, view->seed));
}

/* The table uses the low bits, the choice of the shard the high ones. */
static struct shard *shard_of(struct store_view *view, uint64_t hash)
{
    return &view->shards[hash >> 60 & (SHARDS - 1)];
}

static bool find_in(struct generation_cache *cache,
                    struct cache_counts *counts,
                    const void *key,
                    uint64_t hash,
                    void *out)
{
    const void *value = generation_cache_find(cache, key, hash);
    if (value != NULL) memcpy(out, value, cache->value_size);
    counts->hits += value != NULL;
    counts->misses += value == NULL;
    return value != NULL;
}

bool view_find_account(struct store_view *view, const address *who, struct account_entry *out)
{
    uint64_t hash = account_hash(view, who);
    struct shard *shard = shard_of(view, hash);
    pthread_mutex_lock(&shard->mutex);
    bool found = find_in(&shard->accounts, &shard->account_counts, who, hash, out);
    pthread_mutex_unlock(&shard->mutex);
    return found;
}

void view_put_account(struct store_view *view,
                      const address *who,
                      const struct account_entry *entry)
{
    uint64_t hash = account_hash(view, who);
    struct shard *shard = shard_of(view, hash);
    pthread_mutex_lock(&shard->mutex);
    (void)generation_cache_put(&shard->accounts, who, hash, entry);
    pthread_mutex_unlock(&shard->mutex);
}

bool view_find_slot(struct store_view *view, const address *who, const u256 *slot, u256 *out)
{
    uint64_t hash = slot_hash(view, who, slot);
    struct slot_key key = slot_key_of(who, slot);
    struct shard *shard = shard_of(view, hash);
    pthread_mutex_lock(&shard->mutex);
    bool found = find_in(&shard->slots, &shard->slot_counts, &key, hash, out);
    pthread_mutex_unlock(&shard->mutex);
    return found;
}

void view_put_slot(struct store_view *view, const address *who, const u256 *slot, const u256 *value)
{
    uint64_t hash = slot_hash(view, who, slot);
    struct slot_key key = slot_key_of(who, slot);
    struct shard *shard = shard_of(view, hash);
    pthread_mutex_lock(&shard->mutex);
    (void)generation_cache_put(&shard->slots, &key, hash, value);
    pthread_mutex_unlock(&shard->mutex);
}

static void clear_slot(void *context, const void *key, void *value)
{
    if (memcmp(key, context, sizeof(address)) == 0) memset(value, 0, sizeof(u256));
}

void view_clear_slots(struct store_view *view, const address *who)
{
    address copy = *who;
    for (size_t i = 0; i < SHARDS; i++)
        generation_cache_each(&view->shards[i].slots, clear_slot, &copy);
}

/* ---- codes ---- */

static void drop_code(void *value)
{
    struct code_entry entry;
    memcpy(&entry, value, sizeof entry);
    heap_free(entry.data);
}

bool view_find_code(struct store_view *view, const hash32 *hash, struct bytes *out)
{
    struct code_entry entry;
    pthread_mutex_lock(&view->mutex);
    bool found =
        find_in(&view->codes, &view->code_counts, hash, hash_hash32(hash, view->seed), &entry);
    pthread_mutex_unlock(&view->mutex);
    if (found) *out = bytes_of(entry.data, entry.size);
    return found;
}

/* Somebody may have been faster: what was given out stays. */
bool view_put_code(
    struct store_view *view, const hash32 *hash, uint8_t *data, size_t size, struct bytes *out)
{
    struct code_entry entry = {data, size};
    uint64_t key_hash = hash_hash32(hash, view->seed);
    pthread_mutex_lock(&view->mutex);
    const void *known = generation_cache_find(&view->codes, hash, key_hash);
    bool is_kept = known != NULL;
    if (is_kept) {
        heap_free(data);
        memcpy(&entry, known, sizeof entry);
    } else {
        is_kept = generation_cache_put(&view->codes, hash, key_hash, &entry);
        if (!is_kept) heap_free(data);
    }
    pthread_mutex_unlock(&view->mutex);
    *out = bytes_of(entry.data, entry.size);
    return is_kept;
}

/* ---- life ---- */

static size_t smaller(size_t entries, size_t bytes, size_t entry_size)
{
    size_t fitting = bytes / entry_size;
    return entries < fitting ? entries : fitting;
}

/* An entry, and its two cells in tables that may have twice the room. */
static void limit(struct generation_cache *cache, size_t entries, size_t bytes)
{
    size_t most = smaller(entries, bytes, 2 * (cache->entry_size + 8)) / SHARDS;
    cache->entries_max = most < 2 ? 2 : most;
}

void view_caches_limit(struct store_view *view, const struct store_view_limits *limits)
{
    size_t part = limits->bytes_max / PARTS;
    view->codes_max = limits->codes_max;
    view->code_bytes_max = part;
    for (size_t i = 0; i < SHARDS; i++) {
        limit(&view->shards[i].accounts, limits->accounts_max, part);
        limit(&view->shards[i].slots, limits->slots_max, 2 * part);
    }
}

bool view_caches_init(struct store_view *view, const struct store_view_limits *limits)
{
    view->seed = hash_seed();
    generation_cache_init(&view->codes, sizeof(hash32), sizeof(struct code_entry), 0);
    view->codes.turns_by_itself = false;
    view->codes.drop = drop_code;
    if (pthread_mutex_init(&view->mutex, NULL) != 0) return false;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &view->shards[i];
        generation_cache_init(&shard->accounts, sizeof(address), sizeof(struct account_entry), 0);
        generation_cache_init(&shard->slots, sizeof(struct slot_key), sizeof(u256), 0);
        if (pthread_mutex_init(&shard->mutex, NULL) != 0) return false;
    }
    view_caches_limit(view, limits);
    return true;
}

void view_caches_fini(struct store_view *view)
{
    for (size_t i = 0; i < SHARDS; i++) {
        generation_cache_fini(&view->shards[i].accounts);
        generation_cache_fini(&view->shards[i].slots);
        pthread_mutex_destroy(&view->shards[i].mutex);
    }
    generation_cache_fini(&view->codes);
    pthread_mutex_destroy(&view->mutex);
}
