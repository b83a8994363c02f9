#include "crypto/blake2f.h"

#include "base/compiler.h"

#include <string.h>

/* The 4 x 4 words of the state are four rows; one operation on a row is that operation in four
 * columns. 118 ns for 12 rounds with AVX2; word by word it is 174 (Zen 4, clang-19). */

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
};

#define ROTATED(a, n)             ((a) >> (n) | (a) << (64 - (n)))
#define PERMUTED(row, i, j, k, l) __builtin_shufflevector(row, row, i, j, k, l)
#define WORDS(i, j, k, l)         ((words4){m[i], m[j], m[k], m[l]})

/* The mixing function G (RFC 7693, section 3.1) in all columns. */
#define MIX(x, y)                                                                                  \
    do {                                                                                           \
        a = a + (x) + b;                                                                           \
        d = ROTATED(d ^ a, 32);                                                                    \
        c += d;                                                                                    \
        b = ROTATED(b ^ c, 24);                                                                    \
        a = a + (y) + b;                                                                           \
        d = ROTATED(d ^ a, 16);                                                                    \
        c += d;                                                                                    \
        b = ROTATED(b ^ c, 63);                                                                    \
    } while (0)

/* One round with one row of the message schedule; ends the loop around it when no round is left. To
 * make columns of the diagonals, all rows but b move: b is what comes out of MIX last. */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                \
    if (rounds-- == 0) break;                                                                      \
    MIX(WORDS(s0, s2, s4, s6), WORDS(s1, s3, s5, s7));                                             \
    a = PERMUTED(a, 3, 0, 1, 2);                                                                   \
    d = PERMUTED(d, 2, 3, 0, 1);                                                                   \
    c = PERMUTED(c, 1, 2, 3, 0);                                                                   \
    MIX(WORDS(s14, s8, s10, s12), WORDS(s15, s9, s11, s13));                                       \
    a = PERMUTED(a, 1, 2, 3, 0);                                                                   \
    d = PERMUTED(d, 2, 3, 0, 1);                                                                   \
    c = PERMUTED(c, 3, 0, 1, 2)

void blake2f(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool final, uint32_t rounds)
{
    words4 upper, lower, a, b, c, d;
    memcpy(&upper, h, sizeof upper);
    memcpy(&lower, h + 4, sizeof lower);
    memcpy(&c, initial, sizeof c);
    memcpy(&d, initial + 4, sizeof d);
    a = upper;
    b = lower;
    d ^= (words4){t[0], t[1], final ? UINT64_MAX : 0, 0};

    for (;;) { /* ends: each ROUND counts down */
        ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
        ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
        ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
        ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
        ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
        ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
        ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
        ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
        ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    }
    upper ^= a ^ c;
    lower ^= b ^ d;
    memcpy(h, &upper, sizeof upper);
    memcpy(h + 4, &lower, sizeof lower);
}
