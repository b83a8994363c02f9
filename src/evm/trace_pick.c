#include "evm/trace_pick.h"

const address system_caller_address = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}
};

static void pick_step(void *context, const struct trace_step *step)
{
    const struct trace_pick *pick = context;
    if (pick->is_on && pick->inner->step != NULL) pick->inner->step(pick->inner->context, step);
}

/* Each transaction has one outermost frame, and so has each system call. */
static void outermost(struct trace_pick *pick, const struct trace_frame *frame)
{
    pick->is_on = false;
    if (address_equal(&frame->caller, &system_caller_address)) return;
    pick->tx_index = pick->tx_count++;
    pick->is_on = pick->picks_all || pick->tx_index == pick->wanted;
    if (pick->is_on && pick->begin != NULL) pick->begin(pick->context, pick->tx_index);
}

static void pick_enter(void *context, const struct trace_frame *frame)
{
    struct trace_pick *pick = context;
    if (frame->depth == 1) outermost(pick, frame);
    if (pick->is_on && pick->inner->enter != NULL) pick->inner->enter(pick->inner->context, frame);
}

static void pick_leave(
    void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    struct trace_pick *pick = context;
    if (pick->is_on && pick->inner->leave != NULL)
        pick->inner->leave(pick->inner->context, depth, halt, gas_used, output);
    if (depth == 1) pick->is_on = false;
}

void trace_pick_init(struct trace_pick *pick, const struct tracer *inner)
{
    *pick = (struct trace_pick){
        .tracer = {.context = pick, .step = pick_step, .enter = pick_enter, .leave = pick_leave},
        .inner = inner,
        .picks_all = true,
    };
}
