/* Values come out once, in order, and whole. */
#include "support/test.h"
#include "sync/parker.h"
#include "sync/ring.h"
#include "sync/spin.h"
#include "sync/weave.h"

#define CAPACITY 2

static struct world {
    struct ring_spsc spsc;
    struct ring_mpmc mpmc;
    uint64_t values[CAPACITY];
    struct ring_cell cells[CAPACITY];
    struct parker parker;
    uint64_t got[4][4]; /* of each thread, in its order; 0 ends */
} world;

static void setup(void *context)
{
    (void)context;
    memset(&world, 0, sizeof world);
    ring_spsc_init(&world.spsc, world.values, CAPACITY);
    ring_mpmc_init(&world.mpmc, world.cells, CAPACITY);
}

static struct weave_result explore(struct weave_options options, struct weave_program program)
{
    options.delay_stores = true;
    program.world = &world;
    program.setup = setup;
    return weave_run(&options, &program);
}

/* ---- one to one ---- */

static void spsc_push_three(void *context, unsigned thread)
{
    (void)context, (void)thread;
    for (uint64_t value = 1; value <= 3; value++) {
        while (!ring_spsc_push(&world.spsc, value))
            cpu_pause();
    }
}

static void spsc_pop_three(void *context, unsigned thread)
{
    (void)context;
    for (uint64_t i = 0; i < 3; i++) {
        while (!ring_spsc_pop(&world.spsc, &world.got[thread][i]))
            cpu_pause();
        WEAVE_CHECK(world.got[thread][i] == i + 1);
    }
    uint64_t more;
    WEAVE_CHECK(!ring_spsc_pop(&world.spsc, &more));
}

TEST(one_to_one_keeps_the_order)
{
    struct weave_result result = explore(
        (struct weave_options){
            .name = "spsc"
    },
        (struct weave_program){.threads = {spsc_push_three, spsc_pop_three}, .thread_count = 2});
    CHECK(result.complete && !result.failed);
}

static void spsc_push_and_notify(void *context, unsigned thread)
{
    (void)context, (void)thread;
    for (uint64_t value = 1; value <= 2; value++) {
        WEAVE_CHECK(ring_spsc_push(&world.spsc, value));
        parker_notify_after_store(&world.parker, 1);
    }
}

static void spsc_pop_or_sleep(void *context, unsigned thread)
{
    (void)context;
    for (unsigned i = 0; i < 2;) {
        if (ring_spsc_pop(&world.spsc, &world.got[thread][i])) {
            i++;
            continue;
        }
        uint32_t ticket = parker_prepare(&world.parker);
        if (ring_spsc_pop(&world.spsc, &world.got[thread][i])) {
            parker_cancel(&world.parker);
            i++;
            continue;
        }
        parker_sleep(&world.parker, ticket);
    }
    WEAVE_CHECK(world.got[thread][0] == 1 && world.got[thread][1] == 2);
}

TEST(a_consumer_that_sleeps_is_woken)
{
    struct weave_result result = explore(
        (struct weave_options){
            .name = "spsc parker"
    },
        (struct weave_program){.threads = {spsc_push_and_notify, spsc_pop_or_sleep},
                               .thread_count = 2});
    CHECK(result.complete && !result.failed);
}

/* ---- many to many ---- */

/* Thread t pushes 10 t + 1, 10 t + 2. */
static void push_two(void *context, unsigned thread)
{
    (void)context;
    for (uint64_t i = 1; i <= 2; i++) {
        while (!ring_mpmc_push(&world.mpmc, 10 * thread + i))
            cpu_pause();
    }
}

static void push_one(void *context, unsigned thread)
{
    (void)context;
    while (!ring_mpmc_push(&world.mpmc, 10 * thread + 1))
        cpu_pause();
}

static void pop_some(unsigned thread, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        while (!ring_mpmc_pop(&world.mpmc, &world.got[thread][i]))
            cpu_pause();
    }
}

static void pop_one(void *context, unsigned thread)
{
    (void)context;
    pop_some(thread, 1);
}

static void pop_two(void *context, unsigned thread)
{
    (void)context;
    pop_some(thread, 2);
}

static void pop_three(void *context, unsigned thread)
{
    (void)context;
    pop_some(thread, 3);
}

/* Values of one producer reach one consumer in their order; all of `first` and `second` arrived
 * once. */
static void check_got(unsigned of_first, unsigned of_second)
{
    unsigned seen[2] = {0};
    for (unsigned thread = 0; thread < 4; thread++) {
        uint64_t last[2] = {0};
        for (unsigned i = 0; i < 4 && world.got[thread][i] != 0; i++) {
            uint64_t value = world.got[thread][i];
            WEAVE_CHECK(value < 20);
            uint64_t producer = value / 10;
            WEAVE_CHECK(value % 10 > last[producer]);
            last[producer] = value % 10;
            WEAVE_CHECK((seen[producer] & 1u << value % 10) == 0);
            seen[producer] |= 1u << value % 10;
        }
    }
    WEAVE_CHECK(seen[0] == of_first && seen[1] == of_second);
    uint64_t more;
    WEAVE_CHECK(!ring_mpmc_pop(&world.mpmc, &more));
}

static void three_arrived(void *context)
{
    (void)context;
    check_got(2 | 4, 2);
}

static void four_arrived(void *context)
{
    (void)context;
    check_got(2 | 4, 2 | 4);
}

static void two_arrived(void *context)
{
    (void)context;
    check_got(2, 2);
}

static void nothing_of_second(void *context)
{
    (void)context;
    check_got(2 | 4, 0);
}

TEST(many_to_many_with_one_of_each)
{
    struct weave_result result = explore(
        (struct weave_options){
            .name = "mpmc 1-1"
    },
        (struct weave_program){
            .threads = {push_two, pop_two}, .thread_count = 2, .check = nothing_of_second});
    CHECK(result.complete && !result.failed);
}

TEST(two_producers_and_one_consumer)
{
    struct weave_result result = explore(
        (struct weave_options){
            .name = "mpmc 2-1"
    },
        (struct weave_program){
            .threads = {push_one, push_one, pop_two}, .thread_count = 3, .check = two_arrived});
    CHECK(result.complete && !result.failed);
    result = explore(
        (struct weave_options){
            .name = "mpmc 2-1 full", .preemptions_max = 3
    },
        (struct weave_program){
            .threads = {push_two, push_one, pop_three}, .thread_count = 3, .check = three_arrived});
    CHECK(result.complete && !result.failed);
}

TEST(two_producers_and_two_consumers)
{
    struct weave_result result = explore(
        (struct weave_options){
            .name = "mpmc 2-2", .preemptions_max = 2
    },
        (struct weave_program){.threads = {push_one, push_one, pop_one, pop_one},
                               .thread_count = 4,
                               .check = two_arrived});
    CHECK(result.complete && !result.failed);
    result = explore(
        (struct weave_options){
            .name = "mpmc 2-2 full", .mode = WEAVE_PCT, .runs = 20000
    },
        (struct weave_program){.threads = {push_two, push_two, pop_two, pop_two},
                               .thread_count = 4,
                               .check = four_arrived});
    CHECK(!result.failed);
}
