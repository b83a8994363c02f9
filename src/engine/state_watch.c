#include "engine/state_watch.h"

#include "base/hex.h"

#include <inttypes.h>
#include <stdio.h>

void state_watch_init(struct state_watch *watch, const struct view *inner)
{
    *watch = (struct state_watch){.inner = *inner};
}

/* Is this the first answer that failed? Then the caller writes down what was asked. */
static bool first_failure(struct state_watch *watch,
                          enum view_answer answer,
                          enum watch_question question)
{
    if (likely(answer != VIEW_FAILED) || watch->failed != WATCH_NONE) return false;
    watch->failed = question;
    return true;
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct state_watch *watch = context;
    enum view_answer answer = watch->inner.ops->account(watch->inner.context, who, parts, out);
    if (first_failure(watch, answer, WATCH_ACCOUNT)) watch->who = *who;
    return answer;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct state_watch *watch = context;
    enum view_answer answer = watch->inner.ops->slot(watch->inner.context, who, slot, out);
    if (first_failure(watch, answer, WATCH_SLOT)) {
        watch->who = *who;
        watch->slot = *slot;
    }
    return answer;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct state_watch *watch = context;
    enum view_answer answer = watch->inner.ops->code(watch->inner.context, who, code_hash, out);
    if (first_failure(watch, answer, WATCH_CODE)) {
        watch->who = *who;
        watch->code_hash = *code_hash;
    }
    return answer;
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct state_watch *watch = context;
    enum view_answer answer = watch->inner.ops->has_storage(watch->inner.context, who, out);
    if (first_failure(watch, answer, WATCH_STORAGE)) watch->who = *who;
    return answer;
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    struct state_watch *watch = context;
    enum view_answer answer = watch->inner.ops->block_hash(watch->inner.context, number, out);
    if (first_failure(watch, answer, WATCH_BLOCK_HASH)) watch->number = number;
    return answer;
}

struct view state_watch_view(struct state_watch *watch)
{
    static const struct view_ops ops = {
        on_account, on_slot, on_code, on_has_storage, on_block_hash};
    return (struct view){&ops, watch};
}

const char *state_watch_text(char text[WATCH_TEXT_MAX], const struct state_watch *watch)
{
    char who[HEX_ADDRESS_SIZE], word[HEX_HASH_SIZE];
    hash32 slot = u256_to_hash(watch->slot);
    hex_address(who, &watch->who);
    switch (watch->failed) {
    case WATCH_ACCOUNT: snprintf(text, WATCH_TEXT_MAX, "account %s", who); break;
    case WATCH_SLOT:
        snprintf(text, WATCH_TEXT_MAX, "slot %s of account %s", hex_hash(word, &slot), who);
        break;
    case WATCH_CODE:
        snprintf(
            text, WATCH_TEXT_MAX, "code %s of account %s", hex_hash(word, &watch->code_hash), who);
        break;
    case WATCH_STORAGE: snprintf(text, WATCH_TEXT_MAX, "storage of account %s", who); break;
    case WATCH_BLOCK_HASH:
        snprintf(text, WATCH_TEXT_MAX, "hash of block %" PRIu64, watch->number);
        break;
    case WATCH_NONE: ASSERT(watch->failed != WATCH_NONE);
    }
    return text;
}
