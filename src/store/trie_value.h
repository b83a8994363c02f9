/* trie_value.h - the value of evmx:trie: which block the tries in the store belong to.
 *
 *     {"block":N,"hash":"0x..","root":"0x..","form":1}     hash of the block; its state root; how boughs are written
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define TRIE_FORM           1
#define TRIE_HEAD_TEXT_SIZE 224

struct trie_head {
    uint64_t number;
    hash32 hash, root;
};

/* Writes a text with a zero byte and returns its length. */
size_t trie_head_write(char out[TRIE_HEAD_TEXT_SIZE], const struct trie_head *head);

/* PEVM_UNSUPPORTED: another form. */
enum pevm_status trie_head_read(struct trie_head *out,
                                struct bytes text,
                                struct error *error) MUST_CHECK;
