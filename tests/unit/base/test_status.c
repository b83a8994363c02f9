#include "base/status.h"
#include "support/test.h"

TEST(each_status_has_its_own_name_and_words)
{
    static const enum pevm_status all[] = {
#define X(code, text) code,
        PEVM_STATUS_LIST(X)
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        CHECK(strncmp(pevm_status_name(all[i]), "PEVM_", 5) == 0);
        CHECK(strlen(pevm_status_text(all[i])) > 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(pevm_status_name(all[i]), pevm_status_name(all[j])) != 0);
            CHECK(strcmp(pevm_status_text(all[i]), pevm_status_text(all[j])) != 0);
        }
    }
    CHECK_TEXT(pevm_status_name(PEVM_IO), "PEVM_IO");
    CHECK_TEXT(pevm_status_text(PEVM_OK), "ok");
}

TEST(a_number_that_is_no_status_has_words_too)
{
    CHECK_TEXT(pevm_status_name((enum pevm_status)1000), "PEVM_UNKNOWN");
    CHECK_TEXT(pevm_status_text((enum pevm_status)1000), "unknown status");
}

static enum pevm_status give(enum pevm_status status, int *calls)
{
    ++*calls;
    return status;
}

static enum pevm_status try_three(enum pevm_status second, int *calls)
{
    TRY(give(PEVM_OK, calls));
    TRY(give(second, calls));
    TRY(give(PEVM_OK, calls));
    return PEVM_OK;
}

TEST(try_stops_at_the_first_status_that_is_not_ok)
{
    int calls = 0;
    CHECK_EQ(try_three(PEVM_OK, &calls), PEVM_OK);
    CHECK_EQ(calls, 3);
    calls = 0;
    CHECK_EQ(try_three(PEVM_LIMIT, &calls), PEVM_LIMIT);
    CHECK_EQ(calls, 2);
}
