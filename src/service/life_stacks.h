/* life_stacks.h - what every thread of this process is doing, as stack traces on standard error: for when it does not go on. */
#pragma once

/* At the start: loads what a handler could not. */
void stack_dump_prepare(void);

/* Takes some ten milliseconds per thread; any thread. */
void stack_dump_all(void);
