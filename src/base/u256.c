#include "base/u256.h"

/* ---- division: Knuth, The Art of Computer Programming, volume 2, section 4.3.1, algorithm D ---- */

/* (high:low) / divisor; the caller sees to high < divisor. The instruction is what makes this fast: the
 * compilers would call a library routine, since they cannot know that the quotient fits one word. */
ALWAYS_INLINE uint64_t word_div(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *remainder)
{
    VERIFY(high < divisor);
#if defined(__x86_64__)
    uint64_t quotient, rest;
    __asm__("divq %4" : "=a"(quotient), "=d"(rest) : "0"(low), "1"(high), "r"(divisor) : "cc");
    *remainder = rest;
    return quotient;
#else
    uint128 dividend = (uint128)high << 64 | low;
    *remainder = (uint64_t)(dividend % divisor);
    return (uint64_t)(dividend / divisor);
#endif
}

/* How many words of a number are left when the zeros at the top are dropped. */
ALWAYS_INLINE unsigned words_used(const uint64_t *words, unsigned count)
{
    while (count > 0 && words[count - 1] == 0)
        count--;
    return count;
}

/* 512-bit products, and 2^512 - 1, are the longest dividends. */
#define DIVIDEND_WORDS_MAX 8

/* Each step feeds its remainder to the next. `quotient` may be `a`. */
ALWAYS_INLINE uint64_t divide_by_word(uint64_t *quotient,
                                      const uint64_t *a,
                                      unsigned count,
                                      uint64_t b)
{
    unsigned i = count;
    uint64_t rest = 0;
    if (a[count - 1] < b) {
        rest = a[--i];
        quotient[i] = 0;
    }
    while (i > 0) {
        i--;
        quotient[i] = word_div(rest, a[i], b, &rest);
    }
    return rest;
}

/* Step D3: the next digit of the quotient, at most one too large. `u` points at the n + 1 words of the
 * dividend that the digit is taken from. */
ALWAYS_INLINE uint64_t digit_estimate(const uint64_t *u, const uint64_t *v, unsigned n)
{
    uint64_t digit, rest;
    if (unlikely(u[n] >= v[n - 1])) {
        digit = UINT64_MAX;
        rest = u[n - 1] + v[n - 1];
        if (rest < v[n - 1]) return digit;
    } else {
        digit = word_div(u[n], u[n - 1], v[n - 1], &rest);
    }
    /* Ends after two rounds at the latest: the third word of the divisor adds no more than that. */
    while ((uint128)digit * v[n - 2] > ((uint128)rest << 64 | u[n - 2])) {
        digit--;
        rest += v[n - 1];
        if (rest < v[n - 1]) break;
    }
    return digit;
}

/* Steps D4 to D6: u -= digit * v, and once too much is put right. Returns the digit. */
ALWAYS_INLINE uint64_t digit_subtract(uint64_t *u, const uint64_t *v, unsigned n, uint64_t digit)
{
    uint64_t high = 0;
    bool borrow = false;
    for (unsigned i = 0; i < n; i++) {
        uint64_t low = word_mul_add(digit, v[i], high, 0, &high);
        u[i] = word_sub(u[i], low, &borrow);
    }
    u[n] = word_sub(u[n], high, &borrow);
    if (likely(!borrow)) return digit;

    bool carry = false;
    for (unsigned i = 0; i < n; i++)
        u[i] = word_add(u[i], v[i], &carry);
    /* The carry cancels the borrow of u[n], which nobody looks at again. */
    return digit - 1;
}

/* a (count words) by b (n words, 2 to 4, the top one not zero), count >= n. The quotient has count - n + 1
 * words, the remainder n. Inlined once for each n, so that the inner loops unroll. */
