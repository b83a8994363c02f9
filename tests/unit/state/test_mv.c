/* Versions: who sees which, what becomes of them when a transaction runs again, what is left at the end of a block, and what
 * happens when there is no room. Reads in all their kinds are in test_mv_attempt.c. */
#include "base/heap.h"
#include "state/mv.h"
#include "support/mv_world.h"
#include "support/test.h"

/* ---- who sees which version ------------------------------------------------------------------ */

TEST(a_read_sees_the_highest_writer_below_it)
{
    struct mv_world *w = mv_world_new(4);
    write_word(w, TX(0), SLOT_A, 10);
    write_word(w, TX(1), SLOT_A, 11);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 11);
    CHECK_EQ(read_word(w, TX(3), SLOT_A), 11);
    (void)begin(w, TX(1));
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 10);
    mv_world_free(w);
}

TEST(a_read_without_a_writer_below_sees_the_base)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    write_word(w, TX(1), SLOT_A, 11);
    CHECK_EQ(read_word(w, TX(0), SLOT_A), 5);
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 0);
    mv_world_free(w);
}

TEST(versions_may_come_in_any_order)
{
    static const uint32_t orders[][4] = {
        {3, 1, 2, 0},
        {0, 1, 2, 3},
        {3, 2, 1, 0},
        {1, 3, 0, 2}
    };
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct mv_world *w = mv_world_new(5);
        base_slot(w, SLOT_A, 9);
        for (size_t k = 0; k < 4; k++)
            write_word(w, orders[i][k], SLOT_A, 10 + orders[i][k]);
        for (uint32_t tx = 1; tx < 5; tx++) {
            (void)begin(w, tx);
            CHECK_EQ(read_word(w, tx, SLOT_A), 9 + tx);
        }
        mv_world_free(w);
    }
}

TEST(full_keys_are_locations_of_their_own)
{
    struct mv_world *w = mv_world_new(2);
    write_word(w,
               TX(0),
               SLOT_A,
               1); /* SLOT_A and SLOT_Y are the same slot number and more: other accounts */
    put_word(w, TX(0), SLOT_B, 2);
    put_word(w, TX(0), SLOT_Y, 3);
    put_word(w, TX(0), SLOT_C, 4);
    (void)publish(w, TX(0));
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0); /* not written again */
    CHECK_EQ(read_word(w, TX(1), SLOT_B), 2);
    CHECK_EQ(read_word(w, TX(1), SLOT_Y), 3);
    CHECK_EQ(read_word(w, TX(1), SLOT_C), 4);
    mv_world_free(w);
}

TEST(the_base_is_read_once_for_each_location)
{
    struct mv_world *w = mv_world_new(3);
    for (uint32_t tx = 0; tx < 3; tx++) {
        (void)read_word(w, tx, SLOT_A);
        (void)read_balance(w, tx, XENIA);
        (void)read_nonce(w, tx, XENIA);
        (void)read_exists(w, tx, XENIA);
        (void)publish(w, tx);
        CHECK(holds(w, tx));
    }
    CHECK_EQ(w->slot_reads, 1);
    CHECK_EQ(w->account_reads, 1);
    mv_world_free(w);
}

TEST(what_is_only_written_is_not_read_from_the_base)
{
    struct mv_world *w = mv_world_new(2);
    write_word(w, TX(0), SLOT_A, 1);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 1);
    CHECK_EQ(w->slot_reads, 0);
    CHECK_EQ(w->account_reads, 0);
    mv_world_free(w);
}

TEST(a_base_that_failed_is_asked_again)
{
    struct mv_world *w = mv_world_new(2);
    base_slot(w, SLOT_A, 5);
    base_account(w, XENIA, 7, 1);
    w->is_broken = true;
    struct view view = mv_attempt_view(begin(w, TX(0)));
    address xenia = mv_world_address(XENIA);
    struct view_account account;
    u256 key =
             {
                 {SLOT_A, 0, 0, 7}
    },
         value;
    CHECK_EQ(view.ops->slot(view.context, &xenia, &key, &value), VIEW_FAILED);
    CHECK_EQ(view.ops->account(view.context, &xenia, VIEW_BALANCE, &account), VIEW_FAILED);
    CHECK(!w->attempts[0].out_of_memory); /* the base's fault */
    w->is_broken = false;
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5);
    CHECK_EQ(read_balance(w, TX(1), XENIA), 7);
    mv_world_free(w);
}

