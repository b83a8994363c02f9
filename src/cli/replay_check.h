/* replay_check.h - the outcome of a bundle's block against what the bundle says beyond the header, which the engine judges. */
#pragma once

#include "cli/replay.h"

/* One more sentence about what is wrong; those beyond REPLAY_FAULTS_MAX are not kept. */
void replay_fault(struct replay_result *result, const char *format, ...) PRINTF_LIKE(2, 3);

/* All comparisons; adds to the faults. `scratch` is released again. */
enum pevm_status replay_check(struct replay_result *result,
                              const struct bundle *bundle,
                              const struct engine_outcome *outcome,
                              struct arena *scratch,
                              struct error *error) MUST_CHECK;
