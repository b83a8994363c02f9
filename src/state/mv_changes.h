/* mv_changes.h - what came of a block's transactions, as a changeset: made by several workers out of the versions.
 *
 * Words
 *   part     of the rows: those that one worker made, which another may look through and sort as well, only slower; then, of all
 *            that is sorted, what is written in one go
 *   plain    an account that only got another balance or nonce, or other slots. All others (new code, storage that went away, the
 *            account itself) are few; they, and those that somebody has taken (mv_take), are left to the layer that knows how they
 *            are told (block_state.h)
 *
 * Order of calls, after the workers of the block have come back
 *   mv_take*
 *   mv_changes_begin  mv_changes_find_slots (each part)
 *   mv_changes_slots  mv_changes_find_accounts, mv_changes_write_slots (each part; at the same time)
 *   mv_changes_accounts  mv_changes_write_accounts (each part)
 * The owner calls what has no part; parts of one line may be anybody's, at the same time. Between lines all have come back.
 */
#pragma once

#include "state/changeset.h"
#include "state/mv.h"
#include "state/sort.h"

#define MV_PARTS_MAX 64

struct mv_changes;

/* One account, with its slots, is given to the visitors when it was written, and is nobody's any more. PEVM_NO_MEMORY: a visitor
 * said false; PEVM_STATE_UNREADABLE: a base value could not be read. */
struct mv_visitor {
    bool (*account)(void *context, const struct mv_account_change *change);
    bool (*slot)(void *context, const address *who, const struct mv_slot_change *change);
    void *context;
};
enum pevm_status mv_take(struct mv *mv,
                         uint32_t tx,
                         const address *who,
                         const struct mv_visitor *visitor) MUST_CHECK;

/* All of them, but for those that were taken before. */
enum pevm_status mv_take_all(struct mv *mv,
                             uint32_t tx,
                             const struct mv_visitor *visitor) MUST_CHECK;

/* Sorted items of one part. */
struct mv_run {
    struct sort_item *items, *spare;
    uint32_t first; /* before this part are so many rows of others */
    uint32_t count;
};

struct mv_changes {
    struct mv *mv;
    uint32_t tx; /* what came of those below it */
    unsigned parts;
    struct arena *arena; /* where all of this lies: the owner's, until it is reset */

    struct mv_run slot_runs[MV_PARTS_MAX], account_runs[MV_PARTS_MAX];
    uint32_t slot_rows, account_rows;
    struct sort_item *slot_splits, *account_splits; /* one between two parts */
    struct account_change *found;                   /* by account row: those that differ */
    uint32_t *odd; /* ids that are not plain; each part has its rows' place */
    uint32_t odd_counts[MV_PARTS_MAX];
    bool is_unreadable[MV_PARTS_MAX]; /* by part: a base value could not be read */

    uint32_t slot_count, account_count;
    struct slot_change *slots;           /* all, grouped by account, ascending */
    const struct account_change *others; /* those of the other layer, ascending */
    size_t other_count;
    struct account_change *accounts;
};

/* Parts for so much work, when there are `workers`. */
unsigned mv_changes_parts(const struct mv *mv, unsigned workers);

/* False: no memory. */
bool mv_changes_begin(struct mv_changes *changes,
                      struct mv *mv,
                      uint32_t tx,
                      unsigned parts,
                      struct arena *arena) MUST_CHECK;
void mv_changes_find_slots(struct mv_changes *changes, unsigned part);

/* `out` lends the slots until it is reset. */
bool mv_changes_slots(struct mv_changes *changes, struct arena *out) MUST_CHECK;
void mv_changes_find_accounts(struct mv_changes *changes, unsigned part);
void mv_changes_write_slots(struct mv_changes *changes, unsigned part);

/* Who is not plain. False when there is no more. Begin with *part = *index = 0. */
bool mv_changes_next_odd(const struct mv_changes *changes,
                         unsigned *part,
                         uint32_t *index,
                         address *who);

/* `others` are put where they belong among them. None of them is an account that is left here. */
bool mv_changes_accounts(struct mv_changes *changes,
                         const struct account_change *others,
                         size_t other_count,
                         struct arena *out) MUST_CHECK;
void mv_changes_write_accounts(struct mv_changes *changes, unsigned part);
