/* What an attempt sees of each kind of location, what it depends on afterwards, and when it does not hold any more. */
#include "base/heap.h"
#include "base/rng.h"
#include "support/mv_world.h"
#include "support/test.h"

/* ---- words ----------------------------------------------------------------------------------- */

TEST(own_versions_are_not_seen)
{
    struct mv_world *w = mv_world_new(2);
    base_slot(w, SLOT_A, 5);
    write_word(w, TX(1), SLOT_A, 6);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5);
    put_word(w, TX(1), SLOT_A, 7); /* not even published */
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5);
    mv_world_free(w);
}

TEST(a_word_holds_until_another_value_comes_in_between)
{
    struct mv_world *w = mv_world_new(4);
    write_word(w, TX(0), SLOT_A, 10);
    CHECK_EQ(read_word(w, TX(3), SLOT_A), 10);
    (void)publish(w, TX(3));
    CHECK(holds(w, TX(3)));
    write_word(w, TX(1), SLOT_B, 1);
    CHECK(holds(w, TX(3)));
    write_word(w, TX(2), SLOT_A, 11);
    CHECK(!holds(w, TX(3)));
    mv_world_free(w);
}

TEST(the_same_value_from_somebody_else_is_as_good)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 5);
    (void)publish(w, TX(2));
    write_word(w, TX(0), SLOT_A, 6);
    CHECK(!holds(w, TX(2)));
    write_word(w, TX(1), SLOT_A, 5); /* and back again */
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

TEST(an_estimate_in_the_way_does_not_hold)
{
    struct mv_world *w = mv_world_new(3);
    write_word(w, TX(0), SLOT_A, 10);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 10);
    (void)publish(w, TX(2));
    mv_retract(w->mv, TX(0));
    CHECK(!holds(w, TX(2)));
    write_word(w, TX(0), SLOT_A, 10);
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

TEST(writers_above_do_not_matter)
{
    struct mv_world *w = mv_world_new(4);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    CHECK_EQ(read_balance(w, TX(1), XENIA), 0);
    need_exactly(w, TX(1), XENIA, 0);
    (void)publish(w, TX(1));
    put_word(w, TX(2), SLOT_A, 10);
    put_balance(w, TX(2), XENIA, 10);
    (void)publish(w, TX(2));
    write_word(w, TX(1), SLOT_A, 9);
    CHECK(holds(w, TX(1)));
    mv_world_free(w);
}

TEST(what_an_attempt_wrote_does_not_touch_what_it_read)
{
    struct mv_world *w = mv_world_new(2);
    base_slot(w, SLOT_A, 5);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5);
    put_word(w, TX(1), SLOT_A, 6);
    (void)publish(w, TX(1));
    CHECK(holds(w, TX(1)));
    mv_world_free(w);
}

TEST(without_reads_everything_holds)
{
    struct mv_world *w = mv_world_new(2);
    CHECK(holds(w, TX(1))); /* not even published */
    write_word(w, TX(1), SLOT_A, 6);
    CHECK(holds(w, TX(1)));
    mv_world_free(w);
}

/* ---- resets ---------------------------------------------------------------------------------- */

TEST(after_a_reset_words_are_zero_but_for_those_written_since)
{
    struct mv_world *w = mv_world_new(5);
    base_slot(w, SLOT_A, 5);
    base_slot(w, SLOT_Y, 6);
    write_word(w, TX(0), SLOT_B, 7);
    put_reset(w, TX(1), XENIA);
    (void)publish(w, TX(1));
    write_word(w, TX(3), SLOT_A, 8);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5); /* not yet */
    CHECK_EQ(read_word(w, TX(1), SLOT_B), 7);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 0);
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 0);
    CHECK_EQ(read_word(w, TX(2), SLOT_Y), 6); /* another's */
    CHECK_EQ(read_word(w, TX(4), SLOT_A), 8);
    mv_world_free(w);
}

TEST(words_of_the_transaction_that_resets_come_after_the_reset)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    put_reset(w, TX(0), XENIA);
    put_word(w, TX(0), SLOT_A, 9);
    (void)publish(w, TX(0));
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 9);
    CHECK_EQ(read_word(w, TX(1), SLOT_B), 0);
    mv_world_free(w);
}

TEST(a_reset_is_noticed_by_those_who_read_words_before)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 5);
    (void)publish(w, TX(2));
    put_reset(w, TX(1), XENIA);
    (void)publish(w, TX(1));
    CHECK(!holds(w, TX(2)));
    write_word(w, TX(2), SLOT_B, 1);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 0);
    (void)publish(w, TX(2));
    CHECK(holds(w, TX(2)));
    mv_retract(w->mv, TX(1)); /* the reset is in doubt */
    CHECK(!holds(w, TX(2)));
    write_nothing(w, TX(1));
    CHECK(!holds(w, TX(2)));
    mv_world_free(w);
}

