/* block.h - a block: header, transactions, ommers, withdrawals. */
#pragma once

#include "base/error.h"
#include "types/header.h"
#include "types/tx.h"

/* EIP-4895; `amount` in Gwei. */
struct withdrawal {
    uint64_t index, validator, amount;
    address to;
};

struct block {
    struct header header;
    struct tx *txs;
    size_t tx_count;
    struct header *ommers;
    size_t ommer_count;
    struct withdrawal *withdrawals;
    size_t withdrawal_count;
    bool has_withdrawals;   /* the body has a (maybe empty) list of them: Shanghai on */
    uint64_t encoding_size; /* bytes of RLP, for EIP-7934; 0 = not known */
};

/* Where and why a block did not decode. */
struct block_fault_place {
    enum rlp_fault rlp;    /* RLP_OK when a transaction is at fault */
    enum tx_fault tx;      /* TX_VALID when something else is */
    enum rlp_fault tx_rlp; /* inside of the transaction */
    size_t tx_index;
    const char
        *part;    /* "header", "transactions", "ommers", "withdrawals"; NULL: the block itself */
    size_t index; /* in that list; SIZE_MAX: the list itself, or the header */
    const char *field; /* "gasLimit"; NULL: the part itself. All texts are static */
};

/* Decode rlp([header, txs, ommers]) or with withdrawals. Borrows from `encoding`; lists live in the arena and take
 * memory in proportion to the bytes given. PEVM_BAD_INPUT with a text that names field and reason; `place` (may be NULL)
 * for those who match reasons. */
enum pevm_status block_decode(struct block *out,
                              struct bytes encoding,
                              struct arena *arena,
                              struct block_fault_place *place,
                              struct error *error) MUST_CHECK;

/* The whole block as RLP in the arena; false when memory runs out. Transactions are written from their `encoding`,
 * or from their fields when it is empty. */
bool block_encode(struct bytes *out, const struct block *block, struct arena *arena) MUST_CHECK;

/* One withdrawal as rlp([index, validator, address, amount]); the leaf of the withdrawals trie. */
bool withdrawal_encode(struct bytes *out,
                       const struct withdrawal *withdrawal,
                       struct arena *arena) MUST_CHECK;
