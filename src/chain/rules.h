/* rules.h - what is in force: numbers for each fork, the copy of the fork before with its changes. The machine asks for numbers here and for order (`fork >= FORK_x`) where the rule is a behaviour.
 */
#pragma once

#include "chain/fork.h"

#include <stdint.h>

#define GAS_PER_BLOB 131072 /* 2^17, EIP-4844 */

/* EIP-7840: target and max in blobs. All zero before Cancun. */
struct blob_schedule {
    uint32_t target, max;
    uint64_t update_fraction;
};

struct rules {
    enum fork fork;
    uint64_t chain_id;
    struct blob_schedule blob; /* of the chain at this height, not a constant of the fork */

    int64_t tx_create_gas;      /* surcharge of a creation transaction: 0, 32000 (EIP-2) */
    int64_t data_nonzero_gas;   /* 68, 16 (EIP-2028) */
    int64_t refund_divisor;     /* 2, 5 (EIP-3529) */
    int64_t initcode_word_gas;  /* 0, 2 (EIP-3860) */
    uint64_t initcode_size_max; /* UINT64_MAX, 49152 (EIP-3860) */
    uint64_t code_size_max;     /* UINT64_MAX, 24576 (EIP-170) */
    int64_t floor_token_gas;    /* 0 = no floor, 10 (EIP-7623) */
    uint64_t tx_gas_max;        /* UINT64_MAX, 2^24 (EIP-7825) */
    uint32_t
        tx_blobs_max; /* the schedule's max, from Osaka on at most 6 (EIP-7594); 0 before Cancun */
    uint64_t block_size_max; /* UINT64_MAX, 8388608 bytes of RLP (EIP-7934) */
    uint64_t reward_ether;   /* 5, 3, 2, 0 */
    uint64_t bomb_delay;     /* blocks; see header_rules.h */
};

/* The constants of a fork, with chain id 1 and mainnet's blob schedule of that fork. Never fails. */
struct rules rules_of_fork(enum fork fork);

/* Put another schedule in force, and what follows from it. */
void rules_set_blobs(struct rules *rules, const struct blob_schedule *schedule);

/* What each fork has on mainnet; zero before Cancun. */
extern const struct blob_schedule blob_schedule_mainnet[FORK_COUNT];
