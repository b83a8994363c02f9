#include "base/u256.h"
#include "store/flat_json.h"
#include "support/test.h"

static struct error error;
static struct json_field fields[2];

static enum pevm_status read_text(const char *text)
{
    fields[0] = (struct json_field){.name = "a", .is_required = true};
    fields[1] = (struct json_field){.name = "b"};
    error_clear(&error);
    return flat_json_read(bytes_of(text, strlen(text)), fields, 2, &error);
}

TEST(fields_are_found_in_any_order_and_others_are_passed_over)
{
    CHECK_EQ(read_text(" {\t\"c\" : -1.5e+10 ,\n\"b\":\"x y\", \"a\":12,\"d\":null} \r\n"),
             PEVM_OK);
    CHECK(fields[0].is_present && !fields[0].is_text && fields[1].is_present && fields[1].is_text);
    CHECK(bytes_equal(fields[0].value, bytes_of("12", 2)));
    CHECK(bytes_equal(fields[1].value, bytes_of("x y", 3)));
    CHECK_EQ(read_text("{\"a\":\"\"}"), PEVM_OK);
    CHECK(!fields[1].is_present && fields[0].value.size == 0);
}

static const struct {
    const char *text, *why;
} refused[] = {
    {"",                    "byte 0: wanted an object"                            },
    {"[]",                  "byte 0: wanted an object"                            },
    {"{",                   "byte 1: wanted a text in quotes"                     },
    {"{}",                  "a: is missing"                                       },
    {"{}x",                 "byte 2: something follows the object"                },
    {"{\"a\":1",            "byte 6: wanted a comma or the end of the object"     },
    {"{\"a\":1,}",          "byte 7: wanted a text in quotes"                     },
    {"{\"a\" 1}",           "byte 5: wanted a colon"                              },
    {"{\"a\":}",            "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":01}",          "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":1.}",          "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":.5}",          "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":1e}",          "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":-}",           "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":nul}",         "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":{}}",          "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":[1]}",         "byte 5: wanted a number, a text, true, false or null"},
    {"{\"a\":\"x}",         "byte 8: the text has no end"                         },
    {"{\"a\":\"\\u0041\"}", "byte 6: an escape or a control character"            },
    {"{\"a\":\"\n\"}",      "byte 6: an escape or a control character"            },
    {"{\"a\":1,\"a\":1}",   "a: is there twice"                                   },
    {"{\"b\":1}",           "a: is missing"                                       },
    {"{\"a\":1} {}",        "byte 8: something follows the object"                },
};

TEST(what_is_no_flat_object_is_refused_with_the_place)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        CHECK_EQ(read_text(refused[i].text), PEVM_CORRUPT);
        CHECK_TEXT(error.text, refused[i].why);
    }
}

static struct json_field field_of(const char *text)
{
    bool is_text = text[0] == '"';
    size_t size = strlen(text);
    return (struct json_field){.is_text = is_text,
                               .value = bytes_of(text + is_text, size - 2 * is_text)};
}

TEST(numbers_are_whole_and_have_one_form)
{
    static const char *const good[] = {"7", "\"7\"", "\"0x7\"", "\"0x07\""};
    static const char *const bad[] = {
        "-7", "7.0", "7e0", "\"\"", "\"0x\"", "\"07\"", "\"7 \"", "true", "\"-7\""};
    u256 wide;
    uint64_t small;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct json_field field = field_of(good[i]);
        CHECK(json_field_u64(&field, &small));
        CHECK_EQ(small, 7);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct json_field field = field_of(bad[i]);
        CHECK(!json_field_u256(&field, &wide));
    }
    struct json_field most = field_of("18446744073709551615"),
                      more = field_of("18446744073709551616");
    CHECK(json_field_u64(&most, &small) && small == UINT64_MAX);
    CHECK(!json_field_u64(&more, &small) && json_field_u256(&more, &wide));
}

TEST(flags_and_hashes_have_one_form)
{
    bool flag;
    hash32 hash;
    struct json_field yes = field_of("true"), no = field_of("false"), text = field_of("\"true\"");
    CHECK(json_field_flag(&yes, &flag) && flag);
    CHECK(json_field_flag(&no, &flag) && !flag);
    CHECK(!json_field_flag(&text, &flag));
    struct json_field right =
        field_of("\"0xabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd\"");
    struct json_field bare =
        field_of("\"abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdef\"");
    CHECK(json_field_hash(&right, &hash) && hash.bytes[31] == 0xcd);
    CHECK(!json_field_hash(&bare, &hash));
}
