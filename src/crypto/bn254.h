/* bn254.h - the curve alt_bn128 of EIP-196 and EIP-197. False = the input is no valid point (the precompile
 * fails). Inputs are already zero-extended to the sizes given. Any thread, no allocation. */
#pragma once

#include "base/bytes.h"

bool bn254_add(uint8_t out[64], const uint8_t in[128]) MUST_CHECK;
bool bn254_mul(uint8_t out[64], const uint8_t in[96]) MUST_CHECK;

/* `in.size` is a multiple of 192; *is_one says whether the product of the pairings is one. */
bool bn254_pairing(bool *is_one, struct bytes in) MUST_CHECK;
