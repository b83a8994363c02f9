/* report_trace.h - a report in the Trace Event Format, which Perfetto (ui.perfetto.dev) and chrome://tracing open: a track for
 * each worker, one for the phases of the block, arrows to who waited for whom, and how many transactions are final, executed or
 * waiting. */
#pragma once

#include "cli/report.h"

#include <stdio.h>

/* False: a write failed. */
bool report_trace_write(const struct report *report, FILE *out) MUST_CHECK;
