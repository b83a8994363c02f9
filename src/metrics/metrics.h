/* metrics.h - numbers about what goes on, for people and for Prometheus: a table says which there are, each thread counts in
 * cells of its own, and whoever reads adds them up.
 *
 *     static const struct metric_spec specs[] = {
 *         {METRIC_COUNTER, 0, "pevm_gas_executed_total", "Gas used.", NULL, NULL, NULL, NULL},
 *     };
 *     TRY(metrics_new(&metrics, specs, COUNT_OF(specs), workers));
 *     metric_add(metrics_writer(metrics, worker), 0, 0, 21000);
 *     total = metrics_value(metrics, 0, 0);
 *
 * Words
 *   metric   a line of the table, by its index
 *   series   one number of a metric: one for each value of its label, by its index; 0 when it has no label
 *   writer   who counts: cells that one thread at a time changes, on cache lines of their own
 *
 * Memory is fixed when the table is opened. Counting is a load, an addition and a store. Gauges are sums, too: each writer sets
 * its own part.
 *
 * Threads: a writer belongs to one thread at a time; everything that reads may be called by any thread at any time.
 */
#pragma once

#include "base/status.h"
#include "metrics/counter.h"

#include <stddef.h>

#define METRIC_BOUNDS_MAX 32 /* finer ones nobody looks at */

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_spec {
    enum metric_kind kind;
    unsigned
        decimals; /* kept in units of 10^-decimals: 9 for seconds that are counted in nanoseconds; at most 9 */
    const char *name;          /* as Prometheus wants it; of a counter with "_total" */
    const char *help;          /* a sentence */
    const char *label;         /* NULL: one series */
    const char *const *values; /* of the label, ending with NULL */
    const uint64_t *
        bounds; /* of a histogram: the upper ends of its buckets but the last, ascending, ending with 0 */
    uint64_t (*read)(void); /* not NULL: where the number comes from, instead of cells; no label */
};

struct metrics;

struct metrics_writer {
    const uint32_t *offsets; /* by metric: its first cell */
    const struct metric_spec *specs;
    struct counter *cells;
} ALIGNED(CACHE_LINE);

/* The specs are borrowed until metrics_free. */
enum pevm_status metrics_new(struct metrics **out,
                             const struct metric_spec *specs,
                             size_t count,
                             unsigned writers) MUST_CHECK;
void metrics_free(struct metrics *metrics); /* may be NULL */

struct metrics_writer *metrics_writer(struct metrics *metrics, unsigned writer);

ALWAYS_INLINE void metric_add(struct metrics_writer *writer,
                              unsigned metric,
                              unsigned series,
                              uint64_t more)
{
    counter_add(&writer->cells[writer->offsets[metric] + series], more);
}

ALWAYS_INLINE void metric_set(struct metrics_writer *writer,
                              unsigned metric,
                              unsigned series,
                              uint64_t value)
{
    counter_set(&writer->cells[writer->offsets[metric] + series], value);
}

/* One more of `value` in a histogram. */
void metric_observe(struct metrics_writer *writer,
                    unsigned metric,
                    unsigned series,
                    uint64_t value);

/* ---- reading ----------------------------------------------------------------------------------- */

struct metric_histogram {
    uint64_t
        counts[METRIC_BOUNDS_MAX + 1]; /* by bucket, not added up; the last is beyond all bounds */
    size_t bucket_count;
    uint64_t count, sum;
};

size_t metrics_count(const struct metrics *metrics);
const struct metric_spec *metrics_spec(const struct metrics *metrics, size_t metric);
size_t metric_series(const struct metric_spec *spec); /* how many */

uint64_t metrics_value(const struct metrics *metrics, size_t metric, size_t series);
struct metric_histogram metrics_histogram(const struct metrics *metrics,
                                          size_t metric,
                                          size_t series);
