#include "support/desk.h"

#include "base/heap.h"
#include "crypto/keccak.h"
#include "support/test.h"

address desk_address(unsigned number)
{
    return (address){
        {[0] = 0xde, [18] = (uint8_t)(number >> 8), [19] = (uint8_t)number}
    };
}

static const struct desk_account *find(const struct desk *desk, const address *who)
{
    for (size_t i = 0; i < desk->count; i++)
        if (address_equal(&desk->accounts[i].who, who)) return &desk->accounts[i];
    return NULL;
}

struct desk_account *desk_account(struct desk *desk,
                                  unsigned number,
                                  uint64_t balance,
                                  uint64_t nonce)
{
    assert_true(desk->count < DESK_ACCOUNTS_MAX);
    struct desk_account *account = &desk->accounts[desk->count++];
    *account = (struct desk_account){
        .who = desk_address(number),
        .balance = u256_from_u64(balance),
        .nonce = nonce,
        .code_hash = keccak_empty,
    };
    return account;
}

void desk_set_code(struct desk_account *account, struct bytes code)
{
    account->code = code;
    keccak256(&account->code_hash, code.data, code.size);
}

/* Parts that are not given hold rubbish. */
static enum view_answer on_account(void *context,
                                   const address *who,
                                   unsigned parts,
                                   struct view_account *out)
{
    struct desk *desk = context;
    desk->account_reads++;
    desk->parts = parts;
    if (desk->answer != VIEW_OK) return desk->answer;
    if (desk->gives_all_parts) parts = VIEW_ALL_PARTS;
    const struct desk_account *account = find(desk, who);
    memset(out, 0xa5, sizeof *out);
    out->parts = (uint8_t)parts;
    if ((parts & VIEW_BALANCE) != 0) out->balance = account == NULL ? U256_ZERO : account->balance;
    if ((parts & VIEW_NONCE) != 0) out->nonce = account == NULL ? 0 : account->nonce;
    if ((parts & VIEW_CODE_HASH) != 0)
        out->code_hash = account == NULL ? keccak_empty : account->code_hash;
    if ((parts & VIEW_EXISTENCE) == 0) return VIEW_OK;
    out->exists = account != NULL;
    out->empty = account == NULL ||
                 (account->nonce == 0 && u256_is_zero(account->balance) && account->code.size == 0);
    return VIEW_OK;
}

static enum view_answer on_slot(void *context, const address *who, const u256 *slot, u256 *out)
{
    struct desk *desk = context;
    desk->slot_reads++;
    if (desk->answer != VIEW_OK) return desk->answer;
    const struct desk_account *account = find(desk, who);
    *out = account != NULL && u256_is_zero(*slot) ? account->slot_zero : U256_ZERO;
    return VIEW_OK;
}

static enum view_answer on_code(void *context,
                                const address *who,
                                const hash32 *code_hash,
                                struct bytes *out)
{
    struct desk *desk = context;
    desk->code_reads++;
    if (desk->answer != VIEW_OK) return desk->answer;
    const struct desk_account *account = find(desk, who);
    if (account == NULL || !hash32_equal(&account->code_hash, code_hash)) return VIEW_FAILED;
    *out = account->code;
    return VIEW_OK;
}

static enum view_answer on_has_storage(void *context, const address *who, bool *out)
{
    struct desk *desk = context;
    desk->storage_reads++;
    if (desk->answer != VIEW_OK) return desk->answer;
    const struct desk_account *account = find(desk, who);
    *out = account != NULL && !u256_is_zero(account->slot_zero);
    return VIEW_OK;
}

static enum view_answer on_block_hash(void *context, uint64_t number, hash32 *out)
{
    (void)context, (void)number, (void)out;
    return VIEW_FAILED;
}

struct view desk_view(struct desk *desk)
{
    static const struct view_ops ops = {
        on_account, on_slot, on_code, on_has_storage, on_block_hash};
    return (struct view){&ops, desk};
}

/* ---- a journal that reads from it ---------------------------------------------------------------- */

struct scene *scene_new(size_t cache_bytes)
{
    struct scene *scene = heap_alloc_zeroed(1, sizeof *scene);
    assert_non_null(scene);
    scene->codes = code_cache_new(cache_bytes);
    assert_true(journal_init(&scene->journal, scene->codes));
    return scene;
}

void scene_free(struct scene *scene)
{
    journal_fini(&scene->journal);
    code_cache_free(scene->codes);
    heap_free(scene);
}

void scene_begin(struct scene *scene)
{
    struct desk *desk = &scene->desk;
    struct view view = desk_view(desk);
    journal_begin(&scene->journal, &view, FORK_OSAKA);
    desk->account_reads = desk->slot_reads = desk->code_reads = desk->storage_reads = 0;
    desk->parts = 0;
}

struct account_entry *scene_entry(struct scene *scene, unsigned number)
{
    address who = desk_address(number);
    struct account_entry *account = journal_account(&scene->journal, &who);
    assert_non_null(account);
    return account;
}

struct slot_entry *scene_slot(struct scene *scene, unsigned number, uint64_t key)
{
    u256 word = u256_from_u64(key);
    struct slot_entry *slot = journal_slot(&scene->journal, scene_entry(scene, number), &word);
    assert_non_null(slot);
    return slot;
}

void scene_credit(struct scene *scene, unsigned number, uint64_t amount)
{
    u256 word = u256_from_u64(amount);
    assert_true(journal_credit(&scene->journal, scene_entry(scene, number), &word));
}

void scene_debit(struct scene *scene, unsigned number, uint64_t amount)
{
    u256 word = u256_from_u64(amount);
    assert_true(journal_debit(&scene->journal, scene_entry(scene, number), &word));
}

void scene_load(struct scene *scene, unsigned number, unsigned parts)
{
    struct account_entry *account = scene_entry(scene, number);
    assert_int_equal(journal_account_load(&scene->journal, account, parts), VIEW_OK);
}

void scene_write(struct scene *scene, unsigned number, uint64_t key, uint64_t value)
{
    struct slot_entry *slot = scene_slot(scene, number, key);
    u256 word = u256_from_u64(value);
    assert_int_equal(journal_slot_load(&scene->journal, slot), VIEW_OK);
    assert_true(journal_slot_write(&scene->journal, slot, &word));
}
