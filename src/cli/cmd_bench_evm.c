/* pevm bench evm [PATH...]: how fast the machine runs single messages, against the figures of evm_reference.def.
 *
 * Every run is checked: a wrong result ends the benchmark. A round is as many runs as fit into ROUND_NS, and gives their
 * median; what is told is the best round, which is what a quiet machine would give.
 */
#include "cli/cmd_bench_evm.h"

#include "base/clock.h"
#include "base/heap.h"
#include "cli/build_info.h"
#include "cli/evm_workload.h"
#include "cli/name_filter.h"
#include "cli/options.h"
#include "fixture/input.h"
#include "fixture/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER_VARIABLE  "PEVM_WORKLOADS"
#define FOLDER_DEFAULT   "../shared/workloads"
#define ARCHIVE_NAME     "evm.tar.zst"
#define PATH_SIZE        1024
#define ROUNDS_DEFAULT   9
#define ROUNDS_MAX       1000
#define ROUND_NS         UINT64_C(20000000)
#define RUNS_MAX         2001
#define CODE_CACHE_BYTES ((size_t)64 << 20)

struct reference {
    const char *name;
    bool core;
    double ns;
};

static const struct reference references[] = {
#define REFERENCE(name, core, ns) {name, core, ns},
#include "cli/evm_reference.def"
#undef REFERENCE
};

struct options {
    const char *run;
    uint64_t rounds;
    bool json;
};

/* Nanoseconds of one message: the median of a round, of the best round and of the middle one. */
struct timing {
    double min, median;
};

/* The sums of what was seen. */
struct summary {
    unsigned count, reference_count, core_count;
    double log_ratio, core_log_ratio, core_worst;
    const char *core_worst_name;
};

struct bench {
    const struct options *options;
    struct name_filter filter;
    struct machine *machine;
    struct json_writer json;
    struct summary summary;
};

static const struct reference *reference_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(references); i++)
        if (strcmp(references[i].name, name) == 0) return &references[i];
    return NULL;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* What reading the clock twice costs: part of every measurement. */
static uint64_t clock_cost_ns(void)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        uint64_t start = clock_now_ns(), cost = clock_now_ns() - start;
        if (cost < best) best = cost;
    }
    return best;
}

static enum pevm_status round_run(struct evm_workload *workload,
                                  struct machine *machine,
                                  uint64_t *median,
                                  struct error *error)
{
    static uint64_t times[RUNS_MAX];
    size_t runs = 0;
    uint64_t total = 0;
    while (runs < RUNS_MAX && (runs == 0 || total < ROUND_NS)) { /* ends: runs grows */
        TRY(evm_workload_run(workload, machine, &times[runs], error));
        total += times[runs++];
    }
    qsort(times, runs, sizeof *times, compare_u64);
    *median = times[runs / 2];
    return PEVM_OK;
}

static void result_sum(struct summary *summary, const struct reference *reference, double ratio)
{
    summary->count++;
    if (reference == NULL) return;
    summary->reference_count++;
    summary->log_ratio += log(ratio);
    if (!reference->core) return;
    summary->core_count++;
    summary->core_log_ratio += log(ratio);
    if (summary->core_count > 1 && ratio >= summary->core_worst) return;
    summary->core_worst = ratio;
    summary->core_worst_name = reference->name;
}

static void result_print(struct bench *bench,
                         const struct evm_workload *workload,
                         const struct timing *timing)
{
    const struct reference *reference = reference_find(workload->name);
    double ratio = reference == NULL ? 0 : reference->ns / timing->min;
    double mgas = (double)workload->expect_gas_used * 1e3 / timing->min;
    bool is_core = reference != NULL && reference->core;
    result_sum(&bench->summary, reference, ratio);
    if (bench->options->json) {
        struct json_writer *json = &bench->json;
        json_open(json, '{');
        json_key(json, "name");
        json_text(json, workload->name);
        json_key(json, "core");
        json_bool(json, is_core);
        json_put_decimal(json, "ns_min", timing->min);
        json_put_decimal(json, "ns_median", timing->median);
        json_key(json, "gas");
        json_number(json, (uint64_t)workload->expect_gas_used);
        json_put_decimal(json, "mgas_per_s", mgas);
        json_key(json, "ratio");
        if (reference != NULL)
            json_decimal(json, ratio);
        else
            json_null(json);
        json_close(json, '}');
        return;
    }
    printf("%-34s %12.0f %12.0f %10.1f", workload->name, timing->min, timing->median, mgas);
    if (reference != NULL)
        printf(" %8.2f%s\n", ratio, is_core ? " *" : "");
    else
        printf(" %8s\n", "-");
    fflush(stdout);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum pevm_status workload_bench(struct bench *bench,
                                       struct evm_workload *workload,
                                       struct error *error)
{
    static double rounds[ROUNDS_MAX];
    size_t count = bench->options->rounds;
    uint64_t overhead = clock_cost_ns(), median;
    machine_set_block(bench->machine, &workload->env, NULL);
    for (size_t i = 0; i < count; i++) {
        TRY(round_run(workload, bench->machine, &median, error));
        rounds[i] = median > overhead ? (double)(median - overhead) : 1;
    }
    qsort(rounds, count, sizeof *rounds, compare_double);
    result_print(bench, workload, &(struct timing){rounds[0], rounds[count / 2]});
    return PEVM_OK;
}

static enum pevm_status file_bench(struct bench *bench,
                                   const struct input_file *file,
                                   struct error *error)
{
    struct evm_workload workload;
    TRY(evm_workload_init(&workload, bytes_of(file->data, file->size), error));
    enum pevm_status status = PEVM_OK;
    if (name_filter_takes(&bench->filter, workload.name))
        status = workload_bench(bench, &workload, error);
    evm_workload_fini(&workload);
    return status;
}

/* ---- head and foot ----------------------------------------------------------------------------------- */

static void head_print(struct bench *bench)
{
    if (!bench->options->json) {
        printf("machine   %s\ncompiler  %s\nflags     %s\ncommit    %s\n\n",
               machine_name(),
               build_info.compiler,
               build_info.flags,
               build_info.commit);
        printf("%-34s %12s %12s %10s %8s\n", "workload", "ns min", "ns median", "Mgas/s", "ratio");
        return;
    }
    struct json_writer *json = &bench->json;
    const char *const facts[][2] = {
        {"machine",  machine_name()     },
        {"compiler", build_info.compiler},
        {"flags",    build_info.flags   },
        {"commit",   build_info.commit  },
    };
    json_writer_init(json, stdout);
    json_open(json, '{');
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        json_key(json, facts[i][0]);
        json_text(json, facts[i][1]);
    }
    json_key(json, "workloads");
    json_open(json, '[');
}

