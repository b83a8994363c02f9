#include "engine/tasks.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/hex.h"
#include "engine/speculation.h"
#include "state/index_table.h"
#include "state/sort.h"
#include "sync/stop.h"

#define CHUNK_BYTES        ((size_t)64 << 10)
#define CLAIM_NS           20000 /* adjacent tasks for one worker at a time take about so long */
#define CLAIM_MAX          16
#define READS_PER_QUESTION 64 /* ... whether to go on */
#define LOCATIONS_PER_TASK 4  /* a guess; the tables grow */

STATIC_ASSERT(TASKS_MAX == MV_TX_MAX, "a task is a transaction");

/* A run, and what its worker keeps between runs. */
struct task_io {
    struct mv_attempt *attempt;
    struct stop *stop;
    uint32_t reads;          /* by this worker, so far */
    uint64_t since_ns;       /* when it was first asked whether the run shall go on; 0: not yet */
    enum view_answer answer; /* the first that was not VIEW_OK */
    struct task_change *writes; /* one for each location */
    uint32_t write_count, write_capacity;
    struct index_table places; /* of the writes */
    uint32_t failed_task;      /* the last in which a read failed, or MV_NOBODY */
    address failed_space;
    u256 failed_key;
} ALIGNED(CACHE_LINE);

struct tasks {
    struct team *team;
    struct mv *mv;
    struct speculation *speculation;
    struct task_io *ios; /* by number of the worker */
    unsigned worker_count;
    int32_t *results; /* of the last run */
    size_t result_capacity;
    struct arena arena; /* the changes */
    const struct tasks_input *input;
    uint32_t count; /* of the last run */
    struct stop stop;
};

/* ---- life ------------------------------------------------------------------------------------ */

static enum pevm_status tasks_init(struct tasks *tasks, struct team *team, struct budget *budget)
{
    tasks->team = team;
    tasks->worker_count = team_workers(team);
    arena_init(&tasks->arena, CHUNK_BYTES, 0);
    if (budget != NULL) arena_set_keeper(&tasks->arena, &budget->keeper);
    size_t bytes = tasks->worker_count * sizeof *tasks->ios;
    tasks->ios = heap_alloc_aligned(CACHE_LINE, bytes);
    if (tasks->ios == NULL) return PEVM_NO_MEMORY;
    memset(tasks->ios, 0, bytes);
    struct mv_options options = {.workers = tasks->worker_count, .budget = budget};
    TRY(mv_new(&tasks->mv, &options));
    return speculation_new(&tasks->speculation, tasks->worker_count);
}

enum pevm_status tasks_new(struct tasks **out, struct team *team, struct budget *budget)
{
    struct tasks *tasks = heap_alloc_zeroed(1, sizeof *tasks);
    *out = NULL;
    if (tasks == NULL) return PEVM_NO_MEMORY;
    enum pevm_status status = tasks_init(tasks, team, budget);
    if (status != PEVM_OK) {
        tasks_free(tasks);
        return status;
    }
    *out = tasks;
    return PEVM_OK;
}

void tasks_free(struct tasks *tasks)
{
    if (tasks == NULL) return;
    for (unsigned i = 0; tasks->ios != NULL && i < tasks->worker_count; i++) {
        heap_free(tasks->ios[i].writes);
        index_table_fini(&tasks->ios[i].places);
    }
    heap_free(tasks->ios);
    heap_free(tasks->results);
    speculation_free(tasks->speculation);
    mv_free(tasks->mv);
    arena_fini(&tasks->arena);
    heap_free(tasks);
}

/* ---- reading and writing ------------------------------------------------------------------------ */

static uint64_t location_hash(const address *space, const u256 *key)
{
    uint64_t seed = hash_seed();
    return hash_mix(hash_address(space, seed), hash_u256(key, seed));
}

static struct task_change *own_write(const struct task_io *io,
                                     uint64_t hash,
                                     const address *space,
                                     const u256 *key)
{
    struct index_probe probe = index_probe_start(&io->places, hash);
    uint32_t index;
    while ((index = index_probe_next(&io->places, &probe)) != INDEX_NONE) {
        struct task_change *write = &io->writes[index];
        if (u256_equal(write->key, *key) && address_equal(&write->space, space)) return write;
    }
    return NULL;
}

