/* log.h - what happens, a line at a time, for people and for machines that collect lines.
 *
 *     LOG_INFO("block committed", LOG_U64("number", 7), LOG_TEXT("hash", "0x.."));
 *     {"time":"2026-11-25T07:00:00.123Z","level":"info","message":"block committed","number":7,"hash":"0x.."}
 *
 * One per process: before log_open, and without it, lines of `info` and worse go to standard error as text.
 *
 * Rules
 *   R1  A line is one write: lines of several threads and processes do not mix, and what is there after a crash is whole.
 *   R2  No heap. What is too long for a line is cut, and says so with "...".
 *   R3  Logging never fails for its caller. Lines that could not be written are counted, and one line a minute on standard error
 *       says why. When the disk has room again, so has the log.
 *   R4  A file that is turned belongs to one process; one that somebody else moves (log_reopen_request) may have many.
 *
 * Threads: any, but no handler of a signal. Called anywhere but in hot rooms: those count, they do not talk.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the words of logging.level and logging.format. */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_CONSOLE };

struct log_options {
    enum log_level level;
    enum log_format format;
    const char *path; /* NULL: standard error */
    uint64_t
        size_max; /* bytes: a file that would grow beyond is put aside as path.1, path.1 as path.2, ...; 0: never */
    unsigned files_max; /* how many that were put aside are kept */
};

/* PEVM_IO: the file cannot be written. */
enum pevm_status log_open(const struct log_options *options, struct error *error) MUST_CHECK;
void log_close(void);

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
/* As in struct log_options. */
void log_set_turning(uint64_t size_max, unsigned files_max);
/* Is it worth working out what the line would say? */
bool log_is_on(enum log_level level);

/* Somebody moved the file away: open it anew before the next line. */
void log_reopen_request(void);

/* Lines that could not be written so far. */
uint64_t log_errors(void);

/* ---- lines ---- */

enum log_kind {
    LOG_KIND_END,
    LOG_KIND_TEXT,
    LOG_KIND_HASH,
    LOG_KIND_U64,
    LOG_KIND_REAL,
    LOG_KIND_NS,
    LOG_KIND_COUNT, /* nothing when it is 0 */
};

struct log_field {
    enum log_kind kind;
    const char *name;  /* letters, digits, '_' */
    const void *value; /* of a text, a hash */
    uint64_t number;
    double real;
};

static inline struct log_field log_field_text(const char *name, const char *text)
{
    return (struct log_field){.kind = LOG_KIND_TEXT, .name = name, .value = text};
}

static inline struct log_field log_field_hash(const char *name, const hash32 *hash)
{
    return (struct log_field){.kind = LOG_KIND_HASH, .name = name, .value = hash};
}

static inline struct log_field log_field_number(enum log_kind kind,
                                                const char *name,
                                                uint64_t number)
{
    return (struct log_field){.kind = kind, .name = name, .number = number};
}

static inline struct log_field log_field_real(const char *name, double real)
{
    return (struct log_field){.kind = LOG_KIND_REAL, .name = name, .real = real};
}

#define LOG_TEXT(name, text)  log_field_text(name, text)
#define LOG_HASH(name, hash)  log_field_hash(name, hash)
#define LOG_U64(name, number) log_field_number(LOG_KIND_U64, name, number)
/* What is no number (infinite, not a number) is written as null. */
#define LOG_REAL(name, real)  log_field_real(name, real)
/* Nanoseconds; written in milliseconds as NAME_ms. */
#define LOG_NS(name, ns)      log_field_number(LOG_KIND_NS, name, ns)
#define LOG_END               ((struct log_field){.kind = LOG_KIND_END})

/* `fields` end with LOG_END. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);

#define LOG_PARTS(level, message, ...) log_write(level, message, (struct log_field[]){__VA_ARGS__})
/* LOG_AT(level, message, fields...) */
#define LOG_AT(level, ...)             LOG_PARTS(level, __VA_ARGS__, LOG_END)
#define LOG_DEBUG(...)                 LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define LOG_INFO(...)                  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_WARN(...)                  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define LOG_ERROR(...)                 LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)

/* ---- lines that come again and again ---- */

#define LOG_PACE_NS UINT64_C(30000000000)

/* Zeroed; one for each place that logs. One thread at a time. */
struct log_pace {
    uint64_t last_ns;
    uint64_t left_out; /* since then */
};

/* Is it time for another line? *left_out: how many were not written since the last one. */
bool log_pace_due(struct log_pace *pace, uint64_t *left_out);

/* LOG_PACED(&pace, level, message, fields...): at most every 30 seconds; the next one has those in between as left_out. */
#define LOG_PACED(pace, level, ...)                                                                \
    do {                                                                                           \
        uint64_t log_left_out = 0;                                                                 \
        if (log_pace_due(pace, &log_left_out))                                                     \
            LOG_AT(                                                                                \
                level, __VA_ARGS__, log_field_number(LOG_KIND_COUNT, "left_out", log_left_out));   \
    } while (0)
