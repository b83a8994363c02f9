#include "trie/trie.h"

#include "base/assert.h"
#include "base/hex.h"
#include "crypto/keccak.h"
#include "trie/trie_node_private.h"

void trie_open(struct trie *trie,
               const hash32 *root,
               const struct node_source *source,
               struct arena *arena)
{
    *trie = (struct trie){.root_hash = *root, .source = source, .arena = arena};
    trie->root_unread = !hash32_equal(root, &keccak_empty_trie);
}

void trie_fork(struct trie *trie, struct trie *base, struct arena *arena)
{
    ASSERT(base->source == NULL);
    ASSERT(!base->root_unread);
    ASSERT(arena != base->arena);
    *trie = *base;
    trie->arena = arena;
}

/* ---- nodes from outside ---- */

/* The nibbles of `key` that lead to a node, as hex digits. */
static const char *path_text(char text[NIBBLES_MAX + 1], struct nibbles key, struct nibbles rest)
{
    unsigned count = (unsigned)key.count - rest.count;
    for (unsigned i = 0; i < count; i++)
        text[i] = "0123456789abcdef"[nibbles_at(key, i)];
    text[count] = 0;
    return text;
}

static enum pevm_status node_fault(struct error *error,
                                   enum pevm_status status,
                                   const struct trie_node *node,
                                   struct nibbles key,
                                   struct nibbles rest,
                                   const char *what)
{
    char hash_text[HEX_HASH_SIZE], path[NIBBLES_MAX + 1];
    hash32 hash;
    memcpy(hash.bytes, node->reference, sizeof hash.bytes);
    return error_set(error,
                     status,
                     "trie node %s at path \"%s\": %s",
                     hex_hash(hash_text, &hash),
                     path_text(path, key, rest),
                     what);
}

/* Where in the trie a walk is: the places it came through, and what is left of the key. */
struct walk {
    struct trie_node **slots[NIBBLES_MAX + 2];
    unsigned count;
    struct nibbles key, rest;
};

static struct walk walk_begin(struct trie *trie, struct bytes key)
{
    struct nibbles path = nibbles_of_key(key);
    return (struct walk){.slots = {&trie->root}, .count = 1, .key = path, .rest = path};
}

static struct trie_node **walk_slot(const struct walk *walk)
{
    return walk->slots[walk->count - 1];
}

static void walk_to(struct walk *walk, struct trie_node **slot, unsigned nibbles)
{
    ASSERT(walk->count < COUNT_OF(walk->slots));
    walk->slots[walk->count++] = slot;
    walk->rest = nibbles_from(walk->rest, nibbles);
}

/* In boughs, only branches are known by a hash alone (bough.h). */
static bool names_only_branches(const struct trie *trie)
{
    return trie->source != NULL && trie->source->bough != NULL;
}

static enum pevm_status ask(const struct node_source *source,
                            const struct walk *walk,
                            const hash32 *hash,
                            struct bytes *out)
{
    if (source->bough == NULL) return source->node(source->context, hash, out);
    unsigned depth = (unsigned)walk->key.count - walk->rest.count;
    return source->bough(source->context, nibbles_first(walk->key, depth), out);
}

/* Put the node that *slot knows by hash into its place. PEVM_NOT_FOUND: the source has none, nothing was said. */
static enum pevm_status fetch(struct trie *trie,
                              struct trie_node **slot,
                              const struct walk *walk,
                              bool must_be_branch,
                              struct error *error)
{
    struct trie_node *known = *slot;
    hash32 hash;
    memcpy(hash.bytes, known->reference, sizeof hash.bytes);

    struct bytes encoding;
    if (trie->source == NULL) return PEVM_NOT_FOUND;
    enum pevm_status status = ask(trie->source, walk, &hash, &encoding);
    if (status == PEVM_NOT_FOUND) return status;
    if (status != PEVM_OK)
        return node_fault(error, status, known, walk->key, walk->rest, "could not be read");

    const char *fault;
    struct trie_node *node;
    if (names_only_branches(trie)) {
        must_be_branch |= walk->count > 1;
        status = node_decode_bough(&node, encoding, &hash, trie->arena, &fault);
    } else {
        status = node_decode(&node, encoding, &hash, trie->arena, &fault);
    }
    if (status == PEVM_NO_MEMORY) return error_set(error, status, "no memory for a trie node");
    if (status != PEVM_OK) return node_fault(error, status, known, walk->key, walk->rest, fault);
    if (must_be_branch && node->kind != NODE_BRANCH) {
        fault = "something else than a branch is there";
        return node_fault(error, PEVM_CORRUPT, known, walk->key, walk->rest, fault);
    }
    *slot = node;
    return PEVM_OK;
}

