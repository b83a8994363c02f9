#include "store/store_digest.h"

#include "crypto/keccak.h"

#include <stdlib.h>

#define CHUNK_SIZE ((size_t)1 << 20)

struct leaf {
    struct leaf *next;
    struct bytes key;
    hash32 hash;
};

struct gathering {
    struct arena arena, scratch;
    struct leaf *first;
    size_t count;
    bool has_memory;
};

static bool on_key(void *context, struct bytes key, struct bytes value)
{
    struct gathering *all = context;
    struct leaf *leaf = arena_alloc(&all->arena, sizeof *leaf);
    arena_reset(&all->scratch);
    uint8_t *text = arena_alloc(&all->scratch, key.size + 1 + value.size);
    all->has_memory = leaf != NULL && text != NULL && arena_copy(&all->arena, &leaf->key, key);
    if (!all->has_memory) return false;
    memcpy(text, key.data, key.size);
    text[key.size] = 0;
    if (value.size > 0) memcpy(text + key.size + 1, value.data, value.size);
    keccak256(&leaf->hash, text, key.size + 1 + value.size);
    leaf->next = all->first;
    all->first = leaf;
    all->count++;
    return true;
}

static int compare_leaves(const void *a, const void *b)
{
    const struct leaf *one = *(const struct leaf *const *)a,
                      *other = *(const struct leaf *const *)b;
    size_t size = one->key.size < other->key.size ? one->key.size : other->key.size;
    int order = memcmp(one->key.data, other->key.data, size);
    if (order != 0) return order;
    return (one->key.size > other->key.size) - (one->key.size < other->key.size);
}

/* Sorted, each key once (a scan may give one twice). */
static bool hash_leaves(struct gathering *all, hash32 *out)
{
    struct leaf **leaves = arena_alloc_zeroed(&all->arena, all->count + 1, sizeof(struct leaf *));
    uint8_t *hashes = arena_alloc(&all->arena, (all->count + 1) * sizeof(hash32));
    if (leaves == NULL || hashes == NULL) return false;
    size_t count = 0, size = 0;
    for (struct leaf *leaf = all->first; leaf != NULL; leaf = leaf->next)
        leaves[count++] = leaf;
    qsort(leaves, count, sizeof(struct leaf *), compare_leaves);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && bytes_equal(leaves[i]->key, leaves[i - 1]->key)) continue;
        memcpy(hashes + size, leaves[i]->hash.bytes, sizeof(hash32));
        size += sizeof(hash32);
    }
    keccak256(out, hashes, size);
    return true;
}

enum pevm_status store_digest(struct store *store, hash32 *out, struct error *error)
{
    static const char *const prefixes[] = {"st:latest:", "st:code:", "blk:rcpt:"};
    struct gathering all = {.has_memory = true};
    arena_init(&all.arena, CHUNK_SIZE, 0);
    arena_init(&all.scratch, CHUNK_SIZE, 0);
    enum pevm_status status = PEVM_OK;
    for (size_t i = 0; i < COUNT_OF(prefixes) && status == PEVM_OK; i++)
        status = store_scan(store, bytes_of(prefixes[i], strlen(prefixes[i])), on_key, &all, error);
    if (status == PEVM_OK && (!all.has_memory || !hash_leaves(&all, out)))
        status = error_set(error, PEVM_NO_MEMORY, "no memory for a digest");
    arena_fini(&all.arena);
    arena_fini(&all.scratch);
    return status;
}
