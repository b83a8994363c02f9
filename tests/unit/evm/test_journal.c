#include "base/heap.h"
#include "crypto/keccak.h"
#include "evm/journal.h"
#include "evm/precompile.h"
#include "support/bytecode.h"
#include "support/desk.h"
#include "support/test.h"

#define CACHE_BYTES ((size_t)1 << 20)

static bool can_pay(struct scene *scene, unsigned number, uint64_t amount)
{
    u256 word = u256_from_u64(amount);
    bool answer;
    CHECK_EQ(journal_can_pay(&scene->journal, scene_entry(scene, number), &word, &answer), VIEW_OK);
    return answer;
}

static bool is_empty(struct scene *scene, unsigned number)
{
    bool answer;
    CHECK_EQ(journal_is_empty(&scene->journal, scene_entry(scene, number), &answer), VIEW_OK);
    return answer;
}

static uint64_t balance(struct scene *scene, unsigned number)
{
    return scene_entry(scene, number)->balance.words[0];
}

static uint64_t least(struct scene *scene, unsigned number)
{
    return scene_entry(scene, number)->balance_min.words[0];
}

/* ---- entries -------------------------------------------------------------------------------------- */

TEST(entries_stay_where_they_are_while_the_tables_grow)
{
    enum { ACCOUNTS = 1000, SLOTS = 5 };
    static struct account_entry *accounts[ACCOUNTS];
    static struct slot_entry *slots[ACCOUNTS][SLOTS];
    struct scene *scene = scene_new(CACHE_BYTES);
    for (unsigned round = 0; round < 3; round++) {
        scene_begin(scene);
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            accounts[i] = scene_entry(scene, i);
            for (unsigned k = 0; k < SLOTS; k++)
                slots[i][k] = scene_slot(scene, i, k);
        }
        CHECK_EQ(scene->journal.account_count, ACCOUNTS);
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            address who = desk_address(i);
            CHECK(scene_entry(scene, i) == accounts[i]);
            CHECK(scene->journal.accounts[i] == accounts[i]);
            CHECK(address_equal(&accounts[i]->key, &who));
            for (unsigned k = 0; k < SLOTS; k++) {
                CHECK(scene_slot(scene, i, k) == slots[i][k]);
                CHECK(slots[i][k]->account == accounts[i] && slots[i][k]->key.words[0] == k);
            }
        }
    }
    CHECK_EQ(scene->desk.account_reads + scene->desk.slot_reads, 0);
    scene_free(scene);
}

/* After a big transaction a small one, and another: tables are cleared as a whole, and entry by entry. */
TEST(a_new_transaction_knows_nothing_of_the_one_before)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    static const unsigned sizes[] = {300, 2, 3, 300, 1, 0, 5};
    for (size_t round = 0; round < COUNT_OF(sizes); round++) {
        scene_begin(scene);
        for (unsigned i = 0; i < 300; i++) {
            CHECK_EQ(scene->journal.account_count, i);
            if (i == sizes[round]) break;
            struct account_entry *account = scene_entry(scene, i);
            CHECK_EQ(account->parts, 0);
            CHECK(!account->warm && !account->touched && u256_is_zero(account->balance));
            scene_credit(scene, i, 5);
            CHECK(journal_warm_account(&scene->journal, account));
            CHECK(!scene_slot(scene, i, 1)->loaded);
            CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, i, 1)), VIEW_OK);
            CHECK(journal_warm_slot(&scene->journal, scene_slot(scene, i, 1)));
        }
        scene->journal.refund = 7;
    }
    scene_begin(scene);
    CHECK_EQ(scene->journal.refund, 0);
    CHECK_EQ(scene->journal.undo_count, 0);
    scene_free(scene);
}

TEST(a_transaction_like_those_before_takes_nothing_from_the_heap)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    uint64_t before = 0;
    for (unsigned round = 0; round < 5; round++) {
        if (round == 2) before = heap_calls();
        scene_begin(scene);
        for (unsigned i = 0; i < 500; i++) {
            scene_credit(scene, i, 1);
            u256 word = u256_from_u64(i);
            CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, i, i)), VIEW_OK);
            CHECK(journal_slot_write(&scene->journal, scene_slot(scene, i, i), &word));
        }
    }
    CHECK_EQ(heap_calls(), before);
    scene_free(scene);
}

