/* One thread plays all workers: what each call does to the states, the lists, the claims, the frontier and the window. */
#include "sched/sched.h"
#include "support/test.h"

#include <pthread.h>

struct bench {
    struct sched *sched;
    bool is_rigid;
};

static struct bench bench_with(uint32_t txs, enum sched_policy policy, bool is_rigid)
{
    struct bench bench = {.sched = NULL, .is_rigid = is_rigid};
    assert_int_equal(sched_new(&bench.sched), PEVM_OK);
    struct sched_options options = {
        .tx_count = txs, .workers = 4, .policy = policy, .is_rigid = is_rigid, .gives_up = true};
    assert_int_equal(sched_begin(bench.sched, &options), PEVM_OK);
    return bench;
}

/* Everything is handed out at once: the window has tests of its own. */
static struct bench bench_of(uint32_t txs)
{
    return bench_with(txs, SCHED_WORK_STEALING, true);
}

static void bench_again(struct bench *bench, uint32_t txs)
{
    struct sched_options options = {.tx_count = txs, .workers = 4, .is_rigid = bench->is_rigid};
    assert_int_equal(sched_begin(bench->sched, &options), PEVM_OK);
}

/* Take one by one. */
static uint32_t take(struct bench *bench)
{
    return sched_take(bench->sched, 3, 1);
}

static void take_all(struct bench *bench, uint32_t count)
{
    for (uint32_t tx = 0; tx < count; tx++)
        assert_int_equal(take(bench), tx);
}

/* EXECUTED: it can be held, and nobody holds it. */
static bool is_executed(struct bench *bench, uint32_t tx)
{
    if (!sched_hold(bench->sched, tx)) return false;
    sched_release(bench->sched, tx);
    return true;
}

/* The transaction is RUNNING: make it final, once it was run `times`. */
static void finish(struct bench *bench, uint32_t tx, unsigned times)
{
    struct sched *sched = bench->sched;
    for (unsigned i = 1; i < times; i++)
        sched_rerun(sched, tx);
    sched_executed(sched, tx);
    assert_true(sched_frontier_enter(sched));
    assert_int_equal(sched_frontier(sched), tx);
    assert_true(sched_hold(sched, tx));
    sched_finalize(sched, tx);
    (void)sched_frontier_leave(sched);
}

/* ---- handing out ----------------------------------------------------------------------------- */

TEST(new_transactions_come_in_block_order)
{
    struct bench bench = bench_of(3);
    CHECK_EQ(take(&bench), 0);
    CHECK_EQ(take(&bench), 1);
    CHECK_EQ(take(&bench), 2);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_free(bench.sched);
}

TEST(a_claim_holds_adjacent_transactions_for_one_worker)
{
    struct bench bench = bench_of(7);
    CHECK_EQ(sched_take(bench.sched, 0, 3), 0);
    CHECK_EQ(sched_take(bench.sched, 1, 3), 3);
    CHECK_EQ(sched_take(bench.sched, 0, 3), 1);
    CHECK_EQ(sched_take(bench.sched, 0, 3), 2);
    CHECK_EQ(sched_take(bench.sched, 0, 3), 6); /* fewer are left than it may have */
    CHECK_EQ(sched_take(bench.sched, 1, 3), 4);
    CHECK_EQ(sched_claim_is_done(bench.sched, 1), false);
    CHECK_EQ(sched_take(bench.sched, 1, 3), 5);
    CHECK_EQ(sched_claim_is_done(bench.sched, 1), true);
    CHECK_EQ(sched_take(bench.sched, 0, 3), SCHED_NOTHING);
    CHECK_EQ(sched_take(bench.sched, 1, 3), SCHED_NOTHING);
    sched_free(bench.sched);
}

TEST(who_has_nothing_left_steals_the_later_half_of_the_largest_claim)
{
    struct bench bench = bench_of(13);
    CHECK_EQ(sched_take(bench.sched, 0, 3), 0);
    CHECK_EQ(sched_take(bench.sched, 1, 10), 3);
    CHECK_EQ(sched_take(bench.sched, 2, 1), 8); /* 4 to 12 were left */
    CHECK_EQ(sched_take(bench.sched, 1, 10), 4);
    CHECK_EQ(sched_take(bench.sched, 2, 1), 9);
    CHECK_EQ(sched_take(bench.sched, 3, 1), 6); /* 5 to 7 and 10 to 12 were left: of the first */
    for (uint32_t tx = 1; tx < 3; tx++)
        CHECK_EQ(sched_take(bench.sched, 0, 1), tx);
    CHECK_EQ(sched_take(bench.sched, 0, 1), 11);
    CHECK_EQ(sched_counts(bench.sched).steals, 3);
    sched_free(bench.sched);
}

