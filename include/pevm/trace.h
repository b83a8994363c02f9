/* pevm/trace.h - watching transactions: every instruction, every frame; as calls of yours, or as lines of JSON.
 *
 * A block with a tracer runs one transaction after the other, whatever the engine's mode.
 */
#ifndef PEVM_TRACE_H
#define PEVM_TRACE_H

#include "pevm/status.h"
#include "pevm/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An instruction that is about to run (EIP-3155). All pointers are lent until the callback returns. */
struct pevm_trace_step {
    uint64_t pc;
    int64_t gas;      /* left before the instruction */
    int64_t gas_cost; /* charged by it; of calls what they pass on, too */
    int64_t refund;
    uint32_t depth; /* 1 = the transaction's outermost frame */
    uint8_t opcode;
    uint8_t is_fault; /* 1: the instruction halts its frame exceptionally; `fault` says why */
    uint8_t padding[2];
    const char *fault;  /* static; "" when there is none */
    const u256 *stack;  /* bottom first */
    size_t stack_count; /* words */
    struct pevm_bytes memory, return_data;
};

enum pevm_trace_kind {
    PEVM_TRACE_CALL,
    PEVM_TRACE_CALLCODE,
    PEVM_TRACE_DELEGATECALL,
    PEVM_TRACE_STATICCALL,
    PEVM_TRACE_CREATE,
    PEVM_TRACE_CREATE2
};

/* A frame that begins: a call, or a creation. */
struct pevm_trace_frame {
    uint32_t kind;  /* enum pevm_trace_kind */
    uint32_t depth; /* 1 = outermost */
    address caller, to;
    u256 value;
    int64_t gas;
    struct pevm_bytes input;
};

/* A frame that ends. */
struct pevm_trace_end {
    uint32_t depth;
    uint8_t is_success; /* 0: its changes were undone; `halt` says why */
    uint8_t padding[3];
    int64_t gas_used;
    const char *halt; /* static: "STOP", "REVERT", ... for people */
    struct pevm_bytes output;
};

/* Called from the thread that called pevm_engine_execute. Any callback may be NULL. System calls (EIP-4788, 2935, 7002,
 * 7251) are traced, too: their outermost caller is 0xfffffffffffffffffffffffffffffffffffffffe. */
struct pevm_tracer {
    size_t struct_size; /* pevm_tracer_init */
    void *context;
    void (*step)(void *context, const struct pevm_trace_step *step);
    void (*enter)(void *context, const struct pevm_trace_frame *frame);
    void (*leave)(void *context, const struct pevm_trace_end *end);
};

/* All zero but struct_size. */
#define pevm_tracer_init(tracer) pevm_tracer_init_sized(tracer, sizeof *(tracer))
void pevm_tracer_init_sized(struct pevm_tracer *tracer, size_t struct_size);

/* ---- as text ----------------------------------------------------------------------------------- */

enum pevm_trace_format {
    PEVM_TRACE_STEPS, /* a line of JSON for each instruction, a last one for the transaction (EIP-3155) */
    PEVM_TRACE_CALLS /* a line of JSON with the tree of calls for each transaction (as geth's callTracer) */
};

enum pevm_trace_flags {
    PEVM_TRACE_MEMORY = 1,     /* with steps: memory before each instruction */
    PEVM_TRACE_RETURN_DATA = 2 /* with steps: return data before each instruction */
};

#define PEVM_TRACE_ALL_TXS UINT32_MAX

/* Takes `size` bytes of text, which are not zero-terminated; lines may come in pieces. Returns 0, or anything else when
 * it could not: then the rest of the block's trace is dropped, and pevm_trace_is_whole says so. */
typedef int (*pevm_trace_write)(void *context, const char *text, size_t size);

/* Writes traces as text; reused from block to block. */
typedef struct pevm_trace pevm_trace;

/* In *out, to be freed with pevm_trace_free. `tx_index`: which transaction of the block, from 0, or PEVM_TRACE_ALL_TXS;
 * system calls are not traced. `flags`: of enum pevm_trace_flags. PEVM_NO_MEMORY: *out is NULL. PEVM_BAD_INPUT: an
 * unknown format or flag. */
enum pevm_status pevm_trace_new(pevm_trace **out,
                                enum pevm_trace_format format,
                                uint32_t flags,
                                uint32_t tx_index,
                                pevm_trace_write write,
                                void *context);
void pevm_trace_free(pevm_trace *trace); /* may be NULL */

/* 1: everything of the last block reached the writer; 0: something was lost (the writer failed, or memory ran out). */
int pevm_trace_is_whole(const pevm_trace *trace);

#ifdef __cplusplus
}
#endif
#endif
