#include "cli/worker_list.h"

#include "sync/cpu_count.h"

#include <stdbool.h>
#include <stdlib.h>

enum pevm_status worker_list_parse(struct worker_list *out, const char *text, struct error *error)
{
    *out = (struct worker_list){.count = 0};
    if (text == NULL) {
        out->counts[out->count++] = cpu_count_default();
        return PEVM_OK;
    }
    for (;;) { /* ends: each turn takes a number and a comma off the text */
        char *end;
        unsigned long number = strtoul(text, &end, 10);
        bool is_number = *text >= '0' && *text <= '9' && number >= 1 && number <= WORKERS_MAX;
        if (!is_number || (*end != ',' && *end != 0))
            return error_set(
                error,
                PEVM_BAD_INPUT,
                "--workers wants numbers from 1 to %u, with commas between: not \"%s\"",
                WORKERS_MAX,
                text);
        if (out->count == WORKER_LIST_MAX)
            return error_set(
                error, PEVM_BAD_INPUT, "--workers takes at most %u numbers", WORKER_LIST_MAX);
        out->counts[out->count++] = (unsigned)number;
        if (*end == 0) return PEVM_OK;
        text = end + 1;
    }
}
