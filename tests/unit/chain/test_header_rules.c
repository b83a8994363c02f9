#include "chain/header_rules.h"
#include "fixture/field.h"
#include "fixture/input.h"
#include "fixture/json.h"
#include "support/test.h"

#include <stdio.h>

static char text[ERROR_TEXT_MAX];

/* keccak256(rlp([])) */
static const char no_ommers[] = "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";

static hash32 hash_of(const char *hex)
{
    hash32 hash;
    memcpy(hash.bytes, test_hex(hex).data, sizeof hash.bytes);
    return hash;
}

/* A header that its child below fits. */
static struct header parent_header(enum fork fork)
{
    struct header header = {
        .number = 100,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .gas_used = 15000000,
        .field_count = (uint8_t)header_field_count(fork),
        .ommers_hash = hash_of(no_ommers),
        .hash = {{1, 2, 3}},
    };
    if (fork < FORK_PARIS) header.difficulty = u256_from_u64(1 << 20);
    if (fork >= FORK_LONDON) header.base_fee = u256_from_u64(1000000000);
    return header;
}

static struct header child_header(const struct header *parent, const struct rules *rules)
{
    struct header header = *parent;
    header.parent_hash = parent->hash;
    header.number++;
    header.timestamp += 12;
    if (rules->fork < FORK_PARIS) {
        struct difficulty_input input = {
            .parent_difficulty = parent->difficulty,
            .parent_timestamp = parent->timestamp,
            .timestamp = header.timestamp,
            .number = header.number,
        };
        header.difficulty = difficulty_after(&input, rules);
    }
    if (rules->fork >= FORK_LONDON) header.base_fee = base_fee_after(parent);
    if (rules->fork >= FORK_CANCUN) header.excess_blob_gas = excess_blob_gas_after(parent, rules);
    header.field_count = (uint8_t)header_field_count(rules->fork);
    return header;
}

static enum block_fault check(const struct header *header,
                              const struct header *parent,
                              const struct rules *rules)
{
    text[0] = 0;
    enum block_fault fault = header_check(header, parent, rules, text);
    return fault == BLOCK_VALID ? header_check_blob_gas(header, rules, text) : fault;
}

/* ---- formulas -------------------------------------------------------------------------------- */

TEST(gas_limits_move_by_less_than_a_1024th)
{
    CHECK(gas_limit_is_allowed(30000000, 30000000));
    CHECK(gas_limit_is_allowed(30000000 + 29295, 30000000));
    CHECK(!gas_limit_is_allowed(30000000 + 29296, 30000000));
    CHECK(gas_limit_is_allowed(30000000 - 29295, 30000000));
    CHECK(!gas_limit_is_allowed(30000000 - 29296, 30000000));
    CHECK(gas_limit_is_allowed(5000, 5003));
    CHECK(!gas_limit_is_allowed(4999, 5000));
    CHECK(!gas_limit_is_allowed(1000, 1000));
}

TEST(base_fees_follow_the_gas_used)
{
    static const struct {
        uint64_t used, base_fee, expected;
    } cases[] = {
        {15000000, 1000000000, 1000000000},
        {30000000, 1000000000, 1125000000},
        {0,        1000000000, 875000000 },
        {15000001, 1000000000, 1000000008},
        {14999999, 1000000000, 999999992 },
        {15000001, 7,          8         }, /* rises by one at least */
        {0,        7,          7         },
        {0,        8,          7         },
        {0,        0,          0         },
        {30000000, 0,          1         },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct header parent = parent_header(FORK_LONDON);
        parent.gas_used = cases[i].used;
        parent.base_fee = u256_from_u64(cases[i].base_fee);
        CHECK_EQ(u256_low64(base_fee_after(&parent)), cases[i].expected);
    }
}

TEST(the_first_london_block_costs_one_gwei_and_doubles_the_gas)
{
    struct header parent = parent_header(FORK_BERLIN);
    struct rules rules = rules_of_fork(FORK_LONDON);
    struct header child = child_header(&parent, &rules);
    child.gas_limit = parent.gas_limit * 2;
    CHECK_EQ(u256_low64(child.base_fee), 1000000000);
    CHECK_EQ(check(&child, &parent, &rules), BLOCK_VALID);
    child.gas_limit = parent.gas_limit;
    CHECK_EQ(check(&child, &parent, &rules), BLOCK_GAS_LIMIT);
}

