/* pevm inspect: what lies in a store. Reads only. */
#include "base/hex.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/store_place.h"
#include "crypto/keccak.h"
#include "store/block_value.h"
#include "store/keyspace.h"
#include "store/receipts_value.h"
#include "store/store_digest.h"
#include "store/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NO_HEIGHT  UINT64_MAX
#define DEPTH_MOST UINT64_C(1000000) /* as execution.state_window_size */

struct inspection {
    struct store *store;
    struct committer committer; /* for its readers */
    struct arena arena;
    const char *const *words; /* behind the action's name */
    uint64_t height;          /* NO_HEIGHT: the latest */
    bool lower;
    struct error *error;
};

/* ---- words ---- */

static enum pevm_status bad_word(const struct inspection *inspection,
                                 const char *word,
                                 const char *wanted)
{
    return error_set(inspection->error, PEVM_BAD_INPUT, "\"%.80s\": wanted %s", word, wanted);
}

static enum pevm_status address_word(const struct inspection *inspection,
                                     const char *word,
                                     address *out)
{
    if (strlen(word) == 42 && word[0] == '0' && word[1] == 'x' &&
        hex_decode(out->bytes, word + 2, 40))
        return PEVM_OK;
    return bad_word(inspection, word, "an address: 0x and 40 digits");
}

static enum pevm_status number_word(const struct inspection *inspection,
                                    const char *word,
                                    u256 *out)
{
    uint8_t bytes[32];
    size_t size = strlen(word);
    if (size > 2 && word[0] == '0' && word[1] == 'x') {
        if (!hex_decode_number(bytes, word + 2, size - 2))
            return bad_word(inspection, word, "a number of at most 256 bits");
        *out = u256_from_be(bytes);
        return PEVM_OK;
    }
    return u256_from_decimal(out, word, size)
               ? PEVM_OK
               : bad_word(inspection, word, "a number of at most 256 bits");
}

/* ---- one key ---- */

static enum pevm_status get(struct inspection *inspection, struct key key, struct store_item *out)
{
    struct key_text text = key_write(&key, inspection->lower);
    struct bytes name = key_bytes(&text);
    return store_get_many(inspection->store, out, &name, 1, &inspection->arena, inspection->error);
}

/* As text if it is one, else as hex. */
static void print_value(struct bytes value)
{
    bool is_text = true;
    for (size_t i = 0; i < value.size; i++)
        is_text &= value.data[i] >= 0x20 && value.data[i] < 0x7f;
    if (is_text) {
        printf("%.*s\n", (int)value.size, value.size == 0 ? "" : (const char *)value.data);
        return;
    }
    printf("0x");
    for (size_t i = 0; i < value.size; i++)
        printf("%02x", value.data[i]);
    putchar('\n');
}

static enum pevm_status inspect_get(struct inspection *inspection)
{
    struct bytes value, key = bytes_of(inspection->words[0], strlen(inspection->words[0]));
    TRY(store_get(inspection->store, &value, key, &inspection->arena, inspection->error));
    print_value(value);
    return PEVM_OK;
}

static enum pevm_status inspect_digest(struct inspection *inspection)
{
    hash32 digest;
    char text[HEX_HASH_SIZE];
    TRY(store_digest(inspection->store, &digest, inspection->error));
    printf("%s\n", hex_hash(text, &digest));
    return PEVM_OK;
}

/* ---- progress ---- */

static enum pevm_status print_execution(struct inspection *inspection)
{
    struct exec_progress progress;
    uint64_t depth;
    char hash[HEX_HASH_SIZE];
    enum pevm_status status = commit_progress(&inspection->committer, &progress, inspection->error);
    if (status == PEVM_NOT_FOUND) {
        printf("executed    nothing yet\n");
        return PEVM_OK;
    }
    TRY(status);
    TRY(commit_depth(&inspection->committer, DEPTH_MOST, &depth, inspection->error));
    printf("executed    block %" PRIu64 ", %s\n",
           progress.number,
           progress.has_hash ? hex_hash(hash, &progress.hash) : "hash not known");
    printf("            %" PRIu64 " transactions in all, at %" PRIu64 " (unix time), token %" PRIu64
           "\n",
           progress.tx_count,
           progress.time,
           progress.epoch);
    printf("window      %" PRIu64 " blocks can be undone\n", depth);
    return PEVM_OK;
}

