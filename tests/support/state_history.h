/* state_history.h - random changes of a state, block after block: accounts come, change, go, are destroyed and made anew; slots
 * are set, changed and zeroed; a few accounts have many of them.
 *
 *     struct state_history *history = state_history_new(7, 500);         (seed, accounts in all)
 *     const struct changeset *changes = state_history_next(history, state, 20, 60);
 *     memory_state_apply(state, changes)
 */
#pragma once

#include "state/changeset.h"
#include "state/memory_state.h"

struct state_history;

struct state_history *state_history_new(uint64_t seed, unsigned accounts);
void state_history_free(struct state_history *history);

/* Changes of about `count` accounts of `state`. `growth`, in percent: how likely something comes rather than goes. They live until
 * the next call. */
const struct changeset *state_history_next(struct state_history *history,
                                           const struct memory_state *state,
                                           unsigned count,
                                           unsigned growth);

/* The whole state as changes of an empty one; in `arena`. */
const struct changeset *state_as_changes(const struct memory_state *state, struct arena *arena);
