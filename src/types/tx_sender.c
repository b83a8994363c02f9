#include "types/tx_sender.h"

#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "rlp/rlp_write.h"

#define AUTHORIZATION_MAGIC         0x05
/* magic, head, chain id, address, nonce */
#define AUTHORIZATION_TEXT_SIZE_MAX (1 + RLP_HEAD_SIZE_MAX + 33 + 21 + 9)

void authorization_signing_hash(hash32 *out, const struct authorization *authorization)
{
    uint8_t text[AUTHORIZATION_TEXT_SIZE_MAX];
    uint8_t *payload = text + 1 + RLP_HEAD_SIZE_MAX;
    const address *delegate = &authorization->delegate;
    uint8_t *end = rlp_put_u256(payload, &authorization->chain_id);
    end = rlp_put_bytes(end, bytes_of(delegate->bytes, sizeof delegate->bytes));
    end = rlp_put_u64(end, authorization->nonce);
    uint8_t *start = rlp_close_list(payload, end);
    *--start = AUTHORIZATION_MAGIC;
    keccak256(out, start, (size_t)(end - start));
}

static void recover_authority(struct authorization *one)
{
    hash32 message;
    one->authority_valid = false;
    if (one->y_parity > 1 || u256_less(ecdsa_half_order, one->s)) return;
    authorization_signing_hash(&message, one);
    one->authority_valid =
        ecdsa_recover(&one->authority, &message, &one->r, &one->s, one->y_parity);
}

/* 0 < r, s < n, and s <= n / 2 where the fork wants it. */
static bool is_in_range(const struct tx *tx, enum signature_range range)
{
    u256 order = u256_add(u256_shl_bits(ecdsa_half_order, 1), U256_ONE); /* which is odd */
    if (tx->y_parity > 1 || u256_is_zero(tx->r) || u256_is_zero(tx->s)) return false;
    if (!u256_less(tx->r, order) || !u256_less(tx->s, order)) return false;
    return range == SIGNATURE_ANY_S || !u256_less(ecdsa_half_order, tx->s);
}

enum tx_fault tx_recover_sender(struct tx *tx, enum signature_range range, struct arena *scratch)
{
    if (!tx->sender_known) {
        hash32 message;
        if (!tx_signing_hash(&message, tx, scratch)) return TX_NO_MEMORY;
        if (!is_in_range(tx, range))
            tx->sender_fault = TX_SIGNATURE_INVALID;
        else if (!ecdsa_recover(&tx->sender, &message, &tx->r, &tx->s, tx->y_parity))
            tx->sender_fault = TX_SENDER_UNRECOVERABLE;
        else
            tx->sender_fault = TX_VALID;
        tx->sender_known = tx->sender_fault == TX_VALID;
    }
    for (size_t i = 0; i < tx->authorization_count; i++)
        recover_authority(&tx->authorizations[i]);
    return tx->sender_known ? TX_VALID : tx->sender_fault;
}