static enum pevm_status inspect_progress(struct inspection *inspection)
{
    struct store_item sync, lock, epoch;
    uint64_t number = 0;
    TRY(get(inspection, (struct key){.kind = KEY_SYNC_PROGRESS}, &sync));
    TRY(get(inspection, (struct key){.kind = KEY_LOCK}, &lock));
    TRY(get(inspection, (struct key){.kind = KEY_EPOCH}, &epoch));
    if (sync.found) TRY(sync_progress_read(&number, sync.value, inspection->error));
    printf("store       %s\n", store_about(inspection->store));
    if (sync.found)
        printf("fed         block %" PRIu64 "\n", number);
    else
        printf("fed         nothing yet\n");
    TRY(print_execution(inspection));
    printf("leader      %.*s\n",
           lock.found ? (int)lock.value.size : 6,
           lock.found ? (const char *)lock.value.data : "nobody");
    if (epoch.found)
        printf("token       %.*s\n", (int)epoch.value.size, (const char *)epoch.value.data);
    return PEVM_OK;
}

/* ---- state ---- */

static enum pevm_status head_height(struct inspection *inspection, uint64_t *out)
{
    struct exec_progress progress;
    *out = inspection->height;
    if (inspection->height != NO_HEIGHT) return PEVM_OK;
    TRY(commit_progress(&inspection->committer, &progress, inspection->error));
    *out = progress.number;
    return PEVM_OK;
}

static enum pevm_status inspect_account(struct inspection *inspection)
{
    address who;
    struct stored_account account;
    uint64_t height;
    char balance[U256_DECIMAL_SIZE], hash[HEX_HASH_SIZE], name[ADDRESS_TEXT_SIZE];
    TRY(address_word(inspection, inspection->words[0], &who));
    TRY(head_height(inspection, &height));
    TRY(window_account(&inspection->committer, height, &who, &account, inspection->error));
    printf("account     %s\n", address_checksum(name, &who));
    printf("after block %" PRIu64 "\n", height);
    printf("balance     %s wei\n", u256_to_decimal(balance, account.balance));
    printf("nonce       %" PRIu64 "\n", account.nonce);
    if (hash32_equal(&account.code_hash, &keccak_empty)) {
        printf("code        none\n");
        return PEVM_OK;
    }
    struct store_item code;
    TRY(get(inspection, key_of_code(&account.code_hash), &code));
    if (!code.found) return error_set(inspection->error, PEVM_CORRUPT, "its code is absent");
    printf("code        %zu bytes, %s\n", code.value.size, hex_hash(hash, &account.code_hash));
    return PEVM_OK;
}

static enum pevm_status inspect_slot(struct inspection *inspection)
{
    address who;
    u256 slot, value;
    uint64_t height;
    char text[SLOT_TEXT_SIZE];
    TRY(address_word(inspection, inspection->words[0], &who));
    TRY(number_word(inspection, inspection->words[1], &slot));
    TRY(head_height(inspection, &height));
    TRY(window_slot(&inspection->committer, height, &who, &slot, &value, inspection->error));
    slot_write(text, &value);
    printf("%s\n", text);
    return PEVM_OK;
}

/* ---- a block ---- */

static enum pevm_status read_block(struct inspection *inspection,
                                   uint64_t number,
                                   struct block *out)
{
    struct store_item header, txs, body;
    struct bytes encoding;
    TRY(get(inspection, key_of_block(KEY_HEADER, number), &header));
    TRY(get(inspection, key_of_block(KEY_TXS, number), &txs));
    TRY(get(inspection, key_of_block(KEY_BODY, number), &body));
    struct block_parts parts = {header.value, txs.value, body.value};
    TRY(block_join(&encoding, &parts, &inspection->arena, inspection->error));
    return block_decode(out, encoding, &inspection->arena, NULL, inspection->error);
}

static enum pevm_status print_receipts(struct inspection *inspection, uint64_t number)
{
    struct store_item item;
    struct receipt_list list;
    size_t failed = 0, logs = 0;
    TRY(get(inspection, key_of_block(KEY_RECEIPTS, number), &item));
    if (!item.found) {
        printf("receipts    none: it was not executed\n");
        return PEVM_OK;
    }
    TRY(receipts_read(&list, item.value, &inspection->arena, inspection->error));
    for (size_t i = 0; i < list.count; i++) {
        failed += !list.receipts[i].has_state_root && !list.receipts[i].success;
        logs += list.receipts[i].log_count;
    }
    printf("receipts    %zu, %zu of them failed, %zu logs\n", list.count, failed, logs);
    return PEVM_OK;
}

