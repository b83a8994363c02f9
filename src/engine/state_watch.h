/* state_watch.h - a view that passes every question on and remembers the first one that failed, so that an error can
 * name what could not be read. One owner; every worker has its own. */
#pragma once

#include "state/view.h"

enum watch_question {
    WATCH_NONE,
    WATCH_ACCOUNT,
    WATCH_SLOT,
    WATCH_CODE,
    WATCH_STORAGE,
    WATCH_BLOCK_HASH
};

struct state_watch {
    struct view inner;
    enum watch_question failed; /* WATCH_NONE: nothing failed so far */
    address who;
    u256 slot;
    hash32 code_hash;
    uint64_t number;
};

void state_watch_init(struct state_watch *watch, const struct view *inner);
struct view state_watch_view(struct state_watch *watch);

#define WATCH_TEXT_MAX 192

/* "slot 5 of 0x..." into the caller's buffer, which is returned. Something must have failed. */
const char *state_watch_text(char text[WATCH_TEXT_MAX], const struct state_watch *watch);
