/* A fixed number of buckets, each a list that only grows at its head: an entry, once seen, stays where it is until
 * the cache is freed, so readers need no protection.
 *
 * Linearisation points: insertion at the exchange of the bucket's head [A]; a look-up at its load of the head.
 *   [A] the exchange publishes the entry (release)  <->  the loads of a head (acquire)
 * Progress: look-ups are wait-free but for the length of the list; an insertion repeats when another one won.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/heap.h"
#include "evm/code.h"

#include <stdatomic.h>

#define BUCKETS_MIN 1024
#define BUCKETS_MAX (1 << 20)
#define CODE_SIZE_COMMON                                                                           \
    4096 /* bytes; what a deployed contract has on average, only to size the table */

struct entry {
    struct entry *next; /* constant after publication */
    struct code *code;
};

struct code_cache {
    /* constant after code_cache_new */
    size_t bytes_max;
    size_t bucket_mask;
    uint64_t seed;
    _Atomic(struct entry *) *buckets;

    char padding[CACHE_LINE]; /* the counter below is written while the fields above are read */
    atomic_size_t bytes_used;
};

struct code_cache *code_cache_new(size_t bytes_max)
{
    size_t buckets = BUCKETS_MIN;
    while (buckets < BUCKETS_MAX &&
           buckets * CODE_SIZE_COMMON < bytes_max) /* ends: buckets doubles */
        buckets *= 2;
    struct code_cache *cache = heap_alloc_zeroed(1, sizeof *cache);
    if (cache == NULL) return NULL;
    cache->buckets = heap_alloc_zeroed(buckets, sizeof *cache->buckets);
    if (cache->buckets == NULL) {
        heap_free(cache);
        return NULL;
    }
    cache->bytes_max = bytes_max;
    cache->bucket_mask = buckets - 1;
    cache->seed = hash_seed();
    return cache;
}

void code_cache_free(struct code_cache *cache)
{
    if (cache == NULL) return;
    for (size_t i = 0; i <= cache->bucket_mask; i++) {
        struct entry *entry = atomic_load_explicit(&cache->buckets[i], memory_order_relaxed);
        while (entry != NULL) { /* ends: lists have no circle */
            struct entry *next = entry->next;
            heap_free(entry);
            entry = next;
        }
    }
    heap_free(cache->buckets);
    heap_free(cache);
}

static _Atomic(struct entry *) *bucket_of(struct code_cache *cache, const hash32 *hash)
{
    return &cache->buckets[hash_hash32(hash, cache->seed) & cache->bucket_mask];
}

/* The entry of `hash` among those from `entry` on but before `end`, or NULL. */
static const struct code *list_find(const struct entry *entry,
                                    const struct entry *end,
                                    const hash32 *hash)
{
    for (; entry != end;
         entry = entry->next) /* ends: lists have no circle, and `end` is in it or NULL */
        if (hash32_equal(&entry->code->hash, hash)) return entry->code;
    return NULL;
}

const struct code *code_cache_find(struct code_cache *cache, const hash32 *hash)
{
    /* [A] sees whole what was published at the head before. */
    return list_find(
        atomic_load_explicit(bucket_of(cache, hash), memory_order_acquire), NULL, hash);
}

/* Take `size` bytes from the budget; false when too few are left. */
static bool budget_take(struct code_cache *cache, size_t size)
{
    size_t used = atomic_load_explicit(&cache->bytes_used, memory_order_relaxed);
    do { /* ends: the exchange fails only when another insertion took its share */
        if (size > cache->bytes_max || used > cache->bytes_max - size) return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &cache->bytes_used, &used, used + size, memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void budget_return(struct code_cache *cache, size_t size)
{
    atomic_fetch_sub_explicit(&cache->bytes_used, size, memory_order_relaxed);
}

const struct code *code_cache_insert(struct code_cache *cache,
                                     const hash32 *hash,
                                     struct bytes bytes)
{
    _Atomic(struct entry *) *bucket = bucket_of(cache, hash);
    struct entry *head = atomic_load_explicit(bucket, memory_order_acquire); /* [A] */
    const struct code *known = list_find(head, NULL, hash);
    if (known != NULL) return known;

    size_t size = sizeof(struct entry) + code_memory_size(bytes.size);
    if (!budget_take(cache, size)) return NULL;
    struct entry *entry = heap_alloc(size);
    if (entry == NULL) {
        budget_return(cache, size);
        return NULL;
    }
    entry->code = code_build(entry + 1, bytes, hash);

    const struct entry *searched = head; /* from here on the list is known not to hold it */
    for (;;) { /* ends: a failed exchange means that another insertion succeeded */
        entry->next = head;
        /* [A] publishes the code object. */
        if (atomic_compare_exchange_weak_explicit(
                bucket, &head, entry, memory_order_release, memory_order_acquire))
            return entry->code;
        known = list_find(head, searched, hash);
        if (known != NULL) break;
        searched = head;
    }
    heap_free(entry);
    budget_return(cache, size);
    return known;
}
