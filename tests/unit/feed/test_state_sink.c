/* A state poured from memory into memory is the same state. */
#include "crypto/keccak.h"
#include "feed/state_sink.h"
#include "support/test.h"

static struct error error;

TEST(a_state_poured_into_another_is_the_same)
{
    struct memory_state *from = memory_state_new(), *to = memory_state_new();
    struct state_sink sink = state_sink_memory(to);
    struct arena arena;
    hash32 code_hash, from_root, to_root;
    arena_init(&arena, 4096, 0);
    CHECK_EQ(memory_state_add_code(from, bytes_of("abc", 3), &code_hash), PEVM_OK);
    for (unsigned i = 0; i < 300; i++) {
        address who = {
            {(uint8_t)i, (uint8_t)(i >> 8)}
        };
        u256 number = u256_from_u64(i);
        CHECK_EQ(memory_state_set_account(
                     from, &who, i, &number, i % 2 == 0 ? &keccak_empty : &code_hash),
                 PEVM_OK);
        for (unsigned k = 0; k < i % 4; k++) {
            u256 slot = u256_from_u64(k);
            CHECK_EQ(memory_state_set_slot(from, &who, &slot, &number), PEVM_OK);
        }
    }
    CHECK_EQ(state_sink_put_all(&sink, from, &error), PEVM_OK);
    CHECK_EQ(memory_state_account_count(to), 300);
    CHECK_EQ(memory_state_root(from, &from_root, &arena), PEVM_OK);
    CHECK_EQ(memory_state_root(to, &to_root, &arena), PEVM_OK);
    CHECK(hash32_equal(&from_root, &to_root));
    arena_fini(&arena);
    memory_state_free(from);
    memory_state_free(to);
}

static enum pevm_status refuse(void *context, const struct sink_account *account, struct error *out)
{
    (void)context;
    (void)account;
    return error_set(out, PEVM_UNAVAILABLE, "not now");
}

TEST(a_sink_that_refuses_stops_it)
{
    struct memory_state *from = memory_state_new();
    struct state_sink sink = state_sink_memory(from);
    address who = {{1}};
    CHECK_EQ(memory_state_set_account(from, &who, 0, &U256_ZERO, &keccak_empty), PEVM_OK);
    sink.account = refuse;
    CHECK_EQ(state_sink_put_all(&sink, from, &error), PEVM_UNAVAILABLE);
    CHECK_TEXT(error.text, "not now");
    memory_state_free(from);
}