/* A task can only be stopped where it asks for something. The base is not to blame then: failed_task stays. */
static bool is_stopped(struct task_io *io)
{
    if (++io->reads % READS_PER_QUESTION != 0) return false;
    if (io->since_ns == 0) io->since_ns = clock_now_ns();
    if (!stop_is_due(io->stop, io->since_ns)) return false;
    io->answer = VIEW_FAILED;
    return true;
}

enum view_answer task_read(struct task_io *io, const address *space, const u256 *key, u256 *out)
{
    if (io->answer != VIEW_OK || is_stopped(io)) return io->answer;
    const struct task_change *own = NULL;
    if (io->write_count > 0) own = own_write(io, location_hash(space, key), space, key);
    if (own != NULL) {
        *out = own->value;
        return VIEW_OK;
    }
    struct view view = mv_attempt_view(io->attempt);
    io->answer = view.ops->slot(view.context, space, key, out);
    if (io->answer == VIEW_FAILED) {
        io->failed_task = io->attempt->tx;
        io->failed_space = *space;
        io->failed_key = *key;
    }
    return io->answer;
}

static bool writes_reserve(struct task_io *io)
{
    if (io->write_count == io->write_capacity) {
        uint32_t capacity = io->write_capacity * 2 + 16;
        void *writes = heap_realloc(io->writes, capacity * sizeof *io->writes);
        if (writes == NULL) return false;
        io->writes = writes;
        io->write_capacity = capacity;
    }
    return index_table_reserve(&io->places, io->write_count + 1);
}

enum view_answer task_write(struct task_io *io,
                            const address *space,
                            const u256 *key,
                            const u256 *value)
{
    if (io->answer != VIEW_OK) return io->answer;
    uint64_t hash = location_hash(space, key);
    struct task_change *own = own_write(io, hash, space, key);
    if (own != NULL) {
        own->value = *value;
        return VIEW_OK;
    }
    if (!writes_reserve(io)) return io->answer = VIEW_FAILED;
    io->writes[io->write_count] = (struct task_change){*space, *key, *value};
    index_table_put(&io->places, hash, io->write_count++);
    return VIEW_OK;
}

static void writes_forget(struct task_io *io)
{
    for (uint32_t i = 0; i < io->write_count; i++)
        index_table_forget(&io->places, location_hash(&io->writes[i].space, &io->writes[i].key), i);
    io->write_count = 0;
}

/* ---- a run ------------------------------------------------------------------------------------- */

static bool publish(struct task_io *io, bool with_writes, uint32_t *readers_to)
{
    struct mv_attempt *attempt = io->attempt;
    for (uint32_t i = 0; with_writes && i < io->write_count; i++)
        if (!mv_write_slot(attempt, &io->writes[i].space, &io->writes[i].key, &io->writes[i].value))
            return false;
    return mv_publish(attempt, &U256_ZERO, readers_to);
}

static enum attempt_end run_one(void *context,
                                struct mv_attempt *attempt,
                                unsigned worker,
                                uint32_t *readers_to)
{
    struct tasks *tasks = context;
    struct task_io *io = &tasks->ios[worker];
    writes_forget(io);
    io->attempt = attempt;
    io->stop = &tasks->stop;
    io->since_ns = 0;
    io->answer = VIEW_OK;
    attempt->predicts_nonce = false; /* there are no senders */
    int32_t result = tasks->input->ops->run(tasks->input->context, attempt->tx, io);
    if (io->answer == VIEW_BLOCKED) return ATTEMPT_BLOCKED;
    bool is_sound = io->answer == VIEW_OK;
    if (!is_sound && stop_why(&tasks->stop) != STOP_NOT) return ATTEMPT_LOST;
    if (is_sound) tasks->results[attempt->tx] = result;
    if (!publish(io, is_sound && result == 0, readers_to)) return ATTEMPT_LOST;
    return is_sound ? ATTEMPT_SOUND : ATTEMPT_UNSURE;
}

static bool accept(void *context, uint32_t task)
{
    (void)context;
    (void)task;
    return true;
}

static bool is_over(void *context)
{
    return stop_is_due(&((struct tasks *)context)->stop, 0);
}

