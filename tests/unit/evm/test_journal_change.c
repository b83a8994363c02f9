#include "base/rng.h"
#include "crypto/keccak.h"
#include "support/bytecode.h"
#include "support/desk.h"
#include "support/test.h"

#define CACHE_BYTES ((size_t)1 << 20)

/* ---- one change at a time ------------------------------------------------------------------------- */

enum change {
    WARM,
    WARM_SLOT,
    TOUCH,
    CREDIT,
    DEBIT,
    NONCE,
    CODE,
    NO_CODE,
    CREATE,
    DESTROY,
    WRITE,
    TRANSIENT,
    LOG,
    CHANGE_COUNT
};

static void make(struct scene *scene, unsigned who, enum change change)
{
    struct journal *journal = &scene->journal;
    struct account_entry *account = scene_entry(scene, who);
    u256 key = u256_from_u64(3), value = u256_from_u64(77);
    struct log log = {.account = account->key, .data = bytecode("STOP")};
    switch (change) {
    case WARM: CHECK(journal_warm_account(journal, account)); break;
    case WARM_SLOT: CHECK(journal_warm_slot(journal, scene_slot(scene, who, 5))); break;
    case TOUCH: CHECK(journal_touch(journal, account)); break;
    case CREDIT: scene_credit(scene, who, 11); break;
    case DEBIT: scene_debit(scene, who, 7); break;
    case NONCE: CHECK(journal_set_nonce(journal, account, 9)); break;
    case CODE: CHECK(journal_set_code(journal, account, bytecode("1 2 ADD"))); break;
    case NO_CODE: CHECK(journal_set_code(journal, account, BYTES_EMPTY)); break;
    case CREATE: CHECK(journal_create(journal, account, 1)); break;
    case DESTROY: CHECK(journal_destroy(journal, account)); break;
    case WRITE: scene_write(scene, who, 0, 88); break;
    case TRANSIENT: CHECK(journal_transient_write(journal, &account->key, &key, &value)); break;
    case LOG: CHECK(journal_log(journal, &log)); break;
    case CHANGE_COUNT: break;
    }
}

/* All that can be seen of an account, its slots and the journal, as one text of bytes. */
struct picture {
    u256 balance, slot, transient;
    hash32 code_hash;
    uint64_t nonce, code_size;
    size_t log_count;
    int64_t refund;
    bool exists, warm, touched, created, destroyed, code_changed, slot_warm;
};

static struct picture picture_of(struct scene *scene, unsigned who)
{
    struct journal *journal = &scene->journal;
    struct account_entry *account = scene_entry(scene, who);
    struct picture picture;
    memset(&picture, 0, sizeof picture);
    u256 key = u256_from_u64(3);
    CHECK_EQ(journal_code(journal, account), VIEW_OK);
    CHECK_EQ(journal_slot_load(journal, scene_slot(scene, who, 0)), VIEW_OK);
    picture.balance = account->balance;
    picture.slot = scene_slot(scene, who, 0)->current;
    journal_transient_read(journal, &account->key, &key, &picture.transient);
    picture.code_hash = account->code_hash;
    picture.nonce = account->nonce;
    picture.code_size = account->code->size;
    picture.log_count = journal->log_count;
    picture.refund = journal->refund;
    picture.exists = account->exists;
    picture.warm = account->warm;
    picture.touched = account->touched;
    picture.created = account->created;
    picture.destroyed = account->destroyed;
    picture.code_changed = account->code_changed;
    picture.slot_warm = scene_slot(scene, who, 5)->warm;
    return picture;
}

static struct scene *scene_with_two(void)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    struct desk_account *contract = desk_account(&scene->desk, 1, 100, 7);
    desk_set_code(contract, bytecode("3 4 MUL"));
    contract->slot_zero = u256_from_u64(5);
    scene_begin(scene);
    scene_load(scene, 1, VIEW_ALL_PARTS);
    scene_load(scene, 2, VIEW_ALL_PARTS); /* not there */
    return scene;
}

