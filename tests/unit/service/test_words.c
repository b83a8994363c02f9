/* Any bytes become one line of UTF-8 that fits. */
#include "service/words.h"
#include "support/test.h"

#include <string.h>

static const struct {
    const char *text, *clean;
} cases[] = {
    {"",                                         ""                                        },
    {"the store does not answer",                "the store does not answer"               },
    {"two\nlines\tand\x7f",                      "two lines and "                          },
    {"f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x98\x80", "f\xc3\xbcr \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"cut \xe2\x82",                             "cut ??"                                  },
    {"alone \x80 \xff",                          "alone ? ?"                               },
    {"long form \xc0\xaf",                       "long form ??"                            },
    {"surrogate \xed\xa0\x80",                   "surrogate ???"                           },
    {"beyond \xf4\x90\x80\x80",                  "beyond ????"                             },
};

TEST(what_is_no_text_is_replaced)
{
    char out[64];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        words_clean(out, sizeof out, cases[i].text);
        CHECK_TEXT(out, cases[i].clean);
    }
}

TEST(a_text_is_cut_between_characters)
{
    char out[5];
    words_clean(out, sizeof out, "abc\xe2\x82\xac");
    CHECK_TEXT(out, "abc");
    words_clean(out, sizeof out, "abcdef");
    CHECK_TEXT(out, "abcd");
}
