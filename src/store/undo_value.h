/* undo_value.h - the record st:undo:{n}: what block n found and what it left, to go back or forward over it.
 *
 * A format of our own:
 *
 *     version (1 byte, 1)   RLP   first 8 bytes of keccak256 of all before
 *
 *     RLP: [number, hash, parent hash, epoch, transactions, time before,
 *           [[address, before, after, [[slot, before, after], ...]], ...],     accounts, ascending; slots, ascending
 *           [code hash, ...]]                                                  codes that the block added, ascending
 *     before, after of an account: "" (there was none), or [nonce, balance, code hash, bare storage (0 or 1)]
 *     before, after of a slot: a number; 0: there was none
 *
 * It alone is enough: every key that the block wrote follows from it, and the commit of a block begins by writing it.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/value.h"

struct undo_slot {
    u256 slot, before, after;
};

struct undo_account {
    address who;
    bool existed, exists;
    struct stored_account before, after; /* is_deleted is not used */
    const struct undo_slot *slots;
    size_t slot_count;
};

struct undo_record {
    uint64_t number, epoch, tx_count;
    uint64_t time_before; /* lastExecutionTime of the progress before */
    hash32 hash, parent_hash;
    const struct undo_account *accounts;
    size_t account_count;
    const hash32 *codes;
    size_t code_count;
};

#define UNDO_VERSION 1

/* False when memory runs out. */
bool undo_write(struct bytes *out,
                const struct undo_record *record,
                struct arena *arena) MUST_CHECK;

/* PEVM_UNSUPPORTED: another version. PEVM_CORRUPT: the checksum or anything else is wrong. Memory is in proportion to the
 * bytes given. */
enum pevm_status undo_read(struct undo_record *out,
                           struct bytes encoding,
                           struct arena *arena,
                           struct error *error) MUST_CHECK;