/* ---- running again --------------------------------------------------------------------------- */

TEST(the_version_of_a_transaction_that_runs_again_is_an_estimate)
{
    struct mv_world *w = mv_world_new(4);
    write_word(w, TX(0), SLOT_A, 10);
    write_word(w, TX(1), SLOT_A, 11);
    mv_retract(w->mv, TX(1));
    CHECK_EQ(blocked_word(w, TX(2), SLOT_A), 1);
    (void)begin(w, TX(1));
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 10); /* its own is none of its business */
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 0);
    mv_world_free(w);
}

TEST(a_later_attempt_gives_its_versions_other_values)
{
    struct mv_world *w = mv_world_new(3);
    write_word(w, TX(1), SLOT_A, 11);
    uint64_t versions = mv_counts(w->mv).versions;
    mv_retract(w->mv, TX(1));
    write_word(w, TX(1), SLOT_A, 12);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 12);
    CHECK_EQ(mv_counts(w->mv).versions, versions);
    mv_world_free(w);
}

TEST(what_a_later_attempt_does_not_write_again_goes)
{
    struct mv_world *w = mv_world_new(3);
    write_word(w, TX(0), SLOT_A, 10);
    put_word(w, TX(1), SLOT_A, 11);
    put_word(w, TX(1), SLOT_B, 12);
    (void)publish(w, TX(1));
    mv_retract(w->mv, TX(1));
    write_word(w, TX(1), SLOT_B, 13);
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 10);
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 13);
    mv_world_free(w);
}

TEST(what_went_may_come_back)
{
    struct mv_world *w = mv_world_new(3);
    for (unsigned i = 0; i < 10; i++) {
        write_word(w, TX(1), SLOT_A, 20 + i);
        (void)begin(w, TX(2));
        CHECK_EQ(read_word(w, TX(2), SLOT_A), 20 + i);
        mv_retract(w->mv, TX(1));
        (void)begin(w, TX(2));
        CHECK_EQ(blocked_word(w, TX(2), SLOT_A), 1);
        write_nothing(w, TX(1));
        (void)begin(w, TX(2));
        CHECK_EQ(read_word(w, TX(2), SLOT_A), 0);
    }
    mv_world_free(w);
}

TEST(retracting_twice_or_without_writes_is_fine)
{
    struct mv_world *w = mv_world_new(3);
    mv_retract(w->mv, TX(0)); /* never published */
    write_word(w, TX(0), SLOT_A, 1);
    mv_retract(w->mv, TX(0));
    mv_retract(w->mv, TX(0));
    CHECK_EQ(blocked_word(w, TX(1), SLOT_A), 0);
    write_nothing(w, TX(0));
    mv_retract(w->mv, TX(0));
    (void)begin(w, TX(1));
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    mv_world_free(w);
}

TEST(all_kinds_of_versions_become_estimates_and_go)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 100, 1);
    for (unsigned round = 0; round < 2; round++) {
        put_balance(w, TX(0), XENIA, 5);
        put_nonce(w, TX(0), XENIA, 8);
        put_code(w, TX(0), XENIA, 0xcc, BYTES_EMPTY);
        put_reset(w, TX(0), XENIA);
        (void)publish(w, TX(0));
        mv_retract(w->mv, TX(0));
        (void)begin(w, TX(1));
        CHECK_EQ(blocked_account(w, TX(1), XENIA, VIEW_BALANCE), 0);
        CHECK_EQ(blocked_account(w, TX(1), XENIA, VIEW_NONCE), 0);
        CHECK_EQ(blocked_account(w, TX(1), XENIA, VIEW_CODE_HASH), 0);
        CHECK_EQ(blocked_account(w, TX(1), XENIA, VIEW_EXISTENCE), 0);
        CHECK_EQ(blocked_word(w, TX(1), SLOT_A), 0);
        CHECK_EQ(blocked_has_storage(w, TX(1), XENIA), 0);
        write_nothing(w, TX(0));
        (void)begin(w, TX(1));
        CHECK_EQ(read_balance(w, TX(1), XENIA), 100);
        CHECK_EQ(read_nonce(w, TX(1), XENIA), 1);
        CHECK_EQ(read_code(w, TX(1), XENIA), 0);
        CHECK(!read_has_storage(w, TX(1), XENIA));
    }
    mv_world_free(w);
}