TEST(the_last_of_a_claim_is_stolen_too_and_only_once)
{
    struct bench bench = bench_of(2);
    CHECK_EQ(sched_take(bench.sched, 0, 2), 0);
    CHECK_EQ(sched_take(bench.sched, 1, 2), 1);
    CHECK_EQ(sched_claim_is_done(bench.sched, 0), true);
    CHECK_EQ(sched_take(bench.sched, 0, 2), SCHED_NOTHING);
    CHECK_EQ(sched_take(bench.sched, 1, 2), SCHED_NOTHING);
    sched_free(bench.sched);
}

TEST(where_load_is_balanced_there_are_no_claims_and_no_thieves)
{
    struct bench bench = bench_with(4, SCHED_LOAD_BALANCED, false);
    CHECK_EQ(sched_take(bench.sched, 0, 16), 0);
    CHECK_EQ(sched_claim_is_done(bench.sched, 0), true);
    CHECK_EQ(sched_take(bench.sched, 1, 16), 1);
    CHECK_EQ(sched_take(bench.sched, 0, 16), 2);
    CHECK_EQ(sched_take(bench.sched, 0, 16), 3);
    CHECK_EQ(sched_take(bench.sched, 1, 16), SCHED_NOTHING);
    CHECK_EQ(sched_counts(bench.sched).steals, 0);
    sched_free(bench.sched);
}

TEST(the_lowest_that_is_ready_comes_first)
{
    struct bench bench = bench_of(200);
    take_all(&bench, 150);
    sched_hand_back(bench.sched, 149);
    sched_hand_back(bench.sched, 7);
    sched_hand_back(bench.sched, 64);
    CHECK_EQ(take(&bench), 7);
    CHECK_EQ(take(&bench), 64);
    CHECK_EQ(take(&bench), 149);
    CHECK_EQ(take(&bench), 150);
    sched_free(bench.sched);
}

TEST(what_is_ready_again_above_the_rest_of_a_claim_comes_after_it)
{
    struct bench bench = bench_of(10);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 0);
    CHECK_EQ(sched_take(bench.sched, 1, 4), 4);
    sched_hand_back(bench.sched, 4);
    sched_hand_back(bench.sched, 0);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 0);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 1);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 2);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 3);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 4);
    CHECK_EQ(sched_take(bench.sched, 0, 4), 8);
    sched_free(bench.sched);
}

