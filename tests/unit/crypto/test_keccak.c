#include "base/hex.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "crypto/keccak_private.h"
#include "support/test.h"
#include "support/vectors.h"

#include <stdio.h>

#define SIZE_MAX_TESTED 600 /* four blocks and some */

static void check_hash(struct bytes input, const char *expected_hex)
{
    hash32 out;
    keccak256(&out, input.data, input.size);
    CHECK_HEX(bytes_of(out.bytes, 32), expected_hex);
}

TEST(known_messages_have_their_known_hashes)
{
    static const struct {
        const char *text, *hash;
    } rows[] = {
  /* clang-format off */
        {"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
        {"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"},
        {"transfer(address,uint256)",
         "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"},
        {"The quick brown fox jumps over the lazy dog",
         "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_hash(bytes_of(rows[i].text, strlen(rows[i].text)), rows[i].hash);
}

TEST(the_named_hashes_are_what_their_names_say)
{
    hash32 out;
    keccak256(&out, NULL, 0);
    CHECK(hash32_equal(&out, &keccak_empty));
    keccak256(&out, "\x80", 1);
    CHECK(hash32_equal(&out, &keccak_empty_trie));
    keccak256(&out, "\xc0", 1);
    CHECK(hash32_equal(&out, &keccak_empty_list));
}

TEST(the_vectors_hold)
{
    struct vectors vectors;
    struct bytes input, expected;
    if (!vectors_open(&vectors, "hashes_generated/keccak_sha256_ripemd160.json")) skip();
    int cases = 0;
    while (vectors_next(&vectors, "Input", &input) &&
           vectors_next(&vectors, "keccak256", &expected)) {
        hash32 out;
        keccak256(&out, input.data, input.size);
        CHECK(bytes_equal(bytes_of(out.bytes, 32), expected));
        cases++;
    }
    vectors_close(&vectors);
    CHECK_EQ(cases, 158);
}

/* A slow second opinion: the standard's definition step by step, with its coordinates. */
static uint64_t rotate(uint64_t word, unsigned count)
{
    return count == 0 ? word : word << count | word >> (64 - count);
}

static void reference_round(uint64_t a[5][5], uint64_t constant)
{
    uint64_t c[5], b[5][5];
    for (int x = 0; x < 5; x++)
        c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
    for (int x = 0; x < 5; x++)
        for (int y = 0; y < 5; y++)
            a[x][y] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
    b[0][0] = a[0][0];
    for (int t = 0, x = 1, y = 0; t < 24; t++) {
        int next = (2 * x + 3 * y) % 5;
        b[y][next] = rotate(a[x][y], (unsigned)((t + 1) * (t + 2) / 2 % 64));
        x = y;
        y = next;
    }
    for (int x = 0; x < 5; x++)
        for (int y = 0; y < 5; y++)
            a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
    a[0][0] ^= constant;
}

/* One bit of the round constants comes from a shift register (FIPS 202, algorithm 5). */
static uint64_t reference_constant(unsigned round)
{
    uint64_t constant = 0;
    for (unsigned j = 0; j <= 6; j++) {
        unsigned bits = 1;
        for (unsigned t = 0; t < (j + 7 * round) % 255; t++)
            bits = bits << 1 ^ (bits >> 7) * 0x171;
        constant |= (uint64_t)(bits & 1) << ((1U << j) - 1);
    }
    return constant;
}

static void reference_keccak(hash32 *out, struct bytes input)
{
    uint64_t a[5][5] = {{0}};
    uint8_t padded[SIZE_MAX_TESTED + 2 * KECCAK_RATE] = {0};
    size_t size = input.size / KECCAK_RATE * KECCAK_RATE + KECCAK_RATE;
    if (input.size > 0) memcpy(padded, input.data, input.size);
    padded[input.size] ^= 0x01;
    padded[size - 1] ^= 0x80;
    for (size_t at = 0; at < size; at += KECCAK_RATE) {
        for (size_t i = 0; i < KECCAK_RATE / 8; i++)
            a[i % 5][i / 5] ^= load_le64(padded + at + 8 * i);
        for (unsigned round = 0; round < 24; round++)
            reference_round(a, reference_constant(round));
    }
    for (size_t i = 0; i < 4; i++)
        memcpy(out->bytes + 8 * i, &a[i % 5][i / 5], 8);
}

static uint8_t text[4096]; /* random, the messages are pieces of it */

static void text_fill(void)
{
    struct rng rng;
    rng_init(&rng, 99);
    rng_fill(&rng, text, sizeof text);
}

TEST(every_size_up_to_600_agrees_with_the_definition)
{
    text_fill();
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
        struct bytes input = bytes_of(text + size % 8, size);
        hash32 out, expected;
        keccak256(&out, input.data, input.size);
        reference_keccak(&expected, input);
        CHECK(hash32_equal(&out, &expected));
    }
}

/* Expected values from an independent model. */
TEST(the_padding_is_right_around_the_end_of_a_block)
{
    static const uint8_t zeros[2 * KECCAK_RATE];
    static const struct {
        size_t size;
        const char *hash;
    } rows[] = {
  /* both marks of the padding in one byte */
        {135, "29e3704feeca7fb9ba229f0fa04d9b36449cf3ad6e1d85d9cfff3a10df9abc3e"},
 /* a block of nothing but padding */
        {136, "3a5912a7c5faa06ee4fe906253e339467a9ce87d533c65be3c15cb231cdb25f9"},
        {137, "bee7fbb405cb0d91a8775e338c4a5e4b5d6b2d051f687fa942043cffdc73bd28"},
        {272, "a8005c7a3125b6c3629b4181eca54d18721e41fef639718d205beb00b366ed7d"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_hash(bytes_of(zeros, rows[i].size), rows[i].hash);
}

/* ---- many at once ---- */

#define MANY_MAX 40

/* The ways of this machine. */
static const struct way {
    const char *name;
    unsigned width;
    keccak_wide_absorb *absorb; /* NULL: keccak256_many chooses */
} ways[] = {
    {"chosen",  0, NULL            },
#if defined(__x86_64__)
    {"avx2",    4, keccak_x4_absorb},
    {"avx512f", 8, keccak_x8_absorb},
#endif
};

static bool way_exists(const struct way *way)
{
#if defined(__x86_64__)
    if (way->width == 4) return __builtin_cpu_supports("avx2");
    if (way->width == 8) return __builtin_cpu_supports("avx512f");
#endif
    return true;
}

static void check_many(const struct way *way, const struct bytes *inputs, size_t count)
{
    hash32 out[MANY_MAX + 1], guard;
    memset(out, 0xa5, sizeof out);
    guard = out[count];
    if (way->absorb == NULL)
        keccak256_many(out, inputs, count);
    else
        keccak_lanes(out, inputs, count, way->width, way->absorb);
    for (size_t i = 0; i < count; i++) {
        hash32 expected;
        keccak256(&expected, inputs[i].data, inputs[i].size);
        CHECK(hash32_equal(&out[i], &expected));
    }
    CHECK(hash32_equal(&out[count], &guard));
}

static void ways_print(void)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        print_message(
            "%s: %s\n", ways[i].name, way_exists(&ways[i]) ? "tested" : "not on this machine");
}

static void check_all_ways(const struct bytes *inputs, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (way_exists(&ways[i])) check_many(&ways[i], inputs, count);
}

TEST(any_number_of_equal_sizes_equals_one_by_one)
{
    ways_print();
    text_fill();
    for (size_t count = 0; count <= MANY_MAX; count++)
        for (size_t size = 0; size <= SIZE_MAX_TESTED; size += 1 + size / 3) {
            struct bytes inputs[MANY_MAX];
            for (size_t i = 0; i < count; i++)
                inputs[i] = bytes_of(text + 7 * i, size);
            check_all_ways(inputs, count);
        }
}

TEST(every_size_goes_beside_every_block_count)
{
    text_fill();
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
        struct bytes inputs[9];
        for (size_t i = 0; i < COUNT_OF(inputs); i++)
            inputs[i] = bytes_of(text + i, i % 3 == 0 ? size : i * KECCAK_RATE - i % 2);
        check_all_ways(inputs, COUNT_OF(inputs));
    }
}

TEST(random_sizes_in_one_call_equal_one_by_one)
{
    struct rng rng;
    text_fill();
    rng_init(&rng, 5);
    for (int round = 0; round < 500; round++) {
        struct bytes inputs[MANY_MAX];
        size_t count = rng_below(&rng, MANY_MAX + 1);
        for (size_t i = 0; i < count; i++) {
            size_t size = rng_below(&rng, rng_below(&rng, 8) == 0 ? 3000 : 300);
            inputs[i] = size == 0 ? BYTES_EMPTY : bytes_of(text + rng_below(&rng, 1000), size);
        }
        check_all_ways(inputs, count);
    }
}

TEST(one_long_message_among_short_ones_ends_alone)
{
    text_fill();
    for (size_t place = 0; place < 12; place++) {
        struct bytes inputs[12];
        for (size_t i = 0; i < COUNT_OF(inputs); i++)
            inputs[i] = bytes_of(text + i, i == place ? 4000 : 20 + i);
        check_all_ways(inputs, COUNT_OF(inputs));
    }
}
