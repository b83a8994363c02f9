/* As trie_build.c, but that a branch which closes is hashed and told, and only its hash is left of it. */
#include "trie/bough_build.h"

#include "crypto/keccak.h"
#include "trie/trie_node_private.h"

#define NOTHING_SHARED (-1) /* with the end of the list: even the root closes */
#define HASH_SIZE      32

void bough_build_begin(struct bough_build *build,
                       const struct bough_sink *sink,
                       struct arena *arena)
{
    build->sink = sink;
    build->arena = arena;
    build->value_size = 0;
    build->open_count = 0;
    build->root = NULL;
    build->begin = arena_mark(arena);
}

static int innermost(const struct bough_build *build)
{
    return build->open_count == 0 ? NOTHING_SHARED : build->open[build->open_count - 1].depth;
}

/* Make sure that a branch stands after `depth` nibbles, if the branches so far end before. `mark`: what is below it was taken
 * after that. */
static bool open_to(struct bough_build *build, int depth, struct arena_mark mark)
{
    if (depth <= innermost(build)) return true;
    ASSERT(build->open_count < COUNT_OF(build->open));
    struct trie_branch_node *branch = node_new_branch(build->arena);
    if (branch == NULL) return false;
    build->open[build->open_count].branch = branch;
    build->open[build->open_count].depth = depth;
    build->open[build->open_count++].mark = mark;
    return true;
}

/* Hang `node` under the innermost branch, or make it the root. */
static void hang(struct bough_build *build, struct trie_node *node, struct nibbles key)
{
    if (build->open_count == 0) {
        build->root = node;
        return;
    }
    unsigned nibble = nibbles_at(key, (unsigned)innermost(build));
    build->open[build->open_count - 1].branch->children[nibble] = node;
}

static enum pevm_status tell(struct bough_build *build, struct trie_node *node, struct nibbles path)
{
    struct arena_mark mark = arena_mark(build->arena);
    size_t size = node_bough_size(node);
    uint8_t *bough = arena_alloc_aligned(build->arena, size, 8);
    if (bough == NULL) return PEVM_NO_MEMORY;
    node_put_bough(bough, node);
    enum pevm_status status = build->sink->bough(build->sink->context, path, bytes_of(bough, size));
    arena_release(build->arena, mark);
    return status;
}

/* Give references to `node` and all below it. */
static enum pevm_status refer(struct bough_build *build, struct trie_node *node, hash32 *root)
{
    struct trie trie = {.root = node}, *tries = &trie;
    TRY(trie_root_many(&tries, 1, build->arena));
    if (root != NULL) *root = trie.root_hash;
    return PEVM_OK;
}

/* The innermost branch has all its children. *out: what is left of it, to hang elsewhere; *mark: see open_to. */
static enum pevm_status close_branch(struct bough_build *build,
                                     struct nibbles key,
                                     struct trie_node **out,
                                     struct arena_mark *mark)
{
    unsigned top = --build->open_count;
    struct trie_node *node = &build->open[top].branch->node;
    struct nibbles path = nibbles_first(key, (unsigned)build->open[top].depth);
    hash32 hash;
    *mark = build->open[top].mark;
    *out = node;
    TRY(refer(build, node, NULL));
    if (path.count == 0 || node->reference_size < HASH_SIZE) return PEVM_OK;
    TRY(tell(build, node, path));
    memcpy(hash.bytes, node->reference, HASH_SIZE);
    arena_release(build->arena, *mark);
    *out = node_new_hash(build->arena, &hash);
    return *out == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

static struct trie_node *new_leaf(struct bough_build *build, struct nibbles tail)
{
    struct nibbles path;
    struct bytes value;
    if (!nibbles_copy(build->arena, &path, tail)) return NULL;
    if (!arena_copy(build->arena, &value, bytes_of(build->value, build->value_size))) return NULL;
    return node_new_leaf(build->arena, path, value);
}

static struct trie_node *new_extension(struct bough_build *build,
                                       struct nibbles path,
                                       struct trie_node *child)
{
    struct nibbles copy;
    if (!nibbles_copy(build->arena, &copy, path)) return NULL;
    return node_new_extension(build->arena, copy, child);
}

/* The entry that waits shares `shared` nibbles with the next one: hang it, close what ends with it. */
static enum pevm_status settle(struct bough_build *build, int shared)
{
    struct nibbles key = nibbles_of_key(bytes_of(build->key, sizeof build->key));
    struct arena_mark mark = arena_mark(build->arena);
    if (!open_to(build, shared, mark)) return PEVM_NO_MEMORY;
    struct trie_node *node = new_leaf(build, nibbles_from(key, (unsigned)(innermost(build) + 1)));
    if (node == NULL) return PEVM_NO_MEMORY;
    hang(build, node, key);

    while (innermost(build) > shared) { /* ends: each round closes one */
        int depth = innermost(build);
        TRY(close_branch(build, key, &node, &mark));
        if (!open_to(build, shared, mark)) return PEVM_NO_MEMORY;
        int above = innermost(build);
        if (depth > above + 1) {
            struct nibbles path =
                nibbles_from(nibbles_first(key, (unsigned)depth), (unsigned)(above + 1));
            node = new_extension(build, path, node);
            if (node == NULL) return PEVM_NO_MEMORY;
        }
        hang(build, node, key);
    }
    return PEVM_OK;
}

enum pevm_status bough_build_add(struct bough_build *build, const hash32 *key, struct bytes value)
{
    ASSERT(value.size > 0 && value.size <= sizeof build->value);
    if (build->value_size > 0) {
        struct nibbles before = nibbles_of_key(bytes_of(build->key, sizeof build->key));
        struct nibbles now = nibbles_of_key(bytes_of(key->bytes, sizeof key->bytes));
        unsigned shared = nibbles_common(before, now);
        ASSERT(shared < now.count && nibbles_at(before, shared) < nibbles_at(now, shared));
        TRY(settle(build, (int)shared));
    }
    memcpy(build->key, key->bytes, sizeof build->key);
    memcpy(build->value, value.data, value.size);
    build->value_size = value.size;
    return PEVM_OK;
}

enum pevm_status bough_build_end(struct bough_build *build, hash32 *out)
{
    *out = keccak_empty_trie;
    if (build->value_size == 0) return PEVM_OK;
    TRY(settle(build, NOTHING_SHARED));
    ASSERT(build->open_count == 0 && build->root != NULL);
    TRY(refer(build, build->root, out));
    TRY(tell(build, build->root, (struct nibbles){build->key, 0, 0}));
    arena_release(build->arena, build->begin);
    return PEVM_OK;
}
