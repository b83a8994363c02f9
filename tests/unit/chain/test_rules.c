#include "chain/rules.h"
#include "support/test.h"

TEST(numbers_change_with_the_fork_that_changes_them)
{
    static const struct {
        enum fork fork;
        int64_t create, nonzero, divisor, word, floor;
        uint64_t reward, bomb_delay;
    } cases[] = {
        {FORK_FRONTIER,          0,     68, 2, 0, 0,  5, 0       },
        {FORK_HOMESTEAD,         32000, 68, 2, 0, 0,  5, 0       },
        {FORK_TANGERINE_WHISTLE, 32000, 68, 2, 0, 0,  5, 0       },
        {FORK_SPURIOUS_DRAGON,   32000, 68, 2, 0, 0,  5, 0       },
        {FORK_BYZANTIUM,         32000, 68, 2, 0, 0,  3, 3000000 },
        {FORK_CONSTANTINOPLE,    32000, 68, 2, 0, 0,  2, 5000000 },
        {FORK_PETERSBURG,        32000, 68, 2, 0, 0,  2, 5000000 },
        {FORK_ISTANBUL,          32000, 16, 2, 0, 0,  2, 5000000 },
        {FORK_MUIR_GLACIER,      32000, 16, 2, 0, 0,  2, 9000000 },
        {FORK_BERLIN,            32000, 16, 2, 0, 0,  2, 9000000 },
        {FORK_LONDON,            32000, 16, 5, 0, 0,  2, 9700000 },
        {FORK_ARROW_GLACIER,     32000, 16, 5, 0, 0,  2, 10700000},
        {FORK_GRAY_GLACIER,      32000, 16, 5, 0, 0,  2, 11400000},
        {FORK_PARIS,             32000, 16, 5, 0, 0,  0, 11400000},
        {FORK_SHANGHAI,          32000, 16, 5, 2, 0,  0, 11400000},
        {FORK_CANCUN,            32000, 16, 5, 2, 0,  0, 11400000},
        {FORK_PRAGUE,            32000, 16, 5, 2, 10, 0, 11400000},
        {FORK_BPO4,              32000, 16, 5, 2, 10, 0, 11400000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rules rules = rules_of_fork(cases[i].fork);
        CHECK_EQ(rules.fork, cases[i].fork);
        CHECK_EQ(rules.chain_id, 1);
        CHECK_EQ(rules.tx_create_gas, cases[i].create);
        CHECK_EQ(rules.data_nonzero_gas, cases[i].nonzero);
        CHECK_EQ(rules.refund_divisor, cases[i].divisor);
        CHECK_EQ(rules.initcode_word_gas, cases[i].word);
        CHECK_EQ(rules.floor_token_gas, cases[i].floor);
        CHECK_EQ(rules.reward_ether, cases[i].reward);
        CHECK_EQ(rules.bomb_delay, cases[i].bomb_delay);
    }
}

TEST(limits_begin_with_the_fork_that_sets_them)
{
    CHECK_EQ(rules_of_fork(FORK_TANGERINE_WHISTLE).code_size_max, UINT64_MAX);
    CHECK_EQ(rules_of_fork(FORK_SPURIOUS_DRAGON).code_size_max, 24576);
    CHECK_EQ(rules_of_fork(FORK_PARIS).initcode_size_max, UINT64_MAX);
    CHECK_EQ(rules_of_fork(FORK_SHANGHAI).initcode_size_max, 49152);
    CHECK_EQ(rules_of_fork(FORK_PRAGUE).tx_gas_max, UINT64_MAX);
    CHECK_EQ(rules_of_fork(FORK_OSAKA).tx_gas_max, 16777216);
    CHECK_EQ(rules_of_fork(FORK_PRAGUE).block_size_max, UINT64_MAX);
    CHECK_EQ(rules_of_fork(FORK_OSAKA).block_size_max, 8388608);
}

TEST(blob_schedules_follow_mainnet)
{
    static const struct {
        enum fork fork;
        uint32_t target, max, tx_max;
        uint64_t fraction;
    } cases[] = {
        {FORK_SHANGHAI, 0,  0,  0, 0       },
        {FORK_CANCUN,   3,  6,  6, 3338477 },
        {FORK_PRAGUE,   6,  9,  9, 5007716 },
        {FORK_OSAKA,    6,  9,  6, 5007716 },
        {FORK_BPO1,     10, 15, 6, 8346193 },
        {FORK_BPO2,     14, 21, 6, 11684671},
        {FORK_BPO3,     21, 32, 6, 20609697},
        {FORK_BPO4,     14, 21, 6, 13739630},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rules rules = rules_of_fork(cases[i].fork);
        CHECK_EQ(rules.blob.target, cases[i].target);
        CHECK_EQ(rules.blob.max, cases[i].max);
        CHECK_EQ(rules.blob.update_fraction, cases[i].fraction);
        CHECK_EQ(rules.tx_blobs_max, cases[i].tx_max);
    }
}

TEST(another_schedule_brings_its_limit_for_one_transaction)
{
    struct rules rules = rules_of_fork(FORK_OSAKA);
    rules_set_blobs(&rules, &(struct blob_schedule){2, 4, 1000});
    CHECK_EQ(rules.blob.max, 4);
    CHECK_EQ(rules.tx_blobs_max, 4);
    rules_set_blobs(&rules, &(struct blob_schedule){9, 12, 1000});
    CHECK_EQ(rules.tx_blobs_max, 6);
}
