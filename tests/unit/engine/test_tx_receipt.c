#include "engine/tx_receipt.h"
#include "support/test.h"

TEST(a_receipt_owns_its_logs)
{
    uint8_t data[] = {1, 2, 3};
    struct log logs[2] = {
        {.account = {{7}},   .topic_count = 1, .topics = {{{8}}}, .data = bytes_of(data, 3)},
        {.account = {{9}}},
    };
    struct tx tx = {.type = TX_DYNAMIC_FEE};
    struct tx_result result = {.success = true, .gas_used = 30000, .logs = logs, .log_count = 2};
    struct receipt receipt;
    struct arena arena;
    bloom expected = {{0}};
    arena_init(&arena, 1024, 0);
    CHECK(tx_receipt_make(&receipt, &tx, &result, &arena));
    bloom_add_log(&expected, &logs[0]);
    bloom_add_log(&expected, &logs[1]);
    memset(data, 0, sizeof data);
    memset(logs, 0, sizeof logs);

    CHECK_EQ(receipt.type, TX_DYNAMIC_FEE);
    CHECK(receipt.success);
    CHECK(!receipt.has_created && !receipt.has_state_root);
    CHECK_EQ(receipt.gas_used, 30000);
    CHECK_EQ(receipt.log_count, 2);
    CHECK_EQ(receipt.logs[0].account.bytes[0], 7);
    CHECK_EQ(receipt.logs[0].topics[0].bytes[0], 8);
    CHECK_HEX(receipt.logs[0].data, "010203");
    CHECK_EQ(receipt.logs[1].account.bytes[0], 9);
    assert_memory_equal(&receipt.bloom, &expected, sizeof expected);
    arena_fini(&arena);
}

TEST(a_failed_creation_has_no_address_and_no_logs)
{
    struct tx tx = {.is_creation = true};
    struct tx_result result = {.gas_used = 60000};
    struct receipt receipt;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    CHECK(tx_receipt_make(&receipt, &tx, &result, &arena));
    CHECK(!receipt.success && !receipt.has_created);
    CHECK_EQ(receipt.log_count, 0);
    arena_fini(&arena);
}

TEST(without_memory_there_is_no_receipt)
{
    struct log log = {0};
    struct tx tx = {0};
    struct tx_result result = {.logs = &log, .log_count = 1};
    struct receipt receipt;
    struct arena arena;
    arena_init(&arena, 1, 1);
    CHECK(!tx_receipt_make(&receipt, &tx, &result, &arena));
    arena_fini(&arena);
}
