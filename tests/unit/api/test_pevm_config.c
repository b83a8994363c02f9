#include "support/api_world.h"
#include "support/test.h"
#include "sync/team.h"

#include <stdio.h>

static enum pevm_status open_and_close(const struct pevm_config *config, struct pevm_error *error)
{
    pevm_engine *engine;
    enum pevm_status status = pevm_engine_open(&engine, config, error);
    CHECK_EQ(engine != NULL, status == PEVM_OK);
    pevm_engine_close(engine);
    return status;
}

static struct pevm_config latency(void)
{
    struct pevm_config config;
    pevm_config_init(&config, PEVM_PRESET_LATENCY);
    return config;
}

TEST(every_preset_opens_an_engine_on_every_kind_of_chain)
{
    const char *const chains[] = {"mainnet", "sepolia", "Frontier", "Osaka", "BerlinToLondonAt5"};
    for (unsigned preset = 0; preset <= PEVM_PRESET_DETERMINISTIC; preset++)
        for (size_t i = 0; i < COUNT_OF(chains); i++) {
            struct pevm_config config;
            struct pevm_error error;
            pevm_config_init(&config, (enum pevm_preset)preset);
            config.chain = chains[i];
            CHECK_EQ(open_and_close(&config, &error), PEVM_OK);
        }
}

TEST(presets_differ_in_what_they_are_named_for)
{
    struct pevm_config throughput, low_memory, deterministic;
    pevm_config_init(&throughput, PEVM_PRESET_THROUGHPUT);
    pevm_config_init(&low_memory, PEVM_PRESET_LOW_MEMORY);
    pevm_config_init(&deterministic, PEVM_PRESET_DETERMINISTIC);
    CHECK_EQ(throughput.validation, PEVM_VALIDATION_BATCH);
    CHECK_EQ(latency().validation, PEVM_VALIDATION_EARLY);
    CHECK_EQ(latency().policy, PEVM_POLICY_LOAD_BALANCED);
    CHECK_EQ(latency().spin, 1);
    CHECK_EQ(throughput.spin, 0);
    CHECK_EQ(low_memory.workers, 2);
    CHECK(low_memory.memory_max_bytes > 0);
    CHECK_EQ(deterministic.policy, PEVM_POLICY_SEQUENTIAL);
    CHECK_EQ(deterministic.workers, 1);
    CHECK_EQ(deterministic.conflict_detection, PEVM_DETECTION_PRECISE);
    CHECK_TEXT(throughput.chain, "mainnet");
}

static void check_refused(const struct pevm_config *config,
                          enum pevm_status status,
                          const char *text)
{
    struct pevm_error error;
    CHECK_EQ(open_and_close(config, &error), status);
    if (strncmp(error.text, text, strlen(text)) != 0) fail_msg("%s, not %s", error.text, text);
    CHECK_EQ(open_and_close(config, NULL), status);
}

/* One field out of range; the rest as the preset says. */
#define CHECK_FIELD(field, value, text)                                                            \
    do {                                                                                           \
        struct pevm_config config = latency();                                                     \
        config.field = (value);                                                                    \
        check_refused(&config, PEVM_BAD_INPUT, "pevm_config." text);                               \
    } while (0)

TEST(a_configuration_that_makes_no_sense_is_refused_with_its_field)
{
    CHECK_FIELD(struct_size, 0, "struct_size is 0, expected ");
    CHECK_FIELD(struct_size, 7, "struct_size is 7, expected ");
    CHECK_FIELD(workers, 129, "workers is 129, which is not from 0 to 128");
    CHECK_FIELD(policy, 4, "policy is 4, ");
    CHECK_FIELD(validation, 3, "validation is 3, ");
    CHECK_FIELD(conflict_detection, 2, "conflict_detection is 2, ");
    CHECK_FIELD(
        validation_batch_size, 0, "validation_batch_size is 0, which is not from 1 to 65536");
    CHECK_FIELD(validation_batch_size, 65537, "validation_batch_size is 65537, ");
    CHECK_FIELD(attempts_max, 0, "attempts_max is 0, ");
    CHECK_FIELD(attempts_max, 1001, "attempts_max is 1001, ");
    CHECK_FIELD(adaptive, 2, "adaptive is 2, ");
    CHECK_FIELD(load_balancing, 255, "load_balancing is 255, ");
    CHECK_FIELD(scaling, 2, "scaling is 2, ");
    CHECK_FIELD(affinity, 2, "affinity is 2, ");
    CHECK_FIELD(numa, 2, "numa is 2, ");
    CHECK_FIELD(spin, 2, "spin is 2, ");
    CHECK_FIELD(code_cache_bytes, 0, "code_cache_bytes is 0, which is not from 1048576 to ");
    CHECK_FIELD(memory_pressure_percent, 0, "memory_pressure_percent is 0, ");
    CHECK_FIELD(memory_pressure_percent, 101, "memory_pressure_percent is 101, ");
    CHECK_FIELD(dependency_analysis, 3, "dependency_analysis is 3, ");
}

