#include "sync/cores.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/heap.h"
#include "sync/coroutine.h"
#include "sync/weave_hook.h"

#include <string.h>

#define SITES_MAX   4096 /* far more than there are accesses in the sources */
#define NEVER       UINT64_MAX
#define LINES_FIRST ((size_t)1 << 16)

/* What an access costs a core whose cache has the line: a load hides behind other work, a locked instruction does not. */
#define PS_LOAD  UINT64_C(400)
#define PS_STORE UINT64_C(400)
#define PS_FENCE UINT64_C(6000)

enum core_state { CORE_READY, CORE_ASLEEP, CORE_ENDED };

struct core {
    struct coroutine coroutine;
    void (*entry)(void *argument);
    void *argument;
    enum core_state state;
    enum cores_use use;
    uint64_t now_ps;
    const void *place; /* where it sleeps ... */
    uint64_t slept_as; /* ... and as which sleeper in all */
};

/* A cache line that more than one access met. */
struct line {
    uintptr_t number; /* address / CACHE_LINE; 0: unused */
    uint64_t holders; /* cores whose caches have it, as bits */
    uint64_t free_ps; /* when the last request to write it was answered */
};

static struct {
    struct cores_costs costs;
    struct core cores[CORES_MAX];
    unsigned count, current;
    uint64_t horizon_ps; /* the earliest of the others that are ready */
    uint64_t sleepers;   /* ever */
    bool is_running;
    struct line *lines;
    size_t line_count, line_capacity;
    struct cores_counts counts;
    struct cores_site sites[SITES_MAX];
} machine;

/* ---- lines ----------------------------------------------------------------------------------- */

static struct line *line_place(struct line *lines, size_t capacity, uintptr_t number)
{
    size_t at = (size_t)hash_mix(number, UINT64_C(0x9e3779b97f4a7c15)) & (capacity - 1);
    while (lines[at].number != 0 && lines[at].number != number) /* ends: never full */
        at = (at + 1) & (capacity - 1);
    return &lines[at];
}

static void lines_grow(void)
{
    size_t capacity = 2 * machine.line_capacity;
    struct line *lines = heap_alloc_zeroed(capacity, sizeof *lines);
    ASSERT(lines != NULL); /* a few megabytes, on the way of a measurement */
    for (size_t i = 0; i < machine.line_capacity; i++)
        if (machine.lines[i].number != 0)
            *line_place(lines, capacity, machine.lines[i].number) = machine.lines[i];
    heap_free(machine.lines);
    machine.lines = lines;
    machine.line_capacity = capacity;
}

static struct line *line_of(const void *place)
{
    if (machine.line_count * 2 > machine.line_capacity) lines_grow();
    uintptr_t number = (uintptr_t)place / CACHE_LINE;
    struct line *line = line_place(machine.lines, machine.line_capacity, number);
    if (line->number == 0) machine.line_count++;
    line->number = number;
    return line;
}

/* ---- time ------------------------------------------------------------------------------------ */

static struct core *self(void)
{
    return &machine.cores[machine.current];
}

static void spend(struct core *core, enum cores_use use, uint64_t ps)
{
    core->now_ps += ps;
    machine.counts.ps[use] += ps;
}

static void count_move(uintptr_t site)
{
    size_t at = (size_t)hash_mix(site, UINT64_C(0x9e3779b97f4a7c15)) % SITES_MAX;
    while (machine.sites[at].address != 0 &&
           machine.sites[at].address != site) /* ends: never full */
        at = (at + 1) % SITES_MAX;
    machine.sites[at].address = site;
    machine.sites[at].moves++;
    machine.counts.moves++;
}

