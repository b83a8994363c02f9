/* Any bytes as a block: refused with words and a place, or encoded again to the same bytes. */
#include "fuzz/fuzz.h"
#include "types/block.h"

#define MEMORY_PER_BYTE (sizeof(struct tx) / 10 + 16) /* a transaction has ten bytes or more */

/* The fault is in the block or in a transaction, never in both, never in neither. */
static void check_place(const struct block_fault_place *place, const struct error *error)
{
    ASSERT((place->rlp == RLP_OK) != (place->tx == TX_VALID));
    ASSERT(place->tx == TX_VALID || place->index == place->tx_index);
    ASSERT(strlen(error->text) > 0 && error->status == PEVM_BAD_INPUT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct bytes encoding = bytes_of(data, size), again;
    struct block block;
    struct block_fault_place place;
    struct error error;
    enum pevm_status status = block_decode(&block, encoding, arena, &place, &error);
    ASSERT(fuzz_is_modest(arena, size, MEMORY_PER_BYTE));
    if (status != PEVM_OK) {
        ASSERT(status == PEVM_BAD_INPUT);
        check_place(&place, &error);
        return 0;
    }
    ASSERT(block_encode(&again, &block, arena));
    ASSERT(bytes_equal(again, encoding));
    for (size_t i = 0; i < block.tx_count; i++) {
        struct tx tx;
        ASSERT(tx_decode(&tx, block.txs[i].encoding, arena) == TX_VALID);
        ASSERT(hash32_equal(&tx.hash, &block.txs[i].hash));
    }
    return 0;
}