TEST(every_change_shows_and_is_undone)
{
    for (unsigned who = 1; who <= 2; who++) {
        for (int change = 0; change < CHANGE_COUNT; change++) {
            if (who == 2 && (change == DEBIT || change == NO_CODE)) continue;
            struct scene *scene = scene_with_two();
            struct picture before = picture_of(scene, who);
            struct journal_checkpoint start = journal_checkpoint(&scene->journal);
            make(scene, who, (enum change)change);
            struct picture after = picture_of(scene, who);
            if (memcmp(&before, &after, sizeof before) == 0) fail_msg("change %d: nothing", change);
            journal_revert(&scene->journal, start);
            after = picture_of(scene, who);
            if (memcmp(&before, &after, sizeof before) != 0)
                fail_msg("change %d of %u is not undone", change, who);
            CHECK_EQ(scene->journal.undo_count, 0);
            scene_free(scene);
        }
    }
}

TEST(every_pair_of_changes_is_undone_one_by_one)
{
    for (int first = 0; first < CHANGE_COUNT; first++) {
        for (int second = 0; second < CHANGE_COUNT; second++) {
            struct scene *scene = scene_with_two();
            struct picture before = picture_of(scene, 1);
            struct journal_checkpoint outer = journal_checkpoint(&scene->journal);
            make(scene, 1, (enum change)first);
            struct picture between = picture_of(scene, 1);
            struct journal_checkpoint inner = journal_checkpoint(&scene->journal);
            make(scene, 1, (enum change)second);
            journal_revert(&scene->journal, inner);
            struct picture after = picture_of(scene, 1);
            if (memcmp(&between, &after, sizeof after) != 0)
                fail_msg("change %d after %d is not undone", second, first);
            journal_revert(&scene->journal, outer);
            after = picture_of(scene, 1);
            if (memcmp(&before, &after, sizeof after) != 0)
                fail_msg("change %d before %d is not undone", first, second);
            scene_free(scene);
        }
    }
}

TEST(a_change_that_is_none_leaves_no_record)
{
    struct scene *scene = scene_with_two();
    make(scene, 1, WARM);
    make(scene, 1, WARM_SLOT);
    make(scene, 1, TOUCH);
    size_t records = scene->journal.undo_count;
    make(scene, 1, WARM);
    make(scene, 1, WARM_SLOT);
    make(scene, 1, TOUCH);
    CHECK_EQ(scene->journal.undo_count, records);
    scene_free(scene);
}

TEST(changes_make_an_account_exist)
{
    static const enum change cases[] = {TOUCH, CREDIT, NONCE, CODE, CREATE};
    static const enum change others[] = {WARM, WARM_SLOT, DESTROY, WRITE, TRANSIENT};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene *scene = scene_with_two();
        make(scene, 2, cases[i]);
        CHECK(scene_entry(scene, 2)->exists);
        scene_free(scene);
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct scene *scene = scene_with_two();
        make(scene, 2, others[i]);
        CHECK(!scene_entry(scene, 2)->exists);
        scene_free(scene);
    }
}

/* What a revert says of existence is corrected by what was read since. */
TEST(an_account_that_was_there_stays_there_when_its_first_change_is_undone)
{
    for (unsigned when = 0; when < 3; when++) {
        struct scene *scene = scene_new(CACHE_BYTES);
        desk_account(&scene->desk, 1, 0, 7);
        scene_begin(scene);
        if (when == 0) scene_load(scene, 1, VIEW_EXISTENCE);
        struct journal_checkpoint start = journal_checkpoint(&scene->journal);
        scene_credit(scene, 1, 5);
        if (when == 1) scene_load(scene, 1, VIEW_ALL_PARTS);
        journal_revert(&scene->journal, start);
        if (when == 2) scene_load(scene, 1, VIEW_EXISTENCE);
        CHECK(scene_entry(scene, 1)->exists);
        scene_free(scene);
    }
}

TEST(an_account_that_was_not_there_is_gone_when_its_first_change_is_undone)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    struct journal_checkpoint start = journal_checkpoint(&scene->journal);
    scene_credit(scene, 1, 5);
    scene_load(scene, 1, VIEW_ALL_PARTS);
    CHECK(scene_entry(scene, 1)->exists);
    journal_revert(&scene->journal, start);
    CHECK(!scene_entry(scene, 1)->exists);
    scene_free(scene);
}

