/* hot_contracts.h - to whom most transactions of the last blocks were sent. A table of fixed size in which the rare make room
 * (space-saving counters: Metwally, Agrawal, El Abbadi 2005), halved now and then so that older blocks count less. One owner. */
#pragma once

#include "service/board.h"
#include "types/block.h"
#include "types/receipt.h"

#define HOT_PLACES 256

struct hot_contracts {
    struct board_contract places[HOT_PLACES];
    size_t count;
    uint64_t blocks;
};

void hot_contracts_add(struct hot_contracts *hot,
                       const struct block *block,
                       const struct receipt *receipts);

/* The busiest, at most BOARD_CONTRACTS. How many. */
size_t hot_contracts_top(const struct hot_contracts *hot,
                         struct board_contract out[BOARD_CONTRACTS]);