/* ---- readers --------------------------------------------------------------------------------- */

TEST(publishing_says_how_far_readers_may_be)
{
    struct mv_world *w = mv_world_new(300);
    (void)read_word(w, TX(7), SLOT_A);
    (void)read_word(w, TX(90), SLOT_B);
    put_word(w, TX(2), SLOT_A, 1);
    CHECK(publish(w, TX(2)) >= 8);
    put_word(w, TX(3), SLOT_B, 1);
    CHECK(publish(w, TX(3)) >= 91);
    put_word(w, TX(4), SLOT_Y, 1); /* nobody has read it */
    CHECK_EQ(publish(w, TX(4)), 5);
    mv_world_free(w);
}

TEST(readers_of_any_kind_are_counted)
{
    struct mv_world *w = mv_world_new(100);
    (void)read_balance(w, TX(10), XENIA);
    (void)read_nonce(w, TX(20), XENIA);
    (void)read_code(w, TX(30), XENIA);
    put_balance(w, TX(1), XENIA, 1);
    CHECK(publish(w, TX(1)) >= 11);
    put_nonce(w, TX(2), XENIA, 1);
    CHECK(publish(w, TX(2)) >= 21);
    put_code(w, TX(3), XENIA, 1, BYTES_EMPTY);
    CHECK(publish(w, TX(3)) >= 31);
    (void)read_exists(w, TX(60), YUSUF); /* depends on all of them */
    put_balance(w, TX(4), YUSUF, 1);
    CHECK(publish(w, TX(4)) >= 61);
    put_nonce(w, TX(5), YUSUF, 1);
    CHECK(publish(w, TX(5)) >= 61);
    put_existence(w, TX(6), YUSUF, true);
    CHECK(publish(w, TX(6)) >= 61);
    mv_world_free(w);
}

TEST(readers_of_the_coinbase_are_readers_of_every_tip)
{
    struct mv_world *w = mv_world_new(100);
    write_nothing(w, TX(0));
    (void)read_balance(w, TX(1), COINBASE);
    CHECK(publish_tip(w, TX(0), 3) >= 2);
    mv_world_free(w);
}

TEST(later_readers_count_as_well)
{
    struct mv_world *w = mv_world_new(400);
    for (uint32_t tx = 5; tx < 300; tx += 7)
        (void)read_word(w, tx, SLOT_A);
    put_word(w, TX(2), SLOT_A, 1);
    CHECK(publish(w, TX(2)) >= 300 - 7);
    mv_world_free(w);
}

/* ---- what came of it ------------------------------------------------------------------------- */

TEST(changes_are_those_of_the_last_writer_below)
{
    struct mv_world *w = mv_world_new(4);
    base_slot(w, SLOT_A, 5);
    write_word(w, TX(0), SLOT_A, 10);
    write_word(w, TX(1), SLOT_B, 11);
    write_word(w, TX(2), SLOT_A, 12);
    write_word(w, TX(3), SLOT_Y, 13);
    uint64_t value;
    CHECK(!changed_word(w, TX(0), SLOT_A, &value));
    CHECK(changed_word(w, TX(1), SLOT_A, &value));
    CHECK_EQ(value, 10);
    CHECK(!changed_word(w, TX(1), SLOT_B, &value));
    CHECK(changed_word(w, TX(3), SLOT_A, &value));
    CHECK_EQ(value, 12);
    CHECK(!changed_word(w, TX(3), SLOT_Y, &value));
    CHECK(changed_word(w, TX(4), SLOT_Y, &value));
    mv_world_free(w);
}

TEST(what_was_only_read_is_no_change)
{
    struct mv_world *w = mv_world_new(2);
    base_slot(w, SLOT_A, 5);
    base_account(w, YUSUF, 5, 1);
    (void)read_word(w, TX(0), SLOT_A);
    (void)read_balance(w, TX(0), YUSUF);
    (void)publish(w, TX(0));
    uint64_t value;
    struct mv_account_change change;
    CHECK(!changed_word(w, TX(1), SLOT_A, &value));
    CHECK(!changed_account(w, TX(1), YUSUF, &change));
    mv_world_free(w);
}

