/* Readings of an engine, differences between them, the rules about what stands in the way, and the page for Prometheus. */
#include "base/clock.h"
#include "support/api_world.h"
#include "support/bytecode.h"
#include "support/exposition.h"
#include "support/test.h"

#include <pthread.h>
#include <stddef.h>

static struct pevm_metrics read_metrics(const pevm_engine *engine)
{
    struct pevm_metrics metrics;
    pevm_metrics_init(&metrics);
    pevm_metrics_read(engine, &metrics);
    return metrics;
}

static void execute(pevm_engine *engine, const struct api_world *world)
{
    struct pevm_input input = api_world_input(world);
    const struct pevm_outcome *outcome;
    struct pevm_error error;
    if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    CHECK_EQ(outcome->is_valid, 1);
}

/* ---- readings -------------------------------------------------------------------------------- */

TEST(a_reading_says_what_was_done)
{
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct api_world world;
        api_world_init(&world);
        pevm_engine *engine = api_world_engine(workers);
        CHECK_EQ(read_metrics(engine).blocks, 0);
        execute(engine, &world);
        struct pevm_metrics first = read_metrics(engine);
        CHECK_EQ(first.blocks, 1);
        CHECK_EQ(first.tasks, API_WORLD_TXS);
        CHECK_EQ(first.workers, workers);
        CHECK(first.tasks_reverted > 0 && first.tasks_reverted < API_WORLD_TXS);
        CHECK(first.gas > 21000 * API_WORLD_TXS);
        CHECK(first.incarnations >= first.tasks);
        CHECK_EQ(first.aborts, first.incarnations - first.tasks);
        CHECK(first.resumed <= first.waits);
        CHECK(first.transactions_ns > 0 && first.senders_ns > 0 && first.commit_ns > 0);
        CHECK(first.busy_ns > 0 && first.work_ns > 0);
        CHECK(first.busy_ns + first.idle_ns >= first.work_ns);
        CHECK(first.arena_bytes > 0);
        CHECK_EQ(first.running_tasks, 0);
        CHECK_EQ(first.active_workers, 0);
        CHECK_EQ(first.profiled_blocks, 0);
        CHECK_EQ(first.task_ns, 0);
        CHECK_EQ(pevm_engine_set_profiling(engine, 1), PEVM_OK);
        execute(engine, &world);
        execute(engine, &world);
        struct pevm_metrics second = read_metrics(engine), between = second;
        pevm_metrics_since(&between, &first);
        CHECK_EQ(between.blocks, 2);
        CHECK_EQ(between.gas, 2 * first.gas);
        CHECK_EQ(between.tasks, 2 * API_WORLD_TXS);
        CHECK_EQ(between.workers, workers); /* stands */
        CHECK_EQ(between.profiled_blocks, 2);
        CHECK_EQ(between.uptime_ns, second.uptime_ns - first.uptime_ns);
        CHECK_EQ(between.commit_ns, second.commit_ns - first.commit_ns);
        CHECK(between.task_ns > 0);
        CHECK(between.base_reads > 0 && between.base_read_ns > 0);
        CHECK_EQ(between.events_lost, 0);
        CHECK_EQ(pevm_engine_set_profiling(engine, 0), PEVM_OK);
        execute(engine, &world);
        CHECK_EQ(read_metrics(engine).profiled_blocks, 2);
        pevm_engine_close(engine);
        api_world_fini(&world);
    }
}

/* Without a context each to a word of its own; failures leave no writes. */
static int32_t add(void *context, uint32_t task, pevm_task_io *io)
{
    static const address space = {{1}};
    u256 key = U256_ZERO, value;
    if (context == NULL) key.words[0] = task;
    if (pevm_task_read(io, &space, &key, &value) == PEVM_TASK_STOP) return 0;
    value.words[0]++;
    (void)pevm_task_write(io, &space, &key, &value);
    return context == NULL && task % 4 == 0;
}

