#include "metrics/metrics.h"

#include "base/assert.h"
#include "base/heap.h"

#include <string.h>

struct metrics {
    const struct metric_spec *specs;
    size_t count;
    uint32_t *offsets;
    unsigned writer_count;
    struct metrics_writer *writers;
    size_t cells_each;
    struct counter *cells; /* of all writers, one after another, each from a new cache line on */
};

/* ---- life ------------------------------------------------------------------------------------ */

size_t metric_series(const struct metric_spec *spec)
{
    size_t count = 0;
    if (spec->label == NULL) return 1;
    while (spec->values[count] != NULL) /* ends: with NULL */
        count++;
    return count;
}

static size_t bound_count(const struct metric_spec *spec)
{
    size_t count = 0;
    while (spec->bounds[count] != 0) { /* ends: with 0 */
        ASSERT(count == 0 || spec->bounds[count] > spec->bounds[count - 1]);
        count++;
    }
    ASSERT(count <= METRIC_BOUNDS_MAX);
    return count;
}

/* Of one series: the number itself; of a histogram its buckets and the sum. */
static size_t cells_of(const struct metric_spec *spec)
{
    return spec->kind == METRIC_HISTOGRAM ? bound_count(spec) + 2 : 1;
}

static enum pevm_status cells_new(struct metrics *metrics)
{
    size_t cells = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        metrics->offsets[i] = (uint32_t)cells;
        cells += cells_of(&metrics->specs[i]) * metric_series(&metrics->specs[i]);
    }
    size_t per_line = CACHE_LINE / sizeof *metrics->cells;
    metrics->cells_each = (cells + per_line - 1) / per_line * per_line;
    size_t bytes = metrics->writer_count * metrics->cells_each * sizeof *metrics->cells;
    metrics->cells = heap_alloc_aligned(CACHE_LINE, bytes);
    if (metrics->cells == NULL) return PEVM_NO_MEMORY;
    memset(metrics->cells, 0, bytes);
    return PEVM_OK;
}

static enum pevm_status metrics_init(struct metrics *metrics)
{
    metrics->offsets = heap_alloc_zeroed(metrics->count, sizeof *metrics->offsets);
    metrics->writers =
        heap_alloc_aligned(CACHE_LINE, metrics->writer_count * sizeof *metrics->writers);
    if (metrics->offsets == NULL || metrics->writers == NULL) return PEVM_NO_MEMORY;
    TRY(cells_new(metrics));
    for (unsigned i = 0; i < metrics->writer_count; i++)
        metrics->writers[i] = (struct metrics_writer){
            metrics->offsets, metrics->specs, metrics->cells + i * metrics->cells_each};
    return PEVM_OK;
}

enum pevm_status metrics_new(struct metrics **out,
                             const struct metric_spec *specs,
                             size_t count,
                             unsigned writers)
{
    struct metrics *metrics = heap_alloc_zeroed(1, sizeof *metrics);
    *out = NULL;
    if (metrics == NULL) return PEVM_NO_MEMORY;
    metrics->specs = specs;
    metrics->count = count;
    metrics->writer_count = writers;
    enum pevm_status status = metrics_init(metrics);
    if (status != PEVM_OK) {
        metrics_free(metrics);
        return status;
    }
    *out = metrics;
    return PEVM_OK;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) return;
    heap_free(metrics->offsets);
    heap_free(metrics->writers);
    heap_free(metrics->cells);
    heap_free(metrics);
}

struct metrics_writer *metrics_writer(struct metrics *metrics, unsigned writer)
{
    ASSERT(writer < metrics->writer_count);
    return &metrics->writers[writer];
}

/* ---- counting -------------------------------------------------------------------------------- */

void metric_observe(struct metrics_writer *writer, unsigned metric, unsigned series, uint64_t value)
{
    const uint64_t *bounds = writer->specs[metric].bounds;
    size_t buckets = 1, bucket = 0;
    while (bounds[buckets - 1] != 0) { /* ends: with 0 */
        bucket += value > bounds[buckets - 1];
        buckets++;
    }
    struct counter *cells = &writer->cells[writer->offsets[metric] + series * (buckets + 1)];
    counter_add(&cells[bucket], 1);
    counter_add(&cells[buckets], value);
}

/* ---- reading --------------------------------------------------------------------------------- */

size_t metrics_count(const struct metrics *metrics)
{
    return metrics->count;
}

const struct metric_spec *metrics_spec(const struct metrics *metrics, size_t metric)
{
    ASSERT(metric < metrics->count);
    return &metrics->specs[metric];
}

/* Of all writers. */
static uint64_t cell_sum(const struct metrics *metrics, size_t cell)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < metrics->writer_count; i++)
        sum += counter_read(&metrics->writers[i].cells[cell]);
    return sum;
}

uint64_t metrics_value(const struct metrics *metrics, size_t metric, size_t series)
{
    const struct metric_spec *spec = metrics_spec(metrics, metric);
    ASSERT(spec->kind != METRIC_HISTOGRAM && series < metric_series(spec));
    return spec->read != NULL ? spec->read() : cell_sum(metrics, metrics->offsets[metric] + series);
}

struct metric_histogram metrics_histogram(const struct metrics *metrics,
                                          size_t metric,
                                          size_t series)
{
    const struct metric_spec *spec = metrics_spec(metrics, metric);
    ASSERT(spec->kind == METRIC_HISTOGRAM && series < metric_series(spec));
    struct metric_histogram out = {.bucket_count = bound_count(spec) + 1};
    size_t first = metrics->offsets[metric] + series * (out.bucket_count + 1);
    for (size_t i = 0; i < out.bucket_count; i++) {
        out.counts[i] = cell_sum(metrics, first + i);
        out.count += out.counts[i];
    }
    out.sum = cell_sum(metrics, first + out.bucket_count);
    return out;
}