TEST(a_dead_version_is_no_change)
{
    struct mv_world *w = mv_world_new(2);
    put_word(w, TX(0), SLOT_A, 1);
    put_nonce(w, TX(0), XENIA, 3);
    (void)publish(w, TX(0));
    mv_retract(w->mv, TX(0));
    write_nothing(w, TX(0));
    uint64_t value;
    struct mv_account_change change;
    CHECK(!changed_word(w, TX(1), SLOT_A, &value));
    CHECK(!changed_account(w, TX(1), XENIA, &change));
    mv_world_free(w);
}

TEST(an_account_is_told_with_all_its_parts)
{
    static const uint8_t code[] = {1, 2, 3};
    struct mv_world *w = mv_world_new(3);
    base_account(w, XENIA, 100, 7);
    write_balance(w, TX(0), XENIA, -30);
    struct mv_account_change change;
    CHECK(changed_account(w, TX(1), XENIA, &change));
    CHECK_EQ(u256_low64(change.now.balance), 70);
    CHECK_EQ(change.now.nonce, 7);
    CHECK(change.now.exists && !change.storage_reset && change.code == NULL);
    put_code(w, TX(1), XENIA, 0xc0, bytes_of(code, sizeof code));
    put_nonce(w, TX(1), XENIA, 8);
    put_reset(w, TX(1), XENIA);
    (void)publish(w, TX(1));
    CHECK(changed_account(w, TX(2), XENIA, &change));
    CHECK_EQ(u256_low64(change.now.balance), 70);
    CHECK_EQ(change.now.nonce, 8);
    CHECK_EQ(change.now.code_hash.bytes[31], 0xc0);
    CHECK(change.storage_reset && change.code != NULL);
    CHECK_EQ(change.code->size, 3);
    CHECK(change.code->data != code); /* a copy */
    mv_world_free(w);
}

TEST(the_coinbase_has_always_changed_and_has_all_tips)
{
    struct mv_world *w = mv_world_new(3);
    base_account(w, COINBASE, 1000, 0);
    struct mv_account_change change;
    CHECK(!changed_account(w, TX(0), COINBASE, &change));
    write_tip(w, TX(0), 3);
    put_balance(w, TX(1), COINBASE, 20); /* is paid, too */
    (void)publish_tip(w, TX(1), 4);
    write_tip(w, TX(2), 0);
    CHECK(changed_account(w, TX(1), COINBASE, &change));
    CHECK_EQ(u256_low64(change.now.balance), 1003);
    CHECK(changed_account(w, TX(3), COINBASE, &change));
    CHECK_EQ(u256_low64(change.now.balance), 1027);
    mv_world_free(w);
}

TEST(words_below_a_reset_are_gone_and_those_beside_it_are_not)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    write_word(w, TX(0), SLOT_A, 10);
    put_reset(w, TX(1), XENIA);
    put_word(w, TX(1), SLOT_B, 11);
    (void)publish(w, TX(1));
    uint64_t value;
    CHECK(changed_word(w, TX(3), SLOT_A, &value));
    CHECK_EQ(value, 0);
    CHECK(changed_word(w, TX(3), SLOT_B, &value));
    CHECK_EQ(value, 11);
    mv_world_free(w);
}

static bool refuse_account(void *context, const struct mv_account_change *change)
{
    (void)change;
    ++*(unsigned *)context;
    return false;
}

static bool refuse_slot(void *context, const address *who, const struct mv_slot_change *change)
{
    (void)who, (void)change;
    ++*(unsigned *)context;
    return false;
}

TEST(a_visitor_may_say_that_it_has_no_memory)
{
    struct mv_world *w = mv_world_new(1);
    unsigned visits = 0;
    write_word(w, TX(0), SLOT_A, 1);
    CHECK_EQ(mv_each_account(w->mv, TX(1), refuse_account, &visits), PEVM_NO_MEMORY);
    CHECK_EQ(mv_each_slot(w->mv, TX(1), refuse_slot, &visits), PEVM_NO_MEMORY);
    CHECK_EQ(visits, 2);
    mv_world_free(w);
}

