#include "feed/era1.h"

#include "base/heap.h"
#include "base/hex.h"
#include "feed/block_source_private.h"
#include "feed/e2store.h"
#include "feed/era1_root.h"
#include "feed/path_list.h"
#include "feed/snappy_frame.h"
#include "rlp/rlp_write.h"
#include "trie/ordered_root.h"

#include <errno.h>
#include <inttypes.h>

#define INDEX_EXTRA 16 /* bytes of an index beside the offsets: first number, count */

struct era1 {
    struct path_list paths;
    size_t next_path;
    FILE *file; /* NULL: none is open */
    struct e2store store;

    /* Of the open file. */
    uint64_t first_number;
    size_t count;
    uint64_t offsets[ERA1_BLOCKS_MAX];
    hash32 leaves[ERA1_BLOCKS_MAX];

    /* Of all files so far. */
    bool has_total;
    u256 total_difficulty;
};

static void leave_file(struct era1 *era)
{
    if (era->file == NULL) return;
    e2store_fini(&era->store);
    fclose(era->file);
    era->file = NULL;
    era->next_path++;
}

static void era1_close(void *self)
{
    struct era1 *era = self;
    leave_file(era);
    path_list_fini(&era->paths);
    heap_free(era);
}

static double era1_progress(const void *self)
{
    const struct era1 *era = self;
    uint64_t done = era->file == NULL ? 0 : era->store.offset;
    for (size_t i = 0; i < era->next_path; i++)
        done += era->paths.files[i].size;
    return era->paths.bytes == 0 ? 1.0 : (double)done / (double)era->paths.bytes;
}

static enum pevm_status tell(const struct e2store_entry *entry,
                             const struct era1 *era,
                             struct error *error,
                             const char *words)
{
    return error_set(
        error, PEVM_CORRUPT, "%s: offset %" PRIu64 ": %s", era->store.name, entry->offset, words);
}

static enum pevm_status tell_hash(const struct e2store_entry *entry,
                                  const struct era1 *era,
                                  struct error *error,
                                  const char *field,
                                  const hash32 *const expected_got[2])
{
    char expected[HEX_HASH_SIZE], got[HEX_HASH_SIZE];
    return error_set(error,
                     PEVM_CORRUPT,
                     "%s: offset %" PRIu64 ": %s: expected %s, got %s",
                     era->store.name,
                     entry->offset,
                     field,
                     hex_hash(expected, expected_got[0]),
                     hex_hash(got, expected_got[1]));
}

/* The next entry, which must be of this type. */
static enum pevm_status take(struct era1 *era,
                             struct e2store_entry *out,
                             enum e2store_type type,
                             struct error *error)
{
    bool found;
    *out = (struct e2store_entry){.offset = era->store.offset};
    TRY(e2store_next(&era->store, out, &found, error));
    if (!found) return tell(out, era, error, "the file ends before its block index");
    if (out->type == (unsigned)type) return PEVM_OK;
    return error_set(error,
                     PEVM_CORRUPT,
                     "%s: offset %" PRIu64 ": entry type: expected 0x%04x, got 0x%04x",
                     era->store.name,
                     out->offset,
                     (unsigned)type,
                     out->type);
}

static enum pevm_status unpack(struct era1 *era,
                               const struct e2store_entry *entry,
                               struct bytes *out,
                               struct arena *scratch,
                               struct error *error)
{
    enum pevm_status status = snappy_unframe(out, entry->data, FEED_BLOCK_SIZE_MAX, scratch, error);
    if (status != PEVM_OK)
        error_prefix(error, "%s: offset %" PRIu64, era->store.name, entry->offset);
    return status;
}

/* ---- a block --------------------------------------------------------------------------------------- */

struct era1_block {
    struct header header;
    struct bytes header_rlp, body;
};

static enum pevm_status take_header(struct era1 *era,
                                    const struct e2store_entry *entry,
                                    struct era1_block *out,
                                    struct arena *scratch,
                                    struct error *error)
{
    const char *field = NULL;
    TRY(unpack(era, entry, &out->header_rlp, scratch, error));
    enum rlp_fault fault = header_decode(&out->header, out->header_rlp, &field);
    if (fault == RLP_OK) return PEVM_OK;
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "%s: offset %" PRIu64 ": header: %s: %s",
                     era->store.name,
                     entry->offset,
                     field == NULL ? "the list" : field,
                     rlp_fault_text(fault));
}

