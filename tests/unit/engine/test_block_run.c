#include "engine/block_run.h"
#include "support/test.h"

TEST(refusing_keeps_fault_and_words)
{
    struct engine_outcome outcome = {0};
    struct block_run run = {.outcome = &outcome};
    CHECK(!run_is_refused(&run));
    CHECK_EQ(run_refuse(&run, BLOCK_BLOOM, "byte %d", 3), PEVM_OK);
    CHECK(run_is_refused(&run));
    CHECK_EQ(outcome.fault, BLOCK_BLOOM);
    CHECK_TEXT(outcome.text, "byte 3");
}

TEST(refusing_for_a_transaction_names_it)
{
    struct engine_outcome outcome = {0};
    struct block_run run = {.outcome = &outcome};
    CHECK_EQ(run_refuse_tx(&run, 12, TX_FUNDS), PEVM_OK);
    CHECK_EQ(outcome.fault, BLOCK_TRANSACTION);
    CHECK_EQ(outcome.tx_fault, TX_FUNDS);
    CHECK_EQ(outcome.tx_index, 12);
    CHECK_TEXT(outcome.text, "transaction 12: sender cannot pay gas and value");
}

TEST(answers_of_the_world_become_statuses)
{
    struct error error = {0};
    struct block_run run = {.env = {.number = 9}, .error = &error};
    CHECK_EQ(run_failed(&run, RUN_NO_MEMORY, "transaction 1"), PEVM_NO_MEMORY);
    CHECK_TEXT(error.text, "block 9: out of memory");
    CHECK_EQ(run_failed(&run, RUN_STATE_FAILED, "transaction 1"),
             PEVM_NO_MEMORY); /* nothing was asked in vain */
    run.watch.failed = WATCH_BLOCK_HASH;
    run.watch.number = 8;
    CHECK_EQ(run_failed(&run, RUN_STATE_FAILED, "transaction 1"), PEVM_STATE_UNREADABLE);
    CHECK_TEXT(error.text,
               "block 9, transaction 1: hash of block 8 cannot be read from the pre-state");
}

static bool answer(void *context)
{
    return *(bool *)context;
}

TEST(whoever_wants_to_stop_is_heard)
{
    bool wanted = false;
    struct cancel_source cancel = {answer, &wanted};
    struct engine_input input = {0};
    struct error error = {0};
    struct block_run run = {.input = &input, .env = {.number = 9}, .error = &error};
    run_limit(&run, &(struct tuning){.batch_size = 0});
    CHECK_EQ(run_check_stop(&run), PEVM_OK);
    input.cancel = &cancel;
    run_limit(&run, &(struct tuning){.batch_size = 0});
    CHECK_EQ(run_check_stop(&run), PEVM_OK);
    wanted = true;
    CHECK_EQ(run_check_stop(&run), PEVM_CANCELLED);
    CHECK_TEXT(error.text, "block 9: cancelled");
    CHECK_EQ(run_failed(&run, RUN_CANCELLED, "transaction 1"), PEVM_CANCELLED);
}

TEST(who_runs_out_of_time_is_told_which)
{
    struct engine_input input = {0};
    struct error error = {0};
    struct block_run run = {.input = &input, .env = {.number = 9}, .error = &error};
    run_limit(&run, &(struct tuning){.execution_timeout_ns = 1});
    CHECK_EQ(run_check_stop(&run), PEVM_TIMEOUT);
    CHECK_TEXT(error.text, "block 9: not done within the execution timeout");
    run_limit(&run, &(struct tuning){.task_timeout_ns = 1});
    CHECK_EQ(run_check_stop(&run), PEVM_OK);
    CHECK(stop_is_due(&run.stop, 1));
    CHECK_EQ(run_check_stop(&run), PEVM_TIMEOUT);
    CHECK_TEXT(error.text, "block 9: a transaction took longer than the task timeout");
}
