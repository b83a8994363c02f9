/* evm_case.h - any bytes as a small world with something to run in it: accounts with code and storage, a block, and
 * one message or one transaction. Every input is a case; bytes that are missing are zero.
 *
 * Layout
 *   0   fork                 6   value               14..17  forms of CONTRACT, OTHER, THIRD, COINBASE
 *   1   CASE_* flags         7   the block           18..21  their storage, two bits for each of four slots
 *   2   blocks, shifts       8   balance of SENDER   22      bytes of call data that follow
 *   3,4 gas                  9..13 the transaction   23,24   how the rest is shared among three codes
 *
 * Form of an account: two bits its code (raw, cooked, a delegation, none), two its nonce, three its balance, one: not there.
 *
 * Cooked code: every byte is an instruction that finds its operands on the stack, because each of them is a byte, too,
 * and is pushed: a small number, a word of a palette (addresses, edges, sizes), the place of a JUMPDEST, or nothing, to leave
 * what an earlier instruction gave. Random bytes reach deep that way.
 */
#pragma once

#include "evm/tx_run.h"

enum { SENDER, CONTRACT, OTHER, THIRD, COINBASE, NOBODY, EVM_ACCOUNTS };

enum {
    CASE_IS_TX = 1,
    CASE_CREATES = 2, /* CONTRACT's code is run as init code */
    CASE_MUCH_GAS = 4,
    CASE_GENEROUS = 8, /* the view always gives all parts of an account */
    CASE_BAD_FEES = 16,
    CASE_TYPE_SHIFT = 5, /* three bits: type of the transaction */
};

#define EVM_SLOTS        4
#define EVM_CODE_MAX     8192
#define EVM_ENTRIES_MAX  4
#define CASE_HEADER_SIZE 25

struct evm_account {
    address who;
    bool exists;
    u256 balance;
    uint64_t nonce;
    struct bytes code;
    hash32 code_hash;
    u256 slots[EVM_SLOTS]; /* keys 0, 1, ... */
    uint8_t code_room[EVM_CODE_MAX];
};

struct evm_case {
    struct evm_account accounts[EVM_ACCOUNTS];
    struct block_env env;
    unsigned flags;
    unsigned block_times;
    unsigned shift; /* how balances nobody asked for are changed */

    struct message message; /* a call: `code` is not filled */
    struct tx_env tx_env;
    struct tx tx;
    struct access_entry access_list[EVM_ENTRIES_MAX];
    hash32 access_slots[EVM_SLOTS];
    hash32 blob_hashes[EVM_ENTRIES_MAX];
    struct authorization authorizations[EVM_ENTRIES_MAX];
};

/* Borrows `input`. */
void evm_case_read(struct evm_case *out, struct bytes input);

/* The account, or NULL. */
const struct evm_account *evm_case_find(const struct evm_case *world, const address *who);
