/* pevm bench footprint NAME...: bytes of each location, version, read and transaction, in blocks that run in parallel. */
#include "cli/cmd_bench_footprint.h"

#include "cli/block_workload.h"
#include "cli/gigagas_code.h"
#include "cli/options.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#define SCALE_DEFAULT 0.1
#define WORKERS       2
#define NAME_WIDTH    33

/* What we want to stay below (docs/BENCHMARKS.md). */
#define LOCATION_MOST 64
#define VERSION_MOST  16
#define READ_MOST     16
#define TX_MOST       192

struct footprint_session {
    struct block_workload_plan plan;
    size_t alone, skipped, beyond;
};

static double per(uint64_t count, size_t txs)
{
    return (double)count / (double)txs;
}

static void print_row(struct footprint_session *session,
                      const char *name,
                      const struct engine_footprint *footprint,
                      const struct engine_outcome *outcome)
{
    size_t txs = outcome->receipt_count;
    session->beyond += footprint->location_bytes > LOCATION_MOST ||
                       footprint->version_bytes > VERSION_MOST ||
                       footprint->read_bytes > READ_MOST || footprint->tx_bytes > TX_MOST;
    printf("%-*s %7zu %9.1f %8.1f %6zu %5zu %5zu %12.2f %11.2f %8.2f %9.0f\n",
           NAME_WIDTH,
           name,
           txs,
           footprint->location_bytes,
           footprint->index_bytes,
           footprint->version_bytes,
           footprint->read_bytes,
           footprint->tx_bytes,
           per(footprint->locations, txs),
           per(footprint->versions, txs),
           per(footprint->reads, txs),
           per(outcome->arena_bytes, txs));
}

static enum pevm_status measure(struct footprint_session *session,
                                const struct block_workload *workload,
                                struct error *error)
{
    struct engine_options options = {.chain = &workload->chain, .workers = WORKERS};
    struct engine_outcome outcome;
    struct engine *engine;
    struct view view = memory_state_view(workload->pre_state);
    struct engine_input input = {.block = &workload->block,
                                 .pre_state = &view,
                                 .is_parallel = true,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    enum pevm_status status = engine_new(&engine, &options);
    if (status != PEVM_OK)
        return error_set(error, status, "no engine: %s", pevm_status_text(status));
    status = engine_execute(engine, &outcome, &input, error);
    if (status == PEVM_OK && outcome.fault != BLOCK_VALID)
        status = error_set(error, PEVM_INVALID_BLOCK, "%.400s", outcome.text);
    struct engine_footprint footprint = engine_footprint(engine);
    session->alone += status == PEVM_OK && footprint.locations == 0;
    if (status == PEVM_OK && footprint.locations > 0)
        print_row(session, workload->kind->name, &footprint, &outcome);
    engine_free(engine);
    return status;
}

static enum pevm_status measure_kind(struct footprint_session *session,
                                     const struct block_workload_kind *kind,
                                     struct error *error)
{
    struct block_workload workload;
    if (block_workload_is_missing(kind, &session->plan)) {
        session->skipped++;
        return PEVM_OK;
    }
    TRY(block_workload_init(&workload, kind, &session->plan, error));
    enum pevm_status status = measure(session, &workload, error);
    block_workload_fini(&workload);
    if (status != PEVM_OK) error_prefix(error, "%s", kind->name);
    return status;
}

/* PEVM_NOT_FOUND: there is no workload and no group of that name. */
static enum pevm_status measure_operand(struct footprint_session *session,
                                        const char *operand,
                                        struct error *error)
{
    bool is_known = false;
    for (size_t i = 0; i < block_workload_kind_count; i++) {
        const struct block_workload_kind *kind = &block_workload_kinds[i];
        if (strcmp(kind->group, operand) != 0 && block_workload_find(operand) != kind) continue;
        is_known = true;
        TRY(measure_kind(session, kind, error));
    }
    if (is_known) return PEVM_OK;
    return error_set(
        error, PEVM_NOT_FOUND, "there is no workload \"%s\"; try 'pevm bench list'", operand);
}

static void print_head(void)
{
    printf("bytes of each: location (key, list of versions, base value), its share of the index, "
           "version,\n"
           "read, transaction (scheduler, attempt, tip). How many of a transaction's are in the "
           "block, and\n"
           "bytes of values, logs and receipts.\n\n");
    printf("%-*s %7s %9s %8s %6s %5s %5s %12s %11s %8s %9s\n",
           NAME_WIDTH,
           "workload",
           "txs",
           "location",
           "index",
           "versn",
           "read",
           "tx",
           "locations/tx",
           "versions/tx",
           "reads/tx",
           "values/tx");
    printf("%-*s %7s %9d %8s %6d %5d %5d\n",
           NAME_WIDTH,
           "at most",
           "",
           LOCATION_MOST,
           "",
           VERSION_MOST,
           READ_MOST,
           TX_MOST);
}

int cmd_bench_footprint(int argc, char **argv)
{
    static const char *const all[] = {
        "gigagas", "clustered", "contended", "worst", "attack", "own"};
    const struct command_spec spec = {
        .name = "bench footprint",
        .operands = "[NAME...]",
        .about = "What the multi-version state keeps of each location, version, read and "
                 "transaction in\n"
                 "workloads of 'pevm bench list' that run on two workers."};
    struct arguments arguments;
    struct error error;
    const char *folder = getenv(GIGAGAS_FOLDER_VARIABLE);
    struct footprint_session session = {
        .plan = {.scale = SCALE_DEFAULT,
                 .seed = 1,
                 .folder = folder == NULL ? GIGAGAS_FOLDER_DEFAULT : folder}
    };
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    const char *const *names = arguments.operand_count > 0 ? arguments.operands : all;
    size_t count = arguments.operand_count > 0 ? arguments.operand_count : COUNT_OF(all);
    enum pevm_status status = PEVM_OK;
    error_clear(&error);
    print_head();
    for (size_t i = 0; i < count && status == PEVM_OK; i++)
        status = measure_operand(&session, names[i], &error);
    if (status == PEVM_NOT_FOUND) return (int)usage_error(&spec, "%s", error.text);
    if (status != PEVM_OK) fprintf(stderr, "pevm bench footprint: %s\n", error.text);
    if (status != PEVM_OK) return (int)exit_code_of(status);
    printf("\n%zu beyond what we want, %zu that one worker executes anyway, %zu skipped for want "
           "of public bytecode\n",
           session.beyond,
           session.alone,
           session.skipped);
    return session.beyond > 0 ? (int)EXIT_FAILED : (int)EXIT_DONE;
}
