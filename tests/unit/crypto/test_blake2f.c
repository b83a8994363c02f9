#include "base/rng.h"
#include "crypto/blake2f.h"
#include "support/test.h"
#include "support/vectors.h"

#define CALL_SIZE 213 /* rounds, h, m, t, final: the input of the precompile (EIP-152) */

static uint32_t load_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void call_check(struct bytes call, struct bytes expected)
{
    uint64_t h[8], m[16], t[2];
    CHECK_EQ(call.size, CALL_SIZE);
    memcpy(h, call.data + 4, sizeof h);
    memcpy(m, call.data + 68, sizeof m);
    memcpy(t, call.data + 196, sizeof t);
    blake2f(h, m, t, call.data[212] == 1, load_be32(call.data));
    CHECK(bytes_equal(bytes_of(h, sizeof h), expected));
}

TEST(the_vectors_hold)
{
    struct vectors vectors;
    struct bytes call, expected;
    if (!vectors_open(&vectors, "geth_precompiles/blake2F.json")) {
        print_message("no fixtures here\n");
        skip();
    }
    int cases = 0;
    while (vectors_next(&vectors, "Input", &call) &&
           vectors_next(&vectors, "Expected", &expected)) {
        call_check(call, expected);
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 5);
}

/* BLAKE2b-512 of at most one block, without a key. */
static void blake2b(uint8_t out[64], const char *text)
{
    uint64_t h[8] = {0x6a09e667f3bcc908 ^ 0x01010040,
                     0xbb67ae8584caa73b,
                     0x3c6ef372fe94f82b,
                     0xa54ff53a5f1d36f1,
                     0x510e527fade682d1,
                     0x9b05688c2b3e6c1f,
                     0x1f83d9abfb41bd6b,
                     0x5be0cd19137e2179};
    uint64_t m[16] = {0}, t[2] = {strlen(text), 0};
    memcpy(m, text, strlen(text));
    blake2f(h, m, t, true, 12);
    memcpy(out, h, 64);
}

TEST(twelve_rounds_make_blake2b)
{
    static const struct {
        const char *text, *hash;
    } rows[] = {
  /* clang-format off */
        {"", "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
             "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
        {"abc", "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[64];
        blake2b(out, rows[i].text);
        CHECK_HEX(bytes_of(out, sizeof out), rows[i].hash);
    }
}

/* ---- the same, word by word and with the schedule as a table ---- */

static const uint8_t schedule[10][16] = {
  /* clang-format off */
    { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15},
    {14, 10,  4,  8,  9, 15, 13,  6,  1, 12,  0,  2, 11,  7,  5,  3},
    {11,  8, 12,  0,  5,  2, 15, 13, 10, 14,  3,  6,  7,  1,  9,  4},
    { 7,  9,  3,  1, 13, 12, 11, 14,  2,  6,  5, 10,  4,  0, 15,  8},
    { 9,  0,  5,  7,  2,  4, 10, 15, 14,  1, 11, 12,  6,  8,  3, 13},
    { 2, 12,  6, 10,  0, 11,  8,  3,  4, 13,  7,  5, 15, 14,  1,  9},
    {12,  5,  1, 15, 14, 13,  4, 10,  0,  7,  6,  3,  9,  2,  8, 11},
    {13, 11,  7, 14, 12,  1,  3,  9,  5,  0, 15,  4,  8,  6,  2, 10},
    { 6, 15, 14,  9, 11,  3,  0,  8, 12,  2, 13,  7,  1,  4, 10,  5},
    {10,  2,  8,  4,  7,  6,  1,  5, 15, 11,  9, 14,  3, 12, 13,  0},
  /* clang-format on */
};

static uint64_t rotated(uint64_t a, unsigned bits)
{
    return a >> bits | a << (64 - bits);
}

static void mix(uint64_t v[16], const uint8_t at[4], uint64_t x, uint64_t y)
{
    uint64_t *a = &v[at[0]], *b = &v[at[1]], *c = &v[at[2]], *d = &v[at[3]];
    *a += *b + x;
    *d = rotated(*d ^ *a, 32);
    *c += *d;
    *b = rotated(*b ^ *c, 24);
    *a += *b + y;
    *d = rotated(*d ^ *a, 16);
    *c += *d;
    *b = rotated(*b ^ *c, 63);
}

static void reference(
    uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool final, uint32_t rounds)
{
    static const uint64_t initial[8] = {0x6a09e667f3bcc908,
                                        0xbb67ae8584caa73b,
                                        0x3c6ef372fe94f82b,
                                        0xa54ff53a5f1d36f1,
                                        0x510e527fade682d1,
                                        0x9b05688c2b3e6c1f,
                                        0x1f83d9abfb41bd6b,
                                        0x5be0cd19137e2179};
    static const uint8_t places[8][4] = {
        {0, 4, 8,  12},
        {1, 5, 9,  13},
        {2, 6, 10, 14},
        {3, 7, 11, 15},
        {0, 5, 10, 15},
        {1, 6, 11, 12},
        {2, 7, 8,  13},
        {3, 4, 9,  14}
    };
    uint64_t v[16];
    memcpy(v, h, 64);
    memcpy(v + 8, initial, 64);
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (final) v[14] = ~v[14];
    for (uint32_t round = 0; round < rounds; round++)
        for (unsigned i = 0; i < 8; i++) {
            const uint8_t *row = schedule[round % 10];
            mix(v, places[i], m[row[2 * i]], m[row[2 * i + 1]]);
        }
    for (unsigned i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}

TEST(every_number_of_rounds_agrees_with_the_words_of_the_standard)
{
    struct rng rng;
    rng_init(&rng, 152);
    for (uint32_t rounds = 0; rounds < 100; rounds++)
        for (int final = 0; final < 2; final++) {
            uint64_t h[8], expected[8], m[16], t[2];
            rng_fill(&rng, h, sizeof h);
            rng_fill(&rng, m, sizeof m);
            rng_fill(&rng, t, sizeof t);
            memcpy(expected, h, sizeof h);
            blake2f(h, m, t, final != 0, rounds);
            reference(expected, m, t, final != 0, rounds);
            CHECK(memcmp(h, expected, sizeof h) == 0);
        }
}
