/* clock.h - time that only moves forward. */
#pragma once

#include <stdint.h>

/* Nanoseconds of the monotonic clock. */
uint64_t clock_now_ns(void);

/* Nanoseconds of processor time this thread has used. */
uint64_t clock_thread_ns(void);
