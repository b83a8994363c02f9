/* pevm bench NAME...: whole blocks, one transaction after another against all workers. */
#include "cli/cmd_bench_blocks.h"

#include "cli/block_bench.h"
#include "cli/build_info.h"
#include "cli/gigagas_code.h"
#include "cli/options.h"
#include "fixture/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALL_GROUP      "blocks"
#define ROUNDS_DEFAULT 5
#define SCALE_DEFAULT  0.1
#define SCALE_MIN      0.000001
#define SCALE_MAX      10.0
#define SEED_DEFAULT   1
#define CHOSEN_MAX     256
#define NAME_WIDTH     33

struct bench_options {
    const char *workers, *scale, *hot;
    uint64_t rounds, seed;
    bool json;
};

struct bench_session {
    const struct bench_options *options;
    const struct block_workload_kind *chosen[CHOSEN_MAX];
    size_t chosen_count;
    struct block_workload_plan plan;
    struct bench_plan bench_plan;
    struct json_writer json;
    size_t passed, failed, skipped;
};

/* ---- which ones ---------------------------------------------------------------------------------------- */

static bool fits(const struct block_workload_kind *kind, const char *name)
{
    return strcmp(name, ALL_GROUP) == 0 || strcmp(kind->group, name) == 0 ||
           block_workload_find(name) == kind;
}

/* In the order of the table, each once. */
static bool choose(struct bench_session *session,
                   const struct arguments *arguments,
                   size_t *unknown)
{
    for (*unknown = 0; *unknown < arguments->operand_count; ++*unknown) {
        bool known = false;
        for (size_t i = 0; i < block_workload_kind_count; i++)
            known = known || fits(&block_workload_kinds[i], arguments->operands[*unknown]);
        if (!known) return false;
    }
    for (size_t i = 0; i < block_workload_kind_count; i++)
        for (size_t k = 0; k < arguments->operand_count; k++) {
            if (!fits(&block_workload_kinds[i], arguments->operands[k])) continue;
            session->chosen[session->chosen_count++] = &block_workload_kinds[i];
            break;
        }
    return true;
}

