/* What a tracer is told: every instruction once, however often it had to wait; every frame from its beginning to its end. */
#include "support/bytecode.h"
#include "support/evm_world.h"
#include "support/test.h"

#define OTHER_ADDRESS "0x1000000000000000000000000000000000000003 "
#define STEPS_MAX     256

struct seen_step {
    uint64_t pc;
    uint8_t opcode;
    int64_t gas, gas_cost, refund;
    int depth;
    size_t stack_count, memory_size;
    enum halt fault;
};

struct seen {
    struct seen_step steps[STEPS_MAX];
    size_t count;
    int depth; /* frames that are open */
    unsigned entered, left;
    enum halt last_halt;
    int64_t last_gas;
};

static void on_step(void *context, const struct trace_step *step)
{
    struct seen *seen = context;
    assert_true(seen->count < STEPS_MAX);
    assert_int_equal(step->depth, seen->depth);
    seen->steps[seen->count++] = (struct seen_step){
        .pc = step->pc,
        .opcode = step->opcode,
        .gas = step->gas,
        .gas_cost = step->gas_cost,
        .refund = step->refund,
        .depth = step->depth,
        .stack_count = step->stack_count,
        .memory_size = step->memory.size,
        .fault = step->fault,
    };
}

static void on_enter(void *context, const struct trace_frame *frame)
{
    struct seen *seen = context;
    seen->entered++;
    assert_int_equal(frame->depth, ++seen->depth);
}

static void on_leave(
    void *context, int depth, enum halt halt, int64_t gas_used, struct bytes output)
{
    struct seen *seen = context;
    (void)output;
    seen->left++;
    assert_int_equal(depth, seen->depth--);
    seen->last_halt = halt;
    seen->last_gas = gas_used;
}

static void watch(struct seen *seen, struct world *world, int64_t gas)
{
    static struct tracer tracer;
    memset(seen, 0, sizeof *seen);
    tracer = (struct tracer){seen, on_step, on_enter, on_leave};
    world->tracer = &tracer;
    (void)world_call(world, gas);
    CHECK_EQ(seen->depth, 0);
    CHECK_EQ(seen->entered, seen->left);
}

static const char *const program =
    "1 0 SSTORE 0 0 SSTORE 0 SLOAD POP " OTHER_ADDRESS "BALANCE POP 32 64 MSTORE "
    "0 0 0 0 1 " OTHER_ADDRESS "50000 CALL POP 0 0 LOG0 5 BLOCKHASH POP " OTHER_ADDRESS
    "EXTCODEHASH POP 3 64 0 0 CREATE2 POP STOP";

TEST(every_instruction_is_told_once_with_its_price)
{
    struct world *world = world_new(FORK_OSAKA);
    struct seen seen;
    world_account(world, CONTRACT, 100, bytecode(program));
    world_account(world, OTHER, 0, bytecode("1 2 ADD"));
    watch(&seen, world, 1000000);
    CHECK_EQ(seen.last_halt, HALT_STOP);
    CHECK_EQ(seen.entered, 3); /* the message, the call, the creation */
    for (size_t i = 0; i + 1 < seen.count; i++) {
        const struct seen_step *step = &seen.steps[i], *next = &seen.steps[i + 1];
        CHECK_EQ(step->fault, HALT_STOP);
        if (next->depth == step->depth) CHECK_EQ(next->gas, step->gas - step->gas_cost);
        CHECK(next->memory_size >= step->memory_size || next->depth != step->depth);
    }
    CHECK_EQ(seen.steps[2].opcode, 0x55);
    CHECK_EQ(seen.steps[2].gas_cost, 22100);
    CHECK_EQ(seen.steps[2].stack_count, 2);
    CHECK_EQ(seen.steps[5].opcode, 0x55);
    CHECK_EQ(seen.steps[5].gas_cost, 100);
    CHECK_EQ(seen.steps[5].refund, 0);
    CHECK_EQ(seen.steps[6].refund, 19900); /* told before the instruction */
    world_free(world);
}

