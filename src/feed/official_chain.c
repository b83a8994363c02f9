#include "feed/official_chain.h"

#include "base/heap.h"
#include "feed/block_source_private.h"
#include "fixture/blocktest.h"
#include "fixture/field.h"
#include "fixture/input.h"

#define ARENA_CHUNK ((size_t)1 << 18)

struct official_chain {
    struct input_file file; /* the text, from which the test borrows */
    struct arena arena;
    struct block_test test;
    size_t next;
};

static void official_chain_close(void *self)
{
    struct official_chain *chain = self;
    arena_fini(&chain->arena);
    input_file_fini(&chain->file);
    heap_free(chain);
}

static double official_chain_progress(const void *self)
{
    const struct official_chain *chain = self;
    size_t count = chain->test.block_count;
    return count == 0 ? 1.0 : (double)chain->next / (double)count;
}

static enum pevm_status official_chain_next(
    void *self, struct raw_block *out, bool *found, struct arena *scratch, struct error *error)
{
    struct official_chain *chain = self;
    (void)scratch;
    (void)error;
    *found = false;
    while (!*found && chain->next < chain->test.block_count) {
        const struct block_test_block *block = &chain->test.blocks[chain->next++];
        *found = block->exception == NULL;
        out->encoding = block->encoding;
    }
    out->name = chain->test.name;
    return PEVM_OK;
}

static enum pevm_status read_file(struct official_chain *chain,
                                  const char *path,
                                  struct error *error)
{
    struct input *input;
    bool found;
    TRY(input_open(&input, &path, 1, ".json", error));
    enum pevm_status status = input_next(input, &chain->file, &found, error);
    input_close(input);
    if (status == PEVM_OK && !found)
        return error_set(error, PEVM_NOT_FOUND, "%s: no *.json in it", path);
    return status;
}

/* The member to read: the only one, or that of the name. */
static enum pevm_status pick(const struct json **out,
                             const struct json *root,
                             const char *name,
                             struct error *error)
{
    TRY(value_kind(root, JSON_OBJECT, "test file", error));
    *out = name == NULL ? root->first : json_get(root, name);
    if (*out == NULL && name != NULL)
        return error_set(error, PEVM_NOT_FOUND, "no test \"%s\" in this file", name);
    if (*out == NULL) return error_set(error, PEVM_NOT_FOUND, "no test in this file");
    if (name == NULL && root->count > 1)
        return error_set(
            error, PEVM_BAD_INPUT, "%u tests in this file: say which one", root->count);
    return PEVM_OK;
}

static enum pevm_status read_test(struct official_chain *chain,
                                  const char *path,
                                  const char *name,
                                  struct error *error)
{
    const struct json *root, *member;
    TRY(read_file(chain, path, error));
    enum pevm_status status =
        json_parse(&root, bytes_of(chain->file.data, chain->file.size), &chain->arena, error);
    if (status == PEVM_OK) status = pick(&member, root, name, error);
    if (status == PEVM_OK) status = block_test_read(&chain->test, member, &chain->arena, error);
    if (status != PEVM_OK) error_prefix(error, "%s", path);
    return status;
}

enum pevm_status official_chain_open(struct block_source **out,
                                     const char *path,
                                     const char *name,
                                     struct error *error)
{
    static const struct source_kind kind = {
        official_chain_next, official_chain_progress, official_chain_close};
    *out = NULL;
    struct official_chain *chain = heap_alloc_zeroed(1, sizeof *chain);
    if (chain == NULL) return error_set(error, PEVM_NO_MEMORY, "out of memory");
    arena_init(&chain->arena, ARENA_CHUNK, 0);
    enum pevm_status status = read_test(chain, path, name, error);
    if (status != PEVM_OK) {
        official_chain_close(chain);
        return status;
    }
    return block_source_new(out, &kind, chain, error);
}