/* Mainnet block 2,675,119 (rules, section 14). */
TEST(only_the_touch_of_ripemd160_outlives_its_frame)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    for (unsigned number = 1; number <= 9; number++) {
        address who = {{[19] = (uint8_t)number}};
        struct account_entry *account = journal_account(&scene->journal, &who);
        assert_non_null(account);
        struct journal_checkpoint start = journal_checkpoint(&scene->journal);
        CHECK(journal_touch(&scene->journal, account));
        journal_revert(&scene->journal, start);
        CHECK_EQ(account->touched, number == 3);
        CHECK(!account->exists);
    }
    scene_free(scene);
}

TEST(the_last_record_of_many_frames_is_undone_first)
{
    struct scene *scene = scene_with_two();
    struct journal_checkpoint checkpoints[100];
    for (unsigned i = 0; i < 100; i++) {
        checkpoints[i] = journal_checkpoint(&scene->journal);
        CHECK(journal_set_nonce(&scene->journal, scene_entry(scene, 1), 1000 + i));
        scene_write(scene, 1, 0, 1000 + i);
        scene->journal.refund += 10;
        make(scene, 1, LOG);
    }
    for (unsigned i = 100; i-- > 1;) {
        journal_revert(&scene->journal, checkpoints[i]);
        CHECK_EQ(scene_entry(scene, 1)->nonce, 1000 + i - 1);
        CHECK_EQ(scene_slot(scene, 1, 0)->current.words[0], 1000 + i - 1);
        CHECK_EQ(scene->journal.refund, 10 * i);
        CHECK_EQ(scene->journal.log_count, i);
    }
    CHECK_EQ(scene_slot(scene, 1, 0)->original.words[0], 5);
    CHECK(scene_slot(scene, 1, 0)->written);
    scene_free(scene);
}

/* ---- code ----------------------------------------------------------------------------------------- */

TEST(code_set_twice_is_one_object_and_its_hash_is_right)
{
    struct scene *scene = scene_with_two();
    struct bytes code = bytecode("1 2 ADD");
    hash32 hash;
    keccak256(&hash, code.data, code.size);
    CHECK(journal_set_code(&scene->journal, scene_entry(scene, 1), code));
    CHECK(journal_set_code(&scene->journal, scene_entry(scene, 2), code));
    CHECK(scene_entry(scene, 1)->code == scene_entry(scene, 2)->code);
    CHECK(hash32_equal(&scene_entry(scene, 1)->code_hash, &hash));
    CHECK(scene_entry(scene, 1)->code->bytes != code.data); /* a copy */
    CHECK(journal_set_code(&scene->journal, scene_entry(scene, 1), BYTES_EMPTY));
    CHECK(scene_entry(scene, 1)->code == &code_empty);
    CHECK(hash32_equal(&scene_entry(scene, 1)->code_hash, &keccak_empty));
    scene_free(scene);
}

/* ---- logs ----------------------------------------------------------------------------------------- */

TEST(a_log_is_copied)
{
    struct scene *scene = scene_with_two();
    uint8_t data[100];
    for (unsigned i = 0; i < 200; i++) {
        memset(data, (int)i, sizeof data);
        struct log log = {.account = desk_address(i), .topic_count = (uint8_t)(i % 5)};
        for (unsigned k = 0; k < log.topic_count; k++)
            memset(log.topics[k].bytes, (int)(i + k), sizeof(hash32));
        log.data = bytes_of(data, i % sizeof data);
        CHECK(journal_log(&scene->journal, &log));
    }
    CHECK_EQ(scene->journal.log_count, 200);
    for (unsigned i = 0; i < 200; i++) {
        const struct log *log = &scene->journal.logs[i];
        address who = desk_address(i);
        CHECK(address_equal(&log->account, &who));
        CHECK_EQ(log->topic_count, i % 5);
        CHECK_EQ(log->data.size, i % sizeof data);
        for (size_t k = 0; k < log->data.size; k++)
            CHECK_EQ(log->data.data[k], i & 0xff);
        for (unsigned k = 0; k < log->topic_count; k++)
            CHECK_EQ(log->topics[k].bytes[31], (i + k) & 0xff);
    }
    scene_free(scene);
}

