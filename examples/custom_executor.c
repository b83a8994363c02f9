/* custom_executor - tasks of one's own on all cores: 10,000 payments between 500 accounts, as if made one after the other. */
#include <pevm/pevm.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PAYMENTS 10000
#define ACCOUNTS 500
#define START    1000

static const address bank = {
    {'b', 'a', 'n', 'k'}
};

static uint64_t payer(uint32_t task)
{
    return task * 7919u % ACCOUNTS;
}
static uint64_t payee(uint32_t task)
{
    return task * 104729u % ACCOUNTS;
}
static uint64_t amount(uint32_t task)
{
    return task % 97;
}

/* The task. It may run several times, on any thread: its only effects are its writes and its result. */
static int32_t pay(void *context, uint32_t task, pevm_task_io *io)
{
    u256 from =
             {
                 {payer(task), 0, 0, 0}
    },
         to = {{payee(task), 0, 0, 0}}, balance;
    (void)context;
    if (pevm_task_read(io, &bank, &from, &balance) == PEVM_TASK_STOP) return 0;
    if (balance.words[0] < amount(task))
        return 1; /* not covered: a result, and nothing is written */
    balance.words[0] -= amount(task);
    if (pevm_task_write(io, &bank, &from, &balance) == PEVM_TASK_STOP) return 0;
    if (pevm_task_read(io, &bank, &to, &balance) == PEVM_TASK_STOP) return 0;
    balance.words[0] += amount(task);
    (void)pevm_task_write(io, &bank, &to, &balance);
    return 0;
}

static uint64_t estimate_ns(void *context, uint32_t task)
{
    (void)context;
    (void)task;
    return 500;
}

/* What every account has before the first payment. */
static enum pevm_answer base(void *context, const address *space, const u256 *key, u256 *out)
{
    (void)context;
    (void)space;
    (void)key;
    out->words[0] = START;
    return PEVM_ANSWER_OK;
}

/* The same as a loop: does it give the same? */
static int is_right(const struct pevm_tasks_outcome *outcome)
{
    uint64_t balances[ACCOUNTS];
    for (size_t i = 0; i < ACCOUNTS; i++)
        balances[i] = START;
    for (uint32_t task = 0; task < PAYMENTS; task++) {
        int is_covered = balances[payer(task)] >= amount(task);
        if (outcome->results[task] != (is_covered ? 0 : 1)) return 0;
        if (!is_covered) continue;
        balances[payer(task)] -= amount(task);
        balances[payee(task)] += amount(task);
    }
    for (size_t i = 0; i < outcome->change_count; i++)
        if (balances[outcome->changes[i].key.words[0]] != outcome->changes[i].value.words[0])
            return 0;
    return 1;
}

int main(void)
{
    struct pevm_config config;
    struct pevm_executor executor;
    struct pevm_error error;
    const struct pevm_tasks_outcome *outcome;
    pevm_engine *engine;

    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    if (pevm_engine_open(&engine, &config, &error) != PEVM_OK)
        return fprintf(stderr, "no engine: %s\n", error.text), 1;
    pevm_executor_init(&executor);
    executor.run = pay;
    executor.estimate_ns = estimate_ns;
    executor.base = base;
    if (pevm_engine_run_tasks(engine, &outcome, &executor, PAYMENTS, &error) != PEVM_OK)
        return fprintf(stderr, "not executed: %s\n", error.text), 1;

    int right = is_right(outcome);
    printf("%d payments, %zu accounts changed, %" PRIu64 " executions, %" PRIu64
           " stale, %.3f ms: %s\n",
           PAYMENTS,
           outcome->change_count,
           outcome->executions,
           outcome->stale,
           (double)outcome->execute_ns / 1e6,
           right ? "as a loop gives" : "WRONG");
    pevm_engine_close(engine);
    return right ? 0 : 1;
}
