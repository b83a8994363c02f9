/* store_trie.h - the state root of the state in a store, block by block: `verify: full`.
 *
 * Beside the latest values the store holds the tries of accounts and storages, as boughs by place (trie/bough.h):
 *
 *     evmx:trie                        which block they belong to, and its state root (trie_value.h)
 *     evmx:trie:acc:{path}             the trie of accounts
 *     evmx:trie:stor:{address}:{path}  the trie of a storage
 *
 * A root reads only what is on the way to what changed, level by level, in about as many round trips as levels are not in the
 * cache. What a block changes in the tries goes into the store with the block, as riders of its commit (commit.h), and comes
 * out with it again: whatever is cut off or undone, the tries are those of the block that the progress names.
 *
 *     store_trie_begin(trie, &progress, &error)          PEVM_NOT_FOUND: store_trie_build first
 *     struct root_source roots = {store_trie_root, trie};
 *     engine_execute(... .roots = &roots ...)            asks as often as it likes; each root is on the state as it was begun
 *     store_trie_riders(trie, &header->state_root, &commit_input, &error)
 *     commit_block(&committer, &commit_input, &error)
 *     store_trie_committed(trie)                         the next block may be executed
 *
 * After a commit that failed, after commit_recover or commit_rewind, and when another one has led, store_trie_begin comes again;
 * it keeps the cache if the tries are still those it knows.
 *
 * Rules
 *   R1  A root changes nothing, in the store or here, but for what is remembered of what was read.
 *   R2  What is read is held against the hash under which its parent names it, up to the root: PEVM_CORRUPT names the key.
 *   R3  PEVM_FENCED: somebody else has written the tries meanwhile.
 *
 * One owner: whoever executes and commits.
 */
#pragma once

#include "state/changeset.h"
#include "store/commit.h"

struct store_trie;

struct store_trie_options {
    struct key_style style;
    size_t
        cache_bytes; /* of boughs that are kept from block to block, about; what a block needs comes on top */
};

/* Borrows the store. NULL: no memory. */
struct store_trie *store_trie_new(struct store *store,
                                  const struct store_trie_options *options) MUST_CHECK;
void store_trie_free(struct store_trie *trie); /* may be NULL */

/* Stand on the block that `progress` names. PEVM_NOT_FOUND: the store has no tries of that block, because nobody built them, or
 * because blocks were committed without; the text says which. */
enum pevm_status store_trie_begin(struct store_trie *trie,
                                  const struct exec_progress *progress,
                                  struct error *error) MUST_CHECK;

/* The state root of the block it stands on. */
const hash32 *store_trie_base(const struct store_trie *trie);

/* The root after `changes`, a root_source (engine/engine.h). `context` is the struct store_trie. */
enum pevm_status store_trie_root(void *context,
                                 const struct changeset *changes,
                                 hash32 *out,
                                 struct error *error) MUST_CHECK;

/* Fill in the riders of a commit: what the last store_trie_root would change in the store. `root` is what it gave; with another
 * one this is PEVM_BAD_INPUT. They live until the next call of any of these functions but store_trie_committed. */
enum pevm_status store_trie_riders(struct store_trie *trie,
                                   const hash32 *root,
                                   struct commit_input *input,
                                   struct error *error) MUST_CHECK;

/* That commit is done: stand on the block. */
void store_trie_committed(struct store_trie *trie);

struct store_trie_counts {
    uint64_t opened,
        read;             /* boughs that roots needed; those asked of the store: not in the cache */
    uint64_t round_trips; /* to the store */
    uint64_t written;     /* boughs set and deleted by the commits */
    size_t entries, bytes; /* in the cache, now */
};
void store_trie_count(const struct store_trie *trie, struct store_trie_counts *out);
