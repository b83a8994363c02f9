/* worker_list.h - "1,2,8": with how many workers something shall be run, one after another. */
#pragma once

#include "base/error.h"

#include <stddef.h>

#define WORKER_LIST_MAX 16
#define WORKERS_MAX     128 /* TEAM_WORKERS_MAX */

struct worker_list {
    unsigned counts[WORKER_LIST_MAX];
    size_t count;
};

/* `text` may be NULL: one entry, one worker for each online CPU, at most 16. PEVM_BAD_INPUT names what is wrong. */
enum pevm_status worker_list_parse(struct worker_list *out,
                                   const char *text,
                                   struct error *error) MUST_CHECK;
