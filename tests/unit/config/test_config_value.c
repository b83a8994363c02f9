#include "config/config_private.h"
#include "support/test.h"

#include <stdlib.h>

static struct config config;

static bool set(const char *key, const char *text)
{
    struct error error;
    struct config_origin origin = {0};
    return config_set(&config, config_find(key), text, false, origin, &error) == PEVM_OK;
}

static const char *printed(const char *key)
{
    static char text[CONFIG_VALUE_SIZE];
    return config_print(text, &config, config_find(key));
}

static const struct {
    const char *key, *text, *printed; /* NULL: refused */
} cases[] = {
    {"execution.batch_size",     "1",                    "1"                    },
    {"execution.batch_size",     "10000",                "10000"                },
    {"execution.batch_size",     "0010",                 "10"                   },
    {"execution.batch_size",     "10001",                NULL                   },
    {"execution.batch_size",     "0",                    NULL                   },
    {"execution.batch_size",     "",                     NULL                   },
    {"execution.batch_size",     "10 ",                  NULL                   },
    {"execution.batch_size",     " 10",                  NULL                   },
    {"execution.batch_size",     "+10",                  NULL                   },
    {"execution.batch_size",     "-1",                   NULL                   },
    {"execution.batch_size",     "1e3",                  NULL                   },
    {"execution.batch_size",     "0x10",                 NULL                   },
    {"execution.batch_size",     "1000000000000",        NULL                   },
    {"execution.batch_size",     "18446744073709551617", NULL                   },
    {"engine.memory_limit",      "0",                    "0"                    },
    {"engine.memory_limit",      "512MB",                "512MB"                },
    {"engine.memory_limit",      "512MiB",               "512MB"                },
    {"engine.memory_limit",      "1024MB",               "1GB"                  },
    {"engine.memory_limit",      "1073741824",           "1GB"                  },
    {"engine.memory_limit",      "1000B",                "1000B"                },
    {"engine.memory_limit",      "1TB",                  "1TB"                  },
    {"engine.memory_limit",      "2TB",                  NULL                   },
    {"engine.memory_limit",      "1GB1MB",               NULL                   },
    {"engine.memory_limit",      "GB",                   NULL                   },
    {"engine.memory_limit",      "1gb",                  NULL                   },
    {"engine.memory_limit",      "1.5GB",                NULL                   },
    {"engine.memory_limit",      "99999999999TB",        NULL                   },
    {"engine.task_timeout",      "30s",                  "30s"                  },
    {"engine.task_timeout",      "90s",                  "1m30s"                },
    {"engine.task_timeout",      "1h30m",                "1h30m"                },
    {"engine.task_timeout",      "1500ms",               "1s500ms"              },
    {"engine.task_timeout",      "1000000ns",            "1ms"                  },
    {"engine.task_timeout",      "0",                    NULL                   },
    {"engine.task_timeout",      "5",                    NULL                   },
    {"engine.task_timeout",      "25h",                  NULL                   },
    {"engine.task_timeout",      "1d",                   NULL                   },
    {"engine.task_timeout",      "s",                    NULL                   },
    {"engine.task_timeout",      "1s ",                  NULL                   },
    {"engine.task_timeout",      "9999999999h",          NULL                   },
    {"startup_timeout",          "0",                    "0"                    },
    {"startup_timeout",          "0s",                   "0"                    },
    {"engine.gc_pressure_limit", "0.8",                  "0.8"                  },
    {"engine.gc_pressure_limit", "1",                    "1"                    },
    {"engine.gc_pressure_limit", "1.0",                  "1"                    },
    {"engine.gc_pressure_limit", "0",                    NULL                   },
    {"engine.gc_pressure_limit", "1.1",                  NULL                   },
    {"engine.gc_pressure_limit", ".5",                   NULL                   },
    {"engine.gc_pressure_limit", "0.",                   NULL                   },
    {"engine.gc_pressure_limit", "0.5.5",                NULL                   },
    {"engine.gc_pressure_limit", "nan",                  NULL                   },
    {"engine.gc_pressure_limit", "5e-1",                 NULL                   },
    {"metrics.enabled",          "true",                 "true"                 },
    {"metrics.enabled",          "false",                "false"                },
    {"metrics.enabled",          "yes",                  NULL                   },
    {"metrics.enabled",          "True",                 NULL                   },
    {"metrics.enabled",          "1",                    NULL                   },
    {"metrics.listen_addr",      ":9090",                "\"0.0.0.0:9090\""     },
    {"metrics.listen_addr",      "localhost:1",          "\"localhost:1\""      },
    {"metrics.listen_addr",      "[::1]:9090",           "\"[::1]:9090\""       },
    {"metrics.listen_addr",      "::1:9090",             NULL                   },
    {"metrics.listen_addr",      "host",                 NULL                   },
    {"metrics.listen_addr",      "host:",                NULL                   },
    {"metrics.listen_addr",      "host:0",               NULL                   },
    {"metrics.listen_addr",      "host:65536",           NULL                   },
    {"metrics.listen_addr",      "a b:80",               NULL                   },
    {"metrics.listen_addr",      "/tmp/socket",          NULL                   },
    {"storage.pika.addr",        "/tmp/redis.sock",      "\"/tmp/redis.sock\""  },
    {"storage.pika.addr",        "pika-service:9221",    "\"pika-service:9221\""},
    {"validation.policy",        "eager",                "early"                },
    {"validation.policy",        "early",                "early"                },
    {"validation.policy",        "batch",                "batch"                },
    {"validation.policy",        "earl",                 NULL                   },
    {"validation.policy",        "",                     NULL                   },
    {"validation.policy",        "early=eager",          NULL                   },
    {"storage.kind",             "redis",                "pika"                 },
    {"storage.kind",             "memory",               "memory"               },
    {"storage.lmdb.path",        "a \"b\" \\c",          "\"a \\\"b\\\" \\\\c\""},
    {"storage.lmdb.path",        "a\nb",                 NULL                   },
    {"storage.lmdb.path",        "",                     NULL                   },
    {"logging.file",             "",                     "\"\""                 },
};

