/* block_workload.h - blocks to measure on: a pre-state and one block of many transactions, from a table of kinds
 * (block_workload.def) and a plan. Made once, executed as often as one likes; the same plan makes the same block everywhere.
 *
 * The senders are known, so nothing is signed, and the header has no roots: to be executed with skip_header_compare and
 * skip_body_roots. Only the kinds of group "own" are whole blocks of a made chain.
 *
 * Words
 *   full size   how many transactions at scale 1: as published where others have measured the same
 *   hot         how often one of the busiest tenth of the accounts is chosen
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "chain/chain.h"
#include "state/memory_state.h"
#include "types/block.h"

struct block_workload;
struct workload_maker;
struct chain_maker;

/* Who meets whom. */
enum workload_shape {
    SHAPE_APART,      /* everybody for himself */
    SHAPE_CONTENDED,  /* two accounts by chance, the hot ones more often */
    SHAPE_CHAIN,      /* each transaction needs what the one before has done */
    SHAPE_HALF_CHAIN, /* a chain, then as many that are apart */
    SHAPE_DISTANCE,   /* one in ten needs what the eighth before it has done */
    SHAPE_CLUSTERED,  /* within families */
    SHAPE_ONE_SENDER, /* but for a stranger now and then */
    SHAPE_ONE_GETS,   /* everybody pays the same account */
};

/* What a contract of ours does that is called by every transaction. */
enum workload_program {
    PROGRAM_READ_COINBASE, /* asks for the coinbase's balance, and logs it */
    PROGRAM_ONE_SLOT,      /* adds one to a slot that all share */
    PROGRAM_SOME_SLOTS,    /* adds one to a slot out of very many */
    PROGRAM_FEW_SLOTS,     /* ... out of ten */
    PROGRAM_MEMORY,        /* hashes 128 KiB of memory */
    PROGRAM_READ_SLOTS,    /* reads a hundred slots that nobody writes */
    PROGRAM_WRITE_SLOTS,   /* changes twenty slots of its own */
    PROGRAM_ARITHMETIC,    /* a thousand rounds of MULMOD and EXP */
    PROGRAM_HASHES,        /* a thousand hashes */
    PROGRAM_COUNT
};

struct block_workload_plan {
    double scale; /* of the full size; more than 0 */
    double hot;   /* 0 to 1; 0: all accounts alike */
    uint64_t seed;
    const char *folder; /* of the public bytecodes */
};

struct block_workload_kind {
    const char *name, *group, *about;
    enum fork fork;
    uint8_t coinbase;   /* the last byte of its address; the others are 0 */
    uint32_t gas_price; /* wei; the base fee is 0 */
    void (*make)(struct workload_maker *maker, size_t txs);
    unsigned what;      /* enum workload_shape or enum workload_program: for `make` */
    uint64_t full_size; /* transactions */
    bool is_fixed;      /* of that size at every scale */
    bool needs_files;
    uint64_t gas_each; /* used by every transaction; 0 = they differ */
};

extern const struct block_workload_kind block_workload_kinds[];
extern const size_t block_workload_kind_count;

/* By name, "Benchmark" before it or not; NULL when there is none. */
const struct block_workload_kind *block_workload_find(const char *name);

/* Does it need public bytecodes that are not in the plan's folder? */
bool block_workload_is_missing(const struct block_workload_kind *kind,
                               const struct block_workload_plan *plan);

struct block_workload {
    const struct block_workload_kind *kind;
    struct chain chain;
    struct block block;
    const struct memory_state *pre_state;
    size_t failing; /* transactions that are meant to fail */

    struct arena arena;
    struct memory_state *state;
    struct chain_maker *chain_maker; /* of group "own": whose block this is */
};

/* PEVM_IO or PEVM_BAD_INPUT when public bytecode is not there or not what it should be. On failure nothing is to be released. */
enum pevm_status block_workload_init(struct block_workload *out,
                                     const struct block_workload_kind *kind,
                                     const struct block_workload_plan *plan,
                                     struct error *error) MUST_CHECK;
void block_workload_fini(struct block_workload *workload);
