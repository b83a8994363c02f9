#include "chain/block_fault.h"
#include "support/test.h"

TEST(every_fault_has_a_name_and_words)
{
    for (unsigned fault = 0; fault < BLOCK_FAULT_COUNT; fault++) {
        CHECK(strncmp(block_fault_name(fault), "BLOCK_", 6) == 0);
        CHECK(strlen(block_fault_text(fault)) > 0);
        assert_non_null(block_fault_official(fault));
    }
    CHECK_TEXT(block_fault_name(BLOCK_GAS_USED), "BLOCK_GAS_USED");
    CHECK_TEXT(block_fault_text(BLOCK_GAS_USED), "gas used differs");
    CHECK_TEXT(block_fault_official(BLOCK_GAS_USED), "INVALID_GAS_USED|InvalidGasUsed");
}

TEST(saying_why_gives_the_fault_back)
{
    char text[ERROR_TEXT_MAX];
    CHECK_EQ(block_fault_say(text, BLOCK_BLOOM, "expected %d, got %d", 1, 2), BLOCK_BLOOM);
    CHECK_TEXT(text, "expected 1, got 2");
}
