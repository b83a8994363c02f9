/* pevm feed: brings blocks into a store, where the executor finds them. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/store_place.h"
#include "feed/bundle_chain.h"
#include "feed/era1.h"
#include "feed/official_chain.h"
#include "feed/rlp_file.h"
#include "feed/store_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct feed_options {
    const char *file, *era1, *bundles, *test, *name, *place;
    uint64_t last;
};

struct feed_run {
    const struct feed_options *options;
    struct store_feed feed;
    struct progress progress;
    uint64_t blocks, txs, known, first;
};

static enum pevm_status open_source(struct block_source **out,
                                    const struct feed_options *options,
                                    struct error *error)
{
    if (options->file != NULL) return rlp_file_open(out, options->file, error);
    if (options->era1 != NULL) return era1_open(out, options->era1, error);
    if (options->bundles != NULL) return bundle_chain_open(out, &options->bundles, 1, error);
    return official_chain_open(out, options->test, options->name, error);
}

/* A block that is there already: it must be the same. Only the last one is looked at: it stands for all before it. */
static enum pevm_status check_known(struct feed_run *run,
                                    const struct feed_item *item,
                                    struct error *error)
{
    run->known++;
    if (item->number < run->feed.progress || hash32_is_zero(&run->feed.hash) ||
        hash32_equal(&item->hash, &run->feed.hash))
        return PEVM_OK;
    char here[HEX_HASH_SIZE], there[HEX_HASH_SIZE];
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "block %" PRIu64 ": the store has %s, the source gives %s: another chain",
                     item->number,
                     hex_hash(there, &run->feed.hash),
                     hex_hash(here, &item->hash));
}

static enum pevm_status take_block(struct feed_run *run,
                                   const struct feed_item *item,
                                   struct error *error)
{
    if (run->feed.has_progress && item->number <= run->feed.progress)
        return check_known(run, item, error);
    TRY(store_feed_put(&run->feed, item, error));
    if (run->blocks++ == 0) run->first = item->number;
    run->txs += item->block.tx_count;
    return PEVM_OK;
}

static enum pevm_status take_all(struct feed_run *run,
                                 struct block_source *source,
                                 struct error *error)
{
    while (!interrupt_came()) { /* ends: the source does */
        struct feed_item item;
        char words[40];
        TRY(block_source_next(source, &item, error));
        if (item.event != FEED_BLOCK || item.number > run->options->last) return PEVM_OK;
        snprintf(words, sizeof words, "block %" PRIu64, item.number);
        progress_show(&run->progress, block_source_progress(source), words);
        TRY(take_block(run, &item, error));
    }
    return PEVM_OK;
}

static void print_sums(const struct feed_run *run)
{
    if (run->known > 0) printf("%" PRIu64 " blocks were there already\n", run->known);
    if (run->blocks == 0) {
        printf("no new blocks\n");
        return;
    }
    printf("%" PRIu64 " blocks (%" PRIu64 " to %" PRIu64 "), %" PRIu64 " transactions into %s\n",
           run->blocks,
           run->first,
           run->feed.progress,
           run->txs,
           run->options->place);
}

/* What came before an error is kept. */
static enum pevm_status feed_source(struct feed_run *run,
                                    struct block_source *source,
                                    struct error *error)
{
    struct error flush_error;
    interrupt_catch();
    progress_begin(&run->progress, "feed");
    enum pevm_status status = take_all(run, source, error);
    progress_end(&run->progress);
    enum pevm_status flushed = store_feed_flush(&run->feed, &flush_error);
    if (status == PEVM_OK && flushed != PEVM_OK) {
        *error = flush_error;
        status = flushed;
    }
    if (flushed == PEVM_OK) print_sums(run);
    return status;
}

static enum pevm_status feed_store(const struct feed_options *options,
                                   struct store *store,
                                   struct error *error)
{
    struct feed_run run = {.options = options};
    struct block_source *source;
    TRY(open_source(&source, options, error));
    enum pevm_status status = store_feed_open(&run.feed, store, error);
    if (status == PEVM_OK) {
        status = feed_source(&run, source, error);
        store_feed_close(&run.feed);
    }
    block_source_close(source);
    return status;
}

static enum exit_code feed(const struct feed_options *options)
{
    struct store *store;
    struct error error;
    error_clear(&error);
    enum pevm_status status = store_place_open(&store, options->place, &error);
    if (status == PEVM_OK) {
        status = feed_store(options, store, &error);
        store_close(store);
    }
    if (status != PEVM_OK) fprintf(stderr, "pevm feed: %s\n", error.text);
    return exit_code_of(status);
}

int cmd_feed(int argc, char **argv)
{
    struct feed_options options = {.place = STORE_PLACE_DEFAULT, .last = UINT64_MAX};
    const struct option_spec specs[] = {
        OPTION_TEXT("file",
                    "FILE",
                    &options.file,
                    "a chain file, as 'geth export' writes it; plain or gzip"),
        OPTION_TEXT("era1", "PATH", &options.era1, "an era1 file, or a folder of them"),
        OPTION_TEXT("bundles",
                    "PATH",
                    &options.bundles,
                    "bundles that follow one another (pevm make-chain)"),
        OPTION_TEXT("test", "FILE", &options.test, "an official blockchain test"),
        OPTION_TEXT("name", "NAME", &options.name, "which test of the file"),
        OPTION_COUNT("last", "N", &options.last, 0, UINT64_MAX, "stop after block N"),
        OPTION_TEXT(
            "store", "PLACE", &options.place, "folder of an LMDB store (" STORE_PLACE_DEFAULT ")"),
    };
    const struct command_spec spec = {
        "feed",
        "",
        "Bring blocks into a store: blk:hdr, blk:txs, blk:body and idx:sync:progress, from\n"
        "one source. Each block must have the body its header commits to, and follow the\n"
        "one before; blocks that are there already are passed over, if they are the same.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count > 0)
        return (int)usage_error(&spec, "\"%s\" is no option", arguments.operands[0]);
    const char *const sources[] = {options.file, options.era1, options.bundles, options.test};
    size_t given = 0;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        given += sources[i] != NULL;
    if (given != 1) return (int)usage_error(&spec, "wanted one source of blocks");
    return (int)feed(&options);
}
