/* rider_value.h - riders: changes of keys of somebody else's that go into the store with a block, and come out with it.
 *
 * What they were before is kept under evmx:undo:{n}, a format of our own:
 *
 *     version (1 byte, 1)   RLP   first 8 bytes of keccak256 of all before
 *
 *     RLP: [number, hash of the block, [[key, before], ...]]     before "": it was absent
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/batch.h"

/* A value is never empty: "" is an absent key, before or after. */
struct rider {
    struct bytes key, before, after;
};

struct rider_record {
    uint64_t number;
    hash32 hash;                /* of the block */
    const struct rider *riders; /* without `after`, when read */
    size_t rider_count;
};

#define RIDER_VERSION 1

/* False when memory runs out. */
bool riders_write(struct bytes *out,
                  const struct rider_record *record,
                  struct arena *arena) MUST_CHECK;

/* PEVM_UNSUPPORTED: another version. PEVM_CORRUPT: the checksum or anything else is wrong. Memory is in proportion to the bytes
 * given, and borrows from them. */
enum pevm_status riders_read(struct rider_record *out,
                             struct bytes encoding,
                             struct arena *arena,
                             struct error *error) MUST_CHECK;

/* Set or delete each key, to what it is after or was before the block. */
void riders_put_after(struct store_batch *batch, const struct rider *riders, size_t count);
void riders_put_before(struct store_batch *batch, const struct rider *riders, size_t count);
