/* weave_hook.h - what the atomics, spins and futexes of a PEVM_WEAVE build tell, and ask, before
 * they act.
 *
 * The same source is compiled twice: as it ships, where nothing of this exists, and with
 * PEVM_WEAVE=1, where every access to shared memory goes through the driver that is in charge: the
 * scheduler of interleavings (sync/weave.h), or a simulator with a clock of its own. Without a
 * driver (setting a world up, checking it afterwards) the accesses just happen.
 *
 * A driver runs all "threads" in one thread of the system, so it needs no locks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What is about to happen at an address. */
enum weave_kind {
    WEAVE_LOAD,
    WEAVE_STORE,         /* relaxed or release: may be delayed behind later loads */
    WEAVE_STORE_SEQ_CST, /* a store and a full fence */
    WEAVE_RMW,   /* exchange, compare and exchange, add, or, and: always a full fence here */
    WEAVE_PAUSE, /* a loop without a bound waits for somebody else's write; no address */
    WEAVE_SPIN,  /* a loop that gives up after a time takes another turn; no address */
    WEAVE_SLEEP, /* futex wait */
    WEAVE_WAKE,  /* futex wake */
    WEAVE_KIND_COUNT
};

struct weave_driver {
    /* Called before each operation: here another thread may be run, or time be charged. */
    void (*hook)(enum weave_kind kind, const void *place);

    /* The value that this thread has stored and nobody else sees yet; false: memory has it. */
    bool (*load)(const void *place, uint64_t *value);

    /* Keep a store of `size` bytes back; false: it has to go to memory now. */
    bool (*store)(void *place, unsigned size, uint64_t value);

    /* The read-modify-write that was announced changed nothing. */
    void (*unchanged)(void);

    /* Futexes, after their hook: sleep if the 32 bits at `place` are still `expected`; wake so
     * many. */
    void (*sleep)(const void *place, uint32_t expected);
    void (*wake)(const void *place, unsigned count);

    /* The clock of the thread that runs. */
    uint64_t (*now_ns)(void);
};

/* Who is in charge; NULL: nobody. */
extern const struct weave_driver *weave_driver;

static inline void weave_hook(enum weave_kind kind, const void *place)
{
    if (weave_driver != 0) weave_driver->hook(kind, place);
}

static inline bool weave_load(const void *place, uint64_t *value)
{
    if (weave_driver == 0) return false;
    weave_driver->hook(WEAVE_LOAD, place);
    return weave_driver->load(place, value);
}

/* True when the driver keeps the store. */
static inline bool weave_store(void *place, unsigned size, uint64_t value, bool is_seq_cst)
{
    if (weave_driver == 0) return false;
    weave_driver->hook(is_seq_cst ? WEAVE_STORE_SEQ_CST : WEAVE_STORE, place);
    return !is_seq_cst && weave_driver->store(place, size, value);
}

static inline void weave_unchanged(void)
{
    if (weave_driver != 0) weave_driver->unchanged();
}

static inline void weave_sleep(const void *place, uint32_t expected)
{
    if (weave_driver == 0) return;
    weave_driver->hook(WEAVE_SLEEP, place);
    weave_driver->sleep(place, expected);
}

static inline void weave_wake(const void *place, unsigned count)
{
    if (weave_driver == 0) return;
    weave_driver->hook(WEAVE_WAKE, place);
    weave_driver->wake(place, count);
}

static inline uint64_t weave_now_ns(void)
{
    return weave_driver == 0 ? 0 : weave_driver->now_ns();
}
