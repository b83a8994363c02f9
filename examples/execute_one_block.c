/* execute_one_block FOLDER CHAIN - a block on a state in memory: on all cores, then the changes applied. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print(const struct pevm_outcome *outcome)
{
    size_t failed = 0, logs = 0;
    for (size_t i = 0; i < outcome->receipt_count; i++) {
        failed += !outcome->receipts[i].is_success;
        logs += outcome->receipts[i].log_count;
    }
    printf("block %" PRIu64 " %s\n", outcome->number, hash_text(&outcome->block_hash));
    printf("%zu transactions (%zu failed), %zu logs, %" PRIu64 " gas\n",
           outcome->receipt_count,
           failed,
           logs,
           outcome->gas_used);
    printf("%zu accounts changed, %zu codes added\n",
           outcome->changes.account_count,
           outcome->changes.code_count);
    printf("%" PRIu64 " executions, %" PRIu64 " of them stale, %.3f ms\n",
           outcome->executions,
           outcome->stale,
           (double)outcome->execute_ns / 1e6);
}

int main(int argc, char **argv)
{
    struct world world;
    struct pevm_config config;
    struct pevm_input input;
    struct pevm_error error;
    const struct pevm_outcome *outcome;
    pevm_engine *engine;
    hash32 root;

    if (argc != 3) return fprintf(stderr, "usage: execute_one_block FOLDER CHAIN\n"), 2;
    world_read(&world, argv[1]);
    pevm_state *state = world_state(&world);

    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    config.chain = argv[2];
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK)
        return fprintf(stderr, "no engine: %s\n", error.text), 1;

    pevm_input_init(&input);
    input.block = world.block;
    input.state = state;
    if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK)
        return fprintf(stderr, "not executed: %s\n", error.text), 1;
    if (!outcome->is_valid)
        return fprintf(stderr, "invalid: %s: %s\n", outcome->fault, outcome->fault_text), 1;
    print(outcome);

    if (pevm_state_apply(state, &outcome->changes) != PEVM_OK ||
        pevm_state_root(state, &root) != PEVM_OK)
        return fprintf(stderr, "out of memory\n"), 1;
    printf("state root %s\n", hash_text(&root));

    pevm_engine_close(engine);
    pevm_state_free(state);
    world_free(&world);
    return 0;
}
