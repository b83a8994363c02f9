/* evm_world.h - a small world to run messages in: accounts, a block, a machine, and a view that can be told to block.
 *
 *     struct world *world = world_new(FORK_OSAKA);
 *     world_account(world, CONTRACT, 0, bytecode("1 2 ADD"));
 *     struct outcome out = world_call(world, 100000);
 *     CHECK_EQ(out.gas_used, 9);
 *
 * Accounts are named by small numbers: number n is the address 0x1000...00n. Worlds live until world_free.
 */
#pragma once

#include "base/arena.h"
#include "evm/machine.h"

enum { SENDER = 1, CONTRACT = 2, OTHER = 3, THIRD = 4, COINBASE = 5, NOBODY = 6 };

#define WORLD_ACCOUNTS_MAX 32
#define WORLD_SLOTS_MAX    64
#define WORLD_READS_MAX    4096

struct world_account {
    address who;
    u256 balance;
    uint64_t nonce;
    hash32 code_hash;
    struct bytes code;
};

struct world_slot {
    address who;
    u256 key, value;
};

/* One place that was read, for views that block the first few times. */
struct world_read {
    address who;
    u256 key;
    unsigned kind, asked;
};

struct world {
    struct block_env env;
    struct tx_env tx;
    struct world_account accounts[WORLD_ACCOUNTS_MAX];
    size_t account_count;
    struct world_slot slots[WORLD_SLOTS_MAX];
    size_t slot_count;

    unsigned block_times; /* every read is blocked so many times before it is answered */
    unsigned fail_read;   /* the n-th read, from 1, fails; 0: none */
    struct world_read reads[WORLD_READS_MAX];
    size_t read_count;
    unsigned
        parts_read[WORLD_ACCOUNTS_MAX]; /* enum view_part asked for, by number of the account */

    struct code_cache *codes;
    struct machine *machine;
    const struct tracer *tracer;
};

/* What came of a message. */
struct outcome {
    enum halt halt;
    bool ended;
    int64_t gas_used, refund;
    struct bytes output; /* lives until the next run */
    hash32 state;        /* digest of all that the journal knows, logs included */
    size_t log_count;
    unsigned pauses; /* how often it was blocked */
};

struct world *world_new(enum fork fork);
void world_free(struct world *world);

address world_address(unsigned number);
struct world_account *world_account(struct world *world,
                                    unsigned number,
                                    uint64_t balance,
                                    struct bytes code);
void world_slot(struct world *world, unsigned number, uint64_t key, uint64_t value);

/* What the machine reads from, for tests that run something else than a message. */
struct view world_view(struct world *world);

/* A message from SENDER to CONTRACT; sender, contract and coinbase are warm. */
struct message world_message(struct world *world, int64_t gas);
struct outcome world_call(struct world *world, int64_t gas);
struct outcome world_call_with(struct world *world,
                               int64_t gas,
                               uint64_t value,
                               struct bytes input);
struct outcome world_create(struct world *world, int64_t gas, uint64_t value, struct bytes init);
struct outcome world_run(struct world *world, const struct message *message);

/* After a run. */
struct account_entry *world_entry(struct world *world, const address *who);
u256 world_balance(struct world *world, const address *who);         /* as it is now */
u256 world_word(struct world *world, unsigned number, uint64_t key); /* a slot as it is now */

/* The first 32 bytes of the output as a number; fails the test when there are fewer. */
u256 outcome_word(const struct outcome *outcome);

/* Run `text` as CONTRACT's code with plenty of gas; the fork is world's. */
struct outcome world_program(struct world *world, const char *text);
