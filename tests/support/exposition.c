#include "support/exposition.h"

#include "base/compiler.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX    128
#define SAMPLES_MAX 1024

struct family {
    char name[WORD_MAX], kind[WORD_MAX];
    bool has_help, has_type;
};

/* A histogram's series on its way. */
struct buckets {
    char labels[WORD_MAX];
    double bound, count;
    bool is_open, has_inf, has_sum;
};

struct reader {
    const char *at;
    size_t line;
    struct family families[EXPOSITION_FAMILIES_MAX];
    size_t family_count;
    const char *samples[SAMPLES_MAX]; /* where their lines begin */
    size_t sample_sizes[SAMPLES_MAX], sample_count;
    struct buckets buckets;
    char fault[256];
};

static bool fail(struct reader *reader, const char *what)
{
    if (reader->fault[0] == 0)
        snprintf(reader->fault, sizeof reader->fault, "line %zu: %s", reader->line, what);
    return false;
}

static bool take(struct reader *reader, const char *text)
{
    size_t size = strlen(text);
    if (strncmp(reader->at, text, size) != 0) return false;
    reader->at += size;
    return true;
}

static bool name(struct reader *reader, char out[WORD_MAX], bool is_label)
{
    size_t size = 0;
    while (isalnum((unsigned char)reader->at[size]) || reader->at[size] == '_' ||
           (reader->at[size] == ':' && !is_label))
        size++;
    bool ok = size > 0 && size < WORD_MAX && !isdigit((unsigned char)reader->at[0]);
    if (!ok) return fail(reader, "no name");
    memcpy(out, reader->at, size);
    out[size] = 0;
    reader->at += size;
    return true;
}

static struct family *family_named(struct reader *reader, const char *of)
{
    for (size_t i = 0; i < reader->family_count; i++)
        if (strcmp(reader->families[i].name, of) == 0) return &reader->families[i];
    return NULL;
}

/* A family may only be gone on with while it is the last. */
static struct family *family_open(struct reader *reader, const char *of)
{
    struct family *family = family_named(reader, of);
    if (family != NULL && family != &reader->families[reader->family_count - 1])
        return (void)fail(reader, "a family in two pieces"), NULL;
    if (family != NULL) return family;
    if (reader->family_count == EXPOSITION_FAMILIES_MAX)
        return (void)fail(reader, "too many families"), NULL;
    family = &reader->families[reader->family_count++];
    snprintf(family->name, sizeof family->name, "%s", of);
    return family;
}

static bool comment(struct reader *reader)
{
    char of[WORD_MAX];
    bool is_help = take(reader, "# HELP ");
    if (!is_help && !take(reader, "# TYPE ")) return fail(reader, "neither HELP nor TYPE");
    if (!name(reader, of, false) || !take(reader, " ")) return fail(reader, "no name in a comment");
    struct family *family = family_open(reader, of);
    if (family == NULL) return false;
    if (is_help ? family->has_help : family->has_type) return fail(reader, "said twice");
    size_t size = strcspn(reader->at, "\n");
    if (size == 0) return fail(reader, "nothing said");
    if (is_help) {
        for (size_t i = 0; i < size; i++)
            if (reader->at[i] == '\\' && strchr("\\n", reader->at[++i]) == NULL)
                return fail(reader, "a backslash before neither backslash nor n");
        family->has_help = true;
    } else {
        static const char *const kinds[] = {"counter", "gauge", "histogram"};
        for (size_t i = 0; i < COUNT_OF(kinds); i++)
            if (size == strlen(kinds[i]) && strncmp(reader->at, kinds[i], size) == 0)
                snprintf(family->kind, sizeof family->kind, "%s", kinds[i]);
        if (family->kind[0] == 0) return fail(reader, "no such kind");
        family->has_type = true;
    }
    reader->at += size;
    return true;
}

/* {a="b",le="c"}: what is not le goes to `labels`, le to `le`. */
static bool labels(struct reader *reader, char labels[WORD_MAX], char le[WORD_MAX])
{
    labels[0] = le[0] = 0;
    if (!take(reader, "{")) return true;
    do {
        char key[WORD_MAX], value[WORD_MAX];
        size_t size = 0;
        if (!name(reader, key, true) || !take(reader, "=\"")) return fail(reader, "no label");
        while (*reader->at != '"') {
            if (*reader->at == 0 || *reader->at == '\n' || size + 2 >= WORD_MAX)
                return fail(reader, "a value without end");
            if (*reader->at == '\\' && strchr("\\n\"", reader->at[1]) == NULL)
                return fail(reader, "no such escape");
            if (*reader->at == '\\') value[size++] = *reader->at++;
            value[size++] = *reader->at++;
        }
        value[size] = 0;
        reader->at++;
        char *to = strcmp(key, "le") == 0 ? le : labels;
        size_t used = strlen(to);
        if (to == le)
            snprintf(le, WORD_MAX, "%s", value);
        else
            snprintf(labels + used, WORD_MAX - used, "%.40s=%.60s;", key, value);
    } while (take(reader, ","));
    return take(reader, "}") || fail(reader, "labels without end");
}

