#include "cli/name_filter.h"
#include "support/test.h"

TEST(without_an_expression_all_names_are_taken)
{
    struct name_filter filter;
    struct error error;
    CHECK_EQ(name_filter_init(&filter, NULL, &error), PEVM_OK);
    CHECK(name_filter_takes(&filter, ""));
    CHECK(name_filter_takes(&filter, "12965000"));
    name_filter_fini(&filter);
}

TEST(an_expression_is_found_anywhere_in_the_name)
{
    struct name_filter filter;
    struct error error;
    CHECK_EQ(name_filter_init(&filter, "^(sepolia|12)", &error), PEVM_OK);
    CHECK(name_filter_takes(&filter, "12965000"));
    CHECK(name_filter_takes(&filter, "sepolia-1"));
    CHECK(!name_filter_takes(&filter, "x12"));
    name_filter_fini(&filter);
}

TEST(a_wrong_expression_is_told)
{
    struct name_filter filter;
    struct error error;
    CHECK_EQ(name_filter_init(&filter, "(", &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "\"(\" is no regular expression"));
    name_filter_fini(&filter);
}
