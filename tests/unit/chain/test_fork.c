#include "chain/fork.h"
#include "support/test.h"

TEST(forks_are_found_by_our_names_and_by_those_of_the_tests)
{
    static const struct {
        const char *name;
        enum fork fork;
    } cases[] = {
        {"Frontier",          FORK_FRONTIER         },
        {"Homestead",         FORK_HOMESTEAD        },
        {"DAO",               FORK_HOMESTEAD        },
        {"TangerineWhistle",  FORK_TANGERINE_WHISTLE},
        {"EIP150",            FORK_TANGERINE_WHISTLE},
        {"SpuriousDragon",    FORK_SPURIOUS_DRAGON  },
        {"EIP158",            FORK_SPURIOUS_DRAGON  },
        {"Byzantium",         FORK_BYZANTIUM        },
        {"Constantinople",    FORK_CONSTANTINOPLE   },
        {"ConstantinopleFix", FORK_PETERSBURG       },
        {"Petersburg",        FORK_PETERSBURG       },
        {"Istanbul",          FORK_ISTANBUL         },
        {"MuirGlacier",       FORK_MUIR_GLACIER     },
        {"EIP2384",           FORK_MUIR_GLACIER     },
        {"Berlin",            FORK_BERLIN           },
        {"London",            FORK_LONDON           },
        {"ArrowGlacier",      FORK_ARROW_GLACIER    },
        {"GrayGlacier",       FORK_GRAY_GLACIER     },
        {"Paris",             FORK_PARIS            },
        {"Merge",             FORK_PARIS            },
        {"Shanghai",          FORK_SHANGHAI         },
        {"Cancun",            FORK_CANCUN           },
        {"Prague",            FORK_PRAGUE           },
        {"Osaka",             FORK_OSAKA            },
        {"BPO1",              FORK_BPO1             },
        {"BPO4",              FORK_BPO4             },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum fork fork = FORK_COUNT;
        CHECK(fork_by_name(&fork, cases[i].name));
        CHECK_EQ(fork, cases[i].fork);
    }
}

TEST(a_forks_own_name_finds_it)
{
    for (unsigned i = 0; i < FORK_COUNT; i++) {
        enum fork fork = FORK_COUNT;
        CHECK(fork_by_name(&fork, fork_name(i)));
        CHECK_EQ(fork, i);
    }
}

TEST(other_names_are_refused)
{
    static const char *const names[] = {
        "", "london", "London ", "Amsterdam", "BPO5", "BerlinToLondonAt5"};
    enum fork fork;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK(!fork_by_name(&fork, names[i]));
}
