/* pevm import: brings a chain's beginning, or a whole state, into a store. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/store_place.h"
#include "feed/genesis.h"
#include "feed/state_file.h"
#include "feed/store_feed.h"
#include "feed/store_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARK_EVERY 10000 /* accounts */

struct import {
    const char *path, *place, *block, *root;
    bool check;
    uint64_t number; /* of --block */
    hash32 hash;
    bool has_root;
    hash32 root_hash;
    struct progress progress;
};

/* ---- genesis ---------------------------------------------------------------------------------------- */

/* The first block itself, where the executor looks for blocks. */
static enum pevm_status put_block(struct store *store, struct genesis *genesis, struct error *error)
{
    struct store_feed feed;
    struct feed_item item = {
        .event = FEED_BLOCK,
        .number = genesis->header.number,
        .hash = genesis->header.hash,
        .block = {.header = genesis->header, .has_withdrawals = genesis->header.field_count >= 17}
    };
    if (!block_encode(&item.encoding, &item.block, &genesis->arena))
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    TRY(store_feed_open(&feed, store, error));
    enum pevm_status status = PEVM_OK;
    if (!feed.has_progress) status = store_feed_put(&feed, &item, error);
    if (status == PEVM_OK) status = store_feed_flush(&feed, error);
    store_feed_close(&feed);
    return status;
}

static enum pevm_status store_genesis(struct store *store,
                                      struct genesis *genesis,
                                      struct error *error)
{
    struct store_sink sink;
    struct key_style style = {0};
    enum pevm_status status = store_sink_open(&sink, store, &style, error);
    if (status == PEVM_OK) status = state_sink_put_all(&sink.sink, genesis->state, error);
    if (status == PEVM_OK) status = put_block(store, genesis, error);
    if (status == PEVM_OK)
        status = store_sink_start(&sink, genesis->header.number, &genesis->header.hash, error);
    store_sink_close(&sink);
    return status;
}

/* Is it the chain that everybody means by that id? Chains of one's own may have any id. */
static const char *judge_hash(const struct genesis *genesis)
{
    const struct known_genesis *known = genesis_known(genesis->chain.chain_id);
    if (known == NULL) return "";
    return hash32_equal(&known->hash, &genesis->header.hash)
               ? ", the known one"
               : ", NOT the one known for that chain id: another chain";
}

static void print_genesis(const struct import *import, const struct genesis *genesis)
{
    char text[HEX_HASH_SIZE];
    struct rules rules =
        chain_rules(&genesis->chain, genesis->header.number, genesis->header.timestamp, NULL);
    printf("chain       %s, id %" PRIu64 ", begins with %s\n",
           genesis->chain.name,
           genesis->chain.chain_id,
           fork_name(rules.fork));
    printf("accounts    %zu\n", memory_state_account_count(genesis->state));
    printf("state root  %s\n", hex_hash(text, &genesis->header.state_root));
    printf("hash        %s%s\n", hex_hash(text, &genesis->header.hash), judge_hash(genesis));
    if (!import->check) printf("stored in   %s\n", import->place);
}

static enum pevm_status import_genesis(struct import *import, struct error *error)
{
    struct genesis genesis;
    struct store *store;
    TRY(genesis_read_file(&genesis, import->path, error));
    enum pevm_status status = PEVM_OK;
    if (!import->check) {
        status = store_place_open(&store, import->place, error);
        if (status == PEVM_OK) {
            status = store_genesis(store, &genesis, error);
            store_close(store);
        }
    }
    if (status == PEVM_OK) print_genesis(import, &genesis);
    genesis_fini(&genesis);
    return status;
}

/* ---- state ---------------------------------------------------------------------------------------------- */

static bool go_on(void *context, double fraction, uint64_t accounts)
{
    struct import *import = context;
    char words[48];
    snprintf(words, sizeof words, "%" PRIu64 " accounts", accounts);
    progress_show(&import->progress, fraction, words);
    return !interrupt_came();
}

static enum pevm_status read_state(struct import *import,
                                   const struct state_sink *sink,
                                   const struct import_mark *resume,
                                   struct state_file_sums *sums,
                                   struct error *error)
{
    struct state_file_plan plan = {.sink = sink,
                                   .resume = *resume,
                                   .root = import->has_root ? &import->root_hash : NULL,
                                   .mark_every = MARK_EVERY,
                                   .go_on = go_on,
                                   .context = import};
    interrupt_catch();
    progress_begin(&import->progress, "import state");
    enum pevm_status status = state_file_read(import->path, &plan, sums, error);
    progress_end(&import->progress);
    return status;
}

