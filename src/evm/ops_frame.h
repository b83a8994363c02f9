/* ops_frame.h - instructions that read the frame, its memory or what the transaction gives. The rules of ops_word.h. */
#pragma once

#include "crypto/keccak.h"
#include "evm/interp_memory.h"
#include "evm/ops_word.h"

ALWAYS_INLINE void op_keccak256(u256 *top, const uint8_t *memory)
{
    hash32 hash;
    uint64_t size = top[-1].words[0];
    keccak256(&hash, size == 0 ? memory : memory + top->words[0], size);
    top[-1] = u256_from_hash(&hash);
}

/* Near or behind the end of the input: zeros follow it. */
void op_calldataload_edge(u256 *top, struct bytes input);

ALWAYS_INLINE void op_calldataload(u256 *top, struct bytes input)
{
    uint64_t offset = top->words[0];
    if (likely(u256_fits_u64(*top) && offset < input.size && input.size - offset >= 32))
        *top = u256_from_be(input.data + offset);
    else
        op_calldataload_edge(top, input);
}

/* memory[top[0] ..] := source[top[-1] ..], top[-2] bytes; the memory is there. */
ALWAYS_INLINE void op_copy(const u256 *top, uint8_t *memory, struct bytes source)
{
    if (top[-2].words[0] > 0)
        memory_copy_padded(memory + top->words[0], top[-2].words[0], source, top - 1);
}

ALWAYS_INLINE void op_mcopy(const u256 *top, uint8_t *memory)
{
    if (top[-2].words[0] > 0)
        memmove(memory + top[0].words[0], memory + top[-1].words[0], top[-2].words[0]);
}

/* Is [offset, offset + size) within `limit` bytes? */
ALWAYS_INLINE bool op_is_within(const u256 *offset, const u256 *size, uint64_t limit)
{
    return u256_fits_u64(*offset) && u256_fits_u64(*size) && offset->words[0] <= limit &&
           size->words[0] <= limit - offset->words[0];
}

/* The offset of a range that memory_pay accepted: one of size 0 may begin anywhere. */
ALWAYS_INLINE uint64_t op_offset(const u256 *offset, const u256 *size)
{
    return size->words[0] == 0 ? 0 : offset->words[0];
}

ALWAYS_INLINE bool op_can_jump(const struct frame *frame, const u256 *target)
{
    uint64_t to = target->words[0];
    return u256_fits_u64(*target) && to < frame->code_size &&
           (frame->jumpdests[to / 64] >> (to % 64) & 1) != 0;
}

ALWAYS_INLINE void op_blobhash(u256 *top, const struct tx_env *tx)
{
    if (u256_fits_u64(*top) && top->words[0] < tx->blob_count)
        *top = u256_from_hash(&tx->blob_hashes[top->words[0]]);
    else
        *top = U256_ZERO;
}
