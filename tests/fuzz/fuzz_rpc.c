/* Any bytes as a node's answer to three calls, and what it says as a block and as a trace: every call has a result or an error, a
 * block has the hash that it says.
 */
#include "feed/node_state.h"
#include "fixture/block_json.h"
#include "fuzz/fuzz.h"

#define CALLS 3

static void read_block(const struct json *answer, struct arena *arena)
{
    struct block block;
    struct error error;
    hash32 hash;
    if (block_from_json(&block, NULL, answer, arena, &error) != PEVM_OK) {
        ASSERT(error.text[0] != 0);
        return;
    }
    ASSERT(header_hash(&hash, &block.header, arena));
    ASSERT(hash32_equal(&hash, &block.header.hash));
}

static void read_trace(const struct json *answer)
{
    struct memory_state *touched = memory_state_new();
    struct error error = {0};
    ASSERT(touched != NULL);
    if (node_trace_read(touched, answer, &error) != PEVM_OK) ASSERT(error.text[0] != 0);
    memory_state_free(touched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct rpc_call calls[CALLS] = {{0}};
    struct error error;
    size_t count = size > 0 && data[0] == '[' ? CALLS : 1;
    if (rpc_reply_read(calls, count, 1, bytes_of(data, size), arena, &error) != PEVM_OK) {
        ASSERT(error.text[0] != 0);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (calls[i].result == NULL) continue;
        read_block(calls[i].result, arena);
        read_trace(calls[i].result);
    }
    return 0;
}
