#include "sync/weave.h"

#include "base/assert.h"
#include "sync/weave_private.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX_DEFAULT     20000
#define SCHEDULES_MAX_DEFAULT 100000000
#define RUNS_DEFAULT          10000
#define EVENTS_MAX            65536 /* more do not fit into the text either */
#define PATIENCE              3
#define CLOCK_TICK_NS         1000 /* each look at a thread's clock: spins end soon */

enum thread_state { THREAD_READY, THREAD_ASLEEP, THREAD_ENDED };

/* A store that others do not see yet. */
struct kept {
    void *place;
    unsigned size;
    uint64_t value;
};

struct thread {
    struct coroutine coroutine;
    unsigned index;
    enum thread_state state;
    enum weave_kind kind; /* of the step it is about to take, at `place` */
    const void *place;
    struct kept kept[WEAVE_KEPT_MAX]; /* oldest first */
    unsigned kept_count;
    uint64_t writes;      /* that it made itself */
    uint64_t writes_seen; /* of others, at its last pause */
    uint64_t steps;       /* its own, and stores of it that became visible */
    struct {
        uint64_t steps;  /* of the other, when it took the last one that this thread knows of ... */
        unsigned pauses; /* ... and how often this thread has paused since */
    } patience[WEAVE_THREADS_MAX];
    uint64_t clock_ns;
};

static unsigned run_number; /* how many weave_runs this process has begun: tests may share a name */

/* A schedule while it is run. */
static struct run {
    const struct weave_options *options;
    const struct weave_program *program;
    struct explorer explorer;
    struct weave_result *result;

    struct thread threads[WEAVE_THREADS_MAX];
    unsigned current; /* the thread that runs or ran last; AGENT_NOBODY at first */
    unsigned next;    /* takes the step that was decided on; AGENT_NOBODY: the schedule ends */
    bool inside;      /* a thread runs, not the frame around */
    bool started;     /* threads take turns; before that each runs up to its first step */
    uint64_t writes;  /* of all threads */
    uint64_t steps;   /* of this schedule */
    uint64_t steps_max;
    unsigned wakes_for_nothing;

    uint16_t events[EVENTS_MAX]; /* the schedule so far */
    size_t event_count;
} run;

/* ---- the schedule as text ---- */

#define EVENT_ANSWER 0x100 /* with the answer of weave_choose; else an agent */

static void note(unsigned event)
{
    if (run.event_count < EVENTS_MAX) run.events[run.event_count++] = (uint16_t)event;
}

/* "0x5 1x2 a ?1"; what does not fit is left out, and a replay ends early. */
static void schedule_print(char text[WEAVE_SCHEDULE_MAX])
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < run.event_count;) {
        char word[32];
        const char *space = i == 0 ? "" : " ";
        unsigned event = run.events[i];
        size_t repeat = 1;
        if (event & EVENT_ANSWER) {
            snprintf(word, sizeof word, "%s?%u", space, event & ~(unsigned)EVENT_ANSWER);
        } else {
            while (i + repeat < run.event_count && run.events[i + repeat] == event)
                repeat++;
            unsigned thread = event % WEAVE_THREADS_MAX;
            char name = (char)((event < WEAVE_THREADS_MAX ? '0' : 'a') + (char)thread);
            if (repeat == 1)
                snprintf(word, sizeof word, "%s%c", space, name);
            else
                snprintf(word, sizeof word, "%s%cx%zu", space, name, repeat);
        }
        size_t size = strlen(word);
        if (used + size >= WEAVE_SCHEDULE_MAX) return;
        memcpy(text + used, word, size + 1);
        used += size;
        i += repeat;
    }
}

/* ---- failures ---- */

static void report(const char *reason)
{
    static char text[WEAVE_SCHEDULE_MAX];
    schedule_print(text);
    fprintf(stderr,
            "weave %s: %s\n  seed %llu\n  PEVM_WEAVE_REPLAY='%s #%u: %s'\n",
            run.options->name,
            reason,
            (unsigned long long)run.result->seed,
            run.options->name,
            run_number,
            text);
}

void weave_fail(const char *format, ...)
{
    if (!run.result->failed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(run.result->reason, sizeof run.result->reason, format, arguments);
        va_end(arguments);
        run.result->failed = true;
        if (!run.options->expect_failure) report(run.result->reason);
        schedule_print(run.result->schedule);
    }
    if (run.inside) coroutine_leave(&run.threads[run.current].coroutine);
}

/* A failed ASSERT ends the process: say first what led there. */
static void on_abort(int signal_number)
{
    (void)signal_number;
    report("the process is about to end");
}

