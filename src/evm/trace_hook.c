#include "evm/machine_private.h"

/* The instruction marked at its beginning, as the tracer is told of it. */
static void tell(struct frame *frame, int64_t gas_left, enum halt fault)
{
    struct machine *machine = frame->machine;
    struct trace_mark *mark = &machine->trace;
    if (!mark->is_open) return;
    mark->is_open = false;
    if (machine->tracer->step == NULL) return;
    struct trace_step step = {
        .pc = (uint64_t)(mark->pc - frame->code_start),
        .opcode = *mark->pc,
        .gas = mark->gas,
        .gas_cost = mark->gas - gas_left,
        .depth = frame->depth + 1,
        .refund = machine->journal.refund,
        .stack = frame->stack,
        .stack_count = (size_t)(mark->top - frame->stack + 1),
        .memory = bytes_of(frame->memory, mark->memory_size),
        .return_data = machine->return_data,
        .fault = fault,
    };
    machine->tracer->step(machine->tracer->context, &step);
}

void trace_charged(struct frame *frame, int64_t gas_left)
{
    if (unlikely(frame->machine->tracer != NULL)) tell(frame, gas_left, HALT_STOP);
}

void trace_fault(struct frame *frame, int64_t gas_left, enum halt fault)
{
    if (unlikely(frame->machine->tracer != NULL)) tell(frame, gas_left, fault);
}

void trace_enter(struct machine *machine, const struct trace_frame *frame)
{
    if (unlikely(machine->tracer != NULL) && machine->tracer->enter != NULL)
        machine->tracer->enter(machine->tracer->context, frame);
}

void trace_leave(
    struct machine *machine, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    if (unlikely(machine->tracer != NULL) && machine->tracer->leave != NULL)
        machine->tracer->leave(machine->tracer->context, depth, halt, gas_used, output);
}
