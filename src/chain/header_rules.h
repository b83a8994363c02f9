/* header_rules.h - what a header must be, given its parent and the rules in force (rules, sections 2, 4 and 5). Pure
 * functions: no state, no chain, no ommers.
 *
 * The checks return the first fault; `text` (room: ERROR_TEXT_MAX) then says what was expected and what came.
 */
#pragma once

#include "base/u256.h"
#include "chain/block_fault.h"
#include "chain/chain.h"
#include "types/header.h"

#define GAS_LIMIT_MIN 5000
#define GAS_LIMIT_MAX INT64_MAX /* gas is counted in int64_t */

/* How many fields a header has under these rules: 15, 16, 17, 20 or 21. */
unsigned header_field_count(enum fork fork);

/* Strictly less than parent / 1024 away, at least 5000. On the first London block the parent counts double. */
bool gas_limit_is_allowed(uint64_t gas_limit, uint64_t parent_gas_limit);

/* EIP-1559: of the child of `parent`; `parent` has a base fee unless the child is the first London block. */
u256 base_fee_after(const struct header *parent);

/* Difficulty of a proof-of-work block (Yellow Paper, equations 44 to 52, and the bombs' delays). */
struct difficulty_input {
    u256 parent_difficulty;
    uint64_t parent_timestamp, timestamp, number;
    bool parent_has_ommers;
};
u256 difficulty_after(const struct difficulty_input *input, const struct rules *rules);

/* EIP-4844, 7918: of the child whose rules these are; 0 fields count when the parent has none. */
uint64_t excess_blob_gas_after(const struct header *parent, const struct rules *rules);

/* The price of a unit of blob gas in a block with that excess. U256_MAX when it is larger than that. */
u256 blob_base_fee(uint64_t excess_blob_gas, uint64_t update_fraction);

/* The DAO fork's mark in the extra data of its first blocks. `dao_number` may be FORK_NEVER. */
enum block_fault header_check_dao(const struct header *header,
                                  uint64_t dao_number,
                                  char *text) MUST_CHECK;

/* Everything but the two above and below: what can be said of a header alone, and with its parent (may be NULL). The
 * parent's hash is filled. */
enum block_fault header_check(const struct header *header,
                              const struct header *parent,
                              const struct rules *rules,
                              char *text) MUST_CHECK;

/* Blob gas within the limit, whole blobs; from Cancun on. Apart, because a transaction with too many blobs is the better
 * reason to give. */
enum block_fault header_check_blob_gas(const struct header *header,
                                       const struct rules *rules,
                                       char *text) MUST_CHECK;
