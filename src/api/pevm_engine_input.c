#include "api/api_private.h"
#include "base/clock.h"

static enum pevm_status decode(struct input_work *work, pevm_engine *engine, struct error *error)
{
    const struct pevm_input *given = &work->given;
    uint64_t start_ns = clock_now_ns();
    struct bytes block = bytes_of(given->block.data, given->block.size);
    struct bytes parent = bytes_of(given->parent_header.data, given->parent_header.size);
    const char *field = NULL;
    ASSERT(block.data != NULL || block.size == 0);
    TRY(block_decode(&work->block, block, &engine->arena, NULL, error));
    if (parent.size > 0) {
        enum rlp_fault fault = header_decode(&work->parent, parent, &field);
        if (fault != RLP_OK)
            return error_set(error,
                             PEVM_BAD_INPUT,
                             "parent_header: %s%s%s",
                             field != NULL ? field : "",
                             field != NULL ? ": " : "",
                             rlp_fault_text(fault));
        work->input.parent = &work->parent;
    }
    work->input.block = &work->block;
    work->decode_ns = clock_now_ns() - start_ns;
    return PEVM_OK;
}

static enum pevm_status read_state(struct input_work *work, struct error *error)
{
    const struct pevm_input *given = &work->given;
    ASSERT((given->state == NULL) != (given->view == NULL));
    if (given->state != NULL) {
        work->view = memory_state_view(given->state->memory);
        work->memory_roots = (struct memory_roots){given->state->memory, &given->state->scratch};
        work->roots = (struct root_source){memory_root, &work->memory_roots};
    } else {
        TRY(sized_read(
            &work->given_view, sizeof work->given_view, given->view, "pevm_view", error));
        work->view = view_of(&work->given_view);
        work->roots = (struct root_source){view_root, &work->given_view};
    }
    bool has_roots = given->state != NULL || work->given_view.state_root != NULL;
    work->input.pre_state = &work->view;
    work->input.roots = has_roots ? &work->roots : NULL;
    return PEVM_OK;
}

static enum pevm_status read_tracer(struct input_work *work,
                                    pevm_engine *engine,
                                    struct error *error)
{
    const struct pevm_input *given = &work->given;
    const struct header *header = &work->block.header;
    ASSERT(given->tracer == NULL || given->trace == NULL);
    if (given->tracer != NULL) {
        TRY(sized_read(
            &work->given_tracer, sizeof work->given_tracer, given->tracer, "pevm_tracer", error));
        work->tracer = tracer_of(&work->given_tracer);
        work->input.tracer = &work->tracer;
    }
    if (given->trace != NULL) {
        struct rules rules = chain_rules(
            &engine->chain, header->number, header->timestamp, given->parent_total_difficulty);
        TRY(trace_begin(given->trace, rules.fork, error));
        work->input.tracer = &given->trace->pick.tracer;
    }
    return PEVM_OK;
}

/* `context` is what the stranger gave. */
static bool is_cancelled(void *context)
{
    const struct pevm_input *given = context;
    return given->is_cancelled(given->cancel_context) != 0;
}

STATIC_ASSERT(sizeof(struct pevm_dependency) == sizeof(struct engine_dependency) &&
                  offsetof(struct pevm_dependency, earlier) ==
                      offsetof(struct engine_dependency, earlier),
              "a dependency has the same layout inside and outside");

enum pevm_status input_read(struct input_work *work,
                            pevm_engine *engine,
                            const struct pevm_input *input,
                            struct error *error)
{
    TRY(sized_read(&work->given, sizeof work->given, input, "pevm_input", error));
    TRY(decode(work, engine, error));
    TRY(read_state(work, error));
    work->input.parent_total_difficulty = work->given.parent_total_difficulty;
    work->input.skip_header_compare = work->given.skip_header_compare != 0;
    work->input.skip_body_roots = work->given.skip_body_roots != 0;
    work->input.is_parallel = true;
    ASSERT(work->given.dependencies != NULL || work->given.dependency_count == 0);
    ASSERT(work->given.gas_estimates != NULL || work->given.gas_estimate_count == 0);
    work->input.dependencies = (const struct engine_dependency *)work->given.dependencies;
    work->input.dependency_count = work->given.dependency_count;
    work->input.gas_estimates = work->given.gas_estimates;
    work->input.gas_estimate_count = work->given.gas_estimate_count;
    if (work->given.is_cancelled != NULL) {
        work->cancel = (struct cancel_source){is_cancelled, &work->given};
        work->input.cancel = &work->cancel;
    }
    return read_tracer(work, engine, error); /* last: what it opens, only trace_end closes */
}

EXPORT void pevm_input_init_sized(struct pevm_input *input, size_t struct_size)
{
    sized_init(input, struct_size, sizeof *input);
}
