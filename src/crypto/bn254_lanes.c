#include "crypto/bn254_lanes_private.h"

bool lanes_work(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
#else
    return false;
#endif
}

#if defined(__x86_64__)

/* ---- numbers ---- */

/* 2^264 and 2^256 mod p: as factors in this form they move a number from the form of bn254_fp_private.h
 * into this one, and back. */
static const int64_t into_lanes[LIMBS] = {
    0xb0f2afaec667a, 0xed9626b0fffbd, 0x9e2a0fcad825a, 0xe357276f48b70, 0x00d791464ef86};
static const int64_t out_of_lanes[LIMBS] = {
    0xd438dc58f0d9d, 0x28f5c70b3dd35, 0x879462c0a78eb, 0xdf2f666ea36f7, 0x00e0a77c19a07};

void lanes_put(lanes *a, unsigned lane, const fp *number)
{
    const uint64_t *w = number->words;
    a->limbs[0][lane] = (int64_t)(w[0] & LIMB_MASK);
    a->limbs[1][lane] = (int64_t)((w[0] >> 52 | w[1] << 12) & LIMB_MASK);
    a->limbs[2][lane] = (int64_t)((w[1] >> 40 | w[2] << 24) & LIMB_MASK);
    a->limbs[3][lane] = (int64_t)((w[2] >> 28 | w[3] << 36) & LIMB_MASK);
    a->limbs[4][lane] = (int64_t)(w[3] >> 16);
}

void lanes_get(fp *number, const lanes *a, unsigned lane)
{
    uint64_t l[LIMBS];
    for (unsigned i = 0; i < LIMBS; i++)
        l[i] = (uint64_t)a->limbs[i][lane];
    fp_fit(number,
           l[0] | l[1] << 52,
           l[1] >> 12 | l[2] << 40,
           l[2] >> 24 | l[3] << 28,
           l[3] >> 36 | l[4] << 16);
}

/* All lanes times a constant. */
LANES_TARGET static void lanes_scale(lanes *a, const int64_t factor[LIMBS])
{
    __m512i constant[LIMBS], x[LIMBS], sum[2 * LIMBS];
    for (unsigned i = 0; i < LIMBS; i++)
        constant[i] = all8(factor[i]);
    for (unsigned lane = 0; lane < LANES; lane += 8) {
        clear8(sum);
        lanes_load8(x, a, lane);
        add_product8(sum, x, constant);
        reduce8(x, sum);
        lanes_store8(a, lane, x);
    }
}

void lanes_into(lanes *a)
{
    lanes_scale(a, into_lanes);
}

void lanes_out_of(lanes *a)
{
    lanes_scale(a, out_of_lanes);
}

/* ---- fp12 ---- */

void fp12_lanes_from(fp12_lanes *out, const fp12 *a)
{
    memset(out, 0, sizeof *out);
    for (unsigned k = 0; k < 6; k++) {
        lanes_put(&out->c, 2 * k, &a->c[k % 2].c[k / 2].re);
        lanes_put(&out->c, 2 * k + 1, &a->c[k % 2].c[k / 2].im);
    }
    lanes_into(&out->c);
}

void fp12_lanes_to(fp12 *out, const fp12_lanes *a)
{
    lanes c = a->c;
    lanes_out_of(&c);
    for (unsigned k = 0; k < 6; k++) {
        lanes_get(&out->c[k % 2].c[k / 2].re, &c, 2 * k);
        lanes_get(&out->c[k % 2].c[k / 2].im, &c, 2 * k + 1);
    }
}

LANES_TARGET void fp12_lanes_conjugate(fp12_lanes *out, const fp12_lanes *a)
{
    for (unsigned lane = 0; lane < LANES; lane += 8) {
        __m512i x[LIMBS];
        lanes_load8(x, &a->c, lane);
        for (unsigned i = 0; i < LIMBS; i++)
            x[i] = less8(x[i], 0xff & ~EVEN_POWERS, all8(2 * lanes_p[i]), x[i]);
        neaten8(x);
        lanes_store8(&out->c, lane, x);
    }
}

LANES_TARGET static void windows_make(windows *out, const fp12_lanes *a)
{
    __m512i x[LIMBS], xi_x[LIMBS];
    __m256i y[LIMBS], xi_y[LIMBS];
    lanes_load8(x, &a->c, 0);
    lanes_load4(y, &a->c, 8);
    mul_xi8(xi_x, x);
    mul_xi4(xi_y, y);
    for (unsigned i = 0; i < LIMBS; i++) {
        int64_t *plain = out->plain[i], *swapped = out->swapped[i];
        store8(plain + WINDOW_START, x[i]);
        store4(plain + WINDOW_START + 8, y[i]);
        store8(plain, xi_x[i]);
        store4(plain + 8, xi_y[i]);
        store8(swapped + WINDOW_START, swapped8(x[i]));
        store4(swapped + WINDOW_START + 8, swapped4(y[i]));
        store8(swapped, swapped8(xi_x[i]));
        store4(swapped + 8, swapped4(xi_y[i]));
    }
}

