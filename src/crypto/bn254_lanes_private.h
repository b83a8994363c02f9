/* bn254_lanes_private.h - pairings with the multiply-add of 52-bit words that AVX-512 IFMA has: eight
 * products at a time, five times as many in a second as the 64-bit multiplier makes.
 *
 * Words
 *   lane      one of the numbers side by side
 *   limb      52 bits of a number; the vectors hold the same limb of different numbers
 *   neat      all limbs between 0 and 2^52 (bn254_lanes_pattern.inc)
 *   loose     neat and at most 2 p: what functions here take and give, if they say nothing else.
 *             2^260 is 84.6 p, which leaves much room between a loose number and what a factor may be
 *   form      Montgomery form here is x * 2^260 mod p; that of bn254_fp_private.h is x * 2^256 mod p
 *   turned    of re + im i: (-im, im). With two lanes for an fp2, the product a b is lane by lane
 *             (a.re, a.re) * b + (turned a) * (b with its lanes exchanged)
 *
 * Only with lanes_work() may anything here be called.
 */
#pragma once

#include "crypto/bn254_pairing_private.h"

/* Does the processor have what it takes? */
bool lanes_work(void);

/* miller_loop and final_exponentiation (bn254_pairing_private.h). The loop's number is another one, but
 * becomes the same. */
bool miller_loop_lanes(fp12 *out, const struct pair *pairs, size_t count) MUST_CHECK;
void final_exponentiation_lanes(fp12 *out, const fp12 *a);

#if defined(__x86_64__)

    #include <immintrin.h>

    #define LANES_TARGET TARGET("avx512f,avx512vl,avx512dq,avx512ifma")

    #define LIMBS        5
    #define LIMB_BITS    52
    #define LIMB_MASK    0xfffffffffffff
    #define LIMB_REDUCER 0x20782e4866389 /* -1 / p mod 2^52 */
    #define FIT_FACTOR   0x54a4745       /* 2^280 / p, rounded down, less 1 */

static const int64_t lanes_p[LIMBS] = {
    0x08c16d87cfd47, 0x916871ca8d3c2, 0x181585d97816a, 0xa029b85045b68, 0x030644e72e131};
static const int64_t lanes_minus_p[LIMBS] = {/* 2^260 - p */
                                             0xf73e9278302b9,
                                             0x6e978e3572c3d,
                                             0xe7ea7a2687e95,
                                             0x5fd647afba497,
                                             0xfcf9bb18d1ece};

    /* Lanes by number: those of real parts, and of the coefficients of w^0, w^2, w^4. */
    #define EVEN        0x55
    #define EVEN_POWERS 0x33

    /* Names that end in a width, and the operations on vectors of the WIDTH that is set now. Of each two
     * lanes, FIRST(x) has the first in both, SECOND(x) the second in both, SWAPPED(x) has them exchanged,
     * and PAIR(at) has the two words at `at`. LOW and HIGH (sum, a, b) are sum + the lower or upper 52 bits
     * of the product of the lower 52 bits of a and b. In the lanes of the mask, CHOSEN(mask, a, b) is b and
     * LESS(mask, a, b, other) is a - b; in the others they are a, and `other`. */
    #define JOINED(name, width) name##width
    #define JOIN(name, width)   JOINED(name, width)
    #define NAME(name)          JOIN(name, WIDTH)

    #define VECTOR                  NAME(vector)
    #define LOW(sum, a, b)          NAME(low)(sum, a, b)
    #define HIGH(sum, a, b)         NAME(high)(sum, a, b)
    #define ALL(x)                  NAME(all)(x)
    #define CHOSEN(mask, a, b)      NAME(chosen)((mask) & ((1 << WIDTH) - 1), a, b)
    #define LESS(mask, a, b, other) NAME(less)(other, (mask) & ((1 << WIDTH) - 1), a, b)
    #define FIRST(x)                NAME(first)(x, x)
    #define SECOND(x)               NAME(second)(x, x)
    #define SWAPPED(x)              NAME(swapped)(x)
    #define LOAD(at)                NAME(load)(at)
    #define STORE(at, x)            NAME(store)(at, x)
    #define PAIR(at)                NAME(pair)(_mm_loadu_si128(at))

