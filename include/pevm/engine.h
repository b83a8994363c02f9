/* pevm/engine.h - a block in, an outcome out.
 *
 *     pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
 *     pevm_engine_open(&engine, &config, &error);
 *     pevm_input_init(&input);
 *     input.block = block; input.state = state;
 *     pevm_engine_execute(engine, &outcome, &input, &error);
 *     pevm_state_apply(state, &outcome->changes);
 *     pevm_engine_close(engine);
 */
#ifndef PEVM_ENGINE_H
#define PEVM_ENGINE_H

#include "pevm/state.h"
#include "pevm/status.h"
#include "pevm/trace.h"
#include "pevm/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- configuration ----------------------------------------------------------------------------- */

/* In what order transactions are handed to workers. The outcome is that of PEVM_POLICY_SEQUENTIAL, bit for bit. */
enum pevm_policy {
    PEVM_POLICY_WORK_STEALING, /* several neighbours at a time; who has none left takes half of another's */
    PEVM_POLICY_LOAD_BALANCED, /* one at a time, to whoever is free */
    PEVM_POLICY_ADAPTIVE,      /* as work stealing; the more conflicts, the less far ahead */
    PEVM_POLICY_SEQUENTIAL     /* one after the other, by the calling thread: the reference */
};

/* When it is checked that what a transaction has read still holds. What becomes final is always checked, in block order. */
enum pevm_validation {
    PEVM_VALIDATION_EARLY, /* as soon as it has run, and when a transaction before it changes what it read */
    PEVM_VALIDATION_LAZY, /* when it is its turn to become final */
    PEVM_VALIDATION_BATCH /* by each worker for what it ran, validation_batch_size transactions at a time */
};

/* What counts as a conflict. */
enum pevm_detection {
    PEVM_DETECTION_PRECISE, /* another value than was read */
    PEVM_DETECTION_FAST /* another version than was read, whatever its value: no value is compared */
};

/* Whose hints decide that a transaction waits for another instead of running ahead of it. No hint changes an outcome. */
enum pevm_hints {
    PEVM_HINTS_OFF, /* nobody's */
    PEVM_HINTS_FAST, /* pevm_input's; and, with `adaptive`, what was learnt of calls by contract and selector */
    PEVM_HINTS_FULL /* as fast; and slots that access lists have in common */
};

/* Sets of defaults; fields set afterwards win. */
enum pevm_preset {
    PEVM_PRESET_THROUGHPUT, /* all cores, checks in batches */
    PEVM_PRESET_LATENCY,    /* all cores, checks at once, one transaction at a time */
    PEVM_PRESET_LOW_MEMORY, /* 2 workers, 512 MiB, nothing kept from block to block, a small cache of code */
    PEVM_PRESET_DETERMINISTIC /* sequential, 1 worker: also times and counts are reproducible, as far as they can be */
};

struct pevm_config {
    size_t struct_size; /* pevm_config_init */

    /* "mainnet", "sepolia", or a network of the official tests: a fork ("Osaka") or a transition
     * ("PragueToOsakaAtTime15k"), with chain id 1. Borrowed until pevm_engine_open returns. */
    const char *chain;

    /* Threads that execute, the caller's included; 0: the cores this process may use, at most 16. At most
     * PEVM_WORKERS_MAX. */
    uint32_t workers;

    /* How it is done. None of these changes an outcome. */
    uint32_t policy;              /* enum pevm_policy */
    uint32_t validation;          /* enum pevm_validation */
    uint32_t conflict_detection;  /* enum pevm_detection */
    uint32_t dependency_analysis; /* enum pevm_hints */
    uint32_t
        validation_batch_size; /* transactions, 1 to 65536; a worker remembers at most 512 that it has not checked */
    uint32_t
        attempts_max; /* at one transaction before those below it are final, 1 to 1000; then it waits for them */
    uint32_t
        memory_pressure_percent; /* of memory_max_bytes: what is kept beyond is given back, 1 to 100 */
    uint8_t
        adaptive; /* 1: stop running ahead, for a while, where most of it turns out wrong; 0: never. ADAPTIVE needs 1 */
    uint8_t
        load_balancing; /* 1: hand out transactions by what they may cost; 0: the same number at a time */
    uint8_t scaling; /* 1: call fewer workers for a block where fewer were busy in those before */

