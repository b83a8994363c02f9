/* health.h - is the process alive, is it fit to serve, and if not, why not? Pure: out of a copy of the board and how long the loop
 * has been silent.
 *
 *     health_look(&health, &state, board_silence(board), &limits);
 *     if (!health.is_live) ...
 *
 * Words
 *   check    one thing that can be wrong, by a word for machines and a sentence for people
 *   live     does not have to be started again: the loop comes round, and nothing is wrong inside
 *   ready    can be given work: the store is there, the role is known, a leader is not far behind
 */
#pragma once

#include "service/board.h"

#include <stdio.h>

struct health_limits {
    uint64_t max_lag_blocks; /* more, and a leader is not ready */
    uint64_t watchdog_ns;    /* longer silence, and the process is not live; 0: nobody watches */
};

/* The checks beyond those of TROUBLE_LIST: code, word */
#define CHECK_LIST(X)                                                                              \
    X(CHECK_STARTING, "starting")                                                                  \
    X(CHECK_STOPPING, "stopping")                                                                  \
    X(CHECK_LAG, "lag")                                                                            \
    X(CHECK_STUCK, "stuck")

enum health_check_code {
    CHECK_FIRST = TROUBLE_COUNT - 1, /* troubles come first, in their order */
#define X(code, word) code,
    CHECK_LIST(X)
#undef X
        CHECK_COUNT
};

struct health_check {
    const char *word;
    bool is_error;
    bool stops_live, stops_ready; /* while it is an error */
    uint64_t since_ms;            /* unix time; 0: not known, or no error */
    char text[ERROR_TEXT_MAX];    /* a sentence; empty without error */
};

struct health {
    bool is_live, is_ready;
    struct health_check checks[CHECK_COUNT];
};

void health_look(struct health *out,
                 const struct board_state *state,
                 uint64_t silence_ns,
                 const struct health_limits *limits);

/* Blocks that are in the store and not executed. */
uint64_t health_lag(const struct board_state *state);

/* What keeps it from being live, or ready: "word: sentence\n" each, "ok\n" when nothing does. As snprintf: at most `size` bytes
 * with the 0, returns how long all of it is. */
size_t health_reasons(char *out, size_t size, const struct health *health, bool of_ready);

/* All of it as one JSON object, with role, epoch, heights, uptime, version. False: a write failed. */
bool health_write(const struct health *health,
                  const struct board_state *state,
                  uint64_t now_ms,
                  FILE *file) MUST_CHECK;
