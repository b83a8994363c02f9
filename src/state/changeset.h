/* changeset.h - what a block changed: accounts by address, slots by account, new code. Sorted, so that equal changes are
 * equal bytes. Lives in the arena of the block.
 */
#pragma once

#include "base/arena.h"
#include "base/u256.h"

struct slot_change {
    u256 slot, value; /* value after the block; 0 = slot gone */
};

/* Values after the block. `storage_cleared`: all earlier storage is gone (SELFDESTRUCT, creation; always when the account
 * does not exist), and `slots` holds what came after; else `slots` holds those that differ from before the block. */
struct account_change {
    address account;
    bool exists; /* false = gone from the trie */
    bool storage_cleared;
    bool code_changed;
    uint64_t nonce;
    u256 balance;
    hash32 code_hash;
    const struct slot_change *slots; /* ascending */
    size_t slot_count;
};

struct code_change {
    hash32 hash;
    struct bytes code;
};

/* Only accounts that differ from before, ascending by address; code that may be new, ascending by hash. */
struct changeset {
    const struct account_change *accounts;
    size_t account_count;
    const struct code_change *codes;
    size_t code_count;
};
