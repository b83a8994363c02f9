/* Does weave find what there is to find? Small programs whose outcomes are known. */
#include "sync/weave.h"

#include "support/test.h"
#include "sync/atomic.h"
#include "sync/spin.h"

static struct world {
    struct atomic64 x, y, flag;
    uint64_t seen[4][2];
    uint64_t outcomes; /* a bit for each that was met; kept between schedules */
    unsigned input;
} world;

static void clear(void *context)
{
    uint64_t outcomes = world.outcomes;
    (void)context;
    memset(&world, 0, sizeof world);
    world.outcomes = outcomes;
}

static struct weave_result explore(struct weave_options options, struct weave_program program)
{
    world.outcomes = 0;
    options.name = options.name == NULL ? "weave" : options.name;
    program.world = &world;
    if (program.setup == NULL) program.setup = clear;
    return weave_run(&options, &program);
}

/* ---- how many schedules there are ---- */

static void add_twice(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_add(&world.x, 1, memory_order_relaxed);
    atomic64_add(&world.x, 1, memory_order_relaxed);
}

static void x_is_6(void *context)
{
    (void)context;
    WEAVE_CHECK(world.x.value == 6);
}

TEST(dependent_steps_are_run_in_every_order)
{
    struct weave_result result = explore(
        (struct weave_options){
            0
    },
        (struct weave_program){
            .threads = {add_twice, add_twice, add_twice}, .thread_count = 3, .check = x_is_6});
    CHECK(result.complete && !result.failed);
    CHECK_EQ(result.schedules, 90); /* 6! / (2! 2! 2!) */
}

static void add_apart(void *context, unsigned thread)
{
    (void)context;
    struct atomic64 *words[] = {&world.x, &world.y, &world.flag};
    for (unsigned i = 0; i < 4; i++)
        atomic64_add(words[thread], 1, memory_order_relaxed);
}

TEST(independent_steps_are_run_in_one_order)
{
    struct weave_result result = explore(
        (struct weave_options){
            0
    },
        (struct weave_program){.threads = {add_apart, add_apart, add_apart}, .thread_count = 3});
    CHECK(result.complete && !result.failed);
    CHECK_EQ(result.schedules, 1);
}

static void load_x(void *context, unsigned thread)
{
    (void)context;
    world.seen[thread][0] = atomic64_load(&world.x, memory_order_relaxed);
}

static void add_x(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_add(&world.x, 1, memory_order_relaxed);
}

TEST(loads_do_not_depend_on_each_other)
{
    struct weave_result result = explore(
        (struct weave_options){
            0
    },
        (struct weave_program){.threads = {load_x, load_x, load_x, add_x}, .thread_count = 4});
    CHECK(result.complete);
    CHECK_EQ(result.schedules, 8); /* each load before or after */
}

TEST(without_preemptions_threads_run_one_after_the_other)
{
    struct weave_result result = explore(
        (struct weave_options){
            .preemptions_max = 1
    },
        (struct weave_program){.threads = {add_twice, add_twice}, .thread_count = 2});
    CHECK(result.complete);
    /* 0011, 1100 without; 0110, 1001 and 0 11 0, 1 00 1 are the same: 6 orders less the 2 that
     * switch thrice */
    CHECK_EQ(result.schedules, 4);
}

/* ---- finding a fault, and finding it again ---- */

static void add_badly(void *context, unsigned thread)
{
    (void)context, (void)thread;
    uint64_t seen = atomic64_load(&world.x, memory_order_acquire);
    atomic64_store(&world.x, seen + 1, memory_order_release);
}

static void x_is_2(void *context)
{
    (void)context;
    WEAVE_CHECK(world.x.value == 2);
}

static const struct weave_program lost_update = {
    .threads = {add_badly, add_badly},
      .thread_count = 2, .check = x_is_2
};

TEST(a_lost_update_is_found_and_replayed)
{
    static const enum weave_mode modes[] = {WEAVE_EXHAUSTIVE, WEAVE_RANDOM, WEAVE_PCT};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        for (int delay = 0; delay < 2; delay++) {
            struct weave_options options = {
                .mode = modes[i], .delay_stores = delay, .seed = 7, .expect_failure = true};
            struct weave_result result = explore(options, lost_update);
            CHECK(result.failed);
            CHECK(strstr(result.reason, "world.x.value == 2") != NULL);

            options.replay = result.schedule;
            struct weave_result again = explore(options, lost_update);
            CHECK(again.failed);
            CHECK_TEXT(again.reason, result.reason);
            CHECK_TEXT(again.schedule, result.schedule);
            CHECK_EQ(again.schedules, 1);

            options.replay = "0x2 1x2";
            if (!delay) CHECK(!explore(options, lost_update).failed);
        }
    }
}

