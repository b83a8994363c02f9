#include "cli/report.h"

#include "base/heap.h"
#include "cli/report_events.h"
#include "engine/outcome.h"
#include "metrics/event.h"
#include "sync/cpu_count.h"

#define CHUNK_BYTES   ((size_t)1 << 20)
#define EVENTS_PER_TX 32 /* of one worker, were it alone with the block: twice what is usual */
#define EVENTS_MIN    4096
#define EVENTS_MAX    ((size_t)1 << 22)

/* What the report is made with. */
struct workshop {
    struct engine *engine;
    struct event_log *log;
    struct engine_input input;
    struct view view;
};

/* ---- life -------------------------------------------------------------------------------------------- */

void report_fini(struct report *report)
{
    oracle_block_fini(&report->oracle);
    arena_fini(&report->arena);
    arena_fini(&report->scratch);
}

static enum pevm_status workshop_open(struct workshop *shop,
                                      const struct report *report,
                                      struct error *error)
{
    const struct bundle *bundle = report->bundle;
    struct engine_options options = {.chain = &bundle->chain, .workers = report->workers};
    size_t events = (size_t)report->tx_count * EVENTS_PER_TX + EVENTS_MIN;
    shop->view = memory_state_view(bundle->pre_state);
    shop->input = (struct engine_input){
        .block = &bundle->block,
        .parent = bundle->has_parent ? &bundle->parent : NULL,
        .pre_state = &shop->view,
        .skip_body_roots = !bundle->ommers_known,
    };
    enum pevm_status status = engine_new(&shop->engine, &options);
    if (status == PEVM_OK)
        status =
            event_log_new(&shop->log, report->workers, events < EVENTS_MAX ? events : EVENTS_MAX);
    return status == PEVM_OK ? PEVM_OK
                             : error_set(error, status, "no engine: %s", pevm_status_text(status));
}

static void workshop_close(struct workshop *shop)
{
    engine_free(shop->engine);
    event_log_free(shop->log);
}

/* ---- one after another --------------------------------------------------------------------------------- */

static enum pevm_status execute(struct workshop *shop,
                                struct engine_outcome *outcome,
                                struct error *error)
{
    TRY(engine_execute(shop->engine, outcome, &shop->input, error));
    if (outcome->fault == BLOCK_VALID) return PEVM_OK;
    return error_set(error, PEVM_INVALID_BLOCK, "%.400s", outcome->text);
}

static void take_receipts(struct report *report, const struct engine_outcome *outcome)
{
    report->gas_used = outcome->gas_used;
    for (uint32_t i = 0; i < report->tx_count; i++)
        report->txs[i] = (struct report_tx){
            .tx = &report->bundle->block.txs[i],
            .gas_used = outcome->receipts[i].gas_used,
            .is_success = outcome->receipts[i].success,
        };
}

static enum pevm_status run_alone(struct workshop *shop,
                                  struct report *report,
                                  uint64_t runs,
                                  struct error *error)
{
    struct engine_outcome outcome;
    shop->input.is_parallel = false;
    for (uint64_t i = 0; i < runs; i++) {
        TRY(execute(shop, &outcome, error));
        if (i == 0) take_receipts(report, &outcome);
        if (i == 0 || outcome.execute_ns < report->sequential_ns)
            report->sequential_ns = outcome.execute_ns;
    }
    return PEVM_OK;
}

/* Which need which, and how long each takes. */
static enum pevm_status take_graph(struct workshop *shop,
                                   struct report *report,
                                   uint64_t runs,
                                   struct error *error)
{
    TRY(oracle_record(&report->oracle,
                      shop->engine,
                      &shop->input,
                      runs > UINT32_MAX ? UINT32_MAX : (unsigned)runs,
                      error));
    const struct oracle_graph *graph = &report->oracle.graphs[ORACLE_PRECISE];
    const uint64_t *costs = report->oracle.costs[ORACLE_NS];
    report->path = arena_alloc(&report->arena, report->tx_count * sizeof *report->path);
    bool ok =
        report->path != NULL &&
        oracle_graph_path(graph, costs, report->path, &report->path_count, &report->path_ns) &&
        oracle_graph_schedule(graph, costs, report->workers, &report->bound_ns);
    if (!ok) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < report->tx_count; i++) {
        report->txs[i].alone_ns = costs[i];
        report->alone_ns += costs[i];
    }
    for (uint32_t i = 0; i < report->path_count; i++)
        report->txs[report->path[i]].is_on_path = true;
    return PEVM_OK;
}

/* ---- on all workers ------------------------------------------------------------------------------------ */

static enum pevm_status run_watched(struct workshop *shop,
                                    struct report *report,
                                    uint64_t runs,
                                    struct error *error)
{
    struct engine_outcome outcome;
    shop->input.is_parallel = report->workers > 1;
    shop->input.events = shop->log;
    for (uint64_t i = 0; i < runs; i++) {
        TRY(execute(shop, &outcome, error));
        if (i > 0 && outcome.execute_ns >= report->parallel_ns) continue;
        report->parallel_ns = outcome.execute_ns;
        report->executions = outcome.executions;
        report->stale = outcome.stale;
        report->waits = outcome.waits;
        if (!report_events_read(report, shop->log, shop->engine))
            return error_set(error, PEVM_NO_MEMORY, "out of memory");
    }
    return PEVM_OK;
}

/* The order matters: what the events say of transactions is written over what was there. */
static enum pevm_status make(struct workshop *shop,
                             struct report *report,
                             uint64_t runs,
                             struct error *error)
{
    TRY(workshop_open(shop, report, error));
    report->txs = arena_alloc_zeroed(&report->arena, report->tx_count, sizeof *report->txs);
    if (report->txs == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    TRY(run_alone(shop, report, runs, error));
    TRY(take_graph(shop, report, runs, error));
    return run_watched(shop, report, runs, error);
}

enum pevm_status report_make(struct report *out,
                             const char *name,
                             const struct bundle *bundle,
                             const struct report_plan *plan,
                             struct error *error)
{
    struct workshop shop = {.engine = NULL};
    *out = (struct report){
        .bundle = bundle,
        .name = name,
        .workers = plan->workers == 0 ? cpu_count_default() : plan->workers,
        .tx_count = (uint32_t)bundle->block.tx_count,
    };
    arena_init(&out->arena, CHUNK_BYTES, 0);
    arena_init(&out->scratch, CHUNK_BYTES, 0);
    enum pevm_status status = make(&shop, out, plan->runs, error);
    workshop_close(&shop);
    if (status != PEVM_OK) report_fini(out);
    return status;
}

const char *report_end_name(enum report_end end)
{
    static const char *const names[] = {[REPORT_FINAL] = "final",
                                        [REPORT_STALE] = "stale",
                                        [REPORT_BLOCKED] = "blocked",
                                        [REPORT_UNSURE] = "unsure",
                                        [REPORT_PAUSED] = "paused"};
    ASSERT((size_t)end < COUNT_OF(names));
    return names[end];
}