    /* Fixed while the engine is open. Pinning is for machines that run one engine: two of them would choose the same
     * processors. Without hwloc in the build, processors are taken by number and `numa` does nothing; so it does on one node. */
    uint8_t
        affinity; /* 1: each worker stays on a processor of its own, cores before their further threads */
    uint8_t
        numa; /* 1: memory that all workers use lies across all nodes; a worker's own where it runs */
    uint8_t
        spin; /* 1: workers wait awake for 100 us after a block, so that the next one begins sooner */
    uint8_t padding[2];

    /* Who runs out of time gets PEVM_TIMEOUT and no outcome, never another receipt. Nanoseconds, 0: none. */
    uint64_t task_timeout_ns;      /* of one transaction, or task */
    uint64_t execution_timeout_ns; /* of a call */

    /* All that grows with blocks: versions, logs, what the outcome lends, what is kept from block to block. Not code that was
     * analysed (code_cache_bytes), nor what one EVM and the changes of one transaction need (bounded by its gas). A block
     * that would pass the limit runs on fewer workers, then sequentially, then ends with PEVM_NO_MEMORY and the numbers.
     * 0: no limit. */
    uint64_t memory_max_bytes;
    uint64_t memory_pool_bytes;      /* at most so much is kept from block to block; 0: all of it */
    uint64_t version_gc_interval_ns; /* what is kept is given back so often; 0: after each block */
    uint64_t
        code_cache_bytes; /* of analysed code, 1 MiB to 1 TiB; cannot change while the engine is open */
};

#define PEVM_WORKERS_MAX 128

/* Fill in all fields: chain "mainnet", the rest as the preset says. An unknown preset is a fault of the caller. */
#define pevm_config_init(config, preset) pevm_config_init_sized(config, sizeof *(config), preset)
void pevm_config_init_sized(struct pevm_config *config,
                            size_t struct_size,
                            enum pevm_preset preset);

/* ---- life -------------------------------------------------------------------------------------- */

/* Owns threads, code that was analysed, and memory that is kept from block to block. */
typedef struct pevm_engine pevm_engine;

/* An engine in *out, to be closed with pevm_engine_close. `error` may be NULL. PEVM_BAD_INPUT: a field of *config is out of
 * its range, or contradicts another (the text names it); PEVM_UNSUPPORTED: no such chain, or fields set that this library
 * is too old for; PEVM_NO_MEMORY. Then *out is NULL. */
enum pevm_status pevm_engine_open(pevm_engine **out,
                                  const struct pevm_config *config,
                                  struct pevm_error *error);
void pevm_engine_close(pevm_engine *engine); /* may be NULL; what its outcomes lend goes with it */

/* Another configuration, from the next block on: everything but chain, workers, memory_max_bytes, code_cache_bytes, affinity,
 * numa and spin, which must be as they were. On failure, as above, the engine is as before. What outcomes lend stays. */
enum pevm_status pevm_engine_configure(pevm_engine *engine,
                                       const struct pevm_config *config,
                                       struct pevm_error *error);

/* ---- a block ----------------------------------------------------------------------------------- */

/* Transaction `later` is likely to need what `earlier` changes; both by index. */
struct pevm_dependency {
    uint32_t later, earlier;
};

struct pevm_input {
    size_t struct_size; /* pevm_input_init */

    /* rlp([header, transactions, ommers]), from Shanghai on with withdrawals (Yellow Paper, section 4.4; EIP-4895).
     * Strictly: every byte is read, and must be right. */
    struct pevm_bytes block;

    /* The RLP of the parent's header. Size 0: the header is judged alone. */
    struct pevm_bytes parent_header;

    /* The state before the block: one of the two, the other NULL. The outcome's changes are not applied to it. */
    pevm_state *state; /* counts as used until the call returns; gives the state root, too */
    const struct pevm_view *view;

    const u256 *
        parent_total_difficulty; /* may be NULL; decides Paris where the chain does not know its height (EIP-3675) */

    const struct pevm_tracer *tracer; /* may be NULL */
    pevm_trace *trace;                /* may be NULL; not both */

    /* May be NULL. Asked between transactions, and inside those that take long, every few ten microseconds while work is
     * done; from any of the engine's threads, but by one at a time. Anything but 0 stops the block with PEVM_CANCELLED. A
     * block is never cut short silently. */
    int (*is_cancelled)(void *context);
    void *cancel_context;

