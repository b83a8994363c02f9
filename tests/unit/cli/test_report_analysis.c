/* Reports made up by hand: their numbers, and what stands in the way of them. */
#include "cli/report_analysis.h"
#include "metrics/event.h"
#include "support/test.h"

static struct report_attempt attempts[8];
static struct report_span checks[4], phases[4];
static struct report report;

/* Two workers, a millisecond each, and a little to commit. */
static void begin(void)
{
    report = (struct report){.tx_count = 4, .workers = 2, .executions = 4, .parallel_ns = 1100000};
    report.attempts = attempts;
    report.spans[REPORT_CHECK] = checks;
    report.spans[REPORT_PHASE] = phases;
    for (uint32_t i = 0; i < 4; i++)
        attempts[i] = (struct report_attempt){.start_ns = i / 2 * 500000,
                                              .end_ns = i / 2 * 500000 + 490000,
                                              .tx = i,
                                              .worker = i % 2,
                                              .end = REPORT_FINAL};
    report.attempt_count = 4;
    phases[0] = (struct report_span){0, 1050000, 0, PHASE_TRANSACTIONS, true};
    phases[1] = (struct report_span){1000000, 1050000, 0, PHASE_HAND_OVER, true};
    phases[2] = (struct report_span){1050000, 1100000, 0, PHASE_FINISH, true};
    report.span_counts[REPORT_PHASE] = 3;
    report.path_count = 1;
    report.path_ns = 490000;
}

static uint32_t bottleneck(void)
{
    return report_analyze(&report).bottleneck;
}

TEST(the_numbers_are_those_of_the_report)
{
    begin();
    checks[0] = (struct report_span){990000, 995000, 1, 3, true};
    report.span_counts[REPORT_CHECK] = 1;
    attempts[4] =
        (struct report_attempt){.start_ns = 495000, .end_ns = 499000, .end = REPORT_STALE};
    report.attempt_count = 5;
    report.stale = 1;
    report.executions = 5;
    struct pevm_metrics m = report_metrics(&report);
    CHECK_EQ(m.tasks, 4);
    CHECK_EQ(m.aborts, 1);
    CHECK_EQ(m.transactions_ns, 1000000);
    CHECK_EQ(m.commit_ns, 100000);
    CHECK_EQ(m.task_ns, 4 * 490000);
    CHECK_EQ(m.task_again_ns, 4000);
    CHECK_EQ(m.validation_ns, 5000);
    CHECK_EQ(m.busy_ns, 4 * 490000 + 4000 + 5000);
    CHECK_EQ(m.busiest_ns, 2 * 490000 + 5000);
    CHECK_EQ(m.idle_ns, 2000000 - m.busy_ns);
}

TEST(what_stands_in_the_way_is_seen)
{
    begin();
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_NONE);
    report.path_count = 3;
    report.path_ns = 900000;
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_CRITICAL_PATH);
    begin();
    report.executions = 6;
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_CONFLICTS);
    begin();
    phases[2].end_ns = 3000000;
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_COMMIT);
    begin();
    report.attempt_count = 1;
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_STARVATION);
    begin();
    attempts[1].worker = attempts[3].worker = 0; /* in turns, one worker alone */
    attempts[1].end_ns = attempts[1].start_ns + 10000;
    report.workers = 2;
    CHECK_EQ(bottleneck(), PEVM_BOTTLENECK_IMBALANCE);
}
