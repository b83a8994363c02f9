/* One pass over the entries. Between two neighbours only the number of nibbles that they share matters: more than the
 * innermost open branch has before it opens one more; less closes it. (The stack is that of Cartesian trees.) */
#include "trie/trie_build.h"

#include "base/assert.h"
#include "crypto/keccak.h"
#include "trie/trie_node_private.h"

#define NOTHING_SHARED (-1) /* with the end of the list: even the root closes */

void trie_build_begin(struct trie_build *build, struct trie *trie, struct arena *arena)
{
    trie_open(trie, &keccak_empty_trie, NULL, arena);
    build->trie = trie;
    build->open_count = 0;
    build->has_entry = false;
}

static int innermost(const struct trie_build *build)
{
    return build->open_count == 0 ? NOTHING_SHARED : build->depth[build->open_count - 1];
}

/* Make sure that a branch stands after `depth` nibbles, if the branches so far end before. */
static bool open_to(struct trie_build *build, int depth)
{
    if (depth <= innermost(build)) return true;
    ASSERT(build->open_count < COUNT_OF(build->open));
    struct trie_branch_node *branch = node_new_branch(build->trie->arena);
    if (branch == NULL) return false;
    build->open[build->open_count] = branch;
    build->depth[build->open_count++] = depth;
    return true;
}

/* Hang `node` under the innermost branch, or make it the root. */
static void hang(struct trie_build *build, struct trie_node *node, struct nibbles key)
{
    if (build->open_count == 0) {
        build->trie->root = node;
        return;
    }
    unsigned nibble = nibbles_at(key, (unsigned)innermost(build));
    build->open[build->open_count - 1]->children[nibble] = node;
}

/* The entry that waits shares `shared` nibbles with the next one: hang it, close what ends with it. */
static enum pevm_status settle(struct trie_build *build, int shared)
{
    struct nibbles key = nibbles_of_key(build->key);
    struct arena *arena = build->trie->arena;
    if (!open_to(build, shared)) return PEVM_NO_MEMORY;
    struct nibbles tail = nibbles_from(key, (unsigned)(innermost(build) + 1));
    struct trie_node *leaf = node_new_leaf(arena, tail, build->value);
    if (leaf == NULL) return PEVM_NO_MEMORY;
    hang(build, leaf, key);

    while (innermost(build) > shared) { /* ends: each round closes one */
        int depth = innermost(build);
        ASSERT(build->open_count > 0);
        struct trie_node *node = &build->open[--build->open_count]->node;
        if (!open_to(build, shared)) return PEVM_NO_MEMORY;
        int above = innermost(build);
        if (depth > above + 1) {
            struct nibbles path =
                nibbles_from(nibbles_first(key, (unsigned)depth), (unsigned)(above + 1));
            node = node_new_extension(arena, path, node);
            if (node == NULL) return PEVM_NO_MEMORY;
        }
        hang(build, node, key);
    }
    return PEVM_OK;
}

enum pevm_status trie_build_add(struct trie_build *build, struct bytes key, struct bytes value)
{
    ASSERT(value.size > 0);
    if (build->has_entry) {
        struct nibbles before = nibbles_of_key(build->key), now = nibbles_of_key(key);
        unsigned shared = nibbles_common(before, now);
        ASSERT(shared < before.count && shared < now.count);
        ASSERT(nibbles_at(before, shared) < nibbles_at(now, shared));
        TRY(settle(build, (int)shared));
    }
    build->key = key;
    build->value = value;
    build->has_entry = true;
    return PEVM_OK;
}

enum pevm_status trie_build_end(struct trie_build *build)
{
    if (build->has_entry) TRY(settle(build, NOTHING_SHARED));
    ASSERT(build->open_count == 0);
    return PEVM_OK;
}
