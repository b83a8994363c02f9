/* pevm make-chain: writes a chain of our own making, as a set of bundles or as a chain file. */
#include "cli/chain_maker.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS_MAX   1000000
#define FORK_DEFAULT "Osaka"
#define OUT_DEFAULT  "chain"

enum chain_form { FORM_BUNDLES, FORM_RLP };

struct make_chain {
    uint64_t blocks, txs, seed;
    const char *out, *recipe, *network;
    unsigned form;
};

/* chain.rlp: the blocks one after another, as 'geth export' writes them. NULL members: not asked for. */
struct chain_file {
    FILE *file;
    char path[512];
    struct arena arena;
};

struct made_sums {
    uint64_t txs, failed_txs, gas_used;
};

static enum pevm_status chain_file_failed(const struct chain_file *out, struct error *error)
{
    return error_set(error, PEVM_IO, "%s: %s", out->path, strerror(errno));
}

static enum pevm_status chain_file_open(struct chain_file *out,
                                        const char *folder,
                                        struct error *error)
{
    snprintf(out->path, sizeof out->path, "%s/chain.rlp", folder);
    arena_init(&out->arena, 1 << 20, 0);
    out->file = fopen(out->path, "wb");
    return out->file == NULL ? chain_file_failed(out, error) : PEVM_OK;
}

static enum pevm_status chain_file_add(struct chain_file *out,
                                       const struct block *block,
                                       struct error *error)
{
    struct bytes encoding;
    arena_reset(&out->arena);
    if (!block_encode(&encoding, block, &out->arena))
        return error_set(error, PEVM_NO_MEMORY, "no memory to encode a block");
    return fwrite(encoding.data, 1, encoding.size, out->file) == encoding.size
               ? PEVM_OK
               : chain_file_failed(out, error);
}

static enum pevm_status chain_file_close(struct chain_file *out,
                                         enum pevm_status status,
                                         struct error *error)
{
    arena_fini(&out->arena);
    if (out->file == NULL) return status;
    bool is_written = fclose(out->file) == 0;
    return status != PEVM_OK || is_written ? status : chain_file_failed(out, error);
}

static enum pevm_status write_blocks(struct chain_maker *maker,
                                     struct bundle_set *set,
                                     struct chain_file *file,
                                     const struct make_chain *options,
                                     struct made_sums *sums,
                                     struct error *error)
{
    struct progress progress;
    enum pevm_status status = PEVM_OK;
    progress_begin(&progress, "make-chain");
    for (uint64_t i = 0; i < options->blocks && status == PEVM_OK; i++) {
        struct made_block made;
        char words[40];
        snprintf(words, sizeof words, "block %" PRIu64, i + 1);
        progress_show(&progress, (double)i / (double)options->blocks, words);
        status = chain_maker_next(maker, &made, error);
        if (status == PEVM_OK && i == 0)
            status = bundle_set_genesis(set, made.note.parent, made.pre_state, &made.note, error);
        if (status == PEVM_OK)
            status = options->form == FORM_RLP
                         ? chain_file_add(file, made.block, error)
                         : bundle_set_add(set, made.block, made.pre_state, &made.note, error);
        if (status != PEVM_OK) break;
        sums->txs += made.block->tx_count;
        sums->failed_txs += made.failed_txs;
        sums->gas_used += made.block->header.gas_used;
    }
    progress_end(&progress);
    return status;
}

static enum pevm_status make(const struct make_chain *options,
                             struct made_sums *sums,
                             struct error *error)
{
    struct chain_plan plan = {
        .network = options->network,
        .recipe = recipe_find(options->recipe),
        .seed = options->seed,
        .txs = options->txs,
    };
    struct chain_file file = {.file = NULL};
    struct chain_maker *maker;
    struct bundle_set *set;
    TRY(chain_maker_new(&maker, &plan, error));
    enum pevm_status status = bundle_set_open(&set, options->out, error);
    if (status == PEVM_OK) {
        if (options->form == FORM_RLP) status = chain_file_open(&file, options->out, error);
        if (status == PEVM_OK) status = write_blocks(maker, set, &file, options, sums, error);
        status = chain_file_close(&file, status, error);
        struct error close_error;
        enum pevm_status closed = bundle_set_close(set, &close_error);
        if (status == PEVM_OK && closed != PEVM_OK) {
            *error = close_error;
            status = closed;
        }
    }
    chain_maker_free(maker);
    return status;
}

static enum exit_code unknown_recipe(const struct command_spec *spec, const char *name)
{
    enum exit_code code = usage_error(spec, "there is no recipe \"%s\"", name);
    fputs("Recipes:\n", stderr);
    for (size_t i = 0; i < chain_recipe_count; i++)
        fprintf(stderr, "  %-12s%s\n", chain_recipes[i].name, chain_recipes[i].text);
    return code;
}

int cmd_make_chain(int argc, char **argv)
{
    struct make_chain options = {.blocks = 10,
                                 .txs = 100,
                                 .seed = 1,
                                 .out = OUT_DEFAULT,
                                 .recipe = "mixed",
                                 .network = FORK_DEFAULT};
    const struct option_spec specs[] = {
        OPTION_COUNT("blocks", "N", &options.blocks, 1, BLOCKS_MAX, "how many (10)"),
        OPTION_COUNT("txs", "N", &options.txs, 0, CHAIN_TXS_MAX, "transactions in each (100)"),
        OPTION_CHOICE("form",
                      "bundles|rlp",
                      &options.form,
                      "bundles with full pre-states, or chain.rlp for pevm feed (bundles)"),
        OPTION_TEXT("out", "DIR", &options.out, "folder to write to (" OUT_DEFAULT ")"),
        OPTION_COUNT(
            "seed", "S", &options.seed, 0, UINT64_MAX, "the same seed gives the same chain (1)"),
        OPTION_TEXT("recipe",
                    "NAME",
                    &options.recipe,
                    "transfers erc20 amm nft nursery churn work types mixed (mixed)"),
        OPTION_TEXT("fork",
                    "NAME",
                    &options.network,
                    "Frontier to BPO2, or PragueToOsakaAtTime15k, ... (" FORK_DEFAULT ")"),
    };
    const struct command_spec spec = {
        "make-chain",
        "",
        "Make a chain of valid blocks, sealed by nobody, with contracts of our own, and\n"
        "write it as bundles with full pre-states, which pevm replay executes, or as\n"
        "genesis.json and chain.rlp, for pevm import, feed and run.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count > 0)
        return (int)usage_error(&spec, "\"%s\" is no option", arguments.operands[0]);
    if (recipe_find(options.recipe) == NULL) return (int)unknown_recipe(&spec, options.recipe);
    struct made_sums sums = {0};
    struct error error;
    error_clear(&error);
    enum pevm_status status = make(&options, &sums, &error);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm make-chain: %s\n", error.text);
        return (int)exit_code_of(status);
    }
    printf("%s: %" PRIu64 " blocks, %" PRIu64 " transactions (%" PRIu64
           " of them fail), %.2f Mgas\n",
           options.out,
           options.blocks,
           sums.txs,
           sums.failed_txs,
           (double)sums.gas_used / 1e6);
    return EXIT_DONE;
}
