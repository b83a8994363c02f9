/* progress.h - how far we are, on stderr: a bar where that is a terminal, a line every tenth of the way where it is a log
 * and the work takes longer than some seconds.
 *
 * One thread at a time. Order of calls: progress_begin ( progress_show | progress_hide )* progress_end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "statetest": stands before the bar; borrowed */
    bool is_terminal, is_shown;
    unsigned tenths_told;
    uint64_t start_ns, shown_ns;
    uint64_t log_after_ns; /* no lines in a log before */
};

void progress_begin(struct progress *progress, const char *what);

/* `fraction` of all is done (0 to 1); `words` follow the bar. Cheap when it is too early for another picture. */
void progress_show(struct progress *progress, double fraction, const char *words);

/* Take the bar away, because something else will be written to the terminal. */
void progress_hide(struct progress *progress);
void progress_end(struct progress *progress);
