#include "base/assert.h"
#include "crypto/bn254_lanes_private.h"

#if defined(__x86_64__)

/* ---- Miller loop ---- */

    #define GROUP_PAIRS 4 /* as many as two lanes each fit in a vector */

/* Where things are in an array of lanes; pair j has the lanes 2 j and 2 j + 1 from there on. */
enum { X_LANES = 0, Y_LANES = 8, TURNED_LANES = 8 };

/* Some pairs side by side: where their points of G2 have come to (t and z), what is added to those (q),
 * and the x and -y of their points of G1 (p), which are in both lanes. All loose. Unused lanes are
 * zero. */
struct group {
    lanes t, z, q, p;
    const struct pair *pairs;
    size_t count;
};

/* 9 / xi, limb by limb its two parts */
static const int64_t twist_b_thrice[LIMBS][2] = {
    {0x6f77000ece184, 0xbda5080f2e609},
    {0xe7799f259eca2, 0xfa4e30b11d6f5},
    {0xfcf04d713e21a, 0xebec79585a03c},
    {0x0e995732cf638, 0xde6ea586e3bff},
    {0x025ca2144fde5, 0x00bee883b1268},
};

    /* Calls would cost 15 % of a Miller loop. But the sanitizer checks each index before loops are
     * unrolled, and with all of it in one function the compiler takes minutes. */
    #define STEP_INLINE ALWAYS_INLINE
    #if defined(__has_feature)
        #if __has_feature(undefined_behavior_sanitizer)
            #undef STEP_INLINE
            #define STEP_INLINE static NOINLINE
        #endif
    #endif

    #define WIDTH 8
    #include "crypto/bn254_lanes_steps.inc"
    #undef WIDTH
    #define WIDTH 4
    #include "crypto/bn254_lanes_steps.inc"
    #undef WIDTH

static void put_fp2(lanes *out, unsigned lane, const fp2 *a)
{
    lanes_put(out, lane, &a->re);
    lanes_put(out, lane + 1, &a->im);
}

static void get_fp2(fp2 *out, const lanes *a, unsigned lane)
{
    lanes_get(&out->re, a, lane);
    lanes_get(&out->im, a, lane + 1);
}

/* The points that are to be added: those of the pairs, or what `map` makes of them. */
static void group_set_addends(struct group *g, void (*map)(struct g2 *, const struct g2 *))
{
    memset(&g->q, 0, sizeof g->q);
    for (unsigned j = 0; j < g->count; j++) {
        struct g2 point = g->pairs[j].g2;
        if (map != NULL) map(&point, &g->pairs[j].g2);
        put_fp2(&g->q, X_LANES + 2 * j, &point.x);
        put_fp2(&g->q, Y_LANES + 2 * j, &point.y);
    }
    lanes_into(&g->q);
}

static void group_init(struct group *g, const struct pair *pairs, size_t count)
{
    memset(g, 0, sizeof *g);
    g->pairs = pairs;
    g->count = count;
    for (unsigned j = 0; j < count; j++) {
        fp minus_y;
        fp_negate(&minus_y, &pairs[j].g1.y);
        for (unsigned i = 0; i < 2; i++) {
            lanes_put(&g->p, X_LANES + 2 * j + i, &pairs[j].g1.x);
            lanes_put(&g->p, Y_LANES + 2 * j + i, &minus_y);
        }
        lanes_put(&g->z, 2 * j, &fp_one);
    }
    lanes_into(&g->p);
    lanes_into(&g->z);
    group_set_addends(g, NULL);
    g->t = g->q;
}

enum step { DOUBLE, ADD, SUBTRACT };

/* One step of all pairs of the group; *f times their lines. */
static void group_step(fp12_lanes *f, struct group *g, enum step step)
{
    lanes line[3];
    bool narrow = g->count <= GROUP_PAIRS / 2;
    if (step == DOUBLE && narrow) double_step4(g, line);
    if (step == DOUBLE && !narrow) double_step8(g, line);
    if (step != DOUBLE && narrow) add_step4(g, line, step == SUBTRACT);
    if (step != DOUBLE && !narrow) add_step8(g, line, step == SUBTRACT);
    for (unsigned j = 0; j < g->count; j++) {
        static const unsigned powers[3] = {0, 1, 3};
        struct term terms[3];
        for (unsigned i = 0; i < 3; i++) {
            const int64_t *limb = line[i].limbs[0];
            terms[i] = (struct term){&limb[2 * j], &limb[TURNED_LANES + 2 * j], powers[i]};
        }
        fp12_lanes_mul_terms(f, f, terms, 3);
    }
}

