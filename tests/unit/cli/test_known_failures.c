#include "cli/known_failures.h"
#include "support/test.h"

TEST(only_what_is_listed_is_known)
{
    CHECK(known_failure_listed("NoSrcAccount", "Homestead", 0));
    CHECK(known_failure_listed("NoSrcAccount", "Homestead", 29));
    CHECK(!known_failure_listed("NoSrcAccount", "Homestead", 30));
    CHECK(!known_failure_listed("NoSrcAccount", "EIP158", 0));
    CHECK(!known_failure_listed("NoSrcAccoun", "Homestead", 0));
    CHECK(!known_failure_listed("", "", 0));
}
