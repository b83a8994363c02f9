#include "chain/header_rules.h"

#include "base/hex.h"

#include <inttypes.h>

#define GAS_LIMIT_BOUND_DIVISOR  1024
#define BASE_FEE_FIRST           1000000000 /* EIP-1559 */
#define BASE_FEE_CHANGE_DIVISOR  8
#define ELASTICITY               2
#define DIFFICULTY_MIN           131072
#define DIFFICULTY_BOUND_DIVISOR 2048
#define BOMB_PERIOD              100000
#define BLOB_PRICE_MIN           1    /* EIP-4844 */
#define BLOB_BASE_COST           8192 /* EIP-7918 */

static const uint8_t dao_extra_data[] = {
    'd', 'a', 'o', '-', 'h', 'a', 'r', 'd', '-', 'f', 'o', 'r', 'k'};

/* keccak256(rlp([])) */
static const hash32 ommers_hash_empty = {
    {0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5,
     0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a,
     0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}
};

/* ---- fields and gas -------------------------------------------------------------------------- */

unsigned header_field_count(enum fork fork)
{
    if (fork >= FORK_PRAGUE) return 21;
    if (fork >= FORK_CANCUN) return 20;
    if (fork >= FORK_SHANGHAI) return 17;
    return fork >= FORK_LONDON ? 16 : 15;
}

static bool has_base_fee(const struct header *header)
{
    return header->field_count >= 16;
}

static bool has_blob_gas(const struct header *header)
{
    return header->field_count >= 20;
}

bool gas_limit_is_allowed(uint64_t gas_limit, uint64_t parent_gas_limit)
{
    uint64_t distance =
        gas_limit > parent_gas_limit ? gas_limit - parent_gas_limit : parent_gas_limit - gas_limit;
    return gas_limit >= GAS_LIMIT_MIN && distance < parent_gas_limit / GAS_LIMIT_BOUND_DIVISOR;
}

u256 base_fee_after(const struct header *parent)
{
    if (!has_base_fee(parent)) return u256_from_u64(BASE_FEE_FIRST);
    uint64_t target = parent->gas_limit / ELASTICITY;
    if (parent->gas_used == target || target == 0) return parent->base_fee;
    bool above = parent->gas_used > target;
    uint64_t distance = above ? parent->gas_used - target : target - parent->gas_used;
    u256 change = u256_div(u256_mul_u64(parent->base_fee, distance), u256_from_u64(target));
    change = u256_div(change, u256_from_u64(BASE_FEE_CHANGE_DIVISOR));
    if (!above) return u256_sub(parent->base_fee, change);
    return u256_add(parent->base_fee, u256_is_zero(change) ? U256_ONE : change);
}

/* ---- difficulty ------------------------------------------------------------------------------ */

/* How many times parent / 2048 the difficulty moves. */
static int64_t difficulty_steps(const struct difficulty_input *input, enum fork fork)
{
    uint64_t elapsed = input->timestamp - input->parent_timestamp;
    if (fork < FORK_HOMESTEAD) return elapsed < 13 ? 1 : -1;
    int64_t start = fork >= FORK_BYZANTIUM && input->parent_has_ommers ? 2 : 1; /* EIP-100 */
    uint64_t periods = elapsed / (fork >= FORK_BYZANTIUM ? 9 : 10);
    return periods > 100 ? -99 : start - (int64_t)periods < -99 ? -99 : start - (int64_t)periods;
}

static u256 bomb(uint64_t number, uint64_t delay)
{
    uint64_t period = number > delay ? (number - delay) / BOMB_PERIOD : 0;
    if (period < 2) return U256_ZERO;
    if (period - 2 > 255) return U256_MAX;
    return u256_shl_bits(U256_ONE, (unsigned)(period - 2));
}

