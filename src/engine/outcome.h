/* outcome.h - are two outcomes of the same block the same, bit for bit? What the parallel path is held against. */
#pragma once

#include "engine/engine.h"

#define OUTCOME_TEXT_MAX 256

/* NULL when equal: faults and their texts, every receipt with its logs, gas, bloom, roots, the whole changeset. Otherwise the
 * first difference in words, in `text`. Times and counts of attempts are not compared. */
const char *outcome_differs(char text[OUTCOME_TEXT_MAX],
                            const struct engine_outcome *a,
                            const struct engine_outcome *b);
