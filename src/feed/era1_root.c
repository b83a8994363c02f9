#include "feed/era1_root.h"

#include "base/assert.h"
#include "crypto/digest.h"

#define LEVELS 13 /* 2^13 = ERA1_BLOCKS_MAX */

static hash32 hash_pair(const hash32 *left, const hash32 *right)
{
    uint8_t both[64];
    hash32 out;
    memcpy(both, left->bytes, 32);
    memcpy(both + 32, right->bytes, 32);
    sha256(&out, both, sizeof both);
    return out;
}

/* SSZ numbers are little-endian. */
static hash32 number_leaf(const u256 *number)
{
    hash32 out = u256_to_hash(*number);
    for (size_t i = 0; i < 16; i++) {
        uint8_t byte = out.bytes[i];
        out.bytes[i] = out.bytes[31 - i];
        out.bytes[31 - i] = byte;
    }
    return out;
}

hash32 era1_leaf(const hash32 *block_hash, const u256 *total_difficulty)
{
    hash32 number = number_leaf(total_difficulty);
    return hash_pair(block_hash, &number);
}

hash32 era1_root(hash32 *leaves, size_t count)
{
    hash32 none = {{0}}; /* the root of a subtree of nothing, at each level */
    u256 size = u256_from_u64(count);
    ASSERT(count <= ERA1_BLOCKS_MAX);
    size_t width = count;
    for (unsigned level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < width; i += 2)
            leaves[i / 2] = hash_pair(&leaves[i], i + 1 < width ? &leaves[i + 1] : &none);
        width = (width + 1) / 2;
        none = hash_pair(&none, &none);
    }
    hash32 length = number_leaf(&size);
    return hash_pair(count == 0 ? &none : &leaves[0], &length);
}
