#include "types/contract_address.h"

#include "crypto/keccak.h"
#include "rlp/rlp_write.h"

#define CREATE_SIZE_MAX (1 + 21 + 9) /* head, address, nonce */
#define CREATE2_SIZE    (1 + 20 + 32 + 32)
#define HASH_ADDRESS_AT 12 /* an address is the rest of a hash from here */

static void address_of_hash(address *out, const uint8_t *data, size_t size)
{
    hash32 hash;
    keccak256(&hash, data, size);
    memcpy(out->bytes, hash.bytes + HASH_ADDRESS_AT, sizeof out->bytes);
}

void create_address(address *out, const address *sender, uint64_t nonce)
{
    uint8_t text[CREATE_SIZE_MAX];
    struct bytes from = bytes_of(sender->bytes, sizeof sender->bytes);
    uint8_t *end = rlp_put_list_head(text, rlp_size_bytes(from) + rlp_size_u64(nonce));
    end = rlp_put_bytes(end, from);
    end = rlp_put_u64(end, nonce);
    address_of_hash(out, text, (size_t)(end - text));
}

void create2_address(address *out,
                     const address *sender,
                     const hash32 *salt,
                     const hash32 *init_hash)
{
    uint8_t text[CREATE2_SIZE] = {0xff};
    memcpy(text + 1, sender->bytes, 20);
    memcpy(text + 21, salt->bytes, 32);
    memcpy(text + 53, init_hash->bytes, 32);
    address_of_hash(out, text, sizeof text);
}
