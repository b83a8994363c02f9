/* team_private.h - the parts of a team: jobs are handed out in team.c, threads are started in
 * team_thread.c. */
#pragma once

#include "sync/atomic.h"
#include "sync/parker.h"
#include "sync/team.h"

#include <pthread.h>

/* What a worker's word says. */
enum team_call { CALL_NONE, CALL_MADE, CALL_TAKEN, CALL_STOP };

struct team_worker {
    /* shared with the caller; one line for each worker */
    ALIGNED(CACHE_LINE) struct atomic32 call;
    struct parker parker;

    /* the worker's own */
    ALIGNED(CACHE_LINE) struct team *team;
    unsigned index;
    uint64_t spin_ns; /* as the team had it when this worker last took part */
    pthread_t thread;
};

struct team {
    /* shared: everybody counts itself out here */
    ALIGNED(CACHE_LINE)
    struct atomic32 pending; /* workers, the caller not included, yet to finish */
    struct parker done;      /* the caller sleeps here */

    /* written by the caller between jobs, read by workers that have taken its call */
    ALIGNED(CACHE_LINE) void (*job)(unsigned worker, void *context);
    void *context;
    unsigned participants; /* of this job, the caller included */
    uint64_t spin_ns;

    /* the caller's own */
    void *memory; /* of the heap; this object begins inside it, on a cache line */
    unsigned worker_count;
    unsigned processors; /* that were ours when the team was made */
    bool busy;
    struct team_options options;
    unsigned homes[TEAM_WORKERS_MAX]; /* with `pin`: processors, in the order of workers */
    unsigned home_count;
    char name[12]; /* fifteen characters fit into a thread's name */
    struct team_worker workers[TEAM_WORKERS_MAX];
};

/* Everything but threads: one worker, not started. */
void team_init(struct team *team, const struct team_options *options);

/* The life of a worker: jobs until CALL_STOP. */
void team_serve(struct team_worker *worker);

/* Tell one worker to end. No job is running. */
void team_stop(struct team_worker *worker);
