/* pevm bench oracle PATH...: the bounds of models of conflict, block by block and over all of them. */
#include "cli/cmd_bench_oracle.h"

#include "base/heap.h"
#include "cli/build_info.h"
#include "cli/name_filter.h"
#include "cli/options.h"
#include "cli/oracle_record.h"
#include "cli/progress.h"
#include "fixture/bundle_source.h"
#include "fixture/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS_DEFAULT 3
#define RUNS_MAX     100
#define BLOCKS_MAX   4096
#define FREE                                                                                       \
    ORACLE_MODEL_COUNT /* no transaction waits for another: what a block access list gives */
#define BOUND_COUNT (ORACLE_MODEL_COUNT + 1)

static const unsigned worker_counts[] = {8, 12, 16, 32, ORACLE_UNLIMITED};
#define WORKER_COUNTS 5

/* The blocks that the published figures speak of. */
static const uint64_t published_blocks[] = {
    2179522,  4330482,  4370000,  5891667,  7279999,  7280000,  8889776,  9069000,
    11814555, 12243999, 12244000, 12300570, 12520364, 12522062, 13217637, 13287210,
    14029313, 14396881, 15199017, 15537394, 15538827, 16146267, 17034869, 17666333,
    19426586, 19917570, 19929064, 19932148, 19932703, 19933597, 19933612};

struct reference {
    enum oracle_cost cost;
    unsigned model;
    double figures[WORKER_COUNTS][2]; /* median, mean */
};

#define REFERENCE_COARSE  ORACLE_COARSE
#define REFERENCE_PRECISE ORACLE_PRECISE
#define REFERENCE_FREE    FREE
/* clang-format off */
#define REFERENCE(cost, model, a, b, c, d, e, f, g, h, i, j) \
    {ORACLE_##cost, REFERENCE_##model, {{a, b}, {c, d}, {e, f}, {g, h}, {i, j}}},
static const struct reference references[] = {
#include "cli/oracle_reference.def"
};
#undef REFERENCE
/* clang-format on */

static const char *const cost_names[ORACLE_COST_COUNT] = {"gas", "ops", "ns"};
static const char *const model_names[BOUND_COUNT] = {"coarse", "precise", "free"};

struct bounds {
    bool is_published;
    double speed_ups[ORACLE_COST_COUNT][BOUND_COUNT][WORKER_COUNTS];
    double waiting[ORACLE_MODEL_COUNT]; /* part of the transactions */
};

struct oracle_options {
    const char *run;
    uint64_t runs, txs_min;
    bool json, blocks;
};

struct oracle_session {
    const struct oracle_options *options;
    struct name_filter filter;
    struct bundle_source *source;
    struct engine *engine;
    struct json_writer json;
    struct bounds *bounds;
    size_t count;
    struct progress progress;
};

/* ---- one block ----------------------------------------------------------------------------------------- */

static bool is_published(uint64_t number)
{
    for (size_t i = 0; i < COUNT_OF(published_blocks); i++)
        if (published_blocks[i] == number) return true;
    return false;
}

static double ratio(double a, double b)
{
    return b == 0 ? 1 : a / b;
}

static enum pevm_status find_bounds(const struct oracle_block *block,
                                    struct bounds *out,
                                    struct error *error)
{
    struct oracle_graph free_graph;
    const struct oracle_graph *graphs[BOUND_COUNT] = {
        &block->graphs[ORACLE_COARSE], &block->graphs[ORACLE_PRECISE], &free_graph};
    bool ok = true;
    oracle_graph_init(&free_graph);
    for (uint32_t i = 0; i < block->tx_count; i++)
        oracle_graph_next(&free_graph);
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++) {
        uint64_t sum = 0, time = 0;
        for (uint32_t i = 0; i < block->tx_count; i++)
            sum += block->costs[cost][i];
        for (size_t model = 0; model < BOUND_COUNT; model++)
            for (size_t i = 0; i < WORKER_COUNTS; i++) {
                ok = ok && oracle_graph_schedule(
                               graphs[model], block->costs[cost], worker_counts[i], &time);
                out->speed_ups[cost][model][i] = ratio((double)sum, (double)time);
            }
    }
    for (size_t model = 0; model < ORACLE_MODEL_COUNT; model++)
        out->waiting[model] = ratio(oracle_graph_waiting(graphs[model]), block->tx_count);
    oracle_graph_fini(&free_graph);
    return ok ? PEVM_OK : error_set(error, PEVM_NO_MEMORY, "out of memory");
}