/* The core has to have the line before it goes on. */
static void fetch(struct core *core, uintptr_t site, const void *place, bool is_write)
{
    struct line *line = line_of(place);
    uint64_t own = UINT64_C(1) << machine.current;
    bool has_it = (line->holders & own) != 0 && (!is_write || line->holders == own);
    if (!has_it && line->holders != 0) {
        uint64_t start = is_write && line->free_ps > core->now_ps ? line->free_ps : core->now_ps;
        uint64_t end = start + machine.costs.transfer_ns * CORES_PS_PER_NS;
        if (is_write) line->free_ps = end;
        count_move(site);
        spend(core, core->use == CORES_IDLE ? CORES_IDLE : CORES_MOVE, end - core->now_ps);
    }
    line->holders = is_write ? own : line->holders | own;
}

/* Let those go first whose clocks are behind. */
static void wait_turn(struct core *core)
{
    while (core->now_ps > machine.horizon_ps) /* ends: the others' clocks move, too */
        coroutine_leave(&core->coroutine);
}

static void spend_bare(struct core *core, uint64_t ps)
{
    if (core->use != CORES_LOOP) return;
    machine.counts.bare_ps += ps;
    spend(core, CORES_LOOP, ps * machine.costs.scale / 1024);
}

static void hook(enum weave_kind kind, const void *place)
{
    struct core *core = self();
    uintptr_t site = (uintptr_t)__builtin_return_address(0);
    wait_turn(core);
    machine.counts.accesses++;
    switch (kind) {
    case WEAVE_LOAD:
        spend_bare(core, PS_LOAD);
        fetch(core, site, place, false);
        return;
    case WEAVE_STORE:
        spend_bare(core, PS_STORE);
        line_of(place)->holders = UINT64_C(1)
                                  << machine.current; /* nobody waits for his own stores */
        return;
    case WEAVE_STORE_SEQ_CST:
    case WEAVE_RMW:
        machine.counts.writes++;
        spend_bare(core, PS_FENCE);
        fetch(core, site, place, true);
        return;
    case WEAVE_PAUSE:
    case WEAVE_SPIN: spend(core, CORES_IDLE, machine.costs.pause_ns * CORES_PS_PER_NS); return;
    case WEAVE_SLEEP:
    case WEAVE_WAKE:
        spend(core,
              kind == WEAVE_SLEEP ? CORES_IDLE : CORES_LOOP,
              machine.costs.sleep_ns * CORES_PS_PER_NS);
        wait_turn(core);
        return;
    case WEAVE_KIND_COUNT: break;
    }
}

static bool load(const void *place, uint64_t *value)
{
    (void)place, (void)value;
    return false; /* memory has everything */
}

static bool store(void *place, unsigned size, uint64_t value)
{
    (void)place, (void)size, (void)value;
    return false;
}

static void unchanged(void) {}

static void sleep_on(const void *place, uint32_t expected)
{
    struct core *core = self();
    if (*(const volatile uint32_t *)place != expected) return;
    uint64_t begin_ps = core->now_ps;
    core->state = CORE_ASLEEP;
    core->place = place;
    core->slept_as = machine.sleepers++;
    machine.counts.sleeps++;
    coroutine_leave(&core->coroutine);
    machine.counts.ps[CORES_IDLE] += core->now_ps - begin_ps;
}

/* Who sleeps longest at `place`; NULL: nobody. */
static struct core *sleeper_at(const void *place)
{
    struct core *found = NULL;
    for (unsigned i = 0; i < machine.count; i++) {
        struct core *core = &machine.cores[i];
        if (core->state != CORE_ASLEEP || core->place != place) continue;
        if (found == NULL || core->slept_as < found->slept_as) found = core;
    }
    return found;
}

static void wake(const void *place, unsigned count)
{
    struct core *sleeper;
    while (count-- > 0 && (sleeper = sleeper_at(place)) != NULL) {
        uint64_t up_ps = self()->now_ps + machine.costs.rise_ns * CORES_PS_PER_NS;
        sleeper->state = CORE_READY;
        if (sleeper->now_ps < up_ps) sleeper->now_ps = up_ps;
        if (sleeper->now_ps < machine.horizon_ps) machine.horizon_ps = sleeper->now_ps;
    }
}

