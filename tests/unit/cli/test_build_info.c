#include "cli/build_info.h"
#include "support/test.h"

TEST(the_binary_knows_what_it_was_made_of)
{
    CHECK(strlen(build_info.version) >= 5);
    CHECK(strlen(build_info.commit) >= 7);
    CHECK(strstr(build_info.compiler, "Clang") != NULL ||
          strstr(build_info.compiler, "GNU") != NULL);
    CHECK(strstr(build_info.flags, "-O") != NULL);
    CHECK(strstr(build_info.libraries, "gmp") != NULL);
}

TEST(the_processor_has_a_name)
{
    CHECK(strlen(machine_name()) > 0);
}
