#include "rlp/rlp_read.h"
#include "support/random_types.h"
#include "support/test.h"
#include "types/receipt.h"

static struct arena arena;

static struct bytes encoding_of(const struct receipt *receipt)
{
    struct bytes out;
    CHECK(receipt_encode(&out, receipt, &arena));
    return out;
}

/* Fields of a receipt, whose bloom is empty, around 256 zero bytes. */
static void check_receipt(const struct receipt *receipt, const char *before, const char *after)
{
    struct bytes encoding = encoding_of(receipt), head = test_hex(before), tail = test_hex(after);
    CHECK_EQ(encoding.size, head.size + 256 + tail.size);
    CHECK_HEX(bytes_of(encoding.data, head.size), before);
    for (size_t i = 0; i < 256; i++)
        CHECK_EQ(encoding.data[head.size + i], 0);
    CHECK_HEX(bytes_of(encoding.data + head.size + 256, tail.size), after);
}

TEST(the_outcome_is_a_status_or_a_root)
{
    arena_init(&arena, 4096, 0);
    struct receipt receipt = {.success = true, .cumulative_gas_used = 21000};
    check_receipt(&receipt,
                  "f90108"
                  "01"
                  "825208"
                  "b90100",
                  "c0");
    receipt.success = false;
    check_receipt(&receipt,
                  "f90108"
                  "80"
                  "825208"
                  "b90100",
                  "c0");
    receipt.has_state_root = true;
    receipt.state_root = (hash32){{0xab}};
    check_receipt(&receipt,
                  "f90128"
                  "a0ab00000000000000000000000000000000000000000000000000000000000000"
                  "825208"
                  "b90100",
                  "c0");
    arena_fini(&arena);
}

TEST(a_typed_receipt_has_its_type_before)
{
    static const char *const heads[] = {"", "01", "02", "03", "04"};
    arena_init(&arena, 4096, 0);
    for (int type = 0; type < TX_TYPE_COUNT; type++) {
        char before[40];
        struct receipt receipt = {.type = (enum tx_type)type};
        strcpy(before, heads[type]);
        strcat(before,
               "f90106"
               "80"
               "80"
               "b90100");
        check_receipt(&receipt, before, "c0");
    }
    arena_fini(&arena);
}

TEST(logs_follow_the_bloom)
{
    struct log log = {.account = {{0x11}}, .data = test_hex("0102")};
    struct receipt receipt = {.success = true, .logs = &log, .log_count = 1};
    arena_init(&arena, 4096, 0);
    check_receipt(&receipt,
                  "f90120"
                  "0180"
                  "b90100",
                  "dad9941100000000000000000000000000000000000000c0820102");
    arena_fini(&arena);
}

TEST(random_receipts_are_well_formed)
{
    struct rng rng;
    rng_init(&rng, 5);
    arena_init(&arena, 1 << 16, 0);
    for (size_t round = 0; round < 500; round++) {
        arena_reset(&arena);
        struct receipt receipt = {
            .type = (enum tx_type)rng_below(&rng, TX_TYPE_COUNT),
            .success = rng_below(&rng, 2) == 0,
            .cumulative_gas_used = random_u64(&rng),
            .log_count = rng_below(&rng, 10),
        };
        receipt.logs = random_logs(&rng, receipt.log_count, &arena);
        bloom_add_logs(&receipt.bloom, receipt.logs, receipt.log_count);
        struct bytes fields, logs, encoding = encoding_of(&receipt);
        if (receipt.type != TX_LEGACY) {
            CHECK_EQ(encoding.data[0], receipt.type);
            encoding = bytes_of(encoding.data + 1, encoding.size - 1);
        }
        uint64_t status, gas;
        bloom filter;
        size_t log_count;
        CHECK_EQ(rlp_only_list(encoding, &fields), RLP_OK);
        CHECK_EQ(rlp_next_u64(&fields, &status), RLP_OK);
        CHECK_EQ(rlp_next_u64(&fields, &gas), RLP_OK);
        CHECK_EQ(rlp_next_fixed(&fields, filter.bytes, sizeof filter.bytes), RLP_OK);
        CHECK_EQ(rlp_next_list(&fields, &logs), RLP_OK);
        CHECK_EQ(rlp_count(logs, &log_count), RLP_OK);
        CHECK_EQ(fields.size, 0);
        CHECK(status == receipt.success && gas == receipt.cumulative_gas_used);
        CHECK(log_count == receipt.log_count);
        CHECK_EQ(memcmp(&filter, &receipt.bloom, sizeof filter), 0);
    }
    arena_fini(&arena);
}

TEST(encoding_says_when_memory_runs_out)
{
    struct receipt receipt = {.success = true};
    struct bytes out;
    arena_init(&arena, 16, 100);
    CHECK(!receipt_encode(&out, &receipt, &arena));
    arena_fini(&arena);
}
