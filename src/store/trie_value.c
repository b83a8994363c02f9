#include "store/trie_value.h"

#include "base/assert.h"
#include "base/hex.h"
#include "store/flat_json.h"

#include <inttypes.h>
#include <stdio.h>

size_t trie_head_write(char out[TRIE_HEAD_TEXT_SIZE], const struct trie_head *head)
{
    char hash[HEX_HASH_SIZE], root[HEX_HASH_SIZE];
    int size = snprintf(out,
                        TRIE_HEAD_TEXT_SIZE,
                        "{\"block\":%" PRIu64 ",\"hash\":\"%s\",\"root\":\"%s\",\"form\":%d}",
                        head->number,
                        hex_hash(hash, &head->hash),
                        hex_hash(root, &head->root),
                        TRIE_FORM);
    ASSERT(size > 0 && size < TRIE_HEAD_TEXT_SIZE);
    return (size_t)size;
}

enum pevm_status trie_head_read(struct trie_head *out, struct bytes text, struct error *error)
{
    enum { NUMBER, HASH, ROOT, FORM, COUNT };
    struct json_field fields[COUNT] = {
        [NUMBER] = {.name = "block", .is_required = true},
        [HASH] = {.name = "hash",  .is_required = true},
        [ROOT] = {.name = "root",  .is_required = true},
        [FORM] = {.name = "form",  .is_required = true},
    };
    struct trie_head head;
    uint64_t form;
    TRY(flat_json_read(text, fields, COUNT, error));
    if (!json_field_u64(&fields[NUMBER], &head.number))
        return error_set(error, PEVM_CORRUPT, "block: is no number of at most 64 bits");
    if (!json_field_hash(&fields[HASH], &head.hash))
        return error_set(error, PEVM_CORRUPT, "hash: is not 0x and 64 digits");
    if (!json_field_hash(&fields[ROOT], &head.root))
        return error_set(error, PEVM_CORRUPT, "root: is not 0x and 64 digits");
    if (!json_field_u64(&fields[FORM], &form))
        return error_set(error, PEVM_CORRUPT, "form: is no number of at most 64 bits");
    if (form != TRIE_FORM)
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "form: the tries were written in form %" PRIu64 ", this program knows %d",
                         form,
                         TRIE_FORM);
    *out = head;
    return PEVM_OK;
}
