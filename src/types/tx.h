/* tx.h - transactions of types 0 to 4: fields, strict decoding, encoding, hashes.
 *
 * A decoded struct tx borrows data and lists from the input bytes and the arena it was decoded into.
 *
 * Rules
 *   R1  What decodes encodes to the same bytes.
 *   R2  Decoding allocates in proportion to the bytes that were given, whatever they claim.
 *   R3  Judged here: what no fork accepts (encoding, widths, a v that means nothing, unknown types). All that depends on
 *       the fork, the chain or the state is judged elsewhere; so is the range of r and s (tx_sender.h).
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/u256.h"
#include "rlp/rlp_read.h"
#include "types/tx_fault.h"

enum tx_type { TX_LEGACY, TX_ACCESS_LIST, TX_DYNAMIC_FEE, TX_BLOB, TX_SET_CODE, TX_TYPE_COUNT };

/* EIP-2930. */
struct access_entry {
    address account;
    const hash32 *slots; /* each a storage key, big endian */
    size_t slot_count;
};

/* EIP-7702. The last two are filled by tx_recover_sender. */
struct authorization {
    u256 chain_id;
    address delegate;
    uint64_t nonce;
    uint8_t y_parity;
    u256 r, s;
    address authority;
    bool authority_valid; /* signature in range, low s, a key came out */
};

struct tx {
    enum tx_type type;
    bool is_creation;  /* no `to` */
    bool is_protected; /* legacy: EIP-155 signature; typed: always */
    uint8_t y_parity;
    uint64_t chain_id; /* legacy unprotected: 0 */
    uint64_t nonce;
    uint64_t gas_limit;
    address to;
    u256 value;
    u256 max_fee;          /* legacy and type 1: the gas price */
    u256 max_priority_fee; /* legacy and type 1: the gas price */
    u256 max_blob_fee;     /* type 3 */
    u256 r, s;
    struct bytes data;
    const struct access_entry *access_list;
    size_t access_count;
    const hash32 *blob_hashes;
    size_t blob_count;
    struct authorization *authorizations;
    size_t authorization_count;

    struct bytes
        encoding; /* type byte and RLP, or the RLP list: what is hashed and put in the trie */
    hash32 hash;  /* keccak256(encoding); filled by tx_decode */

    address sender; /* filled by tx_sender.h, or by whoever made the transaction */
    bool sender_known;
    enum tx_fault
        sender_fault; /* why tx_recover_sender found none; TX_VALID when it did or was not asked */
};

/* Where in a transaction the encoding is at fault. */
struct tx_place {
    enum rlp_fault rlp; /* RLP_OK: well formed, but not what a transaction has there */
    const char *field;  /* "gasLimit"; static; NULL: the whole */
};

/* Decode one transaction in its canonical form (type byte and RLP, or an RLP list). Checks encoding and widths,
 * not the rules of a fork. `encoding` is borrowed. */
enum tx_fault tx_decode(struct tx *out, struct bytes encoding, struct arena *arena) MUST_CHECK;

/* The same without `hash`, for those who hash many at once; says where the fault is. */
enum tx_fault tx_decode_fields(struct tx *out,
                               struct bytes encoding,
                               struct arena *arena,
                               struct tx_place *place) MUST_CHECK;

/* Encode the fields (not `encoding`) into the arena. False when memory runs out. Needs a signature in r, s, y_parity. */
bool tx_encode(struct bytes *out, const struct tx *tx, struct arena *arena) MUST_CHECK;

/* What the sender signed (Yellow Paper, appendix F; EIP-155, 2930, 1559, 4844, 7702). `scratch` is released again. */
bool tx_signing_hash(hash32 *out, const struct tx *tx, struct arena *scratch) MUST_CHECK;
