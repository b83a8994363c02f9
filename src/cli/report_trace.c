#include "cli/report_trace.h"

#include "base/heap.h"
#include "cli/known_address.h"
#include "fixture/json_write.h"
#include "metrics/event.h"

#include <stdlib.h>

#define NAME_MAX_SIZE 48
#define PROCESS       1
#define TRACK_BLOCK   0 /* worker i is track i + 1 */

static const char *const end_colours[] = {[REPORT_FINAL] = "good",
                                          [REPORT_STALE] = "terrible",
                                          [REPORT_BLOCKED] = "bad",
                                          [REPORT_UNSURE] = "grey",
                                          [REPORT_PAUSED] = "yellow"};

/* ---- pieces ------------------------------------------------------------------------------------------ */

static double us(uint64_t ns)
{
    return (double)ns / 1000;
}

static void put_track(struct json_writer *json, unsigned track, const char *name)
{
    json_open(json, '{');
    json_put_text(json, "ph", "M");
    json_put_text(json, "name", "thread_name");
    json_put_number(json, "pid", PROCESS);
    json_put_number(json, "tid", track);
    json_key(json, "args");
    json_open(json, '{');
    json_put_text(json, "name", name);
    json_close(json, '}');
    json_close(json, '}');
}

static void put_process(struct json_writer *json, const char *name)
{
    json_open(json, '{');
    json_put_text(json, "ph", "M");
    json_put_text(json, "name", "process_name");
    json_put_number(json, "pid", PROCESS);
    json_key(json, "args");
    json_open(json, '{');
    json_put_text(json, "name", name);
    json_close(json, '}');
    json_close(json, '}');
}

/* A slice, to be closed; "args" may follow. */
static void open_slice(struct json_writer *json,
                       unsigned track,
                       const char *name,
                       const char *category,
                       uint64_t start_ns,
                       uint64_t end_ns)
{
    json_open(json, '{');
    json_put_text(json, "ph", "X");
    json_put_number(json, "pid", PROCESS);
    json_put_number(json, "tid", track);
    json_put_text(json, "name", name);
    json_put_text(json, "cat", category);
    json_put_decimal(json, "ts", us(start_ns));
    json_put_decimal(json, "dur", us(end_ns - start_ns));
}

static void put_location(struct json_writer *json, const struct report_location *location)
{
    const char *name = known_address_name(&location->at.who);
    json_put_text(json, "because_of", mv_location_name(location->at.kind));
    if (location->at.kind == MV_AT_NOWHERE) return;
    json_put_address(json, "account", &location->at.who);
    if (name != NULL) json_put_text(json, "account_name", name);
    if (location->at.kind == MV_AT_SLOT) json_put_quantity_u256(json, "slot", &location->at.slot);
}

static void put_attempt(struct json_writer *json,
                        const struct report *report,
                        const struct report_attempt *attempt)
{
    const struct report_tx *tx = &report->txs[attempt->tx];
    char name[NAME_MAX_SIZE];
    if (attempt->incarnation == 0)
        snprintf(name, sizeof name, "tx %u", attempt->tx);
    else
        snprintf(name, sizeof name, "tx %u #%u", attempt->tx, attempt->incarnation);
    open_slice(json,
               attempt->worker + 1,
               name,
               report_end_name(attempt->end),
               attempt->start_ns,
               attempt->end_ns);
    json_put_text(json, "cname", end_colours[attempt->end]);
    json_key(json, "args");
    json_open(json, '{');
    json_put_number(json, "tx", attempt->tx);
    json_put_number(json, "incarnation", attempt->incarnation);
    json_put_text(json, "end", report_end_name(attempt->end));
    json_put_hash(json, "hash", &tx->tx->hash);
    json_put_number(json, "gas", tx->gas_used);
    json_put_decimal(json, "alone_us", us(tx->alone_ns));
    if (attempt->blocked_on != REPORT_NOBODY)
        json_put_number(json, "blocked_on", attempt->blocked_on);
    if (attempt->cause != REPORT_NOBODY) put_location(json, &report->locations[attempt->cause]);
    json_close(json, '}');
    json_close(json, '}');
}

static void put_span(struct json_writer *json,
                     enum report_span_kind kind,
                     const struct report_span *span)
{
    char name[NAME_MAX_SIZE] = "idle";
    unsigned track = kind == REPORT_PHASE ? TRACK_BLOCK : span->worker + 1;
    if (kind == REPORT_CHECK) snprintf(name, sizeof name, "check %u", span->what);
    if (kind == REPORT_PHASE)
        snprintf(name, sizeof name, "%s", event_phase_name((enum event_phase)span->what));
    static const char *const categories[] = {"check", "idle", "phase"};
    open_slice(json, track, name, categories[kind], span->start_ns, span->end_ns);
    if (kind == REPORT_IDLE) json_put_text(json, "cname", "grey");
    if (kind == REPORT_CHECK) json_put_text(json, "cname", span->is_good ? "good" : "terrible");
    json_close(json, '}');
}

/* ---- how many are where -------------------------------------------------------------------------------- */

/* At this moment, so many more transactions are in that state. */
struct step {
    uint64_t ns;
    int executed, final, waiting;
};

static int compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return (x->ns > y->ns) - (x->ns < y->ns);
}

static void put_counter(struct json_writer *json, const struct step *sum)
{
    json_open(json, '{');
    json_put_text(json, "ph", "C");
    json_put_number(json, "pid", PROCESS);
    json_put_text(json, "name", "transactions");
    json_put_decimal(json, "ts", us(sum->ns));
    json_key(json, "args");
    json_open(json, '{');
    json_put_number(json, "final", (uint64_t)(sum->final < 0 ? 0 : sum->final));
    json_put_number(json, "executed", (uint64_t)(sum->executed < 0 ? 0 : sum->executed));
    json_put_number(json, "waiting", (uint64_t)(sum->waiting < 0 ? 0 : sum->waiting));
    json_close(json, '}');
    json_close(json, '}');
}

