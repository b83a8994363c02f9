/* bn254_pairing_private.h - the optimal ate pairing (Vercauteren 2010) and products of pairings.
 *
 * Words
 *   pair      a point of G1 and one of G2, none infinite
 *   Miller loop   the product of lines that gives the pairing up to the final exponentiation; many pairs
 *                 share its squarings
 *   final exponentiation   the power (p^12 - 1) / r times a factor without common divisor with r, which
 *                 is the same for all
 */
#pragma once

#include "crypto/bn254_curve_private.h"

#define PAIRS_MAX 16 /* of one Miller loop: up to 900 bytes of stack each */

struct pair {
    struct g1 g1;
    struct g2 g2;
};

/* The Miller loop over `count` pairs, at most PAIRS_MAX, none infinite. False: a point of the twist is
 * not in G2. */
bool miller_loop(fp12 *out, const struct pair *pairs, size_t count) MUST_CHECK;

void final_exponentiation(fp12 *out, const fp12 *a);

/* a^((p^6 - 1) (p^2 + 1)), the first part of it: a cyclotomic number. */
void final_easy_part(fp12 *out, const fp12 *a);

#define U_DIGITS 63
extern const int8_t u_digits[U_DIGITS]; /* of u in base 2, least first: zero or odd, from -7 to 7 */

/* bn254_pairing, with or without the lanes of bn254_lanes_private.h; with them only where they work. */
bool pairing_check(bool *is_one, struct bytes in, bool with_lanes) MUST_CHECK;
