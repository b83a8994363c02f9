/* pevm bench simulate NAME|PATH...: the engine on more processors than there are, on a clock of our own. */
#include "cli/cmd_bench_simulate.h"

#include "cli/block_workload.h"
#include "cli/build_info.h"
#include "cli/gigagas_code.h"
#include "cli/options.h"
#include "cli/progress.h"

#include <stdio.h>

#ifdef PEVM_HAS_SIM

    #include "cli/simulation.h"
    #include "fixture/bundle_source.h"
    #include "fixture/json_write.h"
    #include "sync/handoff.h"

    #include <stdlib.h>
    #include <unistd.h>

    #define ROUNDS_DEFAULT  7
    #define ROUNDS_MAX      1000
    #define SCALE_DEFAULT   0.1
    #define WORKERS_DEFAULT "1,2,4,8,16,32,64"
    #define LOADS_MAX       4096
    #define PRICE_MAX       1000000
    #define TRANSFER_DEFAULT                                                                       \
        60 /* where one processor can't measure: ns, of two cores with one cache behind theirs */
    #define WAKE_DEFAULT 1500
    #define WAKE_MOST    50000 /* more was no wake but the time slice of another process */
    #define RISE_DEFAULT 5000

struct simulate_options {
    const char *workers, *scale;
    uint64_t rounds, seed, transfer_ns, wake_ns, rise_ns;
    bool json, lines;
};

struct simulate_session {
    const struct simulate_options *options;
    struct simulation_plan plan;
    struct block_workload_plan workload_plan;
    struct json_writer json;
    struct progress progress;
    size_t done, wrong, skipped, alone;
    /* by number of workers, of each load: for the medians */
    double speed_ups[WORKER_LIST_MAX][LOADS_MAX], efficiencies[WORKER_LIST_MAX][LOADS_MAX],
        errors[WORKER_LIST_MAX][LOADS_MAX];
};

static const char *const use_names[SIM_USE_COUNT] = {"first", "again", "loop", "lines", "idle"};

/* ---- printing ------------------------------------------------------------------------------------------ */

static double ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

/* How much slower it is simulated than for real; 0 when that is not known. */
static double row_error(const struct simulation_row *row)
{
    if (row->real_ns == 0) return 0;
    return ratio((double)row->simulated.block_ns, (double)row->real_ns) - 1;
}

static void print_head(struct simulate_session *session)
{
    if (session->options->json) {
        json_writer_init(&session->json, stdout);
        json_open(&session->json, '{');
        json_put_text(&session->json, "machine", machine_name());
        json_put_text(&session->json, "commit", build_info.commit);
        json_key(&session->json, "simulated");
        json_open(&session->json, '[');
        return;
    }
    printf("machine %s, commit %s\n", machine_name(), build_info.commit);
    printf(
        "SIMULATED: the engine on a clock of its own, from times measured here with one worker.\n");
    printf(
        "speed-up: against one transaction after another, for real. bound: of a perfect schedule\n"
        "of the attempts. efficiency: how much of the bound the workers reach. error: against the\n"
        "real run (1: one worker on the parallel path). The rest: what workers do with their "
        "time.\n");
}

static void print_load(const char *name,
                       const struct simulation_result *result,
                       const struct sim_prices *prices)
{
    double mega = 1e6;
    printf("\n%s: %zu transactions, %.2f Mgas; for real one after another %.3f ms, on the parallel "
           "path "
           "alone %.3f ms, of it for all workers %.3f ms\n",
           name,
           result->tx_count,
           (double)result->gas_used / mega,
           (double)result->sequential_ns / mega,
           (double)result->alone_ns / mega,
           (double)result->alone_team_ns / mega);
    printf("a line from another core %llu ns, to wake somebody %llu ns, to be awake %llu ns\n",
           (unsigned long long)prices->transfer_ns,
           (unsigned long long)prices->sleep_ns,
           (unsigned long long)prices->rise_ns);
    printf("%7s %9s %8s %7s %10s %9s %8s %8s %4s %6s %9s %8s %7s",
           "workers",
           "ms",
           "speed-up",
           "bound",
           "efficiency",
           "real ms",
           "error",
           "runs/tx",
           "most",
           "real",
           "locked/tx",
           "lines/tx",
           "sleeps");
    for (size_t i = 0; i < SIM_USE_COUNT; i++)
        printf(" %5s%%", use_names[i]);
    printf("\n");
}

