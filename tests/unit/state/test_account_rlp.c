#include "crypto/keccak.h"
#include "state/account_rlp.h"
#include "support/test.h"

#define HASH_EMPTY_TRIE "a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
#define HASH_NO_CODE    "a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

TEST(an_account_is_four_fields)
{
    struct account_leaf account = {
        .nonce = 1, .storage_root = keccak_empty_trie, .code_hash = keccak_empty};
    account.balance = u256_from_u64(0x0405f446a7);
    uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
    size_t size = account_rlp_put(encoding, &account);
    CHECK_HEX(bytes_of(encoding, size), "f84901850405f446a7" HASH_EMPTY_TRIE HASH_NO_CODE);
    struct account_leaf read;
    CHECK_EQ(account_rlp_read(&read, bytes_of(encoding, size), NULL), PEVM_OK);
    CHECK_EQ(read.nonce, 1);
    CHECK(u256_equal(read.balance, account.balance));
    CHECK(hash32_equal(&read.storage_root, &keccak_empty_trie));
    CHECK(hash32_equal(&read.code_hash, &keccak_empty));
}

TEST(the_largest_account_fits)
{
    struct account_leaf account = {.nonce = UINT64_MAX, .balance = U256_MAX};
    uint8_t encoding[ACCOUNT_RLP_SIZE_MAX];
    CHECK_EQ(account_rlp_put(encoding, &account), ACCOUNT_RLP_SIZE_MAX);
}

TEST(what_is_no_account_is_refused_with_the_field)
{
    static const struct {
        const char *encoding, *text;
    } cases[] = {
        {"0x",                                              "list"        },
        {"0x80",                                            "list"        },
        {"0xc0",                                            "nonce"       },
        {"0xf844"
         "00"
         "80" HASH_EMPTY_TRIE HASH_NO_CODE,
         "nonce"                                                          },
        {"0xf844"
         "80"
         "00" HASH_EMPTY_TRIE HASH_NO_CODE,
         "balance"                                                        },
        {"0xf845"
         "80"
         "8180" HASH_EMPTY_TRIE HASH_NO_CODE "00",
         "list"                                                           },
        {"0xf845"
         "80"
         "80" HASH_EMPTY_TRIE HASH_NO_CODE "80",
         "code hash"                                                      },
        {"0xe3"
         "80"
         "80" HASH_EMPTY_TRIE,
         "code hash"                                                      },
        {"0xc4"
         "80"
         "80"
         "80"
         "80",                                     "storage root"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct account_leaf account;
        struct error error;
        error_clear(&error);
        CHECK_EQ(account_rlp_read(&account, test_hex(cases[i].encoding), &error), PEVM_CORRUPT);
        if (strstr(error.text, cases[i].text) == NULL)
            fail_msg("case %zu: \"%s\" does not name %s", i, error.text, cases[i].text);
    }
}
