/* service_metrics.h - the service's metrics: the table (service_metrics.def), and who counts. */
#pragma once

#include "metrics/metrics.h"

enum service_metric {
#define METRIC(id, kind, decimals, label, values, bounds, name, help) SERVICE_##id,
#include "service/service_metrics.def"
#undef METRIC
    SERVICE_METRIC_COUNT
};

/* Who counts: a thread each. */
enum service_writer { WRITER_LOOP, WRITER_LEADER, WRITER_FETCH, WRITER_LIFE, WRITER_COUNT };

/* The series of those with labels. */
enum { POOL_TX_EXECUTOR, POOL_STATE_COMMITTER, POOL_RECEIPT_WRITER };
enum { CACHE_ACCOUNTS, CACHE_SLOTS, CACHE_CODES };
enum { STORE_READS, STORE_SCANS, STORE_WRITES, STORE_LEASES };
enum { STORE_TRANSIENT, STORE_FENCED, STORE_FATAL };
enum { BLOCK_WAIT, BLOCK_SENDERS, BLOCK_EXECUTE, BLOCK_ROOTS, BLOCK_COMMIT };
enum {
    BAD_DECODE,
    BAD_HEADER,
    BAD_PARENT,
    BAD_TRANSACTION,
    BAD_GAS_USED,
    BAD_RECEIPTS_ROOT,
    BAD_BLOOM,
    BAD_STATE_ROOT,
    BAD_OTHER
};
enum { RELOAD_APPLIED, RELOAD_REFUSED };

/* With a writer for each of enum service_writer. The info metric is set. */
enum pevm_status service_metrics_new(struct metrics **out) MUST_CHECK;
