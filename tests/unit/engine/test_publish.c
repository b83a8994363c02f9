/* Journals of one transaction, published into a multi-version state: what those above see of it, and what it depends on. */
#include "base/heap.h"
#include "crypto/keccak.h"
#include "engine/publish.h"
#include "evm/code.h"
#include "support/mv_world.h"
#include "support/test.h"

struct stage {
    struct mv_world *w;
    struct code_cache *codes;
    struct journal journal;
    struct block_env env;
    struct view view;
};

static struct stage *stage_new(enum fork fork)
{
    struct stage *stage = heap_alloc_zeroed(1, sizeof *stage);
    assert_non_null(stage);
    stage->w = mv_world_new(8);
    stage->w->block.keeps_empty = fork < FORK_SPURIOUS_DRAGON;
    mv_world_next(stage->w, 8);
    stage->codes = code_cache_new(1 << 20);
    assert_non_null(stage->codes);
    assert_true(journal_init(&stage->journal, stage->codes));
    stage->env.rules.fork = fork;
    stage->env.coinbase = mv_world_address(COINBASE);
    return stage;
}

static void stage_free(struct stage *stage)
{
    journal_fini(&stage->journal);
    code_cache_free(stage->codes);
    mv_world_free(stage->w);
    heap_free(stage);
}

static void start(struct stage *stage, uint32_t tx)
{
    stage->view = mv_attempt_view(begin(stage->w, tx));
    journal_begin(&stage->journal, &stage->view, stage->env.rules.fork);
}

static struct account_entry *entry(struct stage *stage, unsigned who, unsigned parts)
{
    address account = mv_world_address(who);
    struct account_entry *found = journal_account(&stage->journal, &account);
    assert_non_null(found);
    if (parts != 0) assert_int_equal(journal_account_load(&stage->journal, found, parts), VIEW_OK);
    return found;
}

/* Slots as mv_world numbers them. */
static struct slot_entry *slot(struct stage *stage, unsigned number)
{
    u256 key = {
        {number, 0, 0, 7}
    };
    struct slot_entry *found = journal_slot(&stage->journal, entry(stage, XENIA, 0), &key);
    assert_non_null(found);
    assert_int_equal(journal_slot_load(&stage->journal, found), VIEW_OK);
    return found;
}

static void write(struct stage *stage, unsigned number, uint64_t value)
{
    u256 word = u256_from_u64(value);
    assert_true(journal_slot_write(&stage->journal, slot(stage, number), &word));
}

static void credit(struct stage *stage, unsigned who, uint64_t amount)
{
    u256 value = u256_from_u64(amount);
    assert_true(journal_credit(&stage->journal, entry(stage, who, 0), &value));
}

static void debit(struct stage *stage, unsigned who, uint64_t amount)
{
    u256 value = u256_from_u64(amount);
    bool can_pay;
    struct account_entry *account = entry(stage, who, 0);
    assert_int_equal(journal_can_pay(&stage->journal, account, &value, &can_pay), VIEW_OK);
    assert_true(can_pay);
    assert_true(journal_debit(&stage->journal, account, &value));
}

static void finish(struct stage *stage, uint32_t tx)
{
    uint32_t readers_to;
    assert_true(
        publish_journal(&stage->w->attempts[tx], &stage->journal, &stage->env, &readers_to));
    stage->w->is_open[tx] = false;
    mv_validate(stage->w->mv);
}

/* ---- what those above see ---------------------------------------------------------------------- */

