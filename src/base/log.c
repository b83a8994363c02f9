#include "base/log.h"

#include "base/clock.h"
#include "base/hex.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define PATH_BYTES     512
#define NS_PER_MIN     UINT64_C(60000000000)
#define NS_PER_MS      UINT64_C(1000000)

static const char *const level_words[] = {"debug", "info", "warn", "error"};
static const char *const level_colours[] = {"\033[90m", "\033[32m", "\033[33m", "\033[31m"};

/* The one log of the process. */
static struct {
    pthread_mutex_t mutex;
    struct log_options options;
    char path[PATH_BYTES];
    int file;
    uint64_t size; /* of the file */
    bool is_coloured;
    uint64_t errors, told_ns;
    bool must_reopen;
} the_log = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .options = {.level = LOG_LEVEL_INFO, .format = LOG_FORMAT_CONSOLE},
    .file = STDERR_FILENO
};

/* ---- the line ---- */

struct line {
    char text[LINE_MAX_BYTES];
    size_t size;
    bool is_cut;
};

/* Room is left for what closes a line. */
#define TAIL_BYTES 16

static void put(struct line *line, const char *text, size_t size)
{
    if (line->is_cut || size > sizeof line->text - TAIL_BYTES - line->size) {
        line->is_cut = true;
        return;
    }
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* How many bytes the character at `text` has, if it is one in UTF-8 (RFC 3629); 0: it is not. */
static size_t utf8_size(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        size_t size;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 1, 0      },
        {0xe0, 0xc0, 2, 0x80   },
        {0xf0, 0xe0, 3, 0x800  },
        {0xf8, 0xf0, 4, 0x10000}
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead) continue;
        uint32_t code = text[0] & (unsigned char)~forms[i].mask;
        for (size_t j = 1; j < forms[i].size; j++) {
            if ((text[j] & 0xc0) != 0x80) return 0; /* the zero at the end, too */
            code = code << 6 | (text[j] & 0x3f);
        }
        bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
        return code < forms[i].least || code > 0x10ffff || is_surrogate ? 0 : forms[i].size;
    }
    return 0;
}

/* Inside of quotes: JSON's own escapes (RFC 8259), and bytes that are no text as the replacement character. */
static void put_escaped(struct line *line, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0 && !line->is_cut;) {
        char escape[8];
        size_t size = utf8_size(at);
        if (size == 0) {
            put_text(line, "\\ufffd");
            at++;
        } else if (size == 1 && (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f)) {
            snprintf(escape, sizeof escape, *at == '"' || *at == '\\' ? "\\%c" : "\\u%04x", *at);
            put_text(line, escape);
            at++;
        } else {
            put(line, (const char *)at, size);
            at += size;
        }
    }
}

static void put_quoted(struct line *line, const char *text)
{
    put_text(line, "\"");
    put_escaped(line, text);
    if (line->is_cut) { /* the tail has room for it */
        memcpy(line->text + line->size, "...", 3);
        line->size += 3;
    }
    line->text[line->size++] = '"';
}

static void put_number(struct line *line, const struct log_field *field)
{
    char text[48];
    if (field->kind == LOG_KIND_NS)
        snprintf(text, sizeof text, "%.3f", (double)field->number / (double)NS_PER_MS);
    else if (field->kind != LOG_KIND_REAL)
        snprintf(text, sizeof text, "%" PRIu64, field->number);
    else if (isfinite(field->real))
        snprintf(text, sizeof text, "%.9g", field->real);
    else
        snprintf(text, sizeof text, "null");
    put_text(line, text);
}

/* Of a field that has one; NULL: it is a number. */
static const char *text_of(const struct log_field *field, char hex[HEX_HASH_SIZE])
{
    if (field->kind == LOG_KIND_TEXT) return field->value;
    return field->kind == LOG_KIND_HASH ? hex_hash(hex, field->value) : NULL;
}

static bool is_left_away(const struct log_field *field)
{
    return field->kind == LOG_KIND_COUNT && field->number == 0;
}

static const char *unit_of(const struct log_field *field)
{
    return field->kind == LOG_KIND_NS ? "_ms" : "";
}

