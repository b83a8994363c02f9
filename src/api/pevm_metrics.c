#include "pevm/metrics.h"

#include "api/api_private.h"
#include "base/clock.h"
#include "engine/engine_metrics.h"
#include "metrics/prometheus.h"

EXPORT void pevm_metrics_init_sized(struct pevm_metrics *metrics, size_t struct_size)
{
    sized_init(metrics, struct_size, sizeof *metrics);
}

EXPORT void pevm_analysis_init_sized(struct pevm_analysis *analysis, size_t struct_size)
{
    sized_init(analysis, struct_size, sizeof *analysis);
}

/* ---- reading ----------------------------------------------------------------------------------- */

EXPORT void pevm_metrics_read(const pevm_engine *engine, struct pevm_metrics *out)
{
    ASSERT(engine != NULL);
    const struct metrics *from = engine_metrics(engine->inside);
    struct pevm_metrics read = {.uptime_ns = clock_now_ns() - engine->opened_ns};
#define COUNTED(field, metric, series)  read.field = metrics_value(from, METRIC_##metric, series);
#define STANDING(field, metric, series) COUNTED(field, metric, series)
#define PHASE(field, phase)             read.field += metrics_histogram(from, METRIC_BLOCK_DURATION, phase).sum;
#include "api/pevm_metrics.def"
#undef COUNTED
#undef STANDING
#undef PHASE
    sized_write(out, &read, sizeof read);
}

/* Where one of the fields lies, once each. */
static const size_t counted[] = {
#define COUNTED(field, metric, series) offsetof(struct pevm_metrics, field),
#define STANDING(field, metric, series)
#define PHASE(field, phase)
#include "api/pevm_metrics.def"
#undef COUNTED
#undef STANDING
#undef PHASE
    offsetof(struct pevm_metrics, uptime_ns),
    offsetof(struct pevm_metrics, senders_ns),
    offsetof(struct pevm_metrics, before_ns),
    offsetof(struct pevm_metrics, transactions_ns),
    offsetof(struct pevm_metrics, commit_ns),
};

EXPORT void pevm_metrics_since(struct pevm_metrics *metrics, const struct pevm_metrics *before)
{
    ASSERT(metrics != NULL && before != NULL);
    for (size_t i = 0; i < COUNT_OF(counted); i++) {
        uint64_t now, then;
        size_t end = counted[i] + sizeof now;
        if (metrics->struct_size < end || before->struct_size < end)
            continue; /* an older caller's */
        memcpy(&now, (const uint8_t *)metrics + counted[i], sizeof now);
        memcpy(&then, (const uint8_t *)before + counted[i], sizeof then);
        now -= then;
        memcpy((uint8_t *)metrics + counted[i], &now, sizeof now);
    }
}

EXPORT enum pevm_status pevm_engine_set_profiling(pevm_engine *engine, int is_on)
{
    ASSERT(engine != NULL);
    return engine_set_profiling(engine->inside, is_on != 0);
}

EXPORT size_t pevm_metrics_write_prometheus(const pevm_engine *engine, char *out, size_t size)
{
    ASSERT(engine != NULL && (out != NULL || size == 0));
    return prometheus_write(out, size, engine_metrics(engine->inside));
}

/* ---- what stands in the way -------------------------------------------------------------------- */

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static double memory_pressure(const struct pevm_metrics *m)
{
    return m->failures_no_memory > 0 ? 1 : share(m->arena_bytes, m->arena_limit_bytes);
}

static double store_latency(const struct pevm_metrics *m)
{
    return (double)m->store_p99_ns / 1e9;
}

/* Of what was profiled: of all else nothing is known. */
static uint64_t profiled_busy_ns(const struct pevm_metrics *m)
{
    return m->task_ns + m->task_again_ns + m->validation_ns;
}

static double storage_reads(const struct pevm_metrics *m)
{
    return share(m->base_read_ns, profiled_busy_ns(m));
}

static double commit(const struct pevm_metrics *m)
{
    return share(m->commit_ns, m->transactions_ns);
}

static double validation(const struct pevm_metrics *m)
{
    return share(m->validation_ns, profiled_busy_ns(m));
}

static double critical_path(const struct pevm_metrics *m)
{
    bool is_chain = m->workers > 1 && m->chain_tasks > m->profiled_blocks;
    return is_chain ? share(m->chain_ns, m->profiled_ns) : 0;
}

static double conflicts(const struct pevm_metrics *m)
{
    return m->workers > 1 ? share(m->aborts, m->tasks) : 0;
}

static double imbalance(const struct pevm_metrics *m)
{
    double called = share(m->busy_ns + m->idle_ns, m->work_ns); /* on average */
    return m->workers > 1 ? called * share(m->busiest_ns, m->busy_ns) : 0;
}

static double starvation(const struct pevm_metrics *m)
{
    return m->workers > 1 ? share(m->idle_ns, m->busy_ns + m->idle_ns) : 0;
}

static const struct {
    double (*measure)(const struct pevm_metrics *metrics);
    double limit;
} rules[] = {
    [PEVM_BOTTLENECK_MEMORY_PRESSURE] = {memory_pressure, 0.8  },
    [PEVM_BOTTLENECK_STORE_LATENCY] = {store_latency,   0.005},
    [PEVM_BOTTLENECK_STORAGE_READS] = {storage_reads,   0.4  },
    [PEVM_BOTTLENECK_COMMIT] = {commit,          1    },
    [PEVM_BOTTLENECK_VALIDATION] = {validation,      0.25 },
    [PEVM_BOTTLENECK_CRITICAL_PATH] = {critical_path,   0.6  },
    [PEVM_BOTTLENECK_CONFLICTS] = {conflicts,       0.3  },
    [PEVM_BOTTLENECK_STARVATION] = {starvation,      0.5  },
    [PEVM_BOTTLENECK_IMBALANCE] = {imbalance,       1.5  },
};

static const struct {
    const char *name, *recommendation;
} words[] = {
#define X(kind, name, recommendation) {name, recommendation},
    PEVM_BOTTLENECK_LIST(X)
#undef X
};
STATIC_ASSERT(COUNT_OF(words) == COUNT_OF(rules), "a rule for each bottleneck");

EXPORT void pevm_metrics_analyze(const struct pevm_metrics *given, struct pevm_analysis *out)
{
    ASSERT(given != NULL);
    struct pevm_metrics metrics = {.struct_size = sizeof metrics};
    sized_write(&metrics, given, given->struct_size);
    struct pevm_analysis found = {.is_detailed = metrics.profiled_blocks > 0};
    size_t which = 0;
    for (size_t i = 1; i < COUNT_OF(rules) && which == 0; i++) {
        double measure = rules[i].measure(&metrics);
        if (measure <= rules[i].limit) continue;
        found.measure = measure;
        found.limit = rules[i].limit;
        which = i;
    }
    found.bottleneck = (uint32_t)which;
    found.name = words[which].name;
    found.recommendation = words[which].recommendation;
    sized_write(out, &found, sizeof found);
}
