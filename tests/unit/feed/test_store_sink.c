/* Accounts in a store: what lies there, marks, and stores that are not empty. */
#include "crypto/keccak.h"
#include "feed/store_sink.h"
#include "store/keyspace.h"
#include "store/store_memory.h"
#include "support/test.h"

static struct error error;
static struct arena arena;
static struct memory_db *db;
static struct store *store;
static const struct key_style style = {0};

static void renew(void)
{
    if (db != NULL) {
        store_close(store);
        memory_db_free(db);
    } else {
        arena_init(&arena, 4096, 0);
    }
    db = memory_db_new();
    CHECK_EQ(store_memory_open(&store, db, &error), PEVM_OK);
}

static struct bytes value_of(const char *key)
{
    struct bytes value;
    if (store_get(store, &value, bytes_of(key, strlen(key)), &arena, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return value;
}

static void put_some(struct store_sink *sink, uint64_t accounts)
{
    struct sink_account account = {.who = {{0x10}},
                                   .balance = u256_from_u64(7),
                                   .nonce = 3,
                                   .code_hash = keccak_empty,
                                   .has_storage = true};
    u256 slot = u256_from_u64(1), value = u256_from_u64(0x2a);
    struct import_mark mark = {.accounts = accounts, .digest = {{9}}};
    CHECK_EQ(sink->sink.account(sink->sink.context, &account, &error), PEVM_OK);
    CHECK_EQ(sink->sink.code(sink->sink.context, &keccak_empty_list, bytes_of("c", 1), &error),
             PEVM_OK);
    CHECK_EQ(sink->sink.slot(sink->sink.context, &account.who, &slot, &value, &error), PEVM_OK);
    CHECK_EQ(sink->sink.mark(sink->sink.context, &mark, &error), PEVM_OK);
}

TEST(accounts_lie_under_their_documented_names)
{
    struct store_sink sink;
    renew();
    CHECK_EQ(store_sink_open(&sink, store, &style, &error), PEVM_OK);
    CHECK_EQ(sink.resume.accounts, 0);
    put_some(&sink, 1);
    struct bytes text = value_of("st:latest:acc:0x1000000000000000000000000000000000000000");
    CHECK(strncmp((const char *)text.data, "{\"balance\":7,\"nonce\":3,", 23) == 0);
    text = value_of("st:latest:stor:0x1000000000000000000000000000000000000000:"
                    "0x0000000000000000000000000000000000000000000000000000000000000001");
    CHECK_EQ(text.size, 66);
    store_sink_close(&sink);
}

TEST(a_second_run_knows_how_far_the_first_came)
{
    struct store_sink sink;
    CHECK_EQ(store_sink_open(&sink, store, &style, &error), PEVM_OK);
    CHECK_EQ(sink.resume.accounts, 1);
    CHECK_EQ(sink.resume.digest.bytes[0], 9);
    hash32 hash = {{5}};
    CHECK_EQ(store_sink_start(&sink, 12, &hash, &error), PEVM_OK);
    store_sink_close(&sink);
    CHECK_EQ(store_sink_open(&sink, store, &style, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "has a state already (idx:exec:progress is there)"));
    store_sink_close(&sink);
}

TEST(accounts_of_somebody_else_are_not_mixed_with)
{
    static const char key[] = "st:latest:acc:0x1000000000000000000000000000000000000000";
    struct store_batch batch = {0};
    struct store_sink sink;
    renew();
    store_batch_set(&batch, bytes_of(key, sizeof key - 1), bytes_of("x", 1), 0);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    store_batch_fini(&batch);
    CHECK_EQ(store_sink_open(&sink, store, &style, &error), PEVM_BAD_INPUT);
    assert_non_null(strstr(error.text, "has accounts that no import left here"));
    store_sink_close(&sink);
}

TEST(a_damaged_mark_is_told)
{
    struct store_batch batch = {0};
    struct store_sink sink;
    renew();
    store_batch_set(&batch, bytes_of("evmx:import", 11), bytes_of("{\"accounts\":1}", 14), 0);
    CHECK_EQ(store_write(store, &batch, 0, &error), PEVM_OK);
    store_batch_fini(&batch);
    CHECK_EQ(store_sink_open(&sink, store, &style, &error), PEVM_CORRUPT);
    CHECK(strncmp(error.text, "evmx:import: ", 13) == 0);
    store_sink_close(&sink);
    store_close(store);
    memory_db_free(db);
    arena_fini(&arena);
}
