#include "config/config.h"

#include "base/assert.h"
#include "base/word.h"
#include "config/config_private.h"

#include <string.h>

#define LIVE            true
#define START           false
#define MILLISECONDS(n) (UINT64_C(n) * 1000000)
#define SECONDS(n)      (UINT64_C(n) * 1000000000)
#define MINUTES(n)      (SECONDS(n) * 60)
#define HOURS(n)        (MINUTES(n) * 60)
#define MEGABYTES(n)    (UINT64_C(n) << 20)
#define TERABYTES(n)    (UINT64_C(n) << 40)

const struct config_spec config_specs[CONFIG_KEY_COUNT] = {
#define CONFIG(kind_, field, key_, initial_, least_, most_, when, about_)                          \
    {.kind = KIND_##kind_,                                                                         \
     .is_live = when,                                                                              \
     .key = key_,                                                                                  \
     .initial = initial_,                                                                          \
     .about = about_,                                                                              \
     .least = least_,                                                                              \
     .most = most_,                                                                                \
     .offset = offsetof(struct config, field)},
#define CONFIG_CHOICE(field, key_, initial_, words_, when, about_)                                 \
    {.kind = KIND_CHOICE,                                                                          \
     .is_live = when,                                                                              \
     .key = key_,                                                                                  \
     .initial = initial_,                                                                          \
     .words = words_,                                                                              \
     .about = about_,                                                                              \
     .offset = offsetof(struct config, field)},
#include "config/config.def"
#undef CONFIG
#undef CONFIG_CHOICE
};

static const struct {
    enum config_preset preset;
    const char *key, *value;
} presets[] = {
#define PRESET_latency                     PRESET_LATENCY
#define PRESET_throughput                  PRESET_THROUGHPUT
#define PRESET_low_memory                  PRESET_LOW_MEMORY
#define PRESET_deterministic               PRESET_DETERMINISTIC
#define PRESET(word, key_name, value_text) {PRESET_##word, key_name, value_text},
#include "config/preset.def"
#undef PRESET
};

enum config_key config_find(const char *key)
{
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++)
        if (strcmp(config_specs[i].key, key) == 0) return (enum config_key)i;
    return CONFIG_KEY_COUNT;
}

/* Three letters wrong are a typing error in names as long as these. */
const char *config_nearest(const char *word)
{
    unsigned least = 4;
    const char *nearest = NULL;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        unsigned distance = word_distance(word, config_specs[i].key, least);
        if (distance >= least) continue;
        least = distance;
        nearest = config_specs[i].key;
    }
    return nearest;
}

static void set_initial(struct config *config,
                        enum config_key key,
                        const char *value,
                        enum config_source source)
{
    struct error error;
    struct config_origin origin = {.source = source};
    enum pevm_status status = config_set(config, key, value, false, origin, &error);
    ASSERT(status == PEVM_OK); /* our own tables; a test loads each of them */
}

static void apply_preset(struct config *config)
{
    for (size_t i = 0; i < COUNT_OF(presets); i++) {
        if (presets[i].preset != (enum config_preset)config->preset) continue;
        enum config_key key = config_find(presets[i].key);
        ASSERT(key < CONFIG_KEY_COUNT);
        if (config->origins[key].source == CONFIG_FROM_DEFAULT)
            set_initial(config, key, presets[i].value, CONFIG_FROM_PRESET);
    }
}

/* "key=value" of the command line. */
static enum pevm_status apply_setting(struct config *config,
                                      const char *setting,
                                      struct error *error)
{
    const char *equals = strchr(setting, '=');
    char key[CONFIG_ENVIRONMENT_SIZE];
    struct config_origin origin = {.source = CONFIG_FROM_COMMAND_LINE};
    if (equals == NULL || (size_t)(equals - setting) >= sizeof key)
        return error_set(error, PEVM_BAD_INPUT, "\"%.80s\" will not do; wanted key=value", setting);
    snprintf(key, sizeof key, "%.*s", (int)(equals - setting), setting);
    enum config_key found = config_find(key);
    if (found == CONFIG_KEY_COUNT) {
        const char *nearest = config_nearest(key);
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "there is no key %s%s%s",
                         key,
                         nearest == NULL ? "" : "; did you mean ",
                         nearest == NULL ? "" : nearest);
    }
    return config_set(config, found, equals + 1, false, origin, error);
}

enum pevm_status config_load(struct config *out,
                             const struct config_input *input,
                             struct error *error)
{
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++)
        set_initial(out, (enum config_key)i, config_specs[i].initial, CONFIG_FROM_DEFAULT);
    if (input->path != NULL) TRY(config_read_yaml(out, input->path, error));
    if (input->environment != NULL) TRY(config_read_environment(out, input, error));
    for (size_t i = 0; i < input->setting_count; i++)
        TRY(apply_setting(out, input->settings[i], error));
    apply_preset(out);
    return config_join(out, error);
}

enum pevm_status config_check_live(const struct config *now,
                                   const struct config *next,
                                   struct error *error)
{
    char from[CONFIG_VALUE_SIZE], to[CONFIG_VALUE_SIZE];
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_spec *spec = &config_specs[i];
        if (spec->is_live) continue;
        if (strcmp(config_print(from, now, i), config_print(to, next, i)) == 0) continue;
        bool is_secret = spec->kind == KIND_SECRET;
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s: only a new start changes it (from %.80s to %.80s)",
                         spec->key,
                         is_secret ? "(hidden)" : from,
                         is_secret ? "(hidden)" : to);
    }
    return PEVM_OK;
}

void config_diff(const struct config *now,
                 const struct config *next,
                 void (*tell)(void *context, const char *key, const char *from, const char *to),
                 void *context)
{
    char from[CONFIG_VALUE_SIZE], to[CONFIG_VALUE_SIZE];
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (strcmp(config_print(from, now, i), config_print(to, next, i)) == 0) continue;
        bool is_secret = config_specs[i].kind == KIND_SECRET;
        tell(context,
             config_specs[i].key,
             is_secret ? "(hidden)" : from,
             is_secret ? "(hidden)" : to);
    }
}