TEST(all_that_changed_is_seen_above_and_nothing_below)
{
    static const uint8_t code[] = {0x60, 0x01};
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_account(w, XENIA, 100, 4);
    start(stage, TX(1));
    write(stage, SLOT_A, 9);
    debit(stage, XENIA, 30);
    credit(stage, YUSUF, 30);
    assert_true(journal_set_nonce(&stage->journal, entry(stage, XENIA, VIEW_NONCE), 5));
    assert_true(journal_set_code(
        &stage->journal, entry(stage, XENIA, VIEW_CODE_HASH), bytes_of(code, sizeof code)));
    finish(stage, TX(1));
    CHECK_EQ(read_word(w, TX(2), SLOT_A), 9);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 70);
    CHECK_EQ(read_balance(w, TX(2), YUSUF), 30);
    CHECK_EQ(read_nonce(w, TX(2), XENIA), 5);
    struct mv_account_change change;
    write_nothing(w, TX(0));
    CHECK(changed_account(w, TX(2), XENIA, &change));
    CHECK(change.code != NULL && bytes_equal(*change.code, bytes_of(code, sizeof code)));
    CHECK_EQ(read_word(w, TX(0), SLOT_A), 0);
    CHECK_EQ(read_balance(w, TX(0), XENIA), 100);
    CHECK_EQ(read_nonce(w, TX(0), XENIA), 4);
    stage_free(stage);
}

TEST(what_was_undone_or_written_back_is_no_write)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_slot(w, SLOT_A, 5);
    base_account(w, XENIA, 100, 4);
    start(stage, TX(0));
    write(stage, SLOT_A, 6);
    write(stage, SLOT_A, 5);
    struct journal_checkpoint checkpoint = journal_checkpoint(&stage->journal);
    write(stage, SLOT_B, 7);
    credit(stage, YUSUF, 3);
    assert_true(journal_set_nonce(&stage->journal, entry(stage, XENIA, VIEW_NONCE), 5));
    journal_revert(&stage->journal, checkpoint);
    finish(stage, TX(0));
    uint64_t value;
    struct mv_account_change change;
    CHECK(!changed_word(w, TX(1), SLOT_A, &value));
    CHECK(!changed_word(w, TX(1), SLOT_B, &value));
    CHECK(!changed_account(w, TX(1), XENIA, &change));
    CHECK(!changed_account(w, TX(1), YUSUF, &change));
    stage_free(stage);
}

TEST(what_the_coinbase_gets_is_a_tip)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_account(w, COINBASE, 1000, 0);
    start(stage, TX(0));
    credit(stage, COINBASE, 7);
    finish(stage, TX(0));
    start(stage, TX(1));
    debit(stage, COINBASE, 100); /* it can also be less than nothing */
    finish(stage, TX(1));
    CHECK_EQ(mv_counts(w->mv).versions, 0);
    CHECK_EQ(read_balance(w, TX(1), COINBASE), 1007);
    CHECK_EQ(read_balance(w, TX(2), COINBASE), 907);
    stage_free(stage);
}

/* ---- what it depends on ------------------------------------------------------------------------ */

TEST(words_that_were_read_must_stay)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    start(stage, TX(1));
    (void)slot(stage, SLOT_A);
    finish(stage, TX(1));
    CHECK(holds(w, TX(1)));
    write_word(w, TX(0), SLOT_B, 1);
    CHECK(holds(w, TX(1)));
    write_word(w, TX(0), SLOT_A, 1);
    CHECK(!holds(w, TX(1)));
    stage_free(stage);
}

TEST(a_mere_recipient_depends_on_nothing)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    start(stage, TX(1));
    credit(stage, XENIA, 5);
    finish(stage, TX(1));
    CHECK_EQ(w->account_reads, 1); /* so that it is known to be readable */
    write_balance(w, TX(0), XENIA, 1000);
    CHECK(holds(w, TX(1)));
    CHECK_EQ(read_balance(w, TX(2), XENIA), 1005);
    stage_free(stage);
}

/* What came of him will be asked for when all is done: then it is too late to say which transaction was at fault. */
TEST(a_recipient_that_cannot_be_read_is_found_out_at_once)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    uint32_t readers_to;
    start(stage, TX(1));
    credit(stage, XENIA, 5);
    w->is_broken = true;
    CHECK(!publish_journal(&w->attempts[1], &stage->journal, &stage->env, &readers_to));
    CHECK(!w->attempts[1].out_of_memory);
    w->is_broken = false;
    start(stage, TX(1));
    credit(stage, COINBASE, 5); /* is paid by everybody, and asked for when a block begins */
    w->is_broken = true;
    CHECK(publish_journal(&w->attempts[1], &stage->journal, &stage->env, &readers_to));
    w->is_open[1] = false;
    stage_free(stage);
}

