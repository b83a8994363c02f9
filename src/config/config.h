/* config.h - every key of the service: read strictly from a YAML file and the environment, checked, printed.
 *
 * config.def is the table of keys; struct config has a field for each. A key comes from the highest of these that gives it:
 * the command line, EVM_EXECUTOR_ variables, short PEVM_ variables, the file, the preset, its default. Nothing is guessed:
 * an unknown key, a wrong type, a value out of range, a key that is there twice are errors that name file, line, column and
 * key, and say what was expected.
 *
 * Words
 *   origin   where the value of a key came from
 *   live     a key that may change while the service runs (SIGHUP)
 *
 * Order of calls: config_load, then read the fields. One owner.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_SIZE 256 /* of a text, with its zero byte */

enum config_key {
#define CONFIG(kind, field, key, initial, least, most, when, about) CONFIG_KEY_##field,
#define CONFIG_CHOICE(field, key, initial, words, when, about)      CONFIG_KEY_##field,
#include "config/config.def"
#undef CONFIG
#undef CONFIG_CHOICE
    CONFIG_KEY_COUNT,
};

/* Choices, in the order of their words in config.def. */
enum config_preset {
    PRESET_NONE,
    PRESET_LATENCY,
    PRESET_THROUGHPUT,
    PRESET_LOW_MEMORY,
    PRESET_DETERMINISTIC
};
enum config_verify { VERIFY_WITH_HEADER, VERIFY_IN_FULL };
enum config_policy {
    POLICY_WORK_STEALING,
    POLICY_LOAD_BALANCED,
    POLICY_ADAPTIVE,
    POLICY_SEQUENTIAL
};
enum config_analysis { ANALYSIS_OFF, ANALYSIS_FAST, ANALYSIS_FULL };
enum config_store { STORE_AUTO, STORE_LMDB, STORE_PIKA, STORE_MEMORY };
enum config_sync { SYNC_COMMIT, SYNC_NEVER };
enum config_case { CASE_CHECKSUM, CASE_LOWER };
enum config_validation { VALIDATION_EARLY, VALIDATION_LAZY, VALIDATION_BATCH };
enum config_detection { DETECTION_FAST, DETECTION_PRECISE };
enum config_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };
enum config_format { FORMAT_JSON, FORMAT_CONSOLE };

/* Later ones win. */
enum config_source {
    CONFIG_FROM_DEFAULT,
    CONFIG_FROM_PRESET,
    CONFIG_FROM_FILE,
    CONFIG_FROM_SHORT_NAME,  /* PEVM_LOG_LEVEL */
    CONFIG_FROM_ENVIRONMENT, /* EVM_EXECUTOR_LOGGING_LEVEL */
    CONFIG_FROM_COMMAND_LINE,
};

struct config_origin {
    enum config_source source;
    uint32_t line; /* in the file, from 1; 0: not from the file */
};

#define CONFIG_FIELD_COUNT(field)    uint64_t field;
#define CONFIG_FIELD_BYTES(field)    uint64_t field;
#define CONFIG_FIELD_TIME(field)     uint64_t field; /* nanoseconds */
#define CONFIG_FIELD_SHARE(field)    double field;
#define CONFIG_FIELD_FLAG(field)     bool field;
#define CONFIG_FIELD_TEXT(field)     char field[CONFIG_TEXT_SIZE];
#define CONFIG_FIELD_SECRET(field)   char field[CONFIG_TEXT_SIZE];
#define CONFIG_FIELD_ENDPOINT(field) char field[CONFIG_TEXT_SIZE];

struct config {
#define CONFIG(kind, field, key, initial, least, most, when, about) CONFIG_FIELD_##kind(field)
#define CONFIG_CHOICE(field, key, initial, words, when, about)      unsigned field;
#include "config/config.def"
#undef CONFIG
#undef CONFIG_CHOICE
    struct config_origin origins[CONFIG_KEY_COUNT];
};

struct config_input {
    const char *path;               /* of the YAML file; NULL: none */
    const char *const *environment; /* "NAME=value" strings, NULL at the end; NULL: none */
    const char *const *settings;    /* "key=value" strings of the command line; NULL: none */
    size_t setting_count;
    void (*warn)(void *context, const char *text); /* told what is refused if strict; may be NULL */
    void *context;
};

/* PEVM_BAD_INPUT: something is wrong, the text says where and what was expected. PEVM_NOT_FOUND, PEVM_IO: the file. */
enum pevm_status config_load(struct config *out,
                             const struct config_input *input,
                             struct error *error) MUST_CHECK;

/* The effective configuration as YAML that would load again, each line with its origin; secrets are left out. */
void config_dump(const struct config *config, FILE *to);

/* The manual page pevm.yaml(5), from the table. */
void config_man(FILE *to);

/* May `next` replace `now` while the service runs? PEVM_UNSUPPORTED names the first key that only a new start changes. */
enum pevm_status config_check_live(const struct config *now,
                                   const struct config *next,
                                   struct error *error) MUST_CHECK;

/* Tells every key whose values differ, as text; secrets as "(hidden)". */
void config_diff(const struct config *now,
                 const struct config *next,
                 void (*tell)(void *context, const char *key, const char *from, const char *to),
                 void *context);