static void print_row(const struct simulation_result *result, const struct simulation_row *row)
{
    const struct sim_result *simulated = &row->simulated;
    double txs = (double)result->tx_count, mega = 1e6;
    printf("%7u %9.3f %8.2f %7.2f %9.1f%%",
           row->workers,
           (double)simulated->block_ns / mega,
           row->speed_up,
           row->bound,
           100 * row->efficiency);
    if (row->real_ns == 0)
        printf(" %9s %8s", "", "");
    else
        printf(" %9.3f %7.1f%%", (double)row->real_ns / mega, 100 * row_error(row));
    printf(" %8.3f %4u", ratio((double)simulated->executions, txs), simulated->most);
    if (row->real_runs == 0)
        printf(" %6s", "");
    else
        printf(" %6.3f", row->real_runs);
    printf(" %9.1f %8.1f %7llu",
           ratio((double)simulated->locked, txs),
           ratio((double)simulated->moves, txs),
           (unsigned long long)simulated->sleeps);
    for (size_t i = 0; i < SIM_USE_COUNT; i++)
        printf(" %6.1f", 100 * simulated->shares[i]);
    printf("\n");
}

static void print_sites(const struct simulation_result *result, const struct simulation_row *row)
{
    printf("with %u workers, lines that were waited for, by transaction; addr2line -f -i -e pevm "
           "0x...\n",
           row->workers);
    for (size_t i = 0; i < SIM_SITES && row->simulated.sites[i].moves > 0; i++)
        printf("%10.2f  0x%llx\n",
               ratio((double)row->simulated.sites[i].moves, (double)result->tx_count),
               (unsigned long long)row->simulated.sites[i].offset);
}

static void put_row(struct json_writer *json,
                    const struct simulation_result *result,
                    const struct simulation_row *row)
{
    const struct sim_result *simulated = &row->simulated;
    double txs = (double)result->tx_count;
    json_open(json, '{');
    json_put_number(json, "workers", row->workers);
    json_put_number(json, "simulated_ns", simulated->block_ns);
    json_put_number(json, "simulated_team_ns", simulated->team_ns);
    json_put_decimal(json, "speed_up", row->speed_up);
    json_put_decimal(json, "bound", row->bound);
    json_put_decimal(json, "efficiency", row->efficiency);
    json_put_number(json, "real_ns", row->real_ns);
    json_put_decimal(json, "error", row_error(row));
    json_put_decimal(json, "executions_per_tx", ratio((double)simulated->executions, txs));
    json_put_number(json, "executions_most", simulated->most);
    json_put_decimal(json, "real_executions_per_tx", row->real_runs);
    json_put_number(json, "stale", simulated->stale);
    json_put_number(json, "waits", simulated->waits);
    json_put_decimal(json, "locked_per_tx", ratio((double)simulated->locked, txs));
    json_put_decimal(json, "lines_per_tx", ratio((double)simulated->moves, txs));
    json_put_number(json, "sleeps", simulated->sleeps);
    for (size_t i = 0; i < SIM_USE_COUNT; i++)
        json_put_decimal(json, use_names[i], simulated->shares[i]);
    json_close(json, '}');
}

