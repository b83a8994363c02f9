/* bough.h - the form in which a trie lies in a store: by place, leaves and extensions with the branch they hang on.
 *
 * A bough is a node as the Yellow Paper encodes it (appendix D), but for its children that are leaves or extensions: those
 * stand in it whole, whatever their size, where else a hash would stand. So what is named by a hash is always a branch, which
 * is a bough of its own and lies at its own place: the nibbles that lead to it. (A branch of fewer than 32 bytes stands in its
 * parent, as ever.) The root is a bough, whatever it is.
 *
 * A trie has a third as many boughs as nodes; a change of a leaf writes those on its path, without the leaf; and a branch that
 * loses all children but one never needs to ask what kind of node that is.
 */
#pragma once

#include "trie/trie.h"

/* The bough after `depth` nibbles of `key`: *next is how many nibbles of it lead to the next one. False: the way ends here; also
 * for what is no bough, which whoever opens it is told. */
bool bough_next(struct bytes bough, struct nibbles key, unsigned depth, unsigned *next) MUST_CHECK;

/* The places of the boughs that `bough`, after the nibbles `path`, names: those right below it. The visitor's path lives until it
 * returns. False: it is no bough, or the visitor returned false. */
bool bough_each_below(struct bytes bough,
                      struct nibbles path,
                      bool (*visit)(void *context, struct nibbles path),
                      void *context) MUST_CHECK;

/* After trie_root: the boughs that were made or changed since trie_open, from the root down. The visitor's bytes live until
 * it returns; what it returns ends the visit if it is not PEVM_OK. All that is taken from `scratch` is given back. */
enum pevm_status trie_each_new_bough(const struct trie *trie,
                                     enum pevm_status (*visit)(void *context,
                                                               struct nibbles path,
                                                               struct bytes bough),
                                     void *context,
                                     struct arena *scratch) MUST_CHECK;

/* After trie_root: is there a bough after the nibbles `path`? What was not looked at is still there. */
bool trie_has_bough(const struct trie *trie, struct nibbles path);
