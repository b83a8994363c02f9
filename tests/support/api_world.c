#include "support/api_world.h"

#include "support/bytecode.h"
#include "support/test.h"

static void make_block(struct block_world *inside)
{
    address counter = block_world_address(CONTRACT), other = block_world_address(OTHER);
    block_world_set(inside,
                    counter,
                    1,
                    u256_from_u64(7),
                    bytecode("0 SLOAD 1 ADD 0 SSTORE CALLER BALANCE 0 MSTORE 5 32 0 LOG1"));
    block_world_set_slot(inside, counter, 0, 41);
    block_world_set(inside, other, 1, U256_ZERO, bytecode("NUMBER NUMBER SSTORE 0 0 REVERT"));
    for (unsigned i = 0; i < API_WORLD_TXS - 1; i++) {
        struct tx *tx = block_world_tx(inside, ALICE + i % 3);
        if (i % 3 == 1) tx->to = counter;
        if (i % 5 == 4) tx->to = other;
    }
    struct tx *creation = block_world_tx(inside, ALICE);
    creation->is_creation = true;
    creation->to = (address){{0}};
    creation->data = bytecode_deploy(bytecode("1 2 ADD"));
    block_world_seal(inside);
}

static bool copy_slot(void *context, const u256 *slot, const u256 *value)
{
    void **both = context;
    CHECK_EQ(pevm_state_set_slot(both[0], both[1], slot, value), PEVM_OK);
    return true;
}

static bool copy_account(void *context, const struct memory_account *account)
{
    struct api_world *world = context;
    address who = account->who;
    void *both[] = {world->state, &who};
    struct pevm_bytes code = {account->code.data, account->code.size};
    CHECK_EQ(pevm_state_set_account(world->state, &who, account->nonce, &account->balance, code),
             PEVM_OK);
    CHECK_EQ(memory_state_each_slot(world->inside->state, &who, copy_slot, both), PEVM_OK);
    return true;
}

void api_world_init(struct api_world *world)
{
    struct bytes block, parent;
    struct arena *arena;
    world->inside = block_world_new(FORK_OSAKA);
    arena = &world->inside->arena;
    make_block(world->inside);
    CHECK(block_encode(&block, &world->inside->block, arena));
    CHECK(header_encode(&parent, &world->inside->parent, arena));
    world->block = (struct pevm_bytes){block.data, block.size};
    world->parent = (struct pevm_bytes){parent.data, parent.size};
    CHECK_EQ(pevm_state_new(&world->state), PEVM_OK);
    CHECK_EQ(memory_state_each_account(world->inside->state, copy_account, world), PEVM_OK);
    for (uint64_t i = 0; i < BLOCK_WORLD_NUMBER; i++) {
        hash32 hash;
        CHECK_EQ(world->inside->pre_state.ops->block_hash(world->inside, i, &hash), VIEW_OK);
        pevm_state_set_block_hash(world->state, i, &hash);
    }
}

void api_world_fini(struct api_world *world)
{
    pevm_state_free(world->state);
    block_world_free(world->inside);
}

struct pevm_config api_world_config(unsigned workers)
{
    struct pevm_config config;
    pevm_config_init(&config, PEVM_PRESET_THROUGHPUT);
    config.chain = "Osaka";
    config.workers = workers;
    if (workers == 1) config.policy = PEVM_POLICY_SEQUENTIAL;
    return config;
}

pevm_engine *api_world_engine(unsigned workers)
{
    struct pevm_config config = api_world_config(workers);
    struct pevm_error error;
    pevm_engine *engine;
    CHECK_EQ(pevm_engine_open(&engine, &config, &error), PEVM_OK);
    return engine;
}

struct pevm_input api_world_input(const struct api_world *world)
{
    struct pevm_input input;
    pevm_input_init(&input);
    input.block = world->block;
    input.parent_header = world->parent;
    input.state = world->state;
    return input;
}
