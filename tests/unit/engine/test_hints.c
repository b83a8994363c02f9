#include "base/heap.h"
#include "engine/hints.h"
#include "support/test.h"

static struct hints hints_of(uint32_t txs)
{
    struct hints hints;
    hints_init(&hints);
    assert_int_equal(hints_begin(&hints, txs), PEVM_OK);
    return hints;
}

static void check(const struct hints *hints, uint32_t tx, uint32_t first, uint32_t second)
{
    CHECK_EQ(hints->by_tx[tx].before[0], first);
    CHECK_EQ(hints->by_tx[tx].before[1], second);
}

TEST(a_block_begins_without_hints)
{
    struct hints hints = hints_of(3);
    check(&hints, 2, HINT_NONE, HINT_NONE);
    hints_add(&hints, 2, 1);
    CHECK_EQ(hints.used, 1);
    CHECK_EQ(hints_begin(&hints, 2), PEVM_OK);
    check(&hints, 1, HINT_NONE, HINT_NONE);
    CHECK_EQ(hints.used, 0);
    hints_fini(&hints);
}

TEST(the_highest_are_kept_each_once)
{
    struct hints hints = hints_of(10);
    const uint32_t added[] = {3, 5, 3, 1, 8, 5, 7};
    for (size_t i = 0; i < COUNT_OF(added); i++)
        hints_add(&hints, 9, added[i]);
    check(&hints, 9, 8, 7);
    CHECK_EQ(hints.used, 2);
    hints_fini(&hints);
}

TEST(what_is_not_below_or_not_there_is_ignored)
{
    struct hints hints = hints_of(4);
    hints_add(&hints, 2, 2);
    hints_add(&hints, 2, 3);
    hints_add(&hints, 4, 1);
    hints_add(&hints, UINT32_MAX, 0);
    hints_add(&hints, 0, UINT32_MAX);
    for (uint32_t tx = 0; tx < 4; tx++)
        check(&hints, tx, HINT_NONE, HINT_NONE);
    CHECK_EQ(hints.used, 0);
    hints_fini(&hints);
}

TEST(without_memory_there_are_none)
{
    struct hints hints;
    hints_init(&hints);
    heap_fail(0, 1);
    CHECK_EQ(hints_begin(&hints, 5), PEVM_NO_MEMORY);
    heap_fail(0, 0);
    hints_add(&hints, 4, 3);
    CHECK_EQ(hints.used, 0);
    hints_fini(&hints);
}
