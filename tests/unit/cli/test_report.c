/* A made block, looked at closely: the report, the trace and the page all say what the run did. */
#include "base/hex.h"
#include "cli/chain_maker.h"
#include "cli/report.h"
#include "cli/report_files.h"
#include "cli/report_page.h"
#include "cli/report_trace.h"
#include "fixture/bundle_source.h"
#include "fixture/json.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define TXS 40

static char folder[64];
static struct bundle_source *source;
static struct bundle bundle;
static struct report report;
static struct error error;
static struct arena arena;

static void begin(const char *recipe)
{
    struct chain_maker *maker;
    struct bundle_set *set;
    struct chain_plan plan = {
        .network = "Osaka", .recipe = recipe_find(recipe), .seed = 5, .txs = TXS};
    snprintf(folder, sizeof folder, "/tmp/pevm_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(chain_maker_new(&maker, &plan, &error), PEVM_OK);
    CHECK_EQ(bundle_set_open(&set, folder, &error), PEVM_OK);
    for (int i = 0; i < 2; i++) {
        struct made_block made;
        CHECK_EQ(chain_maker_next(maker, &made, &error), PEVM_OK);
        CHECK_EQ(bundle_set_add(set, made.block, made.pre_state, &made.note, &error), PEVM_OK);
    }
    CHECK_EQ(bundle_set_close(set, &error), PEVM_OK);
    chain_maker_free(maker);
    const char *path = folder;
    CHECK_EQ(bundle_source_open(&source, &path, 1, &error), PEVM_OK);
    CHECK_EQ(bundle_source_read(source, 1, &bundle, &error), PEVM_OK);
    arena_init(&arena, (size_t)1 << 20, 0);
}

static void end(void)
{
    char command[96];
    bundle_fini(&bundle);
    bundle_source_close(source);
    arena_fini(&arena);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK_EQ(system(command), 0);
}

static void make(unsigned workers)
{
    struct report_plan plan = {.workers = workers, .runs = 2};
    if (report_make(&report, "2", &bundle, &plan, &error) != PEVM_OK) fail_msg("%s", error.text);
}

/* What a writer wrote. */
static struct bytes written(bool (*write)(const struct report *report, FILE *out))
{
    char *text;
    size_t size;
    struct bytes out;
    FILE *file = open_memstream(&text, &size);
    CHECK(write(&report, file));
    fclose(file);
    CHECK(arena_copy(&arena, &out, bytes_of((const uint8_t *)text, size)));
    free(text);
    return out;
}

static const struct json *parsed(struct bytes text)
{
    const struct json *json;
    if (json_parse(&json, text, &arena, &error) != PEVM_OK) fail_msg("%s", error.text);
    return json;
}

/* A text with a 0 behind it, to search in. */
static const char *searchable(struct bytes text)
{
    char *out = arena_alloc(&arena, text.size + 1);
    assert_non_null(out);
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    return out;
}

static uint64_t number(const struct json *value)
{
    assert_non_null(value);
    return strtoull((const char *)value->text.data, NULL, 10);
}

static const struct json *item(const struct json *list, size_t index)
{
    const struct json *at = list->first;
    while (index-- > 0 && at != NULL) /* ends: index gets smaller */
        at = at->next;
    assert_non_null(at);
    return at;
}

/* ---- the report ------------------------------------------------------------------------------ */

TEST(every_transaction_counts_once_and_has_its_times)
{
    static const char *const recipes[] = {"mixed", "amm", "transfers"};
    for (size_t r = 0; r < COUNT_OF(recipes); r++) {
        begin(recipes[r]);
        for (unsigned workers = 1; workers <= 3; workers++) {
            make(workers);
            unsigned counted[TXS] = {0};
            uint64_t parts = 0, begun = 0;
            uint64_t final_before = 0;
            CHECK_EQ(report.tx_count, TXS);
            CHECK_EQ(report.workers, workers);
            CHECK_EQ(report.events_lost, 0);
            for (size_t i = 0; i < report.attempt_count; i++) {
                const struct report_attempt *attempt = &report.attempts[i];
                CHECK(attempt->worker < workers);
                CHECK(attempt->start_ns <= attempt->end_ns && attempt->end_ns <= report.end_ns);
                counted[attempt->tx] += attempt->end == REPORT_FINAL;
                parts += attempt->end == REPORT_PAUSED;
            }
            for (uint32_t i = 0; i < TXS; i++) {
                const struct report_tx *tx = &report.txs[i];
                CHECK_EQ(counted[i], 1);
                CHECK_EQ(tx->attempts, 1 + tx->stale + tx->blocked - tx->resumed);
                begun += tx->attempts;
                parts -= tx->resumed;
                CHECK(tx->alone_ns > 0 && tx->gas_used >= 21000);
                CHECK(tx->final_ns > final_before);
                final_before = tx->final_ns;
            }
            CHECK_EQ(begun, report.executions);
            CHECK_EQ(parts, 0);
            report_fini(&report);
        }
        end();
    }
}

TEST(the_path_is_a_chain_in_the_graph_and_no_schedule_is_shorter)
{
    begin("amm");
    make(2);
    const struct oracle_graph *graph = &report.oracle.graphs[ORACLE_PRECISE];
    uint64_t sum = 0;
    CHECK(report.path_count > 1);
    for (uint32_t i = 0; i < report.path_count; i++) {
        uint32_t tx = report.path[i];
        bool has_edge = i == 0;
        CHECK(report.txs[tx].is_on_path);
        for (uint32_t edge = graph->starts[tx]; edge < graph->starts[tx + 1]; edge++)
            has_edge = has_edge || graph->froms[edge] == report.path[i - 1];
        CHECK(has_edge);
        sum += report.txs[tx].alone_ns;
    }
    CHECK_EQ(sum, report.path_ns);
    CHECK(report.path_ns <= report.bound_ns && report.bound_ns <= report.alone_ns);
    report_fini(&report);
    end();
}

TEST(a_block_that_is_invalid_has_no_report)
{
    begin("transfers");
    struct report_plan plan = {.workers = 2, .runs = 1};
    bundle.block.header.gas_used++;
    CHECK_EQ(report_make(&report, "2", &bundle, &plan, &error), PEVM_INVALID_BLOCK);
    CHECK(strstr(error.text, "gas") != NULL);
    end();
}

/* ---- the trace ------------------------------------------------------------------------------- */

TEST(the_trace_is_json_with_a_slice_for_each_attempt)
{
    begin("mixed");
    make(2);
    const struct json *trace = parsed(written(report_trace_write));
    const struct json *list = json_get(trace, "traceEvents");
    size_t slices = 0, finals = 0, tracks = 0;
    uint64_t final_count = 0;
    assert_non_null(list);
    for (const struct json *event = list->first; event != NULL; event = event->next) {
        const struct json *kind = json_get(event, "ph"), *args = json_get(event, "args");
        assert_non_null(kind);
        CHECK_EQ(number(json_get(event, "pid")), 1);
        if (json_text_is(kind, "M")) tracks += json_text_is(json_get(event, "name"), "thread_name");
        if (json_text_is(kind, "C")) final_count = number(json_get(args, "final"));
        if (!json_text_is(kind, "X")) continue;
        assert_non_null(json_get(event, "dur"));
        CHECK(number(json_get(event, "tid")) <= 2);
        if (args == NULL) continue;
        const struct report_attempt *attempt = &report.attempts[slices++];
        CHECK_EQ(number(json_get(args, "tx")), attempt->tx);
        CHECK_EQ(number(json_get(args, "gas")), report.txs[attempt->tx].gas_used);
        CHECK(json_text_is(json_get(event, "cat"), report_end_name(attempt->end)));
        finals += json_text_is(json_get(event, "cat"), "final");
    }
    CHECK_EQ(slices, report.attempt_count);
    CHECK_EQ(finals, TXS);
    CHECK_EQ(tracks, 3); /* the block and two workers */
    CHECK_EQ(final_count, TXS);
    report_fini(&report);
    end();
}

TEST(who_waited_has_an_arrow_from_what_it_waited_for)
{
    begin("transfers");
    make(1);
    /* As if transaction 7 had waited for 3, and 9 for one that never counted. */
    static struct report_attempt attempts[TXS + 2];
    memcpy(attempts, report.attempts, TXS * sizeof *attempts);
    attempts[TXS] = attempts[7];
    attempts[7].end = REPORT_BLOCKED;
    attempts[7].blocked_on = 3;
    attempts[9].end = REPORT_BLOCKED;
    attempts[9].blocked_on = 5;
    attempts[5].end = REPORT_UNSURE;
    report.attempts = attempts;
    report.attempt_count = TXS + 1;
    const struct json *trace = parsed(written(report_trace_write));
    unsigned starts = 0, ends = 0;
    for (const struct json *event = json_get(trace, "traceEvents")->first; event != NULL;
         event = event->next) {
        starts += json_text_is(json_get(event, "ph"), "s");
        ends += json_text_is(json_get(event, "ph"), "f");
        if (json_text_is(json_get(event, "ph"), "f")) CHECK_EQ(number(json_get(event, "id")), 7);
    }
    CHECK_EQ(starts, 1);
    CHECK_EQ(ends, 1);
    report_fini(&report);
    end();
}

/* ---- the page -------------------------------------------------------------------------------- */

TEST(the_page_has_what_the_run_did_and_needs_nothing_else)
{
    static const char *const foreign[] = {
        "http:", "https:", " src=", "<link", "@import", "url(", "import(", "fetch("};
    begin("mixed");
    make(2);
    const char *page = searchable(written(report_page_write));
    const char *from = strstr(page, "id=\"data\">"), *to;
    assert_non_null(from);
    from += strlen("id=\"data\">");
    to = strstr(from, "</script>");
    assert_non_null(to);
    const struct json *data = parsed(bytes_of((const uint8_t *)from, (size_t)(to - from)));
    CHECK_EQ(json_get(data, "txs")->count, TXS);
    CHECK_EQ(json_get(data, "attempts")->count, report.attempt_count);
    CHECK_EQ(json_get(data, "path")->count, report.path_count);
    CHECK_EQ(json_get(data, "needs")->count, TXS);
    CHECK_EQ(json_get(data, "locations")->count, report.location_count);
    CHECK_EQ(json_get(data, "phases")->count, report.span_counts[REPORT_PHASE]);
    CHECK_EQ(number(json_get(data, "number")), bundle.block.header.number);
    CHECK_EQ(number(json_get(data, "gas")), report.gas_used);
    for (uint32_t i = 0; i < TXS; i++) {
        char hash[HEX_HASH_SIZE];
        const struct json *tx = item(json_get(data, "txs"), i);
        CHECK(json_text_is(item(tx, 0), hex_hash(hash, &bundle.block.txs[i].hash)));
        CHECK_EQ(number(item(tx, 3)), report.txs[i].gas_used);
        CHECK_EQ(number(item(tx, 7)), report.txs[i].attempts);
    }
    for (size_t i = 0; i < COUNT_OF(foreign); i++)
        if (strstr(page, foreign[i]) != NULL) fail_msg("the page has \"%s\"", foreign[i]);
    assert_null(strstr(page, "/*the report*/"));
    CHECK(strncmp(page, "<!doctype html>", 15) == 0);
    CHECK(strstr(to, "</html>") != NULL);
    report_fini(&report);
    end();
}

TEST(a_file_that_cannot_be_written_is_named)
{
    begin("transfers");
    make(1);
    struct report_files files = {.page = "/dev/full", .trace = NULL};
    CHECK_EQ(report_files_write(&files, &report, &error), PEVM_IO);
    CHECK(strstr(error.text, "/dev/full: No space left on device") != NULL);
    files = (struct report_files){.page = NULL, .trace = "/nowhere/at/all"};
    CHECK_EQ(report_files_write(&files, &report, &error), PEVM_IO);
    CHECK(strstr(error.text, "/nowhere/at/all: No such file or directory") != NULL);
    report_fini(&report);
    end();
}
