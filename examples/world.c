#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* The whole file, with a zero byte behind it. */
static char *read_all(const char *folder, const char *name, size_t *size)
{
    char path[4096];
    char *text = NULL;
    long end = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0) fail(path);
    rewind(file);
    *size = (size_t)end;
    text = malloc(*size + 1);
    if (text == NULL || fread(text, 1, *size, file) != *size) fail(path);
    text[*size] = 0;
    fclose(file);
    return text;
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a') + 10;
    fail("state.txt: not a hex digit");
    return 0;
}

/* The next word of the line, behind which *at then stands. */
static const char *word(char **at)
{
    char *begin = *at + strspn(*at, " ");
    char *end = begin + strcspn(begin, " \n");
    if (begin == end) fail("state.txt: a line is too short");
    *at = *end == ' ' ? end + 1 : end;
    return begin;
}

static void bytes(char **at, uint8_t *out, size_t size)
{
    const char *hex = word(at);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

/* A number of 64 hex digits. */
static u256 number(char **at)
{
    uint8_t raw[32];
    u256 out = {
        {0, 0, 0, 0}
    };
    bytes(at, raw, sizeof raw);
    for (size_t i = 0; i < 32; i++)
        out.words[3 - i / 8] = out.words[3 - i / 8] << 8 | raw[i];
    return out;
}

/* One more element of an array that grows. */
static void *grow(void *array, size_t *count, size_t size)
{
    array = realloc(array, (*count + 1) * size);
    if (array == NULL) fail("out of memory");
    memset((char *)array + *count * size, 0, size);
    ++*count;
    return array;
}

static void read_account(struct world *world, char **at)
{
    world->accounts = grow(world->accounts, &world->account_count, sizeof *world->accounts);
    struct world_account *account = &world->accounts[world->account_count - 1];
    bytes(at, account->who.bytes, 20);
    account->is.exists = 1;
    account->is.nonce = strtoull(word(at), NULL, 10);
    account->is.balance = number(at);
    bytes(at, account->is.code_hash.bytes, 32);
    char *code = *at + strspn(*at, " ");
    size_t digits = strcspn(code, " \n");
    if (*code == '-') return;
    uint8_t *out = malloc(digits / 2);
    if (out == NULL) fail("out of memory");
    bytes(at, out, digits / 2);
    account->code.data = out;
    account->code.size = digits / 2;
}

static void read_line(struct world *world, char *line)
{
    char *at = line;
    const char *kind = word(&at);
    if (strncmp(kind, "account ", 8) == 0) {
        read_account(world, &at);
    } else if (strncmp(kind, "slot ", 5) == 0) {
        world->slots = grow(world->slots, &world->slot_count, sizeof *world->slots);
        struct world_slot *slot = &world->slots[world->slot_count - 1];
        bytes(&at, slot->who.bytes, 20);
        slot->slot = number(&at);
        slot->value = number(&at);
    } else if (strncmp(kind, "hash ", 5) == 0) {
        world->hashes = grow(world->hashes, &world->hash_count, sizeof *world->hashes);
        struct world_hash *hash = &world->hashes[world->hash_count - 1];
        hash->number = strtoull(word(&at), NULL, 10);
        bytes(&at, hash->hash.bytes, 32);
    } else {
        fail("state.txt: a line begins with an unknown word");
    }
}

void world_read(struct world *world, const char *folder)
{
    size_t size;
    memset(world, 0, sizeof *world);
    world->block.data = (const uint8_t *)read_all(folder, "block.rlp", &world->block.size);
    char *text = read_all(folder, "state.txt", &size);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        read_line(world, line);
    free(text);
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < world->account_count; i++)
        free((void *)(uintptr_t)world->accounts[i].code.data);
    free((void *)(uintptr_t)world->block.data);
    free(world->accounts);
    free(world->slots);
    free(world->hashes);
}

pevm_state *world_state(const struct world *world)
{
    pevm_state *state;
    enum pevm_status status = pevm_state_new(&state);
    for (size_t i = 0; i < world->account_count && status == PEVM_OK; i++) {
        const struct world_account *account = &world->accounts[i];
        status = pevm_state_set_account(
            state, &account->who, account->is.nonce, &account->is.balance, account->code);
    }
    for (size_t i = 0; i < world->slot_count && status == PEVM_OK; i++) {
        const struct world_slot *slot = &world->slots[i];
        status = pevm_state_set_slot(state, &slot->who, &slot->slot, &slot->value);
    }
    if (status != PEVM_OK) fail(pevm_status_text(status));
    for (size_t i = 0; i < world->hash_count; i++)
        pevm_state_set_block_hash(state, world->hashes[i].number, &world->hashes[i].hash);
    return state;
}

const char *hash_text(const hash32 *hash)
{
    static char texts[3][65];
    static unsigned turn;
    char *text = texts[turn++ % 3];
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
    return text;
}
