/* tuning.h - how a block is executed on several workers, and for how long. Nothing here can change what comes out: every
 * combination is held against the sequential path by tests/differential/test_wild_tuning.c, and who runs out of time gets
 * an error, never another receipt.
 *
 * All zero is what throughput is best with on most machines, and what everybody gets who does not ask.
 */
#pragma once

#include "sched/sched.h"

/* When it is checked whether what a transaction read still holds. Whatever is left unchecked, the frontier checks. */
enum validation {
    VALIDATE_EARLY, /* when it has run, and again when a lower one publishes what it had read */
    VALIDATE_LAZY,  /* at the frontier only */
    VALIDATE_BATCH, /* a worker checks what it ran, `batch_size` transactions at a time */
    VALIDATION_COUNT
};

/* What counts as the same. */
enum detection {
    DETECT_PRECISE, /* the value: what came back to what it was disturbs nobody */
    DETECT_FAST,    /* the version: no value is looked at */
    DETECTION_COUNT
};

/* Whose hints are used; none can change what comes out. */
enum analysis {
    ANALYSE_FAST, /* the caller's, and what was learnt in the blocks before */
    ANALYSE_FULL, /* access lists, too */
    ANALYSE_OFF,
    ANALYSIS_COUNT
};

#define BATCH_SIZE_DEFAULT 100
#define BATCH_SIZE_MAX     65536
#define ATTEMPTS_DEFAULT   8 /* a transaction that was stale so often is likely to be stale again */

struct tuning {
    enum sched_policy policy;
    enum validation validation;
    enum detection detection;
    enum analysis analysis;
    uint32_t batch_size;   /* 0: BATCH_SIZE_DEFAULT */
    uint32_t attempts_max; /* at a transaction ahead of the frontier; 0: ATTEMPTS_DEFAULT */
    bool scales;           /* call fewer workers where fewer were busy before */
    bool is_rigid;         /* do not learn from how it goes: running ahead never stops */
    bool ignores_gas;      /* hand out the same number at a time, whatever they may cost */

    /* Of a transaction; of a block, from its senders on. 0: none. */
    uint64_t task_timeout_ns, execution_timeout_ns;

    /* Memory that is kept from block to block: at most so much, or such a share of the limit, and given back every so often.
     * 0: all, for ever. */
    uint64_t keep_max_bytes, trim_interval_ns;
    uint32_t pressure_percent;
};
