#include "engine/ommers.h"
#include "support/block_world.h"
#include "support/test.h"

/* A block with one ommer of that age, spoilt by `spoil` (may be NULL). */
static void expect(unsigned age,
                   void (*spoil)(struct block_world *world, struct header *ommer),
                   enum block_fault expected,
                   const char *said)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    struct header *ommer = block_world_ommer(world, age);
    if (spoil != NULL) spoil(world, ommer);
    assert_true(header_hash(&ommer->hash, ommer, &world->arena));
    block_world_sign(world);
    world->input.skip_header_compare = true;
    enum block_fault fault = block_world_run(world);
    if (fault != expected)
        fail_msg("age %u: %s (%s)", age, block_fault_name(fault), world->outcome.text);
    if (strstr(world->outcome.text, said) == NULL) fail_msg("\"%s\"", world->outcome.text);
    block_world_free(world);
}

TEST(an_ommer_is_one_to_six_generations_old)
{
    for (unsigned age = 1; age <= 6; age++)
        expect(age, NULL, BLOCK_VALID, "");
    expect(0, NULL, BLOCK_OMMER_PARENT, "its parent is the block's own");
}

static void too_old(struct block_world *world, struct header *ommer)
{
    *ommer = world->headers[6]; /* itself an ancestor; made another block: */
    ommer->extra_data = bytes_of("x", 1);
}
static void is_ancestor(struct block_world *world, struct header *ommer)
{
    *ommer = world->headers[2];
}
static void is_parent(struct block_world *world, struct header *ommer)
{
    *ommer = world->headers[0];
}
static void foreign(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->parent_hash.bytes[0] ^= 1;
}
static void wrong_number(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->number++;
}
static void wrong_difficulty(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->difficulty = U256_ONE;
}
static void wrong_gas_limit(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->gas_limit *= 2;
}
static void wrong_gas_used(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->gas_used = ommer->gas_limit + 1;
}
static void wrong_extra_data(struct block_world *world, struct header *ommer)
{
    (void)world;
    ommer->extra_data = bytes_of("123456789012345678901234567890123", 33);
}
static void used_before(struct block_world *world, struct header *ommer)
{
    world->ommers[2] = *ommer;
    assert_true(header_hash(&world->ommers[2].hash, ommer, &world->arena));
    world->ancestors[0].ommers = &world->ommers[2];
    world->ancestors[0].ommer_count = 1;
}
static void twice(struct block_world *world, struct header *ommer)
{
    assert_true(header_hash(&ommer->hash, ommer, &world->arena));
    world->ommers[1] = *ommer;
    world->block.ommer_count = 2;
}
static void three(struct block_world *world, struct header *ommer)
{
    (void)ommer;
    world->ommers[1] = world->ommers[2] = *ommer;
    world->block.ommer_count = 3;
}

TEST(other_ommers_are_refused_with_a_reason)
{
    expect(2, too_old, BLOCK_OMMER_PARENT, "is none of the last 7 ancestors");
    expect(2, is_ancestor, BLOCK_OMMER_ANCESTOR, "is an ancestor");
    expect(2, is_parent, BLOCK_OMMER_ANCESTOR, "is an ancestor");
    expect(2, foreign, BLOCK_OMMER_PARENT, "ommer 0: its parent 0x");
    expect(2, used_before, BLOCK_OMMER_TWICE, "was an ommer before");
    expect(2, twice, BLOCK_OMMER_TWICE, "ommer 1: ");
    expect(2, three, BLOCK_OMMER_COUNT, "ommers: expected at most 2, got 3");
    expect(2, wrong_number, BLOCK_OMMER, "ommer 0: number: expected 98, got 99");
    expect(2, wrong_difficulty, BLOCK_OMMER, "ommer 0: difficulty: expected ");
    expect(2, wrong_gas_limit, BLOCK_OMMER, "ommer 0: gas limit: ");
    expect(2, wrong_gas_used, BLOCK_OMMER, "ommer 0: gas used: ");
    expect(2, wrong_extra_data, BLOCK_OMMER, "ommer 0: extra data: ");
}

TEST(without_ancestors_only_count_and_age_are_judged)
{
    struct block_world *world = block_world_new(FORK_BERLIN);
    struct header *ommer = block_world_ommer(world, 2);
    world->input.ancestor_count = 0;
    world->input.skip_header_compare = true;
    ommer->parent_hash.bytes[0] ^= 1;
    block_world_sign(world);
    CHECK_EQ(block_world_run(world), BLOCK_VALID);
    static const uint64_t numbers[] = {93, 100, 101, 0};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        ommer->number = numbers[i];
        block_world_sign(world);
        CHECK_EQ(block_world_run(world), BLOCK_OMMER);
    }
    block_world_free(world);
}
