/* pevm replay: executes bundles, holds the outcome against them, prints a line per block. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/name_filter.h"
#include "cli/node_blocks.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/replay.h"
#include "cli/report_files.h"
#include "cli/worker_list.h"
#include "fixture/bundle_source.h"
#include "fixture/json_write.h"

#include <sys/resource.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct replay_options {
    unsigned mode; /* enum replay_mode */
    uint64_t repeat;
    const char *workers, *witness, *run;
    const char *rpc, *save, *fork;
    struct report_files files;
    bool json;
};

static const char *const mode_names[] = {"parallel", "sequential", "both"};

struct replay_sums {
    uint64_t sequential_ns;
    uint64_t passed, failed, txs, gas_used, execute_ns, with_witness, with_state_root,
        heap_calls_max;
};

struct replay_session {
    const struct replay_options *options;
    struct bundle_source *source;
    struct replayer *replayers[WORKER_LIST_MAX]; /* one for each number of workers */
    struct worker_list workers;
    struct name_filter filter;
    struct progress progress;
    size_t fitting;   /* bundles that --run takes */
    double done;      /* of them, with all numbers of workers */
    const char *name; /* of the one that runs */
    struct replay_sums sums;
};

/* ---- printing ---------------------------------------------------------------------------------------- */

static void put_root(struct json_writer *json, const char *key, const hash32 *root, bool is_known)
{
    if (is_known) {
        json_put_hash(json, key, root);
        return;
    }
    json_key(json, key);
    json_null(json);
}

static void print_json(const struct replay_session *session,
                       const struct bundle *bundle,
                       const struct replay_result *result,
                       unsigned workers)
{
    const struct header *header = &bundle->block.header;
    struct json_writer json;
    json_writer_init(&json, stdout);
    json_open(&json, '{');
    json_put_number(&json, "number", header->number);
    json_put_text(&json, "fork", bundle->fork_name);
    json_put_number(&json, "txs", bundle->block.tx_count);
    json_put_number(&json, "gas_used", result->gas_used);
    json_put_number(&json, "expected_gas_used", header->gas_used);
    put_root(&json, "receipts_root", &result->receipts_root, result->has_receipts_root);
    json_put_hash(&json, "expected_receipts_root", &header->receipts_root);
    put_root(&json, "state_root", &result->state_root, result->has_state_root);
    json_key(&json, "ok");
    json_bool(&json, result->ok);
    json_put_text(&json, "mode", mode_names[session->options->mode]);
    json_put_number(&json, "workers", session->options->mode == REPLAY_SEQUENTIAL ? 1 : workers);
    json_put_number(&json, "execute_ns_min", result->times.execute_ns_min);
    json_put_number(&json, "execute_ns_median", result->times.execute_ns_median);
    if (session->options->mode == REPLAY_BOTH) {
        json_put_number(&json, "sequential_ns_min", result->times.sequential_ns_min);
        json_put_number(&json, "sequential_ns_median", result->times.sequential_ns_median);
    }
    json_put_number(&json, "executions", result->executions);
    json_put_number(&json, "executions_most", result->executions_most);
    json_put_number(&json, "aborts", result->aborts);
    json_put_number(&json, "bytes_arena", result->arena_bytes);
    json_put_number(&json, "recover_ns", result->times.recover_ns);
    json_put_number(&json, "root_ns", result->times.root_ns);
    json_close(&json, '}');
    fflush(stdout);
}

static void print_title(const struct replay_session *session)
{
    if (session->options->json) return;
    printf("%-16s %-17s %5s %11s %7s %9s %9s  %-8s %-5s  %s",
           "block",
           "fork",
           "txs",
           "gas used",
           "workers",
           "ms",
           "Mgas/s",
           "receipts",
           "state",
           "result");
    if (session->options->mode == REPLAY_BOTH)
        printf("  %9s %8s %8s %6s", "one: ms", "speed-up", "attempts", "stale");
    printf("\n");
}

static const char *judged(bool is_known, bool ok)
{
    if (!is_known) return "-";
    return ok ? "ok" : "?";
}

static double ratio(double a, double b)
{
    return b == 0 ? 0 : a / b;
}

