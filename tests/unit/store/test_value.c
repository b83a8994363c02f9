#include "base/rng.h"
#include "crypto/keccak.h"
#include "store/value.h"
#include "support/random_types.h"
#include "support/test.h"

#define NO_HASH "0x0000000000000000000000000000000000000000000000000000000000000000"
#define A_HASH                                                                                     \
    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470" /* keccak256("") */

static struct error error;

static enum pevm_status read_account(struct stored_account *out, const char *text)
{
    error_clear(&error);
    return account_read(out, bytes_of(text, strlen(text)), &error);
}

TEST(an_account_is_written_as_the_go_service_wrote_it)
{
    char text[ACCOUNT_TEXT_SIZE];
    struct stored_account account = {
        .balance = U256_MAX, .nonce = UINT64_MAX, .code_hash = keccak_empty};
    size_t size = account_write(text, &account);
    CHECK_EQ(size, strlen(text));
    CHECK_TEXT(text,
               "{\"balance\":"
               "115792089237316195423570985008687907853269984665640564039457584007913129639935,"
               "\"nonce\":18446744073709551615,\"codeHash\":\"" NO_HASH
               "\",\"storageRoot\":\"" NO_HASH "\"}");
    account = (struct stored_account){.is_deleted = true, .has_bare_storage = true};
    account.code_hash.bytes[31] = 0xab;
    account_write(text, &account);
    CHECK_TEXT(text,
               "{\"balance\":0,\"nonce\":0,\"codeHash\":"
               "\"0x00000000000000000000000000000000000000000000000000000000000000ab\","
               "\"storageRoot\":\"" NO_HASH "\",\"deleted\":true,\"bareStorage\":true}");
}

TEST(an_account_is_read_more_widely_than_written)
{
    static const char *const texts[] = {
        "{\"balance\":255,\"nonce\":3,\"codeHash\":\"" NO_HASH "\",\"storageRoot\":\"" NO_HASH
        "\"}",
        "{\"balance\":\"255\",\"nonce\":3,\"codeHash\":\"" A_HASH "\"}",
        "{ \"nonce\":\"0x3\", \"more\":\"x\", \"codeHash\":\"" NO_HASH "\", \"balance\":\"0xff\" }",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct stored_account account;
        CHECK_EQ(read_account(&account, texts[i]), PEVM_OK);
        CHECK(u256_equal(account.balance, u256_from_u64(255)) && account.nonce == 3);
        CHECK(hash32_equal(&account.code_hash, &keccak_empty));
        CHECK(!account.is_deleted && !account.has_bare_storage);
    }
}

static const struct {
    const char *text, *why;
} refused[] = {
    {"",                                                                            "byte 0: wanted an object"},
    {"{\"balance\":1,\"nonce\":1}",                                                 "codeHash: is missing"    },
    {"{\"balance\":1,\"codeHash\":\"" NO_HASH "\"}",                                "nonce: is missing"       },
    {"{\"balance\":1.5,\"nonce\":1,\"codeHash\":\"" NO_HASH "\"}",
     "balance: \"1.5\" will not do; wanted a number of at most 256 bits"                                      },
    {"{\"balance\":115792089237316195423570985008687907853269984665640564039457584007913129639936,"
     "\"nonce\":1,\"codeHash\":\"" NO_HASH "\"}",
     "balance: \"115792089237316195423570985008687907853269984665640564039457584007913129639936\" "
     "will not do; wanted a number of at most 256 bits"                                                       },
    {"{\"balance\":-1,\"nonce\":1,\"codeHash\":\"" NO_HASH "\"}",
     "balance: \"-1\" will not do; wanted a number of at most 256 bits"                                       },
    {"{\"balance\":1,\"nonce\":18446744073709551616,\"codeHash\":\"" NO_HASH "\"}",
     "nonce: \"18446744073709551616\" will not do; wanted a number of at most 64 bits"                        },
    {"{\"balance\":1,\"nonce\":1,\"codeHash\":\"0x12\"}",
     "codeHash: \"0x12\" will not do; wanted 0x and 64 digits"                                                },
    {"{\"balance\":1,\"nonce\":1,\"codeHash\":\"" NO_HASH "\",\"deleted\":1}",
     "deleted: \"1\" will not do; wanted true or false"                                                       },
};

