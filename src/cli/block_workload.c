#include "cli/block_workload.h"

#include "chain/header_rules.h"
#include "cli/block_workload_maker.h"
#include "cli/chain_maker.h"
#include "crypto/keccak.h"

#include <math.h>
#include <unistd.h>

#define ARENA_CHUNK_BYTES ((size_t)1 << 20)
#define GAS_LIMIT_LEAST   1000000
#define NAME_PREFIX       "Benchmark" /* how the document that names some of them writes it */

/* clang-format off */
#define FILES       true
#define NO_FILES    false
#define FIXED(size) size, .is_fixed = true
const struct block_workload_kind block_workload_kinds[] = {
#define WORKLOAD(name, group, fork, coinbase, price, make, what, size, files, gas, about)                              \
    {name, group, about, fork, coinbase, price, make_##make, what, .full_size = size, .needs_files = files, .gas_each = gas},
#include "cli/block_workload.def"
#undef WORKLOAD
};
/* clang-format on */

const size_t block_workload_kind_count = COUNT_OF(block_workload_kinds);

bool block_workload_is_missing(const struct block_workload_kind *kind,
                               const struct block_workload_plan *plan)
{
    return kind->needs_files && access(plan->folder, R_OK) != 0;
}

const struct block_workload_kind *block_workload_find(const char *name)
{
    size_t prefix = strlen(NAME_PREFIX);
    if (strncmp(name, NAME_PREFIX, prefix) == 0) name += prefix;
    for (size_t i = 0; i < block_workload_kind_count; i++)
        if (strcmp(block_workload_kinds[i].name, name) == 0) return &block_workload_kinds[i];
    return NULL;
}

/* ---- from table to block ---------------------------------------------------------------------------- */

/* Time 1, as in the published loads: markets write no observation within the second of the last one. */
static struct header header_begin(const struct block_workload_kind *kind)
{
    struct header header = {
        .ommers_hash = keccak_empty_list,
        .state_root = keccak_empty_trie,
        .transactions_root = keccak_empty_trie,
        .receipts_root = keccak_empty_trie,
        .withdrawals_root = keccak_empty_trie,
        .number = 1,
        .timestamp = 1,
        .field_count = (uint8_t)header_field_count(kind->fork),
    };
    header.coinbase.bytes[sizeof header.coinbase.bytes - 1] = kind->coinbase;
    return header;
}

static enum pevm_status make(struct block_workload *out,
                             const struct block_workload_plan *plan,
                             size_t txs,
                             struct error *error)
{
    const struct block_workload_kind *kind = out->kind;
    struct workload_maker maker = {.plan = plan, .kind = kind, .out = out, .error = error};
    u256 half = u256_shl_bits(U256_ONE, 255);
    rng_init(&maker.rng, plan->seed);
    out->block.header = header_begin(kind);
    out->block.has_withdrawals = true;
    out->state = memory_state_new();
    out->pre_state = out->state;
    if (out->state == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    maker_set_account(&maker, &out->block.header.coinbase, 1, &half);
    kind->make(&maker, txs);
    if (out->block.header.gas_limit < GAS_LIMIT_LEAST)
        out->block.header.gas_limit = GAS_LIMIT_LEAST;
    return maker.status;
}

enum pevm_status block_workload_init(struct block_workload *out,
                                     const struct block_workload_kind *kind,
                                     const struct block_workload_plan *plan,
                                     struct error *error)
{
    double size =
        kind->is_fixed ? (double)kind->full_size : ceil((double)kind->full_size * plan->scale);
    size_t txs = size < 1 ? 1 : (size_t)size;
    *out = (struct block_workload){.kind = kind};
    arena_init(&out->arena, ARENA_CHUNK_BYTES, 0);
    enum pevm_status status = chain_by_network(&out->chain, fork_name(kind->fork), error);
    if (status == PEVM_OK) status = make(out, plan, txs, error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s", kind->name);
        block_workload_fini(out);
    }
    return status;
}

void block_workload_fini(struct block_workload *workload)
{
    memory_state_free(workload->state);
    chain_maker_free(workload->chain_maker);
    arena_fini(&workload->arena);
    *workload = (struct block_workload){.kind = workload->kind};
}