    /* Hints about the transactions: right, wrong or absurd, the outcome is the same, and a block takes no longer than one
     * after another. May be NULL. A pair is ignored unless earlier < later; of one later, the two highest count. Gas that the
     * first gas_estimate_count transactions are likely to use decides how many are handed out at a time. Access lists are
     * read from the transactions. */
    const struct pevm_dependency *dependencies;
    size_t dependency_count;
    const uint64_t *gas_estimates;
    size_t gas_estimate_count;

    uint8_t skip_header_compare; /* 1: gas used, bloom and roots are reported, not judged */
    uint8_t
        skip_body_roots; /* 1: transactions root, withdrawals root and ommers hash are not judged */
    uint8_t padding[6];
};

/* All zero but struct_size. */
#define pevm_input_init(input) pevm_input_init_sized(input, sizeof *(input))
void pevm_input_init_sized(struct pevm_input *input, size_t struct_size);

#define PEVM_TOPICS_MAX 4

/* What LOG0 to LOG4 leave behind (Yellow Paper, section 4.3.1). */
struct pevm_log {
    address account;
    uint8_t topic_count;
    hash32 topics[PEVM_TOPICS_MAX];
    struct pevm_bytes data;
};

/* What a transaction did (Yellow Paper, section 4.3.1; EIP-658, EIP-2718). */
struct pevm_receipt {
    uint8_t tx_type;        /* 0 to 4 */
    uint8_t is_success;     /* computed also where the real receipt has a state root */
    uint8_t has_state_root; /* before Byzantium, when the state could give it */
    uint8_t has_created;
    uint8_t padding[4];
    uint64_t gas_used, cumulative_gas_used;
    address sender;  /* recovered from the signature */
    address created; /* the contract, when a creation succeeded */
    hash32 tx_hash;
    hash32 state_root;
    uint8_t bloom[256];
    const struct pevm_log *logs;
    size_t log_count;
};

/* Lent by the engine until its next call. */
struct pevm_outcome {
    uint8_t
        is_valid; /* 1; 0: the block is invalid, and only the next five fields and the times mean anything */
    uint8_t has_receipts_root, has_state_root, has_requests_hash;
    uint32_t tx_index; /* of the transaction that can't be in the block, when tx_fault is not "" */
    const char *
        fault; /* the rule that was broken, by its name ("BLOCK_GAS_LIMIT"); "" when valid; static */
    const char *tx_fault;   /* ... by a transaction ("TX_NONCE_TOO_LOW"); "" otherwise; static */
    const char *fault_text; /* one sentence: what was expected, what came; "" when valid */

    uint64_t number;
    hash32 block_hash;
    const struct pevm_receipt *receipts; /* one for each transaction */
    size_t receipt_count;
    struct pevm_changes changes;
    uint64_t gas_used, blob_gas_used;
    uint8_t bloom[256];
    hash32 receipts_root, state_root;
    hash32 requests_hash; /* EIP-7685 */

    /* How it went. */
    uint64_t decode_ns, recover_ns; /* RLP; senders */
    uint64_t execute_ns;            /* from "senders known" to "receipts and changes final" */
    uint64_t root_ns;
    uint64_t
        executions; /* of transactions, in all: equal to their number when none was run again */
    uint64_t stale; /* executions whose reads did not hold */
    uint64_t waits; /* executions that met what a lower transaction was about to change */
    size_t memory_bytes; /* taken from the engine's memory for this block */
};

/* Execute a block on the state before it. PEVM_OK: *outcome says whether the block is valid, and what it did. Any other
 * status: the world failed, *outcome is NULL. `error` may be NULL.
 *   PEVM_BAD_INPUT          block or parent_header is not RLP of a block or header (the text names the field), or a
 *                           struct_size is unknown
 *   PEVM_UNSUPPORTED        fields set that this library is too old for
 *   PEVM_STATE_UNREADABLE   the view answered PEVM_ANSWER_FAILED (the text says to what)
 *   PEVM_CANCELLED          is_cancelled said so
 *   PEVM_TIMEOUT            a transaction, or the block, took longer than the configuration allows
 *   PEVM_NO_MEMORY          the heap, or memory_max_bytes
 * Afterwards the engine is as good as new. */
enum pevm_status pevm_engine_execute(pevm_engine *engine,
                                     const struct pevm_outcome **outcome,
                                     const struct pevm_input *input,
                                     struct pevm_error *error);

#ifdef __cplusplus
}
#endif
#endif
