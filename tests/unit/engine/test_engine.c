#include "base/clock.h"
#include "base/heap.h"
#include "engine/engine.h"
#include "support/block_world.h"
#include "support/bytecode.h"
#include "support/test.h"

#include <stdio.h>

#define ETHER 1000000000000000000u

static uint64_t balance_of(const struct block_world *world, unsigned who)
{
    return u256_low64(block_world_account(world, block_world_address(who)).balance);
}

TEST(a_transfer_moves_value_and_pays_the_miner)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    struct tx *tx = block_world_tx(world, ALICE);
    tx->value = u256_from_u64(5000);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    uint64_t fee = 21000ull * 10 * BLOCK_WORLD_GWEI;
    CHECK_EQ(world->outcome.gas_used, 21000);
    CHECK_EQ(world->outcome.receipt_count, 1);
    CHECK(world->outcome.receipts[0].success);
    CHECK_EQ(balance_of(world, ALICE), ETHER - fee - 5000);
    CHECK_EQ(block_world_account(world, block_world_address(ALICE)).nonce, 1);
    CHECK_EQ(balance_of(world, BOB), ETHER + 5000);
    CHECK_EQ(balance_of(world, MINER), 2 * ETHER + fee);
    block_world_free(world);
}

TEST(from_london_on_the_base_fee_is_burnt)
{
    struct block_world *world = block_world_new(FORK_CANCUN);
    struct tx *tx = block_world_tx(world, ALICE);
    tx->type = TX_DYNAMIC_FEE;
    tx->max_priority_fee = u256_from_u64(2);
    uint64_t base_fee = u256_low64(world->block.header.base_fee);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(balance_of(world, ALICE), ETHER - 1 - 21000 * (base_fee + 2));
    CHECK_EQ(balance_of(world, MINER), 21000 * 2);
    block_world_free(world);
}

TEST(an_empty_block_is_valid_in_every_fork)
{
    for (unsigned fork = 0; fork < FORK_COUNT; fork++) {
        struct block_world *world = block_world_new(fork);
        block_world_seal(world);
        if (block_world_run(world) != BLOCK_VALID)
            fail_msg("%s: %s", fork_name(fork), world->outcome.text);
        CHECK(world->outcome.has_state_root);
        CHECK_EQ(world->outcome.has_requests_hash, fork >= FORK_PRAGUE);
        block_world_free(world);
    }
}

TEST(nothing_is_kept_of_an_invalid_block)
{
    struct block_world *world = block_world_new(FORK_SHANGHAI);
    block_world_tx(world, ALICE);
    block_world_tx(world, BOB)->nonce = 7;
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_TRANSACTION);
    CHECK_EQ(world->outcome.tx_fault, TX_NONCE_TOO_HIGH);
    CHECK_EQ(world->outcome.tx_index, 1);
    CHECK_TEXT(world->outcome.text, "transaction 1: nonce above the sender's");
    CHECK_EQ(world->outcome.receipt_count, 0);
    CHECK_EQ(world->outcome.changes.account_count, 0);
    CHECK_EQ(world->outcome.gas_used, 0);
    CHECK(!world->outcome.has_receipts_root);
    CHECK(!world->outcome.has_state_root);
    block_world_free(world);
}

TEST(without_a_parent_the_header_is_judged_alone)
{
    struct block_world *world = block_world_new(FORK_OSAKA);
    world->block.header.base_fee = u256_from_u64(1);
    world->block.header.excess_blob_gas = 131072 * 50;
    block_world_tx(world, ALICE);
    world->input.parent = NULL;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    world->input.parent = &world->parent;
    CHECK_EQ(block_world_run(world), BLOCK_BASE_FEE);
    block_world_free(world);
}

