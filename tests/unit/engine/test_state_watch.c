#include "engine/state_watch.h"
#include "support/test.h"

struct source {
    enum view_answer answer;
    unsigned asked;
};

static enum view_answer say(void *context)
{
    struct source *source = context;
    source->asked++;
    return source->answer;
}

static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    (void)who;
    *out = (struct view_account){.nonce = 4, .parts = (uint8_t)parts};
    return say(context);
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    (void)who;
    *out = u256_add(*slot, U256_ONE);
    return say(context);
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    (void)who, (void)code_hash;
    *out = bytes_of("code", 4);
    return say(context);
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    (void)who;
    *out = true;
    return say(context);
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    *out = (hash32){{(uint8_t)number}};
    return say(context);
}

static const struct view_ops ops = {on_account, on_slot, on_code, on_has_storage, on_block_hash};
static const address someone = {{0x12}};

TEST(questions_and_answers_pass_through)
{
    struct source source = {VIEW_OK, 0};
    struct view inner = {&ops, &source}, view;
    struct state_watch watch;
    struct view_account account;
    u256 word, slot = u256_from_u64(6);
    struct bytes code;
    hash32 hash = {{0}};
    bool has_storage = false;
    state_watch_init(&watch, &inner);
    view = state_watch_view(&watch);
    CHECK_EQ(view.ops->account(view.context, &someone, VIEW_NONCE, &account), VIEW_OK);
    CHECK_EQ(account.nonce, 4);
    CHECK_EQ(account.parts, VIEW_NONCE);
    CHECK_EQ(view.ops->slot(view.context, &someone, &slot, &word), VIEW_OK);
    CHECK_EQ(u256_low64(word), 7);
    CHECK_EQ(view.ops->code(view.context, &someone, &hash, &code), VIEW_OK);
    CHECK_EQ(code.size, 4);
    CHECK_EQ(view.ops->has_storage(view.context, &someone, &has_storage), VIEW_OK);
    CHECK(has_storage);
    CHECK_EQ(view.ops->block_hash(view.context, 9, &hash), VIEW_OK);
    CHECK_EQ(hash.bytes[0], 9);
    source.answer = VIEW_BLOCKED;
    CHECK_EQ(view.ops->slot(view.context, &someone, &slot, &word), VIEW_BLOCKED);
    CHECK_EQ(source.asked, 6);
    CHECK_EQ(watch.failed, WATCH_NONE);
}

TEST(the_first_failure_is_remembered_in_words)
{
    struct source source = {VIEW_FAILED, 0};
    struct view inner = {&ops, &source};
    char text[WATCH_TEXT_MAX];
    struct view_account account;
    u256 word, slot = u256_from_u64(6);
    struct bytes code;
    hash32 hash = {{0xee}};
    bool has_storage;
    for (unsigned first = WATCH_ACCOUNT; first <= WATCH_BLOCK_HASH; first++) {
        static const char *const expected[] = {
            [WATCH_ACCOUNT] = "account 0x1200000000000000000000000000000000000000",
            [WATCH_SLOT] =
                "slot 0x0000000000000000000000000000000000000000000000000000000000000006 of "
                "account "
                "0x1200000000000000000000000000000000000000",
            [WATCH_CODE] =
                "code 0xee00000000000000000000000000000000000000000000000000000000000000 of "
                "account "
                "0x1200000000000000000000000000000000000000",
            [WATCH_STORAGE] = "storage of account 0x1200000000000000000000000000000000000000",
            [WATCH_BLOCK_HASH] = "hash of block 77",
        };
        struct state_watch watch;
        state_watch_init(&watch, &inner);
        struct view view = state_watch_view(&watch);
        for (unsigned question = first; question <= WATCH_BLOCK_HASH; question++) {
            enum view_answer answer = VIEW_OK;
            hash32 code_hash = {{0xee}};
            switch (question) {
            case WATCH_ACCOUNT:
                answer = view.ops->account(view.context, &someone, VIEW_NONCE, &account);
                break;
            case WATCH_SLOT: answer = view.ops->slot(view.context, &someone, &slot, &word); break;
            case WATCH_CODE:
                answer = view.ops->code(view.context, &someone, &code_hash, &code);
                break;
            case WATCH_STORAGE:
                answer = view.ops->has_storage(view.context, &someone, &has_storage);
                break;
            case WATCH_BLOCK_HASH: answer = view.ops->block_hash(view.context, 77, &hash); break;
            }
            CHECK_EQ(answer, VIEW_FAILED);
        }
        CHECK_TEXT(state_watch_text(text, &watch), expected[first]);
    }
}
