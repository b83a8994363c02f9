#include "fuzz/evm_case.h"

#include "crypto/keccak.h"
#include "evm/opcodes.h"

/* ---- bytes ----------------------------------------------------------------------------------- */

static uint8_t take(struct bytes *input)
{
    if (input->size == 0) return 0;
    uint8_t byte = input->data[0];
    *input = bytes_of(input->data + 1, input->size - 1);
    return byte;
}

static struct bytes take_many(struct bytes *input, size_t size)
{
    if (size > input->size) size = input->size;
    struct bytes taken = bytes_of(input->data, size);
    *input = bytes_of(input->data + size, input->size - size);
    return taken;
}

/* ---- words ------------------------------------------------------------------------------------ */

#define WHO(number) (0xa0 + (number))

static address who_is(unsigned number)
{
    return (address){{[19] = (uint8_t)WHO(number)}};
}

static u256 bit(unsigned n)
{
    u256 one = U256_ZERO;
    one.words[n / 64] = UINT64_C(1) << n % 64;
    return one;
}

/* Operands that matter: accounts, precompiles, edges of offsets, sizes, gas and words. */
static u256 palette_word(unsigned at)
{
    static const uint32_t small[] = {
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        15,
        17,
        31,
        32,
        33,
        63,
        64,
        65,
        96,
        128,
        255,
        256,
        511,
        512,
        1000,
        2299,
        2300,
        2301,
        4096,
        5000,
        9000,
        10000,
        24576,
        24577,
        25000,
        49152,
        49153,
        65535,
        65536,
        100000,
        0x7fffffff,
        0xffffffff,
        WHO(SENDER),
        WHO(CONTRACT),
        WHO(OTHER),
        WHO(THIRD),
        WHO(COINBASE),
        WHO(NOBODY),
    };
    if (at < COUNT_OF(small)) return u256_from_u64(small[at]);
    switch (at - COUNT_OF(small)) {
    case 0: return u256_not(U256_ZERO);
    case 1: return bit(255);
    case 2: return u256_sub(bit(255), u256_from_u64(1));
    case 3: return bit(64);
    case 4: return u256_sub(bit(64), u256_from_u64(1));
    case 5: return bit(63);
    case 6: return bit(37);
    case 7: return u256_sub(bit(37), u256_from_u64(31));
    case 8: return bit(128);
    case 9: return u256_sub(bit(160), u256_from_u64(1));
    case 10: return u256_or(bit(160), u256_from_u64(WHO(OTHER)));
    case 11: return u256_sub(U256_ZERO, u256_from_u64(2));
    default: return u256_from_u64(0x9e3779b97f4a7c15u * at);
    }
}

#define PALETTE_COUNT 64

static u256 balance_word(unsigned at)
{
    static const uint64_t balances[] = {
        0, 1, 1000, 21000, 50000000, UINT64_C(1000000000000000000), UINT64_MAX};
    return at < COUNT_OF(balances) ? u256_from_u64(balances[at]) : bit(128);
}

/* ---- cooking ----------------------------------------------------------------------------------- */

static const struct {
    uint8_t in;
    bool is_defined;
} opcodes[256] = {
#define OP(code, name, in, out, gas, since) [code] = {in, true},
#include "evm/opcodes.def"
#undef OP
};

#define LABELS_MAX 64

struct pot {
    uint8_t *bytes;
    size_t size;
    uint16_t labels[LABELS_MAX], uses[LABELS_MAX], used[LABELS_MAX];
    size_t label_count, use_count;
};

static void put(struct pot *pot, uint8_t byte)
{
    if (pot->size < EVM_CODE_MAX) pot->bytes[pot->size++] = byte;
}

static void put_word(struct pot *pot, u256 word)
{
    uint8_t be[32];
    unsigned size = u256_byte_length(word);
    if (size == 0) size = 1;
    u256_to_be(be, word);
    put(pot, (uint8_t)(OP_PUSH1 + size - 1));
    for (unsigned i = 32 - size; i < 32; i++)
        put(pot, be[i]);
}

static void put_label(struct pot *pot, uint8_t number)
{
    if (pot->use_count == LABELS_MAX || pot->size + 3 > EVM_CODE_MAX) return;
    put(pot, OP_PUSH2);
    pot->used[pot->use_count] = number;
    pot->uses[pot->use_count++] = (uint16_t)pot->size;
    put(pot, 0);
    put(pot, 0);
}

static void put_operand(struct pot *pot, uint8_t chosen, bool is_place)
{
    if (chosen == 0xff) return; /* what lies on the stack already */
    if (is_place || chosen == 0xfe)
        put_label(pot, chosen);
    else if (chosen >= 0x80 && chosen < 0x80 + PALETTE_COUNT)
        put_word(pot, palette_word(chosen - 0x80u));
    else
        put_word(pot, u256_from_u64(chosen));
}

