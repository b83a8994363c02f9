#include "fuzz/evm_loops.h"

#include "evm/machine_private.h"

enum halt interp_run_calls(struct frame *frame);
enum halt interp_run_labels(struct frame *frame);
void interp_fill_calls(uintptr_t dispatch[256], enum fork fork);
void interp_fill_labels(uintptr_t dispatch[256], enum fork fork);

static enum evm_loop chosen;

void evm_loop_choose(enum evm_loop loop)
{
    chosen = loop;
}

enum halt interp_run(struct frame *frame)
{
    return chosen == LOOP_CALLS ? interp_run_calls(frame) : interp_run_labels(frame);
}

void interp_fill(uintptr_t dispatch[256], enum fork fork)
{
    if (chosen == LOOP_CALLS)
        interp_fill_calls(dispatch, fork);
    else
        interp_fill_labels(dispatch, fork);
}
