#include "rlp/rlp_read.h"

#include "base/assert.h"

#define SHORT_MAX 55 /* longest payload whose length is in the first byte */

const char *rlp_fault_text(enum rlp_fault fault)
{
    static const char *const texts[RLP_FAULT_COUNT] = {
#define X(code, text) text,
        RLP_FAULT_LIST(X)
#undef X
    };
    ASSERT((unsigned)fault < RLP_FAULT_COUNT);
    return texts[fault];
}

struct head {
    bool is_list;
    size_t size; /* of the head; 0 for a single byte */
    size_t payload_size;
};

/* The long form: `count` bytes behind the first one are the length. */
static enum rlp_fault read_long_size(struct bytes input, size_t count, struct head *head)
{
    if (input.size - 1 < count) return RLP_EOF;
    const uint8_t *from = input.data + 1;
    if (from[0] == 0) return RLP_SIZE_LEADING_ZEROS;
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size = size << 8 | from[i];
    if (size <= SHORT_MAX) return RLP_SIZE_NOT_SHORTEST;
    if (size > input.size - 1 - count) return RLP_EOF;
    head->size = 1 + count;
    head->payload_size = (size_t)size;
    return RLP_OK;
}

ALWAYS_INLINE enum rlp_fault read_head(struct bytes input, struct head *head)
{
    if (unlikely(input.size == 0)) return RLP_EOF;
    uint8_t first = input.data[0];
    head->is_list = first >= 0xc0;
    if (first < 0x80) {
        head->size = 0;
        head->payload_size = 1;
        return RLP_OK;
    }
    size_t size = first & 0x3f; /* 0x80 and 0xc0 are the empty string and the empty list */
    if (unlikely(size > SHORT_MAX)) return read_long_size(input, size - SHORT_MAX, head);
    if (unlikely(size > input.size - 1)) return RLP_EOF;
    if (unlikely(first == 0x81 && input.data[1] < 0x80)) return RLP_SIZE_NOT_SHORTEST;
    head->size = 1;
    head->payload_size = size;
    return RLP_OK;
}

ALWAYS_INLINE struct bytes head_payload(struct bytes input, const struct head *head)
{
    return bytes_of(input.data + head->size, head->payload_size);
}

ALWAYS_INLINE void skip_item(struct bytes *input, const struct head *head)
{
    size_t size = head->size + head->payload_size;
    input->data += size;
    input->size -= size;
}

enum rlp_fault rlp_next(struct bytes *input, struct rlp_item *out)
{
    struct head head;
    enum rlp_fault fault = read_head(*input, &head);
    if (unlikely(fault != RLP_OK)) return fault;
    out->is_list = head.is_list;
    out->payload = head_payload(*input, &head);
    out->whole = bytes_of(input->data, head.size + head.payload_size);
    skip_item(input, &head);
    return RLP_OK;
}

enum rlp_fault rlp_next_list(struct bytes *input, struct bytes *out)
{
    struct head head;
    enum rlp_fault fault = read_head(*input, &head);
    if (unlikely(fault != RLP_OK)) return fault;
    if (unlikely(!head.is_list)) return RLP_NOT_A_LIST;
    *out = head_payload(*input, &head);
    skip_item(input, &head);
    return RLP_OK;
}

/* The head of the next item, which must be a string. */
ALWAYS_INLINE enum rlp_fault read_string(struct bytes input, struct head *head)
{
    enum rlp_fault fault = read_head(input, head);
    if (unlikely(fault != RLP_OK)) return fault;
    return unlikely(head->is_list) ? RLP_NOT_A_STRING : RLP_OK;
}

enum rlp_fault rlp_next_string(struct bytes *input, struct bytes *out)
{
    struct head head;
    enum rlp_fault fault = read_string(*input, &head);
    if (unlikely(fault != RLP_OK)) return fault;
    *out = head_payload(*input, &head);
    skip_item(input, &head);
    return RLP_OK;
}

/* The head of the next item, which must be an integer of at most `size_max` bytes. */
ALWAYS_INLINE enum rlp_fault read_integer(struct bytes input, struct head *head, size_t size_max)
{
    enum rlp_fault fault = read_string(input, head);
    if (unlikely(fault != RLP_OK)) return fault;
    if (unlikely(head->payload_size > 0 && input.data[head->size] == 0)) return RLP_LEADING_ZEROS;
    return unlikely(head->payload_size > size_max) ? RLP_TOO_WIDE : RLP_OK;
}

enum rlp_fault rlp_next_u64(struct bytes *input, uint64_t *out)
{
    struct head head;
    enum rlp_fault fault = read_integer(*input, &head, sizeof *out);
    if (unlikely(fault != RLP_OK)) return fault;
    const uint8_t *from = input->data + head.size;
    uint64_t number = 0;
    for (size_t i = 0; i < head.payload_size; i++)
        number = number << 8 | from[i];
    *out = number;
    skip_item(input, &head);
    return RLP_OK;
}

enum rlp_fault rlp_next_u256(struct bytes *input, u256 *out)
{
    struct head head;
    enum rlp_fault fault = read_integer(*input, &head, sizeof *out);
    if (unlikely(fault != RLP_OK)) return fault;
    *out = u256_from_be_bytes(head_payload(*input, &head));
    skip_item(input, &head);
    return RLP_OK;
}

enum rlp_fault rlp_next_fixed(struct bytes *input, void *out, size_t size)
{
    struct head head;
    enum rlp_fault fault = read_string(*input, &head);
    if (unlikely(fault != RLP_OK)) return fault;
    if (unlikely(head.payload_size != size))
        return head.payload_size > size ? RLP_TOO_WIDE : RLP_TOO_SHORT;
    if (size > 0) memcpy(out, input->data + head.size, size);
    skip_item(input, &head);
    return RLP_OK;
}

enum rlp_fault rlp_only_list(struct bytes input, struct bytes *out)
{
    struct bytes payload;
    enum rlp_fault fault = rlp_next_list(&input, &payload);
    if (unlikely(fault != RLP_OK)) return fault;
    if (unlikely(input.size > 0)) return RLP_TRAILING;
    *out = payload;
    return RLP_OK;
}

enum rlp_fault rlp_count(struct bytes list, size_t *out)
{
    size_t count = 0;
    for (; list.size > 0; count++) { /* ends: every item takes at least a byte */
        struct head head;
        enum rlp_fault fault = read_head(list, &head);
        if (unlikely(fault != RLP_OK)) return fault;
        skip_item(&list, &head);
    }
    *out = count;
    return RLP_OK;
}
