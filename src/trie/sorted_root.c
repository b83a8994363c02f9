#include "trie/sorted_root.h"

#include "trie/trie_build.h"

static enum pevm_status build_all(struct trie *trie,
                                  const struct trie_leaf *leaves,
                                  size_t count,
                                  struct arena *scratch)
{
    struct trie_build build;
    trie_build_begin(&build, trie, scratch);
    for (size_t i = 0; i < count; i++) {
        const struct trie_leaf *leaf = &leaves[i];
        TRY(trie_build_add(&build, bytes_of(leaf->key.bytes, sizeof leaf->key.bytes), leaf->value));
    }
    return trie_build_end(&build);
}

enum pevm_status sorted_root(hash32 *out,
                             const struct trie_leaf *leaves,
                             size_t count,
                             struct arena *scratch)
{
    struct arena_mark mark = arena_mark(scratch);
    struct trie trie;
    enum pevm_status status = build_all(&trie, leaves, count, scratch);
    if (status == PEVM_OK) status = trie_root(&trie, out, NULL);
    arena_release(scratch, mark);
    return status;
}