static bool parse_decimal(double *out, const char *text, double least, double most)
{
    char *end;
    if (text == NULL) return true;
    double number = strtod(text, &end);
    bool begins_well = (*text >= '0' && *text <= '9') || *text == '.';
    if (!begins_well || *end != 0 || !(number >= least && number <= most)) return false;
    *out = number;
    return true;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

static void print_head(struct bench_session *session)
{
    const char *const facts[][2] = {
        {"machine",  machine_name()     },
        {"compiler", build_info.compiler},
        {"flags",    build_info.flags   },
        {"commit",   build_info.commit  },
    };
    struct json_writer *json = &session->json;
    if (!session->options->json) {
        for (size_t i = 0; i < COUNT_OF(facts); i++)
            printf("%-9s %s\n", facts[i][0], facts[i][1]);
        printf("online    %ld processors\nplan      scale %g, hot %g, seed %llu, %zu rounds\n\n",
               sysconf(_SC_NPROCESSORS_ONLN),
               session->plan.scale,
               session->plan.hot,
               (unsigned long long)session->plan.seed,
               session->bench_plan.rounds);
        printf("%-*s %7s %9s %9s %9s %8s %8s %4s %8s %8s %7s %6s %9s\n",
               NAME_WIDTH,
               "workload",
               "txs",
               "Mgas",
               "ms",
               "median",
               "speed-up",
               "runs/tx",
               "most",
               "stale",
               "waits",
               "CPU %",
               "heap",
               "bytes/tx");
        return;
    }
    json_writer_init(json, stdout);
    json_open(json, '{');
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        json_put_text(json, facts[i][0], facts[i][1]);
    json_put_number(json, "processors", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    json_put_decimal(json, "scale", session->plan.scale);
    json_put_decimal(json, "hot", session->plan.hot);
    json_put_number(json, "seed", session->plan.seed);
    json_put_number(json, "rounds", session->bench_plan.rounds);
    json_key(json, "workloads");
    json_open(json, '[');
}

static void print_row(const char *name,
                      const struct bench_result *result,
                      const struct bench_row *row)
{
    char who[NAME_WIDTH + 1];
    double mega = 1e6;
    if (row->workers == 0)
        printf(
            "%-*s %7zu %9.2f", NAME_WIDTH, name, result->tx_count, (double)result->gas_used / mega);
    else {
        snprintf(who, sizeof who, "  %u worker%s", row->workers, row->workers == 1 ? "" : "s");
        printf("%-*s %7s %9s", NAME_WIDTH, who, "", "");
    }
    printf(" %9.3f %9.3f", (double)row->ns_min / mega, (double)row->ns_median / mega);
    if (row->workers == 0)
        printf(" %8s %8s %4s %8s %8s", "", "", "", "", "");
    else
        printf(" %8.2f %8.3f %4u %8.1f %8.1f",
               bench_speed_up(result, row),
               row->executions,
               row->most,
               row->stale,
               row->waits);
    printf(" %7.0f %6llu %9.0f\n",
           row->cpu_percent,
           (unsigned long long)row->heap_calls,
           row->bytes_per_tx);
}

static void put_row(struct json_writer *json,
                    const struct bench_result *result,
                    const struct bench_row *row)
{
    json_open(json, '{');
    json_put_number(json, "workers", row->workers);
    json_put_number(json, "ns_min", row->ns_min);
    json_put_number(json, "ns_median", row->ns_median);
    json_put_decimal(json, "speed_up", bench_speed_up(result, row));
    json_put_decimal(json, "executions_per_tx", row->executions);
    json_put_number(json, "executions_most", row->most);
    json_put_decimal(json, "stale", row->stale);
    json_put_decimal(json, "waits", row->waits);
    json_put_decimal(json, "cpu_percent", row->cpu_percent);
    json_put_number(json, "heap_calls", row->heap_calls);
    json_put_decimal(json, "bytes_per_tx", row->bytes_per_tx);
    json_close(json, '}');
}

static void print_result(struct bench_session *session,
                         const struct block_workload_kind *kind,
                         const struct bench_result *result)
{
    struct json_writer *json = &session->json;
    session->passed += result->ok;
    session->failed += !result->ok;
    if (!result->ok) fprintf(stderr, "pevm bench: %s: %s\n", kind->name, result->text);
    if (session->options->json) {
        json_open(json, '{');
        json_put_text(json, "name", kind->name);
        json_put_text(json, "group", kind->group);
        json_put_number(json, "txs", result->tx_count);
        json_put_number(json, "gas_used", result->gas_used);
        json_key(json, "ok");
        json_bool(json, result->ok);
        json_key(json, "ways");
        json_open(json, '[');
        for (size_t i = 0; i < result->row_count && result->ok; i++)
            put_row(json, result, &result->rows[i]);
        json_close(json, ']');
        json_close(json, '}');
        return;
    }
    for (size_t i = 0; i < result->row_count && result->ok; i++)
        print_row(kind->name, result, &result->rows[i]);
    fflush(stdout);
}

static void print_foot(struct bench_session *session)
{
    struct json_writer *json = &session->json;
    if (session->options->json) {
        json_close(json, ']');
        json_put_number(json, "passed", session->passed);
        json_put_number(json, "failed", session->failed);
        json_put_number(json, "skipped", session->skipped);
        json_close(json, '}');
        return;
    }
    printf(
        "\n%zu workloads with equal outcomes, %zu wrong, %zu skipped for want of public bytecode\n",
        session->passed,
        session->failed,
        session->skipped);
}

/* ---- work ---------------------------------------------------------------------------------------------- */

static enum pevm_status bench_one(struct bench_session *session,
                                  struct block_bench *bench,
                                  const struct block_workload_kind *kind,
                                  struct error *error)
{
    static struct bench_result result;
    struct block_workload workload;
    TRY(block_workload_init(&workload, kind, &session->plan, error));
    enum pevm_status status = block_bench_run(bench, &result, &workload, error);
    block_workload_fini(&workload);
    if (status != PEVM_OK) {
        error_prefix(error, "%s", kind->name);
        return status;
    }
    print_result(session, kind, &result);
    return PEVM_OK;
}

static enum pevm_status bench_all(struct bench_session *session, struct error *error)
{
    struct block_bench *bench = NULL;
    bool is_many = session->chosen_count > 1;
    TRY(block_bench_new(&bench, &session->bench_plan, error));
    print_head(session);
    enum pevm_status status = PEVM_OK;
    for (size_t i = 0; i < session->chosen_count && status == PEVM_OK; i++) {
        bool is_skipped = is_many && block_workload_is_missing(session->chosen[i], &session->plan);
        session->skipped += is_skipped;
        if (!is_skipped) status = bench_one(session, bench, session->chosen[i], error);
    }
    if (session->skipped > 0)
        fprintf(stderr,
                "pevm bench: no folder %s: set " GIGAGAS_FOLDER_VARIABLE "\n",
                session->plan.folder);
    if (status == PEVM_OK) print_foot(session);
    block_bench_free(bench);
    return status;
}

static const char *gigagas_folder(void)
{
    const char *folder = getenv(GIGAGAS_FOLDER_VARIABLE);
    return folder == NULL ? GIGAGAS_FOLDER_DEFAULT : folder;
}

static enum exit_code bench(struct bench_session *session)
{
    struct error error;
    error_clear(&error);
    enum pevm_status status = bench_all(session, &error);
    if (status != PEVM_OK) fprintf(stderr, "pevm bench: %s\n", error.text);
    if (status != PEVM_OK) return exit_code_of(status);
    return session->failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Options into plans; false: `error` says which is wrong. */
static bool take_options(struct bench_session *session, struct error *error)
{
    const struct bench_options *options = session->options;
    const char *workers = options->workers == NULL ? "1,2" : options->workers;
    session->plan = (struct block_workload_plan){
        .scale = SCALE_DEFAULT, .seed = options->seed, .folder = gigagas_folder()};
    session->bench_plan.rounds = options->rounds;
    if (!parse_decimal(&session->plan.scale, options->scale, SCALE_MIN, SCALE_MAX))
        (void)error_set(
            error, PEVM_BAD_INPUT, "--scale wants a number from %g to %g", SCALE_MIN, SCALE_MAX);
    else if (!parse_decimal(&session->plan.hot, options->hot, 0, 1))
        (void)error_set(error, PEVM_BAD_INPUT, "--hot wants a number from 0 to 1");
    else
        return worker_list_parse(&session->bench_plan.workers, workers, error) == PEVM_OK;
    return false;
}

int cmd_bench_blocks(int argc, char **argv)
{
    struct bench_options options = {.rounds = ROUNDS_DEFAULT, .seed = SEED_DEFAULT};
    const struct option_spec specs[] = {
        OPTION_TEXT("workers", "N,N,...", &options.workers, "so many workers, in turns (1,2)"),
        OPTION_COUNT("rounds", "N", &options.rounds, 1, BENCH_ROUNDS_MAX, "runs of each way (5)"),
        OPTION_TEXT("scale", "X", &options.scale, "part of the full size: 1 is a gigagas (0.1)"),
        OPTION_TEXT("hot", "X", &options.hot, "how often contended loads choose a hot account (0)"),
        OPTION_COUNT("seed", "N", &options.seed, 0, UINT64_MAX, "of what is chosen by chance (1)"),
        OPTION_FLAG("json", &options.json, "one JSON object on stdout, nothing else"),
    };
    const struct command_spec spec = {
        "bench",
        "NAME...",
        "Measure. 'pevm bench list' tells the names: blocks and groups of them, executed one\n"
        "transaction after another and on several workers, in turns, every outcome compared;\n"
        "'pevm bench evm': the interpreter on single messages. Public bytecode is looked for in\n"
        "$" GIGAGAS_FOLDER_VARIABLE " or " GIGAGAS_FOLDER_DEFAULT ".",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    struct bench_session session = {.options = &options};
    struct error error;
    size_t unknown;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0) return (int)usage_error(&spec, "which workload?");
    if (!choose(&session, &arguments, &unknown))
        return (int)usage_error(&spec,
                                "there is no workload \"%s\"; try 'pevm bench list'",
                                arguments.operands[unknown]);
    if (!take_options(&session, &error)) return (int)usage_error(&spec, "%s", error.text);
    return (int)bench(&session);
}

/* What is no block: with options of its own. */
static const char *const others[][2] = {
    {"evm",       "the interpreter, single messages"                    },
    {"footprint", "bytes of each location, version, read, transaction"  },
    {"oracle",    "how fast bundles could be, whatever the scheduler"   },
    {"simulate",  "blocks and bundles on more processors than there are"},
};

int cmd_bench_list(int argc, char **argv)
{
    const struct command_spec spec = {
        .name = "bench list", .operands = "", .about = "What can be measured, by group."};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count > 0) return (int)usage_error(&spec, "it takes no names");
    printf("%-*s %-10s %7s  %s\n", NAME_WIDTH, "name", "group", "txs", "what");
    for (size_t i = 0; i < COUNT_OF(others); i++)
        printf("%-*s %-10s %7s  %s\n", NAME_WIDTH, others[i][0], "-", "-", others[i][1]);
    for (size_t i = 0; i < block_workload_kind_count; i++) {
        const struct block_workload_kind *kind = &block_workload_kinds[i];
        printf("%-*s %-10s %7llu  %s%s\n",
               NAME_WIDTH,
               kind->name,
               kind->group,
               (unsigned long long)kind->full_size,
               kind->about,
               kind->needs_files ? " *" : "");
    }
    printf("\n%s: all that have a group. txs: at scale 1. *: needs public bytecode in $%s\n",
           ALL_GROUP,
           GIGAGAS_FOLDER_VARIABLE);
    return (int)EXIT_DONE;
}
