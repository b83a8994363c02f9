/* both_paths.h - a block executed one transaction after another, then on several workers, and the outcomes held against
 * each other. For official tests, whose blocks are small: the second path is taken whatever a block's size, and its reads
 * of the pre-state now and then let another worker go first.
 *
 *     struct both_paths paths;
 *     TRY(both_paths_init(&paths, 8, error));                         0 workers: only the first path
 *     TRY(both_paths_execute(&paths, &outcome, &input, error));
 *     if (paths.difference[0] != 0) ...                               "8 workers: receipt 3: gas 21000 and 21204"
 *     both_paths_fini(&paths);
 *
 * Before Byzantium receipts have the state root after each transaction, so blocks with roots are executed one after another
 * whatever is asked for. Then both paths are compared without roots first.
 */
#pragma once

#include "engine/engine.h"
#include "engine/outcome.h"

#define BOTH_PATHS_TEXT_MAX (OUTCOME_TEXT_MAX + 32)

struct both_paths {
    struct engine *one, *many; /* many: NULL when there is no second path */
    const struct chain *chain; /* borrowed */
    unsigned workers;
    char difference[BOTH_PATHS_TEXT_MAX]; /* "" when the last block came out the same */
};

/* On a failure there is nothing to fini. The chain is mainnet's at first. */
enum pevm_status both_paths_init(struct both_paths *paths,
                                 unsigned workers,
                                 struct error *error) MUST_CHECK;
void both_paths_fini(struct both_paths *paths); /* also of a zeroed object */

void both_paths_set_chain(struct both_paths *paths, const struct chain *chain);

/* The outcome is that of the first path, and lives until the next call. A status but PEVM_OK: the world failed in either. */
enum pevm_status both_paths_execute(struct both_paths *paths,
                                    struct engine_outcome *outcome,
                                    const struct engine_input *input,
                                    struct error *error) MUST_CHECK;
