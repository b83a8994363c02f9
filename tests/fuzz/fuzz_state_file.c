/* Any bytes as a state file: what is read is a state with the root that was computed on the way, or one sentence with the line. */
#include "feed/state_file.h"
#include "fuzz/fuzz.h"
#include "fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct error error;
    struct state_file_sums sums;
    struct memory_state *state = memory_state_new();
    ASSERT(state != NULL);
    struct state_sink sink = state_sink_memory(state);
    struct state_file_plan plan = {.sink = &sink, .mark_every = 2};
    memory_file_open(&file, bytes_of(data, size));
    enum pevm_status status = state_file_read(file.path, &plan, &sums, &error);
    if (status == PEVM_OK) {
        hash32 root;
        ASSERT(memory_state_root(state, &root, fuzz_arena()) == PEVM_OK);
        ASSERT(hash32_equal(&root, &sums.root));
        ASSERT(memory_state_account_count(state) == sums.accounts);
    } else {
        ASSERT(error.status == status && strncmp(error.text, file.path, strlen(file.path)) == 0);
    }
    memory_file_close(&file);
    memory_state_free(state);
    return 0;
}
