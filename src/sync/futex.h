/* futex.h - sleep while a word has a value. Only parkers call this.
 *
 * The word is the lower half of an atomic64. Both calls may be made by any thread; a sleeper may
 * return for no reason. Linux: the system call; elsewhere (or with PEVM_NO_FUTEX): a few mutexes
 * and condition variables found by address. */
#pragma once

#include "sync/atomic.h"

/* Sleep, if the lower half of `word` is still `expected` (looked at atomically with falling
 * asleep), until somebody wakes this word. */
void futex_sleep(struct atomic64 *word, uint32_t expected);

/* Wake at most `count` sleepers of `word`. */
void futex_wake(struct atomic64 *word, unsigned count);
