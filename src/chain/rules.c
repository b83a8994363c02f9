#include "chain/rules.h"

#include "base/assert.h"

#define TX_BLOBS_MAX_OSAKA 6 /* EIP-7594 */

/* What each fork changes (rules, sections 2, 5, 7 and 9.1): rules_of_fork walks down this list to its fork. Forks
 * without a line change only behaviour, which the machine asks for by order. */
static void rules_change(struct rules *rules, enum fork fork)
{
    switch (fork) {
    case FORK_FRONTIER:
        *rules = (struct rules){
            .chain_id = 1,
            .data_nonzero_gas = 68,
            .refund_divisor = 2,
            .initcode_size_max = UINT64_MAX,
            .code_size_max = UINT64_MAX,
            .tx_gas_max = UINT64_MAX,
            .block_size_max = UINT64_MAX,
            .reward_ether = 5,
        };
        break;
    case FORK_HOMESTEAD: rules->tx_create_gas = 32000; break;       /* EIP-2 */
    case FORK_SPURIOUS_DRAGON: rules->code_size_max = 24576; break; /* EIP-170 */
    case FORK_BYZANTIUM:                                            /* EIP-649 */
        rules->reward_ether = 3;
        rules->bomb_delay = 3000000;
        break;
    case FORK_CONSTANTINOPLE: /* EIP-1234 */
        rules->reward_ether = 2;
        rules->bomb_delay = 5000000;
        break;
    case FORK_ISTANBUL: rules->data_nonzero_gas = 16; break;    /* EIP-2028 */
    case FORK_MUIR_GLACIER: rules->bomb_delay = 9000000; break; /* EIP-2384 */
    case FORK_LONDON:
        rules->refund_divisor = 5;   /* EIP-3529 */
        rules->bomb_delay = 9700000; /* EIP-3554 */
        break;
    case FORK_ARROW_GLACIER: rules->bomb_delay = 10700000; break; /* EIP-4345 */
    case FORK_GRAY_GLACIER: rules->bomb_delay = 11400000; break;  /* EIP-5133 */
    case FORK_PARIS: rules->reward_ether = 0; break;              /* EIP-3675 */
    case FORK_SHANGHAI:                                           /* EIP-3860 */
        rules->initcode_word_gas = 2;
        rules->initcode_size_max = 49152;
        break;
    case FORK_PRAGUE: rules->floor_token_gas = 10; break; /* EIP-7623 */
    case FORK_OSAKA:
        rules->tx_gas_max = 1 << 24;     /* EIP-7825 */
        rules->block_size_max = 8388608; /* EIP-7934: 10 MiB less 2 MiB for what wraps the block */
        break;
    default: break;
    }
}

struct rules rules_of_fork(enum fork fork)
{
    struct rules rules;
    ASSERT(fork < FORK_COUNT);
    for (unsigned step = FORK_FRONTIER; step <= (unsigned)fork; step++)
        rules_change(&rules, step);
    rules.fork = fork;
    rules_set_blobs(&rules, &blob_schedule_mainnet[fork]);
    return rules;
}

void rules_set_blobs(struct rules *rules, const struct blob_schedule *schedule)
{
    rules->blob = *schedule;
    rules->tx_blobs_max = schedule->max;
    if (rules->fork >= FORK_OSAKA && schedule->max > TX_BLOBS_MAX_OSAKA)
        rules->tx_blobs_max = TX_BLOBS_MAX_OSAKA;
}
