#include "cli/report_page.h"

#include "cli/build_info.h"
#include "cli/known_address.h"
#include "cli/report_analysis.h"
#include "fixture/json_write.h"
#include "metrics/event.h"

#include <string.h>

#define EDGES_MAX 100000           /* more nobody can look at */
#define DATA_MARK "/*the report*/" /* in the page: here the data goes */

extern const char report_page_html[]; /* report_page.S */

/* ---- pieces ------------------------------------------------------------------------------------------ */

static void put_index(struct json_writer *json, uint32_t index)
{
    if (index == REPORT_NOBODY)
        json_null(json);
    else
        json_number(json, index);
}

static void put_address(struct json_writer *json, const address *who)
{
    json_bytes(json, bytes_of(who->bytes, sizeof who->bytes));
}

/* [worker, tx, incarnation, start, end, how it ended, blocked on, cause] */
static void put_attempts(struct json_writer *json, const struct report *report)
{
    json_key(json, "attempts");
    json_open(json, '[');
    for (size_t i = 0; i < report->attempt_count; i++) {
        const struct report_attempt *attempt = &report->attempts[i];
        json_open(json, '[');
        json_number(json, attempt->worker);
        json_number(json, attempt->tx);
        json_number(json, attempt->incarnation);
        json_number(json, attempt->start_ns);
        json_number(json, attempt->end_ns);
        json_number(json, (uint64_t)attempt->end);
        put_index(json, attempt->blocked_on);
        put_index(json, attempt->cause);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* [worker, what, start, end, is it good] */
static void put_spans(struct json_writer *json,
                      const struct report *report,
                      const char *key,
                      enum report_span_kind kind)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < report->span_counts[kind]; i++) {
        const struct report_span *span = &report->spans[kind][i];
        json_open(json, '[');
        json_number(json, span->worker);
        if (kind == REPORT_PHASE)
            json_text(json, event_phase_name((enum event_phase)span->what));
        else
            json_number(json, span->what);
        json_number(json, span->start_ns);
        json_number(json, span->end_ns);
        json_number(json, span->is_good);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* [hash, from, to or null, gas, success, alone, final, attempts, stale, blocked] */
static void put_txs(struct json_writer *json, const struct report *report)
{
    json_key(json, "txs");
    json_open(json, '[');
    for (uint32_t i = 0; i < report->tx_count; i++) {
        const struct report_tx *tx = &report->txs[i];
        json_open(json, '[');
        json_bytes(json, bytes_of(tx->tx->hash.bytes, sizeof tx->tx->hash.bytes));
        put_address(json, &tx->tx->sender);
        if (tx->tx->is_creation)
            json_null(json);
        else
            put_address(json, &tx->tx->to);
        json_number(json, tx->gas_used);
        json_number(json, tx->is_success);
        json_number(json, tx->alone_ns);
        json_number(json, tx->final_ns);
        json_number(json, tx->attempts);
        json_number(json, tx->stale);
        json_number(json, tx->blocked);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* Of each transaction, those that it needs. */
static void put_edges(struct json_writer *json, const struct report *report)
{
    const struct oracle_graph *graph = &report->oracle.graphs[ORACLE_PRECISE];
    bool is_shown = graph->edge_count <= EDGES_MAX;
    json_put_number(json, "edge_count", graph->edge_count);
    json_key(json, "needs");
    json_open(json, '[');
    for (uint32_t i = 0; is_shown && i < report->tx_count; i++) {
        json_open(json, '[');
        for (uint32_t edge = graph->starts[i]; edge < graph->starts[i + 1]; edge++)
            json_number(json, graph->froms[edge]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_path(struct json_writer *json, const struct report *report)
{
    json_put_number(json, "path_ns", report->path_ns);
    json_put_number(json, "alone_ns", report->alone_ns);
    json_put_number(json, "bound_ns", report->bound_ns);
    json_key(json, "path");
    json_open(json, '[');
    for (uint32_t i = 0; i < report->path_count; i++)
        json_number(json, report->path[i]);
    json_close(json, ']');
}

/* [what, account or null, slot or null, stale, blocked, lost] */
static void put_locations(struct json_writer *json, const struct report *report)
{
    json_key(json, "locations");
    json_open(json, '[');
    for (size_t i = 0; i < report->location_count; i++) {
        const struct report_location *location = &report->locations[i];
        json_open(json, '[');
        json_text(json, mv_location_name(location->at.kind));
        if (location->at.kind == MV_AT_NOWHERE)
            json_null(json);
        else
            put_address(json, &location->at.who);
        if (location->at.kind == MV_AT_SLOT)
            json_quantity_u256(json, &location->at.slot);
        else
            json_null(json);
        json_number(json, location->stale);
        json_number(json, location->blocked);
        json_number(json, location->lost_ns);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* Names of the accounts that the page speaks of. */
static void put_name(struct json_writer *json, const address *who)
{
    const char *name = known_address_name(who);
    if (name == NULL) return;
    json_open(json, '[');
    put_address(json, who);
    json_text(json, name);
    json_close(json, ']');
}

static void put_names(struct json_writer *json, const struct report *report)
{
    json_key(json, "names");
    json_open(json, '[');
    for (uint32_t i = 0; i < report->tx_count; i++)
        if (!report->txs[i].tx->is_creation) put_name(json, &report->txs[i].tx->to);
    for (size_t i = 0; i < report->location_count; i++)
        put_name(json, &report->locations[i].at.who);
    json_close(json, ']');
}

static void put_facts(struct json_writer *json, const struct report *report)
{
    const struct header *header = &report->bundle->block.header;
    json_put_number(json, "number", header->number);
    json_put_hash(json, "hash", &header->hash);
    json_put_text(json, "fork", report->bundle->fork_name);
    json_put_number(json, "timestamp", header->timestamp);
    json_put_number(json, "gas", report->gas_used);
    json_put_number(json, "workers", report->workers);
    json_put_number(json, "sequential_ns", report->sequential_ns);
    json_put_number(json, "parallel_ns", report->parallel_ns);
    json_put_number(json, "end_ns", report->end_ns);
    json_put_number(json, "executions", report->executions);
    json_put_number(json, "stale", report->stale);
    json_put_number(json, "waits", report->waits);
    json_put_number(json, "events_lost", report->events_lost);
    json_put_number(json, "sequential_from", report->sequential_from);
    struct pevm_analysis analysis = report_analyze(report);
    json_put_text(json, "bottleneck", analysis.name);
    json_put_text(json, "recommendation", analysis.recommendation);
    json_put_text(json, "machine", machine_name());
    json_put_text(json, "version", build_info.version);
    json_put_text(json, "commit", build_info.commit);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

bool report_page_write_data(const struct report *report, FILE *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open(&json, '{');
    put_facts(&json, report);
    put_attempts(&json, report);
    put_spans(&json, report, "checks", REPORT_CHECK);
    put_spans(&json, report, "idle", REPORT_IDLE);
    put_spans(&json, report, "phases", REPORT_PHASE);
    put_txs(&json, report);
    put_edges(&json, report);
    put_path(&json, report);
    put_locations(&json, report);
    put_names(&json, report);
    json_close(&json, '}');
    return !json_writer_failed(&json);
}

bool report_page_write(const struct report *report, FILE *out)
{
    const char *mark = strstr(report_page_html, DATA_MARK);
    ASSERT(mark != NULL);
    size_t before = (size_t)(mark - report_page_html);
    if (fwrite(report_page_html, 1, before, out) != before) return false;
    if (!report_page_write_data(report, out)) return false;
    return fputs(mark + strlen(DATA_MARK), out) >= 0 && fflush(out) == 0;
}
