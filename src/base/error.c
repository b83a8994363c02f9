#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_clear(struct error *error)
{
    error->status = PEVM_OK;
    error->text[0] = 0;
}

enum pevm_status error_set(struct error *error, enum pevm_status status, const char *format, ...)
{
    if (error == NULL) return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->status = status;
    return status;
}

void error_prefix(struct error *error, const char *format, ...)
{
    if (error == NULL || error->status == PEVM_OK) return;
    char words[ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);

    char rest[ERROR_TEXT_MAX];
    memcpy(rest, error->text, sizeof rest);
    int used = snprintf(error->text, sizeof error->text, "%s: ", words);
    if (used > 0 && (size_t)used < sizeof error->text) {
        size_t room = sizeof error->text - (size_t)used;
        size_t size = strnlen(rest, room - 1);
        memcpy(error->text + used, rest, size);
        error->text[(size_t)used + size] = 0;
    }
}
