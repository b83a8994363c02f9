/* Any bytes as a header: refused, or encoded again to the same bytes. */
#include "fuzz/fuzz.h"
#include "types/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct bytes encoding = bytes_of(data, size), again;
    struct header header;
    const char *field;
    hash32 hash;
    if (header_decode(&header, encoding, &field) != RLP_OK) return 0;
    ASSERT(header.field_count >= HEADER_FIELDS_MIN && header.field_count <= HEADER_FIELDS_MAX);
    ASSERT(header_encode(&again, &header, arena));
    ASSERT(bytes_equal(again, encoding));
    ASSERT(header_hash(&hash, &header, arena));
    ASSERT(hash32_equal(&hash, &header.hash));
    return 0;
}