TEST(precompiles_are_warm_from_the_start)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    struct view view = desk_view(&scene->desk);
    for (int fork = FORK_BERLIN; fork < FORK_COUNT; fork++) {
        journal_begin(&scene->journal, &view, (enum fork)fork);
        for (unsigned number = 0; number < 0x300; number++) {
            address low = {
                {[18] = (uint8_t)(number >> 8), [19] = (uint8_t)number}
            };
            address high = low;
            high.bytes[0] = 1;
            struct account_entry *account = journal_account(&scene->journal, &low);
            assert_non_null(account);
            CHECK_EQ(account->warm, precompile_exists(&low, (enum fork)fork));
            account = journal_account(&scene->journal, &high);
            assert_non_null(account);
            CHECK(!account->warm);
        }
    }
    scene_free(scene);
}

/* ---- reads ---------------------------------------------------------------------------------------- */

TEST(a_part_is_read_once_and_only_when_it_is_asked_for)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene_begin(scene);
    struct account_entry *account = scene_entry(scene, 1);
    CHECK_EQ(scene->desk.account_reads, 0);
    scene_load(scene, 1, VIEW_NONCE);
    CHECK_EQ(scene->desk.parts, VIEW_NONCE);
    CHECK_EQ(account->nonce, 7);
    scene_load(scene, 1, VIEW_NONCE);
    CHECK_EQ(scene->desk.account_reads, 1);
    scene_load(scene, 1, VIEW_NONCE | VIEW_BALANCE);
    CHECK_EQ(scene->desk.parts, VIEW_BALANCE);
    CHECK_EQ(scene->desk.account_reads, 2);
    CHECK_EQ(account->balance.words[0], 100);
    CHECK_EQ(account->original.parts, VIEW_NONCE | VIEW_BALANCE);
    scene_free(scene);
}

TEST(parts_that_were_not_asked_for_are_taken_too)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene->desk.gives_all_parts = true;
    scene_begin(scene);
    scene_credit(scene, 1, 5);
    scene_load(scene, 1, VIEW_NONCE);
    CHECK_EQ(scene_entry(scene, 1)->parts, VIEW_ALL_PARTS);
    CHECK_EQ(balance(scene, 1), 105);
    CHECK_EQ(scene_entry(scene, 1)->original.balance.words[0], 100);
    /* And what was changed since is not overwritten by another answer. */
    CHECK(journal_set_nonce(&scene->journal, scene_entry(scene, 1), 8));
    scene_load(scene, 1, VIEW_ALL_PARTS);
    CHECK_EQ(scene_entry(scene, 1)->nonce, 8);
    CHECK_EQ(scene->desk.account_reads, 1);
    scene_free(scene);
}

TEST(a_read_that_is_blocked_or_fails_has_changed_nothing)
{
    static const enum view_answer answers[] = {VIEW_BLOCKED, VIEW_FAILED};
    struct scene *scene = scene_new(CACHE_BYTES);
    struct desk_account *contract = desk_account(&scene->desk, 1, 100, 7);
    desk_set_code(contract, bytecode("1 2 ADD"));
    contract->slot_zero = u256_from_u64(9);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        scene_begin(scene);
        struct account_entry *account = scene_entry(scene, 1);
        u256 one = u256_from_u64(1);
        bool is;
        scene->desk.answer = answers[i];
        CHECK_EQ(journal_account_load(&scene->journal, account, VIEW_NONCE), answers[i]);
        CHECK_EQ(journal_balance(&scene->journal, account), answers[i]);
        CHECK_EQ(journal_can_pay(&scene->journal, account, &one, &is), answers[i]);
        CHECK_EQ(journal_is_empty(&scene->journal, account, &is), answers[i]);
        CHECK_EQ(journal_code(&scene->journal, account), answers[i]);
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 0)), answers[i]);
        CHECK_EQ(journal_has_storage(&scene->journal, account, &is), answers[i]);
        CHECK_EQ(account->parts, 0);
        CHECK(!account->balance_is_exact && u256_is_zero(account->balance_min));
        CHECK(account->code == NULL && !scene_slot(scene, 1, 0)->loaded);
        CHECK_EQ(scene->journal.undo_count, 0);

        scene->desk.answer = VIEW_OK;
        CHECK(can_pay(scene, 1, 100));
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 0)), VIEW_OK);
        CHECK_EQ(scene_slot(scene, 1, 0)->current.words[0], 9);
        CHECK_EQ(journal_code(&scene->journal, account), VIEW_OK);
        CHECK_EQ(account->code->size, 5);
    }
    scene_free(scene);
}