/* Room for three of each attempt and one of each transaction. */
static size_t take_steps(const struct report *report, bool *is_waiting, struct step *steps)
{
    size_t count = 0;
    for (size_t i = 0; i < report->attempt_count; i++) {
        const struct report_attempt *attempt = &report->attempts[i];
        bool is_blocked = attempt->end == REPORT_BLOCKED || attempt->end == REPORT_PAUSED;
        if (is_waiting[attempt->tx]) steps[count++] = (struct step){attempt->start_ns, 0, 0, -1};
        if (attempt->end == REPORT_FINAL) steps[count++] = (struct step){attempt->end_ns, 1, 0, 0};
        if (is_blocked) steps[count++] = (struct step){attempt->end_ns, 0, 0, 1};
        is_waiting[attempt->tx] = is_blocked;
    }
    for (uint32_t i = 0; i < report->tx_count; i++)
        steps[count++] = (struct step){report->txs[i].final_ns, -1, 1, 0};
    return count;
}

static bool put_counters(struct json_writer *json, const struct report *report)
{
    size_t most = 3 * report->attempt_count + report->tx_count;
    struct step *steps = heap_alloc_zeroed(most, sizeof *steps), sum = {0, 0, 0, 0};
    bool *is_waiting = heap_alloc_zeroed(report->tx_count, sizeof *is_waiting);
    bool ok = steps != NULL && is_waiting != NULL;
    size_t count = ok ? take_steps(report, is_waiting, steps) : 0;
    if (ok) qsort(steps, count, sizeof *steps, compare_steps);
    for (size_t i = 0; i < count; i++) {
        sum.ns = steps[i].ns;
        sum.executed += steps[i].executed;
        sum.final += steps[i].final;
        sum.waiting += steps[i].waiting;
        if (i + 1 == count || steps[i + 1].ns > sum.ns) put_counter(json, &sum);
    }
    heap_free(steps);
    heap_free(is_waiting);
    return ok;
}

/* ---- who waited for whom ------------------------------------------------------------------------------- */

static void put_flow_end(struct json_writer *json,
                         const char *phase,
                         uint64_t id,
                         const struct report_attempt *attempt,
                         uint64_t ns)
{
    json_open(json, '{');
    json_put_text(json, "ph", phase);
    json_put_number(json, "pid", PROCESS);
    json_put_number(json, "tid", attempt->worker + 1);
    json_put_number(json, "id", id);
    json_put_text(json, "name", "waited for");
    json_put_text(json, "cat", "wait");
    json_put_decimal(json, "ts", us(ns));
    if (phase[0] == 'f') json_put_text(json, "bp", "e"); /* the slice around it, not the next */
    json_close(json, '}');
}

/* An arrow from what was waited for, where it counted, to the attempt that followed. */
static bool put_flows(struct json_writer *json, const struct report *report)
{
    size_t bytes = report->tx_count * sizeof(uint32_t);
    uint32_t *counted = heap_alloc(bytes), *next = heap_alloc(bytes); /* by tx: attempts */
    bool ok = counted != NULL && next != NULL;
    for (uint32_t i = 0; ok && i < report->tx_count; i++)
        counted[i] = next[i] = REPORT_NOBODY;
    for (uint32_t i = 0; ok && i < report->attempt_count; i++)
        if (report->attempts[i].end == REPORT_FINAL) counted[report->attempts[i].tx] = i;
    for (uint32_t i = (uint32_t)report->attempt_count; ok && i-- > 0;) {
        const struct report_attempt *attempt = &report->attempts[i];
        uint32_t blocker = attempt->blocked_on, to = next[attempt->tx];
        uint32_t from = blocker < report->tx_count ? counted[blocker] : REPORT_NOBODY;
        next[attempt->tx] = i;
        if (from == REPORT_NOBODY || to == REPORT_NOBODY) continue;
        put_flow_end(json, "s", i, &report->attempts[from], report->attempts[from].end_ns);
        put_flow_end(json, "f", i, &report->attempts[to], report->attempts[to].start_ns);
    }
    heap_free(counted);
    heap_free(next);
    return ok;
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

static void put_tracks(struct json_writer *json, const struct report *report)
{
    char name[NAME_MAX_SIZE];
    snprintf(name, sizeof name, "pevm, block %.30s", report->name);
    put_process(json, name);
    put_track(json, TRACK_BLOCK, "block");
    for (unsigned i = 0; i < report->workers; i++) {
        snprintf(name, sizeof name, "worker %u", i);
        put_track(json, i + 1, name);
    }
}

bool report_trace_write(const struct report *report, FILE *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open(&json, '{');
    json_put_text(&json, "displayTimeUnit", "ns");
    json_key(&json, "traceEvents");
    json_open(&json, '[');
    put_tracks(&json, report);
    for (size_t i = 0; i < report->attempt_count; i++)
        put_attempt(&json, report, &report->attempts[i]);
    for (unsigned kind = 0; kind < REPORT_SPAN_KINDS; kind++)
        for (size_t i = 0; i < report->span_counts[kind]; i++)
            put_span(&json, (enum report_span_kind)kind, &report->spans[kind][i]);
    bool ok = put_flows(&json, report) && put_counters(&json, report);
    json_close(&json, ']');
    json_close(&json, '}');
    return ok && fflush(out) == 0 && !json_writer_failed(&json);
}
