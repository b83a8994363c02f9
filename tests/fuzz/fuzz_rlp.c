/* Any bytes as items, walked to their leaves: every way to take an item agrees with the others, and what is taken
 * encodes to the same bytes. */
#include "fuzz/fuzz.h"
#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

#define DEPTH_MAX 64

static void check_put(struct bytes payload, bool is_list, struct bytes whole)
{
    static uint8_t text[1 << 16];
    uint8_t *end;
    if (payload.size > sizeof text - RLP_HEAD_SIZE_MAX) return;
    if (is_list) {
        end = rlp_put_list_head(text, payload.size);
        if (payload.size > 0) memcpy(end, payload.data, payload.size);
        end += payload.size;
        ASSERT(rlp_size_list(payload.size) == whole.size);
    } else {
        end = rlp_put_bytes(text, payload);
        ASSERT(rlp_size_bytes(payload) == whole.size);
    }
    ASSERT(bytes_equal(bytes_of(text, (size_t)(end - text)), whole));
}

static void check_numbers(struct bytes input, const struct rlp_item *item)
{
    struct bytes for_u64 = input, for_u256 = input;
    uint8_t text[RLP_HEAD_SIZE_MAX + 32];
    uint64_t small;
    u256 wide;
    enum rlp_fault small_fault = rlp_next_u64(&for_u64, &small);
    enum rlp_fault wide_fault = rlp_next_u256(&for_u256, &wide);
    if (item->is_list) ASSERT(small_fault == RLP_NOT_A_STRING && wide_fault == RLP_NOT_A_STRING);
    if (small_fault == RLP_OK) {
        ASSERT(wide_fault == RLP_OK && u256_equal(wide, u256_from_u64(small)));
        ASSERT(rlp_size_u64(small) == item->whole.size);
        const uint8_t *end = rlp_put_u64(text, small);
        ASSERT(bytes_equal(bytes_of(text, (size_t)(end - text)), item->whole));
    }
    if (wide_fault == RLP_OK) {
        ASSERT(rlp_size_u256(&wide) == item->whole.size);
        const uint8_t *end = rlp_put_u256(text, &wide);
        ASSERT(bytes_equal(bytes_of(text, (size_t)(end - text)), item->whole));
    }
}

static void check_item(struct bytes input, const struct rlp_item *item)
{
    struct bytes as_list = input, as_string = input, payload;
    ASSERT(item->whole.data == input.data && item->whole.size <= input.size);
    ASSERT(rlp_next_list(&as_list, &payload) == (item->is_list ? RLP_OK : RLP_NOT_A_LIST));
    if (item->is_list) ASSERT(bytes_equal(payload, item->payload));
    ASSERT(rlp_next_string(&as_string, &payload) == (item->is_list ? RLP_NOT_A_STRING : RLP_OK));
    if (!item->is_list) ASSERT(bytes_equal(payload, item->payload));
    check_put(item->payload, item->is_list, item->whole);
    check_numbers(input, item);
}

/* A list that cannot be counted has an item at its top level that cannot be taken. */
static void check_count(struct bytes list)
{
    size_t count, taken = 0;
    struct rlp_item item;
    enum rlp_fault fault = rlp_count(list, &count), last = RLP_OK;
    while (list.size > 0 && (last = rlp_next(&list, &item)) == RLP_OK)
        taken++;
    ASSERT(last == fault);
    if (fault == RLP_OK) ASSERT(count == taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes left[DEPTH_MAX] = {bytes_of(data, size)};
    check_count(left[0]);
    for (size_t depth = 1; depth > 0;) { /* ends: every round takes bytes or goes up */
        struct bytes before = left[depth - 1];
        struct rlp_item item;
        if (before.size == 0 || rlp_next(&left[depth - 1], &item) != RLP_OK) {
            depth--;
            continue;
        }
        check_item(before, &item);
        if (!item.is_list || depth == DEPTH_MAX) continue;
        check_count(item.payload);
        left[depth++] = item.payload;
    }
    return 0;
}
