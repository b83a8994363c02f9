/* The file: libyaml's events, of which only maps and scalars mean something here. */
#include "base/compiler.h"
#include "base/word.h"
#include "config/config_private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX     4 /* worker_pools.tx_executor.worker_count has three */
#define PATH_MAX_SIZE 128
#define SEEN_MAX      (2 * CONFIG_KEY_COUNT)

/* A key or section that was met. */
struct seen {
    char path[PATH_MAX_SIZE];
    uint32_t line;
};

struct reader {
    yaml_parser_t parser;
    struct config *config;
    const char *file;
    char path[PATH_MAX_SIZE];     /* of the map we are in, with its last dot; "" at the top */
    size_t path_sizes[DEPTH_MAX]; /* of the maps around it */
    size_t depth;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    struct error *error;
};

static enum pevm_status fault_at(struct reader *reader,
                                 const yaml_mark_t *mark,
                                 const char *format,
                                 ...) PRINTF_LIKE(3, 4);
static enum pevm_status fault_at(struct reader *reader,
                                 const yaml_mark_t *mark,
                                 const char *format,
                                 ...)
{
    char text[ERROR_TEXT_MAX];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return error_set(reader->error,
                     PEVM_BAD_INPUT,
                     "%.200s:%zu:%zu: %.280s",
                     reader->file,
                     mark->line + 1,
                     mark->column + 1,
                     text);
}

static enum pevm_status next_event(struct reader *reader, yaml_event_t *event)
{
    yaml_parser_t *parser = &reader->parser;
    if (yaml_parser_parse(parser, event)) return PEVM_OK;
    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(reader->error, PEVM_NO_MEMORY, "%.200s: no memory", reader->file);
    if (parser->error == YAML_READER_ERROR)
        return error_set(reader->error,
                         PEVM_BAD_INPUT,
                         "%.200s: byte %zu: %.100s; wanted UTF-8",
                         reader->file,
                         parser->problem_offset,
                         parser->problem);
    return fault_at(reader,
                    &parser->problem_mark,
                    "this is no YAML: %s",
                    parser->problem == NULL ? "malformed" : parser->problem);
}

/* Is `path` the name of a section: do keys begin with it and a dot? */
static bool is_section(const char *path)
{
    size_t size = strlen(path);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++)
        if (strncmp(config_specs[i].key, path, size) == 0 && config_specs[i].key[size] == '.')
            return true;
    return false;
}

/* A section most like `path`, or NULL. */
static const char *nearest_section(const char *path, char out[PATH_MAX_SIZE])
{
    unsigned least = 4;
    const char *nearest = NULL;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        const char *key = config_specs[i].key;
        for (const char *dot = strchr(key, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
            char section[PATH_MAX_SIZE];
            snprintf(section, sizeof section, "%.*s", (int)(dot - key), key);
            unsigned distance = word_distance(path, section, least);
            if (distance >= least) continue;
            least = distance;
            nearest = memcpy(out, section, sizeof section);
        }
    }
    return nearest;
}

static enum pevm_status fault_unknown(struct reader *reader,
                                      const yaml_mark_t *mark,
                                      const char *path)
{
    char section[PATH_MAX_SIZE];
    const char *key = config_nearest(path), *nearest = key;
    if (key == NULL) nearest = nearest_section(path, section);
    return fault_at(reader,
                    mark,
                    "there is no key %s%s%s",
                    path,
                    nearest == NULL ? "" : "; did you mean ",
                    nearest == NULL ? "" : nearest);
}

/* The first time that `path` is met. */
static enum pevm_status note(struct reader *reader, const yaml_mark_t *mark, const char *path)
{
    for (size_t i = 0; i < reader->seen_count; i++)
        if (strcmp(reader->seen[i].path, path) == 0)
            return fault_at(reader,
                            mark,
                            "%s: is here a second time; the first is in line %u",
                            path,
                            reader->seen[i].line);
    struct seen *seen = &reader->seen[reader->seen_count++]; /* only names that exist come here */
    snprintf(seen->path, sizeof seen->path, "%s", path);
    seen->line = (uint32_t)mark->line + 1;
    return PEVM_OK;
}

static bool is_null(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < COUNT_OF(nulls); i++)
        if (strcmp(text, nulls[i]) == 0) return true;
    return false;
}

/* A scalar's text, if it is one that we understand: no anchors, no tags, no zero bytes. */
static enum pevm_status text_of(struct reader *reader, const yaml_event_t *event, const char **out)
{
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        return fault_at(reader, &event->start_mark, "anchors and tags mean nothing here");
    *out = (const char *)event->data.scalar.value;
    if (strlen(*out) != event->data.scalar.length)
        return fault_at(reader, &event->start_mark, "a text with a zero byte");
    return PEVM_OK;
}

static enum pevm_status set_scalar(struct reader *reader,
                                   const yaml_event_t *event,
                                   const char *path)
{
    const char *text = "";
    bool is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    const yaml_mark_t *mark = &event->start_mark;
    TRY(text_of(reader, event, &text));
    enum config_key key = config_find(path);
    if (key == CONFIG_KEY_COUNT) {
        if (!is_quoted && is_null(text)) return PEVM_OK; /* a section without keys */
        return fault_at(reader, mark, "%s: wants keys under it, not \"%.40s\"", path, text);
    }
    char wanted[CONFIG_WANTED_SIZE];
    if (!is_quoted && is_null(text))
        return fault_at(reader,
                        mark,
                        "%s: has no value; wanted %s",
                        path,
                        config_wanted(wanted, &config_specs[key]));
    struct config_origin origin = {CONFIG_FROM_FILE, (uint32_t)mark->line + 1};
    struct error error = {0};
    if (config_set(reader->config, key, text, is_quoted, origin, &error) == PEVM_OK) return PEVM_OK;
    return fault_at(reader, mark, "%s", error.text);
}

