/* value.h - accounts, slots and progress as the store keeps them, exactly as documented.
 *
 *   account    {"balance":N,"nonce":N,"codeHash":"0x..","storageRoot":"0x.."}; the balance is a bare number of up to 78
 *              digits; codeHash is all zeros for no code; storageRoot is all zeros. Two fields of ours may follow, both
 *              rare: "deleted":true (in history: gone after that block) and "bareStorage":true (has no code, but may
 *              have storage: what has neither has none, so nobody must look)
 *   slot       0x and 64 lower-case digits, 66 bytes
 *   progress   {"latestSyncedBlock":N}, and {"latestExecutedBlock":N,"lastExecutionTime":N,"totalTxsExecuted":N,
 *              "latestExecutedHash":"0x..","epoch":N,"schema":1}; the last three are ours and may be missing when read
 *
 * Read more widely than written: balances in quotes or as hex, keccak("") as no code, fields in any order, unknown fields.
 * What is damaged is PEVM_CORRUPT with a text that names field or byte; it is never half a value.
 */
#pragma once

#include "base/error.h"
#include "base/u256.h"

struct stored_account {
    u256 balance;
    uint64_t nonce;
    hash32 code_hash; /* keccak_empty: no code */
    bool is_deleted;
    bool has_bare_storage;
};

#define ACCOUNT_TEXT_SIZE  352 /* 78 + 20 digits, two hashes, names */
#define SLOT_TEXT_SIZE     67
#define PROGRESS_TEXT_SIZE 288

/* Each writes a text with a zero byte and returns its length. */
size_t account_write(char out[ACCOUNT_TEXT_SIZE], const struct stored_account *account);
enum pevm_status account_read(struct stored_account *out,
                              struct bytes text,
                              struct error *error) MUST_CHECK;

size_t slot_write(char out[SLOT_TEXT_SIZE], const u256 *value);
enum pevm_status slot_read(u256 *out, struct bytes text, struct error *error) MUST_CHECK;

/* How far the feed is. */
size_t sync_progress_write(char out[PROGRESS_TEXT_SIZE], uint64_t number);
enum pevm_status sync_progress_read(uint64_t *out,
                                    struct bytes text,
                                    struct error *error) MUST_CHECK;

#define STORE_SCHEMA 1

/* How far execution is: the commit point. */
struct exec_progress {
    uint64_t number, time, tx_count; /* block; unix seconds; transactions in all */
    hash32 hash;                     /* of the block */
    bool has_hash;                   /* false: written by somebody who knows only the first three */
    uint64_t epoch;                  /* of the leader that wrote it; 0: nobody's */
};

size_t exec_progress_write(char out[PROGRESS_TEXT_SIZE], const struct exec_progress *progress);
/* PEVM_UNSUPPORTED: another schema. */
enum pevm_status exec_progress_read(struct exec_progress *out,
                                    struct bytes text,
                                    struct error *error) MUST_CHECK;
