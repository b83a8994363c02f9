/* keccak_rounds_private.h - the permutation Keccak-f[1600] (FIPS 202, section 3), written once for
 * every width of lane.
 *
 * A pattern, not an ordinary header: whoever includes it says what a lane is (one 64-bit word, or
 * the same word of several independent states side by side) and gets static functions over it:
 *
 *   LANE            type of a lane; the operators of C work on it
 *   LANE_TARGET     what the functions may be compiled for: empty, or TARGET(...)
 *
 * Lane x + 5 y of a state is the word at (x, y) of the standard.
 */

#define ROUND_COUNT 24

static const uint64_t round_constants[ROUND_COUNT] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define ROTATED(a, n) ((a) << (n) | (a) >> (64 - (n)))

/* Theta's parity of column x. */
#define PARITY(x) (a[x] ^ a[(x) + 5] ^ a[(x) + 10] ^ a[(x) + 15] ^ a[(x) + 20])

/* Theta and rho for one lane: what its column adds, then the rotation. */
#define MOVED(i, n) ROTATED(a[i] ^ d[(i) % 5], n)

/* Chi over one row. */
#define CHI_ROW(y)                                                                                 \
    do {                                                                                           \
        e[(y)] = b0 ^ (~b1 & b2);                                                                  \
        e[(y) + 1] = b1 ^ (~b2 & b3);                                                              \
        e[(y) + 2] = b2 ^ (~b3 & b4);                                                              \
        e[(y) + 3] = b3 ^ (~b4 & b0);                                                              \
        e[(y) + 4] = b4 ^ (~b0 & b1);                                                              \
    } while (0)

/* One round from `a` to `e`. Pi is in the choice of lanes: each row takes those that pi brings
 * there. Local arrays with constant indices end up in registers. */
LANE_TARGET ALWAYS_INLINE void keccak_round(LANE e[25], const LANE a[25], uint64_t constant)
{
    LANE c[5] = {PARITY(0), PARITY(1), PARITY(2), PARITY(3), PARITY(4)};
    LANE d[5] = {c[4] ^ ROTATED(c[1], 1),
                 c[0] ^ ROTATED(c[2], 1),
                 c[1] ^ ROTATED(c[3], 1),
                 c[2] ^ ROTATED(c[4], 1),
                 c[3] ^ ROTATED(c[0], 1)};
    LANE b0, b1, b2, b3, b4;

    b0 = a[0] ^ d[0];
    b1 = MOVED(6, 44);
    b2 = MOVED(12, 43);
    b3 = MOVED(18, 21);
    b4 = MOVED(24, 14);
    CHI_ROW(0);
    e[0] ^= constant; /* iota */

    b0 = MOVED(3, 28);
    b1 = MOVED(9, 20);
    b2 = MOVED(10, 3);
    b3 = MOVED(16, 45);
    b4 = MOVED(22, 61);
    CHI_ROW(5);

    b0 = MOVED(1, 1);
    b1 = MOVED(7, 6);
    b2 = MOVED(13, 25);
    b3 = MOVED(19, 8);
    b4 = MOVED(20, 18);
    CHI_ROW(10);

    b0 = MOVED(4, 27);
    b1 = MOVED(5, 36);
    b2 = MOVED(11, 10);
    b3 = MOVED(17, 15);
    b4 = MOVED(23, 56);
    CHI_ROW(15);

    b0 = MOVED(2, 62);
    b1 = MOVED(8, 55);
    b2 = MOVED(14, 39);
    b3 = MOVED(15, 41);
    b4 = MOVED(21, 2);
    CHI_ROW(20);
}

LANE_TARGET ALWAYS_INLINE void keccak_permute(LANE a[25])
{
    LANE e[25];
    /* Four rounds a turn gain 3 %; all 24 unrolled lose 40 % to the instruction cache. */
#pragma GCC unroll 2
    for (unsigned i = 0; i < ROUND_COUNT; i += 2) {
        keccak_round(e, a, round_constants[i]);
        keccak_round(a, e, round_constants[i + 1]);
    }
}

#undef ROTATED
#undef PARITY
#undef MOVED
#undef CHI_ROW
