#include "base/hex.h"
#include "support/test.h"

TEST(bytes_become_lower_case_digits_and_come_back)
{
    uint8_t bytes[256], back[256];
    char text[2 * sizeof bytes + 1];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    hex_encode(text, bytes_of(bytes, sizeof bytes));
    CHECK_EQ(strlen(text), 2 * sizeof bytes);
    CHECK(memcmp(text, "000102030405060708090a0b0c0d0e0f10", 34) == 0);
    CHECK_TEXT(text + 2 * 250, "fafbfcfdfeff");
    CHECK(hex_decode(back, text, 2 * sizeof bytes));
    CHECK(memcmp(bytes, back, sizeof bytes) == 0);

    hex_encode(text, BYTES_EMPTY);
    CHECK_TEXT(text, "");
    CHECK(hex_decode(back, "", 0));
}

TEST(both_cases_are_read)
{
    uint8_t out[4];
    CHECK(hex_decode(out, "dEAdbEeF", 8));
    CHECK_HEX(bytes_of(out, 4), "deadbeef");
}

TEST(odd_lengths_and_strange_characters_are_refused)
{
    static const char *const bad[] = {
        "0", "000", "0g", "g0", "0x00", " 00", "0/", "0:", "0@", "0`"};
    uint8_t out[4];
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(!hex_decode(out, bad[i], strlen(bad[i])));
}

TEST(each_character_has_its_value_or_none)
{
    int digits = 0;
    for (int c = -128; c < 128; c++)
        if (hex_digit((char)c) >= 0) digits++;
    CHECK_EQ(digits, 22);
    CHECK_EQ(hex_digit('0'), 0);
    CHECK_EQ(hex_digit('9'), 9);
    CHECK_EQ(hex_digit('a'), 10);
    CHECK_EQ(hex_digit('F'), 15);
    CHECK_EQ(hex_digit('g'), -1);
}

TEST(numbers_are_right_aligned)
{
    uint8_t out[32];
    CHECK(hex_decode_number(out, "123", 3));
    CHECK_HEX(bytes_of(out, 32),
              "0000000000000000000000000000000000000000000000000000000000000123");
    char longest[] = "f000000000000000000000000000000000000000000000000000000000000001";
    CHECK(hex_decode_number(out, longest, 64));
    CHECK_HEX(bytes_of(out, 32), longest);
    CHECK(!hex_decode_number(out, "", 0));
    CHECK(!hex_decode_number(out, "12g", 3));
    CHECK(!hex_decode_number(
        out, "00000000000000000000000000000000000000000000000000000000000000000", 65));
}

TEST(hashes_and_addresses_are_shown_with_a_prefix)
{
    hash32 hash = {
        {0xab, [31] = 0x01}
    };
    address account = {
        {0xde, [19] = 0xad}
    };
    char hash_text[HEX_HASH_SIZE], account_text[HEX_ADDRESS_SIZE];
    CHECK_TEXT(hex_hash(hash_text, &hash),
               "0xab00000000000000000000000000000000000000000000000000000000000001");
    CHECK_TEXT(hex_address(account_text, &account), "0xde000000000000000000000000000000000000ad");
}
