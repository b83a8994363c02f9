/* pevm feed: brings blocks into a store, where the executor finds them. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/store_place.h"
#include "feed/bundle_chain.h"
#include "feed/era1.h"
#include "feed/node_chain.h"
#include "feed/official_chain.h"
#include "feed/rlp_file.h"
#include "feed/store_feed.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define KNOWN_MAX   256
#define FLUSH_EVERY 64   /* blocks: an executor that follows need not wait longer */
#define FOLLOW_MS   250  /* between two questions at the head */
#define RETRY_MS    2000 /* a node that is gone */

struct feed_options {
    const char *file, *era1, *bundles, *test, *name, *rpc, *place;
    uint64_t first, last;
    bool follow;
};

struct feed_run {
    const struct feed_options *options;
    struct store_feed feed;
    struct rpc *rpc; /* NULL: the source is no node */
    struct block_source *source;
    struct progress progress;
    uint64_t blocks, txs, known;
    bool node_is_gone, store_is_gone; /* told, and not back yet */
};

/* ---- sources ------------------------------------------------------------------------------------------ */

static bool not_interrupted(void *context)
{
    (void)context;
    return !interrupt_came();
}

/* The last blocks that the store has, ascending. */
static enum pevm_status read_known(struct feed_run *run,
                                   struct node_known known[KNOWN_MAX],
                                   size_t *count,
                                   struct error *error)
{
    struct store_feed *feed = &run->feed;
    size_t at = KNOWN_MAX;
    *count = 0;
    if (!feed->has_progress || hash32_is_zero(&feed->hash)) return PEVM_OK;
    known[--at] = (struct node_known){feed->progress, feed->hash};
    while (at > 0 && known[at].number > 0) { /* ends: at goes down */
        struct node_known below = {.number = known[at].number - 1};
        enum pevm_status status = store_feed_hash(feed, below.number, &below.hash, error);
        if (status == PEVM_NOT_FOUND) break;
        TRY(status);
        known[--at] = below;
    }
    *count = KNOWN_MAX - at;
    memmove(known, known + at, *count * sizeof *known);
    return PEVM_OK;
}

static enum pevm_status open_node(struct feed_run *run, struct error *error)
{
    struct node_known known[KNOWN_MAX];
    struct rpc_options options = {.url = run->options->rpc, .go_on = not_interrupted};
    struct node_chain_options chain = {.known = known, .first = run->options->first};
    TRY(rpc_open(&run->rpc, &options, error));
    TRY(read_known(run, known, &chain.known_count, error));
    chain.rpc = run->rpc;
    return node_chain_open(&run->source, &chain, error);
}

static enum pevm_status open_source(struct feed_run *run, struct error *error)
{
    const struct feed_options *options = run->options;
    struct block_source **out = &run->source;
    if (options->file != NULL) return rlp_file_open(out, options->file, error);
    if (options->era1 != NULL) return era1_open(out, options->era1, error);
    if (options->bundles != NULL) return bundle_chain_open(out, &options->bundles, 1, error);
    if (options->test != NULL) return official_chain_open(out, options->test, options->name, error);
    return open_node(run, error);
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

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
    char words[40];
    snprintf(words, sizeof words, "block %" PRIu64, item->number);
    progress_show(&run->progress, block_source_progress(run->source), words);
    if (run->feed.has_progress && item->number <= run->feed.progress)
        return check_known(run, item, error);
    TRY(store_feed_put(&run->feed, item, error));
    return run->feed.waiting < FLUSH_EVERY ? PEVM_OK : store_feed_flush(&run->feed, error);
}

static enum pevm_status take_back(struct feed_run *run,
                                  const struct feed_item *item,
                                  struct error *error)
{
    progress_hide(&run->progress);
    printf("the node's chain changed: back to block %" PRIu64 " (from %" PRIu64 ")\n",
           item->number,
           run->feed.progress);
    fflush(stdout);
    return store_feed_rewind(&run->feed, item->number, &item->hash, error);
}

/* A signal ends it early. */
static void wait_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

/* Told once, until it is back. */
static void tell_gone(struct feed_run *run, bool *told, const struct error *error)
{
    wait_ms(RETRY_MS);
    if (*told) return;
    progress_hide(&run->progress);
    fprintf(stderr, "pevm feed: %s; trying again\n", error->text);
    *told = true;
}