static void put_load(struct json_writer *json,
                     const char *name,
                     const struct simulation_result *result,
                     const struct sim_prices *prices)
{
    json_open(json, '{');
    json_put_text(json, "name", name);
    json_put_number(json, "txs", result->tx_count);
    json_put_number(json, "gas_used", result->gas_used);
    json_key(json, "ok");
    json_bool(json, result->ok);
    json_put_number(json, "transfer_ns", prices->transfer_ns);
    json_put_number(json, "wake_ns", prices->sleep_ns);
    json_put_number(json, "rise_ns", prices->rise_ns);
    json_put_number(json, "sequential_ns", result->sequential_ns);
    json_put_number(json, "alone_ns", result->alone_ns);
    json_put_number(json, "alone_team_ns", result->alone_team_ns);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < result->row_count && result->ok; i++)
        put_row(json, result, &result->rows[i]);
    json_close(json, ']');
    json_close(json, '}');
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_double);
    if (count == 0) return 0;
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void print_medians(struct simulate_session *session)
{
    printf("\nmedians of %zu loads, simulated\n%7s %8s %10s %8s\n",
           session->done,
           "workers",
           "speed-up",
           "efficiency",
           "error");
    for (size_t i = 0; i < session->plan.workers.count; i++) {
        printf("%7u %8.2f %9.1f%%",
               session->plan.workers.counts[i],
               median(session->speed_ups[i], session->done),
               100 * median(session->efficiencies[i], session->done));
        if (session->plan.workers.counts[i] <= 2)
            printf(" %7.1f%%", 100 * median(session->errors[i], session->done));
        printf("\n");
    }
}

static void print_foot(struct simulate_session *session)
{
    if (session->options->json) {
        json_close(&session->json, ']');
        json_put_number(&session->json, "passed", session->done);
        json_put_number(&session->json, "failed", session->wrong);
        json_put_number(&session->json, "alone", session->alone);
        json_put_number(&session->json, "skipped", session->skipped);
        json_close(&session->json, '}');
        return;
    }
    if (session->done > 1) print_medians(session);
    printf("\n%zu loads, every simulated outcome equal to the sequential one; %zu wrong, %zu that "
           "one worker executes "
           "anyway, %zu skipped for want of public bytecode\n",
           session->done,
           session->wrong,
           session->alone,
           session->skipped);
}

static void take_result(struct simulate_session *session,
                        const char *name,
                        const struct simulation_result *result)
{
    progress_hide(&session->progress);
    if (session->options->json) put_load(&session->json, name, result, &session->plan.prices);
    if (!result->ok) {
        fprintf(stderr, "pevm bench simulate: %s: %s\n", name, result->text);
        session->wrong++;
        return;
    }
    for (size_t i = 0; i < result->row_count; i++) {
        session->speed_ups[i][session->done] = result->rows[i].speed_up;
        session->efficiencies[i][session->done] = result->rows[i].efficiency;
        session->errors[i][session->done] = row_error(&result->rows[i]);
    }
    session->done++;
    if (session->options->json) return;
    print_load(name, result, &session->plan.prices);
    for (size_t i = 0; i < result->row_count; i++)
        print_row(result, &result->rows[i]);
    if (session->options->lines) print_sites(result, &result->rows[result->row_count - 1]);
    fflush(stdout);
}

/* ---- work ---------------------------------------------------------------------------------------------- */

/* Anew for each load: a virtual machine is not always in the same place. */
static struct sim_prices prices_of(const struct simulate_options *options)
{
    const struct handoff guess = {TRANSFER_DEFAULT, WAKE_DEFAULT, RISE_DEFAULT};
    struct handoff here;
    if (handoff_measure(&here) != PEVM_OK) here = guess; /* there is one processor */
    if (here.wake_ns > WAKE_MOST) here.wake_ns = guess.wake_ns;
    if (here.rise_ns > WAKE_MOST) here.rise_ns = guess.rise_ns;
    if (options->transfer_ns != PRICE_MAX) here.transfer_ns = options->transfer_ns;
    if (options->wake_ns != PRICE_MAX) here.wake_ns = options->wake_ns;
    if (options->rise_ns != PRICE_MAX) here.rise_ns = options->rise_ns;
    return (struct sim_prices){here.transfer_ns, here.wake_ns, here.rise_ns};
}