TEST(one_preemption_is_enough_for_a_lost_update)
{
    struct weave_options options = {.preemptions_max = 1, .expect_failure = true};
    CHECK(explore(options, lost_update).failed);
}

TEST(a_schedule_of_another_program_is_refused)
{
    static const char *const texts[] = {"5", "0x20", "!", "a"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct weave_options options = {.replay = texts[i], .expect_failure = true};
        struct weave_result result = explore(options, lost_update);
        CHECK(result.failed);
        CHECK(strstr(result.reason, "another program") != NULL);
    }
}

static void fail_at_once(void *context, unsigned thread)
{
    (void)context;
    if (thread == 1) weave_fail("thread %u gives up", thread);
    atomic64_add(&world.x, 1, memory_order_relaxed);
}

TEST(a_thread_that_fails_ends_the_schedule)
{
    struct weave_result result = explore(
        (struct weave_options){
            .expect_failure = true
    },
        (struct weave_program){.threads = {add_x, fail_at_once}, .thread_count = 2});
    CHECK(result.failed);
    CHECK_TEXT(result.reason, "thread 1 gives up");
    CHECK_EQ(world.x.value, 0);
}

/* ---- litmus tests: which outcomes can be met ---- */

static memory_order store_order; /* of the stores below */

static void store_x_load_y(void *context, unsigned thread)
{
    (void)context;
    atomic64_store(&world.x, 1, store_order);
    world.seen[thread][0] = atomic64_load(&world.y, memory_order_seq_cst);
}

static void store_y_load_x(void *context, unsigned thread)
{
    (void)context;
    atomic64_store(&world.y, 1, store_order);
    world.seen[thread][0] = atomic64_load(&world.x, memory_order_seq_cst);
}

static void note_both(void *context)
{
    (void)context;
    world.outcomes |= 1u << (2 * world.seen[0][0] + world.seen[1][0]);
}

TEST(only_delayed_stores_let_both_sides_miss_each_other)
{
    static const struct {
        memory_order order;
        bool delay;
        unsigned preemptions_max;
        uint64_t expected; /* bit 0: neither saw the other */
    } cases[] = {
        {memory_order_release, false, 0, 14},
        {memory_order_seq_cst, false, 0, 14},
        {memory_order_release, true,  0, 15},
        {memory_order_relaxed, true,  0, 15},
        {memory_order_seq_cst, true,  0, 14},
        {memory_order_release, true,  2, 7 }, /* that both see each other takes three */
        {memory_order_release, true,  3, 15},
        {memory_order_seq_cst, true,  2, 14},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        store_order = cases[i].order;
        struct weave_result result = explore(
            (struct weave_options){
                .delay_stores = cases[i].delay, .preemptions_max = cases[i].preemptions_max
        },
            (struct weave_program){
                .threads = {store_x_load_y, store_y_load_x},
                .thread_count = 2,
                .check = note_both,
            });
        CHECK(result.complete);
        CHECK_EQ(world.outcomes, cases[i].expected);
    }
}

static void send(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_store(&world.x, 1, memory_order_relaxed);
    atomic64_store(&world.flag, 1, memory_order_release);
}

static void receive(void *context, unsigned thread)
{
    (void)context;
    world.seen[thread][0] = atomic64_load(&world.flag, memory_order_acquire);
    world.seen[thread][1] = atomic64_load(&world.x, memory_order_relaxed);
}

static void flag_brings_x(void *context)
{
    (void)context;
    WEAVE_CHECK(world.seen[1][0] <= world.seen[1][1]);
    world.outcomes |= 1u << (2 * world.seen[1][0] + world.seen[1][1]);
}

TEST(stores_become_visible_in_their_order)
{
    for (int delay = 0; delay < 2; delay++) {
        struct weave_result result = explore(
            (struct weave_options){
                .delay_stores = delay
        },
            (struct weave_program){
                .threads = {send, receive}, .thread_count = 2, .check = flag_brings_x});
        CHECK(result.complete && !result.failed);
        CHECK_EQ(world.outcomes, 1 << 0 | 1 << 1 | 1 << 3);
    }
}

