/* u256.h - arithmetic modulo 2^256 (Yellow Paper, appendix H), by value, four words, least first.
 *
 * Words
 *   _overflow, _borrow   also say whether the true result left the range; the wrapped one is given anyway
 *   _into                the same operation through pointers, for operands that already lie in memory;
 *                        the output may be one of the operands
 *
 * Rules
 *   R1  Short operations are inline; division, remainders, ADDMOD, MULMOD and EXP are in u256.c.
 *   R2  A zero divisor or modulus gives zero, as the machine demands. Nothing here fails.
 *   R3  Argument order is that of the machine's stack: the shift, index or base comes first.
 *   R4  Any thread. u256_mulmod keeps the reciprocals of two moduli per thread; results do not depend
 *       on them.
 *
 * A fresh result is four 8-byte stores. Reading it back as one 32-byte vector misses store forwarding and
 * costs more than the addition did, so copies in hot paths are better done word by word (u256_copy).
 */
#pragma once

#include "base/assert.h"
#include "base/bytes.h"
#include "base/compiler.h"

/* clang-format off */
#define U256_ZERO ((u256){{0, 0, 0, 0}})
#define U256_ONE  ((u256){{1, 0, 0, 0}})
#define U256_MAX  ((u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})
/* clang-format on */

#define U256_DECIMAL_SIZE 79 /* 78 digits, zero byte */

/* ---- one word with carry: each compiler has its own way to say "adc" ---- */

/* a + b + *carry; *carry (0 or 1) becomes the carry out. */
ALWAYS_INLINE uint64_t word_add(uint64_t a, uint64_t b, bool *carry)
{
#if defined(__clang__)
    unsigned long long carry_out;
    uint64_t sum = __builtin_addcll(a, b, *carry, &carry_out);
    *carry = carry_out != 0;
    return sum;
#elif defined(__x86_64__)
    unsigned long long sum;
    *carry = __builtin_ia32_addcarryx_u64(*carry, a, b, &sum) != 0;
    return sum;
#else
    uint128 sum = (uint128)a + b + *carry;
    *carry = sum >> 64 != 0;
    return (uint64_t)sum;
#endif
}

/* a - b - *borrow; *borrow (0 or 1) becomes the borrow out. */
ALWAYS_INLINE uint64_t word_sub(uint64_t a, uint64_t b, bool *borrow)
{
#if defined(__clang__)
    unsigned long long borrow_out;
    uint64_t difference = __builtin_subcll(a, b, *borrow, &borrow_out);
    *borrow = borrow_out != 0;
    return difference;
#elif defined(__x86_64__)
    unsigned long long difference;
    *borrow = __builtin_ia32_sbb_u64(*borrow, a, b, &difference) != 0;
    return difference;
#else
    uint128 difference = (uint128)a - b - *borrow;
    *borrow = difference >> 64 != 0;
    return (uint64_t)difference;
#endif
}

/* The low word of a * b + c + d, which always fits two words; *high is the other. */
ALWAYS_INLINE uint64_t word_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *high)
{
    uint128 t = (uint128)a * b + c + d;
    *high = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

/* ---- small facts ---- */

ALWAYS_INLINE u256 u256_from_u64(uint64_t low)
{
    return (u256){
        {low, 0, 0, 0}
    };
}

ALWAYS_INLINE bool u256_is_zero(u256 a)
{
    return (a.words[0] | a.words[1] | a.words[2] | a.words[3]) == 0;
}

ALWAYS_INLINE bool u256_equal(u256 a, u256 b)
{
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
            (a.words[3] ^ b.words[3])) == 0;
}

ALWAYS_INLINE bool u256_fits_u64(u256 a)
{
    return (a.words[1] | a.words[2] | a.words[3]) == 0;
}

ALWAYS_INLINE uint64_t u256_low64(u256 a)
{
    return a.words[0];
}

/* Word by word: see the note on store forwarding above. The empty assembly keeps the compiler from joining the
 * words into a vector again. */
