/* block_state.h - the block's own layer over the pre-state: what its transactions have changed so far. A view, too.
 *
 * The sequential engine applies each transaction's writes here, in order, and reads the next one through it; at the end
 * the layer gives the changeset. It never touches the pre-state, and asks it for each account and slot at most once.
 * One owner. No heap calls in steady state: what a block needed is kept for the next one.
 *
 * Order of calls: block_state_new ( block_state_begin ( reads | writes )* block_state_changes* )* block_state_free
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "state/account_value.h"
#include "state/changeset.h"
#include "state/view.h"

struct block_state;

enum pevm_status block_state_new(struct block_state **out) MUST_CHECK;
void block_state_free(struct block_state *state); /* may be NULL */

/* Start a block: forget the one before, read through `pre_state` (borrowed until the next begin). */
void block_state_begin(struct block_state *state, const struct view *pre_state);

/* What is true now. Lives as long as the layer. Code set in this block is answered from here. `has_storage` asks the
 * pre-state unless the storage was cleared or a slot is known to be set: an account whose slots were all zeroed one by
 * one still counts as having storage. */
struct view block_state_view(struct block_state *state);

/* The same, for many readers at once while nobody writes: keeps nothing of what it reads. What the layer does not know is
 * asked of `pre_state`, which any thread may call. `peek` is the caller's, and lives as long as the view. */
struct block_state_peek {
    const struct block_state *state;
    struct view pre_state;
};
struct view block_state_peek_view(struct block_state_peek *peek,
                                  const struct block_state *state,
                                  const struct view *pre_state);

/* Somebody else knows what the block has done so far, and is asked for each account, with its slots, when the layer meets it first
 * (those it has met already: at once). False: no memory, or its state is not readable. Forgotten at the next begin. */
struct block_state_source {
    bool (*take)(void *context, struct block_state *state, const address *who);
    void *context;
};
bool block_state_set_source(struct block_state *state,
                            const struct block_state_source *source) MUST_CHECK;
/* Have room for so many entries now, so that they take nothing from the heap later. False: no memory; what there was is there. */
bool block_state_reserve(struct block_state *state, size_t accounts, size_t slots) MUST_CHECK;

/* Meet an account: as if it were read. */
bool block_state_meet(struct block_state *state, const address *who) MUST_CHECK;

/* Writes. False only when memory runs out. */
bool block_state_set_account(struct block_state *state,
                             const address *who,
                             const struct account_value *value) MUST_CHECK;
/* All storage of the account is gone (SELFDESTRUCT, creation); slots set later count again. */
bool block_state_clear_storage(struct block_state *state, const address *who) MUST_CHECK;
bool block_state_set_slot(struct block_state *state,
                          const address *who,
                          const u256 *slot,
                          const u256 *value) MUST_CHECK;
/* The same two, from somebody who knows what the pre-state says: it is not asked again. `before` of a slot may be NULL: not
 * known. What this block wrote earlier to the same place counts as before; then it is not what the pre-state says, and ignored. */
bool block_state_take_account(struct block_state *state,
                              const address *who,
                              const struct account_value *before,
                              const struct account_value *now) MUST_CHECK;
bool block_state_take_slot(struct block_state *state,
                           const address *who,
                           const u256 *slot,
                           const u256 *before,
                           const u256 *now) MUST_CHECK;
/* `code` is copied. */
bool block_state_add_code(struct block_state *state,
                          const hash32 *hash,
                          struct bytes code) MUST_CHECK;

/* What differs from the pre-state, sorted, in `arena`; the bytes of new code are lent until the next begin. May be asked
 * for in the middle of a block (roots between transactions, before Byzantium). PEVM_STATE_UNREADABLE when a value of the
 * pre-state that must be compared cannot be read. */
enum pevm_status block_state_changes(struct block_state *state,
                                     struct changeset *out,
                                     struct arena *arena) MUST_CHECK;
