/* The multi-version state alone: rows that two workers make at once, versions that come while others read, bases that are
 * loaded once, sums that are kept. All keys have the same hash. */
#include "support/mv_world.h"
#include "support/test.h"
#include "sync/weave.h"

static struct mv_world *w;
static address xenia, coinbase;

/* ---- in threads: what may be blocked ----------------------------------------------------------- */

static u256 key_of(unsigned slot)
{
    return (u256){
        {slot, 0, 0, 7}
    };
}

struct seen {
    enum view_answer answer;
    uint64_t value;
};

static struct seen see_word(uint32_t tx, unsigned slot)
{
    struct view view = mv_attempt_view(&w->attempts[tx]);
    u256 key = key_of(slot), value = U256_ZERO;
    struct seen seen = {.answer = view.ops->slot(view.context, &xenia, &key, &value)};
    seen.value = u256_low64(value);
    return seen;
}

static struct seen see_balance(uint32_t tx, const address *who)
{
    struct view view = mv_attempt_view(&w->attempts[tx]);
    struct view_account account = {.balance = U256_ZERO};
    struct seen seen = {.answer = view.ops->account(view.context, who, VIEW_BALANCE, &account)};
    seen.value = u256_low64(account.balance);
    return seen;
}

static void put(uint32_t tx, unsigned slot, uint64_t value)
{
    u256 key = key_of(slot), word = u256_from_u64(value);
    WEAVE_CHECK(mv_write_slot(&w->attempts[tx], &xenia, &key, &word));
}

static void pay(uint32_t tx, uint64_t amount)
{
    u256 delta = u256_from_u64(amount);
    WEAVE_CHECK(mv_write_balance(&w->attempts[tx], &xenia, &delta));
}

static void show(uint32_t tx, uint64_t tip)
{
    uint32_t readers_to;
    u256 value = u256_from_u64(tip);
    WEAVE_CHECK(mv_publish(&w->attempts[tx], &value, &readers_to));
}

/* ---- schedules --------------------------------------------------------------------------------- */

/* Thread i has worker i and, at first, the attempt of TX(i). */
static void fresh(void *context)
{
    (void)context;
    mv_world_next(w, 8);
    w->slot_reads = w->account_reads = 0;
    for (uint32_t tx = 0; tx < 4; tx++) {
        w->workers[tx] = tx;
        (void)begin(w, tx);
    }
}

static void validate(void *context)
{
    (void)context;
    mv_validate(w->mv);
}

static void explore(const char *name, unsigned preemptions, struct weave_program program)
{
    w = mv_world_new(8);
    xenia = mv_world_address(XENIA);
    coinbase = mv_world_address(COINBASE);
    base_account(w, XENIA, 100, 0);
    base_account(w, COINBASE, 1000, 0);
    base_slot(w, SLOT_A, 50);
    if (program.setup == NULL) program.setup = fresh;
    if (program.check == NULL) program.check = validate;
    struct weave_options options = {
        .name = name, .delay_stores = true, .preemptions_max = preemptions};
    struct weave_result result = weave_run(&options, &program);
    CHECK(!result.failed && result.complete);
    options = (struct weave_options){.name = name, .mode = WEAVE_RANDOM, .delay_stores = true};
    CHECK(!weave_run(&options, &program).failed);
    mv_world_free(w);
}

/* ---- rows and bases ---------------------------------------------------------------------------- */

static void read_a(void *context, unsigned thread)
{
    (void)context;
    struct seen word = see_word(thread, SLOT_A), balance = see_balance(thread, &xenia);
    WEAVE_CHECK(word.answer == VIEW_OK && word.value == 50);
    WEAVE_CHECK(balance.answer == VIEW_OK && balance.value == 100);
}

static void one_row_each(void *context)
{
    validate(context);
    WEAVE_CHECK(w->slot_reads == 1 && w->account_reads == 1);
}

