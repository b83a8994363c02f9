/* rpc.h - asking a node: JSON-RPC 2.0 over HTTP, one connection, many questions at a time.
 *
 *     struct rpc_call calls[] = {{.method = "eth_chainId", .params = "[]"}, {.method = "eth_blockNumber", .params = "[]"}};
 *     TRY(rpc_ask(rpc, calls, 2, &arena, error));
 *     if (calls[0].result != NULL) ...
 *
 * What can go wrong, and who is told
 *   the way there   no connection, no answer in time, cut off: RPC_TRANSPORT, PEVM_IO
 *   HTTP            a status that is not 200: RPC_HTTP, PEVM_IO
 *   the answer      no JSON, or not an answer to what was asked: RPC_REPLY, PEVM_BAD_INPUT
 *   the node        it answered with an error: in the call itself (`code`, `message`); the other calls have their results
 * The first two, and nodes that say they are busy (HTTP 429 and 5xx, error -32005), are tried again after a while that grows.
 *
 * Passwords and keys in the URL never reach a text: errors name the host only.
 */
#pragma once

#include "fixture/json.h"

struct rpc;

struct rpc_options {
    const char *url;       /* http:// or https://; copied */
    uint64_t timeout_ms;   /* of one request; 0: 30 s */
    unsigned tries;        /* of one request, 1 or more; 0: 5 */
    uint64_t wait_ms;      /* before the second try; doubles up to 5 s; 0: 200 */
    bool (*go_on)(void *); /* asked before each try; false: PEVM_CANCELLED. May be NULL */
    void *context;
};

enum rpc_fault { RPC_FINE, RPC_TRANSPORT, RPC_HTTP, RPC_REPLY };

#define RPC_METHOD_NOT_FOUND (-32601)
#define RPC_BUSY             (-32005)

struct rpc_call {
    const char *method, *params; /* `params`: a JSON list */
    /* filled in: */
    const struct json *result; /* NULL: the node answered with an error */
    int64_t code;
    struct bytes message; /* of the error; foreign text */
};

#define RPC_BATCH_MAX 100 /* more calls are asked in several requests */

enum pevm_status rpc_open(struct rpc **out,
                          const struct rpc_options *options,
                          struct error *error) MUST_CHECK;
void rpc_close(struct rpc *rpc); /* may be NULL */

/* Results lie in `arena`. PEVM_OK when every call has a result or an error of the node's. */
enum pevm_status rpc_ask(struct rpc *rpc,
                         struct rpc_call *calls,
                         size_t count,
                         struct arena *arena,
                         struct error *error) MUST_CHECK;

/* The error of a call, as a sentence: PEVM_UNSUPPORTED when the node does not offer the method, else PEVM_IO. */
enum pevm_status rpc_tell(const struct rpc *rpc,
                          const struct rpc_call *call,
                          struct error *error) MUST_CHECK;

/* "https://node.example:8545" */
const char *rpc_name(const struct rpc *rpc);
enum rpc_fault rpc_last_fault(const struct rpc *rpc);
uint64_t rpc_requests(const struct rpc *rpc); /* HTTP requests so far, tries included */

/* ---- a part of it: what an answer says ---- */

/* Match the text of an answer with the calls, whose ids are `first_id` and the numbers behind it. PEVM_BAD_INPUT. */
enum pevm_status rpc_reply_read(struct rpc_call *calls,
                                size_t count,
                                uint64_t first_id,
                                struct bytes text,
                                struct arena *arena,
                                struct error *error) MUST_CHECK;
