/* timed_view.h - a view that counts what it is asked and how long the answers take. Asked by any number of threads. */
#pragma once

#include "metrics/counter.h"
#include "state/view.h"

struct timed_view {
    const struct view *inside; /* borrowed */
    struct counter reads, ns;
};

void timed_view_init(struct timed_view *timed, const struct view *inside);
struct view timed_view(struct timed_view *timed);
