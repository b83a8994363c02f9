/* What several keys say together. */
#include "base/compiler.h"
#include "config/config_private.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *name;
    uint64_t id;
} chain_names[] = {
#define CHAIN_NAME(name, id) {name, id},
#include "config/chain_names.def"
#undef CHAIN_NAME
};

/* Two names of one key: the one from the higher source counts. *out: which. PEVM_BAD_INPUT: both, equally high, differ. */
static enum pevm_status join(struct config *config,
                             enum config_key one,
                             enum config_key other,
                             enum config_key *out,
                             struct error *error)
{
    char one_text[CONFIG_VALUE_SIZE], other_text[CONFIG_VALUE_SIZE];
    enum config_source one_source = config->origins[one].source;
    enum config_source other_source = config->origins[other].source;
    *out = one_source >= other_source ? one : other;
    config_print(one_text, config, one);
    config_print(other_text, config, other);
    if (one_source != other_source || one_source == CONFIG_FROM_DEFAULT) return PEVM_OK;
    if (strcmp(one_text, other_text) == 0) return PEVM_OK;
    return error_set(
        error,
        PEVM_BAD_INPUT,
        "%s is %.80s and %s is %.80s: they are one key with two names; give one of them",
        config_specs[one].key,
        one_text,
        config_specs[other].key,
        other_text);
}

static enum pevm_status join_names(struct config *config, struct error *error)
{
    enum config_key key;
    TRY(join(
        config, CONFIG_KEY_engine_max_workers, CONFIG_KEY_tx_executor_worker_count, &key, error));
    uint64_t workers = key == CONFIG_KEY_engine_max_workers ? config->engine_max_workers
                                                            : config->tx_executor_worker_count;
    config->engine_max_workers = config->tx_executor_worker_count = workers;
    config->origins[CONFIG_KEY_engine_max_workers] = config->origins[key];
    config->origins[CONFIG_KEY_tx_executor_worker_count] = config->origins[key];

    TRY(join(config,
             CONFIG_KEY_metrics_listen_addr,
             CONFIG_KEY_metrics_prometheus_endpoint,
             &key,
             error));
    if (key == CONFIG_KEY_metrics_listen_addr)
        memcpy(config->metrics_prometheus_endpoint, config->metrics_listen_addr, CONFIG_TEXT_SIZE);
    else
        memcpy(config->metrics_listen_addr, config->metrics_prometheus_endpoint, CONFIG_TEXT_SIZE);
    config->origins[CONFIG_KEY_metrics_listen_addr] = config->origins[key];
    config->origins[CONFIG_KEY_metrics_prometheus_endpoint] = config->origins[key];
    return PEVM_OK;
}

/* A file that describes a chain, not a name. */
static bool is_path(const char *name)
{
    size_t size = strlen(name);
    return strchr(name, '/') != NULL || (size > 5 && strcmp(name + size - 5, ".json") == 0);
}

static enum pevm_status check_chain(struct config *config, struct error *error)
{
    char known[160];
    size_t size = 0;
    if (is_path(config->chain_name)) return PEVM_OK;
    for (size_t i = 0; i < COUNT_OF(chain_names); i++) {
        size += (size_t)snprintf(
            known + size, sizeof known - size, "%s%s", i == 0 ? "" : ", ", chain_names[i].name);
        if (strcmp(chain_names[i].name, config->chain_name) != 0) continue;
        uint64_t id = chain_names[i].id, given = config->chain_network_id;
        if (given != 0 && given != id)
            return error_set(error,
                             PEVM_BAD_INPUT,
                             "chain.network_id is %" PRIu64 ", but chain.name %s has %" PRIu64,
                             given,
                             config->chain_name,
                             id);
        config->chain_network_id = id;
        return PEVM_OK;
    }
    return error_set(
        error,
        PEVM_BAD_INPUT,
        "chain.name: \"%.60s\" is no chain that is known; wanted one of %s, or the path of a file",
        config->chain_name,
        known);
}

enum pevm_status config_join(struct config *config, struct error *error)
{
    TRY(join_names(config, error));
    TRY(check_chain(config, error));
    if (config->storage_kind == STORE_AUTO) {
        bool has_server =
            config->origins[CONFIG_KEY_storage_pika_addr].source != CONFIG_FROM_DEFAULT;
        config->storage_kind = has_server ? STORE_PIKA : STORE_LMDB;
    }
    if (config->leader_renew_interval >= config->leader_lock_ttl / 2)
        return error_set(
            error,
            PEVM_BAD_INPUT,
            "leader.renew_interval: must be less than half of leader.lock_ttl, or the lock "
            "is lost between two renewals");
    return PEVM_OK;
}
