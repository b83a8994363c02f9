/* header.h - block headers of every fork (Yellow Paper, section 4.4; fields appended by EIP-1559, 4895, 4844,
 * 4788, 7685). */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/u256.h"
#include "rlp/rlp_read.h"
#include "types/bloom.h"

/* Yellow Paper, section 4.4.4; longer ones decode, and are refused by the header rules. */
#define EXTRA_DATA_MAX 32

#define HEADER_FIELDS_MIN 15 /* Frontier */
#define HEADER_FIELDS_MAX 21 /* Prague */

struct header {
    hash32 parent_hash, ommers_hash;
    address coinbase;
    hash32 state_root, transactions_root, receipts_root;
    bloom bloom;
    u256 difficulty;
    uint64_t number, gas_limit, gas_used, timestamp;
    struct bytes extra_data;
    hash32 mix_hash; /* PREVRANDAO from Paris on */
    uint8_t nonce[8];

    /* Fields 16 to 21; how many the encoding had. 15, 16 (London), 17 (Shanghai), 20 (Cancun), 21 (Prague). Those
     * that it had not are zero. */
    uint8_t field_count;
    u256 base_fee;
    hash32 withdrawals_root;
    uint64_t blob_gas_used, excess_blob_gas;
    hash32 parent_beacon_root, requests_hash;

    hash32 hash; /* of the encoding; filled by header_decode */
};

/* Decode the payload-bearing item `whole` (an RLP list with its head, and nothing behind it). 15 to 21 fields are
 * accepted here; which of them a fork wants is for chain/header_rules to say. Borrows extra_data. On a fault *field (may
 * be NULL) names it ("gasLimit"; static), or is NULL when the list itself is at fault; too few fields are RLP_EOF at the
 * first that is missing, too many RLP_TRAILING at the last. */
enum rlp_fault header_decode(struct header *out, struct bytes whole, const char **field) MUST_CHECK;

/* Encode with the first `field_count` fields; false when memory runs out. */
bool header_encode(struct bytes *out, const struct header *header, struct arena *arena) MUST_CHECK;

/* keccak256 of header_encode. `scratch` is released again. */
bool header_hash(hash32 *out, const struct header *header, struct arena *scratch) MUST_CHECK;
