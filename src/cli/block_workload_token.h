/* block_workload_token.h - the public ERC-20 token in a pre-state. */
#pragma once

#include "cli/block_workload_maker.h"

#define TOKEN_GAS_LIMIT 35000

struct workload_token {
    address who;
};

/* The token's code, read once; empty when it could not be (the maker has failed then). */
struct bytes token_code(struct workload_maker *maker);

/* A token of that name at a new address, or at `who` when it is not NULL. */
struct workload_token token_make(struct workload_maker *maker,
                                 struct bytes code,
                                 const char *name,
                                 const char *symbol,
                                 const address *who);
void token_set_balance(struct workload_maker *maker,
                       const struct workload_token *token,
                       const address *holder,
                       const u256 *amount);
void token_set_allowance(struct workload_maker *maker,
                         const struct workload_token *token,
                         const address *holder,
                         const address *spender,
                         const u256 *amount);

/* A transfer by a transaction. */
void token_send(struct workload_maker *maker,
                const struct workload_token *token,
                struct workload_sender *from,
                const address *to,
                uint64_t amount);

/* Everybody may send a great deal. */
void token_give_all(struct workload_maker *maker,
                    const struct workload_token *token,
                    const struct workload_sender *people,
                    size_t count);

/* Transfers between people as the shape says. */
void token_add_transfers(struct workload_maker *maker,
                         const struct workload_token *token,
                         struct workload_sender *people,
                         size_t people_count,
                         enum workload_shape shape,
                         size_t txs);

/* What each person has: 4,567 ether, and 1 token of 18 decimals. */
u256 person_ether(void);
u256 token_unit(void);
/* 111,111 tokens: in a market; the supply is twice as much. */
u256 market_tokens(void);
