#include "cli/known_failures.h"

#include "base/compiler.h"

#include <string.h>

struct known_failure {
    const char *test, *fork;
    size_t first, last; /* indexes */
};

static const struct known_failure known_failures[] = {
#define KNOWN(test, fork, first, last) {test, fork, first, last},
#include "cli/known_failures.def"
#undef KNOWN
};

bool known_failure_listed(const char *test, const char *fork, size_t index)
{
    for (size_t i = 0; i < COUNT_OF(known_failures); i++) {
        const struct known_failure *known = &known_failures[i];
        if (strcmp(known->test, test) == 0 && strcmp(known->fork, fork) == 0 &&
            index >= known->first && index <= known->last)
            return true;
    }
    return false;
}
