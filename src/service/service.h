/* service.h - `pevm run`: follows the blocks in a store, executes each, commits it; alone or with others that stand by.
 *
 *     struct service_options options = {.path = "pevm.yaml", .environment = environ};
 *     status = service_run(&options, &error);
 *
 * Everything is opened here and closed before it returns. Signals are life.h's. One per process.
 */
#pragma once

#include "config/config.h"

struct service_options {
    const char *path;               /* of the configuration; NULL: none */
    const char *const *environment; /* as config_load */
    const char *const *settings;
    size_t setting_count;
    bool until_synced; /* end when all that was fed is executed */
    /* Told now and then how far it is; may be NULL. */
    void (*progress)(void *context, double fraction, const char *words);
    void *context;
};

/* What was done, for whoever prints it. */
struct service_summary {
    uint64_t first, last; /* blocks that were committed; first > last: none */
    uint64_t blocks, txs, failed_txs, gas_used, executions;
    uint64_t elapsed_ns, recover_ns, execute_ns, roots_ns, commit_ns;
    uint64_t divergences, reorgs;
    bool is_told; /* why it ended is on standard error, as a line of the log */
};

/* PEVM_OK: told to stop, or all is executed. PEVM_BAD_INPUT, PEVM_UNSUPPORTED, PEVM_NOT_FOUND: the configuration, the chain, or
 * the store's password or database; PEVM_UNAVAILABLE: the store did not answer for startup_timeout; PEVM_IO: metrics.listen_addr,
 * the log or the folder; PEVM_FENCED: leadership was lost, with exit_on_step_down; PEVM_INVALID_BLOCK: until_synced, and a block
 * is bad; others: this machine. */
enum pevm_status service_run(const struct service_options *options,
                             struct service_summary *summary,
                             struct error *error) MUST_CHECK;
