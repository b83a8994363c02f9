/* error.h - what went wrong, in words: the status and one sentence that names what and where.
 *
 * Whoever detects a fault calls error_set; whoever knows more (the file, the test, the block) calls
 * error_prefix on the way up. A struct error lives with the caller and needs no release.
 */
#pragma once

#include "base/compiler.h"
#include "base/status.h"

#define ERROR_TEXT_MAX 512 /* a sentence, two hashes and a path */

struct error {
    enum pevm_status status;
    char text[ERROR_TEXT_MAX];
};

/* Forget an earlier error. */
void error_clear(struct error *error);

/* Say what went wrong; returns `status`, so that `return error_set(error, PEVM_BAD_INPUT, ...)` reads well.
 * `error` may be NULL: then only the status travels. */
enum pevm_status error_set(struct error *error, enum pevm_status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Put "words: " before the text, when there is an error. `error` may be NULL. */
void error_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
