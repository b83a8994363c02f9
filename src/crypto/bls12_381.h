/* bls12_381.h - the operations of EIP-2537 in its encodings, over blst. False = the input is invalid (the
 * precompile fails). Sizes are checked by the caller: multiples of the sizes given, at least one. */
#pragma once

#include "base/bytes.h"

bool bls12_g1_add(uint8_t out[128], const uint8_t in[256]) MUST_CHECK;
bool bls12_g1_msm(uint8_t out[128], struct bytes in) MUST_CHECK; /* k * 160 bytes */
bool bls12_g2_add(uint8_t out[256], const uint8_t in[512]) MUST_CHECK;
bool bls12_g2_msm(uint8_t out[256], struct bytes in) MUST_CHECK; /* k * 288 bytes */
bool bls12_pairing(bool *is_one, struct bytes in) MUST_CHECK;    /* k * 384 bytes */
bool bls12_map_fp(uint8_t out[128], const uint8_t in[64]) MUST_CHECK;
bool bls12_map_fp2(uint8_t out[256], const uint8_t in[128]) MUST_CHECK;
