/* Any bytes as a framed stream: its plain bytes, which come back when they are framed again, or a sentence with the place. */
#include "feed/snappy_frame.h"
#include "fuzz/fuzz.h"

#define PLAIN_MAX ((size_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct error error;
    struct bytes plain, framed, again;
    enum pevm_status status =
        snappy_unframe(&plain, bytes_of(data, size), PLAIN_MAX, arena, &error);
    if (status != PEVM_OK) {
        ASSERT(status == PEVM_CORRUPT || status == PEVM_LIMIT);
        ASSERT(strncmp(error.text, "snappy: ", 8) == 0);
        return 0;
    }
    ASSERT(snappy_frame(&framed, plain, arena));
    ASSERT(snappy_unframe(&again, framed, PLAIN_MAX, arena, &error) == PEVM_OK);
    ASSERT(bytes_equal(plain, again));
    return 0;
}
