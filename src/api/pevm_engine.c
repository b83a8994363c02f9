#include "api/api_private.h"
#include "base/clock.h"
#include "base/heap.h"

#define ARENA_CHUNK_BYTES ((size_t)256 << 10)

/* ---- life ---- */

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

static enum pevm_status open_engine(pevm_engine *engine,
                                    const struct pevm_config *given,
                                    struct error *error)
{
    struct pevm_config config;
    TRY(config_read(&config, given, error));
    TRY(chain_by_name(&engine->chain, config.chain, error));
    engine->opened_ns = clock_now_ns();
    config.chain = engine->chain.name;
    engine->config = config;
    struct engine_options options = {
        .chain = &engine->chain,
        .workers = config.workers,
        .memory_max_bytes = (size_t)config.memory_max_bytes,
        .code_cache_bytes = (size_t)config.code_cache_bytes,
        .spins_long = config.spin != 0,
        .pins_workers = config.affinity != 0,
        .spreads_memory = config.numa != 0,
        .tuning = config_tuning(&config),
    };
    arena_init(&engine->arena, ARENA_CHUNK_BYTES, 0);
    TRY(engine_new(&engine->inside, &options));
    arena_set_keeper(&engine->arena, engine_keeper(engine->inside));
    return PEVM_OK;
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
    arena_fini(&engine->arena);
    engine_free(engine->inside);
    heap_free(engine);
}

static enum pevm_status configure(pevm_engine *engine,
                                  const struct pevm_config *given,
                                  struct error *error)
{
    struct pevm_config config;
    TRY(config_read(&config, given, error));
    TRY(config_check_kept(&engine->config, &config, error));
    struct tuning tuning = config_tuning(&config);
    config.chain = engine->chain.name;
    engine->config = config;
    engine_tune(engine->inside, &tuning);
    return PEVM_OK;
}

EXPORT enum pevm_status pevm_engine_configure(pevm_engine *engine,
                                              const struct pevm_config *config,
                                              struct pevm_error *error)
{
    struct error inside;
    ASSERT(engine != NULL);
    error_clear(&inside);
    return error_give(error, configure(engine, config, &inside), &inside);
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
