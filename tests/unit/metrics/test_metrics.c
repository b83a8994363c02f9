/* Counting and reading: sums over writers, buckets, and reading while others count. */
#include "base/heap.h"
#include "metrics/metrics.h"
#include "support/test.h"

#include <pthread.h>

static const char *const queues[] = {"new", "again", NULL};
static const uint64_t bounds[] = {10, 100, 1000, 0};
static uint64_t ask(void)
{
    return 42;
}

enum { BLOCKS, DEPTH, TIMES, ASKED };
static const struct metric_spec specs[] = {
    [BLOCKS] = {METRIC_COUNTER,   0, "blocks_total",  "Blocks.",            NULL,    NULL,   NULL,   NULL},
    [DEPTH] = {METRIC_GAUGE,     0, "depth",         "How many wait.",     "queue", queues, NULL,   NULL},
    [TIMES] = {METRIC_HISTOGRAM, 9, "times_seconds", "Times.",             "queue", queues, bounds, NULL},
    [ASKED] = {METRIC_GAUGE,     0, "asked",         "What is asked for.", NULL,    NULL,   NULL,   ask },
};

static struct metrics *metrics;

static void begin(unsigned writers)
{
    CHECK_EQ(metrics_new(&metrics, specs, COUNT_OF(specs), writers), PEVM_OK);
}

TEST(everything_is_zero_from_the_start)
{
    begin(3);
    CHECK_EQ(metrics_count(metrics), 4);
    CHECK_EQ(metrics_value(metrics, BLOCKS, 0), 0);
    CHECK_EQ(metrics_value(metrics, DEPTH, 1), 0);
    struct metric_histogram histogram = metrics_histogram(metrics, TIMES, 1);
    CHECK_EQ(histogram.bucket_count, 4);
    CHECK_EQ(histogram.count, 0);
    CHECK_EQ(histogram.sum, 0);
    metrics_free(metrics);
}

TEST(what_writers_count_is_added_up)
{
    begin(3);
    for (unsigned i = 0; i < 3; i++) {
        struct metrics_writer *writer = metrics_writer(metrics, i);
        metric_add(writer, BLOCKS, 0, i + 1);
        metric_add(writer, BLOCKS, 0, 10);
        metric_set(writer, DEPTH, 0, 5);
        metric_set(writer, DEPTH, 1, i);
    }
    metric_set(metrics_writer(metrics, 0), DEPTH, 0, 1);
    CHECK_EQ(metrics_value(metrics, BLOCKS, 0), 36);
    CHECK_EQ(metrics_value(metrics, DEPTH, 0), 11);
    CHECK_EQ(metrics_value(metrics, DEPTH, 1), 3);
    CHECK_EQ(metrics_value(metrics, ASKED, 0), 42);
    metrics_free(metrics);
}

TEST(a_bound_belongs_to_the_bucket_below_it)
{
    static const struct {
        uint64_t value;
        size_t bucket;
    } cases[] = {
        {0,          0},
        {10,         0},
        {11,         1},
        {100,        1},
        {101,        2},
        {1000,       2},
        {1001,       3},
        {UINT32_MAX, 3}
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(2);
        metric_observe(metrics_writer(metrics, i % 2), TIMES, 1, cases[i].value);
        struct metric_histogram histogram = metrics_histogram(metrics, TIMES, 1);
        CHECK_EQ(histogram.count, 1);
        CHECK_EQ(histogram.sum, cases[i].value);
        CHECK_EQ(histogram.counts[cases[i].bucket], 1);
        CHECK_EQ(metrics_histogram(metrics, TIMES, 0).count, 0);
        metrics_free(metrics);
    }
}

#define WRITERS    3
#define TIMES_EACH 20000

static void *count(void *context)
{
    struct metrics_writer *writer = context;
    for (unsigned i = 0; i < TIMES_EACH; i++) {
        metric_add(writer, BLOCKS, 0, 1);
        metric_observe(writer, TIMES, 0, i % 2000);
    }
    return NULL;
}

TEST(nothing_is_lost_while_somebody_reads)
{
    pthread_t threads[WRITERS];
    begin(WRITERS);
    for (unsigned i = 0; i < WRITERS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, count, metrics_writer(metrics, i)), 0);
    uint64_t before = 0;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t now = metrics_value(metrics, BLOCKS, 0);
        CHECK(now >= before);
        CHECK(metrics_histogram(metrics, TIMES, 0).count <= WRITERS * TIMES_EACH);
        before = now;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(metrics_value(metrics, BLOCKS, 0), WRITERS * TIMES_EACH);
    CHECK_EQ(metrics_histogram(metrics, TIMES, 0).count, WRITERS * TIMES_EACH);
    metrics_free(metrics);
}

TEST(without_memory_there_is_no_table)
{
    for (uint64_t after = 0; after < 4; after++) {
        heap_fail(after, 1);
        CHECK_EQ(metrics_new(&metrics, specs, COUNT_OF(specs), 2), PEVM_NO_MEMORY);
        assert_null(metrics);
    }
    heap_fail(0, 0);
    metrics_free(NULL);
}
