/* mv_world.h - a small block on a multi-version state: a base that counts what it is asked, one attempt per transaction.
 *
 *     struct mv_world *w = mv_world_new(3);
 *     write_word(w, TX(0), SLOT_A, 10);                 (a whole attempt: begun, written, published)
 *     CHECK_EQ(read_word(w, TX(2), SLOT_A), 10);        (in the attempt of TX(2) that is open)
 *     mv_world_free(w);
 *
 * An attempt is opened by begin, or by the first read or put; publish closes it. Whatever is not answered as the name of
 * the function says fails the test; mv_validate looks at all lists after every publication. Balances and words are small numbers.
 */
#pragma once

#include "state/mv.h"

#define TX(n)            ((uint32_t)(n))
#define MV_WORLD_TXS     512
#define MV_WORLD_WORKERS 4

/* Accounts; SLOT_A and SLOT_B are XENIA's, SLOT_Y is YUSUF's, SLOT_C belongs to the coinbase. */
enum { XENIA = 1, YUSUF = 2, ZOE = 3, COINBASE = 4, MV_WORLD_ACCOUNTS = 8 };
enum { SLOT_A, SLOT_B, SLOT_Y, SLOT_C, MV_WORLD_SLOTS };

struct mv_world {
    struct mv *mv;
    struct mv_block block;
    struct view base;
    struct mv_attempt attempts[MV_WORLD_TXS];
    bool is_open[MV_WORLD_TXS];
    unsigned workers[MV_WORLD_TXS]; /* whose worker the attempts are; 0 at first */

    /* The base. */
    struct view_account accounts[MV_WORLD_ACCOUNTS];
    u256 slots[MV_WORLD_SLOTS];
    bool has_storage[MV_WORLD_ACCOUNTS];
    struct bytes code; /* of every hash */
    bool is_broken;    /* nothing can be read */
    unsigned account_reads, slot_reads, code_reads, has_storage_reads, block_hash_reads;
};

struct mv_world *mv_world_new(uint32_t txs);
struct mv_world *mv_world_with(uint32_t txs, const struct mv_options *options);
void mv_world_free(struct mv_world *w);

/* The next block, on the same base; the attempts that were open are forgotten. */
void mv_world_next(struct mv_world *w, uint32_t txs);
enum pevm_status mv_world_try_next(struct mv_world *w, uint32_t txs);

address mv_world_address(unsigned who);

/* The base, before it is read. An account exists when it has something, or when base_exists was called. */
void base_account(struct mv_world *w, unsigned who, uint64_t balance, uint64_t nonce);
void base_code(struct mv_world *w, unsigned who, uint8_t mark); /* a hash full of `mark` */
void base_exists(struct mv_world *w, unsigned who);
void base_slot(struct mv_world *w, unsigned slot, uint64_t value);

/* ---- one attempt, step by step ---------------------------------------------------------------- */

struct mv_attempt *begin(struct mv_world *w, uint32_t tx);
/* ... whose sender's nonce is predicted. */
struct mv_attempt *begin_predicted(struct mv_world *w,
                                   uint32_t tx,
                                   unsigned sender,
                                   uint64_t nonce);

uint64_t read_word(struct mv_world *w, uint32_t tx, unsigned slot);
uint64_t read_balance(struct mv_world *w, uint32_t tx, unsigned who);
uint64_t read_nonce(struct mv_world *w, uint32_t tx, unsigned who);
uint8_t read_code(struct mv_world *w, uint32_t tx, unsigned who); /* the mark; 0: keccak_empty */
bool read_exists(struct mv_world *w, uint32_t tx, unsigned who);
bool read_empty(struct mv_world *w, uint32_t tx, unsigned who);
bool read_has_storage(struct mv_world *w, uint32_t tx, unsigned who);

/* The same where another has to go first: which one. */
uint32_t blocked_word(struct mv_world *w, uint32_t tx, unsigned slot);
uint32_t blocked_account(struct mv_world *w, uint32_t tx, unsigned who, unsigned parts);
uint32_t blocked_has_storage(struct mv_world *w, uint32_t tx, unsigned who);

/* What the run depends on of a balance that was read just before. */
void need_exactly(struct mv_world *w, uint32_t tx, unsigned who, uint64_t given);
void need_at_least(struct mv_world *w, uint32_t tx, unsigned who, uint64_t given, uint64_t min);

void put_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t value);
void put_balance(struct mv_world *w, uint32_t tx, unsigned who, int64_t delta);
void put_nonce(struct mv_world *w, uint32_t tx, unsigned who, uint64_t nonce);
void put_code(struct mv_world *w, uint32_t tx, unsigned who, uint8_t mark, struct bytes code);
void put_existence(struct mv_world *w, uint32_t tx, unsigned who, bool exists);
void put_reset(struct mv_world *w, uint32_t tx, unsigned who);

/* Gives readers_to. */
uint32_t publish(struct mv_world *w, uint32_t tx);
uint32_t publish_tip(struct mv_world *w, uint32_t tx, uint64_t tip);
/* False: there was no memory. */
bool try_publish(struct mv_world *w, uint32_t tx);

bool holds(struct mv_world *w, uint32_t tx); /* predictions included */

/* ---- whole attempts --------------------------------------------------------------------------- */

void write_nothing(struct mv_world *w, uint32_t tx);
void write_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t value);
void write_balance(struct mv_world *w, uint32_t tx, unsigned who, int64_t delta);
void write_nonce(struct mv_world *w, uint32_t tx, unsigned who, uint64_t nonce);
void write_tip(struct mv_world *w, uint32_t tx, uint64_t tip);

/* ---- afterwards ------------------------------------------------------------------------------- */

/* What came of the transactions below `tx`: false when nothing is said of it. An account or slot that is visited twice fails
 * the test. */
bool changed_account(struct mv_world *w, uint32_t tx, unsigned who, struct mv_account_change *out);
bool changed_word(struct mv_world *w, uint32_t tx, unsigned slot, uint64_t *out);
