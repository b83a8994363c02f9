#include "sync/stop.h"

#include "base/clock.h"

#include <stddef.h>

#define QUESTIONS_PER_LOOK 16 /* at the clock, between pieces */

void stop_begin(struct stop *stop, const struct stop_options *options)
{
    stop->options = *options;
    atomic32_init(&stop->reason, STOP_NOT);
    atomic32_init(&stop->is_asking, 0);
    atomic32_init(&stop->questions, 0);
}

enum stop_reason stop_why(const struct stop *stop)
{
    return (enum stop_reason)atomic32_load(&stop->reason, memory_order_relaxed);
}

static void give_reason(struct stop *stop, enum stop_reason reason)
{
    uint32_t none = STOP_NOT;
    (void)atomic32_cas(&stop->reason, &none, reason, memory_order_relaxed);
}

static bool is_asked(struct stop *stop)
{
    const struct stop_options *options = &stop->options;
    uint32_t nobody = 0;
    if (options->is_asked == NULL) return false;
    if (!atomic32_cas(&stop->is_asking, &nobody, 1, memory_order_acquire)) return false; /* [A] */
    bool answer = options->is_asked(options->context);
    atomic32_store(&stop->is_asking, 0, memory_order_release); /* [A] */
    return answer;
}

static void look_at_clock(struct stop *stop, uint64_t since_ns)
{
    const struct stop_options *options = &stop->options;
    bool has_piece = options->piece_max_ns != 0 && since_ns != 0;
    if (options->end_ns == 0 && !has_piece) return;
    uint64_t now_ns = clock_now_ns();
    if (options->end_ns != 0 && now_ns >= options->end_ns) give_reason(stop, STOP_LATE);
    if (has_piece && now_ns - since_ns >= options->piece_max_ns) give_reason(stop, STOP_TOO_LONG);
}

/* Questions that get lost between two threads only put off a look. */
static bool is_time_to_look(struct stop *stop)
{
    uint32_t number = atomic32_load(&stop->questions, memory_order_relaxed);
    atomic32_store(&stop->questions, number + 1, memory_order_relaxed);
    return number % QUESTIONS_PER_LOOK == 0;
}

bool stop_is_due(struct stop *stop, uint64_t since_ns)
{
    if (stop_why(stop) != STOP_NOT) return true;
    if (is_asked(stop)) give_reason(stop, STOP_ASKED);
    if (since_ns != 0 || is_time_to_look(stop)) look_at_clock(stop, since_ns);
    return stop_why(stop) != STOP_NOT;
}
