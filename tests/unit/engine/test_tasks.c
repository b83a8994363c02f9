#include "base/rng.h"
#include "engine/tasks.h"
#include "support/test.h"

#define TASKS     200
#define ACCOUNTS  20
#define STEPS_MAX 6

/* Tasks that move words about: what each does is decided by its number, the seed, and what it reads. */
struct script {
    uint64_t seed;
    unsigned locations; /* few: everybody meets everybody */
    uint32_t fails_base_at;
    uint32_t cancel_after; /* questions; 0: never */
    struct tuning tuning;
    bool has_failing_tasks;
};

static address space_of(uint64_t number)
{
    return (address){
        {[0] = (uint8_t)(number % 3), [19] = 7}
    };
}

static u256 key_of(uint64_t number)
{
    return (u256){
        {number, 0, 0, number * 3}
    };
}

static u256 base_of(uint64_t number)
{
    return (u256){
        {number * 1000, 0, 1, 0}
    };
}

struct access {
    struct script *script;
    struct task_io *io;
    u256 own[ACCOUNTS]; /* of the loop: what this task has written so far */
};

static bool get(struct access *access, uint64_t number, u256 *out)
{
    address space = space_of(number);
    u256 key = key_of(number);
    if (access->io != NULL) return task_read(access->io, &space, &key, out) == VIEW_OK;
    *out = access->own[number];
    return true;
}

static bool put(struct access *access, uint64_t number, const u256 *value)
{
    address space = space_of(number);
    u256 key = key_of(number);
    if (access->io != NULL) return task_write(access->io, &space, &key, value) == VIEW_OK;
    access->own[number] = *value;
    return true;
}

static int32_t steps(struct access *access, uint32_t task)
{
    const struct script *script = access->script;
    struct rng rng;
    u256 sum = u256_from_u64(task), word;
    rng_init(&rng, script->seed * 100003 + task);
    for (uint64_t i = rng_below(&rng, STEPS_MAX) + 1; i > 0; i--) {
        if (!get(access, rng_below(&rng, script->locations), &word)) return 0;
        sum = u256_add(sum, word);
        if (u256_low64(sum) % 4 == 0) continue; /* who writes what depends on what was read */
        if (!put(access, (rng_next(&rng) ^ u256_low64(sum)) % script->locations, &sum)) return 0;
    }
    return script->has_failing_tasks && u256_low64(sum) % 5 == 1 ? -7 : 0;
}

static int32_t run(void *context, uint32_t task, struct task_io *io)
{
    struct access access = {.script = context, .io = io};
    return steps(&access, task);
}

static uint64_t estimate(void *context, uint32_t task)
{
    (void)context;
    return task % 7 * 1000;
}

static enum view_answer base_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct script *script = context;
    (void)who;
    if (slot->words[0] == script->fails_base_at) return VIEW_FAILED;
    *out = base_of(slot->words[0]);
    return VIEW_OK;
}

static bool is_cancelled(void *context)
{
    struct script *script = context;
    return script->cancel_after > 0 && --script->cancel_after == 0;
}

static const struct view_ops base_ops = {.slot = base_slot};

/* The specification: a loop. */
static void run_plainly(struct script *script, u256 *state, int32_t *results)
{
    for (uint64_t i = 0; i < ACCOUNTS; i++)
        state[i] = base_of(i);
    for (uint32_t task = 0; task < TASKS; task++) {
        struct access access = {.script = script};
        memcpy(access.own, state, sizeof access.own);
        results[task] = steps(&access, task);
        if (results[task] == 0) memcpy(state, access.own, sizeof access.own);
    }
}

static enum pevm_status run_all(struct script *script,
                                struct tasks *tasks,
                                struct tasks_outcome *outcome,
                                struct error *error)
{
    struct view base = {&base_ops, script};
    struct tasks_ops ops = {run, script->seed % 2 ? estimate : NULL};
    struct cancel_source cancel = {is_cancelled, script};
    struct tasks_input input = {.ops = &ops,
                                .context = script,
                                .base = &base,
                                .count = TASKS,
                                .cancel = &cancel,
                                .tuning = script->tuning};
    return tasks_run(tasks, outcome, &input, error);
}

static void check_changes(const struct tasks_outcome *outcome, const u256 *expected)
{
    u256 state[ACCOUNTS];
    for (uint64_t i = 0; i < ACCOUNTS; i++)
        state[i] = base_of(i);
    for (size_t i = 0; i < outcome->change_count; i++) {
        const struct task_change *change = &outcome->changes[i];
        CHECK(change->key.words[0] < ACCOUNTS);
        state[change->key.words[0]] = change->value;
        if (i == 0) continue;
        int order = memcmp(&change[-1].space, &change->space, sizeof change->space);
        CHECK(order < 0 || (order == 0 && u256_less(change[-1].key, change->key)));
    }
    for (size_t i = 0; i < ACCOUNTS; i++)
        CHECK(u256_equal(state[i], expected[i]));
}

