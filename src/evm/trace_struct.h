/* trace_struct.h - every instruction as a line of JSON, after EIP-3155.
 *
 *     {"pc":0,"op":96,"gas":"0x5208","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"refund":0,"opName":"PUSH1"}
 *
 * plus "memory" and "returnData" when asked for, and "error" when the instruction halts its frame. After the outermost
 * frame: {"output":"","gasUsed":"0x5208"}, with "error" when it failed.
 */
#pragma once

#include "chain/fork.h"
#include "evm/tracer.h"

#include <stdio.h>

struct trace_struct {
    FILE *out;
    enum fork fork; /* names of instructions depend on it */
    bool memory, return_data;
    struct tracer tracer;
};

/* Lines go to `out`, which is borrowed. Give &trace->tracer to machine_set_block; `trace` must not move. */
void trace_struct_init(
    struct trace_struct *trace, FILE *out, enum fork fork, bool memory, bool return_data);
