#include "trie/ordered_root.h"

#include "rlp/rlp_write.h"
#include "trie/trie_build.h"

#define KEY_SIZE_MAX 9 /* rlp of a 64-bit index */

/* The n-th index in the order of the keys: 1 to 127 are bytes below 0x80, then 0 is 0x80, then longer ones. */
static size_t index_at(size_t place, size_t count)
{
    size_t small = count < 0x80 ? count : 0x80;
    if (place >= small) return place;
    return place + 1 == small ? 0 : place + 1;
}

static enum pevm_status build_all(struct trie *trie,
                                  const struct bytes *values,
                                  size_t count,
                                  struct arena *scratch)
{
    struct trie_build build;
    trie_build_begin(&build, trie, scratch);
    for (size_t place = 0; place < count; place++) {
        size_t index = index_at(place, count);
        uint8_t *key = arena_alloc_aligned(scratch, KEY_SIZE_MAX, 1);
        if (key == NULL) return PEVM_NO_MEMORY;
        size_t key_size = (size_t)(rlp_put_u64(key, index) - key);
        TRY(trie_build_add(&build, bytes_of(key, key_size), values[index]));
    }
    return trie_build_end(&build);
}

enum pevm_status ordered_root(hash32 *out,
                              const struct bytes *values,
                              size_t count,
                              struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    struct trie trie;
    enum pevm_status status = build_all(&trie, values, count, scratch);
    if (status == PEVM_OK) status = trie_root(&trie, out, NULL);
    arena_release(scratch, mark);
    return status;
}
