#include "support/api_world.h"
#include "support/test.h"

#include <stdio.h>

#define TEXT_MAX 200000

struct text {
    char bytes[TEXT_MAX];
    size_t size;
    size_t size_max; /* more is refused */
};

static int keep(void *context, const char *bytes, size_t size)
{
    struct text *text = context;
    if (text->size + size > text->size_max) return 1;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
    return 0;
}

static size_t lines_with(const struct text *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text->bytes; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void trace_with(struct text *text,
                       enum pevm_trace_format format,
                       uint32_t tx_index,
                       size_t size_max,
                       int is_whole)
{
    struct api_world world;
    const struct pevm_outcome *outcome;
    pevm_trace *trace;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(2);
    struct pevm_input input = api_world_input(&world);
    CHECK_EQ(pevm_trace_new(&trace, format, 0, tx_index, keep, text), PEVM_OK);
    input.trace = trace;
    for (unsigned again = 0; again < 2; again++) {
        *text = (struct text){.size_max = size_max};
        CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
        CHECK_EQ(outcome->is_valid, 1);
        CHECK_EQ(pevm_trace_is_whole(trace), is_whole);
    }
    pevm_trace_free(trace);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(steps_of_one_transaction_are_lines_of_json)
{
    static struct text text;
    trace_with(&text, PEVM_TRACE_STEPS, 1, TEXT_MAX - 1, 1);
    CHECK(strncmp(text.bytes, "{\"pc\":0,\"op\":96,\"gas\":", 22) == 0);
    CHECK_EQ(lines_with(&text, "\"opName\":\"SLOAD\""), 1);
    CHECK_EQ(lines_with(&text, "\"opName\":\"LOG1\""), 1);
    CHECK_EQ(lines_with(&text, "\"gasUsed\""), 1);
    CHECK_EQ(text.bytes[text.size - 1], '\n');
}

TEST(a_tree_of_calls_is_a_line_for_each_transaction)
{
    static struct text text;
    trace_with(&text, PEVM_TRACE_CALLS, PEVM_TRACE_ALL_TXS, TEXT_MAX - 1, 1);
    CHECK_EQ(lines_with(&text, "\n"), API_WORLD_TXS);
    CHECK_EQ(lines_with(&text, "\"type\":\"CREATE\""), 1);
    CHECK(lines_with(&text, "execution reverted") > 0);
}

TEST(a_writer_that_fails_loses_the_trace_not_the_block)
{
    static struct text text;
    trace_with(&text, PEVM_TRACE_CALLS, PEVM_TRACE_ALL_TXS, 10, 0);
    CHECK_EQ(text.size, 0);
}

TEST(unknown_formats_and_flags_are_refused)
{
    static struct text text;
    pevm_trace *trace;
    CHECK_EQ(pevm_trace_new(&trace, (enum pevm_trace_format)2, 0, 0, keep, &text), PEVM_BAD_INPUT);
    CHECK_EQ(trace, NULL);
    CHECK_EQ(pevm_trace_new(&trace, PEVM_TRACE_STEPS, 4, 0, keep, &text), PEVM_BAD_INPUT);
    pevm_trace_free(NULL);
}

struct seen {
    size_t steps, enters, ends, failed_ends;
    size_t stack_max;
    uint32_t depth;
    int64_t gas_used;
};

static void see_step(void *context, const struct pevm_trace_step *step)
{
    struct seen *seen = context;
    CHECK_EQ(step->depth, seen->depth);
    CHECK_TEXT(step->fault, "");
    seen->steps++;
    if (step->stack_count > seen->stack_max) seen->stack_max = step->stack_count;
}

static void see_enter(void *context, const struct pevm_trace_frame *frame)
{
    struct seen *seen = context;
    CHECK_EQ(frame->depth, ++seen->depth);
    CHECK(frame->kind <= PEVM_TRACE_CREATE2);
    seen->enters++;
}

static void see_leave(void *context, const struct pevm_trace_end *end)
{
    struct seen *seen = context;
    CHECK_EQ(end->depth, seen->depth--);
    seen->ends++;
    seen->gas_used += end->gas_used;
    if (!end->is_success) {
        CHECK_TEXT(end->halt, "revert");
        seen->failed_ends++;
    }
}

TEST(a_tracer_of_the_callers_sees_frames_and_instructions)
{
    struct api_world world;
    struct seen seen = {0};
    const struct pevm_outcome *outcome;
    struct pevm_tracer tracer;
    size_t failed = 0;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(2);
    struct pevm_input input = api_world_input(&world);
    pevm_tracer_init(&tracer);
    input.tracer = &tracer; /* without callbacks */
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
    tracer.context = &seen;
    tracer.step = see_step;
    tracer.enter = see_enter;
    tracer.leave = see_leave;
    CHECK_EQ(pevm_engine_execute(engine, &outcome, &input, NULL), PEVM_OK);
    for (size_t i = 0; i < outcome->receipt_count; i++)
        failed += !outcome->receipts[i].is_success;
    CHECK(seen.enters >= API_WORLD_TXS);
    CHECK_EQ(seen.enters, seen.ends);
    CHECK_EQ(seen.failed_ends, failed);
    CHECK(seen.steps > 50);
    CHECK(seen.stack_max >= 3);
    pevm_engine_close(engine);
    api_world_fini(&world);
}
