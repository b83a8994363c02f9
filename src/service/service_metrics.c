#include "service/service_metrics.h"

#include "pevm/pevm.h"

#include <time.h>

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

static const char *const pools[] = {"tx-executor", "state-committer", "receipt-writer", NULL};
static const char *const caches[] = {"accounts", "slots", "codes", NULL};
static const char *const store_kinds[] = {"read", "scan", "write", "lease", NULL};
static const char *const store_classes[] = {"transient", "fenced", "fatal", NULL};
static const char *const phases[] = {"wait", "senders", "execute", "roots", "commit", NULL};
static const char *const bad_reasons[] = {"decode",
                                          "header",
                                          "parent",
                                          "transaction",
                                          "gas_used",
                                          "receipts_root",
                                          "logs_bloom",
                                          "state_root",
                                          "other",
                                          NULL};
static const char *const reload_results[] = {"applied", "refused", NULL};
static const char *const versions[] = {PEVM_VERSION_TEXT, NULL};

static const uint64_t latency_bounds[] = {200 * US,
                                          500 * US,
                                          MS,
                                          2 * MS,
                                          5 * MS,
                                          10 * MS,
                                          25 * MS,
                                          50 * MS,
                                          100 * MS,
                                          250 * MS,
                                          500 * MS,
                                          S,
                                          2 * S + 500 * MS,
                                          5 * S,
                                          10 * S,
                                          0};
static const uint64_t batch_bounds[] = {10, 50, 100, 500, 1000, 5000, 10000, 0};

static const struct metric_spec specs[] = {
#define METRIC(id, kind, decimals, label, values, bounds, name, help)                              \
    [SERVICE_##id] = {METRIC_##kind, decimals, name, help, label, values, bounds, NULL},
#include "service/service_metrics.def"
#undef METRIC
};

enum pevm_status service_metrics_new(struct metrics **out)
{
    TRY(metrics_new(out, specs, COUNT_OF(specs), WRITER_COUNT));
    struct metrics_writer *writer = metrics_writer(*out, WRITER_LIFE);
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    metric_set(writer, SERVICE_INFO, 0, 1);
    metric_set(
        writer, SERVICE_START_TIME, 0, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / MS);
    return PEVM_OK;
}
