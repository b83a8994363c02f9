/* Any bytes as an era1 file: blocks that follow one another, or one sentence with the place. */
#include "feed/era1.h"
#include "fuzz/fuzz.h"
#include "fuzz/memory_file.h"

#define BLOCKS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct block_source *source;
    struct feed_item item;
    struct error error;
    uint64_t last = 0;
    memory_file_open(&file, bytes_of(data, size));
    ASSERT(era1_open(&source, file.path, &error) == PEVM_OK);
    enum pevm_status status = PEVM_OK;
    for (unsigned i = 0; i < BLOCKS_MAX; i++) {
        status = block_source_next(source, &item, &error);
        if (status != PEVM_OK || item.event != FEED_BLOCK) break;
        ASSERT(i == 0 || item.number == last + 1);
        last = item.number;
        double progress = block_source_progress(source);
        ASSERT(progress >= 0 && progress <= 1);
    }
    if (status != PEVM_OK)
        ASSERT(error.status == status && strstr(error.text, ": offset ") != NULL);
    block_source_close(source);
    memory_file_close(&file);
    return 0;
}