/* Each transaction's predecessors. */
static void put_graph(struct json_writer *json, const struct oracle_graph *graph)
{
    json_open(json, '[');
    for (uint32_t i = 0; i < graph->tx_count; i++) {
        json_open(json, '[');
        for (uint32_t edge = graph->starts[i]; edge < graph->starts[i + 1]; edge++)
            json_number(json, graph->froms[edge]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_speed_ups(struct json_writer *json, const struct bounds *bounds, size_t cost)
{
    json_open(json, '{');
    for (size_t model = 0; model < BOUND_COUNT; model++) {
        json_key(json, model_names[model]);
        json_open(json, '[');
        for (size_t i = 0; i < WORKER_COUNTS; i++)
            json_decimal(json, bounds->speed_ups[cost][model][i]);
        json_close(json, ']');
    }
    json_close(json, '}');
}

static void put_block(struct json_writer *json,
                      const char *name,
                      const struct oracle_block *block,
                      const struct bounds *bounds)
{
    json_open(json, '{');
    json_put_text(json, "name", name);
    json_put_number(json, "txs", block->tx_count);
    json_key(json, "speed_ups");
    json_open(json, '{');
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++) {
        json_key(json, cost_names[cost]);
        put_speed_ups(json, bounds, cost);
    }
    json_close(json, '}');
    json_key(json, "costs");
    json_open(json, '{');
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++) {
        json_key(json, cost_names[cost]);
        json_open(json, '[');
        for (uint32_t i = 0; i < block->tx_count; i++)
            json_number(json, block->costs[cost][i]);
        json_close(json, ']');
    }
    json_close(json, '}');
    json_key(json, "needs");
    json_open(json, '{');
    for (size_t model = 0; model < ORACLE_MODEL_COUNT; model++) {
        json_key(json, model_names[model]);
        put_graph(json, &block->graphs[model]);
    }
    json_close(json, '}');
    json_close(json, '}');
}

static void print_block(struct oracle_session *session,
                        const char *name,
                        const struct oracle_block *block,
                        const struct bounds *bounds)
{
    size_t last = WORKER_COUNTS - 1;
    progress_hide(&session->progress);
    if (session->options->json) put_block(&session->json, name, block, bounds);
    if (session->options->json || !session->options->blocks) return;
    printf("%-16s%c %5u %5.0f%%",
           name,
           bounds->is_published ? '*' : ' ',
           block->tx_count,
           100 * bounds->waiting[ORACLE_PRECISE]);
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++) {
        printf("  ");
        for (size_t model = 0; model < BOUND_COUNT; model++)
            printf(" %7.2f", bounds->speed_ups[cost][model][last]);
    }
    printf("\n");
    fflush(stdout);
}

