/* Every documented name is there from the start, in a form that Prometheus reads. */
#include "metrics/prometheus.h"
#include "service/service_metrics.h"
#include "support/exposition.h"
#include "support/test.h"

static char text[1 << 16];

static const char *const documented[] = {
    "evm_executor_execution_height",
    "evm_executor_execution_lag",
    "evm_executor_execution_speed_bps",
    "evm_executor_txs_executed_total",
    "evm_executor_txs_failed_total",
    "evm_executor_gas_used_total",
    "evm_executor_evm_execution_latency_seconds_count",
    "evm_executor_state_accounts_cached",
    "evm_executor_state_cache_hit_rate",
    "evm_executor_state_write_batch_size_count",
    "evm_executor_state_commit_latency_seconds_count",
    "evm_executor_worker_pool_active_workers{pool=\"tx-executor\"}",
    "evm_executor_worker_pool_queue_length{pool=\"state-committer\"}",
    "evm_executor_worker_pool_tasks_completed_total{pool=\"receipt-writer\"}",
    "evm_executor_worker_pool_tasks_failed_total{pool=\"tx-executor\"}",
};

TEST(every_documented_name_is_there_from_the_start)
{
    struct metrics *metrics;
    double value;
    CHECK_EQ(service_metrics_new(&metrics), PEVM_OK);
    CHECK(prometheus_write(text, sizeof text, metrics) < sizeof text);
    CHECK(exposition_fault(text) == NULL);
    for (size_t i = 0; i < COUNT_OF(documented); i++) {
        if (!exposition_value(text, documented[i], &value))
            fail_msg("%s is not there", documented[i]);
        CHECK(value == 0);
    }
    CHECK(exposition_value(text, "process_start_time_seconds", &value) && value > 1e9);
    metrics_free(metrics);
}