TEST(who_pays_depends_on_having_enough)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_account(w, XENIA, 100, 0);
    start(stage, TX(1));
    debit(stage, XENIA, 60);
    finish(stage, TX(1));
    write_balance(w, TX(0), XENIA, -40);
    CHECK(holds(w, TX(1)));
    CHECK_EQ(read_balance(w, TX(2), XENIA), 0);
    write_balance(w, TX(0), XENIA, -41);
    CHECK(!holds(w, TX(1)));
    stage_free(stage);
}

TEST(who_cannot_pay_depends_on_not_having_enough)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_account(w, XENIA, 100, 0);
    start(stage, TX(1));
    u256 much = u256_from_u64(101);
    bool can_pay;
    assert_int_equal(journal_can_pay(&stage->journal, entry(stage, XENIA, 0), &much, &can_pay),
                     VIEW_OK);
    CHECK(!can_pay);
    finish(stage, TX(1));
    CHECK(holds(w, TX(1)));
    write_balance(w, TX(0), XENIA, 1);
    CHECK(!holds(w, TX(1)));
    stage_free(stage);
}

TEST(who_asks_for_a_balance_depends_on_the_very_number)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    base_account(w, XENIA, 100, 0);
    start(stage, TX(1));
    assert_int_equal(journal_balance(&stage->journal, entry(stage, XENIA, 0)), VIEW_OK);
    finish(stage, TX(1));
    CHECK(holds(w, TX(1)));
    write_balance(w, TX(0), XENIA, 1);
    CHECK(!holds(w, TX(1)));
    stage_free(stage);
}

TEST(nothing_published_is_still_what_was_read)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    uint32_t readers_to;
    base_account(w, XENIA, 100, 0);
    start(stage, TX(1));
    (void)slot(stage, SLOT_A);
    debit(stage, XENIA, 60);
    write(stage, SLOT_B, 8);
    CHECK(publish_nothing(&w->attempts[1], &stage->journal, &readers_to));
    w->is_open[1] = false;
    CHECK(holds(w, TX(1)));
    CHECK_EQ(read_word(w, TX(2), SLOT_B), 0);
    CHECK_EQ(read_balance(w, TX(2), XENIA), 100);
    write_balance(w, TX(0), XENIA, -50);
    CHECK(!holds(w, TX(1)));
    write_word(w, TX(0), SLOT_A, 1);
    CHECK(!holds(w, TX(1)));
    stage_free(stage);
}

/* ---- coming and going -------------------------------------------------------------------------- */

TEST(a_contract_that_ends_leaves_nothing)
{
    struct stage *stage = stage_new(FORK_LONDON);
    struct mv_world *w = stage->w;
    base_account(w, XENIA, 100, 1);
    base_code(w, XENIA, 0xcc);
    base_slot(w, SLOT_A, 5);
    start(stage, TX(0));
    struct account_entry *xenia = entry(stage, XENIA, VIEW_ALL_PARTS);
    write(stage, SLOT_B, 6);
    assert_true(journal_destroy(&stage->journal, xenia));
    finish(stage, TX(0));
    CHECK(!read_exists(w, TX(1), XENIA));
    CHECK(read_empty(w, TX(1), XENIA));
    CHECK_EQ(read_balance(w, TX(1), XENIA), 0);
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 0);
    CHECK_EQ(read_code(w, TX(1), XENIA), 0);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 0);
    CHECK_EQ(read_word(w, TX(1), SLOT_B), 0);
    struct mv_account_change change;
    CHECK(changed_account(w, TX(1), XENIA, &change));
    CHECK(!change.now.exists && change.storage_reset);
    stage_free(stage);
}

TEST(a_contract_that_is_made_and_ends_at_once_resets_nothing)
{
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    start(stage, TX(0));
    struct account_entry *xenia = entry(stage, XENIA, VIEW_ALL_PARTS);
    assert_true(journal_create(&stage->journal, xenia, 1));
    assert_true(journal_destroy(&stage->journal, xenia));
    finish(stage, TX(0));
    struct mv_account_change change;
    CHECK(changed_account(w, TX(1), XENIA, &change));
    CHECK(!change.now.exists && !change.storage_reset);
    stage_free(stage);
}

