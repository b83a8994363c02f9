#include "engine/worth.h"

#include "evm/gas_table.h"

/* Measured on Zen 4 and Zen 5. */
#define TXS_MIN      8      /* fewer, or less work, are not worth waking anybody */
#define WORK_NS      150000 /* ... */
#define NS_PER_TX    300    /* a payment, one after another; */
#define GAS_PER_2_NS 5      /* what comes on top */
#define AHEAD_NS     250    /* for each transaction: versions, checks, of whoever runs it */
#define IN_ORDER_NS  100 /* ... and what only one can do at a time, before, at the frontier, after */

#define SKIPPED_MAX 32 /* blocks, before it is tried again */

static uint64_t one_by_one_ns(const struct worth_block *block)
{
    uint64_t plain = block->txs * GAS_TX;
    uint64_t more = block->gas > plain ? block->gas - plain : 0;
    return block->txs * NS_PER_TX + more * 2 / GAS_PER_2_NS;
}

bool worth_is_likely(const struct worth_block *block)
{
    uint64_t alone_ns = one_by_one_ns(block);
    if (block->workers < 2 || block->txs < TXS_MIN || alone_ns < WORK_NS) return false;
    uint64_t together_ns =
        (alone_ns + block->txs * AHEAD_NS) / block->workers + block->txs * IN_ORDER_NS;
    return together_ns < alone_ns - alone_ns / 16;
}

bool worth_try(struct worth *worth)
{
    if (worth->skip == 0) return true;
    worth->skip--;
    return false;
}

void worth_learn(struct worth *worth, const struct worth_course *course)
{
    uint64_t ahead_ns = course->txs * AHEAD_NS;
    uint64_t work_ns = course->busy_ns > ahead_ns ? course->busy_ns - ahead_ns : 0;
    bool is_gain = course->is_whole && work_ns > course->took_ns + course->txs * IN_ORDER_NS;
    if (is_gain) {
        worth->losses = 0;
        return;
    }
    if (worth->losses < 31) worth->losses++;
    uint64_t skip = (uint64_t)1 << (worth->losses - 1);
    worth->skip = skip < SKIPPED_MAX ? (uint32_t)skip : SKIPPED_MAX;
}
