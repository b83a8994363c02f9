#include "base/hex.h"
#include "chain/header_rules.h"
#include "engine/block_roots.h"
#include "engine/block_run.h"
#include "engine/ommers.h"

#include <inttypes.h>

static enum pevm_status expect_hash(struct block_run *run,
                                    enum block_fault fault,
                                    const char *name,
                                    const hash32 *header,
                                    const hash32 *computed)
{
    char header_hex[HEX_HASH_SIZE], computed_hex[HEX_HASH_SIZE];
    if (hash32_equal(header, computed)) return PEVM_OK;
    return run_refuse(run,
                      fault,
                      "%s: the header has %s, the block gives %s",
                      name,
                      hex_hash(header_hex, header),
                      hex_hash(computed_hex, computed));
}

static enum pevm_status expect_number(struct block_run *run,
                                      enum block_fault fault,
                                      const char *name,
                                      uint64_t header,
                                      uint64_t computed)
{
    if (header == computed) return PEVM_OK;
    return run_refuse(run,
                      fault,
                      "%s: the header has %" PRIu64 ", the block gives %" PRIu64,
                      name,
                      header,
                      computed);
}

/* ---- before the first transaction ------------------------------------------------------------- */

static enum pevm_status check_header(struct block_run *run)
{
    const struct engine_input *input = run->input;
    const struct header *header = &input->block->header;
    const struct rules *rules = &run->env.rules;
    char *text = run->outcome->text;
    enum block_fault fault = header_check(header, input->parent, rules, text);
    if (fault == BLOCK_VALID) fault = header_check_dao(header, run->chain->dao_number, text);
    run->outcome->fault = fault;
    return PEVM_OK;
}

static enum pevm_status check_body_shape(struct block_run *run)
{
    const struct block *block = run->input->block;
    bool wants_withdrawals = run->env.rules.fork >= FORK_SHANGHAI;
    if (block->encoding_size > run->env.rules.block_size_max)
        return run_refuse(run,
                          BLOCK_TOO_LONG,
                          "RLP of the block: expected at most %" PRIu64 " bytes, got %" PRIu64,
                          run->env.rules.block_size_max,
                          block->encoding_size);
    if (block->has_withdrawals != wants_withdrawals)
        return run_refuse(run,
                          BLOCK_FIELDS,
                          "body: expected %s withdrawals in %s",
                          wants_withdrawals ? "a list of" : "no list of",
                          fork_name(run->env.rules.fork));
    if (run->env.rules.fork >= FORK_PARIS && block->ommer_count > 0)
        return run_refuse(run,
                          BLOCK_POS_OMMERS,
                          "ommers: expected none after the merge, got %zu",
                          block->ommer_count);
    return PEVM_OK;
}

/* Lists that execution reads must be those of the header. The transactions' root comes later: when a transaction is
 * invalid, that is the better reason to give. */
static enum pevm_status check_body_lists(struct block_run *run)
{
    const struct block *block = run->input->block;
    const struct header *header = &block->header;
    hash32 root;
    if (run->input->skip_body_roots) return PEVM_OK;
    if (!ommers_hash(&root, block, run->arena)) return run_no_memory(run);
    TRY(expect_hash(run, BLOCK_OMMERS_HASH, "ommers hash", &header->ommers_hash, &root));
    if (run_is_refused(run) || !block->has_withdrawals) return PEVM_OK;
    if (!withdrawals_root(&root, block, run->arena)) return run_no_memory(run);
    return expect_hash(
        run, BLOCK_WITHDRAWALS_ROOT, "withdrawals root", &header->withdrawals_root, &root);
}

enum pevm_status validate_before(struct block_run *run)
{
    static enum pevm_status (*const checks[])(struct block_run *) = {
        check_header,
        check_body_shape,
        check_body_lists,
        ommers_check,
    };
    for (size_t i = 0; i < COUNT_OF(checks) && !run_is_refused(run); i++)
        TRY(checks[i](run));
    return PEVM_OK;
}

/* ---- after the last transaction ---------------------------------------------------------------- */

static enum pevm_status check_transactions(struct block_run *run)
{
    const struct block *block = run->input->block;
    hash32 root;
    if (run->input->skip_body_roots) return PEVM_OK;
    if (!transactions_root(&root, block, run->arena)) return run_no_memory(run);
    return expect_hash(
        run, BLOCK_TRANSACTIONS_ROOT, "transactions root", &block->header.transactions_root, &root);
}

static enum pevm_status check_gas(struct block_run *run)
{
    const struct header *header = &run->input->block->header;
    TRY(expect_number(run, BLOCK_GAS_USED, "gas used", header->gas_used, run->outcome->gas_used));
    if (run_is_refused(run) || run->env.rules.fork < FORK_CANCUN) return PEVM_OK;
    run->outcome->fault = header_check_blob_gas(header, &run->env.rules, run->outcome->text);
    if (run_is_refused(run)) return PEVM_OK;
    return expect_number(run,
                         BLOCK_BLOB_GAS_USED,
                         "blob gas used",
                         header->blob_gas_used,
                         run->outcome->blob_gas_used);
}

static enum pevm_status check_receipts(struct block_run *run)
{
    const struct header *header = &run->input->block->header;
    const struct engine_outcome *outcome = run->outcome;
    if (outcome->has_receipts_root)
        TRY(expect_hash(run,
                        BLOCK_RECEIPTS_ROOT,
                        "receipts root",
                        &header->receipts_root,
                        &outcome->receipts_root));
    if (run_is_refused(run) || memcmp(&header->bloom, &outcome->bloom, sizeof outcome->bloom) == 0)
        return PEVM_OK;
    size_t at = 0;
    while (header->bloom.bytes[at] == outcome->bloom.bytes[at]) /* ends: they differ */
        at++;
    return run_refuse(run,
                      BLOCK_BLOOM,
                      "logs bloom: byte %zu: the header has 0x%02x, the block gives 0x%02x",
                      at,
                      header->bloom.bytes[at],
                      outcome->bloom.bytes[at]);
}

static enum pevm_status check_requests(struct block_run *run)
{
    const struct engine_outcome *outcome = run->outcome;
    if (!outcome->has_requests_hash) return PEVM_OK;
    return expect_hash(run,
                       BLOCK_REQUESTS,
                       "requests hash",
                       &run->input->block->header.requests_hash,
                       &outcome->requests_hash);
}

static enum pevm_status check_state(struct block_run *run)
{
    const struct engine_outcome *outcome = run->outcome;
    if (!outcome->has_state_root) return PEVM_OK;
    return expect_hash(run,
                       BLOCK_STATE_ROOT,
                       "state root",
                       &run->input->block->header.state_root,
                       &outcome->state_root);
}

enum pevm_status validate_after(struct block_run *run)
{
    static enum pevm_status (*const checks[])(struct block_run *) = {
        check_gas,
        check_receipts,
        check_requests,
        check_state,
    };
    TRY(check_transactions(run));
    if (run->input->skip_header_compare) return PEVM_OK;
    for (size_t i = 0; i < COUNT_OF(checks) && !run_is_refused(run); i++)
        TRY(checks[i](run));
    return PEVM_OK;
}
