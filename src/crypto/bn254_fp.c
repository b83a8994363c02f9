#include "crypto/bn254_fp_private.h"
#include "crypto/bn254_wide_private.h"

/* 2^256, 2^512 and 2^768 mod p: one, and what moves a number into Montgomery form or its inverse back. */
const fp fp_one = {
    {FP_ONE0, FP_ONE1, FP_ONE2, FP_ONE3}
};
static const fp into_form = {
    {0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f}
};
static const fp inverse_into_form = {
    {0xb1cd6dafda1530df, 0x62f210e6a7283db6, 0xef7f0b0c0ada0afb, 0x20fd6e902d592544}
};

/* 0 to 9 times p, mod 2^256 */
const uint64_t fp_multiples[10][4] = {
    {0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000},
    {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029},
    {0x7841182db0f9fa8e, 0x2f02d522d0e3951a, 0x70a08b6d0302b0bb, 0x60c89ce5c2634053},
    {0xb461a4448976f7d5, 0xc6843fb439555fa7, 0x28f0d12384840918, 0x912ceb58a394e07d},
    {0xf082305b61f3f51c, 0x5e05aa45a1c72a34, 0xe14116da06056176, 0xc19139cb84c680a6},
    {0x2ca2bc723a70f263, 0xf58714d70a38f4c2, 0x99915c908786b9d3, 0xf1f5883e65f820d0},
    {0x68c3488912edefaa, 0x8d087f6872aabf4f, 0x51e1a24709081231, 0x2259d6b14729c0fa},
    {0xa4e3d49feb6aecf1, 0x2489e9f9db1c89dc, 0x0a31e7fd8a896a8f, 0x52be2524285b6124},
    {0xe10460b6c3e7ea38, 0xbc0b548b438e5469, 0xc2822db40c0ac2ec, 0x83227397098d014d},
    {0x1d24eccd9c64e77f, 0x538cbf1cac001ef7, 0x7ad2736a8d8c1b4a, 0xb386c209eabea177},
};

void fp_mul(fp *out, const fp *a, const fp *b)
{
    fp_mul_inline(out, a, b);
}

void fp_square(fp *out, const fp *a)
{
    fp_mul_inline(out, a, a);
}

bool fp_from_bytes(fp *out, const uint8_t in[32])
{
    static const fp p = {
        {FP_P0, FP_P1, FP_P2, FP_P3}
    };
    fp number;
    bool below = false;
    for (unsigned i = 0; i < 4; i++) {
        number.words[i] = load_be64(in + 24 - 8 * i);
        (void)word_sub(number.words[i], p.words[i], &below);
    }
    if (!below) return false;
    fp_mul(out, &number, &into_form);
    return true;
}

void fp_to_bytes(uint8_t out[32], const fp *a)
{
    struct fp_wide wide = {
        {a->words[0], a->words[1], a->words[2], a->words[3]}
    };
    fp number;
    fp_reduce(&number, &wide);
    for (unsigned i = 0; i < 4; i++)
        store_be64(out + 24 - 8 * i, number.words[i]);
}

/* ---- the inverse: Euclid's algorithm with cofactors, in Lehmer's way (Knuth, 4.5.2, algorithm L):
 * steps are made on the upper 64 bits as long as they are sure to be those of the whole numbers, and
 * then on the whole numbers at once. 148 steps of one division each on average, about 18 at once. ---- */

/* f and g of the algorithm with their cofactors: f = +-d a and g = -+e a mod p. Signs alternate, so
 * sizes are enough: all are at most p. */
struct euclid {
    u256 f, g, d, e;
    bool odd; /* an odd number of steps was made: e is negative, d positive */
};

/* What some steps do, up to signs that alternate: f becomes ff f - fg g, g becomes gg g - gf f, or
 * both negated when `odd`. */
struct steps {
    uint64_t ff, fg, gf, gg;
    bool odd;
};

