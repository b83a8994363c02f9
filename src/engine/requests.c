#include "engine/requests.h"

#include "crypto/digest.h"

#define WORD             32
#define DEPOSIT_LOG_SIZE 576
#define DEPOSIT_SIZE     192 /* public key 48, credentials 32, amount 8, signature 96, index 8 */

/* keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)") */
static const hash32 deposit_topic = {
    {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e,
     0x5c, 0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0,
     0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}
};

/* The five byte strings of the event as the ABI lays them out: where each begins, its length word first. */
static const struct {
    uint64_t offset, size;
} deposit_fields[] = {
    {160, 48},
    {256, 32},
    {320, 8 },
    {384, 96},
    {512, 8 },
};

static bool word_is(const uint8_t *data, uint64_t expected)
{
    return u256_equal(u256_from_be(data), u256_from_u64(expected));
}

/* Take the deposit out of a log's data; false when the layout is another one. */
static bool deposit_read(uint8_t out[DEPOSIT_SIZE], struct bytes data)
{
    if (data.size != DEPOSIT_LOG_SIZE) return false;
    for (size_t i = 0; i < COUNT_OF(deposit_fields); i++) {
        const uint8_t *field = data.data + deposit_fields[i].offset;
        if (!word_is(data.data + i * WORD, deposit_fields[i].offset) ||
            !word_is(field, deposit_fields[i].size))
            return false;
        memcpy(out, field + WORD, deposit_fields[i].size);
        out += deposit_fields[i].size;
    }
    return true;
}

static bool is_deposit(const struct log *log, const address *contract)
{
    return log->topic_count > 0 && address_equal(&log->account, contract) &&
           hash32_equal(&log->topics[0], &deposit_topic);
}

static size_t count_deposits(const struct block_run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < run->input->block->tx_count; i++)
        for (size_t k = 0; k < run->receipts[i].log_count; k++)
            count += is_deposit(&run->receipts[i].logs[k], &run->chain->deposit_contract);
    return count;
}

enum pevm_status requests_gather_deposits(struct block_run *run)
{
    size_t size = count_deposits(run) * DEPOSIT_SIZE;
    if (size == 0) return PEVM_OK;
    uint8_t *deposits = arena_alloc(run->arena, size);
    if (deposits == NULL) return run_no_memory(run);
    run->requests[REQUEST_DEPOSIT] = bytes_of(deposits, size);
    for (size_t i = 0; i < run->input->block->tx_count; i++) {
        for (size_t k = 0; k < run->receipts[i].log_count; k++) {
            const struct log *log = &run->receipts[i].logs[k];
            if (!is_deposit(log, &run->chain->deposit_contract)) continue;
            if (!deposit_read(deposits, log->data))
                return run_refuse(
                    run,
                    BLOCK_DEPOSIT_LAYOUT,
                    "transaction %zu, log %zu: not a deposit as EIP-6110 lays it out (%zu bytes)",
                    i,
                    k,
                    log->data.size);
            deposits += DEPOSIT_SIZE;
        }
    }
    return PEVM_OK;
}

bool requests_hash(hash32 *out,
                   const struct bytes requests[REQUEST_TYPE_COUNT],
                   struct arena *scratch)
{
    hash32 hashes[REQUEST_TYPE_COUNT];
    size_t count = 0;
    for (unsigned type = 0; type < REQUEST_TYPE_COUNT; type++) {
        if (requests[type].size == 0) continue;
        struct arena_mark mark = arena_mark(scratch);
        uint8_t *typed = arena_alloc(scratch, 1 + requests[type].size);
        if (typed == NULL) return false;
        typed[0] = (uint8_t)type;
        memcpy(typed + 1, requests[type].data, requests[type].size);
        sha256(&hashes[count++], typed, 1 + requests[type].size);
        arena_release(scratch, mark);
    }
    sha256(out, hashes, count * sizeof hashes[0]);
    return true;
}