TEST(fields_that_contradict_one_another_are_refused)
{
    struct pevm_config config = latency();
    config.policy = PEVM_POLICY_ADAPTIVE;
    config.adaptive = 0;
    check_refused(&config, PEVM_BAD_INPUT, "pevm_config.adaptive is 0, which contradicts ");
}

TEST(a_chain_that_nobody_knows_is_not_supported)
{
    struct pevm_config config = latency();
    config.chain = "moonnet";
    check_refused(&config, PEVM_UNSUPPORTED, "pevm_config.chain: ");
    config.chain = "";
    check_refused(&config, PEVM_UNSUPPORTED, "pevm_config.chain: ");
}

TEST(the_most_workers_are_those_of_a_team)
{
    CHECK_EQ(PEVM_WORKERS_MAX, TEAM_WORKERS_MAX);
}

/* ---- while it is open -------------------------------------------------------------------------- */

TEST(an_open_engine_takes_another_configuration_and_gives_the_same)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(3);
    struct pevm_input input = api_world_input(&world);
    for (uint32_t policy = 0; policy <= PEVM_POLICY_SEQUENTIAL; policy++) {
        struct pevm_config config = api_world_config(3);
        config.policy = policy;
        config.validation = policy % 3;
        CHECK_EQ(pevm_engine_configure(engine, &config, &error), PEVM_OK);
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
        CHECK(hash32_equal(&outcome->state_root, &world.inside->block.header.state_root));
    }
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(pinned_workers_give_the_same)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    pevm_engine *engine;
    api_world_init(&world);
    struct pevm_input input = api_world_input(&world);
    struct pevm_config config = api_world_config(3);
    config.affinity = 1;
    CHECK_EQ(pevm_engine_open(&engine, &config, &error), PEVM_OK);
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome->is_valid, 1);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(what_an_open_engine_can_not_change_is_refused)
{
    struct pevm_error error;
    pevm_engine *engine = api_world_engine(3);
    struct pevm_config config = api_world_config(3);
    config.workers = 2;
    CHECK_EQ(pevm_engine_configure(engine, &config, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "pevm_config.workers can't change while the engine is open");
    config = api_world_config(3);
    config.chain = "mainnet";
    CHECK_EQ(pevm_engine_configure(engine, &config, &error), PEVM_BAD_INPUT);
    CHECK_TEXT(error.text, "pevm_config.chain can't change while the engine is open");
    config = api_world_config(3);
    config.memory_max_bytes = 1;
    CHECK_EQ(pevm_engine_configure(engine, &config, &error), PEVM_BAD_INPUT);
    config = api_world_config(3);
    config.policy = 17;
    CHECK_EQ(pevm_engine_configure(engine, &config, NULL), PEVM_BAD_INPUT);
    pevm_engine_close(engine);
}

TEST(absurd_hints_give_the_same)
{
    static const struct pevm_dependency pairs[] = {
        {1,          0         },
        {5,          4         },
        {4,          5         },
        {7,          7         },
        {UINT32_MAX, 0         },
        {0,          UINT32_MAX},
        {23,         22        }
    };
    static const uint64_t gas[] = {0, UINT64_MAX, 1};
    struct api_world world;
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(3);
    struct pevm_input input = api_world_input(&world);
    input.dependencies = pairs;
    input.dependency_count = COUNT_OF(pairs);
    input.gas_estimates = gas;
    input.gas_estimate_count = COUNT_OF(gas);
    for (uint32_t analysis = 0; analysis <= PEVM_HINTS_FULL; analysis++) {
        struct pevm_config config = api_world_config(3);
        config.dependency_analysis = analysis;
        CHECK_EQ(pevm_engine_configure(engine, &config, &error), PEVM_OK);
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, &error), PEVM_OK);
        CHECK_EQ(outcome->is_valid, 1);
    }
    pevm_engine_close(engine);
    api_world_fini(&world);
}
