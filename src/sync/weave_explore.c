#include "base/assert.h"
#include "base/heap.h"
#include "sync/weave_private.h"

#include <stdlib.h>
#include <string.h>

bool explorer_init(struct explorer *explorer,
                   const struct weave_options *options,
                   const char *replay)
{
    memset(explorer, 0, sizeof *explorer);
    explorer->options = options;
    explorer->replay.next = replay;
    explorer->preemptions_max = options->preemptions_max;
    const char *wish = getenv("PEVM_WEAVE_PREEMPTIONS");
    unsigned long more = wish == NULL ? 0 : strtoul(wish, NULL, 10);
    if (explorer->preemptions_max != 0 && more > explorer->preemptions_max)
        explorer->preemptions_max = (unsigned)more;
    explorer->node_capacity = 1024;
    explorer->nodes = heap_alloc(explorer->node_capacity * sizeof *explorer->nodes);
    return explorer->nodes != NULL;
}

void explorer_fini(struct explorer *explorer)
{
    heap_free(explorer->nodes);
}

static unsigned lowest(uint32_t agents)
{
    return (unsigned)__builtin_ctz(agents);
}

static unsigned pct_depth(const struct explorer *explorer)
{
    unsigned depth = explorer->options->pct_depth == 0 ? 3 : explorer->options->pct_depth;
    return depth > COUNT_OF(explorer->changes) ? (unsigned)COUNT_OF(explorer->changes) : depth;
}

#define PCT_LEVEL (UINT32_C(1) << 31) /* pauses go below it, one after another */

/* Priorities above pct_depth in a random order; the points where the highest falls below. */
static void pct_begin(struct explorer *explorer)
{
    unsigned depth = pct_depth(explorer);
    for (unsigned i = 0; i < AGENT_COUNT; i++) {
        unsigned place = (unsigned)rng_below(&explorer->rng, i + 1);
        explorer->priorities[i] = explorer->priorities[place];
        explorer->priorities[place] = PCT_LEVEL + depth + i;
    }
    explorer->last_priority = PCT_LEVEL;
    uint64_t length = explorer->longest < 16 ? 16 : explorer->longest;
    for (unsigned i = 0; i + 1 < depth; i++)
        explorer->changes[i] = rng_below(&explorer->rng, length);
}

void explorer_begin(struct explorer *explorer, uint64_t seed)
{
    explorer->depth = 0;
    explorer->asleep = 0;
    explorer->preemptions = 0;
    explorer->pruned = false;
    explorer->step = 0;
    rng_init(&explorer->rng, seed);
    if (explorer->options->mode == WEAVE_PCT) pct_begin(explorer);
}

/* ---- depth first ---- */

/* May the order of two steps by different threads matter? */
static bool is_dependent(const struct step *a, const struct step *b)
{
    if (a->effect == STEP_PRIVATE || b->effect == STEP_PRIVATE) return false;
    if (a->effect == STEP_PAUSE) return b->effect == STEP_WRITE; /* which lets the pause end */
    if (b->effect == STEP_PAUSE) return a->effect == STEP_WRITE;
    return a->place == b->place && (a->effect == STEP_WRITE || b->effect == STEP_WRITE);
}

static uint32_t independent_of(const struct moment *moment, uint32_t agents, unsigned chosen)
{
    uint32_t rest = 0;
    for (uint32_t left = agents; left != 0; left &= left - 1) {
        unsigned agent = lowest(left);
        if (agent % WEAVE_THREADS_MAX != chosen % WEAVE_THREADS_MAX &&
            !is_dependent(&moment->steps[agent], &moment->steps[chosen]))
            rest |= AGENT_BIT(agent);
    }
    return rest;
}

/* The thread that took the last step, or the store that it waits for: going on with it costs
 * nothing. */
static unsigned natural(const struct moment *moment)
{
    unsigned current = moment->current;
    if (current == AGENT_NOBODY) return AGENT_NOBODY;
    if (moment->enabled & AGENT_BIT(current)) return current;
    if (moment->steps[current].effect == STEP_WRITE &&
        moment->enabled & AGENT_BIT(AGENT_STORE(current)))
        return AGENT_STORE(current);
    return AGENT_NOBODY;
}

/* What an agent costs of the preemptions that are allowed. */
static unsigned cost_of(const struct moment *moment, unsigned agent)
{
    unsigned free = natural(moment);
    if (agent == free) return 0;
    if (agent < WEAVE_THREADS_MAX) return free != AGENT_NOBODY;
    return free != AGENT_NOBODY || (moment->enabled & THREADS_MASK) != 0;
}