TEST(without_roots_states_are_not_judged)
{
    struct block_world *world = block_world_new(FORK_BYZANTIUM);
    block_world_tx(world, ALICE);
    block_world_seal(world);
    world->input.roots = NULL;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK(!world->outcome.has_state_root);
    CHECK(world->outcome.has_receipts_root);
    block_world_free(world);

    world = block_world_new(FORK_HOMESTEAD);
    block_world_tx(world, ALICE);
    block_world_seal(world);
    world->input.roots = NULL;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK(!world->outcome.has_receipts_root);
    block_world_free(world);
}

/* ---- when the world fails ---------------------------------------------------------------------- */

TEST(a_read_that_fails_stops_the_block_and_is_named)
{
    struct block_world *world = block_world_new(FORK_OSAKA);
    address contract = block_world_address(CONTRACT);
    block_world_set(world, contract, 1, U256_ZERO, bytecode("5 SLOAD POP 99 BALANCE POP"));
    block_world_set_slot(world, contract, 5, 77);
    block_world_tx(world, BOB);
    block_world_tx(world, ALICE)->to = contract;
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);

    unsigned reads = world->reads, named = 0;
    CHECK(reads > 5);
    struct engine *fresh;
    for (unsigned i = 1; i <= reads; i++) {
        struct engine_options options = {.chain = &world->chain, .workers = 1};
        CHECK_EQ(engine_new(&fresh, &options),
                 PEVM_OK); /* its code cache is empty: code is read, too */
        engine_free(world->engine);
        world->engine = fresh;
        world->fail_read = i;
        CHECK_EQ(block_world_try(world), PEVM_STATE_UNREADABLE);
        if (strstr(world->error.text, "block 100, ") == NULL ||
            strstr(world->error.text, " cannot be read") == NULL)
            fail_msg("read %u: %s", i, world->error.text);
        if (strstr(
                world->error.text,
                "transaction 1: slot "
                "0x0000000000000000000000000000000000000000000000000000000000000005 of account 0x"))
            named++;
    }
    CHECK_EQ(named, 1);
    world->fail_read = 0;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    block_world_free(world);
}

static bool cancel_after(void *context)
{
    unsigned *left = context;
    return (*left)-- == 0;
}

TEST(a_block_can_be_stopped_between_transactions)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    unsigned left = 2; /* the first question is asked while senders are found */
    struct cancel_source cancel = {cancel_after, &left};
    block_world_tx(world, ALICE);
    block_world_tx(world, BOB);
    block_world_seal(world);
    world->input.cancel = &cancel;
    CHECK_EQ(block_world_try(world), PEVM_CANCELLED);
    CHECK_TEXT(world->error.text, "block 100: cancelled");
    left = 1000;
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    block_world_free(world);
}

/* Transactions that spend all their gas, some ten milliseconds each, in a loop and in calls. */
static struct block_world *slow_world(unsigned txs)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    address loop = block_world_address(CONTRACT), calls = block_world_address(OTHER);
    block_world_set(world, loop, 1, U256_ZERO, bytecode("again: @again JUMP"));
    block_world_set(world,
                    calls,
                    1,
                    U256_ZERO,
                    bytecode("0 0 0 0 0 ADDRESS GAS CALL 0 0 0 0 0 ADDRESS GAS CALL"));
    for (unsigned i = 0; i < txs; i++) {
        struct tx *tx = block_world_tx(world, ALICE + i % 3);
        tx->to = i % 2 == 0 ? loop : calls;
        tx->gas_limit = 4000000;
        tx->max_fee = tx->max_priority_fee = u256_from_u64(BLOCK_WORLD_GWEI);
    }
    world->block.header.gas_limit = world->parent.gas_limit = 64000000;
    return world;
}

static void open_with(struct block_world *world, unsigned workers, const struct tuning *tuning)
{
    struct engine_options options = {.chain = &world->chain, .workers = workers, .tuning = *tuning};
    engine_free(world->engine);
    CHECK_EQ(engine_new(&world->engine, &options), PEVM_OK);
    world->input.is_parallel = workers > 1;
}

struct deadline {
    uint64_t at_ns, last_ns, longest_ns; /* between two questions, too */
};

