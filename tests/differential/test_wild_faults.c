/* Wild blocks while something fails: memory, the pre-state, somebody's patience. What comes out is what the sequential path
 * says, or that there was no memory; and the same engine executes the next block as if nothing had been. */
#include "base/heap.h"
#include "base/rng.h"
#include "engine/outcome.h"
#include "support/test.h"
#include "support/wild_run.h"
#include "sync/atomic.h"

#include <stdio.h>

#define WORKERS 3

static unsigned counts[8]; /* what happened, so that a test can say that it tested something */

static void check_equal(const struct engine_outcome *expected,
                        const struct engine_outcome *outcome,
                        const char *what,
                        uint64_t seed,
                        uint64_t k)
{
    char text[OUTCOME_TEXT_MAX];
    const char *difference = outcome_differs(text, expected, outcome);
    if (difference != NULL)
        fail_msg("%s, seed %llu, k %llu: %s",
                 what,
                 (unsigned long long)seed,
                 (unsigned long long)k,
                 difference);
}

/* A block large enough for several workers. */
static void block_of(struct wild_block *wild, uint64_t seed)
{
    wild_block_init(wild, seed, wild_fork(seed), 30);
}

/* ---- memory ------------------------------------------------------------------------------------ */

/* The k-th call that takes memory fails, alone or with all that follow. */
static void memory_fails(uint64_t seed, uint64_t k, uint64_t count, bool *has_failed)
{
    struct wild_block wild;
    struct engine_outcome expected, outcome;
    struct error error;
    block_of(&wild, seed);
    struct engine *sequential = wild_engine(1), *engine = wild_engine(WORKERS);
    wild_execute(sequential, &(struct wild_run){.block = &wild}, &expected);
    struct wild_run run = {.block = &wild, .is_parallel = true};
    uint64_t before = heap_calls();
    heap_fail(k, count);
    enum pevm_status status = wild_try(engine, &run, &outcome, &error);
    *has_failed = heap_calls() - before > k;
    heap_fail(0, 0);
    if (status == PEVM_OK) check_equal(&expected, &outcome, "memory", seed, k);
    if (status != PEVM_OK) CHECK_EQ(status, PEVM_NO_MEMORY);
    if (status != PEVM_OK) CHECK(error.text[0] != 0);
    counts[status == PEVM_OK ? 0 : 1] += *has_failed;
    wild_execute(engine, &run, &outcome);
    check_equal(&expected, &outcome, "after memory", seed, k);
    engine_free(engine);
    engine_free(sequential);
    wild_block_fini(&wild);
}

TEST(memory_may_end_at_any_call)
{
    memset(counts, 0, sizeof counts);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        bool has_failed = true;
        for (uint64_t k = 0; has_failed && k < 2000; k += seed == 1 ? 1 : 1 + seed) {
            memory_fails(seed, k, 1, &has_failed);
            memory_fails(seed, k, UINT64_MAX, &has_failed);
        }
    }
    printf("memory: %u times the block was executed all the same, %u times not\n",
           counts[0],
           counts[1]);
    CHECK(counts[0] > 20 && counts[1] > 20);
}

/* Whatever the limit: what one worker can execute under it, several can. */
TEST(a_memory_limit_only_costs_time)
{
    struct wild_block wild;
    struct engine_outcome expected, outcome;
    struct error error;
    struct engine *engines[2]; /* one worker, several */
    memset(counts, 0, sizeof counts);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        for (unsigned i = 0; i < 2; i++) {
            struct engine_options options = {.chain = &chain_mainnet,
                                             .workers = i == 0 ? 1 : WORKERS,
                                             .memory_max_bytes = (size_t)1 << (10 + seed % 14)};
            assert_int_equal(engine_new(&engines[i], &options), PEVM_OK);
        }
        block_of(&wild, seed);
        struct wild_run run = {.block = &wild, .is_parallel = true};
        enum pevm_status status = wild_try(engines[0], &run, &expected, &error);
        counts[status == PEVM_OK]++;
        if (status != PEVM_OK) CHECK_EQ(status, PEVM_NO_MEMORY);
        for (unsigned i = 0; i < 3; i++) {
            CHECK_EQ(wild_try(engines[1], &run, &outcome, &error), status);
            if (status == PEVM_OK) check_equal(&expected, &outcome, "limit", seed, i);
        }
        wild_block_fini(&wild);
        for (unsigned i = 0; i < 2; i++)
            engine_free(engines[i]);
    }
    printf("limits: %u too small for anybody, %u not\n", counts[0], counts[1]);
    CHECK(counts[0] > 5 && counts[1] > 5);
}

/* ---- the pre-state ----------------------------------------------------------------------------- */

/* Places that cannot be read: one in so many, by their names. */
struct holes {
    uint64_t seed, one_in;
};

static bool is_hole(void *context, const address *who, const u256 *slot)
{
    const struct holes *holes = context;
    struct rng rng;
    uint64_t name = holes->seed;
    for (size_t i = 0; i < sizeof who->bytes; i++)
        name = name * 31 + who->bytes[i];
    if (slot != NULL) name = name * 31 + slot->words[0] + 1;
    rng_init(&rng, name);
    return rng_below(&rng, holes->one_in) == 0;
}

