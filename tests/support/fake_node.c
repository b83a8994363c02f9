#include "support/fake_node.h"

#include "crypto/keccak.h"
#include "fixture/block_json_write.h"
#include "fixture/field.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static bool method_is(const struct json *call, const char *name)
{
    return json_text_is(json_get(call, "method"), name);
}

static const struct json *param(const struct json *call, size_t which)
{
    const struct json *item = json_get(call, "params")->first;
    while (which-- > 0)
        item = item->next;
    return item;
}

static void put_block(struct json_writer *json, const struct block *block)
{
    struct block copy = *block;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    copy.txs = arena_alloc_zeroed(&arena, block->tx_count, sizeof *copy.txs);
    for (size_t i = 0; i < block->tx_count; i++) { /* the writer wants what execution knows */
        CHECK_EQ(tx_decode(&copy.txs[i], block->txs[i].encoding, &arena), TX_VALID);
        copy.txs[i].sender_known = true;
    }
    block_json_write(json, &copy);
    arena_fini(&arena);
}

static void answer_block(struct json_writer *json,
                         const struct fake_node *node,
                         const struct json *call)
{
    uint64_t number;
    struct error error;
    CHECK_EQ(value_u64(&number, param(call, 0), "number", &error), PEVM_OK);
    if (number < node->height)
        put_block(json, &node->chain->blocks[number]);
    else
        json_null(json);
}

static void answer_raw(struct json_writer *json,
                       const struct fake_node *node,
                       const struct json *call)
{
    uint64_t number;
    struct error error;
    CHECK_EQ(value_u64(&number, param(call, 0), "number", &error), PEVM_OK);
    CHECK(number < node->height); /* nobody asks beyond the head */
    json_bytes(json, node->chain->encodings[number]);
}

static void answer_ommer(struct json_writer *json,
                         const struct fake_node *node,
                         const struct json *call)
{
    hash32 hash;
    uint64_t index;
    struct error error;
    CHECK_EQ(value_fixed(hash.bytes, 32, param(call, 0), "hash", &error), PEVM_OK);
    CHECK_EQ(value_u64(&index, param(call, 1), "index", &error), PEVM_OK);
    for (size_t i = 0; i < node->height; i++) {
        const struct block *block = &node->chain->blocks[i];
        if (!hash32_equal(&block->header.hash, &hash)) continue;
        header_json_write(json, &block->ommers[index]);
        return;
    }
    json_null(json);
}

/* ---- state ---- */

static bool answer_state(struct json_writer *json,
                         const struct fake_node *node,
                         const struct json *call)
{
    struct view view = memory_state_view(node->state);
    struct view_account account;
    struct error error;
    address who;
    struct bytes code = BYTES_EMPTY;
    u256 slot, value;
    if (strncmp((const char *)json_get(call, "method")->text.data, "eth_get", 7) != 0) return false;
    CHECK_EQ(value_fixed(who.bytes, sizeof who.bytes, param(call, 0), "who", &error), PEVM_OK);
    CHECK_EQ(view.ops->account(view.context, &who, VIEW_ALL_PARTS, &account), VIEW_OK);
    if (method_is(call, "eth_getBalance")) {
        json_quantity_u256(json, &account.balance);
    } else if (method_is(call, "eth_getTransactionCount")) {
        json_quantity(json, account.nonce);
    } else if (method_is(call, "eth_getCode")) {
        if (!hash32_equal(&account.code_hash, &keccak_empty))
            CHECK_EQ(view.ops->code(view.context, &who, &account.code_hash, &code), VIEW_OK);
        json_bytes(json, code);
    } else {
        CHECK(method_is(call, "eth_getStorageAt"));
        CHECK_EQ(value_u256(&slot, param(call, 1), "slot", &error), PEVM_OK);
        CHECK_EQ(view.ops->slot(view.context, &who, &slot, &value), VIEW_OK);
        hash32 word = u256_to_hash(value);
        json_bytes(json, bytes_of(word.bytes, sizeof word.bytes));
    }
    return true;
}

/* ---- calls ---- */

static void put_raw(struct json_writer *json, const char *text)
{
    fputs(text, json->file);
    json->after_key = false;
}

static void answer_not_found(struct json_writer *json)
{
    json_null(json);
    json_key(json, "error");
    json_open(json, '{');
    json_key(json, "code");
    put_raw(json, "-32601");
    json_put_text(json, "message", "Method not found");
    json_close(json, '}');
}

static void answer_call(struct json_writer *json,
                        const struct fake_node *node,
                        const struct json *call)
{
    uint64_t id;
    struct error error;
    CHECK_EQ(field_u64(&id, call, "id", &error), PEVM_OK);
    json_open(json, '{');
    json_put_text(json, "jsonrpc", "2.0");
    json_put_number(json, "id", id);
    json_key(json, "result");
    if (method_is(call, "eth_chainId"))
        json_quantity(json, node->chain_id == 0 ? 7 : node->chain_id);
    else if (method_is(call, "eth_blockNumber"))
        json_quantity(json, node->height - 1);
    else if (method_is(call, "eth_getBlockByNumber"))
        answer_block(json, node, call);
    else if (method_is(call, "eth_getUncleByBlockHashAndIndex"))
        answer_ommer(json, node, call);
    else if (method_is(call, "debug_getRawBlock") && node->gives_raw)
        answer_raw(json, node, call);
    else if (method_is(call, "debug_traceBlockByNumber") && node->trace != NULL)
        put_raw(json, node->trace);
    else if (method_is(call, "debug_executionWitness") && node->witness != NULL)
        put_raw(json, node->witness);
    else if (node->state == NULL || !answer_state(json, node, call))
        answer_not_found(json);
    json_close(json, '}');
}

struct rpc_answer fake_node_answer(void *context, struct bytes request)
{
    struct fake_node *node = context;
    struct rpc_answer answer = {0};
    struct arena arena;
    struct error error;
    const struct json *root;
    size_t size;
    if (node->busy > 0) {
        node->busy--;
        answer.http = 503;
        return answer;
    }
    arena_init(&arena, 4096, 0);
    CHECK_EQ(json_parse(&root, request, &arena, &error), PEVM_OK);
    FILE *file = open_memstream(&answer.body, &size);
    struct json_writer json;
    json_writer_init(&json, file);
    if (root->kind == JSON_ARRAY) {
        json_open(&json, '[');
        for (const struct json *call = root->first; call != NULL; call = call->next)
            answer_call(&json, node, call);
        json_close(&json, ']');
    } else {
        answer_call(&json, node, root);
    }
    fclose(file);
    arena_fini(&arena);
    return answer;
}
