#include "base/hex.h"
#include "base/rng.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"
#include "support/test.h"

/* A string of 56 zero bytes behind the head of the long form. */
#define ZEROS_56                                                                                   \
    "00000000000000000000000000000000000000000000000000000000"                                     \
    "00000000000000000000000000000000000000000000000000000000"

TEST(items_are_taken_one_by_one)
{
    static const struct {
        const char *hex, *payload, *rest;
        bool is_list;
    } rows[] = {
  /* clang-format off */
        {"00", "00", "", false},
        {"7f80", "7f", "80", false},
        {"80", "", "", false},
        {"8180", "80", "", false},
        {"81ff00", "ff", "00", false},
        {"83646f67", "646f67", "", false},
        {"b838" ZEROS_56 "01", ZEROS_56, "01", false},
        {"c0", "", "", true},
        {"c0c0", "", "c0", true},
        {"c88363617483646f67", "8363617483646f67", "", true},
        {"c7c0c1c0c3c0c1c0", "c0c1c0c3c0c1c0", "", true},
        {"f838" ZEROS_56, ZEROS_56, "", true},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes whole = test_hex(rows[i].hex), input = whole;
        struct rlp_item item;
        CHECK_EQ(rlp_next(&input, &item), RLP_OK);
        CHECK_EQ(item.is_list, rows[i].is_list);
        CHECK_HEX(item.payload, rows[i].payload);
        CHECK_HEX(input, rows[i].rest);
        CHECK(item.whole.data == whole.data);
        CHECK_EQ(item.whole.size + input.size, whole.size);

        input = whole;
        struct bytes payload;
        enum rlp_fault as_list = rlp_next_list(&input, &payload);
        CHECK_EQ(as_list, rows[i].is_list ? RLP_OK : RLP_NOT_A_LIST);
        CHECK_EQ(input.size, rows[i].is_list ? strlen(rows[i].rest) / 2 : whole.size);
        input = whole;
        enum rlp_fault as_string = rlp_next_string(&input, &payload);
        CHECK_EQ(as_string, rows[i].is_list ? RLP_NOT_A_STRING : RLP_OK);
        CHECK_EQ(input.size, rows[i].is_list ? whole.size : strlen(rows[i].rest) / 2);
    }
}

TEST(what_is_not_canonical_is_refused_with_its_reason)
{
    static const struct {
        const char *hex;
        enum rlp_fault fault;
    } rows[] = {
  /* clang-format off */
        {"", RLP_EOF},
        {"81", RLP_EOF},
        {"8363", RLP_EOF},
        {"c1", RLP_EOF},
        {"c3c0c0", RLP_EOF},
        {"b8", RLP_EOF},
        {"b9ff", RLP_EOF},
        {"b838", RLP_EOF},
        {"b838" "0011223344", RLP_EOF},
        {"f838" "0011223344", RLP_EOF},
        {"bf7fffffffffffffff", RLP_EOF},
        {"bfffffffffffffffff", RLP_EOF},
        {"bfffffffffffffffff00", RLP_EOF},
        {"ffffffffffffffffff", RLP_EOF},
        {"fffffffffffffffff7c0", RLP_EOF},
        {"ff0fffffffffffffff", RLP_EOF},
        {"8100", RLP_SIZE_NOT_SHORTEST},
        {"817f", RLP_SIZE_NOT_SHORTEST},
        {"b80100", RLP_SIZE_NOT_SHORTEST},
        {"b837" ZEROS_56, RLP_SIZE_NOT_SHORTEST},
        {"f837" ZEROS_56, RLP_SIZE_NOT_SHORTEST},
        {"f801c0", RLP_SIZE_NOT_SHORTEST},
        {"b800", RLP_SIZE_LEADING_ZEROS},
        {"b90038" ZEROS_56, RLP_SIZE_LEADING_ZEROS},
        {"f800", RLP_SIZE_LEADING_ZEROS},
        {"f90038" ZEROS_56, RLP_SIZE_LEADING_ZEROS},
        {"ff0000000000000038" ZEROS_56, RLP_SIZE_LEADING_ZEROS},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes whole = test_hex(rows[i].hex), input = whole;
        struct rlp_item item;
        size_t count = 77;
        CHECK_EQ(rlp_next(&input, &item), rows[i].fault);
        CHECK(input.data == whole.data && input.size == whole.size);
        if (whole.size == 0) continue;
        CHECK_EQ(rlp_count(whole, &count), rows[i].fault);
        CHECK_EQ(count, 77);
    }
}

