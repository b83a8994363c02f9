#include "base/assert.h"
#include "sync/spin.h"
#include "sync/team_private.h"

#include <stdio.h>
#include <string.h>

void team_init(struct team *team, const struct team_options *options)
{
    memset(team, 0, sizeof *team);
    if (options != NULL) team->options = *options;
    const char *name = team->options.name == NULL ? "pevm" : team->options.name;
    snprintf(team->name, sizeof team->name, "%s", name);
    team->options.name = team->name;
    team->worker_count = 1;
    for (unsigned index = 0; index < TEAM_WORKERS_MAX; index++) {
        team->workers[index].team = team;
        team->workers[index].index = index;
    }
}

unsigned team_workers(const struct team *team)
{
    return team->worker_count;
}

static uint32_t call_of(const struct team_worker *worker)
{
    return atomic32_load(&worker->call, memory_order_seq_cst);
}

static void wake_children(struct team *team, unsigned index)
{
    for (unsigned child = 2 * index + 1; child <= 2 * index + 2; child++) {
        if (child < team->participants) parker_notify(&team->workers[child].parker, 1);
    }
}

/* Spin, then sleep, until there is a call. */
static uint32_t await_call(struct team_worker *worker)
{
    struct spin spin = SPIN_FOR(worker->spin_ns);
    uint32_t call;
    while ((call = call_of(worker)) == CALL_NONE) {
        if (spin_again(&spin)) continue;
        uint32_t ticket = parker_prepare(&worker->parker);
        if (call_of(worker) == CALL_NONE) /* [C] */
            parker_sleep(&worker->parker, ticket);
        else
            parker_cancel(&worker->parker);
    }
    return call;
}

static void take_part(struct team_worker *worker)
{
    struct team *team = worker->team;
    wake_children(team, worker->index);
    worker->spin_ns = team->spin_ns;
    team->job(worker->index, team->context);

    /* First free for the next call, then counted out: the caller makes the next one after that. */
    atomic32_store(&worker->call, CALL_NONE, memory_order_relaxed);
    /* [B] */
    if (atomic32_sub(&team->pending, 1, memory_order_seq_cst) == 1) parker_notify(&team->done, 1);
}

void team_serve(struct team_worker *worker)
{
    for (;;) { /* ends: by CALL_STOP */
        uint32_t call = await_call(worker);
        if (call == CALL_STOP) return;
        /* [A] acquires the job. A failure means that the caller needs us no longer. */
        if (atomic32_cas(&worker->call, &call, CALL_TAKEN, memory_order_acq_rel)) take_part(worker);
    }
}

void team_stop(struct team_worker *worker)
{
    atomic32_store(&worker->call, CALL_STOP, memory_order_seq_cst);
    parker_notify(&worker->parker, 1);
}

static void job_begin(struct team *team,
                      unsigned participants,
                      void (*job)(unsigned worker, void *context),
                      void *context)
{
    ASSERT(!team->busy); /* not from inside a job, not by two threads */
    team->busy = true;
    team->job = job;
    team->context = context;
    team->participants = participants;
    atomic32_store(&team->pending, participants - 1, memory_order_relaxed);
    /* Descending: a worker that wakes its children must find them called. */
    for (unsigned index = participants - 1; index >= 1; index--) {
        VERIFY(call_of(&team->workers[index]) == CALL_NONE);
        /* [A] releases the job; [C] seq_cst, for the look at sleepers comes after. */
        atomic32_store(&team->workers[index].call, CALL_MADE, memory_order_seq_cst);
    }
    wake_children(team, 0);
}

static bool all_done(struct team *team)
{
    return atomic32_load(&team->pending, memory_order_seq_cst) == 0; /* [B] */
}

static void job_end(struct team *team)
{
    struct spin spin = SPIN_FOR(team->spin_ns);
    while (!all_done(team)) {
        if (spin_again(&spin)) continue;
        uint32_t ticket = parker_prepare(&team->done);
        if (all_done(team))
            parker_cancel(&team->done);
        else
            parker_sleep(&team->done, ticket);
    }
    team->busy = false;
}

