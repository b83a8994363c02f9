/* prometheus.h - all metrics of a table as text, in Prometheus' exposition format, version 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). */
#pragma once

#include "metrics/metrics.h"

#define PROMETHEUS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* As snprintf does: at most `size` bytes with the 0 at the end; returns how long the whole text is without it, so that a
 * caller whose room was too small knows. `out` may be NULL when size is 0. Takes no memory; any thread. */
size_t prometheus_write(char *out, size_t size, const struct metrics *metrics);
