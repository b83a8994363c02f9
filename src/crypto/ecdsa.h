/* ecdsa.h - signatures over secp256k1 (libsecp256k1) and P-256 (libcrypto). Any thread. */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

/* The address whose key signed `message` (Yellow Paper, appendix F): high s is allowed here, callers that
 * forbid it check before. False when r or s is out of range or no key comes out. `parity` is 0 or 1. */
bool ecdsa_recover(address *out, const hash32 *message, const u256 *r, const u256 *s, int parity)
    MUST_CHECK;

/* Sign (deterministic nonce, RFC 6979; low s). False when `secret` is no valid key. For tests and generators. */
bool ecdsa_sign(u256 *r, u256 *s, int *parity, const hash32 *message, const hash32 *secret)
    MUST_CHECK;
bool ecdsa_address(address *out, const hash32 *secret) MUST_CHECK;

/* n / 2: signatures with a larger s are refused from Homestead on (EIP-2). */
extern const u256 ecdsa_half_order;

/* EIP-7951: does (r, s) sign `hash` under the key (x, y) on P-256? Every range and curve check included. */
bool p256_verify(const uint8_t hash[32],
                 const uint8_t r[32],
                 const uint8_t s[32],
                 const uint8_t x[32],
                 const uint8_t y[32]) MUST_CHECK;
