/* The life of a team (sync/team.h) whose workers are cores (cores.h), in place of sync/team_thread.c; handing out jobs is
 * sync/team.c's, as ever. While the cores do not run, the caller is alone: nobody takes a call in time. */
#include "base/assert.h"
#include "base/heap.h"
#include "sync/cores.h"
#include "sync/team_private.h"

static void serve(void *argument)
{
    team_serve(argument);
}

static enum pevm_status hire(struct team *team, struct error *error)
{
    struct team_worker *worker = &team->workers[team->worker_count];
    atomic32_init(&worker->call, CALL_NONE);
    parker_init(&worker->parker);
    worker->spin_ns = team->spin_ns;
    if (!cores_add(serve, worker)) return error_set(error, PEVM_NO_MEMORY, "no memory for a core");
    team->worker_count++;
    return PEVM_OK;
}

enum pevm_status team_resize(struct team *team, unsigned workers, struct error *error)
{
    ASSERT(workers >= team->worker_count); /* nobody here makes it smaller */
    team->spin_ns = TEAM_SPIN_NS;
    while (team->worker_count < workers)
        TRY(hire(team, error));
    return PEVM_OK;
}

enum pevm_status team_new(struct team **out,
                          unsigned workers,
                          const struct team_options *options,
                          struct error *error)
{
    ASSERT(workers >= 1 && workers <= CORES_MAX);
    *out = NULL;
    struct team *team = heap_alloc_aligned(CACHE_LINE, sizeof *team);
    if (team == NULL) return error_set(error, PEVM_NO_MEMORY, "no memory for a team");
    team_init(team, options);
    team->processors = workers;
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
    heap_free(team); /* the cores belong to cores_open */
}
