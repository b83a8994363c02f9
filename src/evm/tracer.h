/* tracer.h - watching a transaction: every instruction, every frame. The traced loop is a second compilation of the
 * interpreter; without a tracer nothing of it is there.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"
#include "evm/halt.h"

struct trace_step {
    uint64_t pc;
    uint8_t opcode;
    int64_t gas;      /* before the instruction */
    int64_t gas_cost; /* charged by the instruction (children's gas included for calls) */
    int depth;        /* 1 = outermost frame, as EIP-3155 counts */
    int64_t refund;
    const u256 *stack; /* bottom first, before the instruction */
    size_t stack_count;
    struct bytes memory; /* before the instruction */
    struct bytes return_data;
    enum halt fault; /* HALT_STOP unless the instruction halted exceptionally */
};

struct trace_frame {
    int kind;  /* enum message_kind */
    int depth; /* 1 = outermost */
    address caller, to;
    u256 value;
    int64_t gas;
    struct bytes input;
};

/* Any callback may be NULL. */
struct tracer {
    void *context;
    void (*step)(void *context, const struct trace_step *step);
    void (*enter)(void *context, const struct trace_frame *frame);
    void (*leave)(void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output);
};