static unsigned preferred(const struct moment *moment, uint32_t agents)
{
    unsigned agent = natural(moment);
    return agent != AGENT_NOBODY && agents & AGENT_BIT(agent) ? agent : lowest(agents);
}

/* Those worth trying at a moment that was not seen before. */
static uint32_t candidates(const struct explorer *explorer, const struct moment *moment)
{
    /* A step that nobody else can notice needs no alternatives. With a bound only the natural one,
     * for going to another thread and back would cost. */
    unsigned preemptions_max = explorer->preemptions_max;
    uint32_t threads = moment->enabled & THREADS_MASK;
    if (preemptions_max != 0)
        threads = moment->current == AGENT_NOBODY ? 0 : threads & AGENT_BIT(moment->current);
    for (uint32_t left = threads; left != 0; left &= left - 1) {
        if (moment->steps[lowest(left)].effect == STEP_PRIVATE) return AGENT_BIT(lowest(left));
    }
    if (preemptions_max == 0) return moment->enabled & ~explorer->asleep;

    uint32_t agents = 0;
    for (uint32_t left = moment->enabled; left != 0; left &= left - 1) {
        unsigned agent = lowest(left);
        if (explorer->preemptions + cost_of(moment, agent) <= preemptions_max)
            agents |= AGENT_BIT(agent);
    }
    return agents;
}

static struct node *node_push(struct explorer *explorer)
{
    if (explorer->node_count == explorer->node_capacity) {
        size_t capacity = 2 * explorer->node_capacity;
        struct node *nodes = heap_realloc(explorer->nodes, capacity * sizeof *nodes);
        ASSERT(nodes != NULL); /* a test: there is nothing better to do */
        explorer->nodes = nodes;
        explorer->node_capacity = capacity;
    }
    struct node *node = &explorer->nodes[explorer->node_count++];
    memset(node, 0, sizeof *node);
    return node;
}

static unsigned pick_in_depth(struct explorer *explorer, const struct moment *moment)
{
    struct node *node;
    if (explorer->depth < explorer->node_count) {
        node = &explorer->nodes[explorer->depth];
        if (node->is_choice || node->enabled != moment->enabled) {
            weave_fail("the program does not do the same under the same schedule");
            return AGENT_NOBODY;
        }
    } else {
        uint32_t agents = candidates(explorer, moment);
        if (agents == 0) {
            explorer->pruned = true;
            return AGENT_NOBODY;
        }
        node = node_push(explorer);
        node->enabled = moment->enabled;
        node->asleep = explorer->asleep;
        node->preemptions = explorer->preemptions;
        node->chosen = (uint8_t)preferred(moment, agents);
        node->left = agents & ~AGENT_BIT(node->chosen);
    }
    explorer->depth++;
    explorer->preemptions = node->preemptions + cost_of(moment, node->chosen);
    if (explorer->preemptions_max == 0)
        explorer->asleep = independent_of(moment, node->asleep, node->chosen);
    return node->chosen;
}

unsigned explorer_repeat(struct explorer *explorer)
{
    if (explorer->options->mode != WEAVE_EXHAUSTIVE || explorer->replay.next != NULL ||
        explorer->depth + 1 >= explorer->node_count)
        return AGENT_NOBODY;
    const struct node *node = &explorer->nodes[explorer->depth];
    if (node->is_choice) return AGENT_NOBODY; /* pick_in_depth complains */
    explorer->depth++;
    return node->chosen;
}

static unsigned choose_in_depth(struct explorer *explorer, unsigned count)
{
    struct node *node;
    if (explorer->depth < explorer->node_count) {
        node = &explorer->nodes[explorer->depth];
        ASSERT(node->is_choice && node->enabled == count);
    } else {
        node = node_push(explorer);
        node->is_choice = true;
        node->enabled = count;
        node->asleep = explorer->asleep;
        node->preemptions = explorer->preemptions;
    }
    explorer->depth++;
    explorer->asleep = node->asleep;
    explorer->preemptions = node->preemptions;
    return node->chosen;
}