ALWAYS_INLINE void u256_copy(u256 *to, const u256 *from)
{
    uint64_t w0 = from->words[0], w1 = from->words[1], w2 = from->words[2], w3 = from->words[3];
    __asm__("" : "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3));
    to->words[0] = w0;
    to->words[1] = w1;
    to->words[2] = w2;
    to->words[3] = w3;
}

/* Leading zero bits; 256 for zero. */
ALWAYS_INLINE unsigned u256_clz(u256 a)
{
    if (a.words[3] != 0) return (unsigned)__builtin_clzll(a.words[3]);
    if (a.words[2] != 0) return 64 + (unsigned)__builtin_clzll(a.words[2]);
    if (a.words[1] != 0) return 128 + (unsigned)__builtin_clzll(a.words[1]);
    if (a.words[0] != 0) return 192 + (unsigned)__builtin_clzll(a.words[0]);
    return 256;
}

ALWAYS_INLINE unsigned u256_bit_length(u256 a)
{
    return 256 - u256_clz(a);
}

ALWAYS_INLINE unsigned u256_byte_length(u256 a)
{
    return (u256_bit_length(a) + 7) / 8;
}

/* ---- sums ---- */

/* True when a + b needs 257 bits. */
ALWAYS_INLINE bool u256_add_overflow(u256 *sum, u256 a, u256 b)
{
    bool carry = false;
    uint64_t w0 = word_add(a.words[0], b.words[0], &carry);
    uint64_t w1 = word_add(a.words[1], b.words[1], &carry);
    uint64_t w2 = word_add(a.words[2], b.words[2], &carry);
    uint64_t w3 = word_add(a.words[3], b.words[3], &carry);
    *sum = (u256){
        {w0, w1, w2, w3}
    };
    return carry;
}

/* True when a < b. */
ALWAYS_INLINE bool u256_sub_borrow(u256 *difference, u256 a, u256 b)
{
    bool borrow = false;
    uint64_t w0 = word_sub(a.words[0], b.words[0], &borrow);
    uint64_t w1 = word_sub(a.words[1], b.words[1], &borrow);
    uint64_t w2 = word_sub(a.words[2], b.words[2], &borrow);
    uint64_t w3 = word_sub(a.words[3], b.words[3], &borrow);
    *difference = (u256){
        {w0, w1, w2, w3}
    };
    return borrow;
}

ALWAYS_INLINE u256 u256_add(u256 a, u256 b)
{
    u256 sum;
    (void)u256_add_overflow(&sum, a, b);
    return sum;
}

ALWAYS_INLINE u256 u256_sub(u256 a, u256 b)
{
    u256 difference;
    (void)u256_sub_borrow(&difference, a, b);
    return difference;
}

ALWAYS_INLINE u256 u256_negate(u256 a)
{
    return u256_sub(U256_ZERO, a);
}

/* ---- order ---- */

ALWAYS_INLINE bool u256_less(u256 a, u256 b)
{
    u256 unused;
    return u256_sub_borrow(&unused, a, b);
}

/* Is a negative as a two's complement number? */
ALWAYS_INLINE bool u256_is_negative(u256 a)
{
    return a.words[3] >> 63 != 0;
}

ALWAYS_INLINE bool u256_less_signed(u256 a, u256 b)
{
    /* Moving both by 2^255 turns the signed order into the unsigned one. */
    a.words[3] ^= UINT64_C(1) << 63;
    b.words[3] ^= UINT64_C(1) << 63;
    return u256_less(a, b);
}

/* -1, 0 or 1 */
ALWAYS_INLINE int u256_compare(u256 a, u256 b)
{
    return (int)u256_less(b, a) - (int)u256_less(a, b);
}

/* ---- bits ---- */

ALWAYS_INLINE u256 u256_and(u256 a, u256 b)
{
    return (u256){
        {a.words[0] & b.words[0],
         a.words[1] & b.words[1],
         a.words[2] & b.words[2],
         a.words[3] & b.words[3]}
    };
}

ALWAYS_INLINE u256 u256_or(u256 a, u256 b)
{
    return (u256){
        {a.words[0] | b.words[0],
         a.words[1] | b.words[1],
         a.words[2] | b.words[2],
         a.words[3] | b.words[3]}
    };
}

ALWAYS_INLINE u256 u256_xor(u256 a, u256 b)
{
    return (u256){
        {a.words[0] ^ b.words[0],
         a.words[1] ^ b.words[1],
         a.words[2] ^ b.words[2],
         a.words[3] ^ b.words[3]}
    };
}

ALWAYS_INLINE u256 u256_not(u256 a)
{
    return (u256){
        {~a.words[0], ~a.words[1], ~a.words[2], ~a.words[3]}
    };
}

/* The top 64 bits of (high:low) << bits, and the low 64 of (high:low) >> bits; bits is below 64. */
ALWAYS_INLINE uint64_t word_shl(uint64_t high, uint64_t low, unsigned bits)
{
    return high << bits | low >> 1 >> (63 - bits);
}

ALWAYS_INLINE uint64_t word_shr(uint64_t high, uint64_t low, unsigned bits)
{
    return low >> bits | high << 1 << (63 - bits);
}

/* The value moved by fewer than 256 bits; `fill` (all zeros or all ones) comes in from the top. The choices
 * are written so that they become conditional moves: shift counts are hard to predict. */
ALWAYS_INLINE u256 u256_shl_bits(u256 a, unsigned count)
{
    uint64_t w0 = a.words[0], w1 = a.words[1], w2 = a.words[2], w3 = a.words[3];
    bool by_two = (count & 128) != 0, by_one = (count & 64) != 0;
    w3 = by_two ? w1 : w3;
    w2 = by_two ? w0 : w2;
    w1 = by_two ? 0 : w1;
    w0 = by_two ? 0 : w0;
    w3 = by_one ? w2 : w3;
    w2 = by_one ? w1 : w2;
    w1 = by_one ? w0 : w1;
    w0 = by_one ? 0 : w0;
    unsigned bits = count & 63;
    return (u256){
        {w0 << bits, word_shl(w1, w0, bits), word_shl(w2, w1, bits), word_shl(w3, w2, bits)}
    };
}

ALWAYS_INLINE u256 u256_shr_bits(u256 a, unsigned count, uint64_t fill)
{
    uint64_t w0 = a.words[0], w1 = a.words[1], w2 = a.words[2], w3 = a.words[3];
    bool by_two = (count & 128) != 0, by_one = (count & 64) != 0;
    w0 = by_two ? w2 : w0;
    w1 = by_two ? w3 : w1;
    w2 = by_two ? fill : w2;
    w3 = by_two ? fill : w3;
    w0 = by_one ? w1 : w0;
    w1 = by_one ? w2 : w1;
    w2 = by_one ? w3 : w2;
    w3 = by_one ? fill : w3;
    unsigned bits = count & 63;
    return (u256){
        {word_shr(w1, w0, bits),
         word_shr(w2, w1, bits),
         word_shr(w3, w2, bits),
         word_shr(fill, w3, bits)}
    };
}

ALWAYS_INLINE u256 u256_shl(u256 shift, u256 value)
{
    if (unlikely(!u256_fits_u64(shift) || shift.words[0] > 255)) return U256_ZERO;
    return u256_shl_bits(value, (unsigned)shift.words[0]);
}

ALWAYS_INLINE u256 u256_shr(u256 shift, u256 value)
{
    if (unlikely(!u256_fits_u64(shift) || shift.words[0] > 255)) return U256_ZERO;
    return u256_shr_bits(value, (unsigned)shift.words[0], 0);
}

ALWAYS_INLINE u256 u256_sar(u256 shift, u256 value)
{
    uint64_t fill = (uint64_t)((int64_t)value.words[3] >> 63);
    if (unlikely(!u256_fits_u64(shift) || shift.words[0] > 255))
        return (u256){
            {fill, fill, fill, fill}
        };
    return u256_shr_bits(value, (unsigned)shift.words[0], fill);
}

/* Byte `index` of value, counted from the most significant; zero from 32 on. */
ALWAYS_INLINE u256 u256_byte(u256 index, u256 value)
{
    if (!u256_fits_u64(index) || index.words[0] > 31) return U256_ZERO;
    unsigned place = 31 - (unsigned)index.words[0];
    return u256_from_u64(value.words[place / 8] >> (place % 8 * 8) & 0xff);
}

/* The sign of byte `index`, counted from the least significant, spread over all bytes above it. */
ALWAYS_INLINE u256 u256_signextend(u256 index, u256 value)
{
    if (!u256_fits_u64(index) || index.words[0] > 30) return value;
    unsigned word = (unsigned)index.words[0] / 8,
             unused_bits = 56 - (unsigned)index.words[0] % 8 * 8;
    uint64_t extended = (uint64_t)((int64_t)(value.words[word] << unused_bits) >> unused_bits);
    uint64_t fill = (uint64_t)((int64_t)extended >> 63);
    return (u256){
        {word == 0 ? extended : value.words[0],
         word == 1  ? extended
         : word > 1 ? value.words[1]
                    : fill,
         word == 2  ? extended
         : word > 2 ? value.words[2]
                    : fill,
         word == 3 ? extended : fill}
    };
}

/* ---- products ---- */

ALWAYS_INLINE u256 u256_mul(u256 a, u256 b)
{
    uint64_t w0, w1, w2, w3, high;
    w0 = word_mul_add(a.words[0], b.words[0], 0, 0, &high);
    w1 = word_mul_add(a.words[0], b.words[1], high, 0, &high);
    w2 = word_mul_add(a.words[0], b.words[2], high, 0, &high);
    w3 = a.words[0] * b.words[3] + high;
    w1 = word_mul_add(a.words[1], b.words[0], w1, 0, &high);
    w2 = word_mul_add(a.words[1], b.words[1], w2, high, &high);
    w3 += a.words[1] * b.words[2] + high;
    w2 = word_mul_add(a.words[2], b.words[0], w2, 0, &high);
    w3 += a.words[2] * b.words[1] + high;
    w3 += a.words[3] * b.words[0];
    return (u256){
        {w0, w1, w2, w3}
    };
}

/* True when a * b needs more than 256 bits. */
ALWAYS_INLINE bool u256_mul_u64_overflow(u256 *product, u256 a, uint64_t b)
{
    uint64_t high;
    uint64_t w0 = word_mul_add(a.words[0], b, 0, 0, &high);
    uint64_t w1 = word_mul_add(a.words[1], b, high, 0, &high);
    uint64_t w2 = word_mul_add(a.words[2], b, high, 0, &high);
    uint64_t w3 = word_mul_add(a.words[3], b, high, 0, &high);
    *product = (u256){
        {w0, w1, w2, w3}
    };
    return high != 0;
}

ALWAYS_INLINE u256 u256_mul_u64(u256 a, uint64_t b)
{
    u256 product;
    (void)u256_mul_u64_overflow(&product, a, b);
    return product;
}

/* True when a * b needs more than 256 bits. */
bool u256_mul_overflow(u256 *product, u256 a, u256 b);

/* ---- division, remainders, powers (u256.c) ---- */

void u256_divmod_into(u256 *quotient, u256 *remainder, const u256 *a, const u256 *b);
void u256_div_into(u256 *out, const u256 *a, const u256 *b);
void u256_mod_into(u256 *out, const u256 *a, const u256 *b);
void u256_sdiv_into(u256 *out, const u256 *a, const u256 *b);
void u256_smod_into(u256 *out, const u256 *a, const u256 *b);
void u256_addmod_into(u256 *out, const u256 *a, const u256 *b, const u256 *modulus);
void u256_mulmod_into(u256 *out, const u256 *a, const u256 *b, const u256 *modulus);
void u256_exp_into(u256 *out, const u256 *base, const u256 *exponent);

/* quotient * b + remainder = a, remainder < b; both zero when b is. */
ALWAYS_INLINE void u256_divmod(u256 *quotient, u256 *remainder, u256 a, u256 b)
{
    u256_divmod_into(quotient, remainder, &a, &b);
}

ALWAYS_INLINE u256 u256_div(u256 a, u256 b)
{
    u256_div_into(&a, &a, &b);
    return a;
}

ALWAYS_INLINE u256 u256_mod(u256 a, u256 b)
{
    u256_mod_into(&a, &a, &b);
    return a;
}

/* Rounds towards zero; -2^255 / -1 wraps to -2^255. */
ALWAYS_INLINE u256 u256_sdiv(u256 a, u256 b)
{
    u256_sdiv_into(&a, &a, &b);
    return a;
}

/* The result has the sign of a. */
ALWAYS_INLINE u256 u256_smod(u256 a, u256 b)
{
    u256_smod_into(&a, &a, &b);
    return a;
}

/* The sum and the product are not cut to 256 bits before the remainder is taken. */
ALWAYS_INLINE u256 u256_addmod(u256 a, u256 b, u256 modulus)
{
    u256_addmod_into(&a, &a, &b, &modulus);
    return a;
}

ALWAYS_INLINE u256 u256_mulmod(u256 a, u256 b, u256 modulus)
{
    u256_mulmod_into(&a, &a, &b, &modulus);
    return a;
}

/* 0^0 is 1. */
ALWAYS_INLINE u256 u256_exp(u256 base, u256 exponent)
{
    u256_exp_into(&base, &base, &exponent);
    return base;
}

/* ---- bytes and text ---- */

ALWAYS_INLINE u256 u256_from_be(const uint8_t bytes[32])
{
    return (u256){
        {load_be64(bytes + 24), load_be64(bytes + 16), load_be64(bytes + 8), load_be64(bytes)}
    };
}

ALWAYS_INLINE void u256_to_be(uint8_t out[32], u256 a)
{
    store_be64(out, a.words[3]);
    store_be64(out + 8, a.words[2]);
    store_be64(out + 16, a.words[1]);
    store_be64(out + 24, a.words[0]);
}

/* A big-endian number of at most 32 bytes. */
ALWAYS_INLINE u256 u256_from_be_bytes(struct bytes bytes)
{
    ASSERT(bytes.size <= 32);
    u256 a = U256_ZERO;
    size_t left = bytes.size, word = 0;
    for (; left >= 8; left -= 8)
        a.words[word++] = load_be64(bytes.data + left - 8);
    uint64_t top = 0;
    for (size_t i = 0; i < left; i++)
        top = top << 8 | bytes.data[i];
    if (left > 0) a.words[word] = top;
    return a;
}

ALWAYS_INLINE u256 u256_from_hash(const hash32 *hash)
{
    return u256_from_be(hash->bytes);
}

ALWAYS_INLINE hash32 u256_to_hash(u256 a)
{
    hash32 hash;
    u256_to_be(hash.bytes, a);
    return hash;
}

ALWAYS_INLINE u256 u256_from_address(const address *from)
{
    uint32_t top;
    memcpy(&top, from->bytes, sizeof top);
    return (u256){
        {load_be64(from->bytes + 12), load_be64(from->bytes + 4), __builtin_bswap32(top), 0}
    };
}

/* The low 20 bytes. */
ALWAYS_INLINE address u256_to_address(u256 a)
{
    address out;
    uint32_t top = __builtin_bswap32((uint32_t)a.words[2]);
    memcpy(out.bytes, &top, sizeof top);
    store_be64(out.bytes + 4, a.words[1]);
    store_be64(out.bytes + 12, a.words[0]);
    return out;
}

/* Decimal digits without leading zeros ("0" for zero); returns `out`, for use in printf. */
const char *u256_to_decimal(char out[U256_DECIMAL_SIZE], u256 a);

/* False when `size` is 0, a character is no digit, or the number needs more than 256 bits. */
bool u256_from_decimal(u256 *out, const char *text, size_t size) MUST_CHECK;
