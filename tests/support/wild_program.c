#include "support/wild_program.h"

#include "crypto/keccak.h"
#include "evm/opcodes.h"
#include "support/test.h"
#include "types/contract_address.h"

static void put(struct program *program, const void *bytes, size_t size)
{
    assert_true(program->size + size <= PROGRAM_MAX);
    memcpy(program->bytes + program->size, bytes, size);
    program->size += size;
}

static void op(struct program *program, uint8_t opcode)
{
    put(program, &opcode, 1);
}

static void push(struct program *program, uint8_t number)
{
    op(program, 0x60);
    op(program, number);
}

static void push_address(struct program *program, const address *who)
{
    op(program, 0x73);
    put(program, who->bytes, sizeof who->bytes);
}

uint64_t pick(struct maker *maker, uint64_t count)
{
    return rng_below(&maker->rng, count);
}

address any_address(struct maker *maker)
{
    switch (pick(maker, 8)) {
    case 0:
    case 1:
    case 2: return maker->people[pick(maker, PEOPLE)];
    case 3:
    case 4: return maker->contracts[pick(maker, CONTRACTS)];
    case 5: return maker->coinbase;
    case 6:
        return (address){
            {[0] = 0xee, [19] = (uint8_t)pick(maker, 4)}
        };
    default: return (address){{[19] = (uint8_t)(1 + pick(maker, 5))}}; /* a precompile */
    }
}

static uint8_t any_slot(struct maker *maker)
{
    if (maker->kind == WILD_HOT) return 0;
    return (uint8_t)(pick(maker, 3) == 0 ? pick(maker, 40) : pick(maker, 3));
}

/* What is on the stack goes to a slot. */
static void keep(struct maker *maker, struct program *program)
{
    push(program, any_slot(maker));
    op(program, OP_SSTORE);
}

static void count_in(struct program *program, uint8_t slot, uint8_t step)
{
    push(program, slot);
    op(program, OP_SLOAD);
    push(program, step);
    op(program, OP_ADD);
    push(program, slot);
    op(program, OP_SSTORE);
}

static void count(struct maker *maker, struct program *program)
{
    uint8_t slot = any_slot(maker);
    count_in(program, slot, (uint8_t)(1 + pick(maker, 3)));
}

static void ask(struct maker *maker, struct program *program)
{
    static const uint8_t questions[] = {OP_BALANCE, OP_BALANCE, OP_EXTCODESIZE, OP_EXTCODEHASH};
    uint8_t question = questions[pick(maker, COUNT_OF(questions))];
    address who = any_address(maker);
    if (question == OP_EXTCODEHASH && maker->fork < FORK_CONSTANTINOPLE) question = OP_EXTCODESIZE;
    push_address(program, &who);
    op(program, question);
    keep(maker, program);
}

static void ask_coinbase(struct maker *maker, struct program *program)
{
    op(program, OP_COINBASE);
    op(program, OP_BALANCE);
    keep(maker, program);
}

static void ask_self(struct maker *maker, struct program *program)
{
    op(program, OP_ADDRESS);
    op(program, OP_BALANCE);
    keep(maker, program);
}

static void call(struct maker *maker, struct program *program)
{
    address who = any_address(maker);
    uint8_t kind = OP_CALL;
    unsigned which = (unsigned)pick(maker, 8);
    if (which == 0 && maker->fork >= FORK_HOMESTEAD) kind = OP_DELEGATECALL;
    if (which == 1 && maker->fork >= FORK_BYZANTIUM) kind = OP_STATICCALL;
    if (which == 2) kind = OP_CALLCODE;
    for (int i = 0; i < 4; i++)
        push(program, 0);
    if (kind == OP_CALL || kind == OP_CALLCODE) push(program, (uint8_t)pick(maker, 4));
    push_address(program, &who);
    op(program, 0x61); /* PUSH2: gas */
    op(program, 0xc0);
    op(program, 0x00);
    op(program, kind);
    keep(maker, program);
}

/* Init code, left-aligned in a word at memory 0. */
static void create(struct maker *maker, struct program *program)
{
    static const struct {
        uint8_t size, code[16];
    } inits[] = {
        {10,
         {0x60,
          0xff,
          0x60,
          0x00,
          0x53,
          0x60,
          0x01,
          0x60,
          0x00,
          0xf3}                                              }, /* code ff: SELFDESTRUCT (stack empty) */
        {8,  {0x60, 0x07, 0x60, 0x01, 0x55, 0x00, 0x00, 0x00}}, /* a slot, no code */
        {2,  {0x33, 0xff}                                    }, /* destroys itself for the caller */
        {5,  {0x60, 0x00, 0x60, 0x00, 0xfd}                  }, /* reverts */
        {15,
         {0x61,
          0x33,
          0xff,
          0x60,
          0x00,
          0x52,
          0x60,
          0x09,
          0x60,
          0x02,
          0x55,
          0x60,
          0x02,
          0x60,
          0x1e}                                              }, /* then RETURN */
    };
    unsigned which = (unsigned)pick(maker, COUNT_OF(inits));
    uint8_t word[32] = {0};
    memcpy(word, inits[which].code, inits[which].size);
    uint8_t size = inits[which].size;
    if (which == 4) word[size++] = 0xf3; /* RETURN(30, 2): CALLER SELFDESTRUCT */
    op(program, 0x7f);
    put(program, word, sizeof word);
    push(program, 0);
    op(program, OP_MSTORE);
    bool is_create2 = maker->fork >= FORK_CONSTANTINOPLE && pick(maker, 2) == 0;
    if (is_create2) push(program, (uint8_t)pick(maker, 2));
    push(program, size);
    push(program, 0);
    push(program, (uint8_t)pick(maker, 3));
    op(program, is_create2 ? OP_CREATE2 : OP_CREATE);
    if (pick(maker, 2) == 0) {
        keep(maker, program);
        return;
    }
    /* Call what came of it. */
    op(program, 0x80); /* DUP1 */
    keep(maker, program);
    for (int i = 0; i < 5; i++)
        push(program, 0);
    op(program, 0x85); /* DUP6: the address */
    op(program, 0x61);
    op(program, 0xff);
    op(program, 0xff);
    op(program, OP_CALL);
    keep(maker, program);
    op(program, OP_POP);
}