TEST(a_held_transaction_is_not_handed_out)
{
    struct bench bench = bench_of(2);
    take_all(&bench, 2);
    sched_executed(bench.sched, 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    CHECK(sched_hold(bench.sched, 0));
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_reject(bench.sched, 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_hand_back(bench.sched, 0);
    CHECK_EQ(take(&bench), 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_free(bench.sched);
}

/* ---- states ---------------------------------------------------------------------------------- */

TEST(only_an_executed_transaction_can_be_held_and_by_one_only)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    CHECK(!sched_hold(sched, 0)); /* READY */
    take_all(&bench, 2);
    CHECK(!sched_hold(sched, 0)); /* RUNNING */
    sched_wait_for(sched, 1, 0);
    CHECK(!sched_hold(sched, 1)); /* WAITING */
    sched_executed(sched, 0);
    CHECK(sched_hold(sched, 0));
    CHECK(!sched_hold(sched, 0)); /* CHECKING */
    sched_release(sched, 0);
    CHECK(sched_hold(sched, 0));
    CHECK(sched_frontier_enter(sched));
    sched_finalize(sched, 0);
    CHECK(!sched_hold(sched, 0)); /* FINAL */
    sched_free(sched);
}

TEST(executed_held_is_held)
{
    struct bench bench = bench_of(1);
    take_all(&bench, 1);
    sched_executed_held(bench.sched, 0);
    CHECK(!sched_hold(bench.sched, 0));
    sched_release(bench.sched, 0);
    CHECK(is_executed(&bench, 0));
    sched_free(bench.sched);
}

TEST(an_incarnation_grows_with_each_attempt_and_with_nothing_else)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    CHECK_EQ(sched_incarnation(sched, 1), 0);
    sched_rerun(sched, 1);
    CHECK_EQ(sched_incarnation(sched, 1), 1);
    sched_wait_for(sched, 1, 0);
    CHECK_EQ(sched_incarnation(sched, 1), 1);
    sched_executed(sched, 0);
    CHECK_EQ(take(&bench), 1);
    sched_executed(sched, 1);
    CHECK(sched_hold(sched, 1));
    sched_release(sched, 1);
    CHECK(sched_hold(sched, 1));
    CHECK_EQ(sched_incarnation(sched, 1), 1);
    sched_reject(sched, 1);
    CHECK_EQ(sched_incarnation(sched, 1), 2);
    sched_hand_back(sched, 1);
    CHECK_EQ(take(&bench), 1);
    CHECK_EQ(sched_incarnation(sched, 1), 2);
    CHECK_EQ(sched_incarnation(sched, 0), 0);
    CHECK_EQ(sched_counts(sched).rejections, 2);
    sched_free(sched);
}

TEST(a_transaction_may_run_a_million_times)
{
    struct bench bench = bench_of(1);
    take_all(&bench, 1);
    for (unsigned i = 0; i < 1000000; i++)
        sched_rerun(bench.sched, 0);
    CHECK_EQ(sched_incarnation(bench.sched, 0), 1000000);
    sched_executed(bench.sched, 0);
    CHECK(is_executed(&bench, 0));
    sched_free(bench.sched);
}

/* ---- waiting --------------------------------------------------------------------------------- */

TEST(who_waits_is_ready_when_the_lower_one_is_executed)
{
    struct bench bench = bench_of(3);
    take_all(&bench, 3);
    sched_wait_for(bench.sched, 2, 0);
    sched_executed(bench.sched, 1);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_executed(bench.sched, 0);
    CHECK_EQ(take(&bench), 2);
    CHECK_EQ(take(&bench), SCHED_NOTHING); /* taken from the list once (I4) */
    CHECK_EQ(sched_counts(bench.sched).waits, 1);
    sched_free(bench.sched);
}

TEST(all_who_wait_for_one_become_ready_together)
{
    struct bench bench = bench_of(70);
    take_all(&bench, 70);
    for (uint32_t tx = 1; tx < 70; tx++)
        sched_wait_for(bench.sched, tx, 0);
    sched_executed(bench.sched, 0);
    for (uint32_t tx = 1; tx < 70; tx++)
        CHECK_EQ(take(&bench), tx);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_free(bench.sched);
}

TEST(who_waits_for_an_executed_one_is_ready_at_once)
{
    struct bench bench = bench_of(3);
    struct sched *sched = bench.sched;
    take_all(&bench, 3);
    sched_executed(sched, 0);
    sched_wait_for(sched, 1, 0);
    CHECK_EQ(take(&bench), 1);
    CHECK(sched_hold(sched, 0)); /* CHECKING is executed, too */
    sched_wait_for(sched, 1, 0);
    CHECK_EQ(take(&bench), 1);
    CHECK(sched_frontier_enter(sched));
    sched_finalize(sched, 0);
    sched_wait_for(sched, 1, 0);
    CHECK_EQ(take(&bench), 1);
    sched_free(sched);
}

TEST(who_waits_for_a_rejected_one_waits_for_its_next_attempt)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    sched_executed(sched, 0);
    CHECK(sched_hold(sched, 0));
    sched_reject(sched, 0);
    sched_wait_for(sched, 1, 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_executed_held(sched, 0);
    CHECK_EQ(take(&bench), 1);
    sched_free(sched);
}

TEST(those_who_wait_stay_in_the_list_while_the_lower_one_starts_again)
{
    struct bench bench = bench_of(3);
    take_all(&bench, 3);
    sched_wait_for(bench.sched, 2, 1);
    sched_rerun(bench.sched, 1);
    sched_wait_for(bench.sched, 1, 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_executed(bench.sched, 0);
    CHECK_EQ(take(&bench), 1);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_executed(bench.sched, 1);
    CHECK_EQ(take(&bench), 2);
    sched_free(bench.sched);
}

/* Woken when the lower one is executed, it comes back until that is final. */
TEST(who_waits_until_it_is_final_is_ready_then)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    sched_executed(sched, 0);
    sched_wait_for_final(sched, 1, 0);
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    CHECK(sched_frontier_enter(sched));
    CHECK(sched_hold(sched, 0));
    sched_finalize(sched, 0);
    CHECK_EQ(take(&bench), 1);
    sched_wait_for_final(sched, 1, 0); /* it is: ready at once */
    CHECK_EQ(take(&bench), 1);
    sched_free(sched);
}

/* ---- checks that are still good -------------------------------------------------------------- */

TEST(a_first_attempt_changes_nothing_that_was_checked)
{
    struct bench bench = bench_of(3);
    struct sched *sched = bench.sched;
    take_all(&bench, 3);
    sched_executed(sched, 1);
    CHECK(sched_hold(sched, 1));
    sched_stamp(sched, 1, sched_changes(sched));
    CHECK(sched_is_fresh(sched, 1));
    sched_executed(sched, 0);
    CHECK(sched_is_fresh(sched, 1));
    sched_wait_for(sched, 2, 0);
    CHECK_EQ(take(&bench), 2);
    sched_executed(sched, 2); /* still its first attempt that came to an end */
    CHECK(sched_is_fresh(sched, 1));
    sched_free(sched);
}

TEST(a_later_attempt_makes_all_stamps_old)
{
    struct bench bench = bench_of(3);
    struct sched *sched = bench.sched;
    take_all(&bench, 3);
    sched_executed(sched, 0);
    sched_executed(sched, 1);
    CHECK(sched_hold(sched, 1));
    uint32_t changes = sched_changes(sched);
    sched_stamp(sched, 1, changes);
    sched_release(sched, 1);
    CHECK(sched_hold(sched, 0));
    sched_reject(sched, 0);
    CHECK_EQ(sched_changes(sched), changes); /* not before the new writes are there (I5) */
    sched_executed(sched, 0);
    CHECK_EQ(sched_changes(sched), changes + 1);
    CHECK(sched_hold(sched, 1));
    CHECK(!sched_is_fresh(sched, 1));
    sched_stamp(sched, 1, sched_changes(sched));
    CHECK(sched_is_fresh(sched, 1));
    sched_rerun(sched, 2);
    sched_executed_held(sched, 2);
    CHECK(!sched_is_fresh(sched, 1));
    sched_free(sched);
}

TEST(a_stamp_from_before_a_change_is_old_at_once)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    uint32_t changes = sched_changes(sched);
    sched_rerun(sched, 0);
    sched_executed(sched, 0);
    sched_executed(sched, 1);
    CHECK(sched_hold(sched, 1));
    sched_stamp(sched, 1, changes);
    CHECK(!sched_is_fresh(sched, 1));
    sched_free(sched);
}

