#include "store/flat_json.h"

#include "base/hex.h"
#include "base/u256.h"

struct scanner {
    const uint8_t *begin, *at, *end;
    struct error *error;
};

static enum pevm_status fault(const struct scanner *scan, const char *what)
{
    return error_set(
        scan->error, PEVM_CORRUPT, "byte %zu: %s", (size_t)(scan->at - scan->begin), what);
}

static void skip_space(struct scanner *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

/* Is `c` next? Then it is taken. */
static bool take(struct scanner *scan, uint8_t c)
{
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != c) return false;
    scan->at++;
    return true;
}

/* What stands up to the next quote. */
static enum pevm_status take_text(struct scanner *scan, struct bytes *out)
{
    if (!take(scan, '"')) return fault(scan, "wanted a text in quotes");
    const uint8_t *begin = scan->at;
    for (; scan->at < scan->end && *scan->at != '"'; scan->at++)
        if (*scan->at < 0x20 || *scan->at == '\\')
            return fault(scan, "an escape or a control character");
    if (scan->at == scan->end) return fault(scan, "the text has no end");
    *out = bytes_of(begin, (size_t)(scan->at++ - begin));
    return PEVM_OK;
}

static bool is_word(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word, strlen(word)));
}

/* -?(0|[1-9]digits)(.digits)?([eE][+-]?digits)? */
static bool is_number(struct bytes text)
{
    const uint8_t *at = text.data, *end = text.data + text.size;
    if (at < end && *at == '-') at++;
    if (at == end || *at < '0' || *at > '9') return false;
    bool zero = *at++ == '0';
    if (zero && at < end && *at >= '0' && *at <= '9') return false;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at < end && *at == '.') {
        const uint8_t *digits = ++at;
        while (at < end && *at >= '0' && *at <= '9')
            at++;
        if (at == digits) return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        const uint8_t *digits = at;
        while (at < end && *at >= '0' && *at <= '9')
            at++;
        if (at == digits) return false;
    }
    return at == end;
}

static enum pevm_status take_value(struct scanner *scan, struct json_field *out)
{
    skip_space(scan);
    out->is_text = scan->at < scan->end && *scan->at == '"';
    if (out->is_text) return take_text(scan, &out->value);
    const uint8_t *begin = scan->at;
    while (scan->at < scan->end && memchr(" \t\r\n,}", *scan->at, 6) == NULL)
        scan->at++;
    out->value = bytes_of(begin, (size_t)(scan->at - begin));
    if (is_number(out->value) || is_word(out->value, "true") || is_word(out->value, "false") ||
        is_word(out->value, "null"))
        return PEVM_OK;
    scan->at = begin;
    return fault(scan, "wanted a number, a text, true, false or null");
}

static enum pevm_status take_member(struct scanner *scan, struct json_field *fields, size_t count)
{
    struct bytes name;
    struct json_field value = {0};
    TRY(take_text(scan, &name));
    if (!take(scan, ':')) return fault(scan, "wanted a colon");
    TRY(take_value(scan, &value));
    for (size_t i = 0; i < count; i++) {
        if (!is_word(name, fields[i].name)) continue;
        if (fields[i].is_present)
            return error_set(scan->error, PEVM_CORRUPT, "%s: is there twice", fields[i].name);
        fields[i].is_present = true;
        fields[i].is_text = value.is_text;
        fields[i].value = value.value;
    }
    return PEVM_OK;
}

enum pevm_status flat_json_read(struct bytes text,
                                struct json_field *fields,
                                size_t count,
                                struct error *error)
{
    static const uint8_t nothing;
    const uint8_t *data = text.size == 0 ? &nothing : text.data;
    struct scanner scan = {data, data, data + text.size, error};
    for (size_t i = 0; i < count; i++)
        fields[i].is_present = false;
    if (!take(&scan, '{')) return fault(&scan, "wanted an object");
    if (!take(&scan, '}')) {
        do {
            TRY(take_member(&scan, fields, count));
        } while (take(&scan, ',')); /* ends: every round takes bytes */
        if (!take(&scan, '}')) return fault(&scan, "wanted a comma or the end of the object");
    }
    skip_space(&scan);
    if (scan.at != scan.end) return fault(&scan, "something follows the object");
    for (size_t i = 0; i < count; i++)
        if (fields[i].is_required && !fields[i].is_present)
            return error_set(error, PEVM_CORRUPT, "%s: is missing", fields[i].name);
    return PEVM_OK;
}

bool json_field_u256(const struct json_field *field, u256 *out)
{
    const char *text = (const char *)field->value.data;
    size_t size = field->value.size;
    uint8_t word[32];
    if (field->is_text && size > 2 && text[0] == '0' && text[1] == 'x') {
        if (!hex_decode_number(word, text + 2, size - 2)) return false;
        *out = u256_from_be(word);
        return true;
    }
    if (size > 1 && text[0] == '0') return false;
    return u256_from_decimal(out, text, size);
}

bool json_field_u64(const struct json_field *field, uint64_t *out)
{
    u256 wide;
    if (!json_field_u256(field, &wide) || !u256_fits_u64(wide)) return false;
    *out = u256_low64(wide);
    return true;
}

bool json_field_hash(const struct json_field *field, hash32 *out)
{
    const char *text = (const char *)field->value.data;
    if (!field->is_text || field->value.size != 66 || text[0] != '0' || text[1] != 'x')
        return false;
    return hex_decode(out->bytes, text + 2, 64);
}

bool json_field_flag(const struct json_field *field, bool *out)
{
    *out = !field->is_text && is_word(field->value, "true");
    return *out || (!field->is_text && is_word(field->value, "false"));
}
