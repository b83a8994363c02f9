#include "engine/senders.h"

#include "types/tx_sender.h"

#define TXS_AT_A_TIME 8 /* a quarter of a millisecond */

struct job {
    struct tx *txs;
    enum signature_range range;
    struct arena *scratch;
    struct stop *stop;                /* may be NULL */
    bool no_memory[TEAM_WORKERS_MAX]; /* each worker writes its own */
};

static void recover_some(size_t begin, size_t end, unsigned worker, void *context)
{
    struct job *job = context;
    if (job->stop != NULL && stop_is_due(job->stop, 0)) return;
    for (size_t i = begin; i < end; i++)
        if (tx_recover_sender(&job->txs[i], job->range, &job->scratch[worker]) == TX_NO_MEMORY)
            job->no_memory[worker] = true;
}

enum pevm_status senders_recover(struct team *team,
                                 struct arena *scratch,
                                 struct tx *txs,
                                 size_t count,
                                 enum fork fork,
                                 struct stop *stop)
{
    struct job job = {
        .txs = txs,
        .range = fork >= FORK_HOMESTEAD ? SIGNATURE_LOW_S : SIGNATURE_ANY_S,
        .scratch = scratch,
        .stop = stop,
    };
    team_for(team, count, TXS_AT_A_TIME, recover_some, &job);
    for (unsigned i = 0; i < team_workers(team); i++)
        if (job.no_memory[i]) return PEVM_NO_MEMORY;
    return PEVM_OK;
}
