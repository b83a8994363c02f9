/* Every spelling of an account that files have, and what is none. */
#include "feed/account_text.h"
#include "support/test.h"

static struct arena arena;
static struct error error;

static const struct json *parse(const char *text)
{
    const struct json *out;
    if (arena.chunk_size_min == 0) arena_init(&arena, 4096, 0);
    CHECK_EQ(json_parse(&out, bytes_of(text, strlen(text)), &arena, &error), PEVM_OK);
    return out;
}

TEST(numbers_are_decimal_of_any_length_or_hex)
{
    static const struct {
        const char *json, *decimal;
    } cases[] = {
        {"\"1000000000000000000000000\"",                                                      "1000000000000000000000000"},
        {"1000000000000000000000000",                                                          "1000000000000000000000000"},
        {"\"0xff\"",                                                                           "255"                      },
        {"0",                                                                                  "0"                        },
        {"\"0x0\"",                                                                            "0"                        },
        {"\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"",
         "115792089237316195423570985008687907853269984665640564039457584007913129639935"                                 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[U256_DECIMAL_SIZE];
        u256 number;
        CHECK_EQ(text_u256(&number, parse(cases[i].json), "n", &error), PEVM_OK);
        CHECK_TEXT(u256_to_decimal(text, number), cases[i].decimal);
    }
}

TEST(what_is_no_number_is_refused)
{
    static const char *const cases[] = {
        "\"\"",
        "\"12a\"",
        "\"-1\"",
        "1.5",
        "true",
        "[]",
        "\"0xfg\"",
        "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        u256 number;
        CHECK(text_u256(&number, parse(cases[i]), "n", &error) != PEVM_OK);
        CHECK(strncmp(error.text, "n: expected a number of at most 256 bits", 40) == 0);
    }
    u256 number;
    CHECK_EQ(text_u256(&number, NULL, "n", &error), PEVM_BAD_INPUT);
}

TEST(addresses_may_lack_their_prefix)
{
    static const char *const good[] = {"0x00000000219ab540356cBB839Cbe05303d7705Fa",
                                       "00000000219AB540356CBB839CBE05303D7705FA"};
    static const char *const bad[] = {
        "", "0x", "0x1234", "0x00000000219ab540356cBB839Cbe05303d7705Fg"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        address who;
        CHECK_EQ(text_address(&who, bytes_of(good[i], strlen(good[i])), "a", &error), PEVM_OK);
        CHECK_HEX(bytes_of(who.bytes, 20), "00000000219ab540356cbb839cbe05303d7705fa");
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        address who;
        CHECK_EQ(text_address(&who, bytes_of(bad[i], strlen(bad[i])), "a", &error), PEVM_BAD_INPUT);
    }
}

TEST(an_account_has_what_it_says_and_nothing_else)
{
    struct account_text account;
    u256 slot, value;
    CHECK_EQ(account_text_read(&account,
                               parse("{\"balance\":\"7\",\"nonce\":\"0x2\",\"code\":\"0x6001\","
                                     "\"storage\":{\"01\":\"2a\"}}"),
                               &arena,
                               &error),
             PEVM_OK);
    CHECK_EQ(account.balance.words[0], 7);
    CHECK_EQ(account.nonce, 2);
    CHECK_HEX(account.code, "6001");
    CHECK_EQ(account_text_slot(&slot, &value, account.storage->first, &error), PEVM_OK);
    CHECK_EQ(slot.words[0], 1);
    CHECK_EQ(value.words[0], 42);
    CHECK_EQ(account_text_read(&account, parse("{}"), &arena, &error), PEVM_OK);
    CHECK(account.storage == NULL && account.code.size == 0 && account.nonce == 0);
}

TEST(members_of_another_kind_are_refused_by_name)
{
    static const struct {
        const char *json, *words;
    } cases[] = {
        {"[]",                                  "account: expected "                         },
        {"{\"balance\":{}}",                    "balance: expected "                         },
        {"{\"nonce\":\"0x10000000000000000\"}", "nonce: expected a number of at most 64 bits"},
        {"{\"code\":\"6001\"}",                 "code: expected "                            },
        {"{\"storage\":[]}",                    "storage: expected "                         },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct account_text account;
        CHECK(account_text_read(&account, parse(cases[i].json), &arena, &error) != PEVM_OK);
        CHECK(strncmp(error.text, cases[i].words, strlen(cases[i].words)) == 0);
    }
    arena_fini(&arena);
}
