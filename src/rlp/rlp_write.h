/* rlp_write.h - writing RLP without allocation: ask for the size, then put into your own buffer.
 *
 * Every rlp_put_* writes at `to` and returns the place behind what it wrote; rlp_size_* says how many bytes
 * that will be.
 *
 * A list whose size is tedious to say beforehand is written the other way round: leave RLP_HEAD_SIZE_MAX
 * bytes, put the items, then let rlp_close_list write the head in front of them.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"

#define RLP_HEAD_SIZE_MAX 9 /* a byte for the kind, eight for the length */

size_t rlp_size_bytes(struct bytes bytes);
size_t rlp_size_u64(uint64_t number);
size_t rlp_size_u256(const u256 *number);
size_t rlp_size_list(size_t payload_size); /* head and payload */

uint8_t *rlp_put_bytes(uint8_t *to, struct bytes bytes);
uint8_t *rlp_put_u64(uint8_t *to, uint64_t number);
uint8_t *rlp_put_u256(uint8_t *to, const u256 *number);
uint8_t *rlp_put_list_head(uint8_t *to, size_t payload_size); /* the payload follows */

/* Write the head of the list whose payload is [payload, end) so that it ends at `payload`; returns where it
 * begins. The RLP_HEAD_SIZE_MAX bytes before the payload must be the caller's. */
uint8_t *rlp_close_list(uint8_t *payload, const uint8_t *end);
