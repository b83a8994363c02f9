#include "feed/node_state.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "feed/account_text.h"
#include "fixture/field.h"

#include <inttypes.h>
#include <stdio.h>

#define ARENA_CHUNK   ((size_t)1 << 20)
#define HISTORY_SLOTS 8191 /* EIP-4788, EIP-2935 */
#define PARAMS_SIZE   160  /* an address, a slot, a block */

struct fetch {
    struct rpc *rpc;
    const struct block *block;
    struct memory_state *touched; /* what to ask for */
    struct memory_state *out;
    struct arena arena;
    struct rpc_call *calls;
    size_t count, room;
    char at[24]; /* the block before, in quotes */
    address who; /* of the slots that are visited */
};

static enum pevm_status no_memory(struct error *error)
{
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

/* ---- what is touched ------------------------------------------------------------------------------------ */

static enum pevm_status touch(struct memory_state *touched, const address *who, struct error *error)
{
    return memory_state_set_account(touched, who, 0, &U256_ZERO, &keccak_empty) == PEVM_OK
               ? PEVM_OK
               : no_memory(error);
}

static enum pevm_status touch_slot(struct memory_state *touched,
                                   const address *who,
                                   const u256 *slot,
                                   struct error *error)
{
    u256 one = u256_from_u64(1);
    return memory_state_set_slot(touched, who, slot, &one) == PEVM_OK ? PEVM_OK : no_memory(error);
}

static enum pevm_status touch_account(struct memory_state *touched,
                                      const struct json *account,
                                      struct error *error)
{
    address who;
    TRY(text_address(&who, account->key, "address", error));
    TRY(value_kind(account, JSON_OBJECT, "account", error));
    TRY(touch(touched, &who, error));
    if (field_is_absent(account, "storage")) return PEVM_OK;
    const struct json *storage;
    TRY(field_of_kind(&storage, account, "storage", JSON_OBJECT, error));
    for (const struct json *member = storage->first; member != NULL; member = member->next) {
        u256 slot;
        TRY(text_word(&slot, member->key, "slot", error));
        TRY(touch_slot(touched, &who, &slot, error));
    }
    return PEVM_OK;
}

enum pevm_status node_trace_read(struct memory_state *touched,
                                 const struct json *trace,
                                 struct error *error)
{
    size_t index = 0;
    TRY(value_kind(trace, JSON_ARRAY, "trace", error));
    for (const struct json *tx = trace->first; tx != NULL; tx = tx->next, index++) {
        const struct json *accounts;
        enum pevm_status status = field_of_kind(&accounts, tx, "result", JSON_OBJECT, error);
        const struct json *account = status == PEVM_OK ? accounts->first : NULL;
        for (; account != NULL && status == PEVM_OK; account = account->next)
            status = touch_account(touched, account, error);
        if (status == PEVM_OK) continue;
        error_prefix(error, "trace of transaction %zu", index);
        return status;
    }
    return PEVM_OK;
}

static enum pevm_status touch_traced(struct fetch *fetch, struct error *error)
{
    char params[64];
    const struct block *block = fetch->block;
    if (block->tx_count == 0) return PEVM_OK;
    snprintf(params,
             sizeof params,
             "[\"0x%" PRIx64 "\",{\"tracer\":\"prestateTracer\"}]",
             block->header.number);
    struct rpc_call call = {.method = "debug_traceBlockByNumber", .params = params};
    TRY(rpc_ask(fetch->rpc, &call, 1, &fetch->arena, error));
    if (call.result == NULL) return rpc_tell(fetch->rpc, &call, error);
    TRY(node_trace_read(fetch->touched, call.result, error));
    if (call.result->count == block->tx_count) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "trace: expected %zu transactions, got %u",
                     block->tx_count,
                     call.result->count);
}

/* ---- contracts that the block itself calls ---- */