static enum pevm_status fetch_needed(struct trie *trie,
                                     struct trie_node **slot,
                                     const struct walk *walk,
                                     bool must_be_branch,
                                     struct error *error)
{
    enum pevm_status status = fetch(trie, slot, walk, must_be_branch, error);
    if (status != PEVM_NOT_FOUND) return status;
    return node_fault(error, PEVM_STATE_UNREADABLE, *slot, walk->key, walk->rest, "is not at hand");
}

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "no memory for the trie");
}

static enum pevm_status root_at_hand(struct trie *trie, struct error *error)
{
    if (!trie->root_unread) return PEVM_OK;
    trie->root = node_new_hash(trie->arena, &trie->root_hash);
    if (trie->root == NULL) return no_memory(error);
    trie->root_unread = false;
    return PEVM_OK;
}

/* ---- walks ---- */

/* Go as far as the key leads. The last slot then holds: nothing; a leaf; an extension with another path; or a branch
 * at which the key ends. With `to_change` all nodes on the way belong to this trie afterwards. */
static enum pevm_status walk_down(struct trie *trie,
                                  struct walk *walk,
                                  bool to_change,
                                  struct error *error)
{
    bool after_extension = false;
    for (;;) { /* ends: each round takes a nibble off the key */
        struct trie_node **slot = walk_slot(walk);
        if (*slot == NULL) return PEVM_OK;
        if ((*slot)->kind == NODE_HASH) TRY(fetch_needed(trie, slot, walk, after_extension, error));
        if (to_change && (*slot)->owner != trie->arena) {
            struct trie_node *copy = node_copy(trie->arena, *slot);
            if (copy == NULL) return no_memory(error);
            *slot = copy;
        }

        if ((*slot)->kind == NODE_LEAF) return PEVM_OK;
        if ((*slot)->kind == NODE_EXTENSION) {
            struct trie_extension_node *extension = node_extension(*slot);
            unsigned common = nibbles_common(extension->path, walk->rest);
            if (common < extension->path.count) return PEVM_OK;
            walk_to(walk, &extension->child, common);
            after_extension = true;
        } else {
            if (walk->rest.count == 0) return PEVM_OK;
            struct trie_branch_node *branch = node_branch(*slot);
            walk_to(walk, &branch->children[nibbles_at(walk->rest, 0)], 1);
            after_extension = false;
        }
    }
}

static void walk_mark_dirty(const struct walk *walk)
{
    for (unsigned i = 0; i < walk->count; i++)
        if (*walk->slots[i] != NULL) (*walk->slots[i])->dirty = (*walk->slots[i])->is_new = true;
}

static bool leaf_is_at(struct trie_node *node, struct nibbles rest)
{
    if (node == NULL || node->kind != NODE_LEAF) return false;
    struct nibbles path = node_leaf(node)->path;
    return path.count == rest.count && nibbles_common(path, rest) == rest.count;
}

static bool branch_ends_at(const struct trie_node *node, struct nibbles rest)
{
    return node != NULL && node->kind == NODE_BRANCH && rest.count == 0;
}

enum pevm_status trie_get(struct trie *trie,
                          struct bytes *out,
                          struct bytes key,
                          struct error *error)
{
    struct walk walk = walk_begin(trie, key);
    TRY(root_at_hand(trie, error));
    TRY(walk_down(trie, &walk, false, error));
    struct trie_node *node = *walk_slot(&walk);
    *out = BYTES_EMPTY;
    if (leaf_is_at(node, walk.rest)) *out = node_leaf(node)->value;
    if (branch_ends_at(node, walk.rest)) *out = node_branch(node)->value;
    return PEVM_OK;
}

/* ---- insertion ---- */

#define VALUE_ROOM_STEP 16

/* Leaves keep room, so that values that change often do not fill the arena. */
static bool leaf_set_value(struct arena *arena, struct trie_leaf_node *leaf, struct bytes value)
{
    if (leaf->node.value_room < value.size) {
        size_t room = (value.size + VALUE_ROOM_STEP - 1) / VALUE_ROOM_STEP * VALUE_ROOM_STEP;
        uint8_t *memory = arena_alloc_aligned(arena, room, 1);
        if (memory == NULL || room > UINT32_MAX) return false;
        memcpy(memory, value.data, value.size);
        leaf->value = bytes_of(memory, value.size);
        leaf->node.value_room = (uint32_t)room;
        return true;
    }
    /* The room is this leaf's own, so this cast only undoes that `struct bytes` borrows. */
    uint8_t *memory = (uint8_t *)(uintptr_t)leaf->value.data;
    memmove(memory, value.data, value.size);
    leaf->value.size = value.size;
    return true;
}

