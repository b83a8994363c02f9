/* execute.h - a block through the engine, as its header judges it: in parallel; and when the two disagree, once more one
 * transaction after another, which is the specification.
 *
 * Words
 *   divergence   the header agrees with the sequential run and not with the parallel one: our fault; a bundle is written with
 *                which `pevm replay` can show it
 *
 * Threads: the loop's.
 */
#pragma once

#include "engine/engine.h"
#include "service/fetch.h"
#include "service/life.h"

struct executor {
    struct engine *engine;
    const struct chain *chain;
    struct view state;               /* before the block */
    struct life *life;               /* may be NULL: nobody stops it */
    const struct root_source *roots; /* NULL: verify: header */
    const char *folder;              /* where bundles of divergences go */
    struct tuning tuning;
    bool
        gives_up; /* what fails in parallel for lack of memory, or by our fault, is not tried once more */
    /* What runs a block in parallel; NULL: engine_execute. For tests. */
    enum pevm_status (*run)(struct engine *,
                            struct engine_outcome *,
                            const struct engine_input *,
                            struct error *);
};

struct execution {
    const struct header *parent; /* may be NULL */
    const struct engine_ancestor *ancestors;
    size_t ancestor_count;
    struct engine_outcome outcome; /* lent by the engine until its next call */
    bool diverged;
    char bundle[256]; /* where it was written; "": it could not be */
};

/* PEVM_OK: execution->outcome says whether the block is valid. Any other status: the world failed, as engine_execute. */
enum pevm_status execute_block(struct executor *executor,
                               struct execution *execution,
                               const struct block *block,
                               struct error *error) MUST_CHECK;

/* For logs, after a block was refused: what each transaction used, as far as it came. Runs it again. */
void execute_explain(struct executor *executor,
                     const struct execution *execution,
                     const struct block *block);
