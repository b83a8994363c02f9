/* account_rlp.h - what the state trie holds for an account (Yellow Paper, section 4.1): rlp([nonce, balance, storage
 * root, code hash]).
 */
#pragma once

#include "base/error.h"
#include "base/u256.h"

struct account_leaf {
    u256 balance;
    hash32 storage_root, code_hash;
    uint64_t nonce;
};

#define ACCOUNT_RLP_SIZE_MAX 110 /* 2 for the head, 9, 33, 33, 33 */

/* Gives the size. */
size_t account_rlp_put(uint8_t out[ACCOUNT_RLP_SIZE_MAX], const struct account_leaf *account);

/* PEVM_CORRUPT with the reason when it is not exactly that. */
enum pevm_status account_rlp_read(struct account_leaf *out,
                                  struct bytes encoding,
                                  struct error *error) MUST_CHECK;
