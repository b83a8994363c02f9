/* script_world.h - a block of little scripts instead of bytecode, for the loop of engine/speculation.h: what a transaction
 * reads decides what it writes, so a read that was not right shows in everything after it.
 *
 *     static const struct script chain[] = {
 *         {.ops = {READ(0), WRITE(0)}},
 *         {.ops = {READ(0), WRITE(1)}},
 *     };
 *     script_world_begin(&world, chain, 2, 1);         then speculation_work on any number of threads
 *     problem = script_world_judge(&world);            NULL: as if they had run one after another
 *
 * The result of a script is a number into which all that it read was mixed. It is compiled with the sources under test, under
 * PEVM_WEAVE or not.
 */
#pragma once

#include "engine/speculation.h"
#include "sync/atomic.h"

#define SCRIPT_OPS_MAX     6
#define SCRIPT_SLOTS       4
#define SCRIPT_ACCOUNTS    4
#define SCRIPT_COINBASE    3 /* one of the accounts */
#define SCRIPT_TXS_MAX     64
#define SCRIPT_WORKERS_MAX 8

enum script_kind {
    SCRIPT_END,
    SCRIPT_READ,  /* slot `place` into the result */
    SCRIPT_WRITE, /* the result into slot `place` */
    SCRIPT_PUT,   /* `value` into slot `place`, whatever was read */
    SCRIPT_PAY,   /* add `value` to a balance, without reading it */
    SCRIPT_SPEND, /* take `value` from a balance that must have it: else the transaction is invalid */
    SCRIPT_LOOK,    /* the exact balance into the result */
    SCRIPT_SEND,    /* be sent by account `place`, whose nonce must be `value` */
    SCRIPT_IS,      /* slot `place` must be `value`: else the transaction is invalid */
    SCRIPT_CHOOSE,  /* the next operation is left out when the result is odd */
    SCRIPT_STORAGE, /* does the account of the slots have storage? into the result */
    SCRIPT_RESET,   /* all slots are zero */
};

struct script_op {
    uint8_t kind, place, value;
};

#define READ(place)                                                                                \
    {                                                                                              \
        SCRIPT_READ, (place), 0                                                                    \
    }
#define WRITE(place)                                                                               \
    {                                                                                              \
        SCRIPT_WRITE, (place), 0                                                                   \
    }
#define PUT(place, value)                                                                          \
    {                                                                                              \
        SCRIPT_PUT, (place), (value)                                                               \
    }
#define PAY(place, value)                                                                          \
    {                                                                                              \
        SCRIPT_PAY, (place), (value)                                                               \
    }
#define SPEND(place, value)                                                                        \
    {                                                                                              \
        SCRIPT_SPEND, (place), (value)                                                             \
    }
#define LOOK(place)                                                                                \
    {                                                                                              \
        SCRIPT_LOOK, (place), 0                                                                    \
    }
#define SEND(place, nonce)                                                                         \
    {                                                                                              \
        SCRIPT_SEND, (place), (nonce)                                                              \
    }
#define IS(place, value)                                                                           \
    {                                                                                              \
        SCRIPT_IS, (place), (value)                                                                \
    }
#define CHOOSE                                                                                     \
    {                                                                                              \
        SCRIPT_CHOOSE, 0, 0                                                                        \
    }
#define STORAGE                                                                                    \
    {                                                                                              \
        SCRIPT_STORAGE, 0, 0                                                                       \
    }
#define RESET                                                                                      \
    {                                                                                              \
        SCRIPT_RESET, 0, 0                                                                         \
    }

struct script {
    struct script_op ops[SCRIPT_OPS_MAX];
    uint8_t tip;
    bool is_refused; /* at the frontier: the block ends before it */
};

/* All places, in plain numbers. */
struct script_state {
    uint64_t slots[SCRIPT_SLOTS], balances[SCRIPT_ACCOUNTS], nonces[SCRIPT_ACCOUNTS];
};

struct script_world {
    const struct script *scripts;
    uint32_t count;
    struct script_state base,
        expected; /* before, and after the transactions below `expected_final` */
    uint64_t expected_results[SCRIPT_TXS_MAX];
    uint32_t expected_final;

    struct mv *mv;
    struct speculation *speculation;
    struct view view;
    struct course *courses; /* by seat */

    /* Of the attempts; written by whoever holds the transaction. */
    uint64_t results[SCRIPT_TXS_MAX];
    uint32_t attempts[SCRIPT_TXS_MAX];
    bool is_running[SCRIPT_TXS_MAX];
    uint32_t accepted;
    const char *problem;           /* the first that was seen on the way */
    bool (*cancel)(void *context); /* may be NULL; then `expected_final` is a bound */
    void *cancel_context;
    bool was_cancelled;
    const struct hint *hints; /* may be NULL; by transaction */
};

/* False: no memory. */
bool script_world_init(struct script_world *world, unsigned workers);
void script_world_fini(struct script_world *world);

/* The next block; also computes what must come out. The scripts are borrowed. */
void script_world_begin(struct script_world *world,
                        const struct script *scripts,
                        uint32_t count,
                        uint32_t claim_size);

/* After all workers have come back. NULL, or what is wrong. */
const char *script_world_judge(struct script_world *world);

/* `count` scripts from a seed. `places`: of how many slots and balances at most. */
void scripts_random(struct script *out, uint32_t count, unsigned places, uint64_t seed);
