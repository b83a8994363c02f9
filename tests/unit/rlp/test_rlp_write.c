#include "base/rng.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"
#include "support/test.h"

static void check_put(const uint8_t *start, const uint8_t *end, size_t size, const char *expected)
{
    CHECK_EQ(end - start, size);
    CHECK_HEX(bytes_of(start, (size_t)(end - start)), expected);
}

TEST(strings_take_the_shortest_form)
{
    static const char *const rows[][2] = {
  /* clang-format off */
        {"", "80"},
        {"00", "00"},
        {"7f", "7f"},
        {"80", "8180"},
        {"ff", "81ff"},
        {"646f67", "83646f67"},
        {"0000", "820000"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[16];
        struct bytes bytes = test_hex(rows[i][0]);
        check_put(out, rlp_put_bytes(out, bytes), rlp_size_bytes(bytes), rows[i][1]);
    }
    uint8_t out[4];
    check_put(out, rlp_put_bytes(out, BYTES_EMPTY), rlp_size_bytes(BYTES_EMPTY), "80");
}

TEST(numbers_have_no_leading_zeros)
{
    static const struct {
        uint64_t number;
        const char *hex;
    } rows[] = {
  /* clang-format off */
        {0, "80"},
        {1, "01"},
        {0x7f, "7f"},
        {0x80, "8180"},
        {0xff, "81ff"},
        {0x100, "820100"},
        {0x123456, "83123456"},
        {UINT64_C(0x0100000000000000), "880100000000000000"},
        {UINT64_MAX, "88ffffffffffffffff"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[16];
        u256 wide = u256_from_u64(rows[i].number);
        check_put(out, rlp_put_u64(out, rows[i].number), rlp_size_u64(rows[i].number), rows[i].hex);
        check_put(out, rlp_put_u256(out, &wide), rlp_size_u256(&wide), rows[i].hex);
    }
}

TEST(wide_numbers_have_up_to_32_bytes)
{
    uint8_t out[33];
    u256 number = {
        {0, 1, 0, 0}
    };
    check_put(out, rlp_put_u256(out, &number), rlp_size_u256(&number), "89010000000000000000");
    check_put(out,
              rlp_put_u256(out, &U256_MAX),
              rlp_size_u256(&U256_MAX),
              "a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
}

TEST(list_heads_say_the_size_of_the_payload)
{
    static const struct {
        size_t payload_size;
        const char *hex;
    } rows[] = {
  /* clang-format off */
        {0, "c0"},
        {1, "c1"},
        {55, "f7"},
        {56, "f838"},
        {255, "f8ff"},
        {256, "f90100"},
        {65535, "f9ffff"},
        {65536, "fa010000"},
        {SIZE_MAX >> 8, "feffffffffffffff"},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t out[RLP_HEAD_SIZE_MAX];
        size_t head_size = rlp_size_list(rows[i].payload_size) - rows[i].payload_size;
        check_put(out, rlp_put_list_head(out, rows[i].payload_size), head_size, rows[i].hex);
    }
}

TEST(a_closed_list_has_its_head_before_the_payload)
{
    static const size_t sizes[] = {0, 1, 55, 56, 57, 255, 256, 70000};
    static uint8_t room[RLP_HEAD_SIZE_MAX + 70000];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint8_t *payload = room + RLP_HEAD_SIZE_MAX;
        memset(payload, 1, sizes[i]);
        uint8_t *start = rlp_close_list(payload, payload + sizes[i]);
        struct bytes list;
        struct bytes whole = bytes_of(start, (size_t)(payload - start) + sizes[i]);
        CHECK_EQ(rlp_only_list(whole, &list), RLP_OK);
        CHECK(list.data == payload);
        CHECK_EQ(list.size, sizes[i]);
        CHECK_EQ(whole.size, rlp_size_list(sizes[i]));
    }
}

TEST(what_is_written_is_read_back_at_every_size)
{
    static uint8_t content[70000], out[70010];
    struct rng rng;
    rng_init(&rng, 1);
    rng_fill(&rng, content, sizeof content);
    for (size_t size = 0; size < sizeof content; size += size < 300 ? 1 : size / 7) {
        struct bytes bytes = bytes_of(content + size % 5, size), back;
        uint8_t *end = rlp_put_bytes(out, bytes);
        CHECK_EQ(end - out, rlp_size_bytes(bytes));
        struct bytes input = bytes_of(out, (size_t)(end - out));
        CHECK_EQ(rlp_next_string(&input, &back), RLP_OK);
        CHECK(bytes_equal(back, bytes));
        CHECK_EQ(input.size, 0);
    }
}

TEST(random_numbers_come_back)
{
    struct rng rng;
    rng_init(&rng, 2);
    for (int round = 0; round < 100000; round++) {
        uint8_t out[33];
        u256 number = {
            {rng_next(&rng), rng_next(&rng), rng_next(&rng), rng_next(&rng)}
        };
        number = u256_shr_bits(number, (unsigned)rng_below(&rng, 256), 0);
        struct bytes input = bytes_of(out, (size_t)(rlp_put_u256(out, &number) - out));
        CHECK_EQ(input.size, rlp_size_u256(&number));
        u256 back;
        CHECK_EQ(rlp_next_u256(&input, &back), RLP_OK);
        CHECK(u256_equal(back, number));

        uint64_t word = number.words[0], word_back;
        input = bytes_of(out, (size_t)(rlp_put_u64(out, word) - out));
        CHECK_EQ(input.size, rlp_size_u64(word));
        CHECK_EQ(rlp_next_u64(&input, &word_back), RLP_OK);
        CHECK(word_back == word);
    }
}