/* clang-format off */
static const address beacon_roots    = {{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
static const address block_hashes    = {{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};
static const address withdrawals     = {{0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
static const address consolidations  = {{0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
/* clang-format on */

/* EIP-7002, EIP-7251: excess, count, head and tail are the slots 0 to 3; requests follow. */
struct request_queue {
    const address *contract;
    uint64_t slots, most; /* of one request; requests in one block */
};

static const struct request_queue queues[] = {
    {&withdrawals,    3, 16},
    {&consolidations, 4, 2 }
};

enum { SLOT_HEAD = 2, SLOT_TAIL = 3, SLOT_REQUESTS = 4 };

static enum pevm_status touch_word(struct fetch *fetch,
                                   const address *who,
                                   uint64_t slot,
                                   struct error *error)
{
    u256 place = u256_from_u64(slot);
    TRY(touch(fetch->touched, who, error));
    return touch_slot(fetch->touched, who, &place, error);
}

static enum pevm_status touch_system(struct fetch *fetch, struct error *error)
{
    const struct header *header = &fetch->block->header;
    if (header->field_count >= 20) {
        uint64_t place = header->timestamp % HISTORY_SLOTS;
        TRY(touch_word(fetch, &beacon_roots, place, error));
        TRY(touch_word(fetch, &beacon_roots, place + HISTORY_SLOTS, error));
    }
    if (header->field_count < 21) return PEVM_OK;
    TRY(touch_word(fetch, &block_hashes, (header->number - 1) % HISTORY_SLOTS, error));
    for (size_t i = 0; i < COUNT_OF(queues); i++)
        for (uint64_t slot = 0; slot < SLOT_REQUESTS; slot++)
            TRY(touch_word(fetch, queues[i].contract, slot, error));
    return PEVM_OK;
}

static enum pevm_status touch_paid(struct fetch *fetch, struct error *error)
{
    const struct block *block = fetch->block;
    TRY(touch(fetch->touched, &block->header.coinbase, error));
    for (size_t i = 0; i < block->ommer_count; i++)
        TRY(touch(fetch->touched, &block->ommers[i].coinbase, error));
    for (size_t i = 0; i < block->withdrawal_count; i++)
        TRY(touch(fetch->touched, &block->withdrawals[i].to, error));
    return PEVM_OK;
}

static uint64_t low_word(const struct memory_state *state, const address *who, uint64_t slot)
{
    struct view view = memory_state_view(state);
    u256 place = u256_from_u64(slot), value = U256_ZERO;
    enum view_answer answer = view.ops->slot(view.context, who, &place, &value);
    return answer == VIEW_OK && u256_fits_u64(value) ? value.words[0] : 0;
}

/* The requests that wait, which can be seen only when head and tail are there. */
static enum pevm_status touch_queues(struct fetch *fetch, bool *any, struct error *error)
{
    *any = false;
    if (fetch->block->header.field_count < 21) return PEVM_OK;
    for (size_t i = 0; i < COUNT_OF(queues); i++) {
        const struct request_queue *queue = &queues[i];
        uint64_t head = low_word(fetch->out, queue->contract, SLOT_HEAD);
        uint64_t tail = low_word(fetch->out, queue->contract, SLOT_TAIL);
        uint64_t waiting = tail > head ? tail - head : 0;
        if (waiting > queue->most) waiting = queue->most;
        uint64_t first = SLOT_REQUESTS + head * queue->slots;
        for (uint64_t k = 0; k < waiting * queue->slots; k++)
            TRY(touch_word(fetch, queue->contract, first + k, error));
        *any = *any || waiting > 0;
    }
    return PEVM_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------ */

/* In the order in which accounts and slots are visited: for each account three calls, then one for each slot. */
static bool plan(struct fetch *fetch, const char *method, const u256 *slot)
{
    char who[HEX_ADDRESS_SIZE], word[HEX_HASH_SIZE];
    char *params = arena_alloc_aligned(&fetch->arena, PARAMS_SIZE, 1);
    if (params == NULL || fetch->count == fetch->room) return false;
    hash32 place = slot == NULL ? (hash32){{0}} : u256_to_hash(*slot);
    hex_address(who, &fetch->who);
    if (slot == NULL)
        snprintf(params, PARAMS_SIZE, "[\"%s\",%s]", who, fetch->at);
    else
        snprintf(params, PARAMS_SIZE, "[\"%s\",\"%s\",%s]", who, hex_hash(word, &place), fetch->at);
    fetch->calls[fetch->count++] = (struct rpc_call){.method = method, .params = params};
    return true;
}

static bool plan_slot(void *context, const u256 *slot, const u256 *value)
{
    (void)value;
    return plan(context, "eth_getStorageAt", slot);
}

static bool plan_account(void *context, const struct memory_account *account)
{
    struct fetch *fetch = context;
    fetch->who = account->who;
    return plan(fetch, "eth_getBalance", NULL) && plan(fetch, "eth_getTransactionCount", NULL) &&
           plan(fetch, "eth_getCode", NULL) &&
           memory_state_each_slot(fetch->touched, &account->who, plan_slot, fetch) == PEVM_OK;
}

static bool count_slot(void *context, const u256 *slot, const u256 *value)
{
    (void)slot;
    (void)value;
    ((struct fetch *)context)->room++;
    return true;
}

static bool count_account(void *context, const struct memory_account *account)
{
    struct fetch *fetch = context;
    fetch->room += 3;
    return memory_state_each_slot(fetch->touched, &account->who, count_slot, fetch) == PEVM_OK;
}

static enum pevm_status ask_all(struct fetch *fetch, struct error *error)
{
    fetch->count = fetch->room = 0;
    TRY(memory_state_each_account(fetch->touched, count_account, fetch));
    fetch->calls = arena_alloc_zeroed(&fetch->arena, fetch->room, sizeof *fetch->calls);
    if (fetch->calls == NULL) return no_memory(error);
    TRY(memory_state_each_account(fetch->touched, plan_account, fetch));
    if (fetch->count != fetch->room) return no_memory(error);
    TRY(rpc_ask(fetch->rpc, fetch->calls, fetch->count, &fetch->arena, error));
    for (size_t i = 0; i < fetch->count; i++)
        if (fetch->calls[i].result == NULL) return rpc_tell(fetch->rpc, &fetch->calls[i], error);
    return PEVM_OK;
}

struct take {
    struct fetch *fetch;
    size_t at; /* the next call */
    bool exists;
    enum pevm_status status;
    struct error *error;
};

static enum pevm_status take_slot_value(struct take *take, const u256 *slot)
{
    struct fetch *fetch = take->fetch;
    u256 value;
    TRY(value_u256(&value, fetch->calls[take->at++].result, "eth_getStorageAt", take->error));
    if (u256_is_zero(value)) return PEVM_OK;
    if (!take->exists) {
        TRY(touch(fetch->out, &fetch->who, take->error));
        take->exists = true;
    }
    return memory_state_set_slot(fetch->out, &fetch->who, slot, &value) == PEVM_OK
               ? PEVM_OK
               : no_memory(take->error);
}

static bool take_slot(void *context, const u256 *slot, const u256 *value)
{
    struct take *take = context;
    (void)value;
    take->status = take_slot_value(take, slot);
    return take->status == PEVM_OK;
}

static enum pevm_status take_values(struct take *take, const address *who)
{
    struct fetch *fetch = take->fetch;
    const struct rpc_call *calls = fetch->calls + take->at;
    struct bytes code;
    hash32 code_hash = keccak_empty;
    u256 balance;
    uint64_t nonce;
    take->at += 3;
    fetch->who = *who;
    TRY(value_u256(&balance, calls[0].result, "eth_getBalance", take->error));
    TRY(value_u64(&nonce, calls[1].result, "eth_getTransactionCount", take->error));
    TRY(value_bytes(&code, calls[2].result, "eth_getCode", &fetch->arena, take->error));
    take->exists = !u256_is_zero(balance) || nonce > 0 || code.size > 0;
    if (code.size > 0 && memory_state_add_code(fetch->out, code, &code_hash) != PEVM_OK)
        return no_memory(take->error);
    if (take->exists &&
        memory_state_set_account(fetch->out, who, nonce, &balance, &code_hash) != PEVM_OK)
        return no_memory(take->error);
    take->status = PEVM_OK;
    TRY(memory_state_each_slot(fetch->touched, who, take_slot, take));
    return take->status;
}

static bool take_account(void *context, const struct memory_account *account)
{
    struct take *take = context;
    take->status = take_values(take, &account->who);
    return take->status == PEVM_OK;
}

static enum pevm_status fetch_values(struct fetch *fetch, struct error *error)
{
    struct take take = {.fetch = fetch, .error = error};
    TRY(ask_all(fetch, error));
    TRY(memory_state_each_account(fetch->touched, take_account, &take));
    if (take.status != PEVM_OK) error_prefix(error, "%s", rpc_name(fetch->rpc));
    return take.status;
}

static enum pevm_status fetch_all(struct fetch *fetch, struct error *error)
{
    bool any;
    TRY(touch_traced(fetch, error));
    TRY(touch_paid(fetch, error));
    TRY(touch_system(fetch, error));
    TRY(fetch_values(fetch, error));
    TRY(touch_queues(fetch, &any, error));
    return any ? fetch_values(fetch, error) : PEVM_OK;
}

enum pevm_status node_state_read(struct rpc *rpc,
                                 const struct block *block,
                                 struct memory_state *out,
                                 struct error *error)
{
    struct fetch fetch = {.rpc = rpc, .block = block, .out = out};
    ASSERT(block->header.number > 0);
    snprintf(fetch.at, sizeof fetch.at, "\"0x%" PRIx64 "\"", block->header.number - 1);
    fetch.touched = memory_state_new();
    if (fetch.touched == NULL) return no_memory(error);
    arena_init(&fetch.arena, ARENA_CHUNK, 0);
    enum pevm_status status = fetch_all(&fetch, error);
    arena_fini(&fetch.arena);
    memory_state_free(fetch.touched);
    return status;
}
