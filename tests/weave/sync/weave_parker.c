/* No wake-up is lost: consumers that take one item each, or sleep until there is one. */
#include "support/test.h"
#include "sync/parker.h"
#include "sync/weave.h"

static struct world {
    struct parker parker;
    struct atomic32 items;
    unsigned notify_count;      /* as an argument */
    memory_order publish_order; /* of stores */
} world;

static void setup(void *context)
{
    (void)context;
    parker_init(&world.parker);
    atomic32_init(&world.items, 0);
}

static bool take(void)
{
    uint32_t items = atomic32_load(&world.items, memory_order_seq_cst);
    while (items > 0) {
        if (atomic32_cas(&world.items, &items, items - 1, memory_order_seq_cst)) return true;
    }
    return false;
}

static void consume_one(void *context, unsigned thread)
{
    (void)context, (void)thread;
    while (!take()) {
        uint32_t ticket = parker_prepare(&world.parker);
        if (take()) {
            parker_cancel(&world.parker);
            return;
        }
        parker_sleep(&world.parker, ticket);
    }
}

static void consume_two(void *context, unsigned thread)
{
    consume_one(context, thread);
    consume_one(context, thread);
}

static void publish_one(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic32_add(&world.items, 1, memory_order_seq_cst);
    parker_notify(&world.parker, 1);
}

static void publish_two(void *context, unsigned thread)
{
    publish_one(context, thread);
    publish_one(context, thread);
}

static void publish_both(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic32_add(&world.items, 2, memory_order_seq_cst);
    parker_notify(&world.parker, world.notify_count);
}

static void nobody_is_left(void *context)
{
    (void)context;
    WEAVE_CHECK(world.items.value == 0);
    WEAVE_CHECK(world.parker.state.value >> 32 == 0); /* no waiters, none called */
}

static struct weave_result explore(struct weave_options options, struct weave_program program)
{
    program.world = &world;
    program.setup = setup;
    program.check = nobody_is_left;
    return weave_run(&options, &program);
}

/* preemptions_max 0: every order. */
static void check_all(const char *name, unsigned preemptions_max, struct weave_program program)
{
    for (unsigned nothing = 0; nothing < 2; nothing++) {
        struct weave_result result =
            explore((struct weave_options){.name = name,
                                           .delay_stores = true,
                                           .wakes_for_nothing = nothing,
                                           .preemptions_max = preemptions_max},
                    program);
        CHECK(result.complete && !result.failed);
    }
}

TEST(one_waits_for_one)
{
    check_all("parker 1-1",
              0,
              (struct weave_program){
                  .threads = {consume_one, publish_one},
                    .thread_count = 2
    });
    check_all("parker 1-1 twice",
              0,
              (struct weave_program){
                  .threads = {consume_two, publish_two},
                    .thread_count = 2
    });
}

TEST(one_waits_twice_for_two_publishers)
{
    check_all("parker 1-2",
              0,
              (struct weave_program){
                  .threads = {consume_two, publish_one, publish_one},
                    .thread_count = 3
    });
}

TEST(two_wait_for_two_publishers)
{
    check_all(
        "parker 2-2",
        3,
        (struct weave_program){
            .threads = {consume_one, consume_one, publish_one, publish_one},
              .thread_count = 4
    });
}

TEST(two_wait_for_one_publisher_of_two)
{
    check_all("parker 2-1",
              4,
              (struct weave_program){
                  .threads = {consume_one, consume_one, publish_two},
                    .thread_count = 3
    });
}

TEST(two_wait_and_both_are_called_at_once)
{
    static const unsigned counts[] = {2, PARKER_ALL};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        world.notify_count = counts[i];
        check_all("parker 2-both",
                  5,
                  (struct weave_program){
                      .threads = {consume_one, consume_one, publish_both},
                        .thread_count = 3
        });
    }
}

TEST(three_wait_for_two_publishers)
{
    check_all("parker 3-2",
              1,
              (struct weave_program){
                  .threads = {consume_one, consume_one, consume_one, publish_two, publish_one},
                  .thread_count = 5
    });
}

TEST(four_wait_for_four_at_random)
{
    static const enum weave_mode modes[] = {WEAVE_RANDOM, WEAVE_PCT};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct weave_result result = explore(
            (struct weave_options){
                .name = "parker 4-4", .mode = modes[i], .wakes_for_nothing = 2, .runs = 20000
        },
            (struct weave_program){
                .threads =
                    {consume_two, consume_two, consume_one, publish_two, publish_one, publish_two},
                .thread_count = 6});
        CHECK(!result.failed);
    }
}

/* ---- the rules are needed ---- */

static void publish_by_store(void *context, unsigned thread)
{
    (void)context, (void)thread;
    atomic32_store(&world.items, 1, world.publish_order);
    parker_notify(&world.parker, 1);
}

TEST(a_publication_that_is_delayed_behind_notify_loses_the_wake)
{
    struct weave_options options = {.name = "parker rule", .delay_stores = true};
    struct weave_program program = {
        .threads = {consume_one, publish_by_store},
          .thread_count = 2
    };
    world.publish_order = memory_order_seq_cst;
    struct weave_result result = explore(options, program);
    CHECK(result.complete && !result.failed);

    world.publish_order = memory_order_release;
    options.expect_failure = true;
    result = explore(options, program);
    CHECK(result.failed);
    CHECK(strstr(result.reason, "thread 0: sleeps") != NULL);
}

static void consume_without_looking_again(void *context, unsigned thread)
{
    (void)context, (void)thread;
    while (!take())
        parker_sleep(&world.parker, parker_prepare(&world.parker));
}

TEST(sleeping_without_a_second_look_loses_the_wake)
{
    struct weave_options options = {.name = "parker rule", .expect_failure = true};
    struct weave_program program = {
        .threads = {consume_without_looking_again, publish_one},
          .thread_count = 2
    };
    CHECK(explore(options, program).failed);
}

TEST(too_few_calls_leave_somebody_asleep)
{
    struct weave_options options = {.name = "parker rule", .expect_failure = true};
    struct weave_program program = {
        .threads = {consume_one, consume_one, publish_both},
          .thread_count = 3
    };
    world.notify_count = 1;
    CHECK(explore(options, program).failed);
}