static void describe_stop(char *out, size_t size)
{
    static const char *const kinds[WEAVE_KIND_COUNT] = {
        "load", "store", "seq_cst store", "rmw", "pause", "spin", "sleep", "wake"};
    size_t used = (size_t)snprintf(out, size, "nobody can go on:");
    for (unsigned i = 0; i < run.program->thread_count && used < size; i++) {
        const struct thread *thread = &run.threads[i];
        const char *what = thread->state == THREAD_ENDED    ? "has ended"
                           : thread->state == THREAD_ASLEEP ? "sleeps"
                                                            : kinds[thread->kind];
        int more = snprintf(out + used, size - used, " thread %u: %s;", i, what);
        used += more < 0 ? 0 : (size_t)more;
    }
}

/* ---- one step after the other ---- */

static bool is_write(enum weave_kind kind)
{
    return kind == WEAVE_STORE || kind == WEAVE_STORE_SEQ_CST || kind == WEAVE_RMW;
}

/* Operations that wait until the thread's own stores are visible. */
static bool is_fence(enum weave_kind kind)
{
    return kind == WEAVE_STORE_SEQ_CST || kind == WEAVE_RMW || kind == WEAVE_SLEEP ||
           kind == WEAVE_WAKE;
}

static bool thread_could_go(const struct thread *thread)
{
    if (thread->state != THREAD_READY) return false;
    if (is_fence(thread->kind)) return thread->kept_count == 0;
    if (thread->kind == WEAVE_STORE) return thread->kept_count < WEAVE_KEPT_MAX;
    if (thread->kind == WEAVE_PAUSE) return run.writes - thread->writes > thread->writes_seen;
    return true;
}

/* Threads that pause in turn and nudge each other would go on for ever while a third does not come to its next step. Where not
 * all orders are run, nobody pauses more than PATIENCE times without the others (Musuvathi and Qadeer, PLDI 2008). */
static bool others_had_a_turn(const struct thread *thread)
{
    const struct explorer *explorer = &run.explorer;
    if (explorer->options->mode == WEAVE_EXHAUSTIVE && explorer->preemptions_max == 0) return true;
    for (unsigned i = 0; i < run.program->thread_count; i++) {
        const struct thread *other = &run.threads[i];
        if (thread->patience[i].pauses < PATIENCE || thread->patience[i].steps != other->steps)
            continue;
        bool could_go = other->kind != WEAVE_PAUSE && thread_could_go(other);
        if (other != thread && (could_go || other->kept_count > 0)) return false;
    }
    return true;
}

static bool thread_can_go(const struct thread *thread)
{
    return thread_could_go(thread) && (thread->kind != WEAVE_PAUSE || others_had_a_turn(thread));
}

static void note_pause(struct thread *thread)
{
    thread->writes_seen = run.writes - thread->writes;
    for (unsigned i = 0; i < run.program->thread_count; i++) {
        bool same = thread->patience[i].steps == run.threads[i].steps;
        thread->patience[i].pauses = same ? thread->patience[i].pauses + 1 : 0;
        thread->patience[i].steps = run.threads[i].steps;
    }
}

static struct step step_of(const struct thread *thread)
{
    switch (thread->kind) {
    case WEAVE_LOAD: return (struct step){STEP_READ, thread->place};
    case WEAVE_STORE:
        return (struct step){run.options->delay_stores ? STEP_PRIVATE : STEP_WRITE, thread->place};
    case WEAVE_PAUSE: return (struct step){STEP_PAUSE, NULL};
    case WEAVE_SPIN: return (struct step){STEP_PRIVATE, NULL};
    default: return (struct step){STEP_WRITE, thread->place};
    }
}

static void look(struct moment *moment)
{
    moment->enabled = 0; /* steps of agents that have none are never looked at */
    moment->current = run.current;
    for (unsigned i = 0; i < run.program->thread_count; i++) {
        const struct thread *thread = &run.threads[i];
        moment->steps[i] = step_of(thread);
        if (thread_can_go(thread)) moment->enabled |= AGENT_BIT(i);
        if (thread->kept_count > 0) {
            moment->enabled |= AGENT_BIT(AGENT_STORE(i));
            moment->steps[AGENT_STORE(i)] = (struct step){STEP_WRITE, thread->kept[0].place};
        }
    }
}

/* The oldest kept store becomes visible. */
static void show_store(struct thread *thread)
{
    const struct kept *kept = &thread->kept[0];
    switch (kept->size) {
    case 1: *(uint8_t *)kept->place = (uint8_t)kept->value; break;
    case 2: *(uint16_t *)kept->place = (uint16_t)kept->value; break;
    case 4: *(uint32_t *)kept->place = (uint32_t)kept->value; break;
    default: *(uint64_t *)kept->place = kept->value; break;
    }
    thread->kept_count--;
    memmove(&thread->kept[0], &thread->kept[1], thread->kept_count * sizeof thread->kept[0]);
    run.writes++;
    thread->writes++;
    thread->steps++;
}