static void print_line(const struct replay_session *session,
                       const char *name,
                       const struct bundle *bundle,
                       const struct replay_result *result,
                       unsigned workers)
{
    double ms = (double)result->times.execute_ns_min / 1e6;
    const struct header *header = &bundle->block.header;
    bool receipts_ok = hash32_equal(&result->receipts_root, &header->receipts_root);
    bool state_ok = hash32_equal(&result->state_root, &header->state_root);
    printf("%-16s %-17s %5zu %11" PRIu64 " %7u %9.3f %9.1f  %-8s %-5s  %-6s",
           name,
           bundle->fork_name,
           bundle->block.tx_count,
           result->gas_used,
           session->options->mode == REPLAY_SEQUENTIAL ? 1 : workers,
           ms,
           ratio((double)result->gas_used / 1e3, ms),
           judged(result->has_receipts_root, receipts_ok),
           judged(result->has_state_root, state_ok),
           result->ok ? "ok" : "FAILED");
    if (session->options->mode == REPLAY_BOTH)
        printf("  %9.3f %8.2f %8.3f %6" PRIu64,
               (double)result->times.sequential_ns_min / 1e6,
               ratio((double)result->times.sequential_ns_min, (double)result->times.execute_ns_min),
               ratio((double)result->executions, (double)bundle->block.tx_count),
               result->aborts);
    printf("\n");
    fflush(stdout);
}

static void print_faults(const char *name, const struct replay_result *result)
{
    for (size_t i = 0; i < result->fault_count; i++)
        fprintf(stderr, "%s: %s\n", name, result->faults[i]);
}

static void print_sums(const struct replay_session *session)
{
    const struct replay_sums *sums = &session->sums;
    struct rusage usage;
    double seconds = (double)sums->execute_ns / 1e9;
    if (session->options->json) return;
    printf("\n%" PRIu64 " transactions, %.2f Mgas in %.3f s of execution: %.1f Mgas/s\n",
           sums->txs,
           (double)sums->gas_used / 1e6,
           seconds,
           seconds == 0 ? 0 : (double)sums->gas_used / 1e6 / seconds);
    if (session->options->mode == REPLAY_BOTH)
        printf("one after another: %.3f s, in parallel: %.3f s: %.2f times as fast\n",
               (double)sums->sequential_ns / 1e9,
               seconds,
               ratio((double)sums->sequential_ns, (double)sums->execute_ns));
    printf("state root checked for %" PRIu64 " of %" PRIu64 " blocks\n",
           sums->with_state_root,
           sums->passed + sums->failed);
    if (session->options->repeat > 1)
        printf("heap calls in the last run of a block: at most %" PRIu64 "\n",
               sums->heap_calls_max);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        printf("peak memory: %.1f MiB\n", (double)usage.ru_maxrss / 1024);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sums->passed, sums->failed);
}

/* ---- how far --------------------------------------------------------------------------------------------- */

/* So many runs of the bundle are done, on the number of workers that is its turn. */
static void tell_progress(void *context, uint64_t runs)
{
    struct replay_session *session = context;
    double one = 1 / (double)session->workers.count;
    double done = session->done + one * (double)runs / (double)session->options->repeat;
    progress_show(&session->progress, done / (double)session->fitting, session->name);
}

static size_t count_fitting(const struct replay_session *session)
{
    size_t fitting = 0;
    for (size_t i = 0; i < bundle_source_count(session->source); i++)
        fitting += name_filter_takes(&session->filter, bundle_source_name(session->source, i));
    return fitting;
}

/* ---- work -------------------------------------------------------------------------------------------- */

static void add_sums(struct replay_sums *sums,
                     const struct bundle *bundle,
                     const struct replay_result *result)
{
    sums->passed += result->ok;
    sums->failed += !result->ok;
    sums->txs += bundle->block.tx_count;
    sums->gas_used += result->gas_used;
    sums->execute_ns += result->times.execute_ns_min;
    sums->sequential_ns += result->times.sequential_ns_min;
    sums->with_witness += bundle->has_witness;
    sums->with_state_root += result->has_state_root;
    if (result->heap_calls > sums->heap_calls_max) sums->heap_calls_max = result->heap_calls;
}

/* A bundle with one number of workers. */
static enum pevm_status replay_with(struct replay_session *session,
                                    size_t which,
                                    const char *name,
                                    struct bundle *bundle,
                                    struct error *error)
{
    static struct replay_result result; /* large: it holds the texts of all faults */
    unsigned workers = session->workers.counts[which];
    TRY(replay_bundle(session->replayers[which], &result, bundle, error));
    progress_hide(&session->progress);
    add_sums(&session->sums, bundle, &result);
    if (session->options->json)
        print_json(session, bundle, &result, workers);
    else
        print_line(session, name, bundle, &result, workers);
    print_faults(name, &result);
    return PEVM_OK;
}

