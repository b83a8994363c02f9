#include "evm/interp_memory.h"

#include "base/assert.h"
#include "evm/ops_frame.h"

#include <string.h>

/* The output of the last call still lies where the child had its memory. A frame that grows would write over it. */
static void keep_return_data(struct frame *frame, const uint8_t *end)
{
    struct machine *machine = frame->machine;
    struct bytes *data = &machine->return_data;
    if (!memory_holds_return_data(machine) || data->data >= end) return;
    VERIFY(data->data >= frame->memory + frame->memory_size && data->size <= machine->memory_bytes);
    memcpy(machine->return_buffer, data->data, data->size);
    data->data = machine->return_buffer;
    if (machine->return_buffer + data->size > machine->return_high)
        machine->return_high = machine->return_buffer + data->size;
}

/* Whole words; nearly always one, for which a call is dear. (A loop over words becomes that call again.) */
static void zero_words(uint8_t *from, const uint8_t *end)
{
    if (likely(end - from == 32))
        memset(from, 0, 32);
    else
        memset(from, 0, (size_t)(end - from));
}

bool memory_grow_slow(struct frame *frame, uint64_t end)
{
    struct machine *machine = frame->machine;
    uint64_t size = words_of(end) * 32, old_size = frame->memory_size;
    if (unlikely(size > (uint64_t)(machine->memory_end - frame->memory))) return false;
    uint8_t *new_end = frame->memory + size;
    keep_return_data(frame, new_end);
    zero_words(frame->memory + old_size, new_end);
    frame->memory_size = size;
    frame->word_limit = size - 31;
    if (new_end > machine->memory_high) machine->memory_high = new_end;
    return true;
}

void memory_shrink(struct frame *frame, uint64_t size)
{
    frame->memory_size = size;
    frame->word_limit = size == 0 ? 0 : size - 31;
}

/* Pay for memory up to `end` and `word_cost`, and grow. */
static int64_t pay_and_grow(struct frame *frame, uint64_t end, int64_t word_cost, int64_t gas)
{
    gas -= memory_growth_gas(frame, end) + word_cost;
    if (unlikely(gas < 0)) return GAS_NONE_LEFT;
    return likely(memory_grow(frame, end)) ? gas : GAS_NO_MEMORY;
}

int64_t memory_pay(
    struct frame *frame, const u256 *offset, const u256 *size, int64_t word_gas, int64_t gas)
{
    uint64_t end;
    if (unlikely(!memory_range_end(offset, size, &end))) return GAS_NONE_LEFT;
    return pay_and_grow(frame, end, word_gas * (int64_t)words_of(size->words[0]), gas);
}

int64_t memory_pay_bytes(struct frame *frame, const u256 *offset, uint64_t size, int64_t gas)
{
    if (unlikely(!u256_fits_u64(*offset) || offset->words[0] > MEMORY_MAX)) return GAS_NONE_LEFT;
    return pay_and_grow(frame, offset->words[0] + size, 0, gas);
}

void memory_copy_padded(uint8_t *to, uint64_t size, struct bytes source, const u256 *from)
{
    uint64_t given = 0;
    if (u256_fits_u64(*from) && from->words[0] < source.size) {
        uint64_t left = source.size - from->words[0];
        given = left < size ? left : size;
        memcpy(to, source.data + from->words[0], given);
    }
    if (given < size) memset(to + given, 0, size - given);
}

void op_calldataload_edge(u256 *top, struct bytes input)
{
    uint8_t word[32];
    memory_copy_padded(word, sizeof word, input, top);
    *top = u256_from_be(word);
}
