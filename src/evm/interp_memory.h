/* interp_memory.h - a frame's memory: what growing it costs, and growing it (Yellow Paper, appendix H, C_mem). */
#pragma once

#include "evm/machine_private.h"

/* Gas that memory_pay* give back instead of what is left. */
#define GAS_NONE_LEFT (-1)
#define GAS_NO_MEMORY INT64_MIN /* the reserved memory is used up: not the protocol's fault */

ALWAYS_INLINE enum halt memory_halt(int64_t gas)
{
    return gas == GAS_NO_MEMORY ? HALT_NO_MEMORY : HALT_OUT_OF_GAS;
}

ALWAYS_INLINE uint64_t words_of(uint64_t size)
{
    return (size + 31) / 32;
}

/* The end of [offset, offset + size), 0 when size is 0 (then no memory is touched). False when it lies so far that no
 * gas pays for it. */
ALWAYS_INLINE bool memory_range_end(const u256 *offset, const u256 *size, uint64_t *end)
{
    *end = 0;
    if (u256_is_zero(*size)) return true;
    if (!u256_fits_u64(*size) || !u256_fits_u64(*offset)) return false;
    if (size->words[0] > MEMORY_MAX || offset->words[0] > MEMORY_MAX) return false;
    *end = offset->words[0] + size->words[0];
    return true;
}

/* What it costs to have memory up to `end`, at most 2^38. */
ALWAYS_INLINE int64_t memory_growth_gas(const struct frame *frame, uint64_t end)
{
    if (likely(end <= frame->memory_size)) return 0;
    uint64_t words = words_of(end), words_now = frame->memory_size / 32;
    uint64_t cost = words * GAS_WORD_MEMORY + words * words / 512;
    return (int64_t)(cost - (words_now * GAS_WORD_MEMORY + words_now * words_now / 512));
}

/* Have zeroed memory up to `end` (rounded up to words); false when the reserved memory is used up. Costs no gas here. */
bool memory_grow_slow(struct frame *frame, uint64_t end) MUST_CHECK;

MUST_CHECK ALWAYS_INLINE bool memory_grow(struct frame *frame, uint64_t end)
{
    return likely(end <= frame->memory_size) || memory_grow_slow(frame, end);
}

/* Take back memory that a step grew before it found that it is blocked. */
void memory_shrink(struct frame *frame, uint64_t size);

/* Pay for [offset, offset + size) and `word_gas` per word of it, and grow. Gives the gas left, or one of the two above. */
int64_t memory_pay(
    struct frame *frame, const u256 *offset, const u256 *size, int64_t word_gas, int64_t gas);

/* The same for `size` bytes, at least one, and no price per word. */
int64_t memory_pay_bytes(struct frame *frame, const u256 *offset, uint64_t size, int64_t gas);

/* memory[to, to + size) := source from `from` on, with zeros behind its end. */
void memory_copy_padded(uint8_t *to, uint64_t size, struct bytes source, const u256 *from);

/* Does the output of the last call still lie where the child had its memory? */
ALWAYS_INLINE bool memory_holds_return_data(const struct machine *machine)
{
    return machine->return_data.size > 0 && machine->return_data.data >= machine->memory &&
           machine->return_data.data < machine->memory_end;
}