ALWAYS_INLINE void divide_by_words(uint64_t *quotient,
                                   uint64_t *remainder,
                                   const uint64_t *a,
                                   unsigned count,
                                   const uint64_t *b,
                                   unsigned n)
{
    uint64_t u[DIVIDEND_WORDS_MAX + 1], v[4];
    unsigned bits = (unsigned)__builtin_clzll(b[n - 1]);

    for (unsigned i = n - 1; i > 0; i--)
        v[i] = word_shl(b[i], b[i - 1], bits);
    v[0] = b[0] << bits;
    u[count] = word_shl(0, a[count - 1], bits);
    for (unsigned i = count - 1; i > 0; i--)
        u[i] = word_shl(a[i], a[i - 1], bits);
    u[0] = a[0] << bits;

    for (unsigned j = count - n + 1; j-- > 0;)
        quotient[j] = digit_subtract(u + j, v, n, digit_estimate(u + j, v, n));

    for (unsigned i = 0; i < n - 1; i++)
        remainder[i] = word_shr(u[i + 1], u[i], bits);
    remainder[n - 1] = u[n - 1] >> bits;
}

/* As above for n from 1 to 4. Words of the outputs beyond those named are not touched. */
static void divide(uint64_t *quotient,
                   uint64_t *remainder,
                   const uint64_t *a,
                   unsigned count,
                   const uint64_t *b,
                   unsigned n)
{
    ASSERT(count >= n && count <= DIVIDEND_WORDS_MAX);
    switch (n) {
    case 1: remainder[0] = divide_by_word(quotient, a, count, b[0]); return;
    case 2: divide_by_words(quotient, remainder, a, count, b, 2); return;
    case 3: divide_by_words(quotient, remainder, a, count, b, 3); return;
    case 4: divide_by_words(quotient, remainder, a, count, b, 4); return;
    }
    ASSERT(false);
}

ALWAYS_INLINE void divmod(u256 *quotient, u256 *remainder, const u256 *a, const u256 *b)
{
    *quotient = U256_ZERO;
    *remainder = U256_ZERO;
    if (u256_fits_u64(*a) && u256_fits_u64(*b)) {
        if (b->words[0] == 0) return;
        quotient->words[0] = a->words[0] / b->words[0];
        remainder->words[0] = a->words[0] % b->words[0];
        return;
    }
    unsigned n = words_used(b->words, 4);
    if (n == 0) return;
    if (u256_less(*a, *b)) {
        u256_copy(remainder, a);
        return;
    }
    divide(quotient->words, remainder->words, a->words, words_used(a->words, 4), b->words, n);
}

void u256_divmod_into(u256 *quotient, u256 *remainder, const u256 *a, const u256 *b)
{
    u256 q, r;
    divmod(&q, &r, a, b);
    u256_copy(quotient, &q);
    u256_copy(remainder, &r);
}

void u256_div_into(u256 *out, const u256 *a, const u256 *b)
{
    u256 quotient, remainder;
    divmod(&quotient, &remainder, a, b);
    u256_copy(out, &quotient);
}

void u256_mod_into(u256 *out, const u256 *a, const u256 *b)
{
    u256 quotient, remainder;
    divmod(&quotient, &remainder, a, b);
    u256_copy(out, &remainder);
}

ALWAYS_INLINE u256 magnitude(u256 a)
{
    return u256_is_negative(a) ? u256_negate(a) : a;
}

void u256_sdiv_into(u256 *out, const u256 *a, const u256 *b)
{
    bool negative = u256_is_negative(*a) != u256_is_negative(*b);
    u256 dividend = magnitude(*a), divisor = magnitude(*b), quotient, remainder;
    divmod(&quotient, &remainder, &dividend, &divisor);
    *out = negative ? u256_negate(quotient) : quotient;
}

void u256_smod_into(u256 *out, const u256 *a, const u256 *b)
{
    bool negative = u256_is_negative(*a);
    u256 dividend = magnitude(*a), divisor = magnitude(*b), quotient, remainder;
    divmod(&quotient, &remainder, &dividend, &divisor);
    *out = negative ? u256_negate(remainder) : remainder;
}

/* ---- products and remainders of more than 256 bits ---- */

ALWAYS_INLINE void multiply_wide(uint64_t product[8], const u256 *a, const u256 *b)
{
    uint64_t high = 0;
    for (unsigned j = 0; j < 4; j++)
        product[j] = word_mul_add(a->words[0], b->words[j], high, 0, &high);
    product[4] = high;
    for (unsigned i = 1; i < 4; i++) {
        high = 0;
        for (unsigned j = 0; j < 4; j++)
            product[i + j] = word_mul_add(a->words[i], b->words[j], product[i + j], high, &high);
        product[i + 4] = high;
    }
}

