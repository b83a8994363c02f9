#include "support/bytecode.h"

#include "base/arena.h"
#include "base/hex.h"
#include "base/u256.h"
#include "evm/opcodes.h"
#include "support/test.h"

#define PROGRAM_SIZE_MAX (1 << 20)
#define LABELS_MAX       64
#define WORD_SIZE_MAX    600

struct label {
    char name[32];
    size_t place;
};

struct program {
    uint8_t *bytes;
    size_t size;
    struct label labels[LABELS_MAX], uses[LABELS_MAX];
    size_t label_count, use_count;
};

static struct arena arena; /* reachable until the end, so no leak to a leak checker */

static uint8_t *memory_of(size_t size)
{
    if (arena.chunk_size_min == 0) arena_init(&arena, 65536, 0);
    uint8_t *memory = arena_alloc(&arena, size);
    assert_non_null(memory);
    return memory;
}

static void put(struct program *program, uint8_t byte)
{
    assert_true(program->size < PROGRAM_SIZE_MAX);
    program->bytes[program->size++] = byte;
}

static void put_push(struct program *program, u256 value)
{
    uint8_t be[32];
    unsigned size = u256_byte_length(value);
    if (size == 0) size = 1;
    u256_to_be(be, value);
    put(program, (uint8_t)(OP_PUSH1 + size - 1));
    for (unsigned i = 32 - size; i < 32; i++)
        put(program, be[i]);
}

static u256 number(const char *word)
{
    u256 value = U256_ZERO;
    uint8_t be[32];
    if (word[0] == '0' && word[1] == 'x') {
        if (!hex_decode_number(be, word + 2, strlen(word + 2))) fail_msg("not a number: %s", word);
        return u256_from_be(be);
    }
    if (!u256_from_decimal(&value, word, strlen(word))) fail_msg("not a number: %s", word);
    return value;
}

static int opcode_of(const char *word)
{
    static const struct {
        const char *name;
        int code;
    } names[] = {
#define OP(code, name, in, out, gas, since) {#name, code},
#include "evm/opcodes.def"
#undef OP
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i].name, word) == 0) return names[i].code;
    return -1;
}

static void label_add(
    struct label *labels, size_t *count, const char *name, size_t size, size_t place)
{
    assert_true(*count < LABELS_MAX && size < sizeof labels->name);
    memcpy(labels[*count].name, name, size);
    labels[*count].name[size] = 0;
    labels[(*count)++].place = place;
}

static void word_put(struct program *program, const char *word)
{
    size_t size = strlen(word);
    if (word[0] == '@') {
        put(program, OP_PUSH2);
        label_add(program->uses, &program->use_count, word + 1, size - 1, program->size);
        put(program, 0);
        put(program, 0);
    } else if (word[0] == '#') {
        struct bytes raw = test_hex(word + 1);
        for (size_t i = 0; i < raw.size; i++)
            put(program, raw.data[i]);
    } else if (word[size - 1] == ':') {
        label_add(program->labels, &program->label_count, word, size - 1, program->size);
        put(program, OP_JUMPDEST);
    } else if (word[0] >= '0' && word[0] <= '9') {
        put_push(program, number(word));
    } else {
        int code = opcode_of(word);
        if (code < 0) fail_msg("no instruction is called %s", word);
        put(program, (uint8_t)code);
    }
}

static void labels_fill(struct program *program)
{
    for (size_t i = 0; i < program->use_count; i++) {
        size_t k = 0;
        while (k < program->label_count &&
               strcmp(program->labels[k].name, program->uses[i].name) != 0)
            k++;
        if (k == program->label_count) fail_msg("no label is called %s", program->uses[i].name);
        program->bytes[program->uses[i].place] = (uint8_t)(program->labels[k].place >> 8);
        program->bytes[program->uses[i].place + 1] = (uint8_t)program->labels[k].place;
    }
}

struct bytes bytecode(const char *text)
{
    static struct program program;
    static uint8_t buffer[PROGRAM_SIZE_MAX];
    char word[WORD_SIZE_MAX];
    program = (struct program){.bytes = buffer};
    for (;;) { /* ends: the text is finite */
        text += strspn(text, " \n\t");
        size_t size = strcspn(text, " \n\t");
        if (size == 0) break;
        assert_true(size < sizeof word);
        memcpy(word, text, size);
        word[size] = 0;
        word_put(&program, word);
        text += size;
    }
    labels_fill(&program);
    uint8_t *copy = memory_of(program.size);
    memcpy(copy, buffer, program.size);
    return bytes_of(copy, program.size);
}

struct bytes bytecode_join(struct bytes a, struct bytes b)
{
    uint8_t *joined = memory_of(a.size + b.size);
    if (a.size > 0) memcpy(joined, a.data, a.size);
    if (b.size > 0) memcpy(joined + a.size, b.data, b.size);
    return bytes_of(joined, a.size + b.size);
}

struct bytes bytecode_repeat(const char *text, unsigned count)
{
    struct bytes once = bytecode(text);
    uint8_t *all = memory_of(once.size * count);
    for (unsigned i = 0; i < count; i++)
        memcpy(all + i * once.size, once.data, once.size);
    return bytes_of(all, once.size * count);
}

struct bytes bytecode_deploy(struct bytes runtime)
{
    uint8_t head[] = {
        OP_PUSH3, 0, 0, 0, OP_DUP1, OP_PUSH1, 13, OP_PUSH1, 0, OP_CODECOPY, OP_PUSH1, 0, OP_RETURN};
    head[1] = (uint8_t)(runtime.size >> 16);
    head[2] = (uint8_t)(runtime.size >> 8);
    head[3] = (uint8_t)runtime.size;
    return bytecode_join(bytes_of(head, sizeof head), runtime);
}
