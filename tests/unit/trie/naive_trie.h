/* naive_trie.h - the trie as appendix D of the Yellow Paper writes it down: c(J, i) and n(J, i) over sorted entries,
 * by recursion, one hash at a time. Slow and apart from everything under test: the oracle of the trie tests.
 */
#pragma once

#include "base/arena.h"
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"
#include "support/test.h"
#include "trie/node_source.h"

#include <stdlib.h>

#define NAIVE_MAX 4096

/* Nodes by hash, as a witness has them. */
struct node_store {
    struct naive_node {
        hash32 hash;
        struct bytes encoding;
        bool is_missing;
        unsigned asked;
    } nodes[NAIVE_MAX];
    size_t count;
    struct arena arena;
};

static struct node_store *naive_record; /* may be NULL; takes every node that naive_root hashes */

static inline struct naive_node *node_store_find(struct node_store *store, const hash32 *hash)
{
    for (size_t i = 0; i < store->count; i++)
        if (hash32_equal(&store->nodes[i].hash, hash)) return &store->nodes[i];
    return NULL;
}

static inline void node_store_add(struct node_store *store,
                                  const hash32 *hash,
                                  struct bytes encoding)
{
    if (node_store_find(store, hash) != NULL) return;
    assert_true(store->count < NAIVE_MAX);
    struct naive_node *node = &store->nodes[store->count++];
    *node = (struct naive_node){.hash = *hash};
    assert_true(arena_copy(&store->arena, &node->encoding, encoding));
}

static inline struct node_store *node_store_new(void)
{
    struct node_store *store = calloc(1, sizeof *store);
    assert_non_null(store);
    arena_init(&store->arena, 1 << 16, 0);
    return store;
}

static inline void node_store_free(struct node_store *store)
{
    arena_fini(&store->arena);
    free(store);
}

static inline enum pevm_status node_store_get(void *context, const hash32 *hash, struct bytes *out)
{
    struct naive_node *node = node_store_find(context, hash);
    if (node == NULL || node->is_missing) return PEVM_NOT_FOUND;
    node->asked++;
    *out = node->encoding;
    return PEVM_OK;
}

struct naive_entry {
    uint8_t key[32];
    size_t key_size;
    struct bytes value;
};

struct naive_trie {
    struct naive_entry entries[NAIVE_MAX];
    size_t count;
    struct arena arena;
};

static inline unsigned naive_nibble(const struct naive_entry *entry, size_t i)
{
    return (unsigned)(i % 2 == 0 ? entry->key[i / 2] >> 4 : entry->key[i / 2] & 15);
}

