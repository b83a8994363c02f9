/* The table of busy contracts against one that forgets nothing. */
#include "base/rng.h"
#include "service/hot_contracts.h"
#include "support/test.h"

#include <string.h>

#define TXS_MAX 64

static struct hot_contracts hot;
static struct tx txs[TXS_MAX];
static struct receipt receipts[TXS_MAX];
static struct block block = {.txs = txs};

static void renew(void)
{
    memset(&hot, 0, sizeof hot);
    block.tx_count = 0;
}

static address address_of(uint64_t who)
{
    address out = {{0}};
    for (size_t i = 0; i < 8; i++)
        out.bytes[19 - i] = (uint8_t)(who >> 8 * i);
    return out;
}

static uint64_t number_of(const address *who)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number |= (uint64_t)who->bytes[19 - i] << 8 * i;
    return number;
}

static void call(uint64_t who, uint64_t gas)
{
    static const uint8_t data[4];
    txs[block.tx_count] = (struct tx){.to = address_of(who), .data = bytes_of(data, sizeof data)};
    receipts[block.tx_count++].gas_used = gas;
}

static void end_block(void)
{
    hot_contracts_add(&hot, &block, receipts);
    block.tx_count = 0;
}

TEST(payments_and_creations_are_nobodys)
{
    struct board_contract top[BOARD_CONTRACTS];
    renew();
    call(1, 100);
    call(2, 100);
    call(3, 100);
    txs[0].data = bytes_of(NULL, 0);
    txs[1].is_creation = true;
    end_block();
    CHECK_EQ(hot_contracts_top(&hot, top), 1);
    CHECK_EQ(number_of(&top[0].who), 3);
    CHECK_EQ(top[0].txs, 1);
    CHECK_EQ(top[0].gas, 100);
}

TEST(the_busiest_come_first_and_no_more_than_there_is_room_for)
{
    struct board_contract top[BOARD_CONTRACTS];
    renew();
    CHECK_EQ(hot_contracts_top(&hot, top), 0);
    for (uint64_t who = 1; who <= BOARD_CONTRACTS + 5; who++) {
        for (uint64_t i = 0; i < who; i++)
            call(who, 10);
        end_block();
    }
    CHECK_EQ(hot_contracts_top(&hot, top), BOARD_CONTRACTS);
    for (size_t i = 0; i < BOARD_CONTRACTS; i++) {
        CHECK_EQ(number_of(&top[i].who), BOARD_CONTRACTS + 5 - i);
        CHECK_EQ(top[i].txs, BOARD_CONTRACTS + 5 - i);
        CHECK_EQ(top[i].gas, 10 * top[i].txs);
    }
}

/* With as many contracts as there are places nothing is guessed. */
TEST(with_few_contracts_the_counts_are_exact)
{
    static uint64_t counts[HOT_PLACES + 1], gas[HOT_PLACES + 1];
    struct board_contract top[BOARD_CONTRACTS];
    struct rng rng;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        renew();
        rng_init(&rng, seed);
        memset(counts, 0, sizeof counts);
        memset(gas, 0, sizeof gas);
        for (unsigned blocks = 1; blocks <= 300; blocks++) {
            for (unsigned i = 0; i < TXS_MAX; i++) {
                uint64_t who = 1 + rng_below(&rng, 1 + rng_below(&rng, HOT_PLACES)),
                         used = rng_below(&rng, 1000);
                call(who, used);
                counts[who]++;
                gas[who] += used;
            }
            end_block();
            for (unsigned who = 1; blocks % 64 == 0 && who <= HOT_PLACES; who++) {
                counts[who] /= 2;
                gas[who] /= 2;
            }
            size_t shown = hot_contracts_top(&hot, top);
            uint64_t least = top[shown - 1].txs;
            for (size_t i = 0; i < shown; i++) {
                uint64_t who = number_of(&top[i].who);
                CHECK_EQ(top[i].txs, counts[who]);
                CHECK_EQ(top[i].gas, gas[who]);
                counts[who] |= UINT64_C(1) << 63;
            }
            for (unsigned who = 1; who <= HOT_PLACES; who++) {
                if (counts[who] >> 63 == 0) CHECK(counts[who] <= least);
                counts[who] &= ~(UINT64_C(1) << 63);
            }
        }
    }
}

/* What space-saving counters promise: who is called more often than all calls / places is in the table. */
TEST(a_busy_one_stays_among_many_that_come_once)
{
    struct board_contract top[BOARD_CONTRACTS];
    renew();
    for (uint64_t i = 0; i < 40; i++) {
        call(7, 50);
        for (uint64_t j = 0; j < TXS_MAX - 1; j++)
            call(1000 + i * TXS_MAX + j, 1);
        end_block();
    }
    size_t shown = hot_contracts_top(&hot, top);
    bool is_there = false;
    for (size_t i = 0; i < shown; i++)
        is_there = is_there || number_of(&top[i].who) == 7;
    CHECK(is_there);
    CHECK_EQ(hot.count, HOT_PLACES);
}