static struct trie_node *leaf_of_copies(struct arena *arena,
                                        struct nibbles path,
                                        struct bytes value)
{
    struct nibbles own_path;
    if (!nibbles_copy(arena, &own_path, path)) return NULL;
    struct trie_node *node = node_new_leaf(arena, own_path, BYTES_EMPTY);
    if (node == NULL || !leaf_set_value(arena, node_leaf(node), value)) return NULL;
    return node;
}

/* Hang `node`, a leaf or extension whose path leaves the key after `common` nibbles, under a branch. */
static void hang_under(struct trie_branch_node *branch, struct trie_node *node, unsigned common)
{
    if (node->kind == NODE_LEAF) {
        struct trie_leaf_node *leaf = node_leaf(node);
        if (leaf->path.count == common) {
            branch->value = leaf->value;
            return;
        }
        branch->children[nibbles_at(leaf->path, common)] = node;
        leaf->path = nibbles_from(leaf->path, common + 1);
    } else {
        struct trie_extension_node *extension = node_extension(node);
        bool is_used_up = extension->path.count == common + 1;
        branch->children[nibbles_at(extension->path, common)] =
            is_used_up ? extension->child : node;
        if (!is_used_up) extension->path = nibbles_from(extension->path, common + 1);
    }
    node->dirty = node->is_new = true;
}

/* A leaf or extension stands where the key leads, with another path: a branch where the two part. */
static enum pevm_status split(struct trie *trie,
                              struct walk *walk,
                              struct bytes value,
                              struct error *error)
{
    struct trie_node **slot = walk_slot(walk);
    struct trie_node *node = *slot;
    struct nibbles path =
        node->kind == NODE_LEAF ? node_leaf(node)->path : node_extension(node)->path;
    unsigned common = nibbles_common(path, walk->rest);

    struct trie_branch_node *branch = node_new_branch(trie->arena);
    if (branch == NULL) return no_memory(error);
    struct trie_node *top = &branch->node;
    if (common > 0) top = node_new_extension(trie->arena, nibbles_first(path, common), top);
    if (top == NULL) return no_memory(error);
    if (walk->rest.count == common) {
        if (!arena_copy(trie->arena, &branch->value, value)) return no_memory(error);
    } else {
        struct nibbles tail = nibbles_from(walk->rest, common + 1);
        struct trie_node *leaf = leaf_of_copies(trie->arena, tail, value);
        if (leaf == NULL) return no_memory(error);
        branch->children[nibbles_at(walk->rest, common)] = leaf;
    }
    hang_under(branch, node, common);
    *slot = top;
    return PEVM_OK;
}

static enum pevm_status insert(struct trie *trie,
                               struct walk *walk,
                               struct bytes value,
                               struct error *error)
{
    struct trie_node **slot = walk_slot(walk);
    if (*slot == NULL) {
        struct trie_node *leaf = leaf_of_copies(trie->arena, walk->rest, value);
        if (leaf == NULL) return no_memory(error);
        *slot = leaf;
    } else if (leaf_is_at(*slot, walk->rest)) {
        if (!leaf_set_value(trie->arena, node_leaf(*slot), value)) return no_memory(error);
    } else if (branch_ends_at(*slot, walk->rest)) {
        struct bytes copy;
        if (!arena_copy(trie->arena, &copy, value)) return no_memory(error);
        node_branch(*slot)->value = copy;
    } else {
        TRY(split(trie, walk, value, error));
    }
    walk_mark_dirty(walk);
    return PEVM_OK;
}

/* ---- deletion ---- */

#define VALUE_ENTRY 16 /* the entry of a branch that is its value */

static unsigned last_entry(const struct trie_branch_node *branch, unsigned without)
{
    unsigned entry = 0;
    while (entry == without || (entry < VALUE_ENTRY && branch->children[entry] == NULL))
        entry++; /* ends: one of the 17 is left */
    ASSERT(entry <= VALUE_ENTRY);
    return entry;
}

