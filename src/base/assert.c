#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *fact, const char *file, int line)
{
    fprintf(stderr, "pevm: internal error: %s does not hold (%s:%d)\n", fact, file, line);
    abort();
}