/* Steps on a and b, the upper bits of f and g at the same place. A quotient is that of the whole
 * numbers if the remainder and its distance to b outweigh what the lower bits could do (Collins). The
 * cofactors of g are the bigger ones, and at most a / b: they do not overflow. */
static struct steps steps_on_upper_bits(uint64_t a, uint64_t b)
{
    struct steps s = {1, 0, 0, 1, false};
    while (b != 0) { /* ends: b becomes smaller */
        uint64_t quotient = a / b, rest = a % b;
        uint64_t next = s.fg + quotient * s.gg;
        if (rest < next || b - rest < next + s.gg) break;
        s = (struct steps){s.gf, s.gg, s.ff + quotient * s.gf, next, !s.odd};
        a = b;
        b = rest;
    }
    return s;
}

/* a x - b y; it is positive and fits. */
static u256 difference_of_products(uint64_t a, u256 x, uint64_t b, u256 y)
{
    return u256_sub(u256_mul_u64(x, a), u256_mul_u64(y, b));
}

static u256 sum_of_products(uint64_t a, u256 x, uint64_t b, u256 y)
{
    return u256_add(u256_mul_u64(x, a), u256_mul_u64(y, b));
}

static void euclid_steps(struct euclid *o, const struct steps *s)
{
    u256 f = o->f, d = o->d;
    if (s->odd) {
        o->f = difference_of_products(s->fg, o->g, s->ff, f);
        o->g = difference_of_products(s->gf, f, s->gg, o->g);
    } else {
        o->f = difference_of_products(s->ff, f, s->fg, o->g);
        o->g = difference_of_products(s->gg, o->g, s->gf, f);
    }
    o->d = sum_of_products(s->ff, d, s->fg, o->e);
    o->e = sum_of_products(s->gf, d, s->gg, o->e);
    o->odd ^= s->odd;
}

/* One step with the whole numbers: the quotient is big. */
static void euclid_step(struct euclid *o)
{
    u256 f = o->f, d = o->d, quotient = u256_div(f, o->g);
    o->f = o->g;
    o->g = u256_sub(f, u256_mul(quotient, o->g));
    o->d = o->e;
    o->e = u256_add(d, u256_mul(quotient, o->e));
    o->odd = !o->odd;
}

/* All steps that are left when f fits a word: now the upper bits are the number. */
static void euclid_finish(struct euclid *o)
{
    uint64_t a = o->f.words[0], b = o->g.words[0];
    struct steps s = {1, 0, 0, 1, false};
    while (b != 0) { /* ends: b becomes smaller */
        uint64_t quotient = a / b, rest = a % b;
        s = (struct steps){s.gf, s.gg, s.ff + quotient * s.gf, s.fg + quotient * s.gg, !s.odd};
        a = b;
        b = rest;
    }
    o->d = sum_of_products(s.ff, o->d, s.fg, o->e);
    o->odd ^= s.odd;
}

void fp_invert(fp *out, const fp *a)
{
    struct euclid o = {.f = {{FP_P0, FP_P1, FP_P2, FP_P3}}, .e = U256_ONE};
    memcpy(o.g.words, a->words, sizeof a->words);
    if (u256_is_zero(o.g)) {
        *out = (fp){{0}};
        return;
    }
    while (!u256_fits_u64(o.f)) { /* ends: each turn makes f smaller */
        unsigned shift = u256_clz(o.f);
        struct steps s = steps_on_upper_bits(u256_shl_bits(o.f, shift).words[3],
                                             u256_shl_bits(o.g, shift).words[3]);
        if (likely(s.gf != 0))
            euclid_steps(&o, &s);
        else
            euclid_step(&o);
    }
    euclid_finish(&o);
    fp inverse;
    memcpy(inverse.words, o.d.words, sizeof inverse.words);
    if (!o.odd) fp_negate(&inverse, &inverse);
    /* 1 / (a 2^256) times 2^768 / 2^256 is (1 / a) 2^256. */
    fp_mul(out, &inverse, &inverse_into_form);
}
