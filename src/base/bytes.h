/* bytes.h - borrowed byte strings, and the small helpers every room needs for addresses and hashes. */
#pragma once

#include "pevm/types.h"

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that somebody else owns; `data` may be NULL when `size` is 0. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

#define BYTES_EMPTY ((struct bytes){NULL, 0})

ALWAYS_INLINE struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){(const uint8_t *)data, size};
}

ALWAYS_INLINE bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

ALWAYS_INLINE bool address_equal(const address *a, const address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

ALWAYS_INLINE bool hash32_equal(const hash32 *a, const hash32 *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

ALWAYS_INLINE bool address_is_zero(const address *a)
{
    static const address zero;
    return address_equal(a, &zero);
}

ALWAYS_INLINE bool hash32_is_zero(const hash32 *a)
{
    static const hash32 zero;
    return hash32_equal(a, &zero);
}

ALWAYS_INLINE uint64_t load_be64(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return __builtin_bswap64(word);
}

ALWAYS_INLINE void store_be64(uint8_t *to, uint64_t word)
{
    word = __builtin_bswap64(word);
    memcpy(to, &word, sizeof word);
}

ALWAYS_INLINE uint64_t load_le64(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "load_le64 and the swaps assume it");
