#include "base/hex.h"
#include "cli/known_address.h"
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
