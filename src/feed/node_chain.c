#include "feed/node_chain.h"

#include "base/heap.h"
#include "feed/block_source_private.h"
#include "feed/node.h"
#include "fixture/field.h"

#include <inttypes.h>
#include <stdio.h>

#define ARENA_CHUNK ((size_t)1 << 20)
#define AHEAD       16 /* blocks in one request while there are many */
#define BACK        32 /* hashes in one request of the search for an ancestor */

/* The calls of one request: the head, the block given last, the next ones. */
enum { CALL_HEAD, CALL_LAST, CALL_BLOCKS };

struct node_chain {
    struct rpc *rpc;
    struct node_known known[FEED_DEPTH_MAX]; /* a ring: the newest at count - 1 */
    uint64_t count;
    uint64_t first, next, head;

    struct arena arena; /* of the answers */
    struct rpc_call calls[CALL_BLOCKS + AHEAD];
    char params[CALL_BLOCKS + AHEAD][NODE_PARAMS_SIZE];
    size_t asked, at; /* blocks of the request, and which of them comes next */
    bool many;        /* the last request's blocks were all there */
    bool no_raw;      /* the node does not give blocks as RLP */
};

static void node_chain_close(void *self)
{
    struct node_chain *chain = self;
    arena_fini(&chain->arena);
    heap_free(chain);
}

static double node_chain_progress(const void *self)
{
    const struct node_chain *chain = self;
    if (chain->next > chain->head) return 1.0;
    return (double)(chain->next - chain->first) / (double)(chain->head + 1 - chain->first);
}

static struct node_known *known_at(struct node_chain *chain, uint64_t index)
{
    return &chain->known[index % FEED_DEPTH_MAX];
}

/* NULL: nothing was given yet. */
static const struct node_known *last_known(struct node_chain *chain)
{
    return chain->count == 0 ? NULL : known_at(chain, chain->count - 1);
}

static void know(struct node_chain *chain, uint64_t number, const hash32 *hash)
{
    *known_at(chain, chain->count++) = (struct node_known){number, *hash};
    chain->next = number + 1;
}

/* ---- asking ---- */

static void plan_block(struct node_chain *chain, size_t call, uint64_t number, bool with_txs)
{
    chain->calls[call] =
        (struct rpc_call){.method = "eth_getBlockByNumber",
                          .params = node_block_params(chain->params[call], number, with_txs)};
}

/* The block as RLP: less to say and to read. */
static void plan_raw_block(struct node_chain *chain, size_t call, uint64_t number)
{
    snprintf(chain->params[call], NODE_PARAMS_SIZE, "[\"0x%" PRIx64 "\"]", number);
    chain->calls[call] =
        (struct rpc_call){.method = "debug_getRawBlock", .params = chain->params[call]};
}

/* One request. Raw blocks only up to the head: beyond it that call is an error, while the other one answers null. */
static enum pevm_status ask_once(struct node_chain *chain, bool raw, struct error *error)
{
    const struct node_known *last = last_known(chain);
    uint64_t left = chain->head - chain->next + 1; /* up to the head, when it is raw */
    size_t blocks = chain->many ? AHEAD : 1;
    if (raw && left < blocks) blocks = (size_t)left;
    arena_reset(&chain->arena);
    chain->calls[CALL_HEAD] = (struct rpc_call){.method = "eth_blockNumber", .params = "[]"};
    plan_block(chain, CALL_LAST, last == NULL ? chain->next : last->number, false);
    for (size_t i = 0; i < blocks; i++) {
        if (raw)
            plan_raw_block(chain, CALL_BLOCKS + i, chain->next + i);
        else
            plan_block(chain, CALL_BLOCKS + i, chain->next + i, true);
    }
    chain->asked = blocks;
    return rpc_ask(chain->rpc, chain->calls, CALL_BLOCKS + blocks, &chain->arena, error);
}

static bool has_error(const struct node_chain *chain)
{
    for (size_t i = 0; i < CALL_BLOCKS + chain->asked; i++)
        if (chain->calls[i].result == NULL) return true;
    return false;
}

static enum pevm_status ask(struct node_chain *chain, struct error *error)
{
    bool raw = !chain->no_raw && chain->many && chain->next <= chain->head;
    chain->asked = chain->at = 0;
    enum pevm_status status = ask_once(chain, raw, error);
    if (status == PEVM_OK && raw && has_error(chain)) {
        chain->no_raw = true;
        status = ask_once(chain, false, error);
    }
    size_t count = CALL_BLOCKS + chain->asked;
    for (size_t i = 0; i < count && status == PEVM_OK; i++)
        if (chain->calls[i].result == NULL) status = rpc_tell(chain->rpc, &chain->calls[i], error);
    if (status != PEVM_OK) {
        chain->asked = 0; /* nothing of it is used */
        return status;
    }
    chain->many = chain->calls[count - 1].result->kind != JSON_NULL;
    return value_u64(&chain->head, chain->calls[CALL_HEAD].result, "eth_blockNumber", error);
}

/* Is the block given last still part of the node's chain? */
static enum pevm_status check_last(struct node_chain *chain, bool *same, struct error *error)
{
    const struct node_known *last = last_known(chain);
    hash32 hash;
    *same = true;
    if (last == NULL) return PEVM_OK;
    enum pevm_status status = node_hash_read(&hash, same, chain->calls[CALL_LAST].result, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s: block %" PRIu64, rpc_name(chain->rpc), last->number);
        return status;
    }
    *same = *same && hash32_equal(&hash, &last->hash);
    return PEVM_OK;
}

/* ---- going back ---- */

/* Compare up to BACK of the blocks before `top`; those that the node does not have are left behind. *agreed: the one before `top`
 * is the node's, too. */
