#include "rlp/rlp_write.h"

#include "base/assert.h"

#define SHORT_MAX     55   /* longest payload whose length is in the first byte */
#define STRING_OFFSET 0x80 /* first byte of the empty string */
#define LIST_OFFSET   0xc0 /* first byte of the empty list */

/* Bytes of a number without leading zeros; 0 for 0. */
ALWAYS_INLINE size_t number_size(uint64_t number)
{
    return number == 0 ? 0 : 8 - (size_t)__builtin_clzll(number) / 8;
}

ALWAYS_INLINE size_t head_size(size_t payload_size)
{
    return likely(payload_size <= SHORT_MAX) ? 1 : 1 + number_size(payload_size);
}

/* Exactly `size` bytes of a big-endian number that fits them. */
ALWAYS_INLINE uint8_t *put_number(uint8_t *to, uint64_t number, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        to[i - 1] = (uint8_t)number;
        number >>= 8;
    }
    return to + size;
}

ALWAYS_INLINE uint8_t *put_head(uint8_t *to, size_t payload_size, uint8_t offset)
{
    if (likely(payload_size <= SHORT_MAX)) {
        *to = (uint8_t)(offset + payload_size);
        return to + 1;
    }
    size_t size = number_size(payload_size);
    *to = (uint8_t)(offset + SHORT_MAX + size);
    return put_number(to + 1, payload_size, size);
}

size_t rlp_size_bytes(struct bytes bytes)
{
    if (bytes.size == 1 && bytes.data[0] < STRING_OFFSET) return 1;
    return head_size(bytes.size) + bytes.size;
}

size_t rlp_size_u64(uint64_t number)
{
    return number < STRING_OFFSET ? 1 : 1 + number_size(number);
}

size_t rlp_size_u256(const u256 *number)
{
    if (u256_fits_u64(*number)) return rlp_size_u64(number->words[0]);
    return 1 + u256_byte_length(*number);
}

size_t rlp_size_list(size_t payload_size)
{
    return head_size(payload_size) + payload_size;
}

uint8_t *rlp_put_bytes(uint8_t *to, struct bytes bytes)
{
    if (bytes.size == 1 && bytes.data[0] < STRING_OFFSET) {
        *to = bytes.data[0];
        return to + 1;
    }
    to = put_head(to, bytes.size, STRING_OFFSET);
    if (bytes.size > 0) memcpy(to, bytes.data, bytes.size);
    return to + bytes.size;
}

uint8_t *rlp_put_u64(uint8_t *to, uint64_t number)
{
    if (number != 0 && number < STRING_OFFSET) {
        *to = (uint8_t)number;
        return to + 1;
    }
    size_t size = number_size(number);
    *to = (uint8_t)(STRING_OFFSET + size);
    return put_number(to + 1, number, size);
}

uint8_t *rlp_put_u256(uint8_t *to, const u256 *number)
{
    if (u256_fits_u64(*number)) return rlp_put_u64(to, number->words[0]);
    uint8_t all[32];
    size_t size = u256_byte_length(*number);
    u256_to_be(all, *number);
    *to = (uint8_t)(STRING_OFFSET + size);
    memcpy(to + 1, all + sizeof all - size, size);
    return to + 1 + size;
}

uint8_t *rlp_put_list_head(uint8_t *to, size_t payload_size)
{
    return put_head(to, payload_size, LIST_OFFSET);
}

uint8_t *rlp_close_list(uint8_t *payload, const uint8_t *end)
{
    ASSERT(end >= payload);
    size_t size = (size_t)(end - payload);
    uint8_t *start = payload - head_size(size);
    (void)put_head(start, size, LIST_OFFSET);
    return start;
}