TEST(two_that_meet_at_a_new_location_make_one_row_and_ask_the_base_once)
{
    explore("rows",
            3,
            (struct weave_program){
                .threads = {read_a, read_a},
                  .thread_count = 2, .check = one_row_each
    });
    explore("rows of three",
            1,
            (struct weave_program){
                .threads = {read_a, read_a, read_a},
                  .thread_count = 3, .check = one_row_each
    });
}

static void read_b(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(see_word(thread, SLOT_B).value == 0);
    WEAVE_CHECK(see_word(thread, SLOT_A).value == 50);
}

TEST(two_new_locations_that_want_the_same_entry_get_one_each)
{
    explore("same hash",
            3,
            (struct weave_program){
                .threads = {read_a, read_b},
                  .thread_count = 2
    });
}

static void fresh_broken(void *context)
{
    fresh(context);
    w->is_broken = true;
}

/* The first who asks fails, or the other one does; in the end it can be read. */
static void read_or_mend(void *context, unsigned thread)
{
    (void)context;
    struct seen word = see_word(thread, SLOT_A);
    if (word.answer == VIEW_OK) {
        WEAVE_CHECK(word.value == 50);
        return;
    }
    WEAVE_CHECK(word.answer == VIEW_FAILED);
    w->is_broken = false;
    word = see_word(thread, SLOT_A);
    WEAVE_CHECK(word.answer == VIEW_OK && word.value == 50);
}

TEST(a_base_that_fails_for_one_is_asked_again_by_the_other)
{
    explore("failing base",
            3,
            (struct weave_program){
                .setup = fresh_broken, .threads = {read_or_mend, read_or_mend},
                     .thread_count = 2
    });
}

/* ---- versions ---------------------------------------------------------------------------------- */

static void write_a(void *context, unsigned thread)
{
    (void)context;
    put(thread, SLOT_A, thread);
    show(thread, 0);
}

static void words_in_order(void *context)
{
    validate(context);
    for (uint32_t tx = 1; tx < 4; tx++) {
        (void)begin(w, tx);
        WEAVE_CHECK(see_word(tx, SLOT_A).value == tx - 1);
    }
}

TEST(versions_of_one_location_are_linked_in_order)
{
    explore("link 2",
            3,
            (struct weave_program){
                .threads = {write_a, write_a},
                  .thread_count = 2
    });
    explore(
        "link 3",
        2,
        (struct weave_program){
            .threads = {write_a, write_a, write_a},
              .thread_count = 3, .check = words_in_order
    });
}

/* TX(3) looks while TX(0) and TX(1) write: what it sees was true at some moment, and later ones are not older. */
static void look_at_a(void *context, unsigned thread)
{
    (void)context, (void)thread;
    uint64_t before = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct seen word = see_word(3, SLOT_A);
        uint64_t rank = word.value == 50 ? 0 : word.value + 1;
        WEAVE_CHECK(word.answer == VIEW_OK);
        WEAVE_CHECK(word.value == 50 || word.value <= 1);
        WEAVE_CHECK(rank >= before);
        before = rank;
    }
}

TEST(a_reader_sees_a_version_or_what_was_there_before)
{
    explore("look",
            2,
            (struct weave_program){
                .threads = {write_a, write_a, look_at_a},
                  .thread_count = 3
    });
}

static void written_once(void *context)
{
    fresh(context);
    put(0, SLOT_A, 7);
    put(0, SLOT_B, 8);
    pay(0, 5);
    show(0, 3);
}

/* TX(0) runs again: writes one place again, another no more. */
static void run_again(void *context, unsigned thread)
{
    (void)context, (void)thread;
    mv_retract(w->mv, 0);
    (void)begin(w, 0);
    put(0, SLOT_A, 9);
    pay(0, 6);
    show(0, 4);
}

