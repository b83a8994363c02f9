#include "api/api_private.h"
#include "base/heap.h"

#define FLAGS_KNOWN ((uint32_t)(PEVM_TRACE_MEMORY | PEVM_TRACE_RETURN_DATA))

/* ---- calls of the stranger's: `context` is a struct pevm_tracer ---- */

STATIC_ASSERT((int)PEVM_TRACE_CALL == (int)MESSAGE_CALL &&
                  (int)PEVM_TRACE_CALLCODE == (int)MESSAGE_CALLCODE &&
                  (int)PEVM_TRACE_DELEGATECALL == (int)MESSAGE_DELEGATECALL &&
                  (int)PEVM_TRACE_STATICCALL == (int)MESSAGE_STATICCALL &&
                  (int)PEVM_TRACE_CREATE == (int)MESSAGE_CREATE &&
                  (int)PEVM_TRACE_CREATE2 == (int)MESSAGE_CREATE2,
              "kinds of frames have the same numbers inside and outside");

static struct pevm_bytes lend(struct bytes bytes)
{
    return (struct pevm_bytes){bytes.data, bytes.size};
}

static void tell_step(void *context, const struct trace_step *step)
{
    const struct pevm_tracer *tracer = context;
    bool is_fault = step->fault != HALT_STOP;
    struct pevm_trace_step given = {
        .pc = step->pc,
        .gas = step->gas,
        .gas_cost = step->gas_cost,
        .refund = step->refund,
        .depth = (uint32_t)step->depth,
        .opcode = step->opcode,
        .is_fault = is_fault,
        .fault = is_fault ? halt_text(step->fault) : "",
        .stack = step->stack,
        .stack_count = step->stack_count,
        .memory = lend(step->memory),
        .return_data = lend(step->return_data),
    };
    tracer->step(tracer->context, &given);
}

static void tell_enter(void *context, const struct trace_frame *frame)
{
    const struct pevm_tracer *tracer = context;
    struct pevm_trace_frame given = {
        .kind = (uint32_t)frame->kind,
        .depth = (uint32_t)frame->depth,
        .caller = frame->caller,
        .to = frame->to,
        .value = frame->value,
        .gas = frame->gas,
        .input = lend(frame->input),
    };
    tracer->enter(tracer->context, &given);
}

static void tell_leave(
    void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    const struct pevm_tracer *tracer = context;
    struct pevm_trace_end given = {
        .depth = (uint32_t)depth,
        .is_success = halt_is_success(halt),
        .gas_used = gas_used,
        .halt = halt_text(halt),
        .output = lend(output),
    };
    tracer->leave(tracer->context, &given);
}

struct tracer tracer_of(const struct pevm_tracer *theirs)
{
    return (struct tracer){
        .context = (void *)(uintptr_t)theirs,
        .step = theirs->step != NULL ? tell_step : NULL,
        .enter = theirs->enter != NULL ? tell_enter : NULL,
        .leave = theirs->leave != NULL ? tell_leave : NULL,
    };
}

EXPORT void pevm_tracer_init_sized(struct pevm_tracer *tracer, size_t struct_size)
{
    sized_init(tracer, struct_size, sizeof *tracer);
}

/* ---- text: what is printed goes through a FILE of our own to the writer ---- */

EXPORT enum pevm_status pevm_trace_new(pevm_trace **out,
                                       enum pevm_trace_format format,
                                       uint32_t flags,
                                       uint32_t tx_index,
                                       pevm_trace_write write,
                                       void *context)
{
    ASSERT(out != NULL && write != NULL);
    *out = NULL;
    if (format != PEVM_TRACE_STEPS && format != PEVM_TRACE_CALLS) return PEVM_BAD_INPUT;
    if ((flags & ~FLAGS_KNOWN) != 0) return PEVM_BAD_INPUT;
    struct pevm_trace *trace = heap_alloc_zeroed(1, sizeof *trace);
    if (trace == NULL) return PEVM_NO_MEMORY;
    trace->format = format;
    trace->flags = flags;
    trace->tx_index = tx_index;
    trace->write = write;
    trace->context = context;
    trace->is_whole = true;
    *out = trace;
    return PEVM_OK;
}

EXPORT void pevm_trace_free(pevm_trace *trace)
{
    heap_free(trace);
}

EXPORT int pevm_trace_is_whole(const pevm_trace *trace)
{
    ASSERT(trace != NULL);
    return trace->is_whole;
}

/* After the first failure nothing is written any more. */
static ssize_t write_on(void *context, const char *text, size_t size)
{
    struct pevm_trace *trace = context;
    if (!trace->has_failed) trace->has_failed = trace->write(trace->context, text, size) != 0;
    return trace->has_failed ? 0 : (ssize_t)size;
}

enum pevm_status trace_begin(pevm_trace *trace, enum fork fork, struct error *error)
{
    const struct tracer *inner = &trace->steps.tracer;
    trace->has_failed = false;
    trace->is_whole = false;
    trace->out = fopencookie(trace, "w", (cookie_io_functions_t){.write = write_on});
    if (trace->out == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a trace");
    trace_struct_init(&trace->steps,
                      trace->out,
                      fork,
                      (trace->flags & PEVM_TRACE_MEMORY) != 0,
                      (trace->flags & PEVM_TRACE_RETURN_DATA) != 0);
    trace_call_init(&trace->calls, trace->out);
    if (trace->format == PEVM_TRACE_CALLS) inner = &trace->calls.tracer;
    trace_pick_init(&trace->pick, inner);
    trace->pick.picks_all = trace->tx_index == PEVM_TRACE_ALL_TXS;
    trace->pick.wanted = trace->tx_index;
    return PEVM_OK;
}

void trace_end(pevm_trace *trace)
{
    if (trace->out == NULL) return;
    bool is_written = fclose(trace->out) == 0 && !trace->has_failed;
    trace->out = NULL;
    trace->is_whole = is_written && trace->calls.lost == 0;
    trace_call_fini(&trace->calls);
}