static bool group_closes(struct group *g)
{
    lanes_out_of(&g->t);
    lanes_out_of(&g->z);
    for (unsigned j = 0; j < g->count; j++) {
        struct g2_moving t;
        get_fp2(&t.x, &g->t, X_LANES + 2 * j);
        get_fp2(&t.y, &g->t, Y_LANES + 2 * j);
        get_fp2(&t.z, &g->z, 2 * j);
        if (!g2_closes(&t, &g->pairs[j].g2)) return false;
    }
    return true;
}

bool miller_loop_lanes(fp12 *out, const struct pair *pairs, size_t count)
{
    struct group groups[PAIRS_MAX / GROUP_PAIRS];
    size_t used = 0;
    fp12_lanes f;
    ASSERT(count <= PAIRS_MAX);
    for (size_t i = 0; i < count; i += GROUP_PAIRS)
        group_init(&groups[used++], pairs + i, count - i < GROUP_PAIRS ? count - i : GROUP_PAIRS);
    fp12_lanes_from(&f, &fp12_one);
    for (unsigned i = ATE_DIGITS - 1; i-- > 0;) {
        if (i < ATE_DIGITS - 2) fp12_lanes_mul(&f, &f, &f);
        for (size_t j = 0; j < used; j++) {
            group_step(&f, &groups[j], DOUBLE);
            if (ate_digits[i] != 0) group_step(&f, &groups[j], ate_digits[i] > 0 ? ADD : SUBTRACT);
        }
    }
    bool all_close = true;
    for (size_t j = 0; j < used; j++) {
        group_set_addends(&groups[j], g2_psi);
        group_step(&f, &groups[j], ADD);
        group_set_addends(&groups[j], g2_minus_psi_twice);
        group_step(&f, &groups[j], ADD);
        all_close = all_close && group_closes(&groups[j]);
    }
    fp12_lanes_to(out, &f);
    return all_close;
}

/* ---- final exponentiation ---- */

static void power_u(fp12_lanes *out, const fp12_lanes *a)
{
    fp12_lanes table[4], square, f, inverse; /* a^1, a^3, a^5, a^7 */
    table[0] = *a;
    fp12_lanes_square_cyclotomic(&square, a);
    for (unsigned i = 1; i < 4; i++)
        fp12_lanes_mul(&table[i], &table[i - 1], &square);
    f = table[u_digits[U_DIGITS - 1] / 2];
    for (unsigned i = U_DIGITS - 1; i-- > 0;) {
        int digit = u_digits[i];
        fp12_lanes_square_cyclotomic(&f, &f);
        if (digit > 0) fp12_lanes_mul(&f, &f, &table[digit / 2]);
        if (digit < 0) {
            fp12_lanes_conjugate(&inverse, &table[-digit / 2]);
            fp12_lanes_mul(&f, &f, &inverse);
        }
    }
    *out = f;
}

/* *sum times a^(p^power), power from 1 to 3 */
static void mul_frobenius(fp12_lanes *sum, const fp12_lanes *a, unsigned power)
{
    fp12 t;
    fp12_lanes s;
    fp12_lanes_to(&t, a);
    if (power != 2) fp12_frobenius(&t, &t);
    if (power != 1) fp12_frobenius_twice(&t, &t);
    fp12_lanes_from(&s, &t);
    fp12_lanes_mul(sum, sum, &s);
}

/* As in bn254_pairing.c, step by step. */
void final_exponentiation_lanes(fp12 *out, const fp12 *a)
{
    fp12 easy;
    fp12_lanes f, u2, u6, uu6, s, t, sum;
    final_easy_part(&easy, a);
    fp12_lanes_from(&f, &easy);
    power_u(&u2, &f);
    fp12_lanes_square_cyclotomic(&u2, &u2);
    fp12_lanes_square_cyclotomic(&u6, &u2);
    fp12_lanes_mul(&u6, &u6, &u2);
    power_u(&uu6, &u6);
    fp12_lanes_square_cyclotomic(&s, &uu6);
    power_u(&s, &s);
    fp12_lanes_mul(&t, &u6, &uu6);
    fp12_lanes_mul(&t, &t, &s); /* 12 u^3 + 6 u^2 + 6 u */

    fp12_lanes_mul(&sum, &t, &uu6);
    fp12_lanes_mul(&sum, &sum, &f);
    mul_frobenius(&sum, &t, 2);
    fp12_lanes_conjugate(&u2, &u2);
    fp12_lanes_mul(&t, &t, &u2); /* 12 u^3 + 6 u^2 + 4 u */
    mul_frobenius(&sum, &t, 1);
    fp12_lanes_conjugate(&s, &f);
    fp12_lanes_mul(&t, &t, &s);
    mul_frobenius(&sum, &t, 3);
    fp12_lanes_to(out, &sum);
}

#endif
