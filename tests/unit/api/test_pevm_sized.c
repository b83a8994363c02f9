#include "api/api_private.h"
#include "support/test.h"

/* What a caller has: an older, an equal, a newer struct. */
struct words {
    size_t struct_size;
    uint64_t a, b;
};

struct words_ours {
    size_t struct_size;
    uint64_t a;
};

TEST(a_struct_of_our_size_is_read)
{
    struct words_ours given = {sizeof given, 5}, out = {0};
    CHECK_EQ(sized_read(&out, sizeof out, &given, "words", NULL), PEVM_OK);
    CHECK_EQ(out.a, 5);
}

TEST(a_longer_struct_is_read_when_what_we_do_not_know_is_zero)
{
    struct words given = {sizeof given, 5, 0};
    struct words_ours out = {0};
    struct error error;
    CHECK_EQ(sized_read(&out, sizeof out, &given, "words", &error), PEVM_OK);
    CHECK_EQ(out.a, 5);
    given.b = 1;
    CHECK_EQ(sized_read(&out, sizeof out, &given, "words", &error), PEVM_UNSUPPORTED);
    CHECK(strstr(error.text, "words has fields set behind byte 16") != NULL);
}

TEST(a_size_that_no_version_had_is_refused)
{
    const size_t sizes[] = {0, 1, sizeof(struct words_ours) - 1, 4097, SIZE_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct words_ours given = {sizes[i], 5}, out = {0};
        struct error error;
        CHECK_EQ(sized_read(&out, sizeof out, &given, "words", &error), PEVM_BAD_INPUT);
        CHECK(strstr(error.text, "words.struct_size is ") == error.text);
        CHECK(strstr(error.text, "initialise it with words_init") != NULL);
        CHECK_EQ(out.a, 0);
    }
}

TEST(an_init_zeroes_all_that_the_caller_has_and_writes_its_size)
{
    struct words given;
    memset(&given, 0xff, sizeof given);
    sized_init(&given, sizeof given, sizeof(struct words_ours));
    CHECK_EQ(given.struct_size, sizeof given);
    CHECK_EQ(given.a, 0);
    CHECK_EQ(given.b, 0);
}

TEST(an_error_without_words_has_those_of_its_status)
{
    struct error inside;
    struct pevm_error out = {"before"};
    error_clear(&inside);
    CHECK_EQ(error_give(&out, PEVM_OK, &inside), PEVM_OK);
    CHECK_TEXT(out.text, "before");
    CHECK_EQ(error_give(&out, PEVM_NO_MEMORY, &inside), PEVM_NO_MEMORY);
    CHECK_TEXT(out.text, "out of memory");
    CHECK_EQ(error_give(NULL, PEVM_IO, &inside), PEVM_IO);
}

TEST(what_fits_is_written_and_the_rest_is_zero)
{
    struct words_ours ours = {sizeof ours, 5}, short_one = {sizeof short_one.struct_size, 7};
    struct words newer = {sizeof newer, 1, 2};
    sized_write(&newer, &ours, sizeof ours);
    CHECK_EQ(newer.struct_size, sizeof newer);
    CHECK_EQ(newer.a, 5);
    CHECK_EQ(newer.b, 0);
    sized_write(&short_one, &ours, sizeof ours);
    CHECK_EQ(short_one.struct_size, sizeof short_one.struct_size);
    CHECK_EQ(short_one.a, 7);
}
