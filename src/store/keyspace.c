#include "store/keyspace.h"

#include "base/hex.h"
#include "crypto/keccak.h"

#include <inttypes.h>
#include <stdio.h>

/* The parts of each kind, joined by colons: words as they are, n number, a address, s slot, h hash, p path. */
static const char *const shapes[KEY_KIND_COUNT] = {
    [KEY_SYNC_PROGRESS] = "idx:sync:progress",
    [KEY_EXEC_PROGRESS] = "idx:exec:progress",
    [KEY_HEADER] = "blk:hdr:%n",
    [KEY_TXS] = "blk:txs:%n",
    [KEY_BODY] = "blk:body:%n",
    [KEY_RECEIPTS] = "blk:rcpt:%n",
    [KEY_TX_HASH] = "blk:txhash:%h",
    [KEY_ACCOUNT] = "st:latest:acc:%a",
    [KEY_SLOT] = "st:latest:stor:%a:%s",
    [KEY_ACCOUNT_AT] = "st:%n:acc:%a",
    [KEY_SLOT_AT] = "st:%n:stor:%a:%s",
    [KEY_ROOT] = "st:root:%n",
    [KEY_UNDO] = "st:undo:%n",
    [KEY_CODE] = "st:code:%h",
    [KEY_LOCK] = "evmx:lock",
    [KEY_EPOCH] = "evmx:epoch",
    [KEY_TRIE] = "evmx:trie",
    [KEY_BOUGH] = "evmx:trie:acc:%p",
    [KEY_SLOT_BOUGH] = "evmx:trie:stor:%a:%p",
    [KEY_RIDERS] = "evmx:undo:%n",
};

/* The hash is most of the work, and the same addresses come again and again: those seen last are kept, by their last byte. */
#define KNOWN_COUNT 256
static _Thread_local struct {
    bool is_known;
    address who;
    char text[ADDRESS_TEXT_SIZE];
} known[KNOWN_COUNT];

