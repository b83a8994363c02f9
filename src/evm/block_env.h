/* block_env.h - what a transaction can know of its block. Constant while the block runs; shared by all workers. */
#pragma once

#include "base/u256.h"
#include "chain/rules.h"

struct block_env {
    struct rules rules; /* in force at this height; chain id included */
    uint64_t number, timestamp, gas_limit;
    address coinbase;
    u256 base_fee;      /* 0 before London */
    u256 blob_base_fee; /* price of one unit of blob gas; 0 before Cancun */
    hash32
        prev_randao; /* what DIFFICULTY / PREVRANDAO pushes: difficulty before Paris, mix hash after */
};
