#include "base/assert.h"
#include "crypto/keccak.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"
#include "trie/trie_node_private.h"

#define HASH_SIZE 32

static void *node_new(struct arena *arena, enum trie_node_kind kind, size_t size)
{
    struct trie_node *node = arena_alloc_aligned(arena, size, 8);
    if (node == NULL) return NULL;
    *node =
        (struct trie_node){.kind = (uint8_t)kind, .dirty = true, .is_new = true, .owner = arena};
    return node;
}

/* It came from outside, under that hash. */
static void node_is_known_by(struct trie_node *node, const hash32 *hash)
{
    node->dirty = node->is_new = false;
    node->reference_size = HASH_SIZE;
    memcpy(node->reference, hash->bytes, HASH_SIZE);
}

struct trie_node *node_new_hash(struct arena *arena, const hash32 *hash)
{
    struct trie_node *node = node_new(arena, NODE_HASH, sizeof *node);
    if (node == NULL) return NULL;
    node_is_known_by(node, hash);
    return node;
}

struct trie_node *node_new_leaf(struct arena *arena, struct nibbles path, struct bytes value)
{
    struct trie_leaf_node *leaf = node_new(arena, NODE_LEAF, sizeof *leaf);
    if (leaf == NULL) return NULL;
    leaf->path = path;
    leaf->value = value;
    return &leaf->node;
}

struct trie_node *node_new_extension(struct arena *arena,
                                     struct nibbles path,
                                     struct trie_node *child)
{
    struct trie_extension_node *extension = node_new(arena, NODE_EXTENSION, sizeof *extension);
    if (extension == NULL) return NULL;
    extension->path = path;
    extension->child = child;
    return &extension->node;
}

struct trie_branch_node *node_new_branch(struct arena *arena)
{
    struct trie_branch_node *branch = node_new(arena, NODE_BRANCH, sizeof *branch);
    if (branch == NULL) return NULL;
    memset(branch->children, 0, sizeof branch->children);
    branch->value = BYTES_EMPTY;
    return branch;
}

struct trie_node *node_copy(struct arena *arena, struct trie_node *node)
{
    static const size_t sizes[] = {
        [NODE_HASH] = sizeof(struct trie_node),
        [NODE_LEAF] = sizeof(struct trie_leaf_node),
        [NODE_EXTENSION] = sizeof(struct trie_extension_node),
        [NODE_BRANCH] = sizeof(struct trie_branch_node),
    };
    size_t size = sizes[node->kind];
    struct trie_node *copy = arena_alloc_aligned(arena, size, 8);
    if (copy == NULL) return NULL;
    memcpy(copy, node, size);
    copy->owner = arena;
    copy->value_room = 0; /* the room stays with the first one */
    return copy;
}

unsigned node_branch_entries(const struct trie_branch_node *branch)
{
    unsigned count = branch->value.size > 0;
    for (unsigned i = 0; i < COUNT_OF(branch->children); i++)
        count += branch->children[i] != NULL;
    return count;
}

/* ---- encoding ---- */

/* A hash is written as a string of 32 bytes, a short encoding as it is. */
static size_t reference_size(const struct trie_node *node)
{
    VERIFY(!node->dirty);
    return node->reference_size == HASH_SIZE ? HASH_SIZE + 1 : node->reference_size;
}

static uint8_t *put_reference(uint8_t *to, const struct trie_node *node)
{
    if (node->reference_size == HASH_SIZE) *to++ = 0x80 + HASH_SIZE;
    memcpy(to, node->reference, node->reference_size);
    return to + node->reference_size;
}

/* A compact path as an RLP string: one byte is below 0x80, more are at most 33. */
static size_t path_size(struct nibbles path)
{
    size_t size = nibbles_compact_size(path);
    return size == 1 ? 1 : size + 1;
}

static uint8_t *put_path(uint8_t *to, struct nibbles path, bool is_leaf)
{
    size_t size = nibbles_compact_size(path);
    if (size > 1) *to++ = (uint8_t)(0x80 + size);
    return nibbles_put_compact(to, path, is_leaf);
}

static size_t payload_size(struct trie_node *node)
{
    switch ((enum trie_node_kind)node->kind) {
    case NODE_LEAF: {
        const struct trie_leaf_node *leaf = node_leaf(node);
        return path_size(leaf->path) + rlp_size_bytes(leaf->value);
    }
    case NODE_EXTENSION: {
        const struct trie_extension_node *extension = node_extension(node);
        return path_size(extension->path) + reference_size(extension->child);
    }
    case NODE_BRANCH: {
        const struct trie_branch_node *branch = node_branch(node);
        size_t size = rlp_size_bytes(branch->value);
        for (unsigned i = 0; i < COUNT_OF(branch->children); i++)
            size += branch->children[i] == NULL ? 1 : reference_size(branch->children[i]);
        return size;
    }
    case NODE_HASH: break;
    }
    ASSERT(node->kind != NODE_HASH); /* what is not at hand has no encoding */
    return 0;
}