TEST(code_that_is_blocked_is_asked_for_again)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_set_code(desk_account(&scene->desk, 1, 0, 0), bytecode("1 2 MUL"));
    scene_begin(scene);
    scene_load(scene, 1, VIEW_CODE_HASH);
    scene->desk.answer = VIEW_BLOCKED;
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_BLOCKED);
    CHECK(scene_entry(scene, 1)->code == NULL);
    scene->desk.answer = VIEW_OK;
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
    CHECK_EQ(scene->desk.code_reads, 2);
    scene_free(scene);
}

/* ---- balances ------------------------------------------------------------------------------------- */

TEST(a_mere_recipient_is_never_read)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene_begin(scene);
    scene_credit(scene, 1, 5);
    scene_credit(scene, 1, 6);
    struct account_entry *account = scene_entry(scene, 1);
    CHECK_EQ(scene->desk.account_reads, 0);
    CHECK_EQ(account->parts, 0);
    CHECK_EQ(balance(scene, 1), 11);
    CHECK(account->exists && !account->balance_is_exact && u256_is_zero(account->balance_min));
    scene_free(scene);
}

TEST(what_was_added_before_the_balance_is_known_joins_it)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene_begin(scene);
    scene_credit(scene, 1, 5);
    CHECK_EQ(journal_balance(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
    CHECK_EQ(balance(scene, 1), 105);
    CHECK_EQ(scene_entry(scene, 1)->original.balance.words[0], 100);
    CHECK(scene_entry(scene, 1)->balance_is_exact);
    scene_credit(scene, 1, 1);
    scene_debit(scene, 1, 50);
    CHECK_EQ(balance(scene, 1), 56);
    scene_free(scene);
}

/* Where between checkpoint, credit, load and revert the balance comes to be known must not matter. */
TEST(a_revert_takes_back_what_was_moved_however_late_the_balance_was_read)
{
    for (unsigned when = 0; when < 5; when++) {
        struct scene *scene = scene_new(CACHE_BYTES);
        desk_account(&scene->desk, 1, 100, 7);
        scene_begin(scene);
        if (when == 0) scene_load(scene, 1, VIEW_BALANCE);
        scene_credit(scene, 1, 1);
        if (when == 1) scene_load(scene, 1, VIEW_BALANCE);
        struct journal_checkpoint outer = journal_checkpoint(&scene->journal);
        scene_credit(scene, 1, 10);
        if (when == 2) scene_load(scene, 1, VIEW_BALANCE);
        struct journal_checkpoint inner = journal_checkpoint(&scene->journal);
        scene_credit(scene, 1, 1000);
        if (when == 3) scene_load(scene, 1, VIEW_BALANCE);
        journal_revert(&scene->journal, inner);
        if (when == 4) scene_load(scene, 1, VIEW_BALANCE);
        CHECK_EQ(balance(scene, 1), 111);
        scene_debit(scene, 1, 111);
        CHECK_EQ(balance(scene, 1), 0);
        journal_revert(&scene->journal, outer);
        CHECK_EQ(balance(scene, 1), 101);
        CHECK_EQ(scene_entry(scene, 1)->original.balance.words[0], 100);
        scene_free(scene);
    }
}

TEST(who_asks_whether_a_balance_suffices_depends_on_a_bound)
{
    static const struct {
        uint64_t before, asked; /* credited before asking; zero amounts are not asked at all */
        bool answer, is_exact;
        uint64_t least;
        unsigned reads;
    } cases[] = {
        {0,   0,   true,  false, 0,   0},
        {0,   1,   true,  false, 1,   1},
        {0,   100, true,  false, 100, 1},
        {0,   101, false, true,  0,   1},
        {50,  0,   true,  false, 0,   0},
        {50,  50,  true,  false, 0,   1}, /* what was added alone suffices */
        {50,  51,  true,  false, 1,   1},
        {50,  150, true,  false, 100, 1},
        {50,  151, false, true,  0,   1},
        {200, 150, true,  false, 0,   1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene *scene = scene_new(CACHE_BYTES);
        desk_account(&scene->desk, 1, 100, 7);
        scene_begin(scene);
        if (cases[i].before > 0) scene_credit(scene, 1, cases[i].before);
        CHECK_EQ(can_pay(scene, 1, cases[i].asked), cases[i].answer);
        CHECK_EQ(least(scene, 1), cases[i].least);
        CHECK_EQ(scene_entry(scene, 1)->balance_is_exact, cases[i].is_exact);
        CHECK_EQ(scene->desk.account_reads, cases[i].reads);
        scene_free(scene);
    }
}

TEST(the_strictest_of_several_questions_holds)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene_begin(scene);
    CHECK(can_pay(scene, 1, 30));
    scene_debit(scene, 1, 30);
    CHECK_EQ(least(scene, 1), 30);
    CHECK(can_pay(scene, 1, 50)); /* of the 70 that are left */
    CHECK_EQ(least(scene, 1), 80);
    scene_debit(scene, 1, 50);
    CHECK(can_pay(scene, 1, 5));
    CHECK_EQ(least(scene, 1), 85);
    scene_credit(scene, 1, 1000);
    CHECK(can_pay(scene, 1, 900));
    CHECK_EQ(least(scene, 1), 85); /* pays out of what came in */
    CHECK(can_pay(scene, 1, 1020));
    CHECK_EQ(least(scene, 1), 100);
    CHECK(!scene_entry(scene, 1)->balance_is_exact);
    scene_free(scene);
}

TEST(a_bound_outlives_the_revert_of_the_frame_that_asked)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 7);
    scene_begin(scene);
    struct journal_checkpoint start = journal_checkpoint(&scene->journal);
    CHECK(can_pay(scene, 1, 60));
    scene_debit(scene, 1, 60);
    journal_revert(&scene->journal, start);
    CHECK_EQ(balance(scene, 1), 100);
    CHECK_EQ(least(scene, 1), 60);
    start = journal_checkpoint(&scene->journal);
    CHECK(!can_pay(scene, 1, 101));
    journal_revert(&scene->journal, start);
    CHECK(scene_entry(scene, 1)->balance_is_exact);
    scene_free(scene);
}

