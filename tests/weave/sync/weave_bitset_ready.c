/* Nothing that is in is overlooked, nothing is taken twice: small worlds of one to three levels. */
#include "support/test.h"
#include "sync/bitset_ready.h"
#include "sync/parker.h"
#include "sync/weave.h"

static struct world {
    struct bitset_ready set;
    struct parker parker;
    uint32_t item_count;
    uint32_t items[4];    /* the i-th thread puts this one in */
    uint32_t before[4];   /* in from the beginning; up to the first NONE */
    uint32_t taken[4][3]; /* what each thread took */
} world;

static const struct shape {
    const char *name;
    uint32_t item_count, items[4];
} shapes[] = {
    {"1 level, a word",        10,   {3, 1, 2, 0}         },
    {"2 levels, a word",       128,  {3, 1, 2, 0}         },
    {"2 levels, two words",    128,  {64, 1, 65, 2}       },
    {"3 levels, a word",       4096, {3, 1, 2, 0}         },
    {"3 levels, far apart",    4096, {2048, 1, 64, 0}     },
    {"3 levels, words beside", 4096, {2048, 2112, 2049, 0}},
};

static void setup(void *context)
{
    (void)context;
    bitset_ready_reset(&world.set, world.item_count);
    parker_init(&world.parker);
    for (size_t i = 0; i < COUNT_OF(world.before) && world.before[i] != BITSET_READY_NONE; i++)
        bitset_ready_set(&world.set, world.before[i]);
    memset(world.taken, 0xff, sizeof world.taken);
}

static void arrange(const struct shape *shape)
{
    world.item_count = shape->item_count;
    memcpy(world.items, shape->items, sizeof world.items);
    memset(world.before, 0xff, sizeof world.before);
}

static struct weave_result explore(struct weave_options options, struct weave_program program)
{
    program.world = &world;
    program.setup = setup;
    CHECK_EQ(bitset_ready_init(&world.set, 4096), PEVM_OK);
    struct weave_result result = weave_run(&options, &program);
    bitset_ready_fini(&world.set);
    return result;
}

/* ---- each puts one in, then takes one: neither may find nothing ---- */

static void set_and_take(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(bitset_ready_set(&world.set, world.items[thread]));
    world.taken[thread][0] = bitset_ready_take_lowest(&world.set);
    WEAVE_CHECK(world.taken[thread][0] != BITSET_READY_NONE);
}

/* All that was put in (items of the threads in `setters`, and those from before) was taken once. */
static void check_taken(unsigned setters)
{
    unsigned expected = setters;
    for (size_t i = 0; i < COUNT_OF(world.before); i++)
        expected += world.before[i] != BITSET_READY_NONE;
    unsigned found = 0;
    for (unsigned thread = 0; thread < 4; thread++) {
        for (unsigned i = 0; i < 3; i++) {
            uint32_t item = world.taken[thread][i];
            if (item == BITSET_READY_NONE) continue;
            found++;
            bool known = false;
            for (unsigned j = 0; j < 4; j++)
                known |= (j < setters && world.items[j] == item) || world.before[j] == item;
            WEAVE_CHECK(known);
            for (unsigned other = 0; other < 12; other++) {
                if (other != 3 * thread + i) WEAVE_CHECK(world.taken[other / 3][other % 3] != item);
            }
        }
    }
    WEAVE_CHECK(found == expected);
    WEAVE_CHECK(bitset_ready_take_lowest(&world.set) == BITSET_READY_NONE);
    WEAVE_CHECK(bitset_ready_is_empty(&world.set)); /* no flag is left up */
}

static void two_were_taken(void *context)
{
    (void)context;
    check_taken(2);
}

static void three_were_taken(void *context)
{
    (void)context;
    check_taken(3);
}

TEST(two_that_put_in_and_take_both_find_something)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        struct weave_result result = explore(
            (struct weave_options){
                .name = shapes[i].name
        },
            (struct weave_program){.threads = {set_and_take, set_and_take},
                                   .thread_count = 2,
                                   .check = two_were_taken});
        CHECK(result.complete && !result.failed);
    }
}

