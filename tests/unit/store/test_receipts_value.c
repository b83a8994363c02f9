#include "base/rng.h"
#include "store/receipts_value.h"
#include "support/random_types.h"
#include "support/test.h"

#define COUNT 40

static struct arena arena;
static struct error error;

static void fill(struct receipt *receipts, struct rng *rng)
{
    uint64_t gas = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct receipt *receipt = &receipts[i];
        *receipt = (struct receipt){.type = (enum tx_type)rng_below(rng, TX_TYPE_COUNT)};
        receipt->has_state_root = rng_below(rng, 4) == 0;
        receipt->success = !receipt->has_state_root && rng_below(rng, 2) == 0;
        if (receipt->has_state_root) rng_fill(rng, &receipt->state_root, 32);
        receipt->gas_used = rng_below(rng, 1000000);
        receipt->cumulative_gas_used = gas += receipt->gas_used;
        rng_fill(rng, &receipt->bloom, sizeof receipt->bloom);
        receipt->log_count = rng_below(rng, 4);
        receipt->logs = random_logs(rng, receipt->log_count, &arena);
    }
}

static void check_same(const struct receipt *a, const struct receipt *b)
{
    CHECK(a->type == b->type && a->success == b->success && a->has_state_root == b->has_state_root);
    CHECK(hash32_equal(&a->state_root, &b->state_root) && a->gas_used == b->gas_used);
    CHECK(a->cumulative_gas_used == b->cumulative_gas_used && a->log_count == b->log_count);
    CHECK(memcmp(&a->bloom, &b->bloom, sizeof a->bloom) == 0);
    for (size_t i = 0; i < a->log_count; i++) {
        CHECK(address_equal(&a->logs[i].account, &b->logs[i].account));
        CHECK(bytes_equal(a->logs[i].data, b->logs[i].data));
        CHECK_EQ(a->logs[i].topic_count, b->logs[i].topic_count);
        CHECK(memcmp(a->logs[i].topics,
                     b->logs[i].topics,
                     a->logs[i].topic_count * sizeof(hash32)) == 0);
    }
}

TEST(receipts_of_all_types_come_back)
{
    struct rng rng;
    rng_init(&rng, 3);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned round = 0; round < 50; round++) {
        struct receipt receipts[COUNT];
        struct receipt_list again;
        struct bytes encoding;
        arena_reset(&arena);
        fill(receipts, &rng);
        CHECK(receipts_write(&encoding, receipts, COUNT, &arena));
        if (receipts_read(&again, encoding, &arena, &error) != PEVM_OK) fail_msg("%s", error.text);
        CHECK_EQ(again.count, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            check_same(&receipts[i], &again.receipts[i]);
    }
    arena_fini(&arena);
}

TEST(no_receipts_are_an_empty_list)
{
    struct bytes encoding;
    struct receipt_list list;
    arena_init(&arena, 4096, 0);
    CHECK(receipts_write(&encoding, NULL, 0, &arena));
    CHECK_HEX(encoding, "c0");
    CHECK_EQ(receipts_read(&list, encoding, &arena, &error), PEVM_OK);
    CHECK_EQ(list.count, 0);
    arena_fini(&arena);
}

TEST(a_typed_receipt_is_a_string)
{
    struct bytes encoding, item;
    struct receipt receipt = {
        .type = TX_DYNAMIC_FEE, .success = true, .cumulative_gas_used = 21000};
    arena_init(&arena, 4096, 0);
    CHECK(receipts_write(&encoding, &receipt, 1, &arena));
    CHECK_EQ(rlp_only_list(encoding, &item), RLP_OK);
    CHECK_HEX(bytes_of(item.data, 9), "b9010c02f901080182");
    arena_fini(&arena);
}

static const struct {
    const char *hex, *why;
} refused[] = {
    {"",         "receipt 0: list: the input ends inside an item"                   },
    {"80",       "receipt 0: list: a string where a list was expected"              },
    {"c000",     "receipt 0: list: bytes or items follow where the end was expected"},
    {"c180",     "receipt 0: type: a string is shorter than its field"              },
    {"c100",     "receipt 0: type: there is no type 0"                              },
    {"c105",     "receipt 0: type: there is no type 5"                              },
    {"c102",     "receipt 0: receipt: the input ends inside an item"                },
    {"c1c0",     "receipt 0: status: the input ends inside an item"                 },
    {"c2c102",   "receipt 0: status: a string is longer than its field"             },
    {"c3c28080", "receipt 0: bloom: the input ends inside an item"                  },
};

TEST(damaged_receipts_are_refused_with_their_place)
{
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct receipt_list list;
        CHECK_EQ(receipts_read(&list, test_hex(refused[i].hex), &arena, &error), PEVM_CORRUPT);
        CHECK_TEXT(error.text, refused[i].why);
    }
    arena_fini(&arena);
}

TEST(gas_that_falls_is_refused)
{
    struct receipt receipts[2] = {{.cumulative_gas_used = 2}, {.cumulative_gas_used = 1}};
    struct receipt_list list;
    struct bytes encoding;
    arena_init(&arena, 4096, 0);
    CHECK(receipts_write(&encoding, receipts, 2, &arena));
    CHECK_EQ(receipts_read(&list, encoding, &arena, &error), PEVM_CORRUPT);
    CHECK_TEXT(error.text, "receipt 1: cumulative gas: less than before");
    arena_fini(&arena);
}
