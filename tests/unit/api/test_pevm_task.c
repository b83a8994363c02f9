#include "support/api_world.h"
#include "support/test.h"

/* A bank: task i moves i from account i % 7 to account i % 5, if there is enough. */
#define ACCOUNTS 7
#define TASKS    500

struct bank {
    struct pevm_executor executor;
    uint8_t fails_base;
};

static address bank_space(void)
{
    return (address){
        {0xba, 0x9c}
    };
}

static int32_t transfer(void *context, uint32_t task, pevm_task_io *io)
{
    address space = bank_space();
    u256 from =
             {
                 {task % ACCOUNTS, 0, 0, 0}
    },
         to = {{task % 5, 0, 0, 0}}, balance;
    (void)context;
    if (pevm_task_read(io, &space, &from, &balance) == PEVM_TASK_STOP) return 0;
    if (balance.words[0] < task) return 1;
    balance.words[0] -= task;
    if (pevm_task_write(io, &space, &from, &balance) == PEVM_TASK_STOP) return 0;
    if (pevm_task_read(io, &space, &to, &balance) == PEVM_TASK_STOP) return 0;
    balance.words[0] += task;
    return pevm_task_write(io, &space, &to, &balance) == PEVM_TASK_STOP ? 9 : 0;
}

static enum pevm_answer thousand(void *context, const address *space, const u256 *key, u256 *out)
{
    const struct bank *bank = context;
    address expected = bank_space();
    CHECK(address_equal(space, &expected));
    CHECK(key->words[0] < ACCOUNTS);
    out->words[0] = 1000;
    return bank->fails_base ? PEVM_ANSWER_FAILED : PEVM_ANSWER_OK;
}

static uint64_t microsecond(void *context, uint32_t task)
{
    (void)context;
    (void)task;
    return 1000;
}

static void bank_init(struct bank *bank)
{
    pevm_executor_init(&bank->executor);
    bank->fails_base = 0;
    bank->executor.context = bank;
    bank->executor.run = transfer;
    bank->executor.base = thousand;
    bank->executor.estimate_ns = microsecond;
}

static void check_bank(const struct pevm_tasks_outcome *outcome)
{
    uint64_t balances[ACCOUNTS];
    for (unsigned i = 0; i < ACCOUNTS; i++)
        balances[i] = 1000;
    for (uint32_t task = 0; task < TASKS; task++) {
        bool is_covered = balances[task % ACCOUNTS] >= task;
        CHECK_EQ(outcome->results[task], is_covered ? 0 : 1);
        if (!is_covered) continue;
        balances[task % ACCOUNTS] -= task;
        balances[task % 5] += task;
    }
    CHECK_EQ(outcome->change_count, ACCOUNTS);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        CHECK_EQ(outcome->changes[i].key.words[0], i);
        CHECK_EQ(outcome->changes[i].value.words[0], balances[i]);
    }
}

TEST(tasks_of_the_callers_give_what_a_loop_gives)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        pevm_engine *engine = api_world_engine(workers);
        const struct pevm_tasks_outcome *outcome;
        struct bank bank;
        bank_init(&bank);
        for (unsigned again = 0; again < 20; again++) {
            CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, TASKS, NULL), PEVM_OK);
            check_bank(outcome);
            CHECK(outcome->executions >= TASKS);
        }
        pevm_engine_close(engine);
    }
}

static int at_once(void *context)
{
    (void)context;
    return 1;
}

TEST(what_goes_wrong_has_a_status_and_a_text)
{
    pevm_engine *engine = api_world_engine(2);
    const struct pevm_tasks_outcome *outcome;
    struct pevm_error error;
    struct bank bank;
    bank_init(&bank);
    bank.fails_base = 1;
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, TASKS, &error),
             PEVM_STATE_UNREADABLE);
    CHECK_EQ(outcome, NULL);
    CHECK(strstr(error.text, "task 0: key 0x") == error.text);
    bank_init(&bank);
    bank.executor.is_cancelled = at_once;
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, TASKS, &error),
             PEVM_CANCELLED);
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, PEVM_TASKS_MAX + 1, &error),
             PEVM_LIMIT);
    bank.executor.struct_size = 5;
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, TASKS, &error),
             PEVM_BAD_INPUT);
    CHECK(strstr(error.text, "pevm_executor.struct_size is 5") == error.text);
    bank_init(&bank);
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, TASKS, &error), PEVM_OK);
    check_bank(outcome);
    pevm_engine_close(engine);
}

TEST(without_a_base_all_words_are_zero)
{
    pevm_engine *engine = api_world_engine(2);
    const struct pevm_tasks_outcome *outcome;
    struct bank bank;
    bank_init(&bank);
    bank.executor.base = NULL;
    CHECK_EQ(pevm_engine_run_tasks(engine, &outcome, &bank.executor, 10, NULL), PEVM_OK);
    CHECK_EQ(outcome->results[0], 0); /* moves nothing */
    for (unsigned i = 1; i < 10; i++)
        CHECK_EQ(outcome->results[i], 1);
    CHECK_EQ(outcome->change_count, 1);
    pevm_engine_close(engine);
}
