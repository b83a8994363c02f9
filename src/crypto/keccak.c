#include "crypto/keccak.h"

#include "crypto/keccak_private.h"

#define LANE uint64_t
#define LANE_TARGET
#include "crypto/keccak_rounds_private.h"

const hash32 keccak_empty = {
    {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
     0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
     0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}
};
const hash32 keccak_empty_trie = {
    {0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,
     0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,
     0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}
};
const hash32 keccak_empty_list = {
    {0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
     0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
     0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}
};

ALWAYS_INLINE void absorb(uint64_t state[KECCAK_WORDS], const uint8_t *block)
{
    for (unsigned i = 0; i < KECCAK_RATE / 8; i++)
        state[i] ^= load_le64(block + 8 * i);
    keccak_permute(state);
}

void keccak_pad(uint8_t block[KECCAK_RATE], const uint8_t *data, size_t size)
{
    memset(block, 0, KECCAK_RATE);
    if (size > 0) memcpy(block, data, size);
    block[size] = 0x01;
    block[KECCAK_RATE - 1] |= 0x80;
}

void keccak_finish(hash32 *out, uint64_t state[KECCAK_WORDS], const uint8_t *data, size_t size)
{
    uint8_t last[KECCAK_RATE];
    for (; size >= KECCAK_RATE; size -= KECCAK_RATE, data += KECCAK_RATE)
        absorb(state, data);
    keccak_pad(last, data, size);
    absorb(state, last);
    memcpy(out->bytes, state, sizeof out->bytes);
}

void keccak256(hash32 *out, const void *data, size_t size)
{
    uint64_t state[KECCAK_WORDS] = {0};
    keccak_finish(out, state, data, size);
}

void keccak256_many(hash32 *out, const struct bytes *inputs, size_t count)
{
#if defined(__x86_64__)
    /* Eight states take about as long as one alone, four at most twice as long. */
    if (count > 1 && __builtin_cpu_supports("avx512f")) {
        keccak_lanes(out, inputs, count, 8, keccak_x8_absorb);
        return;
    }
    if (count > 1 && __builtin_cpu_supports("avx2")) {
        keccak_lanes(out, inputs, count, 4, keccak_x4_absorb);
        return;
    }
#endif
    for (size_t i = 0; i < count; i++)
        keccak256(&out[i], inputs[i].data, inputs[i].size);
}
