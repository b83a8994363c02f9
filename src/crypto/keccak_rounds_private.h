/* keccak_rounds_private.h - the permutation Keccak-f[1600] (FIPS 202, section 3), written once for every
 * width of lane.
 *
 * A pattern, not an ordinary header: whoever includes it says what a lane is (one 64-bit word, or the same
 * word of several independent states side by side) and gets static functions over it:
 *
 *   LANE                 type of a lane
 *   LANE_ROTATE(a, n)    each 64-bit word rotated left by the constant n, 0 < n < 64
 *   LANE_XOR3(a, b, c)   a ^ b ^ c
 *   LANE_CHI(a, b, c)    a ^ (~b & c)
 *   LANE_SPREAD(word)    the same word in each place
 *   LANE_FUNCTION        what stands before each function, such as static and the target
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

/* Theta's parity of column x. */
#define PARITY(a, x)                                                                               \
    LANE_XOR3(LANE_XOR3((a)[x], (a)[(x) + 5], (a)[(x) + 10]), (a)[(x) + 15], (a)[(x) + 20])

/* Theta and rho for one lane: what column x = i mod 5 adds, then the rotation. */
#define MOVED(a, i, n) LANE_ROTATE((a)[i] ^ d[(i) % 5], n)

/* Chi over one row of five lanes. */
#define CHI_ROW(out)                                                                               \
    do {                                                                                           \
        (out)[0] = LANE_CHI(b0, b1, b2);                                                           \
        (out)[1] = LANE_CHI(b1, b2, b3);                                                           \
        (out)[2] = LANE_CHI(b2, b3, b4);                                                           \
        (out)[3] = LANE_CHI(b3, b4, b0);                                                           \
        (out)[4] = LANE_CHI(b4, b0, b1);                                                           \
    } while (0)

/* One round from `a` to `e`. Pi is in the choice of lanes: row y of the result takes the lanes that pi brings
 * there. Local arrays with constant indices end up in registers. */
LANE_FUNCTION void keccak_round(LANE e[25], const LANE a[25], uint64_t constant)
{
    LANE c[5] = {PARITY(a, 0), PARITY(a, 1), PARITY(a, 2), PARITY(a, 3), PARITY(a, 4)};
    LANE d[5] = {c[4] ^ LANE_ROTATE(c[1], 1),
                 c[0] ^ LANE_ROTATE(c[2], 1),
                 c[1] ^ LANE_ROTATE(c[3], 1),
                 c[2] ^ LANE_ROTATE(c[4], 1),
                 c[3] ^ LANE_ROTATE(c[0], 1)};
    LANE b0, b1, b2, b3, b4;

    b0 = a[0] ^ d[0];
    b1 = MOVED(a, 6, 44);
    b2 = MOVED(a, 12, 43);
    b3 = MOVED(a, 18, 21);
    b4 = MOVED(a, 24, 14);
    CHI_ROW(e);
    e[0] ^= LANE_SPREAD(constant);

    b0 = MOVED(a, 3, 28);
    b1 = MOVED(a, 9, 20);
    b2 = MOVED(a, 10, 3);
    b3 = MOVED(a, 16, 45);
    b4 = MOVED(a, 22, 61);
    CHI_ROW(e + 5);

    b0 = MOVED(a, 1, 1);
    b1 = MOVED(a, 7, 6);
    b2 = MOVED(a, 13, 25);
    b3 = MOVED(a, 19, 8);
    b4 = MOVED(a, 20, 18);
    CHI_ROW(e + 10);

    b0 = MOVED(a, 4, 27);
    b1 = MOVED(a, 5, 36);
    b2 = MOVED(a, 11, 10);
    b3 = MOVED(a, 17, 15);
    b4 = MOVED(a, 23, 56);
    CHI_ROW(e + 15);

    b0 = MOVED(a, 2, 62);
    b1 = MOVED(a, 8, 55);
    b2 = MOVED(a, 14, 39);
    b3 = MOVED(a, 15, 41);
    b4 = MOVED(a, 21, 2);
    CHI_ROW(e + 20);
}

LANE_FUNCTION void keccak_permute(LANE a[25])
{
    LANE e[25];
    for (unsigned i = 0; i < ROUND_COUNT; i += 2) {
        keccak_round(e, a, round_constants[i]);
        keccak_round(a, e, round_constants[i + 1]);
    }
}

#undef PARITY
#undef MOVED
#undef CHI_ROW
