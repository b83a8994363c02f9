/* Values of keys: text to fields and back. */
#include "base/assert.h"
#include "base/compiler.h"
#include "config/config_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t size;
};

/* Largest first: printing takes the first that fits. */
static const struct unit byte_units[] = {
    {"TB",  UINT64_C(1) << 40},
    {"GB",  UINT64_C(1) << 30},
    {"MB",  UINT64_C(1) << 20},
    {"KB",  UINT64_C(1) << 10},
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B",   1                },
};
static const struct unit time_units[] = {
    {"h",  UINT64_C(3600000000000)},
    {"m",  UINT64_C(60000000000)  },
    {"s",  UINT64_C(1000000000)   },
    {"ms", UINT64_C(1000000)      },
    {"us", UINT64_C(1000)         },
    {"ns", 1                      },
};

/* Digits at *text, which moves behind them. False: none, or more than 64 bits. */
static bool take_number(const char **text, uint64_t *out)
{
    const char *at = *text;
    uint64_t number = 0;
    if (*at < '0' || *at > '9') return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(number, UINT64_C(10), &number)) return false;
        if (__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number)) return false;
    }
    *text = at;
    *out = number;
    return true;
}

static bool number_of(const char *text, uint64_t *out)
{
    return take_number(&text, out) && *text == 0;
}

static const struct unit *unit_of(const struct unit *units,
                                  size_t count,
                                  const char *name,
                                  size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(units[i].name) == size && memcmp(units[i].name, name, size) == 0)
            return &units[i];
    return NULL;
}

/* "512MB", "1h30m": numbers, each with a unit; a lone number when `bare` says so. */
static bool quantity_of(const char *text, const struct unit *units, size_t count, uint64_t *out)
{
    bool is_bytes = units == byte_units;
    uint64_t sum = 0, number;
    if (number_of(text, out)) return is_bytes || *out == 0;
    do {
        if (!take_number(&text, &number)) return false;
        size_t size = strcspn(text, "0123456789");
        const struct unit *unit = unit_of(units, count, text, size);
        if (unit == NULL || __builtin_mul_overflow(number, unit->size, &number)) return false;
        if (__builtin_add_overflow(sum, number, &sum)) return false;
        text += size;
    } while (*text != 0 && !is_bytes); /* ends: every round takes a letter */
    *out = sum;
    return *text == 0;
}

/* 0.8: digits with at most one point. */
static bool share_of(const char *text, double *out)
{
    size_t digits = strspn(text, "0123456789.");
    const char *point = strchr(text, '.');
    if (digits == 0 || text[digits] != 0 || digits > 18) return false;
    if (text[0] == '.' || text[digits - 1] == '.') return false;
    if (point != NULL && strchr(point + 1, '.') != NULL) return false;
    *out = strtod(text, NULL);
    return *out > 0 && *out <= 1;
}

