#include "cli/contract_code.h"
#include "crypto/keccak.h"
#include "support/test.h"

static struct arena arena;

static struct bytes code_of(const char *name, enum code_kind kind, enum fork fork)
{
    struct bytes code;
    CHECK(contract_code(&code, name, kind, fork, &arena));
    return code;
}

static bool contains(struct bytes code, uint8_t opcode_first, uint8_t opcode_second)
{
    for (size_t i = 0; i + 1 < code.size; i++)
        if (code.data[i] == opcode_first && code.data[i + 1] == opcode_second) return true;
    return false;
}

TEST(every_contract_has_a_form_for_frontier)
{
    static const char *const names[] = {"Token", "Pair", "Nft", "Nursery", "Churn"};
    arena_init(&arena, 1 << 16, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK(code_of(names[i], CODE_CREATION, FORK_FRONTIER).size > 300);
    arena_fini(&arena);
}

TEST(the_latest_form_that_the_fork_can_run_is_taken)
{
    arena_init(&arena, 1 << 16, 0);
    struct bytes frontier = code_of("Token", CODE_CREATION, FORK_FRONTIER);
    struct bytes paris = code_of("Token", CODE_CREATION, FORK_PARIS);
    struct bytes shanghai = code_of("Token", CODE_CREATION, FORK_SHANGHAI);
    struct bytes osaka = code_of("Token", CODE_CREATION, FORK_OSAKA);
    CHECK(bytes_equal(frontier, paris));
    CHECK(bytes_equal(shanghai, osaka));
    CHECK(!bytes_equal(paris, shanghai));
    CHECK(contains(shanghai, 0x5f, 0x5f)); /* PUSH0, twice */
    arena_fini(&arena);
}

TEST(system_contracts_come_as_runtime_code)
{
    static const char *const names[] = {
        "BeaconRoots", "BlockHashes", "WithdrawalRequests", "ConsolidationRequests", "Deposits"};
    arena_init(&arena, 1 << 16, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes code = code_of(names[i], CODE_RUNTIME, FORK_PRAGUE);
        CHECK(code.size > 50 && code.size <= 24576);
    }
    arena_fini(&arena);
}

TEST(no_memory_is_told)
{
    struct bytes code;
    arena_init(&arena, 64, 64);
    CHECK(!contract_code(&code, "Pair", CODE_CREATION, FORK_LONDON, &arena));
    arena_fini(&arena);
}