static void look_at_all(void *context, unsigned thread)
{
    (void)context;
    struct seen a = see_word(thread, SLOT_A), b = see_word(thread, SLOT_B);
    struct seen balance = see_balance(thread, &xenia), tips = see_balance(thread, &coinbase);
    WEAVE_CHECK(a.answer == VIEW_BLOCKED || a.value == 7 || a.value == 9);
    WEAVE_CHECK(b.answer == VIEW_BLOCKED || b.value == 8 || b.value == 0);
    WEAVE_CHECK(balance.answer == VIEW_BLOCKED || balance.value == 105 || balance.value == 106);
    WEAVE_CHECK(tips.answer == VIEW_BLOCKED || tips.value == 1003 || tips.value == 1004);
}

static void all_are_new(void *context)
{
    validate(context);
    (void)begin(w, 1);
    WEAVE_CHECK(see_word(1, SLOT_A).value == 9 && see_word(1, SLOT_B).value == 0);
    WEAVE_CHECK(see_balance(1, &xenia).value == 106 && see_balance(1, &coinbase).value == 1004);
}

TEST(a_reader_meets_an_attempt_an_estimate_or_the_next_attempt)
{
    explore("run again",
            2,
            (struct weave_program){
                .setup = written_once,
                .threads = {run_again, look_at_all},
                .thread_count = 2,
                .check = all_are_new
    });
}

/* ---- written slots of an account ---------------------------------------------------------------- */

static void write_a_and_b(void *context, unsigned thread)
{
    (void)context;
    put(thread, SLOT_A, 1);
    put(thread, SLOT_B, 2);
    show(thread, 0);
}

static void write_b_and_a(void *context, unsigned thread)
{
    (void)context;
    put(thread, SLOT_B, 2);
    put(thread, SLOT_A, 1);
    show(thread, 0);
}

static void storage_is_seen(void *context)
{
    validate(context);
    w->has_storage[XENIA] = false; /* the base's does not count */
    (void)begin(w, 2);
    mv_frontier_set(w->mv, 2);
    struct view view = mv_attempt_view(&w->attempts[2]);
    bool has = false;
    WEAVE_CHECK(view.ops->has_storage(view.context, &xenia, &has) == VIEW_OK && has);
    w->has_storage[XENIA] = true;
}

TEST(slots_that_two_write_for_the_first_time_are_listed_once_each)
{
    explore("listed",
            2,
            (struct weave_program){
                .threads = {write_a_and_b, write_b_and_a},
                .thread_count = 2,
                .check = storage_is_seen
    });
}

/* ---- sums -------------------------------------------------------------------------------------- */

static void paid_thrice(void *context)
{
    fresh(context);
    for (uint32_t tx = 0; tx < 3; tx++) {
        pay(tx, 1 + tx);
        show(tx, 10);
    }
    mv_frontier_set(w->mv, 1);
}

static void move_frontier(void *context, unsigned thread)
{
    (void)context, (void)thread;
    mv_frontier_set(w->mv, 2);
    mv_frontier_set(w->mv, 3);
}

static void sum_up(void *context, unsigned thread)
{
    (void)context, (void)thread;
    WEAVE_CHECK(see_balance(3, &xenia).value == 106);
    WEAVE_CHECK(see_balance(3, &coinbase).value == 1030);
    WEAVE_CHECK(see_balance(3, &xenia).value == 106);
}

static void sum_less(void *context, unsigned thread)
{
    (void)context, (void)thread;
    WEAVE_CHECK(see_balance(2, &xenia).value == 103);
    WEAVE_CHECK(see_balance(2, &coinbase).value == 1020);
}

TEST(sums_are_right_while_the_frontier_moves_and_others_keep_them)
{
    explore("sums of one",
            3,
            (struct weave_program){
                .setup = paid_thrice, .threads = {move_frontier, sum_up},
                     .thread_count = 2
    });
    explore(
        "sums of two",
        1,
        (struct weave_program){
            .setup = paid_thrice, .threads = {move_frontier, sum_up, sum_less},
                 .thread_count = 3
    });
}
