#include "service/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/http.h"
#include "service/service_private.h"
#include "store/keyspace.h"

#include <malloc.h>
#include <string.h>

#define NS_PER_MS    UINT64_C(1000000)
#define ARENA_CHUNK  ((size_t)1 << 18)
#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 5000

void release_memory(void)
{
    (void)malloc_trim(0);
}

/* ---- configuration and log ---- */

static void warn(void *context, const char *text)
{
    (void)context;
    LOG_WARN(text);
}

static enum pevm_status load_config(struct service *service, struct error *error)
{
    const struct service_options *options = service->options;
    struct config_input input = {.path = options->path,
                                 .environment = options->environment,
                                 .settings = options->settings,
                                 .setting_count = options->setting_count,
                                 .warn = warn};
    TRY(config_load(&service->config, &input, error));
    /* Somebody looks on, and has a bar: he asked for lines if he set the level. */
    bool is_asked = service->config.origins[CONFIG_KEY_logging_level].source != CONFIG_FROM_DEFAULT;
    if (options->until_synced && !is_asked) service->config.logging_level = LEVEL_WARN;
    return PEVM_OK;
}

static enum pevm_status open_log(const struct config *config, struct error *error)
{
    struct log_options options = {.level = (enum log_level)config->logging_level,
                                  .format = (enum log_format)config->logging_format,
                                  .path =
                                      config->logging_file[0] == 0 ? NULL : config->logging_file,
                                  .size_max = config->logging_max_size,
                                  .files_max = (unsigned)config->logging_max_files};
    return log_open(&options, error);
}

/* ---- the store ---- */

/* Password, database, cluster: waiting does not help. */
static bool is_worth_waiting(enum pevm_status status)
{
    return status == PEVM_UNAVAILABLE;
}

/* A server is only asked for when something is wanted of it. */
static enum pevm_status reach_store(struct service *service, struct error *error)
{
    struct store_item item;
    struct key_text text = key_write(&(struct key){.kind = KEY_EXEC_PROGRESS}, false);
    struct bytes key = key_bytes(&text);
    if (service->store == NULL) TRY(store_open(&service->store, &service->config, error));
    arena_reset(&service->arena);
    return store_get_many(service->store, &item, &key, 1, &service->arena, error);
}

/* Until it is there, told to stop, or startup_timeout is over. */
static enum pevm_status open_store(struct service *service, struct error *error)
{
    static struct log_pace pace;
    uint64_t start_ns = clock_now_ns(), wait_ms = RETRY_MIN_MS;
    while (!life_is_stopping(&service->life)) {
        board_tick(&service->board);
        enum pevm_status status = reach_store(service, error);
        if (status == PEVM_OK) {
            (void)board_clear(&service->board, TROUBLE_STORE);
            LOG_INFO("store open", LOG_TEXT("store", store_about(service->store)));
            return PEVM_OK;
        }
        if (!is_worth_waiting(status)) return status;
        (void)board_trouble(&service->board, TROUBLE_STORE, error->text);
        LOG_PACED(
            &pace, LOG_LEVEL_ERROR, error->text, LOG_TEXT("trouble", trouble_word(TROUBLE_STORE)));
        uint64_t limit_ns = service->config.startup_timeout;
        if (limit_ns != 0 && clock_now_ns() - start_ns >= limit_ns) return status;
        uint64_t ms = wait_ms * 4 / 5 + clock_now_ns() % (wait_ms * 2 / 5 + 1);
        uint64_t rest_ms =
            limit_ns == 0 ? ms : (limit_ns - (clock_now_ns() - start_ns)) / NS_PER_MS + 1;
        life_sleep(&service->life, ms < rest_ms ? ms : rest_ms);
        wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
    }
    return PEVM_CANCELLED;
}

/* A store of another chain: its first block says so. */
static enum pevm_status check_genesis(struct service *service, struct error *error)
{
    struct header header;
    if (!service->chain.has_genesis) return PEVM_OK;
    arena_reset(&service->arena);
    enum pevm_status status = look_at_header(service, 0, &header, error);
    if (status == PEVM_NOT_FOUND) return PEVM_OK; /* the state was imported later */
    TRY(status);
    if (hash32_equal(&header.hash, &service->chain.genesis_hash)) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "chain.name: block 0 in %s is not that of %s: another chain",
                     store_about(service->store),
                     service->chain.chain.name);
}

/* ---- parts ---- */

static enum pevm_status open_http(struct service *service, struct error *error)
{
    if (!service->config.metrics_enabled) return PEVM_OK;
    struct http_options options = {.address = service->config.metrics_listen_addr,
                                   .board = &service->board};
    options.tables[options.table_count++] = service->metrics;
    TRY(http_open(&service->http, &options, error));
    service_set_health(service);
    return PEVM_OK;
}

void service_set_health(struct service *service)
{
    struct health_limits limits = {.max_lag_blocks = service->config.health_max_lag_blocks,
                                   .watchdog_ns = service->config.health_watchdog};
    if (service->http != NULL) http_set_limits(service->http, &limits);
}

/* The tables that /metrics shows, once there is an engine. */
static void show_engine(struct service *service)
{
    if (service->http != NULL) http_set_table(service->http, 1, engine_metrics(service->engine));
}

void service_swap_engine(struct service *service, struct engine *engine, unsigned workers)
{
    struct engine *old = service->engine;
    service->engine = service->executor.engine = engine;
    service->workers = workers;
    show_engine(service);
    engine_free(old);
}

static const char *bundle_folder(const struct config *config)
{
    return config->storage_kind == STORE_LMDB ? config->storage_lmdb_path : ".";
}

