/* weave_private.h - weave.c runs threads step by step, weave_explore.c decides which one takes the
 * next step. */
#pragma once

#include "base/rng.h"
#include "sync/coroutine.h"
#include "sync/weave.h"

/* Agents: threads 0..7, then, 8..15, the oldest kept store of each. Sets of them are bits. */
#define AGENT_COUNT         (2 * WEAVE_THREADS_MAX)
#define AGENT_NOBODY        AGENT_COUNT
#define AGENT_STORE(thread) (WEAVE_THREADS_MAX + (thread))
#define AGENT_BIT(agent)    (1u << (agent))
#define THREADS_MASK        (AGENT_BIT(WEAVE_THREADS_MAX) - 1)

/* What an agent is about to do to others, for asking whether the order of two steps matters. */
enum step_effect { STEP_PRIVATE, STEP_READ, STEP_WRITE, STEP_PAUSE };

struct step {
    enum step_effect effect;
    const void *place;
};

/* What the explorer may look at before a step. */
struct moment {
    uint32_t enabled;               /* agents that can take it */
    unsigned current;               /* the thread that took the last one */
    struct step steps[AGENT_COUNT]; /* of the enabled ones, and of threads that wait */
};

/* One decision of a schedule. */
struct node {
    uint32_t enabled; /* agents; or, for weave_choose, how many answers */
    uint32_t left;    /* agents still to be tried */
    uint32_t asleep;  /* agents whose step was explored before, and nothing changed that */
    uint32_t preemptions;
    uint8_t chosen;
    bool is_choice;
};

struct replay {
    const char *next; /* rest of the text; NULL: no replay */
    char agent;       /* repeated ... */
    unsigned repeat;  /* ... so often */
};

struct explorer {
    const struct weave_options *options;
    struct replay replay;

    /* depth first */
    struct node *nodes;
    size_t node_count, node_capacity, depth;
    uint32_t asleep;
    unsigned preemptions, preemptions_max;
    bool pruned;

    /* random, PCT */
    struct rng rng;
    uint32_t priorities[AGENT_COUNT], last_priority;
    uint64_t step, longest;
    uint64_t changes[32];
};

MUST_CHECK bool explorer_init(struct explorer *explorer,
                              const struct weave_options *options,
                              const char *replay);
void explorer_fini(struct explorer *explorer);

/* Before each schedule. */
void explorer_begin(struct explorer *explorer, uint64_t seed);

/* Who took this step the last time, in the part of a schedule that is run again; else AGENT_NOBODY:
 * pick. */
unsigned explorer_repeat(struct explorer *explorer);

/* Who takes the next step, or AGENT_NOBODY when this schedule need not go on (or failed). */
unsigned explorer_pick(struct explorer *explorer, const struct moment *moment);
unsigned explorer_choose(struct explorer *explorer, unsigned count);

/* After each schedule: false when depth first has seen all. */
bool explorer_next(struct explorer *explorer);
