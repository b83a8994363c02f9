#include "config/config_private.h"
#include "support/config_file.h"
#include "support/test.h"

TEST(all_defaults_are_in_their_range_and_those_promised)
{
    struct config_trial trial = {0};
    const struct config *config = config_of(&trial);
    CHECK_TEXT(config->chain_name, "bsc");
    CHECK_EQ(config->chain_network_id, 56);
    CHECK_EQ(config->storage_pika_max_connections, 200);
    CHECK_EQ(config->storage_pika_pipeline_size, 1000);
    CHECK_EQ(config->execution_state_window_size, 1024);
    CHECK_EQ(config->execution_state_cache_size, 10000);
    CHECK_EQ(config->execution_storage_cache_size, 50000);
    CHECK_EQ(config->execution_code_cache_size, 1000);
    CHECK_EQ(config->execution_history_ttl, UINT64_C(3600000000000));
    CHECK_EQ(config->engine_memory_limit, UINT64_C(2) << 30);
    CHECK_EQ(config->engine_execution_timeout, UINT64_C(900000000000));
    CHECK_TEXT(config->metrics_listen_addr, "0.0.0.0:9091");
    CHECK_EQ(config->verify, VERIFY_WITH_HEADER);
}

/* The enums of config.h follow the words of config.def. */
static const struct {
    enum config_key key;
    unsigned value;
    const char *word;
} choices[] = {
    {CONFIG_KEY_preset,                        PRESET_LOW_MEMORY,    "low_memory"   },
    {CONFIG_KEY_preset,                        PRESET_DETERMINISTIC, "deterministic"},
    {CONFIG_KEY_verify,                        VERIFY_IN_FULL,       "full"         },
    {CONFIG_KEY_scheduler_policy,              POLICY_SEQUENTIAL,    "sequential"   },
    {CONFIG_KEY_scheduler_dependency_analysis, ANALYSIS_FULL,        "full"         },
    {CONFIG_KEY_storage_kind,                  STORE_MEMORY,         "memory"       },
    {CONFIG_KEY_storage_lmdb_sync,             SYNC_NEVER,           "never"        },
    {CONFIG_KEY_storage_pika_address_case,     CASE_LOWER,           "lower"        },
    {CONFIG_KEY_validation_policy,             VALIDATION_BATCH,     "batch"        },
    {CONFIG_KEY_validation_conflict_detection, DETECTION_PRECISE,    "precise"      },
    {CONFIG_KEY_logging_level,                 LEVEL_ERROR,          "error"        },
    {CONFIG_KEY_logging_format,                FORMAT_CONSOLE,       "console"      },
};

TEST(choices_have_the_numbers_of_their_enums)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        struct config config;
        struct error error;
        unsigned value;
        CHECK_EQ(
            config_set(
                &config, choices[i].key, choices[i].word, false, (struct config_origin){0}, &error),
            PEVM_OK);
        memcpy(&value, (const char *)&config + config_specs[choices[i].key].offset, sizeof value);
        CHECK_EQ(value, choices[i].value);
    }
}

TEST(a_preset_sets_defaults_and_nothing_that_is_given)
{
    struct config_trial trial = {.yaml = "preset: low_memory\nexecution:\n  state_cache_size: 7\n"};
    const struct config *config = config_of(&trial);
    CHECK_EQ(config->engine_max_workers, 2);
    CHECK_EQ(config->tx_executor_worker_count, 2);
    CHECK_EQ(config->execution_storage_cache_size, 25000);
    CHECK_EQ(config->execution_state_cache_size, 7);
    CHECK_EQ(config->origins[CONFIG_KEY_execution_storage_cache_size].source, CONFIG_FROM_PRESET);
    static const char *const presets[] = {"latency", "throughput", "deterministic", "none"};
    for (size_t i = 0; i < COUNT_OF(presets); i++) {
        char yaml[64];
        snprintf(yaml, sizeof yaml, "preset: %s\n", presets[i]);
        trial.yaml = yaml;
        (void)config_of(&trial);
    }
}

TEST(the_command_line_wins)
{
    static const char *const variables[] = {"EVM_EXECUTOR_VERIFY=header", NULL};
    struct config_trial trial = {.variables = variables, .setting = "verify=full"};
    CHECK_EQ(config_of(&trial)->verify, VERIFY_IN_FULL);
    trial.setting = "verifi=full";
    CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
    CHECK_TEXT(trial.error.text, "there is no key verifi; did you mean verify");
    trial.setting = "verify";
    CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
    CHECK_TEXT(trial.error.text, "\"verify\" will not do; wanted key=value");
}

TEST(only_live_keys_may_change_while_it_runs)
{
    struct config_trial now = {.yaml = "storage:\n  pika:\n    password: a\n"}, next = now;
    struct error error;
    (void)config_of(&now);
    next.yaml = "storage:\n  pika:\n    password: a\nlogging:\n  level: debug\n";
    (void)config_of(&next);
    CHECK_EQ(config_check_live(&now.config, &next.config, &error), PEVM_OK);
    next.yaml = "storage:\n  pika:\n    password: b\n";
    (void)config_of(&next);
    CHECK_EQ(config_check_live(&now.config, &next.config, &error), PEVM_UNSUPPORTED);
    CHECK_TEXT(error.text,
               "storage.pika.password: only a new start changes it (from (hidden) to (hidden))");
}

static void on_difference(void *context, const char *key, const char *from, const char *to)
{
    char *text = context;
    size_t size = strlen(text);
    snprintf(text + size, 256 - size, "%s %s %s;", key, from, to);
}

TEST(differences_are_told_and_secrets_are_not)
{
    struct config_trial now = {.yaml = ""},
                        next = {
                            .yaml =
                                "storage:\n  pika:\n    password: b\nlogging:\n  level: debug\n"};
    char text[256] = "";
    config_diff(config_of(&now), config_of(&next), on_difference, text);
    CHECK_TEXT(text, "storage.pika.password (hidden) (hidden);logging.level info debug;");
}
