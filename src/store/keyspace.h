/* keyspace.h - the names under which everything lies in the store, exactly as documented (SERVICE: storage layout).
 *
 *     idx:sync:progress  idx:exec:progress
 *     blk:hdr:{n}  blk:txs:{n}  blk:body:{n}  blk:rcpt:{n}  blk:txhash:{hash}
 *     st:latest:acc:{address}  st:latest:stor:{address}:{slot}
 *     st:{n}:acc:{address}     st:{n}:stor:{address}:{slot}     st:root:{n}  st:undo:{n}
 *     st:code:{hash}
 *     evmx:lock  evmx:epoch
 *     evmx:trie  evmx:trie:acc:{path}  evmx:trie:stor:{address}:{path}  evmx:undo:{n}     (store_trie.h, rider_value.h)
 *
 * {n} is decimal without leading zeros; {slot} and {hash} are 0x and 64 lower-case digits; {address} is 0x and 40 digits in
 * the mixed case of EIP-55, or all lower case where the store says so. A key that is read may have either. {path} is nibbles, as up to 64 lower-case digits.
 */
#pragma once

#include "base/bytes.h"
#include "base/u256.h"
#include "trie/nibbles.h"

enum key_kind {
    KEY_SYNC_PROGRESS,
    KEY_EXEC_PROGRESS,
    KEY_HEADER,
    KEY_TXS,
    KEY_BODY,
    KEY_RECEIPTS,
    KEY_TX_HASH,
    KEY_ACCOUNT,    /* latest */
    KEY_SLOT,       /* latest */
    KEY_ACCOUNT_AT, /* after block `number` */
    KEY_SLOT_AT,
    KEY_ROOT,
    KEY_UNDO,
    KEY_CODE,
    KEY_LOCK,
    KEY_EPOCH,
    KEY_TRIE,       /* which block the tries are of */
    KEY_BOUGH,      /* of the trie of accounts */
    KEY_SLOT_BOUGH, /* of the trie of a storage */
    KEY_RIDERS,
    KEY_KIND_COUNT,
};

/* What a key says; fields that its kind does not have are zero. */
struct key {
    enum key_kind kind;
    uint64_t number;
    address who;
    u256 slot;
    hash32 hash;
    uint8_t path[32]; /* two nibbles to a byte, the high half first */
    unsigned path_count;
};

#define KEY_TEXT_SIZE 144 /* the longest, st:{20 digits}:stor:{42}:{66}, has 138 */

struct key_text {
    char text[KEY_TEXT_SIZE]; /* ends with a zero byte */
    size_t size;
};

/* Write a key; `lower` = addresses in lower case. */
struct key_text key_write(const struct key *key, bool lower);

/* The bytes of a text, which must outlive them. */
struct bytes key_bytes(const struct key_text *text);

/* Read a key; false: it is none of ours. */
bool key_read(struct key *out, struct bytes text) MUST_CHECK;

/* "st:latest:stor:{address}:", what the keys of all slots of an account begin with. */
struct key_text key_slots_of(const address *who, bool lower);

/* Shorthands. */
struct key key_of_account(const address *who);
struct key key_of_slot(const address *who, const u256 *slot);
struct key key_of_code(const hash32 *hash);
struct key key_of_bough(const address *who /* NULL: of accounts */, struct nibbles path);
struct key key_of_block(enum key_kind kind, uint64_t number);

/* "0x..." in the mixed case of EIP-55. Returns `out`. */
#define ADDRESS_TEXT_SIZE 43
const char *address_checksum(char out[ADDRESS_TEXT_SIZE], const address *who);
