/* store_view.h - the state in a store as the engine sees it: the view below every block, with caches that live as long as the process.
 *
 * Reads go to the caches first, then to the store. What cannot be read is VIEW_FAILED and is never an absent account; the first
 * failure of a block is kept in words (store_view_fault), so that whoever runs the block knows whether to try again.
 *
 * Words
 *   entry    an account, a slot, a code in a cache; that there is none is an entry, too
 *   fetch    reading ahead what a block will touch, in as few round trips as can be
 *
 * Rules
 *   R1  The store holds the state that the caches hold: a block is committed first, then store_view_apply is called with what
 *       it changed. After a rewind, or when a commit failed, store_view_clear.
 *   R2  Code that was given out stays where it is until the next store_view_begin.
 *
 * Who may call what at the same time: the functions of the view and store_view_fetch, any number of threads. begin, apply, clear,
 * set_block_hash: when nobody reads.
 */
#pragma once

#include "state/changeset.h"
#include "state/view.h"
#include "store/keyspace.h"
#include "store/store.h"

struct store_view;

/* Most entries; and most bytes of all together, which count as well: the smaller one wins. */
struct store_view_limits {
    size_t accounts_max, slots_max, codes_max;
    size_t bytes_max;
};

/* Borrows the store. `lower`: addresses in keys (keyspace.h). NULL: no memory. */
struct store_view *store_view_new(struct store *store,
                                  bool lower,
                                  const struct store_view_limits *limits) MUST_CHECK;
void store_view_free(struct store_view *view); /* may be NULL */

struct view store_view_view(struct store_view *view);

/* A block begins: caches are brought back to their limits, the last fault is forgotten. */
void store_view_begin(struct store_view *view);

/* Why something was VIEW_FAILED since then: PEVM_UNAVAILABLE, PEVM_CORRUPT, ...; PEVM_OK: nothing was. */
enum pevm_status store_view_fault(struct store_view *view, struct error *error);

/* What the committed block changed. */
void store_view_apply(struct store_view *view, const struct changeset *changes);

/* Other limits from now on; what is too much goes with the next turns. When nobody reads. */
void store_view_set_limits(struct store_view *view, const struct store_view_limits *limits);

/* Forget everything. */
void store_view_clear(struct store_view *view);

/* The hash of an ancestor, for BLOCKHASH; those that are not set are read from the headers in the store. */
void store_view_set_block_hash(struct store_view *view, uint64_t number, const hash32 *hash);

/* Read ahead what is not known yet, in one round trip: keys of accounts and slots. A failure is told; the block may begin all the
 * same, and will ask again. */
enum pevm_status store_view_fetch(struct store_view *view,
                                  const struct key *keys,
                                  size_t count,
                                  struct error *error) MUST_CHECK;

struct cache_counts {
    uint64_t hits, misses; /* since the view was made */
    size_t entries, bytes; /* now */
};
struct store_view_counts {
    struct cache_counts accounts, slots, codes;
};
void store_view_count(struct store_view *view, struct store_view_counts *out);
