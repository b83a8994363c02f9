#include "cli/state_diff.h"

#include "base/heap.h"
#include "base/hex.h"

#include <inttypes.h>

/* All accounts or all slots of a state in one list, so that two lists can be walked side by side. */
struct list {
    void *items;
    size_t count, capacity, item_size;
    bool no_memory;
};

struct slot {
    u256 key, value;
};

struct diff {
    FILE *to;
    const char *indent;
    const struct memory_state *expected, *got;
    size_t lines;
};

static bool list_add(struct list *list, const void *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        void *items = heap_realloc(list->items, capacity * list->item_size);
        if (items == NULL) {
            list->no_memory = true;
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    memcpy((char *)list->items + list->count++ * list->item_size, item, list->item_size);
    return true;
}

static bool collect_account(void *context, const struct memory_account *account)
{
    return list_add(context, account);
}

static bool collect_slot(void *context, const u256 *key, const u256 *value)
{
    return list_add(context, &(struct slot){*key, *value});
}

/* Room for one more line? Counts it in any case. */
static bool has_room(struct diff *diff)
{
    if (++diff->lines < STATE_DIFF_LINES_MAX) return true;
    if (diff->lines == STATE_DIFF_LINES_MAX) fprintf(diff->to, "%s...\n", diff->indent);
    return false;
}

static void tell(
    struct diff *diff, const address *who, const char *what, const char *expected, const char *got)
{
    char name[HEX_ADDRESS_SIZE];
    if (!has_room(diff)) return;
    fprintf(diff->to,
            "%s%s %s: expected %s, got %s\n",
            diff->indent,
            hex_address(name, who),
            what,
            expected,
            got);
}

static void compare_slot(
    struct diff *diff, const address *who, const u256 *key, const u256 *expected, const u256 *got)
{
    if (u256_equal(*expected, *got)) return;
    char what[HEX_HASH_SIZE + 8], left[HEX_HASH_SIZE], right[HEX_HASH_SIZE], text[HEX_HASH_SIZE];
    hash32 word = u256_to_hash(*key);
    snprintf(what, sizeof what, "slot %s", hex_hash(text, &word));
    word = u256_to_hash(*expected);
    hex_hash(left, &word);
    word = u256_to_hash(*got);
    tell(diff, who, what, left, hex_hash(right, &word));
}

static int compare_keys(const u256 *a, const u256 *b)
{
    return u256_compare(*a, *b);
}

static enum pevm_status compare_storage(struct diff *diff, const address *who)
{
    struct list lists[2] = {{.item_size = sizeof(struct slot)}, {.item_size = sizeof(struct slot)}};
    const struct memory_state *const states[2] = {diff->expected, diff->got};
    enum pevm_status status = PEVM_OK;
    for (int i = 0; i < 2 && status == PEVM_OK; i++) {
        status = memory_state_each_slot(states[i], who, collect_slot, &lists[i]);
        if (lists[i].no_memory) status = PEVM_NO_MEMORY;
    }
    const struct slot *left = lists[0].items, *right = lists[1].items;
    size_t i = 0, j = 0;
    while (status == PEVM_OK &&
           (i < lists[0].count || j < lists[1].count)) { /* ends: i or j grow */
        int order = i == lists[0].count   ? 1
                    : j == lists[1].count ? -1
                                          : compare_keys(&left[i].key, &right[j].key);
        const u256 *key = order <= 0 ? &left[i].key : &right[j].key;
        const u256 *expected = order <= 0 ? &left[i++].value : &U256_ZERO;
        const u256 *got = order >= 0 ? &right[j++].value : &U256_ZERO;
        compare_slot(diff, who, key, expected, got);
    }
    heap_free(lists[0].items);
    heap_free(lists[1].items);
    return status;
}

static enum pevm_status compare_account(struct diff *diff,
                                        const struct memory_account *expected,
                                        const struct memory_account *got)
{
    const address *who = &expected->who;
    char left[U256_DECIMAL_SIZE], right[U256_DECIMAL_SIZE];
    char left_hash[HEX_HASH_SIZE], right_hash[HEX_HASH_SIZE];
    if (expected->nonce != got->nonce) {
        snprintf(left, sizeof left, "%" PRIu64, expected->nonce);
        snprintf(right, sizeof right, "%" PRIu64, got->nonce);
        tell(diff, who, "nonce", left, right);
    }
    if (!u256_equal(expected->balance, got->balance))
        tell(diff,
             who,
             "balance",
             u256_to_decimal(left, expected->balance),
             u256_to_decimal(right, got->balance));
    if (!hash32_equal(&expected->code_hash, &got->code_hash))
        tell(diff,
             who,
             "code hash",
             hex_hash(left_hash, &expected->code_hash),
             hex_hash(right_hash, &got->code_hash));
    return compare_storage(diff, who);
}

static enum pevm_status compare_accounts(struct diff *diff, const struct list lists[2])
{
    const struct memory_account *left = lists[0].items, *right = lists[1].items;
    size_t i = 0, j = 0;
    while (i < lists[0].count || j < lists[1].count) { /* ends: i or j grow */
        int order = i == lists[0].count   ? 1
                    : j == lists[1].count ? -1
                                          : memcmp(&left[i].who, &right[j].who, sizeof(address));
        if (order == 0)
            TRY(compare_account(diff, &left[i], &right[j]));
        else
            tell(diff,
                 order < 0 ? &left[i].who : &right[j].who,
                 "account",
                 order < 0 ? "to be there" : "none",
                 order < 0 ? "none" : "one");
        i += order <= 0;
        j += order >= 0;
    }
    return PEVM_OK;
}

enum pevm_status state_diff_print(FILE *to,
                                  const char *indent,
                                  const struct memory_state *expected,
                                  const struct memory_state *got,
                                  size_t *lines)
{
    struct diff diff = {.to = to, .indent = indent, .expected = expected, .got = got};
    struct list lists[2] = {{.item_size = sizeof(struct memory_account)},
                            {.item_size = sizeof(struct memory_account)}};
    enum pevm_status status = memory_state_each_account(expected, collect_account, &lists[0]);
    if (status == PEVM_OK) status = memory_state_each_account(got, collect_account, &lists[1]);
    if (lists[0].no_memory || lists[1].no_memory) status = PEVM_NO_MEMORY;
    if (status == PEVM_OK) status = compare_accounts(&diff, lists);
    heap_free(lists[0].items);
    heap_free(lists[1].items);
    *lines = diff.lines;
    return status;
}

enum pevm_status state_diff_text(const char **out,
                                 const struct memory_state *expected,
                                 const struct memory_state *got,
                                 size_t *lines,
                                 struct arena *arena)
{
    char *text = arena_alloc(arena, STATE_DIFF_TEXT_SIZE);
    FILE *file = text == NULL ? NULL : fmemopen(text, STATE_DIFF_TEXT_SIZE, "w");
    if (file == NULL) return PEVM_NO_MEMORY;
    text[0] = 0; /* nothing may be printed */
    enum pevm_status status = state_diff_print(file, "    ", expected, got, lines);
    if (fclose(file) != 0) status = PEVM_NO_MEMORY;
    text[STATE_DIFF_TEXT_SIZE - 1] = 0; /* fclose ends the text only where there is room for it */
    *out = text;
    return status;
}