TEST(random_tasks_on_any_number_of_workers_give_what_a_loop_gives)
{
    const unsigned workers[] = {1, 2, 3, 8};
    for (size_t w = 0; w < COUNT_OF(workers); w++) {
        struct team *team;
        struct tasks *tasks;
        CHECK_EQ(team_new(&team, workers[w], NULL, NULL), PEVM_OK);
        CHECK_EQ(tasks_new(&tasks, team, NULL), PEVM_OK);
        for (uint64_t seed = 0; seed < 100; seed++) {
            struct script script = {.seed = seed,
                                    .locations = seed % 4 == 0   ? 1
                                                 : seed % 4 == 1 ? 3
                                                                 : ACCOUNTS,
                                    .fails_base_at = UINT32_MAX,
                                    .has_failing_tasks = seed % 3 == 0};
            struct tasks_outcome outcome;
            u256 expected[ACCOUNTS];
            int32_t results[TASKS];
            run_plainly(&script, expected, results);
            CHECK_EQ(run_all(&script, tasks, &outcome, NULL), PEVM_OK);
            CHECK(memcmp(outcome.results, results, sizeof results) == 0);
            check_changes(&outcome, expected);
            CHECK(outcome.executions >= TASKS);
        }
        tasks_free(tasks);
        team_free(team);
    }
}

/* The first location that task 0 reads. */
static uint32_t first_read(const struct script *script)
{
    struct rng rng;
    rng_init(&rng, script->seed * 100003);
    (void)rng_below(&rng, STEPS_MAX);
    return (uint32_t)rng_below(&rng, script->locations);
}

TEST(a_base_that_fails_stops_at_the_first_task_that_reads_it)
{
    struct script script = {.seed = 1, .locations = ACCOUNTS};
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct team *team;
        struct tasks *tasks;
        struct tasks_outcome outcome;
        struct error error;
        script.fails_base_at = first_read(&script);
        CHECK_EQ(team_new(&team, workers, NULL, NULL), PEVM_OK);
        CHECK_EQ(tasks_new(&tasks, team, NULL), PEVM_OK);
        CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_STATE_UNREADABLE);
        CHECK(strstr(error.text, "task 0: key 0x") == error.text);
        script.fails_base_at = UINT32_MAX; /* and all is well again */
        CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_OK);
        tasks_free(tasks);
        team_free(team);
    }
}

TEST(whoever_asked_for_them_can_stop_them)
{
    struct script script = {
        .seed = 1, .locations = ACCOUNTS, .fails_base_at = UINT32_MAX, .cancel_after = 3};
    struct team *team;
    struct tasks *tasks;
    struct tasks_outcome outcome;
    struct error error;
    CHECK_EQ(team_new(&team, 1, NULL, NULL), PEVM_OK);
    CHECK_EQ(tasks_new(&tasks, team, NULL), PEVM_OK);
    CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_CANCELLED);
    CHECK(strstr(error.text, "cancelled") != NULL);
    CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_OK);
    tasks_free(tasks);
    team_free(team);
}

TEST(no_tasks_are_done_at_once_and_too_many_are_refused)
{
    struct script script = {.locations = 1};
    struct view base = {&base_ops, &script};
    struct tasks_ops ops = {run, NULL};
    struct tasks_input input = {.ops = &ops, .context = &script, .base = &base};
    struct team *team;
    struct tasks *tasks;
    struct tasks_outcome outcome;
    struct error error;
    CHECK_EQ(team_new(&team, 2, NULL, NULL), PEVM_OK);
    CHECK_EQ(tasks_new(&tasks, team, NULL), PEVM_OK);
    CHECK_EQ(tasks_run(tasks, &outcome, &input, &error), PEVM_OK);
    CHECK_EQ(outcome.change_count, 0);
    input.count = TASKS_MAX + 1;
    CHECK_EQ(tasks_run(tasks, &outcome, &input, &error), PEVM_LIMIT);
    tasks_free(tasks);
    tasks_free(NULL);
    team_free(team);
}

TEST(a_timeout_is_a_status)
{
    struct script script = {.seed = 2,
                            .locations = ACCOUNTS,
                            .fails_base_at = UINT32_MAX,
                            .tuning = {.execution_timeout_ns = 1}};
    struct team *team;
    struct tasks *tasks;
    struct tasks_outcome outcome;
    struct error error;
    CHECK_EQ(team_new(&team, 2, NULL, NULL), PEVM_OK);
    CHECK_EQ(tasks_new(&tasks, team, NULL), PEVM_OK);
    CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_TIMEOUT);
    CHECK(strstr(error.text, "not done within the execution timeout") != NULL);
    script.tuning = (struct tuning){.execution_timeout_ns = UINT64_C(3600000000000)};
    CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_OK);
    tasks_free(tasks);
    team_free(team);
}

TEST(a_memory_limit_is_a_status)
{
    struct script script = {.seed = 2, .locations = ACCOUNTS, .fails_base_at = UINT32_MAX};
    struct team *team;
    struct tasks *tasks;
    struct tasks_outcome outcome;
    struct error error;
    struct budget budget;
    CHECK_EQ(team_new(&team, 2, NULL, NULL), PEVM_OK);
    budget_init(&budget, 100);
    CHECK_EQ(tasks_new(&tasks, team, &budget), PEVM_OK);
    CHECK_EQ(run_all(&script, tasks, &outcome, &error), PEVM_NO_MEMORY);
    tasks_free(tasks);
    team_free(team);
}
