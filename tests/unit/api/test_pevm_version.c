#include "pevm/pevm.h"

#include "support/test.h"

#include <stdio.h>

TEST(the_version_is_that_of_the_header_in_text_and_number)
{
    char text[32];
    snprintf(
        text, sizeof text, "%d.%d.%d", PEVM_VERSION_MAJOR, PEVM_VERSION_MINOR, PEVM_VERSION_PATCH);
    CHECK_TEXT(pevm_version(), text);
    CHECK_TEXT(PEVM_VERSION_TEXT, text);
    CHECK_EQ(pevm_version_number(), PEVM_VERSION);
}