static bool wants_report(const struct replay_session *session)
{
    return session->options->files.page != NULL || session->options->files.trace != NULL;
}

/* The same block again, and looked at closely. */
static enum pevm_status report_one(struct replay_session *session,
                                   const char *name,
                                   const struct bundle *bundle,
                                   struct error *error)
{
    const struct replay_options *options = session->options;
    bool is_sequential = options->mode == REPLAY_SEQUENTIAL;
    struct report_plan plan = {is_sequential ? 1 : session->workers.counts[0], options->repeat};
    struct report report;
    if (!wants_report(session)) return PEVM_OK;
    progress_show(&session->progress, 1, "report");
    TRY(report_make(&report, name, bundle, &plan, error));
    enum pevm_status status = report_files_write(&options->files, &report, error);
    report_fini(&report);
    progress_hide(&session->progress);
    return status;
}

static enum pevm_status replay_one(struct replay_session *session,
                                   size_t index,
                                   struct error *error)
{
    const char *name = bundle_source_name(session->source, index);
    struct bundle bundle;
    TRY(bundle_source_read(session->source, index, &bundle, error));
    enum pevm_status status = PEVM_OK;
    for (size_t i = 0; i < session->workers.count && status == PEVM_OK; i++) {
        status = replay_with(session, i, name, &bundle, error);
        session->done += 1 / (double)session->workers.count;
    }
    if (status == PEVM_OK) status = report_one(session, name, &bundle, error);
    bundle_fini(&bundle);
    if (status != PEVM_OK) error_prefix(error, "%s", name);
    return status;
}

/* A bundle that cannot be read or executed is told, counts as failed, and stops nothing; the first of them gives the exit code. */
static enum pevm_status replay_all(struct replay_session *session)
{
    size_t count = bundle_source_count(session->source), begun = 0;
    enum pevm_status first = PEVM_OK;
    print_title(session);
    for (size_t i = 0; i < count; i++) {
        const char *name = bundle_source_name(session->source, i);
        struct error error;
        error_clear(&error);
        if (!name_filter_takes(&session->filter, name)) continue;
        session->name = name;
        session->done = (double)begun++;
        tell_progress(session, 0);
        enum pevm_status status = replay_one(session, i, &error);
        if (status == PEVM_OK) continue;
        progress_hide(&session->progress);
        fprintf(stderr, "pevm replay: %s\n", error.text);
        session->sums.failed++;
        if (first == PEVM_OK) first = status;
    }
    progress_end(&session->progress);
    print_sums(session);
    return first;
}

