/* The references of dirty nodes, level by level from the lowest, many hashes at a time. */
#include "base/assert.h"
#include "crypto/keccak.h"
#include "trie/trie_node_private.h"

#define LEVELS_MAX                                                                                 \
    (NIBBLES_MAX +                                                                                 \
     4) /* a level takes a nibble, but for a leaf without path; and a split moves one */
#define BATCH_COUNT 64 /* enough to keep eight lanes busy while lengths differ */

struct hash_batch {
    struct trie_node *nodes[BATCH_COUNT];
    struct bytes encodings[BATCH_COUNT];
    hash32 hashes[BATCH_COUNT];
    size_t count;
    struct arena *scratch;
    struct arena_mark mark;
};

static void node_set_reference(struct trie_node *node, const void *reference, size_t size)
{
    memcpy(node->reference, reference, size);
    node->reference_size = (uint8_t)size;
    node->dirty = false;
}

static void batch_flush(struct hash_batch *batch)
{
    keccak256_many(batch->hashes, batch->encodings, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        node_set_reference(batch->nodes[i], batch->hashes[i].bytes, sizeof batch->hashes[i].bytes);
    batch->count = 0;
    arena_release(batch->scratch, batch->mark);
}

static bool batch_add(struct hash_batch *batch, struct trie_node *node)
{
    size_t size = node_encoding_size(node);
    if (size < sizeof node->reference) {
        uint8_t encoding[sizeof node->reference];
        node_encode(encoding, node);
        node_set_reference(node, encoding, size);
        return true;
    }
    uint8_t *encoding = arena_alloc_aligned(batch->scratch, size, 8);
    if (encoding == NULL) return false;
    node_encode(encoding, node);
    batch->nodes[batch->count] = node;
    batch->encodings[batch->count++] = bytes_of(encoding, size);
    if (batch->count == BATCH_COUNT) batch_flush(batch);
    return true;
}

static void push_if_dirty(struct trie_node **list, struct trie_node *node)
{
    if (node == NULL || !node->dirty) return;
    node->next_dirty = *list;
    *list = node;
}

static void push_children(struct trie_node **list, struct trie_node *node)
{
    if (node->kind == NODE_EXTENSION) {
        push_if_dirty(list, node_extension(node)->child);
    } else if (node->kind == NODE_BRANCH) {
        struct trie_branch_node *branch = node_branch(node);
        for (unsigned i = 0; i < COUNT_OF(branch->children); i++)
            push_if_dirty(list, branch->children[i]);
    }
}

static enum pevm_status hash_level(struct hash_batch *batch, struct trie_node *list)
{
    while (list != NULL) {
        struct trie_node *node = list;
        list = node->next_dirty; /* the reference takes its place */
        if (!batch_add(batch, node)) return PEVM_NO_MEMORY;
    }
    batch_flush(batch);
    return PEVM_OK;
}

static void root_hash_set(struct trie *trie)
{
    const struct trie_node *root = trie->root;
    if (trie->root_unread) return;
    if (root == NULL)
        trie->root_hash = keccak_empty_trie;
    else if (root->reference_size == sizeof trie->root_hash.bytes)
        memcpy(trie->root_hash.bytes, root->reference, sizeof trie->root_hash.bytes);
    else
        keccak256(&trie->root_hash, root->reference, root->reference_size);
}

enum pevm_status trie_root_many(struct trie *const *tries, size_t count, struct arena *scratch)
{
    struct trie_node *levels[LEVELS_MAX] = {NULL};
    for (size_t i = 0; i < count; i++)
        push_if_dirty(&levels[0], tries[i]->root);

    size_t level = 0;
    while (levels[level] != NULL) { /* ends: paths have at most 64 nibbles */
        ASSERT(level + 1 < COUNT_OF(levels));
        for (struct trie_node *node = levels[level]; node != NULL; node = node->next_dirty)
            push_children(&levels[level + 1], node);
        level++;
    }

    struct hash_batch batch = {.scratch = scratch, .mark = arena_mark(scratch)};
    for (; level > 0; level--) {
        enum pevm_status status = hash_level(&batch, levels[level - 1]);
        if (status != PEVM_OK) {
            arena_release(scratch, batch.mark);
            return status;
        }
    }
    for (size_t i = 0; i < count; i++)
        root_hash_set(tries[i]);
    return PEVM_OK;
}
