#include "cli/name_filter.h"

#include <string.h>

enum pevm_status name_filter_init(struct name_filter *filter, const char *text, struct error *error)
{
    memset(filter, 0, sizeof *filter);
    filter->takes_all = text == NULL;
    if (text == NULL) return PEVM_OK;
    int code = regcomp(&filter->pattern, text, REG_EXTENDED | REG_NOSUB);
    if (code == 0) return PEVM_OK;
    char reason[128];
    regerror(code, &filter->pattern, reason, sizeof reason);
    filter->takes_all = true; /* nothing to release */
    return error_set(
        error, PEVM_BAD_INPUT, "\"%.200s\" is no regular expression: %s", text, reason);
}

void name_filter_fini(struct name_filter *filter)
{
    if (!filter->takes_all) regfree(&filter->pattern);
    memset(filter, 0, sizeof *filter);
    filter->takes_all = true;
}

bool name_filter_takes(const struct name_filter *filter, const char *name)
{
    return filter->takes_all || regexec(&filter->pattern, name, 0, NULL, 0) == 0;
}
