/* flat_json.h - one JSON object whose values are plain: what the store keeps as JSON. Strict, without allocation.
 *
 * Numbers are given as they are written (a balance has up to 78 digits); texts may have no escapes. Fields may come in any
 * order; objects and lists inside are refused, and so is a name that comes twice among those that are asked for.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct json_field {
    const char *name;
    bool is_required;
    /* filled in: */
    bool is_present, is_text; /* else a number, true, false or null */
    struct bytes value;       /* of a text without its quotes */
};

/* Fill in the fields that the object has; others are passed over. PEVM_CORRUPT names the place or the field. */
enum pevm_status flat_json_read(struct bytes text,
                                struct json_field *fields,
                                size_t count,
                                struct error *error) MUST_CHECK;

/* A whole number without sign or leading zeros; of a text, too, then also as 0x and digits. False: it is none. */
bool json_field_u64(const struct json_field *field, uint64_t *out) MUST_CHECK;
bool json_field_u256(const struct json_field *field, u256 *out) MUST_CHECK;

/* A text of 0x and 64 digits. */
bool json_field_hash(const struct json_field *field, hash32 *out) MUST_CHECK;

/* true or false. */
bool json_field_flag(const struct json_field *field, bool *out) MUST_CHECK;
