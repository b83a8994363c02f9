/* The loop of labels, under names of its own; see evm_loops.h. */
#ifndef PEVM_NO_MUSTTAIL
    #define PEVM_NO_MUSTTAIL 1
#endif
#define interp_run  interp_run_labels
#define interp_fill interp_fill_labels
#include "evm/interp.c"
