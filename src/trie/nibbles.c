#include "trie/nibbles.h"

unsigned nibbles_common(struct nibbles a, struct nibbles b)
{
    unsigned count = a.count < b.count ? a.count : b.count;
    unsigned same = 0;
    while (same < count && nibbles_at(a, same) == nibbles_at(b, same))
        same++;
    return same;
}

/* Write nibbles one after the other, the high half of a byte first. */
static unsigned put_nibble(uint8_t *to, unsigned place, unsigned nibble)
{
    if (place % 2 == 0)
        to[place / 2] = (uint8_t)(nibble << 4);
    else
        to[place / 2] = (uint8_t)(to[place / 2] | nibble);
    return place + 1;
}

static unsigned put_nibbles(uint8_t *to, unsigned place, struct nibbles path)
{
    for (unsigned i = 0; i < path.count; i++)
        place = put_nibble(to, place, nibbles_at(path, i));
    return place;
}

bool nibbles_copy(struct arena *arena, struct nibbles *out, struct nibbles path)
{
    if (path.count == 0) {
        *out = (struct nibbles){0};
        return true;
    }
    size_t first = path.start / 2, end = ((size_t)path.start + path.count + 1) / 2;
    struct bytes copy;
    if (!arena_copy(arena, &copy, bytes_of(path.data + first, end - first))) return false;
    *out = (struct nibbles){copy.data, path.start % 2, path.count};
    return true;
}

bool nibbles_join(
    struct arena *arena, struct nibbles *out, struct nibbles head, int middle, struct nibbles tail)
{
    unsigned count = (unsigned)head.count + (middle >= 0) + tail.count;
    ASSERT(count <= NIBBLES_MAX);
    uint8_t *packed = arena_alloc_aligned(arena, (count + 1) / 2, 1);
    if (packed == NULL) return false;
    unsigned place = put_nibbles(packed, 0, head);
    if (middle >= 0) place = put_nibble(packed, place, (unsigned)middle);
    put_nibbles(packed, place, tail);
    *out = (struct nibbles){packed, 0, (uint8_t)count};
    return true;
}

#define FLAG_ODD  1
#define FLAG_LEAF 2

uint8_t *nibbles_put_compact(uint8_t *to, struct nibbles path, bool is_leaf)
{
    bool is_odd = path.count % 2 != 0;
    unsigned flag = (is_leaf ? FLAG_LEAF : 0u) | (is_odd ? FLAG_ODD : 0u);
    *to++ = (uint8_t)(flag << 4 | (is_odd ? nibbles_at(path, 0) : 0));
    if (is_odd) path = nibbles_from(path, 1);

    size_t size = path.count / 2;
    if (size == 0) return to;
    const uint8_t *from = path.data + path.start / 2;
    if (path.start % 2 == 0) {
        memcpy(to, from, size);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = (uint8_t)(from[i] << 4 | from[i + 1] >> 4);
    }
    return to + size;
}

bool nibbles_read_compact(struct nibbles *out, bool *is_leaf, struct bytes compact)
{
    if (compact.size == 0 || compact.size > 1 + NIBBLES_MAX / 2) return false;
    unsigned flag = compact.data[0] >> 4;
    if (flag > (FLAG_LEAF | FLAG_ODD)) return false;
    bool is_odd = (flag & FLAG_ODD) != 0;
    if (!is_odd && (compact.data[0] & 15) != 0) return false;
    size_t count = 2 * (compact.size - 1) + (is_odd ? 1 : 0);
    if (count > NIBBLES_MAX) return false;
    *is_leaf = (flag & FLAG_LEAF) != 0;
    *out = (struct nibbles){compact.data, is_odd ? 1 : 2, (uint8_t)count};
    return true;
}
