#include "cli/report_events.h"

#include "base/assert.h"
#include "metrics/event.h"

#include <stdlib.h>

/* What a worker is in the middle of. */
struct worker_now {
    uint32_t attempt; /* index, or REPORT_NOBODY */
    uint64_t check_ns, idle_ns;
};

struct reader {
    struct report *report;
    struct event_log *log;
    const struct engine *engine;
    struct arena *arena;
    uint64_t zero_ns;
    struct worker_now *workers;
    uint32_t *last; /* by tx: its last attempt that came to an end, or REPORT_NOBODY */
    size_t location_capacity;
    uint64_t phase_ns[PHASE_COUNT];
};

/* ---- locations --------------------------------------------------------------------------------- */

/* Few are ever the cause of anything: a walk through all of them does. */
static uint32_t location_index(struct reader *reader, uint32_t place)
{
    struct report *report = reader->report;
    if (place == EVENT_NOBODY) return REPORT_NOBODY;
    for (uint32_t i = 0; i < report->location_count; i++)
        if (report->locations[i].place == place) return i;
    if (report->location_count == reader->location_capacity) return REPORT_NOBODY;
    uint32_t index = (uint32_t)report->location_count++;
    report->locations[index] = (struct report_location){
        .at = engine_location(reader->engine, place), .place = place, .order = index};
    return index;
}

/* The attempt did not count. */
static void lose(struct reader *reader,
                 struct report_attempt *attempt,
                 enum report_end end,
                 uint32_t place)
{
    struct report_tx *tx = &reader->report->txs[attempt->tx];
    attempt->end = end;
    attempt->cause = location_index(reader, place);
    tx->stale += end != REPORT_BLOCKED;
    tx->blocked += end == REPORT_BLOCKED;
    if (attempt->cause == REPORT_NOBODY) return;
    struct report_location *location = &reader->report->locations[attempt->cause];
    location->stale += end != REPORT_BLOCKED;
    location->blocked += end == REPORT_BLOCKED;
    location->lost_ns += attempt->before_ns + attempt->end_ns - attempt->start_ns;
}

static int compare_locations(const void *a, const void *b)
{
    const struct report_location *x = a, *y = b;
    uint32_t x_count = x->stale + x->blocked, y_count = y->stale + y->blocked;
    if (x_count != y_count) return x_count < y_count ? 1 : -1;
    return (x->lost_ns < y->lost_ns) - (x->lost_ns > y->lost_ns);
}

/* ---- one event after another -------------------------------------------------------------------- */

static void add_span(struct report *report, enum report_span_kind kind, struct report_span span)
{
    report->spans[kind][report->span_counts[kind]++] = span;
}

/* What was blocked goes on: nothing is lost, but the wait is remembered. */
static uint64_t go_on(struct reader *reader, uint32_t last)
{
    if (last == REPORT_NOBODY) return 0; /* the blocked part was lost */
    struct report_attempt *part = &reader->report->attempts[last];
    uint64_t ns = part->before_ns + part->end_ns - part->start_ns;
    part->end = REPORT_PAUSED;
    reader->report->txs[part->tx].resumed++;
    if (part->cause != REPORT_NOBODY) reader->report->locations[part->cause].lost_ns -= ns;
    return ns;
}

static void on_run(struct reader *reader, uint32_t worker, const struct event *event, uint64_t ns)
{
    struct report *report = reader->report;
    uint32_t last = reader->last[event->tx];
    bool is_new = event->kind == EVENT_RUN;
    /* Run again, though nobody said that the attempt before was stale: its check was lost, or made by whom we do not see. */
    if (is_new && last != REPORT_NOBODY && report->attempts[last].end == REPORT_FINAL)
        lose(reader, &report->attempts[last], REPORT_STALE, EVENT_NOBODY);
    reader->workers[worker].attempt = (uint32_t)report->attempt_count;
    report->attempts[report->attempt_count++] = (struct report_attempt){
        .start_ns = ns,
        .before_ns = is_new ? 0 : go_on(reader, last),
        .tx = event->tx,
        .worker = worker,
        .incarnation = event->incarnation,
        .blocked_on = REPORT_NOBODY,
        .cause = REPORT_NOBODY,
        .end = REPORT_UNSURE,
    };
    report->txs[event->tx].attempts += is_new;
}

static void on_end(struct reader *reader, uint32_t worker, const struct event *event, uint64_t ns)
{
    uint32_t index = reader->workers[worker].attempt;
    if (index == REPORT_NOBODY) return; /* its begin was lost */
    struct report_attempt *attempt = &reader->report->attempts[index];
    reader->workers[worker].attempt = REPORT_NOBODY;
    attempt->end_ns = ns;
    reader->last[event->tx] = index;
    if (event->kind == EVENT_EXECUTED)
        attempt->end = REPORT_FINAL; /* until somebody says otherwise */
    else
        lose(reader,
             attempt,
             event->kind == EVENT_BLOCKED ? REPORT_BLOCKED : REPORT_UNSURE,
             event->place);
    if (event->kind == EVENT_BLOCKED) attempt->blocked_on = event->other;
}

