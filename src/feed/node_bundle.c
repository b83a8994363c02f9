#include "feed/node_bundle.h"

#include "base/hex.h"
#include "chain/chain.h"
#include "feed/block_check.h"
#include "feed/node.h"
#include "feed/node_state.h"
#include "fixture/field.h"
#include "types/tx_sender.h"

#include <inttypes.h>
#include <stdio.h>

#define ARENA_CHUNK   ((size_t)1 << 20)
#define ANCESTORS_MAX 256

struct making {
    const struct node_bundle_plan *plan;
    struct arena arena;
    struct block block, parent;
    struct chain chain;
    struct memory_state *state;
    hash32 ancestors[ANCESTORS_MAX];
    struct bundle_note note;
    char source[160];
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

static enum pevm_status find_chain(struct making *making, struct error *error)
{
    const struct node_bundle_plan *plan = making->plan;
    uint64_t chain_id;
    TRY(node_chain_id(plan->rpc, &chain_id, error));
    const struct chain *known = chain_by_id(chain_id);
    if (plan->network != NULL)
        TRY(chain_by_network(&making->chain, plan->network, error));
    else if (known != NULL)
        making->chain = *known;
    else
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s: chain %" PRIu64 " is not known here: say which rules hold",
                         rpc_name(plan->rpc),
                         chain_id);
    making->chain.chain_id = chain_id;
    return PEVM_OK;
}

/* ---- the block and those before it ---- */

static enum pevm_status recover_senders(struct making *making, struct error *error)
{
    for (size_t i = 0; i < making->block.tx_count; i++) {
        struct tx *tx = &making->block.txs[i];
        enum tx_fault fault = tx_recover_sender(tx, SIGNATURE_ANY_S, &making->arena);
        if (fault == TX_NO_MEMORY) return no_memory(error);
        if (fault != TX_VALID)
            return error_set(error, PEVM_BAD_INPUT, "transaction %zu: %s", i, tx_fault_text(fault));
    }
    return PEVM_OK;
}

static enum pevm_status read_blocks(struct making *making, struct error *error)
{
    struct rpc *rpc = making->plan->rpc;
    uint64_t number = making->plan->number;
    if (number == 0) return error_set(error, PEVM_BAD_INPUT, "block 0 has nothing before it");
    TRY(node_block(rpc, &making->block, NULL, number, &making->arena, error));
    TRY(node_block(rpc, &making->parent, NULL, number - 1, &making->arena, error));
    TRY(block_check_body(&making->block, &making->arena, error));
    TRY(block_check_link(&making->block.header, number - 1, &making->parent.header.hash, error));
    return recover_senders(making, error);
}

/* Each says its parent's hash: that of the block before is known without asking for it. */
static enum pevm_status read_ancestor(hash32 *parent,
                                      const hash32 *expected,
                                      const struct rpc_call *call,
                                      const struct rpc *rpc,
                                      struct error *error)
{
    hash32 hash;
    bool found;
    if (call->result == NULL) return rpc_tell(rpc, call, error);
    TRY(node_hash_read(&hash, &found, call->result, error));
    if (!found || !hash32_equal(&hash, expected))
        return error_set(error, PEVM_IO, "%s: its chain changed meanwhile", rpc_name(rpc));
    return field_hash(parent, call->result, "parentHash", error);
}

static enum pevm_status read_ancestors(struct making *making, struct error *error)
{
    struct rpc *rpc = making->plan->rpc;
    struct rpc_call *calls = arena_alloc_zeroed(&making->arena, ANCESTORS_MAX, sizeof *calls);
    char(*params)[NODE_PARAMS_SIZE] =
        arena_alloc_zeroed(&making->arena, ANCESTORS_MAX, NODE_PARAMS_SIZE);
    if (calls == NULL || params == NULL) return no_memory(error);
    uint64_t number = making->plan->number;
    size_t count = number < ANCESTORS_MAX ? (size_t)number : ANCESTORS_MAX;
    making->ancestors[0] = making->parent.header.hash;
    for (size_t i = 0; i + 1 < count; i++)
        calls[i] = (struct rpc_call){.method = "eth_getBlockByNumber",
                                     .params = node_block_params(params[i], number - 1 - i, false)};
    TRY(rpc_ask(rpc, calls, count - 1, &making->arena, error));
    for (size_t i = 0; i + 1 < count; i++)
        TRY(read_ancestor(&making->ancestors[i + 1], &making->ancestors[i], &calls[i], rpc, error));
    making->note.ancestors = making->ancestors;
    making->note.ancestor_count = count;
    return PEVM_OK;
}

/* ---- the witness ---- */

static enum pevm_status read_nodes(struct making *making,
                                   const struct json *list,
                                   struct error *error)
{
    struct bytes *nodes = arena_alloc_zeroed(&making->arena, list->count, sizeof *nodes);
    if (nodes == NULL) return no_memory(error);
    size_t count = 0;
    for (const struct json *item = list->first; item != NULL; item = item->next)
        TRY(value_bytes(&nodes[count++], item, "state", &making->arena, error));
    making->note.witness = nodes;
    making->note.witness_count = count;
    return PEVM_OK;
}

/* Most nodes do not offer it; then there is none. */
static enum pevm_status read_witness(struct making *making, struct error *error)
{
    char params[32];
    struct rpc *rpc = making->plan->rpc;
    snprintf(params, sizeof params, "[\"0x%" PRIx64 "\"]", making->plan->number);
    struct rpc_call call = {.method = "debug_executionWitness", .params = params};
    TRY(rpc_ask(rpc, &call, 1, &making->arena, error));
    if (call.result == NULL || call.result->kind == JSON_NULL) return PEVM_OK;
    const struct json *list;
    enum pevm_status status = field_of_kind(&list, call.result, "state", JSON_ARRAY, error);
    if (status == PEVM_OK) status = read_nodes(making, list, error);
    if (status != PEVM_OK) error_prefix(error, "%s: debug_executionWitness", rpc_name(rpc));
    return status;
}

/* ---- all of it ---- */

static enum pevm_status make(struct making *making, struct bundle_set *set, struct error *error)
{
    const struct header *header = &making->block.header;
    TRY(find_chain(making, error));
    TRY(read_blocks(making, error));
    TRY(read_ancestors(making, error));
    TRY(node_state_read(making->plan->rpc, &making->block, making->state, error));
    TRY(read_witness(making, error));
    struct rules rules = chain_rules(&making->chain, header->number, header->timestamp, NULL);
    snprintf(making->source, sizeof making->source, "JSON-RPC, %s", rpc_name(making->plan->rpc));
    making->note.network = making->plan->network;
    making->note.fork = fork_name(rules.fork);
    making->note.chain_id = making->chain.chain_id;
    making->note.source = making->source;
    making->note.parent = &making->parent.header;
    making->note.is_partial = true;
    return bundle_set_add(set, &making->block, making->state, &making->note, error);
}

enum pevm_status node_bundle_write(struct bundle_set *set,
                                   const struct node_bundle_plan *plan,
                                   struct error *error)
{
    struct making making = {.plan = plan, .state = memory_state_new()};
    if (making.state == NULL) return no_memory(error);
    arena_init(&making.arena, ARENA_CHUNK, 0);
    enum pevm_status status = make(&making, set, error);
    arena_fini(&making.arena);
    memory_state_free(making.state);
    return status;
}