static void tell(struct maker *maker, struct program *program)
{
    push(program, any_slot(maker));
    op(program, OP_SLOAD);
    push(program, 0);
    push(program, 0);
    op(program, 0xa1); /* LOG1 */
}

static void clear(struct maker *maker, struct program *program)
{
    push(program, 0);
    keep(maker, program);
}

static void gas(struct maker *maker, struct program *program)
{
    op(program, OP_GAS);
    keep(maker, program);
}

static void snippet(struct maker *maker, struct program *program)
{
    static void (*const snippets[])(struct maker *, struct program *) = {count,
                                                                         count,
                                                                         count,
                                                                         ask,
                                                                         ask,
                                                                         ask_coinbase,
                                                                         ask_self,
                                                                         call,
                                                                         call,
                                                                         call,
                                                                         create,
                                                                         tell,
                                                                         clear,
                                                                         gas};
    snippets[pick(maker, COUNT_OF(snippets))](maker, program);
}

struct program any_program(struct maker *maker)
{
    struct program program = {.size = 0};
    unsigned length = 1 + (unsigned)pick(maker, 5);
    if (maker->kind == WILD_COINBASE) ask_coinbase(maker, &program);
    if (maker->kind == WILD_HOT) count(maker, &program);
    for (unsigned i = 0; i < length; i++) {
        if (pick(maker, 3) > 0) {
            snippet(maker, &program);
            continue;
        }
        push(&program, any_slot(maker));
        op(&program, OP_SLOAD);
        push(&program, 1);
        op(&program, OP_AND);
        size_t hole = program.size + 1;
        push(&program, 0); /* becomes PUSH2 below */
        program.bytes[hole - 1] = 0x61;
        op(&program, 0);
        op(&program, OP_JUMPI);
        snippet(maker, &program);
        program.bytes[hole] = (uint8_t)(program.size >> 8);
        program.bytes[hole + 1] = (uint8_t)program.size;
        op(&program, OP_JUMPDEST);
    }
    unsigned end = (unsigned)pick(maker, 10);
    address heir = any_address(maker);
    if (end < 2) {
        push_address(&program, &heir);
        op(&program, OP_SELFDESTRUCT);
    }
    if (end == 3) op(&program, 0xfe);
    return program;
}

/* ---- one that comes back ----------------------------------------------------------------------- */

/* The child: CALLDATASIZE PUSH1 a JUMPI, count in slot 0, STOP; a: JUMPDEST CALLER SELFDESTRUCT. */
static struct program child_program(void)
{
    struct program child = {.size = 0};
    op(&child, 0x36);
    push(&child, 14);
    op(&child, OP_JUMPI);
    count_in(&child, 0, 1);
    op(&child, 0x00);
    op(&child, OP_JUMPDEST);
    op(&child, 0x33);
    op(&child, OP_SELFDESTRUCT);
    assert_int_equal(child.size, 17);
    return child;
}

/* Writes a slot, so that it leaves storage behind, and gives the child back. */
static struct program child_init(void)
{
    struct program init = {.size = 0}, child = child_program();
    uint8_t word[32] = {0};
    memcpy(word, child.bytes, child.size);
    push(&init, 7);
    push(&init, 1);
    op(&init, OP_SSTORE);
    op(&init, 0x7f);
    put(&init, word, sizeof word);
    push(&init, 0);
    op(&init, OP_MSTORE);
    push(&init, (uint8_t)child.size);
    push(&init, 0);
    op(&init, 0xf3);
    return init;
}

address child_address(const address *nursery)
{
    struct program init = child_init();
    hash32 salt = {{0}}, hash;
    address child;
    keccak256(&hash, init.bytes, init.size);
    create2_address(&child, nursery, &salt, &hash);
    return child;
}

struct program nursery_program(void)
{
    struct program program = {.size = 0}, init = child_init();
    for (size_t at = 0; at < init.size; at += 32) {
        uint8_t word[32] = {0};
        memcpy(word, init.bytes + at, init.size - at < 32 ? init.size - at : 32);
        op(&program, 0x7f);
        put(&program, word, sizeof word);
        push(&program, (uint8_t)at);
        op(&program, OP_MSTORE);
    }
    push(&program, 0);
    push(&program, (uint8_t)init.size);
    push(&program, 0);
    push(&program, 0);
    op(&program, OP_CREATE2);
    push(&program, 3);
    op(&program, OP_SSTORE);
    return program;
}

struct program system_program(void)
{
    struct program program = {.size = 0};
    count_in(&program, 0, 1);
    push(&program, 0);
    op(&program, OP_SLOAD);
    push(&program, 0);
    op(&program, OP_MSTORE);
    push(&program, 32);
    push(&program, 0);
    op(&program, 0xf3);
    return program;
}
