/* Locations in words, what a blocked or stale read was about, and the longest chain of a block that is over. */
#include "state/mv_place.h"
#include "support/mv_world.h"
#include "support/test.h"

static struct arena arena;
static address senders[8]; /* nobody, unless a test says otherwise */
static const uint64_t costs[] = {10, 20, 30, 40, 50, 60, 70, 80};

static struct mv_chain longest(struct mv_world *w, uint32_t txs)
{
    struct mv_chain chain;
    arena_init(&arena, 4096, 0);
    CHECK(mv_longest_chain(w->mv, txs, costs, senders, &arena, &chain));
    arena_fini(&arena);
    return chain;
}

static struct mv_location blocked_at(struct mv_world *w, uint32_t tx)
{
    return mv_location_of(w->mv, w->attempts[tx].reading);
}

static struct mv_location untrue(struct mv_world *w, uint32_t tx)
{
    return mv_location_of(w->mv, mv_untrue(w->mv, 0, tx, true));
}

/* ---- in words -------------------------------------------------------------------------------- */

TEST(a_blocked_read_says_what_it_was_about)
{
    struct mv_world *w = mv_world_new(3);
    write_word(w, TX(0), SLOT_B, 1);
    mv_retract(w->mv, TX(0));
    CHECK_EQ(blocked_word(w, TX(1), SLOT_B), 0);
    struct mv_location at = blocked_at(w, TX(1));
    address xenia = mv_world_address(XENIA);
    CHECK_EQ(at.kind, MV_AT_SLOT);
    CHECK(memcmp(&at.who, &xenia, sizeof xenia) == 0);
    write_nonce(w, TX(0), ZOE, 3);
    mv_retract(w->mv, TX(0));
    CHECK_EQ(blocked_account(w, TX(1), ZOE, VIEW_NONCE), 0);
    at = blocked_at(w, TX(1));
    address zoe = mv_world_address(ZOE);
    CHECK_EQ(at.kind, MV_AT_NONCE);
    CHECK(memcmp(&at.who, &zoe, sizeof zoe) == 0);
    mv_world_free(w);
}

TEST(a_read_that_does_not_hold_says_which)
{
    struct mv_world *w = mv_world_new(3);
    (void)read_word(w, TX(2), SLOT_A);
    (void)read_nonce(w, TX(2), YUSUF);
    (void)publish(w, TX(2));
    CHECK_EQ(mv_untrue(w->mv, 0, TX(2), true), MV_NOBODY);
    write_nonce(w, TX(1), YUSUF, 5);
    struct mv_location at = untrue(w, TX(2));
    address yusuf = mv_world_address(YUSUF);
    CHECK_EQ(at.kind, MV_AT_NONCE);
    CHECK(memcmp(&at.who, &yusuf, sizeof yusuf) == 0);
    write_word(w, TX(0), SLOT_A, 5);
    CHECK_EQ(untrue(w, TX(2)).kind, MV_AT_SLOT);
    mv_world_free(w);
}

TEST(what_is_no_place_is_nowhere)
{
    struct mv_world *w = mv_world_new(1);
    CHECK_EQ(mv_location_of(w->mv, MV_NOBODY).kind, MV_AT_NOWHERE);
    CHECK_EQ(mv_location_of(w->mv, 5000000).kind, MV_AT_NOWHERE);
    CHECK_TEXT(mv_location_name(MV_AT_NOWHERE), "unknown");
    CHECK_TEXT(mv_location_name(MV_AT_SLOT), "slot");
    mv_world_free(w);
}

/* ---- the longest chain ----------------------------------------------------------------------- */

TEST(without_conflicts_the_dearest_transaction_is_the_chain)
{
    struct mv_world *w = mv_world_new(3);
    write_word(w, TX(0), SLOT_A, 1);
    write_word(w, TX(1), SLOT_B, 1);
    write_nothing(w, TX(2));
    struct mv_chain chain = longest(w, 3);
    CHECK_EQ(chain.cost, 30);
    CHECK_EQ(chain.txs, 1);
    mv_world_free(w);
}

