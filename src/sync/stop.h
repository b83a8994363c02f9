/* stop.h - may what is under way go on? A question that several threads ask while they work, answered by whoever waits for
 * the end (a function of his), by a point in time, or by how long one piece of the work has taken.
 *
 * The first reason counts, and stays. The function is called by one thread at a time, so it needs no care of its own.
 *
 * Order of calls    stop_begin  ( stop_is_due | stop_why )*  and again
 * Who may call      stop_begin: alone. The others: any thread, at any time.
 * Order pair        [A] a call of the function ends <-> the next one begins
 * Progress          lock-free: who finds that another is asking does not wait.
 */
#pragma once

#include "sync/atomic.h"

#include <stdbool.h>
#include <stdint.h>

enum stop_reason {
    STOP_NOT,     /* go on */
    STOP_ASKED,   /* the function said so */
    STOP_LATE,    /* the point in time is past */
    STOP_TOO_LONG /* one piece of the work took longer than a piece may */
};

struct stop_options {
    bool (*is_asked)(void *context); /* may be NULL */
    void *context;
    uint64_t end_ns;       /* on base/clock.h's clock_now_ns; 0: never */
    uint64_t piece_max_ns; /* 0: no limit */
};

struct stop {
    struct stop_options options;
    struct atomic32 reason, is_asking, questions;
};

void stop_begin(struct stop *stop, const struct stop_options *options);

/* True: come to an end. `since_ns`: when the piece of work began, or 0 when none is under way; then the clock is looked at
 * only now and then, so that asking between small pieces costs little. */
bool stop_is_due(struct stop *stop, uint64_t since_ns);

enum stop_reason stop_why(const struct stop *stop);