size_t node_encoding_size(struct trie_node *node)
{
    return rlp_size_list(payload_size(node));
}

void node_encode(uint8_t *to, struct trie_node *node)
{
    to = rlp_put_list_head(to, payload_size(node));
    if (node->kind == NODE_LEAF) {
        const struct trie_leaf_node *leaf = node_leaf(node);
        rlp_put_bytes(put_path(to, leaf->path, true), leaf->value);
    } else if (node->kind == NODE_EXTENSION) {
        const struct trie_extension_node *extension = node_extension(node);
        put_reference(put_path(to, extension->path, false), extension->child);
    } else {
        const struct trie_branch_node *branch = node_branch(node);
        for (unsigned i = 0; i < COUNT_OF(branch->children); i++) {
            if (branch->children[i] == NULL)
                *to++ = 0x80;
            else
                to = put_reference(to, branch->children[i]);
        }
        rlp_put_bytes(to, branch->value);
    }
}

/* ---- decoding ---- */

struct decoder {
    struct arena *arena;
    bool is_bough; /* leaves and extensions stand here whole, whatever their size */
    const char *fault;
};

static enum pevm_status corrupt(struct decoder *decoder, const char *fault)
{
    decoder->fault = fault;
    return PEVM_CORRUPT;
}

static enum pevm_status decode_list(struct decoder *decoder,
                                    struct trie_node **out,
                                    struct bytes list);

/* A leaf or extension in a bough; what it has below is not whole any more. Its hash comes later. */
static enum pevm_status decode_whole(struct decoder *decoder,
                                     struct trie_node **out,
                                     const struct rlp_item *item)
{
    if (!decoder->is_bough) return corrupt(decoder, "a node of 32 bytes or more is embedded");
    decoder->is_bough = false;
    TRY(decode_list(decoder, out, item->payload));
    decoder->is_bough = true;
    if ((*out)->kind == NODE_BRANCH)
        return corrupt(decoder, "a branch of 32 bytes or more is embedded");
    return PEVM_OK;
}

/* The hashes of those that stand in a bough whole. */
static void hash_whole(struct trie_branch_node *branch, const struct rlp_item items[17])
{
    struct trie_node *nodes[COUNT_OF(branch->children)];
    struct bytes inputs[COUNT_OF(branch->children)];
    hash32 hashes[COUNT_OF(branch->children)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(branch->children); i++) {
        if (!items[i].is_list || items[i].whole.size < HASH_SIZE) continue;
        nodes[count] = branch->children[i];
        inputs[count++] = items[i].whole;
    }
    keccak256_many(hashes, inputs, count);
    for (size_t i = 0; i < count; i++)
        node_is_known_by(nodes[i], &hashes[i]);
}

/* What stands in a parent for a child: a hash, or the whole child when its encoding is shorter than one. Short ones
 * nest only as deep as fewer than 32 bytes can. */
static enum pevm_status decode_child(struct decoder *decoder,
                                     struct trie_node **out,
                                     const struct rlp_item *item)
{
    if (!item->is_list) {
        if (item->payload.size != HASH_SIZE) return corrupt(decoder, "a reference is no hash");
        hash32 hash;
        memcpy(hash.bytes, item->payload.data, HASH_SIZE);
        *out = node_new_hash(decoder->arena, &hash);
        return *out == NULL ? PEVM_NO_MEMORY : PEVM_OK;
    }
    if (item->whole.size >= HASH_SIZE) return decode_whole(decoder, out, item);
    TRY(decode_list(decoder, out, item->payload));
    (*out)->dirty = (*out)->is_new = false;
    (*out)->reference_size = (uint8_t)item->whole.size;
    memcpy((*out)->reference, item->whole.data, item->whole.size);
    return PEVM_OK;
}