TEST(a_stamp_does_not_outlive_its_incarnation)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    sched_executed(sched, 0);
    CHECK(!sched_is_fresh(sched, 0)); /* nobody has checked it */
    CHECK(sched_hold(sched, 0));
    sched_stamp(sched, 0, sched_changes(sched));
    sched_reject(sched, 0);
    CHECK(!sched_is_fresh(sched, 0));
    sched_stamp(sched, 0, sched_changes(sched));
    sched_rerun(sched, 0);
    CHECK(!sched_is_fresh(sched, 0));
    sched_free(sched);
}

TEST(all_below_are_executed_when_the_frontier_was_visited_since)
{
    struct bench bench = bench_of(4);
    struct sched *sched = bench.sched;
    CHECK(sched_all_below_executed(sched, 0)); /* nobody is below */
    CHECK(!sched_all_below_executed(sched, 1));
    take_all(&bench, 4);
    sched_executed(sched, 0);
    sched_executed(sched, 2);
    CHECK(sched_frontier_enter(sched));
    CHECK(sched_all_below_executed(sched, 1));
    CHECK(!sched_all_below_executed(sched, 2));
    CHECK(!sched_all_below_executed(sched, 3));
    CHECK(sched_frontier_leave(sched));
    sched_executed(sched, 1);
    CHECK(sched_frontier_enter(sched));
    CHECK(sched_all_below_executed(sched, 3));
    CHECK(sched_hold(sched, 1));
    sched_reject(sched, 1); /* once is enough: later ones are changes */
    CHECK(sched_all_below_executed(sched, 3));
    CHECK(!sched_all_below_executed(sched, 4));
    sched_free(sched);
}

