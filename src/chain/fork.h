/* fork.h - the hard forks of Ethereum in order of activation. `fork >= FORK_LONDON` reads as "from London on".
 *
 * Constantinople (with EIP-1283) was never live on mainnet; test networks have it. The DAO fork changes no
 * rule of the machine, so it is not a fork here but a block number in the chain's configuration.
 */
#pragma once

#include "base/compiler.h"

#include <stdbool.h>

/*    code              name                 name in the official tests */
#define FORK_LIST(X)                                                                               \
    X(FORK_FRONTIER, "Frontier", "Frontier")                                                       \
    X(FORK_HOMESTEAD, "Homestead", "Homestead")                                                    \
    X(FORK_TANGERINE_WHISTLE, "TangerineWhistle", "EIP150")                                        \
    X(FORK_SPURIOUS_DRAGON, "SpuriousDragon", "EIP158")                                            \
    X(FORK_BYZANTIUM, "Byzantium", "Byzantium")                                                    \
    X(FORK_CONSTANTINOPLE, "Constantinople", "Constantinople")                                     \
    X(FORK_PETERSBURG, "Petersburg", "ConstantinopleFix")                                          \
    X(FORK_ISTANBUL, "Istanbul", "Istanbul")                                                       \
    X(FORK_MUIR_GLACIER, "MuirGlacier", "MuirGlacier")                                             \
    X(FORK_BERLIN, "Berlin", "Berlin")                                                             \
    X(FORK_LONDON, "London", "London")                                                             \
    X(FORK_ARROW_GLACIER, "ArrowGlacier", "ArrowGlacier")                                          \
    X(FORK_GRAY_GLACIER, "GrayGlacier", "GrayGlacier")                                             \
    X(FORK_PARIS, "Paris", "Paris")                                                                \
    X(FORK_SHANGHAI, "Shanghai", "Shanghai")                                                       \
    X(FORK_CANCUN, "Cancun", "Cancun")                                                             \
    X(FORK_PRAGUE, "Prague", "Prague")                                                             \
    X(FORK_OSAKA, "Osaka", "Osaka")                                                                \
    X(FORK_BPO1, "BPO1", "BPO1")                                                                   \
    X(FORK_BPO2, "BPO2", "BPO2")                                                                   \
    X(FORK_BPO3, "BPO3", "BPO3")                                                                   \
    X(FORK_BPO4, "BPO4", "BPO4")

enum fork {
#define X(code, name, test_name) code,
    FORK_LIST(X)
#undef X
        FORK_COUNT,
};

/* "London". */
const char *fork_name(enum fork fork);

/* The fork of that name: ours, or the official tests' ("EIP150", "Merge", "EIP2384", ...). */
bool fork_by_name(enum fork *out, const char *name) MUST_CHECK;
