/* precompile.h - the contracts that are not bytecode (Yellow Paper, appendix E; addresses 0x01 to 0x11 and 0x100). */
#pragma once

#include "base/arena.h"
#include "chain/rules.h"

struct precompile_result {
    bool ok; /* false: the frame fails, all its gas is gone */
    int64_t gas_used;
    struct bytes output; /* in the arena */
    bool no_memory;
};

/* Is there a precompile at this address in this fork? */
bool precompile_exists(const address *who, enum fork fork);

/* Run it (it exists). */
void precompile_run(struct precompile_result *out,
                    const address *who,
                    enum fork fork,
                    struct bytes input,
                    int64_t gas,
                    struct arena *arena);
