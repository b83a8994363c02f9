#include "chain/chain.h"

#define AT(height)                                                                                 \
    {                                                                                              \
        height, FORK_NEVER                                                                         \
    }
#define AT_TIME(moment)                                                                            \
    {                                                                                              \
        FORK_NEVER, moment                                                                         \
    }
#define NEVER                                                                                      \
    {                                                                                              \
        FORK_NEVER, FORK_NEVER                                                                     \
    }

/* rules, section 2 */
#define BLOBS_OF_MAINNET                                                                           \
    {                                                                                              \
        [FORK_CANCUN] = {3, 6, 3338477}, [FORK_PRAGUE] = {6, 9, 5007716},                          \
        [FORK_OSAKA] = {6, 9, 5007716}, [FORK_BPO1] = {10, 15, 8346193},                           \
        [FORK_BPO2] = {14, 21, 11684671}, [FORK_BPO3] = {21, 32, 20609697},                        \
        [FORK_BPO4] = {14, 21, 13739630},                                                          \
    }

const struct blob_schedule blob_schedule_mainnet[FORK_COUNT] = BLOBS_OF_MAINNET;

/* rules, section 17 */
/* clang-format off */
#define DEPOSIT_CONTRACT_MAINNET                                                                   \
    {{0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,                                  \
      0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}}
#define DEPOSIT_CONTRACT_SEPOLIA                                                                   \
    {{0x7f, 0x02, 0xc3, 0xe3, 0xc9, 0x8b, 0x13, 0x30, 0x55, 0xb8,                                  \
      0xb3, 0x48, 0xb2, 0xac, 0x62, 0x56, 0x69, 0xed, 0x29, 0x5d}}
/* clang-format on */

/* rules, section 1 */
const struct chain chain_mainnet = {
    .name = "mainnet",
    .chain_id = 1,
    .starts =
        {
                 [FORK_FRONTIER] = AT(0),
                 [FORK_HOMESTEAD] = AT(1150000),
                 [FORK_TANGERINE_WHISTLE] = AT(2463000),
                 [FORK_SPURIOUS_DRAGON] = AT(2675000),
                 [FORK_BYZANTIUM] = AT(4370000),
                 [FORK_CONSTANTINOPLE] = AT(7280000),
                 [FORK_PETERSBURG] = AT(7280000),
                 [FORK_ISTANBUL] = AT(9069000),
                 [FORK_MUIR_GLACIER] = AT(9200000),
                 [FORK_BERLIN] = AT(12244000),
                 [FORK_LONDON] = AT(12965000),
                 [FORK_ARROW_GLACIER] = AT(13773000),
                 [FORK_GRAY_GLACIER] = AT(15050000),
                 [FORK_PARIS] = AT(15537394),
                 [FORK_SHANGHAI] = AT_TIME(1681338455),
                 [FORK_CANCUN] = AT_TIME(1710338135),
                 [FORK_PRAGUE] = AT_TIME(1746612311),
                 [FORK_OSAKA] = AT_TIME(1764798551),
                 [FORK_BPO1] = AT_TIME(1765290071),
                 [FORK_BPO2] = AT_TIME(1767747671),
                 [FORK_BPO3] = NEVER,
                 [FORK_BPO4] = NEVER,
                 },
    .terminal_total_difficulty = {{0xd808a128d7380000, 0xc70, 0, 0}},
    .paris_by_number = true,
    .dao_number = 1920000,
    .deposit_contract = DEPOSIT_CONTRACT_MAINNET,
    .blobs = BLOBS_OF_MAINNET,
};

const struct chain chain_sepolia = {
    .name = "sepolia",
    .chain_id = 11155111,
    .starts =
        {
                 [FORK_FRONTIER] = AT(0),
                 [FORK_HOMESTEAD] = AT(0),
                 [FORK_TANGERINE_WHISTLE] = AT(0),
                 [FORK_SPURIOUS_DRAGON] = AT(0),
                 [FORK_BYZANTIUM] = AT(0),
                 [FORK_CONSTANTINOPLE] = AT(0),
                 [FORK_PETERSBURG] = AT(0),
                 [FORK_ISTANBUL] = AT(0),
                 [FORK_MUIR_GLACIER] = AT(0),
                 [FORK_BERLIN] = AT(0),
                 [FORK_LONDON] = AT(0),
                 [FORK_ARROW_GLACIER] = NEVER,
                 [FORK_GRAY_GLACIER] = NEVER,
                 [FORK_PARIS] = AT(
                1450409), /* the block after the terminal difficulty; its "netsplit" block is 1735371 */
            [FORK_SHANGHAI] = AT_TIME(1677557088),
                 [FORK_CANCUN] = AT_TIME(1706655072),
                 [FORK_PRAGUE] = AT_TIME(1741159776),
                 [FORK_OSAKA] = AT_TIME(1760427360),
                 [FORK_BPO1] = AT_TIME(1761017184),
                 [FORK_BPO2] = AT_TIME(1761607008),
                 [FORK_BPO3] = NEVER,
                 [FORK_BPO4] = NEVER,
                 },
    .terminal_total_difficulty = {{17000000000000000, 0, 0, 0}},
    .paris_by_number = true,
    .dao_number = FORK_NEVER,
    .deposit_contract = DEPOSIT_CONTRACT_SEPOLIA,
    .blobs = BLOBS_OF_MAINNET,
};

const struct chain *chain_by_id(uint64_t chain_id)
{
    static const struct chain *const chains[] = {&chain_mainnet, &chain_sepolia};
    for (size_t i = 0; i < COUNT_OF(chains); i++)
        if (chains[i]->chain_id == chain_id) return chains[i];
    return NULL;
}

static bool has_begun(const struct fork_start *start, uint64_t number, uint64_t timestamp)
{
    return (start->number != FORK_NEVER && number >= start->number) ||
           (start->time != FORK_NEVER && timestamp >= start->time);
}

static bool paris_has_begun(const struct chain *chain,
                            uint64_t number,
                            const u256 *parent_total_difficulty)
{
    if (chain->paris_by_number) return has_begun(&chain->starts[FORK_PARIS], number, 0);
    return parent_total_difficulty != NULL &&
           !u256_less(*parent_total_difficulty, chain->terminal_total_difficulty);
}

struct rules chain_rules(const struct chain *chain,
                         uint64_t number,
                         uint64_t timestamp,
                         const u256 *parent_total_difficulty)
{
    enum fork fork = FORK_FRONTIER;
    for (unsigned next = FORK_HOMESTEAD; next < FORK_COUNT; next++) {
        bool begun = next == FORK_PARIS ? paris_has_begun(chain, number, parent_total_difficulty)
                                        : has_begun(&chain->starts[next], number, timestamp);
        if (begun) fork = next;
    }
    struct rules rules = rules_of_fork(fork);
    rules.chain_id = chain->chain_id;
    rules_set_blobs(&rules, &chain->blobs[fork]);
    return rules;
}