/* ---- balances -------------------------------------------------------------------------------- */

TEST(a_balance_is_the_base_and_all_that_was_added_below)
{
    struct mv_world *w = mv_world_new(4);
    base_account(w, XENIA, 100, 0);
    write_balance(w, TX(2), XENIA, 1);
    write_balance(w, TX(0), XENIA, -40);
    write_balance(w, TX(1), XENIA, 7);
    CHECK_EQ(read_balance(w, TX(0), XENIA), 100);
    CHECK_EQ(read_balance(w, TX(1), XENIA), 60);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 67);
    CHECK_EQ(read_balance(w, TX(3), XENIA), 68);
    mv_world_free(w);
}

TEST(what_was_added_counts_modulo_2_to_the_256)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 5, 0);
    write_balance(w, TX(0), XENIA, -10); /* speculation may see what can't be */
    write_balance(w, TX(1), XENIA, 20);
    struct view view = mv_attempt_view(begin(w, TX(1)));
    address who = mv_world_address(XENIA);
    struct view_account account;
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_BALANCE, &account), VIEW_OK);
    CHECK(u256_equal(account.balance, u256_negate(u256_from_u64(5))));
    CHECK_EQ(read_balance(w, TX(2), XENIA), 15);
    mv_world_free(w);
}

TEST(an_estimate_anywhere_below_blocks_a_balance)
{
    struct mv_world *w = mv_world_new(5);
    for (uint32_t tx = 0; tx < 4; tx++)
        write_balance(w, tx, XENIA, 1);
    mv_retract(w->mv, TX(1));
    CHECK_EQ(blocked_account(w, TX(4), XENIA, VIEW_BALANCE), 1);
    CHECK_EQ(read_balance(w, TX(1), XENIA), 1);
    write_balance(w, TX(1), XENIA, 100);
    (void)begin(w, TX(4));
    CHECK_EQ(read_balance(w, TX(4), XENIA), 103);
    mv_world_free(w);
}

/* Below the frontier sums are kept where the next reader finds them. */
TEST(a_balance_is_the_same_wherever_the_frontier_is)
{
    struct mv_world *w = mv_world_new(200);
    base_account(w, XENIA, 1000, 0);
    for (uint32_t tx = 0; tx < 150; tx++)
        write_balance(w, tx, XENIA, (int64_t)tx % 7 - 3);
    uint64_t expected[151] = {1000};
    for (uint32_t tx = 0; tx < 150; tx++)
        expected[tx + 1] = expected[tx] + tx % 7 - 3;
    for (uint32_t frontier = 0; frontier <= 150; frontier += 10) {
        mv_frontier_set(w->mv, frontier);
        for (uint32_t tx = frontier; tx <= 150; tx += 3) {
            (void)begin(w, tx);
            CHECK_EQ(read_balance(w, tx, XENIA), expected[tx]);
            CHECK_EQ(read_balance(w, tx, XENIA), expected[tx]);
        }
    }
    struct mv_account_change change;
    CHECK(changed_account(w, TX(150), XENIA, &change));
    CHECK_EQ(u256_low64(change.now.balance), expected[150]);
    mv_world_free(w);
}

TEST(above_the_frontier_nothing_is_kept_of_sums_that_may_change)
{
    struct mv_world *w = mv_world_new(5);
    base_account(w, XENIA, 10, 0);
    for (uint32_t tx = 0; tx < 4; tx++)
        write_balance(w, tx, XENIA, 1);
    mv_frontier_set(w->mv, 2);
    CHECK_EQ(read_balance(w, TX(4), XENIA), 14);
    mv_retract(w->mv, TX(2));
    write_balance(w, TX(2), XENIA, 50);
    (void)begin(w, TX(4));
    CHECK_EQ(read_balance(w, TX(4), XENIA), 63);
    CHECK_EQ(read_balance(w, TX(3), XENIA), 62);
    mv_world_free(w);
}

TEST(an_exact_balance_holds_while_it_is_that_number)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 100, 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 100);
    need_exactly(w, TX(2), XENIA, 100);
    (void)publish(w, TX(2));
    CHECK(holds(w, TX(2)));
    write_balance(w, TX(0), XENIA, 5);
    CHECK(!holds(w, TX(2)));
    write_balance(w, TX(1), XENIA, -5);
    CHECK(holds(w, TX(2)));
    mv_retract(w->mv, TX(0));
    CHECK(!holds(w, TX(2)));
    mv_world_free(w);
}

TEST(a_balance_that_has_to_be_enough_holds_while_it_is_enough)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 100, 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 100);
    need_at_least(w, TX(2), XENIA, 100, 30);
    (void)publish(w, TX(2));
    write_balance(w, TX(0), XENIA, -70);
    CHECK(holds(w, TX(2)));
    write_balance(w, TX(1), XENIA, -1);
    CHECK(!holds(w, TX(2)));
    mv_retract(w->mv, TX(1));
    CHECK(!holds(w, TX(2))); /* in doubt */
    write_balance(w, TX(1), XENIA, 1);
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

