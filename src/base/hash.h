/* hash.h - mixing keys for our hash tables. Tables compare whole keys, so a collision costs time, never a
 * result; the seed is drawn per process so that nobody can choose keys that collide. */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"

/* The seed of this process; constant after the first call. Results must never depend on it. */
uint64_t hash_seed(void);

/* Some tests are built with PEVM_WEAK_HASH: then all keys collide. */
#ifdef PEVM_WEAK_HASH
    #define HASH_RESULT(h) ((void)(h), UINT64_C(5))
#else
    #define HASH_RESULT(h) (h)
#endif

ALWAYS_INLINE uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

ALWAYS_INLINE uint64_t hash_address(const address *key, uint64_t seed)
{
    uint32_t tail;
    memcpy(&tail, key->bytes + 16, sizeof tail);
    uint64_t h =
        hash_mix(load_le64(key->bytes) ^ seed, load_le64(key->bytes + 8) ^ 0x9e3779b97f4a7c15);
    return HASH_RESULT(hash_mix(h ^ tail, seed ^ 0xd6e8feb86659fd93));
}

ALWAYS_INLINE uint64_t hash_u256(const u256 *key, uint64_t seed)
{
    uint64_t h = hash_mix(key->words[0] ^ seed, key->words[1] ^ 0x9e3779b97f4a7c15);
    uint64_t g = hash_mix(key->words[2] ^ 0xd6e8feb86659fd93, key->words[3] ^ seed);
    return HASH_RESULT(hash_mix(h ^ 0xa0761d6478bd642f, g ^ seed));
}

ALWAYS_INLINE uint64_t hash_hash32(const hash32 *key, uint64_t seed)
{
    return HASH_RESULT(
        hash_mix(load_le64(key->bytes) ^ seed, load_le64(key->bytes + 8) ^ 0x9e3779b97f4a7c15));
}
