#include "feed/node.h"

#include "base/hex.h"
#include "fixture/block_json.h"
#include "fixture/field.h"
#include "fixture/header_json.h"

#include <inttypes.h>
#include <stdio.h>

#define ARENA_CHUNK 4096
#define OMMERS_MAX  2 /* Yellow Paper, section 11.1 */

/* ---- numbers ---- */

static enum pevm_status ask_number(
    struct rpc *rpc, const char *method, uint64_t *out, struct arena *arena, struct error *error)
{
    struct rpc_call call = {.method = method, .params = "[]"};
    *out = 0;
    TRY(rpc_ask(rpc, &call, 1, arena, error));
    if (call.result == NULL) return rpc_tell(rpc, &call, error);
    enum pevm_status status = value_u64(out, call.result, method, error);
    if (status != PEVM_OK) error_prefix(error, "%s", rpc_name(rpc));
    return status;
}

static enum pevm_status ask_number_alone(struct rpc *rpc,
                                         const char *method,
                                         uint64_t *out,
                                         struct error *error)
{
    struct arena arena;
    arena_init(&arena, ARENA_CHUNK, 0);
    enum pevm_status status = ask_number(rpc, method, out, &arena, error);
    arena_fini(&arena);
    return status;
}

enum pevm_status node_chain_id(struct rpc *rpc, uint64_t *out, struct error *error)
{
    return ask_number_alone(rpc, "eth_chainId", out, error);
}

enum pevm_status node_head(struct rpc *rpc, uint64_t *out, struct error *error)
{
    return ask_number_alone(rpc, "eth_blockNumber", out, error);
}

/* ---- blocks ---- */

const char *node_block_params(char out[NODE_PARAMS_SIZE], uint64_t number, bool with_txs)
{
    snprintf(out, NODE_PARAMS_SIZE, "[\"0x%" PRIx64 "\",%s]", number, with_txs ? "true" : "false");
    return out;
}

enum pevm_status node_hash_read(hash32 *out,
                                bool *found,
                                const struct json *answer,
                                struct error *error)
{
    *found = answer->kind != JSON_NULL;
    return *found ? field_hash(out, answer, "hash", error) : PEVM_OK;
}

static enum pevm_status read_ommer(struct header *out,
                                   const struct rpc *rpc,
                                   const struct rpc_call *call,
                                   const struct json *listed,
                                   struct arena *arena,
                                   struct error *error)
{
    hash32 hash;
    if (call->result == NULL) return rpc_tell(rpc, call, error);
    TRY(value_fixed(hash.bytes, sizeof hash.bytes, listed, "uncles", error));
    TRY(header_from_json(out, call->result, HEADER_NAMES_RPC, arena, error));
    if (hash32_equal(&hash, &out->hash)) return PEVM_OK;
    return error_set(error, PEVM_BAD_INPUT, "uncles: the node gave another one than it listed");
}

static enum pevm_status read_ommers(struct rpc *rpc,
                                    struct block *out,
                                    const struct json *answer,
                                    struct arena *arena,
                                    struct error *error)
{
    const struct json *list = json_get(answer, "uncles");
    struct rpc_call calls[OMMERS_MAX] = {{0}};
    char params[OMMERS_MAX][96], hash[HEX_HASH_SIZE];
    if (list == NULL || list->count == 0) return PEVM_OK;
    TRY(value_kind(list, JSON_ARRAY, "uncles", error));
    if (list->count > OMMERS_MAX)
        return error_set(error, PEVM_BAD_INPUT, "uncles: expected at most 2, got %u", list->count);
    out->ommers = arena_alloc_zeroed(arena, list->count, sizeof *out->ommers);
    if (out->ommers == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    out->ommer_count = list->count;
    hex_hash(hash, &out->header.hash);
    for (size_t i = 0; i < list->count; i++) {
        snprintf(params[i], sizeof params[i], "[\"%s\",\"0x%zx\"]", hash, i);
        calls[i] =
            (struct rpc_call){.method = "eth_getUncleByBlockHashAndIndex", .params = params[i]};
    }
    TRY(rpc_ask(rpc, calls, list->count, arena, error));
    const struct json *listed = list->first;
    for (size_t i = 0; i < list->count; i++, listed = listed->next)
        TRY(read_ommer(&out->ommers[i], rpc, &calls[i], listed, arena, error));
    return PEVM_OK;
}

static enum pevm_status read_block(struct rpc *rpc,
                                   struct block *out,
                                   const address **senders,
                                   const struct json *answer,
                                   struct arena *arena,
                                   struct error *error)
{
    hash32 said;
    TRY(block_from_json(out, senders, answer, arena, error));
    TRY(field_hash(&said, answer, "hash", error)); /* must be there; was compared */
    return read_ommers(rpc, out, answer, arena, error);
}

enum pevm_status node_block_read(struct rpc *rpc,
                                 struct block *out,
                                 const address **senders,
                                 uint64_t number,
                                 const struct json *answer,
                                 struct arena *arena,
                                 struct error *error)
{
    if (answer->kind == JSON_NULL)
        return error_set(
            error, PEVM_NOT_FOUND, "%s: there is no block %" PRIu64, rpc_name(rpc), number);
    enum pevm_status status = read_block(rpc, out, senders, answer, arena, error);
    if (status == PEVM_OK && out->header.number != number)
        status = error_set(error,
                           PEVM_BAD_INPUT,
                           "number: expected %" PRIu64 ", got %" PRIu64,
                           number,
                           out->header.number);
    if (status != PEVM_OK) error_prefix(error, "%s: block %" PRIu64, rpc_name(rpc), number);
    return status;
}

enum pevm_status node_block(struct rpc *rpc,
                            struct block *out,
                            const address **senders,
                            uint64_t number,
                            struct arena *arena,
                            struct error *error)
{
    char params[NODE_PARAMS_SIZE];
    struct rpc_call call = {.method = "eth_getBlockByNumber",
                            .params = node_block_params(params, number, true)};
    TRY(rpc_ask(rpc, &call, 1, arena, error));
    if (call.result == NULL) return rpc_tell(rpc, &call, error);
    return node_block_read(rpc, out, senders, number, call.result, arena, error);
}