/* The node that takes the place of a branch of which only child `nibble` is left, after an extension by `head`. */
static enum pevm_status joined(struct trie *trie,
                               struct trie_node **out,
                               struct nibbles head,
                               int nibble,
                               struct trie_node *child,
                               struct error *error)
{
    struct nibbles tail = {0}, path;
    if (child->kind == NODE_LEAF) tail = node_leaf(child)->path;
    if (child->kind == NODE_EXTENSION) tail = node_extension(child)->path;
    if ((unsigned)head.count + 1 + tail.count > NIBBLES_MAX)
        return error_set(error, PEVM_CORRUPT, "a trie has paths of more than 64 nibbles");
    if (!nibbles_join(trie->arena, &path, head, nibble, tail)) return no_memory(error);

    if (child->kind == NODE_LEAF)
        *out = node_new_leaf(trie->arena, path, node_leaf(child)->value);
    else if (child->kind == NODE_EXTENSION)
        *out = node_new_extension(trie->arena, path, node_extension(child)->child);
    else
        *out = node_new_extension(trie->arena, path, child);
    return *out == NULL ? no_memory(error) : PEVM_OK;
}

/* The last slot of the walk holds a branch which loses entry `removed` and keeps one. */
static enum pevm_status collapse(struct trie *trie,
                                 struct walk *walk,
                                 unsigned removed,
                                 struct error *error)
{
    struct trie_branch_node *branch = node_branch(*walk_slot(walk));
    struct nibbles head = {0};
    struct trie_node **above = walk->count > 1 ? walk->slots[walk->count - 2] : NULL;
    if (above != NULL && (*above)->kind == NODE_EXTENSION) {
        head = node_extension(*above)->path;
        walk->count--; /* the extension grows into what is left, or around it */
    }

    struct trie_node *left = NULL;
    unsigned entry = last_entry(branch, removed);
    if (entry == VALUE_ENTRY) {
        left = node_new_leaf(trie->arena, head, branch->value);
        if (left == NULL) return no_memory(error);
    } else {
        struct trie_node **slot = &branch->children[entry];
        enum pevm_status status = PEVM_OK;
        if ((*slot)->kind == NODE_HASH && !names_only_branches(trie))
            status = fetch(trie, slot, walk, false, error);
        if (status == PEVM_NOT_FOUND && !trie->missing_sibling_is_branch)
            return node_fault(error,
                              PEVM_STATE_UNREADABLE,
                              *slot,
                              walk->key,
                              walk->rest,
                              "is not at hand, and a deletion beside it needs it");
        if (status != PEVM_OK && status != PEVM_NOT_FOUND) return status;
        TRY(joined(trie, &left, head, (int)entry, *slot, error));
    }
    *walk_slot(walk) = left;
    walk_mark_dirty(walk);
    return PEVM_OK;
}

static enum pevm_status remove_entry(struct trie *trie, struct walk *walk, struct error *error)
{
    struct trie_node **slot = walk_slot(walk);
    unsigned entry = VALUE_ENTRY;
    if (leaf_is_at(*slot, walk->rest)) {
        walk->count--;
        if (walk->count == 0) {
            *slot = NULL;
            return PEVM_OK;
        }
        struct trie_branch_node *branch = node_branch(*walk_slot(walk));
        entry = (unsigned)(slot - branch->children);
    } else if (!branch_ends_at(*slot, walk->rest) || node_branch(*slot)->value.size == 0) {
        return PEVM_OK; /* it was not there */
    }

    struct trie_branch_node *branch = node_branch(*walk_slot(walk));
    if (node_branch_entries(branch) == 2) return collapse(trie, walk, entry, error);
    if (entry == VALUE_ENTRY)
        branch->value = BYTES_EMPTY;
    else
        branch->children[entry] = NULL;
    walk_mark_dirty(walk);
    return PEVM_OK;
}

enum pevm_status trie_put(struct trie *trie,
                          struct bytes key,
                          struct bytes value,
                          struct error *error)
{
    struct walk walk = walk_begin(trie, key);
    TRY(root_at_hand(trie, error));
    TRY(walk_down(trie, &walk, true, error));
    if (value.size > 0) return insert(trie, &walk, value, error);
    return remove_entry(trie, &walk, error);
}

enum pevm_status trie_root(struct trie *trie, hash32 *out, struct error *error)
{
    if (trie_root_many(&trie, 1, trie->arena) != PEVM_OK) return no_memory(error);
    *out = trie->root_hash;
    return PEVM_OK;
}
