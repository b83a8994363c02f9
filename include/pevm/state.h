/* pevm/state.h - the state before a block: yours through callbacks, or a whole one in memory.
 *
 * Words
 *   view      five questions about the state before the block (and one about its root)
 *   changes   what a block did to it: accounts by address, slots by account, new code. Sorted, so that equal
 *             changes are equal bytes
 *   exists    there is an entry in the state trie; before Spurious Dragon (EIP-161) it may be an empty one
 */
#ifndef PEVM_STATE_H
#define PEVM_STATE_H

#include "pevm/status.h"
#include "pevm/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a state of your own ----------------------------------------------------------------------- */

enum pevm_answer {
    PEVM_ANSWER_OK = 0,
    PEVM_ANSWER_FAILED = 1 /* could not be read: the block stops with PEVM_STATE_UNREADABLE */
};

/* An account (Yellow Paper, section 4.1). All zero: there is none. */
struct pevm_account {
    u256 balance;     /* in wei */
    hash32 code_hash; /* keccak256 of the code; without code that of nothing, or all zero */
    uint64_t nonce;
    uint8_t exists; /* 1, or 0: the rest is not looked at */
    uint8_t padding[7];
};

struct pevm_changes;

/* The questions. They are asked from several threads at once: they must neither change what they read, nor answer the
 * same question differently during one block. Each fills in *out (zeroed before) and returns PEVM_ANSWER_OK, or
 * PEVM_ANSWER_FAILED. `context` is the view's. None is NULL but for the last. Pointers handed in are lent until the
 * callback returns. */
struct pevm_view {
    size_t struct_size; /* pevm_view_init */
    void *context;

    enum pevm_answer (*account)(void *context, const address *who, struct pevm_account *out);

    /* A storage word; 0 when it or the account is absent. */
    enum pevm_answer (*slot)(void *context, const address *who, const u256 *slot, u256 *out);

    /* The code with that hash, which `who` has. Lends it until pevm_engine_execute returns. */
    enum pevm_answer (*code)(void *context,
                             const address *who,
                             const hash32 *code_hash,
                             struct pevm_bytes *out);

    /* *out = 1 when the account has any storage word that is not zero (EIP-7610: no contract is created there), else 0. */
    enum pevm_answer (*has_storage)(void *context, const address *who, uint8_t *out);

    /* The hash of the ancestor block `number`, one of the 256 before the block (BLOCKHASH; EIP-2935). */
    enum pevm_answer (*block_hash)(void *context, uint64_t number, hash32 *out);

    /* May be NULL: then the state root is neither computed nor judged (nor receipts before Byzantium, EIP-658, which
     * contain one). The root that the state would have after `changes`, which are lent and not to be kept. Asked from
     * the thread that called pevm_engine_execute: once, before Byzantium after each transaction. */
    enum pevm_answer (*state_root)(void *context, const struct pevm_changes *changes, hash32 *out);
};

/* All zero but struct_size. */
#define pevm_view_init(view) pevm_view_init_sized(view, sizeof *(view))
void pevm_view_init_sized(struct pevm_view *view, size_t struct_size);

/* ---- changes ----------------------------------------------------------------------------------- */

struct pevm_slot_change {
    u256 slot, value; /* the value after the block; 0: the slot is gone */
};

/* An account that differs from before: values after the block. Flags are 0 or 1. */
struct pevm_account_change {
    address account;
    uint8_t exists; /* 0: gone from the trie; then the values are zero */
    uint8_t
        storage_cleared; /* 1: all storage from before is gone (SELFDESTRUCT, creation); `slots` came after */
    uint8_t code_changed;
    uint8_t padding;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
    const struct pevm_slot_change *slots; /* ascending by slot */
    size_t slot_count;
};

/* Code that may be new, under its keccak256. */
struct pevm_code_change {
    hash32 hash;
    struct pevm_bytes code;
};

struct pevm_changes {
    const struct pevm_account_change *accounts; /* ascending by address */
    size_t account_count;
    const struct pevm_code_change *codes; /* ascending by hash */
    size_t code_count;
};

/* ---- a state in memory ------------------------------------------------------------------------- */

/* A whole state: accounts, storage, code, block hashes. Used by one thread at a time; any number of engines may read it
 * at once while nobody changes it and nobody asks for its root. */
typedef struct pevm_state pevm_state;

/* An empty state in *out, to be freed with pevm_state_free. PEVM_NO_MEMORY: *out is NULL. */
enum pevm_status pevm_state_new(pevm_state **out);
void pevm_state_free(pevm_state *state); /* may be NULL */

/* Make the account exist, with these values; `code` (copied; size 0: none) replaces what it had, its storage stays.
 * PEVM_NO_MEMORY. */
enum pevm_status pevm_state_set_account(pevm_state *state,
                                        const address *who,
                                        uint64_t nonce,
                                        const u256 *balance,
                                        struct pevm_bytes code);

/* Set a storage word; 0 removes it. PEVM_NOT_FOUND: there is no such account. PEVM_NO_MEMORY. */
enum pevm_status pevm_state_set_slot(pevm_state *state,
                                     const address *who,
                                     const u256 *slot,
                                     const u256 *value);

/* The hash of block `number`; 256 are kept, the block number modulo 256 decides which one goes. */
void pevm_state_set_block_hash(pevm_state *state, uint64_t number, const hash32 *hash);

/* Read back. *out is all zero when there is nothing. */
void pevm_state_account(const pevm_state *state, struct pevm_account *out, const address *who);
void pevm_state_slot(const pevm_state *state, u256 *out, const address *who, const u256 *slot);

/* Apply a block's changes: all or nothing. PEVM_NO_MEMORY. */
enum pevm_status pevm_state_apply(pevm_state *state, const struct pevm_changes *changes);

/* The state root (Yellow Paper, section 4.1) in *out. The first one costs what the state holds, the next ones what
 * changed. PEVM_NO_MEMORY. */
enum pevm_status pevm_state_root(pevm_state *state, hash32 *out);

/* The state as a view, for those who answer some questions themselves and pass on the others: fills in *out, which
 * pevm_view_init has seen, and lives as long as the state; state_root is set. For the engine, pevm_input.state is faster. */
void pevm_state_view(pevm_state *state, struct pevm_view *out);

#ifdef __cplusplus
}
#endif
#endif
