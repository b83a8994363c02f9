#include "engine/hints.h"

#include "base/heap.h"

#include <string.h>

void hints_init(struct hints *hints)
{
    *hints = (struct hints){.by_tx = NULL};
}

void hints_fini(struct hints *hints)
{
    heap_free(hints->by_tx);
    hints_init(hints);
}

enum pevm_status hints_begin(struct hints *hints, uint32_t tx_count)
{
    hints->tx_count = hints->used = 0;
    if (tx_count > hints->tx_capacity) {
        size_t capacity = (size_t)tx_count + tx_count / 4 + 64;
        heap_free(hints->by_tx);
        hints->by_tx = heap_alloc(capacity * sizeof *hints->by_tx);
        hints->tx_capacity = hints->by_tx == NULL ? 0 : (uint32_t)capacity;
        if (hints->by_tx == NULL) return PEVM_NO_MEMORY;
    }
    if (tx_count > 0) memset(hints->by_tx, 0xff, tx_count * sizeof *hints->by_tx); /* HINT_NONE */
    hints->tx_count = tx_count;
    return PEVM_OK;
}

void hints_add(struct hints *hints, uint32_t later, uint32_t earlier)
{
    if (later >= hints->tx_count || earlier >= later) return;
    uint32_t *before = hints->by_tx[later].before, coming = earlier;
    for (unsigned i = 0; i < HINTS_PER_TX; i++) {
        if (before[i] == coming) return;
        if (before[i] != HINT_NONE && before[i] > coming) continue;
        uint32_t displaced = before[i];
        hints->used += displaced == HINT_NONE;
        before[i] = coming;
        if (displaced == HINT_NONE) return;
        coming = displaced;
    }
}