TEST(a_balance_that_was_read_and_does_not_matter_does_not_matter)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 100, 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 100);
    (void)publish(w, TX(2));
    write_balance(w, TX(0), XENIA, 5);
    CHECK(holds(w, TX(2)));
    mv_retract(w->mv, TX(0));
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

/* ---- the coinbase ---------------------------------------------------------------------------- */

TEST(the_balance_of_the_coinbase_has_the_tips_below)
{
    struct mv_world *w = mv_world_new(4);
    base_account(w, COINBASE, 1000, 0);
    write_tip(w, TX(0), 3);
    put_balance(w, TX(1), COINBASE, -20);
    (void)publish_tip(w, TX(1), 4);
    write_tip(w, TX(2), 5);
    CHECK_EQ(read_balance(w, TX(0), COINBASE), 1000);
    CHECK_EQ(read_balance(w, TX(1), COINBASE), 1003);
    CHECK_EQ(read_balance(w, TX(2), COINBASE), 987);
    CHECK_EQ(read_balance(w, TX(3), COINBASE), 992);
    for (uint32_t frontier = 1; frontier <= 3; frontier++) {
        mv_frontier_set(w->mv, frontier);
        (void)begin(w, TX(3));
        CHECK_EQ(read_balance(w, TX(3), COINBASE), 992);
        (void)begin(w, TX(2));
        CHECK_EQ(read_balance(w, TX(2), COINBASE), 987);
    }
    mv_world_free(w);
}

TEST(a_tip_that_is_not_known_blocks_the_balance_of_the_coinbase)
{
    struct mv_world *w = mv_world_new(4);
    write_tip(w, TX(0), 3);
    write_tip(w, TX(2), 5);
    CHECK_EQ(blocked_account(w, TX(3), COINBASE, VIEW_BALANCE), 1);
    CHECK(!w->attempts[3].needs_final);
    write_tip(w, TX(1), 4);
    mv_retract(w->mv, TX(0));
    (void)begin(w, TX(3));
    CHECK_EQ(blocked_account(w, TX(3), COINBASE, VIEW_BALANCE), 0);
    write_tip(w, TX(0), 1);
    (void)begin(w, TX(3));
    CHECK_EQ(read_balance(w, TX(3), COINBASE), 10);
    mv_world_free(w);
}

TEST(tips_are_nobody_elses_business)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 7, 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 7);
    CHECK_EQ(read_nonce(w, TX(2), COINBASE), 0); /* nor are they of the coinbase's other parts */
    need_exactly(w, TX(2), XENIA, 7);
    (void)publish(w, TX(2));
    write_tip(w, TX(0), 5);
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

TEST(a_balance_of_the_coinbase_holds_while_the_sum_of_tips_is_the_same)
{
    struct mv_world *w = mv_world_new(3);
    write_tip(w, TX(0), 3);
    write_tip(w, TX(1), 4);
    CHECK_EQ(read_balance(w, TX(2), COINBASE), 7);
    need_exactly(w, TX(2), COINBASE, 7);
    (void)publish(w, TX(2));
    CHECK(holds(w, TX(2)));
    mv_retract(w->mv, TX(0));
    CHECK(!holds(w, TX(2)));
    write_tip(w, TX(0), 2);
    CHECK(!holds(w, TX(2)));
    write_tip(w, TX(1), 5);
    CHECK(holds(w, TX(2)));
    mv_world_free(w);
}

/* ---- nonces ---------------------------------------------------------------------------------- */

TEST(a_nonce_is_the_last_one_written_below)
{
    struct mv_world *w = mv_world_new(4);
    base_account(w, XENIA, 0, 5);
    write_nonce(w, TX(0), XENIA, 6);
    write_nonce(w, TX(2), XENIA, 7);
    CHECK_EQ(read_nonce(w, TX(0), XENIA), 5);
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 6);
    CHECK_EQ(read_nonce(w, TX(2), XENIA), 6);
    CHECK_EQ(read_nonce(w, TX(3), XENIA), 7);
    (void)publish(w, TX(1));
    mv_retract(w->mv, TX(0));
    CHECK(!holds(w, TX(1)));
    write_nonce(w, TX(0), XENIA, 6);
    CHECK(holds(w, TX(1)));
    mv_world_free(w);
}

TEST(the_senders_nonce_can_be_predicted_before_those_below_have_run)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 0, 5);
    base_account(w, YUSUF, 0, 9);
    write_nonce(w, TX(0), XENIA, 6);
    mv_retract(w->mv, TX(0));
    (void)begin_predicted(w, TX(1), XENIA, 6);
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 6); /* not blocked */
    CHECK_EQ(read_nonce(w, TX(1), YUSUF), 9); /* others are read */
    (void)publish(w, TX(1));
    CHECK(mv_holds(w->mv, 0, TX(1), false));
    CHECK(!mv_holds(w->mv, 0, TX(1), true));
    write_nonce(w, TX(0), XENIA, 6);
    CHECK(mv_holds(w->mv, 0, TX(1), true));
    write_nonce(w, TX(0), XENIA, 7);
    CHECK(mv_holds(w->mv, 0, TX(1), false));
    CHECK(!mv_holds(w->mv, 0, TX(1), true));
    mv_world_free(w);
}