TEST(tasks_are_counted_too)
{
    struct pevm_executor executor;
    const struct pevm_tasks_outcome *outcome;
    pevm_engine *engine = api_world_engine(2);
    pevm_executor_init(&executor);
    executor.run = add;
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &executor, 100, NULL), PEVM_OK);
    struct pevm_metrics metrics = read_metrics(engine);
    CHECK_EQ(metrics.tasks, 100);
    CHECK_EQ(metrics.tasks_reverted, 25);
    CHECK(metrics.incarnations >= 100);
    CHECK_EQ(metrics.blocks, 0);
    pevm_engine_close(engine);
}

TEST(tasks_are_profiled_too)
{
    static const address space = {{1}};
    struct pevm_executor executor;
    const struct pevm_tasks_outcome *outcome;
    pevm_engine *engine = api_world_engine(2);
    pevm_executor_init(&executor);
    executor.run = add;
    CHECK_EQ(pevm_engine_set_profiling(engine, 1), PEVM_OK);
    for (unsigned i = 0; i < 2; i++) {
        executor.context = i == 0 ? NULL : (void *)(uintptr_t)&space; /* all the same key */
        CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &executor, 60, NULL), PEVM_OK);
    }
    struct pevm_metrics metrics = read_metrics(engine);
    CHECK_EQ(metrics.profiled_blocks, 2);
    CHECK_EQ(metrics.chain_tasks, 1 + 60);
    CHECK(metrics.base_reads >= 60 + 1);
    CHECK(metrics.task_ns > 0 && metrics.chain_ns > 0);
    pevm_engine_close(engine);
}

static void *look_on(void *context)
{
    static char text[1 << 16];
    const pevm_engine *engine = context;
    for (unsigned i = 0; i < 100; i++) {
        struct pevm_metrics metrics = read_metrics(engine);
        CHECK(metrics.running_final <= API_WORLD_TXS);
        CHECK(pevm_metrics_write_prometheus(engine, text, sizeof text) < sizeof text);
        const char *fault = exposition_fault(text);
        if (fault != NULL) return (void *)(uintptr_t)fault;
    }
    return NULL;
}

