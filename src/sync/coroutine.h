/* coroutine.h - "threads" that take turns in one thread of the system, for weave and simulators
 * only.
 *
 *   coroutine_open ( coroutine_start  coroutine_enter* )*  coroutine_close
 *
 * start arms it at the beginning of `entry`, whatever it did before (an unfinished run is
 * forgotten). enter runs it until it calls coroutine_leave or until `entry` returns. One may not
 * enter another. */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>

#ifndef COROUTINE_STACK_SIZE
    #define COROUTINE_STACK_SIZE                                                                   \
        ((size_t)256 * 1024) /* a test's frames and printf; a guard page lies below */
#endif

struct coroutine {
    void *machine; /* where it stopped: registers on its stack, or a ucontext */
    void *caller;  /* where its enter waits */
    char *stack;
    void (*entry)(void *argument);
    void *argument;
    bool is_done;
};

/* False when there is no memory for a stack. */
MUST_CHECK bool coroutine_open(struct coroutine *coroutine);
void coroutine_close(struct coroutine *coroutine);

void coroutine_start(struct coroutine *coroutine, void (*entry)(void *argument), void *argument);
void coroutine_enter(struct coroutine *coroutine);

/* From inside: back to whoever entered. */
void coroutine_leave(struct coroutine *coroutine);