TEST(other_reads_are_judged_beside_a_prediction)
{
    struct mv_world *w = mv_world_new(3);
    (void)begin_predicted(w, TX(1), XENIA, 6);
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 6);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    (void)publish(w, TX(1));
    write_word(w, TX(0), SLOT_A, 1);
    CHECK(!mv_holds(w->mv, 0, TX(1), false));
    mv_world_free(w);
}

/* ---- code ------------------------------------------------------------------------------------ */

TEST(code_of_this_block_is_found_with_the_account_that_has_it)
{
    static const uint8_t first[] = {1, 2, 3}, second[] = {4};
    struct mv_world *w = mv_world_new(4);
    put_code(w, TX(0), XENIA, 0xa0, bytes_of(first, sizeof first));
    (void)publish(w, TX(0));
    put_code(w, TX(2), XENIA, 0xa1, bytes_of(second, sizeof second));
    (void)publish(w, TX(2));
    CHECK_EQ(read_code(w, TX(0), XENIA), 0);
    CHECK_EQ(read_code(w, TX(1), XENIA), 0xa0);
    CHECK_EQ(read_code(w, TX(3), XENIA), 0xa1);
    struct view view = mv_attempt_view(begin(w, TX(1)));
    struct view_account account;
    struct bytes code;
    address who = mv_world_address(XENIA);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_CODE_HASH, &account), VIEW_OK);
    CHECK_EQ(view.ops->code(view.context, &who, &account.code_hash, &code), VIEW_OK);
    CHECK(bytes_equal(code, bytes_of(first, sizeof first)));
    CHECK(code.data != first);
    CHECK_EQ(w->code_reads, 0);
    mv_world_free(w);
}

TEST(code_from_before_the_block_is_the_bases)
{
    static const uint8_t bytes[] = {9, 9};
    struct mv_world *w = mv_world_new(2);
    base_code(w, XENIA, 0xb0);
    w->code = bytes_of(bytes, sizeof bytes);
    put_code(w, TX(0), XENIA, 0xb1, BYTES_EMPTY);
    (void)publish(w, TX(0));
    struct view view = mv_attempt_view(begin(w, TX(0)));
    struct view_account account;
    struct bytes code;
    address who = mv_world_address(XENIA);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_CODE_HASH, &account), VIEW_OK);
    CHECK_EQ(account.code_hash.bytes[0], 0xb0);
    CHECK_EQ(view.ops->code(view.context, &who, &account.code_hash, &code), VIEW_OK);
    CHECK(bytes_equal(code, w->code));
    CHECK_EQ(w->code_reads, 1);
    mv_world_free(w);
}

TEST(code_holds_by_its_hash)
{
    struct mv_world *w = mv_world_new(4);
    base_code(w, XENIA, 0xb0);
    CHECK_EQ(read_code(w, TX(3), XENIA), 0xb0);
    (void)publish(w, TX(3));
    put_code(w, TX(0), XENIA, 0xb0, BYTES_EMPTY);
    (void)publish(w, TX(0));
    CHECK(holds(w, TX(3)));
    put_code(w, TX(1), XENIA, 0xb1, BYTES_EMPTY);
    (void)publish(w, TX(1));
    CHECK(!holds(w, TX(3)));
    mv_retract(w->mv, TX(1));
    CHECK(!holds(w, TX(3)));
    mv_world_free(w);
}

/* ---- existence ------------------------------------------------------------------------------- */

enum base_kind { ABSENT, EMPTY, FULL };
enum doing { NOTHING, PAID, PAID_BACK, ENDED, ENDED_AND_PAID, MADE };

/* What one transaction does to an account, and what the next one sees of it. */
static void check_existence(
    bool keeps_empty, enum base_kind base, enum doing doing, bool exists, bool empty)
{
    struct mv_world *w = mv_world_new(2);
    w->block.keeps_empty = keeps_empty;
    mv_world_next(w, 4);
    if (base == EMPTY) base_exists(w, XENIA);
    if (base == FULL) base_account(w, XENIA, 10, 0);
    (void)begin(w, TX(0));
    if (doing == PAID) put_balance(w, TX(0), XENIA, 5);
    if (doing == PAID_BACK) put_balance(w, TX(0), XENIA, -10);
    if (doing == ENDED || doing == ENDED_AND_PAID) {
        if (base == FULL) put_balance(w, TX(0), XENIA, -10);
        put_existence(w, TX(0), XENIA, false);
    }
    if (doing == MADE) put_existence(w, TX(0), XENIA, true);
    (void)publish(w, TX(0));
    (void)begin(w, TX(1));
    if (doing == ENDED_AND_PAID) {
        put_balance(w, TX(1), XENIA, 1);
        if (keeps_empty) put_existence(w, TX(1), XENIA, true);
    }
    (void)publish(w, TX(1));
    (void)begin(w, TX(2));
    if (read_exists(w, TX(2), XENIA) != exists || read_empty(w, TX(2), XENIA) != empty)
        fail_msg("keeps_empty %d, base %d, doing %d: exists %d, empty %d",
                 keeps_empty,
                 base,
                 doing,
                 read_exists(w, TX(2), XENIA),
                 read_empty(w, TX(2), XENIA));
    mv_world_free(w);
}