TEST(a_place_that_cannot_be_read_fails_in_the_same_words)
{
    struct engine *sequential = wild_engine(1), *engine = wild_engine(WORKERS);
    memset(counts, 0, sizeof counts);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct wild_block wild;
        struct engine_outcome expected, outcome;
        struct error expected_error, error;
        struct holes holes = {seed, 4 + seed % 60};
        struct wild_run run = {.block = &wild, .fails = is_hole, .context = &holes};
        block_of(&wild, seed);
        enum pevm_status status = wild_try(sequential, &run, &expected, &expected_error);
        run.is_parallel = true;
        run.is_slow = true;
        CHECK_EQ(wild_try(engine, &run, &outcome, &error), status);
        if (status == PEVM_OK) check_equal(&expected, &outcome, "holes", seed, 0);
        if (status != PEVM_OK) CHECK_EQ(status, PEVM_STATE_UNREADABLE);
        CHECK_TEXT(error.text, expected_error.text);
        counts[status == PEVM_OK]++;
        if (seed % 10 == 0) {
            wild_execute(sequential, &(struct wild_run){.block = &wild}, &expected);
            wild_execute(engine, &(struct wild_run){.block = &wild, .is_parallel = true}, &outcome);
            check_equal(&expected, &outcome, "after holes", seed, 0);
        }
        wild_block_fini(&wild);
    }
    printf("places: %u blocks failed, %u did not need them\n", counts[0], counts[1]);
    CHECK(counts[0] > 50 && counts[1] > 50);
    engine_free(engine);
    engine_free(sequential);
}

/* The k-th read of a run, alone or with all that follow. */
struct nth_read {
    struct atomic32 reads;
    uint32_t k;
    bool all_after;
};

static bool is_nth(void *context, const address *who, const u256 *slot)
{
    struct nth_read *nth = context;
    (void)who, (void)slot;
    uint32_t number = atomic32_add(&nth->reads, 1, memory_order_relaxed);
    return number == nth->k || (nth->all_after && number > nth->k);
}

/* Who reads the k-th time depends on the schedule: the run fails and says that a place could not be read, or it is right. */
TEST(the_nth_read_fails_or_does_not_matter)
{
    struct engine *sequential = wild_engine(1), *engine = wild_engine(WORKERS);
    memset(counts, 0, sizeof counts);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct wild_block wild;
        struct engine_outcome expected, outcome;
        struct error error;
        block_of(&wild, seed);
        wild_execute(sequential, &(struct wild_run){.block = &wild}, &expected);
        for (uint32_t k = 0; k < 60; k += 3) {
            struct nth_read nth = {.k = k, .all_after = k % 2 == 0};
            struct wild_run run = {.block = &wild,
                                   .is_parallel = true,
                                   .is_slow = true,
                                   .fails = is_nth,
                                   .context = &nth};
            enum pevm_status status = wild_try(engine, &run, &outcome, &error);
            if (status == PEVM_OK) check_equal(&expected, &outcome, "nth read", seed, k);
            if (status != PEVM_OK) CHECK_EQ(status, PEVM_STATE_UNREADABLE);
            if (status != PEVM_OK) CHECK(error.text[0] != 0);
            counts[status == PEVM_OK]++;
        }
        wild_execute(engine, &(struct wild_run){.block = &wild, .is_parallel = true}, &outcome);
        check_equal(&expected, &outcome, "after the nth read", seed, 0);
        wild_block_fini(&wild);
    }
    printf("reads: %u runs failed, %u did not\n", counts[0], counts[1]);
    CHECK(counts[0] > 50 && counts[1] > 50);
    engine_free(engine);
    engine_free(sequential);
}

/* ---- patience ---------------------------------------------------------------------------------- */

struct patience {
    struct atomic32 asked;
    uint32_t k;
};

static bool is_over(void *context)
{
    struct patience *patience = context;
    return atomic32_add(&patience->asked, 1, memory_order_relaxed) >= patience->k;
}

TEST(a_block_that_is_cancelled_says_so_or_is_finished)
{
    struct engine *sequential = wild_engine(1), *engine = wild_engine(WORKERS);
    memset(counts, 0, sizeof counts);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct wild_block wild;
        struct engine_outcome expected, outcome;
        struct error error;
        block_of(&wild, seed);
        wild_execute(sequential, &(struct wild_run){.block = &wild}, &expected);
        for (uint32_t k = 0; k < 40; k += 2) {
            struct patience patience = {.k = k};
            struct cancel_source cancel = {is_over, &patience};
            struct wild_run run = {
                .block = &wild, .is_parallel = true, .is_slow = true, .cancel = &cancel};
            enum pevm_status status = wild_try(engine, &run, &outcome, &error);
            if (status == PEVM_OK) check_equal(&expected, &outcome, "cancel", seed, k);
            if (status != PEVM_OK) CHECK_EQ(status, PEVM_CANCELLED);
            if (k == 0) CHECK(status == PEVM_CANCELLED || wild.block.tx_count == 0);
            counts[status == PEVM_OK]++;
        }
        wild_execute(engine, &(struct wild_run){.block = &wild, .is_parallel = true}, &outcome);
        check_equal(&expected, &outcome, "after cancelling", seed, 0);
        wild_block_fini(&wild);
    }
    printf("patience: %u blocks cancelled, %u finished\n", counts[0], counts[1]);
    CHECK(counts[0] > 50 && counts[1] > 50);
    engine_free(engine);
    engine_free(sequential);
}
