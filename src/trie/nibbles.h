/* nibbles.h - paths in a trie: strings of half bytes that borrow the packed bytes they are part of.
 *
 * A slice of a path costs nothing. The compact form, with a flag nibble in front and two nibbles to a byte, is
 * the Yellow Paper's HP (appendix C).
 */
#pragma once

#include "base/arena.h"
#include "base/assert.h"
#include "base/bytes.h"

#define NIBBLES_MAX 64 /* keys have at most 32 bytes: hashes, or rlp(index) */

struct nibbles {
    const uint8_t *data; /* packed, the high half first */
    uint8_t start;       /* nibbles of `data` to skip */
    uint8_t count;
};

ALWAYS_INLINE struct nibbles nibbles_of_key(struct bytes key)
{
    ASSERT(key.size <= NIBBLES_MAX / 2);
    return (struct nibbles){key.data, 0, (uint8_t)(2 * key.size)};
}

ALWAYS_INLINE unsigned nibbles_at(struct nibbles path, unsigned index)
{
    VERIFY(index < path.count);
    unsigned place = (unsigned)path.start + index;
    return (unsigned)(path.data[place / 2] >> (place % 2 == 0 ? 4 : 0)) & 15;
}

/* Without the first `skip` nibbles. */
ALWAYS_INLINE struct nibbles nibbles_from(struct nibbles path, unsigned skip)
{
    VERIFY(skip <= path.count);
    return (struct nibbles){path.data, (uint8_t)(path.start + skip), (uint8_t)(path.count - skip)};
}

/* The first `count` nibbles. */
ALWAYS_INLINE struct nibbles nibbles_first(struct nibbles path, unsigned count)
{
    VERIFY(count <= path.count);
    return (struct nibbles){path.data, path.start, (uint8_t)count};
}

/* How many nibbles both begin with. */
unsigned nibbles_common(struct nibbles a, struct nibbles b);

/* A copy in `arena`; false when there is no memory. */
bool nibbles_copy(struct arena *arena, struct nibbles *out, struct nibbles path) MUST_CHECK;

/* `head`, the nibble `middle` (none when negative) and `tail` as one path in `arena`; false when there is no
 * memory. At most NIBBLES_MAX together. */
bool nibbles_join(struct arena *arena,
                  struct nibbles *out,
                  struct nibbles head,
                  int middle,
                  struct nibbles tail) MUST_CHECK;

/* The compact form. `is_leaf` is its flag. */
ALWAYS_INLINE size_t nibbles_compact_size(struct nibbles path)
{
    return 1 + (size_t)path.count / 2;
}
uint8_t *nibbles_put_compact(uint8_t *to, struct nibbles path, bool is_leaf);

/* Borrows from `compact`. False when it is no compact form (empty, unknown flag, padding that is not zero) or
 * longer than NIBBLES_MAX. */
bool nibbles_read_compact(struct nibbles *out, bool *is_leaf, struct bytes compact) MUST_CHECK;
