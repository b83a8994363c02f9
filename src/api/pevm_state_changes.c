#include "api/api_private.h"

/* The words differ, the bytes do not. */
#define SAME_PLACE(ours, theirs, our_field, their_field)                                           \
    STATIC_ASSERT(offsetof(struct ours, our_field) == offsetof(struct theirs, their_field),        \
                  "the same layout inside and outside")
#define SAME_SIZE(ours, theirs)                                                                    \
    STATIC_ASSERT(sizeof(struct ours) == sizeof(struct theirs), "the same layout")

SAME_SIZE(bytes, pevm_bytes);
SAME_PLACE(bytes, pevm_bytes, size, size);
SAME_SIZE(slot_change, pevm_slot_change);
SAME_PLACE(slot_change, pevm_slot_change, value, value);
SAME_SIZE(code_change, pevm_code_change);
SAME_PLACE(code_change, pevm_code_change, code, code);
SAME_SIZE(account_change, pevm_account_change);
SAME_PLACE(account_change, pevm_account_change, exists, exists);
SAME_PLACE(account_change, pevm_account_change, storage_cleared, storage_cleared);
SAME_PLACE(account_change, pevm_account_change, code_changed, code_changed);
SAME_PLACE(account_change, pevm_account_change, nonce, nonce);
SAME_PLACE(account_change, pevm_account_change, balance, balance);
SAME_PLACE(account_change, pevm_account_change, code_hash, code_hash);
SAME_PLACE(account_change, pevm_account_change, slots, slots);
SAME_PLACE(account_change, pevm_account_change, slot_count, slot_count);
STATIC_ASSERT(sizeof(bool) == sizeof(uint8_t), "flags are bytes");

struct pevm_changes changes_out(const struct changeset *changes)
{
    return (struct pevm_changes){
        .accounts = (const struct pevm_account_change *)changes->accounts,
        .account_count = changes->account_count,
        .codes = (const struct pevm_code_change *)changes->codes,
        .code_count = changes->code_count,
    };
}

struct changeset changes_in(const struct pevm_changes *changes)
{
    return (struct changeset){
        .accounts = (const struct account_change *)changes->accounts,
        .account_count = changes->account_count,
        .codes = (const struct code_change *)changes->codes,
        .code_count = changes->code_count,
    };
}
