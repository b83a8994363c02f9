/* contract_address.h - where a new contract goes (Yellow Paper, section 7; EIP-1014). */
#pragma once

#include "base/bytes.h"

/* keccak256(rlp([sender, nonce]))[12:]; `nonce` is the one before the creation counts. */
void create_address(address *out, const address *sender, uint64_t nonce);

/* keccak256(0xff || sender || salt || init_hash)[12:]. */
void create2_address(address *out,
                     const address *sender,
                     const hash32 *salt,
                     const hash32 *init_hash);
