/* The loop with a tracer in it; see interp.c. */
#define INTERP_TRACE 1
#include "evm/interp.c"
