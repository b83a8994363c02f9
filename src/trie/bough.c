#include "trie/bough.h"

#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "trie/trie_node_private.h"

#define HASH_SIZE 32

/* ---- the way through boughs, without opening them ---- */

/* Take `depth` further over the path of a leaf or extension. False: the way ends. */
static bool pass_path(struct bytes compact, struct nibbles key, unsigned *depth)
{
    struct nibbles path, rest = nibbles_from(key, *depth);
    bool is_leaf;
    if (!nibbles_read_compact(&path, &is_leaf, compact) || is_leaf) return false;
    if (path.count > rest.count || nibbles_common(path, rest) < path.count) return false;
    *depth += path.count;
    return true;
}

static bool is_hash(const struct rlp_item *item)
{
    return !item->is_list && item->payload.size == HASH_SIZE;
}

/* [path, child], an extension or not. */
static bool next_after_two(struct bytes list, struct nibbles key, unsigned *depth)
{
    struct rlp_item path, child;
    if (rlp_next(&list, &path) != RLP_OK || rlp_next(&list, &child) != RLP_OK) return false;
    return !path.is_list && is_hash(&child) && pass_path(path.payload, key, depth);
}

/* The item of a branch on the way, which has one nibble more before it. */
static bool take_child(struct bytes list, struct nibbles key, unsigned *depth, struct rlp_item *out)
{
    if (*depth >= key.count) return false;
    unsigned nibble = nibbles_at(key, (*depth)++);
    for (unsigned i = 0; i <= nibble; i++)
        if (rlp_next(&list, out) != RLP_OK) return false;
    return true;
}

bool bough_next(struct bytes bough, struct nibbles key, unsigned depth, unsigned *next)
{
    struct bytes list;
    struct rlp_item child;
    size_t count;
    *next = depth;
    if (rlp_only_list(bough, &list) != RLP_OK || rlp_count(list, &count) != RLP_OK) return false;
    if (count == 2) return next_after_two(list, key, next);
    if (!take_child(list, key, next, &child)) return false;
    if (is_hash(&child)) return true;
    return child.is_list && rlp_count(child.payload, &count) == RLP_OK && count == 2 &&
           next_after_two(child.payload, key, next);
}

/* ---- the new ones ---- */

/* A walk from the root over all new branches; `path` leads to the innermost one. */
struct visit {
    struct {
        const struct trie_branch_node *branch;
        unsigned next, depth; /* the child that is next, the nibbles before the branch */
    } stack[NIBBLES_MAX + 1];
    unsigned count;
    uint8_t path[NIBBLES_MAX / 2];

    enum pevm_status (*tell)(void *context, struct nibbles path, struct bytes bough);
    void *context;
    struct arena *scratch;
};

static void set_nibble(struct visit *visit, unsigned at, unsigned nibble)
{
    ASSERT(at < NIBBLES_MAX);
    uint8_t *byte = &visit->path[at / 2];
    *byte = (uint8_t)(at % 2 == 0 ? nibble << 4 : (*byte & 0xf0) | nibble);
}

static enum pevm_status tell(struct visit *visit, struct trie_node *node, unsigned depth)
{
    struct arena_mark mark = arena_mark(visit->scratch);
    size_t size = node_bough_size(node);
    uint8_t *bough = arena_alloc_aligned(visit->scratch, size, 8);
    if (bough == NULL) return PEVM_NO_MEMORY;
    node_put_bough(bough, node);
    struct nibbles path = {visit->path, 0, (uint8_t)depth};
    enum pevm_status status = visit->tell(visit->context, path, bytes_of(bough, size));
    arena_release(visit->scratch, mark);
    return status;
}

/* `node` stands after `depth` nibbles: if it is, or leads to, a new branch, that is told and visited next. */
static enum pevm_status enter(struct visit *visit, struct trie_node *node, unsigned depth)
{
    if (node == NULL || !node->is_new) return PEVM_OK;
    bool is_root = depth == 0;
    if (is_root && node->kind != NODE_BRANCH) TRY(tell(visit, node, 0));
    if (node->kind == NODE_EXTENSION) {
        struct trie_extension_node *extension = node_extension(node);
        for (unsigned i = 0; i < extension->path.count; i++)
            set_nibble(visit, depth++, nibbles_at(extension->path, i));
        node = extension->child;
        is_root = false;
    }
    if (node->kind != NODE_BRANCH || !node->is_new) return PEVM_OK;
    if (is_root || node->reference_size == HASH_SIZE) TRY(tell(visit, node, depth));
    ASSERT(visit->count < COUNT_OF(visit->stack));
    visit->stack[visit->count].branch = node_branch(node);
    visit->stack[visit->count].next = 0;
    visit->stack[visit->count++].depth = depth;
    return PEVM_OK;
}

enum pevm_status trie_each_new_bough(const struct trie *trie,
                                     enum pevm_status (*visit)(void *context,
                                                               struct nibbles path,
                                                               struct bytes bough),
                                     void *context,
                                     struct arena *scratch)
{
    struct visit all = {.tell = visit, .context = context, .scratch = scratch};
    TRY(enter(&all, trie->root, 0));
    while (all.count > 0) { /* ends: each round takes a child or a branch */
        unsigned top = all.count - 1;
        if (all.stack[top].next == 16) {
            all.count--;
            continue;
        }
        unsigned nibble = all.stack[top].next++, depth = all.stack[top].depth;
        struct trie_node *child = all.stack[top].branch->children[nibble];
        if (child == NULL) continue;
        set_nibble(&all, depth, nibble);
        TRY(enter(&all, child, depth + 1));
    }
    return PEVM_OK;
}

bool trie_has_bough(const struct trie *trie, struct nibbles path)
{
    struct trie_node *node = trie->root;
    if (path.count == 0) return node != NULL || trie->root_unread;
    while (node != NULL) { /* ends: each round takes a nibble off the path */
        if (node->kind == NODE_HASH) return true;
        if (node->kind == NODE_LEAF) return false;
        if (node->kind == NODE_EXTENSION) {
            struct trie_extension_node *extension = node_extension(node);
            unsigned count = extension->path.count;
            if (count > path.count || nibbles_common(extension->path, path) < count) return false;
            path = nibbles_from(path, count);
            node = extension->child;
        } else {
            if (path.count == 0) return node->reference_size == HASH_SIZE;
            node = node_branch(node)->children[nibbles_at(path, 0)];
            path = nibbles_from(path, 1);
        }
    }
    return false;
}