TEST(a_base_that_cannot_be_read_is_told_at_the_end)
{
    struct mv_world *w = mv_world_new(1);
    unsigned visits = 0;
    write_balance(w, TX(0), XENIA, 1);
    w->is_broken = true;
    CHECK_EQ(mv_each_account(w->mv, TX(1), refuse_account, &visits), PEVM_STATE_UNREADABLE);
    CHECK_EQ(visits, 0);
    mv_world_free(w);
}

/* ---- block after block ----------------------------------------------------------------------- */

TEST(nothing_of_a_block_is_left_in_the_next)
{
    struct mv_world *w = mv_world_new(3);
    base_slot(w, SLOT_A, 5);
    base_account(w, XENIA, 50, 5);
    put_word(w, TX(0), SLOT_A, 10);
    put_balance(w, TX(0), XENIA, 10);
    put_nonce(w, TX(0), XENIA, 10);
    put_code(w, TX(0), XENIA, 0xaa, BYTES_EMPTY);
    put_reset(w, TX(0), XENIA);
    (void)publish_tip(w, TX(0), 10);
    mv_retract(w->mv, TX(0));
    mv_world_next(w, 3);
    CHECK_EQ(mv_counts(w->mv).versions, 0);
    CHECK_EQ(mv_counts(w->mv).bytes, 0);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 5);
    CHECK_EQ(read_balance(w, TX(1), XENIA), 50);
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 5);
    CHECK_EQ(read_code(w, TX(1), XENIA), 0);
    CHECK(read_has_storage(w, TX(1), XENIA)); /* the base's */
    (void)publish(w, TX(1));
    write_nothing(w, TX(0));
    CHECK(holds(w, TX(1)));
    CHECK_EQ(read_balance(w, TX(2), COINBASE), 0);
    mv_world_free(w);
}

TEST(the_base_may_be_another_in_the_next_block)
{
    struct mv_world *w = mv_world_new(1);
    base_slot(w, SLOT_A, 5);
    CHECK_EQ(read_word(w, TX(0), SLOT_A), 5);
    base_slot(w, SLOT_A, 6);
    mv_world_next(w, 1);
    CHECK_EQ(read_word(w, TX(0), SLOT_A), 6);
    mv_world_free(w);
}

TEST(in_steady_state_a_block_takes_nothing_from_the_heap)
{
    struct mv_world *w = mv_world_new(50);
    uint64_t calls = 0;
    for (unsigned round = 0; round < 4; round++) {
        if (round == 2) calls = heap_calls();
        for (uint32_t tx = 0; tx < 50; tx++) {
            (void)read_word(w, tx, SLOT_A);
            put_word(w, tx, SLOT_A, tx);
            put_balance(w, tx, XENIA, 1);
            (void)publish(w, tx);
        }
        mv_world_next(w, 50);
    }
    CHECK_EQ(heap_calls(), calls);
    mv_world_free(w);
}

/* Entries of the tables carry the number of their block in 16 bits. */
TEST(old_entries_stay_old_when_the_numbers_of_blocks_begin_again)
{
    struct mv_world *w = mv_world_new(2);
    mv_world_next(w, 2);
    write_word(w, TX(0), SLOT_A, 10);
    for (unsigned i = 0; i < 65535; i++) /* until the number is the same */
        mv_world_next(w, 2);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    write_word(w, TX(0), SLOT_A, 11);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 11);
    mv_world_next(w, 2);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    mv_world_free(w);
}

TEST(a_block_has_fewer_than_16_million_transactions)
{
    struct mv_world *w = mv_world_new(1);
    w->block.tx_count = MV_TX_MAX;
    CHECK_EQ(mv_begin(w->mv, &w->block), PEVM_LIMIT);
    mv_world_next(w, 1);
    mv_world_free(w);
}

TEST(a_block_may_have_no_transactions)
{
    struct mv_world *w = mv_world_new(0);
    struct mv_account_change change;
    CHECK(!changed_account(w, TX(0), COINBASE, &change));
    mv_frontier_set(w->mv, 0);
    mv_world_free(w);
}

TEST(free_takes_null)
{
    mv_free(NULL);
}

/* ---- no room --------------------------------------------------------------------------------- */

static address numbered(uint32_t number)
{
    address who = {{0x33}};
    memcpy(who.bytes + 16, &number, sizeof number);
    return who;
}

