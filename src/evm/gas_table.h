/* gas_table.h - the prices that forks have changed, one line per change (rules, sections 9.1, 10 and 11). */
#pragma once

#include "chain/fork.h"

#include <stdint.h>

/* Prices that never changed. */
enum {
    GAS_TX = 21000,      /* of every transaction; all of a payment */
    GAS_WORD_KECCAK = 6, /* per word hashed: KECCAK256, CREATE2 */
    GAS_WORD_COPY = 3,   /* per word: the copying instructions */
    GAS_WORD_MEMORY = 3, /* per word of memory, plus a square part */
    GAS_LOG_BYTE = 8,
    GAS_CALL_VALUE = 9000,
    GAS_CALL_STIPEND = 2300,
    GAS_NEW_ACCOUNT = 25000,
    GAS_DEPOSIT_BYTE = 200,
};

struct gas_prices {
    enum fork since;
    /* Each of these is the price of a warm access from Berlin on (EIP-2929), of any access before. */
    int64_t balance, extcode, extcodehash, call, sload;
    /* What a cold access costs more; 0 before Berlin. */
    int64_t account_cold, slot_cold;

    int64_t exp_byte;
    int64_t selfdestruct, selfdestruct_cold, selfdestruct_refund;

    /* SSTORE: `net` = the price depends on the value at the start of the transaction (EIP-1283, 2200). */
    bool sstore_net;
    int64_t sstore_sentry; /* with so much gas or less it fails */
    int64_t sstore_cold, sstore_set, sstore_reset, sstore_noop, sstore_clear_refund;
};

/* The prices in force; static. */
const struct gas_prices *gas_prices_of(enum fork fork);