static enum pevm_status simulate_block(struct simulate_session *session,
                                       const char *name,
                                       const struct chain *chain,
                                       const struct engine_input *input,
                                       struct error *error)
{
    static struct simulation_result result;
    if (session->done == LOADS_MAX) return PEVM_OK;
    session->plan.prices = prices_of(session->options);
    enum pevm_status status = simulation_run(&result, &session->plan, chain, input, error);
    if (status == PEVM_UNSUPPORTED) {
        session->alone++;
        return PEVM_OK;
    }
    if (status != PEVM_OK) return status;
    take_result(session, name, &result);
    return PEVM_OK;
}

static enum pevm_status simulate_workload(struct simulate_session *session,
                                          const struct block_workload_kind *kind,
                                          struct error *error)
{
    struct block_workload workload;
    if (block_workload_is_missing(kind, &session->workload_plan)) {
        session->skipped++;
        return PEVM_OK;
    }
    TRY(block_workload_init(&workload, kind, &session->workload_plan, error));
    struct view view = memory_state_view(workload.pre_state);
    struct engine_input input = {.block = &workload.block,
                                 .pre_state = &view,
                                 .skip_header_compare = true,
                                 .skip_body_roots = true};
    enum pevm_status status = simulate_block(session, kind->name, &workload.chain, &input, error);
    block_workload_fini(&workload);
    return status;
}

static enum pevm_status simulate_bundle(struct simulate_session *session,
                                        const char *name,
                                        struct bundle *bundle,
                                        struct error *error)
{
    struct view view = memory_state_view(bundle->pre_state);
    struct engine_input input = {.block = &bundle->block,
                                 .parent = bundle->has_parent ? &bundle->parent : NULL,
                                 .pre_state = &view,
                                 .skip_body_roots = !bundle->ommers_known};
    return simulate_block(session, name, &bundle->chain, &input, error);
}

static enum pevm_status simulate_path(struct simulate_session *session,
                                      const char *path,
                                      struct error *error)
{
    struct bundle_source *source;
    TRY(bundle_source_open(&source, &path, 1, error));
    enum pevm_status status = PEVM_OK;
    size_t count = bundle_source_count(source);
    for (size_t i = 0; i < count && status == PEVM_OK; i++) {
        const char *name = bundle_source_name(source, i);
        struct bundle bundle;
        progress_show(&session->progress, (double)i / (double)count, name);
        status = bundle_source_read(source, i, &bundle, error);
        if (status != PEVM_OK) break;
        status = simulate_bundle(session, name, &bundle, error);
        bundle_fini(&bundle);
        if (status != PEVM_OK) error_prefix(error, "%s", name);
    }
    bundle_source_close(source);
    return status;
}

/* A workload, a group of them, or a path. */
static enum pevm_status simulate_operand(struct simulate_session *session,
                                         const char *operand,
                                         struct error *error)
{
    bool is_known = false;
    for (size_t i = 0; i < block_workload_kind_count; i++) {
        const struct block_workload_kind *kind = &block_workload_kinds[i];
        if (strcmp(kind->group, operand) != 0 && block_workload_find(operand) != kind) continue;
        is_known = true;
        progress_show(
            &session->progress, (double)i / (double)block_workload_kind_count, kind->name);
        TRY(simulate_workload(session, kind, error));
    }
    return is_known ? PEVM_OK : simulate_path(session, operand, error);
}

static enum exit_code simulate(struct simulate_session *session, const struct arguments *arguments)
{
    struct error error;
    enum pevm_status status = PEVM_OK;
    error_clear(&error);
    print_head(session);
    progress_begin(&session->progress, "simulate");
    for (size_t i = 0; i < arguments->operand_count && status == PEVM_OK; i++)
        status = simulate_operand(session, arguments->operands[i], &error);
    progress_end(&session->progress);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm bench simulate: %s\n", error.text);
        return exit_code_of(status);
    }
    print_foot(session);
    return session->wrong > 0 ? EXIT_FAILED : EXIT_DONE;
}

