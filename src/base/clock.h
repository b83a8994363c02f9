/* clock.h - time that only moves forward. */
#pragma once

#include <stdint.h>

/* Nanoseconds of the monotonic clock. */
uint64_t clock_now_ns(void);

/* Nanoseconds of processor time that this thread, all threads of this process have used. */
uint64_t clock_thread_ns(void);
uint64_t clock_process_ns(void);

/* Nanoseconds since this machine started, those it slept included: what leases are measured with. */
uint64_t clock_boot_ns(void);