/* ---- emptiness ------------------------------------------------------------------------------------ */

TEST(emptiness_is_decided_with_as_little_as_possible)
{
    enum what { NOTHING, LOAD_NONCE, LOAD_CODE, LOAD_BALANCE, CREDIT, CREDIT_ZERO, TOUCH };
    static const struct {
        unsigned who; /* 1: balance, 2: nonce, 3: code, 4: there, and empty; 5: not there */
        enum what before;
        bool empty;
        unsigned reads, parts; /* asked for by the question itself */
        uint64_t least;
        bool is_exact;
    } cases[] = {
        {1, NOTHING,      false, 1, VIEW_EXISTENCE,                                 0, false},
        {2, NOTHING,      false, 1, VIEW_EXISTENCE,                                 0, false},
        {3, NOTHING,      false, 1, VIEW_EXISTENCE,                                 0, false},
        {4, NOTHING,      true,  1, VIEW_EXISTENCE,                                 0, false},
        {5, NOTHING,      true,  1, VIEW_EXISTENCE,                                 0, false},
        {2, LOAD_NONCE,   false, 0, 0,                                              0, false},
        {3, LOAD_CODE,    false, 0, 0,                                              0, false},
        {1, LOAD_BALANCE, false, 0, 0,                                              1, false},
        {1, CREDIT,       false, 0, 0,                                              0, false},
        {4, CREDIT,       false, 0, 0,                                              0, false},
        {5, CREDIT,       false, 0, 0,                                              0, false},
        {4, CREDIT_ZERO,  true,  1, VIEW_EXISTENCE,                                 0, false},
        {1, CREDIT_ZERO,  false, 1, VIEW_EXISTENCE,                                 0, false},
        {5, TOUCH,        true,  1, VIEW_EXISTENCE,                                 0, false},
        {1, LOAD_NONCE,   false, 1, VIEW_EXISTENCE | VIEW_BALANCE | VIEW_CODE_HASH, 1, false},
        {5, LOAD_NONCE,   true,  1, VIEW_EXISTENCE | VIEW_BALANCE | VIEW_CODE_HASH, 0, true },
        {4, LOAD_BALANCE, true,  1, VIEW_EXISTENCE | VIEW_NONCE | VIEW_CODE_HASH,   0, true },
        {3, LOAD_BALANCE, false, 1, VIEW_EXISTENCE | VIEW_NONCE | VIEW_CODE_HASH,   0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene *scene = scene_new(CACHE_BYTES);
        desk_account(&scene->desk, 1, 100, 0);
        desk_account(&scene->desk, 2, 0, 7);
        desk_set_code(desk_account(&scene->desk, 3, 0, 0), bytecode("STOP"));
        desk_account(&scene->desk, 4, 0, 0);
        scene_begin(scene);
        unsigned who = cases[i].who;
        switch (cases[i].before) {
        case NOTHING: break;
        case LOAD_NONCE: scene_load(scene, who, VIEW_NONCE); break;
        case LOAD_CODE: scene_load(scene, who, VIEW_CODE_HASH); break;
        case LOAD_BALANCE: scene_load(scene, who, VIEW_BALANCE); break;
        case CREDIT: scene_credit(scene, who, 3); break;
        case CREDIT_ZERO: scene_credit(scene, who, 0); break;
        case TOUCH: CHECK(journal_touch(&scene->journal, scene_entry(scene, who))); break;
        }
        scene->desk.account_reads = scene->desk.parts = 0;
        if (is_empty(scene, who) != cases[i].empty || scene->desk.account_reads != cases[i].reads ||
            scene->desk.parts != cases[i].parts || least(scene, who) != cases[i].least ||
            scene_entry(scene, who)->balance_is_exact != cases[i].is_exact)
            fail_msg("case %zu: parts %x, least %llu",
                     i,
                     scene->desk.parts,
                     (unsigned long long)least(scene, who));
        scene_free(scene);
    }
}

TEST(emptiness_follows_what_was_changed_and_undone)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 4, 0, 0);
    for (unsigned knows_first = 0; knows_first < 2; knows_first++) {
        scene_begin(scene);
        if (knows_first == 1) CHECK(is_empty(scene, 4));
        struct account_entry *account = scene_entry(scene, 4);
        struct journal_checkpoint start = journal_checkpoint(&scene->journal);

        scene_credit(scene, 4, 1);
        CHECK(!is_empty(scene, 4));
        journal_revert(&scene->journal, start);
        CHECK(is_empty(scene, 4));

        scene_load(scene, 4, VIEW_NONCE);
        CHECK(journal_set_nonce(&scene->journal, account, 1));
        CHECK(!is_empty(scene, 4));
        journal_revert(&scene->journal, start);
        CHECK(is_empty(scene, 4));

        scene_load(scene, 4, VIEW_CODE_HASH);
        CHECK(journal_set_code(&scene->journal, account, bytecode("STOP")));
        CHECK(!is_empty(scene, 4));
        journal_revert(&scene->journal, start);
        CHECK(is_empty(scene, 4));

        scene_credit(scene, 4, 1);
        scene_load(scene, 4, VIEW_BALANCE);
        scene_debit(scene, 4, 1);
        CHECK(is_empty(scene, 4));
        CHECK(account->balance_is_exact);
    }
    scene_free(scene);
}