TEST(an_empty_account_that_was_touched_only_stops_existing)
{
    struct stage *stage = stage_new(FORK_SPURIOUS_DRAGON);
    struct mv_world *w = stage->w;
    base_exists(w, XENIA);
    start(stage, TX(0));
    struct account_entry *xenia = entry(stage, XENIA, VIEW_ALL_PARTS);
    assert_true(journal_touch(&stage->journal, xenia));
    xenia->destroyed = true; /* as the end of a transaction finds out (EIP-161) */
    finish(stage, TX(0));
    CHECK_EQ(mv_counts(w->mv).versions > 0, true);
    CHECK(!read_exists(w, TX(1), XENIA));
    struct mv_account_change change;
    CHECK(changed_account(w, TX(1), XENIA, &change));
    CHECK(!change.now.exists && !change.storage_reset && change.code == NULL);
    stage_free(stage);
}

TEST(before_spurious_dragon_a_touched_account_exists_from_then_on)
{
    struct stage *stage = stage_new(FORK_FRONTIER);
    struct mv_world *w = stage->w;
    start(stage, TX(0));
    assert_true(journal_touch(&stage->journal, entry(stage, XENIA, VIEW_EXISTENCE)));
    finish(stage, TX(0));
    CHECK(read_exists(w, TX(1), XENIA));
    CHECK(read_empty(w, TX(1), XENIA));
    CHECK(!read_exists(w, TX(0), XENIA));
    stage_free(stage);
}

TEST(a_new_contract_is_seen_with_code_nonce_and_slots)
{
    static const uint8_t code[] = {0x00};
    struct stage *stage = stage_new(FORK_OSAKA);
    struct mv_world *w = stage->w;
    start(stage, TX(0));
    struct account_entry *xenia = entry(stage, XENIA, VIEW_ALL_PARTS);
    assert_true(journal_create(&stage->journal, xenia, 1));
    assert_true(journal_set_code(&stage->journal, xenia, bytes_of(code, sizeof code)));
    write(stage, SLOT_A, 3);
    finish(stage, TX(0));
    CHECK(read_exists(w, TX(1), XENIA) && !read_empty(w, TX(1), XENIA));
    CHECK_EQ(read_nonce(w, TX(1), XENIA), 1);
    CHECK_EQ(read_word(w, TX(1), SLOT_A), 3);
    struct mv_account_change change;
    CHECK(changed_account(w, TX(1), XENIA, &change));
    CHECK(change.code != NULL && change.code->size == 1);
    stage_free(stage);
}

/* ---- no memory --------------------------------------------------------------------------------- */

/* Each call that takes memory fails in turn; what fails shows nothing, and the next attempt is as good as the first. */
TEST(without_memory_nothing_is_published)
{
    bool is_published = false;
    for (uint64_t k = 0; !is_published; k++) {
        struct stage *stage = stage_new(FORK_OSAKA);
        struct mv_world *w = stage->w;
        uint32_t readers_to;
        base_account(w, XENIA, 100, 4);
        w->workers[0] = 3; /* which has no memory of its own yet */
        start(stage, TX(0));
        credit(stage, YUSUF, 30);
        credit(stage, COINBASE, 30);
        heap_fail(k, UINT64_MAX);
        is_published = publish_journal(&w->attempts[0], &stage->journal, &stage->env, &readers_to);
        heap_fail(0, 0);
        CHECK_EQ(w->attempts[0].out_of_memory, !is_published);
        CHECK_EQ(read_balance(w, TX(1), YUSUF), is_published ? 30 : 0);
        start(stage, TX(0));
        credit(stage, YUSUF, 31);
        finish(stage, TX(0));
        (void)begin(w, TX(1));
        CHECK_EQ(read_balance(w, TX(1), YUSUF), 31);
        stage_free(stage);
        assert_true(k < 20);
    }
}
