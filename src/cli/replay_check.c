#include "cli/replay_check.h"

#include "base/hex.h"
#include "cli/changes_check.h"
#include "trie/ordered_root.h"
#include "types/log.h"
#include "types/receipt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void replay_fault(struct replay_result *result, const char *format, ...)
{
    result->ok = false;
    if (result->fault_count == REPLAY_FAULTS_MAX) return;
    va_list values;
    va_start(values, format);
    vsnprintf(result->faults[result->fault_count++], ERROR_TEXT_MAX, format, values);
    va_end(values);
}

static void fault_hash(struct replay_result *result,
                       const char *what,
                       const hash32 *expected,
                       const hash32 *got)
{
    char left[HEX_HASH_SIZE], right[HEX_HASH_SIZE];
    if (hash32_equal(expected, got)) return;
    replay_fault(
        result, "%s: expected %s, got %s", what, hex_hash(left, expected), hex_hash(right, got));
}

static void fault_number(struct replay_result *result,
                         const char *what,
                         uint64_t expected,
                         uint64_t got)
{
    if (expected == got) return;
    replay_fault(result, "%s: expected %" PRIu64 ", got %" PRIu64, what, expected, got);
}

static void check_senders(struct replay_result *result, const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->block.tx_count; i++) {
        const address *said = &bundle->senders[i], *found = &bundle->block.txs[i].sender;
        char left[HEX_ADDRESS_SIZE], right[HEX_ADDRESS_SIZE];
        if (address_is_zero(said) || address_equal(said, found)) continue;
        replay_fault(result,
                     "transaction %zu: sender: expected %s, got %s",
                     i,
                     hex_address(left, said),
                     hex_address(right, found));
    }
}

/* Where the engine could not, because the ommers are not at hand and it judges the body as a whole. */
static enum pevm_status check_transactions_root(struct replay_result *result,
                                                const struct bundle *bundle,
                                                struct arena *scratch)
{
    const struct block *block = &bundle->block;
    struct bytes *values = arena_alloc_zeroed(scratch, block->tx_count + 1, sizeof *values);
    hash32 root;
    if (values == NULL) return PEVM_NO_MEMORY;
    for (size_t i = 0; i < block->tx_count; i++)
        values[i] = block->txs[i].encoding;
    TRY(ordered_root(&root, values, block->tx_count, scratch));
    fault_hash(result, "transactions root", &block->header.transactions_root, &root);
    return PEVM_OK;
}

static enum pevm_status check_receipt(struct replay_result *result,
                                      size_t index,
                                      const struct bundle_receipt *expected,
                                      const struct receipt *got,
                                      bool status_is_moot,
                                      struct arena *scratch)
{
    char what[64];
    hash32 hash;
#define WHAT(name) (snprintf(what, sizeof what, "transaction %zu: " name, index), what)
    if (!status_is_moot) fault_number(result, WHAT("status"), expected->success, got->success);
    fault_number(result, WHAT("gas used"), expected->gas_used, got->gas_used);
    if (result->ok) /* else it is the same difference again */
        fault_number(result,
                     WHAT("cumulative gas"),
                     expected->cumulative_gas_used,
                     got->cumulative_gas_used);
    fault_number(result, WHAT("logs"), expected->log_count, got->log_count);
    if (!logs_hash(&hash, got->logs, got->log_count, scratch)) return PEVM_NO_MEMORY;
    fault_hash(result, WHAT("logs hash"), &expected->logs_hash, &hash);
#undef WHAT
    return PEVM_OK;
}

static enum pevm_status check_receipts(struct replay_result *result,
                                       const struct bundle *bundle,
                                       const struct engine_outcome *outcome,
                                       struct arena *scratch)
{
    /* A Frontier creation that cannot pay for its code leaves an account without code. Whether that is a success no receipt
     * says, and files differ. */
    bool is_frontier = strcmp(bundle->fork_name, fork_name(FORK_FRONTIER)) == 0;
    if (bundle->receipt_count == 0) return PEVM_OK;
    fault_number(result, "receipts", bundle->receipt_count, outcome->receipt_count);
    if (bundle->receipt_count != outcome->receipt_count) return PEVM_OK;
    for (size_t i = 0; i < outcome->receipt_count; i++) {
        bool is_moot = is_frontier && bundle->block.txs[i].is_creation;
        TRY(check_receipt(
            result, i, &bundle->receipts[i], &outcome->receipts[i], is_moot, scratch));
    }
    return PEVM_OK;
}

static enum pevm_status check_changes(struct replay_result *result,
                                      const struct bundle *bundle,
                                      const struct engine_outcome *outcome)
{
    const struct {
        const char *file;
        const struct bundle_changes *expected;
        bool after_txs;
    } sides[] = {
        {"post.json",       &bundle->post,       true },
        {"post_block.json", &bundle->post_block, false},
    };
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        char text[ERROR_TEXT_MAX];
        bool equal;
        if (!sides[i].expected->given) continue;
        TRY(changes_check(
            &equal, text, bundle, sides[i].expected, &outcome->changes, sides[i].after_txs));
        if (!equal) replay_fault(result, "%s: %.400s", sides[i].file, text);
    }
    return PEVM_OK;
}

enum pevm_status replay_check(struct replay_result *result,
                              const struct bundle *bundle,
                              const struct engine_outcome *outcome,
                              struct arena *scratch,
                              struct error *error)
{
    struct arena_mark mark = arena_mark(scratch);
    enum pevm_status status = PEVM_OK;
    check_senders(result, bundle);
    if (!bundle->ommers_known) status = check_transactions_root(result, bundle, scratch);
    bool has_run = outcome->receipt_count == bundle->block.tx_count;
    if (status == PEVM_OK && has_run) status = check_receipts(result, bundle, outcome, scratch);
    if (status == PEVM_OK && has_run) status = check_changes(result, bundle, outcome);
    arena_release(scratch, mark);
    if (status == PEVM_OK) return PEVM_OK;
    return error_set(error, status, "comparing with the bundle: %s", pevm_status_text(status));
}