bool u256_mul_overflow(u256 *product, u256 a, u256 b)
{
    uint64_t wide[8];
    multiply_wide(wide, &a, &b);
    *product = (u256){
        {wide[0], wide[1], wide[2], wide[3]}
    };
    return (wide[4] | wide[5] | wide[6] | wide[7]) != 0;
}

/* The remainder of a number of `count` words; modulus is not zero. */
static void reduce(u256 *out, const uint64_t *a, unsigned count, const u256 *modulus)
{
    uint64_t quotient[DIVIDEND_WORDS_MAX];
    u256 remainder = U256_ZERO;
    unsigned n = words_used(modulus->words, 4);
    count = words_used(a, count);
    if (count < n) {
        for (unsigned i = 0; i < count; i++)
            remainder.words[i] = a[i];
    } else {
        divide(quotient, remainder.words, a, count, modulus->words, n);
    }
    u256_copy(out, &remainder);
}

void u256_addmod_into(u256 *out, const u256 *a, const u256 *b, const u256 *modulus)
{
    u256 sum, less;
    if (likely(modulus->words[3] != 0)) {
        /* Long modulus: most operands are below it already, so no division at all. */
        u256 x = *a, y = *b, m = *modulus;
        if (unlikely(!u256_less(x, m))) u256_mod_into(&x, &x, &m);
        if (unlikely(!u256_less(y, m))) u256_mod_into(&y, &y, &m);
        bool carry = u256_add_overflow(&sum, x, y);
        bool borrow = u256_sub_borrow(&less, sum, m);
        *out = carry || !borrow ? less : sum;
        return;
    }
    if (u256_is_zero(*modulus)) {
        *out = U256_ZERO;
        return;
    }
    bool carry = u256_add_overflow(&sum, *a, *b);
    uint64_t wide[5] = {sum.words[0], sum.words[1], sum.words[2], sum.words[3], carry};
    reduce(out, wide, 5, modulus);
}

/* ---- MULMOD ----
 *
 * Barrett's reduction (Menezes, van Oorschot, Vanstone, Handbook of Applied Cryptography, algorithm 14.42)
 * with words as digits and moduli of exactly four words: x / m is estimated with a precomputed
 * reciprocal. The reciprocal costs more than one plain division, so it is computed when a modulus is seen
 * for the second time; contracts that do field arithmetic come back with the same one or two moduli.
 */
struct reciprocal {
    u256 modulus;      /* zero: the entry is free */
    uint64_t words[5]; /* floor((2^512 - 1) / modulus), once `ready` */
    bool ready;
};

#define RECIPROCAL_COUNT 2 /* a curve's field and its order */

static _Thread_local struct {
    struct reciprocal entries[RECIPROCAL_COUNT];
    unsigned victim; /* the entry that was not used last */
} cache;

COLD static void reciprocal_compute(struct reciprocal *reciprocal)
{
    static const uint64_t ones[8] = {UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX,
                                     UINT64_MAX};
    uint64_t remainder[4];
    divide(reciprocal->words, remainder, ones, 8, reciprocal->modulus.words, 4);
    reciprocal->ready = true;
}

/* The reciprocal of this modulus, or NULL when it was not seen lately; then it is noted. */
ALWAYS_INLINE const struct reciprocal *reciprocal_find(const u256 *modulus)
{
    for (unsigned i = 0; i < RECIPROCAL_COUNT; i++) {
        struct reciprocal *entry = &cache.entries[i];
        if (!u256_equal(entry->modulus, *modulus)) continue;
        cache.victim = 1 - i;
        if (unlikely(!entry->ready)) reciprocal_compute(entry);
        return entry;
    }
    struct reciprocal *entry = &cache.entries[cache.victim];
    u256_copy(&entry->modulus, modulus);
    entry->ready = false;
    cache.victim = 1 - cache.victim;
    return NULL;
}

/* The words of a * b from the fifth on, where the products that only touch the words below the third are left
 * out; that makes the result too small by one at most. */
