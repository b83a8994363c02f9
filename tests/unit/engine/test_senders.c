#include "crypto/ecdsa.h"
#include "engine/senders.h"
#include "support/block_world.h"
#include "support/test.h"

#define WORKERS 3

struct hall {
    struct block_world *world;
    struct team *team;
    struct arena scratch[WORKERS];
};

static void hall_open(struct hall *hall)
{
    hall->world = block_world_new(FORK_LONDON);
    CHECK_EQ(team_new(&hall->team, WORKERS, NULL, NULL), PEVM_OK);
    for (unsigned i = 0; i < WORKERS; i++)
        arena_init(&hall->scratch[i], 4096, 0);
}

static void hall_close(struct hall *hall)
{
    for (unsigned i = 0; i < WORKERS; i++)
        arena_fini(&hall->scratch[i]);
    team_free(hall->team);
    block_world_free(hall->world);
}

static enum pevm_status recover(struct hall *hall, enum fork fork)
{
    return senders_recover(
        hall->team, hall->scratch, hall->world->txs, hall->world->block.tx_count, fork, NULL);
}

TEST(every_worker_finds_the_senders)
{
    struct hall hall;
    hall_open(&hall);
    for (unsigned i = 0; i < BLOCK_WORLD_TXS_MAX; i++)
        block_world_tx(hall.world, ALICE + i % 3);
    block_world_sign(hall.world);
    CHECK_EQ(recover(&hall, FORK_LONDON), PEVM_OK);
    for (unsigned i = 0; i < BLOCK_WORLD_TXS_MAX; i++) {
        address expected = block_world_address(ALICE + i % 3);
        CHECK(hall.world->txs[i].sender_known);
        CHECK(address_equal(&hall.world->txs[i].sender, &expected));
    }
    hall_close(&hall);
}

TEST(who_has_to_stop_leaves_the_rest_unknown)
{
    struct hall hall;
    struct stop stop;
    hall_open(&hall);
    for (unsigned i = 0; i < BLOCK_WORLD_TXS_MAX; i++)
        block_world_tx(hall.world, ALICE);
    block_world_sign(hall.world);
    stop_begin(&stop, &(struct stop_options){.end_ns = 1});
    CHECK_EQ(senders_recover(
                 hall.team, hall.scratch, hall.world->txs, BLOCK_WORLD_TXS_MAX, FORK_LONDON, &stop),
             PEVM_OK);
    CHECK_EQ(stop_why(&stop), STOP_LATE);
    for (unsigned i = 0; i < BLOCK_WORLD_TXS_MAX; i++)
        CHECK(!hall.world->txs[i].sender_known);
    hall_close(&hall);
}

TEST(a_sender_that_is_known_is_kept)
{
    struct hall hall;
    hall_open(&hall);
    struct tx *tx = block_world_tx(hall.world, ALICE);
    block_world_sign(hall.world);
    tx->sender_known = true;
    tx->sender = (address){{5}};
    CHECK_EQ(recover(&hall, FORK_LONDON), PEVM_OK);
    CHECK_EQ(tx->sender.bytes[0], 5);
    hall_close(&hall);
}

TEST(high_s_is_for_frontier_only)
{
    struct hall hall;
    hall_open(&hall);
    struct tx *tx = block_world_tx(hall.world, ALICE);
    block_world_sign(hall.world);
    tx->s = u256_sub(u256_add(u256_shl_bits(ecdsa_half_order, 1), U256_ONE), tx->s);
    tx->y_parity ^= 1;
    CHECK_EQ(recover(&hall, FORK_HOMESTEAD), PEVM_OK);
    CHECK(!tx->sender_known);
    CHECK_EQ(tx->sender_fault, TX_SIGNATURE_INVALID);
    address expected = block_world_address(ALICE);
    CHECK_EQ(recover(&hall, FORK_FRONTIER), PEVM_OK);
    CHECK(tx->sender_known);
    CHECK(address_equal(&tx->sender, &expected));
    hall_close(&hall);
}

TEST(without_memory_it_says_so)
{
    struct hall hall;
    hall_open(&hall);
    block_world_tx(hall.world, ALICE);
    block_world_sign(hall.world);
    for (unsigned i = 0; i < WORKERS; i++) {
        arena_fini(&hall.scratch[i]);
        arena_init(&hall.scratch[i], 1, 1);
    }
    CHECK_EQ(recover(&hall, FORK_LONDON), PEVM_NO_MEMORY);
    hall_close(&hall);
}
