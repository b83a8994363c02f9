/* exposition.h - a strict reader of Prometheus' text format, version 0.0.4: what promtool would refuse, it refuses. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define EXPOSITION_FAMILIES_MAX 128

/* NULL: well-formed. Otherwise what is wrong, with the number of the line; lives until the next call. Families are in one piece,
 * each with HELP and TYPE before its samples; names, labels and numbers have the right form; no sample comes twice;
 * counters end in _total; histograms have ascending bounds and counts, end with +Inf, and have a sum and a count that fits. */
const char *exposition_fault(const char *text);

/* The sample whose name and labels are spelled so: "a_total{queue=\"new\"}". False: there is none. */
bool exposition_value(const char *text, const char *sample, double *out);
