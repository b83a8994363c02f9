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

/* ---- what is below ---- */

/* A path that grows. */
struct place {
    uint8_t packed[NIBBLES_MAX / 2];
    unsigned count;
};

static bool add_nibble(struct place *place, unsigned nibble)
{
    if (place->count == NIBBLES_MAX) return false;
    uint8_t *byte = &place->packed[place->count / 2];
    *byte = (uint8_t)(place->count++ % 2 == 0 ? nibble << 4 : (*byte & 0xf0) | nibble);
    return true;
}

static bool add_path(struct place *place, struct nibbles path)
{
    for (unsigned i = 0; i < path.count; i++)
        if (!add_nibble(place, nibbles_at(path, i))) return false;
    return true;
}

struct below {
    bool (*visit)(void *context, struct nibbles path);
    void *context;
};

static bool tell_below(const struct below *below, const struct place *place)
{
    return below->visit(below->context, (struct nibbles){place->packed, 0, (uint8_t)place->count});
}

/* [path, child]: of an extension, the branch that it leads to. */
static bool below_two(const struct below *below, struct bytes list, struct place place)
{
    struct rlp_item path, child;
    struct nibbles nibbles;
    bool is_leaf;
    if (rlp_next(&list, &path) != RLP_OK || rlp_next(&list, &child) != RLP_OK) return false;
    if (path.is_list || !nibbles_read_compact(&nibbles, &is_leaf, path.payload)) return false;
    if (is_leaf || !is_hash(&child)) return true;
    return add_path(&place, nibbles) && tell_below(below, &place);
}

static bool below_child(const struct below *below, const struct rlp_item *child, struct place place)
{
    size_t count;
    if (is_hash(child)) return tell_below(below, &place);
    if (!child->is_list) return child->payload.size == 0;
    if (rlp_count(child->payload, &count) != RLP_OK) return false;
    return count != 2 || below_two(below, child->payload, place);
}

bool bough_each_below(struct bytes bough,
                      struct nibbles path,
                      bool (*visit)(void *context, struct nibbles path),
                      void *context)
{
    struct below below = {visit, context};
    struct place place = {.count = 0};
    struct bytes list;
    size_t count;
    if (rlp_only_list(bough, &list) != RLP_OK || rlp_count(list, &count) != RLP_OK) return false;
    if (!add_path(&place, path)) return false;
    if (count == 2) return below_two(&below, list, place);
    if (count != 17) return false;
    for (unsigned i = 0; i < 16; i++) {
        struct rlp_item child;
        struct place next = place;
        if (rlp_next(&list, &child) != RLP_OK || !add_nibble(&next, i)) return false;
        if (!below_child(&below, &child, next)) return false;
    }
    return true;
}

/* ---- the new ones ---- */

/* A walk from the root over all new branches; `path` leads to the innermost one. */
struct visit {
    struct {
        const struct trie_branch_node *branch;
        unsigned next, depth; /* the child that is next, the nibbles before the branch */
    } stack[NIBBLES_MAX + 1];
    unsigned count;
    struct place path;

    enum pevm_status (*tell)(void *context, struct nibbles path, struct bytes bough);
    void *context;
    struct arena *scratch;
};

static enum pevm_status tell(struct visit *visit, struct trie_node *node)
{
    struct arena_mark mark = arena_mark(visit->scratch);
    size_t size = node_bough_size(node);
    uint8_t *bough = arena_alloc_aligned(visit->scratch, size, 8);
    if (bough == NULL) return PEVM_NO_MEMORY;
    node_put_bough(bough, node);
    struct nibbles path = {visit->path.packed, 0, (uint8_t)visit->path.count};
    enum pevm_status status = visit->tell(visit->context, path, bytes_of(bough, size));
    arena_release(visit->scratch, mark);
    return status;
}

/* `node` stands at the path: if it is, or leads to, a new branch, that is told and visited next. */
static enum pevm_status enter(struct visit *visit, struct trie_node *node)
{
    if (node == NULL || !node->is_new) return PEVM_OK;
    bool is_root = visit->path.count == 0;
    if (is_root && node->kind != NODE_BRANCH) TRY(tell(visit, node));
    if (node->kind == NODE_EXTENSION) {
        bool fits = add_path(&visit->path, node_extension(node)->path);
        ASSERT(fits);
        node = node_extension(node)->child;
        is_root = false;
    }
    if (node->kind != NODE_BRANCH || !node->is_new) return PEVM_OK;
    if (is_root || node->reference_size == HASH_SIZE) TRY(tell(visit, node));
    ASSERT(visit->count < COUNT_OF(visit->stack));
    visit->stack[visit->count].branch = node_branch(node);
    visit->stack[visit->count].next = 0;
    visit->stack[visit->count++].depth = visit->path.count;
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
    TRY(enter(&all, trie->root));
    while (all.count > 0) { /* ends: each round takes a child or a branch */
        unsigned top = all.count - 1;
        if (all.stack[top].next == 16) {
            all.count--;
            continue;
        }
        unsigned nibble = all.stack[top].next++;
        struct trie_node *child = all.stack[top].branch->children[nibble];
        if (child == NULL) continue;
        all.path.count = all.stack[top].depth;
        bool fits = add_nibble(&all.path, nibble);
        ASSERT(fits);
        TRY(enter(&all, child));
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
