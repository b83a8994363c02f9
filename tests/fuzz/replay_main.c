/* replay_main.c - runs a fuzz target without libFuzzer: on every file it is given, and on seeded damage of each.
 *
 *     fuzz_rlp [-runs=N] (FILE | DIRECTORY)...
 *
 * N damaged copies of every file are tried (0 when not given). What libFuzzer's other options would say is ignored. The file
 * is named before it is run, so the last name printed is the one that failed, and the same command finds it again.
 */
#include "base/heap.h"
#include "base/rng.h"
#include "fuzz/fuzz.h"

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_SIZE_MAX ((size_t)1 << 24) /* corpus files are small */
#define SEED          UINT64_C(0x7065766d)

static unsigned runs_per_file;
static size_t files_done, runs_done;

/* A copy of exactly that size, so that sanitizers see a read beyond it. */
static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = heap_alloc(size);
    ASSERT(copy != NULL);
    if (size > 0) memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    heap_free(copy);
    runs_done++;
}

/* One to four changes of a byte, a bit, a length, an end. */
static size_t damage(uint8_t *data, size_t size, struct rng *rng)
{
    for (uint64_t left = 1 + rng_below(rng, 4); left > 0 && size > 0; left--) {
        size_t place = rng_below(rng, size);
        switch (rng_below(rng, 6)) {
        case 0: data[place] = (uint8_t)rng_next(rng); break;
        case 1: data[place] ^= (uint8_t)(1U << rng_below(rng, 8)); break;
        case 2: data[place]++; break;
        case 3: data[place]--; break;
        case 4: size = rng_below(rng, 8) == 0 ? place : size; break;
        default: memmove(data + place, data, size - place); break;
        }
    }
    return size;
}

static void run_file(const uint8_t *data, size_t size)
{
    struct rng rng;
    rng_init(&rng, SEED);
    run_copy(data, size);
    uint8_t *text = heap_alloc(size);
    ASSERT(text != NULL);
    for (unsigned run = 0; run < runs_per_file; run++) {
        if (size > 0) memcpy(text, data, size);
        run_copy(text, damage(text, size, &rng));
    }
    heap_free(text);
    files_done++;
}

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

static void run_path(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path, "cannot be opened");
    uint8_t *data = heap_alloc(FILE_SIZE_MAX);
    if (data == NULL) fail(path, "no memory");
    size_t size = fread(data, 1, FILE_SIZE_MAX, file);
    if (ferror(file) || size == FILE_SIZE_MAX) fail(path, "cannot be read, or is too long");
    fclose(file);
    printf("%s\n", path);
    fflush(stdout);
    run_file(data, size);
    heap_free(data);
}

static void run_directory(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) fail(path, "cannot be listed");
    for (int i = 0; i < count; i++) {
        char inner[4096];
        if (names[i]->d_name[0] != '.') {
            int size = snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
            if (size < 0 || (size_t)size >= sizeof inner) fail(path, "name too long");
            run_path(inner);
        }
        free(names[i]);
    }
    free(names);
}

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++)
        if (strncmp(arguments[i], "-runs=", 6) == 0)
            runs_per_file = (unsigned)strtoul(arguments[i] + 6, NULL, 10);
    for (int i = 1; i < argument_count; i++) {
        struct stat about;
        if (arguments[i][0] == '-') continue;
        if (stat(arguments[i], &about) != 0) fail(arguments[i], "is not there");
        if (S_ISDIR(about.st_mode))
            run_directory(arguments[i]);
        else
            run_path(arguments[i]);
    }
    printf("%zu files, %zu inputs\n", files_done, runs_done);
    if (files_done == 0) fail("replay", "no files were given");
    return 0;
}
