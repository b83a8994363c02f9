/* note.h - what the loop of speculation.c notes down for whoever wants to see it (metrics/event.h): one branch that is never taken
 * when nobody does. */
#pragma once

#include "engine/speculation.h"

ALWAYS_INLINE void note(struct event_ring *ring, enum event_kind kind, uint32_t tx)
{
    event_note(ring, (struct event){.kind = kind, .tx = tx});
}

ALWAYS_INLINE void note_run(struct event_ring *ring, uint32_t tx, uint32_t incarnation)
{
    event_note(ring,
               (struct event){.kind = EVENT_RUN, .tx = tx, .incarnation = incarnation & 0xffffff});
}

ALWAYS_INLINE void note_resume(struct event_ring *ring, uint32_t tx, uint32_t incarnation)
{
    event_note(
        ring,
        (struct event){.kind = EVENT_RESUME, .tx = tx, .incarnation = incarnation & 0xffffff});
}

/* How the attempt ended: in the order of enum attempt_end. */
ALWAYS_INLINE void note_end(struct event_ring *ring,
                            const struct mv_attempt *attempt,
                            enum attempt_end end)
{
    static const uint8_t kinds[] = {[ATTEMPT_SOUND] = EVENT_EXECUTED,
                                    [ATTEMPT_UNSURE] = EVENT_UNSURE,
                                    [ATTEMPT_BLOCKED] = EVENT_BLOCKED,
                                    [ATTEMPT_LOST] = EVENT_LOST};
    if (likely(ring == NULL)) return;
    bool is_blocked = end == ATTEMPT_BLOCKED;
    event_note(ring,
               (struct event){.kind = kinds[end],
                              .tx = attempt->tx,
                              .other = is_blocked ? attempt->blocked_on : EVENT_NOBODY,
                              .place = is_blocked ? attempt->reading : EVENT_NOBODY});
}

/* What came of a check; when it failed, because of which location, unless it holds again by now. */
ALWAYS_INLINE void note_verdict(
    struct event_ring *ring, struct mv *mv, unsigned worker, uint32_t tx, bool holds)
{
    if (likely(ring == NULL)) return;
    event_note(ring,
               (struct event){.kind = holds ? EVENT_HOLDS : EVENT_STALE,
                              .tx = tx,
                              .other = EVENT_NOBODY,
                              .place = holds ? EVENT_NOBODY : mv_untrue(mv, worker, tx, true)});
}