static const struct speculation_ops ops = {run_one, NULL, accept, is_over};

/* ---- all of them ------------------------------------------------------------------------------- */

static uint32_t claim_size(const struct tasks *tasks)
{
    const struct tasks_input *input = tasks->input;
    uint64_t sum_ns = 0, fair = input->count / (tasks->worker_count * 8) + 1;
    if (input->ops->estimate_ns == NULL) return 1;
    for (uint32_t i = 0; i < input->count; i++) {
        uint64_t ns = input->ops->estimate_ns(input->context, i);
        sum_ns += ns < CLAIM_NS ? ns : CLAIM_NS;
    }
    uint64_t size = (uint64_t)CLAIM_NS * input->count / (sum_ns + 1);
    if (size > fair) size = fair;
    return size > CLAIM_MAX ? CLAIM_MAX : size == 0 ? 1 : (uint32_t)size;
}

static void limit(struct tasks *tasks)
{
    const struct tasks_input *input = tasks->input;
    uint64_t timeout_ns = input->tuning.execution_timeout_ns;
    struct stop_options options = {
        .is_asked = input->cancel == NULL ? NULL : input->cancel->is_cancelled,
        .context = input->cancel == NULL ? NULL : input->cancel->context,
        .end_ns = timeout_ns == 0 ? 0 : clock_now_ns() + timeout_ns,
        .piece_max_ns = input->tuning.task_timeout_ns,
    };
    stop_begin(&tasks->stop, &options);
}

static enum pevm_status begin(struct tasks *tasks)
{
    const struct tasks_input *input = tasks->input;
    if (input->count > tasks->result_capacity) {
        heap_free(tasks->results);
        tasks->result_capacity = input->count + input->count / 4 + 64;
        tasks->results = heap_alloc(tasks->result_capacity * sizeof *tasks->results);
        if (tasks->results == NULL) tasks->result_capacity = 0;
        if (tasks->results == NULL) return PEVM_NO_MEMORY;
    }
    for (unsigned i = 0; i < tasks->worker_count; i++)
        tasks->ios[i].failed_task = MV_NOBODY;
    arena_reset(&tasks->arena);
    limit(tasks);
    struct mv_block block = {.base = input->base,
                             .tx_count = input->count,
                             .locations_expected = input->count * LOCATIONS_PER_TASK};
    struct speculation_block speculation = {.ops = &ops,
                                            .context = tasks,
                                            .mv = tasks->mv,
                                            .tx_count = input->count,
                                            .claim_size = claim_size(tasks),
                                            .metrics = input->metrics,
                                            .events = input->events,
                                            .tuning = input->tuning};
    TRY(mv_begin(tasks->mv, &block));
    return speculation_begin(tasks->speculation, &speculation);
}

/* Why did it end before the last task? A read fails for want of memory, too: then the base answers when it is asked itself. */
static enum pevm_status say_why(const struct tasks *tasks, uint32_t final, struct error *error)
{
    const struct view *base = tasks->input->base;
    switch (stop_why(&tasks->stop)) {
    case STOP_NOT: break;
    case STOP_ASKED: return error_set(error, PEVM_CANCELLED, "task %u: cancelled", final);
    case STOP_LATE:
        return error_set(
            error, PEVM_TIMEOUT, "task %u: not done within the execution timeout", final);
    case STOP_TOO_LONG:
        return error_set(
            error, PEVM_TIMEOUT, "task %u: some task took longer than the task timeout", final);
    }
    for (unsigned i = 0; i < tasks->worker_count; i++) {
        const struct task_io *io = &tasks->ios[i];
        const address *space = &io->failed_space;
        char space_text[HEX_ADDRESS_SIZE], key_text[HEX_HASH_SIZE];
        hash32 key = u256_to_hash(io->failed_key);
        u256 value;
        if (io->failed_task != final) continue;
        if (base->ops->slot(base->context, space, &io->failed_key, &value) == VIEW_OK) continue;
        return error_set(error,
                         PEVM_STATE_UNREADABLE,
                         "task %u: key %s of space %s could not be read",
                         final,
                         hex_hash(key_text, &key),
                         hex_address(space_text, space));
    }
    return error_set(error, PEVM_NO_MEMORY, "task %u: out of memory", final);
}

