/* The text, to the letter; and that the reader of the tests refuses what is not right. */
#include "metrics/prometheus.h"
#include "support/exposition.h"
#include "support/test.h"

static const char *const odd_values[] = {"a\\b", "say \"hi\"", "two\nlines", NULL};
static const uint64_t bounds[] = {1000, 2500000, 1000000000, 0};

enum { PLAIN, SECONDS, ODD, TIMES };
static const struct metric_spec specs[] = {
    [PLAIN] = {METRIC_COUNTER,   0, "gas_total",    "Gas \\ used.\nAll of it.", NULL,   NULL,       NULL,   NULL},
    [SECONDS] = {METRIC_GAUGE,     9, "age_seconds",  "Age.",                     NULL,   NULL,       NULL,   NULL},
    [ODD] = {METRIC_GAUGE,     3, "odd",          "Odd.",                     "what", odd_values, NULL,   NULL},
    [TIMES] = {METRIC_HISTOGRAM, 9, "took_seconds", "Times.",                   NULL,   NULL,       bounds, NULL},
};

static const char expected[] = "# HELP gas_total Gas \\\\ used.\\nAll of it.\n"
                               "# TYPE gas_total counter\n"
                               "gas_total 18446744073709551615\n"
                               "# HELP age_seconds Age.\n"
                               "# TYPE age_seconds gauge\n"
                               "age_seconds 2.00000005\n"
                               "# HELP odd Odd.\n"
                               "# TYPE odd gauge\n"
                               "odd{what=\"a\\\\b\"} 0\n"
                               "odd{what=\"say \\\"hi\\\"\"} 0.25\n"
                               "odd{what=\"two\\nlines\"} 7\n"
                               "# HELP took_seconds Times.\n"
                               "# TYPE took_seconds histogram\n"
                               "took_seconds_bucket{le=\"0.000001\"} 1\n"
                               "took_seconds_bucket{le=\"0.0025\"} 1\n"
                               "took_seconds_bucket{le=\"1\"} 2\n"
                               "took_seconds_bucket{le=\"+Inf\"} 3\n"
                               "took_seconds_sum 3.0000005\n"
                               "took_seconds_count 3\n";

static struct metrics *world(void)
{
    struct metrics *metrics;
    CHECK_EQ(metrics_new(&metrics, specs, COUNT_OF(specs), 1), PEVM_OK);
    struct metrics_writer *writer = metrics_writer(metrics, 0);
    metric_add(writer, PLAIN, 0, UINT64_MAX);
    metric_set(writer, SECONDS, 0, 2000000050);
    metric_set(writer, ODD, 1, 250);
    metric_set(writer, ODD, 2, 7000);
    metric_observe(writer, TIMES, 0, 500);
    metric_observe(writer, TIMES, 0, 1000000000);
    metric_observe(writer, TIMES, 0, 2000000000);
    return metrics;
}

TEST(the_text_is_as_prometheus_wants_it)
{
    static char text[4096];
    struct metrics *metrics = world();
    CHECK_EQ(prometheus_write(text, sizeof text, metrics), sizeof expected - 1);
    CHECK_TEXT(text, expected);
    const char *fault = exposition_fault(text);
    if (fault != NULL) fail_msg("%s", fault);
    metrics_free(metrics);
}

TEST(too_little_room_cuts_the_text_and_says_how_much_is_needed)
{
    static char text[4096];
    struct metrics *metrics = world();
    for (size_t size = 0; size < sizeof expected + 2; size++) {
        memset(text, 'x', sizeof text);
        CHECK_EQ(prometheus_write(size == 0 ? NULL : text, size, metrics), sizeof expected - 1);
        CHECK_EQ(text[size], 'x');
        size_t length = size < sizeof expected ? size : sizeof expected;
        if (size > 0) CHECK(memcmp(text, expected, length - 1) == 0 && text[length - 1] == 0);
    }
    metrics_free(metrics);
}

TEST(the_reader_refuses_what_is_not_right)
{
    static const char *const wrong[] = {
        "",
        "a 1\n",
        "# HELP a A.\na 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1",
        "# HELP a A.\n# TYPE a gauge\na 1 x\n",
        "# HELP a A.\n# TYPE a gauge\na one\n",
        "# HELP a A.\n# TYPE a gauge\nb 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a A.\n# TYPE a gage\na 1\n",
        "# HELP a A.\n# TYPE a counter\na 1\n",
        "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=c} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{1b=\"c\"} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"\\c\"} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"c} 1\n",
        "# HELP a A \\x.\n# TYPE a gauge\na 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\n# HELP a A.\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\n"
        "a_count 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 1\na_count "
        "1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (exposition_fault(wrong[i]) == NULL) fail_msg("taken: %s", wrong[i]);
    double value;
    CHECK(exposition_value(expected, "odd{what=\"two\\nlines\"}", &value));
    CHECK(value == 7);
    CHECK(!exposition_value(expected, "od", &value));
}
