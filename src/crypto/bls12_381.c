#include "crypto/bls12_381.h"

#include "base/assert.h"

#include <blst.h>

/* Encodings of EIP-2537. A field element is 48 bytes, big endian, below the prime, behind 16 zero
 * bytes; a point is its affine coordinates one after the other, infinity is all zeros. */
#define PADDING     16
#define FP_SIZE     64
#define FP2_SIZE    (2 * FP_SIZE)
#define G1_SIZE     (2 * FP_SIZE)
#define G2_SIZE     (2 * FP2_SIZE)
#define SCALAR_SIZE 32
#define SCALAR_BITS 255 /* of a scalar that was reduced by the order */

static const uint8_t field_prime[FP_SIZE - PADDING] = {
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
};

/* ---- field elements and points in and out ---- */

static bool fp_take(blst_fp *out, const uint8_t in[FP_SIZE])
{
    static const uint8_t zeros[PADDING];
    if (memcmp(in, zeros, PADDING) != 0) return false;
    if (memcmp(in + PADDING, field_prime, sizeof field_prime) >= 0) return false;
    blst_fp_from_bendian(out, in + PADDING);
    return true;
}

static bool fp2_take(blst_fp2 *out, const uint8_t in[FP2_SIZE])
{
    return fp_take(&out->fp[0], in) && fp_take(&out->fp[1], in + FP_SIZE);
}

static void fp_give(uint8_t out[FP_SIZE], const blst_fp *in)
{
    memset(out, 0, PADDING);
    blst_bendian_from_fp(out + PADDING, in);
}

/* The point may be outside the subgroup. blst, too, writes infinity as (0, 0), and calls it a point
 * of the curve. */
static bool g1_take(blst_p1_affine *out, const uint8_t in[G1_SIZE])
{
    return fp_take(&out->x, in) && fp_take(&out->y, in + FP_SIZE) && blst_p1_affine_on_curve(out);
}

static bool g2_take(blst_p2_affine *out, const uint8_t in[G2_SIZE])
{
    return fp2_take(&out->x, in) && fp2_take(&out->y, in + FP2_SIZE) &&
           blst_p2_affine_on_curve(out);
}

static bool g1_take_in_group(blst_p1_affine *out, const uint8_t in[G1_SIZE])
{
    return g1_take(out, in) && blst_p1_affine_in_g1(out);
}

static bool g2_take_in_group(blst_p2_affine *out, const uint8_t in[G2_SIZE])
{
    return g2_take(out, in) && blst_p2_affine_in_g2(out);
}

static void g1_give(uint8_t out[G1_SIZE], const blst_p1 *in)
{
    blst_p1_affine affine;
    memset(out, 0, G1_SIZE);
    if (blst_p1_is_inf(in)) return;
    blst_p1_to_affine(&affine, in);
    fp_give(out, &affine.x);
    fp_give(out + FP_SIZE, &affine.y);
}

static void g2_give(uint8_t out[G2_SIZE], const blst_p2 *in)
{
    blst_p2_affine affine;
    memset(out, 0, G2_SIZE);
    if (blst_p2_is_inf(in)) return;
    blst_p2_to_affine(&affine, in);
    for (unsigned i = 0; i < 2; i++) {
        fp_give(out + i * FP_SIZE, &affine.x.fp[i]);
        fp_give(out + FP2_SIZE + i * FP_SIZE, &affine.y.fp[i]);
    }
}

/* ---- additions: no subgroup checks ---- */

bool bls12_g1_add(uint8_t out[128], const uint8_t in[256])
{
    blst_p1_affine a, b;
    blst_p1 sum;
    if (!g1_take(&a, in) || !g1_take(&b, in + G1_SIZE)) return false;
    blst_p1_from_affine(&sum, &a);
    blst_p1_add_or_double_affine(&sum, &sum, &b);
    g1_give(out, &sum);
    return true;
}

bool bls12_g2_add(uint8_t out[256], const uint8_t in[512])
{
    blst_p2_affine a, b;
    blst_p2 sum;
    if (!g2_take(&a, in) || !g2_take(&b, in + G2_SIZE)) return false;
    blst_p2_from_affine(&sum, &a);
    blst_p2_add_or_double_affine(&sum, &sum, &b);
    g2_give(out, &sum);
    return true;
}

/* ---- sums of products, a batch of bounded size at a time, all on the stack ----
 *
 * Infinity and scalars that are zero modulo the order add nothing and are left out: a batch knows
 * neither. A list of one pointer and NULL tells blst that the others stand behind the first.
 *
 * Subgroup checks take two thirds of the time with batches of 512. The 4,096 points that a block's gas
 * may buy would gain 15 % (G1) or 20 % (G2) in a single batch, and need a megabyte of stack. */

#define BATCH_MAX       512
#define G1_SCRATCH_SIZE 12288 /* for the buckets of BATCH_MAX points, as blst says; asserted */
#define G2_SCRATCH_SIZE 24576

struct g1_batch {
    size_t count;
    blst_p1_affine points[BATCH_MAX];
    blst_scalar scalars[BATCH_MAX];
    limb_t scratch[G1_SCRATCH_SIZE / sizeof(limb_t)];
};

struct g2_batch {
    size_t count;
    blst_p2_affine points[BATCH_MAX];
    blst_scalar scalars[BATCH_MAX];
    limb_t scratch[G2_SCRATCH_SIZE / sizeof(limb_t)];
};