static void store_x(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_store(&world.x, 1, memory_order_release);
}

static void store_y(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_store(&world.y, 1, memory_order_release);
}

static void load_x_y(void *context, unsigned thread)
{
    (void)context;
    world.seen[thread][0] = atomic64_load(&world.x, memory_order_acquire);
    world.seen[thread][1] = atomic64_load(&world.y, memory_order_acquire);
}

static void load_y_x(void *context, unsigned thread)
{
    (void)context;
    world.seen[thread][1] = atomic64_load(&world.y, memory_order_acquire);
    world.seen[thread][0] = atomic64_load(&world.x, memory_order_acquire);
}

static void readers_agree(void *context)
{
    (void)context;
    bool third = world.seen[2][0] == 1 && world.seen[2][1] == 0;  /* x came first */
    bool fourth = world.seen[3][0] == 0 && world.seen[3][1] == 1; /* y came first */
    WEAVE_CHECK(!(third && fourth));
}

TEST(all_threads_see_two_stores_in_one_order)
{
    struct weave_result result = explore(
        (struct weave_options){
            .delay_stores = true
    },
        (struct weave_program){.threads = {store_x, store_y, load_x_y, load_y_x},
                               .thread_count = 4,
                               .check = readers_agree});
    CHECK(result.complete && !result.failed);
}

static void store_and_load(void *context, unsigned thread)
{
    (void)context, (void)thread;
    for (uint64_t i = 1; i <= 2 * WEAVE_KEPT_MAX; i++) {
        atomic64_store(&world.x, i, memory_order_relaxed);
        WEAVE_CHECK(atomic64_load(&world.x, memory_order_relaxed) == i);
    }
}

TEST(a_thread_sees_its_own_stores_at_once)
{
    struct weave_result result = explore(
        (struct weave_options){
            .delay_stores = true, .mode = WEAVE_RANDOM, .runs = 500
    },
        (struct weave_program){.threads = {store_and_load, load_x}, .thread_count = 2});
    CHECK(!result.failed);
    CHECK_EQ(result.schedules, 500);
}

static struct {
    struct atomic8 a, after_a;
    struct atomic16 b, after_b;
    struct atomic32 c, after_c;
    struct atomic_pointer d, after_d;
} sizes;

static void store_sizes(void *context, unsigned thread)
{
    (void)thread;
    memset(&sizes, 0, sizeof sizes);
    atomic8_store(&sizes.a, UINT8_MAX, memory_order_relaxed);
    atomic16_store(&sizes.b, UINT16_MAX, memory_order_relaxed);
    atomic32_store(&sizes.c, UINT32_MAX, memory_order_relaxed);
    atomic_pointer_store(&sizes.d, context, memory_order_relaxed);
}

static void sizes_are_stored(void *context)
{
    WEAVE_CHECK(sizes.a.value == UINT8_MAX && sizes.after_a.value == 0);
    WEAVE_CHECK(sizes.b.value == UINT16_MAX && sizes.after_b.value == 0);
    WEAVE_CHECK(sizes.c.value == UINT32_MAX && sizes.after_c.value == 0);
    WEAVE_CHECK(sizes.d.value == context && sizes.after_d.value == NULL);
}

TEST(stores_of_all_sizes_reach_memory)
{
    struct weave_result result =
        explore((struct weave_options){.delay_stores = true},
                (struct weave_program){
                    .threads = {store_sizes}, .thread_count = 1, .check = sizes_are_stored});
    CHECK(result.complete && !result.failed);
}

/* ---- waiting ---- */

static void wait_for_flag(void *context, unsigned thread)
{
    (void)context, (void)thread;
    while (atomic64_load(&world.flag, memory_order_acquire) == 0)
        cpu_pause();
}

static void set_flag(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_add(&world.x, 1, memory_order_relaxed);
    atomic64_store(&world.flag, 1, memory_order_release);
}

TEST(a_loop_that_pauses_ends_when_somebody_writes)
{
    for (int delay = 0; delay < 2; delay++) {
        struct weave_result result = explore(
            (struct weave_options){
                .delay_stores = delay
        },
            (struct weave_program){.threads = {wait_for_flag, set_flag}, .thread_count = 2});
        CHECK(result.complete && !result.failed);
        CHECK(result.schedules >= 2);
    }
}

