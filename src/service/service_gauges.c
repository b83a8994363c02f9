/* Numbers that are not counted where they arise: taken now and then. */
#include "base/clock.h"
#include "base/log.h"
#include "metrics/process.h"
#include "service/service_private.h"

#include <dirent.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)
#define SPAN_NS   (60 * NS_PER_S) /* "the last minute" */
#define MILLI     1000.0
#define MICRO     1000000

/* The upper end of the bucket in which that share of what was measured since `before` lies; 0: nothing was. */
static uint64_t quantile_ns(const uint64_t now[STORE_TIMES],
                            const uint64_t before[STORE_TIMES],
                            unsigned percent)
{
    uint64_t all = 0, sum = 0;
    for (unsigned i = 0; i < STORE_TIMES; i++)
        all += now[i] - before[i];
    for (unsigned i = 0; i < STORE_TIMES && all > 0; i++) {
        sum += now[i] - before[i];
        if (sum * 100 >= all * percent) return (UINT64_C(1) << i) * NS_PER_US;
    }
    return 0;
}

static void tell_store(struct service *service)
{
    struct metrics_writer *writer = service->writer;
    struct store_counts now;
    const struct store_counts *before = &service->gauges.store;
    store_count(service->store, &now);
    metric_set(writer, SERVICE_STORE_CALLS, STORE_READS, now.reads);
    metric_set(writer, SERVICE_STORE_CALLS, STORE_SCANS, now.scans);
    metric_set(writer, SERVICE_STORE_CALLS, STORE_WRITES, now.writes);
    metric_set(writer, SERVICE_STORE_CALLS, STORE_LEASES, now.leases);
    metric_set(writer, SERVICE_STORE_ERRORS, STORE_TRANSIENT, now.ended[CLASS_TRANSIENT]);
    metric_set(writer, SERVICE_STORE_ERRORS, STORE_FENCED, now.ended[CLASS_FENCED]);
    metric_set(writer, SERVICE_STORE_ERRORS, STORE_FATAL, now.ended[CLASS_FATAL]);
    metric_set(
        writer, SERVICE_STORE_READ_P50, 0, quantile_ns(now.read_times, before->read_times, 50));
    metric_set(
        writer, SERVICE_STORE_READ_P99, 0, quantile_ns(now.read_times, before->read_times, 99));
    metric_set(
        writer, SERVICE_STORE_WRITE_P50, 0, quantile_ns(now.write_times, before->write_times, 50));
    metric_set(
        writer, SERVICE_STORE_WRITE_P99, 0, quantile_ns(now.write_times, before->write_times, 99));
}

static void tell_cache(struct service *service, unsigned series, const struct cache_counts *counts)
{
    metric_set(service->writer, SERVICE_CACHE_HITS, series, counts->hits);
    metric_set(service->writer, SERVICE_CACHE_MISSES, series, counts->misses);
    metric_set(service->writer, SERVICE_CACHE_ENTRIES, series, counts->entries);
    metric_set(service->writer, SERVICE_CACHE_BYTES, series, counts->bytes);
}

static uint64_t hits_of(const struct store_view_counts *counts)
{
    return counts->accounts.hits + counts->slots.hits + counts->codes.hits;
}

static uint64_t reads_of(const struct store_view_counts *counts)
{
    return hits_of(counts) + counts->accounts.misses + counts->slots.misses + counts->codes.misses;
}

static void tell_caches(struct service *service)
{
    struct store_view_counts now;
    const struct store_view_counts *before = &service->gauges.view;
    store_view_count(service->view, &now);
    tell_cache(service, CACHE_ACCOUNTS, &now.accounts);
    tell_cache(service, CACHE_SLOTS, &now.slots);
    tell_cache(service, CACHE_CODES, &now.codes);
    metric_set(service->writer, SERVICE_ACCOUNTS_CACHED, 0, now.accounts.entries);
    uint64_t reads = reads_of(&now) - reads_of(before), hits = hits_of(&now) - hits_of(before);
    if (reads > 0) metric_set(service->writer, SERVICE_CACHE_HIT_RATE, 0, hits * MICRO / reads);
}

static void tell_rates(struct service *service, uint64_t now_ns)
{
    double seconds;
    struct rate_sums sums = rates_sum(&service->rates, now_ns, &seconds);
    metric_set(
        service->writer, SERVICE_SPEED, 0, (uint64_t)((double)sums.blocks / seconds * MILLI));
    metric_set(service->writer, SERVICE_TPS, 0, (uint64_t)((double)sums.txs / seconds * MILLI));
    metric_set(
        service->writer, SERVICE_MGAS, 0, (uint64_t)((double)sums.gas / seconds / MICRO * MILLI));
}

static uint64_t count_files(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", "..", and the folder itself */
}

static void tell_loop(struct service *service)
{
    struct metrics_writer *writer = service->writer;
    uint64_t head = service->head.number;
    metric_set(writer, SERVICE_SYNCED, 0, service->synced);
    metric_set(writer, SERVICE_LAG, 0, service->synced > head ? service->synced - head : 0);
    metric_set(writer, SERVICE_POOL_QUEUE, POOL_TX_EXECUTOR, fetch_count(service->fetch).ready);
    metric_set(writer, SERVICE_FILES, 0, count_files());
    metric_set(writer, SERVICE_LOG_ERRORS, 0, log_errors());
    metric_set(writer, SERVICE_MEMORY_LIMIT, 0, service->config.engine_memory_limit);
}

/* Caches give way first: they only cost time. Beyond that the engine has its own limit. */
static void keep_to_limit(struct service *service)
{
    static struct log_pace pace;
    uint64_t limit = service->config.engine_memory_limit, resident = process_resident_bytes();
    if (limit == 0 || (double)resident < (double)limit * service->config.engine_gc_pressure_limit) {
        if (board_clear(&service->board, TROUBLE_MEMORY))
            LOG_INFO("trouble is over", LOG_TEXT("trouble", "memory"));
        return;
    }
    (void)board_trouble(
        &service->board, TROUBLE_MEMORY, "memory is nearly used up: caches are emptied");
    LOG_PACED(&pace,
              LOG_LEVEL_WARN,
              "memory is nearly used up: caches are emptied",
              LOG_U64("resident_bytes", resident),
              LOG_U64("limit_bytes", limit));
    service->caches_at = UINT64_MAX;
    store_view_clear(service->view);
    service->caches_at = service->head.number;
    release_memory();
}

void gauges_refresh(struct service *service)
{
    uint64_t now_ns = clock_now_ns();
    if (now_ns - service->gauges.at_ns < service->config.metrics_collection_interval) return;
    service->gauges.at_ns = now_ns;
    tell_loop(service);
    tell_store(service);
    tell_caches(service);
    tell_rates(service, now_ns);
    keep_to_limit(service);
    if (now_ns - service->gauges.span_ns < SPAN_NS) return;
    service->gauges.span_ns = now_ns;
    store_count(service->store, &service->gauges.store);
    store_view_count(service->view, &service->gauges.view);
}