static void write_checksum(char out[ADDRESS_TEXT_SIZE], const address *who)
{
    hash32 hash;
    hex_address(out, who);
    keccak256(&hash, out + 2, 40);
    for (size_t i = 0; i < 40; i++) {
        unsigned nibble = hash.bytes[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
        if (nibble >= 8 && out[2 + i] >= 'a') out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
}

const char *address_checksum(char out[ADDRESS_TEXT_SIZE], const address *who)
{
    size_t place = who->bytes[sizeof who->bytes - 1];
    if (!known[place].is_known || !address_equal(&known[place].who, who)) {
        write_checksum(known[place].text, who);
        known[place].who = *who;
        known[place].is_known = true;
    }
    memcpy(out, known[place].text, ADDRESS_TEXT_SIZE);
    return out;
}

static void put(struct key_text *text, const char *part, size_t size)
{
    ASSERT(text->size + size < KEY_TEXT_SIZE);
    memcpy(text->text + text->size, part, size);
    text->size += size;
}

static void put_path(struct key_text *text, const struct key *key)
{
    ASSERT(key->path_count <= NIBBLES_MAX);
    for (unsigned i = 0; i < key->path_count; i++) {
        unsigned nibble = key->path[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
        put(text, &"0123456789abcdef"[nibble], 1);
    }
}

static void put_part(struct key_text *text, char part, const struct key *key, bool lower)
{
    char digits[HEX_HASH_SIZE];
    hash32 slot;
    switch (part) {
    case 'n':
        put(text, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, key->number));
        break;
    case 'a':
        lower ? hex_address(digits, &key->who) : address_checksum(digits, &key->who);
        put(text, digits, HEX_ADDRESS_SIZE - 1);
        break;
    case 's':
        slot = u256_to_hash(key->slot);
        put(text, hex_hash(digits, &slot), HEX_HASH_SIZE - 1);
        break;
    case 'p': put_path(text, key); break;
    default: put(text, hex_hash(digits, &key->hash), HEX_HASH_SIZE - 1); break;
    }
}

struct key_text key_write(const struct key *key, bool lower)
{
    struct key_text text;
    text.size = 0;
    for (const char *shape = shapes[key->kind]; *shape != 0;) { /* ends: it moves on */
        size_t word = strcspn(shape, "%");
        put(&text, shape, word);
        shape += word;
        if (*shape == 0) break;
        put_part(&text, shape[1], key, lower);
        shape += 2;
    }
    text.text[text.size] = 0;
    return text;
}

struct bytes key_bytes(const struct key_text *text)
{
    return bytes_of(text->text, text->size);
}

/* Decimal without leading zeros at the front of `text`, which moves behind it. */
static bool take_number(struct bytes *text, uint64_t *out)
{
    uint64_t number = 0;
    size_t size = 0;
    for (; size < text->size && text->data[size] >= '0' && text->data[size] <= '9'; size++) {
        if (__builtin_mul_overflow(number, UINT64_C(10), &number)) return false;
        if (__builtin_add_overflow(number, (uint64_t)(text->data[size] - '0'), &number))
            return false;
    }
    if (size == 0 || (size > 1 && text->data[0] == '0')) return false;
    *text = bytes_of(text->data + size, text->size - size);
    *out = number;
    return true;
}

static bool is_lower(const uint8_t *digits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (digits[i] >= 'A' && digits[i] <= 'F') return false;
    return true;
}

/* 0x and 2 * size digits at the front of `text`, which moves behind them. */
static bool take_hex(struct bytes *text, uint8_t *out, size_t size)
{
    if (text->size < 2 + 2 * size || text->data[0] != '0' || text->data[1] != 'x') return false;
    if (!hex_decode(out, (const char *)text->data + 2, 2 * size)) return false;
    *text = bytes_of(text->data + 2 + 2 * size, text->size - 2 - 2 * size);
    return true;
}

static bool take_address(struct bytes *text, address *out)
{
    const uint8_t *from = text->data;
    char checksum[ADDRESS_TEXT_SIZE];
    if (!take_hex(text, out->bytes, sizeof out->bytes)) return false;
    return is_lower(from, 42) || memcmp(address_checksum(checksum, out), from, 42) == 0;
}

static bool take_hash(struct bytes *text, hash32 *out)
{
    const uint8_t *from = text->data;
    return take_hex(text, out->bytes, sizeof out->bytes) && is_lower(from, 66);
}

/* All that is left. */
static bool take_path(struct bytes *text, struct key *out)
{
    if (text->size > NIBBLES_MAX || !is_lower(text->data, text->size)) return false;
    for (size_t i = 0; i < text->size; i++) {
        int nibble = hex_digit((char)text->data[i]);
        if (nibble < 0) return false;
        out->path[i / 2] |= (uint8_t)(nibble << (i % 2 == 0 ? 4 : 0));
    }
    out->path_count = (unsigned)text->size;
    *text = BYTES_EMPTY;
    return true;
}

static bool take_part(struct bytes *text, char part, struct key *out)
{
    hash32 slot;
    switch (part) {
    case 'n': return take_number(text, &out->number);
    case 'a': return take_address(text, &out->who);
    case 's':
        if (!take_hash(text, &slot)) return false;
        out->slot = u256_from_hash(&slot);
        return true;
    case 'p': return take_path(text, out);
    default: return take_hash(text, &out->hash);
    }
}

static bool matches(const char *shape, struct bytes text, struct key *out)
{
    for (; *shape != 0; shape++) {
        if (*shape == '%') {
            if (!take_part(&text, *++shape, out)) return false;
        } else {
            if (text.size == 0 || text.data[0] != (uint8_t)*shape) return false;
            text = bytes_of(text.data + 1, text.size - 1);
        }
    }
    return text.size == 0;
}

bool key_read(struct key *out, struct bytes text)
{
    for (unsigned kind = 0; kind < KEY_KIND_COUNT; kind++) {
        struct key key = {.kind = (enum key_kind)kind};
        if (!matches(shapes[kind], text, &key)) continue;
        *out = key;
        return true;
    }
    return false;
}

struct key_text key_slots_of(const address *who, bool lower)
{
    struct key key = {.kind = KEY_SLOT, .who = *who};
    struct key_text text = key_write(&key, lower);
    text.size -= HEX_HASH_SIZE - 1;
    text.text[text.size] = 0;
    return text;
}

struct key key_of_account(const address *who)
{
    return (struct key){.kind = KEY_ACCOUNT, .who = *who};
}

struct key key_of_slot(const address *who, const u256 *slot)
{
    return (struct key){.kind = KEY_SLOT, .who = *who, .slot = *slot};
}

struct key key_of_code(const hash32 *hash)
{
    return (struct key){.kind = KEY_CODE, .hash = *hash};
}

struct key key_of_bough(const address *who, struct nibbles path)
{
    struct key key = {.kind = who == NULL ? KEY_BOUGH : KEY_SLOT_BOUGH, .path_count = path.count};
    if (who != NULL) key.who = *who;
    for (unsigned i = 0; i < path.count; i++)
        key.path[i / 2] |= (uint8_t)(nibbles_at(path, i) << (i % 2 == 0 ? 4 : 0));
    return key;
}

struct key key_of_block(enum key_kind kind, uint64_t number)
{
    return (struct key){.kind = kind, .number = number};
}