TEST(three_that_put_in_and_take_all_find_something)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        struct weave_result result = explore(
            (struct weave_options){
                .name = shapes[i].name, .preemptions_max = 3
        },
            (struct weave_program){.threads = {set_and_take, set_and_take, set_and_take},
                                   .thread_count = 3,
                                   .check = three_were_taken});
        CHECK(result.complete && !result.failed);
    }
}

/* ---- an item that is in is not overlooked while its neighbours come and go ---- */

static void look_for_last(void *context, unsigned thread)
{
    (void)context, (void)thread;
    WEAVE_CHECK(!bitset_ready_is_empty(&world.set));
    bool found = false;
    for (unsigned i = 0; i < 3 && !found; i++) {
        world.taken[thread][i] = bitset_ready_take_lowest(&world.set);
        WEAVE_CHECK(world.taken[thread][i] != BITSET_READY_NONE);
        WEAVE_CHECK(world.taken[thread][i] <= world.before[0]);
        found = world.taken[thread][i] == world.before[0];
    }
    WEAVE_CHECK(found);
}

static void put_in_and_take_back(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(bitset_ready_set(&world.set, world.items[thread]));
    if (bitset_ready_take(&world.set, world.items[thread]))
        world.taken[thread][0] = world.items[thread];
}

static void put_in(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(bitset_ready_set(&world.set, world.items[thread]));
}

static void take_back(void *context, unsigned thread)
{
    (void)context;
    unsigned whose = thread - 1;
    if (bitset_ready_take(&world.set, world.items[whose]))
        world.taken[thread][0] = world.items[whose];
}

TEST(what_is_in_is_found_while_a_neighbour_comes_and_goes)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        world.before[0] = world.items[0]; /* the highest of its word, or of all */
        for (unsigned threads = 2; threads <= 3; threads++) {
            struct weave_result result = explore(
                (struct weave_options){
                    .name = shapes[i].name, .preemptions_max = threads == 2 ? 0 : 3
            },
                (struct weave_program){
                    .threads = {look_for_last, put_in_and_take_back, put_in_and_take_back},
                    .thread_count = threads});
            CHECK(result.complete && !result.failed);
        }
    }
}

/* One puts an item in while another empties its word: the item is visible once set returns. */
static void put_in_and_look(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(bitset_ready_set(&world.set, world.items[thread]));
    WEAVE_CHECK(!bitset_ready_is_empty(&world.set));
    world.taken[thread][0] = bitset_ready_take_lowest(&world.set);
    WEAVE_CHECK(world.taken[thread][0] != BITSET_READY_NONE);
}

static void take_what_was_before(void *context, unsigned thread)
{
    (void)context;
    if (bitset_ready_take(&world.set, world.before[0])) world.taken[thread][0] = world.before[0];
}

TEST(emptying_a_word_hides_nothing_that_comes_in)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        world.before[0] = world.items[1];
        struct weave_result result = explore(
            (struct weave_options){
                .name = shapes[i].name
        },
            (struct weave_program){.threads = {put_in_and_look, take_what_was_before},
                                   .thread_count = 2});
        CHECK(result.complete && !result.failed);
        result = explore(
            (struct weave_options){
                .name = shapes[i].name, .preemptions_max = 3
        },
            (struct weave_program){
                .threads = {put_in_and_look, take_what_was_before, put_in_and_take_back},
                .thread_count = 3});
        CHECK(result.complete && !result.failed);
    }
}

/* ---- limits and runs ---- */

static void take_below(void *context, unsigned thread)
{
    (void)context;
    uint32_t limit = world.before[0] + 1;
    world.taken[thread][0] = bitset_ready_take_lowest_below(&world.set, limit);
    WEAVE_CHECK(world.taken[thread][0] <= world.before[0]);
    world.taken[thread][1] = bitset_ready_take_lowest_below(&world.set, world.before[0]);
    WEAVE_CHECK(world.taken[thread][1] < world.before[0] ||
                world.taken[thread][1] == BITSET_READY_NONE);
}