/* ---- what came of it --------------------------------------------------------------------------- */

struct collector {
    struct arena *arena;
    struct task_change *changes; /* grows at the arena's end: copied when it does not fit */
    size_t count, capacity;
};

static bool collect(void *context, const address *who, const struct mv_slot_change *change)
{
    struct collector *collector = context;
    if (collector->count == collector->capacity) {
        size_t capacity = collector->capacity * 2 + 64;
        void *changes = arena_alloc(collector->arena, capacity * sizeof *collector->changes);
        if (changes == NULL) return false;
        if (collector->count > 0)
            memcpy(changes, collector->changes, collector->count * sizeof *collector->changes);
        collector->changes = changes;
        collector->capacity = capacity;
    }
    collector->changes[collector->count++] = (struct task_change){*who, change->slot, *change->now};
    return true;
}

static bool change_less(const void *context, uint32_t a, uint32_t b)
{
    const struct task_change *one = (const struct task_change *)context + a;
    const struct task_change *two = (const struct task_change *)context + b;
    int order = memcmp(&one->space, &two->space, sizeof one->space);
    return order != 0 ? order < 0 : u256_less(one->key, two->key);
}

static enum pevm_status take_changes(struct tasks *tasks, struct tasks_outcome *outcome)
{
    struct collector all = {.arena = &tasks->arena};
    TRY(mv_each_slot(tasks->mv, tasks->input->count, collect, &all));
    struct task_change *sorted = arena_alloc(&tasks->arena, all.count * sizeof *sorted);
    struct sort_item *items = arena_alloc(&tasks->arena, 2 * all.count * sizeof *items);
    if (sorted == NULL || items == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < all.count; i++)
        items[i] = (struct sort_item){load_be64(all.changes[i].space.bytes), (uint32_t)i};
    sort_items(items, all.count, items + all.count, change_less, all.changes);
    for (size_t i = 0; i < all.count; i++)
        sorted[i] = all.changes[items[i].index];
    outcome->changes = sorted;
    outcome->change_count = all.count;
    return PEVM_OK;
}

enum pevm_status tasks_run(struct tasks *tasks,
                           struct tasks_outcome *outcome,
                           const struct tasks_input *input,
                           struct error *error)
{
    uint64_t start_ns = clock_now_ns();
    *outcome = (struct tasks_outcome){.results = tasks->results};
    if (input->count > TASKS_MAX)
        return error_set(error, PEVM_LIMIT, "%u tasks are more than %u", input->count, TASKS_MAX);
    tasks->input = input;
    tasks->count = input->count;
    if (begin(tasks) != PEVM_OK)
        return error_set(error, PEVM_NO_MEMORY, "no memory for %u tasks", input->count);
    unsigned workers = input->workers == 0 ? tasks->worker_count : input->workers;
    if (input->count > 0) team_assist(tasks->team, workers, speculation_work, tasks->speculation);
    struct speculation_end end = speculation_end(tasks->speculation);
    if (end.final < input->count) return say_why(tasks, end.final, error);
    outcome->results = tasks->results;
    outcome->executions = end.attempts;
    outcome->stale = end.stale;
    outcome->waits = end.waits;
    outcome->workers = workers;
    outcome->resumed = end.resumed;
    outcome->sleeps = end.sleeps;
    outcome->steals = end.steals;
    outcome->worker_ns = end.worker_ns;
    outcome->idle_ns = end.idle_ns;
    outcome->busiest_ns = end.busiest_ns;
    if (take_changes(tasks, outcome) != PEVM_OK)
        return error_set(error, PEVM_NO_MEMORY, "no memory for the changes of the tasks");
    outcome->execute_ns = clock_now_ns() - start_ns;
    return PEVM_OK;
}

bool tasks_chain(const struct tasks *tasks,
                 const uint64_t *costs,
                 struct arena *arena,
                 struct mv_chain *out)
{
    address *nobody = arena_alloc_zeroed(arena, tasks->count, sizeof *nobody);
    return nobody != NULL && mv_longest_chain(tasks->mv, tasks->count, costs, nobody, arena, out);
}
