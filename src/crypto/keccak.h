/* keccak.h - Keccak-256 with the original 0x01 padding (Yellow Paper, section 3), one or many at a time. */
#pragma once

#include "base/bytes.h"

void keccak256(hash32 *out, const void *data, size_t size);

/* `count` independent hashes; four or eight at a time where the processor can. Same results. */
void keccak256_many(hash32 *out, const struct bytes *inputs, size_t count);

/* Hash of the empty string: the code hash of an account without code. */
extern const hash32 keccak_empty;
/* Hash of rlp("") (0x80): the root of the empty trie. */
extern const hash32 keccak_empty_trie;
/* Hash of rlp([]) (0xc0): the ommers hash of a block without ommers. */
extern const hash32 keccak_empty_list;
