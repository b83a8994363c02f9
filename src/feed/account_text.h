/* account_text.h - one account as state files spell it: { "balance", "nonce", "code", "storage" }.
 *
 * More spellings than in tests and bundles: balances and nonces as decimal digits of any length, or 0x and hex; addresses and words
 * with 0x or without, in any case; storage values shorter than a word. All members may be missing, but not be of another kind.
 */
#pragma once

#include "base/u256.h"
#include "fixture/json.h"

struct account_text {
    address who;
    u256 balance;
    uint64_t nonce;
    struct bytes code;          /* in the arena; empty: none */
    const struct json *storage; /* NULL: none */
};

/* "0x" and hex, or decimal digits, as text or as a JSON number; at most 256 bits. `name` is for the error text. */
enum pevm_status text_u256(u256 *out,
                           const struct json *value,
                           const char *name,
                           struct error *error) MUST_CHECK;

/* 1 to 64 hex digits with 0x or without. */
enum pevm_status text_word(u256 *out, struct bytes text, const char *name, struct error *error)
    MUST_CHECK;

enum pevm_status text_address(address *out,
                              struct bytes text,
                              const char *name,
                              struct error *error) MUST_CHECK;

/* All but the address. */
enum pevm_status account_text_read(struct account_text *out,
                                   const struct json *object,
                                   struct arena *arena,
                                   struct error *error) MUST_CHECK;

/* One member of `storage`. */
enum pevm_status account_text_slot(u256 *slot,
                                   u256 *value,
                                   const struct json *member,
                                   struct error *error) MUST_CHECK;