/* An account emptied by this transaction: what the view says of it is no longer true. */
TEST(an_account_that_gave_everything_away_is_empty)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 100, 0);
    scene_begin(scene);
    CHECK(!is_empty(scene, 1)); /* existence was read, and says: not empty */
    CHECK(can_pay(scene, 1, 100));
    scene_debit(scene, 1, 100);
    CHECK(is_empty(scene, 1));
    CHECK(scene_entry(scene, 1)->balance_is_exact);
    CHECK(scene_entry(scene, 1)->exists);
    scene_free(scene);
}

/* ---- code ----------------------------------------------------------------------------------------- */

TEST(code_comes_from_the_transaction_the_cache_or_the_view)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    struct bytes code = bytecode("1 2 ADD"), fresh = bytecode("3 4 MUL");
    desk_set_code(desk_account(&scene->desk, 1, 0, 0), code);
    desk_account(&scene->desk, 2, 0, 0);
    desk_set_code(desk_account(&scene->desk, 3, 0, 0), fresh);
    scene_begin(scene);
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
    CHECK_EQ(scene->desk.code_reads, 1);
    const struct code *object = scene_entry(scene, 1)->code;
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
    CHECK_EQ(scene->desk.account_reads, 1);

    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 2)), VIEW_OK);
    CHECK(scene_entry(scene, 2)->code == &code_empty);
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 5)), VIEW_OK); /* not there */
    CHECK(scene_entry(scene, 5)->code == &code_empty);
    CHECK_EQ(scene->desk.code_reads, 1);

    /* Set by this transaction: another account with the same code need not ask. */
    CHECK(journal_set_code(&scene->journal, scene_entry(scene, 2), fresh));
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 3)), VIEW_OK);
    CHECK(scene_entry(scene, 3)->code == scene_entry(scene, 2)->code);
    CHECK_EQ(scene->desk.code_reads, 1);

    scene_begin(scene); /* the cache outlives the transaction, what it set does not */
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
    CHECK(scene_entry(scene, 1)->code == object);
    CHECK_EQ(scene->desk.code_reads, 0);
    CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 3)), VIEW_OK);
    CHECK_EQ(scene->desk.code_reads, 1);
    scene_free(scene);
}

