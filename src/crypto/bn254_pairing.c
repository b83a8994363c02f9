#include "base/assert.h"
#include "crypto/bn254_pairing_private.h"

/* ---- Miller loop ---- */

enum step { DOUBLE, ADD, SUBTRACT, ADD_PSI, ADD_MINUS_PSI_TWICE };

static void pair_step(struct g2_moving *t, struct line *l, enum step step, const struct pair *pair)
{
    struct g2 other;
    switch (step) {
    case DOUBLE: g2_double_step(t, l); break;
    case ADD: g2_add_step(t, l, &pair->g2); break;
    case SUBTRACT:
        g2_negate(&other, &pair->g2);
        g2_add_step(t, l, &other);
        break;
    case ADD_PSI:
        g2_psi(&other, &pair->g2);
        g2_add_step(t, l, &other);
        break;
    case ADD_MINUS_PSI_TWICE:
        g2_minus_psi_twice(&other, &pair->g2);
        g2_add_step(t, l, &other);
        break;
    }
    fp2_mul_fp(&l->c[0], &l->c[0], &pair->g1.y);
    fp2_mul_fp(&l->c[1], &l->c[1], &pair->g1.x);
}

/* The same step of all pairs; *f times all lines, two at a time. */
static void pairs_step(
    fp12 *f, struct g2_moving *t, enum step step, const struct pair *pairs, size_t count)
{
    struct line lines[2];
    for (size_t i = 0; i < count; i++) {
        pair_step(&t[i], &lines[i % 2], step, &pairs[i]);
        if (i % 2 == 1) fp12_mul_lines(f, f, &lines[0], &lines[1]);
    }
    if (count % 2 == 1) fp12_mul_line(f, f, &lines[0]);
}

bool miller_loop(fp12 *out, const struct pair *pairs, size_t count)
{
    struct g2_moving t[PAIRS_MAX];
    fp12 f = fp12_one;
    ASSERT(count <= PAIRS_MAX);
    for (size_t i = 0; i < count; i++)
        t[i] = (struct g2_moving){
            pairs[i].g2.x, pairs[i].g2.y, {fp_one, {{0}}}
        };
    for (unsigned i = ATE_DIGITS - 1; i-- > 0;) {
        if (i < ATE_DIGITS - 2) fp12_square(&f, &f);
        pairs_step(&f, t, DOUBLE, pairs, count);
        if (ate_digits[i] != 0) pairs_step(&f, t, ate_digits[i] > 0 ? ADD : SUBTRACT, pairs, count);
    }
    pairs_step(&f, t, ADD_PSI, pairs, count);
    pairs_step(&f, t, ADD_MINUS_PSI_TWICE, pairs, count);
    *out = f;
    for (size_t i = 0; i < count; i++)
        if (!g2_closes(&t[i], &pairs[i].g2)) return false;
    return true;
}

/* ---- final exponentiation ---- */

const int8_t u_digits[U_DIGITS] = {1,  0, 0,  0,  -1, 0, 0,  0, 0, 5, 0, 0, 0, 0, 0, 0,
                                   -7, 0, 0,  0,  7,  0, 0,  0, 0, 5, 0, 0, 0, 0, 1, 0,
                                   0,  0, -3, 0,  0,  0, -5, 0, 0, 0, 5, 0, 0, 0, 0, 3,
                                   0,  0, 0,  -3, 0,  0, 0,  0, 5, 0, 0, 0, 0, 0, 1};

/* a^u for a cyclotomic a. */
static void power_u(fp12 *out, const fp12 *a)
{
    fp12 table[4], square, f, inverse; /* a^1, a^3, a^5, a^7 */
    table[0] = *a;
    fp12_square_cyclotomic(&square, a);
    for (unsigned i = 1; i < 4; i++)
        fp12_mul(&table[i], &table[i - 1], &square);
    f = table[u_digits[U_DIGITS - 1] / 2];
    for (unsigned i = U_DIGITS - 1; i-- > 0;) {
        int digit = u_digits[i];
        fp12_square_cyclotomic(&f, &f);
        if (digit > 0) fp12_mul(&f, &f, &table[digit / 2]);
        if (digit < 0) {
            fp12_conjugate(&inverse, &table[-digit / 2]);
            fp12_mul(&f, &f, &inverse);
        }
    }
    *out = f;
}

void final_easy_part(fp12 *out, const fp12 *a)
{
    fp12 t, s;
    fp12_invert(&t, a);
    fp12_conjugate(&s, a);
    fp12_mul(&t, &s, &t);
    fp12_frobenius_twice(&s, &t);
    fp12_mul(out, &s, &t);
}

/* a to the power of 2 u (6 u^2 + 3 u + 1) (p^4 - p^2 + 1) / r, which is
 *     (12 u^3 + 12 u^2 + 6 u + 1) + (12 u^3 + 6 u^2 + 4 u) p + (12 u^3 + 6 u^2 + 6 u) p^2 +
 *     (12 u^3 + 6 u^2 + 4 u - 1) p^3
 * (Fuentes-Castaneda, Knapp and Rodriguez-Henriquez, "Faster hashing to G2", 2011). */
static void hard_part(fp12 *out, const fp12 *a)
{
    fp12 u2, u6, uu6, s, t, sum;
    power_u(&u2, a);
    fp12_square_cyclotomic(&u2, &u2);
    fp12_square_cyclotomic(&u6, &u2);
    fp12_mul(&u6, &u6, &u2); /* 6 u */
    power_u(&uu6, &u6);      /* 6 u^2 */
    fp12_square_cyclotomic(&s, &uu6);
    power_u(&s, &s); /* 12 u^3 */
    fp12_mul(&t, &u6, &uu6);
    fp12_mul(&t, &t, &s); /* 12 u^3 + 6 u^2 + 6 u */

    fp12_mul(&sum, &t, &uu6);
    fp12_mul(&sum, &sum, a);
    fp12_frobenius_twice(&s, &t);
    fp12_mul(&sum, &sum, &s);
    fp12_conjugate(&u2, &u2);
    fp12_mul(&t, &t, &u2); /* 12 u^3 + 6 u^2 + 4 u */
    fp12_frobenius(&s, &t);
    fp12_mul(&sum, &sum, &s);
    fp12_conjugate(&s, a);
    fp12_mul(&t, &t, &s);
    fp12_frobenius(&t, &t);
    fp12_frobenius_twice(&t, &t);
    fp12_mul(out, &sum, &t);
}

void final_exponentiation(fp12 *out, const fp12 *a)
{
    fp12 t;
    final_easy_part(&t, a);
    hard_part(out, &t);
}
