/* A block through both paths: what must come out the same, and a pre-state that makes it come out differently. */
#include "cli/both_paths.h"
#include "support/block_world.h"
#include "support/test.h"
#include "sync/atomic.h"

/* Accounts of a state, with one more wei for everybody from some read on. Payments read nothing else. */
struct liar {
    struct view truth;
    struct atomic32 reads;
    uint32_t honest_reads;
};

static enum view_answer lying_account(void *context,
                                      const address *who,
                                      unsigned parts,
                                      struct view_account *out)
{
    struct liar *liar = context;
    enum view_answer answer = liar->truth.ops->account(liar->truth.context, who, parts, out);
    uint32_t number = atomic32_add(&liar->reads, 1, memory_order_relaxed);
    if (number >= liar->honest_reads) out->balance = u256_add(out->balance, U256_ONE);
    return answer;
}

static struct block_world *three_payments(enum fork fork)
{
    struct block_world *world = block_world_new(fork);
    for (unsigned who = ALICE; who <= CAROL; who++)
        (void)block_world_tx(world, who);
    block_world_seal(world);
    return world;
}

static void execute(struct both_paths *paths, struct block_world *world)
{
    both_paths_set_chain(paths, &world->chain);
    if (both_paths_execute(paths, &world->outcome, &world->input, &world->error) != PEVM_OK)
        fail_msg("%s", world->error.text);
}

TEST(a_small_block_comes_out_the_same_in_every_era)
{
    static const enum fork forks[] = {FORK_FRONTIER, FORK_BYZANTIUM, FORK_LONDON, FORK_OSAKA};
    for (size_t i = 0; i < COUNT_OF(forks); i++) {
        struct block_world *world = three_payments(forks[i]);
        struct view view = memory_state_view(world->state);
        struct both_paths paths;
        world->input.pre_state = &view;
        assert_int_equal(both_paths_init(&paths, 3, &world->error), PEVM_OK);
        execute(&paths, world);
        CHECK_TEXT(paths.difference, "");
        CHECK_EQ(world->outcome.fault, BLOCK_VALID);
        CHECK_EQ(world->outcome.receipt_count, 3);
        CHECK(world->outcome.has_state_root);
        world->block.header.gas_used++;
        execute(&paths, world);
        CHECK_TEXT(paths.difference, "");
        CHECK_EQ(world->outcome.fault, BLOCK_GAS_USED);
        both_paths_fini(&paths);
        block_world_free(world);
    }
}

TEST(without_workers_there_is_one_path)
{
    struct block_world *world = three_payments(FORK_OSAKA);
    struct both_paths paths;
    assert_int_equal(both_paths_init(&paths, 0, &world->error), PEVM_OK);
    CHECK(paths.many == NULL);
    execute(&paths, world);
    CHECK_EQ(world->outcome.fault, BLOCK_VALID);
    both_paths_fini(&paths);
    both_paths_fini(&paths);
    block_world_free(world);
}

/* How many accounts the first path reads. */
static uint32_t count_reads(struct block_world *world, struct liar *liar)
{
    struct both_paths paths;
    assert_int_equal(both_paths_init(&paths, 0, &world->error), PEVM_OK);
    execute(&paths, world);
    both_paths_fini(&paths);
    return atomic32_load(&liar->reads, memory_order_relaxed);
}

TEST(what_comes_out_differently_is_told)
{
    static const enum fork forks[] = {FORK_FRONTIER, FORK_BYZANTIUM};
    for (size_t i = 0; i < COUNT_OF(forks); i++) {
        static const struct view_ops ops = {.account = lying_account};
        struct block_world *world = three_payments(forks[i]);
        struct liar liar = {.truth = memory_state_view(world->state), .honest_reads = UINT32_MAX};
        struct view view = {&ops, &liar};
        struct both_paths paths;
        world->input.pre_state = &view;
        liar.honest_reads = count_reads(world, &liar);
        atomic32_init(&liar.reads, 0);
        assert_int_equal(both_paths_init(&paths, 2, &world->error), PEVM_OK);
        execute(&paths, world);
        if (strstr(paths.difference, "2 workers: ") != paths.difference)
            fail_msg("\"%s\"", paths.difference);
        both_paths_fini(&paths);
        block_world_free(world);
    }
}

static enum view_answer no_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    (void)context, (void)who, (void)parts, (void)out;
    return VIEW_FAILED;
}

TEST(a_state_that_cannot_be_read_is_an_error)
{
    static const struct view_ops ops = {.account = no_account};
    struct block_world *world = three_payments(FORK_LONDON);
    struct view view = {&ops, NULL};
    struct both_paths paths;
    world->input.pre_state = &view;
    assert_int_equal(both_paths_init(&paths, 2, &world->error), PEVM_OK);
    both_paths_set_chain(&paths, &world->chain);
    CHECK_EQ(both_paths_execute(&paths, &world->outcome, &world->input, &world->error),
             PEVM_STATE_UNREADABLE);
    both_paths_fini(&paths);
    block_world_free(world);
}
