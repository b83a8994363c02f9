#include "base/assert.h"
#include "base/u256.h"
#include "crypto/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include <pthread.h>

/* Parameters of the curve (FIPS 186-4, D.1.2.3; EIP-7951). */
static const u256 field_prime = {
    {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}
};
static const u256 order = {
    {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}
};

/* What libcrypto needs for one verification, kept by each thread until it ends, so that nothing is
 * looked up or opened per call. */
struct tools {
    EC_GROUP *group;
    BN_CTX *scratch;
    EC_POINT *key, *sum;
    BIGNUM *x, *y, *u1, *u2, *inverse;
};

static _Thread_local struct tools tools;

static void tools_close(void *closing)
{
    struct tools *t = closing;
    EC_POINT_free(t->key);
    EC_POINT_free(t->sum);
    BIGNUM **numbers[] = {&t->x, &t->y, &t->u1, &t->u2, &t->inverse};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        BN_free(*numbers[i]);
    BN_CTX_free(t->scratch);
    EC_GROUP_free(t->group);
    memset(t, 0, sizeof *t);
}

static pthread_key_t closer; /* calls tools_close when a thread ends */

static void closer_create(void)
{
    ASSERT(pthread_key_create(&closer, tools_close) == 0);
}

/* Memory for these is taken once per thread. Without it nothing can be said about a signature, and
 * a guess would be a consensus fault: so it is asserted. */
static struct tools *tools_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tools *t = &tools;
    if (likely(t->group != NULL)) return t;

    pthread_once(&once, closer_create);
    t->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    ASSERT(t->group != NULL);
    t->scratch = BN_CTX_new();
    ASSERT(t->scratch != NULL);
    t->key = EC_POINT_new(t->group);
    t->sum = EC_POINT_new(t->group);
    ASSERT(t->key != NULL && t->sum != NULL);
    BIGNUM **numbers[] = {&t->x, &t->y, &t->u1, &t->u2, &t->inverse};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        *numbers[i] = BN_new();
        ASSERT(*numbers[i] != NULL);
    }
    ASSERT(pthread_setspecific(closer, t) == 0);
    return t;
}

static void number_set(BIGNUM *out, u256 value)
{
    uint8_t bytes[32];
    u256_to_be(bytes, value);
    ASSERT(BN_bin2bn(bytes, sizeof bytes, out) != NULL);
}

/* Put (x, y), both below the prime, into t->key. False when the point is not on the curve. */
static bool key_set(struct tools *t, u256 x, u256 y)
{
    number_set(t->x, x);
    number_set(t->y, y);
    if (EC_POINT_set_affine_coordinates(t->group, t->key, t->x, t->y, t->scratch) == 1) return true;
    ASSERT(ERR_GET_REASON(ERR_peek_last_error()) == EC_R_POINT_IS_NOT_ON_CURVE);
    ERR_clear_error();
    return false;
}

/* t->sum = (hash / s) G + (r / s) key, all modulo the order. */
static void sum_set(struct tools *t, u256 hash, u256 r, u256 s)
{
    const BIGNUM *n = EC_GROUP_get0_order(t->group);
    number_set(t->inverse, s);
    ASSERT(BN_mod_inverse(t->inverse, t->inverse, n, t->scratch) != NULL);
    number_set(t->u1, hash);
    number_set(t->u2, r);
    ASSERT(BN_mod_mul(t->u1, t->u1, t->inverse, n, t->scratch) == 1);
    ASSERT(BN_mod_mul(t->u2, t->u2, t->inverse, n, t->scratch) == 1);
    ASSERT(EC_POINT_mul(t->group, t->sum, t->u1, t->key, t->u2, t->scratch) == 1);
}

bool p256_verify(const uint8_t hash[32],
                 const uint8_t r[32],
                 const uint8_t s[32],
                 const uint8_t x[32],
                 const uint8_t y[32])
{
    u256 r_value = u256_from_be(r), s_value = u256_from_be(s);
    u256 x_value = u256_from_be(x), y_value = u256_from_be(y);
    if (u256_is_zero(r_value) || !u256_less(r_value, order)) return false;
    if (u256_is_zero(s_value) || !u256_less(s_value, order)) return false;
    if (!u256_less(x_value, field_prime) || !u256_less(y_value, field_prime)) return false;

    struct tools *t = tools_get();
    if (!key_set(t, x_value, y_value)) return false; /* (0, 0), too: it is not on this curve */
    sum_set(t, u256_from_be(hash), r_value, s_value);
    if (EC_POINT_is_at_infinity(t->group, t->sum)) return false;
    ASSERT(EC_POINT_get_affine_coordinates(t->group, t->sum, t->x, NULL, t->scratch) == 1);

    uint8_t sum_x[32];
    ASSERT(BN_bn2binpad(t->x, sum_x, sizeof sum_x) == sizeof sum_x);
    return u256_equal(u256_mod(u256_from_be(sum_x), order), r_value);
}
