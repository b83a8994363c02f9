/* changeset.h - what a block changed: accounts by address, slots by account, new code. Sorted, so that equal changes are
 * equal bytes. Lives in the arena of the block.
 */
#pragma once

#include "base/arena.h"
#include "base/u256.h"

struct slot_change {
    u256 slot, value; /* value after the block; 0 = slot gone */
};

struct account_change {
    address account;
    bool exists; /* after the block; false = gone from the trie */
    bool
        storage_cleared; /* all earlier storage is gone (SELFDESTRUCT, creation); `slots` holds what came after */
    bool code_changed;
    uint64_t nonce; /* after the block */
    u256 balance;
    hash32 code_hash;
    const struct slot_change
        *slots; /* ascending; only slots whose value differs from before the block */
    size_t slot_count;
};

struct code_change {
    hash32 hash;
    struct bytes code;
};

struct changeset {
    const struct account_change
        *accounts; /* ascending by address; only accounts that differ from before */
    size_t account_count;
    const struct code_change *codes; /* ascending by hash; code that may be new */
    size_t code_count;
};