static bool number(struct reader *reader, double *out)
{
    char *end;
    if (!isdigit((unsigned char)*reader->at) && *reader->at != '-')
        return fail(reader, "no number");
    *out = strtod(reader->at, &end);
    reader->at = end;
    return true;
}

static bool bucket(struct reader *reader, const char *of, const char *le, double count)
{
    struct buckets *buckets = &reader->buckets;
    bool is_inf = strcmp(le, "+Inf") == 0;
    char *end;
    double bound = is_inf ? HUGE_VAL : strtod(le, &end);
    if (le[0] == 0 || (!is_inf && *end != 0)) return fail(reader, "le is no number");
    bool is_next = buckets->is_open && strcmp(buckets->labels, of) == 0;
    if (!is_next && buckets->is_open) return fail(reader, "buckets of two series mixed");
    if (is_next && (bound <= buckets->bound || count < buckets->count))
        return fail(reader, "buckets do not ascend");
    snprintf(buckets->labels, sizeof buckets->labels, "%s", of);
    buckets->bound = bound;
    buckets->count = count;
    buckets->is_open = true;
    buckets->has_inf = is_inf;
    return true;
}

static bool histogram_sample(
    struct reader *reader, const char *suffix, const char *of, const char *le, double value)
{
    struct buckets *buckets = &reader->buckets;
    if (strcmp(suffix, "_bucket") == 0) return bucket(reader, of, le, value);
    if (!buckets->is_open || strcmp(buckets->labels, of) != 0)
        return fail(reader, "no buckets before it");
    if (!buckets->has_inf) return fail(reader, "no bucket +Inf");
    if (strcmp(suffix, "_sum") == 0) {
        buckets->has_sum = true;
        return true;
    }
    if (strcmp(suffix, "_count") != 0) return fail(reader, "no part of a histogram");
    if (!buckets->has_sum) return fail(reader, "no sum");
    if (value != buckets->count) return fail(reader, "the count is not that of +Inf");
    *buckets = (struct buckets){.is_open = false};
    return true;
}

static bool sample_is_new(struct reader *reader, const char *line, size_t size)
{
    for (size_t i = 0; i < reader->sample_count; i++)
        if (reader->sample_sizes[i] == size && strncmp(reader->samples[i], line, size) == 0)
            return fail(reader, "a sample twice");
    if (reader->sample_count == SAMPLES_MAX) return fail(reader, "too many samples");
    reader->samples[reader->sample_count] = line;
    reader->sample_sizes[reader->sample_count++] = size;
    return true;
}

static bool sample(struct reader *reader)
{
    const char *line = reader->at;
    char of[WORD_MAX], series[WORD_MAX], le[WORD_MAX];
    double value;
    if (!name(reader, of, false) || !labels(reader, series, le)) return false;
    size_t size = (size_t)(reader->at - line);
    if (!take(reader, " ") || !number(reader, &value)) return fail(reader, "no value");
    if (reader->family_count == 0) return fail(reader, "a sample before all families");
    struct family *family = &reader->families[reader->family_count - 1];
    size_t base = strlen(family->name);
    if (!family->has_help || !family->has_type) return fail(reader, "no HELP or TYPE before it");
    if (strncmp(of, family->name, base) != 0) return fail(reader, "of another family");
    if (!sample_is_new(reader, line, size)) return false;
    if (strcmp(family->kind, "histogram") == 0)
        return histogram_sample(reader, of + base, series, le, value);
    if (of[base] != 0 || le[0] != 0) return fail(reader, "of another family");
    bool is_total = base > 6 && strcmp(family->name + base - 6, "_total") == 0;
    if (is_total != (strcmp(family->kind, "counter") == 0))
        return fail(reader, "counters end in _total, and nothing else does");
    return true;
}

const char *exposition_fault(const char *text)
{
    static struct reader reader;
    reader = (struct reader){.at = text};
    while (*reader.at != 0) {
        reader.line++;
        bool ok = *reader.at == '#' ? comment(&reader) : sample(&reader);
        if (ok && !take(&reader, "\n")) ok = fail(&reader, "something behind it, or no newline");
        if (!ok) return reader.fault;
    }
    if (reader.buckets.is_open) return "a histogram without end";
    return reader.family_count == 0 ? "nothing at all" : NULL;
}

bool exposition_value(const char *text, const char *sample, double *out)
{
    size_t size = strlen(sample);
    for (const char *line = text; line != NULL && *line != 0;) {
        if (strncmp(line, sample, size) == 0 && line[size] == ' ') {
            *out = strtod(line + size, NULL);
            return true;
        }
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    return false;
}
