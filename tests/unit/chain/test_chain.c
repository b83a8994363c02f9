#include "chain/chain.h"
#include "support/test.h"

struct moment {
    uint64_t number, time;
    enum fork fork;
};

static void check_moments(const struct chain *chain, const struct moment *moments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rules rules = chain_rules(chain, moments[i].number, moments[i].time, NULL);
        CHECK_TEXT(fork_name(rules.fork), fork_name(moments[i].fork));
        CHECK_EQ(rules.chain_id, chain->chain_id);
        CHECK_EQ(rules.blob.max, chain->blobs[rules.fork].max);
    }
}

TEST(mainnets_forks_begin_where_history_says)
{
    static const struct moment moments[] = {
        {0,        0,          FORK_FRONTIER         },
        {1149999,  1457981342, FORK_FRONTIER         },
        {1150000,  1457981393, FORK_HOMESTEAD        },
        {1920000,  1469020840, FORK_HOMESTEAD        },
        {2462999,  1476796771, FORK_HOMESTEAD        },
        {2463000,  1476796771, FORK_TANGERINE_WHISTLE},
        {2674999,  1479831344, FORK_TANGERINE_WHISTLE},
        {2675000,  1479831344, FORK_SPURIOUS_DRAGON  },
        {4369999,  1508131303, FORK_SPURIOUS_DRAGON  },
        {4370000,  1508131331, FORK_BYZANTIUM        },
        {7279999,  1551383501, FORK_BYZANTIUM        },
        {7280000,  1551383524, FORK_PETERSBURG       },
        {9069000,  1575764709, FORK_ISTANBUL         },
        {9200000,  1577953849, FORK_MUIR_GLACIER     },
        {12244000, 1618481223, FORK_BERLIN           },
        {12964999, 1628166812, FORK_BERLIN           },
        {12965000, 1628166822, FORK_LONDON           },
        {13773000, 1639036523, FORK_ARROW_GLACIER    },
        {15050000, 1656586434, FORK_GRAY_GLACIER     },
        {15537393, 1663224162, FORK_GRAY_GLACIER     },
        {15537394, 1663224179, FORK_PARIS            },
        {17034869, 1681338443, FORK_PARIS            },
        {17034870, 1681338455, FORK_SHANGHAI         },
        {19426586, 1710338123, FORK_SHANGHAI         },
        {19426587, 1710338135, FORK_CANCUN           },
        {22431084, 1746612311, FORK_PRAGUE           },
        {23935693, 1764798539, FORK_PRAGUE           },
        {23935694, 1764798551, FORK_OSAKA            },
        {23970000, 1765290071, FORK_BPO1             },
        {24170000, 1767747671, FORK_BPO2             },
        {99999999, 4000000000, FORK_BPO2             },
    };
    check_moments(&chain_mainnet, moments, COUNT_OF(moments));
    CHECK_EQ(chain_mainnet.dao_number, 1920000);
    char decimal[U256_DECIMAL_SIZE];
    CHECK_TEXT(u256_to_decimal(decimal, chain_mainnet.terminal_total_difficulty),
               "58750000000000000000000");
}

TEST(sepolias_forks_begin_where_history_says)
{
    static const struct moment moments[] = {
        {0,       1633267481, FORK_LONDON  },
        {1450408, 1655733588, FORK_LONDON  },
        {1450409, 1655733600, FORK_PARIS   },
        {2990907, 1677557076, FORK_PARIS   },
        {2990908, 1677557088, FORK_SHANGHAI},
        {5187023, 1706655072, FORK_CANCUN  },
        {7836331, 1741159776, FORK_PRAGUE  },
        {9408577, 1760427360, FORK_OSAKA   },
        {9456501, 1761017184, FORK_BPO1    },
        {9504747, 1761607008, FORK_BPO2    },
    };
    check_moments(&chain_sepolia, moments, COUNT_OF(moments));
    CHECK_EQ(chain_sepolia.dao_number, FORK_NEVER);
}

TEST(total_difficulty_decides_paris_where_the_height_is_not_known)
{
    struct chain chain = chain_mainnet;
    chain.paris_by_number = false;
    chain.terminal_total_difficulty = u256_from_u64(1000);
    for (unsigned i = FORK_SHANGHAI; i < FORK_COUNT; i++)
        chain.starts[i] = (struct fork_start){FORK_NEVER, FORK_NEVER};
    u256 below = u256_from_u64(999), reached = u256_from_u64(1000);
    CHECK_EQ(chain_rules(&chain, 16000000, 0, &below).fork, FORK_GRAY_GLACIER);
    CHECK_EQ(chain_rules(&chain, 16000000, 0, &reached).fork, FORK_PARIS);
    CHECK_EQ(chain_rules(&chain, 16000000, 0, NULL).fork, FORK_GRAY_GLACIER);
}

TEST(chains_are_found_by_their_id)
{
    CHECK(chain_by_id(1) == &chain_mainnet);
    CHECK(chain_by_id(11155111) == &chain_sepolia);
    CHECK(chain_by_id(2) == NULL);
}
