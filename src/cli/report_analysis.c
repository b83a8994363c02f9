#include "cli/report_analysis.h"

#include "metrics/event.h"

static uint64_t phase_ns(const struct report *report, enum event_phase phase)
{
    uint64_t ns = 0;
    for (size_t i = 0; i < report->span_counts[REPORT_PHASE]; i++) {
        const struct report_span *span = &report->spans[REPORT_PHASE][i];
        if (span->what == (uint32_t)phase) ns += span->end_ns - span->start_ns;
    }
    return ns;
}

/* Inside attempts and checks, by one worker. */
static uint64_t busy_ns(const struct report *report, unsigned worker)
{
    uint64_t ns = 0;
    for (size_t i = 0; i < report->attempt_count; i++) {
        const struct report_attempt *attempt = &report->attempts[i];
        if (attempt->worker == worker) ns += attempt->end_ns - attempt->start_ns;
    }
    for (size_t i = 0; i < report->span_counts[REPORT_CHECK]; i++) {
        const struct report_span *check = &report->spans[REPORT_CHECK][i];
        if (check->worker == worker) ns += check->end_ns - check->start_ns;
    }
    return ns;
}

struct pevm_metrics report_metrics(const struct report *report)
{
    struct pevm_metrics m;
    pevm_metrics_init(&m);
    m.blocks = m.profiled_blocks = 1;
    m.tasks = report->tx_count;
    m.gas = report->gas_used;
    m.workers = report->workers;
    m.incarnations = report->executions;
    m.violations = report->stale;
    m.waits = report->waits;
    m.aborts = report->executions > report->tx_count ? report->executions - report->tx_count : 0;
    uint64_t hand_over_ns = phase_ns(report, PHASE_HAND_OVER);
    m.transactions_ns = phase_ns(report, PHASE_TRANSACTIONS) - hand_over_ns;
    m.commit_ns = hand_over_ns + phase_ns(report, PHASE_FINISH) + phase_ns(report, PHASE_ROOTS);
    m.work_ns = m.transactions_ns;
    m.profiled_ns = report->parallel_ns;
    m.chain_ns = report->path_ns;
    m.chain_tasks = report->path_count;
    for (unsigned i = 0; i < report->workers; i++) {
        uint64_t ns = busy_ns(report, i);
        m.busy_ns += ns;
        if (ns > m.busiest_ns) m.busiest_ns = ns;
    }
    uint64_t all_ns = m.transactions_ns * report->workers;
    m.idle_ns = all_ns > m.busy_ns ? all_ns - m.busy_ns : 0;
    for (size_t i = 0; i < report->attempt_count; i++) {
        const struct report_attempt *attempt = &report->attempts[i];
        uint64_t ns = attempt->end_ns - attempt->start_ns;
        bool counts = attempt->end == REPORT_FINAL || attempt->end == REPORT_PAUSED;
        *(counts ? &m.task_ns : &m.task_again_ns) += ns;
    }
    m.validation_ns = m.busy_ns - m.task_ns - m.task_again_ns;
    return m;
}

struct pevm_analysis report_analyze(const struct report *report)
{
    struct pevm_metrics metrics = report_metrics(report);
    struct pevm_analysis analysis;
    pevm_analysis_init(&analysis);
    pevm_metrics_analyze(&metrics, &analysis);
    return analysis;
}
