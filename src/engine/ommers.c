#include "engine/ommers.h"

#include "base/hex.h"
#include "chain/header_rules.h"

#include <inttypes.h>

#define OMMERS_MAX    2
#define OMMER_AGE_MAX 6

/* The known ancestor with that hash, or NULL. */
static const struct header *ancestor_find(const struct engine_input *input, const hash32 *hash)
{
    for (size_t i = 0; i < input->ancestor_count; i++)
        if (hash32_equal(&input->ancestors[i].header->hash, hash))
            return input->ancestors[i].header;
    return NULL;
}

static bool list_has(const struct header *ommers, size_t count, const hash32 *hash)
{
    for (size_t i = 0; i < count; i++)
        if (hash32_equal(&ommers[i].hash, hash)) return true;
    return false;
}

/* Rewarded by an ancestor, or earlier in this block? */
static bool was_rewarded(const struct engine_input *input, size_t index)
{
    const hash32 *hash = &input->block->ommers[index].hash;
    for (size_t i = 0; i < input->ancestor_count; i++)
        if (list_has(input->ancestors[i].ommers, input->ancestors[i].ommer_count, hash))
            return true;
    return list_has(input->block->ommers, index, hash);
}

/* Its header, judged with its own parent under the rules of its own height. */
static enum pevm_status check_header(struct block_run *run,
                                     size_t index,
                                     const struct header *parent)
{
    const struct header *ommer = &run->input->block->ommers[index];
    struct rules rules = chain_rules(run->chain, ommer->number, ommer->timestamp, NULL);
    char text[ERROR_TEXT_MAX];
    enum block_fault fault = header_check(ommer, parent, &rules, text);
    if (fault == BLOCK_VALID) fault = header_check_dao(ommer, run->chain->dao_number, text);
    return fault == BLOCK_VALID ? PEVM_OK
                                : run_refuse(run, BLOCK_OMMER, "ommer %zu: %s", index, text);
}

static enum pevm_status check_family(struct block_run *run, size_t index)
{
    const struct engine_input *input = run->input;
    const struct header *ommer = &input->block->ommers[index];
    char hex[HEX_HASH_SIZE];
    if (was_rewarded(input, index))
        return run_refuse(run,
                          BLOCK_OMMER_TWICE,
                          "ommer %zu: %s was an ommer before",
                          index,
                          hex_hash(hex, &ommer->hash));
    if (ancestor_find(input, &ommer->hash) != NULL)
        return run_refuse(run,
                          BLOCK_OMMER_ANCESTOR,
                          "ommer %zu: %s is an ancestor",
                          index,
                          hex_hash(hex, &ommer->hash));
    const struct header *parent = ancestor_find(input, &ommer->parent_hash);
    if (parent == NULL)
        return run_refuse(run,
                          BLOCK_OMMER_PARENT,
                          "ommer %zu: its parent %s is none of the last %d ancestors",
                          index,
                          hex_hash(hex, &ommer->parent_hash),
                          ENGINE_ANCESTORS_MAX);
    if (hash32_equal(&ommer->parent_hash, &input->block->header.parent_hash))
        return run_refuse(
            run, BLOCK_OMMER_PARENT, "ommer %zu: its parent is the block's own", index);
    return check_header(run, index, parent);
}

static enum pevm_status check_ommer(struct block_run *run, size_t index)
{
    const struct block *block = run->input->block;
    uint64_t number = block->ommers[index].number, block_number = block->header.number;
    if (run->input->ancestor_count > 0) TRY(check_family(run, index));
    if (run_is_refused(run)) return PEVM_OK;
    if (number < block_number && block_number - number <= OMMER_AGE_MAX) return PEVM_OK;
    return run_refuse(run,
                      BLOCK_OMMER,
                      "ommer %zu: number: expected %d to 1 less than %" PRIu64 ", got %" PRIu64,
                      index,
                      OMMER_AGE_MAX,
                      block_number,
                      number);
}

enum pevm_status ommers_check(struct block_run *run)
{
    const struct block *block = run->input->block;
    if (block->ommer_count > OMMERS_MAX)
        return run_refuse(run,
                          BLOCK_OMMER_COUNT,
                          "ommers: expected at most %d, got %zu",
                          OMMERS_MAX,
                          block->ommer_count);
    for (size_t i = 0; i < block->ommer_count && !run_is_refused(run); i++)
        TRY(check_ommer(run, i));
    return PEVM_OK;
}