u256 difficulty_after(const struct difficulty_input *input, const struct rules *rules)
{
    u256 step = u256_div(input->parent_difficulty, u256_from_u64(DIFFICULTY_BOUND_DIVISOR));
    int64_t steps = difficulty_steps(input, rules->fork);
    u256 difficulty = steps < 0
                          ? u256_sub(input->parent_difficulty, u256_mul_u64(step, (uint64_t)-steps))
                          : u256_add(input->parent_difficulty, u256_mul_u64(step, (uint64_t)steps));
    difficulty = u256_add(difficulty, bomb(input->number, rules->bomb_delay));
    u256 least = u256_from_u64(DIFFICULTY_MIN);
    return u256_less(difficulty, least) ? least : difficulty;
}

/* ---- blobs ----------------------------------------------------------------------------------- */

/* fake_exponential of EIP-4844: a Taylor series in integers. Ends: the terms grow while i < excess / fraction (then they
 * overflow within a few hundred rounds, and nobody can pay) and shrink to zero after that. */
u256 blob_base_fee(uint64_t excess_blob_gas, uint64_t update_fraction)
{
    u256 sum = U256_ZERO;
    u256 term = u256_mul_u64(u256_from_u64(update_fraction), BLOB_PRICE_MIN);
    for (uint64_t i = 1; !u256_is_zero(term); i++) {
        u256 divisor = u256_mul_u64(u256_from_u64(update_fraction), i);
        if (u256_add_overflow(&sum, sum, term) ||
            u256_mul_u64_overflow(&term, term, excess_blob_gas))
            return U256_MAX;
        term = u256_div(term, divisor);
    }
    return u256_div(sum, u256_from_u64(update_fraction));
}

/* EIP-7918: execution is so much dearer than blobs that their price may not fall further. */
static bool blob_price_is_held(const struct header *parent, const struct rules *rules)
{
    u256 execution, blobs;
    bool execution_overflows = u256_mul_u64_overflow(&execution, parent->base_fee, BLOB_BASE_COST);
    u256 price = blob_base_fee(parent->excess_blob_gas, rules->blob.update_fraction);
    if (u256_mul_u64_overflow(&blobs, price, GAS_PER_BLOB)) return false;
    return execution_overflows || u256_less(blobs, execution);
}

uint64_t excess_blob_gas_after(const struct header *parent, const struct rules *rules)
{
    if (!has_blob_gas(parent)) return 0;
    const struct blob_schedule *blob = &rules->blob;
    uint64_t target = (uint64_t)blob->target * GAS_PER_BLOB, sum;
    if (__builtin_add_overflow(parent->excess_blob_gas, parent->blob_gas_used, &sum))
        return UINT64_MAX;
    if (sum < target) return 0;
    if (rules->fork < FORK_OSAKA || blob->max < blob->target || blob->max == 0 ||
        !blob_price_is_held(parent, rules))
        return sum - target;
    uint128 part = (uint128)parent->blob_gas_used * (blob->max - blob->target) / blob->max;
    return parent->excess_blob_gas + (uint64_t)part;
}

/* ---- checks ---------------------------------------------------------------------------------- */

enum block_fault header_check_dao(const struct header *header, uint64_t dao_number, char *text)
{
    if (dao_number == FORK_NEVER || header->number < dao_number ||
        header->number - dao_number >= DAO_EXTRA_DATA_BLOCKS)
        return BLOCK_VALID;
    if (bytes_equal(header->extra_data, bytes_of(dao_extra_data, sizeof dao_extra_data)))
        return BLOCK_VALID;
    return block_fault_say(text,
                           BLOCK_EXTRA_DATA_DAO,
                           "extra data: expected \"dao-hard-fork\" in block %" PRIu64
                           ", got %zu other bytes",
                           header->number,
                           header->extra_data.size);
}