/* A quarter of what caches may take. */
static enum pevm_status open_trie(struct service *service,
                                  const struct commit_options *commit,
                                  struct error *error)
{
    struct store_trie_options options = {
        .style = commit->style, .cache_bytes = (size_t)(service->config.storage_cache_size / 4)};
    if (service->config.verify != VERIFY_IN_FULL) return PEVM_OK;
    service->trie = store_trie_new(service->store, &options);
    if (service->trie == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for state tries");
    service->roots = (struct root_source){store_trie_root, service->trie};
    return PEVM_OK;
}

static enum pevm_status open_engine(struct service *service, struct error *error)
{
    struct engine_options options = engine_options_of(service);
    struct store_view_limits limits = store_limits(&service->config);
    struct commit_options commit = store_commit_options(&service->config);
    if (engine_new(&service->engine, &options) != PEVM_OK)
        return error_set(
            error, PEVM_NO_MEMORY, "no memory for an engine of %u workers", options.workers);
    service->workers = options.workers;
    service->view = store_view_new(service->store, commit.style.lower, &limits);
    if (service->view == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for caches");
    commit_init(&service->committer, service->store, &commit);
    TRY(open_trie(service, &commit, error));
    TRY(loop_ahead_open(service, error));
    service->executor = (struct executor){.engine = service->engine,
                                          .chain = &service->chain.chain,
                                          .state = store_view_view(service->view),
                                          .life = &service->life,
                                          .roots = service->trie == NULL ? NULL : &service->roots,
                                          .folder = bundle_folder(&service->config),
                                          .tuning = options.tuning};
    show_engine(service);
    return PEVM_OK;
}

static enum pevm_status open_threads(struct service *service, struct error *error)
{
    const struct config *config = &service->config;
    struct fetch_options fetch = {.store = service->store,
                                  .chain = &service->chain.chain,
                                  .threads = (unsigned)config->execution_concurrent_workers,
                                  .queue = (uint32_t)config->tx_executor_queue_size,
                                  .recovers_always = config->storage_kind == STORE_PIKA};
    struct leader_options leader = {.store = service->store,
                                    .board = &service->board,
                                    .life = &service->life,
                                    .writer = metrics_writer(service->metrics, WRITER_LEADER),
                                    .ttl_ns = config->leader_lock_ttl,
                                    .renew_ns = config->leader_renew_interval};
    TRY(fetch_new(&service->fetch, &fetch, error));
    return leader_new(&service->leader, &leader, error);
}

static const char *const verify_words[] = {"header", "full"};

static enum pevm_status run_parts(struct service *service, struct error *error)
{
    TRY(chain_choice_read(&service->chain, &service->config, error));
    TRY(open_http(service, error));
    TRY(open_store(service, error));
    TRY(check_genesis(service, error));
    TRY(open_engine(service, error));
    TRY(open_threads(service, error));
    apply_config(service);
    board_set_names(&service->board,
                    service->chain.chain.name,
                    store_about(service->store),
                    verify_words[service->config.verify]);
    service->caches_at = UINT64_MAX;
    LOG_INFO("started",
             LOG_TEXT("chain", service->chain.chain.name),
             LOG_TEXT("verify", verify_words[service->config.verify]),
             LOG_U64("workers", service->workers));
    return loop_run(service, error);
}

/* ---- life ---- */

static void close_parts(struct service *service)
{
    fetch_free(service->fetch);
    leader_free(service->leader);
    if (service->view != NULL) commit_fini(&service->committer);
    http_close(service->http);
    loop_ahead_close(service);
    store_trie_free(service->trie);
    store_view_free(service->view);
    engine_free(service->engine);
    store_close(service->store);
}

/* Told to stop is how a service ends. */
static enum pevm_status ended(struct service *service, enum pevm_status status)
{
    bool is_stop = life_is_stopping(&service->life) &&
                   (status == PEVM_CANCELLED || status == PEVM_UNAVAILABLE);
    return is_stop ? PEVM_OK : status;
}

static enum pevm_status run_logged(struct service *service, struct error *error)
{
    TRY(life_begin(&service->life, &service->board, error));
    life_set_limits(&service->life, 0, service->config.shutdown_timeout);
    enum pevm_status status = service_metrics_new(&service->metrics);
    if (status == PEVM_OK) {
        arena_init(&service->arena, ARENA_CHUNK, 0);
        service->writer = metrics_writer(service->metrics, WRITER_LOOP);
        service->rates = (struct rates){0};
        status = ended(service, run_parts(service, error));
        close_parts(service);
        arena_fini(&service->arena);
        metrics_free(service->metrics);
    }
    service->summary->is_told = service->config.logging_file[0] == 0;
    if (status != PEVM_OK)
        LOG_ERROR("ended", LOG_TEXT("error", error->text));
    else
        LOG_INFO("stopped", LOG_U64("head", service->head.number));
    life_end(&service->life);
    return status;
}

enum pevm_status service_run(const struct service_options *options,
                             struct service_summary *summary,
                             struct error *error)
{
    static struct service service; /* one per process, and large */
    uint64_t start_ns = clock_now_ns();
    memset(&service, 0, sizeof service);
    *summary = (struct service_summary){.first = 1};
    service.options = options;
    service.summary = summary;
    TRY(load_config(&service, error));
    TRY(open_log(&service.config, error));
    board_init(&service.board);
    enum pevm_status status = run_logged(&service, error);
    board_fini(&service.board);
    log_close();
    summary->elapsed_ns = clock_now_ns() - start_ns;
    return status;
}
