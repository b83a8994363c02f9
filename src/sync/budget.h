/* budget.h - how much memory several owners may hold together. Each asks before it takes, and tells what it gives back; who is
 * refused has to do with what it has.
 *
 * Who may call      budget_init: alone. The others: any thread.
 * Progress          lock-free.
 */
#pragma once

#include "base/arena.h"
#include "sync/atomic.h"

struct budget {
    struct arena_keeper keeper; /* for arenas */
    uint64_t max;               /* bytes; 0: no limit, but counted */
    struct atomic64 held;
    struct atomic64 refused; /* bytes: the last that did not fit; 0: all did */
};

void budget_init(struct budget *budget, uint64_t max);

/* False: it would be more than max. `budget` may be NULL: then there is no limit. */
bool budget_take(struct budget *budget, uint64_t bytes) MUST_CHECK;
void budget_give(struct budget *budget, uint64_t bytes);

uint64_t budget_held(const struct budget *budget);
/* What was refused last since the last call of this, 0: nothing. */
uint64_t budget_refused(struct budget *budget);
