#include "store/store_guess.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "store/store_view_private.h"

#define LOOK_BACK 64 /* the same key is asked for again soon, or not */

enum pevm_status store_guess_init(struct store_guess *guess, struct store_view *view)
{
    *guess = (struct store_guess){.view = view, .inner = store_view_view(view)};
    guess->keys = heap_alloc_zeroed(GUESS_KEYS_MAX, sizeof *guess->keys);
    return guess->keys == NULL ? PEVM_NO_MEMORY : PEVM_OK;
}

void store_guess_fini(struct store_guess *guess)
{
    heap_free(guess->keys);
    *guess = (struct store_guess){.count = 0};
}

void store_guess_begin(struct store_guess *guess)
{
    guess->count = 0;
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->kind == b->kind && address_equal(&a->who, &b->who) && u256_equal(a->slot, b->slot);
}

static void note(struct store_guess *guess, const struct key *key)
{
    for (size_t i = guess->count; i-- > 0 && i + LOOK_BACK >= guess->count;)
        if (is_same(&guess->keys[i], key)) return;
    if (guess->count < GUESS_KEYS_MAX) guess->keys[guess->count++] = *key;
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct store_guess *guess = context;
    struct account_entry entry;
    if (view_find_account(guess->view, who, &entry))
        return guess->inner.ops->account(guess->inner.context, who, parts, out);
    struct key key = key_of_account(who);
    note(guess, &key);
    *out = (struct view_account){.code_hash = keccak_empty, .empty = true, .parts = VIEW_ALL_PARTS};
    return VIEW_OK;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct store_guess *guess = context;
    if (view_find_slot(guess->view, who, slot, out)) return VIEW_OK;
    struct key key = key_of_slot(who, slot);
    note(guess, &key);
    *out = U256_ZERO;
    return VIEW_OK;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct store_guess *guess = context;
    return guess->inner.ops->code(guess->inner.context, who, code_hash, out);
}

/* To look would be a scan. */
static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    (void)context;
    (void)who;
    *out = false;
    return VIEW_OK;
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct store_guess *guess = context;
    return guess->inner.ops->block_hash(guess->inner.context, number, out);
}

struct view store_guess_view(struct store_guess *guess)
{
    static const struct view_ops ops = {.account = on_account,
                                        .slot = on_slot,
                                        .code = on_code,
                                        .has_storage = on_has_storage,
                                        .block_hash = on_block_hash};
    return (struct view){&ops, guess};
}