TEST(blob_prices_are_the_fake_exponential)
{
    static const struct {
        uint64_t excess, fraction, expected;
    } cases[] = {
  /* EIP-4844's function, computed with integers of any size */
        {0,         3338477,  1                    },
        {2314057,   3338477,  1                    },
        {2314058,   3338477,  2                    },
        {10485760,  3338477,  23                   },
        {148099578, 3338477,  18446739238971471609u},
        {10485760,  5007716,  8                    },
        {100000000, 11684671, 5209                 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        u256 price = blob_base_fee(cases[i].excess, cases[i].fraction);
        CHECK(u256_fits_u64(price));
        CHECK_EQ(u256_low64(price), cases[i].expected);
    }
    CHECK(u256_equal(blob_base_fee(UINT64_MAX, 3338477), U256_MAX));
}

TEST(excess_blob_gas_is_carried_over)
{
    static const struct {
        enum fork fork;
        uint64_t excess, used, base_fee, expected; /* in blobs, but base_fee */
    } cases[] = {
        {FORK_CANCUN, 0,  0, 7,          0 },
        {FORK_CANCUN, 0,  3, 7,          0 },
        {FORK_CANCUN, 0,  6, 7,          3 },
        {FORK_CANCUN, 2,  0, 7,          0 },
        {FORK_CANCUN, 10, 2, 1000000000, 9 },
        {FORK_PRAGUE, 10, 9, 1000000000, 13},
        {FORK_OSAKA,  10, 9, 7,          13}, /* execution is cheap: as before */
        {FORK_OSAKA,  10, 9, 1000000000, 13}, /* EIP-7918: 10 + 9 * (9 - 6) / 9 */
        {FORK_OSAKA,  10, 6, 1000000000, 12},
        {FORK_OSAKA,  10, 6, 7,          10},
        {FORK_OSAKA,  1,  3, 1000000000, 0 }, /* below the target it is zero all the same */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rules rules = rules_of_fork(cases[i].fork);
        struct header parent = parent_header(cases[i].fork);
        parent.excess_blob_gas = cases[i].excess * GAS_PER_BLOB;
        parent.blob_gas_used = cases[i].used * GAS_PER_BLOB;
        parent.base_fee = u256_from_u64(cases[i].base_fee);
        CHECK_EQ(excess_blob_gas_after(&parent, &rules), cases[i].expected * GAS_PER_BLOB);
    }
    struct rules strange = rules_of_fork(FORK_OSAKA);
    struct header osaka = parent_header(FORK_OSAKA);
    osaka.blob_gas_used = 3 * GAS_PER_BLOB;
    rules_set_blobs(&strange, &(struct blob_schedule){0, 0, 1}); /* nothing to divide by */
    CHECK_EQ(excess_blob_gas_after(&osaka, &strange), 3 * GAS_PER_BLOB);
    struct rules cancun = rules_of_fork(FORK_CANCUN);
    struct header shanghai = parent_header(FORK_SHANGHAI);
    shanghai.excess_blob_gas = 5 * GAS_PER_BLOB; /* no such field: not looked at */
    CHECK_EQ(excess_blob_gas_after(&shanghai, &cancun), 0);
}

/* ---- checks ---------------------------------------------------------------------------------- */

TEST(a_fitting_child_is_valid_in_every_fork)
{
    for (unsigned fork = 0; fork < FORK_COUNT; fork++) {
        struct rules rules = rules_of_fork(fork);
        struct header parent = parent_header(fork);
        struct header child = child_header(&parent, &rules);
        CHECK_EQ(check(&child, &parent, &rules), BLOCK_VALID);
        child.field_count++;
        CHECK_EQ(check(&child, &parent, &rules), BLOCK_FIELDS);
        child.field_count = (uint8_t)(child.field_count - 2);
        CHECK_EQ(check(&child, &parent, &rules), BLOCK_FIELDS);
    }
}

/* One thing wrong in a header of `fork`. */
static void expect_fault(enum fork fork,
                         void (*spoil)(struct header *child),
                         enum block_fault expected,
                         const char *said)
{
    struct rules rules = rules_of_fork(fork);
    struct header parent = parent_header(fork);
    struct header child = child_header(&parent, &rules);
    spoil(&child);
    enum block_fault fault = check(&child, &parent, &rules);
    if (fault != expected) fail_msg("%s (%s)", block_fault_name(fault), text);
    CHECK_TEXT(text, said);
}

static void spoil_number(struct header *child)
{
    child->number++;
}
static void spoil_timestamp(struct header *child)
{
    child->timestamp -= 12;
}
static void spoil_parent(struct header *child)
{
    child->parent_hash.bytes[0] = 9;
}
static void spoil_extra(struct header *child)
{
    child->extra_data = bytes_of("123456789012345678901234567890123", 33);
}
static void spoil_gas_limit(struct header *child)
{
    child->gas_limit = 60000000;
}
static void spoil_gas_limit_max(struct header *child)
{
    child->gas_limit = (uint64_t)1 << 63;
}
static void spoil_gas_used(struct header *child)
{
    child->gas_used = child->gas_limit + 1;
}
static void spoil_base_fee(struct header *child)
{
    child->base_fee = u256_from_u64(1);
}
static void spoil_difficulty(struct header *child)
{
    child->difficulty = u256_from_u64(1);
}
static void spoil_nonce(struct header *child)
{
    child->nonce[7] = 1;
}
static void spoil_ommers(struct header *child)
{
    child->ommers_hash.bytes[0] = 0;
}
static void spoil_excess(struct header *child)
{
    child->excess_blob_gas = 131072;
}
static void spoil_blob_gas_max(struct header *child)
{
    child->blob_gas_used = 7 * 131072;
}
static void spoil_blob_gas(struct header *child)
{
    child->blob_gas_used = 1;
}

TEST(each_mismatch_has_its_fault_and_its_words)
{
    expect_fault(FORK_FRONTIER, spoil_number, BLOCK_NUMBER, "number: expected 101, got 102");
    expect_fault(FORK_FRONTIER,
                 spoil_timestamp,
                 BLOCK_TIMESTAMP,
                 "timestamp: expected more than the parent's 1000, got 1000");
    expect_fault(FORK_PARIS,
                 spoil_parent,
                 BLOCK_PARENT_UNKNOWN,
                 "parent hash: expected "
                 "0x0102030000000000000000000000000000000000000000000000000000000000, got "
                 "0x0902030000000000000000000000000000000000000000000000000000000000");
    expect_fault(FORK_FRONTIER,
                 spoil_extra,
                 BLOCK_EXTRA_DATA,
                 "extra data: expected at most 32 bytes, got 33");
    expect_fault(
        FORK_LONDON,
        spoil_gas_limit,
        BLOCK_GAS_LIMIT,
        "gas limit: expected at least 5000 and less than 29296 away from 30000000, got 60000000");
    expect_fault(FORK_FRONTIER,
                 spoil_gas_limit_max,
                 BLOCK_GAS_LIMIT,
                 "gas limit: expected at most 9223372036854775807, got 9223372036854775808");
    expect_fault(FORK_FRONTIER,
                 spoil_gas_used,
                 BLOCK_GAS_USED_ABOVE_LIMIT,
                 "gas used: expected at most the gas limit 30000000, got 30000001");
    expect_fault(
        FORK_LONDON, spoil_base_fee, BLOCK_BASE_FEE, "base fee: expected 1000000000, got 1");
    expect_fault(
        FORK_HOMESTEAD, spoil_difficulty, BLOCK_DIFFICULTY, "difficulty: expected 1048576, got 1");
    expect_fault(FORK_PARIS,
                 spoil_difficulty,
                 BLOCK_POS_DIFFICULTY,
                 "difficulty: expected 0 after the merge, got 1");
    expect_fault(FORK_PARIS,
                 spoil_nonce,
                 BLOCK_POS_NONCE,
                 "nonce: expected 0 after the merge, got 0x0000000000000001");
    expect_fault(FORK_PARIS,
                 spoil_ommers,
                 BLOCK_POS_OMMERS,
                 "ommers hash: expected that of no ommers after the merge, got "
                 "0x00cc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
    expect_fault(FORK_CANCUN,
                 spoil_excess,
                 BLOCK_EXCESS_BLOB_GAS,
                 "excess blob gas: expected 0, got 131072");
    expect_fault(FORK_CANCUN,
                 spoil_blob_gas_max,
                 BLOCK_BLOB_GAS_ABOVE_LIMIT,
                 "blob gas used: expected at most 786432, got 917504");
    expect_fault(FORK_CANCUN,
                 spoil_blob_gas,
                 BLOCK_BLOB_GAS_USED,
                 "blob gas used: expected a multiple of 131072, got 1");
}

TEST(the_dao_forks_first_ten_blocks_carry_its_mark)
{
    struct header header = {.extra_data = bytes_of("dao-hard-fork", 13)};
    struct header plain = {.extra_data = bytes_of("dao-hard-fork ", 14)};
    for (uint64_t number = 4; number <= 15; number++) {
        header.number = plain.number = number;
        CHECK_EQ(header_check_dao(&header, 5, text), BLOCK_VALID);
        CHECK_EQ(header_check_dao(&plain, FORK_NEVER, text), BLOCK_VALID);
        CHECK_EQ(header_check_dao(&plain, 5, text),
                 number >= 5 && number < 15 ? BLOCK_EXTRA_DATA_DAO : BLOCK_VALID);
    }
}

/* ---- the official difficulty tests ----------------------------------------------------------- */

static u256 number_of(const struct json *object, const char *name)
{
    struct error error = {0};
    u256 value;
    if (field_u256(&value, object, name, &error) != PEVM_OK) fail_msg("%s", error.text);
    return value;
}

/* "0x00" and "0x01", or an ommers hash, or nothing at all. */
static bool parent_has_ommers(const struct json *given)
{
    if (field_is_absent(given, "parentUncles")) return false;
    u256 value = number_of(given, "parentUncles");
    hash32 none = hash_of(no_ommers);
    return !u256_is_zero(value) && !u256_equal(value, u256_from_hash(&none));
}

/* `rules` may be NULL: then mainnet's at that height. */
static void check_difficulty_case(const char *file,
                                  const struct json *given,
                                  const struct rules *rules)
{
    struct difficulty_input input = {
        .parent_difficulty = number_of(given, "parentDifficulty"),
        .parent_timestamp = u256_low64(number_of(given, "parentTimestamp")),
        .timestamp = u256_low64(number_of(given, "currentTimestamp")),
        .number = u256_low64(number_of(given, "currentBlockNumber")),
        .parent_has_ommers = parent_has_ommers(given),
    };
    struct rules of_mainnet = chain_rules(&chain_mainnet, input.number, 0, NULL);
    u256 difficulty = difficulty_after(&input, rules == NULL ? &of_mainnet : rules);
    if (!u256_equal(difficulty, number_of(given, "currentDifficulty")))
        fail_msg("%s: %.*s", file, (int)given->key.size, (const char *)given->key.data);
}

static size_t check_difficulty_cases(const char *file,
                                     const struct json *cases,
                                     const struct rules *rules)
{
    size_t count = 0;
    for (const struct json *given = cases->first; given != NULL; given = given->next, count++)
        check_difficulty_case(file, given, rules);
    return count;
}

/* { test: { "_info": .., fork: cases } } */
static size_t check_difficulty_tests(const char *file, const struct json *document)
{
    size_t count = 0;
    for (const struct json *test = document->first; test != NULL; test = test->next) {
        for (const struct json *cases = test->first; cases != NULL; cases = cases->next) {
            char name[64];
            enum fork fork;
            snprintf(
                name, sizeof name, "%.*s", (int)cases->key.size, (const char *)cases->key.data);
            if (strcmp(name, "_info") == 0) continue;
            if (!fork_by_name(&fork, name)) fail_msg("%s: fork \"%s\"", file, name);
            struct rules rules = rules_of_fork(fork);
            count += check_difficulty_cases(file, cases, &rules);
        }
    }
    return count;
}

static size_t check_difficulty_file(const struct input_file *file, struct arena *arena)
{
    static const char *const flat[] = {"difficultyMainNetwork.json",
                                       "difficultyCustomMainNetwork.json"};
    const struct json *document;
    struct error error = {0};
    bool is_flat = false;
    for (size_t i = 0; i < COUNT_OF(flat); i++)
        is_flat = is_flat || strstr(file->name, flat[i]) != NULL;
    if (!is_flat && strstr(file->name, "DifficultyTests/") == NULL) return 0;
    if (json_parse(&document, bytes_of(file->data, file->size), arena, &error) != PEVM_OK)
        fail_msg("%s", error.text);
    return is_flat ? check_difficulty_cases(file->name, document, NULL)
                   : check_difficulty_tests(file->name, document);
}

TEST(difficulties_are_those_of_the_official_tests)
{
    const char *path = fixtures_path("tests_misc.tar.zst");
    if (path == NULL) {
        print_message("skipped: no tests_misc.tar.zst\n");
        skip();
    }
    struct input *input;
    struct input_file file;
    struct error error = {0};
    bool found;
    struct arena arena;
    size_t passed = 0;
    arena_init(&arena, 1 << 20, 0);
    CHECK_EQ(input_open(&input, &path, 1, ".json", &error), PEVM_OK);
    while (input_next(input, &file, &found, &error) == PEVM_OK && found) {
        passed += check_difficulty_file(&file, &arena);
        arena_reset(&arena);
        input_file_fini(&file);
    }
    input_close(input);
    arena_fini(&arena);
    print_message("%zu cases\n", passed);
    CHECK_EQ(passed, 16338 + 2254 + 360);
}
