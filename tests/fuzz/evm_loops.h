/* evm_loops.h - both dispatches of the interpreter in one process: the loop of functions that end in tail calls, and the
 * loop of labels, from the same bodies (src/evm/interp.c). They stand in for the loop of the build: machine_set_block and
 * machine_run use the one that is chosen, so a machine must see the same choice at every call. The traced loop is the build's
 * own.
 *
 * With sanitizers the loop of labels is the one they watch: clang cannot give both to the other. gcc has labels only: then
 * the two are the same.
 */
#pragma once

enum evm_loop { LOOP_CALLS, LOOP_LABELS, LOOP_COUNT };

void evm_loop_choose(enum evm_loop loop);