TEST(since_spurious_dragon_what_is_not_empty_exists_and_nothing_new_is_empty)
{
    check_existence(false, ABSENT, NOTHING, false, true);
    check_existence(false, ABSENT, PAID, true, false);
    check_existence(false, ABSENT, ENDED, false, true);
    check_existence(false, ABSENT, ENDED_AND_PAID, true, false);
    check_existence(false, EMPTY, NOTHING, true, true); /* from before, and nobody touched it */
    check_existence(false, EMPTY, PAID, true, false);
    check_existence(false, EMPTY, ENDED, false, true);
    check_existence(false, EMPTY, ENDED_AND_PAID, true, false);
    check_existence(false, FULL, NOTHING, true, false);
    check_existence(false, FULL, PAID, true, false);
    check_existence(false, FULL, PAID_BACK, false, true);
    check_existence(false, FULL, ENDED, false, true);
    check_existence(false, FULL, ENDED_AND_PAID, true, false);
}

TEST(before_spurious_dragon_existence_is_what_was_said_last)
{
    check_existence(true, ABSENT, NOTHING, false, true);
    check_existence(true, ABSENT, MADE, true, true);
    check_existence(true, EMPTY, NOTHING, true, true);
    check_existence(true, EMPTY, PAID, true, false);
    check_existence(true, EMPTY, ENDED, false, true);
    check_existence(true, EMPTY, ENDED_AND_PAID, true, false);
    check_existence(true, FULL, NOTHING, true, false);
    check_existence(true, FULL, PAID_BACK, true, true); /* stays, empty */
    check_existence(true, FULL, ENDED, false, true);
    check_existence(true, FULL, ENDED_AND_PAID, true, false);
}

TEST(emptiness_looks_at_nonce_code_and_balance)
{
    struct mv_world *w = mv_world_new(8);
    write_balance(w, TX(0), XENIA, 1);
    write_nonce(w, TX(0), YUSUF, 1);
    CHECK(!read_empty(w, TX(1), YUSUF));
    mv_world_next(w, 8);
    put_code(w, TX(0), XENIA, 1, BYTES_EMPTY);
    (void)publish(w, TX(0));
    CHECK(!read_empty(w, TX(1), XENIA));
    CHECK(read_exists(w, TX(1), XENIA));
    CHECK(read_empty(w, TX(0), XENIA));
    mv_world_free(w);
}

TEST(existence_holds_while_both_answers_are_the_same)
{
    struct mv_world *w = mv_world_new(4);
    base_account(w, XENIA, 10, 0);
    CHECK(read_exists(w, TX(3), XENIA));
    (void)publish(w, TX(3));
    write_balance(w, TX(0), XENIA, 5);
    CHECK(holds(w, TX(3))); /* it is not empty either way */
    write_balance(w, TX(1), XENIA, -15);
    CHECK(!holds(w, TX(3)));
    write_balance(w, TX(2), XENIA, 1);
    CHECK(holds(w, TX(3)));
    mv_retract(w->mv, TX(0));
    CHECK(!holds(w, TX(3)));
    write_balance(w, TX(0), XENIA, 5);
    put_balance(w, TX(1), XENIA, -15);
    put_nonce(w, TX(1), XENIA, 1);
    (void)publish(w, TX(1));
    CHECK(holds(w, TX(3)));
    mv_world_free(w);
}

/* The first part that is there decides: what comes after it may change, and is not waited for. */
TEST(a_nonce_is_enough_to_exist)
{
    struct mv_world *w = mv_world_new(4);
    base_account(w, XENIA, 10, 1);
    write_balance(w, TX(0), XENIA, 5);
    mv_retract(w->mv, TX(0));
    CHECK(read_exists(w, TX(1), XENIA));
    CHECK(!read_empty(w, TX(1), XENIA));
    mv_world_free(w);
}

/* ---- has storage ----------------------------------------------------------------------------- */