static enum pevm_status compare_some(
    struct node_chain *chain, uint64_t *top, uint64_t bottom, bool *agreed, struct error *error)
{
    struct rpc_call calls[BACK];
    char params[BACK][NODE_PARAMS_SIZE];
    size_t count = 0;
    for (; count < BACK && count < *top - bottom; count++) {
        uint64_t number = known_at(chain, *top - count - 1)->number;
        calls[count] = (struct rpc_call){.method = "eth_getBlockByNumber",
                                         .params = node_block_params(params[count], number, false)};
    }
    TRY(rpc_ask(chain->rpc, calls, count, &chain->arena, error));
    for (size_t i = 0; i < count && !*agreed; i++) {
        hash32 hash;
        bool found;
        if (calls[i].result == NULL) return rpc_tell(chain->rpc, &calls[i], error);
        TRY(node_hash_read(&hash, &found, calls[i].result, error));
        *agreed = found && hash32_equal(&hash, &known_at(chain, *top - 1)->hash);
        *top -= !*agreed;
    }
    return PEVM_OK;
}

static enum pevm_status go_back(struct node_chain *chain,
                                struct raw_block *out,
                                struct error *error)
{
    uint64_t top = chain->count;
    uint64_t bottom = chain->count > FEED_DEPTH_MAX ? chain->count - FEED_DEPTH_MAX : 0;
    bool agreed = false;
    chain->asked = chain->at = 0;
    arena_reset(&chain->arena);
    while (!agreed && top > bottom) /* ends: top goes down */
        TRY(compare_some(chain, &top, bottom, &agreed, error));
    if (!agreed)
        return error_set(error,
                         PEVM_LIMIT,
                         "%s: its chain has none of the last %" PRIu64
                         " blocks that are here: another chain, or a reorg too deep to follow",
                         rpc_name(chain->rpc),
                         chain->count - bottom);
    chain->count = top;
    const struct node_known *last = last_known(chain);
    chain->next = last->number + 1;
    if (chain->next < chain->first) chain->first = chain->next;
    out->is_rollback = true;
    out->number = last->number;
    out->hash = last->hash;
    return PEVM_OK;
}

/* ---- giving ---- */

/* A block of RLP; what it says of itself is checked where all blocks are. */
static enum pevm_status read_raw(struct node_chain *chain,
                                 struct block *block,
                                 struct bytes *encoding,
                                 const struct json *answer,
                                 struct arena *scratch,
                                 struct error *error)
{
    enum pevm_status status = value_bytes(encoding, answer, "debug_getRawBlock", scratch, error);
    if (status == PEVM_OK) status = block_decode(block, *encoding, scratch, NULL, error);
    if (status == PEVM_OK && block->header.number != chain->next)
        status = error_set(error,
                           PEVM_BAD_INPUT,
                           "number: expected %" PRIu64 ", got %" PRIu64,
                           chain->next,
                           block->header.number);
    if (status != PEVM_OK)
        error_prefix(error, "%s: block %" PRIu64, rpc_name(chain->rpc), chain->next);
    return status;
}

static enum pevm_status read_block(struct node_chain *chain,
                                   struct block *block,
                                   struct bytes *encoding,
                                   const struct json *answer,
                                   struct arena *scratch,
                                   struct error *error)
{
    if (answer->kind == JSON_STRING)
        return read_raw(chain, block, encoding, answer, scratch, error);
    TRY(node_block_read(chain->rpc, block, NULL, chain->next, answer, scratch, error));
    return block_encode(encoding, block, scratch)
               ? PEVM_OK
               : error_set(error, PEVM_NO_MEMORY, "out of memory");
}

static enum pevm_status give(struct node_chain *chain,
                             struct raw_block *out,
                             bool *found,
                             struct arena *scratch,
                             struct error *error)
{
    const struct node_known *last = last_known(chain);
    const struct json *answer = chain->calls[CALL_BLOCKS + chain->at].result;
    struct block block;
    *found = answer->kind != JSON_NULL;
    if (!*found) {
        chain->asked = chain->at = 0; /* ask anew next time */
        return PEVM_OK;
    }
    TRY(read_block(chain, &block, &out->encoding, answer, scratch, error));
    if (last != NULL && !hash32_equal(&block.header.parent_hash, &last->hash))
        return go_back(chain, out, error);
    know(chain, block.header.number, &block.header.hash);
    chain->at++;
    return PEVM_OK;
}

static enum pevm_status node_chain_next(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error)
{
    struct node_chain *chain = self;
    out->name = rpc_name(chain->rpc);
    if (chain->at == chain->asked) {
        bool same;
        TRY(ask(chain, error));
        TRY(check_last(chain, &same, error));
        if (!same) {
            *found = true;
            return go_back(chain, out, error);
        }
    }
    return give(chain, out, found, scratch, error);
}

enum pevm_status node_chain_open(struct block_source **out,
                                 const struct node_chain_options *options,
                                 struct error *error)
{
    static const struct source_kind kind = {node_chain_next, node_chain_progress, node_chain_close};
    *out = NULL;
    ASSERT(options->known_count <= FEED_DEPTH_MAX);
    struct node_chain *chain = heap_alloc_zeroed(1, sizeof *chain);
    if (chain == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    chain->rpc = options->rpc;
    chain->next = options->first;
    for (size_t i = 0; i < options->known_count; i++)
        know(chain, options->known[i].number, &options->known[i].hash);
    chain->first = chain->next;
    chain->many = true;
    arena_init(&chain->arena, ARENA_CHUNK, 0);
    return block_source_new(out, &kind, chain, error);
}
