#include "api/api_private.h"

#include <inttypes.h>

STATIC_ASSERT((int)PEVM_POLICY_WORK_STEALING == SCHED_WORK_STEALING &&
                  (int)PEVM_POLICY_LOAD_BALANCED == SCHED_LOAD_BALANCED &&
                  (int)PEVM_POLICY_ADAPTIVE == SCHED_ADAPTIVE &&
                  (int)PEVM_POLICY_SEQUENTIAL == SCHED_SEQUENTIAL,
              "the same policies inside and outside");
STATIC_ASSERT((int)PEVM_VALIDATION_EARLY == VALIDATE_EARLY &&
                  (int)PEVM_VALIDATION_LAZY == VALIDATE_LAZY &&
                  (int)PEVM_VALIDATION_BATCH == VALIDATE_BATCH,
              "the same validations");
STATIC_ASSERT((int)PEVM_DETECTION_PRECISE == DETECT_PRECISE &&
                  (int)PEVM_DETECTION_FAST == DETECT_FAST,
              "the same detections");

/* ---- presets ---- */

#define SECOND_NS UINT64_C(1000000000)
#define MIB       (UINT64_C(1) << 20)

/* What differs. */
static const struct {
    uint32_t policy, validation, batch_size, workers;
    uint64_t memory_max, pool, gc_interval_ns, code_cache;
} presets[] = {
    [PEVM_PRESET_THROUGHPUT] = {PEVM_POLICY_WORK_STEALING,
                                PEVM_VALIDATION_BATCH, 100,
                                0, 2048 * MIB,
                                1024 * MIB,
                                300 * SECOND_NS,
                                256 * MIB                },
    [PEVM_PRESET_LATENCY] = {PEVM_POLICY_LOAD_BALANCED,
                                PEVM_VALIDATION_EARLY, 1,
                                0, 2048 * MIB,
                                1024 * MIB,
                                300 * SECOND_NS,
                                256 * MIB                },
    [PEVM_PRESET_LOW_MEMORY] = {PEVM_POLICY_WORK_STEALING,
                                PEVM_VALIDATION_EARLY, 100,
                                2, 512 * MIB,
                                64 * MIB,
                                0,               16 * MIB},
    [PEVM_PRESET_DETERMINISTIC] = {PEVM_POLICY_SEQUENTIAL,
                                PEVM_VALIDATION_EARLY, 100,
                                1, 2048 * MIB,
                                1024 * MIB,
                                300 * SECOND_NS,
                                256 * MIB                },
};

EXPORT void pevm_config_init_sized(struct pevm_config *config,
                                   size_t struct_size,
                                   enum pevm_preset preset)
{
    ASSERT((size_t)preset < COUNT_OF(presets));
    sized_init(config, struct_size, sizeof *config);
    *config = (struct pevm_config){
        .struct_size = struct_size,
        .chain = "mainnet",
        .workers = presets[preset].workers,
        .policy = presets[preset].policy,
        .validation = presets[preset].validation,
        .conflict_detection = PEVM_DETECTION_PRECISE,
        .dependency_analysis = PEVM_HINTS_FAST,
        .validation_batch_size = presets[preset].batch_size,
        .attempts_max = ATTEMPTS_DEFAULT,
        .adaptive = 1,
        .load_balancing = 1,
        .scaling = 1,
        .numa = 1,
        .spin = preset == PEVM_PRESET_LATENCY,
        .task_timeout_ns = 30 * SECOND_NS,
        .execution_timeout_ns = 900 * SECOND_NS,
        .memory_max_bytes = presets[preset].memory_max,
        .memory_pool_bytes = presets[preset].pool,
        .version_gc_interval_ns = presets[preset].gc_interval_ns,
        .code_cache_bytes = presets[preset].code_cache,
        .memory_pressure_percent = 80,
    };
}

/* ---- fields ---- */