void team_run(struct team *team, void (*job)(unsigned worker, void *context), void *context)
{
    job_begin(team, team->worker_count, job, context);
    job(0, context);
    /* Whoever should wake a sleeper may itself be waiting for a processor: do it for them. */
    for (unsigned index = 1; index < team->participants; index++) {
        if (call_of(&team->workers[index]) == CALL_MADE)
            parker_notify(&team->workers[index].parker, 1);
    }
    job_end(team);
}

void team_assist(struct team *team,
                 unsigned workers,
                 void (*job)(unsigned worker, void *context),
                 void *context)
{
    ASSERT(workers >= 1);
    job_begin(team, workers < team->worker_count ? workers : team->worker_count, job, context);
    job(0, context);

    uint32_t sent_away = 0;
    for (unsigned index = 1; index < team->participants; index++) {
        uint32_t call = CALL_MADE;
        struct team_worker *worker = &team->workers[index];
        if (call_of(worker) == CALL_MADE &&
            atomic32_cas(&worker->call, &call, CALL_NONE, memory_order_acq_rel))
            sent_away++;
    }
    if (sent_away != 0) atomic32_sub(&team->pending, sent_away, memory_order_seq_cst);
    job_end(team);
}

/* A loop that workers share. */
struct loop {
    ALIGNED(CACHE_LINE) struct atomic64 next; /* the first item that nobody has taken */
    ALIGNED(CACHE_LINE) size_t count;
    size_t grain;
    void (*body)(size_t begin, size_t end, unsigned worker, void *context);
    void *context;
};

static void loop_run(unsigned worker, void *context)
{
    struct loop *loop = context;
    for (;;) { /* ends: each turn takes items */
        /* Relaxed: the items were published with the job, and are given back with `pending`. */
        uint64_t begin = atomic64_add(&loop->next, loop->grain, memory_order_relaxed);
        if (begin >= loop->count) return;
        size_t left = loop->count - begin;
        size_t end = begin + (left < loop->grain ? left : loop->grain);
        loop->body(begin, end, worker, loop->context);
    }
}

#define LOOP_TURNS_PER_WORKER                                                                      \
    8 /* so that one late worker delays the end by an eighth of its part */

void team_for(struct team *team,
              size_t count,
              size_t grain,
              void (*body)(size_t begin, size_t end, unsigned worker, void *context),
              void *context)
{
    ASSERT(count <=
           (size_t)1 << 60); /* the shared counter runs past the end by a grain per worker */
    if (grain == 0) grain = count / ((size_t)team->worker_count * LOOP_TURNS_PER_WORKER);
    if (grain == 0) grain = 1;
    if (grain > count) grain = count;
    if (count == 0) return;
    if (team->worker_count == 1 || grain == count) {
        body(0, count, 0, context);
        return;
    }
    struct loop loop = {.count = count, .grain = grain, .body = body, .context = context};
    size_t pieces = (count - 1) / grain + 1;
    unsigned workers = pieces < team->worker_count ? (unsigned)pieces : team->worker_count;
    team_assist(team, workers, loop_run, &loop);
}

/* Items that workers share. */
struct share {
    struct atomic8 taken[TEAM_ITEMS_MAX];
    unsigned count, workers;
    void (*body)(unsigned item, void *context);
    void *context;
};

static void share_run(unsigned worker, void *context)
{
    struct share *share = context;
    unsigned first = (unsigned)((size_t)share->count * worker / share->workers);
    for (unsigned i = 0; i < share->count; i++) {
        unsigned item = (first + i) % share->count;
        /* Relaxed: as in loop_run. */
        if (atomic8_load(&share->taken[item], memory_order_relaxed) == 0 &&
            atomic8_exchange(&share->taken[item], 1, memory_order_relaxed) == 0)
            share->body(item, share->context);
    }
}

void team_share(struct team *team,
                unsigned workers,
                unsigned count,
                void (*body)(unsigned item, void *context),
                void *context)
{
    ASSERT(count <= TEAM_ITEMS_MAX && workers >= 1);
    if (workers > team->worker_count) workers = team->worker_count;
    struct share share = {.count = count, .workers = workers, .body = body, .context = context};
    if (count > 0) team_assist(team, workers, share_run, &share);
}
