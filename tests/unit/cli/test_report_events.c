/* Events as they lie in the rings, made up by hand; the report that comes of them. */
#include "cli/report_events.h"
#include "metrics/event.h"
#include "support/block_world.h"
#include "support/test.h"

#define TXS 4

static struct report report;
static struct event_log *events;
static struct block_world *world; /* for its engine, which has executed nothing */
static struct report_tx txs[TXS];

static void begin(size_t capacity)
{
    world = block_world_new(FORK_OSAKA);
    CHECK_EQ(event_log_new(&events, 2, capacity), PEVM_OK);
    memset(txs, 0, sizeof txs);
    report = (struct report){.tx_count = TXS, .workers = 2, .txs = txs};
    arena_init(&report.scratch, 4096, 0);
}

static void end(void)
{
    arena_fini(&report.scratch);
    event_log_free(events);
    block_world_free(world);
}

static void add(unsigned worker, uint64_t ns, enum event_kind kind, uint32_t tx)
{
    struct event event = {
        .ns = ns, .kind = kind, .tx = tx, .other = EVENT_NOBODY, .place = EVENT_NOBODY};
    event_store(event_ring(events, worker), &event);
}

static void add_because(
    unsigned worker, uint64_t ns, enum event_kind kind, uint32_t tx, uint32_t other, uint32_t place)
{
    struct event event = {.ns = ns, .kind = kind, .tx = tx, .other = other, .place = place};
    event_store(event_ring(events, worker), &event);
}

static void read_all(void)
{
    CHECK(report_events_read(&report, events, world->engine));
}

TEST(an_attempt_lasts_from_its_begin_to_its_end)
{
    begin(64);
    add(0, 1000, EVENT_RUN, 0);
    add(1, 1100, EVENT_RUN, 1);
    add(1, 1250, EVENT_EXECUTED, 1);
    add(0, 1400, EVENT_EXECUTED, 0);
    add(0, 1500, EVENT_FINAL, 0);
    add(0, 1510, EVENT_FINAL, 1);
    read_all();
    CHECK_EQ(report.attempt_count, 2);
    CHECK_EQ(report.attempts[0].start_ns, 0);
    CHECK_EQ(report.attempts[0].end_ns, 400);
    CHECK_EQ(report.attempts[0].end, REPORT_FINAL);
    CHECK_EQ(report.attempts[1].worker, 1);
    CHECK_EQ(report.attempts[1].start_ns, 100);
    CHECK_EQ(report.attempts[1].end_ns, 250);
    CHECK_EQ(txs[1].final_ns, 510);
    CHECK_EQ(report.end_ns, 510);
    CHECK_EQ(report.location_count, 0);
    CHECK_EQ(report.sequential_from, TXS);
    end();
}

TEST(what_was_stale_or_blocked_did_not_count_and_has_a_cause)
{
    begin(64);
    add(0, 100, EVENT_RUN, 2);
    add(0, 200, EVENT_EXECUTED, 2);
    add(1, 210, EVENT_CHECK, 2); /* found by the other worker */
    add_because(1, 220, EVENT_STALE, 2, EVENT_NOBODY, 7);
    add(1, 230, EVENT_RUN, 2);
    add_because(1, 260, EVENT_BLOCKED, 2, 1, 9);
    add(0, 300, EVENT_RUN, 2);
    add_because(0, 340, EVENT_BLOCKED, 2, 0, 9);
    add(0, 400, EVENT_RUN, 2);
    add(0, 450, EVENT_EXECUTED, 2);
    add(0, 460, EVENT_CHECK, 2);
    add(0, 470, EVENT_HOLDS, 2);
    add(0, 480, EVENT_FINAL, 2);
    read_all();
    static const enum report_end ends[] = {
        REPORT_STALE, REPORT_BLOCKED, REPORT_BLOCKED, REPORT_FINAL};
    CHECK_EQ(report.attempt_count, 4);
    for (size_t i = 0; i < 4; i++)
        CHECK_EQ(report.attempts[i].end, ends[i]);
    CHECK_EQ(report.attempts[1].blocked_on, 1);
    CHECK_EQ(report.attempts[2].blocked_on, 0);
    CHECK_EQ(txs[2].attempts, 4);
    CHECK_EQ(txs[2].stale, 1);
    CHECK_EQ(txs[2].blocked, 2);
    CHECK_EQ(report.location_count, 2); /* the one that cost most attempts first */
    CHECK_EQ(report.locations[0].place, 9);
    CHECK_EQ(report.locations[0].blocked, 2);
    CHECK_EQ(report.locations[0].lost_ns, 30 + 40);
    CHECK_EQ(report.locations[1].stale, 1);
    CHECK_EQ(report.attempts[0].cause, 1);
    CHECK_EQ(report.attempts[1].cause, 0);
    CHECK_EQ(report.attempts[3].cause, REPORT_NOBODY);
    CHECK_EQ(report.span_counts[REPORT_CHECK], 2);
    CHECK(!report.spans[REPORT_CHECK][0].is_good);
    CHECK(report.spans[REPORT_CHECK][1].is_good);
    end();
}

