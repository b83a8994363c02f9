#include "evm/trace_pick.h"
#include "support/test.h"

static int steps, enters, leaves, begins;
static size_t last_begun;

static void see_step(void *context, const struct trace_step *step)
{
    (void)context;
    (void)step;
    steps++;
}

static void see_enter(void *context, const struct trace_frame *frame)
{
    (void)context;
    (void)frame;
    enters++;
}

static void see_leave(
    void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    (void)context;
    (void)depth;
    (void)halt;
    (void)gas_used;
    (void)output;
    leaves++;
}

static void see_begin(void *context, size_t tx_index)
{
    (void)context;
    begins++;
    last_begun = tx_index;
}

static const struct tracer watcher = {.step = see_step, .enter = see_enter, .leave = see_leave};

/* An outermost frame with an inner one, and two instructions. */
static void message(struct trace_pick *pick, const address *caller)
{
    struct trace_frame frame = {.depth = 1, .caller = *caller};
    struct trace_step step = {.depth = 1};
    const struct tracer *tracer = &pick->tracer;
    tracer->enter(tracer->context, &frame);
    tracer->step(tracer->context, &step);
    frame.depth = 2;
    tracer->enter(tracer->context, &frame);
    tracer->step(tracer->context, &step);
    tracer->leave(tracer->context, 2, HALT_STOP, 1, BYTES_EMPTY);
    tracer->leave(tracer->context, 1, HALT_STOP, 2, BYTES_EMPTY);
}

static void block(struct trace_pick *pick)
{
    static const address somebody = {{1}};
    steps = enters = leaves = begins = 0;
    message(pick, &system_caller_address);
    for (int i = 0; i < 3; i++)
        message(pick, &somebody);
    message(pick, &system_caller_address);
}

TEST(all_transactions_are_seen_and_no_system_calls)
{
    struct trace_pick pick;
    trace_pick_init(&pick, &watcher);
    pick.begin = see_begin;
    block(&pick);
    CHECK_EQ(begins, 3);
    CHECK_EQ(last_begun, 2);
    CHECK_EQ(steps, 6);
    CHECK_EQ(enters, 6);
    CHECK_EQ(leaves, 6);
}

TEST(one_transaction_can_be_picked)
{
    struct trace_pick pick;
    trace_pick_init(&pick, &watcher);
    pick.picks_all = false;
    pick.wanted = 1;
    pick.begin = see_begin;
    block(&pick);
    CHECK_EQ(begins, 1);
    CHECK_EQ(last_begun, 1);
    CHECK_EQ(steps, 2);
    CHECK_EQ(enters, 2);
    CHECK_EQ(leaves, 2);
}

TEST(a_tracer_may_lack_callbacks)
{
    static const struct tracer blind;
    struct trace_pick pick;
    trace_pick_init(&pick, &blind);
    block(&pick);
    CHECK_EQ(pick.tx_count, 3);
}
