#include "cli/chain_world.h"
#include "support/test.h"
#include "types/tx_sender.h"

static struct chain_world world;
static struct arena arena;

static void world_begin(enum fork fork)
{
    arena_init(&arena, 1 << 16, 0);
    CHECK(chain_world_init(&world, 42, 8));
    world.arena = &arena;
    world.rules = rules_of_fork(fork);
    world.base_fee = u256_from_u64(1000000000);
    world.blob_fee = U256_ONE;
    world.blobs_left = world.rules.blob.max;
}

static void world_end(void)
{
    chain_world_fini(&world);
    arena_fini(&arena);
}

TEST(people_come_from_the_seed)
{
    struct chain_world other;
    world_begin(FORK_LONDON);
    CHECK(chain_world_init(&other, 42, 8));
    CHECK(address_equal(&world.people[7].who, &other.people[7].who));
    CHECK(address_equal(&world.founder.who, &other.founder.who));
    chain_world_fini(&other);
    CHECK(chain_world_init(&other, 43, 8));
    CHECK(!address_equal(&world.people[7].who, &other.people[7].who));
    chain_world_fini(&other);
    world_end();
}

TEST(call_data_begins_with_the_selector)
{
    world_begin(FORK_LONDON);
    u256 words[] = {U256_ONE, u256_from_u64(255)};
    struct bytes data = call_data(&world, "transfer(address,uint256)", words, 2);
    CHECK_HEX(data,
              "a9059cbb0000000000000000000000000000000000000000000000000000000000000001"
              "00000000000000000000000000000000000000000000000000000000000000ff");
    world_end();
}

TEST(whoever_signed_is_recovered_from_every_type)
{
    world_begin(FORK_PRAGUE);
    for (int type = TX_LEGACY; type < TX_TYPE_COUNT; type++) {
        struct tx tx = {.gas_limit = TX_PLAIN_GAS, .to = world.people[1].who}, decoded;
        struct person *from = &world.people[0];
        uint64_t nonce = from->nonce;
        CHECK(world_dress(&world, &tx, (enum tx_type)type));
        CHECK(world_sign(&world, from, &tx));
        CHECK_EQ(tx.type, type);
        CHECK_EQ(tx.nonce, nonce);
        CHECK_EQ(from->nonce, nonce + 1);
        CHECK_EQ(tx_decode(&decoded, tx.encoding, &arena), TX_VALID);
        CHECK(hash32_equal(&decoded.hash, &tx.hash));
        CHECK_EQ(tx_recover_sender(&decoded, SIGNATURE_LOW_S, &arena), TX_VALID);
        CHECK(address_equal(&decoded.sender, &from->who));
        CHECK(tx.gas_limit <= TX_PLAIN_GAS + TX_TYPE_GAS_MAX);
    }
    world_end();
}

TEST(authorizations_are_signed_by_authorities)
{
    world_begin(FORK_PRAGUE);
    for (int i = 0; i < 20; i++) {
        struct tx tx = {.to = world.people[1].who};
        CHECK(world_dress(&world, &tx, TX_SET_CODE));
        CHECK(tx.authorization_count > 0);
        for (size_t k = 0; k < tx.authorization_count; k++) {
            address meant = tx.authorizations[k].authority;
            tx.authorizations[k].authority_valid = false;
            CHECK(world_sign(&world, &world.people[0], &tx));
            tx.sender_known = false;
            CHECK_EQ(tx_recover_sender(&tx, SIGNATURE_LOW_S, &arena), TX_VALID);
            CHECK(tx.authorizations[k].authority_valid);
            CHECK(address_equal(&tx.authorizations[k].authority, &meant));
        }
    }
    world_end();
}

TEST(creations_and_blobs_that_are_too_many_become_plain_transactions)
{
    world_begin(FORK_PRAGUE);
    struct tx creation = {.is_creation = true}, other = {.is_creation = true},
              late = {.to = world.people[1].who};
    CHECK(world_dress(&world, &creation, TX_BLOB));
    CHECK_EQ(creation.type, TX_DYNAMIC_FEE);
    CHECK(world_dress(&world, &other, TX_SET_CODE));
    CHECK_EQ(other.type, TX_DYNAMIC_FEE);
    world.blobs_left = 0;
    CHECK(world_dress(&world, &late, TX_BLOB));
    CHECK_EQ(late.type, TX_DYNAMIC_FEE);
    world_end();
}

TEST(signatures_are_not_protected_before_spurious_dragon)
{
    world_begin(FORK_HOMESTEAD);
    for (int i = 0; i < 30; i++) {
        struct tx tx = {.to = world.people[1].who};
        CHECK(world_dress(&world, &tx, TX_LEGACY));
        CHECK(!tx.is_protected);
    }
    world_end();
}