static double mean_of(double log_sum, unsigned count)
{
    return count == 0 ? 0 : exp(log_sum / count);
}

static void foot_print(struct bench *bench)
{
    const struct summary *summary = &bench->summary;
    double all = mean_of(summary->log_ratio, summary->reference_count);
    double core = mean_of(summary->core_log_ratio, summary->core_count);
    if (bench->options->json) {
        struct json_writer *json = &bench->json;
        json_close(json, ']');
        json_put_decimal(json, "geomean", all);
        json_put_decimal(json, "geomean_core", core);
        json_put_decimal(json, "worst_core", summary->core_worst);
        json_close(json, '}');
        return;
    }
    printf("\n%u workloads, all results right; ratio = time of evmone baseline / ours\n",
           summary->count);
    printf("geometric mean of %u: %.3f\n", summary->reference_count, all);
    if (summary->core_count > 0)
        printf("geometric mean of %u core workloads (*): %.3f, the least is %s with %.3f\n",
               summary->core_count,
               core,
               summary->core_worst_name,
               summary->core_worst);
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static enum pevm_status bench_all(struct bench *bench, struct input *input, struct error *error)
{
    head_print(bench);
    for (;;) { /* ends: there are finitely many files */
        struct input_file file;
        bool found;
        TRY(input_next(input, &file, &found, error));
        if (!found) break;
        enum pevm_status status = file_bench(bench, &file, error);
        if (status != PEVM_OK) error_prefix(error, "%s", file.name);
        input_file_fini(&file);
        TRY(status);
    }
    foot_print(bench);
    return PEVM_OK;
}

static enum pevm_status bench_paths(struct bench *bench,
                                    const char *const *paths,
                                    size_t count,
                                    struct error *error)
{
    struct input *input = NULL;
    struct code_cache *codes = code_cache_new(CODE_CACHE_BYTES);
    enum pevm_status status = codes == NULL ? PEVM_NO_MEMORY : PEVM_OK;
    if (status == PEVM_OK)
        status = machine_new(&bench->machine, &(struct machine_options){.codes = codes});
    if (status != PEVM_OK)
        (void)error_set(error, status, "no machine: %s", pevm_status_text(status));
    if (status == PEVM_OK) status = input_open(&input, paths, count, ".json", error);
    if (status == PEVM_OK) status = bench_all(bench, input, error);
    input_close(input);
    machine_free(bench->machine);
    code_cache_free(codes);
    return status;
}

static const char *default_path(void)
{
    static char path[PATH_SIZE];
    const char *folder = getenv(FOLDER_VARIABLE);
    snprintf(path, sizeof path, "%s/" ARCHIVE_NAME, folder == NULL ? FOLDER_DEFAULT : folder);
    return path;
}

int cmd_bench_evm(int argc, char **argv)
{
    struct options options = {.rounds = ROUNDS_DEFAULT};
    const struct option_spec specs[] = {
        OPTION_TEXT("run", "REGEX", &options.run, "only workloads whose name fits"),
        OPTION_COUNT("rounds", "N", &options.rounds, 1, ROUNDS_MAX, "of 20 ms or one run each (9)"),
        OPTION_FLAG("json", &options.json, "one JSON object on stdout"),
    };
    const struct command_spec spec = {
        "bench evm",
        "[PATH...]",
        "Run EVM workloads (files, directories, archives; without PATH: " ARCHIVE_NAME " in\n"
        "$" FOLDER_VARIABLE " or " FOLDER_DEFAULT "), check every result, print the time of one\n"
        "message and how many times faster than evmone baseline that is. Pin it: taskset -c 1.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    struct bench bench = {.options = &options};
    struct error error;
    error_clear(&error);
    if (name_filter_init(&bench.filter, options.run, &error) != PEVM_OK)
        return (int)usage_error(&spec, "%s", error.text);
    const char *defaults[] = {default_path()};
    bool has_paths = arguments.operand_count > 0;
    enum pevm_status status = bench_paths(&bench,
                                          has_paths ? arguments.operands : defaults,
                                          has_paths ? arguments.operand_count : 1,
                                          &error);
    name_filter_fini(&bench.filter);
    if (status != PEVM_OK) fprintf(stderr, "pevm bench evm: %s\n", error.text);
    return (int)exit_code_of(status);
}