/* Count and note a step. False when the agent was a kept store, which is visible now. */
static bool step_take(unsigned agent)
{
    run.steps++;
    run.result->steps++;
    note(agent);
    if (agent < WEAVE_THREADS_MAX) {
        if (!thread_can_go(&run.threads[agent]))
            weave_fail("the program does not do the same under the same schedule");
        run.threads[agent].steps++;
        return true;
    }
    show_store(&run.threads[agent - WEAVE_THREADS_MAX]);
    return false;
}

/* Which thread takes the next step; stores that become visible first do. AGENT_NOBODY: the schedule
 * ends. */
static unsigned next_thread(void)
{
    for (;;) { /* ends: steps_max */
        if (run.result->failed) return AGENT_NOBODY;
        unsigned agent = explorer_repeat(&run.explorer);
        if (agent != AGENT_NOBODY) {
            if (step_take(agent)) return agent;
            continue;
        }
        static struct moment moment;
        look(&moment);
        if (moment.enabled == 0) {
            for (unsigned i = 0; i < run.program->thread_count; i++) {
                if (run.threads[i].state == THREAD_ENDED) continue;
                char text[WEAVE_REASON_MAX];
                describe_stop(text, sizeof text);
                weave_fail("%s", text);
                break;
            }
            return AGENT_NOBODY;
        }
        if (run.steps >= run.steps_max) {
            weave_fail("still running after %llu steps", (unsigned long long)run.steps_max);
            return AGENT_NOBODY;
        }
        agent = explorer_pick(&run.explorer, &moment);
        if (agent == AGENT_NOBODY || step_take(agent)) return agent;
    }
}

static struct thread *self(void)
{
    return &run.threads[run.current];
}

static void hook(enum weave_kind kind, const void *place)
{
    struct thread *thread = self();
    thread->kind = kind;
    thread->place = place;
    if (run.started) run.next = next_thread();
    if (!run.started || run.next != run.current)
        coroutine_leave(&thread->coroutine); /* and comes back when it may take the step */
    if (is_write(kind) && !(kind == WEAVE_STORE && run.options->delay_stores)) {
        run.writes++;
        thread->writes++;
    }
    if (kind == WEAVE_PAUSE) note_pause(thread);
}

static bool load(const void *place, uint64_t *value)
{
    const struct thread *thread = self();
    for (unsigned i = thread->kept_count; i-- > 0;) {
        if (thread->kept[i].place != place) continue;
        *value = thread->kept[i].value;
        return true;
    }
    return false;
}

static bool store(void *place, unsigned size, uint64_t value)
{
    struct thread *thread = self();
    if (!run.options->delay_stores) return false;
    thread->kept[thread->kept_count++] = (struct kept){place, size, value};
    return true;
}

static void unchanged(void)
{
    run.writes--;
    self()->writes--;
}

static void sleep_on(const void *place, uint32_t expected)
{
    struct thread *thread = self();
    if (*(const volatile uint32_t *)place != expected) return;
    if (run.wakes_for_nothing < run.options->wakes_for_nothing && weave_choose(2) == 1) {
        run.wakes_for_nothing++;
        return;
    }
    thread->state = THREAD_ASLEEP;
    hook(WEAVE_SPIN, place);
}

static void wake(const void *place, unsigned count)
{
    for (; count > 0; count--) {
        unsigned sleepers[WEAVE_THREADS_MAX], found = 0;
        for (unsigned i = 0; i < run.program->thread_count; i++) {
            if (run.threads[i].state == THREAD_ASLEEP && run.threads[i].place == place)
                sleepers[found++] = i;
        }
        if (found == 0) return;
        unsigned which = found <= count ? 0 : weave_choose(found);
        run.threads[sleepers[which]].state = THREAD_READY;
    }
}

