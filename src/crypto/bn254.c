#include "crypto/bn254.h"

#include "base/assert.h"
#include "crypto/bn254_lanes_private.h"

bool bn254_add(uint8_t out[64], const uint8_t in[128])
{
    struct g1 a, b;
    if (!g1_from_bytes(&a, in) || !g1_from_bytes(&b, in + 64)) return false;
    g1_add(&a, &a, &b);
    g1_to_bytes(out, &a);
    return true;
}

bool bn254_mul(uint8_t out[64], const uint8_t in[96])
{
    struct g1 a;
    u256 factor;
    if (!g1_from_bytes(&a, in)) return false;
    for (unsigned i = 0; i < 4; i++)
        factor.words[i] = load_be64(in + 88 - 8 * i);
    g1_mul(&a, &a, &factor);
    g1_to_bytes(out, &a);
    return true;
}

#define PAIR_SIZE 192

/* The pairs in front of `in`, up to PAIRS_MAX of those that count: a pair with infinity in it has the
 * pairing one, if its other point is good. *taken is how much of `in` was read. */
static bool pairs_from_bytes(struct pair pairs[PAIRS_MAX],
                             size_t *count,
                             size_t *taken,
                             struct bytes in)
{
    size_t at = 0;
    *count = 0;
    for (; at < in.size && *count < PAIRS_MAX; at += PAIR_SIZE) {
        struct pair *pair = &pairs[*count];
        if (!g1_from_bytes(&pair->g1, in.data + at)) return false;
        if (!g2_from_bytes(&pair->g2, in.data + at + 64)) return false;
        if (!pair->g1.infinite && !pair->g2.infinite)
            ++*count; /* the Miller loop sees whether it is in G2 */
        else if (!g2_in_subgroup(&pair->g2))
            return false;
    }
    *taken = at;
    return true;
}

static bool loop(fp12 *out, const struct pair *pairs, size_t count, bool with_lanes)
{
#if defined(__x86_64__)
    if (with_lanes) return miller_loop_lanes(out, pairs, count);
#endif
    VERIFY(!with_lanes);
    return miller_loop(out, pairs, count);
}

static void finish(fp12 *out, const fp12 *a, bool with_lanes)
{
#if defined(__x86_64__)
    if (with_lanes) {
        final_exponentiation_lanes(out, a);
        return;
    }
#endif
    VERIFY(!with_lanes);
    final_exponentiation(out, a);
}

bool pairing_check(bool *is_one, struct bytes in, bool with_lanes)
{
    fp12 product = fp12_one, factor;
    struct pair pairs[PAIRS_MAX];
    bool any = false;
    ASSERT(in.size % PAIR_SIZE == 0);
    while (in.size > 0) { /* ends: a pair is taken at least */
        size_t count, taken;
        if (!pairs_from_bytes(pairs, &count, &taken, in)) return false;
        in = bytes_of(in.data + taken, in.size - taken);
        if (count == 0) continue;
        if (!loop(&factor, pairs, count, with_lanes)) return false;
        fp12_mul(&product, &product, &factor);
        any = true;
    }
    if (any) finish(&product, &product, with_lanes);
    *is_one = fp12_equal(&product, &fp12_one);
    return true;
}

bool bn254_pairing(bool *is_one, struct bytes in)
{
    return pairing_check(is_one, in, lanes_work());
}
