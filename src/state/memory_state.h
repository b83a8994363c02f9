/* memory_state.h - a whole state in memory: accounts, storage, code. The pre-state of tests and replays; a view.
 *
 * Roots cost what changed: the first one builds the account trie and keeps it, the next ones follow the changes. Storage
 * tries are kept for large storages that change; small ones are built when they are needed.
 *
 * Grows on the heap. One writer, any number of readers when nobody writes. The root functions keep tries and hashes, so
 * they count as writers, although they change nothing that a reader sees.
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
enum pevm_status memory_state_set_account(struct memory_state *state,
                                          const address *who,
                                          uint64_t nonce,
                                          const u256 *balance,
                                          const hash32 *code_hash) MUST_CHECK;
/* Add code under its hash (computed, given back in *hash). */
enum pevm_status memory_state_add_code(struct memory_state *state,
                                       struct bytes code,
                                       hash32 *hash) MUST_CHECK;
/* Zero removes the slot. The account must exist. */
enum pevm_status memory_state_set_slot(struct memory_state *state,
                                       const address *who,
                                       const u256 *slot,
                                       const u256 *value) MUST_CHECK;

/* Apply a block's changes: all or nothing. */
enum pevm_status memory_state_apply(struct memory_state *state,
                                    const struct changeset *changes) MUST_CHECK;

/* A deep copy; NULL: no memory. For forks of test chains. Kept tries are not copied, storage roots are. */
struct memory_state *memory_state_clone(const struct memory_state *state) MUST_CHECK;

/* The state as a view; lives as long as the state. Code that the state does not have (partial states) is VIEW_FAILED.
 * Block hashes are not part of it: `block_hash` asks the given function (may be NULL: VIEW_FAILED). */
struct view memory_state_view(const struct memory_state *state);
void memory_state_set_block_hashes(struct memory_state *state,
                                   enum view_answer (*block_hash)(void *context,
                                                                  uint64_t number,
                                                                  hash32 *out),
                                   void *context);

/* The state root (Yellow Paper, section 4.1), of all accounts. PEVM_NO_MEMORY, nothing else. `scratch` is released
 * again. */
enum pevm_status memory_state_root(struct memory_state *state,
                                   hash32 *out,
                                   struct arena *scratch) MUST_CHECK;

/* The root that the state would have after `changes`, which are not applied. */
enum pevm_status memory_state_root_after(struct memory_state *state,
                                         const struct changeset *changes,
                                         hash32 *out,
                                         struct arena *scratch) MUST_CHECK;

size_t memory_state_account_count(const struct memory_state *state);

/* Visit all accounts, ascending by address; all slots of one, ascending. The visitor returns false to stop, and does not
 * write to the state. */
struct memory_account {
    address who;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
    struct bytes code; /* empty when there is none, or the state does not have it */
};
enum pevm_status memory_state_each_account(const struct memory_state *state,
                                           bool (*visit)(void *context,
                                                         const struct memory_account *account),
                                           void *context) MUST_CHECK;
enum pevm_status memory_state_each_slot(const struct memory_state *state,
                                        const address *who,
                                        bool (*visit)(void *context,
                                                      const u256 *slot,
                                                      const u256 *value),
                                        void *context) MUST_CHECK;
