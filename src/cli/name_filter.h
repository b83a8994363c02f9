/* name_filter.h - `--run REGEX`: which names are meant. POSIX extended regular expressions, found anywhere in the name. */
#pragma once

#include "base/error.h"

#include <regex.h>
#include <stdbool.h>

struct name_filter {
    bool takes_all;
    regex_t pattern;
};

/* `text` may be NULL: all names. PEVM_BAD_INPUT says what is wrong with the expression. */
enum pevm_status name_filter_init(struct name_filter *filter,
                                  const char *text,
                                  struct error *error) MUST_CHECK;
void name_filter_fini(struct name_filter *filter);

bool name_filter_takes(const struct name_filter *filter, const char *name);
