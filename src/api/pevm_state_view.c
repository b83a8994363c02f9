#include "api/api_private.h"
#include "crypto/keccak.h"

/* ---- their view as ours: `context` is a struct pevm_view ---- */

static enum view_answer answer_of(enum pevm_answer answer)
{
    return answer == PEVM_ANSWER_OK ? VIEW_OK : VIEW_FAILED;
}

static enum view_answer ask_account(void *context,
                                    const address *who,
                                    unsigned parts,
                                    struct view_account *out)
{
    const struct pevm_view *view = context;
    struct pevm_account given = {.exists = 0};
    (void)parts;
    if (view->account(view->context, who, &given) != PEVM_ANSWER_OK) return VIEW_FAILED;
    *out = (struct view_account){
        .code_hash = keccak_empty, .empty = true, .parts = VIEW_ALL_PARTS, .exists = given.exists};
    if (!given.exists) return VIEW_OK;
    out->balance = given.balance;
    out->nonce = given.nonce;
    if (!hash32_is_zero(&given.code_hash)) out->code_hash = given.code_hash;
    out->empty = given.nonce == 0 && u256_is_zero(given.balance) &&
                 hash32_equal(&out->code_hash, &keccak_empty);
    return VIEW_OK;
}

static enum view_answer ask_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    const struct pevm_view *view = context;
    *out = U256_ZERO;
    return answer_of(view->slot(view->context, who, slot, out));
}

static enum view_answer ask_code(void *context,
                                 const address *who,
                                 const hash32 *code_hash,
                                 struct bytes *out)
{
    const struct pevm_view *view = context;
    struct pevm_bytes code = {NULL, 0};
    enum pevm_answer answer = view->code(view->context, who, code_hash, &code);
    *out = bytes_of(code.data, code.size);
    return answer_of(answer);
}

static enum view_answer ask_storage(void *context, const address *who, bool *out)
{
    const struct pevm_view *view = context;
    uint8_t has = 0;
    enum pevm_answer answer = view->has_storage(view->context, who, &has);
    *out = has != 0;
    return answer_of(answer);
}

static enum view_answer ask_block_hash(void *context, uint64_t number, hash32 *out)
{
    const struct pevm_view *view = context;
    *out = (hash32){{0}};
    return answer_of(view->block_hash(view->context, number, out));
}

struct view view_of(const struct pevm_view *theirs)
{
    static const struct view_ops ops = {
        ask_account, ask_slot, ask_code, ask_storage, ask_block_hash};
    ASSERT(theirs->account != NULL && theirs->slot != NULL && theirs->code != NULL &&
           theirs->has_storage != NULL && theirs->block_hash != NULL);
    return (struct view){&ops, (void *)(uintptr_t)theirs};
}

enum pevm_status view_root(void *context,
                           const struct changeset *changes,
                           hash32 *out,
                           struct error *error)
{
    const struct pevm_view *view = context;
    struct pevm_changes given = changes_out(changes);
    *out = (hash32){{0}};
    if (view->state_root(view->context, &given, out) == PEVM_ANSWER_OK) return PEVM_OK;
    return error_set(error, PEVM_STATE_UNREADABLE, "the view could not give the state root");
}

EXPORT void pevm_view_init_sized(struct pevm_view *view, size_t struct_size)
{
    sized_init(view, struct_size, sizeof *view);
}