TEST(a_table_that_is_full_says_no_and_is_as_good_as_new_in_the_next_block)
{
    struct mv_world *w = mv_world_new(2);
    for (unsigned round = 0; round < 2; round++) {
        struct mv_attempt *attempt = begin(w, TX(0));
        struct view view = mv_attempt_view(attempt);
        struct view_account account;
        enum view_answer answer = VIEW_OK;
        uint32_t count = 0;
        for (; answer == VIEW_OK && count < 1000000; count++) {
            address who = numbered(count);
            answer = view.ops->account(view.context, &who, VIEW_NONCE, &account);
        }
        CHECK_EQ(answer, VIEW_FAILED);
        CHECK(attempt->out_of_memory);
        CHECK(count > w->block.locations_expected);
        address first = numbered(0), new = numbered(count + 1);
        CHECK_EQ(view.ops->account(view.context, &first, VIEW_NONCE, &account), VIEW_OK);
        CHECK(!mv_write_nonce(attempt, &new, 1));
        mv_world_next(w, 2);
        write_nonce(w, TX(0), XENIA, 4);
        CHECK_EQ(read_nonce(w, TX(1), XENIA), 4);
        mv_world_next(w, 2);
    }
    mv_world_free(w);
}

TEST(a_table_of_slots_that_is_full_says_no)
{
    struct mv_world *w = mv_world_new(2);
    struct mv_attempt *attempt = begin(w, TX(0));
    struct view view = mv_attempt_view(attempt);
    address who = mv_world_address(XENIA);
    enum view_answer answer = VIEW_OK;
    u256 value, key = U256_ZERO;
    uint32_t count = 0;
    for (; answer == VIEW_OK && count < 1000000; count++) {
        key = u256_from_u64(count);
        answer = view.ops->slot(view.context, &who, &key, &value);
    }
    CHECK_EQ(answer, VIEW_FAILED);
    CHECK(attempt->out_of_memory);
    CHECK(count > w->block.locations_expected);
    CHECK(!mv_write_slot(attempt, &who, &key, &value));
    mv_world_next(w, 2);
    write_word(w, TX(0), SLOT_A, 4);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 4);
    mv_world_free(w);
}

TEST(tables_grow_between_blocks)
{
    struct mv_world *w = mv_world_new(1);
    w->block.locations_expected = 20000;
    mv_world_next(w, 1);
    struct view view = mv_attempt_view(begin(w, TX(0)));
    for (uint32_t i = 0; i < 20000; i++) {
        address who = numbered(i);
        struct view_account account;
        CHECK_EQ(view.ops->account(view.context, &who, VIEW_NONCE, &account), VIEW_OK);
    }
    CHECK(mv_counts(w->mv).accounts >= 20000);
    mv_world_free(w);
}

TEST(the_memory_limit_ends_a_publication_and_nothing_is_visible)
{
    struct budget budget;
    struct mv_options options = {.workers = 1, .budget = &budget};
    budget_init(&budget, (size_t)4 << 20);
    struct mv_world *w = mv_world_with(2, &options);
    for (unsigned round = 0; round < 2; round++) {
        address who = mv_world_address(XENIA);
        bool fits = true;
        struct mv_attempt *attempt = NULL;
        for (uint64_t i = 0; fits && i < 1000000; i++) {
            u256 word = u256_from_u64(i), key = U256_ZERO;
            attempt = begin(w, TX(0));
            fits = mv_write_slot(attempt, &who, &key, &word) && try_publish(w, TX(0));
        }
        CHECK(!fits && attempt->out_of_memory);
        CHECK(mv_counts(w->mv).bytes <= budget.max);
        CHECK(budget_refused(&budget) > 0);
        mv_world_next(w, 2);
        write_word(w, TX(0), SLOT_A, 7);
        CHECK_EQ(read_word(w, TX(1), SLOT_A), 7);
        if (round == 0) mv_trim(w->mv);
        if (round == 0) CHECK_EQ(budget_held(&budget), 0);
        mv_world_next(w, 2);
    }
    mv_world_free(w);
    CHECK_EQ(budget_held(&budget), 0);
}