TEST(of_thousands_of_codes_each_is_found_again)
{
    enum { COUNT = 5000 };
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    struct account_entry *account = scene_entry(scene, 1);
    scene_load(scene, 1, VIEW_CODE_HASH);
    const struct code **codes = arena_alloc_zeroed(&scene->journal.arena, COUNT, sizeof *codes);
    assert_non_null(codes);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            CHECK(journal_set_code(&scene->journal, account, bytes_of(&i, sizeof i)));
            CHECK(memcmp(account->code->bytes, &i, sizeof i) == 0);
            CHECK(round == 0 || account->code == codes[i]); /* the same object, not a second one */
            codes[i] = account->code;
        }
    }
    scene_free(scene);
}

TEST(a_full_cache_means_more_work_and_nothing_else)
{
    struct scene *scene = scene_new(0);
    struct bytes code = bytecode("1 2 ADD");
    desk_set_code(desk_account(&scene->desk, 1, 0, 0), code);
    for (unsigned round = 0; round < 3; round++) {
        scene_begin(scene);
        CHECK_EQ(journal_code(&scene->journal, scene_entry(scene, 1)), VIEW_OK);
        CHECK_EQ(scene->desk.code_reads, 1);
        CHECK_EQ(scene_entry(scene, 1)->code->size, code.size);
        CHECK(memcmp(scene_entry(scene, 1)->code->bytes, code.data, code.size) == 0);
    }
    scene_free(scene);
}

/* ---- slots ---------------------------------------------------------------------------------------- */

TEST(a_slot_is_read_once_and_belongs_to_its_account)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 0, 1)->slot_zero = u256_from_u64(11);
    desk_account(&scene->desk, 2, 0, 1)->slot_zero = u256_from_u64(22);
    scene_begin(scene);
    for (unsigned round = 0; round < 2; round++) {
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 0)), VIEW_OK);
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 2, 0)), VIEW_OK);
        CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 1)), VIEW_OK);
    }
    CHECK_EQ(scene->desk.slot_reads, 3);
    CHECK_EQ(scene->desk.account_reads, 0);
    CHECK_EQ(scene_slot(scene, 1, 0)->current.words[0], 11);
    CHECK_EQ(scene_slot(scene, 1, 0)->original.words[0], 11);
    CHECK_EQ(scene_slot(scene, 2, 0)->current.words[0], 22);
    CHECK_EQ(scene_slot(scene, 1, 1)->current.words[0], 0);
    scene_free(scene);
}

TEST(a_new_contract_has_empty_storage_and_nobody_is_asked)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    scene_begin(scene);
    scene_load(scene, 1, VIEW_NONCE);
    CHECK(journal_create(&scene->journal, scene_entry(scene, 1), 1));
    CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 0)), VIEW_OK);
    CHECK_EQ(scene->desk.slot_reads, 0);
    CHECK(u256_is_zero(scene_slot(scene, 1, 0)->current));
    scene_free(scene);
}

TEST(storage_is_there_when_a_slot_is_known_or_the_view_says_so)
{
    struct scene *scene = scene_new(CACHE_BYTES);
    desk_account(&scene->desk, 1, 0, 0)->slot_zero = u256_from_u64(11);
    desk_account(&scene->desk, 2, 0, 0);
    scene_begin(scene);
    bool has;
    CHECK_EQ(journal_has_storage(&scene->journal, scene_entry(scene, 1), &has), VIEW_OK);
    CHECK(has && scene->desk.storage_reads == 1);
    CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 1, 0)), VIEW_OK);
    CHECK_EQ(journal_has_storage(&scene->journal, scene_entry(scene, 1), &has), VIEW_OK);
    CHECK(has && scene->desk.storage_reads == 1);

    CHECK_EQ(journal_has_storage(&scene->journal, scene_entry(scene, 2), &has), VIEW_OK);
    CHECK(!has);
    u256 five = u256_from_u64(5);
    CHECK_EQ(journal_slot_load(&scene->journal, scene_slot(scene, 2, 3)), VIEW_OK);
    CHECK(journal_slot_write(&scene->journal, scene_slot(scene, 2, 3), &five));
    CHECK_EQ(journal_has_storage(&scene->journal, scene_entry(scene, 2), &has), VIEW_OK);
    CHECK(has);
    scene_free(scene);
}
