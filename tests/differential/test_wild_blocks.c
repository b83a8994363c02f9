/* Random blocks on several workers against the sequential path: everything equal, bit for bit. PEVM_WILD_ROUNDS says how
 * many blocks, PEVM_WILD_SEED where to begin. */
#include "base/clock.h"
#include "engine/outcome.h"
#include "support/test.h"
#include "support/wild_block.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_DEFAULT 400

static unsigned long number_of(const char *name, unsigned long absent)
{
    const char *text = getenv(name);
    return text == NULL ? absent : strtoul(text, NULL, 0);
}

static struct engine *engine_of(unsigned workers)
{
    struct engine *engine;
    struct engine_options options = {.chain = &chain_mainnet, .workers = workers};
    assert_int_equal(engine_new(&engine, &options), PEVM_OK);
    return engine;
}

/* The pre-state, at times slowly: so that workers overtake one another also where there are few processors. */
struct slow_view {
    struct view inner;
};

static void dawdle(const void *about)
{
    if ((uintptr_t)about % 7 == clock_now_ns() % 7) (void)sched_yield();
}

static enum view_answer slow_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    const struct slow_view *slow = context;
    dawdle(who);
    return slow->inner.ops->account(slow->inner.context, who, parts, out);
}

static enum view_answer slow_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct slow_view *slow = context;
    dawdle(slot);
    return slow->inner.ops->slot(slow->inner.context, who, slot, out);
}

static enum view_answer slow_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    const struct slow_view *slow = context;
    return slow->inner.ops->code(slow->inner.context, who, hash, out);
}

static enum view_answer slow_has_storage(void *context, const address *who, bool *out)
{
    const struct slow_view *slow = context;
    dawdle(out);
    return slow->inner.ops->has_storage(slow->inner.context, who, out);
}

static enum view_answer slow_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct slow_view *slow = context;
    return slow->inner.ops->block_hash(slow->inner.context, number, out);
}

static const struct view_ops slow_ops = {
    slow_account, slow_slot, slow_code, slow_has_storage, slow_block_hash};

static void execute(struct engine *engine,
                    const struct wild_block *wild,
                    bool is_parallel,
                    struct engine_outcome *outcome)
{
    struct error error = {.text = ""};
    struct slow_view slow = {wild->pre_state};
    struct view view = {&slow_ops, &slow};
    struct engine_input input = {
        .block = &wild->block,
        .pre_state = &view,
        .is_parallel = is_parallel,
        .skip_header_compare = true,
        .skip_body_roots = true,
    };
    engine_set_chain(engine, &wild->chain);
    enum pevm_status status = engine_execute(engine, outcome, &input, &error);
    if (status != PEVM_OK) fail_msg("%s", error.text);
}

TEST(wild_blocks_are_the_same_on_any_number_of_workers)
{
    static const unsigned sizes[] = {1, 2, 3, 8};
    static const enum fork forks[] = {FORK_FRONTIER,
                                      FORK_TANGERINE_WHISTLE,
                                      FORK_SPURIOUS_DRAGON,
                                      FORK_BYZANTIUM,
                                      FORK_ISTANBUL,
                                      FORK_BERLIN,
                                      FORK_LONDON,
                                      FORK_SHANGHAI,
                                      FORK_CANCUN,
                                      FORK_OSAKA};
    struct engine *sequential = engine_of(1), *engines[COUNT_OF(sizes)];
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        engines[i] = engine_of(sizes[i]);
    unsigned long rounds = number_of("PEVM_WILD_ROUNDS", ROUNDS_DEFAULT),
                  seed = number_of("PEVM_WILD_SEED", 1);
    uint64_t txs = 0, valid = 0, executions = 0, stale = 0, waits = 0;
    for (unsigned long round = 0; round < rounds; round++) {
        struct wild_block wild;
        struct engine_outcome expected, outcome;
        enum fork fork = forks[(seed + round) % COUNT_OF(forks)];
        wild_block_init(&wild, seed + round, fork, 40);
        execute(sequential, &wild, false, &expected);
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            execute(engines[i], &wild, true, &outcome);
            char text[OUTCOME_TEXT_MAX];
            const char *difference = outcome_differs(text, &expected, &outcome);
            if (difference != NULL)
                fail_msg("seed %lu, %s, %u workers: %s",
                         seed + round,
                         fork_name(fork),
                         sizes[i],
                         difference);
            executions += outcome.executions;
            stale += outcome.stale;
            waits += outcome.waits;
            txs += wild.block.tx_count;
        }
        valid += expected.fault == BLOCK_VALID;
        wild_block_fini(&wild);
    }
    printf("%lu blocks from seed %lu, %llu valid; %llu transactions, %llu attempts, %llu stale, "
           "%llu waits\n",
           rounds,
           seed,
           (unsigned long long)valid,
           (unsigned long long)txs,
           (unsigned long long)executions,
           (unsigned long long)stale,
           (unsigned long long)waits);
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        engine_free(engines[i]);
    engine_free(sequential);
}
