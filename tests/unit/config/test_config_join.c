#include "support/config_file.h"
#include "support/test.h"

static const struct {
    const char *yaml, *text;
} refused[] = {
    {"chain:\n  name: foo\n",
     "chain.name: \"foo\" is no chain that is known; wanted one of bsc, chapel, mainnet, sepolia, "
     "or the path of a file"                                                                                                              },
    {"chain:\n  name: bsc\n  network_id: 1\n",                                          "chain.network_id is 1, but chain.name bsc has 56"},
    {"engine:\n  max_workers: 3\nworker_pools:\n  tx_executor:\n    worker_count: 4\n",
     "engine.max_workers is 3 and worker_pools.tx_executor.worker_count is 4: they are one key "
     "with two names; give one of them"                                                                                                   },
    {"metrics:\n  listen_addr: \":1\"\n  prometheus_endpoint: \":2\"\n",
     "metrics.listen_addr is \"0.0.0.0:1\" and metrics.prometheus_endpoint is \"0.0.0.0:2\": they "
     "are one key with two names; give one of them"                                                                                       },
    {"leader:\n  lock_ttl: 2s\n  renew_interval: 1s\n",
     "leader.renew_interval: must be less than half of leader.lock_ttl, or the lock is lost "
     "between two renewals"                                                                                                               },
};

TEST(keys_that_contradict_one_another_are_refused)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct config_trial trial = {.yaml = refused[i].yaml};
        CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
        CHECK_TEXT(trial.error.text, refused[i].text);
    }
}

TEST(a_chain_has_its_own_id_unless_a_file_describes_it)
{
    struct config_trial trial = {.yaml = "chain:\n  name: sepolia\n"};
    CHECK_EQ(config_of(&trial)->chain_network_id, 11155111);
    trial.yaml = "chain:\n  name: ./mine.json\n";
    CHECK_EQ(config_of(&trial)->chain_network_id, 0);
}

TEST(of_two_names_the_one_from_the_higher_place_counts)
{
    static const char *const variables[] = {"PEVM_PROMETHEUS_PORT=9090", NULL};
    struct config_trial trial = {
        .yaml = "metrics:\n  listen_addr: \":9091\"\nengine:\n  max_workers: 3\n"
                "worker_pools:\n  tx_executor:\n    worker_count: 3\n",
        .variables = variables};
    const struct config *config = config_of(&trial);
    CHECK_TEXT(config->metrics_listen_addr, "0.0.0.0:9090");
    CHECK_TEXT(config->metrics_prometheus_endpoint, "0.0.0.0:9090");
    CHECK_EQ(config->engine_max_workers, 3);
    trial.variables = NULL;
    CHECK_TEXT(config_of(&trial)->metrics_prometheus_endpoint, "0.0.0.0:9091");
}

TEST(a_store_that_is_named_is_used)
{
    struct config_trial trial = {.yaml = "storage:\n  kind: lmdb\n  pika:\n    addr: \"a:1\"\n"};
    CHECK_EQ(config_of(&trial)->storage_kind, STORE_LMDB);
}
