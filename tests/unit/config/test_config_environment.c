#include "config/config_private.h"
#include "support/config_file.h"
#include "support/test.h"

#include <stdlib.h>
#include <unistd.h>

TEST(documented_variables_override_the_file)
{
    static const char *const variables[] = {"HOME=/",
                                            "EVM_EXECUTOR_STORAGE_PIKA_ADDR=pika:9221",
                                            "EVM_EXECUTOR_LOGGING_LEVEL=debug",
                                            NULL};
    struct config_trial trial = {.yaml = "logging:\n  level: error\n", .variables = variables};
    const struct config *config = config_of(&trial);
    CHECK_TEXT(config->storage_pika_addr, "pika:9221");
    CHECK_EQ(config->logging_level, LEVEL_DEBUG);
    CHECK_EQ(config->storage_kind, STORE_PIKA);
    CHECK_EQ(config->origins[CONFIG_KEY_logging_level].source, CONFIG_FROM_ENVIRONMENT);
}

TEST(every_key_has_a_variable_of_its_own)
{
    char names[CONFIG_KEY_COUNT][CONFIG_ENVIRONMENT_SIZE];
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        struct config_trial trial = {0};
        char value[CONFIG_VALUE_SIZE], variable[512];
        config_environment_name(names[i], config_specs[i].key);
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(names[i], names[j]) != 0);
        (void)config_of(&trial); /* the defaults */
        config_print(value, &trial.config, (enum config_key)i);
        size_t size = strlen(value);
        bool is_quoted = value[0] == '"';
        snprintf(variable,
                 sizeof variable,
                 "%.95s=%.*s",
                 names[i],
                 (int)(size - 2 * is_quoted),
                 value + is_quoted);
        const char *const variables[] = {variable, NULL};
        trial.variables = variables;
        CHECK_EQ(config_of(&trial)->origins[i].source, CONFIG_FROM_ENVIRONMENT);
    }
}

TEST(short_variables_come_before_the_file_and_after_the_long_ones)
{
    static const char *const variables[] = {"PEVM_MAX_WORKERS=8",
                                            "PEVM_MEMORY_LIMIT=3GB",
                                            "PEVM_ENABLE_METRICS=false",
                                            "PEVM_LOG_LEVEL=warn",
                                            "PEVM_PROMETHEUS_PORT=9090",
                                            "EVM_EXECUTOR_LOGGING_LEVEL=error",
                                            "PEVM_FIXTURES=/somewhere",
                                            NULL};
    struct config_trial trial = {.yaml = "engine:\n  max_workers: 3\n", .variables = variables};
    const struct config *config = config_of(&trial);
    CHECK_EQ(config->engine_max_workers, 8);
    CHECK_EQ(config->engine_memory_limit, UINT64_C(3) << 30);
    CHECK(!config->metrics_enabled);
    CHECK_EQ(config->logging_level, LEVEL_ERROR);
    CHECK_TEXT(config->metrics_listen_addr, "0.0.0.0:9090");
}

static const struct {
    const char *variable, *text;
} refused[] = {
    {"EVM_EXECUTOR_EXECUTION_BATCH_SIZE=abc",
     "environment: EVM_EXECUTOR_EXECUTION_BATCH_SIZE: execution.batch_size: \"abc\" will not do; "
     "wanted a whole number, 1 to 10000"                                                                    },
    {"EVM_EXECUTOR_EXECUTION_BATCH_SIZE=",
     "environment: EVM_EXECUTOR_EXECUTION_BATCH_SIZE: execution.batch_size: \"\" will not do; "
     "wanted a whole number, 1 to 10000"                                                                    },
    {"EVM_EXECUTOR_EXECUTION_BATCH_SIZ=3",
     "environment: there is no variable EVM_EXECUTOR_EXECUTION_BATCH_SIZ; did you mean "
     "EVM_EXECUTOR_EXECUTION_BATCH_SIZE"                                                                    },
    {"EVM_EXECUTOR_NONSENSE=3",                    "environment: there is no variable EVM_EXECUTOR_NONSENSE"},
    {"EVM_EXECUTOR_CHAIN_NAME_FILE=/etc/hostname",
     "environment: there is no variable EVM_EXECUTOR_CHAIN_NAME_FILE"                                       },
    {"PEVM_MAX_WORKERS=many",
     "environment: PEVM_MAX_WORKERS: engine.max_workers: \"many\" will not do; wanted a whole "
     "number, 0 to 1024"                                                                                    },
    {"PEVM_PROMETHEUS_PORT=99999",
     "environment: PEVM_PROMETHEUS_PORT: metrics.prometheus_endpoint: \":99999\" will not do; "
     "wanted host:port"                                                                                     },
};

TEST(what_is_wrong_with_a_variable_is_told_with_its_name)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        const char *const variables[] = {refused[i].variable, NULL};
        struct config_trial trial = {.variables = variables};
        CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
        CHECK_TEXT(trial.error.text, refused[i].text);
    }
}

TEST(unknown_variables_are_only_warned_of_when_that_is_wanted)
{
    static const char *const variables[] = {
        "EVM_EXECUTOR_NONSENSE=3", "EVM_EXECUTOR_STRICT_ENVIRONMENT=false", NULL};
    struct config_trial trial = {.variables = variables};
    (void)config_of(&trial);
    CHECK_TEXT(trial.warnings, "environment: there is no variable EVM_EXECUTOR_NONSENSE\n");
}

TEST(a_secret_may_be_in_a_file)
{
    char path[] = "/tmp/pevm_secret_XXXXXX", variable[128];
    int file = mkstemp(path);
    assert_true(file >= 0);
    CHECK_EQ(write(file, "open sesame\n", 12), 12);
    snprintf(variable, sizeof variable, "EVM_EXECUTOR_STORAGE_PIKA_PASSWORD_FILE=%s", path);
    const char *const variables[] = {variable, NULL};
    struct config_trial trial = {.variables = variables};
    CHECK_TEXT(config_of(&trial)->storage_pika_password, "open sesame");
    CHECK_EQ(write(file, "more\n", 5), 5);
    CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT); /* two lines */
    CHECK(strstr(trial.error.text, "sesame") == NULL);
    close(file);
    unlink(path);
    CHECK_EQ(config_try(&trial), PEVM_BAD_INPUT);
    CHECK(strstr(trial.error.text, "No such file") != NULL);
}
