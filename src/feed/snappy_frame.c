#include "feed/snappy_frame.h"

#include <snappy-c.h>

#define PIECE_MAX  ((size_t)65536) /* plain bytes in one chunk */
#define HEAD_SIZE  4
#define CHECK_SIZE 4

enum chunk {
    CHUNK_COMPRESSED = 0x00,
    CHUNK_PLAIN = 0x01,
    CHUNK_SKIPPABLE = 0x80, /* from here on, up to the padding */
    CHUNK_IDENTIFIER = 0xff
};

static const char identifier[] = "sNaPpY";

/* ---- CRC-32C (Castagnoli), half a byte at a time ---- */

static uint32_t crc32c(struct bytes bytes)
{
    static const uint32_t halves[16] = {0x00000000,
                                        0x105ec76f,
                                        0x20bd8ede,
                                        0x30e349b1,
                                        0x417b1dbc,
                                        0x5125dad3,
                                        0x61c69362,
                                        0x7198540d,
                                        0x82f63b78,
                                        0x92a8fc17,
                                        0xa24bb5a6,
                                        0xb21572c9,
                                        0xc38d26c4,
                                        0xd3d3e1ab,
                                        0xe330a81a,
                                        0xf36e6f75};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        crc = crc >> 4 ^ halves[crc & 15];
        crc = crc >> 4 ^ halves[crc & 15];
    }
    return ~crc;
}

