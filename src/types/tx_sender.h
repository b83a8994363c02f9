/* tx_sender.h - who signed: senders of transactions and authorities of EIP-7702 (Yellow Paper, appendix F; EIP-2, 7702).
 *
 * A pure function of one transaction, about 30 us of curve arithmetic per signature. Nothing is shared: any number of
 * threads may work on different transactions of a block, each with its own scratch arena.
 */
#pragma once

#include "types/tx.h"

enum signature_range {
    SIGNATURE_ANY_S, /* Frontier: s below the curve's order */
    SIGNATURE_LOW_S, /* from Homestead: s at most half the order (EIP-2) */
};

/* Fill sender, sender_known and sender_fault, and for each authorization authority and authority_valid. A sender that is
 * known already is kept. Returns sender_fault: TX_VALID, TX_SIGNATURE_INVALID (values out of range) or
 * TX_SENDER_UNRECOVERABLE; or TX_NO_MEMORY, after which nothing is filled. `scratch` is released again. */
enum tx_fault tx_recover_sender(struct tx *tx,
                                enum signature_range range,
                                struct arena *scratch) MUST_CHECK;

/* What an authority signed: keccak256(0x05 || rlp([chain_id, address, nonce])). */
void authorization_signing_hash(hash32 *out, const struct authorization *authorization);
