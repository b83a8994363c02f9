/* block_workload_maker.h - what the kinds of block workloads are put together with.
 *
 * The first failure is kept (`status`, `error`), and every later call does nothing: so a kind reads as a recipe, without
 * a test after each line. What lists it gets may then be shorter than asked for, never NULL with a count.
 */
#pragma once

#include "base/rng.h"
#include "cli/block_workload.h"

/* An account that sends transactions. */
struct workload_sender {
    address who;
    uint64_t nonce; /* of the next one */
};

struct workload_maker {
    const struct block_workload_plan *plan;
    const struct block_workload_kind *kind;
    struct block_workload *out;
    struct rng rng;
    size_t tx_capacity;
    enum pevm_status status;
    struct error *error;
};

/* How a transaction is, but for sender and nonce. */
struct workload_call {
    address to;
    uint64_t value;
    uint64_t gas_limit;
    struct bytes data; /* copied */
};

bool maker_ok(const struct workload_maker *maker);
void maker_fail(struct workload_maker *maker, enum pevm_status status);

/* Room for so many transactions. */
void maker_expect(struct workload_maker *maker, size_t txs);
void maker_add_tx(struct workload_maker *maker,
                  struct workload_sender *from,
                  const struct workload_call *call);

address maker_new_address(struct workload_maker *maker);
void maker_set_account(struct workload_maker *maker,
                       const address *who,
                       uint64_t nonce,
                       const u256 *balance);
void maker_set_contract(struct workload_maker *maker, const address *who, struct bytes code);
void maker_set_slot(struct workload_maker *maker, const address *who, u256 slot, u256 value);

/* Accounts with that much ether each; addresses by chance, or from `first` on when it is not 0. In the workload's arena. */
struct workload_sender *maker_people(struct workload_maker *maker,
                                     size_t count,
                                     uint64_t first,
                                     uint64_t nonce,
                                     const u256 *balance);

/* Two accounts out of `count` for transaction `index` of `txs`, as the shape says. */
struct workload_pair {
    size_t from, to;
};
struct workload_pair maker_pair(struct workload_maker *maker,
                                enum workload_shape shape,
                                size_t index,
                                size_t txs,
                                size_t count);

/* How many accounts a shape wants for so many transactions. */
size_t maker_people_count(const struct workload_maker *maker,
                          enum workload_shape shape,
                          size_t txs);

/* Where Solidity puts the value of `key` in the mapping at `slot`. */
u256 mapping_slot(u256 key, u256 slot);

/* Selector and words of a call, in `out`. */
#define CALL_WORDS_MAX 3
struct workload_input {
    uint8_t bytes[4 + 32 * CALL_WORDS_MAX];
    size_t size;
};
struct workload_input call_input(uint32_t selector, const u256 *words, size_t count);

/* The kinds (block_workload.def). */
void make_payments(struct workload_maker *maker, size_t txs);
void make_tokens(struct workload_maker *maker, size_t txs);
void make_swaps(struct workload_maker *maker, size_t txs);
void make_hybrid(struct workload_maker *maker, size_t txs);
void make_program(struct workload_maker *maker, size_t txs);
void make_recipe(struct workload_maker *maker, size_t txs);

/* Parts of them. */
void maker_add_payments(struct workload_maker *maker,
                        struct workload_sender *people,
                        size_t people_count,
                        enum workload_shape shape,
                        size_t txs);
