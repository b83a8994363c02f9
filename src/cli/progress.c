#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_WIDTH    30
#define SHOW_NS      UINT64_C(100000000)
#define LOG_AFTER_NS UINT64_C(5000000000) /* what is over sooner needs no lines in a log */
#define NS_PER_S     1e9
#define CLEAR_LINE   "\r\033[K"

void progress_begin(struct progress *progress, const char *what)
{
    *progress = (struct progress){.what = what,
                                  .is_terminal = isatty(STDERR_FILENO) == 1,
                                  .start_ns = clock_now_ns(),
                                  .log_after_ns = LOG_AFTER_NS};
}

static void show_bar(struct progress *progress, double fraction, const char *words, double seconds)
{
    char bar[BAR_WIDTH + 1];
    int done = (int)(fraction * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < done ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    fprintf(stderr,
            CLEAR_LINE "%s [%s] %3.0f %%  %s  %.0f s",
            progress->what,
            bar,
            fraction * 100,
            words,
            seconds);
    fflush(stderr);
    progress->is_shown = true;
}

void progress_show(struct progress *progress, double fraction, const char *words)
{
    uint64_t now_ns = clock_now_ns();
    double seconds = (double)(now_ns - progress->start_ns) / NS_PER_S;
    if (fraction < 0) fraction = 0;
    if (fraction > 1) fraction = 1;
    if (progress->is_terminal) {
        if (now_ns - progress->shown_ns < SHOW_NS) return;
        progress->shown_ns = now_ns;
        show_bar(progress, fraction, words, seconds);
        return;
    }
    unsigned tenths = (unsigned)(fraction * 10);
    if (tenths <= progress->tenths_told || now_ns - progress->start_ns < progress->log_after_ns)
        return;
    progress->tenths_told = tenths;
    fprintf(stderr, "%s: %u %%, %s, %.0f s\n", progress->what, tenths * 10, words, seconds);
}

void progress_hide(struct progress *progress)
{
    if (!progress->is_shown) return;
    fputs(CLEAR_LINE, stderr);
    fflush(stderr);
    progress->is_shown = false;
    progress->shown_ns = 0;
}

void progress_end(struct progress *progress)
{
    progress_hide(progress);
}
