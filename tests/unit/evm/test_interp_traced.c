/* Programs at random: the traced loop gives what the untraced one gives, and both give the same when every read has to wait
 * first. (With coverage to guide it, and for both dispatches of the loop: tests/fuzz/fuzz_evm.c.)
 */
#include "base/rng.h"
#include "evm/opcodes.h"
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#define ROUNDS 10000

static const struct {
    uint8_t in;
    bool is_there;
} opcodes[256] = {
#define OP(code, name, in, out, gas, since) [code] = {in, true},
#include "evm/opcodes.def"
#undef OP
};

static size_t put_push(uint8_t *at, struct rng *rng)
{
    static const uint8_t edges[] = {0, 1, 2, 31, 32, 33, 64, 255};
    switch (rng_below(rng, 24)) {
    case 0:
    case 1:
    case 2: /* an account */
        at[0] = OP_PUSH1 + 19;
        memset(at + 1, 0, 20);
        at[1] = 0x10;
        at[20] = (uint8_t)(1 + rng_below(rng, 6));
        return 21;
    case 3:
    case 4: /* a precompile, or a small number */
        at[0] = OP_PUSH1;
        at[1] = (uint8_t)(1 + rng_below(rng, 17));
        return 2;
    case 5: /* any word */
        at[0] = OP_PUSH32;
        rng_fill(rng, at + 1, 32);
        if (rng_below(rng, 3) == 0) memset(at + 1, 0xff, 32);
        return 33;
    case 6:
    case 7: /* gas, or an offset */
        at[0] = OP_PUSH2;
        rng_fill(rng, at + 1, 2);
        return 3;
    default:
        at[0] = OP_PUSH1;
        at[1] = edges[rng_below(rng, COUNT_OF(edges))];
        return 2;
    }
}

/* Instructions with their operands in front; now and then one with too few, and bytes that are none. */
static struct bytes program_random(uint8_t room[4096], struct rng *rng)
{
    size_t size = 0;
    for (uint64_t left = 1 + rng_below(rng, 40); left > 0; left--) {
        uint8_t code = (uint8_t)rng_below(rng, 256);
        if (!opcodes[code].is_there && rng_below(rng, 20) > 0) continue;
        if ((code == OP_STOP || code == OP_INVALID) && rng_below(rng, 20) > 0) continue;
        if ((code == OP_JUMP || code == OP_JUMPI) && rng_below(rng, 10) > 0) continue;
        unsigned operands = opcodes[code].in;
        if (rng_below(rng, 100) == 0 && operands > 0) operands--;
        while (operands-- > 0)
            size += put_push(room + size, rng);
        room[size++] = code;
    }
    return bytes_of(room, size);
}

static void check_same(const struct outcome *a, const struct outcome *b, const char *what)
{
    if (a->ended != b->ended || a->halt != b->halt || a->gas_used != b->gas_used ||
        a->refund != b->refund || a->log_count != b->log_count ||
        !hash32_equal(&a->state, &b->state))
        fail_msg("%s: %s, gas %lld; %s, gas %lld",
                 what,
                 halt_text(a->halt),
                 (long long)a->gas_used,
                 halt_text(b->halt),
                 (long long)b->gas_used);
}

static void ignore_step(void *context, const struct trace_step *step)
{
    size_t *count = context;
    (*count)++;
    assert_true(step->stack_count <= 1024);
}

TEST(random_programs_give_the_same_traced_untraced_and_interrupted)
{
    static uint8_t rooms[3][4096];
    struct rng rng;
    rng_init(&rng, 3155);
    size_t steps = 0, paused = 0, ended_well = 0;
    struct tracer tracer = {.context = &steps, .step = ignore_step};
    for (unsigned round = 0; round < ROUNDS; round++) {
        /* Late forks twice as often: they have all instructions. */
        enum fork fork = (enum fork)rng_below(&rng, 2 * FORK_COUNT);
        struct world *world = world_new(fork >= FORK_COUNT ? FORK_OSAKA : fork);
        for (unsigned i = 0; i < 3; i++)
            world_account(world, CONTRACT + i, 1000, program_random(rooms[i], &rng))->nonce = 1;
        world_slot(world, CONTRACT, 0, 1);
        world_slot(world, OTHER, 1, 2);
        int64_t gas = (int64_t)rng_below(&rng, 300000);
        struct outcome plain = world_call(world, gas);
        world->tracer = &tracer;
        struct outcome traced = world_call(world, gas);
        check_same(&traced, &plain, "traced");
        world->block_times = 1 + (unsigned)rng_below(&rng, 3);
        struct outcome traced_blocked = world_call(world, gas);
        check_same(&traced_blocked, &plain, "traced, interrupted");
        world->tracer = NULL;
        struct outcome blocked = world_call(world, gas);
        check_same(&blocked, &plain, "interrupted");
        paused += blocked.pauses;
        ended_well += halt_is_success(plain.halt);
        world_free(world);
    }
    CHECK(steps > ROUNDS * 10 && paused > ROUNDS / 2 && ended_well > ROUNDS / 5);
}