/* *more = false: that was all. */
static enum pevm_status take_one(struct feed_run *run, bool *more, struct error *error)
{
    struct feed_item item;
    enum pevm_status status = block_source_next(run->source, &item, error);
    if (status == PEVM_IO && run->options->follow) {
        TRY(store_feed_flush(&run->feed, error));
        tell_gone(run, &run->node_is_gone, error);
        return PEVM_OK;
    }
    TRY(status);
    run->node_is_gone = false;
    if (item.event == FEED_REORG) return take_back(run, &item, error);
    *more = item.event == FEED_BLOCK && item.number <= run->options->last;
    if (*more) return take_block(run, &item, error);
    TRY(store_feed_flush(&run->feed, error));
    if (item.event == FEED_BLOCK || !run->options->follow) return PEVM_OK;
    wait_ms(FOLLOW_MS);
    *more = true;
    return PEVM_OK;
}

static enum pevm_status take_all(struct feed_run *run, struct error *error)
{
    bool more = true;
    while (more && !interrupt_came()) /* ends: the source does, or somebody says so */
        TRY(take_one(run, &more, error));
    return PEVM_OK;
}

static void print_sums(const struct feed_run *run)
{
    if (run->known > 0) printf("%" PRIu64 " blocks were there already\n", run->known);
    if (run->blocks == 0) {
        printf("no new blocks\n");
        return;
    }
    printf("%" PRIu64 " blocks, %" PRIu64 " transactions into %s; the last is block %" PRIu64 "\n",
           run->blocks,
           run->txs,
           run->options->place,
           run->feed.progress);
}

/* What came before an error is kept. */
static enum pevm_status feed_source(struct feed_run *run, struct error *error)
{
    struct error flush_error;
    progress_begin(&run->progress, "feed");
    enum pevm_status status = take_all(run, error);
    progress_end(&run->progress);
    if (status == PEVM_CANCELLED && interrupt_came()) status = PEVM_OK; /* what was asked for */
    enum pevm_status flushed = store_feed_flush(&run->feed, &flush_error);
    if (status == PEVM_OK && flushed != PEVM_OK) {
        *error = flush_error;
        status = flushed;
    }
    run->blocks += run->feed.blocks;
    run->txs += run->feed.txs;
    if (flushed == PEVM_OK) print_sums(run);
    return status;
}

static enum pevm_status feed_once(struct feed_run *run, struct store *store, struct error *error)
{
    run->source = NULL;
    run->rpc = NULL;
    TRY(store_feed_open(&run->feed, store, error));
    run->store_is_gone = false;
    enum pevm_status status = open_source(run, error);
    if (status == PEVM_OK) status = feed_source(run, error);
    block_source_close(run->source);
    rpc_close(run->rpc);
    store_feed_close(&run->feed);
    return status;
}

/* Who follows does not give up: when the store is back, it is looked at anew, and the source goes on behind what is there. */
static enum pevm_status feed_store(const struct feed_options *options,
                                   struct store *store,
                                   struct error *error)
{
    struct feed_run run = {.options = options};
    interrupt_catch();
    for (;;) { /* ends: done, a fault that stays, or somebody says so */
        enum pevm_status status = feed_once(&run, store, error);
        if (status != PEVM_UNAVAILABLE || !options->follow || interrupt_came()) return status;
        tell_gone(&run, &run.store_is_gone, error);
    }
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
        OPTION_TEXT("rpc", "URL", &options.rpc, "a node's JSON-RPC, http:// or https://"),
        OPTION_FLAG("follow", &options.follow, "rpc: go on when the node does, until stopped"),
        OPTION_COUNT(
            "first", "N", &options.first, 0, UINT64_MAX, "rpc: where an empty store begins (0)"),
        OPTION_COUNT("last", "N", &options.last, 0, UINT64_MAX, "stop after block N"),
        OPTION_TEXT("store",
                    "PLACE",
                    &options.place,
                    "folder, or redis:HOST:PORT (" STORE_PLACE_DEFAULT ")"),
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
    const char *const sources[] = {
        options.file, options.era1, options.bundles, options.test, options.rpc};
    size_t given = 0;
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        given += sources[i] != NULL;
    if (given != 1) return (int)usage_error(&spec, "wanted one source of blocks");
    if (options.follow && options.rpc == NULL)
        return (int)usage_error(&spec, "--follow: only a node goes on");
    return (int)feed(&options);
}