TEST(all_below_the_frontier_are_executed)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    CHECK(sched_frontier_enter(sched)); /* looks: nothing is executed */
    take_all(&bench, 2);
    sched_executed_held(sched, 0);
    sched_finalize(sched, 0);
    CHECK(!sched_all_below_executed(sched, 1)); /* nobody was told */
    sched_frontier_tell(sched);
    CHECK(sched_all_below_executed(sched, 1));
    sched_free(sched);
}

/* ---- the frontier ---------------------------------------------------------------------------- */

TEST(one_at_a_time_is_inside_the_frontier)
{
    struct bench bench = bench_of(1);
    CHECK(sched_frontier_enter(bench.sched));
    CHECK(!sched_frontier_enter(bench.sched));
    CHECK(!sched_frontier_leave(bench.sched)); /* nothing new */
    CHECK(sched_frontier_enter(bench.sched));
    sched_free(bench.sched);
}

TEST(who_leaves_is_told_of_what_was_executed_meanwhile)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    CHECK(sched_frontier_enter(sched));
    CHECK(!sched_hold(sched, 0)); /* nothing to do */
    sched_executed(sched, 0);     /* by another */
    CHECK(!sched_frontier_enter(sched));
    CHECK(sched_frontier_leave(sched));
    CHECK(sched_frontier_enter(sched));
    CHECK(sched_hold(sched, 0));
    sched_executed(sched, 1);
    CHECK(!sched_frontier_leave(sched)); /* somebody holds the one at the frontier */
    sched_release(sched, 0);
    CHECK(sched_frontier_enter(sched));
    CHECK(sched_frontier_leave(sched));
    sched_free(sched);
}

TEST(transactions_become_final_in_order_and_then_it_is_done)
{
    struct bench bench = bench_of(3);
    struct sched *sched = bench.sched;
    take_all(&bench, 3);
    for (uint32_t tx = 0; tx < 3; tx++) {
        CHECK(!sched_is_done(sched));
        CHECK_EQ(sched_frontier(sched), tx);
        finish(&bench, tx, 1);
    }
    CHECK_EQ(sched_frontier(sched), 3);
    CHECK(sched_is_done(sched));
    sched_free(sched);
}

TEST(nothing_is_new_at_the_frontier_of_a_block_that_was_stopped)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    take_all(&bench, 2);
    CHECK(sched_frontier_enter(sched));
    sched_executed(sched, 0);
    sched_stop(sched);
    CHECK(sched_is_done(sched));
    CHECK(!sched_frontier_leave(sched));
    sched_free(sched);
}

/* ---- the window ------------------------------------------------------------------------------ */

static struct bench bench_on_trial(uint32_t tx_count)
{
    return bench_with(tx_count, SCHED_WORK_STEALING, false);
}

/* Lives of transactions one after another, all by one worker. */
static void live(struct bench *bench, uint32_t count, unsigned times)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tx = take(bench);
        assert_int_equal(tx, sched_frontier(bench->sched));
        finish(bench, tx, times);
    }
}

/* Is a transaction beyond the frontier's handed out? It is given back, and taken first when its turn comes. */
static bool is_open(struct bench *bench)
{
    uint32_t first = take(bench), second = take(bench);
    assert_int_equal(first, sched_frontier(bench->sched));
    sched_hand_back(bench->sched, first);
    if (second != SCHED_NOTHING) sched_hand_back(bench->sched, second);
    return second != SCHED_NOTHING;
}

/* Stale ones until it closes; then how many transactions it stays so. */
static uint32_t closed_for(struct bench *bench)
{
    uint32_t closed = 0;
    for (unsigned i = 0; is_open(bench); i++) {
        assert_true(i < 64);
        live(bench, 1, 2);
    }
    for (; !is_open(bench); closed++)
        live(bench, 1, 2);
    return closed;
}

/* How many are handed out ahead of the frontier, at most 100; they are handed back. */
static uint32_t handed_out(struct bench *bench)
{
    uint32_t taken[100], count = 0;
    while (count < COUNT_OF(taken) && (taken[count] = take(bench)) != SCHED_NOTHING)
        count++;
    for (uint32_t i = 0; i < count; i++)
        sched_hand_back(bench->sched, taken[i]);
    return count;
}