static void g1_batch_sum(blst_p1 *sum, struct g1_batch *batch)
{
    const blst_p1_affine *const points[2] = {batch->points, NULL};
    const byte *const scalars[2] = {batch->scalars[0].b, NULL};
    blst_p1 part;
    if (batch->count == 0) return;
    if (batch->count == 1) {
        blst_p1_from_affine(&part, &batch->points[0]);
        blst_p1_mult(&part, &part, batch->scalars[0].b, SCALAR_BITS);
    } else {
        ASSERT(blst_p1s_mult_pippenger_scratch_sizeof(batch->count) <= sizeof batch->scratch);
        blst_p1s_mult_pippenger(&part, points, batch->count, scalars, SCALAR_BITS, batch->scratch);
    }
    blst_p1_add_or_double(sum, sum, &part);
    batch->count = 0;
}

static void g2_batch_sum(blst_p2 *sum, struct g2_batch *batch)
{
    const blst_p2_affine *const points[2] = {batch->points, NULL};
    const byte *const scalars[2] = {batch->scalars[0].b, NULL};
    blst_p2 part;
    if (batch->count == 0) return;
    if (batch->count == 1) {
        blst_p2_from_affine(&part, &batch->points[0]);
        blst_p2_mult(&part, &part, batch->scalars[0].b, SCALAR_BITS);
    } else {
        ASSERT(blst_p2s_mult_pippenger_scratch_sizeof(batch->count) <= sizeof batch->scratch);
        blst_p2s_mult_pippenger(&part, points, batch->count, scalars, SCALAR_BITS, batch->scratch);
    }
    blst_p2_add_or_double(sum, sum, &part);
    batch->count = 0;
}

bool bls12_g1_msm(uint8_t out[128], struct bytes in)
{
    const size_t pair_size = G1_SIZE + SCALAR_SIZE;
    ASSERT(in.size > 0 && in.size % pair_size == 0);
    struct g1_batch batch;
    blst_p1 sum;
    memset(&sum, 0, sizeof sum); /* infinity */
    batch.count = 0;
    for (size_t at = 0; at < in.size; at += pair_size) {
        blst_p1_affine *point = &batch.points[batch.count];
        blst_scalar *scalar = &batch.scalars[batch.count];
        if (!g1_take_in_group(point, in.data + at)) return false;
        if (!blst_scalar_from_be_bytes(scalar, in.data + at + G1_SIZE, SCALAR_SIZE)) continue;
        if (blst_p1_affine_is_inf(point)) continue;
        if (++batch.count == BATCH_MAX) g1_batch_sum(&sum, &batch);
    }
    g1_batch_sum(&sum, &batch);
    g1_give(out, &sum);
    return true;
}

bool bls12_g2_msm(uint8_t out[256], struct bytes in)
{
    const size_t pair_size = G2_SIZE + SCALAR_SIZE;
    ASSERT(in.size > 0 && in.size % pair_size == 0);
    struct g2_batch batch;
    blst_p2 sum;
    memset(&sum, 0, sizeof sum); /* infinity */
    batch.count = 0;
    for (size_t at = 0; at < in.size; at += pair_size) {
        blst_p2_affine *point = &batch.points[batch.count];
        blst_scalar *scalar = &batch.scalars[batch.count];
        if (!g2_take_in_group(point, in.data + at)) return false;
        if (!blst_scalar_from_be_bytes(scalar, in.data + at + G2_SIZE, SCALAR_SIZE)) continue;
        if (blst_p2_affine_is_inf(point)) continue;
        if (++batch.count == BATCH_MAX) g2_batch_sum(&sum, &batch);
    }
    g2_batch_sum(&sum, &batch);
    g2_give(out, &sum);
    return true;
}

/* ---- pairing: one final exponentiation for all pairs ---- */

#define PAIRS_MAX 16 /* blst walks so many Miller loops at once */

static void pairs_multiply(blst_fp12 *product,
                           const blst_p1_affine *p,
                           const blst_p2_affine *q,
                           size_t count)
{
    const blst_p1_affine *const ps[2] = {p, NULL};
    const blst_p2_affine *const qs[2] = {q, NULL};
    blst_fp12 part;
    if (count == 0) return;
    blst_miller_loop_n(&part, qs, ps, count);
    blst_fp12_mul(product, product, &part);
}

bool bls12_pairing(bool *is_one, struct bytes in)
{
    const size_t pair_size = G1_SIZE + G2_SIZE;
    ASSERT(in.size > 0 && in.size % pair_size == 0);
    blst_p1_affine p[PAIRS_MAX];
    blst_p2_affine q[PAIRS_MAX];
    blst_fp12 product = *blst_fp12_one();
    size_t count = 0;
    for (size_t at = 0; at < in.size; at += pair_size) {
        if (!g1_take_in_group(&p[count], in.data + at)) return false;
        if (!g2_take_in_group(&q[count], in.data + at + G1_SIZE)) return false;
        /* Pairs with infinity are one. */
        if (blst_p1_affine_is_inf(&p[count]) || blst_p2_affine_is_inf(&q[count])) continue;
        if (++count < PAIRS_MAX) continue;
        pairs_multiply(&product, p, q, count);
        count = 0;
    }
    pairs_multiply(&product, p, q, count);
    blst_final_exp(&product, &product);
    *is_one = blst_fp12_is_one(&product);
    return true;
}

/* ---- maps: RFC 9380, section 6.6.3, with the cofactor cleared ---- */

bool bls12_map_fp(uint8_t out[128], const uint8_t in[64])
{
    blst_fp element;
    blst_p1 point;
    if (!fp_take(&element, in)) return false;
    blst_map_to_g1(&point, &element, NULL);
    g1_give(out, &point);
    return true;
}

bool bls12_map_fp2(uint8_t out[256], const uint8_t in[128])
{
    blst_fp2 element;
    blst_p2 point;
    if (!fp2_take(&element, in)) return false;
    blst_map_to_g2(&point, &element, NULL);
    g2_give(out, &point);
    return true;
}
