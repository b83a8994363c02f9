/* state_root.h - the state root after the changes of a block (Yellow Paper, section 4.1), without the rest of the state.
 *
 * The leaves of changed accounts are read for their storage roots, storage tries are opened at those, changed, and put
 * back as roots. Everything is inserted before anything is deleted (see trie.h, R3), and all nodes of a level are hashed
 * together, those of all storage tries first.
 *
 *     struct witness_roots roots = {.nodes = &source, .parent_root = parent->state_root, .scratch = &arena};
 *     struct root_source source = {witness_root, &roots};
 *
 * Faults: PEVM_STATE_UNREADABLE a node is not at hand; PEVM_CORRUPT a node or an account is malformed; what the source
 * said. The text names the account, the slot and the node's hash.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "state/changeset.h"
#include "trie/trie.h"

struct memory_state;

/* The state before lies in the nodes of a witness or a database. */
struct witness_roots {
    const struct node_source *nodes;
    hash32 parent_root;
    bool missing_sibling_is_branch; /* see trie.h: an assumption that some witnesses need */
    struct arena *scratch;          /* released again by each call */
};
/* `context` is a struct witness_roots. */
enum pevm_status witness_root(void *context,
                              const struct changeset *changes,
                              hash32 *out,
                              struct error *error) MUST_CHECK;

/* The state before lies in memory, whole. */
struct memory_roots {
    struct memory_state *state;
    struct arena *scratch; /* released again by each call */
};
/* `context` is a struct memory_roots. */
enum pevm_status memory_root(void *context,
                             const struct changeset *changes,
                             hash32 *out,
                             struct error *error) MUST_CHECK;

/* ---- the common part ---- */

/* Opens the storage trie of an account, whose root is not the empty one, for changes in `scratch`. */
struct storage_tries {
    enum pevm_status (*open)(void *context,
                             struct trie *out,
                             const address *who,
                             const hash32 *root,
                             struct error *error);
    void *context;

    /* May be NULL. Told of each storage trie that was changed, also of those that were empty before: it has its root now, and
     * stays where it is until `scratch` is released. */
    enum pevm_status (*hashed)(void *context, const struct trie *trie, const address *who);
};

/* Changes `accounts` as `changes` say and gives its root. `scratch` is not released: the caller's trie lives there. */
enum pevm_status state_root_after(struct trie *accounts,
                                  const struct storage_tries *storage,
                                  const struct changeset *changes,
                                  hash32 *out,
                                  struct arena *scratch,
                                  struct error *error) MUST_CHECK;
