/* trie.h - a Merkle-Patricia trie of which only a part may be at hand: nodes are fetched by hash when a path needs them.
 * Get, put, delete, root (Yellow Paper, appendix D). Knows no account. One owner. Nodes live in the caller's arena.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "trie/node_source.h"

struct trie_node;

struct trie {
    struct trie_node *root;
    hash32 root_hash;           /* of the state as opened, or after the last trie_root */
    const struct node_source *source; /* may be NULL: then every node must be at hand */
    struct arena *arena;
};

/* Start from a root; the empty trie has keccak_empty_trie. Reads nothing yet. */
void trie_open(struct trie *trie, const hash32 *root, const struct node_source *source, struct arena *arena);

/* out->size 0 = not there. A node that cannot be fetched is PEVM_STATE_UNREADABLE (the text names its hash and the path). */
enum pevm_status trie_get(struct trie *trie, struct bytes *out, struct bytes key, struct error *error) MUST_CHECK;

/* Set key to value (copied); an empty value deletes. */
enum pevm_status trie_put(struct trie *trie, struct bytes key, struct bytes value, struct error *error) MUST_CHECK;

/* The root of what it holds now; hashes only what changed. */
enum pevm_status trie_root(struct trie *trie, hash32 *out, struct error *error) MUST_CHECK;
