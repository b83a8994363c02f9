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

#define PAIRS_MAX 16 /* of one Miller loop: some 400 bytes of stack each */

struct pair {
    struct g1 g1;
    struct g2 g2;
};

/* The Miller loop over `count` pairs, at most PAIRS_MAX, none infinite. False: a point of the twist is
 * not in G2. */
bool miller_loop(fp12 *out, const struct pair *pairs, size_t count) MUST_CHECK;

void final_exponentiation(fp12 *out, const fp12 *a);
