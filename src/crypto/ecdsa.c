#include "crypto/ecdsa.h"

#include "base/assert.h"
#include "crypto/keccak.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>

#define SIGNATURE_SIZE  64 /* r, s */
#define PUBLIC_KEY_SIZE 65 /* 0x04, x, y */

const u256 ecdsa_half_order = {
    {0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff}
};

/* Recovering is served by the library's constant context. Signing needs one that was created; it
 * lives until the process ends. */
static secp256k1_context *signer;

static void signer_create(void)
{
    signer = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    ASSERT(signer != NULL);
}

static const secp256k1_context *signer_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, signer_create);
    return signer;
}

/* The address of a key: the last 20 bytes of the hash of its coordinates. */
static void address_of(address *out, const secp256k1_pubkey *key)
{
    uint8_t bytes[PUBLIC_KEY_SIZE];
    size_t size = sizeof bytes;
    hash32 hash;
    secp256k1_ec_pubkey_serialize(
        secp256k1_context_static, bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    keccak256(&hash, bytes + 1, sizeof bytes - 1);
    memcpy(out->bytes, hash.bytes + sizeof hash.bytes - sizeof out->bytes, sizeof out->bytes);
}

bool ecdsa_recover(address *out, const hash32 *message, const u256 *r, const u256 *s, int parity)
{
    ASSERT(parity == 0 || parity == 1);
    uint8_t compact[SIGNATURE_SIZE];
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    u256_to_be(compact, *r);
    u256_to_be(compact + 32, *s);
    /* Parsing refuses what is not below the order, recovering refuses zero. */
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(
            secp256k1_context_static, &signature, compact, parity))
        return false;
    if (!secp256k1_ecdsa_recover(secp256k1_context_static, &key, &signature, message->bytes))
        return false;
    address_of(out, &key);
    return true;
}

bool ecdsa_sign(u256 *r, u256 *s, int *parity, const hash32 *message, const hash32 *secret)
{
    uint8_t compact[SIGNATURE_SIZE];
    secp256k1_ecdsa_recoverable_signature signature;
    if (!secp256k1_ecdsa_sign_recoverable(
            signer_get(), &signature, message->bytes, secret->bytes, NULL, NULL))
        return false;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(
        secp256k1_context_static, compact, parity, &signature);
    *r = u256_from_be(compact);
    *s = u256_from_be(compact + 32);
    /* Bit 1 would say that r was reduced by the order: nobody has ever seen such a nonce. */
    ASSERT(*parity == 0 || *parity == 1);
    return true;
}

bool ecdsa_address(address *out, const hash32 *secret)
{
    secp256k1_pubkey key;
    if (!secp256k1_ec_pubkey_create(signer_get(), &key, secret->bytes)) return false;
    address_of(out, &key);
    return true;
}
