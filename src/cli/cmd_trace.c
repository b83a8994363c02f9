/* pevm trace: the instructions or the calls of a bundle's transactions, as JSON lines. */
#include "base/hex.h"
#include "cli/bundle_roots.h"
#include "cli/commands.h"
#include "cli/name_filter.h"
#include "cli/options.h"
#include "evm/trace_call.h"
#include "evm/trace_pick.h"
#include "evm/trace_struct.h"
#include "fixture/bundle_source.h"

#include <stdio.h>

#define TX_ALL UINT64_MAX

struct trace_options {
    uint64_t tx; /* TX_ALL: all of them */
    bool call, memory, return_data;
    const char *run;
};

/* ---- tracing ----------------------------------------------------------------------------------------- */

/* Where one trace ends and the next begins. */
static void print_tx(void *context, size_t tx_index)
{
    const struct bundle *bundle = context;
    char hash[HEX_HASH_SIZE];
    printf("{\"tx\":%zu,\"hash\":\"%s\"}\n",
           tx_index,
           hex_hash(hash, &bundle->block.txs[tx_index].hash));
}

static enum pevm_status execute(const struct bundle *bundle,
                                const struct tracer *tracer,
                                struct engine_outcome *outcome,
                                struct engine *engine,
                                struct error *error)
{
    struct view view = memory_state_view(bundle->pre_state);
    struct engine_input input = {
        .block = &bundle->block,
        .parent = bundle->has_parent ? &bundle->parent : NULL,
        .pre_state = &view,
        .tracer = tracer,
        .skip_body_roots = !bundle->ommers_known,
    };
    return engine_execute(engine, outcome, &input, error);
}

static enum exit_code judge(const struct engine_outcome *outcome, const char *name)
{
    if (outcome->fault == BLOCK_VALID) return EXIT_DONE;
    fprintf(stderr, "%s: %s: %s\n", name, block_fault_text(outcome->fault), outcome->text);
    return EXIT_FAILED;
}

static enum exit_code trace_with(const struct bundle *bundle,
                                 const struct trace_options *options,
                                 const struct tracer *inner,
                                 const char *name)
{
    struct trace_pick pick;
    struct engine *engine = NULL;
    struct engine_outcome outcome;
    struct error error;
    error_clear(&error);
    trace_pick_init(&pick, inner);
    pick.picks_all = options->tx == TX_ALL;
    pick.wanted = options->tx;
    pick.begin = pick.picks_all ? print_tx : NULL;
    pick.context = (void *)(uintptr_t)bundle;
    enum pevm_status status =
        engine_new(&engine, &(struct engine_options){.chain = &bundle->chain});
    if (status != PEVM_OK)
        (void)error_set(&error, status, "no engine: %s", pevm_status_text(status));
    if (status == PEVM_OK) status = execute(bundle, &pick.tracer, &outcome, engine, &error);
    if (status != PEVM_OK) fprintf(stderr, "pevm trace: %s: %s\n", name, error.text);
    enum exit_code code = status == PEVM_OK ? judge(&outcome, name) : exit_code_of(status);
    engine_free(engine);
    return code;
}

static enum exit_code trace(const struct bundle *bundle,
                            const struct trace_options *options,
                            const char *name)
{
    const struct header *header = &bundle->block.header;
    size_t count = bundle->block.tx_count;
    if (options->tx != TX_ALL && options->tx >= count) {
        fprintf(stderr, "pevm trace: block %s has %zu transactions, from 0\n", name, count);
        return EXIT_USAGE;
    }
    enum exit_code code;
    if (options->call) {
        struct trace_call call;
        trace_call_init(&call, stdout);
        code = trace_with(bundle, options, &call.tracer, name);
        trace_call_fini(&call);
        return code;
    }
    struct trace_struct steps;
    struct rules rules = chain_rules(&bundle->chain, header->number, header->timestamp, NULL);
    trace_struct_init(&steps, stdout, rules.fork, options->memory, options->return_data);
    return trace_with(bundle, options, &steps.tracer, name);
}

/* ---- which bundle ------------------------------------------------------------------------------------ */

/* The only one whose name fits; false when there is none, or several. */
static bool bundle_choose(size_t *index,
                          const struct bundle_source *source,
                          const struct name_filter *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < bundle_source_count(source); i++) {
        if (!name_filter_takes(filter, bundle_source_name(source, i))) continue;
        if (count++ == 0) *index = i;
    }
    if (count == 1) return true;
    if (count == 0) fprintf(stderr, "pevm trace: no bundle's name fits --run\n");
    if (count > 1)
        fprintf(stderr,
                "pevm trace: there are %zu bundles; choose one with --run, as --run '^%s$'\n",
                count,
                bundle_source_name(source, *index));
    return false;
}

static enum exit_code trace_source(const struct bundle_source *source,
                                   const struct name_filter *filter,
                                   const struct trace_options *options)
{
    size_t index = 0;
    struct bundle bundle;
    struct error error;
    if (!bundle_choose(&index, source, filter)) return EXIT_USAGE;
    enum pevm_status status = bundle_source_read(source, index, &bundle, &error);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm trace: %s\n", error.text);
        return exit_code_of(status);
    }
    enum exit_code code = trace(&bundle, options, bundle_source_name(source, index));
    bundle_fini(&bundle);
    return code;
}

int cmd_trace(int argc, char **argv)
{
    struct trace_options options = {.tx = TX_ALL};
    const struct option_spec specs[] = {
        OPTION_COUNT(
            "tx", "N", &options.tx, 0, UINT32_MAX, "only transaction N, from 0 (all of the block)"),
        OPTION_FLAG("call", &options.call, "the tree of calls instead of every instruction"),
        OPTION_FLAG("memory", &options.memory, "memory before every instruction"),
        OPTION_FLAG("return-data", &options.return_data, "return data before every instruction"),
        OPTION_TEXT(
            "run", "REGEX", &options.run, "the bundle whose name fits, where PATH has several"),
    };
    const struct command_spec spec = {
        "trace",
        "BUNDLE",
        "Print what the transactions of a block do: a JSON line for each instruction\n"
        "(EIP-3155) or, with --call, a tree of calls for each transaction.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count != 1) return (int)usage_error(&spec, "which bundle? Give one PATH");
    struct name_filter filter;
    struct bundle_source *source;
    struct error error;
    if (name_filter_init(&filter, options.run, &error) != PEVM_OK)
        return (int)usage_error(&spec, "%s", error.text);
    enum pevm_status status =
        bundle_source_open(&source, arguments.operands, arguments.operand_count, &error);
    enum exit_code code = exit_code_of(status);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm trace: %s\n", error.text);
    } else {
        code = trace_source(source, &filter, &options);
        bundle_source_close(source);
    }
    name_filter_fini(&filter);
    return (int)code;
}