static enum pevm_status decode_short(struct decoder *decoder,
                                     struct trie_node **out,
                                     const struct rlp_item items[2])
{
    struct nibbles path;
    bool is_leaf;
    if (items[0].is_list || !nibbles_read_compact(&path, &is_leaf, items[0].payload))
        return corrupt(decoder, "the path is no compact path of at most 64 nibbles");
    if (is_leaf) {
        if (items[1].is_list || items[1].payload.size == 0)
            return corrupt(decoder, "the value of a leaf is no string or empty");
        *out = node_new_leaf(decoder->arena, path, items[1].payload);
        return *out == NULL ? PEVM_NO_MEMORY : PEVM_OK;
    }
    if (path.count == 0) return corrupt(decoder, "an extension has no path");
    struct trie_node *child;
    TRY(decode_child(decoder, &child, &items[1]));
    if (child->kind != NODE_HASH && child->kind != NODE_BRANCH)
        return corrupt(decoder, "an extension leads to something else than a branch");
    *out = node_new_extension(decoder->arena, path, child);
    return *out == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

static enum pevm_status decode_branch(struct decoder *decoder,
                                      struct trie_node **out,
                                      const struct rlp_item items[17])
{
    struct trie_branch_node *branch = node_new_branch(decoder->arena);
    if (branch == NULL) return PEVM_NO_MEMORY;
    for (unsigned i = 0; i < COUNT_OF(branch->children); i++) {
        if (!items[i].is_list && items[i].payload.size == 0) continue;
        TRY(decode_child(decoder, &branch->children[i], &items[i]));
    }
    if (items[16].is_list) return corrupt(decoder, "the value of a branch is no string");
    branch->value = items[16].payload;
    if (node_branch_entries(branch) < 2)
        return corrupt(decoder, "a branch has fewer than two entries");
    hash_whole(branch, items);
    *out = &branch->node;
    return PEVM_OK;
}

static enum pevm_status decode_list(struct decoder *decoder,
                                    struct trie_node **out,
                                    struct bytes list)
{
    struct rlp_item items[17];
    size_t count = 0;
    while (list.size > 0) {
        if (count == COUNT_OF(items)) return corrupt(decoder, "more than 17 items");
        enum rlp_fault fault = rlp_next(&list, &items[count++]);
        if (fault != RLP_OK) return corrupt(decoder, rlp_fault_text(fault));
    }
    if (count == 2) return decode_short(decoder, out, items);
    if (count == COUNT_OF(items)) return decode_branch(decoder, out, items);
    return corrupt(decoder, "neither 2 nor 17 items");
}

static enum pevm_status decode_all(struct decoder *decoder,
                                   struct trie_node **out,
                                   struct bytes encoding)
{
    struct bytes list;
    enum rlp_fault rlp = rlp_next_list(&encoding, &list);
    if (rlp != RLP_OK) return corrupt(decoder, rlp_fault_text(rlp));
    if (encoding.size > 0) return corrupt(decoder, "bytes follow");
    return decode_list(decoder, out, list);
}

enum pevm_status node_decode(struct trie_node **out,
                             struct bytes encoding,
                             const hash32 *hash,
                             struct arena *arena,
                             const char **fault)
{
    struct decoder decoder = {.arena = arena};
    enum pevm_status status = decode_all(&decoder, out, encoding);
    *fault = decoder.fault;
    if (status == PEVM_OK) node_is_known_by(*out, hash);
    return status;
}

/* ---- boughs ---- */

/* The node's own hash, which boughs do not say. */
static bool node_hash(hash32 *out, struct trie_node *node, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    size_t size = node_encoding_size(node);
    uint8_t *encoding = arena_alloc_aligned(arena, size, 8);
    if (encoding == NULL) return false;
    node_encode(encoding, node);
    keccak256(out, encoding, size);
    arena_release(arena, mark);
    return true;
}

enum pevm_status node_decode_bough(struct trie_node **out,
                                   struct bytes bough,
                                   const hash32 *hash,
                                   struct arena *arena,
                                   const char **fault)
{
    hash32 own;
    struct decoder decoder = {.arena = arena, .is_bough = true};
    enum pevm_status status = decode_all(&decoder, out, bough);
    if (status == PEVM_OK && !node_hash(&own, *out, arena)) status = PEVM_NO_MEMORY;
    if (status == PEVM_OK && !hash32_equal(&own, hash))
        status = corrupt(&decoder, "it has another hash");
    *fault = decoder.fault;
    if (status == PEVM_OK) node_is_known_by(*out, hash);
    return status;
}

static bool stands_whole(const struct trie_node *node)
{
    return node != NULL && node->reference_size == HASH_SIZE &&
           (node->kind == NODE_LEAF || node->kind == NODE_EXTENSION);
}

/* Of a branch, without its head. */
static size_t bough_payload(struct trie_node *node)
{
    size_t size = payload_size(node);
    const struct trie_branch_node *branch = node_branch(node);
    for (unsigned i = 0; i < COUNT_OF(branch->children); i++)
        if (stands_whole(branch->children[i]))
            size += node_encoding_size(branch->children[i]) - (HASH_SIZE + 1);
    return size;
}

size_t node_bough_size(struct trie_node *node)
{
    return node->kind == NODE_BRANCH ? rlp_size_list(bough_payload(node))
                                     : node_encoding_size(node);
}

void node_put_bough(uint8_t *to, struct trie_node *node)
{
    if (node->kind != NODE_BRANCH) {
        node_encode(to, node);
        return;
    }
    const struct trie_branch_node *branch = node_branch(node);
    to = rlp_put_list_head(to, bough_payload(node));
    for (unsigned i = 0; i < COUNT_OF(branch->children); i++) {
        struct trie_node *child = branch->children[i];
        if (stands_whole(child)) {
            node_encode(to, child);
            to += node_encoding_size(child);
        } else if (child == NULL) {
            *to++ = 0x80;
        } else {
            to = put_reference(to, child);
        }
    }
    rlp_put_bytes(to, branch->value);
}
