/* trace_a_tx FOLDER CHAIN TX [calls] - every instruction of one transaction (EIP-3155), or its tree of calls, as JSON. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static int print(void *context, const char *text, size_t size)
{
    return fwrite(text, 1, size, context) == size ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct world world;
    struct pevm_config config;
    struct pevm_input input;
    struct pevm_error error;
    const struct pevm_outcome *outcome;
    pevm_engine *engine;
    pevm_trace *trace;

    if (argc < 4) return fprintf(stderr, "usage: trace_a_tx FOLDER CHAIN TX [calls]\n"), 2;
    world_read(&world, argv[1]);
    pevm_state *state = world_state(&world);
    uint32_t tx = (uint32_t)strtoul(argv[3], NULL, 10);
    enum pevm_trace_format format = argc > 4 ? PEVM_TRACE_CALLS : PEVM_TRACE_STEPS;

    pevm_config_init(&config, PEVM_PRESET_DETERMINISTIC);
    config.chain = argv[2];
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK)
        return fprintf(stderr, "no engine: %s\n", error.text), 1;
    if (pevm_trace_new(&trace, format, 0, tx, print, stdout) != PEVM_OK)
        return fprintf(stderr, "no trace\n"), 1;

    pevm_input_init(&input);
    input.block = world.block;
    input.state = state;
    input.trace = trace;
    if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK)
        return fprintf(stderr, "not executed: %s\n", error.text), 1;
    int is_whole = pevm_trace_is_whole(trace);

    pevm_trace_free(trace);
    pevm_engine_close(engine);
    pevm_state_free(state);
    world_free(&world);
    return is_whole ? 0 : 1;
}
