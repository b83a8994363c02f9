/* Any bytes as a transaction: refused with a place, or encoded again to the same bytes. */
#include "crypto/keccak.h"
#include "fuzz/fuzz.h"
#include "types/tx.h"

#define MEMORY_PER_BYTE 8 /* an authorization of 27 bytes takes 200 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct bytes encoding = bytes_of(data, size), again;
    struct tx tx, twin;
    struct tx_place place;
    hash32 hash;
    enum tx_fault fault = tx_decode(&tx, encoding, arena);
    ASSERT(fuzz_is_modest(arena, size, MEMORY_PER_BYTE));
    ASSERT(tx_decode_fields(&twin, encoding, arena, &place) == fault);
    if (fault != TX_VALID) {
        ASSERT(fault == TX_MALFORMED || fault == TX_TYPE_UNKNOWN || fault == TX_CHAIN_ID_WRONG ||
               fault == TX_SIGNATURE_INVALID || fault == TX_BLOB_NETWORK_FORM);
        ASSERT(fault != TX_MALFORMED || place.rlp != RLP_OK);
        return 0;
    }
    ASSERT(place.rlp == RLP_OK && place.field == NULL);
    ASSERT(tx_encode(&again, &tx, arena));
    ASSERT(bytes_equal(again, encoding));
    keccak256(&hash, data, size);
    ASSERT(hash32_equal(&hash, &tx.hash));
    ASSERT(tx_signing_hash(&hash, &tx, arena));
    ASSERT(!hash32_equal(&hash, &tx.hash));
    return 0;
}