TEST(two_attempts_of_one_transaction_never_both_count)
{
    begin(64);
    for (uint64_t i = 0; i < 3; i++) { /* nobody said that they were stale */
        add((unsigned)i % 2, 100 * i + 100, EVENT_RUN, 1);
        add((unsigned)i % 2, 100 * i + 150, EVENT_EXECUTED, 1);
    }
    read_all();
    CHECK_EQ(report.attempts[0].end, REPORT_STALE);
    CHECK_EQ(report.attempts[1].end, REPORT_STALE);
    CHECK_EQ(report.attempts[2].end, REPORT_FINAL);
    CHECK_EQ(txs[1].stale, 2);
    end();
}

TEST(idle_time_phases_and_the_sequential_rest_are_told)
{
    begin(64);
    add(0, 10, EVENT_ENTER, PHASE_TRANSACTIONS);
    add(1, 20, EVENT_IDLE, EVENT_NOBODY);
    add(1, 50, EVENT_BUSY, EVENT_NOBODY);
    add(0, 60, EVENT_SEQUENTIAL, 3);
    add(0, 90, EVENT_LEAVE, PHASE_TRANSACTIONS);
    read_all();
    CHECK_EQ(report.span_counts[REPORT_IDLE], 1);
    CHECK_EQ(report.spans[REPORT_IDLE][0].worker, 1);
    CHECK_EQ(report.spans[REPORT_IDLE][0].start_ns, 10);
    CHECK_EQ(report.spans[REPORT_IDLE][0].end_ns, 40);
    CHECK_EQ(report.span_counts[REPORT_PHASE], 1);
    CHECK_EQ(report.spans[REPORT_PHASE][0].end_ns, 80);
    CHECK_EQ(report.sequential_from, 3);
    end();
}

TEST(what_lost_its_begin_is_left_out_and_counted)
{
    begin(4);
    for (uint32_t i = 0; i < 3; i++) {
        add(0, 100 * i + 10, EVENT_RUN, i);
        add(0, 100 * i + 20, EVENT_EXECUTED, i);
    }
    add(0,
        400,
        EVENT_FINAL,
        2); /* of seven the last four are kept: the end of 1 without its begin */
    read_all();
    CHECK_EQ(report.events_lost, 3);
    CHECK_EQ(report.attempt_count, 1);
    CHECK_EQ(report.attempts[0].tx, 2);
    end();
}

TEST(a_second_run_replaces_the_first)
{
    begin(64);
    add(0, 100, EVENT_RUN, 1);
    add_because(0, 150, EVENT_BLOCKED, 1, 0, 5);
    read_all();
    CHECK_EQ(report.location_count, 1);
    event_log_begin(events);
    add(0, 900, EVENT_RUN, 1);
    add(0, 950, EVENT_EXECUTED, 1);
    read_all();
    CHECK_EQ(report.location_count, 0);
    CHECK_EQ(report.attempt_count, 1);
    CHECK_EQ(txs[1].blocked, 0);
    CHECK_EQ(txs[1].attempts, 1);
    end();
}

TEST(what_was_blocked_may_go_on_and_then_nothing_is_lost)
{
    begin(64);
    add(0, 100, EVENT_RUN, 1);
    add_because(0, 150, EVENT_BLOCKED, 1, 0, 5);
    add(1, 200, EVENT_RESUME, 1);
    add(1, 260, EVENT_EXECUTED, 1);
    read_all();
    CHECK_EQ(report.attempt_count, 2);
    CHECK_EQ(report.attempts[0].end, REPORT_PAUSED);
    CHECK_EQ(report.attempts[0].blocked_on, 0);
    CHECK_EQ(report.attempts[1].end, REPORT_FINAL);
    CHECK_EQ(report.attempts[1].before_ns, 50);
    CHECK_EQ(txs[1].attempts, 1);
    CHECK_EQ(txs[1].blocked, 1);
    CHECK_EQ(txs[1].resumed, 1);
    CHECK_EQ(report.locations[0].blocked, 1);
    CHECK_EQ(report.locations[0].lost_ns, 0);
    add(1, 270, EVENT_CHECK, 1); /* in vain after all: both parts are lost */
    add_because(1, 280, EVENT_STALE, 1, EVENT_NOBODY, 5);
    add(1, 290, EVENT_RUN, 1);
    add(1, 350, EVENT_EXECUTED, 1);
    read_all();
    CHECK_EQ(report.locations[0].lost_ns, 50 + 60);
    CHECK_EQ(report.locations[0].stale, 1);
    CHECK_EQ(txs[1].attempts, 2);
    end();
}