static void on_verdict(struct reader *reader,
                       uint32_t worker,
                       const struct event *event,
                       uint64_t ns)
{
    struct worker_now *now = &reader->workers[worker];
    bool is_good = event->kind == EVENT_HOLDS;
    uint32_t last = reader->last[event->tx];
    if (now->check_ns != 0)
        add_span(
            reader->report,
            REPORT_CHECK,
            (struct report_span){now->check_ns - reader->zero_ns, ns, worker, event->tx, is_good});
    now->check_ns = 0;
    if (is_good || last == REPORT_NOBODY) return;
    struct report_attempt *attempt = &reader->report->attempts[last];
    if (attempt->end == REPORT_FINAL) lose(reader, attempt, REPORT_STALE, event->place);
}

static void on_event(struct reader *reader, uint32_t worker, const struct event *event)
{
    struct report *report = reader->report;
    struct worker_now *now = &reader->workers[worker];
    uint64_t ns = event->ns - reader->zero_ns;
    report->end_ns = ns;
    switch ((enum event_kind)event->kind) {
    case EVENT_RUN:
    case EVENT_RESUME: on_run(reader, worker, event, ns); return;
    case EVENT_EXECUTED:
    case EVENT_UNSURE:
    case EVENT_BLOCKED:
    case EVENT_LOST: on_end(reader, worker, event, ns); return;
    case EVENT_CHECK: now->check_ns = event->ns; return;
    case EVENT_HOLDS:
    case EVENT_STALE: on_verdict(reader, worker, event, ns); return;
    case EVENT_FINAL: report->txs[event->tx].final_ns = ns; return;
    case EVENT_IDLE: now->idle_ns = event->ns; return;
    case EVENT_BUSY:
        if (now->idle_ns != 0)
            add_span(report,
                     REPORT_IDLE,
                     (struct report_span){now->idle_ns - reader->zero_ns, ns, worker, 0, true});
        now->idle_ns = 0;
        return;
    case EVENT_SEQUENTIAL: report->sequential_from = event->tx; return;
    case EVENT_ENTER: reader->phase_ns[event->tx] = event->ns; return;
    case EVENT_LEAVE:
        add_span(report,
                 REPORT_PHASE,
                 (struct report_span){
                     reader->phase_ns[event->tx] - reader->zero_ns, ns, worker, event->tx, true});
        return;
    case EVENT_KIND_COUNT: break;
    }
    ASSERT(false);
}

/* ---- all of them ------------------------------------------------------------------------------- */

static bool reader_init(struct reader *reader)
{
    struct report *report = reader->report;
    unsigned workers = event_log_workers(reader->log);
    size_t events = 0;
    report->events_lost = 0;
    for (unsigned i = 0; i < workers; i++) {
        events += event_count(event_ring(reader->log, i));
        report->events_lost += event_lost(event_ring(reader->log, i));
    }
    reader->location_capacity = events;
    reader->workers = arena_alloc_zeroed(reader->arena, workers, sizeof *reader->workers);
    reader->last = arena_alloc(reader->arena, report->tx_count * sizeof *reader->last);
    report->attempts = arena_alloc(reader->arena, events * sizeof *report->attempts);
    report->locations = arena_alloc(reader->arena, events * sizeof *report->locations);
    bool ok = reader->workers != NULL && reader->last != NULL && report->attempts != NULL &&
              report->locations != NULL;
    for (size_t i = 0; ok && i < REPORT_SPAN_KINDS; i++) {
        report->spans[i] = arena_alloc(reader->arena, events * sizeof *report->spans[i]);
        report->span_counts[i] = 0;
        ok = report->spans[i] != NULL;
    }
    if (!ok) return false;
    for (unsigned i = 0; i < workers; i++)
        reader->workers[i].attempt = REPORT_NOBODY;
    for (uint32_t i = 0; i < report->tx_count; i++) {
        struct report_tx *tx = &report->txs[i];
        reader->last[i] = REPORT_NOBODY;
        tx->attempts = tx->stale = tx->blocked = tx->resumed = 0;
        tx->final_ns = 0;
    }
    report->attempt_count = report->location_count = 0;
    report->sequential_from = report->tx_count;
    report->end_ns = 0;
    return true;
}

/* Locations change their order: the attempts follow. */
static bool sort_locations(struct reader *reader)
{
    struct report *report = reader->report;
    uint32_t *now = arena_alloc(reader->arena, report->location_count * sizeof *now);
    if (now == NULL) return false;
    qsort(report->locations, report->location_count, sizeof *report->locations, compare_locations);
    for (size_t i = 0; i < report->location_count; i++)
        now[report->locations[i].order] = (uint32_t)i;
    for (size_t i = 0; i < report->attempt_count; i++) {
        struct report_attempt *attempt = &report->attempts[i];
        if (attempt->cause != REPORT_NOBODY) attempt->cause = now[attempt->cause];
    }
    return true;
}

bool report_events_read(struct report *report, struct event_log *log, const struct engine *engine)
{
    struct reader reader = {
        .report = report, .log = log, .engine = engine, .arena = &report->scratch};
    arena_reset(&report->scratch);
    if (!reader_init(&reader)) return false;
    const struct event *event;
    unsigned worker;
    event_log_rewind(log);
    while ((event = event_log_next(log, &worker)) != NULL) { /* ends: one less each time */
        if (reader.zero_ns == 0) reader.zero_ns = event->ns;
        on_event(&reader, worker, event);
    }
    return sort_locations(&reader);
}
