#include "feed/account_text.h"

#include "base/hex.h"
#include "fixture/field.h"

static enum pevm_status refuse(struct bytes text,
                               const char *name,
                               const char *expected,
                               struct error *error)
{
    char shown[TEXT_SHOWN_SIZE];
    return error_set(error,
                     PEVM_BAD_INPUT,
                     "%s: expected %s, got \"%s\"",
                     name,
                     expected,
                     text_shown(shown, text));
}

static bool has_prefix(struct bytes text)
{
    return text.size >= 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'X');
}

static struct bytes without_prefix(struct bytes text)
{
    return has_prefix(text) ? bytes_of(text.data + 2, text.size - 2) : text;
}

enum pevm_status text_u256(u256 *out,
                           const struct json *value,
                           const char *name,
                           struct error *error)
{
    static const char expected[] = "a number of at most 256 bits";
    *out = U256_ZERO;
    bool is_text = value != NULL && (value->kind == JSON_STRING || value->kind == JSON_NUMBER);
    if (!is_text) return value_u256(out, value, name, error); /* it finds the words */
    if (has_prefix(value->text)) return value_u256(out, value, name, error);
    if (u256_from_decimal(out, (const char *)value->text.data, value->text.size)) return PEVM_OK;
    return refuse(value->text, name, expected, error);
}

enum pevm_status text_word(u256 *out, struct bytes text, const char *name, struct error *error)
{
    uint8_t word[32];
    struct bytes digits = without_prefix(text);
    if (!hex_decode_number(word, (const char *)digits.data, digits.size))
        return refuse(text, name, "1 to 64 hex digits", error);
    *out = u256_from_be(word);
    return PEVM_OK;
}

enum pevm_status text_address(address *out,
                              struct bytes text,
                              const char *name,
                              struct error *error)
{
    struct bytes digits = without_prefix(text);
    if (digits.size != 2 * sizeof out->bytes ||
        !hex_decode(out->bytes, (const char *)digits.data, digits.size))
        return refuse(text, name, "an address of 40 hex digits", error);
    return PEVM_OK;
}

enum pevm_status account_text_slot(u256 *slot,
                                   u256 *value,
                                   const struct json *member,
                                   struct error *error)
{
    TRY(text_word(slot, member->key, "storage: slot", error));
    TRY(value_kind(member, JSON_STRING, "storage: value", error));
    return text_word(value, member->text, "storage: value", error);
}

enum pevm_status account_text_read(struct account_text *out,
                                   const struct json *object,
                                   struct arena *arena,
                                   struct error *error)
{
    u256 nonce = U256_ZERO;
    *out = (struct account_text){.who = out->who};
    TRY(value_kind(object, JSON_OBJECT, "account", error));
    if (!field_is_absent(object, "balance"))
        TRY(text_u256(&out->balance, json_get(object, "balance"), "balance", error));
    if (!field_is_absent(object, "nonce"))
        TRY(text_u256(&nonce, json_get(object, "nonce"), "nonce", error));
    if (!u256_fits_u64(nonce))
        return error_set(error, PEVM_LIMIT, "nonce: expected a number of at most 64 bits");
    out->nonce = nonce.words[0];
    if (!field_is_absent(object, "code"))
        TRY(field_bytes(&out->code, object, "code", arena, error));
    if (field_is_absent(object, "storage")) return PEVM_OK;
    return field_of_kind(&out->storage, object, "storage", JSON_OBJECT, error);
}
