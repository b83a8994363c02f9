/* life.h - signals, and who waits for them: the one part of the service of which a process has one.
 *
 *   SIGTERM, SIGINT   stop: finish the block, let others lead; the second one ends the process at once, with 128 + its number
 *   SIGHUP            read the configuration anew
 *   SIGUSR1           open the file of the log anew
 *
 * A thread of its own takes them, so nothing is ever done inside of a handler. It also looks whether the loop comes round: when it
 * does not for as long as the watchdog allows, what every thread is doing goes to standard error, once.
 *
 * Order of calls: life_begin comes before any other thread is started (they inherit what is blocked), life_end after all have ended.
 * Threads: everything between the two, by anybody.
 */
#pragma once

#include "metrics/counter.h"
#include "service/board.h"

struct life {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct board *board;
    struct counter stop_signal; /* the first one; 0: none came */
    struct counter stop_at_ns;  /* when it came */
    struct counter reloads;     /* asked for */
    struct counter watchdog_ns; /* 0: nobody watches */
    struct counter grace_ns; /* after a signal to stop, until the process ends whatever it does */
    uint64_t reloads_seen, wakes;
    bool is_ending, was_dumped;
};

enum pevm_status life_begin(struct life *life, struct board *board, struct error *error) MUST_CHECK;
void life_end(struct life *life);

/* How long the loop may be silent, and how long a stop may take. */
void life_set_limits(struct life *life, uint64_t watchdog_ns, uint64_t grace_ns);

bool life_is_stopping(const struct life *life);
/* Has so long passed since the signal to stop that the block should be given up? */
bool life_is_urgent(const struct life *life);
/* Stop as if by a signal. */
void life_stop(struct life *life);

/* Was a reload asked for since the last time this said so? */
bool life_take_reload(struct life *life);

/* Until so much time has passed, or something of the above happened, or somebody calls life_wake. */
void life_sleep(struct life *life, uint64_t ms);
void life_wake(struct life *life);