static enum pevm_status inspect_block(struct inspection *inspection)
{
    u256 number;
    struct block block;
    char text[HEX_HASH_SIZE];
    TRY(number_word(inspection, inspection->words[0], &number));
    if (!u256_fits_u64(number))
        return bad_word(inspection, inspection->words[0], "a number of at most 64 bits");
    TRY(read_block(inspection, u256_low64(number), &block));
    printf(
        "block       %" PRIu64 ", %s\n", block.header.number, hex_hash(text, &block.header.hash));
    printf("parent      %s\n", hex_hash(text, &block.header.parent_hash));
    printf("state root  %s\n", hex_hash(text, &block.header.state_root));
    printf("time        %" PRIu64 "\n", block.header.timestamp);
    printf(
        "gas         %" PRIu64 " of %" PRIu64 "\n", block.header.gas_used, block.header.gas_limit);
    printf("body        %zu transactions, %zu ommers, %zu withdrawals\n",
           block.tx_count,
           block.ommer_count,
           block.withdrawal_count);
    return print_receipts(inspection, u256_low64(number));
}

/* ---- the command ---- */

static const struct {
    const char *name;
    size_t words;
    enum pevm_status (*run)(struct inspection *inspection);
} actions[] = {
    {"progress", 0, inspect_progress},
    {"block",    1, inspect_block   },
    {"account",  1, inspect_account },
    {"slot",     2, inspect_slot    },
    {"get",      1, inspect_get     },
    {"digest",   0, inspect_digest  },
};

static enum exit_code run_action(const char *place, struct inspection *inspection, size_t action)
{
    struct error error;
    struct commit_options options = {.style = {.lower = inspection->lower}, .window = 1};
    error_clear(&error);
    inspection->error = &error;
    enum pevm_status status = store_place_check(place, &error);
    if (status == PEVM_OK) status = store_place_open(&inspection->store, place, &error);
    if (status == PEVM_OK) {
        arena_init(&inspection->arena, 1 << 16, 0);
        commit_init(&inspection->committer, inspection->store, &options);
        status = actions[action].run(inspection);
        commit_fini(&inspection->committer);
        arena_fini(&inspection->arena);
        store_close(inspection->store);
    }
    if (status == PEVM_OK) return EXIT_DONE;
    fflush(stdout);
    fprintf(stderr, "pevm inspect: %s\n", error.text);
    return status == PEVM_NOT_FOUND ? EXIT_FAILED : exit_code_of(status);
}

int cmd_inspect(int argc, char **argv)
{
    const char *place = STORE_PLACE_DEFAULT;
    struct inspection inspection = {.height = NO_HEIGHT};
    const struct option_spec specs[] = {
        OPTION_TEXT(
            "store", "PLACE", &place, "folder, or redis:HOST:PORT (" STORE_PLACE_DEFAULT ")"),
        OPTION_COUNT(
            "at", "N", &inspection.height, 0, UINT64_MAX - 1, "account, slot: as after block N"),
        OPTION_FLAG("lower", &inspection.lower, "addresses in keys are in lower case"),
    };
    const struct command_spec spec = {
        .name = "inspect",
        .operands = "progress | block N | account ADDRESS | slot ADDRESS SLOT | get KEY | digest",
        .about = "What lies in a store; nothing is changed.\n\n"
                 "progress  how far it was fed and executed, and who leads\n"
                 "block     a block, and what came of it\n"
                 "account   balance, nonce and code; a slot: 32 bytes\n"
                 "get       one key as it is\n"
                 "digest    one hash of state, codes and receipts",
        .options = specs,
        .option_count = COUNT_OF(specs)};
    struct arguments arguments;
    if (!options_parse(&spec, argc, argv, &arguments)) return (int)arguments.exit_code;
    if (arguments.operand_count == 0)
        return (int)usage_error(&spec, "wanted progress, block, account, slot, get or digest");
    inspection.words = arguments.operands + 1;
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        if (strcmp(arguments.operands[0], actions[i].name) != 0) continue;
        if (arguments.operand_count == actions[i].words + 1)
            return (int)run_action(place, &inspection, i);
        return (int)usage_error(&spec, "%s takes %zu words", actions[i].name, actions[i].words);
    }
    return (int)usage_error(
        &spec, "there is nothing like \"%s\" in a store", arguments.operands[0]);
}
