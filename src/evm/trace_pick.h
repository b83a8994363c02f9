/* trace_pick.h - lets a tracer see some transactions of a block only, and never the system calls. */
#pragma once

#include "evm/tracer.h"

#include <stddef.h>
#include <stdint.h>

/* Who makes system calls (EIP-4788, 2935, 7002, 7251). */
extern const address system_caller_address;

struct trace_pick {
    struct tracer tracer;       /* for the engine */
    const struct tracer *inner; /* sees what was picked; borrowed */
    bool picks_all;
    size_t wanted;   /* else this transaction */
    size_t tx_index; /* that runs now */
    size_t tx_count; /* that began so far */
    bool is_on;

    void (*begin)(void *context, size_t tx_index); /* before a picked transaction; may be NULL */
    void *context;
};

/* `pick` must not move. */
void trace_pick_init(struct trace_pick *pick, const struct tracer *inner);
