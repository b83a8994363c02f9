#include "api/api_private.h"
#include "base/clock.h"
#include "base/heap.h"

#define ARENA_CHUNK_BYTES ((size_t)256 << 10)

/* ---- configuration ---- */

static const struct {
    enum pevm_mode mode;
    uint32_t workers;
    uint64_t memory_max_bytes;
} presets[] = {
    [PEVM_PRESET_THROUGHPUT] = {PEVM_MODE_PARALLEL,   0, 0                },
    [PEVM_PRESET_LATENCY] = {PEVM_MODE_PARALLEL,   0, 0                },
    [PEVM_PRESET_LOW_MEMORY] = {PEVM_MODE_PARALLEL,   2, (uint64_t)1 << 30},
    [PEVM_PRESET_DETERMINISTIC] = {PEVM_MODE_SEQUENTIAL, 1, 0                },
};

EXPORT void pevm_config_init_sized(struct pevm_config *config,
                                   size_t struct_size,
                                   enum pevm_preset preset)
{
    ASSERT((size_t)preset < COUNT_OF(presets));
    sized_init(config, struct_size, sizeof *config);
    config->mode = (uint32_t)presets[preset].mode;
    config->workers = presets[preset].workers;
    config->memory_max_bytes = presets[preset].memory_max_bytes;
    config->chain = "mainnet";
}

static enum pevm_status chain_by_name(struct chain *out, const char *name, struct error *error)
{
    static const struct chain *const known[] = {&chain_mainnet, &chain_sepolia};
    ASSERT(name != NULL);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcmp(name, known[i]->name) != 0) continue;
        *out = *known[i];
        return PEVM_OK;
    }
    enum pevm_status status = chain_by_network(out, name, error);
    if (status != PEVM_OK) error_prefix(error, "pevm_config.chain");
    return status;
}

/* ---- life ---- */

static enum pevm_status check(const struct pevm_config *config, struct error *error)
{
    if (config->mode != PEVM_MODE_PARALLEL && config->mode != PEVM_MODE_SEQUENTIAL)
        return error_set(
            error, PEVM_BAD_INPUT, "pevm_config.mode: %u is no enum pevm_mode", config->mode);
    if (config->workers > PEVM_WORKERS_MAX)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "pevm_config.workers: %u is more than %d",
                         config->workers,
                         PEVM_WORKERS_MAX);
    return PEVM_OK;
}

static enum pevm_status open_engine(pevm_engine *engine,
                                    const struct pevm_config *given,
                                    struct error *error)
{
    struct pevm_config config;
    TRY(sized_read(&config, sizeof config, given, "pevm_config", error));
    TRY(check(&config, error));
    TRY(chain_by_name(&engine->chain, config.chain, error));
    engine->is_parallel = config.mode == PEVM_MODE_PARALLEL;
    engine->opened_ns = clock_now_ns();
    arena_init(&engine->arena, ARENA_CHUNK_BYTES, (size_t)config.memory_max_bytes);
    struct engine_options options = {
        .chain = &engine->chain,
        .workers = config.workers,
        .memory_max_bytes = (size_t)config.memory_max_bytes,
    };
    return engine_new(&engine->inside, &options);
}

EXPORT enum pevm_status pevm_engine_open(pevm_engine **out,
                                         const struct pevm_config *config,
                                         struct pevm_error *error)
{
    struct error inside;
    ASSERT(out != NULL);
    error_clear(&inside);
    *out = NULL;
    pevm_engine *engine = heap_alloc_zeroed(1, sizeof *engine);
    if (engine == NULL) return error_give(error, PEVM_NO_MEMORY, &inside);
    enum pevm_status status = open_engine(engine, config, &inside);
    if (status == PEVM_OK)
        *out = engine;
    else
        pevm_engine_close(engine);
    return error_give(error, status, &inside);
}

EXPORT void pevm_engine_close(pevm_engine *engine)
{
    if (engine == NULL) return;
    engine_free(engine->inside);
    arena_fini(&engine->arena);
    heap_free(engine);
}

/* ---- a block ---- */

static enum pevm_status run(pevm_engine *engine, struct input_work *work, struct error *error)
{
    TRY(engine_execute(engine->inside, &engine->inside_outcome, &work->input, error));
    return outcome_give(engine, work) ? PEVM_OK : PEVM_NO_MEMORY;
}

EXPORT enum pevm_status pevm_engine_execute(pevm_engine *engine,
                                            const struct pevm_outcome **outcome,
                                            const struct pevm_input *input,
                                            struct pevm_error *error)
{
    struct input_work work = {.decode_ns = 0};
    struct error inside;
    ASSERT(engine != NULL && outcome != NULL);
    error_clear(&inside);
    *outcome = NULL;
    arena_reset(&engine->arena);
    enum pevm_status status = input_read(&work, engine, input, &inside);
    if (status == PEVM_OK) {
        status = run(engine, &work, &inside);
        if (work.given.trace != NULL) trace_end(work.given.trace);
    }
    if (status == PEVM_OK) *outcome = &engine->outcome;
    return error_give(error, status, &inside);
}
