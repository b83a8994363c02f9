/* pevm run: the executor service. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "service/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SETTINGS_MAX 1

/* Anything about the configuration is one code, so that supervisors do not start it again and again. */
static enum exit_code code_of(enum pevm_status status)
{
    switch (status) {
    case PEVM_BAD_INPUT:
    case PEVM_UNSUPPORTED:
    case PEVM_NOT_FOUND: return EXIT_CONFIG;
    default: return exit_code_of(status);
    }
}

static void show(void *context, double fraction, const char *words)
{
    progress_show(context, fraction, words);
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* What was done, and where the time went: parts overlap, so they add up to more than the whole. */
static void print_summary(const struct service_summary *summary)
{
    double seconds = (double)summary->elapsed_ns / 1e9;
    if (summary->blocks == 0) {
        printf("nothing to do: all that was fed is executed\n");
        return;
    }
    printf("blocks %" PRIu64 " to %" PRIu64 ": %" PRIu64 " transactions (%" PRIu64
           " failed), %.1f Mgas, %.2f s\n",
           summary->first,
           summary->last,
           summary->txs,
           summary->failed_txs,
           (double)summary->gas_used / 1e6,
           seconds);
    printf(
        "%.0f blocks/s, %.0f transactions/s, %.1f Mgas/s; %.3f executions per transaction, %" PRIu64
        " divergences, %" PRIu64 " reorganisations\n",
        (double)summary->blocks / seconds,
        (double)summary->txs / seconds,
        (double)summary->gas_used / 1e6 / seconds,
        summary->txs == 0 ? 1.0 : (double)summary->executions / (double)summary->txs,
        summary->divergences,
        summary->reorgs);
    printf("ms per block: senders %.3f (ahead, on other threads), execution %.3f, roots %.3f, "
           "commit %.3f\n",
           ms(summary->recover_ns) / (double)summary->blocks,
           ms(summary->execute_ns) / (double)summary->blocks,
           ms(summary->roots_ns) / (double)summary->blocks,
           ms(summary->commit_ns) / (double)summary->blocks);
}

int cmd_run(int argc, char **argv)
{
    const char *setting = NULL;
    struct service_options options = {.environment = (const char *const *)environ};
    const struct option_spec specs[] = {
        {OPTION_KIND_TEXT,
         "config", 'c',
         "FILE", &options.path,
         0, 0,
         "the configuration; none: defaults and variables"},
        OPTION_TEXT("set", "KEY=VALUE", &setting, "set a key, over file and variables"),
        OPTION_FLAG("until-synced", &options.until_synced, "end when all that was fed is executed"),
    };
    const struct command_spec spec = {
        .name = "run",
        .operands = "",
        .about =
            "The executor service: follows the blocks in a store, executes each on all cores,\n"
            "compares it with its header, commits state and receipts. pevm import brings a\n"
            "state in, pevm feed brings blocks; pevm.yaml(5) has the configuration.\n\n"
            "Ends with 0 when told to stop (SIGTERM), 78 when the configuration is wrong,\n"
            "69 when the store cannot be reached for startup_timeout, 74 when an address or a\n"
            "file cannot be used, 75 when leadership was lost with exit_on_step_down, 1 when\n"
            "a block is bad, with --until-synced.",
        .options = specs,
        .option_count = COUNT_OF(specs)};
    struct arguments arguments;
    struct service_summary summary;
    struct progress progress;
    struct error error;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count > 0)
        return (int)usage_error(&spec, "\"%s\" is no option", arguments.operands[0]);
    options.settings = &setting;
    options.setting_count = setting != NULL;
    error_clear(&error);
    if (options.until_synced) {
        progress_begin(&progress, "run");
        options.progress = show;
        options.context = &progress;
    }
    enum pevm_status status = service_run(&options, &summary, &error);
    if (options.until_synced) progress_end(&progress);
    if (status != PEVM_OK && !summary.is_told) fprintf(stderr, "pevm run: %s\n", error.text);
    if (status == PEVM_OK && options.until_synced) print_summary(&summary);
    return (int)code_of(status);
}