static enum pevm_status enter_map(struct reader *reader,
                                  const yaml_event_t *event,
                                  const char *path)
{
    const yaml_mark_t *mark = &event->start_mark;
    char wanted[CONFIG_WANTED_SIZE];
    if (event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL)
        return fault_at(reader, mark, "anchors and tags mean nothing here");
    enum config_key key = config_find(path);
    if (key != CONFIG_KEY_COUNT)
        return fault_at(reader,
                        mark,
                        "%s: has keys under it; wanted %s",
                        path,
                        config_wanted(wanted, &config_specs[key]));
    reader->path_sizes[reader->depth++] =
        strlen(reader->path); /* sections are not as deep as DEPTH_MAX */
    snprintf(reader->path, sizeof reader->path, "%s.", path);
    return PEVM_OK;
}

/* What stands behind a key. */
static enum pevm_status take_value(struct reader *reader, const char *path)
{
    yaml_event_t event;
    enum pevm_status status;
    TRY(next_event(reader, &event));
    if (event.type == YAML_SCALAR_EVENT)
        status = set_scalar(reader, &event, path);
    else if (event.type == YAML_MAPPING_START_EVENT)
        status = enter_map(reader, &event, path);
    else
        status =
            fault_at(reader, &event.start_mark, "%s: lists and aliases mean nothing here", path);
    yaml_event_delete(&event);
    return status;
}

/* A key, and what stands behind it. */
static enum pevm_status take_key(struct reader *reader, const yaml_event_t *event)
{
    char path[PATH_MAX_SIZE];
    const char *text = "";
    TRY(text_of(reader, event, &text));
    int size = snprintf(path, sizeof path, "%s%s", reader->path, text);
    if (size < 0 || (size_t)size >= sizeof path || strchr(text, '.') != NULL)
        return fault_at(reader, &event->start_mark, "there is no key %.60s", text);
    if (config_find(path) == CONFIG_KEY_COUNT && !is_section(path))
        return fault_unknown(reader, &event->start_mark, path);
    TRY(note(reader, &event->start_mark, path));
    return take_value(reader, path);
}

/* Everything inside of the outermost map. */
static enum pevm_status take_maps(struct reader *reader)
{
    for (;;) { /* ends: every round takes an event, and a file has an end */
        yaml_event_t event;
        TRY(next_event(reader, &event));
        enum pevm_status status = PEVM_OK;
        bool is_end = event.type == YAML_MAPPING_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT)
            status = take_key(reader, &event);
        else if (!is_end)
            status = fault_at(reader, &event.start_mark, "wanted a key");
        yaml_event_delete(&event);
        TRY(status);
        if (is_end && reader->depth == 0) return PEVM_OK;
        if (is_end) reader->path[reader->path_sizes[--reader->depth]] = 0;
    }
}

/* The beginning up to the outermost map; *is_empty: there is none. */
static enum pevm_status take_start(struct reader *reader, bool *is_empty)
{
    static const yaml_event_type_t wanted[] = {
        YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_MAPPING_START_EVENT};
    *is_empty = false;
    for (size_t i = 0; i < COUNT_OF(wanted) && !*is_empty; i++) {
        yaml_event_t event;
        TRY(next_event(reader, &event));
        enum pevm_status status = PEVM_OK;
        *is_empty = event.type == YAML_STREAM_END_EVENT;
        if (!*is_empty && event.type != wanted[i])
            status = fault_at(reader, &event.start_mark, "wanted keys like \"chain:\"");
        yaml_event_delete(&event);
        TRY(status);
    }
    return PEVM_OK;
}

/* Nothing may follow the document. */
static enum pevm_status take_end(struct reader *reader)
{
    for (unsigned i = 0; i < 2; i++) {
        yaml_event_t event;
        TRY(next_event(reader, &event));
        enum pevm_status status = PEVM_OK;
        if (event.type != YAML_DOCUMENT_END_EVENT && event.type != YAML_STREAM_END_EVENT)
            status = fault_at(reader, &event.start_mark, "a second document in one file");
        yaml_event_delete(&event);
        TRY(status);
    }
    return PEVM_OK;
}

static enum pevm_status read_file(struct reader *reader)
{
    bool is_empty;
    TRY(take_start(reader, &is_empty));
    if (is_empty) return PEVM_OK;
    TRY(take_maps(reader));
    return take_end(reader);
}

enum pevm_status config_parse_yaml(struct config *config,
                                   const char *path,
                                   FILE *file,
                                   struct error *error)
{
    struct reader reader = {.config = config, .file = path, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        return error_set(error, PEVM_NO_MEMORY, "%.200s: no memory", path);
    yaml_parser_set_input_file(&reader.parser, file);
    enum pevm_status status = read_file(&reader);
    yaml_parser_delete(&reader.parser);
    if (ferror(file)) return error_set(error, PEVM_IO, "%.200s: cannot be read", path);
    return status;
}

enum pevm_status config_read_yaml(struct config *config, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        enum pevm_status status = errno == ENOENT ? PEVM_NOT_FOUND : PEVM_IO;
        return error_set(error, status, "%.200s: %s", path, strerror(errno));
    }
    enum pevm_status status = config_parse_yaml(config, path, file, error);
    fclose(file);
    return status;
}