LANES_TARGET void fp12_lanes_mul_terms(fp12_lanes *out,
                                       const fp12_lanes *a,
                                       const struct term *terms,
                                       unsigned count)
{
    windows w;
    __m512i sum8[2 * LIMBS], x[LIMBS];
    __m256i sum4[2 * LIMBS], y[LIMBS];
    windows_make(&w, a);
    clear8(sum8);
    for (unsigned i = 0; i < count; i++)
        add_term8(sum8, &w, &terms[i], WINDOW_START);
    reduce8(x, sum8);
    clear4(sum4);
    for (unsigned i = 0; i < count; i++)
        add_term4(sum4, &w, &terms[i], WINDOW_START + 8);
    reduce4(y, sum4);
    lanes_store8(&out->c, 0, x); /* not before: a term may be out's */
    lanes_store4(&out->c, 8, y);
}

LANES_TARGET void fp12_lanes_mul(fp12_lanes *out, const fp12_lanes *a, const fp12_lanes *b)
{
    lanes turned;
    struct term terms[6];
    __m512i x[LIMBS];
    __m256i y[LIMBS];
    lanes_load8(x, &b->c, 0);
    lanes_load4(y, &b->c, 8);
    turn8(x, x, 2);
    turn4(y, y, 2);
    lanes_store8(&turned, 0, x);
    lanes_store4(&turned, 8, y);
    for (unsigned k = 0; k < 6; k++)
        terms[k] = (struct term){&b->c.limbs[0][2 * k], &turned.limbs[0][2 * k], k};
    fp12_lanes_mul_terms(out, a, terms, 6);
}

LANES_TARGET void fp12_lanes_square_cyclotomic(fp12_lanes *out, const fp12_lanes *a)
{
    /* Which f(k) stand where: two lanes each. f3 to f5, then their multiples by xi, come first. */
    const __m512i upper = _mm512_setr_epi64(6, 7, 8, 9, 10, 11, 10, 11);
    const __m512i a_0123 = _mm512_setr_epi64(0, 1, 4, 5, 2, 3, 0, 1);
    const __m512i b_0123 = _mm512_setr_epi64(0, 1, 12, 13, 2, 3, 0, 1);
    const __m512i e_0123 = _mm512_setr_epi64(0, 1, 0, 1, 2, 3, 0, 1);
    const __m512i a_45 = _mm512_setr_epi64(4, 5, 2, 3, 4, 5, 2, 3);
    const __m512i be_45 = _mm512_setr_epi64(4, 5, 2, 3, 4, 5, 2, 3);
    __m512i f0123[LIMBS], f345[LIMBS], e345[LIMBS], xa[LIMBS], xb[LIMBS], xe[LIMBS], x[LIMBS];
    __m256i f45[LIMBS], ya[LIMBS], yb[LIMBS], ye[LIMBS], y[LIMBS];
    lanes_load8(f0123, &a->c, 0);
    lanes_load8(f345, &a->c, 8);
    lanes_load4(f45, &a->c, 8);
    #pragma GCC unroll 5
    for (unsigned i = 0; i < LIMBS; i++)
        f345[i] = _mm512_permutex2var_epi64(f0123[i], upper, f345[i]);
    mul_xi8(e345, f345);
    #pragma GCC unroll 5
    for (unsigned i = 0; i < LIMBS; i++) {
        xa[i] = _mm512_permutexvar_epi64(a_0123, f0123[i]);
        xb[i] = _mm512_permutex2var_epi64(f345[i], b_0123, e345[i]);
        xe[i] = _mm512_permutexvar_epi64(e_0123, e345[i]);
        ya[i] = _mm512_castsi512_si256(_mm512_permutexvar_epi64(a_45, f0123[i]));
        yb[i] = _mm512_castsi512_si256(_mm512_permutexvar_epi64(be_45, f345[i]));
        ye[i] = _mm512_castsi512_si256(_mm512_permutexvar_epi64(be_45, e345[i]));
    }
    cyclotomic8(x, f0123, xa, xb, xe);
    cyclotomic4(y, f45, ya, yb, ye);
    lanes_store8(&out->c, 0, x);
    lanes_store4(&out->c, 8, y);
}

#endif
