#include "cli/node_blocks.h"

#include "base/hex.h"
#include "base/u256.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "feed/node.h"
#include "feed/node_bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool not_interrupted(void *context)
{
    (void)context;
    return !interrupt_came();
}

static enum pevm_status read_number(uint64_t *out,
                                    const char *text,
                                    struct rpc *rpc,
                                    struct error *error)
{
    u256 number;
    uint8_t bytes[32];
    if (strcmp(text, "latest") == 0) return node_head(rpc, out, error);
    bool is_hex = strncmp(text, "0x", 2) == 0;
    bool is_number = is_hex ? hex_decode_number(bytes, text + 2, strlen(text + 2))
                            : u256_from_decimal(&number, text, strlen(text));
    if (is_number && is_hex) number = u256_from_be(bytes);
    if (!is_number || !u256_fits_u64(number))
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "\"%s\": wanted a block's number, decimal or 0x.., or latest",
                         text);
    *out = number.words[0];
    return PEVM_OK;
}

static enum pevm_status read_numbers(uint64_t numbers[NODE_BLOCKS_MAX],
                                     const struct node_blocks *blocks,
                                     struct rpc *rpc,
                                     struct error *error)
{
    if (blocks->operand_count > NODE_BLOCKS_MAX)
        return error_set(error, PEVM_LIMIT, "at most %d blocks at a time", NODE_BLOCKS_MAX);
    for (size_t i = 0; i < blocks->operand_count; i++)
        TRY(read_number(&numbers[i], blocks->operands[i], rpc, error));
    return PEVM_OK;
}

/* A folder of ours has the blocks' names, so that its codes are theirs; somebody's own must be new. */
static enum pevm_status choose_folder(char folder[NODE_FOLDER_SIZE],
                                      const struct node_blocks *blocks,
                                      const uint64_t *numbers,
                                      struct error *error)
{
    char codes[NODE_FOLDER_SIZE + 16];
    size_t last = blocks->operand_count - 1;
    if (blocks->folder == NULL) {
        int size = snprintf(folder, NODE_FOLDER_SIZE, "pevm-block-%" PRIu64, numbers[0]);
        if (last > 0)
            snprintf(folder + size, NODE_FOLDER_SIZE - (size_t)size, "-%" PRIu64, numbers[last]);
        return PEVM_OK;
    }
    if (strlen(blocks->folder) >= NODE_FOLDER_SIZE)
        return error_set(error, PEVM_BAD_INPUT, "%s: the path is too long", blocks->folder);
    snprintf(folder, NODE_FOLDER_SIZE, "%s", blocks->folder);
    snprintf(codes, sizeof codes, "%s/codes.json", folder);
    if (access(codes, F_OK) != 0) return PEVM_OK;
    return error_set(error, PEVM_BAD_INPUT, "%s: has bundles already; give another folder", folder);
}

static enum pevm_status fetch_all(const char *folder,
                                  const struct node_blocks *blocks,
                                  struct rpc *rpc,
                                  const uint64_t *numbers,
                                  struct error *error)
{
    struct progress progress;
    struct bundle_set *set;
    TRY(bundle_set_open(&set, folder, error));
    enum pevm_status status = PEVM_OK;
    progress_begin(&progress, "fetch");
    for (size_t i = 0; i < blocks->operand_count && status == PEVM_OK; i++) {
        struct node_bundle_plan plan = {
            .rpc = rpc, .number = numbers[i], .network = blocks->network};
        char words[40];
        snprintf(words, sizeof words, "block %" PRIu64, numbers[i]);
        progress_show(&progress, (double)i / (double)blocks->operand_count, words);
        status = node_bundle_write(set, &plan, error);
        if (status != PEVM_OK) error_prefix(error, "block %" PRIu64, numbers[i]);
    }
    progress_end(&progress);
    struct error close_error;
    enum pevm_status closed = bundle_set_close(set, &close_error);
    if (status != PEVM_OK || closed == PEVM_OK) return status;
    *error = close_error;
    return closed;
}

enum pevm_status node_blocks_fetch(char folder[NODE_FOLDER_SIZE],
                                   const struct node_blocks *blocks,
                                   struct error *error)
{
    struct rpc_options options = {.url = blocks->url, .go_on = not_interrupted};
    uint64_t numbers[NODE_BLOCKS_MAX];
    struct rpc *rpc;
    interrupt_catch();
    TRY(rpc_open(&rpc, &options, error));
    enum pevm_status status = read_numbers(numbers, blocks, rpc, error);
    if (status == PEVM_OK) status = choose_folder(folder, blocks, numbers, error);
    if (status == PEVM_OK) status = fetch_all(folder, blocks, rpc, numbers, error);
    rpc_close(rpc);
    return status;
}