/* ---- at random, against a model --------------------------------------------------------------------- */

#define MODEL_ACCOUNTS 4
#define MODEL_DEPTH    8
#define STEPS          200000

/* What each account has, with the checkpoints as whole copies. */
struct model_state {
    uint64_t balance[MODEL_ACCOUNTS], nonce[MODEL_ACCOUNTS], word[MODEL_ACCOUNTS];
    unsigned logs;
};

struct model {
    struct model_state now, saved[MODEL_DEPTH];
    struct journal_checkpoint checkpoints[MODEL_DEPTH];
    unsigned depth;
};

static void model_step(struct scene *scene, struct model *model, struct rng *rng)
{
    unsigned who = (unsigned)rng_below(rng, MODEL_ACCOUNTS);
    uint64_t amount = rng_below(rng, 50);
    struct account_entry *account = scene_entry(scene, who);
    u256 word = u256_from_u64(amount);
    bool answer;
    switch (rng_below(rng, 10)) {
    case 0:
    case 1:
        scene_credit(scene, who, amount);
        model->now.balance[who] += amount;
        break;
    case 2:
    case 3:
        CHECK_EQ(journal_can_pay(&scene->journal, account, &word, &answer), VIEW_OK);
        CHECK_EQ(answer, model->now.balance[who] >= amount);
        if (!answer || amount == 0) break;
        scene_debit(scene, who, amount);
        model->now.balance[who] -= amount;
        break;
    case 4:
        scene_load(scene, who, VIEW_NONCE);
        CHECK_EQ(account->nonce, model->now.nonce[who]);
        CHECK(journal_set_nonce(&scene->journal, account, amount));
        model->now.nonce[who] = amount;
        break;
    case 5:
        scene_write(scene, who, 0, amount);
        model->now.word[who] = amount;
        break;
    case 6:
        CHECK_EQ(journal_is_empty(&scene->journal, account, &answer), VIEW_OK);
        CHECK_EQ(answer, model->now.balance[who] == 0 && model->now.nonce[who] == 0);
        break;
    case 7:
        if (model->depth == MODEL_DEPTH) break;
        model->saved[model->depth] = model->now;
        model->checkpoints[model->depth++] = journal_checkpoint(&scene->journal);
        break;
    case 8:
        if (model->depth == 0) break;
        model->now = model->saved[--model->depth];
        journal_revert(&scene->journal, model->checkpoints[model->depth]);
        break;
    default:
        if (model->depth > 0) model->depth--; /* the frame ended well */
        break;
    }
}

static void model_check(struct scene *scene, const struct model *model)
{
    for (unsigned who = 0; who < MODEL_ACCOUNTS; who++) {
        CHECK_EQ(journal_balance(&scene->journal, scene_entry(scene, who)), VIEW_OK);
        CHECK_EQ(scene_entry(scene, who)->balance.words[0], model->now.balance[who]);
        scene_load(scene, who, VIEW_NONCE);
        CHECK_EQ(scene_entry(scene, who)->nonce, model->now.nonce[who]);
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, who, 0)), VIEW_OK);
        CHECK_EQ(scene_slot(scene, who, 0)->current.words[0], model->now.word[who]);
    }
}

TEST(random_changes_and_reverts_agree_with_a_model_of_copies)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    struct rng rng;
    rng_init(&rng, 20260901);
    struct model_state start = {{0}, {0}, {0}, 0};
    for (unsigned who = 1; who < MODEL_ACCOUNTS; who++) { /* account 0 is not there, 1 is empty */
        start.balance[who] = who > 1 ? who * 40 : 0;
        start.nonce[who] = who > 2 ? 3 : 0;
        desk_account(&scene->desk, who, start.balance[who], start.nonce[who]);
    }
    for (unsigned step = 0; step < STEPS;) {
        struct model model = {.now = start};
        scene_begin(scene);
        for (uint64_t left = rng_below(&rng, 60); left > 0; left--, step++)
            model_step(scene, &model, &rng);
        model_check(scene, &model);
        step++;
    }
    scene_free(scene);
}