static inline int naive_compare(const void *a, const void *b)
{
    const struct naive_entry *x = a, *y = b;
    size_t size = x->key_size < y->key_size ? x->key_size : y->key_size;
    int order = memcmp(x->key, y->key, size);
    if (order != 0) return order;
    return (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

static inline struct bytes naive_get(const struct naive_trie *naive, struct bytes key)
{
    for (size_t i = 0; i < naive->count; i++)
        if (bytes_equal(bytes_of(naive->entries[i].key, naive->entries[i].key_size), key))
            return naive->entries[i].value;
    return BYTES_EMPTY;
}

static inline void naive_put(struct naive_trie *naive, struct bytes key, struct bytes value)
{
    size_t at = 0;
    while (at < naive->count &&
           !bytes_equal(bytes_of(naive->entries[at].key, naive->entries[at].key_size), key))
        at++;
    if (value.size == 0) {
        if (at < naive->count) naive->entries[at] = naive->entries[--naive->count];
        return;
    }
    assert_true(at < NAIVE_MAX);
    struct naive_entry *entry = &naive->entries[at];
    if (at == naive->count) naive->count++;
    if (key.size > 0) memcpy(entry->key, key.data, key.size);
    entry->key_size = key.size;
    assert_true(arena_copy(&naive->arena, &entry->value, value));
}

static inline uint8_t *naive_hex_prefix(
    uint8_t *to, const struct naive_entry *entry, size_t from, size_t end, bool is_leaf)
{
    uint8_t packed[40];
    size_t size = 0;
    unsigned flag = is_leaf ? 2 : 0;
    if ((end - from) % 2 != 0)
        packed[size++] = (uint8_t)((flag + 1) << 4 | naive_nibble(entry, from++));
    else
        packed[size++] = (uint8_t)(flag << 4);
    for (; from < end; from += 2)
        packed[size++] = (uint8_t)(naive_nibble(entry, from) << 4 | naive_nibble(entry, from + 1));
    return rlp_put_bytes(to, bytes_of(packed, size));
}

static inline struct bytes naive_list(struct arena *arena, const uint8_t *payload, size_t size)
{
    uint8_t *whole = arena_alloc(arena, rlp_size_list(size));
    assert_non_null(whole);
    uint8_t *end = rlp_put_list_head(whole, size);
    if (size > 0) memcpy(end, payload, size);
    return bytes_of(whole, (size_t)(end - whole) + size);
}

static inline struct bytes naive_structure(struct arena *arena,
                                           const struct naive_entry *entries,
                                           size_t count,
                                           size_t i);

static inline uint8_t *naive_reference(
    uint8_t *to, struct arena *arena, const struct naive_entry *entries, size_t count, size_t i)
{
    if (count == 0) return rlp_put_bytes(to, BYTES_EMPTY);
    struct bytes structure = naive_structure(arena, entries, count, i);
    if (structure.size < 32) {
        memcpy(to, structure.data, structure.size);
        return to + structure.size;
    }
    hash32 hash;
    keccak256(&hash, structure.data, structure.size);
    if (naive_record != NULL) node_store_add(naive_record, &hash, structure);
    return rlp_put_bytes(to, bytes_of(hash.bytes, 32));
}

static inline struct bytes naive_structure(struct arena *arena,
                                           const struct naive_entry *entries,
                                           size_t count,
                                           size_t i)
{
    uint8_t *payload = arena_alloc(arena, 17 * 33 + 64 + entries[0].value.size + 9);
    assert_non_null(payload);
    uint8_t *end = payload;
    if (count == 1) {
        end = naive_hex_prefix(end, entries, i, 2 * entries[0].key_size, true);
        end = rlp_put_bytes(end, entries[0].value);
        return naive_list(arena, payload, (size_t)(end - payload));
    }

    size_t shared = i; /* sorted: what first and last share, all share */
    while (shared < 2 * entries[0].key_size && shared < 2 * entries[count - 1].key_size &&
           naive_nibble(&entries[0], shared) == naive_nibble(&entries[count - 1], shared))
        shared++;
    if (shared > i) {
        end = naive_hex_prefix(end, entries, i, shared, false);
        end = naive_reference(end, arena, entries, count, shared);
        return naive_list(arena, payload, (size_t)(end - payload));
    }

    size_t at = 0;
    struct bytes value = BYTES_EMPTY;
    if (2 * entries[0].key_size == i) value = entries[at++].value;
    for (unsigned nibble = 0; nibble < 16; nibble++) {
        size_t first = at;
        while (at < count && naive_nibble(&entries[at], i) == nibble)
            at++;
        end = naive_reference(end, arena, entries + first, at - first, i + 1);
    }
    end = rlp_put_bytes(end, value);
    return naive_list(arena, payload, (size_t)(end - payload));
}

static inline hash32 naive_root(struct naive_trie *naive)
{
    if (naive->count == 0) return keccak_empty_trie;
    qsort(naive->entries, naive->count, sizeof naive->entries[0], naive_compare);
    struct arena_mark mark = arena_mark(&naive->arena);
    struct bytes root = naive_structure(&naive->arena, naive->entries, naive->count, 0);
    hash32 hash;
    keccak256(&hash, root.data, root.size);
    if (naive_record != NULL) node_store_add(naive_record, &hash, root);
    arena_release(&naive->arena, mark);
    return hash;
}

static inline struct naive_trie *naive_new(void)
{
    struct naive_trie *naive = calloc(1, sizeof *naive);
    assert_non_null(naive);
    arena_init(&naive->arena, 1 << 16, 0);
    return naive;
}

static inline void naive_free(struct naive_trie *naive)
{
    arena_fini(&naive->arena);
    free(naive);
}

static inline void check_hash(hash32 actual, hash32 expected)
{
    assert_memory_equal(actual.bytes, expected.bytes, sizeof actual.bytes);
}
