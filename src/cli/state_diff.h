/* state_diff.h - where two whole states differ, for people: accounts and slots, a line each. */
#pragma once

#include "base/arena.h"
#include "state/memory_state.h"

#include <stdio.h>

#define STATE_DIFF_LINES_MAX 24 /* more differences than that have one cause */
#define STATE_DIFF_TEXT_SIZE                                                                       \
    ((size_t)8 << 10) /* so many lines, each an address, a slot and two values */

/* Each line begins with `indent`. How many lines were needed, also of those left out; 0: the states are equal. */
enum pevm_status state_diff_print(FILE *to,
                                  const char *indent,
                                  const struct memory_state *expected,
                                  const struct memory_state *got,
                                  size_t *lines) MUST_CHECK;

/* The same as a text in the arena. */
enum pevm_status state_diff_text(const char **out,
                                 const struct memory_state *expected,
                                 const struct memory_state *got,
                                 size_t *lines,
                                 struct arena *arena) MUST_CHECK;