static bool flag_of(const char *text, bool *out)
{
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

/* Letters that a terminal and a line can show. */
static bool is_plain_text(const char *text)
{
    for (; *text != 0; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
    return true;
}

static bool text_of(const char *text, const struct config_spec *spec, char *out)
{
    size_t size = strlen(text);
    if (size < spec->least || size >= CONFIG_TEXT_SIZE || !is_plain_text(text)) return false;
    memcpy(out, text, size + 1);
    return true;
}

/* host:port, [host]:port, :port; or a path. */
static bool endpoint_of(const char *text, const struct config_spec *spec, char *out)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (strlen(text) >= CONFIG_TEXT_SIZE - sizeof "0.0.0.0") return false;
    if (spec->most == 1 && text[0] == '/') return text_of(text, spec, out);
    if (colon == NULL || !number_of(colon + 1, &port) || port == 0 || port > 65535) return false;
    size_t host = (size_t)(colon - text);
    bool is_bracketed = host > 2 && text[0] == '[' && text[host - 1] == ']';
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *wanted = is_bracketed ? "0123456789abcdefABCDEF:.%" : letters;
    size_t from = is_bracketed ? 1 : 0, to = is_bracketed ? host - 1 : host;
    if (strspn(text + from, wanted) < to - from) return false;
    snprintf(out, CONFIG_TEXT_SIZE, "%s%s", host == 0 ? "0.0.0.0" : "", text);
    return true;
}

/* Which of "a=other|b|c". */
static bool choice_of(const char *text, const char *words, unsigned *out)
{
    size_t size = strlen(text);
    if (size == 0) return false;
    *out = 0;
    for (const char *word = words; *word != 0;) { /* ends: every round takes a word */
        size_t word_size = strcspn(word, "|=");
        if (word_size == size && memcmp(word, text, size) == 0) return true;
        word += word_size;
        if (*word == '|') (*out)++;
        if (*word != 0) word++;
    }
    return false;
}

/* The first spelling of word `index`. */
static const char *choice_word(const char *words, unsigned index, size_t *size)
{
    for (; index > 0; index--) {
        const char *bar = strchr(words, '|');
        ASSERT(bar != NULL);
        words = bar + 1;
    }
    *size = strcspn(words, "|=");
    return words;
}

static void *field_of(struct config *config, const struct config_spec *spec)
{
    return (char *)config + spec->offset;
}

static const void *field_in(const struct config *config, const struct config_spec *spec)
{
    return (const char *)config + spec->offset;
}

static bool in_range(const struct config_spec *spec, uint64_t number)
{
    return number >= spec->least && number <= spec->most;
}

static bool value_of(const struct config_spec *spec, const char *text, void *field)
{
    uint64_t number = 0;
    switch (spec->kind) {
    case KIND_COUNT:
        if (!number_of(text, &number) || !in_range(spec, number)) return false;
        break;
    case KIND_BYTES:
        if (!quantity_of(text, byte_units, COUNT_OF(byte_units), &number)) return false;
        if (!in_range(spec, number)) return false;
        break;
    case KIND_TIME:
        if (!quantity_of(text, time_units, COUNT_OF(time_units), &number)) return false;
        if (!in_range(spec, number)) return false;
        break;
    case KIND_SHARE: return share_of(text, field);
    case KIND_FLAG: return flag_of(text, field);
    case KIND_TEXT:
    case KIND_SECRET: return text_of(text, spec, field);
    case KIND_ENDPOINT: return endpoint_of(text, spec, field);
    case KIND_CHOICE: return choice_of(text, spec->words, field);
    }
    memcpy(field, &number, sizeof number);
    return true;
}

/* A number in quotes is a text. */
static bool is_number(enum config_kind kind)
{
    return kind == KIND_COUNT || kind == KIND_SHARE || kind == KIND_FLAG;
}

enum pevm_status config_set(struct config *config,
                            enum config_key key,
                            const char *text,
                            bool is_quoted,
                            struct config_origin origin,
                            struct error *error)
{
    const struct config_spec *spec = &config_specs[key];
    char wanted[CONFIG_WANTED_SIZE];
    if (is_quoted && is_number(spec->kind))
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: \"%.40s\" is a text, it stands in quotes; wanted %s",
                         spec->key,
                         text,
                         config_wanted(wanted, spec));
    if (!value_of(spec, text, field_of(config, spec)))
        return error_set(error,
                         PEVM_BAD_INPUT,
                         "%s: \"%.40s\" will not do; wanted %s",
                         spec->key,
                         spec->kind == KIND_SECRET ? "(hidden)" : text,
                         config_wanted(wanted, spec));
    config->origins[key] = origin;
    return PEVM_OK;
}

/* Units that give the whole number back, largest first. */
static void print_quantity(
    char *out, size_t room, const struct unit *units, size_t count, uint64_t number)
{
    size_t size = 0;
    bool is_time = units == time_units;
    for (size_t i = 0; i < count && number > 0; i++) {
        if (number < units[i].size || (!is_time && number % units[i].size != 0)) continue;
        uint64_t whole = number / units[i].size;
        size += (size_t)snprintf(out + size, room - size, "%" PRIu64 "%s", whole, units[i].name);
        number -= whole * units[i].size;
    }
    if (size == 0) snprintf(out, room, "0");
}

/* In quotes, with those YAML escapes that a line without control characters needs. */
static void print_text(char out[CONFIG_VALUE_SIZE], const char *text)
{
    size_t size = 0;
    out[size++] = '"';
    for (; *text != 0 && size < CONFIG_VALUE_SIZE - 4; text++) {
        if (*text == '"' || *text == '\\') out[size++] = '\\';
        out[size++] = *text;
    }
    out[size++] = '"';
    out[size] = 0;
}

