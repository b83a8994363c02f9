/* wild_run.h - a wild block through an engine, on a pre-state that is slow at times, so that workers overtake one another also
 * where there are few processors; and on one that fails.
 */
#pragma once

#include "support/wild_block.h"

struct engine *wild_engine(unsigned workers);

struct wild_run {
    const struct wild_block *block;
    bool is_parallel, is_slow;
    const struct cancel_source *cancel; /* may be NULL */

    /* As in struct engine_input. */
    const struct engine_dependency *dependencies;
    size_t dependency_count;
    const uint64_t *gas_estimates;
    size_t gas_estimate_count;

    /* Places that cannot be read. */
    bool (*fails)(void *context,
                  const address *who,
                  const u256 *slot); /* slot: NULL for accounts */
    void *context;
};

/* Fails the test when the world does. */
void wild_execute(struct engine *engine,
                  const struct wild_run *run,
                  struct engine_outcome *outcome);
enum pevm_status wild_try(struct engine *engine,
                          const struct wild_run *run,
                          struct engine_outcome *outcome,
                          struct error *error);

/* A number from the environment. */
unsigned long wild_number(const char *name, unsigned long absent);

/* The fork of a seed: each in turn. */
enum fork wild_fork(uint64_t seed);