/* A number, where it lies, and what it may be. */
static const struct {
    const char *name;
    size_t offset, size;
    uint64_t min, max;
} fields[] = {
#define FIELD(name, min, max)                                                                      \
    {                                                                                              \
        #name, offsetof(struct pevm_config, name), sizeof((struct pevm_config){.name = 0}.name),   \
            (min), (max)                                                                           \
    }
    FIELD(workers, 0, PEVM_WORKERS_MAX),
    FIELD(policy, 0, PEVM_POLICY_SEQUENTIAL),
    FIELD(validation, 0, PEVM_VALIDATION_BATCH),
    FIELD(conflict_detection, 0, PEVM_DETECTION_FAST),
    FIELD(dependency_analysis, 0, PEVM_HINTS_FULL),
    FIELD(validation_batch_size, 1, BATCH_SIZE_MAX),
    FIELD(attempts_max, 1, 1000),
    FIELD(adaptive, 0, 1),
    FIELD(load_balancing, 0, 1),
    FIELD(scaling, 0, 1),
    FIELD(affinity, 0, 1),
    FIELD(numa, 0, 1),
    FIELD(spin, 0, 1),
    FIELD(code_cache_bytes, MIB, MIB << 20),
    FIELD(memory_pressure_percent, 1, 100),
#undef FIELD
};

static uint64_t field_value(const struct pevm_config *config, size_t index)
{
    const uint8_t *at = (const uint8_t *)config + fields[index].offset;
    uint32_t four;
    if (fields[index].size == 1) return *at;
    if (fields[index].size == sizeof four) {
        memcpy(&four, at, sizeof four);
        return four;
    }
    uint64_t eight;
    memcpy(&eight, at, sizeof eight);
    return eight;
}

static enum pevm_status check(const struct pevm_config *config, struct error *error)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        uint64_t value = field_value(config, i);
        if (value < fields[i].min || value > fields[i].max)
            return error_set(error,
                             PEVM_BAD_INPUT,
                             "pevm_config.%s is %" PRIu64 ", which is not from %" PRIu64
                             " to %" PRIu64,
                             fields[i].name,
                             value,
                             fields[i].min,
                             fields[i].max);
    }
    if (config->policy == PEVM_POLICY_ADAPTIVE && config->adaptive == 0)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "pevm_config.adaptive is 0, which contradicts PEVM_POLICY_ADAPTIVE");
    return PEVM_OK;
}

enum pevm_status config_read(struct pevm_config *out,
                             const struct pevm_config *given,
                             struct error *error)
{
    TRY(sized_read(out, sizeof *out, given, "pevm_config", error));
    return check(out, error);
}

/* What only pevm_engine_open can set. */
enum pevm_status config_check_kept(const struct pevm_config *before,
                                   const struct pevm_config *now,
                                   struct error *error)
{
    const char *changed = NULL;
    ASSERT(now->chain != NULL);
    if (strcmp(before->chain, now->chain) != 0) changed = "chain";
    if (before->workers != now->workers) changed = "workers";
    if (before->memory_max_bytes != now->memory_max_bytes) changed = "memory_max_bytes";
    if (before->code_cache_bytes != now->code_cache_bytes) changed = "code_cache_bytes";
    if (before->affinity != now->affinity) changed = "affinity";
    if (before->numa != now->numa) changed = "numa";
    if (before->spin != now->spin) changed = "spin";
    if (changed == NULL) return PEVM_OK;
    return error_set(
        error, PEVM_BAD_INPUT, "pevm_config.%s can't change while the engine is open", changed);
}

struct tuning config_tuning(const struct pevm_config *config)
{
    static const enum analysis analyses[] = {[PEVM_HINTS_OFF] = ANALYSE_OFF,
                                             [PEVM_HINTS_FAST] = ANALYSE_FAST,
                                             [PEVM_HINTS_FULL] = ANALYSE_FULL};
    return (struct tuning){
        .policy = (enum sched_policy)config->policy,
        .validation = (enum validation)config->validation,
        .detection = (enum detection)config->conflict_detection,
        .analysis = analyses[config->dependency_analysis],
        .batch_size = config->validation_batch_size,
        .attempts_max = config->attempts_max,
        .task_timeout_ns = config->task_timeout_ns,
        .execution_timeout_ns = config->execution_timeout_ns,
        .keep_max_bytes = config->memory_pool_bytes,
        .trim_interval_ns =
            config->version_gc_interval_ns == 0 ? 1 : config->version_gc_interval_ns,
        .pressure_percent = config->memory_pressure_percent,
        .scales = config->scaling != 0,
        .is_rigid = config->adaptive == 0,
        .ignores_gas = config->load_balancing == 0,
    };
}
