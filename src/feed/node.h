/* node.h - the questions we ask a node, with typed answers. What it says twice must agree: hashes are computed, and compared. */
#pragma once

#include "feed/rpc.h"
#include "types/block.h"

/* eth_chainId, eth_blockNumber. */
enum pevm_status node_chain_id(struct rpc *rpc, uint64_t *out, struct error *error) MUST_CHECK;
enum pevm_status node_head(struct rpc *rpc, uint64_t *out, struct error *error) MUST_CHECK;

/* A block with its ommers; `senders` (may be NULL) as in fixture/block_json.h. PEVM_NOT_FOUND: the node has none of that number. */
enum pevm_status node_block(struct rpc *rpc,
                            struct block *out,
                            const address **senders,
                            uint64_t number,
                            struct arena *arena,
                            struct error *error) MUST_CHECK;

/* The same from an answer that is there already. The number is checked; ommers are asked for when there are some. */
enum pevm_status node_block_read(struct rpc *rpc,
                                 struct block *out,
                                 const address **senders,
                                 uint64_t number,
                                 const struct json *answer,
                                 struct arena *arena,
                                 struct error *error) MUST_CHECK;

/* "[\"0x1f\",true]": what eth_getBlockByNumber wants. Returns `out`. */
#define NODE_PARAMS_SIZE 40
const char *node_block_params(char out[NODE_PARAMS_SIZE], uint64_t number, bool with_txs);

/* The member `hash` of a block's answer; *found = false when the answer is null. */
enum pevm_status node_hash_read(hash32 *out,
                                bool *found,
                                const struct json *answer,
                                struct error *error) MUST_CHECK;
