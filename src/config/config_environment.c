/* Variables of the environment. */
#include "base/assert.h"
#include "base/compiler.h"
#include "base/word.h"
#include "config/config_private.h"

#include <errno.h>
#include <string.h>

#define PREFIX_SIZE (sizeof CONFIG_ENVIRONMENT_PREFIX - 1)
#define FILE_SUFFIX "_FILE"

static const struct {
    const char *variable, *key;
} short_names[] = {
#define SHORT_NAME(variable, key) {variable, key},
#include "config/environment.def"
#undef SHORT_NAME
};

const char *config_environment_name(char out[CONFIG_ENVIRONMENT_SIZE], const char *key)
{
    size_t size =
        (size_t)snprintf(out, CONFIG_ENVIRONMENT_SIZE, CONFIG_ENVIRONMENT_PREFIX "%s", key);
    for (size_t i = PREFIX_SIZE; i < size && i < CONFIG_ENVIRONMENT_SIZE; i++) {
        if (out[i] == '.') out[i] = '_';
        if (out[i] >= 'a' && out[i] <= 'z') out[i] = (char)(out[i] - 'a' + 'A');
    }
    return out;
}

/* The key with that name in the environment, without its prefix; CONFIG_KEY_COUNT: none. */
static enum config_key find_name(const char *name, size_t size)
{
    char full[CONFIG_ENVIRONMENT_SIZE];
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        config_environment_name(full, config_specs[i].key);
        if (strlen(full) == size && memcmp(full, name, size) == 0) return (enum config_key)i;
    }
    return CONFIG_KEY_COUNT;
}

static enum pevm_status fault_unknown(const char *name, size_t size, struct error *error)
{
    char word[CONFIG_ENVIRONMENT_SIZE], full[CONFIG_ENVIRONMENT_SIZE],
        nearest[CONFIG_ENVIRONMENT_SIZE];
    unsigned least = 4;
    snprintf(word, sizeof word, "%.*s", (int)size, name);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        config_environment_name(full, config_specs[i].key);
        unsigned distance = word_distance(word + PREFIX_SIZE, full + PREFIX_SIZE, least);
        if (distance >= least) continue;
        least = distance;
        memcpy(nearest, full, sizeof nearest);
    }
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "environment: there is no variable %s%s%s",
                     word,
                     least == 4 ? "" : "; did you mean ",
                     least == 4 ? "" : nearest);
}

static enum pevm_status set_variable(struct config *config,
                                     enum config_key key,
                                     const char *name,
                                     const char *value,
                                     struct error *error)
{
    struct config_origin origin = {.source = CONFIG_FROM_ENVIRONMENT};
    enum pevm_status status = config_set(config, key, value, false, origin, error);
    if (status != PEVM_OK) error_prefix(error, "environment: %.*s", (int)strcspn(name, "="), name);
    return status;
}

/* The first line of the file that a _FILE variable names. */
static enum pevm_status set_from_file(struct config *config,
                                      enum config_key key,
                                      const char *name,
                                      const char *path,
                                      struct error *error)
{
    char text[CONFIG_TEXT_SIZE + 1];
    int name_size = (int)strcspn(name, "=");
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "environment: %.*s: %.200s: %s",
                         name_size,
                         name,
                         path,
                         strerror(errno));
    size_t size = fread(text, 1, sizeof text, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (size > 0 && size < sizeof text && text[size - 1] == '\n') size--;
    if (failed || size >= CONFIG_TEXT_SIZE || memchr(text, 0, size) != NULL)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "environment: %.*s: %.200s: wanted one line of at most %d letters",
                         name_size,
                         name,
                         path,
                         CONFIG_TEXT_SIZE - 1);
    text[size] = 0;
    return set_variable(config, key, name, text, error);
}

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t end_size = strlen(end);
    return size > end_size && memcmp(text + size - end_size, end, end_size) == 0;
}

/* One "EVM_EXECUTOR_...=value". */
static enum pevm_status apply_variable(struct config *config,
                                       const struct config_input *input,
                                       const char *variable,
                                       struct error *error)
{
    size_t size = strcspn(variable, "=");
    const char *value = variable[size] == '=' ? variable + size + 1 : "";
    enum config_key key = find_name(variable, size);
    if (key != CONFIG_KEY_COUNT) return set_variable(config, key, variable, value, error);
    if (ends_with(variable, size, FILE_SUFFIX)) {
        key = find_name(variable, size - strlen(FILE_SUFFIX));
        if (key != CONFIG_KEY_COUNT && config_specs[key].kind == KIND_SECRET)
            return set_from_file(config, key, variable, value, error);
    }
    struct error unknown = {0};
    enum pevm_status status = fault_unknown(variable, size, &unknown);
    if (config->strict_environment) return error_set(error, status, "%s", unknown.text);
    if (input->warn != NULL) input->warn(input->context, unknown.text);
    return PEVM_OK;
}

static const char *find_variable(const char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    return NULL;
}

/* Only a port: everywhere on this machine. */
static bool port_endpoint(char *out, size_t room, const char *port)
{
    int size = snprintf(out, room, ":%s", port);
    return size > 0 && (size_t)size < room && strchr(port, ':') == NULL;
}

static enum pevm_status apply_short_names(struct config *config,
                                          const char *const *environment,
                                          struct error *error)
{
    struct config_origin origin = {.source = CONFIG_FROM_SHORT_NAME};
    for (size_t i = 0; i < COUNT_OF(short_names); i++) {
        char endpoint[64];
        const char *value = find_variable(environment, short_names[i].variable);
        if (value == NULL) continue;
        enum config_key key = config_find(short_names[i].key);
        ASSERT(key < CONFIG_KEY_COUNT);
        if (config_specs[key].kind == KIND_ENDPOINT &&
            port_endpoint(endpoint, sizeof endpoint, value))
            value = endpoint;
        enum pevm_status status = config_set(config, key, value, false, origin, error);
        if (status == PEVM_OK) continue;
        error_prefix(error, "environment: %s", short_names[i].variable);
        return status;
    }
    return PEVM_OK;
}

enum pevm_status config_read_environment(struct config *config,
                                         const struct config_input *input,
                                         struct error *error)
{
    const char *const *environment = input->environment;
    char strict[CONFIG_ENVIRONMENT_SIZE];
    TRY(apply_short_names(config, environment, error));
    /* Whether strictness is wanted decides about all others, so it comes first. */
    const char *value =
        find_variable(environment, config_environment_name(strict, "strict_environment"));
    if (value != NULL)
        TRY(set_variable(config, CONFIG_KEY_strict_environment, strict, value, error));
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, CONFIG_ENVIRONMENT_PREFIX, PREFIX_SIZE) == 0)
            TRY(apply_variable(config, input, *environment, error));
    return PEVM_OK;
}
