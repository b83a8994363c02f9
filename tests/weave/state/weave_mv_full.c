/* Tables that two workers find full at the same moment. (Apart from weave_mv.c, whose keys all have the same hash.) */
#include "support/mv_world.h"
#include "support/test.h"
#include "sync/weave.h"

static struct mv_world *w;
static uint32_t rows_max; /* of worker 2 alone, after the coinbase's */

static void fresh(void)
{
    mv_world_next(w, 8);
    for (uint32_t tx = 0; tx < 4; tx++) {
        w->workers[tx] = tx;
        (void)begin(w, tx);
    }
}

static void show(uint32_t tx)
{
    uint32_t readers_to;
    WEAVE_CHECK(mv_publish(&w->attempts[tx], &U256_ZERO, &readers_to));
}

static address numbered(uint32_t number)
{
    address who = {{0x33}};
    memcpy(who.bytes + 16, &number, sizeof number);
    return who;
}

static enum view_answer make_row(uint32_t tx, uint32_t number)
{
    struct view view = mv_attempt_view(&w->attempts[tx]);
    struct view_account account;
    address who = numbered(number);
    return view.ops->account(view.context, &who, VIEW_NONCE, &account);
}

static void fill_up(void)
{
    fresh();
    for (rows_max = 0; make_row(2, rows_max) == VIEW_OK; rows_max++) /* ends: it fills up */
        ;
}

/* A block that had more rows, all of them written. */
static void block_with_more(void)
{
    w->block.locations_expected = rows_max;
    fresh();
    for (uint32_t i = 0; i < rows_max + 100; i++) {
        address who = numbered(i);
        assert_true(mv_write_nonce(&w->attempts[2], &who, 1));
    }
    show(2);
    w->block.locations_expected = 100;
}

/* A stretch is left, for one of the two workers. */
static void nearly_full(void *context)
{
    (void)context;
    fresh();
    for (uint32_t i = 0; i + 16 < rows_max; i++)
        WEAVE_CHECK(make_row(2, i) == VIEW_OK);
    (void)begin(w, 2);
}

static void make_one(void *context, unsigned thread)
{
    (void)context;
    (void)make_row(1 + 2 * thread, 1000000 + thread); /* worker 0 has a stretch already */
}

static bool count_account(void *context, const struct mv_account_change *change)
{
    (void)change;
    ++*(unsigned *)context;
    return true;
}

/* No row that nobody made in this block is looked at: none was written, only the coinbase's is always told. */
static void nobody_but_the_coinbase(void *context)
{
    unsigned count = 0;
    (void)context;
    mv_validate(w->mv);
    for (uint32_t tx = 0; tx < 4; tx++)
        show(tx);
    WEAVE_CHECK(mv_each_account(w->mv, 4, count_account, &count) == PEVM_OK);
    WEAVE_CHECK(count == 1);
}

TEST(a_table_that_two_find_full_has_no_rows_beyond_its_end)
{
    struct weave_program program = {
        .setup = nearly_full,
        .threads = {make_one, make_one},
        .thread_count = 2,
        .check = nobody_but_the_coinbase
    };
    struct weave_options options = {.name = "full", .delay_stores = true, .preemptions_max = 2};
    w = mv_world_new(8);
    fill_up();
    block_with_more();
    struct weave_result result = weave_run(&options, &program);
    CHECK(!result.failed && result.complete);
    mv_world_free(w);
}