static void put_time(struct line *line)
{
    char text[48];
    struct timespec now;
    struct tm parts;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(
        text + size, sizeof text - size, ".%03uZ", (unsigned)((uint64_t)now.tv_nsec / NS_PER_MS));
    put_text(line, text);
}

static void write_json(struct line *line,
                       enum log_level level,
                       const char *message,
                       const struct log_field *fields)
{
    put_text(line, "{\"time\":\"");
    put_time(line);
    put_text(line, "\",\"level\":\"");
    put_text(line, level_words[level]);
    put_text(line, "\",\"message\":");
    put_quoted(line, message);
    for (; fields->kind != LOG_KIND_END && !line->is_cut; fields++) {
        char hex[HEX_HASH_SIZE];
        const char *text = text_of(fields, hex);
        size_t begin = line->size;
        if (is_left_away(fields)) continue;
        put_text(line, ",\"");
        put_text(line, fields->name);
        put_text(line, unit_of(fields));
        put_text(line, "\":");
        if (line->is_cut || line->size + TAIL_BYTES > sizeof line->text - TAIL_BYTES) {
            line->size = begin; /* a name without a value would be no JSON */
            line->is_cut = true;
        } else if (text != NULL) {
            put_quoted(line, text);
        } else {
            put_number(line, fields);
            if (line->is_cut) line->size = begin;
        }
    }
    line->text[line->size++] = '}';
}

static void write_console(struct line *line,
                          enum log_level level,
                          const char *message,
                          const struct log_field *fields)
{
    char word[8];
    put_time(line);
    snprintf(word, sizeof word, " %-5s ", level_words[level]);
    if (the_log.is_coloured) put_text(line, level_colours[level]);
    put_text(line, word);
    if (the_log.is_coloured) put_text(line, "\033[0m");
    put_escaped(line, message);
    for (; fields->kind != LOG_KIND_END && !line->is_cut; fields++) {
        char hex[HEX_HASH_SIZE];
        const char *text = text_of(fields, hex);
        if (is_left_away(fields)) continue;
        put_text(line, "  ");
        put_text(line, fields->name);
        put_text(line, unit_of(fields));
        put_text(line, "=");
        if (text == NULL)
            put_number(line, fields);
        else if (strpbrk(text, " \t\"=") != NULL || text[0] == 0)
            put_quoted(line, text);
        else
            put_escaped(line, text);
    }
    if (!line->is_cut) return;
    memcpy(line->text + line->size, "...", 3);
    line->size += 3;
}

/* ---- the file ---- */

