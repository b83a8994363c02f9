#include "evm/gas_table.h"
#include "support/test.h"

TEST(prices_change_with_their_forks)
{
    static const struct {
        enum fork fork;
        int64_t sload, balance, extcode, call, exp_byte, selfdestruct, sstore_noop, clear_refund;
    } cases[] = {
        {FORK_FRONTIER,          50,  20,  20,  40,  10, 0,    5000, 15000},
        {FORK_HOMESTEAD,         50,  20,  20,  40,  10, 0,    5000, 15000},
        {FORK_TANGERINE_WHISTLE, 200, 400, 700, 700, 10, 5000, 5000, 15000},
        {FORK_SPURIOUS_DRAGON,   200, 400, 700, 700, 50, 5000, 5000, 15000},
        {FORK_BYZANTIUM,         200, 400, 700, 700, 50, 5000, 5000, 15000},
        {FORK_CONSTANTINOPLE,    200, 400, 700, 700, 50, 5000, 200,  15000},
        {FORK_PETERSBURG,        200, 400, 700, 700, 50, 5000, 5000, 15000},
        {FORK_ISTANBUL,          800, 700, 700, 700, 50, 5000, 800,  15000},
        {FORK_MUIR_GLACIER,      800, 700, 700, 700, 50, 5000, 800,  15000},
        {FORK_BERLIN,            100, 100, 100, 100, 50, 5000, 100,  15000},
        {FORK_LONDON,            100, 100, 100, 100, 50, 5000, 100,  4800 },
        {FORK_OSAKA,             100, 100, 100, 100, 50, 5000, 100,  4800 },
        {FORK_BPO4,              100, 100, 100, 100, 50, 5000, 100,  4800 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct gas_prices *prices = gas_prices_of(cases[i].fork);
        CHECK_EQ(prices->sload, cases[i].sload);
        CHECK_EQ(prices->balance, cases[i].balance);
        CHECK_EQ(prices->extcode, cases[i].extcode);
        CHECK_EQ(prices->call, cases[i].call);
        CHECK_EQ(prices->exp_byte, cases[i].exp_byte);
        CHECK_EQ(prices->selfdestruct, cases[i].selfdestruct);
        CHECK_EQ(prices->sstore_noop, cases[i].sstore_noop);
        CHECK_EQ(prices->sstore_clear_refund, cases[i].clear_refund);
        CHECK_EQ(prices->account_cold, cases[i].fork >= FORK_BERLIN ? 2500 : 0);
        CHECK_EQ(prices->slot_cold, cases[i].fork >= FORK_BERLIN ? 2000 : 0);
    }
}