TEST(another_thread_may_read_while_blocks_are_executed)
{
    struct api_world world;
    pthread_t thread;
    void *fault;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(2);
    CHECK_EQ(pthread_create(&thread, NULL, look_on, engine), 0);
    for (unsigned i = 0; i < 30; i++)
        execute(engine, &world);
    CHECK_EQ(pthread_join(thread, &fault), 0);
    if (fault != NULL) fail_msg("%s", (const char *)fault);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

TEST(structs_of_older_callers_are_respected)
{
    struct pevm_metrics metrics, before;
    pevm_engine *engine = api_world_engine(1);
    memset(&metrics, 0xff, sizeof metrics);
    metrics.struct_size = offsetof(struct pevm_metrics, tasks);
    before = metrics;
    pevm_metrics_read(engine, &metrics);
    CHECK_EQ(metrics.blocks, 0);
    CHECK_EQ(metrics.struct_size, offsetof(struct pevm_metrics, tasks));
    CHECK_EQ(metrics.tasks, UINT64_MAX);
    pevm_metrics_since(&metrics, &before);
    CHECK_EQ(metrics.tasks, UINT64_MAX);
    CHECK_EQ(metrics.blocks, 1); /* 0 - UINT64_MAX */
    pevm_engine_close(engine);
}

TEST(the_page_for_prometheus_says_the_same)
{
    static char text[1 << 16];
    struct api_world world;
    double number;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(2);
    execute(engine, &world);
    struct pevm_metrics metrics = read_metrics(engine);
    size_t size = pevm_metrics_write_prometheus(engine, NULL, 0);
    CHECK(pevm_metrics_write_prometheus(engine, text, sizeof text) + 100 > size);
    CHECK(exposition_value(text, "pevm_gas_executed_total", &number));
    CHECK_EQ((uint64_t)number, metrics.gas);
    CHECK(exposition_value(text, "pevm_blocks_total{result=\"valid\"}", &number) && number == 1);
    CHECK(exposition_value(text, "pevm_threads", &number) && number == 2);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

/* ---- what stands in the way -------------------------------------------------------------------- */

/* An engine of 4 workers that has nothing to complain of. */
static struct pevm_metrics healthy(void)
{
    struct pevm_metrics m;
    pevm_metrics_init(&m);
    m.blocks = m.profiled_blocks = 10;
    m.tasks = 1000;
    m.incarnations = 1010;
    m.aborts = 10;
    m.workers = 4;
    m.transactions_ns = m.profiled_ns = 1000;
    m.commit_ns = 100;
    m.work_ns = 1000;
    m.busy_ns = 3600;
    m.idle_ns = 400;
    m.busiest_ns = 950;
    m.arena_bytes = 50;
    m.arena_limit_bytes = 100;
    m.chain_ns = 200;
    m.chain_tasks = 50;
    m.base_read_ns = 100;
    m.task_ns = 3400;
    m.task_again_ns = 100;
    m.validation_ns = 100;
    m.store_p99_ns = 1000000;
    return m;
}

static struct pevm_analysis analyze(const struct pevm_metrics *m)
{
    struct pevm_analysis analysis;
    pevm_analysis_init(&analysis);
    pevm_metrics_analyze(m, &analysis);
    return analysis;
}

static void check(const struct pevm_metrics *m, enum pevm_bottleneck expected)
{
    struct pevm_analysis analysis = analyze(m);
    if (analysis.bottleneck != (uint32_t)expected)
        fail_msg("%s (%g), expected kind %d", analysis.name, analysis.measure, (int)expected);
    CHECK(analysis.recommendation[0] != 0);
    CHECK(expected == PEVM_BOTTLENECK_NONE || analysis.measure > analysis.limit);
}

TEST(each_rule_is_met_beyond_its_limit_only)
{
#define FIELD(field) offsetof(struct pevm_metrics, field)
    static const struct {
        size_t field;
        uint64_t at, beyond;
        enum pevm_bottleneck bottleneck;
    } cases[] = {
        {FIELD(arena_bytes),   80,      81,      PEVM_BOTTLENECK_MEMORY_PRESSURE},
        {FIELD(store_p99_ns),  5000000, 5000001, PEVM_BOTTLENECK_STORE_LATENCY  },
        {FIELD(base_read_ns),  1440,    1441,    PEVM_BOTTLENECK_STORAGE_READS  },
        {FIELD(commit_ns),     1000,    1001,    PEVM_BOTTLENECK_COMMIT         },
        {FIELD(validation_ns), 1166,    1167,    PEVM_BOTTLENECK_VALIDATION     },
        {FIELD(chain_ns),      600,     601,     PEVM_BOTTLENECK_CRITICAL_PATH  },
        {FIELD(aborts),        300,     301,     PEVM_BOTTLENECK_CONFLICTS      },
        {FIELD(busiest_ns),    1350,    1351,    PEVM_BOTTLENECK_IMBALANCE      },
    };
#undef FIELD
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pevm_metrics m = healthy();
        memcpy((uint8_t *)&m + cases[i].field, &cases[i].at, sizeof cases[i].at);
        check(&m, PEVM_BOTTLENECK_NONE);
        memcpy((uint8_t *)&m + cases[i].field, &cases[i].beyond, sizeof cases[i].beyond);
        check(&m, cases[i].bottleneck);
    }
    struct pevm_metrics m = healthy();
    m.busy_ns = m.idle_ns = 2000;
    m.busiest_ns = 600;
    check(&m, PEVM_BOTTLENECK_NONE);
    m.idle_ns++;
    check(&m, PEVM_BOTTLENECK_STARVATION);
    m = healthy();
    m.failures_no_memory = 1;
    check(&m, PEVM_BOTTLENECK_MEMORY_PRESSURE);
}

TEST(what_cannot_be_seen_or_is_not_so_stands_not_in_the_way)
{
    struct pevm_metrics m = healthy();
    struct pevm_analysis analysis;
    pevm_analysis_init(&analysis);
    m.chain_ns = 990;
    m.chain_tasks = m.profiled_blocks; /* single long transactions are no chain */
    check(&m, PEVM_BOTTLENECK_NONE);
    m = healthy();
    m.workers = 1;
    m.busy_ns = 1000;
    m.idle_ns = 0;
    m.busiest_ns = 1000;
    m.chain_ns = 1000;
    m.chain_tasks = 1000;
    check(&m, PEVM_BOTTLENECK_NONE);
    m.arena_limit_bytes = 0; /* no limit, no pressure */
    check(&m, PEVM_BOTTLENECK_NONE);
    pevm_metrics_init(&m); /* nothing was done */
    check(&m, PEVM_BOTTLENECK_NONE);
    pevm_metrics_analyze(&m, &analysis);
    CHECK_EQ(analysis.is_detailed, 0);
    CHECK_TEXT(analysis.name, "none");
}

TEST(the_first_of_several_is_told)
{
    struct pevm_metrics m = healthy();
    m.aborts = 900;
    m.chain_ns = 900; /* of what is serial it is no wonder that it conflicts */
    check(&m, PEVM_BOTTLENECK_CRITICAL_PATH);
    m.commit_ns = 5000;
    check(&m, PEVM_BOTTLENECK_COMMIT);
}

TEST(a_limit_that_a_block_nearly_fills_is_felt)
{
    struct api_world world;
    api_world_init(&world);
    pevm_engine *engine = api_world_engine(1);
    execute(engine, &world);
    struct pevm_metrics m = read_metrics(engine);
    check(&m, m.commit_ns > m.transactions_ns ? PEVM_BOTTLENECK_COMMIT : PEVM_BOTTLENECK_NONE);
    m.arena_limit_bytes = m.arena_bytes + m.arena_bytes / 10;
    check(&m, PEVM_BOTTLENECK_MEMORY_PRESSURE);
    pevm_engine_close(engine);
    api_world_fini(&world);
}

/* ---- real loads -------------------------------------------------------------------------------- */

/* The state of a block_world behind callbacks that take their time. */
struct slow_state {
    struct view inside;
    uint64_t read_ns, root_ns;
    hash32 root;
};

static void spin(uint64_t ns)
{
    uint64_t end_ns = clock_now_ns() + ns;
    while (clock_now_ns() < end_ns) { /* ends: time passes */
    }
}

static enum pevm_answer slow_account(void *context, const address *who, struct pevm_account *out)
{
    const struct slow_state *slow = context;
    struct view_account account;
    spin(slow->read_ns);
    CHECK_EQ(slow->inside.ops->account(slow->inside.context, who, VIEW_ALL_PARTS, &account),
             VIEW_OK);
    out->balance = account.balance;
    out->code_hash = account.code_hash;
    out->nonce = account.nonce;
    out->exists = account.exists;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slow_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct slow_state *slow = context;
    spin(slow->read_ns);
    CHECK_EQ(slow->inside.ops->slot(slow->inside.context, who, slot, out), VIEW_OK);
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slow_code(void *context,
                                  const address *who,
                                  const hash32 *code_hash,
                                  struct pevm_bytes *out)
{
    const struct slow_state *slow = context;
    struct bytes code;
    CHECK_EQ(slow->inside.ops->code(slow->inside.context, who, code_hash, &code), VIEW_OK);
    *out = (struct pevm_bytes){code.data, code.size};
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slow_has_storage(void *context, const address *who, uint8_t *out)
{
    const struct slow_state *slow = context;
    bool has;
    CHECK_EQ(slow->inside.ops->has_storage(slow->inside.context, who, &has), VIEW_OK);
    *out = has;
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slow_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct slow_state *slow = context;
    CHECK_EQ(slow->inside.ops->block_hash(slow->inside.context, number, out), VIEW_OK);
    return PEVM_ANSWER_OK;
}

static enum pevm_answer slow_root(void *context, const struct pevm_changes *changes, hash32 *out)
{
    const struct slow_state *slow = context;
    (void)changes;
    spin(slow->root_ns);
    *out = slow->root;
    return PEVM_ANSWER_OK;
}

/* This block three times, on so many workers. */
static struct pevm_metrics load(struct block_world *inside,
                                unsigned workers,
                                uint64_t read_ns,
                                uint64_t root_ns)
{
    struct slow_state slow = {
        memory_state_view(inside->state), read_ns, root_ns, inside->block.header.state_root};
    struct pevm_view view;
    struct pevm_input input;
    struct pevm_error error;
    const struct pevm_outcome *outcome;
    struct bytes block, parent;
    CHECK(block_encode(&block, &inside->block, &inside->arena));
    CHECK(header_encode(&parent, &inside->parent, &inside->arena));
    pevm_view_init(&view);
    view.context = &slow;
    view.account = slow_account;
    view.slot = slow_slot;
    view.code = slow_code;
    view.has_storage = slow_has_storage;
    view.block_hash = slow_block_hash;
    view.state_root = slow_root;
    pevm_input_init(&input);
    input.block = (struct pevm_bytes){block.data, block.size};
    input.parent_header = (struct pevm_bytes){parent.data, parent.size};
    input.view = &view;
    pevm_engine *engine = api_world_engine(workers);
    CHECK_EQ(pevm_engine_set_profiling(engine, 1), PEVM_OK);
    for (unsigned i = 0; i < 3; i++) {
        if (pevm_engine_execute(engine, &outcome, &input, &error) != PEVM_OK)
            fail_msg("%s", error.text);
        if (!outcome->is_valid) fail_msg("%s", outcome->fault_text);
    }
    struct pevm_metrics m = read_metrics(engine);
    pevm_engine_close(engine);
    return m;
}

static void check_load(struct block_world *inside,
                       unsigned workers,
                       uint64_t read_ns,
                       uint64_t root_ns,
                       enum pevm_bottleneck expected)
{
    struct pevm_metrics m = load(inside, workers, read_ns, root_ns);
    check(&m, expected);
}

#define LONG_WORK "0 SLOAD 1 ADD 0 SSTORE 0 CALLDATALOAD again: 1 SWAP1 SUB DUP1 @again JUMPI"
#define GAS_EACH  27 /* time around */

/* Twenty transactions, of which every `of`-th has work for so much gas to do, on one and the same slot. */
static struct block_world *loads_new(unsigned of, uint64_t gas)
{
    struct block_world *inside = block_world_new(FORK_OSAKA);
    address worker = block_world_address(CONTRACT);
    static uint8_t times[32];
    store_be64(times + 24, gas / GAS_EACH);
    block_world_set(inside, worker, 1, U256_ZERO, bytecode(LONG_WORK));
    block_world_set_slot(inside, worker, 0, 1);
    for (unsigned i = 0; i < 20; i++) {
        struct tx *tx = block_world_tx(inside, ALICE + i % 3);
        if (i % of != 0) continue;
        tx->to = worker;
        tx->data = bytes_of(times, sizeof times);
        tx->gas_limit = gas + 100000;
    }
    block_world_seal(inside);
    return inside;
}

TEST(loads_of_each_kind_are_told_apart)
{
    struct block_world *inside = loads_new(1, 700000);
    struct pevm_metrics serial = load(inside, 2, 0, 0);
    CHECK_EQ(serial.chain_tasks, 3 * 20);
    if (analyze(&serial).bottleneck != PEVM_BOTTLENECK_CONFLICTS) /* on a busy machine */
        check(&serial, PEVM_BOTTLENECK_CRITICAL_PATH);
    check_load(inside, 1, 0, 0, PEVM_BOTTLENECK_NONE);
    check_load(inside, 1, 0, 400000000, PEVM_BOTTLENECK_COMMIT);
    block_world_free(inside);
    inside = loads_new(20, 14000000);
    check_load(inside, 2, 30000000, 0, PEVM_BOTTLENECK_STORAGE_READS);
    check_load(inside, 4, 0, 0, PEVM_BOTTLENECK_STARVATION);
    block_world_free(inside);
}