TEST(an_instruction_that_had_to_wait_is_told_once)
{
    struct world *world = world_new(FORK_OSAKA);
    static struct seen first, second;
    world_account(world, CONTRACT, 100, bytecode(program));
    world_account(world, OTHER, 0, bytecode("1 2 ADD"));
    watch(&first, world, 1000000);
    world->block_times = 3;
    watch(&second, world, 1000000);
    CHECK_EQ(first.count, second.count);
    for (size_t i = 0; i < first.count; i++)
        CHECK(memcmp(&first.steps[i], &second.steps[i], sizeof first.steps[i]) == 0);
    CHECK_EQ(first.entered, second.entered);
    CHECK_EQ(first.last_gas, second.last_gas);
    world_free(world);
}

TEST(the_instruction_that_halts_is_told_with_its_fault)
{
    static const struct {
        const char *program;
        int64_t gas;
        enum halt halt;
    } cases[] = {
        {"ADD",                                      1000, HALT_UNDERFLOW     },
        {"1 1 0xffffffffffff MSTORE",                1000, HALT_OUT_OF_GAS    },
        {"9 JUMP",                                   1000, HALT_INVALID_JUMP  },
        {"0 SLOAD",                                  1000, HALT_OUT_OF_GAS    },
        {"INVALID",                                  1000, HALT_INVALID_OPCODE},
        {"1 0 0 RETURNDATACOPY",                     1000, HALT_RETURN_DATA   },
        {"0 0 0 0 " OTHER_ADDRESS "1000 STATICCALL", 1000, HALT_OUT_OF_GAS    },
        {"0 0 0 CREATE",                             1000, HALT_OUT_OF_GAS    },
        {OTHER_ADDRESS "SELFDESTRUCT",               1000, HALT_OUT_OF_GAS    },
        {"0 0 LOG0",                                 300,  HALT_OUT_OF_GAS    },
    };
    struct world *world = world_new(FORK_OSAKA);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct seen seen;
        world_account(world, CONTRACT, 100, bytecode(cases[i].program));
        watch(&seen, world, cases[i].gas);
        CHECK_EQ(seen.last_halt, cases[i].halt);
        CHECK_EQ(seen.last_gas, cases[i].gas);
        CHECK(seen.count > 0);
        CHECK_EQ(seen.steps[seen.count - 1].fault, cases[i].halt);
        for (size_t k = 0; k + 1 < seen.count; k++)
            CHECK_EQ(seen.steps[k].fault, HALT_STOP);
    }
    world_free(world);
}

TEST(frames_without_code_are_entered_and_left_too)
{
    struct world *world = world_new(FORK_OSAKA);
    struct seen seen;
    world_account(world, CONTRACT, 100, BYTES_EMPTY);
    watch(&seen, world, 1000);
    CHECK_EQ(seen.count, 0);
    CHECK_EQ(seen.entered, 1);
    CHECK_EQ(seen.last_halt, HALT_STOP);
    world_account(
        world, CONTRACT, 100, bytecode("0 0 0 0 4 100 STATICCALL 0 0 0 0 5 0 STATICCALL"));
    watch(&seen, world, 10000);
    CHECK_EQ(seen.entered, 3); /* precompiles: one that runs, one without gas */
    world_free(world);
}

TEST(no_callback_need_be_there)
{
    struct world *world = world_new(FORK_OSAKA);
    struct tracer tracer = {0};
    world_account(world, CONTRACT, 100, bytecode(program));
    struct outcome plain = world_call(world, 1000000);
    world->tracer = &tracer;
    struct outcome traced = world_call(world, 1000000);
    CHECK_EQ(traced.halt, plain.halt);
    CHECK_EQ(traced.gas_used, plain.gas_used);
    CHECK(hash32_equal(&traced.state, &plain.state));
    world_free(world);
}
