#include "support/wild_block.h"

#include "base/hex.h"
#include "base/rng.h"
#include "crypto/keccak.h"
#include "evm/opcodes.h"
#include "support/test.h"
#include "types/contract_address.h"

#include <stdio.h>

#define PEOPLE      12
#define CONTRACTS   8
#define PROGRAM_MAX 1024

/* ---- programs ---------------------------------------------------------------------------------- */

struct program {
    uint8_t bytes[PROGRAM_MAX];
    size_t size;
};

struct maker {
    struct rng rng;
    enum fork fork;
    struct arena *arena;
    address people[PEOPLE], contracts[CONTRACTS], coinbase;
};

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

static uint64_t pick(struct maker *maker, uint64_t count)
{
    return rng_below(&maker->rng, count);
}

static address any_address(struct maker *maker)
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
    return (uint8_t)(pick(maker, 3) == 0 ? pick(maker, 40) : pick(maker, 3));
}

/* What is on the stack goes to a slot. */
static void keep(struct maker *maker, struct program *program)
{
    push(program, any_slot(maker));
    op(program, OP_SSTORE);
}

static void count(struct maker *maker, struct program *program)
{
    uint8_t slot = any_slot(maker);
    push(program, slot);
    op(program, OP_SLOAD);
    push(program, (uint8_t)(1 + pick(maker, 3)));
    op(program, OP_ADD);
    push(program, slot);
    op(program, OP_SSTORE);
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

/* A few snippets; some are skipped depending on a slot; some end in SELFDESTRUCT or a failure. */
static struct program any_program(struct maker *maker)
{
    struct program program = {.size = 0};
    unsigned length = 1 + (unsigned)pick(maker, 5);
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

/* ---- state ------------------------------------------------------------------------------------- */

static u256 wei(uint64_t amount)
{
    return u256_from_u64(amount);
}

static void set_account(
    struct wild_block *wild, const address *who, uint64_t nonce, u256 balance, struct bytes code)
{
    hash32 hash = keccak_empty;
    if (code.size > 0) assert_int_equal(memory_state_add_code(wild->state, code, &hash), PEVM_OK);
    assert_int_equal(memory_state_set_account(wild->state, who, nonce, &balance, &hash), PEVM_OK);
}

static void make_state(struct wild_block *wild, struct maker *maker)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        uint64_t rich = pick(maker, 12) == 0 ? 3000000 + pick(maker, 3000000) : 1000000000;
        set_account(wild, &maker->people[i], pick(maker, 3), wei(rich), BYTES_EMPTY);
    }
    for (unsigned i = 0; i < CONTRACTS; i++) {
        struct program program = any_program(maker);
        set_account(wild,
                    &maker->contracts[i],
                    1,
                    wei(pick(maker, 20)),
                    bytes_of(program.bytes, program.size));
        for (unsigned k = 0; k < 4; k++) {
            u256 slot = wei(any_slot(maker)), value = wei(pick(maker, 3));
            assert_int_equal(
                memory_state_set_slot(wild->state, &maker->contracts[i], &slot, &value), PEVM_OK);
        }
    }
    if (pick(maker, 6) == 0) { /* empty, but there */
        address empty = {
            {[0] = 0xee, [19] = 1}
        };
        set_account(wild, &empty, 0, U256_ZERO, BYTES_EMPTY);
    }
}

/* ---- transactions -------------------------------------------------------------------------------- */

static const struct authorization *any_authorizations(struct maker *maker, size_t *count)
{
    *count = 1 + pick(maker, 2);
    struct authorization *list = arena_alloc_zeroed(maker->arena, *count, sizeof *list);
    for (size_t i = 0; i < *count; i++) {
        list[i].delegate = pick(maker, 4) == 0 ? (address){{0}} : any_address(maker);
        list[i].nonce = pick(maker, 4);
        list[i].authority = maker->people[pick(maker, PEOPLE)];
        list[i].authority_valid = pick(maker, 8) > 0;
    }
    return list;
}