TEST(at_first_a_few_for_each_worker_are_handed_out_one_by_one)
{
    struct bench bench = bench_on_trial(1000);
    CHECK_EQ(handed_out(&bench), 16);
    live(&bench, 20, 1);
    CHECK_EQ(handed_out(&bench), 16);
    live(&bench, 20, 1);
    CHECK_EQ(handed_out(&bench), 100);
    sched_free(bench.sched);
}

TEST(sound_transactions_keep_the_window_open)
{
    struct bench bench = bench_on_trial(2000);
    live(&bench, 1500, 1);
    CHECK(is_open(&bench));
    sched_free(bench.sched);
}

TEST(now_and_then_a_stale_one_does_not_close_the_window)
{
    struct bench bench = bench_on_trial(2000);
    for (unsigned i = 0; i < 300; i++) {
        live(&bench, 1, 2);
        live(&bench, 2, 1);
        CHECK(is_open(&bench));
    }
    sched_free(bench.sched);
}

TEST(mostly_stale_ones_close_it_and_then_the_frontier_alone_is_handed_out)
{
    struct bench bench = bench_on_trial(2000);
    unsigned stale = 0;
    for (; is_open(&bench); stale++)
        live(&bench, 1, 2);
    CHECK(stale >= 4 && stale <= 32);
    CHECK_EQ(sched_take(bench.sched, 0, 16), sched_frontier(bench.sched)); /* is_open took it */
    uint32_t next = sched_frontier(bench.sched);
    finish(&bench, next, 1);
    for (unsigned i = 0; i < 2; i++) { /* is_open has claimed one more than that */
        uint32_t tx = sched_take(bench.sched, 0, 16);
        CHECK_EQ(tx, next + 1 + i);
        CHECK_EQ(sched_take(bench.sched, 0, 16), SCHED_NOTHING);
        finish(&bench, tx, 1);
    }
    sched_free(bench.sched);
}

TEST(a_rigid_window_never_closes)
{
    struct bench bench = bench_with(2000, SCHED_WORK_STEALING, true);
    live(&bench, 500, 3);
    CHECK(is_open(&bench));
    sched_free(bench.sched);
}

TEST(an_adaptive_window_narrows_before_it_closes_and_opens_again)
{
    struct bench bench = bench_with(4000, SCHED_ADAPTIVE, false);
    live(&bench, 100, 1);
    CHECK_EQ(handed_out(&bench), 100);
    live(&bench, 100, 1); /* what was handed out is beyond any window */
    for (unsigned i = 0; i < 30; i++) {
        live(&bench, 1, 2);
        live(&bench, 2, 1);
    }
    CHECK_EQ(handed_out(&bench), 16); /* four for each worker */
    live(&bench, 100, 1);
    CHECK_EQ(handed_out(&bench), 100);
    sched_free(bench.sched);
}

TEST(each_time_that_opening_was_in_vain_it_stays_closed_for_longer)
{
    struct bench bench = bench_on_trial(20000);
    uint32_t before = closed_for(&bench);
    CHECK(before >= 8);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t now = closed_for(&bench);
        CHECK(now > before);
        before = now;
    }
    sched_free(bench.sched);
}

TEST(what_never_was_worth_it_is_left_to_one_worker)
{
    struct bench bench = bench_on_trial(20000);
    uint32_t count = 0;
    while (!sched_is_done(bench.sched) && count < 5000) {
        finish(&bench, take(&bench), 2);
        count++;
    }
    CHECK(count > 300 && count < 1000);
    sched_free(bench.sched);
}

TEST(neighbours_that_wait_for_each_other_close_it_too)
{
    struct bench bench = bench_on_trial(2000);
    bool was_closed = false;
    for (unsigned i = 0; i < 100 && !was_closed; i++) {
        uint32_t first = take(&bench), second = take(&bench);
        was_closed = second == SCHED_NOTHING;
        if (!was_closed) sched_wait_for(bench.sched, second, first);
        finish(&bench, first, 1);
    }
    CHECK(was_closed);
    sched_free(bench.sched);
}

