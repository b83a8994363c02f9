/* tx_stage.h - a transaction in a small world, ready to run. */
#pragma once

#include "evm/tx_run.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#define SENDER_BALANCE 1000000000

/* Everything a test changes before it runs a transaction of SENDER to CONTRACT: 100,000 gas at 10, base fee 7. */
struct stage {
    struct world *world;
    struct tx tx;
    struct tx_room room;
    struct tx_result result;
    unsigned pauses;
};

static inline struct stage stage_new(enum fork fork)
{
    struct stage stage = {
        .world = world_new(fork),
        .room = {30000000,                        6 * GAS_PER_BLOB},
        .tx = { .chain_id = 1,
                 .nonce = 1,
                 .gas_limit = 100000,
                 .to = world_address(CONTRACT),
                 .max_fee = u256_from_u64(10),
                 .max_priority_fee = u256_from_u64(10),
                 .max_blob_fee = u256_from_u64(3),
                 .sender = world_address(SENDER),
                 .sender_known = true},
    };
    if (fork < FORK_LONDON) stage.world->env.base_fee = U256_ZERO;
    if (fork < FORK_CANCUN) stage.world->env.blob_base_fee = U256_ZERO;
    world_account(stage.world, CONTRACT, 0, bytecode("STOP"))->nonce = 1;
    return stage;
}

static inline void stage_type(struct stage *stage, enum tx_type type)
{
    stage->tx.type = type;
    stage->tx.is_protected = type != TX_LEGACY;
}

static inline enum run_answer run(struct stage *stage)
{
    struct world *world = stage->world;
    struct view view = world_view(world);
    stage->pauses = 0;
    world->read_count = 0;
    machine_set_block(world->machine, &world->env, NULL);
    enum run_answer answer =
        tx_run(world->machine, &view, &stage->tx, &stage->room, &stage->result);
    while (answer == RUN_BLOCKED) { /* ends: every read is blocked so many times only */
        stage->pauses++;
        answer = tx_run_resume(world->machine, &stage->result);
    }
    return answer;
}

static inline enum tx_fault fault_of(struct stage *stage)
{
    enum run_answer answer = run(stage);
    assert_true(answer == RUN_DONE || answer == RUN_INVALID);
    assert_int_equal(answer == RUN_INVALID, stage->result.fault != TX_VALID);
    return stage->result.fault;
}

static inline struct account_entry *entry_of(struct stage *stage, unsigned number)
{
    address who = world_address(number);
    return world_entry(stage->world, &who);
}

static inline uint64_t balance_of(struct stage *stage, unsigned number)
{
    address who = world_address(number);
    return world_balance(stage->world, &who).words[0];
}

static inline struct bytes ones(size_t size)
{
    static uint8_t bytes[3000];
    assert_true(size <= sizeof bytes);
    memset(bytes, 1, sizeof bytes);
    return bytes_of(bytes, size);
}

/* One blob, one authorization: then the test makes of it what it likes. */
static inline void blob(struct stage *stage)
{
    static hash32 hashes[8];
    memset(hashes, 1, sizeof hashes);
    stage_type(stage, TX_BLOB);
    stage->tx.blob_hashes = hashes;
    stage->tx.blob_count = 1;
}

static inline void set_code(struct stage *stage)
{
    static struct authorization tuple;
    stage_type(stage, TX_SET_CODE);
    stage->tx.authorizations = &tuple;
    stage->tx.authorization_count = 1;
}
