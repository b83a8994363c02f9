#include "metrics/prometheus.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 32 /* 20 digits, a point, the 0 */

/* Where the text goes, and how long it is already, were there room for all of it. */
struct sink {
    char *out;
    size_t room, size;
};

static void put_bytes(struct sink *sink, const char *bytes, size_t size)
{
    size_t left = sink->size < sink->room ? sink->room - sink->size : 0;
    size_t fits = size < left ? size : left;
    if (fits > 0) memcpy(sink->out + sink->size, bytes, fits);
    sink->size += size;
}

static void put(struct sink *sink, const char *text)
{
    put_bytes(sink, text, strlen(text));
}

/* Backslash and newline, and in values of labels the quote, are written with a backslash. */
static void put_escaped(struct sink *sink, const char *text, bool is_value)
{
    for (const char *c = text; *c != 0; c++) {
        if (*c == '\\')
            put(sink, "\\\\");
        else if (*c == '\n')
            put(sink, "\\n");
        else if (*c == '"' && is_value)
            put(sink, "\\\"");
        else
            put_bytes(sink, c, 1);
    }
}

/* number / 10^decimals, exactly, without zeros at the end. */
static void put_number(struct sink *sink, uint64_t number, unsigned decimals)
{
    static const uint64_t units[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    char text[NUMBER_MAX];
    uint64_t unit = units[decimals], part = number % unit;
    snprintf(text, sizeof text, "%" PRIu64, number / unit);
    put(sink, text);
    if (part == 0) return;
    snprintf(text, sizeof text, ".%0*" PRIu64, (int)decimals, part);
    size_t size = strlen(text);
    while (text[size - 1] == '0') /* ends: part is not 0 */
        size--;
    put_bytes(sink, text, size);
}

static void put_label(struct sink *sink, const char *label, const char *value, const char *before)
{
    put(sink, before);
    put(sink, label);
    put(sink, "=\"");
    put_escaped(sink, value, true);
    put(sink, "\"");
}

static void put_head(struct sink *sink, const struct metric_spec *spec)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    put(sink, "# HELP ");
    put(sink, spec->name);
    put(sink, " ");
    put_escaped(sink, spec->help, false);
    put(sink, "\n# TYPE ");
    put(sink, spec->name);
    put(sink, " ");
    put(sink, kinds[spec->kind]);
    put(sink, "\n");
}

static void put_plain(struct sink *sink,
                      const struct metric_spec *spec,
                      size_t series,
                      uint64_t value)
{
    put(sink, spec->name);
    if (spec->label != NULL) {
        put_label(sink, spec->label, spec->values[series], "{");
        put(sink, "}");
    }
    put(sink, " ");
    put_number(sink, value, spec->decimals);
    put(sink, "\n");
}

/* One line of a histogram: name_suffix{label="value",le="bound"} */
static void put_part(struct sink *sink,
                     const struct metric_spec *spec,
                     size_t series,
                     const char *suffix,
                     const char *le)
{
    const char *before = "{";
    put(sink, spec->name);
    put(sink, suffix);
    if (spec->label != NULL) {
        put_label(sink, spec->label, spec->values[series], before);
        before = ",";
    }
    if (le != NULL) put_label(sink, "le", le, before);
    if (spec->label != NULL || le != NULL) put(sink, "}");
    put(sink, " ");
}

static void put_histogram(struct sink *sink,
                          const struct metric_spec *spec,
                          size_t series,
                          const struct metric_histogram *histogram)
{
    uint64_t so_far = 0;
    for (size_t i = 0; i < histogram->bucket_count; i++) {
        char le[NUMBER_MAX] = "+Inf";
        struct sink bound = {le, sizeof le - 1, 0};
        bool is_last = i + 1 == histogram->bucket_count;
        if (!is_last) {
            put_number(&bound, spec->bounds[i], spec->decimals);
            le[bound.size] = 0;
        }
        so_far += histogram->counts[i];
        put_part(sink, spec, series, "_bucket", le);
        put_number(sink, so_far, 0);
        put(sink, "\n");
    }
    put_part(sink, spec, series, "_sum", NULL);
    put_number(sink, histogram->sum, spec->decimals);
    put(sink, "\n");
    put_part(sink, spec, series, "_count", NULL);
    put_number(sink, histogram->count, 0);
    put(sink, "\n");
}

static void put_metric(struct sink *sink, const struct metrics *metrics, size_t metric)
{
    const struct metric_spec *spec = metrics_spec(metrics, metric);
    put_head(sink, spec);
    for (size_t i = 0; i < metric_series(spec); i++) {
        if (spec->kind != METRIC_HISTOGRAM) {
            put_plain(sink, spec, i, metrics_value(metrics, metric, i));
            continue;
        }
        struct metric_histogram histogram = metrics_histogram(metrics, metric, i);
        put_histogram(sink, spec, i, &histogram);
    }
}

size_t prometheus_write(char *out, size_t size, const struct metrics *metrics)
{
    struct sink sink = {out, size, 0};
    for (size_t i = 0; i < metrics_count(metrics); i++)
        put_metric(&sink, metrics, i);
    if (size > 0) out[sink.size < size ? sink.size : size - 1] = 0;
    return sink.size;
}
