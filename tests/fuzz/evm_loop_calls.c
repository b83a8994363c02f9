/* The loop of tail calls where the compiler has them, under names of its own; see evm_loops.h. */
#define interp_run  interp_run_calls
#define interp_fill interp_fill_calls
#include "evm/interp.c"
