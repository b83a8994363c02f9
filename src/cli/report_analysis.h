/* report_analysis.h - what stands in the way of more speed, in the words of pevm/metrics.h, from the facts of a report. */
#pragma once

#include "pevm/metrics.h"

#include "cli/report.h"

/* The time of the reads of the state before the block is not known here. */
struct pevm_metrics report_metrics(const struct report *report);
struct pevm_analysis report_analyze(const struct report *report);