TEST(after_many_sound_ones_it_closes_as_briefly_as_the_first_time)
{
    struct bench bench = bench_on_trial(20000);
    uint32_t first = closed_for(&bench);
    CHECK(closed_for(&bench) > first);
    live(&bench, 200, 1);
    CHECK_EQ(closed_for(&bench), first);
    sched_free(bench.sched);
}

/* ---- blocks, and waiting for work ------------------------------------------------------------- */

TEST(a_block_without_transactions_is_done)
{
    struct bench bench = bench_of(0);
    CHECK(sched_is_done(bench.sched));
    CHECK_EQ(take(&bench), SCHED_NOTHING);
    sched_free(bench.sched);
}

TEST(nothing_of_a_block_is_left_in_the_next)
{
    struct bench bench = bench_of(300);
    struct sched *sched = bench.sched;
    take_all(&bench, 300);
    sched_rerun(sched, 0);
    sched_executed(sched, 0);
    sched_wait_for(sched, 5, 3);
    sched_hand_back(sched, 9);
    CHECK(sched_hold(sched, 0));
    sched_stamp(sched, 0, sched_changes(sched));
    CHECK(sched_frontier_enter(sched));
    sched_finalize(sched, 0);
    sched_stop(sched);

    bench_again(&bench, 400);
    CHECK(!sched_is_done(sched));
    CHECK_EQ(sched_frontier(sched), 0);
    CHECK_EQ(sched_changes(sched), 0);
    CHECK_EQ(sched_counts(sched).rejections, 0);
    CHECK_EQ(sched_counts(sched).waits, 0);
    for (uint32_t tx = 0; tx < 400; tx++) {
        CHECK_EQ(sched_incarnation(sched, tx), 0);
        CHECK_EQ(take(&bench), tx);
        CHECK(!sched_is_fresh(sched, tx));
    }
    CHECK(!sched_all_below_executed(sched, 1));
    sched_executed(sched, 3);
    CHECK_EQ(take(&bench), SCHED_NOTHING); /* nobody waits for it in this block */
    CHECK(sched_frontier_enter(sched));
    sched_free(sched);
}

TEST(the_next_block_is_on_trial_again)
{
    struct bench bench = bench_on_trial(2000);
    while (is_open(&bench))
        live(&bench, 1, 2);
    bench_again(&bench, 100);
    CHECK_EQ(handed_out(&bench), 16);
    sched_free(bench.sched);
}

TEST(free_takes_null)
{
    sched_free(NULL);
}

static void *idle(void *context)
{
    sched_idle(context, SCHED_NOTHING);
    return NULL;
}

TEST(idling_ends_at_once_when_there_may_be_work)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    sched_idle(sched, SCHED_NOTHING); /* new ones */
    take_all(&bench, 2);
    sched_hand_back(sched, 1);
    sched_idle(sched, SCHED_NOTHING); /* one that is ready again */
    CHECK_EQ(take(&bench), 1);
    sched_executed(sched, 0);
    sched_idle(sched, SCHED_NOTHING); /* one at the frontier */
    CHECK(sched_hold(sched, 0));
    sched_stop(sched);
    sched_idle(sched, SCHED_NOTHING); /* the end */
    CHECK_EQ(sched_counts(sched).sleeps, 0);
    sched_free(sched);
}

/* Whether the thread sleeps before or after the news is chance; that it comes back is not. */
TEST(who_idles_comes_back_for_work_and_for_the_end)
{
    struct bench bench = bench_of(2);
    struct sched *sched = bench.sched;
    for (unsigned i = 0; i < 200; i++) {
        bench_again(&bench, 2);
        take_all(&bench, 2);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, idle, sched), 0);
        if (i % 2 == 0)
            sched_hand_back(sched, 1);
        else
            sched_stop(sched);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    sched_free(sched);
}

TEST(the_queue_tells_what_there_is_to_run)
{
    struct bench bench = bench_of(5);
    CHECK_EQ(sched_queue(bench.sched).never_taken, 5);
    CHECK_EQ(sched_queue(bench.sched).ready_again, 0);
    uint32_t tx = take(&bench);
    (void)take(&bench);
    CHECK_EQ(sched_queue(bench.sched).never_taken, 3);
    sched_hand_back(bench.sched, tx);
    CHECK_EQ(sched_queue(bench.sched).ready_again, 1);
    sched_free(bench.sched);
}
