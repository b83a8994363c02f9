#include "feed/block_check.h"

#include "base/hex.h"
#include "engine/block_roots.h"

#include <inttypes.h>

static enum pevm_status expect_hash(const char *field,
                                    const hash32 *expected,
                                    const hash32 *got,
                                    struct error *error)
{
    char expected_text[HEX_HASH_SIZE], got_text[HEX_HASH_SIZE];
    if (hash32_equal(expected, got)) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "%s: expected %s, got %s",
                     field,
                     hex_hash(expected_text, expected),
                     hex_hash(got_text, got));
}

enum pevm_status block_check_body(const struct block *block,
                                  struct arena *scratch,
                                  struct error *error)
{
    const struct header *header = &block->header;
    hash32 root;
    if (!transactions_root(&root, block, scratch)) goto no_memory;
    TRY(expect_hash("transactionsRoot", &header->transactions_root, &root, error));
    if (!ommers_hash(&root, block, scratch)) goto no_memory;
    TRY(expect_hash("sha3Uncles", &header->ommers_hash, &root, error));
    bool wants_withdrawals = header->field_count >= 17;
    if (block->has_withdrawals != wants_withdrawals)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "withdrawals: expected %s, got %s",
                         wants_withdrawals ? "a list" : "none, as the header has no root of them",
                         wants_withdrawals ? "nothing" : "a list");
    if (!wants_withdrawals) return PEVM_OK;
    if (!withdrawals_root(&root, block, scratch)) goto no_memory;
    return expect_hash("withdrawalsRoot", &header->withdrawals_root, &root, error);
no_memory:
    return error_set(error, PEVM_NO_MEMORY, "out of memory");
}

enum pevm_status block_check_link(const struct header *header,
                                  uint64_t number,
                                  const hash32 *hash,
                                  struct error *error)
{
    if (header->number != number + 1)
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "number: expected %" PRIu64 ", got %" PRIu64,
                         number + 1,
                         header->number);
    return expect_hash("parentHash", hash, &header->parent_hash, error);
}
