#include "chain/chain.h"
#include "support/test.h"

static struct chain network(const char *name)
{
    struct chain chain;
    struct error error = {0};
    if (chain_by_network(&chain, name, &error) != PEVM_OK) fail_msg("%s", error.text);
    CHECK_TEXT(chain.name, name);
    CHECK_EQ(chain.chain_id, 1);
    return chain;
}

TEST(a_fork_is_a_network_from_its_first_block_on)
{
    for (unsigned fork = 0; fork < FORK_COUNT; fork++) {
        struct chain chain = network(fork_name(fork));
        CHECK_EQ(chain_rules(&chain, 0, 0, NULL).fork, fork);
        CHECK_EQ(chain_rules(&chain, 1u << 30, 1ull << 40, NULL).fork, fork);
        CHECK_EQ(chain.dao_number, FORK_NEVER);
    }
    struct chain merge = network("Merge");
    CHECK_EQ(chain_rules(&merge, 1, 1, NULL).fork, FORK_PARIS);
}

TEST(transitions_change_at_their_block_or_time)
{
    static const struct {
        const char *name;
        uint64_t number, time; /* of the first block after the change */
        enum fork before, after;
    } cases[] = {
        {"FrontierToHomesteadAt5",          5, 0,     FORK_FRONTIER,        FORK_HOMESTEAD        },
        {"HomesteadToEIP150At5",            5, 0,     FORK_HOMESTEAD,       FORK_TANGERINE_WHISTLE},
        {"EIP158ToByzantiumAt5",            5, 0,     FORK_SPURIOUS_DRAGON, FORK_BYZANTIUM        },
        {"ByzantiumToConstantinopleFixAt5", 5, 0,     FORK_BYZANTIUM,       FORK_PETERSBURG       },
        {"BerlinToLondonAt5",               5, 0,     FORK_BERLIN,          FORK_LONDON           },
        {"ParisToShanghaiAtTime15k",        1, 15000, FORK_PARIS,           FORK_SHANGHAI         },
        {"ShanghaiToCancunAtTime15k",       1, 15000, FORK_SHANGHAI,        FORK_CANCUN           },
        {"CancunToPragueAtTime15k",         1, 15000, FORK_CANCUN,          FORK_PRAGUE           },
        {"PragueToOsakaAtTime15k",          1, 15000, FORK_PRAGUE,          FORK_OSAKA            },
        {"OsakaToBPO1AtTime15k",            1, 15000, FORK_OSAKA,           FORK_BPO1             },
        {"BPO1ToBPO2AtTime15k",             1, 15000, FORK_BPO1,            FORK_BPO2             },
        {"BPO2ToBPO3AtTime15k",             1, 15000, FORK_BPO2,            FORK_BPO3             },
        {"BPO3ToBPO4AtTime15000",           1, 15000, FORK_BPO3,            FORK_BPO4             },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chain chain = network(cases[i].name);
        uint64_t number = cases[i].number, time = cases[i].time;
        bool by_time = time != 0;
        CHECK_EQ(chain_rules(&chain, number - !by_time, time - by_time, NULL).fork,
                 cases[i].before);
        CHECK_EQ(chain_rules(&chain, number, time, NULL).fork, cases[i].after);
    }
}

TEST(the_merge_can_wait_for_a_total_difficulty)
{
    struct chain chain = network("ArrowGlacierToParisAtDiffC0000");
    u256 below = u256_from_u64(0xbffff), reached = u256_from_u64(0xc0000);
    CHECK_EQ(chain_rules(&chain, 7, 70, &below).fork, FORK_ARROW_GLACIER);
    CHECK_EQ(chain_rules(&chain, 7, 70, &reached).fork, FORK_PARIS);
}

TEST(the_dao_fork_is_a_height_of_homestead)
{
    struct chain chain = network("HomesteadToDaoAt5");
    CHECK_EQ(chain.dao_number, 5);
    CHECK_EQ(chain_rules(&chain, 5, 0, NULL).fork, FORK_HOMESTEAD);
}

TEST(unknown_networks_are_refused_with_the_word_that_is_not_known)
{
    static const struct {
        const char *name, *word;
    } cases[] = {
        {"",                                                                   "no fork"             },
        {"Amsterdam",                                                          "Amsterdam"           },
        {"BPO2ToAmsterdamAtTime15k",                                           "Amsterdam"           },
        {"FooToLondonAt5",                                                     "Foo"                 },
        {"BerlinToLondonAt",                                                   "BerlinToLondonAt"    },
        {"BerlinToLondonAt5x",                                                 "5x"                  },
        {"BerlinToLondonAtTime5",                                              "Time5"               },
        {"LondonToBerlinAt5",                                                  "LondonToBerlinAt5"   },
        {"ParisToShanghaiAt5",                                                 "at \"5\""            },
        {"LondonToShanghaiAtTime15k",                                          "Time15k"             },
        {"ArrowGlacierToParisAtDiffXY",                                        "DiffXY"              },
        {"ArrowGlacierToParisAtDiff",                                          "Diff"                },
        {"BerlinToLondonAtDiffC0000",                                          "DiffC0000"           },
        {"FrontierToDaoAt5",                                                   "Dao"                 },
        {"HomesteadToDaoAt",                                                   "Dao"                 },
        {"BerlinToLondonAt99999999999999999999",                               "99999999999999999999"},
        {"ParisToShanghaiAtTime18446744073709551615k",                         "k"                   },
        {"LondonLondonLondonLondonLondonLondonLondonLondonLondonLondonLondon", "66 characters"       },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chain chain;
        struct error error = {0};
        CHECK_EQ(chain_by_network(&chain, cases[i].name, &error), PEVM_UNSUPPORTED);
        if (strstr(error.text, cases[i].word) == NULL)
            fail_msg("\"%s\" in \"%s\"", cases[i].word, error.text);
    }
}
