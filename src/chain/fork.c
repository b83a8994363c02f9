#include "chain/fork.h"

#include "base/assert.h"

#include <string.h>

/* Names that the official tests and the bundles use besides those of the list. "DAO" changes blocks, not the machine. */
static const struct {
    const char *name;
    enum fork fork;
} aliases[] = {
    {"DAO",     FORK_HOMESTEAD   },
    {"EIP2384", FORK_MUIR_GLACIER},
    {"Merge",   FORK_PARIS       },
};

const char *fork_name(enum fork fork)
{
    static const char *const names[] = {
#define X(code, name, test_name) name,
        FORK_LIST(X)
#undef X
    };
    ASSERT(fork < FORK_COUNT);
    return names[fork];
}

bool fork_by_name(enum fork *out, const char *name)
{
    static const char *const test_names[] = {
#define X(code, name, test_name) test_name,
        FORK_LIST(X)
#undef X
    };
    for (unsigned i = 0; i < FORK_COUNT; i++) {
        if (strcmp(name, fork_name(i)) != 0 && strcmp(name, test_names[i]) != 0) continue;
        *out = i;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(aliases); i++) {
        if (strcmp(name, aliases[i].name) != 0) continue;
        *out = aliases[i].fork;
        return true;
    }
    return false;
}