static void put_instruction(struct pot *pot, uint8_t code, struct bytes *input)
{
    if (code >= OP_PUSH1 && code <= OP_PUSH32) {
        struct bytes word = take_many(input, (size_t)(code - OP_PUSH1) + 1);
        put(pot, code);
        for (size_t i = 0; i < word.size; i++)
            put(pot, word.data[i]);
        return;
    }
    if (code == OP_JUMPDEST && pot->label_count < LABELS_MAX)
        pot->labels[pot->label_count++] = (uint16_t)pot->size;
    bool moves_words = code >= OP_DUP1 && code <= OP_SWAP16;
    unsigned operands = moves_words ? 0 : opcodes[code].in;
    for (unsigned left = operands; left > 0; left--)
        put_operand(pot, take(input), left == 1 && (code == OP_JUMP || code == OP_JUMPI));
    put(pot, code);
}

static struct bytes cook(uint8_t room[EVM_CODE_MAX], struct bytes input)
{
    struct pot pot = {.bytes = room};
    while (input.size > 0 && pot.size < EVM_CODE_MAX)
        put_instruction(&pot, take(&input), &input);
    for (size_t i = 0; i < pot.use_count && pot.label_count > 0; i++) {
        uint16_t place = pot.labels[pot.used[i] % pot.label_count];
        room[pot.uses[i]] = (uint8_t)(place >> 8);
        room[pot.uses[i] + 1u] = (uint8_t)place;
    }
    return bytes_of(room, pot.size);
}

/* ---- the parts --------------------------------------------------------------------------------- */

static void read_account(struct evm_account *out, uint8_t form, uint8_t slots)
{
    static const uint64_t nonces[] = {0, 1, 2, UINT64_MAX};
    out->exists = (form & 0x80) == 0;
    if (!out->exists) return;
    out->nonce = nonces[form >> 2 & 3];
    out->balance = balance_word(form >> 4 & 7);
    for (unsigned i = 0; i < EVM_SLOTS; i++) {
        unsigned value = slots >> 2 * i & 3;
        out->slots[i] = value == 3 ? u256_not(U256_ZERO) : u256_from_u64(value);
    }
}

static void read_code(struct evm_account *account, uint8_t form, struct bytes input)
{
    if (!account->exists) return;
    switch (form & 3) {
    case 0:
        account->code = input.size > EVM_CODE_MAX ? bytes_of(input.data, EVM_CODE_MAX) : input;
        break;
    case 1: account->code = cook(account->code_room, input); break;
    case 2:
        memcpy(account->code_room, (uint8_t[]){0xef, 0x01, 0x00}, 3);
        memset(account->code_room + 3, 0, sizeof(address));
        account->code_room[22] = take(&input);
        account->code = bytes_of(account->code_room, 23);
        break;
    default: break;
    }
}

static void read_block(struct evm_case *out, unsigned fork, uint8_t kind)
{
    out->env = (struct block_env){
        .rules = rules_of_fork((enum fork)(fork % FORK_COUNT)),
        .number = (kind & 1) != 0 ? 1000 : 3,
        .timestamp = 1700000000,
        .gas_limit = 30000000,
        .coinbase = who_is((kind & 2) != 0 ? CONTRACT : COINBASE),
    };
    if (out->env.rules.fork >= FORK_LONDON) out->env.base_fee = u256_from_u64(7);
    if (out->env.rules.fork >= FORK_CANCUN) out->env.blob_base_fee = u256_from_u64(3);
    memset(out->env.prev_randao.bytes, 0x77, sizeof(hash32));
}

static void read_access_list(struct evm_case *out, uint8_t chosen)
{
    struct tx *tx = &out->tx;
    for (unsigned i = 0; i < EVM_SLOTS; i++)
        out->access_slots[i] = u256_to_hash(u256_from_u64(i));
    tx->access_list = out->access_list;
    tx->access_count = chosen & 3;
    for (unsigned i = 0; i < tx->access_count; i++)
        out->access_list[i] = (struct access_entry){
            who_is((chosen >> 2) % EVM_ACCOUNTS + i), out->access_slots, (chosen >> 4) % EVM_SLOTS};
}

static void read_authorizations(struct evm_case *out, uint8_t chosen, uint8_t more)
{
    struct tx *tx = &out->tx;
    tx->authorizations = out->authorizations;
    tx->authorization_count = chosen & 3;
    for (unsigned i = 0; i < tx->authorization_count; i++) {
        unsigned bits = (unsigned)(chosen ^ more << i);
        out->authorizations[i] = (struct authorization){
            .chain_id = u256_from_u64(bits >> 2 & 1),
            .delegate = who_is((bits >> 3 & 7) % EVM_ACCOUNTS),
            .nonce = bits >> 6 & 1,
            .authority = who_is((unsigned)(more >> i) % EVM_ACCOUNTS),
            .authority_valid = bits != 0xff,
        };
        if ((bits >> 3 & 7) == 7) out->authorizations[i].delegate = (address){{0}};
        if ((bits >> 3 & 7) == 6) out->authorizations[i].delegate.bytes[19] = 4; /* a precompile */
    }
}

