/* Four states at once. AVX2 has neither rotation nor enough registers, yet four together still take
 * less than twice the time of one. */
#include "crypto/keccak_private.h"

#if defined(__x86_64__)

    #define LANE        words4
    #define LANE_TARGET TARGET("avx2")
    #include "crypto/keccak_rounds_private.h"

    /* Word `i` of each of the four blocks. */
    #define WORD(s) load_le64(blocks[s] + 8 * i)

LANE_TARGET
void keccak_x4_absorb(uint64_t *state, const uint8_t *const *blocks, const uint64_t *keep)
{
    words4 a[KECCAK_WORDS], mask = {keep[0], keep[1], keep[2], keep[3]};
    words4 *memory = (words4 *)__builtin_assume_aligned(state, 32);
    for (unsigned i = 0; i < KECCAK_WORDS; i++)
        a[i] = memory[i] & mask;
    for (unsigned i = 0; i < KECCAK_RATE / 8; i++)
        a[i] ^= (words4){WORD(0), WORD(1), WORD(2), WORD(3)};
    keccak_permute(a);
    for (unsigned i = 0; i < KECCAK_WORDS; i++)
        memory[i] = a[i];
}

#endif
