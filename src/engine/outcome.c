#include "engine/outcome.h"

#include "base/hex.h"
#include "types/receipt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static bool logs_differ(const struct receipt *a, const struct receipt *b)
{
    if (a->log_count != b->log_count) return true;
    for (size_t i = 0; i < a->log_count; i++) {
        const struct log *x = &a->logs[i], *y = &b->logs[i];
        if (!address_equal(&x->account, &y->account) || x->topic_count != y->topic_count)
            return true;
        if (memcmp(x->topics, y->topics, x->topic_count * sizeof x->topics[0]) != 0) return true;
        if (!bytes_equal(x->data, y->data)) return true;
    }
    return false;
}

static bool receipts_differ(const struct receipt *a, const struct receipt *b)
{
    return a->type != b->type || a->success != b->success ||
           a->cumulative_gas_used != b->cumulative_gas_used || a->gas_used != b->gas_used ||
           a->has_created != b->has_created || !address_equal(&a->created, &b->created) ||
           memcmp(&a->bloom, &b->bloom, sizeof a->bloom) != 0 || logs_differ(a, b);
}

static bool accounts_differ(const struct account_change *a, const struct account_change *b)
{
    if (!address_equal(&a->account, &b->account) || a->exists != b->exists ||
        a->nonce != b->nonce || a->storage_cleared != b->storage_cleared ||
        a->code_changed != b->code_changed || !u256_equal(a->balance, b->balance) ||
        !hash32_equal(&a->code_hash, &b->code_hash) || a->slot_count != b->slot_count)
        return true;
    for (size_t i = 0; i < a->slot_count; i++)
        if (!u256_equal(a->slots[i].slot, b->slots[i].slot) ||
            !u256_equal(a->slots[i].value, b->slots[i].value))
            return true;
    return false;
}

/* Texts for outcome_differs. */
static const char *told(char text[OUTCOME_TEXT_MAX], const char *format, ...) PRINTF_LIKE(2, 3);
static const char *told(char text[OUTCOME_TEXT_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, OUTCOME_TEXT_MAX, format, arguments);
    va_end(arguments);
    return text;
}

static const char *changes_differ(char text[OUTCOME_TEXT_MAX],
                                  const struct changeset *a,
                                  const struct changeset *b)
{
    if (a->account_count != b->account_count)
        return told(text, "changed accounts: %zu and %zu", a->account_count, b->account_count);
    for (size_t i = 0; i < a->account_count; i++) {
        char who[HEX_ADDRESS_SIZE];
        if (!accounts_differ(&a->accounts[i], &b->accounts[i])) continue;
        return told(text, "change of account %s", hex_address(who, &a->accounts[i].account));
    }
    if (a->code_count != b->code_count)
        return told(text, "new codes: %zu and %zu", a->code_count, b->code_count);
    for (size_t i = 0; i < a->code_count; i++)
        if (!hash32_equal(&a->codes[i].hash, &b->codes[i].hash) ||
            !bytes_equal(a->codes[i].code, b->codes[i].code))
            return told(text, "new code %zu", i);
    return NULL;
}

static bool roots_differ(bool has_a, const hash32 *a, bool has_b, const hash32 *b)
{
    return has_a != has_b || (has_a && !hash32_equal(a, b));
}

const char *outcome_differs(char text[OUTCOME_TEXT_MAX],
                            const struct engine_outcome *a,
                            const struct engine_outcome *b)
{
    if (a->fault != b->fault || a->tx_fault != b->tx_fault || a->tx_index != b->tx_index ||
        strcmp(a->text, b->text) != 0)
        return told(text, "fault: \"%.100s\" and \"%.100s\"", a->text, b->text);
    if (a->receipt_count != b->receipt_count)
        return told(text, "receipts: %zu and %zu", a->receipt_count, b->receipt_count);
    for (size_t i = 0; i < a->receipt_count; i++)
        if (receipts_differ(&a->receipts[i], &b->receipts[i]))
            return told(text,
                        "receipt %zu: gas %" PRIu64 " and %" PRIu64,
                        i,
                        a->receipts[i].gas_used,
                        b->receipts[i].gas_used);
    if (a->gas_used != b->gas_used || a->blob_gas_used != b->blob_gas_used)
        return told(text, "gas used: %" PRIu64 " and %" PRIu64, a->gas_used, b->gas_used);
    if (memcmp(&a->bloom, &b->bloom, sizeof a->bloom) != 0) return told(text, "bloom");
    if (roots_differ(
            a->has_receipts_root, &a->receipts_root, b->has_receipts_root, &b->receipts_root))
        return told(text, "receipts root");
    if (roots_differ(a->has_state_root, &a->state_root, b->has_state_root, &b->state_root))
        return told(text, "state root");
    if (roots_differ(
            a->has_requests_hash, &a->requests_hash, b->has_requests_hash, &b->requests_hash))
        return told(text, "requests hash");
    return changes_differ(text, &a->changes, &b->changes);
}
