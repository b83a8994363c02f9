#include "engine/worth.h"
#include "support/test.h"

TEST(small_transactions_want_many_workers)
{
    static const struct {
        struct worth_block block;
        bool is_likely;
    } cases[] = {
        {{1000, 1000 * 21000, 1},  false}, /* nobody to share with */
        {{7, 30000000, 16},        false}, /* too few transactions */
        {{100, 100 * 21000, 16},   false}, /* 30 us */
        {{5000, 5000 * 21000, 2},  false}, /* payments */
        {{5000, 5000 * 21000, 16}, true },
        {{3000, 3000 * 27000, 2},  true }, /* tokens */
        {{600, 600 * 150000, 2},   true }, /* swaps */
        {{0, 0, 2},                false},
        {{100, 0, 2},              false}, /* less gas than there can be */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_EQ(worth_is_likely(&cases[i].block), cases[i].is_likely);
}

static unsigned tries_of(struct worth *worth, unsigned blocks, const struct worth_course *course)
{
    unsigned tries = 0;
    for (unsigned i = 0; i < blocks; i++) {
        if (!worth_try(worth)) continue;
        tries++;
        worth_learn(worth, course);
    }
    return tries;
}

TEST(what_never_gains_is_tried_seldom_and_what_gains_always)
{
    static const struct worth_course chain = {
        .txs = 1000, .busy_ns = 3000000, .took_ns = 2900000, .is_whole = true};
    static const struct worth_course given_up = {
        .txs = 1000, .busy_ns = 9000000, .took_ns = 3000000};
    static const struct worth_course shared = {
        .txs = 1000, .busy_ns = 6000000, .took_ns = 3000000, .is_whole = true};
    struct worth worth = {0, 0};
    CHECK_EQ(tries_of(&worth, 100, &shared), 100);
    CHECK_EQ(tries_of(&worth, 1 + 1 + 1 + 2 + 1, &chain), 3); /* one, then two are not tried */
    CHECK_EQ(tries_of(&worth, 1000, &given_up), 32);          /* at last one of 33 */
    while (!worth_try(&worth))                                /* ends: some day it is tried */
        continue;
    worth_learn(&worth, &shared);
    CHECK_EQ(tries_of(&worth, 10, &shared), 10);
}