static void print_state(const struct import *import, const struct state_file_sums *sums)
{
    char text[HEX_HASH_SIZE];
    printf("accounts    %" PRIu64 " (%" PRIu64 " with code, %" PRIu64 " slots)\n",
           sums->accounts,
           sums->codes,
           sums->slots);
    if (sums->skipped > 0) printf("were there  %" PRIu64 " accounts\n", sums->skipped);
    printf("state root  %s%s\n",
           hex_hash(text, &sums->root),
           sums->root_expected ? ", as expected" : ", computed; nobody said what it must be");
    if (!import->check)
        printf("stored in   %s, after block %" PRIu64 "\n", import->place, import->number);
}

static enum pevm_status store_state(struct import *import,
                                    struct store *store,
                                    struct state_file_sums *sums,
                                    struct error *error)
{
    struct store_sink sink;
    struct key_style style = {0};
    enum pevm_status status = store_sink_open(&sink, store, &style, error);
    if (status == PEVM_OK) status = read_state(import, &sink.sink, &sink.resume, sums, error);
    if (status == PEVM_OK) status = store_sink_start(&sink, import->number, &import->hash, error);
    store_sink_close(&sink);
    return status;
}

static enum pevm_status import_state(struct import *import, struct error *error)
{
    static const struct import_mark beginning;
    struct state_file_sums sums;
    enum pevm_status status;
    if (import->check) {
        status = read_state(import, NULL, &beginning, &sums, error);
    } else {
        struct store *store;
        TRY(store_place_open(&store, import->place, error));
        status = store_state(import, store, &sums, error);
        store_close(store);
    }
    if (status == PEVM_OK) print_state(import, &sums);
    return status;
}

/* ---- words ------------------------------------------------------------------------------------------------ */

static bool read_hash(hash32 *out, const char *text)
{
    return strlen(text) == 66 && text[0] == '0' && text[1] == 'x' &&
           hex_decode(out->bytes, text + 2, 64);
}

/* "NUMBER:0xHASH" */
static bool read_block(struct import *import)
{
    const char *colon = import->block == NULL ? NULL : strchr(import->block, ':');
    uint64_t number = 0;
    if (colon == NULL || colon == import->block) return false;
    for (const char *c = import->block; c < colon; c++)
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
            return false;
    import->number = number;
    return read_hash(&import->hash, colon + 1);
}

static enum exit_code run(struct import *import,
                          enum pevm_status (*what)(struct import *, struct error *))
{
    struct error error;
    error_clear(&error);
    enum pevm_status status = what(import, &error);
    if (status != PEVM_OK) fprintf(stderr, "pevm import: %s\n", error.text);
    return exit_code_of(status);
}

int cmd_import(int argc, char **argv)
{
    struct import import = {.place = STORE_PLACE_DEFAULT};
    const struct option_spec specs[] = {
        OPTION_TEXT("store",
                    "PLACE",
                    &import.place,
                    "folder, or redis:HOST:PORT (" STORE_PLACE_DEFAULT ")"),
        OPTION_FLAG("check", &import.check, "read and compute only, store nothing"),
        OPTION_TEXT("block",
                    "N:0xHASH",
                    &import.block,
                    "state: after which block it is; from there execution goes on"),
        OPTION_TEXT("root", "0xHASH", &import.root, "state: the state root it must have"),
    };
    const struct command_spec spec = {
        "import",
        "genesis FILE.json | state FILE.jsonl",
        "genesis  A chain's beginning: accounts, state root, first block (nodes' genesis\n"
        "         JSON, or the genesis.json that pevm make-chain writes).\n"
        "state    A whole state as JSON lines, as 'geth dump --iterative' writes it, plain\n"
        "         or gzip. Stopped or cut off, the same command goes on where it was.\n"
        "The store must be empty.",
        specs,
        COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count != 2)
        return (int)usage_error(&spec, "wanted genesis or state, and a file");
    const char *word = arguments.operands[0];
    import.path = arguments.operands[1];
    import.has_root = import.root != NULL;
    if (import.has_root && !read_hash(&import.root_hash, import.root))
        return (int)usage_error(&spec, "--root: wanted 0x and 64 hex digits");
    if (strcmp(word, "genesis") == 0) return (int)run(&import, import_genesis);
    if (strcmp(word, "state") != 0)
        return (int)usage_error(&spec, "\"%s\" is neither genesis nor state", word);
    if (!import.check && !read_block(&import))
        return (int)usage_error(&spec, "--block: wanted the block's number, ':', and its hash");
    return (int)run(&import, import_state);
}
