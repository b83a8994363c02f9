#include "base/hex.h"
#include "cli/known_address.h"
#include "crypto/keccak.h"
#include "support/test.h"

TEST(addresses_are_those_of_the_eips)
{
    static const struct {
        const address *who;
        const char *text;
    } cases[] = {
        {&beacon_roots_address,           "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"},
        {&block_hashes_address,           "0x0000f90827f1c53a10cb7a02335b175320002935"},
        {&withdrawal_requests_address,    "0x00000961ef480eb55e80d19ad83579a64c007002"},
        {&consolidation_requests_address, "0x0000bbddc7ce488642fb579f8b00f3a590007251"},
        {&deposits_address,               "0x00000000219ab540356cbb839cbe05303d7705fa"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[HEX_ADDRESS_SIZE];
        CHECK_TEXT(hex_address(text, cases[i].who), cases[i].text);
    }
}

/* EIP-55: a letter is large when the digit of the hash in its place is 8 or more. */
TEST(names_stand_beside_addresses_without_a_wrong_digit)
{
    const char *name;
    size_t count = 0;
    for (const char *spelled; (spelled = known_address_spelled(count, &name)) != NULL; count++) {
        char small[HEX_ADDRESS_SIZE];
        address who;
        CHECK_EQ(strlen(spelled), 42);
        for (size_t i = 0; i <= 42; i++)
            small[i] =
                spelled[i] >= 'A' && spelled[i] <= 'F' ? (char)(spelled[i] + 32) : spelled[i];
        hash32 hash;
        keccak256(&hash, small + 2, 40);
        for (size_t i = 0; i < 40; i++) {
            unsigned nibble = i % 2 == 0 ? hash.bytes[i / 2] >> 4 : hash.bytes[i / 2] & 15u;
            bool is_letter = small[i + 2] >= 'a';
            char expected = is_letter && nibble >= 8 ? (char)(small[i + 2] - 32) : small[i + 2];
            if (spelled[i + 2] != expected) fail_msg("%s: digit %zu", spelled, i);
        }
        CHECK_EQ(test_hex(spelled).size, 20);
        memcpy(who.bytes, test_hex(spelled).data, 20);
        CHECK_TEXT(known_address_name(&who), name);
    }
    CHECK(count > 10);
}

TEST(precompiles_and_accounts_of_eips_have_names)
{
    address who = {{0}};
    assert_null(known_address_name(&who));
    who.bytes[19] = 1;
    CHECK_TEXT(known_address_name(&who), "ecrecover");
    who.bytes[19] = 0x11;
    CHECK_TEXT(known_address_name(&who), "bls12 map to g2");
    who.bytes[19] = 0x12;
    assert_null(known_address_name(&who));
    who = (address){{[18] = 1}};
    CHECK_TEXT(known_address_name(&who), "p256 verify");
    CHECK_TEXT(known_address_name(&beacon_roots_address), "beacon roots");
    who.bytes[0] = 0x77;
    assert_null(known_address_name(&who));
}
