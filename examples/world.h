/* world.h - what the examples execute: a block and the state before it, from two files of a folder.
 *
 *   block.rlp    the block
 *   state.txt    a line for each thing; all numbers but NONCE and NUMBER in hex, without 0x
 *                account ADDRESS NONCE BALANCE CODE_HASH CODE     (CODE "-": none)
 *                slot ADDRESS SLOT VALUE                          (of the account above)
 *                hash NUMBER HASH                                 (of an ancestor)
 */
#ifndef EXAMPLES_WORLD_H
#define EXAMPLES_WORLD_H

#include <pevm/pevm.h>

#ifdef __cplusplus
extern "C" {
#endif

struct world_account {
    address who;
    struct pevm_account is;
    struct pevm_bytes code;
};

struct world_slot {
    address who;
    u256 slot, value;
};

struct world_hash {
    uint64_t number;
    hash32 hash;
};

struct world {
    struct pevm_bytes block;
    struct world_account *accounts;
    size_t account_count;
    struct world_slot *slots;
    size_t slot_count;
    struct world_hash *hashes;
    size_t hash_count;
};

/* Reads a folder; says what is wrong and ends the process when it cannot. */
void world_read(struct world *world, const char *folder);
void world_free(struct world *world);

/* The same as a state of the library's, to be freed with pevm_state_free. */
pevm_state *world_state(const struct world *world);

/* The name of a hash: 64 hex digits, in a buffer that the third call after overwrites. */
const char *hash_text(const hash32 *hash);

#ifdef __cplusplus
}
#endif
#endif
