/* From the configuration to the parts, at the start and on SIGHUP. */
#include "base/log.h"
#include "service/service_private.h"
#include "sync/cpu_count.h"
#include "sync/team.h"

#define ENGINE_SHARE                                                                               \
    2 /* the engine may take half of the process's memory, caches and blocks that wait the rest */

/* In the order of the words in config.def. */
static const enum sched_policy policies[] = {
    SCHED_WORK_STEALING, SCHED_LOAD_BALANCED, SCHED_ADAPTIVE, SCHED_SEQUENTIAL};
static const enum validation validations[] = {VALIDATE_EARLY, VALIDATE_LAZY, VALIDATE_BATCH};
static const enum detection detections[] = {DETECT_FAST, DETECT_PRECISE};
static const enum analysis analyses[] = {ANALYSE_OFF, ANALYSE_FAST, ANALYSE_FULL};

static struct tuning tuning_of(const struct config *config)
{
    return (struct tuning){
        .policy = policies[config->scheduler_policy],
        .validation = validations[config->validation_policy],
        .detection = detections[config->validation_conflict_detection],
        .analysis = analyses[config->scheduler_dependency_analysis],
        .batch_size = (uint32_t)config->validation_batch_size,
        .scales = config->scheduler_adaptive,
        .is_rigid = !config->scheduler_adaptive && config->scheduler_policy != POLICY_ADAPTIVE,
        .ignores_gas = !config->scheduler_load_balancing,
        .task_timeout_ns = config->engine_task_timeout < config->evm_vm_timeout
                               ? config->engine_task_timeout
                               : config->evm_vm_timeout,
        .execution_timeout_ns = config->engine_execution_timeout,
        .keep_max_bytes = config->engine_memory_pool_size,
        .trim_interval_ns =
            config->storage_version_gc_interval == 0 ? 1 : config->storage_version_gc_interval,
        .pressure_percent = (uint32_t)(config->engine_gc_pressure_limit * 100),
    };
}

static unsigned workers_of(const struct config *config)
{
    return config->engine_max_workers == 0 ? cpu_count_default()
                                           : (unsigned)config->engine_max_workers;
}

struct engine_options engine_options_of(const struct service *service)
{
    const struct config *config = &service->config;
    unsigned workers = workers_of(config);
    return (struct engine_options){
        .chain = &service->chain.chain,
        .workers = workers > TEAM_WORKERS_MAX ? TEAM_WORKERS_MAX : workers,
        .memory_max_bytes = (size_t)(config->engine_memory_limit / ENGINE_SHARE),
        .pins_workers = config->engine_worker_affinity && workers <= cpu_count_available(),
        .spreads_memory = config->storage_numa_aware,
        .tuning = tuning_of(config)};
}

/* More or fewer threads, another limit: another engine, between two blocks. */
static void renew_engine(struct service *service)
{
    struct engine *engine;
    struct engine_options options = engine_options_of(service);
    if (engine_new(&engine, &options) != PEVM_OK) {
        LOG_ERROR("no memory for another engine: the old one stays");
        return;
    }
    service_swap_engine(service, engine, options.workers);
}

void apply_config(struct service *service)
{
    const struct config *config = &service->config;
    struct store_view_limits limits = store_limits(config);
    service->executor.tuning = tuning_of(config);
    service->executor.gives_up = !config->engine_enable_recovery;
    engine_tune(service->engine, &service->executor.tuning);
    if (engine_set_profiling(service->engine, config->metrics_detailed_profiling) != PEVM_OK)
        LOG_WARN("no memory for metrics.detailed_profiling");
    store_view_set_limits(service->view, &limits);
    service->committer.options = store_commit_options(config);
    loop_set_history_ttl(service);
    life_set_limits(&service->life, config->health_watchdog, config->shutdown_timeout);
    log_set_level((enum log_level)config->logging_level);
    log_set_format((enum log_format)config->logging_format);
    log_set_turning(config->logging_max_size, (unsigned)config->logging_max_files);
    service_set_health(service);
}

static void tell_change(void *context, const char *key, const char *from, const char *to)
{
    (void)context;
    LOG_INFO(
        "configuration changed", LOG_TEXT("key", key), LOG_TEXT("from", from), LOG_TEXT("to", to));
}

static void refused(struct service *service, const struct error *error)
{
    metric_add(service->writer, SERVICE_RELOADS, RELOAD_REFUSED, 1);
    LOG_ERROR("the configuration was read anew and not taken: the old one stays",
              LOG_TEXT("error", error->text));
}

void reload(struct service *service)
{
    struct config next;
    struct error error = {0};
    const struct service_options *options = service->options;
    struct config_input input = {.path = options->path,
                                 .environment = options->environment,
                                 .settings = options->settings,
                                 .setting_count = options->setting_count};
    if (config_load(&next, &input, &error) != PEVM_OK ||
        config_check_live(&service->config, &next, &error) != PEVM_OK) {
        refused(service, &error);
        return;
    }
    bool needs_engine = workers_of(&next) != workers_of(&service->config) ||
                        next.engine_memory_limit != service->config.engine_memory_limit;
    config_diff(&service->config, &next, tell_change, NULL);
    service->config = next;
    if (needs_engine) renew_engine(service);
    apply_config(service);
    metric_add(service->writer, SERVICE_RELOADS, RELOAD_APPLIED, 1);
    LOG_INFO("configuration reloaded");
}