static enum block_fault check_pos(const struct header *header, char *text)
{
    static const uint8_t nonce_zero[8];
    if (!u256_is_zero(header->difficulty)) {
        char decimal[U256_DECIMAL_SIZE];
        return block_fault_say(text,
                               BLOCK_POS_DIFFICULTY,
                               "difficulty: expected 0 after the merge, got %s",
                               u256_to_decimal(decimal, header->difficulty));
    }
    if (memcmp(header->nonce, nonce_zero, sizeof nonce_zero) != 0)
        return block_fault_say(text,
                               BLOCK_POS_NONCE,
                               "nonce: expected 0 after the merge, got 0x%016" PRIx64,
                               load_be64(header->nonce));
    if (!hash32_equal(&header->ommers_hash, &ommers_hash_empty)) {
        char hex[HEX_HASH_SIZE];
        return block_fault_say(text,
                               BLOCK_POS_OMMERS,
                               "ommers hash: expected that of no ommers after the merge, got %s",
                               hex_hash(hex, &header->ommers_hash));
    }
    return BLOCK_VALID;
}

enum block_fault header_check_blob_gas(const struct header *header,
                                       const struct rules *rules,
                                       char *text)
{
    uint64_t blob_gas_max = (uint64_t)rules->blob.max * GAS_PER_BLOB;
    if (header->blob_gas_used > blob_gas_max)
        return block_fault_say(text,
                               BLOCK_BLOB_GAS_ABOVE_LIMIT,
                               "blob gas used: expected at most %" PRIu64 ", got %" PRIu64,
                               blob_gas_max,
                               header->blob_gas_used);
    if (header->blob_gas_used % GAS_PER_BLOB != 0)
        return block_fault_say(text,
                               BLOCK_BLOB_GAS_USED,
                               "blob gas used: expected a multiple of %d, got %" PRIu64,
                               GAS_PER_BLOB,
                               header->blob_gas_used);
    return BLOCK_VALID;
}

static enum block_fault check_fields(const struct header *header,
                                     const struct rules *rules,
                                     char *text)
{
    unsigned fields = header_field_count(rules->fork);
    if (header->field_count == fields) return BLOCK_VALID;
    return block_fault_say(text,
                           BLOCK_FIELDS,
                           "header: expected %u fields in %s, got %u",
                           fields,
                           fork_name(rules->fork),
                           header->field_count);
}

static enum block_fault check_sizes(const struct header *header, char *text)
{
    if (header->extra_data.size > EXTRA_DATA_MAX)
        return block_fault_say(text,
                               BLOCK_EXTRA_DATA,
                               "extra data: expected at most %d bytes, got %zu",
                               EXTRA_DATA_MAX,
                               header->extra_data.size);
    if (header->gas_limit > GAS_LIMIT_MAX)
        return block_fault_say(text,
                               BLOCK_GAS_LIMIT,
                               "gas limit: expected at most %" PRIu64 ", got %" PRIu64,
                               (uint64_t)GAS_LIMIT_MAX,
                               header->gas_limit);
    if (header->gas_used > header->gas_limit)
        return block_fault_say(text,
                               BLOCK_GAS_USED_ABOVE_LIMIT,
                               "gas used: expected at most the gas limit %" PRIu64 ", got %" PRIu64,
                               header->gas_limit,
                               header->gas_used);
    return BLOCK_VALID;
}

static enum block_fault check_gas_limit(const struct header *header,
                                        const struct header *parent,
                                        const struct rules *rules,
                                        char *text)
{
    bool first_london = rules->fork >= FORK_LONDON && !has_base_fee(parent);
    uint64_t parent_limit = first_london ? parent->gas_limit * ELASTICITY : parent->gas_limit;
    if (gas_limit_is_allowed(header->gas_limit, parent_limit)) return BLOCK_VALID;
    return block_fault_say(text,
                           BLOCK_GAS_LIMIT,
                           "gas limit: expected at least %d and less than %" PRIu64
                           " away from %" PRIu64 ", got %" PRIu64,
                           GAS_LIMIT_MIN,
                           parent_limit / GAS_LIMIT_BOUND_DIVISOR,
                           parent_limit,
                           header->gas_limit);
}

