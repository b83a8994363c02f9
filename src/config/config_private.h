/* config_private.h - the table of keys as data, and values as text. */
#pragma once

#include "config/config.h"

enum config_kind {
    KIND_COUNT,
    KIND_BYTES,
    KIND_TIME,
    KIND_SHARE,
    KIND_FLAG,
    KIND_TEXT,
    KIND_SECRET,
    KIND_ENDPOINT,
    KIND_CHOICE,
};

struct config_spec {
    enum config_kind kind;
    bool is_live;
    const char *key, *initial;
    const char *words; /* of a choice */
    const char *about;
    uint64_t least, most;
    size_t offset; /* of the field */
};

extern const struct config_spec config_specs[CONFIG_KEY_COUNT];

/* A value printed: a text and quotes. */
#define CONFIG_VALUE_SIZE (CONFIG_TEXT_SIZE + 8)

/* CONFIG_KEY_COUNT: there is no such key. */
enum config_key config_find(const char *key);

/* The key most like `word`, or NULL when none is. */
const char *config_nearest(const char *word);

/* Set a key from text; `is_quoted`: it stood in quotes, so it is no number. The error says what was wanted, not where. */
enum pevm_status config_set(struct config *config,
                            enum config_key key,
                            const char *text,
                            bool is_quoted,
                            struct config_origin origin,
                            struct error *error) MUST_CHECK;

/* The value as YAML that would be read again as the same; a secret as it is. Returns `out`. */
const char *config_print(char out[CONFIG_VALUE_SIZE],
                         const struct config *config,
                         enum config_key key);

/* What a key wants: "a whole number, 1 to 10000". Returns `out`. */
#define CONFIG_WANTED_SIZE 160
const char *config_wanted(char out[CONFIG_WANTED_SIZE], const struct config_spec *spec);

/* The name of a key in the environment. Returns `out`. */
#define CONFIG_ENVIRONMENT_PREFIX "EVM_EXECUTOR_"
#define CONFIG_ENVIRONMENT_SIZE   96
const char *config_environment_name(char out[CONFIG_ENVIRONMENT_SIZE], const char *key);

/* The layers that config_load puts over the defaults. */
enum pevm_status config_read_yaml(struct config *config,
                                  const char *path,
                                  struct error *error) MUST_CHECK;
/* ... and from a file that is open already; `path` is for errors. */
enum pevm_status config_parse_yaml(struct config *config,
                                   const char *path,
                                   FILE *file,
                                   struct error *error) MUST_CHECK;
enum pevm_status config_read_environment(struct config *config,
                                         const struct config_input *input,
                                         struct error *error) MUST_CHECK;

/* What only several keys together can get wrong; keys with two names get one value. */
enum pevm_status config_join(struct config *config, struct error *error) MUST_CHECK;
