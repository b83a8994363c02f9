/* account_value.h - an account without its storage, whole. */
#pragma once

#include "base/u256.h"

struct account_value {
    u256 balance;
    hash32 code_hash;
    uint64_t nonce;
    bool exists; /* false: not in the trie; the rest is ignored */
};
