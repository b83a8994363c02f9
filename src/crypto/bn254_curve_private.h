/* bn254_curve_private.h - the two groups of alt_bn128: G1 on y^2 = x^3 + 3 over fp, and G2 in
 * y^2 = x^3 + 3 / xi over fp2, the twist.
 *
 * Words
 *   g1, g2   affine points, or infinity (then x and y are zero, as in the encodings of EIP-196/197)
 *   psi      the map on the twist that is the p-th power on the curve over fp12. On G2, which is the
 *            part of order r of the twist's (2 p - r) r points, it is multiplication by p.
 *   ate      6 u + 2, the length of the Miller loop; u = 4965661367192848881 makes the curve
 *   step     a doubling of a moving point t of G2, or the addition of a fixed one, with the line of
 *            the tangent or chord: at a point (x, y) of G1 it has the value
 *            c[0] y + (c[1] x + c[2] v) w, up to a factor in fp2
 */
#pragma once

#include "crypto/bn254_tower_private.h"

struct g1 {
    fp x, y;
    bool infinite;
};

struct g2 {
    fp2 x, y;
    bool infinite;
};

/* A point of the twist as (x / z, y / z); z is zero for infinity. */
struct g2_moving {
    fp2 x, y, z;
};

/* False: a coordinate is not below p, or the point is not on the curve. G1 has no other subgroup to be
 * excluded; for G2 that is left to do. */
bool g1_from_bytes(struct g1 *out, const uint8_t in[64]) MUST_CHECK;
bool g2_from_bytes(struct g2 *out, const uint8_t in[128]) MUST_CHECK;
void g1_to_bytes(uint8_t out[64], const struct g1 *a);

void g1_add(struct g1 *out, const struct g1 *a, const struct g1 *b);
void g1_negate(struct g1 *out, const struct g1 *a);
void g1_mul(struct g1 *out, const struct g1 *a, const u256 *factor);

/* ---- what the Miller loop and the test of G2 have in common ---- */

#define ATE_DIGITS 65
extern const int8_t ate_digits[ATE_DIGITS]; /* of 6 u + 2 in base 2, least first: -1, 0 or 1 */

void g2_negate(struct g2 *out, const struct g2 *a);
void g2_double_step(struct g2_moving *t, struct line *l);
void g2_add_step(struct g2_moving *t, struct line *l, const struct g2 *a);

/* psi(a), and -psi^2(a): what the loop adds at its end. */
void g2_psi(struct g2 *out, const struct g2 *a);
void g2_minus_psi_twice(struct g2 *out, const struct g2 *a);

/* Is t, which must be (6 u + 2) a + psi(a) - psi^2(a) by these steps, -psi^3(a)? Then a is in G2. */
bool g2_closes(const struct g2_moving *t, const struct g2 *a);

bool g2_in_subgroup(const struct g2 *a);
