#include "base/error.h"
#include "support/test.h"

TEST(an_error_says_what_and_returns_its_status)
{
    struct error error;
    error_clear(&error);
    CHECK_EQ(error.status, PEVM_OK);
    CHECK_TEXT(error.text, "");
    CHECK_EQ(error_set(&error, PEVM_BAD_INPUT, "field %s: %d bytes, not %d", "nonce", 9, 8),
             PEVM_BAD_INPUT);
    CHECK_EQ(error.status, PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "field nonce: 9 bytes, not 8");
    error_clear(&error);
    CHECK_EQ(error.status, PEVM_OK);
    CHECK_TEXT(error.text, "");
}

TEST(prefixes_come_outermost_first)
{
    struct error error;
    error_set(&error, PEVM_CORRUPT, "short node");
    error_prefix(&error, "account %d", 7);
    error_prefix(&error, "block %d", 100);
    CHECK_EQ(error.status, PEVM_CORRUPT);
    CHECK_TEXT(error.text, "block 100: account 7: short node");
}

TEST(without_an_error_there_is_nothing_to_prefix)
{
    struct error error;
    error_clear(&error);
    error_prefix(&error, "block %d", 100);
    CHECK_TEXT(error.text, "");
}

TEST(without_a_place_for_words_the_status_still_travels)
{
    CHECK_EQ(error_set(NULL, PEVM_IO, "lost"), PEVM_IO);
    error_prefix(NULL, "lost");
}

TEST(long_words_are_cut_not_overrun)
{
    char words[2 * ERROR_TEXT_MAX];
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = 0;
    struct error error;
    error_set(&error, PEVM_IO, "%s", words);
    CHECK_EQ(strlen(error.text), ERROR_TEXT_MAX - 1);
    error_prefix(&error, "file");
    CHECK_EQ(strlen(error.text), ERROR_TEXT_MAX - 1);
    CHECK(memcmp(error.text, "file: www", 9) == 0);
    error_prefix(&error, "%s", words);
    CHECK_EQ(strlen(error.text), ERROR_TEXT_MAX - 1);
    CHECK_EQ(error.text[0], 'w');
    CHECK_EQ(error.status, PEVM_IO);
}