static enum exit_code finish(const struct replay_session *session, enum pevm_status status)
{
    if (status != PEVM_OK) return exit_code_of(status);
    if (session->sums.passed + session->sums.failed == 0) {
        fprintf(stderr, "pevm replay: no bundle's name fits --run\n");
        return EXIT_USAGE;
    }
    if (session->options->witness != NULL && session->sums.with_witness == 0) {
        fprintf(stderr,
                "pevm replay: %s has no witness for any of these blocks\n",
                session->options->witness);
        return EXIT_DATA;
    }
    return session->sums.failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

static enum pevm_status session_open(struct replay_session *session,
                                     const struct arguments *arguments,
                                     struct error *error)
{
    const struct replay_options *options = session->options;
    TRY(bundle_source_open(&session->source, arguments->operands, arguments->operand_count, error));
    if (options->witness != NULL)
        TRY(bundle_source_add_witnesses(session->source, options->witness, error));
    session->fitting = count_fitting(session);
    for (size_t i = 0; i < session->workers.count; i++) {
        struct replay_plan plan = {.mode = (enum replay_mode)options->mode,
                                   .workers = session->workers.counts[i],
                                   .runs = options->repeat,
                                   .on_run = tell_progress,
                                   .context = session};
        TRY(replayer_new(&session->replayers[i], &plan, error));
    }
    return PEVM_OK;
}

/* A report is about one block, on one number of workers. */
static bool is_for_report(const struct replay_session *session)
{
    if (!wants_report(session) || session->fitting <= 1) return true;
    fprintf(stderr,
            "pevm replay: a report is about one block, these are %zu: choose it with --run\n",
            session->fitting);
    return false;
}

static enum exit_code replay(struct replay_session *session, const struct arguments *arguments)
{
    struct error error;
    error_clear(&error);
    progress_begin(&session->progress, "replay");
    progress_show(&session->progress, 0, "reading");
    enum pevm_status status = session_open(session, arguments, &error);
    progress_hide(&session->progress);
    enum exit_code code = exit_code_of(status);
    if (status != PEVM_OK)
        fprintf(stderr, "pevm replay: %s\n", error.text);
    else if (!is_for_report(session))
        code = EXIT_USAGE;
    else
        code = finish(session, replay_all(session));
    for (size_t i = 0; i < session->workers.count; i++)
        replayer_free(session->replayers[i]);
    bundle_source_close(session->source);
    return code;
}

/* The operands are numbers of a node's blocks: they become the folder of their bundles. */
static enum exit_code fetch_blocks(const struct replay_options *options,
                                   struct arguments *arguments,
                                   char folder[NODE_FOLDER_SIZE],
                                   const char **operand)
{
    struct node_blocks blocks = {
        options->rpc, options->fork, options->save, arguments->operands, arguments->operand_count};
    struct error error;
    error_clear(&error);
    enum pevm_status status = node_blocks_fetch(folder, &blocks, &error);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm replay: %s\n", error.text);
        return exit_code_of(status);
    }
    fprintf(stderr, "bundles: %s\n", folder);
    *operand = folder;
    arguments->operands = operand;
    arguments->operand_count = 1;
    return EXIT_DONE;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_options options = {.repeat = 1};
    const struct option_spec specs[] = {
        OPTION_CHOICE("mode",
                      "parallel|sequential|both",
                      &options.mode,
                      "how to execute (parallel); both: and compare bit for bit"),
        OPTION_TEXT("workers",
                    "N,N,...",
                    &options.workers,
                    "on so many workers, one number after another (online CPUs, at most 16)"),
        OPTION_COUNT("repeat",
                     "N",
                     &options.repeat,
                     1,
                     REPLAY_RUNS_MAX,
                     "run each block N times: minimum and median (1)"),
        OPTION_TEXT(
            "witness", "PATH", &options.witness, "trie witnesses: check the state root as well"),
        OPTION_TEXT("run", "REGEX", &options.run, "only bundles whose name fits"),
        OPTION_TEXT("rpc",
                    "URL",
                    &options.rpc,
                    "fetch the blocks with the state they need from a node that traces"),
        OPTION_TEXT("save", "DIR", &options.save, "rpc: where the bundles go (pevm-block-N)"),
        OPTION_TEXT("fork",
                    "NAME",
                    &options.fork,
                    "rpc: which rules hold, on a chain that is not known by its id"),
        OPTION_TEXT(
            "report",
            "FILE",
            &options.files.page,
            "a page that shows how the block went (HTML; one block, one number of workers)"),
        OPTION_TEXT("trace",
                    "FILE",
                    &options.files.trace,
                    "the same for ui.perfetto.dev or chrome://tracing (JSON)"),
        OPTION_FLAG("json", &options.json, "one JSON object per block on stdout, nothing else"),
    };
    const struct command_spec spec = {
        "replay",
        "PATH... | --rpc URL N...",
        "Execute block bundles and check gas used, receipts, bloom, changes and, where a\n"
        "witness or the whole pre-state is at hand, the state root. A PATH is a bundle's\n"
        "directory, a directory or a .tar.zst archive of them.\n"
        "With --rpc, N is the number of a node's block, or latest.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0) return (int)usage_error(&spec, "which bundles? Give a PATH");
    struct replay_session session = {.options = &options};
    struct error error;
    if (worker_list_parse(&session.workers, options.workers, &error) != PEVM_OK)
        return (int)usage_error(&spec, "%s", error.text);
    if (wants_report(&session) && session.workers.count > 1)
        return (int)usage_error(
            &spec, "a report is about one number of workers, not %zu", session.workers.count);
    if (name_filter_init(&session.filter, options.run, &error) != PEVM_OK)
        return (int)usage_error(&spec, "%s", error.text);
    char folder[NODE_FOLDER_SIZE];
    const char *operand;
    enum exit_code code = EXIT_DONE;
    if (options.rpc != NULL) code = fetch_blocks(&options, &arguments, folder, &operand);
    if (code == EXIT_DONE) code = replay(&session, &arguments);
    name_filter_fini(&session.filter);
    return (int)code;
}