static enum pevm_status oracle_block_run(struct oracle_session *session,
                                         const char *name,
                                         struct bundle *bundle,
                                         struct error *error)
{
    struct oracle_block block;
    struct bounds *bounds = &session->bounds[session->count];
    struct view view = memory_state_view(bundle->pre_state);
    struct engine_input input = {.block = &bundle->block,
                                 .parent = bundle->has_parent ? &bundle->parent : NULL,
                                 .pre_state = &view,
                                 .skip_body_roots = !bundle->ommers_known};
    if (bundle->block.tx_count < session->options->txs_min) return PEVM_OK;
    engine_set_chain(session->engine, &bundle->chain);
    TRY(oracle_record(&block, session->engine, &input, (unsigned)session->options->runs, error));
    enum pevm_status status = find_bounds(&block, bounds, error);
    bounds->is_published = is_published(bundle->block.header.number);
    if (status == PEVM_OK) print_block(session, name, &block, bounds);
    if (status == PEVM_OK) session->count++;
    oracle_block_fini(&block);
    return status;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and mean of one column over the blocks (the published ones only). */
static void figures(const struct oracle_session *session,
                    double out[2],
                    size_t cost,
                    size_t model,
                    size_t column,
                    bool published_only)
{
    static double values[BLOCKS_MAX];
    size_t count = 0;
    double sum = 0;
    for (size_t i = 0; i < session->count; i++) {
        const struct bounds *bounds = &session->bounds[i];
        if (published_only && !bounds->is_published) continue;
        values[count] = bounds->speed_ups[cost][model][column];
        sum += values[count++];
    }
    qsort(values, count, sizeof *values, compare_double);
    out[0] = count == 0       ? 0
             : count % 2 == 1 ? values[count / 2]
                              : (values[count / 2 - 1] + values[count / 2]) / 2;
    out[1] = count == 0 ? 0 : sum / (double)count;
}

static void print_pair(const double pair[2])
{
    char text[32] = "-";
    if (pair[0] != 0) snprintf(text, sizeof text, "%.2f (%.2f)", pair[0], pair[1]);
    printf(" %14s", text);
}

static const struct reference *reference_find(size_t cost, size_t model)
{
    for (size_t i = 0; i < COUNT_OF(references); i++)
        if (references[i].cost == cost && references[i].model == model) return &references[i];
    return NULL;
}

static void print_table(const struct oracle_session *session, bool published_only, size_t count)
{
    printf("\nspeed-up of a perfect schedule, median (mean) of %zu blocks%s\n",
           count,
           published_only ? " that are among the published 31 (*)" : "");
    printf("%-18s", "");
    for (size_t i = 0; i < WORKER_COUNTS; i++) {
        char head[24] = "unlimited";
        if (worker_counts[i] != ORACLE_UNLIMITED)
            snprintf(head, sizeof head, "%u workers", worker_counts[i]);
        printf(" %14s", head);
    }
    printf("\n");
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++)
        for (size_t model = 0; model < BOUND_COUNT; model++) {
            const struct reference *reference = reference_find(cost, model);
            printf("%-4s %-13s", cost_names[cost], model_names[model]);
            for (size_t i = 0; i < WORKER_COUNTS; i++) {
                double pair[2];
                figures(session, pair, cost, model, i, published_only);
                print_pair(pair);
            }
            printf("\n");
            if (!published_only || reference == NULL) continue;
            printf("%-18s", "     published 31");
            for (size_t i = 0; i < WORKER_COUNTS; i++)
                print_pair(reference->figures[i]);
            printf("\n");
        }
}

static void print_head(struct oracle_session *session)
{
    const struct oracle_options *options = session->options;
    if (options->json) {
        json_writer_init(&session->json, stdout);
        json_open(&session->json, '{');
        json_put_text(&session->json, "machine", machine_name());
        json_put_text(&session->json, "commit", build_info.commit);
        json_key(&session->json, "workers");
        json_open(&session->json, '[');
        for (size_t i = 0; i < WORKER_COUNTS; i++)
            json_number(&session->json, worker_counts[i]);
        json_close(&session->json, ']');
        json_key(&session->json, "blocks");
        json_open(&session->json, '[');
        return;
    }
    printf("machine %s, commit %s\n", machine_name(), build_info.commit);
    printf("coarse: model C; precise: ours, model D; free: nobody waits (block access list)\n");
    if (!options->blocks) return;
    printf("\n%-17s %5s %6s   %-24s  %-24s  %-24s\n", "", "", "", "by gas", "by ops", "by ns");
    printf("%-17s %5s %6s", "block", "txs", "wait");
    for (size_t cost = 0; cost < ORACLE_COST_COUNT; cost++)
        printf("   %7s %7s %7s", model_names[0], model_names[1], model_names[2]);
    printf("\n");
}

