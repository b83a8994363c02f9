#include "base/status.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
} statuses[] = {
#define X(code, text) {#code, text},
    PEVM_STATUS_LIST(X)
#undef X
};

EXPORT const char *pevm_status_text(enum pevm_status status)
{
    return (size_t)status < COUNT_OF(statuses) ? statuses[status].text : "unknown status";
}

EXPORT const char *pevm_status_name(enum pevm_status status)
{
    return (size_t)status < COUNT_OF(statuses) ? statuses[status].name : "PEVM_UNKNOWN";
}