const char *config_print(char out[CONFIG_VALUE_SIZE],
                         const struct config *config,
                         enum config_key key)
{
    const struct config_spec *spec = &config_specs[key];
    const void *field = field_in(config, spec);
    uint64_t number = 0;
    unsigned choice = 0;
    size_t size;
    if (spec->kind <= KIND_TIME) memcpy(&number, field, sizeof number);
    if (spec->kind == KIND_CHOICE) memcpy(&choice, field, sizeof choice);
    switch (spec->kind) {
    case KIND_COUNT: snprintf(out, CONFIG_VALUE_SIZE, "%" PRIu64, number); break;
    case KIND_BYTES:
        print_quantity(out, CONFIG_VALUE_SIZE, byte_units, COUNT_OF(byte_units), number);
        break;
    case KIND_TIME:
        print_quantity(out, CONFIG_VALUE_SIZE, time_units, COUNT_OF(time_units), number);
        break;
    case KIND_SHARE: snprintf(out, CONFIG_VALUE_SIZE, "%.12g", *(const double *)field); break;
    case KIND_FLAG:
        snprintf(out, CONFIG_VALUE_SIZE, *(const bool *)field ? "true" : "false");
        break;
    case KIND_TEXT:
    case KIND_SECRET:
    case KIND_ENDPOINT: print_text(out, field); break;
    case KIND_CHOICE: {
        const char *word = choice_word(spec->words, choice, &size);
        snprintf(out, CONFIG_VALUE_SIZE, "%.*s", (int)size, word);
        break;
    }
    }
    return out;
}

static void print_words(char *out, size_t room, const char *words)
{
    size_t size = (size_t)snprintf(out, room, "one of ");
    for (const char *word = words;
         *word != 0 && size < room;) { /* ends: every round takes a word */
        size_t word_size = strcspn(word, "|=");
        const char *before = word == words ? "" : word[-1] == '=' ? " = " : ", ";
        size += (size_t)snprintf(out + size, room - size, "%s%.*s", before, (int)word_size, word);
        word += word_size;
        if (*word != 0) word++;
    }
}

const char *config_wanted(char out[CONFIG_WANTED_SIZE], const struct config_spec *spec)
{
    const struct unit *units = spec->kind == KIND_BYTES ? byte_units : time_units;
    size_t count = spec->kind == KIND_BYTES ? COUNT_OF(byte_units) : COUNT_OF(time_units);
    char least[64], most[64];
    print_quantity(least, sizeof least, units, count, spec->least);
    print_quantity(most, sizeof most, units, count, spec->most);
    switch (spec->kind) {
    case KIND_COUNT:
        snprintf(out,
                 CONFIG_WANTED_SIZE,
                 "a whole number, %" PRIu64 " to %" PRIu64,
                 spec->least,
                 spec->most);
        break;
    case KIND_BYTES:
        snprintf(out, CONFIG_WANTED_SIZE, "a size like 512MB, %s to %s", least, most);
        break;
    case KIND_TIME:
        snprintf(out, CONFIG_WANTED_SIZE, "a time like 1m30s, %s to %s", least, most);
        break;
    case KIND_SHARE: snprintf(out, CONFIG_WANTED_SIZE, "a number above 0, at most 1"); break;
    case KIND_FLAG: snprintf(out, CONFIG_WANTED_SIZE, "true or false"); break;
    case KIND_TEXT:
    case KIND_SECRET:
        snprintf(out,
                 CONFIG_WANTED_SIZE,
                 "a text of %" PRIu64 " to %d letters in one line",
                 spec->least,
                 CONFIG_TEXT_SIZE - 1);
        break;
    case KIND_ENDPOINT:
        snprintf(out,
                 CONFIG_WANTED_SIZE,
                 "host:port%s",
                 spec->most == 1 ? ", or the path of a unix socket" : "");
        break;
    case KIND_CHOICE: print_words(out, CONFIG_WANTED_SIZE, spec->words); break;
    }
    return out;
}