TEST(who_reads_what_another_wrote_comes_after_it)
{
    struct mv_world *w = mv_world_new(4);
    write_word(w, TX(0), SLOT_A, 1);
    write_word(w, TX(1), SLOT_B, 1);
    (void)read_word(w, TX(2), SLOT_A);
    put_word(w, TX(2), SLOT_A, 2);
    (void)publish(w, TX(2));
    (void)read_word(w, TX(3), SLOT_A);
    (void)publish(w, TX(3));
    struct mv_chain chain = longest(w, 4);
    CHECK_EQ(chain.cost, 10 + 30 + 40);
    CHECK_EQ(chain.txs, 3);
    CHECK_EQ(longest(w, 2).cost, 20);
    mv_world_free(w);
}

TEST(payments_come_in_any_order_and_who_needs_the_sum_after_all_of_them)
{
    struct mv_world *w = mv_world_new(5);
    base_account(w, ZOE, 100, 0);
    write_balance(w, TX(0), ZOE, 5);
    write_balance(w, TX(1), ZOE, 5);
    (void)read_balance(w, TX(2), ZOE);
    need_at_least(w, TX(2), ZOE, 110, 60); /* she had so much before */
    (void)publish(w, TX(2));
    CHECK_EQ(longest(w, 3).txs, 1);
    (void)read_balance(w, TX(3), ZOE);
    need_at_least(w, TX(3), ZOE, 110, 105); /* she had not */
    (void)publish(w, TX(3));
    struct mv_chain chain = longest(w, 4);
    CHECK_EQ(chain.cost, 20 + 40);
    CHECK_EQ(chain.txs, 2);
    (void)read_balance(w, TX(4), ZOE);
    need_exactly(w, TX(4), ZOE, 110);
    (void)publish(w, TX(4));
    CHECK_EQ(longest(w, 5).cost, 20 + 50);
    mv_world_free(w);
}

TEST(who_asks_for_the_coinbase_waits_for_everybody)
{
    struct mv_world *w = mv_world_new(3);
    write_tip(w, TX(0), 1);
    write_tip(w, TX(1), 2);
    (void)read_balance(w, TX(2), COINBASE);
    need_exactly(w, TX(2), COINBASE, 3);
    (void)publish(w, TX(2));
    struct mv_chain chain = longest(w, 3);
    CHECK_EQ(chain.cost, 20 + 30);
    CHECK_EQ(chain.txs, 2);
    mv_world_free(w);
}

TEST(the_nonce_of_the_sender_is_known_and_that_of_others_is_not)
{
    struct mv_world *w = mv_world_new(2);
    write_nonce(w, TX(0), ZOE, 1);
    (void)read_nonce(w, TX(1), ZOE);
    (void)publish(w, TX(1));
    CHECK_EQ(longest(w, 2).txs, 2);
    senders[1] = mv_world_address(ZOE);
    CHECK_EQ(longest(w, 2).txs, 1);
    (void)begin_predicted(w, TX(1), ZOE, 1);
    (void)read_nonce(w, TX(1), ZOE);
    (void)publish(w, TX(1));
    CHECK_EQ(longest(w, 2).txs, 1);
    senders[1] = (address){{0}};
    mv_world_free(w);
}

TEST(a_reset_comes_before_the_slots_that_are_read_after_it)
{
    struct mv_world *w = mv_world_new(2);
    put_reset(w, TX(0), XENIA);
    (void)publish(w, TX(0));
    (void)read_word(w, TX(1), SLOT_A);
    (void)publish(w, TX(1));
    CHECK_EQ(longest(w, 2).txs, 2);
    mv_world_free(w);
}

TEST(without_memory_there_is_no_chain)
{
    struct mv_world *w = mv_world_new(1);
    struct mv_chain chain;
    write_nothing(w, TX(0));
    arena_init(&arena, 64, 128);
    CHECK(!mv_longest_chain(w->mv, 1, costs, senders, &arena, &chain));
    arena_fini(&arena);
    mv_world_free(w);
}