static bool is_past(void *context)
{
    struct deadline *deadline = context;
    uint64_t now_ns = clock_now_ns();
    uint64_t waited_ns = deadline->last_ns == 0 ? 0 : now_ns - deadline->last_ns;
    if (waited_ns > deadline->longest_ns) deadline->longest_ns = waited_ns;
    deadline->last_ns = now_ns;
    return now_ns >= deadline->at_ns;
}

/* What it prints is true of a quiet machine only; the bound is for any. */
TEST(who_cancels_does_not_wait_long)
{
    struct block_world *world = slow_world(10);
    block_world_seal(world);
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct deadline deadline = {.at_ns = clock_now_ns() + 8000000};
        struct cancel_source cancel = {is_past, &deadline};
        open_with(world, workers, &(struct tuning){.is_rigid = false});
        world->input.cancel = &cancel;
        enum pevm_status status = block_world_try(world);
        uint64_t late_ns = clock_now_ns() - deadline.at_ns;
        CHECK(status == PEVM_CANCELLED ||
              status == PEVM_OK); /* on a fast machine it is done by then */
        if (status == PEVM_CANCELLED)
            printf(
                "%u workers: %llu us after the deadline, at most %llu us between two questions\n",
                workers,
                (unsigned long long)late_ns / 1000,
                (unsigned long long)deadline.longest_ns / 1000);
        if (status == PEVM_CANCELLED) CHECK(late_ns < 1000000000);
    }
    block_world_free(world);
}

TEST(a_block_can_be_stopped_inside_a_transaction_on_any_number_of_workers)
{
    struct block_world *world = slow_world(10);
    block_world_seal(world);
    for (unsigned workers = 1; workers <= 3; workers++) {
        unsigned left = 60; /* fewer questions come between transactions */
        struct cancel_source cancel = {cancel_after, &left};
        open_with(world, workers, &(struct tuning){.is_rigid = false});
        world->input.cancel = &cancel;
        CHECK_EQ(block_world_try(world), PEVM_CANCELLED);
        CHECK_TEXT(world->error.text, "block 100: cancelled");
        left = UINT32_MAX;
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
        CHECK(UINT32_MAX - left > 10 * 4000000 / 20000 / 2);
    }
    block_world_free(world);
}

TEST(a_timeout_is_an_error_and_never_another_receipt)
{
    static const struct {
        struct tuning tuning;
        enum pevm_status status;
        const char *text;
    } cases[] = {
        {{.execution_timeout_ns = 1},
         PEVM_TIMEOUT,                                                                       "block 100: not done within the execution timeout"          },
        {{.execution_timeout_ns = 3000000},
         PEVM_TIMEOUT,                                                                       "block 100: not done within the execution timeout"          },
        {{.task_timeout_ns = 1},
         PEVM_TIMEOUT,                                                                       "block 100: a transaction took longer than the task timeout"},
        {{.task_timeout_ns = 3600000000000, .execution_timeout_ns = 3600000000000}, PEVM_OK, ""                                                          },
    };
    struct block_world *world = slow_world(10);
    block_world_seal(world);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (unsigned workers = 1; workers <= 3; workers++) {
            open_with(world, workers, &cases[i].tuning);
            CHECK_EQ(block_world_try(world), cases[i].status);
            if (cases[i].status != PEVM_OK) CHECK_TEXT(world->error.text, cases[i].text);
            if (cases[i].status == PEVM_OK) CHECK_EQ(world->outcome.fault, BLOCK_VALID);
            engine_tune(world->engine, &(struct tuning){.is_rigid = false});
            CHECK_EQ(block_world_run(world), BLOCK_VALID); /* as good as new */
        }
    block_world_free(world);
}

