/* view.h - the state as somebody sees it: the one interface through which the machine reads.
 *
 * The machine asks, and never knows whether the answer comes from a database, from a table in memory, or
 * from the writes of a transaction that runs on another core at this moment. An answer may be "blocked":
 * another transaction must go first. The machine then stops at the instruction that asked, changes nothing,
 * and asks again when it is resumed. The pre-state of a block is a view, too; that one never blocks.
 *
 * Words
 *   part     balance, nonce, code hash, existence: read one by one, so that reading one does not make a
 *            transaction depend on another
 *   exists   there is an entry in the state trie; before Spurious Dragon it may be empty
 *   empty    nonce 0, balance 0, no code (EIP-161); also true for what does not exist
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

enum view_answer {
    VIEW_OK,
    VIEW_BLOCKED, /* another transaction must go first; nothing was given */
    VIEW_FAILED,  /* the state could not be read: stops the block, is never an empty account */
};

enum view_part {
    VIEW_BALANCE = 1,
    VIEW_NONCE = 2,
    VIEW_CODE_HASH = 4,
    VIEW_EXISTENCE = 8, /* `exists` and `empty` */
    VIEW_ALL_PARTS = 15,
};

/* An absent account has balance 0, nonce 0, code_hash = keccak_empty, exists = false, empty = true. */
struct view_account {
    u256 balance;
    hash32 code_hash;
    uint64_t nonce;
    bool exists, empty;
    uint8_t parts; /* which of the above were given: at least those asked for */
    uint32_t
        place; /* whatever the view likes to be told when the account comes back to it (state/mv.h); may be left alone */
};

struct view_ops {
    /* The parts of account `who` asked for; more may be given. */
    enum view_answer (*account)(void *context,
                                const address *who,
                                unsigned parts,
                                struct view_account *out);

    /* A storage word; 0 when it or the account is absent. */
    enum view_answer (*slot)(void *context, const address *who, const u256 *slot, u256 *out);

    /* The code with that hash (never asked for keccak_empty). Lends until the block ends. Code that cannot be
     * found is VIEW_FAILED. `who` is an account that has it. */
    enum view_answer (*code)(void *context,
                             const address *who,
                             const hash32 *code_hash,
                             struct bytes *out);

    /* Does the account have any non-zero storage word? (EIP-7610: creation onto it fails.) */
    enum view_answer (*has_storage)(void *context, const address *who, bool *out);

    /* Hash of the ancestor block `number`, which lies within the last 256 of the block being executed. */
    enum view_answer (*block_hash)(void *context, uint64_t number, hash32 *out);
};

struct view {
    const struct view_ops *ops;
    void *context;
};