static uint64_t now_ns(void)
{
    return self()->clock_ns += CLOCK_TICK_NS;
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

unsigned weave_choose(unsigned count)
{
    ASSERT(count >= 1 && count <= UINT8_MAX);
    if (count == 1) return 0;
    unsigned answer = explorer_choose(&run.explorer, count);
    note(EVENT_ANSWER | answer);
    return answer;
}

/* ---- one schedule ---- */

static void thread_main(void *argument)
{
    struct thread *thread = argument;
    run.program->threads[thread->index](run.program->world, thread->index);
    thread->state = THREAD_ENDED;
}

static void enter(unsigned index)
{
    run.current = index;
    run.inside = true;
    weave_driver = &driver;
    coroutine_enter(&run.threads[index].coroutine);
    weave_driver = NULL;
    run.inside = false;
}

/* Setup, then each thread up to its first step: that much is nobody else's business. */
static void schedule_begin(void)
{
    run.started = false;
    run.writes = 0;
    run.steps = 0;
    run.wakes_for_nothing = 0;
    run.event_count = 0;
    run.program->setup(run.program->world);
    for (unsigned i = 0; i < run.program->thread_count && !run.result->failed; i++) {
        struct thread *thread = &run.threads[i];
        thread->index = i;
        thread->state = THREAD_READY;
        thread->kept_count = 0;
        thread->writes = thread->writes_seen = thread->steps = thread->clock_ns = 0;
        memset(thread->patience, 0, sizeof thread->patience);
        coroutine_start(&thread->coroutine, thread_main, thread);
        enter(i);
    }
    run.current = AGENT_NOBODY;
}

static void schedule_run(uint64_t seed)
{
    run.result->seed = seed;
    explorer_begin(&run.explorer, seed);
    schedule_begin();
    run.started = true;
    run.next = next_thread();
    while (run.next != AGENT_NOBODY) { /* ends: steps_max */
        struct thread *thread = &run.threads[run.next];
        enter(run.next);
        if (thread->state == THREAD_ENDED) run.next = next_thread();
        if (run.result->failed) return;
    }
    if (run.result->failed) return;
    if (run.explorer.pruned) {
        run.result->pruned++;
        return;
    }
    run.result->schedules++;
    if (run.program->check != NULL) run.program->check(run.program->world);
}

/* ---- all of them ---- */

static void run_exhaustive(void)
{
    uint64_t schedules_max = run.options->schedules_max;
    if (schedules_max == 0) schedules_max = SCHEDULES_MAX_DEFAULT;
    for (;;) { /* ends: schedules_max */
        schedule_run(0);
        if (run.result->failed) return;
        if (!explorer_next(&run.explorer)) break;
        if (run.result->schedules + run.result->pruned >= schedules_max) return;
    }
    run.result->complete = true;
}

static void run_at_random(void)
{
    const char *wish = getenv("PEVM_WEAVE_RUNS");
    uint64_t runs = wish == NULL ? 0 : strtoull(wish, NULL, 10);
    if (runs == 0) runs = run.options->runs;
    if (runs == 0) runs = RUNS_DEFAULT;
    for (uint64_t i = 0; i < runs && !run.result->failed; i++)
        schedule_run(run.options->seed + i);
}

/* The schedule to run instead: of the options, or of the environment when it is for this test. */
static const char *replay_wanted(const struct weave_options *options)
{
    char key[128];
    const char *wish = getenv("PEVM_WEAVE_REPLAY");
    if (options->replay != NULL) return options->replay;
    snprintf(key, sizeof key, "%s #%u:", options->name, run_number);
    if (wish == NULL || strncmp(wish, key, strlen(key)) != 0) return NULL;
    return wish + strlen(key);
}

static void say(void)
{
    static const char *const modes[] = {"exhaustive", "random", "pct"};
    const struct weave_result *result = run.result;
    if (run.options->expect_failure) return;
    fprintf(stderr,
            "weave %s: %s: %llu schedules, %llu pruned, %llu steps%s\n",
            run.options->name,
            modes[run.options->mode],
            (unsigned long long)result->schedules,
            (unsigned long long)result->pruned,
            (unsigned long long)result->steps,
            result->failed     ? ", FAILED"
            : result->complete ? ", complete"
                               : "");
}

struct weave_result weave_run(const struct weave_options *options,
                              const struct weave_program *program)
{
    static struct weave_result result; /* too large for small stacks */
    ASSERT(program->thread_count <= WEAVE_THREADS_MAX && weave_driver == NULL);
    memset(&run, 0, sizeof run);
    memset(&result, 0, sizeof result);
    run_number++;
    run.options = options;
    run.program = program;
    run.result = &result;
    run.steps_max = options->steps_max == 0 ? STEPS_MAX_DEFAULT : options->steps_max;
    const char *replay = replay_wanted(options);
    bool ok = explorer_init(&run.explorer, options, replay);
    for (unsigned i = 0; i < program->thread_count; i++)
        ok = coroutine_open(&run.threads[i].coroutine) && ok;
    ASSERT(ok); /* no memory for a test */

    void (*before)(int) = signal(SIGABRT, on_abort);
    if (replay != NULL)
        schedule_run(options->seed);
    else if (options->mode == WEAVE_EXHAUSTIVE)
        run_exhaustive();
    else
        run_at_random();
    signal(SIGABRT, before);

    say();
    for (unsigned i = 0; i < program->thread_count; i++)
        coroutine_close(&run.threads[i].coroutine);
    explorer_fini(&run.explorer);
    return result;
}
