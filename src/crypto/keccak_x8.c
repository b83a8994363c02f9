/* Eight states at once. With AVX-512 the compilers see that chi is one instruction (vpternlogq), a
 * rotation another (vprolq), and a whole state fits the 32 registers. */
#include "crypto/keccak_private.h"

#if defined(__x86_64__)

    #define LANE        words8
    #define LANE_TARGET TARGET("avx512f")
    #include "crypto/keccak_rounds_private.h"

    /* Word `i` of each of the eight blocks. */
    #define WORD(s) load_le64(blocks[s] + 8 * i)

LANE_TARGET
void keccak_x8_absorb(uint64_t *state, const uint8_t *const *blocks, const uint64_t *keep)
{
    words8 a[KECCAK_WORDS];
    words8 mask = {keep[0], keep[1], keep[2], keep[3], keep[4], keep[5], keep[6], keep[7]};
    words8 *memory = (words8 *)__builtin_assume_aligned(state, 64);
    for (unsigned i = 0; i < KECCAK_WORDS; i++)
        a[i] = memory[i] & mask;
    for (unsigned i = 0; i < KECCAK_RATE / 8; i++)
        a[i] ^= (words8){WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6), WORD(7)};
    keccak_permute(a);
    for (unsigned i = 0; i < KECCAK_WORDS; i++)
        memory[i] = a[i];
}

#endif
