/* wild_program.h - random bytecode that tries to hurt, and who there is to be hurt. */
#pragma once

#include "base/arena.h"
#include "base/rng.h"
#include "chain/rules.h"

#define PEOPLE      12
#define CONTRACTS   8
#define PROGRAM_MAX 1024

/* What a block is about; WILD_ANY: a bit of everything. */
enum wild_kind {
    WILD_ANY,
    WILD_COINBASE,   /* everybody asks for the coinbase's balance */
    WILD_HOT,        /* everybody counts in one slot */
    WILD_FUNDED,     /* each sender has its ether from the transaction before */
    WILD_REBORN,     /* a contract is made, counts, destroys itself and is made again */
    WILD_DELEGATION, /* few people are delegated again and again, and called */
    WILD_BLOBS,
    WILD_KIND_COUNT
};

struct program {
    uint8_t bytes[PROGRAM_MAX];
    size_t size;
};

struct maker {
    struct rng rng;
    enum fork fork;
    enum wild_kind kind;
    struct arena *arena;
    address people[PEOPLE], contracts[CONTRACTS], coinbase;
    uint64_t nonces[PEOPLE]; /* the next of each */
};

uint64_t pick(struct maker *maker, uint64_t count);
address any_address(struct maker *maker);

/* A few snippets; some are skipped depending on a slot; some end in SELFDESTRUCT or a failure. */
struct program any_program(struct maker *maker);

/* Makes the child, always at the same address, and remembers whether that went well. */
struct program nursery_program(void);
/* Where the child of a nursery at `nursery` is. It counts in a slot; called with data it destroys itself for its caller. */
address child_address(const address *nursery);

/* Counts in slot 0, and gives back that count: stands for the system contracts. */
struct program system_program(void);
