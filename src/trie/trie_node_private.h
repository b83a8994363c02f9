/* trie_node_private.h - nodes in memory, and their encoding (Yellow Paper, appendix D).
 *
 * Words
 *   reference  how a parent names a node: its hash, or its encoding when that is shorter than 32 bytes
 *   dirty      the reference does not fit the content (any more)
 *   new        made or changed since the trie was opened; hashing leaves it so (bough.h)
 *   owner      the arena a node is in: a fork copies what belongs to another before it changes it
 *
 * Invariants
 *   I1  The child of an extension is a branch, or a hash that nobody has looked behind.
 *   I2  A branch has at least two entries; a value is not empty; an extension has a path.
 *   I3  A parent of a dirty node is dirty, a parent of a new node is new.
 */
#pragma once

#include "trie/nibbles.h"
#include "trie/trie.h"

enum trie_node_kind {
    NODE_HASH, /* not at hand: only the reference is known */
    NODE_LEAF,
    NODE_EXTENSION,
    NODE_BRANCH,
};

struct trie_node {
    uint8_t kind; /* enum trie_node_kind */
    bool dirty, is_new;
    uint8_t reference_size;
    uint32_t value_room; /* leaf: bytes of its own that the value may grow to */
    const struct arena *owner;
    union {
        uint8_t reference[32];
        struct trie_node *next_dirty; /* while hashes are computed */
    };
};

struct trie_leaf_node {
    struct trie_node node;
    struct nibbles path;
    struct bytes value;
};

struct trie_extension_node {
    struct trie_node node;
    struct nibbles path;
    struct trie_node *child;
};

struct trie_branch_node {
    struct trie_node node;
    struct trie_node *children[16]; /* NULL: none */
    struct bytes value;             /* size 0: none */
};

ALWAYS_INLINE struct trie_leaf_node *node_leaf(struct trie_node *node)
{
    VERIFY(node->kind == NODE_LEAF);
    return (struct trie_leaf_node *)node;
}

ALWAYS_INLINE struct trie_extension_node *node_extension(struct trie_node *node)
{
    VERIFY(node->kind == NODE_EXTENSION);
    return (struct trie_extension_node *)node;
}

ALWAYS_INLINE struct trie_branch_node *node_branch(struct trie_node *node)
{
    VERIFY(node->kind == NODE_BRANCH);
    return (struct trie_branch_node *)node;
}

/* New nodes, dirty (but for a hash). NULL: no memory. Paths and values are borrowed. */
struct trie_node *node_new_hash(struct arena *arena, const hash32 *hash) MUST_CHECK;
struct trie_node *node_new_leaf(struct arena *arena,
                                struct nibbles path,
                                struct bytes value) MUST_CHECK;
struct trie_node *node_new_extension(struct arena *arena,
                                     struct nibbles path,
                                     struct trie_node *child) MUST_CHECK;
struct trie_branch_node *node_new_branch(struct arena *arena) MUST_CHECK;

/* A copy that belongs to `arena`; path and value are shared. NULL: no memory. */
struct trie_node *node_copy(struct arena *arena, struct trie_node *node) MUST_CHECK;

/* Entries of a branch, the value included. */
unsigned node_branch_entries(const struct trie_branch_node *branch);

/* The encoding of a node whose children have references. */
size_t node_encoding_size(struct trie_node *node);
void node_encode(uint8_t *to, struct trie_node *node);

/* Decode a node whose hash is `hash`. Borrows from `encoding`. PEVM_CORRUPT: not a node; `fault` says why. */
enum pevm_status node_decode(struct trie_node **out,
                             struct bytes encoding,
                             const hash32 *hash,
                             struct arena *arena,
                             const char **fault) MUST_CHECK;

/* The same of a bough (bough.h); and another hash than `hash` is PEVM_CORRUPT. */
enum pevm_status node_decode_bough(struct trie_node **out,
                                   struct bytes bough,
                                   const hash32 *hash,
                                   struct arena *arena,
                                   const char **fault) MUST_CHECK;

/* A node as a bough. All below it have references. */
size_t node_bough_size(struct trie_node *node);
void node_put_bough(uint8_t *to, struct trie_node *node);
