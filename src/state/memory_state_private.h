/* memory_state_private.h - the tables of a state in memory, and the tries it keeps.
 *
 * Accounts, slots and code lie in three arrays; tables lead from keys to indices. The slots of an account are a list, so
 * that clearing one costs what it holds. An account that is gone keeps its place, empty, for when it comes back.
 *
 * Invariants
 *   I1  slots[i].account == INDEX_NONE: free, in the list of free slots; else its value is not zero.
 *   I2  An account that does not exist has no slots.
 *   I3  `tries.accounts` (when has_accounts) holds all accounts as they were when they were last not stale; `stale`
 *       lists those that changed since, each once.
 *   I4  A kept storage trie always holds the account's slots as they are.
 */
#pragma once

#include "base/arena.h"
#include "base/hash.h"
#include "crypto/keccak.h"
#include "state/index_table.h"
#include "state/memory_state.h"
#include "trie/trie.h"

struct memory_account_entry {
    address who;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
    hash32 key;                /* keccak(who), when has_key */
    hash32 storage_root;       /* when has_root */
    struct trie *storage_trie; /* kept, or NULL */
    uint32_t first_slot;       /* INDEX_NONE: no storage */
    uint32_t slot_count;
    bool exists, has_key, has_root, is_stale;
};

struct memory_slot_entry {
    u256 slot, value;
    hash32 key;          /* keccak(slot), when has_key */
    uint32_t account;    /* INDEX_NONE: free */
    uint32_t next, prev; /* of the account; `next` also of the free ones */
    bool has_key;
};

struct memory_code_entry {
    hash32 hash;
    struct bytes code; /* in `code_arena` */
};

struct memory_tries {
    struct arena arena;
    struct trie accounts;
    bool has_accounts;
    size_t
        fresh_bytes; /* what the tries took when they were built; the rest of the arena came later */
    uint32_t *stale; /* room for all accounts */
    size_t stale_count;
};

struct memory_state {
    struct memory_account_entry *accounts;
    size_t account_count, account_capacity, existing_count;
    struct index_table account_table;

    struct memory_slot_entry *slots;
    size_t slot_count, slot_capacity; /* count: places ever used */
    size_t free_count;
    uint32_t first_free;
    struct index_table slot_table;

    struct memory_code_entry *codes;
    size_t code_count, code_capacity;
    struct index_table code_table;
    struct arena code_arena;

    uint64_t seed;
    struct memory_tries tries;
    enum view_answer (*block_hash)(void *context, uint64_t number, hash32 *out); /* may be NULL */
    void *block_hash_context;
};

/* INDEX_NONE: never seen. */
uint32_t memory_account_find(const struct memory_state *state, const address *who);

/* Account or storage of it changed: the kept account trie is behind. */
void memory_account_changed(struct memory_state *state, uint32_t account, bool storage_changed);

/* Slot `slot` of the account is now `value`; keeps I4. */
void memory_tries_set_slot(struct memory_state *state,
                           uint32_t account,
                           struct memory_slot_entry *slot,
                           const u256 *value);
/* All slots of the account are gone. */
void memory_tries_clear_slots(struct memory_state *state, uint32_t account);

void memory_tries_init(struct memory_tries *tries);
void memory_tries_fini(struct memory_tries *tries);