TEST(values_are_read_strictly_and_printed_in_one_way)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_set = set(cases[i].key, cases[i].text);
        if (is_set != (cases[i].printed != NULL))
            fail_msg("%s: \"%s\"", cases[i].key, cases[i].text);
        if (!is_set) continue;
        char text[CONFIG_VALUE_SIZE];
        snprintf(text, sizeof text, "%s", printed(cases[i].key));
        CHECK_TEXT(text, cases[i].printed);
        if (text[0] == '"') continue;
        CHECK(set(cases[i].key, text)); /* what is printed is read as the same */
        CHECK_TEXT(printed(cases[i].key), cases[i].printed);
    }
}

TEST(a_text_may_fill_its_room_and_no_more)
{
    char text[CONFIG_TEXT_SIZE + 1];
    memset(text, 'x', sizeof text);
    text[CONFIG_TEXT_SIZE] = 0;
    CHECK(!set("chain.name", text));
    text[CONFIG_TEXT_SIZE - 1] = 0;
    CHECK(set("chain.name", text));
    CHECK_TEXT(config.chain_name, text);
}

TEST(what_is_wanted_is_said_for_every_kind)
{
    char text[CONFIG_WANTED_SIZE];
    CHECK_TEXT(config_wanted(text, &config_specs[CONFIG_KEY_engine_memory_pool_size]),
               "a size like 512MB, 16MB to 1TB");
    CHECK_TEXT(config_wanted(text, &config_specs[CONFIG_KEY_metrics_collection_interval]),
               "a time like 1m30s, 100ms to 1h");
    CHECK_TEXT(config_wanted(text, &config_specs[CONFIG_KEY_validation_policy]),
               "one of early = eager, lazy, batch");
    CHECK_TEXT(config_wanted(text, &config_specs[CONFIG_KEY_storage_pika_addr]),
               "host:port, or the path of a unix socket");
    CHECK_TEXT(config_wanted(text, &config_specs[CONFIG_KEY_engine_gc_pressure_limit]),
               "a number above 0, at most 1");
}