TEST(integers_have_no_leading_zeros_and_fit)
{
    static const struct {
        const char *hex;
        enum rlp_fault fault;
        uint64_t number;
    } rows[] = {
  /* clang-format off */
        {"80", RLP_OK, 0},
        {"01", RLP_OK, 1},
        {"7f", RLP_OK, 0x7f},
        {"8180", RLP_OK, 0x80},
        {"820100", RLP_OK, 0x100},
        {"88ffffffffffffffff", RLP_OK, UINT64_MAX},
        {"00", RLP_LEADING_ZEROS, 0},
        {"820001", RLP_LEADING_ZEROS, 0},
        {"8900ffffffffffffffff", RLP_LEADING_ZEROS, 0},
        {"89010000000000000000", RLP_TOO_WIDE, 0},
        {"c0", RLP_NOT_A_STRING, 0},
        {"c101", RLP_NOT_A_STRING, 0},
        {"8101", RLP_SIZE_NOT_SHORTEST, 0},
        {"", RLP_EOF, 0},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes input = test_hex(rows[i].hex);
        size_t size = input.size;
        uint64_t number = 7;
        CHECK_EQ(rlp_next_u64(&input, &number), rows[i].fault);
        CHECK_EQ(number, rows[i].fault == RLP_OK ? rows[i].number : 7);
        CHECK_EQ(input.size, rows[i].fault == RLP_OK ? 0 : size);
    }
}

TEST(wide_integers_have_at_most_32_bytes)
{
    static const struct {
        const char *hex, *number;
        enum rlp_fault fault;
    } rows[] = {
  /* clang-format off */
        {"80", "0000000000000000000000000000000000000000000000000000000000000000", RLP_OK},
        {"05", "0000000000000000000000000000000000000000000000000000000000000005", RLP_OK},
        {"89010203040506070809",
         "0000000000000000000000000000000000000000000000010203040506070809", RLP_OK},
        {"a0ff00000000000000000000000000000000000000000000000000000000000001",
         "ff00000000000000000000000000000000000000000000000000000000000001", RLP_OK},
        {"a00100000000000000000000000000000000000000000000000000000000000000",
         "0100000000000000000000000000000000000000000000000000000000000000", RLP_OK},
        {"a000ff000000000000000000000000000000000000000000000000000000000001", "", RLP_LEADING_ZEROS},
        {"a1010000000000000000000000000000000000000000000000000000000000000000", "", RLP_TOO_WIDE},
        {"00", "", RLP_LEADING_ZEROS},
        {"c0", "", RLP_NOT_A_STRING},
        {"a001", "", RLP_EOF},
  /* clang-format on */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes input = test_hex(rows[i].hex);
        u256 number;
        uint8_t bytes[32];
        CHECK_EQ(rlp_next_u256(&input, &number), rows[i].fault);
        if (rows[i].fault != RLP_OK) continue;
        u256_to_be(bytes, number);
        CHECK_HEX(bytes_of(bytes, 32), rows[i].number);
        CHECK_EQ(input.size, 0);
    }
}

TEST(fixed_fields_have_exactly_their_size)
{
    uint8_t out[3] = {0};
    struct bytes input = test_hex("83010203"
                                  "820102"
                                  "8401020304"
                                  "c3010203"
                                  "01");
    CHECK_EQ(rlp_next_fixed(&input, out, 3), RLP_OK);
    CHECK_HEX(bytes_of(out, 3), "010203");
    CHECK_EQ(rlp_next_fixed(&input, out, 3), RLP_TOO_SHORT);
    CHECK_EQ(rlp_next_fixed(&input, out, 2), RLP_OK);
    CHECK_EQ(rlp_next_fixed(&input, out, 3), RLP_TOO_WIDE);
    struct bytes skipped;
    CHECK_EQ(rlp_next_string(&input, &skipped), RLP_OK);
    CHECK_EQ(rlp_next_fixed(&input, out, 3), RLP_NOT_A_STRING);
    CHECK_EQ(rlp_next_list(&input, &skipped), RLP_OK);
    CHECK_EQ(rlp_next_fixed(&input, out, 1), RLP_OK);
    CHECK_EQ(out[0], 1);
    CHECK_EQ(rlp_next_fixed(&input, out, 1), RLP_EOF);
    input = test_hex("80");
    CHECK_EQ(rlp_next_fixed(&input, NULL, 0), RLP_OK);
}