TEST(storage_of_the_base_counts_until_a_reset)
{
    struct mv_world *w = mv_world_new(4);
    base_slot(w, SLOT_A, 5);
    CHECK(read_has_storage(w, TX(0), XENIA));
    CHECK(!read_has_storage(w, TX(0), YUSUF));
    put_reset(w, TX(1), XENIA);
    (void)publish(w, TX(1));
    CHECK(read_has_storage(w, TX(1), XENIA));
    CHECK(!read_has_storage(w, TX(2), XENIA));
    mv_retract(w->mv, TX(1));
    CHECK_EQ(blocked_has_storage(w, TX(3), XENIA), 1);
    mv_world_free(w);
}

TEST(words_of_this_block_count_and_are_looked_at_when_all_below_are_final)
{
    struct mv_world *w = mv_world_new(5);
    write_word(w, TX(0), SLOT_A, 7);
    write_word(w, TX(1), SLOT_B, 0);
    write_word(w, TX(2), SLOT_Y, 0);
    CHECK_EQ(blocked_has_storage(w, TX(3), XENIA), 2);
    CHECK(w->attempts[3].needs_final);
    mv_frontier_set(w->mv, 2);
    (void)begin(w, TX(3));
    CHECK_EQ(blocked_has_storage(w, TX(3), XENIA), 2);
    mv_frontier_set(w->mv, 3);
    (void)begin(w, TX(3));
    CHECK(read_has_storage(w, TX(3), XENIA));
    CHECK(!read_has_storage(w, TX(3), YUSUF)); /* a zero is none */
    CHECK(!read_has_storage(w, TX(3), ZOE));
    (void)publish(w, TX(3));
    CHECK(holds(w, TX(3)));
    mv_world_free(w);
}

TEST(words_below_a_reset_do_not_count_and_words_above_do)
{
    struct mv_world *w = mv_world_new(5);
    base_slot(w, SLOT_A, 7);
    write_word(w, TX(0), SLOT_B, 7);
    put_reset(w, TX(1), XENIA);
    (void)publish(w, TX(1));
    write_word(w, TX(2), SLOT_B, 8);
    mv_frontier_set(w->mv, 2);
    CHECK(!read_has_storage(w, TX(2), XENIA));
    mv_frontier_set(w->mv, 3);
    CHECK(read_has_storage(w, TX(3), XENIA));
    mv_world_free(w);
}

TEST(having_storage_holds_while_the_answer_is_the_same)
{
    struct mv_world *w = mv_world_new(5);
    CHECK(!read_has_storage(w, TX(3), XENIA));
    (void)publish(w, TX(3));
    CHECK(holds(w, TX(3)));
    write_word(w, TX(0), SLOT_A, 7);
    CHECK(!holds(w, TX(3))); /* not all below are final: in doubt */
    write_nothing(w, TX(1));
    write_nothing(w, TX(2));
    mv_frontier_set(w->mv, 3);
    CHECK(!holds(w, TX(3)));
    mv_world_free(w);
}

/* ---- the attempt itself ---------------------------------------------------------------------- */

TEST(all_parts_of_an_account_can_be_read_at_once)
{
    struct mv_world *w = mv_world_new(2);
    base_account(w, XENIA, 100, 3);
    base_code(w, XENIA, 0xc0);
    struct view view = mv_attempt_view(begin(w, TX(1)));
    struct view_account account;
    address who = mv_world_address(XENIA);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    CHECK_EQ(account.parts, VIEW_ALL_PARTS);
    CHECK(u256_low64(account.balance) == 100 && account.nonce == 3 && account.exists &&
          !account.empty && account.code_hash.bytes[0] == 0xc0);
    (void)publish(w, TX(1));
    write_nonce(w, TX(0), XENIA, 4);
    CHECK(!holds(w, TX(1)));
    mv_world_free(w);
}

TEST(what_an_earlier_attempt_read_is_forgotten)
{
    struct mv_world *w = mv_world_new(2);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    put_word(w, TX(1), SLOT_B, 1);
    (void)begin(w, TX(1));
    (void)publish(w, TX(1));
    write_word(w, TX(0), SLOT_A, 1);
    CHECK(holds(w, TX(1)));
    uint64_t value;
    CHECK(!changed_word(w, TX(2), SLOT_B, &value));
    mv_world_free(w);
}

TEST(one_struct_serves_any_transaction_and_keeps_its_memory)
{
    struct mv_world *w = mv_world_new(100);
    struct mv_attempt attempt;
    struct view view = {NULL, NULL};
    address who = mv_world_address(XENIA);
    u256 value;
    mv_attempt_init(&attempt);
    uint64_t calls = 0;
    for (uint32_t tx = 0; tx < 100; tx++) {
        uint32_t readers_to;
        mv_attempt_begin(&attempt, w->mv, 1, tx);
        view = mv_attempt_view(&attempt);
        for (uint64_t i = 0; i < 300; i++) { /* more than it has room for at first */
            u256 key = u256_from_u64(i);
            CHECK_EQ(view.ops->slot(view.context, &who, &key, &value), VIEW_OK);
            CHECK_EQ(u256_low64(value), tx == 0 ? 0 : tx - 1 + i);
            value = u256_from_u64(tx + i);
            CHECK(mv_write_slot(&attempt, &who, &key, &value));
        }
        CHECK(mv_publish(&attempt, &U256_ZERO, &readers_to));
        CHECK(mv_holds(w->mv, 2, tx, true));
        if (tx == 0) calls = heap_calls();
    }
    CHECK(heap_calls() - calls < 20); /* chunks of the arena */
    mv_attempt_fini(&attempt);
    mv_attempt_fini(&attempt); /* twice is fine */
    mv_world_free(w);
}

