/* store_digest.h - one hash of the whole state in a store, with codes and receipts: equal digests, equal contents.
 *
 * Keccak-256 over, in the order of the keys, the Keccak-256 of each key, a zero byte and its value, of all keys that begin with
 * st:latest:, st:code: and blk:rcpt:. For tests and `pevm inspect`: it reads everything and keeps 40 bytes and the key of each.
 */
#pragma once

#include "store/store.h"

enum pevm_status store_digest(struct store *store, hash32 *out, struct error *error) MUST_CHECK;
