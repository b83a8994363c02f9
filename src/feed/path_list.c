#include "feed/path_list.h"

#include "base/heap.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void path_list_fini(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        heap_free(list->files[i].path);
    heap_free(list->files);
    *list = (struct path_list){0};
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Room for one more. */
static bool reserve(struct path_list *list)
{
    if (list->count < list->capacity) return true;
    size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
    struct listed_file *files = heap_realloc(list->files, capacity * sizeof *files);
    if (files == NULL) return false;
    list->files = files;
    list->capacity = capacity;
    return true;
}

static enum pevm_status add(struct path_list *list,
                            const char *folder,
                            const char *name,
                            struct error *error)
{
    struct stat facts;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = heap_alloc(size);
    if (path == NULL || !reserve(list)) {
        heap_free(path);
        return error_set(error, PEVM_NO_MEMORY, "out of memory");
    }
    snprintf(path, size, "%s%s%s", folder, folder[0] == 0 ? "" : "/", name);
    struct listed_file *file = &list->files[list->count++];
    *file = (struct listed_file){.path = path};
    if (stat(path, &facts) != 0) return error_set(error, PEVM_IO, "%s: %s", path, strerror(errno));
    file->size = (uint64_t)facts.st_size;
    list->bytes += file->size;
    return PEVM_OK;
}

static int compare_files(const void *a, const void *b)
{
    const struct listed_file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static enum pevm_status add_directory(struct path_list *list,
                                      const char *path,
                                      const char *suffix,
                                      struct error *error)
{
    DIR *directory = opendir(path);
    if (directory == NULL) return error_set(error, PEVM_IO, "%s: %s", path, strerror(errno));
    enum pevm_status status = PEVM_OK;
    while (status == PEVM_OK) { /* ends: a directory has finitely many entries */
        struct dirent *entry = readdir(directory);
        if (entry == NULL) break;
        if (entry->d_name[0] != '.' && ends_with(entry->d_name, suffix))
            status = add(list, path, entry->d_name, error);
    }
    closedir(directory);
    TRY(status);
    if (list->count == 0)
        return error_set(error, PEVM_NOT_FOUND, "%s: no *%s in this directory", path, suffix);
    qsort(list->files, list->count, sizeof *list->files, compare_files);
    return PEVM_OK;
}

enum pevm_status path_list_open(struct path_list *out,
                                const char *path,
                                const char *suffix,
                                struct error *error)
{
    struct stat facts;
    *out = (struct path_list){0};
    if (stat(path, &facts) != 0)
        return error_set(
            error, errno == ENOENT ? PEVM_NOT_FOUND : PEVM_IO, "%s: %s", path, strerror(errno));
    enum pevm_status status = S_ISDIR(facts.st_mode) ? add_directory(out, path, suffix, error)
                                                     : add(out, "", path, error);
    if (status != PEVM_OK) path_list_fini(out);
    return status;
}