/* Go back to the last decision that can be taken in another way. */
static bool next_in_depth(struct explorer *explorer)
{
    while (explorer->node_count > 0) {
        struct node *node = &explorer->nodes[explorer->node_count - 1];
        if (node->is_choice && node->chosen + 1u < node->enabled) {
            node->chosen++;
            return true;
        }
        if (!node->is_choice && node->left != 0) {
            node->asleep |= AGENT_BIT(node->chosen);
            node->chosen = (uint8_t)lowest(node->left);
            node->left &= node->left - 1;
            return true;
        }
        explorer->node_count--;
    }
    return false;
}

/* ---- random ---- */

static unsigned pick_at_random(struct explorer *explorer, uint32_t enabled)
{
    unsigned skip = (unsigned)rng_below(&explorer->rng, (uint64_t)__builtin_popcount(enabled));
    while (skip-- > 0)
        enabled &= enabled - 1;
    return lowest(enabled);
}

/* Who waits for somebody else's write comes after everybody else, or two that wake one another keep a third from going on. */
static unsigned pick_by_priority(struct explorer *explorer, const struct moment *moment)
{
    uint32_t enabled = moment->enabled;
    unsigned best = lowest(enabled);
    for (uint32_t left = enabled; left != 0; left &= left - 1) {
        if (explorer->priorities[lowest(left)] > explorer->priorities[best]) best = lowest(left);
    }
    for (unsigned i = 0; i + 1 < pct_depth(explorer); i++) {
        if (explorer->changes[i] == explorer->step) explorer->priorities[best] = PCT_LEVEL + i;
    }
    if (moment->steps[best].effect == STEP_PAUSE)
        explorer->priorities[best] = --explorer->last_priority;
    explorer->step++;
    if (explorer->step > explorer->longest) explorer->longest = explorer->step;
    return best;
}

/* ---- a schedule that is given ---- */

/* The next agent ('0'.., 'a'.., or '?'), or 0 at the end of the text. For '?' *answer is the
 * number. */
static char replay_read(struct replay *replay, unsigned *answer)
{
    if (replay->repeat > 0) {
        replay->repeat--;
        return replay->agent;
    }
    const char *text = replay->next + strspn(replay->next, " ");
    char agent = *text;
    if (agent == 0) return 0;
    char *end = NULL;
    text++;
    if (agent == '?') {
        *answer = (unsigned)strtoul(text, &end, 10);
        text = end;
    } else if (*text == 'x') {
        unsigned long repeat = strtoul(text + 1, &end, 10);
        replay->repeat = repeat == 0 ? 0 : (unsigned)(repeat - 1);
        text = end;
    }
    replay->agent = agent;
    replay->next = text;
    return agent;
}

static unsigned pick_from_replay(struct explorer *explorer, const struct moment *moment)
{
    unsigned answer = 0;
    char text = replay_read(&explorer->replay, &answer);
    unsigned agent = AGENT_NOBODY;
    if (text == 0) return preferred(moment, moment->enabled);
    if (text >= '0' && text < '0' + WEAVE_THREADS_MAX) agent = (unsigned)(text - '0');
    if (text >= 'a' && text < 'a' + WEAVE_THREADS_MAX) agent = AGENT_STORE((unsigned)(text - 'a'));
    if (agent == AGENT_NOBODY || !(moment->enabled & AGENT_BIT(agent))) {
        weave_fail("the schedule to replay is of another program: '%c' can't go on here", text);
        return AGENT_NOBODY;
    }
    return agent;
}

static unsigned choose_from_replay(struct explorer *explorer, unsigned count)
{
    unsigned answer = 0;
    char text = replay_read(&explorer->replay, &answer);
    return text == '?' && answer < count ? answer : 0;
}

/* ---- the calls ---- */

unsigned explorer_pick(struct explorer *explorer, const struct moment *moment)
{
    if (explorer->replay.next != NULL) return pick_from_replay(explorer, moment);
    switch (explorer->options->mode) {
    case WEAVE_RANDOM: return pick_at_random(explorer, moment->enabled);
    case WEAVE_PCT: return pick_by_priority(explorer, moment);
    case WEAVE_EXHAUSTIVE: break;
    }
    return pick_in_depth(explorer, moment);
}

unsigned explorer_choose(struct explorer *explorer, unsigned count)
{
    if (explorer->replay.next != NULL) return choose_from_replay(explorer, count);
    if (explorer->options->mode == WEAVE_EXHAUSTIVE) return choose_in_depth(explorer, count);
    return (unsigned)rng_below(&explorer->rng, count);
}

bool explorer_next(struct explorer *explorer)
{
    return next_in_depth(explorer);
}