static void print_foot(struct oracle_session *session)
{
    size_t published = 0;
    if (session->options->json) {
        json_close(&session->json, ']');
        json_close(&session->json, '}');
        return;
    }
    for (size_t i = 0; i < session->count; i++)
        published += session->bounds[i].is_published;
    print_table(session, false, session->count);
    if (published > 0) print_table(session, true, published);
}

static enum pevm_status oracle_all(struct oracle_session *session, struct error *error)
{
    size_t count = bundle_source_count(session->source);
    print_head(session);
    for (size_t i = 0; i < count && session->count < BLOCKS_MAX; i++) {
        const char *name = bundle_source_name(session->source, i);
        struct bundle bundle;
        if (!name_filter_takes(&session->filter, name)) continue;
        progress_show(&session->progress, (double)i / (double)count, name);
        TRY(bundle_source_read(session->source, i, &bundle, error));
        enum pevm_status status = oracle_block_run(session, name, &bundle, error);
        bundle_fini(&bundle);
        if (status != PEVM_OK) error_prefix(error, "%s", name);
        TRY(status);
    }
    progress_end(&session->progress);
    print_foot(session);
    return PEVM_OK;
}

static enum pevm_status oracle(struct oracle_session *session,
                               const struct arguments *arguments,
                               struct error *error)
{
    struct engine_options options = {.chain = &chain_mainnet, .workers = 1};
    session->bounds = heap_alloc_zeroed(BLOCKS_MAX, sizeof *session->bounds);
    enum pevm_status status =
        session->bounds == NULL ? PEVM_NO_MEMORY : engine_new(&session->engine, &options);
    if (status != PEVM_OK)
        (void)error_set(error, status, "no engine: %s", pevm_status_text(status));
    if (status == PEVM_OK)
        status = bundle_source_open(
            &session->source, arguments->operands, arguments->operand_count, error);
    if (status == PEVM_OK) status = oracle_all(session, error);
    bundle_source_close(session->source);
    engine_free(session->engine);
    heap_free(session->bounds);
    return status;
}

int cmd_bench_oracle(int argc, char **argv)
{
    struct oracle_options options = {.runs = RUNS_DEFAULT, .txs_min = 1};
    const struct option_spec specs[] = {
        OPTION_TEXT("run", "REGEX", &options.run, "only bundles whose name fits"),
        OPTION_COUNT("runs", "N", &options.runs, 1, RUNS_MAX, "for the times: the fastest (3)"),
        OPTION_COUNT("txs", "N", &options.txs_min, 1, UINT32_MAX, "only blocks with so many (1)"),
        OPTION_FLAG("blocks", &options.blocks, "a line for each block, too"),
        OPTION_FLAG("json", &options.json, "one JSON object on stdout, nothing else"),
    };
    const struct command_spec spec = {
        "bench oracle",
        "PATH...",
        "Execute block bundles one transaction after another, note which transactions need\n"
        "which, and tell how fast a perfect scheduler could be: by gas, EVM instructions and\n"
        "nanoseconds, in pevm's coarse model of conflicts, in our precise one, and without any.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    struct oracle_session session = {.options = &options};
    struct error error;
    error_clear(&error);
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0) return (int)usage_error(&spec, "which bundles? Give a PATH");
    if (name_filter_init(&session.filter, options.run, &error) != PEVM_OK)
        return (int)usage_error(&spec, "%s", error.text);
    progress_begin(&session.progress, "oracle");
    enum pevm_status status = oracle(&session, &arguments, &error);
    progress_hide(&session.progress);
    name_filter_fini(&session.filter);
    if (status != PEVM_OK) fprintf(stderr, "pevm bench oracle: %s\n", error.text);
    return (int)exit_code_of(status);
}
