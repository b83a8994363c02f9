#include "support/config_file.h"

#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_warning(void *context, const char *text)
{
    struct config_trial *trial = context;
    size_t size = strlen(trial->warnings);
    snprintf(trial->warnings + size, sizeof trial->warnings - size, "%s\n", text);
}

/* The name of the file differs each time; in what is told it does not. */
static void rename_in(char *text, const char *path)
{
    char *at = strstr(text, path);
    if (at == NULL) return;
    size_t size = strlen(path);
    memcpy(at, "FILE", 4);
    memmove(at + 4, at + size, strlen(at + size) + 1);
}

enum pevm_status config_try(struct config_trial *trial)
{
    char path[] = "/tmp/pevm_config_XXXXXX";
    struct config_input input = {.environment = trial->variables,
                                 .settings = &trial->setting,
                                 .setting_count = trial->setting != NULL,
                                 .warn = on_warning,
                                 .context = trial};
    if (trial->yaml != NULL) {
        int file = mkstemp(path);
        assert_true(file >= 0);
        size_t size = strlen(trial->yaml);
        CHECK_EQ(write(file, trial->yaml, size), (ssize_t)size);
        close(file);
        input.path = path;
    }
    error_clear(&trial->error);
    trial->warnings[0] = 0;
    enum pevm_status status = config_load(&trial->config, &input, &trial->error);
    if (trial->yaml != NULL) unlink(path);
    rename_in(trial->error.text, path);
    return status;
}

const struct config *config_of(struct config_trial *trial)
{
    if (config_try(trial) != PEVM_OK) fail_msg("%s", trial->error.text);
    return &trial->config;
}
