/* commit.h - blocks into the store, one after the other, and out again: nothing is lost or doubled whatever is cut off.
 *
 * The key idx:exec:progress is the one commit point. A block is written in this order, each step known to be done before the
 * next begins (in one transaction where the store has them):
 *
 *     1  st:undo:{n}          what it found and what it leaves, one value; evmx:undo:{n}, the same for riders
 *     2  st:{n}:*  st:latest:*  st:code:*  blk:rcpt:{n}; riders; the history of block n - window goes
 *     3  idx:exec:progress    now the block is there
 *     4  st:undo:{n - window} goes, and evmx:undo:{n - window}
 *
 * Whatever stopped in between, commit_recover makes whole: records above the progress are undone, newest first. Going back
 * over blocks (a reorg) is the same thing: the progress is set to the ancestor, then the records above it are undone.
 *
 * Words
 *   progress   the last block that is there
 *   window     how many blocks can be undone, and read as they were
 *   rider      a change of another key, which goes into the store with a block and comes out with it (rider_value.h)
 *
 * Order of calls: commit_init ( commit_start? commit_recover ( commit_block | commit_rewind )* )* commit_fini. After any call that
 * failed, commit_recover comes first. One thread.
 */
#pragma once

#include "state/changeset.h"
#include "store/rider_value.h"
#include "store/store.h"
#include "store/undo_apply.h"
#include "types/receipt.h"

struct commit_options {
    struct key_style style;
    uint64_t window; /* blocks, at least 1 */
};

struct committer {
    struct store *store;
    struct commit_options options;
    struct arena arena; /* of one call */
    struct store_batch batch;
};

/* Borrows the store. */
void commit_init(struct committer *committer,
                 struct store *store,
                 const struct commit_options *options);
void commit_fini(struct committer *committer);

/* The progress. PEVM_NOT_FOUND: there is none yet. */
enum pevm_status commit_progress(struct committer *committer,
                                 struct exec_progress *out,
                                 struct error *error) MUST_CHECK;

/* A block with all it changed. Everything is borrowed. */
struct commit_input {
    uint64_t number;
    hash32 hash, parent_hash;
    const struct changeset *changes;
    const struct receipt *receipts;
    size_t receipt_count;
    uint64_t time;  /* unix seconds, for the progress */
    uint64_t token; /* of the leader; 0: no fence */
    const struct rider *riders;
    size_t rider_count;
};

/* The first progress of a store whose state was brought in as it is after block `number`. PEVM_BAD_INPUT: it has one. */
enum pevm_status commit_start(struct committer *committer,
                              uint64_t number,
                              const hash32 *hash,
                              uint64_t token,
                              struct error *error) MUST_CHECK;

/* The next block. PEVM_BAD_INPUT: it does not follow the progress; nothing was written. */
enum pevm_status commit_block(struct committer *committer,
                              const struct commit_input *input,
                              struct error *error) MUST_CHECK;

/* Undo what is above the progress, and finish what should have left the window. PEVM_CORRUPT: a record does not fit. */
enum pevm_status commit_recover(struct committer *committer,
                                uint64_t token,
                                struct error *error) MUST_CHECK;

/* Go back to block `number`. PEVM_LIMIT: a record that would be needed has left the window; nothing was written. */
enum pevm_status commit_rewind(struct committer *committer,
                               uint64_t number,
                               uint64_t token,
                               struct error *error) MUST_CHECK;

/* The record of block `number`; lives until the next call. PEVM_NOT_FOUND: there is none. PEVM_CORRUPT: it is damaged, or another block's. */
enum pevm_status commit_record(struct committer *committer,
                               uint64_t number,
                               struct undo_record *out,
                               struct error *error) MUST_CHECK;

/* The hash of block `number` as it was executed: the last one, or one that can be undone or lies right below those. PEVM_NOT_FOUND: no
 * record says it. */
enum pevm_status commit_block_hash(struct committer *committer,
                                   uint64_t number,
                                   hash32 *out,
                                   struct error *error) MUST_CHECK;

/* How many blocks can be undone from the progress on, at most `most`. */
enum pevm_status commit_depth(struct committer *committer,
                              uint64_t most,
                              uint64_t *out,
                              struct error *error) MUST_CHECK;
