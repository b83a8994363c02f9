#include "cli/exit_code.h"
#include "support/test.h"

TEST(each_status_has_its_code)
{
    CHECK_EQ(exit_code_of(PEVM_OK), 0);
    CHECK_EQ(exit_code_of(PEVM_INVALID_BLOCK), 1);
    CHECK_EQ(exit_code_of(PEVM_BAD_INPUT), 65);
    CHECK_EQ(exit_code_of(PEVM_CORRUPT), 65);
    CHECK_EQ(exit_code_of(PEVM_NO_MEMORY), 70);
    CHECK_EQ(exit_code_of(PEVM_NOT_FOUND), 74);
    CHECK_EQ(exit_code_of(PEVM_IO), 74);
    CHECK_EQ(exit_code_of(PEVM_CANCELLED), 130);
    CHECK_EQ(exit_code_of(PEVM_UNAVAILABLE), 69);
    CHECK_EQ(exit_code_of(PEVM_FENCED), 75);
}
