/* memory_state.h - a whole state in memory: accounts, storage, code. The pre-state of tests and replays; a view.
 *
 * Grows on the heap; one writer, any number of readers when nobody writes.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "state/changeset.h"
#include "state/view.h"

struct memory_state;

struct memory_state *memory_state_new(void) MUST_CHECK; /* NULL: no memory */
void memory_state_free(struct memory_state *state);     /* may be NULL */

/* Set a whole account (makes it exist, even if empty); storage is kept. */
enum pevm_status memory_state_set_account(struct memory_state *state, const address *who, uint64_t nonce, const u256 *balance,
                                          const hash32 *code_hash) MUST_CHECK;
/* Add code under its hash (computed, given back in *hash). */
enum pevm_status memory_state_add_code(struct memory_state *state, struct bytes code, hash32 *hash) MUST_CHECK;
/* Zero removes the slot. The account must exist. */
enum pevm_status memory_state_set_slot(struct memory_state *state, const address *who, const u256 *slot, const u256 *value) MUST_CHECK;

/* Apply a block's changes: all or nothing. */
enum pevm_status memory_state_apply(struct memory_state *state, const struct changeset *changes) MUST_CHECK;

/* A deep copy; NULL: no memory. For forks of test chains. */
struct memory_state *memory_state_clone(const struct memory_state *state) MUST_CHECK;

/* The state as a view. Block hashes are not part of it: `block_hash` asks the given function (may be NULL: VIEW_FAILED). The view
 * lives as long as the state. A partial state (partial = true) answers VIEW_FAILED for code it does not have. */
struct view memory_state_view(const struct memory_state *state);
void memory_state_set_block_hashes(struct memory_state *state,
                                   enum view_answer (*block_hash)(void *context, uint64_t number, hash32 *out), void *context);

/* The state root (Yellow Paper, section 4.1), from all accounts. */
enum pevm_status memory_state_root(const struct memory_state *state, hash32 *out, struct arena *scratch) MUST_CHECK;

/* Visit all accounts, ascending by address; all slots of one, ascending. The visitor returns false to stop. */
struct memory_account {
    address who;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
    struct bytes code;
};
enum pevm_status memory_state_each_account(const struct memory_state *state, bool (*visit)(void *context, const struct memory_account *account), void *context) MUST_CHECK;
enum pevm_status memory_state_each_slot(const struct memory_state *state, const address *who, bool (*visit)(void *context, const u256 *slot, const u256 *value), void *context) MUST_CHECK;
