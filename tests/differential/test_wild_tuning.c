/* Random blocks in every way in which a block can be executed on several workers: each policy with each validation and each
 * detection, and the numbers beside them. All must give what the sequential path gives. */
#include "base/rng.h"
#include "engine/outcome.h"
#include "support/test.h"
#include "support/wild_run.h"

#include <stdio.h>

#define ROUNDS_DEFAULT 60
#define WORKERS        3

static const char *const policy_names[] = {
    "work_stealing", "load_balanced", "adaptive", "sequential"};
static const char *const validation_names[] = {"early", "lazy", "batch"};
static const char *const detection_names[] = {"precise", "fast"};

STATIC_ASSERT(COUNT_OF(policy_names) == SCHED_POLICY_COUNT, "all policies");
STATIC_ASSERT(COUNT_OF(validation_names) == VALIDATION_COUNT, "all validations");
STATIC_ASSERT(COUNT_OF(detection_names) == DETECTION_COUNT, "all detections");

/* The numbers that go with them, a row for each round. */
static const struct tuning numbers[] = {
    {.batch_size = 0,     .attempts_max = 0, .is_rigid = false, .ignores_gas = false},
    {.batch_size = 1,     .attempts_max = 1, .is_rigid = true,  .ignores_gas = true },
    {.batch_size = 7,     .attempts_max = 2, .is_rigid = false, .ignores_gas = true },
    {.batch_size = 65536, .attempts_max = 3, .is_rigid = true,  .ignores_gas = false},
};

#define COMBINATIONS ((unsigned)SCHED_POLICY_COUNT * VALIDATION_COUNT * DETECTION_COUNT)

static struct tuning combination(unsigned number, unsigned long round)
{
    struct tuning tuning = numbers[(round + number) % COUNT_OF(numbers)];
    tuning.policy = (enum sched_policy)(number % SCHED_POLICY_COUNT);
    tuning.validation = (enum validation)(number / SCHED_POLICY_COUNT % VALIDATION_COUNT);
    tuning.detection = (enum detection)(number / SCHED_POLICY_COUNT / VALIDATION_COUNT);
    tuning.analysis = (enum analysis)((round + number) % ANALYSIS_COUNT);
    return tuning;
}

struct crowd {
    struct engine *sequential, *parallel;
    struct {
        uint64_t txs, executions, stale, waits;
    } sums[COMBINATIONS];
};

static void compare(struct crowd *crowd,
                    const struct wild_block *wild,
                    const struct engine_outcome *expected,
                    unsigned number,
                    unsigned long seed)
{
    struct tuning tuning = combination(number, seed);
    struct wild_run run = {.block = wild, .is_parallel = true, .is_slow = true};
    struct engine_outcome outcome;
    char text[OUTCOME_TEXT_MAX];
    engine_tune(crowd->parallel, &tuning);
    wild_execute(crowd->parallel, &run, &outcome);
    const char *difference = outcome_differs(text, expected, &outcome);
    if (difference != NULL)
        fail_msg("seed %lu, %s, %s, %s, %s: %s",
                 seed,
                 fork_name(wild->fork),
                 policy_names[tuning.policy],
                 validation_names[tuning.validation],
                 detection_names[tuning.detection],
                 difference);
    crowd->sums[number].txs += wild->block.tx_count;
    crowd->sums[number].executions += outcome.executions;
    crowd->sums[number].stale += outcome.stale;
    crowd->sums[number].waits += outcome.waits;
}

static void report(const struct crowd *crowd)
{
    for (unsigned number = 0; number < COMBINATIONS; number++) {
        struct tuning tuning = combination(number, 0);
        printf("%-13s %-5s %-7s: %llu transactions, %llu attempts, %llu stale, %llu waits\n",
               policy_names[tuning.policy],
               validation_names[tuning.validation],
               detection_names[tuning.detection],
               (unsigned long long)crowd->sums[number].txs,
               (unsigned long long)crowd->sums[number].executions,
               (unsigned long long)crowd->sums[number].stale,
               (unsigned long long)crowd->sums[number].waits);
    }
}

