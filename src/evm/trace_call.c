#include "evm/trace_call.h"

#include "base/hex.h"
#include "evm/machine.h"

#include <inttypes.h>

#define ARENA_CHUNK_BYTES (64 * 1024)

struct trace_call_node {
    struct trace_call_node *parent, *first, *last, *next;
    struct trace_frame frame; /* input copied */
    enum halt halt;
    int64_t gas_used;
    struct bytes output; /* copied */
};

static const char *const kind_names[] = {
    [MESSAGE_CALL] = "CALL",
    [MESSAGE_CALLCODE] = "CALLCODE",
    [MESSAGE_DELEGATECALL] = "DELEGATECALL",
    [MESSAGE_STATICCALL] = "STATICCALL",
    [MESSAGE_CREATE] = "CREATE",
    [MESSAGE_CREATE2] = "CREATE2",
};

/* ---- building ------------------------------------------------------------------------------------ */

static void enter(void *context, const struct trace_frame *frame)
{
    struct trace_call *trace = context;
    struct trace_call_node *node = arena_alloc_zeroed(&trace->arena, 1, sizeof *node);
    if (trace->lost > 0 || node == NULL ||
        !arena_copy(&trace->arena, &node->frame.input, frame->input)) {
        trace->lost++;
        return;
    }
    struct bytes input = node->frame.input;
    node->frame = *frame;
    node->frame.input = input;
    struct trace_call_node *parent = trace->current;
    node->parent = parent;
    trace->current = node;
    if (parent == NULL)
        trace->root = node;
    else if (parent->first == NULL)
        parent->first = parent->last = node;
    else
        parent->last = parent->last->next = node;
}

/* ---- printing ------------------------------------------------------------------------------------ */

static void bytes_put(FILE *out, const char *name, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    fprintf(out, ",\"%s\":\"0x", name);
    for (size_t i = 0; i < bytes.size; i++) {
        fputc(digits[bytes.data[i] >> 4], out);
        fputc(digits[bytes.data[i] & 15], out);
    }
    fputc('"', out);
}

static void value_put(FILE *out, const u256 *value)
{
    int top = 3;
    while (top > 0 && value->words[top] == 0)
        top--;
    fprintf(out, ",\"value\":\"0x%" PRIx64, value->words[top]);
    while (top-- > 0)
        fprintf(out, "%016" PRIx64, value->words[top]);
    fputc('"', out);
}

/* All of a node but its calls and the closing brace. */
static void node_put(FILE *out, const struct trace_call_node *node)
{
    char text[HEX_ADDRESS_SIZE];
    const struct trace_frame *frame = &node->frame;
    bool success = halt_is_success(node->halt);
    bool creates = frame->kind == MESSAGE_CREATE || frame->kind == MESSAGE_CREATE2;
    fprintf(out,
            "{\"type\":\"%s\",\"from\":\"%s\"",
            kind_names[frame->kind],
            hex_address(text, &frame->caller));
    if (success || !creates) fprintf(out, ",\"to\":\"%s\"", hex_address(text, &frame->to));
    if (frame->kind != MESSAGE_STATICCALL) value_put(out, &frame->value);
    fprintf(out,
            ",\"gas\":\"0x%" PRIx64 "\",\"gasUsed\":\"0x%" PRIx64 "\"",
            (uint64_t)frame->gas,
            (uint64_t)node->gas_used);
    bytes_put(out, "input", frame->input);
    if (node->output.size > 0) bytes_put(out, "output", node->output);
    if (!success) fprintf(out, ",\"error\":\"%s\"", halt_geth_text(node->halt));
}

/* Depth first, without recursion: frames nest 1,025 deep. */
static void tree_put(FILE *out, const struct trace_call_node *root)
{
    const struct trace_call_node *node = root;
    while (node != NULL) { /* ends: every node is entered once and left once */
        node_put(out, node);
        if (node->first != NULL) {
            fputs(",\"calls\":[", out);
            node = node->first;
            continue;
        }
        fputc('}', out);
        while (node != root && node->next == NULL) { /* ends: goes up */
            fputs("]}", out);
            node = node->parent;
        }
        if (node == root) return;
        fputc(',', out);
        node = node->next;
    }
}

static void leave(void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    struct trace_call *trace = context;
    struct trace_call_node *node = trace->current;
    if (node == NULL || node->frame.depth != depth) return; /* this one was lost */
    node->halt = halt;
    node->gas_used = gas_used;
    if (!arena_copy(&trace->arena, &node->output, output)) trace->lost++;
    trace->current = node->parent;
    if (depth > 1) return;
    tree_put(trace->out, trace->root);
    if (trace->lost > 0) fprintf(trace->out, "\n{\"truncated\":%zu}", trace->lost);
    fputc('\n', trace->out);
    arena_reset(&trace->arena);
    trace->root = NULL;
    trace->lost = 0;
}

void trace_call_init(struct trace_call *trace, FILE *out)
{
    *trace = (struct trace_call){
        .out = out, .tracer = {.context = trace, .enter = enter, .leave = leave}
    };
    arena_init(&trace->arena, ARENA_CHUNK_BYTES, 0);
}

void trace_call_fini(struct trace_call *trace)
{
    arena_fini(&trace->arena);
}
