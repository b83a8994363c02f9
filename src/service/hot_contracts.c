#include "service/hot_contracts.h"

#include "base/bytes.h"

#include <string.h>

#define HALVE_EVERY 64 /* blocks */

static struct board_contract *place_of(struct hot_contracts *hot, const address *who)
{
    struct board_contract *rarest = &hot->places[0];
    for (size_t i = 0; i < hot->count; i++) {
        struct board_contract *place = &hot->places[i];
        if (memcmp(place->who.bytes, who->bytes, sizeof who->bytes) == 0) return place;
        if (place->txs < rarest->txs) rarest = place;
    }
    if (hot->count < HOT_PLACES) {
        rarest = &hot->places[hot->count++];
        *rarest = (struct board_contract){.who = *who};
    } else {
        rarest->who = *who; /* takes over the count: it may be as frequent */
        rarest->gas = 0;
    }
    return rarest;
}

static void halve(struct hot_contracts *hot)
{
    for (size_t i = 0; i < hot->count; i++) {
        hot->places[i].txs /= 2;
        hot->places[i].gas /= 2;
    }
}

/* Plain payments have no data, and are nobody's contract. */
void hot_contracts_add(struct hot_contracts *hot,
                       const struct block *block,
                       const struct receipt *receipts)
{
    for (size_t i = 0; i < block->tx_count; i++) {
        const struct tx *tx = &block->txs[i];
        if (tx->is_creation || tx->data.size == 0) continue;
        struct board_contract *place = place_of(hot, &tx->to);
        place->txs++;
        place->gas += receipts[i].gas_used;
    }
    if (++hot->blocks % HALVE_EVERY == 0) halve(hot);
}

size_t hot_contracts_top(const struct hot_contracts *hot,
                         struct board_contract out[BOARD_CONTRACTS])
{
    size_t count = 0;
    for (size_t i = 0; i < hot->count; i++) {
        if (hot->places[i].txs == 0) continue;
        size_t at = count < BOARD_CONTRACTS ? count++ : BOARD_CONTRACTS;
        for (; at > 0 && out[at - 1].txs < hot->places[i].txs; at--)
            if (at < BOARD_CONTRACTS) out[at] = out[at - 1];
        if (at < BOARD_CONTRACTS) out[at] = hot->places[i];
    }
    return count;
}