TEST(a_memory_limit_is_an_error_not_a_fault)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    struct engine_options options = {
        .chain = &world->chain, .workers = 1, .memory_max_bytes = 1000};
    engine_free(world->engine);
    CHECK_EQ(engine_new(&world->engine, &options), PEVM_OK);
    block_world_tx(world, ALICE);
    block_world_sign(world);
    CHECK_EQ(block_world_try(world), PEVM_NO_MEMORY);
    CHECK(strncmp(world->error.text, "block 100: needs ", 17) == 0);
    CHECK(strstr(world->error.text, " the limit of 1000 (memory_max_bytes)") != NULL);
    block_world_free(world);
}

TEST(the_same_block_again_takes_nothing_from_the_heap)
{
    struct block_world *world = block_world_new(FORK_OSAKA);
    address contract = block_world_address(CONTRACT);
    block_world_set(world, contract, 1, U256_ZERO, bytecode("NUMBER NUMBER SSTORE 32 0 LOG0"));
    for (unsigned i = 0; i < 8; i++)
        block_world_tx(world, ALICE)->to = contract;
    block_world_withdraw(world, CAROL, 3);
    block_world_seal(world);
    world->input.roots = NULL; /* the root of a state in memory has its own memory */
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    uint64_t calls = heap_calls();
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(block_world_run(world), BLOCK_VALID);
    CHECK_EQ(heap_calls(), calls);
    CHECK(world->outcome.arena_bytes > 0);
    block_world_free(world);
}

/* ---- one transaction without a block ----------------------------------------------------------- */

static struct block_env env_of(const struct block_world *world)
{
    return (struct block_env){
        .rules = chain_rules(&world->chain, 1, 1000, NULL),
        .number = 1,
        .timestamp = 1000,
        .gas_limit = 1000000,
        .coinbase = block_world_address(MINER),
        .base_fee = u256_from_u64(7),
    };
}

TEST(a_transaction_alone_pays_the_coinbase_and_no_reward)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    struct block_env env = env_of(world);
    block_world_tx(world, ALICE);
    block_world_sign(world);
    enum pevm_status status = engine_execute_tx(world->engine,
                                                &world->outcome,
                                                &env,
                                                &world->txs[0],
                                                &world->pre_state,
                                                NULL,
                                                &world->error);
    CHECK_EQ(status, PEVM_OK);
    CHECK_EQ(world->outcome.fault, BLOCK_VALID);
    CHECK_EQ(world->outcome.tx_fault, TX_VALID);
    CHECK_EQ(world->outcome.gas_used, 21000);
    CHECK_EQ(world->outcome.receipts[0].cumulative_gas_used, 21000);
    CHECK_EQ(balance_of(world, MINER), 21000 * (10ull * BLOCK_WORLD_GWEI - 7));
    CHECK_EQ(world->outcome.changes.account_count, 3);
    block_world_free(world);
}

TEST(an_invalid_transaction_alone_changes_nothing)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    struct block_env env = env_of(world);
    block_world_tx(world, ALICE)->gas_limit = 1000001;
    block_world_sign(world);
    enum pevm_status status = engine_execute_tx(world->engine,
                                                &world->outcome,
                                                &env,
                                                &world->txs[0],
                                                &world->pre_state,
                                                NULL,
                                                &world->error);
    CHECK_EQ(status, PEVM_OK);
    CHECK_EQ(world->outcome.fault, BLOCK_TRANSACTION);
    CHECK_EQ(world->outcome.tx_fault, TX_BLOCK_GAS);
    CHECK_EQ(world->outcome.changes.account_count, 0);
    CHECK_EQ(world->outcome.receipt_count, 0);
    block_world_free(world);
}

TEST(another_chain_can_be_set_between_blocks)
{
    struct block_world *world = block_world_new(FORK_LONDON);
    struct chain other;
    CHECK_EQ(chain_by_network(&other, "Paris", NULL), PEVM_OK);
    block_world_seal(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    engine_set_chain(world->engine, &other);
    CHECK_EQ(block_world_run(world), BLOCK_POS_DIFFICULTY);
    engine_set_chain(world->engine, &world->chain);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    block_world_free(world);
}
