#include "store/store_open.h"

#include "store/store_lmdb.h"
#include "store/store_memory.h"
#include "store/store_redis.h"

#define NS_PER_MS 1000000u

static enum pevm_status open_lmdb(struct store **out,
                                  const struct config *config,
                                  struct error *error)
{
    struct lmdb_options options = {.path = config->storage_lmdb_path,
                                   .map_size_min = config->storage_lmdb_map_size,
                                   .never_sync = config->storage_lmdb_sync == SYNC_NEVER};
    return store_lmdb_open(out, &options, error);
}

static enum pevm_status open_server(struct store **out,
                                    const struct config *config,
                                    struct error *error)
{
    struct redis_options options = {
        .address = config->storage_pika_addr,
        .password = config->storage_pika_password,
        .database = (unsigned)config->storage_pika_db,
        .connections_max = (unsigned)config->storage_pika_max_connections,
        .pipeline_size = (unsigned)config->storage_pika_pipeline_size,
        .connect_timeout_ms = (unsigned)(config->storage_pika_connect_timeout / NS_PER_MS),
        .timeout_ms = (unsigned)(config->storage_pika_timeout / NS_PER_MS),
    };
    return store_redis_open(out, &options, error);
}

enum pevm_status store_open(struct store **out, const struct config *config, struct error *error)
{
    switch ((enum config_store)config->storage_kind) {
    case STORE_LMDB: return open_lmdb(out, config, error);
    case STORE_PIKA: return open_server(out, config, error);
    case STORE_MEMORY: return store_memory_open(out, NULL, error);
    case STORE_AUTO: break; /* config_load has decided */
    }
    return error_set(error, PEVM_INTERNAL, "storage.kind: is not decided");
}

struct commit_options store_commit_options(const struct config *config)
{
    return (struct commit_options){
        .style = {.lower = config->storage_pika_address_case == CASE_LOWER,
                  .history_ttl_ms = config->execution_history_ttl / NS_PER_MS},
        .window = config->execution_state_window_size
    };
}

struct store_view_limits store_limits(const struct config *config)
{
    return (struct store_view_limits){.accounts_max = config->execution_state_cache_size,
                                      .slots_max = config->execution_storage_cache_size,
                                      .codes_max = config->execution_code_cache_size,
                                      .bytes_max = config->storage_cache_size};
}