TEST(the_lowest_below_a_limit_is_not_overlooked)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        world.before[0] = world.items[2];
        struct weave_result result = explore(
            (struct weave_options){
                .name = shapes[i].name, .preemptions_max = 3
        },
            (struct weave_program){.threads = {take_below, put_in, take_back}, .thread_count = 3});
        CHECK(result.complete && !result.failed);
    }
}

static void take_run(void *context, unsigned thread)
{
    (void)context;
    struct bitset_ready_run run = bitset_ready_take_run(&world.set, UINT32_MAX, 3);
    for (unsigned i = 0; run.items != 0; run.items &= run.items - 1)
        world.taken[thread][i++] = run.first + (uint32_t)__builtin_ctzll(run.items);
}

static void all_were_taken_once(void *context)
{
    (void)context;
    for (unsigned i = 0; i < 3; i++)
        world.taken[3][i] = bitset_ready_take_lowest(&world.set);
    check_taken(0);
}

TEST(runs_that_meet_share_the_items)
{
    arrange(&shapes[1]);
    for (uint32_t i = 0; i < 4; i++)
        world.before[i] = 20 + i;
    struct weave_result result = explore(
        (struct weave_options){
            .name = "runs"
    },
        (struct weave_program){
            .threads = {take_run, take_run}, .thread_count = 2, .check = all_were_taken_once});
    CHECK(result.complete && !result.failed);
}

/* ---- with a parker: who sleeps is woken ---- */

static void put_in_and_notify(void *context, unsigned thread)
{
    put_in(context, thread);
    parker_notify(&world.parker, 1);
}

static void take_or_sleep(void *context, unsigned thread)
{
    (void)context;
    uint32_t item;
    while ((item = bitset_ready_take_lowest(&world.set)) == BITSET_READY_NONE) {
        uint32_t ticket = parker_prepare(&world.parker);
        item = bitset_ready_take_lowest(&world.set);
        if (item != BITSET_READY_NONE) {
            parker_cancel(&world.parker);
            break;
        }
        parker_sleep(&world.parker, ticket);
    }
    world.taken[thread][0] = item;
}

TEST(who_sleeps_until_something_is_ready_is_woken)
{
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        arrange(&shapes[i]);
        struct weave_result result = explore(
            (struct weave_options){
                .name = shapes[i].name, .preemptions_max = 2
        },
            (struct weave_program){
                .threads = {put_in_and_notify, put_in_and_notify, take_or_sleep, take_or_sleep},
                .thread_count = 4,
                .check = two_were_taken});
        CHECK(result.complete && !result.failed);
    }
}

/* ---- more threads, at random ---- */

static void set_take_set_take(void *context, unsigned thread)
{
    (void)context;
    WEAVE_CHECK(bitset_ready_set(&world.set, world.items[thread]));
    world.taken[thread][0] = bitset_ready_take_lowest(&world.set);
    WEAVE_CHECK(world.taken[thread][0] != BITSET_READY_NONE);
    uint32_t again = world.taken[thread][0];
    WEAVE_CHECK(bitset_ready_set(&world.set, again)); /* ours to put back */
    world.taken[thread][0] = bitset_ready_take_lowest(&world.set);
    WEAVE_CHECK(world.taken[thread][0] != BITSET_READY_NONE);
}

static void four_were_taken(void *context)
{
    (void)context;
    check_taken(4);
}

TEST(four_threads_at_random)
{
    static const enum weave_mode modes[] = {WEAVE_RANDOM, WEAVE_PCT};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        for (size_t m = 0; m < COUNT_OF(modes); m++) {
            arrange(&shapes[i]);
            struct weave_result result = explore(
                (struct weave_options){
                    .name = shapes[i].name, .mode = modes[m]
            },
                (struct weave_program){.threads = {set_take_set_take,
                                                   set_take_set_take,
                                                   set_take_set_take,
                                                   set_take_set_take},
                                       .thread_count = 4,
                                       .check = four_were_taken});
            CHECK(!result.failed);
        }
    }
}
