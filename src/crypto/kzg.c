#include "crypto/kzg.h"

#include "base/assert.h"

#include <blst.h>
#include <pthread.h>

#define SCALAR_BITS 255
#define LINES_COUNT 68 /* of a Miller loop, as blst keeps them */

/* [tau]G2 of the ceremony, compressed: of the trusted setup a verifier needs this point only. */
static const uint8_t tau_g2[96] = {
    0xb5, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2,
};

/* Both points of G2 are constant, so their halves of the Miller loops are computed once. */
static blst_fp6 tau_lines[LINES_COUNT], generator_lines[LINES_COUNT];

static void lines_compute(void)
{
    blst_p2_affine tau;
    ASSERT(blst_p2_uncompress(&tau, tau_g2) == BLST_SUCCESS);
    ASSERT(blst_p2_affine_in_g2(&tau));
    blst_precompute_lines(tau_lines, &tau);
    blst_precompute_lines(generator_lines, blst_p2_affine_generator());
}

static bool scalar_take(blst_scalar *out, const uint8_t in[32])
{
    blst_scalar_from_bendian(out, in);
    return blst_scalar_fr_check(out); /* below the order */
}

/* Infinity is a point of the group. */
static bool g1_take(blst_p1_affine *out, const uint8_t in[48])
{
    return blst_p1_uncompress(out, in) == BLST_SUCCESS && blst_p1_affine_in_g1(out);
}

static void miller_loop(blst_fp12 *out, const blst_fp6 lines[LINES_COUNT], const blst_p1_affine *p)
{
    if (blst_p1_affine_is_inf(p))
        *out = *blst_fp12_one();
    else
        blst_miller_loop_lines(out, lines, p);
}

bool kzg_verify(const uint8_t commitment[48],
                const uint8_t z[32],
                const uint8_t y[32],
                const uint8_t proof[48])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    blst_scalar z_scalar, y_scalar;
    blst_p1_affine commitment_point, proof_point, left_point;
    blst_p1 left, term;
    if (!scalar_take(&z_scalar, z) || !scalar_take(&y_scalar, y)) return false;
    if (!g1_take(&commitment_point, commitment) || !g1_take(&proof_point, proof)) return false;
    pthread_once(&once, lines_compute);

    /* e(C - y G1, G2) = e(proof, (tau - z) G2), with z on the other side, where it is cheap:
     * e(C - y G1 + z proof, G2) = e(proof, tau G2). */
    blst_p1_mult(&left, blst_p1_generator(), y_scalar.b, SCALAR_BITS);
    blst_p1_cneg(&left, true);
    blst_p1_add_or_double_affine(&left, &left, &commitment_point);
    blst_p1_from_affine(&term, &proof_point);
    blst_p1_mult(&term, &term, z_scalar.b, SCALAR_BITS);
    blst_p1_add_or_double(&left, &left, &term);
    blst_p1_to_affine(&left_point, &left);

    blst_fp12 left_loop, right_loop;
    miller_loop(&left_loop, generator_lines, &left_point);
    miller_loop(&right_loop, tau_lines, &proof_point);
    return blst_fp12_finalverify(&left_loop, &right_loop);
}