TEST(a_cancelled_attempt_reads_nothing_more)
{
    struct mv_world *w = mv_world_new(2);
    struct mv_attempt *attempt = begin(w, TX(0));
    struct view view = mv_attempt_view(attempt);
    address who = mv_world_address(XENIA);
    struct view_account account;
    struct bytes code;
    hash32 hash = {{1}};
    u256 value;
    bool has;
    attempt->is_cancelled = true;
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_NONCE, &account), VIEW_FAILED);
    CHECK_EQ(view.ops->slot(view.context, &who, &U256_ZERO, &value), VIEW_FAILED);
    CHECK_EQ(view.ops->code(view.context, &who, &hash, &code), VIEW_FAILED);
    CHECK_EQ(view.ops->has_storage(view.context, &who, &has), VIEW_FAILED);
    CHECK_EQ(view.ops->block_hash(view.context, 1, &hash), VIEW_FAILED);
    CHECK(!attempt->out_of_memory);
    CHECK_EQ(w->account_reads + w->slot_reads + w->code_reads + w->has_storage_reads +
                 w->block_hash_reads,
             0);
    (void)begin(w, TX(0)); /* the next one is not */
    CHECK_EQ(read_nonce(w, TX(0), XENIA), 0);
    mv_world_free(w);
}

TEST(hashes_of_blocks_and_failures_are_the_bases)
{
    struct mv_world *w = mv_world_new(1);
    struct view view = mv_attempt_view(begin(w, TX(0)));
    hash32 hash;
    struct bytes code;
    bool has;
    address who = mv_world_address(XENIA);
    CHECK_EQ(view.ops->block_hash(view.context, 77, &hash), VIEW_OK);
    CHECK_EQ(hash.bytes[5], 77);
    w->is_broken = true;
    CHECK_EQ(view.ops->block_hash(view.context, 77, &hash), VIEW_FAILED);
    CHECK_EQ(view.ops->code(view.context, &who, &hash, &code), VIEW_FAILED);
    CHECK_EQ(view.ops->has_storage(view.context, &who, &has), VIEW_FAILED);
    CHECK(!w->attempts[0].out_of_memory);
    mv_world_free(w);
}

TEST(without_memory_for_its_logs_an_attempt_says_so)
{
    struct mv_world *w = mv_world_new(2);
    write_word(w, TX(1), SLOT_A, 1); /* worker 0 has its first chunk */
    struct mv_attempt *attempt = begin(w, TX(0));
    struct view view = mv_attempt_view(attempt);
    address who = mv_world_address(XENIA);
    struct view_account account;
    heap_fail(0, UINT64_MAX);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_NONCE, &account), VIEW_FAILED);
    CHECK(attempt->out_of_memory);
    (void)begin(w, TX(0));
    CHECK(!attempt->out_of_memory);
    CHECK(!mv_write_nonce(attempt, &who, 1));
    CHECK(attempt->out_of_memory);
    (void)begin(w, TX(0));
    CHECK(!mv_log_balance(attempt, &who, &U256_ZERO, &U256_ZERO, true));
    CHECK(attempt->out_of_memory);
    heap_fail(0, 0);
    (void)begin(w, TX(0));
    CHECK_EQ(read_nonce(w, TX(0), XENIA), 0);
    mv_world_free(w);
}

/* ---- against a model ------------------------------------------------------------------------- */

#define MODEL_TXS 24

/* What each transaction did last, in plain arrays. */
struct model_tx {
    bool is_known, is_estimate, has_word[MV_WORLD_SLOTS], has_delta, has_nonce, has_reset;
    uint64_t words[MV_WORLD_SLOTS], tip, nonce;
    int64_t delta;
};

struct model {
    struct rng rng;
    struct mv_world *w;
    struct model_tx txs[MODEL_TXS];
    uint32_t frontier;
};

