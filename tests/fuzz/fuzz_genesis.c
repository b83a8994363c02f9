/* Any bytes as a genesis file: a chain, a header with its hash and a state that has the header's root, or one sentence. */
#include "feed/genesis.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct genesis genesis;
    struct error error;
    hash32 root, hash;
    enum pevm_status status = genesis_read(&genesis, bytes_of(data, size), &error);
    if (status != PEVM_OK) {
        ASSERT(error.status == status && error.text[0] != 0);
        return 0;
    }
    ASSERT(memory_state_root(genesis.state, &root, &genesis.arena) == PEVM_OK);
    ASSERT(hash32_equal(&root, &genesis.header.state_root));
    ASSERT(header_hash(&hash, &genesis.header, &genesis.arena));
    ASSERT(hash32_equal(&hash, &genesis.header.hash));
    genesis_fini(&genesis);
    return 0;
}
