/* trie.h - a Merkle-Patricia trie of which only a part may be at hand: nodes are fetched by hash when a path needs
 * them. Get, put, delete, root (Yellow Paper, appendix D). Knows no account. One owner. Nodes live in the caller's
 * arena.
 *
 * Words
 *   at hand    in memory, decoded; the rest is known by its hash only
 *   collapse   a branch that is left with one entry becomes the leaf or extension that the Yellow Paper demands
 *   fork       a second trie that shares the nodes of a first and copies those it changes
 *
 * Rules
 *   R1  Keys have at most 32 bytes. Nothing here is deeper than the 64 nibbles of such a key.
 *   R2  A call that fails has changed no entry.
 *   R3  A collapse needs the last sibling, to know whether their paths grow together. Insert first, delete then: that
 *       way the fewest siblings are asked for, and a witness holds those.
 *   R4  Nodes that came from outside are read strictly: wrong shape is PEVM_CORRUPT with the node's hash.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "trie/node_source.h"

#define TRIE_KEY_MAX 32 /* a hash, or rlp(index) */

struct trie_node;

struct trie {
    struct trie_node *root;           /* NULL: empty, or not fetched yet */
    hash32 root_hash;                 /* of the state as opened, or after the last trie_root */
    const struct node_source *source; /* may be NULL: then every node must be at hand */
    struct arena *arena;
    bool root_unread; /* `root_hash` names a root that nobody has asked for */

    /* An assumption that the caller may make after trie_open, off by default: a sibling that a collapse needs and
     * that the source does not have is a branch, so that the collapsed node is an extension of one nibble to its
     * hash. Some witnesses leave such siblings out. If it was something else the root is wrong, nothing more. */
    bool missing_sibling_is_branch;
};

/* Start from a root; the empty trie has keccak_empty_trie. Reads nothing yet. */
void trie_open(struct trie *trie,
               const hash32 *root,
               const struct node_source *source,
               struct arena *arena);

/* A trie with the entries of `base`, all of whose nodes are at hand (no source). `arena` is another one than the
 * base's; the base must not change while the fork lives, except for hashes that either of them computes. */
void trie_fork(struct trie *trie, struct trie *base, struct arena *arena);

/* out->size 0 = not there. A node that cannot be fetched is PEVM_STATE_UNREADABLE (the text names its hash and the
 * path). `out` is lent until the next put. */
enum pevm_status trie_get(struct trie *trie,
                          struct bytes *out,
                          struct bytes key,
                          struct error *error) MUST_CHECK;

/* Set key to value (copied); an empty value deletes. */
enum pevm_status trie_put(struct trie *trie,
                          struct bytes key,
                          struct bytes value,
                          struct error *error) MUST_CHECK;

/* The root of what it holds now; hashes only what changed. */
enum pevm_status trie_root(struct trie *trie, hash32 *out, struct error *error) MUST_CHECK;

/* trie_root of several tries at once (see root_hash of each): many small tries fill the lanes of Keccak together.
 * `scratch` gives the room to encode, and has it back. The tries share no node. */
enum pevm_status trie_root_many(struct trie *const *tries,
                                size_t count,
                                struct arena *scratch) MUST_CHECK;
