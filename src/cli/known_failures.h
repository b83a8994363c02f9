/* known_failures.h - cases of the official suites that are wrong, by name (known_failures.def), each with a reason that is
 * checked: a case counts as known only when its expectation is wrong in exactly the known way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Is this case on the list? */
bool known_failure_listed(const char *test, const char *fork, size_t index);
