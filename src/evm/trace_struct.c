#include "evm/trace_struct.h"

#include "evm/opcodes.h"

#include <inttypes.h>

/* Zero is 0x0; leading zeros are left out. */
static void word_put(FILE *out, const u256 *word)
{
    int top = 3;
    while (top > 0 && word->words[top] == 0)
        top--;
    fprintf(out, "\"0x%" PRIx64, word->words[top]);
    while (top-- > 0)
        fprintf(out, "%016" PRIx64, word->words[top]);
    fputc('"', out);
}

static void bytes_put(FILE *out, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    fputs("\"0x", out);
    for (size_t i = 0; i < bytes.size; i++) {
        fputc(digits[bytes.data[i] >> 4], out);
        fputc(digits[bytes.data[i] & 15], out);
    }
    fputc('"', out);
}

static void step(void *context, const struct trace_step *step)
{
    const struct trace_struct *trace = context;
    FILE *out = trace->out;
    fprintf(out,
            "{\"pc\":%" PRIu64 ",\"op\":%u,\"gas\":\"0x%" PRIx64 "\",\"gasCost\":\"0x%" PRIx64 "\"",
            step->pc,
            step->opcode,
            (uint64_t)step->gas,
            (uint64_t)step->gas_cost);
    fprintf(out, ",\"memSize\":%zu", step->memory.size);
    if (trace->memory) {
        fputs(",\"memory\":", out);
        bytes_put(out, step->memory);
    }
    fputs(",\"stack\":[", out);
    for (size_t i = 0; i < step->stack_count; i++) {
        if (i > 0) fputc(',', out);
        word_put(out, &step->stack[i]);
    }
    fputc(']', out);
    if (trace->return_data) {
        fputs(",\"returnData\":", out);
        bytes_put(out, step->return_data);
    }
    fprintf(out,
            ",\"depth\":%d,\"refund\":%" PRId64 ",\"opName\":\"%s\"",
            step->depth,
            step->refund,
            opcode_name(step->opcode, trace->fork));
    if (step->fault != HALT_STOP) fprintf(out, ",\"error\":\"%s\"", halt_geth_text(step->fault));
    fputs("}\n", out);
}

static void leave(void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    const struct trace_struct *trace = context;
    if (depth > 1) return;
    fputs("{\"output\":", trace->out);
    bytes_put(trace->out, output);
    fprintf(trace->out, ",\"gasUsed\":\"0x%" PRIx64 "\"", (uint64_t)gas_used);
    if (!halt_is_success(halt)) fprintf(trace->out, ",\"error\":\"%s\"", halt_geth_text(halt));
    fputs("}\n", trace->out);
}

void trace_struct_init(
    struct trace_struct *trace, FILE *out, enum fork fork, bool memory, bool return_data)
{
    *trace = (struct trace_struct){
        .out = out,
        .fork = fork,
        .memory = memory,
        .return_data = return_data,
        .tracer = {.context = trace, .step = step, .leave = leave},
    };
}
