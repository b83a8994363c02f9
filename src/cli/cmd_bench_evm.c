/* pevm bench evm [PATH...]: how fast the machine runs single messages, against the figures of evm_reference.def.
 *
 * Every run is checked: a wrong result ends the benchmark. A round is as many runs as fit into ROUND_NS, and gives their
 * median; what is told is the best round, which is what a quiet machine would give.
 */
#include "cli/cmd_bench_evm.h"

#include "base/clock.h"
#include "base/heap.h"
#include "cli/evm_workload.h"
#include "fixture/input.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_DEFAULT     "../shared/workloads/evm.tar.zst"
#define ROUNDS_DEFAULT   7
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
    const char *filter; /* a part of the name; NULL: all */
    unsigned rounds;
    bool json;
};

/* The sums of what was seen. */
struct summary {
    unsigned count, core_count;
    double log_ratio, core_log_ratio, core_worst;
    const char *core_worst_name;
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

static void result_print(const struct evm_workload *workload,
                         double ns,
                         const struct options *options,
                         struct summary *summary)
{
    const struct reference *reference = reference_find(workload->name);
    double ratio = reference == NULL ? 0 : reference->ns / ns;
    double mgas = (double)workload->expect_gas_used * 1e3 / ns;
    if (options->json)
        printf("%s{\"name\": \"%s\", \"ns\": %.0f, \"mgas_per_s\": %.1f, \"ratio\": %.3f}",
               summary->count == 0 ? "[\n" : ",\n",
               workload->name,
               ns,
               mgas,
               ratio);
    else
        printf("%-34s %12.0f ns %10.1f Mgas/s %8.2f%s\n",
               workload->name,
               ns,
               mgas,
               ratio,
               reference != NULL && reference->core ? " *" : "");
    fflush(stdout);
    summary->count++;
    if (reference == NULL) return;
    summary->log_ratio += log(ratio);
    if (!reference->core) return;
    summary->core_count++;
    summary->core_log_ratio += log(ratio);
    if (summary->core_count == 1 || ratio < summary->core_worst) {
        summary->core_worst = ratio;
        summary->core_worst_name = reference->name;
    }
}

static enum pevm_status workload_bench(struct evm_workload *workload,
                                       struct machine *machine,
                                       const struct options *options,
                                       struct summary *summary,
                                       struct error *error)
{
    uint64_t best = UINT64_MAX, median, overhead = clock_cost_ns();
    machine_set_block(machine, &workload->env, NULL);
    for (unsigned i = 0; i < options->rounds; i++) {
        TRY(round_run(workload, machine, &median, error));
        if (median < best) best = median;
    }
    best = best > overhead ? best - overhead : 1;
    result_print(workload, (double)best, options, summary);
    return PEVM_OK;
}

static enum pevm_status file_bench(const struct input_file *file,
                                   struct machine *machine,
                                   const struct options *options,
                                   struct summary *summary,
                                   struct error *error)
{
    struct evm_workload workload;
    TRY(evm_workload_init(&workload, bytes_of(file->data, file->size), error));
    enum pevm_status status = PEVM_OK;
    if (options->filter == NULL || strstr(workload.name, options->filter) != NULL)
        status = workload_bench(&workload, machine, options, summary, error);
    evm_workload_fini(&workload);
    return status;
}

static void summary_print(const struct summary *summary, const struct options *options)
{
    double all = exp(summary->log_ratio / (summary->count == 0 ? 1 : summary->count));
    double core =
        exp(summary->core_log_ratio / (summary->core_count == 0 ? 1 : summary->core_count));
    if (options->json) {
        printf("%s\n", summary->count == 0 ? "[]" : "\n]");
        return;
    }
    printf("geometric mean of %u: %.3f\n", summary->count, all);
    if (summary->core_count > 0)
        printf("geometric mean of %u core workloads (*): %.3f, the least is %s with %.3f\n",
               summary->core_count,
               core,
               summary->core_worst_name,
               summary->core_worst);
}

static enum pevm_status bench_all(struct input *input,
                                  struct machine *machine,
                                  const struct options *options,
                                  struct error *error)
{
    struct summary summary = {0};
    for (;;) { /* ends: there are finitely many files */
        struct input_file file;
        bool found;
        TRY(input_next(input, &file, &found, error));
        if (!found) break;
        enum pevm_status status = file_bench(&file, machine, options, &summary, error);
        if (status != PEVM_OK) error_prefix(error, "%s", file.name);
        input_file_fini(&file);
        TRY(status);
    }
    summary_print(&summary, options);
    return PEVM_OK;
}

static enum pevm_status bench_paths(const char *const *paths,
                                    size_t count,
                                    const struct options *options,
                                    struct error *error)
{
    struct input *input = NULL;
    struct machine *machine = NULL;
    struct code_cache *codes = code_cache_new(CODE_CACHE_BYTES);
    enum pevm_status status = codes == NULL ? PEVM_NO_MEMORY : PEVM_OK;
    if (status == PEVM_OK)
        status = machine_new(&machine, &(struct machine_options){.codes = codes});
    if (status != PEVM_OK) (void)error_set(error, status, "no machine");
    if (status == PEVM_OK) status = input_open(&input, paths, count, ".json", error);
    if (status == PEVM_OK) status = bench_all(input, machine, options, error);
    input_close(input);
    machine_free(machine);
    code_cache_free(codes);
    return status;
}

static void usage(FILE *to)
{
    fputs("usage: pevm bench evm [--filter NAME] [--rounds N] [--json] [PATH...]\n"
          "Runs EVM workloads (files, directories, archives; " PATH_DEFAULT "),\n"
          "checks every result and prints the time of one message and how many times faster than "
          "the reference.\n",
          to);
}

int cmd_bench_evm(int argc, char **argv)
{
    static const struct option longs[] = {
        {"filter",           required_argument, NULL, 'f'},
        {"rounds",              required_argument, NULL, 'r'},
        {"json",                  no_argument, NULL, 'j'},
        {"help",no_argument, NULL, 'h'},
        {0              },
    };
    struct options options = {.rounds = ROUNDS_DEFAULT};
    int option;
    while ((option = getopt_long(argc, argv, "f:r:jh", longs, NULL)) !=
           -1) { /* ends: arguments run out */
        switch (option) {
        case 'f': options.filter = optarg; break;
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'j': options.json = true; break;
        case 'h': usage(stdout); return EXIT_SUCCESS;
        default: usage(stderr); return 2;
        }
    }
    if (options.rounds == 0) options.rounds = 1;
    static const char *const defaults[] = {PATH_DEFAULT};
    bool has_paths = optind < argc;
    struct error error;
    error_clear(&error);
    const char *const *paths = has_paths ? (const char *const *)(argv + optind) : defaults;
    if (bench_paths(paths, has_paths ? (size_t)(argc - optind) : 1, &options, &error) == PEVM_OK)
        return EXIT_SUCCESS;
    fprintf(stderr, "pevm bench evm: %s\n", error.text);
    return EXIT_FAILURE;
}
