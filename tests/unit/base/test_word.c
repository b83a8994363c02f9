#include "base/word.h"
#include "support/test.h"

TEST(distance_counts_wrong_letters)
{
    CHECK_EQ(word_distance("", "", 9), 0);
    CHECK_EQ(word_distance("abc", "abc", 9), 0);
    CHECK_EQ(word_distance("abc", "abd", 9), 1);
    CHECK_EQ(word_distance("abc", "ab", 9), 1);
    CHECK_EQ(word_distance("", "abc", 9), 3);
    CHECK_EQ(word_distance("kitten", "sitting", 9), 3);
    CHECK_EQ(word_distance("kitten", "sitting", 2), 2);
}