static uint64_t now_ns(void)
{
    return self()->now_ps / CORES_PS_PER_NS;
}

static const struct weave_driver driver = {
    .hook = hook,
    .load = load,
    .store = store,
    .unchanged = unchanged,
    .sleep = sleep_on,
    .wake = wake,
    .now_ns = now_ns,
};

/* ---- life ------------------------------------------------------------------------------------ */

bool cores_open(const struct cores_costs *costs)
{
    ASSERT(machine.lines == NULL && costs->cores <= CORES_MAX);
    memset(&machine, 0, sizeof machine);
    machine.costs = *costs;
    machine.line_capacity = LINES_FIRST;
    machine.lines = heap_alloc_zeroed(LINES_FIRST, sizeof *machine.lines);
    return machine.lines != NULL;
}

void cores_close(void)
{
    for (unsigned i = 0; i < machine.count; i++)
        coroutine_close(&machine.cores[i].coroutine);
    heap_free(machine.lines);
    machine.lines = NULL;
    machine.count = 0;
}

bool cores_add(void (*entry)(void *argument), void *argument)
{
    ASSERT(!machine.is_running);
    if (machine.count == machine.costs.cores) return true;
    struct core *core = &machine.cores[machine.count];
    *core = (struct core){.entry = entry, .argument = argument, .use = CORES_IDLE};
    if (!coroutine_open(&core->coroutine)) return false;
    machine.count++;
    return true;
}

static void core_main(void *argument)
{
    struct core *core = argument;
    core->entry(core->argument);
    core->state = CORE_ENDED;
}

/* The earliest core that can go on; the lowest of those that are equal. */
static unsigned earliest(void)
{
    unsigned found = CORES_MAX;
    uint64_t found_ps = NEVER;
    machine.horizon_ps = NEVER;
    for (unsigned i = 0; i < machine.count; i++) {
        const struct core *core = &machine.cores[i];
        if (core->state != CORE_READY) continue;
        if (core->now_ps < found_ps) {
            machine.horizon_ps = found_ps;
            found_ps = core->now_ps;
            found = i;
        } else if (core->now_ps < machine.horizon_ps) {
            machine.horizon_ps = core->now_ps;
        }
    }
    return found;
}

void cores_run(void)
{
    ASSERT(machine.count > 0 && weave_driver == NULL);
    for (unsigned i = 0; i < machine.count; i++)
        coroutine_start(&machine.cores[i].coroutine, core_main, &machine.cores[i]);
    machine.is_running = true;
    while (machine.cores[0].state != CORE_ENDED) {
        machine.current = earliest();
        ASSERT(machine.current < machine.count); /* else all sleep: a lost wake */
        weave_driver = &driver;
        coroutine_enter(&self()->coroutine);
        weave_driver = NULL;
    }
    machine.is_running = false;
}

/* ---- on a core ------------------------------------------------------------------------------- */

uint64_t cores_now_ps(void)
{
    return self()->now_ps;
}

void cores_spend(enum cores_use use, uint64_t ps)
{
    ASSERT(machine.is_running);
    spend(self(), use, ps);
}

enum cores_use cores_use_as(enum cores_use use)
{
    enum cores_use before = self()->use;
    self()->use = use;
    return before;
}

struct cores_counts cores_counts(void)
{
    return machine.counts;
}

void cores_busiest(struct cores_site out[CORES_SITES])
{
    memset(out, 0, CORES_SITES * sizeof *out);
    for (size_t i = 0; i < SITES_MAX; i++) {
        struct cores_site site = machine.sites[i];
        for (size_t k = 0; k < CORES_SITES && site.moves > 0; k++) {
            if (site.moves <= out[k].moves) continue;
            struct cores_site lower = out[k];
            out[k] = site;
            site = lower;
        }
    }
}

void cores_count_anew(void)
{
    memset(machine.sites, 0, sizeof machine.sites);
    machine.counts = (struct cores_counts){.accesses = 0};
}
