#include "support/config_file.h"
#include "support/test.h"

static const char documented[] = "chain:\n"
                                 "  name: \"bsc\"\n"
                                 "  network_id: 56\n"
                                 "storage:\n"
                                 "  pika:\n"
                                 "    addr: \"127.0.0.1:9221\"\n"
                                 "    \n"
                                 "execution:\n"
                                 "  state_cache_size: 20000\n"
                                 "  storage_cache_size: 50000\n";

TEST(the_documented_file_of_the_service_is_read)
{
    struct config_trial trial = {.yaml = documented};
    const struct config *config = config_of(&trial);
    CHECK_TEXT(config->chain_name, "bsc");
    CHECK_EQ(config->chain_network_id, 56);
    CHECK_EQ(config->execution_state_cache_size, 20000);
    CHECK_EQ(config->storage_kind, STORE_PIKA);
    CHECK_EQ(config->origins[CONFIG_KEY_execution_state_cache_size].source, CONFIG_FROM_FILE);
    CHECK_EQ(config->origins[CONFIG_KEY_execution_state_cache_size].line, 9);
    CHECK_EQ(config->origins[CONFIG_KEY_evm_gas_limit].source, CONFIG_FROM_DEFAULT);
}

TEST(the_documented_file_of_the_engine_is_read)
{
    struct config_trial trial = {.yaml = "engine:\n"
                                         "  max_workers: 8\n"
                                         "  worker_affinity: true\n"
                                         "  memory_pool_size: \"1GB\"\n"
                                         "  gc_pressure_limit: 0.8\n"
                                         "scheduler:\n"
                                         "  policy: \"work_stealing\"\n"
                                         "  load_balancing: true\n"
                                         "  adaptive: true\n"
                                         "  dependency_analysis: \"fast\"\n"
                                         "storage:\n"
                                         "  backend: \"lock_free\"\n"
                                         "  version_gc_interval: \"5m\"\n"
                                         "  cache_size: \"512MB\"\n"
                                         "  numa_aware: true\n"
                                         "validation:\n"
                                         "  policy: \"early\"\n"
                                         "  conflict_detection: \"fast\"\n"
                                         "  batch_size: 100\n"
                                         "metrics:\n"
                                         "  enabled: true\n"
                                         "  collection_interval: \"1s\"\n"
                                         "  prometheus_endpoint: \":9090\"\n"
                                         "  detailed_profiling: false\n"};
    const struct config *config = config_of(&trial);
    CHECK_EQ(config->engine_max_workers, 8);
    CHECK_EQ(config->tx_executor_worker_count, 8);
    CHECK_EQ(config->storage_cache_size, 512u << 20);
    CHECK_EQ(config->storage_version_gc_interval, UINT64_C(300000000000));
    CHECK_TEXT(config->metrics_listen_addr, "0.0.0.0:9090");
    CHECK_EQ(config->storage_kind, STORE_LMDB);
}

TEST(an_empty_file_and_empty_sections_mean_the_defaults)
{
    static const char *const texts[] = {
        "", "# nothing\n", "storage:\nchain: ~\n", "---\nstorage: {}\n...\n", "{}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct config_trial trial = {.yaml = texts[i]};
        CHECK_EQ(config_of(&trial)->execution_batch_size, 10);
    }
}