TEST(an_only_list_has_nothing_behind_it)
{
    struct bytes payload;
    CHECK_EQ(rlp_only_list(test_hex("c20102"), &payload), RLP_OK);
    CHECK_HEX(payload, "0102");
    CHECK_EQ(rlp_only_list(test_hex("c2010203"), &payload), RLP_TRAILING);
    CHECK_EQ(rlp_only_list(test_hex("820102"), &payload), RLP_NOT_A_LIST);
    CHECK_EQ(rlp_only_list(test_hex("c201"), &payload), RLP_EOF);
    CHECK_EQ(rlp_only_list(BYTES_EMPTY, &payload), RLP_EOF);
}

TEST(items_of_a_list_are_counted)
{
    size_t count;
    CHECK_EQ(rlp_count(BYTES_EMPTY, &count), RLP_OK);
    CHECK_EQ(count, 0);
    CHECK_EQ(rlp_count(test_hex("80c0018180c20102b838" ZEROS_56), &count), RLP_OK);
    CHECK_EQ(count, 6);
    CHECK_EQ(rlp_count(test_hex("8001c101c2"), &count), RLP_EOF);
}

TEST(every_fault_has_a_text)
{
    for (int fault = 0; fault < RLP_FAULT_COUNT; fault++)
        CHECK(strlen(rlp_fault_text((enum rlp_fault)fault)) > 5);
    CHECK_TEXT(rlp_fault_text(RLP_TOO_SHORT), "a string is shorter than its field");
}

/* A second opinion, slow and by another way: what is canonical is what encodes back to the same bytes. */
static bool is_canonical_item(struct bytes input, size_t *size)
{
    if (input.size == 0) return false;
    uint8_t first = input.data[0];
    size_t head = first < 0x80 ? 0 : 1, payload = first < 0x80 ? 1 : first % 64U;
    if (payload > 55) {
        size_t digits = payload - 55;
        head += digits;
        if (input.size < head || digits > 4) return false; /* no test has 4 GB */
        payload = 0;
        for (size_t i = 0; i < digits; i++)
            payload = payload * 256 + input.data[1 + i];
    }
    if (input.size < head + payload) return false;
    *size = head + payload;
    uint8_t again[300];
    if (payload > 280) return false;
    struct bytes content = bytes_of(input.data + head, payload);
    uint8_t *end;
    if (first >= 0xc0) {
        end = rlp_put_list_head(again, payload);
        if (payload > 0) memcpy(end, content.data, payload);
        end += payload;
    } else {
        end = rlp_put_bytes(again, content);
    }
    return bytes_equal(bytes_of(again, (size_t)(end - again)), bytes_of(input.data, *size));
}

TEST(random_bytes_are_judged_as_by_a_second_decoder)
{
    struct rng rng;
    rng_init(&rng, 20260101);
    int accepted = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes[280];
        rng_fill(&rng, bytes, sizeof bytes);
        if (rng_below(&rng, 2) == 0) bytes[0] = (uint8_t)(0xb7 + (rng_below(&rng, 2) << 6) + 1);
        if (rng_below(&rng, 3) == 0) bytes[1] = (uint8_t)rng_below(&rng, 60);
        struct bytes input = bytes_of(bytes, rng_below(&rng, sizeof bytes + 1));
        struct bytes left = input;
        struct rlp_item item;
        size_t size = 0;
        bool expected = is_canonical_item(input, &size);
        CHECK_EQ(rlp_next(&left, &item) == RLP_OK, expected);
        if (!expected) continue;
        accepted++;
        CHECK_EQ(item.whole.size, size);
        CHECK_EQ(left.size, input.size - size);
        CHECK_EQ(item.is_list, bytes[0] >= 0xc0);
    }
    CHECK(accepted > 50000 && accepted < 195000);
}

/* Every prefix and every single changed byte of a nested list: no crash, and never more than the input. */
TEST(damaged_input_stays_inside_its_bounds)
{
    uint8_t bytes[64];
    struct bytes whole = test_hex("f83a83646f67c3c20180a0" ZEROS_56);
    whole.size = 60;
    for (size_t size = 0; size <= whole.size; size++) {
        struct bytes input = bytes_of(whole.data, size), list;
        enum rlp_fault fault = rlp_next_list(&input, &list);
        CHECK_EQ(fault, size == whole.size ? RLP_OK : RLP_EOF);
    }
    for (size_t place = 0; place < whole.size; place++)
        for (unsigned value = 0; value < 256; value++) {
            memcpy(bytes, whole.data, whole.size);
            bytes[place] = (uint8_t)value;
            struct bytes input = bytes_of(bytes, whole.size);
            struct rlp_item item;
            while (input.size > 0 && rlp_next(&input, &item) == RLP_OK) {
                CHECK(item.payload.data + item.payload.size == item.whole.data + item.whole.size);
                CHECK(item.whole.data + item.whole.size <= bytes + whole.size);
            }
        }
}