typedef __m512i vector8;
    #define pair8       _mm512_broadcast_i64x2
    #define low8        _mm512_madd52lo_epu64
    #define high8       _mm512_madd52hi_epu64
    #define all8        _mm512_set1_epi64
    #define chosen8     _mm512_mask_blend_epi64
    #define less8       _mm512_mask_sub_epi64
    #define first8      _mm512_unpacklo_epi64
    #define second8     _mm512_unpackhi_epi64
    #define swapped8(x) _mm512_shuffle_epi32(x, _MM_PERM_BADC)
    #define load8       _mm512_loadu_si512
    #define store8      _mm512_storeu_si512

typedef __m256i vector4;
    #define pair4       _mm256_broadcast_i64x2
    #define low4        _mm256_madd52lo_epu64
    #define high4       _mm256_madd52hi_epu64
    #define all4        _mm256_set1_epi64x
    #define chosen4     _mm256_mask_blend_epi64
    #define less4       _mm256_mask_sub_epi64
    #define first4      _mm256_unpacklo_epi64
    #define second4     _mm256_unpackhi_epi64
    #define swapped4(x) _mm256_shuffle_epi32(x, 0x4e)
    #define load4       _mm256_loadu_epi64
    #define store4      _mm256_storeu_epi64

    #define LANES 16 /* of an array */

/* Limbs of up to 16 numbers. */
typedef struct {
    int64_t limbs[LIMBS][LANES];
} ALIGNED(64) lanes;

/* A coefficient of w^power: its real part is the lane at `plain`, the two lanes at `turned` are it
 * turned; limbs are LANES apart. */
struct term {
    const int64_t *plain, *turned;
    unsigned power;
};

/* xi a in the first 12 lanes, a in the next 12: the 12 lanes that start 2 k before those of a are w^k a.
 * And the same with the two lanes of each fp2 exchanged. */
typedef struct {
    int64_t plain[LIMBS][32], swapped[LIMBS][32];
} ALIGNED(64) windows;

    #define WINDOW_START 12

    #define WIDTH 8
    #include "crypto/bn254_lanes_pattern.inc"
    #undef WIDTH
    #define WIDTH 4
    #include "crypto/bn254_lanes_pattern.inc"
    #undef WIDTH

/* An fp12 as the coefficients of w^0 to w^5: lane 2 k is the real part of that of w^k, lane 2 k + 1 the
 * other; the last four lanes mean nothing. Loose. */
typedef struct {
    lanes c;
} fp12_lanes;

void fp12_lanes_from(fp12_lanes *out, const fp12 *a);
void fp12_lanes_to(fp12 *out, const fp12_lanes *a);

void fp12_lanes_mul(fp12_lanes *out, const fp12_lanes *a, const fp12_lanes *b);
void fp12_lanes_square_cyclotomic(fp12_lanes *out, const fp12_lanes *a);
void fp12_lanes_conjugate(fp12_lanes *out, const fp12_lanes *a);

/* a times the sum of `count` terms. */
void fp12_lanes_mul_terms(fp12_lanes *out,
                          const fp12_lanes *a,
                          const struct term *terms,
                          unsigned count);

/* A number's limbs into a lane, or out of it, where they are neat; the form stays. */
void lanes_put(lanes *a, unsigned lane, const fp *number);
void lanes_get(fp *number, const lanes *a, unsigned lane);

/* A change of form in all lanes; from any number below 2^256, or from a loose one to one below 2 p. */
void lanes_into(lanes *a);
void lanes_out_of(lanes *a);

#endif
