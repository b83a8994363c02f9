/* A sample a second, the last minutes of them, and what the commits of the last minute took. */
#include "engine/engine_metrics.h"
#include "service/page_samples.h"
#include "service/service_metrics.h"
#include "support/test.h"

#define MS UINT64_C(1000000)

static struct page_samples samples;
static struct board_state place;

TEST(quantiles_lie_on_lines_inside_of_their_bucket)
{
    static const uint64_t bounds[] = {10, 20, 40, 0};
    static const struct {
        uint64_t counts[4];
        unsigned percent;
        uint64_t value;
    } cases[] = {
        {{0, 0, 0, 0},  50,  0 },
        {{10, 0, 0, 0}, 50,  5 },
        {{0, 10, 0, 0}, 50,  15},
        {{5, 0, 5, 0},  50,  10},
        {{5, 0, 5, 0},  99,  39},
        {{1, 1, 1, 1},  100, 40},
        {{0, 0, 0, 7},  50,  40},
        {{0, 0, 0, 7},  0,   40},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK_EQ(page_quantile(bounds, cases[i].counts, 4, cases[i].percent), cases[i].value);
}

TEST(the_last_ones_are_kept)
{
    struct metrics *service;
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    samples = (struct page_samples){0};
    CHECK_EQ(page_samples_first(&samples), 0);
    for (uint64_t i = 0; i < PAGE_SAMPLES + 5; i++) {
        place.executed = i;
        metric_add(metrics_writer(service, WRITER_LOOP), SERVICE_TXS, 0, 3);
        page_samples_take(&samples, &place, service, NULL, 1000 * i);
    }
    CHECK_EQ(samples.count, PAGE_SAMPLES + 5);
    CHECK_EQ(page_samples_first(&samples), 5);
    const struct page_sample *last = page_samples_at(&samples, samples.count - 1);
    CHECK_EQ(last->executed, PAGE_SAMPLES + 4);
    CHECK_EQ(last->txs, 3 * (PAGE_SAMPLES + 5));
    CHECK_EQ(page_samples_at(&samples, 5)->at_ms, 5000);
    metrics_free(service);
}

TEST(commits_of_more_than_a_minute_ago_do_not_count)
{
    struct metrics *service;
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    struct metrics_writer *writer = metrics_writer(service, WRITER_LOOP);
    samples = (struct page_samples){0};
    page_samples_take(&samples, &place, service, NULL, 0);
    CHECK_EQ(page_samples_at(&samples, 0)->commit_p50_ns, 0);
    metric_observe(writer, SERVICE_COMMIT_LATENCY, 0, 9 * MS);
    for (uint64_t i = 1; i <= PAGE_COMMIT_WINDOW + 1; i++) {
        page_samples_take(&samples, &place, service, NULL, 1000 * i);
        uint64_t p99_ns = page_samples_at(&samples, i)->commit_p99_ns;
        CHECK((p99_ns > 5 * MS && p99_ns <= 10 * MS) == (i <= PAGE_COMMIT_WINDOW));
    }
    CHECK_EQ(page_samples_at(&samples, 1)->blocks, 1);
    metrics_free(service);
}

TEST(workers_and_caches_come_from_their_tables)
{
    struct metrics *service, *engine;
    CHECK_EQ(service_metrics_new(&service), PEVM_OK);
    CHECK_EQ(engine_metrics_new(&engine), PEVM_OK);
    samples = (struct page_samples){0};
    metric_set(metrics_writer(service, WRITER_LOOP), SERVICE_CACHE_MISSES, CACHE_SLOTS, 17);
    metric_set(metrics_writer(engine, 1), METRIC_WORKER_TIME, STATE_IDLE, 5 * MS);
    page_samples_take(&samples, &place, service, engine, 0);
    CHECK_EQ(page_samples_at(&samples, 0)->cache_misses[1], 17);
    CHECK_EQ(page_samples_at(&samples, 0)->idle_ns, 5 * MS);
    metrics_free(engine);
    metrics_free(service);
}
