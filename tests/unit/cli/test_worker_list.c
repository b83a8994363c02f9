#include "cli/worker_list.h"
#include "support/test.h"

TEST(numbers_with_commas_between)
{
    struct worker_list list;
    CHECK_EQ(worker_list_parse(&list, "1,2,8", NULL), PEVM_OK);
    CHECK_EQ(list.count, 3);
    CHECK_EQ(list.counts[0], 1);
    CHECK_EQ(list.counts[1], 2);
    CHECK_EQ(list.counts[2], 8);
}

TEST(nothing_said_means_as_many_as_there_are_processors)
{
    struct worker_list list;
    CHECK_EQ(worker_list_parse(&list, NULL, NULL), PEVM_OK);
    CHECK_EQ(list.count, 1);
    CHECK(list.counts[0] >= 1);
}

TEST(what_is_no_list_is_refused)
{
    static const char *const wrong[] = {"",
                                        ",",
                                        "1,",
                                        "0",
                                        "129",
                                        "-1",
                                        "two",
                                        "1 2",
                                        "1,,2",
                                        "1;2",
                                        "99999999999999999999",
                                        "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"};
    struct worker_list list;
    struct error error;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CHECK_EQ(worker_list_parse(&list, wrong[i], &error), PEVM_BAD_INPUT);
        CHECK(strstr(error.text, "--workers") != NULL);
    }
}