/* Each call that takes memory fails in turn: first all of them from there on, then that one alone. */
static void new_without_memory(uint64_t count)
{
    struct mv *mv;
    enum pevm_status status = PEVM_NO_MEMORY;
    for (uint64_t k = 0; status == PEVM_NO_MEMORY; k++) {
        assert_true(k < 100);
        heap_fail(k, count);
        status = mv_new(&mv, &(struct mv_options){.workers = 2});
        heap_fail(0, 0);
        if (status == PEVM_NO_MEMORY) assert_null(mv);
    }
    assert_int_equal(status, PEVM_OK);
    mv_free(mv);
}

TEST(without_memory_there_is_no_new_one)
{
    new_without_memory(UINT64_MAX);
    new_without_memory(1);
}

TEST(without_memory_a_block_does_not_begin_and_a_later_one_does)
{
    struct mv_world *w = mv_world_new(1);
    for (uint64_t k = 0; k < 3; k++) {
        heap_fail(k, 1);
        enum pevm_status status = mv_world_try_next(w, MV_WORLD_TXS - 2 + (uint32_t)k);
        heap_fail(0, 0);
        if (k == 0) CHECK_EQ(status, PEVM_NO_MEMORY);
        mv_world_next(w, 2);
        write_word(w, TX(0), SLOT_A, 7);
        CHECK_EQ(read_word(w, TX(1), SLOT_A), 7);
    }
    mv_world_free(w);
}

/* Use the arena of worker 2 up, but for `spare` entries and a few bytes that `odd` decides; says how many there were. */
static uint32_t fill(struct mv_world *w, uint32_t odd, uint32_t count_max)
{
    static const uint8_t code[256];
    uint32_t count = 0;
    w->workers[0] = 2;
    put_code(w, TX(0), ZOE, 1, bytes_of(code, 1 + odd * 16));
    need_exactly(w, TX(0), ZOE, 0); /* from here on it takes memory from the arena alone */
    heap_fail(0, UINT64_MAX);
    address zoe = mv_world_address(ZOE);
    struct mv_attempt *attempt = &w->attempts[0];
    while (count < count_max && mv_log_balance(attempt, &zoe, &U256_ZERO, &U256_ZERO, true)) {
        attempt->read_count = 0;
        count++;
    }
    return count;
}

/* TX(1) runs again, and memory ends at every place of its publication in turn. Then nothing of that attempt is visible, what
 * the earlier one wrote is still expected to change, and the next attempt makes all of it good. */
static void publish_without_memory(uint32_t odd, uint32_t spare, unsigned *failures)
{
    struct mv_world *w = mv_world_new(3);
    uint32_t most = fill(w, odd, UINT32_MAX);
    heap_fail(0, 0);
    mv_world_next(w, 3);
    base_account(w, XENIA, 100, 0);
    put_word(w, TX(1), SLOT_A, 1);
    put_word(w, TX(1), SLOT_B, 2);
    put_balance(w, TX(1), XENIA, 5);
    (void)publish_tip(w, TX(1), 9);
    mv_retract(w->mv, TX(1));

    w->workers[1] = 2;
    put_word(w, TX(1), SLOT_A, 3);
    put_word(w, TX(1), SLOT_Y, 4);
    put_balance(w, TX(1), XENIA, 6);
    (void)fill(w, odd, most - 2 - spare);
    bool is_published = try_publish(w, TX(1));
    heap_fail(0, 0);
    if (!is_published) {
        ++*failures;
        CHECK(w->attempts[1].out_of_memory);
        CHECK_EQ(blocked_word(w, TX(2), SLOT_A), 1);
        CHECK_EQ(blocked_word(w, TX(2), SLOT_B), 1);
        CHECK_EQ(read_word(w, TX(2), SLOT_Y), 0);
        CHECK_EQ(blocked_account(w, TX(2), XENIA, VIEW_BALANCE), 1);
    }
    w->workers[1] = 1;
    put_word(w, TX(1), SLOT_B, 5);
    put_balance(w, TX(1), XENIA, 7);
    (void)publish(w, TX(1));
    (void)begin(w, TX(2));
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 0);
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 5);
    CHECK_EQ(read_word(w, TX(2), SLOT_Y), 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 107);
    mv_world_free(w);
}

TEST(a_publication_without_memory_leaves_what_the_next_one_needs)
{
    unsigned failures = 0;
    for (uint32_t odd = 0; odd < 6; odd++)
        for (uint32_t spare = 0; spare < 3; spare++)
            publish_without_memory(odd, spare, &failures);
    CHECK(failures >= 4 && failures < 18);
}