static bool take_options(struct simulate_session *session, struct error *error)
{
    const struct simulate_options *options = session->options;
    const char *workers = options->workers == NULL ? WORKERS_DEFAULT : options->workers;
    const char *folder = getenv(GIGAGAS_FOLDER_VARIABLE);
    char *end = NULL;
    session->workload_plan = (struct block_workload_plan){
        .scale = options->scale == NULL ? SCALE_DEFAULT : strtod(options->scale, &end),
        .seed = options->seed,
        .folder = folder == NULL ? GIGAGAS_FOLDER_DEFAULT : folder};
    session->plan.rounds = (unsigned)options->rounds;
    if ((end != NULL && *end != 0) ||
        !(session->workload_plan.scale >= 0.000001 && session->workload_plan.scale <= 10)) {
        (void)error_set(error, PEVM_BAD_INPUT, "--scale wants a number up to 10");
        return false;
    }
    if (worker_list_parse(&session->plan.workers, workers, error) != PEVM_OK) return false;
    for (size_t i = 0; i < session->plan.workers.count; i++)
        if (session->plan.workers.counts[i] > SIM_WORKERS_MAX) {
            (void)error_set(error, PEVM_BAD_INPUT, "--workers goes to %d here", SIM_WORKERS_MAX);
            return false;
        }
    return true;
}

int cmd_bench_simulate(int argc, char **argv)
{
    struct simulate_options options = {.rounds = ROUNDS_DEFAULT,
                                       .seed = 1,
                                       .transfer_ns = PRICE_MAX,
                                       .wake_ns = PRICE_MAX,
                                       .rise_ns = PRICE_MAX};
    const struct option_spec specs[] = {
        OPTION_TEXT(
            "workers", "N,N,...", &options.workers, "so many workers (" WORKERS_DEFAULT ")"),
        OPTION_COUNT("rounds", "N", &options.rounds, 1, ROUNDS_MAX, "real runs of each way (7)"),
        OPTION_TEXT("scale", "X", &options.scale, "part of the full size: 1 is a gigagas (0.1)"),
        OPTION_COUNT("seed", "N", &options.seed, 0, UINT64_MAX, "of what is chosen by chance (1)"),
        OPTION_COUNT("transfer",
                     "NS",
                     &options.transfer_ns,
                     0,
                     PRICE_MAX - 1,
                     "a cache line from another core (as measured here)"),
        OPTION_COUNT("wake",
                     "NS",
                     &options.wake_ns,
                     0,
                     PRICE_MAX - 1,
                     "to wake a worker (as measured here)"),
        OPTION_COUNT("rise",
                     "NS",
                     &options.rise_ns,
                     0,
                     PRICE_MAX - 1,
                     "until a woken worker runs (as measured here)"),
        OPTION_FLAG(
            "lines", &options.lines, "where in the program the last number of workers waits"),
        OPTION_FLAG("json", &options.json, "one JSON object on stdout, nothing else"),
    };
    const struct command_spec spec = {
        "bench simulate",
        "NAME|PATH...",
        "Simulate blocks on more processors than there are: workloads and groups of 'pevm bench\n"
        "list', or block bundles. The engine's own scheduler and versions run on virtual clocks;\n"
        "times of the machine's pieces are measured here. Every simulated outcome is compared.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    static struct simulate_session session;
    struct error error;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0)
        return (int)usage_error(&spec, "which load? A name of 'pevm bench list', or bundles");
    session.options = &options;
    if (!take_options(&session, &error)) return (int)usage_error(&spec, "%s", error.text);
    return (int)simulate(&session, &arguments);
}

#else

int cmd_bench_simulate(int argc, char **argv)
{
    (void)argc, (void)argv;
    fprintf(stderr, "pevm bench simulate: not in this build (thread sanitizer)\n");
    return (int)EXIT_USAGE;
}

#endif
