/* plain_world BUNDLES FOLDER - the last block of a set of bundles in the form that the examples read (examples/world.h). */
#include "base/hex.h"
#include "fixture/bundle_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "plain_world: %s: %s\n", what, why);
    exit(1);
}

static FILE *file_open(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) fail(path, "cannot be written");
    return file;
}

static void file_close(FILE *file, const char *name)
{
    if (fclose(file) != 0) fail(name, "cannot be written");
}

static void put_hex(FILE *file, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    fputc(' ', file);
    for (size_t i = 0; i < size; i++)
        fprintf(file, "%02x", bytes[i]);
}

static void put_word(FILE *file, const u256 *word)
{
    hash32 bytes = u256_to_hash(*word);
    put_hex(file, &bytes, sizeof bytes);
}

struct writer {
    FILE *file;
    const struct memory_state *state;
    address who;
};

static bool put_slot(void *context, const u256 *slot, const u256 *value)
{
    struct writer *writer = context;
    fputs("slot", writer->file);
    put_hex(writer->file, &writer->who, sizeof writer->who);
    put_word(writer->file, slot);
    put_word(writer->file, value);
    fputc('\n', writer->file);
    return true;
}

static bool put_account(void *context, const struct memory_account *account)
{
    struct writer *writer = context;
    writer->who = account->who;
    fputs("account", writer->file);
    put_hex(writer->file, &account->who, sizeof account->who);
    fprintf(writer->file, " %" PRIu64, account->nonce);
    put_word(writer->file, &account->balance);
    put_hex(writer->file, &account->code_hash, sizeof account->code_hash);
    put_hex(writer->file, account->code.data, account->code.size);
    fputs(account->code.size == 0 ? "-\n" : "\n", writer->file);
    return memory_state_each_slot(writer->state, &account->who, put_slot, writer) == PEVM_OK;
}

static void put_state(const char *folder, const struct bundle *bundle)
{
    struct writer writer = {.file = file_open(folder, "state.txt"), .state = bundle->pre_state};
    if (memory_state_each_account(bundle->pre_state, put_account, &writer) != PEVM_OK)
        fail("state.txt", "no memory");
    for (size_t i = 0; i < bundle->ancestors->count; i++) {
        fprintf(writer.file, "hash %" PRIu64, bundle->ancestors->list[i].number);
        put_hex(writer.file, &bundle->ancestors->list[i].hash, sizeof(hash32));
        fputc('\n', writer.file);
    }
    file_close(writer.file, "state.txt");
}

int main(int argc, char **argv)
{
    struct bundle_source *source;
    struct bundle bundle;
    struct bytes block;
    struct error error;
    if (argc != 3) fail("usage", "plain_world BUNDLES FOLDER");
    const char *path = argv[1];
    if (bundle_source_open(&source, &path, 1, &error) != PEVM_OK) fail(path, error.text);
    size_t last = bundle_source_count(source) - 1;
    if (bundle_source_read(source, last, &bundle, &error) != PEVM_OK) fail(path, error.text);
    if (!block_encode(&block, &bundle.block, &bundle.arena)) fail("block.rlp", "no memory");
    FILE *file = file_open(argv[2], "block.rlp");
    fwrite(block.data, 1, block.size, file);
    file_close(file, "block.rlp");
    put_state(argv[2], &bundle);
    bundle_fini(&bundle);
    bundle_source_close(source);
    return 0;
}