/* Bytes 9 to 13. */
static void read_tx(struct evm_case *out, const uint8_t *head, uint64_t gas, struct bytes data)
{
    struct tx *tx = &out->tx;
    bool is_bad = (out->flags & CASE_BAD_FEES) != 0;
    *tx = (struct tx){
        .type = (enum tx_type)((out->flags >> CASE_TYPE_SHIFT) % TX_TYPE_COUNT),
        .is_creation = (out->flags & CASE_CREATES) != 0,
        .chain_id = 1,
        .nonce = out->accounts[SENDER].nonce + (is_bad ? head[9] % 3 : 0),
        .gas_limit = gas,
        .to = who_is(CONTRACT),
        .value = palette_word(head[6] % PALETTE_COUNT),
        .max_fee = u256_from_u64(7 + head[9] % 16u),
        .max_blob_fee = u256_from_u64(3),
        .data = data,
        .sender = who_is(SENDER),
        .sender_known = true,
    };
    tx->is_protected = tx->type != TX_LEGACY;
    tx->max_priority_fee = tx->type < TX_DYNAMIC_FEE ? tx->max_fee : u256_from_u64(head[10] % 8);
    if (is_bad) tx->max_fee = palette_word(head[10] % PALETTE_COUNT);
    if (tx->type >= TX_ACCESS_LIST) read_access_list(out, head[11]);
    if (tx->type == TX_SET_CODE) read_authorizations(out, head[12], head[13]);
    if (tx->type != TX_BLOB) return;
    tx->blob_hashes = out->blob_hashes;
    tx->blob_count = head[12] % EVM_ENTRIES_MAX;
    memset(out->blob_hashes, 1, sizeof out->blob_hashes);
}

static void read_message(struct evm_case *out, const uint8_t *head, int64_t gas, struct bytes data)
{
    bool creates = (out->flags & CASE_CREATES) != 0;
    out->message = (struct message){
        .kind = creates ? MESSAGE_CREATE : MESSAGE_CALL,
        .gas = gas,
        .caller = who_is(SENDER),
        .to = who_is(creates ? NOBODY : CONTRACT),
        .value = palette_word(head[6] % PALETTE_COUNT),
        .input = creates ? out->accounts[CONTRACT].code : data,
    };
    out->message.code_address = out->message.to;
    out->tx_env = (struct tx_env){
        .origin = who_is(SENDER),
        .gas_price = u256_from_u64(10),
        .blob_hashes = out->blob_hashes,
        .blob_count = head[12] % EVM_ENTRIES_MAX,
    };
}

void evm_case_read(struct evm_case *out, struct bytes input)
{
    uint8_t head[CASE_HEADER_SIZE] = {0};
    for (size_t i = 0; i < sizeof head; i++)
        head[i] = take(&input);
    for (unsigned i = 0; i < EVM_ACCOUNTS; i++) {
        struct evm_account *account = &out->accounts[i];
        account->who = who_is(i);
        account->exists = false;
        account->nonce = 0;
        account->balance = U256_ZERO;
        account->code = BYTES_EMPTY;
        memset(account->slots, 0, sizeof account->slots);
    }
    out->flags = head[1];
    out->block_times = 1 + head[2] % 3;
    out->shift = head[2] >> 2;
    read_block(out, head[0], head[7]);
    read_account(
        &out->accounts[SENDER], (uint8_t)((head[8] & 7) << 4 | (head[8] >> 3 & 3) << 2), 0);

    struct bytes data = take_many(&input, head[22]);
    struct bytes first = take_many(&input, input.size * head[23] / 256);
    struct bytes second = take_many(&input, input.size * head[24] / 256);
    struct bytes codes[] = {input, second, first, BYTES_EMPTY};
    for (unsigned i = 0; i < COUNT_OF(codes); i++) {
        read_account(&out->accounts[CONTRACT + i], head[14 + i], head[18 + i]);
        read_code(&out->accounts[CONTRACT + i], head[14 + i], codes[i]);
    }
    for (unsigned i = 0; i < EVM_ACCOUNTS; i++)
        keccak256(
            &out->accounts[i].code_hash, out->accounts[i].code.data, out->accounts[i].code.size);

    uint64_t gas =
        (uint64_t)(head[3] << 8 | head[4]) * ((out->flags & CASE_MUCH_GAS) != 0 ? 64 : 4);
    memset(out->blob_hashes, 1, sizeof out->blob_hashes);
    bool is_tx = (out->flags & CASE_IS_TX) != 0, creates = (out->flags & CASE_CREATES) != 0;
    if (is_tx)
        read_tx(out, head, gas + 21000, creates ? out->accounts[CONTRACT].code : data);
    else
        read_message(out, head, (int64_t)gas, data);
}

const struct evm_account *evm_case_find(const struct evm_case *world, const address *who)
{
    static const uint8_t zeros[19];
    unsigned number = (unsigned)who->bytes[19] - WHO(0u);
    if (memcmp(who->bytes, zeros, sizeof zeros) != 0 || number >= EVM_ACCOUNTS) return NULL;
    return world->accounts[number].exists ? &world->accounts[number] : NULL;
}
