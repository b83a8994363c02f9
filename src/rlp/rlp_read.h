/* rlp_read.h - strict, zero-copy reading of RLP (Yellow Paper, appendix B).
 *
 * Only the one canonical encoding is accepted: shortest length form, single bytes below 0x80 as
 * themselves, integers without leading zeros. Items borrow from the input.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

enum rlp_fault {
    RLP_OK,
    RLP_EOF,                 /* the input ends inside an item */
    RLP_SIZE_LEADING_ZEROS,  /* a length has a leading zero byte */
    RLP_SIZE_NOT_SHORTEST,   /* a length or single byte has a shorter form */
    RLP_NOT_A_LIST,
    RLP_NOT_A_STRING,
    RLP_LEADING_ZEROS,       /* an integer has a leading zero byte */
    RLP_TOO_WIDE,            /* a string is longer than its field */
    RLP_TOO_SHORT,           /* a string is shorter than its field */
    RLP_TRAILING,            /* bytes or items follow where the end was expected */
};

const char *rlp_fault_text(enum rlp_fault fault);

struct rlp_item {
    bool is_list;
    struct bytes payload; /* without the head */
    struct bytes whole;   /* with the head */
};

/* Take the next item off the front of `input`. */
enum rlp_fault rlp_next(struct bytes *input, struct rlp_item *out) MUST_CHECK;

/* Take the next item and demand its kind; `out` is the payload. */
enum rlp_fault rlp_next_list(struct bytes *input, struct bytes *out) MUST_CHECK;
enum rlp_fault rlp_next_string(struct bytes *input, struct bytes *out) MUST_CHECK;

/* Take the next string as an integer or as exactly `size` bytes. */
enum rlp_fault rlp_next_u64(struct bytes *input, uint64_t *out) MUST_CHECK;
enum rlp_fault rlp_next_u256(struct bytes *input, u256 *out) MUST_CHECK;
enum rlp_fault rlp_next_fixed(struct bytes *input, void *out, size_t size) MUST_CHECK;

/* How many items `list` (a list payload) has, if all are well formed at the top level. */
enum rlp_fault rlp_count(struct bytes list, size_t *out) MUST_CHECK;
