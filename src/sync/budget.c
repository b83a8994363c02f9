#include "sync/budget.h"

#include "base/assert.h"

static bool keeper_take(struct arena_keeper *keeper, size_t bytes)
{
    return budget_take((struct budget *)keeper, bytes);
}

static void keeper_give(struct arena_keeper *keeper, size_t bytes)
{
    budget_give((struct budget *)keeper, bytes);
}

void budget_init(struct budget *budget, uint64_t max)
{
    STATIC_ASSERT(offsetof(struct budget, keeper) == 0, "a keeper is its budget");
    *budget = (struct budget){
        .keeper = {keeper_take, keeper_give},
          .max = max
    };
}

bool budget_take(struct budget *budget, uint64_t bytes)
{
    if (budget == NULL) return true;
    uint64_t held = atomic64_load(&budget->held, memory_order_relaxed);
    do { /* ends: each failure means that somebody else took or gave */
        if (budget->max != 0 && (bytes > budget->max || held > budget->max - bytes)) {
            atomic64_store(&budget->refused, bytes, memory_order_relaxed);
            return false;
        }
    } while (!atomic64_cas_weak(&budget->held, &held, held + bytes, memory_order_relaxed));
    return true;
}

void budget_give(struct budget *budget, uint64_t bytes)
{
    if (budget == NULL) return;
    uint64_t before = atomic64_sub(&budget->held, bytes, memory_order_relaxed);
    ASSERT(before >= bytes);
}

uint64_t budget_held(const struct budget *budget)
{
    return atomic64_load(&budget->held, memory_order_relaxed);
}

uint64_t budget_refused(struct budget *budget)
{
    return atomic64_exchange(&budget->refused, 0, memory_order_relaxed);
}