static const struct {
    const char *yaml, *text;
} refused[] = {
    {"exection:\n  batch_size: 3\n",                              "FILE:1:1: there is no key exection; did you mean execution"        },
    {"execution:\n  state_cach_size: 3\n",
     "FILE:2:3: there is no key execution.state_cach_size; did you mean "
     "execution.state_cache_size"                                                                                                     },
    {"chain:\n  nonsense_of_mine: 3\n",                           "FILE:2:3: there is no key chain.nonsense_of_mine"                  },
    {"execution:\n  batch_size: abc\n",
     "FILE:2:15: execution.batch_size: \"abc\" will not do; wanted a whole number, 1 to 10000"                                        },
    {"execution:\n  batch_size: 0\n",
     "FILE:2:15: execution.batch_size: \"0\" will not do; wanted a whole number, 1 to 10000"                                          },
    {"execution:\n  batch_size: -1\n",
     "FILE:2:15: execution.batch_size: \"-1\" will not do; wanted a whole number, 1 to 10000"                                         },
    {"execution:\n  batch_size: \"10\"\n",
     "FILE:2:15: execution.batch_size: \"10\" is a text, it stands in quotes; wanted a whole "
     "number, 1 to 10000"                                                                                                             },
    {"execution:\n  batch_size:\n",
     "FILE:2:14: execution.batch_size: has no value; wanted a whole number, 1 to 10000"                                               },
    {"execution:\n  batch_size: 3\n  batch_size: 3\n",
     "FILE:3:3: execution.batch_size: is here a second time; the first is in line 2"                                                  },
    {"chain:\n  name: bsc\nmetrics:\nchain:\n  network_id: 56\n",
     "FILE:4:1: chain: is here a second time; the first is in line 1"                                                                 },
    {"execution: 7\n",                                            "FILE:1:12: execution: wants keys under it, not \"7\""              },
    {"execution:\n  batch_size:\n    more: 1\n",
     "FILE:3:5: execution.batch_size: has keys under it; wanted a whole number, 1 to 10000"                                           },
    {"execution:\n  batch_size: [1]\n",
     "FILE:2:15: execution.batch_size: lists and aliases mean nothing here"                                                           },
    {"execution:\n  - 1\n",                                       "FILE:2:3: execution: lists and aliases mean nothing here"          },
    {"- 1\n",                                                     "FILE:1:1: wanted keys like \"chain:\""                             },
    {"hello\n",                                                   "FILE:1:1: wanted keys like \"chain:\""                             },
    {"[1]: 2\n",                                                  "FILE:1:1: wanted a key"                                            },
    {"chain: &a\n  name: bsc\n",                                  "FILE:1:8: anchors and tags mean nothing here"                      },
    {"chain:\n  name: !!str bsc\n",                               "FILE:2:9: anchors and tags mean nothing here"                      },
    {"chain:\n  name: bsc\n---\nchain:\n",                        "FILE:3:1: a second document in one file"                           },
    {"chain.name: bsc\n",                                         "FILE:1:1: there is no key chain.name"                              },
    {"chain:\n  name: \"a\\0b\"\n",                               "FILE:2:9: a text with a zero byte"                                 },
    {"chain:\n  name: \"\"\n",
     "FILE:2:9: chain.name: \"\" will not do; wanted a text of 1 to 255 letters in one line"                                          },
    {"chain:\n\tname: bsc\n",
     "FILE:2:1: this is no YAML: found character that cannot start any token"                                                         },
    {"chain: {name: bsc\n",                                       "FILE:2:1: this is no YAML: did not find expected ',' or '}'"       },
    {"storage:\n  pika:\n    password: \"a\\nsecret\"\n",
     "FILE:3:15: storage.pika.password: \"(hidden)\" will not do; wanted a text of 0 to 255 "
     "letters in one line"                                                                                                            },
    {"verify: most\n",                                            "FILE:1:9: verify: \"most\" will not do; wanted one of header, full"},
};

TEST(what_is_wrong_is_told_with_its_place_and_what_was_wanted)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct config_trial trial = {.yaml = refused[i].yaml};
        CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
        CHECK_TEXT(trial.error.text, refused[i].text);
    }
}

TEST(bytes_that_are_no_text_are_told_with_their_place)
{
    struct config_trial trial = {.yaml = "chain:\n  name: \xff\xfe\n"};
    CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
    CHECK(strstr(trial.error.text, "FILE: byte 15: ") == trial.error.text);
}

TEST(a_file_that_is_not_there_is_named)
{
    struct config config;
    struct error error;
    struct config_input input = {.path = "/nowhere/pevm.yaml"};
    CHECK_EQ(config_load(&config, &input, &error), PEVM_NOT_FOUND);
    CHECK_TEXT(error.text, "/nowhere/pevm.yaml: No such file or directory");
    input.path = "/tmp";
    CHECK_EQ(config_load(&config, &input, &error), PEVM_IO);
}