ALWAYS_INLINE void barrett_quotient(uint64_t out[5], const uint64_t a[5], const uint64_t b[5])
{
    uint64_t columns[10] = {0};
    for (unsigned i = 0; i < 5; i++) {
        uint64_t high = 0;
        for (unsigned j = i < 3 ? 3 - i : 0; j < 5; j++)
            columns[i + j] = word_mul_add(a[i], b[j], columns[i + j], high, &high);
        columns[i + 5] = high;
    }
    for (unsigned i = 0; i < 5; i++)
        out[i] = columns[i + 5];
}

ALWAYS_INLINE void barrett_reduce(u256 *out,
                                  const uint64_t x[8],
                                  const struct reciprocal *reciprocal)
{
    const uint64_t *m = reciprocal->modulus.words;
    uint64_t quotient[5], product[5] = {0}, rest[5];
    barrett_quotient(quotient, x + 3, reciprocal->words);

    /* quotient * m, cut to five words: the remainder needs no more. */
    for (unsigned i = 0; i < 5; i++) {
        uint64_t high = 0;
        for (unsigned j = 0; j < 4 && i + j < 5; j++)
            product[i + j] = word_mul_add(quotient[i], m[j], product[i + j], high, &high);
        if (i == 0) product[4] = high;
    }
    bool borrow = false;
    for (unsigned i = 0; i < 5; i++)
        rest[i] = word_sub(x[i], product[i], &borrow);

    /* The estimate is at most four too small: two by Barrett, one each by the columns left out and by
     * 2^512 - 1 in place of 2^512. So this ends after four rounds. */
    for (;;) {
        uint64_t less[5];
        borrow = false;
        for (unsigned i = 0; i < 5; i++)
            less[i] = word_sub(rest[i], i < 4 ? m[i] : 0, &borrow);
        if (borrow) break;
        for (unsigned i = 0; i < 5; i++)
            rest[i] = less[i];
    }
    *out = (u256){
        {rest[0], rest[1], rest[2], rest[3]}
    };
}

/* x mod 2^256 - 1: both halves weigh the same. Fixed-point libraries ask for it all the time to get the
 * upper half of a product. */
ALWAYS_INLINE void fold(u256 *out, const uint64_t x[8])
{
    u256 low =
             {
                 {x[0], x[1], x[2], x[3]}
    },
         high = {{x[4], x[5], x[6], x[7]}}, sum;
    bool carry = u256_add_overflow(&sum, low, high);
    sum = u256_add(sum, u256_from_u64(carry));
    *out = u256_equal(sum, U256_MAX) ? U256_ZERO : sum;
}

void u256_mulmod_into(u256 *out, const u256 *a, const u256 *b, const u256 *modulus)
{
    uint64_t product[8];
    if (u256_is_zero(*modulus)) {
        *out = U256_ZERO;
        return;
    }
    multiply_wide(product, a, b);
    if (modulus->words[3] != 0 && (product[4] | product[5] | product[6] | product[7]) != 0) {
        if (u256_equal(*modulus, U256_MAX)) {
            fold(out, product);
            return;
        }
        const struct reciprocal *reciprocal = reciprocal_find(modulus);
        if (likely(reciprocal != NULL)) {
            barrett_reduce(out, product, reciprocal);
            return;
        }
    }
    reduce(out, product, 8, modulus);
}

/* ---- powers ---- */

ALWAYS_INLINE u256 square(u256 a)
{
    uint64_t a0 = a.words[0], a1 = a.words[1], a2 = a.words[2], a3 = a.words[3];
    uint128 p01 = (uint128)a0 * a1, p02 = (uint128)a0 * a2;
    uint128 p00 = (uint128)a0 * a0, p11 = (uint128)a1 * a1;

    /* Each product of two different words counts twice. */
    uint128 cross = (uint128)(uint64_t)p02 + (uint64_t)(p01 >> 64);
    uint64_t c1 = (uint64_t)p01, c2 = (uint64_t)cross;
    uint64_t c3 = (uint64_t)(cross >> 64) + (uint64_t)(p02 >> 64) + a0 * a3 + a1 * a2;
    c3 = c3 << 1 | c2 >> 63;
    c2 = c2 << 1 | c1 >> 63;
    c1 = c1 << 1;

    bool carry = false;
    uint64_t w1 = word_add((uint64_t)(p00 >> 64), c1, &carry);
    uint64_t w2 = word_add((uint64_t)p11, c2, &carry);
    uint64_t w3 = word_add((uint64_t)(p11 >> 64), c3, &carry);
    return (u256){
        {(uint64_t)p00, w1, w2, w3}
    };
}