/* A checksum of what contains checksums would be weak: the format turns it. */
static uint32_t masked_crc(struct bytes bytes)
{
    uint32_t crc = crc32c(bytes);
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static uint32_t load_le32(const uint8_t *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* ---- reading ---- */

struct chunk_view {
    uint8_t kind;
    struct bytes body;
    size_t offset; /* of the chunk in the stream */
};

static enum pevm_status tell(const struct chunk_view *chunk, const char *words, struct error *error)
{
    return error_set(error, PEVM_CORRUPT, "snappy: byte %zu: %s", chunk->offset, words);
}

/* Take the chunk at `*at`. */
static enum pevm_status next_chunk(struct chunk_view *out,
                                   struct bytes framed,
                                   size_t *at,
                                   struct error *error)
{
    const uint8_t *head = framed.data + *at;
    size_t left = framed.size - *at;
    *out = (struct chunk_view){.offset = *at};
    if (left < HEAD_SIZE) return tell(out, "the stream ends inside the head of a chunk", error);
    size_t size = (size_t)(load_le32(head) >> 8);
    if (size > left - HEAD_SIZE) return tell(out, "the stream ends inside a chunk", error);
    out->kind = head[0];
    out->body = bytes_of(head + HEAD_SIZE, size);
    *at += HEAD_SIZE + size;
    bool is_identifier = out->kind == CHUNK_IDENTIFIER;
    if (out->offset == 0 && !is_identifier)
        return tell(out, "expected the stream's identifier", error);
    if (is_identifier && !bytes_equal(out->body, bytes_of(identifier, sizeof identifier - 1)))
        return tell(out, "the identifier is not that of snappy", error);
    if (out->kind > CHUNK_PLAIN && out->kind < CHUNK_SKIPPABLE)
        return tell(out, "a chunk of a kind that must not be passed over", error);
    if (out->kind <= CHUNK_PLAIN && size < CHECK_SIZE)
        return tell(out, "a chunk without its checksum", error);
    return PEVM_OK;
}

/* What a chunk holds beyond its checksum. */
static struct bytes chunk_data(const struct chunk_view *chunk)
{
    return bytes_of(chunk->body.data + CHECK_SIZE, chunk->body.size - CHECK_SIZE);
}

static enum pevm_status plain_size(const struct chunk_view *chunk, size_t *out, struct error *error)
{
    *out = 0;
    if (chunk->kind > CHUNK_PLAIN) return PEVM_OK;
    struct bytes data = chunk_data(chunk);
    *out = data.size;
    if (chunk->kind == CHUNK_COMPRESSED &&
        snappy_uncompressed_length((const char *)data.data, data.size, out) != SNAPPY_OK)
        return tell(chunk, "the compressed data are damaged", error);
    return *out > PIECE_MAX ? tell(chunk, "more than 64 KiB in one chunk", error) : PEVM_OK;
}

static enum pevm_status add_sizes(size_t *out, struct bytes framed, struct error *error)
{
    *out = 0;
    for (size_t at = 0; at < framed.size;) { /* ends: next_chunk moves on */
        struct chunk_view chunk;
        size_t size;
        TRY(next_chunk(&chunk, framed, &at, error));
        TRY(plain_size(&chunk, &size, error));
        *out += size;
    }
    return PEVM_OK;
}

static enum pevm_status unpack(uint8_t *to,
                               const struct chunk_view *chunk,
                               size_t size,
                               struct error *error)
{
    struct bytes data = chunk_data(chunk);
    if (chunk->kind == CHUNK_PLAIN)
        memcpy(to, data.data, size);
    else if (snappy_uncompress((const char *)data.data, data.size, (char *)to, &size) != SNAPPY_OK)
        return tell(chunk, "the compressed data are damaged", error);
    if (masked_crc(bytes_of(to, size)) == load_le32(chunk->body.data)) return PEVM_OK;
    return tell(chunk, "the checksum does not fit", error);
}

enum pevm_status snappy_unframe(struct bytes *out,
                                struct bytes framed,
                                size_t size_max,
                                struct arena *arena,
                                struct error *error)
{
    size_t size, done = 0;
    *out = BYTES_EMPTY;
    if (framed.size == 0) return error_set(error, PEVM_CORRUPT, "snappy: the stream is empty");
    TRY(add_sizes(&size, framed, error));
    if (size > size_max)
        return error_set(
            error, PEVM_LIMIT, "snappy: expected at most %zu bytes, got %zu", size_max, size);
    uint8_t *plain = arena_alloc_aligned(arena, size + 1, 1);
    if (plain == NULL) return error_set(error, PEVM_NO_MEMORY, "snappy: out of memory");
    for (size_t at = 0; at < framed.size;) { /* ends: next_chunk moves on */
        struct chunk_view chunk;
        size_t piece;
        TRY(next_chunk(&chunk, framed, &at, error));
        TRY(plain_size(&chunk, &piece, error));
        if (chunk.kind > CHUNK_PLAIN) continue;
        TRY(unpack(plain + done, &chunk, piece, error));
        done += piece;
    }
    *out = bytes_of(plain, size);
    return PEVM_OK;
}

/* ---- writing ---- */

static uint8_t *put_head(uint8_t *to, enum chunk kind, size_t size)
{
    uint32_t head = (uint32_t)kind | (uint32_t)size << 8;
    memcpy(to, &head, sizeof head);
    return to + HEAD_SIZE;
}

static uint8_t *put_piece(uint8_t *to, struct bytes piece)
{
    size_t size = snappy_max_compressed_length(piece.size);
    uint32_t check = masked_crc(piece);
    snappy_status status = snappy_compress(
        (const char *)piece.data, piece.size, (char *)to + HEAD_SIZE + CHECK_SIZE, &size);
    ASSERT(status == SNAPPY_OK); /* the only fault is too little room */
    to = put_head(to, CHUNK_COMPRESSED, CHECK_SIZE + size);
    memcpy(to, &check, sizeof check);
    return to + CHECK_SIZE + size;
}

bool snappy_frame(struct bytes *out, struct bytes plain, struct arena *arena)
{
    size_t pieces = plain.size / PIECE_MAX + 1;
    size_t room = HEAD_SIZE + sizeof identifier +
                  pieces * (HEAD_SIZE + CHECK_SIZE + snappy_max_compressed_length(PIECE_MAX));
    uint8_t *start = arena_alloc_aligned(arena, room, 1);
    if (start == NULL) return false;
    uint8_t *to = put_head(start, CHUNK_IDENTIFIER, sizeof identifier - 1);
    memcpy(to, identifier, sizeof identifier - 1);
    to += sizeof identifier - 1;
    for (size_t at = 0; at < plain.size; at += PIECE_MAX) {
        size_t size = plain.size - at < PIECE_MAX ? plain.size - at : PIECE_MAX;
        to = put_piece(to, bytes_of(plain.data + at, size));
    }
    *out = bytes_of(start, (size_t)(to - start));
    return true;
}
