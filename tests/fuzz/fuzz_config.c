/* Any bytes as a configuration file: it loads, or one sentence says where it is wrong; what loads is dumped as something that
 * loads as the same. */
#include "config/config_private.h"
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static enum pevm_status load(struct config *out, struct bytes text, struct error *error)
{
    struct config_input none = {0};
    ASSERT(config_load(out, &none, error) == PEVM_OK);
    FILE *file = fmemopen((void *)(uintptr_t)text.data, text.size, "rb");
    ASSERT(file != NULL);
    enum pevm_status status = config_parse_yaml(out, "file", file, error);
    fclose(file);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config, again;
    struct error error = {0};
    if (size == 0) return 0; /* fmemopen wants a byte */
    if (load(&config, bytes_of(data, size), &error) != PEVM_OK) {
        ASSERT(strncmp(error.text, "file:", 5) == 0 && strlen(error.text) < ERROR_TEXT_MAX);
        return 0;
    }
    char *text;
    size_t text_size;
    FILE *file = open_memstream(&text, &text_size);
    ASSERT(file != NULL);
    config_dump(&config, file);
    fclose(file);
    ASSERT(load(&again, bytes_of(text, text_size), &error) == PEVM_OK);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        char one[CONFIG_VALUE_SIZE], other[CONFIG_VALUE_SIZE];
        if (config_specs[i].kind == KIND_SECRET) continue;
        config_print(one, &config, (enum config_key)i);
        ASSERT(strcmp(one, config_print(other, &again, (enum config_key)i)) == 0);
    }
    free(text);
    return 0;
}
