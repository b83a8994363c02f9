/* rlp_read.h - strict, zero-copy reading of RLP (Yellow Paper, appendix B).
 *
 * Only the one canonical encoding is accepted: shortest length form, single bytes below 0x80 as
 * themselves, integers without leading zeros. Items borrow from the input.
 *
 * Words
 *   head      the bytes before a payload, which say kind and length; a single byte has none
 *   payload   what an item holds: the characters of a string, the items of a list
 *
 * Rules
 *   R1  Nothing outside the input is ever read, whatever a length claims.
 *   R2  After a fault the input stands where it stood and the output is not touched.
 *   R3  A call looks at one item, never inside it: no recursion, nesting costs nothing here.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

/*  code, text for people */
/* clang-format off */
#define RLP_FAULT_LIST(X)                                                                          \
    X(RLP_OK, "well formed")                                                                       \
    X(RLP_EOF, "the input ends inside an item")                                                    \
    X(RLP_SIZE_LEADING_ZEROS, "a length has a leading zero byte")                                  \
    X(RLP_SIZE_NOT_SHORTEST, "a length or single byte has a shorter form")                         \
    X(RLP_NOT_A_LIST, "a string where a list was expected")                                        \
    X(RLP_NOT_A_STRING, "a list where a string was expected")                                      \
    X(RLP_LEADING_ZEROS, "an integer has a leading zero byte")                                     \
    X(RLP_TOO_WIDE, "a string is longer than its field")                                           \
    X(RLP_TOO_SHORT, "a string is shorter than its field")                                         \
    X(RLP_TRAILING, "bytes or items follow where the end was expected")
/* clang-format on */

enum rlp_fault {
#define X(code, text) code,
    RLP_FAULT_LIST(X)
#undef X
        RLP_FAULT_COUNT,
};

/* For people; static. */
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

/* The one item that `input` is, with nothing behind it, demanded to be a list; `out` is the payload. */
enum rlp_fault rlp_only_list(struct bytes input, struct bytes *out) MUST_CHECK;

/* How many items `list` (a list payload) has, if all are well formed at the top level. */
enum rlp_fault rlp_count(struct bytes list, size_t *out) MUST_CHECK;
