/* Random blocks on several workers against the sequential path: everything equal, bit for bit. PEVM_WILD_ROUNDS says how
 * many blocks, PEVM_WILD_SEED where to begin. */
#include "engine/outcome.h"
#include "support/test.h"
#include "support/wild_run.h"

#include <stdio.h>

#define ROUNDS_DEFAULT 400

static const unsigned sizes[] = {2, 3, 8}; /* one worker takes the sequential path */

struct crowd {
    struct engine *sequential, *engines[COUNT_OF(sizes)];
    unsigned long blocks, valid, stopped; /* by fault of a transaction */
    unsigned long kinds[WILD_KIND_COUNT];
    uint64_t txs, executions, stale, waits;
};

static void compare(struct crowd *crowd, const struct wild_block *wild, unsigned long seed)
{
    struct engine_outcome expected, outcome;
    wild_execute(crowd->sequential, &(struct wild_run){.block = wild}, &expected);
    /* Every other one runs ahead however often that is in vain, as no scheduler would. */
    struct tuning tuning = {.is_rigid = seed % 2 == 0};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        engine_tune(crowd->engines[i], &tuning);
        struct wild_run run = {.block = wild, .is_parallel = true, .is_slow = true};
        char text[OUTCOME_TEXT_MAX];
        wild_execute(crowd->engines[i], &run, &outcome);
        const char *difference = outcome_differs(text, &expected, &outcome);
        if (difference != NULL)
            fail_msg("seed %lu, %s, kind %d, %u workers: %s",
                     seed,
                     fork_name(wild->fork),
                     wild->kind,
                     sizes[i],
                     difference);
        crowd->executions += outcome.executions;
        crowd->stale += outcome.stale;
        crowd->waits += outcome.waits;
        crowd->txs += wild->block.tx_count;
    }
    crowd->blocks++;
    crowd->valid += expected.fault == BLOCK_VALID;
    crowd->stopped += expected.fault == BLOCK_TRANSACTION;
    crowd->kinds[wild->kind]++;
}

static void compare_seed(struct crowd *crowd, unsigned long seed)
{
    struct wild_block wild;
    struct engine_outcome expected;
    wild_block_init(&wild, seed, wild_fork(seed), 40);
    if (seed % 8 == 0) {
        wild_execute(crowd->sequential, &(struct wild_run){.block = &wild}, &expected);
        (void)wild_block_gas_edge(&wild, &expected, seed);
    }
    compare(crowd, &wild, seed);
    wild_block_fini(&wild);
}

static void report(const struct crowd *crowd, unsigned long seed)
{
    printf("%lu blocks from seed %lu: %lu valid, %lu end at a transaction; by kind",
           crowd->blocks,
           seed,
           crowd->valid,
           crowd->stopped);
    for (size_t i = 0; i < WILD_KIND_COUNT; i++)
        printf(" %lu", crowd->kinds[i]);
    printf("; %llu transactions, %llu attempts, %llu stale, %llu waits\n",
           (unsigned long long)crowd->txs,
           (unsigned long long)crowd->executions,
           (unsigned long long)crowd->stale,
           (unsigned long long)crowd->waits);
}

TEST(wild_blocks_are_the_same_on_any_number_of_workers)
{
    struct crowd crowd = {.sequential = wild_engine(1)};
    unsigned long rounds = wild_number("PEVM_WILD_ROUNDS", ROUNDS_DEFAULT),
                  seed = wild_number("PEVM_WILD_SEED", 1);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        crowd.engines[i] = wild_engine(sizes[i]);
    for (unsigned long round = 0; round < rounds; round++)
        compare_seed(&crowd, seed + round);
    report(&crowd, seed);
    CHECK(rounds < 100 || crowd.valid > rounds / 4);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        engine_free(crowd.engines[i]);
    engine_free(crowd.sequential);
}