/* From the top bit of the exponent down; for exponents of one word. */
static u256 power_by_bits(u256 base, uint64_t exponent)
{
    u256 result = base;
    for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; bit--) {
        result = square(result);
        if (exponent >> bit & 1) result = u256_mul(result, base);
    }
    return result;
}

/* Four bits of the exponent at a time. */
static u256 power_by_windows(u256 base, u256 exponent)
{
    u256 powers[16] = {U256_ONE, base};
    for (unsigned i = 2; i < 16; i++)
        powers[i] = u256_mul(powers[i - 1], base);

    unsigned window = (u256_bit_length(exponent) - 1) / 4;
    u256 result = powers[exponent.words[window / 16] >> (window % 16 * 4) & 15];
    while (window-- > 0) {
        result = square(square(square(square(result))));
        result = u256_mul(result, powers[exponent.words[window / 16] >> (window % 16 * 4) & 15]);
    }
    return result;
}

#define EXPONENT_BITS_FEW 24 /* up to here the table of the windows does not pay */

ALWAYS_INLINE unsigned trailing_zeros(u256 a)
{
    unsigned word = 0;
    while (word < 3 && a.words[word] == 0)
        word++;
    return 64 * word + (unsigned)__builtin_ctzll(a.words[word]);
}

void u256_exp_into(u256 *out, const u256 *base, const u256 *exponent)
{
    u256 b = *base, e = *exponent;
    if (u256_is_zero(e)) {
        *out = U256_ONE;
        return;
    }
    if (u256_is_zero(b)) {
        *out = U256_ZERO;
        return;
    }
    unsigned zeros = trailing_zeros(b);
    if (zeros > 0 && (!u256_fits_u64(e) || e.words[0] > 255 || zeros * e.words[0] > 255)) {
        *out = U256_ZERO; /* a multiple of 2^256 */
        return;
    }
    if (zeros + u256_clz(b) == 255) {
        *out = u256_shl_bits(U256_ONE, zeros == 0 ? 0 : zeros * (unsigned)e.words[0]);
        return;
    }
    if (u256_fits_u64(e) && e.words[0] >> EXPONENT_BITS_FEW == 0)
        *out = power_by_bits(b, e.words[0]);
    else
        *out = power_by_windows(b, e);
}

/* ---- text ---- */

#define CHUNK_DIGITS 19 /* the most decimal digits that always fit a word */
#define CHUNK        UINT64_C(10000000000000000000)

const char *u256_to_decimal(char out[U256_DECIMAL_SIZE], u256 a)
{
    char digits[5 * CHUNK_DIGITS]; /* backwards */
    size_t count = 0, used = 0;
    do {
        uint64_t chunk = divide_by_word(a.words, a.words, 4, CHUNK);
        for (int i = 0; i < CHUNK_DIGITS; i++, chunk /= 10) {
            digits[count++] = (char)('0' + chunk % 10);
            if (digits[count - 1] != '0') used = count;
        }
    } while (!u256_is_zero(a)); /* ends: 10^95 > 2^256 */

    if (used == 0) used = 1;
    for (size_t i = 0; i < used; i++)
        out[i] = digits[used - 1 - i];
    out[used] = 0;
    return out;
}

bool u256_from_decimal(u256 *out, const char *text, size_t size)
{
    u256 a = U256_ZERO;
    if (size == 0) return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        if (u256_mul_u64_overflow(&a, a, 10)) return false;
        if (u256_add_overflow(&a, a, u256_from_u64((uint64_t)(text[i] - '0')))) return false;
    }
    *out = a;
    return true;
}
