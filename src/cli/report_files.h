/* report_files.h - a report into the files that the user named. */
#pragma once

#include "cli/report.h"

struct report_files {
    const char *page, *trace; /* paths; either may be NULL: not wanted */
};

/* PEVM_IO with the path when a file cannot be written; a file that was there is replaced. */
enum pevm_status report_files_write(const struct report_files *files,
                                    const struct report *report,
                                    struct error *error) MUST_CHECK;
