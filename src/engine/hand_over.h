/* hand_over.h - from versions (state/mv.h) to what the block leaves behind: receipts, changeset. On all workers.
 *
 * When the workers have come to the end of the block, what they did stays where it is. The block's state (block_state.h) takes an
 * account from there when somebody asks for it: whoever comes after the transactions asks for few. At the end the others become
 * changes without passing through it.
 */
#pragma once

#include "engine/block_run.h"
#include "state/mv_changes.h"
#include "sync/team.h"

struct hand_over {
    struct team *team;   /* borrowed */
    struct arena arena;  /* what is needed on the way: until the next block */
    struct mv *mv;       /* borrowed, of the block */
    unsigned workers;    /* called for it */
    const uint64_t *gas; /* by transaction: used by it and all below */
    struct block_run *run;
    struct mv_changes changes;
    bloom blooms[MV_PARTS_MAX]; /* by part */
    enum pevm_status status;    /* of what the block's state took */
};

/* `budget` may be NULL. */
void hand_over_init(struct hand_over *over, struct team *team, struct budget *budget);
void hand_over_fini(
    struct hand_over *over); /* also to give back what is kept from block to block */

/* All that the transactions below `tx` did goes into run->state, now. */
enum pevm_status hand_over_now(struct block_run *run, struct mv *mv, uint32_t tx) MUST_CHECK;

/* All transactions are final; `gas` is lent until the end of the block. */
enum pevm_status hand_over_later(struct hand_over *over,
                                 struct block_run *run,
                                 struct mv *mv,
                                 unsigned workers,
                                 const uint64_t *gas) MUST_CHECK;

/* Receipts and changeset, when hand_over_later was called. */
enum pevm_status hand_over_finish(struct hand_over *over, struct block_run *run) MUST_CHECK;
