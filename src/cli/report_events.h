/* report_events.h - the events of one run, out of the rings and in the order in which they happened, as attempts and spans. */
#pragma once

#include "cli/report.h"

/* Replaces what the report says of an earlier run. `engine` still has its last block. False: no memory. */
bool report_events_read(struct report *report,
                        struct event_log *log,
                        const struct engine *engine) MUST_CHECK;
