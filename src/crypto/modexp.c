#include "crypto/modexp.h"

#include "base/assert.h"
#include "base/heap.h"

#include <gmp.h>

/* Operands up to the limit of Osaka (EIP-7823) are turned into limbs on the stack. */
#define OPERAND_SIZE_SMALL 1024
#define LIMBS_SMALL        (3 * OPERAND_SIZE_SMALL / sizeof(mp_limb_t))

/* GMP counts limbs in an int. No block has gas for more than a part of this. */
#define OPERAND_SIZE_MAX ((size_t)1 << 32)

STATIC_ASSERT(GMP_NUMB_BITS == 64 && GMP_NAIL_BITS == 0, "bytes are turned into limbs by hand");

static struct bytes without_leading_zeros(struct bytes bytes)
{
    while (bytes.size > 0 && bytes.data[0] == 0) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

static size_t limbs_needed(struct bytes bytes)
{
    return (bytes.size + 7) / 8;
}

/* Turn big-endian bytes into limbs, least significant first; a read-only number over them. */
static mp_limb_t *limbs_take(mpz_t number, mp_limb_t *limbs, struct bytes bytes)
{
    size_t count = limbs_needed(bytes), left = bytes.size;
    for (size_t i = 0; i < bytes.size / 8; i++, left -= 8)
        limbs[i] = load_be64(bytes.data + left - 8);
    if (left > 0) {
        mp_limb_t top = 0;
        for (size_t i = 0; i < left; i++)
            top = top << 8 | bytes.data[i];
        limbs[count - 1] = top;
    }
    mpz_roinit_n(number, limbs, (mp_size_t)count);
    return limbs + count;
}

/* GMP stops the process when it gets no memory. So ask the heap first for what it will take: the
 * table of odd powers and some products, each as long as the modulus, and the reduced base. */
static bool memory_is_there(size_t modulus_limbs, size_t base_limbs)
{
    const size_t table_and_products = 512 + 16;
    void *probe = NULL;
    if (modulus_limbs + base_limbs > LIMBS_SMALL) {
        size_t limbs = table_and_products * modulus_limbs + 4 * base_limbs;
        probe = heap_alloc(limbs * sizeof(mp_limb_t));
        if (probe == NULL) return false;
    }
    heap_free(probe);
    return true;
}

static void power(uint8_t *out, size_t out_size, mp_limb_t *limbs, const struct bytes operands[3])
{
    mpz_t numbers[3], result;
    for (int i = 0; i < 3; i++)
        limbs = limbs_take(numbers[i], limbs, operands[i]);
    mpz_init2(result, mpz_size(numbers[2]) * GMP_NUMB_BITS);
    mpz_powm(result, numbers[0], numbers[1], numbers[2]);

    size_t size = (mpz_sizeinbase(result, 2) + 7) / 8;
    ASSERT(size <= out_size);
    if (mpz_sgn(result) != 0) mpz_export(out + out_size - size, NULL, 1, 1, 1, 0, result);
    mpz_clear(result);
}

bool modexp(uint8_t *out, struct bytes base, struct bytes exponent, struct bytes modulus)
{
    const struct bytes operands[3] = {without_leading_zeros(base),
                                      without_leading_zeros(exponent),
                                      without_leading_zeros(modulus)};
    if (modulus.size > 0) memset(out, 0, modulus.size);
    if (operands[2].size == 0) return true; /* no modulus, or zero, which GMP cannot divide by */

    size_t count = 0;
    for (int i = 0; i < 3; i++) {
        if (operands[i].size > OPERAND_SIZE_MAX) return false;
        count += limbs_needed(operands[i]);
    }
    if (!memory_is_there(limbs_needed(operands[2]), limbs_needed(operands[0]))) return false;
    if (count <= LIMBS_SMALL) {
        mp_limb_t limbs[LIMBS_SMALL];
        power(out, modulus.size, limbs, operands);
        return true;
    }
    mp_limb_t *limbs = heap_alloc(count * sizeof *limbs);
    if (limbs == NULL) return false;
    power(out, modulus.size, limbs, operands);
    heap_free(limbs);
    return true;
}
