#include "base/assert.h"
#include "base/heap.h"
#include "sync/cpu_count.h"
#include "sync/team_private.h"
#include "sync/topology.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#ifdef __linux__
    #include <sched.h>
#endif

/* A processor of its own, counted round. */
static enum pevm_status pin(struct team_worker *worker, struct error *error)
{
    struct team *team = worker->team;
    if (team->home_count == 0)
        return error_set(
            error, PEVM_UNSUPPORTED, "the system does not say which processors we may use");
#ifdef __linux__
    unsigned cpu = team->homes[worker->index % team->home_count];
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    int got = pthread_setaffinity_np(worker->thread, sizeof one, &one);
    if (got != 0)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "worker %u can't be pinned to processor %u: %s",
                         worker->index,
                         cpu,
                         strerror(got));
    return PEVM_OK;
#else
    return error_set(
        error, PEVM_UNSUPPORTED, "worker %u can't be pinned on this system", worker->index);
#endif
}

static void *thread_main(void *argument)
{
    struct team_worker *worker = argument;
#ifdef __linux__
    char name[16];
    snprintf(name, sizeof name, "%s-%u", worker->team->name, worker->index);
    pthread_setname_np(pthread_self(), name);
#endif
    team_serve(worker);
    return NULL;
}

/* A thread that takes no signals: they are the business of the program's own threads. */
static int start(struct team_worker *worker, const pthread_attr_t *attributes)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int got = pthread_create(&worker->thread, attributes, thread_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return got;
}

static void dismiss(struct team_worker *worker)
{
    team_stop(worker);
    pthread_join(worker->thread, NULL);
}

static enum pevm_status hire(struct team *team, struct error *error)
{
    struct team_worker *worker = &team->workers[team->worker_count];
    atomic32_init(&worker->call, CALL_NONE);
    parker_init(&worker->parker);
    worker->spin_ns = team->spin_ns;

    pthread_attr_t attributes;
    int got = pthread_attr_init(&attributes);
    if (got == 0 && team->options.stack_bytes != 0)
        got = pthread_attr_setstacksize(&attributes, team->options.stack_bytes);
    if (got == 0) got = start(worker, &attributes);
    pthread_attr_destroy(&attributes);
    if (got != 0)
        return error_set(
            error, PEVM_LIMIT, "worker %u can't be started: %s", worker->index, strerror(got));

    if (team->options.pin) {
        enum pevm_status status = pin(worker, error);
        if (status != PEVM_OK) {
            dismiss(worker);
            return status;
        }
    }
    team->worker_count++;
    return PEVM_OK;
}

MUST_CHECK enum pevm_status team_resize(struct team *team, unsigned workers, struct error *error)
{
    ASSERT(!team->busy);
    if (workers < 1 || workers > TEAM_WORKERS_MAX)
        return error_set(
            error, PEVM_BAD_INPUT, "a team has 1 to %d workers, not %u", TEAM_WORKERS_MAX, workers);
    /* Spinning pays only while nobody else needs the processor. Workers take this with a job. */
    bool crowded = workers > team->processors;
    while (team->worker_count > workers)
        dismiss(&team->workers[--team->worker_count]);
    uint64_t spin_ns = team->options.spin_ns == 0 ? TEAM_SPIN_NS : team->options.spin_ns;
    team->spin_ns = team->options.never_spin || crowded ? 0 : spin_ns;
    while (team->worker_count < workers)
        TRY(hire(team, error));
    return PEVM_OK;
}

MUST_CHECK enum pevm_status team_new(struct team **out,
                                     unsigned workers,
                                     const struct team_options *options,
                                     struct error *error)
{
    *out = NULL;
    void *memory = heap_alloc(sizeof(struct team) + CACHE_LINE);
    if (memory == NULL)
        return error_set(error, PEVM_NO_MEMORY, "no memory for a team of %u workers", workers);
    uintptr_t start = ((uintptr_t)memory + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1);
    struct team *team = (struct team *)start;
    team_init(team, options);
    team->memory = memory;
    team->processors = cpu_count_available();
    if (team->options.pin) team->home_count = topology_processors(team->homes, TEAM_WORKERS_MAX);
    enum pevm_status status = team_resize(team, workers, error);
    if (status != PEVM_OK) {
        team_free(team);
        return status;
    }
    *out = team;
    return PEVM_OK;
}

void team_free(struct team *team)
{
    if (team == NULL) return;
    ASSERT(!team->busy);
    while (team->worker_count > 1)
        dismiss(&team->workers[--team->worker_count]);
    heap_free(team->memory);
}