static void model_run(struct model *model, uint32_t tx)
{
    struct mv_world *w = model->w;
    struct model_tx *now = &model->txs[tx];
    *now = (struct model_tx){.is_known = true, .tip = rng_below(&model->rng, 5)};
    w->workers[tx] = (unsigned)rng_below(&model->rng, MV_WORLD_WORKERS);
    (void)begin(w, tx);
    for (unsigned slot = 0; slot < MV_WORLD_SLOTS; slot++) {
        now->has_word[slot] = rng_below(&model->rng, 3) == 0;
        now->words[slot] = rng_below(&model->rng, 3);
        if (now->has_word[slot]) put_word(w, tx, slot, now->words[slot]);
    }
    now->has_reset = rng_below(&model->rng, 6) == 0;
    if (now->has_reset) put_reset(w, tx, XENIA);
    now->has_nonce = rng_below(&model->rng, 3) == 0;
    now->nonce = rng_below(&model->rng, 4);
    if (now->has_nonce) put_nonce(w, tx, XENIA, now->nonce);
    now->has_delta = rng_below(&model->rng, 2) == 0;
    now->delta = (int64_t)rng_below(&model->rng, 20) - 10;
    if (now->has_delta) {
        put_balance(w, tx, XENIA, now->delta);
        put_balance(w, tx, COINBASE, now->delta);
    }
    (void)publish_tip(w, tx, now->tip);
}

static void model_check_word(struct model *model, uint32_t tx, unsigned slot)
{
    uint64_t expected = 100 + slot;
    bool is_xenias = slot == SLOT_A || slot == SLOT_B;
    for (uint32_t i = tx; i-- > 0;) {
        const struct model_tx *below = &model->txs[i];
        bool decides = below->has_word[slot] || (is_xenias && below->has_reset);
        if (!below->is_known || !decides) continue;
        if (below->is_estimate) {
            CHECK_EQ(blocked_word(model->w, tx, slot), i);
            return;
        }
        expected = below->has_word[slot] ? below->words[slot] : 0;
        break;
    }
    CHECK_EQ(read_word(model->w, tx, slot), expected);
}

static void model_check_nonce(struct model *model, uint32_t tx)
{
    uint64_t expected = 9;
    for (uint32_t i = tx; i-- > 0;) {
        const struct model_tx *below = &model->txs[i];
        if (!below->is_known || !below->has_nonce) continue;
        if (below->is_estimate) {
            CHECK_EQ(blocked_account(model->w, tx, XENIA, VIEW_NONCE), i);
            return;
        }
        expected = below->nonce;
        break;
    }
    CHECK_EQ(read_nonce(model->w, tx, XENIA), expected);
}

static void model_check_balances(struct model *model, uint32_t tx)
{
    uint64_t balance = 1000, tips = 0;
    bool is_blocked = false, are_tips_known = true;
    for (uint32_t i = 0; i < tx; i++) {
        const struct model_tx *below = &model->txs[i];
        are_tips_known = are_tips_known && below->is_known && !below->is_estimate;
        tips += below->tip;
        if (!below->is_known || !below->has_delta) continue;
        is_blocked = is_blocked || below->is_estimate;
        balance += (uint64_t)below->delta;
    }
    if (is_blocked)
        (void)blocked_account(model->w, tx, XENIA, VIEW_BALANCE);
    else
        CHECK_EQ(read_balance(model->w, tx, XENIA), balance);
    if (is_blocked || !are_tips_known)
        (void)blocked_account(model->w, tx, COINBASE, VIEW_BALANCE);
    else
        CHECK_EQ(read_balance(model->w, tx, COINBASE), balance + tips);
}

static void model_step(struct model *model)
{
    uint32_t above = MODEL_TXS - model->frontier;
    uint32_t tx = model->frontier + (uint32_t)rng_below(&model->rng, above);
    struct model_tx *now = &model->txs[tx];
    switch (rng_below(&model->rng, 5)) {
    case 0:
        mv_retract(model->w->mv, tx);
        now->is_estimate = now->is_known;
        break;
    case 1:
        if (!model->txs[model->frontier].is_known || model->txs[model->frontier].is_estimate) break;
        model->frontier++;
        if (rng_below(&model->rng, 2) == 0) mv_frontier_set(model->w->mv, model->frontier);
        break;
    default: model_run(model, tx);
    }
}

TEST(random_blocks_read_as_the_model_says)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct model model = {.w = mv_world_new(MODEL_TXS + 1)};
        print_message("seed %d\r", (int)seed); /* the last one is left when it fails */
        rng_init(&model.rng, seed);
        for (unsigned slot = 0; slot < MV_WORLD_SLOTS; slot++)
            base_slot(model.w, slot, 100 + slot);
        base_account(model.w, XENIA, 1000, 9);
        base_account(model.w, COINBASE, 1000, 0);
        while (model.frontier < MODEL_TXS) {
            model_step(&model);
            uint32_t tx =
                model.frontier + (uint32_t)rng_below(&model.rng, MODEL_TXS + 1 - model.frontier);
            (void)begin(model.w, tx);
            model_check_word(&model, tx, (unsigned)rng_below(&model.rng, MV_WORLD_SLOTS));
            model_check_nonce(&model, tx);
            model_check_balances(&model, tx);
        }
        mv_world_free(model.w);
    }
}
