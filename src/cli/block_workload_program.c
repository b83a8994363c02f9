/* Calls of one small contract by everybody. */
#include "base/hex.h"
#include "cli/block_workload_maker.h"

#define SLOTS_READ    100
#define SLOTS_WRITTEN 20
#define ROUNDS        1000
#define WORDS_MAX     2

/* Input is a key and a count, or nothing. Key i is i times the count, or one of `keys` by chance. */
struct program {
    const char *code; /* hex */
    uint64_t gas_limit;
    size_t words;
    uint64_t keys, count;
    bool is_filled; /* as many slots as the count says, from the key on, are not 0 before */
};

/* The loops keep sum, key and count on the stack, in this order, and log the sum at the end:
 *   PUSH0; CALLDATALOAD of 0; CALLDATALOAD of 32; do { if (count == 0) break; count -= 1; BODY }; LOG0 of the sum */
/* clang-format off */
static const struct program programs[PROGRAM_COUNT] = {
    /* COINBASE BALANCE; LOG0 of it */
    [PROGRAM_READ_COINBASE] = {"41315f5260205fa000", 60000, 0, 0, 0, false},
    /* slot[0] += 1 */
    [PROGRAM_ONE_SLOT] = {"5f546001015f5500", 60000, 0, 0, 0, false},
    /* slot[key] += 1 */
    [PROGRAM_SOME_SLOTS] = {"5f358054600101905500", 60000, 1, 100000, 1, false},
    [PROGRAM_FEW_SLOTS] = {"5f358054600101905500", 60000, 1, 10, 1, false},
    /* MSTORE of the key at 0x1ffe0, KECCAK256 of 0x20000 bytes, LOG0 of it */
    [PROGRAM_MEMORY] = {"5f356201ffe052620200005f205f5260205fa000", 200000, 1, 0, 1, false},
    /* sum += slot[key + count] */
    [PROGRAM_READ_SLOTS] = {"5f5f356020355b8015601b576001900381810154830192506006565b50505f5260205fa000",
                            400000, 2, 0, SLOTS_READ, true},
    /* slot[key + count] += 1 */
    [PROGRAM_WRITE_SLOTS] = {"5f5f356020355b8015601d5760019003818101805460010190556006565b50505f5260205fa000",
                             400000, 2, 0, SLOTS_WRITTEN, true},
    /* sum = ((sum + count) * (sum + count) mod (2^256 - 1)) ^ 3 */
    [PROGRAM_ARITHMETIC] = {"5f5f356020355b8015602057600190035f1983820180096003900a92506006565b50505f5260205fa000",
                            400000, 2, 0, ROUNDS, false},
    /* sum = KECCAK256(sum + count) */
    [PROGRAM_HASHES] = {"5f5f356020355b8015601e57600190038281015f5260205f2092506006565b50505f5260205fa000",
                        400000, 2, 0, ROUNDS, false},
};
/* clang-format on */

static void set_program(struct workload_maker *maker,
                        const address *who,
                        const struct program *program)
{
    uint8_t code[128];
    size_t size = strlen(program->code) / 2;
    ASSERT(size <= sizeof code && hex_decode(code, program->code, 2 * size));
    maker_set_contract(maker, who, bytes_of(code, size));
}

void make_program(struct workload_maker *maker, size_t txs)
{
    const struct program *program = &programs[maker->kind->what];
    address contract = maker_new_address(maker);
    u256 ether = u256_from_u64(UINT64_C(1000000000000000000));
    struct workload_sender *people = maker_people(maker, txs, 0, 0, &ether);
    set_program(maker, &contract, program);
    maker_expect(maker, txs);
    for (size_t i = 0; i < txs && maker_ok(maker); i++) {
        uint64_t key =
            program->keys > 0 ? rng_below(&maker->rng, program->keys) : i * program->count;
        u256 words[WORDS_MAX] = {u256_from_u64(key), u256_from_u64(program->count)};
        uint8_t input[32 * WORDS_MAX];
        for (size_t k = 0; k < program->words; k++)
            u256_to_be(input + 32 * k, words[k]);
        struct workload_call call = {.to = contract,
                                     .gas_limit = program->gas_limit,
                                     .data = bytes_of(input, 32 * program->words)};
        maker_add_tx(maker, &people[i], &call);
        for (uint64_t k = 0; program->is_filled && k < program->count; k++)
            maker_set_slot(maker, &contract, u256_from_u64(key + k), u256_from_u64(key + k + 1));
    }
}
