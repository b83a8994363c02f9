/* board.h - what goes on in the service, for those who ask from outside: the loop and the leader write, health and the page read.
 *
 * Words
 *   role      what this process is to the store just now
 *   trouble   something that keeps it from its work; each kind is there or not, with one sentence that says what to do
 *   tick      the loop has come round; without ticks the process counts as stuck
 *
 * Threads: any number. Everything but the tick is behind one lock, which is held for a copy; nobody asks per transaction.
 */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "metrics/counter.h"

#include <pthread.h>
#include <stdbool.h>

/*  code, word for machines (ROLE), ... */
#define ROLE_LIST(X)                                                                               \
    X(ROLE_STARTING, "starting")                                                                   \
    X(ROLE_STANDBY, "standby")                                                                     \
    X(ROLE_LEADER, "leader")                                                                       \
    X(ROLE_STOPPING, "stopping")

enum role {
#define X(code, word) code,
    ROLE_LIST(X)
#undef X
        ROLE_COUNT
};

/*  code, word for machines, is the process unfit to serve while it lasts? */
#define TROUBLE_LIST(X)                                                                            \
    X(TROUBLE_STORE, "store_unreachable", true)                                                    \
    X(TROUBLE_REGRESSED, "store_regressed", true)                                                  \
    X(TROUBLE_EMPTY, "no_state", true)                                                             \
    X(TROUBLE_MISSING, "block_missing", false)                                                     \
    X(TROUBLE_BAD_BLOCK, "bad_block", true)                                                        \
    X(TROUBLE_TOO_DEEP, "reorg_too_deep", true)                                                    \
    X(TROUBLE_DAMAGED, "store_damaged", true)                                                      \
    X(TROUBLE_TIMEOUT, "block_timeout", true)                                                      \
    X(TROUBLE_MEMORY, "memory", false)                                                             \
    X(TROUBLE_INTERNAL, "internal", true)

enum trouble {
#define X(code, word, unfit) code,
    TROUBLE_LIST(X)
#undef X
        TROUBLE_COUNT
};

/* A block that was committed. */
struct board_block {
    uint64_t number;
    hash32 hash;
    uint32_t txs, failed_txs;
    uint64_t gas_used;
    uint64_t executions; /* attempts; as many as txs when none was repeated */
    uint64_t fetch_ns, execute_ns, verify_ns, commit_ns; /* verify: roots */
    uint64_t at_ms;                                      /* unix time of the commit */
};
#define BOARD_BLOCKS 64

/* A contract that was called often in the last blocks. */
struct board_contract {
    address who;
    uint64_t txs; /* that were sent to it, older blocks counting less */
    uint64_t gas; /* that these used */
};
#define BOARD_CONTRACTS 10

/* A copy of it all. */
struct board_state {
    enum role role;
    uint64_t epoch;    /* of our leadership; 0: we never led */
    uint64_t start_ms; /* unix time of the start */
    char chain[64], store[128], verify[8];
    bool has_progress;
    uint64_t executed, synced; /* heights */
    uint64_t depth;            /* blocks that can be undone */
    struct {
        bool is_there;
        uint64_t since_ms; /* unix time */
        char text[ERROR_TEXT_MAX];
    } troubles[TROUBLE_COUNT];
    struct board_block blocks[BOARD_BLOCKS]; /* the newest first */
    size_t block_count;
    struct board_contract contracts[BOARD_CONTRACTS]; /* the busiest first */
    size_t contract_count;
};

struct board {
    pthread_mutex_t mutex;
    struct board_state state;
    uint64_t block_next;    /* of the ring that state.blocks is here */
    struct counter tick_ns; /* clock_now_ns */
};

void board_init(struct board *board);
void board_fini(struct board *board);

void board_tick(struct board *board);
/* Nanoseconds since the last tick. */
uint64_t board_silence(struct board *board);

void board_set_names(struct board *board, const char *chain, const char *store, const char *verify);
void board_set_role(struct board *board, enum role role, uint64_t epoch);
void board_set_heights(struct board *board, uint64_t executed, uint64_t synced, uint64_t depth);
void board_add_block(struct board *board, const struct board_block *block);
/* At most BOARD_CONTRACTS. */
void board_set_contracts(struct board *board, const struct board_contract *contracts, size_t count);

/* It is there, or has another text. True when it was not there before (so that it is logged once). */
bool board_trouble(struct board *board, enum trouble trouble, const char *text);
/* True when it was there. */
bool board_clear(struct board *board, enum trouble trouble);

/* ~20 KiB. */
void board_copy(struct board *board, struct board_state *out);

const char *role_word(enum role role);
const char *trouble_word(enum trouble trouble);
/* Does /readyz say no while it lasts? */
bool trouble_is_unfit(enum trouble trouble);
