#include "cli/report_files.h"

#include "cli/report_page.h"
#include "cli/report_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum pevm_status write_one(const char *path,
                                  bool (*write)(const struct report *report, FILE *out),
                                  const struct report *report,
                                  struct error *error)
{
    if (path == NULL) return PEVM_OK;
    FILE *file = fopen(path, "we");
    if (file == NULL) return error_set(error, PEVM_IO, "%s: %s", path, strerror(errno));
    errno = 0;
    bool ok = write(report, file);
    int why = errno;
    if (fclose(file) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok) return PEVM_OK;
    return error_set(error, PEVM_IO, "%s: %s", path, why != 0 ? strerror(why) : "not written");
}

enum pevm_status report_files_write(const struct report_files *files,
                                    const struct report *report,
                                    struct error *error)
{
    TRY(write_one(files->page, report_page_write, report, error));
    return write_one(files->trace, report_trace_write, report, error);
}