TEST(every_way_of_executing_a_block_gives_the_same)
{
    struct crowd crowd = {.sequential = wild_engine(1), .parallel = wild_engine(WORKERS)};
    unsigned long rounds = wild_number("PEVM_WILD_ROUNDS", ROUNDS_DEFAULT),
                  seed = wild_number("PEVM_WILD_SEED", 1);
    for (unsigned long round = 0; round < rounds; round++) {
        struct wild_block wild;
        struct engine_outcome expected;
        wild_block_init(&wild, seed + round, wild_fork(seed + round), 40);
        wild_execute(crowd.sequential, &(struct wild_run){.block = &wild}, &expected);
        for (unsigned number = 0; number < COMBINATIONS; number++)
            compare(&crowd, &wild, &expected, number, seed + round);
        wild_block_fini(&wild);
    }
    report(&crowd);
    engine_free(crowd.parallel);
    engine_free(crowd.sequential);
}

/* ---- hints ------------------------------------------------------------------------------------- */

#define PAIRS_MAX 5000

enum bad_hints {
    HINT_CHAIN,
    HINT_STAR,
    HINT_REVERSED,
    HINT_BEYOND,
    HINT_RANDOM,
    HINT_MANY,
    HINT_KINDS
};

struct advice {
    struct engine_dependency pairs[PAIRS_MAX];
    uint64_t gas[PAIRS_MAX];
    size_t count, gas_count;
};

static struct engine_dependency pair_of(enum bad_hints kind,
                                        uint32_t i,
                                        uint32_t txs,
                                        struct rng *rng)
{
    uint32_t a = (uint32_t)rng_below(rng, txs + 2), b = (uint32_t)rng_below(rng, txs + 2);
    switch (kind) {
    case HINT_CHAIN: return (struct engine_dependency){i + 1, i};
    case HINT_STAR: return (struct engine_dependency){i, 0};
    case HINT_REVERSED: return (struct engine_dependency){i, i + 1};
    case HINT_BEYOND: return (struct engine_dependency){i + txs, UINT32_MAX - i};
    default: return (struct engine_dependency){a, b};
    }
}

static void advise(struct advice *advice, enum bad_hints kind, uint32_t txs, struct rng *rng)
{
    static const uint64_t gas[] = {0, 1, 21000, 30000000, UINT64_MAX};
    advice->count = kind == HINT_MANY ? PAIRS_MAX : txs;
    for (uint32_t i = 0; i < advice->count; i++)
        advice->pairs[i] = pair_of(kind, i, txs, rng);
    advice->gas_count = rng_below(rng, txs + 10);
    for (size_t i = 0; i < advice->gas_count; i++)
        advice->gas[i] = gas[rng_below(rng, COUNT_OF(gas))];
}

TEST(hints_of_any_kind_change_nothing)
{
    static struct advice advice;
    struct engine *sequential = wild_engine(1), *parallel = wild_engine(WORKERS);
    unsigned long rounds = wild_number("PEVM_WILD_ROUNDS", ROUNDS_DEFAULT);
    uint64_t sums[HINT_KINDS] = {0}, txs = 0;
    for (unsigned long seed = 1; seed <= rounds; seed++) {
        struct wild_block wild;
        struct engine_outcome expected, outcome;
        struct rng rng;
        char text[OUTCOME_TEXT_MAX];
        rng_init(&rng, seed);
        wild_block_init(&wild, seed, wild_fork(seed), 40);
        wild_execute(sequential, &(struct wild_run){.block = &wild}, &expected);
        for (unsigned kind = 0; kind < HINT_KINDS; kind++) {
            advise(&advice, (enum bad_hints)kind, (uint32_t)wild.block.tx_count, &rng);
            struct wild_run run = {.block = &wild,
                                   .is_parallel = true,
                                   .is_slow = true,
                                   .dependencies = advice.pairs,
                                   .dependency_count = advice.count,
                                   .gas_estimates = advice.gas,
                                   .gas_estimate_count = advice.gas_count};
            wild_execute(parallel, &run, &outcome);
            const char *difference = outcome_differs(text, &expected, &outcome);
            if (difference != NULL) fail_msg("seed %lu, hints %u: %s", seed, kind, difference);
            sums[kind] += outcome.executions;
        }
        txs += wild.block.tx_count;
        wild_block_fini(&wild);
    }
    printf("%llu transactions; attempts with chain %llu, star %llu, reversed %llu, beyond %llu, "
           "random %llu, many %llu\n",
           (unsigned long long)txs,
           (unsigned long long)sums[0],
           (unsigned long long)sums[1],
           (unsigned long long)sums[2],
           (unsigned long long)sums[3],
           (unsigned long long)sums[4],
           (unsigned long long)sums[5]);
    engine_free(parallel);
    engine_free(sequential);
}