TEST(a_damaged_account_is_refused_with_its_field)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct stored_account account;
        CHECK_EQ(read_account(&account, refused[i].text), PEVM_CORRUPT);
        CHECK_TEXT(error.text, refused[i].why);
    }
}

TEST(accounts_and_slots_come_back)
{
    struct rng rng;
    rng_init(&rng, 5);
    for (unsigned i = 0; i < 2000; i++) {
        char text[ACCOUNT_TEXT_SIZE], slot_text[SLOT_TEXT_SIZE];
        struct stored_account account = {.balance = random_u256(&rng), .nonce = random_u64(&rng)},
                              again;
        rng_fill(&rng, account.code_hash.bytes, 32);
        account.is_deleted = rng_below(&rng, 2);
        account.has_bare_storage = rng_below(&rng, 2);
        size_t size = account_write(text, &account);
        CHECK_EQ(account_read(&again, bytes_of(text, size), &error), PEVM_OK);
        CHECK(u256_equal(again.balance, account.balance) && again.nonce == account.nonce);
        CHECK(hash32_equal(&again.code_hash, &account.code_hash));
        CHECK(again.is_deleted == account.is_deleted &&
              again.has_bare_storage == account.has_bare_storage);
        u256 value = random_u256(&rng), value_again;
        size = slot_write(slot_text, &value);
        CHECK_EQ(size, 66);
        CHECK_EQ(slot_read(&value_again, bytes_of(slot_text, size), &error), PEVM_OK);
        CHECK(u256_equal(value, value_again));
    }
}

TEST(a_slot_has_one_length)
{
    u256 value;
    static const char *const texts[] = {
        "",
        "0x1",
        NO_HASH "0",
        "1x0000000000000000000000000000000000000000000000000000000000000000",
        "0x000000000000000000000000000000000000000000000000000000000000000g"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CHECK_EQ(slot_read(&value, bytes_of(texts[i], strlen(texts[i])), &error), PEVM_CORRUPT);
    CHECK_EQ(slot_read(&value, bytes_of("0x1", 3), &error), PEVM_CORRUPT);
    CHECK_TEXT(error.text, "\"0x1\" (3 bytes) is no slot; wanted 0x and 64 digits");
}

TEST(progress_is_written_as_documented_and_more)
{
    char text[PROGRESS_TEXT_SIZE];
    struct exec_progress progress = {.number = 7, .time = 8, .tx_count = 9, .epoch = 10}, again;
    CHECK_EQ(sync_progress_write(text, 12), strlen("{\"latestSyncedBlock\":12}"));
    CHECK_TEXT(text, "{\"latestSyncedBlock\":12}");
    progress.hash.bytes[0] = 0xab;
    size_t size = exec_progress_write(text, &progress);
    CHECK_TEXT(text,
               "{\"latestExecutedBlock\":7,\"lastExecutionTime\":8,\"totalTxsExecuted\":9,"
               "\"latestExecutedHash\":"
               "\"0xab00000000000000000000000000000000000000000000000000000000000000\",\"epoch\":"
               "10,\"schema\":1}");
    CHECK_EQ(exec_progress_read(&again, bytes_of(text, size), &error), PEVM_OK);
    CHECK(again.number == 7 && again.time == 8 && again.tx_count == 9 && again.epoch == 10);
    CHECK(again.has_hash && hash32_equal(&again.hash, &progress.hash));
}

TEST(progress_of_an_older_program_is_read)
{
    struct exec_progress progress;
    const char *text =
        "{\"latestExecutedBlock\":5,\"lastExecutionTime\":1700000000,\"totalTxsExecuted\":0}";
    CHECK_EQ(exec_progress_read(&progress, bytes_of(text, strlen(text)), &error), PEVM_OK);
    CHECK(progress.number == 5 && progress.time == 1700000000 && !progress.has_hash);
    uint64_t number;
    text = "{\"latestSyncedBlock\":18446744073709551615}";
    CHECK_EQ(sync_progress_read(&number, bytes_of(text, strlen(text)), &error), PEVM_OK);
    CHECK_EQ(number, UINT64_MAX);
    text = "{\"latestSyncedBlock\":-1}";
    CHECK_EQ(sync_progress_read(&number, bytes_of(text, strlen(text)), &error), PEVM_CORRUPT);
    text = "{\"latestExecutedBlock\":5,\"schema\":2}";
    CHECK_EQ(exec_progress_read(&progress, bytes_of(text, strlen(text)), &error), PEVM_UNSUPPORTED);
}