static void make_tx(struct maker *maker, struct tx *tx, uint64_t nonces[PEOPLE])
{
    unsigned sender = (unsigned)pick(maker, PEOPLE);
    *tx = (struct tx){
        .is_protected = true,
        .chain_id = 1,
        .gas_limit = 60000 + pick(maker, 300000),
        .value = wei(pick(maker, 3) == 0 ? pick(maker, 2000000) : pick(maker, 5)),
        .max_fee = wei(7 + pick(maker, 3)),
        .sender = maker->people[sender],
        .sender_known = true,
        .nonce = nonces[sender]++,
    };
    tx->is_protected = maker->fork >= FORK_SPURIOUS_DRAGON;
    tx->chain_id = tx->is_protected ? 1 : 0;
    tx->max_priority_fee = tx->max_fee;
    if (maker->fork >= FORK_LONDON && pick(maker, 2) == 0) {
        tx->type = TX_DYNAMIC_FEE;
        tx->max_priority_fee = wei(pick(maker, 3));
    }
    if (maker->fork >= FORK_PRAGUE && pick(maker, 6) == 0) {
        tx->type = TX_SET_CODE;
        tx->authorizations =
            (struct authorization *)(uintptr_t)any_authorizations(maker, &tx->authorization_count);
        tx->gas_limit += 60000;
    }
    tx->to = any_address(maker);
    if (tx->type != TX_SET_CODE && pick(maker, 8) == 0) {
        struct program program = any_program(maker);
        tx->is_creation = true;
        tx->to = (address){{0}};
        assert_true(arena_copy(maker->arena, &tx->data, bytes_of(program.bytes, program.size)));
    }
    if (pick(maker, 3000) == 0) tx->nonce += 1; /* never valid */
    if (pick(maker, 3000) == 0) tx->value = wei(UINT64_MAX);
}

void wild_block_init(struct wild_block *wild, uint64_t seed, enum fork fork, unsigned txs)
{
    struct error error;
    *wild = (struct wild_block){.fork = fork, .state = memory_state_new()};
    assert_non_null(wild->state);
    assert_int_equal(chain_by_network(&wild->chain, fork_name(fork), &error), PEVM_OK);
    arena_init(&wild->arena, 65536, 0);
    struct maker maker = {.fork = fork, .arena = &wild->arena};
    rng_init(&maker.rng, seed);
    for (unsigned i = 0; i < PEOPLE; i++)
        maker.people[i] = (address){
            {[0] = 0xaa, [19] = (uint8_t)i}
        };
    for (unsigned i = 0; i < CONTRACTS; i++)
        maker.contracts[i] = (address){
            {[0] = 0xcc, [19] = (uint8_t)i}
        };
    maker.coinbase = (address){{[0] = 0xbb}};
    if (pick(&maker, 3) == 0) maker.coinbase = maker.people[0];
    if (pick(&maker, 5) == 0) maker.coinbase = maker.contracts[0];
    make_state(wild, &maker);
    wild->pre_state = memory_state_view(wild->state);

    uint64_t nonces[PEOPLE];
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct view_account person;
        enum view_answer answer = wild->pre_state.ops->account(
            wild->pre_state.context, &maker.people[i], VIEW_ALL_PARTS, &person);
        assert_int_equal(answer, VIEW_OK);
        nonces[i] = person.nonce;
    }
    size_t count = 1 + pick(&maker, 2 * txs);
    struct tx *list = arena_alloc(&wild->arena, count * sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < count; i++)
        make_tx(&maker, &list[i], nonces);
    wild->block.txs = list;
    wild->block.tx_count = count;
    wild->block.has_withdrawals = fork >= FORK_SHANGHAI;
    wild->block.header = (struct header){
        .number = 1,
        .timestamp = 1000,
        .coinbase = maker.coinbase,
        .gas_limit = pick(&maker, 8) == 0 ? 2000000 : 60000000,
        .base_fee = wei(fork >= FORK_LONDON ? 7 : 0),
        .ommers_hash = keccak_empty_list,
        .field_count = fork >= FORK_PRAGUE     ? 21
                       : fork >= FORK_CANCUN   ? 20
                       : fork >= FORK_SHANGHAI ? 17
                       : fork >= FORK_LONDON   ? 16
                                               : 15,
    };
}

void wild_block_fini(struct wild_block *wild)
{
    memory_state_free(wild->state);
    arena_fini(&wild->arena);
}
