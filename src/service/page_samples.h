/* page_samples.h - what the counters said each second of the last minutes, so that a page that is opened now has charts at once.
 * Fixed memory; one owner. */
#pragma once

#include "metrics/metrics.h"
#include "service/board.h"

#define PAGE_SAMPLES       300 /* 5 minutes */
#define PAGE_COMMIT_WINDOW 60  /* samples over which quantiles of commits are taken */
#define PAGE_CACHES        3   /* accounts, slots, codes */

struct page_sample {
    uint64_t at_ms; /* unix time */
    uint64_t executed, synced;
    uint64_t blocks, txs, gas, executions; /* since the start, as all below */
    uint64_t cache_hits[PAGE_CACHES], cache_misses[PAGE_CACHES];
    uint64_t busy_ns, idle_ns; /* of workers; 0 while there is no engine */
    uint64_t commit_p50_ns, commit_p90_ns, commit_p99_ns; /* of the last minute; 0: no commit */
    struct metric_histogram commits;
};

struct page_samples {
    uint64_t count; /* of all that were taken; PAGE_SAMPLES of them are kept */
    struct page_sample ring[PAGE_SAMPLES];
};

/* `engine` may be NULL. */
void page_samples_take(struct page_samples *samples,
                       const struct board_state *state,
                       const struct metrics *service,
                       const struct metrics *engine,
                       uint64_t now_ms);

/* The first that is kept; up to `count` they all are. */
uint64_t page_samples_first(const struct page_samples *samples);
const struct page_sample *page_samples_at(const struct page_samples *samples, uint64_t number);

/* What `percent` of the values in these buckets are at most, straight lines inside of a bucket; what is beyond all bounds counts
 * as the last. 0: there are none. */
uint64_t page_quantile(const uint64_t *bounds,
                       const uint64_t *counts,
                       size_t buckets,
                       unsigned percent);