/* The items of a list of receipts as the receipts trie has them. */
static enum rlp_fault split_receipts(struct bytes list, struct bytes *out)
{
    for (size_t i = 0; list.size > 0; i++) { /* ends: each round takes an item */
        struct rlp_item item;
        enum rlp_fault fault = rlp_next(&list, &item);
        if (fault != RLP_OK) return fault;
        if (!item.is_list && item.payload.size == 0) return RLP_TOO_SHORT;
        out[i] = item.is_list ? item.whole : item.payload;
    }
    return RLP_OK;
}

static enum pevm_status check_receipts(struct era1 *era,
                                       const struct header *header,
                                       struct arena *scratch,
                                       struct error *error)
{
    struct e2store_entry entry;
    struct bytes rlp, list;
    hash32 root;
    size_t count = 0;
    TRY(take(era, &entry, ERA1_RECEIPTS, error));
    struct arena_mark mark = arena_mark(scratch);
    TRY(unpack(era, &entry, &rlp, scratch, error));
    enum rlp_fault fault = rlp_only_list(rlp, &list);
    if (fault == RLP_OK) fault = rlp_count(list, &count);
    struct bytes *items = arena_alloc_zeroed(scratch, count, sizeof *items);
    if (items == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    if (fault == RLP_OK) fault = split_receipts(list, items);
    if (fault != RLP_OK)
        return error_set(error,
                         PEVM_CORRUPT,
                         "%s: offset %" PRIu64 ": receipts: %s",
                         era->store.name,
                         entry.offset,
                         rlp_fault_text(fault));
    if (ordered_root(&root, items, count, scratch) != PEVM_OK)
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    arena_release(scratch, mark);
    if (hash32_equal(&root, &header->receipts_root)) return PEVM_OK;
    const hash32 *const hashes[] = {&header->receipts_root, &root};
    return tell_hash(&entry, era, error, "receiptsRoot", hashes);
}

static enum pevm_status check_total(struct era1 *era,
                                    const struct header *header,
                                    struct error *error)
{
    struct e2store_entry entry;
    uint8_t number[32];
    TRY(take(era, &entry, ERA1_TOTAL_DIFFICULTY, error));
    if (entry.data.size != sizeof number)
        return tell(&entry, era, error, "total difficulty: expected 32 bytes");
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = entry.data.data[sizeof number - 1 - i];
    u256 total = u256_from_be(number), expected = total;
    if (era->has_total || header->number == 0)
        expected = u256_add(era->total_difficulty, header->difficulty);
    era->has_total = true;
    era->total_difficulty = total;
    if (u256_equal(total, expected)) return PEVM_OK;
    char expected_text[U256_DECIMAL_SIZE], got[U256_DECIMAL_SIZE];
    return error_set(error,
                     PEVM_CORRUPT,
                     "%s: offset %" PRIu64 ": total difficulty: expected %s, got %s",
                     era->store.name,
                     entry.offset,
                     u256_to_decimal(expected_text, expected),
                     u256_to_decimal(got, total));
}

/* rlp([header, ...body]). */
static enum pevm_status join(const struct era1 *era,
                             const struct e2store_entry *entry,
                             const struct era1_block *block,
                             struct bytes *out,
                             struct arena *scratch,
                             struct error *error)
{
    struct bytes body;
    enum rlp_fault fault = rlp_only_list(block->body, &body);
    if (fault != RLP_OK)
        return error_set(error,
                         PEVM_CORRUPT,
                         "%s: offset %" PRIu64 ": body: %s",
                         era->store.name,
                         entry->offset,
                         rlp_fault_text(fault));
    size_t size = block->header_rlp.size + body.size;
    uint8_t *start = arena_alloc_aligned(scratch, rlp_size_list(size), 1);
    if (start == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    uint8_t *to = rlp_put_list_head(start, size);
    memcpy(to, block->header_rlp.data, block->header_rlp.size);
    if (body.size > 0) memcpy(to + block->header_rlp.size, body.data, body.size);
    *out = bytes_of(start, rlp_size_list(size));
    return PEVM_OK;
}

static enum pevm_status take_block(struct era1 *era,
                                   const struct e2store_entry *first,
                                   struct raw_block *out,
                                   struct arena *scratch,
                                   struct error *error)
{
    struct era1_block block;
    struct e2store_entry entry;
    uint64_t offset = first->offset;
    if (era->count == ERA1_BLOCKS_MAX) return tell(first, era, error, "more than 8192 blocks");
    TRY(take_header(era, first, &block, scratch, error));
    TRY(take(era, &entry, ERA1_BODY, error));
    TRY(unpack(era, &entry, &block.body, scratch, error));
    TRY(join(era, &entry, &block, &out->encoding, scratch, error));
    TRY(check_receipts(era, &block.header, scratch, error));
    TRY(check_total(era, &block.header, error));
    if (era->count == 0) era->first_number = block.header.number;
    era->offsets[era->count] = offset;
    era->leaves[era->count++] = era1_leaf(&block.header.hash, &era->total_difficulty);
    out->name = era->store.name;
    out->offset = offset;
    out->has_offset = true;
    return PEVM_OK;
}

/* ---- the end of a file ---------------------------------------------------------------------------------- */

static enum pevm_status check_accumulator(struct era1 *era,
                                          const struct e2store_entry *entry,
                                          struct error *error)
{
    if (entry->data.size != sizeof(hash32))
        return tell(entry, era, error, "accumulator: expected 32 bytes");
    hash32 said, root = era1_root(era->leaves, era->count);
    memcpy(said.bytes, entry->data.data, sizeof said.bytes);
    if (hash32_equal(&said, &root)) return PEVM_OK;
    const hash32 *const hashes[] = {&root, &said};
    return tell_hash(entry, era, error, "accumulator", hashes);
}

/* Offsets count from the beginning of the index entry. */
static enum pevm_status check_index(struct era1 *era, struct error *error)
{
    struct e2store_entry entry;
    bool found;
    TRY(take(era, &entry, ERA1_BLOCK_INDEX, error));
    const uint8_t *data = entry.data.data;
    if (entry.data.size != INDEX_EXTRA + 8 * era->count ||
        load_le64(data + 8 + 8 * era->count) != era->count)
        return tell(&entry, era, error, "block index: is not about as many blocks as the file has");
    if (load_le64(data) != era->first_number)
        return tell(&entry, era, error, "block index: begins with another block than the file");
    for (size_t i = 0; i < era->count; i++)
        if (load_le64(data + 8 + 8 * i) + entry.offset != era->offsets[i])
            return tell(&entry, era, error, "block index: an offset is not that of its block");
    uint64_t end = era->store.offset;
    TRY(e2store_next(&era->store, &entry, &found, error));
    if (found) {
        entry.offset = end;
        return tell(&entry, era, error, "expected the end of the file");
    }
    return PEVM_OK;
}

/* From the first entry that is no block to the end. */
static enum pevm_status finish_file(struct era1 *era,
                                    struct e2store_entry *entry,
                                    struct error *error)
{
    while (entry->type != ERA1_ACCUMULATOR) { /* ends: the file does */
        bool found;
        if (entry->type >= ERA1_HEADER && entry->type < ERA1_ACCUMULATOR)
            return tell(entry, era, error, "an entry of a block that is out of place");
        if (entry->type == ERA1_BLOCK_INDEX)
            return tell(entry, era, error, "the block index comes before an accumulator");
        TRY(e2store_next(&era->store, entry, &found, error));
        if (!found) return tell(entry, era, error, "the file ends before its accumulator");
    }
    TRY(check_accumulator(era, entry, error));
    TRY(check_index(era, error));
    leave_file(era);
    return PEVM_OK;
}

static enum pevm_status enter_file(struct era1 *era, struct error *error)
{
    struct e2store_entry entry;
    const char *path = era->paths.files[era->next_path].path;
    era->file = fopen(path, "rbe");
    if (era->file == NULL)
        return error_set(
            error, errno == ENOENT ? PEVM_NOT_FOUND : PEVM_IO, "%s: %s", path, strerror(errno));
    e2store_init(&era->store, era->file, path);
    era->count = 0;
    TRY(take(era, &entry, E2STORE_VERSION, error));
    return entry.data.size == 0 ? PEVM_OK
                                : tell(&entry, era, error, "version: expected an empty entry");
}

static enum pevm_status era1_next(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error)
{
    struct era1 *era = self;
    *found = false;
    while (era->next_path < era->paths.count) { /* ends: a block, or one file less */
        struct e2store_entry entry;
        bool more;
        if (era->file == NULL) TRY(enter_file(era, error));
        entry = (struct e2store_entry){.offset = era->store.offset};
        TRY(e2store_next(&era->store, &entry, &more, error));
        if (!more) return tell(&entry, era, error, "the file ends before its accumulator");
        if (entry.type == ERA1_HEADER) {
            *found = true;
            return take_block(era, &entry, out, scratch, error);
        }
        TRY(finish_file(era, &entry, error));
    }
    return PEVM_OK;
}

enum pevm_status era1_open(struct block_source **out, const char *path, struct error *error)
{
    static const struct source_kind kind = {era1_next, era1_progress, era1_close};
    *out = NULL;
    struct era1 *era = heap_alloc_zeroed(1, sizeof *era);
    if (era == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    enum pevm_status status = path_list_open(&era->paths, path, ".era1", error);
    if (status != PEVM_OK) {
        era1_close(era);
        return status;
    }
    return block_source_new(out, &kind, era, error);
}
