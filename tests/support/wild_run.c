#include "support/wild_run.h"

#include "base/clock.h"
#include "support/test.h"

#include <sched.h>
#include <stdlib.h>

unsigned long wild_number(const char *name, unsigned long absent)
{
    const char *text = getenv(name);
    return text == NULL ? absent : strtoul(text, NULL, 0);
}

enum fork wild_fork(uint64_t seed)
{
    static const enum fork forks[] = {FORK_FRONTIER,
                                      FORK_TANGERINE_WHISTLE,
                                      FORK_SPURIOUS_DRAGON,
                                      FORK_BYZANTIUM,
                                      FORK_ISTANBUL,
                                      FORK_BERLIN,
                                      FORK_LONDON,
                                      FORK_SHANGHAI,
                                      FORK_CANCUN,
                                      FORK_PRAGUE,
                                      FORK_OSAKA};
    return forks[seed % COUNT_OF(forks)];
}

struct engine *wild_engine(unsigned workers)
{
    struct engine *engine;
    struct engine_options options = {.chain = &chain_mainnet, .workers = workers};
    assert_int_equal(engine_new(&engine, &options), PEVM_OK);
    return engine;
}

/* ---- the pre-state ----------------------------------------------------------------------------- */

static const struct view *inner(void *context)
{
    return &((const struct wild_run *)context)->block->pre_state;
}

/* Before a read. False: it fails. */
static bool approach(void *context, const address *who, const u256 *slot)
{
    const struct wild_run *run = context;
    if (run->is_slow && (uintptr_t)who % 7 == clock_now_ns() % 7) (void)sched_yield();
    return run->fails == NULL || !run->fails(run->context, who, slot);
}

static enum view_answer wild_account(void *context,
                                     const address *who,
                                     unsigned parts,
                                     struct view_account *out)
{
    if (!approach(context, who, NULL)) return VIEW_FAILED;
    return inner(context)->ops->account(inner(context)->context, who, parts, out);
}

static enum view_answer wild_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    if (!approach(context, who, slot)) return VIEW_FAILED;
    return inner(context)->ops->slot(inner(context)->context, who, slot, out);
}

static enum view_answer wild_code(void *context,
                                  const address *who,
                                  const hash32 *hash,
                                  struct bytes *out)
{
    return inner(context)->ops->code(inner(context)->context, who, hash, out);
}

static enum view_answer wild_has_storage(void *context, const address *who, bool *out)
{
    if (!approach(context, who, NULL)) return VIEW_FAILED;
    return inner(context)->ops->has_storage(inner(context)->context, who, out);
}

static enum view_answer wild_block_hash(void *context, uint64_t number, hash32 *out)
{
    return inner(context)->ops->block_hash(inner(context)->context, number, out);
}

/* ---- executing --------------------------------------------------------------------------------- */

enum pevm_status wild_try(struct engine *engine,
                          const struct wild_run *run,
                          struct engine_outcome *outcome,
                          struct error *error)
{
    static const struct view_ops ops = {
        wild_account, wild_slot, wild_code, wild_has_storage, wild_block_hash};
    struct wild_run copy = *run;
    struct view view = {&ops, &copy};
    struct engine_input input = {
        .block = &run->block->block,
        .pre_state = &view,
        .cancel = run->cancel,
        .is_parallel = run->is_parallel,
        .even_if_small = run->is_parallel,
        .dependencies = run->dependencies,
        .dependency_count = run->dependency_count,
        .gas_estimates = run->gas_estimates,
        .gas_estimate_count = run->gas_estimate_count,
        .skip_header_compare = true,
        .skip_body_roots = true,
    };
    *error = (struct error){.text = ""};
    engine_set_chain(engine, &run->block->chain);
    return engine_execute(engine, outcome, &input, error);
}

void wild_execute(struct engine *engine, const struct wild_run *run, struct engine_outcome *outcome)
{
    struct error error;
    if (wild_try(engine, run, outcome, &error) != PEVM_OK) fail_msg("%s", error.text);
}
