/* The network names of the official tests (fixtures: "networks and forks"). */
#include "base/hex.h"
#include "chain/chain.h"

#include <stdio.h>
#include <string.h>

/* The words of "AToBAtN": A, B and what follows "At". */
struct transition {
    char from[CHAIN_NAME_MAX], to[CHAIN_NAME_MAX];
    const char *at;
};

static bool copy_word(char out[CHAIN_NAME_MAX], const char *start, const char *end)
{
    size_t size = (size_t)(end - start);
    if (size == 0 || size >= CHAIN_NAME_MAX) return false;
    memcpy(out, start, size);
    out[size] = 0;
    return true;
}

static bool transition_split(struct transition *out, const char *network)
{
    const char *to = strstr(network, "To");
    const char *at = to == NULL ? NULL : strstr(to, "At");
    if (at == NULL) return false;
    out->at = at + 2;
    return copy_word(out->from, network, to) && copy_word(out->to, to + 2, at);
}

/* All forks up to `fork` are there from the first block; later ones never come. */
static void chain_begin_with(struct chain *chain, enum fork fork)
{
    for (unsigned i = 0; i < FORK_COUNT; i++) {
        chain->starts[i] = (struct fork_start){FORK_NEVER, FORK_NEVER};
        if (i > (unsigned)fork) continue;
        if (i < FORK_SHANGHAI) chain->starts[i].number = 0;
        if (i >= FORK_SHANGHAI) chain->starts[i].time = 0;
    }
    chain->paris_by_number = true;
}

/* A decimal number, all of `text`; "k" behind it means thousands. */
static bool parse_moment(uint64_t *out, const char *text)
{
    uint64_t value = 0;
    if (*text < '0' || *text > '9') return false;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return false;
    if (*text == 'k') {
        if (__builtin_mul_overflow(value, 1000, &value)) return false;
        text++;
    }
    *out = value;
    return *text == 0;
}

static bool set_difficulty(struct chain *chain, enum fork to, const char *digits)
{
    uint8_t number[32];
    if (to != FORK_PARIS || !hex_decode_number(number, digits, strlen(digits))) return false;
    chain->terminal_total_difficulty = u256_from_be(number);
    chain->paris_by_number = false;
    return true;
}

/* `from` is in force already; `to`, and whatever lies between, begins where `at` says. */
static bool set_transition(struct chain *chain, enum fork from, enum fork to, const char *at)
{
    uint64_t moment;
    if (to <= from) return false;
    if (strncmp(at, "Diff", 4) == 0) return set_difficulty(chain, to, at + 4);
    bool by_time = strncmp(at, "Time", 4) == 0;
    if (by_time != (to >= FORK_SHANGHAI) || !parse_moment(&moment, by_time ? at + 4 : at))
        return false;
    for (unsigned i = (unsigned)from + 1; i <= (unsigned)to; i++) {
        if (i < FORK_SHANGHAI && by_time) return false; /* Paris cannot begin at a time */
        if (by_time) chain->starts[i].time = moment;
        if (!by_time) chain->starts[i].number = moment;
    }
    return true;
}

enum pevm_status chain_by_network(struct chain *out, const char *network, struct error *error)
{
    struct transition words;
    enum fork from, to;
    *out = (struct chain){
        .chain_id = 1,
        .dao_number = FORK_NEVER,
        .deposit_contract = chain_mainnet.deposit_contract,
    };
    if (strlen(network) >= CHAIN_NAME_MAX)
        return error_set(
            error, PEVM_UNSUPPORTED, "network: name of %zu characters", strlen(network));
    snprintf(out->name, sizeof out->name, "%s", network);
    memcpy(out->blobs, blob_schedule_mainnet, sizeof out->blobs);

    if (fork_by_name(&from, network)) {
        chain_begin_with(out, from);
        return PEVM_OK;
    }
    if (!transition_split(&words, network))
        return error_set(error, PEVM_UNSUPPORTED, "network \"%s\": no fork of that name", network);
    if (!fork_by_name(&from, words.from))
        return error_set(
            error, PEVM_UNSUPPORTED, "network \"%s\": no fork \"%s\"", network, words.from);
    chain_begin_with(out, from);
    if (strcmp(words.to, "Dao") == 0 && from == FORK_HOMESTEAD &&
        parse_moment(&out->dao_number, words.at))
        return PEVM_OK;
    if (!fork_by_name(&to, words.to))
        return error_set(
            error, PEVM_UNSUPPORTED, "network \"%s\": no fork \"%s\"", network, words.to);
    if (!set_transition(out, from, to, words.at))
        return error_set(error,
                         PEVM_UNSUPPORTED,
                         "network \"%s\": no transition from \"%s\" to \"%s\" at \"%s\"",
                         network,
                         words.from,
                         words.to,
                         words.at);
    return PEVM_OK;
}