TEST(a_loop_that_nobody_ends_is_a_fault)
{
    struct weave_result result = explore(
        (struct weave_options){
            .expect_failure = true
    },
        (struct weave_program){.threads = {wait_for_flag, add_x}, .thread_count = 2});
    CHECK(result.failed);
    CHECK(strstr(result.reason, "nobody can go on") != NULL);
    CHECK(strstr(result.reason, "thread 0: pause") != NULL);
}

static void run_for_ever(void *context, unsigned thread)
{
    (void)context, (void)thread;
    for (;;)
        atomic64_add(&world.x, 1, memory_order_relaxed);
}

TEST(a_program_without_an_end_is_a_fault)
{
    struct weave_result result =
        explore((struct weave_options){.expect_failure = true, .steps_max = 100},
                (struct weave_program){.threads = {run_for_ever}, .thread_count = 1});
    CHECK(result.failed);
    CHECK(strstr(result.reason, "100 steps") != NULL);
}

static void spin_a_while(void *context, unsigned thread)
{
    (void)context, (void)thread;
    struct spin spin = SPIN_FOR(2000);
    while (spin_again(&spin))
        world.seen[0][0]++;
}

TEST(a_spin_with_a_budget_gives_up)
{
    struct weave_result result =
        explore((struct weave_options){0},
                (struct weave_program){.threads = {spin_a_while}, .thread_count = 1});
    CHECK(result.complete && !result.failed);
    CHECK_EQ(result.schedules, 1);
    CHECK(world.seen[0][0] >= 1);
}

/* Sleep while x is 0; the waker forgets nothing, or looks at who sleeps too early. */
static void sleep_on_x(void *context, unsigned thread)
{
    (void)context;
    while (atomic64_load(&world.x, memory_order_seq_cst) == 0) {
        weave_sleep(&world.x, 0);
        world.seen[thread][0]++;
    }
}

static void wake_x(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_store(&world.x, 1, memory_order_seq_cst);
    weave_wake(&world.x, 2);
}

static void wake_one_x(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic64_store(&world.x, 1, memory_order_seq_cst);
    weave_wake(&world.x, 1);
}

TEST(sleepers_are_woken_or_the_fault_is_found)
{
    for (unsigned nothing = 0; nothing < 3; nothing++) {
        struct weave_options options = {.wakes_for_nothing = nothing};
        struct weave_program program = {
            .threads = {sleep_on_x, sleep_on_x, wake_x},
              .thread_count = 3
        };
        struct weave_result result = explore(options, program);
        CHECK(result.complete && !result.failed);

        program.threads[2] = wake_one_x;
        options.expect_failure = true;
        result = explore(options, program);
        CHECK(result.failed);
        CHECK(strstr(result.reason, "sleeps") != NULL);
    }
}

/* ---- two that wake one another ---- */

static void nudge_until_x(void *context, unsigned thread)
{
    (void)context, (void)thread;
    while (atomic64_load(&world.x, memory_order_seq_cst) == 0) {
        atomic64_add(&world.y, 1, memory_order_seq_cst);
        cpu_pause();
    }
}

TEST(two_that_pause_do_not_keep_a_third_from_going_on)
{
    static const struct weave_options ways[] = {
        {.mode = WEAVE_PCT,     .runs = 200},
        {.mode = WEAVE_RANDOM,  .runs = 200},
        {.preemptions_max = 1 },
        {.preemptions_max = 2, .delay_stores = true           },
    };
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct weave_result result =
            explore(ways[i],
                    (struct weave_program){
                        .threads = {nudge_until_x, nudge_until_x, add_x},
                          .thread_count = 3
        });
        CHECK(!result.failed);
    }
}

/* ---- inputs ---- */

static void choose_input(void *context)
{
    clear(context);
    world.input = 2 * weave_choose(3);
    world.input += weave_choose(1);
}

static void choose_more(void *context, unsigned thread)
{
    (void)context, (void)thread;
    world.seen[0][0] = weave_choose(2);
}

static void note_input(void *context)
{
    (void)context;
    WEAVE_CHECK(world.input % 2 == 0 && world.input < 6);
    world.outcomes |= 1u << (world.input + world.seen[0][0]);
}

TEST(all_answers_of_choose_are_tried)
{
    struct weave_result result = explore(
        (struct weave_options){
            0
    },
        (struct weave_program){.setup = choose_input,
                               .threads = {choose_more, add_x},
                               .thread_count = 2,
                               .check = note_input});
    CHECK(result.complete && !result.failed);
    CHECK_EQ(world.outcomes, 0x3f);
    CHECK_EQ(result.schedules, 6);
}
