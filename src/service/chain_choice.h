/* chain_choice.h - the chain that chain.name says: one that is known, or the genesis file of another. */
#pragma once

#include "chain/chain.h"
#include "config/config.h"
#include "types/header.h"

struct chain_choice {
    struct chain chain;
    bool has_genesis; /* the hash of its first block is known */
    hash32 genesis_hash;
};

/* PEVM_UNSUPPORTED: no such chain, or one whose rules are not built in; PEVM_BAD_INPUT: chain.network_id is another chain's, or
 * the file is wrong; PEVM_NOT_FOUND, PEVM_IO: the file. */
enum pevm_status chain_choice_read(struct chain_choice *out,
                                   const struct config *config,
                                   struct error *error) MUST_CHECK;