static int open_file(void)
{
    struct stat facts;
    int file = open(the_log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file < 0) return -1;
    the_log.size = fstat(file, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    return file;
}

/* Not the log, where this would begin anew. */
static void tell_error(const char *what, int number)
{
    uint64_t now_ns = clock_now_ns();
    if (the_log.told_ns != 0 && now_ns - the_log.told_ns < NS_PER_MIN) return;
    the_log.told_ns = now_ns;
    char text[PATH_BYTES + 128];
    int size =
        snprintf(text, sizeof text, "pevm: log %s: %s: %s\n", the_log.path, what, strerror(number));
    if (size > 0)
        (void)!write(
            STDERR_FILENO, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

/* The old one stays if there is no new one. */
static void reopen(void)
{
    if (the_log.path[0] == 0) return;
    int file = open_file();
    if (file < 0) {
        tell_error("cannot be opened", errno);
        return;
    }
    if (the_log.file > STDERR_FILENO) (void)close(the_log.file);
    the_log.file = file;
}

static void rotate(void)
{
    char from[PATH_BYTES + 16], to[PATH_BYTES + 16];
    for (unsigned i = the_log.options.files_max; i > 0; i--) {
        snprintf(to, sizeof to, "%s.%u", the_log.path, i);
        if (i > 1)
            snprintf(from, sizeof from, "%s.%u", the_log.path, i - 1);
        else
            snprintf(from, sizeof from, "%s", the_log.path);
        if (rename(from, to) != 0 && errno != ENOENT) tell_error("cannot be put aside", errno);
    }
    reopen();
}

/* A file on a full disk may take a part of the line: what is torn is taken back. */
static void write_line(const struct line *line)
{
    ssize_t written;
    do { /* ends: signals do */
        written = write(the_log.file, line->text, line->size);
    } while (written < 0 && errno == EINTR);
    if (written == (ssize_t)line->size) {
        the_log.size += line->size;
        return;
    }
    int number = written < 0 ? errno : ENOSPC;
    the_log.errors++;
    if (the_log.path[0] == 0) return;
    if (written > 0 && ftruncate(the_log.file, (off_t)the_log.size) != 0)
        the_log.size += (uint64_t)written;
    tell_error("a line could not be written", number);
}

/* ---- the door ---- */

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    struct line line = {.size = 0};
    pthread_mutex_lock(&the_log.mutex);
    if (level >= the_log.options.level) {
        if (the_log.options.format == LOG_FORMAT_JSON)
            write_json(&line, level, message, fields);
        else
            write_console(&line, level, message, fields);
        line.text[line.size++] = '\n';
        if (the_log.must_reopen) {
            the_log.must_reopen = false;
            reopen();
        }
        uint64_t most = the_log.options.size_max;
        bool is_full = most != 0 && the_log.size > 0 && the_log.size + line.size > most;
        if (is_full && the_log.path[0] != 0) rotate();
        write_line(&line);
    }
    pthread_mutex_unlock(&the_log.mutex);
}

enum pevm_status log_open(const struct log_options *options, struct error *error)
{
    enum pevm_status status = PEVM_OK;
    int file = STDERR_FILENO;
    pthread_mutex_lock(&the_log.mutex);
    the_log.path[0] = 0;
    if (options->path != NULL) {
        snprintf(the_log.path, sizeof the_log.path, "%s", options->path);
        file = open_file();
        if (file < 0)
            status = error_set(
                error, PEVM_IO, "logging.file: %.300s: %s", options->path, strerror(errno));
    }
    if (status == PEVM_OK) {
        if (the_log.file > STDERR_FILENO) (void)close(the_log.file);
        the_log.file = file;
        the_log.options = *options;
        the_log.is_coloured = isatty(file) == 1;
        the_log.errors = the_log.told_ns = 0;
    } else {
        the_log.path[0] = 0;
    }
    pthread_mutex_unlock(&the_log.mutex);
    return status;
}

void log_close(void)
{
    pthread_mutex_lock(&the_log.mutex);
    if (the_log.file > STDERR_FILENO) (void)close(the_log.file);
    the_log.file = STDERR_FILENO;
    the_log.path[0] = 0;
    the_log.options = (struct log_options){.level = LOG_LEVEL_INFO, .format = LOG_FORMAT_CONSOLE};
    pthread_mutex_unlock(&the_log.mutex);
}

void log_set_level(enum log_level level)
{
    pthread_mutex_lock(&the_log.mutex);
    the_log.options.level = level;
    pthread_mutex_unlock(&the_log.mutex);
}

void log_set_format(enum log_format format)
{
    pthread_mutex_lock(&the_log.mutex);
    the_log.options.format = format;
    pthread_mutex_unlock(&the_log.mutex);
}

void log_set_turning(uint64_t size_max, unsigned files_max)
{
    pthread_mutex_lock(&the_log.mutex);
    the_log.options.size_max = size_max;
    the_log.options.files_max = files_max;
    pthread_mutex_unlock(&the_log.mutex);
}

bool log_is_on(enum log_level level)
{
    pthread_mutex_lock(&the_log.mutex);
    bool is_on = level >= the_log.options.level;
    pthread_mutex_unlock(&the_log.mutex);
    return is_on;
}

void log_reopen_request(void)
{
    pthread_mutex_lock(&the_log.mutex);
    the_log.must_reopen = true;
    pthread_mutex_unlock(&the_log.mutex);
}

uint64_t log_errors(void)
{
    pthread_mutex_lock(&the_log.mutex);
    uint64_t errors = the_log.errors;
    pthread_mutex_unlock(&the_log.mutex);
    return errors;
}

bool log_pace_due(struct log_pace *pace, uint64_t *left_out)
{
    uint64_t now_ns = clock_now_ns();
    if (pace->last_ns != 0 && now_ns - pace->last_ns < LOG_PACE_NS) {
        pace->left_out++;
        return false;
    }
    *left_out = pace->left_out;
    pace->last_ns = now_ns;
    pace->left_out = 0;
    return true;
}
