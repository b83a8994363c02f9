#include "service/page_samples.h"

#include "base/assert.h"
#include "engine/engine_metrics.h"
#include "service/service_metrics.h"

uint64_t page_samples_first(const struct page_samples *samples)
{
    return samples->count < PAGE_SAMPLES ? 0 : samples->count - PAGE_SAMPLES;
}

const struct page_sample *page_samples_at(const struct page_samples *samples, uint64_t number)
{
    ASSERT(number < samples->count && number >= page_samples_first(samples));
    return &samples->ring[number % PAGE_SAMPLES];
}

uint64_t page_quantile(const uint64_t *bounds,
                       const uint64_t *counts,
                       size_t buckets,
                       unsigned percent)
{
    double all = 0, before = 0;
    for (size_t i = 0; i < buckets; i++)
        all += (double)counts[i];
    if (all == 0) return 0;
    double wanted = all * percent / 100;
    for (size_t i = 0; i + 1 < buckets; i++) {
        double inside = (double)counts[i];
        uint64_t low = i == 0 ? 0 : bounds[i - 1];
        if (inside > 0 && before + inside >= wanted)
            return low + (uint64_t)((double)(bounds[i] - low) * (wanted - before) / inside);
        before += inside;
    }
    return bounds[buckets - 2];
}

/* The commits between the sample a minute ago, or the first, and this one. */
static void take_quantiles(struct page_samples *samples,
                           struct page_sample *sample,
                           const uint64_t *bounds)
{
    uint64_t counts[METRIC_BOUNDS_MAX + 1];
    const struct metric_histogram *now = &sample->commits, *then = NULL;
    uint64_t back = samples->count < PAGE_COMMIT_WINDOW ? samples->count : PAGE_COMMIT_WINDOW;
    if (back > 0) then = &samples->ring[(samples->count - back) % PAGE_SAMPLES].commits;
    for (size_t i = 0; i < now->bucket_count; i++)
        counts[i] = now->counts[i] - (then == NULL ? 0 : then->counts[i]);
    sample->commit_p50_ns = page_quantile(bounds, counts, now->bucket_count, 50);
    sample->commit_p90_ns = page_quantile(bounds, counts, now->bucket_count, 90);
    sample->commit_p99_ns = page_quantile(bounds, counts, now->bucket_count, 99);
}

void page_samples_take(struct page_samples *samples,
                       const struct board_state *state,
                       const struct metrics *service,
                       const struct metrics *engine,
                       uint64_t now_ms)
{
    struct page_sample *sample = &samples->ring[samples->count % PAGE_SAMPLES];
    *sample =
        (struct page_sample){.at_ms = now_ms,
                             .executed = state->executed,
                             .synced = state->synced,
                             .txs = metrics_value(service, SERVICE_TXS, 0),
                             .gas = metrics_value(service, SERVICE_GAS, 0),
                             .executions = metrics_value(service, SERVICE_EXECUTIONS, 0),
                             .commits = metrics_histogram(service, SERVICE_COMMIT_LATENCY, 0)};
    sample->blocks = sample->commits.count;
    for (size_t i = 0; i < PAGE_CACHES; i++) {
        sample->cache_hits[i] = metrics_value(service, SERVICE_CACHE_HITS, i);
        sample->cache_misses[i] = metrics_value(service, SERVICE_CACHE_MISSES, i);
    }
    if (engine != NULL) {
        sample->busy_ns = metrics_value(engine, METRIC_WORKER_TIME, STATE_BUSY);
        sample->idle_ns = metrics_value(engine, METRIC_WORKER_TIME, STATE_IDLE);
    }
    take_quantiles(samples, sample, metrics_spec(service, SERVICE_COMMIT_LATENCY)->bounds);
    samples->count++;
}
