/* Rates against a list of everything that was added. */
#include "base/rng.h"
#include "service/rates.h"
#include "support/test.h"

#define S    UINT64_C(1000000000)
#define MOST 4096

static struct {
    uint64_t at_ns;
    struct rate_sums sums;
} added[MOST];
static size_t count;
static struct rates rates;

static void renew(void)
{
    rates = (struct rates){0};
    count = 0;
}

static void add(uint64_t at_ns, uint64_t txs)
{
    struct rate_sums more = {.blocks = 1, .txs = txs, .gas = 21000 * txs};
    added[count].at_ns = at_ns;
    added[count++].sums = more;
    rates_add(&rates, at_ns, &more);
}

/* What was added in this second or one of the 59 before it. */
static struct rate_sums expected(uint64_t now_ns)
{
    struct rate_sums sums = {0};
    for (size_t i = 0; i < count; i++) {
        if (added[i].at_ns / S + RATE_SECONDS <= now_ns / S) continue;
        sums.blocks += added[i].sums.blocks;
        sums.txs += added[i].sums.txs;
        sums.gas += added[i].sums.gas;
    }
    return sums;
}

static double check(uint64_t now_ns)
{
    double seconds;
    struct rate_sums sums = rates_sum(&rates, now_ns, &seconds), model = expected(now_ns);
    CHECK_EQ(sums.blocks, model.blocks);
    CHECK_EQ(sums.txs, model.txs);
    CHECK_EQ(sums.gas, model.gas);
    CHECK(seconds >= 1 && seconds <= RATE_SECONDS);
    return seconds;
}

TEST(nothing_was_added)
{
    renew();
    CHECK(check(5 * S) == 1);
}

TEST(the_first_second_counts_as_a_whole_one)
{
    renew();
    add(7 * S + S / 4, 10);
    CHECK(check(7 * S + S / 2) == 1);
    CHECK(check(9 * S + S / 2) == 2.5);
}

TEST(after_a_minute_a_second_is_forgotten)
{
    renew();
    add(100 * S + S - 1, 10);
    add(101 * S, 1);
    double seconds;
    CHECK_EQ(rates_sum(&rates, 159 * S + S - 1, &seconds).txs, 11);
    CHECK_EQ(rates_sum(&rates, 160 * S, &seconds).txs, 1);
    CHECK(seconds == RATE_SECONDS - 1);
    CHECK_EQ(rates_sum(&rates, 161 * S, &seconds).txs, 0);
}

TEST(whatever_comes_whenever_the_sums_are_those_of_the_last_minute)
{
    struct rng rng;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        renew();
        rng_init(&rng, seed);
        uint64_t now_ns = (1 + rng_below(&rng, 1000)) * S;
        while (count < 500) {
            now_ns += rng_below(&rng, rng_below(&rng, 20) == 0 ? 100 * S : S);
            if (rng_below(&rng, 3) > 0) add(now_ns, rng_below(&rng, 100));
            check(now_ns);
        }
    }
}
