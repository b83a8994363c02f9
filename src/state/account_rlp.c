#include "state/account_rlp.h"

#include "rlp/rlp_read.h"
#include "rlp/rlp_write.h"

static struct bytes hash_bytes(const hash32 *hash)
{
    return bytes_of(hash->bytes, sizeof hash->bytes);
}

size_t account_rlp_put(uint8_t out[ACCOUNT_RLP_SIZE_MAX], const struct account_leaf *account)
{
    size_t payload = rlp_size_u64(account->nonce) + rlp_size_u256(&account->balance) + 2 * 33;
    uint8_t *end = rlp_put_list_head(out, payload);
    end = rlp_put_u64(end, account->nonce);
    end = rlp_put_u256(end, &account->balance);
    end = rlp_put_bytes(end, hash_bytes(&account->storage_root));
    end = rlp_put_bytes(end, hash_bytes(&account->code_hash));
    return (size_t)(end - out);
}

static enum pevm_status field_fault(struct error *error, const char *field, enum rlp_fault fault)
{
    return error_set(
        error, PEVM_CORRUPT, "account in the trie: %s: %s", field, rlp_fault_text(fault));
}

enum pevm_status account_rlp_read(struct account_leaf *out,
                                  struct bytes encoding,
                                  struct error *error)
{
    struct bytes list;
    enum rlp_fault fault = rlp_next_list(&encoding, &list);
    if (fault == RLP_OK && encoding.size > 0) fault = RLP_TRAILING;
    if (fault != RLP_OK) return field_fault(error, "list", fault);
    fault = rlp_next_u64(&list, &out->nonce);
    if (fault != RLP_OK) return field_fault(error, "nonce", fault);
    fault = rlp_next_u256(&list, &out->balance);
    if (fault != RLP_OK) return field_fault(error, "balance", fault);
    fault = rlp_next_fixed(&list, out->storage_root.bytes, sizeof out->storage_root.bytes);
    if (fault != RLP_OK) return field_fault(error, "storage root", fault);
    fault = rlp_next_fixed(&list, out->code_hash.bytes, sizeof out->code_hash.bytes);
    if (fault == RLP_OK && list.size > 0) fault = RLP_TRAILING;
    if (fault != RLP_OK) return field_fault(error, "code hash", fault);
    return PEVM_OK;
}
