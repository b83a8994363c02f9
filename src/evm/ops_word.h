/* ops_word.h - instructions on stack words alone. The stack is checked and the gas charged; operands are top[0], top[-1],
 * ..., the result goes to the place of the last operand; the caller moves `top`.
 */
#pragma once

#include "base/u256.h"

ALWAYS_INLINE void set_u64(u256 *word, uint64_t low)
{
    *word = u256_from_u64(low);
}

ALWAYS_INLINE void set_bool(u256 *word, bool fact)
{
    *word = u256_from_u64(fact);
}

/* Most divisions in contracts are of small numbers: these take the processor's own division, without a call. */
ALWAYS_INLINE bool op_both_small(const u256 *top)
{
    return u256_fits_u64(u256_or(top[0], top[-1])) && top[-1].words[0] != 0;
}

ALWAYS_INLINE void op_div_small(u256 *top)
{
    set_u64(top - 1, top[0].words[0] / top[-1].words[0]);
}

ALWAYS_INLINE void op_mod_small(u256 *top)
{
    set_u64(top - 1, top[0].words[0] % top[-1].words[0]);
}

ALWAYS_INLINE void op_signextend(u256 *top)
{
    top[-1] = u256_signextend(top[0], top[-1]);
}

/* The `size` bytes behind a PUSH; `size` is a constant where this is inlined. Reads 8 bytes at least (code is padded). */
ALWAYS_INLINE void op_push(u256 *to, const uint8_t *from, unsigned size)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned left = size > 8 * i ? size - 8 * i : 0;
        if (left >= 8)
            to->words[i] = load_be64(from + left - 8);
        else if (left == 1)
            to->words[i] = from[0];
        else
            to->words[i] = left == 0 ? 0 : load_be64(from) >> (64 - 8 * left);
    }
}

/* Word by word: a 32-byte load behind four 8-byte stores misses store forwarding. */
ALWAYS_INLINE void op_swap(u256 *a, u256 *b)
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = a->words[i];
        a->words[i] = b->words[i];
        b->words[i] = word;
    }
}
