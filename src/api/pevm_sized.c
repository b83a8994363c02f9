#include "api/api_private.h"

#define STRUCT_SIZE_MAX 4096 /* more is no struct of ours, but memory that nobody initialised */

enum pevm_status sized_read(
    void *out, size_t size, const void *from, const char *name, struct error *error)
{
    static const uint8_t zero[STRUCT_SIZE_MAX];
    size_t given;
    ASSERT(from != NULL);
    memcpy(&given, from, sizeof given);
    if (given < size || given > STRUCT_SIZE_MAX)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s.struct_size is %zu, expected %zu: initialise it with %s_init",
                         name,
                         given,
                         size,
                         name);
    if (memcmp((const uint8_t *)from + size, zero, given - size) != 0)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "%s has fields set behind byte %zu, which this library (%s) does not know",
                         name,
                         size,
                         PEVM_VERSION_TEXT);
    memcpy(out, from, size);
    return PEVM_OK;
}

void sized_write(void *to, const void *from, size_t size)
{
    size_t given;
    ASSERT(to != NULL);
    memcpy(&given, to, sizeof given);
    ASSERT(given >= sizeof given && given <= STRUCT_SIZE_MAX);
    size_t fits = given < size ? given : size;
    memset(to, 0, given);
    memcpy(to, from, fits);
    memcpy(to, &given, sizeof given);
}

void sized_init(void *out, size_t struct_size, size_t size_min)
{
    ASSERT(out != NULL);
    ASSERT(struct_size >= size_min);
    ASSERT(struct_size <= STRUCT_SIZE_MAX);
    memset(out, 0, struct_size);
    memcpy(out, &struct_size, sizeof struct_size);
}

enum pevm_status error_give(struct pevm_error *out,
                            enum pevm_status status,
                            const struct error *error)
{
    STATIC_ASSERT(sizeof out->text == sizeof error->text, "an error text fits");
    if (out == NULL || status == PEVM_OK) return status;
    const char *text = error->text[0] != 0 ? error->text : pevm_status_text(status);
    snprintf(out->text, sizeof out->text, "%s", text);
    return status;
}
