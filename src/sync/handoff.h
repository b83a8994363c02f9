/* handoff.h - what it costs two processors of this machine to meet, measured: for simulators (sim/sim.h), in no product but the
 * command. */
#pragma once

#include "base/status.h"

#include <stdint.h>

struct handoff {
    uint64_t transfer_ns; /* a cache line that another processor wrote, or has */
    uint64_t wake_ns;     /* for who wakes a sleeper */
    uint64_t rise_ns;     /* from then until the sleeper runs */
};

/* Takes a few milliseconds and a thread. PEVM_UNSUPPORTED: there is one processor only. */
enum pevm_status handoff_measure(struct handoff *out) MUST_CHECK;