static enum block_fault check_number_field(
    char *text, enum block_fault fault, const char *name, u256 expected, u256 got)
{
    char expected_text[U256_DECIMAL_SIZE], got_text[U256_DECIMAL_SIZE];
    if (u256_equal(expected, got)) return BLOCK_VALID;
    return block_fault_say(text,
                           fault,
                           "%s: expected %s, got %s",
                           name,
                           u256_to_decimal(expected_text, expected),
                           u256_to_decimal(got_text, got));
}

static enum block_fault check_place(const struct header *header,
                                    const struct header *parent,
                                    char *text)
{
    if (!hash32_equal(&header->parent_hash, &parent->hash)) {
        char expected[HEX_HASH_SIZE], got[HEX_HASH_SIZE];
        return block_fault_say(text,
                               BLOCK_PARENT_UNKNOWN,
                               "parent hash: expected %s, got %s",
                               hex_hash(expected, &parent->hash),
                               hex_hash(got, &header->parent_hash));
    }
    if (header->number == 0 || header->number - 1 != parent->number)
        return block_fault_say(text,
                               BLOCK_NUMBER,
                               "number: expected %" PRIu64 ", got %" PRIu64,
                               parent->number + 1,
                               header->number);
    if (header->timestamp <= parent->timestamp)
        return block_fault_say(text,
                               BLOCK_TIMESTAMP,
                               "timestamp: expected more than the parent's %" PRIu64
                               ", got %" PRIu64,
                               parent->timestamp,
                               header->timestamp);
    return BLOCK_VALID;
}

static enum block_fault check_difficulty(const struct header *header,
                                         const struct header *parent,
                                         const struct rules *rules,
                                         char *text)
{
    struct difficulty_input input = {
        .parent_difficulty = parent->difficulty,
        .parent_timestamp = parent->timestamp,
        .timestamp = header->timestamp,
        .number = header->number,
        .parent_has_ommers = !hash32_equal(&parent->ommers_hash, &ommers_hash_empty),
    };
    return check_number_field(
        text, BLOCK_DIFFICULTY, "difficulty", difficulty_after(&input, rules), header->difficulty);
}

/* What follows from the parent by a formula. */
static enum block_fault check_formulas(const struct header *header,
                                       const struct header *parent,
                                       const struct rules *rules,
                                       char *text)
{
    enum block_fault fault = BLOCK_VALID;
    if (rules->fork < FORK_PARIS) fault = check_difficulty(header, parent, rules, text);
    if (fault == BLOCK_VALID && rules->fork >= FORK_LONDON)
        fault = check_number_field(
            text, BLOCK_BASE_FEE, "base fee", base_fee_after(parent), header->base_fee);
    if (fault == BLOCK_VALID && rules->fork >= FORK_CANCUN)
        fault = check_number_field(text,
                                   BLOCK_EXCESS_BLOB_GAS,
                                   "excess blob gas",
                                   u256_from_u64(excess_blob_gas_after(parent, rules)),
                                   u256_from_u64(header->excess_blob_gas));
    return fault;
}

/* The order decides which of several faults is named; the official tests know it (the gas limit comes before the fields). */
enum block_fault header_check(const struct header *header,
                              const struct header *parent,
                              const struct rules *rules,
                              char *text)
{
    enum block_fault fault = check_sizes(header, text);
    if (fault == BLOCK_VALID && parent != NULL) fault = check_place(header, parent, text);
    if (fault == BLOCK_VALID && parent != NULL)
        fault = check_gas_limit(header, parent, rules, text);
    if (fault == BLOCK_VALID) fault = check_fields(header, rules, text);
    if (fault == BLOCK_VALID && rules->fork >= FORK_PARIS) fault = check_pos(header, text);
    if (fault == BLOCK_VALID && parent != NULL) fault = check_formulas(header, parent, rules, text);
    return fault;
}
