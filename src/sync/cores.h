/* cores.h - processors that do not exist, with clocks of their own: the driver of a PEVM_WEAVE build (sync/weave_hook.h) for
 * measuring, as sync/weave.h is the one for proving.
 *
 * Each core runs a coroutine. An access to shared memory happens when the clock of its core is the earliest of all that can go
 * on, so what one core does at some moment is seen by all others from that moment on. Between two accesses a core's clock moves
 * by what it is told (cores_spend).
 *
 * An access costs nothing but what a core alone pays for it when its cache has the line; when another core wrote the line since,
 * or, for a write, when others have it too, it costs `transfer_ns`, and requests to write one line come after one another. Stores
 * that need not be seen at once wait for nothing. Lines that nobody has touched yet cost nothing beyond: what they cost a core alone is in what was recorded.
 *
 * Order of calls: cores_open cores_add* cores_run cores_close. One at a time in a process: a driver is.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define CORES_MAX       64
#define CORES_PS_PER_NS UINT64_C(1000)

struct cores_costs {
    unsigned cores;       /* those added later never run */
    uint64_t transfer_ns; /* a line comes from another core's cache */
    uint64_t pause_ns;    /* one turn of a loop that waits */
    uint64_t
        sleep_ns; /* a call of the system that goes to sleep, and one that wakes, for who calls; ... */
    uint64_t rise_ns; /* ... and until who was woken goes on */
    uint64_t
        scale; /* in 1/1024: accesses outside of recorded work cost so many times what they cost bare */
};

/* What a core does with its time. */
enum cores_use {
    CORES_WORK,  /* recorded, the first attempt of a transaction */
    CORES_AGAIN, /* recorded, a later attempt */
    CORES_LOOP,  /* handing out, checking, the frontier */
    CORES_MOVE,  /* waiting for lines */
    CORES_IDLE,
    CORES_USE_COUNT
};

struct cores_counts {
    uint64_t ps[CORES_USE_COUNT]; /* of all cores */
    uint64_t accesses,
        writes;     /* in all; atomic read-modify-writes and sequentially consistent stores */
    uint64_t moves; /* of them, those that waited for a line */
    uint64_t sleeps;
    uint64_t bare_ps; /* of CORES_LOOP, with a scale of 1 */
};

/* False: no memory. */
bool cores_open(const struct cores_costs *costs) MUST_CHECK;
void cores_close(void);

/* One more core that runs entry(argument) from the beginning on; beyond costs.cores: one that never does. False: no memory for its
 * stack. */
bool cores_add(void (*entry)(void *argument), void *argument) MUST_CHECK;

/* Until entry(argument) on the first core added has returned; what the others do then is forgotten. */
void cores_run(void);

/* ---- for whoever runs on a core ---- */

uint64_t cores_now_ps(void); /* the time on the core that runs */

/* The core works for so long. */
void cores_spend(enum cores_use use, uint64_t ps);

/* What follows on this core was recorded, or is idleness: accesses cost only what lines cost; their time counts as `use`. CORES_LOOP:
 * they cost what they cost. Gives what was so before. */
enum cores_use cores_use_as(enum cores_use use);

/* Where in the program lines were waited for, the most first: the address behind the access. */
struct cores_site {
    uintptr_t address;
    uint64_t moves;
};
#define CORES_SITES 12
void cores_busiest(struct cores_site out[CORES_SITES]);

/* Since the last cores_count_anew; cores_busiest as well. */
struct cores_counts cores_counts(void);
void cores_count_anew(void);
